//! `dormant_return`: an account that nothing happened on for months, and then money leaves it.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::signal::{Evidence, Severity};

/// Held back for small amounts.
pub(super) const RULE: Rule = Rule {
    name: "dormant_return",
    severity: Severity::Medium,
    weight: 1.5,
    parameters: &[parameter("idle_days", 90.0), parameter("ratio_min", 0.5), parameter("return_hours", 24.0)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [idle_days, ratio_min, return_hours] = case.parameters();
    case.event.outflow()?;
    // The login that comes before the money ends the idle time: it is remembered for some hours.
    let slept = f64::from(case.account.slept_days);
    let back = f64::from(case.facts.now_s.saturating_sub(case.account.woke_s)) / 3600.0;
    let idle = (f64::from(case.facts.idle_s) / 86_400.0).max(if back <= return_hours { slept } else { 0.0 });
    (idle > idle_days && case.facts.flow.ratio >= ratio_min)
        .then(|| Hit::new(Evidence::new().with("idle_days", idle).with("ratio", case.facts.flow.ratio)))
}
