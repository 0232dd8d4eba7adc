//! `drain`: one outflow takes nearly all of the balance, and is large for the account. Alone it is what honest people do
//! with their winnings.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::facts::model_of;
use crate::signals::signal::{Evidence, Who};

/// 1.28 standard deviations: the 90th percentile of the account's own amounts.
pub(super) const RULE: Rule = Rule {
    name: "drain",
    weight: 0.7,
    parameters: &[parameter("ratio_min", 0.9), parameter("sigmas", 1.28), parameter("habit_max", 0.5)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min, sigmas, habit_max] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    let usual = case.account.amounts[model_of(case.event.kind)].at(sigmas, 5).unwrap_or(0.0);
    let drained = flow.ratio >= ratio_min && flow.amount >= usual && flow.cash_out_habit <= habit_max;
    drained.then(|| {
        let evidence = Evidence::new().with("ratio", flow.ratio).with("amount", flow.amount);
        Hit::new(evidence.with("cash_out_habit", flow.cash_out_habit).about(Who::Payee))
    })
}
