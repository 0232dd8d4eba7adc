//! A card's number, its end date and its code, as lists of cards and hurried people write them: in a row, in lines, in a
//! sentence. `4111111111111111|04|2028|481`, `4111 1111 1111 1111, 04/28, 481`, `4111111111111111 and the code is 481`. The
//! code may stand nowhere (PCI DSS 3.3.1).

use std::sync::LazyLock;

use super::{Match, Matcher};
use crate::detect::anchored::words::{Words, is_in};
use crate::detect::groups::Group;
use crate::detect::validators::luhn_checks;
use crate::record::Span;

/// The finder of the code; the number is found for itself.
pub(super) const MATCHER: Matcher = Matcher {
    name: "card_tuple",
    doc: "three or four digits behind a card number, its end date or a word such as `code` beside them",
    wants: |_, digits| digits >= 16,
    find: |input, out| {
        if input.census.longest < 13 && input.census.fours < 3 {
            return;
        }
        let codes = (0..input.groups.len()).filter_map(|first| code(input.text, &input.groups[first..]));
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
fn code<'g>(text: &str, groups: &'g [Group]) -> Option<&'g Group> {
    let (number, rest) = groups.split_at(count(groups)?);
    let found = behind_date(text, number, rest).filter(|code| (3..=4).contains(&code.len()));
    found.or_else(|| alone(text, number, rest)).filter(|_| is_card(text.as_bytes(), number))
}

/// `4111111111111111 04/28 481`: behind the end date.
fn behind_date<'g>(text: &str, number: &[Group], rest: &'g [Group]) -> Option<&'g Group> {
    let bytes = text.as_bytes();
    let (date, [code, ..]) = rest.split_at(date_len(bytes, rest)?) else { return None };
    let (first, last) = (&date[0], &date[date.len() - 1]);
    let between = |first: &Group, second: &Group| &bytes[first.end as usize..second.start as usize];
    let slashed = date.len() == 2 && between(first, last) == b"/";
    // A number in groups is not over where its own sign stands, unless `04/28` does.
    let card = &number[number.len() - 1];
    let goes_on = number.len() > 1 && between(&number[0], &number[1]) == between(card, first) && !slashed;
    // In lines there are numbers of all sorts.
    let lines = |first: &Group, second: &Group| between(first, second).contains(&b'\n');
    let in_lines = !slashed && [(card, first), (last, code)].iter().any(|(a, b)| lines(a, b) && !has_word(text, a, b));
    let joined =
        is_joint(text, card, first) && (date.len() == 1 || is_joint(text, first, last)) && is_joint(text, last, code);
    let behind = &bytes[code.end as usize..];
    let ends = !matches!(behind, [next, ..] if next.is_ascii_alphanumeric())
        && !matches!(behind, [b'.' | b',', next, ..] if next.is_ascii_digit());
    (!goes_on && !in_lines && joined && ends).then_some(code)
}

/// Directly behind the number, when the date follows (`4111111111111111 481 04/28`), or when words say what it is
/// (`4111111111111111 med koden 481`, `4111111111111111, 481 on the back`).
fn alone<'g>(text: &str, number: &[Group], rest: &'g [Group]) -> Option<&'g Group> {
    let [code, date @ ..] = rest else { return None };
    let bytes = text.as_bytes();
    let card = &number[number.len() - 1];
    let behind = &text[code.end as usize..];
    let dated = || match date {
        [month, year, ..] => {
            bytes[month.end as usize..year.start as usize] == *b"/"
                && is_month(bytes, month)
                && is_year(bytes, year)
                && is_joint(text, code, month)
                && bytes.get(year.end as usize) != Some(&b'/')
        }
        _ => false,
    };
    // American Express has four digits.
    let len = if number.iter().map(|group| group.len()).sum::<usize>() == 15 { 3..=4 } else { 3..=3 };
    // `1.250`, `12:30` and `50%` are amounts and times.
    let ends = match behind.as_bytes() {
        [b'.' | b',' | b':' | b'/' | b'-', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !next.is_ascii_alphanumeric() && *next != b'%',
        [] => true,
    };
    (ends
        && len.contains(&code.len())
        && is_joint(text, card, code)
        && (is_told(text, card, code) || is_on_back(behind) || dated()))
    .then_some(code)
}

/// How many of the first groups are an end date: `04/28`, `04 2028`, `0428`.
fn date_len(bytes: &[u8], groups: &[Group]) -> Option<usize> {
    match groups {
        [month, year, ..] if is_month(bytes, month) && is_year(bytes, year) => Some(2),
        [both, ..] if both.len() == 4 && is_month(bytes, both) && is_year(bytes, both) => Some(1),
        _ => None,
    }
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

/// Words between a card's number, its end date and its code.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    "exp expires expiry expiring expire expiration date valid thru until through to ends udløb udløber udløbsdato dato \
     gyldig gyldigt til berlaku sampai hingga masa kadaluarsa kedaluwarsa tgl tanggal number no nr m y mm yy mmyy the and \
     is my with card og er med min kortets dan dengan adalah saya nya kartu di det den it kod angka digit digits"
        .split_ascii_whitespace()
        .chain(CODES.iter().copied())
        .collect()
});

/// Those that speak of the code.
static CODES: LazyLock<Words> = LazyLock::new(|| {
    "code kode koden kodenya security sec sikkerhedskode sikkerhedskoden sikkerhed kontrol kontrolnr kontrolnummer kontrolkode \
     kontrolkoden kontrolcifre verification belakang back keamanan cid cvv cvc csc cvn cvd ccv"
        .split_ascii_whitespace()
        .collect()
});

/// Words of a line that says whose card it is.
static HOLDERS: LazyLock<Words> =
    LazyLock::new(|| "name navn nama holder cardholder kortholder pemegang pemilik".split_ascii_whitespace().collect());

/// Most bytes between two groups, without lines of names.
const BYTES_MAX: usize = 40;
/// The same with them.
const LINES_BYTES_MAX: usize = 120;

/// A sign between two groups.
const fn is_sign(b: u8) -> bool {
    matches!(
        b,
        b'|' | b':' | b';' | b',' | b'/' | b' ' | b'\t' | b'-' | b'.' | b'\n' | b'\r' | b'(' | b')' | b'*' | b'='
    )
}

/// What stands between two groups.
fn between<'t>(text: &'t str, first: &Group, second: &Group) -> &'t str {
    &text[first.end as usize..second.start as usize]
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| u8::try_from(c).is_ok_and(is_sign)).filter(|word| !word.is_empty())
}

fn has_word(text: &str, first: &Group, second: &Group) -> bool {
    words(between(text, first, second)).next().is_some()
}

/// Whether nothing but a sign or two stands between two groups, or words that say what follows: `udløb 12/29 kode 123`.
fn is_joint(text: &str, first: &Group, second: &Group) -> bool {
    let between = between(text, first, second);
    if between.len() <= 3 {
        return !between.is_empty() && between.bytes().all(is_sign);
    }
    // `Navn: Ann Larsen`
    let of_holder = |line: &&str| words(line).next().is_some_and(|word| is_in(&HOLDERS, word));
    let said = || between.split('\n').filter(|line| !of_holder(line));
    between.len() <= LINES_BYTES_MAX
        && said().map(str::len).sum::<usize>() <= BYTES_MAX
        && said().flat_map(words).all(|word| is_in(&WORDS, word))
}

/// Whether a word between two groups says that the second is a code.
fn is_told(text: &str, first: &Group, second: &Group) -> bool {
    words(between(text, first, second)).any(|word| is_in(&CODES, word))
}

/// `on the back`, `bag på`: where a card has its code.
fn is_on_back(behind: &str) -> bool {
    const PLACES: &str =
        "on the back,on back,at the back,on the reverse,bag på,bagpå,på bagsiden,di belakang,belakang kartu";
    let behind = behind.trim_start_matches([' ', ',']);
    PLACES.split(',').any(|place| behind.get(..place.len()).is_some_and(|head| head.eq_ignore_ascii_case(place)))
}
