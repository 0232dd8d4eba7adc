//! Numbers with check sums, by their own arithmetic: Luhn (ISO/IEC 7812-1), mod 97 (ISO 13616), base58check and bech32
//! (BIP 13, BIP 173).

use fastrand::Rng;
use sha2::{Digest, Sha256};

/// `n` random digits.
pub fn digits(random: &mut Rng, n: usize) -> String {
    (0..n).map(|_| random.digit(10)).collect()
}

/// The digits with Luhn's check digit behind them.
pub fn luhn(body: &str) -> String {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, b)| {
            let digit = u32::from(b - b'0');
            if at % 2 == 1 {
                return digit;
            }
            let twice = 2 * digit;
            twice / 10 + twice % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Whether Luhn's check digit holds.
pub fn is_luhn(number: &str) -> bool {
    luhn(&number[..number.len() - 1]) == number
}

/// Countries, with the shape of their account numbers: `n` a digit, `a` a letter (ISO 13616 registry).
const IBANS: [(&str, &str); 12] = [
    ("DK", "nnnnnnnnnnnnnn"),
    ("GB", "aaaannnnnnnnnnnnnn"),
    ("DE", "nnnnnnnnnnnnnnnnnn"),
    ("NO", "nnnnnnnnnnn"),
    ("SE", "nnnnnnnnnnnnnnnnnnnn"),
    ("NL", "aaaannnnnnnnnn"),
    ("FI", "nnnnnnnnnnnnnn"),
    ("ES", "nnnnnnnnnnnnnnnnnnnn"),
    ("PL", "nnnnnnnnnnnnnnnnnnnnnnnn"),
    ("BE", "nnnnnnnnnnnn"),
    ("AT", "nnnnnnnnnnnnnnnn"),
    ("IT", "annnnnnnnnnnnnnnnnnnnnn"),
];

/// An IBAN without spaces.
pub fn iban(random: &mut Rng) -> String {
    let (country, shape) = random.choice(IBANS).unwrap();
    let account: String = shape.chars().map(|c| if c == 'n' { random.digit(10) } else { random.uppercase() }).collect();
    let moved = format!("{account}{country}00");
    let remainder = moved.chars().fold(0u32, |sum, c| {
        let value = c.to_digit(36).unwrap();
        (if value > 9 { sum * 100 } else { sum * 10 } + value) % 97
    });
    format!("{country}{:02}{account}", 98 - remainder)
}

/// A Bitcoin address of the old kind: base58 with a double SHA-256.
pub fn base58check(random: &mut Rng) -> String {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = vec![0u8];
    bytes.extend((0..20).map(|_| random.u8(1..)));
    let check = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&check[..4]);
    let mut digits: Vec<u32> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let tail: String = digits.iter().rev().map(|&digit| char::from(ALPHABET[digit as usize])).collect();
    format!("1{tail}")
}

/// A Bitcoin address of the new kind: bech32, version 0, 20 bytes.
pub fn bech32(random: &mut Rng) -> String {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mut data: Vec<u8> = vec![0];
    data.extend((0..32).map(|_| random.u8(..32)));
    let mut values = vec![3, 3, 0, 2, 3]; // "bc", expanded
    values.extend(&data);
    values.extend([0; 6]);
    let check = polymod(&values) ^ 1;
    data.extend((0..6).map(|at| (check >> (5 * (5 - at)) & 31) as u8));
    let text: String = data.iter().map(|&value| char::from(ALPHABET[usize::from(value)])).collect();
    format!("bc1{text}")
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |sum, &value| {
        let top = sum >> 25;
        let sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR.iter().enumerate().filter(|(at, _)| top >> at & 1 == 1).fold(sum, |sum, (_, g)| sum ^ g)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_pass() {
        assert_eq!(luhn("411111111111111"), "4111111111111111");
        assert!(is_luhn("378282246310005") && !is_luhn("378282246310006"));
        assert_eq!(polymod(&[3, 3, 0, 2, 3, 0]) & 31, polymod(&[3, 3, 0, 2, 3, 0]) % 32);
        let mut random = Rng::with_seed(7);
        assert!(base58check(&mut random).len() >= 26 && bech32(&mut random).len() == 42);
    }
}
