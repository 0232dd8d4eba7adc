//! Numbers of mobile devices (IMEI): 14 digits and their Luhn check digit (3GPP TS 23.003, annex B).

use super::{Candidate, Validator, luhn};
use crate::record::Basis;

/// The check. Cards and other numbers have it too, so a keyword is needed.
pub(super) const VALIDATOR: Validator = Validator {
    name: "imei",
    doc: "an IMEI of 15 digits with its check digit, or an IMEISV of 16; needs a keyword",
    digits: (15, 16),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let checked = candidate.digits.len() == 16 || luhn::checks(candidate.digits);
        (checked && candidate.is_one_number()).then_some(candidate.span)
    },
};
