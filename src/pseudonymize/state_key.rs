//! The state key: what account states and signal ids are keyed with. Its own file, outside of rotation, never published:
//! who has the pseudonyms and the signals still cannot tell which state belongs to whom.

use std::hash::Hasher;
use std::path::Path;

use siphasher::sip::SipHasher24;
use zeroize::Zeroizing;

use super::derive::TokenMac;
use super::error::KeyError;
use super::key_file::refuse_writable;
use super::ring::MIN_KEY_BYTES;
use crate::canonical::token::ALPHABET;

/// Keys derived from the one in the file: for accounts, for signal ids, and for fingerprints of identifiers.
pub struct StateKey {
    accounts: TokenMac,
    signals: TokenMac,
    prints: Zeroizing<[u8; 16]>,
}

impl StateKey {
    /// The key in a file: 64 hex digits or more, white space around it.
    ///
    /// # Errors
    /// The file cannot be read, or holds no key.
    pub fn from_file(path: &Path) -> Result<StateKey, KeyError> {
        refuse_writable(path)?;
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| KeyError::state(path, format!("cannot read: {error}")))?;
        let bytes = hex::decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyError::state(path, "holds no hex digits; write 64, of random bytes"))?;
        if bytes.len() < MIN_KEY_BYTES {
            return Err(KeyError::state(path, format!("is too short: {MIN_KEY_BYTES} bytes at least, in hex")));
        }
        Ok(StateKey::new(&bytes))
    }

    /// A random key that nobody can have again.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn throw_away() -> Result<StateKey, KeyError> {
        let mut bytes = Zeroizing::new([0u8; MIN_KEY_BYTES]);
        getrandom::fill(&mut bytes[..]).map_err(|error| KeyError::state(Path::new("-"), error.to_string()))?;
        Ok(StateKey::new(&bytes[..]))
    }

    /// A key of these bytes.
    pub fn new(bytes: &[u8]) -> StateKey {
        let mut prints = Zeroizing::new([0u8; 16]);
        prints.copy_from_slice(&TokenMac::raw(bytes, b"sluice-state/v1 prints").hash_of(b"")[..16]);
        StateKey {
            accounts: TokenMac::raw(bytes, b"sluice-state/v1 accounts"),
            signals: TokenMac::raw(bytes, b"sluice-state/v1 signals"),
            prints,
        }
    }

    /// Tells keys apart, and nothing of them.
    pub fn fingerprint(&self) -> u64 {
        let hash = self.signals.hash_of(b"fingerprint");
        hash.iter().take(8).fold(0, |print, &byte| print << 8 | u64::from(byte))
    }

    /// The key of an account's state: 16 bytes of an HMAC.
    pub fn account(&self, account: &[u8]) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&self.accounts.hash_of(account)[..16]);
        id
    }

    /// Fingerprint of an identifier of a domain (device, payee …); never 0. SipHash-2-4: a keyed pseudo-random function.
    pub fn print(&self, domain: u8, value: &[u8]) -> u32 {
        self.print_of_parts(domain, [value])
    }

    /// [`StateKey::print`] of what the parts are together, which needs not be put together for that.
    pub fn print_of_parts<'p>(&self, domain: u8, parts: impl IntoIterator<Item = &'p [u8]>) -> u32 {
        let mut hasher = SipHasher24::new_with_key(&self.prints);
        hasher.write_u8(domain);
        parts.into_iter().for_each(|part| hasher.write(part));
        (hasher.finish() as u32).max(1)
    }

    /// `sg_` and 24 letters for the parts of a signal's identity.
    pub fn signal_id(&self, parts: &[&[u8]]) -> String {
        let mut message = Vec::new();
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        let mut id = "sg_".to_owned();
        for byte in &self.signals.hash_of(&message)[..12] {
            id.push(char::from(ALPHABET[usize::from(byte >> 4)]));
            id.push(char::from(ALPHABET[usize::from(byte & 15)]));
        }
        id
    }
}

impl std::fmt::Debug for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_file_or_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state-key");
        for (text, good) in [("ab".repeat(32), true), (" ".to_owned() + &"CD".repeat(40) + "\n", true)] {
            std::fs::write(&path, text).expect("written");
            assert_eq!(StateKey::from_file(&path).is_ok(), good);
        }
        for text in ["", "xyz", "abcd"] {
            std::fs::write(&path, text).expect("written");
            let error = StateKey::from_file(&path).expect_err("no key").to_string();
            assert!(error.contains("state-key") && !error.contains("abcd"), "{error}");
        }
    }

    #[test]
    fn keys_and_uses_are_apart() {
        let (a, b) = (StateKey::new(&[1; 32]), StateKey::new(&[2; 32]));
        assert_eq!(a.account(b"u1"), StateKey::new(&[1; 32]).account(b"u1"));
        assert_ne!(a.account(b"u1"), b.account(b"u1"));
        assert_ne!(a.print(1, b"x"), a.print(2, b"x"));
        assert_eq!(a.print(1, b"idr/main wallet"), a.print_of_parts(1, [&b"idr"[..], b"/", b"", b"main wallet"]));
        assert_ne!(a.signal_id(&[b"ab", b"c"]), a.signal_id(&[b"a", b"bc"]));
        let id = a.signal_id(&[b"x"]);
        assert!(id.len() == 27 && id.starts_with("sg_"), "{id}");
        assert_eq!(format!("{a:?}"), "StateKey(…)");
    }
}
