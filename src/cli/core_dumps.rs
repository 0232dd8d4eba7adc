//! No core dumps: a process that crashes must not leave its memory, with raw records and keys in it, on a disk.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Forbids them for this process and its children, and a look into its memory by other processes of the same user. Call
/// it before anything is read.
///
/// The limit covers dumps to files; those that the kernel pipes to a program heed only that a process is not dumpable.
pub fn forbid() {
    // Neither fails on Linux: a limit may always be lowered, and 0 is a value that the call knows.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let forbidden = setrlimit(Resource::Core, none).and(set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = forbidden {
        eprintln!("warning: core dumps cannot be forbidden ({error}): forbid them from outside (`ulimit -c 0`)");
    }
}
