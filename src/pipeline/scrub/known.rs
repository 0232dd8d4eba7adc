//! Values that were searched before and hold nothing: user agents, cities, states and their like are a large part of a
//! stream, and come again and again.
//!
//! A value is the same only if all of it is, at the same place, so nothing goes unsearched. What is personal is never
//! kept: a value gets in once it was found to hold nothing, and was seen twice.

use std::hash::{BuildHasher, Hasher};

use crate::detect::Nature;
use crate::record::PathId;

/// Shortest value, in bytes: a look costs less than a search of these.
const BYTES_MIN: usize = 8;
/// Longest value that is kept, in bytes.
const BYTES_MAX: usize = 112;
/// Number of slots; with [`Slot`] that is 128 KiB.
const SLOTS: usize = 1024;
/// How often a value may miss a visit before another takes its slot.
const PATIENCE: u8 = 15;

/// The values. Holds parts of records, so there is no `Debug`.
pub(super) struct Known {
    slots: Box<[Slot]>,
    hasher: foldhash::fast::RandomState,
}

/// One value, or the hash of one that was seen once.
#[derive(Clone, Copy)]
struct Slot {
    hash: u64,
    path: PathId,
    nature: Nature,
    /// Visits that it may miss.
    patience: u8,
    /// Zero: it was seen, and no more.
    len: u8,
    bytes: [u8; BYTES_MAX],
}

/// What is known of a value.
pub(super) enum Verdict {
    /// It holds nothing.
    Nothing,
    /// It came before: if it holds nothing, it is to be kept in this slot.
    Again(usize),
    /// Nothing.
    Unknown,
}

impl Known {
    pub(super) fn new() -> Known {
        let empty =
            Slot { hash: 0, path: PathId::ROOT, nature: Nature::Any, patience: 0, len: 0, bytes: [0; BYTES_MAX] };
        Known { slots: vec![empty; SLOTS].into_boxed_slice(), hasher: foldhash::fast::RandomState::default() }
    }

    /// Forgets all: another ring of keys, and what was an own token is one no more.
    pub(super) fn clear(&mut self) {
        self.slots.iter_mut().for_each(|slot| (slot.hash, slot.len, slot.patience) = (0, 0, 0));
    }

    /// What is known of `text`, the raw bytes at `path`.
    #[inline]
    pub(super) fn look(&mut self, path: PathId, nature: Nature, text: &[u8]) -> Verdict {
        if !(BYTES_MIN..=BYTES_MAX).contains(&text.len()) {
            return Verdict::Unknown;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(path.0);
        hasher.write(text);
        let hash = hasher.finish();
        let at = hash as usize % SLOTS;
        let slot = &mut self.slots[at];
        if slot.hash == hash {
            let same = slot.path == path && slot.nature == nature && slot.bytes[..usize::from(slot.len)] == *text;
            slot.patience = PATIENCE;
            return if same { Verdict::Nothing } else { Verdict::Again(at) };
        }
        if slot.patience > 0 {
            slot.patience -= 1;
        } else {
            (slot.hash, slot.len) = (hash, 0);
        }
        Verdict::Unknown
    }

    /// Keeps a value that holds nothing in the slot that [`Known::look`] named just before.
    pub(super) fn keep(&mut self, at: usize, path: PathId, nature: Nature, text: &[u8]) {
        let slot = &mut self.slots[at];
        (slot.path, slot.nature, slot.len) = (path, nature, text.len() as u8);
        slot.bytes[..text.len()].copy_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: PathId = PathId(7);

    fn knows(known: &mut Known, path: PathId, nature: Nature, text: &str) -> bool {
        match known.look(path, nature, text.as_bytes()) {
            Verdict::Nothing => return true,
            Verdict::Again(at) => known.keep(at, path, nature, text.as_bytes()),
            Verdict::Unknown => {}
        }
        false
    }

    #[test]
    fn a_value_is_known_the_third_time_and_only_at_its_place() {
        let mut known = Known::new();
        let city = "Tanjung Pinang";
        let seen: Vec<bool> = (0..4).map(|_| knows(&mut known, CITY, Nature::Any, city)).collect();
        assert_eq!(seen, [false, false, true, true]);
        assert!(!knows(&mut known, PathId(8), Nature::Any, city), "another path");
        assert!(!knows(&mut known, CITY, Nature::Version, city), "a name beside it says something else");
        assert!(!knows(&mut known, CITY, Nature::Any, "Tanjung Pinanh"), "another value");
        known.clear();
        assert!(!knows(&mut known, CITY, Nature::Any, city), "all is forgotten");
    }

    #[test]
    fn what_comes_often_stays_and_what_comes_once_passes() {
        let mut known = Known::new();
        let mut hits = 0;
        for n in 0..100_000u32 {
            hits += u32::from(knows(&mut known, CITY, Nature::Any, "Tanjung Pinang"));
            assert!(!knows(&mut known, CITY, Nature::Any, &format!("id-{n:08}")), "each comes once");
        }
        assert!(hits > 90_000, "{hits} of 100,000");
        assert!(!knows(&mut known, CITY, Nature::Any, &"x".repeat(BYTES_MAX + 1)) && size_of::<Slot>() == 128);
    }
}
