//! Rules in the state `shadow`: they look at what the others look at, and what they find is counted and stays.
//!
//! They are a set of rules of their own, so that nothing of them can cover, rename or replace a finding that counts.

use std::sync::Arc;

use crate::detect::{Detector, Rules};
use crate::record::{ActionId, Class, EntityId, Finding, Kind, PathId, Paths, Word};

/// The shadow rules of one worker.
pub(super) struct Shadow {
    detector: Detector,
    findings: Vec<Finding>,
    /// What is counted as done: nothing.
    pub action: ActionId,
}

impl Shadow {
    /// Finds by `rules`; the tokens of `known_keys` are ours.
    pub fn new(rules: &Arc<Rules>, action: ActionId, known_keys: &[String]) -> Shadow {
        let mut detector = Detector::new(Arc::clone(rules));
        detector.set_known_keys(known_keys);
        Shadow { detector, findings: Vec::new(), action }
    }

    /// As [`Detector::set_known_keys`].
    pub fn set_known_keys(&mut self, ids: &[String]) {
        self.detector.set_known_keys(ids);
    }

    /// What a shadow rule says that the field holds.
    pub fn field(&mut self, paths: &Paths, path: PathId) -> Option<EntityId> {
        self.detector.plan(paths, path).entity
    }

    /// As [`Detector::may_hold`].
    pub fn may_hold(&self, kind: Kind, class: Class, digits: u8) -> bool {
        self.detector.may_hold(kind, class, digits)
    }

    /// As [`Detector::find`].
    pub fn find(&mut self, text: &str, kind: Kind, class: Class, digits: u8) -> &[Finding] {
        self.findings.clear();
        let look = self.detector.look(text, Word::of(text.as_bytes(), class), kind, class, digits);
        self.detector.find(text, kind, look, &mut self.findings);
        &self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Plan, Scrubber};
    use super::*;
    use crate::config::{Format, Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SharedRing};

    /// The scrubbed record, and what was found: entity, action, and how often.
    fn scrub(yaml: &str, raw: &str) -> (String, Vec<(String, String, u64)>) {
        let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Arc::new(Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles"));
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        scrubber.begin(0).expect("the key has no window");
        let mut out = Vec::new();
        scrubber.value(Format::Json, raw.as_bytes(), &mut out).expect("JSON");
        let counts = scrubber.take_counts().found;
        let name = |&(entity, action, n): &(EntityId, ActionId, u64)| {
            (
                plan.entity_names()[usize::from(entity.0)].to_owned(),
                plan.action_names()[usize::from(action.0)].clone(),
                n,
            )
        };
        (String::from_utf8(out).expect("UTF-8"), counts.iter().map(name).collect())
    }

    fn once(entity: &str, action: &str) -> (String, String, u64) {
        (entity.to_owned(), action.to_owned(), 1)
    }

    const RECORD: &str = r#"{"note":"write to ann@example.com from 203.0.113.7","email":"bo@example.org","x":null}"#;

    #[test]
    fn an_entity_in_shadow_is_counted_and_stays_and_the_others_go() {
        let (out, found) = scrub("patterns: {states: {email: shadow}}", RECORD);
        assert!(out.contains("ann@example.com") && out.contains("bo@example.org"), "{out}");
        assert!(!out.contains("203.0.113.7"), "{out}");
        assert!(found.contains(&("email".to_owned(), "shadow".to_owned(), 2)), "by content and by name: {found:?}");
        let (out, found_one) = scrub("patterns: {states: {email: shadow}}", r#"{"email":"bo@example.org"}"#);
        assert_eq!((out.as_str(), found_one), (r#"{"email":"bo@example.org"}"#, vec![once("email", "shadow")]));
        assert!(found.contains(&once("ip", "token")), "{found:?}");
    }

    #[test]
    fn a_finding_in_shadow_takes_nothing_from_one_that_counts() {
        // The same digits are both; whatever the label would be, the card goes.
        let yaml = "patterns: {states: {phone: shadow}, actions: {payment_card: redact}}";
        let (out, found) = scrub(yaml, r#"{"hp":"kartu 4111 1111 1111 1111"}"#);
        assert_eq!(out, r#"{"hp":"kartu [payment_card]"}"#);
        assert!(
            found.contains(&once("phone", "shadow")) && found.contains(&once("payment_card", "redact")),
            "{found:?}"
        );
    }

    #[test]
    fn a_field_rule_in_shadow_lets_the_next_one_decide() {
        let yaml = "fields: [{name: nick, action: drop, state: shadow}, {name: nick, action: redact}, \
                    {name: tag, action: redact, state: off}]";
        let (out, found) = scrub(yaml, r#"{"nick":"Ann","tag":"t"}"#);
        assert_eq!(out, r#"{"nick":"[field]","tag":"t"}"#);
        assert_eq!(found, [once("field", "shadow"), once("field", "redact")]);
    }

    #[test]
    fn an_entity_that_is_off_is_neither_changed_nor_counted() {
        let (out, found) = scrub("patterns: {states: {email: off, ip: on}}", RECORD);
        assert!(out.contains("ann@example.com") && !out.contains("203.0.113.7"), "{out}");
        assert_eq!(found, [once("ip", "token")]);
    }

    #[test]
    fn a_state_that_cannot_be_is_refused_with_its_line() {
        let compile = |yaml: &str| {
            let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
            let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
            Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).err().expect("refused").to_string()
        };
        assert!(compile("patterns:\n  states: {emial: shadow}").contains("did you mean `email`?"));
        let both = compile("patterns:\n  disable: [email]\n  states:\n    email: shadow");
        assert!(both.contains("test:4:") && both.contains("contradicts"), "{both}");
        assert!(compile("fields: [{name: a, action: keep, state: shadow}]").contains("nothing to count"));
    }
}
