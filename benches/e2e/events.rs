//! What is loaded: the lines of `benches/corpus/events.ndjson`, again and again, or made-up ones of the same size if
//! that file is not there. An event's Kafka timestamp is its number, which every contestant must keep: by it an output
//! is checked for what is missing or doubled without a byte more in the event.

use std::path::Path;

use memchr::memmem;
use rdkafka::message::Message;

use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Isolation, for_each};

/// Kafka time of event 0, ms.
const FIRST_TIMESTAMP_MS: i64 = 1_760_000_000_000;
/// Made-up lines, if there is no corpus.
const MADE_UP_LINES: u64 = 10_000;
/// Every so-manieth record of an output is searched for the addresses of its event.
const SAMPLE_EVERY: u64 = 50;

/// Lines to load, each with the e-mail addresses in it.
pub struct Corpus {
    lines: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    from: String,
}

impl Corpus {
    /// Reads the corpus, or makes it up.
    pub fn load() -> Corpus {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/corpus/events.ndjson"));
        let (lines, from): (Vec<Vec<u8>>, _) = match std::fs::read_to_string(path) {
            Ok(text) => (text.lines().map(|line| line.as_bytes().to_vec()).collect(), "benches/corpus/events.ndjson"),
            Err(_) => ((0..MADE_UP_LINES).map(made_up).collect(), "made-up events"),
        };
        let address = regex::bytes::Regex::new(r"[\w.+-]+@[\w-]+(\.[\w-]+)+").expect("a valid pattern");
        let with_addresses = |line: Vec<u8>| {
            let addresses = address.find_iter(&line).map(|found| found.as_bytes().to_vec()).collect();
            (line, addresses)
        };
        Corpus { lines: lines.into_iter().map(with_addresses).collect(), from: from.to_owned() }
    }

    /// Where the lines come from and how long they are.
    pub fn description(&self) -> String {
        let bytes: usize = self.lines.iter().map(|(line, _)| line.len()).sum();
        format!("{}: {} lines of {} bytes on average", self.from, self.lines.len(), bytes / self.lines.len())
    }

    /// Event number `id`.
    pub fn event(&self, id: u64, partitions: i32) -> Event {
        Event {
            partition: Some((id % partitions as u64) as i32),
            key: Some(format!("account-{}", letters(id % 10_000)).into_bytes()),
            value: Some(self.line(id).0.clone()),
            headers: Vec::new(),
            timestamp_ms: Some(FIRST_TIMESTAMP_MS + id as i64),
        }
    }

    fn line(&self, id: u64) -> &(Vec<u8>, Vec<Vec<u8>>) {
        &self.lines[(id % self.lines.len() as u64) as usize]
    }

    /// Panics unless events `0..events` stand in `topic` once each, and, if `scrubbed`, without their addresses.
    pub fn check(&self, broker: &Broker, topic: &str, events: u64, scrubbed: bool) {
        let (mut seen, mut again, mut sampled) = (vec![false; events as usize], 0_u64, 0_u64);
        for_each(broker, topic, Isolation::Committed, |message| {
            let timestamp = message.timestamp().to_millis().expect("a timestamp");
            let id = usize::try_from(timestamp - FIRST_TIMESTAMP_MS).expect("a timestamp of an event");
            again += u64::from(std::mem::replace(&mut seen[id], true));
            if scrubbed && (id as u64).is_multiple_of(SAMPLE_EVERY) {
                let value = message.payload().expect("a value");
                for address in &self.line(id as u64).1 {
                    assert!(memmem::find(value, address).is_none(), "{topic}: event {id} is not scrubbed");
                    sampled += 1;
                }
            }
        });
        let lost = seen.iter().filter(|seen| !**seen).count();
        assert!(lost == 0 && again == 0, "{topic}: of {events} events {lost} are missing, {again} came again");
        assert!(!scrubbed || sampled > 0, "no address was looked for");
    }
}

/// A login or a payment of some 360 bytes; every fifth has a sentence with personal data.
fn made_up(id: u64) -> Vec<u8> {
    let (name, n) = (letters(id), id % 200);
    let text = if id.is_multiple_of(5) {
        format!(
            "please write to {name}.private@mail.example.com or call +45 20 {:02} {:02} 11",
            id % 90 + 10,
            n % 90 + 10
        )
    } else {
        "the customer asked for nothing in particular and was not asked for any".to_owned()
    };
    let event = if id.is_multiple_of(2) {
        format!(
            r#"{{"event_id":"evt-{name}","type":"login","account":"acct-{name}","email":"{name}@example.com","ip":"203.0.{}.{}","device":{{"os":"android","version":"14.2","model":"Pixel"}},"outcome":"ok","session":"{name}{name}","country":"ID","city":"Jakarta","note":"{text}"}}"#,
            n + 1,
            n + 7
        )
    } else {
        format!(
            r#"{{"event_id":"evt-{name}","type":"deposit","account":"acct-{name}","email":"{name}@example.com","ip":"198.51.{}.{}","amount":{}.50,"currency":"IDR","method":"bank_transfer","balance":{{"before":{}.00,"after":{}.50}},"status":"settled","note":"{text}"}}"#,
            n + 1,
            n + 7,
            n,
            n * 3,
            n * 4
        )
    };
    event.into_bytes()
}

/// A number in letters, which is no personal data to any detector.
fn letters(mut number: u64) -> String {
    let mut text = [b'a'; 6];
    for place in text.iter_mut().rev() {
        *place = b'a' + (number % 16) as u8;
        number /= 16;
    }
    String::from_utf8_lossy(&text).into_owned()
}
