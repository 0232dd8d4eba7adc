//! A card's number, its end date and its code in a row, as lists of cards and hurried people write them:
//! `4111111111111111|04|2028|481`, `4111 1111 1111 1111, 04/28, 481`. The code may stand nowhere (PCI DSS 3.3.1).

use super::{Match, Matcher};
use crate::detect::groups::Group;
use crate::detect::validators::luhn_checks;
use crate::record::Span;

/// The finder of the code; the number is found for itself.
pub(super) const MATCHER: Matcher = Matcher {
    name: "card_tuple",
    doc: "three or four digits behind a card number and its end date, words such as `exp` and `code` between",
    wants: |_, digits| digits >= 19,
    find: |input, out| {
        if input.census.longest < 13 && input.census.fours < 3 {
            return;
        }
        let bytes = input.text.as_bytes();
        let codes = (0..input.groups.len()).filter_map(|first| code(bytes, &input.groups[first..]));
        for code in codes {
            let span = Span::new(code.start, code.end);
            if out.last().is_none_or(|last| last.span != span) {
                out.push(Match { span, value: span });
            }
        }
    },
};

/// How the digits of a number are grouped, by the length of the first group; the date stands behind so many groups.
fn count(groups: &[Group]) -> Option<usize> {
    let like =
        |lengths: &[usize]| groups.iter().map(|group| group.len()).take(lengths.len()).eq(lengths.iter().copied());
    match groups.first()?.len() {
        13..=19 => Some(1),
        4 if like(&[4, 6, 5]) => Some(3),
        4 if like(&[4, 4, 4, 4]) => Some(4),
        _ => None,
    }
}

/// The code of the card whose number begins with the first group.
fn code<'g>(bytes: &[u8], groups: &'g [Group]) -> Option<&'g Group> {
    let count = count(groups)?;
    let (date, rest) = match &groups[count..] {
        [month, year, rest @ ..] if is_month(bytes, month) && is_year(bytes, year) => (month, (year, rest)),
        [both, rest @ ..] if both.len() == 4 && is_month(bytes, both) && is_year(bytes, both) => (both, (both, rest)),
        _ => return None,
    };
    let (last, [code, ..]) = rest else { return None };
    let between = |first: &Group, second: &Group| &bytes[first.end as usize..second.start as usize];
    // A number in groups is not over where its own sign stands, unless `04/28` does.
    let goes_on = count > 1
        && between(&groups[0], &groups[1]) == between(&groups[count - 1], date)
        && (last == date || between(date, last) != b"/");
    let joined = !goes_on
        && is_joint(bytes, &groups[count - 1], date)
        && (last == date || is_joint(bytes, date, last))
        && is_joint(bytes, last, code);
    let ends = !matches!(bytes.get(code.end as usize..), Some([next, ..]) if next.is_ascii_alphanumeric())
        && !matches!(bytes.get(code.end as usize..), Some([b'.' | b',', next, ..]) if next.is_ascii_digit());
    (joined && ends && (3..=4).contains(&code.len()) && is_card(bytes, &groups[..count])).then_some(code)
}

/// Whether the groups, with one sign between each, are a card number.
fn is_card(bytes: &[u8], groups: &[Group]) -> bool {
    let (mut digits, mut len) = ([0; 19], 0);
    for group in groups {
        digits[len..len + group.len()].copy_from_slice(&bytes[group.start as usize..group.end as usize]);
        len += group.len();
    }
    groups.windows(2).all(|pair| pair[1].start - pair[0].end == 1) && luhn_checks(&digits[..len])
}

/// Whether the first two digits of a group are a month.
fn is_month(bytes: &[u8], group: &Group) -> bool {
    let digit = |at: usize| usize::from(bytes[group.start as usize + at] - b'0');
    matches!(group.len(), 2 | 4) && (1..=12).contains(&(10 * digit(0) + digit(1)))
}

/// Whether a group is a year that a card may end in, or ends with one.
fn is_year(bytes: &[u8], group: &Group) -> bool {
    let digits = &bytes[group.start as usize..group.end as usize];
    let near = matches!(digits, [.., b'2'..=b'4', _]);
    near && (digits.len() == 2 || digits.starts_with(b"20") || is_month(bytes, group))
}

/// Whether nothing but a sign or two stands between two groups, or a word that says what follows: `udløb 12/29 kode 123`.
fn is_joint(bytes: &[u8], first: &Group, second: &Group) -> bool {
    const WORDS: [&[u8]; 20] = [
        b"exp",
        b"expires",
        b"expiry",
        b"expiration",
        b"valid",
        b"thru",
        b"until",
        b"udl\xc3\xb8b",
        b"udl\xc3\xb8ber",
        b"gyldig",
        b"til",
        b"berlaku",
        b"sampai",
        b"code",
        b"kode",
        b"kod",
        b"security",
        b"sikkerhedskode",
        b"cvv",
        b"cvc",
    ];
    const BYTES_MAX: usize = 24;
    let between = &bytes[first.end as usize..second.start as usize];
    let sign = |b: &u8| b"|:;,/ \t-.".contains(b);
    if (1..=3).contains(&between.len()) {
        return between.iter().all(sign);
    }
    let known = |word: &[u8]| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    (1..=BYTES_MAX).contains(&between.len()) && between.split(sign).filter(|word| !word.is_empty()).all(known)
}
