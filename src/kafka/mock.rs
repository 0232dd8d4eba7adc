//! An in-process Kafka (librdkafka's mock cluster), for the demo and quick tests.
//!
//! It writes no abort markers and stores no transactional offsets: it proves nothing about exactly-once.

use rdkafka::mocking::MockCluster;

use super::error::{Error, ErrorKind};

/// A running mock cluster; ends when dropped.
pub struct Cluster(MockCluster<'static, rdkafka::producer::DefaultProducerContext>);

impl Cluster {
    /// Starts one broker with these topics, each with `partitions` partitions.
    pub fn start(topics: &[String], partitions: i32) -> Result<Cluster, Error> {
        let mock = |e: rdkafka::error::KafkaError| Error::new(ErrorKind::Retriable, "MOCK", e.to_string());
        let cluster = MockCluster::new(1).map_err(mock)?;
        for topic in topics {
            cluster.create_topic(topic, partitions, 1).map_err(mock)?;
        }
        Ok(Cluster(cluster))
    }

    /// `host:port`.
    pub fn brokers(&self) -> String {
        self.0.bootstrap_servers()
    }
}
