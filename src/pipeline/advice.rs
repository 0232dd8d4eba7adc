//! What a valid config may mean otherwise than whoever wrote it: for `sluice validate` and the start to warn of.

use super::plan::Plan;
use crate::config::spec::{Epoch, Spec, State};
use crate::config::{Loaded, SaltStore};
use crate::pseudonymize::unheard_lines;
use crate::record::EntityId;

/// Most numbers of lines that are told at once.
const LINES_MAX: usize = 10;

/// One sentence for each such thing, with file, line and field. `key_ids`: those of the ring, where one is configured.
pub fn warnings(loaded: &Loaded, plan: &Plan, key_ids: Option<&[String]>) -> Vec<String> {
    let spec = &loaded.spec;
    let mut told = Vec::new();
    if spec.default_deny && !spec.fields.iter().any(|rule| rule.state == State::On) {
        let text = "drops every field of every event, for no rule names one that goes on; name them in `fields`";
        told.push(("default_deny".to_owned(), text.to_owned()));
    }
    told.extend(spec.pseudonyms.epochs.iter().filter(|(_, epoch)| **epoch == Epoch::Daily).filter_map(|(name, _)| {
        let text = "is about tokens, and no value of it becomes one; remove it, or give it the action `token`";
        tokenless(spec, plan, name).then(|| (format!("pseudonyms.epochs.{name}"), text.to_owned()))
    }));
    told.extend(spec.pseudonyms.linkable.keys().filter_map(|name| {
        let text = "stands beside tokens, and no value of it becomes one; remove it, or give it the action `token`";
        tokenless(spec, plan, name).then(|| (format!("pseudonyms.linkable.{name}"), text.to_owned()))
    }));
    paths(spec, &mut told);
    suppressed(spec, plan, key_ids, &mut told);
    told.into_iter()
        .map(|(field, text)| match loaded.line(&field) {
            Some(line) => format!("{}:{line}: {field}: {text}", loaded.origin()),
            None => format!("{}: {field}: {text}", loaded.origin()),
        })
        .collect()
}

/// Why daily tokens cannot be made outside of the service: their salts are in a topic, and nobody says where that is.
pub fn salts_out_of_reach(loaded: &Loaded) -> Option<String> {
    match &loaded.settings.pseudonyms.salts {
        Some(SaltStore::Topic(topic)) if loaded.settings.kafka.brokers.is_empty() => Some(format!(
            "{}: kafka.brokers: no broker is named, and the daily salts are in the topic `{topic}`; add \
             `brokers: [host:9092]`, or name a file of salts with --salts",
            loaded.origin()
        )),
        _ => None,
    }
}

/// Whether nothing that is found of an entity becomes a token.
fn tokenless(spec: &Spec, plan: &Plan, name: &str) -> bool {
    const OF_SIGNALS: [&str; 4] = ["account", "device", "payee", "ip"];
    let Some(entity) = plan.find_entity(name) else { return false };
    let by_rule = |entity: EntityId| {
        spec.fields.iter().filter(|rule| rule.state == State::On).any(|rule| {
            let about = rule.entity.as_deref().is_none_or(|of| plan.find_entity(of) == Some(entity));
            about && rule.action.as_deref() == Some("token")
        })
    };
    let told = spec.signals.is_some() && OF_SIGNALS.contains(&name);
    !told && !plan.is_linked(plan.default_action(entity)) && !by_rule(entity)
}

/// Signs of other languages of paths, which stand in names of fields seldom, and may.
fn paths(spec: &Spec, told: &mut Vec<(String, String)>) {
    for (index, rule) in spec.fields.iter().enumerate() {
        for path in rule.path.iter().flat_map(|list| &list.0) {
            let text = if path.contains('/') {
                format!(
                    "`{path}` is the name of one field with `/` in it; if you mean a field in another, write `{}`",
                    path.replace('/', ".")
                )
            } else if path.contains('?') {
                format!("`{path}` is the name of a field with `?` in it; `*` stands for any one part")
            } else {
                continue;
            };
            told.push((format!("fields[{index}].path"), text));
        }
    }
}

/// Lines of the suppression list that no value is held against.
fn suppressed(spec: &Spec, plan: &Plan, key_ids: Option<&[String]>, told: &mut Vec<(String, String)>) {
    let Some(path) = &spec.pseudonyms.suppress else { return };
    let is_type = |type_: &str| plan.has_token_type(type_);
    let is_key = |kid: &str| key_ids.is_none_or(|ids| ids.iter().any(|id| id == kid));
    let [types, keys] = unheard_lines(path, is_type, is_key);
    for (lines, of) in [(types, "whose type of token no entity has"), (keys, "of a key that is not in the ring")] {
        if lines.is_empty() {
            continue;
        }
        let first: Vec<String> = lines.iter().take(LINES_MAX).map(usize::to_string).collect();
        let more = if lines.len() > LINES_MAX { ", …" } else { "" };
        let text = format!(
            "{}: {} tokens {of} (lines {}{more}): no value is held against them; correct or remove them",
            path.display(),
            lines.len(),
            first.join(", ")
        );
        told.push(("pseudonyms.suppress".to_owned(), text));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SharedRing};

    fn told(yaml: &str) -> Vec<String> {
        let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles");
        warnings(&loaded, &plan, Some(&["k1".to_owned()]))
    }

    #[test]
    fn what_means_otherwise_than_it_says_is_told_with_its_line() {
        for (yaml, line) in [
            ("default_deny: true", "test:1: default_deny: drops every field"),
            ("default_deny: true\nfields: [{name: x, action: scan, state: off}]", "test:1: default_deny: drops every"),
            ("pseudonyms:\n  epochs:\n    id_photo: daily", "test:3: pseudonyms.epochs.id_photo: is about tokens"),
            (
                "pseudonyms: {linkable: {email: mailbox}}\npatterns: {actions: {email: redact}}",
                "test:1: pseudonyms.linkable.email: stands beside tokens",
            ),
            ("fields:\n- {path: user/email, entity: email}", "test:2: fields[0].path: `user/email` is the name of one"),
            ("fields:\n- {path: 'a?.b', entity: email}", "test:2: fields[0].path: `a?.b` is the name of a field with"),
        ] {
            let told = told(yaml);
            assert!(told.len() == 1 && told[0].starts_with(line), "{yaml}: {told:?}");
        }
        for yaml in [
            "{}",
            "default_deny: true\nfields: [{name: x, action: scan}]",
            "pseudonyms: {epochs: {email: daily, id_photo: never}, linkable: {email: mailbox}}",
            "pseudonyms: {epochs: {email: daily}}\npatterns: {actions: {email: redact}}\n\
             fields: [{name: x, entity: email, action: token}]",
            "fields: [{path: user.email, entity: email}]",
        ] {
            assert_eq!(told(yaml), [""; 0], "{yaml}");
        }
    }

    #[test]
    fn lines_of_the_list_that_no_value_is_held_against_are_counted_by_number_and_not_quoted() {
        let dir = tempfile::tempdir().expect("a directory");
        let list = dir.path().join("list");
        let code = "mbblbtgppqpsmclbppjmjtbl";
        std::fs::write(&list, format!("# all\nem_1k1_{code}\nzz_1k1_{code}\n\nem_1k2_{code} # old\nzz_1k1_{code}\n"))
            .expect("a file");
        let told = told(&format!("pseudonyms: {{suppress: {:?}}}", list.display().to_string()));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("2 tokens whose type of token no entity has (lines 3, 6)"), "{told:?}");
        assert!(told[1].contains("1 tokens of a key that is not in the ring (lines 5)"), "{told:?}");
        assert!(told.iter().all(|text| !text.contains(code)), "{told:?}");
    }
}
