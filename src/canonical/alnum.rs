//! Identifiers of letters and digits: passports, hardware addresses, licences. Case and separators are spelling.

use super::text::folded;

/// Appends the ASCII letters (in lower case) and digits of `text`, with digits of any script. False, and nothing
/// appended, when it holds none, or other than those, white space and the signs `-`, `.`, `:`, `/`, `_`.
pub fn write(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    for c in folded(text) {
        match super::text::digit(c) {
            Some(value) => out.push(b'0' + value),
            None if c.is_ascii_alphabetic() => out.push(c.to_ascii_lowercase() as u8),
            None if c.is_whitespace() || matches!(c, '-' | '.' | ':' | '/' | '_' | '\u{2010}'..='\u{2015}') => {}
            None => {
                out.truncate(start);
                return false;
            }
        }
    }
    out.len() > start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Option<String> {
        let mut out = b"x".to_vec();
        let is_one = write(text, &mut out);
        assert_eq!(out.len() > 1, is_one, "{text}");
        is_one.then(|| String::from_utf8(out[1..].to_vec()).expect("ASCII"))
    }

    #[test]
    fn case_and_separators_are_spelling() {
        for text in ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7", "００1b44113ab7"] {
            assert_eq!(form(text).as_deref(), Some("001b44113ab7"), "{text}");
        }
        for text in ["", " - ", "ø1", "a+b"] {
            assert_eq!(form(text), None, "{text}");
        }
    }
}
