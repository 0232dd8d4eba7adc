//! A labelled event: what goes in, where its personal data stands, and what must not come out.

use std::ops::Range;

use sluice::config::Format;

/// One labelled event.
#[derive(Debug, Clone)]
pub struct Case {
    /// What names it in reports.
    pub id: String,
    /// What it is an example of: `enc/base64`, `da/mail`.
    pub category: String,
    /// Language of its words: `id`, `da`, `en`, or nothing.
    pub language: String,
    /// What the input is.
    pub format: Format,
    /// The event.
    pub input: String,
    /// Texts of which none may stand in the output.
    pub needles: Vec<String>,
    /// Where personal data stands, in bytes of the input.
    pub gold: Vec<Gold>,
    /// Kind of the needles, for reports, when they have one.
    pub kind: Option<String>,
    /// Whether nothing may change.
    pub keep: bool,
}

/// One labelled piece of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gold {
    /// Bytes of the input.
    pub span: Range<usize>,
    /// Its label, in the words of the file: `PHONE_NUMBER`.
    pub label: String,
    /// It stands inside, in an encoding that cannot be cut: it is left if the span still stands as it was.
    pub blob: bool,
}

/// The name of what a field holds when a rule of the config gives an action and no entity: right for every label.
pub const FIELD: &str = "field";

/// Whether a finding of `entity` is what `label` says: a word of another corpus, or an entity's own name.
pub fn means(label: &str, entity: &str) -> bool {
    let known: &[(&str, &[&str])] = &[
        ("EMAIL_ADDRESS", &["email"]),
        ("IP_ADDRESS", &["ip"]),
        ("CREDIT_CARD", &["payment_card"]),
        ("IBAN_CODE", &["iban"]),
        ("PHONE_NUMBER", &["phone"]),
        ("US_SSN", &["us_ssn", "ssn"]),
        ("PERSON", &["person_name"]),
        ("PREFIX", &["person_name"]),
        ("ADDRESS", &["address"]),
        ("LOCATION", &["address"]),
        ("DATE_TIME", &["birth_date"]),
        ("US_DRIVER_LICENSE", &["driving_licence"]),
        ("cvv", &["card_verification"]),
        ("date_of_birth", &["birth_date"]),
        ("otp", &["one_time_code"]),
        ("device_id", &["device"]),
        ("payment_card", &["payment_card", "card_track"]),
    ];
    let named = known.iter().find(|(name, _)| *name == label);
    entity == FIELD || named.map_or(label == entity, |(_, entities)| entities.contains(&entity))
}
