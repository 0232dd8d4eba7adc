//! The tables of `docs/QUALITY.md`, written from scores.

use std::collections::BTreeMap;

use super::case::Case;
use super::engine::Seen;
use super::score::{Share, Spans, passes};

/// The scores of the own corpus as tables.
pub fn markdown(cases: &[Case], seen: &[Seen]) -> String {
    let spans = Spans::of(cases, seen);
    let mut out = String::from(
        "| kind | values | recall | full-span recall | leaked characters | found | precision |\n|---|---|---|---|---|---|---|\n",
    );
    for (name, label) in &spans.labels {
        out += &format!(
            "| {name} | {} | {} | {} | {} | {} | {} |\n",
            label.recall.of,
            share(label.recall),
            share(label.full),
            rate(label.leaked.rate(), label.leaked_interval()),
            label.precision.of,
            share(label.precision),
        );
    }
    out += "\n| events | number | came out as they must |\n|---|---|---|\n";
    for (name, score) in events(cases, seen) {
        out += &format!("| {name} | {} | {} |\n", score.of, share(score));
    }
    let others: Vec<String> = spans.unlabelled.iter().map(|(entity, n)| format!("{entity} {n}")).collect();
    if !others.is_empty() {
        out += &format!("\nFound, of entities that no label means: {}.\n", others.join(", "));
    }
    out
}

/// Events that came out as they must, by form or encoding and by language.
fn events(cases: &[Case], seen: &[Seen]) -> BTreeMap<String, Share> {
    let mut events: BTreeMap<String, Share> = BTreeMap::new();
    for (case, seen) in cases.iter().zip(seen) {
        let good = passes(case, seen);
        events.entry(case.category.clone()).or_default().add(good);
        if !case.keep {
            events.entry(format!("language {}", case.language)).or_default().add(good);
        }
    }
    events
}

fn share(share: Share) -> String {
    rate(share.rate(), share.interval())
}

fn rate(rate: Option<f64>, interval: Option<(f64, f64)>) -> String {
    match (rate, interval) {
        (Some(rate), Some((low, high))) => format!("{rate:.3} [{low:.3}, {high:.3}]"),
        _ => "–".to_owned(),
    }
}
