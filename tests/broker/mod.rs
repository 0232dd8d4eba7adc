//! The service on a real Kafka. Each module tells in its first lines what it proves.
//!
//! `cargo test --test tests broker::` runs them. They need Java 17; the first run fetches Kafka's jars with Maven.

/// The test bed itself, with plain clients only.
mod bed;
