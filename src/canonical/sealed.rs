//! How a sealed value is written: `[sealed:<base64 of an age file>]`. Closed by its bracket, it has an end in any text.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;

/// What every sealed value begins with: the mark, and the base64 of `age-encryption.org/v1` and a line break.
pub const PREFIX: &str = "[sealed:YWdlLWVuY3J5cHRpb24ub3JnL3YxC";
/// Fewest bytes of a sealed value: a header with one recipient and an empty payload.
pub const MIN_BYTES: usize = 250;
static PREFIX_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PREFIX));

/// Appends an age file as it is written into a record.
pub fn write(file: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"[sealed:");
    out.extend_from_slice(STANDARD.encode(file).as_bytes());
    out.push(b']');
}

/// The age file of a sealed value that is all of `text`.
pub fn read(text: &str) -> Option<Vec<u8>> {
    is_all(text).then(|| STANDARD.decode(&text["[sealed:".len()..text.len() - 1]).ok()).flatten()
}

/// Whether `text` is one sealed value and nothing else.
pub fn is_all(text: &str) -> bool {
    text.starts_with(PREFIX) && find_all(text).next() == Some(0..text.len())
}

/// Where sealed values stand in `text`, in order.
pub fn find_all(text: &str) -> impl Iterator<Item = Range<usize>> {
    PREFIX_FINDER.find_iter(text.as_bytes()).filter_map(move |start| {
        let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        let body = &text.as_bytes()[start + PREFIX.len()..];
        let end = start + PREFIX.len() + body.iter().take_while(|b| inside(b)).count();
        (text.as_bytes().get(end) == Some(&b']') && end + 1 - start >= MIN_BYTES).then_some(start..end + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealed(len: usize) -> String {
        let mut file = b"age-encryption.org/v1\n".to_vec();
        file.resize(len, 7);
        let mut out = Vec::new();
        write(&file, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_sealed_value_is_found_wherever_it_stands_and_what_only_looks_like_one_is_not() {
        let value = sealed(200);
        assert!(is_all(&value) && read(&value).is_some_and(|file| file.len() == 200));
        let text = format!("a{value}{value}b [sealed:x]");
        assert_eq!(find_all(&text).collect::<Vec<_>>(), [1..1 + value.len(), 1 + value.len()..1 + 2 * value.len()]);
        for no in ["", "[sealed:ann@example.com]", &value[..value.len() - 1], &sealed(30), &value.replace('B', "@")] {
            assert!(!is_all(no) && find_all(no).count() == 0, "{no}");
        }
        assert!(!is_all(&format!("{value} ")) && !is_all(&format!("{value}{value}")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_is_a_part_of_the_text(text in "(\\PC{0,4}|\\[sealed:YWdlLWVuY3J5cHRpb24ub3JnL3YxC|[A-Za-z]{120,250}|\\]){0,6}") {
            for span in find_all(&text) {
                prop_assert!(text.get(span).is_some_and(|found| found.starts_with(PREFIX) && found.ends_with(']')));
            }
        }
    }
}
