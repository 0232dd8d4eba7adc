//! Passwords behind the address that they belong to, as stolen lists have them: `ann@example.com:Sommer99`.

use super::{Input, Match, Matcher};
use crate::detect::anchored::is_no_word;
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "email_password",
    doc: "the word behind an e-mail address and a colon, when it is no word of a language",
    wants: |class, digits| class.has(Class::AT) && class.has(Class::COLON) && digits > 0,
    find: |input: &Input<'_>, out: &mut Vec<Match>| {
        let text = input.text;
        for at in memchr::memchr_iter(b'@', text.as_bytes()) {
            if let Some((start, end)) = password_of(text, at) {
                let span = Span::new(start as u32, end as u32);
                out.push(Match { span, value: span });
            }
        }
    },
};

/// The password of the address whose sign is at `at`.
fn password_of(text: &str, at: usize) -> Option<(usize, usize)> {
    let domain = text[at + 1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    let colon = at + 1 + domain;
    let local = text[..at].ends_with(|c: char| c.is_alphanumeric());
    if !local || !text[at + 1..colon].contains('.') || text.as_bytes().get(colon) != Some(&b':') {
        return None;
    }
    let rest = &text[colon + 1..];
    let end = rest.find(|c: char| c.is_whitespace() || "/:;,\"'<>|()[]&".contains(c)).unwrap_or(rest.len());
    // `git@host:team/app2`, `ann@host:22`
    if rest[end..].starts_with(['/', ':']) {
        return None;
    }
    let password = rest[..end].trim_end_matches(['.', '!', '?']);
    is_no_word(password).then_some((colon + 1, colon + 1 + password.len()))
}
