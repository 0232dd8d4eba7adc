//! Escapes with a backslash where no syntax asks for them: `\n`, `\u0040`, `\x40`, `\"` in log lines.
//!
//! `\b` and `\f` stay: in logs they begin names (`DOMAIN\bob`) far more often than they stand for a backspace.

use super::bytes::{character, hex_byte};
use crate::decode::Writer;
use crate::decode::escape::{BadEscape, decode_escape};

/// Writes `text` with its escapes decoded.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let bytes = text.as_bytes();
    let (mut kept, mut changed) = (0, false);
    for at in memchr::memchr_iter(b'\\', bytes) {
        if at < kept {
            continue;
        }
        let Some((c, length)) = escape_at(bytes, at) else {
            continue;
        };
        writer.keep(kept..at);
        writer.put(at..at + length, c.encode_utf8(&mut [0; 4]));
        kept = at + length;
        changed = true;
    }
    if changed {
        writer.keep(kept..text.len());
    }
    changed
}

/// The character of the escape at `at`, and its length in bytes.
fn escape_at(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    match bytes.get(at + 1)? {
        // `\x6465…`: all of it is in hexadecimal, as PostgreSQL writes bytes.
        b'x' if bytes[at + 2..].iter().take(8).filter(|b| b.is_ascii_hexdigit()).count() == 8 => None,
        b'x' => {
            let byte_at = |at: usize| bytes[at..].starts_with(b"\\x").then(|| hex_byte(bytes, at + 2)).flatten();
            character(at, 4, |at| if at < bytes.len() { byte_at(at) } else { None }).map(|(c, count)| (c, 4 * count))
        }
        b'u' if bytes.get(at + 2) == Some(&b'{') => braced(bytes, at),
        b'b' | b'f' => None,
        b'\'' => Some(('\'', 2)),
        b'0'..=b'3' => octal(bytes, at),
        _ => match decode_escape(&bytes[at..]) {
            Ok(decoded) => Some(decoded),
            // Half a character: what stands behind it is not a part of it.
            Err(BadEscape::LoneSurrogate) => Some((char::REPLACEMENT_CHARACTER, 6)),
            Err(_) => None,
        },
    }
}

/// `\u{40}`.
fn braced(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let digits = &bytes[at + 3..];
    let len = digits.iter().take(7).position(|&b| b == b'}').filter(|&len| len > 0)?;
    let mut code = 0;
    for &b in &digits[..len] {
        code = code * 16 + char::from(b).to_digit(16)?;
    }
    char::from_u32(code).map(|c| (c, len + 4))
}

/// `\100`: three octal digits, as shells print bytes.
fn octal(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let byte_at = |at: usize| {
        let [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] = bytes.get(at..at + 4)? else {
            return None;
        };
        Some((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'))
    };
    character(at, 4, byte_at).map(|(c, count)| (c, 4 * count))
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, super::decode)
    }

    #[test]
    fn escapes_of_logs_are_decoded() {
        assert_eq!(
            decoded(r#"john\u0040x.id \x40 \u{40} \100 \"a\" bj\xc3\xb8rn\n4111"#),
            "john@x.id @ @ @ \"a\" bjørn\n4111"
        );
        assert_eq!(decoded(r"\ud83d john \ud83d\ude00"), "\u{fffd} john 😀");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [r"C:\dir\bob \", r"\x4", r"\u{}", r"\u{110000}", r"\8", r"\1", r"\u12", r"\xzz"] {
            assert_eq!(decoded(text), text);
        }
    }
}
