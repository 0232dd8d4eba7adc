//! The encoding of an account for the changelog and for cold accounts: a version byte, then numbers of variable length.
//!
//! Decoding checks everything: a record that is cut, damaged or of a newer version is an error, never an empty account.

use super::account::{Account, Balance, Changes, Habits, Login, Movement, Play, Spot, Thing, Times};
use super::event::{Point, Print};
use super::ids::IdRing;
use super::models::{Decays, LogModel, Peak};
use super::money::Money;
use super::pending::Pending;
use super::recent::{Known, Recent, Seen, Timed};

/// Version of the encoding. A change of the layout raises it: what an older program wrote is then refused, not guessed.
///
/// 2: hours, days of habits and rules that alerted; stakes have no model of their own.
pub const VERSION: u8 = 2;

/// Why bytes are no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer version of this program.
    #[error("account state has version {0}, this program reads up to {VERSION}; go back to the newer program")]
    Version(u8),
    /// Written by an older version of this program, in another layout.
    #[error("account state has version {0}, this program reads {VERSION}; go on with the older program, or begin anew")]
    Older(u8),
    /// Cut or damaged.
    #[error("account state is damaged")]
    Damaged,
}

/// Appends the encoding of an account.
pub fn encode(account: &Account, out: &mut Vec<u8>) {
    out.push(VERSION);
    let mut w = Writer { out, base_s: (account.last_ms / 1000).clamp(0, i64::from(u32::MAX)) as u32 };
    w.int(account.last_ms);
    w.time(account.first_s);
    w.num(account.logins);
    w.time(account.alerted_s);
    w.num(account.alerted_rank);
    w.num(account.alerted_rules);
    w.float(account.risk);
    w.time(account.risk_s);
    w.time(account.woke_s);
    w.num(account.slept_days);
    let Changes { password_s, payout_s, contact_s, payee, session } = account.changes;
    [password_s, payout_s, contact_s].into_iter().for_each(|s| w.time(s));
    w.print(payee);
    w.num(session);
    let Habits { outflows, cash_outs, near, flips, passed, bonus_outs, hours } = account.habits;
    [outflows, cash_outs, flips.into()].into_iter().for_each(|n: u16| w.num(n));
    [near, passed, bonus_outs].into_iter().for_each(|times| w.times(times));
    w.word(hours.iter().fold(0, |word, &count| word << 4 | u32::from(count & 15)));
    let Play { deposit_s, deposited, bonus, wagered } = account.play;
    w.time(deposit_s);
    [deposited, bonus, wagered].into_iter().for_each(|n| w.float(n));
    w.list(account.places.as_slice(), Writer::spot);
    for things in [account.devices.as_slice(), account.asns.as_slice(), account.networks.as_slice()] {
        w.list(things, Writer::thing);
    }
    w.list(account.agents.as_slice(), Writer::thing);
    w.list(account.payees.as_slice(), Writer::thing);
    w.list(account.attempts.as_slice(), Writer::login);
    w.list(account.movements.as_slice(), Writer::movement);
    account.amounts.iter().for_each(|model| w.model(model));
    w.time(account.decays.at_s);
    account.decays.count.iter().chain(&account.decays.sum).for_each(|n| w.float(*n));
    for peak in account.peaks {
        w.time(peak.at_s);
        w.float(peak.value);
    }
    account.balances.iter().for_each(|balance| w.balance(balance));
    w.ids(&account.ids);
    w.list(account.pending.as_slice(), |w, pending| w.pending(pending));
}

/// The account that was encoded.
///
/// # Errors
/// The bytes are damaged, or of another version.
pub fn decode(bytes: &[u8]) -> Result<Account, CodecError> {
    let (&version, rest) = bytes.split_first().ok_or(CodecError::Damaged)?;
    check(version)?;
    let mut r = Reader { rest, base_s: 0 };
    let account = r.account();
    account.filter(|_| r.rest.is_empty()).ok_or(CodecError::Damaged)
}

fn check(version: u8) -> Result<(), CodecError> {
    match version {
        VERSION => Ok(()),
        0 => Err(CodecError::Damaged),
        older if older < VERSION => Err(CodecError::Older(older)),
        newer => Err(CodecError::Version(newer)),
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Times are written as distances from here: they are close to it.
    base_s: u32,
}

impl Writer<'_> {
    fn num(&mut self, number: impl Into<u64>) {
        let mut number = number.into();
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    /// Zigzag: small negative numbers are short, too.
    fn int(&mut self, number: i64) {
        self.num(((number << 1) ^ (number >> 63)) as u64);
    }

    /// 0 stands for "never".
    fn time(&mut self, time_s: u32) {
        if time_s == 0 {
            return self.num(0u8);
        }
        let back = i64::from(self.base_s) - i64::from(time_s);
        self.num(1 + ((back << 1) ^ (back >> 63)) as u64);
    }

    fn float(&mut self, number: f32) {
        // Most are zero. The bits are turned so that the many zeros at the end of round numbers are not written.
        self.num(number.to_bits().reverse_bits());
    }

    fn word(&mut self, word: u32) {
        self.out.extend_from_slice(&word.to_le_bytes());
    }

    fn print(&mut self, print: Print) {
        self.num(u8::from(print.is_some()));
        if print.is_some() {
            self.word(print.0);
        }
    }

    fn text(&mut self, text: &str) {
        self.num(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], one: fn(&mut Self, &T)) {
        self.num(items.len() as u64);
        items.iter().for_each(|item| one(self, item));
    }

    fn spot(&mut self, spot: &Spot) {
        self.out.extend_from_slice(&spot.point.lat.to_le_bytes());
        self.out.extend_from_slice(&spot.point.lon.to_le_bytes());
        self.out.extend_from_slice(&spot.country);
        self.out.extend_from_slice(&[spot.radius, spot.count]);
        self.num(spot.asn);
        self.time(spot.last_s);
    }

    fn thing(&mut self, thing: &Thing) {
        self.out.extend_from_slice(&thing.key);
        self.out.push(thing.count);
        self.int(i64::from(self.base_s / 86_400) - i64::from(thing.last_day));
        self.num(thing.last_day.saturating_sub(thing.first_day));
    }

    fn times(&mut self, times: Times) {
        self.num(times.count);
        if times.count > 0 {
            self.int(i64::from(self.base_s / 86_400) - i64::from(times.day));
        }
    }

    fn login(&mut self, login: &Login) {
        self.time(login.time_s);
        self.print(login.device);
        self.num(login.session);
        self.num(login.flags);
    }

    fn movement(&mut self, movement: &Movement) {
        self.time(movement.time_s);
        self.float(movement.amount);
        self.print(movement.payee);
        self.num(movement.session);
        self.num(movement.flags);
    }

    fn model(&mut self, model: &LogModel) {
        self.num(model.n);
        if model.n > 0 {
            self.float(model.mean);
            self.float(model.m2);
        }
    }

    fn balance(&mut self, balance: &Balance) {
        self.num(u8::from(balance.time_ms != 0));
        if balance.time_ms != 0 {
            self.word(balance.key);
            self.time(balance.since_s);
            self.int(i64::from(self.base_s) * 1000 - balance.time_ms);
            self.int(balance.after.0);
            self.int(balance.unexplained().0);
        }
    }

    fn ids(&mut self, ids: &IdRing) {
        let (ring, next, turned_s, young) = ids.parts();
        let ring: Vec<u32> = ring.collect();
        // Before the first turn ends the rest of the ring is empty.
        let used = ring.iter().rposition(|&id| id != 0).map_or(0, |at| at + 1);
        self.num(used as u64);
        ring[..used].iter().for_each(|&id| self.word(id));
        self.num(next);
        turned_s.into_iter().for_each(|s| self.time(s));
        self.list(young, |w, &(id, until)| {
            w.word(id);
            w.time(until);
        });
    }

    fn pending(&mut self, pending: &Pending) {
        self.int(pending.due_ms);
        self.int(pending.time_ms);
        self.int(pending.amount.0);
        self.print(pending.wallet);
        self.int(pending.left.0);
        self.float(pending.taken);
        self.num(u8::from(pending.new_payee) | u8::from(pending.told) << 1);
        [&pending.account, &pending.event_id, &pending.topic].into_iter().for_each(|text| self.text(text));
        self.int(i64::from(pending.partition));
        self.int(pending.offset);
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    base_s: u32,
}

impl Reader<'_> {
    fn account(&mut self) -> Option<Account> {
        let last_ms = self.int()?;
        self.base_s = (last_ms / 1000).clamp(0, i64::from(u32::MAX)) as u32;
        Some(Account {
            last_ms,
            first_s: self.time()?,
            logins: self.num()?,
            alerted_s: self.time()?,
            alerted_rank: self.num()?,
            alerted_rules: self.num()?,
            risk: self.float()?,
            risk_s: self.time()?,
            woke_s: self.time()?,
            slept_days: self.num()?,
            changes: Changes {
                password_s: self.time()?,
                payout_s: self.time()?,
                contact_s: self.time()?,
                payee: self.print()?,
                session: self.num()?,
            },
            habits: Habits {
                outflows: self.num()?,
                cash_outs: self.num()?,
                flips: self.num()?,
                near: self.times()?,
                passed: self.times()?,
                bonus_outs: self.times()?,
                hours: {
                    let word = self.word()?;
                    std::array::from_fn(|at| (word >> (28 - 4 * at) & 15) as u8)
                },
            },
            play: Play {
                deposit_s: self.time()?,
                deposited: self.float()?,
                bonus: self.float()?,
                wagered: self.float()?,
            },
            places: self.known(Reader::spot)?,
            devices: self.known(Reader::thing)?,
            asns: self.known(Reader::thing)?,
            networks: self.known(Reader::thing)?,
            agents: self.known(Reader::thing)?,
            payees: self.known(Reader::thing)?,
            attempts: self.recent(Reader::login)?,
            movements: self.recent(Reader::movement)?,
            amounts: self.array(Reader::model)?,
            decays: Decays { at_s: self.time()?, count: self.array(Reader::float)?, sum: self.array(Reader::float)? },
            peaks: self.array(|r| Some(Peak { at_s: r.time()?, value: r.float()? }))?,
            balances: self.array(Reader::balance)?,
            ids: self.ids()?,
            pending: match self.num::<u8>()? {
                0 => None,
                1 => Some(Box::new(self.pending()?)),
                _ => return None,
            },
        })
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes().map(|[byte]| byte)
    }

    fn long(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.bytes()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn num<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.long()?).ok()
    }

    fn int(&mut self) -> Option<i64> {
        self.long().map(unzigzag)
    }

    fn time(&mut self) -> Option<u32> {
        match self.long()? {
            0 => Some(0),
            back => u32::try_from(i64::from(self.base_s).checked_sub(unzigzag(back - 1))?).ok(),
        }
    }

    fn float(&mut self) -> Option<f32> {
        self.num::<u32>().map(|bits| f32::from_bits(bits.reverse_bits()))
    }

    fn word(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn print(&mut self) -> Option<Print> {
        match self.num::<u8>()? {
            0 => Some(Print::NONE),
            1 => self.word().map(Print),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        let len = self.num()?;
        let (text, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len: usize = self.num()?;
        // An item takes a byte at least: a damaged length does not ask for memory.
        (len <= self.rest.len()).then_some(())?;
        (0..len).map(|_| one(self)).collect()
    }

    fn array<T: Default + Copy, const N: usize>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<[T; N]> {
        let mut array = [T::default(); N];
        for item in &mut array {
            *item = one(self)?;
        }
        Some(array)
    }

    fn known<T: Seen, const N: usize>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Known<T, N>> {
        let mut known = Known::default();
        self.list(one)?.into_iter().all(|item| known.push(item)).then_some(known)
    }

    fn recent<T: Timed, const N: usize>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Recent<T, N>> {
        let items = self.list(one)?;
        let mut recent = Recent::default();
        (items.len() <= N).then(|| items.into_iter().for_each(|item| recent.insert(item)))?;
        Some(recent)
    }

    fn spot(&mut self) -> Option<Spot> {
        Some(Spot {
            point: Point { lat: i16::from_le_bytes(self.bytes()?), lon: i16::from_le_bytes(self.bytes()?) },
            country: self.bytes()?,
            radius: self.byte()?,
            count: self.byte()?,
            asn: self.num()?,
            last_s: self.time()?,
        })
    }

    fn thing(&mut self) -> Option<Thing> {
        let (key, count) = (self.bytes()?, self.byte()?);
        let last_day = u16::try_from(i64::from(self.base_s / 86_400).checked_sub(self.int()?)?).ok()?;
        Some(Thing { key, count, last_day, first_day: last_day.checked_sub(self.num()?)? })
    }

    fn times(&mut self) -> Option<Times> {
        let count = self.num()?;
        if count == 0 {
            return Some(Times::default());
        }
        let day = i64::from(self.base_s / 86_400).checked_sub(self.int()?)?;
        Some(Times { count, day: u16::try_from(day).ok()? })
    }

    fn login(&mut self) -> Option<Login> {
        Some(Login { time_s: self.time()?, device: self.print()?, session: self.num()?, flags: self.num()? })
    }

    fn movement(&mut self) -> Option<Movement> {
        Some(Movement {
            time_s: self.time()?,
            amount: self.float()?,
            payee: self.print()?,
            session: self.num()?,
            flags: self.num()?,
        })
    }

    fn model(&mut self) -> Option<LogModel> {
        match self.num()? {
            0 => Some(LogModel::default()),
            n => Some(LogModel { n, mean: self.float()?, m2: self.float()? }),
        }
    }

    fn balance(&mut self) -> Option<Balance> {
        if self.num::<u8>()? == 0 {
            return Some(Balance::default());
        }
        let (key, since_s) = (self.word()?, self.time()?);
        let time_ms = (i64::from(self.base_s) * 1000).checked_sub(self.int()?)?;
        let after = Money(self.int()?);
        Some(Balance { key, since_s, time_ms, after, expected: after.minus(Money(self.int()?))? })
    }

    fn ids(&mut self) -> Option<IdRing> {
        let ids = self.list(Reader::word)?;
        let next = self.num()?;
        let turned_s = self.array(Reader::time)?;
        let young = self.list(|r| Some((r.word()?, r.time()?)))?;
        IdRing::from_parts(&ids, next, turned_s, young)
    }

    fn pending(&mut self) -> Option<Pending> {
        let (due_ms, time_ms, amount, wallet) = (self.int()?, self.int()?, Money(self.int()?), self.print()?);
        let (left, taken) = (Money(self.int()?), self.float()?);
        let bits: u8 = self.num()?;
        Some(Pending {
            due_ms,
            time_ms,
            amount,
            wallet,
            left,
            taken,
            new_payee: bits & 1 != 0,
            told: bits & 2 != 0,
            account: self.text()?,
            event_id: self.text()?,
            topic: self.text()?,
            partition: i32::try_from(self.int()?).ok()?,
            offset: self.int()?,
        })
    }
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Time of the last event of an account that was encoded, ms since 1970, without decoding the rest.
///
/// # Errors
/// The bytes are damaged, or of another version.
pub fn last_ms(bytes: &[u8]) -> Result<i64, CodecError> {
    let (&version, rest) = bytes.split_first().ok_or(CodecError::Damaged)?;
    check(version)?;
    Reader { rest, base_s: 0 }.int().ok_or(CodecError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An account with everything full: what is random is what a stream could bring.
    fn account(seed: u64, fill: usize) -> Account {
        let mut rng = fastrand::Rng::with_seed(seed);
        let now_s = 1_800_000_000u32;
        let mut account = Account { last_ms: i64::from(now_s) * 1000 + 123, ..Account::default() };
        let mut ago = |most: u32| now_s - rng.u32(0..most);
        account.first_s = ago(9_000_000);
        (account.alerted_s, account.risk_s) = (ago(100_000), ago(1000));
        account.changes =
            Changes { password_s: ago(100), payout_s: ago(1_000_000), contact_s: 0, payee: Print(9), session: 65_000 };
        account.habits.passed.again(2, now_s);
        account.habits.outflows = 300;
        (0..fill as u32).for_each(|i| account.habits.log_in_at(now_s - i * 9_000));
        account.play = Play { deposit_s: ago(1000), deposited: 1e6, bonus: 500.0, wagered: 12_345.67 };
        for i in 0..fill {
            let time_s = now_s - rng.u32(0..5_000_000);
            let (lat, lon) = (rng.i16(-900..900) * 10, rng.i16(-1800..1800) * 10);
            let (asn, count, radius) = (rng.u32(0..400_000), rng.u8(1..200), rng.u8(..));
            let point = Point { lat, lon };
            account.places.see(Spot { point, country: *b"ID", radius, asn, last_s: time_s, count });
            let thing = |rng: &mut fastrand::Rng| Thing { count, ..Thing::new(rng.u32(1..), time_s) };
            account.devices.see(thing(&mut rng));
            account.asns.see(Thing::new(asn, time_s));
            account.networks.see(thing(&mut rng));
            account.agents.see(thing(&mut rng));
            account.payees.see(thing(&mut rng));
            let (device, session, flags) = (Print(rng.u32(..)), rng.u16(..), rng.u16(..));
            account.attempts.insert(Login { time_s, device, session, flags });
            let amount = rng.u32(1..9_000_000) as f32;
            account.movements.insert(Movement { time_s, amount, payee: Print(rng.u32(..)), session, flags });
            account.amounts[i % 4].add(f64::from(amount));
            account.decays.add(time_s, f64::from(amount));
            account.peaks[i % 2].see(time_s, f64::from(amount), 3600);
            let after = Money(rng.i64(0..9_000_000_000_000));
            account.note_balance(1 + i as u32 % 2, account.last_ms - i as i64, after, after);
            (0..8).for_each(|_| assert!(account.ids.insert(rng.u32(1..), time_s)));
        }
        account
    }

    fn encoded(account: &Account) -> Vec<u8> {
        let mut out = Vec::new();
        encode(account, &mut out);
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_again(seed: u64, fill in 0usize..40, text in "[a-z0-9-]{0,40}") {
            let mut account = account(seed, fill);
            if fill % 3 == 0 {
                account.pending = Some(Box::new(Pending {
                    due_ms: account.last_ms + 5,
                    time_ms: account.last_ms,
                    amount: Money(-77),
                    wallet: Print(3),
                    left: Money(11),
                    taken: 0.5,
                    new_payee: true,
                    told: false,
                    account: "ac_1k1_x".to_owned(),
                    event_id: text,
                    topic: "transactions".to_owned(),
                    partition: 3,
                    offset: 1 << 40,
                }));
            }
            prop_assert_eq!(decode(&encoded(&account)), Ok(account));
        }

        #[test]
        fn what_is_cut_or_damaged_is_no_account_and_never_a_panic(seed: u64, at: prop::sample::Index, byte: u8) {
            let bytes = encoded(&account(seed, 20));
            let cut = at.index(bytes.len());
            prop_assert!(decode(&bytes[..cut]).is_err());
            let mut damaged = bytes;
            damaged[cut] = byte;
            let _ = decode(&damaged);
        }

        #[test]
        fn a_cold_account_takes_300_bytes_at_most(seed: u64) {
            let mut account = account(seed, 40);
            account.cool();
            let bytes = encoded(&account);
            prop_assert!(bytes.len() <= 300, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn other_versions_are_told_apart_from_damage() {
        assert_eq!(decode(&[VERSION + 1, 1, 2]), Err(CodecError::Version(VERSION + 1)));
        let mut older = encoded(&Account::default());
        older[0] = VERSION - 1;
        assert_eq!(decode(&older), Err(CodecError::Older(VERSION - 1)), "an older layout is never read as this one");
        assert_eq!(last_ms(&older), Err(CodecError::Older(VERSION - 1)));
        assert_eq!(decode(&[]), Err(CodecError::Damaged));
        assert_eq!(decode(&[0]), Err(CodecError::Damaged));
        let mut bytes = encoded(&Account::default());
        bytes.push(0);
        assert_eq!(decode(&bytes), Err(CodecError::Damaged), "nothing may follow");
    }
}
