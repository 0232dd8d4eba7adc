//! Whether a record holds anything of somebody who has objected, whatever becomes of the value.
//!
//! The scrubber asks the list about all that it replaces. What a rule removes unseen (a member that is dropped, a field with an
//! action and no entity) or leaves (an entity in shadow, `keep`) it does not know as what it is. So a record that passes is
//! looked through once more by rules that know nothing of the config's actions, while there is a list; else nothing is done.

use std::sync::Arc;

use super::plan::Plan;
use super::scrub::Scrubber;
use crate::config::Format;
use crate::record::{PathId, Record};

/// The second look of one worker.
pub struct Objections {
    /// None: no list is configured, or the first look sees all.
    scrubber: Option<Scrubber>,
    /// What the second look makes; nobody gets it.
    out: Vec<u8>,
}

impl Objections {
    /// The second look that `plan` needs.
    pub fn new(plan: &Plan) -> Objections {
        let scrubber = plan.for_objections().map(|plan| Scrubber::new(Arc::new(plan)));
        Objections { scrubber, out: Vec::new() }
    }

    /// Picks up a swapped key ring, salts or list; call between batches.
    pub fn refresh(&mut self) {
        if let Some(scrubber) = &mut self.scrubber {
            scrubber.refresh();
        }
    }

    /// Whether a value of `record`, which `first` has scrubbed to `scrubbed`, has a listed pseudonym.
    pub fn are_in(
        &mut self,
        (topic, format, record): (&str, Format, &Record<'_>),
        first: &mut Scrubber,
        scrubbed: &[u8],
    ) -> bool {
        let first = first.pseudonymizer();
        if !first.suppresses() {
            return false;
        }
        first.notes().suppressed || first.carries_suppressed(scrubbed) || self.look(topic, format, record)
    }

    fn look(&mut self, topic: &str, format: Format, record: &Record<'_>) -> bool {
        let Objections { scrubber: Some(scrubber), out } = self else { return false };
        // The first look could read it all: what this one cannot read, holds nothing that it knows.
        if scrubber.begin(record.timestamp_ms).is_err() {
            return false;
        }
        scrubber.origin(topic, record.headers);
        if scrubber.bind_to(format, record.value).is_err() {
            return false;
        }
        let _ = record.key.map(|key| scrubber.key(key, out));
        for &(name, value) in record.headers {
            let _ = scrubber.text(PathId::HEADERS, name, out);
            let name = String::from_utf8_lossy(name);
            value.and_then(|value| scrubber.header(&name, value, out));
        }
        let _ = record.value.map(|value| scrubber.value(format, value, out));
        out.clear();
        scrubber.pseudonymizer().notes().suppressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SharedRing};

    struct Bed {
        _dir: tempfile::TempDir,
        plan: Arc<Plan>,
    }

    /// A plan whose list holds the tokens of these values.
    fn bed(yaml: &str, listed: &[(&str, &str)]) -> Bed {
        let dir = tempfile::tempdir().expect("a directory");
        let list = dir.path().join("list");
        std::fs::write(&list, "").expect("a file");
        let yaml = format!("pseudonyms: {{suppress: {:?}}}\n{yaml}\n", list.display().to_string());
        let loaded = from_str(&yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Arc::new(Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles"));
        let mut pseudonymizer = plan.pseudonymizer();
        pseudonymizer.begin(0).expect("a key");
        let token = |(entity, value): &(&str, &str)| {
            pseudonymizer.tokens_of(plan.find_entity(entity).expect("an entity"), value).join("\n")
        };
        std::fs::write(&list, listed.iter().map(token).collect::<Vec<_>>().join("\n")).expect("a file");
        plan.suppression.reload().expect("a list");
        Bed { _dir: dir, plan }
    }

    fn is_dropped(bed: &Bed, value: &str, headers: &[(&[u8], Option<&[u8]>)]) -> bool {
        let mut scrubber = Scrubber::new(Arc::clone(&bed.plan));
        let mut out = Vec::new();
        scrubber.begin(0).expect("a key");
        scrubber.origin("t", headers);
        scrubber.value(Format::Json, value.as_bytes(), &mut out).expect("JSON");
        let record = Record { key: None, value: Some(value.as_bytes()), headers, timestamp_ms: 0 };
        Objections::new(&bed.plan).are_in(("t", Format::Json, &record), &mut scrubber, &out)
    }

    const MAIL: (&str, &str) = ("email", "siti@example.id");
    const NIK: (&str, &str) = ("nik", "3273014503850001");

    #[test]
    fn whatever_becomes_of_a_listed_value_its_record_goes() {
        for (rules, record) in [
            ("fields: [{name: nik, action: redact}]", r#"{"nik":"3273014503850001"}"#),
            ("fields: [{name: nik, action: drop}]", r#"{"nik":3273014503850001}"#),
            ("fields: [{name: nik, action: 'mask:all'}]", r#"{"nik":"3273014503850001"}"#),
            ("fields: [{name: x, action: redact}]", r#"{"x":"mail Siti@Example.id, please"}"#),
            ("fields: [{name: x, entity: person_name, action: keep}]", r#"{"x":"siti@example.id"}"#),
            ("fields: [{name: user, action: drop}]", r#"{"user":{"email":"siti@example.id"}}"#),
            ("fields: [{name: user, action: redact}]", r#"{"user":[{"email":"siti@example.id"}]}"#),
            ("fields: [{name: x, entity: email, action: drop}]", r#"{"x":"bo@example.org, siti@example.id"}"#),
            ("default_deny: true\nfields: [{name: id, action: scan}]", r#"{"id":1,"a":{"e":"siti@example.id"}}"#),
            ("patterns: {states: {email: shadow}}", r#"{"e":"siti@example.id"}"#),
            ("patterns: {actions: {email: keep}}", r#"{"e":"siti@example.id"}"#),
        ] {
            assert!(is_dropped(&bed(rules, &[MAIL, NIK]), record, &[]), "{rules}: {record}");
            let others = [("email", "other@example.id"), ("nik", "3273014503850002")];
            assert!(!is_dropped(&bed(rules, &others), record, &[]), "{rules}: {record}");
            assert!(!is_dropped(&bed(rules, &[]), record, &[]), "{rules}: {record}");
        }
    }

    #[test]
    fn a_header_that_a_rule_drops_is_looked_at_before() {
        let rules = "fields: [{path: '@headers.x-user', action: drop}]";
        let headers: &[(&[u8], Option<&[u8]>)] = &[(b"x-user", Some(b"siti@example.id"))];
        assert!(is_dropped(&bed(rules, &[MAIL]), "{}", headers));
        assert!(!is_dropped(&bed(rules, &[NIK]), "{}", headers));
    }

    #[test]
    fn what_is_off_is_not_looked_for_and_a_config_that_hides_nothing_needs_no_second_look() {
        let off = bed("patterns: {states: {email: off, ip: shadow}}", &[MAIL]);
        assert!(!is_dropped(&off, r#"{"e":"siti@example.id"}"#, &[]));
        assert!(bed("fields: [{name: x, entity: email}]", &[MAIL]).plan.for_objections().is_none());
    }
}
