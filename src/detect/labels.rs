//! Labels in text: `name=value`, `Name: value`, `"name":"value"`, `<name>value</name>`. What a field's name says in JSON, it
//! says here too: in log lines, query strings, headers, forms, XML and JSON that was cut off.

mod elements;

use hashbrown::{HashMap, HashSet};

use super::field_words::{Reading, abbreviations, readings};
use super::fields::normalize;
use super::memo::Memo;
use super::words::Sieve;
use crate::record::{Marks, Span, up_to_eight};

/// The labels that call patterns.
#[derive(Debug, Default)]
pub(super) struct LabelNames {
    /// Names in snake case, each with its place among `owners`.
    whole: HashMap<Box<str>, u32>,
    /// `*_email`, without the star and its `_`.
    suffixes: HashMap<Box<str>, u32>,
    /// The patterns that a name calls.
    owners: Vec<Vec<u16>>,
    /// The last words of all names: what ends otherwise is no label.
    last_words: HashSet<u64>,
    sieve: Sieve,
}

impl LabelNames {
    /// Adds a name in snake case that calls the pattern `owner`; `*_` may stand before it. One with `_*` behind it is no
    /// label in text: too many words begin so.
    pub(super) fn add(&mut self, name: &str, owner: u16) {
        if name.ends_with("_*") {
            return;
        }
        let (names, name) = match name.strip_prefix('*') {
            Some(suffix) => (&mut self.suffixes, suffix.trim_start_matches('_')),
            None => (&mut self.whole, name),
        };
        let new = self.owners.len();
        let at = *names.entry(name.into()).or_insert(new as u32) as usize;
        if at == new {
            self.owners.push(Vec::new());
        }
        self.owners[at].push(owner);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        let last = &name[name.rfind('_').map_or(0, |at| at + 1)..];
        let keys = abbreviations(last).map(|word| key(word.as_bytes()));
        for key in keys.chain([key(last.as_bytes())]) {
            self.sieve.set((key, 0));
            self.last_words.insert(key);
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.suffixes.is_empty()
    }

    /// Whether a name that ends with `text` may be known: most are not, and then need not be read to their beginning.
    fn may_end(&self, text: &[u8]) -> bool {
        let behind = text.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
        let key = key(last_word(&text[..text.len() - behind]));
        self.sieve.has((key, 0)) && self.last_words.contains(&key)
    }

    /// The patterns that the label `name` calls, and where in it the known name begins. Of several words the last ones may
    /// be the label: `my full name: …`.
    pub(super) fn find(&self, name: &str, known: &mut Memo<Option<Found>>) -> Option<(&[u16], u32)> {
        let found = known.get(name.as_bytes(), || self.look_up(name))?;
        Some((&self.owners[found.owners as usize], found.start))
    }

    fn look_up(&self, name: &str) -> Option<Found> {
        // `DE52` is another than `DE2`.
        if let Some(owners) = self.whole.get(&*normalize(name.as_bytes())) {
            return Some(Found { owners: *owners, start: 0 });
        }
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let mut start = 0;
        loop {
            let words = normalize(&name.as_bytes()[start..]);
            let unnumbered = words.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
            let whole = self.whole.get(unnumbered).copied();
            let next = name[start..].find([' ', '/', '.']);
            // The words of a sentence are no parts of a compound: `see token: …` speaks of no `see_token`.
            let owners = if next.is_none() { whole.or_else(|| self.compound(unnumbered)) } else { whole };
            if let Some(owners) = owners {
                return Some(Found { owners, start: start as u32 });
            }
            start += next? + 1;
        }
    }

    /// A compound: by its end, or read otherwise.
    fn compound(&self, name: &str) -> Option<u32> {
        let otherwise = |reading: Reading| {
            let whole = self.whole.get(&*reading.name).copied();
            whole.or_else(|| self.find_suffix(&reading.name).filter(|_| !reading.whole))
        };
        self.find_suffix(name).or_else(|| readings(name).into_iter().find_map(otherwise))
    }

    /// The longest known end of a compound: of `new_billing_email` that is `billing_email`, then `email`.
    fn find_suffix(&self, name: &str) -> Option<u32> {
        let mut starts = name.match_indices('_').map(|(at, _)| at + 1);
        starts.find_map(|at| self.suffixes.get(&name[at..])).copied()
    }
}

/// What a name calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Place among the owners.
    owners: u32,
    /// First byte of the known name.
    start: u32,
}

/// The letters at the end, the first of which may be a capital.
fn last_word(name: &[u8]) -> &[u8] {
    let small = name.iter().rev().take_while(|b| b.is_ascii_lowercase() || **b >= 0x80).count();
    let upper = name[..name.len() - small].iter().rev().take_while(|b| b.is_ascii_uppercase()).count();
    &name[name.len() - small - if small > 0 { upper.min(1) } else { upper }..]
}

/// The last seven bytes of a word, its ASCII letters in lower case, and its length.
fn key(word: &[u8]) -> u64 {
    const EACH_LOWER: u64 = 0x2020_2020_2020_2020;
    let end = up_to_eight(&word[word.len().saturating_sub(7)..]);
    // What is beyond ASCII has its highest bit set, and stays.
    (end | EACH_LOWER & !(end >> 2)) << 8 | word.len() as u64
}

/// Most tags between a label and its value, and the longest of them.
const TAGS_MAX: usize = 3;
const TAG_BYTES_MAX: usize = 48;
/// Longest name of a label.
const NAME_BYTES_MAX: usize = 48;

/// One label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    /// The name.
    pub name: Span,
    /// First byte of what is labelled; quotes and white space are passed.
    pub value: u32,
}

/// Calls `each` for every label of `text`, which has these marks, that `names` may know, in order.
pub(super) fn scan(text: &str, marks: &Marks, names: &LabelNames, each: impl FnMut(Label)) {
    scan_if(text, marks, |name| names.may_end(name), each);
}

/// [`scan`] of the labels whose names `may_end` so.
fn scan_if(text: &str, marks: &Marks, may_end: impl Fn(&[u8]) -> bool, mut each: impl FnMut(Label)) {
    let bytes = text.as_bytes();
    for sign in marks.places(|bits| bits.equals | bits.colons | bits.closes) {
        if bytes[sign] == b'>' {
            elements::labels(bytes, sign, |name, value| {
                let end = name.end as usize;
                if may_end(&bytes[end.saturating_sub(NAME_BYTES_MAX)..end]) {
                    each(Label { name, value });
                }
            });
            continue;
        }
        let end = name_end(bytes, sign);
        if may_end(&bytes[end.saturating_sub(NAME_BYTES_MAX)..end])
            && let Some(name) = name_before(bytes, end)
            && let Some(value) = value_after(bytes, sign)
        {
            // `Content-Disposition: form-data; name="password"`, an empty line, and then the value.
            let (name, value) = elements::part_of_form(bytes, name, value).unwrap_or((name, value));
            each(Label { name, value });
        }
    }
}

/// Where the name before the sign ends.
fn name_end(bytes: &[u8], sign: usize) -> usize {
    let mut end = sign - column_type(&bytes[..sign]);
    end -= leaders(&bytes[..end]);
    let sign = end;
    while end > 0 && matches!(bytes[end - 1], b' ' | b'"' | b'\'' | b'\\' | b'*' | b']') && sign - end < 4 {
        end -= 1;
    }
    end
}

/// Length of what leads the eye from a name to its sign in a form: `Requester ........: Ann Skov`.
fn leaders(head: &[u8]) -> usize {
    const BYTES_MIN: usize = 3;
    let Some(sign) = head.last().filter(|sign| matches!(sign, b'.' | b'_' | b'-' | b' ')) else { return 0 };
    let len = head.iter().rev().take_while(|b| *b == sign).count();
    if len >= BYTES_MIN { len } else { 0 }
}

/// Length of the type behind a column's name, as PostgreSQL decodes its log: `nama_ibu[character varying]:'Rohayati'`.
fn column_type(head: &[u8]) -> usize {
    const TYPES: &str = "text|character varying|character|varchar|bigint|integer|smallint|numeric|uuid|date|json|jsonb|inet|bytea|\
        timestamp without time zone|timestamp with time zone";
    let Some(inner) = head.strip_suffix(b"]") else { return 0 };
    let Some(open) = inner.iter().rev().take(32).position(|&b| b == b'[') else { return 0 };
    let name = &inner[inner.len() - open..];
    if TYPES.split('|').any(|known| known.as_bytes() == name) { open + 2 } else { 0 }
}

/// The name that ends at `end` before the sign: one word with `_`, `-` and `.`, or several words at the beginning of a line
/// (`Date of birth:`), of which the caller sees the last ones only when the whole is no name it knows.
fn name_before(bytes: &[u8], end: usize) -> Option<Span> {
    let lowest = end.saturating_sub(NAME_BYTES_MAX);
    let mut start = end;
    while start > lowest
        && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] >= 0x80 || is_joint(bytes[start - 1]))
    {
        start -= 1;
    }
    // A name that was cut begins with its first whole character.
    while start < end && !(bytes[start].is_ascii_alphabetic() || bytes[start] >= 0xc0) {
        start += 1;
    }
    let cut = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
    (!cut && end - start >= 2).then(|| Span::new(start as u32, end as u32))
}

/// A space joins the words of a name, too: `Full name: …`.
const fn is_joint(b: u8) -> bool {
    matches!(b, b'_' | b'-' | b'.' | b' ' | b'/')
}

/// Where the value behind the sign begins.
fn value_after(bytes: &[u8], sign: usize) -> Option<u32> {
    // `://`, `::`, `==`, `=>`
    let mut at = sign + 1;
    if matches!(bytes.get(at), Some(b'/' | b':' | b'=')) && bytes[sign] != b'=' {
        return None;
    }
    at += usize::from(matches!(bytes.get(at), Some(b'>' | b'=')));
    // `Key (navn)=(Ann Skov)`
    at += usize::from(bytes[sign] == b'=' && bytes.get(at) == Some(&b'('));
    let signs =
        bytes.get(at..)?.iter().take(6).take_while(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'*' | b'`'));
    at += signs.count();
    // `<b>Name:</b> Ann`
    for _ in 0..TAGS_MAX {
        let Some(tag) = bytes.get(at..).filter(|rest| rest.starts_with(b"</") || rest.starts_with(b"<td")) else {
            break;
        };
        let Some(close) = tag.iter().take(TAG_BYTES_MAX).position(|&b| b == b'>') else { break };
        at += close + 1;
        at += bytes[at..].iter().take(4).take_while(|b| **b == b' ').count();
    }
    // An escape such as `\n` is no quote.
    (at < bytes.len() && bytes[at] != b'\n').then_some(at as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Marks {
        let mut marks = Marks::default();
        marks.read(text.as_bytes());
        marks
    }

    fn labels(text: &str) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        scan_if(
            text,
            &marks(text),
            |_| true,
            |label| out.push((&text[label.name.range()], &text[label.value as usize..])),
        );
        out
    }

    #[test]
    fn names_and_values_are_parted_by_their_sign() {
        for (text, name, value) in [
            ("user_name=Siti", "user_name", "Siti"),
            ("Full name: Siti Rahma", "Full name", "Siti Rahma"),
            ("{\"full_name\":\"Siti\"}", "full_name", "Siti\"}"),
            ("\\\"full_name\\\":\\\"Siti\\\"", "full_name", "Siti\\\""),
            ("'pw' => 'x'", "pw", "x'"),
            ("?a&token=abc", "token", "abc"),
            ("**Navn**: Ann", "Navn", "Ann"),
            ("id[bigint]:88 navn[character varying]:'Ann'", "navn", "Ann'"),
            ("user[email]=a", "email", "a"),
            ("navn=(Ann)", "navn", "Ann)"),
            ("navn : Ann", "navn", "Ann"),
            ("Navn ........: Ann", "Navn", "Ann"),
            ("Fulde navn____: Ann", "Fulde navn", "Ann"),
            ("<navn>Ann</navn>", "navn", "Ann</navn>"),
            ("<b>Navn:</b> Ann<br>", "Navn", "Ann<br>"),
            ("<tr><td>Navn:</td><td>Ann</td>", "Navn", "Ann</td>"),
            ("<th>Navn</th> <td>Ann</td>", "Navn", "Ann</td>"),
            ("<t:navn>Ann</t:navn>", "navn", "Ann</t:navn>"),
            ("<a:Password Type='t'>x1</a:Password>", "Password", "x1</a:Password>"),
            ("<pin><![CDATA[771]]></pin>", "pin", "771]]></pin>"),
            ("<p name=\"db.pw\">x1</p>", "db.pw", "x1</p>"),
            ("<key>pw</key>\n <string>x1</string>", "pw", "x1</string>"),
            ("form-data; name=\"pw\"\r\n\r\nx1\r\n", "pw", "x1\r\n"),
        ] {
            assert!(labels(text).contains(&(name, value)), "{text}: {:?}", labels(text));
        }
        for text in ["https://x", "std::vec", "11:34", "=x", ":", "a=", "name:\nx"] {
            assert_eq!(labels(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "(\\PC|[a-z_. \"\\\\]|=|:|\n){0,40}") {
            labels(&text.replace('ø', "o"));
            scan_if(&text, &marks(&text), |_| true, |label| assert!(label.value as usize <= text.len()));
        }
    }
}
