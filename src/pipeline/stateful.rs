//! What a worker does besides when it keeps the state of accounts: tasks are restored before their first record, the
//! records of a task are brought into one order, and what a transaction changed goes into the changelog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::worker::{Fetched, Health};
use crate::config::{Delivery, Settings, SignalTopics};
use crate::kafka::{Changelog, Error, Partition};
use crate::record::Record;
use crate::signals::Limits;
use crate::sink::OutBatch;
use crate::source::{Incoming, Source};
use crate::state::merge::Held;
use crate::state::tasks::{Offsets, Restoring, Shape};
use crate::state::{Merge, StateError, Tasks};
use crate::telemetry::StateMetrics;

/// How often a restore tells how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);
/// How long a restore reads before it looks around.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

/// Takes a record of the changelog, its key and value; `None` as value: it was forgotten.
pub type EachRecord<'a> = dyn FnMut(&[u8], Option<&[u8]>) -> Result<(), StateError> + 'a;

/// The changelog of a partition, read from its start to what was there when it was opened.
pub trait StateLog {
    /// Records still to be read, at most.
    fn left(&self) -> i64;

    /// Hands over what arrives within `timeout`.
    ///
    /// # Errors
    /// It cannot be read, or `each` says so.
    fn read(&mut self, timeout: Duration, each: &mut EachRecord<'_>) -> Result<(), StateError>;
}

impl StateLog for Changelog {
    fn left(&self) -> i64 {
        Changelog::left(self)
    }

    fn read(&mut self, timeout: Duration, each: &mut EachRecord<'_>) -> Result<(), StateError> {
        Changelog::read(self, timeout, each)
    }
}

/// Opens the changelog of a partition.
pub type OpenLog = Box<dyn Fn(i32) -> Result<Box<dyn StateLog>, Error> + Send>;

/// A part of a record.
type Bytes = Box<[u8]>;

/// A record that waits for its turn, copied out of the fetch.
pub struct Copied {
    key: Option<Bytes>,
    value: Option<Bytes>,
    headers: Vec<(Bytes, Option<Bytes>)>,
    headers_readable: bool,
}

impl Copied {
    fn of(incoming: &Incoming<'_>) -> Copied {
        let record = &incoming.record;
        Copied {
            key: record.key.map(Bytes::from),
            value: record.value.map(Bytes::from),
            headers: record.headers.iter().map(|(name, value)| (Bytes::from(*name), value.map(Bytes::from))).collect(),
            headers_readable: incoming.headers_readable,
        }
    }

    fn bytes(&self) -> usize {
        let len = |part: &Option<Bytes>| part.as_ref().map_or(0, |bytes| bytes.len());
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + len(value)).sum();
        len(&self.key) + len(&self.value) + headers + size_of::<Held<Copied>>()
    }
}

/// A partition of a task, as it is read.
struct Lane {
    /// The first record that was taken.
    first: Option<i64>,
    /// The next offset to be fetched; what comes below was seen before.
    next: i64,
    /// What could be read when it was assigned: up to there it is waited for.
    end: i64,
    /// Fetching rests: too much of it waits for the others.
    rests: bool,
}

/// State of the accounts of a worker's tasks.
pub struct Stateful {
    settings: Arc<Settings>,
    topics: SignalTopics,
    tasks: Tasks,
    /// By input: its lane.
    lane_of: Vec<Option<usize>>,
    merges: BTreeMap<i32, Merge<Copied>>,
    lanes: BTreeMap<Partition, Lane>,
    changelog: usize,
    open_log: OpenLog,
    metrics: StateMetrics,
    /// Evictions and expiries that were told.
    told: (u64, u64),
}

impl Stateful {
    /// State for the signal inputs; `changelog` is the number of its output topic, which `open_log` reads.
    pub fn new(
        settings: &Arc<Settings>,
        topics: SignalTopics,
        shape: Shape,
        (changelog, open_log): (usize, OpenLog),
        metrics: StateMetrics,
    ) -> Stateful {
        let lane_of = (0..settings.inputs.len()).map(|input| topics.inputs.iter().position(|&i| i == input)).collect();
        Stateful {
            settings: Arc::clone(settings),
            topics,
            tasks: Tasks::new(shape),
            lane_of,
            merges: BTreeMap::new(),
            lanes: BTreeMap::new(),
            changelog,
            open_log,
            metrics,
            told: (0, 0),
        }
    }

    /// The lane of an input, if it is one of the signals'.
    pub fn lane(&self, at: Partition) -> Option<usize> {
        self.lane_of[at.topic]
    }

    /// Whether several partitions of a task must be brought into one order.
    pub fn merges(&self) -> bool {
        self.topics.inputs.len() > 1
    }

    /// Whether a task is here whose state is not.
    pub fn lacks(&self, assigned: &[Partition]) -> bool {
        let new = |at: &&Partition| self.lane(**at).is_some() && !self.tasks.contains(at.partition);
        assigned
            .iter()
            .filter(new)
            .any(|at| at.partition >= self.tasks.shape().partitions || self.is_whole(at.partition, assigned))
    }

    /// Whether all partitions of a task are here.
    fn is_whole(&self, partition: i32, assigned: &[Partition]) -> bool {
        self.topics.inputs.iter().all(|&topic| assigned.contains(&Partition { topic, partition }))
    }

    /// The first record that was taken from a partition since the assignment.
    pub fn first(&self, at: Partition) -> Option<i64> {
        self.lanes.get(&at)?.first
    }

    /// Restores the tasks whose partitions are all here and that are not restored yet. Blocks; `health` is told meanwhile.
    ///
    /// # Errors
    /// The state is damaged or belongs to another past (no retry heals that), or Kafka fails.
    pub fn prepare<S: Source>(
        &mut self,
        source: &mut S,
        assigned: &[Partition],
        health: &dyn Health,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let missing: BTreeSet<i32> = assigned
            .iter()
            .filter(|at| self.lane_of[at.topic].is_some() && !self.tasks.contains(at.partition))
            .map(|at| at.partition)
            .collect();
        for partition in missing {
            if partition >= self.tasks.shape().partitions {
                let text = format!(
                    "the signal inputs have got a partition {partition} since the start: accounts moved between \
                     partitions. Begin anew with another group and `signals.state.topic`"
                );
                return Err(Error::state(&text));
            }
            let all: Vec<Partition> = self.topics.inputs.iter().map(|&topic| Partition { topic, partition }).collect();
            if self.is_whole(partition, assigned) && !stop.load(Ordering::Relaxed) {
                self.restore(source, partition, &all, health, stop)?;
            }
        }
        self.tell();
        Ok(())
    }

    fn restore<S: Source>(
        &mut self,
        source: &mut S,
        partition: i32,
        all: &[Partition],
        health: &dyn Health,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let since = Instant::now();
        let committed = self.committed(source, all)?;
        let shape = self.tasks.shape().clone();
        let mut restoring = Restoring::new(&shape, partition);
        let mut log = (self.open_log)(partition)?;
        let (mut bytes, mut told) = (0u64, Instant::now());
        while log.left() > 0 {
            health.turned();
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.metrics.restoring_records.set(log.left() as f64);
            log.read(READ_TIMEOUT, &mut |key: &[u8], value: Option<&[u8]>| {
                bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
                restoring.record(key, value)
            })
            .map_err(failed)?;
            if told.elapsed() > PROGRESS_INTERVAL {
                told = Instant::now();
                tracing::info!(
                    partition,
                    accounts = restoring.accounts(),
                    left = log.left(),
                    "restoring account state"
                );
            }
        }
        self.metrics.restoring_records.set(0.0);
        let records = restoring.records();
        let task = match restoring.finish(&shape, &committed) {
            Ok(task) => task,
            // Who was frozen for long, or is slow, may read what its successor in the group has written meanwhile.
            Err(_) if self.committed(source, all)? != committed => {
                return Err(Error::lost().during("somebody else committed while the state was restored"));
            }
            Err(e) => return Err(failed(e)),
        };
        let (accounts, seconds) = (task.store.stats().accounts, since.elapsed().as_secs_f64());
        self.metrics.restore_seconds.record(seconds);
        self.tasks.begin(task);
        if self.merges() {
            self.merges.insert(partition, Merge::new(all.len()));
            for (at, offset) in all.iter().zip(&committed) {
                let (low, end) = source.ends(*at)?;
                self.lanes.insert(*at, Lane { first: None, next: offset.unwrap_or(0).max(low), end, rests: false });
            }
        }
        tracing::info!(partition, accounts, records, bytes, seconds, "restored account state");
        Ok(())
    }

    fn committed<S: Source>(&self, source: &mut S, all: &[Partition]) -> Result<Offsets, Error> {
        let committed = source.committed(all)?;
        let of = |at: &Partition| committed.iter().find(|(p, _)| p == at).and_then(|&(_, offset)| offset);
        Ok(all.iter().map(of).collect())
    }

    /// Gives up what was taken away.
    pub fn give_up(&mut self, gone: &[Partition]) {
        for at in gone.iter().filter(|at| self.lane_of[at.topic].is_some()) {
            self.tasks.end(at.partition);
            self.merges.remove(&at.partition);
            self.lanes.remove(at);
        }
        self.tell();
    }

    /// Gives everything up.
    pub fn clear(&mut self) {
        self.tasks.clear();
        self.merges.clear();
        self.lanes.clear();
        self.tell();
    }

    /// Goes back to the committed offsets, from which `targets` reads on. A task that cannot is restored before its next
    /// record.
    ///
    /// # Errors
    /// Kafka fails.
    pub fn rewind<S: Source>(
        &mut self,
        source: &mut S,
        committed: &[(Partition, Option<i64>)],
        targets: &[(Partition, i64)],
    ) -> Result<(), Error> {
        let tasks: BTreeSet<i32> = committed.iter().map(|(at, _)| at.partition).collect();
        for partition in tasks {
            let of = |&topic: &usize| {
                let at = Partition { topic, partition };
                committed.iter().find(|(p, _)| *p == at).and_then(|&(_, offset)| offset)
            };
            let offsets: Offsets = self.topics.inputs.iter().map(of).collect();
            if self.tasks.contains(partition) && !self.tasks.rewind(partition, &offsets) {
                self.tasks.end(partition);
            }
        }
        self.merges.values_mut().for_each(Merge::clear);
        for (at, target) in targets {
            let Some(lane) = self.lanes.get_mut(at) else { continue };
            lane.next = *target;
            if std::mem::take(&mut lane.rests) {
                source.resume(*at)?;
            }
        }
        Ok(())
    }

    /// Takes a fetched record of a signal input: hands it over, or holds it until its turn comes.
    pub fn take(&mut self, incoming: &Incoming<'_>, hand: &mut Fetched<'_>) {
        let Some(lane) = self.lane(incoming.at) else { return };
        if !self.merges() {
            // Without its state a record must not be judged, and it is not fetched before that is restored.
            if self.tasks.contains(incoming.at.partition) {
                hand.record(incoming, Some((&mut self.tasks, lane)));
            }
            return;
        }
        let Some(state) = self.lanes.get_mut(&incoming.at) else { return };
        // A rewind may leave records in the queue that are older than what comes next.
        if incoming.offset < state.next {
            return;
        }
        state.first.get_or_insert(incoming.offset);
        state.next = incoming.offset + 1;
        let record = Copied::of(incoming);
        let (timestamp_ms, bytes) = (incoming.record.timestamp_ms, record.bytes());
        if let Some(merge) = self.merges.get_mut(&incoming.at.partition) {
            merge.hold(lane, Held { timestamp_ms, offset: incoming.offset, record, bytes });
        }
    }

    /// Hands over the records whose turn has come, until so much waits to be sent. `blocked`: partitions that are not
    /// waited for.
    ///
    /// # Errors
    /// Kafka fails.
    pub fn release<S: Source>(
        &mut self,
        source: &mut S,
        blocked: &[Partition],
        hand: &mut Fetched<'_>,
        arena_bytes: usize,
    ) -> Result<(), Error> {
        let Stateful { topics, tasks, merges, lanes, .. } = self;
        for (&partition, merge) in merges {
            let at = |lane: usize| Partition { topic: topics.inputs[lane], partition };
            // Nothing is fetched meanwhile, so this holds for the whole round.
            let ended: Vec<bool> = (0..topics.inputs.len())
                .map(|lane| blocked.contains(&at(lane)) || is_at_end(source, at(lane), lanes.get(&at(lane))))
                .collect();
            while !hand.is_full(arena_bytes)
                && let Some((lane, held)) = merge.next(|lane| ended[lane])
            {
                hand_over(&held, at(lane), |incoming| hand.record(incoming, Some((&mut *tasks, lane))));
            }
        }
        self.rest(source)
    }

    /// Fetching rests where much waits already, so that what is waited for finds room.
    fn rest<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let budget = self.settings.limits.memory_bytes / self.settings.workers.unwrap_or(1).max(1) / 4;
        let budget = (budget / self.lanes.len().max(1)).max(256 << 10);
        for (at, lane) in &mut self.lanes {
            let Some(merge) = self.merges.get(&at.partition) else { continue };
            let waiting = self.lane_of[at.topic].map_or(0, |lane| merge.lane_bytes(lane));
            if !lane.rests && waiting > budget {
                source.pause(*at)?;
                lane.rests = true;
            } else if lane.rests && waiting < budget / 2 {
                source.resume(*at)?;
                lane.rests = false;
            }
        }
        Ok(())
    }

    /// Seals the transaction of all tasks; what it changed goes into the batch that is returned.
    pub fn seal(&mut self, timestamp_ms: i64) -> OutBatch {
        let mut batch = OutBatch::new();
        let changelog = self.changelog;
        self.tasks.seal(|partition, key, value| {
            let mark = batch.mark();
            let key = batch.append(key);
            let value = value.map(|value| batch.append(value));
            batch.push(mark, (changelog, partition, timestamp_ms), Some(key), value);
        });
        self.metrics.changelog_bytes.increment(batch.bytes() as u64);
        batch
    }

    /// The oldest sealed transaction is durable.
    pub fn durable(&mut self) {
        self.tasks.durable();
        self.metrics.add_misplaced(self.tasks.take_misplaced());
        self.tell();
    }

    fn tell(&mut self) {
        let stats = self.tasks.stats();
        // A task that went took its counts along.
        let (evicted, expired) = (stats.evicted.saturating_sub(self.told.0), stats.expired.saturating_sub(self.told.1));
        self.told = (stats.evicted, stats.expired);
        self.metrics.set(stats.accounts, stats.bytes, evicted, expired);
    }
}

/// Whether nothing more of a partition is there to be waited for.
fn is_at_end<S: Source>(source: &S, at: Partition, lane: Option<&Lane>) -> bool {
    let Some(lane) = lane else { return false };
    match source.lag(at, Some(lane.next)) {
        Some(lag) => lag == 0 && !lane.rests,
        None => lane.next >= lane.end,
    }
}

fn hand_over(held: &Held<Copied>, at: Partition, mut each: impl FnMut(&Incoming<'_>)) {
    let copied = &held.record;
    let headers: Vec<(&[u8], Option<&[u8]>)> =
        copied.headers.iter().map(|(name, value)| (&**name, value.as_deref())).collect();
    let record = Record {
        key: copied.key.as_deref(),
        value: copied.value.as_deref(),
        headers: &headers,
        timestamp_ms: held.timestamp_ms,
    };
    each(&Incoming { at, offset: held.offset, record, headers_readable: copied.headers_readable });
}

/// Opens the changelog in Kafka.
pub fn changelog_in_kafka(settings: &Arc<Settings>, topic: &str) -> OpenLog {
    let (settings, topic) = (Arc::clone(settings), topic.to_owned());
    Box::new(move |partition| {
        let log = Changelog::open(&settings, &topic, partition)?;
        Ok(Box::new(log) as Box<dyn StateLog>)
    })
}

/// What is wrong with the state is no fault of Kafka's: no retry heals it.
fn failed(error: StateError) -> Error {
    match error {
        StateError::Kafka(error) => error,
        other => Error::state(&other.to_string()),
    }
}

/// The shape of the tasks by the settings.
pub fn shape(settings: &Settings, topics: &SignalTopics, partitions: i32, key_print: u64, limits: Limits) -> Shape {
    Shape {
        topics: topics.inputs.iter().map(|&input| settings.inputs[input].name.clone()).collect(),
        partitions,
        key_print,
        limits,
        repeats: settings.delivery == Delivery::AtLeastOnce,
        start_empty: topics.start_empty,
    }
}
