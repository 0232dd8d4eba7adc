//! A start that cannot succeed ends soon, with the right code, and says in one line what is missing and where. Nothing is begun: no
//! topic is made, no group is joined.

use std::time::{Duration, Instant};

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::{Broker, free_port};
use crate::support::kafka_client::{Committed, load};
use crate::support::oracle;
use crate::support::service::{EXIT_CONFIG, EXIT_FAILED, Setup};

/// Well above `kafka.connect_timeout` (10 s).
const END_DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn an_unreachable_broker_is_named_when_the_connect_timeout_has_passed() {
    let broker = Broker::shared();
    let nobody = format!("127.0.0.1:{}", free_port());
    let setup = Setup { brokers: nobody.clone(), ..Setup::new(broker, "start-unreachable") };
    let started = Instant::now();
    setup.spawn().fails(EXIT_FAILED, END_DEADLINE, &[&nobody]);
    assert!(started.elapsed() >= Duration::from_secs(9), "it gave up early: {:?}", started.elapsed());
}

#[test]
fn a_missing_input_topic_is_named() {
    let broker = Broker::shared();
    let setup = Setup::new(broker, "start-no-input");
    setup.spawn().fails(EXIT_CONFIG, END_DEADLINE, &["start-no-input", &broker.brokers()]);
    assert_eq!(broker.partitions(&setup.output()), None, "no topic is made by a start that fails");
}

#[test]
fn a_missing_output_topic_is_named_and_nothing_is_begun() {
    let broker = Broker::shared();
    broker.create_topic("start-no-output", PARTITIONS, &[]);
    load(broker, "start-no-output", (0..100).map(|id| oracle::event(id, PARTITIONS)));
    let setup = Setup { create: false, ..Setup::new(broker, "start-no-output") };
    setup.spawn().fails(EXIT_CONFIG, END_DEADLINE, &["`start-no-output.", "output.create"]);
    assert_eq!(broker.partitions(&setup.output()), None);
    let committed = Committed::of(broker, &setup.group, "start-no-output").offsets();
    assert_eq!(committed, Some(vec![-1; PARTITIONS as usize]));
}

#[test]
fn missing_topics_are_made_with_the_partitions_of_their_input_when_the_config_says_so() {
    let broker = Broker::shared();
    broker.create_topic("start-create", PARTITIONS, &[]);
    load(broker, "start-create", (0..1_000).map(|id| oracle::event(id, PARTITIONS)));
    let setup = Setup::new(broker, "start-create");
    let mut sluice = setup.start();
    assert_eq!(broker.partitions(&setup.output()), Some(PARTITIONS));
    assert_eq!(broker.partitions(&setup.quarantine()), Some(PARTITIONS));
    assert_exactly_once(broker, &setup, 1_000);
    sluice.stop();
}
