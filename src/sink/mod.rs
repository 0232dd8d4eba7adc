//! Where scrubbed records go.

mod batch;
mod broker;
mod counted;
pub mod quarantine;
mod transactional;

pub use batch::{Mark, OutBatch, OutRecord};
pub use broker::Broker;
pub use counted::CountedSink;
pub use transactional::TransactionalSink;

use std::time::Duration;

use crate::kafka::{Error, Partition};

/// Offsets of a sealed batch: each the next one to read.
pub type Offsets = Vec<(Partition, i64)>;

/// Makes batches durable, in the order in which they are sealed.
pub trait Sink<G> {
    /// Whether `send` may be called now. A transaction that is being committed takes no more.
    fn accepts(&self) -> bool;
    /// Queues the records of `batch` that are not sent yet; what does not fit now is left unsent.
    fn send(&mut self, batch: &mut OutBatch) -> Result<(), Error>;
    /// Everything sent since the last seal is one unit with these offsets: start to make it durable. `state` (mostly
    /// empty) belongs to it and goes after all else of it: what is restored must not be ahead of what was delivered.
    fn seal(&mut self, offsets: Offsets, group: G, state: OutBatch) -> Result<(), Error>;
    /// Serves deliveries for at most `timeout`. `Some`: the oldest sealed unit is durable.
    fn poll(&mut self, timeout: Duration) -> Result<Option<Durable>, Error>;
    /// Sealed units that are not durable yet.
    fn pending(&self) -> usize;
    /// Drops everything that is not durable. Afterwards the sink is as new, or an error says why it cannot be.
    fn reset(&mut self) -> Result<(), Error>;
}

/// A unit that is durable.
#[derive(Debug)]
pub struct Durable {
    /// Its offsets.
    pub offsets: Offsets,
    /// Whether the offsets were committed with it; else they are to be committed now.
    pub offsets_committed: bool,
    /// Time from the seal until it was durable.
    pub took: Duration,
}
