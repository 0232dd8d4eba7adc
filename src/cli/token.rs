//! `sluice token`: the tokens of values on standard input, under every readable key.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::CliError;
use super::args::KeyArgs;
use super::output::{Output, print, print_json};
use crate::config::{self, Secrets};
use crate::pipeline::Plan;
use crate::pseudonymize::SharedRing;
use crate::source::lines::{Line, Lines};

/// Arguments of `sluice token`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Values are read from standard input, one a line, so that they stand in no shell history.")]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// The entity that the values are, such as `email`; its token type (`em`) will do.
    #[arg(long = "type", value_name = "ENTITY")]
    pub entity: String,
    /// Which keys make the tokens, in place of those of the config.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How the tokens are printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// The tokens of one value. The value itself is not repeated: it is known by its line.
#[derive(Serialize)]
struct Tokens {
    line: u64,
    tokens: Vec<String>,
}

/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// Prints the tokens of each line, one a line, or as JSON by line number.
pub fn run(args: &Args) -> Result<(), CliError> {
    let loaded = config::load(&args.config, Secrets::Skip)?;
    let ring = args.keys.ring(loaded.settings.keys.as_ref())?;
    let no_key = || {
        CliError::Config(format!("{}: keys: no root key is configured; name a directory with --keys", loaded.origin()))
    };
    let ring = Arc::new(SharedRing::fixed(ring.ok_or_else(no_key)?));
    let plan = Plan::compile(&loaded, ring).map_err(|error| CliError::Config(error.to_string()))?;
    let Some(entity) = plan.find_entity(&args.entity) else {
        let names = plan.entity_names();
        let hint = config::nearest(&args.entity, names.iter().copied());
        let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(CliError::Usage(format!("--type: unknown entity{hint}; known: {}", names.join(", "))));
    };
    let mut pseudonymizer = plan.pseudonymizer();
    let mut all = Vec::new();
    let mut lines = Lines::new(io::stdin().lock(), VALUE_BYTES_MAX);
    let failed = |error: io::Error| CliError::Failed(format!("standard input: {error}"));
    while let Some(line) = lines.next_line().map_err(failed)? {
        let Line::Whole(raw, _) = line else {
            return Err(CliError::Failed("standard input: a value is longer than 64 KiB".to_owned()));
        };
        let Ok(value) = std::str::from_utf8(raw) else {
            return Err(CliError::Failed("standard input: a value is not UTF-8".to_owned()));
        };
        if value.trim().is_empty() {
            continue;
        }
        let tokens = pseudonymizer.tokens_of(entity, value);
        match args.output {
            Output::Text => print(tokens.iter().map(|token| format!("{token}\n")).collect::<String>())?,
            Output::Json => all.push(Tokens { line: lines.number(), tokens }),
        }
    }
    if args.output == Output::Json { print_json(&all) } else { Ok(()) }
}
