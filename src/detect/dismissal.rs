//! The cheap dismissal of texts that can hold nothing: by class and number of digits, and of ids, hashes and times.

use super::groups::{self, Numbers};
use super::matchers;
use super::rules::{Patterns, Rules};
use crate::record::{Class, Kind, Word};

/// Digits in a row without which no matcher finds anything in a short text without `.`, `:` and `@`.
const MATCHER_DIGITS: usize = 7;

/// Longest hash in hexadecimal.
const HASH_BYTES_MAX: usize = 128;
/// Longest text that is taken for an id.
const ID_BYTES_MAX: usize = 128;

/// For strings of every class, the least number of digits with which one can hold anything: the cheap dismissal of
/// values, before they are decoded, is one look into this table.
#[derive(Debug)]
pub(super) struct Dismissal {
    least_digits: Box<[u16]>,
    /// For texts of every class, whether words or labels can call a pattern.
    anchored: Box<[bool]>,
    /// For texts of every class, the least number of digits with which a regular expression could match.
    regex_digits: Box<[u16]>,
    number_digits: usize,
}

impl Dismissal {
    /// Number of classes: all bits of [`Class`].
    const CLASSES: u16 = 1 << 13;
    /// More digits than are ever counted.
    const NEVER: u16 = 256;

    /// The table for these patterns.
    pub(super) fn new(patterns: &Patterns) -> Dismissal {
        Dismissal {
            least_digits: least_digits(|class, digits| string_may_hold(patterns, class, digits)),
            anchored: (0..Dismissal::CLASSES).map(|class| anchors_may_call(patterns, Class(class))).collect(),
            regex_digits: least_digits(|class, digits| regex_may_match(patterns, class, digits)),
            number_digits: patterns.number_digits_min,
        }
    }

    /// Whether words or labels of a text of this class can call a pattern.
    pub(super) fn may_be_called(&self, class: Class) -> bool {
        self.anchored.get(class.0 as usize).is_none_or(|&may| may)
    }

    /// Whether a regular expression could match in a text of this class and number of digits.
    pub(super) fn may_match_regex(&self, class: Class, digits: u8) -> bool {
        self.regex_digits.get(class.0 as usize).is_none_or(|&least| u16::from(digits) >= least)
    }

    /// Whether a value of this class and number of digits can hold anything.
    #[inline]
    pub(super) fn may_hold(&self, kind: Kind, class: Class, digits: u8) -> bool {
        match kind {
            Kind::String | Kind::Key => {
                self.least_digits.get(class.0 as usize).is_none_or(|&least| u16::from(digits) >= least)
            }
            // Behind an exponent there are digits that are not written.
            Kind::Number => digits as usize >= self.number_digits || class.has(Class::LETTER),
            Kind::Bool | Kind::Null | Kind::Object | Kind::Array => false,
        }
    }
}

/// Whether a text is a hash or an id, in which nothing is looked for: most of what its class lets through.
pub(super) fn is_nothing(rules: &Rules, text: &str, word: Option<Word>, class: Class, digits: u8) -> bool {
    !rules.dismissal.may_match_regex(class, digits)
        && (is_hash(text.as_bytes(), class) || is_plain_id(rules, text, word, class, digits))
}

/// A hash in hexadecimal, of 16 to 64 bytes: whatever its digits look like is chance. (The longest IBAN whose country could
/// be hexadecimal has 28 signs; what is longer than a hash may be data.)
fn is_hash(text: &[u8], class: Class) -> bool {
    const OTHERS: Class = Class(!(Class::LETTER.0 | Class::DIGIT.0));
    (32..=HASH_BYTES_MAX).contains(&text.len())
        && class.has(Class::LETTER)
        && !class.has(OTHERS)
        && text.iter().fold(true, |all, b| all & b.is_ascii_hexdigit())
        // A stripe as a chip gives it begins with the card's number: `4111111111111111D2912…`.
        && text[..12].iter().any(|b| !b.is_ascii_digit())
}

/// Ids and names of things: short, without a sign that a matcher looks for, and without a number that is not a part of
/// an id.
fn is_plain_id(rules: &Rules, text: &str, word: Option<Word>, class: Class, digits: u8) -> bool {
    const SIGNS: Class = Class::AT.with(Class::DOT).with(Class::COLON).with(Class::EQUALS).with(Class::PERCENT);
    const OTHERS: Class = SIGNS.with(Class::ESCAPE).with(Class::NON_ASCII).with(Class::BRACE);
    let bytes = text.as_bytes();
    let may_be_id = bytes.len() <= ID_BYTES_MAX
        && !class.has(OTHERS)
        && rules.patterns.lists.is_empty()
        && !rules.dismissal.may_be_called(class);
    may_be_id
        && !(digits >= matchers::IBAN_DIGITS_MIN
            && word.is_none_or(Word::has_two_letters_two_digits)
            && groups::begins_iban(bytes))
        && match groups::numbers_in(bytes, word, rules.patterns.digits_range.0.min(MATCHER_DIGITS)) {
            Numbers::None => true,
            Numbers::Glued => !rules.keywords.any_in(text),
            Numbers::Free => false,
        }
        && !matchers::crypto::has_long_word(bytes, word)
        && !(class.has(Class::OTHER) && matchers::mac::may_hold_dashed(bytes))
}

/// By class, the least number of digits with which `may` is true.
fn least_digits(may: impl Fn(Class, u8) -> bool) -> Box<[u16]> {
    let least = |class| {
        // More digits never make a value more harmless, so the least number can be searched by halves.
        let (mut low, mut high) = (0, Dismissal::NEVER);
        while low < high {
            let middle = u16::midpoint(low, high);
            if may(Class(class), middle as u8) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    (0..Dismissal::CLASSES).map(least).collect()
}

fn string_may_hold(patterns: &Patterns, class: Class, digits: u8) -> bool {
    // Escapes and characters beyond ASCII may stand for any sign.
    class.has(Class::ESCAPE.with(Class::NON_ASCII))
        || digits as usize >= patterns.digits_range.0
        || patterns.matchers.iter().any(|(at, _)| (matchers::ALL[*at].wants)(class, digits))
        || regex_may_match(patterns, class, digits)
        || anchors_may_call(patterns, class)
        || !patterns.lists.is_empty() && class.has(Class::LETTER)
}

fn anchors_may_call(patterns: &Patterns, class: Class) -> bool {
    patterns.anchored.iter().any(|(anchored, _)| anchored.wants(class))
}

fn regex_may_match(patterns: &Patterns, class: Class, digits: u8) -> bool {
    patterns.regexes.iter().any(|r| r.needs.allow(class, digits))
}

/// `2026-01-04T17:03:40.988Z`, with so many digits: by far the most frequent value with many of them that is nothing.
pub fn is_time(bytes: &[u8], digits: u8) -> bool {
    // For each byte as far as the minutes the least that it may be, and how far it may be above: one comparison for all.
    const LEAST: &[u8; 16] = b"0000-00-00\x0000:00";
    const ABOVE: [u8; 16] = [9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 255, 9, 9, 0, 9, 9];
    let Some((minutes, [b':', tens, ones, rest @ ..])) = bytes.split_first_chunk::<16>() else {
        return false;
    };
    digits >= 14
        && rest.len() <= 16
        && (0..16).fold(true, |all, i| all & (minutes[i].wrapping_sub(LEAST[i]) <= ABOVE[i]))
        && matches!(minutes[10], b'T' | b' ')
        && tens.is_ascii_digit()
        && ones.is_ascii_digit()
        && rest.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'+' | b'-' | b'Z'))
}
