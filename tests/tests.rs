//! The integration tests: one binary, one module per side of the program.

// A test that unwraps says with its panic what did not hold.
#![allow(clippy::unwrap_used)]

/// The command line: exit codes, errors, output.
mod cli;
/// What the tests share.
mod support;
