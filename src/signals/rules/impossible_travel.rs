//! `impossible_travel`: a login too far from another one to have travelled there.
//!
//! Against every place of the last day and not only the last one; both error radii are taken off the distance. What is
//! left are carriers and VPNs: a known device, a known network or a known place of the account hold it back.

use super::{Case, Hit, Needs, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Faster than an airliner over a distance where that is no rounding error.
pub(super) const RULE: Rule = Rule {
    name: "impossible_travel",
    severity: Severity::High,
    weight: 3.0,
    needs: Needs::Point,
    parameters: &[parameter("speed_kmh", 900.0), parameter("distance_km", 500.0), parameter("known_place_km", 50.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [speed_kmh, distance_km, known_place_km] = case.parameters();
    let facts = &case.facts.login;
    let good = case.event.kind == Kind::Login && case.event.success && case.facts.learnt;
    let held = case.event.trusted || case.event.travelling || case.event.anonymiser && !facts.new_device;
    let journey = facts.journey.filter(|j| j.speed_kmh > speed_kmh && j.distance_km >= distance_km)?;
    let known = facts.nearest_km.is_some_and(|km| km <= known_place_km);
    let strange = facts.new_asn && facts.new_device && !known;
    (good && !held && strange).then(|| {
        let evidence = Evidence::new().with("speed_kmh", journey.speed_kmh).with("distance_km", journey.distance_km);
        Hit::new(evidence.with("hours", journey.hours).about(Who::Device).about(Who::Address))
    })
}
