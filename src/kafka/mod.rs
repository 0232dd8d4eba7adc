//! Kafka: clients, transactions and topics of our own. The only importer of `rdkafka`; others get safe, small types.
//!
//! ```text
//! changelog reads a topic of our own from its beginning to its end
//! client    how a client is configured, from the settings
//! start     what is checked (or created) before the first record: brokers, rights, topics, partitions
//! state     what the topics of account state must be like
//! consumer  a member of the group: fetch, assignment, positions
//! topic     topics that are read and written as a whole: salts, quarantine
//! producer  sends records, counts deliveries, runs transactions
//! ffi       the C calls
//! ```

mod changelog;
mod client;
mod consumer;
mod error;
mod ffi;
pub mod mock;
mod producer;
mod start;
mod state;
pub mod topic;

pub use changelog::Changelog;
pub use consumer::{Consumer, Group, Partition, Rebalance};
pub use error::{Error, ErrorKind};
pub use producer::{Mode, Producer};
pub use start::{Missing, Topology, prepare};

/// Version of the librdkafka that is built in.
pub fn librdkafka_version() -> String {
    rdkafka::util::get_rdkafka_version().1
}
