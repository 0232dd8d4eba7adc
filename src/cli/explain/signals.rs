//! Why a signal fired: its evidence beside the numbers that the rule asks for, the event as it was read, and what came
//! before it of the same account.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Args, for_each_line, raw_headers};
use crate::cli::look::{Look, Origin};
use crate::cli::output::{Output, print};
use crate::cli::times::Times;
use crate::cli::{CliError, note};
use crate::config::Format;
use crate::pipeline::{Mapped, Viewer};
use crate::signals::mapping::Unmapped;
use crate::signals::{Coordinates, Signal, rules, time};

/// Earlier events of the account that are shown.
const BEFORE_MAX: usize = 5;

/// Explains the signals that the lines give, or the one called `id`.
pub fn explain(args: &Args, id: &str, look: &mut Look, times: &mut Times) -> Result<(), CliError> {
    if !look.watch(&args.keys)? {
        let origin = look.loaded.origin();
        return Err(CliError::Config(format!(
            "{origin}: has no `signals`; `profile:gaming` shows how they are set up"
        )));
    }
    if Format::from(args.format) == Format::Text {
        return Err(CliError::Usage("lines of text give no signals; leave --format out".to_owned()));
    }
    let viewer = Viewer::new(look.signal_plan().expect("invariant: it is watched"));
    let (lines, headers) = (BTreeMap::new(), args.headers()?);
    let mut story = Story { args, headers, id, viewer, lines, unmapped: Vec::new(), stopped: 0, told: 0 };
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    for_each_line(path, look.loaded.settings.limits.record_bytes, |number, raw| {
        let Some(raw) = raw else { return Ok(()) };
        let time_ms = times.of(raw)?;
        story.line(look, number, raw, time_ms)
    })?;
    let rest = look.rest();
    story.tell(look, &rest)?;
    story.finish(look)
}

struct Story<'a> {
    args: &'a Args,
    headers: Vec<(&'a str, &'a str)>,
    id: &'a str,
    viewer: Viewer,
    /// What each account did, by line.
    lines: BTreeMap<String, Vec<(u64, Mapped)>>,
    /// Lines that told nothing: why, how many, and the first.
    unmapped: Vec<(Unmapped, u64, u64)>,
    /// Lines that go no further than to the quarantine, or nowhere.
    stopped: u64,
    told: u64,
}

/// A signal for programs.
#[derive(Serialize)]
struct Explained<'a> {
    line: u64,
    signal: Value,
    /// What the rule asks for, by name.
    parameters: BTreeMap<&'static str, f64>,
    /// The line of the config that changes the rule, if one does.
    changed_at: Option<String>,
    event: Option<Shown<'a>>,
    before: Vec<Shown<'a>>,
}

/// An event for programs.
#[derive(Serialize)]
struct Shown<'a> {
    line: u64,
    kind: &'static str,
    time: String,
    says: BTreeMap<&'static str, &'a str>,
}

impl<'a> Shown<'a> {
    fn new((line, mapped): &'a (u64, Mapped)) -> Shown<'a> {
        let says = mapped.says.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Shown { line: *line, kind: mapped.kind, time: time::format(mapped.time_ms), says }
    }
}

impl Story<'_> {
    fn line(&mut self, look: &mut Look, number: u64, raw: &[u8], time_ms: i64) -> Result<(), CliError> {
        let headers = raw_headers(&self.headers);
        let origin = Origin { time_ms, topic: &self.args.origin.topic, headers: &headers };
        let seen = look.at(Format::Json, raw, origin);
        if seen.output.is_err() || seen.suppressed {
            self.stopped += 1;
            return Ok(());
        }
        match look.mapped(&mut self.viewer, raw) {
            Ok(mapped) => self.lines.entry(mapped.account.clone()).or_default().push((number, mapped)),
            Err(reason) => match self.unmapped.iter_mut().find(|(known, ..)| *known == reason) {
                Some((_, n, _)) => *n += 1,
                None => self.unmapped.push((reason, 1, number)),
            },
        }
        let offset = i64::try_from(number).unwrap_or(i64::MAX);
        let at = Coordinates { topic: self.args.origin.topic.clone(), partition: 0, offset };
        let signals = look.judge(raw, time_ms, &at);
        self.tell(look, &signals)
    }

    fn tell(&mut self, look: &Look, signals: &[Signal]) -> Result<(), CliError> {
        for signal in signals.iter().filter(|signal| self.id.is_empty() || signal.id == self.id) {
            self.told += 1;
            let line = signal.at.offset.unsigned_abs();
            let mut json = String::new();
            signal.write_json(&mut json);
            let signal_json: Value =
                serde_json::from_str(&json).map_err(|error| CliError::Failed(error.to_string()))?;
            let lines = self.lines.get(&signal.account).map_or(&[][..], Vec::as_slice);
            let upto = lines.partition_point(|(number, _)| *number < line);
            let at = rules::find(signal.rule).expect("invariant: a signal is of a rule");
            let own = look.signal_plan().map(|plan| &plan.settings.rules[at]);
            let numbers = own.map(|own| own.parameters).unwrap_or_default();
            let changed = format!("signals.rules.{}", signal.rule);
            let is_changed = look.loaded.spec.signals.as_ref().is_some_and(|s| s.rules.contains_key(signal.rule));
            let changed_at = is_changed.then(|| look.loaded.line(&changed)).flatten();
            let explained = Explained {
                line,
                signal: signal_json,
                parameters: rules::ALL[at].parameters.iter().map(|p| p.name).zip(numbers).collect(),
                changed_at: changed_at.map(|line| format!("{}:{line}", look.loaded.origin())),
                event: lines.get(upto).filter(|(number, _)| *number == line).map(Shown::new),
                before: lines[upto.saturating_sub(BEFORE_MAX)..upto].iter().map(Shown::new).collect(),
            };
            print(match self.args.output {
                Output::Text => text(&explained, signal),
                Output::Json => {
                    serde_json::to_string(&explained).map_err(|error| CliError::Failed(error.to_string()))? + "\n"
                }
            })?;
        }
        Ok(())
    }

    fn finish(self, look: &Look) -> Result<(), CliError> {
        let lines = |n: u64| if n == 1 { "1 line".to_owned() } else { format!("{n} lines") };
        for (reason, n, first) in &self.unmapped {
            note(&format!("{} gave no event: {}; the first is line {first}", lines(*n), reason.label()));
        }
        if self.stopped > 0 {
            note(&format!("{} gave no event: rejected, or dropped for a listed pseudonym", lines(self.stopped)));
        }
        for (rule, lack) in look.signal_plan().into_iter().flat_map(|plan| plan.inactive_rules()) {
            note(&format!("{rule} is inactive, it needs {lack}"));
        }
        match (self.told, self.id) {
            (0, "") => print("no line gives a signal\n"),
            (0, id) => Err(CliError::Failed(format!(
                "no line gives the signal {id}; are these its lines, from the account's first on, under its state key?"
            ))),
            _ => Ok(()),
        }
    }
}

fn text(explained: &Explained<'_>, signal: &Signal) -> String {
    let Explained { line, parameters, changed_at, event, before, .. } = explained;
    let kind = if signal.notice { "notice" } else { "alert" };
    let mut text =
        format!("line {line}: {}, {} {kind}, score {:.3}\n", signal.rule, signal.severity.as_str(), signal.score);
    text += &format!("  {} of {} at {}\n", signal.id, signal.account, time::format(signal.time_ms));
    let numbers = signal.evidence.numbers().iter().map(|(name, number)| format!("{name} {}", rounded(*number)));
    let names = signal.pseudonyms.iter().map(|(name, pseudonym)| format!("{name} {pseudonym}"));
    text += &format!("  because: {}\n", numbers.chain(names).collect::<Vec<_>>().join(", "));
    if !parameters.is_empty() {
        let mut asked: Vec<String> = parameters.iter().map(|(name, n)| format!("{name} {}", rounded(*n))).collect();
        asked.sort();
        let place = changed_at.as_ref().map_or("by default".to_owned(), |place| format!("see {place}"));
        text += &format!("  the rule asks for: {} ({place})\n", asked.join(", "));
    }
    for (what, shown) in event.iter().map(|e| ("event", e)).chain(before.iter().rev().map(|e| ("before", e))) {
        let mut says: Vec<String> = shown.says.iter().map(|(name, value)| format!("{name} {value}")).collect();
        says.sort();
        let says = if says.is_empty() { String::new() } else { format!(": {}", says.join(", ")) };
        text += &format!("  {what}: line {}, {}, {}{says}\n", shown.line, shown.kind, shown.time);
    }
    text
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0 + 0.0
}
