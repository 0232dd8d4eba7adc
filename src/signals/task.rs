//! The state of a task that belongs to no account.

use std::collections::BTreeSet;

use super::event::AccountId;
use super::population::Population;

/// What a task knows besides its accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// Newest event time, ms since 1970. The watermark is this less the lateness.
    pub newest_ms: i64,
    /// How common features are among all accounts.
    pub population: Population,
    /// Accounts with something held back, by the watermark that decides it. Not written: it follows from the accounts.
    pub(super) due: BTreeSet<(i64, AccountId)>,
    /// What was put in (true) and taken out of `due` in the open transaction.
    pub(super) moves: Vec<(bool, (i64, AccountId))>,
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
    pub(super) fn take_back(&mut self, moves: Vec<(bool, (i64, AccountId))>) {
        for (put_in, entry) in moves.into_iter().rev() {
            if put_in {
                self.due.remove(&entry)
            } else {
                self.due.insert(entry)
            };
        }
    }
}
