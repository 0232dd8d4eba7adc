//! `sluice run`: the service.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;

use super::CliError;
use crate::config::{self, Listen, Secrets, Settings, client_name};
use crate::pipeline::service;
use crate::telemetry::logging;

/// Arguments of `sluice run`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Name of this process that outlives a restart, in place of `kafka.instance_id`.
    #[arg(long, value_name = "NAME", value_parser = client_name)]
    pub instance_id: Option<String>,
    /// Address of health and metrics, or `off`, in place of `admin.listen`.
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<Listen>,
    /// Number of workers, in place of `workers`.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub workers: Option<usize>,
}

impl Args {
    /// Puts the arguments in place of what the config says.
    pub fn apply(&self, settings: &mut Settings) {
        if let Some(instance_id) = &self.instance_id {
            settings.kafka.instance_id.clone_from(instance_id);
        }
        if let Some(Listen(address)) = self.admin {
            settings.admin = address;
        }
        settings.workers = self.workers.or(settings.workers);
    }
}

/// Runs the service until it is told to stop.
pub fn run(args: &Args) -> Result<(), CliError> {
    let mut loaded = config::load(&args.config, Secrets::Resolve)?;
    args.apply(&mut loaded.settings);
    let log = loaded.settings.log;
    logging::init(log.json, log.level).map_err(|e| CliError::Failed(e.to_string()))?;
    service::run(&loaded).map_err(|error| {
        if error.is_config() { CliError::Config(error.to_string()) } else { CliError::Failed(error.to_string()) }
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::{Secrets, from_str};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn arguments_go_before_the_config() {
        let yaml = "kafka: {instance_id: a}\nworkers: 2\n";
        let mut settings = from_str(yaml, "f", Secrets::Skip).expect("valid").settings;
        Line::parse_from(["run", "-c", "f"]).args.apply(&mut settings);
        assert_eq!((settings.kafka.instance_id.as_str(), settings.workers), ("a", Some(2)));
        assert!(settings.admin.is_some());
        let line = ["run", "-c", "f", "--instance-id", "b", "--workers", "3", "--admin", "off"];
        Line::parse_from(line).args.apply(&mut settings);
        assert_eq!((settings.kafka.instance_id.as_str(), settings.workers), ("b", Some(3)));
        assert_eq!(settings.admin, None);
    }

    #[test]
    fn arguments_that_make_no_sense_are_usage_errors() {
        for bad in [["--workers", "0"], ["--admin", "here"], ["--instance-id", "a b"]] {
            let error = Line::try_parse_from(["run", "-c", "f", bad[0], bad[1]]).err().expect("refused");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
