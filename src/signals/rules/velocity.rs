//! `velocity`: more outflows, or more money, within minutes, an hour or a day than the account's own rate explains.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::models::Decays;
use crate::signals::signal::Evidence;

/// Games are no outflows, so their rounds are netted by themselves.
pub(super) const RULE: Rule = Rule {
    name: "velocity",
    weight: 0.7,
    parameters: &[parameter("sigmas", 4.0), parameter("count_min", 4.0)],
    waits: true,
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [sigmas, count_min] = case.parameters();
    case.event.outflow()?;
    let rates = &case.facts.flow.rates;
    let all = rates[3].0 - 1.0;
    (0..3).find_map(|horizon| {
        let (count, sum) = rates[horizon];
        let expected = all * Decays::HORIZONS_S[horizon] / Decays::HORIZONS_S[3];
        // A Poisson count has the square root of its mean for a standard deviation; a mean below one is taken for one.
        let limit = expected + sigmas * expected.max(1.0).sqrt();
        (count > limit && count >= count_min).then(|| {
            let evidence = Evidence::new().with("count", count).with("expected", expected);
            Hit::new(evidence.with("sum", sum).with("seconds", Decays::HORIZONS_S[horizon]))
        })
    })
}
