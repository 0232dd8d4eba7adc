//! The way back: what is not durable is dropped, and the worker goes on from the committed offsets.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Unit, Worker};
use crate::kafka::{Error, ErrorKind};
use crate::pipeline::backoff::Backoff;
use crate::sink::Sink;
use crate::source::Source;

/// A member that must be made anew more often than this within the window has a rival.
const RENEWALS_MAX: usize = 5;
const RENEWAL_WINDOW: Duration = Duration::from_secs(300);

/// A producer that is fenced twice within this time has a rival: two that take turns do so at every commit.
const FENCE_WINDOW: Duration = Duration::from_secs(5);

/// How long one member may look for the committed offsets.
const PATIENCE: Duration = Duration::from_secs(60);

impl<S: Source, K: Sink<S::Group>> Worker<S, K> {
    /// Drops what is not durable and goes back to the committed offsets.
    ///
    /// # Errors
    /// What no retry can heal.
    pub(super) fn recover(&mut self, error: Error) -> Result<(), Error> {
        if matches!(
            error.kind(),
            ErrorKind::Authorization | ErrorKind::UnknownTopic | ErrorKind::Config | ErrorKind::TooLarge
        ) {
            return Err(error);
        }
        if error.kind() == ErrorKind::Fenced && self.is_rivalled() {
            return Err(error);
        }
        tracing::warn!(error = %error, "going back to the last commit");
        self.metrics.worker.recoveries.increment(1);
        self.metrics.worker.kafka_errors.increment(1);
        self.metrics.worker.aborted.increment(1);
        self.batch.clear();
        self.unit = Unit::new(self.settings.inputs.len(), &self.rules);
        self.sealed.clear();
        drop(self.engine.take_counts());
        self.engine.forget_told();
        self.renew()?;
        let (since, mut backoff) = (Instant::now(), Backoff::new());
        loop {
            match self.rewind(since) {
                Ok(()) => {
                    self.back_at_work();
                    return Ok(());
                }
                Err(e) if matches!(e.kind(), ErrorKind::Fenced | ErrorKind::Authorization) => return Err(e),
                Err(e) => {
                    self.set_away();
                    self.metrics.worker.kafka_errors.increment(1);
                    tracing::warn!(error = %e, "not yet back at the last commit");
                }
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            backoff.wait(&*self.health);
        }
    }

    /// Whether the producer was fenced twice in a short time.
    ///
    /// Once can be its own doing: the answer to a commit is lost with the connection, the broker has moved on, and the
    /// repeated request comes from the past (librdkafka #5423). Twice is a rival of the same name, and this one gives way.
    fn is_rivalled(&mut self) -> bool {
        let last = self.fenced.replace(Instant::now());
        last.is_some_and(|at| at.elapsed() < FENCE_WINDOW)
    }

    /// Makes a new member of the group in place of one that is of no use any more.
    ///
    /// A member can be thrown out by its own past (after an outage it is fenced by itself, joining again); one that is
    /// thrown out again and again has a rival with the same instance id, and gives way.
    fn renew(&mut self) -> Result<(), Error> {
        let Some(cause) = self.dead.take() else { return Ok(()) };
        while self.renewals.front().is_some_and(|at| at.elapsed() > RENEWAL_WINDOW) {
            self.renewals.pop_front();
        }
        if self.renewals.len() >= RENEWALS_MAX {
            return Err(cause);
        }
        self.renewals.push_back(Instant::now());
        self.join_anew()
    }

    /// Gives everything up and joins as a new member.
    fn join_anew(&mut self) -> Result<(), Error> {
        self.partitions.clear();
        if let Some(state) = &mut self.state {
            state.clear();
        }
        self.set_away();
        self.source.renew()
    }

    /// Not ready: nothing is read until it is back at the last commit.
    fn set_away(&mut self) {
        self.health.joined(false);
        self.metrics.worker.set_joined(false);
        self.metrics.worker.set_ready(false);
    }

    /// Ready again, where nothing has to be assigned or restored before.
    fn back_at_work(&mut self) {
        let assigned: Vec<_> = self.partitions.iter().map(|p| p.at).collect();
        if !assigned.is_empty() && !self.state.as_ref().is_some_and(|state| state.lacks(&assigned)) {
            self.set_ready();
        }
    }

    /// `since`: when the way back began.
    fn rewind(&mut self, since: Instant) -> Result<(), Error> {
        self.sink.reset()?;
        self.health.turned();
        let partitions: Vec<_> = self.partitions.iter().map(|p| p.at).collect();
        if partitions.is_empty() {
            return Ok(());
        }
        let committed = match self.source.committed(&partitions) {
            // A client that has lost the way to its coordinator may not find it again where a new one does. The new
            // member begins at the committed offsets by itself.
            Err(_) if since.elapsed() > PATIENCE => return self.join_anew(),
            committed => committed?,
        };
        let mut targets = Vec::new();
        for p in &mut self.partitions {
            let offset = committed.iter().find(|(at, _)| *at == p.at).and_then(|&(_, offset)| offset);
            // Never committed: back to the first record that was read; none was: it stands where it began.
            let held = self.state.as_ref().and_then(|state| state.first(p.at));
            if let Some(target) = offset.or(p.first).or(held) {
                p.next = target;
                p.sealed = target;
                p.breaker.reset();
                targets.push((p.at, target));
            }
        }
        if let Some(state) = &mut self.state {
            state.rewind(&mut self.source, &committed, &targets)?;
        }
        self.source.seek(&targets)
    }
}
