//! Where account states live: the trait that the engine asks, and a store in memory with transactions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use hashbrown::HashMap;

use super::account::{Account, COLD_AFTER_MS};
use super::codec::{self, CodecError};
use super::event::AccountId;
use super::population::Population;

/// The state of one task (partition `i` of all signal inputs). All that the engine knows stands in here, so a store that
/// keeps it makes the engine survive.
pub trait Store {
    /// The state of an account, awake at `now_ms` (event time); a new one if it is not known. What becomes of it belongs
    /// to the open transaction.
    fn account(&mut self, id: AccountId, now_ms: i64) -> &mut Account;

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
}

impl Task {
    /// A task as it was written.
    pub fn new(newest_ms: i64, population: Population) -> Task {
        Task { newest_ms, population, due: BTreeSet::new() }
    }

    /// The account has something that is decided at this watermark.
    pub fn expect(&mut self, due_ms: i64, account: AccountId) {
        self.due.insert((due_ms, account));
    }

    /// Takes the next account that is due at this watermark.
    pub fn next_due(&mut self, watermark_ms: i64) -> Option<AccountId> {
        let first = *self.due.first().filter(|(due_ms, _)| *due_ms <= watermark_ms)?;
        self.due.remove(&first);
        Some(first.1)
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
    /// Of these: cold, so encoded.
    pub cold: usize,
    /// Bytes that accounts take, without the table.
    pub bytes: usize,
    /// Accounts forgotten because there were too many.
    pub evicted: u64,
    /// Accounts forgotten because nothing happened.
    pub expired: u64,
}

/// Most accounts that one transaction forgets for their age: each takes a record in the changelog.
const EXPIRED_AT_ONCE: usize = 10_000;

/// An account in memory.
#[derive(Debug, Clone)]
enum Slot {
    Hot(Box<Account>),
    Cold(Box<[u8]>),
}

impl Slot {
    fn bytes(&self) -> usize {
        match self {
            Slot::Hot(_) => size_of::<Account>(),
            Slot::Cold(bytes) => bytes.len(),
        }
    }
}

/// What accounts and the task were when a transaction first touched them.
#[derive(Debug, Default)]
struct Undo {
    accounts: HashMap<AccountId, Option<Slot>, foldhash::fast::FixedState>,
    task: Option<Box<Task>>,
}

/// A store in memory. Accounts touched within a day (of event time) stand ready; the others are encoded.
///
/// Transactions follow each other: the newest is open, older ones are sealed and wait until they are durable. So work
/// goes on while a commit runs, and all of it can be taken back.
#[derive(Debug)]
pub struct MemoryStore {
    limits: Limits,
    accounts: HashMap<AccountId, Slot, foldhash::fast::FixedState>,
    /// Hot accounts in the order in which they may be cold.
    cooling: VecDeque<(i64, AccountId)>,
    /// Accounts by the time of their last event or an earlier one: looked at again when it is their turn.
    aging: BinaryHeap<Reverse<(i64, AccountId)>>,
    task: Task,
    /// While restoring: when accounts with something held back are due.
    held: BTreeMap<AccountId, i64>,
    /// Sealed transactions, oldest first, and the open one. Empty: nothing can be taken back.
    undo: VecDeque<Undo>,
    cold: usize,
    bytes: usize,
    evicted: u64,
    expired: u64,
    scratch: Vec<u8>,
    /// Accounts that came since they were taken last.
    came: Vec<AccountId>,
}

impl MemoryStore {
    /// An empty store. `transactional`: changes can be taken back by [`MemoryStore::abort`].
    pub fn new(limits: Limits, transactional: bool) -> MemoryStore {
        MemoryStore {
            limits,
            accounts: HashMap::default(),
            cooling: VecDeque::new(),
            aging: BinaryHeap::new(),
            task: Task::default(),
            held: BTreeMap::new(),
            undo: (0..usize::from(transactional)).map(|_| Undo::default()).collect(),
            cold: 0,
            bytes: 0,
            evicted: 0,
            expired: 0,
            scratch: Vec::new(),
            came: Vec::new(),
        }
    }

    /// Puts in an account as it was written (`None`: it was forgotten later); for restoring. What comes later replaces
    /// what came before.
    ///
    /// # Errors
    /// The bytes are no account.
    pub fn restore(&mut self, id: AccountId, bytes: Option<&[u8]>) -> Result<(), CodecError> {
        let pending = bytes.map(codec::decode).transpose()?.and_then(|account| account.pending);
        match pending {
            Some(pending) => drop(self.held.insert(id, pending.due_ms)),
            None if !self.held.is_empty() => drop(self.held.remove(&id)),
            None => {}
        }
        self.put(id, bytes.map(|bytes| Slot::Cold(bytes.into())));
        Ok(())
    }

    /// Puts in the task as it was written, and ends restoring: accounts are put into the order of their age.
    pub fn restored(&mut self, task: Task) {
        self.task = task;
        for (id, due_ms) in std::mem::take(&mut self.held) {
            self.task.expect(due_ms, id);
        }
        let age = |(id, slot): (&AccountId, &Slot)| Reverse((last_ms(slot), *id));
        self.aging = self.accounts.iter().map(age).collect();
    }

    /// Ends the open transaction and begins the next. Forgets what is old, and hands over all that the transaction
    /// changed: accounts as they are written, `None` for those that are gone.
    pub fn seal(&mut self, mut each: impl FnMut(AccountId, Option<&[u8]>)) {
        self.sweep();
        let Some(open) = self.undo.back() else { return };
        for id in open.accounts.keys() {
            match self.accounts.get(id) {
                Some(Slot::Hot(account)) => {
                    self.scratch.clear();
                    codec::encode(account, &mut self.scratch);
                    each(*id, Some(&self.scratch));
                }
                Some(Slot::Cold(bytes)) => each(*id, Some(bytes)),
                None => each(*id, None),
            }
        }
        self.undo.push_back(Undo::default());
    }

    /// The oldest sealed transaction lasts.
    pub fn durable(&mut self) {
        if self.undo.len() > 1 {
            self.undo.pop_front();
        }
    }

    /// Whether the open transaction changed anything.
    pub fn is_touched(&self) -> bool {
        self.undo.back().is_some_and(|open| open.task.is_some() || !open.accounts.is_empty())
    }

    /// Ends the open transaction and makes its changes last: for what has nothing to commit.
    pub fn commit(&mut self) {
        self.seal(|_, _| {});
        while self.undo.len() > 1 {
            self.undo.pop_front();
        }
    }

    /// Takes back the changes of all transactions that are not durable, but for the `kept` oldest, which turned out to
    /// be.
    pub fn abort(&mut self, kept: usize) {
        let transactional = !self.undo.is_empty();
        while self.undo.len() > kept {
            let Some(undo) = self.undo.pop_back() else { break };
            for (id, slot) in undo.accounts {
                if let Some(slot) = &slot {
                    // Its places in the queues may have been used up.
                    self.aging.push(Reverse((last_ms(slot), id)));
                    self.cooling.push_back((self.task.newest_ms, id));
                }
                self.put(id, slot);
            }
            if let Some(task) = undo.task {
                self.task = *task;
            }
        }
        self.undo.clear();
        self.undo.extend((0..usize::from(transactional)).map(|_| Undo::default()));
    }

    /// Whether an account is known.
    pub fn contains(&self, id: AccountId) -> bool {
        self.accounts.contains_key(&id)
    }

    /// Takes the accounts that came since the last call; nobody asks a store that takes nothing back.
    pub fn take_came(&mut self) -> Vec<AccountId> {
        std::mem::take(&mut self.came)
    }

    /// What it did and holds.
    pub fn stats(&self) -> StoreStats {
        StoreStats {
            accounts: self.accounts.len(),
            cold: self.cold,
            bytes: self.bytes,
            evicted: self.evicted,
            expired: self.expired,
        }
    }

    /// The task as it is now.
    pub fn task_now(&self) -> &Task {
        &self.task
    }

    /// Replaces an account and keeps count; tells what was there.
    fn put(&mut self, id: AccountId, slot: Option<Slot>) -> Option<Slot> {
        if let Some(new) = &slot {
            self.bytes += new.bytes();
            self.cold += usize::from(matches!(new, Slot::Cold(_)));
        }
        let old = match slot {
            Some(slot) => self.accounts.insert(id, slot),
            None => self.accounts.remove(&id),
        };
        if let Some(old) = &old {
            self.bytes -= old.bytes();
            self.cold -= usize::from(matches!(old, Slot::Cold(_)));
        }
        old
    }

    /// Remembers what an account was, once a transaction.
    fn note(&mut self, id: AccountId) {
        if let Some(open) = self.undo.back_mut() {
            open.accounts.entry(id).or_insert_with(|| self.accounts.get(&id).cloned());
        }
    }

    /// Forgets the account that was touched longest ago. It happens when an account too many comes, and the order is
    /// that of event time, so it does not matter when transactions end.
    fn evict(&mut self) {
        while let Some(Reverse((due_ms, id))) = self.aging.pop() {
            let Some(slot) = self.accounts.get(&id) else { continue };
            let last_ms = last_ms(slot);
            if last_ms > due_ms {
                self.aging.push(Reverse((last_ms, id)));
                continue;
            }
            self.forget(id);
            self.evicted += 1;
            return;
        }
    }

    /// Encodes what is cold, forgets what is old.
    fn sweep(&mut self) {
        let now_ms = self.task.newest_ms;
        while self.cooling.front().is_some_and(|&(due_ms, _)| due_ms < now_ms) {
            let Some((_, id)) = self.cooling.pop_front() else { break };
            self.cool(id, now_ms);
        }
        for _ in 0..EXPIRED_AT_ONCE {
            let old = now_ms.saturating_sub(self.limits.ttl_ms);
            let Some(&Reverse((due_ms, id))) = self.aging.peek() else { break };
            if due_ms >= old {
                break;
            }
            self.aging.pop();
            let Some(slot) = self.accounts.get(&id) else { continue };
            let last_ms = last_ms(slot);
            if last_ms >= old {
                self.aging.push(Reverse((last_ms, id)));
                continue;
            }
            self.forget(id);
            self.expired += 1;
        }
    }

    fn cool(&mut self, id: AccountId, now_ms: i64) {
        let Some(Slot::Hot(account)) = self.accounts.get_mut(&id) else { return };
        let due_ms = account.last_ms + COLD_AFTER_MS;
        if due_ms >= now_ms || account.pending.is_some() {
            self.cooling.push_back((due_ms.max(now_ms), id));
            return;
        }
        account.cool();
        self.scratch.clear();
        codec::encode(account, &mut self.scratch);
        let cold = Slot::Cold(self.scratch.as_slice().into());
        self.put(id, Some(cold));
    }
}

/// Time of an account's last event.
fn last_ms(slot: &Slot) -> i64 {
    match slot {
        Slot::Hot(account) => account.last_ms,
        Slot::Cold(bytes) => codec::last_ms(bytes).expect("invariant: cold accounts are well-formed"),
    }
}

impl Store for MemoryStore {
    fn account(&mut self, id: AccountId, now_ms: i64) -> &mut Account {
        self.note(id);
        match self.accounts.get(&id) {
            Some(Slot::Hot(_)) => {}
            Some(Slot::Cold(bytes)) => {
                // What is in memory was encoded here or checked when it was restored.
                let account = codec::decode(bytes).expect("invariant: cold accounts are well-formed");
                self.put(id, Some(Slot::Hot(Box::new(account))));
                self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
            }
            None => {
                if self.accounts.len() >= self.limits.accounts {
                    self.evict();
                }
                self.put(id, Some(Slot::Hot(Box::default())));
                if !self.undo.is_empty() {
                    self.came.push(id);
                }
                self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
                self.aging.push(Reverse((now_ms, id)));
            }
        }
        let Some(Slot::Hot(account)) = self.accounts.get_mut(&id) else { unreachable!("it was just made hot") };
        if account.last_ms != 0 && now_ms - account.last_ms > self.limits.ttl_ms {
            **account = Account::default();
        }
        account.wake(now_ms);
        account
    }

    fn forget(&mut self, id: AccountId) {
        self.note(id);
        self.put(id, None);
    }

    fn task(&mut self) -> &mut Task {
        if let Some(open) = self.undo.back_mut()
            && open.task.is_none()
        {
            open.task = Some(Box::new(self.task.clone()));
        }
        &mut self.task
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::account::Thing;
    use crate::signals::time::DAY_MS;

    const NOW: i64 = 1_800_000_000_000;

    fn id(n: u8) -> AccountId {
        AccountId([n; 16])
    }

    fn store(accounts: usize) -> MemoryStore {
        MemoryStore::new(Limits { ttl_ms: 180 * DAY_MS, accounts }, true)
    }

    fn touch(store: &mut MemoryStore, n: u8, at_ms: i64) {
        let account = store.account(id(n), at_ms);
        account.last_ms = account.last_ms.max(at_ms);
        account.devices.see(Thing::new(u32::from(n), (at_ms / 1000) as u32));
        store.task().newest_ms = at_ms;
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
        assert_eq!((store.account(id(1), NOW).last_ms, store.task().newest_ms), (NOW, NOW));
    }

    #[test]
    fn what_is_cold_is_small_and_comes_back_the_same() {
        let mut store = store(10);
        touch(&mut store, 1, NOW);
        store.commit();
        touch(&mut store, 2, NOW + 2 * DAY_MS);
        store.commit();
        let stats = store.stats();
        assert_eq!((stats.accounts, stats.cold), (2, 1));
        let account = store.account(id(1), NOW + 2 * DAY_MS);
        assert_eq!((account.last_ms, account.devices.as_slice().len()), (NOW, 1));
    }

    #[test]
    fn what_is_old_or_too_much_goes_and_is_counted() {
        let mut store = store(3);
        (1..=3).for_each(|n| touch(&mut store, n, NOW + i64::from(n)));
        store.commit();
        touch(&mut store, 4, NOW + 2 * DAY_MS);
        store.commit();
        assert_eq!((store.stats().accounts, store.stats().evicted), (3, 1));
        assert_eq!(store.account(id(1), NOW + 2 * DAY_MS).last_ms, 0, "1 was touched longest ago");
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
        assert_eq!(second.account(id(1), NOW), first.account(id(1), NOW));
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
        assert_eq!(store.account(id(1), NOW).last_ms, NOW + 1);
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
}
