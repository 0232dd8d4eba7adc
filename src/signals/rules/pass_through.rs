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
    ((ratio_min..=ratio_max).contains(&ratio) && played <= played_max).then(|| {
        let times = f64::from(case.account.habits.passed.within(2, now_s)) + 1.0;
        let evidence = Evidence::new().with("ratio", ratio).with("inflow", inflow).with("times", times);
        let hit = Hit::new(evidence.with("played", played).about(Who::Payee));
        match times {
            n if n >= repeats_min + 1.0 => hit.severity(Severity::High),
            n if n >= repeats_min => hit.severity(Severity::Medium),
            _ => hit,
        }
    })
}
