//! `new_asn`: a network operator that the account never came from. Weak: people travel and change SIM cards.

use super::{Case, Hit, Needs, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::Evidence;

/// The ASN was never seen.
pub(super) const RULE: Rule = Rule {
    name: "new_asn",
    weight: 0.7,
    needs: Needs::Asn,
    parameters: &[parameter("logins_min", 5.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [logins_min] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success && !case.event.trusted;
    let enough = f64::from(case.account.logins) >= logins_min;
    (good && enough && case.facts.login.new_asn).then(|| {
        let known = case.account.lists().asns.as_slice().len() as f64;
        Hit::new(Evidence::new().with("asn", f64::from(case.event.place.asn)).with("known_asns", known))
    })
}
