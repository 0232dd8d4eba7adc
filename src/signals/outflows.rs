//! Outflows that wait: rules that weigh an outflow against what came in, went out or was staked minutes before are asked when
//! the watermark has come. A deposit or a stake that is late would turn their verdict, and none of them alone is an alert
//! that somebody must see at once.

use super::account::Account;
use super::engine::{Fired, Names};
use super::event::{AccountId, Event, Kind};
use super::facts::{self, Facts};
use super::money::Money;
use super::pending::{Origin, Outflow};
use super::rules;

/// Most outflows of one account that wait: of a burst the oldest is judged at once.
const MOST: usize = 32;

const PASS_THROUGH: usize = rules::place("pass_through");
const MINIMAL_PLAY: usize = rules::place("minimal_play");

/// Takes an outflow that was done. Returns when the account has something to decide.
pub(super) fn note(event: &Event, facts: &Facts, account: &mut Account, names: &mut impl Names) -> Option<i64> {
    event.outflow()?;
    let flow = &facts.flow;
    let payee = names.payee();
    let outflow = Outflow {
        due_ms: event.time_ms,
        kind: event.kind,
        amount: event.amount?,
        skip: event.skip,
        balance: flow.balance.unwrap_or(0.0) as f32,
        ratio: flow.ratio as f32,
        cash_out_habit: flow.cash_out_habit as f32,
        payee_days: flow.payee_days.try_into().unwrap_or(u16::MAX),
        payee_since_days: flow.payee_since_days.try_into().unwrap_or(u16::MAX),
        payee_count: flow.payee_count.try_into().unwrap_or(u8::MAX),
        others: flow.others.clamp(0.0, f64::from(u16::MAX)) as u16,
        chunks: flow.chunks.try_into().unwrap_or(u8::MAX),
        origin: Origin::of(event, names, &payee),
    };
    let waiting = &mut account.pending.get_or_insert_default().outflows;
    let at = waiting.partition_point(|earlier| earlier.due_ms <= event.time_ms);
    waiting.insert(at, outflow);
    if waiting.len() > MOST {
        waiting[0].due_ms = 0;
    }
    Some(waiting[0].due_ms)
}

/// An outflow that has waited, and what is true of it by now.
pub(super) fn seen(id: AccountId, outflow: &Outflow, account: &Account) -> (Event, Facts) {
    let mut event = Event::new(outflow.kind, id, outflow.origin.time_ms, 0);
    event.amount = Some(outflow.amount);
    let now_s = (event.time_ms / 1000) as u32;
    (event, Facts { now_s, flow: facts::waited(outflow, account, now_s), ..Facts::default() })
}

/// The memory takes an outflow that was judged.
pub(super) fn remember(event: &Event, facts: &Facts, fired: Fired, account: &mut Account) {
    let now_s = facts.now_s;
    if fired.has(PASS_THROUGH) {
        (0..rules::pass_points(facts)).for_each(|_| account.habits.passed.again(2, now_s));
    }
    let play = facts.flow.play;
    let amount = event.amount.map_or(0.0, Money::as_f64);
    if event.kind == Kind::Withdrawal && amount >= 0.3 * f64::from(play.deposited + play.bonus) {
        if fired.has(MINIMAL_PLAY) && play.bonus > 0.0 {
            account.habits.bonus_outs.again(2, now_s);
        }
        // What was paid in has left: the next withdrawal is measured against what comes in from now on.
        [_, account.play] = account.play_at(now_s);
    }
}
