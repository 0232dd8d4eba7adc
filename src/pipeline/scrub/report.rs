//! What was found: counted for metrics, traced for people. Never a value.

use std::hash::{Hash, Hasher};

use crate::record::{ActionId, Basis, EntityId, PathId, Paths, Span};

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

/// Findings of the records since the counts were taken.
#[derive(Default)]
pub(super) struct Report {
    counts: Counts,
    /// For each entity, where in the counts it stood the last time.
    counted: Vec<usize>,
    /// For each path the entities that were found by content there, a bit each (all past 126 share one).
    told: Vec<u128>,
    /// Entities found by content where they had not been found before.
    unexpected: Vec<(EntityId, PathId)>,
    /// Every finding of the value at hand, for those who want to look.
    pub(super) trace: Option<Vec<Traced>>,
}

impl Report {
    /// Counts a finding that is replaced.
    pub(super) fn note(&mut self, found: Traced) {
        if found.basis != Basis::Field {
            self.tell_once(found.path, found.entity);
        }
        self.note_shadow(found);
    }

    /// Counts a finding that stays.
    pub(super) fn note_shadow(&mut self, found: Traced) {
        self.count(found.entity, found.action);
        if let Some(trace) = &mut self.trace {
            trace.push(found);
        }
    }

    fn count(&mut self, entity: EntityId, action: ActionId) {
        let (found, of) = (&mut self.counts.found, usize::from(entity.0));
        if self.counted.len() <= of {
            self.counted.resize(of + 1, 0);
        }
        let is = |one: &(EntityId, ActionId, u64)| (one.0, one.1) == (entity, action);
        let last = self.counted[of];
        let at = match found.get(last) {
            Some(one) if is(one) => last,
            _ => found.iter().position(is).unwrap_or_else(|| {
                found.push((entity, action, 0));
                found.len() - 1
            }),
        };
        found[at].2 += 1;
        self.counted[of] = at;
    }

    /// Takes the counts.
    pub(super) fn take_counts(&mut self, paths: &Paths) -> Counts {
        let mut counts = std::mem::take(&mut self.counts);
        for (entity, path) in self.unexpected.drain(..) {
            let mut hasher = std::hash::DefaultHasher::new();
            paths.display(path).hash(&mut hasher);
            counts.unexpected.push((entity, hasher.finish()));
        }
        counts
    }

    /// Tells of every field anew.
    pub(super) fn forget_told(&mut self) {
        self.told.clear();
    }

    /// Number of findings in the trace: what comes behind it is found from now on.
    pub(super) fn mark(&self) -> usize {
        self.trace.as_ref().map_or(0, Vec::len)
    }

    /// Maps the spans of the findings since `mark` to those of the text around.
    pub(super) fn map_since(&mut self, mark: usize, map: impl Fn(Span) -> Span) {
        for found in self.trace.iter_mut().flat_map(|trace| &mut trace[mark..]) {
            found.span = map(found.span);
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
