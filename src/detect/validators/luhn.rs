//! The Luhn check sum (ISO/IEC 7812-1, annex B).

use super::{Candidate, Validator};
use crate::record::Basis;

/// For numbers of user-written rules; cards have a check of their own.
pub(super) const VALIDATOR: Validator = Validator {
    name: "luhn",
    doc: "digits whose last one is their Luhn check digit",
    digits: (2, 64),
    numbers: true,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| checks(candidate.digits).then_some(candidate.span),
};

/// Whether the last of the ASCII `digits` is the check digit of the others.
pub(in crate::detect) fn checks(digits: &[u8]) -> bool {
    let mut sum = 0u32;
    for (i, &b) in digits.iter().rev().enumerate() {
        let digit = u32::from(b - b'0');
        sum += match (i % 2, digit) {
            (0, d) => d,
            (_, d @ 0..=4) => d * 2,
            (_, d) => d * 2 - 9,
        };
    }
    sum.is_multiple_of(10)
}
