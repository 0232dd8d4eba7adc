//! How clients are configured: what correctness needs is set here and cannot be overridden; the rest passes through.

use rdkafka::ClientConfig;

use crate::config::{Delivery, GroupProtocol, Settings};

/// Properties that all clients share: brokers, and what the operator passes through (TLS, SASL, …).
pub(super) fn common(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", settings.kafka.brokers.join(","));
    config.set("client.id", format!("sluice-{}", settings.kafka.instance_id));
    config.set("enable.metrics.push", "false");
    // Connection closes by idle brokers are normal: no log line for each.
    config.set("log.connection.close", "false");
    // A broker that comes back is found again soon.
    config.set("reconnect.backoff.max.ms", "2000");
    config
}

/// Lets the operator's properties override the defaults above them. `only` filters by what kind of client takes them.
pub(super) fn pass_through(config: &mut ClientConfig, settings: &Settings, kind: Kind) {
    for (name, value) in &settings.kafka.properties {
        if kind.takes(name) {
            config.set(name, value);
        }
    }
}

/// A kind of client: librdkafka warns of a property that the other kind owns, so each gets its own only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Consumer,
    Producer,
    Admin,
}

impl Kind {
    fn takes(self, property: &str) -> bool {
        const CONSUMER: [&str; 9] = [
            "fetch.",
            "queued.",
            "session.",
            "heartbeat.",
            "max.poll",
            "auto.offset.reset",
            "check.crcs",
            "partition.assignment",
            "group.",
        ];
        const PRODUCER: [&str; 11] = [
            "queue.buffering",
            "linger",
            "batch.",
            "compression",
            "delivery.",
            "message.timeout",
            "request.required",
            "request.timeout",
            "acks",
            "sticky.",
            "message.send.max",
        ];
        let starts = |list: &[&str]| list.iter().any(|prefix| property.starts_with(prefix));
        match self {
            Kind::Consumer => !starts(&PRODUCER),
            Kind::Producer => !starts(&CONSUMER),
            Kind::Admin => !starts(&PRODUCER) && !starts(&CONSUMER),
        }
    }
}

/// How the memory budget is shared: of a worker's part, this much waits as input, as output and in the arena between.
const INPUT_SHARE: f64 = 0.45;
const OUTPUT_SHARE: f64 = 0.35;

/// librdkafka's default of `message.max.bytes`.
const MESSAGE_MAX_BYTES: usize = 1_000_000;

/// Bytes of one worker.
pub(super) fn worker_bytes(settings: &Settings, workers: usize) -> usize {
    settings.limits.memory_bytes / workers.max(1)
}

/// The consumer of worker `worker` of `workers`.
pub(super) fn consumer(settings: &Settings, worker: usize, workers: usize) -> ClientConfig {
    let kafka = &settings.kafka;
    let mut config = common(settings);
    let input_bytes = (worker_bytes(settings, workers) as f64 * INPUT_SHARE) as usize;
    config.set("auto.offset.reset", "earliest");
    // The default of 1 s makes a fast consumer stall whenever its queue was full (librdkafka #3662).
    config.set("fetch.queue.backoff.ms", "5");
    config.set("fetch.wait.max.ms", "100");
    config.set("queued.min.messages", "50000");
    // One consumer queue for all partitions, so this bounds the worker, not the partition.
    config.set("queued.max.messages.kbytes", (input_bytes / 1024).clamp(1024, 2_097_151).to_string());
    config.set("fetch.message.max.bytes", (input_bytes / 8).clamp(64 << 10, 1 << 20).to_string());
    // librdkafka refuses less than its `message.max.bytes`.
    let message_max = kafka.properties.get("message.max.bytes").and_then(|bytes| bytes.parse().ok());
    let least = message_max.unwrap_or(MESSAGE_MAX_BYTES);
    config.set("fetch.max.bytes", (input_bytes / 2).min(50 << 20).max(least).to_string());
    if kafka.group_protocol == GroupProtocol::Classic {
        config.set("session.timeout.ms", "45000");
    }
    pass_through(&mut config, settings, Kind::Consumer);
    // Correctness: nothing is committed behind our back, aborted input is not read, partition i of all inputs goes to one.
    config.set("group.id", &kafka.group);
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("isolation.level", "read_committed");
    config.set("allow.auto.create.topics", "false");
    config.set("enable.partition.eof", "false");
    match kafka.group_protocol {
        GroupProtocol::Classic => config.set("partition.assignment.strategy", "range"),
        GroupProtocol::Consumer => {
            config.set("group.protocol", "consumer");
            config.set("group.remote.assignor", "range")
        }
    };
    if kafka.static_membership {
        config.set("group.instance.id", format!("{}-{worker}", kafka.instance_id));
    }
    config
}

/// A reader of a topic of our own: member of no group, from the beginning, and told where the end is.
pub(super) fn changelog(settings: &Settings) -> ClientConfig {
    let mut config = common(settings);
    config.set("fetch.queue.backoff.ms", "5");
    config.set("fetch.wait.max.ms", "50");
    config.set("queued.min.messages", "100000");
    config.set("queued.max.messages.kbytes", "32768");
    config.set("fetch.message.max.bytes", "4194304");
    pass_through(&mut config, settings, Kind::Consumer);
    // The client wants a group for its queue; it joins none and commits nothing.
    config.set("group.id", &settings.kafka.group);
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("auto.offset.reset", "earliest");
    config.set("allow.auto.create.topics", "false");
    config.set("enable.partition.eof", "true");
    config
}

/// The producer of worker `worker` of `workers`.
pub(super) fn producer(settings: &Settings, worker: usize, workers: usize, message_max_bytes: usize) -> ClientConfig {
    let mut config = common(settings);
    let output_bytes = (worker_bytes(settings, workers) as f64 * OUTPUT_SHARE) as usize;
    config.set("linger.ms", "20");
    config.set("batch.num.messages", "10000");
    config.set("batch.size", "1000000");
    config.set("queue.buffering.max.messages", "500000");
    config.set("queue.buffering.max.kbytes", (output_bytes / 1024).max(1024).to_string());
    config.set("message.max.bytes", message_max_bytes.clamp(1000, 1_000_000_000).to_string());
    // Java's partitioner: only used where no partition is given, which is nowhere on a record's way.
    config.set("partitioner", "murmur2_random");
    pass_through(&mut config, settings, Kind::Producer);
    config.set("enable.idempotence", "true");
    match settings.delivery {
        Delivery::ExactlyOnce => {
            let timeout_ms = settings.commit.transaction_timeout.as_millis();
            config.set("transactional.id", transactional_id(settings, worker));
            config.set("transaction.timeout.ms", timeout_ms.to_string());
            config.set("message.timeout.ms", timeout_ms.to_string());
            // The commit tells of every failure; successes need no report.
            config.set("delivery.report.only.error", "true");
        }
        Delivery::AtLeastOnce => {
            config.set("delivery.report.only.error", "false");
        }
    }
    config
}

/// The transactional id of a worker: stable over restarts, so a new process ends what a dead one left open.
pub(super) fn transactional_id(settings: &Settings, worker: usize) -> String {
    format!("{}-{}-{worker}", settings.kafka.group, settings.kafka.instance_id)
}

#[cfg(test)]
mod tests {
    use super::super::ffi::{Handle, Role};
    use super::*;
    use crate::config::{Secrets, from_str};

    #[test]
    fn a_consumer_starts_however_little_of_the_memory_is_its_own() {
        let starts = |workers: usize, more: &str| {
            let yaml = format!("kafka: {{brokers: ['localhost:1']{more}}}\n");
            let settings = from_str(&yaml, "client.yaml", Secrets::Skip).expect("valid YAML").settings;
            Handle::new(Role::Consumer, &consumer(&settings, 0, workers)).map(drop).map_err(|e| e.to_string())
        };
        assert_eq!(starts(1, ""), Ok(()));
        assert_eq!(starts(64, ""), Ok(()), "half of its input is less than librdkafka's least");
        assert_eq!(starts(64, ", properties: {message.max.bytes: '8000000'}"), Ok(()), "as is the operator's");
    }
}
