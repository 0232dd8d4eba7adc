//! What was found: counted for metrics, traced for people. Never a value.

use crate::record::{ActionId, Basis, EntityId, PathId, Span};

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
    /// Entities found by content where none had been found before, and the path.
    pub unexpected: Vec<(EntityId, PathId)>,
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

/// Findings of the records since the counts were taken.
#[derive(Default)]
pub(super) struct Report {
    pub(super) counts: Counts,
    /// For each path: its first finding by content was told.
    told: Vec<bool>,
    /// Every finding of the value at hand, for those who want to look.
    pub(super) trace: Option<Vec<Traced>>,
}

impl Report {
    /// Counts a finding.
    pub(super) fn note(&mut self, found: Traced) {
        self.counts.add(found.entity, found.action);
        if found.basis != Basis::Field {
            self.tell_once(found.path, found.entity);
        }
        if let Some(trace) = &mut self.trace {
            trace.push(found);
        }
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
            self.told.resize(at + 1, false);
        }
        if !self.told[at] {
            self.told[at] = true;
            self.counts.unexpected.push((entity, path));
        }
    }
}
