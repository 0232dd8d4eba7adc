//! Arguments of `sluice token`: the tokens of values on standard input.

use std::path::PathBuf;

use super::args::KeyArgs;
use super::output::Output;

/// Arguments of `sluice token`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Values are read from standard input, one a line, so that they stand in no shell history.")]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// The entity that the values are, such as `email`.
    #[arg(long = "type", value_name = "ENTITY")]
    pub entity: String,
    /// Which keys make the tokens, in place of those of the config.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How the tokens are printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}
