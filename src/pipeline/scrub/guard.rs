//! What gets round no rule of a field: codes, secrets and card numbers in a value that a rule with a wildcard keeps, or
//! that would become a token or a part of itself though the rule does not say what it holds.

use super::reading::Reading;
use super::{At, Core, Frame};
use crate::detect::{FieldPlan, Nature};
use crate::pseudonymize::{Action, Mask};
use crate::record::{ActionId, Class, EntityId, Finding, Scalar};

/// What is looked for in the value at hand; everything else in it stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Guard {
    /// All that rules are for.
    #[default]
    Off,
    /// What may never pass.
    Never,
    /// That, and card numbers.
    Cards,
}

impl Core {
    /// Whether what is found is of those that stay. An encoding that was opened, and holds one that does not, goes.
    #[inline]
    pub(super) fn stays(&self, entity: EntityId) -> bool {
        self.guard != Guard::Off
            && !self.plan.never_passes(entity)
            && !(self.guard == Guard::Cards && self.plan.is_card_number(entity))
            && entity != self.plan.encoded().0
    }

    /// A value that a rule with a wildcard keeps.
    #[cold]
    pub(super) fn kept(&mut self, at: At<'_>, frame: &mut Frame) {
        let around = std::mem::replace(&mut self.guard, Guard::Cards);
        self.scalar(at, FieldPlan::SCAN, frame);
        self.guard = around;
    }

    /// What is done with the value of a field that a rule gives an action and no entity: nothing is left of one that holds
    /// what the action may not be done with.
    pub(super) fn untyped(
        &mut self,
        at: At<'_>,
        action: Option<ActionId>,
        reading: Reading<'_>,
        frame: &mut Frame,
    ) -> Option<ActionId> {
        let guard = action.map_or(Guard::Off, |action| self.guard_of(action));
        if guard == Guard::Off || self.guard != Guard::Off {
            return action;
        }
        if self.is_bare_id(at.scalar, reading.text) {
            return action;
        }
        self.guard = guard;
        let before = frame.edits.as_slice().len();
        self.content(at, Nature::Any, reading, frame);
        self.guard = Guard::Off;
        // The edit of the whole value, which comes next, covers those.
        if frame.edits.as_slice().len() > before { Some(self.plan.redact_action()) } else { action }
    }

    /// Whether a value is one word with too few digits for a card, and no key: most ids are, and need no search. A code or a
    /// password is told by a word and a sign before it.
    fn is_bare_id(&self, scalar: &Scalar, text: &str) -> bool {
        const CARD_DIGITS_MIN: u8 = 12;
        const SIGNS: Class = Class::SPACE
            .with(Class::COLON)
            .with(Class::EQUALS)
            .with(Class::PERCENT)
            .with(Class::BRACE)
            .with(Class::AT)
            .with(Class::ESCAPE)
            .with(Class::NON_ASCII);
        !scalar.class.has(SIGNS)
            && scalar.digits < CARD_DIGITS_MIN
            && !self.detector.may_hold_secret(text, scalar.class)
    }

    /// What a value must not hold for the action to be done with it.
    fn guard_of(&self, action: ActionId) -> Guard {
        match self.plan.action_of(action) {
            Action::Redact | Action::Drop | Action::Keep | Action::Mask(Mask::All) => Guard::Off,
            Action::Token | Action::Seal | Action::Mask(Mask::EmailDomain) => Guard::Never,
            // Beside the token of a card no part of it, and never fifteen of its digits.
            Action::Mask(_) if self.plan.truncates_cards() => Guard::Never,
            Action::Mask(_) | Action::Generalize(_) => Guard::Cards,
        }
    }

    /// The same for a value behind its name in a text, which is looked at as it stands. `findings` is a buffer.
    pub(super) fn untyped_in_text(
        &mut self,
        entity: EntityId,
        action: Option<ActionId>,
        value: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<ActionId> {
        let guard = action.filter(|_| self.plan.is_untyped(entity)).map_or(Guard::Off, |a| self.guard_of(a));
        if guard == Guard::Off || self.guard != Guard::Off {
            return action;
        }
        self.find_in(value, findings);
        self.guard = guard;
        let found = findings.iter().any(|finding| !self.stays(finding.entity));
        self.guard = Guard::Off;
        if found { Some(self.plan.redact_action()) } else { action }
    }
}
