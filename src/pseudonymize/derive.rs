//! From a root key to the key of one kind of token, and from a value to its code.

use hkdf::Hkdf;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
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

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// Initial state of SHA-256 (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// HMAC-SHA256 (RFC 2104) under the key of one (root key, epoch, tenant, type, scope): the states after the two padded
/// keys. A code costs one compression for a value of up to 55 bytes and one for the outer hash.
///
/// Written here rather than taken from the `hmac` crate because this is the hot path (two thirds of its time, without
/// buffers to copy) and because the states are keys: they are wiped when dropped. Tested against that crate and RFC 4231.
pub struct TokenMac {
    inner: Zeroizing<[u32; 8]>,
    outer: Zeroizing<[u32; 8]>,
}

impl TokenMac {
    /// Derives the key: HKDF-SHA256 with the epoch's salt or 32 zero bytes.
    pub fn derive(root: &RootKey, epoch: Option<&Epoch>, tenant: &str, type_: TokenType, scope: &str) -> TokenMac {
        let salt = epoch.map_or(&[0u8; 32][..], |epoch| &epoch.salt);
        let (tenant_len, type_len, scope_len) = (lp16(tenant), lp16(type_.as_str()), lp16(scope));
        let info =
            [INFO, &tenant_len, tenant.as_bytes(), &type_len, type_.as_str().as_bytes(), &scope_len, scope.as_bytes()];
        let mut key = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(Some(salt), &root.material)
            .expand_multi_info(&info, &mut key[..])
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        TokenMac::new(&key[..])
    }

    /// A key of another use than tokens, told apart by `label`.
    pub(super) fn raw(key: &[u8], label: &[u8]) -> TokenMac {
        let derived = Zeroizing::new(TokenMac::new(key).hash(label));
        TokenMac::new(&derived[..])
    }

    /// The whole hash of a message.
    pub(super) fn hash_of(&self, message: &[u8]) -> [u8; 32] {
        self.hash(message)
    }

    pub(super) fn new(key: &[u8]) -> TokenMac {
        let mut block = Zeroizing::new([0u8; BLOCK]);
        if key.len() <= BLOCK {
            block[..key.len()].copy_from_slice(key);
        } else {
            block[..32].copy_from_slice(&Sha256::digest(key));
        }
        let mut mac = TokenMac { inner: Zeroizing::new(INITIAL), outer: Zeroizing::new(INITIAL) };
        block.iter_mut().for_each(|b| *b ^= 0x36);
        compress256(&mut mac.inner, &[*block]);
        block.iter_mut().for_each(|b| *b ^= 0x36 ^ 0x5c);
        compress256(&mut mac.outer, &[*block]);
        mac
    }

    /// The code of a value in canonical form: the first 12 bytes of its HMAC.
    pub fn code(&self, canonical: &[u8]) -> [u8; CODE_BYTES] {
        let hash = self.hash(canonical);
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&hash[..CODE_BYTES]);
        code
    }

    pub(super) fn hash(&self, message: &[u8]) -> [u8; 32] {
        let (blocks, rest) = message.as_chunks::<BLOCK>();
        let mut tail = [0u8; 2 * BLOCK];
        tail[..rest.len()].copy_from_slice(rest);
        let tail_blocks = finish(&mut tail, rest.len(), BLOCK + message.len());
        let mut inner = *self.inner;
        // A call takes a third of a compression by itself, and most values are short.
        if !blocks.is_empty() {
            compress256(&mut inner, blocks);
        }
        compress256(&mut inner, tail_blocks);

        let mut block = HASH_PADDED;
        block[..32].copy_from_slice(&to_bytes(inner));
        let mut outer = *self.outer;
        compress256(&mut outer, &[block]);
        to_bytes(outer)
    }
}

/// The block of a hash behind the block of a key, all but the hash.
const HASH_PADDED: [u8; BLOCK] = {
    let mut block = [0; BLOCK];
    block[32] = 0x80;
    let bits = (8 * (BLOCK as u64 + 32)).to_be_bytes();
    let mut i = 0;
    while i < bits.len() {
        block[BLOCK - 8 + i] = bits[i];
        i += 1;
    }
    block
};

/// Pads the last `len` bytes of a message of `total` bytes (FIPS 180-4, 5.1.1): a one bit, zeros, its length in bits.
fn finish(tail: &mut [u8; 2 * BLOCK], len: usize, total: usize) -> &[[u8; BLOCK]] {
    tail[len] = 0x80;
    let end = if len < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
    tail[end - 8..end].copy_from_slice(&(total as u64 * 8).to_be_bytes());
    tail[..end].as_chunks().0
}

fn to_bytes(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(state) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// Length in two bytes, big-endian: no two triples of tenant, type and scope give the same info.
fn lp16(text: &str) -> [u8; 2] {
    u16::try_from(text.len()).expect("tenant and scope are shorter than 64 KiB: the config checks it").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Form;
    use crate::pseudonymize::ring::{KeyId, KeyRing};
    use crate::pseudonymize::token::write_token;

    #[derive(serde::Deserialize)]
    struct Rfc4231 {
        hmac_sha256: Vec<(String, String, String)>,
    }

    #[derive(serde::Deserialize)]
    struct Contract {
        root_hex: String,
        vectors: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        group: String,
        #[serde(rename = "type")]
        type_: String,
        tenant: String,
        scope: String,
        epoch_salt: String,
        day: Option<u32>,
        input: String,
        canonical_hex: String,
        token: String,
    }

    #[test]
    fn the_vectors_of_rfc_4231_hold() {
        let rfc: Rfc4231 =
            serde_json::from_str(include_str!("../../tests/vectors/hmac_sha256_rfc4231.json")).expect("vectors");
        assert_eq!(rfc.hmac_sha256.len(), 4);
        for (key, message, expected) in rfc.hmac_sha256 {
            let [key, message, expected] = [key, message, expected].map(|text| hex::decode(text).expect("hex"));
            let mac = TokenMac::new(&key);
            assert_eq!(mac.hash(&message)[..], expected);
            assert_eq!(mac.code(&message), expected[..CODE_BYTES]);
            assert_eq!(mac.code(&message), expected[..CODE_BYTES], "a code leaves no trace in the state");
        }
    }

    #[test]
    fn the_hmac_crate_agrees_for_every_length() {
        use hmac::{Hmac, KeyInit, Mac};
        let bytes: Vec<u8> = (0..=255).collect();
        for key_len in [0, 1, 31, 32, 63, 64, 65, 200] {
            let mac = TokenMac::new(&bytes[..key_len]);
            let reference = Hmac::<Sha256>::new_from_slice(&bytes[..key_len]).expect("a key of any length");
            for len in 0..=bytes.len() {
                let expected = reference.clone().chain_update(&bytes[..len]).finalize().into_bytes();
                assert_eq!(mac.hash(&bytes[..len]), *expected, "key of {key_len}, message of {len}");
            }
        }
    }

    #[test]
    fn the_vectors_of_the_token_contract_hold() {
        let contract: Contract =
            serde_json::from_str(include_str!("../../tests/vectors/tokens.json")).expect("vectors");
        let ring = KeyRing::from_seed("k3", &contract.root_hex).expect("a ring");
        assert_eq!(contract.vectors.len(), 23);
        for vector in contract.vectors {
            let form = match vector.type_.as_str() {
                "em" => Form::Email,
                "emx" => Form::Mailbox,
                "ip" => Form::Ip,
                "ipn" => Form::IpNetwork,
                other => panic!("a vector of a new type {other}"),
            };
            let mut canonical = Vec::new();
            assert!(form.write(&vector.input, &[], &mut canonical), "{}", vector.input);
            assert_eq!(hex::encode(&canonical), vector.canonical_hex, "{} {}", vector.group, vector.input);
            let salt = Zeroizing::new(hex::decode(&vector.epoch_salt).expect("hex"));
            let epoch = vector.day.map(|day| Epoch { salt, day });
            let type_ = TokenType::parse(&vector.type_).expect("a type");
            let mac = TokenMac::derive(&ring.keys()[0], epoch.as_ref(), &vector.tenant, type_, &vector.scope);
            let mut token = Vec::new();
            let kid = KeyId::parse("k3").expect("an id");
            write_token(&mut token, type_, kid, vector.day, &mac.code(&canonical));
            assert_eq!(String::from_utf8(token).expect("ASCII"), vector.token, "{} {}", vector.group, vector.input);
        }
    }

    #[test]
    fn every_part_of_the_derivation_changes_the_code() {
        let ring = |seed: &str| KeyRing::from_seed("k1", seed).expect("a ring");
        let (one, two) = (ring(&"01".repeat(32)), ring(&"02".repeat(32)));
        let epoch = |salt: u8, day| Epoch { salt: Zeroizing::new(vec![salt; 32]), day };
        let (em, emx) = (TokenType::parse("em").expect("a type"), TokenType::parse("emx").expect("a type"));
        let code = |ring: &KeyRing, epoch: Option<&Epoch>, tenant, type_, scope| {
            TokenMac::derive(&ring.keys()[0], epoch, tenant, type_, scope).code(b"john.doe@example.com")
        };
        let codes = [
            code(&one, None, "games", em, "default"),
            code(&two, None, "games", em, "default"),
            code(&one, Some(&epoch(1, 1)), "games", em, "default"),
            code(&one, Some(&epoch(2, 1)), "games", em, "default"),
            code(&one, None, "payments", em, "default"),
            code(&one, None, "games", emx, "default"),
            code(&one, None, "games", em, "other"),
            // The same letters, parted elsewhere.
            code(&one, None, "gamesem", em, "default"),
            code(&one, None, "games", em, "emdefault"),
        ];
        for (i, a) in codes.iter().enumerate() {
            assert!(codes[..i].iter().all(|b| a != b), "{i}");
        }
    }
}
