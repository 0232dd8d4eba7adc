//! What tokens are bound to, from what the YAML says: tenant, scope, epochs, salts; and the shape of erase events.

use super::compile::topic_fault;
use super::compiled::{Binding, Erase, Place, PseudonymSettings, SaltStore};
use super::error::Problem;
use super::spec;

/// Longest tenant or scope, in bytes.
pub const WORD_BYTES_MAX: usize = 256;

/// The checked settings of `pseudonyms`; whether the entities of `epochs` exist is known to the catalog.
pub(super) fn pseudonyms(spec: &spec::Pseudonyms, problems: &mut Vec<Problem>) -> PseudonymSettings {
    let daily = spec.epoch == spec::Epoch::Daily || spec.epochs.values().any(|epoch| *epoch == spec::Epoch::Daily);
    let salts = match &spec.salts {
        spec::Salts::Topic(topic) => {
            if let Some(fault) = topic_fault(topic) {
                problems.push(Problem::new("pseudonyms.salts.topic", fault));
            }
            SaltStore::Topic(topic.clone())
        }
        spec::Salts::File(path) => SaltStore::File(path.clone()),
    };
    PseudonymSettings {
        tenant: binding("pseudonyms.tenant", &spec.tenant, problems),
        scope: binding("pseudonyms.scope", &spec.scope, problems),
        salts: daily.then_some(salts),
        suppress: spec.suppress.clone(),
    }
}

/// The checked shape of erase events.
pub(super) fn erase(spec: &spec::Erase, problems: &mut Vec<Problem>) -> Erase {
    if spec.equals.is_empty() {
        problems
            .push(Problem::new("erase.equals", "is empty; write what stands in the field, such as `erase_subject`"));
    }
    if let Some(account) = &spec.account {
        path("erase.account", account, problems);
    }
    let field = path("erase.field", &spec.field, problems);
    Erase { field, equals: spec.equals.clone(), account: spec.account.clone() }
}

fn binding(at: &str, spec: &spec::Binding, problems: &mut Vec<Problem>) -> Binding {
    let from = match spec {
        spec::Binding::Word(word) => {
            check_word(at, word, problems);
            return Binding::Word(word.clone());
        }
        spec::Binding::From(from) => from,
    };
    if let Some(default) = &from.default {
        check_word(&format!("{at}.default"), default, problems);
    }
    let place = match (&from.field, &from.header, from.topic) {
        (Some(field), None, None) => Place::Field(path(&format!("{at}.field"), field, problems)),
        (None, Some(header), None) if !header.is_empty() => Place::Header(header.clone()),
        (None, None, Some(true)) => Place::Topic,
        _ => {
            let fix = "needs exactly one of `field: <path>`, `header: <name>` and `topic: true`; or write a word";
            problems.push(Problem::new(at, fix));
            Place::Topic
        }
    };
    Binding::From { place, default: from.default.clone() }
}

/// The names of a path of objects. An array has several elements, and a record belongs to one tenant.
fn path(at: &str, path: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    if names.iter().any(|name| name.is_empty() || name.contains(['[', ']', '*', '@'])) {
        problems
            .push(Problem::new(at, "must be the path of one field of the value, such as `site.id`, without arrays"));
    }
    names
}

fn check_word(at: &str, word: &str, problems: &mut Vec<Problem>) {
    if word.is_empty() || word.len() > WORD_BYTES_MAX {
        problems.push(Problem::new(at, format!("must be 1 to {WORD_BYTES_MAX} bytes long")));
    }
}
