//! The yardstick: rdkafka's BaseConsumer and ThreadedProducer, with the settings that serve them best, and nothing in
//! between. Key, value, timestamp and partition go over; the corpus has no headers.

use std::process::Command;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};

/// First argument of the process that passes through.
pub const ARGUMENT: &str = "bare-pass-through";

/// The command of a pass-through from `input` to `output`.
pub fn command(brokers: &str, group: &str, input: &str, output: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.args([ARGUMENT, brokers, group, input, output]);
    command
}

/// Passes records on until it is killed.
pub fn pass_through(arguments: &[String]) {
    let [brokers, group, input, output] = arguments else { panic!("wants brokers, group, input and output") };
    let consumer = consumer(brokers, group);
    consumer.subscribe(&[input]).expect("subscribe");
    let producer = producer(brokers);
    loop {
        match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(message)) => {
                let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(output).partition(message.partition());
                record.key = message.key();
                record.payload = message.payload();
                record.timestamp = message.timestamp().to_millis();
                send(&producer, record);
            }
            Some(Err(error)) => eprintln!("consume: {error}"),
            None => {}
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
