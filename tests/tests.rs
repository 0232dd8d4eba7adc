//! The one integration binary: everything that is tested from outside of the crate.

// A test that unwraps says with its panic what did not hold.
#![allow(clippy::unwrap_used)]

/// A real Kafka, and the service on it. Needs Java and, the first time, Maven.
mod broker;
/// The command line: exit codes, errors, output.
mod cli;
/// The engine: what it takes to scrub a record.
mod engine;
/// The fuzz targets on the stable toolchain.
mod fuzz;
/// The rules of the house: imports, style, and documents that tell the truth.
mod house;
/// Each profile on the stream of its user, against golden output.
mod profiles;
/// How well the engine scrubs labelled events.
mod quality;
/// Made-up streams with labelled attacks, and how signals are scored by them.
mod signals;
/// What the tests share.
mod support;
