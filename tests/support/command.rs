//! Runs the `sluice` binary as a user does.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; −1 when a signal ended it.
    pub code: i32,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl Finished {
    /// Asserts the exit code, and returns standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.stdout
    }

    /// Asserts the exit code and that standard output is empty, and returns standard error.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{self:#?}");
        self.stderr
    }
}

/// The binary with `args`, without the environment that would change its output.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(args).env_remove("RUST_BACKTRACE").env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

/// The test called `name` in a process of its own, for what a process has only one of.
pub fn rerun(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows its binary"));
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    command
}

/// Runs `sluice` with `args` and nothing on standard input.
pub fn sluice(args: &[&str]) -> Finished {
    sluice_with_input(args, b"")
}

/// Runs `sluice` with `args` and `stdin`.
pub fn sluice_with_input(args: &[&str], stdin: &[u8]) -> Finished {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    let input = stdin.to_vec();
    // On a thread of its own: neither side may block the other with a full pipe. A child that reads nothing is fine.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the writer does not panic");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    Finished { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
