//! Gaps in the chain of balances: money that no movement explains, held back until late events can have arrived.
//!
//! Every movement adds to what the balance should be, in whatever order it comes ([`Account::note_balance`]). A difference is
//! kept as a [`Gap`]; a late movement that closes the gap takes it away. What is left when the lateness is over is told, as
//! no alert yet: movements come hours late at times. It is one when nothing has explained the gap by then, and the money
//! has left.

use super::account::{Account, Balance, movement};
use super::engine::{Names, settle};
use super::event::{AccountId, Event, Status};
use super::ids::KEPT_S;
use super::money::Money;
use super::pending::{Gap, Origin};
use super::rules;
use super::settings::{Mode, Settings};
use super::signal::{Evidence, Held, Severity, Verdict};
use super::time::HOUR_MS;

/// Parameters of the rule, see `rules/balance_continuity.rs`.
struct Parameters {
    rule: usize,
    tolerance: f64,
    confirm_ms: i64,
    taken_min: f64,
    share_min: f64,
}

impl Parameters {
    fn of(settings: &Settings) -> Option<Parameters> {
        let rule = const { rules::place("balance_continuity") };
        let own = &settings.rules[rule];
        let [tolerance, confirm_hours, taken_min, share_min, ..] = own.parameters;
        let confirm_ms = (confirm_hours * HOUR_MS as f64) as i64;
        (own.mode == Mode::On).then_some(Parameters { rule, tolerance, confirm_ms, taken_min, share_min })
    }
}

/// Takes a movement into the chain. Returns when the account has something to decide.
pub fn note(event: &Event, account: &mut Account, names: &mut impl Names, settings: &Settings) -> Option<i64> {
    let (Some(before), Some(after)) = (event.before, event.after) else { return None };
    if event.status == Status::Pending {
        return None;
    }
    // What comes later than ids are known may be a redelivery: only a gap that outlived the lateness waits for it.
    let newest_ms = account.balance(event.wallet).map_or(0, |balance| balance.time_ms);
    let waits = account.pending.as_ref().and_then(|pending| pending.gap.as_ref()).is_some_and(|gap| gap.told);
    if newest_ms - event.time_ms > i64::from(KEPT_S) * 1000 && !waits {
        return None;
    }
    // What comes late closes gaps; only the newest movement can show one.
    let late = account.balance(event.wallet).is_some_and(|balance| event.time_ms < balance.time_ms);
    let left = account.balance(event.wallet).map_or(before, |balance| balance.after);
    let gap = account.note_balance(event.wallet.0, event.time_ms, before, after);
    let unexplained = account.balance(event.wallet).map_or(Money(0), Balance::unexplained);
    let parameters = Parameters::of(settings)?;
    let large = |amount: Money| amount.as_f64().abs() > parameters.tolerance;
    match account.pending.as_mut().and_then(|pending| pending.gap.as_mut()) {
        // One gap at a time: another wallet's waits until this one is decided.
        Some(known) if known.wallet != event.wallet => return None,
        Some(known) if large(gap) => {
            known.amount = known.amount.plus(gap).unwrap_or(known.amount);
            move_anchor(event, before, after, known, names);
            if !large(known.amount) || !large(unexplained) {
                account.pending.as_mut()?.gap = None;
                account.pending.take_if(|pending| pending.due_ms().is_none());
                return None;
            }
        }
        Some(_) => {}
        None if large(gap) && !late && event.skip & 1 << parameters.rule == 0 => {
            account.pending.get_or_insert_default().gap = Some(opened(event, gap, left, names, settings));
        }
        None => return None,
    }
    let strange = event.outflow().is_some() && {
        let mut last = account.lists().movements.between((event.time_ms / 1000) as u32, u32::MAX);
        last.any(|m| m.payee == event.payee && m.flags & movement::NEW_PAYEE != 0)
    };
    let known = account.pending.as_mut()?.gap.as_mut()?;
    if let Some(amount) = event.outflow().filter(|_| event.time_ms >= known.origin.time_ms) {
        known.taken += amount as f32;
        known.new_payee |= strange;
    }
    Some(known.due_ms)
}

fn opened(event: &Event, gap: Money, left: Money, names: &mut impl Names, settings: &Settings) -> Gap {
    Gap {
        due_ms: event.time_ms + settings.lateness_ms,
        amount: gap,
        wallet: event.wallet,
        left,
        taken: 0.0,
        new_payee: false,
        told: false,
        origin: Origin::of(event, names, ""),
    }
}

/// A late movement on the near side of the gap moves its edge; one on the far side is the event that shows it.
fn move_anchor(event: &Event, before: Money, after: Money, gap: &mut Gap, names: &mut impl Names) {
    if event.time_ms >= gap.origin.time_ms || gap.told {
        return;
    }
    if before == gap.left {
        gap.left = after;
    } else {
        gap.origin = Origin::of(event, names, "");
    }
}

/// The verdict on a gap whose time has come. Returns it if more can come of it.
pub fn decide(
    id: AccountId,
    gap: Gap,
    settings: &Settings,
    account: &mut Account,
    out: &mut Vec<Verdict>,
) -> Option<Gap> {
    let parameters = Parameters::of(settings)?;
    let amount = gap.amount.as_f64();
    let taken = f64::from(gap.taken);
    // Of a large outflow a small gap is no reason: a round of a game came late.
    let gone = taken >= parameters.taken_min * amount && amount >= parameters.share_min * taken.max(1.0);
    let confirmed_ms = gap.origin.time_ms + parameters.confirm_ms;
    let confirmed = gap.due_ms >= confirmed_ms;
    // Most gaps are late events: silence, until nothing can come any more.
    if confirmed || gone && gap.new_payee {
        let configured = settings.rules[parameters.rule].severity;
        let severity = match (gone && confirmed, gone && gap.new_payee) {
            (true, _) => configured,
            (false, true) => configured.min(Severity::Medium),
            (false, false) => configured.min(Severity::Low),
        };
        let evidence = Evidence::new().with("unexplained", amount).with("taken", taken);
        let score = if gone && confirmed { 0.9 } else { 0.3 };
        // What is told low at first and confirmed later are two signals.
        let stage = if gap.told { "confirmed" } else { "" };
        let held = Some(Box::new(Held { account: id, origin: gap.origin.clone(), stage }));
        let mut verdict = Verdict { rule: parameters.rule, severity, score, notice: false, evidence, held };
        settle(std::slice::from_mut(&mut verdict), (gap.origin.time_ms / 1000) as u32, settings, account);
        out.push(verdict);
    }
    (!confirmed).then_some(Gap { told: true, due_ms: confirmed_ms, ..gap })
}
