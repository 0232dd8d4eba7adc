//! `amount_outlier`: an amount far above the account's usual ones of its kind.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::event::Status;
use crate::signals::facts::model_of;
use crate::signals::money::Money;
use crate::signals::signal::Evidence;

/// Games are left out: a jackpot is an outlier by its nature, and stakes go up and down with luck.
pub(super) const RULE: Rule = Rule {
    name: "amount_outlier",
    weight: 0.5,
    parameters: &[parameter("sigmas", 3.0), parameter("amounts_min", 5.0)],
    on: On::Flows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [sigmas, least] = case.parameters();
    let event = case.event;
    let flow = event.kind.is_inflow() || event.kind.is_outflow();
    let counted = flow && event.status == Status::Done && !event.bonus;
    let amount = event.amount.filter(|_| counted).map(Money::as_f64)?;
    let z = case.account.amounts[model_of(event.kind)].z(amount, least as u16)?;
    (z > sigmas).then(|| Hit::new(Evidence::new().with("z", z).with("amount", amount)))
}
