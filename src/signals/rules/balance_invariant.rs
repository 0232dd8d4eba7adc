//! `balance_invariant`: the balance after is not the balance before and the amount. Exact decimals; nothing of memory.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::event::Status;
use crate::signals::signal::{Evidence, Severity};

/// Order-free: the event alone decides. Held back while nobody knows what became of the movement.
pub(super) const RULE: Rule = Rule {
    name: "balance_invariant",
    severity: Severity::High,
    weight: 4.0,
    order_free: true,
    parameters: &[parameter("tolerance", 1.0)],
    on: On::Anything,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [tolerance] = case.parameters();
    let event = case.event;
    let error = case.facts.balance_error?.as_f64();
    let decided = event.status != Status::Pending;
    // Producers differ in whether a fee is part of the amount, and whether it comes back: either way is in order.
    let fee = event.fee.as_f64();
    let off = [error, error - fee, error + fee].into_iter().map(f64::abs).fold(f64::INFINITY, f64::min);
    (decided && off > tolerance).then(|| {
        let evidence = Evidence::new().with("error", error).with_some("amount", event.amount.map(|a| a.as_f64()));
        let balances = evidence.with_some("before", event.before.map(|b| b.as_f64()));
        let hit = Hit::new(balances.with_some("after", event.after.map(|a| a.as_f64())));
        // Money that vanished is somebody's fault, but nobody's fraud.
        if error < 0.0 { hit.severity(Severity::Medium) } else { hit }
    })
}
