//! Tokens and placeholders of our own in a text: they are hidden before anything is looked for, so that scrubbing twice
//! changes nothing.

use std::collections::HashSet;
use std::ops::Range;

use crate::canonical::{sealed, token};
use crate::record::Class;

/// Stands for every byte of a hidden token: part of no value and of no word.
const HIDDEN: char = '\0';

/// The shortest token: `em_1k1_` and its letters.
const TOKEN_BYTES_MIN: usize = "em_1k1_".len() + token::LETTERS;

/// Key ids whose tokens are ours. Tokens of other keys are text like any other.
#[derive(Debug, Default, Clone)]
pub(super) struct OwnTokens {
    kids: Vec<Box<str>>,
    /// Names that stand in placeholders: `email` in `[email]`.
    names: HashSet<Box<str>>,
}

impl OwnTokens {
    /// Knows placeholders of these names, and no key.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> OwnTokens {
        OwnTokens { kids: Vec::new(), names: names.map(Into::into).collect() }
    }

    /// Takes `kids` as the ids of all known keys.
    pub(super) fn set(&mut self, kids: &[String]) {
        self.kids = kids.iter().map(|kid| kid.as_str().into()).collect();
    }

    /// Whether a text of this class may hold a token or a placeholder.
    pub(super) fn may_hold(class: Class, text: &str) -> bool {
        let bracketed = |text: &[u8]| match text.len() {
            sealed::MIN_BYTES.. => memchr::memchr(b'[', text).is_some(),
            _ => may_hold_value(text),
        };
        class.has(Class::BRACE) && bracketed(text.as_bytes())
            || class.has(Class::OTHER) && class.has(Class::DIGIT) && may_hold_token(text)
    }

    /// Writes `text` with its own tokens and placeholders hidden to `masked`. False, and nothing written, when it holds
    /// none.
    pub(super) fn mask(&self, text: &str, masked: &mut String) -> bool {
        let values = self.placeholders(text).filter(|span| is_value(text, span));
        let mut copied = 0;
        for span in in_order(self.tokens(text), values) {
            if copied == 0 {
                masked.clear();
            }
            masked.push_str(&text[copied..span.start]);
            masked.extend(std::iter::repeat_n(HIDDEN, span.end - span.start));
            copied = span.end;
        }
        if copied > 0 {
            masked.push_str(&text[copied..]);
        }
        copied > 0
    }

    /// Whether `text` is one own token or placeholder, or several with separators between them (a value in a time of two
    /// keys).
    pub(super) fn is_all(&self, text: &str) -> bool {
        // Most values end here: the search below is for all the marks of a text.
        if !text.as_bytes().first().is_some_and(|b| b"[ ,;|/\n".contains(b)) && !may_hold_token(text) {
            return false;
        }
        let mut end = None;
        for span in in_order(self.tokens(text), self.placeholders(text)) {
            let separated = match end {
                None => is_separator(&text[..span.start]),
                Some(end) => end < span.start && is_separator(&text[end..span.start]),
            };
            if !separated {
                return false;
            }
            end = Some(span.end);
        }
        end.is_some_and(|end| is_separator(&text[end..]))
    }

    /// Tokens and sealed values, in order. A token cannot stand in a sealed value: base64 has no `_`.
    fn tokens<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let ours = |t: &token::TokenRef<'_>| self.kids.iter().any(|kid| **kid == *t.kid);
        let tokens = token::find_all(text).filter(move |t| ours(t)).map(|t| t.span);
        in_order(tokens, sealed_in(text))
    }

    /// Names of entities in brackets, in order.
    fn placeholders<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        memchr::memchr_iter(b'[', text.as_bytes()).filter_map(move |start| {
            let name =
                text.as_bytes()[start + 1..].iter().take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
            let end = start + 1 + name;
            let closed = text.as_bytes().get(end) == Some(&b']');
            (closed && self.names.contains(&text[start + 1..end])).then_some(start..end + 1)
        })
    }
}

/// Whether a bracket opens where a value may stand ([`is_value`]): logs are full of others.
fn may_hold_value(text: &[u8]) -> bool {
    memchr::memchr_iter(b'[', text)
        .any(|at| matches!(text[..at], [.., b'=' | b'/' | b':' | b'(' | b',' | b'\t'] | [.., b',' | b'(' | b'u', b' ']))
}

/// Whether there is room for a token, and its sign.
fn may_hold_token(text: &str) -> bool {
    text.len() >= TOKEN_BYTES_MIN && memchr::memchr(b'_', text.as_bytes()).is_some()
}

/// Whether a placeholder surely stands where a value stood: `pin=[pin]&x=1`, `/services/[secret]"`, `-u [secret]: -d`,
/// `(7, [birth_date], …)`. Elsewhere it may be somebody's tag or key before a value: `[password] hunter2`, `user[pin]: 4711`.
fn is_value(text: &str, span: &Range<usize>) -> bool {
    let (before, behind) = (&text.as_bytes()[..span.start], &text.as_bytes()[span.end..]);
    let ends = matches!(behind.first(), None | Some(b'&' | b'"' | b';' | b',' | b')' | b':' | b'/' | b'\'' | b'\n'));
    let names = matches!(behind, [b':', b' ' | b'"', ..]);
    match before {
        [.., b'-', b'u', b' '] => true,
        [.., b'=' | b'/'] => ends,
        [.., b':'] => ends && !names,
        // A cell of a table.
        [.., b'\t'] => matches!(behind.first(), None | Some(b'\t' | b'\n')),
        [.., b'(' | b',', b' '] | [.., b'(' | b','] => matches!(behind.first(), Some(b',' | b')')),
        _ => false,
    }
}

/// Two sequences of spans in ascending order as one.
fn in_order(
    a: impl Iterator<Item = Range<usize>>,
    b: impl Iterator<Item = Range<usize>>,
) -> impl Iterator<Item = Range<usize>> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(of_a), Some(of_b)) if of_b.start < of_a.start => b.next(),
        (None, _) => b.next(),
        _ => a.next(),
    })
}

/// Sealed values; most texts are too short for one.
fn sealed_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    let long = text.len() >= sealed::MIN_BYTES;
    long.then(|| sealed::find_all(text)).into_iter().flatten()
}

fn is_separator(between: &str) -> bool {
    between.bytes().all(|b| matches!(b, b' ' | b',' | b';' | b'|' | b'/' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_is_hidden_wherever_it_stands() {
        let text = format!("see {}{}] now", sealed::PREFIX, "A".repeat(sealed::MIN_BYTES));
        assert!(OwnTokens::may_hold(Class::of_text(text.as_bytes()).0, &text));
        assert!(OwnTokens::default().mask(&text, &mut String::new()));
    }

    #[test]
    fn a_placeholder_is_hidden_where_a_value_stands_and_not_where_it_may_name_one() {
        let own = OwnTokens::new(["pin", "password", "one_time_code"].into_iter());
        let mut masked = String::new();
        for hidden in [
            "pin=[pin]&amount=100000",
            "a:[password]:19000:0",
            "-u [password]: -d x",
            "(7, [pin], 8)",
            "services/[pin]\"",
        ] {
            assert!(own.mask(hidden, &mut masked) && masked.len() == hidden.len() && !masked.contains('['), "{hidden}");
        }
        for shown in [
            "[password] hunter2",
            "x\n[pin]: 1234",
            "[user] => ann [password] => hunter2",
            "a [pin]: 1234",
            "INFO [pin] 1234",
            "user[pin]: 4711",
            "config.[password]: abcd1234",
            "use [one_time_code] 482913 now",
            "password=[pin]hunter2",
            "password: [pin]hunter2",
            "x:[pin]: 4711",
            "pin=[other]&",
            "pin=[PIN]&",
        ] {
            assert!(!own.mask(shown, &mut masked), "{shown}");
        }
        assert!(
            own.is_all("[pin]") && own.is_all("[pin], [password]") && !own.is_all("[pin] 1234") && !own.is_all("[x]")
        );
    }
}
