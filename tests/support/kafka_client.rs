//! Plain Kafka clients, written without any code of the service: what they say about a topic can be trusted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{Offset, TopicPartitionList};

use super::kafka::Broker;
use super::wait::wait_until;

/// A header: its name and its value, which may be null.
pub type OwnedHeader = (String, Option<Vec<u8>>);

/// A record to be produced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Partition; `None`: by the hash of the key.
    pub partition: Option<i32>,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<OwnedHeader>,
    /// Milliseconds since 1970; `None`: the time of the call.
    pub timestamp_ms: Option<i64>,
}

/// A record as a topic holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Partition.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<OwnedHeader>,
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
}

impl Stored {
    /// The first header of that name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.iter().find(|(n, _)| n == name)?.1.as_deref()?;
        std::str::from_utf8(value).ok()
    }
}

/// What a reader sees of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Only what was committed, up to the first open transaction.
    Committed,
    /// Everything, aborted records too.
    Uncommitted,
}

impl Isolation {
    fn property(self) -> &'static str {
        match self {
            Isolation::Committed => "read_committed",
            Isolation::Uncommitted => "read_uncommitted",
        }
    }
}

/// A producer that counts: every record must be delivered, and none twice.
pub struct Loader {
    producer: BaseProducer<Deliveries>,
    sent: u64,
}

#[derive(Clone, Default)]
struct Deliveries {
    delivered: Arc<AtomicU64>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        // A panic here would cross C code; what is missing from the count fails `finish`.
        if result.is_ok() {
            self.delivered.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Loader {
    /// A producer for any topics of `broker`. Survives a broker that is away for a minute.
    pub fn new(broker: &Broker) -> Loader {
        Loader::in_batches_of(broker, 10_000)
    }

    /// [`Loader::new`] that writes at most so many records to a batch. A reader gets no less than a batch at a time.
    pub fn in_batches_of(broker: &Broker, records: usize) -> Loader {
        let mut config = broker.client();
        config.set("enable.idempotence", "true").set("acks", "all");
        config.set("linger.ms", "20").set("message.timeout.ms", "120000");
        config.set("batch.num.messages", records.to_string());
        config
            .set("message.max.bytes", "8000000")
            .set("queue.buffering.max.messages", "500000")
            .set("partitioner", "murmur2_random");
        Loader { producer: config.create_with_context(Deliveries::default()).expect("a producer"), sent: 0 }
    }

    /// Hands a record over; waits while the queue is full.
    pub fn send(&mut self, topic: &str, event: &Event) {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
        record.partition = event.partition;
        record.key = event.key.as_deref();
        record.payload = event.value.as_deref();
        record.timestamp = event.timestamp_ms;
        if !event.headers.is_empty() {
            record.headers = Some(owned_headers(&event.headers));
        }
        while let Err((error, back)) = self.producer.send(record) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "produce to {topic}");
            self.producer.poll(Duration::from_millis(10));
            record = back;
        }
        self.sent += 1;
        if self.sent.is_multiple_of(1000) {
            self.producer.poll(Duration::ZERO);
        }
    }

    /// Produces `events` to `topic`, waits until all are delivered, returns their number.
    pub fn load(mut self, topic: &str, events: impl IntoIterator<Item = Event>) -> u64 {
        for event in events {
            self.send(topic, &event);
        }
        self.finish()
    }

    /// Serves delivery reports.
    pub fn poll(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until all is delivered, and returns how many records that were.
    pub fn finish(self) -> u64 {
        self.producer.flush(Duration::from_secs(120)).expect("deliver all records");
        let delivered = self.producer.context().delivered.load(Ordering::Relaxed);
        assert_eq!(delivered, self.sent, "records delivered of those produced");
        delivered
    }
}

/// Produces `events` to `topic`, waits until all are delivered, returns their number.
pub fn load(broker: &Broker, topic: &str, events: impl IntoIterator<Item = Event>) -> u64 {
    Loader::new(broker).load(topic, events)
}

fn owned_headers(headers: &[OwnedHeader]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, (name, value)| {
        all.insert(Header { key: name, value: value.as_ref() })
    })
}

/// Produces events 0, 1, 2… at a steady rate until it is told to stop: load for tests in which processes come and go.
pub struct Feeder {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<u64>>,
}

impl Feeder {
    /// Starts to produce `event(0)`, `event(1)`… to `topic`, `per_second` of them.
    pub fn start(
        broker: &Broker,
        topic: &str,
        per_second: u64,
        event: impl Fn(u64) -> Event + Send + 'static,
    ) -> Feeder {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (mut loader, topic) = (Loader::new(broker), topic.to_owned());
        let (stop_seen, sent_count) = (stop.clone(), sent.clone());
        let thread = std::thread::spawn(move || {
            let start = Instant::now();
            let mut next = 0;
            while !stop_seen.load(Ordering::Relaxed) {
                let due = start.elapsed().as_millis() as u64 * per_second / 1000;
                while next < due {
                    loader.send(&topic, &event(next));
                    next += 1;
                }
                loader.poll();
                sent_count.store(next, Ordering::Relaxed);
                // The pace of a source, not a wait for anything.
                std::thread::sleep(Duration::from_millis(5));
            }
            loader.finish()
        });
        Feeder { stop, sent, thread: Some(thread) }
    }

    /// Records handed over so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Stops, waits until all is delivered, returns the number of events: their ids are `0..n`.
    pub fn finish(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("finish consumes the only handle");
        thread.join().expect("the feeder delivers all records")
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Reads a topic from its beginning to the ends it has now, in order within each partition.
pub fn read(broker: &Broker, topic: &str, isolation: Isolation) -> Vec<Stored> {
    let mut stored = Vec::new();
    for_each(broker, topic, isolation, |message| stored.push(to_stored(message)));
    stored.sort_by_key(|record| record.partition);
    stored
}

/// Shows each record from the beginning of a topic to the ends it has now, in order within each partition.
pub fn for_each(broker: &Broker, topic: &str, isolation: Isolation, mut see: impl FnMut(&BorrowedMessage<'_>)) {
    let partitions = broker.partitions(topic).unwrap_or_else(|| panic!("topic {topic} to read does not exist"));
    let mut config = broker.client();
    // A group id is asked for even by readers that assign themselves; nothing is committed.
    config.set("group.id", "reader").set("enable.auto.commit", "false").set("auto.offset.reset", "error");
    config.set("isolation.level", isolation.property()).set("enable.partition.eof", "true");
    config.set("fetch.queue.backoff.ms", "10").set("fetch.wait.max.ms", "20").set("check.crcs", "true");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_range(topic, 0, partitions - 1);
    assignment.set_all_offsets(Offset::Beginning).expect("offsets of an assignment");
    consumer.assign(&assignment).expect("assign");
    let mut ended = vec![false; partitions as usize];
    let end = Instant::now() + Duration::from_secs(120);
    while ended.contains(&false) {
        assert!(Instant::now() < end, "{topic} was not read to its ends: {ended:?}");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) if !ended[message.partition() as usize] => see(&message),
            Some(Err(KafkaError::PartitionEOF(partition))) => ended[partition as usize] = true,
            Some(Ok(_)) | None => {}
            Some(Err(error)) if is_transient(&error) => {}
            Some(Err(error)) => panic!("read {topic}: {error}"),
        }
    }
}

/// Errors that librdkafka reports and recovers from by itself.
fn is_transient(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::Resolve)
    )
}

fn to_stored(message: &impl Message) -> Stored {
    let headers = message.headers().map(|headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    });
    Stored {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
    }
}

/// Looks at the ends of a topic without reading it.
pub struct Ends {
    topic: String,
    committed: BaseConsumer,
    uncommitted: BaseConsumer,
    partitions: i32,
}

impl Ends {
    /// Of an existing topic.
    pub fn of(broker: &Broker, topic: &str) -> Ends {
        let partitions = broker.partitions(topic).unwrap_or_else(|| panic!("topic {topic} does not exist"));
        Ends::of_partitions(broker, topic, partitions)
    }

    /// Of a topic with so many partitions, whether or not a broker answers now.
    pub fn of_partitions(broker: &Broker, topic: &str, partitions: i32) -> Ends {
        let consumer = |isolation: Isolation| -> BaseConsumer {
            broker.client().set("isolation.level", isolation.property()).create().expect("a client")
        };
        let (committed, uncommitted) = (consumer(Isolation::Committed), consumer(Isolation::Uncommitted));
        Ends { topic: topic.to_owned(), committed, uncommitted, partitions }
    }

    /// Per partition, the offset after the last record or marker; `None` while the broker does not answer.
    pub fn high(&self) -> Option<Vec<i64>> {
        self.ends(&self.uncommitted)
    }

    /// Per partition, the last stable offset: the start of the first open transaction, or the end.
    pub fn stable(&self) -> Option<Vec<i64>> {
        self.ends(&self.committed)
    }

    /// Whether a transaction has written to the topic and is neither committed nor aborted.
    pub fn in_transaction(&self) -> bool {
        // The high end first: it only grows, so a stable end that is behind it afterwards is behind it in truth.
        let (Some(high), Some(stable)) = (self.high(), self.stable()) else {
            return false;
        };
        high.iter().zip(&stable).any(|(high, stable)| stable < high)
    }

    fn ends(&self, consumer: &BaseConsumer) -> Option<Vec<i64>> {
        let end = |partition| consumer.fetch_watermarks(&self.topic, partition, Duration::from_secs(2)).ok();
        (0..self.partitions).map(|partition| end(partition).map(|(_, high)| high)).collect()
    }
}

/// Offsets that a group has committed for a topic; −1 where there is none, `None` while a commit is under way.
pub struct Committed {
    topic: String,
    consumer: BaseConsumer,
    partitions: i32,
}

impl Committed {
    /// Of `group` on an existing topic. Does not join the group.
    pub fn of(broker: &Broker, group: &str, topic: &str) -> Committed {
        let partitions = broker.partitions(topic).unwrap_or_else(|| panic!("topic {topic} does not exist"));
        Committed::of_partitions(broker, group, topic, partitions)
    }

    /// Of a topic with so many partitions, whether or not a broker answers now.
    pub fn of_partitions(broker: &Broker, group: &str, topic: &str, partitions: i32) -> Committed {
        let mut config = broker.client();
        // read_committed makes the broker refuse to answer while a transaction holds offsets.
        config.set("group.id", group).set("enable.auto.commit", "false").set("isolation.level", "read_committed");
        Committed { topic: topic.to_owned(), consumer: config.create().expect("a client"), partitions }
    }

    /// Per partition.
    pub fn offsets(&self) -> Option<Vec<i64>> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(&self.topic, 0, self.partitions - 1);
        let answer = self.consumer.committed_offsets(asked, Duration::from_secs(2)).ok()?;
        let offset = |partition| match answer.find_partition(&self.topic, partition)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => Some(-1),
        };
        (0..self.partitions).map(offset).collect()
    }
}

/// Waits until `group` has committed all of `input` as it stands now, and no transaction on `outputs` is open: then
/// what it was to write is there. For inputs written without transactions, whose ends are their numbers of records.
#[track_caller]
pub fn wait_until_done(broker: &Broker, group: &str, input: &str, outputs: &[&str], deadline: Duration) {
    let (committed, ends) = (Committed::of(broker, group, input), Ends::of(broker, input));
    let reached = |offsets: &[i64], ends: &[i64]| offsets.iter().zip(ends).all(|(o, end)| *end == 0 || o >= end);
    wait_until(
        deadline,
        &format!("group {group} to have committed all of {input}"),
        || matches!((ends.high(), committed.offsets()), (Some(ends), Some(offsets)) if reached(&offsets, &ends)),
    );
    for output in outputs {
        let ends = Ends::of(broker, output);
        wait_until(
            deadline,
            &format!("transactions on {output} to end"),
            || matches!((ends.stable(), ends.high()), (Some(stable), Some(high)) if stable == high),
        );
    }
}
