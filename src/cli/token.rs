//! `sluice token`: the tokens of values on standard input, under every readable key and living day.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::args::KeyArgs;
use super::output::{Output, print, print_json};
use super::{CliError, note};
use crate::config::{self, Binding, Loaded, SaltStore, Secrets};
use crate::pipeline::audit::{Audit, What};
use crate::pipeline::{Plan, advice, salts};
use crate::pseudonymize::{Pseudonymizer, SharedRing};
use crate::record::EntityId;
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
    /// Tenant of the values, where the config leaves it to the records.
    #[arg(long, value_name = "WORD")]
    pub tenant: Option<String>,
    /// Scope of the values, where the config leaves it to the records.
    #[arg(long, value_name = "WORD")]
    pub scope: Option<String>,
    /// File of daily salts, in place of the config's place.
    #[arg(long, value_name = "FILE")]
    pub salts: Option<PathBuf>,
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
    let mut loaded = config::load(&args.config, Secrets::Skip)?;
    if loaded.settings.pseudonyms.salts.is_some() && args.salts.is_none() {
        // The salts topic may need them.
        loaded = config::load(&args.config, Secrets::Resolve)?;
    }
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
    refuse_protected(&plan, entity)?;
    load_salts(args, &loaded, &plan, entity)?;
    let mut pseudonymizer = plan.pseudonymizer();
    bind(args, &loaded, &mut pseudonymizer)?;
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
        let (tokens, readable) = (pseudonymizer.tokens_of(entity, value), plan.is_readable(entity, value));
        let line = lines.number();
        if !readable {
            let name = plan.entity_names()[usize::from(entity.0)];
            note(&format!(
                "line {line} is no {name} that the program can read: its token is that of the text as it stands"
            ));
        }
        all.push(Tokens { line, tokens });
    }
    if !plan.is_daily(entity) && all.iter().any(|value| value.tokens.is_empty()) {
        note("no key is readable any more (`destroy_after`): of what it made tokens of nobody can make them again");
    }
    let (name, count) = (plan.entity_names()[usize::from(entity.0)], all.len() as u64);
    let recorded = Audit::new(loaded.settings.audit.clone()).write(What::Token, count, &[("entity", name)]);
    recorded.map_err(|error| CliError::Failed(format!("no audit record, so no tokens: {error}")))?;
    match args.output {
        Output::Text => print(all.iter().flat_map(|t| &t.tokens).map(|token| format!("{token}\n")).collect::<String>()),
        Output::Json => print_json(&all),
    }
}

/// What never has a token in the stream has none here: of a code nobody may ask, and beside a truncated card its token
/// would give the number.
fn refuse_protected(plan: &Plan, entity: EntityId) -> Result<(), CliError> {
    let name = plan.entity_names()[usize::from(entity.0)];
    let why = match () {
        () if plan.never_passes(entity) => "is always redacted and never has a token: nobody may link its values",
        () if plan.is_card(entity) => {
            "has no token under this config, which truncates card numbers: the two can be joined to the number"
        }
        () => return Ok(()),
    };
    Err(CliError::Usage(format!("--type: `{name}` {why}")))
}

/// Daily tokens need the salts of the days that live; nothing is minted for them.
fn load_salts(args: &Args, loaded: &Loaded, plan: &Plan, entity: EntityId) -> Result<(), CliError> {
    if !plan.is_daily(entity) {
        return Ok(());
    }
    let place = args.salts.clone().map(SaltStore::File).or_else(|| loaded.settings.pseudonyms.salts.clone());
    let Some(place) = place else { return Ok(()) };
    if let (None, Some(lack)) = (&args.salts, advice::salts_out_of_reach(loaded)) {
        return Err(CliError::Config(lack));
    }
    let loading = salts::load(&place, &Arc::new(loaded.settings.clone()), plan);
    loading.map_err(|error| CliError::Failed(format!("daily salts: {error}")))?;
    if plan.salts.current().is_empty() {
        note("there is no living salt: of earlier days nobody can make tokens any more");
    }
    Ok(())
}

/// Tenant and scope: the config's words, or those of the arguments where a record would say them.
fn bind(args: &Args, loaded: &Loaded, pseudonymizer: &mut Pseudonymizer) -> Result<(), CliError> {
    let Loaded { settings, .. } = loaded;
    let word = |binding: &Binding, given: &Option<String>, name: &str| match (binding, given) {
        (_, Some(word)) => Ok(word.clone()),
        (Binding::Word(word), None) => Ok(word.clone()),
        (Binding::From { .. }, None) => Err(CliError::Usage(format!(
            "--{name}: the config leaves it to the records, so name the one of the values"
        ))),
    };
    let tenant = word(&settings.pseudonyms.tenant, &args.tenant, "tenant")?;
    pseudonymizer.bind(&tenant, &word(&settings.pseudonyms.scope, &args.scope, "scope")?);
    Ok(())
}
