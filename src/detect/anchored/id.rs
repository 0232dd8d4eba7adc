//! Ids and numbers of documents that nothing but the words before them tells from other letters and digits.

use super::{Anchor, Anchored, PROSE_AND_DIGITS, found};
use crate::detect::matchers::Match;

/// `Device ID: 9774d56d682e549c`, `the Android ID is 9774d56d682e549c`.
pub(super) const AFTER: Anchored = Anchored {
    name: "id_after",
    doc: "8 to 64 letters, digits, `-`, `_` and `:` with letters and three digits behind the anchor and a sign, `is`, `er` or `adalah`",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: after,
};

/// `mac 001b44113ab7`.
pub(super) const HEX: Anchored = Anchored {
    name: "hex_after",
    doc: "12 or 16 hexadecimal digits with letters among them directly behind the anchor and a sign, `is`, `er` or `adalah`",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let start = value_start(anchor);
        let word = &anchor.text[start..];
        let len = word.bytes().take_while(u8::is_ascii_hexdigit).count();
        let ends = !word.as_bytes().get(len).is_some_and(|b| b.is_ascii_alphanumeric() || b"-_:".contains(b));
        // Digits alone may be a card or a telephone.
        let mixed =
            word[..len].bytes().any(|b| b.is_ascii_digit()) && word[..len].bytes().any(|b| b.is_ascii_alphabetic());
        if start > anchor.behind && matches!(len, 12 | 16) && mixed && ends {
            out.push(found(start, start + len));
        }
    },
};

/// `passport number is 19AV51283`, `nomor paspor saya: X1234567`.
pub(super) const DOCUMENT: Anchored = Anchored {
    name: "document_after",
    doc: "6 to 9 capitals and digits in one word, of which at least two are digits, behind the anchor and a sign, `is`, `er` or `adalah`",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let start = value_start(anchor);
        let rest = &anchor.text[start..];
        let len = rest.bytes().take(*DOCUMENT_BYTES.end() + 1).take_while(u8::is_ascii_alphanumeric).count();
        let word = &rest[..len];
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        // As people type it: all letters small, but mostly digits.
        let capitals = !word.bytes().any(|b| b.is_ascii_lowercase());
        let small = !word.bytes().any(|b| b.is_ascii_uppercase()) && digits * 2 > len;
        let mut behind = rest[len..].chars();
        let ends = match behind.next() {
            Some('.' | ',') => !behind.next().is_some_and(char::is_alphanumeric),
            Some(c) => !(c.is_alphanumeric() || matches!(c, '-' | '_' | '@' | '/' | ':' | '=')),
            None => true,
        };
        if start > anchor.behind && DOCUMENT_BYTES.contains(&len) && digits >= 2 && (capitals || small) && ends {
            out.push(found(start, start + len));
        }
    },
};

const DOCUMENT_BYTES: std::ops::RangeInclusive<usize> = 6..=9;

/// Words that stand between the anchor and the id.
const COPULAS: [&str; 8] = ["is ", "was ", "er ", "adalah ", "is: ", "er: ", "adalah: ", "yaitu "];
const ID_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
const DIGITS_MIN: usize = 3;

fn after(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let start = value_start(anchor);
    let rest = &anchor.text[start..];
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':');
    let len = rest.bytes().take(*ID_BYTES.end() + 1).take_while(sign).count();
    let id = rest[..len].trim_end_matches(['-', '_', ':']);
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    let shaped = ID_BYTES.contains(&id.len()) && digits >= DIGITS_MIN && id.contains(|c: char| c.is_ascii_alphabetic());
    if start > anchor.behind && shaped {
        out.push(found(start, start + id.len()));
    }
}

/// Where the value behind an anchor begins: over signs and a verb. At the anchor's end when it touches the next word.
fn value_start(anchor: &Anchor<'_>) -> usize {
    let rest = anchor.rest();
    let signs = rest.bytes().take(4).take_while(|b| b" :=#(\"'".contains(b)).count();
    let word = |word: &&&str| rest[signs..].get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let copula = COPULAS.iter().find(word).map_or(0, |word| word.len());
    anchor.behind.min(anchor.text.len()) + if signs == 0 { 0 } else { signs + copula }
}
