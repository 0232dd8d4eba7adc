//! SIGTERM before the work has begun: a clean end at once, though no broker answers.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::wait::wait_until;

/// Far below what a start waits for its brokers.
const SOON: Duration = Duration::from_secs(8);

#[test]
fn who_is_asked_to_stop_while_it_starts_ends_cleanly() {
    let broker = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    std::fs::write(dir.path().join("keys/k1"), "5b".repeat(32)).unwrap();
    let config = dir.path().join("sluice.yaml");
    let yaml = format!(
        "kafka: {{brokers: [\"{}\"], group: stop}}\ninput: {{topics: [{{name: events}}]}}\nkeys: {{directory: {:?}}}\n",
        broker.local_addr().unwrap(),
        dir.path().join("keys")
    );
    std::fs::write(&config, yaml).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.arg("run").arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It is called: so it looks for its topics, and nobody will ever answer.
    broker.set_nonblocking(true).unwrap();
    let mut called = None;
    wait_until(Duration::from_secs(30), "the service to call its broker, or to end", || {
        called = broker.accept().ok();
        called.is_some() || child.try_wait().unwrap().is_some()
    });
    let since = Instant::now();
    let kill = Command::new("sh").args(["-c", &format!("kill -s TERM {}", child.id())]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(since.elapsed() < SOON && log.contains("asked to stop before the start"), "{log}");
}
