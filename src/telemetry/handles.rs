//! Handles of the series that one part of the pipeline fills: made once, recorded per batch.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics::{Counter, Gauge, Histogram, Label};

use super::names::{self, Kind, Metric};

/// What one input topic gave and got.
#[derive(Debug)]
pub struct TopicMetrics {
    /// Records read.
    pub records_in: Counter,
    /// Bytes of keys and values read.
    pub bytes_in: Counter,
    /// Scrubbed records delivered.
    pub records_out: Counter,
    /// Bytes of keys and values delivered.
    pub bytes_out: Counter,
    /// Times a partition of it was stopped by the breaker.
    pub breaker_trips: Counter,
    /// Records dropped because they carry a listed pseudonym.
    pub suppressed: Counter,
    /// Records with values redacted for want of a salt.
    pub saltless: Counter,
    /// Records that asked for their subject to be forgotten.
    pub erasures: Counter,
    quarantined: Vec<Counter>,
}

impl TopicMetrics {
    /// Series of the input topic `topic`, one of `reasons` each for its quarantined records.
    pub fn new(topic: &str, reasons: &[&'static str]) -> TopicMetrics {
        TopicMetrics {
            records_in: counter(&names::INPUT_RECORDS, &[topic]),
            bytes_in: counter(&names::INPUT_BYTES, &[topic]),
            records_out: counter(&names::OUTPUT_RECORDS, &[topic]),
            bytes_out: counter(&names::OUTPUT_BYTES, &[topic]),
            breaker_trips: counter(&names::BREAKER_TRIPS, &[topic]),
            suppressed: counter(&names::SUPPRESSED_RECORDS, &[topic]),
            saltless: counter(&names::SALTLESS_RECORDS, &[topic]),
            erasures: counter(&names::ERASURES, &[topic]),
            quarantined: reasons.iter().map(|reason| counter(&names::QUARANTINED_RECORDS, &[topic, reason])).collect(),
        }
    }

    /// Records quarantined for the reason at `index` of those given at the start.
    pub fn quarantined(&self, index: usize) -> &Counter {
        &self.quarantined[index]
    }
}

/// Account state of one worker.
#[derive(Debug)]
pub struct StateMetrics {
    /// Bytes written to the changelog.
    pub changelog_bytes: Counter,
    /// Seconds that the restore of a task took.
    pub restore_seconds: Histogram,
    /// Records that a restore has still to read.
    pub restoring_records: Gauge,
    accounts: Gauge,
    bytes: Gauge,
    evicted: Counter,
    expired: Counter,
    misplaced: Counter,
}

impl StateMetrics {
    /// Series of the worker with this number.
    pub fn new(worker: usize) -> StateMetrics {
        let worker = &worker.to_string();
        let evictions = |cause| counter(&names::STATE_EVICTIONS, &[worker, cause]);
        StateMetrics {
            changelog_bytes: counter(&names::STATE_CHANGELOG, &[worker]),
            restore_seconds: histogram(&names::STATE_RESTORE_TIME, &[worker]),
            restoring_records: gauge(&names::STATE_RESTORING, &[worker]),
            accounts: gauge(&names::STATE_ACCOUNTS, &[worker]),
            bytes: gauge(&names::STATE_BYTES, &[worker]),
            evicted: evictions("capacity"),
            expired: evictions("age"),
            misplaced: counter(&names::STATE_MISPLACED, &[worker]),
        }
    }

    /// Accounts that came in one partition and are known in another.
    pub fn add_misplaced(&self, accounts: u64) {
        self.misplaced.increment(accounts);
    }

    /// What the stores hold now, and what they forgot since the last call.
    pub fn set(&self, accounts: usize, bytes: usize, evicted: u64, expired: u64) {
        self.accounts.set(accounts as f64);
        self.bytes.set(bytes as f64);
        self.evicted.increment(evicted);
        self.expired.increment(expired);
    }
}

/// Signals of the process: series by rule, severity and reason, all made at the start.
#[derive(Debug)]
pub struct SignalMetrics {
    signals: Vec<Counter>,
    severities: usize,
    shadowed: Vec<Counter>,
    unmapped: Vec<Counter>,
}

impl SignalMetrics {
    /// Series of these rules, severities and reasons.
    pub fn new(rules: &[&'static str], severities: &[&'static str], reasons: &[&'static str]) -> SignalMetrics {
        let pairs = rules.iter().flat_map(|rule| severities.iter().map(move |severity| [*rule, *severity]));
        SignalMetrics {
            signals: pairs.map(|labels| counter(&names::SIGNALS, &labels)).collect(),
            severities: severities.len(),
            shadowed: rules.iter().map(|rule| counter(&names::SHADOWED, &[rule])).collect(),
            unmapped: reasons.iter().map(|reason| counter(&names::UNMAPPED, &[reason])).collect(),
        }
    }

    /// Counts a signal of the rule and the severity with these places.
    pub fn add(&self, rule: usize, severity: usize) {
        self.signals[rule * self.severities + severity].increment(1);
    }

    /// Counts by place of the rule.
    pub fn add_shadowed(&self, counts: &[u64]) {
        add_all(&self.shadowed, counts);
    }

    /// Counts by place of the reason.
    pub fn add_unmapped(&self, counts: &[u64]) {
        add_all(&self.unmapped, counts);
    }
}

fn add_all(counters: &[Counter], counts: &[u64]) {
    for (counter, &n) in counters.iter().zip(counts).filter(|&(_, &n)| n > 0) {
        counter.increment(n);
    }
}

/// How one worker is doing.
#[derive(Debug)]
pub struct WorkerMetrics {
    /// Seconds a batch spent on polling the consumer.
    pub consume_seconds: Histogram,
    /// Seconds a batch spent in decode, detect, pseudonymize and rewrite.
    pub engine_seconds: Histogram,
    /// Seconds a batch spent on handing records to the producer.
    pub produce_seconds: Histogram,
    /// Seconds a batch spent on flush, offsets and commit.
    pub commit_seconds: Histogram,
    /// Records in a committed batch.
    pub batch_records: Histogram,
    /// Seconds from a record's Kafka timestamp to its commit.
    pub latency_seconds: Histogram,
    /// Transactions (or batches) committed.
    pub committed: Counter,
    /// Transactions (or batches) aborted.
    pub aborted: Counter,
    /// Seconds from the first record of a transaction to its commit.
    pub transaction_seconds: Histogram,
    /// Assignments received.
    pub rebalances_assign: Counter,
    /// Revocations received.
    pub rebalances_revoke: Counter,
    /// Assignments lost: somebody else may hold them already.
    pub rebalances_lost: Counter,
    /// Seconds to drain and hand over what was revoked.
    pub rebalance_seconds: Histogram,
    /// Times it made new clients after a fault.
    pub recoveries: Counter,
    /// Errors that its Kafka clients reported.
    pub kafka_errors: Counter,
    /// Bytes read and not yet delivered.
    pub outstanding_bytes: Gauge,
    /// Partitions it holds.
    pub assigned_partitions: Gauge,
    joined: Gauge,
    ready: Gauge,
}

impl WorkerMetrics {
    /// Series of the worker with this number.
    pub fn new(worker: usize) -> WorkerMetrics {
        let worker = &worker.to_string();
        let stage = |stage| histogram(&names::STAGE_TIME, &[worker, stage]);
        let transactions = |outcome| counter(&names::TRANSACTIONS, &[worker, outcome]);
        let rebalances = |kind| counter(&names::REBALANCES, &[worker, kind]);
        let state = |state| gauge(&names::WORKER_STATE, &[worker, state]);
        WorkerMetrics {
            consume_seconds: stage("consume"),
            engine_seconds: stage("engine"),
            produce_seconds: stage("produce"),
            commit_seconds: stage("commit"),
            batch_records: histogram(&names::BATCH_SIZE, &[worker]),
            latency_seconds: histogram(&names::LATENCY, &[worker]),
            committed: transactions("committed"),
            aborted: transactions("aborted"),
            transaction_seconds: histogram(&names::TRANSACTION_TIME, &[worker]),
            rebalances_assign: rebalances("assign"),
            rebalances_revoke: rebalances("revoke"),
            rebalances_lost: rebalances("lost"),
            rebalance_seconds: histogram(&names::REBALANCE_TIME, &[worker]),
            recoveries: counter(&names::RECOVERIES, &[worker]),
            kafka_errors: counter(&names::KAFKA_ERRORS, &[worker]),
            outstanding_bytes: gauge(&names::OUTSTANDING, &[worker]),
            assigned_partitions: gauge(&names::ASSIGNED, &[worker]),
            joined: state("joined"),
            ready: state("ready"),
        }
    }

    /// Whether it is a member of the group.
    pub fn set_joined(&self, joined: bool) {
        self.joined.set(u8::from(joined));
    }

    /// Whether it processes records: joined, with keys, and later its state restored.
    pub fn set_ready(&self, ready: bool) {
        self.ready.set(u8::from(ready));
    }
}

/// Where one assigned partition stands. Drop it on revoke: its series go with it.
#[derive(Debug)]
pub struct PartitionMetrics {
    /// Records between the position and the end.
    pub lag_records: Gauge,
    /// Age in seconds of the record read last, 0 at the end.
    pub lag_seconds: Gauge,
    /// Offset of the next record to commit.
    pub position: Gauge,
    paused: Gauge,
}

impl PartitionMetrics {
    /// Series of partition `partition` of the input topic `topic`.
    pub fn new(topic: &str, partition: i32) -> PartitionMetrics {
        let partition = &partition.to_string();
        let fresh = |metric| {
            let gauge = gauge(metric, &[topic, partition]);
            // Nobody may have read the metrics since it was last held: its old values must not come back.
            gauge.set(0.0);
            gauge
        };
        PartitionMetrics {
            lag_records: fresh(&names::LAG_RECORDS),
            lag_seconds: fresh(&names::LAG_TIME),
            position: fresh(&names::POSITION),
            paused: fresh(&names::PAUSED),
        }
    }

    /// Whether the breaker has stopped it.
    pub fn set_paused(&self, paused: bool) {
        self.paused.set(u8::from(paused));
    }
}

/// Findings by entity and action. A series begins with its first finding: most pairs never occur.
#[derive(Debug)]
pub struct FindingMetrics {
    entities: Vec<String>,
    actions: Vec<String>,
    /// By entity, then action.
    found: Vec<OnceLock<Counter>>,
    /// By entity.
    unexpected: Vec<OnceLock<Counter>>,
    /// Fields, by the hash of their path, and entities that were counted: a field is new once in a process.
    seen: Arc<Mutex<HashSet<(String, u64)>>>,
}

/// Most fields and entities that are remembered; past that none is new any more.
const SEEN_MAX: usize = 1 << 16;

impl FindingMetrics {
    /// Series of the catalog's entities and the config's actions, in the order of their ids.
    pub fn new(entities: &[impl AsRef<str>], actions: &[impl AsRef<str>]) -> FindingMetrics {
        FindingMetrics {
            entities: entities.iter().map(|name| name.as_ref().to_owned()).collect(),
            actions: actions.iter().map(|name| name.as_ref().to_owned()).collect(),
            found: vec![OnceLock::new(); entities.len() * actions.len()],
            unexpected: vec![OnceLock::new(); entities.len()],
            seen: Arc::default(),
        }
    }

    /// Series of another catalog and config. What was seen stays seen.
    #[must_use]
    pub fn renewed(&self, entities: &[impl AsRef<str>], actions: &[impl AsRef<str>]) -> FindingMetrics {
        FindingMetrics { seen: Arc::clone(&self.seen), ..FindingMetrics::new(entities, actions) }
    }

    /// Adds `n` findings of the entity and the action with these places in the lists given at the start.
    pub fn add(&self, entity: usize, action: usize, n: u64) {
        assert!(action < self.actions.len(), "an action of the list");
        let series = &self.found[entity * self.actions.len() + action];
        let labels = || [self.entities[entity].as_str(), self.actions[action].as_str()];
        series.get_or_init(|| counter(&names::FINDINGS, &labels())).increment(n);
    }

    /// Counts a finding of the entity in a field that was never seen to hold it before. False: it was, by another
    /// worker.
    pub fn add_unexpected(&self, entity: usize, path_hash: u64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SEEN_MAX || !seen.insert((self.entities[entity].clone(), path_hash)) {
            return false;
        }
        drop(seen);
        let new = || counter(&names::UNEXPECTED_FINDINGS, &[self.entities[entity].as_str()]);
        self.unexpected[entity].get_or_init(new).increment(1);
        true
    }
}

/// Daily salts.
#[derive(Debug)]
pub struct SaltMetrics {
    /// Seconds that the stream has been waiting for today's salt.
    pub wait_seconds: Gauge,
    /// Salts minted.
    pub minted: Counter,
    /// Failed tries.
    pub errors: Counter,
}

impl SaltMetrics {
    /// The series of the process.
    pub fn new() -> SaltMetrics {
        SaltMetrics {
            wait_seconds: gauge(&names::SALT_WAIT, &[]),
            minted: counter(&names::SALTS_MINTED, &[]),
            errors: counter(&names::SALT_ERRORS, &[]),
        }
    }
}

impl Default for SaltMetrics {
    fn default() -> Self {
        SaltMetrics::new()
    }
}

/// Changes of one kind of files while the process runs.
#[derive(Debug)]
pub struct Changes {
    done: Counter,
    failed: Counter,
    refused: Gauge,
}

impl Changes {
    fn new(metric: &'static Metric, what: &'static str) -> Changes {
        let changes = Changes {
            done: counter(metric, &["done"]),
            failed: counter(metric, &["failed"]),
            refused: gauge(&names::REFUSED_RELOADS, &[what]),
        };
        changes.set_refused(false);
        changes
    }

    /// A change was taken over.
    pub fn done(&self) {
        self.done.increment(1);
        self.set_refused(false);
    }

    /// A change was refused: the old content stays.
    pub fn failed(&self) {
        self.failed.increment(1);
        self.set_refused(true);
    }

    /// Whether the files hold what was refused.
    pub fn set_refused(&self, refused: bool) {
        self.refused.set(f64::from(u8::from(refused)));
    }
}

/// Keys, config and the process itself.
#[derive(Debug)]
pub struct ProcessMetrics {
    /// Changes of key files while running.
    pub keys: Changes,
    /// Changes of rules.
    pub config: Changes,
    /// Changes of the suppression list.
    pub suppression: Changes,
    /// Changes of lists and databases of signals.
    pub signal_files: Changes,
    live: Mutex<LiveSeries>,
}

/// Series that come and go with what they tell.
#[derive(Debug, Default)]
struct LiveSeries {
    active_key: Option<Gauge>,
    next_key: Option<Gauge>,
    key_end: Option<Gauge>,
    config: Option<Gauge>,
}

impl ProcessMetrics {
    /// Series of a process that started at `started`, with the versions of what is built in.
    pub fn new(started: SystemTime, version: &str, commit: &str, librdkafka: &str) -> ProcessMetrics {
        let since_epoch = started.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        gauge(&names::START_TIME, &[]).set(since_epoch.as_secs_f64());
        gauge(&names::BUILD, &[version, commit, librdkafka]).set(1.0);
        ProcessMetrics {
            keys: Changes::new(&names::KEY_RELOADS, "keys"),
            config: Changes::new(&names::CONFIG_RELOADS, "config"),
            suppression: Changes::new(&names::SUPPRESSION_RELOADS, "suppression"),
            signal_files: Changes::new(&names::SIGNAL_FILE_RELOADS, "signal_files"),
            live: Mutex::default(),
        }
    }

    /// The id of the key that makes new tokens from now on; the series of the one before it goes.
    pub fn set_active_key(&self, kid: &str) {
        let gauge = gauge(&names::ACTIVE_KEY, &[kid]);
        gauge.set(1.0);
        self.live().active_key = Some(gauge);
    }

    /// The next key, and when it will be active; and when there will be none, if so. Times are ms since 1970.
    pub fn set_key_changes(&self, next: Option<(&str, i64)>, end_ms: Option<i64>) {
        let set = |gauge: Gauge, at_ms: i64| {
            gauge.set(at_ms as f64 / 1e3);
            gauge
        };
        let mut live = self.live();
        live.next_key = next.map(|(kid, at_ms)| set(gauge(&names::KEY_CHANGE, &[kid]), at_ms));
        live.key_end = end_ms.map(|at_ms| set(gauge(&names::KEY_END, &[]), at_ms));
    }

    /// The config that runs from `since` on.
    pub fn set_config(&self, digest: &str, since: SystemTime) {
        let since = since.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        gauge(&names::CONFIG_START, &[]).set(since.as_secs_f64());
        let gauge = gauge(&names::CONFIG, &[digest]);
        gauge.set(1.0);
        self.live().config = Some(gauge);
    }

    fn live(&self) -> MutexGuard<'_, LiveSeries> {
        // Each change is one assignment, so it is whole even after a panic.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counter(metric: &'static Metric, labels: &[&str]) -> Counter {
    assert_eq!(metric.kind, Kind::Counter, "{}", metric.name);
    metrics::counter!(metric.name, labelled(metric, labels))
}

fn gauge(metric: &'static Metric, labels: &[&str]) -> Gauge {
    assert!(matches!(metric.kind, Kind::Gauge | Kind::LiveGauge), "{}", metric.name);
    metrics::gauge!(metric.name, labelled(metric, labels))
}

fn histogram(metric: &'static Metric, labels: &[&str]) -> Histogram {
    assert!(matches!(metric.kind, Kind::Histogram(_)), "{}", metric.name);
    metrics::histogram!(metric.name, labelled(metric, labels))
}

/// Labels of a series. Makes sure of the recorder first: a handle that is made before it would never count.
///
/// # Panics
/// On another number of values than the table has names, which the test of all handles shows; never on input.
fn labelled(metric: &'static Metric, values: &[&str]) -> Vec<Label> {
    super::install();
    assert_eq!(metric.labels.len(), values.len(), "labels of {}", metric.name);
    metric.labels.iter().zip(values).map(|(name, value)| Label::new(*name, (*value).to_owned())).collect()
}
