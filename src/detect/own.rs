//! Tokens of our own in a text: they are hidden before anything is looked for, so that scrubbing twice changes nothing.

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
}

impl OwnTokens {
    /// Takes `kids` as the ids of all known keys.
    pub(super) fn set(&mut self, kids: &[String]) {
        self.kids = kids.iter().map(|kid| kid.as_str().into()).collect();
    }

    /// Whether a text of this class has room for a token, the shortest being `em_1k1_` and its letters.
    pub(super) fn may_hold(class: Class, text: &str) -> bool {
        text.len() >= TOKEN_BYTES_MIN
            && class.has(Class::OTHER)
            && class.has(Class::DIGIT)
            && memchr::memchr2(b'_', b'[', text.as_bytes()).is_some()
    }

    /// Writes `text` with its own tokens hidden to `masked`. False, and nothing written, when it holds none.
    pub(super) fn mask(&self, text: &str, masked: &mut String) -> bool {
        let mut copied = 0;
        for token in self.find(text) {
            if copied == 0 {
                masked.clear();
            }
            masked.push_str(&text[copied..token.start]);
            masked.extend(std::iter::repeat_n(HIDDEN, token.end - token.start));
            copied = token.end;
        }
        if copied > 0 {
            masked.push_str(&text[copied..]);
        }
        copied > 0
    }

    /// Whether `text` is one own token, or several with separators between them (a value in a time of two keys).
    pub(super) fn is_all(&self, text: &str) -> bool {
        // Most values end here: the search below is for all the marks of a text.
        if text.len() < TOKEN_BYTES_MIN || memchr::memchr2(b'_', b'[', text.as_bytes()).is_none() {
            return false;
        }
        let mut end = None;
        for token in self.find(text) {
            let separated = match end {
                None => is_separator(&text[..token.start]),
                Some(end) => end < token.start && is_separator(&text[end..token.start]),
            };
            if !separated {
                return false;
            }
            end = Some(token.end);
        }
        end.is_some_and(|end| is_separator(&text[end..]))
    }

    /// Tokens and sealed values, in order. A token cannot stand in a sealed value: base64 has no `_`.
    fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let ours = |t: &token::TokenRef<'_>| self.kids.iter().any(|kid| **kid == *t.kid);
        let mut tokens = token::find_all(text).filter(move |t| ours(t)).map(|t| t.span).peekable();
        let mut sealed = sealed_in(text).peekable();
        std::iter::from_fn(move || match (tokens.peek(), sealed.peek()) {
            (Some(token), Some(value)) if value.start < token.start => sealed.next(),
            (None, _) => sealed.next(),
            _ => tokens.next(),
        })
    }
}

/// Sealed values; most texts are too short for one.
fn sealed_in(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let long = text.len() >= sealed::MIN_BYTES;
    long.then(|| sealed::find_all(text)).into_iter().flatten()
}

fn is_separator(between: &str) -> bool {
    between.bytes().all(|b| matches!(b, b' ' | b',' | b';' | b'|' | b'/' | b'\n'))
}
