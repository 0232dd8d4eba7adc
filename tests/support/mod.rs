//! What the tests share. Used by several binaries (tests and benches), each of which needs only a part.
#![allow(dead_code)]

/// A certificate for a broker, and the authority that it is from.
pub mod certificates;
/// The `sluice` binary, run as a user does.
pub mod command;
/// A real Kafka broker that a test starts, stops and leaves to clean up after itself.
pub mod kafka;
/// Plain Kafka clients: load events, read topics whole, measure ends.
pub mod kafka_client;
/// A record that the safe client cannot make.
pub mod kafka_raw;
/// Events whose every byte follows from an id, and what must be true of them afterwards.
pub mod oracle;
/// Child processes that never outlive the test.
pub mod process;
/// `sluice run` as a child process.
pub mod service;
/// Waiting by condition, never by time.
pub mod wait;
