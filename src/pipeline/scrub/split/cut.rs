//! Where a value may have been cut: by the signs of the elements of an array, what they may be together, and what has to
//! stand between them again.
//!
//! Lists of ids, amounts, versions and times look like parts, too. So each kind asks for a shape that such lists do not
//! have, and what the joined elements are is decided by the detector.

use super::Run;
use crate::record::{Class, Kind, Scalar};

/// Most elements that a value is cut into at any place.
const ELEMENTS_MAX: usize = 8;
/// Longest element, in bytes.
const BYTES_MAX: usize = 64;
/// Most digits of a part of a card's number: twelve of a number that has more are no card.
const PART_DIGITS_MAX: usize = 12;

/// What a value that is cut in a way may be, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Card,
    Phone,
    Iban,
    Email,
    Ip,
    Mac,
    /// What the array's field is for.
    Named,
}

/// One way to join elements.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Which of them.
    pub(super) run: Run,
    pub(super) means: Means,
    /// Nothing but numbers: what a list of amounts holds as well.
    pub(super) is_bare: bool,
    /// The sign between the parts, which was left out.
    sign: &'static str,
    /// Whether only letters, digits and `+` count.
    compact: bool,
}

impl Cut {
    fn compact(run: Run, means: Means, is_bare: bool) -> Cut {
        Cut { run, means, is_bare, sign: "", compact: true }
    }

    fn signed(run: Run, means: Means, sign: &'static str) -> Cut {
        Cut { run, means, is_bare: means == Means::Ip && sign != ":", sign, compact: false }
    }

    /// The joined elements.
    pub(super) fn join(&self, texts: &[&str]) -> String {
        let mut joined = texts[self.run.clone()].join(self.sign);
        if self.compact {
            joined.retain(|c| c.is_alphanumeric() || c == '+');
        }
        joined
    }
}

/// Whether elements may be parts of a value that is cut anywhere: a few short ones. Numbers alone are looked at as they are
/// written: nearly all lists of those are of amounts and places.
pub(super) fn may_be(elements: &[Scalar]) -> bool {
    let short = |e: &Scalar| matches!(e.kind, Kind::String | Kind::Number) && e.span.len() <= BYTES_MAX;
    let few = elements.len() <= ELEMENTS_MAX && elements.iter().all(short);
    let number = |e: &Scalar| e.kind == Kind::Number;
    few && (!elements.iter().all(number) || is_of_groups(elements.iter().map(|e| (e.class, e.span.len()))))
}

/// Whether numbers are as long as the groups of a card's number, or the parts of an address.
fn is_of_groups(numbers: impl Iterator<Item = (Class, usize)> + Clone) -> bool {
    const OTHERS: Class = Class(!Class::DIGIT.0);
    let lengths = || numbers.clone().map(|(_, len)| len);
    let whole = numbers.clone().all(|(class, _)| !class.has(OTHERS));
    whole
        && (lengths().eq([4; 4]) || lengths().eq([4, 6, 5]) || lengths().count() == 4 && lengths().all(|len| len <= 3))
}

/// Whether elements are the four parts of an IPv4 address.
pub(super) fn are_octets(texts: &[&str]) -> bool {
    let octet = |text: &&str| text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u8>().is_ok();
    texts.len() == 4 && texts.iter().all(octet)
}

/// The ways to join elements, the likeliest first. `numbers`: all of them are numbers of JSON.
pub(super) fn cuts(texts: &[&str], numbers: bool) -> Vec<Cut> {
    if numbers {
        return if is_card_of_numbers(texts) {
            vec![Cut::compact(0..texts.len(), Means::Card, true)]
        } else {
            Vec::new()
        };
    }
    if texts.iter().any(|text| text.contains('@')) {
        return email(texts).map(|run| Cut::signed(run, Means::Email, "")).into_iter().collect();
    }
    let run = without_words(texts);
    if run.len() < 2 {
        return Vec::new();
    }
    let parts = &texts[run.clone()];
    if let Some((means, is_bare)) = numbered(parts) {
        return vec![Cut::compact(run, means, is_bare)];
    }
    address(parts).map(|(means, sign)| Cut::signed(run.clone(), means, sign)).collect()
}

/// Four numbers of four digits, or those of American Express. Four in steps, of whole tens or of years are an axis or a
/// list, though one in forty of them passes for a card.
fn is_card_of_numbers(texts: &[&str]) -> bool {
    let lengths = || texts.iter().map(|text| text.len());
    let numbers: Option<Vec<i64>> = texts.iter().map(|text| text.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|_| lengths().eq([4; 4]) || lengths().eq([4, 6, 5])) else { return false };
    let mut steps = numbers.windows(2).map(|two| two[1] - two[0]);
    let step = steps.next();
    !steps.all(|other| Some(other) == step)
        && !numbers.iter().all(|number| number % 10 == 0)
        && !numbers.iter().all(|number| (1900..2100).contains(number))
}

/// The elements without words at either end: `["visa", "4111 1111 1111", "1111"]`. Two capitals may begin an IBAN.
fn without_words(texts: &[&str]) -> Run {
    let capitals = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let is_word = |text: &&str| !text.bytes().any(|b| b.is_ascii_digit() || b":.-+".contains(&b)) && !capitals(text);
    let start = texts.iter().take_while(|text| is_word(text)).count();
    let behind = texts[start..].iter().rev().take_while(|text| is_word(text)).count();
    start..texts.len() - behind
}

/// What parts of letters and digits may be, by their first signs and number, and whether they are digits alone.
fn numbered(parts: &[&str]) -> Option<(Means, bool)> {
    let count = |part: &str| part.bytes().filter(u8::is_ascii_alphanumeric).count();
    let all = |fits: fn(u8) -> bool| parts.iter().all(|part| part.bytes().all(fits));
    let signs: usize = parts.iter().map(|part| count(part)).sum();
    let (first, rest) = parts.split_first()?;
    // `["+62", "81234567890"]`: one number begins with its country's.
    if let Some(country) = first.trim_start_matches('(').strip_prefix('+') {
        let dialled = |b: u8| b.is_ascii_digit() || b" ()-".contains(&b);
        let fits = country.bytes().all(dialled) && rest.iter().all(|part| part.bytes().all(dialled));
        return (fits && (8..=15).contains(&signs)).then_some((Means::Phone, false));
    }
    if all(|b| b.is_ascii_digit() || b" -".contains(&b)) {
        let grouped = parts.iter().any(|part| part.contains([' ', '-']));
        // Cards without a space in them have that many digits, and lists of ids seldom.
        let lengths = if grouped { 13..=19 } else { 14..=16 };
        let short = parts.iter().all(|part| count(part) <= PART_DIGITS_MAX && !part.starts_with('-'));
        return (short && lengths.contains(&signs)).then_some((Means::Card, !grouped));
    }
    let country = |text: &str| {
        let mut letters = text.bytes();
        letters.by_ref().take(2).filter(u8::is_ascii_uppercase).count() == 2
            && letters.take(2).all(|b| b.is_ascii_digit())
    };
    let iban = country(first) && all(|b| b.is_ascii_alphanumeric() || b" -".contains(&b));
    (iban && (15..=34).contains(&signs)).then_some((Means::Iban, false))
}

/// What parts of an address of a host or of its hardware may be, as they stand and with the sign between them that was
/// left out.
fn address(parts: &[&str]) -> impl Iterator<Item = (Means, &'static str)> {
    let is_pair = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let is_part = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit() || b":.-".contains(&b));
    let plain = parts.concat();
    let sign = [":", "-", "."].into_iter().find(|sign| plain.contains(sign));
    let sign = sign.filter(|_| parts.iter().all(is_part));
    // Where a sign stands at the edge of a part, the value was cut at it.
    let edge = parts.windows(2).any(|two| two[0].ends_with(is_sign) || two[1].starts_with(is_sign));
    let of = |sign: &'static str, edge: bool| {
        let joined = parts.join(sign);
        let means = match () {
            () if is_mac(&joined) => Some(Means::Mac),
            () if is_v6(&joined) || is_v4(&joined, edge, parts.len()) => Some(Means::Ip),
            () => None,
        };
        means.map(|means| (means, sign))
    };
    // `{"mac": ["00", "1A", …]}`: bytes of anything, unless the field says so.
    let bytes = (parts.len() == 6 && parts.iter().all(is_pair)).then_some((Means::Named, ":"));
    let plain = sign.and_then(|_| of("", edge));
    let joined = sign.filter(|_| !edge).and_then(|sign| of(sign, false));
    bytes.into_iter().chain(plain).chain(joined)
}

fn is_sign(c: char) -> bool {
    matches!(c, ':' | '.' | '-')
}

/// Six bytes, some of them with letters: `["12:30:15", "14:45:10"]` are times.
fn is_mac(text: &str) -> bool {
    let hex = || text.bytes().filter(u8::is_ascii_hexdigit);
    hex().count() == 12 && hex().any(|b| b.is_ascii_digit()) && hex().any(|b| b.is_ascii_alphabetic())
}

/// Groups with colons, some of them with letters: `["08:00", "12:00", "13:00", "17:00"]` are times, too.
fn is_v6(text: &str) -> bool {
    let colons = text.bytes().filter(|b| *b == b':').count();
    let (letters, digits) = (|b: u8| b.is_ascii_alphabetic(), |b: u8| b.is_ascii_digit());
    colons >= 3 && text.bytes().any(letters) && text.bytes().filter(|b| digits(*b)).count() >= 4
}

/// Four dotted parts. Without a dot at the edge of an element they are two decimals or two versions as well, but for
/// numbers as large as few versions have.
fn is_v4(text: &str, edge: bool, elements: usize) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    if !are_octets(&parts) {
        return false;
    }
    let large = parts.iter().filter(|part| part.len() == 3).count();
    if edge { elements <= 3 || text.len() >= 9 } else { large >= 2 && parts[3] != "0" }
}

/// The parts of an address around its `@`: `["john.doe", "@", "example", ".com"]`. The element with the `@` lacks
/// something on one of its sides.
fn email(texts: &[&str]) -> Option<Run> {
    const JOINTS: [char; 4] = ['.', '_', '-', '+'];
    let at = texts.iter().position(|text| {
        let (local, host) = text.split_once('@').unwrap_or(("x", "x.x"));
        local.is_empty() || !host.contains('.') || host.starts_with('.')
    })?;
    let free = |i: usize| texts.get(i).is_some_and(|text| !text.contains(['@', ' ']) && !text.is_empty());
    let (mut start, mut end) = (at, at + 1);
    if texts[at].starts_with('@') && at > 0 && free(at - 1) {
        start -= 1;
    }
    while start > 0 && free(start - 1) && (texts[start - 1].ends_with(JOINTS) || texts[start].starts_with(JOINTS)) {
        start -= 1;
    }
    loop {
        let host = texts[at..end].concat();
        let host = host.rsplit('@').next().unwrap_or_default();
        let lacks = !host.contains('.') || host.ends_with(['.', '-']);
        let goes_on = texts.get(end).is_some_and(|next| next.starts_with('.'));
        if !free(end) || !lacks && !goes_on {
            break;
        }
        end += 1;
    }
    (end - start >= 2).then_some(start..end)
}
