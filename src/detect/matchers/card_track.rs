//! Magnetic stripes and masked card numbers that show too much: what may stand nowhere, not even in part (PCI DSS 3.4.1
//! and 3.5.1).

use super::{Match, Matcher};
use crate::detect::groups::Group;
use crate::detect::validators::luhn_checks;
use crate::record::{Class, Span};

/// Track data.
pub(super) const TRACK: Matcher = Matcher {
    name: "card_track",
    doc: "tracks 1 and 2 of a magnetic stripe, from their start to their end mark (ISO/IEC 7813), and the number that a chip tells",
    wants: |class, digits| digits >= 15 && class.has(Class::EQUALS.with(Class::OTHER).with(Class::LETTER)),
    find: |input, out| {
        if (input.census.longest as usize) < DIGITS_MIN {
            return;
        }
        let mut floor = 0;
        let bytes = input.text.as_bytes();
        for (at, group) in input.groups.iter().enumerate().filter(|(_, group)| group.len() >= DIGITS_MIN) {
            let track = track_end(bytes, &input.groups[at..]).map(|end| track_start(bytes, group.start)..end as u32);
            let found = track.or_else(|| number_of_chip(bytes, group)).or_else(|| track_of_chip(bytes, group));
            let found = found.filter(|found| found.start as usize >= floor);
            if let Some(found) = found {
                let span = Span::new(found.start, found.end);
                out.push(Match { span, value: span });
                floor = found.end as usize;
            }
        }
    },
};

/// Masked numbers.
pub(super) const MASKED: Matcher = Matcher {
    name: "masked_card",
    doc: "a card number of 12 to 19 places, masked, that shows more than its first six and last four digits",
    wants: |class, digits| {
        digits >= 9 && class.has(Class::OTHER.with(Class::LETTER).with(Class::NON_ASCII).with(Class::ESCAPE))
    },
    find: |input, out| {
        // Without a sign that masks there is nothing to look at.
        let bytes = input.text.as_bytes();
        let masks = || memchr::memchr3(b'*', b'x', b'#', bytes).is_some() || memchr::memchr(b'X', bytes).is_some();
        if !input.class.has(Class::NON_ASCII.with(Class::ESCAPE)) && !masks() {
            return;
        }
        let mut floor = 0;
        for group in input.groups {
            if (group.start as usize) < floor {
                continue;
            }
            if let Some((end, too_much)) = masked(input.text, group) {
                floor = end;
                if too_much {
                    let span = Span::new(group.start, end as u32);
                    out.push(Match { span, value: span });
                }
            }
        }
    },
};

/// Digits of the shortest number of a card.
const DIGITS_MIN: usize = 12;

/// The card number in tag 5A of what a chip tells, in hexadecimal (EMV Book 3, BER-TLV): the group begins with it, or with its
/// length of 8 bytes before it; an `F` fills its last byte, and the next tag may begin with a digit.
fn number_of_chip(bytes: &[u8], group: &Group) -> Option<std::ops::Range<u32>> {
    let (head, digits) = bytes[..group.end as usize].split_at(group.start as usize);
    if !matches!(head, [.., b'A' | b'a']) {
        return None;
    }
    let tagged = |tag: &[u8]| head.len() >= tag.len() && head[head.len() - tag.len()..].eq_ignore_ascii_case(tag);
    let (skip, len) = match digits {
        [b'0', b'8', number @ ..] if number.len() >= DIGITS_MIN && tagged(b"5A") => (2, number.len().min(16)),
        number if number.len() >= DIGITS_MIN && tagged(b"5A0A") => (0, number.len().min(19)),
        _ => return None,
    };
    let start = group.start + skip as u32;
    let end = start + len as u32;
    luhn_checks(&bytes[start as usize..end as usize]).then_some(start..end)
}

/// Track 2 in tag 57 of what a chip tells: the tag and its length in hexadecimal before the number, `D` and seven digits or
/// more behind it: `57135413330089010483D2512201…`.
fn track_of_chip(bytes: &[u8], group: &Group) -> Option<std::ops::Range<u32>> {
    const HEAD: usize = 4;
    let (start, end) = (group.start as usize, group.end as usize);
    let number = bytes[start..end].strip_prefix(b"571")?.get(1..)?;
    let behind = bytes[end..].strip_prefix(b"D").or_else(|| bytes[end..].strip_prefix(b"d"))?;
    let digits = behind.iter().take_while(|b| b.is_ascii_digit()).count();
    let filled = usize::from(behind.get(digits).is_some_and(|b| b.eq_ignore_ascii_case(&b'f')));
    let fits = (DIGITS_MIN..=19).contains(&number.len()) && digits >= 7 && luhn_checks(number);
    fits.then(|| group.start + HEAD as u32..(end + 1 + digits + filled) as u32)
}

/// The start mark of a track, `;` or `%B`, belongs to it.
fn track_start(bytes: &[u8], start: u32) -> u32 {
    match &bytes[..start as usize] {
        [.., b'%', b'B' | b'b'] => start - 2,
        [.., b';'] => start - 1,
        _ => start,
    }
}

/// One past the track whose number the first group is: `4111111111111111=2912101…?`, `4111…^DOE/JOHN^2912101…?`.
fn track_end(bytes: &[u8], groups: &[Group]) -> Option<usize> {
    let [number, ..] = groups else { return None };
    let at = number.end as usize;
    if !(DIGITS_MIN..=19).contains(&number.len()) {
        return None;
    }
    let rest = bytes.get(at + 1..)?;
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let end = match bytes.get(at)? {
        // Expiry and service code are seven digits; `D` is the separator of a chip's copy.
        b'=' | b'D' | b'd' if digits(rest) >= 7 => at + 1 + digits(rest),
        b'^' => {
            let name = memchr::memchr(b'^', &rest[..rest.len().min(30)])?;
            let after = at + 1 + name + 1;
            let len = bytes[after..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b' ').count();
            (digits(&bytes[after..]) >= 4).then_some(after + len)?
        }
        _ => return None,
    };
    Some(end + usize::from(matches!(bytes.get(end), Some(b'?' | b'F' | b'f'))))
}

/// Places of a number that may be whole: of American Express.
const WHOLE_MIN: usize = 15;

/// Where a masked number that begins with the digits of `group` ends, and whether it shows too much.
fn masked(text: &str, group: &Group) -> Option<(usize, bool)> {
    // In most texts what follows ends it.
    let at = group.end as usize;
    let behind =
        text.as_bytes().get(at).map(|b| if matches!(b, b' ' | b'-') { text.as_bytes().get(at + 1) } else { Some(b) });
    let goes_on = matches!(behind.flatten(), Some(b'0'..=b'9' | b'*' | b'x' | b'X' | b'#' | 0x80..));
    if !goes_on || !(4..=12).contains(&group.len()) || text[..group.start as usize].ends_with(char::is_alphanumeric) {
        return None;
    }
    let (mut places, mut shown, mut last) = (0, 0, 0);
    let (mut first, mut hidden, mut in_first) = (0, 0, true);
    let mut end = group.start as usize;
    for (at, c) in text[end..].char_indices() {
        let at = at + group.start as usize;
        match c {
            '0'..='9' => {
                (places, shown, last) = (places + 1, shown + 1, last + 1);
                first += usize::from(in_first);
            }
            '*' | 'x' | 'X' | '#' | '•' | '●' | '∙' => {
                (places, hidden, last, in_first) = (places + 1, hidden + 1, 0, false);
            }
            // `411111******1111 12/29`: what follows a number that is whole is none of it.
            ' ' | '-' if places >= WHOLE_MIN && hidden >= 2 && last == 4 => break,
            ' ' | '-' if places > 0 && at == end => continue,
            _ => break,
        }
        if places > 19 {
            return None;
        }
        end = at + c.len_utf8();
    }
    let ended = !text[end..].starts_with(char::is_alphanumeric);
    // `411111111111****`: only its end is masked.
    let shaped = (1..=8).contains(&last) || last == 0 && first > 6;
    let card = hidden >= 2 && (12..=19).contains(&places) && shaped && ended;
    card.then_some((end, shown > 10 || first > 6 || last > 4))
}
