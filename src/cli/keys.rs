//! `sluice keys new|list|rotate`: key files. Prints ids and times, never key material.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::output::{Output, print, print_json};
use super::{CliError, note};
use crate::config;
use crate::pipeline::audit::{Audit, What};
use crate::pseudonymize::{KeyError, KeyId, KeyRing, RootKey, new_key_file};

/// Arguments of `sluice keys`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done with key files.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make the first key of a directory.
    New(NewArgs),
    /// Show ids and windows of the keys, and which one is active now.
    List(ListArgs),
    /// Make the next key, which becomes active later, when every pod has it.
    Rotate(RotateArgs),
}

/// Arguments of `sluice keys new`.
#[derive(clap::Args, Debug)]
pub struct NewArgs {
    /// Directory that gets the file `<id>.yaml`; made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Id of the key: `k` and 1 to 4 digits. It stands in every token.
    #[arg(long, value_name = "ID", default_value = "k1", value_parser = key_id)]
    pub id: KeyId,
    /// First Kafka timestamp that the key is active at, such as 2026-01-31T00:00:00Z. Default: any.
    #[arg(long, value_name = "TIME")]
    pub not_before: Option<Timestamp>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `sluice keys list`.
#[derive(clap::Args, Debug)]
pub struct ListArgs {
    /// Where the keys are.
    #[command(flatten)]
    pub place: Place,
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// A directory of key files, or one file.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Place {
    /// Directory of key files.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// File with all keys.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Arguments of `sluice keys rotate`.
#[derive(clap::Args, Debug)]
pub struct RotateArgs {
    /// Directory of key files.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// First Kafka timestamp that the new key is active at. Default: the next midnight in UTC that is at least an
    /// hour away.
    #[arg(long, value_name = "TIME")]
    pub not_before: Option<Timestamp>,
    /// Until this Kafka timestamp old and new token stand together, so that consumers can join on both. Default: the new
    /// token alone from the start.
    #[arg(long, value_name = "TIME")]
    pub dual_until: Option<Timestamp>,
    /// File that gets the audit record. Default: standard error.
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Makes or lists keys.
pub fn run(args: &Args) -> Result<(), CliError> {
    let now = Timestamp::now();
    match &args.command {
        Command::New(args) => new(args),
        Command::List(args) => list(args, now),
        Command::Rotate(args) => rotate(args, now),
    }
}

fn new(args: &NewArgs) -> Result<(), CliError> {
    let (dir, id) = (&args.dir, args.id);
    if let Some(ring) = ring_if_any(dir)? {
        if ring.ids().any(|other| other.number() == id.number()) {
            return Err(CliError::Usage(format!("{}: holds a key {id} already; give another --id", dir.display())));
        }
        if args.not_before.is_none() {
            let fix = "holds keys already, and one without --not-before would be active before every pod has it; \
                       use `sluice keys rotate`";
            return Err(CliError::Usage(format!("{}: {fix}", dir.display())));
        }
    }
    let made = make(dir, id.as_str(), args.not_before, None)?;
    match args.output {
        Output::Json => print_json(&made),
        Output::Text => print(format!(
            "made {} in {}\nnext: name the directory in the config (`keys: {{directory: {}}}`), and keep a copy of the \
             key where only its holders can read it: without it no token can be made again\n",
            made.id,
            made.file.display(),
            dir.display()
        )),
    }
}

fn rotate(args: &RotateArgs, now: Timestamp) -> Result<(), CliError> {
    let ring = KeyRing::from_dir(&args.dir)?;
    let not_before = args.not_before.unwrap_or_else(|| next_midnight(now));
    if not_before <= now {
        let fix = "--not-before must be in the future: every pod must have the key before it is active";
        return Err(CliError::Usage(fix.to_owned()));
    }
    let newest = ring.keys().iter().max_by_key(|key| key.not_before_ms());
    if let Some(waiting) = newest.filter(|key| key.not_before_ms() >= Some(not_before.as_millisecond())) {
        let from = time(waiting.not_before_ms()).unwrap_or_default();
        let fix = format!("{} becomes active at {from}; give a later --not-before", waiting.id());
        return Err(CliError::Usage(fix));
    }
    if args.dual_until.is_some_and(|end| end <= not_before) {
        return Err(CliError::Usage(format!("--dual-until must be later than the new key's start, {not_before}")));
    }
    let last = ring.ids().map(|id| id.number()).max().unwrap_or(0);
    let id = format!("k{}", last + 1);
    let target = args.audit.clone().map_or(config::Audit::Log, config::Audit::File);
    let of = [("key", id.as_str()), ("not_before", &not_before.to_string())];
    let written = Audit::new(target).write(What::Rotation, 1, &of);
    written.map_err(|error| CliError::Failed(format!("no audit record, so no key was made: {error}")))?;
    let made = make(&args.dir, &id, Some(not_before), args.dual_until)?;
    match args.output {
        Output::Json => print_json(&made),
        Output::Text => print(format!(
            "made {id} in {file}, active from {not_before}\n\
             next: bring the file to every pod before then (running processes read it by themselves); until then, and \
             for records from before, the old key makes the tokens\n\
             keep the old keys as long as their tokens must be recognised; then set `destroy_after` and remove them\n",
            id = made.id,
            file = made.file.display(),
        )),
    }
}

fn list(args: &ListArgs, now: Timestamp) -> Result<(), CliError> {
    let mut ring = match (&args.place.dir, &args.place.file) {
        (Some(dir), _) => KeyRing::from_dir(dir)?,
        (None, Some(file)) => KeyRing::from_file(file)?,
        (None, None) => return Err(CliError::Usage("--dir or --file is needed".to_owned())),
    };
    ring.destroy_due(now.as_millisecond());
    ring.warnings().iter().for_each(|text| note(text));
    let active = ring.active_at(now.as_millisecond());
    let rows: Vec<Listed> =
        ring.keys().iter().enumerate().map(|(i, key)| Listed::new(key, active == Some(i))).collect();
    if args.output == Output::Json {
        return print_json(&rows);
    }
    let mut text = format!("{:<6}{:<8}{:<26}{}\n", "ID", "ACTIVE", "FROM", "UNTIL");
    for row in &rows {
        let active = if row.active { "yes" } else { "no" };
        let from = row.not_before.as_deref().unwrap_or("ever");
        let until = row.destroy_after.as_deref().unwrap_or("ever");
        text += &format!("{:<6}{active:<8}{from:<26}{until}\n", row.id);
        if let Some(end) = &row.dual_until {
            text += &format!("      until {end} its tokens stand beside those of the key before\n");
        }
        if row.destroyed {
            text += &format!("      {} makes no token any more: delete its file, and every copy\n", row.id);
        }
    }
    if active.is_none() {
        text += "no key is active now: records of this time are quarantined\n";
    }
    print(text)
}

/// A key that was made.
#[derive(Serialize)]
struct Made {
    id: String,
    file: PathBuf,
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dual_until: Option<String>,
}

/// One line of the list.
#[derive(Serialize)]
struct Listed {
    id: String,
    /// Whether it makes the tokens of records of this moment.
    active: bool,
    not_before: Option<String>,
    /// Until then the token of the key before stands beside its own.
    dual_until: Option<String>,
    destroy_after: Option<String>,
    /// Whether `destroy_after` has passed: it makes no token any more, and its file must go.
    destroyed: bool,
}

impl Listed {
    fn new(key: &RootKey, active: bool) -> Listed {
        Listed {
            id: key.id().to_string(),
            active,
            not_before: time(key.not_before_ms()),
            dual_until: time(key.dual_until_ms()),
            destroy_after: time(key.destroy_after_ms()),
            destroyed: !key.is_readable(),
        }
    }
}

fn key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).ok_or("expected `k` and 1 to 4 digits, such as k1")
}

fn time(ms: Option<i64>) -> Option<String> {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|time| time.to_string())
}

/// The keys of `dir`; none when it does not exist or is empty.
fn ring_if_any(dir: &Path) -> Result<Option<KeyRing>, CliError> {
    match KeyRing::from_dir(dir) {
        Ok(ring) => Ok(Some(ring)),
        Err(KeyError::Empty { .. }) => Ok(None),
        Err(KeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes a new key file that only its owner can read. It appears whole or not at all, and replaces nothing.
fn make(dir: &Path, id: &str, not_before: Option<Timestamp>, dual_until: Option<Timestamp>) -> Result<Made, CliError> {
    let [not_before, dual_until] = [not_before, dual_until].map(|time| time.map(|time| time.to_string()));
    let text = new_key_file(id, not_before.as_deref(), dual_until.as_deref())?;
    let file = dir.join(format!("{id}.yaml"));
    // Running processes poll the directory, and skip names with a dot in front.
    let unfinished = dir.join(format!(".{id}.{}", std::process::id()));
    let failed = |error: io::Error| CliError::Failed(format!("{}: cannot be made: {error}", file.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let written = write_private(&unfinished, text.as_bytes()).and_then(|()| fs::hard_link(&unfinished, &file));
    let _ = fs::remove_file(&unfinished);
    written.map_err(failed)?;
    Ok(Made { id: id.to_owned(), file, not_before, dual_until })
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The next midnight in UTC that leaves an hour for bringing the key to every pod.
fn next_midnight(now: Timestamp) -> Timestamp {
    const HOUR_MS: i64 = 3_600_000;
    let day = (now.as_millisecond() + HOUR_MS).div_euclid(24 * HOUR_MS) + 1;
    Timestamp::from_millisecond(day * 24 * HOUR_MS).expect("the day after a valid time, far from the end of times")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_leaves_an_hour_before_midnight() {
        let midnight = |now: &str| next_midnight(now.parse().expect("a time")).to_string();
        assert_eq!(midnight("2026-01-30T00:00:00Z"), "2026-01-31T00:00:00Z");
        assert_eq!(midnight("2026-01-30T22:59:59Z"), "2026-01-31T00:00:00Z");
        assert_eq!(midnight("2026-01-30T23:00:00Z"), "2026-02-01T00:00:00Z");
    }
}
