//! Errors of the kernel, injected by strace.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::field::Field;
use crate::fleet::is_there;

pub fn lacks_strace(_: &Field) -> Option<&'static str> {
    (!is_there("strace")).then_some("strace is not installed")
}

/// Some of its calls on sockets fail.
pub fn reset(field: &mut Field) -> String {
    let every = field.rng.u32(20..200);
    let inject = format!("inject=sendmsg,recvmsg,recvfrom,sendto:error=ECONNRESET:when={every}+{every}");
    with_strace(field, &["-e", &inject], Duration::from_secs(4))
}

/// No line of its log is written.
pub fn fill_log(field: &mut Field) -> String {
    let n = field.any_member();
    let Some(log) = field.fleet.members[n].process.as_ref().map(|process| process.log_file()) else {
        return String::new();
    };
    let log = log.display().to_string();
    with_strace_on(field, n, &["-P", &log, "-e", "inject=write,writev:error=ENOSPC"], Duration::from_secs(4))
}

fn with_strace(field: &mut Field, arguments: &[&str], time: Duration) -> String {
    let n = field.any_member();
    with_strace_on(field, n, arguments, time)
}

fn with_strace_on(field: &mut Field, n: usize, arguments: &[&str], time: Duration) -> String {
    let Some(process) = field.process(n) else { return String::new() };
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-p", &process.to_string()]).args(arguments);
    let Ok(mut strace) = strace.stdin(Stdio::null()).stderr(Stdio::null()).spawn() else { return String::new() };
    // So that something is logged, too: a connection ends.
    field.wait(Duration::from_secs(1));
    field.cluster.proxies[0].cut();
    field.wait(time);
    // A tracer that is asked to end lets go of the process; one that is killed could leave it stopped.
    let _ = Command::new("kill").args(["-s", "INT", &strace.id().to_string()]).status();
    let _ = strace.wait();
    String::new()
}
