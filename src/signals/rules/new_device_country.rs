//! `new_device_country`: device and country are both new.

use super::{Case, Hit, Needs, Rule, WEAK};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Held back while the account is learnt, by shared networks and itineraries.
pub(super) const RULE: Rule =
    Rule { name: "new_device_country", severity: Severity::Medium, weight: 1.5, needs: Needs::Country, check, ..WEAK };

fn check(case: &Case<'_>) -> Option<Hit> {
    let facts = &case.facts.login;
    let held = case.event.trusted || case.event.travelling || !case.facts.learnt;
    let good = case.event.kind == Kind::Login && case.event.success && !held;
    (good && facts.new_device && facts.new_country)
        .then(|| Hit::new(Evidence::new().with_some("nearest_km", facts.nearest_km).about(Who::Device)))
}
