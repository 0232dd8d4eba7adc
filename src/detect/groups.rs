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
        groups.push(Group {
            start: start as u32,
            end: at as u32,
            gap,
        });
    }
}

/// Where the first digit from `at` on is. Eight bytes at a time: most text between digits is long.
fn next_digit(text: &[u8], mut at: usize) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
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
    fn every_byte_is_known_as_a_digit_or_not_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut text = [b'x'; 20];
                text[place] = byte;
                assert_eq!(
                    next_digit(&text, 0),
                    byte.is_ascii_digit().then_some(place),
                    "{byte} at {place}"
                );
            }
        }
        assert_eq!(next_digit(b"1", 1), None);
    }
}
