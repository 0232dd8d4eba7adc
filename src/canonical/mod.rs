//! Canonical forms: every spelling of one value becomes the same bytes.
//!
//! A leaf. Detection accepts what these parsers take and pseudonymization hashes what they return, so the two cannot
//! disagree on what a value is.

pub mod ip;
pub mod phone;
pub mod text;
