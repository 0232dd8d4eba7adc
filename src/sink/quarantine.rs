//! What is written of a record that cannot be read safely: where it stands and why, never what it holds.

use super::OutBatch;
use crate::record::Reject;

/// Header with the reason: one of [`Reject::LABELS`].
pub const REASON: &str = "sluice.reason";
/// Header with the input topic.
pub const TOPIC: &str = "sluice.topic";
/// Header with the input partition.
pub const PARTITION: &str = "sluice.partition";
/// Header with the input offset.
pub const OFFSET: &str = "sluice.offset";
/// Header with the Kafka timestamp of the record, ms.
pub const TIMESTAMP: &str = "sluice.timestamp";

/// Coordinates of a rejected record.
#[derive(Debug, Clone, Copy)]
pub struct Coordinates<'a> {
    /// Input topic.
    pub topic: &'a str,
    /// Input partition.
    pub partition: i32,
    /// Input offset.
    pub offset: i64,
    /// Kafka timestamp, ms.
    pub timestamp_ms: i64,
}

/// Appends the quarantine record of a rejected record: no key, no value, five headers.
pub fn push(batch: &mut OutBatch, output: usize, at: Coordinates<'_>, reason: Reject) {
    let mark = batch.mark();
    for (name, value) in [
        (REASON, reason.label().to_owned()),
        (TOPIC, at.topic.to_owned()),
        (PARTITION, at.partition.to_string()),
        (OFFSET, at.offset.to_string()),
        (TIMESTAMP, at.timestamp_ms.to_string()),
    ] {
        let name = batch.append(name.as_bytes());
        let value = batch.append(value.as_bytes());
        batch.header(name, Some(value));
    }
    batch.push(mark, (output, at.partition, at.timestamp_ms), None, None);
}
