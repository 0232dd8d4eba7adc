//! One record of a sample through an engine, with what was found: what `explain`, `test` and `diff` share.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::CliError;
use super::args::KeyArgs;
use crate::config::{self, Format, Loaded, Secrets};
use crate::pipeline::{Plan, Scrubber, Traced, path_label, shape};
use crate::pseudonymize::SharedRing;
use crate::record::{Basis, Reject};

/// An engine on single records.
pub struct Look {
    /// The config.
    pub loaded: Loaded,
    /// The keys that make the tokens.
    pub ring: Arc<SharedRing>,
    plan: Arc<Plan>,
    scrubber: Scrubber,
}

/// What became of a record.
pub struct Seen {
    /// Its scrubbed form, or why there is none.
    pub output: Result<Vec<u8>, Reject>,
    /// What was found in it, in its order.
    pub found: Vec<Found>,
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
    /// What its bytes look like, letters and digits masked.
    pub masked: String,
    /// As the engine tells it.
    pub traced: Traced,
}

impl Look {
    /// The engine of the config at `path` with the keys of `keys`, the config, or a throw-away one.
    pub fn new(path: &Path, keys: &KeyArgs) -> Result<Look, CliError> {
        let loaded = config::load(path, Secrets::Skip)?;
        let ring = Arc::new(SharedRing::fixed(keys.ring_or_throwaway(loaded.settings.keys.as_ref())?));
        Look::with_ring(loaded, ring)
    }

    /// The engine of a config with these keys.
    pub fn with_ring(loaded: Loaded, ring: Arc<SharedRing>) -> Result<Look, CliError> {
        let plan = Plan::compile(&loaded, Arc::clone(&ring)).map_err(|error| CliError::Config(error.to_string()))?;
        let plan = Arc::new(plan);
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        scrubber.trace();
        Ok(Look { loaded, ring, plan, scrubber })
    }

    /// Scrubs one record. Keys are chosen by `time_ms`; `None`: by the time of the run.
    pub fn at(&mut self, format: Format, raw: &[u8], time_ms: Option<i64>) -> Seen {
        let now = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
        };
        let mut out = Vec::new();
        let result = self.scrubber.begin(time_ms.unwrap_or_else(now));
        let result = result.and_then(|()| self.scrubber.value(format, raw, &mut out));
        let mut traced = self.scrubber.traced();
        traced.sort_by_key(|t| t.span);
        let found = traced.into_iter().map(|t| self.found(raw, t)).collect();
        Seen { output: result.map(|()| out), found }
    }

    fn found(&self, raw: &[u8], traced: Traced) -> Found {
        Found {
            path: path_label(&self.scrubber, traced.path),
            entity: self.plan.entity_names()[usize::from(traced.entity.0)].to_owned(),
            action: self.plan.action_names()[usize::from(traced.action.0)].clone(),
            basis: basis_name(traced.basis),
            masked: shape(raw.get(traced.span.range()).unwrap_or_default()),
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
