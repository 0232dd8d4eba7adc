//! The service on a real Kafka. Each module tells in its first lines what it proves.
//!
//! `cargo test --test tests broker::` runs them. They need Java 17; the first run fetches Kafka's jars with Maven.

use std::time::Duration;

use crate::support::kafka::Broker;
use crate::support::kafka_client::{Isolation, Stored, read, wait_until_done};
use crate::support::oracle::{self, Tally};
use crate::support::service::Setup;

/// The test bed itself, with plain clients only.
mod bed;
/// The broker goes away under load, cleanly and by a crash, and comes back.
mod broker_restart;
/// Daily tokens: two processes over midnight, late events, a restart, a salt that does not open, dead salts.
mod daily;
/// An erasure reaches the state of accounts.
mod erase;
/// 200,000 events through both modes of delivery.
mod exactly_once;
/// The process is killed again and again, most often inside an open transaction.
mod kill;
/// Records that cannot be read safely, and a partition full of them.
mod poison;
/// A key is changed under load; tenants; suppressed, sealed and erased records.
mod privacy;
/// Processes join, leave and die under load, with each rebalance protocol.
mod rebalance;
/// The state of accounts survives: the same signals whatever happens on the way.
mod rekey;
/// Rules change while the service runs.
mod reload;
/// The topic of daily salts is out of reach, at the start and over midnight: the stream waits.
mod salts_away;
/// SASL/PLAIN, a wrong password, a missing right.
mod security;
mod signals;
/// What a start that cannot succeed says, and how it ends.
mod start_errors;
/// SIGTERM under load.
mod stop;

/// Catching up with what a test has loaded.
const DONE_DEADLINE: Duration = Duration::from_secs(120);
/// Partitions of most topics.
const PARTITIONS: i32 = 6;

/// What came of a service's first input topic.
struct Outcome {
    /// What a reader of committed records sees.
    output: Vec<Stored>,
    /// The same with what was aborted.
    written: Vec<Stored>,
}

/// Waits until the service has done all of its first topic, and reads what came of it. Whatever the test is about:
/// nothing raw is in any topic, aborted records included.
#[track_caller]
fn outcome(broker: &Broker, setup: &Setup) -> Outcome {
    let (output, quarantine) = (setup.output(), setup.quarantine());
    wait_until_done(broker, &setup.group, &setup.topics[0], &[&output, &quarantine], DONE_DEADLINE);
    let written = read(broker, &output, Isolation::Uncommitted);
    oracle::assert_no_canary(&output, &written);
    oracle::assert_no_canary(&quarantine, &read(broker, &quarantine, Isolation::Uncommitted));
    Outcome { output: read(broker, &output, Isolation::Committed), written }
}

/// [`outcome`], and: events `0..events` came out once each, as they went in but for the personal data, in order, and
/// none was quarantined.
#[track_caller]
fn assert_exactly_once(broker: &Broker, setup: &Setup, events: u64) -> Outcome {
    let outcome = outcome(broker, setup);
    Tally::of_scrubbed(&outcome.output, PARTITIONS).assert_exactly_once(events);
    oracle::assert_in_order(&outcome.output);
    assert_eq!(read(broker, &setup.quarantine(), Isolation::Uncommitted).len(), 0, "quarantined records");
    outcome
}
