//! What cases run on: an engine whose clock stands at each case's own time, and a memory of accounts for each case.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::case::{Case, Event, Salt};
use crate::cli::CliError;
use crate::cli::args::KeyArgs;
use crate::cli::look::{Around, Look, Origin, Seen};
use crate::config::{Format, nearest};
use crate::pipeline::keeper::Keeper;
use crate::pipeline::{clock, salts};
use crate::pseudonymize::DAY_MS;
use crate::record::Reject;
use crate::signals::{Coordinates, Signal, rules};

/// The engine of a config, for cases.
pub struct Bench {
    look: Look,
    /// Throw-away salts of the day that the clock shows; none are needed without.
    salts: Option<(Keeper, Arc<AtomicI64>)>,
    has_signals: bool,
}

/// What became of a case's event.
pub struct Became {
    /// The event.
    pub seen: Seen,
    /// Its signals.
    pub signals: Vec<Signal>,
    /// Its key and headers, if the case expects something of them.
    pub around: Option<Around>,
}

impl Bench {
    /// The engine of the config at `path`.
    pub fn new(path: &Path, keys: &KeyArgs) -> Result<Bench, CliError> {
        let mut look = Look::new(path, keys)?;
        let has_signals = look.watch(keys)?;
        let daily = look.loaded.settings.pseudonyms.salts.is_some();
        let salts = daily.then(|| {
            let now = Arc::new(AtomicI64::new(0));
            let clock = Arc::clone(&now);
            (salts::throwaway(&look.plan, Box::new(move || clock.load(Ordering::Relaxed))), now)
        });
        Ok(Bench { look, salts, has_signals })
    }

    /// What became of the case's event, its signals, its key and headers.
    ///
    /// # Errors
    /// What is wrong with the case.
    pub fn run(&mut self, case: &Case) -> Result<Became, String> {
        let time = case.time.as_deref().map(str::parse::<jiff::Timestamp>).transpose();
        let time = time.map_err(|_| "time: is no RFC 3339 time such as 2026-11-22T10:00:00Z".to_owned())?;
        let time_ms = time.map_or_else(clock::now_ms, jiff::Timestamp::as_millisecond);
        if case.salt == Salt::Gone && self.salts.is_none() {
            return Err("salt: no token of this config holds for a day".to_owned());
        }
        self.knows_rules(case)?;
        self.set_clock(time_ms, case.salt)?;
        self.look.forget();
        let headers: Vec<(&[u8], Option<&[u8]>)> =
            case.headers.iter().map(|(name, value)| (name.as_bytes(), Some(value.as_bytes()))).collect();
        let origin = Origin { time_ms, topic: &case.topic, headers: &headers };
        for (at, event) in case.before.iter().enumerate() {
            let (seen, _) = self.one(event, Format::Json, origin, at);
            if let Err(reason) = seen.output {
                return Err(format!("before[{at}]: is rejected: {}", reason.label()));
            }
        }
        let (seen, mut signals) = self.one(&case.event, case.format.into(), origin, case.before.len());
        let last = i64::try_from(case.before.len()).unwrap_or(i64::MAX);
        signals.extend(self.look.rest().into_iter().filter(|signal| signal.at.offset == last));
        let rejected = |reason: Reject| format!("key and headers: rejected: {}", reason.label());
        let wanted = case.expect_key.is_some() || case.expect_headers.is_some();
        let around = wanted.then(|| {
            let text = case.event.text();
            self.look.around(case.format.into(), text.as_bytes(), case.key.as_deref(), origin).map_err(rejected)
        });
        let around = around.transpose()?;
        Ok(Became { seen, signals, around })
    }

    /// Whether the case asks for what there is: reasons and entities.
    ///
    /// # Errors
    /// The name that nothing has, and the nearest one.
    pub fn knows(&self, case: &Case) -> Result<(), String> {
        let unknown = |field: &str, what: &str, given: &str, known: &[&str]| {
            let hint = match nearest(given, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("there are {}", known.join(", ")),
            };
            Err(format!("{field}: unknown {what} `{given}`; {hint}"))
        };
        if let Some(reason) = case.rejected.as_deref().filter(|reason| !Reject::LABELS.contains(reason)) {
            return unknown("rejected", "reason", reason, &Reject::LABELS);
        }
        let entities = self.look.plan.entity_names();
        let mut findings = case.findings.iter().flatten();
        match findings.find(|finding| !entities.contains(&finding.entity.as_str())) {
            Some(finding) => unknown("findings.entity", "entity", &finding.entity, &entities),
            None => Ok(()),
        }
    }

    fn one(&mut self, event: &Event, format: Format, origin: Origin<'_>, at: usize) -> (Seen, Vec<Signal>) {
        let text = event.text();
        let seen = self.look.at(format, text.as_bytes(), origin);
        if seen.output.is_err() || seen.suppressed || format == Format::Text {
            return (seen, Vec::new());
        }
        let offset = i64::try_from(at).unwrap_or(i64::MAX);
        let at = Coordinates { topic: origin.topic.to_owned(), partition: 0, offset };
        let signals = self.look.judge(text.as_bytes(), origin.time_ms, &at);
        (seen, signals)
    }

    fn knows_rules(&self, case: &Case) -> Result<(), String> {
        let Some(signals) = &case.signals else { return Ok(()) };
        if !self.has_signals {
            return Err("signals: the config has none".to_owned());
        }
        match signals.iter().find(|signal| rules::find(&signal.rule).is_none()) {
            Some(signal) => Err(format!("signals: there is no rule `{}`", signal.rule)),
            None => Ok(()),
        }
    }

    /// The salts of the day, or only those of days after it.
    fn set_clock(&mut self, time_ms: i64, salt: Salt) -> Result<(), String> {
        let Some((keeper, now)) = &mut self.salts else { return Ok(()) };
        let late_ms = if salt == Salt::Gone { 2 * DAY_MS } else { 0 };
        now.store(time_ms.saturating_add(late_ms), Ordering::Relaxed);
        keeper.turn().map(|_| ()).map_err(|error| format!("time: {error}"))
    }
}
