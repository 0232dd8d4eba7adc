//! `sluice completions <shell>`: the completion script of a shell.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::output::print;
use super::{Cli, CliError};

/// Arguments of `sluice completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "bash: source <(sluice completions bash)\nfish: sluice completions fish | source\n\
                        zsh:  sluice completions zsh > ~/.zfunc/_sluice")]
pub struct Args {
    /// The shell.
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<(), CliError> {
    // Into memory first: the generator panics when a pipe is closed.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "sluice", &mut script);
    print(script)
}
