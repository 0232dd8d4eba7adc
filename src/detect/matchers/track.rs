//! Tracks of magnetic stripes (ISO/IEC 7813): `%B4111…^DOE/JOHN^2912…?` and `;4111…=2912…?`, with or without their
//! sentinels, and track 2 as chips give it (`D` for `=`, padded with `F`).

use super::{Input, Match, Matcher};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "track",
    doc: "track 1 and track 2 of a payment card",
    wants: |class, digits| digits >= DIGITS_MIN && class.has(Class::EQUALS.with(Class::OTHER).with(Class::LETTER)),
    find,
};

/// A PAN of 12 digits, expiry date and service code.
const DIGITS_MIN: u8 = 16;
/// Longest name on track 1.
const NAME_BYTES_MAX: usize = 45;
/// Longest track.
const TRACK_BYTES_MAX: usize = 120;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    for group in input.groups.iter().filter(|g| (12..=19).contains(&g.len())) {
        let (start, end) = (group.start as usize, group.end as usize);
        let track = match bytes.get(end) {
            Some(b'^') => first_track(bytes, start, end),
            Some(b'=' | b'D' | b'd') => second_track(bytes, start, end),
            _ => None,
        };
        if let Some(span) = track {
            out.push(Match { span, value: span });
        }
    }
}

/// `%B<pan>^<name>^<expiry and service code>…?`
fn first_track(bytes: &[u8], start: usize, end: usize) -> Option<Span> {
    let name = bytes[end + 1..].iter().take(NAME_BYTES_MAX).position(|&b| b == b'^')?;
    let data = end + 1 + name + 1;
    let digits = bytes[data..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits < 4 || bytes[end + 1..data].contains(&b'\n') {
        return None;
    }
    let more =
        bytes[data..].iter().take(TRACK_BYTES_MAX).take_while(|b| b.is_ascii_alphanumeric() || **b == b' ').count();
    let open = if bytes[..start].ends_with(b"%B") || bytes[..start].ends_with(b"%b") { start - 2 } else { start };
    let close = data + if bytes.get(data + more) == Some(&b'?') { more + 1 } else { digits };
    Some(Span::new(open as u32, close as u32))
}

/// `;<pan>=<expiry, service code, …>?`
fn second_track(bytes: &[u8], start: usize, end: usize) -> Option<Span> {
    let data = end + 1;
    let digits = bytes[data..].iter().take(TRACK_BYTES_MAX).take_while(|b| b.is_ascii_digit()).count();
    if digits < 7 {
        return None;
    }
    let open = start - usize::from(start > 0 && bytes[start - 1] == b';');
    let close = data + digits;
    let sentinel = matches!(bytes.get(close), Some(b'?' | b'F' | b'f'));
    Some(Span::new(open as u32, (close + usize::from(sentinel)) as u32))
}
