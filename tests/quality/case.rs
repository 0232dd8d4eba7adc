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
}

/// The entities of the catalog that a label means. Empty: none is known, and it counts for no precision.
pub fn entities_of(label: &str) -> Vec<String> {
    let known: &[(&str, &[&str])] = &[
        ("EMAIL_ADDRESS", &["email"]),
        ("IP_ADDRESS", &["ip"]),
        ("CREDIT_CARD", &["payment_card"]),
        ("IBAN_CODE", &["iban"]),
        ("PHONE_NUMBER", &["phone"]),
        ("US_SSN", &["us_ssn", "ssn"]),
        ("PERSON", &["person_name", "name"]),
        ("PREFIX", &["person_name", "name"]),
        ("ADDRESS", &["address", "postal_address"]),
        ("LOCATION", &["address", "postal_address"]),
        ("DATE_TIME", &["date_of_birth"]),
        ("US_DRIVER_LICENSE", &["driver_license", "driving_licence"]),
    ];
    match known.iter().find(|(name, _)| *name == label) {
        Some((_, entities)) => entities.iter().map(|&name| name.to_owned()).collect(),
        // Our own corpus speaks in names of entities.
        None if label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') => {
            vec![label.to_owned()]
        }
        None => Vec::new(),
    }
}
