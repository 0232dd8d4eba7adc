//! Names with values in a text: `email=…`, `?phone=…&x=1`, `"email": "…"`, `user_name: '…'`, whole or cut off.

use std::ops::Range;

use crate::record::places_of;

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name, without quotes.
    pub name: Range<usize>,
    /// The value, without quotes.
    pub value: Range<usize>,
}

impl Pair {
    /// Whether it is the digest of a certificate or of a host's key as tools print it, which names no device: `SHA1
    /// Fingerprint=AA:1C:…`, 16, 20 or 32 bytes.
    pub fn is_digest(&self, text: &str) -> bool {
        const ALGORITHMS: [&str; 8] = ["sha1", "sha-1", "sha256", "sha-256", "md5", "certificate", "cert", "host"];
        let value = &text.as_bytes()[self.value.clone()];
        let shaped = matches!(value.len(), 47 | 59 | 95)
            && value.iter().enumerate().all(|(i, b)| if i % 3 == 2 { *b == b':' } else { b.is_ascii_hexdigit() });
        let name = &text.as_bytes()[self.name.clone()];
        let named = |known: &str| name.windows(known.len()).any(|part| part.eq_ignore_ascii_case(known.as_bytes()));
        let word = || text[..self.name.start].trim_end().rsplit([' ', '\n', ',']).next().unwrap_or("");
        // The fingerprint of a device is what somebody is known by.
        let of_device = ["device", "client", "user", "browser", "hw", "enhed", "perangkat"].into_iter().any(named);
        shaped && !of_device && ALGORITHMS.iter().any(|known| named(known) || word().eq_ignore_ascii_case(known))
    }
}

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// How many times its length the values of a text may be that nobody takes, and so many bytes more.
const NESTED_MAX: usize = 16;
const NESTED_FREE: usize = 16 << 10;
/// Longest call or constructor that is a value, in bytes.
const CALL_BYTES_MAX: usize = 256;

/// Offers `take` every pair of `text`, in order; a value that it does not take may hold pairs itself. Names are of one
/// word; a value in quotes is all between them, another ends at white space or at a sign that ends it in logs, queries
/// and forms.
///
/// Values within values are looked at for each of the names before them: so that this ends in time on `a=a=a=…`, it stops where they are
/// many times as long as the text, and says from where on nothing was looked at.
pub fn find(text: &str, mut take: impl FnMut(&Pair) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut floor = 0;
    let mut budget = NESTED_MAX * bytes.len() + NESTED_FREE;
    for at in places_of(bytes, [b'=', b':']) {
        if at < floor || bytes[at] == b':' && !is_quoted_near(bytes, at) {
            continue;
        }
        let Some(name) = name_before(bytes, floor, at) else {
            continue;
        };
        let quoted = bytes.get(name.end).is_some_and(|b| matches!(b, b'"' | b'\''));
        let Some(value) = value_after(text, at, quoted) else {
            continue;
        };
        if !value.is_empty() {
            let pair = Pair { name, value };
            if take(&pair) {
                floor = pair.value.end;
                continue;
            }
            floor = pair.value.start;
            budget = match budget.checked_sub(pair.value.len()) {
                Some(left) => left,
                None => return Some(pair.name.start),
            };
        }
    }
    None
}

/// Whether a quote may stand beside the `:` at `at`: without one it joins nothing, and most colons are those of times.
fn is_quoted_near(bytes: &[u8], at: usize) -> bool {
    let may_be = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'"' | b'\'' | b'\\' | b' '));
    may_be(bytes[..at].last()) || may_be(bytes.get(at + 1))
}

/// The name that ends before the `=` or `:` at `at`.
fn name_before(bytes: &[u8], floor: usize, at: usize) -> Option<Range<usize>> {
    let mut end = at;
    // `"name" : "value"`, and the quotes of a string inside of a string: `\"name\": …`.
    let blanks = bytes[floor..end].iter().rev().take_while(|b| **b == b' ').count();
    end -= blanks;
    let quote = *bytes[floor..end].last()?;
    let quoted = matches!(quote, b'"' | b'\'');
    if blanks > 1 || blanks == 1 && !quoted && bytes[at] == b':' {
        return None;
    }
    if quoted {
        end -= 1;
        end -= bytes[floor..end].iter().rev().take_while(|b| **b == b'\\').count();
        let start = end - bytes[floor..end].iter().rev().take(NAME_BYTES_MAX).take_while(|b| **b != quote).count();
        let opened = start > floor && bytes[start - 1] == quote;
        // `"https://…": no such host` names nothing.
        let address = bytes[start..end].windows(3).any(|signs| signs == b"://");
        return (opened && !address && is_name(&bytes[start..end])).then_some(start..end);
    }
    let word = |b: &&u8| SIGNS[usize::from(**b)] & NAME != 0;
    let len = bytes[floor..end].iter().rev().take(NAME_BYTES_MAX + 1).take_while(word).count();
    let start = end - len;
    (len <= NAME_BYTES_MAX && is_name(&bytes[start..end])).then_some(start..end)
}

fn is_name(name: &[u8]) -> bool {
    name.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80)
}

/// The value behind the sign at `at`.
fn value_after(text: &str, at: usize, name_quoted: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let colon = bytes[at] == b':';
    let mut start = at + 1;
    let blanks = bytes[start..].iter().take_while(|b| **b == b' ').count();
    // `a == b`, `a => b`, `http://`, `12:30`, `a::b`.
    if matches!(bytes.get(start), None | Some(b'=' | b'>' | b':' | b'/')) {
        return None;
    }
    start += blanks;
    // `key = value` has a blank on both sides, `key= value` is the end of an empty one.
    if !colon && blanks > 0 && bytes[at - 1] != b' ' {
        return None;
    }
    let slashes = bytes[start..].iter().take_while(|b| **b == b'\\').count();
    match bytes.get(start + slashes) {
        Some(&quote @ (b'"' | b'\'')) => Some(quoted_value(bytes, start + slashes + 1, quote)),
        // What stands behind `name:` without any quotes is prose as often as a value.
        _ if colon && !name_quoted => None,
        _ => Some(bare_value(text, start, at)).filter(|value| !is_parameter(&bytes[value.clone()])),
    }
}

/// `email = $1`, `pin = ?`: a statement's place for a value.
fn is_parameter(value: &[u8]) -> bool {
    match value {
        b"?" | b"%s" => true,
        [b'$', digits @ ..] => (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// What stands between quotes; to the end if the second one is missing.
fn quoted_value(bytes: &[u8], start: usize, quote: u8) -> Range<usize> {
    let mut at = start;
    while let Some(found) = memchr::memchr2(quote, b'\n', &bytes[at..]).map(|i| at + i) {
        if bytes[found] == b'\n' {
            return start..found;
        }
        let slashes = bytes[start..found].iter().rev().take_while(|b| **b == b'\\').count();
        // A quote with a backslash ends the value if the first one had one, too.
        let first = bytes[..start - 1].iter().rev().take_while(|b| **b == b'\\').count();
        if slashes <= first {
            return start..found - slashes;
        }
        at = found + 1;
    }
    start..bytes.len()
}

/// Where the bracket closes that opened before `text`, if it does soon.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.bytes().take(CALL_BYTES_MAX).position(|b| {
        depth += i32::from(b == b'(') - i32::from(b == b')');
        depth == 0 || b == b'\n'
    })
}

/// Length of what stands before white space or a sign that ends a value.
fn bare_len(rest: &str) -> usize {
    let plain = rest.bytes().take_while(|b| SIGNS[usize::from(*b)] & VALUE != 0).count();
    let ends = |c: char| c.is_whitespace() || c.is_ascii() && SIGNS[c as usize] & VALUE == 0;
    plain + rest[plain..].find(ends).unwrap_or(rest.len() - plain)
}

/// In [`SIGNS`]: the byte may stand in a name of one word, or is ASCII and may stand in a value without quotes.
const NAME: u8 = 1;
const VALUE: u8 = 2;

/// What every byte may be a part of.
static SIGNS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let name = b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']' | 0x80..);
        let ends = matches!(b, b'&' | b'"' | b'\'' | b'<' | b'>' | b'|' | b';' | b',' | b'{' | b'}' | b'(' | b')')
            || matches!(b, b'`' | b'\\' | b']' | b'\t'..=b'\r' | b' ' | 0x80..);
        table[i] = if name { NAME } else { 0 } | if ends { 0 } else { VALUE };
        i += 1;
    }
    table
};

/// What stands without quotes.
fn bare_value(text: &str, start: usize, sign: usize) -> Range<usize> {
    let rest = &text[start..];
    // `name=[name]` is a value that was replaced.
    let placeholder = rest.starts_with('[').then(|| rest.find(']').map(|i| i + 1)).flatten();
    let mut len = placeholder.unwrap_or_else(|| bare_len(rest));
    // `dob=datetime.date(1990, 4, 12)`, `to=Person(given=Ann, family=Skov)`
    if let Some(call) = rest[len..].strip_prefix('(').filter(|_| len > 0)
        && let Some(close) = closing_bracket(call)
    {
        return start..start + len + 1 + close + 1;
    }
    if text.as_bytes()[sign] == b':' {
        return start..start + len;
    }
    // The end of a sentence is no part of the value.
    len = rest[..len].trim_end_matches(['.', ':', '!', '?']).len();
    start..start + len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        find(text, |pair| {
            out.push((&text[pair.name.clone()], &text[pair.value.clone()]));
            true
        });
        out
    }

    #[test]
    fn pairs_of_logs_queries_and_forms_are_found() {
        assert_eq!(
            found("ts=1 msg=\"a b=c\" user='x y' email=a@b.c, z=[name]. q"),
            [("ts", "1"), ("msg", "a b=c"), ("user", "x y"), ("email", "a@b.c"), ("z", "[name]")]
        );
        assert_eq!(
            found("GET /r?email=a%40b.c&phone=%2B62+812#x HTTP"),
            [("email", "a%40b.c"), ("phone", "%2B62+812#x")]
        );
        assert_eq!(
            found("to=Person(a=1, b=(2)), dob=date(1990, 4, 12) x=f("),
            [("to", "Person(a=1, b=(2))"), ("dob", "date(1990, 4, 12)"), ("x", "f")]
        );
        assert_eq!(found("user.email=a;X-Ip=1|k = v"), [("user.email", "a"), ("X-Ip", "1"), ("k", "v")]);
    }

    #[test]
    fn the_digest_of_a_certificate_is_told_by_its_algorithm() {
        let digest = |text: &str| {
            let mut all = Vec::new();
            find(text, |pair| {
                all.push(pair.is_digest(text));
                true
            });
            all
        };
        let pairs = ["AA:1c"; 10].join(":");
        assert_eq!(digest(&format!("SHA1 Fingerprint={pairs}")), [true]);
        assert_eq!(digest(&format!("x=1 sha1_fingerprint={pairs}")), [false, true]);
        assert_eq!(digest(&format!("device fingerprint={pairs}")), [false]);
        assert_eq!(digest("SHA1 Fingerprint=AA:1C:0F"), [false]);
    }

    #[test]
    fn pairs_of_json_are_found_even_when_it_is_cut_off() {
        assert_eq!(found(r#"{"a b":"c\"d", "e":5, 'f' : 'g"#), [("a b", r#"c\"d"#), ("e", "5"), ("f", "g")]);
        assert_eq!(found(r#"x="{\"email\":\"a@b\",\"n\":1}""#), [("x", r#"{\"email\":\"a@b\",\"n\":1}"#)]);
        assert_eq!(found(r#"{\"email\":\"a@b\",\"n\":\"c\"}"#), [("email", "a@b"), ("n", "c")]);
        assert_eq!(found(r#"User { name: "Siti", n: 3 }"#), [("name", "Siti")]);
    }

    #[test]
    fn values_within_values_end_in_time_and_what_was_not_looked_at_is_told() {
        let find_all = |text: &str| {
            let mut bytes = 0;
            let end = find(text, |pair| {
                bytes += pair.value.len();
                false
            });
            (bytes, end)
        };
        let (_, end) = find_all(&"a=1 b=\"x y\"&c=3\n".repeat(20_000));
        assert_eq!(end, None, "no text of pairs side by side");
        let hostile = "name=".repeat(20_000);
        let (bytes, end) = find_all(&hostile);
        assert!(end.is_some_and(|at| at < hostile.len()) && bytes < 20 * hostile.len(), "{bytes} {end:?}");
    }

    #[test]
    fn signs_that_join_no_name_and_value_are_passed_over() {
        for text in [
            "a == b",
            "a=>b",
            "a = $1",
            "a=? AND",
            "a = %s",
            "12:30:00",
            "http://x",
            "a::b",
            "key: value",
            "= x",
            "a=",
            "a= b",
            "1=2",
            ":",
            "=",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
