//! `sluice demo`.

use serde_json::Value;

use crate::support::command::{command, sluice};

#[test]
fn emitted_events_are_json_and_one_seed_gives_one_stream() {
    let events = sluice(&["demo", "--emit", "200", "--seed", "7"]).ok();
    assert_eq!(events.lines().count(), 200);
    assert!(events.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert_eq!(sluice(&["demo", "--emit", "200", "--seed", "7"]).ok(), events);
    assert_ne!(sluice(&["demo", "--emit", "200", "--seed", "8"]).ok(), events);
}

#[test]
fn the_demo_scrubs_on_an_in_process_kafka_and_ends_by_itself() {
    let output = command(&["demo", "--seconds", "6", "--rate", "1000"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let summary = text.lines().find(|line| line.contains("events in, ")).expect("a summary");
    let scrubbed = summary.split("events in, ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(scrubbed.replace(',', "").parse::<u64>().unwrap() > 500, "{text}");
    let after: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("after ")).collect();
    assert!(
        !after.is_empty() && after.iter().all(|line| line.contains("_1k1_") && !line.contains("@example")),
        "{text}"
    );
}
