//! The judge must count as the rules of the game say; the expected numbers are worked out by hand.

use super::score::{Report, Severity, Summary};

const EVENTS: &str = r#"{"event_id":"e1","type":"login","ts":"2026-01-04T10:00:00.000Z","user_id":"u1","session_id":"s1"}
{"event_id":"e2","type":"withdrawal","ts":"2026-01-04T17:30:00.000+07:00","user_id":"u1","session_id":"s1"}
{"event_id":"e2","type":"withdrawal","ts":"2026-01-04T17:30:00.000+07:00","user_id":"u1","session_id":"s1"}
{"event_id":"e3","type":"login","ts":"2026-01-08T10:00:00.000Z","user_id":"u1"}
{"event_id":"e4","type":"login","ts":"2026-01-04T10:00:00.000Z","user_id":"u2"}
{"event_id":"e5","type":"login","ts":"2026-01-04T10:00:00.000Z","user_id":"u3"}
{"event_id":"e6","type":"login","ts":"2026-01-04T10:00:00.000Z","user_id":"u4"}
"#;
const TRUTH: &str = r#"{"type":"drain","account":"u1","scored":true,"start":"2026-01-04T10:00:00Z","end":"2026-01-04T10:30:00Z","event_ids":["e1","e2"]}
{"type":"gap","account":"u3","scored":true,"start":"2026-01-04T10:00:00Z","end":"2026-01-04T10:30:00Z","event_ids":["e5"]}
{"type":"noise","account":"u4","scored":false,"start":"2026-01-04T10:00:00Z","end":"2026-01-04T10:00:00Z","event_ids":["e6"]}
"#;

fn judge(signals: &[(&str, &str, &str)]) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("events.ndjson"), EVENTS).unwrap();
    std::fs::write(dir.path().join("truth.ndjson"), TRUTH).unwrap();
    let lines: Vec<String> = signals
        .iter()
        .map(|(event, account, severity)| {
            format!(
                r#"{{"rule":"r","severity":"{severity}","score":0.5,"account":"{account}","time":"2026-01-04T10:30:00Z","event":{{"id":{event}}}}}"#
            )
        })
        .collect();
    let path = dir.path().join("signals.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let mut report = Report::new(Severity::High);
    report.add(dir.path(), &path).unwrap();
    report.summary(200)
}

#[test]
fn alerts_are_right_neutral_or_false() {
    let summary = judge(&[
        (r#""e2""#, "ac_1", "critical"), // right, 30 minutes after the start
        (r#""e1""#, "ac_1", "low"),      // no alert
        (r#""e3""#, "ac_1", "high"),     // three days later: false, but the account has an incident
        (r#""e4""#, "ac_2", "high"),     // false
        (r#""e6""#, "ac_4", "high"),     // nobody got in: neutral
    ]);
    assert_eq!((summary.accounts, summary.logins, summary.alerts), (4, 5, 4));
    assert_eq!((summary.right, summary.false_), (1, 2));
    assert_eq!(summary.recall.value, 0.5);
    assert_eq!(summary.precision.value, 1.0 / 3.0);
    assert_eq!(summary.accounts_wrong.value, 0.5); // u2, of u2 and u4
    assert_eq!(summary.alerts_per_1000_logins, 800.0);
    assert_eq!(summary.delay_minutes_p50, Some(30.0));
    assert!(summary.recall.low <= 0.5 && summary.recall.high >= 0.5);
}

#[test]
fn an_alert_without_its_event_is_found_by_account_and_time() {
    let summary = judge(&[(r#""e1""#, "ac_1", "low"), ("null", "ac_1", "high"), ("null", "ac_9", "high")]);
    assert_eq!((summary.right, summary.false_, summary.unmapped), (1, 1, 1));
    assert_eq!(summary.recall_strict.value, 0.0);
}

#[test]
fn a_raw_account_is_told() {
    assert_eq!(judge(&[(r#""e1""#, "u1", "low")]).broken, 1);
}
