//! Seals to the recipients of the config, with random numbers of the operating system.

use crate::canonical::sealed;
use crate::pseudonymize::Seal;
use crate::pseudonymize::age::{self, Recipient};

/// A sealer for these recipients.
pub struct Sealer(Vec<Recipient>);

impl Sealer {
    /// A sealer to all of `recipients`.
    pub fn new(recipients: Vec<Recipient>) -> Sealer {
        Sealer(recipients)
    }
}

impl Seal for Sealer {
    fn seal(&self, plain: &[u8]) -> Option<Vec<u8>> {
        age::seal(&self.0, plain, &mut crate::pseudonymize::fill_random)
    }
}

/// The bytes without what is sealed in them, of which two are never the same.
pub fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let (mut out, mut from) = (String::new(), 0);
    for value in sealed::find_all(&text) {
        out += &text[from..value.start];
        from = value.end;
    }
    out += &text[from..];
    out.into_bytes()
}
