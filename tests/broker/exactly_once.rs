//! 200,000 events through both modes of delivery: each comes out once, in the order of its partition, in the same
//! partition, with its key, its time and its headers; and only the personal data is another.

use std::time::Instant;

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::Broker;
use crate::support::kafka_client::load;
use crate::support::oracle;
use crate::support::service::{Setup, metric};
use crate::support::wait::alone;

const EVENTS: u64 = 200_000;

#[test]
fn every_event_comes_out_once_with_transactions() {
    carries_all("eo-transactions", "exactly_once");
}

#[test]
fn every_event_comes_out_once_when_nothing_fails_without_transactions() {
    carries_all("eo-at-least-once", "at_least_once");
}

fn carries_all(topic: &str, delivery: &'static str) {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic(topic, PARTITIONS, &[]);
    load(broker, topic, (0..EVENTS).map(|id| oracle::event(id, PARTITIONS)));
    let setup = Setup { delivery, ..Setup::new(broker, topic) };
    let started = Instant::now();
    let mut sluice = setup.start();
    let outcome = assert_exactly_once(broker, &setup, EVENTS);
    eprintln!("{delivery}: {EVENTS} events done and checked {:?} after the start", started.elapsed());
    assert_eq!(outcome.written.len() as u64, EVENTS, "nothing was aborted or sent again");
    assert_eq!(sluice.metric(metric::INPUT_RECORDS, &[("topic", topic)]), EVENTS as f64);
    assert_eq!(sluice.metric(metric::OUTPUT_RECORDS, &[("topic", topic)]), EVENTS as f64);
    sluice.stop();
}
