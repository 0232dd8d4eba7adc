//! A document, scalar by scalar: what each is by its field, and by what stands around and beside it.

use super::claims::Label;
use super::columns::Columns;
use super::inherited::Inherited;
use super::place::Place;
use super::{At, Core, Frame, Guard, traced};
use crate::canonical::Form;
use crate::detect::FieldPlan;
use crate::record::{Basis, Kind, Scalar};

/// What stands around the values of a document, and says what they are.
#[derive(Default)]
struct Around {
    inherited: Inherited,
    columns: Columns,
    /// Whether its lists were looked through for names of columns.
    looked: bool,
}

impl Around {
    /// Whether it says nothing of this one.
    #[inline]
    fn is_silent_on(&self, scalar: &Scalar) -> bool {
        self.columns.are_unnamed() && !self.inherited.reaches(scalar)
    }
}

impl Core {
    /// Makes the edits of the document whose tape is in the frame.
    pub(super) fn walk(&mut self, text: &str, frame: &mut Frame) {
        let tape = std::mem::take(&mut frame.tape);
        frame.viewed = None;
        let (mut covered, mut around) = (0, Around::default());
        // What stands inside of a named value is named with it.
        let denies = self.plan.default_deny && self.depth == 0;
        if denies {
            frame.deny.look(&tape, |path| self.detector.plan(&self.paths, path));
        }
        // Whether nobody asks about a value but for what its field and its bytes say.
        let plain = !denies && self.shadow.is_none();
        for (i, scalar) in tape.iter().enumerate() {
            if scalar.span.start < covered {
                continue;
            }
            let apart = plain && around.is_silent_on(scalar);
            if apart && self.is_dull(scalar, text) {
                continue;
            }
            if denies && frame.deny.drops(scalar) {
                covered = scalar.span.end;
                self.deny(At::new(text, scalar, Place::JsonNumber), frame);
                continue;
            }
            if self.flags == Some(scalar.path) && scalar.kind != Kind::Key {
                frame.edits.remove_member(text.as_bytes(), scalar);
                covered = scalar.span.end;
                continue;
            }
            // A key has no rule of its own: the rule of its path is about the value.
            if scalar.kind == Kind::Key {
                self.key_of(At::new(text, scalar, Place::JsonString), frame);
                continue;
            }
            let is_one = matches!(scalar.kind, Kind::String | Kind::Number);
            let field = match self.detector.settled(scalar.path).filter(|_| apart && is_one) {
                Some(field) => {
                    #[cfg(test)]
                    assert_eq!(self.field_at(&tape, i, text, &mut around), field, "nothing else says more");
                    field
                }
                None => self.field_at(&tape, i, text, &mut around),
            };
            match scalar.kind {
                Kind::Object | Kind::Array | Kind::Bool | Kind::Null => {
                    let at = At::new(text, scalar, Place::JsonNumber);
                    if self.whole(at, field, frame) {
                        covered = scalar.span.end;
                    } else if scalar.kind == Kind::Array
                        && let Some(run) = self.split(at, &tape[i + 1..], field, frame)
                    {
                        let run = i + 1 + run.start..i + 1 + run.end;
                        covered = tape[run.end - 1].span.end;
                        self.before_run(&tape, i + 1..run.start, text, &mut around, frame);
                    }
                }
                Kind::Number => self.scalar(At::new(text, scalar, Place::JsonNumber), field, frame),
                Kind::String => self.string(At::new(text, scalar, Place::JsonString), field, frame),
                Kind::Key => {}
            }
        }
        self.echoes(&tape, text, frame);
        frame.tape = tape;
    }

    /// The texts of an array before those that are parts of one value.
    #[cold]
    fn before_run(
        &mut self,
        tape: &[Scalar],
        elements: std::ops::Range<usize>,
        text: &str,
        around: &mut Around,
        frame: &mut Frame,
    ) {
        for i in elements {
            let field = self.field_at(tape, i, text, around);
            self.string(At::new(text, &tape[i], Place::JsonString), field, frame);
        }
    }

    /// A key is searched as a text: until it is known to hold nothing.
    fn key_of(&mut self, at: At<'_>, frame: &mut Frame) {
        let before = frame.edits.as_slice().len();
        self.shadow_counted = false;
        self.scalar(at, FieldPlan::SCAN, frame);
        // What a shadow rule finds in a key is counted every time.
        if frame.edits.as_slice().len() == before && self.shadow.is_none() && self.guard == Guard::Off {
            self.paths.set_clean(at.scalar.path, &at.document.as_bytes()[at.scalar.span.range()]);
        }
    }

    /// What the scalar at `i` is by its field, and by what stands around and beside it.
    fn field_at(&mut self, tape: &[Scalar], i: usize, text: &str, around: &mut Around) -> FieldPlan {
        let scalar = &tape[i];
        self.shadow_field(scalar);
        let own = self.plan_at(tape, i, text);
        // Most documents have no list.
        if scalar.kind == Kind::Array && !around.looked {
            (around.columns, around.looked) = (self.columns(tape, text), true);
        }
        let is_part = own.part;
        let own = around.columns.of(&self.paths, tape, i, own);
        let plan = match around.inherited.obeyed(scalar, own) {
            Some(rule) if !self.is_named(scalar, own, text) => rule,
            _ => around.inherited.of(scalar, own, |entity| self.plan.form_of(entity) == Form::Account),
        };
        // The element before is asked where nothing else says what this one is.
        if is_part
            && plan.entity.is_none()
            && i > 0
            && tape[i - 1].kind == Kind::String
            && tape[i - 1].path == scalar.path
        {
            return self.said_before(tape, i, text, plan);
        }
        plan
    }

    /// Whether a value is what its own name says.
    #[cold]
    fn is_named(&self, scalar: &Scalar, own: FieldPlan, text: &str) -> bool {
        own.entity.is_some() && self.detector.is_field_value(own, &text[scalar.span.range()], scalar.digits)
    }

    /// A shadow rule says what the field holds: counted, and no more, and its content is not searched for others.
    #[inline]
    pub(super) fn shadow_field(&mut self, scalar: &Scalar) {
        self.shadow_counted = false;
        let Some(shadow) = self.shadow.as_mut().filter(|_| self.guard == Guard::Off) else { return };
        let holds = scalar.kind != Kind::Null && !scalar.span.is_empty();
        if let Some(entity) = shadow.field(&self.paths, scalar.path).filter(|_| holds) {
            let label = Label { entity, action: shadow.action, basis: Basis::Field };
            self.report.note_shadow(traced(scalar.path, scalar.span, label));
            self.shadow_counted = true;
        }
    }
}
