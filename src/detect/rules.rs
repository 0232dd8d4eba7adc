//! Catalog and field rules, compiled: what all workers share.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::Regex;

use super::anchored::{self, Anchored};
use super::anchors::Anchors;
use super::beside::Beside;
use super::catalog::{Catalog, CatalogError, Entity, compile_regex, error_at};
use super::context::{KeywordRule, Keywords, KeywordsBuilder};
use super::dismissal::Dismissal;
use super::examples;
use super::field_values::FieldValues;
use super::fields::Fields;
use super::labels::LabelNames;
use super::matchers::{self, DIGITS};
use super::needs::Needs;
use super::spec::{Confidence, PatternSpec};
use super::validators::{self, Settings, Validator};
use super::windows::Judges;
use super::word_list::WordList;
use crate::canonical::phone::Region;
use crate::record::{ActionId, Basis, EntityId};

/// What the config says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRule {
    /// Which fields.
    pub select: Select,
    /// What they hold; `None`: nothing in particular.
    pub entity: Option<EntityId>,
    /// What happens to the whole value; `None`: the entity's action.
    pub action: Option<ActionId>,
    /// Whether the content is searched, too.
    pub scan: bool,
    /// Whether nothing of the value is left: then the rule holds for what may never pass, too.
    pub hides: bool,
}

/// Which fields a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// By their place: `user.contacts[].email`, `@key`, `@headers.x-user`; `*` is any one part, `**` any number of them.
    Path(String),
    /// By their name, wherever they stand: `e_mail`, `*_email`, `email_*`. Spelling does not matter: `eMail` is `e_mail`.
    Name(String),
}

/// Settings of detection that are not about single fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Names of entities that are not looked for.
    pub disabled: Vec<String>,
    /// ISO 3166 codes of the regions whose phone numbers are known without their country code: `["ID", "DK"]`.
    pub regions: Vec<String>,
    /// Lists of words, names say, that are looked for in all texts.
    pub lists: Vec<WordList>,
}

/// What is to be done with the values of a field.
// Aligned, so that it is copied in whole registers: a copy in two that overlap waits for the stores of the one before.
#[repr(align(16))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldPlan {
    /// The whole value is this.
    pub entity: Option<EntityId>,
    /// What happens to the whole value, where the config says so.
    pub action: Option<ActionId>,
    /// Whether the content is searched.
    pub scan: bool,
    /// Whether only the field's name says so, and not a rule of the config.
    pub guess: bool,
    /// Whether a rule of the config names it.
    pub listed: bool,
    /// Whether that rule holds for what may never pass, too: it leaves nothing of a value, or names the field exactly.
    pub absolute: bool,
    /// Whether it is kept by a rule that does not: card numbers, and what may never pass, go all the same.
    pub guarded: bool,
    /// What the field's name says of numbers in it.
    pub nature: Nature,
    /// Whether it stands in an array: it may be a part of a value.
    pub part: bool,
    /// How much the field's name says of its values.
    pub claim: Claim,
    /// Whether more than its last word is needed to know it: `{"email": {"address": …}}`, `emergency_contact`, where that
    /// word alone may be something else.
    pub joined: bool,
    /// What part it has in a pair of members.
    pub role: Role,
    /// What the names of both share, as a number: `q1` of `q1_label` and `q1_answer`.
    pub stem: u16,
    /// Whether it names a thing, or says that the object does.
    pub thing: Thing,
    /// Whether it may hold what is wrong with a value: `{"errors": {"phone": ["must be a number"]}}`.
    pub complaint: bool,
}

impl FieldPlan {
    /// The plan of a field that nothing is known of: look at the content.
    pub const SCAN: FieldPlan = FieldPlan {
        entity: None,
        action: None::<ActionId>,
        scan: true,
        guess: true,
        listed: false,
        absolute: false,
        guarded: false,
        nature: Nature::Any,
        part: false,
        claim: Claim::Likely,
        joined: false,
        role: Role::None,
        stem: 0,
        thing: Thing::No,
        complaint: false,
    };

    /// Whether it says nothing of a value, but perhaps what its numbers are.
    #[inline]
    pub(super) fn is_silent(&self) -> bool {
        let FieldPlan { entity, action, scan, part, role, thing, .. } = *self;
        let asks = matches!(thing, Thing::Beside(_));
        // Without an early end: fields of many sorts follow each other, and no guess of the processor would hold.
        entity.is_none() & action.is_none() & scan & !part & !asks & (role == Role::None)
    }

    /// Whether nothing beside a value, and no value before it, says more of what it is: what stands around it may.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        let asks = matches!(self.thing, Thing::Maybe | Thing::Likely | Thing::Beside(_) | Thing::InPair(_));
        let paired = self.role != Role::None || self.part || self.joined && self.guess;
        !asks && !paired
    }

    /// What a field is, in place of what a rule about more would do with it: one that lets no value as it is makes none pass.
    pub(super) fn in_place_of(self, rule: FieldPlan) -> FieldPlan {
        let changes = rule.scan && (rule.entity.is_some() || rule.action.is_some());
        FieldPlan { listed: true, claim: if changes { Claim::Sure } else { self.claim }, ..self }
    }
}

/// What a member says of what its object is: `{"sku": "A-1", "name": "Kopi Luwak"}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Thing {
    /// Nothing.
    #[default]
    No,
    /// It may name a thing as well as somebody.
    Maybe,
    /// It names a thing, unless it is somebody's name in full: `{"merchant": {"name": "Budi Santoso"}}`.
    Likely,
    /// The object is a thing.
    Sign,
    /// It is one when it is an element of a list.
    SignInList,
    /// It is a value of this entity beside a member that says so: `{"bank": "BCA", "nomor": "7712340098"}`.
    Beside(EntityId),
    /// It is a value of this entity as one of two elements of a list: `"position": [55.67612, 12.56834]`.
    InPair(EntityId),
    /// That is what it says of the members beside it.
    Says(EntityId),
    /// Its value may say so: `{"event": "otp.sent", "code": "480216"}`.
    MaySay(EntityId),
    /// It says that they are not: `{"error": "no such route", "code": "4012"}`.
    Denies(EntityId),
}

/// How much a field's name says of its values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Claim {
    /// It is enough, whatever the value looks like.
    Sure,
    /// A value is what the name says unless it looks like something else.
    #[default]
    Likely,
    /// A value is what the name says only where it looks like nothing else.
    Maybe,
}

/// A member may say what the one beside it is: `{"name": "email", "value": …}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing of the kind.
    #[default]
    None,
    /// It may name the value beside it.
    Name,
    /// It may be named by the member beside it.
    Value,
    /// A list of names, whose values stand in lists beside it.
    Names,
}

/// What a field's name says of the numbers in it, where it names no entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nature {
    /// Nothing.
    #[default]
    Any,
    /// Versions: dotted numbers are no addresses.
    Version,
    /// Amounts of money or points: long numbers are no cards and no phones.
    Amount,
    /// What a case, an order or a company is known by: pairs of digits are no phone.
    Reference,
}

impl Nature {
    /// Most digits of an amount. In Rupiah there are many; sixteen are a card or an identity number.
    const AMOUNT_DIGITS_MAX: u8 = 15;

    /// Most digits of such a number in pairs: more may be a telephone number that stands in the wrong field.
    const REFERENCE_DIGITS_MAX: u8 = 8;

    /// Whether `text` is nothing but a number of a case, because the field holds those: `23 23 75 85`.
    pub(super) fn is_reference(self, text: &str, digits: u8) -> bool {
        self == Nature::Reference
            && digits <= Nature::REFERENCE_DIGITS_MAX
            && text.bytes().all(|b| b.is_ascii_digit() || b == b' ')
    }

    /// Whether `text` is nothing but an amount, because the field holds amounts: `1.250.000,50`, `1 250 000`, and neither
    /// `4111 1111 1111 1111` nor `0812…`: what stands in the wrong field is looked at all the same.
    pub(super) fn is_amount(self, text: &str, digits: u8) -> bool {
        if self != Nature::Amount || digits > Nature::AMOUNT_DIGITS_MAX {
            return false;
        }
        let text = text.trim();
        let text = text.strip_prefix('-').unwrap_or(text);
        let padded = matches!(text.as_bytes(), [b'0', b'0'..=b'9', ..]);
        let written = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b' '));
        let mut parts = text.split(' ');
        let first = parts.next().unwrap_or("");
        let thousands = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count() == 3;
        let spaced = text.contains(' ');
        written && !padded && (!spaced || first.len() <= 3 && parts.all(thousands))
    }
}

/// Catalog and field rules, ready to run. Immutable: workers share it in an `Arc`.
#[derive(Debug)]
pub struct Rules {
    pub(super) fields: Fields,
    pub(super) field_values: FieldValues,
    pub(super) settings: Settings,
    pub(super) patterns: Patterns,
    pub(super) keywords: Keywords,
    pub(super) dismissal: Dismissal,
    /// What stands in the brackets of a placeholder: names of entities, and of what needs none.
    pub(super) placeholders: Vec<Box<str>>,
    /// What is somebody's name beside other findings.
    pub(super) beside: Vec<Beside>,
}

/// All patterns, by what finds their candidates.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// For each matcher that is used: its place in `matchers::ALL`, and the patterns that judge its matches.
    pub matchers: Vec<(usize, Vec<Pattern>)>,
    /// Patterns that judge groups of digits.
    pub digits: Vec<(&'static Validator, Pattern)>,
    /// Which of them are asked about so many digits.
    pub judges: Judges,
    /// Least and most digits that any of them takes.
    pub digits_range: (usize, usize),
    /// Least digits of a JSON number that any of them takes: no keyword stands in a number.
    pub number_digits_min: usize,
    /// Whether keys and tokens with a prefix are looked for.
    pub secrets: bool,
    /// Patterns that are called at words or labels.
    pub anchored: Vec<(&'static Anchored, Pattern)>,
    /// The words; each names its pattern by the place in `anchored`.
    pub anchors: Anchors,
    /// The labels, likewise.
    pub labels: LabelNames,
    /// Regular expressions.
    pub regexes: Vec<RegexPattern>,
    /// Literals of all regular expressions; the id of a literal is a place in `literal_owner`.
    pub literals: Option<AhoCorasick>,
    /// For each literal, the regular expression it belongs to.
    pub literal_owner: Vec<usize>,
    /// Lists of words from files.
    pub lists: Vec<WordList>,
}

/// What turns a candidate into a finding.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub entity: EntityId,
    pub validator: Option<&'static Validator>,
    /// Least and most digits that the validator is asked about.
    pub digits: (usize, usize),
    pub keywords: Option<KeywordRule>,
    /// Words, in lower case, that forbid it when they stand directly before.
    pub not_after: Box<[Box<str>]>,
    /// And directly behind.
    pub not_before: Box<[Box<str>]>,
    pub confidence: Confidence,
    pub basis: Basis,
}

/// A pattern that is found by a regular expression.
#[derive(Debug)]
pub(super) struct RegexPattern {
    pub regex: Regex,
    pub group: usize,
    /// Whether one of its literals must be in a text.
    pub prefiltered: bool,
    /// What a text must have to match.
    pub needs: Needs,
    pub pattern: Pattern,
}

impl Rules {
    /// Compiles the catalog and the field rules, in which a later rule of equal exactness wins.
    ///
    /// # Errors
    /// When a rule selects nothing sensible, an option names something unknown, or an entity that is not built in does
    /// not find its examples or finds its counter-examples.
    pub fn compile(catalog: &Catalog, fields: &[FieldRule], options: &Options) -> Result<Rules, CatalogError> {
        let mut active = vec![true; catalog.entities().len()];
        for name in &options.disabled {
            let id = catalog.find(name).ok_or_else(|| unknown_entity(catalog, name))?;
            active[id.0 as usize] = false;
        }
        let regions = regions(&options.regions)?;
        let lists = options.lists.iter().filter(|list| active[list.entity.0 as usize]).cloned().collect();
        let mut rules = Rules::of(catalog, |id| active[id.0 as usize], &regions, lists)?;
        rules.field_values = FieldValues::new(catalog);
        rules.placeholders = catalog.placeholders().map(Into::into).collect();
        for rule in fields {
            rules.fields.add_rule(rule).map_err(|reason| field_error(rule, reason))?;
        }
        for (at, entity) in catalog.entities().iter().enumerate() {
            if !active[at] {
                continue;
            }
            rules.fields.protect(EntityId(at as u16), entity);
            for (name, claim) in entity.field_names() {
                rules.fields.add_catalog_name(name, EntityId(at as u16), claim);
            }
            rules.fields.members.add(EntityId(at as u16), &entity.spec);
            if !entity.spec.beside.is_empty() {
                let of = entity.spec.beside.iter().map(|name| {
                    let unknown =
                        || error_at(&entity.file, name, "beside", "names an unknown entity", "see patterns/entities");
                    catalog.find(&name.value).ok_or_else(unknown)
                });
                let of = of.collect::<Result<_, _>>()?;
                rules.beside.push(Beside { entity: EntityId(at as u16), of });
            }
            if !entity.builtin {
                examples::check(catalog, EntityId(at as u16))?;
            }
        }
        Ok(rules)
    }

    /// The patterns of the entities that `active` chooses, without any field rule.
    pub(super) fn of(
        catalog: &Catalog,
        active: impl Fn(EntityId) -> bool,
        regions: &[Region],
        lists: Vec<WordList>,
    ) -> Result<Rules, CatalogError> {
        let mut builder = Builder::default();
        builder.patterns.lists = lists;
        for (at, entity) in catalog.entities().iter().enumerate() {
            let id = EntityId(at as u16);
            if active(id) {
                for pattern in &entity.spec.patterns {
                    builder.add(entity, id, &pattern.value)?;
                }
            }
        }
        builder.build(regions)
    }
}

/// Gathers patterns.
#[derive(Default)]
struct Builder {
    patterns: Patterns,
    keywords: KeywordsBuilder,
    literals: Vec<String>,
}

impl Builder {
    fn add(&mut self, entity: &Entity, id: EntityId, spec: &PatternSpec) -> Result<(), CatalogError> {
        let keywords = spec.keywords.as_ref().map(|words| KeywordRule {
            set: self.keywords.add(words.words.iter().map(|w| w.value.as_str()), words.distance, words.after),
            distance: words.distance,
            after: words.after,
            required: words.required,
        });
        let validator = spec.validator.as_ref().and_then(|name| validators::find(&name.value));
        let pattern = Pattern {
            entity: id,
            validator,
            digits: spec.digits.as_ref().map_or_else(|| validator.map_or((0, 0), |v| v.digits), |d| d.value),
            keywords,
            not_after: spec.not_after.iter().map(|word| word.to_lowercase().into()).collect(),
            not_before: spec.not_before.iter().map(|word| word.to_lowercase().into()).collect(),
            confidence: spec.confidence,
            basis: validator.map_or(Basis::Pattern, |v| v.basis),
        };
        if let Some(source) = &spec.regex {
            let regex = compile_regex(&source.value)
                .map_err(|error| error_at(&entity.file, source, "patterns.regex", &error.to_string(), ""))?;
            self.add_regex(regex, &source.value, spec, pattern);
        } else if let (Some(DIGITS), Some(validator)) = (spec.matcher.as_ref().map(|m| m.value.as_str()), validator) {
            self.patterns.digits.push((validator, pattern));
        } else if let Some(anchored) = spec.matcher.as_ref().and_then(|m| anchored::find(&m.value)) {
            let owner = self.patterns.anchored.len() as u16;
            for anchor in &spec.anchors {
                self.patterns.anchors.add(&anchor.value, owner);
            }
            let basis = Basis::Keyword;
            self.patterns.anchored.push((anchored, Pattern { basis, ..pattern }));
            if anchored.at_labels {
                let labels = spec.labels.iter().map(|label| label.value.as_str());
                labels.for_each(|name| self.patterns.labels.add(name, owner));
                let fields = entity.field_names().filter(|(_, claim)| spec.labels.is_empty() && *claim != Claim::Maybe);
                fields.for_each(|(name, _)| self.patterns.labels.add(name, owner));
            }
        } else if let Some(name) = &spec.matcher {
            let at = matchers::ALL.iter().position(|m| m.name == name.value);
            let at = at.ok_or_else(|| error_at(&entity.file, name, "patterns.matcher", "is unknown", ""))?;
            self.patterns.secrets |= name.value == matchers::SECRET;
            match self.patterns.matchers.iter_mut().find(|(known, _)| *known == at) {
                Some((_, patterns)) => patterns.push(pattern),
                None => self.patterns.matchers.push((at, vec![pattern])),
            }
        }
        Ok(())
    }

    fn add_regex(&mut self, regex: Regex, source: &str, spec: &PatternSpec, pattern: Pattern) {
        let at = self.patterns.regexes.len();
        let literals: Vec<String> = spec.prefilter.iter().map(|literal| literal.value.clone()).collect();
        let (needs, prefiltered) = (Needs::of(source, &literals), !literals.is_empty());
        self.patterns.literal_owner.extend(literals.iter().map(|_| at));
        self.literals.extend(literals);
        self.patterns.regexes.push(RegexPattern { regex, group: spec.group, prefiltered, needs, pattern });
    }

    fn build(mut self, regions: &[Region]) -> Result<Rules, CatalogError> {
        if !self.literals.is_empty() {
            let automaton = AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(&self.literals)
                .map_err(|error| CatalogError {
                    file: "catalog".to_owned(),
                    line: None,
                    field: "patterns.prefilter".to_owned(),
                    reason: format!("the literals do not fit into one automaton: {error}"),
                    fix: "remove some".to_owned(),
                })?;
            self.patterns.literals = Some(automaton);
        }
        self.patterns.judges = Judges::new(&self.patterns.digits);
        let ranges = || self.patterns.digits.iter().map(|(_, p)| p.digits);
        self.patterns.digits_range =
            (ranges().map(|r| r.0).min().unwrap_or(usize::MAX), ranges().map(|r| r.1).max().unwrap_or(0));
        let alone = self.patterns.digits.iter().filter(|(_, p)| !p.keywords.is_some_and(|rule| rule.required));
        let numbers = alone.filter(|(v, _)| v.numbers).map(|(_, p)| p.digits.0);
        self.patterns.number_digits_min = numbers.min().unwrap_or(usize::MAX);
        Ok(Rules {
            fields: Fields::default(),
            field_values: FieldValues::default(),
            settings: Settings { regions: regions.to_vec() },
            dismissal: Dismissal::new(&self.patterns),
            patterns: self.patterns,
            keywords: self.keywords.build(),
            placeholders: Vec::new(),
            beside: Vec::new(),
        })
    }
}

fn regions(codes: &[String]) -> Result<Vec<Region>, CatalogError> {
    let parse = |code: &String| {
        Region::parse(code).ok_or_else(|| {
            let known: Vec<_> = Region::ALL.iter().map(|r| r.code()).collect();
            option_error("regions", format!("unknown region `{code}`"), format!("there are {}", known.join(", ")))
        })
    };
    codes.iter().map(parse).collect()
}

fn unknown_entity(catalog: &Catalog, name: &str) -> CatalogError {
    let near = catalog.names().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    let hint = near.map(|n| format!("did you mean `{n}`?")).unwrap_or_default();
    option_error("disabled", format!("unknown entity `{name}`"), hint)
}

fn field_error(rule: &FieldRule, reason: &str) -> CatalogError {
    let (what, text) = match &rule.select {
        Select::Path(path) => ("path", path),
        Select::Name(name) => ("name", name),
    };
    let fix = "paths look like `user.contacts[].email`, `@key`, `@headers.x-user`, `**.email`; names like `e_mail`";
    option_error("fields", format!("the {what} `{text}` {reason}"), fix.to_owned())
}

fn option_error(field: &str, reason: String, fix: String) -> CatalogError {
    CatalogError { file: "detect".to_owned(), line: None, field: field.to_owned(), reason, fix }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The rules of one entity alone, for its examples.
pub(super) fn alone(catalog: &Catalog, entity: EntityId) -> Result<Arc<Rules>, CatalogError> {
    Rules::of(catalog, |id| id == entity, &Region::ALL, Vec::new()).map(Arc::new)
}
