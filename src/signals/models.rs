//! Small statistics: a model of amounts, fading counts, and peaks.

/// Mean and variance of the logarithm of amounts (Welford, "Note on a method for calculating corrected sums of squares
/// and products", 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogModel {
    /// Number of amounts.
    pub n: u16,
    /// Mean of the logarithms.
    pub mean: f32,
    /// Sum of squared distances from the mean.
    pub m2: f32,
}

impl LogModel {
    /// Least standard deviation that is believed: amounts of habit are all alike, and a third more is no outlier.
    pub const SIGMA_FLOOR: f64 = 0.35;
    /// Past this number the model forgets: it follows an account whose habits change.
    const N_MAX: u16 = 200;

    /// Takes an amount; those that are not above zero have no logarithm.
    pub fn add(&mut self, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        let x = amount.ln();
        let mean = f64::from(self.mean);
        if self.n == Self::N_MAX {
            self.m2 *= 1.0 - 1.0 / f32::from(Self::N_MAX);
        } else {
            self.n += 1;
        }
        let delta = x - mean;
        let new = mean + delta / f64::from(self.n);
        self.m2 += (delta * (x - new)) as f32;
        self.mean = new as f32;
    }

    /// How many standard deviations an amount is from the mean. `None`: fewer than `least` amounts are known.
    pub fn z(&self, amount: f64, least: u16) -> Option<f64> {
        (self.n >= least.max(2) && amount > 0.0).then(|| (amount.ln() - f64::from(self.mean)) / self.sigma())
    }

    /// The amount that this many standard deviations lie below. `None`: fewer than `least` amounts are known.
    pub fn at(&self, sigmas: f64, least: u16) -> Option<f64> {
        (self.n >= least.max(2)).then(|| (f64::from(self.mean) + sigmas * self.sigma()).exp())
    }

    /// Keeps the first 16 bits of its numbers (half a per cent): enough for a model, and short when written.
    pub fn coarsen(&mut self) {
        (self.mean, self.m2) = (coarse(self.mean), coarse(self.m2));
    }

    fn sigma(&self) -> f64 {
        (f64::from(self.m2) / f64::from(self.n.max(2) - 1)).sqrt().max(Self::SIGMA_FLOOR)
    }
}

/// Numbers and sums that fade, over four horizons: the sum of `exp(-age / horizon)`. Late events are added with the age
/// that they have, so the order of arrival does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decays {
    /// When the numbers below were computed, in seconds since 1970.
    pub at_s: u32,
    /// Number of events by horizon.
    pub count: [f32; 4],
    /// Sum of amounts by horizon.
    pub sum: [f32; 4],
}

impl Decays {
    /// Five minutes, an hour, a day, four weeks; in seconds.
    pub const HORIZONS_S: [f64; 4] = [300.0, 3600.0, 86_400.0, 2_419_200.0];

    /// Adds an event.
    pub fn add(&mut self, time_s: u32, amount: f64) {
        let at = self.at_s.max(time_s);
        for (i, horizon) in Self::HORIZONS_S.into_iter().enumerate() {
            let old = (-f64::from(at - self.at_s) / horizon).exp();
            let new = (-f64::from(at - time_s) / horizon).exp();
            self.count[i] = (f64::from(self.count[i]) * old + new) as f32;
            self.sum[i] = (f64::from(self.sum[i]) * old + amount * new) as f32;
        }
        self.at_s = at;
    }

    /// Number and sum of a horizon at a time.
    pub fn read(&self, horizon: usize, now_s: u32) -> (f64, f64) {
        let fade = (-f64::from(now_s.saturating_sub(self.at_s)) / Self::HORIZONS_S[horizon]).exp();
        (f64::from(self.count[horizon]) * fade, f64::from(self.sum[horizon]) * fade)
    }

    /// Number and sum of a horizon as they were at `then_s`, which is before some of the events: `later` has the times and
    /// amounts of these.
    pub fn read_back(&self, horizon: usize, then_s: u32, later: impl Iterator<Item = (u32, f64)>) -> (f64, f64) {
        // What an event counts for at `then_s`: for less the longer ago it was, and for more than one if it was yet to come.
        let weight = |time_s: u32| ((f64::from(time_s) - f64::from(then_s)) / Self::HORIZONS_S[horizon]).exp();
        let all = weight(self.at_s);
        let all = (f64::from(self.count[horizon]) * all, f64::from(self.sum[horizon]) * all);
        let (count, sum) =
            later.fold(all, |(count, sum), (time_s, amount)| (count - weight(time_s), sum - amount * weight(time_s)));
        (count.max(0.0), sum.max(0.0))
    }

    /// Forgets the short horizons.
    pub fn cool(&mut self) {
        self.count[..3].fill(0.0);
        self.sum[..3].fill(0.0);
        (self.count[3], self.sum[3]) = (coarse(self.count[3]), coarse(self.sum[3]));
    }
}

fn coarse(number: f32) -> f32 {
    f32::from_bits(number.to_bits() & 0xffff_0000)
}

/// The greatest value of a window that slides: kept until it is older than the window, then the newest takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// When, in seconds since 1970.
    pub at_s: u32,
    /// How much.
    pub value: f32,
}

impl Peak {
    /// Takes a value.
    pub fn see(&mut self, time_s: u32, value: f64, window_s: u32) {
        let expired = time_s.saturating_sub(self.at_s) > window_s;
        if expired || value >= f64::from(self.value) {
            *self = Peak { at_s: time_s, value: value as f32 };
        }
    }

    /// The greatest value of the window before `now_s`, or 0.
    pub fn read(&self, now_s: u32, window_s: u32) -> f64 {
        if now_s.saturating_sub(self.at_s) > window_s { 0.0 } else { f64::from(self.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_unlike_the_others_stands_out() {
        let mut model = LogModel::default();
        [100.0, 120.0, 90.0, 110.0, 105.0].into_iter().for_each(|amount| model.add(amount));
        assert!(model.z(105.0, 5).is_some_and(|z| z.abs() < 0.5));
        assert!(model.z(1000.0, 5).is_some_and(|z| z > 3.0));
        assert_eq!(model.z(1000.0, 6), None);
        model.add(-5.0);
        assert_eq!(model.n, 5);
    }

    #[test]
    fn a_peak_is_forgotten_after_its_window() {
        let mut peak = Peak::default();
        peak.see(100, 50.0, 60);
        peak.see(120, 20.0, 60);
        assert_eq!(peak.read(130, 60), 50.0);
        peak.see(170, 20.0, 60);
        assert_eq!(peak.read(170, 60), 20.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn fading_counts_do_not_know_the_order(mut times in prop::collection::vec(0u32..100_000, 1..20)) {
            let read = |times: &[u32]| {
                let mut decays = Decays::default();
                times.iter().for_each(|&t| decays.add(t, 2.0));
                decays.read(1, 100_000)
            };
            let forward = read(&times);
            times.sort_unstable();
            let sorted = read(&times);
            prop_assert!((forward.0 - sorted.0).abs() < 1e-3 && (forward.1 - sorted.1).abs() < 1e-3);
        }

        #[test]
        fn what_they_were_is_what_they_would_be_without_what_came_later(
            times in prop::collection::vec(0u32..4_000, 1..16), then_s in 2_000u32..4_000
        ) {
            let (mut all, mut earlier) = (Decays::default(), Decays::default());
            times.iter().for_each(|&t| all.add(t, 2.0));
            times.iter().filter(|&&t| t <= then_s).for_each(|&t| earlier.add(t, 2.0));
            for horizon in 0..4 {
                let later = times.iter().filter(|&&t| t > then_s).map(|&t| (t, 2.0));
                let (back, was) = (all.read_back(horizon, then_s, later), earlier.read(horizon, then_s));
                prop_assert!((back.0 - was.0).abs() < 1e-2 && (back.1 - was.1).abs() < 1e-2, "{back:?} {was:?}");
            }
        }
    }
}
