//! Time from a producer's call to the committed record in a reader's hands, at a fixed rate.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

use crate::PARTITIONS;
use crate::contestant::Contestant;
use crate::events::Stream;
use crate::support::kafka::Broker;
use crate::support::kafka_client::Ends;
use crate::support::wait::wait_until;

/// Left out at the beginning: joining, and a JVM that warms up.
const WARM_UP: Duration = Duration::from_secs(8);
const DEADLINE: Duration = Duration::from_secs(120);

/// Quantiles of the latency of one run, ms, and whether the contestant kept up.
pub struct Latency {
    pub quantiles_ms: [f64; 3],
    pub kept_up: bool,
}

/// Runs a contestant at `rate` events a second for `time` after the warm-up.
pub fn run(broker: &Broker, contestant: Contestant, rate: u64, time: Duration, number: u64) -> Latency {
    let name = format!("rate-{}-{rate}-{number}", contestant.name.replace('_', "-"));
    let (input, output) = (format!("{name}-in"), format!("{name}-out"));
    broker.create_topic(&input, PARTITIONS, &[]);
    broker.create_topic(&output, PARTITIONS, &[]);
    let ends = Ends::of(broker, &output);
    let mut process = contestant.start(broker, &input, &output, true);
    // The first record through: it has joined.
    let mut feeder = Paced::new(broker, &input);
    feeder.feed(1, Duration::from_millis(10));
    wait_until(DEADLINE, "the first record", || {
        process.assert_running();
        ends.high().is_some_and(|ends| ends.iter().sum::<i64>() > 0)
    });
    let stop = Arc::new(AtomicBool::new(false));
    let reader = reader(broker, &output, Arc::clone(&stop));
    let since = now_ms() + WARM_UP.as_millis() as i64;
    feeder.feed(rate, WARM_UP + time);
    feeder.flush();
    // What is late by then shows in the quantiles; what is later still means that it does not keep up.
    std::thread::sleep(Duration::from_secs(1));
    stop.store(true, Ordering::Relaxed);
    let seen = reader.join().expect("the reader does not panic");
    process.end();
    broker.delete_topic(&input);
    broker.delete_topic(&output);
    let mut ms: Vec<u32> = seen.into_iter().filter(|(at, _)| *at >= since).map(|(_, took)| took).collect();
    ms.sort_unstable();
    let quantile = |q: f64| ms.get((ms.len() as f64 * q) as usize).map_or(f64::INFINITY, |ms| f64::from(*ms));
    let expected = rate as f64 * time.as_secs_f64();
    Latency { quantiles_ms: [0.5, 0.99, 0.999].map(quantile), kept_up: ms.len() as f64 > 0.98 * expected }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_millis() as i64
}

/// Reads committed records from now on: time of each and how long it took, ms.
fn reader(broker: &Broker, topic: &str, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<Vec<(i64, u32)>> {
    let mut config = broker.client();
    config.set("group.id", "latency").set("enable.auto.commit", "false").set("isolation.level", "read_committed");
    config.set("fetch.queue.backoff.ms", "1").set("fetch.wait.max.ms", "5");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, PARTITIONS - 1);
    list.set_all_offsets(Offset::Beginning).expect("offsets of an assignment");
    consumer.assign(&list).expect("assign");
    std::thread::spawn(move || {
        let mut seen = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(20)) {
                let at = message.timestamp().to_millis().unwrap_or(0);
                seen.push((at, u32::try_from(now_ms() - at).unwrap_or(0)));
            }
        }
        seen
    })
}

/// A producer with a pace, which waits for no batch.
pub struct Paced {
    producer: BaseProducer,
    topic: String,
    events: Stream,
    sent: u64,
}

impl Paced {
    pub fn new(broker: &Broker, topic: &str) -> Paced {
        let mut config = broker.client();
        config.set("acks", "all").set("linger.ms", "1").set("queue.buffering.max.messages", "500000");
        Paced {
            producer: config.create().expect("a producer"),
            topic: topic.to_owned(),
            events: Stream::new(PARTITIONS),
            sent: 0,
        }
    }

    /// Sends `rate` events a second for `time`.
    pub fn feed(&mut self, rate: u64, time: Duration) {
        let (start, first) = (Instant::now(), self.sent);
        while start.elapsed() < time {
            let due = first + (start.elapsed().as_secs_f64() * rate as f64) as u64 + 1;
            while self.sent < due {
                self.send();
            }
            self.producer.poll(Duration::ZERO);
            // The pace of a source.
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn send(&mut self) {
        let event = self.events.next().expect("the stream has no end");
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic);
        (record.partition, record.key, record.payload) =
            (event.partition, event.key.as_deref(), event.value.as_deref());
        record.timestamp = Some(now_ms());
        while let Err((error, back)) = self.producer.send(record) {
            assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "produce");
            self.producer.poll(Duration::from_millis(5));
            record = back;
        }
        self.sent += 1;
    }

    /// Waits until all is delivered.
    pub fn flush(&self) {
        self.producer.flush(DEADLINE).expect("deliver all records");
    }
}

/// A table of quantiles: a row per contestant and rate, medians of the runs.
pub fn render(runs: &[(Contestant, u64, Latency)]) -> String {
    let mut rows: BTreeMap<(usize, u64), Vec<&Latency>> = BTreeMap::new();
    for (contestant, rate, latency) in runs {
        let place = crate::contestant::ALL.iter().position(|c| c == contestant).expect("one of all");
        rows.entry((place, *rate)).or_default().push(latency);
    }
    let mut text = String::from("| | events/s | p50 ms | p99 ms | p99.9 ms | kept up |\n|---|---|---|---|---|---|\n");
    for ((place, rate), of) in rows {
        let quantile = |n: usize| crate::table::Spread::of(of.iter().map(|l| l.quantiles_ms[n]).collect()).show(0);
        let kept = of.iter().filter(|latency| latency.kept_up).count();
        let name = crate::contestant::ALL[place].name;
        writeln!(
            text,
            "| `{name}` | {rate} | {} | {} | {} | {kept} of {} |",
            quantile(0),
            quantile(1),
            quantile(2),
            of.len()
        )
        .expect("write to a string");
    }
    text
}
