//! JSON inside of a text: `body={"email":"…"} 200 OK`.

use std::ops::Range;

/// Most brackets of one text that are tried: a text that is full of them is no log line.
const TRIES_MAX: usize = 32;

/// Whether a text may be one JSON document: an object, an array or a string, and nothing else.
pub fn is_document_like(text: &str) -> bool {
    let bytes = text.trim_ascii().as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => bytes.len() > 2,
        (Some(b'"'), Some(b'"')) => bytes.len() > 4,
        _ => false,
    }
}

/// The parts of `text` that look like objects, or arrays of objects or strings, with balanced brackets. They need not
/// be JSON; what is inside of one is not told again unless `accept` refuses it.
pub fn find(text: &str, mut accept: impl FnMut(Range<usize>) -> bool) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for _ in 0..TRIES_MAX {
        let Some(start) = memchr::memchr2(b'{', b'[', &bytes[from..]).map(|at| from + at) else {
            return;
        };
        from = start + 1;
        let inside = bytes[from..].iter().find(|b| !b.is_ascii_whitespace());
        let begins = matches!((bytes[start], inside), (b'{', Some(b'"')) | (b'[', Some(b'"' | b'{')));
        if !begins {
            continue;
        }
        if let Some(end) = end_of(bytes, start)
            && accept(start..end)
        {
            from = end;
        }
    }
}

/// One past the bracket that closes the one at `start`. Brackets in strings do not count.
fn end_of(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut at) = (0usize, start);
    while let Some(&b) = bytes.get(at) {
        match b {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(bytes, at + 1)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The quote that closes the string whose content begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        find(text, |range| {
            out.push(&text[range]);
            true
        });
        out
    }

    #[test]
    fn documents_are_found_between_other_text() {
        assert_eq!(
            found(r#"a={"b":"}\"]"} [INFO] c=[{"d":1}] ["e"]"#),
            [r#"{"b":"}\"]"}"#, r#"[{"d":1}]"#, r#"["e"]"#]
        );
    }

    #[test]
    fn what_is_open_or_something_else_is_not() {
        for text in [r#"{"a":1"#, "[INFO]", "{}", "{a:1}", "[1,2]", r#"{"a"#, r#"{"\"#, "x]}"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_looked_into() {
        let mut out = Vec::new();
        let text = r#"{"a" {"b":1}}"#;
        find(text, |range| {
            out.push(&text[range]);
            false
        });
        assert_eq!(out, [text, r#"{"b":1}"#]);
    }

    #[test]
    fn a_document_is_all_of_a_text() {
        assert!(is_document_like(" {\"a\":1} ") && is_document_like("\"{\\\"a\\\"}\"") && is_document_like("[1]"));
        assert!(!is_document_like("{\"a\":1} x") && !is_document_like("{}") && !is_document_like("\"a\""));
    }
}
