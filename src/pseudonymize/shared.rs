//! The key ring that all workers share, swapped whole while they run.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};

use super::error::KeyError;
use super::key_file::Files;
use super::ring::KeyRing;

/// A key ring and the place it comes from. Readers take a whole ring without a lock; a reload swaps it at once.
#[derive(Debug)]
pub struct SharedRing {
    source: Source,
    ring: ArcSwap<KeyRing>,
    generation: AtomicU64,
    /// Hash of the content that was refused last, or of why it could not be read. Held while reloading.
    refused: Mutex<Option<[u8; 32]>>,
}

#[derive(Debug)]
enum Source {
    Directory(PathBuf),
    File(PathBuf),
    Fixed,
}

impl SharedRing {
    /// The ring of a directory, see [`KeyRing::from_dir`].
    ///
    /// # Errors
    /// As [`KeyRing::from_dir`].
    pub fn from_dir(dir: impl Into<PathBuf>) -> Result<SharedRing, KeyError> {
        let dir = dir.into();
        Ok(SharedRing::new(KeyRing::from_dir(&dir)?, Source::Directory(dir)))
    }

    /// The ring of one file, see [`KeyRing::from_file`].
    ///
    /// # Errors
    /// As [`KeyRing::from_file`].
    pub fn from_file(path: impl Into<PathBuf>) -> Result<SharedRing, KeyError> {
        let path = path.into();
        Ok(SharedRing::new(KeyRing::from_file(&path)?, Source::File(path)))
    }

    /// A ring that never changes: a seed's, or a throw-away one.
    pub fn fixed(ring: KeyRing) -> SharedRing {
        SharedRing::new(ring, Source::Fixed)
    }

    fn new(ring: KeyRing, source: Source) -> SharedRing {
        let ring = ArcSwap::from_pointee(ring);
        SharedRing { source, ring, generation: AtomicU64::new(1), refused: Mutex::default() }
    }

    /// The ring as it is now.
    pub fn current(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// Number of rings so far. Once a reader has seen it, [`SharedRing::current`] is that ring or a newer one.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Reads the source again, and swaps the ring when its content has changed, or when a key must be destroyed by now
    /// (then true).
    ///
    /// # Errors
    /// As the source's own, once for each content; the ring stays as it is.
    pub fn reload(&self, now_ms: i64) -> Result<bool, KeyError> {
        let files = match &self.source {
            Source::Directory(dir) => Files::of_dir(dir),
            Source::File(path) => Files::of_list(path),
            Source::Fixed => return Ok(false),
        };
        // A panic of another reload leaves nothing half done: the swap is one step.
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = match &files {
            Ok(files) => files.digest(),
            Err(error) => Sha256::digest(error.to_string()).into(),
        };
        let current = self.ring.load();
        if current.digest() == digest && !current.has_due(now_ms) {
            *refused = None;
            return Ok(false);
        }
        if *refused == Some(digest) {
            return Ok(false);
        }
        *refused = Some(digest);
        let (Source::Directory(path) | Source::File(path)) = &self.source else { return Ok(false) };
        let mut ring = KeyRing::new(files?.parse()?, path)?;
        *refused = None;
        ring.destroy_due(now_ms);
        self.ring.store(Arc::new(ring));
        self.generation.fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// Whether the source held at the last look what was refused.
    pub fn is_refused(&self) -> bool {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    /// Ring number `n`: its keys are `k<n>` and `k<n + 1000>`, both made of `n`, the second a byte longer.
    fn write_ring(path: &Path, n: u16) {
        let key = hex::encode([(n % 251) as u8; 32]);
        let longer = format!("{key}{}", &key[..2]);
        let list = format!("keys:\n  - {{id: k{n}, key: \"{key}\"}}\n  - {{id: k{}, key: \"{longer}\"}}\n", n + 1000);
        fs::write(path, list).expect("a file");
    }

    #[test]
    fn a_ring_is_swapped_when_its_content_changed_and_kept_on_error() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("keys.yaml");
        write_ring(&path, 1);
        let shared = SharedRing::from_file(&path).expect("a ring");
        let first = shared.generation();
        assert!(!shared.reload(0).expect("no change"));
        assert_eq!(shared.generation(), first);

        write_ring(&path, 2);
        assert!(shared.reload(0).expect("a change"));
        assert!(shared.generation() > first);
        assert_eq!(shared.current().ids().next().map(|id| id.to_string()).as_deref(), Some("k2"));

        let second = shared.generation();
        fs::write(&path, "keys: []").expect("a file");
        assert!(matches!(shared.reload(0), Err(KeyError::Empty { .. })));
        assert!(!shared.reload(0).expect("the same fault is told once"));
        fs::remove_file(&path).expect("a file");
        assert!(matches!(shared.reload(0), Err(KeyError::Read { .. })));
        assert!(!shared.reload(0).expect("the same fault is told once"));
        assert_eq!(shared.generation(), second);
        assert_eq!(shared.current().ids().count(), 2);
        write_ring(&path, 2);
        assert!(!shared.reload(0).expect("back to what is there already"));
        fs::write(&path, "keys: []").expect("a file");
        assert!(shared.reload(0).is_err(), "the fault is back");
        assert!(!SharedRing::fixed(KeyRing::throwaway().expect("a ring")).reload(0).expect("never changes"));
    }

    #[test]
    fn a_reader_sees_only_whole_rings_and_never_an_older_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("keys.yaml");
        write_ring(&path, 0);
        let shared = SharedRing::from_file(&path).expect("a ring");
        let (first, done) = (shared.generation(), AtomicBool::new(false));
        let read = || {
            let (mut last, mut rings) = (0, 0u64);
            loop {
                let stop = done.load(Ordering::Acquire);
                let generation = shared.generation();
                let ring = shared.current();
                let numbers: Vec<u16> = ring.ids().map(|id| id.number()).collect();
                assert_eq!(numbers, [numbers[0], numbers[0] + 1000]);
                assert!(ring.keys().iter().all(|key| key.material.iter().all(|&b| b == (numbers[0] % 251) as u8)));
                assert!(numbers[0] >= last && u64::from(numbers[0]) >= generation - first, "an older ring");
                rings += u64::from(numbers[0] != last);
                last = numbers[0];
                if stop {
                    return (last, rings);
                }
            }
        };
        std::thread::scope(|scope| {
            let readers = [scope.spawn(read), scope.spawn(read)];
            for n in 1..=300 {
                write_ring(&path, n);
                assert!(shared.reload(0).expect("a ring"));
            }
            done.store(true, Ordering::Release);
            for reader in readers {
                let (last, rings) = reader.join().expect("no reader fails");
                assert_eq!(last, 300);
                assert!(rings >= 1);
            }
        });
    }
}
