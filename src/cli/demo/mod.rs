//! `sluice demo`: everything in one process, on made-up events, to be looked at.
//!
//! ```text
//! Generator ─► feed ─► (in-process Kafka ─► pipeline) ─► DemoSnapshot ─► run_view
//! ```

mod feed;
mod generate;
mod people;
mod stage;
mod view;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::CliError;
use crate::config::Listen;
use crate::pipeline::service::stop_on_signal;
use crate::telemetry::logging;

pub use feed::feed;
pub use generate::{EVENT_BYTES, Event, Generator, POISON_SHARE, TOPICS, emit};
pub use view::{DemoSnapshot, Sample, is_live, run_view};

/// Options of `sluice demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// End after N seconds [default: when q or Ctrl-C is pressed]
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// Print N made-up events, one a line, and end: no Kafka, no scrubbing
    #[arg(long, value_name = "N", conflicts_with_all = ["seconds", "rate"])]
    pub emit: Option<u64>,
    /// Seed of the made-up events: one seed gives one stream
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Events a second; 0: as many as there is time for
    #[arg(long, value_name = "R", default_value_t = 5_000)]
    pub rate: u32,
    /// Serve the admin port, with its status page, at this address
    #[arg(long, value_name = "ADDR", default_value = "off")]
    pub admin: Listen,
}

impl Args {
    /// The rate as [`feed()`] takes it.
    pub fn events_per_second(&self) -> Option<u32> {
        (self.rate > 0).then_some(self.rate)
    }
}

/// Runs the demo, or prints events.
pub fn run(args: &Args) -> Result<(), CliError> {
    if let Some(count) = args.emit {
        let mut out = io::BufWriter::new(io::stdout().lock());
        return emit(count, args.seed, &mut out)
            .and_then(|()| out.flush())
            .map_err(|error| CliError::from_stdout(&error));
    }
    if !is_live() {
        // A second call in one process is no concern of the demo.
        let _ = logging::init(false, tracing::Level::WARN);
    }
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(&stop).map_err(|error| CliError::Failed(error.to_string()))?;
    let stage = stage::Stage::start(args, Arc::clone(&stop))?;
    let shown = run_view(|| stage.snapshot(), args.seconds.map(Duration::from_secs), &stop);
    stage.end()?;
    shown.map(drop).map_err(|error| CliError::from_stdout(&error))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        demo: Args,
    }

    #[test]
    fn emit_stands_alone_and_rate_zero_is_no_limit() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.demo);
        let args = parse("demo --seconds 5 --rate 0").unwrap();
        assert_eq!((args.seconds, args.events_per_second(), args.seed), (Some(5), None, 1));
        assert_eq!(parse("demo --emit 3 --seed 9").unwrap().emit, Some(3));
        assert!(parse("demo --emit 3 --seconds 5").is_err());
    }
}
