//! The test bed is to be trusted: records come back as they were sent, an open transaction is seen as open, a broker
//! that is stopped comes back with its data, and the oracle notices what it is there to notice. Plain clients only.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::{Committed, Ends, Event, Feeder, Isolation, Stored, load, read};
use crate::support::oracle::{self, Tally};
use crate::support::process::{Leashed, tail};
use crate::support::wait::{alone, wait_until};

const PARTITIONS: i32 = 6;

#[test]
fn records_come_back_as_they_were_sent() {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic("bed-load", PARTITIONS, &[]);
    let events = 200_000;
    let started = std::time::Instant::now();
    load(broker, "bed-load", (0..events).map(|id| oracle::event(id, PARTITIONS)));
    let loaded = started.elapsed();
    let stored = read(broker, "bed-load", Isolation::Committed);
    eprintln!("loaded {events} events in {loaded:?}, read them in {:?}", started.elapsed() - loaded);

    assert_eq!(stored.len() as u64, events);
    oracle::assert_in_order(&stored);
    for record in &stored {
        let expected = oracle::event(oracle::id_of(record).expect("an id"), PARTITIONS);
        let got = Event {
            partition: Some(record.partition),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
            timestamp_ms: Some(record.timestamp_ms),
        };
        assert_eq!(got, expected);
    }
}

#[test]
fn an_open_transaction_is_seen_and_its_records_are_read_when_it_is_committed() {
    let broker = Broker::shared();
    broker.create_topic("bed-transaction", 1, &[]);
    let (ends, wait) = (Ends::of(broker, "bed-transaction"), Duration::from_secs(30));
    let producer: BaseProducer = broker.client().set("transactional.id", "bed").create().expect("a producer");
    producer.init_transactions(wait).expect("init");
    let send = |value: &str| {
        let record: BaseRecord<'_, (), str> = BaseRecord::to("bed-transaction").payload(value);
        producer.send(record).map_err(|(error, _)| error).expect("produce");
        producer.flush(wait).expect("flush");
    };
    let values = |isolation| -> Vec<Vec<u8>> {
        read(broker, "bed-transaction", isolation).into_iter().filter_map(|record| record.value).collect()
    };

    producer.begin_transaction().expect("begin");
    send("aborted");
    assert!(ends.in_transaction());
    assert_eq!(values(Isolation::Uncommitted), [b"aborted"]);
    assert!(values(Isolation::Committed).is_empty());
    producer.abort_transaction(wait).expect("abort");
    wait_until(wait, "the abort to be seen", || !ends.in_transaction());

    producer.begin_transaction().expect("begin");
    send("committed");
    producer.commit_transaction(wait).expect("commit");
    wait_until(wait, "the commit to be seen", || !ends.in_transaction());
    assert_eq!(values(Isolation::Committed), [b"committed"]);
    assert_eq!(values(Isolation::Uncommitted).len(), 2);
}

#[test]
fn a_broker_comes_back_with_its_data_and_a_feeder_waits_for_it() {
    let _alone = alone();
    let broker = Broker::start(Options::default());
    broker.create_topic("bed-restart", 2, &[]);
    let feeder = Feeder::start(&broker, "bed-restart", 5_000, |id| oracle::event(id, 2));
    let sent_beyond = |count| wait_until(Duration::from_secs(30), "the feeder to go on", || feeder.sent() > count);
    sent_beyond(1_000);
    broker.restart();
    sent_beyond(feeder.sent());
    broker.kill9();
    broker.start_again();
    sent_beyond(feeder.sent());
    let events = feeder.finish();
    let ids: Vec<u64> =
        read(&broker, "bed-restart", Isolation::Committed).iter().map(|r| oracle::id_of(r).expect("an id")).collect();
    assert_eq!(ids.len() as u64, events, "{}", tail(&broker.log(), 20));
    assert_eq!(Committed::of(&broker, "nobody", "bed-restart").offsets(), Some(vec![-1, -1]));
}

#[test]
fn a_process_ends_and_its_directory_goes_when_the_test_that_started_it_is_gone() {
    let scratch = tempfile::tempdir().expect("a directory");
    let log = File::create(scratch.path().join("log")).expect("a log");
    let mut process = Leashed::spawn(Command::new("sleep").arg("600"), log, Some(scratch.path()));
    assert_eq!(process.status(), None);
    process.abandon();
    let status = process.wait(Duration::from_secs(10)).expect("the leash to end it");
    assert_eq!(status.signal(), Some(9));
    wait_until(Duration::from_secs(10), "the scratch directory to be removed", || !scratch.path().exists());
}

#[test]
fn the_oracle_notices_what_is_lost_repeated_changed_or_raw() {
    let scrubbed = |id: u64| -> Stored {
        let event = oracle::event(id, PARTITIONS);
        let token = "em_1k1_bcdfghjklmnpqrstbcdfghjk";
        let text = event.value.map(|v| String::from_utf8(v).expect("text").replace(&oracle::email(id), token));
        Stored {
            partition: event.partition.expect("a partition"),
            offset: id as i64,
            key: event.key,
            value: text.map(String::into_bytes),
            headers: event.headers,
            timestamp_ms: event.timestamp_ms.expect("a time"),
        }
    };
    let good: Vec<Stored> = (0..100).map(scrubbed).collect();
    Tally::of_scrubbed(&good, PARTITIONS).assert_exactly_once(100);
    oracle::assert_no_canary("good", &good);

    let diff = |change: &dyn Fn(&mut Vec<Stored>)| {
        let mut records = good.clone();
        change(&mut records);
        Tally::of_scrubbed(&records, PARTITIONS).diff(100, true)
    };
    assert_eq!(diff(&|records| drop(records.remove(7))), "  1 lost: [7]\n");
    assert_eq!(diff(&|records| records.push(scrubbed(49))), "  1 more than once: [49]\n");
    assert_eq!(diff(&|records| records.push(scrubbed(100))), "  1 never sent: [100]\n");
    assert!(diff(&|records| records[10].headers.swap(0, 2)).contains("event 10: its headers changed"));
    assert!(diff(&|records| records[10].headers[1].1 = Some(Vec::new())).contains("event 10: its headers changed"));
    assert!(diff(&|records| records[3].timestamp_ms += 1).contains("event 3: its timestamp changed"));
    assert!(diff(&|records| records[3].key = None).contains("event 3: its key changed"));
    assert!(diff(&|records| records[3].value = oracle::event(3, PARTITIONS).value).contains("event 3: no token"));
    let mut raw = good.clone();
    raw[5].value = oracle::event(5, PARTITIONS).value;
    assert_eq!(oracle::first_with_canary(&raw), Some(&raw[5]));
    let mut disordered = good.clone();
    disordered.swap(0, 6);
    assert_eq!(oracle::disorder(&disordered).as_deref(), Some("partition 0: event 0 came after 6"));
}
