//! `pass_through`: money that came in leaves at once: the account is only a station.

use super::{Case, Hit, Rule, WEAK, parameter};
use crate::signals::account::movement;
use crate::signals::signal::{Evidence, Severity, Who};

/// Once is what impatient people do; again and again is a mule.
pub(super) const RULE: Rule = Rule {
    name: "pass_through",
    weight: 1.0,
    parameters: &[
        parameter("ratio_min", 0.8),
        parameter("ratio_max", 1.25),
        parameter("minutes", 60.0),
        parameter("played_max", 0.3),
        parameter("repeats_min", 2.0),
    ],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_min, ratio_max, minutes, played_max, repeats_min] = case.parameters();
    let amount = case.event.outflow()?;
    let now_s = case.facts.now_s;
    let recent = case.account.movements.between(now_s.saturating_sub((minutes * 60.0) as u32), now_s);
    let came = recent.filter(|m| m.flags & (movement::OUT | movement::UNDONE | movement::BONUS) == 0);
    let inflow: f64 = came.map(|m| f64::from(m.amount)).sum();
    let ratio = if inflow > 0.0 { amount / inflow } else { 0.0 };
    let played = f64::from(case.account.play.wagered) / inflow.max(1.0);
    // What was there before may leave with it.
    let all = case.facts.flow.ratio >= 0.9 && ratio > ratio_max && inflow >= 0.1 * amount;
    ((ratio_min..=ratio_max).contains(&ratio) || all).then_some(())?;
    (played <= played_max).then(|| {
        let times = f64::from(case.account.habits.passed.within(2, now_s)) + 1.0;
        let evidence = Evidence::new().with("ratio", ratio).with("inflow", inflow).with("times", times);
        let hit = Hit::new(evidence.with("played", played).about(Who::Payee));
        // Who always cashes out to the same bank is a customer; a mule was given its payee days ago.
        let flow = &case.facts.flow;
        let given = flow.new_payee || flow.payee_days <= 3 && f64::from(flow.payee_count) <= times + 1.0;
        // In an account's first week every payee is new; but who opens one and plays at once is a player.
        let enough = match (case.facts.age_days >= 7.0, played <= 0.1 * played_max) {
            (true, _) => repeats_min,
            (false, true) => repeats_min + 1.0,
            (false, false) => repeats_min + 2.0,
        };
        match times >= repeats_min {
            true if given && times >= enough => hit.severity(Severity::High),
            true => hit.severity(Severity::Medium),
            false => hit,
        }
    })
}
