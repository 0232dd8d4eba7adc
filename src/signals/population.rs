//! How common a feature is among all accounts of a task: counts of bounded size, for the risk-based score of a login.

/// Features that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Network of the address.
    Network,
    /// ASN.
    Asn,
    /// Country.
    Country,
    /// User agent.
    Agent,
}

/// Number of features.
pub const FEATURES: usize = 4;
const CELLS: usize = 512;
/// When this many logins are counted, all counts are halved: the population may change.
const FULL: u32 = 1 << 20;

/// Counts of features in hashed cells: a collision makes a feature look more common, so less suspicious.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Logins counted.
    pub total: u32,
    cells: Vec<[u32; CELLS]>,
}

impl Default for Population {
    fn default() -> Self {
        Population { total: 0, cells: vec![[0; CELLS]; FEATURES] }
    }
}

impl Population {
    /// Counts a login.
    pub fn add(&mut self, features: [(Feature, u32); FEATURES]) {
        if self.total >= FULL {
            self.total /= 2;
            self.cells.iter_mut().flatten().for_each(|count| *count /= 2);
        }
        self.total += 1;
        for (feature, value) in features {
            self.cells[feature as usize][cell(value)] += 1;
        }
    }

    /// Share of the logins that have this value, smoothed: what was never seen is as rare as one in all and one.
    pub fn share(&self, feature: Feature, value: u32) -> f64 {
        let count = self.cells[feature as usize][cell(value)];
        (f64::from(count) + 1.0) / (f64::from(self.total) + 2.0)
    }

    /// Shares of several features.
    pub fn shares(&self, features: [(Feature, u32); FEATURES]) -> [f64; FEATURES] {
        features.map(|(feature, value)| self.share(feature, value))
    }

    /// The counts as they are written: total, then all cells.
    pub fn to_words(&self) -> Vec<u32> {
        std::iter::once(self.total).chain(self.cells.iter().flatten().copied()).collect()
    }

    /// What [`Population::to_words`] gave. `None`: the number of words is another.
    pub fn from_words(words: &[u32]) -> Option<Population> {
        let (&total, cells) = words.split_first()?;
        let (chunks, rest) = cells.as_chunks::<CELLS>();
        (chunks.len() == FEATURES && rest.is_empty()).then(|| Population { total, cells: chunks.to_vec() })
    }
}

/// Values may be small numbers (ASNs), so they are mixed (Fibonacci hashing).
fn cell(value: u32) -> usize {
    (value.wrapping_mul(0x9e37_79b9) >> 23) as usize % CELLS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_has_a_large_share_and_words_bring_it_back() {
        let mut population = Population::default();
        for i in 0..100 {
            let features = [Feature::Network, Feature::Asn, Feature::Country, Feature::Agent];
            population.add(features.map(|f| (f, if f == Feature::Network { i } else { 7 })));
        }
        assert!(population.share(Feature::Asn, 7) > 0.95);
        assert!(population.share(Feature::Network, 5) < 0.05);
        assert!(population.share(Feature::Country, 99) < 0.02);
        assert_eq!(Population::from_words(&population.to_words()), Some(population));
        assert_eq!(Population::from_words(&[1, 2]), None);
    }
}
