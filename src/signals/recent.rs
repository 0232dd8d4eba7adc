//! Small, bounded memories of an account: what was seen, how often and when last; and what happened, in event time.

/// Something seen again and again: the key, when last, how often.
pub trait Seen: Copy + Default {
    /// Whether both are of the same thing.
    fn same(&self, other: &Self) -> bool;
    /// When it was seen last, in a unit of its own.
    fn last(&self) -> u32;
    /// How often.
    fn count(&self) -> u8;
    /// Takes another sight of the same thing.
    fn again(&mut self, other: &Self);
}

/// Up to `N` things. A new one takes the place of the one that was seen least (then longest ago).
#[derive(Clone, Copy, Debug)]
pub struct Known<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Seen, const N: usize> Default for Known<T, N> {
    fn default() -> Self {
        Known { len: 0, items: [T::default(); N] }
    }
}

/// What stands behind the end is of an earlier time, and no part of it.
impl<T: Seen + PartialEq, const N: usize> PartialEq for Known<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Seen, const N: usize> Known<T, N> {
    /// All of them, in no order.
    pub fn as_slice(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }

    /// The same thing as `item`.
    pub fn find(&self, item: &T) -> Option<&T> {
        self.as_slice().iter().find(|known| known.same(item))
    }

    /// Adds a sight.
    pub fn see(&mut self, item: T) {
        let len = usize::from(self.len);
        if let Some(known) = self.items[..len].iter_mut().find(|known| known.same(&item)) {
            known.again(&item);
        } else if len < N {
            self.items[len] = item;
            self.len += 1;
        } else {
            let least = self.items.iter().enumerate().min_by_key(|(_, known)| (known.count().min(3), known.last()));
            if let Some((at, _)) = least {
                self.items[at] = item;
            }
        }
    }

    /// Forgets all but the `most` that were seen most and last, and puts them in a fixed order.
    pub fn keep(&mut self, most: usize) {
        let len = usize::from(self.len);
        self.items[..len].sort_by_key(|known| std::cmp::Reverse((known.count().min(3), known.last())));
        self.len = len.min(most) as u8;
    }

    /// Room for so many things, to be filled with what was written. `None`: there is no room for them.
    pub fn refill(&mut self, len: usize) -> Option<&mut [T]> {
        let room = self.items.get_mut(..len)?;
        self.len = len as u8;
        Some(room)
    }
}

/// Something that happened at a time.
pub trait Timed: Copy + Default {
    /// When, in seconds since 1970.
    fn time_s(&self) -> u32;
}

/// The last `N` things that happened, sorted by time.
#[derive(Clone, Copy, Debug)]
pub struct Recent<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Timed, const N: usize> Default for Recent<T, N> {
    fn default() -> Self {
        Recent { len: 0, items: [T::default(); N] }
    }
}

/// What stands behind the end is of an earlier time, and no part of it.
impl<T: Timed + PartialEq, const N: usize> PartialEq for Recent<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Timed, const N: usize> Recent<T, N> {
    /// All of them, the oldest first.
    pub fn as_slice(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }

    /// All of them, to mark.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items[..usize::from(self.len)]
    }

    /// Inserts at its time, behind those of the same time; the oldest goes when there is no room. What is older than
    /// all of a full memory is not kept.
    pub fn insert(&mut self, item: T) {
        let len = usize::from(self.len);
        let at = self.items[..len].iter().rposition(|other| other.time_s() <= item.time_s()).map_or(0, |at| at + 1);
        if len < N {
            self.items.copy_within(at..len, at + 1);
            self.items[at] = item;
            self.len += 1;
        } else if at > 0 {
            self.items.copy_within(1..at, 0);
            self.items[at - 1] = item;
        }
    }

    /// Those from `from_s` to `to_s`, both included, the oldest first.
    pub fn between(&self, from_s: u32, to_s: u32) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.as_slice().iter().filter(move |item| (from_s..=to_s).contains(&item.time_s()))
    }

    /// Room for so many things, to be filled with what was written, sorted. `None`: there is no room for them.
    pub fn refill(&mut self, len: usize) -> Option<&mut [T]> {
        let room = self.items.get_mut(..len)?;
        self.len = len as u8;
        Some(room)
    }

    /// Keeps the last `most`.
    pub fn keep(&mut self, most: usize) {
        let len = usize::from(self.len);
        if len > most {
            self.items.copy_within(len - most..len, 0);
            self.len = most as u8;
        }
    }

    /// Forgets what is older than `from_s`.
    pub fn keep_since(&mut self, from_s: u32) {
        let newer = self.as_slice().iter().filter(|item| item.time_s() >= from_s).count();
        self.keep(newer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct At(u32, u32);

    impl Timed for At {
        fn time_s(&self) -> u32 {
            self.0
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_last_things_stay_whatever_the_order_they_came_in(mut times in prop::collection::vec(0u32..1000, 0..40)) {
            times.sort_unstable();
            times.dedup();
            let mut sorted = Recent::<At, 8>::default();
            times.iter().for_each(|&t| sorted.insert(At(t, t)));
            let mut reversed = Recent::<At, 8>::default();
            times.iter().rev().for_each(|&t| reversed.insert(At(t, t)));
            prop_assert_eq!(sorted.as_slice(), reversed.as_slice());
            prop_assert_eq!(sorted.as_slice().len(), times.len().min(8));
        }
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Thing(u32, u32, u8);

    impl Seen for Thing {
        fn same(&self, other: &Thing) -> bool {
            self.0 == other.0
        }
        fn last(&self) -> u32 {
            self.1
        }
        fn count(&self) -> u8 {
            self.2
        }
        fn again(&mut self, other: &Thing) {
            (self.1, self.2) = (self.1.max(other.1), self.2 + other.2);
        }
    }

    #[test]
    fn what_is_seen_least_makes_room() {
        let mut known = Known::<Thing, 2>::default();
        known.see(Thing(1, 10, 1));
        known.see(Thing(1, 11, 1));
        known.see(Thing(2, 20, 1));
        known.see(Thing(3, 30, 1));
        let mut keys: Vec<u32> = known.as_slice().iter().map(|thing| thing.0).collect();
        keys.sort_unstable();
        assert_eq!(keys, [1, 3], "2 was seen once, 1 twice");
        known.keep(1);
        assert_eq!(known.as_slice(), [Thing(1, 11, 2)]);
    }
}
