//! The yardsticks: rdkafka's BaseConsumer and producer, with the settings that serve them best, and in between nothing, or
//! Kafka's transactions, or what one writes first (a `serde_json` value, two regular expressions and an HMAC). Key, value,
//! timestamp and partition go over; the corpus has no headers.

use std::process::Command;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use regex::Regex;
use sha2::Sha256;

/// First argument of the process that passes through.
pub const ARGUMENT: &str = "bare-pass-through";
/// Between two commits of transactions.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// For a call that must not fail.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is done with a record on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Nothing,
    Transactions,
    Plain,
}

/// The command of a pass-through from `input` to `output`.
pub fn command(way: Way, brokers: &str, group: &str, input: &str, output: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args([ARGUMENT, &format!("{way:?}"), brokers, group, input, output]);
    command
}

/// Passes records on until it is killed.
pub fn pass_through(arguments: &[String]) {
    let [way, brokers, group, input, output] = arguments else { panic!("wants way, brokers, group, input and output") };
    let consumer = consumer(brokers, group, way != "Transactions");
    consumer.subscribe(&[input]).expect("subscribe");
    match way.as_str() {
        "Transactions" => in_transactions(&consumer, brokers, group, output),
        "Plain" => {
            let mut scrub = Scrub::new();
            one_by_one(&consumer, brokers, output, |value| Some(scrub.value(value)));
        }
        _ => one_by_one(&consumer, brokers, output, |_| None),
    }
}

fn next(consumer: &BaseConsumer, wait: Duration) -> Option<BorrowedMessage<'_>> {
    match consumer.poll(wait)? {
        Ok(message) => Some(message),
        Err(error) => {
            eprintln!("consume: {error}");
            None
        }
    }
}

fn one_by_one(consumer: &BaseConsumer, brokers: &str, output: &str, mut change: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
    let producer: ThreadedProducer<DefaultProducerContext> = producer(brokers).create().expect("a producer");
    loop {
        let Some(message) = next(consumer, Duration::from_secs(1)) else { continue };
        let changed = message.payload().and_then(&mut change);
        send(&producer, record(output, &message, changed.as_deref()));
    }
}

fn record<'a>(
    output: &'a str,
    message: &'a BorrowedMessage<'_>,
    changed: Option<&'a [u8]>,
) -> BaseRecord<'a, [u8], [u8]> {
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(output).partition(message.partition());
    record.key = message.key();
    record.payload = changed.or(message.payload());
    record.timestamp = message.timestamp().to_millis();
    record
}

/// Consume, produce and commit in Kafka's transactions, one after the other, as the documentation shows it.
fn in_transactions(consumer: &BaseConsumer, brokers: &str, group: &str, output: &str) {
    let producer: BaseProducer = producer(brokers).set("transactional.id", group).create().expect("a producer");
    producer.init_transactions(PATIENCE).expect("init");
    loop {
        producer.begin_transaction().expect("begin");
        let (until, mut offsets) = (Instant::now() + COMMIT_EVERY, std::collections::BTreeMap::new());
        while Instant::now() < until {
            let Some(message) = next(consumer, Duration::from_millis(5)) else { continue };
            let mut record = record(output, &message, None);
            while let Err((error, back)) = producer.send(record) {
                assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "produce");
                producer.poll(Duration::from_millis(5));
                record = back;
            }
            offsets.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
        }
        producer.poll(Duration::ZERO);
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in &offsets {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("an offset");
        }
        if !offsets.is_empty() {
            let group = consumer.group_metadata().expect("a member of a group");
            producer.send_offsets_to_transaction(&list, &group, PATIENCE).expect("send offsets");
        }
        producer.commit_transaction(PATIENCE).expect("commit");
    }
}

/// What one writes first: parse, look at every string, write.
struct Scrub {
    patterns: [Regex; 2],
    key: Hmac<Sha256>,
}

impl Scrub {
    fn new() -> Scrub {
        let patterns = [r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+", r"\b(?:\d{1,3}\.){3}\d{1,3}\b"];
        let patterns = patterns.map(|pattern| Regex::new(pattern).expect("a valid pattern"));
        Scrub { patterns, key: Hmac::new_from_slice(b"a key that is no secret").expect("a key of any length") }
    }

    fn value(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        self.walk(&mut value);
        serde_json::to_vec(&value).expect("JSON")
    }

    fn walk(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                for pattern in &self.patterns {
                    let hash = |found: &regex::Captures<'_>| {
                        let mut mac = self.key.clone();
                        mac.update(found[0].as_bytes());
                        hex::encode(&mac.finalize().into_bytes()[..12])
                    };
                    if let std::borrow::Cow::Owned(changed) = pattern.replace_all(text, hash) {
                        *text = changed;
                    }
                }
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value)),
            serde_json::Value::Object(members) => members.values_mut().for_each(|value| self.walk(value)),
            _ => {}
        }
    }
}

fn send(producer: &ThreadedProducer<DefaultProducerContext>, mut record: BaseRecord<'_, [u8], [u8]>) {
    while let Err((error, back)) = producer.send(record) {
        assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "produce");
        // The queue holds seconds of work: a short rest costs less than asking again and again.
        std::thread::sleep(Duration::from_millis(5));
        record = back;
    }
}

fn consumer(brokers: &str, group: &str, auto_commit: bool) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", group).set("auto.offset.reset", "earliest");
    config.set("partition.assignment.strategy", "range").set("enable.metrics.push", "false");
    config.set("fetch.queue.backoff.ms", "10").set("queued.min.messages", "100000");
    config.set("enable.auto.commit", auto_commit.to_string());
    config.create().expect("a consumer")
}

fn producer(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("acks", "all").set("enable.metrics.push", "false");
    config.set("linger.ms", "20").set("batch.num.messages", "10000").set("queue.buffering.max.messages", "500000");
    config
}
