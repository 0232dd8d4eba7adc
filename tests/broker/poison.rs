//! Records that cannot be read safely: each is quarantined with its coordinates and its reason and without its
//! payload, is counted, and its neighbours pass. A partition full of them is stopped, and the others go on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{DONE_DEADLINE, PARTITIONS, outcome};
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Committed, Event, Isolation, Stored, load, read};
use crate::support::kafka_raw::produce_with_header_name;
use crate::support::oracle::{self, CANARY, Tally};
use crate::support::service::{Setup, metric};
use crate::support::wait::{alone, wait_until};

/// A poison record, and the reasons that are right for it.
struct Poison {
    event: Event,
    reasons: &'static [&'static str],
}

fn poisons() -> Vec<Poison> {
    let value = |value: Vec<u8>, reasons| Poison { event: Event { value: Some(value), ..Event::default() }, reasons };
    let raw = |before: &str, after: &str| format!("{before}{CANARY}@mail.example.com{after}").into_bytes();
    let mut binary_string = raw(r#"{"email":""#, r#"","x":""#);
    binary_string.extend(b"\xff\xfe\"}");
    let mut with_key = value(raw(r#"{"email":""#, r#""}"#), &["key_not_text"]);
    with_key.event.key = Some(b"\xc3\x28 canary-bird@mail.example.com".to_vec());
    vec![
        value(raw(r#"{"email":""#, r#"",}"#), &["malformed"]),
        value(raw("just a line of text with ", ""), &["malformed"]),
        value(raw(r#"{"email":""#, ""), &["truncated"]),
        value(raw(r#"{"email":""#, r#"","#), &["truncated"]),
        value(raw(&format!("{}\"", "[".repeat(200)), &format!("\"{}", "]".repeat(200))), &["too_deep"]),
        value(raw(r#"{"email":""#, &format!(r#"","x":"{}"}}"#, "x".repeat(1_200_000))), &["too_large"]),
        value(binary_string, &["invalid_utf8"]),
        value(raw(r#"{"email":""#, r#"","x":"\ud83d"}"#), &["lone_surrogate"]),
        value(Vec::new(), &["empty"]),
        value(b" \n\t ".to_vec(), &["empty"]),
        value(vec![0, 0xff, 1, 0xfe, 0x80, 0, 0, 0, 7], &["malformed", "invalid_utf8"]),
        with_key,
    ]
}

#[test]
fn poison_is_quarantined_by_its_coordinates_and_its_neighbours_pass() {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic("poison", PARTITIONS, &[("max.message.bytes", "4000000")]);
    // Partition 0 takes the poison, each between two good events; all good events are 0..events.
    let mut next = 0;
    let mut good = |events: &mut Vec<Event>| {
        events.extend((next..next + 200).map(|id| oracle::event(id, PARTITIONS)));
        next += 200;
    };
    let (mut events, mut expected) = (Vec::new(), BTreeMap::new());
    let in_partition_0 = |events: &[Event]| events.iter().filter(|event| event.partition == Some(0)).count() as i64;
    for (index, poison) in poisons().into_iter().enumerate() {
        good(&mut events);
        let timestamp_ms = oracle::first_timestamp_ms() - 1 - index as i64;
        expected.insert(in_partition_0(&events), (poison.reasons, Some(timestamp_ms)));
        events.push(Event { partition: Some(0), timestamp_ms: Some(timestamp_ms), ..poison.event });
    }
    load(broker, "poison", events.clone());
    expected.insert(in_partition_0(&events), (&["header_name"], None));
    let raw = format!(r#"{{"email":"{CANARY}@mail.example.com"}}"#);
    produce_with_header_name(broker, "poison", 0, raw.as_bytes(), b"caf\xe9-canary-bird");
    let mut last = Vec::new();
    good(&mut last);
    load(broker, "poison", last);

    let setup = Setup::new(broker, "poison");
    let mut sluice = setup.start();
    let outcome = outcome(broker, &setup);
    Tally::of_scrubbed(&outcome.output, PARTITIONS).assert_exactly_once(next);
    let quarantined = read(broker, &setup.quarantine(), Isolation::Committed);
    assert_eq!(quarantined.len(), expected.len());
    let mut by_reason: BTreeMap<String, f64> = BTreeMap::new();
    for record in &quarantined {
        let reason = check_coordinates(record, "poison", &expected);
        *by_reason.entry(reason).or_default() += 1.0;
    }
    for (reason, count) in &by_reason {
        let labels = [("topic", "poison"), ("reason", reason.as_str())];
        assert_eq!(sluice.metric(metric::QUARANTINED_RECORDS, &labels), *count, "{reason}");
    }
    assert_eq!(sluice.metric(metric::QUARANTINED_RECORDS, &[]), expected.len() as f64);
    sluice.stop();
}

/// Checks a quarantine record against the poison at its coordinates, and returns its reason.
fn check_coordinates(
    record: &Stored,
    topic: &str,
    expected: &BTreeMap<i64, (&'static [&'static str], Option<i64>)>,
) -> String {
    assert_eq!((record.key.as_ref(), record.value.as_ref()), (None, None), "a quarantine record has no payload");
    let header = |name: &str| record.header(name).unwrap_or_else(|| panic!("no header {name}: {record:?}"));
    let names: Vec<&str> = record.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sluice.reason", "sluice.topic", "sluice.partition", "sluice.offset", "sluice.timestamp"]);
    assert_eq!((header("sluice.topic"), header("sluice.partition")), (topic, "0"));
    let offset: i64 = header("sluice.offset").parse().expect("an offset");
    let (reasons, timestamp_ms) = expected.get(&offset).unwrap_or_else(|| panic!("no poison at offset {offset}"));
    assert!(reasons.contains(&header("sluice.reason")), "{} for {reasons:?}", header("sluice.reason"));
    let timestamp: i64 = header("sluice.timestamp").parse().expect("a time");
    assert!(timestamp_ms.is_none_or(|expected| expected == timestamp), "time of the record at offset {offset}");
    header("sluice.reason").to_owned()
}

#[test]
fn a_partition_full_of_poison_is_stopped_with_its_offset_unmoved_and_the_others_go_on() {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic("breaker", PARTITIONS, &[]);
    let (sick, good) = (4, 12_000);
    // Good events of all partitions but the sick one, whose ids have a gap there.
    let healthy = |from: u64, to: u64| {
        (from..to).map(|id| oracle::event(id, PARTITIONS)).filter(move |event| event.partition != Some(sick))
    };
    let poison =
        |_| Event { partition: Some(sick), value: Some(format!("{CANARY}@").into_bytes()), ..Event::default() };
    load(broker, "breaker", healthy(0, good).chain((0..3_000).map(poison)));

    let setup = Setup::new(broker, "breaker");
    let mut sluice = setup.start();
    let sick_label = sick.to_string();
    wait_until(Duration::from_secs(60), "the breaker to stop the partition", || {
        sluice.metric(metric::PAUSED_PARTITIONS, &[("partition", &sick_label)]) == 1.0
    });
    assert_eq!(sluice.metric(metric::PAUSED_PARTITIONS, &[]), 1.0, "only the sick partition is stopped");
    assert_eq!(sluice.metric(metric::BREAKER_TRIPS, &[("topic", "breaker")]), 1.0);
    let committed = Committed::of(broker, &setup.group, "breaker");
    let others_done = |per_topic: u64| {
        wait_until(DONE_DEADLINE, "the other partitions to be done", || {
            let expected = |partition| healthy(0, per_topic).filter(|e| e.partition == Some(partition)).count() as i64;
            let done = |offsets: Vec<i64>| (0..PARTITIONS).all(|p| p == sick || offsets[p as usize] == expected(p));
            committed.offsets().is_some_and(done)
        });
    };
    others_done(good);
    let stopped_at = committed.offsets().expect("offsets")[sick as usize];
    assert!(stopped_at <= 501, "stopped at {stopped_at}: by then more than half of a window of 1,000 was poison");

    load(broker, "breaker", healthy(good, 2 * good));
    others_done(2 * good);
    assert_eq!(committed.offsets().expect("offsets")[sick as usize], stopped_at, "its offset has not moved");
    assert_eq!(sluice.get("/livez").map(|(status, _)| status), Some(200));
    let quarantined = read(broker, &setup.quarantine(), Isolation::Committed);
    assert_eq!(quarantined.len() as i64, stopped_at.max(0), "what is quarantined and what is committed agree");
    oracle::assert_no_canary("quarantine", &read(broker, &setup.quarantine(), Isolation::Uncommitted));
    sluice.stop();
}
