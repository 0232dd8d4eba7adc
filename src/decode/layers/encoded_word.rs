//! Encoded words of mail headers (RFC 2047): `=?utf-8?Q?S=C3=B8ren_Holm?=`, `=?UTF-8?B?U8O4cmVu?=`. Each stands for all of
//! its bytes: a name in it goes with its wrapping.

use super::bytes::{character, hex_byte};
use crate::decode::Writer;

/// Longest text of an encoded word: the RFC has 75 bytes for all of it, writers have more.
const TEXT_BYTES_MAX: usize = 252;

/// Writes `text` with its encoded words decoded; white space between two of them is none of the text.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let bytes = text.as_bytes();
    let (mut kept, mut changed) = (0, false);
    let mut from = 0;
    // Many texts have a `=`, few a `?`.
    let starts = memchr::memchr_iter(b'?', bytes).filter_map(|at| at.checked_sub(1)).filter(|&at| bytes[at] == b'=');
    for start in starts {
        if start < from {
            continue;
        }
        from = start + 2;
        let mut buffer = Buffer { bytes: [0; TEXT_BYTES_MAX], len: 0 };
        let Some(end) = word_at(bytes, start, &mut buffer).filter(|_| buffer.len > 0) else { continue };
        let between_words = changed && bytes[kept..start].iter().all(u8::is_ascii_whitespace);
        if !between_words {
            writer.keep(kept..start);
        }
        writer.put(start..end, buffer.as_str());
        (kept, from, changed) = (end, end, true);
    }
    if changed {
        writer.keep(kept..text.len());
    }
    changed
}

/// Decoded text.
struct Buffer {
    bytes: [u8; TEXT_BYTES_MAX],
    len: usize,
}

impl Buffer {
    fn push(&mut self, c: char) -> Option<()> {
        let mut utf8 = [0; 4];
        let encoded = c.encode_utf8(&mut utf8).as_bytes();
        self.bytes.get_mut(self.len..self.len + encoded.len())?.copy_from_slice(encoded);
        self.len += encoded.len();
        Some(())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("invariant: only characters are pushed")
    }
}

/// Decodes the word that begins at `start` into `out`; one past its end.
fn word_at(bytes: &[u8], start: usize, out: &mut Buffer) -> Option<usize> {
    let mark = |from: usize| memchr::memchr(b'?', bytes.get(from..)?).map(|at| from + at);
    let charset = mark(start + 2).filter(|&end| (2..=24).contains(&(end - start - 2)))?;
    let encoding = *bytes.get(charset + 1)?;
    if bytes.get(charset + 2) != Some(&b'?') || bytes[start + 2..charset].contains(&b' ') {
        return None;
    }
    let from = charset + 3;
    let end = mark(from).filter(|&end| bytes.get(end + 1) == Some(&b'='))?;
    let text = &bytes[from..end];
    match encoding {
        b'Q' | b'q' => quoted(text, out)?,
        b'B' | b'b' => base64(text, out)?,
        _ => return None,
    }
    Some(end + 2)
}

fn quoted(text: &[u8], out: &mut Buffer) -> Option<()> {
    let byte_at = |at: usize| match text.get(at)? {
        b'=' => hex_byte(text, at + 1),
        _ => None,
    };
    let mut at = 0;
    while at < text.len() {
        if let Some((c, count)) = character(at, 3, byte_at) {
            out.push(c)?;
            at += 3 * count;
            continue;
        }
        let (c, len) = raw_character(text, at)?;
        out.push(if c == '_' { ' ' } else { c })?;
        at += len;
    }
    Some(())
}

fn base64(text: &[u8], out: &mut Buffer) -> Option<()> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut decoded = [0; TEXT_BYTES_MAX];
    let len = STANDARD_NO_PAD.decode_slice(unpadded, &mut decoded).ok()?;
    let mut at = 0;
    while at < len {
        let (c, count) = character(at, 1, |at| decoded[..len].get(at).copied())?;
        out.push(c)?;
        at += count;
    }
    Some(())
}

/// The character at `at`, and its length.
fn raw_character(text: &[u8], at: usize) -> Option<(char, usize)> {
    character(at, 1, |at| text.get(at).copied())
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, super::decode)
    }

    #[test]
    fn encoded_words_are_read_in_both_encodings() {
        assert_eq!(decoded("=?utf-8?Q?S=C3=B8ren_Holm?= <s@holm.dk>"), "Søren Holm <s@holm.dk>");
        assert_eq!(decoded("Fra: =?iso-8859-1?q?S=F8ren?="), "Fra: Søren");
        assert_eq!(decoded("=?UTF-8?B?U8O4cmVuIEhvbG0=?="), "Søren Holm");
        assert_eq!(decoded("=?utf-8?Q?ab?= =?utf-8?Q?cd?= e"), "abcd e");
        assert_eq!(decoded("a =?utf-8?Q?b?= c"), "a b c");
    }

    #[test]
    fn what_is_none_stays() {
        for text in [
            "=?",
            "a=?b",
            "=?utf-8?Q?open",
            "=?utf-8?X?a?=",
            "=?utf-8?B?!!!?=",
            "x=?y=?z?=",
            "?q=?utf 8?Q?a?=",
            "=?utf-8?Q??=",
        ] {
            assert_eq!(decoded(text), text);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "(\\PC|=\\?|utf-8|\\?Q\\?|\\?B\\?|\\?=|=[0-9A-F]{2}|_){0,30}") {
            decoded(&text);
        }
    }
}
