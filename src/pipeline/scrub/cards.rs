//! Card numbers in fields that are for something else: where cards are truncated none of them becomes a token, since the two
//! can be joined to the number (PCI DSS 3.5.1).

use super::reading::Reading;
use super::{At, Core, Frame};
use crate::detect::FieldPlan;
use crate::record::EntityId;

impl Core {
    /// Whether a value of so many digits may be a card's number and would get a token. Numbers of people have forms of their
    /// own, and one in ten of them passes for a card's.
    pub(super) fn may_be_card(&self, entity: Option<EntityId>, field: FieldPlan, digits: u8) -> bool {
        let linked = |entity| self.plan.is_linked(field.action.unwrap_or(self.plan.default_action(entity)));
        (8..=19).contains(&digits)
            && entity.is_some_and(|entity| self.plan.holds_any_number(entity, digits) && linked(entity))
    }

    /// All of the value is the number of a card, which is truncated as all of them are, or was.
    pub(super) fn is_card(&mut self, at: At<'_>, reading: Reading<'_>, frame: &mut Frame) -> bool {
        if is_truncated(reading.text) {
            return true;
        }
        let found = self.whole_finding(reading.text, &mut frame.findings);
        let card = found.filter(|finding| self.plan.is_card(finding.entity));
        if let Some(finding) = &card {
            self.finding(at, finding, None, reading, frame);
        }
        card.is_some()
    }
}

/// `411111******1111`
fn is_truncated(text: &str) -> bool {
    let digits = |part: &str| part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
    let Some((first, rest)) = text.split_once('*') else { return false };
    let last = rest.trim_start_matches('*');
    digits(first) && last.len() == 4 && digits(last)
}
