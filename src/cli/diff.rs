//! `sluice diff`: what a changed config scrubs and flags differently on a sample, in numbers and masked examples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CliError;
use super::args::{KeyArgs, LineFormat};
use super::explain::for_each_line;
use super::look::{Found, Look, Origin, Seen};
use super::output::{Output, print, print_json};
use super::times::{OriginArgs, Times};
use crate::config::{self, Format, Secrets};
use crate::pipeline::{HIDDEN, unsealed};
use crate::record::Reject;
use crate::signals::{Coordinates, Signal};

/// Examples of each difference.
const EXAMPLES_MAX: usize = 3;

/// Arguments of `sluice diff`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Both configs use the same key: tokens differ only where the configs differ. Values are masked."
)]
pub struct Args {
    /// The config as it is, then the config as it would be: files, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE", num_args = 1, action = clap::ArgAction::Append, required = true)]
    pub config: Vec<PathBuf>,
    /// What the lines are.
    #[arg(long, value_enum, default_value_t = LineFormat::Json)]
    pub format: LineFormat,
    /// Where the lines come from.
    #[command(flatten)]
    pub origin: OriginArgs,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// The records, one a line; `-`: standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What the two configs do differently.
#[derive(Default, Serialize)]
struct Differences {
    lines: u64,
    lines_that_differ: u64,
    /// By what is different.
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    path: String,
    /// What the old config does: entity and action, `passes`, or why the record goes nowhere.
    old: String,
    /// What the new config does.
    new: String,
    count: u64,
    /// Line and masked value.
    examples: Vec<(u64, String)>,
}

/// A kind of difference, and how often it was seen.
type Kinds = BTreeMap<(String, String, String), (u64, Vec<(u64, String)>)>;

/// Compares the two configs on every line.
pub fn run(args: &Args) -> Result<(), CliError> {
    let [old, new] = args.config.as_slice() else {
        return Err(CliError::Usage("give two configs: -c OLD -c NEW".to_owned()));
    };
    let mut sides = Sides::new(args, old, new)?;
    let mut result = Differences::default();
    for_each_line(&args.file, sides.max_bytes(), |number, raw| {
        result.lines += 1;
        let Some(raw) = raw else { return Ok(()) };
        result.lines_that_differ += u64::from(sides.line(number, raw)?);
        Ok(())
    })?;
    sides.rest();
    result.differences = (sides.kinds.into_iter())
        .map(|((path, old, new), (count, examples))| Difference { path, old, new, count, examples })
        .collect();
    result.differences.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.path.cmp(&b.path)));
    match args.output {
        Output::Text => print(text(&result)),
        Output::Json => print_json(&result),
    }
}

/// What came out, but for what is sealed: that is another text each time.
fn without_sealed(seen: &Seen) -> Result<Vec<u8>, &Reject> {
    seen.output.as_ref().map(|output| unsealed(output))
}

/// Both configs, each with the accounts that it remembers, and what they did differently so far.
struct Sides<'a> {
    old: Look,
    new: Look,
    times: (Times, Times),
    args: &'a Args,
    kinds: Kinds,
}

impl<'a> Sides<'a> {
    fn new(args: &'a Args, old: &Path, new: &Path) -> Result<Sides<'a>, CliError> {
        let mut old = Look::new(old, &args.keys)?;
        let mut new = old.beside(config::load(new, Secrets::Skip)?)?;
        old.watch(&args.keys)?;
        new.watch(&args.keys)?;
        let trying = |look: &Look| Times::trying(&args.origin, &look.loaded, &look.plan);
        let times = (trying(&old)?, trying(&new)?);
        Ok(Sides { old, new, times, args, kinds: Kinds::new() })
    }

    fn max_bytes(&self) -> usize {
        let of = |look: &Look| look.loaded.settings.limits.record_bytes;
        of(&self.old).max(of(&self.new))
    }

    /// Whether the line differs.
    fn line(&mut self, number: u64, raw: &[u8]) -> Result<bool, CliError> {
        let Args { format, origin, .. } = self.args;
        let format: Format = (*format).into();
        let time_ms = self.times.0.of(raw)?;
        self.times.1.of(raw)?;
        let origin = Origin { time_ms, topic: &origin.topic, headers: &[] };
        let (before, after) = (self.old.at(format, raw, origin), self.new.at(format, raw, origin));
        let kinds = &mut self.kinds;
        let mut differs =
            compare((&self.old, &before), (&self.new, &after), |kind, masked| tell(kinds, kind, number, masked));
        // Tenant, scope or limits: nothing that a finding shows, and yet another output. What is dropped has none.
        let dropped = before.suppressed && after.suppressed;
        if !differs && !dropped && without_sealed(&before) != without_sealed(&after) {
            let kind = ("(the record)".to_owned(), "the same findings".to_owned(), "other tokens".to_owned());
            tell(kinds, kind, number, String::new());
            differs = true;
        }
        if format == Format::Json {
            let at = Coordinates { topic: "sample".to_owned(), partition: 0, offset: number as i64 };
            let judge = |look: &mut Look, seen: &Seen| match seen.output.is_ok() && !seen.suppressed {
                true => look.judge(raw, time_ms, &at),
                false => Vec::new(),
            };
            let signals = (judge(&mut self.old, &before), judge(&mut self.new, &after));
            differs |= compare_signals(&signals.0, &signals.1, &mut self.kinds);
        }
        Ok(differs)
    }

    /// What is held back till nothing more comes.
    fn rest(&mut self) {
        let signals = (self.old.rest(), self.new.rest());
        compare_signals(&signals.0, &signals.1, &mut self.kinds);
    }
}

fn tell(kinds: &mut Kinds, kind: (String, String, String), line: u64, masked: String) {
    let (count, examples) = kinds.entry(kind).or_default();
    *count += 1;
    if examples.len() < EXAMPLES_MAX {
        examples.push((line, masked));
    }
}

/// Tells of each signal that only one of them gave, or that they gave with another severity. True: there is one.
fn compare_signals(old: &[Signal], new: &[Signal], kinds: &mut Kinds) -> bool {
    let same = |a: &Signal, b: &Signal| a.rule == b.rule && a.at.offset == b.at.offset;
    let word = |signal: Option<&Signal>| signal.map_or("no signal", |signal| signal.severity.as_str()).to_owned();
    let mut any = false;
    let mut differ = |old: Option<&Signal>, new: Option<&Signal>| {
        let Some(shown) = old.or(new) else { return };
        let kind = (format!("(signal {})", shown.rule), word(old), word(new));
        if kind.1 != kind.2 {
            tell(kinds, kind, shown.at.offset.unsigned_abs(), shown.account.clone());
            any = true;
        }
    };
    for before in old {
        differ(Some(before), new.iter().find(|after| same(before, after)));
    }
    for after in new.iter().filter(|after| !old.iter().any(|before| same(before, after))) {
        differ(None, Some(after));
    }
    any
}

/// Tells of each difference its kind (path, old, new) and a masked example. True: there is one.
fn compare(
    (old_look, old): (&Look, &Seen),
    (new_look, new): (&Look, &Seen),
    mut tell: impl FnMut((String, String, String), String),
) -> bool {
    let stopped = |seen: &Seen| match &seen.output {
        Err(reason) => Some(format!("rejected, {}", reason.label())),
        Ok(_) if seen.suppressed => Some("dropped for a listed pseudonym".to_owned()),
        Ok(_) => None,
    };
    let whole = (stopped(old), stopped(new));
    if whole.0.is_some() || whole.1.is_some() {
        let accepted = || "accepted".to_owned();
        let differs = whole.0 != whole.1;
        if differs {
            let (old, new) = (whole.0.unwrap_or_else(accepted), whole.1.unwrap_or_else(accepted));
            tell(("(the record)".to_owned(), old, new), String::new());
        }
        return differs;
    }
    let did = |(look, seen): (&Look, &Seen), found: Option<&Found>| {
        found.map_or("passes".to_owned(), |found| format!("{} -> {}", found.entity, look.done(seen, found)))
    };
    let overlap = |a: &Found, b: &Found| {
        let (a, b) = (a.traced.span, b.traced.span);
        a.start < b.end && b.start < a.end
    };
    let (mut any, sides) = (false, ((old_look, old), (new_look, new)));
    let mut differ = |old: Option<&Found>, new: Option<&Found>| {
        let Some(shown) = old.or(new) else { return };
        let mut kind = (shown.path.clone(), did(sides.0, old), did(sides.1, new));
        let same_place = old.zip(new).is_some_and(|(old, new)| old.traced.span == new.traced.span);
        if same_place && kind.1 == kind.2 {
            return;
        }
        if kind.1 == kind.2 {
            kind.2 += ", of another length";
        }
        // What may never pass for one of them is hidden for both.
        let hidden = new.filter(|found| found.masked == HIDDEN).unwrap_or(shown);
        tell(kind, hidden.masked.clone());
        any = true;
    };
    for before in &old.found {
        differ(Some(before), new.found.iter().find(|after| overlap(before, after)));
    }
    for after in new.found.iter().filter(|after| !old.found.iter().any(|before| overlap(before, after))) {
        differ(None, Some(after));
    }
    any
}

fn text(result: &Differences) -> String {
    let mut out = format!("{} of {} lines differ\n", result.lines_that_differ, result.lines);
    for Difference { path, old, new, count, examples } in &result.differences {
        out += &format!("{count:>8}  {path}: {old}  =>  {new}\n");
        for (line, masked) in examples.iter().filter(|(_, masked)| !masked.is_empty()) {
            out += &format!("          line {line}: {masked}\n");
        }
    }
    out
}
