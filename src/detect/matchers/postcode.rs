//! British addresses by their postcode, which nothing else looks like: `9 Weavers Croft, Kendal LA9 5DP` (BS 7666).

use super::{Match, Matcher};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "uk_postcode",
    doc: "a British postcode in capitals, and the number, street and town before it",
    wants: |class, digits| digits >= 2 && class.has(Class::LETTER) && class.has(Class::SPACE),
    find: |input, out| {
        // The second half: a digit and two letters. Of few digits nobody has made groups.
        let mut half = |at: usize| {
            if let Some(start) = postcode_start(input.text.as_bytes(), at) {
                let span = Span::new(address_start(input.text, start) as u32, at as u32 + 3);
                out.push(Match { span, value: span });
            }
        };
        if input.groups.is_empty() {
            let digits = input.text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit());
            digits.for_each(|(at, _)| half(at));
        } else if input.census.lone {
            for group in input.groups {
                let at = group.start as usize;
                if group.len() == 1 && at > 3 && input.text.as_bytes()[at - 1] == b' ' {
                    half(at);
                }
            }
        }
    },
};

/// Most bytes of an address before its postcode.
const ADDRESS_BYTES_MAX: usize = 80;

/// Where the postcode begins whose second half begins at `at`.
fn postcode_start(bytes: &[u8], at: usize) -> Option<usize> {
    // Letters that no second half has: they look like others.
    let letter = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_uppercase() && !b"CIKMOV".contains(b));
    let ends = !bytes.get(at + 3).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if at < 3 || bytes[at - 1] != b' ' || !letter(bytes.get(at + 1)) || !letter(bytes.get(at + 2)) || !ends {
        return None;
    }
    let head = &bytes[..at - 1];
    let len = head.iter().rev().take(5).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    let start = head.len() - len;
    let bounded =
        start == 0 || !(bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'-' | b'_' | b'/'));
    let letters = head[start..].iter().take_while(|b| b.is_ascii_uppercase()).count();
    let rest = &head[start + letters..];
    let district = matches!(rest, [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z']);
    (bounded && (1..=2).contains(&letters) && district).then_some(start)
}

/// Where the address before the postcode begins: at the number of a house, capitalised words and commas between.
fn address_start(text: &str, postcode: usize) -> usize {
    let mut start = postcode;
    let mut at = postcode;
    while at > 0 && postcode - at < ADDRESS_BYTES_MAX {
        let head = text[..at].trim_end_matches([' ', ',', '\n', '\r']);
        let word = head.rsplit([' ', ',', '\n']).next().unwrap_or("");
        let capital =
            word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || "'’.-".contains(c));
        let small = matches!(word, "of" | "the" | "on" | "upon" | "in" | "under" | "le");
        let number = word.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/'));
        // What stands before a sign ends another sentence.
        if word.is_empty() || !(capital || small || number) || at - head.len() > 3 || word.ends_with(['.', '?', '!']) {
            break;
        }
        at = head.len() - word.len();
        if number {
            start = at;
            break;
        }
        // The town stands there even without a street.
        start = if capital { at } else { start };
    }
    if text[start..].starts_with(|c: char| c.is_ascii_digit()) { start } else { postcode }
}
