//! What people ask of their data, on a real Kafka: a key is changed under load, tenants share nothing, who has objected
//! is dropped, sealed payloads are opened by the holder of the key alone, an erasure is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{DONE_DEADLINE, PARTITIONS};
use crate::support::command::sluice;
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Feeder, Isolation, Stored, load, read, wait_until_done};
use crate::support::oracle::CANARY;
use crate::support::service::{Setup, TEST_KEY, metric};
use crate::support::wait::{alone, wait_until};

/// Kafka time of event 0 of the rotation; the new key begins half way.
const START_MS: i64 = 1_760_000_000_000;

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).expect("a time").to_string()
}

fn text(record: &Stored) -> String {
    String::from_utf8(record.value.clone().expect("a value")).expect("UTF-8")
}

fn email_of(record: &Stored) -> String {
    let text = text(record);
    let (_, rest) = text.split_once("\"email\":\"").expect("an address");
    rest.split('"').next().expect("it ends").to_owned()
}

fn event(id: u64, timestamp_ms: i64) -> Event {
    let account = format!("{CANARY}-{}@example.com", ["ann", "bo", "cy", "dee"][(id % 4) as usize]);
    Event {
        partition: Some((id % PARTITIONS as u64) as i32),
        key: Some(account.clone().into_bytes()),
        value: (id % 50 != 49).then(|| format!(r#"{{"id":"e-{id}","email":"{account}"}}"#).into_bytes()),
        timestamp_ms: Some(timestamp_ms),
        headers: vec![("id".to_owned(), Some(format!("e-{id}").into_bytes()))],
    }
}

fn write_key(dir: &Path, id: &str, key: &str, more: &str) {
    let unfinished = dir.join(format!(".{id}"));
    fs::write(&unfinished, format!("id: {id}\nkey: {key}\n{more}")).expect("write a key");
    fs::rename(unfinished, dir.join(format!("{id}.yaml"))).expect("rename a key");
}

/// Ids of the keys in a value: `k1`, or `k1|k2`.
fn kids(value: &str) -> Vec<&str> {
    value
        .split('|')
        .map(|token| token.split('_').nth(1).and_then(|kid| kid.strip_prefix('1')).expect("a token"))
        .collect()
}

#[test]
fn a_key_that_is_changed_under_load_loses_and_mixes_nothing() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "rotation";
    broker.create_topic(topic, PARTITIONS, &[]);
    let keys = tempfile::tempdir().expect("a directory");
    write_key(keys.path(), "k1", TEST_KEY, "");
    let audit = keys.path().join(".audit");
    let mut setup = Setup { keys: Some(keys.path().to_owned()), ..Setup::new(broker, topic) };
    setup.more = format!("audit: {{file: \"{}\"}}\n", audit.display());
    let mut service = setup.start();
    // An event a millisecond: k2 from 20 s on, beside k1 until 40 s.
    let (from, until) = (START_MS + 20_000, START_MS + 40_000);
    let feeder = Feeder::start(broker, topic, 1_500, |id| event(id, START_MS + id as i64));
    wait_until(Duration::from_secs(60), "the service to be in full flow", || {
        service.metric(metric::OUTPUT_RECORDS, &[]) > 1_000.0
    });
    let window = format!("not_before: {}\ndual_until: {}\n", time(from), time(until));
    write_key(keys.path(), "k2", &"ab".repeat(32), &window);
    let reloads = |result| service.metric("sluice_key_reloads_total", &[("result", result)]);
    wait_until(Duration::from_secs(20), "the key to be taken over", || reloads("done") >= 1.0);
    // A bad file among them: refused once, however often it is looked at.
    write_key(keys.path(), "k3", "abcd", "");
    wait_until(Duration::from_secs(20), "the bad key to be refused", || reloads("failed") >= 1.0);
    wait_until(Duration::from_secs(60), "events after the window", || feeder.sent() > 45_000);
    assert_eq!(reloads("failed"), 1.0, "one bad content is one failure");
    let events = feeder.finish();
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], DONE_DEADLINE);

    let mut seen = BTreeMap::<String, u64>::new();
    let mut joined = BTreeMap::<String, String>::new();
    let mut tokens = BTreeMap::<String, BTreeSet<String>>::new();
    for record in read(broker, &setup.output(), Isolation::Committed) {
        assert!(!format!("{:?}", record.value).contains(CANARY));
        let id = record.header("id").expect("an id").to_owned();
        *seen.entry(id).or_default() += 1;
        let key = String::from_utf8(record.key.clone().expect("a key")).expect("UTF-8");
        let at = record.timestamp_ms;
        if record.value.is_none() {
            continue;
        }
        let expected: &[&str] = if at < from {
            &["k1"]
        } else if at < until {
            &["k1", "k2"]
        } else {
            &["k2"]
        };
        let email = email_of(&record);
        assert_eq!(kids(&email), expected, "at {}", at - START_MS);
        let key_kid = if at < until { "k1" } else { "k2" };
        assert_eq!(kids(&key), [key_kid], "a Kafka key keeps the old token until the window ends");
        for token in email.split('|') {
            tokens.entry(kids(token)[0].to_owned()).or_default().insert(token.to_owned());
        }
        if let Some((old, new)) = email.split_once('|') {
            assert_eq!(joined.entry(old.to_owned()).or_insert(new.to_owned()), new, "a consumer joins old and new");
        }
    }
    assert_eq!(joined.len(), 4);
    assert!(tokens.values().all(|set| set.len() == 4), "four accounts, four tokens a key: {tokens:?}");
    assert_eq!(seen.len() as u64, events, "every event came out");
    for (id, count) in &seen {
        let number: u64 = id[2..].parse().expect("a number");
        assert!(if number % 50 == 49 { *count <= 2 } else { *count == 1 }, "{id}: {count}");
    }
    assert!(seen.values().filter(|n| **n == 2).count() > 100, "a tombstone goes out under each readable key");
    let audit = fs::read_to_string(audit).expect("the audit");
    assert!(audit.contains(r#""what":"rotation""#) && !audit.contains("abab"), "{audit}");
    assert!(!service.log().contains("abab") && !service.log().contains(&TEST_KEY[..16]));
    service.stop();
}

#[test]
fn tenants_and_scopes_of_records_share_no_token_and_who_says_none_is_quarantined() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "tenants";
    broker.create_topic(topic, 1, &[]);
    let mut setup = Setup::new(broker, topic);
    setup.more = "pseudonyms: {tenant: {header: x-tenant}, scope: {field: site.id, default: none}}\n".to_owned();
    let visit = |tenant: Option<&str>, site: &str| Event {
        partition: Some(0),
        key: Some(b"203.0.113.77".to_vec()),
        value: Some(format!(r#"{{"ip":"203.0.113.77",{site}"email":"{CANARY}@example.com"}}"#).into_bytes()),
        headers: tenant.map(|tenant| ("x-tenant".to_owned(), Some(tenant.as_bytes().to_vec()))).into_iter().collect(),
        timestamp_ms: None,
    };
    load(
        broker,
        topic,
        [
            visit(Some("a"), r#""site":{"id":"one"},"#),
            visit(Some("a"), r#""site":{"id":2},"#),
            visit(Some("b"), r#""site":{"id":"one"},"#),
            visit(Some("a"), ""),
            visit(Some("a"), r#""site":{"id":"on\u0065"},"#),
            visit(None, r#""site":{"id":"one"},"#),
            visit(Some("a"), r#""site":{"id":"one"},"site":{"id":"two"},"#),
        ],
    );
    let mut service = setup.start();
    wait_until_done(broker, &setup.group, topic, &[&setup.output(), &setup.quarantine()], DONE_DEADLINE);
    let output = read(broker, &setup.output(), Isolation::Committed);
    let emails: Vec<String> = output.iter().map(email_of).collect();
    assert_eq!(emails.len(), 5);
    assert_eq!(emails[0], emails[4], "an escape is the same word");
    assert_eq!(emails.iter().collect::<BTreeSet<_>>().len(), 4, "{emails:?}");
    let keys: BTreeSet<_> = output.iter().map(|record| record.key.clone()).collect();
    assert_eq!(keys.len(), 4, "keys are bound like values");
    let quarantined = read(broker, &setup.quarantine(), Isolation::Committed);
    let reasons: Vec<_> = quarantined.iter().map(|record| record.header("sluice.reason")).collect();
    assert_eq!(reasons, [Some("no_scope"), Some("no_scope")]);
    service.stop();
}

#[test]
fn who_has_objected_is_dropped_payloads_are_sealed_and_an_erasure_is_recorded() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "asked";
    broker.create_topic(topic, 1, &[]);
    let dir = tempfile::tempdir().expect("a directory");
    let (list, audit, identity) = (dir.path().join("list"), dir.path().join("audit"), dir.path().join("identity"));
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/age.json")).expect("vectors");
    let word = |name: &str| vectors[name].as_str().expect(name).to_owned();
    fs::write(&identity, format!("# created: today\n{}\n", word("identity"))).expect("a file");
    fs::write(&list, "").expect("a file");
    let recipients = format!("recipients: [{}]", word("recipient"));
    let mut setup = Setup { quarantine_more: format!("  {recipients}\n"), ..Setup::new(broker, topic) };
    setup.more = format!(
        "pseudonyms: {{suppress: {:?}}}\nseal: {{{recipients}}}\naudit: {{file: {:?}}}\n\
         erase: {{field: event, equals: erase_subject}}\nfields: [{{name: iban, action: seal}}]\n",
        list.display().to_string(),
        audit.display().to_string(),
    );
    let value = |text: &str| Event { partition: Some(0), value: Some(text.as_bytes().to_vec()), ..Event::default() };
    let of = |who: &str| value(&format!(r#"{{"email":"{CANARY}-{who}@example.com","iban":"DK5000400440116243"}}"#));
    let mut service = setup.start();
    load(broker, topic, [of("ann"), of("bo")]);
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], DONE_DEADLINE);
    let before = read(broker, &setup.output(), Isolation::Committed);
    let sealed = text(&before[0]);
    assert!(sealed.contains(r#""iban":"[sealed:YWdl"#) && !sealed.contains("DK50"), "{sealed}");

    fs::write(&list, format!("{}  # objected\n", email_of(&before[1]))).expect("a file");
    wait_until(Duration::from_secs(20), "the list to be taken over", || {
        service.metric("sluice_suppression_reloads_total", &[("result", "done")]) == 1.0
    });
    let bad = format!(r#"{{"email":"{CANARY}-bad@example.com"#);
    load(
        broker,
        topic,
        [of("bo"), of("ann"), value(r#"{"event":"erase_subject","email":"canary-bird-cy@example.com"}"#)],
    );
    load(broker, topic, [value(&bad), value(&text(&before[1]))]);
    wait_until_done(broker, &setup.group, topic, &[&setup.output(), &setup.quarantine()], DONE_DEADLINE);
    let after = read(broker, &setup.output(), Isolation::Committed);
    assert_eq!(after.len(), 4, "both of bo, raw and scrubbed before, are dropped");
    assert_eq!(email_of(&after[2]), email_of(&before[0]));
    assert!(text(&after[3]).contains("erase_subject"), "an erasure goes on, scrubbed");
    assert_eq!(service.metric("sluice_suppressed_records_total", &[("topic", topic)]), 2.0);
    assert_eq!(service.metric("sluice_erasure_records_total", &[("topic", topic)]), 1.0);
    let lines = fs::read_to_string(&audit).expect("the audit");
    assert!(
        lines.contains(r#""what":"erase""#) && lines.contains(r#""offset":"4""#) && !lines.contains(CANARY),
        "{lines}"
    );
    service.stop();

    opens(broker, &setup, &dir, &bad, &audit);
}

/// The payload is nowhere to be read but by `quarantine open`, which is recorded.
fn opens(broker: &Broker, setup: &Setup, dir: &tempfile::TempDir, bad: &str, audit: &Path) {
    let stored = read(broker, &setup.quarantine(), Isolation::Uncommitted);
    assert_eq!(stored[0].header("sluice.payload"), Some("sealed"));
    crate::support::oracle::assert_no_canary("the quarantine", &stored);
    let config = dir.path().join("sluice.yaml");
    let yaml = format!(
        "kafka: {{brokers: [{:?}], group: other}}\ninput: {{topics: [{{name: asked}}]}}\naudit: {{file: {:?}}}\n",
        setup.brokers,
        audit.display().to_string()
    );
    fs::write(&config, yaml).expect("a file");
    let (config, identity) = (config.display().to_string(), dir.path().join("identity").display().to_string());
    let listed = sluice(&["quarantine", "list", "-c", &config]).ok();
    assert!(listed.contains(r#""offset":5"#) && listed.contains(r#""sealed":true"#) && !listed.contains(CANARY));
    let opened = sluice(&["quarantine", "open", "-c", &config, "--identity", &identity]).ok();
    let opened: serde_json::Value = serde_json::from_str(&opened).expect("one line");
    assert_eq!(opened["value"], bad);
    assert_eq!(sluice(&["quarantine", "open", "-c", &config, "--identity", &identity, "--offset", "1"]).ok(), "");
    assert!(fs::read_to_string(audit).expect("the audit").contains(r#""what":"quarantine_open""#));
}
