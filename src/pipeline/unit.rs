//! A unit of work: the records that become durable together.

use std::sync::Arc;
use std::time::Instant;

use super::live::Generation;
use super::scrub::Counts;
use crate::record::Reject;

/// Records that become durable together.
pub(super) struct Unit {
    /// The rules that scrubbed them, one set for all.
    pub rules: Arc<Generation>,
    pub since: Option<Instant>,
    pub records: usize,
    pub bytes: usize,
    pub counts: Counts,
    pub per_topic: Vec<TopicCounts>,
    /// Kafka timestamps of a sample of the records.
    pub timestamps_ms: Vec<i64>,
}

#[derive(Default, Clone)]
pub(super) struct TopicCounts {
    /// Read since they were told: that is done after every fetch, whatever becomes of the unit.
    pub records_in: u64,
    pub bytes_in: u64,
    pub records_out: u64,
    pub bytes_out: u64,
    pub rejected: [u64; Reject::LABELS.len()],
}

impl Unit {
    pub fn new(topics: usize, rules: &Arc<Generation>) -> Unit {
        Unit {
            rules: Arc::clone(rules),
            since: None,
            records: 0,
            bytes: 0,
            counts: Counts::default(),
            per_topic: vec![TopicCounts::default(); topics],
            timestamps_ms: Vec::new(),
        }
    }
}
