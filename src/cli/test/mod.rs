//! `sluice test`: cases in YAML against a config: event in, expected event, findings and signals.

mod bench;
mod case;
mod compare;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CliError;
use super::args::KeyArgs;
use super::look::{Around, Found, Seen};
use super::output::{Output, print, print_json};
use crate::signals::{Severity, Signal};
use crate::telemetry::logging::colours;
use bench::Bench;
use case::{Case, Event, Finding};
use compare::DiffLine;

/// The cases that the profiles ship with.
const SHIPPED: [(&str, &str); 3] = [
    ("analytics", include_str!("../../../patterns/cases/analytics.yaml")),
    ("support", include_str!("../../../patterns/cases/support.yaml")),
    ("gaming", include_str!("../../../patterns/cases/gaming.yaml")),
];

/// Arguments of `sluice test`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit code 1 when a case fails. In an expected event `${em}` stands for any token of type `em`, \
                        `${em:who}` for the same one each time, and another than under any other name."
)]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// Files of cases, or folders with them; none: those that a `profile:<name>` ships with.
    #[arg(value_name = "CASES")]
    pub cases: Vec<PathBuf>,
}

/// One case's result, for programs.
#[derive(Serialize)]
struct Outcome {
    file: String,
    name: String,
    passed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
}

/// What came out otherwise than expected: of both no more than the difference shows.
#[derive(Serialize)]
struct Difference {
    /// `event`, `key`, or `header x-real-ip`.
    of: String,
    expected: String,
    actual: String,
    #[serde(skip)]
    lines: Vec<DiffLine>,
}

impl Difference {
    fn new(of: &str, lines: Vec<DiffLine>) -> Difference {
        let side = |of: fn(&DiffLine) -> Option<&str>| lines.iter().filter_map(of).collect::<Vec<_>>().join("\n");
        Difference { of: of.to_owned(), expected: side(DiffLine::expected), actual: side(DiffLine::actual), lines }
    }
}

/// Runs every case.
pub fn run(args: &Args) -> Result<(), CliError> {
    let files = files(args)?;
    let mut bench = Bench::new(&args.config, &args.keys)?;
    for (file, case) in files.iter().flat_map(|(file, cases)| cases.iter().map(move |case| (file, case))) {
        let fault = |fault| CliError::Config(format!("{file}: case `{}`: {fault}", case.name));
        bench.knows(case).map_err(fault)?;
    }
    let mut outcomes = Vec::new();
    for (file, cases) in files {
        outcomes.extend(cases.iter().map(|case| outcome(&mut bench, &file, case)));
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    match args.output {
        Output::Text => print(text(&outcomes, colours(&io::stdout())))?,
        Output::Json => print_json(&outcomes)?,
    }
    match failed {
        0 => Ok(()),
        _ => Err(CliError::Failed(format!("{failed} of {} cases failed", outcomes.len()))),
    }
}

/// The files of cases: name and content.
fn files(args: &Args) -> Result<Vec<(String, Vec<Case>)>, CliError> {
    if args.cases.is_empty() {
        let profile = args.config.to_str().and_then(|config| config.strip_prefix("profile:"));
        let shipped = SHIPPED.into_iter().find(|&(name, _)| Some(name) == profile);
        let Some((name, yaml)) = shipped else {
            return Err(CliError::Usage("no cases are named; only a profile ships with its own".to_owned()));
        };
        let origin = format!("the cases of profile:{name}");
        return Ok(vec![(origin.clone(), case::read(yaml, &origin)?)]);
    }
    let mut paths = Vec::new();
    for path in &args.cases {
        match path.is_dir() {
            true => paths.extend(yaml_files(path)?),
            false => paths.push(path.clone()),
        }
    }
    paths.iter().map(|path| Ok((path.display().to_string(), case::read_file(path)?))).collect()
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |error: io::Error| CliError::Config(format!("{}: cannot read: {error}", folder.display()));
    let entries: io::Result<Vec<_>> = std::fs::read_dir(folder).map_err(failed)?.collect();
    let paths = entries.map_err(failed)?.into_iter().map(|entry| entry.path());
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let mut paths: Vec<PathBuf> = paths.filter(is_yaml).collect();
    paths.sort();
    if paths.is_empty() {
        let fix = "name a folder that does, or a file of cases";
        return Err(CliError::Config(format!("{}: holds no cases (*.yaml, *.yml); {fix}", folder.display())));
    }
    Ok(paths)
}

fn outcome(bench: &mut Bench, file: &str, case: &Case) -> Outcome {
    let mut outcome = Outcome {
        file: file.to_owned(),
        name: case.name.clone(),
        passed: false,
        problems: Vec::new(),
        differences: Vec::new(),
    };
    match bench.run(case) {
        Ok(became) => {
            check(case, &became.seen, &became.signals, &mut outcome);
            if let Some(around) = &became.around {
                check_around(case, around, &mut outcome);
            }
        }
        Err(problem) => outcome.problems.push(problem),
    }
    outcome.passed = outcome.problems.is_empty();
    outcome
}

fn check(case: &Case, seen: &Seen, signals: &[Signal], outcome: &mut Outcome) {
    if seen.suppressed != case.suppressed {
        let is = if seen.suppressed { "is" } else { "is not" };
        outcome.problems.push(format!("it {is} dropped for a listed pseudonym"));
    }
    match (&seen.output, &case.rejected) {
        (Ok(_), Some(reason)) => outcome.problems.push(format!("it must be rejected, {reason}, and is accepted")),
        (Err(is), Some(reason)) if is.label() != reason => {
            outcome.problems.push(format!("it must be rejected, {reason}, and is, but {}", is.label()));
        }
        (Err(_), Some(_)) => {}
        (Err(is), None) => outcome.problems.push(format!("it is rejected: {}", is.label())),
        (Ok(output), None) => {
            let output = String::from_utf8_lossy(output);
            if let Some(diff) = case.expect.as_ref().and_then(|expected| compare::event(expected, &output)) {
                outcome.problems.push("the scrubbed event is another".to_owned());
                outcome.differences.push(Difference::new("event", diff));
            }
        }
    }
    if let Some(expected) = &case.findings {
        outcome.problems.extend(compare_findings(expected, &seen.found));
    }
    if let Some(expected) = &case.signals {
        outcome.problems.extend(compare_signals(expected, signals));
    }
}

/// The key and the headers, as far as the case expects something of them.
fn check_around(case: &Case, around: &Around, outcome: &mut Outcome) {
    let mut compare = |what: String, expected: &str, is: Option<&str>| {
        let Some(is) = is else { return outcome.problems.push(format!("the scrubbed {what} is gone")) };
        if let Some(diff) = compare::event(&Event::Text(expected.to_owned()), is) {
            outcome.problems.push(format!("the scrubbed {what} is another"));
            outcome.differences.push(Difference::new(&what.replace('`', ""), diff));
        }
    };
    if let Some(expected) = &case.expect_key {
        compare("key".to_owned(), expected, around.key.as_deref());
    }
    let Some(expected) = &case.expect_headers else { return };
    for (name, value) in expected {
        compare(format!("header `{name}`"), value, around.headers.get(name).map(String::as_str));
    }
    let extra = around.headers.keys().filter(|name| !expected.contains_key(*name));
    outcome.problems.extend(extra.map(|name| format!("the header `{name}` is not expected")));
}

/// What is expected and not found, and what is found and not expected.
fn compare_findings(expected: &[Finding], found: &[Found]) -> Vec<String> {
    let fits = |expected: &Finding, found: &Found| {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        expected.entity == found.entity
            && same(&expected.path, &found.path)
            && same(&expected.action, &found.action)
            && same(&expected.basis, found.basis)
    };
    let mut left: Vec<&Found> = found.iter().collect();
    let mut problems = Vec::new();
    // The most exact first, or one that takes any path would take what another needs.
    let mut ordered: Vec<&Finding> = expected.iter().collect();
    ordered.sort_by_key(|f| [&f.path, &f.action, &f.basis].iter().filter(|part| part.is_none()).count());
    for expected in ordered {
        match left.iter().position(|found| fits(expected, found)) {
            Some(at) => drop(left.remove(at)),
            None => {
                let Finding { path, entity, action, basis } = expected;
                let part = |name: &str, value: &Option<String>| {
                    value.as_ref().map_or(String::new(), |value| format!(", {name} {value}"))
                };
                let (path, action, basis) = (part("path", path), part("action", action), part("basis", basis));
                problems.push(format!("findings: {entity}{path}{action}{basis} is not found"));
            }
        }
    }
    problems.extend(left.into_iter().map(|Found { path, entity, action, basis, masked, .. }| {
        format!("findings: not expected: {entity}, path {path}, action {action}, basis {basis}: {masked}")
    }));
    problems
}

/// What is expected and not told, and the alerts that are told and not expected. Weak signals may be left out.
fn compare_signals(expected: &[case::Signal], signals: &[Signal]) -> Vec<String> {
    let kind = |signal: &Signal| if signal.notice { "notice" } else { "alert" };
    let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    let mut left: Vec<&Signal> = signals.iter().collect();
    let mut problems = Vec::new();
    let mut ordered: Vec<&case::Signal> = expected.iter().collect();
    ordered.sort_by_key(|s| [&s.severity, &s.kind].iter().filter(|part| part.is_none()).count());
    for wanted in ordered {
        let fits = |s: &&Signal| {
            s.rule == wanted.rule && same(&wanted.severity, s.severity.as_str()) && same(&wanted.kind, kind(s))
        };
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => {
                let severity = wanted.severity.as_ref().map_or(String::new(), |severity| format!(", {severity}"));
                problems.push(format!("signals: {}{severity} is not told", wanted.rule));
            }
        }
    }
    let extra = |s: &Signal| format!("signals: not expected: {}, {}, {}", s.rule, s.severity.as_str(), kind(s));
    problems.extend(left.into_iter().filter(|s| s.severity >= Severity::High).map(extra));
    problems
}

fn text(outcomes: &[Outcome], coloured: bool) -> String {
    let paint = |code: &str, text: &str| match coloured {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    };
    let mut out = String::new();
    for Outcome { file, name, problems, differences, .. } in outcomes.iter().filter(|outcome| !outcome.passed) {
        out += &format!("{} {file}: {name}\n", paint("1;31", "FAILED"));
        for problem in problems {
            out += &format!("  {problem}\n");
        }
        if !differences.is_empty() {
            out += &format!("  {} {}\n", paint("31", "- expected"), paint("32", "+ came out"));
        }
        for line in differences.iter().flat_map(|difference| &difference.lines) {
            out += &match line {
                DiffLine::Same(line) => format!("    {line}\n"),
                DiffLine::Missing(line) => format!("{}\n", paint("31", &format!("  - {line}"))),
                DiffLine::Extra(line) => format!("{}\n", paint("32", &format!("  + {line}"))),
            };
        }
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed).count();
    out + &format!("{passed} of {} cases passed\n", outcomes.len())
}
