//! Values that are split over the elements of an array: `["4111","1111","1111","1111"]`, `["john.doe","@example.com"]`,
//! `["+62","81234567890"]`.

mod cut;

use super::claims::Label;
use super::place::{Place, write_back};
use super::{At, Core, Frame, traced};
use crate::canonical::Form;
use crate::decode::View;
use crate::detect::{FieldPlan, Nature};
use crate::pseudonymize::Outcome;
use crate::record::{ActionId, Basis, Class, EntityId, Kind, Scalar, Span};

use cut::{Cut, Means};

/// Most elements that a value is split over.
const ELEMENTS_MAX: usize = 40;
/// Longest array that is looked at, in bytes.
const BYTES_MAX: usize = 400;
/// Most digits of one element: an element with more is a value of its own.
const DIGITS_MAX: u8 = 8;
/// Fewest digits of an element that may be a value by itself.
const WHOLE_DIGITS_MIN: u8 = 7;
/// Fewest digits of a split value without an `@` or a colon: those of an address.
const SPLIT_DIGITS_MIN: u32 = 4;
/// What stands between the elements while they are decoded, a sign that separates fields: no value holds one.
const BETWEEN: &str = "\u{1f}";

/// The elements of an array that are one value, by their places in it.
pub(super) type Run = std::ops::Range<usize>;

/// What the parts of a value are together.
type Found = (EntityId, Option<ActionId>, Basis);

impl Core {
    /// Looks for one value in the elements of the array at hand, whose elements `tape` begins with. The elements that are
    /// parts of it are replaced: by its token in the first one, and nothing in the others.
    pub(super) fn split(&mut self, at: At<'_>, tape: &[Scalar], field: FieldPlan, frame: &mut Frame) -> Option<Run> {
        let array = at.scalar.span;
        if array.len() > BYTES_MAX {
            return None;
        }
        let (mut count, mut class, mut digits) = (0, Class::default(), 0);
        for element in tape.iter().take(ELEMENTS_MAX + 1).take_while(|s| s.span.start < array.end) {
            (count, class, digits) = (count + 1, class.with(element.class), digits + u32::from(element.digits));
        }
        // Most lists are of words.
        if digits < SPLIT_DIGITS_MIN && !class.has(Class::AT.with(Class::COLON)) {
            return None;
        }
        let elements = (2..=ELEMENTS_MAX).contains(&count).then(|| &tape[..count])?;
        self.split_elements(at, elements, field, frame)
    }

    #[cold]
    fn split_elements(&mut self, at: At<'_>, elements: &[Scalar], field: FieldPlan, frame: &mut Frame) -> Option<Run> {
        // Two telephone numbers of eight digits are no one of sixteen.
        let is_whole = |e: &Scalar| {
            let value = &at.document[e.span.range()];
            e.digits >= WHOLE_DIGITS_MIN && self.detector.is_field_value(field, value, e.digits)
        };
        let parts = are_parts(elements, at.document, field);
        let may_be_cut = cut::may_be(elements);
        if !parts && !may_be_cut || field.entity.is_some() && elements.iter().all(is_whole) {
            return None;
        }
        frame.viewed = None;
        let mut view = std::mem::take(&mut frame.view);
        let mut text = std::mem::take(&mut frame.decoded);
        let run = self.find_split(at, elements, (parts, may_be_cut), field, (&mut view, &mut text), frame);
        (frame.view, frame.decoded) = (view, text);
        run
    }

    /// As [`Core::split`]: even pieces are all of the array, other cuts may be of a part of it.
    fn find_split(
        &mut self,
        at: At<'_>,
        elements: &[Scalar],
        (parts, may_be_cut): (bool, bool),
        field: FieldPlan,
        (view, text): (&mut View, &mut String),
        frame: &mut Frame,
    ) -> Option<Run> {
        load(at, elements, view);
        let texts: Vec<&str> = view.text().split(BETWEEN).collect();
        if texts.len() != elements.len() || self.detector.is_own_token(&texts.concat()) {
            return None;
        }
        // Without their dots the four parts of an address would have a token that nothing else has.
        let octets = cut::are_octets(&texts) && field.entity.is_some_and(|e| self.plan.form_of(e) == Form::Ip);
        *text = texts.join(if octets { "." } else { "" });
        // In a field that says what it holds the value is joined as it is written in one piece, if that can be told.
        let mut run = None;
        if may_be_cut && field.entity.is_some() && !octets {
            run = self.uneven(at, elements, &texts, field, frame);
        }
        if run.is_none() && (parts || octets) {
            let found = self.one_value(text, field, frame);
            let taken = found.is_some_and(|found| self.replace_elements(at, elements, text, found, frame));
            run = taken.then_some(0..elements.len());
        }
        if run.is_none() && may_be_cut && field.entity.is_none() {
            run = self.uneven(at, elements, &texts, field, frame);
        }
        run
    }

    /// Looks for elements that are one value which is cut anywhere, and replaces them.
    fn uneven(
        &mut self,
        at: At<'_>,
        elements: &[Scalar],
        texts: &[&str],
        field: FieldPlan,
        frame: &mut Frame,
    ) -> Option<Run> {
        let numbers = elements.iter().all(|e| e.kind == Kind::Number);
        cut::cuts(texts, numbers).into_iter().find_map(|cut| {
            let text = cut.join(texts);
            let found = self.cut_value(&cut, texts, &text, field, frame)?;
            self.replace_elements(at, &elements[cut.run.clone()], &text, found, frame).then_some(cut.run)
        })
    }

    /// What the joined elements are, if they are one value.
    fn one_value(&mut self, text: &str, field: FieldPlan, frame: &mut Frame) -> Option<Found> {
        if let Some(entity) = field.entity {
            return Some((entity, field.action, Basis::Field));
        }
        let found = self.whole_finding(text, &mut frame.findings)?;
        self.goes(found.entity, field).then_some((found.entity, None, found.basis))
    }

    /// What elements that are cut in this way are, if they are one value of the kind that is cut so.
    fn cut_value(
        &mut self,
        cut: &Cut,
        texts: &[&str],
        text: &str,
        field: FieldPlan,
        frame: &mut Frame,
    ) -> Option<Found> {
        // A list of amounts or of versions is one, whatever its numbers come to.
        let listed = field.entity.is_none() && field.nature != Nature::Any && cut.is_bare;
        let found = self.whole_finding(text, &mut frame.findings).filter(|_| !listed)?;
        let form = self.plan.form_of(found.entity);
        let fits = match cut.means {
            Means::Card => self.plan.is_card_number(found.entity),
            Means::Phone => form == Form::Phone,
            Means::Iban => form == Form::Iban,
            Means::Email => form == Form::Email,
            Means::Ip => form == Form::Ip,
            Means::Mac => form == Form::Alnum,
            Means::Named => field.entity == Some(found.entity),
        };
        let named = field.entity.is_none_or(|entity| entity == found.entity);
        let goes = fits && named && self.goes(found.entity, field);
        // Values that each say what they are, two telephone numbers say, are no parts of another.
        let mut alone = |text: &&str| self.whole_finding(text, &mut frame.findings).is_some();
        if !goes || texts[cut.run.clone()].iter().all(&mut alone) {
            return None;
        }
        let action = field.action.filter(|_| field.entity.is_some());
        Some((found.entity, action, found.basis))
    }

    /// Whether a value of this entity is replaced in such a field.
    fn goes(&self, entity: EntityId, field: FieldPlan) -> bool {
        let guarded = || field.guarded && (self.plan.never_passes(entity) || self.plan.is_card_number(entity));
        if field.scan { !self.stays(entity) } else { guarded() }
    }

    fn replace_elements(
        &mut self,
        at: At<'_>,
        elements: &[Scalar],
        text: &str,
        (entity, action, basis): Found,
        frame: &mut Frame,
    ) -> bool {
        let from = frame.edits.buffer().len();
        match self.pseudonymizer.apply(entity, action, text, frame.edits.buffer()) {
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

/// Loads the elements as they are meant, with [`BETWEEN`] between them.
fn load(at: At<'_>, elements: &[Scalar], view: &mut View) {
    let array = at.scalar.span;
    view.load(&at.document[array.range()], array.start);
    view.layer(|_, writer| {
        for (i, element) in elements.iter().enumerate() {
            let start = (element.span.start - array.start) as usize;
            if i > 0 {
                writer.put(start..start, BETWEEN);
            }
            writer.keep(start..start + element.span.len());
        }
        true
    });
    view.unescape_json();
    view.fold_unicode();
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
