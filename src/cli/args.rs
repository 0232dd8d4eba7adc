//! Arguments that several commands share.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::CliError;

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

/// A root key given as hex. Checked when it is used, so that no usage error repeats it.
#[derive(Clone)]
pub struct SeedKey(Zeroizing<String>);

impl SeedKey {
    /// The key's bytes, at least 32.
    pub fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, CliError> {
        match hex::decode(self.0.as_str()).map(Zeroizing::new) {
            Ok(bytes) if bytes.len() >= 32 => Ok(bytes),
            Ok(bytes) => Err(CliError::Usage(format!("--seed-key has {} bytes; it needs at least 32", bytes.len()))),
            Err(_) => Err(CliError::Usage("--seed-key is no hex of whole bytes".to_owned())),
        }
    }
}

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

    fn key(text: &str) -> SeedKey {
        text.parse().expect("infallible")
    }

    #[test]
    fn a_seed_key_is_hex_of_at_least_32_bytes() {
        assert_eq!(key(&"ab".repeat(32)).bytes().expect("long enough").as_slice(), [0xab; 32]);
        let error = |text: &str| key(text).bytes().expect_err(text).to_string();
        assert_eq!(error("abcd"), "--seed-key has 2 bytes; it needs at least 32");
        assert_eq!(error("hunter2"), "--seed-key is no hex of whole bytes");
    }

    #[test]
    fn a_seed_key_is_never_shown() {
        assert_eq!(format!("{:?}", key("c0ffee")), "SeedKey(…)");
    }
}
