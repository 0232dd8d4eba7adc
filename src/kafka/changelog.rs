//! Reads one partition of a compacted topic of our own from its beginning to its end.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::client;
use super::error::{Error, ErrorKind};
use super::ffi::{Batch, Handle, Queue, Role};
use crate::config::Settings;

/// Messages per fetch.
const BATCH_MESSAGES: usize = 4096;
/// How long a fetch may wait to be full: the last one never is.
const FETCH_TIMEOUT: Duration = Duration::from_millis(10);
/// How long a question to the broker may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A reader of one partition.
pub struct Changelog {
    queue: Queue,
    batch: Batch,
    /// The end when reading began, open transactions included: what is below may belong to what was committed.
    end: i64,
    /// All below was read, or will never be seen.
    position: i64,
    _handle: std::sync::Arc<Handle>,
}

impl Changelog {
    /// Begins to read `partition` of `topic`.
    ///
    /// The end is asked for as one who reads uncommitted records: committed offsets do not prove that the markers of
    /// their transaction have reached this partition, so what is not yet visible must be waited for.
    ///
    /// # Errors
    /// The broker does not answer, or the topic cannot be read.
    pub fn open(settings: &Settings, topic: &str, partition: i32) -> Result<Changelog, Error> {
        let failed = |e: rdkafka::error::KafkaError| {
            Error::new(ErrorKind::Retriable, "CHANGELOG", format!("ask for the end of {topic}[{partition}]: {e}"))
        };
        let mut config = client::changelog(settings);
        config.set("isolation.level", "read_uncommitted");
        let asker: BaseConsumer = config.create().map_err(|e| Error::config(&e))?;
        let (low, end) = asker.fetch_watermarks(topic, partition, ANSWER_TIMEOUT).map_err(failed)?;
        config.set("isolation.level", "read_committed");
        let handle = Handle::new(Role::Consumer, &config)?;
        let queue = handle.consumer_queue()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(low)).map_err(failed)?;
        handle.assign(&list)?;
        Ok(Changelog { queue, batch: Batch::with_capacity(BATCH_MESSAGES), end, position: low, _handle: handle })
    }

    /// Offsets still to be read: an upper bound of the records.
    pub fn left(&self) -> i64 {
        (self.end - self.position).max(0)
    }

    /// Hands over what arrives within `timeout` as key and value; `None` as value is a tombstone.
    ///
    /// # Errors
    /// The topic cannot be read, or `each` says so.
    pub fn read<E: From<Error>>(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let until = Instant::now() + timeout;
        while self.left() > 0 && Instant::now() < until {
            self.queue.fetch(FETCH_TIMEOUT, &mut self.batch);
            for message in self.batch.iter() {
                match message.error() {
                    None => each(message.key().unwrap_or_default(), message.value())?,
                    // The end of what is stable: where a transaction is open, more will come.
                    Some(e) if e.name() == "_PARTITION_EOF" => {
                        self.position = self.position.max(message.offset());
                        continue;
                    }
                    Some(e)
                        if matches!(
                            e.kind(),
                            ErrorKind::Authorization | ErrorKind::UnknownTopic | ErrorKind::Fatal
                        ) =>
                    {
                        return Err(e.during("read the changelog").into());
                    }
                    Some(e) => {
                        tracing::warn!(error = %e, "a fault while reading the changelog");
                        continue;
                    }
                }
                self.position = self.position.max(message.offset() + 1);
            }
            self.batch.clear();
        }
        Ok(())
    }
}
