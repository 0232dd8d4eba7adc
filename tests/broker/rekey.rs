//! Inputs that are not keyed by account: their events meet through the internal topic, each exactly once however often the
//! service is killed, and nothing raw is in it. (Which signals they give depends on the order of arrival: see the README.)

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::DONE_DEADLINE;
use crate::signals::stream::{Shape, make};
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Committed, Ends, Event, Isolation, Loader, Stored, read};
use crate::support::service::Setup;
use crate::support::wait::{alone, wait_until};

const SEED: u64 = 31;
const PARTITIONS: i32 = 3;
const KILLS: usize = 3;
const DEADLINE: Duration = Duration::from_secs(90);
const INPUT: &str = "rekey-events";

/// The signals section of the gaming profile, with `more` in front.
fn section(more: &str) -> String {
    let profile = include_str!("../../patterns/profiles/gaming.yaml");
    let from = profile.find("\nsignals:\n").expect("the profile has signals") + "\nsignals:\n".len();
    let end = profile[from..].find("\n\n").map_or(profile.len(), |len| from + len + 1);
    format!("signals:\n{more}{}\n", &profile[from..end])
}

/// Whether a group has read a topic; `markers`: so many ends of transactions may stand behind the last record.
fn is_at_end(broker: &Broker, group: &str, topic: &str, markers: i64) -> bool {
    let Some(ends) = Ends::of(broker, topic).stable() else { return false };
    let at = Committed::of(broker, group, topic).offsets();
    at.is_some_and(|at| at.iter().zip(&ends).all(|(at, end)| *at >= end - markers))
}

#[test]
fn events_without_keys_meet_their_account_once_whatever_is_killed() {
    let _alone = alone();
    let broker = Broker::shared();
    eprintln!("seed {SEED}");
    let stream = make(&Shape { seed: SEED, accounts: 150, days: 21, attacked: 0.1, unknown: true });
    let dir = tempfile::tempdir().expect("a directory");
    let key = dir.path().join("state-key");
    std::fs::write(&key, "5a".repeat(32)).expect("write the state key");
    let keep = [("retention.ms", "-1")];
    let base = Setup::new(broker, INPUT).quick_sessions();
    let group = base.group.clone();
    broker.create_topic(INPUT, PARTITIONS, &keep);
    let (signals, internal) = (format!("{group}-signals"), format!("{group}.signals.rekeyed"));
    for topic in [&base.output(), &base.quarantine()] {
        broker.create_topic(topic, PARTITIONS, &keep);
    }
    broker.create_topic(&signals, PARTITIONS, &keep);
    broker.create_topic(&internal, PARTITIONS, &keep);
    let mut arrival_ms = 0;
    let events = stream.events.iter().enumerate().map(|(n, line)| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let at: jiff::Timestamp = event["ts"].as_str().expect("a text").parse().expect("a time");
        arrival_ms = at.as_millisecond().max(arrival_ms);
        Event {
            partition: Some(n as i32 % PARTITIONS),
            key: None,
            value: Some(line.clone().into_bytes()),
            headers: Vec::new(),
            timestamp_ms: Some(arrival_ms),
        }
    });
    // Small batches, which a service at leisure takes few of: there is work left for every kill.
    let sent = Loader::in_batches_of(broker, 40).load(INPUT, events);
    let more = section(&format!("  rekey: true\n  topic: {signals}\n  state_key: {}\n", key.display()));
    let setup = Setup { commit_records: Some(200), commit_interval: "20ms", workers: 2, more, ..base };
    let done = || is_at_end(broker, &group, INPUT, 0) && is_at_end(broker, &group, &internal, 4);
    let progress = || {
        let of = |topic: &str| Committed::of(broker, &group, topic).offsets();
        [INPUT, &internal].iter().filter_map(|topic| of(topic)).flatten().filter(|&at| at > 0).sum::<i64>()
    };
    for kill in 0..KILLS {
        let mut service = setup.clone().at_leisure().start();
        let before = progress();
        wait_until(DEADLINE, &format!("kill {kill}: progress"), || progress() > before + 400);
        service.kill9();
        assert!(!done(), "kill {kill}: there was no work left");
    }
    let mut service = setup.start();
    wait_until(DONE_DEADLINE, "all to be judged", done);
    service.stop();

    carried_once(&read(broker, &internal, Isolation::Committed), sent as usize);
    let told: Vec<String> = read(broker, &signals, Isolation::Committed)
        .into_iter()
        .map(|r| String::from_utf8(r.value.expect("a signal")).expect("text"))
        .collect();
    // A redelivery that comes too late to be known is judged again, under the same id; a record never is.
    let places = told.iter().map(|text| {
        let signal: Value = serde_json::from_str(text).expect("JSON");
        format!("{} {}", signal["id"], signal["event"])
    });
    let places: BTreeSet<String> = places.collect();
    assert_eq!(places.len(), told.len(), "a signal of a record is told once");
    assert!(!told.is_empty(), "no signal came of it");
}

/// Every event is carried once, to one partition for each account, and without anything raw.
fn carried_once(records: &[Stored], events: usize) {
    let mut seen = BTreeSet::new();
    let mut partition_of: BTreeMap<Vec<u8>, i32> = BTreeMap::new();
    for record in records {
        let text = String::from_utf8(record.value.clone().expect("a value")).expect("text");
        for raw in ["@example", "user_id", "\"u", "ArenaPlay", "Mozilla", "d-"] {
            assert!(!text.contains(raw), "{raw} in {text}");
        }
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(seen.insert((value["partition"].as_i64(), value["offset"].as_i64())), "twice: {text}");
        let key = record.key.clone().expect("a key");
        assert_eq!(key.len(), 16);
        assert_eq!(*partition_of.entry(key).or_insert(record.partition), record.partition, "{text}");
    }
    assert_eq!(seen.len(), events);
}
