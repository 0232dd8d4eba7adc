//! Records of Kafka topics, as a member of a consumer group.

use std::time::Duration;

use super::{Incoming, Source};
use crate::kafka::{Consumer, Error, Group, Partition, Rebalance};

/// How long a call waits that needs an answer of the broker.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A member of the group.
pub struct KafkaSource(Consumer);

impl KafkaSource {
    /// Wraps a consumer.
    pub fn new(consumer: Consumer) -> KafkaSource {
        KafkaSource(consumer)
    }
}

impl Source for KafkaSource {
    type Group = Group;

    fn fetch(&mut self, timeout: Duration, each: &mut dyn FnMut(Incoming<'_>)) -> Result<(), Error> {
        self.0.fetch(timeout, &mut |at, offset, record, headers_readable| {
            each(Incoming { at, offset, record, headers_readable });
        })
    }

    fn next_rebalance(&mut self) -> Option<Rebalance> {
        self.0.next_rebalance()
    }

    fn assignment_lost(&self) -> bool {
        self.0.assignment_lost()
    }

    fn assign(&mut self, partitions: &[(String, i32)]) -> Result<Vec<Partition>, Error> {
        self.0.assign(partitions)?;
        Ok(partitions.iter().filter_map(|p| self.locate(p)).collect())
    }

    fn unassign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        self.0.unassign(partitions)
    }

    fn locate(&self, (topic, partition): &(String, i32)) -> Option<Partition> {
        Some(Partition { topic: self.0.topic_index(topic)?, partition: *partition })
    }

    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<(Partition, Option<i64>)>, Error> {
        self.0.committed(partitions, ANSWER_TIMEOUT)
    }

    fn seek(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        self.0.seek(offsets, ANSWER_TIMEOUT)
    }

    fn pause(&mut self, partition: Partition) -> Result<(), Error> {
        self.0.pause(partition)
    }

    fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        self.0.commit(offsets)
    }

    fn lag(&self, partition: Partition, next: Option<i64>) -> Option<i64> {
        let (start, end) = self.0.watermarks(partition)?;
        let next = self.0.position(partition).max(next).unwrap_or(start);
        Some((end - next).max(0))
    }

    fn group(&self) -> Group {
        self.0.group()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.0.close()
    }
}
