//! Checks that a candidate must pass: one file each, and one line in [`ALL`].

use super::groups::{Gap, Group};
use crate::record::{Basis, Span};

mod iban;
mod luhn;
mod payment_card;
mod phone;

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

    /// `4.111.111.111`: digits grouped by thousands, as amounts are.
    pub(super) fn is_thousands(&self) -> bool {
        self.groups.len() > 1 && self.groups[0].len() <= 3 && self.groups[1..].iter().all(|g| g.len() == 3)
    }

    /// Whether it is a part of a number with a decimal point: `0.4111111111111111`, `4111111111111111.00`.
    pub(super) fn is_decimal(&self) -> bool {
        let inner = self.groups.len() > 1 && self.gaps().has(Gap::DOT);
        !inner && (self.before == Gap::DOT || self.after == Gap::DOT)
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
    iban::VALIDATOR,
    luhn::VALIDATOR,
    payment_card::STRICT,
    payment_card::ANY,
    phone::INTERNATIONAL,
    phone::NATIONAL,
    phone::ANY,
];

/// The validator of this name.
pub(super) fn find(name: &str) -> Option<&'static Validator> {
    ALL.iter().find(|v| v.name == name)
}
