//! Name and password in URLs: `https://name:password@host`.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Input, Match, Matcher};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "userinfo",
    doc: "name and password between `://` and `@`",
    wants: |class, _| class.has(Class::AT) && class.has(Class::COLON),
    find,
};

static SCHEME_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("://"));

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    for scheme in SCHEME_END.find_iter(input.text.as_bytes()) {
        if let Some(span) = userinfo_at(input.text.as_bytes(), scheme + 3) {
            out.push(Match { span, value: span });
        }
    }
}

/// `name:password` of the authority that begins at `start`: the password may hold any sign but those that end the
/// authority, even an `@`.
pub(super) fn userinfo_at(bytes: &[u8], start: usize) -> Option<Span> {
    let ends = |b: &u8| {
        matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\0' | b'\\') || b.is_ascii_whitespace()
    };
    let len = bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start);
    let authority = &bytes[start..start + len];
    let at = memchr::memrchr(b'@', authority)?;
    let colon = memchr::memchr(b':', &authority[..at])?;
    (colon + 1 < at && at + 1 < len).then(|| Span::new(start as u32, (start + at) as u32))
}
