//! One record of a sample through an engine, with what was found and what signals it gave: what `explain`, `test` and
//! `diff` share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::CliError;
use super::args::KeyArgs;
use crate::config::{self, Format, Loaded, Secrets};
use crate::pipeline::binding::Purpose;
use crate::pipeline::{
    HIDDEN, LocalSignals, Mapped, Objections, Plan, Scrubber, SignalPlan, Traced, Viewer, path_label, shape,
};
use crate::pseudonymize::SharedRing;
use crate::record::{Basis, PathId, Record, Reject};
use crate::signals::mapping::Unmapped;
use crate::signals::{Coordinates, Signal};

/// An engine on single records.
pub struct Look {
    /// The config.
    pub loaded: Loaded,
    /// The keys that make the tokens.
    pub ring: Arc<SharedRing>,
    /// What the config comes to.
    pub plan: Arc<Plan>,
    scrubber: Scrubber,
    objections: Objections,
    signals: Option<(Arc<SignalPlan>, LocalSignals)>,
}

/// Where a record comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// Kafka timestamp, ms since 1970.
    pub time_ms: i64,
    /// Input topic.
    pub topic: &'a str,
    /// Headers.
    pub headers: &'a [(&'a [u8], Option<&'a [u8]>)],
}

/// What became of a record.
pub struct Seen {
    /// Its scrubbed form, or why there is none.
    pub output: Result<Vec<u8>, Reject>,
    /// It carries a listed pseudonym: it is dropped.
    pub suppressed: bool,
    /// Its day has no salt: what should become a daily token is redacted.
    pub saltless: bool,
    /// What was found in it, in its order.
    pub found: Vec<Found>,
}

impl Seen {
    /// A record over the limit, of which nothing was read.
    pub fn too_large() -> Seen {
        Seen { output: Err(Reject::TooLarge), suppressed: false, saltless: false, found: Vec::new() }
    }
}

/// What stands around the value of a record.
#[derive(Default)]
pub struct Around {
    /// What was found in the key, and in the names and values of headers, by their places.
    pub found: Vec<(Beside, Found)>,
    /// The scrubbed key.
    pub key: Option<String>,
    /// The scrubbed headers.
    pub headers: BTreeMap<String, String>,
}

/// A part of a record beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Its key.
    Key,
    /// The name of the header at this place.
    HeaderName(usize),
    /// The value of the header at this place.
    Header(usize),
}

/// One finding, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Path of the field.
    pub path: String,
    /// What it is.
    pub entity: String,
    /// What was done; `shadow`: nothing, it was only counted.
    pub action: String,
    /// Why.
    pub basis: &'static str,
    /// What its bytes look like, letters and digits masked; of what may never pass nothing.
    pub masked: String,
    /// As the engine tells it.
    pub traced: Traced,
}

impl Look {
    /// The engine of the config at `path` with the keys of `keys`, the config, or a throw-away one.
    pub fn new(path: &Path, keys: &KeyArgs) -> Result<Look, CliError> {
        let loaded = config::load(path, Secrets::Skip)?;
        let ring = Arc::new(SharedRing::fixed(keys.ring_or_throwaway(loaded.settings.keys.as_ref())?));
        Look::with_ring(loaded, ring, None)
    }

    /// The engine of another config with the same keys and salts: what differs is by the configs.
    pub fn beside(&self, loaded: Loaded) -> Result<Look, CliError> {
        Look::with_ring(loaded, Arc::clone(&self.ring), Some(&self.plan))
    }

    fn with_ring(loaded: Loaded, ring: Arc<SharedRing>, salts_of: Option<&Plan>) -> Result<Look, CliError> {
        let mut plan =
            Plan::compile(&loaded, Arc::clone(&ring)).map_err(|error| CliError::Config(error.to_string()))?;
        if let Some(other) = salts_of {
            plan.salts = Arc::clone(&other.salts);
        }
        let plan = Arc::new(plan);
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        scrubber.trace();
        let objections = Objections::new(&plan);
        Ok(Look { loaded, ring, plan, scrubber, objections, signals: None })
    }

    /// From now on records can be judged. False: the config has no signals.
    pub fn watch(&mut self, keys: &KeyArgs) -> Result<bool, CliError> {
        let Some(spec) = &self.loaded.spec.signals else { return Ok(false) };
        let key = Arc::new(keys.state_key_or_throwaway(Some(spec))?);
        if let Some(plan) = SignalPlan::compile(&self.loaded, key)?.map(Arc::new) {
            let local = LocalSignals::new(Arc::clone(&plan), &mut self.scrubber);
            self.signals = Some((plan, local));
        }
        Ok(self.signals.is_some())
    }

    /// What was done with a finding of a record, for people: what kind of token stands there, or why none does.
    pub fn done(&self, seen: &Seen, found: &Found) -> String {
        let entity = found.traced.entity;
        let daily = self.plan.is_daily(entity);
        let coarser = self.plan.coarser(entity).map_or(String::new(), |name| format!(" beside that of its {name}"));
        match (found.action.as_str(), daily) {
            ("token", true) if seen.saltless => "redact, for its day has no salt".to_owned(),
            ("token", true) => format!("token of a day{coarser}"),
            ("token", false) => format!("token{coarser}"),
            (other, _) => other.to_owned(),
        }
    }

    /// Forgets all accounts.
    pub fn forget(&mut self) {
        if let Some((plan, local)) = &mut self.signals {
            *local = LocalSignals::new(Arc::clone(plan), &mut self.scrubber);
        }
    }

    /// What signals are made by, if records are judged.
    pub fn signal_plan(&self) -> Option<&SignalPlan> {
        self.signals.as_ref().map(|(plan, _)| &**plan)
    }

    /// Judges the JSON record that was scrubbed last; it stands at `at`.
    pub fn judge(&mut self, raw: &[u8], now_ms: i64, at: &Coordinates) -> Vec<Signal> {
        let Some((_, local)) = &mut self.signals else { return Vec::new() };
        // The flags on the event are not looked at: they repeat the signals.
        local.line(raw, now_ms, at, &mut self.scrubber, (0, &mut Vec::new())).to_vec()
    }

    /// What the JSON record that was scrubbed last says of an account.
    pub fn mapped(&mut self, viewer: &mut Viewer, raw: &[u8]) -> Result<Mapped, Unmapped> {
        viewer.see(raw, &mut self.scrubber)
    }

    /// Signals of what is held back, when nothing more comes.
    pub fn rest(&mut self) -> Vec<Signal> {
        self.signals.as_mut().map_or_else(Vec::new, |(_, local)| local.finish().to_vec())
    }

    /// Scrubs one record. Keys and salts are chosen by its time.
    pub fn at(&mut self, format: Format, raw: &[u8], origin: Origin<'_>) -> Seen {
        let mut out = Vec::new();
        self.scrubber.refresh();
        let result = self.scrubber.begin(origin.time_ms);
        self.scrubber.origin(origin.topic, origin.headers);
        let result = result.and_then(|()| self.scrubber.value(format, raw, &mut out));
        let mut traced = self.scrubber.traced();
        traced.sort_by_key(|t| t.span);
        let found = traced.into_iter().map(|t| self.found(raw, t)).collect();
        let erases = self.scrubber.purpose() == Purpose::Erase;
        let notes = self.scrubber.pseudonymizer().notes();
        let record = Record { key: None, value: Some(raw), headers: origin.headers, timestamp_ms: origin.time_ms };
        self.objections.refresh();
        let suppressed = !erases && self.objections.are_in((origin.topic, format, &record), &mut self.scrubber, &out);
        Seen { output: result.map(|()| out), suppressed, saltless: notes.saltless, found }
    }

    /// The scrubbed key and headers of a record with this value; a header may go altogether.
    ///
    /// # Errors
    /// Why the record cannot be read safely.
    pub fn around(
        &mut self,
        format: Format,
        raw: &[u8],
        key: Option<&str>,
        origin: Origin<'_>,
    ) -> Result<Around, Reject> {
        self.scrubber.refresh();
        self.scrubber.begin(origin.time_ms)?;
        self.scrubber.origin(origin.topic, origin.headers);
        self.scrubber.bind_to(format, Some(raw))?;
        let text = |out: Vec<u8>| String::from_utf8_lossy(&out).into_owned();
        let mut around = Around::default();
        if let Some(key) = key {
            let mut out = Vec::new();
            self.scrubber.key(key.as_bytes(), &mut out)?;
            self.take_found(Beside::Key, key.as_bytes(), &mut around);
            around.key = Some(text(out));
        }
        for (at, &(name, value)) in origin.headers.iter().enumerate() {
            let (mut out, mut scrubbed_name) = (Vec::new(), Vec::new());
            self.scrubber.text(PathId::HEADERS, name, &mut scrubbed_name)?;
            self.take_found(Beside::HeaderName(at), name, &mut around);
            let value = value.unwrap_or_default();
            if self.scrubber.header(&String::from_utf8_lossy(name), value, &mut out).is_some() {
                around.headers.insert(text(scrubbed_name), text(out));
            }
            self.take_found(Beside::Header(at), value, &mut around);
        }
        Ok(around)
    }

    /// What was found last, in this part of a record.
    fn take_found(&mut self, part: Beside, raw: &[u8], around: &mut Around) {
        let mut traced = self.scrubber.traced();
        traced.sort_by_key(|t| t.span);
        around.found.extend(traced.into_iter().map(|t| (part, self.found(raw, t))));
    }

    /// Whether nothing of the value may be seen: it may never pass, or a rule that does not say what it is takes it away.
    fn hides(&self, traced: Traced) -> bool {
        let Traced { entity, action, .. } = traced;
        let gone = self.plan.hides_all(action) || self.plan.is_drop(action);
        self.plan.never_passes(entity) || self.plan.is_untyped(entity) && gone
    }

    fn found(&self, raw: &[u8], traced: Traced) -> Found {
        Found {
            path: path_label(&self.scrubber, traced.path),
            entity: self.plan.entity_names()[usize::from(traced.entity.0)].to_owned(),
            action: self.plan.action_names()[usize::from(traced.action.0)].clone(),
            basis: basis_name(traced.basis),
            masked: match self.hides(traced) {
                true => HIDDEN.to_owned(),
                false => shape(raw.get(traced.span.range()).unwrap_or_default()),
            },
            traced,
        }
    }
}

/// How a basis is written in findings.
pub fn basis_name(basis: Basis) -> &'static str {
    match basis {
        Basis::Field => "field",
        Basis::Keyword => "keyword",
        Basis::Checksum => "checksum",
        Basis::Pattern => "pattern",
    }
}
