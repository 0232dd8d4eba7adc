//! Checks that a candidate must pass: one file each, and one line in [`ALL`].

use super::groups::{Gap, Group};
use crate::record::{Basis, Span};

mod cpr;
mod iban;
mod imei;
mod konto;
mod luhn;
mod national_id;
mod nik;
mod npwp;
mod number;
mod payment_card;
mod phone;
mod virtual_account;

pub(super) use luhn::checks as luhn_checks;

/// What is known beyond the candidate: the part of the config that checks depend on.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// Regions whose national phone numbers are known.
    pub regions: Vec<crate::canonical::phone::Region>,
}

/// A place that may hold a value.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The place in it.
    pub span: Span,
    /// The ASCII digits of the place.
    pub digits: &'a [u8],
    /// Its groups of digits (only of matcher `digits`).
    pub groups: &'a [Group],
    /// What joins it to the group of digits before.
    pub before: Gap,
    /// What joins it to the group of digits after.
    pub after: Gap,
}

impl Candidate<'_> {
    /// The candidate's own text.
    pub(super) fn as_str(&self) -> &str {
        &self.text[self.span.range()]
    }

    /// Every separator that stands between its groups.
    pub(super) fn gaps(&self) -> Gap {
        self.groups.iter().skip(1).fold(Gap::BREAK, |all, g| all.or(g.gap))
    }

    /// `4.111.111.111`: digits grouped by thousands, as amounts are. `081-322-104-477` has a zero before them.
    pub(super) fn is_thousands(&self) -> bool {
        let [first, rest @ ..] = self.groups else { return false };
        let led = first.len() > 1 && self.digits.starts_with(b"0");
        !rest.is_empty() && first.len() <= 3 && !led && rest.iter().all(|g| g.len() == 3)
    }

    /// Whether it is a part of a number with a decimal point: `0.4111111111111111`, `4111111111111111.00`.
    pub(super) fn is_decimal(&self) -> bool {
        let inner = self.groups.len() > 1 && self.gaps().has(Gap::DOT);
        !inner && (self.before == Gap::DOT || (self.after == Gap::DOT && !self.is_whole()))
    }

    /// Whether `.0` follows and nothing else: the mark of a floating point type that a whole number went through.
    pub(super) fn is_whole(&self) -> bool {
        let tail = &self.text.as_bytes()[self.span.end as usize..];
        matches!(tail, [b'.', b'0', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    }

    /// Every sign that may stand between the groups of one number.
    pub(super) const fn any_sign(&self) -> Gap {
        Gap::SPACE.or(Gap::DASH).or(Gap::DOT).or(Gap::SLASH).or(Gap::WIDE)
    }

    /// Compact, or in groups with one kind of sign between them. Groups with spaces between them are short: behind a
    /// number of seven digits another one begins.
    pub(super) fn is_one_number(&self) -> bool {
        let gaps = self.gaps();
        let alike = match self.groups {
            [] | [_] => true,
            [_, second, rest @ ..] => rest.iter().all(|g| g.gap == second.gap) && gaps.within(self.any_sign()),
        };
        let short = !gaps.has(Gap::SPACE) || self.groups.iter().all(|g| g.len() <= 6);
        alike && short && !self.is_thousands() && !self.is_decimal()
    }

    /// Whether a dash, dot or slash alone joins it to digits beside it: then it is a part of something longer.
    pub(super) fn is_tied(&self) -> bool {
        let ties = |gap: Gap| gap != Gap::BREAK && gap.within(Gap::DASH.or(Gap::DOT).or(Gap::SLASH));
        ties(self.before) || ties(self.after) && !self.is_counted()
    }

    /// Whether a long number in one piece is followed by a dash and the number of a copy or a day: `081234567890-2.jpg`,
    /// `6281234567890-20260101.wav`.
    pub(super) fn is_counted(&self) -> bool {
        const LONG: usize = 11;
        let behind = &self.text.as_bytes()[self.span.end as usize..];
        let digits = behind.iter().skip(1).take(9).take_while(|b| b.is_ascii_digit()).count();
        self.groups.len() == 1 && self.digits.len() >= LONG && behind.starts_with(b"-") && matches!(digits, 1..=3 | 8)
    }

    /// `2000-04-16`, `16.04.2000`, `16/4/2000`, alone or at its beginning.
    pub(super) fn is_date(&self) -> bool {
        let [a, b, c, ..] = self.groups else { return false };
        if b.gap != c.gap || !b.gap.within(Gap::DASH.or(Gap::DOT).or(Gap::SLASH)) {
            return false;
        }
        let value = |g: &Group| self.text[g.start as usize..g.end as usize].parse::<u32>().unwrap_or(u32::MAX);
        let (year, month, day) = match (a.len(), b.len(), c.len()) {
            (4, 1..=2, 1..=2) => (value(a), value(b), value(c)),
            (1..=2, 1..=2, 4) => (value(c), value(b), value(a)),
            _ => return false,
        };
        (1900..2100).contains(&year) && (1..=31).contains(&month) && (1..=31).contains(&day)
    }

    /// `550e8400-e29b-41d4-a716-446655440000`: 36 signs, dashes at 8, 13, 18 and 23.
    pub(super) fn is_uuid_part(&self) -> bool {
        let bytes = self.text.as_bytes();
        let part = |b: &u8| b.is_ascii_hexdigit() || *b == b'-';
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        let left = bytes[..start].iter().rev().take(37).take_while(|b| part(b)).count();
        let right = bytes[end..].iter().take(37).take_while(|b| part(b)).count();
        let run = &bytes[start - left..end + right];
        run.len() == 36 && [8, 13, 18, 23].iter().all(|&i| run[i] == b'-')
    }

    /// Its place with the letters that touch it: at most `before` and `after` of them. `None` when there are more, or
    /// other signs of a word.
    pub(super) fn with_letters(&self, before: usize, after: usize) -> Option<Span> {
        let (head, tail) = (&self.text[..self.span.start as usize], &self.text[self.span.end as usize..]);
        let letters = |b: &u8| b.is_ascii_alphabetic();
        let left = head.bytes().rev().take(before + 1).take_while(letters).count();
        let right = tail.bytes().take(after + 1).take_while(letters).count();
        let word = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
        let whole = !head[..head.len() - left].ends_with(word) && !tail[right..].starts_with(word);
        (whole && left <= before && right <= after)
            .then(|| Span::new(self.span.start - left as u32, self.span.end + right as u32))
    }
}

/// A check.
pub(super) struct Validator {
    /// What entity files call it.
    pub name: &'static str,
    /// What it takes.
    #[allow(dead_code, reason = "documents the table; the reference of the config prints it")]
    pub doc: &'static str,
    /// Least and most digits of what it takes.
    pub digits: (usize, usize),
    /// Whether a JSON number passes without its field's name.
    pub numbers: bool,
    /// What a passed check says.
    pub basis: Basis,
    /// The value's place, if the candidate passes; it may reach beyond the candidate to a sign such as `+`.
    pub check: fn(&Candidate<'_>, &Settings) -> Option<Span>,
}

/// Every validator.
pub(super) static ALL: &[Validator] = &[
    cpr::DASHED,
    cpr::ANY,
    cpr::LONG,
    iban::VALIDATOR,
    imei::VALIDATOR,
    konto::VALIDATOR,
    luhn::VALIDATOR,
    national_id::US_SSN_DASHED,
    national_id::US_SSN,
    national_id::MY_NRIC_DASHED,
    national_id::MY_NRIC,
    nik::VALIDATOR,
    npwp::VALIDATOR,
    number::NUMBER,
    number::DOCUMENT,
    number::IN_THREES,
    payment_card::STRICT,
    payment_card::ANY,
    payment_card::FOURS,
    phone::INTERNATIONAL,
    phone::NATIONAL,
    phone::ANY,
    phone::BARE,
    phone::FOREIGN,
    virtual_account::VALIDATOR,
    virtual_account::ANY,
];

/// The validator of this name.
pub(super) fn find(name: &str) -> Option<&'static Validator> {
    ALL.iter().find(|v| v.name == name)
}
