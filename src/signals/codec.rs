//! The encoding of an account: what it is at rest, in memory and in the changelog.
//!
//! A row of 32-bit words, little-endian, read and written without a look at single bytes: an account is opened and closed
//! once a transaction, so this is most of what a transaction costs. Behind a fixed head stand the sections that hold
//! anything (most accounts have nothing in most of them), then the lists. What a cold account has lost is not written.
//!
//! Decoding checks everything: a record that is cut, damaged or of a newer version is an error, never an empty account.

use super::account::{Account, Balance, Changes, Habits, Login, Movement, Play, Spot, Thing, Times, today};
use super::event::{Kind, Point, Print};
use super::ids::{IdRing, Parts};
use super::models::{Decays, LogModel, Peak};
use super::money::Money;
use super::pending::{Gap, Origin, Outflow, Pending};
use super::recent::{Known, Recent, Timed};

/// Version of the encoding. A change of the layout raises it: what an older program wrote is then refused, not guessed.
///
/// 2: hours, days of habits and rules that alerted; stakes have no model of their own. 3: words instead of numbers of
/// variable length. 4: outflows wait, and stakes are told apart by their time.
pub const VERSION: u8 = 4;

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
}

/// In the length of a list of things: their days do not fit a byte each.
const WIDE: u8 = 0x80;

/// Appends the encoding of an account.
pub fn encode(account: &Account, out: &mut Vec<u8>) {
    let at = out.len();
    let last_ms = halves(account.last_ms);
    let last_day = today_of(account.last_ms);
    let mut w = Writer { out, flags: u32::from(VERSION) | if account.hot { has::HOT } else { 0 } };
    let Habits { outflows, cash_outs, near, flips, passed, bonus_outs, hours } = account.habits;
    let (places, attempts, movements) =
        (account.places.as_slice(), account.attempts.as_slice(), account.movements.as_slice());
    let (devices, asns, payees) = (account.devices.as_slice(), account.asns.as_slice(), account.payees.as_slice());
    let (networks, agents) = (account.networks.as_slice(), account.agents.as_slice());
    let length = |things: &[Thing]| length_of(things, last_day);
    w.words([
        0, // The flags, when they are known.
        last_ms[0],
        last_ms[1],
        account.first_s,
        pair(account.logins, outflows),
        pair(cash_outs, flips.into()),
        hours.iter().fold(0, |word, &count| word << 4 | u32::from(count & 15)),
        u32::from_le_bytes([places.len() as u8, length(devices), length(asns), length(networks)]),
        u32::from_le_bytes([length(agents), length(payees), attempts.len() as u8, movements.len() as u8]),
    ]);
    let Account { alerted_s, alerted_rules, alerted_rank, risk, risk_s, .. } = *account;
    w.section(has::ALERTS, [alerted_s, alerted_rules, risk.to_bits(), risk_s, alerted_rank.into()]);
    w.section(has::SLEEP, [account.woke_s, account.slept_days.into()]);
    let Changes { password_s, payout_s, contact_s, payee, session } = account.changes;
    w.section(has::CHANGES, [password_s, payout_s, contact_s, payee.0, session.into()]);
    let times = |times: Times| pair(times.day, times.count.into());
    w.section(has::TIMES, [times(near), times(passed), times(bonus_outs)]);
    let Play { deposit_s, deposited, bonus, wagered, slices, slice } = account.play;
    w.section(has::PLAY, [deposit_s, deposited.to_bits(), bonus.to_bits(), wagered.to_bits()]);
    let [a, b, c, d, e, f] = bits(slices);
    w.section(has::SLICES, [slice, a, b, c, d, e, f]);
    w.amounts(&account.amounts);
    w.decays(&account.decays);
    let [hour, day] = account.peaks;
    w.section(has::PEAKS, [hour.at_s, hour.value.to_bits(), day.at_s, day.value.to_bits()]);
    has::BALANCES.into_iter().zip(&account.balances).for_each(|(flag, balance)| w.balance(flag, balance));
    places.iter().for_each(|spot| w.spot(spot));
    [devices, asns, networks, agents, payees].into_iter().for_each(|things| w.things(things, last_day));
    attempts.iter().for_each(|login| w.words([login.time_s, login.device.0, pair(login.session, login.flags)]));
    movements.iter().for_each(|m| w.words([m.time_s, m.amount.to_bits(), m.payee.0, pair(m.session, m.flags)]));
    w.ids(&account.ids);
    if let Some(pending) = &account.pending {
        w.flags |= has::PENDING;
        w.pending(pending);
    }
    let flags = w.flags;
    w.out[at..at + 4].copy_from_slice(&flags.to_le_bytes());
}

/// Puts the account that was encoded in place of what `account` was.
///
/// # Errors
/// The bytes are damaged, or of another version. What `account` is then means nothing.
pub fn decode(bytes: &[u8], account: &mut Account) -> Result<(), CodecError> {
    head(bytes)?;
    let mut r = Reader { rest: bytes };
    r.account(account).filter(|()| r.rest.is_empty()).ok_or(CodecError::Damaged)
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
        Some(&VERSION) => {}
        None | Some(0) => return Err(CodecError::Damaged),
        Some(&older) if older < VERSION => return Err(CodecError::Older(older)),
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

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    flags: u32,
}

impl Writer<'_> {
    #[inline]
    fn words<const N: usize>(&mut self, words: [u32; N]) {
        let mut bytes = [[0; 4]; N];
        for at in 0..N {
            bytes[at] = words[at].to_le_bytes();
        }
        self.out.extend_from_slice(bytes.as_flattened());
    }

    /// Words that are written only if there is anything in them.
    #[inline]
    fn section<const N: usize>(&mut self, flag: u32, words: [u32; N]) {
        if words != [0; N] {
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

    fn spot(&mut self, spot: &Spot) {
        let point = pair(spot.point.lat.cast_unsigned(), spot.point.lon.cast_unsigned());
        let [a, b] = spot.country;
        self.words([point, u32::from_le_bytes([a, b, spot.radius, spot.count]), spot.asn, spot.last_s]);
    }

    fn things(&mut self, things: &[Thing], last_day: u16) {
        let wide = length_of(things, last_day) & WIDE != 0;
        for thing in things {
            let [a, b, c] = thing.key;
            let age = thing.last_day.wrapping_sub(thing.first_day);
            if wide {
                self.words([u32::from_le_bytes([a, b, c, thing.count]), pair(thing.last_day, age)]);
            } else {
                let back = last_day.wrapping_sub(thing.last_day);
                self.out.extend_from_slice(&[a, b, c, thing.count, back as u8, age as u8]);
            }
        }
    }

    fn ids(&mut self, ids: &IdRing) {
        let Parts { ring, next, turned_s: [turned, before], young } = ids.parts();
        self.section(has::IDS, [turned, before, pair(ring.len() as u16, next.into()), young.len() as u32]);
        let start = self.out.len();
        self.out.resize(start + 4 * ring.len() + 8 * young.len(), 0);
        // Two loops of one kind of word each: the compiler copies the ring as it lies.
        let (ids, pairs) = self.out[start..].split_at_mut(4 * ring.len());
        ids.as_chunks_mut().0.iter_mut().zip(ring).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
        pairs.as_chunks_mut().0.iter_mut().zip(young).for_each(|(bytes, &(id, until))| {
            *bytes = (u64::from(until) << 32 | u64::from(id)).to_le_bytes();
        });
    }

    fn pending(&mut self, pending: &Pending) {
        let Pending { gap, outflows } = pending;
        self.words([pair(gap.is_some().into(), outflows.len() as u16)]);
        if let Some(Gap { due_ms, amount, wallet, left, taken, new_payee, told, origin }) = gap {
            [*due_ms, amount.0, left.0].into_iter().for_each(|number| self.words(halves(number)));
            self.words([wallet.0, taken.to_bits(), u32::from(*new_payee) | u32::from(*told) << 1]);
            self.origin(origin);
        }
        outflows.iter().for_each(|outflow| self.outflow(outflow));
    }

    fn outflow(&mut self, outflow: &Outflow) {
        let Outflow { due_ms, kind, amount, skip, balance, ratio, cash_out_habit, .. } = *outflow;
        let Outflow { payee_days, payee_since_days, payee_count, others, chunks, origin, .. } = outflow;
        [due_ms, amount.0, skip.cast_signed()].into_iter().for_each(|number| self.words(halves(number)));
        let [a, b, c] = bits([balance, ratio, cash_out_habit]);
        let withdrawal = u8::from(kind == Kind::Withdrawal);
        self.words([a, b, c, pair(*payee_days, *payee_since_days)]);
        self.words([u32::from(*others) | u32::from_le_bytes([0, 0, *payee_count, *chunks]), withdrawal.into()]);
        self.origin(origin);
    }

    fn origin(&mut self, origin: &Origin) {
        let names = origin.names();
        let ([a, b], [c, d]) = (halves(origin.time_ms), halves(origin.offset));
        let [account, event_id, payee, topic] = names.map(|name| name.len() as u32);
        self.words([a, b, c, d, origin.partition.cast_unsigned(), account, event_id, payee, topic]);
        names.iter().for_each(|name| self.out.extend_from_slice(name.as_bytes()));
    }
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

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// All of an account. Every field is named, so that none is left as it was.
    fn account(&mut self, account: &mut Account) -> Option<()> {
        let [flags, low, high, first_s, a, b, hours, c, d] = self.words()?;
        let has = |flag: u32| flags & flag != 0;
        let [places, devices, asns, networks] = c.to_le_bytes();
        let [agents, payees, attempts, movements] = d.to_le_bytes();
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
        account.amounts = self.amounts(has(has::AMOUNTS), hot)?;
        account.decays = self.decays(has(has::DECAYS), hot)?;
        let [hour_s, hour, day_s, day] = self.section(has(has::PEAKS))?;
        let peak = |at_s: u32, value: u32| Peak { at_s, value: f32::from_bits(value) };
        account.peaks = [peak(hour_s, hour), peak(day_s, day)];
        let [first, second] = has::BALANCES;
        account.balances = [self.balance(has(first), hot)?, self.balance(has(second), hot)?];
        let last_day = today_of(account.last_ms);
        for spot in account.places.refill(places.into())? {
            *spot = self.spot()?;
        }
        self.things(&mut account.devices, devices, last_day)?;
        self.things(&mut account.asns, asns, last_day)?;
        self.things(&mut account.networks, networks, last_day)?;
        self.things(&mut account.agents, agents, last_day)?;
        self.things(&mut account.payees, payees, last_day)?;
        self.recent(&mut account.attempts, attempts, Reader::login)?;
        self.recent(&mut account.movements, movements, Reader::movement)?;
        self.ids(has(has::IDS), &mut account.ids)?;
        account.pending = if has(has::PENDING) { Some(Box::new(self.pending()?)) } else { None };
        Some(())
    }

    #[inline]
    fn words<const N: usize>(&mut self) -> Option<[u32; N]> {
        let (bytes, rest) = self.rest.split_at_checked(4 * N)?;
        self.rest = rest;
        let (bytes, mut words) = (bytes.as_chunks().0, [0; N]);
        for at in 0..N {
            words[at] = u32::from_le_bytes(bytes[at]);
        }
        Some(words)
    }

    /// Words that were written only if there was anything in them.
    #[inline]
    fn section<const N: usize>(&mut self, written: bool) -> Option<[u32; N]> {
        if written { self.words() } else { Some([0; N]) }
    }

    fn long(&mut self) -> Option<i64> {
        self.words().map(whole)
    }

    fn amounts(&mut self, written: bool, hot: bool) -> Option<[LogModel; 4]> {
        let [counts] = self.section(written)?;
        let mut models = [LogModel::default(); 4];
        for (model, n) in models.iter_mut().zip(counts.to_le_bytes()).filter(|(_, n)| *n > 0) {
            let [mean, m2] = match hot {
                true => floats(self.words()?),
                false => coarse_unpair(self.words::<1>()?[0]),
            };
            *model = LogModel { n: n.into(), mean, m2 };
        }
        Some(models)
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

    fn spot(&mut self) -> Option<Spot> {
        let [point, more, asn, last_s] = self.words()?;
        let (lat, lon) = unpair(point);
        let [a, b, radius, count] = more.to_le_bytes();
        let point = Point { lat: lat.cast_signed(), lon: lon.cast_signed() };
        Some(Spot { point, country: [a, b], radius, count, asn, last_s })
    }

    fn things<const N: usize>(&mut self, known: &mut Known<Thing, N>, length: u8, today: u16) -> Option<()> {
        for thing in known.refill(usize::from(length & !WIDE))? {
            let [key] = self.words()?;
            let [a, b, c, count] = u32::to_le_bytes(key);
            let (last_day, age) = if length & WIDE != 0 {
                unpair(self.words::<1>()?[0])
            } else {
                let (&[back, age], rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                (today.checked_sub(back.into())?, age.into())
            };
            *thing = Thing { key: [a, b, c], count, last_day, first_day: last_day.checked_sub(age)? };
        }
        Some(())
    }

    fn recent<T: Timed, const N: usize>(
        &mut self,
        recent: &mut Recent<T, N>,
        length: u8,
        one: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<()> {
        let items = recent.refill(length.into())?;
        for item in items.iter_mut() {
            *item = one(self)?;
        }
        items.is_sorted_by_key(Timed::time_s).then_some(())
    }

    fn login(&mut self) -> Option<Login> {
        let [time_s, device, more] = self.words()?;
        let (session, flags) = unpair(more);
        Some(Login { time_s, device: Print(device), session, flags })
    }

    fn movement(&mut self) -> Option<Movement> {
        let [time_s, amount, payee, more] = self.words()?;
        let (session, flags) = unpair(more);
        Some(Movement { time_s, amount: f32::from_bits(amount), payee: Print(payee), session, flags })
    }

    fn ids(&mut self, written: bool, ids: &mut IdRing) -> Option<()> {
        let [turned, before, places, count] = self.section(written)?;
        let (used, next) = unpair(places);
        let (in_ring, rest) = self.rest.split_at_checked(4 * usize::from(used))?;
        let (young, rest) = rest.split_at_checked(usize::try_from(count).ok()?.checked_mul(8)?)?;
        let pair = |[id, until]: &[[u8; 4]; 2]| (u32::from_le_bytes(*id), u32::from_le_bytes(*until));
        let young = young.as_chunks().0.as_chunks().0.iter().map(pair);
        let ring = ids.refill(used.into(), u8::try_from(next).ok()?, [turned, before], young)?;
        ring.iter_mut().zip(in_ring.as_chunks().0).for_each(|(id, bytes)| *id = u32::from_le_bytes(*bytes));
        self.rest = rest;
        Some(())
    }

    fn pending(&mut self) -> Option<Pending> {
        let [lengths] = self.words()?;
        let (gaps, outflows) = unpair(lengths);
        let gap = if gaps > 0 { Some(self.gap()?) } else { None };
        let outflows = (0..outflows).map(|_| self.outflow()).collect::<Option<_>>()?;
        Some(Pending { gap, outflows })
    }

    fn gap(&mut self) -> Option<Gap> {
        let (due_ms, amount, left) = (self.long()?, Money(self.long()?), Money(self.long()?));
        let [wallet, taken, bits] = self.words()?;
        Some(Gap {
            due_ms,
            amount,
            wallet: Print(wallet),
            left,
            taken: f32::from_bits(taken),
            new_payee: bits & 1 != 0,
            told: bits & 2 != 0,
            origin: self.origin()?,
        })
    }

    fn outflow(&mut self) -> Option<Outflow> {
        let (due_ms, amount, skip) = (self.long()?, Money(self.long()?), self.long()?.cast_unsigned());
        let [a, b, c, days, more, withdrawal] = self.words()?;
        let [balance, ratio, cash_out_habit] = floats([a, b, c]);
        let (payee_days, payee_since_days) = unpair(days);
        let (others, counts) = unpair(more);
        let [payee_count, chunks] = counts.to_le_bytes();
        Some(Outflow {
            due_ms,
            kind: if withdrawal != 0 { Kind::Withdrawal } else { Kind::TransferOut },
            amount,
            skip,
            balance,
            ratio,
            cash_out_habit,
            payee_days,
            payee_since_days,
            payee_count,
            others,
            chunks,
            origin: self.origin()?,
        })
    }

    fn origin(&mut self) -> Option<Origin> {
        let [a, b, c, d, partition, account, event_id, payee, topic] = self.words()?;
        let place = (partition.cast_signed(), whole([c, d]));
        let names = [self.text(account)?, self.text(event_id)?, self.text(payee)?, self.text(topic)?];
        Some(Origin::new(whole([a, b]), place, names))
    }

    fn text(&mut self, len: u32) -> Option<&'a str> {
        let (text, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
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
        older[0] = VERSION - 1;
        assert_eq!(decoded(&older), Err(CodecError::Older(VERSION - 1)), "an older layout is never read as this one");
        assert_eq!(head(&older), Err(CodecError::Older(VERSION - 1)));
        assert_eq!(decoded(&[]), Err(CodecError::Damaged));
        assert_eq!(decoded(&[0]), Err(CodecError::Damaged));
        let mut bytes = encoded(&Account::default());
        bytes.push(0);
        assert_eq!(decoded(&bytes), Err(CodecError::Damaged), "nothing may follow");
    }
}
