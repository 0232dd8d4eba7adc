//! The layers of a view: one file, one `decode` function each.
//!
//! A layer reads the whole text so far and writes the new one with [`Writer`]: `keep` what goes
//! on, `put` what a part means, leave out what is swallowed. It returns false if the text has nothing for it. A layer
//! never fails: what is not well-formed stays as it is, so it is searched as it is.

pub mod backslash;
pub mod defang;
pub(super) use bytes::hex_byte;
mod bytes;
pub mod encoded_word;
pub mod html_entity;
pub mod json_escape;
pub mod percent;
pub mod quoted_printable;
pub mod unicode_fold;

use crate::decode::Writer;
use crate::record::Class;

/// A layer's `decode`.
type Decode = fn(&str, &mut Writer<'_>) -> bool;

/// What texts are written in without saying so, with the signs that each needs.
pub(super) const ENCODINGS: [(Class, Decode); 6] = [
    (Class::EQUALS, encoded_word::decode),
    (Class::PERCENT.with(Class::EQUALS), percent::decode),
    (Class::AMPERSAND, html_entity::decode),
    (Class::EQUALS, quoted_printable::decode),
    (Class::ESCAPE, backslash::decode),
    (Class::BRACE.with(Class::OTHER), defang::decode),
];
