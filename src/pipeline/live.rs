//! The rules that run, swapped whole: a worker takes over the newest between two units of work, so that no record, and
//! no transaction, is half one and half the other.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::plan::Plan;
use super::scrub::Counts;
use crate::telemetry::FindingMetrics;

/// The newest rules, for all workers.
pub struct Live {
    newest: ArcSwap<Generation>,
}

/// One set of rules, and the series that count what they find: their numbers belong together.
pub struct Generation {
    /// The rules.
    pub plan: Arc<Plan>,
    /// The series.
    pub findings: FindingMetrics,
}

impl Generation {
    /// Counts what these rules found.
    pub fn tell(&self, counts: Counts) {
        for (entity, action, n) in counts.found {
            self.findings.add(usize::from(entity.0), usize::from(action.0), n);
        }
        for (entity, path_hash) in counts.unexpected {
            if !self.findings.add_unexpected(usize::from(entity.0), path_hash) {
                continue;
            }
            // Without its path: the keys of an object may be data.
            let entity = self.plan.entity_names()[usize::from(entity.0)];
            tracing::info!(
                entity,
                "personal data in a field that no rule names: `sluice explain` on a sample tells which"
            );
        }
    }
}

impl Live {
    /// Begins with `plan`.
    pub fn new(plan: &Arc<Plan>) -> Live {
        let findings = FindingMetrics::new(&plan.entity_names(), plan.action_names());
        Live { newest: ArcSwap::from_pointee(Generation { plan: Arc::clone(plan), findings }) }
    }

    /// The newest rules.
    pub fn newest(&self) -> Arc<Generation> {
        self.newest.load_full()
    }

    /// The newest rules, if they are others than `known`.
    pub fn newer(&self, known: &Arc<Generation>) -> Option<Arc<Generation>> {
        let newest = self.newest.load();
        (!Arc::ptr_eq(&newest, known)).then(|| Arc::clone(&newest))
    }

    /// From now on `plan` is the newest.
    pub fn swap(&self, plan: Plan) {
        let plan = Arc::new(plan);
        let findings = self.newest.load().findings.renewed(&plan.entity_names(), plan.action_names());
        self.newest.store(Arc::new(Generation { plan, findings }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, Secrets, from_str};
    use crate::pipeline::Scrubber;
    use crate::pseudonymize::{KeyRing, SharedRing};
    use crate::telemetry;

    /// An entity of this test alone: series are shared by all tests of the process.
    const ENTITY: &str =
        "entity: unexpected_test_no\ntoken: xtn\nform: text\nfields: [test_no]\npatterns: [{regex: 'XT-[0-9]{7}'}]\n";

    #[test]
    fn what_is_found_in_a_field_that_no_rule_names_is_counted_once_a_field() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("own.yaml"), ENTITY).expect("a file");
        let yaml = format!("patterns: {{directories: [{:?}]}}", dir.path().display().to_string());
        let loaded = from_str(&yaml, "test.yaml", Secrets::Skip).expect("valid YAML");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Arc::new(Plan::compile(&loaded, SharedRing::fixed(ring).into()).expect("compiles"));
        let live = Live::new(&plan);
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        let count = || {
            let text = telemetry::install().render();
            let line =
                text.lines().find(|l| l.starts_with("sluice_unexpected_findings_total{entity=\"unexpected_test_no\"}"));
            line.map_or(0, |line| line.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number"))
        };
        let mut tell = |raw: &str| {
            scrubber.begin(0).expect("the key has no window");
            scrubber.value(Format::Json, raw.as_bytes(), &mut Vec::new()).expect("readable");
            live.newest().tell(scrubber.take_counts());
            count()
        };
        assert_eq!(tell(r#"{"test_no":"XT-1234567"}"#), 0, "its field says what it is");
        assert_eq!(tell(r#"{"note":"see XT-1234567"}"#), 1);
        assert_eq!(tell(r#"{"note":"and XT-7654321"}"#), 1, "the field was told of");
        assert_eq!(tell(r#"{"other":"see XT-1234567"}"#), 2);
        // Another worker meets the same field.
        let mut second = Scrubber::new(plan);
        second.begin(0).expect("the key has no window");
        second.value(Format::Json, br#"{"note":"XT-1234567"}"#, &mut Vec::new()).expect("readable");
        live.newest().tell(second.take_counts());
        assert_eq!(count(), 2);
    }
}
