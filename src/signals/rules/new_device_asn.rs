//! `new_device_asn`: device and network operator are both new.

use super::{Case, Hit, Needs, Rule, WEAK};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Held back while the account is learnt, and by shared networks.
pub(super) const RULE: Rule =
    Rule { name: "new_device_asn", severity: Severity::Medium, weight: 1.5, needs: Needs::Asn, check, ..WEAK };

fn check(case: &Case<'_>) -> Option<Hit> {
    let facts = &case.facts.login;
    let held = case.event.trusted || !case.facts.learnt;
    let good = case.event.kind == Kind::Login && case.event.success && !held;
    (good && facts.new_device && facts.new_asn).then(|| {
        let evidence = Evidence::new().with("asn", f64::from(case.event.place.asn));
        Hit::new(evidence.with_some("nearest_km", facts.nearest_km).about(Who::Device))
    })
}
