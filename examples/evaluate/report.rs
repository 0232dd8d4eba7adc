//! Scores for people, as tables, and for programs, as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::needles::Needles;
use crate::quality::score::{Share, Spans};

/// The scores of labelled spans.
pub fn spans(spans: &Spans, as_json: bool) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    if as_json {
        let labels: serde_json::Map<String, Value> = spans
            .labels
            .iter()
            .map(|(name, label)| {
                let mut leaked = share_json(label.leaked);
                leaked["interval"] = json!(label.leaked_interval());
                let scores = json!({
                    "recall": share_json(label.recall), "full_span_recall": share_json(label.full),
                    "leaked_characters": leaked, "precision": share_json(label.precision),
                });
                (name.clone(), scores)
            })
            .collect();
        writeln!(out, "{:#}", json!({"labels": labels, "unlabelled": spans.unlabelled, "rejected": spans.rejected}))?;
        return Ok(out);
    }
    writeln!(
        out,
        "{:<18} {:>6}  {:<18} {:<18} {:<18} {:>6}  {:<18}",
        "label", "spans", "recall", "full-span recall", "leaked characters", "found", "precision"
    )?;
    for (name, label) in &spans.labels {
        writeln!(
            out,
            "{name:<18} {:>6}  {:<18} {:<18} {:<18} {:>6}  {:<18}",
            label.recall.of,
            share(label.recall),
            share(label.full),
            rate(label.leaked.rate(), label.leaked_interval()),
            label.precision.of,
            share(label.precision),
        )?;
    }
    let others: Vec<String> = spans.unlabelled.iter().map(|(entity, n)| format!("{entity} {n}")).collect();
    if !others.is_empty() {
        writeln!(out, "found, of entities that no label means: {}", others.join(", "))?;
    }
    writeln!(out, "rejected events: {}", spans.rejected)?;
    Ok(out)
}

/// The scores of cases with needles.
pub fn needles(needles: &Needles, as_json: bool) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    if as_json {
        let list = |shares: &std::collections::BTreeMap<String, Share>| -> serde_json::Map<String, Value> {
            shares.iter().map(|(name, &share)| (name.clone(), share_json(share))).collect()
        };
        let report = json!({
            "scrubbed": share_json(needles.scrubbed), "kept": share_json(needles.kept),
            "precision": share_json(needles.precision()), "leaked_characters": share_json(needles.leaked),
            "by_type": list(&needles.by_kind), "by_category": list(&needles.by_category),
            "rejected": needles.rejected,
        });
        writeln!(out, "{report:#}")?;
        return Ok(out);
    }
    writeln!(out, "{:<24} {:>6} {:>6}  share of cases that came out as they must", "category", "cases", "failed")?;
    for (name, &score) in &needles.by_category {
        writeln!(out, "{name:<24} {:>6} {:>6}  {}", score.of, score.of - score.hit, share(score))?;
    }
    writeln!(out, "\n{:<24} {:>6} {:>6}  recall", "type", "cases", "leaked")?;
    for (name, &score) in &needles.by_kind {
        writeln!(out, "{name:<24} {:>6} {:>6}  {}", score.of, score.of - score.hit, share(score))?;
    }
    let (scrubbed, kept) = (needles.scrubbed, needles.kept);
    writeln!(out)?;
    writeln!(out, "must scrub: {} leaked of {}; recall {}", scrubbed.of - scrubbed.hit, scrubbed.of, share(scrubbed))?;
    writeln!(out, "must keep:  {} damaged of {}; kept {}", kept.of - kept.hit, kept.of, share(kept))?;
    writeln!(out, "precision (scrubbed of scrubbed and damaged): {}", share(needles.precision()))?;
    writeln!(out, "leaked characters of needles: {}", share(needles.leaked))?;
    writeln!(out, "rejected: {}", needles.rejected)?;
    Ok(out)
}

fn share(share: Share) -> String {
    rate(share.rate(), share.interval())
}

fn rate(rate: Option<f64>, interval: Option<(f64, f64)>) -> String {
    match (rate, interval) {
        (Some(rate), Some((low, high))) => format!("{rate:.3} [{low:.3} {high:.3}]"),
        _ => "-".to_owned(),
    }
}

fn share_json(share: Share) -> Value {
    json!({"hit": share.hit, "of": share.of, "rate": share.rate(), "interval": share.interval()})
}
