//! `sluice explain`: which rule hit which span of a record, and why; or why a signal fired. Values are masked.

mod signals;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CliError;
use super::args::{KeyArgs, LineFormat};
use super::look::{Around, Beside, Found, Look, Origin, Seen};
use super::output::{Output, print};
use super::times::{OriginArgs, Times};
use crate::pipeline::{Part, Reason, Why};
use crate::source::lines::{Line, Lines};

/// Arguments of `sluice explain`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Values are masked: letters are `a` or `A`, digits are `9`, and of passwords and their like nothing shows. With --output json one object a line."
)]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE", default_value = "profile:gaming")]
    pub config: PathBuf,
    /// What the lines are.
    #[arg(long, value_enum, default_value_t = LineFormat::Json)]
    pub format: LineFormat,
    /// Explain signals in place of findings: all of them, or with `--signal=sg_…` one (its id is the same under the same
    /// state key). All lines must be of signal inputs, in their order.
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub signal: Option<String>,
    /// A Kafka key that every line has. Arguments stand in the shell's history: use a made-up one.
    #[arg(long, value_name = "TEXT")]
    pub key: Option<String>,
    /// A header that every line has, such as `x-tenant=shop`; may be given again. Likewise.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub headers: Vec<String>,
    /// Where the lines come from.
    #[command(flatten)]
    pub origin: OriginArgs,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// The records, one a line; none, or `-`: standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl Args {
    /// The headers of each line. No error repeats them.
    fn headers(&self) -> Result<Vec<(&str, &str)>, CliError> {
        let fault = || CliError::Usage("--header: write the name, `=` and the value: `x-tenant=shop`".to_owned());
        let parts = self.headers.iter().map(|text| text.split_once('=').filter(|(name, _)| !name.is_empty()));
        parts.map(|parts| parts.ok_or_else(fault)).collect()
    }
}

/// Headers as records have them.
fn raw_headers<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a [u8], Option<&'a [u8]>)> {
    headers.iter().map(|(name, value)| (name.as_bytes(), Some(value.as_bytes()))).collect()
}

/// Explains every line.
pub fn run(args: &Args) -> Result<(), CliError> {
    let mut look = Look::new(&args.config, &args.keys)?;
    let mut times = Times::trying(&args.origin, &look.loaded, &look.plan)?;
    if let Some(id) = &args.signal {
        return signals::explain(args, id, &mut look, &mut times);
    }
    let why = Why::new(&look.loaded, look.ring.clone()).map_err(|error| CliError::Config(error.to_string()))?;
    let mut explain = Explain { why, args, headers: args.headers()? };
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    for_each_line(path, look.loaded.settings.limits.record_bytes, |number, raw| {
        let time_ms = times.of(raw.unwrap_or_default())?;
        print(explain.line(&mut look, number, raw, time_ms)?)
    })
}

/// Calls `each` with the number and the bytes of every line of a file, or of standard input for `-`. A line over the
/// limit is `None`.
pub fn for_each_line(
    path: &Path,
    max_bytes: usize,
    mut each: impl FnMut(u64, Option<&[u8]>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::Failed(format!("{}: cannot read: {error}", path.display()));
    let input: Box<dyn BufRead> = match path.to_str() {
        Some("-") => Box::new(io::stdin().lock()),
        _ => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
    };
    let mut lines = Lines::new(input, max_bytes);
    let mut number = 0;
    while let Some(line) = lines.next_line().map_err(failed)? {
        number += 1;
        match line {
            Line::Whole(raw, _) => each(number, Some(raw))?,
            Line::TooLong => each(number, None)?,
        }
    }
    Ok(())
}

struct Explain<'a> {
    why: Why,
    args: &'a Args,
    headers: Vec<(&'a str, &'a str)>,
}

/// One line for programs.
#[derive(Serialize)]
struct Explained<'a> {
    line: u64,
    rejected: Option<&'a str>,
    /// It carries a listed pseudonym and goes nowhere.
    suppressed: bool,
    findings: Vec<ExplainedFinding<'a>>,
}

#[derive(Serialize)]
struct ExplainedFinding<'a> {
    path: &'a str,
    entity: &'a str,
    action: &'a str,
    /// The token would be one of a day that has no salt: a placeholder stands in its place.
    saltless: bool,
    basis: &'a str,
    /// Bytes of the line, of the key or of the header: first, and one past the last.
    start: u32,
    end: u32,
    masked: &'a str,
    rules: Vec<ExplainedRule>,
}

/// A rule that finds it, alone.
#[derive(Serialize)]
struct ExplainedRule {
    kind: &'static str,
    /// Where it stands: `sluice.yaml:12`, or the file of an entity.
    place: String,
    rule: String,
}

impl Explain<'_> {
    fn line(&mut self, look: &mut Look, number: u64, raw: Option<&[u8]>, time_ms: i64) -> Result<String, CliError> {
        let format = self.args.format.into();
        let headers = raw_headers(&self.headers);
        let origin = Origin { time_ms, topic: &self.args.origin.topic, headers: &headers };
        let mut seen = raw.map_or_else(Seen::too_large, |raw| look.at(format, raw, origin));
        let raw = raw.unwrap_or_default();
        let mut around = Around::default();
        if seen.output.is_ok() {
            match look.around(format, raw, self.args.key.as_deref(), origin) {
                Ok(beside) => around = beside,
                Err(reason) => seen.output = Err(reason),
            }
        }
        let rejected = seen.output.as_ref().err().map(|reason| reason.label());
        // What was found before the fault does not matter: nothing of the record goes on.
        let found: &[Found] = if rejected.is_some() { &[] } else { &seen.found };
        let found = found.iter().map(|found| (Part::Value(format), raw, found));
        let beside = around.found.iter().map(|(beside, found)| match *beside {
            Beside::Key => (Part::Key, self.args.key.as_deref().unwrap_or_default().as_bytes(), found),
            Beside::HeaderName(at) => (Part::HeaderName, self.headers[at].0.as_bytes(), found),
            Beside::Header(at) => (Part::Header(self.headers[at].0), self.headers[at].1.as_bytes(), found),
        });
        let why = &mut self.why;
        let findings = found.chain(beside).map(|(part, raw, found)| {
            let reasons = why.reasons(part, raw, &found.traced);
            ExplainedFinding {
                path: &found.path,
                entity: &found.entity,
                action: &found.action,
                saltless: seen.saltless && found.action == "token" && look.plan.is_daily(found.traced.entity),
                basis: found.basis,
                start: found.traced.span.start,
                end: found.traced.span.end,
                masked: &found.masked,
                rules: reasons.into_iter().map(|reason| rule(look.loaded.origin(), reason)).collect(),
            }
        });
        let suppressed = rejected.is_none() && seen.suppressed;
        let explained = Explained { line: number, rejected, suppressed, findings: findings.collect() };
        match self.args.output {
            Output::Text => Ok(text(&explained)),
            Output::Json => serde_json::to_string(&explained)
                .map(|line| line + "\n")
                .map_err(|error| CliError::Failed(error.to_string())),
        }
    }
}

fn rule(origin: &str, reason: Reason) -> ExplainedRule {
    let at = |file: &str, line: Option<u64>| line.map_or(file.to_owned(), |line| format!("{file}:{line}"));
    match reason {
        Reason::FieldRule { field, line, rule } => {
            ExplainedRule { kind: "field_rule", place: at(origin, line), rule: format!("{field} ({rule})") }
        }
        Reason::FieldName { file } => {
            ExplainedRule { kind: "field_name", place: file, rule: "one of the entity's `fields`".to_owned() }
        }
        Reason::Unlisted { line } => {
            let rule = "no rule of `fields` names it, and what none names is dropped".to_owned();
            ExplainedRule { kind: "default_deny", place: at(origin, line), rule }
        }
        Reason::Pattern(note) => {
            let mut parts = vec![note.finder];
            parts.extend(note.validator.map(|name| format!("validator {name}")));
            if !note.keywords.is_empty() {
                parts.push(format!("beside `{}`", note.keywords.join("`, `")));
            }
            ExplainedRule { kind: "pattern", place: at(&note.file, Some(note.line)), rule: parts.join(", ") }
        }
    }
}

fn text(explained: &Explained<'_>) -> String {
    let mut text = format!("line {}: ", explained.line);
    match explained.rejected {
        Some(reason) => return text + &format!("rejected, {reason}: nothing of it goes on\n"),
        None if explained.findings.is_empty() => return text + "nothing is found\n",
        None => text += &format!("{} found\n", explained.findings.len()),
    }
    if explained.suppressed {
        text += "  it carries a listed pseudonym: dropped\n";
    }
    for finding in &explained.findings {
        let ExplainedFinding { path, entity, action, saltless, basis, start, end, masked, rules } = finding;
        let action = if *saltless { "redact, for its day has no salt" } else { action };
        text += &format!("  {path} [{start}..{end}]  {masked}\n    {entity} -> {action}, by {basis}\n");
        if rules.is_empty() {
            text += "      no rule finds it alone: several do together\n";
        }
        for ExplainedRule { place, rule, .. } in rules {
            text += &format!("      {place}: {rule}\n");
        }
    }
    text
}
