//! `structuring`: several amounts just below the threshold of a review, within a day.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::account::movement;
use crate::signals::event::Status;
use crate::signals::money::Money;
use crate::signals::signal::{Evidence, Severity, Who};

/// `threshold` is the operator's own, in the currency of the accounts.
pub(super) const RULE: Rule = Rule {
    name: "structuring",
    severity: Severity::Medium,
    weight: 2.0,
    parameters: &[
        parameter("threshold", 10_000_000.0),
        parameter("share_min", 0.8),
        parameter("count_min", 3.0),
        parameter("outflows_min", 2.0),
        parameter("habit_max", 3.0),
    ],
    on: On::Flows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [threshold, share_min, count_min, outflows_min, habit_max] = case.parameters();
    let near = |amount: f64| (share_min * threshold..threshold).contains(&amount);
    let amount = case.event.outflow().or_else(|| {
        let inflow = case.event.kind.is_inflow() && case.event.status == Status::Done;
        case.event.amount.filter(|_| inflow).map(Money::as_f64)
    })?;
    if !near(amount) {
        return None;
    }
    let now_s = case.facts.now_s;
    let day = case.account.lists().movements.between(now_s.saturating_sub(86_400), now_s);
    let same = day.filter(|m| near(f64::from(m.amount)) && m.flags & movement::UNDONE == 0);
    let is_out = case.event.kind.is_outflow();
    let outflows = same.clone().filter(|m| m.flags & movement::OUT != 0).count() as f64 + f64::from(u8::from(is_out));
    let count = same.count() as f64 + 1.0;
    let habit = f64::from(case.account.habits.near.within(60, now_s));
    (count >= count_min && habit <= habit_max).then(|| {
        let evidence = Evidence::new().with("count", count).with("outflows", outflows).with("amount", amount);
        let hit = Hit::new(evidence.with("threshold", threshold).about(Who::Payee));
        // Large payers pay in; who moves it out again in such pieces avoids the review.
        if outflows >= outflows_min { hit.severity(Severity::High) } else { hit }
    })
}
