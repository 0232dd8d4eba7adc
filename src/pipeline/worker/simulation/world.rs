//! A small Kafka in memory: two partitions, one group of one member, one producer at a time; and one call that fails.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::kafka::{Error, ErrorKind, Mode, Partition, Rebalance};
use crate::pipeline::stateful::{EachRecord, StateLog};
use crate::record::Record;
use crate::sink::{Broker, OutBatch, OutRecord};
use crate::source::{Incoming, Source};
use crate::state::StateError;

/// Records of a partition; the last unit is not full.
pub(super) const RECORDS: i64 = 23;
/// Records of a unit.
const UNIT: usize = 5;
/// This one of a partition is no JSON.
const BAD: i64 = 7;
/// Of a client that is no member.
const NO_GENERATION: u64 = u64::MAX;
const TOPIC: &str = "events";

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    // Of the consumer.
    Fetch,
    Assign,
    Unassign,
    Committed,
    Seek,
    CommitOffsets,
    Renew,
    Close,
    OpenLog,
    ReadLog,
    // Of the producer.
    Make,
    Init,
    Begin,
    Send,
    SendOffsets,
    Commit,
    Abort,
    Deliver,
}

impl Call {
    pub(super) const ALL: [Call; 18] = [
        Call::Fetch,
        Call::Assign,
        Call::Unassign,
        Call::Committed,
        Call::Seek,
        Call::CommitOffsets,
        Call::Renew,
        Call::Close,
        Call::OpenLog,
        Call::ReadLog,
        Call::Make,
        Call::Init,
        Call::Begin,
        Call::Send,
        Call::SendOffsets,
        Call::Commit,
        Call::Abort,
        Call::Deliver,
    ];
    /// Those that the way back may ask.
    pub(super) const OF_RECOVERY: &[Call] =
        &[Call::Committed, Call::Seek, Call::Renew, Call::Make, Call::Init, Call::Abort, Call::Fetch];
    /// Those that it may ask for the sake of accounts.
    pub(super) const OF_STATE: &[Call] = &[Call::Committed, Call::OpenLog, Call::ReadLog];
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) kind: ErrorKind,
    /// It was done all the same: the reply got lost.
    pub(super) done: bool,
}

/// The `nth` call of a kind (from 0) fails; `second`: counted from there on, that one too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) call: Call,
    pub(super) nth: usize,
    pub(super) manner: Manner,
    pub(super) second: Option<(Call, usize)>,
}

/// Output topics: what was scrubbed, the quarantine, signals, the changelog.
pub(super) const SCRUBBED: u32 = 0;
pub(super) const QUARANTINE: u32 = 1;
pub(super) const SIGNALS: u32 = 2;
pub(super) const CHANGELOG: u32 = 3;

/// A record in an output, or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) topic: u32,
    pub(super) partition: i32,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
}

/// A Kafka of two partitions, one group of one member and one producer at a time.
#[derive(Default)]
pub(super) struct World {
    /// State of accounts is kept. Nobody else reads then: a real one would write their state, too.
    pub(super) stateful: bool,
    pub(super) fault: Option<Fault>,
    pub(super) calls: BTreeMap<Call, usize>,
    pub(super) struck: usize,
    /// The member, its assignment and what it is about to be told.
    pub(super) generation: u64,
    pub(super) rebalances: VecDeque<Rebalance>,
    pub(super) losing: bool,
    /// So often the group is asked in vain for what has happened already.
    pub(super) untold: usize,
    /// Changes that befell the group.
    pub(super) befallen: usize,
    pub(super) positions: BTreeMap<i32, i64>,
    /// Records handed over since the last unit was sealed.
    pub(super) handed: usize,
    pub(super) units: usize,
    /// Of the loop of the process that runs.
    pub(super) turns: usize,
    pub(super) stop: Arc<AtomicBool>,
    /// The producer: its epoch, its open transaction, its queues.
    pub(super) epoch: u64,
    pub(super) open: Option<Vec<Written>>,
    /// The open transaction holds offsets.
    pub(super) holds_offsets: bool,
    /// A transaction was sealed, and its commit has not ended.
    pub(super) commits: bool,
    pub(super) queued: Vec<(usize, Written)>,
    pub(super) undelivered: Option<Error>,
    /// What everybody sees.
    pub(super) committed: BTreeMap<i32, i64>,
    pub(super) written: Vec<Written>,
    pub(super) wrong: Vec<String>,
}

pub(super) type Shared = Arc<Mutex<World>>;

impl World {
    /// Does what a call does, unless it is the one that fails.
    fn call<T>(&mut self, call: Call, work: impl FnOnce(&mut World) -> Result<T, Error>) -> Result<T, Error> {
        let nth = self.calls.entry(call).or_default();
        let this = *nth;
        *nth += 1;
        let Some(fault) = self.fault else { return work(self) };
        let strikes = match self.struck {
            0 => fault.call == call && fault.nth == this,
            1 => fault.second == Some((call, this)),
            _ => false,
        };
        if !strikes {
            return work(self);
        }
        self.struck += 1;
        self.calls.clear();
        if fault.manner.done {
            drop(work(self));
        }
        Err(Error::simulated(fault.manner.kind, "a simulated fault"))
    }

    /// A new member: everything is assigned to it.
    pub(super) fn join(&mut self) {
        self.generation += 1;
        self.positions.clear();
        self.handed = 0;
        self.losing = false;
        self.untold = 0;
        self.rebalances = VecDeque::from([Rebalance::Assigned(names(&[0, 1]))]);
    }

    /// Whether the group is whole, and has been told of all that befell it.
    fn is_calm(&self) -> bool {
        self.positions.len() == 2 && self.rebalances.is_empty()
    }

    /// A partition is taken away in the course of a run, and comes back.
    fn revoke(&mut self) {
        if self.befallen == 0 && self.units >= 3 && self.is_calm() {
            self.rebalances.extend([Rebalance::Revoked(names(&[1])), Rebalance::Assigned(names(&[1]))]);
            self.befallen = 1;
        }
    }

    /// Whether both partitions are to be lost now: while a unit waits to be sealed.
    fn is_to_lose(&self) -> bool {
        self.befallen == 1 && self.units >= 6 && self.handed >= UNIT && self.is_calm()
    }

    /// Both partitions go to another member, some turns before the group tells of it. That one reads on from the committed
    /// offsets, for which it waits while a transaction holds some.
    fn lose(&mut self) {
        if self.is_to_lose() && !self.holds_offsets {
            self.befallen = 2;
            self.untold = 4;
            self.generation += 1;
            self.losing = true;
            if !self.stateful {
                self.be_read_by_another();
            }
            self.rebalances.extend([Rebalance::Lost(names(&[0, 1])), Rebalance::Assigned(names(&[0, 1]))]);
        }
    }

    /// The member that has the partitions meanwhile reads a record of each.
    fn be_read_by_another(&mut self) {
        for partition in 0..2 {
            let id = self.committed.get(&partition).copied().unwrap_or(0);
            if id == RECORDS {
                continue;
            }
            let value = Some(format!("{{\"id\":{id},\"email\":\"[email]\"}}").into_bytes());
            let topic = if id == BAD { QUARANTINE } else { SCRUBBED };
            self.written.push(Written { topic, partition, key: None, value });
            self.committed.insert(partition, id + 1);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        (0..2).all(|partition| self.committed.get(&partition) == Some(&RECORDS))
    }

    fn commit_offsets(&mut self, offsets: &[(Partition, i64)]) {
        for &(at, offset) in offsets {
            let before = self.committed.insert(at.partition, offset);
            if before.is_some_and(|before| before > offset) {
                self.wrong.push(format!("partition {}: {offset} is committed after {before:?}", at.partition));
            }
            let missing: Vec<i64> = (0..offset).filter(|&id| self.times(at.partition, id) == 0).collect();
            if !missing.is_empty() {
                self.wrong.push(format!("partition {}: {offset} is committed without {missing:?}", at.partition));
            }
        }
    }

    /// How often a record came out, scrubbed or as a line of the quarantine.
    pub(super) fn times(&self, partition: i32, id: i64) -> usize {
        let of = |w: &&Written| w.partition == partition && id_of(w) == Some(id);
        self.written.iter().filter(of).count()
    }
}

pub(super) fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn names(partitions: &[i32]) -> Vec<(String, i32)> {
    partitions.iter().map(|&partition| (TOPIC.to_owned(), partition)).collect()
}

/// The id that a scrubbed value carries; that of a quarantine record is known by its topic.
pub(super) fn id_of(written: &Written) -> Option<i64> {
    match written.topic {
        SCRUBBED => {}
        QUARANTINE => return Some(BAD),
        _ => return None,
    }
    let text = std::str::from_utf8(written.value.as_deref()?).ok()?;
    text.strip_prefix("{\"id\":")?.split(',').next()?.parse().ok()
}

fn value_of(partition: i32, id: i64) -> Vec<u8> {
    match id {
        BAD => format!("{{\"id\":{id},user{partition}@example.com").into_bytes(),
        // Two accounts are at home, fail to log in again and again, and then are on another device, far away.
        _ => {
            let (ts, user, success) = (1_700_000_000 + 20 * id, id % 2, !(4..16).contains(&id));
            let (device, lat, lon) = if id < 16 { ("d1", -6.2, 106.8) } else { ("d2", 55.7, 12.6) };
            format!(
                "{{\"id\":{id},\"email\":\"user{id}.{partition}@example.com\",\"type\":\"login\",\"ts\":{ts},\
                 \"user_id\":\"u{partition}{user}\",\"success\":{success},\"device\":\"{device}\",\"lat\":{lat},\"lon\":{lon}}}"
            )
            .into_bytes()
        }
    }
}

/// The member of the group.
pub(super) struct Member(pub(super) Shared);

impl Source for Member {
    /// Generation of the group.
    type Group = u64;

    fn fetch(&mut self, _timeout: Duration, each: &mut dyn FnMut(Incoming<'_>)) -> Result<(), Error> {
        let mut world = lock(&self.0);
        world.revoke();
        if !world.rebalances.is_empty() {
            return Ok(());
        }
        if world.handed >= UNIT {
            drop(world);
            // A fetch of nothing takes its time; without any, the loop would take it from the thread that commits.
            std::thread::sleep(Duration::from_micros(50));
            return Ok(());
        }
        let next = world.positions.iter().map(|(&partition, &at)| (at, partition)).min();
        let Some((_, partition)) = next.filter(|&(at, _)| at < RECORDS) else {
            if world.positions.len() == 2 {
                world.stop.store(true, Ordering::Relaxed);
            }
            return Ok(());
        };
        // Three at once, so that a fault can come between: those before it are handed over.
        let mut fetched = Vec::new();
        let result = world.call(Call::Fetch, |world| {
            let at = world.positions[&partition];
            let until = (at + 3).min(RECORDS).min(at + (UNIT - world.handed) as i64);
            fetched.extend(at..until);
            world.positions.insert(partition, until);
            world.handed += fetched.len();
            Ok(())
        });
        drop(world);
        for offset in fetched {
            let value = value_of(partition, offset);
            let record = Record { key: None, value: Some(&value), headers: &[], timestamp_ms: 1_700_000_000_000 };
            let at = Partition { topic: 0, partition };
            each(Incoming { at, offset, record, headers_readable: true });
        }
        // A commit that runs is let end, so that a run is the same each time: bounded, because it may fail on its way.
        let waits = |world: &World| world.is_to_lose() && world.commits;
        for _ in (0..100).take_while(|_| waits(&lock(&self.0))) {
            std::thread::sleep(Duration::from_micros(50));
        }
        lock(&self.0).lose();
        result
    }

    fn next_rebalance(&mut self) -> Option<Rebalance> {
        let mut world = lock(&self.0);
        if world.untold > 0 {
            world.untold -= 1;
            return None;
        }
        world.rebalances.pop_front()
    }

    fn assignment_lost(&self) -> bool {
        lock(&self.0).losing
    }

    fn assign(&mut self, partitions: &[(String, i32)]) -> Result<Vec<Partition>, Error> {
        lock(&self.0).call(Call::Assign, |world| {
            for &(_, partition) in partitions {
                let at = world.committed.get(&partition).copied().unwrap_or(0);
                world.positions.insert(partition, at);
            }
            world.handed = 0;
            Ok(())
        })?;
        Ok(partitions.iter().filter_map(|p| self.locate(p)).collect())
    }

    fn unassign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        lock(&self.0).call(Call::Unassign, |world| {
            world.losing = false;
            world.positions.retain(|&p, _| !partitions.iter().any(|(_, gone)| *gone == p));
            Ok(())
        })
    }

    fn locate(&self, (_, partition): &(String, i32)) -> Option<Partition> {
        Some(Partition { topic: 0, partition: *partition })
    }

    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<(Partition, Option<i64>)>, Error> {
        lock(&self.0).call(Call::Committed, |world| {
            if world.open.is_some() {
                return Err(Error::simulated(ErrorKind::Retriable, "a transaction is open"));
            }
            Ok(partitions.iter().map(|&at| (at, world.committed.get(&at.partition).copied())).collect())
        })
    }

    fn seek(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        lock(&self.0).call(Call::Seek, |world| {
            for (at, offset) in offsets {
                world.positions.entry(at.partition).and_modify(|position| *position = *offset);
            }
            world.handed = 0;
            Ok(())
        })
    }

    fn pause(&mut self, _partition: Partition) -> Result<(), Error> {
        Ok(())
    }

    fn resume(&mut self, _partition: Partition) -> Result<(), Error> {
        Ok(())
    }

    fn ends(&mut self, _partition: Partition) -> Result<(i64, i64), Error> {
        Ok((0, RECORDS))
    }

    fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        lock(&self.0).call(Call::CommitOffsets, |world| {
            if world.losing {
                world.wrong.push("offsets of another member are committed".to_owned());
            }
            world.commit_offsets(offsets);
            Ok(())
        })
    }

    fn lag(&self, _partition: Partition, _next: Option<i64>) -> Option<i64> {
        None
    }

    fn group(&self) -> u64 {
        let mut world = lock(&self.0);
        world.handed = 0;
        world.units += 1;
        world.commits = world.open.is_some();
        // A client that has lost its assignment knows no generation, and a broker takes it for one without a group.
        if world.losing { NO_GENERATION } else { world.generation }
    }

    fn renew(&mut self) -> Result<(), Error> {
        lock(&self.0).call(Call::Renew, |world| {
            world.join();
            Ok(())
        })
    }

    fn close(&mut self) -> Result<(), Error> {
        lock(&self.0).call(Call::Close, |_| Ok(()))
    }
}

/// One producer; what an older one says is refused.
pub(super) struct Client {
    pub(super) world: Shared,
    pub(super) epoch: Mutex<u64>,
}

impl Client {
    pub(super) fn make(world: &Shared) -> Result<Client, Error> {
        lock(world).call(Call::Make, |_| Ok(()))?;
        Ok(Client { world: Arc::clone(world), epoch: Mutex::new(0) })
    }

    fn call(&self, call: Call, work: impl FnOnce(&mut World) -> Result<(), Error>) -> Result<(), Error> {
        let epoch = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        lock(&self.world).call(call, |world| match world.epoch == epoch {
            true => work(world),
            false => Err(Error::simulated(ErrorKind::Fenced, "an older producer")),
        })
    }
}

impl Broker for Client {
    type Group = u64;

    fn send(&self, mode: Mode, batch: &OutBatch, record: &OutRecord) -> Result<bool, Error> {
        let owned = |part: Option<&[u8]>| part.map(<[u8]>::to_vec);
        let (key, value) = (owned(batch.key(record)), owned(batch.value(record)));
        let written = Written { topic: record.topic, partition: record.partition, key, value };
        let send = |world: &mut World| {
            match mode {
                Mode::Transaction => match &mut world.open {
                    Some(open) => open.push(written),
                    None => world.wrong.push("a record was sent outside of a transaction".to_owned()),
                },
                Mode::Counted(slot) => world.queued.push((slot, written)),
            }
            Ok(())
        };
        match mode {
            Mode::Transaction => self.call(Call::Send, send),
            Mode::Counted(_) => lock(&self.world).call(Call::Send, send),
        }
        .map(|()| true)
    }

    fn poll(&self, _timeout: Duration) {
        let mut world = lock(&self.world);
        if world.queued.is_empty() {
            return;
        }
        let failed = world.call(Call::Deliver, |world| {
            let (_, written) = world.queued.remove(0);
            world.written.push(written);
            Ok(())
        });
        if let Err(error) = failed {
            world.undelivered = Some(error);
        }
    }

    fn outstanding(&self, slot: usize) -> i64 {
        lock(&self.world).queued.iter().filter(|(of, _)| *of == slot).count() as i64
    }

    fn delivery_failure(&self) -> Option<Error> {
        lock(&self.world).undelivered.clone()
    }

    fn transaction_failure(&self) -> Option<Error> {
        None
    }

    fn init_transactions(&self, _timeout: Duration) -> Result<(), Error> {
        lock(&self.world).call(Call::Init, |world| {
            (world.open, world.holds_offsets) = (None, false);
            world.epoch += 1;
            *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = world.epoch;
            Ok(())
        })
    }

    fn begin(&self) -> Result<(), Error> {
        self.call(Call::Begin, |world| {
            if world.open.replace(Vec::new()).is_some() {
                world.wrong.push("a transaction was begun within another".to_owned());
            }
            Ok(())
        })
    }

    fn commit(&self, offsets: &[(Partition, i64)], group: &u64, _timeout: Duration) -> Result<(), Error> {
        let added = self.call(Call::SendOffsets, |world| match [world.generation, NO_GENERATION].contains(group) {
            true => {
                world.holds_offsets = true;
                Ok(())
            }
            false => Err(Error::simulated(ErrorKind::Abortable, "a member of the past")),
        });
        let result = added.and_then(|()| {
            self.call(Call::Commit, |world| {
                let Some(open) = world.open.take() else {
                    return Err(Error::simulated(ErrorKind::Fatal, "no transaction is open"));
                };
                world.holds_offsets = false;
                world.written.extend(open);
                world.commit_offsets(offsets);
                Ok(())
            })
        });
        lock(&self.world).commits = false;
        result
    }

    fn abort(&self, _timeout: Duration) -> Result<(), Error> {
        self.call(Call::Abort, |world| match world.open.take() {
            Some(_) => {
                world.holds_offsets = false;
                Ok(())
            }
            None => Err(Error::simulated(ErrorKind::Fatal, "no transaction is open")),
        })
    }

    fn purge(&self) {
        let mut world = lock(&self.world);
        world.queued.clear();
        world.undelivered = None;
    }
}

/// The changelog of a partition: what of it was committed when it was opened.
pub(super) struct Log {
    world: Shared,
    left: VecDeque<Written>,
}

impl Log {
    pub(super) fn open(world: &Shared, partition: i32) -> Result<Log, Error> {
        let left = lock(world).call(Call::OpenLog, |world| {
            let of = |w: &&Written| w.topic == CHANGELOG && w.partition == partition;
            Ok(world.written.iter().filter(of).cloned().collect())
        })?;
        Ok(Log { world: Arc::clone(world), left })
    }
}

impl StateLog for Log {
    fn left(&self) -> i64 {
        self.left.len() as i64
    }

    /// Two at once, so that a fault can come between.
    fn read(&mut self, _timeout: Duration, each: &mut EachRecord<'_>) -> Result<(), StateError> {
        lock(&self.world).call(Call::ReadLog, |_| Ok(()))?;
        for record in self.left.drain(..self.left.len().min(2)) {
            each(record.key.as_deref().unwrap_or_default(), record.value.as_deref())?;
        }
        Ok(())
    }
}
