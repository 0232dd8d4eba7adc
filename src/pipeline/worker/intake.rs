//! What a worker does with a fetched record: it goes scrubbed into the batch, or its coordinates into the quarantine, and
//! its signals behind it.

use std::sync::Arc;
use std::time::Instant;

use super::{Assigned, LATENCY_SAMPLE};
use crate::config::Settings;
use crate::kafka::Partition;
use crate::pipeline::audit::{Audit, What};
use crate::pipeline::clock::now_ms;
use crate::pipeline::engine::{Engine, Fate, Place, Seat};
use crate::pipeline::live::Generation;
use crate::pipeline::scrub::Counts;
use crate::pseudonymize::day_of;
use crate::record::Reject;
use crate::signals::mapping::Unmapped;
use crate::sink::{OutBatch, quarantine};
use crate::source::Incoming;
use crate::state::Tasks;

/// Records that become durable together.
pub struct Unit {
    /// The rules that scrubbed them, one set for all.
    pub(super) rules: Arc<Generation>,
    pub(super) since: Option<Instant>,
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) counts: Counts,
    pub(super) per_topic: Vec<TopicCounts>,
    /// Signals, as places of rule and severity.
    pub(super) signals: Vec<(usize, usize)>,
    /// Kafka timestamps of a sample of the records.
    pub(super) timestamps_ms: Vec<i64>,
    /// Where records stand that asked for their subject to be forgotten, and why nothing is, if so.
    pub(super) erasures: Vec<(Partition, i64, Option<Unmapped>)>,
}

/// What a topic gave and got.
#[derive(Default, Clone)]
pub struct TopicCounts {
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
    /// Of so many inputs, by these rules.
    pub fn new(topics: usize, rules: &Arc<Generation>) -> Unit {
        Unit {
            rules: Arc::clone(rules),
            since: None,
            records: 0,
            bytes: 0,
            counts: Counts::default(),
            per_topic: vec![TopicCounts::default(); topics],
            signals: Vec::new(),
            timestamps_ms: Vec::new(),
            erasures: Vec::new(),
        }
    }

    /// Before the commit: a record of an erasure may come twice, and is never missing.
    pub(super) fn audit_erasures(&mut self, settings: &Settings) {
        for (at, offset, unmapped) in self.erasures.drain(..) {
            let (partition, offset) = (at.partition.to_string(), offset.to_string());
            let topic = settings.inputs[at.topic].name.as_str();
            let why = unmapped.map(Unmapped::no_erasure);
            let of = [("topic", topic), ("partition", partition.as_str()), ("offset", offset.as_str())];
            Audit::new(settings.audit.clone()).write_or_log(What::Erase, &of, why.as_deref());
        }
    }
}

impl TopicCounts {
    fn count(&mut self, fate: Fate, passed: bool) {
        self.records_out += u64::from(passed && !fate.suppressed);
        self.suppressed += u64::from(fate.suppressed);
        self.saltless += u64::from(fate.saltless);
        self.erasures += u64::from(fate.erasure() == Some(None));
    }
}

/// The parts of a worker that handle a fetched record.
pub struct Fetched<'a> {
    pub(super) settings: &'a Settings,
    pub(super) engine: &'a mut Engine,
    pub(super) batch: &'a mut OutBatch,
    pub(super) unit: &'a mut Unit,
    pub(super) partitions: &'a mut [Assigned],
    /// Number of the output topic of signals.
    pub(super) signals_to: usize,
    pub(super) trips: Vec<Partition>,
    /// A record of today came before today's salt: from it on nothing is taken.
    pub(super) early: bool,
    /// Place of the partition of the last record: the next one is mostly the same.
    pub(super) last: usize,
}

impl Fetched<'_> {
    /// Whether so much waits to be sent that no more should be handed over.
    pub fn is_full(&self, arena_bytes: usize) -> bool {
        self.batch.bytes() >= arena_bytes
    }

    /// Scrubs a record into the batch; `task`: state of its task and its lane there, if it is a signal input's.
    pub fn record(&mut self, incoming: &Incoming<'_>, task: Option<(&mut Tasks, usize)>) {
        if self.partitions.get(self.last).is_none_or(|p| p.at != incoming.at) {
            match self.partitions.iter().position(|p| p.at == incoming.at) {
                Some(at) => self.last = at,
                // Fetched ahead of a revocation that is done: it is somebody else's.
                None => return,
            }
        }
        let partition = &mut self.partitions[self.last];
        // A rewind may leave records in the queue that were already handled.
        if partition.paused || incoming.offset < partition.next {
            return;
        }
        // Before anything can turn it away: where nothing is committed yet, the way back leads to the first one read.
        partition.begin(incoming.offset);
        if self.early {
            return;
        }
        let at_ms = incoming.record.timestamp_ms;
        if !self.engine.has_salt_of(at_ms) && day_of(at_ms) == day_of(now_ms()) {
            // A late event, or one of a day to come, is redacted; one of today is not, it waits.
            self.early = true;
            return;
        }
        let input = &self.settings.inputs[incoming.at.topic];
        let record = &incoming.record;
        let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        let topic = &mut self.unit.per_topic[incoming.at.topic];
        let before = self.batch.bytes();
        let place = Place { topic: incoming.at.topic * 2, partition: incoming.at.partition, offset: incoming.offset };
        let seat = task.and_then(|(tasks, lane)| {
            tasks.handled(place.partition, lane, incoming.offset);
            let store = tasks.at(place.partition, lane, incoming.offset)?;
            Some(Seat { store, topic: &input.name })
        });
        let result = if incoming.headers_readable {
            self.engine.process(input, record, place, seat, self.batch)
        } else {
            Err(Reject::HeaderName)
        };
        match result {
            Ok(fate) => {
                topic.bytes_out += (self.batch.bytes() - before) as u64;
                topic.count(fate, !input.internal);
                self.unit.erasures.extend(fate.erasure().map(|why| (incoming.at, incoming.offset, why)));
                if let Some(watch) = self.engine.watch() {
                    let to = (self.signals_to, place.partition, record.timestamp_ms);
                    watch.send(to, self.batch, &mut self.unit.signals);
                }
            }
            Err(reason) => {
                topic.rejected[reason.index()] += 1;
                quarantine_record(self.engine, self.batch, &input.name, incoming, reason);
            }
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
fn quarantine_record(engine: &Engine, batch: &mut OutBatch, topic: &str, incoming: &Incoming<'_>, why: Reject) {
    let (partition, timestamp_ms) = (incoming.at.partition, incoming.record.timestamp_ms);
    let at = quarantine::Coordinates { topic, partition, offset: incoming.offset, timestamp_ms };
    let sealed = engine.sealed_payload(&incoming.record);
    quarantine::push(batch, incoming.at.topic * 2 + 1, at, why, sealed.payload());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secrets, from_str};
    use crate::pipeline::live::Live;
    use crate::pipeline::plan::Plan;
    use crate::pseudonymize::{KeyRing, SharedRing};
    use crate::record::Record;

    #[test]
    fn the_way_back_leads_to_what_came_before_its_salt_in_every_partition() {
        let yaml = "input: {topics: [{name: a}]}\npseudonyms: {epochs: {ip: daily}, salts: {topic: s}}\n";
        let loaded = from_str(yaml, "f", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a ring");
        let plan = Arc::new(Plan::compile(&loaded, SharedRing::fixed(ring).into()).expect("compiles"));
        let (mut engine, mut batch) = (Engine::new(&plan, 1 << 20), OutBatch::new());
        let mut unit = Unit::new(1, &Live::new(&plan).newest());
        let at = |partition| Partition { topic: 0, partition };
        let mut partitions = [0, 1].map(|partition| Assigned::new(at(partition), &loaded.settings));
        let mut hand = Fetched {
            settings: &loaded.settings,
            engine: &mut engine,
            batch: &mut batch,
            unit: &mut unit,
            partitions: &mut partitions,
            signals_to: 0,
            trips: Vec::new(),
            early: false,
            last: 0,
        };
        // The second one comes in the same fetch, behind the one that makes all wait.
        for (partition, offset) in [(0, 7), (1, 9), (1, 10)] {
            let value = Some(&br#"{"ip":"203.0.113.77"}"#[..]);
            let record = Record { key: None, value, headers: &[], timestamp_ms: now_ms() };
            hand.record(&Incoming { at: at(partition), offset, record, headers_readable: true }, None);
        }
        assert!(hand.early && hand.batch.is_empty(), "nothing goes on without a salt");
        let firsts = partitions.each_ref().map(|p| (p.first, p.next));
        assert_eq!(firsts, [(Some(7), 7), (Some(9), 9)], "neither is passed over where nothing is committed");
    }
}
