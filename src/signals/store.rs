//! Where account states live: the trait that the engine asks, and a store in memory with transactions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::account::{Account, COLD_AFTER_MS, Parts};
use super::codec::{self, CodecError, Head, Unread};
use super::event::AccountId;
use super::images::{Image, Images};
use super::population::Population;
use super::table::{Mark, Table};
use super::task::Task;

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

/// Accounts that are looked up together before they cool: about as many as a processor waits for at a time.
const COOLED_AT_ONCE: usize = 16;

/// Where an account is.
#[derive(Debug)]
enum Slot {
    /// The open transaction works on it: its place in [`MemoryStore::open`].
    Open(u32),
    Rest(Image),
}

impl Slot {
    /// As the table of accounts knows it.
    fn of(number: u32) -> Slot {
        if number < Image::END { Slot::Rest(Image::of(number)) } else { Slot::Open(number - Image::END) }
    }

    fn number(&self) -> u32 {
        match self {
            Slot::Open(at) => Image::END + at,
            Slot::Rest(image) => image.number(),
        }
    }
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
    /// Its place in the table.
    mark: Mark,
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
    /// The encoding that it was read from.
    fn encoded<'a>(was: &Was, undo: &Undo, images: &'a Images) -> Option<&'a [u8]> {
        match was {
            Was::Noted(at) => undo.accounts[*at].1.as_ref().map(|image| images.bytes(image)),
            Was::Written(image) => Some(images.bytes(image)),
        }
    }

    fn read_lists(&mut self, undo: &Undo, images: &Images) {
        if let Some(unread) = self.unread.take()
            && let Some(bytes) = Opened::encoded(&self.was, undo, images)
        {
            codec::read_lists(bytes, &unread, &mut self.account).expect(WELL_FORMED);
        }
    }

    fn write(&mut self, undo: &Undo, images: &Images, out: &mut Vec<u8>) {
        out.clear();
        if self.unread.is_some_and(|unread| !unread.fits(&self.account)) {
            self.read_lists(undo, images);
        }
        if let Some(unread) = &self.unread
            && let Some(bytes) = Opened::encoded(&self.was, undo, images)
        {
            codec::encode_unread(&self.account, unread, bytes, out);
        } else {
            codec::encode(&self.account, out);
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
    /// Their [`Slot`]s.
    accounts: Table,
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
            accounts: Table::default(),
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
        let image = bytes.map(|bytes| self.images.of(id, bytes));
        let before = self.put(id, image);
        self.give_back(before);
        Ok(())
    }

    /// Puts in the task as it was written, and ends restoring: accounts are put into the order of their age.
    pub fn restored(&mut self, task: Task) {
        self.task = task;
        self.task.due = std::mem::take(&mut self.held).into_iter().map(|(id, due_ms)| (due_ms, id)).collect();
        let heads = || self.accounts.numbers().map(|number| self.known(&Slot::of(number)));
        let aging = heads().map(|(id, head)| Reverse((head.last_ms, id))).collect();
        let hot = heads().filter(|(_, head)| head.hot);
        let mut cooling: Vec<(i64, AccountId)> = hot.map(|(id, head)| (head.last_ms + COLD_AFTER_MS, id)).collect();
        self.aging = aging;
        cooling.sort_unstable();
        self.cooling = cooling.into();
    }

    /// Ends the open transaction and begins the next. Forgets what is old, and hands over all that the transaction
    /// changed: accounts as they are written, `None` for those that are gone. One that went and came again may be handed
    /// over twice: the last time counts.
    pub fn seal(&mut self, mut each: impl FnMut(AccountId, Option<&[u8]>)) {
        self.expire();
        for (id, _) in &self.undo.accounts {
            let Some(place) = find(*id, &self.accounts, &self.images, &self.open) else {
                each(*id, None);
                continue;
            };
            match Slot::of(self.accounts.get(place)) {
                Slot::Rest(image) if self.images.is_written(&image) => {
                    each(*id, Some(self.images.bytes(&image)));
                    self.images.set_written(&image, false);
                }
                // Handed over already: it was touched, forgotten and touched again.
                Slot::Rest(_) => {}
                Slot::Open(at) => {
                    self.open[at as usize].write(&self.undo, &self.images, &mut self.scratch);
                    each(*id, Some(&self.scratch));
                    let image = self.images.of(*id, &self.scratch);
                    self.bytes += self.images.size(&image);
                    self.accounts.replace(place, image.number());
                }
            }
        }
        self.close_all();
        self.cool();
        self.undo.moves = std::mem::take(&mut self.task.moves);
        let next = Undo { accounts: Vec::with_capacity(self.undo.accounts.len()), ..Undo::default() };
        self.sealed.push_back(std::mem::replace(&mut self.undo, next));
    }

    /// The oldest sealed transaction lasts.
    pub fn durable(&mut self) {
        if let Some(undo) = self.sealed.pop_front() {
            let images = undo.accounts.into_iter().filter_map(|(_, image)| image);
            images.for_each(|image| self.images.give_back(image));
        }
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
        self.close_all();
        while !self.sealed.is_empty() {
            self.durable();
        }
    }

    fn take_back(&mut self, undo: Undo) {
        for (id, image) in undo.accounts.into_iter().rev() {
            if let Some(image) = &image {
                // Its places in the queues may have been used up.
                self.aging.push(Reverse((head(self.images.bytes(image)).last_ms, id)));
                self.cooling.push_back((self.task.newest_ms, id));
            }
            let after = self.put(id, image);
            self.give_back(after);
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
            accounts: self.accounts.count(),
            bytes: self.bytes + self.open.len() * size_of::<Opened>(),
            evicted: self.evicted,
            expired: self.expired,
        }
    }

    /// The task as it is now.
    pub fn task_now(&self) -> &Task {
        &self.task
    }

    /// The place of an account in the table.
    fn place(&self, id: AccountId) -> Option<usize> {
        find(id, &self.accounts, &self.images, &self.open)
    }

    /// Whose a slot is, and what is known of the account without decoding it.
    fn known(&self, slot: &Slot) -> (AccountId, Head) {
        match slot {
            Slot::Open(at) => {
                let Opened { id, account, .. } = &self.open[*at as usize];
                let (hot, pending) = (account.hot, account.pending.is_some());
                (*id, Head { last_ms: account.last_ms, hot, pending })
            }
            Slot::Rest(image) => (self.images.id(image), head(self.images.bytes(image))),
        }
    }

    /// When an account was touched last.
    fn last_ms(&self, id: AccountId) -> Option<i64> {
        self.place(id).map(|place| self.known(&Slot::of(self.accounts.get(place))).1.last_ms)
    }

    /// Replaces an account by one at rest, or by none; tells what was there.
    fn put(&mut self, id: AccountId, image: Option<Image>) -> Option<Slot> {
        self.bytes += image.as_ref().map_or(0, |image| self.images.size(image));
        let old = match (self.place(id), image) {
            (Some(place), Some(image)) => Some(self.accounts.replace(place, image.number())),
            (Some(place), None) => Some(self.accounts.remove(place)),
            (None, image) => {
                if let Some(image) = image {
                    self.accounts.insert(id, image.number());
                }
                None
            }
        };
        let old = old.map(Slot::of);
        if let Some(Slot::Rest(old)) = &old {
            self.bytes -= self.images.size(old);
        }
        old
    }

    /// What was there is not needed any more.
    fn give_back(&mut self, slot: Option<Slot>) {
        if let Some(Slot::Rest(image)) = slot {
            self.images.give_back(image);
        }
    }

    /// Forgets the account that was touched longest ago. It happens when an account too many comes, and the order is
    /// that of event time, so it does not matter when transactions end.
    fn evict(&mut self) {
        while let Some(Reverse((due_ms, id))) = self.aging.pop() {
            let Some(last_ms) = self.last_ms(id) else { continue };
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
            let Some(last_ms) = self.last_ms(id) else { continue };
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
        let mut turn = [AccountId::default(); COOLED_AT_ONCE];
        loop {
            let mut due = 0;
            while due < COOLED_AT_ONCE
                && let Some((_, id)) = self.cooling.pop_front_if(|(due_ms, _)| *due_ms < now_ms)
            {
                turn[due] = id;
                due += 1;
            }
            // They were not touched for a day, so no cache holds them: looked up in a row, the waits for them overlap.
            let found = turn[..due].iter().filter_map(|id| self.place(*id)).fold(0, usize::wrapping_add);
            std::hint::black_box(found);
            turn[..due].iter().for_each(|id| self.cool_one(*id, now_ms));
            if due < COOLED_AT_ONCE {
                break;
            }
        }
    }

    fn cool_one(&mut self, id: AccountId, now_ms: i64) {
        let Some(place) = self.place(id) else { return };
        let Slot::Rest(image) = Slot::of(self.accounts.get(place)) else { return };
        let Head { last_ms, hot: is_hot, pending } = head(self.images.bytes(&image));
        let due_ms = last_ms + COLD_AFTER_MS;
        if !is_hot {
            return;
        }
        if due_ms >= now_ms || pending {
            self.cooling.push_back((due_ms.max(now_ms), id));
            return;
        }
        codec::decode(self.images.bytes(&image), &mut self.spare).expect(WELL_FORMED);
        self.spare.cool();
        self.scratch.clear();
        codec::encode(&self.spare, &mut self.scratch);
        self.bytes -= self.images.size(&image);
        self.images.give_back(image);
        let image = self.images.of(id, &self.scratch);
        self.bytes += self.images.size(&image);
        self.accounts.replace(place, image.number());
    }

    /// Room for one more account that is decoded. When all is taken, the next one makes room that had no event since the
    /// last round: who comes often stays. No account moves in the table.
    fn room(&mut self, id: AccountId) -> u32 {
        let at = if self.opened < OPEN_MAX {
            if self.opened == self.open.len() {
                self.open.push(Opened::default());
            }
            self.opened += 1;
            self.opened - 1
        } else {
            while std::mem::take(&mut self.open[self.hand].again) {
                self.hand = (self.hand + 1) % OPEN_MAX;
            }
            let at = self.hand;
            self.hand = (at + 1) % OPEN_MAX;
            self.close(at);
            at
        };
        (self.open[at].id, self.open[at].again) = (id, false);
        at as u32
    }

    /// Encodes an account before the transaction ends.
    fn close(&mut self, at: usize) {
        let Opened { id, mark, .. } = self.open[at];
        // It may be forgotten by now, and open again elsewhere: then something has moved.
        let is_here = |number: u32| number == Slot::Open(at as u32).number();
        if let Some(place) = self.accounts.marked(mark).or_else(|| self.accounts.find(id, is_here)) {
            self.open[at].write(&self.undo, &self.images, &mut self.scratch);
            let image = self.images.of(id, &self.scratch);
            self.images.set_written(&image, true);
            self.bytes += self.images.size(&image);
            self.accounts.write(place, id, image.number());
        }
        if let Was::Written(image) = std::mem::take(&mut self.open[at].was) {
            self.images.give_back(image);
        }
    }

    /// Nothing is open any more.
    fn close_all(&mut self) {
        for opened in &mut self.open[..self.opened] {
            if let Was::Written(image) = std::mem::take(&mut opened.was) {
                self.images.give_back(image);
            }
        }
        self.opened = 0;
    }

    /// Decodes an account at rest, which is at this place of the table.
    fn open(&mut self, id: AccountId, now_ms: i64, place: usize) -> u32 {
        let at = self.room(id);
        let Slot::Rest(image) = Slot::of(self.accounts.replace(place, Slot::Open(at).number())) else {
            unreachable!("it is not open")
        };
        let Opened { account, unread, was, mark, .. } = &mut self.open[at as usize];
        *unread = Some(codec::decode_but_lists(self.images.bytes(&image), account).expect(WELL_FORMED));
        *mark = self.accounts.mark(place);
        self.bytes -= self.images.size(&image);
        if !account.hot {
            self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
        }
        *was = if self.images.is_written(&image) {
            Was::Written(image)
        } else {
            self.undo.accounts.push((id, Some(image)));
            Was::Noted(self.undo.accounts.len() - 1)
        };
        at
    }

    /// Makes a new account.
    fn begin(&mut self, id: AccountId, now_ms: i64) -> u32 {
        if self.accounts.count() >= self.limits.accounts {
            self.evict();
        }
        let at = self.room(id);
        let Opened { account, unread, was, mark, .. } = &mut self.open[at as usize];
        (*account, *unread, *was) = (Account::default(), None, Was::Noted(self.undo.accounts.len()));
        let place = self.accounts.insert(id, Slot::Open(at).number());
        *mark = self.accounts.mark(place);
        self.undo.accounts.push((id, None));
        self.came.push(id);
        self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
        self.aging.push(Reverse((now_ms, id)));
        at
    }
}

/// What is in memory was encoded here or checked when it was restored.
const WELL_FORMED: &str = "invariant: accounts at rest are well-formed";

fn head(bytes: &[u8]) -> Head {
    codec::head(bytes).expect(WELL_FORMED)
}

/// The place of an account in the table.
fn find(id: AccountId, accounts: &Table, images: &Images, open: &[Opened]) -> Option<usize> {
    accounts.find(id, |number| match Slot::of(number) {
        Slot::Open(at) => open[at as usize].id == id,
        Slot::Rest(image) => images.id(&image) == id,
    })
}

impl Store for MemoryStore {
    fn account(&mut self, id: AccountId, now_ms: i64, parts: Parts) -> &mut Account {
        let place = self.place(id);
        let at = match place.map(|place| (place, Slot::of(self.accounts.get(place)))) {
            Some((_, Slot::Open(at))) => {
                self.open[at as usize].again = true;
                at
            }
            Some((place, Slot::Rest(_))) => self.open(id, now_ms, place),
            None => self.begin(id, now_ms),
        };
        let opened = &mut self.open[at as usize];
        if opened.account.last_ms != 0 && now_ms - opened.account.last_ms > self.limits.ttl_ms {
            (opened.account, opened.unread) = Default::default();
        }
        if parts == Parts::All || opened.account.cools_at(now_ms) {
            opened.read_lists(&self.undo, &self.images);
        }
        opened.account.wake(now_ms);
        &mut opened.account
    }

    fn contains(&self, id: AccountId) -> bool {
        self.place(id).is_some()
    }

    fn forget(&mut self, id: AccountId) {
        match self.put(id, None) {
            // What it was before the transaction is noted already.
            Some(Slot::Open(_)) => {}
            Some(Slot::Rest(image)) if self.images.is_written(&image) => self.images.give_back(image),
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
            let mut left: Vec<u8> = all(&store, NOW).keys().map(|id| id.0[0]).collect();
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
        let one = |number: u32| {
            let slot = Slot::of(number);
            let mut account = Account::default();
            match &slot {
                Slot::Open(at) => {
                    let opened = &store.open[*at as usize];
                    account.clone_from(&opened.account);
                    let bytes = Opened::encoded(&opened.was, &store.undo, &store.images);
                    if let (Some(unread), Some(bytes)) = (&opened.unread, bytes) {
                        codec::read_lists(bytes, unread, &mut account).expect(WELL_FORMED);
                    }
                }
                Slot::Rest(image) => codec::decode(store.images.bytes(image), &mut account).expect(WELL_FORMED),
            }
            account.wake(at_ms);
            (store.known(&slot).0, account)
        };
        store.accounts.numbers().map(one).collect()
    }

    /// How many images somebody can still ask for, and the bytes of those at rest.
    fn held(store: &MemoryStore) -> (usize, usize) {
        let slots = store.accounts.numbers().map(Slot::of);
        let rest: Vec<Image> =
            slots.filter_map(|slot| if let Slot::Rest(image) = slot { Some(image) } else { None }).collect();
        let undo = store.sealed.iter().chain([&store.undo]).flat_map(|undo| &undo.accounts);
        let written = store.open[..store.opened].iter().filter(|opened| matches!(opened.was, Was::Written(_)));
        let live = rest.len() + undo.filter(|(_, image)| image.is_some()).count() + written.count();
        (live, rest.iter().map(|image| store.images.size(image)).sum())
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
                prop_assert_eq!(held(&store), (store.images.live(), store.bytes), "no image is lost or counted twice");
            }
            let mut restored = MemoryStore::new(store.limits);
            log.iter().for_each(|(id, bytes)| restored.restore(*id, Some(bytes)).expect("our own bytes"));
            restored.restored(Task::default());
            prop_assert_eq!(all(&restored, at_ms), awake(&model.durable, at_ms), "the changelog has what is durable");
            store.abort(0);
            prop_assert_eq!(held(&store), (store.images.live(), store.bytes));
            prop_assert_eq!(store.images.live(), store.accounts.count(), "what is left are the accounts at rest");
        }
    }
}
