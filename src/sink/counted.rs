//! `at_least_once`: a unit is durable when the broker has acknowledged each of its records; its offsets are committed
//! after that. Units complete in order, so the watermark is contiguous in the order of consumption.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Broker, Durable, Offsets, OutBatch, Sink};
use crate::kafka::{Error, Mode, Producer};

/// Units in flight: more than one, so that the broker's answer is not waited for.
const MAX_PENDING: usize = 8;

/// Counts deliveries.
pub struct CountedSink<B, F> {
    producer: B,
    /// Makes a new producer after a failed delivery.
    remake: F,
    slot: usize,
    sealed: VecDeque<Sealed>,
}

/// A unit whose records are sent.
struct Sealed {
    slot: usize,
    offsets: Offsets,
    /// What is sent when all else is delivered; empty: nothing, or it is sent.
    state: OutBatch,
    since: Instant,
}

impl<B: Broker, F: FnMut() -> Result<B, Error>> CountedSink<B, F> {
    /// A sink over the producer that `remake` makes.
    ///
    /// # Errors
    /// Those of `remake`.
    pub fn new(mut remake: F) -> Result<CountedSink<B, F>, Error> {
        let producer = remake()?;
        Ok(CountedSink { producer, remake, slot: 0, sealed: VecDeque::new() })
    }
}

impl<B: Broker, F: FnMut() -> Result<B, Error>> Sink<B::Group> for CountedSink<B, F> {
    fn accepts(&self) -> bool {
        self.sealed.len() < MAX_PENDING
    }

    fn send(&mut self, batch: &mut OutBatch) -> Result<(), Error> {
        super::transactional::send_all(&self.producer, Mode::Counted(self.slot), batch)
    }

    fn seal(&mut self, offsets: Offsets, _group: B::Group, state: OutBatch) -> Result<(), Error> {
        self.sealed.push_back(Sealed { slot: self.slot, offsets, state, since: Instant::now() });
        self.slot = (self.slot + 1) % Producer::SLOTS;
        Ok(())
    }

    fn poll(&mut self, timeout: Duration) -> Result<Option<Durable>, Error> {
        self.producer.poll(Duration::ZERO);
        if let Some(failure) = self.producer.delivery_failure() {
            return Err(failure);
        }
        let Some(front) = self.sealed.front_mut() else { return Ok(None) };
        let slot = front.slot;
        // State goes out when all outputs of the unit are delivered, and in the same slot, which is then empty.
        if self.producer.outstanding(slot) == 0 && front.state.next_unsent().is_some() {
            super::transactional::send_all(&self.producer, Mode::Counted(slot), &mut front.state)?;
        }
        if front.state.next_unsent().is_some() {
            return Ok(None);
        }
        if self.producer.outstanding(slot) > 0 && !timeout.is_zero() {
            self.producer.poll(timeout);
        }
        if let Some(failure) = self.producer.delivery_failure() {
            return Err(failure);
        }
        if self.producer.outstanding(slot) > 0 {
            return Ok(None);
        }
        Ok(self.sealed.pop_front().map(|unit| Durable {
            offsets: unit.offsets,
            offsets_committed: false,
            took: unit.since.elapsed(),
        }))
    }

    fn pending(&self) -> usize {
        self.sealed.len()
    }

    fn reset(&mut self) -> Result<(), Error> {
        self.producer.purge();
        self.sealed.clear();
        self.slot = 0;
        self.producer = (self.remake)()?;
        Ok(())
    }
}
