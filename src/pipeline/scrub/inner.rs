//! Values that stand in their field with something else: `{"from": "Ann Larsen <ann@example.com>"}`. The token is that of the
//! address, so that it joins with those of other fields; nothing of what stands beside it goes on.

use super::place::write_back;
use super::reading::Reading;
use super::{At, Core, Frame};
use crate::canonical::Form;
use crate::detect::FieldPlan;
use crate::pseudonymize::Outcome;
use crate::record::{ActionId, Class, EntityId, Finding};

/// What stands between the tokens of several values.
const BETWEEN: &[u8] = b", ";

impl Core {
    /// Whether a value may be something else than its field says. What has an `@` is an address in a field of addresses.
    pub(super) fn may_yield(&self, entity: EntityId, at: At<'_>) -> bool {
        self.plan.yields(entity) && !(at.scalar.class.has(Class::AT) && self.plan.is_mailbox(entity))
    }

    /// All of the value is found to be one thing, whatever the field is called: it is replaced as that.
    pub(super) fn is_something_else(
        &mut self,
        at: At<'_>,
        field: FieldPlan,
        reading: Reading<'_>,
        frame: &mut Frame,
    ) -> bool {
        let found = self.whole_finding(reading.text, &mut frame.findings);
        // The action of another field is not for cards and what may never pass.
        let other = |found: &Finding| !self.plan.is_card_number(found.entity) && !self.plan.never_passes(found.entity);
        let found = found.filter(other);
        if let Some(finding) = &found {
            self.finding(at, finding, field.action, reading, frame);
        }
        found.is_some()
    }

    /// Replaces the field by the tokens of the values in it. False: it holds none beside which something else stands.
    pub(super) fn inner(
        &mut self,
        at: At<'_>,
        (entity, action): (EntityId, Option<ActionId>),
        text: &str,
        frame: &mut Frame,
    ) -> bool {
        let form = self.plan.form_of(entity);
        // Of an address of mail the parser takes nearly any sign.
        let readable = || !matches!(form, Form::Email | Form::Mailbox) && self.plan.is_readable(entity, text);
        if !may_hold_more(form, text) || readable() {
            return false;
        }
        let Frame { findings, edits, .. } = frame;
        self.find_in(text, findings);
        let from = edits.buffer().len();
        for value in findings.iter().filter(|found| found.entity == entity) {
            let first = edits.buffer().len() == from;
            edits.buffer().extend_from_slice(if first { b"" } else { BETWEEN });
            let outcome = self.pseudonymizer.apply(entity, action, &text[value.value.range()], edits.buffer());
            // What is dropped or kept is so as a whole.
            if !matches!(outcome, Outcome::Replaced | Outcome::Coded) {
                edits.buffer().truncate(from);
                return false;
            }
        }
        let any = edits.buffer().len() > from;
        if any {
            write_back(edits, at.scalar.span, from, at.place);
        }
        any
    }
}

/// Whether something may stand beside a value of this form: most are alone in their fields, and one look tells.
fn may_hold_more(form: Form, text: &str) -> bool {
    let bytes = text.as_bytes();
    match form {
        Form::Email | Form::Mailbox => memchr::memchr3(b' ', b'<', b':', bytes).is_some(),
        Form::Ip => memchr::memchr2(b' ', b'%', bytes).is_some() || bytes.ends_with(b".") || bytes.starts_with(b"ip-"),
        Form::Phone | Form::Digits | Form::Npwp | Form::Cpr => {
            bytes.iter().fold(false, |any, b| any | b.is_ascii_alphabetic())
        }
        _ => false,
    }
}
