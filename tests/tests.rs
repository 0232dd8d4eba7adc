//! The one integration binary: everything that is tested from outside of the crate.

/// A real Kafka, and the service on it. Needs Java and, the first time, Maven.
mod broker;
/// What the tests share.
mod support;
