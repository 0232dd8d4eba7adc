//! The catalog for people who ask why: its patterns one by one, and catalogs of one rule.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::catalog::Catalog;
use super::spec::EntitySpec;
use crate::record::EntityId;

/// A pattern, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternNote {
    /// The entity's file.
    pub file: String,
    /// Its line.
    pub line: u64,
    /// What finds candidates: `matcher email`, or `regex`.
    pub finder: String,
    /// What checks them.
    pub validator: Option<String>,
    /// Words of which one may, or must, stand near.
    pub keywords: Vec<String>,
}

impl Catalog {
    /// Number of patterns of an entity.
    pub fn patterns(&self, entity: EntityId) -> usize {
        self.spec(entity).patterns.len()
    }

    /// A pattern of an entity.
    pub fn pattern(&self, entity: EntityId, at: usize) -> PatternNote {
        let pattern: &Spanned<_> = &self.spec(entity).patterns[at];
        let spec = &pattern.value;
        let words = spec.keywords.as_ref().map_or(&[][..], |keywords| &keywords.words);
        PatternNote {
            file: self.file(entity).to_owned(),
            line: pattern.referenced.line(),
            finder: spec.matcher.as_ref().map_or("regex".to_owned(), |name| format!("matcher {}", name.value)),
            validator: spec.validator.as_ref().map(|name| name.value.clone()),
            keywords: words.iter().map(|word| word.value.clone()).collect(),
        }
    }

    /// The file of an entity.
    pub fn file(&self, entity: EntityId) -> &str {
        &self.entities()[usize::from(entity.0)].file
    }

    /// Leaves an entity only the names of its fields.
    pub fn keep_names(&mut self, entity: EntityId) {
        self.change(entity, |spec| spec.patterns.clear());
    }

    /// Leaves an entity only one pattern.
    pub fn keep_pattern(&mut self, entity: EntityId, at: usize) {
        self.change(entity, |spec| spec.patterns = vec![spec.patterns[at].clone()]);
        self.entity_mut(entity).fields.clear();
    }

    /// Leaves the patterns of an entity only one of their keywords.
    pub fn keep_keyword(&mut self, entity: EntityId, at: usize) {
        self.change(entity, |spec| {
            for words in spec.patterns.iter_mut().filter_map(|pattern| pattern.value.keywords.as_mut()) {
                words.words = vec![words.words[at].clone()];
            }
        });
    }

    fn change(&mut self, entity: EntityId, change: impl FnOnce(&mut EntitySpec)) {
        let entity = self.entity_mut(entity);
        let mut spec = EntitySpec::clone(&entity.spec);
        change(&mut spec);
        // The examples are those of all patterns together: they are not tried on one.
        spec.examples.clear();
        spec.counter_examples.clear();
        entity.spec = Arc::new(spec);
    }

    fn spec(&self, entity: EntityId) -> &EntitySpec {
        &self.entities()[usize::from(entity.0)].spec
    }
}
