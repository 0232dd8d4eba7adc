//! Where accounts are: a table of eight bytes an account, for millions of them.

use super::event::AccountId;
use super::pages::Pages;

/// Words from the hash of an account's id to a number that its owner understands. The id stands there, not here: so
/// the table is a quarter of one with ids, and a look into it is one line of memory.
///
/// A word holds 32 bits of the hash and the number. The upper of those bits are the place where the word would like to
/// stand, the lower tell most others apart that stand near it. A word whose place is taken stands in the next free one.
#[derive(Debug)]
pub struct Table {
    words: Pages,
    /// As many places, as a power of two.
    bits: u32,
    len: usize,
    /// How often anything moved.
    moves: u64,
}

/// Where an account was found, for as long as nothing moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    at: usize,
    moves: u64,
}

const WORD: usize = size_of::<u64>();
/// What fits into a page of memory.
const BITS_MIN: u32 = 9;
/// No account: the lowest bit of a hash is always set.
const EMPTY: u64 = 0;

impl Default for Table {
    fn default() -> Table {
        Table::of(BITS_MIN)
    }
}

impl Table {
    fn of(bits: u32) -> Table {
        // A mark by default is one of another time.
        Table { words: Pages::new(WORD << bits, 0), bits, len: 0, moves: 1 }
    }

    /// How many are in.
    pub fn count(&self) -> usize {
        self.len
    }

    /// The place of an account: `is_it` tells whether a number is its.
    #[inline]
    pub fn find(&self, id: AccountId, mut is_it: impl FnMut(u32) -> bool) -> Option<usize> {
        let hash = hash(id);
        let mut at = self.home(hash);
        loop {
            let word = self.word(at);
            if word >> 32 == hash && is_it(word as u32) {
                return Some(at);
            }
            if word == EMPTY {
                return None;
            }
            at = self.after(at);
        }
    }

    /// The number at a place.
    pub fn get(&self, at: usize) -> u32 {
        self.word(at) as u32
    }

    /// Remembers a place.
    pub fn mark(&self, at: usize) -> Mark {
        Mark { at, moves: self.moves }
    }

    /// The place that was remembered, if nothing has moved since.
    pub fn marked(&self, mark: Mark) -> Option<usize> {
        (mark.moves == self.moves).then_some(mark.at)
    }

    /// Puts the number of an account into its place, without a look at what is there: nobody waits for the place's line.
    pub fn write(&mut self, at: usize, id: AccountId, number: u32) {
        self.set(at, hash(id) << 32 | u64::from(number));
    }

    /// Replaces the number at a place, and tells what it was.
    pub fn replace(&mut self, at: usize, number: u32) -> u32 {
        let word = self.word(at);
        self.set(at, word >> 32 << 32 | u64::from(number));
        word as u32
    }

    /// Puts in an account that is not in, and tells its place. Other places may be others afterwards.
    pub fn insert(&mut self, id: AccountId, number: u32) -> usize {
        // Past three quarters the rows of taken places become long.
        if self.len >= 3 << (self.bits - 2) {
            self.grow();
        }
        self.len += 1;
        self.put(hash(id) << 32 | u64::from(number))
    }

    /// Takes out what is at a place. Places may be others afterwards.
    pub fn remove(&mut self, at: usize) -> u32 {
        let number = self.get(at);
        // What stands behind moves up, as far as it would have liked to.
        let (mut gap, mut next) = (at, self.after(at));
        loop {
            let word = self.word(next);
            if word == EMPTY {
                break;
            }
            let way = |from: usize| next.wrapping_sub(from) & self.mask();
            if way(self.home(word >> 32)) >= way(gap) {
                self.set(gap, word);
                gap = next;
            }
            next = self.after(next);
        }
        self.set(gap, EMPTY);
        self.len -= 1;
        self.moves += 1;
        number
    }

    /// All numbers, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.all().map(|word| word as u32)
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        self.words.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).filter(|word| *word != EMPTY)
    }

    fn grow(&mut self) {
        let mut larger = Table::of(self.bits + 1);
        for word in self.all() {
            larger.put(word);
        }
        (self.words, self.bits) = (larger.words, larger.bits);
        self.moves += 1;
    }

    fn put(&mut self, word: u64) -> usize {
        let mut at = self.home(word >> 32);
        while self.word(at) != EMPTY {
            at = self.after(at);
        }
        self.set(at, word);
        at
    }

    fn mask(&self) -> usize {
        (1 << self.bits) - 1
    }

    fn home(&self, hash: u64) -> usize {
        (hash >> (32 - self.bits)) as usize
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.mask()
    }

    #[inline]
    fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.words.as_chunks().0[at])
    }

    fn set(&mut self, at: usize, word: u64) {
        self.words.as_chunks_mut().0[at] = word.to_le_bytes();
    }
}

/// 32 bits. An id is a keyed hash already: this only mixes its halves.
fn hash(AccountId(id): AccountId) -> u64 {
    let ([low, high], _) = id.as_chunks() else { unreachable!("sixteen bytes are twice eight") };
    let mixed = u64::from_le_bytes(*low).wrapping_add(u64::from_le_bytes(*high).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32 | 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn id(n: u16) -> AccountId {
        let mut id = [0; 16];
        id[3..5].copy_from_slice(&n.to_le_bytes());
        AccountId(id)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_table_is_a_map(steps in prop::collection::vec((0u16..900, prop::bool::weighted(0.7)), 1..3_000)) {
            let (mut table, mut map, mut marks) = (Table::default(), BTreeMap::new(), Vec::new());
            for (step, (n, comes)) in (0u32..).zip(steps) {
                let is_it = |number: u32| map.get(&n) == Some(&number);
                match (table.find(id(n), is_it), comes) {
                    (Some(at), true) => prop_assert_eq!(map.insert(n, step), Some(table.replace(at, step))),
                    (None, true) => {
                        let at = table.insert(id(n), step);
                        prop_assert_eq!((table.get(at), map.insert(n, step)), (step, None));
                        marks.push((n, table.mark(at)));
                    }
                    (Some(at), false) => prop_assert_eq!(map.remove(&n), Some(table.remove(at))),
                    (None, false) => prop_assert!(!map.contains_key(&n)),
                }
            }
            for (n, mark) in marks {
                if let Some(at) = table.marked(mark) {
                    prop_assert_eq!(Some(&table.get(at)), map.get(&n));
                    table.write(at, id(n), table.get(at));
                }
            }
            prop_assert_eq!(table.count(), map.len());
            let mut numbers: Vec<u32> = table.numbers().collect();
            numbers.sort_unstable();
            let mut wanted: Vec<u32> = map.values().copied().collect();
            wanted.sort_unstable();
            prop_assert_eq!(numbers, wanted);
            map.iter().for_each(|(n, step)| assert!(table.find(id(*n), |number| number == *step).is_some()));
        }
    }
}
