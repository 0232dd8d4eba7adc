//! Indonesian tax numbers (NPWP) as they are printed: `01.234.567.4-901.000`.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::Basis;

/// The check. Bare digits (15, or 16 since 2024) have no form of their own: a keyword and `number` find them.
pub(super) const VALIDATOR: Validator = Validator {
    name: "npwp",
    doc: "an Indonesian tax number of 15 digits in its groups: 01.234.567.4-901.000",
    digits: (15, 15),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        let printed = candidate.groups.iter().map(|g| g.len()).eq([2, 3, 3, 1, 3, 3]);
        let signs = Gap::DOT.or(Gap::DASH).or(Gap::SPACE).or(Gap::WIDE);
        (printed && candidate.gaps().within(signs) && !candidate.is_tied()).then_some(candidate.span)
    },
};
