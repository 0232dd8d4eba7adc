//! What a case expects, against what came out: tokens by their type, text line by line.

use serde_json::Value;

use super::case::Event;

/// Letters of a token.
const TOKEN_LETTERS: usize = 24;

/// A line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// In both.
    Same(String),
    /// Expected, and not there.
    Missing(String),
    /// There, and not expected.
    Extra(String),
}

impl DiffLine {
    /// The line, if it was expected.
    pub fn expected(&self) -> Option<&str> {
        match self {
            DiffLine::Same(line) | DiffLine::Missing(line) => Some(line),
            DiffLine::Extra(_) => None,
        }
    }

    /// The line, if it came out.
    pub fn actual(&self) -> Option<&str> {
        match self {
            DiffLine::Same(line) | DiffLine::Extra(line) => Some(line),
            DiffLine::Missing(_) => None,
        }
    }
}

/// Compares the expected event with what came out; `None`: they agree.
pub fn event(expected: &Event, actual: &str) -> Option<Vec<DiffLine>> {
    let (expected, actual) = match expected {
        Event::Text(text) => (text.clone(), actual.to_owned()),
        Event::Structure(value) => {
            (pretty(value), serde_json::from_str(actual).as_ref().map_or(actual.to_owned(), pretty))
        }
    };
    if matches(&expected, &actual) {
        return None;
    }
    let (expected, actual) = (readable(&expected), readable(&with_types(&expected, &actual)));
    let lines = diff(&expected.lines().collect::<Vec<_>>(), &actual.lines().collect::<Vec<_>>());
    if lines.iter().any(|line| !matches!(line, DiffLine::Same(_))) {
        return Some(lines);
    }
    // Only which tokens are equal, or the space between them, differs.
    Some(vec![DiffLine::Missing(expected), DiffLine::Extra(actual)])
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// JSON over several lines, so that a difference has a line of its own.
fn readable(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| pretty(&value))
}

/// Whether `actual` is `expected`, with tokens where it has places for them.
fn matches(expected: &str, actual: &str) -> bool {
    let mut named = Named::default();
    let (mut expected, mut actual) = (expected, actual);
    while let Some((before, place, after)) = next_place(expected) {
        let Some(rest) = actual.strip_prefix(before) else { return false };
        let Some(token) = token_at(rest, kind_of(place)) else { return false };
        if !named.takes(place, token) {
            return false;
        }
        (expected, actual) = (after, &rest[token.len()..]);
    }
    expected == actual
}

/// Which token each name stands for: always the same one, and no two names for one.
#[derive(Default)]
struct Named<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Named<'a> {
    /// Whether the token fits the place, by what was met so far.
    fn takes(&mut self, place: &'a str, token: &'a str) -> bool {
        if !place.contains(':') {
            return true;
        }
        let known = self.0.iter().find(|(name, known)| *name == place || *known == token).copied();
        if known.is_none() {
            self.0.push((place, token));
        }
        known.is_none_or(|known| known == (place, token))
    }

    /// The name that stands for the token, if one does.
    fn name(&self, token: &str) -> Option<&'a str> {
        self.0.iter().find(|(_, known)| *known == token).map(|(name, _)| *name)
    }
}

/// The text before the next `${em}` or `${em:who}`, what stands in the braces, and the text after it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("${")?;
        let (place, after) = text[start + 2..].split_once('}')?;
        let kind = kind_of(place);
        if (2..=4).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase()) {
            return Some((&text[..start], place, after));
        }
        from = start + 2;
    }
}

fn kind_of(place: &str) -> &str {
    place.split(':').next().unwrap_or(place)
}

/// The token of this type at the start of `text`: `em_1k1_` or `em_1k1d20779_`, and its letters.
fn token_at<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(kind)?.strip_prefix("_1k")?;
    let (key, rest) = rest.split_once('_')?;
    let day_or_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (number, day) = key.split_once('d').map_or((key, None), |(number, day)| (number, Some(day)));
    if !day_or_number(number) || !day.is_none_or(day_or_number) {
        return None;
    }
    let letters = rest.bytes().take(TOKEN_LETTERS).filter(|b| b"bcdfghjklmnpqrst".contains(b)).count();
    (letters == TOKEN_LETTERS).then(|| &text[..text.len() - rest.len() + TOKEN_LETTERS])
}

/// `actual` with the places of `expected` where it has fitting tokens, so that only real differences are shown: a token
/// that its place does not take has the name that it has already, or stands there itself.
fn with_types(expected: &str, actual: &str) -> String {
    let mut places: Vec<&str> = Vec::new();
    let mut rest = expected;
    while let Some((_, place, after)) = next_place(rest) {
        places.push(place);
        rest = after;
    }
    let (mut places, mut named) = (places.into_iter().peekable(), Named::default());
    let mut out = String::with_capacity(actual.len());
    let mut at = 0;
    while at < actual.len() {
        let token = places.peek().and_then(|place| token_at(&actual[at..], kind_of(place)));
        if let (Some(token), Some(place)) = (token, places.peek()) {
            out += &match (named.takes(place, token), named.name(token)) {
                (true, _) => format!("${{{place}}}"),
                (false, Some(name)) => format!("${{{name}}}"),
                (false, None) => token.to_owned(),
            };
            at += token.len();
            places.next();
            continue;
        }
        let next = actual[at..].chars().next().map_or(1, char::len_utf8);
        out.push_str(&actual[at..at + next]);
        at += next;
    }
    out
}

/// Line by line, by the longest common subsequence.
fn diff(expected: &[&str], actual: &[&str]) -> Vec<DiffLine> {
    let (rows, columns) = (expected.len(), actual.len());
    let mut common = vec![vec![0usize; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            common[i][j] = match expected[i] == actual[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < rows || j < columns {
        if i < rows && j < columns && expected[i] == actual[j] {
            lines.push(DiffLine::Same(expected[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(DiffLine::Missing(expected[i].to_owned()));
            i += 1;
        } else {
            lines.push(DiffLine::Extra(actual[j].to_owned()));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "em_1k1_hgtmlgsqrmqsqdldgntlbkcl";
    const OTHER: &str = "em_1k2d20779_bbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn a_place_takes_a_token_of_its_type_and_a_name_the_same_one() {
        assert!(matches("a ${em} b", &format!("a {TOKEN} b")) && matches("${em}", OTHER));
        assert!(!matches("${ip}", TOKEN) && !matches("${em}", "em_1k1_short") && !matches("${em}", "em_1k1_"));
        assert!(matches("${em:x} ${em:x}", &format!("{TOKEN} {TOKEN}")));
        assert!(!matches("${em:x} ${em:x}", &format!("{TOKEN} {OTHER}")));
        assert!(matches("${em:x} ${em:y}", &format!("{TOKEN} {OTHER}")));
        assert!(!matches("${em:x} ${em:y}", &format!("{TOKEN} {TOKEN}")), "two names are two tokens");
        assert!(matches("${em:x} ${em}", &format!("{TOKEN} {TOKEN}")), "without a name it may be any");
        assert!(matches("${HOME} ${}", "${HOME} ${}"), "what is no place is text");
    }

    #[test]
    fn a_difference_is_shown_on_a_line_of_its_own() {
        let expected = Event::Text(r#"{"email":"${em}","n":1}"#.to_owned());
        assert_eq!(event(&expected, &format!(r#"{{"email":"{TOKEN}","n":1}}"#)), None);
        let lines = event(&expected, &format!(r#"{{"email":"{TOKEN}","n":2}}"#)).expect("they differ");
        let changed: Vec<_> = lines.iter().filter(|line| !matches!(line, DiffLine::Same(_))).collect();
        assert_eq!(changed, [&DiffLine::Missing("  \"n\": 1".to_owned()), &DiffLine::Extra("  \"n\": 2".to_owned())]);
    }

    #[test]
    fn which_tokens_are_equal_is_shown() {
        let shown = |expected: &str, actual: String| {
            let lines = event(&Event::Text(expected.to_owned()), &actual).expect("they differ");
            [DiffLine::expected, DiffLine::actual].map(|side| lines.iter().filter_map(side).collect::<String>())
        };
        let [expected, actual] = shown("${em:a} ${em:b}", format!("{TOKEN} {TOKEN}"));
        assert_eq!((expected.as_str(), actual.as_str()), ("${em:a} ${em:b}", "${em:a} ${em:a}"));
        let [expected, actual] = shown("${em:a} ${em:a}", format!("{TOKEN} {OTHER}"));
        assert_eq!((expected.as_str(), actual), ("${em:a} ${em:a}", format!("${{em:a}} {OTHER}")));
    }

    #[test]
    fn a_structure_does_not_ask_for_spaces_and_the_order_of_keys() {
        let expected = Event::Structure(serde_json::json!({"b": 1, "a": "${em}"}));
        assert_eq!(event(&expected, &format!("{{ \"a\":\"{TOKEN}\", \"b\":1 }}")), None);
        assert!(event(&expected, "no JSON").is_some());
    }

    #[test]
    fn spaces_that_differ_are_a_difference_of_text() {
        assert!(event(&Event::Text("{\"a\": 1}".to_owned()), "{\"a\":1}").is_some());
    }
}
