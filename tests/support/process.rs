//! Child processes that never outlive the test: neither a panic nor a `kill -9` of the test leaves one behind.
//!
//! A child is started through a shell that puts itself in the child's place (`exec`), so the child's id is the one we
//! know, after starting a watchdog. The watchdog reads a pipe whose other end only the test process holds: the pipe
//! ends when the test ends, however it ends, and then the watchdog kills the child and removes its directory.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::wait::{try_wait_for, wait_for};

/// `$$` is the shell, and after `exec` the child. A line on the pipe means: let go. The end of the pipe means: kill.
const LEASH: &str = r#"
scratch=$1; shift
exec 3<&0
(
    trap "" INT TERM HUP
    read -r _ <&3 && exit
    kill -9 $$
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $$ && sleep 0.1; done
    [ -z "$scratch" ] || rm -rf "$scratch"
) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"#;

/// A child process on a leash.
pub struct Leashed {
    child: Child,
    leash: Option<ChildStdin>,
    status: Option<ExitStatus>,
}

impl Leashed {
    /// Starts `command` (its program, arguments and environment) with both outputs appended to `log`. `scratch` is
    /// removed if the test process ends without having ended the child.
    pub fn spawn(command: &Command, log: File, scratch: Option<&Path>) -> Leashed {
        let mut shell = Command::new("sh");
        shell.args(["-c", LEASH, "leash"]).arg(scratch.map_or(OsStr::new(""), Path::as_os_str));
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        // A group of its own: an interrupt from the terminal reaches the test, and the leash does the rest.
        shell.process_group(0);
        shell.stdin(Stdio::piped()).stdout(log.try_clone().expect("clone the log's handle")).stderr(log);
        let mut child = shell.spawn().expect("start sh");
        let leash = child.stdin.take();
        Leashed { child, leash, status: None }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("wait for a child");
            if self.status.is_some() {
                self.let_go();
            }
        }
        self.status
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub fn kill9(&mut self) {
        if self.status().is_none() {
            self.child.kill().expect("kill a child");
            let status = wait_for(Duration::from_secs(10), "a killed process to be gone", || self.status());
            assert!(status.signal().is_some() || status.code().is_some(), "ended in no way: {status}");
        }
    }

    /// Asks it to end with SIGTERM.
    pub fn sigterm(&self) {
        self.signal("TERM");
    }

    /// Sends a signal by name (`TERM`, `STOP`, `CONT`); a process that is gone already is no error.
    pub fn signal(&self, name: &str) {
        if self.status.is_none() {
            // The shell's own `kill`: the crate allows no unsafe code, and /bin/kill is not everywhere.
            let _ = Command::new("sh")
                .args(["-c", "kill -s \"$1\" \"$2\" 2>/dev/null", "signal", name])
                .arg(self.id().to_string())
                .status();
        }
    }

    /// Waits for it to end by itself; `None` when `deadline` has passed.
    pub fn wait(&mut self, deadline: Duration) -> Option<ExitStatus> {
        try_wait_for(deadline, || self.status())
    }

    /// Closes the leash as the end of the test process does.
    pub fn abandon(&mut self) {
        self.leash = None;
    }

    /// Tells the watchdog that the process id is no longer ours.
    fn let_go(&mut self) {
        if let Some(mut leash) = self.leash.take() {
            let _ = leash.write_all(b"gone\n");
        }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.let_go();
    }
}

/// The last lines of a log, for messages of failed tests.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
