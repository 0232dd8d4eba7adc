//! An erasure takes what signals know of the account, from memory and from the changelog, and the event goes on scrubbed.

use std::collections::BTreeMap;
use std::fs;

use super::DONE_DEADLINE;
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Isolation, load, read, wait_until_done};
use crate::support::service::Setup;
use crate::support::wait::alone;

/// Accounts that the changelog holds: the last value of each key but those of the task itself.
fn accounts(broker: &Broker, changelog: &str) -> BTreeMap<Vec<u8>, bool> {
    let records = read(broker, changelog, Isolation::Committed);
    records.into_iter().filter_map(|r| Some((r.key?, r.value.is_some()))).collect()
}

fn login(account: &str, at: &str, device: &str, place: &str) -> Event {
    let value = format!(
        r#"{{"type":"login","ts":"{at}","user_id":"{account}","email":"canary-bird-{account}@example.com","device_id":"{device}",{place}}}"#
    );
    Event {
        partition: Some(0),
        key: Some(account.as_bytes().to_vec()),
        value: Some(value.into_bytes()),
        ..Event::default()
    }
}

#[test]
fn an_erased_account_is_forgotten_and_the_event_goes_on_scrubbed() {
    const HOME: &str = r#""asn":7713,"geo":{"country":"ID","lat":-7.25,"lon":112.75}"#;
    const AWAY: &str = r#""asn":9009,"geo":{"country":"RO","lat":44.43,"lon":26.1}"#;
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "forget";
    broker.create_topic(topic, 1, &[]);
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::write(path("state"), "5a".repeat(32)).expect("a file");
    let mut setup = Setup::new(broker, topic);
    setup.workers = 1;
    setup.more = format!(
        "erase: {{field: type, equals: erase_subject}}\naudit: {{file: {:?}}}\nsignals:\n  topic: forget.signals\n  \
         state_key: {:?}\n  fields: {{time: ts, account: user_id, device: device_id, asn: asn, lat: geo.lat, lon: geo.lon, country: geo.country}}\n  \
         events: [{{kind: login, when: {{type: login}}}}]\n",
        path("audit"),
        path("state"),
    );
    let changelog = "forget.signals.changelog";
    let mut service = setup.start();
    for account in ["ann", "bo"] {
        load(
            broker,
            topic,
            ["2026-11-01", "2026-11-20"].map(|day| login(account, &format!("{day}T03:00:00Z"), "d1", HOME)),
        );
    }
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], DONE_DEADLINE);
    let before = accounts(broker, changelog);
    let erase = r#"{"type":"erase_subject","user_id":"ann","email":"canary-bird-ann@example.com"}"#;
    let key = Some(b"ann".to_vec());
    load(broker, topic, [Event { partition: Some(0), key, value: Some(erase.into()), ..Event::default() }]);
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], DONE_DEADLINE);
    let after = accounts(broker, changelog);
    let gone: Vec<_> = before.iter().filter(|(key, there)| **there && after.get(*key) == Some(&false)).collect();
    assert_eq!(gone.len(), 1, "one account is gone from the changelog: {before:?} {after:?}");
    service.stop();

    // Another process restores what is left: a stranger is one to bo, and nobody to ann.
    let mut service = setup.start();
    load(broker, topic, ["ann", "bo"].map(|account| login(account, "2026-11-20T04:00:00Z", "d2", AWAY)));
    wait_until_done(broker, &setup.group, topic, &[&setup.output()], DONE_DEADLINE);
    service.stop();
    let signals = read(broker, "forget.signals", Isolation::Committed);
    let told: Vec<String> =
        signals.into_iter().map(|r| String::from_utf8(r.value.expect("a signal")).expect("UTF-8")).collect();
    let strangers: Vec<&String> = told.iter().filter(|signal| signal.contains("impossible_travel")).collect();
    assert_eq!(strangers.len(), 1, "{told:#?}");
    let accounts: std::collections::BTreeSet<&str> =
        told.iter().filter_map(|signal| signal.split("\"account\":\"").nth(1)?.split('"').next()).collect();
    assert_eq!(accounts.len(), 1, "what is new is only new to who is known: {told:#?}");
    let output = read(broker, &setup.output(), Isolation::Committed);
    let erased = String::from_utf8(output[4].value.clone().expect("a value")).expect("UTF-8");
    assert!(erased.contains(r#""type":"erase_subject","user_id":"ann","email":"em_1k1_"#), "{erased}");
    let audit = fs::read_to_string(path("audit")).expect("the audit");
    assert!(audit.lines().count() == 1 && audit.contains(r#""offset":"4""#) && !audit.contains("ann"), "{audit}");
}
