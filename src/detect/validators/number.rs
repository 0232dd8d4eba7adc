//! Numbers without a form of their own: accounts, memberships, licences. The entity file says how many digits they
//! have, and a keyword says that they are meant.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::Basis;

/// Any digits.
pub(super) const NUMBER: Validator = Validator {
    name: "number",
    doc: "a number of as many digits as `digits` says, compact or in regular groups; needs a keyword",
    digits: (7, 24),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        // `250000.00` is money.
        let money = matches!(candidate.groups, [_, cents] if cents.gap == Gap::DOT && cents.len() <= 2);
        let one = candidate.is_one_number() && !candidate.is_date() && !candidate.is_tied() && !money;
        one.then_some(candidate.span)
    },
};

/// Digits with a few letters, as passports and driving licences have.
pub(super) const DOCUMENT: Validator = Validator {
    name: "document",
    doc: "up to two letters, as many digits as `digits` says, up to one letter; needs a keyword",
    digits: (7, 12),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        let one = candidate.is_one_number() && !candidate.is_date() && !candidate.is_tied();
        one.then(|| candidate.with_letters(2, 1)).flatten()
    },
};
