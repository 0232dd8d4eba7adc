//! How good the signals are: makes a seeded stream with labelled attacks, and scores signals against the truth of any
//! stream of that format.
//!
//! ```text
//! cargo run --release --example evaluate_signals -- make /tmp/s --seed 7 --accounts 4000 --days 28
//! sluice scrub -c profile:gaming --signals /tmp/s/signals.ndjson /tmp/s/events.ndjson > /dev/null
//! cargo run --release --example evaluate_signals -- score /tmp/s /tmp/s/signals.ndjson
//! ```

mod score;
mod stream;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use score::{Report, Severity};
use stream::Shape;

#[derive(Parser)]
#[command(about = "How good the signals are")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a stream with labelled attacks: events.ndjson, truth.ndjson, tags.tsv.
    Make {
        /// Where to.
        folder: PathBuf,
        /// Everything follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 4_000)]
        accounts: usize,
        #[arg(long, default_value_t = 28)]
        days: u32,
        /// Share of the accounts that are attacked.
        #[arg(long, default_value_t = 0.015)]
        attacked: f64,
        /// Only kinds of attacks that the rules were built for.
        #[arg(long)]
        known_only: bool,
    },
    /// Score signals: pairs of a folder (events.ndjson and truth.ndjson, perhaps gzipped) and its signals.
    Score {
        #[arg(required = true, num_args = 2.., value_names = ["FOLDER", "SIGNALS"])]
        pairs: Vec<PathBuf>,
        /// From which severity on a signal is an alert.
        #[arg(long, default_value = "high")]
        min: Severity,
        /// Draws of the bootstrap.
        #[arg(long, default_value_t = 1_000)]
        boot: usize,
        #[arg(long, default_value = "text")]
        output: Output,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn main() -> ExitCode {
    match work(Args::parse()) {
        Ok(text) => {
            // The one purpose of this program is to print it.
            #[allow(clippy::print_stdout)]
            {
                println!("{text}");
            }
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn work(args: Args) -> Result<String, String> {
    match args.command {
        Command::Make { folder, seed, accounts, days, attacked, known_only } => {
            if accounts < 20 || days == 0 || !(0.0..=0.5).contains(&attacked) {
                return Err("needs 20 accounts, a day, and at most half of the accounts attacked".to_owned());
            }
            let made = stream::make(&Shape { seed, accounts, days, attacked, unknown: !known_only });
            stream::write(&made, &folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            Ok(format!("{} events, {} incidents in {}", made.events.len(), made.truth.len(), folder.display()))
        }
        Command::Score { pairs, min, boot, output } => {
            if pairs.len() % 2 == 1 {
                return Err("give pairs: FOLDER SIGNALS [FOLDER SIGNALS …]".to_owned());
            }
            let mut report = Report::new(min);
            for pair in pairs.chunks(2) {
                report.add(&pair[0], &pair[1])?;
            }
            let summary = report.summary(boot);
            Ok(match output {
                Output::Text => summary.to_string(),
                Output::Json => summary.json(),
            })
        }
    }
}
