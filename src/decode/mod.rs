//! Decode: from the bytes of a record to its scalars, and from a scalar's raw bytes to what they mean.
//!
//! - [`Scanner`] makes the tape of a JSON record, [`text()`] that of a plain text: spans into the raw bytes, no copies.
//! - [`View`] undoes the encodings of one value, layer by layer, and maps what is found there back to raw offsets.
//! - [`documents`], [`pairs`], [`elements`], [`columns`], [`tables`] and [`encoded`] find what a text holds that is more than
//!   text: JSON, names with values, XML, SQL, tables, base64 and hexadecimal.
//!
//! Most values never need a view: [`needs_view`] tells from the class that the scanner gathered.

pub mod columns;
pub mod documents;
pub mod elements;
pub mod encoded;
mod escape;
mod json;
pub mod layers;
pub mod pairs;
pub mod tables;
mod text;
mod view;

#[cfg(test)]
mod parity;

pub use json::Scanner;
pub use layers::defang::is_defanged;
pub use text::text;
pub use view::{Undone, View, Writer, may_be_encoded, needs_view};

/// Limits on one record. What exceeds them is rejected, never passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Deepest nesting of objects and arrays: `[[1]]` has the depth 2.
    pub depth: usize,
    /// Largest record in bytes.
    pub record_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 64, record_bytes: 1 << 20 }
    }
}

impl Limits {
    /// Whether a payload of `bytes` is over the limit; offsets are `u32`, whatever the setting.
    fn exceeded_by(&self, bytes: usize) -> bool {
        bytes > self.record_bytes || bytes >= u32::MAX as usize
    }
}
