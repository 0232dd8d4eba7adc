//! Plain text as one scalar: a log line, a mail body.

use crate::decode::Limits;
use crate::record::{Class, Kind, PathId, Reject, Scalar, Span};

/// The whole of `raw` as text and as one string at the root. Any UTF-8 is text, an empty line and NUL bytes too: what is
/// odd is searched all the same.
///
/// # Errors
/// [`Reject::TooLarge`] over the limit, [`Reject::InvalidUtf8`].
pub fn text<'r>(raw: &'r [u8], limits: &Limits) -> Result<(&'r str, Scalar), Reject> {
    if limits.exceeded_by(raw.len()) {
        return Err(Reject::TooLarge);
    }
    let text = simdutf8::basic::from_utf8(raw).map_err(|_| Reject::InvalidUtf8)?;
    let (class, digits) = Class::of_text(raw);
    let span = Span::new(0, raw.len() as u32);
    Ok((text, Scalar { path: PathId::ROOT, span, member_start: 0, class, kind: Kind::String, digits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_scalar_that_spans_it_all() {
        let (same, scalar) = text(b"login 10.0.0.1 ok", &Limits::default()).expect("is text");
        assert_eq!(same, "login 10.0.0.1 ok");
        assert_eq!((scalar.span, scalar.kind, scalar.path), (Span::new(0, 17), Kind::String, PathId::ROOT));
        assert_eq!(scalar.digits, 5);
        assert!(scalar.class.has(Class::DOT) && !scalar.class.has(Class::AT));
    }

    #[test]
    fn an_empty_line_and_binary_that_is_utf8_are_text() {
        assert!(text(b"", &Limits::default()).expect("is text").1.span.is_empty());
        assert!(text(b"\0\x01a@b.c", &Limits::default()).expect("is text").1.class.has(Class::AT));
    }

    #[test]
    fn what_is_not_utf8_or_too_large_is_rejected() {
        let limits = Limits { record_bytes: 4, ..Limits::default() };
        assert_eq!(text(b"ab\xff", &limits), Err(Reject::InvalidUtf8));
        assert_eq!(text(b"abcde", &limits), Err(Reject::TooLarge));
        assert!(text(b"abcd", &limits).is_ok());
    }
}
