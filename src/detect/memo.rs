//! What was worked out for a name: names are many and may be anything, so the last one of each slot is remembered.

/// Slots, a power of two.
const SLOTS: usize = 2_048;

/// A value for each of the last names. Names keep their buffers: in the long run nothing is allocated.
#[derive(Debug)]
pub(super) struct Memo<T> {
    slots: Vec<(Vec<u8>, Option<T>)>,
}

impl<T> Default for Memo<T> {
    fn default() -> Memo<T> {
        Memo { slots: Vec::new() }
    }
}

impl<T: Copy> Memo<T> {
    /// What is known of `name`, or what `make` says.
    pub(super) fn get(&mut self, name: &[u8], make: impl FnOnce() -> T) -> T {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || (Vec::new(), None));
        }
        // FNV-1a.
        let hash =
            name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
        let (known, value) = &mut self.slots[(hash >> 32) as usize % SLOTS];
        if let (Some(value), true) = (*value, known == name) {
            return value;
        }
        known.clear();
        known.extend_from_slice(name);
        *value.insert(make())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_value_and_is_asked_once() {
        let mut memo = Memo::default();
        let names: Vec<String> = (0..3 * SLOTS).map(|n| format!("name_{n}")).collect();
        for (value, name) in names.iter().enumerate() {
            assert_eq!(memo.get(name.as_bytes(), || value), value);
            assert_eq!(memo.get(name.as_bytes(), || unreachable!("it is known")), value);
        }
        assert_eq!(memo.get(b"", || 7), 7, "an empty slot is not the empty name's");
        for (value, name) in names.iter().enumerate() {
            assert_eq!(memo.get(name.as_bytes(), || value), value, "whatever came between");
        }
    }
}
