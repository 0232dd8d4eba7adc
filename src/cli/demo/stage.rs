//! The demo's stage: an in-process Kafka, the pipeline on it, a feed of made-up events, and a look at both ends.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Args, DemoSnapshot, Event, Generator, POISON_SHARE, Sample, TOPICS, feed};
use crate::cli::CliError;
use crate::config::{self, Secrets, Settings};
use crate::kafka::mock::Cluster;
use crate::kafka::{Consumer, Mode, Producer, Rebalance, Topology};
use crate::pipeline::Plan;
use crate::pipeline::service::Running;
use crate::pseudonymize::{KeyRing, SharedRing};
use crate::telemetry::{self, Exporter, names};

/// Partitions of each topic.
const PARTITIONS: i32 = 2;
/// One of so many events is a candidate for the screen.
const SAMPLE_EVERY: u64 = 50;
/// Most events that are remembered until their scrubbed form is seen, and most pairs that are kept.
const WAITING_MAX: usize = 1_000;
const PAIRS_MAX: usize = 8;

/// All that runs.
pub struct Stage {
    // Fields are dropped in this order: whoever uses the cluster goes before it.
    threads: Vec<JoinHandle<()>>,
    running: Running,
    stop: Arc<AtomicBool>,
    samples: Arc<Samples>,
    metrics: Exporter,
    key_id: String,
    begun: Instant,
    _cluster: Cluster,
}

/// Events on their way, and pairs of before and after.
#[derive(Default)]
struct Samples {
    waiting: Mutex<HashMap<String, (String, String)>>,
    pairs: Mutex<VecDeque<Sample>>,
}

impl Stage {
    /// Starts everything; `stop` ends the feed.
    pub fn start(args: &Args, stop: Arc<AtomicBool>) -> Result<Stage, CliError> {
        let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
        let topics: Vec<String> = TOPICS.map(str::to_owned).into();
        let outputs: Vec<String> =
            topics.iter().flat_map(|t| [format!("{t}.scrubbed"), format!("{t}.quarantine")]).collect();
        let all: Vec<String> = topics.iter().chain(&outputs).cloned().collect();
        let cluster = Cluster::start(&all, PARTITIONS).map_err(|e| failed(&e))?;
        let mut loaded = config::from_str(&config_yaml(&cluster.brokers(), &topics), "demo", Secrets::Skip)?;
        loaded.settings.admin = args.admin.0;
        // Its events are made up: `sluice tap` may look.
        loaded.settings.tap_per_second = 5;
        let ring = Arc::new(SharedRing::fixed(KeyRing::throwaway().map_err(|e| failed(&e))?));
        let key_id = ring.current().ids().next().map(|id| id.to_string()).unwrap_or_default();
        let plan = Arc::new(Plan::compile(&loaded, ring).map_err(|e| failed(&e))?);
        let topology = Topology { partitions: vec![PARTITIONS; topics.len()], outputs, message_max_bytes: 1_000_000 };
        let running = Running::start(loaded.settings.clone(), &plan, None, &topology).map_err(|e| failed(&e))?;
        let samples = Arc::new(Samples::default());
        let threads = vec![
            start_feed(args, &loaded.settings, &topics, &stop, &samples)?,
            start_tap(&loaded.settings, &stop, &samples)?,
        ];
        Ok(Stage {
            threads,
            running,
            stop,
            samples,
            metrics: telemetry::install(),
            key_id,
            begun: Instant::now(),
            _cluster: cluster,
        })
    }

    /// Where it stands.
    pub fn snapshot(&self) -> DemoSnapshot {
        let sum = |metric, label| self.metrics.sum_by(metric, label).values().sum::<f64>();
        let by = |metric, label| {
            self.metrics.sum_by(metric, label).into_iter().map(|(name, n)| (name, n as u64)).filter(|&(_, n)| n > 0)
        };
        DemoSnapshot {
            elapsed: self.begun.elapsed(),
            records_in: sum(&names::INPUT_RECORDS, "topic") as u64,
            bytes_in: sum(&names::INPUT_BYTES, "topic") as u64,
            records_out: sum(&names::OUTPUT_RECORDS, "topic") as u64,
            lag_records: sum(&names::LAG_RECORDS, "topic") as u64,
            // Past the last bound it is infinite, and no duration.
            latency_p99: self.metrics.quantile(&names::LATENCY, 0.99).and_then(|s| Duration::try_from_secs_f64(s).ok()),
            key_id: self.key_id.clone(),
            findings: by(&names::FINDINGS, "entity").collect(),
            quarantined: by(&names::QUARANTINED_RECORDS, "reason").collect(),
            samples: lock(&self.samples.pairs).iter().cloned().collect(),
        }
    }

    /// Ends the feed, drains the pipeline.
    pub fn end(mut self) -> Result<(), CliError> {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                return Err(CliError::Failed("a thread of the demo panicked".to_owned()));
            }
        }
        self.running.stop().map_err(|error| CliError::Failed(error.to_string()))
    }
}

/// The mock cluster stores no transactional offsets, so the demo delivers at least once.
fn config_yaml(brokers: &str, topics: &[String]) -> String {
    let topics: Vec<String> = topics.iter().map(|t| format!("{{name: {t}, format: json}}")).collect();
    format!(
        "kafka: {{brokers: [\"{brokers}\"], group: demo, instance_id: demo, static_membership: false}}\n\
         input: {{topics: [{}]}}\n\
         delivery: at_least_once\n\
         workers: 1\n\
         commit: {{interval: 50ms}}\n",
        topics.join(", ")
    )
}

fn start_feed(
    args: &Args,
    settings: &Settings,
    topics: &[String],
    stop: &Arc<AtomicBool>,
    samples: &Arc<Samples>,
) -> Result<JoinHandle<()>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    let producer = Producer::new(settings, 1_000, 1, 1_000_000, topics).map_err(|e| failed(&e))?;
    let (stop, samples, rate) = (Arc::clone(stop), Arc::clone(samples), args.events_per_second());
    let mut generator = Generator::new(args.seed).with_poison(POISON_SHARE);
    let work = move || {
        let mut sent = 0;
        feed(&mut generator, rate, &stop, |event| {
            sent += 1;
            if sent % SAMPLE_EVERY == 0 {
                samples.remember(&event);
            }
            send(&producer, &event)
        });
        // What is still queued when the time is over does not matter.
        drop(producer.flush(Duration::from_secs(1)));
    };
    std::thread::Builder::new().name("feed".to_owned()).spawn(work).map_err(|e| failed(&e))
}

fn send(producer: &Producer, event: &Event) -> ControlFlow<()> {
    let Some(topic) = TOPICS.iter().position(|t| *t == event.topic) else { return ControlFlow::Continue(()) };
    // Any spread will do, as long as one account stays on one partition.
    let partition = event.key.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    let partition = (partition % PARTITIONS as u32) as i32;
    let (key, value) = (Some(event.key.as_bytes()), Some(event.value.as_bytes()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    loop {
        match producer.send(Mode::Counted(0), topic, partition, key, value, now, std::iter::empty()) {
            Ok(true) => break,
            Ok(false) => producer.poll(Duration::from_millis(5)),
            Err(_) => return ControlFlow::Break(()),
        }
    }
    producer.poll(Duration::ZERO);
    ControlFlow::Continue(())
}

/// Reads the scrubbed topics, as a consumer downstream would, and pairs what was remembered.
fn start_tap(settings: &Settings, stop: &Arc<AtomicBool>, samples: &Arc<Samples>) -> Result<JoinHandle<()>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    let mut settings = settings.clone();
    settings.kafka.group = "demo-view".to_owned();
    for input in &mut settings.inputs {
        input.name = settings.output.topic_for(&input.name);
    }
    let mut consumer = Consumer::new(&settings, 0, 1).map_err(|e| failed(&e))?;
    let (stop, samples) = (Arc::clone(stop), Arc::clone(samples));
    let work = move || {
        while !stop.load(Ordering::Relaxed) {
            let fetched = consumer.fetch(Duration::from_millis(50), &mut |_, _, record, _| {
                samples.pair(record.value.unwrap_or_default());
            });
            while let Some(rebalance) = consumer.next_rebalance() {
                let answered = match &rebalance {
                    Rebalance::Assigned(list) => consumer.assign(list),
                    Rebalance::Revoked(list) | Rebalance::Lost(list) => consumer.unassign(list),
                };
                if answered.is_err() {
                    return;
                }
            }
            if fetched.is_err() {
                return;
            }
        }
        // It only looked: nobody waits for its place in the group.
        drop(consumer.close());
    };
    std::thread::Builder::new().name("view".to_owned()).spawn(work).map_err(|e| failed(&e))
}

impl Samples {
    fn remember(&self, event: &Event) {
        let Some(id) = event_id(event.value.as_bytes()) else { return };
        let mut waiting = lock(&self.waiting);
        if waiting.len() < WAITING_MAX {
            waiting.insert(id, (event.topic.to_owned(), event.value.clone()));
        }
    }

    fn pair(&self, after: &[u8]) {
        if lock(&self.waiting).is_empty() {
            return;
        }
        let Some((topic, before)) = event_id(after).and_then(|id| lock(&self.waiting).remove(&id)) else { return };
        let mut pairs = lock(&self.pairs);
        pairs.push_front(Sample { topic, before, after: String::from_utf8_lossy(after).into_owned() });
        pairs.truncate(PAIRS_MAX);
    }
}

/// The id that both forms of an event carry.
fn event_id(value: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(value).ok()?;
    Some(value.get("event_id")?.as_str()?.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Samples are for the eye: after a panic they are as good as before.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
