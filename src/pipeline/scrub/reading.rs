//! What a value may mean besides what it says: JSON inside of text, names with values, base64, percent escapes and
//! their like. Each reading of a value is searched; what is found in any of them goes.
//!
//! A plain value never comes here: its class, and one look at long words, tell.

use super::claims::{Claim, Label};
use super::place::{Place, escape_tail};
use super::{At, Core, Frame, Guard};
use crate::decode::encoded::{self, Content, Part};
use crate::decode::pairs::{self, Pair};
use crate::decode::{Undone, View, is_defanged, may_be_encoded};
use crate::decode::{columns, documents, elements, tables};
use crate::detect::{FieldPlan, Look, Nature, is_name};
use crate::pseudonymize::Outcome;
use crate::record::{ActionId, Basis, Class, EntityId, Kind, Reject, Scalar, Span, Word};

/// How often the bytes of a record may be read over, encodings within encodings: past that what is encoded is redacted.
const READ_OVER_MAX: usize = 32;

/// What the first look at a value says: nearly all of a stream is plain values that hold nothing.
#[derive(Clone, Copy)]
pub(super) struct First {
    look: Look,
    /// Whether the text may mean more than it says.
    hides: bool,
    /// Whether there are statements in it, and tables.
    columns: bool,
    tables: bool,
}

impl First {
    /// Whether nothing can be in it.
    pub(super) fn is_nothing(self) -> bool {
        !self.look.may_hold && !self.hides
    }
}

/// One way to read a value: its text, and the way back to the bytes of its document.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    /// `None`: the text is the raw bytes, which begin at `base`.
    pub(super) view: Option<&'a View>,
    pub(super) base: u32,
    /// See [`Claim::rank`].
    pub(super) rank: u8,
    /// The first look at this very text, if somebody took it.
    pub(super) first: Option<First>,
}

impl<'a> Reading<'a> {
    /// The raw bytes themselves.
    pub(super) fn plain(text: &'a str, base: u32, first: Option<First>) -> Self {
        Reading { text, view: None, base, rank: 0, first }
    }

    /// What a view shows.
    pub(super) fn of(view: &'a View, rank: u8) -> Self {
        Reading { text: view.text(), view: Some(view), base: 0, rank, first: None }
    }

    /// The bytes that a part of the text stands for.
    pub(super) fn raw(&self, span: Span) -> Span {
        match self.view {
            Some(view) => view.raw_span(span),
            None => Span::new(self.base + span.start, self.base + span.end),
        }
    }

    fn load_into(&self, part: Span, view: &mut View) {
        match self.view {
            Some(from) => view.load_part(from, part),
            None => view.load(&self.text[part.range()], self.base + part.start),
        }
    }
}

fn span_of(range: &std::ops::Range<usize>) -> Span {
    Span::new(range.start as u32, range.end as u32)
}

/// What may mean more than it says, in a text of any length.
pub(super) const SIGNS: Class =
    Class::PERCENT.with(Class::AMPERSAND).with(Class::EQUALS).with(Class::ESCAPE).with(Class::BRACE);

impl Core {
    /// The first look at a value of which the scanner told what it is made of.
    #[inline]
    pub(super) fn first_look(&mut self, text: &str, kind: Kind, class: Class, digits: u8) -> First {
        let encoded_bytes = self.plan.limits.encoded_bytes;
        let word = Word::of(text.as_bytes(), class);
        let look = self.detector.look(text, word, kind, class, digits);
        let is_encoded = || match word.filter(|_| text.len() <= encoded_bytes) {
            Some(word) => encoded::may_begin_in(text.as_bytes(), word),
            None => self.may_be_encoded_in(text, look),
        };
        let is_text = matches!(kind, Kind::String | Kind::Key) && !look.is_time;
        let spaced = is_text && class.has(Class::SPACE);
        let (columns, tables) = (spaced && columns::are_in(text), spaced && tables::are_in(text));
        let defanged = || class.has(Class::OTHER) && is_defanged(text);
        let hides = columns || tables || is_text && (class.has(SIGNS) || defanged() || is_encoded());
        First { look, hides, columns, tables }
    }

    /// Whether base64 or hexadecimal may stand in a text of which this is the first look.
    fn may_be_encoded_in(&self, text: &str, look: Look) -> bool {
        let (bytes, bytes_max) = (text.as_bytes(), self.plan.limits.encoded_bytes);
        match self.detector.marks(look) {
            Some(marks) => encoded::may_hold(bytes, marks, bytes_max),
            None => encoded::may_hold(bytes, bytes, bytes_max),
        }
    }

    /// The value at hand as it is meant. Taken out of the frame while it is read, so that the rest of it can be written.
    pub(super) fn view(at: At<'_>, frame: &mut Frame) -> View {
        let Scalar { span, .. } = *at.scalar;
        let mut view = std::mem::take(&mut frame.view);
        if frame.viewed.replace(span.start) != Some(span.start) {
            view.load(&at.document[span.range()], span.start);
            if at.place != Place::Text {
                view.unescape_json();
            }
            view.fold_unicode();
        }
        view
    }

    /// Nobody says what the field holds: what the bytes look like decides.
    pub(super) fn content(&mut self, at: At<'_>, nature: Nature, reading: Reading<'_>, frame: &mut Frame) {
        let kind = at.scalar.kind;
        let First { look, hides, .. } = reading.first.unwrap_or_else(|| {
            let (class, digits) = Class::of_text(reading.text.as_bytes());
            self.first_look(reading.text, kind, class, digits)
        });
        let counts = !self.shadow_counted && self.guard == Guard::Off;
        if let Some(shadow) = self.shadow.as_mut().filter(|_| counts) {
            let action = shadow.action;
            for finding in shadow.find(reading.text, kind, look.class, look.digits) {
                let raw = if at.place == Place::JsonNumber { at.scalar.span } else { reading.raw(finding.span) };
                let label = Label { entity: finding.entity, action, basis: finding.basis };
                self.report.note_shadow(super::traced(at.scalar.path, raw, label));
            }
        }
        if hides {
            return self.read_deeply(at, reading, look, frame);
        }
        if !look.may_hold {
            return;
        }
        let mut findings = std::mem::take(&mut frame.findings);
        findings.clear();
        self.detector.find_in(nature, reading.text, kind, look, &mut findings);
        for finding in &findings {
            self.finding(at, finding, None, reading, frame);
        }
        frame.findings = findings;
    }

    /// Searches all readings of a value, and makes edits of what is found.
    fn read_deeply(&mut self, at: At<'_>, reading: Reading<'_>, look: Look, frame: &mut Frame) {
        frame.claims.clear();
        let whole = Span::new(0, reading.text.len() as u32);
        let is_document = look.class.has(Class::BRACE)
            && documents::is_document_like(reading.text)
            && self.document_in(at, reading, whole, frame);
        if !is_document {
            self.search(at, reading, look, frame);
            if may_be_encoded(look.class)
                || look.class.has(Class::BRACE.with(Class::OTHER)) && is_defanged(reading.text)
            {
                self.search_undone(at, reading, look.class, frame);
            }
        }
        let (scalar, report) = (at.scalar, &mut self.report);
        let Frame { claims, edits, .. } = frame;
        claims.settle(edits, |span, label| report.note(super::traced(scalar.path, span, label)));
    }

    /// Searches what is left when all encodings are undone.
    fn search_undone(&mut self, at: At<'_>, reading: Reading<'_>, class: Class, frame: &mut Frame) {
        let mut undone = std::mem::take(&mut frame.undone);
        let whole = Span::new(0, reading.text.len() as u32);
        reading.load_into(whole, &mut undone);
        match undone.undo_encodings(class, self.plan.limits.encoded_depth) {
            Undone::Nothing => {}
            Undone::All => {
                let look = self.detector.look_at(undone.text(), at.scalar.kind);
                self.search(at, Reading::of(&undone, reading.rank + 1), look, frame);
            }
            Undone::Some => self.redact(at, reading, whole, frame),
        }
        frame.undone = undone;
    }

    /// Claims what one reading shows.
    fn search(&mut self, at: At<'_>, reading: Reading<'_>, look: Look, frame: &mut Frame) {
        let class = look.class;
        if class.has(Class::BRACE) {
            documents::find(reading.text, |range| self.document_in(at, reading, span_of(&range), frame));
        }
        if class.has(Class::EQUALS) || class.has(Class::COLON) && class.has(Class::BRACE.with(Class::OTHER)) {
            // What was too much to look at goes as a whole.
            if let Some(end) = pairs::find(reading.text, |pair| self.pair(at, reading, pair, frame)) {
                self.redact(at, reading, Span::new(end as u32, reading.text.len() as u32), frame);
            }
        }
        if class.has(Class::BRACE) {
            elements::find(reading.text, |pair| {
                self.pair(at, reading, pair, frame);
            });
        }
        if class.has(Class::SPACE) && reading.first.is_none_or(|first| first.columns) {
            columns::find(reading.text, |pair| {
                self.pair(at, reading, pair, frame);
            });
        }
        if class.has(Class::SPACE) && reading.first.is_none_or(|first| first.tables) {
            self.tables(at, reading, frame);
        }
        self.encoded_parts(at, reading, look, frame);
        if !look.may_hold {
            return;
        }
        let mut findings = std::mem::take(&mut frame.findings);
        findings.clear();
        self.detector.find(reading.text, at.scalar.kind, look, &mut findings);
        for finding in &findings {
            let raw = reading.raw(finding.span);
            if !frame.claims.is_covered(raw) {
                let value = &reading.text[finding.value.range()];
                let found = Found { raw, value, entity: finding.entity, action: None, basis: finding.basis };
                self.claim(at, &found, reading.rank, frame);
                if begins_in_escape(reading.text, finding.span.start as usize) {
                    frame.claims.doubt(raw);
                }
            }
        }
        frame.findings = findings;
    }

    /// Scrubs a part of a reading as a JSON document of its own: its paths go on from that of the value. False: it is
    /// none.
    fn document_in(&mut self, at: At<'_>, reading: Reading<'_>, part: Span, frame: &mut Frame) -> bool {
        let raw = reading.raw(part);
        if frame.claims.is_covered(raw) {
            return true;
        }
        let text = &reading.text[part.range()];
        let Some(mut inner) = self.enter(text.len()) else {
            self.redact(at, reading, part, frame);
            return true;
        };
        let mark = self.report.mark();
        let result = self.document(at.scalar.path, text, &mut inner);
        if result.is_ok() {
            let raw_of = |span: Span| reading.raw(Span::new(part.start + span.start, part.start + span.end));
            self.report.map_since(mark, raw_of);
            inner.edits.settle(text.len(), |span, replacement| {
                let from = frame.edits.buffer().len();
                frame.edits.buffer().extend_from_slice(replacement);
                let quote = if reading.rank > 0 { quote_in(&at.document[raw.range()]) } else { "\"" };
                fit(at.place, quote, frame.edits.buffer(), from);
                let replacement = Span::new(from as u32, frame.edits.buffer().len() as u32);
                frame.claims.push(Claim { raw: raw_of(span), replacement, label: None, rank: reading.rank });
            });
            frame.claims.cover(raw);
        }
        self.leave(inner);
        match result {
            Ok(()) => true,
            Err(Reject::TooDeep) => {
                self.redact(at, reading, part, frame);
                true
            }
            Err(_) => false,
        }
    }

    /// A name with its value: what the name says counts as for a field. False: it says nothing.
    pub(super) fn pair(&mut self, at: At<'_>, reading: Reading<'_>, pair: &Pair, frame: &mut Frame) -> bool {
        let plan = self.detector.plan_of_name(reading.text[pair.name.clone()].as_bytes());
        let Some(entity) = plan.entity else {
            return false;
        };
        let part = span_of(&pair.value);
        let raw = reading.raw(part);
        let text = &reading.text[pair.value.clone()];
        if frame.claims.is_covered(raw) || self.detector.is_own_token(text) || pair.is_digest(reading.text) {
            return false;
        }
        let (class, _) = Class::of_text(text.as_bytes());
        let mut view = std::mem::take(&mut frame.part);
        let mut value = text;
        if may_be_encoded(class) || text.contains('+') {
            // With its `=`, so that a form is seen as one; and with the last sign of its name where the `=` would else
            // seem to begin an escape: `token=41ab==`.
            let before = &reading.text.as_bytes()[..pair.value.start];
            let equals = usize::from(before.ends_with(b"="));
            let letter = |hex| u8::from_str_radix(hex, 16).is_ok_and(|byte| byte.is_ascii_alphanumeric());
            let named = matches!(before, [.., last, b'='] if last.is_ascii_alphanumeric());
            let named = named && text.get(..2).is_some_and(letter);
            let start = pair.value.start - equals - usize::from(named);
            reading.load_into(Span::new(start as u32, part.end), &mut view);
            view.undo_encodings(class.with(Class::EQUALS), self.plan.limits.encoded_depth);
            // The `=` may itself have been read as the beginning of an escape: then all of what it became is the value.
            let whole = view.text().get(usize::from(named)..).unwrap_or_default();
            value = whole.strip_prefix('=').filter(|_| equals > 0).unwrap_or(whole);
        }
        // `name="password"`: what a form or an element calls its value, which stands elsewhere.
        let naming = matches!(&reading.text[pair.name.clone()], "name" | "key" | "id" | "field" | "type" | "property");
        if naming && self.detector.plan_of_name(text.as_bytes()).entity.is_some() {
            return false;
        }
        // A rule of the config about names is about people's, and a text names its processes, too: `name=worker_1`.
        // `string full_name = 1;` numbers a field, and one sign is nobody.
        let thing =
            value.len() < 2 || matches!(&reading.text[pair.name.clone()], "name" | "nama" | "navn") && !is_name(value);
        let meant = !thing && self.is_meant(entity, plan, value);
        if meant {
            let action = self.untyped_in_text(entity, plan.action, value, &mut frame.findings);
            let found = Found { raw, value, entity, action, basis: Basis::Field };
            self.claim(at, &found, reading.rank, frame);
        }
        frame.part = view;
        meant
    }

    /// Whether a value behind a name in a text is one: `phone=verified` and `card=true` are not.
    pub(super) fn is_meant(&self, entity: EntityId, plan: FieldPlan, value: &str) -> bool {
        const NOTHING: [&str; 12] =
            ["true", "false", "null", "nil", "none", "undefined", "unknown", "yes", "no", "n/a", "-", "ok"];
        if NOTHING.iter().any(|word| value.eq_ignore_ascii_case(word)) {
            return false;
        }
        let (class, digits) = Class::of_text(value.as_bytes());
        self.detector.is_field_value(plan, value, digits)
            && (plan.action.is_some()
                || self.plan.is_of_words(entity)
                || digits >= 4
                || class.has(Class::AT.with(Class::COLON).with(Class::NON_ASCII)))
    }

    /// Base64 and hexadecimal.
    fn encoded_parts(&mut self, at: At<'_>, reading: Reading<'_>, look: Look, frame: &mut Frame) {
        if !self.may_be_encoded_in(reading.text, look) {
            return;
        }
        let mut buffer = std::mem::take(&mut frame.decoded);
        encoded::find(reading.text, self.plan.limits.encoded_bytes, &mut buffer, |part, content| {
            let raw = reading.raw(span_of(&part.span));
            if frame.claims.is_covered(raw) {
                return;
            }
            let claims = frame.claims.len();
            match content {
                Content::Text(text) => self.encoded_text(at, reading, part, text, frame),
                // What cannot be looked into is what its field's rule says.
                Content::File | Content::TooLarge if self.guard != Guard::Off => {}
                Content::File | Content::TooLarge => self.redact(at, reading, span_of(&part.span), frame),
            }
            // One card number in some reads as base64 of a text in which nothing is: what it says as it stands counts.
            if frame.claims.len() > claims {
                frame.claims.cover(raw);
            }
        });
        frame.decoded = buffer;
    }

    /// Scrubs what a part decodes to, and encodes it again. A value that is all of it is replaced itself; a token that
    /// is signed is worth nothing when it is changed, so it goes.
    fn encoded_text(&mut self, at: At<'_>, reading: Reading<'_>, part: &Part, text: &str, frame: &mut Frame) {
        let Some(mut inner) = self.enter(text.len()) else {
            return self.redact(at, reading, span_of(&part.span), frame);
        };
        let mark = self.report.mark();
        let raw = reading.raw(span_of(&part.span));
        if self.text_in(at.scalar.path, text, &mut inner).is_err() {
            self.redact(at, reading, span_of(&part.span), frame);
        } else if !inner.edits.is_empty() && part.is_whole_or_nothing(reading.text) {
            self.redact(at, reading, span_of(&part.whole), frame);
        } else if !inner.edits.is_empty() {
            let from = frame.edits.buffer().len();
            let (mut written, mut alone) = (Vec::new(), false);
            inner.edits.settle(text.len(), |span, _| alone = span.len() >= text.trim().len());
            inner.edits.splice(text.as_bytes(), &mut written);
            if alone {
                frame.edits.buffer().extend_from_slice(&written);
            } else {
                part.encode(&written, frame.edits.buffer());
            }
            fit(at.place, "\"", frame.edits.buffer(), from);
            let replacement = Span::new(from as u32, frame.edits.buffer().len() as u32);
            frame.claims.push(Claim { raw, replacement, label: None, rank: reading.rank });
        }
        self.report.map_since(mark, |_| raw);
        self.leave(inner);
    }

    /// Claims a part that cannot be looked into, whole.
    fn redact(&mut self, at: At<'_>, reading: Reading<'_>, part: Span, frame: &mut Frame) {
        let raw = reading.raw(part);
        let (entity, action) = self.plan.encoded();
        let found = Found { raw, value: "", entity, action: Some(action), basis: Basis::Field };
        self.claim(at, &found, reading.rank, frame);
        frame.claims.cover(raw);
    }

    /// Claims a value.
    fn claim(&mut self, at: At<'_>, found: &Found<'_>, rank: u8, frame: &mut Frame) {
        let Found { raw, value, entity, action, basis } = *found;
        if self.stays(entity) || frame.claims.has(raw, entity) {
            return;
        }
        let buffer = frame.edits.buffer();
        let from = buffer.len();
        match self.pseudonymizer.apply(entity, action, value, buffer) {
            Outcome::Replaced if at.place != Place::Text => escape_tail(buffer, from),
            Outcome::Replaced | Outcome::Coded => {}
            Outcome::Removed => {}
            Outcome::Kept => return,
        }
        self.may_repeat(entity, value);
        let replacement = Span::new(from as u32, buffer.len() as u32);
        let action = action.unwrap_or_else(|| self.plan.default_action(entity));
        frame.claims.push(Claim { raw, replacement, label: Some(Label { entity, action, basis }), rank });
    }

    /// Goes one encoding deeper, into `bytes` of text. `None`: that is too deep, or too much for one record.
    fn enter(&mut self, bytes: usize) -> Option<Frame> {
        let budget = READ_OVER_MAX * self.limits.record_bytes.max(1 << 16);
        if self.depth >= self.plan.limits.encoded_depth || self.read_over + bytes > budget {
            return None;
        }
        self.depth += 1;
        self.read_over += bytes;
        let mut frame = self.spare.pop().unwrap_or_default();
        frame.edits.clear();
        Some(frame)
    }

    fn leave(&mut self, frame: Frame) {
        self.depth -= 1;
        self.spare.push(frame);
    }

    /// A number as it is meant: `4.111111111111111E+15`, `41111111111111110e-1` and `4111111111111111.0` are whole.
    pub(super) fn number_text<'a>(text: &'a str, buffer: &'a mut String) -> &'a str {
        buffer.clear();
        // Byte by byte: numbers are short.
        let (mantissa, exponent) = match text.bytes().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().unwrap_or(i32::MAX)),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.bytes().position(|b| b == b'.') {
            Some(dot) => (&mantissa[..dot], &mantissa[dot + 1..]),
            None => (mantissa, ""),
        };
        let fraction = fraction.trim_end_matches('0');
        buffer.push_str(whole);
        buffer.push_str(fraction);
        // Places behind what is written; fewer than none: zeros at its end are not meant.
        let places = i64::from(exponent) - fraction.len() as i64;
        let ends = usize::try_from(-places).is_ok_and(|cut| {
            let zeros = buffer.len() - buffer.trim_end_matches('0').len();
            cut <= zeros && cut < buffer.len()
        });
        match places {
            0..=24 if whole.len() != text.len() => buffer.extend(std::iter::repeat_n('0', places as usize)),
            ..0 if ends => buffer.truncate(buffer.len() - (-places) as usize),
            _ => return text,
        }
        buffer.as_str()
    }
}

/// Whether the digits at `start` are those of an escape and more: `%20628123456`.
fn begins_in_escape(text: &str, start: usize) -> bool {
    // Of signs only: what else is written so is no word's beginning.
    let escape = text.as_bytes().get(start..start + 2);
    text[..start].ends_with('%') && matches!(escape, Some([b'2', b'0'..=b'9']))
}

/// How a quote is written in a text that stands in a document in escapes.
fn quote_in(raw: &str) -> &'static str {
    match () {
        () if raw.contains('%') => "%22",
        () if raw.contains('&') => "&quot;",
        () => "\\\"",
    }
}

/// Writes the bytes from `from` on so that they fit into the text, and this into its place.
fn fit(place: Place, quote: &str, buffer: &mut Vec<u8>, from: usize) {
    if quote != "\"" && buffer[from..].contains(&b'"') {
        let text = String::from_utf8_lossy(&buffer[from..]).replace('"', quote);
        buffer.truncate(from);
        buffer.extend_from_slice(text.as_bytes());
    }
    if place != Place::Text {
        escape_tail(buffer, from);
    }
}

/// What is claimed.
struct Found<'a> {
    raw: Span,
    value: &'a str,
    entity: EntityId,
    action: Option<ActionId>,
    basis: Basis,
}
