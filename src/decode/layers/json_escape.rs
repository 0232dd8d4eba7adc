//! JSON escapes: `\n`, `\u0040`, surrogate pairs.

use crate::decode::Writer;
use crate::decode::escape::decode_escape;

/// Writes `text` with its escapes decoded. What is no escape of JSON stays.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else {
        return false;
    };
    let (mut kept, mut at) = (0, first);
    loop {
        match decode_escape(&text.as_bytes()[at..]) {
            Ok((c, length)) => {
                writer.keep(kept..at);
                writer.put(at..at + length, c.encode_utf8(&mut [0; 4]));
                at += length;
                kept = at;
            }
            Err(_) => at += 1,
        }
        match memchr::memchr(b'\\', &text.as_bytes()[at..]) {
            Some(next) => at += next,
            None => break,
        }
    }
    writer.keep(kept..text.len());
    true
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, super::decode)
    }

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decoded(r#"a\tb\"c\\n\u00e6\ud83d\ude00"#), "a\tb\"c\\næ😀");
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(decoded(r"C:\dir \ud800 \u12"), r"C:\dir \ud800 \u12");
        assert_eq!(decoded("\\"), "\\");
    }
}
