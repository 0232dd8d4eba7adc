//! A card's number, its end date and its code in a row, as lists of cards and hurried people write them:
//! `4111111111111111|04|2028|481`, `4111 1111 1111 1111, 04/28, 481`. The code may stand nowhere (PCI DSS 3.3.1).

use super::{Match, Matcher};
use crate::detect::groups::Group;
use crate::detect::validators::luhn_checks;
use crate::record::Span;

/// The finder of the code; the number is found for itself.
pub(super) const MATCHER: Matcher = Matcher {
    name: "card_tuple",
    doc: "three or four digits behind a card number and its end date",
    wants: |_, digits| digits >= 19,
    find: |input, out| {
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

/// The code of the card whose number begins with the first group.
fn code<'g>(bytes: &[u8], groups: &'g [Group]) -> Option<&'g Group> {
    let count = [1, 3, 4, 5].into_iter().find(|&count| is_card(bytes, groups, count))?;
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
    (joined && ends && (3..=4).contains(&code.len())).then_some(code)
}

/// Whether the first `count` groups are a card number: in one, or in groups of four to six with one sign between.
fn is_card(bytes: &[u8], groups: &[Group], count: usize) -> bool {
    let Some(groups) = groups.get(..count) else { return false };
    let mut digits = [0; 19];
    let mut len = 0;
    for group in groups {
        let part = &bytes[group.start as usize..group.end as usize];
        let Some(room) = digits.get_mut(len..len + part.len()) else { return false };
        room.copy_from_slice(part);
        len += part.len();
    }
    let apart = groups.windows(2).all(|pair| pair[1].start - pair[0].end == 1);
    let grouped = count == 1 || apart && groups.iter().all(|group| (3..=6).contains(&group.len()));
    grouped && (13..=19).contains(&len) && luhn_checks(&digits[..len])
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

/// Whether nothing but a sign or two stands between two groups.
fn is_joint(bytes: &[u8], first: &Group, second: &Group) -> bool {
    let between = &bytes[first.end as usize..second.start as usize];
    (1..=3).contains(&between.len()) && between.iter().all(|b| b"|:;,/ \t-".contains(b))
}
