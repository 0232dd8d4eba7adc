//! Rewrite: the changes of a payload, spliced into its original bytes once. What no edit covers stays byte for byte.

use std::cmp::Reverse;

use crate::record::{Edit, Kind, Scalar, Span};

/// The changes of one payload. Reusable: [`Edits::clear`] keeps the buffers.
///
/// Add them in the order of the tape: removals need it among themselves; replacements may come in any order, but then
/// cost a sort. Where edits overlap, all that any of them covers goes, and the outermost gives the replacement.
#[derive(Default)]
pub struct Edits {
    edits: Vec<Edit>,
    /// The bytes of all replacements.
    buffer: Vec<u8>,
    /// The edit that reaches furthest: members inside it are gone with it.
    furthest: Span,
    /// The last run of removed members that began with the first of its container.
    first_run: FirstRun,
}

/// Members removed from the start of a container on: no comma is left before the next one.
#[derive(Clone, Copy, Default)]
struct FirstRun {
    /// Just behind the opening bracket.
    start: u32,
    /// Start of the first member that is not removed yet; 0: there is no run.
    next_member: u32,
}

impl std::fmt::Debug for Edits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Replacements may be parts of values (a mask): spans only.
        f.debug_struct("Edits").field("edits", &self.edits).finish_non_exhaustive()
    }
}

impl Edits {
    /// No edits.
    pub fn new() -> Edits {
        Edits::default()
    }

    /// Forgets all edits.
    pub fn clear(&mut self) {
        self.edits.clear();
        self.buffer.clear();
        self.furthest = Span::default();
        self.first_run = FirstRun::default();
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edits so far.
    pub fn as_slice(&self) -> &[Edit] {
        &self.edits
    }

    /// Where replacement bytes are written, behind what is there; [`Edits::replace_with_tail`] then uses them.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The bytes of the buffer from `from` on replace `span`.
    pub fn replace_with_tail(&mut self, span: Span, from: usize) {
        let replacement = Span::new(from as u32, self.buffer.len() as u32);
        self.add(Edit { span, replacement });
    }

    /// Bytes of the buffer replace `span`.
    pub fn replace_with(&mut self, span: Span, replacement: Span) {
        self.add(Edit { span, replacement });
    }

    /// `bytes` replace `span`. An empty span inserts.
    pub fn replace(&mut self, span: Span, bytes: &[u8]) {
        let from = self.buffer.len();
        self.buffer.extend_from_slice(bytes);
        self.replace_with_tail(span, from);
    }

    /// Removes the member or array element whose value is `scalar` (never its key), with the one comma that goes with
    /// it. The root value becomes `null`. `raw` is the JSON that `scalar` was scanned from.
    ///
    /// White space goes with the comma; a container that loses all its members is left as `{}` or `[]`.
    pub fn remove_member(&mut self, raw: &[u8], scalar: &Scalar) {
        debug_assert!(scalar.kind != Kind::Key, "the value's entry says where the member ends");
        let member = outer_span(scalar);
        if self.furthest.start <= member.start && member.end <= self.furthest.end {
            return;
        }
        let before = raw[..member.start as usize].trim_ascii_end();
        let after =
            member.end + (raw.len() - member.end as usize - raw[member.end as usize..].trim_ascii_start().len()) as u32;
        let is_last = raw.get(after as usize) != Some(&b',');
        let is_first = match before.last() {
            None => return self.replace(member, b"null"),
            Some(&b) => b != b',',
        };
        if is_first {
            self.first_run.start = before.len() as u32;
        } else if self.first_run.next_member != member.start {
            // An earlier sibling stays: its comma goes.
            return self.replace(Span::new(before.len() as u32 - 1, member.end), b"");
        }
        if is_last {
            return self.replace(Span::new(self.first_run.start, after), b"");
        }
        let rest = &raw[after as usize + 1..];
        self.first_run.next_member = (raw.len() - rest.trim_ascii_start().len()) as u32;
        self.replace(Span::new(member.start, self.first_run.next_member), b"");
    }

    /// Appends `raw`, with the edits done, to `out`.
    pub fn splice(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        out.reserve(raw.len() + self.buffer.len());
        let mut at = 0;
        self.settle(raw.len(), |span, replacement| {
            out.extend_from_slice(&raw[at..span.start as usize]);
            out.extend_from_slice(replacement);
            at = span.end as usize;
        });
        out.extend_from_slice(&raw[at..]);
    }

    /// Tells what becomes of a payload of `len` bytes: disjoint spans in ascending order, and what takes their place.
    pub fn settle(&mut self, len: usize, mut tell: impl FnMut(Span, &[u8])) {
        let len = len as u32;
        let within = |span: Span| Span::new(span.start.min(len), span.end.min(len));
        // Nearly always they come in order and stand apart.
        if self.edits.is_sorted_by(|a, b| a.span.start < b.span.start && a.span.end <= b.span.start) {
            return self.edits.iter().for_each(|e| tell(within(e.span), &self.buffer[e.replacement.range()]));
        }
        self.edits.sort_unstable_by_key(order);
        // Where edits overlap, the first one's replacement stands for all that they cover.
        let mut held: Option<Edit> = None;
        for edit in &self.edits {
            let span = within(edit.span);
            match &mut held {
                Some(first) if span.start < first.span.end => first.span.end = first.span.end.max(span.end),
                _ => {
                    if let Some(first) = held.replace(Edit { span, ..*edit }) {
                        tell(first.span, &self.buffer[first.replacement.range()]);
                    }
                }
            }
        }
        if let Some(last) = held {
            tell(last.span, &self.buffer[last.replacement.range()]);
        }
    }

    fn add(&mut self, edit: Edit) {
        if edit.span.end > self.furthest.end {
            self.furthest = edit.span;
        }
        self.edits.push(edit);
    }
}

/// By start; an insertion before what replaces, of others the outermost first, of equals the one that came first.
fn order(edit: &Edit) -> (u32, bool, Reverse<u32>, u32) {
    (edit.span.start, !edit.span.is_empty(), Reverse(edit.span.end), edit.replacement.start)
}

/// The whole member that `scalar` is the value of.
fn outer_span(scalar: &Scalar) -> Span {
    Span::new(scalar.member_start, scalar.outer_end())
}

/// Appends `text` as the content of a JSON string, escaped as `serde_json` does: only what must be.
pub fn escape_json_into(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut kept = 0;
    for (at, &b) in bytes.iter().enumerate() {
        let short = match b {
            b'"' | b'\\' => b,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0x00..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[kept..at]);
        kept = at + 1;
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend_from_slice(&[b'0', b'0', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
        }
    }
    out.extend_from_slice(&bytes[kept..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::decode::{Limits, Scanner};
    use crate::record::Paths;

    fn tape_of(raw: &str) -> Vec<Scalar> {
        let mut tape = Vec::new();
        Scanner::new(Limits::default()).scan(raw.as_bytes(), &mut Paths::new(), &mut tape).expect("is JSON");
        tape
    }

    fn spliced(edits: &mut Edits, raw: &str) -> String {
        let mut out = Vec::new();
        edits.splice(raw.as_bytes(), &mut out);
        String::from_utf8(out).expect("is UTF-8")
    }

    /// `raw` without the values whose text is one of `gone`.
    fn without(raw: &str, gone: &[&str]) -> String {
        let mut edits = Edits::new();
        for scalar in tape_of(raw).iter().filter(|s| s.kind != Kind::Key && gone.contains(&&raw[s.span.range()])) {
            edits.remove_member(raw.as_bytes(), scalar);
        }
        spliced(&mut edits, raw)
    }

    #[test]
    fn a_replacement_changes_its_span_alone() {
        let raw = r#"{ "a" : "x@y.z", "b":34958.30 }"#;
        let mut edits = Edits::new();
        edits.replace(Span::new(9, 14), b"em_1");
        let from = edits.buffer().len();
        edits.buffer().extend_from_slice(b"0");
        edits.replace_with_tail(Span::new(21, 29), from);
        assert_eq!(spliced(&mut edits, raw), r#"{ "a" : "em_1", "b":0 }"#);
        edits.clear();
        assert!(edits.is_empty());
        assert_eq!(spliced(&mut edits, raw), raw);
    }

    #[test]
    fn a_removed_member_takes_one_comma_along() {
        let raw = r#"{ "a":1, "b":2 , "c":3 }"#;
        assert_eq!(without(raw, &["1"]), r#"{ "b":2 , "c":3 }"#);
        assert_eq!(without(raw, &["2"]), r#"{ "a":1 , "c":3 }"#);
        assert_eq!(without(raw, &["3"]), r#"{ "a":1, "b":2  }"#);
        assert_eq!(without(raw, &["1", "2"]), r#"{ "c":3 }"#);
        assert_eq!(without(raw, &["1", "3"]), r#"{ "b":2  }"#);
        assert_eq!(without(raw, &["2", "3"]), r#"{ "a":1  }"#);
        assert_eq!(without(raw, &["1", "2", "3"]), r#"{}"#);
    }

    #[test]
    fn elements_and_the_root_are_removed_too() {
        assert_eq!(without(r#"[1,[2,2],3]"#, &["2"]), "[1,[],3]");
        assert_eq!(without(r#"[1,"x",3]"#, &["x"]), "[1,3]");
        assert_eq!(without(r#" "x" "#, &["x"]), " null ");
        assert_eq!(without("{\n  \"a\": 1,\n  \"b\": 2\n}", &["1"]), "{\n  \"b\": 2\n}");
    }

    #[test]
    fn edits_inside_a_removed_or_replaced_container_are_gone_with_it() {
        let raw = r#"{"a":{"x":1,"y":2},"b":3,"c":4}"#;
        assert_eq!(without(raw, &[r#"{"x":1,"y":2}"#, "1", "2", "3"]), r#"{"c":4}"#);
        let tape = tape_of(raw);
        let mut edits = Edits::new();
        edits.replace(tape[2].span, b"\"[gone]\"");
        edits.replace(tape[4].span, b"SECRET");
        edits.remove_member(raw.as_bytes(), &tape[6]);
        edits.remove_member(raw.as_bytes(), &tape[8]);
        assert_eq!(spliced(&mut edits, raw), r#"{"a":"[gone]","c":4}"#);
    }

    #[test]
    fn a_key_may_be_replaced_before_its_member_is_removed() {
        let raw = r#"{"a@b.c":1,"d":2}"#;
        let tape = tape_of(raw);
        let mut edits = Edits::new();
        edits.replace(tape[1].span, b"em_1");
        edits.remove_member(raw.as_bytes(), &tape[2]);
        assert_eq!(spliced(&mut edits, raw), r#"{"d":2}"#);
    }

    #[test]
    fn what_any_of_overlapping_edits_covers_goes() {
        let raw = "0123456789";
        for (spans, expected) in [
            (&[(2, 5), (4, 8)][..], "01A89"),
            (&[(4, 8), (2, 5)], "01B89"),
            (&[(2, 5), (2, 5)], "01A56789"),
            (&[(3, 4), (2, 8)], "01B89"),
            (&[(2, 2), (2, 4)], "01AB456789"),
            (&[(8, 99)], "01234567A"),
        ] {
            let mut edits = Edits::new();
            for (&(start, end), replacement) in spans.iter().zip(["A", "B"]) {
                edits.replace(Span::new(start, end), replacement.as_bytes());
            }
            assert_eq!(spliced(&mut edits, raw), expected, "{spans:?}");
        }
    }

    #[test]
    fn a_text_is_escaped_as_the_oracle_does_it() {
        let text: String = ('\0'..'\u{180}').chain(['\u{2028}', '😀']).collect();
        let mut out = b"\"".to_vec();
        escape_json_into(&text, &mut out);
        out.push(b'"');
        assert_eq!(String::from_utf8(out).expect("is UTF-8"), serde_json::to_string(&text).expect("is a string"));
    }

    #[test]
    fn debug_shows_no_replacement() {
        let mut edits = Edits::new();
        edits.replace(Span::new(0, 1), b"secret");
        let debug = format!("{edits:?}");
        assert!(!debug.contains("secret") && !debug.contains(&format!("{:?}", b"secret")));
    }

    /// What the model and the edits do to a value.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Change {
        Keep,
        Remove,
        Replace,
        /// Its key.
        Rename,
    }

    #[derive(Clone, Debug)]
    enum Json {
        Scalar(&'static str),
        Array(Vec<Json>),
        Object(Vec<(&'static str, Json)>),
    }

    impl Json {
        fn write(&self, space: &mut dyn FnMut() -> &'static str, out: &mut String) {
            match self {
                Json::Scalar(text) => out.push_str(text),
                Json::Array(elements) => {
                    out.push('[');
                    for (i, element) in elements.iter().enumerate() {
                        out.push_str(if i > 0 { "," } else { "" });
                        out.push_str(space());
                        element.write(space, out);
                        out.push_str(space());
                    }
                    out.push(']');
                }
                Json::Object(members) => {
                    out.push('{');
                    for (i, (key, value)) in members.iter().enumerate() {
                        out.push_str(if i > 0 { "," } else { "" });
                        out.push_str(space());
                        out.push_str(&format!("\"{key}\"{}:{}", space(), space()));
                        value.write(space, out);
                        out.push_str(space());
                    }
                    out.push('}');
                }
            }
        }

        /// The value after `changes`, one for each value in document order; `None` if it is removed.
        fn change(&self, changes: &mut dyn FnMut() -> Change) -> (Change, Option<Json>) {
            let change = changes();
            let changed = match self {
                Json::Scalar(_) => self.clone(),
                Json::Array(all) => Json::Array(all.iter().filter_map(|v| v.change(changes).1).collect()),
                Json::Object(all) => Json::Object(
                    all.iter()
                        .filter_map(|(key, v)| {
                            let (change, value) = v.change(changes);
                            Some((if change == Change::Rename { "R" } else { key }, value?))
                        })
                        .collect(),
                ),
            };
            match change {
                Change::Remove => (change, None),
                Change::Replace => (change, Some(Json::Scalar("\"X\""))),
                Change::Keep | Change::Rename => (change, Some(changed)),
            }
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let scalar = prop::sample::select(vec![
            "1",
            "-0.10",
            "\"s\"",
            "\"a\\\"b\"",
            "\",]}\"",
            "true",
            "null",
            "{}",
            "[]",
            "\"\"",
        ]);
        let key = prop::sample::select(vec!["a", "b", "c", "d\\\"", ",}"]);
        scalar.prop_map(Json::Scalar).prop_recursive(4, 30, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::vec((key.clone(), inner), 0..5).prop_map(Json::Object),
            ]
        })
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let one = prop::sample::select(vec![
            Change::Keep,
            Change::Keep,
            Change::Remove,
            Change::Remove,
            Change::Replace,
            Change::Rename,
        ]);
        prop::collection::vec(one, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn edits_do_what_the_same_changes_of_a_model_do(json in json(), changes in changes(), seed in any::<u64>()) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut raw = String::new();
            json.write(&mut || ["", "", " ", "\n  "][rng.usize(0..4)], &mut raw);
            let mut edits = Edits::new();
            let mut may_go = vec![false; raw.len()];
            let (mut key, mut next) = (None, changes.iter().copied().cycle());
            for scalar in &tape_of(&raw) {
                if scalar.kind == Kind::Key {
                    key = Some(*scalar);
                    continue;
                }
                let outer = Span::new(scalar.outer_end() - outer_len(scalar), scalar.outer_end());
                let (touched, key) = (next.next().expect("cycles"), key.take());
                match touched {
                    Change::Keep => continue,
                    Change::Remove => edits.remove_member(raw.as_bytes(), scalar),
                    Change::Replace => edits.replace(outer, b"\"X\""),
                    Change::Rename => if let Some(key) = key { edits.replace(key.span, b"R") },
                }
                let gone = match touched {
                    Change::Rename => key.map_or(Span::default(), |key| key.span),
                    Change::Remove => outer_span(scalar),
                    _ => outer,
                };
                may_go[gone.range()].fill(true);
            }
            let out = spliced(&mut edits, &raw);

            let mut next = changes.iter().copied().cycle();
            let mut expected = String::new();
            let changed = json.change(&mut || next.next().expect("cycles")).1.unwrap_or(Json::Scalar("null"));
            changed.write(&mut || "", &mut expected);
            let parse = |text: &str| serde_json::from_str::<Value>(text);
            let (ours, models) = (parse(&out).expect("stays JSON"), parse(&expected).expect("is JSON"));
            prop_assert_eq!(ours, models, "{} became {}", raw, out);

            // Beyond what had to go, only commas and white space went, and what stayed is as it was.
            let mut kept = String::new();
            let mut stays = vec![true; raw.len()];
            edits.as_slice().iter().for_each(|edit| stays[edit.span.range()].fill(false));
            for (i, c) in raw.char_indices() {
                prop_assert!(stays[i] || may_go[i] || c == ',' || c.is_ascii_whitespace(), "{} at {} of {}", c, i, raw);
                if stays[i] { kept.push(c); }
            }
            let mut rest = out.as_str();
            for c in kept.chars() {
                let at = rest.find(c);
                prop_assert!(at.is_some(), "{} lost bytes of {}", out, raw);
                rest = &rest[at.unwrap_or(0) + c.len_utf8()..];
            }
        }

        #[test]
        fn any_edits_leave_exactly_the_bytes_that_none_covers(
            spans in prop::collection::vec((0u32..30, 0u32..10), 0..8), len in 0usize..30,
        ) {
            let raw: String = ('a'..='z').cycle().take(len).collect();
            let mut edits = Edits::new();
            let mut stays = vec![true; 64];
            for &(start, len) in &spans {
                edits.replace(Span::new(start, start + len), b"#");
                stays[start as usize..(start + len) as usize].fill(false);
            }
            let expected: String = raw.chars().zip(stays).filter(|(_, stays)| *stays).map(|(c, _)| c).collect();
            prop_assert_eq!(spliced(&mut edits, &raw).replace('#', ""), expected);
        }
    }

    /// Bytes of the value with its quotes.
    fn outer_len(scalar: &Scalar) -> u32 {
        scalar.span.len() as u32 + if scalar.kind == Kind::String { 2 } else { 0 }
    }
}
