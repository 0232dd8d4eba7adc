//! Topics that are read and written as a whole, outside of any group: the salts, and what the quarantine holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::client::{self, Kind};
use super::error::{Error, ErrorKind};
use super::ffi::{Batch, Handle, Role};
use super::start::{self, Missing};
use crate::config::{CreateTopics, Settings};
use crate::record::Record;

/// Longest time without any answer.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Hands every record of `topic` to `each`, as `(partition, offset, record)`: of a partition oldest first, up to its end
/// as it is when it is reached. Only what is committed.
///
/// # Errors
/// The topic is missing, may not be read, or nobody answers; then what was handed over is not all.
pub fn read_all(settings: &Settings, topic: &str, each: &mut dyn FnMut(i32, i64, Record<'_>)) -> Result<(), Error> {
    let count = start::count_partitions(settings, topic)?.ok_or_else(|| missing(topic))?;
    let mut config = client::common(settings);
    client::pass_through(&mut config, settings, Kind::Consumer);
    config.set("group.id", &settings.kafka.group);
    config.set("enable.auto.commit", "false");
    config.set("isolation.level", "read_committed");
    config.set("allow.auto.create.topics", "false");
    config.set("enable.partition.eof", "true");
    config.set("fetch.wait.max.ms", "50");
    let handle = Handle::new(Role::Consumer, &config)?;
    let queue = handle.consumer_queue()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..count {
        list.add_partition_offset(topic, partition, Offset::Beginning).map_err(|e| Error::config(&e))?;
    }
    handle.assign(&list)?;
    let (mut batch, mut done) = (Batch::with_capacity(512), BTreeSet::new());
    let mut heard = Instant::now();
    while done.len() < count as usize {
        queue.fetch(Duration::from_millis(100), &mut batch);
        let mut headers = Vec::new();
        for message in batch.iter() {
            match message.error() {
                Some(error) if error.name() == "_PARTITION_EOF" => {
                    heard = Instant::now();
                    done.insert(message.partition());
                    continue;
                }
                Some(error) if error.kind() == ErrorKind::Retriable => continue,
                Some(error) => return Err(error.during(&format!("read topic `{topic}`"))),
                None => {}
            }
            heard = Instant::now();
            headers.clear();
            message.headers(&mut headers);
            let record = Record {
                key: message.key(),
                value: message.value(),
                headers: &headers,
                timestamp_ms: message.timestamp_ms(),
            };
            each(message.partition(), message.offset(), record);
        }
        drop(headers);
        if heard.elapsed() > SILENCE_MAX {
            let text = format!("topic `{topic}` could not be read: no broker answers");
            return Err(Error::new(ErrorKind::Unreachable, "UNREACHABLE", text));
        }
    }
    Ok(())
}

/// Adds a record to the end of partition 0, and waits until all replicas in sync have it.
///
/// # Errors
/// Nobody knows whether it is there.
pub fn append(settings: &Settings, topic: &str, key: &str, value: &str) -> Result<(), Error> {
    let mut config = client::common(settings);
    client::pass_through(&mut config, settings, Kind::Producer);
    config.set("enable.idempotence", "true");
    config.set("acks", "all");
    config.set("linger.ms", "0");
    config.set("message.timeout.ms", SILENCE_MAX.as_millis().to_string());
    let producer: BaseProducer<Delivery> =
        config.create_with_context(Delivery::default()).map_err(|e| Error::config(&e))?;
    let failed = |cause: String| {
        Error::new(ErrorKind::Unreachable, "UNREACHABLE", format!("topic `{topic}` could not be written: {cause}"))
    };
    let record = BaseRecord::<str, str>::to(topic).partition(0).key(key).payload(value);
    producer.send(record).map_err(|(cause, _)| failed(cause.to_string()))?;
    producer.flush(SILENCE_MAX + Duration::from_secs(1)).map_err(|cause| failed(cause.to_string()))?;
    let result = producer.context().0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match result {
        Some(Ok(())) => Ok(()),
        Some(Err(cause)) => Err(failed(cause)),
        None => Err(failed("no answer".to_owned())),
    }
}

/// What became of the one message.
#[derive(Default)]
struct Delivery(Mutex<Option<Result<(), String>>>);

impl ClientContext for Delivery {
    fn log(&self, _level: rdkafka::config::RDKafkaLogLevel, _facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", "{message}");
    }

    fn error(&self, error: rdkafka::error::KafkaError, _reason: &str) {
        tracing::debug!(target: "librdkafka", error = %error, "the producer of a topic of our own");
    }
}

impl ProducerContext for Delivery {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let result = result.as_ref().map(|_| ()).map_err(|(cause, _)| cause.to_string());
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
    }
}

/// Longest time that a dead salt may be kept by the topic: retention and the segment that it stands in.
const SALT_KEPT_MS_MAX: i64 = 48 * 3_600_000;
/// Settings of the salts topic: gone within 48 hours, and not before its day and an hour are over.
const SALT_RETENTION_MS: i64 = 25 * 3_600_000;
const SALT_SEGMENT_MS_MAX: i64 = 6 * 3_600_000;

/// Checks the topic of daily salts, and creates it if it is missing and the config lets us create topics.
///
/// # Errors
/// It is missing, or would keep salts for too long or not long enough: what, and the fix.
pub async fn prepare_salts(settings: &Settings, topic: &str, absent: Missing) -> Result<(), Error> {
    let wanted = [
        ("cleanup.policy", "delete".to_owned()),
        ("retention.ms", SALT_RETENTION_MS.to_string()),
        ("retention.bytes", "-1".to_owned()),
        ("segment.ms", SALT_SEGMENT_MS_MAX.to_string()),
        ("message.timestamp.type", "LogAppendTime".to_owned()),
    ];
    match (start::count_partitions(settings, topic)?, &settings.output.create) {
        (Some(1), _) => {}
        (Some(count), _) => {
            return Err(unfit(
                topic,
                &format!("has {count} partitions, and must have 1: the first salt of a day wins"),
            ));
        }
        (None, Some(create)) if absent == Missing::Create => {
            let config = wanted.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            start::create(settings, topic, 1, &CreateTopics { replication: create.replication, config }).await?;
            return Ok(());
        }
        (None, Some(_)) => return Ok(()),
        (None, None) => {
            let list: Vec<String> = wanted.iter().map(|(name, value)| format!("--config {name}={value}")).collect();
            let text = format!(
                "pseudonyms.salts.topic: `{topic}` does not exist; create it with one partition and {}, or set `output.create`",
                list.join(" ")
            );
            return Err(Error::new(ErrorKind::UnknownTopic, "UNKNOWN_TOPIC_OR_PART", text));
        }
    }
    let found = describe(settings, &[topic]).await?;
    let found = found.first().cloned().flatten().unwrap_or_default();
    match salts_fault(&found) {
        Some(fault) => Err(unfit(topic, &fault)),
        None => Ok(()),
    }
}

/// What is wrong with the settings of a salts topic.
fn salts_fault(found: &BTreeMap<String, String>) -> Option<String> {
    let number = |name: &str| found.get(name).and_then(|text| text.parse::<i64>().ok());
    let policy = found.get("cleanup.policy").map_or("", String::as_str);
    if policy != "delete" {
        return Some(format!("has cleanup.policy `{policy}`; set `delete`, or salts are kept for ever"));
    }
    let (retention, segment) = (number("retention.ms").unwrap_or(-1), number("segment.ms").unwrap_or(i64::MAX));
    if segment > SALT_SEGMENT_MS_MAX {
        return Some(format!("has segment.ms {segment}; set {SALT_SEGMENT_MS_MAX} (6 h) or less"));
    }
    if retention < SALT_RETENTION_MS || retention.saturating_add(segment) > SALT_KEPT_MS_MAX {
        return Some(format!("has retention.ms {retention}; set {SALT_RETENTION_MS} (25 h)"));
    }
    let bytes = number("retention.bytes").unwrap_or(-1);
    (bytes != -1).then(|| format!("has retention.bytes {bytes}; set -1, or a salt may be gone before its day is over"))
}

fn unfit(topic: &str, fault: &str) -> Error {
    Error::new(ErrorKind::Config, "SALTS_TOPIC", format!("pseudonyms.salts.topic: `{topic}` {fault}"))
}

fn missing(topic: &str) -> Error {
    Error::new(ErrorKind::UnknownTopic, "UNKNOWN_TOPIC_OR_PART", format!("topic `{topic}` does not exist"))
}

/// The settings of topics; `None` for one that is not there.
///
/// # Errors
/// The brokers do not answer, or do not let us ask.
pub async fn describe(settings: &Settings, topics: &[&str]) -> Result<Vec<Option<BTreeMap<String, String>>>, Error> {
    start::describe(settings, topics).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_keeps_salts_too_long_or_too_short_is_refused() {
        let good = [
            ("cleanup.policy", "delete"),
            ("retention.ms", "90000000"),
            ("segment.ms", "21600000"),
            ("retention.bytes", "-1"),
        ];
        let with = |name: &str, value: &str| {
            let mut all: BTreeMap<String, String> = good.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
            all.insert(name.to_owned(), value.to_owned());
            salts_fault(&all)
        };
        assert_eq!(with("segment.ms", "3600000"), None);
        assert_eq!(with("retention.ms", "100000000"), None);
        for (name, value) in [
            ("cleanup.policy", "compact"),
            ("cleanup.policy", "compact,delete"),
            ("segment.ms", "604800000"),
            ("retention.ms", "-1"),
            ("retention.ms", "86400000"),
            ("retention.ms", "172800000"),
            ("retention.bytes", "1000"),
        ] {
            assert!(with(name, value).is_some_and(|fault| fault.contains(name)), "{name} {value}");
        }
        assert!(salts_fault(&BTreeMap::new()).is_some());
    }
}
