//! Bytes in, scrubbed bytes out: the way of one value through decode, detect, pseudonymize and rewrite.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::binding::{Binder, Purpose};
use super::deny::Deny;
use super::plan::Plan;
use super::shadow::Shadow;
use crate::config::Format;
use crate::decode::{self, Limits, Scanner, View, needs_view};
use crate::detect::{Detector, FieldPlan, Nature};
use crate::pseudonymize::{Outcome, Pseudonymizer};
use crate::record::{ActionId, Basis, Class, EntityId, Finding, Kind, PathId, Paths, Reject, Scalar, Span};
use crate::rewrite::{Edits, escape_json_into};

/// Scrubs values. One per worker: all buffers are reused, so the steady state allocates nothing.
pub struct Scrubber {
    plan: Arc<Plan>,
    limits: Limits,
    scanner: Scanner,
    paths: Paths,
    tape: Vec<Scalar>,
    detector: Detector,
    shadow: Option<Shadow>,
    pseudonymizer: Pseudonymizer,
    binder: Binder,
    changes: Changes,
    deny: Deny,
    /// Path of the member that flags are put into, when they are.
    flags: Option<PathId>,
}

/// What changes in the value at hand, and what was found so far.
struct Changes {
    view: View,
    edits: Edits,
    findings: Vec<Finding>,
    counts: Counts,
    /// For each path the entities that were found by content there, a bit each (all past 126 share one).
    told: Vec<u128>,
    /// Entities found by content where they had not been found before.
    unexpected: Vec<(EntityId, PathId)>,
    /// Every finding of the value at hand, for those who want to look.
    trace: Option<Vec<Traced>>,
}

/// One finding, for people: where and what, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced {
    /// Where it stands.
    pub path: PathId,
    /// Raw bytes that went.
    pub span: Span,
    /// What it is.
    pub entity: EntityId,
    /// What was done.
    pub action: ActionId,
    /// Why.
    pub basis: Basis,
}

/// Findings since they were taken last.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// `(entity, action)` and how often, in the order of the first occurrence.
    pub found: Vec<(EntityId, ActionId, u64)>,
    /// Entities found by content in fields where this engine had not found them before, and a hash of the field's path,
    /// the same in all engines of a process.
    pub unexpected: Vec<(EntityId, u64)>,
}

impl Counts {
    fn add(&mut self, entity: EntityId, action: ActionId) {
        match self.found.iter_mut().find(|(e, a, _)| *e == entity && *a == action) {
            Some((_, _, n)) => *n += 1,
            None => self.found.push((entity, action, 1)),
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &mut Counts) {
        for (entity, action, n) in other.found.drain(..) {
            match self.found.iter_mut().find(|(e, a, _)| *e == entity && *a == action) {
                Some((_, _, have)) => *have += n,
                None => self.found.push((entity, action, n)),
            }
        }
        self.unexpected.append(&mut other.unexpected);
    }
}

/// The rule of an object's or array's field, for the values inside that have none of their own.
#[derive(Default)]
struct Inherited {
    until: u32,
    field: Option<FieldPlan>,
}

impl Inherited {
    /// The rule of a value: its own, or the one around it. A field that is only known by its name (`card`) says of a
    /// value inside (`brand`) no more than that its digits or its `@` are meant.
    fn of(&mut self, scalar: &Scalar, own: FieldPlan) -> FieldPlan {
        let container = matches!(scalar.kind, Kind::Object | Kind::Array);
        if own.entity.is_some() || !own.scan {
            if container && own.entity.is_some() && scalar.span.end > self.until {
                (self.until, self.field) = (scalar.span.end, Some(own));
            }
            return own;
        }
        match self.field {
            Some(around) if scalar.span.start < self.until && !container => {
                let meant = around.action.is_some() || scalar.class.has(Class::AT) || scalar.digits >= 4;
                if meant { around } else { own }
            }
            _ => own,
        }
    }
}

/// How a replacement is written back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside the quotes of a JSON string or key.
    JsonString,
    /// Instead of a JSON number.
    JsonNumber,
    /// In plain text.
    Text,
}

/// An object's key has no rule of its own: the rule of its path is about the value.
const SCAN_ONLY: FieldPlan =
    FieldPlan { entity: None, action: None, scan: true, guess: true, listed: false, nature: Nature::Any, part: false };

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
        Scrubber {
            limits,
            scanner: Scanner::new(limits),
            binder,
            paths,
            tape: Vec::with_capacity(64),
            detector,
            shadow,
            pseudonymizer,
            changes: Changes {
                view: View::new(),
                edits: Edits::new(),
                findings: Vec::with_capacity(16),
                counts: Counts::default(),
                told: Vec::new(),
                unexpected: Vec::new(),
                trace: None,
            },
            deny: Deny::default(),
            flags: None,
            plan,
        }
    }

    /// Picks up a swapped key ring. Call between batches: a record never mixes two rings.
    pub fn refresh(&mut self) {
        if self.pseudonymizer.refresh() {
            let ids = self.pseudonymizer.key_ids();
            self.detector.set_known_keys(&ids);
            if let Some(shadow) = &mut self.shadow {
                shadow.set_known_keys(&ids);
            }
        }
    }

    /// Begins a record: its Kafka timestamp chooses the key.
    ///
    /// # Errors
    /// [`Reject::NoKey`]: no key is valid at that time.
    pub fn begin(&mut self, timestamp_ms: i64) -> Result<(), Reject> {
        self.binder.begin();
        self.pseudonymizer.begin(timestamp_ms)
    }

    /// Tells where the record at hand comes from, when it was begun: tenant or scope may be bound to it.
    pub fn origin(&mut self, topic: &str, headers: &[(&[u8], Option<&[u8]>)]) {
        self.binder.origin(topic, headers);
    }

    /// Binds tokens to tenant and scope of the record, which its value may say: before its key is scrubbed.
    /// [`Scrubber::value`] does so by itself.
    ///
    /// # Errors
    /// The value cannot be read, or the record does not say whose it is ([`Reject::NoScope`]).
    pub fn bind_to(&mut self, format: Format, value: Option<&[u8]>) -> Result<(), Reject> {
        if let (true, Format::Json, Some(raw)) = (self.binder.by_field(), format, value) {
            let text = self.scanner.scan_at(raw, PathId::ROOT, &mut self.paths, &mut self.tape)?;
            self.binder.fields(text, &self.tape);
        }
        self.bind()
    }

    fn bind(&mut self) -> Result<(), Reject> {
        self.binder.bind(&mut self.pseudonymizer)
    }

    /// What the record at hand is about, once its value was scrubbed.
    pub fn purpose(&self) -> Purpose {
        self.binder.purpose()
    }

    /// The hand of the pseudonymizer, for what is only known of the record as a whole.
    pub fn pseudonymizer(&mut self) -> &mut Pseudonymizer {
        &mut self.pseudonymizer
    }

    /// Appends the scrubbed form of a value.
    ///
    /// # Errors
    /// Why the value cannot be read safely; nothing is appended then.
    pub fn value(&mut self, format: Format, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        match format {
            Format::Json => self.json(PathId::ROOT, raw, out),
            Format::Text => {
                self.bind()?;
                self.text(PathId::ROOT, raw, out)
            }
        }
    }

    /// Appends the scrubbed form of a JSON value that stands at `path`.
    fn json(&mut self, path: PathId, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
        let text = self.scanner.scan_at(raw, path, &mut self.paths, &mut self.tape)?;
        if path == PathId::ROOT {
            self.binder.fields(text, &self.tape);
            self.binder.bind(&mut self.pseudonymizer)?;
        }
        let Scrubber { paths, tape, detector, shadow, pseudonymizer, changes, plan, deny, flags, .. } = self;
        let mut hand =
            Hand { plan, detector, shadow: shadow.as_mut(), shadow_counted: false, pseudonymizer, changes, raw: text };
        hand.changes.edits.clear();
        let mut covered = 0;
        let mut inherited = Inherited::default();
        if plan.default_deny {
            deny.look(tape, |path| hand.detector.plan(paths, path));
        }
        for scalar in tape.iter() {
            if scalar.span.start < covered {
                continue;
            }
            if plan.default_deny && deny.drops(scalar) {
                covered = scalar.span.end;
                hand.deny(scalar);
                continue;
            }
            if *flags == Some(scalar.path) && scalar.kind != Kind::Key {
                hand.changes.edits.remove_member(raw, scalar);
                covered = scalar.span.end;
                continue;
            }
            if scalar.kind == Kind::Key {
                let before = hand.changes.edits.as_slice().len();
                hand.shadow_counted = false;
                hand.scalar(scalar, SCAN_ONLY, Place::JsonString);
                // What a shadow rule finds in a key is counted every time.
                if hand.changes.edits.as_slice().len() == before && hand.shadow.is_none() {
                    paths.set_clean(scalar.path, &raw[scalar.span.range()]);
                }
                continue;
            }
            hand.shadow_field(scalar, paths);
            let field = inherited.of(scalar, hand.detector.plan(paths, scalar.path));
            if field.entity.is_none() && field.action.is_none() && !hand.worth_a_look(scalar) {
                continue;
            }
            match scalar.kind {
                Kind::Object | Kind::Array | Kind::Bool | Kind::Null => {
                    if hand.whole(scalar, field) {
                        covered = scalar.span.end;
                    }
                }
                Kind::Number => hand.scalar(scalar, field, Place::JsonNumber),
                Kind::String => hand.scalar(scalar, field, Place::JsonString),
                Kind::Key => {}
            }
        }
        hand.changes.finish(raw, out);
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
        let (text, mut scalar) = decode::text(raw, &self.limits)?;
        scalar.path = path;
        let Scrubber { paths, detector, shadow, pseudonymizer, changes, plan, .. } = self;
        changes.edits.clear();
        let field = detector.plan(paths, path);
        let mut hand =
            Hand { plan, detector, shadow: shadow.as_mut(), shadow_counted: false, pseudonymizer, changes, raw: text };
        hand.shadow_field(&scalar, paths);
        hand.scalar(&scalar, field, Place::Text);
        changes.finish(raw, out);
        Ok(())
    }

    /// Appends the scrubbed form of a header's value. `None`: the header goes altogether.
    ///
    /// Bytes that are not UTF-8 pass only when neither the header's name nor what can be read of them says otherwise;
    /// else the whole value is redacted.
    pub fn header(&mut self, name: &str, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let path = self.paths.child(PathId::HEADERS, PathId::HEADERS, name.as_bytes());
        let field = self.detector.plan(&self.paths, path);
        let denied = self.plan.default_deny && !field.listed;
        if denied || field.action.is_some_and(|a| self.plan.is_drop(a)) {
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
        (&self.paths, &self.tape)
    }

    /// From now on drops the top-level member that flags are put into: what comes with the input is not ours.
    pub fn replace_flags(&mut self) {
        self.flags = Some(super::watch::flags_path(&mut self.paths));
    }

    /// The pseudonym of a value under the key of the record at hand; `entity` is one of the plan's.
    pub fn pseudonym(&mut self, entity: &str, text: &str) -> String {
        let entity = self.plan.find_entity(entity).expect("invariant: an entity of every plan");
        let mut token = Vec::new();
        self.pseudonymizer.apply(entity, self.plan.token_action(), text, &mut token);
        String::from_utf8_lossy(&token).into_owned()
    }

    /// Takes what was found since the last call.
    pub fn take_counts(&mut self) -> Counts {
        let mut counts = std::mem::take(&mut self.changes.counts);
        for (entity, path) in self.changes.unexpected.drain(..) {
            let mut hasher = std::hash::DefaultHasher::new();
            self.paths.display(path).hash(&mut hasher);
            counts.unexpected.push((entity, hasher.finish()));
        }
        counts
    }

    /// Tells of every field anew: what was told last was never counted.
    pub fn forget_told(&mut self) {
        self.changes.told.clear();
    }

    /// From now on keeps each finding for [`Scrubber::traced`].
    pub fn trace(&mut self) {
        self.changes.trace = Some(Vec::new());
    }

    /// Takes the findings since the last call, in the order in which they were made.
    pub fn traced(&mut self) -> Vec<Traced> {
        self.changes.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The path as rules write it.
    pub fn path_name(&self, path: PathId) -> String {
        self.paths.display(path)
    }
}

impl Changes {
    fn finish(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        if self.edits.is_empty() {
            out.extend_from_slice(raw);
        } else {
            self.edits.splice(raw, out);
        }
    }
}

/// All that handles one scalar: the stages, and the record as text.
struct Hand<'a> {
    plan: &'a Plan,
    detector: &'a mut Detector,
    shadow: Option<&'a mut Shadow>,
    /// Whether a shadow rule of its field has counted the value at hand.
    shadow_counted: bool,
    pseudonymizer: &'a mut Pseudonymizer,
    changes: &'a mut Changes,
    raw: &'a str,
}

impl Hand<'_> {
    /// A container, `true`, `false` or `null` whose field has a rule: it can go or be redacted as a whole. True: it did.
    fn whole(&mut self, scalar: &Scalar, field: FieldPlan) -> bool {
        let (Some(entity), Some(action)) = (field.entity, field.action) else { return false };
        if self.plan.is_drop(action) {
            self.changes.edits.remove_member(self.raw.as_bytes(), scalar);
            self.changes.note(scalar, scalar.span, entity, action, Basis::Field);
            return true;
        }
        if scalar.kind == Kind::Null || !self.plan.hides_all(action) {
            return false;
        }
        let from = self.changes.edits.buffer().len();
        self.pseudonymizer.apply(entity, Some(action), "", self.changes.edits.buffer());
        self.changes.write_back(scalar.span, from, Place::JsonNumber);
        self.changes.note(scalar, scalar.span, entity, action, Basis::Field);
        true
    }

    /// No rule names it, and only what is named goes on.
    fn deny(&mut self, scalar: &Scalar) {
        let (entity, action) = self.plan.denied();
        self.changes.edits.remove_member(self.raw.as_bytes(), scalar);
        self.changes.note(scalar, scalar.span, entity, action, Basis::Field);
    }

    fn scalar(&mut self, scalar: &Scalar, field: FieldPlan, place: Place) {
        if field.entity.is_none() && !(field.scan && self.worth_a_look(scalar)) {
            return;
        }
        let raw = &self.raw[scalar.span.range()];
        if !needs_view(scalar.class) {
            return self.read(scalar, field, raw, None, place);
        }
        // The view is taken out while it is read, so that the rest of the changes can be written.
        let mut view = std::mem::take(&mut self.changes.view);
        view.load(raw, scalar.span.start);
        if place != Place::Text {
            view.unescape_json();
        }
        view.fold_unicode();
        self.read(scalar, field, view.text(), Some(&view), place);
        self.changes.view = view;
    }

    fn read(&mut self, scalar: &Scalar, field: FieldPlan, text: &str, view: Option<&View>, place: Place) {
        let digits = || if view.is_some() { Class::of_text(text.as_bytes()).1 } else { scalar.digits };
        match field.entity.filter(|_| self.detector.is_field_value(field, text, digits())) {
            Some(entity) => self.field(scalar, (entity, field.action), text, view, place),
            None => self.content(scalar, field.nature, text, view, place),
        }
    }

    /// Whether the value can hold anything. What is written in escapes or other scripts must be read first.
    fn worth_a_look(&self, scalar: &Scalar) -> bool {
        let Scalar { kind, class, digits, .. } = *scalar;
        needs_view(class)
            || self.detector.may_hold(kind, class, digits)
            || self.detector.may_hold_secret(self.raw[scalar.span.range()].as_bytes(), class)
            || self.shadow.as_ref().is_some_and(|shadow| shadow.may_hold(kind, class, digits))
    }

    /// A shadow rule says what the field holds: counted, and no more, and its content is not searched for others.
    fn shadow_field(&mut self, scalar: &Scalar, paths: &Paths) {
        self.shadow_counted = false;
        let Some(shadow) = &mut self.shadow else { return };
        let holds = scalar.kind != Kind::Null && !scalar.span.is_empty();
        if let Some(entity) = shadow.field(paths, scalar.path).filter(|_| holds) {
            self.changes.note(scalar, scalar.span, entity, shadow.action, Basis::Field);
            self.shadow_counted = true;
        }
    }

    /// The config, or the field's name, says what it holds: all of it goes, or of a list each of its values.
    fn field(
        &mut self,
        scalar: &Scalar,
        (entity, action): (EntityId, Option<ActionId>),
        text: &str,
        view: Option<&View>,
        place: Place,
    ) {
        // What is to be dropped leaves nothing: no empty text, and no token of a stream that was scrubbed before.
        let dropped = action.is_some_and(|action| self.plan.is_drop(action));
        if !dropped && (text.is_empty() || self.detector.is_own_token(text)) {
            return;
        }
        let mut values = std::mem::take(&mut self.changes.findings);
        values.clear();
        if !dropped {
            self.detector.split_field(entity, text, &mut values);
        }
        for value in &values {
            self.finding(scalar, value, action, text, view, place);
        }
        let is_list = !values.is_empty();
        self.changes.findings = values;
        if is_list {
            return;
        }
        let from = self.changes.edits.buffer().len();
        match self.pseudonymizer.apply(entity, action, text, self.changes.edits.buffer()) {
            Outcome::Replaced => self.changes.write_back(scalar.span, from, place),
            Outcome::Removed => self.changes.edits.remove_member(self.raw.as_bytes(), scalar),
            Outcome::Kept => return,
        }
        let action = action.unwrap_or_else(|| self.plan.default_action(entity));
        self.changes.note(scalar, scalar.span, entity, action, Basis::Field);
    }

    /// Nobody says what the field holds: what the bytes look like decides.
    fn content(&mut self, scalar: &Scalar, nature: Nature, text: &str, view: Option<&View>, place: Place) {
        let (class, digits) =
            if view.is_some() { Class::of_text(text.as_bytes()) } else { (scalar.class, scalar.digits) };
        if let Some(shadow) = self.shadow.as_mut().filter(|_| !self.shadow_counted) {
            let action = shadow.action;
            for finding in shadow.find(text, scalar.kind, class, digits) {
                let raw = raw_span(scalar, finding.span, view, place);
                self.changes.note(scalar, raw, finding.entity, action, finding.basis);
            }
        }
        if !self.detector.may_hold(scalar.kind, class, digits) && !self.detector.may_hold_secret(text.as_bytes(), class)
        {
            return;
        }
        let mut findings = std::mem::take(&mut self.changes.findings);
        findings.clear();
        self.detector.find_in(nature, text, scalar.kind, (class, digits), &mut findings);
        for finding in &findings {
            self.finding(scalar, finding, None, text, view, place);
        }
        self.changes.findings = findings;
    }

    fn finding(
        &mut self,
        scalar: &Scalar,
        finding: &Finding,
        action: Option<ActionId>,
        text: &str,
        view: Option<&View>,
        place: Place,
    ) {
        let from = self.changes.edits.buffer().len();
        let value = &text[finding.value.range()];
        let outcome = self.pseudonymizer.apply(finding.entity, action, value, self.changes.edits.buffer());
        let raw = raw_span(scalar, finding.span, view, place);
        match outcome {
            Outcome::Replaced => self.changes.write_back(raw, from, place),
            Outcome::Removed if place != Place::Text && raw == scalar.span && scalar.kind != Kind::Key => {
                self.changes.edits.remove_member(self.raw.as_bytes(), scalar);
            }
            Outcome::Removed => self.changes.edits.replace(raw, if place == Place::JsonNumber { b"null" } else { b"" }),
            Outcome::Kept => return,
        }
        let action = action.unwrap_or_else(|| self.plan.default_action(finding.entity));
        self.changes.note(scalar, raw, finding.entity, action, finding.basis);
        if finding.basis != Basis::Field {
            self.changes.tell_once(scalar.path, finding.entity);
        }
    }
}

/// The bytes of the record that `span` of a value's text was read from. A number is replaced whole.
fn raw_span(scalar: &Scalar, span: Span, view: Option<&View>, place: Place) -> Span {
    match view {
        _ if place == Place::JsonNumber => scalar.span,
        Some(view) => view.raw_span(span),
        None => Span::new(scalar.span.start + span.start, scalar.span.start + span.end),
    }
}

impl Changes {
    /// Makes the bytes of the buffer from `from` on the replacement of `span`, written so that they fit their place.
    fn write_back(&mut self, span: Span, from: usize, place: Place) {
        let buffer = self.edits.buffer();
        if place != Place::Text {
            // Tokens and placeholders need no escapes; a masked value may. Without an early end the loop is vectorised.
            let special = |b: u8| b < 0x20 || b == b'"' || b == b'\\';
            if buffer[from..].iter().fold(false, |any, &b| any | special(b)) {
                let plain = String::from_utf8_lossy(&buffer[from..]).into_owned();
                buffer.truncate(from);
                escape_json_into(&plain, buffer);
            }
            // A number that was only made coarser stays a number.
            if place == Place::JsonNumber && !is_json_number(&buffer[from..]) {
                buffer.insert(from, b'"');
                buffer.push(b'"');
            }
        }
        self.edits.replace_with_tail(span, from);
    }

    fn note(&mut self, scalar: &Scalar, span: Span, entity: EntityId, action: ActionId, basis: Basis) {
        self.counts.add(entity, action);
        if let Some(trace) = &mut self.trace {
            trace.push(Traced { path: scalar.path, span, entity, action, basis });
        }
    }

    fn tell_once(&mut self, path: PathId, entity: EntityId) {
        let at = path.0 as usize;
        if self.told.len() <= at {
            self.told.resize(at + 1, 0);
        }
        let bit = 1 << entity.0.min(127);
        if self.told[at] & bit == 0 {
            self.told[at] |= bit;
            self.unexpected.push((entity, path));
        }
    }
}

/// Whether `text` is a JSON number without an exponent.
fn is_json_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let fraction = text[whole..].strip_prefix(b".");
    let padded = whole > 1 && text[0] == b'0';
    let decimals = fraction.is_none_or(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
    whole > 0 && !padded && decimals && (fraction.is_some() || whole == text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SharedRing};

    fn scrubber(yaml: &str) -> Scrubber {
        let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles");
        let mut scrubber = Scrubber::new(Arc::new(plan));
        scrubber.begin(0).expect("the key has no window");
        scrubber
    }

    fn text(scrubber: &mut Scrubber, path: PathId, raw: &[u8]) -> String {
        let mut out = Vec::new();
        scrubber.text(path, raw, &mut out).expect("readable");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_kafka_key_and_a_header_that_are_json_have_fields() {
        let mut scrubber = scrubber("fields: [{name: nickname, action: redact}, {path: \"@key.id\", action: redact}]");
        let key = text(&mut scrubber, PathId::KEY, b"{\"nickname\":\"Siti\",\"id\":7}");
        assert_eq!(key, "{\"nickname\":\"[field]\",\"id\":\"[field]\"}");
        let broken = text(&mut scrubber, PathId::KEY, b"{\"nickname\": a@example.com");
        assert!(broken.starts_with("{\"nickname\": em_1k1_"), "what only begins like JSON is read as text: {broken}");
        let mut header = Vec::new();
        scrubber.header("x-user", b"{\"nickname\":\"Siti\"}", &mut header).expect("it stays");
        assert_eq!(header, b"{\"nickname\":\"[field]\"}");
    }
}
