//! The events: logins and money of made-up players, attacks among them, so that there are signals. Each carries an
//! address of its own in a way that follows from its number, and whatever carries it must go.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stream::{Shape, make};
use crate::support::kafka_client::Event;
use crate::support::oracle::{email, letters, number};

/// Partitions of all topics.
pub const PARTITIONS: i32 = 6;
/// Every so-manieth event cannot be read and goes to the quarantine.
const POISON_EVERY: u64 = 997;
/// Every so-manieth has a header with the address.
const HEADER_EVERY: u64 = 7;
/// Begins the name of an event.
const NAME: &[u8] = br#""chaos":"evt-"#;
/// Days of the made-up stream: long enough that accounts are known before they are attacked.
const DAYS: u32 = 21;

/// A stream that no run exhausts.
pub struct Load {
    lines: Vec<String>,
}

impl Load {
    /// At least `events` events that follow from `seed`.
    pub fn new(seed: u64, events: u64) -> Load {
        let made = |accounts| make(&Shape { seed, accounts, days: DAYS, attacked: 0.1, unknown: true }).events;
        let sample = made(200);
        let accounts = 200 * (events as usize * 5 / 4) / sample.len() + 200;
        let lines = made(accounts);
        assert!(lines.len() as u64 >= events, "{} events of {accounts} accounts", lines.len());
        Load { lines }
    }

    /// Events that there are.
    pub fn len(&self) -> u64 {
        self.lines.len() as u64
    }

    /// Event number `id`.
    pub fn event(&self, id: u64) -> Event {
        let line = &self.lines[id as usize];
        let (_, rest) = line.split_once(r#""user_id":""#).expect("an account");
        let account = rest.split('"').next().expect("it ends");
        let hash = account.bytes().fold(7u32, |hash, b| hash.wrapping_mul(31) ^ u32::from(b));
        let mut value = format!(
            r#"{},"chaos":"evt-{}",{}}}"#,
            line.strip_suffix('}').expect("an object"),
            letters(id),
            personal(id, &email(id))
        );
        if is_poison(id) {
            value.truncate(value.len() - 2);
        }
        let header = id.is_multiple_of(HEADER_EVERY).then(|| ("reply-to".to_owned(), Some(email(id).into_bytes())));
        Event {
            partition: Some((hash % PARTITIONS as u32) as i32),
            key: Some(account.as_bytes().to_vec()),
            value: Some(value.into_bytes()),
            headers: header.into_iter().collect(),
            timestamp_ms: None,
        }
    }
}

/// Whether an event is no JSON.
pub fn is_poison(id: u64) -> bool {
    id % POISON_EVERY == POISON_EVERY - 1
}

/// The number of an event, raw or scrubbed.
pub fn id_of(value: &[u8]) -> Option<u64> {
    let from = memchr::memmem::find(value, NAME)? + NAME.len();
    number(value.get(from..from + 8)?)
}

/// A member with the address, in each of the ways in which data hides.
fn personal(id: u64, email: &str) -> String {
    let every = |form: &dyn Fn(&mut String, u8)| {
        email.bytes().fold(String::new(), |mut text, b| {
            form(&mut text, b);
            text
        })
    };
    match id % 6 {
        0 => format!(r#""note":"please write to {email} today""#),
        1 => format!(r#""email_2":"{email}""#),
        2 => format!(r#""note":"{}""#, every(&|text, b| write!(text, "\\u{b:04x}").expect("write to a string"))),
        3 => format!(r#""payload":"{{\"contact\":{{\"email\":\"{email}\"}}}}""#),
        4 => format!(
            r#""url":"https://example.com/?mail={}""#,
            every(&|text, b| write!(text, "%{b:02X}").expect("write to a string"))
        ),
        _ => format!(r#""blob":"{}""#, STANDARD.encode(format!(r#"{{"email":"{email}"}}"#))),
    }
}
