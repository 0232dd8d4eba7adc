//! One order for all partitions of a task: by Kafka timestamp, then topic, then offset. A partition that is behind is
//! waited for up to its end, so that the order depends on the records and not on the pace of fetching.

use std::collections::VecDeque;

/// A record that waits for its turn: all of it, copied out of the fetch.
pub struct Held<T> {
    /// Kafka timestamp, ms.
    pub timestamp_ms: i64,
    /// Its offset.
    pub offset: i64,
    /// The record.
    pub record: T,
    /// What it weighs.
    pub bytes: usize,
}

/// What stands between a task's partitions and its evaluation.
pub struct Merge<T> {
    /// By signal input, in the order of their names: ties of the timestamp are broken by it.
    lanes: Vec<Lane<T>>,
    bytes: usize,
}

struct Lane<T> {
    waiting: VecDeque<Held<T>>,
    bytes: usize,
}

impl<T> Merge<T> {
    /// Of so many partitions.
    pub fn new(lanes: usize) -> Merge<T> {
        let lane = || Lane { waiting: VecDeque::new(), bytes: 0 };
        Merge { lanes: (0..lanes).map(|_| lane()).collect(), bytes: 0 }
    }

    /// Takes the next record of a lane; they come in the order of their offsets.
    pub fn hold(&mut self, lane: usize, held: Held<T>) {
        self.bytes += held.bytes;
        self.lanes[lane].bytes += held.bytes;
        self.lanes[lane].waiting.push_back(held);
    }

    /// The next record of all, with its lane. `None`: there is none, or a lane that is empty is not at its end yet by
    /// `at_end`, so its next record may come before.
    pub fn next(&mut self, mut at_end: impl FnMut(usize) -> bool) -> Option<(usize, Held<T>)> {
        let heads = self.lanes.iter().enumerate().filter_map(|(n, lane)| {
            let head = lane.waiting.front()?;
            Some((head.timestamp_ms, n))
        });
        let (_, first) = heads.min()?;
        // A lane orders by offset; where its timestamps go back, the head stands for what is behind it.
        if (0..self.lanes.len()).any(|n| self.lanes[n].waiting.is_empty() && !at_end(n)) {
            return None;
        }
        let held = self.lanes[first].waiting.pop_front()?;
        self.lanes[first].bytes -= held.bytes;
        self.bytes -= held.bytes;
        Some((first, held))
    }

    /// Bytes that wait, in all lanes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that wait in one lane.
    pub fn lane_bytes(&self, lane: usize) -> usize {
        self.lanes[lane].bytes
    }

    /// Drops what waits: it will be read again.
    pub fn clear(&mut self) {
        self.bytes = 0;
        for lane in &mut self.lanes {
            lane.waiting.clear();
            lane.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(timestamp_ms: i64, offset: i64) -> Held<()> {
        Held { timestamp_ms, offset, record: (), bytes: 10 }
    }

    fn drain(merge: &mut Merge<()>, at_end: impl Fn(usize) -> bool) -> Vec<(usize, i64)> {
        std::iter::from_fn(|| merge.next(&at_end).map(|(lane, held)| (lane, held.offset))).collect()
    }

    #[test]
    fn the_older_record_goes_first_and_ties_go_by_lane() {
        let mut merge = Merge::new(2);
        for (lane, t, offset) in [(0, 5, 0), (0, 9, 1), (1, 4, 7), (1, 9, 8)] {
            merge.hold(lane, held(t, offset));
        }
        assert_eq!(merge.bytes(), 40);
        assert_eq!(drain(&mut merge, |_| true), [(1, 7), (0, 0), (0, 1), (1, 8)]);
        assert_eq!(merge.bytes(), 0);
    }

    #[test]
    fn a_lane_that_is_behind_is_waited_for() {
        let mut merge = Merge::new(2);
        merge.hold(0, held(5, 0));
        assert_eq!(drain(&mut merge, |lane| lane != 1), []);
        merge.hold(1, held(3, 0));
        assert_eq!(drain(&mut merge, |lane| lane != 1), [(1, 0)], "the next of lane 1 may be older than 5");
        assert_eq!(drain(&mut merge, |_| true), [(0, 0)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// However the records of the lanes arrive, they leave in one order.
        #[test]
        fn the_order_does_not_depend_on_the_arrival(
            lanes in prop::collection::vec(prop::collection::vec(0i64..50, 0..20), 1..4), seed: u64
        ) {
            let run = |seed: u64| {
                let mut rng = fastrand::Rng::with_seed(seed);
                let mut merge = Merge::new(lanes.len());
                let mut fed = vec![0; lanes.len()];
                let mut out = Vec::new();
                while fed.iter().zip(&lanes).any(|(&n, lane)| n < lane.len()) {
                    let lane = rng.usize(..lanes.len());
                    for _ in 0..rng.usize(..4) {
                        if let Some(&t) = lanes[lane].get(fed[lane]) {
                            merge.hold(lane, held(t, fed[lane] as i64));
                            fed[lane] += 1;
                        }
                    }
                    out.extend(drain(&mut merge, |n| fed[n] == lanes[n].len()));
                }
                out
            };
            let reference = run(0);
            prop_assert_eq!(reference.len(), lanes.iter().map(Vec::len).sum::<usize>());
            prop_assert_eq!(run(seed), reference);
        }
    }
}
