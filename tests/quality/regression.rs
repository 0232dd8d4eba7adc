//! The scores of the project's own corpus never fall below those of `docs/QUALITY.md`.

use std::collections::BTreeMap;
use std::path::Path;

use super::corpus::{EVENTS, SEED, generate};
use super::engine::{Engine, Seen};
use super::table;

/// The config that the scores are of.
const CONFIG: &str = "profile:gaming";
/// Where the tables stand in the document.
const MARKS: (&str, &str) = ("<!-- scores -->\n", "<!-- end of scores -->");

fn tables() -> String {
    let cases = generate(SEED, EVENTS);
    let mut engine = Engine::new(Path::new(CONFIG)).unwrap();
    let seen: Vec<Seen> = cases.iter().map(|case| engine.scrub(case)).collect();
    table::markdown(&cases, &seen)
}

#[test]
fn no_score_of_the_own_corpus_falls() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/QUALITY.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(MARKS.0).unwrap();
    let (recorded, after) = rest.split_once(MARKS.1).unwrap();
    let now = tables();
    if std::env::var_os("SLUICE_UPDATE_QUALITY").is_some() {
        std::fs::write(&path, format!("{before}{}\n{now}\n{}{after}", MARKS.0, MARKS.1)).unwrap();
        return;
    }
    let (recorded, now) = (scores(recorded), scores(&now));
    assert!(recorded.len() > 100, "the tables cannot be read: {}", recorded.len());
    // What is printed has three decimals.
    let fell = |(name, &(was, more)): (&String, &(f64, bool))| match now.get(name) {
        Some(&(is, _)) if (more && is >= was) || (!more && is <= was) => None,
        Some((is, _)) => Some(format!("{name}: {was} in docs/QUALITY.md, now {is}")),
        None => Some(format!("{name}: {was} in docs/QUALITY.md, now nothing")),
    };
    let fell: Vec<String> = recorded.iter().filter_map(fell).collect();
    assert!(
        fell.is_empty(),
        "seed {SEED}, {EVENTS} events, {CONFIG}: scores fell; \
         `cargo run --release --example evaluate -- --show --only NAME` shows the events\n{}",
        fell.join("\n")
    );
}

/// Every score of the tables by `row: column`: a share as a number, and whether more is better.
fn scores(markdown: &str) -> BTreeMap<String, (f64, bool)> {
    let mut scores = BTreeMap::new();
    let mut columns: Vec<&str> = Vec::new();
    for line in markdown.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, row, cells @ .., _] = cells.as_slice() else {
            columns.clear();
            continue;
        };
        if columns.is_empty() {
            columns = cells.to_vec();
            continue;
        }
        for (column, cell) in columns.iter().zip(cells) {
            let number = cell.split(' ').next().and_then(|number| number.parse().ok());
            if let Some(number) = number.filter(|_| cell.contains('[')) {
                scores.insert(format!("{row}: {column}"), (number, !column.starts_with("leaked")));
            }
        }
    }
    scores
}

#[test]
fn scores_are_read_back_from_their_table() {
    let read = scores("| a | n | recall |\n|---|---|---|\n| email | 5 | 0.500 [0.2, 0.8] |\n\ntext\n");
    assert_eq!(read.into_iter().collect::<Vec<_>>(), [("email: recall".to_owned(), (0.5, true))]);
}

#[test]
fn what_is_scrubbed_is_not_scrubbed_again() {
    let mut engine = Engine::new(Path::new(CONFIG)).unwrap();
    for mut case in generate(SEED + 1, 1000) {
        if let Some(output) = engine.scrub(&case).output {
            case.input = output.clone();
            assert_eq!(engine.scrub(&case).output.as_deref(), Some(output.as_str()), "seed {}: {}", SEED + 1, case.id);
        }
    }
}
