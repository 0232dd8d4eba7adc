//! An event and the memory of its account in, verdicts out.
//!
//! The order is always the same: duplicates are dropped, facts are gathered against the memory before the event, the rules
//! look at them, then the memory takes the event. So a verdict is a function of the events that came before, and nothing
//! else: not of batches, workers or the clock.

use std::sync::Arc;

use super::account::{Account, Login, Movement, Spot, Thing, login, movement, today};
use super::event::{Change, Event, Kind, Point, Status};
use super::facts::{self, Facts, half, model_of};
use super::gaps;
use super::rules::{self, Case, Hit};
use super::settings::{Mode, Settings};
use super::signal::{Severity, Verdict};
use super::store::Store;

/// Who asks for names, when a verdict must be kept for later.
pub trait Names {
    /// Pseudonym of the event's account.
    fn account(&mut self) -> String;
    /// Mapped id of the event, scrubbed; empty: it has none.
    fn event_id(&mut self) -> String;
    /// Topic (or file), partition and offset of the event.
    fn place(&self) -> (String, i32, i64);
}

/// What was done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was judged.
    Judged,
    /// It was seen before: nothing changed.
    Duplicate,
    /// Its account was forgotten, as it asked.
    Erased,
}

/// The rules with their settings. Holds nothing about accounts: all of that is in the [`Store`].
#[derive(Clone, Debug)]
pub struct Engine {
    settings: Arc<Settings>,
    /// Verdicts of rules in shadow since they were taken last, by rule.
    shadowed: [u64; rules::ALL.len()],
}

/// How long risk takes to fade by half, in seconds.
pub const RISK_HALF_LIFE_S: f64 = 12.0 * 3600.0;

impl Engine {
    /// An engine by `settings`.
    pub fn new(settings: Arc<Settings>) -> Engine {
        Engine { settings, shadowed: [0; rules::ALL.len()] }
    }

    /// The settings.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// How often each rule in shadow would have fired since the last call.
    pub fn take_shadowed(&mut self) -> [u64; rules::ALL.len()] {
        std::mem::replace(&mut self.shadowed, [0; rules::ALL.len()])
    }

    /// Judges an event, appending what it gives to `out`.
    pub fn on_event(
        &mut self,
        event: &Event,
        names: &mut impl Names,
        store: &mut impl Store,
        out: &mut Vec<Verdict>,
    ) -> Taken {
        if store.is_repeated(event.account) {
            return Taken::Duplicate;
        }
        if event.kind == Kind::Erase {
            store.forget(event.account);
            return Taken::Erased;
        }
        let task = store.task();
        task.newest_ms = task.newest_ms.max(event.time_ms);
        let watermark_ms = task.newest_ms - self.settings.lateness_ms;
        let settings = Arc::clone(&self.settings);
        let is_login = event.kind == Kind::Login && event.success;
        let features = facts::features(event);
        let shares = task.population.shares(features);
        let account = store.account(event.account, event.time_ms);
        if !account.ids.insert(event.id, (event.time_ms / 1000) as u32) {
            return Taken::Duplicate;
        }
        let facts = facts::gather(event, account, shares, &settings.gates);
        let due_ms = if event.exempt {
            remember(event, &facts, 0, &settings, account);
            None
        } else {
            self.judge(event, &facts, account, out);
            gaps::note(event, account, names, &settings)
        };
        let task = store.task();
        if is_login {
            task.population.add(features);
        }
        if let Some(due_ms) = due_ms {
            task.expect(due_ms, event.account);
        }
        gaps::decide(watermark_ms, &settings, store, out);
        Taken::Judged
    }

    /// Decides all that is held back, at the end of a finite input: nothing more can come.
    pub fn finish(&mut self, store: &mut impl Store, out: &mut Vec<Verdict>) {
        gaps::decide(i64::MAX, &self.settings, store, out);
    }

    fn judge(&mut self, event: &Event, facts: &Facts, account: &mut Account, out: &mut Vec<Verdict>) {
        let settings = Arc::clone(&self.settings);
        let risk = account.risk_at(facts.now_s, RISK_HALF_LIFE_S);
        let mut case = Case { event, account, facts, parameters: [0.0; rules::PARAMETERS_MAX], fired: 0, risk };
        let mut added = 0.0;
        let from = out.len();
        for (at, (rule, own)) in rules::ALL.iter().zip(&settings.rules).enumerate() {
            if own.mode == Mode::Off || event.skip & 1 << at != 0 || !own.active {
                continue;
            }
            case.parameters = own.parameters;
            let Some(hit) = (rule.check)(&case) else { continue };
            case.fired |= 1 << at;
            if own.mode == Mode::Shadow {
                self.shadowed[at] += 1;
                continue;
            }
            let weight = hit.weight.unwrap_or(own.weight);
            added += weight;
            let severity = severity_of(rule, own.severity, &hit);
            out.push(Verdict {
                rule: at,
                severity,
                score: 0.0,
                notice: rule.notice,
                evidence: hit.evidence,
                held: None,
            });
        }
        let fired = case.fired;
        // The score of a signal is of its event alone, so that it does not depend on the order of others: all that spoke
        // against it, as a number below one.
        let score = 1.0 - (-added / 4.0).exp();
        let account = remember(event, facts, fired, &settings, account);
        if added > 0.0 {
            account.add_risk(facts.now_s, added, RISK_HALF_LIFE_S);
        }
        for verdict in &mut out[from..] {
            verdict.score = score.clamp(0.0, 1.0);
        }
        settle(&mut out[from..], facts.now_s, &settings, account);
    }
}

/// The severity of a hit: the operator's, unless the rule knows better and the operator left the default.
fn severity_of(rule: &rules::Rule, configured: Severity, hit: &Hit) -> Severity {
    match hit.severity {
        Some(severity) if configured == rule.severity => severity,
        _ => configured,
    }
}

/// How long a rule that alerted does not alert again for the same account, in seconds: what goes on for a week is known by
/// then, or is a habit.
const SAME_RULE_S: u32 = 7 * 86_400;

/// One incident is one alert: of the alerts of an event the gravest stays one, and what follows within the cool-down stays
/// below, unless it is graver than all before. What a rule has said it does not say again for a week.
pub(super) fn settle(verdicts: &mut [Verdict], now_s: u32, settings: &Settings, account: &mut Account) {
    let since = if account.alerted_s == 0 { u32::MAX } else { now_s.saturating_sub(account.alerted_s) };
    let said = if since < SAME_RULE_S { account.alerted_rules } else { 0 };
    let is_news = |verdict: &Verdict| verdict.severity >= Severity::High && said & 1 << verdict.rule == 0;
    let news = (0..verdicts.len()).filter(|&at| is_news(&verdicts[at]));
    let best = news
        .max_by_key(|&at| (verdicts[at].severity, at))
        .filter(|&at| since >= settings.cooldown_s || verdicts[at].severity as u8 + 1 > account.alerted_rank);
    if let Some(best) = best {
        account.alerted_rank = verdicts[best].severity as u8 + 1;
        account.alerted_s = account.alerted_s.max(now_s);
        account.alerted_rules = said | 1 << verdicts[best].rule;
    }
    for (at, verdict) in verdicts.iter_mut().enumerate() {
        if verdict.severity >= Severity::High && Some(at) != best {
            verdict.severity = Severity::Medium;
        }
    }
}

/// Whether a rule fired, by its place among those of the event.
fn fired(bits: u64, name: &str) -> bool {
    rules::find(name).is_some_and(|at| bits & 1 << at != 0)
}

/// The memory takes the event.
fn remember<'a>(
    event: &Event,
    facts: &Facts,
    bits: u64,
    settings: &Settings,
    account: &'a mut Account,
) -> &'a mut Account {
    let now_s = facts.now_s;
    if account.first_s == 0 || now_s < account.first_s {
        account.first_s = now_s;
    }
    if facts.idle_s > 30 * 86_400 {
        (account.woke_s, account.slept_days) = (now_s, (facts.idle_s / 86_400) as u16);
    }
    account.last_ms = account.last_ms.max(event.time_ms);
    match event.kind {
        Kind::Login => remember_login(event, facts, bits, account),
        Kind::Change(change) => remember_change(event, change, now_s, account),
        Kind::Bet | Kind::Win => remember_game(event, account),
        _ => remember_flow(event, facts, bits, settings, account),
    }
    if let Some(before) = event.before {
        let before = before.as_f64();
        account.peaks[0].see(now_s, before, 3600);
        account.peaks[1].see(now_s, before, 86_400);
    }
    account
}

fn remember_login(event: &Event, facts: &Facts, bits: u64, account: &mut Account) {
    let now_s = facts.now_s;
    let marks = [
        ("impossible_travel", login::TRAVEL),
        ("atypical_travel", login::TRAVEL),
        ("rba_score", login::UNLIKE),
        ("login_fail_burst", login::FAIL_BURST),
        ("new_place", login::NEW_PLACE),
        ("anonymiser", login::ANONYMISER),
        ("country_flip", login::FLIP),
    ];
    let mut flags = marks.into_iter().filter(|(name, _)| fired(bits, name)).fold(0, |flags, (_, flag)| flags | flag);
    let own = &facts.login;
    for (holds, flag) in [
        (event.success, login::SUCCESS),
        (own.new_device, login::NEW_DEVICE),
        (own.new_asn && !event.trusted, login::NEW_ASN),
        (own.new_country && !event.trusted && !event.travelling, login::NEW_COUNTRY),
        (facts.learnt, login::LEARNT),
    ] {
        flags |= if holds { flag } else { 0 };
    }
    // A device that came as a stranger stays one until it has settled: whoever took the account comes back with it.
    if own.young_device && event.success {
        let earlier = account.attempts.as_slice().iter().filter(|a| a.device == event.device && event.device.is_some());
        // Over a network where the account is at home it is most likely the holder's new phone.
        let strange = match own.settled_asn {
            true => login::NEW_DEVICE | login::LEARNT,
            false => login::NEW_DEVICE | login::NEW_ASN | login::NEW_COUNTRY | login::LEARNT,
        };
        flags |= earlier.fold(0, |all, a| all | a.flags) & strange;
    }
    account.attempts.insert(Login { time_s: now_s, device: event.device, session: half(event.session), flags });
    if !event.success {
        return;
    }
    account.logins = account.logins.saturating_add(1);
    account.habits.log_in_at(now_s);
    for (things, key) in [(&mut account.devices, event.device.0), (&mut account.asns, event.place.asn)] {
        if key != 0 {
            things.see(Thing::new(key, now_s));
        }
    }
    for (things, key) in [(&mut account.networks, event.network.0), (&mut account.agents, event.agent.0)] {
        if key != 0 {
            things.see(Thing::new(key, now_s));
        }
    }
    if fired(bits, "country_flip") {
        account.habits.flips = account.habits.flips.saturating_add(1);
    }
    if event.place.point.is_some() || event.place.country.is_some() {
        // A tenth of a degree is 11 km: what moves less is one place.
        let grid = |hundredths: i16| hundredths.div_euclid(10) * 10;
        let point = event.place.point.map(|p| Point { lat: grid(p.lat), lon: grid(p.lon) }).unwrap_or_default();
        let radius = facts::radius_units(event);
        let country = event.place.country.unwrap_or_default();
        account.places.see(Spot { point, country, radius, count: 1, asn: event.place.asn, last_s: now_s });
    }
}

fn remember_change(event: &Event, change: Change, now_s: u32, account: &mut Account) {
    let changes = &mut account.changes;
    match change {
        Change::Password => changes.password_s = changes.password_s.max(now_s),
        Change::Contact => changes.contact_s = changes.contact_s.max(now_s),
        Change::Payout if now_s >= changes.payout_s => {
            (changes.payout_s, changes.payee, changes.session) = (now_s, event.payee, half(event.session));
        }
        Change::Payout => {}
    }
}

fn remember_game(event: &Event, account: &mut Account) {
    let Some(amount) = event.amount.map(super::money::Money::as_f64) else { return };
    if event.kind == Kind::Bet && event.status == Status::Done {
        account.play.wagered += amount as f32;
    } else if event.kind == Kind::Bet && event.status == Status::Reversed {
        account.play.wagered = (account.play.wagered - amount as f32).max(0.0);
    }
}

fn remember_flow(event: &Event, facts: &Facts, bits: u64, settings: &Settings, account: &mut Account) {
    let now_s = facts.now_s;
    let Some(amount) = event.amount.map(super::money::Money::as_f64) else { return };
    if event.status == Status::Reversed {
        undo(event, amount, account);
        return;
    }
    if event.status != Status::Done {
        return;
    }
    let out = event.kind.is_outflow();
    let cash_out = out && facts.flow.ratio >= 0.9;
    let mut flags = 0;
    for (holds, flag) in [
        (out, movement::OUT),
        (event.kind == Kind::Withdrawal, movement::EXTERNAL),
        (facts.flow.new_payee, movement::NEW_PAYEE),
        (event.bonus, movement::BONUS),
        (cash_out, movement::CASH_OUT),
    ] {
        flags |= if holds { flag } else { 0 };
    }
    let (payee, session) = (event.payee, half(event.session));
    account.movements.insert(Movement { time_s: now_s, amount: amount as f32, payee, session, flags });
    if !event.bonus {
        account.amounts[model_of(event.kind)].add(amount);
    }
    if event.kind.is_inflow() {
        remember_inflow(event, amount, now_s, account);
    } else {
        remember_outflow(event, facts, bits, amount, account);
    }
    if near_threshold(settings, amount) && account.habits.near.day != today(now_s) {
        account.habits.near.again(60, now_s);
    }
}

fn near_threshold(settings: &Settings, amount: f64) -> bool {
    let at = rules::find("structuring");
    at.is_some_and(|at| {
        let [threshold, share] = [settings.rules[at].parameters[0], settings.rules[at].parameters[1]];
        (share * threshold..threshold).contains(&amount)
    })
}

fn remember_inflow(event: &Event, amount: f64, now_s: u32, account: &mut Account) {
    if event.kind != Kind::Deposit {
        return;
    }
    let play = &mut account.play;
    if now_s.saturating_sub(play.deposit_s) > 86_400 {
        *play = Default::default();
    }
    *(if event.bonus { &mut play.bonus } else { &mut play.deposited }) += amount as f32;
    play.deposit_s = play.deposit_s.max(now_s);
}

fn remember_outflow(event: &Event, facts: &Facts, bits: u64, amount: f64, account: &mut Account) {
    let now_s = facts.now_s;
    account.habits.outflows = account.habits.outflows.saturating_add(1);
    account.habits.cash_outs = account.habits.cash_outs.saturating_add(u16::from(facts.flow.ratio >= 0.9));
    account.decays.add(now_s, amount);
    if event.payee.is_some() {
        account.payees.see(Thing::new(event.payee.0, now_s));
    }
    if fired(bits, "pass_through") {
        (0..rules::pass_points(facts)).for_each(|_| account.habits.passed.again(2, now_s));
    }
    let play = account.play;
    if event.kind == Kind::Withdrawal && amount >= 0.3 * f64::from(play.deposited + play.bonus) {
        if fired(bits, "minimal_play") && play.bonus > 0.0 {
            account.habits.bonus_outs.again(2, now_s);
        }
        // What was paid in has left: the next withdrawal is measured against what comes in from now on.
        account.play = Default::default();
    }
}

/// An earlier movement is undone: the last one of its size and direction does not count any more.
fn undo(event: &Event, amount: f64, account: &mut Account) {
    let out = event.kind.is_outflow();
    let same = |m: &&mut Movement| {
        (m.flags & movement::OUT != 0) == out && m.flags & movement::UNDONE == 0 && m.amount == amount as f32
    };
    if let Some(found) = account.movements.as_mut_slice().iter_mut().rev().find(same) {
        found.flags |= movement::UNDONE;
    }
}
