//! What the engine and the service run: checked values without `Option`s that mean "default".
//!
//! Made by `compile` from the types of `spec`; never read from YAML itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The whole configuration of `sluice run`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to reach Kafka.
    pub kafka: KafkaSettings,
    /// What is read, in the order of the config.
    pub inputs: Vec<InputTopic>,
    /// Where scrubbed records go.
    pub output: OutputSettings,
    /// What may be assumed of delivery.
    pub delivery: Delivery,
    /// When a transaction (or batch) is committed.
    pub commit: CommitSettings,
    /// Number of workers; `None`: one per core, capped by the number of partitions.
    pub workers: Option<usize>,
    /// Limits on one record and on memory.
    pub limits: Limits,
    /// What happens to records that cannot be read safely.
    pub quarantine: QuarantineSettings,
    /// Where root keys are, if the config names a place.
    pub keys: Option<KeySource>,
    /// What tokens are bound to, and how long they hold.
    pub pseudonyms: PseudonymSettings,
    /// Where audit records go.
    pub audit: Audit,
    /// Which events ask for a subject to be forgotten.
    pub erase: Option<Erase>,
    /// The admin port; `None`: off.
    pub admin: Option<SocketAddr>,
    /// Samples that may be seen there a second; 0: none.
    pub tap_per_second: u32,
    /// Logging.
    pub log: LogSettings,
    /// How long a graceful stop may take.
    pub drain_timeout: Duration,
    /// Topics of signals; `None`: there are none.
    pub signals: Option<SignalTopics>,
}

/// Topics of signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalTopics {
    /// Places in [`Settings::inputs`] of those whose events are judged, in the order of their names.
    pub inputs: Vec<usize>,
    /// Places of inputs that are not keyed by account: their events go through the internal topic, the only one of
    /// `inputs` then. Empty: there is none.
    pub rekeyed: Vec<usize>,
    /// Where signals go.
    pub topic: String,
    /// Where account state survives.
    pub changelog: String,
    /// An empty changelog is taken for a new beginning although offsets are committed.
    pub start_empty: bool,
}

/// How to reach Kafka.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port` of the bootstrap brokers.
    pub brokers: Vec<String>,
    /// Consumer group.
    pub group: String,
    /// Stable name of this process: transactional ids and static membership are made of it.
    pub instance_id: String,
    /// `classic` (eager `range`) or `consumer` (KIP-848).
    pub group_protocol: GroupProtocol,
    /// Join as static member `<instance id>-<worker>`.
    pub static_membership: bool,
    /// librdkafka properties of all clients; secrets are already resolved into it, so it is never printed.
    pub properties: BTreeMap<String, String>,
    /// How long the start waits for a broker.
    pub connect_timeout: Duration,
}

impl std::fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Property values may be secrets: names only.
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("instance_id", &self.instance_id)
            .field("group_protocol", &self.group_protocol)
            .field("static_membership", &self.static_membership)
            .field("properties", &self.properties.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The rebalance protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProtocol {
    /// Eager rebalances with the `range` assignor.
    Classic,
    /// KIP-848, with the `range` assignor of the broker.
    Consumer,
}

/// One input topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputTopic {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub format: Format,
    /// It is our own: resolved events on their way to their account (`signals.rekey`).
    pub internal: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json,
    /// Text in UTF-8: a log line, a mail body.
    Text,
}

/// What a Kafka key that is not UTF-8 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryKey {
    /// The record is quarantined: nobody knows what the key holds.
    Quarantine,
    /// The operator says that binary keys hold no personal data: they pass.
    Keep,
}

/// Where scrubbed records go.
#[derive(Debug, Clone)]
pub struct OutputSettings {
    /// Template of the topic: `{topic}` stands for the input topic.
    pub topic: String,
    /// `Some`: missing output and quarantine topics are created so; `None`: they must exist.
    pub create: Option<CreateTopics>,
    /// Keys that are not UTF-8.
    pub binary_key: BinaryKey,
}

impl OutputSettings {
    /// The topic that records of `input` go to.
    pub fn topic_for(&self, input: &str) -> String {
        self.topic.replace("{topic}", input)
    }
}

/// How missing topics are created (with as many partitions as their input).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTopics {
    /// Replication factor; −1: the broker's default.
    pub replication: i32,
    /// Topic settings.
    pub config: BTreeMap<String, String>,
}

/// What may be assumed of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Kafka transactions: readers that read committed see every record once.
    ExactlyOnce,
    /// Offsets are committed after delivery: a crash repeats records, and loses none.
    AtLeastOnce,
}

/// When a transaction (or batch) is committed: whatever comes first.
#[derive(Debug, Clone, Copy)]
pub struct CommitSettings {
    /// Time since its first record.
    pub interval: Duration,
    /// Records in it.
    pub records: usize,
    /// Bytes of input in it.
    pub bytes: usize,
    /// `transaction.timeout.ms`: after it the broker aborts the transaction of a dead worker.
    pub transaction_timeout: Duration,
}

/// Limits on one record and on memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest value, in bytes.
    pub record_bytes: usize,
    /// Deepest nesting of JSON.
    pub depth: usize,
    /// Most encodings within encodings that are looked into.
    pub encoded_depth: usize,
    /// Largest base64 or hexadecimal value that is looked into, in bytes.
    pub encoded_bytes: usize,
    /// Memory that the buffers of the whole process may take, in bytes.
    pub memory_bytes: usize,
}

impl Limits {
    /// What one worker wants of the memory: with less, the least that its client can fetch at once is more than its part.
    pub const WORKER_BYTES: usize = 4608 << 10;
}

impl Default for Limits {
    fn default() -> Self {
        Limits { record_bytes: 1 << 20, depth: 64, encoded_depth: 8, encoded_bytes: 64 << 10, memory_bytes: 64 << 20 }
    }
}

/// What happens to records that cannot be read safely.
#[derive(Debug, Clone)]
pub struct QuarantineSettings {
    /// Template of the topic.
    pub topic: String,
    /// The circuit breaker per partition.
    pub breaker: Breaker,
}

impl QuarantineSettings {
    /// The topic that rejected records of `input` go to.
    pub fn topic_for(&self, input: &str) -> String {
        self.topic.replace("{topic}", input)
    }
}

/// A partition that quarantines too much is stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaker {
    /// Number of last records that are looked at.
    pub window: usize,
    /// Trips when more than this share of `window` was quarantined; 1.0 never trips.
    pub ratio: f64,
    /// What a trip does.
    pub on_trip: OnTrip,
}

/// What a trip of the breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTrip {
    /// The partition pauses, its offset unmoved; the others go on.
    Pause,
    /// The process drains and exits with 1.
    Exit,
}

/// Where root keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A directory of key files (a mounted Secret).
    Directory(PathBuf),
    /// One YAML file.
    File(PathBuf),
}

/// What tokens are bound to, and how long they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PseudonymSettings {
    /// Whose data it is.
    pub tenant: Binding,
    /// Within which values may be linked.
    pub scope: Binding,
    /// Where daily salts are; `None`: no token is daily.
    pub salts: Option<SaltStore>,
    /// File of pseudonyms whose records are dropped.
    pub suppress: Option<PathBuf>,
}

/// A word that tokens are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// The same for every record.
    Word(String),
    /// Said by the record; `default` where it is not, and without one the record is quarantined.
    From {
        /// Who says it.
        place: Place,
        /// The word of records that do not.
        default: Option<String>,
    },
}

/// Where a record says a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A field of its value: the names of its path.
    Field(Vec<String>),
    /// A header.
    Header(String),
    /// The name of its topic.
    Topic,
}

/// Where daily salts are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaltStore {
    /// A Kafka topic.
    Topic(String),
    /// A local file.
    File(PathBuf),
}

/// Where audit records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audit {
    /// To standard error.
    Log,
    /// To the end of a file.
    File(PathBuf),
}

/// An event that asks for a subject to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erase {
    /// Names of the path of the field that tells it.
    pub field: Vec<String>,
    /// What stands in the field.
    pub equals: String,
    /// Path of the field that names the account, if it is not that of the other events.
    pub account: Option<String>,
}

/// Logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// One JSON object a line, or text.
    pub json: bool,
    /// Least severity that is printed.
    pub level: tracing::Level,
}
