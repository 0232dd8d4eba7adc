//! Root keys and the ring that holds them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

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
    id: KeyId,
    material: Zeroizing<Vec<u8>>,
    not_before_ms: Option<i64>,
    destroy_after_ms: Option<i64>,
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

    /// The key itself, for derivation only.
    pub(super) fn material(&self) -> &[u8] {
        &self.material
    }

    fn holds_at(&self, timestamp_ms: i64) -> bool {
        self.not_before_ms.is_none_or(|first| first <= timestamp_ms)
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
    /// name does not begin with a dot. A file is YAML, `{id, key, not_before?, destroy_after?}`, or the bare key; the
    /// id is the file's stem unless the file says it. A key is hex, or base64 after `base64:`; times are RFC 3339.
    ///
    /// # Errors
    /// The file and what to mend in it; never its content.
    pub fn from_dir(dir: &Path) -> Result<KeyRing, KeyError> {
        let mut loaded = Loader::new();
        // A Secret is replaced by turning the link `..data`: reading below its target never mixes two versions.
        let data = dir.join("..data");
        let dir = if data.is_dir() { fs::canonicalize(&data).map_err(read_error(&data))? } else { dir.to_owned() };
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir).map_err(read_error(&dir))? {
            let path = entry.map_err(read_error(&dir))?.path();
            let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if !hidden && fs::metadata(&path).map_err(read_error(&path))?.is_file() {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let content = loaded.read(&path)?;
            let entry = KeyEntry::of_file(&path, &content)?;
            loaded.keys.push(entry.check(&path)?);
        }
        loaded.ring(&dir)
    }

    /// Reads one YAML file, `keys: [{id, key, not_before?, destroy_after?}]`, with keys as in [`KeyRing::from_dir`].
    ///
    /// # Errors
    /// The file and what to mend in it; never its content.
    pub fn from_file(path: &Path) -> Result<KeyRing, KeyError> {
        let mut loaded = Loader::new();
        let content = loaded.read(path)?;
        let file: KeyListFile = parse_yaml(path, &content)?;
        for entry in file.keys {
            loaded.keys.push(entry.check(path)?);
        }
        loaded.ring(path)
    }

    /// A ring of one key from hex, for examples and tests that must be repeatable.
    ///
    /// # Errors
    /// The seed is not hex or too short, or the id is none.
    pub fn from_seed(id: &str, hex: &str) -> Result<KeyRing, KeyError> {
        let path = Path::new("--seed-key");
        let entry = KeyEntry { id: Some(id.to_owned()), key: Zeroizing::new(hex.to_owned()), ..KeyEntry::default() };
        let mut loaded = Loader::new();
        loaded.hash.update(entry.key.as_bytes());
        loaded.keys.push(entry.check(path)?);
        loaded.ring(path)
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

    /// All keys, by the number of their ids.
    pub fn keys(&self) -> &[RootKey] {
        &self.keys
    }

    /// All ids, by their number.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.iter().map(RootKey::id)
    }

    /// Whether both were loaded from the same content.
    pub fn same_content(&self, other: &KeyRing) -> bool {
        self.digest == other.digest
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

/// The text of a new key file: a fresh key with this id, active from `not_before` (RFC 3339) on, or at once.
///
/// # Errors
/// The id or the time is none, or the operating system gives no entropy.
pub fn new_key_file(id: &str, not_before: Option<&str>) -> Result<Zeroizing<String>, KeyError> {
    let path = Path::new("new key");
    let id = KeyId::parse(id).ok_or_else(|| KeyError::Id { path: path.to_owned() })?;
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str("id: ");
    text.push_str(id.as_str());
    text.push_str("\nkey: \"");
    text.push_str(&new_material()?);
    text.push_str("\"\n");
    if let Some(time) = not_before {
        parse_time(time).ok_or_else(|| KeyError::Time { path: path.to_owned(), id, field: "not_before" })?;
        text.push_str("not_before: \"");
        text.push_str(time);
        text.push_str("\"\n");
    }
    Ok(text)
}

/// Why a key ring cannot be loaded. Names file, key id and the remedy, never what a key file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file or directory cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not text.
    #[error("{}: is not text; write the key as hex, or as base64 after `base64:`", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file is not YAML of the right shape.
    #[error(
        "{}:{line}:{column}: is not a key file; its fields are id, key, not_before, destroy_after \
         (in a file of several keys: a list of these below `keys:`), each once",
        path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Line, from 1; 0 when unknown.
        line: u64,
        /// Column, from 1; 0 when unknown.
        column: u64,
    },
    /// A key has no id, or none of the right form.
    #[error("{}: id: must be `k` and 1 to 4 digits, such as k1 (without the field: the name of the file)", path.display())]
    Id {
        /// The file.
        path: PathBuf,
    },
    /// The material is neither hex nor base64.
    #[error("{}: key of {id}: is neither hex nor `base64:` and base64", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The key.
        id: KeyId,
    },
    /// The key is too short.
    #[error(
        "{}: key of {id}: has {bytes} bytes, fewer than {MIN_KEY_BYTES}; make one with `sluice keys new`",
        path.display()
    )]
    TooShort {
        /// The file.
        path: PathBuf,
        /// The key.
        id: KeyId,
        /// Its length.
        bytes: usize,
    },
    /// A time cannot be read.
    #[error("{}: {field} of {id}: must be a time such as 2026-01-31T00:00:00Z", path.display())]
    Time {
        /// The file.
        path: PathBuf,
        /// The key.
        id: KeyId,
        /// `not_before` or `destroy_after`.
        field: &'static str,
    },
    /// A key is never active.
    #[error("{}: destroy_after of {id}: must be later than its not_before", path.display())]
    Window {
        /// The file.
        path: PathBuf,
        /// The key.
        id: KeyId,
    },
    /// Two keys have one id (`k1` and `k01` count as one).
    #[error("{}: id: {id} is there twice; give each key its own number", path.display())]
    Duplicate {
        /// The file or directory.
        path: PathBuf,
        /// The id.
        id: KeyId,
    },
    /// There is no key at all.
    #[error("{}: holds no key; make one with `sluice keys new`", path.display())]
    Empty {
        /// The file or directory.
        path: PathBuf,
    },
    /// The operating system gives no entropy.
    #[error("the operating system gives no entropy for a new key: {source}")]
    Entropy {
        /// What it says.
        source: getrandom::Error,
    },
}

/// Keys read so far, and the hash of all content.
struct Loader {
    keys: Vec<RootKey>,
    hash: Sha256,
}

impl Loader {
    fn new() -> Loader {
        Loader { keys: Vec::new(), hash: Sha256::new() }
    }

    fn read(&mut self, path: &Path) -> Result<Zeroizing<String>, KeyError> {
        let bytes = Zeroizing::new(fs::read(path).map_err(read_error(path))?);
        let name = path.file_name().map_or(&b""[..], |name| name.as_encoded_bytes());
        for part in [name, &bytes] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotText { path: path.to_owned() })?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn ring(mut self, path: &Path) -> Result<KeyRing, KeyError> {
        if self.keys.is_empty() {
            return Err(KeyError::Empty { path: path.to_owned() });
        }
        self.keys.sort_by_key(|key| key.id.number());
        if let Some(pair) = self.keys.windows(2).find(|pair| pair[0].id.number() == pair[1].id.number()) {
            return Err(KeyError::Duplicate { path: path.to_owned(), id: pair[1].id });
        }
        Ok(KeyRing { keys: self.keys, digest: self.hash.finalize().into() })
    }
}

/// A key as a file says it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: Option<String>,
    #[serde(deserialize_with = "secret")]
    key: Zeroizing<String>,
    not_before: Option<String>,
    destroy_after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyListFile {
    keys: Vec<KeyEntry>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

impl KeyEntry {
    fn of_file(path: &Path, content: &str) -> Result<KeyEntry, KeyError> {
        let word = content.trim();
        let mut entry = if word.contains(char::is_whitespace) {
            parse_yaml(path, content)?
        } else {
            KeyEntry { key: Zeroizing::new(word.to_owned()), ..KeyEntry::default() }
        };
        if entry.id.is_none() {
            entry.id = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
        }
        Ok(entry)
    }

    fn check(self, path: &Path) -> Result<RootKey, KeyError> {
        let path = || path.to_owned();
        let id = self.id.as_deref().and_then(KeyId::parse).ok_or_else(|| KeyError::Id { path: path() })?;
        let material = decode(&self.key).ok_or_else(|| KeyError::Encoding { path: path(), id })?;
        if material.len() < MIN_KEY_BYTES {
            return Err(KeyError::TooShort { path: path(), id, bytes: material.len() });
        }
        let time = |text: Option<String>, field: &'static str| match text {
            None => Ok(None),
            Some(text) => parse_time(&text).map(Some).ok_or_else(|| KeyError::Time { path: path(), id, field }),
        };
        let not_before_ms = time(self.not_before, "not_before")?;
        let destroy_after_ms = time(self.destroy_after, "destroy_after")?;
        if not_before_ms.zip(destroy_after_ms).is_some_and(|(first, last)| first >= last) {
            return Err(KeyError::Window { path: path(), id });
        }
        Ok(RootKey { id, material, not_before_ms, destroy_after_ms })
    }
}

/// What the YAML reader says quotes the file, so only the place of the fault is taken over.
fn parse_yaml<T: for<'de> Deserialize<'de>>(path: &Path, content: &str) -> Result<T, KeyError> {
    serde_saphyr::from_str(content).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        KeyError::Shape { path: path.to_owned(), line, column }
    })
}

fn decode(key: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = match key.trim().strip_prefix("base64:") {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text.trim()).ok(),
        None => hex::decode(key.trim()).ok(),
    };
    bytes.map(Zeroizing::new)
}

fn parse_time(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// 32 random bytes in hex.
fn new_material() -> Result<Zeroizing<String>, KeyError> {
    let mut bytes = Zeroizing::new([0u8; MIN_KEY_BYTES]);
    getrandom::fill(&mut bytes[..]).map_err(|source| KeyError::Entropy { source })?;
    Ok(Zeroizing::new(hex::encode(&bytes[..])))
}

fn read_error(path: &Path) -> impl Fn(io::Error) -> KeyError + '_ {
    move |source| KeyError::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const B: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, content) in files {
            fs::write(dir.path().join(name), content).expect("a file");
        }
        dir
    }

    fn ids(ring: &KeyRing) -> Vec<String> {
        ring.ids().map(|id| id.to_string()).collect()
    }

    #[test]
    fn a_directory_holds_a_key_a_file_bare_or_in_yaml() {
        let base64 = format!("base64:{}", base64::engine::general_purpose::STANDARD.encode([7u8; 40]));
        let dir = dir(&[
            ("k10.key", A),
            ("k2", &format!("{B}\n")),
            ("anything.yaml", &format!("id: k3\nkey: {A}\nnot_before: 2026-01-01T00:00:00Z\n")),
            ("k4.yaml", &format!("# next year's\nkey: {base64}\ndestroy_after: \"2027-01-01T00:00:00+07:00\"\n")),
            ("k5", &base64),
            (".hidden", "not a key"),
        ]);
        fs::create_dir(dir.path().join("k9")).expect("a directory");
        let ring = KeyRing::from_dir(dir.path()).expect("a ring");
        assert_eq!(ids(&ring), ["k2", "k3", "k4", "k5", "k10"]);
        assert_eq!(ring.keys()[0].material(), hex::decode(B).expect("hex"));
        assert_eq!(ring.keys()[1].not_before_ms(), Some(1_767_225_600_000));
        assert_eq!(ring.keys()[2].destroy_after_ms(), Some(1_798_736_400_000));
        assert_eq!(ring.keys()[2].material(), [7; 40]);
    }

    #[test]
    fn a_mounted_secret_is_read_through_its_links() {
        let dir = dir(&[]);
        let version = dir.path().join("..2026_01_01");
        fs::create_dir(&version).expect("a directory");
        fs::write(version.join("k1"), A).expect("a file");
        std::os::unix::fs::symlink("..2026_01_01", dir.path().join("..data")).expect("a link");
        std::os::unix::fs::symlink("..data/k1", dir.path().join("k1")).expect("a link");
        assert_eq!(ids(&KeyRing::from_dir(dir.path()).expect("a ring")), ["k1"]);
    }

    #[test]
    fn one_file_holds_several_keys() {
        let dir = dir(&[("keys.yaml", &format!("keys:\n  - {{id: k2, key: {B}}}\n  - id: k1\n    key: \"{A}\"\n"))]);
        let ring = KeyRing::from_file(&dir.path().join("keys.yaml")).expect("a ring");
        assert_eq!(ids(&ring), ["k1", "k2"]);
        assert_eq!(format!("{ring:?}"), "[RootKey(k1), RootKey(k2)]");
    }

    #[test]
    fn a_key_of_decimal_digits_only_stays_a_text() {
        for key in ["12".repeat(32), format!("{}e5{}", "12".repeat(16), "12".repeat(15)), format!("0x{A}")] {
            let dir = dir(&[("k1", &format!("key: {key}\n"))]);
            let ring = KeyRing::from_dir(dir.path());
            if key.starts_with("0x") {
                assert!(matches!(ring, Err(KeyError::Encoding { .. })));
            } else {
                assert_eq!(ring.expect("a ring").keys()[0].material(), hex::decode(key).expect("hex"));
            }
        }
    }

    #[test]
    fn a_bad_key_file_is_named_with_field_and_remedy_and_never_quoted() {
        type Files<'a> = &'a [(&'a str, &'a str)];
        let table: [(Files, &str, &str); 12] = [
            (&[], "", "holds no key"),
            (&[("k1", "c0ffee")], "k1", "key of k1: has 3 bytes, fewer than 32"),
            (&[("k1", "")], "k1", "key of k1: has 0 bytes"),
            (&[("k1", "geheim")], "k1", "neither hex nor"),
            (&[("k1", "base64:geheim!")], "k1", "neither hex nor"),
            (&[("readme.txt", "geheim")], "readme.txt", "id: must be `k`"),
            (&[("k1", "id: geheim\nkey: 00\n")], "k1", "id: must be `k`"),
            (&[("k1", "id: k1\nkey: [geheim]\n")], "k1:2:", "is not a key file"),
            (&[("k1", "id: k1\ngeheim: geheim\n")], "k1:2:", "is not a key file"),
            (&[("k1", "id: k1\nkey: \"geheim\nx\n")], "k1:", "is not a key file"),
            (&[("k1", &format!("key: {A}\nnot_before: geheim\n"))], "k1", "not_before of k1: must be a time"),
            (
                &[(
                    "k1",
                    &format!("key: {A}\nnot_before: 2026-01-01T00:00:00Z\ndestroy_after: 2025-01-01T00:00:00Z\n"),
                )],
                "k1",
                "destroy_after of k1: must be later",
            ),
        ];
        for (files, place, problem) in table {
            let dir = dir(files);
            let error = KeyRing::from_dir(dir.path()).expect_err(problem);
            let text = format!("{error} {error:?}");
            assert!(error.to_string().contains(place) && text.contains(problem), "{text}");
            assert!(!text.contains("geheim") && !text.contains("c0ffee"), "{text}");
        }
    }

    #[test]
    fn an_id_stands_for_one_key() {
        for (one, two) in [("k1", "k1.yaml"), ("k1", "k01")] {
            let dir = dir(&[(one, A), (two, B)]);
            assert!(matches!(KeyRing::from_dir(dir.path()), Err(KeyError::Duplicate { .. })), "{two}");
        }
        for text in ["", "k", "1", "k12345", "kx", "K1", "k1 ", "k-1"] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
        let dir = dir(&[("k1", "\u{0}")]);
        fs::write(dir.path().join("k1"), [0xff; 32]).expect("a file");
        assert!(matches!(KeyRing::from_dir(dir.path()), Err(KeyError::NotText { .. })));
        assert!(matches!(KeyRing::from_dir(&dir.path().join("none")), Err(KeyError::Read { .. })));
    }

    #[test]
    fn the_active_key_is_the_last_one_whose_window_holds_the_time() {
        let entry = |id: &str, from: Option<&str>, to: Option<&str>| {
            let time = |time: &str| format!("2026-01-{time}T00:00:00Z");
            let entry = KeyEntry {
                id: Some(id.to_owned()),
                key: Zeroizing::new(A.to_owned()),
                not_before: from.map(time),
                destroy_after: to.map(time),
            };
            entry.check(Path::new("test")).expect("a key")
        };
        let ring = |keys: Vec<RootKey>| Loader { keys, hash: Sha256::new() }.ring(Path::new("test")).expect("a ring");
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
    }

    #[test]
    fn a_new_key_file_is_read_back_and_no_two_are_alike() {
        let text = new_key_file("k7", Some("2026-01-01T00:00:00Z")).expect("a file");
        let dir = dir(&[("whatever", text.as_str())]);
        let ring = KeyRing::from_dir(dir.path()).expect("a ring");
        assert_eq!(ids(&ring), ["k7"]);
        assert_eq!(ring.keys()[0].not_before_ms(), Some(1_767_225_600_000));
        assert_ne!(*text, *new_key_file("k7", Some("2026-01-01T00:00:00Z")).expect("a file"));
        assert!(new_key_file("7", None).is_err());
        assert!(new_key_file("k7", Some("tomorrow")).is_err());
        let (one, two) = (KeyRing::throwaway().expect("a ring"), KeyRing::throwaway().expect("a ring"));
        assert_ne!(one.keys()[0].material(), two.keys()[0].material());
    }
}
