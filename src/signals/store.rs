//! Where account states live: the trait that the engine asks, and a store in memory with transactions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use hashbrown::HashMap;

use super::account::{Account, COLD_AFTER_MS, Parts};
use super::codec::{self, CodecError, Head, Unread};
use super::event::AccountId;
use super::images::{Image, Images};
use super::population::Population;

/// The state of one task (partition `i` of all signal inputs). All that the engine knows stands in here, so a store that
/// keeps it makes the engine survive.
pub trait Store {
    /// The state of an account, awake at `now_ms` (event time); a new one if it is not known. What becomes of it belongs
    /// to the open transaction. It has its lists only if all of it is asked for.
    fn account(&mut self, id: AccountId, now_ms: i64, parts: Parts) -> &mut Account;

    /// Whether an account is known.
    fn contains(&self, id: AccountId) -> bool;

    /// Forgets an account.
    fn forget(&mut self, id: AccountId);

    /// What belongs to no account.
    fn task(&mut self) -> &mut Task;

    /// Whether the record at hand was applied to the account before a restart: it must not be judged again.
    fn is_repeated(&mut self, _id: AccountId) -> bool {
        false
    }
}

/// What a task knows besides its accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// Newest event time, ms since 1970. The watermark is this less the lateness.
    pub newest_ms: i64,
    /// How common features are among all accounts.
    pub population: Population,
    /// Accounts with something held back, by the watermark that decides it. Not written: it follows from the accounts.
    due: BTreeSet<(i64, AccountId)>,
    /// What was put in (true) and taken out of `due` in the open transaction.
    moves: Vec<(bool, (i64, AccountId))>,
}

impl Task {
    /// A task as it was written.
    pub fn new(newest_ms: i64, population: Population) -> Task {
        Task { newest_ms, population, ..Task::default() }
    }

    /// The account has something that is decided at this watermark.
    pub fn expect(&mut self, due_ms: i64, account: AccountId) {
        if self.due.insert((due_ms, account)) {
            self.moves.push((true, (due_ms, account)));
        }
    }

    /// Takes the next account that is due at this watermark, and the watermark that it waited for.
    pub fn next_due(&mut self, watermark_ms: i64) -> Option<(i64, AccountId)> {
        let first = *self.due.first().filter(|(due_ms, _)| *due_ms <= watermark_ms)?;
        self.due.remove(&first);
        self.moves.push((false, first));
        Some(first)
    }

    /// Takes back what was put in and taken out: the last first.
    fn take_back(&mut self, moves: Vec<(bool, (i64, AccountId))>) {
        for (put_in, entry) in moves.into_iter().rev() {
            if put_in {
                self.due.remove(&entry)
            } else {
                self.due.insert(entry)
            };
        }
    }
}

/// Limits of a store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// An account that was not touched for this long, in event time, is forgotten.
    pub ttl_ms: i64,
    /// Most accounts; past it the one that was touched longest ago goes.
    pub accounts: usize,
}

/// What a store did and holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Accounts.
    pub accounts: usize,
    /// Bytes that accounts take, without the table.
    pub bytes: usize,
    /// Accounts forgotten because there were too many.
    pub evicted: u64,
    /// Accounts forgotten because nothing happened.
    pub expired: u64,
}

/// Most accounts that one transaction forgets for their age: each takes a record in the changelog.
const EXPIRED_AT_ONCE: usize = 10_000;

/// Where an account is.
#[derive(Debug)]
enum Slot {
    /// The open transaction works on it: its place in [`MemoryStore::open`].
    Open(u32),
    Rest(Image),
}

/// An account that the open transaction works on.
#[derive(Debug, Default)]
struct Opened {
    id: AccountId,
    account: Account,
    /// Its lists, as long as nobody has asked for them: they stay in the image, and are copied from there in the end.
    unread: Option<Unread>,
    was: Was,
    /// An event came to it since it was looked at for closing.
    again: bool,
}

/// Where the image is that an account was read from.
#[derive(Debug)]
enum Was {
    /// Its place in [`Undo::accounts`].
    Noted(usize),
    /// Here: the open transaction wrote it itself.
    Written(Image),
}

impl Default for Was {
    fn default() -> Was {
        Was::Noted(0)
    }
}

impl Opened {
    fn image<'a>(was: &'a Was, undo: &'a Undo) -> Option<&'a Image> {
        match was {
            Was::Noted(at) => undo.accounts[*at].1.as_ref(),
            Was::Written(image) => Some(image),
        }
    }

    fn read_lists(&mut self, undo: &Undo) {
        if let (Some(unread), Some(image)) = (self.unread.take(), Opened::image(&self.was, undo)) {
            codec::read_lists(image.bytes(), &unread, &mut self.account).expect(WELL_FORMED);
        }
    }

    fn write(&mut self, undo: &Undo, out: &mut Vec<u8>) {
        if self.unread.is_some_and(|unread| !unread.fits(&self.account)) {
            self.read_lists(undo);
        }
        match (&self.unread, Opened::image(&self.was, undo)) {
            (Some(unread), Some(image)) => codec::encode_unread(&self.account, unread, image.bytes(), out),
            _ => codec::encode(&self.account, out),
        }
    }
}

/// What accounts and the task were before a transaction, in the order in which it touched them. An account may stand here
/// twice: the first time counts.
#[derive(Debug, Default)]
struct Undo {
    accounts: Vec<(AccountId, Option<Image>)>,
    /// All of the task but the accounts that are due: there may be many, so their moves are noted instead.
    task: Option<Box<(i64, Population)>>,
    moves: Vec<(bool, (i64, AccountId))>,
}

/// Most accounts that are decoded at a time: so they stay in a cache of a processor.
const OPEN_MAX: usize = if cfg!(test) { 3 } else { 1024 };

/// A store in memory. An account is at rest as its encoding, and decoded from its first event in a transaction to the end
/// of that, or until it makes room for another when no event has come to it for a while. So its image serves three times: it
/// is what takes the transaction back, what the changelog gets, and what stays in memory, a quarter of what is decoded.
/// After a day without events (of event time) it shrinks once more.
///
/// Transactions follow each other: the newest is open, older ones are sealed and wait until they are durable. So work
/// goes on while a commit runs, and all of it can be taken back.
#[derive(Debug)]
pub struct MemoryStore {
    limits: Limits,
    accounts: HashMap<AccountId, Slot, foldhash::fast::FixedState>,
    /// Accounts of the open transaction, and how many: what stands behind them is room that is used again.
    open: Vec<Opened>,
    opened: usize,
    /// Where the next account is looked for that makes room.
    hand: usize,
    /// Hot accounts in the order in which they may be cold.
    cooling: VecDeque<(i64, AccountId)>,
    /// Accounts by the time of their last event or an earlier one: looked at again when it is their turn.
    aging: BinaryHeap<Reverse<(i64, AccountId)>>,
    task: Task,
    /// While restoring: when accounts with something held back are due.
    held: BTreeMap<AccountId, i64>,
    /// Of the open transaction.
    undo: Undo,
    /// Of sealed transactions, oldest first.
    sealed: VecDeque<Undo>,
    /// Bytes of accounts at rest.
    bytes: usize,
    evicted: u64,
    expired: u64,
    /// Room for an account that is decoded or encoded in passing.
    spare: Box<Account>,
    scratch: Vec<u8>,
    images: Images,
    /// Accounts that came since they were taken last.
    came: Vec<AccountId>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(limits: Limits) -> MemoryStore {
        MemoryStore {
            limits,
            accounts: HashMap::default(),
            open: Vec::new(),
            opened: 0,
            hand: 0,
            cooling: VecDeque::new(),
            aging: BinaryHeap::new(),
            task: Task::default(),
            held: BTreeMap::new(),
            undo: Undo::default(),
            sealed: VecDeque::new(),
            bytes: 0,
            evicted: 0,
            expired: 0,
            spare: Box::default(),
            scratch: Vec::new(),
            images: Images::default(),
            came: Vec::new(),
        }
    }

    /// Puts in an account as it was written (`None`: it was forgotten later); for restoring. What comes later replaces
    /// what came before.
    ///
    /// # Errors
    /// The bytes are no account.
    pub fn restore(&mut self, id: AccountId, bytes: Option<&[u8]>) -> Result<(), CodecError> {
        let pending = match bytes {
            Some(bytes) => {
                codec::decode(bytes, &mut self.spare)?;
                self.spare.pending.take().and_then(|pending| pending.due_ms())
            }
            None => None,
        };
        match pending {
            Some(due_ms) => drop(self.held.insert(id, due_ms)),
            None if !self.held.is_empty() => drop(self.held.remove(&id)),
            None => {}
        }
        let image = bytes.map(|bytes| self.images.of(bytes));
        self.put(id, image);
        Ok(())
    }

    /// Puts in the task as it was written, and ends restoring: accounts are put into the order of their age.
    pub fn restored(&mut self, task: Task) {
        self.task = task;
        self.task.due = std::mem::take(&mut self.held).into_iter().map(|(id, due_ms)| (due_ms, id)).collect();
        let heads = || self.accounts.iter().map(|(id, slot)| (*id, head_of(slot, &self.open)));
        self.aging = heads().map(|(id, head)| Reverse((head.last_ms, id))).collect();
        let hot = heads().filter(|(_, head)| head.hot);
        let mut cooling: Vec<(i64, AccountId)> = hot.map(|(id, head)| (head.last_ms + COLD_AFTER_MS, id)).collect();
        cooling.sort_unstable();
        self.cooling = cooling.into();
    }

    /// Ends the open transaction and begins the next. Forgets what is old, and hands over all that the transaction
    /// changed: accounts as they are written, `None` for those that are gone. One that went and came again may be handed
    /// over twice: the last time counts.
    pub fn seal(&mut self, mut each: impl FnMut(AccountId, Option<&[u8]>)) {
        self.expire();
        for (id, _) in &self.undo.accounts {
            match self.accounts.get_mut(id) {
                Some(Slot::Rest(image)) if image.is_written() => {
                    each(*id, Some(image.bytes()));
                    image.set_written(false);
                }
                // Handed over already: it was touched, forgotten and touched again.
                Some(Slot::Rest(_)) => {}
                Some(slot) => {
                    let Slot::Open(at) = *slot else { unreachable!("it is not at rest") };
                    self.scratch.clear();
                    let opened = &mut self.open[at as usize];
                    opened.write(&self.undo, &mut self.scratch);
                    each(*id, Some(&self.scratch));
                    let image = self.images.of(&self.scratch);
                    self.bytes += image.size();
                    *slot = Slot::Rest(image);
                    if let Was::Written(image) = std::mem::take(&mut opened.was) {
                        self.images.give_back(image);
                    }
                }
                None => each(*id, None),
            }
        }
        self.opened = 0;
        self.cool();
        self.undo.moves = std::mem::take(&mut self.task.moves);
        let next = Undo { accounts: Vec::with_capacity(self.undo.accounts.len()), ..Undo::default() };
        self.sealed.push_back(std::mem::replace(&mut self.undo, next));
    }

    /// The oldest sealed transaction lasts.
    pub fn durable(&mut self) {
        let images = self.sealed.pop_front().into_iter().flat_map(|undo| undo.accounts);
        images.filter_map(|(_, image)| image).for_each(|image| self.images.give_back(image));
    }

    /// Whether the open transaction changed anything.
    pub fn is_touched(&self) -> bool {
        self.undo.task.is_some() || !self.undo.accounts.is_empty()
    }

    /// Ends the open transaction and makes its changes last: for what has nothing to commit.
    pub fn commit(&mut self) {
        self.seal(|_, _| {});
        while !self.sealed.is_empty() {
            self.durable();
        }
        self.came.clear();
    }

    /// Takes back the changes of all transactions that are not durable, but for the `kept` oldest, which turned out to
    /// be.
    pub fn abort(&mut self, kept: usize) {
        self.undo.moves = std::mem::take(&mut self.task.moves);
        let mut newest = Some(std::mem::take(&mut self.undo));
        while let Some(undo) = newest {
            self.take_back(undo);
            newest = if self.sealed.len() > kept { self.sealed.pop_back() } else { None };
        }
        self.opened = 0;
        self.sealed.clear();
    }

    fn take_back(&mut self, undo: Undo) {
        for (id, image) in undo.accounts.into_iter().rev() {
            if let Some(image) = &image {
                // Its places in the queues may have been used up.
                self.aging.push(Reverse((head(image).last_ms, id)));
                self.cooling.push_back((self.task.newest_ms, id));
            }
            self.put(id, image);
        }
        self.task.take_back(undo.moves);
        if let Some(task) = undo.task {
            (self.task.newest_ms, self.task.population) = *task;
        }
    }

    /// Takes the accounts that came since the last call.
    pub fn take_came(&mut self) -> Vec<AccountId> {
        std::mem::take(&mut self.came)
    }

    /// What it did and holds.
    pub fn stats(&self) -> StoreStats {
        StoreStats {
            accounts: self.accounts.len(),
            bytes: self.bytes + self.open.len() * size_of::<Opened>(),
            evicted: self.evicted,
            expired: self.expired,
        }
    }

    /// The task as it is now.
    pub fn task_now(&self) -> &Task {
        &self.task
    }

    /// Replaces an account by one at rest, or by none; tells what was there.
    fn put(&mut self, id: AccountId, image: Option<Image>) -> Option<Slot> {
        self.bytes += image.as_ref().map_or(0, Image::size);
        let old = match image {
            Some(image) => self.accounts.insert(id, Slot::Rest(image)),
            None => self.accounts.remove(&id),
        };
        if let Some(Slot::Rest(old)) = &old {
            self.bytes -= old.size();
        }
        old
    }

    /// Forgets the account that was touched longest ago. It happens when an account too many comes, and the order is
    /// that of event time, so it does not matter when transactions end.
    fn evict(&mut self) {
        while let Some(Reverse((due_ms, id))) = self.aging.pop() {
            let Some(slot) = self.accounts.get(&id) else { continue };
            let last_ms = head_of(slot, &self.open).last_ms;
            if last_ms > due_ms {
                self.aging.push(Reverse((last_ms, id)));
                continue;
            }
            self.forget(id);
            self.evicted += 1;
            return;
        }
    }

    /// Forgets what is old.
    fn expire(&mut self) {
        let old = self.task.newest_ms.saturating_sub(self.limits.ttl_ms);
        for _ in 0..EXPIRED_AT_ONCE {
            let Some(&Reverse((due_ms, id))) = self.aging.peek() else { break };
            if due_ms >= old {
                break;
            }
            self.aging.pop();
            let Some(slot) = self.accounts.get(&id) else { continue };
            let last_ms = head_of(slot, &self.open).last_ms;
            if last_ms >= old {
                self.aging.push(Reverse((last_ms, id)));
                continue;
            }
            self.forget(id);
            self.expired += 1;
        }
    }

    /// Shrinks what has become cold. All accounts are at rest.
    fn cool(&mut self) {
        let now_ms = self.task.newest_ms;
        while let Some((_, id)) = self.cooling.pop_front_if(|(due_ms, _)| *due_ms < now_ms) {
            let Some(Slot::Rest(image)) = self.accounts.get_mut(&id) else { continue };
            let Head { last_ms, hot: is_hot, pending } = head(image);
            let due_ms = last_ms + COLD_AFTER_MS;
            if !is_hot {
                continue;
            }
            if due_ms >= now_ms || pending {
                self.cooling.push_back((due_ms.max(now_ms), id));
                continue;
            }
            read(image, &mut self.spare);
            self.spare.cool();
            self.scratch.clear();
            codec::encode(&self.spare, &mut self.scratch);
            let hot = std::mem::replace(image, self.images.of(&self.scratch));
            self.bytes = self.bytes - hot.size() + image.size();
            self.images.give_back(hot);
        }
    }

    /// Room for one more account that is decoded. When all is taken, the next one makes room that had no event since the
    /// last round: who comes often stays.
    fn room(&mut self) -> u32 {
        if self.opened < OPEN_MAX {
            if self.opened == self.open.len() {
                self.open.push(Opened::default());
            }
            self.opened += 1;
            return self.opened as u32 - 1;
        }
        while std::mem::take(&mut self.open[self.hand].again) {
            self.hand = (self.hand + 1) % OPEN_MAX;
        }
        let at = self.hand;
        self.hand = (at + 1) % OPEN_MAX;
        self.close(at);
        at as u32
    }

    /// Encodes an account before the transaction ends.
    fn close(&mut self, at: usize) {
        let opened = &mut self.open[at];
        // It may be forgotten by now, and open again elsewhere.
        if let Some(slot) = self.accounts.get_mut(&opened.id)
            && matches!(slot, Slot::Open(open) if *open as usize == at)
        {
            self.scratch.clear();
            opened.write(&self.undo, &mut self.scratch);
            let mut image = self.images.of(&self.scratch);
            image.set_written(true);
            self.bytes += image.size();
            *slot = Slot::Rest(image);
        }
        if let Was::Written(image) = std::mem::take(&mut opened.was) {
            self.images.give_back(image);
        }
    }

    /// Decodes an account at rest, or makes a new one.
    fn open(&mut self, id: AccountId, now_ms: i64) -> u32 {
        let at = self.room();
        let Opened { account, unread, was, .. } = &mut self.open[at as usize];
        if let Some(slot) = self.accounts.get_mut(&id) {
            let Slot::Rest(image) = std::mem::replace(slot, Slot::Open(at)) else { unreachable!("it is not open") };
            *unread = Some(codec::decode_but_lists(image.bytes(), account).expect(WELL_FORMED));
            self.bytes -= image.size();
            if !account.hot {
                self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
            }
            *was = if image.is_written() {
                Was::Written(image)
            } else {
                self.undo.accounts.push((id, Some(image)));
                Was::Noted(self.undo.accounts.len() - 1)
            };
        } else {
            (*account, *unread, *was) = (Account::default(), None, Was::Noted(self.undo.accounts.len()));
            self.accounts.insert(id, Slot::Open(at));
            self.undo.accounts.push((id, None));
            self.came.push(id);
            self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
            self.aging.push(Reverse((now_ms, id)));
        }
        (self.open[at as usize].id, self.open[at as usize].again) = (id, false);
        at
    }
}

/// What is in memory was encoded here or checked when it was restored.
const WELL_FORMED: &str = "invariant: accounts at rest are well-formed";

fn head(image: &Image) -> Head {
    codec::head(image.start()).expect(WELL_FORMED)
}

fn read(image: &Image, account: &mut Account) {
    codec::decode(image.bytes(), account).expect(WELL_FORMED);
}

fn head_of(slot: &Slot, open: &[Opened]) -> Head {
    match slot {
        Slot::Open(at) => {
            let account = &open[*at as usize].account;
            Head { last_ms: account.last_ms, hot: account.hot, pending: account.pending.is_some() }
        }
        Slot::Rest(image) => head(image),
    }
}

impl Store for MemoryStore {
    fn account(&mut self, id: AccountId, now_ms: i64, parts: Parts) -> &mut Account {
        let at = match self.accounts.get(&id) {
            Some(Slot::Open(at)) => {
                self.open[*at as usize].again = true;
                *at
            }
            Some(Slot::Rest(_)) => self.open(id, now_ms),
            None => {
                if self.accounts.len() >= self.limits.accounts {
                    self.evict();
                }
                self.open(id, now_ms)
            }
        };
        let opened = &mut self.open[at as usize];
        if opened.account.last_ms != 0 && now_ms - opened.account.last_ms > self.limits.ttl_ms {
            (opened.account, opened.unread) = Default::default();
        }
        if parts == Parts::All || opened.account.cools_at(now_ms) {
            opened.read_lists(&self.undo);
        }
        opened.account.wake(now_ms);
        &mut opened.account
    }

    fn contains(&self, id: AccountId) -> bool {
        self.accounts.contains_key(&id)
    }

    fn forget(&mut self, id: AccountId) {
        match self.put(id, None) {
            // What it was before the transaction is noted already.
            Some(Slot::Open(_)) => {}
            Some(Slot::Rest(image)) if image.is_written() => self.images.give_back(image),
            Some(Slot::Rest(image)) => self.undo.accounts.push((id, Some(image))),
            None => self.undo.accounts.push((id, None)),
        }
    }

    fn task(&mut self) -> &mut Task {
        if self.undo.task.is_none() {
            self.undo.task = Some(Box::new((self.task.newest_ms, self.task.population.clone())));
        }
        &mut self.task
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signals::account::{Login, Thing};
    use crate::signals::time::DAY_MS;

    const NOW: i64 = 1_800_000_000_000;

    fn id(n: u8) -> AccountId {
        AccountId([n; 16])
    }

    fn store(accounts: usize) -> MemoryStore {
        MemoryStore::new(Limits { ttl_ms: 180 * DAY_MS, accounts })
    }

    fn touch(store: &mut MemoryStore, n: u8, at_ms: i64) {
        live(store.account(id(n), at_ms, Parts::All), n, at_ms);
        store.task().newest_ms = at_ms;
    }

    /// An event leaves something that stays, and something that only matters within the day.
    fn live(account: &mut Account, n: u8, at_ms: i64) {
        let time_s = (at_ms / 1000) as u32;
        account.last_ms = account.last_ms.max(at_ms);
        account.lists_mut().devices.see(Thing::new(u32::from(n), time_s));
        account.lists_mut().attempts.insert(Login { time_s, ..Login::default() });
    }

    #[test]
    fn an_abort_takes_everything_back_and_a_commit_nothing() {
        let mut store = store(10);
        touch(&mut store, 1, NOW);
        store.commit();
        touch(&mut store, 1, NOW + 5);
        touch(&mut store, 2, NOW + 6);
        store.forget(id(1));
        store.abort(0);
        assert_eq!(store.stats().accounts, 1);
        assert_eq!((store.account(id(1), NOW, Parts::All).last_ms, store.task().newest_ms), (NOW, NOW));
    }

    #[test]
    fn what_is_cold_is_small_and_comes_back_the_same() {
        let mut store = store(10);
        touch(&mut store, 1, NOW);
        (1..60).for_each(|id_of_event| assert!(store.account(id(1), NOW, Parts::All).ids.insert(id_of_event, 1)));
        store.commit();
        let hot = store.bytes;
        touch(&mut store, 2, NOW + 2 * DAY_MS);
        store.commit();
        assert!(store.bytes + 100 < hot, "1 is smaller now, though 2 has come");
        let account = store.account(id(1), NOW + 2 * DAY_MS, Parts::All);
        assert_eq!((account.last_ms, account.lists().devices.as_slice().len()), (NOW, 1));
    }

    #[test]
    fn what_is_old_or_too_much_goes_and_is_counted() {
        let mut store = store(3);
        (1..=3).for_each(|n| touch(&mut store, n, NOW + i64::from(n)));
        store.commit();
        touch(&mut store, 4, NOW + 2 * DAY_MS);
        store.commit();
        assert_eq!((store.stats().accounts, store.stats().evicted), (3, 1));
        assert_eq!(store.account(id(1), NOW + 2 * DAY_MS, Parts::All).last_ms, 0, "1 was touched longest ago");
        store.abort(0);
        touch(&mut store, 5, NOW + 200 * DAY_MS);
        store.commit();
        assert!(store.stats().expired >= 2, "{:?}", store.stats());
    }

    #[test]
    fn a_restored_account_is_there_and_damage_is_told() {
        let mut first = store(10);
        touch(&mut first, 1, NOW);
        let mut bytes = Vec::new();
        first.seal(|_, account| bytes.extend_from_slice(account.expect("it is there")));
        let mut second = store(10);
        assert_eq!(second.restore(id(1), Some(&bytes)), Ok(()));
        assert_eq!(second.restore(id(2), Some(&bytes)), Ok(()));
        assert_eq!(second.restore(id(2), None), Ok(()), "a later record takes it away");
        assert!(second.restore(id(3), Some(&bytes[1..])).is_err());
        second.restored(first.task_now().clone());
        assert_eq!(second.stats().accounts, 1);
        assert_eq!(second.account(id(1), NOW, Parts::All), first.account(id(1), NOW, Parts::All));
    }

    #[test]
    fn sealed_transactions_are_taken_back_one_by_one() {
        let mut store = store(10);
        let sealed = |store: &mut MemoryStore| {
            let mut ids = Vec::new();
            store.seal(|id, account| ids.push((id.0[0], account.is_some())));
            ids.sort_unstable();
            ids
        };
        touch(&mut store, 1, NOW);
        assert_eq!(sealed(&mut store), [(1, true)]);
        touch(&mut store, 1, NOW + 1);
        touch(&mut store, 2, NOW + 1);
        assert_eq!(sealed(&mut store), [(1, true), (2, true)]);
        store.forget(id(2));
        store.durable();
        assert_eq!(sealed(&mut store), [(2, false)]);
        touch(&mut store, 3, NOW + 2);
        // The second turns out to be durable: the third and the open one are taken back.
        store.abort(1);
        assert_eq!((store.stats().accounts, store.task_now().newest_ms), (2, NOW + 1));
        assert!(!store.is_touched());
        touch(&mut store, 1, NOW + 9);
        store.abort(0);
        assert_eq!(store.account(id(1), NOW, Parts::All).last_ms, NOW + 1);
    }

    #[test]
    fn who_goes_does_not_depend_on_when_transactions_end() {
        let run = |every: usize| {
            let mut rng = fastrand::Rng::with_seed(7);
            let mut store = store(20);
            for i in 0..2_000 {
                touch(&mut store, rng.u8(..60), NOW + i64::from(i) * 3_600_000 / 4);
                if (i as usize).is_multiple_of(every) {
                    store.commit();
                }
            }
            let mut left: Vec<u8> = store.accounts.keys().map(|id| id.0[0]).collect();
            left.sort_unstable();
            (left, store.evicted)
        };
        assert_eq!(run(1), run(7));
        assert_eq!(run(1), run(5_000));
    }

    /// What a store should be: whole copies of all accounts, one for each moment that can be gone back to.
    #[derive(Default)]
    struct Model {
        now: BTreeMap<AccountId, Account>,
        durable: BTreeMap<AccountId, Account>,
        sealed: VecDeque<BTreeMap<AccountId, Account>>,
    }

    impl Model {
        fn abort(&mut self, kept: usize) {
            self.sealed.truncate(kept);
            self.durable = self.sealed.pop_back().unwrap_or(std::mem::take(&mut self.durable));
            self.sealed.clear();
            self.now = self.durable.clone();
        }
    }

    /// A round of a game.
    fn play(account: &mut Account, at_ms: i64) {
        account.last_ms = account.last_ms.max(at_ms);
        account.play.stake((at_ms / 1000) as u32, 5.0);
        account.ids.insert((at_ms / 1000) as u32, (at_ms / 1000) as u32);
    }

    type Records = Vec<(AccountId, Option<Vec<u8>>)>;

    fn applied(log: &mut BTreeMap<AccountId, Vec<u8>>, records: Records) {
        for (id, bytes) in records {
            match bytes {
                Some(bytes) => drop(log.insert(id, bytes)),
                None => drop(log.remove(&id)),
            }
        }
    }

    /// All accounts of a store as they are for whoever asks at `at_ms`.
    fn all(store: &MemoryStore, at_ms: i64) -> BTreeMap<AccountId, Account> {
        let one = |(id, slot): (&AccountId, &Slot)| {
            let mut account = Account::default();
            match slot {
                Slot::Open(at) => {
                    let opened = &store.open[*at as usize];
                    account.clone_from(&opened.account);
                    if let (Some(unread), Some(image)) = (&opened.unread, Opened::image(&opened.was, &store.undo)) {
                        codec::read_lists(image.bytes(), unread, &mut account).expect(WELL_FORMED);
                    }
                }
                Slot::Rest(image) => read(image, &mut account),
            }
            account.wake(at_ms);
            (*id, account)
        };
        store.accounts.iter().map(one).collect()
    }

    fn awake(accounts: &BTreeMap<AccountId, Account>, at_ms: i64) -> BTreeMap<AccountId, Account> {
        let mut accounts = accounts.clone();
        accounts.values_mut().for_each(|account| account.wake(at_ms));
        accounts
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_happens_the_store_is_where_its_transactions_left_it(
            steps in prop::collection::vec((0u8..12, 0u8..6, 0usize..4, 0i64..DAY_MS), 1..120)
        ) {
            let (mut store, mut model, mut at_ms) = (store(100), Model::default(), NOW);
            let (mut log, mut in_flight) = (BTreeMap::new(), VecDeque::<Records>::new());
            for (step, n, kept, ms) in steps {
                match step {
                    // A game: nobody asks for the lists.
                    0..7 if ms % 2 == 0 => {
                        at_ms += ms >> (2 * step);
                        play(store.account(id(n), at_ms, Parts::NoLists), at_ms);
                        store.task().newest_ms = at_ms;
                        let account = model.now.entry(id(n)).or_default();
                        account.wake(at_ms);
                        play(account, at_ms);
                    }
                    0..7 => {
                        at_ms += ms >> (2 * step);
                        touch(&mut store, n, at_ms);
                        let account = model.now.entry(id(n)).or_default();
                        account.wake(at_ms);
                        live(account, n, at_ms);
                    }
                    7 => {
                        store.forget(id(n));
                        model.now.remove(&id(n));
                    }
                    8..10 => {
                        let mut records = Records::new();
                        store.seal(|id, bytes| records.push((id, bytes.map(<[u8]>::to_vec))));
                        in_flight.push_back(records);
                        model.sealed.push_back(model.now.clone());
                    }
                    10 => {
                        store.durable();
                        model.durable = model.sealed.pop_front().unwrap_or(model.durable);
                        applied(&mut log, in_flight.pop_front().unwrap_or_default());
                    }
                    _ => {
                        let kept = kept.min(in_flight.len());
                        store.abort(kept);
                        model.abort(kept);
                        in_flight.drain(..).take(kept).for_each(|records| applied(&mut log, records));
                    }
                }
                prop_assert_eq!(all(&store, at_ms), awake(&model.now, at_ms));
            }
            let mut restored = MemoryStore::new(store.limits);
            log.iter().for_each(|(id, bytes)| restored.restore(*id, Some(bytes)).expect("our own bytes"));
            restored.restored(Task::default());
            prop_assert_eq!(all(&restored, at_ms), awake(&model.durable, at_ms), "the changelog has what is durable");
            store.abort(0);
            let at_rest = |slot: &Slot| if let Slot::Rest(image) = slot { image.size() } else { 0 };
            prop_assert_eq!(store.bytes, store.accounts.values().map(at_rest).sum::<usize>());
        }
    }
}
