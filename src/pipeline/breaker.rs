//! Stops a partition that quarantines too much: then the config is more likely wrong than the data.

use std::collections::VecDeque;

use crate::config::Breaker as Settings;

/// Watches the last records of one partition.
#[derive(Debug)]
pub struct Breaker {
    window: usize,
    most: usize,
    /// Positions (counted records) of the rejected ones in the window.
    rejected: VecDeque<u64>,
    seen: u64,
}

impl Breaker {
    /// A breaker that trips when more than `ratio` of the last `window` records are rejected.
    pub fn new(settings: &Settings) -> Breaker {
        let most = (settings.window as f64 * settings.ratio).floor() as usize;
        Breaker { window: settings.window, most, rejected: VecDeque::new(), seen: 0 }
    }

    /// Counts a record; true: it trips.
    pub fn record(&mut self, rejected: bool) -> bool {
        self.seen += 1;
        if !rejected {
            return false;
        }
        self.rejected.push_back(self.seen);
        while self.rejected.front().is_some_and(|&at| at + self.window as u64 <= self.seen) {
            self.rejected.pop_front();
        }
        self.rejected.len() > self.most
    }

    /// Forgets what was counted: after a rewind the same records come again.
    pub fn reset(&mut self) {
        self.rejected.clear();
        self.seen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OnTrip;

    fn breaker(window: usize, ratio: f64) -> Breaker {
        Breaker::new(&Settings { window, ratio, on_trip: OnTrip::Pause })
    }

    #[test]
    fn trips_with_the_first_record_over_the_share() {
        let mut b = breaker(1000, 0.5);
        assert!((0..500).all(|_| !b.record(true)));
        assert!(b.record(true));
    }

    #[test]
    fn old_rejections_leave_the_window() {
        let mut b = breaker(10, 0.5);
        for _ in 0..100 {
            for i in 0..10 {
                assert!(!b.record(i % 2 == 0), "half is not more than half");
            }
        }
    }

    #[test]
    fn a_ratio_of_one_never_trips() {
        let mut b = breaker(10, 1.0);
        assert!((0..1000).all(|_| !b.record(true)));
    }
}
