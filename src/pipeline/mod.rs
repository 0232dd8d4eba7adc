//! The only place that sees all stages: one record through the engine, and the loop that carries records from a source
//! to a sink.
//!
//! ```text
//! scrub    bytes in, scrubbed bytes out: decode ─► detect ─► pseudonymize ─► rewrite
//! engine   a whole record (key, value, headers) into the batch that goes out, or its rejection
//! worker   the loop of one worker: fetch, process, send, commit; rebalance, recovery, drain
//! backoff  the pause between two tries to recover
//! breaker  stops a partition that quarantines too much
//! plan     what all workers share: rules, actions, keys; signal_plan: shapes, rules and lists of signals
//! watch    the signals of one worker: from a record's tape to signals and flags
//! stateful tasks with account state: restored first, brought into one order, written with each transaction
//! shadow   rules that are tried: what they find is counted and stays
//! live     the rules that run, swapped whole between two units of work
//! reload   looks at changed config and pattern files, and checks them
//! why      the rules that find, alone, what was found
//! service  `sluice run`: checks, workers, admin port, signals of the process
//! ```

mod backoff;
mod breaker;
mod deny;
mod engine;
mod live;
mod plan;
mod policy;
mod reload;
mod scrub;
#[cfg(test)]
mod scrub_cases;
pub mod service;
mod shadow;
pub mod signal_plan;
mod stateful;
pub mod watch;
mod why;
mod worker;

pub use engine::{Engine, Place};
pub use plan::{Plan, PlanError, load_ring};
pub use scrub::{Counts, Scrubber, Traced};
pub use signal_plan::SignalPlan;
pub use watch::{LocalSignals, Watcher};
pub use why::{Reason, Why, path_label, shape};
pub use worker::{Health as WorkerHealth, Worker};
