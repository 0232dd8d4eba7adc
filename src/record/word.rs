//! Ids, states and names of things: short words of letters, digits and four signs. They are most values of a stream, and
//! hardly one holds anything, so what stands where in them is gathered once, as bits, and asked many times.

use std::ops::Range;

use wide::u8x16;

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

/// Calls `each` for every run of letters in `text`, in order: where it begins and ends, and whether it is ASCII. Bytes
/// beyond ASCII count as letters, because most are; the rest is for the caller to tell.
#[inline]
pub fn letter_runs(text: &[u8], mut each: impl FnMut(usize, usize, bool)) {
    // A run that reaches the end of its block: where it begins, and whether it is ASCII so far.
    let mut open: Option<(usize, bool)> = None;
    let mut at = 0;
    // Behind the last whole block comes an empty one, in which nothing goes on. `each` is called at one place, so that it
    // becomes a part of the loop.
    while let Some(rest) = text.get(at..) {
        let Bits { letters, beyond, .. } = Bits::of(&rest[..rest.len().min(64)]);
        let mut letters = letters | beyond;
        while letters != 0 || open.is_some() {
            // What is open goes on at the first place, or ends before it.
            let from = if open.is_some() { 0 } else { letters.trailing_zeros() };
            let run = run_from(letters, from);
            letters ^= run;
            let (start, ascii) = open.take().unwrap_or((at + from as usize, true));
            let ascii = ascii && beyond & run == 0;
            let end = 64 - run.leading_zeros();
            if end == 64 {
                open = Some((start, ascii));
                break;
            }
            each(start, at + end as usize, ascii);
        }
        at += 64;
    }
}

/// Where these signs stand in `text`, in order. For signs that texts are full of: where one is rare, `memchr` looks on
/// faster.
#[inline]
pub fn places_of<const N: usize>(text: &[u8], signs: [u8; N]) -> impl Iterator<Item = usize> {
    let (mut at, mut bits) = (0, 0u64);
    std::iter::from_fn(move || {
        while bits == 0 {
            let block = text.get(at..).filter(|rest| !rest.is_empty())?;
            let block = &block[..block.len().min(64)];
            each_sixteen(block, |chunk, within| {
                let bytes = u8x16::new(*chunk);
                let found = signs.iter().map(|sign| bytes.simd_eq(u8x16::splat(*sign)));
                let found = found.reduce(|some, more| some | more).map_or(0, |found| found.to_bitmask());
                bits |= u64::from(found) << within;
            });
            at += 64;
        }
        let found = at - 64 + bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(found)
    })
}

/// Calls `each` for every run of digits in `text`, in order.
#[inline]
pub fn digit_runs(text: &[u8], mut each: impl FnMut(Range<usize>)) {
    runs(
        text,
        1,
        |bits| bits.digits,
        |run| {
            each(run);
            false
        },
    );
}

/// Whether `is` holds of a place in `text` where ASCII letters and digits begin. It is asked in order, until it holds.
#[inline]
pub fn any_word_start(text: &[u8], mut is: impl FnMut(usize) -> bool) -> bool {
    // Whether the block before ended within a word.
    let mut inside = 0;
    text.chunks(64).enumerate().any(|(i, block)| {
        let Bits { letters, digits, .. } = Bits::of(block);
        let words = letters | digits;
        let mut starts = words & !(words << 1 | inside);
        inside = words >> 63;
        while starts != 0 {
            if is(i * 64 + starts.trailing_zeros() as usize) {
                return true;
            }
            starts &= starts - 1;
        }
        false
    })
}

/// Whether `is` holds of a run of at least `least` letters, digits, `-`, `_`, `/` and `+`, which is as long as it can be.
/// It is asked in order, until it holds.
#[inline]
pub fn any_long_run(text: &[u8], least: usize, is: impl FnMut(Range<usize>) -> bool) -> bool {
    runs(text, least, |bits| bits.letters | bits.digits | bits.signs, is)
}

/// Whether `is` holds of a run of at least `least` of the bytes that `of` chooses.
#[inline]
fn runs(text: &[u8], least: usize, of: impl Fn(Bits) -> u64, mut is: impl FnMut(Range<usize>) -> bool) -> bool {
    // Where the run began that reaches the end of the block before.
    let mut open: Option<usize> = None;
    for (i, block) in text.chunks(64).enumerate() {
        let at = i * 64;
        let mut bits = of(Bits::of(block));
        if let Some(start) = open.take() {
            let more = bits.trailing_ones();
            if more == 64 {
                open = Some(start);
                continue;
            }
            let end = at + more as usize;
            if end - start >= least && is(start..end) {
                return true;
            }
            bits &= !low_bits(more);
        }
        let last = bits.leading_ones();
        if last > 0 {
            open = Some(at + 64 - last as usize);
            bits &= low_bits(64 - last);
        }
        let mut starts = runs_of(bits, least);
        while starts != 0 {
            let run = run_from(bits, starts.trailing_zeros());
            if is(at + run.trailing_zeros() as usize..at + 64 - run.leading_zeros() as usize) {
                return true;
            }
            starts &= !run;
        }
    }
    open.is_some_and(|start| text.len() - start >= least && is(start..text.len()))
}

/// What up to 64 bytes are, one bit each, the first one lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bits {
    /// ASCII letters.
    letters: u64,
    /// ASCII digits.
    digits: u64,
    /// `-`, `_`, `/` and `+`.
    signs: u64,
    /// Bytes beyond ASCII.
    beyond: u64,
}

impl Bits {
    /// Of a block of 64 bytes at most.
    #[inline(always)]
    fn of(block: &[u8]) -> Bits {
        let mut all = Bits::default();
        each_sixteen(block, |chunk, at| all.add(Bits::of_sixteen(chunk), at));
        all
    }

    #[inline(always)]
    fn add(&mut self, part: Bits, at: usize) {
        self.letters |= part.letters << at;
        self.digits |= part.digits << at;
        self.signs |= part.signs << at;
        self.beyond |= part.beyond << at;
    }

    #[inline(always)]
    fn of_sixteen(chunk: &[u8; 16]) -> Bits {
        let bytes = u8x16::new(*chunk);
        let all = u8x16::splat;
        let within = |offset: u8x16, len: u8| offset.simd_eq(offset.min(all(len - 1)));
        let is = |sign: u8| bytes.simd_eq(all(sign));
        let bits = |places: u8x16| u64::from(places.to_bitmask());
        Bits {
            letters: bits(within((bytes | all(0x20)) - all(b'a'), 26)),
            digits: bits(within(bytes - all(b'0'), 10)),
            signs: bits(is(b'-') | is(b'_') | is(b'/') | is(b'+')),
            beyond: bits(bytes),
        }
    }
}

/// Calls `take` with every sixteen bytes of a block and where they stand; zeros fill a short one.
#[inline(always)]
fn each_sixteen(block: &[u8], mut take: impl FnMut(&[u8; 16], usize)) {
    for (i, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
        take(chunk, 16 * i);
    }
    match block.last_chunk::<16>() {
        // The last sixteen bytes, some of them for the second time.
        Some(last) => take(last, block.len() - 16),
        None => {
            let (low, high) = (up_to_eight(block), block.get(8..).map_or(0, up_to_eight));
            take(&(u128::from(low) | u128::from(high) << 64).to_le_bytes(), 0);
        }
    }
}

/// The first eight bytes, or all there are; the first one lowest, and zeros behind the last.
#[inline]
pub fn up_to_eight(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
    }
    match *bytes {
        [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a] => u64::from(a),
        _ => 0,
    }
}

/// The lowest `bits` bits: 64 are all.
const fn low_bits(bits: u32) -> u64 {
    if bits < 64 { (1 << bits) - 1 } else { u64::MAX }
}

/// The bits that stand in a row from place `from` on, where one is set: adding one there carries past all of them.
fn run_from(bits: u64, from: u32) -> u64 {
    bits & !bits.wrapping_add(1 << from)
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

/// Where so many bits in a row begin.
fn runs_of(bits: u64, len: usize) -> u64 {
    let (mut bits, mut have) = (bits, 1);
    while have < len && bits != 0 {
        let more = have.min(len - have);
        bits &= bits >> more;
        have += more;
    }
    bits
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
            let mut digits = Vec::new();
            digit_runs(bytes, |run| digits.push(run));
            let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
            let begins = (0..bytes.len()).filter(|&at| is_digit(at) && (at == 0 || !is_digit(at - 1)));
            prop_assert_eq!(digits, begins.map(|at| at..(at..).find(|&at| !is_digit(at)).expect("it ends")).collect::<Vec<_>>());
            let signs = (0..bytes.len()).filter(|&at| matches!(bytes[at], b'a' | b'.' | b' '));
            prop_assert_eq!(places_of(bytes, [b'a', b'.', b' ']).collect::<Vec<_>>(), signs.collect::<Vec<_>>());
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
        fn long_runs_are_those_of_the_bytes(text in "([a-zA-Z0-9+/_-]{1,70}|[ .=ø]{1,3}){0,9}", least in 2..65usize) {
            let bytes = text.as_bytes();
            let is_sign = |b: &u8| b.is_ascii_alphanumeric() || b"+/_-".contains(b);
            let runs = bytes.split(|b| !is_sign(b)).filter(|run| run.len() >= least);
            let mut found = Vec::new();
            let asked = any_long_run(bytes, least, |run| {
                found.push(&bytes[run]);
                false
            });
            prop_assert!(!asked);
            prop_assert_eq!(found, runs.collect::<Vec<_>>());
        }

        #[test]
        fn up_to_eight_and_up_to_sixteen_bytes_are_read(chunk: [u8; 16], len in 0..16usize) {
            let eight = chunk[..len].iter().take(8).rev().fold(0, |bytes, b| bytes << 8 | u64::from(*b));
            prop_assert_eq!(up_to_eight(&chunk[..len]), eight);
            let signs = bits(&chunk, |b| matches!(b, b'-' | b'_' | b'/' | b'+'));
            prop_assert_eq!(Bits::of(&chunk[..len]).signs, signs & low_bits(len as u32));
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
