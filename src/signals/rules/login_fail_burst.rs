//! `login_fail_burst`: several failures, then success: a guessed password, unless the holder mistyped it.

use super::{Case, Hit, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Held back for known devices: holders mistype on their own.
pub(super) const RULE: Rule = Rule {
    name: "login_fail_burst",
    severity: Severity::Medium,
    weight: 2.0,
    parameters: &[parameter("failures_above", 3.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [above] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success && !case.event.trusted;
    let facts = &case.facts.login;
    let burst = f64::from(facts.failures) > above && facts.new_device;
    (good && burst).then(|| {
        let evidence = Evidence::new().with("failures", f64::from(facts.failures));
        let hit = Hit::new(evidence.with("failures_here", f64::from(facts.failures_here)).about(Who::Device));
        // From a network that is new as well, nobody mistyped.
        if facts.new_asn && case.facts.acquainted { hit.severity(Severity::High) } else { hit }
    })
}
