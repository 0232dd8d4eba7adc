//! The engine as a whole, from bytes to bytes.

/// What the benches time: the corpus, log lines and mails.
#[path = "../../benches/support/mod.rs"]
mod inputs;

/// Memory on a record's way.
mod allocations;
#[path = "../../benches/support/life.rs"]
mod life;
