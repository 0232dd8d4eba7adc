//! Signs in brackets, as people write addresses so that no machine follows them: `203.0.113[.]7`, `ann[@]example[.]com`,
//! `ann(at)example(dot)com`.

use std::ops::Range;

use crate::decode::Writer;

/// What is written in brackets, and the sign that is meant. In three languages, but for words that lists are numbered with.
const SIGNS: [(&str, &str); 11] = [
    (".", "."),
    ("@", "@"),
    (":", ":"),
    ("dot", "."),
    ("at", "@"),
    ("titik", "."),
    ("punktum", "."),
    ("prik", "."),
    ("snabel-a", "@"),
    ("snabela", "@"),
    ("snabel", "@"),
];
/// Shortest text that is looked at: `ann(at)b.dk`.
pub const BYTES_MIN: usize = 11;
/// Longest sign in words, and a space on each side of it.
const INNER_BYTES_MAX: usize = 10;
/// Most spaces that are passed over beside a bracket.
const SPACES_MAX: usize = 2;

/// Whether [`decode`] finds anything in a text that is long enough.
pub fn is_defanged(text: &str) -> bool {
    text.len() >= BYTES_MIN && next(text, 0).is_some()
}

/// Writes `text` with the signs out of their brackets.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let mut kept = 0;
    while let Some((written, sign)) = next(text, kept) {
        writer.keep(kept..written.start);
        writer.put(written.clone(), sign);
        kept = written.end;
    }
    writer.keep(kept..text.len());
    kept > 0
}

/// The first sign in brackets at or behind `from`, with the spaces that keep it from the words around it.
fn next(text: &str, from: usize) -> Option<(Range<usize>, &'static str)> {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(b'[', b'{', b'(', &bytes[from..]).find_map(|at| {
        let (written, sign) = sign_at(bytes, from + at)?;
        let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        let before = bytes[from..written.start].iter().rev().take(SPACES_MAX).take_while(|b| **b == b' ').count();
        let behind = bytes[written.end..].iter().take(SPACES_MAX).take_while(|b| **b == b' ').count();
        let wide = written.start - before..written.end + behind;
        let between = is_word(bytes[..wide.start].last()) && is_word(bytes.get(wide.end));
        Some((if between { wide } else { written }, sign))
    })
}

/// The sign in the brackets that open at `at`.
fn sign_at(bytes: &[u8], at: usize) -> Option<(Range<usize>, &'static str)> {
    let close = match bytes[at] {
        b'[' => b']',
        b'{' => b'}',
        _ => b')',
    };
    let inner = &bytes[at + 1..];
    // Nearly all brackets hold something else.
    if !matches!(
        inner.first()?,
        b'.' | b'@' | b':' | b' ' | b'd' | b'D' | b'a' | b'A' | b't' | b'T' | b'p' | b'P' | b's' | b'S'
    ) {
        return None;
    }
    let len = inner.iter().take(INNER_BYTES_MAX + 1).position(|b| *b == close)?;
    let word = inner[..len].trim_ascii();
    let (_, sign) = SIGNS.iter().find(|(written, _)| word.eq_ignore_ascii_case(written.as_bytes()))?;
    Some((at..at + 1 + len + 1, sign))
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    #[test]
    fn signs_come_out_of_their_brackets() {
        for (raw, plain) in [
            ("203.0.113[.]7 x", "203.0.113.7 x"),
            ("1[.]2[dot]3{.}4(.)5", "1.2.3.4.5"),
            ("ann[@]example[.]com", "ann@example.com"),
            ("ann(at)firma(punktum)dk", "ann@firma.dk"),
            ("ann (AT) firma [ dot ] dk", "ann@firma.dk"),
            ("ann  {snabel-a}  firma (prik) dk", "ann@firma.dk"),
            ("siti(at)contoh(titik)co(titik)id", "siti@contoh.co.id"),
            ("hxxp[:]//a[.]b", "hxxp://a.b"),
            ("ø (at) ø", "ø@ø"),
            ("(at) noon, x (at)", "@ noon, x @"),
            ("a[0].b[1] [] [..] {x} (a) (et) f(x) (atx) (", "a[0].b[1] [] [..] {x} (a) (et) f(x) (atx) ("),
        ] {
            assert_eq!(View::through(raw, super::decode), plain);
            assert_eq!(super::is_defanged(&format!("{raw:>11}")), raw != plain, "{raw}");
        }
    }
}
