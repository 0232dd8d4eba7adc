//! What is to be replaced in one value, found in several readings of it: overlapping claims become one edit.

use std::cmp::Ordering;

use hashbrown::HashSet;

use crate::record::{ActionId, Basis, EntityId, Span};
use crate::rewrite::Edits;

/// A part of a value that is to be replaced.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    /// Bytes that go.
    pub(super) raw: Span,
    /// What takes their place, in the buffer of the edits.
    pub(super) replacement: Span,
    /// What it is and what is done; `None`: counted where it was found, inside of what is written in the value.
    pub(super) label: Option<Label>,
    /// How many encodings were undone before it was found: what a text means says more than how it is written.
    pub(super) rank: u8,
}

/// What a claim is counted as.
#[derive(Clone, Copy)]
pub(super) struct Label {
    pub(super) entity: EntityId,
    pub(super) action: ActionId,
    pub(super) basis: Basis,
}

/// The claims on one value. Reusable.
#[derive(Default)]
pub(super) struct Claims {
    claims: Vec<Claim>,
    /// What is claimed for whom, once there are [`FEW`] claims.
    index: HashSet<(Span, EntityId)>,
    /// Parts that were looked into: documents, base64. Nothing else is claimed inside of them. Without those that are inside of
    /// another, so that starts and ends both ascend.
    covered: Vec<Span>,
    /// Claims that begin in an escape: `%20628123456`. Where that is undone they may begin behind it.
    doubtful: Vec<Span>,
}

/// So many claims are looked through; a text of more may have thousands.
const FEW: usize = 32;

impl Claims {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.claims.clear();
        self.covered.clear();
        self.doubtful.clear();
        if !self.index.is_empty() {
            self.index = HashSet::default();
        }
    }

    pub(super) fn push(&mut self, claim: Claim) {
        self.claims.push(claim);
        let new = match self.claims.len().cmp(&FEW) {
            Ordering::Less => return,
            Ordering::Equal => &self.claims[..],
            Ordering::Greater => &self.claims[self.claims.len() - 1..],
        };
        self.index.extend(new.iter().filter_map(|c| Some((c.raw, c.label?.entity))));
    }

    /// The claim on these bytes begins in an escape.
    pub(super) fn doubt(&mut self, raw: Span) {
        self.doubtful.push(raw);
    }

    /// Number of claims.
    pub(super) fn len(&self) -> usize {
        self.claims.len()
    }

    /// From now on nothing inside of `raw` is claimed.
    pub(super) fn cover(&mut self, raw: Span) {
        if self.is_covered(raw) {
            return;
        }
        let from = self.covered.partition_point(|c| c.start < raw.start);
        let inside = self.covered[from..].partition_point(|c| c.end <= raw.end);
        self.covered.splice(from..from + inside, [raw]);
    }

    /// Whether `raw` is a part of what was looked into.
    pub(super) fn is_covered(&self, raw: Span) -> bool {
        let before = self.covered.partition_point(|c| c.start <= raw.start);
        before > 0 && raw.end <= self.covered[before - 1].end
    }

    /// Whether the same bytes are claimed for the same entity.
    pub(super) fn has(&self, raw: Span, entity: EntityId) -> bool {
        if self.claims.len() >= FEW {
            return self.index.contains(&(raw, entity));
        }
        self.claims.iter().any(|c| c.raw == raw && c.label.is_some_and(|label| label.entity == entity))
    }

    /// Makes the claims edits: of those that overlap the union goes, and the best gives the replacement. `note` is told
    /// of each edit that is not counted yet.
    pub(super) fn settle(&mut self, edits: &mut Edits, mut note: impl FnMut(Span, Label)) {
        // More of them than a text has stay: they hide more.
        self.doubtful.truncate(FEW);
        for doubtful in self.doubtful.drain(..) {
            let meant = |c: &Claim| c.rank > 0 && c.raw.start > doubtful.start && c.raw.end == doubtful.end;
            if self.claims.iter().any(meant) {
                self.claims.retain(|c| c.raw != doubtful || c.rank > 0);
            }
        }
        // Documents are made of edits that were settled before: they stay as they are.
        self.claims.sort_by_key(|c| (c.raw.start, std::cmp::Reverse(c.raw.end)));
        let mut rest = self.claims.drain(..);
        let Some(mut best) = rest.next() else { return };
        let mut union = best.raw;
        let mut put = |best: Claim, union: Span| {
            edits.replace_with(union, best.replacement);
            if let Some(label) = best.label {
                note(union, label);
            }
        };
        for next in rest {
            if next.raw.start >= union.end {
                put(best, union);
                (best, union) = (next, next.raw);
                continue;
            }
            union.end = union.end.max(next.raw.end);
            if next.is_better_than(&best) {
                best = next;
            }
        }
        put(best, union);
    }
}

impl Claim {
    /// Of two claims that say and do the same the longer one is the value: `name=Budi Santoso` is no `Budi`.
    fn is_better_than(&self, other: &Claim) -> bool {
        let what = |claim: &Claim| claim.label.map(|label| (label.entity, label.action));
        match (what(self), what(other)) {
            (Some(own), Some(others)) if own == others && self.raw.len() != other.raw.len() => {
                self.raw.len() > other.raw.len()
            }
            _ => self.weight() > other.weight(),
        }
    }

    /// The greatest gives the replacement.
    fn weight(&self) -> (Option<Basis>, u8, usize) {
        (self.label.map(|label| label.basis), self.rank, self.raw.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span() -> impl Strategy<Value = Span> {
        (0..60u32, 1..20u32).prop_map(|(start, len)| Span::new(start, start + len))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_covered_and_claimed_is_what_was(spans in prop::collection::vec(span(), 0..90), asked in span()) {
            let mut claims = Claims::default();
            let label = Label { entity: EntityId(3), action: ActionId(0), basis: Basis::Field };
            for (at, &raw) in spans.iter().enumerate() {
                claims.cover(raw);
                let label = (at % 3 > 0).then_some(label);
                claims.push(Claim { raw, replacement: Span::new(0, 0), label, rank: 0 });
            }
            let inside = spans.iter().any(|c| c.start <= asked.start && asked.end <= c.end);
            prop_assert_eq!(claims.is_covered(asked), inside);
            let mut claimed = spans.iter().enumerate().filter(|(at, _)| at % 3 > 0);
            prop_assert_eq!(claims.has(asked, EntityId(3)), claimed.any(|(_, raw)| *raw == asked));
            prop_assert!(!claims.has(asked, EntityId(4)));
            claims.clear();
            prop_assert!(!claims.is_covered(asked) && !claims.has(asked, EntityId(3)));
        }
    }
}
