//! Ids of an account's last events: at least 64, and at least those of ten minutes. A redelivered event is known by it.

/// Ids that are kept in place.
const RING: usize = 64;
/// How long an id is known at least, in seconds of event time.
pub const KEPT_S: u32 = 600;

/// The ring, and what a burst pushed out of it within ten minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct IdRing {
    ring: [u32; RING],
    /// Place of the next id.
    next: u8,
    /// When the ring was begun anew: an id that goes is not older than this turn and the one before.
    turned_s: [u32; 2],
    /// Ids that left the ring while they were young, with the time until which they are kept.
    young: Vec<(u32, u32)>,
}

impl Default for IdRing {
    fn default() -> Self {
        IdRing { ring: [0; RING], next: 0, turned_s: [0; 2], young: Vec::new() }
    }
}

impl IdRing {
    /// Whether the id is new; it is known from now on. 0 stands for no id and is always new.
    pub fn insert(&mut self, id: u32, now_s: u32) -> bool {
        if id == 0 {
            return true;
        }
        let in_ring = self.ring.iter().fold(false, |any, &known| any | (known == id));
        if in_ring || self.young.iter().any(|&(known, _)| known == id) {
            return false;
        }
        let at = usize::from(self.next);
        if at == 0 {
            self.turned_s = [self.turned_s[1], now_s];
            self.forget(now_s);
        }
        let gone = std::mem::replace(&mut self.ring[at], id);
        // It came in the turn before this one, at the earliest when that turn began.
        if gone != 0 && now_s.saturating_sub(self.turned_s[0]) < KEPT_S {
            self.young.push((gone, now_s.saturating_add(KEPT_S)));
        }
        self.next = ((at + 1) % RING) as u8;
        true
    }

    fn forget(&mut self, now_s: u32) {
        self.young.retain(|&(_, until)| until > now_s);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = IdRing::default();
    }

    /// What must be written to have it again: the ids from the oldest on, the turns, and the young.
    pub fn parts(&self) -> (impl Iterator<Item = u32>, u8, [u32; 2], &[(u32, u32)]) {
        (self.ring.into_iter(), self.next, self.turned_s, &self.young)
    }

    /// What [`IdRing::parts`] gave. `None`: it is not of this kind.
    pub fn from_parts(ids: &[u32], next: u8, turned_s: [u32; 2], young: Vec<(u32, u32)>) -> Option<IdRing> {
        let mut ring = [0; RING];
        ring.get_mut(..ids.len())?.copy_from_slice(ids);
        (usize::from(next) < RING).then_some(IdRing { ring, next, turned_s, young })
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
        assert!(burst.young.len() <= 300);
        assert!(burst.insert(0, 1) && burst.insert(0, 1), "0 is no id");
    }
}
