//! The library's engine in this process, on one event at a time.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sluice::config::{self, Secrets};
use sluice::pipeline::{Plan, Scrubber};
use sluice::pseudonymize::{KeyRing, SharedRing};

use super::case::Case;

/// A key that everybody knows: the tokens of an evaluation protect nobody.
const SEED_KEY: &str = "4242424242424242424242424242424242424242424242424242424242424242";

/// The engine.
pub struct Engine {
    plan: Arc<Plan>,
    scrubber: Scrubber,
}

/// What became of one event.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The scrubbed event; `None`: it was rejected, and nothing of it came out.
    pub output: Option<String>,
    /// What was replaced: bytes of the input, and the entity.
    pub found: Vec<(Range<usize>, String)>,
}

impl Engine {
    /// The engine by the config at `path`, a file or `profile:<name>`.
    ///
    /// # Errors
    /// What is wrong with the config.
    pub fn new(path: &Path) -> Result<Engine, String> {
        let loaded = config::load(path, Secrets::Skip).map_err(|error| error.to_string())?;
        let ring = KeyRing::from_seed("k1", SEED_KEY).map_err(|error| error.to_string())?;
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).map_err(|error| error.to_string())?;
        let plan = Arc::new(plan);
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        scrubber.trace();
        Ok(Engine { plan, scrubber })
    }

    /// Scrubs one event.
    pub fn scrub(&mut self, case: &Case) -> Seen {
        let mut out = Vec::new();
        // Any time will do: the seed key has no window.
        let result =
            self.scrubber.begin(0).and_then(|()| self.scrubber.value(case.format, case.input.as_bytes(), &mut out));
        let names = self.plan.entity_names();
        // What a shadow rule finds stays: it is no finding here.
        let found = self.scrubber.traced().into_iter().filter(|t| t.action != self.plan.shadow_action());
        let found = found.map(|t| (t.span.range(), names[usize::from(t.entity.0)].to_owned())).collect();
        let output = result.is_ok().then(|| String::from_utf8_lossy(&out).into_owned());
        Seen { output, found }
    }
}
