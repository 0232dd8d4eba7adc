//! `new_country`: a country that the account was not in for half a year (the time that states are kept).

use super::{Case, Hit, Needs, Rule, WEAK};
use crate::signals::event::Kind;
use crate::signals::signal::Evidence;

/// Held back while the account is learnt, and by itineraries.
pub(super) const RULE: Rule = Rule { name: "new_country", weight: 1.5, needs: Needs::Country, check, ..WEAK };

fn check(case: &Case<'_>) -> Option<Hit> {
    let held = case.event.trusted || case.event.travelling || !case.facts.learnt;
    let good = case.event.kind == Kind::Login && case.event.success && !held;
    (good && case.facts.login.new_country).then(|| {
        let evidence = Evidence::new().with("known_places", case.account.lists().places.as_slice().len() as f64);
        Hit::new(evidence.with_some("nearest_km", case.facts.login.nearest_km))
    })
}
