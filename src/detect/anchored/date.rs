//! Dates of birth: a date beside a word that speaks of birth. Other dates are nobody's.

use super::{Anchor, Anchored, LABELS_AND_DIGITS, PROSE_AND_DIGITS, found};
use crate::detect::matchers::Match;

/// `lahir di Surabaya, 29 Januari 1995`.
pub(super) const NEAR: Anchored = Anchored {
    name: "date_near",
    doc: "the date that follows within 48 bytes, in numbers or with a month's name (id, da, en)",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        // `f. [birth_date]` was replaced, and a date some words later is another one; `[birth_date] 1995-01-29` is somebody's tag.
        let own = &anchor.text[anchor.at.range()] == "birth_date" && anchor.rest().starts_with(']');
        let tag = own && anchor.text[..anchor.at.start as usize].ends_with('[');
        let reach = if tag { "] ".len() + 1 } else { BEHIND_BYTES_MAX };
        out.extend(first_date(anchor.text, anchor.behind, reach));
    },
};

/// `f. 12/5-1985`.
pub(super) const DIRECT: Anchored = Anchored {
    name: "date_direct",
    doc: "the date directly behind the anchor",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let signs = anchor.rest().bytes().take(3).take_while(|b| b" :.".contains(b)).count();
        out.extend(first_date(anchor.text, anchor.behind + signs, usize::from(signs > 0 || anchor.ends_with('.'))));
    },
};

/// `TTL: Surabaya, 29-01-1995`.
pub(super) const PLACED: Anchored = Anchored {
    name: "date_placed",
    doc: "the date behind the anchor, the name of a place between; one that begins with its year behind a comma or a sign",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let bytes = anchor.text.as_bytes();
        let between = |b: &u8| b.is_ascii_alphabetic() || b" .:=',/".contains(b);
        let at = anchor.behind + anchor.rest().bytes().take(BEHIND_BYTES_MAX).take_while(|b| between(b)).count();
        let sign = bytes[anchor.behind..at].iter().rfind(|b| **b != b' ');
        let placed = sign.is_none_or(|b| !b.is_ascii_alphabetic());
        let year = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count() == 4;
        if at > anchor.behind && (placed || !year) {
            out.extend(first_date(anchor.text, at, 1));
        }
    },
};

/// `dob=1995-01-29`.
pub(super) const LABELLED: Anchored = Anchored {
    name: "date_labelled",
    doc: "the date behind a label",
    needs: LABELS_AND_DIGITS,
    at_labels: true,
    find: |anchor, out| {
        // `dob=[birth_date] got=1996-09-01`: it was replaced.
        if anchor.rest().starts_with("[birth_date]") || anchor.rest().starts_with("[field]") {
            return;
        }
        if let Some(date) = first_date(anchor.text, anchor.behind, LABEL_BYTES_MAX) {
            out.push(date);
            out.extend(compared(anchor.text, date.span.end as usize));
        }
    },
};

/// The date that one which ends at `at` is held against: `expected dob=1996-09-10 got=1996-09-01`.
fn compared(text: &str, at: usize) -> Option<Match> {
    const WORDS: [&str; 8] = ["got", "actual", "vs", "but", "was", "!=", "->", "found"];
    let rest = text[at..].trim_start_matches([' ', ',', ';', '"', '\'']);
    let word = WORDS.iter().find(|word| rest.starts_with(**word))?;
    let value = rest[word.len()..].trim_start_matches([' ', '=', ':', '"', '\'']);
    first_date(text, text.len() - value.len(), 1)
}

/// `født d. 010190`.
pub(super) const SHORT: Anchored = Anchored {
    name: "date_short",
    doc: "the day, month and year in six digits directly behind the anchor",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let ends = |rest: &[u8]| match rest {
            [b'-' | b'.' | b',' | b'/', next, ..] => !next.is_ascii_digit(),
            [next, ..] => !next.is_ascii_alphanumeric(),
            [] => true,
        };
        out.extend(short(anchor).filter(|day| ends(&anchor.text.as_bytes()[day.span.end as usize..])));
    },
};

/// `CPR 010190-XXXX`.
pub(super) const MASKED: Anchored = Anchored {
    name: "date_masked",
    doc: "the day, month and year in six digits directly behind the anchor and before four `X` or `*`",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let masked = |rest: &[u8]| {
            let rest = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b" ")).unwrap_or(rest);
            matches!(rest.first(), Some(b'x' | b'X' | b'*')) && rest.iter().take_while(|b| **b == rest[0]).count() == 4
        };
        out.extend(short(anchor).filter(|day| masked(&anchor.text.as_bytes()[day.span.end as usize..])));
    },
};

/// `010190` directly behind an anchor: whether that is all of the number the caller says.
fn short(anchor: &Anchor<'_>) -> Option<Match> {
    let signs = anchor.rest().bytes().take(4).take_while(|b| b" :.=".contains(b)).count();
    let start = anchor.behind + signs;
    let (date, end) = number(anchor.text.as_bytes(), start);
    let (day, month) = (date / 10_000, date / 100 % 100);
    let is_date = end - start == 6 && (1..=31).contains(&day) && (1..=12).contains(&month);
    (signs > 0 && is_date).then(|| found(start, end))
}

/// Most bytes between an anchor and its date.
const BEHIND_BYTES_MAX: usize = 48;
const LABEL_BYTES_MAX: usize = 24;

/// The first three letters of the months' names in Indonesian, Danish and English.
const MONTHS: &[&[u8]] = &[
    b"jan", b"feb", b"peb", b"mar", b"apr", b"may", b"mei", b"maj", b"jun", b"jul", b"aug", b"agu", b"sep", b"oct",
    b"okt", b"nov", b"nop", b"dec", b"des",
];

/// The first date that begins within `reach` bytes from `from`, on this line or the next.
fn first_date(text: &str, from: usize, reach: usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let limit = (from + reach).min(bytes.len());
    let mut at = from;
    while at < limit {
        let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let end = fresh.then(|| date_end(bytes, at)).flatten();
        if let Some(end) = end {
            return Some(found(at, end));
        }
        at += 1;
    }
    None
}

fn date_end(bytes: &[u8], at: usize) -> Option<usize> {
    let end = if bytes[at].is_ascii_digit() {
        numeric(bytes, at).or_else(|| day_first(bytes, at))
    } else {
        month_first(bytes, at)
    };
    end.filter(|&end| !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric))
}

/// `1995-01-29`, `29/1/95`, `29. 01. 1995`, `19950129`.
fn numeric(bytes: &[u8], at: usize) -> Option<usize> {
    let (first, mut end) = number(bytes, at);
    if end - at == 8 {
        let (year, day) = (first / 10_000, first % 100);
        let dmy = (1..=31).contains(&(first / 1_000_000)) && (1880..2100).contains(&(first % 10_000));
        return ((1880..2100).contains(&year) && (1..=31).contains(&day) || dmy).then_some(end);
    }
    let mut lens = [end - at, 0, 0];
    let mut values = [first, 0, 0];
    for i in 1..3 {
        let sign = *bytes.get(end).filter(|b| matches!(b, b'-' | b'/' | b'.'))?;
        let mut next = end + 1;
        next += usize::from(sign == b'.' && bytes.get(next) == Some(&b' '));
        let (value, to) = number(bytes, next);
        (lens[i], values[i], end) = (to - next, value, to);
    }
    let day = |i: usize| (1..=2).contains(&lens[i]) && (1..=31).contains(&values[i]);
    let year = |i: usize| lens[i] == 4 && (1880..2100).contains(&values[i]) || i == 2 && lens[i] == 2;
    (day(1) && (day(0) && year(2) || year(0) && lens[0] == 4 && day(2))).then_some(end)
}

/// `29 Januari 1995`, `29. januar 1995`, `29th of January 1995`, `29-Jan-95`.
fn day_first(bytes: &[u8], at: usize) -> Option<usize> {
    let (day, mut end) = number(bytes, at);
    if end - at > 2 || !(1..=31).contains(&day) {
        return None;
    }
    for suffix in [&b"st"[..], b"nd", b"rd", b"th", b".", b"."] {
        end += if bytes[end..].starts_with(suffix) { suffix.len() } else { 0 };
    }
    end = gap(bytes, end);
    if bytes[end..].starts_with(b"of ") {
        end += 3;
    }
    let month = month_end(bytes, end)?;
    year_end(bytes, gap(bytes, month))
}

/// `January 29, 1995`, `Jan 29th 1995`.
fn month_first(bytes: &[u8], at: usize) -> Option<usize> {
    let month = gap(bytes, month_end(bytes, at)?);
    let (day, mut end) = number(bytes, month);
    if end == month || end - month > 2 || !(1..=31).contains(&day) {
        return None;
    }
    for suffix in [&b"st"[..], b"nd", b"rd", b"th"] {
        end += if bytes[end..].starts_with(suffix) { suffix.len() } else { 0 };
    }
    year_end(bytes, gap(bytes, end))
}

fn month_end(bytes: &[u8], at: usize) -> Option<usize> {
    let len = bytes.get(at..)?.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let head = bytes[at..].get(..3)?;
    ((3..=9).contains(&len) && MONTHS.iter().any(|m| m.eq_ignore_ascii_case(head))).then_some(at + len)
}

fn year_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (year, end) = number(bytes, at);
    (end - at == 4 && (1880..2100).contains(&year) || end - at == 2).then_some(end)
}

/// Passes up to two signs between the parts of a date.
fn gap(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .get(at..)
        .unwrap_or(&[])
        .iter()
        .take(2)
        .take_while(|b| matches!(b, b' ' | b',' | b'.' | b'-' | b'/'))
        .count()
}

/// The number of up to eight digits at `at`, and where it ends.
fn number(bytes: &[u8], at: usize) -> (u32, usize) {
    let digits = bytes.get(at..).unwrap_or(&[]).iter().take(9).take_while(|b| b.is_ascii_digit());
    digits.fold((0, at), |(value, end), b| (value.wrapping_mul(10).wrapping_add(u32::from(b - b'0')), end + 1))
}
