//! The command line, as a user calls it.

mod contract;
mod keys;
mod logging;
mod panics;
mod schema;
mod validate;
