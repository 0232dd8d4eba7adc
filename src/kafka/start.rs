//! What is checked before the first record is read: a broker answers, it knows us, the topics are there and fit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::{self, Kind};
use super::error::{Error, ErrorKind};
use super::state;
use crate::config::{CreateTopics, Settings, SignalTopics};

/// What the cluster looks like to the service.
#[derive(Debug, Clone)]
pub struct Topology {
    /// Number of partitions of each input topic, in the order of the config.
    pub partitions: Vec<i32>,
    /// Output topics: for input `i`, `2i` is where scrubbed records go and `2i + 1` is the quarantine. With signals two
    /// more: signals and changelog, see [`Topology::signals`] and [`Topology::changelog`].
    pub outputs: Vec<String>,
    /// Largest message that all output topics take, in bytes.
    pub message_max_bytes: usize,
}

impl Topology {
    /// Number of the topic of signals among the outputs.
    pub fn signals(&self) -> usize {
        2 * self.partitions.len()
    }

    /// Number of the changelog among the outputs.
    pub fn changelog(&self) -> usize {
        self.signals() + 1
    }
}

/// What happens to output topics that are missing and that the config lets us create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// They are created.
    Create,
    /// They are left missing: this is only a check.
    Leave,
}

/// Kafka's default of `max.message.bytes`, taken when the broker does not let us ask.
const DEFAULT_MESSAGE_MAX_BYTES: usize = 1_048_588;

/// Checks brokers, rights and topics, and creates missing output topics where the config says so.
///
/// # Errors
/// The first thing that is not as it must be, with what, where and the fix.
pub async fn prepare(settings: &Settings, missing: Missing) -> Result<Topology, Error> {
    let mut config = client::common(settings);
    client::pass_through(&mut config, settings, Kind::Admin);
    let consumer: BaseConsumer<StartContext> =
        config.create_with_context(StartContext::default()).map_err(|e| Error::config(&e))?;
    let mut inputs = input_partitions(settings, &consumer)?;
    if let Some(internal) = settings.inputs.get(inputs.len()) {
        // Missing, it will be created with as many partitions as the largest input has.
        let most = inputs.iter().copied().max().unwrap_or(1);
        inputs.push(partition_count(settings, &consumer, &internal.name)?.unwrap_or(most));
    }
    let mut outputs: Vec<String> = settings
        .inputs
        .iter()
        .flat_map(|i| match i.internal {
            // It is written where it is read; nothing of it is ever quarantined.
            true => [i.name.clone(), i.name.clone()],
            false => [settings.output.topic_for(&i.name), settings.quarantine.topic_for(&i.name)],
        })
        .collect();
    let tasks = settings.signals.as_ref().map_or(Ok(0), |signals| tasks(settings, signals, &inputs))?;
    if let Some(signals) = &settings.signals {
        outputs.extend([signals.topic.clone(), signals.changelog.clone()]);
    }
    let mut needed = BTreeMap::new();
    for (index, output) in outputs.iter().enumerate() {
        let partitions = inputs.get(index / 2).copied().unwrap_or(tasks);
        let most = needed.entry(output.as_str()).or_insert(partitions);
        *most = partitions.max(*most);
    }
    let admin: AdminClient<StartContext> =
        config.create_with_context(StartContext::default()).map_err(|e| Error::config(&e))?;
    let mut absent = Vec::new();
    for (&topic, &partitions) in &needed {
        match partition_count(settings, &consumer, topic)? {
            Some(count) if count == partitions || count > partitions && !is_changelog(settings, topic) => {}
            Some(count) if count > partitions => return Err(state::other_partitions(topic, count, partitions)),
            Some(count) => return Err(too_few_partitions(topic, count, partitions)),
            None => absent.push((topic, partitions)),
        }
    }
    // Nothing is created before all that is there was found to fit.
    match &settings.output.create {
        Some(create) if missing == Missing::Create => {
            for (topic, partitions) in absent {
                let internal = settings.inputs.iter().any(|input| input.internal && input.name == topic);
                let own = match is_changelog(settings, topic) {
                    true => Some(state::changelog_topic(create)),
                    false => internal.then(|| state::rekeyed_topic(create)),
                };
                create_topic(&admin, topic, partitions, own.as_ref().unwrap_or(create)).await?;
            }
        }
        Some(_) => {}
        None => refuse_absent(&absent)?,
    }
    if let Some(signals) = &settings.signals {
        state::check_changelog(&admin, &signals.changelog).await?;
    }
    let message_max_bytes = message_max_bytes(&admin, &outputs).await;
    Ok(Topology { partitions: inputs, outputs, message_max_bytes })
}

/// Number of tasks: partition `i` of all signal inputs is one, so all must have as many.
fn tasks(settings: &Settings, signals: &SignalTopics, partitions: &[i32]) -> Result<i32, Error> {
    let count = |&input: &usize| partitions[input];
    let Some(first) = signals.inputs.first() else { return Ok(0) };
    match signals.inputs.iter().find(|other| count(other) != count(first)) {
        None => Ok(count(first)),
        Some(other) => {
            let name = |input: &usize| &settings.inputs[*input].name;
            Err(state::other_partitions_of_inputs((name(first), count(first)), (name(other), count(other))))
        }
    }
}

fn is_changelog(settings: &Settings, topic: &str) -> bool {
    settings.signals.as_ref().is_some_and(|signals| signals.changelog == topic)
}

fn too_few_partitions(topic: &str, count: i32, partitions: i32) -> Error {
    let text = format!(
        "topic `{topic}` has {count} partitions, its input has {partitions}: a record keeps its partition, so add {} to \
         `{topic}`",
        partitions - count
    );
    Error::new(ErrorKind::Config, "PARTITIONS", text)
}

fn refuse_absent(absent: &[(&str, i32)]) -> Result<(), Error> {
    if absent.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = absent.iter().map(|(topic, n)| format!("`{topic}` ({n} partitions)")).collect();
    let text = format!(
        "output topics that do not exist: {}; create them, or set `output.create` in the config",
        list.join(", ")
    );
    Err(Error::new(ErrorKind::UnknownTopic, "UNKNOWN_TOPIC_OR_PART", text))
}

fn input_partitions(settings: &Settings, consumer: &BaseConsumer<StartContext>) -> Result<Vec<i32>, Error> {
    settings
        .inputs
        .iter()
        .filter(|input| !input.internal)
        .map(|input| {
            partition_count(settings, consumer, &input.name)?.ok_or_else(|| {
                Error::new(
                    ErrorKind::UnknownTopic,
                    "UNKNOWN_TOPIC_OR_PART",
                    format!(
                        "input topic `{}` (input.topics) does not exist on {}",
                        input.name,
                        settings.kafka.brokers.join(",")
                    ),
                )
            })
        })
        .collect()
}

/// Number of partitions of a topic; `None`: there is no such topic.
pub(super) fn count_partitions(settings: &Settings, topic: &str) -> Result<Option<i32>, Error> {
    let consumer: BaseConsumer<StartContext> =
        admin_config(settings).create_with_context(StartContext::default()).map_err(|e| Error::config(&e))?;
    partition_count(settings, &consumer, topic)
}

/// Creates a topic.
pub(super) async fn create(
    settings: &Settings,
    topic: &str,
    partitions: i32,
    create: &CreateTopics,
) -> Result<(), Error> {
    create_topic(&admin_client(settings)?, topic, partitions, create).await
}

/// The settings of topics; `None` for one that is not there.
pub(super) async fn describe(
    settings: &Settings,
    topics: &[&str],
) -> Result<Vec<Option<BTreeMap<String, String>>>, Error> {
    const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
    let resources: Vec<_> = topics.iter().map(|topic| ResourceSpecifier::Topic(topic)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
    let failed = |cause: &dyn std::fmt::Display, kind| {
        let text = format!("the settings of topics ({}) could not be read: {cause}", topics.join(", "));
        Error::new(kind, "DESCRIBE_CONFIGS", text)
    };
    let deadline = Instant::now() + ANSWER_TIMEOUT + settings.kafka.connect_timeout;
    let answers = loop {
        // Anew each time: any broker may be named as the one to ask, one that stands still, too, until the others miss it.
        match admin_client(settings)?.describe_configs(&resources, &options).await {
            Err(KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut)) if Instant::now() < deadline => {}
            answers => break answers.map_err(|cause| failed(&cause, ErrorKind::Unreachable))?,
        }
    };
    let settings_of = |answer: Result<rdkafka::admin::ConfigResource, RDKafkaErrorCode>| match answer {
        Ok(resource) => {
            let entries = resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
            Ok(Some(entries.collect()))
        }
        Err(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(None),
        Err(RDKafkaErrorCode::TopicAuthorizationFailed) => {
            Err(failed(&"grant this user DescribeConfigs", ErrorKind::Authorization))
        }
        Err(code) => Err(failed(&code, ErrorKind::Unreachable)),
    };
    answers.into_iter().map(settings_of).collect()
}

fn admin_config(settings: &Settings) -> rdkafka::ClientConfig {
    let mut config = client::common(settings);
    client::pass_through(&mut config, settings, Kind::Admin);
    config
}

fn admin_client(settings: &Settings) -> Result<AdminClient<StartContext>, Error> {
    admin_config(settings).create_with_context(StartContext::default()).map_err(|e| Error::config(&e))
}

/// Number of partitions; `None`: no such topic. Waits for a broker up to the connect timeout, and no longer than it
/// takes to learn that we are not let in.
fn partition_count(
    settings: &Settings,
    consumer: &BaseConsumer<StartContext>,
    topic: &str,
) -> Result<Option<i32>, Error> {
    let deadline = Instant::now() + settings.kafka.connect_timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer =
            consumer.fetch_metadata(Some(topic), left.clamp(Duration::from_millis(10), Duration::from_secs(1)));
        match answer {
            Ok(metadata) => match metadata.topics().first() {
                Some(t) if t.error().is_none() && !t.partitions().is_empty() => {
                    return Ok(Some(i32::try_from(t.partitions().len()).unwrap_or(i32::MAX)));
                }
                Some(t) => {
                    use rdkafka::bindings::rd_kafka_resp_err_t as Code;
                    match t.error() {
                        Some(Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => return Ok(None),
                        Some(Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => {
                            return Err(Error::new(
                                ErrorKind::Authorization,
                                "TOPIC_AUTHORIZATION_FAILED",
                                format!("topic `{topic}` may not be described: grant this user its right (ACL)"),
                            ));
                        }
                        _ if left.is_zero() => return Err(no_broker(settings, "the topic has no leader yet")),
                        _ => {}
                    }
                }
                None => return Ok(None),
            },
            Err(cause) => {
                serve_errors(consumer);
                if let Some(reason) = consumer.context().refusal() {
                    return Err(Error::new(
                        ErrorKind::Authentication,
                        "AUTHENTICATION",
                        format!(
                            "{} did not let us in: {reason}; check kafka.properties and kafka.secrets",
                            settings.kafka.brokers.join(",")
                        ),
                    ));
                }
                if left.is_zero() {
                    let reason = consumer.context().last().unwrap_or_else(|| cause.to_string());
                    return Err(no_broker(settings, &reason));
                }
            }
        }
    }
}

/// Serves the error callback, which alone knows why nobody answers: all that waits, as one poll gives one event only, and
/// lines of log may stand before the refusal.
fn serve_errors(consumer: &BaseConsumer<StartContext>) {
    const PATIENCE: Duration = Duration::from_millis(100);
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && consumer.context().refusal().is_none() {
        drop(consumer.poll(Duration::from_millis(10)));
    }
}

fn no_broker(settings: &Settings, reason: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        "UNREACHABLE",
        format!(
            "no broker of kafka.brokers [{}] answered within {:?}: {reason}",
            settings.kafka.brokers.join(","),
            settings.kafka.connect_timeout
        ),
    )
}

async fn create_topic(
    admin: &AdminClient<StartContext>,
    topic: &str,
    partitions: i32,
    create: &CreateTopics,
) -> Result<(), Error> {
    let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(create.replication));
    for (name, value) in &create.config {
        new = new.set(name, value);
    }
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(15)));
    let failed = |reason: String, kind| {
        Error::new(kind, "CREATE_TOPIC", format!("topic `{topic}` could not be created (output.create): {reason}"))
    };
    match admin.create_topics([&new], &options).await {
        Ok(results) => match results.into_iter().next() {
            // Another process of the group may have been faster.
            Some(Ok(_)) | Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => {
                tracing::info!(topic, partitions, "created topic");
                Ok(())
            }
            Some(Err((
                _,
                RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed,
            ))) => Err(failed("the broker does not allow it".to_owned(), ErrorKind::Authorization)),
            Some(Err((_, code))) => Err(failed(code.to_string(), ErrorKind::Config)),
            None => Err(failed("no answer".to_owned(), ErrorKind::Unreachable)),
        },
        Err(cause) => Err(failed(cause.to_string(), ErrorKind::Unreachable)),
    }
}

async fn message_max_bytes(admin: &AdminClient<StartContext>, topics: &[String]) -> usize {
    let resources: Vec<_> = topics.iter().map(|t| ResourceSpecifier::Topic(t)).collect();
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
    let Ok(answers) = admin.describe_configs(&resources, &options).await else {
        return DEFAULT_MESSAGE_MAX_BYTES;
    };
    answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok()?.get("max.message.bytes")?.value.as_ref()?.parse().ok())
        .min()
        .unwrap_or(DEFAULT_MESSAGE_MAX_BYTES)
}

/// Remembers why a broker refused, as only the error callback learns it.
#[derive(Default)]
struct StartContext {
    refusal: Mutex<Option<String>>,
    last: Mutex<Option<String>>,
}

impl StartContext {
    fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for StartContext {
    fn log(&self, _level: rdkafka::config::RDKafkaLogLevel, _facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let refused = matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed | RDKafkaErrorCode::SSL)
        );
        let slot = if refused { &self.refusal } else { &self.last };
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

impl ConsumerContext for StartContext {}
