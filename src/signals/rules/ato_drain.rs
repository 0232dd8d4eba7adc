//! `ato_drain`: a strange login, and then the balance leaves.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::account::login;
use crate::signals::signal::{Evidence, Severity, Who};

/// A conjunction: a login that is new in more than one way, and an outflow that is large for the balance.
pub(super) const RULE: Rule = Rule {
    name: "ato_drain",
    severity: Severity::Critical,
    weight: 3.0,
    parameters: &[parameter("ratio_min", 0.5), parameter("piece_min", 0.2)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min, piece_min] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    let has = |flag: u16| flow.login & flag != 0;
    // A known device on a strange network is a traveller or a VPN.
    let elsewhere = login::NEW_ASN | login::NEW_COUNTRY | login::TRAVEL | login::FAIL_BURST;
    let strange = has(login::NEW_DEVICE) && has(elsewhere);
    let ratio = flow.ratio.max(flow.ratio_1h).max(flow.ratio_1d);
    let fresh_payee = flow.new_payee || flow.payee_days == 0;
    // Who empties an account that is hardly known must take nearly all to stand out; of an account with a history of
    // payees a part is enough that goes to one who was never paid.
    let least = match (has(login::LEARNT), flow.others >= 3.0 && flow.payee_since_days >= 5) {
        (true, true) => piece_min,
        (true, false) => ratio_min,
        (false, _) => 1.5 * ratio_min,
    };
    let known = has(login::LEARNT) || case.facts.acquainted && case.facts.age_days >= 5.0 && has(login::NEW_ASN);
    (known && strange && fresh_payee && ratio >= least).then(|| {
        let evidence = Evidence::new().with("ratio", ratio).with("amount", flow.amount);
        let login = evidence.with_some("minutes_since_login", flow.login_minutes);
        Hit::new(login.with("chunks", f64::from(flow.chunks)).about(Who::Payee))
    })
}
