//! From what the YAML says ([`Spec`]) to what the service runs ([`Settings`]): every check that needs more than one
//! field or knowledge of Kafka. All problems are gathered, so that one run shows them all.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use super::bindings;
use super::compiled::{
    Audit, BinaryKey, Breaker, CommitSettings, CreateTopics, Delivery, Format, GroupProtocol, InputTopic,
    KafkaSettings, KeySource, Limits, LogSettings, OnTrip, OutputSettings, QuarantineSettings, SaltStore, Settings,
    SignalTopics,
};
use super::error::Problem;
use super::properties::{self, SESSION_TIMEOUT_MS};
use super::spec::{self, Spec};
use super::units::{ByteSize, HumanDuration};

/// Whether references in `kafka.secrets` are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Read them; one that is missing is a problem.
    Resolve,
    /// Leave them out: nothing here talks to Kafka.
    Skip,
}

/// The settings that `spec` asks for, or all that is wrong with it.
pub fn compile(spec: &Spec, secrets: Secrets) -> Result<Settings, Vec<Problem>> {
    let mut problems = Vec::new();
    let p = &mut problems;
    let settings = Settings {
        kafka: kafka(&spec.kafka, secrets, p),
        inputs: inputs(&spec.input, p),
        output: output(&spec.output, p),
        delivery: match spec.delivery {
            spec::Delivery::ExactlyOnce => Delivery::ExactlyOnce,
            spec::Delivery::AtLeastOnce => Delivery::AtLeastOnce,
        },
        commit: commit(spec, p),
        workers: spec.workers,
        limits: limits(&spec.limits, p),
        quarantine: quarantine(&spec.quarantine, p),
        keys: spec.keys.as_ref().map(|keys| match keys {
            spec::Keys::Directory(path) => KeySource::Directory(path.clone()),
            spec::Keys::File(path) => KeySource::File(path.clone()),
        }),
        pseudonyms: bindings::pseudonyms(&spec.pseudonyms, p),
        audit: match &spec.audit {
            spec::Audit::Log => Audit::Log,
            spec::Audit::File(path) => Audit::File(path.clone()),
        },
        erase: spec.erase.as_ref().map(|erase| bindings::erase(erase, p)),
        admin: admin(&spec.admin, p),
        tap_per_second: spec.admin.tap,
        log: log(&spec.log),
        drain_timeout: spec.drain_timeout.0,
        signals: None,
    };
    let mut settings = Settings { signals: signals(spec, &settings, p), ..settings };
    within("admin.tap", spec.admin.tap as usize, 0, 100, p);
    at_least("drain_timeout", spec.drain_timeout.0, Duration::from_secs(1), p);
    if let Some(workers) = spec.workers {
        within("workers", workers, 1, 1024, p);
        let fit = settings.limits.memory_bytes / Limits::WORKER_BYTES;
        if (fit.max(1) + 1..=1024).contains(&workers) {
            let message = format!(
                "{workers} workers want 4.5MiB of limits.memory ({}) each: lower it to {fit}, or raise limits.memory to {}MiB",
                spec.limits.memory,
                (workers * Limits::WORKER_BYTES).div_ceil(1 << 20)
            );
            p.push(Problem::new("workers", message));
        }
    }
    topics_are_apart(&settings, p);
    fields(&spec.fields, p);
    rekey(spec, &mut settings, p);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

fn signals(spec: &Spec, settings: &Settings, problems: &mut Vec<Problem>) -> Option<SignalTopics> {
    let signals = spec.signals.as_ref()?;
    let changelog = signals.state.topic.replace("{group}", &settings.kafka.group);
    for (field, topic) in [("signals.topic", &signals.topic), ("signals.state.topic", &changelog)] {
        if let Some(fault) = topic_fault(topic) {
            problems.push(Problem::new(field, fault));
        }
    }
    let mut inputs = Vec::new();
    for (i, name) in signals.inputs.iter().enumerate() {
        match settings.inputs.iter().position(|input| input.name == *name && input.format == Format::Json) {
            Some(at) => inputs.push(at),
            None => {
                let fix = format!("`{name}` is no JSON topic of input.topics");
                problems.push(Problem::new(format!("signals.inputs[{i}]"), fix));
            }
        }
    }
    if signals.inputs.is_empty() {
        inputs.extend((0..settings.inputs.len()).filter(|&at| settings.inputs[at].format == Format::Json));
    }
    inputs.sort_by_key(|&at| &settings.inputs[at].name);
    inputs.dedup();
    Some(SignalTopics {
        inputs,
        rekeyed: Vec::new(),
        topic: signals.topic.clone(),
        changelog,
        start_empty: signals.state.start_empty,
    })
}

/// Adds the internal topic of inputs that are not keyed by account: what is judged comes from there.
fn rekey(spec: &Spec, settings: &mut Settings, problems: &mut Vec<Problem>) {
    let (Some(spec), Some(topics)) = (&spec.signals, &mut settings.signals) else { return };
    if !spec.rekey {
        return;
    }
    let name = spec.rekey_topic.replace("{group}", &settings.kafka.group);
    if let Some(fault) = topic_fault(&name) {
        problems.push(Problem::new("signals.rekey_topic", fault));
    }
    let known = |input: &InputTopic| {
        let (output, quarantine) = (settings.output.topic_for(&input.name), settings.quarantine.topic_for(&input.name));
        [input.name.clone(), output, quarantine].contains(&name)
    };
    if settings.inputs.iter().any(known) || [&topics.topic, &topics.changelog].contains(&&name) {
        let message = format!("`{name}` is read or written for other records too; it needs a topic of its own");
        problems.push(Problem::new("signals.rekey_topic", message));
    }
    topics.rekeyed = std::mem::replace(&mut topics.inputs, vec![settings.inputs.len()]);
    settings.inputs.push(InputTopic { name, format: Format::Json, internal: true });
}

/// What `run` needs beyond a valid config: brokers, topics and keys.
pub fn check_service(settings: &Settings) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    if settings.kafka.brokers.is_empty() {
        problems.push(Problem::new("kafka.brokers", "no broker is named; add `brokers: [host:9092]`"));
    }
    if settings.inputs.is_empty() {
        problems.push(Problem::new("input.topics", "no topic is named; add `topics: [{name: logins}]`"));
    }
    if settings.keys.is_none() {
        let fix = "no root key: add `keys: {directory: /etc/sluice/keys}` and make a key with `sluice keys new`";
        problems.push(Problem::new("keys", fix));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn kafka(spec: &spec::Kafka, secrets: Secrets, problems: &mut Vec<Problem>) -> KafkaSettings {
    for (i, broker) in spec.brokers.iter().enumerate() {
        if !is_host_and_port(broker) {
            problems.push(Problem::new(format!("kafka.brokers[{i}]"), "is no `host:port`, such as `kafka:9092`"));
        }
    }
    check_name("kafka.group", &spec.group, problems);
    let instance_id = spec.instance_id.clone().unwrap_or_else(host_name);
    check_name("kafka.instance_id", &instance_id, problems);
    at_least("kafka.connect_timeout", spec.connect_timeout.0, Duration::from_secs(1), problems);
    let follow = |reference: &spec::SecretRef| match secrets {
        Secrets::Resolve => properties::read_secret(reference),
        Secrets::Skip => Ok(None),
    };
    KafkaSettings {
        brokers: spec.brokers.clone(),
        group: spec.group.clone(),
        instance_id,
        group_protocol: match spec.group_protocol {
            spec::GroupProtocol::Classic => GroupProtocol::Classic,
            spec::GroupProtocol::Consumer => GroupProtocol::Consumer,
        },
        static_membership: spec.static_membership,
        properties: properties::resolve(spec, &follow, problems),
        connect_timeout: spec.connect_timeout.0,
    }
}

/// The host's name; a pod's name under Kubernetes.
fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

fn inputs(spec: &spec::Input, problems: &mut Vec<Problem>) -> Vec<InputTopic> {
    let mut seen = HashSet::new();
    for (i, topic) in spec.topics.iter().enumerate() {
        let path = format!("input.topics[{i}].name");
        if !seen.insert(&topic.name) {
            problems.push(Problem::new(path, format!("the topic `{}` is listed twice; keep one", topic.name)));
        } else if let Some(fault) = topic_fault(&topic.name) {
            problems.push(Problem::new(path, fault));
        }
    }
    let format = |format| match format {
        spec::Format::Json => Format::Json,
        spec::Format::Text => Format::Text,
    };
    spec.topics
        .iter()
        .map(|topic| InputTopic { name: topic.name.clone(), format: format(topic.format), internal: false })
        .collect()
}

fn output(spec: &spec::Output, problems: &mut Vec<Problem>) -> OutputSettings {
    template("output.topic", &spec.topic, problems);
    let create = spec.create.as_ref().map(|create| {
        if create.replication != -1 {
            within("output.create.replication", create.replication, 1, i32::from(i16::MAX), problems);
        }
        CreateTopics { replication: create.replication, config: create.config.clone() }
    });
    let binary_key = match spec.binary_key {
        spec::BinaryKey::Quarantine => BinaryKey::Quarantine,
        spec::BinaryKey::Keep => BinaryKey::Keep,
    };
    OutputSettings { topic: spec.topic.clone(), create, binary_key }
}

fn commit(spec: &Spec, problems: &mut Vec<Problem>) -> CommitSettings {
    let commit = &spec.commit;
    let (interval, timeout) = (commit.interval.0, commit.transaction_timeout.0);
    at_least("commit.interval", interval, Duration::from_millis(1), problems);
    at_least("commit.transaction_timeout", timeout, Duration::from_secs(1), problems);
    if interval >= timeout {
        let message = format!("must be shorter than commit.transaction_timeout ({})", commit.transaction_timeout);
        problems.push(Problem::new("commit.interval", message));
    }
    let session = session_timeout(&spec.kafka, problems);
    if timeout >= session {
        // A zombie's transaction must be gone before its partitions move to another worker.
        let message = format!("must be shorter than the session timeout of {} s", session.as_secs_f64());
        problems.push(Problem::new("commit.transaction_timeout", message));
    }
    within("commit.records", commit.records, 1, 10_000_000, problems);
    within("commit.bytes", commit.bytes, ByteSize(1), ByteSize(1 << 30), problems);
    if commit.bytes > spec.limits.memory {
        let message = format!("{} is more than limits.memory ({}) can hold", commit.bytes, spec.limits.memory);
        problems.push(Problem::new("commit.bytes", message));
    }
    CommitSettings { interval, records: commit.records, bytes: commit.bytes.0 as usize, transaction_timeout: timeout }
}

/// The session timeout of the consumers: `session.timeout.ms`, or the default.
fn session_timeout(kafka: &spec::Kafka, problems: &mut Vec<Problem>) -> Duration {
    const PROPERTY: &str = "session.timeout.ms";
    let given = match kafka.group_protocol {
        spec::GroupProtocol::Classic => kafka.properties.0.get(PROPERTY),
        spec::GroupProtocol::Consumer => None,
    };
    let ms = match given.map(|text| text.parse()) {
        None => SESSION_TIMEOUT_MS,
        Some(Ok(ms)) => ms,
        Some(Err(_)) => {
            let path = format!("kafka.properties.{PROPERTY}");
            problems.push(Problem::new(path, "is no whole number of milliseconds"));
            SESSION_TIMEOUT_MS
        }
    };
    Duration::from_millis(ms)
}

fn limits(spec: &spec::Limits, problems: &mut Vec<Problem>) -> Limits {
    // Offsets inside a record are 32 bits wide, and no broker takes records near that size.
    within("limits.record_bytes", spec.record_bytes, ByteSize(1), ByteSize(1 << 30), problems);
    within("limits.depth", spec.depth, 1, 1024, problems);
    within("limits.encoded_depth", spec.encoded_depth, 1, 32, problems);
    within("limits.encoded_bytes", spec.encoded_bytes, ByteSize(64), ByteSize(1 << 30), problems);
    let memory_min = spec.record_bytes.0.saturating_mul(4).max(8 << 20);
    if spec.memory.0 < memory_min {
        let message = format!(
            "{} is too little: at least 8MiB and four times limits.record_bytes ({}) are needed",
            spec.memory, spec.record_bytes
        );
        problems.push(Problem::new("limits.memory", message));
    }
    Limits {
        record_bytes: spec.record_bytes.0 as usize,
        depth: spec.depth,
        encoded_depth: spec.encoded_depth,
        encoded_bytes: spec.encoded_bytes.0 as usize,
        memory_bytes: usize::try_from(spec.memory.0).unwrap_or(usize::MAX),
    }
}

fn quarantine(spec: &spec::Quarantine, problems: &mut Vec<Problem>) -> QuarantineSettings {
    template("quarantine.topic", &spec.topic, problems);
    let breaker = &spec.breaker;
    within("quarantine.breaker.window", breaker.window, 1, 1_000_000, problems);
    if !(breaker.ratio > 0.0 && breaker.ratio <= 1.0) {
        let message = "must be above 0 and at most 1; 0.5 trips when more than half of the window was quarantined";
        problems.push(Problem::new("quarantine.breaker.ratio", message));
    }
    QuarantineSettings {
        topic: spec.topic.clone(),
        breaker: Breaker {
            window: breaker.window,
            ratio: breaker.ratio,
            on_trip: match breaker.on_trip {
                spec::OnTrip::Pause => OnTrip::Pause,
                spec::OnTrip::Exit => OnTrip::Exit,
            },
        },
    }
}

fn admin(spec: &spec::Admin, problems: &mut Vec<Problem>) -> Option<SocketAddr> {
    match spec.listen.parse() {
        Ok(Listen(address)) => address,
        Err(message) => {
            problems.push(Problem::new("admin.listen", message));
            None
        }
    }
}

/// The address of the admin port, read from an address or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        if text == "off" {
            return Ok(Listen(None));
        }
        match text.parse() {
            Ok(address) => Ok(Listen(Some(address))),
            Err(_) => Err("expected an address and port, such as `0.0.0.0:9464` or `[::]:9464`, or `off`".to_owned()),
        }
    }
}

fn log(spec: &spec::Log) -> LogSettings {
    LogSettings {
        json: spec.format == spec::LogFormat::Json,
        level: match spec.level {
            spec::LogLevel::Error => tracing::Level::ERROR,
            spec::LogLevel::Warn => tracing::Level::WARN,
            spec::LogLevel::Info => tracing::Level::INFO,
            spec::LogLevel::Debug => tracing::Level::DEBUG,
            spec::LogLevel::Trace => tracing::Level::TRACE,
        },
    }
}

/// Nothing that is written may be read again, and scrubbed and quarantined records never share a topic.
fn topics_are_apart(settings: &Settings, problems: &mut Vec<Problem>) {
    let inputs: HashSet<&str> = settings.inputs.iter().map(|input| input.name.as_str()).collect();
    let templates = [("output.topic", &settings.output.topic), ("quarantine.topic", &settings.quarantine.topic)];
    for (path, template) in templates {
        if inputs.len() > 1 && !template.contains("{topic}") {
            let message =
                "must contain `{topic}`: several input topics cannot share one output, partition by partition";
            problems.push(Problem::new(path, message));
            continue;
        }
        for input in settings.inputs.iter().filter(|input| topic_fault(&input.name).is_none()) {
            let topic = template.replace("{topic}", &input.name);
            if inputs.contains(topic.as_str()) {
                let message = format!("gives `{topic}`, which is an input topic: records would go round for ever");
                problems.push(Problem::new(path, message));
            } else if let Some(fault) = topic_fault(&topic) {
                problems.push(Problem::new(path, format!("gives `{topic}`, which {fault}")));
            }
        }
    }
    if let Some(SaltStore::Topic(salts)) = &settings.pseudonyms.salts {
        let ours = |input: &InputTopic| {
            [settings.output.topic_for(&input.name), settings.quarantine.topic_for(&input.name), input.name.clone()]
        };
        if settings.inputs.iter().flat_map(ours).any(|topic| topic == *salts) {
            let message = format!("`{salts}` is read or written for records too; salts need a topic of their own");
            problems.push(Problem::new("pseudonyms.salts.topic", message));
        }
    }
    let outputs: HashSet<String> = settings.inputs.iter().map(|input| settings.output.topic_for(&input.name)).collect();
    for input in &settings.inputs {
        let topic = settings.quarantine.topic_for(&input.name);
        if outputs.contains(&topic) {
            problems.push(Problem::new("quarantine.topic", format!("gives `{topic}`, which is an output topic too")));
        }
    }
}

/// The shape of the rules; whether entity and action exist is known to the catalog.
fn fields(rules: &[spec::FieldRule], problems: &mut Vec<Problem>) {
    for (i, rule) in rules.iter().enumerate() {
        let at = format!("fields[{i}]");
        match (&rule.path, &rule.name) {
            (None, None) => problems.push(Problem::new(&at, "names no field; add `path` or `name`")),
            (Some(_), Some(_)) => problems.push(Problem::new(&at, "has both `path` and `name`; make it two rules")),
            (Some(names), None) => listed(&format!("{at}.path"), &names.0, problems),
            (None, Some(names)) => listed(&format!("{at}.name"), &names.0, problems),
        }
        if rule.entity.is_none() && rule.action.is_none() {
            problems.push(Problem::new(&at, "says nothing about the field; add `entity`, `action` or both"));
        }
    }
}

fn listed(path: &str, names: &[String], problems: &mut Vec<Problem>) {
    if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        problems.push(Problem::new(path, "is empty; name at least one field"));
    }
}

fn template(path: &str, template: &str, problems: &mut Vec<Problem>) {
    let rest = template.replace("{topic}", "");
    if template.is_empty() {
        problems.push(Problem::new(path, "is empty; write a topic name such as `{topic}.scrubbed`"));
    } else if rest.contains(['{', '}']) {
        problems.push(Problem::new(path, "has an unknown placeholder; only `{topic}` is known"));
    }
}

/// What Kafka has against a topic name (`Topic.validate` of its clients).
pub(super) fn topic_fault(topic: &str) -> Option<&'static str> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if topic.is_empty() {
        Some("is empty")
    } else if topic.len() > 249 {
        Some("is longer than the 249 characters that Kafka allows")
    } else if matches!(topic, "." | "..") || !topic.bytes().all(legal) {
        Some("is no topic name: Kafka allows letters, digits, `.`, `_` and `-`")
    } else {
        None
    }
}

fn is_host_and_port(broker: &str) -> bool {
    // librdkafka takes a protocol in front: `SASL_SSL://kafka:9093`.
    let broker = broker.split_once("://").map_or(broker, |(_, rest)| rest);
    broker.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && !host.contains([',', ' ', '/', '@'])
            && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'))
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// A name that Kafka shows in its tools and Sluice puts into labels: short, visible ASCII.
pub fn client_name(text: &str) -> Result<String, String> {
    match (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("must be 1 to 200 characters of visible ASCII without spaces".to_owned()),
    }
}

fn check_name(path: &str, text: &str, problems: &mut Vec<Problem>) {
    problems.extend(client_name(text).err().map(|message| Problem::new(path, message)));
}

fn at_least(path: &str, given: Duration, least: Duration, problems: &mut Vec<Problem>) {
    if given < least {
        problems.push(Problem::new(path, format!("must be at least {}", HumanDuration(least))));
    }
}

fn within<T: PartialOrd + std::fmt::Display>(path: &str, given: T, least: T, most: T, problems: &mut Vec<Problem>) {
    if given < least || given > most {
        problems.push(Problem::new(path, format!("is {given}, and must be between {least} and {most}")));
    }
}
