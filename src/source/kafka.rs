//! Records of Kafka topics, as a member of a consumer group.

use std::time::Duration;

use super::{Incoming, Source};
use crate::kafka::{Consumer, Error, Group, Partition, Rebalance};

/// How long a call waits that needs an answer of the broker.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A member of the group.
pub struct KafkaSource<F> {
    member: Consumer,
    /// Makes a new member.
    remake: F,
}

impl<F: FnMut() -> Result<Consumer, Error>> KafkaSource<F> {
    /// Joins with the consumer that `remake` makes.
    ///
    /// # Errors
    /// Those of `remake`.
    pub fn new(mut remake: F) -> Result<KafkaSource<F>, Error> {
        Ok(KafkaSource { member: remake()?, remake })
    }
}

impl<F: FnMut() -> Result<Consumer, Error>> Source for KafkaSource<F> {
    type Group = Group;

    fn fetch(&mut self, timeout: Duration, each: &mut dyn FnMut(Incoming<'_>)) -> Result<(), Error> {
        self.member.fetch(timeout, &mut |at, offset, record, headers_readable| {
            each(Incoming { at, offset, record, headers_readable });
        })
    }

    fn next_rebalance(&mut self) -> Option<Rebalance> {
        self.member.next_rebalance()
    }

    fn assignment_lost(&self) -> bool {
        self.member.assignment_lost()
    }

    fn assign(&mut self, partitions: &[(String, i32)]) -> Result<Vec<Partition>, Error> {
        self.member.assign(partitions)?;
        Ok(partitions.iter().filter_map(|p| self.locate(p)).collect())
    }

    fn unassign(&mut self, partitions: &[(String, i32)]) -> Result<(), Error> {
        self.member.unassign(partitions)
    }

    fn locate(&self, (topic, partition): &(String, i32)) -> Option<Partition> {
        Some(Partition { topic: self.member.topic_index(topic)?, partition: *partition })
    }

    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<(Partition, Option<i64>)>, Error> {
        self.member.committed(partitions, ANSWER_TIMEOUT)
    }

    fn seek(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        self.member.seek(offsets, ANSWER_TIMEOUT)
    }

    fn pause(&mut self, partition: Partition) -> Result<(), Error> {
        self.member.pause(partition)
    }

    fn resume(&mut self, partition: Partition) -> Result<(), Error> {
        self.member.resume(partition)
    }

    fn ends(&mut self, partition: Partition) -> Result<(i64, i64), Error> {
        self.member.ends(partition, ANSWER_TIMEOUT)
    }

    fn commit(&mut self, offsets: &[(Partition, i64)]) -> Result<(), Error> {
        self.member.commit(offsets)
    }

    fn lag(&self, partition: Partition, next: Option<i64>) -> Option<i64> {
        let (start, end) = self.member.watermarks(partition)?;
        let next = self.member.position(partition).max(next).unwrap_or(start);
        Some((end - next).max(0))
    }

    fn group(&self) -> Group {
        self.member.group()
    }

    fn renew(&mut self) -> Result<(), Error> {
        self.member = (self.remake)()?;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        self.member.close()
    }
}
