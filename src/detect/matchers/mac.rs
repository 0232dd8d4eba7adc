//! Hardware addresses (MAC, EUI-48): `00:1b:44:11:3a:b7`, `00-1B-44-11-3A-B7`, `001b.4411.3ab7`; and
//! those of eight bytes that are made of them (EUI-64).

use super::{Input, Match, Matcher};
use crate::record::{Class, Marks, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "mac",
    doc: "hardware addresses of six bytes with colons or dashes between them, or dots between pairs",
    wants: |class, digits| {
        // A bare one with dashes and few digits is left to its field's name: ids and names of things look like it.
        let dashes = class.has(Class::OTHER) && (digits >= 7 || class.has(Class::SPACE));
        digits >= 1 && class.has(Class::LETTER) && (class.has(Class::COLON.with(Class::DOT)) || dashes)
    },
    find,
};

/// Bytes of an address with colons or dashes, of one of eight pairs that is made of it (EUI-64), and with dots.
const PAIRS: usize = 17;
const LONG: usize = 23;
const DOTTED: usize = 14;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    let mut floor = 0;
    if input.class.has(Class::COLON.with(Class::OTHER)) && may_hold_pairs(input.marks) {
        for sign in memchr::memchr2_iter(b':', b'-', bytes) {
            if bytes.get(sign + 3) == Some(&bytes[sign]) && sign >= floor + 2 {
                let len = [PAIRS, LONG].into_iter().find(|&len| is_pairs(bytes, sign - 2, len));
                if let Some(len) = len {
                    push(sign - 2, len, out);
                    floor = sign - 2 + len;
                }
            }
        }
    }
    if input.class.has(Class::DOT) && may_hold_dotted(input.marks) {
        for dot in memchr::memchr_iter(b'.', bytes) {
            if bytes.get(dot + 5) == Some(&b'.') && dot >= 4 && is_dotted(bytes, dot - 4) {
                push(dot - 4, DOTTED, out);
            }
        }
    }
}

/// Whether three signs stand in a row, two bytes between each: times and dates have two.
fn may_hold_pairs(marks: &Marks) -> bool {
    marks.any_spaced(3, 3, |bits| bits.colons | bits.dashes)
}

/// Whether two dots stand as those of an address do.
fn may_hold_dotted(marks: &Marks) -> bool {
    marks.any_spaced(5, 2, |bits| bits.dots)
}

fn push(start: usize, len: usize, out: &mut Vec<Match>) {
    let span = Span::new(start as u32, (start + len) as u32);
    out.push(Match { span, value: span });
}

/// Whether a text may hold an address with dashes: asked before short texts are dismissed as ids.
pub(in crate::detect) fn may_hold_dashed(bytes: &[u8]) -> bool {
    bytes.len() >= PAIRS && memchr::memchr_iter(b'-', bytes).any(|at| at >= 2 && is_pairs(bytes, at - 2, PAIRS))
}

fn is_pairs(bytes: &[u8], start: usize, len: usize) -> bool {
    let Some(address) = bytes.get(start..start + len) else { return false };
    let sign = address[2];
    // `00:1b:44:ff:fe:11:3a:b7`: what stands in the middle says that it was made of a shorter one.
    let made = |middle: &[u8]| middle.eq_ignore_ascii_case(b"ff") || middle.eq_ignore_ascii_case(b"fe");
    if len == LONG && !(made(&address[9..11]) && made(&address[12..14])) {
        return false;
    }
    let shaped = address.iter().enumerate().all(|(i, b)| if i % 3 == 2 { *b == sign } else { b.is_ascii_hexdigit() });
    // Six pairs of digits are mostly times and numbers in groups.
    let typical = address.iter().any(u8::is_ascii_alphabetic) || (sign == b':' && address.starts_with(b"00"));
    shaped && typical && is_bounded(bytes, start, start + len, sign)
}

fn is_dotted(bytes: &[u8], start: usize) -> bool {
    let Some(address) = bytes.get(start..start + DOTTED) else { return false };
    let shaped = address.iter().enumerate().all(|(i, b)| if i % 5 == 4 { *b == b'.' } else { b.is_ascii_hexdigit() });
    let mixed = address.iter().any(u8::is_ascii_alphabetic) && address.iter().any(u8::is_ascii_digit);
    shaped && mixed && is_bounded(bytes, start, start + DOTTED, b'.')
}

/// Whether neither letters nor digits touch it, nor more of its kind: hashes are written in pairs, too.
fn is_bounded(bytes: &[u8], start: usize, end: usize, sign: u8) -> bool {
    let word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).map(|at| &bytes[at]);
    let more_before = before == Some(&sign)
        && start >= 3
        && bytes[start - 2].is_ascii_hexdigit()
        && bytes[start - 3].is_ascii_hexdigit()
        && !start.checked_sub(4).is_some_and(|at| bytes[at].is_ascii_alphanumeric());
    let more_after = bytes.get(end) == Some(&sign) && bytes.get(end + 1).is_some_and(u8::is_ascii_hexdigit);
    !word(before) && !word(bytes.get(end)) && !more_before && !more_after
}
