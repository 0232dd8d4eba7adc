//! Events whose every byte follows from an id, and what must be true of them after the service: which ids came out,
//! how often, unchanged but for the personal data, and that no personal data is left anywhere.
//!
//! Each event carries one e-mail address of its own, twice: in a field and in a sentence. All addresses share a
//! [`CANARY`] that stands nowhere else: one search finds any that got away.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use super::kafka_client::{Event, OwnedHeader, Stored};

/// Stands in every raw value that must be scrubbed, and in nothing else.
pub const CANARY: &str = "canary-bird";
/// How long ago event 0 was when the tests began: a time that was kept is not the current one.
const AGE_MS: i64 = 3_600_000;
/// Events are spread over this many accounts, which are their Kafka keys.
const ACCOUNTS: u64 = 996;
/// Every so-manieth event is a tombstone.
const TOMBSTONE_EVERY: u64 = 50;
/// Every so-manieth event has headers of all kinds.
const HEADERS_EVERY: u64 = 10;
/// Name of the header that says the id of a tombstone.
const ID_HEADER: &str = "event-id";
/// Ids named in a message.
const SHOWN: usize = 20;

/// Kafka time of event 0; every id is one millisecond later.
///
/// Not older than `producer.id.expiration.ms` (a day): a broker that comes back from a crash forgets producers whose last
/// batch is older than that by its own timestamp, and then takes what their retries repeat.
pub fn first_timestamp_ms() -> i64 {
    static FIRST: LazyLock<i64> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
        now.as_millis() as i64 - AGE_MS
    });
    *FIRST
}

/// The event of an id, for a topic of `partitions` partitions. The partition follows from the key.
pub fn event(id: u64, partitions: i32) -> Event {
    let account = id % ACCOUNTS;
    let tombstone = id % TOMBSTONE_EVERY == TOMBSTONE_EVERY - 1;
    Event {
        partition: Some((account % partitions as u64) as i32),
        key: Some(format!("account-{}", letters(account)).into_bytes()),
        value: (!tombstone).then(|| value(id, &email(id))),
        headers: headers(id, tombstone),
        timestamp_ms: Some(first_timestamp_ms() + id as i64),
    }
}

/// The personal data of an event.
pub fn email(id: u64) -> String {
    format!("{CANARY}.{}@mail.example.com", letters(id))
}

/// The value of an event whose e-mail address, or token of it, is `email`.
fn value(id: u64, email: &str) -> Vec<u8> {
    let name = letters(id);
    // Spaces, a number with a trailing zero, an escape and a letter beyond ASCII: all must come out as they went in.
    format!(r#"{{"event_id":"evt-{name}", "type":"login","outcome":"ok","email":"{email}","amount":{}.50,"#, id % 1000)
        .into_bytes()
        .into_iter()
        .chain(
            format!(
                r#""device":{{"os":"android","model":"Købmand \"{name}\""}},"note":"please write to {email} today"}}"#
            )
            .into_bytes(),
        )
        .collect()
}

fn headers(id: u64, tombstone: bool) -> Vec<OwnedHeader> {
    let mut headers = Vec::new();
    if tombstone {
        headers.push((ID_HEADER.to_owned(), Some(letters(id).into_bytes())));
    }
    if id.is_multiple_of(HEADERS_EVERY) {
        let all: [(&str, Option<&[u8]>); 7] = [
            ("trace", Some(b"first")),
            ("trace", None),
            ("trace", Some(b"third")),
            ("", Some(b"a header without a name")),
            ("empty", Some(b"")),
            ("binary", Some(&[0, 0xff, 0xfe, b'\n', 0])),
            ("navn-på-dansk", Some(b"x")),
        ];
        headers.extend(all.map(|(name, value)| (name.to_owned(), value.map(<[u8]>::to_vec))));
    }
    headers
}

/// A number in letters, which no detector of digits, addresses or names takes for anything: `a` is 0, `p` is 15.
pub fn letters(mut number: u64) -> String {
    let mut text = [b'a'; 8];
    for place in text.iter_mut().rev() {
        *place = b'a' + (number % 16) as u8;
        number /= 16;
    }
    assert_eq!(number, 0, "ids have 32 bits");
    String::from_utf8(text.to_vec()).expect("letters")
}

/// The number that [`letters`] wrote.
pub fn number(letters: &[u8]) -> Option<u64> {
    let digit = |b: &u8| b.is_ascii_lowercase().then(|| u64::from(b - b'a')).filter(|d| *d < 16);
    letters.iter().try_fold(0, |number, b| Some(number * 16 + digit(b)?))
}

/// The id of a record, raw or scrubbed, or what is wrong with it.
pub fn id_of(record: &Stored) -> Result<u64, String> {
    let place = || format!("partition {} offset {}", record.partition, record.offset);
    let name = match &record.value {
        Some(value) => between(value, br#""event_id":"evt-"#, b'"'),
        None => record.header(ID_HEADER).map(str::as_bytes),
    };
    name.and_then(number).ok_or_else(|| format!("{}: a record without an event id", place()))
}

/// Checks that a record is the event of its id with a token in place of the address, and returns the id. Everything
/// else must be as it was: value, key, headers, time and partition.
pub fn check_scrubbed(record: &Stored, partitions: i32) -> Result<u64, String> {
    let id = id_of(record)?;
    let mut expected = event(id, partitions);
    if let Some(got) = &record.value {
        let token = between(got, br#""email":""#, b'"').and_then(|token| std::str::from_utf8(token).ok());
        let token = token.filter(|token| is_email_token(token)).ok_or_else(|| format!("event {id}: no token"))?;
        expected.value = Some(value(id, token));
    }
    let same = [
        ("value", record.value == expected.value),
        ("key", record.key == expected.key),
        ("headers", record.headers == expected.headers),
        ("timestamp", Some(record.timestamp_ms) == expected.timestamp_ms),
        ("partition", Some(record.partition) == expected.partition),
    ];
    match same.iter().find(|(_, same)| !same) {
        None => Ok(id),
        Some((part, _)) => Err(format!("event {id}: its {part} changed")),
    }
}

/// `em_1<kid>[d<day>]_<24 letters>`.
fn is_email_token(token: &str) -> bool {
    let letters = |text: &str| text.len() == 24 && text.bytes().all(|b| b.is_ascii_lowercase());
    token.strip_prefix("em_1k").and_then(|rest| rest.split_once('_')).is_some_and(|(_, name)| letters(name))
}

fn between<'a>(text: &'a [u8], before: &[u8], end: u8) -> Option<&'a [u8]> {
    let start = memchr::memmem::find(text, before)? + before.len();
    let len = memchr::memchr(end, &text[start..])?;
    Some(&text[start..start + len])
}

/// How often each id came out.
#[derive(Debug, Default)]
pub struct Tally {
    counts: HashMap<u64, u32>,
    wrong: Vec<String>,
}

impl Tally {
    /// Counts scrubbed records; each must be the event of its id (see [`check_scrubbed`]).
    pub fn of_scrubbed(records: &[Stored], partitions: i32) -> Tally {
        let mut tally = Tally::default();
        for record in records {
            match check_scrubbed(record, partitions) {
                Ok(id) => *tally.counts.entry(id).or_default() += 1,
                Err(wrong) => tally.wrong.push(wrong),
            }
        }
        tally
    }

    /// Counts raw records.
    pub fn of_raw(records: &[Stored]) -> Tally {
        let mut tally = Tally::default();
        for record in records {
            match id_of(record) {
                Ok(id) => *tally.counts.entry(id).or_default() += 1,
                Err(wrong) => tally.wrong.push(wrong),
            }
        }
        tally
    }

    /// Number of records beyond the first of each id.
    pub fn repeated(&self) -> u64 {
        self.counts.values().map(|count| u64::from(count - 1)).sum()
    }

    /// Ids `0..events` came out once each, and nothing else.
    #[track_caller]
    pub fn assert_exactly_once(&self, events: u64) {
        let diff = self.diff(events, true);
        assert!(diff.is_empty(), "of {events} events:\n{diff}");
    }

    /// Ids `0..events` came out, some perhaps again, and nothing else.
    #[track_caller]
    pub fn assert_at_least_once(&self, events: u64) {
        let diff = self.diff(events, false);
        assert!(diff.is_empty(), "of {events} events:\n{diff}");
    }

    /// What differs from one of each of `0..events`: a line per kind of difference; empty if nothing does.
    pub fn diff(&self, events: u64, count_repeats: bool) -> String {
        let lost: Vec<u64> = (0..events).filter(|id| !self.counts.contains_key(id)).collect();
        let mut repeated: Vec<u64> = Vec::new();
        if count_repeats {
            repeated.extend(self.counts.iter().filter(|(_, count)| **count > 1).map(|(id, _)| *id));
        }
        let unknown: Vec<u64> = self.counts.keys().copied().filter(|id| *id >= events).collect();
        let mut text = String::new();
        for (what, mut ids) in [("lost", lost), ("more than once", repeated), ("never sent", unknown)] {
            ids.sort_unstable();
            if !ids.is_empty() {
                let more = if ids.len() > SHOWN { " …" } else { "" };
                let shown = &ids[..ids.len().min(SHOWN)];
                writeln!(text, "  {} {what}: {shown:?}{more}", ids.len()).expect("write to a string");
            }
        }
        if !self.wrong.is_empty() {
            let shown = self.wrong[..self.wrong.len().min(SHOWN)].join("; ");
            writeln!(text, "  {} wrong: {shown}", self.wrong.len()).expect("write to a string");
        }
        text
    }
}

/// Within each partition the ids come in the order they were sent in: ids of one partition rise.
#[track_caller]
pub fn assert_in_order(records: &[Stored]) {
    assert_eq!(disorder(records), None);
}

/// The first record that is out of order, or has no id.
pub fn disorder(records: &[Stored]) -> Option<String> {
    let mut last: HashMap<i32, u64> = HashMap::new();
    records.iter().find_map(|record| {
        let id = match id_of(record) {
            Ok(id) => id,
            Err(wrong) => return Some(wrong),
        };
        let before = last.insert(record.partition, id).filter(|before| *before >= id)?;
        Some(format!("partition {}: event {id} came after {before}", record.partition))
    })
}

/// No raw personal data in any key, value or header.
#[track_caller]
pub fn assert_no_canary(what: &str, records: &[Stored]) {
    if let Some(record) = first_with_canary(records) {
        panic!("{what}: raw data in partition {} offset {}", record.partition, record.offset);
    }
}

/// The first record that holds raw personal data.
pub fn first_with_canary(records: &[Stored]) -> Option<&Stored> {
    records.iter().find(|record| {
        let headers = record.headers.iter().flat_map(|(name, value)| [Some(name.as_bytes()), value.as_deref()]);
        let parts = [record.key.as_deref(), record.value.as_deref()].into_iter().chain(headers);
        parts.flatten().any(holds_canary)
    })
}

/// No raw personal data in a text, such as a log.
#[track_caller]
pub fn assert_no_canary_in_text(what: &str, text: &[u8]) {
    let line = text.split(|b| *b == b'\n').position(holds_canary);
    assert!(line.is_none(), "{what}: raw data in line {}", line.unwrap_or_default() + 1);
}

fn holds_canary(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, CANARY.as_bytes()).is_some()
}
