//! Hands made-up events on at a given rate, as the clock goes.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::generate::{Event, Generator};

/// Between two bursts. Short enough for an even stream, long enough for a timer of the system.
const BURST_EVERY: Duration = Duration::from_millis(10);

/// Most events between two looks at the clock and at `stop`.
const BURST_MAX: u64 = 1_000;

/// Sends `rate` events a second (`None`: as fast as `send` takes them), dated by the wall clock, until `stop` is set or
/// `send` breaks; returns how many were sent. A rate that `send` cannot keep is not caught up with later.
pub fn feed(
    generator: &mut Generator,
    rate: Option<u32>,
    stop: &AtomicBool,
    mut send: impl FnMut(Event) -> ControlFlow<()>,
) -> u64 {
    let start = Instant::now();
    let mut pace = Pace::new(rate);
    let mut sent = 0;
    while !stop.load(Relaxed) {
        let burst = pace.due(start.elapsed());
        let now_ms = unix_ms();
        for _ in 0..burst {
            if send(generator.next_event_at(now_ms)).is_break() {
                return sent;
            }
            sent += 1;
        }
        if rate.is_some() {
            std::thread::sleep(BURST_EVERY);
        }
    }
    sent
}

fn unix_ms() -> i64 {
    // A clock before 1970 gives 1970: the events are made up anyhow.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64
}

/// How many events are due.
struct Pace {
    rate: Option<u32>,
    /// Events that were due up to the last look, whether they were let go or forgotten.
    passed: u64,
}

impl Pace {
    fn new(rate: Option<u32>) -> Pace {
        Pace { rate, passed: 0 }
    }

    /// Events to send now, `elapsed` after the start.
    fn due(&mut self, elapsed: Duration) -> u64 {
        let Some(rate) = self.rate else { return BURST_MAX };
        let total = (elapsed.as_secs_f64() * f64::from(rate)) as u64;
        let due = total.saturating_sub(self.passed);
        self.passed = total;
        // A tenth of a second may be made up for, so that a short stall leaves the rate as it was.
        due.min(u64::from(rate / 10).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_the_rate_and_a_long_stall_is_not_caught_up_with() {
        let mut pace = Pace::new(Some(5_000));
        let steps = (1..=100).map(|step| pace.due(Duration::from_millis(step * 10)));
        assert_eq!(steps.sum::<u64>(), 5_000);
        assert_eq!(pace.due(Duration::from_secs(10)), 500);
        assert_eq!(pace.due(Duration::from_millis(10_010)), 50);
        let mut slow = Pace::new(Some(3));
        assert_eq!((1..=1_000).map(|step| slow.due(Duration::from_millis(step * 10))).sum::<u64>(), 30);
    }

    #[test]
    fn the_feed_ends_when_the_receiver_breaks_and_when_it_is_stopped() {
        let mut generator = Generator::new(1);
        let (stop, mut seen) = (AtomicBool::new(false), 0);
        let sent = feed(&mut generator, None, &stop, |_| {
            seen += 1;
            if seen > 2_500 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(sent, 2_500);
        let sent = feed(&mut generator, Some(100_000), &stop, |_| {
            stop.store(true, Relaxed);
            ControlFlow::Continue(())
        });
        assert!(sent > 0);
    }
}
