//! Phone numbers. What a number is, and to which country it belongs, is decided by the parser of the canonical form;
//! this file decides which spellings stand on their own and which need a word beside them.

use super::{Candidate, Settings, Validator};
use crate::canonical::phone;
use crate::detect::groups::Gap;
use crate::record::{Basis, Span};

/// Numbers with their country.
pub(super) const INTERNATIONAL: Validator = Validator {
    name: "phone_international",
    doc: "a phone number with `+` or, in groups, `00` before its country code",
    digits: (7, 17),
    numbers: false,
    basis: Basis::Pattern,
    check: international,
};

/// Numbers that are known by their shape.
pub(super) const NATIONAL: Validator = Validator {
    name: "phone_national",
    doc: "an Indonesian mobile number (08…, 62 8…) or a Danish number in pairs (23 23 75 85)",
    digits: (8, 14),
    numbers: false,
    basis: Basis::Pattern,
    check: national,
};

/// Numbers that a word announces.
pub(super) const ANY: Validator = Validator {
    name: "phone_any",
    doc: "a phone number of one of the configured regions in any spelling; needs a keyword",
    digits: (7, 15),
    numbers: false,
    basis: Basis::Pattern,
    check: any,
};

/// Separators within a phone number.
const SEPARATORS: Gap = Gap::SPACE.or(Gap::DASH).or(Gap::DOT).or(Gap::SLASH).or(Gap::PAREN).or(Gap::WIDE);

fn international(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    let zeros = || candidate.groups.len() > 1 && candidate.groups[0].len() >= 2 && candidate.digits.starts_with(b"00");
    if !(has_plus(candidate) || zeros()) || !candidate.gaps().within(SEPARATORS) {
        return None;
    }
    let span = with_prefix(candidate);
    parses(candidate, span, settings).then_some(span)
}

fn national(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    if has_plus(candidate) || candidate.is_thousands() || candidate.is_decimal() {
        return None;
    }
    let shaped = is_indonesian_mobile(candidate) || is_danish_pairs(candidate);
    (shaped && !is_tied(candidate) && parses(candidate, candidate.span, settings)).then_some(candidate.span)
}

fn any(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    if has_plus(candidate) || !candidate.gaps().within(SEPARATORS) {
        return None;
    }
    if candidate.is_date() || candidate.is_decimal() || is_tied(candidate) {
        return None;
    }
    let span = with_prefix(candidate);
    parses(candidate, span, settings).then_some(span)
}

fn parses(candidate: &Candidate<'_>, span: Span, settings: &Settings) -> bool {
    phone::parse(&candidate.text[span.range()], &settings.regions).is_some()
}

/// `0812…` with 10 to 13 digits, or `62 812…`; the first group of digits holds the prefix.
fn is_indonesian_mobile(candidate: &Candidate<'_>) -> bool {
    if !candidate.gaps().within(Gap::SPACE.or(Gap::DASH).or(Gap::DOT)) {
        return false;
    }
    let first = candidate.groups.first().map_or(0, |g| g.len());
    match candidate.digits {
        [b'0', b'8', b'1'..=b'9', ..] => (10..=13).contains(&candidate.digits.len()) && first >= 3,
        [b'6', b'2', b'8', b'1'..=b'9', ..] => {
            (11..=14).contains(&candidate.digits.len()) && (first == 2 || first >= 5)
        }
        _ => false,
    }
}

/// `23 23 75 85`: four pairs; the first digit of a Danish number is 2 to 9.
fn is_danish_pairs(candidate: &Candidate<'_>) -> bool {
    let gaps = candidate.gaps();
    candidate.groups.len() == 4
        && candidate.groups.iter().all(|g| g.len() == 2)
        && (gaps == Gap::SPACE || gaps == Gap::DASH)
        && candidate.digits[0] >= b'2'
}

/// Whether it goes on beside itself with the separator it uses within: then it is a part of something else.
fn is_tied(candidate: &Candidate<'_>) -> bool {
    let inner = candidate.gaps().or(Gap::DASH).or(Gap::DOT);
    candidate.before.has(inner) || candidate.after.has(inner)
}

/// Whether `+`, or `+(`, stands before it.
fn has_plus(candidate: &Candidate<'_>) -> bool {
    matches!(&candidate.text.as_bytes()[..candidate.span.start as usize], [.., b'+'] | [.., b'+', b'('])
}

/// The candidate with the `+`, `(+` or `(` that stands before it.
fn with_prefix(candidate: &Candidate<'_>) -> Span {
    let before = &candidate.text.as_bytes()[..candidate.span.start as usize];
    if !matches!(before, [.., b'+' | b'(']) {
        return candidate.span;
    }
    let count = |sign: u8| memchr::memchr_iter(sign, candidate.as_str().as_bytes()).count();
    // Its own `(` stands before the digits; one that encloses the whole number is left alone.
    let closed = count(b')') > count(b'(');
    let len = match before {
        [.., b'(', b'+'] if closed => 2,
        [.., b'+', b'('] if closed => 2,
        [.., b'+'] => 1,
        [.., b'('] if closed => 1,
        _ => 0,
    };
    Span::new(candidate.span.start - len, candidate.span.end)
}
