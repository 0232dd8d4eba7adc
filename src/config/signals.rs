//! What the YAML says about signals, word for word. Names of rules, fields and words are checked where rules are known.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::OneOrMany;
use super::units::HumanDuration;

/// Which accounts are flagged, and from what events. Absent: none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Signals {
    /// Topic of the signal records.
    pub topic: String,
    /// Input topics whose events are judged; they must have the same number of partitions, and be keyed by account.
    /// Default: all that are JSON.
    pub inputs: Vec<String>,
    /// The inputs are not keyed by account: an internal topic brings the events of an account together. Signals come
    /// later then, and no flags go on the events.
    pub rekey: bool,
    /// The internal topic of `rekey`; it holds resolved events without any raw field. `{group}` stands for the consumer
    /// group.
    pub rekey_topic: String,
    /// Where account state survives a restart.
    pub state: State,
    /// Put flags on the scrubbed event: the top-level member `_sluice`. One that comes with the input is replaced.
    pub flags: bool,
    /// File with the state key (64 hex digits or more). `run` needs one; `scrub` makes a throw-away key without.
    pub state_key: Option<PathBuf>,
    /// How late an event may come and still be sorted in.
    pub lateness: HumanDuration,
    /// How far an event's time may be ahead of its record.
    pub future: HumanDuration,
    /// An account with an alert gets no second one of the same severity for this long.
    pub cooldown: HumanDuration,
    /// Accounts whose last event is older than this are forgotten.
    pub ttl: HumanDuration,
    /// Most accounts that one task (partition) keeps.
    #[schemars(range(min = 1))]
    pub accounts: usize,
    /// When an account is learnt: only then something new means something.
    pub learnt: Learnt,
    /// Databases for events that bring no estimate of their own.
    pub geo: Geo,
    /// Files with networks, ASNs, accounts and itineraries that hold rules back.
    pub lists: Lists,
    /// Fields that are the same in all shapes: what they mean, and their path.
    pub fields: BTreeMap<String, String>,
    /// Shapes of events; the first that fits is taken.
    pub events: Vec<Shape>,
    /// More words that values may have, by what they mean, such as `bonus: [welcome]`.
    pub words: BTreeMap<String, Vec<String>>,
    /// What differs from a rule's defaults, by its name.
    pub rules: BTreeMap<String, Rule>,
}

impl Default for Signals {
    fn default() -> Signals {
        Signals {
            topic: "signals".to_owned(),
            inputs: Vec::new(),
            rekey: false,
            rekey_topic: "{group}.signals.rekeyed".to_owned(),
            state: State::default(),
            flags: true,
            state_key: None,
            lateness: HumanDuration::secs(10 * 60),
            future: HumanDuration::secs(3600),
            cooldown: HumanDuration::secs(24 * 3600),
            ttl: HumanDuration::secs(180 * 24 * 3600),
            accounts: 5_000_000,
            learnt: Learnt::default(),
            geo: Geo::default(),
            lists: Lists::default(),
            fields: BTreeMap::new(),
            events: Vec::new(),
            words: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }
}

/// Where account state survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// The changelog: a compacted topic with as many partitions as the inputs. `{group}` stands for the consumer group.
    pub topic: String,
    /// Take an empty changelog for a new beginning although offsets are committed: for the first start after signals
    /// were turned on.
    pub start_empty: bool,
}

impl Default for State {
    fn default() -> State {
        State { topic: "{group}.signals.changelog".to_owned(), start_empty: false }
    }
}

/// When an account is learnt: whatever comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Learnt {
    /// Days since its first event.
    pub days: u32,
    /// Successful logins.
    pub logins: u32,
}

impl Default for Learnt {
    fn default() -> Learnt {
        Learnt { days: 14, logins: 10 }
    }
}

/// Databases in MaxMind's format, nested (`country.iso_code`, `location.latitude`) or flat (`country_code`, `latitude`).
/// They are read again when they are replaced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Geo {
    /// Places of addresses.
    pub city: Option<PathBuf>,
    /// Autonomous systems of addresses.
    pub asn: Option<PathBuf>,
}

/// Files with one entry a line; `#` begins a comment. They are read again when they change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lists {
    /// Networks (CIDR) and ASNs (`AS64500`) that are trusted: offices, relays, shared networks.
    pub trusted: Option<PathBuf>,
    /// ASNs of hosting, VPN and Tor networks.
    pub anonymisers: Option<PathBuf>,
    /// ASNs of mobile carriers.
    pub carriers: Option<PathBuf>,
    /// Accounts that are never flagged.
    pub accounts: Option<PathBuf>,
    /// Announced journeys: account, country, first day, last day, such as `u123 SG 2026-05-01 2026-05-09`.
    pub itineraries: Option<PathBuf>,
}

/// One shape of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// `login`, `deposit`, `withdrawal`, `bet`, `win`, `transfer` or `account_change`.
    pub kind: String,
    /// Values that an event of this shape has, by path; `*`: any value.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMany>,
    /// Fields of this shape: what they mean, and their path. They go before those of all shapes.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// What differs from a rule's defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Whether it works, is only counted, or is not asked.
    pub mode: RuleMode,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: Option<Severity>,
    /// What it adds to the account's risk.
    pub weight: Option<f64>,
    /// The rule is only asked about events for which this holds: an expression in CEL, such as
    /// `country != "SG" && amount > 50000`.
    pub condition: Option<String>,
    /// Parameters by name, such as `speed_kmh: 800`.
    pub parameters: BTreeMap<String, f64>,
}

/// Whether a rule works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleMode {
    /// It is not asked.
    Off,
    /// It is asked and counted, and tells nothing.
    Shadow,
    /// It works.
    #[default]
    On,
}

/// How much a signal matters. Alerts are `high` and `critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Weak evidence.
    Low,
    /// Worth a look together with others.
    Medium,
    /// Somebody should look.
    High,
    /// Somebody should act.
    Critical,
}
