//! Ids of an account's last events: at least 64, and at least those of ten minutes. A redelivered event is known by it.

/// Ids that are kept in place.
const RING: usize = 64;
/// How long an id is known at least, in seconds of event time.
pub const KEPT_S: u32 = 600;

/// An id that left the ring while it was young, and the time until which it is kept.
pub type Young = (u32, u32);

/// What a ring consists of.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The ids in the ring.
    pub ring: &'a [u32],
    /// Place of the next id.
    pub next: u8,
    /// When the last two turns began.
    pub turned_s: [u32; 2],
    /// The young.
    pub young: &'a [Young],
}

/// The ring, and what a burst pushed out of it within ten minutes.
#[derive(Clone, Debug)]
pub struct IdRing {
    ring: [u32; RING],
    /// Ids in the ring; what stands behind them is of an earlier time, and no part of it.
    used: u8,
    /// Place of the next id.
    next: u8,
    /// When the ring was begun anew: an id that goes is not older than this turn and the one before.
    turned_s: [u32; 2],
    burst: Option<Box<Burst>>,
}

/// What left the ring while it was young. Few accounts have any, so it takes a word where there is none.
#[derive(Clone, Debug, Default)]
struct Burst {
    young: Vec<Young>,
    /// A bit for each of the young, by its id. An account with thousands of them would be looked through with each of its
    /// events; most ids are new, and a bit that is not set says so.
    bits: Vec<u64>,
}

/// Bits for each of the young, at least: so one new id in as many is looked for in vain.
const BITS_EACH: usize = 8;

/// The bits follow from the young; how many there are is of no account.
impl PartialEq for Burst {
    fn eq(&self, other: &Burst) -> bool {
        self.young == other.young
    }
}

impl Burst {
    fn of(young: Vec<Young>) -> Burst {
        let mut burst = Burst { young, bits: Vec::new() };
        burst.mark();
        burst
    }

    /// Sets the bits anew, with room for twice as many.
    fn mark(&mut self) {
        let words = (2 * BITS_EACH * self.young.len()).div_ceil(64).next_power_of_two();
        self.bits.clear();
        self.bits.resize(words, 0);
        for &(id, _) in &self.young {
            let (word, bit) = place(id, words);
            self.bits[word] |= bit;
        }
    }

    fn push(&mut self, young: Young) {
        self.young.push(young);
        if self.bits.len() * 64 < BITS_EACH * self.young.len() {
            self.mark();
        } else {
            let (word, bit) = place(young.0, self.bits.len());
            self.bits[word] |= bit;
        }
    }

    fn has(&self, id: u32) -> bool {
        let (word, bit) = place(id, self.bits.len());
        self.bits[word] & bit != 0 && self.young.iter().any(|&(known, _)| known == id)
    }
}

/// Where the bit of an id is among so many words, a power of two. Ids are hashes already.
fn place(id: u32, words: usize) -> (usize, u64) {
    ((id as usize / 64) & (words - 1), 1 << (id % 64))
}

impl Default for IdRing {
    fn default() -> Self {
        IdRing { ring: [0; RING], used: 0, next: 0, turned_s: [0; 2], burst: None }
    }
}

impl PartialEq for IdRing {
    fn eq(&self, other: &IdRing) -> bool {
        let all = |ids: &IdRing| (ids.next, ids.turned_s);
        self.used() == other.used() && all(self) == all(other) && self.burst == other.burst
    }
}

impl IdRing {
    /// Whether the id is new; it is known from now on. 0 stands for no id and is always new.
    pub fn insert(&mut self, id: u32, now_s: u32) -> bool {
        if id == 0 {
            return true;
        }
        // Counting instead of leaving at the first: so the compiler compares several at once, and most ids are new.
        let in_ring: u32 = self.used().iter().map(|&known| u32::from(known == id)).sum();
        if in_ring > 0 || self.burst.as_ref().is_some_and(|burst| burst.has(id)) {
            return false;
        }
        let at = usize::from(self.next);
        if at == 0 {
            self.turned_s = [self.turned_s[1], now_s];
            self.forget(now_s);
        }
        let gone = std::mem::replace(&mut self.ring[at], id);
        let is_full = usize::from(self.used) == RING;
        self.used += u8::from(!is_full);
        // It came in the turn before this one, at the earliest when that turn began.
        if is_full && now_s.saturating_sub(self.turned_s[0]) < KEPT_S {
            self.burst.get_or_insert_default().push((gone, now_s.saturating_add(KEPT_S)));
        }
        self.next = ((at + 1) % RING) as u8;
        true
    }

    fn forget(&mut self, now_s: u32) {
        let Some(burst) = &mut self.burst else { return };
        burst.young.retain(|&(_, until)| until > now_s);
        if burst.young.is_empty() {
            self.burst = None;
        } else {
            burst.mark();
        }
    }

    fn young(&self) -> &[Young] {
        self.burst.as_ref().map_or(&[], |burst| &burst.young)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        (self.used, self.next, self.turned_s, self.burst) = (0, 0, [0; 2], None);
    }

    /// What must be written to have it again.
    pub fn parts(&self) -> Parts<'_> {
        Parts { ring: self.used(), next: self.next, turned_s: self.turned_s, young: self.young() }
    }

    fn used(&self) -> &[u32] {
        &self.ring[..usize::from(self.used)]
    }

    /// Puts the place, the turns and the young back that [`IdRing::parts`] gave, and hands over room for so many ids.
    /// `None`: there is no such room.
    pub fn refill(
        &mut self,
        used: usize,
        next: u8,
        turned_s: [u32; 2],
        young: impl ExactSizeIterator<Item = Young>,
    ) -> Option<&mut [u32]> {
        let at = usize::from(next);
        (used == RING && at < RING || used < RING && at == used).then_some(())?;
        (self.used, self.next, self.turned_s) = (used as u8, next, turned_s);
        self.burst = (young.len() > 0).then(|| Box::new(Burst::of(young.collect())));
        Some(&mut self.ring[..used])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_for_64_events_and_for_ten_minutes() {
        let mut slow = IdRing::default();
        assert!(slow.insert(7, 1_000_000));
        (0..63).for_each(|i| assert!(slow.insert(100 + i, 1_000_000 + 100 * i)));
        assert!(!slow.insert(7, 1_010_000), "63 events later it is known");
        assert!(slow.insert(1000, 1_010_000));
        assert!(slow.insert(7, 1_010_000), "64 events and hours later it is not");

        let mut burst = IdRing::default();
        assert!(burst.insert(7, 1_000_000));
        (0..500).for_each(|i| assert!(burst.insert(100 + i, 1_000_000 + i)));
        assert!(!burst.insert(7, 1_000_500), "500 events in nine minutes do not push it out");
        (0..200).for_each(|i| assert!(burst.insert(5000 + i, 1_010_000 + i)));
        assert!(burst.insert(7, 1_010_300), "but it does not stay for ever");
        assert!(burst.young().len() <= 300);
        assert!(burst.insert(0, 1) && burst.insert(0, 1), "0 is no id");
    }
}
