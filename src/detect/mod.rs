//! What is personal data in a record: by the name of a field, then by what the bytes look like.
//!
//! ```text
//!  patterns/entities/*.yaml ─► Catalog ─┐
//!  field rules of the config ───────────┴─► Rules (shared) ─► Detector (one per worker) ─► findings
//! ```
//!
//! A value goes through ever dearer sieves, and most stop at the first: its class ([`Detector::may_hold`]); a
//! hand-written matcher, the groups of its digits, or a regular expression; a validator; the words around it. Findings
//! that overlap become one. To add an entity, write one file in `patterns/entities`; a validator or a matcher is one
//! file and one line in `validators` or `matchers`.

#[cfg(test)]
mod adversarial;
mod anchored;
mod anchors;
mod beside;
mod catalog;
mod context;
mod dismissal;
mod examples;
mod field_shape;
mod field_values;
mod field_words;
mod fields;
mod groups;
mod labels;
mod matchers;
mod members;
mod memo;
mod needs;
mod notes;
mod overlap;
mod own;
mod repeats;
mod rules;
mod search;
mod spec;
#[cfg(test)]
mod tests;
mod validators;
mod wanted;
mod windows;
mod word_list;
mod words;

use std::sync::Arc;

use regex::Regex;

use crate::record::{Class, Edition, EntityId, Finding, Kind, Marks, PathId, Paths, Word};

use own::OwnTokens;

/// Bytes of the shortest secret that is known by its beginning.
pub const SECRET_BYTES_MIN: usize = matchers::SECRET_BYTES_MIN;

pub use anchored::words::is_prose;
pub use beside::{is_full_name, may_be_full_name};
pub use catalog::{Catalog, CatalogError, Entity};
pub use dismissal::is_time;
pub use field_shape::is_name;
pub use fields::normalize;
pub use notes::PatternNote;
pub use repeats::Repeats;
pub use rules::{Claim, FieldPlan, FieldRule, Nature, Options, Role, Rules, Select, Thing};
pub use word_list::WordList;

/// Finds personal data. One per worker: it holds buffers and remembers the plan of each path.
pub struct Detector {
    rules: Arc<Rules>,
    /// Clones of the rules' regular expressions, so that workers do not share their caches.
    regexes: Vec<Regex>,
    plans: Vec<Option<FieldPlan>>,
    names: memo::Memo<FieldPlan>,
    own: OwnTokens,
    masked: String,
    /// Canonical bytes of the part of a list at hand.
    canonical: Vec<u8>,
    scratch: search::Scratch,
    /// What stands where in the text that was looked at last, but for numbers, times and words.
    marks: Marks,
}

/// The first look at a text: what it is made of, and what that leaves possible. Most texts go no further.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Classes of its bytes.
    pub class: Class,
    /// Number of its digits.
    pub digits: u8,
    /// It is a time and nothing else.
    pub is_time: bool,
    /// A word in it begins as keys and tokens do, which the class does not tell.
    secret: bool,
    /// Whether it can hold anything at all.
    pub may_hold: bool,
    /// The detector's marks of the text, if it took any.
    marks: Edition,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The buffers hold parts of the last value: they are never printed.
        f.debug_struct("Detector").field("plans", &self.plans.len()).finish_non_exhaustive()
    }
}

impl Detector {
    /// A detector of these rules that knows no key.
    pub fn new(rules: Arc<Rules>) -> Detector {
        let regexes = rules.patterns.regexes.iter().map(|r| r.regex.clone()).collect();
        let own = OwnTokens::new(rules.placeholders.iter().map(|name| &**name));
        Detector {
            rules,
            regexes,
            plans: Vec::new(),
            names: memo::Memo::default(),
            own,
            masked: String::new(),
            canonical: Vec::new(),
            scratch: search::Scratch::default(),
            marks: Marks::default(),
        }
    }

    /// Says which keys are ours (`k1`, `k2`…): their tokens are never findings, and nothing is found inside of them.
    pub fn set_known_keys(&mut self, ids: &[String]) {
        self.own.set(ids);
    }

    /// What is to be done with values at `path`. Remembered: all calls must come with the same `paths`.
    #[inline]
    pub fn plan(&mut self, paths: &Paths, path: PathId) -> FieldPlan {
        match self.plans.get(path.0 as usize) {
            Some(Some(plan)) => *plan,
            _ => self.new_plan(paths, path),
        }
    }

    /// Whether it is known that nothing is said of the field at `path`, but perhaps what its numbers are.
    #[inline]
    pub fn is_silent(&self, path: PathId) -> bool {
        self.plans.get(path.0 as usize).is_some_and(|plan| plan.as_ref().is_some_and(FieldPlan::is_silent))
    }

    /// The plan of a value at `path` that is what its field says, whatever stands beside it; if that is known.
    #[inline]
    pub fn settled(&self, path: PathId) -> Option<FieldPlan> {
        self.plans.get(path.0 as usize).copied().flatten().filter(FieldPlan::is_settled)
    }

    #[cold]
    fn new_plan(&mut self, paths: &Paths, path: PathId) -> FieldPlan {
        let at = path.0 as usize;
        let plan = self.rules.fields.plan(paths, path);
        if self.plans.len() <= at {
            self.plans.resize(at + 1, None);
        }
        self.plans[at] = Some(plan);
        plan
    }

    /// What is to be done with a value that a text gives this name (`email=…`): rules and catalog are asked by name
    /// alone.
    pub fn plan_of_name(&mut self, name: &[u8]) -> FieldPlan {
        self.names.get(name, || self.rules.fields.plan_of_name(name))
    }

    /// Whether a value of this class and number of digits can hold anything. `class` may be that of the raw bytes:
    /// one with escapes or characters beyond ASCII is never dismissed.
    #[inline]
    pub fn may_hold(&self, kind: Kind, class: Class, digits: u8) -> bool {
        self.rules.dismissal.may_hold(kind, class, digits)
    }

    /// Whether a word of a text of this class begins as keys and tokens do.
    pub fn may_hold_secret(&self, text: &str, class: Class) -> bool {
        self.rules.patterns.secrets && matchers::may_hold_secret(text.as_bytes(), text.as_bytes(), class)
    }

    /// The first look at `text`, of which `class` and `digits` are known, and the word that it is, if it is one.
    #[inline]
    pub fn look(&mut self, text: &str, word: Option<Word>, kind: Kind, class: Class, digits: u8) -> Look {
        let bytes = text.as_bytes();
        let is_time = word.is_none() && is_time(bytes, digits);
        let is_marked = word.is_none() && !is_time && kind != Kind::Number;
        let marks = if is_marked { self.marks.read(bytes) } else { Edition::default() };
        let may_hold_secret = || match word {
            Some(word) => matchers::may_begin_secret(bytes, word),
            None if is_marked => matchers::may_hold_secret(bytes, &self.marks, class),
            None => matchers::may_hold_secret(bytes, bytes, class),
        };
        let secret = !is_time && self.rules.patterns.secrets && may_hold_secret();
        let by_class = !is_time && self.may_hold(kind, class, digits);
        // What touches an own token is judged once the token is hidden: its letters glue nothing.
        let nothing = || {
            kind != Kind::Number
                && dismissal::is_nothing(&self.rules, text, word, class, digits)
                && !OwnTokens::may_hold(class, text)
        };
        Look { class, digits, is_time, secret, may_hold: secret || by_class && !nothing(), marks }
    }

    /// The first look at `text`, of which nothing is known.
    pub fn look_at(&mut self, text: &str, kind: Kind) -> Look {
        let (class, digits) = Class::of_text(text.as_bytes());
        self.look(text, Word::of(text.as_bytes(), class), kind, class, digits)
    }

    /// What stands where in the text of this look, if no other was looked at since.
    pub fn marks(&self, look: Look) -> Option<&Marks> {
        Some(&self.marks).filter(|marks| marks.are_of(look.marks))
    }

    /// Searches `text`, decoded and with digits and signs of other scripts folded to ASCII; `look` is the first look at
    /// this very text. Appends findings to `out`: disjoint, in ascending order, on character boundaries.
    pub fn find(&mut self, text: &str, kind: Kind, look: Look, out: &mut Vec<Finding>) {
        self.find_in(Nature::Any, text, kind, look, out);
    }

    /// As [`Detector::find`], in a field whose name says something of its numbers.
    pub fn find_in(&mut self, nature: Nature, text: &str, kind: Kind, look: Look, out: &mut Vec<Finding>) {
        if !look.may_hold {
            return;
        }
        let is_masked = OwnTokens::may_hold(look.class, text) && self.own.mask(text, &mut self.masked);
        let text = if is_masked { self.masked.as_str() } else { text };
        if kind != Kind::Number && (is_masked || !self.marks.are_of(look.marks)) {
            self.marks.read(text.as_bytes());
        }
        let search = search::Search {
            rules: &self.rules,
            regexes: &self.regexes,
            scratch: &mut self.scratch,
            text,
            marks: &self.marks,
            kind,
            look,
            nature,
        };
        search.run(out);
    }

    /// Whether `text`, a value with so many digits, can be what its field's plan says: `none` is no phone number.
    pub fn is_field_value(&self, plan: FieldPlan, text: &str, digits: u8) -> bool {
        self.rules.field_values.is_value(plan, text, digits)
    }

    /// Whether the value of a member that may say what stands beside it says that this is `entity`.
    pub fn says(&self, entity: EntityId, value: &str) -> bool {
        self.rules.fields.members.says(entity, value)
    }

    /// Splits a field's value that is a list of values, such as `203.0.113.7, 10.0.0.1`. Appends a finding for each;
    /// nothing when it is no list.
    pub fn split_field(&mut self, entity: EntityId, text: &str, out: &mut Vec<Finding>) {
        let rules = &self.rules;
        rules.field_values.split(entity, text, &rules.settings.regions, &mut self.canonical, out);
    }

    /// Whether `text` is nothing but tokens of known keys: then its field's entity asks for nothing any more.
    pub fn is_own_token(&self, text: &str) -> bool {
        self.own.is_all(text)
    }
}
