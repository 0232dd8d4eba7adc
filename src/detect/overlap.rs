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
        if next.rank() > best.rank() {
            best = next;
        }
    }
    out.push(finding(best, union));
}
