//! Names before e-mail addresses: `Siti Rahma <siti@example.id>`, `"Rahma, Siti" <…>`, `Siti Rahma (siti@example.id)`.

use super::{Input, Match, Matcher};
use crate::detect::anchored::name_ending;
use crate::record::Class;

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "name_beside_address",
    doc: "the name before an e-mail address in brackets",
    wants: |class, _| class.has(Class::AT) && class.has(Class::LETTER) && class.has(Class::SPACE.with(Class::BRACE)),
    find,
};

/// Longest local part that is looked at.
const LOCAL_BYTES_MAX: usize = 128;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let head = &bytes[at.saturating_sub(LOCAL_BYTES_MAX)..at];
        let open = head.iter().rposition(|b| matches!(b, b'<' | b'(' | b'[' | b' ' | b'\n' | b'@' | b',' | b';'));
        let Some(open) = open.map(|i| at - head.len() + i).filter(|&i| matches!(bytes[i], b'<' | b'(' | b'[')) else {
            continue;
        };
        let data = input.text[..open].ends_with("<![CDATA");
        if !data && (bytes[open] != b'(' || !is_call(input.text, open)) {
            out.extend(name_ending(input.text, open));
        }
    }
}

/// `ValidateEmail(ann@example.com)`, `Svar: (ann@example.com)`: the word before the bracket is no name.
fn is_call(text: &str, open: usize) -> bool {
    let word = text[..open].bytes().rev().take(64).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let word = &text.as_bytes()[open - word..open];
    let camel = word.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    camel || word.contains(&b'_') || text[..open].trim_end_matches(' ').ends_with([':', ','])
}
