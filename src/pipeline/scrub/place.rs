//! How what replaces a value is written, so that it fits the place where the value stood.

use crate::record::Span;
use crate::rewrite::{Edits, escape_json_into};

/// How a replacement is written back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Inside the quotes of a JSON string or key.
    JsonString,
    /// Instead of a JSON number.
    JsonNumber,
    /// In plain text.
    Text,
}

/// Makes the bytes of the buffer from `from` on, which need no escapes, the replacement of `span`.
pub(super) fn write_code(edits: &mut Edits, span: Span, from: usize, place: Place) {
    if place == Place::JsonNumber {
        edits.buffer().insert(from, b'"');
        edits.buffer().push(b'"');
    }
    edits.replace_with_tail(span, from);
}

/// Makes the bytes of the buffer from `from` on the replacement of `span`, written so that they fit their place.
pub(super) fn write_back(edits: &mut Edits, span: Span, from: usize, place: Place) {
    if place != Place::Text {
        escape_tail(edits.buffer(), from);
    }
    // A number that was only made coarser stays a number.
    if place == Place::JsonNumber && is_json_number(&edits.buffer()[from..]) {
        return edits.replace_with_tail(span, from);
    }
    write_code(edits, span, from, place);
}

/// Escapes the bytes from `from` on for a JSON string. Tokens and placeholders need no escapes; a masked value may.
pub(super) fn escape_tail(buffer: &mut Vec<u8>, from: usize) {
    // Without an early end the loop is vectorised.
    let special = |b: u8| b < 0x20 || b == b'"' || b == b'\\';
    if buffer[from..].iter().fold(false, |any, &b| any | special(b)) {
        let plain = String::from_utf8_lossy(&buffer[from..]).into_owned();
        buffer.truncate(from);
        escape_json_into(&plain, buffer);
    }
}

/// Whether `text` is a JSON number without an exponent.
fn is_json_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let fraction = text[whole..].strip_prefix(b".");
    let padded = whole > 1 && text[0] == b'0';
    let decimals = fraction.is_none_or(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
    whole > 0 && !padded && decimals && (fraction.is_some() || whole == text.len())
}
