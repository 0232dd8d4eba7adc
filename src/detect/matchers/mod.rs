//! Hand-written finders: one file each, and one line in [`ALL`].
//!
//! A matcher says where a value may be; what it yields should be right most of the time by itself. The `digits`
//! matcher is part of the search (`search.rs`): it asks the validators directly.

use super::groups::{Census, Group};
use crate::record::{Class, Marks, Span};

mod card_signs;
mod card_track;
mod card_tuple;
pub(super) mod crypto;
mod dk_postcode;
mod email;
mod email_password;
mod geo;
mod iban;
mod ip;
mod lettered_id;
pub(super) mod mac;
mod mrz;
mod name_beside_address;
mod name_signed;
mod name_speaking;
mod postcode;
mod secret;
mod us_postcode;
mod userinfo;
mod version;

pub(super) use email::TOPS;
pub(super) use iban::DIGITS_MIN as IBAN_DIGITS_MIN;
pub(super) use secret::LEAST_BYTES as SECRET_BYTES_MIN;
pub(super) use secret::may_begin as may_begin_secret;
pub(super) use secret::may_hold as may_hold_secret;

/// The name of the matcher that offers groups of digits to validators.
pub(super) const DIGITS: &str = "digits";

/// The name of the matcher that looks at values which begin as secrets do, whatever their class.
pub(super) const SECRET: &str = "secret";
/// The name of the matcher that finds addresses: fields that hold versions are not shown to it.
pub(super) const IP: &str = "ip";

/// A finder. JSON numbers are not shown to it: it looks for signs that they do not have.
pub(super) struct Matcher {
    /// What entity files call it.
    pub name: &'static str,
    /// What it finds.
    #[allow(dead_code, reason = "documents the table; the reference of the config prints it")]
    pub doc: &'static str,
    /// Whether a text of this class with so many digits can hold a match: the cheap dismissal.
    /// More digits must not turn a yes into a no.
    pub wants: fn(Class, u8) -> bool,
    /// Appends what it finds, in ascending order.
    pub find: fn(&Input<'_>, &mut Vec<Match>),
}

/// The text that is searched.
pub(super) struct Input<'a> {
    /// The text.
    pub text: &'a str,
    /// What bytes it is made of.
    pub class: Class,
    /// What stands where in it.
    pub marks: &'a Marks,
    /// Its groups of digits.
    pub groups: &'a [Group],
    /// What these have in common.
    pub census: Census,
}

/// What a matcher found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    /// All that has to go.
    pub span: Span,
    /// The value itself.
    pub value: Span,
}

/// Every matcher but [`DIGITS`].
pub(super) static ALL: &[Matcher] = &[
    card_signs::MATCHER,
    card_signs::ALONE,
    card_track::TRACK,
    card_track::MASKED,
    card_tuple::MATCHER,
    crypto::MATCHER,
    dk_postcode::MATCHER,
    email::MATCHER,
    email_password::MATCHER,
    geo::MATCHER,
    geo::WHOLE,
    geo::BARE,
    geo::SEXAGESIMAL,
    iban::MATCHER,
    ip::MATCHER,
    lettered_id::SG_NRIC,
    lettered_id::UK_NINO,
    mac::MATCHER,
    mrz::MATCHER,
    name_beside_address::MATCHER,
    name_signed::MATCHER,
    name_speaking::MATCHER,
    postcode::MATCHER,
    secret::MATCHER,
    us_postcode::MATCHER,
    userinfo::MATCHER,
];

/// The names entity files may use.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().map(|m| m.name).chain(std::iter::once(DIGITS)).chain(super::anchored::ALL.iter().map(|a| a.name))
}
