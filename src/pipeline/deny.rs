//! Default-deny: of a record, what some rule of the config names goes on, and nothing else.

use std::sync::Arc;

use crate::config::{ConfigError, Loaded, Problem};
use crate::detect::{Detector, FieldPlan, Rules};
use crate::record::{Kind, PathId, Paths, Scalar};

/// What of one document is named by rules. Buffers are reused.
#[derive(Debug, Default)]
pub(super) struct Deny {
    /// Where named scalars begin, in ascending order.
    named: Vec<u32>,
    /// Where the document begins: it stays, if only as `{}`.
    root: u32,
}

impl Deny {
    /// Looks at a whole document. A named object or array names all that is in it.
    pub(super) fn look(&mut self, tape: &[Scalar], mut plan: impl FnMut(PathId) -> FieldPlan) {
        self.named.clear();
        self.root = tape.first().map_or(0, |s| s.span.start);
        let mut until = 0;
        for scalar in tape.iter().filter(|s| s.kind != Kind::Key) {
            let inside = scalar.span.start < until;
            if !inside && !plan(scalar.path).listed {
                continue;
            }
            self.named.push(scalar.span.start);
            if matches!(scalar.kind, Kind::Object | Kind::Array) && !inside {
                until = scalar.span.end;
            }
        }
    }

    /// Whether a value is neither named nor around something that is. An object's key is never asked about: it goes with
    /// its value.
    pub(super) fn drops(&self, scalar: &Scalar) -> bool {
        let container = matches!(scalar.kind, Kind::Object | Kind::Array);
        if scalar.kind == Kind::Key || container && scalar.span.start == self.root {
            return false;
        }
        let next = self.named.partition_point(|&start| start < scalar.span.start);
        self.named.get(next).is_none_or(|&start| start >= scalar.span.end.max(scalar.span.start + 1))
    }
}

/// Whether the field that asks for an erasure goes on, so that consumers can forget as well.
///
/// # Errors
/// It does not.
pub(super) fn spares_erasures(loaded: &Loaded, rules: &Arc<Rules>) -> Result<(), ConfigError> {
    let denies = loaded.spec.default_deny;
    let Some(erase) = loaded.settings.erase.as_ref().filter(|erase| denies && !lists(rules, &erase.field)) else {
        return Ok(());
    };
    let name = erase.field.join(".");
    let fix = format!("`{name}` would be dropped: add `{{path: {name}, action: scan}}` to `fields`");
    Err(loaded.error(vec![Problem::new("erase.field", fix)]))
}

/// Whether a field of the value goes on when only what is named does.
fn lists(rules: &Arc<Rules>, names: &[String]) -> bool {
    let (mut detector, mut paths) = (Detector::new(Arc::clone(rules)), Paths::new());
    let mut path = PathId::ROOT;
    names.iter().any(|name| {
        path = paths.child(path, path, name.as_bytes());
        detector.plan(&paths, path).listed
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::config::{Format, Secrets, from_str};
    use crate::pipeline::Plan;
    use crate::pipeline::scrub::Scrubber;
    use crate::pseudonymize::{KeyRing, SharedRing};

    fn scrub(rules: &str, raw: &str) -> String {
        let yaml = format!("default_deny: true\nfields: {rules}\n");
        let loaded = from_str(&yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles");
        let mut scrubber = Scrubber::new(Arc::new(plan));
        scrubber.begin(0).expect("the key has no window");
        let mut out = Vec::new();
        scrubber.value(Format::Json, raw.as_bytes(), &mut out).expect("JSON");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_no_rule_names_goes_with_its_key_and_what_is_around_it() {
        let rules = "[{name: [amount, currency], action: scan}, {path: user.tags, action: scan}]";
        for (raw, left) in [
            (r#"{"amount": 1.50, "name":"Siti", "currency":"IDR"}"#, r#"{"amount": 1.50, "currency":"IDR"}"#),
            (
                r#"{"x":{"y":{"z":1}}, "deep":{"amount":2,"q":[1,{"amount":3},4]}}"#,
                r#"{"deep":{"amount":2,"q":[{"amount":3}]}}"#,
            ),
            (r#"{"sessions":{"john doe":{"n":3}},"amount":1}"#, r#"{"amount":1}"#),
            (r#"{"user":{"tags":["a",{"b":null}],"name":"x"}}"#, r#"{"user":{"tags":["a",{"b":null}]}}"#),
            (r#"{"a":1,"b":true,"c":null,"d":""}"#, "{}"),
            (r#"[1,{"amount":1},"x"]"#, r#"[{"amount":1}]"#),
            (r#""a text""#, "null"),
        ] {
            assert_eq!(scrub(rules, raw), left, "{raw}");
        }
    }

    #[test]
    fn what_is_named_is_still_searched_and_known_by_its_name() {
        let rules = "[{name: [note, full_name, pin], action: scan}]";
        let left = scrub(rules, r#"{"note":"mail a@example.com","full_name":"Siti Rahma","pin":"1234","x":1}"#);
        assert!(left.starts_with(r#"{"note":"mail em_1k1_"#) && left.contains(r#""full_name":"nm_1k1_"#), "{left}");
        assert!(left.ends_with(r#","pin":"[pin]"}"#), "{left}");
    }
}
