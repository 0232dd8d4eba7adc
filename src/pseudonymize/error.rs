//! What can be wrong with keys.

use std::io;
use std::path::PathBuf;

use super::ring::{KeyId, MIN_KEY_BYTES};
use crate::place::looked_in;

/// Why a key ring cannot be loaded. Names file, key id and the remedy, never what a key file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file or directory cannot be read.
    #[error("{}: cannot be read: {source}{}", path.display(), looked_in(path, source))]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Everybody may write the file: its key may be anybody's.
    #[error("{}: everybody may write it: `chmod 600` it, or mount its Secret with `defaultMode: 0440`", path.display())]
    Writable {
        /// The file.
        path: PathBuf,
    },
    /// The file is not text.
    #[error("{}: is not text; write the key as hex, or as base64 after `base64:`", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file is not YAML of the right shape.
    #[error(
        "{}:{line}:{column}: is not a key file; its fields are id, key, not_before, dual_until, destroy_after \
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
        /// `not_before`, `dual_until` or `destroy_after`.
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
    /// The time of two keys ends before it begins.
    #[error("{}: dual_until of {id}: must be later than its not_before, which it needs", path.display())]
    Dual {
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
    /// Two keys are one: a rotation from one to the other rotates nothing.
    #[error(
        "{}: key of {id}: is that of {other} again, so a rotation changes nothing; make another with `sluice keys rotate`",
        path.display()
    )]
    Same {
        /// The file or directory.
        path: PathBuf,
        /// The later key.
        id: KeyId,
        /// The earlier key.
        other: KeyId,
    },
    /// There is no key at all.
    #[error("{}: holds no key; make one with `sluice keys new`", path.display())]
    Empty {
        /// The file or directory.
        path: PathBuf,
    },
    /// The state key cannot be used.
    #[error("{}: {message}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the fix.
        message: String,
    },
    /// The operating system gives no entropy.
    #[error("the operating system gives no entropy for a new key: {source}")]
    Entropy {
        /// What it says.
        source: getrandom::Error,
    },
}

impl KeyError {
    pub(super) fn state(path: &std::path::Path, message: impl Into<String>) -> KeyError {
        KeyError::State { path: path.to_owned(), message: message.into() }
    }
}
