//! How well a config scrubs a file of labelled events: recall, full-span recall, leaked characters and precision, by
//! entity, with 95 % intervals.
//!
//! ```sh
//! cargo run --release --example evaluate -- [-c CONFIG] [--show] [--output json] [FILE]
//! ```
//!
//! FILE is NDJSON of cases with needles (`{"id":…,"cat":…,"expect":"scrub|keep","kind":"text|json","input":…,
//! "needles":[…],"type":…}`) or presidio-research's JSON (`[{"full_text":…,"spans":[…]}]`). Without a FILE it is the
//! project's own corpus, and what is printed are the tables of `docs/QUALITY.md`. `--show` prints the events that failed, before and after: only for made-up data.

mod needles;
#[path = "../../tests/quality/mod.rs"]
mod quality;
mod report;

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use needles::Needles;
use quality::case::{Case, Gold};
use quality::corpus;
use quality::engine::{Engine, Seen};
use quality::formats::{self, Labels};
use quality::score::{Spans, left_over, passes};
use quality::table;

/// Scores of a config on labelled events.
#[derive(Parser)]
struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE", default_value = "profile:gaming")]
    config: PathBuf,
    /// Print every event that failed, before and after. Its values are shown: made-up data only.
    #[arg(long)]
    show: bool,
    /// With `--show`: only failures of this label, type or category (a part of its name will do).
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// How the scores are printed.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Labelled events; none: the project's own corpus.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Seed of the project's own corpus.
    #[arg(long, default_value_t = corpus::SEED)]
    seed: u64,
    /// Events of the project's own corpus.
    #[arg(long, default_value_t = corpus::EVENTS)]
    events: usize,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn main() -> ExitCode {
    match evaluate(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate(args: &Args) -> Result<(), String> {
    let (labels, cases) = match &args.file {
        Some(file) => read(file).map(|(labels, cases)| (Some(labels), cases))?,
        None => (None, corpus::generate(args.seed, args.events)),
    };
    let mut engine = Engine::new(&args.config)?;
    let seen: Vec<Seen> = cases.iter().map(|case| engine.scrub(case)).collect();
    let as_json = args.output == Output::Json;
    let text = match labels {
        Some(Labels::Needles) => report::needles(&Needles::of(&cases, &seen), as_json),
        Some(Labels::Spans) => report::spans(&Spans::of(&cases, &seen), as_json),
        None => Ok(table::markdown(&cases, &seen)),
    };
    let failures = if args.show { show(&cases, &seen, args.only.as_deref().unwrap_or("")) } else { Ok(String::new()) };
    let text = failures.and_then(|failures| Ok(failures + &text?)).map_err(|error| error.to_string())?;
    match std::io::stdout().write_all(text.as_bytes()) {
        // `evaluate … | head` is no error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn read(file: &Path) -> Result<(Labels, Vec<Case>), String> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: cannot read: {error}"))?;
    formats::read(&text).map_err(|error| format!("{name}: {error}"))
}

/// The events that failed and are about `only`.
fn show(cases: &[Case], seen: &[Seen], only: &str) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let about = |name: &str| name.to_lowercase().contains(&only.to_lowercase());
    for (case, seen) in cases.iter().zip(seen) {
        let group = about(&case.category) || case.kind.as_deref().is_some_and(about);
        let left = case.gold.iter().filter(|gold| left_over(case, seen, gold).0 > 0);
        let left: Vec<String> = left
            .filter(|gold| group || about(&gold.label))
            .map(|gold| format!("{} {:?}", gold.label, &case.input[gold.span.clone()]))
            .collect();
        let extra = seen.found.iter().filter(|(span, entity)| {
            let labelled = |gold: &Gold| gold.span.start < span.end && span.start < gold.span.end;
            !case.gold.is_empty() && !case.gold.iter().any(labelled) && (group || about(entity))
        });
        let extra: Vec<String> =
            extra.map(|(span, entity)| format!("{entity} {:?}", &case.input[span.clone()])).collect();
        if left.is_empty() && extra.is_empty() && (!group || passes(case, seen)) {
            continue;
        }
        writeln!(out, "{} {} {}", case.id, case.category, if case.keep { "must stay as it is" } else { "" })?;
        writeln!(out, "   in  {:?}", case.input)?;
        writeln!(out, "   out {:?}", seen.output.as_deref().unwrap_or("(rejected)"))?;
        for (what, list) in [("left", left), ("not labelled", extra)] {
            if !list.is_empty() {
                writeln!(out, "   {what}: {}", list.join(", "))?;
            }
        }
    }
    Ok(out)
}
