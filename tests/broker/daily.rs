//! Daily tokens: two processes over midnight make one token a day for one value, and nobody can link the days; a restart
//! mints no second salt; what comes too late or too early is redacted; where today's salt cannot be opened the stream
//! waits (`salts_away`: where its topic is out of reach); a salt that is dead leaves the workers on time, and the topic
//! within 48 hours.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice::pseudonymize::{KeyRing, SaltRecord, first_of_day};

use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::{Event, Isolation, Stored, load, read, wait_until_done};
use crate::support::service::{EXIT_CONFIG, Setup, Sluice, TEST_KEY};
use crate::support::wait::{alone, wait_until};

pub(super) const DAY_MS: i64 = 86_400_000;
pub(super) const PARTITIONS: i32 = 4;
const HOUR_MS: i64 = 3_600_000;
/// Until the services of the race are both ready, on a busy machine.
pub(super) const BEFORE_MIDNIGHT_MS: i64 = 45_000;
/// What a topic of salts must be set to.
pub(super) const SALTS_SETTINGS: [(&str, &str); 3] =
    [("cleanup.policy", "delete"), ("retention.ms", "90000000"), ("segment.ms", "21600000")];

pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

/// A service with daily tokens for IP addresses, whose clock is ahead by `offset_ms`.
pub(super) fn setup(broker: &Broker, topic: &str, instance: usize, offset_ms: i64) -> Setup {
    let mut setup = Setup::new(broker, topic).quick_sessions();
    setup.instance_id = format!("{topic}-{instance}");
    setup.workers = 1;
    setup.more = format!("pseudonyms: {{epochs: {{ip: daily}}, salts: {{topic: {topic}.salts}}}}\n");
    setup.environment = vec![("SLUICE_TEST_CLOCK_OFFSET_MS", offset_ms.to_string())];
    setup
}

/// Events of one visitor in every partition, at this time.
pub(super) fn visits(at_ms: i64, ids: std::ops::Range<u64>) -> impl Iterator<Item = Event> {
    ids.map(move |id| Event {
        partition: Some((id % PARTITIONS as u64) as i32),
        value: Some(format!(r#"{{"id":"v-{id}","ip":"203.0.113.77","email":"canary-bird@example.com"}}"#).into_bytes()),
        timestamp_ms: Some(at_ms),
        ..Event::default()
    })
}

pub(super) fn member<'a>(record: &'a Stored, name: &str) -> &'a str {
    let text = std::str::from_utf8(record.value.as_deref().expect("a value")).expect("UTF-8");
    let (_, rest) = text.split_once(&format!("\"{name}\":\"")).expect(name);
    rest.split('"').next().expect("it ends")
}

/// IP tokens by the day of the record's time.
pub(super) fn tokens(broker: &Broker, setup: &Setup) -> BTreeMap<i64, BTreeSet<String>> {
    wait_until_done(broker, &setup.group, &setup.topics[0], &[&setup.output()], Duration::from_secs(120));
    let mut tokens: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for record in read(broker, &setup.output(), Isolation::Committed) {
        assert!(!String::from_utf8_lossy(record.value.as_deref().expect("a value")).contains("203.0.113"));
        let day = record.timestamp_ms.div_euclid(DAY_MS);
        tokens.entry(day).or_default().insert(member(&record, "ip").to_owned());
    }
    tokens
}

/// The salts that the topic holds, by day, as the processes must see them.
pub(super) fn salts(broker: &Broker, topic: &str) -> (usize, BTreeMap<u32, Vec<u8>>) {
    let records: Vec<SaltRecord> = read(broker, topic, Isolation::Committed)
        .iter()
        .map(|record| SaltRecord::parse(record.value.as_deref().expect("a value")).expect("a sealed salt"))
        .collect();
    let ring = KeyRing::from_seed("k1", TEST_KEY).expect("a ring");
    let open = |day| (day, first_of_day(&records, day, &ring).expect("a key").expect("genuine").salt.to_vec());
    let days: BTreeSet<u32> = records.iter().map(SaltRecord::day).collect();
    (records.len(), days.into_iter().map(open).collect())
}

/// Neither the log nor the metrics hold a salt, in any spelling.
fn assert_no_salt(services: &[&Sluice], salts: &BTreeMap<u32, Vec<u8>>) {
    use base64::Engine as _;
    for service in services {
        let metrics = service.get("/metrics").map(|(_, text)| text).unwrap_or_default();
        for salt in salts.values() {
            let base64 = base64::engine::general_purpose::STANDARD.encode(salt);
            for text in [service.log(), metrics.clone()] {
                assert!(!text.contains(&hex::encode(salt)) && !text.contains(&base64), "a salt is shown");
            }
        }
    }
}

#[test]
fn two_processes_over_midnight_agree_on_each_day_and_a_restart_mints_nothing() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "daily-race";
    broker.create_topic(topic, PARTITIONS, &[]);
    // A midnight of the past: a broker refuses times that are far ahead of its own.
    let midnight_ms = (now_ms().div_euclid(DAY_MS) - 2) * DAY_MS;
    let offset_ms = midnight_ms - BEFORE_MIDNIGHT_MS - now_ms();
    let setups = [setup(broker, topic, 0, offset_ms), setup(broker, topic, 1, offset_ms)];
    let (yesterday, today) = (midnight_ms / DAY_MS - 1, midnight_ms / DAY_MS);

    let mut services: Vec<Sluice> = setups.iter().map(Setup::spawn).collect();
    services.iter_mut().for_each(Sluice::wait_until_ready);
    load(broker, topic, visits(midnight_ms - 1, 0..200));
    let first = tokens(broker, &setups[0]);
    assert!(
        now_ms() + offset_ms < midnight_ms,
        "the machine is too slow for this test: midnight came before its events"
    );
    assert_eq!(first[&yesterday].len(), 1, "one value, one day, two processes, one token: {first:?}");

    wait_until(Duration::from_secs(90), "midnight", || now_ms() + offset_ms >= midnight_ms);
    // At once: the salt of the new day may not be there yet, and the stream waits for it.
    load(broker, topic, visits(midnight_ms, 200..400));
    // Late by minutes: the salt of yesterday lives for an hour.
    load(broker, topic, visits(midnight_ms - 2, 400..440));
    let second = tokens(broker, &setups[0]);
    assert_eq!(second.keys().copied().collect::<Vec<_>>(), [yesterday, today]);
    assert_eq!(second[&yesterday], first[&yesterday], "late events get yesterday's token");
    assert_eq!(second[&today].len(), 1, "{second:?}");
    let (old, new) = (first[&yesterday].first().expect("a token"), second[&today].first().expect("a token"));
    assert!(old.starts_with(&format!("ip_1k1d{yesterday}_")) && new.starts_with(&format!("ip_1k1d{today}_")));
    assert_ne!(old.rsplit('_').next(), new.rsplit('_').next(), "the days cannot be linked");

    let (count, opened) = salts(broker, &format!("{topic}.salts"));
    assert_eq!(opened.keys().map(|day| i64::from(*day)).collect::<Vec<_>>(), [yesterday, today]);
    assert_ne!(opened[&(yesterday as u32)], opened[&(today as u32)]);
    let all: Vec<&Sluice> = services.iter().collect();
    assert_no_salt(&all, &opened);
    let minted: f64 = services.iter().map(|service| service.metric("sluice_minted_salts_total", &[])).sum();
    assert_eq!(minted as usize, count, "every salt of the topic was minted by one of them");

    services.iter_mut().for_each(Sluice::stop);
    let mut again = setups[1].start();
    load(broker, topic, visits(midnight_ms + 1000, 440..500));
    let third = tokens(broker, &setups[1]);
    assert_eq!(third, second, "a restart goes on with the salt of the day");
    assert_eq!(salts(broker, &format!("{topic}.salts")).0, count, "and mints none");
    assert_eq!(again.metric("sluice_minted_salts_total", &[]), 0.0);
    again.stop();
    let output = read(broker, &setups[0].output(), Isolation::Committed);
    let ids: BTreeSet<&str> = output.iter().map(|record| member(record, "id")).collect();
    assert_eq!((output.len(), ids.len()), (500, 500), "every event once");
    let emails: BTreeSet<&str> = output.iter().map(|record| member(record, "email")).collect();
    assert_eq!(emails.len(), 1, "what has no epoch has one token on both days");
}

#[test]
fn events_of_dead_days_and_of_days_to_come_are_redacted() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "daily-late";
    broker.create_topic(topic, PARTITIONS, &[]);
    // The service lives five days ago: a broker refuses times that are far ahead of its own.
    let setup = setup(broker, topic, 0, -5 * DAY_MS);
    let mut service = setup.start();
    let now = now_ms() - 5 * DAY_MS;
    load(broker, topic, visits(now, 0..20));
    load(broker, topic, visits(now - 3 * DAY_MS, 20..40));
    load(broker, topic, visits(now + 2 * DAY_MS, 40..60));
    let found = tokens(broker, &setup);
    let today = now.div_euclid(DAY_MS);
    assert_eq!(found.len(), 3);
    for (day, tokens) in &found {
        let token = tokens.first().expect("a value");
        assert_eq!(tokens.len(), 1);
        assert_eq!(token == "[ip]", *day != today, "{day}: {token}");
    }
    assert_eq!(service.metric("sluice_saltless_records_total", &[("topic", topic)]), 40.0);
    service.stop();
}

#[test]
fn a_salts_topic_that_is_missing_or_keeps_salts_is_refused() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "daily-refused";
    broker.create_topic(topic, PARTITIONS, &[]);
    let mut setup = Setup { create: false, ..setup(broker, topic, 0, 0) };
    broker.create_topic(&setup.output(), PARTITIONS, &[]);
    broker.create_topic(&setup.quarantine(), PARTITIONS, &[]);
    load(broker, topic, visits(now_ms(), 0..20));
    let refused = |setup: &Setup, says: &[&str]| {
        let log = setup.spawn().fails(EXIT_CONFIG, Duration::from_secs(60), says);
        assert!(!log.contains("203.0.113"));
    };
    let salts = format!("{topic}.salts");
    refused(&setup, &[&format!("`{salts}` does not exist"), "output.create"]);
    broker.create_topic(&salts, 1, &[("cleanup.policy", "compact")]);
    setup.create = true;
    refused(&setup, &[&salts, "cleanup.policy", "delete"]);
    assert!(read(broker, &setup.output(), Isolation::Committed).is_empty());
}

#[test]
fn a_salt_of_today_that_nobody_can_open_stops_the_stream_and_is_not_replaced() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "daily-wait";
    broker.create_topic(topic, PARTITIONS, &[]);
    // A salt that nobody can open: it is today's, and no other takes its place.
    let other = KeyRing::from_seed("k9", &"99".repeat(32)).expect("a ring");
    let foreign = SaltRecord::mint(&other, now_ms()).expect("a salt").to_text();
    let salts = "daily-wait.others";
    broker.create_topic(salts, 1, &SALTS_SETTINGS);
    load(broker, salts, [Event { partition: Some(0), value: Some(foreign.into_bytes()), ..Event::default() }]);
    let mut setup = setup(broker, topic, 0, 0);
    setup.more = format!("pseudonyms: {{epochs: {{ip: daily}}, salts: {{topic: {salts}}}}}\n");
    load(broker, topic, visits(now_ms(), 0..20));
    let mut service = setup.spawn();
    wait_until(Duration::from_secs(60), "the service to wait for its salt", || {
        service.metric("sluice_salt_wait_seconds", &[]) > 2.0
    });
    let (status, body) = service.get("/readyz").expect("an answer");
    assert!(status != 200 && body.contains("salt of today"), "{status} {body}");
    assert_eq!(service.get("/livez").map(|(status, _)| status), Some(200));
    assert_eq!(service.metric("sluice_output_records_total", &[]), 0.0, "nothing passes meanwhile");
    assert!(service.log().contains("sealed under k9"), "the log says why");
    service.stop();
    assert_eq!(read(broker, salts, Isolation::Committed).len(), 1, "no other takes its place");
}

/// A salt of the day of `at_ms`, as its topic holds it, appended at that time.
fn sealed_salt(at_ms: i64) -> Event {
    let ring = KeyRing::from_seed("k1", TEST_KEY).expect("a ring");
    let salt = SaltRecord::mint(&ring, at_ms).expect("a salt").to_text();
    Event { partition: Some(0), value: Some(salt.into_bytes()), timestamp_ms: Some(at_ms), ..Event::default() }
}

#[test]
fn a_dead_salt_leaves_the_workers_an_hour_after_its_day() {
    let _alone = alone();
    let broker = Broker::shared();
    let topic = "daily-death";
    broker.create_topic(topic, PARTITIONS, &[]);
    let salts = format!("{topic}.salts");
    broker.create_topic(&salts, 1, &SALTS_SETTINGS);
    let midnight_ms = (now_ms().div_euclid(DAY_MS) - 2) * DAY_MS;
    let dies_ms = midnight_ms + HOUR_MS;
    let offset_ms = dies_ms - BEFORE_MIDNIGHT_MS - now_ms();
    // The topic keeps it for the whole test: it is only the service's clock at which it dies.
    load(broker, &salts, [Event { timestamp_ms: None, ..sealed_salt(midnight_ms - 1) }]);
    let setup = setup(broker, topic, 0, offset_ms);
    let mut service = setup.start();
    load(broker, topic, visits(midnight_ms - 1, 0..20));
    let yesterday = midnight_ms / DAY_MS - 1;
    let living = tokens(broker, &setup)[&yesterday].clone();
    assert!(
        now_ms() + offset_ms < dies_ms,
        "the machine is too slow for this test: the salt was dead before its events"
    );
    let token = living.first().expect("a token");
    assert!(living.len() == 1 && token.starts_with(&format!("ip_1k1d{yesterday}_")), "{living:?}");

    // The keeper looks twice a second.
    wait_until(Duration::from_secs(90), "the death of the salt", || now_ms() + offset_ms >= dies_ms + 2_000);
    load(broker, topic, visits(midnight_ms - 2, 20..40));
    let found = tokens(broker, &setup);
    assert_eq!(found[&yesterday], BTreeSet::from([token.clone(), "[ip]".to_owned()]));
    assert_eq!(
        service.metric("sluice_saltless_records_total", &[("topic", topic)]),
        20.0,
        "every late one, and no other"
    );
    service.stop();
    // A process that finds it in the topic does not take it any more.
    let mut again = setup.start();
    load(broker, topic, visits(midnight_ms - 3, 40..60));
    assert_eq!(tokens(broker, &setup), found);
    assert_eq!(again.metric("sluice_saltless_records_total", &[("topic", topic)]), 20.0);
    again.stop();
    assert_eq!(salts_days(broker, &salts), [yesterday, yesterday + 1], "both are still there to be found");
}

/// Days of the salts that a topic holds, oldest first.
fn salts_days(broker: &Broker, topic: &str) -> Vec<i64> {
    let records = read(broker, topic, Isolation::Committed);
    let day = |value: &Vec<u8>| i64::from(SaltRecord::parse(value).expect("a sealed salt").day());
    records.iter().filter_map(|record| record.value.as_ref().map(day)).collect()
}

#[test]
fn a_salt_is_gone_from_its_topic_within_48_hours() {
    let _alone = alone();
    // Kafka looks for what is too old every five minutes; this one does at once.
    let properties = [("log.retention.check.interval.ms", "500"), ("log.initial.task.delay.ms", "100")];
    let properties = properties.map(|(name, value)| (name, value.to_owned())).into();
    let broker = Broker::start(Options { properties, ..Options::default() });
    let (topic, salts) = ("daily-gone", "daily-gone.salts");
    broker.create_topic(topic, PARTITIONS, &[]);
    broker.create_topic(salts, 1, &SALTS_SETTINGS);
    // As they were appended by services of these hours: the two that share a segment die with its younger one.
    let now = now_ms();
    let before = [31 * HOUR_MS, 25 * HOUR_MS + 60_000, 24 * HOUR_MS].map(|age_ms| now - age_ms);
    for at_ms in before {
        load(&broker, salts, [sealed_salt(at_ms)]);
    }
    let mut service = setup(&broker, topic, 0, 0).start();
    // What is gone is told by the times of the records: how many the service has appended is another matter. One whose
    // append was not answered in time (on a busy machine) stands there, and so does the one that it minted then.
    let times = || read(&broker, salts, Isolation::Committed).iter().map(|record| record.timestamp_ms).collect();
    wait_until(Duration::from_secs(180), "the topic to lose its dead salts", || {
        let times: Vec<i64> = times();
        times.first().is_some_and(|&oldest| oldest > before[1])
    });
    let left: Vec<i64> = times();
    assert!(left[0] == before[2] && left[1..].iter().all(|&at| at >= now), "what lives stays: {left:?} at {now}");
    assert!(left.len() > 1, "today's is among them");
    service.stop();
}
