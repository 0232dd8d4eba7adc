//! An event and the memory of its account in, verdicts out.
//!
//! The order is always the same: what the watermark has reached is decided, duplicates are dropped, facts are gathered
//! against the memory before the event, the rules look at them, then the memory takes the event. So a verdict is a function
//! of the events that came before, and nothing else: not of batches, workers or the clock.

use std::sync::Arc;

use super::account::{Account, Login, Movement, Parts, Spot, Thing, login, movement, today};
use super::event::{AccountId, Change, Event, Kind, Point, Status};
use super::facts::{self, Facts, half, model_of};
use super::gaps;
use super::outflows;
use super::pending::{Origin, Outflow};
use super::rules::{self, Case, Hit, Rule, place};
use super::settings::{Mode, Settings};
use super::signal::{Held, Severity, Verdict};
use super::store::Store;

/// Who asks for names, when a verdict must be kept for later.
pub trait Names {
    /// Pseudonym of the event's account.
    fn account(&mut self) -> String;
    /// Mapped id of the event, scrubbed; empty: it has none.
    fn event_id(&mut self) -> String;
    /// Pseudonym of where the event's money goes to; empty: it goes nowhere.
    fn payee(&mut self) -> String;
    /// Topic (or file), partition and offset of the event.
    fn place(&self) -> (String, i32, i64);
}

impl Origin {
    /// The event at hand, by its names and the pseudonym of where its money goes to.
    pub fn of(event: &Event, names: &mut impl Names, payee: &str) -> Origin {
        let (topic, partition, offset) = names.place();
        Origin::new(event.time_ms, (partition, offset), [&names.account(), &names.event_id(), payee, &topic])
    }
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
    asked: Asked,
    /// Verdicts of rules in shadow since they were taken last, by rule.
    shadowed: [u64; rules::ALL.len()],
}

/// How long risk takes to fade by half, in seconds.
pub const RISK_HALF_LIFE_S: f64 = 12.0 * 3600.0;

impl Engine {
    /// An engine by `settings`.
    pub fn new(settings: Arc<Settings>) -> Engine {
        Engine { asked: Asked::new(&settings), settings, shadowed: [0; rules::ALL.len()] }
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
        self.decide(watermark_ms, store, out);
        let Engine { settings, asked, shadowed } = self;
        let task = store.task();
        let login = (event.kind == Kind::Login).then(|| facts::features(event));
        let shares = login.map_or_else(Default::default, |features| task.population.shares(features));
        // No rule that is asked about a round of a game looks at the lists.
        let parts = if event.kind.is_game() { Parts::NoLists } else { Parts::All };
        let account = store.account(event.account, event.time_ms, parts);
        if !account.ids.insert(event.id, (event.time_ms / 1000) as u32) {
            return Taken::Duplicate;
        }
        let facts = facts::gather(event, account, shares, &settings.gates);
        let due_ms = if event.exempt {
            remember(event, &facts, Fired::default(), settings, account);
            None
        } else {
            judge(event, &facts, account, (settings, asked, shadowed), out);
            let outflow = outflows::note(event, &facts, account, names);
            let gap = gaps::note(event, account, names, settings);
            outflow.into_iter().chain(gap).min()
        };
        let task = store.task();
        if let Some(features) = login.filter(|_| event.success) {
            task.population.add(features);
        }
        if let Some(due_ms) = due_ms {
            task.expect(due_ms, event.account);
        }
        Taken::Judged
    }

    /// Decides all that is held back, at the end of a finite input: nothing more can come.
    pub fn finish(&mut self, store: &mut impl Store, out: &mut Vec<Verdict>) {
        self.decide(i64::MAX, store, out);
    }

    /// Decides what the watermark has reached.
    fn decide(&mut self, watermark_ms: i64, store: &mut impl Store, out: &mut Vec<Verdict>) {
        while let Some((due_ms, id)) = store.task().next_due(watermark_ms) {
            // It may be forgotten by now.
            if !store.contains(id) {
                continue;
            }
            let account = store.account(id, due_ms, Parts::All);
            let Some(mut pending) = account.pending.take() else { continue };
            while let Some(outflow) = pending.outflows.pop_front_if(|outflow| outflow.due_ms <= watermark_ms) {
                self.decide_outflow(id, &outflow, account, out);
            }
            if let Some(gap) = pending.gap.take_if(|gap| gap.due_ms <= watermark_ms) {
                pending.gap = gaps::decide(id, gap, &self.settings, account, out);
            }
            if let Some(due_ms) = pending.due_ms() {
                account.pending = Some(pending);
                store.task().expect(due_ms, id);
            }
        }
    }

    /// Asks the rules that wait about an outflow: what came in or was staked before it has come by now.
    fn decide_outflow(&mut self, id: AccountId, outflow: &Outflow, account: &mut Account, out: &mut Vec<Verdict>) {
        let Engine { settings, asked, shadowed } = self;
        let (event, facts) = outflows::seen(id, outflow, account);
        let from = out.len();
        let case = (&event, &facts, &*account);
        let (fired, added) = ask(asked.waiting & !outflow.skip, case, (settings, shadowed), out);
        out[from..].iter_mut().for_each(|verdict| {
            verdict.held = Some(Box::new(Held { account: id, origin: outflow.origin.clone(), stage: "" }));
        });
        outflows::remember(&event, &facts, fired, account);
        conclude(&mut out[from..], added, facts.now_s, settings, account);
    }
}

/// The rules that work, by what they are asked about: most events are of a kind that few rules know.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    logins: u64,
    outflows: u64,
    inflows: u64,
    others: u64,
    /// Those that are asked about an outflow when the watermark has come.
    waiting: u64,
}

impl Asked {
    fn new(settings: &Settings) -> Asked {
        let those = |wanted: &dyn Fn(&Rule) -> bool| {
            let rules = rules::ALL.iter().zip(&settings.rules).enumerate();
            let works = rules.filter(|(_, (rule, own))| own.active && own.mode != Mode::Off && wanted(rule));
            works.fold(0, |all, (at, _)| all | 1 << at)
        };
        let about = |kind: Kind| those(&|rule| !rule.waits && rule.on.includes(kind));
        Asked {
            logins: about(Kind::Login),
            outflows: about(Kind::Withdrawal),
            inflows: about(Kind::Deposit),
            others: about(Kind::Bet),
            waiting: those(&|rule| rule.waits),
        }
    }

    fn about(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Login => self.logins,
            Kind::Withdrawal | Kind::TransferOut => self.outflows,
            Kind::Deposit | Kind::TransferIn => self.inflows,
            Kind::Bet | Kind::Win | Kind::Change(_) | Kind::Erase => self.others,
        }
    }
}

/// Which rules fired on an event, a bit each by their place in the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fired(u64);

impl Fired {
    pub(super) fn has(self, rule: usize) -> bool {
        self.0 & 1 << rule != 0
    }
}

fn judge(
    event: &Event,
    facts: &Facts,
    account: &mut Account,
    (settings, asked, shadowed): (&Settings, &Asked, &mut [u64]),
    out: &mut Vec<Verdict>,
) {
    let from = out.len();
    let left = asked.about(event.kind) & !event.skip;
    let (fired, added) = ask(left, (event, facts, &*account), (settings, shadowed), out);
    remember(event, facts, fired, settings, account);
    conclude(&mut out[from..], added, facts.now_s, settings, account);
}

/// Asks rules, a bit each, about an event. Which fired, and what they add to the risk of the account.
fn ask(
    mut left: u64,
    (event, facts, account): (&Event, &Facts, &Account),
    (settings, shadowed): (&Settings, &mut [u64]),
    out: &mut Vec<Verdict>,
) -> (Fired, f64) {
    let (mut fired, mut added) = (Fired::default(), 0.0);
    while left != 0 {
        let at = left.trailing_zeros() as usize;
        left &= left - 1;
        let (rule, own) = (&rules::ALL[at], &settings.rules[at]);
        let Some(hit) = (rule.check)(&Case { event, account, facts, parameters: &own.parameters }) else { continue };
        fired.0 |= 1 << at;
        if own.mode == Mode::Shadow {
            shadowed[at] += 1;
            continue;
        }
        added += hit.weight.unwrap_or(own.weight);
        let severity = severity_of(rule, own.severity, &hit);
        let (notice, evidence) = (rule.notice, hit.evidence);
        out.push(Verdict { rule: at, severity, score: 0.0, notice, evidence, held: None });
    }
    (fired, added)
}

/// What follows from the verdicts on an event.
fn conclude(verdicts: &mut [Verdict], added: f64, now_s: u32, settings: &Settings, account: &mut Account) {
    if verdicts.is_empty() {
        return;
    }
    if added > 0.0 {
        account.add_risk(now_s, added, RISK_HALF_LIFE_S);
    }
    // The score of a signal is of its event alone, so that it does not depend on the order of others: all that spoke
    // against it, as a number below one.
    let score = (1.0 - (-added / 4.0).exp()).clamp(0.0, 1.0);
    verdicts.iter_mut().for_each(|verdict| verdict.score = score);
    settle(verdicts, now_s, settings, account);
}

/// The severity of a hit: the operator's, unless the rule knows better and the operator left the default.
fn severity_of(rule: &Rule, configured: Severity, hit: &Hit) -> Severity {
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

/// The memory takes the event.
fn remember(event: &Event, facts: &Facts, fired: Fired, settings: &Settings, account: &mut Account) {
    let now_s = facts.now_s;
    if account.first_s == 0 || now_s < account.first_s {
        account.first_s = now_s;
    }
    if facts.idle_s > 30 * 86_400 {
        (account.woke_s, account.slept_days) = (now_s, (facts.idle_s / 86_400) as u16);
    }
    account.last_ms = account.last_ms.max(event.time_ms);
    match event.kind {
        Kind::Login => remember_login(event, facts, fired, account),
        Kind::Change(change) => remember_change(event, change, now_s, account),
        Kind::Bet | Kind::Win => remember_game(event, account),
        _ => remember_flow(event, facts, settings, account),
    }
    if let Some(before) = event.before {
        let before = before.as_f64();
        account.peaks[0].see(now_s, before, 3600);
        account.peaks[1].see(now_s, before, 86_400);
    }
}

/// What a login is remembered by when a rule fired on it.
const MARKS: [(usize, u16); 7] = [
    (place("impossible_travel"), login::TRAVEL),
    (place("atypical_travel"), login::TRAVEL),
    (place("rba_score"), login::UNLIKE),
    (place("login_fail_burst"), login::FAIL_BURST),
    (place("new_place"), login::NEW_PLACE),
    (place("anonymiser"), login::ANONYMISER),
    (COUNTRY_FLIP, login::FLIP),
];
const COUNTRY_FLIP: usize = place("country_flip");
const STRUCTURING: usize = place("structuring");

fn remember_login(event: &Event, facts: &Facts, fired: Fired, account: &mut Account) {
    let now_s = facts.now_s;
    let mut flags = MARKS.iter().filter(|(rule, _)| fired.has(*rule)).fold(0, |flags, (_, flag)| flags | flag);
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
        let earlier =
            account.lists().attempts.as_slice().iter().filter(|a| a.device == event.device && event.device.is_some());
        // Over a network where the account is at home it is most likely the holder's new phone.
        let strange = match own.settled_asn {
            true => login::NEW_DEVICE | login::LEARNT,
            false => login::NEW_DEVICE | login::NEW_ASN | login::NEW_COUNTRY | login::LEARNT,
        };
        flags |= earlier.fold(0, |all, a| all | a.flags) & strange;
    }
    account.lists_mut().attempts.insert(Login {
        time_s: now_s,
        device: event.device,
        session: half(event.session),
        flags,
    });
    if !event.success {
        return;
    }
    account.logins = account.logins.saturating_add(1);
    account.habits.log_in_at(now_s);
    let lists = account.lists_mut();
    for (things, key) in [(&mut lists.devices, event.device.0), (&mut lists.asns, event.place.asn)] {
        if key != 0 {
            things.see(Thing::new(key, now_s));
        }
    }
    for (things, key) in [(&mut lists.networks, event.network.0), (&mut lists.agents, event.agent.0)] {
        if key != 0 {
            things.see(Thing::new(key, now_s));
        }
    }
    if event.place.point.is_some() || event.place.country.is_some() {
        // A tenth of a degree is 11 km: what moves less is one place.
        let grid = |hundredths: i16| hundredths.div_euclid(10) * 10;
        let point = event.place.point.map(|p| Point { lat: grid(p.lat), lon: grid(p.lon) }).unwrap_or_default();
        let radius = facts::radius_units(event);
        let country = event.place.country.unwrap_or_default();
        lists.places.see(Spot { point, country, radius, count: 1, asn: event.place.asn, last_s: now_s });
    }
    if fired.has(COUNTRY_FLIP) {
        account.habits.flips = account.habits.flips.saturating_add(1);
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
    let Some(amount) = event.amount.map(|amount| amount.as_f64() as f32) else { return };
    let time_s = (event.time_ms / 1000) as u32;
    match (event.kind, event.status) {
        (Kind::Bet, Status::Done) => account.play.stake(time_s, amount),
        (Kind::Bet, Status::Reversed) => account.play.stake(time_s, -amount),
        _ => {}
    }
}

fn remember_flow(event: &Event, facts: &Facts, settings: &Settings, account: &mut Account) {
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
        (event.kind == Kind::Deposit, movement::DEPOSIT),
        (facts.flow.new_payee, movement::NEW_PAYEE),
        (event.bonus, movement::BONUS),
        (cash_out, movement::CASH_OUT),
    ] {
        flags |= if holds { flag } else { 0 };
    }
    let (payee, session) = (event.payee, half(event.session));
    account.lists_mut().movements.insert(Movement { time_s: now_s, amount: amount as f32, payee, session, flags });
    if !event.bonus {
        account.amounts[model_of(event.kind)].add(amount);
    }
    if event.kind.is_inflow() {
        remember_inflow(event, amount, now_s, account);
    } else {
        remember_outflow(event, facts, amount, account);
    }
    if near_threshold(settings, amount) && account.habits.near.day != today(now_s) {
        account.habits.near.again(60, now_s);
    }
}

fn near_threshold(settings: &Settings, amount: f64) -> bool {
    let [threshold, share, ..] = settings.rules[STRUCTURING].parameters;
    (share * threshold..threshold).contains(&amount)
}

fn remember_inflow(event: &Event, amount: f64, now_s: u32, account: &mut Account) {
    if event.kind != Kind::Deposit {
        return;
    }
    if now_s.saturating_sub(account.play.deposit_s) > 86_400 {
        // Stakes that it paid for may have come before it.
        [_, account.play] = account.play_at(now_s);
    }
    let play = &mut account.play;
    *(if event.bonus { &mut play.bonus } else { &mut play.deposited }) += amount as f32;
    play.deposit_s = play.deposit_s.max(now_s);
}

fn remember_outflow(event: &Event, facts: &Facts, amount: f64, account: &mut Account) {
    let now_s = facts.now_s;
    account.habits.outflows = account.habits.outflows.saturating_add(1);
    account.habits.cash_outs = account.habits.cash_outs.saturating_add(u16::from(facts.flow.ratio >= 0.9));
    account.decays.add(now_s, amount);
    if event.payee.is_some() {
        account.lists_mut().payees.see(Thing::new(event.payee.0, now_s));
    }
}

/// An earlier movement is undone: the last one of its size and direction does not count any more.
fn undo(event: &Event, amount: f64, account: &mut Account) {
    let out = event.kind.is_outflow();
    let same = |m: &&mut Movement| {
        (m.flags & movement::OUT != 0) == out && m.flags & movement::UNDONE == 0 && m.amount == amount as f32
    };
    if let Some(found) = account.lists_mut().movements.as_mut_slice().iter_mut().rev().find(same) {
        found.flags |= movement::UNDONE;
    }
}
