//! Members that go as a whole: containers, `true`, `false` and `null` whose field has a rule, and what no rule names.

use super::claims::Label;
use super::place::write_back;
use super::{At, Core, Frame, traced};
use crate::detect::FieldPlan;
use crate::record::{Basis, Kind};

impl Core {
    /// A container, `true`, `false` or `null` whose field has a rule: it can go or be redacted as a whole. True: it did.
    pub(super) fn whole(&mut self, at: At<'_>, field: FieldPlan, frame: &mut Frame) -> bool {
        let (Some(entity), Some(action)) = (field.entity, field.action) else { return false };
        let label = Label { entity, action, basis: Basis::Field };
        if self.plan.is_drop(action) {
            frame.edits.remove_member(at.document.as_bytes(), at.scalar);
            self.report.note(traced(at.scalar.path, at.scalar.span, label));
            return true;
        }
        // What is wrong with a value is told in a list: each of its texts is looked at.
        let told = at.scalar.kind == Kind::Array && field.complaint;
        if at.scalar.kind == Kind::Null || told || !self.plan.hides_all(action) {
            return false;
        }
        let from = frame.edits.buffer().len();
        self.pseudonymizer.apply(entity, Some(action), "", frame.edits.buffer());
        write_back(&mut frame.edits, at.scalar.span, from, at.place);
        self.report.note(traced(at.scalar.path, at.scalar.span, label));
        true
    }

    /// No rule names it, and only what is named goes on.
    pub(super) fn deny(&mut self, at: At<'_>, frame: &mut Frame) {
        let (entity, action) = self.plan.denied();
        frame.edits.remove_member(at.document.as_bytes(), at.scalar);
        self.report.note(traced(at.scalar.path, at.scalar.span, Label { entity, action, basis: Basis::Field }));
    }
}
