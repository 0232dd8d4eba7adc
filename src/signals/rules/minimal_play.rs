//! `minimal_play`: money leaves that was hardly played with. With bonuses, and again and again, it is bonus abuse.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// Stakes by deposits of the last day. A bonus asks for more play than the holder's own money.
pub(super) const RULE: Rule = Rule {
    name: "minimal_play",
    weight: 0.7,
    parameters: &[
        parameter("ratio_max", 0.1),
        parameter("bonus_ratio_max", 0.2),
        parameter("ratio_min", 0.3),
        parameter("repeats_min", 2.0),
        parameter("bonus_min", 0.2),
    ],
    waits: true,
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [ratio_max, bonus_ratio_max, taken_min, repeats_min, bonus_min] = case.parameters();
    let amount = case.event.outflow().filter(|_| case.event.kind == Kind::Withdrawal)?;
    let play = &case.facts.flow.play;
    let paid_in = f64::from(play.deposited) + f64::from(play.bonus);
    let bonus = play.bonus > 0.0 && f64::from(play.bonus) >= bonus_min * f64::from(play.deposited);
    let fresh = paid_in > 0.0 && case.facts.now_s.saturating_sub(play.deposit_s) <= 86_400;
    let ratio = f64::from(play.wagered) / paid_in.max(1.0);
    let unplayed = ratio < if bonus { bonus_ratio_max } else { ratio_max };
    (fresh && unplayed && amount >= taken_min * paid_in).then(|| {
        let times = f64::from(case.account.habits.bonus_outs.within(2, case.facts.now_s)) + 1.0;
        let evidence = Evidence::new().with("ratio", ratio).with("deposited", f64::from(play.deposited));
        let hit = Hit::new(evidence.with("bonus", f64::from(play.bonus)).with("times", times).about(Who::Payee));
        // Twice may be a misunderstanding of the terms, unless it goes to a payee that was brought along for it.
        let flow = &case.facts.flow;
        let new_payee = flow.payee_days <= 3 && flow.payee_since_days >= 5 && flow.payee_count > 0;
        match bonus {
            true if times >= repeats_min + f64::from(u8::from(!new_payee)) => hit.severity(Severity::High),
            true => hit.severity(Severity::Medium),
            false => hit,
        }
    })
}
