//! What is loaded: logins and movements of money of 100,000 invented accounts, as `sluice demo` makes them. Each account goes
//! on from event to event: its balance adds up, device, carrier and home stay mostly the same, so that signals are as
//! rare as on a real stream. Few accounts have most of the events. An event's Kafka timestamp tells its number, which
//! every contestant must keep: by it an output is checked for what is missing or doubled without a byte more in the event.

use std::cell::OnceCell;
use std::collections::HashMap;

use memchr::memmem;
use rdkafka::message::Message;
use sluice::cli::demo::Generator;

use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Isolation, for_each};

/// Kafka time of event 0, ms.
const FIRST_TIMESTAMP_MS: i64 = 1_760_000_000_000;
/// Time between two events, ms: that of the event and of Kafka, or the one would run ahead of the other. An account has
/// nine events a day on average.
const STEP_MS: i64 = 100;
const ACCOUNTS: usize = 100_000;
const SEED: u64 = 20_260;
/// Every so-manieth record of an output is searched for the addresses of its event.
const SAMPLE_EVERY: u64 = 50;

/// The stream: the same each time it is begun.
pub struct Stream {
    generator: Generator,
    next: i64,
    partitions: i32,
}

impl Stream {
    /// From event 0 on.
    pub fn new(partitions: i32) -> Stream {
        Stream { generator: Generator::with_accounts(SEED, ACCOUNTS), next: 0, partitions }
    }
}

impl Iterator for Stream {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let timestamp_ms = FIRST_TIMESTAMP_MS + self.next * STEP_MS;
        self.next += 1;
        let (account, event) = self.generator.next_play_at(timestamp_ms);
        Some(Event {
            partition: i32::try_from(account).ok().map(|account| account % self.partitions),
            key: Some(format!("account-{}", letters(account)).into_bytes()),
            value: Some(event.value.into_bytes()),
            headers: Vec::new(),
            timestamp_ms: Some(timestamp_ms),
        })
    }
}

/// The `id`th event of an account of its own: one login, for so many accounts as are asked for.
pub fn login_of(account: u64, id: u64, partitions: i32) -> Event {
    let timestamp_ms = FIRST_TIMESTAMP_MS + id as i64 * 10;
    let time = jiff::Timestamp::from_millisecond(timestamp_ms).expect("a time");
    let (net, host) = (account >> 8 & 255, account & 255);
    let value = format!(
        r#"{{"event_id":"e{id:013x}","type":"login","ts":"{time}","user_id":"u{account:07}","email":"m{account}@example.com","ip":"36.72.{net}.{host}","device_id":"d-{account:08x}","success":true,"session_id":"s{id:09x}","geo":{{"country":"ID","city":"Medan","lat":3.5952,"lon":98.6722}},"asn":7713,"user_agent":"ArenaPlay/5.4.1 (Android 14; V2249)"}}"#
    );
    Event {
        partition: Some((account % partitions as u64) as i32),
        key: Some(format!("account-{}", letters(account as usize)).into_bytes()),
        value: Some(value.into_bytes()),
        headers: Vec::new(),
        timestamp_ms: Some(timestamp_ms),
    }
}

/// The first events of the stream, and what must be true of an output that came of them.
pub struct Corpus {
    events: u64,
    partitions: i32,
    /// By event, of every so-manieth: the personal data in it that everybody must find, e-mail addresses and the member `ip`.
    data: OnceCell<HashMap<u64, Vec<Vec<u8>>>>,
}

impl Corpus {
    /// The first `events`.
    pub fn new(events: u64, partitions: i32) -> Corpus {
        Corpus { events, partitions, data: OnceCell::new() }
    }

    /// Number of events.
    pub fn len(&self) -> u64 {
        self.events
    }

    /// The events.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        Stream::new(self.partitions).take(self.events as usize)
    }

    fn data(&self) -> &HashMap<u64, Vec<Vec<u8>>> {
        self.data.get_or_init(|| {
            let data =
                regex::bytes::Regex::new(r#"[\w.+-]+@[\w-]+(\.[\w-]+)+|"ip":"([^"]+)""#).expect("a valid pattern");
            let of = |event: Event| {
                let value = event.value.unwrap_or_default();
                let found = data.captures_iter(&value);
                found.map(|found| found.get(2).unwrap_or_else(|| found.get_match()).as_bytes().to_vec()).collect()
            };
            let sampled = self.events().enumerate().step_by(SAMPLE_EVERY as usize);
            sampled.map(|(id, event)| (id as u64, of(event))).collect()
        })
    }

    /// Panics unless the events stand in `topic` once each, and, if `scrubbed`, without their addresses.
    pub fn check(&self, broker: &Broker, topic: &str, scrubbed: bool) {
        let (mut seen, mut again, mut sampled) = (vec![false; self.events as usize], 0_u64, 0_u64);
        for_each(broker, topic, Isolation::Committed, |message| {
            let timestamp = message.timestamp().to_millis().expect("a timestamp");
            let id = usize::try_from((timestamp - FIRST_TIMESTAMP_MS) / STEP_MS).expect("a timestamp of an event");
            again += u64::from(std::mem::replace(&mut seen[id], true));
            if scrubbed && let Some(data) = self.data().get(&(id as u64)) {
                let value = message.payload().expect("a value");
                for address in data {
                    assert!(memmem::find(value, address).is_none(), "{topic}: event {id} is not scrubbed");
                    sampled += 1;
                }
            }
        });
        let lost = seen.iter().filter(|seen| !**seen).count();
        assert!(lost == 0 && again == 0, "{topic}: of {} events {lost} are missing, {again} came again", self.events);
        assert!(!scrubbed || sampled > 0, "no address was looked for");
    }
}

/// A number in letters, which is no personal data to any detector.
fn letters(mut number: usize) -> String {
    let mut text = [b'a'; 6];
    for place in text.iter_mut().rev() {
        *place = b'a' + (number % 16) as u8;
        number /= 16;
    }
    String::from_utf8_lossy(&text).into_owned()
}
