//! Values that are split over the elements of an array: `["4111","1111","1111","1111"]`, `["john.doe","@example.com"]`.

use super::claims::Label;
use super::place::{Place, write_back};
use super::{At, Core, Frame, traced};
use crate::decode::View;
use crate::detect::FieldPlan;
use crate::pseudonymize::Outcome;
use crate::record::{ActionId, Basis, Class, EntityId, Kind, Scalar, Span};

/// Most elements that a value is split over.
const ELEMENTS_MAX: usize = 40;
/// Longest array that is looked at, in bytes.
const BYTES_MAX: usize = 400;
/// Most digits of one element: an element with more is a value of its own.
const DIGITS_MAX: u8 = 8;
/// Fewest digits of an element that may be a value by itself.
const WHOLE_DIGITS_MIN: u8 = 7;

impl Core {
    /// Looks for one value in all elements of the array at hand, whose elements `tape` begins with. True: all of them
    /// are parts of it, and it is replaced: by its token in the first one, and nothing in the others.
    pub(super) fn split(&mut self, at: At<'_>, tape: &[Scalar], field: FieldPlan, frame: &mut Frame) -> bool {
        let array = at.scalar.span;
        let count = tape.iter().take(ELEMENTS_MAX + 1).take_while(|s| s.span.start < array.end).count();
        let elements = &tape[..count];
        if !(2..=ELEMENTS_MAX).contains(&count) || array.len() > BYTES_MAX || !are_parts(elements, at.document, field) {
            return false;
        }
        // Two telephone numbers of eight digits are no one of sixteen.
        let is_whole = |e: &Scalar| {
            let value = &at.document[e.span.range()];
            e.digits >= WHOLE_DIGITS_MIN && self.detector.is_field_value(field, value, e.digits)
        };
        if field.entity.is_some() && elements.iter().all(is_whole) {
            return false;
        }
        frame.viewed = None;
        let mut view = std::mem::take(&mut frame.view);
        view.load(&at.document[array.range()], array.start);
        view.layer(|_, writer| {
            for element in elements {
                let start = (element.span.start - array.start) as usize;
                writer.keep(start..start + element.span.len());
            }
            true
        });
        view.unescape_json();
        view.fold_unicode();
        let found = self.one_value(&view, field, frame);
        let taken = found.is_some_and(|(entity, basis)| {
            let action = field.action.filter(|_| field.entity == Some(entity));
            self.replace_elements(at, elements, &view, (entity, action, basis), frame)
        });
        frame.view = view;
        taken
    }

    /// What the joined elements are, if they are one value.
    fn one_value(&mut self, view: &View, field: FieldPlan, frame: &mut Frame) -> Option<(EntityId, Basis)> {
        let text = view.text();
        if self.detector.is_own_token(text) {
            return None;
        }
        if let Some(entity) = field.entity {
            return Some((entity, Basis::Field));
        }
        let found = self.whole_finding(text, &mut frame.findings).map(|one| (one.entity, one.basis));
        let guarded = |entity| field.guarded && (self.plan.never_passes(entity) || self.plan.is_card_number(entity));
        found.filter(|&(entity, _)| if field.scan { !self.stays(entity) } else { guarded(entity) })
    }

    fn replace_elements(
        &mut self,
        at: At<'_>,
        elements: &[Scalar],
        view: &View,
        (entity, action, basis): (EntityId, Option<ActionId>, Basis),
        frame: &mut Frame,
    ) -> bool {
        let from = frame.edits.buffer().len();
        match self.pseudonymizer.apply(entity, action, view.text(), frame.edits.buffer()) {
            Outcome::Replaced | Outcome::Coded => {}
            Outcome::Removed => frame.edits.buffer().truncate(from),
            Outcome::Kept => return false,
        }
        for (i, element) in elements.iter().enumerate() {
            let from = if i == 0 { from } else { frame.edits.buffer().len() };
            let place = if element.kind == Kind::Number { Place::JsonNumber } else { Place::JsonString };
            write_back(&mut frame.edits, element.span, from, place);
        }
        let span = Span::new(elements[0].span.start, elements[elements.len() - 1].span.end);
        let action = action.unwrap_or(self.plan.default_action(entity));
        self.report.note(traced(at.scalar.path, span, Label { entity, action, basis }));
        true
    }
}

/// Whether elements look like parts of one value: pieces of digits, or an address in pieces. Numbers of several digits
/// are amounts and ids, unless the field says what they are.
fn are_parts(elements: &[Scalar], document: &str, field: FieldPlan) -> bool {
    let digits: u32 = elements.iter().map(|e| u32::from(e.digits)).sum();
    let is_piece = |e: &Scalar| match e.kind {
        Kind::String => e.digits <= DIGITS_MAX && e.span.len() <= usize::from(e.digits) + 2 && !e.span.is_empty(),
        Kind::Number => e.span.len() == 1 || field.entity.is_some() && e.digits <= 6 && e.span.len() <= 6,
        _ => false,
    };
    if digits >= 8 && elements.iter().all(is_piece) {
        return true;
    }
    // An `@` at the edge of an element, a host without a dot, or a joint before: the rest of the address is in its neighbours.
    let text = |e: &Scalar| &document[e.span.range()];
    let is_cut =
        |e: &Scalar| text(e).split_once('@').is_some_and(|(local, host)| local.is_empty() || !host.contains('.'));
    let is_joint = |e: &Scalar| text(e).ends_with(['.', '_', '-', '+']);
    elements.len() <= 8
        && elements.iter().all(|e| e.kind == Kind::String && !e.class.has(Class::SPACE) && e.span.len() <= 64)
        && elements.iter().filter(|e| e.class.has(Class::AT)).count() == 1
        && elements.iter().any(|e| is_cut(e) || is_joint(e))
}
