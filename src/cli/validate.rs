//! `sluice validate`: checks a config the way `run` would before it starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::args::ring_at;
use super::output::{Output, print, print_json};
use super::{CliError, note};
use crate::config::{self, ConfigError, Delivery, Loaded, Problem, Secrets, Settings};
use crate::pipeline::{Plan, PlanError, SignalPlan, advice, service};
use crate::pseudonymize::{KeyRing, MIN_KEY_BYTES, SharedRing, StateKey};

/// Arguments of `sluice validate`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Also ask the brokers: whether they answer and let us in, and whether the topics fit. Creates nothing.
    #[arg(long)]
    pub live: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Checks the config, its patterns and its keys; all that is wrong is one error.
pub fn run(args: &Args) -> Result<(), CliError> {
    let checked = check(&args.config);
    if let Ok(Checked { loaded, plan, ring, .. }) = &checked {
        warn_of_compaction(&loaded.settings);
        warn_of_untried(loaded);
        service::key_warnings(loaded).iter().for_each(|text| note(text));
        let ids = ring.as_ref().map(|ring| ring.ids().map(|id| id.to_string()).collect::<Vec<_>>());
        ring.iter().flat_map(|ring| ring.warnings()).for_each(|text| note(&text));
        advice::warnings(loaded, plan, ids.as_deref()).iter().for_each(|text| note(text));
        if args.live {
            let warnings = service::check_live(loaded).map_err(|error| match error.is_config() {
                true => CliError::Config(error.to_string()),
                false => CliError::Failed(error.to_string()),
            })?;
            warnings.iter().for_each(|text| note(text));
        }
    }
    match (args.output, checked) {
        (Output::Text, Ok(checked)) => print(summary(&checked, args.live)),
        (Output::Text, Err(error)) => Err(error.into()),
        (Output::Json, Ok(Checked { loaded, .. })) => {
            print_json(&Report::new(true, loaded.check_service().err().as_ref()))
        }
        (Output::Json, Err(error)) => {
            print_json(&Report::new(false, Some(&error)))?;
            Err(CliError::ConfigReported)
        }
    }
}

/// Output topics that the config has created compacted, and keys that change every day, do not go together.
fn warn_of_compaction(settings: &Settings) {
    let policy = settings.output.create.as_ref().and_then(|create| create.config.get("cleanup.policy"));
    if settings.pseudonyms.salts.is_some() && policy.is_some_and(|policy| policy.contains("compact")) {
        note(
            "output.create.config.cleanup.policy: the outputs are compacted, and keys with daily tokens change every \
             day: nothing is ever compacted, and a tombstone reaches the living days only",
        );
    }
}

/// Patterns of one's own that no example shows to find anything.
fn warn_of_untried(loaded: &Loaded) {
    let Ok(catalog) = Plan::catalog(loaded) else { return };
    for (entity, file) in catalog.untried() {
        note(&format!("{file}: `{entity}` has patterns and no `examples`: add a text in which they must find it"));
    }
}

/// A config that is valid, with what was made of it.
struct Checked {
    loaded: Loaded,
    plan: Plan,
    ring: Option<Arc<KeyRing>>,
    signals: Option<SignalPlan>,
}

fn check(path: &Path) -> Result<Checked, ConfigError> {
    let loaded = config::load(path, Secrets::Resolve)?;
    let mut errors = Vec::new();
    let ring = loaded.settings.keys.as_ref().map(ring_at).transpose();
    // Whoever has keys to mend is told of the rest, too: it does not need them.
    let ring = ring.unwrap_or_else(|error| {
        errors.push(loaded.error(vec![Problem::new("keys", error.to_string())]));
        None
    });
    let ring = ring.map(|ring| Arc::new(SharedRing::fixed(ring)));
    errors.extend(service::check_files(&loaded, ring.as_ref()).err());
    match (rules(&loaded), signals(&loaded)) {
        (Ok(plan), Ok(signals)) if errors.is_empty() => {
            Ok(Checked { plan, ring: ring.map(|ring| ring.current()), signals, loaded })
        }
        (plan, signals) => {
            errors.extend(plan.err().into_iter().chain(signals.err()));
            Err(ConfigError::joined(errors).expect("one of them is there, or it would be checked"))
        }
    }
}

/// The rules of a config, which are the same under every key.
fn rules(loaded: &Loaded) -> Result<Plan, ConfigError> {
    let any = KeyRing::from_seed("k1", &"00".repeat(MIN_KEY_BYTES));
    let any = any.map_err(|error| loaded.error(vec![Problem::new("keys", error.to_string())]))?;
    Plan::compile(loaded, Arc::new(SharedRing::fixed(any))).map_err(|error| match error {
        PlanError::Config(error) => error,
        error => loaded.error(vec![Problem::new("patterns", error.to_string())]),
    })
}

/// The signals of a config, with its state key or, where it names none, any.
fn signals(loaded: &Loaded) -> Result<Option<SignalPlan>, ConfigError> {
    let path = loaded.spec.signals.as_ref().and_then(|signals| signals.state_key.as_deref());
    let key = match path {
        Some(path) => StateKey::from_file(path),
        None => Ok(StateKey::new(&[0; MIN_KEY_BYTES])),
    };
    let key = key.map_err(|error| loaded.error(vec![Problem::new("signals.state_key", error.to_string())]))?;
    SignalPlan::compile(loaded, Arc::new(key))
}

/// What the config does, in a few lines.
fn summary(checked: &Checked, live: bool) -> String {
    let Checked { loaded, ring, signals, .. } = checked;
    let settings = &loaded.settings;
    let mut text = format!("{}: ok\n", loaded.origin());
    for input in &settings.inputs {
        let (output, quarantine) = (settings.output.topic_for(&input.name), settings.quarantine.topic_for(&input.name));
        text += &format!("  {} -> {output}, rejected to {quarantine}\n", input.name);
    }
    text += match settings.delivery {
        Delivery::ExactlyOnce => "  delivery: exactly once\n",
        Delivery::AtLeastOnce => "  delivery: at least once\n",
    };
    if let Some(ring) = ring {
        let ids: Vec<String> = ring.ids().map(|id| id.to_string()).collect();
        let active = ring.active_at(Timestamp::now().as_millisecond()).map(|key| ring.keys()[key].id().to_string());
        let active = active.unwrap_or_else(|| "none: records of this time would be quarantined".to_owned());
        text += &format!("  keys: {}; active now: {active}\n", ids.join(", "));
    }
    if let Some(signals) = signals {
        text +=
            &format!("  signals: {} shapes of events\n", loaded.spec.signals.iter().flat_map(|s| &s.events).count());
        for (rule, lack) in signals.inactive_rules() {
            text += &format!("  signals: {rule} is inactive, it needs {lack}\n");
        }
    }
    if live {
        text += "  live: the brokers answer, and the topics fit\n";
    }
    if let Err(missing) = loaded.check_service() {
        text += "not enough for `sluice run`:\n";
        for line in missing.to_string().lines() {
            text += &format!("  {line}\n");
        }
    }
    text
}

/// The result for programs.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether the config is valid.
    valid: bool,
    /// Whether `run` could start with it; it may be valid and lack brokers, topics or keys.
    runnable: bool,
    problems: Vec<ReportedProblem<'a>>,
}

#[derive(Serialize)]
struct ReportedProblem<'a> {
    line: Option<u64>,
    column: Option<u64>,
    field: &'a str,
    message: &'a str,
}

impl<'a> Report<'a> {
    fn new(valid: bool, error: Option<&'a ConfigError>) -> Report<'a> {
        let problems = error.into_iter().flat_map(ConfigError::problems).map(|(position, problem)| ReportedProblem {
            line: position.map(|at| at.line),
            column: position.map(|at| at.column),
            field: &problem.path,
            message: &problem.message,
        });
        Report { valid, runnable: valid && error.is_none(), problems: problems.collect() }
    }
}
