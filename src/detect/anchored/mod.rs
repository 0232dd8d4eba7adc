//! Finders that are called where an anchor stands (`Mvh`, `kode OTP`, `Jl.`) or a label (`full_name: …`): one file for
//! each family, and one line in [`ALL`]. They see the anchor and say what beside it is a value.

use super::matchers::Match;
use crate::record::{Class, Span};

mod code;
mod date;
mod degrees;
mod edifact;
mod email;
mod id;
mod login;
mod name;
mod names;
mod role;
mod row;
mod secret;
mod street;
mod swift;
pub(super) mod words;

pub(super) use name::name_ending;
pub(super) use secret::{is_key_like, is_no_word};

/// A finder that is called at anchors.
pub(super) struct Anchored {
    /// What entity files call it.
    pub name: &'static str,
    /// What it finds.
    #[allow(dead_code, reason = "documents the table; the reference of the config prints it")]
    pub doc: &'static str,
    /// Bits that a text must have, at least one of each.
    pub needs: &'static [Class],
    /// Whether it is called at labels (the entity's field names), and not at words.
    pub at_labels: bool,
    /// Appends what it finds.
    pub find: fn(&Anchor<'_>, &mut Vec<Match>),
}

/// Where a finder is called.
#[derive(Clone, Copy)]
pub(super) struct Anchor<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The anchor; of a label its name.
    pub at: Span,
    /// First byte behind the anchor; of a label first byte of its value.
    pub behind: usize,
}

/// A word, and a space or line break beside it.
const PROSE: &[Class] = &[Class::LETTER, Class::SPACE];
/// The same with digits.
const PROSE_AND_DIGITS: &[Class] = &[Class::LETTER, Class::SPACE, Class::DIGIT];
/// A label's sign, or the bracket of an element (`<name>…`).
const LABELS: &[Class] = &[Class::EQUALS.with(Class::COLON).with(Class::SPACE).with(Class::BRACE), Class::LETTER];
/// The same with digits.
const LABELS_AND_DIGITS: &[Class] = &[LABELS[0], Class::LETTER, Class::DIGIT];

/// Every finder.
pub(super) static ALL: &[Anchored] = &[
    name::AFTER,
    name::AFTER_ANY_CASE,
    name::AFTER_WHOLE,
    name::HOLDER,
    name::ENTRY,
    name::CARD,
    name::PARTY,
    name::GREETED,
    name::BELOW,
    name::BELOW_WHOLE,
    name::BEFORE,
    name::ADDRESSED,
    name::HEADED,
    name::ROWED,
    name::LABELLED,
    role::OF,
    role::FORM,
    role::PARCEL,
    role::NUMBERED,
    role::ALONE,
    street::AFTER,
    street::BEFORE,
    street::NUMBERED,
    street::BOX,
    street::ROMANCE,
    street::LABELLED,
    code::NEAR,
    code::BEFORE,
    code::TOLD,
    code::SENT,
    code::OF,
    code::GLUED,
    code::DIRECT,
    code::SHORT,
    code::LABELLED,
    code::COMPARED,
    code::QUERIED,
    date::NEAR,
    date::DIRECT,
    date::PLACED,
    date::SHORT,
    date::MASKED,
    date::LABELLED,
    secret::AFTER,
    secret::TOLD,
    secret::SCHEME,
    secret::LABELLED,
    secret::KEYED,
    secret::OPTION,
    secret::PHRASE,
    secret::PATH,
    secret::GRANT,
    secret::LINE,
    email::SPELLED,
    id::AFTER,
    id::HEX,
    id::DOCUMENT,
    login::NAME,
    login::LOGGED,
    login::SESSION,
    login::CALLED,
    swift::ACCOUNT,
    swift::NAME,
    edifact::NAME,
    edifact::STREET,
    row::NAME,
    row::DATE,
];

/// The finder of this name.
pub(super) fn find(name: &str) -> Option<&'static Anchored> {
    ALL.iter().find(|a| a.name == name)
}

impl Anchored {
    /// Whether a text of this class can hold what it finds.
    pub(super) fn wants(&self, class: Class) -> bool {
        self.needs.iter().all(|bits| class.has(*bits))
    }
}

impl Anchor<'_> {
    /// The text behind the anchor.
    fn rest(&self) -> &str {
        self.text.get(self.behind..).unwrap_or("")
    }

    /// Whether it is a name in the query of a link: `?code=…`, `&token=…`.
    fn is_in_query(&self) -> bool {
        self.text[..self.at.start as usize].ends_with(['?', '&'])
    }

    /// Whether the anchor itself ends with this sign.
    fn ends_with(&self, sign: char) -> bool {
        self.text[..self.behind].ends_with(sign)
    }
}

impl std::fmt::Debug for Anchored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A match of `start..end`.
fn found(start: usize, end: usize) -> Match {
    let span = Span::new(start as u32, end as u32);
    Match { span, value: span }
}
