//! The command line: one file per command, one table of exit codes, one way to show an error.
//!
//! Data goes to standard output and everything else to standard error. Adding a command is one file with `Args` and
//! `run`, and one line in [`Command`].

pub mod args;
pub mod completions;
mod core_dumps;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod keys;
mod look;
pub mod output;
pub mod panic;
mod port;
pub mod quarantine;
pub mod run;
pub mod schema;
mod screen;
pub mod scrub;
pub mod tap;
pub mod test;
mod times;
pub mod token;
pub mod top;
pub mod validate;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;
use crate::pseudonymize::KeyError;
use crate::telemetry::logging::colours;

/// Washes Kafka event streams: personal data becomes keyed pseudonyms before an event goes on.
#[derive(Parser)]
#[command(name = "sluice", version, arg_required_else_help = true, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed while working, 2 usage, 78 bad config.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run the service: Kafka in, scrubbed events out.
    Run(run::Args),
    /// Scrub files or standard input, one record a line.
    Scrub(scrub::Args),
    /// Show everything in one process, on made-up events.
    Demo(demo::Args),
    /// Watch a running instance through its admin port.
    Top(top::Args),
    /// Show samples of what a running instance sends: scrubbed records and signals.
    Tap(tap::Args),
    /// Check a config, its patterns and its keys.
    Validate(validate::Args),
    /// Try cases: event in, expected event and findings.
    Test(test::Args),
    /// Tell which rule hits which span of a record, and why; values are masked.
    Explain(explain::Args),
    /// Compare what two configs scrub of a sample.
    Diff(diff::Args),
    /// Make, list and rotate root keys.
    Keys(keys::Args),
    /// Print the tokens of values on standard input.
    Token(token::Args),
    /// List quarantined records, and open sealed payloads.
    Quarantine(quarantine::Args),
    /// Print the JSON Schema of the config, for editors.
    Schema(schema::Args),
    /// Print the completion script of a shell.
    Completions(completions::Args),
}

impl Command {
    fn run(self) -> Result<(), CliError> {
        match self {
            Command::Run(args) => run::run(&args),
            Command::Scrub(args) => scrub::run(&args),
            Command::Demo(args) => demo::run(&args),
            Command::Top(args) => top::run(&args),
            Command::Tap(args) => tap::run(&args),
            Command::Token(args) => token::run(&args),
            Command::Quarantine(args) => quarantine::run(&args),
            Command::Test(args) => test::run(&args),
            Command::Explain(args) => explain::run(&args),
            Command::Diff(args) => diff::run(&args),
            Command::Validate(args) => validate::run(&args),
            Command::Keys(args) => keys::run(&args),
            Command::Schema(args) => schema::run(&args),
            Command::Completions(args) => completions::run(&args),
        }
    }
}

/// Why a command ended early. Texts are for people, and never hold values of records, keys or secrets.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// It failed while working: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// It was called in a way that makes no sense: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The config, its patterns or its keys are bad: exit code 78 (`EX_CONFIG`).
    #[error("{0}")]
    Config(String),
    /// As [`CliError::Config`], and already reported in a machine-readable form.
    #[error("the config is bad")]
    ConfigReported,
    /// Nobody reads standard output any more (`sluice … | head`): not an error, exit code 0.
    #[error("standard output is closed")]
    BrokenPipe,
}

impl CliError {
    /// The exit code of the contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::BrokenPipe => 0,
            CliError::Failed(_) => 1,
            CliError::Usage(_) => 2,
            CliError::Config(_) | CliError::ConfigReported => 78,
        }
    }

    /// A failure to write to standard output.
    pub fn from_stdout(error: &io::Error) -> CliError {
        match error.kind() {
            io::ErrorKind::BrokenPipe => CliError::BrokenPipe,
            _ => CliError::Failed(format!("cannot write to standard output: {error}")),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> CliError {
        CliError::Config(error.to_string())
    }
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> CliError {
        CliError::Config(error.to_string())
    }
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    panic::install_hook();
    core_dumps::forbid();
    // The hook has said where; the exit code of a panic would be 101, which is not in the contract.
    let code = catch_unwind(AssertUnwindSafe(|| run_with(std::env::args_os()))).unwrap_or(1);
    ExitCode::from(code)
}

/// Parses `args` (the program's name first), runs the command, shows its error, and returns the exit code.
fn run_with(args: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" of clap too, with the code 0. If printing fails nobody is there to be told.
            let _ = error.print();
            return error.exit_code() as u8;
        }
    };
    match cli.command.run() {
        Ok(()) => 0,
        Err(error) => {
            show(&error);
            error.exit_code()
        }
    }
}

/// Writes the error to standard error, each of its lines marked.
fn show(error: &CliError) {
    if matches!(error, CliError::BrokenPipe | CliError::ConfigReported) {
        return;
    }
    let mut stderr = io::stderr().lock();
    let mark = if colours(&stderr) { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    for line in error.to_string().lines() {
        let _ = writeln!(stderr, "{mark} {line}");
    }
}

/// Tells the person at the terminal something that is no error.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "note: {text}");
}

#[cfg(test)]
mod tests {
    use clap::{Args, CommandFactory};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        for augment in [run::Args::augment_args, scrub::Args::augment_args, token::Args::augment_args] {
            augment(clap::Command::new("sluice")).debug_assert();
        }
    }

    #[test]
    fn exit_codes_are_those_of_the_contract() {
        let text = String::new;
        assert_eq!(CliError::BrokenPipe.exit_code(), 0);
        assert_eq!(CliError::Failed(text()).exit_code(), 1);
        assert_eq!(CliError::Usage(text()).exit_code(), 2);
        assert_eq!(CliError::Config(text()).exit_code(), 78);
        assert_eq!(CliError::ConfigReported.exit_code(), 78);
    }
}
