//! A whole record through the scrubber: value, key and headers, into the batch that goes out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::binding::Purpose;
use super::objection::Objections;
use super::payload::Payload;
use super::plan::Plan;
use super::scrub::{Counts, Scrubber};
use super::signal_plan::SignalPlan;
use super::watch::{Rekey, Watch};
use crate::config::{BinaryKey, InputTopic};
use crate::record::{PathId, Record, Reject, Span};
use crate::signals::mapping::Unmapped;
use crate::sink::{Mark, OutBatch, quarantine};
use crate::state::tasks::TaskStore;

/// Bytes that Kafka adds to a record at most, besides key, value and headers.
const RECORD_OVERHEAD_BYTES: usize = 128;

/// Bytes of a quarantine record besides its payload: coordinates, reason, and Kafka's own.
const QUARANTINE_OVERHEAD_BYTES: usize = 1024;

/// Where a record goes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Number of the output topic.
    pub topic: usize,
    /// Partition, the same as that of the input.
    pub partition: i32,
    /// Offset of the record in its input.
    pub offset: i64,
}

/// What became of a record that could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fate {
    /// It carries a listed pseudonym: it was dropped, and nothing was appended.
    pub suppressed: bool,
    /// Values of it were redacted because the salt of its day is gone, or its day is not yet.
    pub saltless: bool,
    /// What it is about.
    pub purpose: Purpose,
    /// Why it told signals nothing, if they looked at it: an erasure has taken nothing then.
    pub unmapped: Option<Unmapped>,
}

impl Fate {
    /// Whether it asked for its subject to be forgotten; the inner value: why nothing is.
    pub fn erasure(&self) -> Option<Option<Unmapped>> {
        (self.purpose == Purpose::Erase).then_some(self.unmapped)
    }
}

/// The payload of a quarantine record, sealed or not.
pub enum SealedPayload {
    /// Nobody may open payloads.
    None,
    /// An age file.
    Sealed(Vec<u8>),
    /// Too large, or not to be sealed.
    Omitted,
}

impl SealedPayload {
    /// As the quarantine takes it.
    pub fn payload(&self) -> quarantine::Payload<'_> {
        match self {
            SealedPayload::None => quarantine::Payload::None,
            SealedPayload::Sealed(file) => quarantine::Payload::Sealed(file),
            SealedPayload::Omitted => quarantine::Payload::Omitted,
        }
    }
}

/// Where a record of a signal input stands, with the state of its task.
pub struct Seat<'a> {
    /// State of the task's accounts.
    pub store: TaskStore<'a>,
    /// Input topic.
    pub topic: &'a str,
}

/// The engine of one worker.
pub struct Engine {
    plan: Arc<Plan>,
    scrubber: Scrubber,
    objections: Objections,
    watch: Option<Watch>,
    /// Largest record that the outputs take.
    message_max_bytes: usize,
}

impl Engine {
    /// An engine by `plan`, for outputs that take records of `message_max_bytes`.
    pub fn new(plan: &Arc<Plan>, message_max_bytes: usize) -> Engine {
        let (scrubber, objections) = (Scrubber::new(Arc::clone(plan)), Objections::new(plan));
        Engine { scrubber, objections, watch: None, plan: Arc::clone(plan), message_max_bytes }
    }

    /// The same, which judges the records of signal inputs.
    #[must_use]
    pub fn watching(mut self, plan: &Arc<SignalPlan>, rekey: Option<Rekey>) -> Engine {
        self.watch = Some(Watch::new(plan, &mut self.scrubber, rekey));
        self
    }

    /// What judges, if anything does.
    pub fn watch(&mut self) -> Option<&mut Watch> {
        self.watch.as_mut()
    }

    /// Takes over other rules; call between units of work.
    pub fn renew(&mut self, plan: &Arc<Plan>) {
        self.plan = Arc::clone(plan);
        self.begin_anew();
    }

    fn begin_anew(&mut self) {
        self.scrubber = Scrubber::new(Arc::clone(&self.plan));
        self.objections = Objections::new(&self.plan);
        if let Some(watch) = &mut self.watch {
            watch.renew(&mut self.scrubber);
        }
    }

    /// Picks up a swapped key ring; call between batches.
    pub fn refresh(&mut self) {
        self.scrubber.refresh();
        self.objections.refresh();
        if let Some(watch) = &mut self.watch {
            watch.watcher().refresh();
        }
    }

    /// Whether all that tokens of this day need is there. Before that, records of the day must wait.
    pub fn has_salt_of(&mut self, timestamp_ms: i64) -> bool {
        self.scrubber.pseudonymizer().has_salt_of(timestamp_ms)
    }

    /// Appends the scrubbed record to `out`, a tombstone once for each token that its key may have been given.
    ///
    /// # Errors
    /// Why it cannot be passed on; `out` is then as before.
    pub fn process(
        &mut self,
        input: &InputTopic,
        record: &Record<'_>,
        place: Place,
        seat: Option<Seat<'_>>,
        out: &mut OutBatch,
    ) -> Result<Fate, Reject> {
        let mark = out.mark();
        // A fault of ours must neither stop the stream nor let the record pass. The scrubber starts each record anew.
        let result = catch_unwind(AssertUnwindSafe(|| self.all(input, record, place, seat, out)));
        let result = result.unwrap_or_else(|_| {
            self.begin_anew();
            Err(Reject::Internal)
        });
        if result.is_err() || result.is_ok_and(|fate| fate.suppressed) {
            out.undo(mark);
        }
        result
    }

    /// The record as it came, sealed to the recipients of the quarantine.
    pub fn sealed_payload(&self, record: &Record<'_>) -> SealedPayload {
        let Some(sealer) = &self.plan.quarantine_sealer else { return SealedPayload::None };
        let payload = zeroize::Zeroizing::new(Payload::of(record).to_bytes());
        let file =
            sealer.seal(&payload).filter(|file| file.len() + QUARANTINE_OVERHEAD_BYTES <= self.message_max_bytes);
        file.map_or(SealedPayload::Omitted, SealedPayload::Sealed)
    }

    fn all(
        &mut self,
        input: &InputTopic,
        record: &Record<'_>,
        place: Place,
        seat: Option<Seat<'_>>,
        out: &mut OutBatch,
    ) -> Result<Fate, Reject> {
        if input.internal {
            if let (Some(watch), Some(seat), Some(value)) = (&mut self.watch, seat, record.value) {
                watch.receive(value, seat);
            }
            return Ok(Fate::default());
        }
        self.scrubber.begin(record.timestamp_ms)?;
        self.scrubber.origin(&input.name, record.headers);
        self.scrubber.bind_to(input.format, record.value)?;
        let Some(raw) = record.value else {
            // A tombstone deletes: even one of somebody who has objected goes through.
            self.tombstones(record, place, out)?;
            return Ok(Fate { saltless: self.scrubber.pseudonymizer().notes().saltless, ..Fate::default() });
        };
        let mark = out.mark();
        let key = self.key_and_headers(record, out)?;
        // The value last: an account is only touched by a record that passes, and by the tape of its value.
        let from = out.bytes();
        self.scrubber.value(input.format, raw, out.arena())?;
        let notes = self.scrubber.pseudonymizer().notes();
        let whole = (&*input.name, input.format, record);
        let listed = self.objections.are_in(whole, &mut self.scrubber, out.since(mark));
        let purpose = self.scrubber.purpose();
        // Who has objected may be forgotten as well: consumers must hear of it.
        let suppressed = listed && purpose == Purpose::Event;
        let mut fate = Fate { suppressed, saltless: notes.saltless, purpose, unmapped: None };
        if suppressed {
            return Ok(fate);
        }
        if let (Some(watch), Some(seat)) = (&mut self.watch, seat) {
            fate.unmapped =
                watch.observe((raw, record.timestamp_ms), place, seat, &mut self.scrubber, (from, out.arena()));
        }
        let value = out.span_from(from);
        self.push(mark, record, place, (key, Some(value)), out)?;
        if let Some(watch) = &mut self.watch {
            let forwarded = watch.forward((raw, record.timestamp_ms), input, place, &mut self.scrubber, out);
            fate.unmapped = fate.unmapped.or(forwarded);
        }
        Ok(fate)
    }

    /// A compacted topic holds a value under each token that its key was given: each of them must go.
    fn tombstones(&mut self, record: &Record<'_>, place: Place, out: &mut OutBatch) -> Result<(), Reject> {
        let mut done: Vec<Vec<u8>> = Vec::new();
        for variant in 0..self.scrubber.pseudonymizer().variants() {
            if !self.scrubber.pseudonymizer().choose_variant(variant) {
                continue;
            }
            let mark = out.mark();
            let key = self.key_and_headers(record, out)?;
            let bytes = key.map(|key| out.slice(key).to_vec()).unwrap_or_default();
            if done.contains(&bytes) {
                out.undo(mark);
                continue;
            }
            self.push(mark, record, place, (key, None), out)?;
            done.push(bytes);
        }
        Ok(())
    }

    fn push(
        &mut self,
        mark: Mark,
        record: &Record<'_>,
        place: Place,
        (key, value): (Option<Span>, Option<Span>),
        out: &mut OutBatch,
    ) -> Result<(), Reject> {
        let bytes = out.appended(mark) + RECORD_OVERHEAD_BYTES + 16 * record.headers.len();
        if bytes > self.message_max_bytes {
            return Err(Reject::OutputTooLarge);
        }
        out.push(mark, (place.topic, place.partition, record.timestamp_ms), key, value);
        Ok(())
    }

    fn key_and_headers(&mut self, record: &Record<'_>, out: &mut OutBatch) -> Result<Option<Span>, Reject> {
        let key = record.key.map(|raw| self.key(raw, out)).transpose();
        for &(name, value) in record.headers {
            self.header(name, value, out)?;
        }
        key
    }

    /// A key is scrubbed like a text at the path `@key`: equal keys stay equal, so partitioning by account survives.
    fn key(&mut self, raw: &[u8], out: &mut OutBatch) -> Result<Span, Reject> {
        let from = out.bytes();
        match self.scrubber.key(raw, out.arena()) {
            Ok(()) => Ok(out.span_from(from)),
            Err(Reject::InvalidUtf8) if self.plan.binary_key == BinaryKey::Keep => Ok(out.append(raw)),
            Err(Reject::InvalidUtf8) => Err(Reject::KeyNotText),
            Err(other) => Err(other),
        }
    }

    fn header(&mut self, name: &[u8], value: Option<&[u8]>, out: &mut OutBatch) -> Result<(), Reject> {
        let text = std::str::from_utf8(name).map_err(|_| Reject::HeaderName)?;
        let from = out.bytes();
        self.scrubber.text(PathId::HEADERS, name, out.arena())?;
        let name = out.span_from(from);
        let from = out.bytes();
        let value = match value {
            None => None,
            Some(raw) => match self.scrubber.header(text, raw, out.arena()) {
                Some(()) => Some(out.span_from(from)),
                None => return Ok(()),
            },
        };
        out.header(name, value);
        Ok(())
    }

    /// Tells of every field anew: what was told last was thrown away with its records.
    pub fn forget_told(&mut self) {
        self.scrubber.forget_told();
    }

    /// Takes what was found since the last call.
    pub fn take_counts(&mut self) -> Counts {
        self.scrubber.take_counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SharedRing, StateKey};

    #[test]
    fn an_erasure_whose_account_cannot_be_read_has_taken_nothing_and_says_why() {
        let yaml = "erase: {field: e, equals: erase}\n\
                    signals: {fields: {time: t, account: a}, events: [{kind: login, when: {e: login}}]}\n";
        let loaded = from_str(yaml, "test.yaml", Secrets::Skip).expect("valid YAML");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Arc::new(Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles"));
        let signals = SignalPlan::compile(&loaded, Arc::new(StateKey::new(&[7; 32]))).expect("compiles");
        let rekey = Rekey { inputs: vec![0], to: 1, partitions: 1 };
        let mut engine = Engine::new(&plan, 1 << 20).watching(&Arc::new(signals.expect("signals")), Some(rekey));
        let input = InputTopic { name: "logins".to_owned(), format: Format::Json, internal: false };
        let mut erasure = |value: &str| {
            let record = Record { key: None, value: Some(value.as_bytes()), headers: &[], timestamp_ms: 0 };
            let place = Place { topic: 0, partition: 0, offset: 0 };
            engine.process(&input, &record, place, None, &mut OutBatch::new()).expect("it passes").erasure()
        };
        assert_eq!(erasure(r#"{"e":"erase","a":"7"}"#), Some(None));
        assert_eq!(erasure(r#"{"e":"erase"}"#), Some(Some(Unmapped::Account)));
        assert_eq!(erasure(r#"{"e":"other"}"#), None);
    }
}
