//! `sluice schema`: the JSON Schema of the config, for editors.

use super::CliError;
use super::output::print_json;
use crate::config::schema::json_schema;

/// Arguments of `sluice schema`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Put `# yaml-language-server: $schema=sluice.schema.json` on top of a config to have it checked."
)]
pub struct Args {}

/// Prints the schema.
pub fn run(_: &Args) -> Result<(), CliError> {
    print_json(&json_schema())
}
