//! What is remembered of one account: a fixed size when hot, a short encoding for the changelog and for cold accounts.
//!
//! All of it is numbers, times and keyed fingerprints. What rules conclude is not in here, only what happened.

use super::event::{Point, Print};
use super::ids::{IdRing, KEPT_S};
use super::models::{Decays, LogModel, Peak};
use super::money::Money;
use super::pending::Pending;
use super::recent::{Known, Recent, Seen, Timed};

/// Bits of [`Login::flags`].
pub mod login {
    /// It succeeded.
    pub const SUCCESS: u16 = 1;
    /// The device was not known.
    pub const NEW_DEVICE: u16 = 1 << 1;
    /// The ASN was not known.
    pub const NEW_ASN: u16 = 1 << 2;
    /// The country was not known.
    pub const NEW_COUNTRY: u16 = 1 << 3;
    /// Faster than any aircraft from where the account was.
    pub const TRAVEL: u16 = 1 << 4;
    /// It came after a burst of failures from an unknown device.
    pub const FAIL_BURST: u16 = 1 << 5;
    /// Far from every known place.
    pub const NEW_PLACE: u16 = 1 << 6;
    /// From a network that hides its users.
    pub const ANONYMISER: u16 = 1 << 7;
    /// The account was learnt when it happened: what is new means something.
    pub const LEARNT: u16 = 1 << 8;
    /// Unlike the holder by the risk-based score.
    pub const UNLIKE: u16 = 1 << 9;
    /// The rule of a login in two countries within minutes fired.
    pub const FLIP: u16 = 1 << 10;
    /// A password was guessed, from this device, just before.
    pub const GUESSED: u16 = 1 << 11;
}

/// Bits of [`Movement::flags`].
pub mod movement {
    /// Out of the account, games aside.
    pub const OUT: u16 = 1;
    /// A withdrawal rather than a transfer.
    pub const EXTERNAL: u16 = 1 << 1;
    /// The payee was not known.
    pub const NEW_PAYEE: u16 = 1 << 2;
    /// A bonus of the house.
    pub const BONUS: u16 = 1 << 3;
    /// It took nearly all of the balance.
    pub const CASH_OUT: u16 = 1 << 4;
    /// It was undone.
    pub const UNDONE: u16 = 1 << 5;
    /// A deposit rather than a transfer.
    pub const DEPOSIT: u16 = 1 << 6;
}

/// A place that logins came from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spot {
    /// Where, on a grid of a tenth of a degree.
    pub point: Point,
    /// Its country; zeros: unknown.
    pub country: [u8; 2],
    /// Error radius in units of 4 km.
    pub radius: u8,
    /// Number of logins.
    pub count: u8,
    /// ASN of the last login from there.
    pub asn: u32,
    /// Seen last, in seconds since 1970.
    pub last_s: u32,
}

impl Seen for Spot {
    fn same(&self, other: &Spot) -> bool {
        self.point == other.point && self.country == other.country
    }
    fn last(&self) -> u32 {
        self.last_s
    }
    fn count(&self) -> u8 {
        self.count
    }
    fn again(&mut self, other: &Spot) {
        if other.last_s >= self.last_s {
            (self.last_s, self.asn, self.radius) = (other.last_s, other.asn, other.radius);
        }
        self.count = self.count.saturating_add(other.count);
    }
}

/// Something that is recognised by a number: a device, an ASN, a payee, a network, a user agent. Its key has 24 bits: of
/// six known things an unknown one is taken for known once in three million times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thing {
    /// Which.
    pub key: [u8; 3],
    /// How often.
    pub count: u8,
    /// Day on which it was seen last, counted from 1970.
    pub last_day: u16,
    /// Day on which it was seen first.
    pub first_day: u16,
}

impl Thing {
    /// A first sight.
    pub fn new(key: u32, time_s: u32) -> Thing {
        let day = today(time_s);
        // Small numbers (ASNs) and hashes alike: the mixed upper bits.
        let [a, b, c, _] = key.wrapping_mul(0x9e37_79b1).to_be_bytes();
        Thing { key: [a, b, c], count: 1, last_day: day, first_day: day }
    }
}

impl Seen for Thing {
    fn same(&self, other: &Thing) -> bool {
        self.key == other.key
    }
    fn last(&self) -> u32 {
        u32::from(self.last_day)
    }
    fn count(&self) -> u8 {
        self.count
    }
    fn again(&mut self, other: &Thing) {
        self.last_day = self.last_day.max(other.last_day);
        self.first_day = self.first_day.min(other.first_day);
        self.count = self.count.saturating_add(other.count);
    }
}

/// One attempt to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Login {
    /// When, in seconds since 1970.
    pub time_s: u32,
    /// Device.
    pub device: Print,
    /// Half of the session's fingerprint; 0: unknown.
    pub session: u16,
    /// See [`login`].
    pub flags: u16,
}

impl Timed for Login {
    fn time_s(&self) -> u32 {
        self.time_s
    }
}

/// One movement of money, games aside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Movement {
    /// When, in seconds since 1970.
    pub time_s: u32,
    /// How much.
    pub amount: f32,
    /// To whom or from whom.
    pub payee: Print,
    /// Half of the session's fingerprint; 0: unknown.
    pub session: u16,
    /// See [`movement`].
    pub flags: u16,
}

impl Timed for Movement {
    fn time_s(&self) -> u32 {
        self.time_s
    }
}

/// The balance of one wallet in one currency, as a chain of movements whose order of arrival does not matter.
///
/// If no movement is missing, the newest balance is the first one plus all that was booked since. So the difference of
/// the two is what is missing, however late and in whatever order the movements come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance {
    /// Which wallet and currency.
    pub key: u32,
    /// First movement that is known, in seconds since 1970: what happened before it belongs to no chain.
    pub since_s: u32,
    /// Newest movement, ms since 1970: order within a second matters here.
    pub time_ms: i64,
    /// Balance after the newest movement.
    pub after: Money,
    /// The first balance plus everything booked since.
    pub expected: Money,
}

impl Balance {
    /// What the newest balance has that no movement explains; negative: what is missing.
    pub fn unexplained(&self) -> Money {
        self.after.minus(self.expected).unwrap_or(Money(0))
    }
}

/// When what protects the account was changed last; 0: never. Seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Changes {
    /// The password.
    pub password_s: u32,
    /// Where money is paid out to.
    pub payout_s: u32,
    /// E-mail, phone.
    pub contact_s: u32,
    /// The payee that payouts were turned to.
    pub payee: Print,
    /// Half of the session that did it.
    pub session: u16,
}

/// What the account is used to do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Habits {
    /// Outflows.
    pub outflows: u16,
    /// Outflows that took nearly all of the balance.
    pub cash_outs: u16,
    /// Days with amounts just below the threshold of structuring, before the last of them.
    pub near: Times,
    /// Logins from another country within minutes.
    pub flips: u8,
    /// Outflows of money that had just come in.
    pub passed: Times,
    /// Withdrawals of bonuses that were not played with.
    pub bonus_outs: Times,
    /// Successful logins by time of day, in eighths of a day (UTC); up to 15 each, so that they take four bytes.
    pub hours: [u8; HOURS],
}

/// Parts of a day that are told apart.
pub const HOURS: usize = 8;
/// Most logins that are counted in one of them.
pub const HOUR_MAX: u8 = 15;

impl Habits {
    /// Counts a login at its time of day. When a count is full all are halved: habits change.
    pub fn log_in_at(&mut self, now_s: u32) {
        let at = hour_of(now_s);
        if self.hours[at] == HOUR_MAX {
            self.hours.iter_mut().for_each(|count| *count /= 2);
        }
        self.hours[at] += 1;
    }

    /// How unusual a time of day is: the logarithm of "anybody at any time" over the account's own share, smoothed with
    /// the neighbouring parts. `None`: fewer than `least` logins are known.
    pub fn unlike_hour(&self, now_s: u32, least: u32) -> Option<f64> {
        let total: u32 = self.hours.iter().map(|&count| u32::from(count)).sum();
        let count = |at: usize| f64::from(self.hours[at % HOURS]);
        let at = hour_of(now_s);
        let own = 0.5 * count(at) + 0.25 * (count(at + 1) + count(at + HOURS - 1));
        (total >= least).then(|| ((f64::from(total) + 4.0) / HOURS as f64 / (own + 0.5)).ln())
    }
}

fn hour_of(now_s: u32) -> usize {
    (now_s % 86_400) as usize * HOURS / 86_400
}

/// How often something happened, and on which day last (counted from 1970).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    /// How often.
    pub count: u8,
    /// Last day.
    pub day: u16,
}

impl Times {
    /// How often, if the last time was at most `days` ago; else 0.
    pub fn within(self, days: u16, now_s: u32) -> u8 {
        if today(now_s).saturating_sub(self.day) <= days { self.count } else { 0 }
    }

    /// Once more; what was more than `days` ago does not count any more.
    pub fn again(&mut self, days: u16, now_s: u32) {
        *self = Times { count: self.within(days, now_s).saturating_add(1), day: self.day.max(today(now_s)) };
    }
}

/// Days since 1970.
pub fn today(now_s: u32) -> u16 {
    (now_s / 86_400) as u16
}

/// Stakes and what they were paid with, since the last pause of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Play {
    /// When money came in last, in seconds since 1970.
    pub deposit_s: u32,
    /// Money of the player that came in.
    pub deposited: f32,
    /// Bonuses that came in.
    pub bonus: f32,
    /// Stakes.
    pub wagered: f32,
    /// The last of these stakes, by slices of two minutes: what came after a moment can be told from what came before.
    pub slices: [f32; SLICES],
    /// Number of the newest slice, counted from 1970.
    pub slice: u32,
}

/// Length of a slice of stakes, in seconds.
const SLICE_S: u32 = 120;
/// Slices that are told apart: together longer than the usual lateness.
pub const SLICES: usize = 6;

impl Play {
    /// Takes a stake, or takes one back where it is below zero.
    pub fn stake(&mut self, time_s: u32, amount: f32) {
        let slice = time_s / SLICE_S;
        self.wagered = (self.wagered + amount).max(0.0);
        let gone = slice.saturating_sub(self.slice).min(SLICES as u32);
        (0..gone).for_each(|back| self.slices[at(slice - back)] = 0.0);
        self.slice = self.slice.max(slice);
        if self.slice - slice < SLICES as u32 {
            self.slices[at(slice)] += amount;
        }
    }

    /// Stakes after a moment. Those of its own slice count as before it.
    fn staked_after(&self, time_s: u32) -> f32 {
        let oldest = self.slice.saturating_sub(SLICES as u32 - 1);
        let later = oldest.max(time_s / SLICE_S + 1)..=self.slice;
        later.map(|slice| self.slices[at(slice)]).sum()
    }
}

/// The place of a slice.
fn at(slice: u32) -> usize {
    slice as usize % SLICES
}

/// All that is remembered of one account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Newest event, ms since 1970.
    pub last_ms: i64,
    /// Touched since it was cooled: there may be something in it that only matters within a day.
    pub hot: bool,
    /// First event, in seconds since 1970.
    pub first_s: u32,
    /// Successful logins.
    pub logins: u16,
    /// Last alert, in seconds since 1970; 0: never.
    pub alerted_s: u32,
    /// Rank of the last alert's severity.
    pub alerted_rank: u8,
    /// Rules that alerted lately, by their place in the table.
    pub alerted_rules: u32,
    /// Risk (evidence that has not faded yet), at `risk_s`.
    pub risk: f32,
    /// When `risk` was computed, in seconds since 1970.
    pub risk_s: u32,
    /// When the account came back after a long time, in seconds since 1970.
    pub woke_s: u32,
    /// How many days it had been idle then.
    pub slept_days: u16,
    /// Protection.
    pub changes: Changes,
    /// Habits.
    pub habits: Habits,
    /// Play.
    pub play: Play,
    /// See [`Account::lists`].
    pub(super) lists: Lists,
    /// The lists stand in the account's encoding and were not read from it: what `lists` holds means nothing.
    pub(super) unread: bool,
    /// Sizes of amounts: deposit, withdrawal, transfer in, transfer out.
    pub amounts: [LogModel; 4],
    /// Number and sum of outflows, fading.
    pub decays: Decays,
    /// Greatest balance of the last hour and of the last day.
    pub peaks: [Peak; 2],
    /// Balances by wallet and currency.
    pub balances: [Balance; 2],
    /// Ids of the last events.
    pub ids: IdRing,
    /// What is held back until late events can have arrived.
    pub pending: Option<Box<Pending>>,
}

/// What logins and movements of money are compared with. Rounds of games, which most events are, are not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    /// Places of logins.
    pub places: Known<Spot, 8>,
    /// Devices.
    pub devices: Known<Thing, 6>,
    /// ASNs.
    pub asns: Known<Thing, 6>,
    /// Networks of addresses (/24, /48).
    pub networks: Known<Thing, 3>,
    /// User agents.
    pub agents: Known<Thing, 3>,
    /// Where money went to.
    pub payees: Known<Thing, 8>,
    /// Attempts to log in.
    pub attempts: Recent<Login, 8>,
    /// Movements of money.
    pub movements: Recent<Movement, 16>,
}

/// How much of an account an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// All of it.
    All,
    /// All but its [`Lists`].
    NoLists,
}

/// An account is cold when it was not touched for this long, in event time.
pub const COLD_AFTER_MS: i64 = super::time::DAY_MS;

impl Account {
    /// Brings an account to the time of an event: after a day without any, what only mattered within the day goes. Done
    /// by the clock of the events, so that it does not matter when a store really moves an account out.
    pub fn wake(&mut self, now_ms: i64) {
        if self.cools_at(now_ms) {
            self.cool();
        }
        self.hot = true;
    }

    /// Whether there is anything to drop when an event of this time wakes it. One that is not hot was cooled already.
    pub(super) fn cools_at(&self, now_ms: i64) -> bool {
        self.hot && self.last_ms != 0 && now_ms - self.last_ms > COLD_AFTER_MS
    }

    /// What logins and movements of money are compared with. Only for events that ask for [`Parts::All`].
    pub fn lists(&self) -> &Lists {
        assert!(!self.unread, "invariant: whoever looks at the lists has asked for them");
        &self.lists
    }

    /// The same, to change.
    pub fn lists_mut(&mut self) -> &mut Lists {
        assert!(!self.unread, "invariant: whoever changes the lists has asked for them");
        &mut self.lists
    }

    /// Drops what only matters within a day. Doing it twice changes nothing.
    pub fn cool(&mut self) {
        self.hot = false;
        self.ids.clear();
        let lists = self.lists_mut();
        lists.movements.keep(0);
        lists.attempts.keep(0);
        lists.places.keep(4);
        lists.asns.keep(4);
        lists.networks.keep(1);
        lists.agents.keep(1);
        lists.payees.keep(4);
        self.balances.iter_mut().for_each(|balance| balance.since_s = 0);
        self.decays.cool();
        self.amounts.iter_mut().for_each(LogModel::coarsen);
        (self.peaks, self.play, self.changes) = Default::default();
        (self.alerted_s, self.alerted_rank, self.alerted_rules) = Default::default();
        (self.risk_s, self.risk) = Default::default();
    }

    /// Whether the account is learnt: 14 days or 10 successful logins.
    pub fn is_learnt(&self, now_s: u32, days: f64, logins: f64) -> bool {
        let age_days = f64::from(now_s.saturating_sub(self.first_s)) / 86_400.0;
        self.first_s != 0 && (age_days >= days || f64::from(self.logins) >= logins)
    }

    /// The balance of a wallet.
    pub fn balance(&self, wallet: Print) -> Option<&Balance> {
        self.balances.iter().find(|balance| balance.key == wallet.0 && balance.time_ms != 0)
    }

    /// Risk at `now_s`: it fades by half every `half_life_s`.
    pub fn risk_at(&self, now_s: u32, half_life_s: f64) -> f64 {
        let age = f64::from(now_s.saturating_sub(self.risk_s));
        f64::from(self.risk) * (-age / half_life_s * std::f64::consts::LN_2).exp()
    }

    /// Adds evidence.
    pub fn add_risk(&mut self, now_s: u32, weight: f64, half_life_s: f64) {
        let late = f64::from(self.risk_s.saturating_sub(now_s));
        let weight = weight * (-late / half_life_s * std::f64::consts::LN_2).exp();
        let at = self.risk_s.max(now_s);
        self.risk = (self.risk_at(at, half_life_s) + weight) as f32;
        self.risk_s = at;
    }

    /// Stakes and what they were paid with, as they were up to a moment and as they are since. What is not among the last
    /// movements and slices any more counts as before it.
    pub fn play_at(&self, now_s: u32) -> [Play; 2] {
        let mut since = Play { wagered: self.play.staked_after(now_s), ..Play::default() };
        let deposits = self.lists().movements.between(now_s.saturating_add(1), u32::MAX);
        for deposit in deposits.filter(|m| m.flags & movement::DEPOSIT != 0) {
            *(if deposit.flags & movement::BONUS != 0 { &mut since.bonus } else { &mut since.deposited }) +=
                deposit.amount;
            since.deposit_s = deposit.time_s;
        }
        (since.slices, since.slice) = (self.play.slices, self.play.slice);
        let until = Play {
            deposit_s: self.play.deposit_s.min(now_s),
            deposited: (self.play.deposited - since.deposited).max(0.0),
            bonus: (self.play.bonus - since.bonus).max(0.0),
            wagered: (self.play.wagered - since.wagered).max(0.0),
            ..self.play
        };
        [until, since]
    }

    /// The login of a session, or the last successful one at or before `now_s` and not older than `within_s`.
    pub fn login_of(&self, session: u16, now_s: u32, within_s: u32) -> Option<&Login> {
        let mut recent = self.lists().attempts.between(now_s.saturating_sub(within_s), now_s).rev();
        let good = |login: &&Login| login.flags & login::SUCCESS != 0;
        if session != 0
            && let Some(found) =
                self.lists().attempts.as_slice().iter().filter(good).find(|login| login.session == session)
        {
            return Some(found);
        }
        recent.find(good)
    }

    /// Every wallet's balance that is known, in total: what could be taken.
    pub fn note_balance(&mut self, key: u32, time_ms: i64, before: Money, after: Money) -> Money {
        let at = self.balances.iter().position(|balance| balance.key == key && balance.time_ms != 0);
        let at = at.unwrap_or_else(|| usize::from(self.balances[0].time_ms > self.balances[1].time_ms));
        let balance = &mut self.balances[at];
        if balance.key != key || balance.time_ms == 0 {
            *balance = Balance { key, since_s: (time_ms / 1000) as u32, time_ms, after, expected: after };
            return Money(0);
        }
        if time_ms / 1000 < i64::from(balance.since_s) {
            return Money(0);
        }
        let was = balance.unexplained();
        let delta = after.minus(before).unwrap_or(Money(0));
        let expected = balance.expected.plus(delta).unwrap_or(after);
        // Later than ids are known, it may be a redelivery: it is believed where it explains something.
        let old = balance.time_ms - time_ms > i64::from(KEPT_S) * 1000;
        if old && balance.after.minus(expected).is_none_or(|left| left.0.saturating_abs() >= was.0.saturating_abs()) {
            return Money(0);
        }
        balance.expected = expected;
        // Two movements of one millisecond: the one that begins where the other ends is the later one.
        let newer = time_ms > balance.time_ms || time_ms == balance.time_ms && before == balance.after;
        if newer {
            (balance.time_ms, balance.after) = (time_ms, after);
        }
        balance.unexplained().minus(was).unwrap_or(Money(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hot_account_takes_1300_bytes_at_most() {
        let bytes = size_of::<Account>();
        assert!(bytes <= 1300, "{bytes} bytes");
    }

    #[test]
    fn cooling_twice_is_cooling_once() {
        let mut account = Account { last_ms: 1_000, ..Account::default() };
        (0..12).for_each(|i| account.lists.payees.see(Thing::new(i + 1, i)));
        account.wake(1_000 + COLD_AFTER_MS);
        assert_eq!(account.lists.payees.as_slice().len(), 8, "a day is not over yet");
        account.wake(1_001 + COLD_AFTER_MS);
        assert!(account.hot, "whoever wakes it is about to touch it");
        account.cool();
        let once = account.clone();
        account.cool();
        assert_eq!(account, once);
        assert_eq!(account.lists.payees.as_slice().len(), 4);
    }

    #[test]
    fn risk_fades_and_late_evidence_counts_for_less() {
        let mut account = Account::default();
        account.add_risk(1000, 1.0, 3600.0);
        assert!((account.risk_at(4600, 3600.0) - 0.5).abs() < 1e-6);
        let mut reversed = Account::default();
        account.add_risk(4600, 1.0, 3600.0);
        reversed.add_risk(4600, 1.0, 3600.0);
        reversed.add_risk(1000, 1.0, 3600.0);
        assert!((account.risk - reversed.risk).abs() < 1e-6, "the order does not matter");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_chain_of_balances_closes_in_any_order(
            deltas in prop::collection::vec(1i64..1000, 2..20), seed: u64, missing: prop::sample::Index
        ) {
            let mut balance = 5_000;
            let chain: Vec<(i64, i64, i64)> = deltas.iter().enumerate().map(|(i, delta)| {
                let before = balance;
                balance += delta;
                (1_000 + i as i64, before, balance)
            }).collect();
            let gone = 1 + missing.index(chain.len() - 1);
            let mut order: Vec<usize> = (1..chain.len()).collect();
            fastrand::Rng::with_seed(seed).shuffle(&mut order);
            let mut account = Account::default();
            let mut note = |i: usize| account.note_balance(7, chain[i].0, Money(chain[i].1), Money(chain[i].2));
            note(0);
            order.iter().filter(|&&i| i != gone).for_each(|&i| { note(i); });
            let expected = if gone + 1 == chain.len() { 0 } else { deltas[gone] };
            prop_assert_eq!(account.balance(Print(7)).map(|b| b.unexplained().0), Some(expected));
            account.note_balance(7, chain[gone].0, Money(chain[gone].1), Money(chain[gone].2));
            prop_assert_eq!(account.balance(Print(7)).map(|b| b.unexplained()), Some(Money(0)));
        }
    }
}
