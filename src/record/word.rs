//! Ids, states and names of things: short words of letters, digits and four signs. They are most values of a stream, and
//! hardly one holds anything, so what stands where in them is gathered once, as bits, and asked many times.

use super::Class;

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
        let (mut letters, mut digits) = (0, 0);
        let mut gather = |bytes: u64, at: usize| {
            letters |= letters_in(bytes) << at;
            digits |= gather(digit_highs(bytes)) << at;
        };
        for (i, eight) in text.as_chunks::<8>().0.iter().enumerate() {
            gather(u64::from_le_bytes(*eight), 8 * i);
        }
        match text.last_chunk::<8>() {
            // The last eight bytes, some of them for the second time.
            Some(last) => gather(u64::from_le_bytes(*last), text.len() - 8),
            None => gather(text.iter().rev().fold(0, |bytes, b| bytes << 8 | u64::from(*b)), 0),
        }
        let word = Word { letters, digits, len: text.len() as u32 };
        let sign = |at: usize| matches!(text[at], b'-' | b'_' | b'/' | b'+');
        places(!(letters | digits) & word.all()).all(sign).then_some(word)
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

/// Calls `each` for every run of letters in `text`, in order: where it begins and ends, and whether it is ASCII. Bytes
/// beyond ASCII count as letters, because most are; the rest is for the caller to tell.
#[inline]
pub fn letter_runs(text: &[u8], mut each: impl FnMut(usize, usize, bool)) {
    // A run that reaches the end of its block: where it begins, and whether it is ASCII so far.
    let mut open: Option<(usize, bool)> = None;
    for (i, block) in text.chunks(64).enumerate() {
        let at = i * 64;
        let (mut letters, beyond) = letters_of_block(block);
        if let Some((start, ascii)) = open.take() {
            let more = letters.trailing_ones();
            let ascii = ascii && beyond & low_bits(more) == 0;
            if more == 64 {
                open = Some((start, ascii));
                continue;
            }
            each(start, at + more as usize, ascii);
            letters &= !low_bits(more);
        }
        while letters != 0 {
            let from = letters.trailing_zeros();
            let end = from + (letters >> from).trailing_ones();
            let run = low_bits(end) & !low_bits(from);
            let ascii = beyond & run == 0;
            if end == 64 {
                open = Some((at + from as usize, ascii));
                break;
            }
            each(at + from as usize, at + end as usize, ascii);
            letters &= !run;
        }
    }
    if let Some((start, ascii)) = open {
        each(start, text.len(), ascii);
    }
}

/// Whether `is` holds of a place in `text` where ASCII letters and digits begin. It is asked in order, until it holds.
#[inline]
pub fn any_word_start(text: &[u8], mut is: impl FnMut(usize) -> bool) -> bool {
    // Whether the block before ended within a word.
    let mut inside = 0;
    text.chunks(64).enumerate().any(|(i, block)| {
        let words = alphanumerics_of_block(block);
        let starts = words & !(words << 1 | inside);
        inside = words >> 63;
        places(starts).any(|at| is(i * 64 + at))
    })
}

/// Which of up to 64 bytes are ASCII letters or digits.
#[inline]
fn alphanumerics_of_block(block: &[u8]) -> u64 {
    let of = |bytes: u64| gather(letter_highs(bytes) | digit_highs(bytes));
    let (eights, rest) = block.as_chunks::<8>();
    let last = rest.iter().rev().fold(0, |bytes, b| bytes << 8 | u64::from(*b));
    let whole = eights.iter().enumerate().fold(0, |all, (i, eight)| all | of(u64::from_le_bytes(*eight)) << (8 * i));
    if rest.is_empty() { whole } else { whole | of(last) << (8 * eights.len()) }
}

/// Which of up to 64 bytes are letters or beyond ASCII, and which are beyond ASCII.
#[inline]
fn letters_of_block(block: &[u8]) -> (u64, u64) {
    let (mut letters, mut beyond) = (0, 0);
    let mut add = |bytes: u64, at: usize| {
        letters |= letters_in(bytes) << at;
        beyond |= gather(bytes & HIGH) << at;
    };
    let (eights, rest) = block.as_chunks::<8>();
    for (i, eight) in eights.iter().enumerate() {
        add(u64::from_le_bytes(*eight), 8 * i);
    }
    if !rest.is_empty() {
        add(rest.iter().rev().fold(0, |bytes, b| bytes << 8 | u64::from(*b)), 8 * eights.len());
    }
    (letters | beyond, beyond)
}

/// The lowest `bits` bits: 64 are all.
const fn low_bits(bits: u32) -> u64 {
    if bits < 64 { (1 << bits) - 1 } else { u64::MAX }
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
    let (mut bits, mut have) = (bits, 1);
    while have < len && bits != 0 {
        let more = have.min(len - have);
        bits &= bits >> more;
        have += more;
    }
    bits != 0
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = EACH * 0x80;

/// The high bits of those of eight bytes that are digits.
#[inline]
pub const fn digit_highs(bytes: u64) -> u64 {
    // A byte is a digit if it is less than 10 once `0` is taken off it; 0x76 lifts all others to the high bit.
    let offset = bytes ^ (EACH * b'0' as u64);
    !((offset & !HIGH) + EACH * 0x76) & HIGH & !offset
}

/// A bit for every one of eight bytes that is an ASCII letter.
fn letters_in(bytes: u64) -> u64 {
    gather(letter_highs(bytes))
}

/// The high bits of those of eight bytes that are ASCII letters.
fn letter_highs(bytes: u64) -> u64 {
    // Letters of either case become 1 to 26: 0x7f lifts these to the high bit, and 0x65 what is beyond.
    let offset = ((bytes | (EACH * 0x20)) ^ (EACH * 0x60)) & !HIGH;
    let (at_least, beyond) = (offset + EACH * 0x7f, offset + EACH * 0x65);
    at_least & !beyond & HIGH & !bytes
}

/// The high bits of eight bytes, as the bits of one.
const fn gather(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
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
        fn runs_of_letters_are_those_of_the_bytes(text in "([a-z]{1,70}|[a-zø-ž]{1,9}|[ .0-9“]{1,9}|[A-Z_@`{\\[]{1,5}){0,12}") {
            let bytes = text.as_bytes();
            let is_letter = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphabetic() || !b.is_ascii());
            let mut expected = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                let start = at;
                while is_letter(at) {
                    at += 1;
                }
                if at > start {
                    expected.push((start, at, bytes[start..at].is_ascii()));
                } else {
                    at += 1;
                }
            }
            let mut runs = Vec::new();
            letter_runs(bytes, |start, end, ascii| runs.push((start, end, ascii)));
            prop_assert_eq!(runs, expected);
            let alphanumeric = |at: usize| bytes[at].is_ascii_alphanumeric();
            let starts = (0..bytes.len()).filter(|&at| alphanumeric(at) && (at == 0 || !alphanumeric(at - 1)));
            let mut found = Vec::new();
            let asked = any_word_start(bytes, |at| {
                found.push(at);
                false
            });
            prop_assert!(!asked);
            prop_assert_eq!(found, starts.collect::<Vec<_>>());
        }

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
