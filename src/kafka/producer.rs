//! Sends records and makes them durable: by transactions, or by counting deliveries.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::Offset;

use super::client;
use super::consumer::{Group, Partition, offset_list};
use super::error::{Error, ErrorKind};
use super::ffi::{DELIVERY_SLOTS, Handle, Produce, Role, TopicHandle};
use crate::config::Settings;

/// Whether messages belong to transactions or are counted one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Part of the open transaction.
    Transaction,
    /// Counted in this slot until the broker has it.
    Counted(usize),
}

/// A producer. Sending is for one thread; the transaction calls may come from another.
pub struct Producer {
    handle: Arc<Handle>,
    topics: Vec<TopicHandle>,
    inputs: Vec<String>,
}

impl Producer {
    /// Number of slots for [`Mode::Counted`].
    pub const SLOTS: usize = DELIVERY_SLOTS;

    /// A producer of worker `worker`, to the output topics `topics`. With transactions it is not ready until
    /// [`Producer::init_transactions`].
    pub fn new(
        settings: &Settings,
        worker: usize,
        workers: usize,
        message_max_bytes: usize,
        topics: &[String],
    ) -> Result<Producer, Error> {
        let config = client::producer(settings, worker, workers, message_max_bytes);
        let handle = Handle::new(Role::Producer, &config)?;
        let topics = topics.iter().map(|name| handle.topic(name)).collect::<Result<_, _>>()?;
        let inputs = settings.inputs.iter().map(|input| input.name.clone()).collect();
        Ok(Producer { handle, topics, inputs })
    }

    /// Queues a message for topic number `topic`. `Ok(false)`: the queue is full, poll and try again.
    #[allow(clippy::too_many_arguments)] // the parts of a Kafka record
    pub fn send<'h>(
        &self,
        mode: Mode,
        topic: usize,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        timestamp_ms: i64,
        headers: impl ExactSizeIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
    ) -> Result<bool, Error> {
        let slot = match mode {
            Mode::Transaction => None,
            Mode::Counted(slot) => Some(slot),
        };
        let message = Produce { partition, key, value, timestamp_ms, slot };
        self.handle.produce(&self.topics[topic], &message, headers)
    }

    /// Serves delivery reports.
    pub fn poll(&self, timeout: Duration) {
        self.handle.poll(timeout);
    }

    /// Messages of a slot that are not yet delivered.
    pub fn outstanding(&self, slot: usize) -> i64 {
        self.handle.outstanding(slot)
    }

    /// The first failed delivery since the producer was made.
    pub fn delivery_failure(&self) -> Option<Error> {
        self.handle.delivery_failure()
    }

    /// Waits until all messages are delivered.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        self.handle.flush(timeout)
    }

    /// Fences older producers of the same id and ends what they left open.
    pub fn init_transactions(&self, timeout: Duration) -> Result<(), Error> {
        // The C call may be repeated after a time-out; in between, callbacks are served for their log lines.
        let deadline = std::time::Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            match self.handle.init_transactions(left.min(Duration::from_secs(5))) {
                Err(e) if e.kind() == ErrorKind::Retriable && !left.is_zero() => {
                    self.handle.poll(Duration::ZERO);
                }
                other => return other,
            }
        }
    }

    /// Opens a transaction.
    pub fn begin(&self) -> Result<(), Error> {
        self.handle.begin_transaction()
    }

    /// Adds offsets (each the next one to read) and commits. Blocks; on any error the outcome must be taken as unknown.
    pub fn commit(&self, offsets: &[(Partition, i64)], group: &Group, timeout: Duration) -> Result<(), Error> {
        let list = offset_list(&self.inputs, offsets.iter().map(|&(p, o)| (p, Offset::Offset(o))))?;
        self.handle.send_offsets(&list, &group.0, timeout)?;
        self.handle.commit_transaction(timeout)
    }

    /// Aborts the open transaction: what was queued is dropped, and its failures are forgotten.
    pub fn abort(&self, timeout: Duration) -> Result<(), Error> {
        self.handle.purge();
        self.handle.abort_transaction(timeout)?;
        self.handle.poll(Duration::ZERO);
        self.handle.forget_failures();
        Ok(())
    }

    /// Why the open transaction failed, if it did. Asked by a call that is refused in either case: a transaction cannot
    /// be begun twice.
    pub fn transaction_failure(&self) -> Option<Error> {
        self.handle.begin_transaction().err().filter(|e| e.name() != "_STATE")
    }

    /// Drops everything that is not delivered.
    pub fn purge(&self) {
        self.handle.purge();
        self.handle.poll(Duration::ZERO);
    }
}
