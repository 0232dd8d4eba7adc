//! What is to be replaced in one value, found in several readings of it: overlapping claims become one edit.

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
    /// Parts that were looked into: documents, base64. Nothing else is claimed inside of them.
    covered: Vec<Span>,
}

impl Claims {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.claims.clear();
        self.covered.clear();
    }

    pub(super) fn push(&mut self, claim: Claim) {
        self.claims.push(claim);
    }

    /// Number of claims.
    pub(super) fn len(&self) -> usize {
        self.claims.len()
    }

    /// From now on nothing inside of `raw` is claimed.
    pub(super) fn cover(&mut self, raw: Span) {
        self.covered.push(raw);
    }

    /// Whether `raw` is a part of what was looked into.
    pub(super) fn is_covered(&self, raw: Span) -> bool {
        self.covered.iter().any(|c| c.start <= raw.start && raw.end <= c.end)
    }

    /// Whether the same bytes are claimed for the same entity.
    pub(super) fn has(&self, raw: Span, entity: EntityId) -> bool {
        self.claims.iter().any(|c| c.raw == raw && c.label.is_some_and(|label| label.entity == entity))
    }

    /// Makes the claims edits: of those that overlap the union goes, and the best gives the replacement. `note` is told
    /// of each edit that is not counted yet.
    pub(super) fn settle(&mut self, edits: &mut Edits, mut note: impl FnMut(Span, Label)) {
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
            if next.weight() > best.weight() {
                best = next;
            }
        }
        put(best, union);
    }
}

impl Claim {
    /// The greatest gives the replacement.
    fn weight(&self) -> (Option<Basis>, u8, usize) {
        (self.label.map(|label| label.basis), self.rank, self.raw.len())
    }
}
