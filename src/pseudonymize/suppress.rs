//! Pseudonyms whose records are dropped: somebody has objected, or has taken a consent back.
//!
//! The list is a text file with one token a line (as `sluice token` prints them); what follows a `#` is a comment. It
//! names nobody, so it may lie where a list of addresses must not.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};

use super::derive::CODE_BYTES;
use super::key_file::read_text;
use super::ring::KeyId;
use super::token::{TokenType, parse_code};
use crate::canonical::token::{TokenRef, find_all, parse_at};

/// One listed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listed {
    pub(super) type_: TokenType,
    pub(super) kid: KeyId,
    pub(super) day: Option<u32>,
    pub(super) code: [u8; CODE_BYTES],
}

impl Listed {
    fn of(token: &TokenRef<'_>, text: &str) -> Option<Listed> {
        let (type_, kid) = (TokenType::parse(token.type_)?, KeyId::parse(token.kid)?);
        Some(Listed { type_, kid, day: token.day, code: parse_code(&text[token.span.clone()])? })
    }
}

/// The tokens of one version of the list.
#[derive(Default)]
pub struct Suppression {
    listed: HashSet<Listed>,
    types: HashSet<TokenType>,
    kids: HashSet<KeyId>,
}

/// Why a list is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuppressionError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {reason}; an empty file suppresses nothing", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A line is no token.
    #[error("{}:{line}: is no token; write one token a line, as `sluice token` prints them", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl Suppression {
    fn parse(text: &str, path: &Path) -> Result<Suppression, SuppressionError> {
        let mut list = Suppression::default();
        for (line, word) in words(text) {
            let token = parse_at(word, 0).filter(|token| token.span.end == word.len());
            let listed = token.and_then(|token| Listed::of(&token, word));
            let listed = listed.ok_or_else(|| SuppressionError::Line { path: path.to_owned(), line })?;
            list.types.insert(listed.type_);
            list.kids.insert(listed.kid);
            list.listed.insert(listed);
        }
        Ok(list)
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether nothing is suppressed.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(super) fn has_type(&self, type_: TokenType) -> bool {
        self.types.contains(&type_)
    }

    pub(super) fn has_key(&self, kid: KeyId) -> bool {
        self.kids.contains(&kid)
    }

    pub(super) fn lists(&self, token: &Listed) -> bool {
        self.listed.contains(token)
    }

    /// Whether `text` holds a listed token.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        // Bytes that are no text may stand beside one, in a header.
        let text = String::from_utf8_lossy(text);
        find_all(&text).any(|token| Listed::of(&token, &text).is_some_and(|token| self.lists(&token)))
    }
}

/// What stands in the lines of a list, with their numbers, from 1.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let words =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    words.enumerate().map(|(index, word)| (index + 1, word)).filter(|(_, word)| !word.is_empty())
}

/// Numbers of the lines of the list at `path` that no value is held against: those whose type of token `is_type` does not
/// know, and of the others those whose key `is_key` does not. Of a list that is refused none.
pub fn unheard_lines(path: &Path, is_type: impl Fn(&str) -> bool, is_key: impl Fn(&str) -> bool) -> [Vec<usize>; 2] {
    let (mut types, mut keys) = (Vec::new(), Vec::new());
    for (line, word) in words(&read_text(path).unwrap_or_default()) {
        match parse_at(word, 0) {
            Some(token) if !is_type(token.type_) => types.push(line),
            Some(token) if !is_key(token.kid) => keys.push(line),
            _ => {}
        }
    }
    [types, keys]
}

impl std::fmt::Debug for Suppression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Suppression({} tokens)", self.len())
    }
}

/// The list that all workers share, swapped whole while they run.
#[derive(Debug)]
pub struct SharedSuppression {
    path: Option<PathBuf>,
    list: ArcSwap<Suppression>,
    generation: AtomicU64,
    /// Hash of what was read last, taken or refused.
    seen: Mutex<[u8; 32]>,
}

impl SharedSuppression {
    /// A list that is always empty.
    pub fn none() -> SharedSuppression {
        let list = ArcSwap::from_pointee(Suppression::default());
        SharedSuppression { path: None, list, generation: AtomicU64::new(1), seen: Mutex::default() }
    }

    /// The list in a file, which must be there.
    ///
    /// # Errors
    /// It cannot be read, or a line is no token.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<SharedSuppression, SuppressionError> {
        let shared = SharedSuppression { path: Some(path.into()), ..SharedSuppression::none() };
        shared.reload()?;
        Ok(shared)
    }

    /// Reads the file again, and swaps the list when its content has changed (then true).
    ///
    /// # Errors
    /// As [`SharedSuppression::from_file`], once for each content; the list stays as it is.
    pub fn reload(&self) -> Result<bool, SuppressionError> {
        let Some(path) = &self.path else { return Ok(false) };
        let text = read_text(path).map_err(|reason| SuppressionError::Read { path: path.clone(), reason });
        let hash: [u8; 32] = match &text {
            Ok(text) => Sha256::digest(text.as_bytes()).into(),
            Err(error) => Sha256::digest(error.to_string()).into(),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == hash {
            return Ok(false);
        }
        *seen = hash;
        self.list.store(Arc::new(Suppression::parse(&text?, path)?));
        self.generation.fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// The list as it is now.
    pub fn current(&self) -> Arc<Suppression> {
        self.list.load_full()
    }

    /// Number of lists so far.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "em_1k3_mbblbtgppqpsmclbppjmjtbl";
    const DAILY: &str = "ip_1k12d20514_nsgktntmtrphnscncfhmjnpc";

    #[test]
    fn a_list_is_read_and_a_bad_line_is_named_and_not_quoted() {
        let path = Path::new("list");
        let list = Suppression::parse(&format!("# objections\n{ONE} # 2026-01-31\n\n{DAILY}\n"), path).expect("a list");
        assert_eq!(list.len(), 2);
        let marked = Suppression::parse(&format!("\u{feff}{ONE}\n"), path).expect("as some editors begin a file");
        assert_eq!(marked.len(), 1);
        assert!(list.is_in(format!(r#"{{"a":"{ONE}"}}"#).as_bytes()) && list.is_in(DAILY.as_bytes()));
        assert!(!list.is_in(ONE.replace("k3", "k4").as_bytes()) && !list.is_in(b"\xff"));
        assert!(list.is_in(&[b"\xff\xfe", ONE.as_bytes()].concat()), "beside bytes that are no text");
        for bad in ["siti@example.id", "em_1k3_mbblbtgppqpsmclbppjmjtb", &format!("{ONE} {ONE}"), &format!("x{ONE}!")] {
            let error = Suppression::parse(&format!("\n{bad}\n"), path).expect_err(bad).to_string();
            assert!(error.starts_with("list:2: is no token") && !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn a_changed_list_is_taken_over_and_a_bad_one_refused_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("list");
        assert!(SharedSuppression::from_file(&path).is_err(), "a list that is configured must be there");
        std::fs::write(&path, "").expect("a file");
        let shared = SharedSuppression::from_file(&path).expect("a list");
        assert!(shared.current().is_empty() && !shared.reload().expect("no change"));
        std::fs::write(&path, ONE).expect("a file");
        assert!(shared.reload().expect("a change"));
        let generation = shared.generation();
        std::fs::write(&path, "rubbish").expect("a file");
        assert!(shared.reload().is_err() && !shared.reload().expect("told once"));
        assert_eq!((shared.current().len(), shared.generation()), (1, generation), "the old list stays");
        std::fs::write(&path, format!("{ONE}\n{DAILY}")).expect("a file");
        assert!(shared.reload().expect("a change"));
        assert_eq!(shared.current().len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_file_holds_it_is_a_list_or_refused(text in "(\\PC{0,20}|em_1k3_[b-t]{24}|#|\n){0,8}") {
            let _ = Suppression::parse(&text, Path::new("list"));
        }
    }
}
