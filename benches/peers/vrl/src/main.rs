//! Vector's language as a peer in `make bench-peers`: VRL, compiled by the library that Vector's `remap` runs, between rdkafka's
//! BaseConsumer and ThreadedProducer. Vector itself is in no registry, and its own source, buffers and sink come on top of this: what
//! is measured here is less than Vector takes. JSON is decoded and encoded as its codecs do; key, timestamp and partition go over.
//!
//! usage: vrl-peer BROKERS GROUP INPUT OUTPUT

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};
use vrl::compiler::{Program, TargetValue, TimeZone, runtime::Runtime, state::RuntimeState};
use vrl::value::{Secrets, Value};

/// Every e-mail address and IPv4 address, wherever it stands, becomes a keyed hash. A string without an @, or without four numbers
/// and dots, does not meet the regular expression for it.
const PROGRAM: &str = r#"
. = map_values(object!(.), recursive: true) -> |value| {
    if is_string(value) {
        text = string!(value)
        if contains(text, "@") {
            text = replace_with(text, r'[\w.%+-]+@[\w-]+(?:\.[\w-]+)+') -> |found| {
                slice!(encode_base16(hmac(found.string, "a key that is no secret")), 0, 24)
            }
        }
        if contains(text, ".") {
            text = replace_with(text, r'\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b') -> |found| {
                slice!(encode_base16(hmac(found.string, "a key that is no secret")), 0, 24)
            }
        }
        text
    } else {
        value
    }
}
"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, group, input, output] = &arguments[..] else {
        eprintln!("usage: vrl-peer BROKERS GROUP INPUT OUTPUT");
        std::process::exit(2);
    };
    let program = match vrl::compiler::compile(PROGRAM, &vrl::stdlib::all()) {
        Ok(compiled) => compiled.program,
        Err(diagnostics) => panic!("{}", vrl::diagnostic::Formatter::new(PROGRAM, diagnostics)),
    };
    let mut scrub = Scrub { program, runtime: Runtime::new(RuntimeState::default()), zone: TimeZone::default() };
    let consumer = consumer(brokers, group);
    consumer.subscribe(&[input]).expect("subscribe");
    let producer = producer(brokers);
    loop {
        let message = match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                eprintln!("consume: {error}");
                continue;
            }
            None => continue,
        };
        let value = scrub.value(message.payload().expect("an event"));
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(output).partition(message.partition()).payload(&value);
        record.key = message.key();
        record.timestamp = message.timestamp().to_millis();
        while let Err((_, back)) = producer.send(record) {
            // The queue is full: it holds seconds of work.
            std::thread::sleep(Duration::from_millis(5));
            record = back;
        }
    }
}

struct Scrub {
    program: Program,
    runtime: Runtime,
    zone: TimeZone,
}

impl Scrub {
    fn value(&mut self, bytes: &[u8]) -> Vec<u8> {
        let value: Value = serde_json::from_slice(bytes).expect("JSON");
        let mut target =
            TargetValue { value, metadata: Value::Object(BTreeMap::new()), secrets: Secrets::default() };
        self.runtime.clear();
        self.runtime.resolve(&mut target, &self.program, &self.zone).expect("the program fails for no event");
        serde_json::to_vec(&target.value).expect("JSON")
    }
}

fn consumer(brokers: &str, group: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("group.id", group).set("auto.offset.reset", "earliest");
    config.set("partition.assignment.strategy", "range").set("enable.metrics.push", "false");
    config.set("fetch.queue.backoff.ms", "10").set("queued.min.messages", "100000");
    config.create().expect("a consumer")
}

fn producer(brokers: &str) -> ThreadedProducer<DefaultProducerContext> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers).set("acks", "all").set("enable.metrics.push", "false");
    config.set("linger.ms", "20").set("batch.num.messages", "10000").set("queue.buffering.max.messages", "500000");
    config.create().expect("a producer")
}
