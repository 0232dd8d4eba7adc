//! Counts what was scrubbed and what was not, with 95 % intervals.
//!
//! - *recall*: labelled spans that a finding of the right entity touches
//! - *full-span recall*: labelled spans of which no letter or digit is left, whatever they were taken for
//! - *leaked characters*: letters and digits of labelled spans that are left, of all of them
//! - *precision*: findings of an entity that touch a span labelled as that entity
//!
//! Intervals of shares are Wilson's (1927); that of leaked characters, which come in clumps, is a seeded bootstrap over
//! events (Efron 1979, percentiles of 1,000 resamples).

use std::collections::BTreeMap;
use std::ops::Range;

use super::case::{Case, FIELD, Gold, means};
use super::engine::Seen;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;
/// Of the bootstrap: the same file gives the same interval.
const BOOTSTRAP_SEED: u64 = 0x5eed;

/// A share of a count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// How many hold.
    pub hit: usize,
    /// Of how many.
    pub of: usize,
}

impl Share {
    /// One more, which holds or not.
    pub fn add(&mut self, hit: bool) {
        self.hit += usize::from(hit);
        self.of += 1;
    }

    /// The share; `None` of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.hit as f64 / self.of as f64)
    }

    /// Wilson's interval at 95 %.
    pub fn interval(self) -> Option<(f64, f64)> {
        let p = self.rate()?;
        let (n, z) = (self.of as f64, 1.959_964_f64);
        let middle = p + z * z / (2.0 * n);
        let width = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        Some((((middle - width) / scale).max(0.0), ((middle + width) / scale).min(1.0)))
    }
}

/// What is known of one label.
#[derive(Debug, Clone, Default)]
pub struct Label {
    /// Labelled spans touched by a finding of the right entity.
    pub recall: Share,
    /// Labelled spans of which nothing is left.
    pub full: Share,
    /// Letters and digits of labelled spans that are left.
    pub leaked: Share,
    /// Findings of its entities that touch a span of this label.
    pub precision: Share,
    /// Leaked and all characters, by event.
    events: Vec<(usize, usize)>,
}

impl Label {
    /// The bootstrap's interval of the share of leaked characters.
    pub fn leaked_interval(&self) -> Option<(f64, f64)> {
        self.leaked.rate()?;
        let mut random = fastrand::Rng::with_seed(BOOTSTRAP_SEED);
        let mut rates: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let picks = (0..self.events.len()).map(|_| self.events[random.usize(..self.events.len())]);
                let (leaked, all) = picks.fold((0, 0), |sum, event| (sum.0 + event.0, sum.1 + event.1));
                Share { hit: leaked, of: all }.rate()
            })
            .collect();
        rates.sort_by(f64::total_cmp);
        let at = |share: f64| rates.get(((rates.len() - 1) as f64 * share).round() as usize).copied();
        Some((at(0.025)?, at(0.975)?))
    }
}

/// Scores of labelled spans.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// By label.
    pub labels: BTreeMap<String, Label>,
    /// Findings of entities that no label of the file means.
    pub unlabelled: BTreeMap<String, usize>,
    /// Events that were rejected.
    pub rejected: usize,
}

impl Spans {
    /// Scores of `cases`, each with what became of it.
    pub fn of(cases: &[Case], seen: &[Seen]) -> Spans {
        let mut spans = Spans::default();
        for case in cases {
            for gold in &case.gold {
                spans.labels.entry(gold.label.clone()).or_default();
            }
        }
        for (case, seen) in cases.iter().zip(seen) {
            spans.add(case, seen);
        }
        spans
    }

    fn add(&mut self, case: &Case, seen: &Seen) {
        self.rejected += usize::from(seen.output.is_none());
        for gold in &case.gold {
            let label = self.labels.entry(gold.label.clone()).or_default();
            let right = |(span, entity): &(Range<usize>, String)| touch(span, &gold.span) && means(&gold.label, entity);
            label.recall.add(seen.output.is_none() || seen.found.iter().any(right));
            let (left, all) = left_over(case, seen, gold);
            label.full.add(left == 0);
            label.leaked.hit += left;
            label.leaked.of += all;
            label.events.push((left, all));
        }
        for (span, entity) in seen.found.iter().filter(|(_, entity)| entity != FIELD) {
            let mut known = false;
            let right = case.gold.iter().any(|gold| touch(span, &gold.span) && means(&gold.label, entity));
            for (name, label) in &mut self.labels {
                if means(name, entity) {
                    label.precision.add(right);
                    known = true;
                }
            }
            if !known {
                *self.unlabelled.entry(entity.clone()).or_default() += 1;
            }
        }
    }
}

/// Whether nothing leaked, and nothing was damaged that had to stay.
pub fn passes(case: &Case, seen: &Seen) -> bool {
    match &seen.output {
        None => !case.keep,
        Some(output) if case.keep => *output == case.input,
        Some(output) => {
            !case.needles.iter().any(|needle| output.contains(needle))
                && case.gold.iter().all(|gold| left_over(case, seen, gold).0 == 0)
        }
    }
}

/// Letters and digits of `gold` that no finding took, and all of them.
pub fn left_over(case: &Case, seen: &Seen, gold: &Gold) -> (usize, usize) {
    let span = &gold.span;
    let letters = case.input[span.clone()].char_indices().filter(|(_, c)| c.is_alphanumeric());
    let letters: Vec<usize> = letters.map(|(at, _)| span.start + at).collect();
    let Some(output) = &seen.output else { return (0, letters.len()) };
    if gold.blob {
        let stands = output.contains(&case.input[span.clone()]);
        return (if stands { letters.len() } else { 0 }, letters.len());
    }
    let left = letters.iter().filter(|at| !seen.found.iter().any(|(found, _)| found.contains(at)));
    (left.count(), letters.len())
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
