//! SIGTERM under load: the process ends with 0 within its drain time, has finished what it began, and its successor
//! goes on where it stopped.

use std::time::{Duration, Instant};

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::{Feeder, load};
use crate::support::oracle;
use crate::support::service::{Setup, metric};
use crate::support::wait::{alone, wait_until};

const STOPS: usize = 4;
/// `drain_timeout` of the config.
const DRAIN: Duration = Duration::from_secs(10);
/// The same where nothing can be drained.
const FROZEN_DRAIN: Duration = Duration::from_secs(3);
/// More than are through when the broker freezes.
const EVENTS: u64 = 100_000;

#[test]
fn a_graceful_stop_loses_nothing_and_aborts_nothing_with_transactions() {
    stops_under_load("stop-transactions", "exactly_once");
}

#[test]
fn a_graceful_stop_loses_nothing_and_repeats_nothing_without_transactions() {
    stops_under_load("stop-at-least-once", "at_least_once");
}

#[test]
fn a_stop_ends_though_no_broker_answers_and_its_successor_goes_on() {
    let _alone = alone();
    let broker = Broker::start(Options::default());
    broker.create_topic("frozen", PARTITIONS, &[]);
    let mut setup = Setup::new(&broker, "frozen").quick_sessions().at_leisure();
    setup.more.push_str(&format!("drain_timeout: {}s\n", FROZEN_DRAIN.as_secs()));
    let events = load(&broker, "frozen", (0..EVENTS).map(|id| oracle::event(id, PARTITIONS)));
    let mut sluice = setup.start();
    wait_until(Duration::from_secs(60), "the service to be in full flow", || {
        sluice.metric(metric::OUTPUT_RECORDS, &[]) > 10_000.0
    });
    broker.freeze();
    sluice.sigterm();
    // Its workers may be inside of calls that wait for a coordinator.
    sluice.wait(FROZEN_DRAIN + Duration::from_secs(5));
    broker.thaw();
    let mut last = setup.start();
    assert_exactly_once(&broker, &setup, events);
    last.stop();
}

fn stops_under_load(topic: &str, delivery: &'static str) {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic(topic, PARTITIONS, &[]);
    let mut setup = Setup { delivery, ..Setup::new(broker, topic) };
    setup.more = format!("drain_timeout: {}s\n", DRAIN.as_secs());
    let feeder = Feeder::start(broker, topic, 10_000, |id| oracle::event(id, PARTITIONS));
    for _ in 0..STOPS {
        let mut sluice = setup.start();
        wait_until(Duration::from_secs(60), "the service to be in full flow", || {
            sluice.metric(metric::OUTPUT_RECORDS, &[]) > 10_000.0
        });
        let asked = Instant::now();
        sluice.stop();
        assert!(asked.elapsed() < DRAIN, "the stop took {:?}", asked.elapsed());
    }
    let events = feeder.finish();
    let mut last = setup.start();
    let outcome = assert_exactly_once(broker, &setup, events);
    assert_eq!(outcome.written.len() as u64, events, "a graceful stop leaves nothing to be done again");
    last.stop();
}
