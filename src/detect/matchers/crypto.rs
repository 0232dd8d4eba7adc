//! Addresses of cryptocurrencies: Bitcoin and its kin (base58check, bech32 and bech32m), Ethereum, Tron.

use sha2::{Digest, Sha256};

use super::{Input, Match, Matcher};
use crate::record::{Class, Span, Word, any_run};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "crypto_address",
    doc: "Bitcoin and Tron addresses with their check sum, and `0x` with 40 hexadecimal digits",
    wants: |class, digits| class.has(Class::LETTER) && (digits >= 3 || (digits >= 1 && class.has(Class::SPACE))),
    find,
};

/// Shortest and longest address: a Bitcoin address of the first kind, a bech32 address of a script.
const BYTES_MIN: usize = 26;
const BYTES_MAX: usize = 90;

/// Whether a text holds a word as long as an address: asked before short texts are dismissed as ids.
pub(in crate::detect) fn has_long_word(bytes: &[u8], word: Option<Word>) -> bool {
    word.map_or_else(|| next_word(bytes, 0).is_some(), |word| word.has_alphanumerics(BYTES_MIN))
}

/// The first word of [`BYTES_MIN`] bytes and more from `at` on: its start and length.
fn next_word(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    while let Some(window) = bytes.get(at..at + BYTES_MIN) {
        // Before a byte that is none of a word no long word begins; the last such byte of the window says most.
        match window.iter().rposition(|b| !b.is_ascii_alphanumeric()) {
            Some(stop) => at += stop + 1,
            None => return Some((at, bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count())),
        }
    }
    None
}

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    any_run(
        input.marks,
        BYTES_MIN,
        |bits| bits.letters | bits.digits,
        |word| {
            if word.len() <= BYTES_MAX && is_address(&bytes[word.clone()]) {
                let span = Span::new(word.start as u32, word.end as u32);
                out.push(Match { span, value: span });
            }
            false
        },
    );
}

fn is_address(word: &[u8]) -> bool {
    if let Some(prefix) = network_of(word) {
        return is_bech32(word, prefix);
    }
    match word {
        [b'0', b'x' | b'X', hex @ ..] => hex.len() == 40 && hex.iter().all(u8::is_ascii_hexdigit),
        [b'1' | b'3' | b'm' | b'n' | b'2', ..] => base58check(word).is_some_and(|v| matches!(v, 0 | 5 | 111 | 196)),
        // Litecoin, Dogecoin.
        [b'L' | b'M' | b'D', ..] => base58check(word).is_some_and(|v| matches!(v, 48 | 50 | 30)),
        [b'T', ..] => word.len() == 34 && base58check(word) == Some(0x41),
        _ => false,
    }
}

/// The version byte of an address of 25 bytes whose last four are the check sum of the others.
fn base58check(word: &[u8]) -> Option<u8> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if word.len() > 35 {
        return None;
    }
    let mut bytes = [0u8; 25];
    for &b in word {
        let mut carry = ALPHABET.iter().position(|&known| known == b)? as u32;
        for place in bytes.iter_mut().rev() {
            carry += u32::from(*place) * 58;
            *place = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    let (payload, check) = bytes.split_at(21);
    let hash = Sha256::digest(Sha256::digest(payload));
    (hash[..4] == *check).then_some(payload[0])
}

/// Length of the name of a network that a bech32 address begins with, before its `1`.
fn network_of(word: &[u8]) -> Option<usize> {
    const NETWORKS: [&[u8]; 6] = [b"bc", b"tb", b"ltc", b"bnb", b"cosmos", b"osmo"];
    let begins = |name: &&[u8]| {
        word.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            && word.get(name.len()) == Some(&b'1')
    };
    NETWORKS.iter().find(|name| begins(name)).map(|name| name.len())
}

/// BIP 173 and BIP 350: the name of a network, `1`, and characters whose polynomial leaves the constant of either.
fn is_bech32(word: &[u8], prefix: usize) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    if word.iter().any(u8::is_ascii_lowercase) && word.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let mut sum = 1u32;
    let mut step = |value: u32| {
        let top = sum >> 25;
        sum = (sum & 0x1ff_ffff) << 5 ^ value;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    let name = || word[..prefix].iter().map(|b| u32::from(b.to_ascii_lowercase()));
    name().for_each(|b| step(b >> 5));
    step(0);
    name().for_each(|b| step(b & 31));
    for b in &word[prefix + 1..] {
        let Some(value) = ALPHABET.iter().position(|known| *known == b.to_ascii_lowercase()) else { return false };
        step(value as u32);
    }
    sum == 1 || sum == 0x2bc8_30a3
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn check_sums_decide() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "ltc1qaatmar89xj8r68g7zj0n6zq9eygpsl8v7sj0rj",
        ] {
            assert!(is_address(address.as_bytes()), "{address}");
        }
        for other in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
            "0x742d35Cc6634C0532925a3b844Bc454e4438f44",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
            "e029d71348f774e029d71348f774",
        ] {
            assert!(!is_address(other.as_bytes()), "{other}");
        }
    }
}
