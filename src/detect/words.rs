//! The words of a text, letters of any script: anchors and keywords are looked for at the same ones, by the same key.

use std::ops::Range;

use crate::record::{Blocks, letter_runs, up_to_eight};

/// A word's first eight bytes, the first one lowest, in which the case of ASCII letters does not count; and its length.
/// Words that differ may share it, so what is found by it is compared.
pub(super) type Key = (u64, usize);

/// Bytes of a word that its key says.
pub(super) const KEY_BYTES: usize = 8;

/// The key of `bytes[word]`.
#[inline]
pub(super) fn key(bytes: &[u8], word: Range<usize>) -> Key {
    const EACH_LOWER: u64 = 0x2020_2020_2020_2020;
    let head = up_to_eight(&bytes[word.start..]);
    let len = word.len();
    let beyond = 8 * KEY_BYTES.saturating_sub(len);
    // Nothing is left of an empty word.
    ((head | EACH_LOWER).checked_shl(beyond as u32).map_or(0, |head| head >> beyond), len)
}

/// Which words a table holds, one bit for each key: nearly all words of a text are told to be none of them by one look here.
#[derive(Debug)]
pub(super) struct Sieve(Box<[u64; Sieve::BITS / 64]>);

impl Default for Sieve {
    fn default() -> Sieve {
        Sieve(Box::new([0; Sieve::BITS / 64]))
    }
}

impl Sieve {
    /// Many times as many as a table has words.
    const BITS: usize = 1 << 16;

    #[inline]
    fn place((head, len): Key) -> usize {
        // The golden ratio: what differs anywhere differs in the highest bits.
        let mixed = head.wrapping_add(len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (64 - Sieve::BITS.ilog2())) as usize
    }

    /// Adds a word.
    pub(super) fn set(&mut self, key: Key) {
        let place = Sieve::place(key);
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Whether the word may be one of them.
    #[inline]
    pub(super) fn has(&self, key: Key) -> bool {
        let place = Sieve::place(key);
        self.0[place / 64] >> (place % 64) & 1 != 0
    }
}

/// Calls `take` for every word that begins and ends in this part of `text`, which has these blocks, in order.
#[inline]
pub(super) fn each(
    text: &str,
    blocks: &(impl Blocks + ?Sized),
    part: Range<usize>,
    mut take: impl FnMut(Range<usize>),
) {
    letter_runs(blocks, part, |mut start, end, ascii| {
        while start < end {
            // Not all characters beyond ASCII are letters.
            let len = if ascii { end - start } else { len_at(text, start) };
            if len > 0 {
                take(start..start + len);
            }
            start += len.max(1);
        }
    });
}

/// Length of the word at `at`.
pub(super) fn len_at(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    loop {
        end += bytes[end..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        match bytes.get(end) {
            Some(0x80..) => {
                // Within a character there is no word: it is skipped like a sign.
                let letter = text.get(end..).and_then(|rest| rest.chars().next()).filter(|c| c.is_alphabetic());
                match letter {
                    Some(letter) => end += letter.len_utf8(),
                    None => return end - at,
                }
            }
            _ => return end - at,
        }
    }
}

/// ASCII letters, and the bytes of every character beyond ASCII.
pub(super) const fn is_letter(b: u8) -> bool {
    b.is_ascii_alphabetic() || b >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_knows_no_case_and_nothing_behind_the_word() {
        for (text, word) in
            [("Mvh, Ann and all", "mvh"), ("MVH", "mvh"), ("Kære", "kære"), ("Customer-Service", "customer")]
        {
            assert_eq!(key(text.as_bytes(), 0..word.len()), key(word.as_bytes(), 0..word.len()), "{text}");
        }
        assert_ne!(key(b"customers", 0..9), key(b"customers", 0..8), "their lengths differ");
        assert_eq!(key(b"x", 0..0), (0, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn words_are_the_longest_runs_of_letters(text in "([a-zA-Z]{1,9}|[æ-ÿŠ“”€😀]{1,4}|[ .0-9_-]{1,4}){0,20}") {
            let mut words = Vec::new();
            each(&text, text.as_bytes(), 0..text.len(), |word| words.push(text[word].to_owned()));
            let expected: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(words, expected);
        }
    }
}
