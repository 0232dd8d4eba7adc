//! A process that crashes leaves no core dump, whatever the limits of its parent allow.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

#[test]
fn a_crash_leaves_no_core_dump() {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -c unlimited 2>/dev/null; exec \"$@\"",
        "unlimited",
        env!("CARGO_BIN_EXE_sluice"),
        "scrub",
    ]);
    let dir = tempfile::tempdir().unwrap();
    command.current_dir(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    // More than its buffers hold: a line that comes out says that it works.
    let feeder =
        std::thread::spawn(move || while input.write_all(b"{\"email\":\"canary-bird@example.com\"}\n").is_ok() {});
    BufReader::new(output).read_line(&mut String::new()).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().take(2).collect::<Vec<_>>(), ["0", "0"]);
    let kill = Command::new("sh").args(["-c", &format!("kill -s SEGV {}", child.id())]).status().unwrap();
    assert!(kill.success());
    let status = child.wait().unwrap();
    feeder.join().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(11), false));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "a file was left behind");
}
