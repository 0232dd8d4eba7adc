//! `sluice quarantine list|open`: what was rejected, and, with an identity, what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::output::print;
use super::{CliError, note};
use crate::config::{self, Loaded, Secrets};
use crate::kafka::topic;
use crate::pipeline::audit::{Audit, What};
use crate::pipeline::payload::Payload;
use crate::pseudonymize::age::{Identity, OpenError};
use crate::record::{Record, Reject};

/// Arguments of `sluice quarantine`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done with quarantined records.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// List them: where they stand, why, and whether their payload is sealed; one JSON object a line.
    List(From),
    /// Open sealed payloads with an identity file; one JSON object a line. Each is recorded for the audit.
    Open(OpenArgs),
}

/// Which records.
#[derive(clap::Args, Debug)]
pub struct From {
    /// The config: a file, or `profile:<name>`. Names brokers, topics and the audit's target.
    #[arg(short, long, value_name = "FILE", required_unless_present = "file")]
    pub config: Option<PathBuf>,
    /// Read a file that `sluice scrub --quarantine` has written, in place of the topics.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only those of this input topic.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only those of this partition of the input.
    #[arg(long, value_name = "N")]
    pub partition: Option<i32>,
    /// Only the one at this offset of the input (of a file: this line).
    #[arg(long, value_name = "N")]
    pub offset: Option<i64>,
    /// Only those with this reason.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
}

/// Arguments of `sluice quarantine open`.
#[derive(clap::Args, Debug)]
pub struct OpenArgs {
    /// Which records.
    #[command(flatten)]
    pub from: From,
    /// File with the private key, `AGE-SECRET-KEY-1…`, as `age-keygen` writes it.
    #[arg(long, value_name = "FILE")]
    pub identity: PathBuf,
}

/// A quarantined record: its coordinates in the input.
#[derive(Serialize)]
struct Entry {
    topic: String,
    partition: i32,
    offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_ms: Option<i64>,
    reason: String,
    sealed: bool,
    #[serde(skip)]
    file: Option<Vec<u8>>,
}

impl Entry {
    /// Where it stands in the input, for people.
    fn place(&self) -> String {
        format!("{} {} {}", self.topic, self.partition, self.offset)
    }
}

/// A line of `scrub --quarantine`.
#[derive(Deserialize)]
struct Line {
    file: String,
    line: i64,
    reason: String,
    sealed: Option<String>,
}

/// What a payload holds: texts as they are, bytes that are none in base64.
#[derive(Serialize)]
struct Opened<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    key: Option<Bytes<'a>>,
    value: Option<Bytes<'a>>,
    headers: Vec<(Bytes<'a>, Option<Bytes<'a>>)>,
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => BTreeMap::from([("base64", STANDARD.encode(self.0))]).serialize(serializer),
        }
    }
}

/// Lists or opens.
pub fn run(args: &Args) -> Result<(), CliError> {
    match &args.command {
        Command::List(from) => from.entries(from.config()?.as_ref())?.iter().try_for_each(print_line),
        Command::Open(args) => open(args),
    }
}

fn open(args: &OpenArgs) -> Result<(), CliError> {
    let loaded = args.from.config()?;
    let audit = Audit::new(loaded.as_ref().map_or(config::Audit::Log, |loaded| loaded.settings.audit.clone()));
    let identities = identities(&args.identity).or_else(|error| refused(&audit, "no identity", error))?;
    let entries = args.from.entries(loaded.as_ref())?;
    let (mut left, mut closed) = (0, BTreeMap::new());
    for entry in &entries {
        let Some(file) = &entry.file else {
            left += 1;
            continue;
        };
        if let Err(why) = open_one(entry, file, &identities, &audit)? {
            closed.entry(why).or_insert((0, entry.place())).0 += 1;
        }
    }
    if left > 0 {
        note(&format!("{left} records have no sealed payload: look them up in the input topic, where they still are"));
    }
    if closed.is_empty() { Ok(()) } else { Err(CliError::Failed(told(&closed, entries.len()))) }
}

/// How many could not be opened, by the reason, each with the place of the first.
fn told(closed: &BTreeMap<String, (u64, String)>, all: usize) -> String {
    let each = closed.iter().map(|(why, (n, first))| match n {
        1 => format!("1 of {all} {why}: {first}"),
        _ => format!("{n} of {all} {}: the first is {first}", why.replacen("is ", "are ", 1)),
    });
    format!("quarantined records: {}", each.collect::<Vec<_>>().join("; "))
}

/// Opens a payload, and prints what it holds. The inner error: why it stays closed; the audit has it.
fn open_one(
    entry: &Entry,
    file: &[u8],
    identities: &[Identity],
    audit: &Audit,
) -> Result<Result<(), String>, CliError> {
    let failed = |what: String| CliError::Failed(format!("quarantined record {}: {what}", entry.place()));
    let (partition, offset) = (entry.partition.to_string(), entry.offset.to_string());
    let of = [("topic", entry.topic.as_str()), ("partition", &partition), ("offset", &offset)];
    let plain = open_with(identities, file).map_err(|error| error.to_string());
    let payload = plain.and_then(|plain| Payload::parse(&plain).ok_or_else(|| "is none of ours".to_owned()));
    // First the record of it, then the payload: what is seen was recorded.
    let why = payload.as_ref().err().map(|why| format!("the payload {why}"));
    let recorded = audit.write_tried(What::QuarantineOpen, &of, why.as_deref());
    recorded.map_err(|error| failed(format!("no audit record: {error}")))?;
    let payload = match payload {
        Ok(payload) => payload,
        Err(why) => return Ok(Err(why)),
    };
    let headers = payload.headers.iter().map(|(name, value)| (Bytes(name), value.as_deref().map(Bytes)));
    print_line(&Opened {
        entry,
        key: payload.key.as_deref().map(Bytes),
        value: payload.value.as_deref().map(Bytes),
        headers: headers.collect(),
    })
    .map(Ok)
}

/// Who comes without an identity is recorded as well: nothing (0) was opened, and why.
fn refused<T>(audit: &Audit, why: &str, error: CliError) -> Result<T, CliError> {
    match audit.write_tried(What::QuarantineOpen, &[], Some(why)) {
        Ok(()) => Err(error),
        Err(fault) => Err(CliError::Failed(format!("{error}\nno audit record of it: {fault}"))),
    }
}

fn open_with(identities: &[Identity], file: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let mut result = Err(OpenError::NotForUs);
    for identity in identities {
        result = identity.open(file);
        if result.as_ref().err() != Some(&OpenError::NotForUs) {
            break;
        }
    }
    result
}

fn print_line(line: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(line).map_err(|error| CliError::Failed(error.to_string()))?;
    print(text + "\n")
}

impl From {
    fn config(&self) -> Result<Option<Loaded>, CliError> {
        // Secrets are for Kafka; a file needs none.
        let secrets = if self.file.is_some() { Secrets::Skip } else { Secrets::Resolve };
        Ok(self.config.as_deref().map(|path| config::load(path, secrets)).transpose()?)
    }

    /// Why there is nothing to tell, when records of these topics are quarantined.
    fn nothing_of(&self, topics: &BTreeSet<String>) -> String {
        let known = topics.iter().map(|topic| format!("`{topic}`")).collect::<Vec<_>>().join(", ");
        match &self.topic {
            _ if topics.is_empty() => "nothing is quarantined".to_owned(),
            Some(topic) if !topics.contains(topic) => {
                format!("nothing is quarantined of topic `{topic}`; there are records of {known}")
            }
            _ => format!("no quarantined record is such a one; there are records of {known}"),
        }
    }

    fn entries(&self, loaded: Option<&Loaded>) -> Result<Vec<Entry>, CliError> {
        if let Some(reason) = self.reason.as_deref().filter(|reason| !Reject::LABELS.contains(reason)) {
            let known = Reject::LABELS.join(", ");
            return Err(CliError::Usage(format!("--reason: unknown reason `{reason}`; there are {known}")));
        }
        let mut entries = match (&self.file, loaded) {
            (Some(file), _) => of_file(file)?,
            (None, Some(loaded)) => of_topics(loaded)?,
            (None, None) => return Err(CliError::Usage("--config or --file is needed".to_owned())),
        };
        let topics: BTreeSet<String> = entries.iter().map(|entry| entry.topic.clone()).collect();
        entries.retain(|entry| {
            self.topic.as_ref().is_none_or(|topic| *topic == entry.topic)
                && self.partition.is_none_or(|partition| partition == entry.partition)
                && self.offset.is_none_or(|offset| offset == entry.offset)
                && self.reason.as_ref().is_none_or(|reason| *reason == entry.reason)
        });
        if entries.is_empty() {
            note(&self.nothing_of(&topics));
        }
        Ok(entries)
    }
}

fn of_topics(loaded: &Loaded) -> Result<Vec<Entry>, CliError> {
    let settings = &loaded.settings;
    let mut topics: Vec<String> = settings.inputs.iter().map(|i| settings.quarantine.topic_for(&i.name)).collect();
    topics.dedup();
    if settings.kafka.brokers.is_empty() || topics.is_empty() {
        return Err(CliError::Config(format!("{}: names no brokers or no input topics", loaded.origin())));
    }
    let mut entries = Vec::new();
    for name in topics {
        let mut each = |_, _, record: Record<'_>| entries.extend(of_record(&record));
        topic::read_all(settings, &name, &mut each).map_err(|error| CliError::Failed(error.to_string()))?;
    }
    Ok(entries)
}

/// A record of a quarantine topic; anything else that stands there is not ours.
fn of_record(record: &Record<'_>) -> Option<Entry> {
    let header = |name: &str| {
        let (_, value) = record.headers.iter().find(|(known, _)| *known == name.as_bytes())?;
        std::str::from_utf8((*value)?).ok()
    };
    Some(Entry {
        topic: header("sluice.topic")?.to_owned(),
        partition: header("sluice.partition")?.parse().ok()?,
        offset: header("sluice.offset")?.parse().ok()?,
        timestamp_ms: header("sluice.timestamp").and_then(|text| text.parse().ok()),
        reason: header("sluice.reason")?.to_owned(),
        sealed: record.value.is_some(),
        file: record.value.map(<[u8]>::to_vec),
    })
}

fn of_file(path: &Path) -> Result<Vec<Entry>, CliError> {
    let failed = |what: &dyn std::fmt::Display| CliError::Failed(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut entries = Vec::new();
    for (index, text) in BufReader::new(file).lines().enumerate() {
        let text = text.map_err(|error| failed(&error))?;
        let bad = || failed(&format!("line {}: is none that `sluice scrub --quarantine` writes", index + 1));
        let line: Line = serde_json::from_str(&text).map_err(|_| bad())?;
        let sealed = line.sealed.map(|sealed| STANDARD.decode(sealed)).transpose().map_err(|_| bad())?;
        let (topic, offset, reason) = (line.file, line.line, line.reason);
        let timestamp_ms = None;
        entries.push(Entry {
            topic,
            partition: 0,
            offset,
            timestamp_ms,
            reason,
            sealed: sealed.is_some(),
            file: sealed,
        });
    }
    Ok(entries)
}

/// The private keys of an identity file, one a line, between comments.
fn identities(path: &Path) -> Result<Vec<Identity>, CliError> {
    let failed = |what: &dyn std::fmt::Display| CliError::Failed(format!("{}: {what}", path.display()));
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| failed(&format!("cannot read: {error}")))?);
    let mut identities = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if !line.is_empty() && !line.starts_with('#') {
            let fault = || failed(&format!("line {}: is no identity such as `age-keygen` writes", index + 1));
            identities.push(Identity::parse(line).ok_or_else(fault)?);
        }
    }
    if identities.is_empty() { Err(failed(&"holds no identity")) } else { Ok(identities) }
}
