//! Gaps in the chain of balances: money that no movement explains, held back until late events can have arrived.
//!
//! Every movement adds to what the balance should be, in whatever order it comes ([`Account::note_balance`]). A difference is
//! kept as [`Pending`]; a late movement that closes the gap takes it away. What is left when the lateness is over is told, as
//! no alert yet: movements come hours late at times. It is one when nothing has explained the gap by then, and the money
//! has left.

use super::account::{Account, Balance};
use super::engine::{Names, settle};
use super::event::{Event, Status};
use super::ids::KEPT_S;
use super::money::Money;
use super::pending::Pending;
use super::rules;
use super::settings::{Mode, Settings};
use super::signal::{Evidence, Severity, Verdict};
use super::store::Store;
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
    let waits = account.pending.as_ref().is_some_and(|pending| pending.told);
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
    match &mut account.pending {
        // One gap at a time: another wallet's waits until this one is decided.
        Some(pending) if pending.wallet != event.wallet => return None,
        Some(pending) if large(gap) => {
            pending.amount = pending.amount.plus(gap).unwrap_or(pending.amount);
            move_anchor(event, before, after, pending, names);
            if !large(pending.amount) || !large(unexplained) {
                account.pending = None;
                return None;
            }
        }
        Some(_) => {}
        None if large(gap) && !late && event.skip & 1 << parameters.rule == 0 => {
            account.pending = Some(Box::new(opened(event, gap, left, names, settings)))
        }
        None => return None,
    }
    let pending = account.pending.as_mut()?;
    if let Some(amount) = event.outflow().filter(|_| event.time_ms >= pending.time_ms) {
        pending.taken += amount as f32;
        let last = account.movements.between((event.time_ms / 1000) as u32, u32::MAX);
        let strange = super::account::movement::NEW_PAYEE;
        pending.new_payee |= last.clone().any(|m| m.payee == event.payee && m.flags & strange != 0);
    }
    Some(pending.due_ms)
}

fn opened(event: &Event, gap: Money, left: Money, names: &mut impl Names, settings: &Settings) -> Pending {
    let (topic, partition, offset) = names.place();
    Pending {
        due_ms: event.time_ms + settings.lateness_ms,
        time_ms: event.time_ms,
        amount: gap,
        wallet: event.wallet,
        left,
        taken: 0.0,
        new_payee: false,
        told: false,
        account: names.account(),
        event_id: names.event_id(),
        topic,
        partition,
        offset,
    }
}

/// A late movement on the near side of the gap moves its edge; one on the far side is the event that shows it.
fn move_anchor(event: &Event, before: Money, after: Money, pending: &mut Pending, names: &mut impl Names) {
    if event.time_ms >= pending.time_ms || pending.told {
        return;
    }
    if before == pending.left {
        pending.left = after;
    } else {
        pending.time_ms = event.time_ms;
        pending.event_id = names.event_id();
        (pending.topic, pending.partition, pending.offset) = names.place();
    }
}

/// Decides what the watermark has reached.
pub fn decide(watermark_ms: i64, settings: &Settings, store: &mut impl Store, out: &mut Vec<Verdict>) {
    while let Some(id) = store.task().next_due(watermark_ms) {
        let Some(parameters) = Parameters::of(settings) else { continue };
        let now_ms = store.task().newest_ms;
        let account = store.account(id, now_ms);
        let again = account.pending.take().and_then(|pending| {
            if pending.due_ms > watermark_ms {
                let due_ms = pending.due_ms;
                account.pending = Some(pending);
                return Some(due_ms);
            }
            verdict(pending, &parameters, settings, account, out)
        });
        if let Some(due_ms) = again {
            store.task().expect(due_ms, id);
        }
    }
}

/// The verdict on a gap whose time has come; it stays pending if more can come of it, and the time of that is returned.
fn verdict(
    mut pending: Box<Pending>,
    parameters: &Parameters,
    settings: &Settings,
    account: &mut Account,
    out: &mut Vec<Verdict>,
) -> Option<i64> {
    let amount = pending.amount.as_f64();
    let taken = f64::from(pending.taken);
    // Of a large outflow a small gap is no reason: a round of a game came late.
    let gone = taken >= parameters.taken_min * amount && amount >= parameters.share_min * taken.max(1.0);
    let confirmed = pending.due_ms >= pending.time_ms + parameters.confirm_ms;
    let alert = gone && confirmed;
    if !(confirmed || gone && pending.new_payee) {
        // Most gaps are late events: silence, until nothing can come any more.
        pending.told = true;
        pending.due_ms = pending.time_ms + parameters.confirm_ms;
        let due_ms = pending.due_ms;
        account.pending = Some(pending);
        return Some(due_ms);
    }
    let configured = settings.rules[parameters.rule].severity;
    let severity = match (alert, gone && pending.new_payee) {
        (true, _) => configured,
        (false, true) => configured.min(Severity::Medium),
        (false, false) => configured.min(Severity::Low),
    };
    let evidence = Evidence::new().with("unexplained", amount).with("taken", f64::from(pending.taken));
    let score = if alert { 0.9 } else { 0.3 };
    let held = Some(pending.clone());
    let from = out.len();
    out.push(Verdict { rule: parameters.rule, severity, score, notice: false, evidence, held });
    settle(&mut out[from..], (pending.time_ms / 1000) as u32, settings, account);
    if confirmed {
        return None;
    }
    pending.told = true;
    pending.due_ms = pending.time_ms + parameters.confirm_ms;
    let due_ms = pending.due_ms;
    account.pending = Some(pending);
    Some(due_ms)
}
