//! Texts in blocks of 64 bytes: what stands where in a block is gathered as bits, one instruction for many bytes, and
//! found by counting zeros.

use std::ops::Range;

use wide::u8x16;

/// Bytes of a block: one bit each.
const BLOCK: usize = 64;

/// A text in blocks: of bytes ([`str::as_bytes`]), each of which is looked at anew, or looked at before ([`Marks`]).
pub trait Blocks {
    /// Bytes of the text.
    fn bytes(&self) -> usize;
    /// What its block `at` is made of: the bytes from `64 * at` on. Nothing behind its end.
    fn block(&self, at: usize) -> Bits;
}

impl Blocks for [u8] {
    #[inline(always)]
    fn bytes(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn block(&self, at: usize) -> Bits {
        let rest = self.get(BLOCK * at..).unwrap_or_default();
        Bits::of(&rest[..rest.len().min(BLOCK)])
    }
}

/// What stands where in a text: gathered once, for all that search the same text. Reusable.
#[derive(Clone, Default)]
pub struct Marks {
    blocks: Vec<Bits>,
    bytes: usize,
    edition: Edition,
}

/// Which text some [`Marks`] are of: each that they read has its own. The default is none's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edition(u64);

impl Blocks for Marks {
    #[inline(always)]
    fn bytes(&self) -> usize {
        self.bytes
    }

    #[inline(always)]
    fn block(&self, at: usize) -> Bits {
        self.blocks.get(at).copied().unwrap_or_default()
    }
}

impl Marks {
    /// Forgets what it knew, and looks at `text`.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Edition {
        self.bytes = text.len();
        self.blocks.clear();
        self.blocks.extend(text.chunks(BLOCK).map(Bits::of));
        self.edition.0 += 1;
        self.edition
    }

    /// Whether no other text was read since the one of this edition.
    #[inline]
    pub fn are_of(&self, edition: Edition) -> bool {
        edition != Edition::default() && edition == self.edition
    }

    /// How many bytes `of` chooses.
    #[inline]
    pub fn count(&self, of: impl Fn(&Bits) -> u64) -> usize {
        self.blocks.iter().map(|bits| of(bits).count_ones() as usize).sum()
    }

    /// Whether `times` of the bytes that `of` chooses stand `step` bytes apart (`step * (times - 1)` is 63 at most).
    #[inline]
    pub fn any_spaced(&self, step: u32, times: u32, of: impl Fn(&Bits) -> u64) -> bool {
        let mut before = 0;
        self.blocks.iter().any(|bits| {
            let bits = of(bits);
            let all = (1..times).map(|i| step * i).fold(bits, |all, back| all & (bits << back | before >> (64 - back)));
            before = bits;
            all != 0
        })
    }

    /// Where the bytes stand that `of` chooses, in order.
    #[inline]
    pub fn places(&self, of: impl Fn(&Bits) -> u64) -> impl Iterator<Item = usize> {
        let (mut next, mut bits) = (0, 0u64);
        std::iter::from_fn(move || {
            while bits == 0 {
                bits = of(self.blocks.get(next)?);
                next += 1;
            }
            let place = BLOCK * (next - 1) + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            Some(place)
        })
    }
}

/// Calls `each` for every run of letters that begins and ends in this part of `text`, or is cut off by its ends, in order:
/// where it begins and ends, and whether it is ASCII. Bytes beyond ASCII count as letters, because most are; the rest is
/// for the caller to tell.
#[inline]
pub fn letter_runs(text: &(impl Blocks + ?Sized), part: Range<usize>, mut each: impl FnMut(usize, usize, bool)) {
    // A run that reaches the end of its block: where it begins, and whether it is ASCII so far.
    let mut open: Option<(usize, bool)> = None;
    let mut at = part.start & !(BLOCK - 1);
    // Behind the last block comes an empty one, in which nothing goes on. `each` is called at one place, so that it becomes
    // a part of the loop.
    loop {
        let inside = bits_of(&part, at);
        let Bits { letters, beyond, .. } = if inside != 0 { text.block(at / BLOCK) } else { Bits::default() };
        let beyond = beyond & inside;
        let mut letters = letters & inside | beyond;
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
        if at >= part.end {
            return;
        }
        at += BLOCK;
    }
}

/// The bits of the block at `at` that belong to this part of a text.
#[inline(always)]
fn bits_of(part: &Range<usize>, at: usize) -> u64 {
    let below = |end: usize| low_bits(end.saturating_sub(at).min(BLOCK) as u32);
    below(part.end) & !below(part.start)
}

/// Where these signs stand in `text`, in order. For signs that texts are full of: where one is rare, `memchr` looks on
/// faster.
#[inline]
pub fn places_of<const N: usize>(text: &[u8], signs: [u8; N]) -> impl Iterator<Item = usize> {
    let (mut at, mut bits) = (0, 0u64);
    std::iter::from_fn(move || {
        while bits == 0 {
            let block = text.get(at..).filter(|rest| !rest.is_empty())?;
            let block = &block[..block.len().min(BLOCK)];
            each_sixteen(block, |chunk, within| {
                let bytes = u8x16::new(*chunk);
                let found = signs.iter().map(|sign| bytes.simd_eq(u8x16::splat(*sign)));
                let found = found.reduce(|some, more| some | more).map_or(0, |found| found.to_bitmask());
                bits |= u64::from(found) << within;
            });
            at += BLOCK;
        }
        let found = at - BLOCK + bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(found)
    })
}

/// Calls `each` for every run of digits in `text`, in order.
#[inline]
pub fn digit_runs(text: &(impl Blocks + ?Sized), mut each: impl FnMut(Range<usize>)) {
    any_run(
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
pub fn any_word_start(text: &(impl Blocks + ?Sized), mut is: impl FnMut(usize) -> bool) -> bool {
    // Whether the block before ended within a word.
    let mut inside = 0;
    (0..text.bytes().div_ceil(BLOCK)).any(|i| {
        let Bits { letters, digits, .. } = text.block(i);
        let words = letters | digits;
        let mut starts = words & !(words << 1 | inside);
        inside = words >> 63;
        while starts != 0 {
            if is(i * BLOCK + starts.trailing_zeros() as usize) {
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
pub fn any_long_run(text: &(impl Blocks + ?Sized), least: usize, is: impl FnMut(Range<usize>) -> bool) -> bool {
    any_run(text, least, |bits| bits.letters | bits.digits | bits.signs, is)
}

/// Whether `is` holds of a run of at least `least` of the bytes that `of` chooses, which is as long as it can be. It is
/// asked in order, until it holds.
#[inline]
pub fn any_run(
    text: &(impl Blocks + ?Sized),
    least: usize,
    of: impl Fn(Bits) -> u64,
    mut is: impl FnMut(Range<usize>) -> bool,
) -> bool {
    // Where the run began that reaches the end of the block before.
    let mut open: Option<usize> = None;
    for i in 0..text.bytes().div_ceil(BLOCK) {
        let at = i * BLOCK;
        let mut bits = of(text.block(i));
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
    open.is_some_and(|start| text.bytes() - start >= least && is(start..text.bytes()))
}

/// What up to 64 bytes are, one bit each, the first one lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// ASCII letters.
    pub letters: u64,
    /// ASCII digits.
    pub digits: u64,
    /// `-`, `_`, `/` and `+`.
    pub signs: u64,
    /// Bytes beyond ASCII.
    pub beyond: u64,
    /// `-`.
    pub dashes: u64,
    /// `.`.
    pub dots: u64,
    /// `:`.
    pub colons: u64,
    /// `=`.
    pub equals: u64,
    /// `>`.
    pub closes: u64,
}

impl Bits {
    /// Of a block of 64 bytes at most.
    #[inline(always)]
    pub(super) fn of(block: &[u8]) -> Bits {
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
        self.dashes |= part.dashes << at;
        self.dots |= part.dots << at;
        self.colons |= part.colons << at;
        self.equals |= part.equals << at;
        self.closes |= part.closes << at;
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
            dashes: bits(is(b'-')),
            dots: bits(is(b'.')),
            colons: bits(is(b':')),
            equals: bits(is(b'=')),
            closes: bits(is(b'>')),
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

/// Where so many bits in a row begin.
pub(super) fn runs_of(bits: u64, len: usize) -> u64 {
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

    /// Places where `is` is true, as bits.
    fn bits(text: &[u8], is: impl Fn(u8) -> bool) -> u64 {
        text.iter().enumerate().filter(|(_, b)| is(**b)).fold(0, |bits, (at, _)| bits | 1 << at)
    }

    fn marks(text: &[u8]) -> Marks {
        let mut marks = Marks::default();
        marks.read(text);
        marks
    }

    /// A sign, and the bits that say where it stands.
    type Sign = (u8, fn(&Bits) -> u64);

    fn signs() -> [Sign; 5] {
        [
            (b'-', |bits| bits.dashes),
            (b'.', |bits| bits.dots),
            (b':', |bits| bits.colons),
            (b'=', |bits| bits.equals),
            (b'>', |bits| bits.closes),
        ]
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
            letter_runs(bytes, 0..bytes.len(), |start, end, ascii| runs.push((start, end, ascii)));
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
        fn marks_say_of_a_text_what_its_bytes_say(
            text in "([a-z]{1,70}|[a-zø]{1,9}|[-_/+.:=> 0-9]{1,40}){0,9}", part: (usize, usize), step in 1..21u32, times in 1..5u32,
        ) {
            let bytes = text.as_bytes();
            // Read over another text, of which nothing may stay.
            let mut marks = marks(&[b'-'; 200]);
            marks.read(bytes);
            let (a, b) = (part.0 % (bytes.len() + 1), part.1 % (bytes.len() + 1));
            let part = a.min(b)..a.max(b);
            let (mut of_marks, mut of_bytes) = (Vec::new(), Vec::new());
            letter_runs(&marks, part.clone(), |start, end, ascii| of_marks.push((start, end, ascii)));
            letter_runs(bytes, part, |start, end, ascii| of_bytes.push((start, end, ascii)));
            prop_assert_eq!(of_marks, of_bytes);
            for (sign, of) in signs() {
                let places: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at] == sign).collect();
                prop_assert_eq!(marks.count(of), places.len());
                let spaced = |last: &usize| (1..times as usize).all(|i| last.checked_sub(i * step as usize).is_some_and(|at| bytes[at] == sign));
                prop_assert_eq!(marks.any_spaced(step, times, of), places.iter().any(spaced));
                prop_assert_eq!(marks.places(of).collect::<Vec<_>>(), places);
            }
        }

        #[test]
        fn up_to_eight_and_up_to_sixteen_bytes_are_read(chunk: [u8; 16], len in 0..16usize) {
            let eight = chunk[..len].iter().take(8).rev().fold(0, |bytes, b| bytes << 8 | u64::from(*b));
            prop_assert_eq!(up_to_eight(&chunk[..len]), eight);
            let signs = bits(&chunk, |b| matches!(b, b'-' | b'_' | b'/' | b'+'));
            prop_assert_eq!(Bits::of(&chunk[..len]).signs, signs & low_bits(len as u32));
        }
    }
}
