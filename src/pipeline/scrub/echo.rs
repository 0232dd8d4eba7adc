//! Names that stand again elsewhere in their record: once all of it was read, and none of them is new any more.

use super::{At, Core, Frame, Place};
use crate::decode::needs_view;
use crate::record::{Class, EntityId, Kind, Scalar, Span};
use crate::rewrite::Edits;

use super::reading::Reading;

impl Core {
    /// Makes edits where names of the record stand again in the texts of a document. Most records have no name.
    #[inline]
    pub(super) fn echoes(&mut self, tape: &[Scalar], text: &str, frame: &mut Frame) {
        if !self.repeats.is_empty() {
            self.echoes_in(tape, text, frame);
        }
    }

    fn echoes_in(&mut self, tape: &[Scalar], text: &str, frame: &mut Frame) {
        frame.taken.clear();
        for scalar in tape {
            // One word is an identifier as often as not.
            let is_text = scalar.kind == Kind::String && scalar.class.has(Class::SPACE.with(Class::ESCAPE));
            if is_text && self.detector.plan(&self.paths, scalar.path).scan {
                self.echo(At::new(text, scalar, Place::JsonString), frame);
            }
        }
    }

    /// As [`Core::echoes`], of a text alone.
    pub(super) fn echoes_of_text(&mut self, scalar: &Scalar, text: &str, frame: &mut Frame) {
        if !self.repeats.is_empty() {
            frame.taken.clear();
            self.echo(At::new(text, scalar, Place::Text), frame);
        }
    }

    /// What was found may stand again in the record.
    #[inline]
    pub(super) fn may_repeat(&mut self, entity: EntityId, value: &str) {
        if self.plan.repeats(entity) {
            self.repeats.add(entity, value);
        }
    }

    fn echo(&mut self, at: At<'_>, frame: &mut Frame) {
        let Scalar { span, class, .. } = *at.scalar;
        if !needs_view(class) {
            let raw = &at.document[span.range()];
            return self.echo_reading(at, Reading::plain(raw, span.start, None), frame);
        }
        let view = Core::view(at, frame);
        self.echo_reading(at, Reading::of(&view, 0), frame);
        frame.view = view;
    }

    fn echo_reading(&mut self, at: At<'_>, reading: Reading<'_>, frame: &mut Frame) {
        let mut findings = std::mem::take(&mut frame.findings);
        findings.clear();
        self.repeats.find(reading.text, &mut findings);
        if !findings.is_empty() && frame.taken.is_empty() {
            take(&frame.edits, &mut frame.taken);
        }
        for finding in &findings {
            let raw = reading.raw(finding.span);
            let next = frame.taken.partition_point(|edit| edit.end <= raw.start);
            if frame.taken.get(next).is_none_or(|edit| edit.start >= raw.end) {
                self.finding(at, finding, None, reading, frame);
            }
        }
        frame.findings = findings;
    }
}

/// Where the document is changed already, in ascending order and apart.
fn take(edits: &Edits, taken: &mut Vec<Span>) {
    taken.extend(edits.as_slice().iter().map(|edit| edit.span));
    taken.sort_unstable_by_key(|span| (span.start, span.end));
    taken.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
}
