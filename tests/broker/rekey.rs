//! Inputs that are not keyed by account: their events meet through the internal topic in the order of their Kafka
//! timestamps, each exactly once however often the service is killed, and nothing raw is in it. A backlog gives the signals
//! of the same events in a file: all of them with one worker, nearly all with several.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::DONE_DEADLINE;
use crate::signals::stream::{Shape, make};
use crate::support::command::sluice;
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Committed, Ends, Event, Isolation, Loader, Stored, read};
use crate::support::service::Setup;
use crate::support::wait::{alone, wait_until};

const SEED: u64 = 31;
const PARTITIONS: i32 = 3;
const KILLS: usize = 3;
const DEADLINE: Duration = Duration::from_secs(90);
/// The stream is thin for its length, and workers stay within five minutes of it of each other: days are enough.
const DAYS: u32 = 8;

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

/// A made-up stream in a topic whose partitions say nothing of accounts.
struct Bed {
    broker: &'static Broker,
    input: String,
    dir: tempfile::TempDir,
    /// In the order of their Kafka timestamps.
    lines: Vec<String>,
}

impl Bed {
    fn new(input: &str) -> Bed {
        let broker = Broker::shared();
        eprintln!("seed {SEED}");
        let stream = make(&Shape { seed: SEED, accounts: 150, days: DAYS, attacked: 0.1, unknown: true });
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("state-key"), "5a".repeat(32)).expect("write the state key");
        broker.create_topic(input, PARTITIONS, &[("retention.ms", "-1")]);
        let mut arrival_ms = 0;
        let events = stream.events.iter().enumerate().map(|(n, line)| {
            let event: Value = serde_json::from_str(line).expect("JSON");
            let at: jiff::Timestamp = event["ts"].as_str().expect("a text").parse().expect("a time");
            // No two at one moment: their order would be that of the partitions, which a file does not have.
            arrival_ms = at.as_millisecond().max(arrival_ms + 1);
            Event {
                partition: Some(n as i32 % PARTITIONS),
                key: None,
                value: Some(line.clone().into_bytes()),
                headers: Vec::new(),
                timestamp_ms: Some(arrival_ms),
            }
        });
        // Small batches, which a service at leisure takes few of: there is work left for every kill.
        Loader::in_batches_of(broker, 40).load(input, events);
        Bed { broker, input: input.to_owned(), dir, lines: stream.events }
    }

    /// A service of its own group with outputs of its own.
    fn setup(&self, run: &str, workers: usize) -> Setup {
        let base = Setup::new(self.broker, &self.input).quick_sessions();
        let (group, keep) = (format!("{}-{run}", self.input), [("retention.ms", "-1")]);
        let output_topic = format!("{group}.{{topic}}");
        let outputs =
            [output_topic.replace("{topic}", &self.input), base.quarantine(), signals(&group), internal(&group)];
        for topic in outputs.iter().filter(|topic| self.broker.partitions(topic).is_none()) {
            self.broker.create_topic(topic, PARTITIONS, &keep);
        }
        let key = self.dir.path().join("state-key");
        let more = section(&format!("  rekey: true\n  topic: {}\n  state_key: {}\n", signals(&group), key.display()));
        let instance_id = format!("{group}-0");
        Setup {
            instance_id,
            group,
            output_topic,
            commit_records: Some(200),
            commit_interval: "20ms",
            workers,
            more,
            ..base
        }
    }

    fn is_done(&self, group: &str) -> bool {
        is_at_end(self.broker, group, &self.input, 0) && is_at_end(self.broker, group, &internal(group), 4)
    }

    /// How far a group has read.
    fn progress(&self, group: &str) -> i64 {
        let of = |topic: &str| Committed::of(self.broker, group, topic).offsets();
        [&self.input, &internal(group)].iter().filter_map(|topic| of(topic)).flatten().filter(|&at| at > 0).sum()
    }

    fn finish(&self, setup: &Setup) -> Vec<Value> {
        let mut service = setup.start();
        wait_until(DONE_DEADLINE, "all to be judged", || self.is_done(&setup.group));
        service.stop();
        let told = read(self.broker, &signals(&setup.group), Isolation::Committed);
        told.iter().map(|r| serde_json::from_slice(r.value.as_ref().expect("a signal")).expect("JSON")).collect()
    }

    /// The signals of a file for each task: the events of its accounts in the order of the stream. Files tell at their end
    /// what is still held back.
    fn reference(&self, carried: &[Stored]) -> Vec<Value> {
        let mut task_of: BTreeMap<String, i32> = BTreeMap::new();
        for record in carried {
            let value: Value = serde_json::from_slice(record.value.as_ref().expect("a value")).expect("JSON");
            task_of.insert(value["event_id"].as_str().expect("an id").to_owned(), record.partition);
        }
        let key = self.dir.path().join("state-key");
        let config = self.dir.path().join("sluice.yaml");
        std::fs::write(&config, section(&format!("  state_key: {}\n", key.display()))).expect("write the config");
        (0..PARTITIONS).flat_map(|task| self.signals_of_file(task, &task_of, &config)).collect()
    }

    fn signals_of_file(&self, task: i32, task_of: &BTreeMap<String, i32>, config: &Path) -> Vec<Value> {
        let [from, to] = ["events", "signals"].map(|name| self.dir.path().join(format!("{name}-{task}.ndjson")));
        let id =
            |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["event_id"].as_str().map(str::to_owned);
        let own = self.lines.iter().filter(|line| id(line).is_some_and(|id| task_of.get(&id) == Some(&task)));
        let text: String = own.flat_map(|line| [line.as_str(), "\n"]).collect();
        std::fs::write(&from, text).expect("write the events");
        let [config, from, to] = [config, &from, &to].map(|path| path.to_str().expect("a text"));
        sluice(&["scrub", "-c", config, "--signals", to, from]).ok();
        let text = std::fs::read_to_string(to).expect("signals");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

fn signals(group: &str) -> String {
    format!("{group}-signals")
}

fn internal(group: &str) -> String {
    format!("{group}.signals.rekeyed")
}

/// What makes two signals one: all but where the event stands and pseudonyms, whose keys differ.
fn essence(signal: &Value) -> String {
    let evidence = signal["evidence"].as_object().expect("an object");
    let numbers: Vec<String> =
        evidence.iter().filter(|(_, v)| v.is_number()).map(|(name, number)| format!("{name}={number}")).collect();
    let of = |name: &str| signal[name].to_string();
    format!("{} {} {} {} {} {}", of("id"), of("rule"), of("severity"), of("score"), of("time"), numbers.join(" "))
}

/// How many signals are in one of the two and not in the other. What a file only tells at its end is left out.
fn differ(told: &[Value], reference: &[Value]) -> usize {
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    let held = |signal: &&Value| signal["rule"] != "balance_continuity";
    told.iter().filter(held).for_each(|signal| *counts.entry(essence(signal)).or_default() += 1);
    reference.iter().filter(held).for_each(|signal| *counts.entry(essence(signal)).or_default() -= 1);
    counts.values().map(|n| n.unsigned_abs() as usize).sum()
}

#[test]
fn a_backlog_without_keys_gives_the_signals_of_the_same_events_in_a_file() {
    let _alone = alone();
    let bed = Bed::new("rekey-backlog");
    let one = bed.setup("one", 1);
    let told = bed.finish(&one);
    let reference = bed.reference(&read(bed.broker, &internal(&one.group), Isolation::Committed));
    assert!(reference.len() > 100, "{} signals", reference.len());
    let wrong = differ(&told, &reference);
    eprintln!("one worker: {wrong} of {} signals differ", reference.len());
    assert_eq!(wrong, 0, "of {} signals with one worker", reference.len());
    let told = bed.finish(&bed.setup("two", 2));
    let wrong = differ(&told, &reference);
    eprintln!("two workers: {wrong} of {} signals differ", reference.len());
    assert!(wrong * 20 <= reference.len(), "{wrong} of {} signals with two workers", reference.len());
}

#[test]
fn events_without_keys_meet_their_account_once_whatever_is_killed() {
    let _alone = alone();
    let bed = Bed::new("rekey-events");
    let setup = bed.setup("killed", 2);
    let group = &setup.group;
    for kill in 0..KILLS {
        let mut service = setup.clone().at_leisure().start();
        let before = bed.progress(group);
        wait_until(DEADLINE, &format!("kill {kill}: progress"), || bed.progress(group) > before + 400);
        service.kill9();
        assert!(!bed.is_done(group), "kill {kill}: there was no work left");
    }
    let told = bed.finish(&setup);
    let carried = read(bed.broker, &internal(group), Isolation::Committed);
    carried_once(&carried, bed.lines.len());
    // A redelivery that comes too late to be known is judged again, under the same id; a record never is.
    let places: BTreeSet<String> = told.iter().map(|signal| format!("{} {}", signal["id"], signal["event"])).collect();
    assert_eq!(places.len(), told.len(), "a signal of a record is told once");
    let reference = bed.reference(&carried);
    let wrong = differ(&told, &reference);
    eprintln!("killed: {wrong} of {} signals differ", reference.len());
    assert!(wrong * 20 <= reference.len(), "{wrong} of {} signals differ", reference.len());
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
