//! Where account states live: the trait that the engine asks, and a store in memory with transactions.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

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

/// An account in memory.
#[derive(Debug, Clone)]
enum Slot {
    Hot(Box<Account>),
    Cold(Box<[u8]>),
}

/// A store in memory. Accounts touched within a day (of event time) stand ready; the others are encoded.
#[derive(Debug)]
pub struct MemoryStore {
    limits: Limits,
    accounts: HashMap<AccountId, Slot, foldhash::fast::FixedState>,
    /// Hot accounts in the order in which they may be cold.
    cooling: VecDeque<(i64, AccountId)>,
    /// Cold accounts in the order in which they may be forgotten.
    aging: BinaryHeap<Reverse<(i64, AccountId)>>,
    task: Task,
    /// What accounts and the task were when the open transaction first touched them.
    undo: HashMap<AccountId, Option<Slot>, foldhash::fast::FixedState>,
    undo_task: Option<Box<Task>>,
    transactional: bool,
    stats: StoreStats,
    scratch: Vec<u8>,
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
            undo: HashMap::default(),
            undo_task: None,
            transactional,
            stats: StoreStats::default(),
            scratch: Vec::new(),
        }
    }

    /// Puts in an account as it was written; for restoring.
    ///
    /// # Errors
    /// The bytes are no account.
    pub fn restore(&mut self, id: AccountId, bytes: &[u8]) -> Result<(), CodecError> {
        let account = codec::decode(bytes)?;
        if let Some(pending) = &account.pending {
            self.task.expect(pending.due_ms, id);
        }
        self.aging.push(Reverse((account.last_ms + self.limits.ttl_ms, id)));
        self.accounts.insert(id, Slot::Cold(bytes.into()));
        Ok(())
    }

    /// Accounts that the open transaction touched. `None`: it is gone.
    pub fn touched(&self) -> impl Iterator<Item = (AccountId, Option<&Account>)> {
        self.undo.keys().map(|id| match self.accounts.get(id) {
            Some(Slot::Hot(account)) => (*id, Some(&**account)),
            _ => (*id, None),
        })
    }

    /// Makes the open transaction's changes last.
    pub fn commit(&mut self) {
        self.undo.clear();
        self.undo_task = None;
        self.sweep();
    }

    /// Takes the open transaction's changes back.
    pub fn abort(&mut self) {
        for (id, slot) in self.undo.drain() {
            match slot {
                Some(slot) => {
                    self.accounts.insert(id, slot);
                }
                None => {
                    self.accounts.remove(&id);
                }
            }
        }
        if let Some(task) = self.undo_task.take() {
            self.task = *task;
        }
    }

    /// What it did and holds.
    pub fn stats(&self) -> StoreStats {
        let mut stats = StoreStats { accounts: self.accounts.len(), ..self.stats };
        for slot in self.accounts.values() {
            match slot {
                Slot::Hot(_) => stats.bytes += size_of::<Account>(),
                Slot::Cold(bytes) => (stats.cold, stats.bytes) = (stats.cold + 1, stats.bytes + bytes.len()),
            }
        }
        stats
    }

    /// Encodes what is cold, forgets what is old or too much. Called between transactions, by event time.
    fn sweep(&mut self) {
        let now_ms = self.task.newest_ms;
        while self.cooling.front().is_some_and(|&(due, _)| due < now_ms) {
            let Some((_, id)) = self.cooling.pop_front() else { break };
            self.cool(id, now_ms);
        }
        while let Some(&Reverse((due, id))) = self.aging.peek() {
            let too_many = self.accounts.len() > self.limits.accounts;
            if due >= now_ms && !too_many {
                break;
            }
            self.aging.pop();
            let Some(Slot::Cold(_)) = self.accounts.get(&id) else { continue };
            self.accounts.remove(&id);
            *(if due < now_ms { &mut self.stats.expired } else { &mut self.stats.evicted }) += 1;
        }
        while self.accounts.len() > self.limits.accounts {
            let Some((_, id)) = self.cooling.pop_front() else { break };
            self.stats.evicted += u64::from(self.accounts.remove(&id).is_some());
        }
    }

    fn cool(&mut self, id: AccountId, now_ms: i64) {
        let Some(slot @ Slot::Hot(_)) = self.accounts.get_mut(&id) else { return };
        let Slot::Hot(account) = slot else { return };
        let due = account.last_ms + COLD_AFTER_MS;
        if due >= now_ms || account.pending.is_some() {
            self.cooling.push_back((due.max(now_ms), id));
            return;
        }
        account.cool();
        self.scratch.clear();
        codec::encode(account, &mut self.scratch);
        self.aging.push(Reverse((account.last_ms + self.limits.ttl_ms, id)));
        *slot = Slot::Cold(self.scratch.as_slice().into());
    }
}

impl Store for MemoryStore {
    fn account(&mut self, id: AccountId, now_ms: i64) -> &mut Account {
        let slot = self.accounts.entry(id).or_insert_with(|| {
            if self.transactional {
                self.undo.entry(id).or_insert(None);
            }
            self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
            Slot::Hot(Box::default())
        });
        if self.transactional && !self.undo.contains_key(&id) {
            self.undo.insert(id, Some(slot.clone()));
        }
        if let Slot::Cold(bytes) = slot {
            // What is in memory was encoded here or checked when it was restored.
            let account = codec::decode(bytes).expect("invariant: cold accounts are well-formed");
            *slot = Slot::Hot(Box::new(account));
            self.cooling.push_back((now_ms + COLD_AFTER_MS, id));
        }
        let Slot::Hot(account) = slot else { unreachable!("it was just made hot") };
        if account.last_ms != 0 && now_ms - account.last_ms > self.limits.ttl_ms {
            **account = Account::default();
        }
        account.wake(now_ms);
        account
    }

    fn forget(&mut self, id: AccountId) {
        let gone = self.accounts.remove(&id);
        if self.transactional {
            self.undo.entry(id).or_insert(gone);
        }
    }

    fn task(&mut self) -> &mut Task {
        if self.transactional && self.undo_task.is_none() {
            self.undo_task = Some(Box::new(self.task.clone()));
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
        assert_eq!(store.touched().filter(|(_, account)| account.is_none()).count(), 1);
        store.abort();
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
        store.abort();
        touch(&mut store, 5, NOW + 200 * DAY_MS);
        store.commit();
        assert!(store.stats().expired >= 2, "{:?}", store.stats());
    }

    #[test]
    fn a_restored_account_is_there_and_damage_is_told() {
        let mut first = store(10);
        touch(&mut first, 1, NOW);
        let mut bytes = Vec::new();
        first.touched().for_each(|(_, account)| codec::encode(account.expect("it is there"), &mut bytes));
        let mut second = store(10);
        assert_eq!(second.restore(id(1), &bytes), Ok(()));
        assert_eq!(second.account(id(1), NOW), first.account(id(1), NOW));
        assert!(second.restore(id(2), &bytes[1..]).is_err());
    }
}
