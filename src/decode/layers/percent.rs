//! Percent encoding: `%40`, `%C3%B8`, the `%u0040` of old scripts; a `+` for a space where a form is written.
//!
//! One round undoes one level: `%2540` becomes `%40`, and the next round reads that.

use super::bytes::{character, hex_byte};
use crate::decode::Writer;

/// Writes `text` with percent escapes decoded. A `%` that begins none stays.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let bytes = text.as_bytes();
    let next = move |from: usize| {
        memchr::memchr2_iter(b'%', b'+', &bytes[from..])
            .map(move |at| from + at)
            .find_map(|at| escape_at(text, at).map(|(c, length)| (at, c, length)))
    };
    let Some(mut found) = next(0) else {
        return false;
    };
    let mut kept = 0;
    loop {
        let (at, c, length) = found;
        writer.keep(kept..at);
        writer.put(at..at + length, c.encode_utf8(&mut [0; 4]));
        kept = at + length;
        match next(kept) {
            Some(another) => found = another,
            None => break,
        }
    }
    writer.keep(kept..text.len());
    true
}

/// What the `%` or `+` at `at` begins: a character, and its length in bytes.
fn escape_at(text: &str, at: usize) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    if bytes[at] == b'+' {
        return is_form_space(bytes, at).then_some((' ', 1));
    }
    if let Some(b'u' | b'U') = bytes.get(at + 1) {
        let unit = u32::from(hex_byte(bytes, at + 2)?) << 8 | u32::from(hex_byte(bytes, at + 4)?);
        return char::from_u32(unit).map(|c| (c, 6));
    }
    let byte_at = |at: usize| (bytes.get(at) == Some(&b'%')).then(|| hex_byte(bytes, at + 1)).flatten();
    character(at, 3, byte_at).map(|(c, count)| (c, 3 * count))
}

/// Whether a `+` is a space: between two parts of the value of `name=value`. A value that shows its `@` is not written
/// as a form, and there the `+` is that of an address (`q=ann+news@example.com`).
fn is_form_space(bytes: &[u8], at: usize) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'-' | b'.' | b'_' | b')' | b'(' | b'+');
    let stops = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'&' | b'?' | b'"' | b'\'' | b'<' | b'>' | b';');
    const REACH: usize = 512;
    if at == 0 || !part(&bytes[at - 1]) || !bytes.get(at + 1).is_some_and(part) {
        return false;
    }
    let before = &bytes[at.saturating_sub(REACH)..at];
    let Some(start) = before.iter().rposition(|b| *b == b'=' || stops(b)).filter(|&i| before[i] == b'=') else {
        return false;
    };
    let after = bytes[at..].iter().take(REACH).take_while(|b| !stops(b));
    !before[start..].iter().chain(after).any(|b| *b == b'@')
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, super::decode)
    }

    #[test]
    fn escapes_are_decoded_once_as_utf8_or_latin_1() {
        assert_eq!(decoded("john%40example%2Ecom %2540 bj%C3%B8rn %E6ble %u0040"), "john@example.com %40 bjørn æble @");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in ["100% sure", "%", "%4", "%zz", "a%", "%%d", "%u00", "1+1=2", "a+b", "+62812", "c++ x=1"] {
            assert_eq!(decoded(text), text);
        }
    }

    #[test]
    fn a_plus_is_a_space_in_forms_alone() {
        assert_eq!(decoded("card=4111+1111+1111+1111&x=a+b"), "card=4111 1111 1111 1111&x=a b");
        assert_eq!(decoded("phone=%2B62+812"), "phone=+62 812");
        assert_eq!(decoded("email=ann+news@example.com"), "email=ann+news@example.com");
        assert_eq!(decoded("phone=+62812"), "phone=+62812");
    }
}
