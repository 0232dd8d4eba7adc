//! `exactly_once`: a unit is one Kafka transaction that holds the records and the offsets.
//!
//! A commit waits for the broker, so it runs on a thread of its own while the worker scrubs the next batch into its
//! arena. After a commit or abort whose outcome is unknown the producer is dropped and a new one is made: its
//! `init_transactions` ends what is left, and then the committed offsets tell what happened (librdkafka #5423).

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Broker, Durable, Offsets, OutBatch, Sink};
use crate::kafka::{Error, ErrorKind, Mode};

/// Runs transactions.
pub struct TransactionalSink<B: Broker, F> {
    producer: Arc<RwLock<B>>,
    remake: F,
    /// A transaction is open and takes records.
    open: bool,
    /// What the transaction to be committed still has to send.
    last: Option<(OutBatch, Job<B::Group>)>,
    /// A commit is running, or will when `last` is sent.
    committing: Option<Instant>,
    /// The committer was told, and has not answered yet.
    asked: bool,
    jobs: Option<Sender<Job<B::Group>>>,
    answers: Receiver<(Offsets, Result<(), Error>)>,
    committer: Option<JoinHandle<()>>,
    timeout: Duration,
    /// Told while a call waits for the broker: the loop is alive.
    alive: Box<dyn Fn()>,
}

struct Job<G> {
    offsets: Offsets,
    group: G,
}

impl<B: Broker + 'static, F: FnMut() -> Result<B, Error>> TransactionalSink<B, F> {
    /// A sink over the producer that `remake` makes. `timeout`: how long one call may wait for the broker; `alive` is
    /// called while it does.
    ///
    /// # Errors
    /// The producer cannot be made, or no coordinator answers.
    pub fn new(
        mut remake: F,
        timeout: Duration,
        name: &str,
        alive: Box<dyn Fn()>,
    ) -> Result<TransactionalSink<B, F>, Error> {
        let producer = remake()?;
        producer.init_transactions(timeout)?;
        let producer = Arc::new(RwLock::new(producer));
        let (jobs, todo) = channel::<Job<B::Group>>();
        let (done, answers) = channel();
        let shared = Arc::clone(&producer);
        let committer = std::thread::Builder::new()
            .name(format!("{name}-commit"))
            .spawn(move || {
                while let Ok(job) = todo.recv() {
                    let producer = shared.read().unwrap_or_else(PoisonError::into_inner);
                    let result = producer.commit(&job.offsets, &job.group, timeout);
                    drop(producer);
                    if done.send((job.offsets, result)).is_err() {
                        break;
                    }
                }
            })
            .expect("the operating system starts a thread");
        Ok(TransactionalSink {
            producer,
            remake,
            open: false,
            last: None,
            committing: None,
            asked: false,
            jobs: Some(jobs),
            answers,
            committer: Some(committer),
            timeout,
            alive,
        })
    }

    fn with<T>(&self, call: impl FnOnce(&B) -> T) -> T {
        call(&self.producer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is at the root of an error. A delivery that was purged has failed because the transaction has, and that one
    /// knows why; a failed transaction in turn may only know that a delivery failed.
    fn cause(&self, error: Error) -> Error {
        let hard =
            |e: &Error| matches!(e.kind(), ErrorKind::Authorization | ErrorKind::UnknownTopic | ErrorKind::TooLarge);
        if error.kind() == ErrorKind::Fenced {
            return error;
        }
        let Some(delivery) = self.with(B::delivery_failure) else { return error };
        if hard(&delivery) {
            return delivery;
        }
        match self.open.then(|| self.with(B::transaction_failure)).flatten() {
            Some(failure) if hard(&failure) || failure.kind() == ErrorKind::Fenced => failure.during(delivery.place()),
            _ if hard(&error) => error.during(delivery.place()),
            _ => error,
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        if !self.open {
            self.with(B::begin).map_err(|e| self.cause(e))?;
            self.open = true;
        }
        Ok(())
    }

    /// Sends what is left of the sealed transaction, then tells the committer. Where the queue is full, the next poll
    /// goes on.
    fn commit(&mut self) -> Result<(), Error> {
        let Some((mut state, job)) = self.last.take() else { return Ok(()) };
        self.with(|producer| send_all(producer, Mode::Transaction, &mut state)).map_err(|e| self.cause(e))?;
        if state.next_unsent().is_some() {
            self.last = Some((state, job));
            return Ok(());
        }
        let jobs = self.jobs.as_ref().expect("the committer lives as long as the sink");
        jobs.send(job).map_err(|_| Error::internal("the commit thread ended"))?;
        self.asked = true;
        Ok(())
    }

    fn answered(&mut self, offsets: Offsets, result: Result<(), Error>) -> Result<Option<Durable>, Error> {
        let since = self.committing.take().unwrap_or_else(Instant::now);
        self.open = false;
        self.asked = false;
        let durable = Durable { offsets, offsets_committed: true, took: since.elapsed() };
        result.map(|()| Some(durable)).map_err(|e| self.cause(e))
    }
}

impl<B: Broker + 'static, F: FnMut() -> Result<B, Error>> Sink<B::Group> for TransactionalSink<B, F> {
    fn accepts(&self) -> bool {
        self.committing.is_none()
    }

    fn send(&mut self, batch: &mut OutBatch) -> Result<(), Error> {
        debug_assert!(self.accepts(), "a transaction that commits takes no record");
        if batch.next_unsent().is_none() {
            return Ok(());
        }
        self.begin()?;
        self.with(|producer| send_all(producer, Mode::Transaction, batch)).map_err(|e| self.cause(e))
    }

    fn seal(&mut self, offsets: Offsets, group: B::Group, state: OutBatch) -> Result<(), Error> {
        // Offsets without output (all records dropped) still need a transaction to be committed in.
        self.begin()?;
        self.committing = Some(Instant::now());
        self.last = Some((state, Job { offsets, group }));
        self.commit()
    }

    fn poll(&mut self, timeout: Duration) -> Result<Option<Durable>, Error> {
        // The committer's flush serves deliveries itself; without it, failures must be served here.
        if self.committing.is_none() {
            self.with(|producer| producer.poll(Duration::ZERO));
            return match self.with(B::delivery_failure) {
                Some(failure) => Err(self.cause(failure)),
                None => Ok(None),
            };
        }
        self.commit()?;
        if self.last.is_some() {
            return Ok(None);
        }
        match self.answers.recv_timeout(timeout) {
            Ok((offsets, result)) => self.answered(offsets, result),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Error::internal("the commit thread ended")),
        }
    }

    fn pending(&self) -> usize {
        usize::from(self.committing.is_some())
    }

    fn reset(&mut self) -> Result<(), Error> {
        let mut known = true;
        self.last = None;
        self.committing = None;
        // What failed while it was sent was never handed to the committer, who would answer to nothing.
        if std::mem::take(&mut self.asked) {
            // The answer must be waited for: the thread holds the producer. Its outcome is the broker's to tell.
            known = false;
            while let Err(RecvTimeoutError::Timeout) = self.answers.recv_timeout(Duration::from_secs(1)) {
                (self.alive)();
            }
        }
        let was_open = std::mem::take(&mut self.open);
        if known && was_open {
            match self.with(|producer| producer.abort(self.timeout)) {
                Ok(()) => return Ok(()),
                Err(e) => tracing::warn!(error = %e, "the abort failed: a new producer ends the transaction"),
            }
        }
        (self.alive)();
        let fresh = (self.remake)()?;
        // The old one goes first: its threads must not answer for the new one's id.
        *self.producer.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        self.with(|producer| producer.init_transactions(self.timeout))
    }
}

impl<B: Broker, F> Drop for TransactionalSink<B, F> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(committer) = self.committer.take() {
            // It ends after its last commit; a panic in it was already reported.
            drop(committer.join());
        }
    }
}

/// How long a full queue is waited for before the caller is told by what is left in the batch.
const FULL_QUEUE_WAIT: Duration = Duration::from_millis(100);

/// Queues the unsent records. Where the producer's queue stays full, the rest is left in the batch: that is the
/// back-pressure, and the worker's loop goes on turning.
pub(super) fn send_all<B: Broker>(producer: &B, mode: Mode, batch: &mut OutBatch) -> Result<(), Error> {
    let mut full_since = None;
    while let Some(record) = batch.next_unsent() {
        if producer.send(mode, batch, &record)? {
            batch.advance();
            continue;
        }
        producer.poll(Duration::from_millis(10));
        if let Some(failure) = producer.delivery_failure() {
            return Err(failure);
        }
        if full_since.get_or_insert_with(Instant::now).elapsed() > FULL_QUEUE_WAIT {
            return Ok(());
        }
    }
    Ok(())
}
