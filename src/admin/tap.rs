//! Samples of what goes out, for `sluice tap`: off unless `admin.tap` says how many a second may be shown.
//!
//! What is shown is scrubbed by construction: the pipeline hands in records of the outgoing batch, after the engine, and
//! there is no other way in. Nothing is copied while nobody asks, and what is kept is bounded in number and bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// Somebody listens as long as the last question is no older.
const LISTENING: Duration = Duration::from_secs(5);
/// Most samples that wait to be asked for.
const KEPT_MAX: usize = 256;
/// A longer key, header or value is left out, and its length told.
const PART_BYTES_MAX: usize = 16 << 10;

/// What goes out: scrubbed records, and signals. Each has its own share, so that the many do not hide the few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Scrubbed records.
    Records,
    /// Signals.
    Signals,
}

/// A record on its way out.
#[derive(Debug)]
pub struct Sample<'a> {
    /// Output topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Kafka timestamp, ms.
    pub timestamp_ms: i64,
    /// Key.
    pub key: Option<&'a [u8]>,
    /// Headers.
    pub headers: Vec<(&'a [u8], Option<&'a [u8]>)>,
    /// Value.
    pub value: Option<&'a [u8]>,
}

/// The samples of a process.
#[derive(Debug)]
pub struct Tap {
    per_second: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    asked: Option<Instant>,
    /// How many of each flow may be taken now, and when that was last reckoned.
    room: [f64; 2],
    reckoned: Instant,
    /// Number of the next sample.
    next: u64,
    kept: VecDeque<(u64, String)>,
}

impl Tap {
    /// Shows at most `per_second` samples of each flow; 0: none, and nobody can ask.
    pub fn new(per_second: u32) -> Tap {
        // Numbers go on over a restart, so that who asks for what came after a number misses nothing.
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let next = u64::try_from(began.as_micros()).unwrap_or_default();
        let state = State { asked: None, room: [0.0; 2], reckoned: Instant::now(), next, kept: VecDeque::new() };
        Tap { per_second: f64::from(per_second), state: Mutex::new(state) }
    }

    /// Whether the config allows it.
    pub fn is_on(&self) -> bool {
        self.per_second > 0.0
    }

    /// How many samples of records and of signals are wanted now. 0 and 0 while nobody listens.
    pub fn wanted(&self) -> (usize, usize) {
        if !self.is_on() {
            return (0, 0);
        }
        let mut state = self.lock();
        if state.asked.is_none_or(|at| at.elapsed() > LISTENING) {
            return (0, 0);
        }
        let grown = state.reckoned.elapsed().as_secs_f64() * self.per_second;
        state.reckoned = Instant::now();
        state.room = state.room.map(|room| (room + grown).min(self.per_second));
        (state.room[0] as usize, state.room[1] as usize)
    }

    /// Takes a sample, if there is room for one of its flow.
    pub fn offer(&self, flow: Flow, sample: &Sample<'_>) {
        let line = sample.to_json();
        let mut state = self.lock();
        let room = &mut state.room[flow as usize];
        if *room < 1.0 {
            return;
        }
        *room -= 1.0;
        let number = state.next;
        state.next += 1;
        if state.kept.len() == KEPT_MAX {
            state.kept.pop_front();
        }
        state.kept.push_back((number, format!("{{\"number\":{number},{}", &line[1..])));
    }

    /// The samples after number `after`, a JSON object a line; from now on some are taken.
    pub fn ask(&self, after: u64) -> String {
        let mut state = self.lock();
        let fresh = state.asked.is_none_or(|at| at.elapsed() > LISTENING);
        state.asked = Some(Instant::now());
        if fresh {
            // What was kept for somebody else is old; the first second begins with its full share.
            state.kept.clear();
            state.room = [self.per_second; 2];
            state.reckoned = Instant::now();
        }
        state.kept.iter().filter(|(number, _)| *number > after).map(|(_, line)| format!("{line}\n")).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves whole samples, so it can be used even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sample<'_> {
    fn to_json(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| json!([part(name), value.map(part)]));
        json!({
            "topic": self.topic,
            "partition": self.partition,
            "timestamp_ms": self.timestamp_ms,
            "key": self.key.map(part),
            "headers": Value::Array(headers.collect()),
            "value": self.value.map(part),
        })
        .to_string()
    }
}

/// A text as it is; of what is none, or is too long, its length.
fn part(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= PART_BYTES_MAX => json!(text),
        _ => json!({"omitted_bytes": bytes.len()}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: &[u8]) -> Sample<'_> {
        let headers = vec![(b"h".as_slice(), None)];
        Sample { topic: "t.scrubbed", partition: 3, timestamp_ms: 5, key: Some(b"k"), headers, value: Some(value) }
    }

    #[test]
    fn nothing_is_wanted_until_somebody_asks_and_never_when_it_is_off() {
        let tap = Tap::new(3);
        assert_eq!(tap.wanted(), (0, 0));
        assert_eq!(tap.ask(0), "");
        assert_eq!(tap.wanted(), (3, 3));
        let off = Tap::new(0);
        off.ask(0);
        assert_eq!(off.wanted(), (0, 0));
        assert!(!off.is_on());
    }

    #[test]
    fn a_flow_gets_its_share_and_no_more_and_does_not_take_the_others() {
        let tap = Tap::new(2);
        tap.ask(0);
        for _ in 0..10 {
            tap.offer(Flow::Records, &sample(b"v"));
        }
        tap.offer(Flow::Signals, &sample(b"s"));
        let lines: Vec<Value> = tap.ask(0).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let values: Vec<&str> = lines.iter().map(|line| line["value"].as_str().unwrap()).collect();
        assert_eq!(values, ["v", "v", "s"]);
        let last = lines[1]["number"].as_u64().unwrap();
        assert_eq!(tap.ask(last).lines().count(), 1, "only what came after");
    }

    #[test]
    fn a_sample_is_one_line_with_all_parts_and_without_what_is_no_text_or_too_long() {
        let tap = Tap::new(9);
        tap.ask(0);
        for value in [&b"{\"a\":\n1}"[..], &[0xff, 0xfe], &vec![b'x'; PART_BYTES_MAX + 1]] {
            tap.offer(Flow::Records, &sample(value));
        }
        let lines: Vec<Value> = tap.ask(0).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["value"], "{\"a\":\n1}");
        assert_eq!((&lines[0]["topic"], &lines[0]["key"]), (&json!("t.scrubbed"), &json!("k")));
        assert_eq!(lines[0]["headers"], json!([["h", null]]));
        assert_eq!(lines[1]["value"], json!({"omitted_bytes": 2}));
        assert_eq!(lines[2]["value"], json!({"omitted_bytes": PART_BYTES_MAX + 1}));
    }

    #[test]
    fn what_nobody_fetches_is_bounded() {
        let tap = Tap::new(10_000);
        tap.ask(0);
        for _ in 0..2 * KEPT_MAX {
            tap.offer(Flow::Records, &sample(b"v"));
        }
        assert_eq!(tap.ask(0).lines().count(), KEPT_MAX);
    }
}
