//! A signal: which rule fired on which event, how much it matters, and why, in numbers and pseudonyms.

use std::fmt::Write;

use super::event::{AccountId, Coordinates};
use super::pending::Origin;
use super::time;

/// How much a signal matters. Alerts are `high` and `critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Weak evidence.
    Low,
    /// Worth a look together with others.
    Medium,
    /// Somebody should look.
    High,
    /// Somebody should act.
    Critical,
}

impl Severity {
    /// All of them, by rank.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// Whose pseudonym is evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The device of the event.
    Device,
    /// Where the money goes to.
    Payee,
    /// The address of the event.
    Address,
}

/// Most pieces of evidence of one signal.
const MOST: usize = 8;

/// Why a rule fired: names with numbers, and pseudonyms. Of a fixed size, so that a hit allocates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    numbers: [(&'static str, f64); MOST],
    len: u8,
    /// Bits of [`Who`].
    who: u8,
}

impl Evidence {
    /// No evidence yet.
    pub fn new() -> Evidence {
        Evidence::default()
    }

    /// With a number; what is not finite is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, number: f64) -> Evidence {
        let at = usize::from(self.len);
        if at < MOST && number.is_finite() {
            self.numbers[at] = (name, number);
            self.len += 1;
        }
        self
    }

    /// With a number, if it is known.
    #[must_use]
    pub fn with_some(self, name: &'static str, number: Option<f64>) -> Evidence {
        match number {
            Some(number) => self.with(name, number),
            None => self,
        }
    }

    /// With a pseudonym.
    #[must_use]
    pub fn about(mut self, who: Who) -> Evidence {
        self.who |= 1 << who as u8;
        self
    }

    /// The numbers.
    pub fn numbers(&self) -> &[(&'static str, f64)] {
        &self.numbers[..usize::from(self.len)]
    }

    /// Whether a pseudonym belongs to it.
    pub fn is_about(&self, who: Who) -> bool {
        self.who & 1 << who as u8 != 0
    }
}

/// What a rule concluded, before it has names.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Place of the rule in the table.
    pub rule: usize,
    /// How much it matters.
    pub severity: Severity,
    /// 0 to 1: how sure.
    pub score: f64,
    /// Told to the holder of the account rather than to an analyst.
    pub notice: bool,
    /// Why.
    pub evidence: Evidence,
    /// Another event than the one at hand, when the verdict was held back.
    pub held: Option<Box<Held>>,
}

/// Which event a verdict is about that was held back.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its account.
    pub account: AccountId,
    /// The event.
    pub origin: Origin,
    /// What tells several verdicts of one rule on one event apart.
    pub stage: &'static str,
}

/// A signal with all its names, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// `sg_` and 24 letters.
    pub id: String,
    /// Whether it is for the holder rather than for an analyst.
    pub notice: bool,
    /// Name of the rule.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// 0 to 1.
    pub score: f64,
    /// Pseudonym of the account.
    pub account: String,
    /// Event time, ms since 1970.
    pub time_ms: i64,
    /// Where the event stands.
    pub at: Coordinates,
    /// Id of the event; empty: it has none.
    pub event_id: String,
    /// Why.
    pub evidence: Evidence,
    /// Pseudonyms that belong to the evidence, by name.
    pub pseudonyms: Vec<(&'static str, String)>,
}

impl Signal {
    /// Appends the record of the signals topic: one JSON object.
    pub fn write_json(&self, out: &mut String) {
        let kind = if self.notice { "notice" } else { "alert" };
        let (id, rule, severity) = (&self.id, self.rule, self.severity.as_str());
        // Writing to a String cannot fail.
        let _ = write!(out, "{{\"id\":\"{id}\",\"kind\":\"{kind}\",\"rule\":\"{rule}\",\"severity\":\"{severity}\"");
        let _ = write!(out, ",\"score\":{},\"account\":", Rounded(self.score));
        write_text(&self.account, out);
        let _ = write!(out, ",\"time\":\"{}\",\"event\":{{\"topic\":", time::format(self.time_ms));
        write_text(&self.at.topic, out);
        let _ = write!(out, ",\"partition\":{},\"offset\":{}", self.at.partition, self.at.offset);
        if !self.event_id.is_empty() {
            out.push_str(",\"id\":");
            write_text(&self.event_id, out);
        }
        out.push_str("},\"evidence\":{");
        let mut comma = "";
        for (name, number) in self.evidence.numbers() {
            let _ = write!(out, "{comma}\"{name}\":{}", Rounded(*number));
            comma = ",";
        }
        for (name, pseudonym) in &self.pseudonyms {
            let _ = write!(out, "{comma}\"{name}\":");
            write_text(pseudonym, out);
            comma = ",";
        }
        out.push_str("}}");
    }
}

/// Three decimal places: enough for a person, and the last bits of a sum are nobody's business.
struct Rounded(f64);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 1000.0).round() / 1000.0;
        // No `-0`.
        write!(f, "{}", rounded + 0.0)
    }
}

/// Writes a text as JSON.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_written_as_the_contract_has_it() {
        let signal = Signal {
            id: "sg_x".to_owned(),
            notice: false,
            rule: "drain",
            severity: Severity::High,
            score: 0.123_456,
            account: "ac_1k1_x".to_owned(),
            time_ms: 1_767_546_220_988,
            at: Coordinates { topic: "a\"b".to_owned(), partition: 3, offset: 12 },
            event_id: "e\n1".to_owned(),
            evidence: Evidence::new().with("ratio", 0.98765).with("nan", f64::NAN).with("minus", -0.0),
            pseudonyms: vec![("device", "dv_1k1_x".to_owned())],
        };
        let mut text = String::new();
        signal.write_json(&mut text);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let expected = serde_json::json!({
            "id": "sg_x", "kind": "alert", "rule": "drain", "severity": "high", "score": 0.123, "account": "ac_1k1_x",
            "time": "2026-01-04T17:03:40.988Z",
            "event": {"topic": "a\"b", "partition": 3, "offset": 12, "id": "e\n1"},
            "evidence": {"ratio": 0.988, "minus": 0, "device": "dv_1k1_x"},
        });
        assert_eq!(value.to_string(), expected.to_string());
    }
}
