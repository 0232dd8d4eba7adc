//! From a root key to the key of one kind of token, and from a value to its code.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::ring::RootKey;
use super::token::TokenType;

/// Separates this use of a root key from any other, and this version of the contract from the next.
const INFO: &[u8] = b"pii-tok/v1";

/// Number of bytes of a code that a token carries.
pub const CODE_BYTES: usize = 12;

/// One day of pseudonyms that hold for that day only: its salt is random and gone soon after.
#[derive(Clone)]
pub struct Epoch {
    /// Random bytes, never derived from a root key.
    pub salt: Zeroizing<Vec<u8>>,
    /// UTC day, counted from 1970.
    pub day: u32,
}

impl std::fmt::Debug for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Epoch(day {})", self.day)
    }
}

/// HMAC-SHA256 under the key of one (root key, epoch, tenant, type, scope), its pads already hashed: a code costs one
/// compression for the value (up to 55 bytes) and one for the outer hash.
#[derive(Clone)]
pub struct TokenMac(Hmac<Sha256>);

impl TokenMac {
    /// Derives the key: HKDF-SHA256 with the epoch's salt or 32 zero bytes.
    pub fn derive(root: &RootKey, epoch: Option<&Epoch>, tenant: &str, type_: TokenType, scope: &str) -> TokenMac {
        let salt = epoch.map_or(&[0u8; 32][..], |epoch| &epoch.salt);
        let (tenant_len, type_len, scope_len) = (lp16(tenant), lp16(type_.as_str()), lp16(scope));
        let info = [
            INFO,
            &tenant_len,
            tenant.as_bytes(),
            &type_len,
            type_.as_str().as_bytes(),
            &scope_len,
            scope.as_bytes(),
        ];
        let mut key = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(Some(salt), root.material())
            .expand_multi_info(&info, &mut key[..])
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        TokenMac(Hmac::new_from_slice(&key[..]).expect("HMAC takes a key of any length"))
    }

    /// The code of a value in canonical form.
    pub fn code(&self, canonical: &[u8]) -> [u8; CODE_BYTES] {
        let mac = self.0.clone().chain_update(canonical).finalize().into_bytes();
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&mac[..CODE_BYTES]);
        code
    }
}

/// Length in two bytes, big-endian: no two triples of tenant, type and scope give the same info.
fn lp16(text: &str) -> [u8; 2] {
    u16::try_from(text.len())
        .expect("tenant and scope are shorter than 64 KiB: the config checks it")
        .to_be_bytes()
}
