//! The loop of one worker: fetch, process, send, commit. Everything that is not committed can be thrown away and done
//! again, so every fault has one answer: drop what is not durable, go back to the committed offsets, go on.

mod intake;
mod recovery;
#[cfg(test)]
mod simulation;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use intake::Fetched;
use intake::Unit;

use super::breaker::Breaker;
use super::clock::now_ms;
use super::engine::Engine;
use super::live::{Generation, Live};
use super::signal_plan::SignalPlan;
use super::stateful::Stateful;
use crate::config::{OnTrip, Settings};
use crate::kafka::{Error, ErrorKind, Partition, Rebalance};
use crate::record::Reject;
use crate::sink::{Durable, Offsets, OutBatch, Sink};
use crate::source::Source;
use crate::telemetry::{PartitionMetrics, SignalMetrics, TopicMetrics, WorkerMetrics};

/// Longest wait for records; also the granularity of commits and of a stop.
const FETCH_TIMEOUT: Duration = Duration::from_millis(5);
/// How often lag is told.
const LAG_INTERVAL: Duration = Duration::from_secs(1);
/// One of so many records is measured for latency.
const LATENCY_SAMPLE: u64 = 64;
/// What a worker tells about itself: that it turns, whether it works, what it sends.
pub trait Health: Send {
    /// The loop has turned.
    fn turned(&self);
    /// Whether it has joined the group.
    fn joined(&self, joined: bool);
    /// What it is about to send.
    fn sends(&self, _batch: &OutBatch) {}
    /// Waits before the next try. A simulation does not.
    fn pause(&self, length: Duration) {
        std::thread::sleep(length);
    }
}

/// One worker.
pub struct Worker<S: Source, K: Sink<S::Group>> {
    settings: Arc<Settings>,
    live: Arc<Live>,
    /// The rules of the unit under construction.
    rules: Arc<Generation>,
    source: S,
    sink: K,
    engine: Engine,
    /// State of accounts, where signals are on.
    state: Option<Stateful>,
    stop: Arc<AtomicBool>,
    health: Box<dyn Health>,
    metrics: Metrics,
    partitions: Vec<Assigned>,
    /// Records that are not sent yet.
    batch: OutBatch,
    /// What belongs to the unit under construction, sent or not.
    unit: Unit,
    /// Units that are sealed and not durable.
    sealed: VecDeque<Unit>,
    tripped: bool,
    /// Partitions that a breaker of this process stopped: they stay so wherever a rebalance moves them.
    stopped: Stopped,
    /// Why the source must begin anew, if so.
    dead: Option<Error>,
    /// When it did so lately.
    renewals: VecDeque<Instant>,
    /// When the producer was fenced last.
    fenced: Option<Instant>,
    lag_told: Instant,
}

/// Partitions that the breakers of a process stopped.
pub type Stopped = Arc<Mutex<BTreeSet<Partition>>>;

struct Metrics {
    worker: WorkerMetrics,
    topics: Vec<TopicMetrics>,
    /// Number of the output topic of signals, and how many there were.
    signals: Option<(usize, Arc<SignalMetrics>)>,
}

/// Signals of a worker.
pub struct Signals {
    /// What is looked for.
    pub plan: Arc<SignalPlan>,
    /// State of accounts.
    pub state: Stateful,
    /// Number of their output topic.
    pub topic: usize,
    /// Inputs whose events go to their account through the internal topic.
    pub rekey: Option<super::watch::Rekey>,
    /// How many there were.
    pub metrics: Arc<SignalMetrics>,
}

/// A partition that this worker reads.
struct Assigned {
    at: Partition,
    /// What was committed when it was assigned, if anything was and the broker said so.
    committed: Option<i64>,
    /// First offset that was read since the assignment: where to begin again when nothing was ever committed.
    first: Option<i64>,
    /// The next offset to read.
    next: i64,
    /// Offsets below are part of a sealed unit.
    sealed: i64,
    paused: bool,
    last_timestamp_ms: i64,
    breaker: Breaker,
    metrics: PartitionMetrics,
}

impl<S: Source, K: Sink<S::Group>> Worker<S, K> {
    /// A worker that reads from `source` and writes to `sink` until `stop` is set.
    #[allow(clippy::too_many_arguments)] // its parts, named
    pub fn new(
        number: usize,
        settings: Arc<Settings>,
        live: Arc<Live>,
        source: S,
        sink: K,
        message_max_bytes: usize,
        stop: Arc<AtomicBool>,
        stopped: Stopped,
        health: Box<dyn Health>,
        signals: Option<Signals>,
    ) -> Worker<S, K> {
        let topics = settings.inputs.iter().map(|input| TopicMetrics::new(&input.name, &Reject::LABELS)).collect();
        let rules = live.newest();
        let mut engine = Engine::new(&rules.plan, message_max_bytes);
        let (mut state, mut signal_metrics) = (None, None);
        if let Some(signals) = signals {
            engine = engine.watching(&signals.plan, signals.rekey);
            (state, signal_metrics) = (Some(signals.state), Some((signals.topic, signals.metrics)));
        }
        Worker {
            engine,
            state,
            unit: Unit::new(settings.inputs.len(), &rules),
            settings,
            live,
            rules,
            source,
            sink,
            stop,
            health,
            metrics: Metrics { worker: WorkerMetrics::new(number), topics, signals: signal_metrics },
            partitions: Vec::new(),
            batch: OutBatch::new(),
            sealed: VecDeque::new(),
            tripped: false,
            stopped,
            dead: None,
            renewals: VecDeque::new(),
            fenced: None,
            lag_told: Instant::now(),
        }
    }

    /// Works until it is told to stop, then drains, commits and leaves the group.
    ///
    /// # Errors
    /// What no retry can heal: fenced by another process, no right to a topic, a breaker that is set to exit.
    pub fn run(mut self) -> Result<(), Error> {
        while !self.stop.load(Ordering::Relaxed) {
            self.health.turned();
            if let Err(error) = self.turn() {
                self.recover(error)?;
            }
            if self.tripped && self.settings.quarantine.breaker.on_trip == OnTrip::Exit {
                self.finish();
                return Err(Error::internal(
                    "the breaker tripped and quarantine.breaker.on_trip is `exit`: too many records of a partition were quarantined",
                ));
            }
        }
        self.finish();
        Ok(())
    }

    /// One turn of the loop.
    fn turn(&mut self) -> Result<(), Error> {
        self.renew_rules();
        self.engine.refresh();
        while let Some(durable) = self.sink.poll(Duration::ZERO)? {
            self.durable(durable)?;
        }
        while let Some(rebalance) = self.source.next_rebalance() {
            self.rebalance(rebalance)?;
        }
        self.prepare()?;
        self.send()?;
        if self.due() {
            self.seal()?;
        }
        if !self.partitions.is_empty() && !self.engine.has_salt_of(now_ms()) {
            // Why, and for how long, is told by the keeper of salts. Without partitions the group is listened to.
            std::thread::sleep(FETCH_TIMEOUT);
        } else if self.batch.bytes() < self.arena_bytes() {
            self.fetch()?;
        } else if let Some(durable) = self.sink.poll(FETCH_TIMEOUT)? {
            self.durable(durable)?;
        }
        self.tell_lag();
        Ok(())
    }

    /// Takes over changed rules, between two units: a transaction is scrubbed by one set of rules.
    fn renew_rules(&mut self) {
        if self.unit.records > 0 {
            return;
        }
        if let Some(rules) = self.live.newer(&self.rules) {
            self.engine.renew(&rules.plan);
            self.unit = Unit::new(self.settings.inputs.len(), &rules);
            self.rules = rules;
        }
    }

    /// Restores the state of tasks that are new here; only then is the worker ready.
    fn prepare(&mut self) -> Result<(), Error> {
        let Some(state) = &mut self.state else { return Ok(()) };
        let assigned: Vec<Partition> = self.partitions.iter().map(|p| p.at).collect();
        if !state.lacks(&assigned) {
            return Ok(());
        }
        self.metrics.worker.set_ready(false);
        self.health.joined(false);
        // What was sealed without the new task must not be taken for a transaction of it.
        self.drain(self.settings.drain_timeout)?;
        let state = self.state.as_mut().expect("it was there above");
        state.prepare(&mut self.source, &assigned, &*self.health, &self.stop)?;
        self.set_ready();
        Ok(())
    }

    fn set_ready(&mut self) {
        self.health.joined(true);
        self.metrics.worker.set_joined(true);
        self.metrics.worker.set_ready(true);
    }

    /// Bytes that may wait in the arena while a commit runs: a fifth of the worker's part of the memory.
    fn arena_bytes(&self) -> usize {
        (self.settings.limits.memory_bytes / self.settings.workers.unwrap_or(1).max(1) / 5).max(1 << 20)
    }

    fn send(&mut self) -> Result<(), Error> {
        if !self.batch.is_empty() && self.sink.accepts() {
            self.health.sends(&self.batch);
            let since = Instant::now();
            self.sink.send(&mut self.batch)?;
            self.metrics.worker.produce_seconds.record(since.elapsed().as_secs_f64());
            if self.batch.next_unsent().is_none() {
                self.batch.clear();
            }
        }
        self.metrics.worker.outstanding_bytes.set(self.unit.bytes as f64);
        Ok(())
    }

    /// Whether the unit under construction is to be sealed now.
    fn due(&self) -> bool {
        let commit = &self.settings.commit;
        let full = self.unit.records >= commit.records || self.unit.bytes >= commit.bytes;
        let old = self.unit.since.is_some_and(|since| since.elapsed() >= commit.interval);
        (full || old) && self.batch.is_empty() && self.sink.accepts()
    }

    fn seal(&mut self) -> Result<(), Error> {
        if self.source.assignment_lost() {
            // Said again by the coming rebalance; committing what is somebody else's would count records twice.
            return Ok(());
        }
        self.unit.audit_erasures(&self.settings);
        let offsets: Offsets = self.partitions.iter().filter(|p| p.next > p.sealed).map(|p| (p.at, p.next)).collect();
        let group = self.source.group();
        let state = self.state.as_mut().map_or_else(OutBatch::new, |state| state.seal(now_ms()));
        self.sink.seal(offsets, group, state)?;
        for p in &mut self.partitions {
            p.sealed = p.next;
        }
        let topics = self.settings.inputs.len();
        self.sealed.push_back(std::mem::replace(&mut self.unit, Unit::new(topics, &self.rules)));
        Ok(())
    }

    fn durable(&mut self, durable: Durable) -> Result<(), Error> {
        if !durable.offsets_committed {
            if self.source.assignment_lost() {
                return Err(Error::internal("the assignment was lost before its offsets were committed"));
            }
            self.source.commit(&durable.offsets)?;
        }
        for &(at, offset) in &durable.offsets {
            if let Some(p) = self.partitions.iter().find(|p| p.at == at) {
                p.metrics.position.set(offset as f64);
            }
        }
        let Some(unit) = self.sealed.pop_front() else { return Ok(()) };
        if let Some(state) = &mut self.state {
            state.durable();
        }
        self.tell(unit, durable.took);
        Ok(())
    }

    /// Counts what became durable: a unit that was thrown away is never counted.
    fn tell(&self, unit: Unit, took: Duration) {
        let worker = &self.metrics.worker;
        worker.committed.increment(1);
        worker.commit_seconds.record(took.as_secs_f64());
        worker.batch_records.record(unit.records as f64);
        if let Some(since) = unit.since {
            worker.transaction_seconds.record(since.elapsed().as_secs_f64());
        }
        for (metrics, counts) in self.metrics.topics.iter().zip(&unit.per_topic) {
            metrics.records_out.increment(counts.records_out);
            metrics.bytes_out.increment(counts.bytes_out);
            metrics.suppressed.increment(counts.suppressed);
            metrics.saltless.increment(counts.saltless);
            metrics.erasures.increment(counts.erasures);
            for (reason, &n) in counts.rejected.iter().enumerate().filter(|&(_, &n)| n > 0) {
                metrics.quarantined(reason).increment(n);
            }
        }
        if let Some((_, metrics)) = &self.metrics.signals {
            unit.signals.iter().for_each(|&(rule, severity)| metrics.add(rule, severity));
        }
        unit.rules.tell(unit.counts);
        let now_ms = now_ms();
        for at in unit.timestamps_ms {
            worker.latency_seconds.record((now_ms - at).max(0) as f64 / 1e3);
        }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        let since = Instant::now();
        let mut busy = Duration::ZERO;
        let arena_bytes = self.arena_bytes();
        let Worker { settings, source, engine, state, batch, unit, partitions, metrics, .. } = self;
        let signals_to = metrics.signals.as_ref().map_or(0, |(topic, _)| *topic);
        let mut hand =
            Fetched { settings, engine, batch, unit, partitions, signals_to, trips: Vec::new(), early: false, last: 0 };
        let mut begun = None;
        let mut fetched = source.fetch(FETCH_TIMEOUT, &mut |incoming| {
            begun.get_or_insert_with(Instant::now);
            match state {
                Some(state) if state.lane(incoming.at).is_some() => state.take(&incoming, &mut hand),
                _ => hand.record(&incoming, None),
            }
        });
        if let Some(state) = state.as_mut().filter(|state| state.merges()) {
            let blocked: Vec<Partition> = hand.partitions.iter().filter(|p| p.paused).map(|p| p.at).collect();
            fetched = fetched.and_then(|()| state.release(source, &blocked, &mut hand, arena_bytes));
        }
        let (trips, early) = (std::mem::take(&mut hand.trips), hand.early);
        for (metrics, counts) in metrics.topics.iter().zip(&mut unit.per_topic) {
            metrics.records_in.increment(std::mem::take(&mut counts.records_in));
            metrics.bytes_in.increment(std::mem::take(&mut counts.bytes_in));
        }
        if let Err(error) = fetched {
            if matches!(error.kind(), ErrorKind::Fatal | ErrorKind::Fenced) {
                self.dead = Some(error.clone());
                return Err(Error::lost().during(&error.to_string()));
            }
            return Err(error);
        }
        if early {
            // Midnight passed between the look at the clock and the record: what was read waits for the new salt.
            return Err(Error::early());
        }
        if let Some(begun) = begun {
            busy = begun.elapsed();
            metrics.worker.engine_seconds.record(busy.as_secs_f64());
        }
        metrics.worker.consume_seconds.record(since.elapsed().saturating_sub(busy).as_secs_f64());
        self.unit.counts.merge(&mut self.engine.take_counts());
        if let (Some(watch), Some((_, metrics))) = (self.engine.watch(), &self.metrics.signals) {
            metrics.add_unmapped(&watch.watcher().take_unmapped());
            metrics.add_shadowed(&watch.watcher().take_shadowed());
        }
        for at in trips {
            self.trip(at)?;
        }
        Ok(())
    }

    fn trip(&mut self, at: Partition) -> Result<(), Error> {
        self.tripped = true;
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
        let topic = &self.settings.inputs[at.topic].name;
        self.metrics.topics[at.topic].breaker_trips.increment(1);
        self.source.pause(at)?;
        if let Some(p) = self.partitions.iter().find(|p| p.at == at) {
            p.metrics.set_paused(true);
            tracing::error!(
                topic,
                partition = at.partition,
                offset = p.next,
                "the breaker stopped a partition: more than quarantine.breaker.ratio of its last records were quarantined; look at the quarantine's reasons, fix the config and restart"
            );
        }
        Ok(())
    }

    fn rebalance(&mut self, rebalance: Rebalance) -> Result<(), Error> {
        let since = Instant::now();
        match rebalance {
            Rebalance::Assigned(list) => {
                self.metrics.worker.rebalances_assign.increment(1);
                self.take_over(&list).map_err(|e| self.unanswered(e))?;
                tracing::info!(partitions = list.len(), "assigned");
            }
            Rebalance::Revoked(list) => {
                self.metrics.worker.rebalances_revoke.increment(1);
                let drained = self.drain(self.settings.drain_timeout.min(Duration::from_secs(20)));
                self.give_up(&list)?;
                drained?;
                tracing::info!(partitions = list.len(), "revoked");
            }
            Rebalance::Lost(list) => {
                self.metrics.worker.rebalances_lost.increment(1);
                self.give_up(&list)?;
                tracing::warn!(partitions = list.len(), "lost the assignment: nothing of it is committed");
                return Err(Error::lost());
            }
        }
        self.metrics.worker.assigned_partitions.set(self.partitions.len() as f64);
        self.metrics.worker.rebalance_seconds.record(since.elapsed().as_secs_f64());
        Ok(())
    }

    fn take_over(&mut self, list: &[(String, i32)]) -> Result<(), Error> {
        let assigned = self.source.assign(list)?;
        // Only for the lag: what is read is decided by the broker's own answer to the assignment.
        let committed = self.source.committed(&assigned).unwrap_or_default();
        for at in assigned {
            let committed = committed.iter().find(|(p, _)| *p == at).and_then(|&(_, offset)| offset);
            self.partitions.retain(|p| p.at != at);
            let paused = self.stopped.lock().unwrap_or_else(PoisonError::into_inner).contains(&at);
            let partition = Assigned { committed, paused, ..Assigned::new(at, &self.settings) };
            partition.metrics.set_paused(paused);
            self.partitions.push(partition);
            if paused {
                self.source.pause(at)?;
            }
        }
        // Where there is state, it is ready when that is restored.
        if self.state.is_none() {
            self.set_ready();
        }
        Ok(())
    }

    fn give_up(&mut self, list: &[(String, i32)]) -> Result<(), Error> {
        let gone: Vec<_> = list.iter().filter_map(|p| self.source.locate(p)).collect();
        self.partitions.retain(|p| !gone.contains(&p.at));
        if let Some(state) = &mut self.state {
            state.give_up(&gone);
        }
        self.source.unassign(list).map_err(|e| self.unanswered(e))
    }

    /// A change of the assignment that could not be answered leaves its partitions to nobody: a new member is needed.
    fn unanswered(&mut self, error: Error) -> Error {
        self.dead = Some(error.clone());
        error
    }

    /// Makes everything durable that was read.
    ///
    /// # Errors
    /// It could not be within `timeout`; what is not durable must then be thrown away.
    fn drain(&mut self, timeout: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        loop {
            self.health.turned();
            while let Some(durable) = self.sink.poll(FETCH_TIMEOUT)? {
                self.durable(durable)?;
            }
            self.send()?;
            let moved = self.partitions.iter().any(|p| p.next > p.sealed);
            if self.batch.is_empty() && !moved && self.sink.pending() == 0 {
                return Ok(());
            }
            if self.batch.is_empty() && moved && self.sink.accepts() {
                if self.source.assignment_lost() {
                    return Err(Error::lost());
                }
                self.seal()?;
            }
            if Instant::now() >= deadline {
                return Err(Error::internal("what was read could not be committed in time"));
            }
        }
    }

    /// Drains and leaves. Errors are logged: the group's coordinator and the next start put everything right.
    fn finish(&mut self) {
        let since = Instant::now();
        match self.drain(self.settings.drain_timeout) {
            Ok(()) => tracing::info!(seconds = since.elapsed().as_secs_f64(), "drained"),
            Err(e) => {
                tracing::warn!(error = %e, "stopped before all was committed: the rest is read again after the next start");
                if let Err(e) = self.sink.reset() {
                    tracing::warn!(error = %e, "the last transaction was left open: it ends at its time-out or at the next start");
                }
            }
        }
        self.health.joined(false);
        self.metrics.worker.set_joined(false);
        self.metrics.worker.set_ready(false);
        self.partitions.clear();
        if let Err(e) = self.source.close() {
            tracing::warn!(error = %e, "could not leave the group");
        }
    }

    fn tell_lag(&mut self) {
        if self.lag_told.elapsed() < LAG_INTERVAL {
            return;
        }
        self.lag_told = Instant::now();
        let now_ms = now_ms();
        for p in &self.partitions {
            let next = p.first.map(|_| p.next).or(p.committed);
            let Some(lag) = self.source.lag(p.at, next) else { continue };
            let age_ms = if lag == 0 { 0 } else { (now_ms - p.last_timestamp_ms).max(0) };
            p.metrics.lag_records.set(lag as f64);
            p.metrics.lag_seconds.set(age_ms as f64 / 1e3);
        }
    }
}

impl Assigned {
    fn new(at: Partition, settings: &Settings) -> Assigned {
        Assigned {
            at,
            committed: None,
            first: None,
            next: 0,
            sealed: 0,
            paused: false,
            last_timestamp_ms: 0,
            breaker: Breaker::new(&settings.quarantine.breaker),
            metrics: PartitionMetrics::new(&settings.inputs[at.topic].name, at.partition),
        }
    }

    /// A record was read: if it is the first one, what follows begins here.
    fn begin(&mut self, offset: i64) {
        if self.first.is_none() {
            (self.first, self.sealed, self.next) = (Some(offset), offset, offset);
        }
    }
}
