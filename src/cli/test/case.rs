//! Cases of `sluice test`: what the YAML says.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::CliError;
use crate::config::Format;

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What must hold.
    pub name: String,
    /// What the event is.
    #[serde(default)]
    pub format: CaseFormat,
    /// The record's Kafka timestamp, RFC 3339; by default now.
    #[serde(default)]
    pub time: Option<String>,
    /// The event: its text, or for JSON its structure.
    pub event: Event,
    /// The scrubbed event. `${em}` stands for any token of type `em`, `${em:who}` for the same one each time.
    #[serde(default)]
    pub expect: Option<Event>,
    /// Why it is rejected, in place of `expect`: `malformed`.
    #[serde(default)]
    pub rejected: Option<String>,
    /// All that is found, in the order of the event.
    #[serde(default)]
    pub findings: Option<Vec<Finding>>,
}

/// JSON or text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseFormat {
    /// One JSON value.
    #[default]
    Json,
    /// Text.
    Text,
}

impl From<CaseFormat> for Format {
    fn from(format: CaseFormat) -> Format {
        match format {
            CaseFormat::Json => Format::Json,
            CaseFormat::Text => Format::Text,
        }
    }
}

/// An event as text, byte for byte, or as the structure of its JSON.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Byte for byte.
    Text(String),
    /// Spaces and the order of keys do not matter.
    Structure(Value),
}

/// An expected finding; what is left out may be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Path of the field, such as `user.email`.
    #[serde(default)]
    pub path: Option<String>,
    /// What it is.
    pub entity: String,
    /// What is done with it.
    #[serde(default)]
    pub action: Option<String>,
    /// Why: `field`, `keyword`, `checksum` or `pattern`.
    #[serde(default)]
    pub basis: Option<String>,
}

/// Reads the cases of a YAML text; `origin` names it in errors.
pub fn read(yaml: &str, origin: &str) -> Result<Vec<Case>, CliError> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let file: File = serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
        let line = error.location().map_or(String::new(), |at| format!(":{}", at.line()));
        CliError::Config(format!("{origin}{line}: {}", error.without_snippet()))
    })?;
    if file.cases.is_empty() {
        return Err(CliError::Config(format!("{origin}: cases: holds none; add one")));
    }
    for case in &file.cases {
        let fault = match case {
            Case { rejected: Some(_), expect: Some(_), .. } => "has both `expect` and `rejected`; keep one",
            Case { rejected: None, expect: None, findings: None, .. } => {
                "expects nothing; add `expect`, `rejected` or `findings`"
            }
            Case { format: CaseFormat::Text, event: Event::Structure(_), .. } => {
                "has a structure as text; quote the event, or make it `format: json`"
            }
            _ => continue,
        };
        return Err(CliError::Config(format!("{origin}: case `{}` {fault}", case.name)));
    }
    Ok(file.cases)
}

/// Reads the cases of a file.
pub fn read_file(path: &Path) -> Result<Vec<Case>, CliError> {
    let origin = path.display().to_string();
    let yaml =
        std::fs::read_to_string(path).map_err(|error| CliError::Config(format!("{origin}: cannot read: {error}")))?;
    read(&yaml, &origin)
}

impl Event {
    /// The event's bytes.
    pub fn text(&self) -> String {
        match self {
            Event::Text(text) => text.clone(),
            Event::Structure(value) => value.to_string(),
        }
    }
}
