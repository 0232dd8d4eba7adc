//! Stories: what an account lives through, and which rules speak at its last event.

use std::sync::Arc;

use super::ALL;
use crate::signals::event::{AccountId, Change, Event, Kind, Point, Print, Status};
use crate::signals::money::Money;
use crate::signals::{Engine, Limits, MemoryStore, Mode, Names, Parts, Settings, Severity, Store, Taken, Verdict};

/// A day in the life of the tests.
const T0: i64 = 1_790_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

struct Nobody;

impl Names for Nobody {
    fn account(&mut self) -> String {
        "ac_1k1_x".to_owned()
    }
    fn event_id(&mut self) -> String {
        "e1".to_owned()
    }
    fn payee(&mut self) -> String {
        "py_1k1_x".to_owned()
    }
    fn place(&self) -> (String, i32, i64) {
        ("t".to_owned(), 0, 1)
    }
}

/// One account's life.
struct Story {
    engine: Engine,
    store: MemoryStore,
    now: i64,
    id: u32,
    balance: i64,
}

impl Story {
    fn with(settings: Settings) -> Story {
        let limits = Limits { ttl_ms: 400 * DAY, accounts: 10 };
        let store = MemoryStore::new(limits);
        Story { engine: Engine::new(Arc::new(settings)), store, now: T0, id: 0, balance: 1_000_000 }
    }

    /// A learnt account: twelve logins from one phone in Jakarta, some payouts to one bank.
    fn learnt() -> Story {
        let mut story = Story::with(Settings::default());
        for _ in 0..12 {
            story.after(DAY).login(|_| {});
            story.after(MINUTE).money(Kind::Deposit, 40_000, |e| e.payee = Print(70));
            story.after(MINUTE).money(Kind::Withdrawal, 30_000, |e| e.payee = Print(9));
        }
        story.finish();
        story.after(20 * HOUR);
        story
    }

    /// What was held back, when nothing more comes.
    fn finish(&mut self) -> Vec<Verdict> {
        let mut out = Vec::new();
        self.engine.finish(&mut self.store, &mut out);
        out
    }

    fn after(&mut self, ms: i64) -> &mut Story {
        self.now += ms;
        self
    }

    fn event(&mut self, kind: Kind) -> Event {
        self.id += 1;
        Event::new(kind, AccountId([1; 16]), self.now, self.id)
    }

    fn tell(&mut self, event: &Event) -> Vec<Verdict> {
        let mut out = Vec::new();
        assert_eq!(self.engine.on_event(event, &mut Nobody, &mut self.store, &mut out), Taken::Judged);
        out
    }

    fn login(&mut self, change: impl FnOnce(&mut Event)) -> Vec<Verdict> {
        let mut event = self.event(Kind::Login);
        (event.device, event.network, event.agent, event.session) = (Print(1), Print(2), Print(3), Print(self.id));
        event.place.asn = 7713;
        event.place.country = Some(*b"ID");
        event.place.point = Point::new(-6.2, 106.8);
        change(&mut event);
        self.tell(&event)
    }

    /// A stranger in Frankfurt.
    fn stranger(&mut self) -> Vec<Verdict> {
        self.login(|e| {
            (e.device, e.agent, e.network) = (Print(66), Print(67), Print(68));
            e.place.asn = 51_167;
            e.place.country = Some(*b"DE");
            e.place.point = Point::new(50.1, 8.7);
        })
    }

    fn money(&mut self, kind: Kind, amount: i64, change: impl FnOnce(&mut Event)) -> Vec<Verdict> {
        let sign = if matches!(kind, Kind::Deposit | Kind::Win | Kind::TransferIn) { 1 } else { -1 };
        let mut event = self.event(kind);
        let money = |n: i64| Some(Money(n * 1_000_000));
        (event.amount, event.before, event.after) =
            (money(amount), money(self.balance), money(self.balance + sign * amount));
        event.wallet = Print(5);
        change(&mut event);
        self.balance = event.after.map_or(self.balance, |after| after.0 / 1_000_000);
        self.tell(&event)
    }

    fn payout(&mut self, amount: i64, payee: u32) -> Vec<Verdict> {
        self.money(Kind::Withdrawal, amount, |e| e.payee = Print(payee))
    }
}

fn names(verdicts: &[Verdict]) -> Vec<&'static str> {
    verdicts.iter().map(|verdict| ALL[verdict.rule].name).collect()
}

fn severity(verdicts: &[Verdict], rule: &str) -> Option<Severity> {
    verdicts.iter().find(|verdict| ALL[verdict.rule].name == rule).map(|verdict| verdict.severity)
}

fn alerts(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| verdict.severity >= Severity::High).count()
}

#[test]
fn names_and_parameters_are_unique_and_fit() {
    for (i, rule) in ALL.iter().enumerate() {
        assert!(rule.parameters.len() <= super::PARAMETERS_MAX, "{rule:?}");
        assert_eq!(super::find(rule.name), Some(i), "{rule:?} is there twice");
        assert!(rule.weight > 0.0 && !rule.name.is_empty(), "{rule:?}");
    }
}

#[test]
fn an_ordinary_day_tells_nothing() {
    let mut story = Story::learnt();
    assert_eq!(names(&story.login(|_| {})), [""; 0]);
    assert_eq!(names(&story.after(MINUTE).payout(30_000, 9)), [""; 0]);
}

#[test]
fn a_stranger_far_away_is_impossible_travel_and_one_alert() {
    let mut story = Story::learnt();
    story.login(|_| {});
    let verdicts = story.after(HOUR).stranger();
    for rule in ["new_device", "new_asn", "new_country", "new_place", "impossible_travel", "atypical_travel"] {
        assert!(names(&verdicts).contains(&rule), "{rule}: {:?}", names(&verdicts));
    }
    for rule in ["new_device_asn", "new_device_country", "rba_score"] {
        assert!(names(&verdicts).contains(&rule), "{rule}: {:?}", names(&verdicts));
    }
    assert_eq!(alerts(&verdicts), 1);
    let drained = story.after(10 * MINUTE).payout(900_000, 77);
    assert_eq!(severity(&drained, "ato_drain"), Some(Severity::Critical), "graver than before, so it is told");
    let again = story.after(10 * MINUTE).payout(50_000, 77);
    assert_eq!(alerts(&again), 0, "one incident is one alert: {:?}", names(&again));
}

#[test]
fn a_known_device_a_known_network_or_a_slow_journey_hold_travel_back() {
    let far = |e: &mut Event| (e.place.point, e.place.country) = (Point::new(50.1, 8.7), Some(*b"DE"));
    for (hours, asn, device) in [(1, 7713, 66), (1, 51_167, 1), (40, 51_167, 66)] {
        let mut story = Story::learnt();
        story.login(|_| {});
        let verdicts = story.after(hours * HOUR).login(|e| {
            far(e);
            (e.place.asn, e.device) = (asn, Print(device));
        });
        assert_eq!(severity(&verdicts, "impossible_travel"), None, "{hours} h, AS{asn}, device {device}");
    }
    let mut story = Story::learnt();
    story.login(|_| {});
    let trusted = story.after(HOUR).login(|e| {
        far(e);
        (e.place.asn, e.device, e.trusted) = (51_167, Print(66), true);
    });
    assert_eq!(alerts(&trusted), 0);
}

#[test]
fn what_is_new_tells_little_of_an_account_that_is_not_learnt() {
    let mut story = Story::with(Settings::default());
    story.login(|_| {});
    assert_eq!(names(&story.after(HOUR).stranger()), ["country_flip"; 0]);
}

#[test]
fn guessed_passwords_alert_mistyped_ones_do_not() {
    let mut story = Story::learnt();
    for _ in 0..5 {
        story.after(MINUTE).login(|e| (e.success, e.device, e.place.asn) = (false, Print(66), 99));
    }
    let verdicts = story.after(MINUTE).login(|e| (e.device, e.place.asn) = (Print(66), 99));
    assert_eq!(severity(&verdicts, "login_fail_burst"), Some(Severity::High));
    let mut story = Story::learnt();
    (0..5).for_each(|_| drop(story.after(MINUTE).login(|e| e.success = false)));
    assert_eq!(severity(&story.after(MINUTE).login(|_| {}), "login_fail_burst"), None);
}

#[test]
fn changed_locks_then_money_is_a_takeover() {
    let mut story = Story::learnt();
    story.login(|e| e.device = Print(66));
    let session = Print(story.id);
    let mut change = story.after(MINUTE).event(Kind::Change(Change::Payout));
    (change.payee, change.session) = (Print(77), session);
    story.tell(&change);
    let verdicts =
        story.after(MINUTE).money(Kind::Withdrawal, 900_000, |e| (e.payee, e.session) = (Print(77), session));
    assert_eq!(severity(&verdicts, "ato_change"), Some(Severity::Critical), "{:?}", names(&verdicts));
}

#[test]
fn a_drain_in_pieces_from_the_own_device_is_suspicious() {
    let mut story = Story::learnt();
    story.login(|_| {});
    let mut all = Vec::new();
    (0..4).for_each(|_| all.extend(story.after(15 * MINUTE).payout(240_000, 77)));
    all.extend(story.finish());
    assert_eq!(alerts(&all), 1, "{:?}", names(&all));
    assert_eq!(severity(&all, "suspicious_outflow"), Some(Severity::High));
    assert!(names(&all).contains(&"cumulative_drain") && names(&all).contains(&"velocity"));
}

#[test]
fn who_waits_for_nothing_holds_nothing_back() {
    let mut story = Story::learnt();
    story.money(Kind::Bet, 1_000, |_| {});
    story.money(Kind::Deposit, 5_000, |_| {});
    // An account that holds something back does not become cold.
    assert_eq!(story.store.account(AccountId([1; 16]), story.now, Parts::All).pending, None);
}

#[test]
fn balances_must_add_up_exactly() {
    let mut story = Story::learnt();
    let wrong = |e: &mut Event| e.after = e.after.and_then(|after| after.plus(Money(500_000_000_000)));
    assert_eq!(severity(&story.money(Kind::Bet, 1_000, wrong), "balance_invariant"), Some(Severity::High));
    let mut story = Story::learnt();
    let rounded = |e: &mut Event| e.after = e.after.and_then(|after| after.plus(Money(900_000)));
    assert_eq!(severity(&story.money(Kind::Bet, 1_000, rounded), "balance_invariant"), None);
    let open = |e: &mut Event| (e.after, e.status) = (e.before, Status::Pending);
    assert_eq!(severity(&story.money(Kind::Withdrawal, 1_000, open), "balance_invariant"), None);
}

#[test]
fn a_gap_waits_for_late_events_and_alerts_when_none_comes() {
    for closes in [true, false] {
        let mut story = Story::learnt();
        let before = story.balance;
        let late = story.event(Kind::Deposit);
        story.balance += 400_000;
        let now = story.after(MINUTE).payout(1_000_000, 9);
        assert_eq!(severity(&now, "balance_continuity"), None, "it is held back");
        if closes {
            let mut late = Event { time_ms: story.now - 30_000, ..late };
            late.wallet = Print(5);
            late.amount = Some(Money(400_000_000_000));
            (late.before, late.after) = (Some(Money(before * 1_000_000)), Some(Money((before + 400_000) * 1_000_000)));
            story.tell(&late);
        }
        let holds_back = |story: &mut Story| {
            let pending = &story.store.account(AccountId([1; 16]), story.now, Parts::All).pending;
            pending.as_ref().is_some_and(|pending| pending.gap.is_some())
        };
        assert_eq!(holds_back(&mut story), !closes);
        let later = story.after(13 * HOUR).login(|_| {});
        let expected = if closes { None } else { Some(Severity::High) };
        assert_eq!(severity(&later, "balance_continuity"), expected);
        let held = later.iter().find(|verdict| ALL[verdict.rule].name == "balance_continuity");
        let held = held.and_then(|verdict| verdict.held.as_deref());
        assert_eq!(held.map(|held| held.origin.names()[1]), (!closes).then_some("e1"));
    }
}

#[test]
fn amounts_below_the_threshold_again_and_again_are_structuring() {
    let mut story = Story::learnt();
    story.balance = 50_000_000;
    let first = story.payout(9_800_000, 9);
    assert!(names(&first).contains(&"amount_outlier") && !names(&first).contains(&"structuring"));
    story.after(HOUR).payout(9_700_000, 9);
    let third = story.after(HOUR).payout(9_900_000, 9);
    assert_eq!(severity(&third, "structuring"), Some(Severity::High));
}

#[test]
fn a_station_for_money_is_a_mule_and_unplayed_bonuses_are_abuse() {
    let mut story = Story::learnt();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.extend(story.after(5 * HOUR).money(Kind::TransferIn, 3_000_000, |e| e.payee = Print(200 + e.id)));
        all.extend(story.after(10 * MINUTE).payout(2_900_000, 77));
    }
    all.extend(story.finish());
    assert_eq!(severity(&all, "pass_through"), Some(Severity::Low), "once is impatience");
    assert!(all.iter().any(|v| ALL[v.rule].name == "pass_through" && v.severity == Severity::High));
    let mut story = Story::learnt();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(story.after(5 * HOUR).money(Kind::Deposit, 500_000, |_| {}));
        story.after(MINUTE).money(Kind::Deposit, 500_000, |e| e.bonus = true);
        story.after(MINUTE).money(Kind::Bet, 40_000, |_| {});
        all.extend(story.after(90 * MINUTE).payout(950_000, 9));
    }
    all.extend(story.finish());
    assert_eq!(all.iter().filter(|v| ALL[v.rule].name == "minimal_play" && v.severity == Severity::High).count(), 1);
}

#[test]
fn what_is_late_by_minutes_changes_no_verdict_on_an_outflow() {
    let lived = |late: &[usize]| {
        let mut story = Story::learnt();
        let mut told = Vec::new();
        let mut held_up = Vec::new();
        let mut tell = |story: &mut Story, at: usize, kind: Kind, amount: i64, payee: u32| {
            story.after(2 * MINUTE);
            let mut event = story.event(kind);
            (event.amount, event.payee, event.wallet) = (Some(Money(amount * 1_000_000)), Print(payee), Print(5));
            (event.before, event.after) = (None, None);
            if late.contains(&at) { held_up.push(event) } else { told.extend(story.tell(&event)) }
        };
        tell(&mut story, 0, Kind::Bet, 500_000, 0);
        tell(&mut story, 1, Kind::TransferIn, 3_000_000, 200);
        tell(&mut story, 2, Kind::Withdrawal, 2_900_000, 77);
        tell(&mut story, 3, Kind::Bet, 50_000, 0);
        held_up.iter().for_each(|event| told.extend(story.tell(event)));
        assert!(told.iter().all(|verdict| !ALL[verdict.rule].waits), "nothing is told before the watermark has come");
        told.extend(story.after(11 * MINUTE).login(|_| {}));
        let of = |verdict: &Verdict| (ALL[verdict.rule].name, verdict.severity, verdict.evidence);
        let mut told: Vec<_> = told.iter().filter(|verdict| verdict.held.is_some()).map(of).collect();
        told.sort_unstable_by_key(|verdict| verdict.0);
        told
    };
    let in_order = lived(&[]);
    assert!(in_order.iter().any(|verdict| verdict.0 == "pass_through"), "{in_order:?}");
    for late in [&[0][..], &[1], &[2], &[3], &[0, 1], &[1, 2], &[0, 3]] {
        assert_eq!(lived(late), in_order, "late: {late:?}");
    }
}

#[test]
fn who_comes_back_after_months_is_told_apart() {
    let mut story = Story::learnt();
    story.after(100 * DAY).login(|_| {});
    let verdicts = story.after(MINUTE).payout(1_100_000, 9);
    assert_eq!(severity(&verdicts, "dormant_return"), Some(Severity::Medium));
    assert!(names(&verdicts).contains(&"drain"));
    let mut story = Story::learnt();
    story.after(100 * DAY).login(|_| {});
    assert_eq!(severity(&story.after(MINUTE).payout(1_000, 9), "dormant_return"), None, "a small amount");
}

#[test]
fn rules_can_be_off_or_in_shadow_and_redelivered_events_change_nothing() {
    for mode in [Mode::Off, Mode::Shadow] {
        let mut settings = Settings::default();
        settings.rules.iter_mut().for_each(|rule| rule.mode = mode);
        let mut story = Story::learnt();
        story.engine = Engine::new(Arc::new(settings));
        assert_eq!(story.stranger().len(), 0);
        let shadowed: u64 = story.engine.take_shadowed().iter().sum();
        assert_eq!(shadowed > 0, mode == Mode::Shadow);
    }
    let mut story = Story::learnt();
    let event = story.event(Kind::Login);
    story.tell(&event);
    let mut out = Vec::new();
    assert_eq!(story.engine.on_event(&event, &mut Nobody, &mut story.store, &mut out), Taken::Duplicate);
}

#[test]
fn an_erased_account_is_forgotten() {
    let mut story = Story::learnt();
    let erase = story.event(Kind::Erase);
    let mut out = Vec::new();
    assert_eq!(story.engine.on_event(&erase, &mut Nobody, &mut story.store, &mut out), Taken::Erased);
    assert_eq!(story.store.stats().accounts, 0);
    // What it held back does not bring it back.
    let mut story = Story::learnt();
    story.after(MINUTE).payout(500_000, 77);
    let erase = story.after(MINUTE).event(Kind::Erase);
    assert_eq!(story.engine.on_event(&erase, &mut Nobody, &mut story.store, &mut out), Taken::Erased);
    assert!(story.finish().is_empty());
    assert_eq!(story.store.stats().accounts, 0);
}
