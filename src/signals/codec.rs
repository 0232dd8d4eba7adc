//! The encoding of an account: what it is at rest, in memory and in the changelog.
//!
//! A row of 32-bit words, little-endian, read and written without a look at single bytes: an account is opened and closed
//! once a transaction, so this is most of what a transaction costs. Behind a fixed head stand the sections that hold
//! anything (most accounts have nothing in most of them), then the lists. What a cold account has lost is not written.
//!
//! Decoding checks everything: a record that is cut, damaged or of a newer version is an error, never an empty account.

use super::account::{Account, Balance, Changes, Habits, Lists, Login, Movement, Play, Spot, Thing, Times, today};
use super::event::{Point, Print};
use super::ids::{IdRing, Parts};
use super::models::{Decays, LogModel, Peak};
use super::money::Money;
use super::recent::{Known, Recent, Timed};

mod held;

/// Version of the encoding. A change of the layout raises it: what an older program wrote is then refused, not guessed.
///
/// 2: hours, days of habits and rules that alerted; stakes have no model of their own. 3: words instead of numbers of
/// variable length. 4: outflows wait, and stakes are told apart by their time. 5: the days of lists may be told from an
/// earlier day than that of the last event; in version 4 they never are, so it is read as it is.
pub const VERSION: u8 = 5;
/// Oldest version that is read.
pub const OLDEST: u8 = 4;

/// Why bytes are no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer version of this program.
    #[error("account state has version {0}, this program reads up to {VERSION}; go back to the newer program")]
    Version(u8),
    /// Written by an older version of this program, in another layout.
    #[error(
        "account state has version {0}, this program reads {OLDEST} and later; go on with the older program, or begin anew"
    )]
    Older(u8),
    /// Cut or damaged.
    #[error("account state is damaged")]
    Damaged,
}

/// Bits of the first word, above the version: [`Account::hot`], and the sections that follow.
mod has {
    pub const HOT: u32 = 1 << 8;
    pub const ALERTS: u32 = 1 << 9;
    pub const SLEEP: u32 = 1 << 10;
    pub const CHANGES: u32 = 1 << 11;
    pub const TIMES: u32 = 1 << 12;
    pub const PLAY: u32 = 1 << 13;
    pub const AMOUNTS: u32 = 1 << 14;
    pub const DECAYS: u32 = 1 << 15;
    pub const PEAKS: u32 = 1 << 16;
    pub const BALANCES: [u32; 2] = [1 << 17, 1 << 18];
    pub const IDS: u32 = 1 << 19;
    pub const PENDING: u32 = 1 << 20;
    pub const SLICES: u32 = 1 << 21;
    /// Not a bit but a number, in the bits from here on: how many days before the last event the day of the lists is.
    pub const DAYS_AT: u32 = 22;
}

/// Most days that fit there.
const DAYS_MAX: u16 = (1 << (32 - has::DAYS_AT)) - 1;

/// In the length of a list of things: their days do not fit a byte each.
const WIDE: u8 = 0x80;

/// Most bytes of an account without what has no bound: the young ids, and what is held back.
const BOUNDED_MAX: usize = 1312;

/// Lists that were not read: where they stand in the encoding of their account, and what its head tells of them.
#[derive(Clone, Copy, Debug)]
pub struct Unread {
    at: usize,
    len: usize,
    counts: [u32; 2],
    day: u16,
}

impl Unread {
    /// Whether they can be written as they stand: their day is not too long ago.
    pub fn fits(&self, account: &Account) -> bool {
        today_of(account.last_ms).wrapping_sub(self.day) <= DAYS_MAX
    }
}

/// Appends the encoding of an account.
pub fn encode(account: &Account, out: &mut Vec<u8>) {
    let Lists { places, devices, asns, networks, agents, payees, attempts, movements } = account.lists();
    let day = today_of(account.last_ms);
    let length = |things: &[Thing]| length_of(things, day);
    let (devices, asns, networks) = (length(devices.as_slice()), length(asns.as_slice()), length(networks.as_slice()));
    let (agents, payees) = (length(agents.as_slice()), length(payees.as_slice()));
    let (places, attempts, movements) =
        (places.as_slice().len(), attempts.as_slice().len(), movements.as_slice().len());
    let counts = [
        u32::from_le_bytes([places as u8, devices, asns, networks]),
        u32::from_le_bytes([agents, payees, attempts as u8, movements as u8]),
    ];
    write(account, (counts, 0), |w| w.lists(account.lists(), day), out);
}

/// The same of an account whose lists were not read: they are copied from the encoding that it was read from.
pub fn encode_unread(account: &Account, unread: &Unread, was: &[u8], out: &mut Vec<u8>) {
    let days = today_of(account.last_ms).wrapping_sub(unread.day);
    let lists = &was[unread.at..unread.at + unread.len];
    write(account, (unread.counts, days), |w| w.bytes(lists.len()).copy_from_slice(lists), out);
}

fn write(account: &Account, (counts, days): ([u32; 2], u16), lists: impl FnOnce(&mut Writer<'_>), out: &mut Vec<u8>) {
    let at = out.len();
    // Room for all that has a bound, so that no word asks whether there is any.
    out.resize(at + BOUNDED_MAX, 0);
    let (first, room) = out[at..].split_at_mut(4);
    let hot = if account.hot { has::HOT } else { 0 };
    let mut w = Writer { room, flags: u32::from(VERSION) | u32::from(days) << has::DAYS_AT | hot };
    w.account(account, counts);
    lists(&mut w);
    w.ids(&account.ids);
    let Writer { room, flags } = w;
    let flags = flags | if account.pending.is_some() { has::PENDING } else { 0 };
    first.copy_from_slice(&flags.to_le_bytes());
    let left = room.len();
    out.truncate(out.len() - left);
    let mut tail = Tail(out);
    account.ids.parts().young.iter().for_each(|&(id, until)| tail.words([id, until]));
    if let Some(pending) = &account.pending {
        tail.pending(pending);
    }
}

/// Puts the account that was encoded in place of what `account` was.
///
/// # Errors
/// The bytes are damaged, or of another version. What `account` is then means nothing.
pub fn decode(bytes: &[u8], account: &mut Account) -> Result<(), CodecError> {
    let unread = decode_but_lists(bytes, account)?;
    read_lists(bytes, &unread, account)
}

/// The same without its lists, which are left to [`read_lists`].
///
/// # Errors
/// The bytes are damaged, or of another version. What `account` is then means nothing.
pub fn decode_but_lists(bytes: &[u8], account: &mut Account) -> Result<Unread, CodecError> {
    head(bytes)?;
    let mut r = Reader { rest: bytes };
    account.unread = true;
    r.account(account, bytes.len()).filter(|_| r.rest.is_empty()).ok_or(CodecError::Damaged)
}

/// Puts in the lists that were left out.
///
/// # Errors
/// The bytes are damaged. What the lists of `account` are then means nothing.
pub fn read_lists(bytes: &[u8], unread: &Unread, account: &mut Account) -> Result<(), CodecError> {
    let mut r = Reader { rest: &bytes[unread.at..unread.at + unread.len] };
    r.lists(&mut account.lists, unread).ok_or(CodecError::Damaged)?;
    account.unread = false;
    Ok(())
}

/// What an encoded account tells without being decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Time of its last event, ms since 1970.
    pub last_ms: i64,
    /// See [`Account::hot`].
    pub hot: bool,
    /// Something is held back.
    pub pending: bool,
}

/// Reads the head of an account that was encoded.
///
/// # Errors
/// The bytes are damaged, or of another version.
pub fn head(bytes: &[u8]) -> Result<Head, CodecError> {
    match bytes.first() {
        Some(&(OLDEST..=VERSION)) => {}
        None | Some(0) => return Err(CodecError::Damaged),
        Some(&older) if older < OLDEST => return Err(CodecError::Older(older)),
        Some(&newer) => return Err(CodecError::Version(newer)),
    }
    let [flags, low, high] = Reader { rest: bytes }.words().ok_or(CodecError::Damaged)?;
    Ok(Head { last_ms: whole([low, high]), hot: flags & has::HOT != 0, pending: flags & has::PENDING != 0 })
}

fn pair(low: u16, high: u16) -> u32 {
    u32::from(low) | u32::from(high) << 16
}

fn unpair(word: u32) -> (u16, u16) {
    (word as u16, (word >> 16) as u16)
}

fn halves(number: i64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

fn whole([low, high]: [u32; 2]) -> i64 {
    i64::from(high.cast_signed()) << 32 | i64::from(low)
}

/// Days are written as distances from that of the last event: they are close to it.
fn today_of(last_ms: i64) -> u16 {
    today((last_ms / 1000).clamp(0, i64::from(u32::MAX)) as u32)
}

/// The length of a list of things as it is written.
fn length_of(things: &[Thing], last_day: u16) -> u8 {
    let far = |thing: &Thing| last_day.wrapping_sub(thing.last_day) | thing.last_day.wrapping_sub(thing.first_day);
    let farthest = things.iter().fold(0, |all, thing| all | far(thing));
    things.len() as u8 | if farthest > 0xff { WIDE } else { 0 }
}

/// Writes what has a bound.
struct Writer<'a> {
    room: &'a mut [u8],
    flags: u32,
}

impl Writer<'_> {
    /// All of an account that stands before its lists, but for the flags.
    #[inline]
    fn account(&mut self, account: &Account, [c, d]: [u32; 2]) {
        let last_ms = halves(account.last_ms);
        let Habits { outflows, cash_outs, near, flips, passed, bonus_outs, hours } = account.habits;
        self.words([
            last_ms[0],
            last_ms[1],
            account.first_s,
            pair(account.logins, outflows),
            pair(cash_outs, flips.into()),
            hours.iter().fold(0, |word, &count| word << 4 | u32::from(count & 15)),
            c,
            d,
        ]);
        let Account { alerted_s, alerted_rules, alerted_rank, risk, risk_s, .. } = *account;
        self.section(has::ALERTS, [alerted_s, alerted_rules, risk.to_bits(), risk_s, alerted_rank.into()]);
        self.section(has::SLEEP, [account.woke_s, account.slept_days.into()]);
        let Changes { password_s, payout_s, contact_s, payee, session } = account.changes;
        self.section(has::CHANGES, [password_s, payout_s, contact_s, payee.0, session.into()]);
        let times = |times: Times| pair(times.day, times.count.into());
        self.section(has::TIMES, [times(near), times(passed), times(bonus_outs)]);
        let Play { deposit_s, deposited, bonus, wagered, slices, slice } = account.play;
        self.section(has::PLAY, [deposit_s, deposited.to_bits(), bonus.to_bits(), wagered.to_bits()]);
        let [a, b, c, d, e, f] = bits(slices);
        self.section(has::SLICES, [slice, a, b, c, d, e, f]);
        self.amounts(&account.amounts);
        self.decays(&account.decays);
        let [hour, day] = account.peaks;
        self.section(has::PEAKS, [hour.at_s, hour.value.to_bits(), day.at_s, day.value.to_bits()]);
        has::BALANCES.into_iter().zip(&account.balances).for_each(|(flag, balance)| self.balance(flag, balance));
    }

    fn lists(&mut self, lists: &Lists, day: u16) {
        let Lists { places, devices, asns, networks, agents, payees, attempts, movements } = lists;
        self.list(places.as_slice(), spot);
        self.things(devices.as_slice(), day);
        self.things(asns.as_slice(), day);
        self.things(networks.as_slice(), day);
        self.things(agents.as_slice(), day);
        self.things(payees.as_slice(), day);
        self.list(attempts.as_slice(), |login| [login.time_s, login.device.0, pair(login.session, login.flags)]);
        self.list(movements.as_slice(), |m| [m.time_s, m.amount.to_bits(), m.payee.0, pair(m.session, m.flags)]);
    }

    /// The next so many bytes.
    #[inline]
    fn bytes(&mut self, len: usize) -> &mut [u8] {
        let (bytes, rest) = std::mem::take(&mut self.room).split_at_mut(len);
        self.room = rest;
        bytes
    }

    #[inline]
    fn words<const N: usize>(&mut self, words: [u32; N]) {
        write_words(self.bytes(4 * N), words);
    }

    #[inline]
    fn list<T, const N: usize>(&mut self, items: &[T], words: impl Fn(&T) -> [u32; N]) {
        let to = self.bytes(4 * N * items.len()).chunks_exact_mut(4 * N);
        to.zip(items).for_each(|(to, item)| write_words(to, words(item)));
    }

    /// Words that are written only if there is anything in them.
    #[inline]
    fn section<const N: usize>(&mut self, flag: u32, words: [u32; N]) {
        // Not compared as a whole: that waits for each word to be written, to read them again together.
        if words.iter().fold(0, |all, word| all | word) != 0 {
            self.flags |= flag;
            self.words(words);
        }
    }

    fn is_hot(&self) -> bool {
        self.flags & has::HOT != 0
    }

    fn amounts(&mut self, models: &[LogModel; 4]) {
        let [deposits, withdrawals, came, went] = models;
        let counts = [deposits.n as u8, withdrawals.n as u8, came.n as u8, went.n as u8];
        self.section(has::AMOUNTS, [u32::from_le_bytes(counts)]);
        for model in models.iter().filter(|model| model.n > 0) {
            let (mean, m2) = (model.mean.to_bits(), model.m2.to_bits());
            match self.is_hot() {
                true => self.words([mean, m2]),
                false => self.words([coarse_pair(mean, m2)]),
            }
        }
    }

    fn decays(&mut self, decays: &Decays) {
        let ([a, b, c, d], [e, f, g, h]) = (bits(decays.count), bits(decays.sum));
        match self.is_hot() {
            true => self.section(has::DECAYS, [decays.at_s, a, b, c, d, e, f, g, h]),
            false => self.section(has::DECAYS, [decays.at_s, coarse_pair(d, h)]),
        }
    }

    fn balance(&mut self, flag: u32, balance: &Balance) {
        let ([a, b], [c, d]) = (halves(balance.time_ms), halves(balance.after.0));
        let [e, f] = halves(balance.expected.0);
        match self.is_hot() {
            true => self.section(flag, [balance.key, a, b, c, d, e, f, balance.since_s]),
            false => self.section(flag, [balance.key, a, b, c, d, e, f]),
        }
    }

    fn things(&mut self, things: &[Thing], last_day: u16) {
        let age = |thing: &Thing| thing.last_day.wrapping_sub(thing.first_day);
        let first = |thing: &Thing| {
            let [a, b, c] = thing.key;
            u32::from_le_bytes([a, b, c, thing.count])
        };
        if length_of(things, last_day) & WIDE != 0 {
            return self.list(things, |thing| [first(thing), pair(thing.last_day, age(thing))]);
        }
        for (to, thing) in self.bytes(6 * things.len()).as_chunks_mut::<6>().0.iter_mut().zip(things) {
            let [a, b, c, d] = first(thing).to_le_bytes();
            *to = [a, b, c, d, last_day.wrapping_sub(thing.last_day) as u8, age(thing) as u8];
        }
    }

    fn ids(&mut self, ids: &IdRing) {
        let Parts { ring, next, turned_s: [turned, before], young } = ids.parts();
        self.section(has::IDS, [turned, before, pair(ring.len() as u16, next.into()), young.len() as u32]);
        self.list(ring, |&id| [id]);
    }
}

/// Writes what has no bound.
struct Tail<'a>(&'a mut Vec<u8>);

impl Tail<'_> {
    fn words<const N: usize>(&mut self, words: [u32; N]) {
        let mut bytes = [[0; 4]; N];
        write_words(bytes.as_flattened_mut(), words);
        self.0.extend_from_slice(bytes.as_flattened());
    }
}

#[inline]
fn write_words<const N: usize>(to: &mut [u8], words: [u32; N]) {
    to.as_chunks_mut().0.iter_mut().zip(words).for_each(|(to, word)| *to = word.to_le_bytes());
}

fn spot(spot: &Spot) -> [u32; 4] {
    let point = pair(spot.point.lat.cast_unsigned(), spot.point.lon.cast_unsigned());
    let [a, b] = spot.country;
    [point, u32::from_le_bytes([a, b, spot.radius, spot.count]), spot.asn, spot.last_s]
}

/// Two numbers of which only the upper halves are left: see [`Account::cool`].
fn coarse_pair(low: u32, high: u32) -> u32 {
    low >> 16 | high & 0xffff_0000
}

fn coarse_unpair(word: u32) -> [f32; 2] {
    floats([word << 16, word & 0xffff_0000])
}

fn times(word: u32) -> Option<Times> {
    let (day, count) = unpair(word);
    Some(Times { day, count: u8::try_from(count).ok()? })
}

// Loops over arrays, here and below: the compiler makes a few moves of them, which it does not of `map`.
fn bits<const N: usize>(numbers: [f32; N]) -> [u32; N] {
    let mut words = [0; N];
    for at in 0..N {
        words[at] = numbers[at].to_bits();
    }
    words
}

fn floats<const N: usize>(words: [u32; N]) -> [f32; N] {
    let mut numbers = [0.0; N];
    for at in 0..N {
        numbers[at] = f32::from_bits(words[at]);
    }
    numbers
}

/// Bytes of the lists, by their lengths as they are written.
fn length_of_lists([c, d]: [u32; 2]) -> usize {
    let [places, devices, asns, networks] = c.to_le_bytes();
    let [agents, payees, attempts, movements] = d.to_le_bytes();
    let things = |length: u8| usize::from(length & !WIDE) * if length & WIDE != 0 { 8 } else { 6 };
    let things: usize = [devices, asns, networks, agents, payees].into_iter().map(things).sum();
    16 * usize::from(places) + things + 12 * usize::from(attempts) + 16 * usize::from(movements)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// All of an account of so many bytes but its lists. Every field is named, so that none is left as it was.
    fn account(&mut self, account: &mut Account, size: usize) -> Option<Unread> {
        let [flags, low, high, first_s, a, b, hours, counts, more_counts] = self.words()?;
        let has = |flag: u32| flags & flag != 0;
        let ((logins, outflows), (cash_outs, flips)) = (unpair(a), unpair(b));
        let [alerted_s, alerted_rules, risk, risk_s, alerted_rank] = self.section(has(has::ALERTS))?;
        let [woke_s, slept_days] = self.section(has(has::SLEEP))?;
        let [password_s, payout_s, contact_s, payee, session] = self.section(has(has::CHANGES))?;
        let [near, passed, bonus_outs] = self.section(has(has::TIMES))?;
        let [deposit_s, deposited, bonus, wagered] = self.section(has(has::PLAY))?;
        let [deposited, bonus, wagered] = floats([deposited, bonus, wagered]);
        let [slice, a, b, c, d, e, f] = self.section(has(has::SLICES))?;
        let slices = floats([a, b, c, d, e, f]);
        let hot = has(has::HOT);
        account.last_ms = whole([low, high]);
        (account.hot, account.first_s, account.logins) = (hot, first_s, logins);
        (account.alerted_s, account.alerted_rules, account.alerted_rank) =
            (alerted_s, alerted_rules, u8::try_from(alerted_rank).ok()?);
        (account.risk, account.risk_s) = (f32::from_bits(risk), risk_s);
        (account.woke_s, account.slept_days) = (woke_s, u16::try_from(slept_days).ok()?);
        let (payee, session) = (Print(payee), u16::try_from(session).ok()?);
        account.changes = Changes { password_s, payout_s, contact_s, payee, session };
        account.habits = Habits {
            outflows,
            cash_outs,
            flips: u8::try_from(flips).ok()?,
            near: times(near)?,
            passed: times(passed)?,
            bonus_outs: times(bonus_outs)?,
            hours: std::array::from_fn(|at| (hours >> (28 - 4 * at) & 15) as u8),
        };
        account.play = Play { deposit_s, deposited, bonus, wagered, slices, slice };
        self.amounts(has(has::AMOUNTS), hot, &mut account.amounts)?;
        account.decays = self.decays(has(has::DECAYS), hot)?;
        let [hour_s, hour, day_s, day] = self.section(has(has::PEAKS))?;
        let peak = |at_s: u32, value: u32| Peak { at_s, value: f32::from_bits(value) };
        account.peaks = [peak(hour_s, hour), peak(day_s, day)];
        let [first, second] = has::BALANCES;
        account.balances = [self.balance(has(first), hot)?, self.balance(has(second), hot)?];
        let day = today_of(account.last_ms).wrapping_sub((flags >> has::DAYS_AT) as u16);
        let counts = [counts, more_counts];
        let unread = Unread { at: size - self.rest.len(), len: length_of_lists(counts), counts, day };
        self.rest = self.rest.get(unread.len..)?;
        self.ids(has(has::IDS), &mut account.ids)?;
        account.pending = if has(has::PENDING) { Some(Box::new(self.pending()?)) } else { None };
        Some(unread)
    }

    fn lists(&mut self, lists: &mut Lists, &Unread { counts: [c, d], day, .. }: &Unread) -> Option<()> {
        let [places, devices, asns, networks] = c.to_le_bytes();
        let [agents, payees, attempts, movements] = d.to_le_bytes();
        self.list(lists.places.refill(places.into())?, read_spot)?;
        self.things(&mut lists.devices, devices, day)?;
        self.things(&mut lists.asns, asns, day)?;
        self.things(&mut lists.networks, networks, day)?;
        self.things(&mut lists.agents, agents, day)?;
        self.things(&mut lists.payees, payees, day)?;
        self.recent(&mut lists.attempts, attempts, read_login)?;
        self.recent(&mut lists.movements, movements, read_movement)
    }

    #[inline]
    fn words<const N: usize>(&mut self) -> Option<[u32; N]> {
        let (bytes, rest) = self.rest.split_at_checked(4 * N)?;
        self.rest = rest;
        Some(read_words(bytes))
    }

    /// Words that were written only if there was anything in them.
    #[inline]
    fn section<const N: usize>(&mut self, written: bool) -> Option<[u32; N]> {
        const NOTHING: [u8; 64] = [0; 64];
        // Both ways give bytes to read from: words that one of two ways has put somewhere are waited for when they are copied.
        let (bytes, rest) = if written { self.rest.split_at_checked(4 * N)? } else { (&NOTHING[..4 * N], self.rest) };
        self.rest = rest;
        Some(read_words(bytes))
    }

    /// In place: a copy of all would wait for each of them to be written.
    fn amounts(&mut self, written: bool, hot: bool, models: &mut [LogModel; 4]) -> Option<()> {
        let [counts] = self.section(written)?;
        for (model, n) in models.iter_mut().zip(counts.to_le_bytes()) {
            if n == 0 {
                *model = LogModel::default();
                continue;
            }
            let [mean, m2] = match hot {
                true => floats(self.words()?),
                false => coarse_unpair(self.words::<1>()?[0]),
            };
            *model = LogModel { n: n.into(), mean, m2 };
        }
        Some(())
    }

    fn decays(&mut self, written: bool, hot: bool) -> Option<Decays> {
        if hot {
            let [at_s, a, b, c, d, e, f, g, h] = self.section(written)?;
            return Some(Decays { at_s, count: floats([a, b, c, d]), sum: floats([e, f, g, h]) });
        }
        let [at_s, both] = self.section(written)?;
        let [count, sum] = coarse_unpair(both);
        Some(Decays { at_s, count: [0.0, 0.0, 0.0, count], sum: [0.0, 0.0, 0.0, sum] })
    }

    fn balance(&mut self, written: bool, hot: bool) -> Option<Balance> {
        let [key, a, b, c, d, e, f] = self.section(written)?;
        let [since_s] = self.section(written && hot)?;
        let (after, expected) = (Money(whole([c, d])), Money(whole([e, f])));
        Some(Balance { key, since_s, time_ms: whole([a, b]), after, expected })
    }

    /// The next so many things of `LEN` bytes each.
    #[inline]
    fn chunks<const LEN: usize>(&mut self, count: usize) -> Option<&'a [[u8; LEN]]> {
        let (bytes, rest) = self.rest.split_at_checked(LEN * count)?;
        self.rest = rest;
        Some(bytes.as_chunks().0)
    }

    /// Fills a list with what follows, a whole number of words each.
    #[inline]
    fn list<T, const LEN: usize>(&mut self, items: &mut [T], one: impl Fn(&[u8; LEN]) -> T) -> Option<()> {
        let chunks = self.chunks(items.len())?;
        items.iter_mut().zip(chunks).for_each(|(item, bytes)| *item = one(bytes));
        Some(())
    }

    fn things<const N: usize>(&mut self, known: &mut Known<Thing, N>, length: u8, today: u16) -> Option<()> {
        let things = known.refill(usize::from(length & !WIDE))?;
        if length & WIDE != 0 {
            self.list(things, |&[a, b, c, count, d, e, f, g]| {
                let (last_day, age) = (u16::from_le_bytes([d, e]), u16::from_le_bytes([f, g]));
                Thing { key: [a, b, c], count, last_day, first_day: last_day.wrapping_sub(age) }
            })?;
        } else {
            self.list(things, |&[a, b, c, count, back, age]| {
                let last_day = today.wrapping_sub(back.into());
                Thing { key: [a, b, c], count, last_day, first_day: last_day.wrapping_sub(age.into()) }
            })?;
        }
        Some(())
    }

    #[inline]
    fn recent<T: Timed, const N: usize, const LEN: usize>(
        &mut self,
        recent: &mut Recent<T, N>,
        length: u8,
        one: impl Fn(&[u8; LEN]) -> T,
    ) -> Option<()> {
        let items = recent.refill(length.into())?;
        self.list(items, one)?;
        items.is_sorted_by_key(Timed::time_s).then_some(())
    }

    fn ids(&mut self, written: bool, ids: &mut IdRing) -> Option<()> {
        let [turned, before, places, count] = self.section(written)?;
        let (used, next) = unpair(places);
        let in_ring = self.chunks(used.into())?;
        let young = self.chunks::<8>(usize::try_from(count).ok()?)?.iter().map(|bytes| {
            let [id, until] = read_words(bytes);
            (id, until)
        });
        let ring = ids.refill(used.into(), u8::try_from(next).ok()?, [turned, before], young)?;
        ring.iter_mut().zip(in_ring).for_each(|(id, bytes)| *id = u32::from_le_bytes(*bytes));
        Some(())
    }
}

fn read_words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let (bytes, mut words) = (bytes.as_chunks().0, [0; N]);
    for at in 0..N {
        words[at] = u32::from_le_bytes(bytes[at]);
    }
    words
}

fn read_spot(bytes: &[u8; 16]) -> Spot {
    let [point, more, asn, last_s] = read_words(bytes);
    let (lat, lon) = unpair(point);
    let [a, b, radius, count] = more.to_le_bytes();
    let point = Point { lat: lat.cast_signed(), lon: lon.cast_signed() };
    Spot { point, country: [a, b], radius, count, asn, last_s }
}

fn read_login(bytes: &[u8; 12]) -> Login {
    let [time_s, device, more] = read_words(bytes);
    let (session, flags) = unpair(more);
    Login { time_s, device: Print(device), session, flags }
}

fn read_movement(bytes: &[u8; 16]) -> Movement {
    let [time_s, amount, payee, more] = read_words(bytes);
    let (session, flags) = unpair(more);
    Movement { time_s, amount: f32::from_bits(amount), payee: Print(payee), session, flags }
}

#[cfg(test)]
mod tests {
    use super::super::event::Kind;
    use super::super::pending::{Gap, Origin, Outflow, Pending};
    use super::*;
    use proptest::prelude::*;

    /// An account with everything full: what is random is what a stream could bring.
    fn account(seed: u64, fill: usize) -> Account {
        let mut rng = fastrand::Rng::with_seed(seed);
        let now_s = 1_800_000_000u32;
        let mut account = Account { last_ms: i64::from(now_s) * 1000 + 123, hot: true, ..Account::default() };
        let mut ago = |most: u32| now_s - rng.u32(0..most);
        account.first_s = ago(9_000_000);
        (account.alerted_s, account.risk_s) = (ago(100_000), ago(1000));
        account.changes =
            Changes { password_s: ago(100), payout_s: ago(1_000_000), contact_s: 0, payee: Print(9), session: 65_000 };
        account.habits.passed.again(2, now_s);
        (account.habits.outflows, account.habits.cash_outs, account.habits.flips) = (300, 299, 7);
        if fill % 2 == 1 {
            (account.woke_s, account.slept_days, account.logins) = (ago(1000), 100, 12_345);
            (account.alerted_rank, account.alerted_rules, account.risk) = (4, 1 << 25, 2.5);
            (account.habits.near, account.habits.bonus_outs) =
                (Times { count: 3, day: 20_000 }, Times { count: 4, day: 20_001 });
        }
        (0..fill as u32).for_each(|i| account.habits.log_in_at(now_s - i * 9_000));
        account.play = Play { deposit_s: ago(1000), deposited: 1e6, bonus: 500.0, ..Play::default() };
        (0..fill as u32).for_each(|i| account.play.stake(now_s - 100 * i, 12.5));
        for i in 0..fill {
            let time_s = now_s - rng.u32(0..5_000_000);
            let (lat, lon) = (rng.i16(-900..900) * 10, rng.i16(-1800..1800) * 10);
            let (asn, count, radius) = (rng.u32(0..400_000), rng.u8(1..200), rng.u8(..));
            let point = Point { lat, lon };
            account.lists.places.see(Spot { point, country: *b"ID", radius, asn, last_s: time_s, count });
            let thing = |rng: &mut fastrand::Rng| Thing { count, ..Thing::new(rng.u32(1..), time_s) };
            account.lists.devices.see(thing(&mut rng));
            account.lists.asns.see(Thing::new(asn, time_s));
            account.lists.networks.see(thing(&mut rng));
            account.lists.agents.see(thing(&mut rng));
            account.lists.payees.see(thing(&mut rng));
            let (device, session, flags) = (Print(rng.u32(..)), rng.u16(..), rng.u16(..));
            account.lists.attempts.insert(Login { time_s, device, session, flags });
            let amount = rng.u32(1..9_000_000) as f32;
            account.lists.movements.insert(Movement { time_s, amount, payee: Print(rng.u32(..)), session, flags });
            account.amounts[i % 4].add(f64::from(amount));
            account.decays.add(time_s, f64::from(amount));
            account.peaks[i % 2].see(time_s, f64::from(amount), 3600);
            let after = Money(rng.i64(0..9_000_000_000_000));
            account.note_balance(1 + i as u32 % 2, account.last_ms - i as i64, after, after);
            // Distinct by construction: of so few bits, two in some thousand accounts would be the same by chance.
            (1..=8).for_each(|id| assert!(account.ids.insert(rng.u32(..1 << 16) << 16 | (8 * i as u32 + id), time_s)));
        }
        account
    }

    /// A gap, outflows, or both.
    fn pending(fill: usize, due_ms: i64, origin: &Origin) -> Pending {
        let gap = Gap {
            due_ms,
            amount: Money(-77),
            wallet: Print(3),
            left: Money(11),
            taken: 0.5,
            new_payee: true,
            told: false,
            origin: origin.clone(),
        };
        let outflow = |n: u8| Outflow {
            due_ms: due_ms + 1,
            kind: if n > 0 { Kind::Withdrawal } else { Kind::TransferOut },
            amount: Money(5 << 33),
            skip: 1 << 63 | 1,
            balance: 7.5,
            ratio: 0.25,
            cash_out_habit: 1.0,
            payee_days: 300,
            payee_since_days: 9,
            payee_count: 200 + n,
            others: 60_000,
            chunks: n,
            origin: origin.clone(),
        };
        let outflows = (0..fill as u8 % 4).map(outflow).collect();
        Pending { gap: (fill.is_multiple_of(2) || fill < 4).then_some(gap), outflows }
    }

    fn decoded(bytes: &[u8]) -> Result<Account, CodecError> {
        let mut account = account(7, 40);
        decode(bytes, &mut account).map(|()| account)
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
                let names = ["ac_1k1_x", &text, "py_1k1_y", "transactions"];
                let origin = Origin::new(account.last_ms, (3, 1 << 40), names);
                account.pending = Some(Box::new(pending(fill, account.last_ms + 5, &origin)));
            }
            if fill % 4 == 1 {
                account.cool();
            }
            let bytes = encoded(&account);
            let (last_ms, hot, pending) = (account.last_ms, account.hot, account.pending.is_some());
            prop_assert_eq!(head(&bytes), Ok(Head { last_ms, hot, pending }));
            prop_assert_eq!(decoded(&bytes), Ok(account), "whatever stood there before");
        }

        #[test]
        fn what_is_cut_or_damaged_is_no_account_and_never_a_panic(seed: u64, at: prop::sample::Index, byte: u8) {
            let bytes = encoded(&account(seed, 20));
            let cut = at.index(bytes.len());
            prop_assert!(decoded(&bytes[..cut]).is_err());
            let mut damaged = bytes;
            damaged[cut] = byte;
            let _ = decoded(&damaged);
        }

        /// What a burst pushes out of the ring of ids comes on top: eight bytes each, for ten minutes.
        #[test]
        fn a_hot_account_takes_1300_bytes_at_most(seed: u64) {
            let account = account(seed, 40);
            let bytes = encoded(&account).len() - 8 * account.ids.parts().young.len();
            prop_assert!(bytes <= 1300, "{bytes} bytes");
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
        assert_eq!(decoded(&[VERSION + 1, 1, 2]), Err(CodecError::Version(VERSION + 1)));
        let mut older = encoded(&Account::default());
        older[0] = OLDEST - 1;
        assert_eq!(decoded(&older), Err(CodecError::Older(OLDEST - 1)), "an older layout is never read as this one");
        assert_eq!(head(&older), Err(CodecError::Older(OLDEST - 1)));
        older[0] = OLDEST;
        assert_eq!(decoded(&older), Ok(Account::default()), "days of version 4 are told from the last event's");
        assert_eq!(decoded(&[]), Err(CodecError::Damaged));
        assert_eq!(decoded(&[0]), Err(CodecError::Damaged));
        let mut bytes = encoded(&Account::default());
        bytes.push(0);
        assert_eq!(decoded(&bytes), Err(CodecError::Damaged), "nothing may follow");
    }
}
