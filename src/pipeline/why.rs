//! Why something was found: each rule that could have done it is tried alone on the same record.
//!
//! Nothing of this is on a record's way: detection only says what it found. The price is a set of rules per candidate,
//! made when it is first asked for.

use std::sync::Arc;

use hashbrown::HashMap;

use super::plan::{Plan, PlanError};
use super::scrub::{Scrubber, Traced};
use crate::config::spec::{FieldRule, State};
use crate::config::{Binding, Format, Loaded};
use crate::detect::{Catalog, PatternNote};
use crate::pseudonymize::SharedRing;
use crate::record::{Basis, EntityId, PathId};

/// A rule that finds, alone, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A field rule of the config: its place in `fields`, and its line.
    FieldRule {
        /// `fields[3]`.
        field: String,
        /// Line in the config.
        line: Option<u64>,
        /// The rule, in short: `name: [nickname]`.
        rule: String,
    },
    /// The field is called as one of the entity's `fields`.
    FieldName {
        /// The entity's file.
        file: String,
    },
    /// A pattern of the entity.
    Pattern(PatternNote),
    /// No rule names the field, and what is not named is dropped: the line of `default_deny`.
    Unlisted {
        /// Line in the config.
        line: Option<u64>,
    },
}

/// A rule that could have found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Candidate {
    FieldRule(usize),
    FieldName(EntityId),
    Pattern(EntityId, usize),
    /// A pattern with one of its keywords.
    Keyword(EntityId, usize, usize),
}

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Its value, read as this.
    Value(Format),
    /// Its key.
    Key,
    /// The name of a header.
    HeaderName,
    /// The value of the header of this name.
    Header(&'a str),
}

/// Most keywords of one pattern that are told.
const KEYWORDS_MAX: usize = 6;

/// Finds reasons under one config.
pub struct Why {
    loaded: Loaded,
    ring: Arc<SharedRing>,
    catalog: Catalog,
    alone: HashMap<Candidate, Option<Scrubber>>,
}

impl Why {
    /// Reasons under the config, with its catalog.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn new(loaded: &Loaded, ring: Arc<SharedRing>) -> Result<Why, PlanError> {
        let catalog = Plan::catalog(loaded)?;
        Ok(Why { loaded: loaded.clone(), ring, catalog, alone: HashMap::new() })
    }

    /// The rules that find, each alone, what `found` is in `raw`. Empty when only several together do.
    pub fn reasons(&mut self, part: Part<'_>, raw: &[u8], found: &Traced) -> Vec<Reason> {
        let mut candidates = self.candidates(found);
        candidates.retain(|&candidate| self.finds(candidate, part, raw, found));
        let known = usize::from(found.entity.0) < self.catalog.entities().len();
        if candidates.is_empty() && !known && found.basis == Basis::Field && self.loaded.spec.default_deny {
            return vec![Reason::Unlisted { line: self.loaded.line("default_deny") }];
        }
        candidates.into_iter().map(|candidate| self.reason(candidate, part, raw, found)).collect()
    }

    /// The keywords of a pattern with which it finds, each alone. Only those that stand in the record are tried.
    fn keywords(&mut self, entity: EntityId, at: usize, part: Part<'_>, raw: &[u8], found: &Traced) -> Vec<String> {
        let text = String::from_utf8_lossy(raw).to_lowercase();
        let words = self.catalog.pattern(entity, at).keywords;
        let first = |word: &str| word.to_lowercase().split_whitespace().next().unwrap_or_default().to_owned();
        let standing = words.into_iter().enumerate().filter(|(_, word)| text.contains(&first(word)));
        let hit = standing.filter(|(word, _)| self.finds(Candidate::Keyword(entity, at, *word), part, raw, found));
        hit.map(|(_, word)| word).take(KEYWORDS_MAX).collect()
    }

    fn candidates(&self, found: &Traced) -> Vec<Candidate> {
        let known = usize::from(found.entity.0) < self.catalog.entities().len();
        if found.basis == Basis::Field {
            let rules = (0..self.loaded.spec.fields.len()).map(Candidate::FieldRule);
            return rules.chain(known.then_some(Candidate::FieldName(found.entity))).collect();
        }
        let patterns = if known { self.catalog.patterns(found.entity) } else { 0 };
        (0..patterns).map(|at| Candidate::Pattern(found.entity, at)).collect()
    }

    fn finds(&mut self, candidate: Candidate, part: Part<'_>, raw: &[u8], found: &Traced) -> bool {
        if !self.alone.contains_key(&candidate) {
            let scrubber = self.scrubber(candidate).ok();
            self.alone.insert(candidate, scrubber);
        }
        let Some(Some(scrubber)) = self.alone.get_mut(&candidate) else { return false };
        // Any time will do: what is found does not hang on it. A key that is not valid then makes no difference.
        if scrubber.begin(0).is_err() {
            return false;
        }
        let mut out = Vec::new();
        let read = match part {
            Part::Value(format) => scrubber.value(format, raw, &mut out),
            Part::Key => scrubber.key(raw, &mut out),
            Part::HeaderName => scrubber.text(PathId::HEADERS, raw, &mut out),
            // One that goes altogether was found, too.
            Part::Header(name) => scrubber.header(name, raw, &mut out).map_or(Ok(()), Ok),
        };
        let by_keyword = matches!(candidate, Candidate::Keyword(..));
        let traced = scrubber.traced();
        let same =
            |t: &Traced| t.entity == found.entity && t.span.start < found.span.end && found.span.start < t.span.end;
        read.is_ok() && traced.iter().any(|t| same(t) && (!by_keyword || t.basis == Basis::Keyword))
    }

    /// A scrubber with this rule and no other.
    fn scrubber(&self, candidate: Candidate) -> Result<Scrubber, PlanError> {
        let mut loaded = self.loaded.clone();
        let mut catalog = self.catalog.clone();
        // Whose record it is does not matter, and neither does what no rule names.
        let word = || Binding::Word("any".to_owned());
        (loaded.settings.pseudonyms.tenant, loaded.settings.pseudonyms.scope) = (word(), word());
        let spec = &mut loaded.spec;
        spec.default_deny = false;
        let mut only = None;
        let rules = std::mem::take(&mut spec.fields);
        match candidate {
            Candidate::FieldRule(at) => spec.fields = vec![FieldRule { state: State::On, ..rules[at].clone() }],
            Candidate::FieldName(entity) => {
                catalog.keep_names(entity);
                only = Some(entity);
            }
            Candidate::Pattern(entity, at) => {
                catalog.keep_pattern(entity, at);
                only = Some(entity);
            }
            Candidate::Keyword(entity, at, word) => {
                catalog.keep_pattern(entity, at);
                catalog.keep_keyword(entity, word);
                only = Some(entity);
            }
        }
        spec.patterns.states.clear();
        let others = catalog.entities().iter().enumerate().filter(|&(at, _)| only != Some(EntityId(at as u16)));
        spec.patterns.disable = others.map(|(_, entity)| entity.name.clone()).collect();
        let plan = Plan::trial(&loaded, &catalog, Arc::clone(&self.ring))?;
        let mut scrubber = Scrubber::new(Arc::new(plan));
        scrubber.trace();
        Ok(scrubber)
    }

    fn reason(&mut self, candidate: Candidate, part: Part<'_>, raw: &[u8], found: &Traced) -> Reason {
        match candidate {
            Candidate::FieldRule(at) => {
                let field = format!("fields[{at}]");
                let rule = &self.loaded.spec.fields[at];
                let list = |what: &str, names: &[String]| format!("{what}: {}", names.join(", "));
                let rule = match (&rule.path, &rule.name) {
                    (Some(paths), _) => list("path", &paths.0),
                    (None, Some(names)) => list("name", &names.0),
                    (None, None) => String::new(),
                };
                Reason::FieldRule { line: self.loaded.line(&field), field, rule }
            }
            Candidate::FieldName(entity) => Reason::FieldName { file: self.catalog.file(entity).to_owned() },
            Candidate::Pattern(entity, at) | Candidate::Keyword(entity, at, _) => {
                let keywords = self.keywords(entity, at, part, raw, found);
                Reason::Pattern(PatternNote { keywords, ..self.catalog.pattern(entity, at) })
            }
        }
    }
}

/// Stands for a value that may never pass, or may be one that may not: of a password even signs and length say something.
pub const HIDDEN: &str = "********";

/// A value that nobody can read, with its shape: letters are `a` or `A`, digits are `9`.
pub fn shape(value: &[u8]) -> String {
    /// Longest shape, in characters.
    const CHARS_MAX: usize = 48;
    let text = String::from_utf8_lossy(value);
    let mask = |c: char| match c {
        c if c.is_uppercase() => 'A',
        c if c.is_alphabetic() => 'a',
        c if c.is_numeric() => '9',
        c if c.is_control() => '·',
        c => c,
    };
    let mut shape: String = text.chars().take(CHARS_MAX).map(mask).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        shape.push('…');
    }
    shape
}

/// What a path is called, for people: the record itself has no name.
pub fn path_label(scrubber: &Scrubber, path: PathId) -> String {
    let name = scrubber.path_name(path);
    if name.is_empty() { "(the record)".to_owned() } else { name }
}
