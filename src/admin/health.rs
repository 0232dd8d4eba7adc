//! Whether the process turns and whether it is ready: written by workers, read by the probes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A worker whose loop did not turn for this long hangs: nothing but a restart frees it.
pub const TURN_LIMIT: Duration = Duration::from_secs(30);

/// Time since some fixed moment; never goes back.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// What the probes say.
pub struct Health {
    clock: Clock,
    /// Milliseconds on the clock at the last turn, by worker; [`DONE`] for one that has ended.
    turned_ms: Vec<AtomicU64>,
    /// Whether each part is ready.
    parts: Mutex<BTreeMap<String, bool>>,
}

const DONE: u64 = u64::MAX;

impl Health {
    /// Workers `0..workers`, which turn from now on, and the parts that must be there before the process is ready.
    pub fn new(workers: usize, parts: impl IntoIterator<Item = impl Into<String>>) -> Health {
        let start = Instant::now();
        Health::with_clock(workers, parts, move || start.elapsed())
    }

    /// The same with another clock.
    pub fn with_clock(
        workers: usize,
        parts: impl IntoIterator<Item = impl Into<String>>,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Health {
        let now_ms = clock().as_millis() as u64;
        Health {
            clock: Box::new(clock),
            turned_ms: (0..workers).map(|_| AtomicU64::new(now_ms)).collect(),
            parts: Mutex::new(parts.into_iter().map(|part| (part.into(), false)).collect()),
        }
    }

    /// The loop of `worker` turned: call it once per turn, also when there was nothing to do.
    pub fn worker_turned(&self, worker: usize) {
        self.turned_ms[worker].store(self.now_ms(), Relaxed);
    }

    /// The loop of `worker` has ended as it should: it is not waited for any more.
    pub fn worker_done(&self, worker: usize) {
        self.turned_ms[worker].store(DONE, Relaxed);
    }

    /// Whether `part` is there. A part that was not named at the start counts from now on.
    pub fn set_ready(&self, part: &str, ready: bool) {
        self.parts().insert(part.to_owned(), ready);
    }

    /// Workers whose loop has not turned for [`TURN_LIMIT`], and for how long.
    pub fn stuck(&self) -> Vec<(usize, Duration)> {
        let now_ms = self.now_ms();
        let still = |at: &AtomicU64| Duration::from_millis(now_ms.saturating_sub(at.load(Relaxed)));
        let workers = self.turned_ms.iter().map(still).enumerate();
        workers.filter(|(_, still)| *still > TURN_LIMIT).collect()
    }

    /// Parts that are not there yet.
    pub fn missing(&self) -> Vec<String> {
        self.parts().iter().filter(|(_, ready)| !**ready).map(|(part, _)| part.clone()).collect()
    }

    fn now_ms(&self) -> u64 {
        (self.clock)().as_millis() as u64
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<String, bool>> {
        // Every change is one insertion, so the map is whole even after a panic.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("stuck", &self.stuck()).field("missing", &self.missing()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_loop_is_stuck_only_past_the_limit_and_until_it_turns() {
        let now_ms = Arc::new(AtomicU64::new(5_000));
        let clock = Arc::clone(&now_ms);
        let none: [&str; 0] = [];
        let health = Health::with_clock(3, none, move || Duration::from_millis(clock.load(Relaxed)));
        now_ms.store(35_000, Relaxed);
        assert_eq!(health.stuck(), []);
        health.worker_turned(0);
        health.worker_done(2);
        now_ms.store(35_001, Relaxed);
        assert_eq!(health.stuck(), [(1, Duration::from_millis(30_001))]);
        health.worker_turned(1);
        assert_eq!(health.stuck(), []);
    }

    #[test]
    fn a_part_is_missing_until_it_is_set_and_again_when_it_is_lost() {
        let health = Health::new(1, ["keys", "worker 0"]);
        assert_eq!(health.missing(), ["keys", "worker 0"]);
        health.set_ready("keys", true);
        health.set_ready("state", false);
        assert_eq!(health.missing(), ["state", "worker 0"]);
        health.set_ready("worker 0", true);
        health.set_ready("state", true);
        assert!(health.missing().is_empty());
        health.set_ready("worker 0", false);
        assert_eq!(health.missing(), ["worker 0"]);
    }
}
