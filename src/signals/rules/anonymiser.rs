//! `anonymiser`: a login from a network on the operator's list of hosting, VPN and Tor networks.

use super::{Case, Hit, Needs, Rule, WEAK};
use crate::signals::event::Kind;
use crate::signals::signal::Evidence;

/// Held back for accounts that come from that network as a habit.
pub(super) const RULE: Rule = Rule { name: "anonymiser", weight: 1.0, needs: Needs::AnonymiserList, check, ..WEAK };

fn check(case: &Case<'_>) -> Option<Hit> {
    let good = case.event.kind == Kind::Login && case.event.success && case.event.anonymiser && !case.event.trusted;
    (good && case.facts.login.new_asn)
        .then(|| Hit::new(Evidence::new().with("asn", f64::from(case.event.place.asn)).with("new", 1.0)))
}
