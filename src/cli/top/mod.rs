//! `sluice top`: watches a running instance through its admin port.
//!
//! It reads `/metrics` and `/readyz` and nothing else, so it sees what Prometheus sees: labels and numbers, no values.

mod reading;
mod view;

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::CliError;
use super::port::Port;
use reading::Reading;

/// Options of `sluice top`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Address of the admin port (`kubectl port-forward` brings one here).
    #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub address: String,
    /// Seconds between two looks.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub interval: u64,
    /// Print one picture as text, and end. The default when standard output is no terminal.
    #[arg(long)]
    pub once: bool,
}

/// The state of the instance at one look.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// What `/metrics` says.
    pub metrics: Reading,
    /// What `/readyz` misses; empty: it is ready.
    pub missing: Vec<String>,
}

/// Watches until `q` is pressed, or looks twice for a picture with rates.
pub fn run(args: &Args) -> Result<(), CliError> {
    let (port, begun) = (Port::new(&args.address, "top"), Instant::now());
    let interval = Duration::from_secs(args.interval);
    let look = || look(&port, begun);
    let first = look()?;
    if args.once || !io::stdout().is_terminal() {
        std::thread::sleep(interval);
        let text = view::text(&first, &look()?, &args.address);
        return io::stdout().write_all(text.as_bytes()).map_err(|error| CliError::from_stdout(&error));
    }
    view::live(first, &args.address, interval, look)
}

fn look(port: &Port, begun: Instant) -> Result<Look, CliError> {
    let metrics = port.get_ok("/metrics")?;
    let (_, ready) = port.get("/readyz")?;
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap_or_default();
    let missing = ready["missing"].as_array().into_iter().flatten().filter_map(|m| m.as_str().map(str::to_owned));
    Ok(Look { metrics: Reading::parse(&metrics, begun.elapsed()), missing: missing.collect() })
}
