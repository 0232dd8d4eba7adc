//! What is told beside a record and repeats a part of it: signals.

use super::Scrubber;
use crate::record::PathId;

impl Scrubber {
    /// The pseudonym of a value under the key of the record at hand; `entity` is one of the plan's.
    pub fn pseudonym(&mut self, entity: &str, text: &str) -> String {
        let core = &mut self.core;
        let entity = core.plan.find_entity(entity).expect("invariant: an entity of every plan");
        let mut token = Vec::new();
        core.pseudonymizer.apply(entity, core.plan.token_action(), text, &mut token);
        String::from_utf8_lossy(&token).into_owned()
    }

    /// A text of the record at hand as its scrubbed form has it, for what repeats a part of the record. Not counted.
    pub fn clean(&mut self, path: PathId, text: &str) -> String {
        let field = self.core.detector.plan(&self.core.paths, path);
        if field.action.is_some_and(|action| self.core.plan.is_drop(action)) {
            return String::new();
        }
        let mut out = Vec::new();
        let report = std::mem::take(&mut self.core.report);
        let read = self.text(path, text.as_bytes(), &mut out);
        self.core.report = report;
        read.map_or_else(|_| String::new(), |()| String::from_utf8_lossy(&out).into_owned())
    }
}
