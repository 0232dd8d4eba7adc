//! `cumulative_drain`: several outflows of an hour or a day together take nearly all of the peak balance.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::signal::{Evidence, Who};

/// What `drain` cannot see: the same in pieces.
pub(super) const RULE: Rule = Rule {
    name: "cumulative_drain",
    weight: 0.7,
    parameters: &[parameter("ratio_min", 0.8), parameter("habit_max", 0.5)],
    waits: true,
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min, habit_max] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    let ratio = flow.ratio_1h.max(flow.ratio_1d);
    let pieces = flow.ratio + 1e-9 < ratio;
    (pieces && ratio >= ratio_min && flow.cash_out_habit <= habit_max).then(|| {
        let evidence = Evidence::new().with("ratio_1h", flow.ratio_1h).with("ratio_1d", flow.ratio_1d);
        Hit::new(evidence.with("amount", flow.amount).with("chunks", f64::from(flow.chunks)).about(Who::Payee))
    })
}
