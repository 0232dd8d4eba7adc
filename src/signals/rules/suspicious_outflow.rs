//! `suspicious_outflow`: no single reason, but too many at once: the account's habits changed and money leaves.
//!
//! What is left for takeovers from the holder's own device, slow drains, and kinds of fraud that nobody has named yet. The
//! evidence is summed as logarithms of likelihood ratios; they come from what each fact means, not from a file.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::account::{login, movement};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity, Who};

/// `odds_min` is about one in a hundred outflows before the evidence, and better than even after it.
pub(super) const RULE: Rule = Rule {
    name: "suspicious_outflow",
    severity: Severity::High,
    weight: 2.0,
    parameters: &[parameter("odds_min", 5.3), parameter("chunks_min", 3.0)],
    on: On::Outflows,
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [odds_min, chunks_min] = case.parameters();
    case.event.outflow()?;
    let flow = &case.facts.flow;
    // Money that goes where it always went is the holder's.
    // Of an account that is hardly known, only a lock-out tells: it needs no habits.
    let lock = flow.password_change_minutes.or(flow.contact_change_minutes).is_some();
    let telling = lock && flow.payout_change_minutes.is_some();
    let known = case.facts.learnt || case.facts.acquainted && telling;
    if !known || flow.payee_days > 7 || flow.payee_count >= 8 {
        return None;
    }
    let (login, payee, drain, chunks) = (strangeness(case), novelty(case), emptiness(case), pieces(case, chunks_min));
    let hour = 0.7 * flow.unlike_hour.clamp(-1.0, 2.0);
    let chunks = chunks + slow_pieces(case);
    let odds = login + payee + hour + drain + chunks + 0.25 * case.risk().clamp(0.0, 4.0);
    (odds >= odds_min && (drain >= 0.6 || chunks > 0.0)).then(|| {
        let evidence = Evidence::new().with("odds", odds).with("login", login).with("new_payee", payee);
        let more = evidence
            .with("drain", drain)
            .with("chunks", f64::from(flow.chunks))
            .with("share", flow.payee_share)
            .with("amount", flow.amount);
        Hit::new(more.with("hour", flow.unlike_hour).about(Who::Payee))
    })
}

/// How unlike the holder the login was.
fn strangeness(case: &Case<'_>) -> f64 {
    let flags = case.facts.flow.login;
    let weights = [
        (login::NEW_DEVICE, 2.0),
        (login::NEW_ASN, 1.0),
        (login::NEW_COUNTRY, 1.5),
        (login::TRAVEL, 2.0),
        (login::FAIL_BURST, 1.5),
        (login::UNLIKE, 0.7),
        (login::ANONYMISER, 0.5),
    ];
    let sum: f64 = weights.into_iter().filter(|(flag, _)| flags & flag != 0).map(|(_, weight)| weight).sum();
    // From the holder's own device most of it is a VPN or a journey.
    if flags & login::NEW_DEVICE == 0 { 0.5 * sum } else { sum }
}

/// How new the destination is, and whether it was just put in.
fn novelty(case: &Case<'_>) -> f64 {
    let flow = &case.facts.flow;
    let habits = f64::from(case.account.habits.outflows);
    // An account with a history of payees that turns to a new one says more than the first payout of its life.
    let new = match (flow.new_payee || flow.payee_days == 0, habits) {
        (true, n) if n >= 4.0 => 1.5,
        (true, _) => 0.7,
        _ => 0.0,
    };
    let changed = if flow.payout_change_minutes.is_some() { 1.5 } else { 0.0 };
    let lock = flow.password_change_minutes.or(flow.contact_change_minutes).is_some();
    // One change is housekeeping; a new destination and a lock together are somebody moving in.
    let locked_out = match (lock, flow.payout_change_minutes.is_some()) {
        (true, true) => 2.5,
        (true, false) => 1.0,
        _ => 0.0,
    };
    new + changed + locked_out
}

/// How much of the balance leaves.
fn emptiness(case: &Case<'_>) -> f64 {
    let flow = &case.facts.flow;
    let ratio = flow.ratio.max(flow.ratio_1h).max(flow.ratio_1d);
    let habit = if flow.cash_out_habit > 0.5 { 0.5 } else { 1.0 };
    let quick = if flow.login_minutes.is_some_and(|m| m < 120.0) && !flow.played { 0.5 } else { 0.0 };
    match ratio {
        r if r >= 0.8 => 1.0 * habit + quick,
        r if r >= 0.5 => 0.6 * habit + quick,
        r if r >= 0.3 => 0.3,
        _ => 0.0,
    }
}

/// Whether it leaves in pieces to one new payee: who owns the money has no reason to.
fn pieces(case: &Case<'_>, chunks_min: f64) -> f64 {
    let flow = &case.facts.flow;
    let share = (0.4..=1.05).contains(&flow.chunk_ratio);
    match f64::from(flow.chunks) - chunks_min {
        more if more >= 0.0 && share => 5.0,
        // Two are half of a reason.
        more if more >= -1.0 && share => 2.0,
        _ => 0.0,
    }
}

/// The same over days: a payee that the account has only just got is paid again and again, a part of the balance each
/// time, and hardly anybody else is. From the payee itself, which is remembered longer than the movements are.
fn slow_pieces(case: &Case<'_>) -> f64 {
    let flow = &case.facts.flow;
    let young = (1..=8).contains(&flow.payee_days) && flow.payee_since_days >= 5;
    if !young || flow.payee_count < 2 || flow.ratio >= 0.52 || case.event.kind != Kind::Withdrawal {
        return 0.0;
    }
    let (mine, all) = shares_of_payouts(case);
    if 2 * mine < all {
        return 0.0;
    }
    let history = if flow.others >= 2.0 { 1.0 } else { 0.0 };
    let share = if flow.payee_share >= 0.5 { 1.0 } else { 0.0 };
    2.9 + history + share + 0.5 * (f64::from(flow.payee_count) - 2.0).min(2.0)
}

/// Of the payouts that are remembered since the payee got its first: those to it, and all. With the one at hand.
fn shares_of_payouts(case: &Case<'_>) -> (u32, u32) {
    let payouts = || case.account.lists().movements.as_slice().iter().filter(|m| m.flags & movement::EXTERNAL != 0);
    let first_s = payouts().find(|m| m.payee == case.event.payee).map_or(u32::MAX, |m| m.time_s);
    let since = || payouts().filter(|m| m.time_s >= first_s);
    let mine = since().filter(|m| m.payee == case.event.payee).count() as u32;
    (mine + 1, since().count() as u32 + 1)
}
