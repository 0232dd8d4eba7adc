//! The scores of the built-in rules on a made-up stream do not fall. The stream is made apart from the rules; a tenth of
//! its incidents are of kinds that no rule was built for.

use super::score::{Report, Severity};
use super::stream::{Shape, make, write};
use crate::support::command::sluice;

#[test]
fn the_rules_of_the_gaming_profile_score_as_they_did() {
    let shape = Shape { seed: 33, accounts: 1_200, days: 28, attacked: 0.08, unknown: true };
    eprintln!("seed {}", shape.seed);
    let dir = tempfile::tempdir().unwrap();
    write(&make(&shape), dir.path()).unwrap();
    let (events, signals) = (dir.path().join("events.ndjson"), dir.path().join("signals.ndjson"));
    let [from, to] = [&events, &signals].map(|path| path.to_str().unwrap());
    sluice(&["scrub", "-c", "profile:gaming", "--signals", to, from]).ok();
    let mut report = Report::new(Severity::High);
    report.add(dir.path(), &signals).unwrap();
    let summary = report.summary(200);
    eprintln!("{summary}");
    assert_eq!((summary.unmapped, summary.broken), (0, 0), "signals by contract");
    assert!(summary.recall.value >= 0.80, "recall {}", summary.recall);
    assert!(summary.precision.value >= 0.75, "precision {}", summary.precision);
    assert!(summary.accounts_wrong.value <= 0.015, "accounts wrongly flagged {}", summary.accounts_wrong);
    assert!(summary.delay_minutes_p50.is_some_and(|minutes| minutes <= 60.0), "{:?}", summary.delay_minutes_p50);
}
