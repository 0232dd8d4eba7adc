//! Daily salts: 32 random bytes that make the tokens of one UTC day, and with which these tokens become unlinkable to
//! any other day's, for the holders of the root key too, once they are gone.
//!
//! A salt is minted for the wall clock's today only, sealed under a root key, and written where all processes read: the
//! first record of a day wins. In here is what needs a key; where records are kept is not our business, and what time
//! it is we are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::derive::Epoch;
use super::ring::{KeyId, KeyRing, RootKey};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// How long a salt is used, counted from the first moment of its day: its day, and an hour for what comes late. All
/// processes know this, so they agree; the topic keeps a salt at least as long.
pub const SALT_LIFE_MS: i64 = 25 * 3_600_000;

const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Separates this use of a root key from that of tokens (`pii-tok/v1`).
const INFO: &[u8] = b"sluice-salt/v1";

/// The UTC day of a time, counted from 1970; none before that, and none in the far future.
pub fn day_of(timestamp_ms: i64) -> Option<u32> {
    u32::try_from(timestamp_ms.div_euclid(DAY_MS)).ok()
}

/// Whether the salt of `day` may be used at this time.
pub fn lives_at(day: u32, now_ms: i64) -> bool {
    let age_ms = now_ms - i64::from(day) * DAY_MS;
    (0..SALT_LIFE_MS).contains(&age_ms)
}

/// Whether the life of a day's salt is over: then it is to be gone wherever it was.
pub fn is_dead_at(day: u32, now_ms: i64) -> bool {
    now_ms - i64::from(day) * DAY_MS >= SALT_LIFE_MS
}

/// Why there is no salt.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaltError {
    /// No root key is active now, so nothing can be sealed.
    #[error("no root key is active now: a daily salt cannot be sealed; make a key with `sluice keys`")]
    NoKey,
    /// The salt of the day was sealed under a key that is not in the ring.
    #[error("the salt of day {day} is sealed under {kid}, which is not among the keys: bring its key file back")]
    UnknownKey {
        /// The day.
        day: u32,
        /// The key.
        kid: KeyId,
    },
    /// What should be the salt of the day opens with none of the keys, though its own is named among them.
    #[error(
        "the salt of day {day} does not open: it is damaged, or sealed under another key of the same name; bring the \
         right keys, or a whole copy of it, back; it is not replaced, for the day's tokens would no longer join"
    )]
    Closed {
        /// The day.
        day: u32,
    },
    /// The operating system gives no entropy.
    #[error("the operating system gives no entropy for a new salt")]
    Entropy,
    /// The clock shows a time before 1970.
    #[error("the clock of this machine is wrong: it shows a time before 1970")]
    Clock,
}

/// A sealed salt as it is written: `{"v":1,"day":20514,"kid":"k1","sealed":"<base64 of nonce, salt and tag>"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaltRecord {
    day: u32,
    kid: KeyId,
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    day: u32,
    kid: String,
    sealed: String,
}

impl SaltRecord {
    /// A new salt for the day of `now_ms`, sealed under the key that is active then.
    ///
    /// # Errors
    /// No key is active, or there is no entropy.
    pub fn mint(ring: &KeyRing, now_ms: i64) -> Result<SaltRecord, SaltError> {
        let day = day_of(now_ms).ok_or(SaltError::Clock)?;
        let key = &ring.keys()[ring.active_at(now_ms).ok_or(SaltError::NoKey)?];
        let mut salt = Zeroizing::new([0u8; SALT_BYTES]);
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut salt[..]).and_then(|()| getrandom::fill(&mut nonce)).map_err(|_| SaltError::Entropy)?;
        let aad = associated(key.id(), day);
        let payload = Payload { msg: &salt[..], aad: &aad };
        let boxed = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| SaltError::Entropy)?;
        Ok(SaltRecord { day, kid: key.id(), sealed: [&nonce[..], &boxed].concat() })
    }

    /// The record that `bytes` are; none if they are something else.
    pub fn parse(bytes: &[u8]) -> Option<SaltRecord> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let sealed = STANDARD.decode(&written.sealed).ok()?;
        let whole = written.v == 1 && sealed.len() == NONCE_BYTES + SALT_BYTES + TAG_BYTES;
        whole.then_some(SaltRecord { day: written.day, kid: KeyId::parse(&written.kid)?, sealed })
    }

    /// The record as it is written.
    pub fn to_text(&self) -> String {
        let sealed = STANDARD.encode(&self.sealed);
        let written = Written { v: 1, day: self.day, kid: self.kid.to_string(), sealed };
        serde_json::to_string(&written).expect("numbers and texts are JSON")
    }

    /// Its day.
    pub fn day(&self) -> u32 {
        self.day
    }

    /// The salt. `None`: it is forged or damaged, which every process finds alike.
    ///
    /// # Errors
    /// Its key is not in the ring.
    fn open(&self, ring: &KeyRing) -> Result<Option<Epoch>, SaltError> {
        let key = ring.keys().iter().find(|key| key.id() == self.kid && key.is_readable());
        let key = key.ok_or(SaltError::UnknownKey { day: self.day, kid: self.kid })?;
        let (nonce, boxed) = self.sealed.split_at(NONCE_BYTES);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().expect("split at this length");
        let aad = associated(self.kid, self.day);
        let opened = cipher(key).decrypt(&XNonce::from(nonce), Payload { msg: boxed, aad: &aad }).ok();
        Ok(opened.map(|salt| Epoch { salt: Zeroizing::new(salt), day: self.day }))
    }
}

/// The salt of `day` among `records`, oldest first: the first one that is genuine.
///
/// # Errors
/// It is sealed under a key that the ring does not hold. Then no other may take its place: processes would disagree.
pub fn first_of_day<'a>(
    records: impl IntoIterator<Item = &'a SaltRecord>,
    day: u32,
    ring: &KeyRing,
) -> Result<Option<Epoch>, SaltError> {
    for record in records.into_iter().filter(|record| record.day == day) {
        if let Some(epoch) = record.open(ring)? {
            return Ok(Some(epoch));
        }
    }
    Ok(None)
}

/// What a sealed salt is bound to: it opens for no other key and no other day.
fn associated(kid: KeyId, day: u32) -> Vec<u8> {
    [INFO, b"|", kid.as_str().as_bytes(), b"|", day.to_string().as_bytes()].concat()
}

fn cipher(root: &RootKey) -> XChaCha20Poly1305 {
    let mut key = Zeroizing::new([0u8; 32]);
    Hkdf::<Sha256>::new(None, &root.material).expand(INFO, &mut key[..]).expect("HKDF-SHA256 gives up to 8160 bytes");
    XChaCha20Poly1305::new((&*key).into())
}

/// The salts of the days that live, shared by all workers. A salt is wiped when it is dropped here and no worker works
/// with it any more.
#[derive(Debug, Default)]
pub struct SharedSalts {
    table: ArcSwap<Vec<Arc<Epoch>>>,
    generation: AtomicU64,
}

impl SharedSalts {
    /// A table without a salt.
    pub fn new() -> SharedSalts {
        SharedSalts::default()
    }

    /// The salts as they are now.
    pub fn current(&self) -> Arc<Vec<Arc<Epoch>>> {
        self.table.load_full()
    }

    /// Whether the salt of a day is there.
    pub fn holds(&self, day: u32) -> bool {
        self.table.load().iter().any(|epoch| epoch.day == day)
    }

    /// Number of changes so far. Once a reader has seen it, [`SharedSalts::current`] is that table or a newer one.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Adds the salt of a day. A day that has one keeps it.
    pub fn insert(&self, epoch: Epoch) {
        let epoch = Arc::new(epoch);
        self.change(|table| {
            if table.iter().any(|known| known.day == epoch.day) {
                return false;
            }
            table.push(Arc::clone(&epoch));
            true
        });
    }

    /// Drops the salts whose life is over.
    pub fn drop_dead(&self, now_ms: i64) {
        self.change(|table| {
            let before = table.len();
            table.retain(|epoch| lives_at(epoch.day, now_ms));
            table.len() != before
        });
    }

    fn change(&self, mut how: impl FnMut(&mut Vec<Arc<Epoch>>) -> bool) {
        let mut changed = false;
        self.table.rcu(|table| {
            let mut new = Vec::clone(table);
            changed = how(&mut new);
            if changed { Arc::new(new) } else { Arc::clone(table) }
        });
        if changed {
            self.generation.fetch_add(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u32 = 20_514;
    const NOON_MS: i64 = DAY as i64 * DAY_MS + DAY_MS / 2;

    fn ring(id: &str, seed: &str) -> KeyRing {
        KeyRing::from_seed(id, &seed.repeat(32)).expect("a ring")
    }

    #[test]
    fn a_salt_is_read_back_by_whoever_has_the_key_and_no_two_are_alike() {
        let ring = ring("k1", "42");
        let one = SaltRecord::mint(&ring, NOON_MS).expect("a salt");
        let two = SaltRecord::mint(&ring, NOON_MS).expect("a salt");
        let read = SaltRecord::parse(one.to_text().as_bytes()).expect("a record");
        assert_eq!((read.day(), &read), (DAY, &one));
        let open = |record: &SaltRecord| record.open(&ring).expect("the key is there").expect("genuine").salt;
        assert_eq!(open(&read), open(&one));
        assert_eq!(open(&one).len(), SALT_BYTES);
        assert_ne!(open(&one), open(&two));
        assert!(!one.to_text().contains(&hex::encode(&open(&one)[..])));
        assert!(!one.to_text().contains(&STANDARD.encode(&open(&one)[..])));
    }

    #[test]
    fn the_first_genuine_record_of_a_day_wins() {
        let (ours, other) = (ring("k1", "42"), ring("k1", "43"));
        let mint = |ring: &KeyRing, at| SaltRecord::mint(ring, at).expect("a salt");
        let forged = mint(&other, NOON_MS);
        let mut moved = mint(&ours, NOON_MS - DAY_MS);
        moved.day = DAY;
        let (first, second) = (mint(&ours, NOON_MS), mint(&ours, NOON_MS));
        let records = [forged, moved, mint(&ours, NOON_MS - DAY_MS), first.clone(), second];
        let found = first_of_day(&records, DAY, &ours).expect("a key").expect("a salt");
        assert_eq!(found.salt, first.open(&ours).expect("a key").expect("genuine").salt);
        assert!(first_of_day(&records, DAY + 1, &ours).expect("no error").is_none());
        let unknown = first_of_day([&mint(&ring("k2", "42"), NOON_MS), &first], DAY, &ours);
        assert!(matches!(unknown, Err(SaltError::UnknownKey { day: DAY, .. })), "nobody takes another in its place");
    }

    #[test]
    fn a_salt_lives_for_its_day_and_one_hour() {
        let start = i64::from(DAY) * DAY_MS;
        for (at, lives) in
            [(start - 1, false), (start, true), (start + SALT_LIFE_MS - 1, true), (start + SALT_LIFE_MS, false)]
        {
            assert_eq!(lives_at(DAY, at), lives, "{at}");
        }
        assert_eq!(day_of(start), Some(DAY));
        assert_eq!(day_of(start - 1), Some(DAY - 1));
        assert_eq!((day_of(-1), day_of(0), day_of(i64::MAX)), (None, Some(0), None));
    }

    #[test]
    fn a_table_keeps_the_first_salt_of_a_day_and_drops_the_dead() {
        let salts = SharedSalts::new();
        let epoch = |day, salt: u8| Epoch { salt: Zeroizing::new(vec![salt; 32]), day };
        let first = salts.generation();
        salts.insert(epoch(DAY, 1));
        salts.insert(epoch(DAY, 2));
        assert_eq!(salts.generation(), first + 1);
        assert!(salts.current()[0].salt.iter().all(|b| *b == 1) && salts.holds(DAY) && !salts.holds(DAY + 1));
        salts.insert(epoch(DAY + 1, 3));
        salts.drop_dead(NOON_MS + DAY_MS);
        assert!(!salts.holds(DAY) && salts.holds(DAY + 1));
        assert!(!format!("{salts:?}").contains("3, 3"), "{salts:?}");
    }

    #[test]
    fn without_an_active_key_nothing_is_minted() {
        let dir = tempfile::tempdir().expect("a directory");
        let key = format!("key: {}\nnot_before: 2027-01-01T00:00:00Z\n", "42".repeat(32));
        std::fs::write(dir.path().join("k1"), key).expect("a file");
        let ring = KeyRing::from_dir(dir.path()).expect("a ring");
        assert_eq!(SaltRecord::mint(&ring, NOON_MS), Err(SaltError::NoKey));
        assert_eq!(SaltRecord::mint(&ring, -1), Err(SaltError::Clock));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_stands_in_the_topic_is_a_record_or_none(bytes: Vec<u8>, text in "[{\":,}a-z0-9=+]{0,80}") {
            let _ = SaltRecord::parse(&bytes);
            let _ = SaltRecord::parse(text.as_bytes());
        }

        #[test]
        fn a_record_that_is_changed_anywhere_opens_for_nobody(at in 0usize..72, bit in 0u8..8) {
            let ring = ring("k1", "42");
            let mut record = SaltRecord::mint(&ring, NOON_MS).expect("a salt");
            record.sealed[at] ^= 1 << bit;
            prop_assert!(record.open(&ring).expect("the key is there").is_none());
        }
    }
}
