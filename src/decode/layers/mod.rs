//! The layers of a view: one file, one `decode` function each.
//!
//! A layer reads the whole text so far and writes the new one with [`Writer`](crate::decode::Writer): `keep` what goes
//! on, `put` what a part means, leave out what is swallowed. It returns false if the text has nothing for it. A layer
//! never fails: what is not well-formed stays as it is, so it is searched as it is.

pub mod json_escape;
pub mod unicode_fold;
