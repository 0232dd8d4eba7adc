//! One pass over a text: its groups of digits, and what stands between them.
//!
//! Cards, phones, national numbers, IPv4 addresses and IBANs all begin at a digit, so they share this pass.

use crate::record::{Marks, Word, digit_runs};

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

    #[inline]
    fn of(bytes: &[u8]) -> Gap {
        // Most gaps are one sign.
        if let [sign] = bytes {
            return SEPARATORS[usize::from(*sign)];
        }
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

/// What the groups of a text have in common, so that most finders need not go through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    /// Digits of the longest group.
    pub longest: u32,
    /// Groups of four digits or more.
    pub fours: u32,
    /// Groups that a single dot joins to the one before.
    pub dots: u32,
    /// Groups that a single dash joins.
    pub dashes: u32,
    /// Groups that a single space joins.
    pub spaces: u32,
    /// A single digit stands behind a space.
    pub lone: bool,
}

impl Census {
    /// The census of these groups of `text`: apart from the search for groups, so that its counters stay in registers.
    fn of(text: &[u8], groups: &[Group]) -> Census {
        let mut all = Census::default();
        for group in groups {
            let len = group.end - group.start;
            let before = if group.start > 0 { text[group.start as usize - 1] } else { 0 };
            all.longest = all.longest.max(len);
            all.fours += u32::from(len >= 4);
            all.dots += u32::from(group.gap == Gap::DOT);
            all.dashes += u32::from(group.gap == Gap::DASH);
            all.spaces += u32::from(group.gap == Gap::SPACE);
            all.lone |= (before == b' ') & (len == 1);
        }
        all
    }
}

/// Replaces `groups` by the groups of `text`, which has these marks.
pub(super) fn scan(text: &[u8], marks: &Marks, groups: &mut Vec<Group>) -> Census {
    groups.clear();
    let mut previous_end = None;
    digit_runs(marks, |run| {
        let gap = previous_end.map_or(Gap::BREAK, |end| Gap::of(&text[end..run.start]));
        previous_end = Some(run.end);
        groups.push(Group { start: run.start as u32, end: run.end as u32, gap });
    });
    Census::of(text, groups)
}

/// What numbers a text may hold, told without its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// None that is long enough.
    None,
    /// Only ones that touch a letter, as in `u7679469-7257`: without a keyword they are a part of an id.
    Glued,
    /// Others.
    Free,
}

/// Digits of the shortest number that stands between letters: `AB123456C`.
const LETTERED_MIN: usize = 6;

/// The runs of at least `least` digits and separators in an ASCII text. Ids and hashes mostly have none, and are dismissed
/// without a look at their groups.
pub(super) fn numbers_in(text: &[u8], word: Option<Word>, least: usize) -> Numbers {
    // One pass without any choice tells that hardly an id has a run; of a word it is known.
    let count = |(run, most): (usize, usize), b: &u8| {
        let run = (run + 1) * usize::from(JOINS[usize::from(*b)]);
        (run, most.max(run))
    };
    let shortest = least.min(LETTERED_MIN);
    let has_run = match word {
        Some(word) => word.has_numbers(shortest),
        None => text.iter().fold((0, 0), count).1 >= shortest,
    };
    if !has_run {
        return Numbers::None;
    }
    let mut found = Numbers::None;
    let mut end = 0;
    while let Some(skip) = text[end..].iter().position(|&b| JOINS[usize::from(b)]) {
        let start = end + skip;
        let len = text[start..].iter().take_while(|b| JOINS[usize::from(**b)]).count();
        end = start + len;
        if len < least.min(LETTERED_MIN) {
            continue;
        }
        let run = &text[start..end];
        let after = letter_after(text, end);
        let head = if start > 0 && text[start - 1].is_ascii_alphabetic() { digits(run.iter()) } else { 0 };
        let tail = if after && head < len { digits(run.iter().rev()) } else { 0 };
        if len - head - tail >= least || head == len && after && is_lettered(text, start, end) {
            return Numbers::Free;
        }
        if len >= least {
            found = Numbers::Glued;
        }
    }
    found
}

/// Whether a word, or what `IBAN` is written before, begins as an IBAN does: two letters, two digits.
pub(super) fn begins_iban(text: &[u8]) -> bool {
    let begins = |at: usize, w: &[u8]| {
        let shaped = w[..2].iter().all(u8::is_ascii_alphabetic) && w[2..].iter().all(u8::is_ascii_digit);
        let labelled = || at.checked_sub(4).is_some_and(|from| text[from..at].eq_ignore_ascii_case(b"iban"));
        shaped && (at == 0 || !text[at - 1].is_ascii_alphanumeric() || labelled())
    };
    text.windows(4).enumerate().any(|(at, window)| begins(at, window))
}

fn digits<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take_while(|b| b.is_ascii_digit()).count()
}

/// Whether a letter stands at `end`, but for the `x`, `ext` or `lok` of an extension.
fn letter_after(text: &[u8], end: usize) -> bool {
    match text[end..] {
        [b'x', next, ..] => !next.is_ascii_digit(),
        [b'e', b'x', b't', ..] | [b'l', b'o', b'k', ..] => false,
        [next, ..] => next.is_ascii_alphabetic(),
        [] => false,
    }
}

/// Whether no more than two letters before it and one behind it make the number a word.
fn is_lettered(text: &[u8], start: usize, end: usize) -> bool {
    let before = text[..start].iter().rev().take(3).take_while(|b| b.is_ascii_alphanumeric()).count();
    before <= 2 && !text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
}

/// Digits, white space and the signs that may stand between groups of digits: more than the separators, which only
/// costs a closer look.
static JOINS: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = matches!(b as u8, b'\t'..=b'\r' | b' '..=b'9' | b'_' | b';' | b'|' | b'~');
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Class;

    fn scan_text(text: &str, groups: &mut Vec<Group>) -> Census {
        let mut marks = Marks::default();
        marks.read(text.as_bytes());
        scan(text.as_bytes(), &marks, groups)
    }

    #[test]
    fn groups_are_joined_by_separators_only() {
        let mut groups = Vec::new();
        scan_text("a1 22-333 - 4,5....6", &mut groups);
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
    fn the_census_counts_what_finders_ask_for() {
        let census = |text: &str| scan_text(text, &mut Vec::new());
        assert_eq!(census("no digit"), Census::default());
        let address = Census { longest: 3, dots: 3, lone: true, ..Default::default() };
        assert_eq!(census("from 1.22.333.4"), address);
        let mixed = Census { longest: 16, fours: 3, dashes: 1, spaces: 1, ..Default::default() };
        assert_eq!(census("DK5000400440116243 4111-1111 x"), mixed);
        assert_eq!(census("a1 _123 b22 5 cd33"), Census { longest: 3, spaces: 1, lone: true, ..Default::default() });
    }

    /// Told of the text and of the word that it is: the same.
    fn numbers(text: &str, least: usize) -> Numbers {
        let bytes = text.as_bytes();
        let of_text = numbers_in(bytes, None, least);
        assert_eq!(numbers_in(bytes, Word::of(bytes, Class::of_text(bytes).0), least), of_text, "{text}");
        of_text
    }

    #[test]
    fn the_sieve_lets_ids_go_and_numbers_stay() {
        for id in ["e029d71348f774", "d-743e81fc5c", "5df795a30be2a8a4253e95d3c026e6d8", "a1234567b1234567c", "12-4567"]
        {
            assert_eq!(numbers(id, 8), Numbers::None, "{id}");
        }
        for id in ["u7679469-7257", "x12345678", "12345678x", "x12345678-1x", "ab1-2345678cd"] {
            assert_eq!(numbers(id, 8), Numbers::Glued, "{id}");
        }
        let free = ["2323-7585", "23 23 75 85", "(0812)3456", "4111_1111", "--------", "u1-23237585", "u1-23237585-2x"];
        for number in free.into_iter().chain(["23237585x12", "S1234567D", "x,AB123456C", "id_12345678"]) {
            assert_eq!(numbers(number, 8), Numbers::Free, "{number}");
        }
        assert!(
            begins_iban(b"gb29nwbk")
                && begins_iban(b"a,NL91ABNA")
                && begins_iban(b"IBANDK50")
                && !begins_iban(b"xgb29nwbk")
        );
    }
}
