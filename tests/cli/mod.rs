//! The command line, as a user calls it.

mod contract;
mod core_dumps;
mod demo;
mod keys;
mod logging;
mod panics;
mod privacy;
mod schema;
mod scrub;
mod token;
mod top;
mod tuning;
mod validate;
