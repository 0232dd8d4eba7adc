//! What is fuzzed: functions from any bytes to nothing, which panic when something that must hold does not.
//!
//! `fuzz_targets` runs them under libFuzzer; `tests/fuzz` runs the same on the stable toolchain, with mutations of its own.

pub mod targets;
