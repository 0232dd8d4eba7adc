//! `exactly_once`: a unit is one Kafka transaction that holds the records and the offsets.
//!
//! A commit waits for the broker, so it runs on a thread of its own while the worker scrubs the next batch into its
//! arena. After a commit or abort whose outcome is unknown the producer is dropped and a new one is made: its
//! `init_transactions` ends what is left, and then the committed offsets tell what happened (librdkafka #5423).
//!
//! A commit may never come back: librdkafka waits without an end for the answer to the offsets, whatever time-out it was
//! given, and was seen to lose it when both coordinators moved at once. Then thread and producer are left behind. What
//! they still do is fenced by the new producer of the same id.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Broker, Durable, Offsets, OutBatch, Sink};
use crate::kafka::{Error, ErrorKind, Mode};

/// Runs transactions.
pub struct TransactionalSink<B: Broker, F> {
    producer: Arc<B>,
    remake: F,
    /// A transaction is open and takes records.
    open: bool,
    /// What the transaction to be committed still has to send.
    last: Option<(OutBatch, Offsets, B::Group)>,
    /// A commit is running, or will when `last` is sent.
    committing: Option<Instant>,
    /// When the committer was told, if it has not answered yet.
    asked: Option<Instant>,
    committer: Committer<B>,
    /// Name of the worker.
    name: String,
    timeout: Duration,
    /// Told while a call waits for the broker: the loop is alive.
    alive: Box<dyn Fn()>,
}

/// The thread that waits for commits.
struct Committer<B: Broker> {
    /// `None`: it is to end.
    jobs: Option<Sender<Job<B>>>,
    answers: Receiver<(Offsets, Result<(), Error>)>,
    thread: Option<JoinHandle<()>>,
}

struct Job<B: Broker> {
    producer: Arc<B>,
    offsets: Offsets,
    group: B::Group,
    timeout: Duration,
}

impl<B: Broker + 'static> Committer<B> {
    fn start(name: &str) -> Committer<B> {
        let (jobs, todo) = channel::<Job<B>>();
        let (done, answers) = channel();
        let work = move || {
            while let Ok(Job { producer, offsets, group, timeout }) = todo.recv() {
                let result = producer.commit(&offsets, &group, timeout);
                // Before the answer: who takes it may end the producer.
                drop(producer);
                if done.send((offsets, result)).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name(format!("{name}-commit")).spawn(work);
        let thread = thread.expect("the operating system starts a thread");
        Committer { jobs: Some(jobs), answers, thread: Some(thread) }
    }
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
        Ok(TransactionalSink {
            producer: Arc::new(producer),
            remake,
            open: false,
            last: None,
            committing: None,
            asked: None,
            committer: Committer::start(name),
            name: name.to_owned(),
            timeout,
            alive,
        })
    }

    /// How long a commit may take: two calls, and something for what stands between them.
    fn patience(&self) -> Duration {
        self.timeout * 5 / 2
    }

    /// What is at the root of an error. A delivery that was purged has failed because the transaction has, and that one
    /// knows why; a failed transaction in turn may only know that a delivery failed.
    fn cause(&self, error: Error) -> Error {
        let hard =
            |e: &Error| matches!(e.kind(), ErrorKind::Authorization | ErrorKind::UnknownTopic | ErrorKind::TooLarge);
        if error.kind() == ErrorKind::Fenced {
            return error;
        }
        let Some(delivery) = self.producer.delivery_failure() else { return error };
        if hard(&delivery) {
            return delivery;
        }
        match self.open.then(|| self.producer.transaction_failure()).flatten() {
            Some(failure) if hard(&failure) || failure.kind() == ErrorKind::Fenced => failure.during(delivery.place()),
            _ if hard(&error) => error.during(delivery.place()),
            _ => error,
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        if !self.open {
            self.producer.begin().map_err(|e| self.cause(e))?;
            self.open = true;
        }
        Ok(())
    }

    /// Sends what is left of the sealed transaction, then tells the committer. Where the queue is full, the next poll
    /// goes on.
    fn commit(&mut self) -> Result<(), Error> {
        let Some((mut state, offsets, group)) = self.last.take() else { return Ok(()) };
        send_all(&*self.producer, Mode::Transaction, &mut state).map_err(|e| self.cause(e))?;
        if state.next_unsent().is_some() {
            self.last = Some((state, offsets, group));
            return Ok(());
        }
        let job = Job { producer: Arc::clone(&self.producer), offsets, group, timeout: self.timeout };
        let jobs = self.committer.jobs.as_ref().expect("the committer lives as long as the sink");
        jobs.send(job).map_err(|_| Error::internal("the commit thread ended"))?;
        self.asked = Some(Instant::now());
        Ok(())
    }

    fn answered(&mut self, offsets: Offsets, result: Result<(), Error>) -> Result<Option<Durable>, Error> {
        let since = self.committing.take().unwrap_or_else(Instant::now);
        self.open = false;
        self.asked = None;
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
        send_all(&*self.producer, Mode::Transaction, batch).map_err(|e| self.cause(e))
    }

    fn seal(&mut self, offsets: Offsets, group: B::Group, state: OutBatch) -> Result<(), Error> {
        // Offsets without output (all records dropped) still need a transaction to be committed in.
        self.begin()?;
        self.committing = Some(Instant::now());
        self.last = Some((state, offsets, group));
        self.commit()
    }

    fn poll(&mut self, timeout: Duration) -> Result<Option<Durable>, Error> {
        // The committer's flush serves deliveries itself; without it, failures must be served here.
        if self.committing.is_none() {
            self.producer.poll(Duration::ZERO);
            return match self.producer.delivery_failure() {
                Some(failure) => Err(self.cause(failure)),
                None => Ok(None),
            };
        }
        self.commit()?;
        if self.last.is_some() {
            return Ok(None);
        }
        match self.committer.answers.recv_timeout(timeout) {
            Ok((offsets, result)) => self.answered(offsets, result),
            Err(RecvTimeoutError::Timeout) if self.asked.is_some_and(|at| at.elapsed() > self.patience()) => {
                Err(Error::internal("a commit was never answered"))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Error::internal("the commit thread ended")),
        }
    }

    fn pending(&self) -> usize {
        usize::from(self.committing.is_some())
    }

    fn reset(&mut self) -> Result<(), Error> {
        self.last = None;
        self.committing = None;
        // What failed while it was sent was never handed to the committer, who would answer to nothing.
        let asked = self.asked.take();
        if let Some(at) = asked {
            // The outcome is the broker's to tell, so the answer is only waited for to see the old producer gone.
            let is_answered = loop {
                match self.committer.answers.recv_timeout(self.timeout / 20) {
                    Ok(_) => break true,
                    Err(RecvTimeoutError::Timeout) if at.elapsed() < self.timeout => (self.alive)(),
                    Err(_) => break false,
                }
            };
            if !is_answered {
                tracing::warn!("a commit is not answered: its producer is left behind, a new one ends the transaction");
                self.committer = Committer::start(&self.name);
            }
        }
        let was_open = std::mem::take(&mut self.open);
        if asked.is_none() && was_open {
            match self.producer.abort(self.timeout) {
                Ok(()) => return Ok(()),
                Err(e) => tracing::warn!(error = %e, "the abort failed: a new producer ends the transaction"),
            }
        }
        (self.alive)();
        // The old one goes first: its threads must not answer for the new one's id.
        self.producer = Arc::new((self.remake)()?);
        self.producer.init_transactions(self.timeout)
    }
}

impl<B: Broker, F> Drop for TransactionalSink<B, F> {
    fn drop(&mut self) {
        self.committer.jobs = None;
        // It ends after its last commit; a panic in it was already reported. One that was asked may never answer.
        if let (Some(thread), None) = (self.committer.thread.take(), self.asked) {
            drop(thread.join());
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::OutRecord;
    use super::*;
    use crate::kafka::Partition;

    /// A producer whose commits wait until they are let go.
    struct Slow {
        gate: Mutex<Receiver<()>>,
        aborts: Arc<AtomicUsize>,
    }

    impl Broker for Slow {
        type Group = ();

        fn send(&self, _: Mode, _: &OutBatch, _: &OutRecord) -> Result<bool, Error> {
            Ok(true)
        }
        fn poll(&self, _: Duration) {}
        fn outstanding(&self, _: usize) -> i64 {
            0
        }
        fn delivery_failure(&self) -> Option<Error> {
            None
        }
        fn transaction_failure(&self) -> Option<Error> {
            None
        }
        fn init_transactions(&self, _: Duration) -> Result<(), Error> {
            Ok(())
        }
        fn begin(&self) -> Result<(), Error> {
            Ok(())
        }
        fn commit(&self, _: &[(Partition, i64)], (): &(), _: Duration) -> Result<(), Error> {
            let gate = self.gate.lock().expect("one thread commits");
            gate.recv().map_err(|_| Error::internal("the test is over"))
        }
        fn abort(&self, _: Duration) -> Result<(), Error> {
            self.aborts.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        fn purge(&self) {}
    }

    /// A sink, and what lets the commits of its producers go, in the order in which these are made.
    struct Bed<F> {
        sink: TransactionalSink<Slow, F>,
        gates: Receiver<Sender<()>>,
        aborts: Arc<AtomicUsize>,
    }

    fn bed() -> Bed<impl FnMut() -> Result<Slow, Error>> {
        let aborts = Arc::new(AtomicUsize::new(0));
        let (made, gates) = channel();
        let counted = Arc::clone(&aborts);
        let remake = move || {
            let (open, gate) = channel();
            made.send(open).expect("the test listens");
            Ok(Slow { gate: Mutex::new(gate), aborts: Arc::clone(&counted) })
        };
        let sink = TransactionalSink::new(remake, Duration::from_millis(40), "test", Box::new(|| ()));
        Bed { sink: sink.expect("it starts"), gates, aborts }
    }

    fn offsets(offset: i64) -> Offsets {
        vec![(Partition { topic: 0, partition: 0 }, offset)]
    }

    /// Polls until there is an answer or an error.
    fn answer<F: FnMut() -> Result<Slow, Error>>(sink: &mut TransactionalSink<Slow, F>) -> Result<Durable, Error> {
        loop {
            if let Some(durable) = sink.poll(Duration::from_millis(5))? {
                return Ok(durable);
            }
        }
    }

    #[test]
    fn a_commit_that_is_never_answered_is_left_behind() {
        let Bed { mut sink, gates, aborts } = bed();
        let stuck = gates.recv().expect("the first producer");
        sink.seal(offsets(1), (), OutBatch::new()).expect("it is sealed");
        assert!(answer(&mut sink).is_err(), "it is told that nobody answers");
        sink.reset().expect("a new producer is made");
        let second = gates.recv().expect("the second producer");
        sink.seal(offsets(2), (), OutBatch::new()).expect("it is sealed");
        // The answer of the past comes, and is nobody's.
        stuck.send(()).expect("the first one still waits");
        second.send(()).expect("the second one waits");
        assert_eq!(answer(&mut sink).expect("it is committed").offsets, offsets(2));
        assert_eq!(aborts.load(Ordering::Relaxed), 0, "what may be committed is not aborted");
    }

    #[test]
    fn the_way_back_does_not_wait_for_a_commit_for_ever() {
        let Bed { mut sink, gates, .. } = bed();
        let _stuck = gates.recv().expect("the first producer");
        sink.seal(offsets(1), (), OutBatch::new()).expect("it is sealed");
        sink.reset().expect("a new producer is made");
        gates.recv().expect("the second producer").send(()).expect("it waits");
        sink.seal(offsets(1), (), OutBatch::new()).expect("it is sealed");
        assert_eq!(answer(&mut sink).expect("it is committed").offsets, offsets(1));
    }

    #[test]
    fn neither_does_the_end() {
        let Bed { mut sink, gates, .. } = bed();
        let _stuck = gates.recv().expect("the first producer");
        sink.seal(offsets(1), (), OutBatch::new()).expect("it is sealed");
        drop(sink);
    }
}
