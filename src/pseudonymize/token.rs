//! How a token is written. Its grammar, for reading, is [`crate::canonical::token`].

use std::fmt;
use std::io::Write as _;

use super::derive::CODE_BYTES;
use super::ring::KeyId;
use crate::canonical::token::{ALPHABET, LETTERS};

/// What kind of value a token stands for: two to four lower-case letters, such as `em`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenType {
    bytes: [u8; 4],
    len: u8,
}

impl TokenType {
    /// The type that `text` is.
    pub fn parse(text: &str) -> Option<TokenType> {
        if !(2..=4).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let mut bytes = [0; 4];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(TokenType { bytes, len: text.len() as u8 })
    }

    /// The type as it is written: `em`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("ASCII letters")
    }
}

impl fmt::Debug for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bytes of the longest token, and a few more.
const TOKEN_BYTES_MAX: usize = 48;

/// The two letters of each byte.
static LETTERS_OF: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [ALPHABET[byte >> 4], ALPHABET[byte & 15]];
        byte += 1;
    }
    table
};

/// Appends a token: `em_1k3_mbblbtgppqpsmclbppjmjtbl`, and of an epoch `em_1k3d20514_nsgktntmtrphnscncfhmjnpc`.
pub fn write_token(out: &mut Vec<u8>, type_: TokenType, kid: KeyId, day: Option<u32>, code: &[u8; CODE_BYTES]) {
    // Put together apart from the buffer, whose end would be looked at for every part. Type and id are copied with what
    // is behind them, which the next part overwrites.
    let mut token = [b'_'; TOKEN_BYTES_MAX];
    token[..4].copy_from_slice(&type_.bytes);
    let mut end = usize::from(type_.len);
    token[end..end + 2].copy_from_slice(b"_1");
    end += 2;
    let (id, id_len) = kid.bytes();
    token[end..end + id.len()].copy_from_slice(id);
    end += id_len;
    if let Some(day) = day {
        let mut rest = &mut token[end..];
        let room = rest.len();
        write!(rest, "d{day}").expect("a day has ten digits at most");
        end += room - rest.len();
    }
    token[end] = b'_';
    end += 1;
    let (pairs, _) = token[end..end + LETTERS].as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(code) {
        *pair = LETTERS_OF[usize::from(*byte)];
    }
    out.extend_from_slice(&token[..end + LETTERS]);
}

/// The code that a token ends with; `None` if `token` ends otherwise.
pub(super) fn parse_code(token: &str) -> Option<[u8; CODE_BYTES]> {
    let letters = token.as_bytes().last_chunk::<LETTERS>()?;
    let value = |letter: u8| ALPHABET.iter().position(|known| *known == letter).map(|at| at as u8);
    let mut code = [0; CODE_BYTES];
    for (byte, pair) in code.iter_mut().zip(letters.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::token::{find_all, parse_at};
    use proptest::prelude::*;

    #[test]
    fn a_type_has_two_to_four_letters() {
        for text in ["em", "emx", "abcd"] {
            assert_eq!(TokenType::parse(text).map(|type_| type_.as_str().to_owned()).as_deref(), Some(text));
        }
        for text in ["", "e", "EM", "e1", "abcde", "ø"] {
            assert_eq!(TokenType::parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_token_follows_the_grammar(
            type_ in "[a-z]{2,4}", kid in "k[0-9]{1,4}", day: Option<u16>, code: [u8; CODE_BYTES]
        ) {
            let day = day.map(u32::from);
            let (token_type, id) = (TokenType::parse(&type_).expect("a type"), KeyId::parse(&kid).expect("an id"));
            let mut token = Vec::new();
            write_token(&mut token, token_type, id, day, &code);
            let token = String::from_utf8(token).expect("ASCII");
            let read = parse_at(&token, 0).expect("a token");
            prop_assert_eq!(parse_code(&token), Some(code));
            prop_assert_eq!((read.type_, read.kid, read.day, read.span), (&*type_, &*kid, day, 0..token.len()));
            prop_assert_eq!(find_all(&format!("x={token}, {token}")).count(), 2);
        }
    }
}
