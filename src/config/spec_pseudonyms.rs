//! What the YAML says of pseudonyms: whose they are, how long they hold, who may open what is sealed, what is recorded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// What tokens are bound to besides their key: other words here give unrelated tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pseudonyms {
    /// Whose data it is: a word, or where the record says it.
    pub tenant: Binding,
    /// Within which values may be linked: a word, or where the record says it.
    pub scope: Binding,
    /// How long tokens hold.
    pub epoch: Epoch,
    /// How long those of an entity hold, by its name, in place of `epoch`.
    pub epochs: BTreeMap<String, Epoch>,
    /// Entities whose tokens have a coarser one beside them, which links more: `em_…|emx_…`.
    pub linkable: BTreeMap<String, Linkable>,
    /// Where daily salts are kept.
    pub salts: Salts,
    /// A file of pseudonyms, one a line, whose records are dropped: objection, withdrawn consent. Read again when it changes.
    pub suppress: Option<PathBuf>,
}

impl Default for Pseudonyms {
    fn default() -> Self {
        Pseudonyms {
            tenant: Binding::default(),
            scope: Binding::default(),
            epoch: Epoch::Never,
            epochs: BTreeMap::new(),
            linkable: BTreeMap::new(),
            salts: Salts::default(),
            suppress: None,
        }
    }
}

/// How long tokens hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Epoch {
    /// As long as their root key.
    Never,
    /// For one UTC day: its salt is gone within 48 hours, and then nobody can link them to another day's.
    Daily,
}

/// The coarser thing that a second token links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Linkable {
    /// Of an e-mail address the mailbox, `emx_…`: without plus tag, and without the dots that Gmail ignores.
    Mailbox,
    /// Of an IP address its network of 24 or 48 bits, `ipn_…`.
    Network,
}

/// Where daily salts are kept, sealed under a root key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Salts {
    /// A Kafka topic of one partition, which all processes share.
    Topic(String),
    /// A local file, for `scrub` and for a service of one process.
    File(PathBuf),
}

impl Default for Salts {
    fn default() -> Self {
        Salts::Topic("sluice.salts".to_owned())
    }
}

/// A word that tokens are bound to, or where the record says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Binding {
    /// The same word for every record.
    Word(String),
    /// A word of the record.
    From(From),
}

impl Default for Binding {
    fn default() -> Self {
        Binding::Word("default".to_owned())
    }
}

/// Where a record says whose it is: exactly one of `field`, `header` and `topic`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct From {
    /// Full path of a field of the value, such as `site.id`.
    pub field: Option<String>,
    /// Name of a header.
    pub header: Option<String>,
    /// The name of the input topic.
    pub topic: Option<bool>,
    /// The word of records that do not say it. Absent: they are quarantined.
    pub default: Option<String>,
}

impl<'de> Deserialize<'de> for Binding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Binding;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or one of `field`, `header` and `topic`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Binding, E> {
                Ok(Binding::Word(text.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Binding, A::Error> {
                From::deserialize(de::value::MapAccessDeserializer::new(map)).map(Binding::From)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Binding {
    fn schema_name() -> Cow<'static, str> {
        "Binding".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string", "minLength": 1}, generator.subschema_for::<From>()]})
    }
}

/// Whom values are sealed to by the action `seal`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sealing {
    /// age recipients, `age1…`: each of them can open what is sealed, and nobody else.
    pub recipients: Vec<String>,
}

/// Where audit records go: one JSON object a line for each use of a key that is not the stream itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audit {
    /// To standard error, among the log.
    #[default]
    Log,
    /// To the end of a file.
    File(PathBuf),
}

/// Events that ask for a subject to be forgotten, keyed like the account's own events. What signals know of the account
/// goes, and the event goes on scrubbed, so that consumers can forget too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// Full path of the field that tells them, such as `event`.
    pub field: String,
    /// What stands in it, such as `erase_subject`.
    pub equals: String,
    /// Full path of the field that names the account. Default: the path that `signals.fields` has for `account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}
