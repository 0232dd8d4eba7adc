//! Overlapping candidates become one finding: everything that any of them covers is scrubbed.

use super::spec::Confidence;
use crate::record::{Basis, EntityId, Finding, Span};

/// A finding before overlaps are resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// All that has to go.
    pub span: Span,
    /// The value itself.
    pub value: Span,
    /// What it is.
    pub entity: EntityId,
    /// Why.
    pub basis: Basis,
    /// How sure its pattern is.
    pub confidence: Confidence,
}

impl Found {
    /// The greatest gives the label: by basis, then confidence, then length; of equals the first of the catalog.
    fn rank(&self) -> (Basis, Confidence, usize, std::cmp::Reverse<EntityId>) {
        (self.basis, self.confidence, self.value.len(), std::cmp::Reverse(self.entity))
    }

    /// Whether it gives the label rather than `other`. What is sure of more than the other is the value, whatever word
    /// stands near the part: the digits of `C-1234567` are no phone number because of a `call` behind them.
    fn beats(&self, other: &Found) -> bool {
        match (self.is_surely_around(other), other.is_surely_around(self)) {
            (false, false) => self.rank() > other.rank(),
            (around, _) => around,
        }
    }

    fn is_surely_around(&self, other: &Found) -> bool {
        let (outer, inner) = (self.value, other.value);
        let around = outer.start <= inner.start && inner.end <= outer.end && outer != inner;
        around && self.confidence == Confidence::High && other.confidence < Confidence::High
    }
}

/// Appends the union of overlapping `found`, disjoint and in ascending order. Leaves `found` empty.
pub(super) fn resolve(found: &mut Vec<Found>, out: &mut Vec<Finding>) {
    if found.len() > 1 {
        found.sort_unstable_by_key(|f| (f.span.start, f.span.end));
    }
    let mut rest = found.drain(..);
    let Some(mut best) = rest.next() else { return };
    let mut union = best.span;
    let finding =
        |best: Found, union| Finding { span: union, value: best.value, entity: best.entity, basis: best.basis };
    for next in rest {
        if next.span.start >= union.end {
            out.push(finding(best, union));
            (best, union) = (next, next.span);
            continue;
        }
        union.end = union.end.max(next.span.end);
        if next.beats(&best) {
            best = next;
        }
    }
    out.push(finding(best, union));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(found: &[Found]) -> u16 {
        let mut out = Vec::new();
        resolve(&mut found.to_vec(), &mut out);
        assert_eq!(out.len(), 1, "they overlap");
        out[0].entity.0
    }

    #[test]
    fn what_is_sure_of_more_gives_the_label_and_else_the_better_reason() {
        let found = |entity, start, end, basis, confidence| {
            let span = Span::new(start, end);
            Found { span, value: span, entity: EntityId(entity), basis, confidence }
        };
        let customer = found(1, 0, 9, Basis::Pattern, Confidence::High);
        let phone = found(2, 2, 9, Basis::Keyword, Confidence::Medium);
        assert_eq!((label(&[customer, phone]), label(&[phone, customer])), (1, 1));
        let unsure = Found { confidence: Confidence::Medium, ..customer };
        assert_eq!(label(&[unsure, phone]), 2);
        let beside = found(1, 0, 5, Basis::Pattern, Confidence::High);
        assert_eq!(label(&[beside, phone]), 2, "a part of each is not in the other");
    }
}
