//! IBANs: a country, two check digits and as many signs as the country's numbers have, compact or in groups.

use super::{Input, Match, Matcher};
use crate::canonical::iban;
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "iban",
    doc: "IBANs of all countries of the registry, in any case and grouping, with a correct check sum",
    wants: |class, digits| digits >= DIGITS_MIN && class.has(Class::LETTER),
    find,
};

/// Fewest digits of an IBAN.
pub(in crate::detect) const DIGITS_MIN: u8 = 10;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    let mut floor = 0;
    for group in input.groups {
        let digits = group.start as usize;
        let Some(before) = bytes[..digits].last() else { continue };
        // `DK 50 0040 0440 1162 43`
        let apart = *before == b' ' && group.len() == 2;
        // Most digits stand behind no letter.
        if !(before.is_ascii_alphabetic() && group.len() > 1 || apart) {
            continue;
        }
        let Some(start) = digits.checked_sub(2 + usize::from(apart)).filter(|&s| s >= floor) else {
            continue;
        };
        if !bytes[start].is_ascii_alphabetic() || !bytes[start + 1].is_ascii_alphabetic() {
            continue;
        }
        // Ids and hashes have two letters before digits everywhere, and hardly ever those of a country.
        let Some(wanted) = iban::length_of([bytes[start], bytes[start + 1]]) else { continue };
        let head = &input.text[..start];
        let labelled = head.len() >= 4 && bytes[start - 4..start].eq_ignore_ascii_case(b"iban");
        let bounded = labelled || !head.ends_with(|c: char| c.is_alphanumeric() && c < '\u{2e80}');
        if let Some(end) = bounded.then(|| end_of(input.text, start, wanted)).flatten() {
            let span = Span::new(start as u32, end as u32);
            out.push(Match { span, value: span });
            floor = end;
        }
    }
}

/// One past the IBAN of `wanted` signs that begins at `start`, if it is one.
fn end_of(text: &str, start: usize, wanted: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut count = 0;
    let mut end = start;
    while count < wanted {
        match *bytes.get(end)? {
            b if b.is_ascii_alphanumeric() => count += 1,
            // One separator between signs.
            b' ' | b'-' | b'.' if bytes[end - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        end += 1;
    }
    let bounded = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (bounded && iban::parse(&text[start..end])?.is_valid()).then_some(end)
}
