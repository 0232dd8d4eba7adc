//! The tasks of a worker: partition `i` of all signal inputs, with the state of the accounts in it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::changelog::{self, Applied, Checkpoint, Key, StateError};
use crate::signals::{Account, AccountId, Limits, MemoryStore, Parts, Store, StoreStats, Task};

/// What all tasks share.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Names of the signal inputs, sorted: their places are the lanes.
    pub topics: Vec<String>,
    /// Number of partitions of each.
    pub partitions: i32,
    /// Fingerprint of the state key.
    pub key_print: u64,
    /// Limits of one task.
    pub limits: Limits,
    /// Records may be read again after their changes are in the changelog (`at_least_once`): accounts remember what was
    /// applied to them.
    pub repeats: bool,
    /// An empty changelog is taken for a new beginning although offsets are committed.
    pub start_empty: bool,
}

/// Offsets by lane: the next one to read; `None`: never read.
pub type Offsets = Vec<Option<i64>>;

/// One task.
pub struct TaskState {
    /// Its partition.
    pub partition: i32,
    /// Its accounts.
    pub store: MemoryStore,
    offsets: Offsets,
    /// Offsets of sealed transactions, oldest first, behind those of the last durable one.
    sealed: VecDeque<Offsets>,
    /// Last offsets applied to accounts that are not durable yet, or were ahead of the committed offsets at the restore;
    /// only where records may be read again.
    applied: HashMap<AccountId, Applied>,
    moved: bool,
}

/// The tasks of one worker.
pub struct Tasks {
    shape: Shape,
    prints: Vec<u32>,
    tasks: BTreeMap<i32, TaskState>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Tasks {
    /// None yet.
    pub fn new(shape: Shape) -> Tasks {
        let prints = shape.topics.iter().map(|topic| changelog::topic_print(topic)).collect();
        Tasks { shape, prints, tasks: BTreeMap::new(), key: Vec::new(), value: Vec::new() }
    }

    /// What all share.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Takes a restored task over.
    pub fn begin(&mut self, task: TaskState) {
        self.tasks.insert(task.partition, task);
    }

    /// Gives a task up.
    pub fn end(&mut self, partition: i32) {
        self.tasks.remove(&partition);
    }

    /// Gives all up.
    pub fn clear(&mut self) {
        self.tasks.clear();
    }

    /// Whether it is here.
    pub fn contains(&self, partition: i32) -> bool {
        self.tasks.contains_key(&partition)
    }

    /// What the stores did and hold, in total.
    pub fn stats(&self) -> StoreStats {
        self.tasks.values().fold(StoreStats::default(), |sum, task| {
            let one = task.store.stats();
            StoreStats {
                accounts: sum.accounts + one.accounts,
                bytes: sum.bytes + one.bytes,
                evicted: sum.evicted + one.evicted,
                expired: sum.expired + one.expired,
            }
        })
    }

    /// A record of a lane was handled: `offset` is its own.
    pub fn handled(&mut self, partition: i32, lane: usize, offset: i64) {
        if let Some(task) = self.tasks.get_mut(&partition) {
            task.offsets[lane] = Some(offset + 1);
            task.moved = true;
        }
    }

    /// The state of a task as the record at `offset` of a lane sees it.
    pub fn at(&mut self, partition: i32, lane: usize, offset: i64) -> Option<TaskStore<'_>> {
        let print = self.shape.repeats.then_some(self.prints[lane]);
        self.tasks.get_mut(&partition).map(|task| TaskStore { task, print, offset })
    }

    /// Seals the transaction of every task and hands over its records for the changelog as partition, key and value: the
    /// accounts, the task, and the checkpoint as the last.
    pub fn seal(&mut self, mut each: impl FnMut(i32, &[u8], Option<&[u8]>)) {
        let Tasks { shape, tasks, key, value, .. } = self;
        for task in tasks.values_mut() {
            task.sealed.push_back(task.offsets.clone());
            let (partition, applied) = (task.partition, &task.applied);
            let moved = std::mem::take(&mut task.moved);
            task.store.seal(|id, account| {
                key.clear();
                Key::Account(id).write(key);
                value.clear();
                let of_account = applied.get(&id).map_or(&[][..], Vec::as_slice);
                let account = account.map(|account| {
                    changelog::write_account(of_account, account, value);
                    value.as_slice()
                });
                each(partition, key, account);
            });
            if moved {
                key.clear();
                value.clear();
                Key::Task.write(key);
                changelog::write_task(task.store.task_now(), value);
                each(partition, key, Some(value));
                key.clear();
                value.clear();
                Key::Checkpoint.write(key);
                checkpoint(shape, &task.offsets).write(value);
                each(partition, key, Some(value));
            }
        }
    }

    /// How many accounts have come since the last call that are known in another task as well: their events are in two
    /// partitions, so the input is not keyed by account.
    pub fn take_misplaced(&mut self) -> u64 {
        let came: Vec<(i32, Vec<AccountId>)> =
            self.tasks.values_mut().map(|task| (task.partition, task.store.take_came())).collect();
        let elsewhere = |partition: i32, id: &AccountId| {
            self.tasks.values().any(|task| task.partition != partition && task.store.contains(*id))
        };
        came.iter().map(|(at, ids)| ids.iter().filter(|id| elsewhere(*at, id)).count() as u64).sum()
    }

    /// The oldest sealed transaction is durable.
    pub fn durable(&mut self) {
        for task in self.tasks.values_mut() {
            if task.sealed.len() > 1 {
                task.sealed.pop_front();
            }
            task.store.durable();
            if task.sealed.len() == 1 && !task.moved {
                task.applied.clear();
            } else if !task.applied.is_empty() {
                let durable = &task.sealed[0];
                let open = |&(topic, last): &(u32, i64)| {
                    self.prints
                        .iter()
                        .zip(durable)
                        .any(|(&p, &next)| p == topic && next.is_none_or(|next| last >= next))
                };
                task.applied.retain(|_, applied| applied.iter().any(open));
            }
        }
    }

    /// Goes back to what is committed, by lane: drops all changes since. False: what is in memory has no such moment, so
    /// the task must be restored.
    pub fn rewind(&mut self, partition: i32, committed: &Offsets) -> bool {
        let Some(task) = self.tasks.get_mut(&partition) else { return false };
        if self.shape.repeats {
            // Parts of a batch may be in the changelog: only the changelog knows which.
            return false;
        }
        let Some(kept) = task.sealed.iter().position(|offsets| offsets == committed) else { return false };
        task.store.abort(kept);
        task.offsets.clone_from(committed);
        task.sealed = [committed.clone()].into();
        task.moved = false;
        true
    }
}

/// The state of a task as one record sees it.
pub struct TaskStore<'a> {
    task: &'a mut TaskState,
    /// Fingerprint of the record's topic, where records may come again.
    print: Option<u32>,
    offset: i64,
}

impl Store for TaskStore<'_> {
    fn account(&mut self, id: AccountId, now_ms: i64, parts: Parts) -> &mut Account {
        self.task.store.account(id, now_ms, parts)
    }

    fn contains(&self, id: AccountId) -> bool {
        self.task.store.contains(id)
    }

    fn forget(&mut self, id: AccountId) {
        self.task.store.forget(id);
    }

    fn task(&mut self) -> &mut Task {
        self.task.store.task()
    }

    fn is_repeated(&mut self, id: AccountId) -> bool {
        let Some(print) = self.print else { return false };
        let applied = self.task.applied.entry(id).or_default();
        match applied.iter_mut().find(|(topic, _)| *topic == print) {
            Some((_, last)) if self.offset <= *last => return true,
            Some((_, last)) => *last = self.offset,
            None => applied.push((print, self.offset)),
        }
        false
    }
}

fn checkpoint(shape: &Shape, offsets: &Offsets) -> Checkpoint {
    let offsets = shape.topics.iter().zip(offsets).filter_map(|(topic, offset)| Some((topic.clone(), (*offset)?)));
    Checkpoint { partitions: shape.partitions, key_print: shape.key_print, offsets: offsets.collect() }
}

/// A task that comes back from its changelog.
pub struct Restoring {
    partition: i32,
    store: MemoryStore,
    task: Option<Task>,
    checkpoint: Option<Checkpoint>,
    applied: HashMap<AccountId, Applied>,
    records: u64,
}

impl Restoring {
    /// Nothing read yet.
    pub fn new(shape: &Shape, partition: i32) -> Restoring {
        Restoring {
            partition,
            store: MemoryStore::new(shape.limits),
            task: None,
            checkpoint: None,
            applied: HashMap::new(),
            records: 0,
        }
    }

    /// Takes the next record of the changelog.
    ///
    /// # Errors
    /// It is damaged or of a newer version.
    pub fn record(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StateError> {
        self.records += 1;
        match (Key::read(key)?, value) {
            (Key::Account(id), None) => {
                self.applied.remove(&id);
                self.store.restore(id, None)?;
            }
            (Key::Account(id), Some(value)) => {
                let (applied, account) = changelog::read_account(value)?;
                if !applied.is_empty() {
                    self.applied.insert(id, applied);
                } else if !self.applied.is_empty() {
                    self.applied.remove(&id);
                }
                self.store.restore(id, Some(account))?;
            }
            (Key::Task, Some(value)) => self.task = Some(changelog::read_task(value)?),
            (Key::Checkpoint, Some(value)) => self.checkpoint = Some(Checkpoint::read(value)?),
            (Key::Task | Key::Checkpoint, None) => return Err(StateError::Damaged("the checkpoint was deleted")),
        }
        Ok(())
    }

    /// Records taken.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Accounts so far.
    pub fn accounts(&self) -> usize {
        self.store.stats().accounts
    }

    /// The task, when what was read is the state at the `committed` offsets (by lane).
    ///
    /// # Errors
    /// It belongs to another past.
    pub fn finish(mut self, shape: &Shape, committed: &Offsets) -> Result<TaskState, StateError> {
        let other = |text: String| Err(StateError::OtherPast(text));
        match self.checkpoint.take() {
            // The first batch of all, whose checkpoint was not delivered any more.
            None if shape.repeats && committed.iter().all(Option::is_none) => {}
            None if self.records > 0 => return other("the changelog has accounts and no checkpoint".to_owned()),
            None if committed.iter().any(Option::is_some) && !shape.start_empty => {
                return other(format!(
                    "partition {} of the changelog is empty and offsets are committed; where signals are turned on for a \
                     running group, set `signals.state.start_empty: true` for the first start",
                    self.partition
                ));
            }
            None => {}
            Some(found) => self.check(shape, &found, committed)?,
        }
        self.store.restored(self.task.unwrap_or_default());
        if shape.repeats {
            let prints: Vec<u32> = shape.topics.iter().map(|topic| changelog::topic_print(topic)).collect();
            let ahead = |&(topic, last): &(u32, i64)| {
                prints.iter().zip(committed).any(|(&p, &next)| p == topic && next.is_none_or(|next| last >= next))
            };
            self.applied.retain(|_, applied| applied.iter().any(ahead));
        } else {
            self.applied.clear();
        }
        Ok(TaskState {
            partition: self.partition,
            store: self.store,
            offsets: committed.clone(),
            sealed: [committed.clone()].into(),
            applied: self.applied,
            moved: false,
        })
    }

    fn check(&self, shape: &Shape, found: &Checkpoint, committed: &Offsets) -> Result<(), StateError> {
        let other = |text: String| Err(StateError::OtherPast(text));
        if found.partitions != shape.partitions {
            return other(format!(
                "the signal inputs had {} partitions and have {}: accounts moved between partitions. Begin anew with another \
                 group and `signals.state.topic`",
                found.partitions, shape.partitions
            ));
        }
        if found.key_print != shape.key_print {
            return other("the state was written under another state key: bring that key back".to_owned());
        }
        let expected = checkpoint(shape, committed);
        let matches = if shape.repeats {
            // The changelog is delivered before the offsets are committed, so it may be ahead, and never behind.
            let at = |topic: &String| found.offsets.iter().find(|(t, _)| t == topic).map(|(_, offset)| *offset);
            expected.offsets.iter().all(|(topic, offset)| at(topic).is_some_and(|found| found >= *offset))
        } else {
            found.offsets == expected.offsets
        };
        if matches {
            return Ok(());
        }
        other(format!(
            "partition {}: the checkpoint says {:?}, committed is {:?}. Were the group's offsets moved by hand? Move them to \
             the checkpoint",
            self.partition, found.offsets, expected.offsets
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn shape(repeats: bool) -> Shape {
        Shape {
            topics: vec!["logins".to_owned(), "money".to_owned()],
            partitions: 4,
            key_print: 77,
            limits: Limits { ttl_ms: 1_000_000_000, accounts: 100 },
            repeats,
            start_empty: false,
        }
    }

    fn fresh(shape: &Shape) -> Tasks {
        let mut tasks = Tasks::new(shape.clone());
        tasks.begin(Restoring::new(shape, 2).finish(shape, &vec![None, None]).unwrap());
        tasks
    }

    fn touch(tasks: &mut Tasks, lane: usize, offset: i64, account: u8) -> bool {
        let id = AccountId([account; 16]);
        let mut store = tasks.at(2, lane, offset).unwrap();
        let repeated = store.is_repeated(id);
        if !repeated {
            store.account(id, NOW + offset, Parts::All).last_ms = NOW + offset;
            store.task().newest_ms = NOW + offset;
        }
        tasks.handled(2, lane, offset);
        repeated
    }

    type Records = Vec<(Vec<u8>, Option<Vec<u8>>)>;

    fn sealed(tasks: &mut Tasks) -> Records {
        let mut records = Vec::new();
        tasks.seal(|_, key, value| records.push((key.to_vec(), value.map(<[u8]>::to_vec))));
        records
    }

    fn restored(shape: &Shape, log: &Records, committed: &Offsets) -> Result<Tasks, StateError> {
        let mut restoring = Restoring::new(shape, 2);
        for (key, value) in log {
            restoring.record(key, value.as_deref())?;
        }
        let mut tasks = Tasks::new(shape.clone());
        tasks.begin(restoring.finish(shape, committed)?);
        Ok(tasks)
    }

    #[test]
    fn what_is_sealed_comes_back_and_only_at_its_checkpoint() {
        let shape = shape(false);
        let mut tasks = fresh(&shape);
        touch(&mut tasks, 0, 10, 1);
        touch(&mut tasks, 1, 5, 2);
        let mut log = sealed(&mut tasks);
        assert_eq!(log.len(), 4, "two accounts, the task, the checkpoint");
        touch(&mut tasks, 0, 11, 1);
        log.extend(sealed(&mut tasks));
        assert!(sealed(&mut tasks).is_empty(), "nothing happened");

        let back = restored(&shape, &log, &vec![Some(12), Some(6)]).unwrap();
        assert_eq!(back.stats().accounts, 2);
        assert_eq!(back.tasks[&2].store.task_now(), tasks.tasks[&2].store.task_now());
        for committed in [vec![Some(11), Some(6)], vec![Some(12), None], vec![None, None], vec![Some(12), Some(7)]] {
            assert!(matches!(restored(&shape, &log, &committed), Err(StateError::OtherPast(_))), "{committed:?}");
        }
        for other in [Shape { partitions: 8, ..shape.clone() }, Shape { key_print: 78, ..shape.clone() }] {
            assert!(matches!(restored(&other, &log, &vec![Some(12), Some(6)]), Err(StateError::OtherPast(_))));
        }
    }

    #[test]
    fn an_empty_changelog_is_a_beginning_only_where_nothing_is_committed_or_it_is_said() {
        let (shape, none) = (shape(false), Records::new());
        assert!(restored(&shape, &none, &vec![None, None]).is_ok());
        assert!(matches!(restored(&shape, &none, &vec![Some(3), None]), Err(StateError::OtherPast(_))));
        assert!(restored(&Shape { start_empty: true, ..shape }, &none, &vec![Some(3), None]).is_ok());
    }

    #[test]
    fn damage_stops() {
        let shape = shape(false);
        let mut tasks = fresh(&shape);
        touch(&mut tasks, 0, 10, 1);
        let log = sealed(&mut tasks);
        for (n, damage) in [(0, &b"\x01\x00\xff"[..]), (1, b"\x01"), (2, b"\x01\x04")] {
            let mut bad = log.clone();
            bad[n].1 = Some(damage.to_vec());
            assert!(restored(&shape, &bad, &vec![Some(11), None]).is_err(), "record {n}");
            bad[n].1 = Some(vec![9]);
            assert!(matches!(restored(&shape, &bad, &vec![Some(11), None]), Err(StateError::Newer(9))), "record {n}");
        }
        let mut strange = log;
        strange.push((b"zz".to_vec(), None));
        assert!(matches!(restored(&shape, &strange, &vec![Some(11), None]), Err(StateError::Damaged(_))));
    }

    #[test]
    fn going_back_finds_the_moment_that_was_committed() {
        let shape = shape(false);
        let mut tasks = fresh(&shape);
        touch(&mut tasks, 0, 10, 1);
        sealed(&mut tasks);
        touch(&mut tasks, 0, 11, 2);
        assert!(tasks.rewind(2, &vec![Some(11), None]), "the commit in flight had happened");
        assert_eq!(tasks.stats().accounts, 1);
        touch(&mut tasks, 0, 11, 2);
        sealed(&mut tasks);
        tasks.durable();
        touch(&mut tasks, 0, 12, 3);
        assert!(tasks.rewind(2, &vec![Some(12), None]));
        assert_eq!(tasks.stats().accounts, 2);
        assert!(!tasks.rewind(2, &vec![Some(11), None]), "that moment is gone: the changelog has it");
    }

    #[test]
    fn what_was_applied_is_not_applied_again_where_records_repeat() {
        let shape = shape(true);
        let mut tasks = fresh(&shape);
        touch(&mut tasks, 0, 10, 1);
        touch(&mut tasks, 1, 4, 1);
        let mut log = sealed(&mut tasks);
        touch(&mut tasks, 0, 11, 1);
        touch(&mut tasks, 0, 12, 2);
        let second = sealed(&mut tasks);
        // The crash comes after the first account of the second batch, and nothing was committed.
        log.extend(second.into_iter().filter(|(key, _)| key.ends_with(&[1; 16])));
        let mut back = restored(&shape, &log, &vec![None, None]).unwrap();
        assert!(touch(&mut back, 0, 10, 1) && touch(&mut back, 1, 4, 1) && touch(&mut back, 0, 11, 1));
        assert!(!touch(&mut back, 0, 12, 2), "account 2 was not there yet");
        assert!(!touch(&mut back, 0, 13, 1));
        assert!(matches!(restored(&shape, &log, &vec![Some(99), None]), Err(StateError::OtherPast(_))), "behind");
    }

    #[test]
    fn what_is_durable_is_not_remembered_as_applied() {
        let shape = shape(true);
        let mut tasks = fresh(&shape);
        touch(&mut tasks, 0, 10, 1);
        sealed(&mut tasks);
        touch(&mut tasks, 0, 11, 2);
        tasks.durable();
        assert_eq!(tasks.tasks[&2].applied.len(), 1, "account 2 is open");
        sealed(&mut tasks);
        tasks.durable();
        assert!(tasks.tasks[&2].applied.is_empty());
    }
}
