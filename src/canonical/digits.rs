//! Numbers that are written in groups: cards, citizen numbers, tax numbers.

use super::text::{digit, is_format};

/// Most digits that a number in scientific notation may stand for.
const MAX_SCIENTIFIC_DIGITS: usize = 24;

/// Appends the digits of a number; false, and nothing appended, when `text` holds none, or other than digits (of any
/// script), white space and the signs `-`, `.`, `/`, `_`.
///
/// A whole number as a JSON writer may spell a card, in scientific notation (`4.111111111111111E+15`) or with a fraction
/// of zeros (`4111111111111111.0`), is that number.
pub fn write(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let text = without_zero_fraction(text);
    for c in text.chars() {
        if let Some(value) = digit(c) {
            out.push(b'0' + value);
        } else if !is_sign(c) {
            out.truncate(start);
            return write_scientific(text.trim_ascii(), out);
        }
    }
    out.len() > start
}

/// Appends the 15 digits of an Indonesian tax number, which since 2024 is also written with a `0` before them; one of 16 other
/// digits is a citizen's. False, and nothing appended, as [`write()`].
pub fn write_npwp(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let written = write(text, out);
    match out.len() - start {
        16 if out[start] == b'0' => _ = out.remove(start),
        // A JSON number has lost it.
        14 => out.insert(start, b'0'),
        _ => {}
    }
    written
}

/// Appends the 10 digits of a Danish civil registration number; of those who were born in the first nine days of a month a
/// JSON number has lost the first. False, and nothing appended, as [`write()`].
pub fn write_cpr(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let written = write(text, out);
    if out.len() - start == 9 {
        out.insert(start, b'0');
    }
    written
}

/// Appends the digits of a whole number that is not negative, as JSON spells it: `4111111111111111`, with a fraction of
/// zeros, in scientific notation. False, and nothing appended, for any other number.
pub fn write_number(text: &str, out: &mut Vec<u8>) -> bool {
    let whole = without_zero_fraction(text);
    if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) {
        out.extend_from_slice(whole.as_bytes());
        return true;
    }
    write_scientific(whole, out)
}

/// Appends the digits of an account, whatever words stand between them: `reg. 9940 konto 9088756291`. False, and nothing
/// appended, when there is none.
pub fn write_account(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.extend(text.chars().filter_map(digit).map(|value| b'0' + value));
    out.len() > start
}

/// `text` without the `.0` of a number that went through a floating point type. Grouped numbers have shorter groups.
fn without_zero_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction))
            if whole.len() >= 8
                && whole.bytes().all(|b| b.is_ascii_digit())
                && !fraction.is_empty()
                && fraction.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    }
}

fn is_sign(c: char) -> bool {
    let dash =
        matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}');
    dash || matches!(c, '.' | '/' | '_' | '\u{FF0E}' | '\u{FF0F}') || c.is_whitespace() || is_format(c)
}

fn write_scientific(text: &str, out: &mut Vec<u8>) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<u8>() else {
        return false;
    };
    let (exponent, fraction) = (usize::from(exponent), fraction.trim_end_matches('0'));
    let decimal = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fits = !whole.is_empty()
        && decimal(whole)
        && decimal(fraction)
        && fraction.len() <= exponent
        && whole.len() + exponent <= MAX_SCIENTIFIC_DIGITS;
    if fits {
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
        out.extend(std::iter::repeat_n(b'0', exponent - fraction.len()));
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Option<String> {
        let mut out = b"x".to_vec();
        let is_one = write(text, &mut out);
        assert_eq!(out.len() > 1, is_one, "{text}");
        is_one.then(|| String::from_utf8(out[1..].to_vec()).expect("ASCII"))
    }

    #[test]
    fn every_spelling_of_a_number_is_one_number() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111–1111–1111–1111",
            "4111\u{200b}1111\u{a0}1111\u{202f}1111",
            "４１１１１１１１１１１１１１１１",
            "٤١١١١١١١١١١١١١١١",
            "4.111111111111111E+15",
            "4111111111111111e0",
            "4111111111111111.0",
            "4111111111111111.00",
            "41111111111111.11e2",
        ] {
            assert_eq!(digits(text).as_deref(), Some("4111111111111111"), "{text}");
        }
        assert_eq!(digits("01.234.567.4-901.000").as_deref(), Some("012345674901000"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", " - ", "411111******1111", "12a", "1e", "e5", "1.25e1", "1e999", "1e25", "1e-2", ".5e3"] {
            assert_eq!(digits(text), None, "{text}");
        }
    }
}
