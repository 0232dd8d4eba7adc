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
    while let Some(offset) = text[at..].iter().position(u8::is_ascii_digit) {
        let start = at + offset;
        let len = text[start..].iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len() - start);
        let gap = previous_end.map_or(Gap::BREAK, |end| Gap::of(&text[end..start]));
        at = start + len;
        previous_end = Some(at);
        groups.push(Group { start: start as u32, end: at as u32, gap });
    }
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
}
