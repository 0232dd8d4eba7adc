//! Waiting by condition: the only place where the tests sleep.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Time between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `condition` gives a value, and panics with `what` when `deadline` has passed.
#[track_caller]
pub fn wait_for<T>(deadline: Duration, what: &str, condition: impl FnMut() -> Option<T>) -> T {
    match try_wait_for(deadline, condition) {
        Some(value) => value,
        None => panic!("waited {deadline:?} in vain: {what}"),
    }
}

/// [`wait_for`] for a yes or no.
#[track_caller]
pub fn wait_until(deadline: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(deadline, what, || condition().then_some(()));
}

/// Looks until `condition` gives a value; `None` when `deadline` has passed.
pub fn try_wait_for<T>(deadline: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Holds the machine for a test that uses both cores or a broker of its own: such tests run one after the other.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed holding it says nothing about the next.
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
