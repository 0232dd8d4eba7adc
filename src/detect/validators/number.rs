//! Numbers without a form of their own: accounts, memberships, licences. The entity file says how many digits they
//! have, and a keyword says that they are meant.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::{Basis, Span};

/// Any digits.
pub(super) const NUMBER: Validator = Validator {
    name: "number",
    doc: "a number of as many digits as `digits` says, compact or in regular groups; needs a keyword",
    digits: (7, 24),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        // `250000.00` is money.
        let money = matches!(candidate.groups, [whole, cents] if cents.gap == Gap::DOT && cents.len() == 2 && whole.len() <= 7)
            && candidate.digits[0] != b'0';
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
        one.then(|| with_series(candidate)).flatten()
    },
};

/// `210 123 456`.
pub(super) const IN_THREES: Validator = Validator {
    name: "document_in_threes",
    doc: "nine digits in threes, a space between; needs a keyword",
    digits: (9, 9),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        let threes = candidate.groups.len() == 3 && candidate.is_thousands() && candidate.gaps() == Gap::SPACE;
        (threes && !candidate.is_tied() && !candidate.is_decimal()).then_some(candidate.span)
    },
};

/// A document's place, with the letters that touch it, or the one of its series before a space: `C 1234567`.
fn with_series(candidate: &Candidate<'_>) -> Option<Span> {
    let span = candidate.with_letters(2, 1)?;
    let before = &candidate.text.as_bytes()[..span.start as usize];
    let series = |rest: &[u8]| !rest.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'\'' | 0x80..));
    match before {
        [rest @ .., b'A'..=b'Z', b' '] if span.start == candidate.span.start && series(rest) => {
            Some(Span::new(span.start - 2, span.end))
        }
        _ => Some(span),
    }
}
