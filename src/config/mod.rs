//! Configuration in two steps: `spec` is what the YAML says, `compiled` is what the service runs.

mod compiled;

pub use compiled::*;
