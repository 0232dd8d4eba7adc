//! What a config names besides actions and rules: entities, regions, lists.

use super::*;

pub(super) fn suppression(file: Option<&Path>, problems: &mut Vec<Problem>) -> Arc<SharedSuppression> {
    let list = file.map(SharedSuppression::from_file).transpose().unwrap_or_else(|error| {
        problems.push(Problem::new("pseudonyms.suppress", error.to_string()));
        None
    });
    Arc::new(list.unwrap_or_else(SharedSuppression::none))
}

/// The entities that the rules that are on leave out, and those that the shadow rules leave out.
pub(super) fn disabled(
    patterns: &spec::Patterns,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> (Vec<String>, Vec<String>) {
    for name in patterns.disable.iter().filter(|name| catalog.find(name).is_none()) {
        problems.push(unknown_entity("patterns.disable", name, catalog));
    }
    for (name, &state) in &patterns.states {
        let field = format!("patterns.states.{name}");
        if catalog.find(name).is_none() {
            problems.push(unknown_entity(&field, name, catalog));
        } else if state != State::Off && patterns.disable.contains(name) {
            problems
                .push(Problem::new(field, "contradicts `patterns.disable`, which names it too; remove one of them"));
        }
    }
    let state = |name: &str| match patterns.states.get(name) {
        _ if patterns.disable.iter().any(|disabled| disabled == name) => State::Off,
        state => state.copied().unwrap_or_default(),
    };
    let but = |wanted| catalog.names().filter(|name| state(name) != wanted).map(str::to_owned).collect();
    (but(State::On), but(State::Shadow))
}

/// The lists of words that the config names.
pub(super) fn word_lists(
    lists: &[spec::WordList],
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Result<Vec<WordList>, CatalogError> {
    let mut out = Vec::new();
    for (index, list) in lists.iter().enumerate() {
        match catalog.find(&list.entity) {
            None => problems.push(unknown_entity(&format!("patterns.lists[{index}].entity"), &list.entity, catalog)),
            Some(entity) => {
                let field = format!("patterns.lists[{index}].file");
                out.push(WordList::read(&list.file, &field, entity, list.case == spec::WordCase::Any)?);
            }
        }
    }
    Ok(out)
}

/// The regions that the config names; none: all of them.
pub(super) fn region_codes(named: &[String]) -> Vec<String> {
    if named.is_empty() { Region::ALL.iter().map(|region| region.code().to_owned()).collect() } else { named.to_vec() }
}

pub(super) fn regions(names: &[String], problems: &mut Vec<Problem>) -> Vec<Region> {
    names
        .iter()
        .filter_map(|name| {
            let region = Region::parse(name);
            if region.is_none() {
                let known = || Region::ALL.iter().map(|region| region.code());
                problems.push(Problem::new("patterns.regions", unknown("region", name, known())));
            }
            region
        })
        .collect()
}

pub(super) fn unknown_entity(field: &str, name: &str, catalog: &Catalog) -> Problem {
    Problem::new(field, unknown("entity", name, catalog.names()))
}

/// With the name that was most likely meant, or else all there are.
fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{name}`; there are `{}`", known.join("`, `")),
    }
}
