//! IBANs, for regular expressions that find them; the `iban` matcher checks by itself.

use super::{Candidate, Validator};
use crate::canonical::iban;
use crate::record::Basis;

/// The check.
pub(super) const VALIDATOR: Validator = Validator {
    name: "iban",
    doc: "an IBAN of its country's length with correct check digits",
    digits: (2, iban::Iban::MAX_LEN),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        iban::parse(candidate.as_str()).filter(iban::Iban::is_valid).map(|_| candidate.span)
    },
};
