//! `sluice schema`.

use serde_json::Value;

use crate::support::command::sluice;

#[test]
fn the_schema_is_one_json_value_with_all_references_defined() {
    let schema: Value = serde_json::from_str(&sluice(&["schema"]).ok()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "Sluice configuration");
    let mut references = 0;
    each_reference(&schema, &mut |target| {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(schema.pointer(pointer).is_some(), "{target} is not defined");
        references += 1;
    });
    assert!(references > 15, "only {references} references");
}

fn each_reference(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("$ref", Value::String(target)) = (name.as_str(), member) {
                    see(target);
                }
                each_reference(member, see);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| each_reference(element, see)),
        _ => {}
    }
}
