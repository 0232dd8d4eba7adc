//! Where faults happen: the cluster, the instances, the load, and what may be asked of them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::cluster::Cluster;
use crate::findings::Findings;
use crate::fleet::Fleet;
use crate::support::kafka_client::{Committed, Ends, Feeder};
use crate::{DISTURBED, INPUT, PARTITIONS};

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A partition that has not caught up by then is stuck.
const STUCK: Duration = Duration::from_secs(120);

/// So long nobody is waited for who is asked for offsets.
const SILENT: Duration = Duration::from_secs(20);

/// The whole of it.
pub struct Field {
    pub cluster: Cluster,
    pub fleet: Fleet,
    pub feeder: Option<Feeder>,
    pub findings: Findings,
    pub rng: Rng,
    /// Directory of root keys, which all instances share.
    pub keys: PathBuf,
    /// Progress of the group on the input.
    pub committed: Committed,
    /// Ends of the input.
    pub ends: Ends,
    /// Grows with every key and every rule that is changed.
    pub generation: u64,
}

impl Field {
    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.wait_until(time, |_| false);
    }

    /// Waits until `condition` holds, and looks after the instances meanwhile. Whether it came to hold in time.
    pub fn wait_until(&mut self, deadline: Duration, mut condition: impl FnMut(&mut Field) -> bool) -> bool {
        let end = Instant::now() + deadline;
        loop {
            let Field { fleet, findings, .. } = self;
            fleet.tend(findings);
            if condition(self) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until every partition has committed what is in the input now. The time it took; `None`: one is stuck.
    pub fn catch_up(&mut self) -> Option<Duration> {
        let since = Instant::now();
        let mut ends = None;
        let mut behind = Vec::new();
        let mut answered = since;
        let caught_up = self.wait_until(STUCK, |field| {
            if answered.elapsed() > SILENT {
                println!("    no offsets for {SILENT:?}: other clients ask");
                (field.committed, field.ends) = field.eyes();
                answered = Instant::now();
            }
            if ends.is_none() {
                ends = field.ends.high();
            }
            let (Some(ends), Some(offsets)) = (&ends, field.committed.offsets()) else { return false };
            answered = Instant::now();
            behind = offsets.iter().zip(ends).map(|(offset, end)| end - (*offset).max(0)).collect();
            behind.iter().all(|records| *records <= 0)
        });
        if !caught_up {
            self.findings.add(format!("stuck: after {STUCK:?} the partitions are behind by {behind:?}"));
        }
        caught_up.then(|| since.elapsed())
    }

    /// New clients that look at the group: one that has been through many faults may not answer any more, and it is the group that
    /// is watched, and not these.
    fn eyes(&self) -> (Committed, Ends) {
        let broker = self.cluster.direct();
        (Committed::of_partitions(broker, DISTURBED, INPUT, PARTITIONS), Ends::of_partitions(broker, INPUT, PARTITIONS))
    }

    /// The number of an instance, by chance.
    pub fn any_member(&mut self) -> usize {
        self.rng.usize(..self.fleet.members.len())
    }

    /// The number of a broker, by chance.
    pub fn any_broker(&mut self) -> usize {
        self.rng.usize(..self.cluster.brokers.len())
    }

    /// One proxy, or all, by chance.
    pub fn some_proxies(&mut self) -> Vec<usize> {
        if self.rng.bool() { vec![self.any_broker()] } else { (0..self.cluster.proxies.len()).collect() }
    }

    /// The process id of instance `n`.
    pub fn process(&self, n: usize) -> Option<u32> {
        self.fleet.members[n].process.as_ref().map(|process| process.id())
    }

    /// A time between these, by chance.
    pub fn between(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        Duration::from_millis(self.rng.u64(least_ms..=most_ms))
    }
}
