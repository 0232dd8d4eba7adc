//! A whole record through the scrubber: value, key and headers, into the batch that goes out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::plan::Plan;
use super::scrub::{Counts, Scrubber};
use super::signal_plan::SignalPlan;
use super::watch::Watch;
use crate::config::{BinaryKey, Format};
use crate::record::{PathId, Record, Reject, Span};
use crate::sink::OutBatch;
use crate::state::tasks::TaskStore;

/// Bytes that Kafka adds to a record at most, besides key, value and headers.
const RECORD_OVERHEAD_BYTES: usize = 128;

/// Where a record goes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Number of the output topic.
    pub topic: usize,
    /// Partition, the same as that of the input.
    pub partition: i32,
}

/// Where a record of a signal input stands, with the state of its task.
pub struct Seat<'a> {
    /// State of the task's accounts.
    pub store: TaskStore<'a>,
    /// Input topic.
    pub topic: &'a str,
    /// Offset.
    pub offset: i64,
}

/// The engine of one worker.
pub struct Engine {
    plan: Arc<Plan>,
    scrubber: Scrubber,
    watch: Option<Watch>,
    /// Largest record that the outputs take.
    message_max_bytes: usize,
}

impl Engine {
    /// An engine by `plan`, for outputs that take records of `message_max_bytes`.
    pub fn new(plan: &Arc<Plan>, message_max_bytes: usize) -> Engine {
        Engine { scrubber: Scrubber::new(Arc::clone(plan)), watch: None, plan: Arc::clone(plan), message_max_bytes }
    }

    /// The same, which judges the records of signal inputs.
    #[must_use]
    pub fn watching(mut self, plan: &Arc<SignalPlan>) -> Engine {
        self.watch = Some(Watch::new(plan, &mut self.scrubber));
        self
    }

    /// What judges, if anything does.
    pub fn watch(&mut self) -> Option<&mut Watch> {
        self.watch.as_mut()
    }

    /// Takes over other rules; call between units of work.
    pub fn renew(&mut self, plan: &Arc<Plan>) {
        self.plan = Arc::clone(plan);
        self.scrubber = Scrubber::new(Arc::clone(plan));
        if let Some(watch) = &mut self.watch {
            watch.renew(&mut self.scrubber);
        }
    }

    /// Picks up a swapped key ring; call between batches.
    pub fn refresh(&mut self) {
        self.scrubber.refresh();
    }

    /// Appends the scrubbed record to `out`.
    ///
    /// # Errors
    /// Why it cannot be passed on; `out` is then as before.
    pub fn process(
        &mut self,
        format: Format,
        record: &Record<'_>,
        place: Place,
        seat: Option<Seat<'_>>,
        out: &mut OutBatch,
    ) -> Result<(), Reject> {
        let mark = out.mark();
        // A fault of ours must neither stop the stream nor let the record pass. The scrubber starts each record anew.
        let result = catch_unwind(AssertUnwindSafe(|| self.append(format, record, place, seat, out)));
        let result = result.unwrap_or_else(|_| {
            self.scrubber = Scrubber::new(Arc::clone(&self.plan));
            if let Some(watch) = &mut self.watch {
                watch.renew(&mut self.scrubber);
            }
            Err(Reject::Internal)
        });
        let result = result.and_then(|parts| {
            let bytes = out.appended(mark) + RECORD_OVERHEAD_BYTES + 16 * record.headers.len();
            if bytes > self.message_max_bytes { Err(Reject::OutputTooLarge) } else { Ok(parts) }
        });
        match result {
            Ok((key, value)) => {
                out.push(mark, (place.topic, place.partition, record.timestamp_ms), key, value);
                Ok(())
            }
            Err(reject) => {
                out.undo(mark);
                Err(reject)
            }
        }
    }

    fn append(
        &mut self,
        format: Format,
        record: &Record<'_>,
        place: Place,
        seat: Option<Seat<'_>>,
        out: &mut OutBatch,
    ) -> Result<(Option<Span>, Option<Span>), Reject> {
        self.scrubber.begin(record.timestamp_ms)?;
        let key = record.key.map(|raw| self.key(raw, out)).transpose()?;
        for &(name, value) in record.headers {
            self.header(name, value, out)?;
        }
        // The value last: an account is only touched by a record that passes, and by the tape of its value.
        let value = match record.value {
            Some(raw) => {
                let from = out.bytes();
                self.scrubber.value(format, raw, out.arena())?;
                if let (Some(watch), Some(seat)) = (&mut self.watch, seat) {
                    watch.observe((raw, record.timestamp_ms), place, seat, &mut self.scrubber, (from, out.arena()));
                }
                Some(out.span_from(from))
            }
            None => None,
        };
        Ok((key, value))
    }

    /// A key is scrubbed like a text at the path `@key`: equal keys stay equal, so partitioning by account survives.
    fn key(&mut self, raw: &[u8], out: &mut OutBatch) -> Result<Span, Reject> {
        let from = out.bytes();
        match self.scrubber.text(PathId::KEY, raw, out.arena()) {
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
