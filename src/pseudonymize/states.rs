//! Key states that are ready for use: one hash state for each (root key, day, tenant, scope, entity), made when it is
//! first needed and kept, so that a daily token costs what a plain one does.

use hashbrown::HashTable;

use super::derive::{Epoch, TokenMac};
use super::ring::RootKey;
use super::{Context, EntityPlan};

/// Most sets that a worker keeps. At some 40 entities a set takes 3 KB, so all of them take 3 MB; the thousand-and-first
/// tenant of a busy worker costs a derivation (2 µs an entity) where the state of another is dropped for it.
pub(super) const SETS_MAX: usize = 1024;

/// The states of one worker. Whatever leaves it is wiped.
pub(super) struct States {
    entities: usize,
    sets: Vec<Set>,
    index: HashTable<usize>,
    hasher: foldhash::fast::RandomState,
    /// Where the search for a set that was not used lately goes on.
    hand: usize,
}

/// The states of one (root key, day, tenant, scope).
struct Set {
    /// Place of the key in the ring.
    key: usize,
    day: Option<u32>,
    context: Context,
    /// By entity. Of a fixed length: growing would leave copies of key states behind.
    macs: Box<[Option<TokenMac>]>,
    used: bool,
}

impl States {
    pub(super) fn new(entities: usize) -> States {
        States { entities, sets: Vec::new(), index: HashTable::new(), hasher: Default::default(), hand: 0 }
    }

    /// Wipes all states: the places of keys mean other keys from now on.
    pub(super) fn clear(&mut self) {
        self.sets.clear();
        self.index.clear();
        self.hand = 0;
    }

    /// Wipes the states of days that do not `live` any more.
    pub(super) fn keep_days(&mut self, live: impl Fn(u32) -> bool) {
        if self.sets.iter().any(|set| set.day.is_some_and(|day| !live(day))) {
            // Rare (once a day), and a set is cheap to make anew: no bookkeeping of single places.
            self.clear();
        }
    }

    /// The set of a key, a day and a context; another one that `keep` names stays where it is.
    pub(super) fn set(&mut self, key: usize, day: Option<u32>, context: &Context, keep: Option<usize>) -> usize {
        let hash = self.hash(key, day, context);
        let same = |set: &Set| set.key == key && set.day == day && set.context == *context;
        if let Some(&at) = self.index.find(hash, |&at| same(&self.sets[at])) {
            self.sets[at].used = true;
            return at;
        }
        let macs = (0..self.entities).map(|_| None).collect();
        let set = Set { key, day, context: context.clone(), macs, used: true };
        let at = if self.sets.len() < SETS_MAX {
            self.sets.push(set);
            self.sets.len() - 1
        } else {
            let at = self.victim(keep);
            let old = std::mem::replace(&mut self.sets[at], set);
            let hash = self.hash(old.key, old.day, &old.context);
            if let Ok(entry) = self.index.find_entry(hash, |&other| other == at) {
                entry.remove();
            }
            at
        };
        let (sets, hasher) = (&self.sets, &self.hasher);
        self.index.insert_unique(hash, at, |&at| hash_of(hasher, sets[at].key, sets[at].day, &sets[at].context));
        at
    }

    /// The state of an entity in a set, made now if it is not there.
    pub(super) fn mac(
        &mut self,
        set: usize,
        entity: usize,
        plan: &EntityPlan,
        root: &RootKey,
        epoch: Option<&Epoch>,
    ) -> &TokenMac {
        let Set { context, macs, .. } = &mut self.sets[set];
        macs[entity]
            .get_or_insert_with(|| TokenMac::derive(root, epoch, &context.tenant, plan.token_type, &context.scope))
    }

    /// A set that was not used since the hand came by last.
    fn victim(&mut self, keep: Option<usize>) -> usize {
        loop {
            self.hand = (self.hand + 1) % self.sets.len();
            let set = &mut self.sets[self.hand];
            if Some(self.hand) != keep && !std::mem::take(&mut set.used) {
                return self.hand;
            }
        }
    }

    fn hash(&self, key: usize, day: Option<u32>, context: &Context) -> u64 {
        hash_of(&self.hasher, key, day, context)
    }
}

fn hash_of(hasher: &foldhash::fast::RandomState, key: usize, day: Option<u32>, context: &Context) -> u64 {
    use std::hash::BuildHasher;
    hasher.hash_one((key, day, &context.tenant, &context.scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Form;
    use crate::pseudonymize::{Action, KeyRing, TokenType};

    fn context(n: usize) -> Context {
        Context { tenant: format!("t{n}"), scope: "s".to_owned() }
    }

    #[test]
    fn a_set_is_found_again_and_the_number_of_sets_is_bounded() {
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a ring");
        let plan = EntityPlan {
            name: "email".to_owned(),
            token_type: TokenType::parse("em").expect("a type"),
            form: Form::Email,
            action: Action::Token,
            daily: false,
            coarser: None,
        };
        let mut states = States::new(1);
        let mut code = |n: usize| {
            let kept = states.set(0, None, &context(0), None);
            let set = states.set(0, None, &context(n), Some(kept));
            assert!(n == 0 || set != kept, "what is in use is not thrown out");
            assert!(states.sets.len() <= SETS_MAX && states.index.len() == states.sets.len());
            states.mac(set, 0, &plan, &ring.keys()[0], None).code(b"x")
        };
        let first: Vec<_> = (0..3 * SETS_MAX).map(&mut code).collect();
        for (n, expected) in first.iter().enumerate() {
            assert_eq!(code(n), *expected, "set {n} made anew gives the same");
        }
        assert!((1..first.len()).all(|n| first[n] != first[n - 1]));
    }

    #[test]
    fn a_dead_day_takes_its_states_along() {
        let mut states = States::new(1);
        states.set(0, Some(7), &context(1), None);
        states.keep_days(|day| day == 7);
        assert_eq!(states.sets.len(), 1);
        states.keep_days(|day| day == 8);
        assert_eq!((states.sets.len(), states.index.len()), (0, 0));
    }
}
