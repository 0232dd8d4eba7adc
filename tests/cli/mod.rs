//! The command line, as a user calls it.

mod bad_patterns;
mod contract;
mod core_dumps;
mod demo;
mod keys;
mod leaks;
mod logging;
mod panics;
mod privacy;
mod schema;
mod scrub;
mod stop;
mod token;
mod top;
mod tuning;
mod validate;
