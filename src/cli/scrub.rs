//! Arguments of `sluice scrub`: files or standard input, one record a line.

use std::path::PathBuf;

use super::args::{KeyArgs, LineFormat};

/// Arguments of `sluice scrub`.
#[derive(clap::Args, Debug)]
#[command(after_help = "One output line per accepted input line, in order. Rejected lines go only to --quarantine; \
                        their number is printed to standard error.")]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE", default_value = "profile:gaming")]
    pub config: PathBuf,
    /// What the lines are.
    #[arg(long, value_enum, default_value_t = LineFormat::Json)]
    pub format: LineFormat,
    /// Write what was found to this file, one JSON object a finding, without values.
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,
    /// Write line number and reason of rejected lines to this file, one JSON object a line, without their content.
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Files to read, in this order; none, or `-`: standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
