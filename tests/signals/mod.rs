//! The made-up streams that the signals are judged by, and the judge.

#[allow(dead_code)] // what only its program prints
#[path = "../../examples/evaluate_signals/score.rs"]
mod score;
#[allow(dead_code)]
#[path = "../../examples/evaluate_signals/stream/mod.rs"]
pub mod stream;

mod judge;
mod scores;
mod streams;
