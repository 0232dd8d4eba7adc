//! Examples and counter-examples of an entity, tried on its own patterns.

use super::Detector;
use super::catalog::{Catalog, CatalogError, error_at};
use super::rules;
use crate::record::{EntityId, Finding, Kind, Span};

/// An example without its marks, and the parts that must be found: what stands in `{{…}}`, or all of it.
pub(super) fn unmark(example: &str) -> (String, Vec<Span>) {
    let (mut text, mut spans, mut rest) = (String::new(), Vec::new(), example);
    while let Some((before, value, after)) = next_mark(rest) {
        text.push_str(before);
        let start = text.len() as u32;
        text.push_str(value);
        spans.push(Span::new(start, text.len() as u32));
        rest = after;
    }
    text.push_str(rest);
    if spans.is_empty() {
        spans.push(Span::new(0, text.len() as u32));
    }
    (text, spans)
}

/// What stands before the first mark, in it, and behind it.
fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (value, after) = rest.split_once("}}")?;
    Some((before, value, after))
}

/// Everything that is found in `text`.
pub(super) fn find(detector: &mut Detector, text: &str) -> Vec<Finding> {
    let look = detector.look_at(text, Kind::String);
    let mut out = Vec::new();
    detector.find(text, Kind::String, look, &mut out);
    out
}

/// Tries the entity's own patterns, all regions known, on its examples.
pub(super) fn check(catalog: &Catalog, id: EntityId) -> Result<(), CatalogError> {
    let entity = &catalog.entities()[id.0 as usize];
    let mut detector = Detector::new(rules::alone(catalog, id)?);
    for example in &entity.spec.examples {
        let (text, wanted) = unmark(&example.value);
        let found = find(&mut detector, &text);
        let reason = match wanted.iter().all(|span| found.iter().any(|f| f.value == *span)) {
            false if wanted.len() > 1 => "is not found by the patterns in each of its marks",
            false => "is not found by the patterns",
            true if found.len() > wanted.len() => "holds more than its marks that is found by the patterns",
            true => continue,
        };
        let fix = "correct the pattern, or mark each part that is meant with `{{` and `}}`";
        return Err(error_at(&entity.file, example, "examples", reason, fix));
    }
    for example in &entity.spec.counter_examples {
        if !find(&mut detector, &example.value).is_empty() {
            let fix = "make the pattern stricter, or remove it";
            return Err(error_at(&entity.file, example, "counter_examples", "is found by the patterns", fix));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_an_example_is_a_part_that_must_be_found() {
        let marked = |example: &str| {
            let (text, spans) = unmark(example);
            let parts = spans.iter().map(|span| text[span.range()].to_owned()).collect::<Vec<_>>();
            (text, parts)
        };
        let owned = |text: &str, parts: &[&str]| (text.to_owned(), parts.iter().map(|p| (*p).to_owned()).collect());
        assert_eq!(marked("C-1 and C-2"), owned("C-1 and C-2", &["C-1 and C-2"]));
        assert_eq!(marked("see {{C-1}}, {{C-2}}."), owned("see C-1, C-2.", &["C-1", "C-2"]));
        assert_eq!(marked("{{C-1}} {{C-2"), owned("C-1 {{C-2", &["C-1"]), "what is not closed is text");
    }

    #[test]
    fn the_marks_of_every_built_in_example_are_found_and_nothing_else() {
        let catalog = Catalog::builtin();
        let tried = |at| check(&catalog, EntityId(at as u16)).err().map(|error| error.to_string());
        let faults: Vec<_> = (0..catalog.entities().len()).filter_map(tried).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
