//! `new_place`: far from every place of the account's logins. Weak: databases move carriers' subscribers between cities.

use super::{Case, Hit, Needs, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::Evidence;

/// More than this far from every known place, and not by a mobile carrier.
pub(super) const RULE: Rule = Rule {
    name: "new_place",
    weight: 0.3,
    needs: Needs::Point,
    parameters: &[parameter("distance_km", 20.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [distance_km] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success && !case.event.trusted;
    let far = case.facts.login.nearest_km.filter(|km| *km > distance_km)?;
    let telling = good && case.facts.learnt && !case.facts.login.carrier;
    telling.then(|| Hit::new(Evidence::new().with("nearest_km", far)))
}
