//! `new_payee_large`: a large amount to somebody who was never paid before.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::facts::model_of;
use crate::signals::signal::{Evidence, Who};

/// 1.64 standard deviations: the 95th percentile of the account's own amounts.
pub(super) const RULE: Rule = Rule {
    name: "new_payee_large",
    weight: 0.7,
    parameters: &[parameter("sigmas", 1.64), parameter("amounts_min", 5.0)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [sigmas, least] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    let usual = case.account.amounts[model_of(case.event.kind)].at(sigmas, least as u16)?;
    (flow.new_payee && flow.amount > usual)
        .then(|| Hit::new(Evidence::new().with("amount", flow.amount).with("usual", usual).about(Who::Payee)))
}
