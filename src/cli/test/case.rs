//! Cases of `sluice test`: what the YAML says.

use std::collections::BTreeMap;
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
    /// Whether the record's day has its salt.
    #[serde(default)]
    pub salt: Salt,
    /// Input topic, where tenant or scope are bound to it.
    #[serde(default)]
    pub topic: String,
    /// The record's key.
    #[serde(default)]
    pub key: Option<String>,
    /// Its headers; tenant or scope may be bound to one.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Events that came before, oldest first: what signals know of the account.
    #[serde(default)]
    pub before: Vec<Event>,
    /// The event: its text, or for JSON its structure.
    pub event: Event,
    /// The scrubbed event, without flags. `${em}` stands for any token of type `em`, `${em:who}` for the same one each time
    /// and another than under any other name.
    #[serde(default)]
    pub expect: Option<Event>,
    /// The scrubbed key, with places for tokens as `expect` has them.
    #[serde(default)]
    pub expect_key: Option<String>,
    /// The scrubbed headers, all of them.
    #[serde(default)]
    pub expect_headers: Option<BTreeMap<String, String>>,
    /// Why it is rejected, in place of `expect`: `malformed`.
    #[serde(default)]
    pub rejected: Option<String>,
    /// Whether it is dropped because it carries a listed pseudonym.
    #[serde(default)]
    pub suppressed: bool,
    /// All that is found, in the order of the event.
    #[serde(default)]
    pub findings: Option<Vec<Finding>>,
    /// Signals of the event, held back ones included: all alerts (high and critical), and of the weak ones those that matter.
    #[serde(default)]
    pub signals: Option<Vec<Signal>>,
}

/// Whether a day has its salt: a throw-away one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Salt {
    /// It does.
    #[default]
    Living,
    /// The event came late: the salt is gone.
    Gone,
}

/// An expected signal; what is left out may be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Its rule.
    pub rule: String,
    /// How much it matters.
    #[serde(default)]
    pub severity: Option<String>,
    /// `alert` or `notice`.
    #[serde(default)]
    pub kind: Option<String>,
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
            Case { key: None, expect_key: Some(_), .. } => "has `expect_key` and no `key`; add the key",
            Case { rejected: Some(_), expect_key: Some(_), .. }
            | Case { rejected: Some(_), expect_headers: Some(_), .. } => {
                "is rejected, which leaves neither key nor headers; remove what is expected of them"
            }
            Case {
                rejected: None,
                expect: None,
                expect_key: None,
                expect_headers: None,
                findings: None,
                signals: None,
                suppressed: false,
                ..
            } => "expects nothing; add `expect`, `rejected`, `suppressed`, `findings` or `signals`",
            Case { format: CaseFormat::Text, event: Event::Structure(_), .. } => {
                "has a structure as text; quote the event, or make it `format: json`"
            }
            Case { format: CaseFormat::Text, signals: Some(_), .. } => {
                "is text, which gives no signals; remove `signals`"
            }
            Case { rejected: Some(_), signals: Some(_), .. } => "is rejected, which gives no signals; remove `signals`",
            Case { before, signals: None, .. } if !before.is_empty() => {
                "has events `before` it and expects no `signals`; only signals remember them"
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
