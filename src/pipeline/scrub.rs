//! Bytes in, scrubbed bytes out: the way of one value through decode, detect, pseudonymize and rewrite.
//!
//! A value is a document (JSON or text) of scalars; a scalar may hold documents again, in whatever encoding. Each level
//! has its own [`Frame`]: the edits of a level are in offsets of that level's text, and the level around takes them over
//! through the map of its view.

mod cards;
mod claims;
mod columns;
mod dull;
mod echo;
mod guard;
mod inherited;
mod inner;
mod known;
mod named;
mod place;
mod reading;
mod repeat;
mod report;
mod said;
mod split;
mod tables;
#[cfg(test)]
mod tests;
mod walk;
mod whole;

use std::sync::Arc;

use super::binding::{Binder, Purpose};
use super::deny::Deny;
use super::plan::Plan;
use super::shadow::Shadow;
use crate::config::Format;
use crate::decode::{self, Limits, Scanner, View, needs_view};
use crate::detect::{Detector, FieldPlan, Repeats};
use crate::pseudonymize::{Outcome, Pseudonymizer};
use crate::record::{ActionId, Basis, Class, EntityId, Finding, Kind, PathId, Paths, Reject, Scalar, Span};
use crate::rewrite::Edits;

use claims::{Claims, Label};
use guard::Guard;
use known::{Known, Verdict};
use place::{Place, write_back, write_code};
use reading::Reading;
use report::Report;
pub use report::{Counts, Traced};

/// Scrubs values. One per worker: all buffers are reused, so the steady state allocates nothing.
pub struct Scrubber {
    core: Core,
    /// The frame of the record's value itself.
    top: Frame,
}

/// What all levels of a record share.
struct Core {
    plan: Arc<Plan>,
    limits: Limits,
    scanner: Scanner,
    paths: Paths,
    detector: Detector,
    shadow: Option<Shadow>,
    /// Whether a shadow rule of its field has counted the value at hand.
    shadow_counted: bool,
    pseudonymizer: Pseudonymizer,
    binder: Binder,
    known: Known,
    /// Objects whose names are nobody's.
    signs: named::Signs,
    /// Names of the record at hand, which may stand in it again.
    repeats: Repeats,
    /// What alone is looked for in the value at hand.
    guard: Guard,
    report: Report,
    /// Path of the member that flags are put into, when they are.
    flags: Option<PathId>,
    /// Frames that are not in use.
    spare: Vec<Frame>,
    /// Encodings around the text at hand.
    depth: usize,
    /// Bytes of the record that were read as parts of others.
    read_over: usize,
}

/// The buffers of one level.
#[derive(Default)]
struct Frame {
    tape: Vec<Scalar>,
    edits: Edits,
    findings: Vec<Finding>,
    claims: Claims,
    /// The value as its place means it.
    view: View,
    /// Where the value begins of which the view is, while its document is read.
    viewed: Option<u32>,
    /// The value with all encodings undone.
    undone: View,
    /// A part of it.
    part: View,
    /// What a part of it decodes to.
    decoded: String,
    /// What of it no rule names.
    deny: Deny,
    /// Where the document is changed, once names of the record are looked for in it again.
    taken: Vec<Span>,
}

/// The scalar at hand.
#[derive(Clone, Copy)]
struct At<'a> {
    /// The document that it stands in.
    document: &'a str,
    scalar: &'a Scalar,
    place: Place,
}

impl Scrubber {
    /// A scrubber by `plan`.
    pub fn new(plan: Arc<Plan>) -> Scrubber {
        let limits = Limits { depth: plan.limits.depth, record_bytes: plan.limits.record_bytes };
        let pseudonymizer = plan.pseudonymizer();
        let mut detector = Detector::new(Arc::clone(&plan.rules));
        detector.set_known_keys(&pseudonymizer.key_ids());
        let mut paths = Paths::new();
        let words = &plan.pseudonyms;
        let binder = Binder::new(&words.tenant, &words.scope, plan.erase.as_ref(), &mut paths);
        let shadow = plan.shadow.as_ref();
        let shadow = shadow.map(|rules| Shadow::new(rules, plan.shadow_action(), &pseudonymizer.key_ids()));
        let core = Core {
            plan,
            limits,
            scanner: Scanner::new(limits),
            paths,
            detector,
            shadow,
            shadow_counted: false,
            pseudonymizer,
            binder,
            known: Known::new(),
            signs: named::Signs::default(),
            repeats: Repeats::default(),
            guard: Guard::Off,
            report: Report::default(),
            flags: None,
            spare: Vec::new(),
            depth: 0,
            read_over: 0,
        };
        Scrubber { core, top: Frame::default() }
    }

    /// Picks up a swapped key ring. Call between batches: a record never mixes two rings.
    pub fn refresh(&mut self) {
        let core = &mut self.core;
        if core.pseudonymizer.refresh() {
            let ids = core.pseudonymizer.key_ids();
            core.detector.set_known_keys(&ids);
            core.known.clear();
            if let Some(shadow) = &mut core.shadow {
                shadow.set_known_keys(&ids);
            }
        }
    }

    /// Begins a record: its Kafka timestamp chooses the key.
    ///
    /// # Errors
    /// [`Reject::NoKey`]: no key is valid at that time.
    pub fn begin(&mut self, timestamp_ms: i64) -> Result<(), Reject> {
        self.core.read_over = 0;
        self.core.guard = Guard::Off;
        self.core.repeats.clear();
        self.core.binder.begin();
        self.core.pseudonymizer.begin(timestamp_ms)
    }

    /// Tells where the record at hand comes from, when it was begun: tenant or scope may be bound to it.
    pub fn origin(&mut self, topic: &str, headers: &[(&[u8], Option<&[u8]>)]) {
        self.core.binder.origin(topic, headers);
    }

    /// Binds tokens to tenant and scope of the record, which its value may say: before its key is scrubbed.
    /// [`Scrubber::value`] does so by itself.
    ///
    /// # Errors
    /// The value cannot be read, or the record does not say whose it is ([`Reject::NoScope`]).
    pub fn bind_to(&mut self, format: Format, value: Option<&[u8]>) -> Result<(), Reject> {
        let Scrubber { core, top } = self;
        if let (true, Format::Json, Some(raw)) = (core.binder.by_field(), format, value) {
            let text = core.scanner.scan_at(raw, PathId::ROOT, &mut core.paths, &mut top.tape)?;
            core.binder.fields(text, &top.tape);
        }
        core.bind()
    }

    /// What the record at hand is about, once its value was scrubbed.
    pub fn purpose(&self) -> Purpose {
        self.core.binder.purpose()
    }

    /// The hand of the pseudonymizer, for what is only known of the record as a whole.
    pub fn pseudonymizer(&mut self) -> &mut Pseudonymizer {
        &mut self.core.pseudonymizer
    }

    /// Appends the scrubbed form of a value.
    ///
    /// # Errors
    /// Why the value cannot be read safely; nothing is appended then.
    pub fn value(&mut self, format: Format, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        match format {
            Format::Json => self.json(PathId::ROOT, raw, out),
            Format::Text => {
                self.core.bind()?;
                self.text(PathId::ROOT, raw, out)
            }
        }
    }

    /// Appends the scrubbed form of a JSON value that stands at `path`.
    fn json(&mut self, path: PathId, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        self.top.edits.clear();
        let Scrubber { core, top } = self;
        let text = core.scanner.scan_at(raw, path, &mut core.paths, &mut top.tape)?;
        if path == PathId::ROOT {
            core.binder.fields(text, &top.tape);
            core.bind()?;
        }
        core.walk(text, top);
        self.finish(raw, out);
        Ok(())
    }

    /// Appends the scrubbed form of a text that stands at `path`.
    ///
    /// # Errors
    /// It is not UTF-8, or too large.
    pub fn text(&mut self, path: PathId, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        // Keys and headers are often JSON, and then have fields with rules; what only looks like it is read as text.
        let structured = path != PathId::ROOT && matches!(raw.trim_ascii_start().first(), Some(b'{' | b'['));
        if structured && self.json(path, raw, out).is_ok() {
            return Ok(());
        }
        let (text, mut scalar) = decode::text(raw, &self.core.limits)?;
        scalar.path = path;
        self.top.edits.clear();
        self.top.viewed = None;
        let field = self.core.detector.plan(&self.core.paths, path);
        self.core.shadow_field(&scalar);
        self.core.scalar(At::new(text, &scalar, Place::Text), field, &mut self.top);
        self.core.echoes_of_text(&scalar, text, &mut self.top);
        self.finish(raw, out);
        Ok(())
    }

    /// Appends the scrubbed form of a Kafka key: a text at the path `@key`. What is partitioned and compacted by it must find it
    /// unchanged until the time of two keys is over, so it has one token also then.
    ///
    /// # Errors
    /// It is not UTF-8, or too large.
    pub fn key(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        self.pseudonymizer().single(true);
        let result = self.text(PathId::KEY, raw, out);
        self.pseudonymizer().single(false);
        result
    }

    /// Appends the scrubbed form of a header's value. `None`: the header goes altogether.
    ///
    /// Bytes that are not UTF-8 pass only when neither the header's name nor what can be read of them says otherwise;
    /// else the whole value is redacted.
    pub fn header(&mut self, name: &str, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let path = self.core.paths.child(PathId::HEADERS, PathId::HEADERS, name.as_bytes());
        let field = self.core.detector.plan(&self.core.paths, path);
        let denied = self.core.plan.default_deny && !field.listed;
        if denied || field.action.is_some_and(|a| self.core.plan.is_drop(a)) {
            return None;
        }
        let from = out.len();
        if self.text(path, raw, out).is_err() {
            out.truncate(from);
            let readable = String::from_utf8_lossy(raw);
            let mut scrubbed = Vec::new();
            let clean = field.entity.is_none()
                && self.text(path, readable.as_bytes(), &mut scrubbed).is_ok()
                && scrubbed == readable.as_bytes();
            out.extend_from_slice(if clean { raw } else { b"[binary]" });
        }
        Some(())
    }

    /// The tape of the JSON value that was scrubbed last, with the paths that it refers to.
    pub fn tape(&self) -> (&Paths, &[Scalar]) {
        (&self.core.paths, &self.top.tape)
    }

    /// From now on drops the top-level member that flags are put into: what comes with the input is not ours.
    pub fn replace_flags(&mut self) {
        self.core.flags = Some(super::watch::flags_path(&mut self.core.paths));
    }

    /// Takes what was found since the last call.
    pub fn take_counts(&mut self) -> Counts {
        self.core.report.take_counts(&self.core.paths)
    }

    /// Tells of every field anew: what was told last was never counted.
    pub fn forget_told(&mut self) {
        self.core.report.forget_told();
    }

    /// From now on keeps each finding for [`Scrubber::traced`].
    pub fn trace(&mut self) {
        self.core.report.trace = Some(Vec::new());
    }

    /// Takes the findings since the last call, in the order in which they were made.
    pub fn traced(&mut self) -> Vec<Traced> {
        self.core.report.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The path as rules write it.
    pub fn path_name(&self, path: PathId) -> String {
        self.core.paths.display(path)
    }

    fn finish(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        if self.top.edits.is_empty() {
            out.extend_from_slice(raw);
        } else {
            self.top.edits.splice(raw, out);
        }
    }
}

impl<'a> At<'a> {
    fn new(document: &'a str, scalar: &'a Scalar, place: Place) -> At<'a> {
        At { document, scalar, place }
    }
}

impl Core {
    fn bind(&mut self) -> Result<(), Reject> {
        self.binder.bind(&mut self.pseudonymizer)
    }

    /// Makes the edits of a JSON document whose value has the path `root`.
    ///
    /// # Errors
    /// It is none; nothing was done.
    fn document(&mut self, root: PathId, text: &str, frame: &mut Frame) -> Result<(), Reject> {
        self.scanner.scan_at(text.as_bytes(), root, &mut self.paths, &mut frame.tape)?;
        self.walk(text, frame);
        Ok(())
    }

    /// Makes the edits of a text inside of another.
    fn text_in(&mut self, path: PathId, text: &str, frame: &mut Frame) -> Result<(), Reject> {
        let (text, mut scalar) = decode::text(text.as_bytes(), &self.limits)?;
        scalar.path = path;
        frame.viewed = None;
        self.scalar(At::new(text, &scalar, Place::Text), FieldPlan::SCAN, frame);
        self.echoes_of_text(&scalar, text, frame);
        Ok(())
    }

    /// A JSON string: not searched when it was before, and held nothing.
    fn string(&mut self, at: At<'_>, field: FieldPlan, frame: &mut Frame) {
        // What a shadow rule finds is counted every time.
        if field.entity.is_some() || !field.scan || self.shadow.is_some() || self.guard != Guard::Off {
            return self.scalar(at, field, frame);
        }
        let Scalar { path, span, .. } = *at.scalar;
        let raw = &at.document.as_bytes()[span.range()];
        let verdict = self.known.look(path, field.nature, raw);
        if matches!(verdict, Verdict::Nothing) {
            return;
        }
        let before = frame.edits.as_slice().len();
        self.scalar(at, field, frame);
        if let Verdict::Again(slot) = verdict
            && frame.edits.as_slice().len() == before
        {
            self.known.keep(slot, path, field.nature, raw);
        }
    }

    fn scalar(&mut self, at: At<'_>, field: FieldPlan, frame: &mut Frame) {
        let Scalar { span, class, digits, kind, .. } = *at.scalar;
        let raw = &at.document[span.range()];
        // What is written in escapes or other scripts is looked at when it is read.
        let viewed = needs_view(class);
        let mut first = None;
        if field.entity.is_none() {
            if !field.scan {
                if field.guarded {
                    self.kept(at, frame);
                }
                return;
            }
            if !viewed {
                let looked = self.first_look(raw, kind, class, digits);
                let shadowed = self.shadow.as_ref().is_some_and(|shadow| shadow.may_hold(kind, class, digits));
                if looked.is_nothing() && !shadowed {
                    return;
                }
                first = Some(looked);
            }
        }
        // Only a field's rule asks for the digits of what is read.
        let count = |text: &str| if field.entity.is_some() { Class::of_text(text.as_bytes()).1 } else { 0 };
        if kind == Kind::Number && class.has(Class::DOT.with(Class::LETTER)) {
            let mut buffer = std::mem::take(&mut frame.decoded);
            let text = Core::number_text(raw, &mut buffer);
            self.read(at, field, Reading::plain(text, span.start, None), count(text), frame);
            frame.decoded = buffer;
            return;
        }
        if !viewed {
            return self.read(at, field, Reading::plain(raw, span.start, first), digits, frame);
        }
        let view = Core::view(at, frame);
        self.read(at, field, Reading::of(&view, 0), count(view.text()), frame);
        frame.view = view;
    }

    fn read(&mut self, at: At<'_>, field: FieldPlan, reading: Reading<'_>, digits: u8, frame: &mut Frame) {
        // `{"email": {"sent": 18220}}` counts something.
        let count = |entity| at.scalar.kind == Kind::Number && digits <= 6 && self.plan.is_mailbox(entity);
        let counted = field.action.is_none() && field.entity.is_some_and(count);
        let entity = field.entity.filter(|_| !counted && self.detector.is_field_value(field, reading.text, digits));
        // Beside a truncation no token of the number, whatever its field is for.
        if self.plan.truncates_cards() && self.may_be_card(entity, field, digits) && self.is_card(at, reading, frame) {
            return;
        }
        match entity {
            Some(entity) if self.may_yield(entity, at) && self.is_something_else(at, field, reading, frame) => {}
            Some(entity) => self.field(at, entity, field.action, reading, frame),
            None => self.content(at, field.nature, reading, frame),
        }
    }

    /// What is found in a text as it stands, in place of what the buffer held.
    fn find_in(&mut self, text: &str, findings: &mut Vec<Finding>) {
        findings.clear();
        let look = self.detector.look_at(text, Kind::String);
        if look.may_hold {
            self.detector.find(text, Kind::String, look, findings);
        }
    }

    /// What all of a text is found to be, if it is one thing. `findings` is a buffer.
    fn whole_finding(&mut self, text: &str, findings: &mut Vec<Finding>) -> Option<Finding> {
        self.find_in(text, findings);
        match &**findings {
            [one] if one.span.len() == text.len() => Some(*one),
            _ => None,
        }
    }

    /// The config, or the field's name, says what it holds: all of it goes, or of a list each of its values.
    fn field(
        &mut self,
        at: At<'_>,
        entity: EntityId,
        action: Option<ActionId>,
        reading: Reading<'_>,
        frame: &mut Frame,
    ) {
        if self.stays(entity) {
            return;
        }
        let text = reading.text;
        // What is to be dropped leaves nothing: no empty text, and no token of a stream that was scrubbed before.
        let dropped = action.is_some_and(|action| self.plan.is_drop(action));
        if !dropped && (text.is_empty() || self.detector.is_own_token(text)) {
            return;
        }
        let action = if self.plan.is_untyped(entity) { self.untyped(at, action, reading, frame) } else { action };
        let mut values = std::mem::take(&mut frame.findings);
        values.clear();
        if !dropped {
            self.detector.split_field(entity, text, &mut values);
        }
        for value in &values {
            self.finding(at, value, action, reading, frame);
        }
        let is_list = !values.is_empty();
        frame.findings = values;
        if is_list {
            return;
        }
        if dropped || !self.inner(at, (entity, action), text, frame) {
            let from = frame.edits.buffer().len();
            let outcome = self.pseudonymizer.apply(entity, action, text, frame.edits.buffer());
            // `104.0` is as coarse as `104`: it stays as it is written.
            let same = at.place == Place::JsonNumber && frame.edits.buffer()[from..] == *text.as_bytes();
            match outcome {
                Outcome::Replaced if same => frame.edits.buffer().truncate(from),
                Outcome::Coded => write_code(&mut frame.edits, at.scalar.span, from, at.place),
                Outcome::Replaced => write_back(&mut frame.edits, at.scalar.span, from, at.place),
                Outcome::Removed => frame.edits.remove_member(at.document.as_bytes(), at.scalar),
                Outcome::Kept => return,
            }
            self.may_repeat(entity, text);
        }
        let action = action.unwrap_or_else(|| self.plan.default_action(entity));
        self.report.note(traced(at.scalar.path, at.scalar.span, Label { entity, action, basis: Basis::Field }));
    }

    fn finding(
        &mut self,
        at: At<'_>,
        finding: &Finding,
        action: Option<ActionId>,
        reading: Reading<'_>,
        frame: &mut Frame,
    ) {
        if self.stays(finding.entity) {
            return;
        }
        let from = frame.edits.buffer().len();
        let value = &reading.text[finding.value.range()];
        let outcome = self.pseudonymizer.apply(finding.entity, action, value, frame.edits.buffer());
        let raw = if at.place == Place::JsonNumber { at.scalar.span } else { reading.raw(finding.span) };
        match outcome {
            Outcome::Coded => write_code(&mut frame.edits, raw, from, at.place),
            Outcome::Replaced => write_back(&mut frame.edits, raw, from, at.place),
            Outcome::Removed if at.place != Place::Text && raw == at.scalar.span && at.scalar.kind != Kind::Key => {
                frame.edits.remove_member(at.document.as_bytes(), at.scalar);
            }
            Outcome::Removed => frame.edits.replace(raw, if at.place == Place::JsonNumber { b"null" } else { b"" }),
            Outcome::Kept => return,
        }
        self.may_repeat(finding.entity, value);
        let action = action.unwrap_or_else(|| self.plan.default_action(finding.entity));
        let label = Label { entity: finding.entity, action, basis: finding.basis };
        self.report.note(traced(at.scalar.path, raw, label));
    }
}

fn traced(path: PathId, span: Span, label: Label) -> Traced {
    Traced { path, span, entity: label.entity, action: label.action, basis: label.basis }
}
