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

/// Header that is there when payloads are sealed: [`Payload`].
pub const PAYLOAD: &str = "sluice.payload";

/// What is told of the record itself.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// Nothing: the config names no recipient. There is no header.
    None,
    /// It is sealed: an age file, the value of the quarantine record. The header says `sealed`.
    Sealed(&'a [u8]),
    /// It could not be sealed, or sealed it is larger than the topic takes: the header says `omitted`.
    Omitted,
}

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

/// Appends the quarantine record of a rejected record: no key, five headers, and what may be told of the record.
pub fn push(batch: &mut OutBatch, output: usize, at: Coordinates<'_>, reason: Reject, payload: Payload<'_>) {
    let mark = batch.mark();
    let told = match payload {
        Payload::None => None,
        Payload::Sealed(_) => Some("sealed"),
        Payload::Omitted => Some("omitted"),
    };
    for (name, value) in [
        (REASON, Some(reason.label().to_owned())),
        (TOPIC, Some(at.topic.to_owned())),
        (PARTITION, Some(at.partition.to_string())),
        (OFFSET, Some(at.offset.to_string())),
        (TIMESTAMP, Some(at.timestamp_ms.to_string())),
        (PAYLOAD, told.map(str::to_owned)),
    ] {
        let Some(value) = value else { continue };
        let name = batch.append(name.as_bytes());
        let value = batch.append(value.as_bytes());
        batch.header(name, Some(value));
    }
    let value = match payload {
        Payload::Sealed(file) => Some(batch.append(file)),
        Payload::None | Payload::Omitted => None,
    };
    batch.push(mark, (output, at.partition, at.timestamp_ms), None, value);
}
