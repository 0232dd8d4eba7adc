//! Names before e-mail addresses, and before addresses of networks in brackets: `Siti Rahma <siti@example.id>`, `"Rahma, Siti" <…>`, `Siti Rahma (siti@example.id)`.

use super::{Input, Match, Matcher};
use crate::detect::anchored::name_ending;
use crate::detect::beside::is_somebody;
use crate::record::Class;

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "name_beside_address",
    doc: "the name before an e-mail address in brackets, and a full name before a network's address in parentheses",
    wants: |class, digits| {
        let network = digits >= IP_DIGITS_MIN && class.has(Class::DOT) && class.has(Class::OTHER);
        (class.has(Class::AT) || network) && class.has(Class::LETTER) && class.has(Class::SPACE.with(Class::BRACE))
    },
    find,
};

/// Digits of the shortest address of a network.
const IP_DIGITS_MIN: u8 = 4;

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
    if input.census.dots > 2 {
        before_network(input.text, out);
    }
}

/// `Oluwaseun Adeyemi (81.152.203.44)`, and not `Load Balancer (10.0.0.4)`.
fn before_network(text: &str, out: &mut Vec<Match>) {
    for open in memchr::memchr_iter(b'(', text.as_bytes()) {
        let inner = &text.as_bytes()[open + 1..];
        let len = inner.iter().take("255.255.255.255)".len()).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let dots = inner[..len].iter().filter(|b| **b == b'.').count();
        if dots == 3 && inner.get(len) == Some(&b')') && text[..open].ends_with(' ') {
            out.extend(name_ending(text, open).filter(|name| is_somebody(&text[name.span.range()])));
        }
    }
    out.sort_unstable_by_key(|found| found.span);
}

/// `ValidateEmail(ann@example.com)`, `Svar: (ann@example.com)`: the word before the bracket is no name.
fn is_call(text: &str, open: usize) -> bool {
    let word = text[..open].bytes().rev().take(64).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let word = &text.as_bytes()[open - word..open];
    let camel = word.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    camel || word.contains(&b'_') || text[..open].trim_end_matches(' ').ends_with([':', ','])
}
