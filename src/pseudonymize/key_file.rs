//! Key files: how root keys are written, read and made.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::ring::{KeyId, MIN_KEY_BYTES, RootKey};
use crate::place::looked_in;

/// The text of a new key file: a fresh key with this id, active from `not_before` (RFC 3339) on, or at once; until
/// `dual_until` the token of the key before stands beside its own.
///
/// # Errors
/// The id or the time is none, or the operating system gives no entropy.
pub fn new_key_file(
    id: &str,
    not_before: Option<&str>,
    dual_until: Option<&str>,
) -> Result<Zeroizing<String>, KeyError> {
    let path = Path::new("new key");
    let id = KeyId::parse(id).ok_or_else(|| KeyError::Id { path: path.to_owned() })?;
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str("id: ");
    text.push_str(id.as_str());
    text.push_str("\nkey: \"");
    text.push_str(&new_material()?);
    text.push_str("\"\n");
    for (field, time) in [("not_before", not_before), ("dual_until", dual_until)] {
        let Some(time) = time else { continue };
        parse_time(time).ok_or_else(|| KeyError::Time { path: path.to_owned(), id, field })?;
        for part in [field, ": \"", time, "\"\n"] {
            text.push_str(part);
        }
    }
    Ok(text)
}

/// Keys, and the hash of what they were read from.
pub(super) struct Loaded {
    pub(super) keys: Vec<RootKey>,
    pub(super) digest: [u8; 32],
}

impl Loaded {
    /// One key from the command line, called `path` in errors.
    pub(super) fn from_seed(id: &str, key: &str, path: &Path) -> Result<Loaded, KeyError> {
        let entry = KeyEntry { id: Some(id.to_owned()), key: Zeroizing::new(key.to_owned()), ..KeyEntry::default() };
        let digest = Sha256::digest(entry.key.as_bytes()).into();
        Ok(Loaded { keys: vec![entry.check(path)?], digest })
    }
}

/// What stands in the key files, not yet looked at.
pub(super) struct Files {
    files: Vec<(PathBuf, Zeroizing<Vec<u8>>)>,
    /// Whether it is one file of several keys.
    list: bool,
    hash: Sha256,
}

impl Files {
    /// Reads every key file of a directory.
    pub(super) fn of_dir(dir: &Path) -> Result<Files, KeyError> {
        let mut all = Files { files: Vec::new(), list: false, hash: Sha256::new() };
        for path in files_of(dir)? {
            all.read(path)?;
        }
        Ok(all)
    }

    /// Reads a file of several keys.
    pub(super) fn of_list(path: &Path) -> Result<Files, KeyError> {
        let mut all = Files { files: Vec::new(), list: true, hash: Sha256::new() };
        all.read(path.to_owned())?;
        Ok(all)
    }

    /// Hash of names and contents: two readings of the same files are equal.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// The keys in them.
    pub(super) fn parse(&self) -> Result<Loaded, KeyError> {
        let mut keys = Vec::new();
        for (path, bytes) in &self.files {
            let content = std::str::from_utf8(bytes).map_err(|_| KeyError::NotText { path: path.clone() })?;
            if self.list {
                let file: KeyListFile = parse_yaml(path, content)?;
                for entry in file.keys {
                    keys.push(entry.check(path)?);
                }
            } else {
                keys.push(KeyEntry::of_file(path, content)?.check(path)?);
            }
        }
        Ok(Loaded { keys, digest: self.digest() })
    }

    fn read(&mut self, path: PathBuf) -> Result<(), KeyError> {
        refuse_writable(&path)?;
        let bytes = Zeroizing::new(fs::read(&path).map_err(read_error(&path))?);
        let name = path.file_name().map_or(&b""[..], |name| name.as_encoded_bytes());
        for part in [name, &bytes] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
        self.files.push((path, bytes));
        Ok(())
    }
}

/// A file of text, such as a list of pseudonyms.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{error}{}", looked_in(path, &error)))
}

/// Refuses a key file that everybody may write.
pub(super) fn refuse_writable(path: &Path) -> Result<(), KeyError> {
    match fs::metadata(path).map_err(read_error(path))?.mode() & 0o002 {
        0 => Ok(()),
        _ => Err(KeyError::Writable { path: path.to_owned() }),
    }
}

/// Of a key file, or of those in a directory, the ones that everybody may read. They are taken, since that is how
/// Kubernetes mounts a Secret unless it is told otherwise; somebody should know.
pub fn readable_by_all(path: &Path) -> Vec<PathBuf> {
    let files = if path.is_dir() { files_of(path).unwrap_or_default() } else { vec![path.to_owned()] };
    let is_open = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.mode() & 0o004 != 0);
    files.into_iter().filter(is_open).collect()
}

/// The key files of a directory, by name.
fn files_of(dir: &Path) -> Result<Vec<PathBuf>, KeyError> {
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
    Ok(files)
}

/// A key as a file says it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(super) key: Zeroizing<String>,
    pub(super) not_before: Option<String>,
    pub(super) dual_until: Option<String>,
    pub(super) destroy_after: Option<String>,
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

    pub(super) fn check(self, path: &Path) -> Result<RootKey, KeyError> {
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
        let dual_until_ms = time(self.dual_until, "dual_until")?;
        if dual_until_ms.is_some_and(|end| not_before_ms.is_none_or(|first| end <= first)) {
            return Err(KeyError::Dual { path: path(), id });
        }
        if not_before_ms.zip(destroy_after_ms).is_some_and(|(first, last)| first >= last) {
            return Err(KeyError::Window { path: path(), id });
        }
        Ok(RootKey { id, material, not_before_ms, destroy_after_ms, dual_until_ms })
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
pub(super) fn new_material() -> Result<Zeroizing<String>, KeyError> {
    let mut bytes = Zeroizing::new([0u8; MIN_KEY_BYTES]);
    getrandom::fill(&mut bytes[..]).map_err(|source| KeyError::Entropy { source })?;
    Ok(Zeroizing::new(hex::encode(&bytes[..])))
}

/// Fills `bytes` with random numbers of the operating system; false: it has none.
pub fn fill_random(bytes: &mut [u8]) -> bool {
    getrandom::fill(bytes).is_ok()
}

fn read_error(path: &Path) -> impl Fn(io::Error) -> KeyError + '_ {
    move |source| KeyError::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonymize::ring::KeyRing;

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
            ("k10.key", &"cd".repeat(32)),
            ("k2", &format!("{B}\n")),
            ("anything.yaml", &format!("id: k3\nkey: {A}\nnot_before: 2026-01-01T00:00:00Z\n")),
            ("k4.yaml", &format!("# next year's\nkey: {base64}\ndestroy_after: \"2027-01-01T00:00:00+07:00\"\n")),
            ("k5", &format!("base64:{}", base64::engine::general_purpose::STANDARD.encode([8u8; 40]))),
            (".hidden", "not a key"),
        ]);
        fs::create_dir(dir.path().join("k9")).expect("a directory");
        let ring = KeyRing::from_dir(dir.path()).expect("a ring");
        assert_eq!(ids(&ring), ["k2", "k3", "k4", "k5", "k10"]);
        assert_eq!(ring.keys()[0].material[..], hex::decode(B).expect("hex")[..]);
        assert_eq!(ring.keys()[1].not_before_ms(), Some(1_767_225_600_000));
        assert_eq!(ring.keys()[2].destroy_after_ms(), Some(1_798_736_400_000));
        assert_eq!(ring.keys()[2].material[..], [7; 40]);
    }

    #[test]
    fn a_mounted_secret_is_read_through_its_links() {
        let dir = dir(&[]);
        let version = dir.path().join("..2026_01_01");
        fs::create_dir(&version).expect("a directory");
        fs::write(version.join("k1"), A).expect("a file");
        fs::write(version.join("k2"), B).expect("a file");
        std::os::unix::fs::symlink("..2026_01_01", dir.path().join("..data")).expect("a link");
        std::os::unix::fs::symlink("..data/k1", dir.path().join("k1")).expect("a link");
        // The link of k2 is not there yet: what counts is the version as a whole.
        assert_eq!(ids(&KeyRing::from_dir(dir.path()).expect("a ring")), ["k1", "k2"]);
    }

    #[test]
    fn a_key_file_that_everybody_may_write_is_refused_and_one_that_everybody_may_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let dir = dir(&[("k1", A), ("k2", B)]);
        let mode = |name: &str, mode| {
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).expect("a mode");
        };
        mode("k1", 0o600);
        mode("k2", 0o644);
        assert_eq!(readable_by_all(dir.path()), [dir.path().join("k2")]);
        assert!(readable_by_all(&dir.path().join("k1")).is_empty());
        KeyRing::from_dir(dir.path()).expect("a ring");
        mode("k2", 0o602);
        let error = KeyRing::from_dir(dir.path()).expect_err("anybody's").to_string();
        assert!(error.contains("k2: everybody may write it: `chmod 600` it"), "{error}");
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
                assert_eq!(ring.expect("a ring").keys()[0].material[..], hex::decode(key).expect("hex"));
            }
        }
    }

    #[test]
    fn a_bad_key_file_is_named_with_field_and_remedy_and_never_quoted() {
        type Named<'a> = &'a [(&'a str, &'a str)];
        let table: [(Named, &str, &str); 13] = [
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
            (
                &[("k1", &format!("key: {A}\ndual_until: 2026-01-01T00:00:00Z\n"))],
                "k1",
                "dual_until of k1: must be later",
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
    fn a_new_key_file_is_read_back_and_no_two_are_alike() {
        let text = new_key_file("k7", Some("2026-01-01T00:00:00Z"), None).expect("a file");
        let dir = dir(&[("whatever", text.as_str())]);
        let ring = KeyRing::from_dir(dir.path()).expect("a ring");
        assert_eq!(ids(&ring), ["k7"]);
        assert_eq!(ring.keys()[0].not_before_ms(), Some(1_767_225_600_000));
        assert_ne!(*text, *new_key_file("k7", Some("2026-01-01T00:00:00Z"), None).expect("a file"));
        assert!(new_key_file("7", None, None).is_err());
        assert!(new_key_file("k7", Some("tomorrow"), None).is_err());
        let (one, two) = (KeyRing::throwaway().expect("a ring"), KeyRing::throwaway().expect("a ring"));
        assert_ne!(one.keys()[0].material[..], two.keys()[0].material[..]);
    }
}
