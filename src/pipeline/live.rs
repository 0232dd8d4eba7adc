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
