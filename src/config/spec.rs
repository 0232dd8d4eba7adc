//! What the YAML says, word for word. Doc comments here become the descriptions of the JSON Schema, so they speak to
//! the person who writes a config.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use super::spec_pseudonyms::*;
use super::units::{ByteSize, HumanDuration};

/// Configuration of Sluice: where records come from and go to, what is personal data in them, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Sluice configuration")]
pub struct Spec {
    /// How to reach Kafka.
    pub kafka: Kafka,
    /// What is read.
    pub input: Input,
    /// Where scrubbed records go.
    pub output: Output,
    /// What may be assumed of delivery.
    pub delivery: Delivery,
    /// When a transaction (or batch) is committed: whatever limit is reached first.
    pub commit: Commit,
    /// Number of workers, each with its own consumer and producer. Default: one per core, at most one per partition and
    /// one for each 4.5MiB of limits.memory.
    #[schemars(range(min = 1, max = 1024))]
    pub workers: Option<usize>,
    /// Limits on one record and on memory.
    pub limits: Limits,
    /// What happens to records that cannot be read safely.
    pub quarantine: Quarantine,
    /// Where the root keys are. `run` needs them; `scrub` and `demo` make a throw-away key without.
    pub keys: Option<Keys>,
    /// What tokens are bound to besides their key.
    pub pseudonyms: Pseudonyms,
    /// Whom values are sealed to.
    pub seal: Sealing,
    /// Where audit records go.
    pub audit: Audit,
    /// Events that ask for a subject to be forgotten.
    pub erase: Option<Erase>,
    /// What personal data looks like.
    pub patterns: Patterns,
    /// What fields are known to hold. These rules go before the patterns.
    pub fields: Vec<FieldRule>,
    /// Whether fields and headers that no rule of `fields` names are dropped. Objects and arrays stay as long as something
    /// in them is named, and what is in a named one is named. Text, Kafka keys and the names of kept fields are searched as ever.
    pub default_deny: bool,
    /// Which accounts are flagged, and from what events. Absent: none.
    pub signals: Option<super::signals::Signals>,
    /// How long a graceful stop may take. Keep it below the grace period of the pod.
    pub drain_timeout: HumanDuration,
    /// Health and metrics over HTTP.
    pub admin: Admin,
    /// Logging, to standard error.
    pub log: Log,
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            kafka: Kafka::default(),
            input: Input::default(),
            output: Output::default(),
            delivery: Delivery::ExactlyOnce,
            commit: Commit::default(),
            workers: None,
            limits: Limits::default(),
            quarantine: Quarantine::default(),
            keys: None,
            pseudonyms: Pseudonyms::default(),
            seal: Sealing::default(),
            audit: Audit::default(),
            erase: None,
            patterns: Patterns::default(),
            fields: Vec::new(),
            default_deny: false,
            signals: None,
            drain_timeout: HumanDuration::secs(25),
            admin: Admin::default(),
            log: Log::default(),
        }
    }
}

/// How to reach Kafka.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Kafka {
    /// Bootstrap brokers, `host:port` each.
    pub brokers: Vec<String>,
    /// Consumer group. All pods of one deployment share it.
    pub group: String,
    /// Name of this process that outlives a restart; transactional ids and static membership are made of it.
    /// Default: the host's name, which a StatefulSet keeps.
    pub instance_id: Option<String>,
    /// Rebalance protocol.
    pub group_protocol: GroupProtocol,
    /// Join as static member, so that a restart within the session timeout moves no partition.
    pub static_membership: bool,
    /// How long the start waits for a broker.
    pub connect_timeout: HumanDuration,
    /// Properties of librdkafka for all clients, such as `security.protocol`. Those that Sluice owns are refused.
    #[schemars(schema_with = "properties")]
    pub properties: Properties,
    /// Properties of librdkafka whose values come from the environment or from files, such as `sasl.password`.
    pub secrets: BTreeMap<String, SecretRef>,
}

impl Default for Kafka {
    fn default() -> Self {
        Kafka {
            brokers: Vec::new(),
            group: "sluice".to_owned(),
            instance_id: None,
            group_protocol: GroupProtocol::Classic,
            static_membership: false,
            connect_timeout: HumanDuration::secs(10),
            properties: Properties::default(),
            secrets: BTreeMap::new(),
        }
    }
}

/// Rebalance protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// Eager rebalances with the `range` assignor; any broker.
    Classic,
    /// KIP-848 with the `range` assignor of the broker; Kafka 4.
    Consumer,
}

/// librdkafka properties. `Debug` shows names only: nobody knows what a value holds.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Properties(pub BTreeMap<String, String>);

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A map to texts, whose numbers and booleans need no quotes in YAML.
fn scalars(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
}

/// [`scalars`] without the names that may not be set.
fn properties(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = scalars(generator);
    let owned: Vec<&str> = super::properties::owned().collect();
    schema.insert("propertyNames".to_owned(), serde_json::json!({"not": {"enum": owned}}));
    schema
}

/// Where a secret value is read from when the process starts. The only place where the environment is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// The name of an environment variable.
    Env(String),
    /// The path of a file; one line break at its end is dropped.
    File(PathBuf),
}

/// What is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Topics, each with the format of its values.
    pub topics: Vec<Topic>,
}

/// One input topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// What its values are.
    #[serde(default = "json")]
    pub format: Format,
}

fn json() -> Format {
    Format::Json
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON value.
    Json,
    /// Text in UTF-8: a log line, a mail body.
    Text,
}

/// Where scrubbed records go: to the same partition number of the output topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// Name of the topic; `{topic}` stands for the input topic.
    pub topic: String,
    /// How missing output and quarantine topics are created. Absent: they must exist.
    pub create: Option<Create>,
    /// What happens to a record whose Kafka key is not UTF-8.
    pub binary_key: BinaryKey,
}

impl Default for Output {
    fn default() -> Self {
        Output { topic: "{topic}.scrubbed".to_owned(), create: None, binary_key: BinaryKey::Quarantine }
    }
}

/// How missing topics are created; they get as many partitions as their input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Create {
    /// Replication factor; -1: the broker's default.
    #[schemars(range(min = -1, max = 32767))]
    pub replication: i32,
    /// Topic settings, such as `retention.ms`.
    #[schemars(schema_with = "scalars")]
    pub config: BTreeMap<String, String>,
}

impl Default for Create {
    fn default() -> Self {
        Create { replication: -1, config: BTreeMap::new() }
    }
}

/// What happens to a record whose Kafka key is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BinaryKey {
    /// It is quarantined: nobody knows what the key holds.
    Quarantine,
    /// You say that binary keys hold no personal data: the key passes unchanged.
    Keep,
}

/// What may be assumed of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Kafka transactions: readers with `isolation.level=read_committed` see every record once.
    ExactlyOnce,
    /// Offsets are committed after delivery: a crash repeats records and loses none.
    AtLeastOnce,
}

/// When a transaction (or batch) is committed: whatever limit is reached first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Commit {
    /// Time since its first record.
    pub interval: HumanDuration,
    /// Records in it.
    #[schemars(range(min = 1))]
    pub records: usize,
    /// Bytes of input in it.
    pub bytes: ByteSize,
    /// After this the broker aborts the transaction of a dead worker. Below the session timeout (45s).
    pub transaction_timeout: HumanDuration,
}

impl Default for Commit {
    fn default() -> Self {
        Commit {
            interval: HumanDuration::millis(100),
            records: 50_000,
            bytes: ByteSize(16 << 20),
            transaction_timeout: HumanDuration::secs(30),
        }
    }
}

/// Limits on one record and on memory. A record over a limit is quarantined, it never passes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest value of a record.
    pub record_bytes: ByteSize,
    /// Deepest nesting of JSON.
    #[schemars(range(min = 1, max = 1024))]
    pub depth: usize,
    /// Most encodings within encodings (JSON in a string, base64, percent escapes) that are looked into. What lies
    /// deeper is redacted whole; the record goes on.
    #[schemars(range(min = 1, max = 32))]
    pub encoded_depth: usize,
    /// Largest base64 or hexadecimal value that is looked into; a larger one (a photo) is redacted whole.
    pub encoded_bytes: ByteSize,
    /// Memory for the buffers of the whole process; the process itself takes some 50 MiB more.
    pub memory: ByteSize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            record_bytes: ByteSize(1 << 20),
            depth: 64,
            encoded_depth: 8,
            encoded_bytes: ByteSize(64 << 10),
            memory: ByteSize(64 << 20),
        }
    }
}

/// What happens to records that cannot be read safely: coordinates and reason go to a topic, the payload only sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Quarantine {
    /// Name of the topic; `{topic}` stands for the input topic.
    pub topic: String,
    /// age recipients, `age1…`, to whom the payload is sealed. Empty: there is no payload.
    pub recipients: Vec<String>,
    /// Stops a partition that quarantines too much.
    pub breaker: Breaker,
}

impl Default for Quarantine {
    fn default() -> Self {
        Quarantine { topic: "{topic}.quarantine".to_owned(), recipients: Vec::new(), breaker: Breaker::default() }
    }
}

/// Stops a partition that quarantines too much: most likely a producer changed its format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Breaker {
    /// How many of the partition's last records are looked at.
    #[schemars(range(min = 1))]
    pub window: usize,
    /// Trips when more than this share of them was quarantined; 1.0 never trips.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub ratio: f64,
    /// What a trip does.
    pub on_trip: OnTrip,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker { window: 1000, ratio: 0.5, on_trip: OnTrip::Pause }
    }
}

/// What a trip of the breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTrip {
    /// The partition pauses with its offset unmoved, and the others go on.
    Pause,
    /// The process drains and exits with 1.
    Exit,
}

/// Where the root keys are. Paths are relative to the working directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// A directory of key files, such as a mounted Kubernetes Secret.
    Directory(PathBuf),
    /// One YAML file with all keys.
    File(PathBuf),
}

/// What personal data looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Patterns {
    /// Directories with entity files of your own; one with the name of a built-in entity replaces it.
    pub directories: Vec<PathBuf>,
    /// Entities that are not looked for in values.
    pub disable: Vec<String>,
    /// Regions whose local phone numbers are understood, the likeliest first: ID, DK, SG, MY, US, GB. Empty: all of these.
    pub regions: Vec<String>,
    /// What becomes of an entity, by its name, in place of the entity's default.
    pub actions: BTreeMap<String, String>,
    /// Entities that are not simply on, by name: `shadow` counts what is found and changes nothing, `off` is as
    /// `disable`.
    pub states: BTreeMap<String, State>,
    /// Lists of words that are looked for in all texts: of names, for names in bare prose.
    pub lists: Vec<WordList>,
}

/// A file of words, and what they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordList {
    /// What its words are, such as `person_name`.
    pub entity: String,
    /// The file: UTF-8, a word or several with spaces between on each line, `#` before a comment.
    pub file: PathBuf,
    /// How its words are written in texts.
    #[serde(default)]
    pub case: WordCase,
}

/// How the words of a list are written in texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordCase {
    /// Each with a capital, or all in capitals; capitalised words that follow belong to it.
    #[default]
    Capital,
    /// In any way. Names that are words, too (`will`, `per`), should be in no such list.
    Any,
}

/// Whether a rule is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    #[default]
    On,
    /// It is tried: what it finds is counted with the action `shadow`, and stays as it is.
    Shadow,
    /// It is not there.
    Off,
}

/// What a field is known to hold, and what becomes of it. Needs `path` or `name`, and `entity` or `action` or both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// Full path such as `user.contacts[].email`, `@key` or `@headers.x-user`; or a list of paths.
    pub path: Option<OneOrMany>,
    /// Name of the field wherever it stands, such as `nickname`; or a list of names.
    pub name: Option<OneOrMany>,
    /// What it holds: the whole value is treated as this entity.
    pub entity: Option<String>,
    /// What becomes of it: `token`, `redact`, `mask:<how>`, `generalize:<how>`, `seal`, `drop`, `keep` (as it is) or
    /// `scan` (searched as fields without a rule are: what lists a field under `default_deny`).
    pub action: Option<String>,
    /// Whether the rule is applied: `on`, `shadow` or `off`.
    #[serde(default, skip_serializing_if = "State::is_on")]
    pub state: State,
}

impl State {
    fn is_on(&self) -> bool {
        *self == State::On
    }
}

/// A string, or a list of strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(OneOrMany(all))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
            ],
        })
    }
}

/// Health and metrics over HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address of `/livez`, `/readyz` and `/metrics`, such as `0.0.0.0:9464`; `off`: none.
    pub listen: String,
    /// Samples of scrubbed records, and of signals, that `sluice tap` may see a second, at most 100; 0: none. Whoever
    /// reaches the port sees them.
    pub tap: u32,
}

impl Default for Admin {
    fn default() -> Self {
        Admin { listen: "0.0.0.0:9464".to_owned(), tap: 0 }
    }
}

/// Logging, to standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Least severity that is printed.
    pub level: LogLevel,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::Json, level: LogLevel::Info }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Least severity that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Failures only.
    Error,
    /// And what needs attention.
    Warn,
    /// And what happens rarely: start, rebalance, stop.
    Info,
    /// And what happens per batch.
    Debug,
    /// Everything.
    Trace,
}
