//! The first stage of inputs that are not keyed by account: the records of a worker's partitions in one order, and no worker
//! of the process far ahead of another, so that an account finds its events in the internal topic as they happened.
//!
//! A partition with nothing at hand is waited for until it is at its end, as the tasks do. Workers tell each other the Kafka
//! timestamp up to which they have sent; who is a window ahead of the last one waits. What comes out of order by less than
//! the lateness is sorted in by the engine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::stateful::{Copied, hand_over};
use super::worker::Fetched;
use crate::kafka::{Error, Partition};
use crate::source::{Incoming, Source};
use crate::state::merge::Held;

/// A worker that has not moved for so long is not waited for: it restores, or its broker is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// How far the workers of a process are, by their numbers.
pub struct Fronts {
    /// Half of the lateness: what is out of order by as much is sorted in.
    window_ms: i64,
    of: Mutex<Vec<Option<Front>>>,
}

/// How far a worker is; none: it has nothing to catch up with.
struct Front {
    sent_ms: i64,
    moved: Instant,
}

impl Fronts {
    /// Of so many workers.
    pub fn new(workers: usize, lateness_ms: i64) -> Fronts {
        Fronts { window_ms: lateness_ms / 2, of: Mutex::new((0..workers).map(|_| None).collect()) }
    }

    fn tell(&self, worker: usize, sent_ms: Option<i64>) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(front) = of.get_mut(worker) else { return };
        match (front.as_mut(), sent_ms) {
            (Some(known), Some(sent_ms)) if known.sent_ms == sent_ms => {}
            (_, Some(sent_ms)) => *front = Some(Front { sent_ms, moved: Instant::now() }),
            (_, None) => *front = None,
        }
    }

    /// The last Kafka timestamp that a worker may go to.
    fn limit(&self, worker: usize) -> i64 {
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let others =
            of.iter().enumerate().filter(|(number, _)| *number != worker).filter_map(|(_, front)| front.as_ref());
        let last = others.filter(|front| front.moved.elapsed() < PATIENCE).map(|front| front.sent_ms).min();
        last.map_or(i64::MAX, |ms| ms.saturating_add(self.window_ms))
    }
}

/// A partition, as it is read.
struct Lane {
    /// The first record that was taken.
    first: Option<i64>,
    /// The next offset to be fetched; what comes below was seen before.
    next: i64,
    /// What could be read when it was assigned: up to there it is waited for.
    end: i64,
    /// Fetching rests: too much of it waits for the others.
    rests: bool,
    /// Nothing more of it is there to be waited for.
    ended: bool,
    waiting: VecDeque<Held<Copied>>,
    bytes: usize,
}

/// The records of one worker that wait for their turn.
pub struct Rekeying {
    inputs: Vec<usize>,
    fronts: Arc<Fronts>,
    worker: usize,
    /// Bytes that may wait.
    budget: usize,
    lanes: BTreeMap<Partition, Lane>,
    /// Kafka timestamp of the last record that was handed over.
    handed_ms: i64,
    idle: bool,
}

impl Rekeying {
    /// Of worker `worker`, for these inputs; at most about `budget` bytes wait.
    pub fn new(inputs: Vec<usize>, fronts: Arc<Fronts>, worker: usize, budget: usize) -> Rekeying {
        Rekeying { inputs, fronts, worker, budget, lanes: BTreeMap::new(), handed_ms: i64::MIN, idle: true }
    }

    /// Whether records of a partition wait here.
    pub fn takes(&self, at: Partition) -> bool {
        self.inputs.contains(&at.topic)
    }

    /// The first record that was taken from a partition since the assignment.
    pub fn first(&self, at: Partition) -> Option<i64> {
        self.lanes.get(&at)?.first
    }

    /// A partition was assigned; `committed`: where it is read from.
    pub fn begin<S: Source>(&mut self, source: &mut S, at: Partition, committed: Option<i64>) {
        if !self.takes(at) {
            return;
        }
        // Where Kafka does not tell the end, the first fetch does.
        let (low, end) = source.ends(at).unwrap_or_default();
        let next = committed.unwrap_or(0).max(low);
        let (waiting, bytes) = (VecDeque::new(), 0);
        self.lanes.insert(at, Lane { first: None, next, end, rests: false, ended: false, waiting, bytes });
        self.idle = false;
    }

    /// Gives up what was taken away.
    pub fn give_up(&mut self, gone: &[Partition]) {
        gone.iter().for_each(|at| drop(self.lanes.remove(at)));
        self.handed_ms = i64::MIN;
        self.stand_aside();
    }

    /// Gives everything up.
    pub fn clear(&mut self) {
        self.lanes.clear();
        self.handed_ms = i64::MIN;
        self.stand_aside();
    }

    /// Nobody has to wait for this worker until it hands records over again.
    pub fn stand_aside(&self) {
        self.fronts.tell(self.worker, None);
    }

    /// Drops what waits: `targets` are read again from there.
    ///
    /// # Errors
    /// Kafka fails.
    pub fn rewind<S: Source>(&mut self, source: &mut S, targets: &[(Partition, i64)]) -> Result<(), Error> {
        self.handed_ms = i64::MIN;
        for lane in self.lanes.values_mut() {
            lane.waiting.clear();
            lane.bytes = 0;
        }
        for (at, target) in targets {
            let Some(lane) = self.lanes.get_mut(at) else { continue };
            lane.next = *target;
            if std::mem::take(&mut lane.rests) {
                source.resume(*at)?;
            }
        }
        Ok(())
    }

    /// Takes a fetched record.
    pub fn take(&mut self, incoming: &Incoming<'_>) {
        let Some(lane) = self.lanes.get_mut(&incoming.at) else { return };
        // A rewind may leave records in the queue that are older than what comes next.
        if incoming.offset < lane.next {
            return;
        }
        lane.first.get_or_insert(incoming.offset);
        lane.next = incoming.offset + 1;
        let record = Copied::of(incoming);
        let bytes = record.bytes();
        lane.bytes += bytes;
        lane.waiting.push_back(Held {
            timestamp_ms: incoming.record.timestamp_ms,
            offset: incoming.offset,
            record,
            bytes,
        });
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
        for (at, lane) in &mut self.lanes {
            // Nothing is fetched meanwhile, so this holds for the whole round.
            let behind = match source.lag(*at, Some(lane.next)) {
                Some(lag) => lag > 0 || lane.rests,
                None => lane.next < lane.end,
            };
            lane.ended = blocked.contains(at) || !behind;
        }
        let limit_ms = self.fronts.limit(self.worker);
        while !hand.is_full(arena_bytes)
            && let Some(at) = self.turn()
            && let Some(lane) = self.lanes.get_mut(&at)
            && let Some(held) = lane.waiting.pop_front_if(|held| held.timestamp_ms <= limit_ms)
        {
            lane.bytes -= held.bytes;
            self.handed_ms = self.handed_ms.max(held.timestamp_ms);
            hand_over(&held, at, |incoming| hand.record(incoming, None));
        }
        self.idle = self.lanes.values().all(|lane| lane.ended && lane.waiting.is_empty());
        self.rest(source)
    }

    /// Whose turn it is: by Kafka timestamp, topic, partition. `None`: nobody's, or somebody must be waited for.
    fn turn(&self) -> Option<Partition> {
        if self.lanes.values().any(|lane| lane.waiting.is_empty() && !lane.ended) {
            return None;
        }
        let heads = self.lanes.iter().filter_map(|(at, lane)| Some((lane.waiting.front()?.timestamp_ms, *at)));
        heads.min().map(|(_, at)| at)
    }

    /// Fetching rests where much waits already, so that what is waited for finds room.
    fn rest<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let budget = (self.budget / self.lanes.len().max(1)).max(256 << 10);
        for (at, lane) in &mut self.lanes {
            if !lane.rests && lane.bytes > budget {
                source.pause(*at)?;
                lane.rests = true;
            } else if lane.rests && lane.bytes < budget / 2 {
                source.resume(*at)?;
                lane.rests = false;
            }
        }
        Ok(())
    }

    /// All that was handed over is sent: the others may follow up to here.
    pub fn sent(&self) {
        self.fronts.tell(self.worker, (!self.idle).then_some(self.handed_ms));
    }
}

impl Drop for Rekeying {
    fn drop(&mut self) {
        self.stand_aside();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_a_window_ahead_waits_and_who_is_done_is_not_waited_for() {
        let fronts = Fronts::new(3, 600_000);
        assert_eq!(fronts.limit(0), i64::MAX, "nobody is at work");
        fronts.tell(1, Some(i64::MIN));
        assert!(fronts.limit(0) < 0, "somebody has not begun");
        fronts.tell(1, Some(1_000));
        fronts.tell(2, Some(5_000));
        assert_eq!(fronts.limit(0), 301_000);
        assert_eq!(fronts.limit(1), 305_000, "the last one waits for nobody");
        fronts.tell(1, None);
        assert_eq!(fronts.limit(0), 305_000);
        fronts.tell(2, None);
        assert_eq!(fronts.limit(0), i64::MAX);
    }
}
