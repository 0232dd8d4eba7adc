//! National numbers that begin and end with letters: the NRIC and FIN of Singapore, the National Insurance number of
//! the United Kingdom.

use super::{Input, Match, Matcher};
use crate::detect::groups::{Gap, Group};
use crate::record::{Class, Span};

/// Singapore.
pub(super) const SG_NRIC: Matcher = Matcher {
    name: "sg_nric",
    doc: "NRIC and FIN of Singapore: a letter, seven digits and their check letter",
    wants: |class, digits| digits >= 7 && class.has(Class::LETTER),
    find: |input, out| {
        if input.census.longest < 7 {
            return;
        }
        for group in input.groups.iter().filter(|g| g.len() == 7) {
            push(input, group.start as usize, group.end as usize, (1, 1), is_nric, out);
        }
    },
};

/// United Kingdom.
pub(super) const UK_NINO: Matcher = Matcher {
    name: "uk_nino",
    doc: "National Insurance numbers: two letters, six digits, A to D; in capitals, compact or in pairs",
    wants: |class, digits| digits >= 6 && class.has(Class::LETTER),
    find: |input, out| {
        if input.census.longest < 6 && input.census.spaces < 2 {
            return;
        }
        for (at, group) in input.groups.iter().enumerate() {
            let end = match group.len() {
                6 => Some(group.end),
                2 => pairs_end(&input.groups[at..]),
                _ => None,
            };
            if let Some(end) = end {
                push(input, group.start as usize, end as usize, (2, 1), is_nino, out);
            }
        }
    },
};

/// One past three pairs of digits with single spaces between them.
fn pairs_end(groups: &[Group]) -> Option<u32> {
    let [first, second, third, ..] = groups else { return None };
    let pairs = first.len() == 2 && second.len() == 2 && third.len() == 2;
    (pairs && second.gap == Gap::SPACE && third.gap == Gap::SPACE).then_some(third.end)
}

/// Keeps the digits at `start..end` with the letters around them, a space between allowed, when `check` takes the sign
/// sequence without spaces.
fn push(
    input: &Input<'_>,
    start: usize,
    end: usize,
    (before, after): (usize, usize),
    check: fn(&[u8]) -> bool,
    out: &mut Vec<Match>,
) {
    let bytes = input.text.as_bytes();
    let spaced = end - start > 7;
    let gap = usize::from(spaced && start > 0 && bytes[start - 1] == b' ');
    let Some(first) = start.checked_sub(before + gap) else { return };
    let gap = usize::from(spaced && bytes.get(end) == Some(&b' '));
    let last = end + gap + after;
    let Some(value) = bytes.get(first..last) else { return };
    let mut id = [0u8; 9];
    let mut len = 0;
    for &b in value.iter().filter(|&&b| b != b' ') {
        let Some(place) = id.get_mut(len) else { return };
        *place = b;
        len += 1;
    }
    let word = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    let bounded = input.text.get(..first).is_some_and(|head| !head.ends_with(word))
        && input.text.get(last..).is_some_and(|tail| !tail.starts_with(word));
    if bounded && len == 9 && check(&id) {
        let span = Span::new(first as u32, last as u32);
        out.push(Match { span, value: span });
    }
}

/// Weights and letters: Immigration & Checkpoints Authority; series M from 2022.
fn is_nric(id: &[u8]) -> bool {
    const WEIGHTS: [u32; 7] = [2, 7, 6, 5, 4, 3, 2];
    let (prefix, check) = (id[0].to_ascii_uppercase(), id[8].to_ascii_uppercase());
    let sum: u32 = id[1..8].iter().zip(WEIGHTS).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    let (offset, letters) = match prefix {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let at = (sum + offset) as usize % 11;
    letters[at] == check
}

/// Prefixes that are not given out: HMRC, National Insurance Manual, NIM39110.
fn is_nino(id: &[u8]) -> bool {
    const NEVER: [&[u8]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    let letter = |b: u8| b.is_ascii_uppercase() && !b"DFIQUV".contains(&b);
    letter(id[0])
        && letter(id[1])
        && id[1] != b'O'
        && !NEVER.contains(&&id[..2])
        && id[2..8].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&id[8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letter_decides() {
        for id in [b"S1234567D", b"T1234567J", b"F1234567N", b"G1234567X", b"M5043078W", b"s1234567d"] {
            assert!(is_nric(id), "{}", String::from_utf8_lossy(id));
        }
        assert!(!is_nric(b"S1234567E") && !is_nric(b"A1234567D"));
        assert!(is_nino(b"AB123456C"));
        for id in [b"GB123456C", b"AO123456C", b"DB123456C", b"AB123456E", b"ab123456c"] {
            assert!(!is_nino(id), "{}", String::from_utf8_lossy(id));
        }
    }
}
