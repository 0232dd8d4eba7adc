//! A member of the consumer group, fetching in batches.

use std::ffi::CString;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::{Offset, TopicPartitionList};

use super::client;
use super::error::{Error, ErrorKind};
use super::ffi::{Batch, GroupMetadata, Handle, Queue, Role};
use crate::config::Settings;
use crate::record::Record;

/// A partition of an input: the topic by its place in the config's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// Place of the topic in `Settings::inputs`.
    pub topic: usize,
    /// Number of the partition.
    pub partition: i32,
}

/// A change of the assignment, as the group tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebalance {
    /// These partitions are ours from now on, once we assign them.
    Assigned(Vec<(String, i32)>),
    /// These go to somebody else once we unassign them: commit first.
    Revoked(Vec<(String, i32)>),
    /// These already belong to somebody else: commit nothing.
    Lost(Vec<(String, i32)>),
}

/// Messages per fetch: large enough to make the call cheap, small enough for the cache.
const BATCH_MESSAGES: usize = 2048;

/// A consumer of the input topics.
pub struct Consumer {
    handle: Arc<Handle>,
    queue: Queue,
    batch: Batch,
    topics: Vec<String>,
    names: Vec<CString>,
    /// Topic objects met so far and their place in `topics`.
    known: Vec<(usize, usize)>,
}

/// Fresh group metadata, for a transaction.
pub struct Group(pub(super) GroupMetadata);

impl Consumer {
    /// Joins the group as worker `worker` of `workers`.
    pub fn new(settings: &Settings, worker: usize, workers: usize) -> Result<Consumer, Error> {
        let handle = Handle::new(Role::Consumer, &client::consumer(settings, worker, workers))?;
        let queue = handle.consumer_queue()?;
        let topics: Vec<String> = settings.inputs.iter().map(|input| input.name.clone()).collect();
        let mut list = TopicPartitionList::new();
        for topic in &topics {
            list.add_topic_unassigned(topic);
        }
        handle.subscribe(&list)?;
        let names = topics
            .iter()
            .map(|t| CString::new(t.as_str()))
            .collect::<Result<_, _>>()
            .map_err(|_| Error::new(ErrorKind::Config, "TOPIC", "a topic name holds NUL"))?;
        Ok(Consumer { handle, queue, batch: Batch::with_capacity(BATCH_MESSAGES), topics, names, known: Vec::new() })
    }

    /// Fetches up to 2,048 messages, for at most `timeout`, and hands each to `each` as
    /// `(partition, offset, record, headers could be read)`. Returns early when the group rebalances.
    ///
    /// # Errors
    /// A topic cannot be read; or this member is of no use any more ([`ErrorKind::Fatal`], [`ErrorKind::Fenced`]).
    pub fn fetch(
        &mut self,
        timeout: Duration,
        each: &mut dyn FnMut(Partition, i64, Record<'_>, bool),
    ) -> Result<(), Error> {
        self.queue.fetch(timeout, &mut self.batch);
        let mut headers = Vec::new();
        for message in self.batch.iter() {
            if let Some(error) = message.error() {
                // Transient faults heal inside librdkafka, which logs them; the rest ends the worker.
                match error.kind() {
                    ErrorKind::Authorization | ErrorKind::UnknownTopic | ErrorKind::Fatal | ErrorKind::Fenced => {
                        return Err(error.during("read an input topic"));
                    }
                    _ => {
                        tracing::warn!(error = %error, "the consumer reports a fault");
                        continue;
                    }
                }
            }
            let id = message.topic_id();
            let topic = match self.known.iter().find(|(known, _)| *known == id) {
                Some(&(_, topic)) => topic,
                None => {
                    let Some(topic) = self.topics.iter().position(|t| t == message.topic_name()) else { continue };
                    self.known.push((id, topic));
                    topic
                }
            };
            headers.clear();
            let readable = message.headers(&mut headers);
            let record = Record {
                key: message.key(),
                value: message.value(),
                headers: &headers,
                timestamp_ms: message.timestamp_ms(),
            };
            each(Partition { topic, partition: message.partition() }, message.offset(), record, readable);
        }
        drop(headers);
        self.batch.clear();
        // A batch fetch stays silent about the death of its client.
        self.handle.fatal_error().map_or(Ok(()), Err)
    }

    /// The next change of the assignment that has not been answered. Each must be answered by [`Consumer::assign`] or
    /// [`Consumer::unassign`].
    pub fn next_rebalance(&self) -> Option<Rebalance> {
        self.handle.next_rebalance()
    }

    /// Whether the assignment was lost since the rebalance was reported.
    pub fn assignment_lost(&self) -> bool {
        self.handle.assignment_lost()
    }

    /// Starts reading these partitions at their committed offsets.
    pub fn assign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        self.known.clear();
        let list = list_of_names(partitions);
        self.handle.assign(&list)?;
        // librdkafka remembers a pause of an earlier assignment: a partition that came back would never be read.
        self.handle.resume(&list)
    }

    /// Stops reading these partitions.
    pub fn unassign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        self.known.clear();
        self.handle.unassign(&list_of_names(partitions))
    }

    /// The place of a topic in the config's list.
    pub fn topic_index(&self, name: &str) -> Option<usize> {
        self.topics.iter().position(|t| t == name)
    }

    /// Committed offsets as the broker knows them (waiting for open transactions to end); `None`: never committed.
    pub fn committed(
        &self,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Vec<(Partition, Option<i64>)>, Error> {
        let list = self.list(partitions.iter().map(|&p| (p, Offset::Invalid)))?;
        self.handle.committed(&list, timeout)?;
        Ok(list
            .elements()
            .iter()
            .filter_map(|e| {
                let topic = self.topic_index(e.topic())?;
                let offset = if let Offset::Offset(o) = e.offset() { Some(o) } else { None };
                Some((Partition { topic, partition: e.partition() }, offset))
            })
            .collect())
    }

    /// Goes on reading at these offsets; what was fetched ahead is dropped.
    pub fn seek(&mut self, offsets: &[(Partition, i64)], timeout: Duration) -> Result<(), Error> {
        if offsets.is_empty() {
            return Ok(());
        }
        let list = self.list(offsets.iter().map(|&(p, o)| (p, Offset::Offset(o))))?;
        self.handle.seek(&list, timeout)
    }

    /// Stops fetching a partition until the next assignment.
    pub fn pause(&mut self, partition: Partition) -> Result<(), Error> {
        let list = self.list([(partition, Offset::Invalid)])?;
        self.handle.pause(&list)
    }

    /// Goes on fetching a partition that was paused.
    pub fn resume(&mut self, partition: Partition) -> Result<(), Error> {
        let list = self.list([(partition, Offset::Invalid)])?;
        self.handle.resume(&list)
    }

    /// The first offset and the end of what may be read, asked of the broker.
    pub fn ends(&self, partition: Partition, timeout: Duration) -> Result<(i64, i64), Error> {
        self.handle.query_watermarks(&self.names[partition.topic], partition.partition, timeout)
    }

    /// Commits offsets (each the next one to read) and waits for the answer.
    pub fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        if offsets.is_empty() {
            return Ok(());
        }
        let list = self.list(offsets.iter().map(|&(p, o)| (p, Offset::Offset(o))))?;
        self.handle.commit(&list)
    }

    /// The first offset and the end of a partition as the last fetch told them.
    pub fn watermarks(&self, partition: Partition) -> Option<(i64, i64)> {
        self.handle.watermarks(&self.names[partition.topic], partition.partition)
    }

    /// The next offset to read, markers of transactions passed over; `None` before the first record.
    pub fn position(&self, partition: Partition) -> Option<i64> {
        let list = self.list([(partition, Offset::Invalid)]).ok()?;
        self.handle.position(&list).ok()?;
        match list.elements().first()?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Fresh metadata of the group: a transaction that carries it is fenced once we are no member any more.
    pub fn group(&self) -> Group {
        Group(self.handle.group_metadata())
    }

    /// Leaves the group.
    pub fn close(&mut self) -> Result<(), Error> {
        self.batch.clear();
        self.handle.close()
    }

    fn list(&self, offsets: impl IntoIterator<Item = (Partition, Offset)>) -> Result<TopicPartitionList, Error> {
        offset_list(&self.topics, offsets)
    }
}

/// A list for librdkafka of partitions and offsets.
pub(super) fn offset_list(
    topics: &[String],
    offsets: impl IntoIterator<Item = (Partition, Offset)>,
) -> Result<TopicPartitionList, Error> {
    let mut list = TopicPartitionList::new();
    for (at, offset) in offsets {
        list.add_partition_offset(&topics[at.topic], at.partition, offset)
            .map_err(|e| Error::new(ErrorKind::Retriable, "OFFSETS", e.to_string()))?;
    }
    Ok(list)
}

fn list_of_names(partitions: &[(String, i32)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in partitions {
        list.add_partition(topic, *partition);
    }
    list
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

    use super::super::mock::Cluster;
    use super::*;
    use crate::config::{Secrets, from_str};

    /// Fetches until `until` says so of the records and changes so far, for 30 s at most.
    fn fetch_until(consumer: &mut Consumer, mut until: impl FnMut(usize, Option<Rebalance>) -> bool) -> bool {
        let since = Instant::now();
        let mut records = 0;
        while since.elapsed() < Duration::from_secs(30) {
            consumer.fetch(Duration::from_millis(20), &mut |_, _, _, _| records += 1).expect("a broker answers");
            let change = consumer.next_rebalance();
            if until(records, change) {
                return true;
            }
        }
        false
    }

    #[test]
    fn a_partition_that_was_paused_is_read_when_it_comes_back() {
        let cluster = Cluster::start(&["paused".to_owned()], 1).expect("a mock cluster");
        let brokers = cluster.brokers();
        let producer: BaseProducer =
            rdkafka::ClientConfig::new().set("bootstrap.servers", &brokers).create().expect("a producer");
        producer.send(BaseRecord::<(), [u8]>::to("paused").payload(b"{}")).expect("it is queued");
        producer.flush(Duration::from_secs(10)).expect("it is delivered");
        let yaml = format!("kafka: {{brokers: ['{brokers}']}}\ninput: {{topics: [{{name: paused, format: json}}]}}\n");
        let settings = from_str(&yaml, "consumer.yaml", Secrets::Skip).expect("valid YAML").settings;
        let mut consumer = Consumer::new(&settings, 0, 1).expect("a consumer");
        let mine = [("paused".to_owned(), 0)];
        let assigned = |_, change| matches!(change, Some(Rebalance::Assigned(_)));
        assert!(fetch_until(&mut consumer, assigned), "the group gives it the partition");
        consumer.assign(&mine).expect("it is assigned");
        consumer.pause(Partition { topic: 0, partition: 0 }).expect("it is paused");
        consumer.unassign(&mine).expect("it is given back");
        consumer.assign(&mine).expect("it is assigned again");
        assert!(fetch_until(&mut consumer, |records, _| records == 1), "it stays paused");
    }
}
