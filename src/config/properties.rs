//! Which librdkafka properties a config may set: all but those that Sluice's promises rest on, and secrets only by
//! reference.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::Problem;
use super::spec::{Kafka, SecretRef};

/// Properties that Sluice sets itself, and why. The names are those of librdkafka 2.12's CONFIGURATION.md.
const OWNED: &[(&[&str], &str)] = &[
    (&["bootstrap.servers", "metadata.broker.list"], "set kafka.brokers"),
    (&["group.id"], "set kafka.group"),
    (&["group.instance.id"], "set kafka.instance_id and kafka.static_membership"),
    (&["group.protocol", "group.remote.assignor"], "set kafka.group_protocol"),
    (
        &["partition.assignment.strategy"],
        "Sluice needs the `range` assignor: only it gives one worker the same partition of all topics",
    ),
    (
        &["enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms", "enable.auto.offset.store"],
        "Sluice commits offsets itself, after delivery",
    ),
    (&["isolation.level"], "Sluice always reads committed records only"),
    (&["transactional.id"], "Sluice makes it from kafka.instance_id and the worker"),
    (&["transaction.timeout.ms"], "set commit.transaction_timeout"),
    (
        &["enable.idempotence", "enable.gapless.guarantee", "acks", "request.required.acks"],
        "delivery without loss, duplicates or reordering rests on it; set delivery",
    ),
    (&["partitioner"], "records keep the partition of their input"),
    (&["statistics.interval.ms"], "Sluice reads the statistics for its metrics"),
    (&["enable.metrics.push"], "metrics are served on admin.listen, and nothing is pushed to brokers"),
    (&["enable.partition.eof"], "Sluice needs it for restoring its state"),
    (&["plugin.library.paths"], "foreign code in the process could read personal data"),
];

/// The names of all properties that Sluice sets itself.
pub(super) fn owned() -> impl Iterator<Item = &'static str> {
    OWNED.iter().flat_map(|(names, _)| names.iter().copied())
}

/// Properties that librdkafka refuses with `group.protocol=consumer`: the broker decides.
const CLASSIC_ONLY: [&str; 3] = ["session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"];

/// Broker-side default that Sluice relies on when no property says otherwise.
pub(super) const SESSION_TIMEOUT_MS: u64 = 45_000;

/// The properties of all clients with the secrets resolved by `resolve`, which says why it cannot.
pub(super) fn resolve(
    kafka: &Kafka,
    resolve: &dyn Fn(&SecretRef) -> Result<Option<String>, String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut resolved = BTreeMap::new();
    for (name, value) in &kafka.properties.0 {
        let path = format!("kafka.properties.{name}");
        if let Some(reason) = refused(name, kafka) {
            problems.push(Problem::new(path, reason));
        } else if is_secret(name) {
            let fix = format!(
                "a secret may not stand in a config; \
                 write `kafka.secrets: {{{name}: {{env: NAME}}}}` or `{{file: PATH}}`"
            );
            problems.push(Problem::new(path, fix));
        } else {
            resolved.insert(name.clone(), value.clone());
        }
    }
    for (name, reference) in &kafka.secrets {
        let path = format!("kafka.secrets.{name}");
        if let Some(reason) = refused(name, kafka) {
            problems.push(Problem::new(path, reason));
        } else if kafka.properties.0.contains_key(name) {
            problems.push(Problem::new(path, "stands in kafka.properties too; keep one"));
        } else {
            match resolve(reference) {
                Ok(value) => resolved.extend(value.map(|value| (name.clone(), value))),
                Err(reason) => problems.push(Problem::new(path, reason)),
            }
        }
    }
    resolved
}

/// The value of a reference, as it is now.
pub(super) fn read_secret(reference: &SecretRef) -> Result<Option<String>, String> {
    let value = match reference {
        SecretRef::Env(name) => std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => format!("the environment variable {name} is not set"),
            std::env::VarError::NotUnicode(_) => format!("the environment variable {name} is not UTF-8"),
        })?,
        SecretRef::File(path) => read_file(path)?,
    };
    match value.is_empty() {
        true => Err("the secret is empty".to_owned()),
        false => Ok(Some(value)),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Why Sluice does not take this property, if so.
fn refused(name: &str, kafka: &Kafka) -> Option<String> {
    if let Some((_, reason)) = OWNED.iter().find(|(names, _)| names.contains(&name)) {
        return Some(format!("is set by Sluice: {reason}"));
    }
    let broker_decides = kafka.group_protocol == super::spec::GroupProtocol::Consumer && CLASSIC_ONLY.contains(&name);
    broker_decides.then(|| "with group_protocol `consumer` the broker decides it; remove it".to_owned())
}

/// Whether the value of the property is a secret, by its name.
fn is_secret(name: &str) -> bool {
    let words = ["password", "secret", "passphrase"];
    words.iter().any(|word| name.contains(word))
        || name == "ssl.key.pem"
        || name == "sasl.oauthbearer.config"
        || name.ends_with("private.key.pem")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_librdkafka_that_hold_secrets_are_known() {
        for name in [
            "sasl.password",
            "ssl.key.password",
            "ssl.keystore.password",
            "ssl.key.pem",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.client.credentials.client.secret",
            "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.oauthbearer.assertion.private.key.pem",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["sasl.username", "ssl.key.location", "ssl.certificate.pem", "ssl.ca.pem", "security.protocol"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_secret_file_loses_one_line_break_only() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        for (content, secret) in [("pw", "pw"), ("pw\n", "pw"), ("pw\r\n", "pw"), ("pw\n\n", "pw\n"), (" pw ", " pw ")]
        {
            std::fs::write(file.path(), content).expect("written");
            let read = read_secret(&SecretRef::File(file.path().to_owned()));
            assert_eq!(read, Ok(Some(secret.to_owned())));
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        let read = read_secret(&SecretRef::File(file.path().to_owned()));
        assert_eq!(read, Err("the secret is empty".to_owned()));
    }
}
