//! What a sink asks of Kafka. The seam at which a simulation fails one call after another
//! (`pipeline/worker/simulation.rs`), the sinks themselves being the real ones.

use std::time::Duration;

use super::{OutBatch, OutRecord};
use crate::kafka::{Error, Group, Mode, Partition, Producer};

/// A producer, as [`Producer`] describes it call by call. Sending is for one thread; `commit` may come from another.
pub trait Broker: Send + Sync {
    /// What a transaction needs to know of the consumer group.
    type Group: Send + 'static;

    /// Queues a record. `Ok(false)`: the queue is full.
    fn send(&self, mode: Mode, batch: &OutBatch, record: &OutRecord) -> Result<bool, Error>;
    /// Serves delivery reports.
    fn poll(&self, timeout: Duration);
    /// Records of a slot that are not delivered yet.
    fn outstanding(&self, slot: usize) -> i64;
    /// The first failed delivery.
    fn delivery_failure(&self) -> Option<Error>;
    /// Why the open transaction failed, if it did.
    fn transaction_failure(&self) -> Option<Error>;
    /// Fences older producers of the same id and ends what they left open.
    fn init_transactions(&self, timeout: Duration) -> Result<(), Error>;
    /// Opens a transaction.
    fn begin(&self) -> Result<(), Error>;
    /// Adds offsets and commits; on any error the outcome is unknown.
    fn commit(&self, offsets: &[(Partition, i64)], group: &Self::Group, timeout: Duration) -> Result<(), Error>;
    /// Drops the open transaction.
    fn abort(&self, timeout: Duration) -> Result<(), Error>;
    /// Drops what is not delivered.
    fn purge(&self);
}

impl Broker for Producer {
    type Group = Group;

    fn send(&self, mode: Mode, batch: &OutBatch, record: &OutRecord) -> Result<bool, Error> {
        let (key, value) = (batch.key(record), batch.value(record));
        let to = (record.topic as usize, record.partition);
        Producer::send(self, mode, to.0, to.1, key, value, record.timestamp_ms, batch.headers(record))
    }

    fn poll(&self, timeout: Duration) {
        Producer::poll(self, timeout);
    }

    fn outstanding(&self, slot: usize) -> i64 {
        Producer::outstanding(self, slot)
    }

    fn delivery_failure(&self) -> Option<Error> {
        Producer::delivery_failure(self)
    }

    fn transaction_failure(&self) -> Option<Error> {
        Producer::transaction_failure(self)
    }

    fn init_transactions(&self, timeout: Duration) -> Result<(), Error> {
        Producer::init_transactions(self, timeout)
    }

    fn begin(&self) -> Result<(), Error> {
        Producer::begin(self)
    }

    fn commit(&self, offsets: &[(Partition, i64)], group: &Group, timeout: Duration) -> Result<(), Error> {
        Producer::commit(self, offsets, group, timeout)
    }

    fn abort(&self, timeout: Duration) -> Result<(), Error> {
        Producer::abort(self, timeout)
    }

    fn purge(&self) {
        Producer::purge(self);
    }
}
