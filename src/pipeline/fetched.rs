//! The hands of a worker: what it does with each record that it has fetched, and what it counts until a unit is durable.

use std::time::Instant;

use super::binding::Purpose;
use super::breaker::Breaker;
use super::clock::now_ms;
use super::engine::{Engine, Place};
use super::scrub::Counts;
use crate::config::{InputTopic, Settings};
use crate::kafka::Partition;
use crate::pseudonymize::day_of;
use crate::record::Reject;
use crate::sink::{OutBatch, quarantine};
use crate::source::Incoming;
use crate::telemetry::PartitionMetrics;

/// One of so many records is measured for latency.
const LATENCY_SAMPLE: u64 = 64;

/// A partition that this worker reads.
pub(super) struct Assigned {
    pub(super) at: Partition,
    /// What was committed when it was assigned, if anything was and the broker said so.
    pub(super) committed: Option<i64>,
    /// First offset that was read since the assignment: where to begin again when nothing was ever committed.
    pub(super) first: Option<i64>,
    /// The next offset to read.
    pub(super) next: i64,
    /// Offsets below are part of a sealed unit.
    pub(super) sealed: i64,
    pub(super) paused: bool,
    pub(super) last_timestamp_ms: i64,
    pub(super) breaker: Breaker,
    pub(super) metrics: PartitionMetrics,
}

/// Records that become durable together.
#[derive(Default)]
pub(super) struct Unit {
    pub(super) since: Option<Instant>,
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) counts: Counts,
    pub(super) per_topic: Vec<TopicCounts>,
    /// Kafka timestamps of a sample of the records.
    pub(super) timestamps_ms: Vec<i64>,
    /// Where records stand that asked for their subject to be forgotten.
    pub(super) erasures: Vec<(Partition, i64)>,
}

#[derive(Default, Clone)]
pub(super) struct TopicCounts {
    /// Read since they were told: that is done after every fetch, whatever becomes of the unit.
    pub(super) records_in: u64,
    pub(super) bytes_in: u64,
    pub(super) records_out: u64,
    pub(super) bytes_out: u64,
    pub(super) rejected: [u64; Reject::LABELS.len()],
    pub(super) suppressed: u64,
    pub(super) saltless: u64,
    pub(super) erasures: u64,
}

impl Unit {
    pub(super) fn new(topics: usize) -> Unit {
        Unit { per_topic: vec![TopicCounts::default(); topics], ..Unit::default() }
    }
}

impl Assigned {
    pub(super) fn new(at: Partition, settings: &Settings) -> Assigned {
        Assigned {
            at,
            committed: None,
            first: None,
            next: 0,
            sealed: 0,
            paused: false,
            last_timestamp_ms: 0,
            breaker: Breaker::new(&settings.quarantine.breaker),
            metrics: PartitionMetrics::new(&settings.inputs[at.topic].name, at.partition),
        }
    }
}

/// The parts of a worker that handle a fetched record.
pub(super) struct Fetched<'a> {
    pub(super) settings: &'a Settings,
    pub(super) engine: &'a mut Engine,
    pub(super) batch: &'a mut OutBatch,
    pub(super) unit: &'a mut Unit,
    pub(super) partitions: &'a mut [Assigned],
    pub(super) trips: Vec<Partition>,
    /// A record of today came before today's salt: from it on nothing is taken.
    pub(super) early: bool,
    /// Place of the partition of the last record: the next one is mostly the same.
    pub(super) last: usize,
}

impl<'a> Fetched<'a> {
    /// Hands for one fetch.
    pub(super) fn new(
        settings: &'a Settings,
        engine: &'a mut Engine,
        batch: &'a mut OutBatch,
        unit: &'a mut Unit,
        partitions: &'a mut [Assigned],
    ) -> Fetched<'a> {
        Fetched { settings, engine, batch, unit, partitions, trips: Vec::new(), early: false, last: 0 }
    }

    /// Partitions whose breaker tripped, and whether a record of today came before today's salt.
    pub(super) fn end(self) -> (Vec<Partition>, bool) {
        (self.trips, self.early)
    }

    pub(super) fn record(&mut self, incoming: &Incoming<'_>) {
        if self.partitions.get(self.last).is_none_or(|p| p.at != incoming.at) {
            match self.partitions.iter().position(|p| p.at == incoming.at) {
                Some(at) => self.last = at,
                // Fetched ahead of a revocation that is done: it is somebody else's.
                None => return,
            }
        }
        let partition = &mut self.partitions[self.last];
        // A rewind may leave records in the queue that were already handled.
        if partition.paused || self.early || incoming.offset < partition.next {
            return;
        }
        if partition.first.is_none() {
            partition.first = Some(incoming.offset);
            partition.sealed = incoming.offset;
        }
        let input = &self.settings.inputs[incoming.at.topic];
        let record = &incoming.record;
        let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        let topic = &mut self.unit.per_topic[incoming.at.topic];
        let before = self.batch.bytes();
        let place = Place { topic: incoming.at.topic * 2, partition: incoming.at.partition };
        let result = if incoming.headers_readable {
            self.engine.process(input, record, place, self.batch)
        } else {
            Err(Reject::HeaderName)
        };
        let fate = result.unwrap_or_default();
        // A late event, or one of a day to come, is redacted; one of today is not, it waits.
        if fate.saltless && day_of(record.timestamp_ms) == day_of(now_ms()) {
            self.early = true;
            return;
        }
        match result {
            Ok(_) => {
                topic.records_out += u64::from(!fate.suppressed);
                topic.suppressed += u64::from(fate.suppressed);
                topic.saltless += u64::from(fate.saltless);
                topic.bytes_out += (self.batch.bytes() - before) as u64;
            }
            Err(reason) => {
                topic.rejected[reason.index()] += 1;
                quarantine_record(self.engine, self.batch, input, incoming, reason);
            }
        }
        if fate.purpose == Purpose::Erase {
            topic.erasures += 1;
            self.unit.erasures.push((incoming.at, incoming.offset));
        }
        partition.next = incoming.offset + 1;
        partition.last_timestamp_ms = record.timestamp_ms;
        if partition.breaker.record(result.is_err()) {
            partition.paused = true;
            self.trips.push(incoming.at);
        }
        topic.records_in += 1;
        topic.bytes_in += bytes as u64;
        self.unit.since.get_or_insert_with(Instant::now);
        if (self.unit.records as u64).is_multiple_of(LATENCY_SAMPLE) {
            self.unit.timestamps_ms.push(record.timestamp_ms);
        }
        self.unit.records += 1;
        self.unit.bytes += bytes;
    }
}

/// Appends what may be told of a rejected record.
fn quarantine_record(engine: &Engine, batch: &mut OutBatch, input: &InputTopic, incoming: &Incoming<'_>, why: Reject) {
    let at = quarantine::Coordinates {
        topic: &input.name,
        partition: incoming.at.partition,
        offset: incoming.offset,
        timestamp_ms: incoming.record.timestamp_ms,
    };
    let sealed = engine.sealed_payload(&incoming.record);
    quarantine::push(batch, incoming.at.topic * 2 + 1, at, why, sealed.payload());
}
