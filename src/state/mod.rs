//! Account state that survives: what is written to the changelog, and how a task comes back from it.
//!
//! ```text
//! changelog   the records: accounts, the task, the checkpoint
//! tasks       the stores of a worker, one per task (partition i of all signal inputs)
//! merge       one order of records for all partitions of a task
//! ```
//!
//! The state of a task is a function of the records up to its checkpoint. With every transaction go the accounts that it
//! changed and the checkpoint: the offsets from which reading goes on. Whoever restores must find there the offsets that
//! the group has committed, or the state belongs to another past.

pub mod changelog;
pub mod merge;
pub mod tasks;

pub use changelog::{Checkpoint, StateError};
pub use merge::Merge;
pub use tasks::Tasks;
