//! Examples and counter-examples of an entity, tried on its own patterns.

use super::Detector;
use super::catalog::{Catalog, CatalogError, error_at};
use super::rules;
use crate::record::{EntityId, Finding, Kind, Span};

/// An example without its marks, and the part that must be found: what stands in `{{…}}`, or all of it.
pub(super) fn unmark(example: &str) -> (String, Span) {
    let marked = example.split_once("{{").and_then(|(before, rest)| {
        let (value, after) = rest.split_once("}}")?;
        Some((format!("{before}{value}{after}"), Span::new(before.len() as u32, (before.len() + value.len()) as u32)))
    });
    marked.unwrap_or_else(|| (example.to_owned(), Span::new(0, example.len() as u32)))
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
        if !find(&mut detector, &text).iter().any(|f| f.value == wanted) {
            let fix = "correct the pattern, or mark the part that is meant with `{{` and `}}`";
            return Err(error_at(&entity.file, example, "examples", "is not found by the patterns", fix));
        }
    }
    for example in &entity.spec.counter_examples {
        if !find(&mut detector, &example.value).is_empty() {
            let fix = "make the pattern stricter, or remove it";
            return Err(error_at(&entity.file, example, "counter_examples", "is found by the patterns", fix));
        }
    }
    Ok(())
}
