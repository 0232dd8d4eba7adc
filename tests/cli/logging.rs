//! Log lines: on standard error, from the level that is asked for.

use serde_json::Value;
use tracing::Level;

use crate::support::command::rerun;

const CHILD: &str = "SLUICE_TEST_LOGS";

/// Run by the tests below in a process of its own: a process has one logger.
#[test]
fn child_that_logs_when_told() {
    let Some(format) = std::env::var_os(CHILD) else { return };
    sluice::telemetry::logging::init(format == "json", Level::INFO).unwrap();
    tracing::info!(topic = "logins", partition = 3, "assigned");
    tracing::debug!("not asked for");
    assert!(sluice::telemetry::logging::init(true, Level::INFO).is_err(), "there is one logger only");
}

/// What the child logs.
fn logged(format: &str) -> String {
    let child = rerun("cli::logging::child_that_logs_when_told").env(CHILD, format).output().unwrap();
    assert!(child.status.success());
    assert!(!String::from_utf8(child.stdout).unwrap().contains("assigned"), "logs go to standard error");
    String::from_utf8(child.stderr).unwrap()
}

#[test]
fn a_json_log_line_is_one_object() {
    let log = logged("json");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [line] = lines.as_slice() else { panic!("{log}") };
    assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"assigned".into()));
    assert_eq!((&line["topic"], &line["partition"]), (&"logins".into(), &3.into()));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_text_log_line_is_plain_when_nobody_looks() {
    let log = logged("text");
    assert!(log.trim_end().ends_with("INFO assigned topic=\"logins\" partition=3"), "{log}");
    assert!(!log.contains("\u{1b}") && log.lines().count() == 1, "{log}");
}

#[test]
fn a_log_that_takes_nothing_ends_nothing() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let child = rerun("cli::logging::child_that_logs_when_told").env(CHILD, "json").stderr(full).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}
