//! Logging set-up: JSON or text lines on standard error. Values of records, keys and secrets are never logged; the
//! callers see to that by logging coordinates, counts and names only.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

/// Another logger is set already in this process.
#[derive(Debug, thiserror::Error)]
#[error("logging is set up already")]
pub struct AlreadySet;

/// Sends all events of `level` and above to standard error, as one JSON object a line or as text. Times are in UTC.
pub fn init(json: bool, level: Level) -> Result<(), AlreadySet> {
    let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::from_level(level)).with_writer(io::stderr);
    // It would tell on standard error, too, that it cannot write there, and panic: a full disk of the log ends no worker.
    let lines = lines.log_internal_errors(false);
    let set = if json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        lines.with_ansi(colours(&io::stderr())).with_target(false).try_init()
    };
    set.map_err(|_| AlreadySet)
}

/// Whether `stream` may be coloured: a terminal, and `NO_COLOR` (no-color.org) is unset or empty.
pub fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
