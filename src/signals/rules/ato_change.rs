//! `ato_change`: a strange login changes what protects the account, and then money leaves.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::account::login;
use crate::signals::signal::{Evidence, Severity, Who};

/// A conjunction: strange login, change, and money to where it never went.
pub(super) const RULE: Rule = Rule {
    name: "ato_change",
    severity: Severity::Critical,
    weight: 3.0,
    parameters: &[parameter("ratio_min", 0.5)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    let strange = flow.login & login::LEARNT != 0
        && flow.login & (login::NEW_DEVICE | login::TRAVEL | login::NEW_COUNTRY | login::FAIL_BURST) != 0;
    let changed = flow.payout_change_minutes.or(flow.password_change_minutes);
    let fresh_payee = flow.new_payee || flow.payee_days == 0;
    // Who changes two of the three locks the holder out.
    let changes = [flow.payout_change_minutes, flow.password_change_minutes, flow.contact_change_minutes];
    let lock_out = changes.iter().flatten().count() >= 2;
    let large = flow.ratio.max(flow.ratio_1d) >= if lock_out { 0.5 * ratio_min } else { ratio_min };
    (strange && changed.is_some() && fresh_payee && large).then(|| {
        let evidence = Evidence::new().with_some("minutes_since_change", changed).with("ratio", flow.ratio);
        let minutes = evidence.with_some("minutes_since_login", flow.login_minutes).with("amount", flow.amount);
        Hit::new(minutes.about(Who::Payee))
    })
}
