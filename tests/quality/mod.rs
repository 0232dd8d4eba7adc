//! How well the scrubber does on labelled events: what is read, how it is run, and how the result is counted. The
//! example `evaluate` prints it for any file; the test of this folder holds the project's own corpus to its table.

// A generator that unwraps says with its panic which table is wrong.
#![allow(clippy::unwrap_used)]

/// Labelled events.
pub mod case;
/// The project's own corpus.
pub mod corpus;
/// The engine on one event, with what it found.
pub mod engine;
/// The formats that labelled events are read from.
pub mod formats;
/// Counts, rates and their intervals.
pub mod score;
/// Scores as the tables of a document.
pub mod table;

/// The corpus' scores against those of the document.
#[cfg(test)]
mod regression;
/// Cases that were written before the engine saw them.
#[cfg(test)]
mod unseen;
