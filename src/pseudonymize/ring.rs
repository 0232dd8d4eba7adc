//! Root keys and the ring that holds them.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::KeyError;
use super::key_file::{Files, Loaded, new_material};

/// Fewest bytes of a root key.
pub const MIN_KEY_BYTES: usize = 32;

/// The id of a root key, `k` and one to four digits, as it stands in every token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId {
    bytes: [u8; 5],
    len: u8,
}

impl KeyId {
    /// The id that `text` is.
    pub fn parse(text: &str) -> Option<KeyId> {
        let digits = text.strip_prefix('k')?;
        if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut bytes = [0; 5];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(KeyId { bytes, len: text.len() as u8 })
    }

    /// The id as it is written: `k3`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("k and ASCII digits")
    }

    /// The bytes of the longest id, and how many of them are those of this one.
    pub(super) fn bytes(&self) -> (&[u8; 5], usize) {
        (&self.bytes, usize::from(self.len))
    }

    /// The number after the `k`.
    pub fn number(&self) -> u16 {
        self.bytes[1..usize::from(self.len)].iter().fold(0, |number, b| number * 10 + u16::from(b - b'0'))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A root key. Its material is wiped from memory when it is dropped, and `Debug` prints its id only.
pub struct RootKey {
    pub(super) id: KeyId,
    pub(super) material: Zeroizing<Vec<u8>>,
    pub(super) not_before_ms: Option<i64>,
    pub(super) destroy_after_ms: Option<i64>,
    pub(super) dual_until_ms: Option<i64>,
}

/// The keys of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyPair {
    /// Place of the active key in the ring.
    pub(super) active: usize,
    /// In a time of two keys, that of the one before.
    pub(super) old: Option<usize>,
}

impl RootKey {
    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// First Kafka timestamp, in ms since 1970, that it may be active at; `None`: since ever.
    pub fn not_before_ms(&self) -> Option<i64> {
        self.not_before_ms
    }

    /// Last Kafka timestamp, in ms since 1970, that it may be active at; `None`: for ever.
    pub fn destroy_after_ms(&self) -> Option<i64> {
        self.destroy_after_ms
    }

    /// End of the time in which the token of the key before it stands beside its own, in ms since 1970.
    pub fn dual_until_ms(&self) -> Option<i64> {
        self.dual_until_ms
    }

    /// Whether its material is there: it is wiped when `destroy_after` has passed.
    pub fn is_readable(&self) -> bool {
        !self.material.is_empty()
    }

    fn holds_at(&self, timestamp_ms: i64) -> bool {
        self.is_readable()
            && self.not_before_ms.is_none_or(|first| first <= timestamp_ms)
            && self.destroy_after_ms.is_none_or(|last| timestamp_ms <= last)
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.id)
    }
}

/// All root keys of a deployment: one is active at any time, the others can still be read. Never empty, no id twice.
pub struct KeyRing {
    /// By the number of the id.
    keys: Vec<RootKey>,
    /// SHA-256 of what was loaded: two loads of the same files are equal.
    digest: [u8; 32],
}

impl KeyRing {
    /// Reads a directory of key files, such as a mounted Kubernetes Secret: every regular file (or link to one) whose
    /// name does not begin with a dot. A file is YAML, `{id, key, not_before?, dual_until?, destroy_after?}`, or the bare key; the
    /// id is the file's stem unless the file says it. A key is hex, or base64 after `base64:`; times are RFC 3339.
    ///
    /// # Errors
    /// The file and what to mend in it; never its content.
    pub fn from_dir(dir: &Path) -> Result<KeyRing, KeyError> {
        KeyRing::new(Files::of_dir(dir)?.parse()?, dir)
    }

    /// Reads one YAML file, `keys: [{id, key, …}]`, with keys as in [`KeyRing::from_dir`].
    ///
    /// # Errors
    /// The file and what to mend in it; never its content.
    pub fn from_file(path: &Path) -> Result<KeyRing, KeyError> {
        KeyRing::new(Files::of_list(path)?.parse()?, path)
    }

    /// A ring of one key from hex, for examples and tests that must be repeatable.
    ///
    /// # Errors
    /// The seed is not hex or too short, or the id is none.
    pub fn from_seed(id: &str, hex: &str) -> Result<KeyRing, KeyError> {
        let path = Path::new("--seed-key");
        KeyRing::new(Loaded::from_seed(id, hex, path)?, path)
    }

    /// A ring of one new key, `k1`, that is gone with the process: its tokens join within one run only.
    ///
    /// # Errors
    /// The operating system gives no entropy.
    pub fn throwaway() -> Result<KeyRing, KeyError> {
        let key = new_material()?;
        KeyRing::from_seed("k1", &key)
    }

    /// The key that is active for a record of this Kafka timestamp (ms since 1970), by its place in [`KeyRing::keys`]:
    /// of the keys whose window holds the time, the one that came last (`not_before`, then the number of the id). So
    /// all processes and every redelivery agree.
    pub fn active_at(&self, timestamp_ms: i64) -> Option<usize> {
        let holding = self.keys.iter().enumerate().filter(|(_, key)| key.holds_at(timestamp_ms));
        holding.max_by_key(|(_, key)| (key.not_before_ms, key.id.number())).map(|(index, _)| index)
    }

    /// The changes of the active key that are to come after `now_ms`, in their order: from when on, and to which key;
    /// `None`: from then on there is no key that makes tokens.
    pub fn changes_after(&self, now_ms: i64) -> Vec<(i64, Option<KeyId>)> {
        let starts = self.keys.iter().filter_map(|key| key.not_before_ms);
        let ends = self.keys.iter().filter_map(|key| key.destroy_after_ms.map(|last| last.saturating_add(1)));
        let mut times: Vec<i64> = starts.chain(ends).filter(|&at| at > now_ms).collect();
        times.sort_unstable();
        let mut active = self.active_at(now_ms);
        let changed = times.into_iter().filter_map(|at| {
            let then = self.active_at(at);
            (std::mem::replace(&mut active, then) != then).then(|| (at, then.map(|key| self.keys[key].id)))
        });
        changed.collect()
    }

    /// What the windows of the keys may mean otherwise than whoever wrote them: a sentence for each time without a key
    /// between two, and for each two that start together.
    pub fn warnings(&self) -> Vec<String> {
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string());
        let mut told = Vec::new();
        let mut by_start: Vec<&RootKey> = self.keys.iter().collect();
        by_start.sort_by_key(|key| (key.not_before_ms, key.id.number()));
        for pair in by_start.windows(2).filter(|pair| pair[0].not_before_ms == pair[1].not_before_ms) {
            let from = pair[0].not_before_ms.map_or("since ever".to_owned(), |ms| format!("from {}", time(ms)));
            let [one, two] = [pair[0].id, pair[1].id];
            let fix = format!("{two} makes the tokens; give one of them a `not_before` of its own, or remove it");
            told.push(format!("keys: {one} and {two} are both active {from}: {fix}"));
        }
        // The key that ends last of those so far.
        let mut last = by_start[0];
        for &next in &by_start[1..] {
            let (Some(end), Some(start)) = (last.destroy_after_ms, next.not_before_ms) else { break };
            if start > end.saturating_add(1) {
                let (last, next) = (last.id, next.id);
                let (end, start) = (time(end), time(start));
                let what = format!("no key is active between {end}, when {last} ends, and {start}, when {next} starts");
                let fix = "records of that time are quarantined; let them meet";
                told.push(format!("keys: {what}: {fix}"));
            }
            if next.destroy_after_ms.is_none_or(|ms| ms > end) {
                last = next;
            }
        }
        told
    }

    /// The active key, and beside it the one before while its `dual_until` has not come.
    pub(super) fn pair_at(&self, timestamp_ms: i64) -> Option<KeyPair> {
        let active = self.active_at(timestamp_ms)?;
        let RootKey { not_before_ms, dual_until_ms, .. } = self.keys[active];
        let together = dual_until_ms.is_some_and(|end| timestamp_ms < end);
        let before = not_before_ms.filter(|_| together).and_then(|first| self.active_at(first.saturating_sub(1)));
        let old = before.filter(|&old| old != active && self.keys[old].holds_at(timestamp_ms));
        Some(KeyPair { active, old })
    }

    /// Wipes the keys whose `destroy_after` has passed; their ids stay known. True: there were some.
    pub fn destroy_due(&mut self, now_ms: i64) -> bool {
        let due = |key: &RootKey| key.is_readable() && key.destroy_after_ms.is_some_and(|last| last < now_ms);
        let mut any = false;
        for key in self.keys.iter_mut().filter(|key| due(key)) {
            key.material = Zeroizing::default();
            any = true;
        }
        any
    }

    /// Whether a key is there whose `destroy_after` has passed.
    pub(super) fn has_due(&self, now_ms: i64) -> bool {
        self.keys.iter().any(|key| key.is_readable() && key.destroy_after_ms.is_some_and(|last| last < now_ms))
    }

    /// SHA-256 of what it was loaded from.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// All keys, by the number of their ids.
    pub fn keys(&self) -> &[RootKey] {
        &self.keys
    }

    /// All ids, by their number.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.iter().map(RootKey::id)
    }

    pub(super) fn new(Loaded { mut keys, digest }: Loaded, path: &Path) -> Result<KeyRing, KeyError> {
        if keys.is_empty() {
            return Err(KeyError::Empty { path: path.to_owned() });
        }
        keys.sort_by_key(|key| key.id.number());
        if let Some(pair) = keys.windows(2).find(|pair| pair[0].id.number() == pair[1].id.number()) {
            return Err(KeyError::Duplicate { path: path.to_owned(), id: pair[1].id });
        }
        for (at, key) in keys.iter().enumerate() {
            if let Some(other) = keys[..at].iter().find(|other| other.material == key.material) {
                return Err(KeyError::Same { path: path.to_owned(), id: key.id, other: other.id });
            }
        }
        Ok(KeyRing { keys, digest })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonymize::key_file::KeyEntry;

    #[test]
    fn the_active_key_is_the_last_one_whose_window_holds_the_time() {
        let entry = |id: &str, from: Option<&str>, to: Option<&str>| {
            let time = |time: &str| format!("2026-01-{time}T00:00:00Z");
            let entry = KeyEntry {
                id: Some(id.to_owned()),
                key: Zeroizing::new(format!("{:0>64}", &id[1..])),
                not_before: from.map(time),
                destroy_after: to.map(time),
                dual_until: None,
            };
            entry.check(Path::new("test")).expect("a key")
        };
        let ring =
            |keys: Vec<RootKey>| KeyRing::new(Loaded { keys, digest: [0; 32] }, Path::new("test")).expect("a ring");
        let day = |day: i64| 1_767_225_600_000 + (day - 1) * 86_400_000;
        let active = |ring: &KeyRing, at| ring.active_at(at).map(|key| ring.keys()[key].id().to_string());

        let rotated =
            ring(vec![entry("k3", Some("20"), None), entry("k1", None, Some("15")), entry("k2", Some("10"), None)]);
        for (at, expected) in [
            (i64::MIN, "k1"),
            (day(10) - 1, "k1"),
            (day(10), "k2"),
            (day(20) - 1, "k2"),
            (day(20), "k3"),
            (i64::MAX, "k3"),
        ] {
            assert_eq!(active(&rotated, at).as_deref(), Some(expected), "{at}");
        }
        let tied = ring(vec![entry("k10", Some("10"), None), entry("k9", Some("10"), None)]);
        assert_eq!(active(&tied, day(11)).as_deref(), Some("k10"), "by number, not by text");
        assert_eq!(active(&tied, day(9)), None);
        let ended = ring(vec![entry("k1", None, Some("15"))]);
        assert_eq!(active(&ended, day(15)).as_deref(), Some("k1"));
        assert_eq!(active(&ended, day(15) + 1), None);

        let changes = |ring: &KeyRing, at: i64| -> Vec<(i64, Option<String>)> {
            ring.changes_after(at).into_iter().map(|(at, id)| (at, id.map(|id| id.to_string()))).collect()
        };
        let to = |id: &str| Some(id.to_owned());
        assert_eq!(changes(&rotated, day(5)), [(day(10), to("k2")), (day(20), to("k3"))], "k1's end changes nothing");
        assert_eq!(changes(&rotated, day(20)), []);
        assert_eq!(changes(&ended, day(5)), [(day(15) + 1, None)]);
        let gap = ring(vec![entry("k1", None, Some("15")), entry("k2", Some("20"), None)]);
        assert_eq!(changes(&gap, day(5)), [(day(15) + 1, None), (day(20), to("k2"))]);

        let told = "keys: no key is active between 2026-01-15T00:00:00Z, when k1 ends, and 2026-01-20T00:00:00Z, when k2 starts";
        assert!(gap.warnings().len() == 1 && gap.warnings()[0].starts_with(told), "{:?}", gap.warnings());
        let told = "keys: k9 and k10 are both active from 2026-01-10T00:00:00Z: k10 makes the tokens";
        assert!(tied.warnings().len() == 1 && tied.warnings()[0].starts_with(told), "{:?}", tied.warnings());
        let ever = ring(vec![entry("k1", None, None), entry("k2", None, None)]);
        assert!(
            ever.warnings()[0].starts_with("keys: k1 and k2 are both active since ever: k2"),
            "{:?}",
            ever.warnings()
        );
        let around = ring(vec![
            entry("k1", None, Some("25")),
            entry("k2", Some("10"), Some("12")),
            entry("k3", Some("20"), None),
        ]);
        for sound in [&rotated, &ended, &around] {
            assert_eq!(sound.warnings(), Vec::<String>::new());
        }
    }

    #[test]
    fn a_key_under_two_ids_is_refused_and_not_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        let (hex, base64) = ("00".repeat(32), format!("base64:{}=", "A".repeat(43)));
        std::fs::write(dir.path().join("k1"), &hex).expect("a file");
        std::fs::write(dir.path().join("k2"), "11".repeat(32)).expect("a file");
        assert!(KeyRing::from_dir(dir.path()).is_ok());
        std::fs::write(dir.path().join("k3"), &base64).expect("a file");
        let error = KeyRing::from_dir(dir.path()).expect_err("one key twice").to_string();
        assert!(error.contains("key of k3: is that of k1 again") && error.contains("`sluice keys rotate`"), "{error}");
        assert!(!error.contains("0000") && !error.contains("AAAA"), "{error}");
    }

    #[test]
    fn old_and_new_stand_together_until_the_window_ends_and_a_due_key_is_wiped() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, more: &str| {
            std::fs::write(dir.path().join(name), format!("key: {}\n{more}", name.replace('k', "a").repeat(32)))
                .expect("a file");
        };
        write("k1", "destroy_after: 2026-01-20T00:00:00Z\n");
        write("k2", "not_before: 2026-01-10T00:00:00Z\ndual_until: 2026-01-12T00:00:00Z\n");
        let mut ring = KeyRing::from_dir(dir.path()).expect("a ring");
        let day = |day: i64| 1_767_225_600_000 + (day - 1) * 86_400_000;
        let pair = |ring: &KeyRing, at| ring.pair_at(at).map(|pair| (pair.active, pair.old));
        for (at, expected) in
            [(day(10) - 1, (0, None)), (day(10), (1, Some(0))), (day(12) - 1, (1, Some(0))), (day(12), (1, None))]
        {
            assert_eq!(pair(&ring, at), Some(expected), "{at}");
        }
        assert!(!ring.destroy_due(day(20)) && ring.has_due(day(20) + 1) && ring.destroy_due(day(20) + 1));
        assert!(!ring.keys()[0].is_readable() && !ring.has_due(day(21)));
        assert_eq!((pair(&ring, day(9)), pair(&ring, day(10))), (None, Some((1, None))), "it makes no token any more");
        assert_eq!(ring.ids().count(), 2, "its tokens are still ours");
    }
}
