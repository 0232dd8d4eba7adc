//! The pause between two tries to get back to the last commit.

use std::time::Duration;

use super::worker::Health;

/// Waits between tries, longer each time, without hiding that the loop is alive.
pub struct Backoff(Duration);

impl Backoff {
    /// The first wait is the shortest: a tenth of a second.
    pub fn new() -> Backoff {
        Backoff(Duration::from_millis(100))
    }

    /// Waits; the next time twice as long, three seconds at most.
    pub fn wait(&mut self, health: &dyn Health) {
        health.turned();
        health.pause(self.0);
        self.0 = (self.0 * 2).min(Duration::from_secs(3));
    }
}
