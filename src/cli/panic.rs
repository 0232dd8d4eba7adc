//! What a panic prints: where, never what. Its message may quote a record's bytes.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::{self, PanicHookInfo};

/// Replaces the standard hook, which prints the message. Call it first thing in `main`.
pub fn install_hook() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // Frames are names of functions and lines of source: no data. Captured only when RUST_BACKTRACE asks for it.
    let backtrace = Backtrace::capture();
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(
        stderr,
        "error: internal fault at {place} in thread `{}`; its message is withheld, because it may hold data",
        thread.name().unwrap_or("unnamed"),
    );
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(stderr, "{backtrace}");
    }
}
