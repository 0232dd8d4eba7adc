//! `sluice top`: watches a running instance through its admin port.
//!
//! It reads `/metrics` and `/readyz` and nothing else, so it sees what Prometheus sees: labels and numbers, no values.

mod reading;
mod view;

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::CliError;
use reading::Reading;

/// A look is given up after this long: an admin port answers within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Largest answer that is read, in bytes. Labels are bounded, so `/metrics` stays far below.
const ANSWER_MAX: u64 = 16 << 20;

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
    let target = Target::new(&args.address);
    let interval = Duration::from_secs(args.interval);
    let first = target.look()?;
    if args.once || !io::stdout().is_terminal() {
        std::thread::sleep(interval);
        let text = view::text(&first, &target.look()?, &args.address);
        return io::stdout().write_all(text.as_bytes()).map_err(|error| CliError::from_stdout(&error));
    }
    view::live(first, &args.address, interval, || target.look())
}

/// The admin port of one instance.
struct Target {
    agent: ureq::Agent,
    base: String,
    begun: Instant,
}

impl Target {
    fn new(address: &str) -> Target {
        let base = if address.contains("://") {
            address.trim_end_matches('/').to_owned()
        } else {
            format!("http://{address}")
        };
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
        Target { agent: config.into(), base, begun: Instant::now() }
    }

    fn look(&self) -> Result<Look, CliError> {
        let (status, metrics) = self.get("/metrics")?;
        if status != 200 {
            return Err(CliError::Failed(format!(
                "{}/metrics answers {status}: is it the admin port of Sluice?",
                self.base
            )));
        }
        let (_, ready) = self.get("/readyz")?;
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap_or_default();
        let missing = ready["missing"].as_array().into_iter().flatten().filter_map(|m| m.as_str().map(str::to_owned));
        Ok(Look { metrics: Reading::parse(&metrics, self.begun.elapsed()), missing: missing.collect() })
    }

    fn get(&self, path: &str) -> Result<(u16, String), CliError> {
        let failed = |error: ureq::Error| {
            CliError::Failed(format!(
                "{}{path} does not answer: {error}; name the admin port, `sluice top HOST:PORT`",
                self.base
            ))
        };
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().map_err(failed)?;
        let text = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string().map_err(failed)?;
        Ok((answer.status().as_u16(), text))
    }
}
