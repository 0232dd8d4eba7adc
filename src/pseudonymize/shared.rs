//! The key ring that all workers share, swapped whole while they run.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::ring::{KeyError, KeyRing};

/// A key ring and the place it comes from. Readers take a whole ring without a lock; a reload swaps it at once.
#[derive(Debug)]
pub struct SharedRing {
    source: Source,
    ring: ArcSwap<KeyRing>,
    generation: AtomicU64,
    reloading: Mutex<()>,
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
        SharedRing {
            source,
            ring,
            generation: AtomicU64::new(1),
            reloading: Mutex::new(()),
        }
    }

    /// The ring as it is now.
    pub fn current(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// Number of rings so far. Once a reader has seen it, [`SharedRing::current`] is that ring or a newer one.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Reads the source again, and swaps the ring when its content has changed (then true).
    ///
    /// # Errors
    /// As the source's own; the ring stays as it is.
    pub fn reload(&self) -> Result<bool, KeyError> {
        // A panic of another reload leaves nothing half done: the swap is one step.
        let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = match &self.source {
            Source::Directory(dir) => KeyRing::from_dir(dir)?,
            Source::File(path) => KeyRing::from_file(path)?,
            Source::Fixed => return Ok(false),
        };
        if ring.same_content(&self.ring.load()) {
            return Ok(false);
        }
        self.ring.store(Arc::new(ring));
        self.generation.fetch_add(1, Ordering::Release);
        Ok(true)
    }
}
