//! Ids, states and names of things: short words of letters, digits and four signs. They are most values of a stream, and
//! hardly one holds anything, so what stands where in them is gathered once, as bits, and asked many times.

use super::Class;
use super::blocks::{Bits, runs_of};

/// Where the letters and the digits of a short ASCII text stand; the rest of it is `-`, `_`, `/` and `+`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    letters: u64,
    digits: u64,
    len: u32,
}

impl Word {
    /// Longest word, in bytes: one bit each.
    pub const BYTES_MAX: usize = 64;

    /// The word that `text`, of this class, is; `None`: it is something else.
    #[inline]
    pub fn of(text: &[u8], class: Class) -> Option<Word> {
        const OTHERS: Class = Class(!(Class::LETTER.0 | Class::DIGIT.0 | Class::OTHER.0));
        if class.has(OTHERS) || text.is_empty() || text.len() > Word::BYTES_MAX {
            return None;
        }
        let Bits { letters, digits, signs, .. } = Bits::of(text);
        let word = Word { letters, digits, len: text.len() as u32 };
        (letters | digits | signs == word.all()).then_some(word)
    }

    /// Where letters and digits begin: at the start, and behind a sign.
    #[inline]
    pub fn starts(self) -> impl Iterator<Item = usize> {
        places(self.start_bits())
    }

    /// Whether so many bytes in a row are no letters.
    #[inline]
    pub fn has_numbers(self, bytes: usize) -> bool {
        has_run(!self.letters & self.all(), bytes)
    }

    /// Whether so many letters and digits stand in a row.
    #[inline]
    pub fn has_alphanumerics(self, bytes: usize) -> bool {
        self.len as usize >= bytes && has_run(self.letters | self.digits, bytes)
    }

    /// Whether two letters and two digits stand in a row, anywhere.
    #[inline]
    pub fn has_two_letters_two_digits(self) -> bool {
        let Word { letters, digits, .. } = self;
        letters & letters >> 1 & digits >> 2 & digits >> 3 != 0
    }

    fn start_bits(self) -> u64 {
        let alphanumeric = self.letters | self.digits;
        alphanumeric & !(alphanumeric << 1)
    }

    fn all(self) -> u64 {
        u64::MAX >> (64 - self.len)
    }
}

/// The places of the bits, in ascending order.
fn places(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        at
    })
}

/// Whether so many bits in a row are set.
fn has_run(bits: u64, len: usize) -> bool {
    runs_of(bits, len) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &[u8]) -> Option<Word> {
        Word::of(text, Class::of_text(text).0)
    }

    /// Places where `is` is true, as bits.
    fn bits(text: &[u8], is: impl Fn(u8) -> bool) -> u64 {
        text.iter().enumerate().filter(|(_, b)| is(**b)).fold(0, |bits, (at, _)| bits | 1 << at)
    }

    #[test]
    fn every_byte_is_known_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in [0, 7, 8, 15, 63] {
                let mut text = vec![b'x'; place + 1];
                text[place] = byte;
                let is_word = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'+');
                assert_eq!(word(&text).is_some(), is_word, "{byte} at {place}");
            }
        }
        assert_eq!((word(b""), word(&[b'x'; 65])), (None, None));
    }

    #[test]
    fn an_id_is_asked() {
        let id = word(b"ab12-7257x/9").expect("a word");
        assert_eq!(id.starts().collect::<Vec<_>>(), [0, 5, 11]);
        assert!(id.has_two_letters_two_digits() && !word(b"a1b22").expect("a word").has_two_letters_two_digits());
        assert_eq!((id.has_numbers(7), id.has_numbers(8)), (true, false));
        assert_eq!((id.has_alphanumerics(5), id.has_alphanumerics(6)), (true, false));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_bits_are_those_of_the_bytes(text in "[a-zA-Z0-9+/_-]{1,64}", len in 1..30usize) {
            let bytes = text.as_bytes();
            let word = word(bytes).expect("a word");
            prop_assert_eq!(word.letters, bits(bytes, |b| b.is_ascii_alphabetic()));
            prop_assert_eq!(word.digits, bits(bytes, |b| b.is_ascii_digit()));
            let run = |is: fn(&u8) -> bool| bytes.windows(len).any(|run| run.iter().all(is));
            prop_assert_eq!(word.has_numbers(len), run(|b| !b.is_ascii_alphabetic()));
            prop_assert_eq!(word.has_alphanumerics(len), run(u8::is_ascii_alphanumeric));
        }
    }
}
