//! The only place that sees all stages: one record through the engine, and the loop that carries records from a source
//! to a sink.
//!
//! ```text
//! scrub    bytes in, scrubbed bytes out: decode ─► detect ─► pseudonymize ─► rewrite
//! engine   a whole record (key, value, headers) into the batch that goes out, or its rejection
//! worker   the loop of one worker: fetch, process, send, commit; rebalance, recovery, drain
//! backoff  the pause between two tries to recover
//! breaker  stops a partition that quarantines too much
//! binding  whose record it is: tenant and scope, and what it asks for
//! advice   what a valid config may mean otherwise than it says
//! audit    who used a key, and for what; payload: what a sealed quarantine record holds
//! keeper   today's salt: read, minted, dropped; salt_topic, salt_file: where; salts: the start of it
//! seal     seals values and payloads; clock: what day it is
//! plan     what all workers share: rules, actions, keys; signal_plan: shapes, rules and lists of signals
//! watch    the signals of one worker: from a record's tape to signals and flags; sight: what a record says, for people
//! stateful tasks with account state: restored first, brought into one order, written with each transaction
//! shadow   rules that are tried: what they find is counted and stays
//! objection whether a record holds anything of somebody who has objected
//! outside  lists and databases of addresses, read again when they change
//! live     the rules that run, swapped whole between two units of work
//! reload   looks at changed config and pattern files, and checks them
//! why      the rules that find, alone, what was found
//! sampling what `sluice tap` may see of a batch
//! service  `sluice run`: checks, workers, admin port, signals of the process
//! ```

pub mod advice;
pub mod audit;
mod backoff;
pub mod binding;
mod breaker;
pub mod clock;
mod deny;
mod engine;
pub mod keeper;
mod live;
mod objection;
mod outside;
pub mod payload;
#[cfg(test)]
mod pci;
mod plan;
mod policy;
mod reload;
mod salt_file;
mod salt_topic;
pub mod salts;
mod sampling;
mod scrub;
#[cfg(test)]
mod scrub_cases;
mod seal;
pub mod service;
mod shadow;
mod sight;
pub mod signal_plan;
mod stateful;
pub mod watch;
mod why;
mod worker;

pub use engine::{Engine, Fate, Place};
pub use objection::Objections;
pub use plan::{Plan, PlanError, load_ring};
pub use scrub::{Counts, Scrubber, Traced};
pub use seal::unsealed;
pub use sight::{Mapped, Viewer};
pub use signal_plan::SignalPlan;
pub use watch::{LocalSignals, Watcher};
pub use why::{HIDDEN, Part, Reason, Why, path_label, shape};
pub use worker::{Health as WorkerHealth, Worker};
