//! What the topics of account state must be like.

use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};

use super::error::{Error, ErrorKind};
use crate::config::CreateTopics;

/// How the changelog is created: compacted, in segments that are cleaned soon, so that a restore reads little garbage.
pub(super) fn changelog_topic(create: &CreateTopics) -> CreateTopics {
    let mut own = create.clone();
    for (name, value) in
        [("cleanup.policy", "compact"), ("segment.bytes", "67108864"), ("min.cleanable.dirty.ratio", "0.1")]
    {
        own.config.insert(name.to_owned(), value.to_owned());
    }
    // Retention is for topics whose records may go by age.
    own.config.retain(|name, _| !name.starts_with("retention."));
    own
}

/// How the internal topic of inputs without keys is created: its records go by age.
pub(super) fn rekeyed_topic(create: &CreateTopics) -> CreateTopics {
    let mut own = create.clone();
    own.config.insert("cleanup.policy".to_owned(), "delete".to_owned());
    own
}

/// Refuses a changelog that loses records by age.
pub(super) async fn check_changelog<C: ClientContext>(admin: &AdminClient<C>, topic: &str) -> Result<(), Error> {
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
    // A broker that does not let us ask is believed.
    let Ok(answers) = admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options).await else { return Ok(()) };
    let policy = answers.into_iter().find_map(|answer| answer.ok()?.get("cleanup.policy")?.value.clone());
    match policy {
        Some(policy) if policy != "compact" => {
            let text = format!(
                "the changelog `{topic}` has cleanup.policy={policy}: account state would be lost by age; set it to compact"
            );
            Err(Error::new(ErrorKind::Config, "CLEANUP_POLICY", text))
        }
        _ => Ok(()),
    }
}

/// The changelog must have as many partitions as the inputs: more would hide a wrong one.
pub(super) fn other_partitions(topic: &str, count: i32, partitions: i32) -> Error {
    let text = format!(
        "the changelog `{topic}` has {count} partitions, the signal inputs have {partitions}: it belongs to other inputs. \
         Name another in signals.state.topic"
    );
    Error::new(ErrorKind::Config, "PARTITIONS", text)
}

/// Inputs that are judged together must be partitioned together.
pub(super) fn other_partitions_of_inputs((first, count): (&str, i32), (other, other_count): (&str, i32)) -> Error {
    let text = format!(
        "signal inputs must have the same number of partitions, so that an account\u{2019}s events meet: `{first}` has \
         {count}, `{other}` has {other_count}. Repartition one, or list in signals.inputs what belongs together"
    );
    Error::new(ErrorKind::Config, "PARTITIONS", text)
}
