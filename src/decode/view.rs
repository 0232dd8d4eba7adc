//! A value as it is meant, with the way back to the bytes it is written with.
//!
//! A view begins as the raw text. Each layer (an escape syntax, a Unicode folding) makes a new text of the last one,
//! and the map from decoded to raw offsets is carried along, so layers stack in any order and number.

use std::ops::Range;

use crate::decode::layers;
use crate::record::{Class, Span};

/// What [`View::undo_encodings`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The text holds no encoding.
    Nothing,
    /// All are undone.
    All,
    /// The rounds were too few: the text may still hold encodings.
    Some,
}

/// Whether a text of this class may be written in an encoding that [`View::undo_encodings`] undoes.
pub const fn may_be_encoded(class: Class) -> bool {
    class.has(Class::PERCENT.with(Class::AMPERSAND).with(Class::EQUALS).with(Class::ESCAPE))
}

/// Whether a value's raw bytes may differ from what it means: then it is searched in a [`View`].
pub const fn needs_view(class: Class) -> bool {
    class.has(Class::ESCAPE.with(Class::NON_ASCII))
}

/// The decoded form of one value and its map back. Reusable: [`View::load`] starts over and keeps the buffers.
#[derive(Default)]
pub struct View {
    current: Mapped,
    /// Where the next layer writes.
    next: Mapped,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The text is a value: sizes only.
        f.debug_struct("View").field("bytes", &self.current.text.len()).finish_non_exhaustive()
    }
}

impl View {
    /// An empty view.
    pub fn new() -> View {
        View::default()
    }

    /// Loads the raw text of a value whose first byte stands at the raw offset `base`.
    pub fn load(&mut self, raw: &str, base: u32) {
        self.current.clear();
        self.current.text.push_str(raw);
        self.current.end = base + raw.len() as u32;
        if !raw.is_empty() {
            self.current.runs.push(Run { decoded: 0, raw: Span::new(base, self.current.end), linear: true });
        }
    }

    /// Loads a part of what another view shows; raw offsets stay those of the other.
    pub fn load_part(&mut self, from: &View, part: Span) {
        self.current.clear();
        self.current.end = from.raw_span(Span::new(part.end, part.end)).end;
        Writer { from: &from.current, into: &mut self.current }.keep(part.range());
    }

    /// Undoes JSON escapes: `\n`, `\u0040`, surrogate pairs. What is no escape stays as it is.
    pub fn unescape_json(&mut self) {
        self.layer(layers::json_escape::decode);
    }

    /// Folds what Unicode can hide PII with to ASCII: see [`layers::unicode_fold`].
    pub fn fold_unicode(&mut self) {
        self.layer(layers::unicode_fold::decode);
    }

    /// Undoes the encodings that a text may be written in without saying so (percent, HTML entities, quoted-printable,
    /// backslashes), each as often as it is used, in at most `rounds` rounds of all of them. `class`: of the text so far.
    pub fn undo_encodings(&mut self, class: Class, rounds: usize) -> Undone {
        let (mut undone, mut class) = (Undone::Nothing, class);
        for _ in 0..rounds {
            if !self.undo_once(class) {
                return undone;
            }
            self.fold_unicode();
            (class, _) = Class::of_text(self.text().as_bytes());
            undone = Undone::All;
        }
        if self.undo_once(class) { Undone::Some } else { undone }
    }

    fn undo_once(&mut self, class: Class) -> bool {
        let mut any = false;
        for (sign, decode) in layers::ENCODINGS {
            any |= class.has(sign) && self.layer(decode);
        }
        any
    }

    /// Puts one layer on: `decode` reads the text so far and writes all of the new one. It returns false if there is
    /// nothing to do, as this does then; what it wrote is dropped.
    pub fn layer(&mut self, decode: impl FnOnce(&str, &mut Writer<'_>) -> bool) -> bool {
        self.next.clear();
        self.next.end = self.current.end;
        let mut writer = Writer { from: &self.current, into: &mut self.next };
        let changed = decode(&self.current.text, &mut writer);
        if changed {
            std::mem::swap(&mut self.current, &mut self.next);
        }
        changed
    }

    /// The decoded text.
    pub fn text(&self) -> &str {
        &self.current.text
    }

    /// The smallest span of raw bytes that covers a span of the decoded text: whole escapes, whole characters, and what
    /// was swallowed between them. A span that cuts a decoded character is widened to the whole of it.
    pub fn raw_span(&self, decoded: Span) -> Span {
        self.current.raw_span(decoded)
    }
}

/// What a layer writes its text with: each part of the new text says which part of the last one it stands for. What is
/// neither kept nor put is swallowed.
pub struct Writer<'a> {
    from: &'a Mapped,
    into: &'a mut Mapped,
}

impl Writer<'_> {
    /// The part `range` of the last text goes on as it is.
    pub fn keep(&mut self, range: Range<usize>) {
        let Writer { from, into } = self;
        let mut at = range.start;
        for (i, run) in from.runs.iter().enumerate().skip(from.run_index(at)) {
            if at >= range.end {
                break;
            }
            let run_end = from.run_end(i).min(range.end);
            let raw = if run.linear {
                let start = run.raw.start + (at - run.decoded as usize) as u32;
                Span::new(start, start + (run_end - at) as u32)
            } else {
                run.raw
            };
            into.push(&from.text[at..run_end], raw, run.linear);
            at = run_end;
        }
    }

    /// The part `range` of the last text means `decoded`. A finding in any of it covers all of `range`.
    pub fn put(&mut self, range: Range<usize>, decoded: &str) {
        let raw = self.from.raw_span(Span::new(range.start as u32, range.end as u32));
        self.into.push(decoded, raw, false);
    }
}

/// A text and where its bytes come from.
#[derive(Default)]
struct Mapped {
    text: String,
    /// Ordered; a run reaches to the next one's start. None is empty.
    runs: Vec<Run>,
    /// Raw offset of the value's end.
    end: u32,
}

/// A stretch of decoded text and the raw bytes it comes from.
struct Run {
    /// Offset of its first decoded byte.
    decoded: u32,
    raw: Span,
    /// Decoded and raw bytes are the same, one for one. Else any part of it stands for all of `raw`.
    linear: bool,
}

impl Mapped {
    fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
    }

    fn push(&mut self, text: &str, raw: Span, linear: bool) {
        if text.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if linear && last.linear && last.raw.end == raw.start => last.raw.end = raw.end,
            _ => self.runs.push(Run { decoded: self.text.len() as u32, raw, linear }),
        }
        self.text.push_str(text);
    }

    /// The run that holds the decoded byte at `offset`.
    fn run_index(&self, offset: usize) -> usize {
        self.runs.partition_point(|run| run.decoded as usize <= offset).saturating_sub(1)
    }

    fn run_end(&self, index: usize) -> usize {
        self.runs.get(index + 1).map_or(self.text.len(), |next| next.decoded as usize)
    }

    fn raw_span(&self, decoded: Span) -> Span {
        let start = self.text.floor_char_boundary(decoded.start as usize);
        let end = self.text.ceil_char_boundary(decoded.end as usize);
        if start >= self.text.len() {
            return Span::new(self.end, self.end);
        }
        let first = &self.runs[self.run_index(start)];
        let raw_start = if first.linear { first.raw.start + (start as u32 - first.decoded) } else { first.raw.start };
        if end <= start {
            return Span::new(raw_start, raw_start);
        }
        let last = &self.runs[self.run_index(end - 1)];
        let raw_end = if last.linear { last.raw.start + (end as u32 - last.decoded) } else { last.raw.end };
        Span::new(raw_start, raw_end)
    }
}

#[cfg(test)]
impl View {
    /// What one layer makes of `raw`.
    pub(in crate::decode) fn through(raw: &str, layer: impl FnOnce(&str, &mut Writer<'_>) -> bool) -> String {
        let mut view = View::new();
        view.load(raw, 0);
        view.layer(layer);
        view.text().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view_of(raw: &str, base: u32) -> View {
        let mut view = View::new();
        view.load(raw, base);
        view.unescape_json();
        view.fold_unicode();
        view
    }

    /// The raw text under the first place where `needle` stands in the view.
    fn raw_of<'a>(raw: &'a str, needle: &str) -> &'a str {
        let view = view_of(raw, 7);
        let at = view.text().find(needle).expect("is in the view") as u32;
        let span = view.raw_span(Span::new(at, at + needle.len() as u32));
        &raw[span.start as usize - 7..span.end as usize - 7]
    }

    #[test]
    fn a_finding_maps_back_to_whole_escapes_and_characters() {
        assert_eq!(raw_of(r"to siti\u0040example.com now", "siti@example.com"), r"siti\u0040example.com");
        assert_eq!(raw_of(r"a\nsiti@x.id\n", "siti@x.id"), "siti@x.id");
        assert_eq!(raw_of("tlf ٤٥١٢ ok", "4512"), "٤٥١٢");
        assert_eq!(raw_of("４５\u{200b}１２\u{200b} ok", "4512"), "４５\u{200b}１２");
        assert_eq!(raw_of(r"４５\u200b１２\u200b ok", "4512"), r"４５\u200b１２");
        assert_eq!(raw_of(r"x \ud835\udfd8\ud835\udfd9 y", "01"), r"\ud835\udfd8\ud835\udfd9");
    }

    #[test]
    fn a_part_of_what_one_character_means_stands_for_the_whole_character() {
        assert_eq!(view_of("aﬁb", 0).text(), "afib");
        assert_eq!(raw_of("aﬁb", "i"), "ﬁ");
        assert_eq!(raw_of("aﬁb", "ib"), "ﬁb");
    }

    #[test]
    fn a_span_that_cuts_a_character_is_widened() {
        let view = view_of("øx", 0);
        assert_eq!(view.raw_span(Span::new(1, 3)), Span::new(0, 3));
        assert_eq!(view.raw_span(Span::new(0, 1)), Span::new(0, 2));
    }

    #[test]
    fn spans_at_the_end_and_of_nothing_are_in_the_value() {
        let view = view_of("ab\u{200b}", 10);
        assert_eq!(view.raw_span(Span::new(2, 2)), Span::new(15, 15));
        assert_eq!(view.raw_span(Span::new(1, 1)), Span::new(11, 11));
        assert_eq!(view_of("", 3).raw_span(Span::new(0, 0)), Span::new(3, 3));
    }

    #[test]
    fn a_layer_may_stand_on_any_other() {
        // Percent over JSON escapes: what the next issue adds, in small.
        let raw = r"siti\u002540x.id";
        let mut view = View::new();
        view.load(raw, 0);
        view.unescape_json();
        view.layer(|text, writer| {
            let at = text.find("%40").expect("is there");
            writer.keep(0..at);
            writer.put(at..at + 3, "@");
            writer.keep(at + 3..text.len());
            true
        });
        assert_eq!(view.text(), "siti@x.id");
        assert_eq!(view.raw_span(Span::new(4, 5)), Span::new(4, 12));
        assert_eq!(view.raw_span(Span::new(5, 6)), Span::new(12, 13));
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", view_of("secret", 0)).contains("secret"));
    }

    /// Pieces of the raw text of a JSON string: each stands for itself.
    fn raw_text() -> impl Strategy<Value = (String, Vec<usize>)> {
        let piece = prop_oneof![
            "[a-z0-9@. ]{1,3}",
            Just("\\n".to_owned()),
            Just("\\u0040".to_owned()),
            Just("\\ud835\\udfd8".to_owned()),
            Just("\\u200b".to_owned()),
            any::<char>()
                .prop_filter("stands for itself", |c| !matches!(c, '\\' | '"' | '\0'..='\x1f'))
                .prop_map(String::from),
            prop::sample::select(vec!['ø', 'Ж', '５', '٣', '\u{200b}', '\u{ad}', '\u{a0}', '–', 'ﬁ', '😀', '＠'])
                .prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| {
            let mut cuts = vec![0];
            let mut raw = String::new();
            for piece in pieces {
                let plain = !piece.starts_with('\\');
                for (i, _) in piece.char_indices().skip(1).filter(|_| plain) {
                    cuts.push(raw.len() + i);
                }
                raw.push_str(&piece);
                cuts.push(raw.len());
            }
            (raw, cuts)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn a_raw_span_covers_its_decoded_text_and_cuts_nothing(
            (raw, cuts) in raw_text(), base in 0u32..100,
            a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
        ) {
            let view = view_of(&raw, base);
            let text = view.text().to_owned();
            let bounds: Vec<usize> = (0..=text.len()).filter(|&i| text.is_char_boundary(i)).collect();
            let (a, b) = (bounds[a.index(bounds.len())], bounds[b.index(bounds.len())]);
            let (a, b) = (a.min(b), a.max(b));
            let span = view.raw_span(Span::new(a as u32, b as u32));
            let (start, end) = ((span.start - base) as usize, (span.end - base) as usize);
            prop_assert!(cuts.contains(&start) && cuts.contains(&end), "{start}..{end} cuts an escape or a character");
            let alone = view_of(&raw[start..end], 0);
            prop_assert!(alone.text().contains(&text[a..b]));
            // Smallest: a span within one character decodes to no more than the characters it touches.
            if a < b {
                prop_assert!(start < end);
            }
        }

        #[test]
        fn raw_spans_of_the_characters_are_in_order((raw, _) in raw_text()) {
            let view = view_of(&raw, 0);
            let mut last = Span::default();
            for (i, c) in view.text().char_indices() {
                let span = view.raw_span(Span::new(i as u32, (i + c.len_utf8()) as u32));
                prop_assert!(span == last || span.start >= last.end, "{span:?} after {last:?}");
                last = span;
            }
            prop_assert!(last.end as usize <= raw.len());
        }
    }
}
