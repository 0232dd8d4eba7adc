//! What the tests share. Used by several binaries (tests and benches), each of which needs only a part.
#![allow(dead_code)]

/// The `sluice` binary, run as a user does.
pub mod command;
