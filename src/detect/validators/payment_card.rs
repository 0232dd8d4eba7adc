//! Payment cards: issuer ranges, lengths, the Luhn check sum, and how numbers of cards are written in groups.
//!
//! Ranges: the networks' published IIN tables (ISO/IEC 7812), compared with braintree/credit-card-type. Networks overlap
//! (60 and 65 are RuPay, Discover and Maestro); only whether *some* network issues the length matters here.

use super::{Candidate, Validator, luhn};
use crate::detect::groups::Gap;
use crate::record::{Basis, Span};

/// For bare text.
pub(super) const STRICT: Validator = Validator {
    name: "payment_card",
    doc: "a card number of 14 to 19 digits: known issuer, Luhn, compact or grouped as on a card",
    digits: (14, 19),
    numbers: true,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        (is_card(candidate) && is_card_grouping(candidate)).then(|| span_of(candidate))
    },
};

/// For texts that speak of cards.
pub(super) const ANY: Validator = Validator {
    name: "payment_card_any",
    doc: "a card number of 12 to 19 digits in any grouping; needs a keyword",
    digits: (12, 19),
    numbers: true,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| is_card(candidate).then(|| span_of(candidate)),
};

/// Beside currencies.
pub(super) const FOURS: Validator = Validator {
    name: "payment_card_fours",
    doc: "a card number in four groups of four: no amount is written so, whatever stands beside it",
    digits: (16, 16),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| (is_in_fours(candidate) && is_card(candidate)).then(|| span_of(candidate)),
};

fn span_of(candidate: &Candidate<'_>) -> Span {
    candidate.span
}

fn is_card(candidate: &Candidate<'_>) -> bool {
    has_issuer(candidate.digits)
        && luhn::checks(candidate.digits)
        && !candidate.is_thousands()
        && (!candidate.gaps().has(Gap::UNDERSCORE) || is_in_fours(candidate))
        && (!candidate.is_decimal() || is_in_fours(candidate))
        && !candidate.is_uuid_part()
}

/// Networks: first and last prefix (of as many digits as the number has), and their lengths as bits.
#[rustfmt::skip]
const ISSUERS: &[(u32, u32, u32)] = &[
    (4, 4, bits(13, 13) | bits(16, 16) | bits(18, 19)),   // Visa
    (51, 55, bits(16, 16)),                               // Mastercard
    (2221, 2720, bits(16, 16)),                           // Mastercard, series 2
    (34, 34, bits(15, 15)), (37, 37, bits(15, 15)),       // American Express
    (300, 305, bits(14, 19)), (3095, 3095, bits(14, 19)), // Diners Club
    (36, 36, bits(14, 19)), (38, 39, bits(14, 19)),
    (6011, 6011, bits(16, 19)), (644, 649, bits(16, 19)), // Discover
    (65, 65, bits(16, 19)),
    (3528, 3589, bits(16, 19)),                           // JCB
    (2131, 2131, bits(15, 15)), (1800, 1800, bits(15, 15)),
    (62, 62, bits(16, 19)), (81, 81, bits(16, 19)),       // UnionPay
    (50, 50, bits(12, 19)), (56, 58, bits(12, 19)),       // Maestro, Dankort (5019), RuPay (508), Verve (506)
    (60, 61, bits(12, 19)), (63, 69, bits(12, 19)),       // Maestro, RuPay, InterPayment, Troy
    (82, 82, bits(16, 16)),                               // RuPay
    (2200, 2204, bits(16, 19)),                           // Mir
    (9792, 9792, bits(16, 16)),                           // Troy
    (1946, 1946, bits(16, 16)),                           // GPN
    (8600, 8600, bits(16, 16)), (9860, 9860, bits(16, 16)), // Uzcard, Humo
];

const fn bits(from: u32, to: u32) -> u32 {
    ((1 << (to + 1)) - 1) & !((1 << from) - 1)
}

fn has_issuer(digits: &[u8]) -> bool {
    let Some(first) = digits.first_chunk::<4>() else {
        return false;
    };
    let four = first.iter().fold(0, |n, &b| n * 10 + u32::from(b - b'0'));
    ISSUERS.iter().any(|&(from, to, lengths)| {
        let prefix = match from {
            0..=9 => four / 1000,
            10..=99 => four / 100,
            100..=999 => four / 10,
            _ => four,
        };
        (from..=to).contains(&prefix) && lengths >> digits.len() & 1 == 1
    })
}

/// `4111_1111_1111_1111`: other numbers with `_` between them are ids and times side by side.
fn is_in_fours(candidate: &Candidate<'_>) -> bool {
    let [all @ .., last] = candidate.groups else { return false };
    all.len() >= 3 && all.iter().all(|g| g.len() == 4) && last.len() <= 4
}

/// Compact, in fours, or as American Express, Diners Club and UnionPay print it.
fn is_card_grouping(candidate: &Candidate<'_>) -> bool {
    let groups = candidate.groups;
    if candidate.gaps().has(Gap::PAREN) {
        return false;
    }
    let fours = |groups: &[crate::detect::groups::Group]| groups.iter().all(|g| g.len() == 4);
    match groups {
        [] | [_] => true,
        [all @ .., last] if fours(all) && all.len() >= 3 => last.len() <= 4,
        [a, b, c] => {
            matches!((a.len(), b.len(), c.len()), (4, 6, 5) | (4, 6, 4) | (6, 6, 4) | (4, 4, 8) | (4, 8, 4) | (8, 4, 4))
        }
        [a, b] => matches!((a.len(), b.len()), (8, 8) | (6, 10) | (6, 13) | (4, 12)),
        _ => false,
    }
}
