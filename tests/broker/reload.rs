//! Rules change while the service runs under load: no record is half old and half new, none is lost, and a config that
//! is bad changes nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Feeder, Isolation, read, wait_until_done};
use crate::support::service::{READY_DEADLINE, Setup};
use crate::support::wait::{alone, wait_until};

const PARTITIONS: i32 = 4;
const RELOADS: &str = "sluice_config_reloads_total";

/// The entity's two values go or stay together.
fn event(id: u64) -> Event {
    Event {
        partition: Some((id % PARTITIONS as u64) as i32),
        key: Some(id.to_string().into_bytes()),
        value: Some(format!("{{\"id\":{id},\"a\":\"Q-1234567\",\"b\":{{\"c\":\"see Q-7654321\"}}}}").into_bytes()),
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

/// An entity of one letter and seven digits.
fn entity(letter: char, example: &str) -> String {
    format!(
        "entity: quirk\ntoken: qk\nform: text\naction: redact\npatterns: [{{regex: '{letter}-\\d{{7}}'}}]\nexamples: [{example}]\n"
    )
}

#[test]
fn rules_change_under_load_between_two_records_and_a_bad_file_changes_nothing() {
    let _alone = alone();
    let (broker, topic) = (Broker::shared(), "reload");
    broker.create_topic(topic, PARTITIONS, &[]);
    let mount = tempfile::tempdir().unwrap();
    let version = |name: &str, yaml: String| {
        fs::create_dir(mount.path().join(name)).unwrap();
        fs::write(mount.path().join(name).join("quirk.yaml"), yaml).unwrap();
        symlink(name, mount.path().join("..tmp")).unwrap();
        fs::rename(mount.path().join("..tmp"), mount.path().join("data")).unwrap();
    };
    version("v1", entity('P', "P-1234567"));
    let directory = mount.path().join("data");
    let setup = Setup { more: format!("patterns: {{directories: [{directory:?}]}}\n"), ..Setup::new(broker, topic) };
    let mut sluice = setup.start();
    let feeder = Feeder::start(broker, topic, 3_000, event);
    let reloads = |result: &str| sluice.metric(RELOADS, &[("result", result)]);
    let delivered = || sluice.metric("sluice_output_records_total", &[]);
    wait_until(READY_DEADLINE, "records under the old rules", || delivered() > 1_000.0);
    version("v2", entity('Q', "Q-1234567"));
    wait_until(READY_DEADLINE, "the new rules", || reloads("done") == 1.0);
    let before = delivered();
    wait_until(READY_DEADLINE, "records under the new rules", || delivered() > before + 2_000.0);
    version("v3", entity('Q', "Z-1234567"));
    wait_until(READY_DEADLINE, "the bad rules to be refused", || reloads("failed") == 1.0);
    let before = delivered();
    wait_until(READY_DEADLINE, "records under the rules that stay", || delivered() > before + 1_000.0);
    let events = feeder.finish();
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], Duration::from_secs(60));
    assert!(sluice.log().contains("quirk.yaml:6"), "the log names file and line");

    let mut changed = vec![false; PARTITIONS as usize];
    let mut ids = Vec::new();
    for record in read(broker, &setup.output(), Isolation::Committed) {
        let value = String::from_utf8(record.value.unwrap()).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(&value).unwrap();
        ids.push(parsed["id"].as_u64().unwrap());
        let gone = (parsed["a"] == "[quirk]", parsed["b"]["c"] == "see [quirk]");
        assert_eq!(gone.0, gone.1, "half old and half new: {value}");
        let new = &mut changed[record.partition as usize];
        assert!(gone.0 || !*new, "old rules after new ones: {value}");
        *new = gone.0;
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..events).collect::<Vec<_>>());
    assert!(changed.iter().all(|&new| new), "every partition ends under the new rules");
    sluice.stop();
}
