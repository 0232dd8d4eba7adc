//! Arguments that several commands share.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::note;
use crate::config::KeySource;
use crate::config::signals::Signals;
use crate::pipeline::clock;
use crate::pseudonymize::{KeyError, KeyRing, StateKey};

/// Which keys make the tokens, in place of those the config names.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
pub struct KeyArgs {
    /// Directory of key files (see `sluice keys`), in place of the config's.
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// A root key of at least 32 bytes as hex. For reproducible examples and tests only: other users of the machine
    /// can read the arguments of a process.
    #[arg(long, value_name = "HEX")]
    pub seed_key: Option<SeedKey>,
}

impl KeyArgs {
    /// The keys that the arguments name, or else those of the config; `None`: neither names any.
    pub fn ring(&self, config: Option<&KeySource>) -> Result<Option<KeyRing>, KeyError> {
        let mut ring = match (&self.seed_key, &self.keys) {
            (Some(SeedKey(hex)), _) => KeyRing::from_seed("k1", hex).map(Some),
            (None, Some(dir)) => KeyRing::from_dir(dir).map(Some),
            (None, None) => config.map(ring_at).transpose(),
        }?;
        if let Some(ring) = &mut ring {
            ring.destroy_due(clock::now_ms());
        }
        Ok(ring)
    }

    /// As [`KeyArgs::ring`]; where neither names any, a key that is gone with the process, which the user is told.
    pub fn ring_or_throwaway(&self, config: Option<&KeySource>) -> Result<KeyRing, KeyError> {
        if let Some(ring) = self.ring(config)? {
            return Ok(ring);
        }
        note("no keys are given: a throw-away key makes the tokens, and no other run makes the same");
        KeyRing::throwaway()
    }
}

impl KeyArgs {
    /// The state key of a config; without one, one made of the seed key, or one that is gone with the process.
    pub fn state_key_or_throwaway(&self, signals: Option<&Signals>) -> Result<StateKey, KeyError> {
        match (signals.and_then(|signals| signals.state_key.as_deref()), &self.seed_key) {
            (Some(path), _) => StateKey::from_file(path),
            (None, Some(SeedKey(hex))) => Ok(StateKey::new(hex.as_bytes())),
            (None, None) => StateKey::throw_away(),
        }
    }
}

/// The keys at a place that a config names.
pub fn ring_at(source: &KeySource) -> Result<KeyRing, KeyError> {
    match source {
        KeySource::Directory(dir) => KeyRing::from_dir(dir),
        KeySource::File(file) => KeyRing::from_file(file),
    }
}

/// A root key given as hex; it becomes the key `k1`. Checked when it is used, so that no usage error repeats it.
#[derive(Clone)]
pub struct SeedKey(Zeroizing<String>);

impl FromStr for SeedKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<SeedKey, Infallible> {
        Ok(SeedKey(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for SeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedKey(…)")
    }
}

/// What the input lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LineFormat {
    /// One JSON value a line.
    Json,
    /// Plain text lines.
    Text,
}

impl From<LineFormat> for crate::config::Format {
    fn from(format: LineFormat) -> Self {
        match format {
            LineFormat::Json => crate::config::Format::Json,
            LineFormat::Text => crate::config::Format::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeded(hex: &str) -> KeyArgs {
        KeyArgs { keys: None, seed_key: Some(hex.parse().expect("infallible")) }
    }

    #[test]
    fn a_seed_key_is_used_before_the_config_and_never_shown() {
        let config = KeySource::File("/no/such/file".into());
        let ring = seeded(&"ab".repeat(32)).ring(Some(&config)).expect("a key").expect("a ring");
        assert_eq!(ring.ids().map(|id| id.to_string()).collect::<Vec<_>>(), ["k1"]);
        for bad in ["abcd", "hunter2"] {
            let error = seeded(bad).ring(None).expect_err(bad).to_string();
            assert!(error.starts_with("--seed-key: key of k1") && !error.contains(bad), "{error}");
            assert!(!format!("{:?}", seeded(bad)).contains(bad));
        }
    }

    #[test]
    fn without_arguments_the_keys_are_those_of_the_config() {
        let none = KeyArgs { keys: None, seed_key: None };
        assert!(none.ring(None).expect("no keys are no error").is_none());
        let config = KeySource::File("/no/such/file".into());
        assert!(none.ring(Some(&config)).is_err());
    }
}
