//! Names with values in XML and HTML: elements that hold text and nothing else.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::pairs::Pair;

/// Longest tag that is read, and longest text, in bytes.
const TAG_BYTES_MAX: usize = 256;
const TEXT_BYTES_MAX: usize = 4096;

/// Calls `each` for every element of one text, without the prefix of its namespace: `<b:Navn x="1"><![CDATA[Ann]]></b:Navn>`.
pub fn find(text: &str, mut each: impl FnMut(&Pair)) {
    let bytes = text.as_bytes();
    // Made once: for a short text it costs more than the search.
    static END: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"</"));
    for end in END.find_iter(bytes) {
        let Some((name, value)) = element(bytes, end) else { continue };
        each(&Pair { name, value });
    }
}

/// The element whose end tag begins at `end`: its name and its text. `None`: it holds others, or nothing.
fn element(bytes: &[u8], end: usize) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    const DATA: (&[u8], &[u8]) = (b"<![CDATA[", b"]]>");
    let after = &bytes[end + 2..];
    // So far back the element may begin: every end tag is looked at, and there may be many.
    let floor = end.saturating_sub(TEXT_BYTES_MAX);
    let sign = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'_' | b'-' | b'.' | b':' | 0x80..);
    let name = &after[..after.iter().take(TAG_BYTES_MAX).take_while(sign).count()];
    let data = bytes[..end].ends_with(DATA.1);
    let text_end = if data { end - DATA.1.len() } else { end };
    let mut start = floor + memchr::memrchr(b'>', &bytes[floor..text_end])? + 1;
    if data {
        start = floor + memchr::memmem::rfind(&bytes[floor..text_end], DATA.0)?;
        start -= bytes[floor..start].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        bytes[..start].last().filter(|b| **b == b'>')?;
    }
    let from = start.saturating_sub(TAG_BYTES_MAX);
    let open = from + memchr::memrchr(b'<', &bytes[from..start - 1])?;
    let tag = &bytes[open + 1..start - 1];
    let same = tag.starts_with(name) && !tag[name.len()..].first().is_some_and(|b| sign(&b));
    let local = name.iter().rposition(|b| *b == b':').map_or(0, |colon| colon + 1);
    let value = if data {
        start + memchr::memmem::find(&bytes[start..text_end], DATA.0)? + DATA.0.len()..text_end
    } else {
        let blanks = bytes[start..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
        start + blanks..start + blanks.max(bytes[start..end].trim_ascii_end().len())
    };
    let fits = same && name.len() > local && !value.is_empty();
    fits.then(|| (open + 1 + local..open + 1 + name.len(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        find(text, |pair| out.push((&text[pair.name.clone()], &text[pair.value.clone()])));
        out
    }

    #[test]
    fn elements_of_one_text_are_found() {
        for (text, wanted) in [
            ("<a><b:Navn x=\"1\"> Ann </b:Navn><c>2</c></a>", &[("Navn", "Ann"), ("c", "2")][..]),
            ("<pin> <![CDATA[4711]]></pin>", &[("pin", "4711")]),
            ("<a></a><b/> <br> x</p>", &[]),
            ("<ab>1</a>", &[]),
            ("a < b </c>", &[]),
            ("</", &[]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
        let long = format!("<a>{}</a>", "x".repeat(TEXT_BYTES_MAX));
        assert_eq!(found(&long), []);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "(<a>|</a>|<|>|</|<!\\[CDATA\\[|\\]\\]>|\\PC| ){0,40}") {
            for (name, value) in found(&text) {
                proptest::prop_assert!(!name.is_empty() && !value.is_empty());
            }
        }
    }
}
