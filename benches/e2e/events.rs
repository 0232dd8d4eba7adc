//! What is loaded: the lines of `benches/corpus/events.ndjson`, again and again, each time with an id, a time and an account
//! of its own, of the same length: a few accounts have most of the events, 100,000 have some. An event's Kafka timestamp
//! tells its number, which every contestant must keep: by it an output is checked for what is missing or doubled without a
//! byte more in the event.

use std::path::Path;

use memchr::memmem;
use rdkafka::message::Message;

use crate::support::kafka::Broker;
use crate::support::kafka_client::{Event, Isolation, for_each};

/// Kafka time of event 0, ms.
const FIRST_TIMESTAMP_MS: i64 = 1_760_000_000_000;
/// Accounts, from which a Zipf distribution with exponent 1 draws.
const ACCOUNTS: f64 = 100_000.0;
/// Time between two events, ms: that of the event and of Kafka, or the one would run ahead of the other.
const STEP_MS: i64 = 10;
/// Every so-manieth record of an output is searched for the addresses of its event.
const SAMPLE_EVERY: u64 = 50;

/// Lines to load, each with the personal data in it that everybody must find: e-mail addresses and the member `ip`.
pub struct Corpus {
    lines: Vec<(String, Vec<Vec<u8>>)>,
}

impl Corpus {
    /// Reads the corpus.
    pub fn load() -> Corpus {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/corpus/events.ndjson"));
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let data = regex::Regex::new(r#"[\w.+-]+@[\w-]+(\.[\w-]+)+|"ip":"[^"]+""#).expect("a valid pattern");
        let with_data = |line: &str| {
            let value =
                |found: &str| found.strip_prefix("\"ip\":\"").map_or(found, |ip| ip.trim_end_matches('"')).to_owned();
            (line.to_owned(), data.find_iter(line).map(|found| value(found.as_str()).into_bytes()).collect())
        };
        Corpus { lines: text.lines().map(with_data).collect() }
    }

    /// How many lines there are and how long they are.
    pub fn description(&self) -> String {
        let bytes: usize = self.lines.iter().map(|(line, _)| line.len()).sum();
        format!("{} lines of {} bytes on average", self.lines.len(), bytes / self.lines.len())
    }

    /// Event number `id`.
    pub fn event(&self, id: u64, partitions: i32) -> Event {
        self.event_of(id, account(id), partitions)
    }

    /// Event number `id`, of an account.
    pub fn event_of(&self, id: u64, account: u64, partitions: i32) -> Event {
        let line = &self.line(id).0;
        // Some lines tell the time of Jakarta.
        let ahead_ms = if line.contains("+07:00\"") { 7 * 3_600_000 } else { 0 };
        let at = jiff::Timestamp::from_millisecond(FIRST_TIMESTAMP_MS + id as i64 * STEP_MS + ahead_ms);
        let time = at.expect("a time").strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
        let mut value = line.clone().into_bytes();
        overwrite(&mut value, b"\"event_id\":\"", format!("e{id:013x}").as_bytes());
        overwrite(&mut value, b"\"ts\":\"", time.as_bytes());
        overwrite(&mut value, b"\"user_id\":\"", format!("u{account:07}-{:04}", account % 9973).as_bytes());
        Event {
            partition: Some((account % partitions as u64) as i32),
            key: Some(format!("account-{}", letters(account)).into_bytes()),
            value: Some(value),
            headers: Vec::new(),
            timestamp_ms: Some(FIRST_TIMESTAMP_MS + id as i64 * STEP_MS),
        }
    }

    fn line(&self, id: u64) -> &(String, Vec<Vec<u8>>) {
        &self.lines[(id % self.lines.len() as u64) as usize]
    }

    /// Panics unless events `0..events` stand in `topic` once each, and, if `scrubbed`, without their addresses.
    pub fn check(&self, broker: &Broker, topic: &str, events: u64, scrubbed: bool) {
        let (mut seen, mut again, mut sampled) = (vec![false; events as usize], 0_u64, 0_u64);
        for_each(broker, topic, Isolation::Committed, |message| {
            let timestamp = message.timestamp().to_millis().expect("a timestamp");
            let id = usize::try_from((timestamp - FIRST_TIMESTAMP_MS) / STEP_MS).expect("a timestamp of an event");
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

/// The account of an event: rank `ACCOUNTS ^ u` of a uniform `u` is Zipf's distribution with exponent 1, nearly.
fn account(id: u64) -> u64 {
    let uniform = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
    ACCOUNTS.powf(uniform) as u64
}

/// Puts `value` in the place of as many bytes that follow `name`.
fn overwrite(line: &mut [u8], name: &[u8], value: &[u8]) {
    let from = memmem::find(line, name).expect("every line of the corpus has it") + name.len();
    line[from..from + value.len()].copy_from_slice(value);
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
