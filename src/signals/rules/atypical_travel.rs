//! `atypical_travel`: impossible travel to an ASN that is new to the account.

use super::{Case, Hit, Needs, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity};

/// Weaker than `impossible_travel` (a known device does not hold it back), so it only alerts together with money.
pub(super) const RULE: Rule = Rule {
    name: "atypical_travel",
    severity: Severity::Medium,
    weight: 1.0,
    needs: Needs::Point,
    parameters: &[parameter("speed_kmh", 900.0), parameter("distance_km", 500.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [speed_kmh, distance_km] = case.parameters();
    let facts = &case.facts.login;
    let good = case.event.kind == Kind::Login && case.event.success && case.facts.learnt;
    let held = case.event.trusted || case.event.travelling;
    let journey = facts.journey.filter(|j| j.speed_kmh > speed_kmh && j.distance_km >= distance_km)?;
    (good && !held && facts.new_asn).then(|| {
        let hit =
            Hit::new(Evidence::new().with("speed_kmh", journey.speed_kmh).with("distance_km", journey.distance_km));
        if facts.new_device { hit } else { hit.severity(Severity::Low) }
    })
}
