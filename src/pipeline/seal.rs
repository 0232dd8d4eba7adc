//! Seals to the recipients of the config, with random numbers of the operating system.

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
