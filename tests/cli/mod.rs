//! The command line, as a user calls it.

mod contract;
mod keys;
mod panics;
mod schema;
mod validate;
