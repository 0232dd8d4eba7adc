//! Counts cases with needles: what leaked, and what was damaged.

use std::collections::BTreeMap;

use crate::quality::case::Case;
use crate::quality::engine::Seen;
use crate::quality::score::{Share, passes};

/// Scores of cases with needles.
#[derive(Debug, Clone, Default)]
pub struct Needles {
    /// Must-scrub cases without a leak, by kind.
    pub by_kind: BTreeMap<String, Share>,
    /// Cases that came out as they must, by category.
    pub by_category: BTreeMap<String, Share>,
    /// Must-scrub cases without a leak.
    pub scrubbed: Share,
    /// Must-keep cases that did not change.
    pub kept: Share,
    /// Letters and digits of needles that are left.
    pub leaked: Share,
    /// Cases that were rejected.
    pub rejected: usize,
}

impl Needles {
    /// Scores of `cases`, each with what became of it.
    pub fn of(cases: &[Case], seen: &[Seen]) -> Needles {
        let mut needles = Needles::default();
        for (case, seen) in cases.iter().zip(seen) {
            let good = passes(case, seen);
            needles.rejected += usize::from(seen.output.is_none());
            needles.by_category.entry(case.category.clone()).or_default().add(good);
            if case.keep {
                needles.kept.add(good);
                continue;
            }
            if case.needles.is_empty() {
                continue;
            }
            needles.scrubbed.add(good);
            if let Some(kind) = &case.kind {
                needles.by_kind.entry(kind.clone()).or_default().add(good);
            }
            for needle in &case.needles {
                let letters = needle.chars().filter(|c| c.is_alphanumeric()).count();
                let left = seen.output.as_ref().is_some_and(|output| output.contains(needle));
                needles.leaked.hit += if left { letters } else { 0 };
                needles.leaked.of += letters;
            }
        }
        needles
    }

    /// Of all that was changed, what had to be: scrubbed cases beside damaged ones.
    pub fn precision(&self) -> Share {
        Share { hit: self.scrubbed.hit, of: self.scrubbed.hit + (self.kept.of - self.kept.hit) }
    }
}
