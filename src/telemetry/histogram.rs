//! A histogram that counts in place: a value is one bucket's increment, whether or not anybody ever scrapes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::HistogramFn;

/// Counts of values up to each bound, and their sum.
#[derive(Debug)]
pub(super) struct Buckets {
    bounds: &'static [f64],
    /// One more than bounds: the last is for what exceeds them all.
    counts: Box<[AtomicU64]>,
    /// Bits of an `f64`.
    sum: AtomicU64,
}

impl Buckets {
    /// Empty buckets. Bounds ascend and are inclusive upper ends, as Prometheus' `le`.
    pub(super) fn new(bounds: &'static [f64]) -> Buckets {
        Buckets { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Each bound with how many values were at most that; the last bound is infinite, so its count is that of all.
    pub(super) fn cumulative(&self) -> Vec<(f64, u64)> {
        let mut total = 0;
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| {
            total += count.load(Relaxed);
            total
        });
        bounds.zip(counts).collect()
    }

    /// Sum of the values.
    pub(super) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Relaxed))
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(count as u64, Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value * count as f64).to_bits());
        self.sum.fetch_update(Relaxed, Relaxed, add).expect("invariant: the closure never declines");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_cumulative_and_bounds_inclusive() {
        let buckets = Buckets::new(&[1.0, 2.5, 10.0]);
        buckets.record(1.0);
        buckets.record_many(2.0, 3);
        buckets.record(11.0);
        assert_eq!(buckets.cumulative(), [(1.0, 1), (2.5, 4), (10.0, 4), (f64::INFINITY, 5)]);
        assert_eq!(buckets.sum(), 18.0);
    }

    #[test]
    fn many_of_a_value_are_what_single_ones_are() {
        let (single, many) = (Buckets::new(&[1.0, 2.5]), Buckets::new(&[1.0, 2.5]));
        for value in [0.0, 1.0, 1.5, 2.5, 9.0] {
            (0..4).for_each(|_| single.record(value));
            many.record_many(value, 4);
        }
        assert_eq!((single.cumulative(), single.sum()), (many.cumulative(), many.sum()));
    }
}
