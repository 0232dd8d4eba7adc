//! Where records come from.

pub mod kafka;
pub mod lines;

use std::time::Duration;

use crate::kafka::{Error, Partition, Rebalance};
use crate::record::Record;

/// A record as it arrives.
pub struct Incoming<'a> {
    /// Its partition.
    pub at: Partition,
    /// Its offset.
    pub offset: i64,
    /// Its content, borrowed until the next fetch.
    pub record: Record<'a>,
    /// False when the headers cannot be read: `record.headers` is then not to be trusted.
    pub headers_readable: bool,
}

/// A stream of partitions that can be rewound to what was committed. One of the two seams at which a simulation fails
/// calls; the other is the broker of a sink.
pub trait Source {
    /// What a transaction needs to know of the group.
    type Group: Send + 'static;

    /// Hands over what arrives within `timeout`; returns early when the assignment changes.
    fn fetch(&mut self, timeout: Duration, each: &mut dyn FnMut(Incoming<'_>)) -> Result<(), Error>;
    /// The next change of the assignment; each is answered by `assign` or `unassign`.
    fn next_rebalance(&mut self) -> Option<Rebalance>;
    /// Whether the assignment is already somebody else's.
    fn assignment_lost(&self) -> bool;
    /// Starts reading at the committed offsets.
    fn assign(&mut self, partitions: &[(String, i32)]) -> Result<Vec<Partition>, Error>;
    /// Stops reading.
    fn unassign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error>;
    /// The place of a partition of the configured topics.
    fn locate(&self, partition: &(String, i32)) -> Option<Partition>;
    /// Committed offsets as the broker knows them once open transactions ended; `None`: never committed.
    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<(Partition, Option<i64>)>, Error>;
    /// Reads on from these offsets.
    fn seek(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error>;
    /// Stops fetching one partition.
    fn pause(&mut self, partition: Partition) -> Result<(), Error>;
    /// Goes on fetching a partition that was paused.
    fn resume(&mut self, partition: Partition) -> Result<(), Error>;
    /// The first offset and the end of what may be read now.
    fn ends(&mut self, partition: Partition) -> Result<(i64, i64), Error>;
    /// Commits offsets outside of a transaction.
    fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error>;
    /// Records between `next` (the next offset to read; `None`: nothing was read yet, and what was committed is not
    /// known) and the end, if known. What only a broker writes between records (the markers of transactions) is no lag.
    fn lag(&self, partition: Partition, next: Option<i64>) -> Option<i64>;
    /// Fresh group metadata.
    fn group(&self) -> Self::Group;
    /// Begins anew, as a new member without partitions: after a fault that this member does not survive.
    fn renew(&mut self) -> Result<(), Error>;
    /// Leaves.
    fn close(&mut self) -> Result<(), Error>;
}
