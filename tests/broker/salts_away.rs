//! The topic of daily salts is out of reach while all other topics are in reach: the stream waits, not ready, with its
//! offsets unmoved, at the start and over midnight; when the topic is back it goes on by itself, and every event comes
//! once, with a token of its day.
//!
//! The only copy of the salts is on a second broker, which is stopped with its connections open (SIGSTOP).

use std::collections::BTreeSet;
use std::time::Duration;

use super::daily::{
    BEFORE_MIDNIGHT_MS, DAY_MS, PARTITIONS, SALTS_SETTINGS, member, now_ms, salts, setup, tokens, visits,
};
use crate::support::kafka::{Broker, Node, Options, free_port};
use crate::support::kafka_client::{Committed, Isolation, load, read};
use crate::support::service::{Setup, Sluice};
use crate::support::wait::{alone, wait_until};

const SALTS_NODE: i32 = 2;

/// A broker with everything but the salts of `topic`, and one with these alone.
fn two_brokers(topic: &str) -> (Broker, Broker) {
    let (plain, controller) = (free_port(), free_port());
    let node = |plain, controller, bootstrap| Node { plain, controller, bootstrap, replication: 1, data: None };
    let bootstrap = format!("127.0.0.1:{plain}");
    let first = Options { node: Some(node(plain, controller, bootstrap.clone())), ..Options::default() };
    let broker = Broker::start(first);
    // Before there is another broker on which they might be made: groups and transactions live here.
    for name in ["__consumer_offsets", "__transaction_state"] {
        broker.create_topic(name, 4, &[("cleanup.policy", "compact")]);
    }
    for suffix in ["", ".scrubbed", ".quarantine"] {
        broker.create_topic(&format!("{topic}{suffix}"), PARTITIONS, &[]);
    }
    let plain = free_port();
    let properties = vec![
        ("process.roles", "broker".to_owned()),
        ("node.id", SALTS_NODE.to_string()),
        ("listeners", format!("PLAINTEXT://127.0.0.1:{plain}")),
        ("controller.quorum.voters", format!("1@127.0.0.1:{controller}")),
    ];
    let second = Options { node: Some(node(plain, free_port(), bootstrap)), properties, ..Options::default() };
    let keeper = Broker::start(second);
    broker.create_topic_on(SALTS_NODE, &format!("{topic}.salts"), &SALTS_SETTINGS);
    (broker, keeper)
}

/// Waits until the service has tried in vain to read the salts more than once, and looks that nothing happened meanwhile.
fn assert_waits(broker: &Broker, setup: &Setup, service: &mut Sluice, committed: &[i64], outputs: usize) {
    wait_until(Duration::from_secs(120), "the service to wait for its salt", || {
        assert!(service.is_running(), "the service ended by itself:\n{}", service.log());
        service.metric("sluice_salt_wait_seconds", &[]) > 2.0
    });
    let (status, body) = service.get("/readyz").expect("an answer");
    assert!(status == 503 && body.contains("salt of today"), "{status} {body}");
    assert_eq!(service.get("/livez").map(|(status, _)| status), Some(200), "to wait is no failed liveness");
    assert!(service.log().contains("without today's the stream waits"), "the log says why");
    let topic = &setup.topics[0];
    assert_eq!(Committed::of(broker, &setup.group, topic).offsets().as_deref(), Some(committed), "offsets stay");
    for (name, count) in [(setup.output(), outputs), (setup.quarantine(), 0)] {
        assert_eq!(read(broker, &name, Isolation::Uncommitted).len(), count, "nothing passes meanwhile to {name}");
    }
    assert_eq!(service.metric("sluice_saltless_records_total", &[]), 0.0);
}

/// Every event came once.
fn assert_all_once(broker: &Broker, setup: &Setup, events: usize) {
    let output = read(broker, &setup.output(), Isolation::Committed);
    let ids: BTreeSet<&str> = output.iter().map(|record| member(record, "id")).collect();
    assert_eq!((output.len(), ids.len()), (events, events), "every event once");
    assert!(read(broker, &setup.quarantine(), Isolation::Committed).is_empty());
}

#[test]
fn salts_out_of_reach_at_the_start_are_waited_for() {
    let _alone = alone();
    let topic = "away-start";
    let (broker, keeper) = two_brokers(topic);
    let setup = setup(&broker, topic, 0, 0);
    // All of one day, whenever the test runs: the service's, which may change meanwhile, is another matter.
    load(&broker, topic, visits(now_ms(), 0..40));
    keeper.freeze();
    let mut service = setup.spawn();
    assert_waits(&broker, &setup, &mut service, &[-1; PARTITIONS as usize], 0);
    keeper.thaw();
    service.wait_until_ready();
    let found = tokens(&broker, &setup);
    let (day, made) = found.first_key_value().expect("a day");
    assert_eq!((found.len(), made.len()), (1, 1), "{found:?}");
    assert!(made.iter().all(|token| token.starts_with(&format!("ip_1k1d{day}_"))), "{made:?}");
    assert_all_once(&broker, &setup, 40);
    service.stop();
}

#[test]
fn salts_out_of_reach_over_midnight_stop_the_stream_until_they_are_back() {
    let _alone = alone();
    let topic = "away-midnight";
    let (broker, keeper) = two_brokers(topic);
    // A midnight of the past: a broker refuses times that are far ahead of its own.
    let midnight_ms = (now_ms().div_euclid(DAY_MS) - 2) * DAY_MS;
    let offset_ms = midnight_ms - BEFORE_MIDNIGHT_MS - now_ms();
    let (yesterday, today) = (midnight_ms / DAY_MS - 1, midnight_ms / DAY_MS);
    let setup = setup(&broker, topic, 0, offset_ms);
    let mut service = setup.start();
    load(&broker, topic, visits(midnight_ms - 1, 0..40));
    let first = tokens(&broker, &setup);
    keeper.freeze();
    assert!(now_ms() + offset_ms < midnight_ms, "the machine is too slow for this test: midnight came before");
    let committed = Committed::of(&broker, &setup.group, topic).offsets().expect("an answer");

    wait_until(Duration::from_secs(90), "midnight", || now_ms() + offset_ms >= midnight_ms);
    load(&broker, topic, visits(midnight_ms, 40..80));
    // Late ones, whose salt is there: they stand behind, and wait with the others.
    load(&broker, topic, visits(midnight_ms - 2, 80..100));
    assert_waits(&broker, &setup, &mut service, &committed, 40);

    keeper.thaw();
    service.wait_until_ready();
    let second = tokens(&broker, &setup);
    assert_eq!(second.keys().copied().collect::<Vec<_>>(), [yesterday, today]);
    assert_eq!(second[&yesterday], first[&yesterday], "late events get yesterday's token");
    let made = &second[&today];
    assert!(made.len() == 1 && made.iter().all(|t| t.starts_with(&format!("ip_1k1d{today}_"))), "{made:?}");
    assert_all_once(&broker, &setup, 100);
    let (_, opened) = salts(&broker, &format!("{topic}.salts"));
    assert_eq!(opened.keys().map(|day| i64::from(*day)).collect::<Vec<_>>(), [yesterday, today]);
    service.stop();
}
