//! Processes join, leave and die under load, with each way of being a member of the group: every event comes out once.

use std::time::Duration;

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::Broker;
use crate::support::kafka_client::Feeder;
use crate::support::oracle;
use crate::support::service::{Setup, Sluice, metric};
use crate::support::wait::{alone, wait_until};

#[test]
fn every_event_comes_out_once_while_dynamic_members_come_and_go() {
    come_and_go("rebalance-dynamic", "classic", false);
}

#[test]
fn every_event_comes_out_once_while_static_members_come_and_go() {
    come_and_go("rebalance-static", "classic", true);
}

#[test]
fn every_event_comes_out_once_while_members_of_the_new_protocol_come_and_go() {
    come_and_go("rebalance-consumer", "consumer", false);
}

fn come_and_go(topic: &str, group_protocol: &'static str, static_membership: bool) {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic(topic, PARTITIONS, &[]);
    // One worker each: with three processes every one has two partitions.
    let base = Setup { group_protocol, static_membership, workers: 1, ..Setup::new(broker, topic) }.quick_sessions();
    let instance = |name: &str| Setup { instance_id: format!("{topic}-{name}"), ..base.clone() };
    let feeder = Feeder::start(broker, topic, 3_000, |id| oracle::event(id, PARTITIONS));

    let mut first = instance("first").start();
    works("the first", &first);
    let mut second = instance("second").start();
    works("the second", &second);
    let mut third = instance("third").start();
    works("the third", &third);
    second.stop();
    works("the first, without the second", &first);
    third.kill9();
    // A dead member's partitions move when its session is over; a static one may also come back before that.
    let mut third = instance("third").start();
    works("the third again", &third);
    let mut second = instance("second").start();
    first.stop();
    works("the second again", &second);

    let events = feeder.finish();
    assert_exactly_once(broker, &base, events);
    second.stop();
    third.stop();
}

/// Waits until a process has delivered more than it had.
fn works(who: &str, sluice: &Sluice) {
    let delivered = || sluice.metric(metric::OUTPUT_RECORDS, &[]);
    let before = delivered();
    wait_until(Duration::from_secs(60), &format!("{who} to deliver records"), || delivered() > before + 1_000.0);
}
