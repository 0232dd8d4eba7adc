//! The catalog: every kind of personal data that can be found, from the files of `patterns/entities`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use serde_saphyr::Spanned;

use super::fields::Fields;
use super::rules::Claim;
use super::spec::{EntitySpec, PatternSpec};
use super::{anchored, field_shape, matchers, validators};
use crate::canonical::Form;
use crate::place::looked_in;
use crate::record::EntityId;

include!(concat!(env!("OUT_DIR"), "/entities.rs"));

/// Largest compiled size of one regular expression, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Types of tokens that need no file, and whose they are: fields without an entity; accounts, devices and payees in signals.
const RESERVED_TOKENS: [(&str, &str); 5] =
    [("fd", "field"), ("enc", "encoded"), ("ac", "account"), ("dv", "device"), ("py", "payee")];

/// Fewest bytes of a word that may end another one without a sign between: `*fornavn`.
const GLUED_BYTES_MIN: usize = 7;

/// All entities, in a stable order: the built-in ones by file, then those of directories in the order of loading.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    entities: Vec<Entity>,
}

/// One kind of personal data.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its name, unique in the catalog: `payment_card`.
    pub name: String,
    /// Type of its tokens: two to four lower-case letters.
    pub token_type: String,
    /// Name of the canonical form that its spellings are brought to.
    pub form: String,
    /// What it is, for people.
    pub description: String,
    /// What happens to it unless the config says otherwise: `token`, `redact`, `mask: first6_last4`…
    pub action: String,
    /// Names of fields that hold it, in snake case; a `*` at either end stands for one or more words.
    pub fields: Vec<String>,
    /// Whether it may neither pass nor become a token, whatever a config says.
    pub never_passes: bool,
    /// Whether a value in one of its fields is what all of it is found to be.
    pub yields: bool,
    /// Whether the words of a value are looked for in the rest of its record.
    pub repeats: bool,
    pub(super) spec: Arc<EntitySpec>,
    /// File it was read from, for errors.
    pub(super) file: Arc<str>,
    /// Whether it is part of the binary: then the tests have run its examples.
    pub(super) builtin: bool,
}

/// Why a catalog, or the rules made of it, cannot be used. Names the place and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    /// The file, or the name of the option, at fault.
    pub file: String,
    /// Line in the file, from 1; `None` when the fault is in no line.
    pub line: Option<u64>,
    /// The field at fault, such as `patterns.regex`; empty when it is the whole file.
    pub field: String,
    /// What is wrong.
    pub reason: String,
    /// What to do about it; may be empty.
    pub fix: String,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.reason)?;
        if !self.fix.is_empty() {
            write!(f, "; {}", self.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogError {}

impl Entity {
    /// Whether it is part of the binary.
    pub fn is_builtin(&self) -> bool {
        self.builtin
    }

    /// The file that it was read from, with the line of its name.
    pub fn file(&self) -> String {
        self.place(&self.spec.entity)
    }

    /// The same with the line of its action, if it names one.
    pub fn place_of_action(&self) -> String {
        self.place(self.spec.action.as_ref().unwrap_or(&self.spec.entity))
    }

    fn place(&self, part: &Spanned<String>) -> String {
        match part.referenced.line() {
            0 => self.file.to_string(),
            line => format!("{}:{line}", self.file),
        }
    }

    /// The names of its fields, each with what it says of their values.
    pub(super) fn field_names(&self) -> impl Iterator<Item = (&str, Claim)> {
        let EntitySpec { fields, sure_fields, maybe_fields, .. } = &*self.spec;
        [(fields, Claim::Likely), (sure_fields, Claim::Sure), (maybe_fields, Claim::Maybe)]
            .into_iter()
            .flat_map(|(names, claim)| names.iter().map(move |name| (name.value.as_str(), claim)))
    }

    /// Whether its values are numbers of cards: by its name, or by the validator that one of its patterns asks.
    pub fn is_card(&self) -> bool {
        const CARD: &str = "payment_card";
        let mut asked = self.spec.patterns.iter().filter_map(|pattern| pattern.value.validator.as_ref());
        self.name == CARD || asked.any(|validator| validator.value.starts_with(CARD))
    }
}

impl Catalog {
    /// The entities that are part of the binary.
    pub fn builtin() -> Catalog {
        let mut catalog = Catalog::default();
        for (file, yaml) in BUILTIN {
            catalog.add(file, yaml, true).expect("the tests load every built-in entity");
        }
        catalog
    }

    /// Adds the entities of all `*.yaml` below `dir`, by path. One with the name of a built-in entity takes its place,
    /// but of none that may never pass or holds numbers of cards; one with the name of another that was loaded is an error.
    ///
    /// # Errors
    /// When the directory or a file cannot be read, it holds no such file, or a file does not hold a sound entity. The
    /// catalog is unchanged then.
    pub fn load_dir(&mut self, dir: &Path) -> Result<(), CatalogError> {
        let unreadable = |path: &Path, error: std::io::Error| CatalogError {
            file: path.display().to_string(),
            line: None,
            field: String::new(),
            reason: format!("cannot be read: {error}{}", looked_in(path, &error)),
            fix: "check the path and its permissions".to_owned(),
        };
        let files = Catalog::files(dir).map_err(|error| unreadable(dir, error))?;
        if files.is_empty() {
            return Err(CatalogError {
                file: dir.display().to_string(),
                line: None,
                field: "patterns.directories".to_owned(),
                reason: "holds no entity file (*.yaml, *.yml)".to_owned(),
                fix: "put one there, correct the path, or remove it from `patterns.directories`".to_owned(),
            });
        }
        let mut extended = self.clone();
        for path in files {
            let yaml = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            extended.add(&path.display().to_string(), &yaml, false)?;
        }
        *self = extended;
        Ok(())
    }

    /// All `*.yaml` below `dir`, in order.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        collect(dir, &mut files)?;
        files.sort();
        Ok(files)
    }

    /// Entities of one's own that have patterns and no example, each with its file and line: nothing tries those patterns.
    pub fn untried(&self) -> impl Iterator<Item = (&str, String)> {
        let untried = |e: &&Entity| !e.builtin && !e.spec.patterns.is_empty() && e.spec.examples.is_empty();
        self.entities.iter().filter(untried).map(|entity| (entity.name.as_str(), entity.file()))
    }

    /// What may stand in a placeholder: names of entities, and of what needs none.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().map(|entity| entity.name.as_str()).chain(RESERVED_TOKENS.iter().map(|(_, name)| *name))
    }

    /// All entities; an [`EntityId`] is a place in this slice.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entity of this name.
    pub fn find(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name == name).map(|i| EntityId(i as u16))
    }

    /// For each field name, the entity that claims it; one that is known by its values as much (`token`) claims nothing.
    pub fn entities_of_fields<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<Option<EntityId>> {
        let mut fields = Fields::default();
        for (at, entity) in self.entities.iter().enumerate() {
            let ambiguous = entity.spec.field_shape.as_ref().is_some_and(|shape| shape.value == "key");
            for name in entity.fields.iter().filter(|_| !ambiguous) {
                fields.add_catalog_name(name, EntityId(at as u16), Claim::Likely);
            }
        }
        names.map(|name| fields.entity_of_name(name)).collect()
    }

    /// The names of all entities, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().map(|e| e.name.as_str())
    }

    pub(super) fn entity_mut(&mut self, entity: EntityId) -> &mut Entity {
        &mut self.entities[usize::from(entity.0)]
    }

    /// Adds the entity that `yaml` describes.
    pub(super) fn add(&mut self, file: &str, yaml: &str, builtin: bool) -> Result<(), CatalogError> {
        let mut spec: EntitySpec = serde_saphyr::from_str(yaml).map_err(|error| CatalogError {
            file: file.to_owned(),
            line: error.location().map(|l| l.line()),
            field: String::new(),
            reason: error.without_snippet().to_string(),
            fix: "see the entity files in patterns/entities for the fields there are".to_owned(),
        })?;
        for fields in [&mut spec.fields, &mut spec.sure_fields, &mut spec.maybe_fields] {
            *fields = fields.iter().flat_map(names_of).collect();
        }
        Checker { file }.entity(&spec)?;
        self.may_be_replaced(file, &spec)?;
        self.is_the_only_one_of_yours(file, &spec)?;
        self.token_is_free(file, &spec)?;
        let entity = Entity {
            name: spec.entity.value.clone(),
            token_type: spec.token.value.clone(),
            form: spec.form.value.clone(),
            description: spec.description.clone(),
            action: spec.action.as_ref().map_or_else(|| "token".to_owned(), |action| action.value.clone()),
            fields: spec.fields.iter().chain(&spec.sure_fields).map(|f| f.value.clone()).collect(),
            never_passes: spec.never_passes,
            yields: spec.yields,
            repeats: spec.repeats,
            spec: Arc::new(spec),
            file: file.into(),
            builtin,
        };
        match self.find(&entity.name) {
            Some(EntityId(at)) => {
                let never_passes = entity.never_passes || self.entities[at as usize].never_passes;
                self.entities[at as usize] = Entity { never_passes, ..entity };
            }
            None if self.entities.len() == u16::MAX as usize => {
                return Err(CatalogError {
                    file: file.to_owned(),
                    line: None,
                    field: "entity".to_owned(),
                    reason: "too many entities".to_owned(),
                    fix: "remove files".to_owned(),
                });
            }
            None => self.entities.push(entity),
        }
        Ok(())
    }
}

impl Catalog {
    /// A file that finds less would let pass, without a word, what no config may.
    fn may_be_replaced(&self, file: &str, spec: &EntitySpec) -> Result<(), CatalogError> {
        let name = &spec.entity;
        let known = self.entities.iter().find(|e| e.builtin && e.name == name.value);
        let why = match known {
            Some(entity) if entity.never_passes => "may never pass",
            Some(entity) if entity.is_card() => "holds numbers of cards",
            _ => return Ok(()),
        };
        let reason = format!("`{}` is built in and {why}, so its file cannot be replaced", name.value);
        Err(error_at(file, name, "entity", &reason, "give yours another name: both are looked for then"))
    }

    /// Of two files of one's own the earlier one would be dropped without a word, and what it finds would pass.
    fn is_the_only_one_of_yours(&self, file: &str, spec: &EntitySpec) -> Result<(), CatalogError> {
        let name = &spec.entity;
        let known = self.entities.iter().find(|e| !e.builtin && e.name == name.value && &*e.file != file);
        let Some(known) = known else { return Ok(()) };
        let reason = format!("`{}` is that of {}, too", name.value, known.file());
        Err(error_at(file, name, "entity", &reason, "give one of them another name, or make one file of both"))
    }

    /// Tokens of one type are made with one key: two entities that share it could be joined.
    fn token_is_free(&self, file: &str, spec: &EntitySpec) -> Result<(), CatalogError> {
        let token = &spec.token;
        let known = self.entities.iter().map(|e| (e.token_type.as_str(), e.name.as_str())).chain(RESERVED_TOKENS);
        let mut others = known.filter(|&(letters, owner)| letters == token.value && owner != spec.entity.value);
        match others.next() {
            Some((_, owner)) => {
                Err(error_at(file, token, "token", &format!("is that of `{owner}`"), "choose other letters"))
            }
            None => Ok(()),
        }
    }
}

/// The names that one line of `fields` writes: `{customer,member}_{name,nm}` are four. One that writes too many, or does not close
/// its brace, stays as it is, and is then refused as no name.
fn names_of(line: &Spanned<String>) -> Vec<Spanned<String>> {
    const NAMES_MAX: usize = 1024;
    let mut names = vec![line.value.clone()];
    while let Some((open, close)) = names[0].find('{').zip(names[0].find('}')).filter(|(open, close)| open < close) {
        let choices = names[0][open + 1..close].split(',').count();
        if names.len() * choices > NAMES_MAX {
            return vec![line.clone()];
        }
        let each = |name: &String| {
            let (head, rest) = name.split_at(name.find('{').unwrap_or(name.len()));
            let (inner, tail) = rest.split_once('}').unwrap_or((rest, ""));
            let inner = inner.trim_start_matches('{');
            inner.split(',').map(|choice| format!("{head}{}{tail}", choice.trim())).collect::<Vec<_>>()
        };
        names = names.iter().flat_map(each).collect();
    }
    names.into_iter().map(|value| Spanned { value, ..line.clone() }).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        // A mounted ConfigMap keeps its files a second time under `..data` and `..<time>`.
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b".."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// Compiles the regular expression of a pattern.
pub(super) fn compile_regex(source: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(source).size_limit(REGEX_BYTES_MAX).build()
}

/// Checks one file's entity; what it lets through, `Rules::compile` can use.
struct Checker<'a> {
    file: &'a str,
}

impl Checker<'_> {
    /// Names of objects and of members beside others are in snake case, as those of fields are read.
    fn names_of_members(&self, spec: &EntitySpec) -> Result<(), CatalogError> {
        let of = spec.not_of.iter().flat_map(|not_of| not_of.names()).map(|name| ("not_of.objects", name));
        let beside = spec.fields_beside.iter().flat_map(|beside| beside.names());
        let beside = beside.map(|name| ("fields_beside", name));
        let pairs = spec.fields_of_pairs.iter().map(|name| ("fields_of_pairs", name));
        for (field, name) in of.chain(beside).chain(pairs) {
            if super::fields::normalize(name.value.as_bytes()) != name.value || name.value.is_empty() {
                return Err(self.at(name, field, "is no field name", "write it in snake case"));
            }
        }
        Ok(())
    }

    fn entity(&self, spec: &EntitySpec) -> Result<(), CatalogError> {
        let name = &spec.entity;
        if name.value.is_empty()
            || !name.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            return Err(self.at(name, "entity", "is no name", "use lower-case letters, digits and `_`"));
        }
        let token = &spec.token;
        if !(2..=4).contains(&token.value.len()) || !token.value.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(self.at(token, "token", "is no token type", "use two to four lower-case letters"));
        }
        self.one_of(&spec.form, "form", "canonical form", Form::ALL.iter().map(|(name, _)| *name))?;
        if let Some(action) = spec.action.as_ref().filter(|action| action.value.trim().is_empty()) {
            return Err(self.at(action, "action", "is empty", "leave it out for `token`"));
        }
        for field in spec.fields.iter().chain(&spec.sure_fields).chain(&spec.maybe_fields) {
            self.field(field)?;
        }
        for pattern in &spec.patterns {
            self.pattern(pattern)?;
        }
        for (shape, field) in [(&spec.field_shape, "field_shape"), (&spec.maybe_shape, "maybe_shape")] {
            if let Some(shape) = shape {
                self.one_of(shape, field, "shape", field_shape::NAMES.iter().map(|(name, _)| *name))?;
            }
        }
        for field in spec.not_of.iter().flat_map(|not_of| &not_of.fields) {
            // Those of an entity without any are named by rules.
            if !spec.fields.is_empty() && !spec.fields.iter().any(|known| known.value == field.value) {
                return Err(self.at(
                    field,
                    "not_of.fields",
                    "is none of its `fields`",
                    "add it there, or remove it here",
                ));
            }
        }
        self.names_of_members(spec)?;
        if let (Some(field), None) = (spec.maybe_fields.first(), &spec.maybe_shape) {
            return Err(self.at(field, "maybe_fields", "stand there without a shape", "add `maybe_shape`"));
        }
        let fields = spec.fields.len() + spec.sure_fields.len() + spec.maybe_fields.len();
        if spec.patterns.is_empty() && fields == 0 && !spec.by_rule {
            return Err(self.at(
                name,
                "entity",
                "can never be found",
                "give it `fields` or `patterns`, or say `by_rule: true`",
            ));
        }
        let needs_pattern = spec.examples.first().or(spec.counter_examples.first());
        match needs_pattern {
            Some(example) if spec.patterns.is_empty() => {
                Err(self.at(example, "examples", "stand there without a pattern", "add `patterns` or remove them"))
            }
            _ => Ok(()),
        }
    }

    fn field(&self, field: &Spanned<String>) -> Result<(), CatalogError> {
        let name = field.value.as_str();
        let glued = name.strip_prefix('*').filter(|words| words.len() >= GLUED_BYTES_MIN);
        let words = name.strip_prefix("*_").or(name.strip_suffix("_*")).or(glued).unwrap_or(name);
        if words.is_empty() || super::fields::normalize(words.as_bytes()) != words {
            let fix = "write it in snake case; `*_` may stand before it or `_*` after it, `*` before a long word, and `{a,b}` for \
                       one of several words (1,024 names in all)";
            return Err(self.at(field, "fields", "is no field name", fix));
        }
        Ok(())
    }

    fn pattern(&self, pattern: &Spanned<PatternSpec>) -> Result<(), CatalogError> {
        let spec = &pattern.value;
        if let Some(words) = spec.keywords.as_ref() {
            if words.words.iter().all(|w| w.value.trim().is_empty()) {
                return Err(self.at(pattern, "patterns.keywords", "has no words", "add words, or remove `keywords`"));
            }
            let unusable = |w: &&Spanned<String>| !w.value.trim().starts_with(char::is_alphabetic);
            if let Some(word) = words.words.iter().find(unusable) {
                let reason = "holds a word that does not begin with a letter";
                return Err(self.at(word, "patterns.keywords.words", reason, "begin it with a letter, or remove it"));
            }
        }
        if let Some(name) = &spec.validator {
            self.one_of(name, "patterns.validator", "validator", validators::ALL.iter().map(|v| v.name))?;
        }
        let anchored = spec.matcher.as_ref().and_then(|name| anchored::find(&name.value));
        self.anchors(pattern, anchored)?;
        if let Some(digits) = &spec.digits {
            let known = spec.validator.as_ref().and_then(|name| validators::find(&name.value));
            let (least, most) = known.map_or((0, 0), |v| v.digits);
            if digits.value.0 > digits.value.1 || digits.value.0 < least || digits.value.1 > most {
                let reason = format!("are not within the {least} to {most} that its validator takes");
                return Err(self.at(digits, "patterns.digits", &reason, "write `[least, most]`"));
            }
        }
        match (&spec.matcher, &spec.regex) {
            (Some(name), None) => self.matcher(pattern, name),
            (None, Some(regex)) => self.regex(pattern, regex),
            (None, None) if spec.keywords.is_some() => {
                let fix = "say what is looked for with `matcher` or `regex`";
                Err(self.at(pattern, "patterns.keywords", "stand there without a pattern", fix))
            }
            (None, None) => {
                Err(self.at(pattern, "patterns", "has neither `matcher` nor `regex`", "give it one of the two"))
            }
            (Some(_), Some(_)) => {
                Err(self.at(pattern, "patterns", "has both `matcher` and `regex`", "make two patterns of them"))
            }
        }
    }

    /// Anchors stand where a matcher asks for them, and nowhere else.
    fn anchors(
        &self,
        pattern: &Spanned<PatternSpec>,
        matcher: Option<&anchored::Anchored>,
    ) -> Result<(), CatalogError> {
        const FIELD: &str = "patterns.anchors";
        let anchors = &pattern.value.anchors;
        let wanted = matcher.is_some_and(|m| !m.at_labels);
        if wanted == anchors.is_empty() {
            let (reason, fix) = match wanted {
                true => ("are missing: the matcher is called at words", "add `anchors`"),
                false => ("stand there, and nothing is called at them", "remove them, or name a matcher that is"),
            };
            return Err(self.at(pattern, FIELD, reason, fix));
        }
        for label in &pattern.value.labels {
            if !matcher.is_some_and(|m| m.at_labels) {
                let fix = "remove them, or name a matcher that is called at labels";
                return Err(self.at(label, "patterns.labels", "stand there, and nothing is called at them", fix));
            }
            self.field(label)?;
        }
        let begins = |a: &&Spanned<String>| a.value.trim().trim_start_matches('*').starts_with(char::is_alphabetic);
        match anchors.iter().find(|a| !begins(a)) {
            Some(anchor) => {
                let reason = "hold a phrase that does not begin with a letter";
                Err(self.at(anchor, FIELD, reason, "begin it with a letter, or remove it"))
            }
            None => Ok(()),
        }
    }

    fn matcher(&self, pattern: &Spanned<PatternSpec>, name: &Spanned<String>) -> Result<(), CatalogError> {
        self.one_of(name, "patterns.matcher", "matcher", matchers::names())?;
        let spec = &pattern.value;
        if !spec.prefilter.is_empty() || spec.group != 0 {
            let fix = "remove `prefilter` and `group`, or write a `regex`";
            return Err(self.at(pattern, "patterns", "mixes a matcher with settings of a regex", fix));
        }
        if name.value == matchers::DIGITS && spec.validator.is_none() {
            let fix = "name a `validator`, otherwise every number would be found";
            return Err(self.at(name, "patterns.matcher", "finds any digits", fix));
        }
        Ok(())
    }

    fn regex(&self, pattern: &Spanned<PatternSpec>, source: &Spanned<String>) -> Result<(), CatalogError> {
        const FIELD: &str = "patterns.regex";
        let regex = compile_regex(&source.value)
            .map_err(|error| self.at(source, FIELD, &format!("does not compile: {error}"), "correct the expression"))?;
        // `\b` alone matches no empty text, and yet nothing of another.
        let least = regex_syntax::parse(&source.value).ok().and_then(|hir| hir.properties().minimum_len());
        if regex.is_match("") || least == Some(0) {
            return Err(self.at(source, FIELD, "can match nothing at all", "make it demand at least one character"));
        }
        let group = pattern.value.group;
        if group >= regex.captures_len() {
            let reason = format!("has {} capture groups, and `group` is {group}", regex.captures_len() - 1);
            return Err(self.at(source, "patterns.group", &reason, "correct `group`"));
        }
        match pattern.value.prefilter.iter().find(|literal| literal.value.is_empty()) {
            Some(empty) => Err(self.at(empty, "patterns.prefilter", "holds an empty literal", "remove it")),
            None => Ok(()),
        }
    }

    fn one_of<'n>(
        &self,
        name: &Spanned<String>,
        field: &str,
        what: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Result<(), CatalogError> {
        if known.clone().any(|k| k == name.value) {
            return Ok(());
        }
        let near = known
            .clone()
            .max_by(|a, b| strsim::jaro_winkler(a, &name.value).total_cmp(&strsim::jaro_winkler(b, &name.value)));
        let near = near.filter(|n| strsim::jaro_winkler(n, &name.value) > 0.8);
        let hint = near.map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        let list = known.map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        let reason = format!("unknown {what} `{}`", name.value);
        Err(self.at(name, field, &reason, &format!("{hint}there are {list}")))
    }

    fn at<T>(&self, place: &Spanned<T>, field: &str, reason: &str, fix: &str) -> CatalogError {
        error_at(self.file, place, field, reason, fix)
    }
}

/// An error at the line of `place`.
pub(super) fn error_at<T>(file: &str, place: &Spanned<T>, field: &str, reason: &str, fix: &str) -> CatalogError {
    let line = place.referenced.line();
    CatalogError {
        file: file.to_owned(),
        line: (line > 0).then_some(line),
        field: field.to_owned(),
        reason: reason.to_owned(),
        fix: fix.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Rules};
    use super::*;

    const GOOD: &str = "\
entity: order
token: ord
form: digits
description: An order
fields: [order_no]
patterns:
  - regex: '(?x) \\b ord- ( [0-9]{6} ) \\b'
    group: 1
    prefilter: [ord-]
    keywords: { words: [order], required: false }
examples: ['ord-{{123456}}']
counter_examples: ['ord-12345']
";

    fn load(yaml: &str) -> Result<Rules, CatalogError> {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("xx")).expect("a directory");
        fs::write(dir.path().join("xx/order.yaml"), yaml).expect("a file");
        let mut catalog = Catalog::builtin();
        let before = catalog.entities().len();
        let loaded = catalog.load_dir(dir.path());
        assert_eq!(catalog.entities().len(), before + usize::from(loaded.is_ok()), "an error leaves it unchanged");
        loaded.and_then(|()| Rules::compile(&catalog, &[], &Options::default()))
    }

    #[test]
    fn the_built_in_catalog_holds_the_core_in_a_stable_order() {
        let catalog = Catalog::builtin();
        let names: Vec<_> = catalog.names().collect();
        for name in ["email", "iban", "ip", "payment_card", "phone"] {
            assert!(names.contains(&name), "{name}");
            let EntityId(at) = catalog.find(name).expect("there");
            assert_eq!(catalog.entities()[at as usize].name, name);
        }
        assert_eq!(names, Catalog::builtin().names().collect::<Vec<_>>());
        assert_eq!(catalog.find("emial"), None);
    }

    #[test]
    fn braces_among_the_fields_write_one_name_for_each_choice() {
        let fields = |line: &str| {
            let mut catalog = Catalog::default();
            let yaml = GOOD.replace("[order_no]", &format!("[{line:?}]"));
            catalog.add("order.yaml", &yaml, true).map(|()| catalog.entities()[0].fields.clone())
        };
        assert_eq!(
            fields("*_{order, ordre}_{no,nr}").expect("four names"),
            ["*_order_no", "*_order_nr", "*_ordre_no", "*_ordre_nr"]
        );
        assert_eq!(fields("order{no,_no}").expect("two names"), ["orderno", "order_no"]);
        let many = format!("a{}", "_{b,c,d,e}".repeat(6));
        for line in ["order_{no", "order_}no{", "order_{}", &many] {
            let error = fields(line).expect_err(line).to_string();
            assert!(error.contains("fields") && error.contains("is no field name"), "{error}");
        }
    }

    #[test]
    fn token_types_are_not_shared() {
        let catalog = Catalog::builtin();
        let mut types: Vec<_> = catalog.entities().iter().map(|e| &e.token_type).collect();
        types.sort();
        types.dedup();
        assert_eq!(types.len(), catalog.entities().len());
    }

    #[test]
    fn a_directory_extends_and_overrides() {
        load(GOOD).expect("a sound entity");
        load(&GOOD.replace("ord-{{123456}}", "ord-{{123456}} and ord-{{123457}}")).expect("two marks, both found");
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("ip.yaml"), GOOD.replace("entity: order", "entity: ip")).expect("a file");
        let mut catalog = Catalog::builtin();
        let ip = catalog.find("ip");
        catalog.load_dir(dir.path()).expect("loads");
        assert_eq!(catalog.find("ip"), ip, "the place stays");
        assert_eq!(catalog.entities().len(), Catalog::builtin().entities().len());
        assert_eq!(catalog.entities()[ip.expect("there").0 as usize].token_type, "ord");
    }

    #[test]
    fn two_files_of_ones_own_with_one_name_are_refused_with_both_named() {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, digits) in [("a.yaml", "123456"), ("b.yaml", "654321")] {
            fs::write(dir.path().join(name), format!("# ours\n{}", GOOD.replace("123456", digits))).expect("a file");
        }
        let mut catalog = Catalog::builtin();
        let error = catalog.load_dir(dir.path()).expect_err("two of one name").to_string();
        let (a, b) = (dir.path().join("a.yaml"), dir.path().join("b.yaml"));
        let expected = format!("{}:2: entity: `order` is that of {}:2, too; give one", b.display(), a.display());
        assert!(error.starts_with(&expected), "{error}");
        fs::remove_file(b).expect("a file");
        catalog.load_dir(dir.path()).expect("one is enough");
        catalog.load_dir(dir.path()).expect("the same file again takes nothing away");
        let other = tempfile::tempdir().expect("a directory");
        fs::write(other.path().join("a.yaml"), GOOD).expect("a file");
        catalog.load_dir(other.path()).expect_err("nor in two folders");
    }

    #[test]
    fn what_may_never_pass_and_cards_cannot_be_replaced() {
        let guarded = Catalog::builtin().entities.into_iter().filter(|e| e.never_passes || e.is_card());
        let names: Vec<_> = guarded.map(|entity| entity.name).collect();
        for name in ["card_track", "card_verification", "one_time_code", "password", "payment_card", "pin", "secret"] {
            assert!(names.iter().any(|n| n == name), "{name}");
        }
        for name in names {
            let yaml = format!("# ours\n{}", GOOD.replace("entity: order", &format!("entity: {name}")));
            let error = Catalog::builtin().add("own.yaml", &yaml, false).expect_err(&name).to_string();
            assert!(error.starts_with(&format!("own.yaml:2: entity: `{name}` is built in and")), "{error}");
            assert!(
                error.ends_with("cannot be replaced; give yours another name: both are looked for then"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_faulty_file_is_named_with_line_and_reason() {
        let pattern = "regex: '(?x) \\b ord- ( [0-9]{6} ) \\b'";
        let cases: &[(&str, &str, u64, &str)] = &[
            ("entity: order", "entity: Order", 1, "is no name"),
            ("token: ord", "token: o1", 2, "two to four lower-case letters"),
            ("token: ord", "token: em", 2, "is that of `email`"),
            ("token: ord", "token: ac", 2, "is that of `account`"),
            ("form: digits", "form: digit", 3, "did you mean `digits`"),
            ("fields: [order_no]", "fields: [orderNo]", 5, "snake case"),
            ("fields:", "feilds:", 5, "feilds"),
            ("fields: [order_no]", "maybe_fields: [order_no]", 5, "without a shape"),
            (pattern, "regex: '[0-9'", 7, "does not compile"),
            (pattern, "regex: '([0-9]*)'", 7, "can match nothing at all"),
            (pattern, "regex: '\\b([0-9]*)'", 7, "can match nothing at all"),
            (pattern, "regex: '(\\w{1000}){1000}'", 7, "does not compile"),
            (pattern, "matcher: emial", 7, "did you mean `email`"),
            (pattern, "confidence: low", 7, "without a pattern"),
            (pattern, "matcher: email", 7, "settings of a regex"),
            ("group: 1", "group: 2", 7, "capture groups"),
            ("group: 1", "validator: lunh", 8, "did you mean `luhn`"),
            ("group: 1", "matcher: email", 7, "both `matcher` and `regex`"),
            ("group: 1", "digits: [9, 8]", 8, "to 0 that its validator takes"),
            ("prefilter: [ord-]", "prefilter: ['']", 9, "empty literal"),
            ("group: 1", "labels: [order]", 8, "nothing is called at them"),
            ("group: 1", "anchors: [order]", 7, "nothing is called at them"),
            ("words: [order]", "words: []", 7, "has no words"),
            ("words: [order]", "words: ['#']", 10, "begin with a letter"),
            ("ord-{{123456}}", "ord-{{12345}}", 11, "is not found"),
            (
                "ord-{{123456}}",
                "ord-{{123456}} and ord-{{12345}}",
                11,
                "is not found by the patterns in each of its marks",
            ),
            ("ord-{{123456}}", "ord-{{123456}} and ord-123457", 11, "holds more than its marks"),
            ("ord-12345'", "ord-123456'", 12, "is found"),
        ];
        for (from, to, line, reason) in cases {
            assert!(GOOD.contains(from), "{from}");
            let error = load(&GOOD.replace(from, to)).expect_err(to);
            assert!(error.file.ends_with("xx/order.yaml"), "{error}");
            assert_eq!(error.line, Some(*line), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
        let error = load("entity: x\ntoken: xx\nform: text\n").expect_err("nothing to find it by");
        assert!(error.to_string().contains("can never be found"), "{error}");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = Catalog::builtin().load_dir(Path::new("/no/such/place")).expect_err("not there");
        assert!(error.to_string().starts_with("/no/such/place: cannot be read"), "{error}");
    }
}
