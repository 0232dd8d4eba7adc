//! One pass over a text: its groups of digits, and what stands between them.
//!
//! Cards, phones, national numbers, IPv4 addresses and IBANs all begin at a digit, so they share this pass.

/// Digits without anything between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What stands between the group before and this one.
    pub gap: Gap,
}

impl Group {
    /// Number of digits.
    pub(super) const fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// What stands between two groups: the set of its separators, or nothing that joins them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap(u8);

impl Gap {
    /// The groups do not belong together.
    pub(super) const BREAK: Gap = Gap(0);
    /// A space or a tab.
    pub(super) const SPACE: Gap = Gap(1);
    /// `-`.
    pub(super) const DASH: Gap = Gap(1 << 1);
    /// `.`.
    pub(super) const DOT: Gap = Gap(1 << 2);
    /// `/`.
    pub(super) const SLASH: Gap = Gap(1 << 3);
    /// `(` or `)`.
    pub(super) const PAREN: Gap = Gap(1 << 4);
    /// A line break.
    pub(super) const LINE: Gap = Gap(1 << 5);
    /// `_`.
    pub(super) const UNDERSCORE: Gap = Gap(1 << 6);
    /// More than one byte.
    pub(super) const WIDE: Gap = Gap(1 << 7);

    /// Most bytes that can join two groups: ` - `.
    const BYTES_MAX: usize = 3;

    /// Whether a separator of `set` is in it.
    pub(super) const fn has(self, set: Gap) -> bool {
        self.0 & set.0 != 0
    }

    /// Whether it holds nothing but separators of `set`.
    pub(super) const fn within(self, set: Gap) -> bool {
        self.0 & !set.0 == 0
    }

    /// Both sets together.
    pub(super) const fn or(self, other: Gap) -> Gap {
        Gap(self.0 | other.0)
    }

    fn of(bytes: &[u8]) -> Gap {
        if bytes.len() > Gap::BYTES_MAX {
            return Gap::BREAK;
        }
        let mut gap = if bytes.len() > 1 { Gap::WIDE } else { Gap::BREAK };
        for &b in bytes {
            let one = SEPARATORS[b as usize];
            if one == Gap::BREAK {
                return Gap::BREAK;
            }
            gap = gap.or(one);
        }
        gap
    }
}

static SEPARATORS: [Gap; 256] = {
    let mut table = [Gap::BREAK; 256];
    table[b' ' as usize] = Gap::SPACE;
    table[b'\t' as usize] = Gap::SPACE;
    table[b'-' as usize] = Gap::DASH;
    table[b'.' as usize] = Gap::DOT;
    table[b'/' as usize] = Gap::SLASH;
    table[b'(' as usize] = Gap::PAREN;
    table[b')' as usize] = Gap::PAREN;
    table[b'\n' as usize] = Gap::LINE;
    table[b'\r' as usize] = Gap::LINE;
    table[b'_' as usize] = Gap::UNDERSCORE;
    table
};

/// Replaces `groups` by the groups of `text`.
pub(super) fn scan(text: &[u8], groups: &mut Vec<Group>) {
    groups.clear();
    let mut at = 0;
    let mut previous_end = None;
    while let Some(start) = next_digit(text, at) {
        at = start + 1;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        let gap = previous_end.map_or(Gap::BREAK, |end| Gap::of(&text[end..start]));
        previous_end = Some(at);
        groups.push(Group { start: start as u32, end: at as u32, gap });
    }
}

/// Longest text that [`may_hold_number`] looks at.
pub(super) const SIEVE_BYTES_MAX: usize = 128;

/// Whether an ASCII text of at most [`SIEVE_BYTES_MAX`] bytes has `least` digits and separators in a row, or a word that
/// begins like an IBAN. Ids and hashes mostly have neither, and are dismissed without a look at their groups.
pub(super) fn may_hold_number(text: &[u8], least: usize) -> bool {
    debug_assert!(text.len() <= SIEVE_BYTES_MAX, "one bit for each byte");
    let (mut digits, mut letters, mut joining) = (0u128, 0u128, 0u128);
    for (at, chunk) in text.chunks(8).enumerate() {
        let word = word_of(text, chunk);
        let digit = between(word, b'0', b'9');
        let letter = between(word | (EACH * 0x20), b'a', b'z');
        // Space and the signs before `0`, `,` among them: more than the separators, which only costs a closer look. The
        // zeros behind the end are none of them.
        let signs = between(word, b' ', b'/') | between(word, b'_', b'_');
        let join = digit | between(word, b'\t', b'\r') | signs;
        digits |= u128::from(bits(digit)) << (at * 8);
        letters |= u128::from(bits(letter)) << (at * 8);
        joining |= u128::from(bits(join)) << (at * 8);
    }
    let inside = (digits | letters) << 1;
    let iban = letters & (letters >> 1) & (digits >> 2) & (digits >> 3) & !inside;
    iban != 0 || has_run(joining, least)
}

/// The bytes of `chunk`, the last ones of `text` if they are fewer than eight, with zeros behind. They are read in one
/// piece: a copy of a few bytes that is read back as one word waits for the copy to end.
fn word_of(text: &[u8], chunk: &[u8]) -> u64 {
    if let Some(whole) = chunk.first_chunk::<8>() {
        return u64::from_le_bytes(*whole);
    }
    if let Some(tail) = text.last_chunk::<8>() {
        return u64::from_le_bytes(*tail) >> (8 * (8 - chunk.len()));
    }
    chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// Whether `least` ones stand in a row.
fn has_run(mut ones: u128, least: usize) -> bool {
    let mut len = 1;
    while len < least && ones != 0 {
        let step = len.min(least - len);
        ones &= ones >> step;
        len += step;
    }
    ones != 0
}

const EACH: u64 = 0x0101_0101_0101_0101;

/// The high bit of each byte of `word` that is ASCII and from `low` to `high`.
const fn between(word: u64, low: u8, high: u8) -> u64 {
    // Within seven bits: adding carries into the high bit from `low` on, and past `high`.
    let seven = word & (EACH * 0x7f);
    let from_low = seven + EACH * (0x80 - low as u64);
    let past_high = seven + EACH * (0x7f - high as u64);
    from_low & !past_high & !word & (EACH * 0x80)
}

/// The high bits of the bytes, gathered: the first byte's is the lowest.
const fn bits(high: u64) -> u8 {
    ((high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Where the first digit from `at` on is. Eight bytes at a time: most text between digits is long.
fn next_digit(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        // A byte is a digit if it is less than 10 once `0` is taken off it; 0x76 lifts all others to the high bit.
        let offset = u64::from_le_bytes(*chunk) ^ (EACH * u64::from(b'0'));
        let others = ((offset & (EACH * 0x7f)) + EACH * 0x76) | offset;
        let digits = !others & (EACH * 0x80);
        if digits != 0 {
            return Some(at + digits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    text[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_joined_by_separators_only() {
        let mut groups = Vec::new();
        scan(b"a1 22-333 - 4,5....6", &mut groups);
        let seen: Vec<_> = groups.iter().map(|g| (g.start, g.end, g.gap)).collect();
        let wide_dash = Gap::SPACE.or(Gap::DASH).or(Gap::WIDE);
        assert_eq!(
            seen,
            [
                (1, 2, Gap::BREAK),
                (3, 5, Gap::SPACE),
                (6, 9, Gap::DASH),
                (12, 13, wide_dash),
                (14, 15, Gap::BREAK),
                (19, 20, Gap::BREAK)
            ]
        );
    }

    #[test]
    fn the_bits_of_bytes_are_gathered_in_order() {
        for place in 0..8 {
            assert_eq!(bits(0x80 << (place * 8)), 1 << place);
        }
        assert_eq!(bits(EACH * 0x80), 0xff);
        for byte in 0..=u8::MAX {
            let got = between(u64::from(byte) << 16, b'0', b'9') != 0;
            assert_eq!(got, byte.is_ascii_digit(), "{byte}");
        }
    }

    #[test]
    fn the_sieve_lets_ids_go_and_numbers_stay() {
        for dismissed in ["e029d71348f774", "d-743e81fc5c", "5df795a30be2a8a4253e95d3c026e6d8", "a1234567b1234567"] {
            assert!(!may_hold_number(dismissed.as_bytes(), 8), "{dismissed}");
        }
        for kept in
            ["x12345678", "2323-7585", "23 23 75 85", "gb29nwbk", "a,NL91ABNA", "(0812)3456", "4111_1111", "--------"]
        {
            assert!(may_hold_number(kept.as_bytes(), 8), "{kept}");
        }
        let mut long = [b'x'; SIEVE_BYTES_MAX];
        assert!(!may_hold_number(&long, 8));
        long[SIEVE_BYTES_MAX - 8..].fill(b'7');
        assert!(may_hold_number(&long, 8));
    }

    #[test]
    fn every_byte_is_known_as_a_digit_or_not_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut text = [b'x'; 20];
                text[place] = byte;
                assert_eq!(next_digit(&text, 0), byte.is_ascii_digit().then_some(place), "{byte} at {place}");
            }
        }
        assert_eq!(next_digit(b"1", 1), None);
    }
}
