//! Ids that nothing but the words before them tells from other letters and digits.

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

/// Words that stand between the anchor and the id.
const COPULAS: [&str; 4] = ["is ", "was ", "er ", "adalah "];
const ID_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
const DIGITS_MIN: usize = 3;

fn after(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let rest = anchor.rest();
    let mut start = rest.bytes().take(4).take_while(|b| b" :=#\"'".contains(b)).count();
    let word = |word: &&&str| rest[start..].get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let copula = COPULAS.iter().find(word).map_or(0, |word| word.len());
    if start == 0 {
        return;
    }
    start += copula;
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':');
    let len = rest[start..].bytes().take(*ID_BYTES.end() + 1).take_while(sign).count();
    let id = rest[start..start + len].trim_end_matches(['-', '_', ':']);
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    if ID_BYTES.contains(&id.len()) && digits >= DIGITS_MIN && id.contains(|c: char| c.is_ascii_alphabetic()) {
        out.push(found(anchor.behind + start, anchor.behind + start + id.len()));
    }
}
