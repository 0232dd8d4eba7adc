//! `minimal_play`: money leaves that was hardly played with. With bonuses, and again and again, it is bonus abuse.

use super::{Case, Hit, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Stakes by deposits of the last day.
pub(super) const RULE: Rule = Rule {
    name: "minimal_play",
    weight: 0.7,
    parameters: &[parameter("ratio_max", 0.1), parameter("ratio_min", 0.3), parameter("repeats_min", 2.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_max, taken_min, repeats_min] = case.parameters();
    let amount = case.event.outflow().filter(|_| case.event.kind == Kind::Withdrawal)?;
    let play = &case.account.play;
    let paid_in = f64::from(play.deposited) + f64::from(play.bonus);
    let fresh = paid_in > 0.0 && case.facts.now_s.saturating_sub(play.deposit_s) <= 86_400;
    let ratio = f64::from(play.wagered) / paid_in.max(1.0);
    (fresh && ratio < ratio_max && amount >= taken_min * paid_in).then(|| {
        let times = f64::from(case.account.habits.bonus_outs.within(2, case.facts.now_s)) + 1.0;
        let evidence = Evidence::new().with("ratio", ratio).with("deposited", f64::from(play.deposited));
        let hit = Hit::new(evidence.with("bonus", f64::from(play.bonus)).with("times", times).about(Who::Payee));
        // Twice may be a misunderstanding of the terms, unless the payee is new as well.
        let new_payee = (case.facts.flow.new_payee || case.facts.flow.payee_days <= 3) && case.facts.age_days >= 7.0;
        match play.bonus > 0.0 {
            true if times >= repeats_min + f64::from(u8::from(!new_payee)) => hit.severity(Severity::High),
            true => hit.severity(Severity::Medium),
            false => hit,
        }
    })
}
