//! The signals are a function of the records: whatever the number of workers, the size of transactions, crashes and
//! rebalances, they are those of one uninterrupted run. What cannot be restored stops the service with a reason.

use std::collections::BTreeMap;
use std::time::Duration;

use sluice::signals::codec::{OLDEST, VERSION};

use super::DONE_DEADLINE;
use crate::signals::stream::{Shape, make};
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Committed, Event, Isolation, Loader, load, read, wait_until_done};
use crate::support::service::{EXIT_FAILED, Setup, Sluice, metric};
use crate::support::wait::{alone, wait_until};

const PARTITIONS: i32 = 4;
const SEED: u64 = 20;
const KILLS: usize = 20;
/// Records to a batch of the inputs: small, so that a service [at leisure](Setup::at_leisure) gets few at a time.
const BATCH_RECORDS: usize = 40;
const DEADLINE: Duration = Duration::from_secs(90);

/// A made-up stream in two topics, and the signals of one uninterrupted run over it.
struct Bed {
    broker: &'static Broker,
    name: String,
    dir: tempfile::TempDir,
    reference: Vec<String>,
}

impl Bed {
    fn new(name: &str, accounts: usize) -> Bed {
        let broker = Broker::shared();
        eprintln!("seed {SEED}");
        let stream = make(&Shape { seed: SEED, accounts, days: 21, attacked: 0.1, unknown: true });
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("state-key"), "5a".repeat(32)).expect("write the state key");
        let bed = Bed { broker, name: name.to_owned(), dir, reference: Vec::new() };
        let keep = [("retention.ms", "-1")];
        bed.inputs().iter().for_each(|topic| broker.create_topic(topic, PARTITIONS, &keep));
        let (mut arrival_ms, mut topics) = (0, [Vec::new(), Vec::new()]);
        for line in &stream.events {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let text = |name: &str| event[name].as_str().expect("a text").to_owned();
            let at: jiff::Timestamp = text("ts").parse().expect("a time");
            arrival_ms = at.as_millisecond().max(arrival_ms);
            let account = text("user_id");
            let partition =
                account.bytes().fold(7u32, |hash, b| hash.wrapping_mul(31) ^ u32::from(b)) % PARTITIONS as u32;
            topics[usize::from(text("type") != "login")].push(Event {
                partition: Some(partition as i32),
                key: Some(account.into_bytes()),
                value: Some(line.clone().into_bytes()),
                headers: Vec::new(),
                timestamp_ms: Some(arrival_ms),
            });
        }
        for (topic, events) in bed.inputs().iter().zip(topics) {
            eprintln!("{topic}: {} events", Loader::in_batches_of(broker, BATCH_RECORDS).load(topic, events));
        }
        let reference = bed.signals_of(&bed.setup("reference", 1));
        assert!(reference.len() > 200, "{} signals", reference.len());
        Bed { reference, ..bed }
    }

    fn inputs(&self) -> [String; 2] {
        [format!("{}-logins", self.name), format!("{}-money", self.name)]
    }

    /// A service of its own group with outputs of its own.
    fn setup(&self, run: &str, workers: usize) -> Setup {
        let group = format!("{}-{run}", self.name);
        let profile = include_str!("../../patterns/profiles/gaming.yaml");
        let from = profile.find("\nsignals:\n").expect("the profile has signals") + "\nsignals:\n".len();
        let end = profile[from..].find("\n\n").map_or(profile.len(), |len| from + len + 1);
        let key = self.dir.path().join("state-key");
        let more =
            format!("signals:\n  topic: {group}-signals\n  state_key: {}\n{}\n", key.display(), &profile[from..end]);
        let keep = [("retention.ms", "-1")];
        for topic in self.inputs() {
            for output in [format!("{group}.{topic}"), format!("{topic}.quarantine")] {
                if self.broker.partitions(&output).is_none() {
                    self.broker.create_topic(&output, PARTITIONS, &keep);
                }
            }
        }
        self.broker.create_topic(&format!("{group}-signals"), PARTITIONS, &keep);
        let topics = self.inputs().to_vec();
        let output_topic = format!("{group}.{{topic}}");
        let base = Setup::new(self.broker, &self.name).quick_sessions();
        Setup { instance_id: format!("{group}-0"), group, topics, output_topic, workers, more, ..base }
    }

    fn is_done(&self, setup: &Setup) -> bool {
        self.inputs().iter().all(|topic| {
            let end = read_end(self.broker, topic);
            Committed::of(self.broker, &setup.group, topic).offsets().is_some_and(|at| at.iter().sum::<i64>() >= end)
        })
    }

    fn wait_until_done(&self, setup: &Setup) {
        for topic in self.inputs() {
            let outputs = [format!("{}.{topic}", setup.group), format!("{topic}.quarantine")];
            wait_until_done(self.broker, &setup.group, &topic, &[&outputs[0], &outputs[1]], DONE_DEADLINE);
        }
    }

    /// Runs it to the end and reads its signals, sorted.
    fn signals_of(&self, setup: &Setup) -> Vec<String> {
        let mut service = setup.start();
        self.wait_until_done(setup);
        service.stop();
        self.signals(setup)
    }

    fn signals(&self, setup: &Setup) -> Vec<String> {
        let records = read(self.broker, &format!("{}-signals", setup.group), Isolation::Committed);
        let mut signals: Vec<String> =
            records.into_iter().map(|r| String::from_utf8(r.value.expect("a signal")).expect("text")).collect();
        signals.sort_unstable();
        signals
    }

    #[track_caller]
    fn assert_same(&self, what: &str, signals: &[String]) {
        let count = |list: &[String]| {
            let mut counts: BTreeMap<String, i32> = BTreeMap::new();
            list.iter().for_each(|signal| *counts.entry(signal.clone()).or_default() += 1);
            counts
        };
        let (expected, found) = (count(&self.reference), count(signals));
        let missing: Vec<_> = expected.iter().filter(|(s, n)| found.get(*s) != Some(n)).collect();
        let more: Vec<_> = found.iter().filter(|(s, n)| expected.get(*s) != Some(n)).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{what}: {} of {} signals differ: expected {:#?}, found {:#?}",
            missing.len().max(more.len()),
            self.reference.len(),
            &missing[..missing.len().min(3)],
            &more[..more.len().min(3)]
        );
    }
}

fn read_end(broker: &Broker, topic: &str) -> i64 {
    crate::support::kafka_client::Ends::of(broker, topic).stable().map_or(i64::MAX, |ends| ends.iter().sum())
}

#[test]
fn signals_do_not_depend_on_workers_or_batches() {
    let _alone = alone();
    let bed = Bed::new("signals-same", 250);
    for (run, workers, records, interval) in
        [("two", 2, Some(37), "20ms"), ("four", 4, Some(1_000), "50ms"), ("again", 1, None, "1s")]
    {
        let setup = Setup { commit_records: records, commit_interval: interval, ..bed.setup(run, workers) };
        bed.assert_same(run, &bed.signals_of(&setup));
    }
}

#[test]
fn signals_are_those_of_an_uninterrupted_run_after_twenty_kills() {
    let _alone = alone();
    let bed = Bed::new("signals-kill", 400);
    let setup = Setup { commit_records: Some(150), commit_interval: "20ms", ..bed.setup("killed", 2) };
    kill_again_and_again(KILLS, &bed, &setup);
    bed.assert_same("killed", &bed.signals_of(&setup));
}

#[test]
fn at_least_once_loses_no_signal_and_invents_none() {
    let _alone = alone();
    let bed = Bed::new("signals-alo", 400);
    let setup = Setup {
        delivery: "at_least_once",
        commit_records: Some(100),
        commit_interval: "20ms",
        ..bed.setup("killed", 1)
    };
    kill_again_and_again(KILLS / 2, &bed, &setup);
    let mut signals = bed.signals_of(&setup);
    signals.dedup();
    let ids = |list: &[String]| -> std::collections::BTreeSet<String> {
        let id = |s: &String| serde_json::from_str::<serde_json::Value>(s).expect("JSON")["id"].to_string();
        list.iter().map(id).collect()
    };
    let (expected, found) = (ids(&bed.reference), ids(&signals));
    let differ = expected.symmetric_difference(&found).count();
    // Counts over all accounts may miss the events of a batch that was cut by a crash; rules on them may differ.
    assert!(differ * 100 <= expected.len(), "{differ} of {} signals differ", expected.len());
}

/// Kills the service so many times, each time while it has work.
fn kill_again_and_again(kills: usize, bed: &Bed, setup: &Setup) {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let setup = setup.clone().at_leisure();
    for kill in 0..kills {
        let mut service = setup.start();
        let more = f64::from(rng.u32(50..600));
        wait_until(DEADLINE, &format!("kill {kill}: progress"), || {
            assert!(service.is_running(), "the service ended by itself:\n{}", service.log());
            service.metric(metric::OUTPUT_RECORDS, &[]) > more
        });
        service.kill9();
        assert!(!bed.is_done(&setup), "kill {kill}: there was no work left");
    }
}

fn progress(bed: &Bed, setup: &Setup) -> i64 {
    let of = |topic: &String| Committed::of(bed.broker, &setup.group, topic).offsets();
    bed.inputs().iter().filter_map(of).flatten().filter(|&offset| offset > 0).sum()
}

#[test]
fn signals_are_the_same_while_processes_come_and_go() {
    let _alone = alone();
    let bed = Bed::new("signals-scale", 400);
    let base = Setup { commit_records: Some(100), commit_interval: "20ms", ..bed.setup("scaled", 1) }.at_leisure();
    let instance = |n: usize| Setup { instance_id: format!("{}-{n}", base.group), ..base.clone() };
    let works = |who: &str| {
        let before = progress(&bed, &base);
        wait_until(DEADLINE, who, || progress(&bed, &base) > before + 300);
    };
    let mut first = instance(1).start();
    works("one works");
    let mut others: Vec<Sluice> = [2, 3].map(|n| instance(n).start()).into();
    works("three work");
    assert!(!bed.is_done(&base), "there was no work left for three");
    others.iter_mut().for_each(Sluice::stop);
    works("one works again");
    bed.wait_until_done(&base);
    first.stop();
    bed.assert_same("scaled", &bed.signals(&base));
}

#[test]
fn a_changelog_that_cannot_be_read_stops_the_start() {
    let _alone = alone();
    let bed = Bed::new("signals-poison", 120);
    let changelog = |setup: &Setup| format!("{}.signals.changelog", setup.group);
    let poison = |setup: &Setup, value: &[u8]| {
        let key = [b"a".as_slice(), &[7; 16]].concat();
        let event = Event {
            partition: Some(1),
            key: Some(key),
            value: Some(value.to_vec()),
            headers: Vec::new(),
            timestamp_ms: None,
        };
        load(bed.broker, &changelog(setup), [event]);
    };
    for (run, value, says) in [
        // The changelog's own version, an offset, and the account with the version of its layout.
        ("damaged", &[1, 0, VERSION, 255, 255][..], "damaged"),
        ("newer", &[99, 1, 2][..], "newer version"),
        ("older", &[1, 0, OLDEST - 1, 255, 255][..], "older version"),
    ] {
        let setup = bed.setup(run, 1);
        bed.signals_of(&setup);
        poison(&setup, value);
        setup.spawn().fails(EXIT_FAILED, DEADLINE, &[says]);
    }
    // Lost state is no new beginning.
    let setup = bed.setup("lost", 1);
    bed.signals_of(&setup);
    bed.broker.delete_topic(&changelog(&setup));
    wait_until(DEADLINE, "the topic to be gone", || bed.broker.partitions(&changelog(&setup)).is_none());
    setup.spawn().fails(EXIT_FAILED, DEADLINE, &["offsets are committed", "start_empty"]);
}
