//! Reads labelled events: NDJSON of cases with needles, and presidio-research's JSON with spans.

use serde::Deserialize;
use sluice::config::Format;

use super::case::{Case, Gold};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// Needles that must not come out, and events that must stay as they are.
    Needles,
    /// Spans with labels.
    Spans,
}

/// Reads a file of either format: one that begins with `[` is presidio-research's.
///
/// # Errors
/// The line or element that is not of the format, or there is none: a table of nothing would look like a good one.
pub fn read(text: &str) -> Result<(Labels, Vec<Case>), String> {
    let (labels, cases) = read_any(text)?;
    match cases.is_empty() {
        true => Err("holds no event; write NDJSON with a case a line, or a JSON list of events with spans".to_owned()),
        false => Ok((labels, cases)),
    }
}

fn read_any(text: &str) -> Result<(Labels, Vec<Case>), String> {
    if text.trim_start().starts_with('[') {
        let events: Vec<SpanEvent> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let cases = events.into_iter().enumerate().map(|(at, event)| event.case(at));
        return Ok((Labels::Spans, cases.collect::<Result<_, _>>()?));
    }
    let mut cases = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let event: NeedleEvent = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1))?;
        cases.push(event.case());
    }
    Ok((Labels::Needles, cases))
}

#[derive(Deserialize)]
struct NeedleEvent {
    id: String,
    #[serde(default)]
    cat: String,
    expect: Expect,
    kind: EventKind,
    input: String,
    #[serde(default)]
    needles: Vec<String>,
    #[serde(rename = "type", default)]
    label: Option<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Scrub,
    Keep,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EventKind {
    Text,
    Json,
}

impl NeedleEvent {
    fn case(self) -> Case {
        Case {
            id: self.id,
            category: self.cat,
            language: String::new(),
            format: match self.kind {
                EventKind::Text => Format::Text,
                EventKind::Json => Format::Json,
            },
            input: self.input,
            needles: self.needles,
            gold: Vec::new(),
            kind: self.label,
            keep: self.expect == Expect::Keep,
        }
    }
}

#[derive(Deserialize)]
struct SpanEvent {
    full_text: String,
    #[serde(default)]
    spans: Vec<LabelledSpan>,
}

/// Positions count characters, as Python does.
#[derive(Deserialize)]
struct LabelledSpan {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

impl SpanEvent {
    fn case(self, at: usize) -> Result<Case, String> {
        let mut offsets: Vec<usize> = self.full_text.char_indices().map(|(byte, _)| byte).collect();
        offsets.push(self.full_text.len());
        let byte = |char: usize| {
            offsets.get(char).copied().ok_or_else(|| format!("event {at}: a span ends after its text, at {char}"))
        };
        let gold = self.spans.iter().map(|span| {
            let (start, end) = (byte(span.start_position)?, byte(span.end_position)?);
            Ok(Gold { span: start..end, label: span.entity_type.clone(), blob: false })
        });
        Ok(Case {
            id: at.to_string(),
            category: "text".to_owned(),
            language: String::new(),
            format: Format::Text,
            gold: gold.collect::<Result<_, String>>()?,
            input: self.full_text,
            needles: Vec::new(),
            kind: None,
            keep: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_event_is_refused() {
        for text in ["", "\n \n", "[]"] {
            assert!(read(text).is_err_and(|error| error.starts_with("holds no event")), "{text:?}");
        }
    }

    #[test]
    fn cases_with_needles_are_read_line_by_line() {
        let line = r#"{"id":"A1","cat":"plain","expect":"keep","kind":"json","input":"{}","needles":[],"type":null}"#;
        let (labels, cases) = read(&format!("{line}\n\n")).unwrap();
        assert_eq!((labels, cases.len()), (Labels::Needles, 1));
        assert!(cases[0].keep && cases[0].kind.is_none() && cases[0].format == Format::Json);
        assert!(read(&format!("{line}\n{{}}")).unwrap_err().starts_with("line 2: "));
    }

    #[test]
    fn positions_of_spans_count_characters() {
        let text = r#"[{"full_text":"æ a@b.dk","spans":[{"entity_type":"EMAIL_ADDRESS","start_position":2,"end_position":8}]}]"#;
        let (labels, cases) = read(text).unwrap();
        assert_eq!((labels, &cases[0].input[cases[0].gold[0].span.clone()]), (Labels::Spans, "a@b.dk"));
        assert!(read(&text.replace(":8}", ":99}")).is_err());
    }
}
