//! `pass_through`: money that came in leaves at once: the account is only a station.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::facts::Facts;
use crate::signals::signal::{Evidence, Severity, Who};

/// Once is what impatient people do; again and again is a mule.
pub(super) const RULE: Rule = Rule {
    name: "pass_through",
    weight: 1.0,
    parameters: &[
        parameter("ratio_min", 0.8),
        parameter("ratio_max", 1.25),
        parameter("played_max", 0.3),
        parameter("points_min", 3.0),
    ],
    waits: true,
    on: On::Outflows,
    check,
    ..WEAK
};

/// Days after which an account knows its payees.
const SETTLED_DAYS: u32 = 5;

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min, ratio_max, played_max, points_min] = case.parameters();
    let amount = case.event.outflow()?;
    let flow = &case.facts.flow;
    let inflow = flow.came;
    let ratio = if inflow > 0.0 { amount / inflow } else { 0.0 };
    let played = f64::from(flow.play.wagered) / inflow.max(1.0);
    // What was there before may leave with it.
    let all = flow.ratio >= 0.9 && ratio > ratio_max && inflow >= 0.1 * amount;
    ((ratio_min..=ratio_max).contains(&ratio) || all).then_some(())?;
    (played <= played_max).then(|| {
        let earlier = f64::from(case.account.habits.passed.within(2, case.facts.now_s));
        let points = earlier + f64::from(points(case.facts));
        let evidence = Evidence::new().with("ratio", ratio).with("inflow", inflow).with("points", points);
        let hit = Hit::new(evidence.with("played", played).about(Who::Payee));
        // Who always cashes out to the same bank is a customer; a mule was given its payee, and comes back to it.
        let given = flow.payee_days <= 3 && (1..=4).contains(&flow.payee_count);
        // In an account's first days every payee is new.
        let settled = flow.payee_since_days >= SETTLED_DAYS;
        let least = if settled { points_min } else { 1.5 * points_min };
        // The second time is enough where the payee was brought along for it: it got all it ever got like this, and the
        // account had others before.
        let again = settled && given && flow.payee_count == 1 && earlier >= 1.0 && flow.others >= 1.0 && ratio <= 1.1;
        match points >= points_min || again {
            true if again && played == 0.0 => hit.severity(Severity::High),
            true if given && points >= least => hit.severity(Severity::High),
            true => hit.severity(Severity::Medium),
            false => hit,
        }
    })
}

/// What a pass of money counts for: double when it is unlike the holder's own deposits.
pub fn points(facts: &Facts) -> u8 {
    1 + u8::from(facts.flow.came_unlike)
}
