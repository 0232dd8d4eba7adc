//! What the config and the catalog say a field is, by its path or its name.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::record::{ActionId, EntityId, PathId, Paths};

use super::rules::{FieldPlan, FieldRule, Select};

/// Field rules, ready to be asked: path rules, then names of the config, then names of the catalog.
#[derive(Debug, Default)]
pub(super) struct Fields {
    paths: Vec<PathRule>,
    config_names: Names,
    catalog_names: Names,
}

#[derive(Debug)]
struct PathRule {
    segments: Vec<Segment>,
    plan: FieldPlan,
}

/// One part of a path rule.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// This key, or `[]`.
    Name(Box<[u8]>),
    /// `*`: any one.
    One,
    /// `**`: any number, none too.
    Any,
}

/// Names in snake case; of several that fit a name the whole one wins, then the longest.
#[derive(Debug, Default)]
struct Names {
    whole: HashMap<Box<str>, FieldPlan>,
    /// `*_email`: without the star, the plan.
    suffixes: Vec<(Box<str>, FieldPlan)>,
    /// `email_*`.
    prefixes: Vec<(Box<str>, FieldPlan)>,
}

impl Fields {
    /// Adds a rule of the config. `Err` says what is wrong with its path or name.
    pub(super) fn add_rule(&mut self, rule: &FieldRule) -> Result<(), &'static str> {
        let plan = FieldPlan { entity: rule.entity, action: rule.action, scan: rule.scan };
        match &rule.select {
            Select::Path(path) => {
                let segments = parse_path(path)?;
                self.paths.push(PathRule { segments, plan });
            }
            Select::Name(name) => {
                let words = normalize(name.as_bytes());
                if words.is_empty() {
                    return Err("holds no letter or digit");
                }
                match (name.starts_with('*'), name.ends_with('*')) {
                    (false, false) => self.config_names.add(&words, plan),
                    (true, false) => self.config_names.add(&format!("*_{words}"), plan),
                    (false, true) => self.config_names.add(&format!("{words}_*"), plan),
                    (true, true) => return Err("has `*` at both ends; write two rules"),
                }
            }
        }
        Ok(())
    }

    /// Adds a field name of a catalog entity. The first entity that claims a name keeps it.
    pub(super) fn add_catalog_name(&mut self, name: &str, entity: EntityId) {
        self.catalog_names.add(name, FieldPlan { entity: Some(entity), action: None, scan: true });
    }

    /// What is to be done with the values at `path`.
    pub(super) fn plan(&self, paths: &Paths, path: PathId) -> FieldPlan {
        let mut segments = paths.segments(path);
        let name = segments.iter().rev().find(|s| **s != Paths::ELEMENT).map_or(&b""[..], |s| s);
        let name = normalize(name);
        // Elements inherit from their array: without a rule of its own, `a[]` is asked as `a`.
        loop {
            if let Some(plan) = self.by_path(&segments) {
                return plan;
            }
            if segments.last().is_none_or(|s| *s != Paths::ELEMENT) {
                break;
            }
            segments.pop();
        }
        let by_name = self.config_names.find(&name).or_else(|| self.catalog_names.find(&name));
        by_name.unwrap_or(FieldPlan::SCAN)
    }

    /// The plan of the most exact rule, the later one of equals.
    fn by_path(&self, segments: &[&[u8]]) -> Option<FieldPlan> {
        let fitting = self.paths.iter().filter(|rule| matches(&rule.segments, segments));
        fitting.max_by_key(|rule| exactness(&rule.segments)).map(|rule| rule.plan)
    }
}

impl FieldPlan {
    /// The plan of a field that nothing is known of: look at the content.
    pub(super) const SCAN: FieldPlan = FieldPlan { entity: None, action: None::<ActionId>, scan: true };
}

impl Names {
    fn add(&mut self, name: &str, plan: FieldPlan) {
        match (name.strip_prefix("*_"), name.strip_suffix("_*")) {
            (Some(suffix), _) => self.suffixes.push((suffix.into(), plan)),
            (None, Some(prefix)) => self.prefixes.push((prefix.into(), plan)),
            (None, None) => {
                self.whole.entry(name.into()).or_insert(plan);
            }
        }
    }

    /// `email_2` and `phone1` are asked as `email` and `phone` when nothing fits them as they are.
    fn find(&self, name: &str) -> Option<FieldPlan> {
        let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        let or_unnumbered = || (unnumbered != name).then(|| self.find_exact(unnumbered)).flatten();
        self.find_exact(name).or_else(or_unnumbered)
    }

    fn find_exact(&self, name: &str) -> Option<FieldPlan> {
        if let Some(plan) = self.whole.get(name) {
            return Some(*plan);
        }
        if is_question(name) {
            return None;
        }
        let suffix = self
            .suffixes
            .iter()
            .filter(|(suffix, _)| name.strip_suffix(&**suffix).is_some_and(|rest| rest.ends_with('_')));
        let prefix = self
            .prefixes
            .iter()
            .filter(|(prefix, _)| name.strip_prefix(&**prefix).is_some_and(|rest| rest.starts_with('_')));
        suffix.chain(prefix).max_by_key(|(part, _)| part.len()).map(|(_, plan)| *plan)
    }
}

/// `is_mobile`, `has_email`: a yes or no about a value rather than the value.
fn is_question(name: &str) -> bool {
    ["is_", "has_", "can_", "use_", "allow_", "enable_"].iter().any(|word| name.starts_with(word))
}

/// A field's name in snake case and lower case: `customerEmail`, `customer-email`, `CUSTOMER_EMAIL` and
/// `Customer.Email` are all `customer_email`; `userIPv4` is `user_ipv4`.
pub(super) fn normalize(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let name: Cow<'_, str> = if name.contains("IPv") { name.replace("IPv", "Ipv").into() } else { name };
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous = None::<char>;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            previous = None;
            continue;
        }
        let starts_word = c.is_uppercase()
            && previous.is_some_and(|p| {
                let next_is_lower = chars.peek().is_some_and(|n| n.is_lowercase());
                p.is_lowercase() || p.is_ascii_digit() || (p.is_uppercase() && next_is_lower)
            });
        if !out.is_empty() && (previous.is_none() || starts_word) {
            out.push('_');
        }
        out.extend(c.to_lowercase());
        previous = Some(c);
    }
    out
}

/// The segments of `user.contacts[].email`, `@key`, `@headers.x-user`, `**.email`.
fn parse_path(path: &str) -> Result<Vec<Segment>, &'static str> {
    let mut segments = Vec::new();
    if path.is_empty() {
        return Err("is empty");
    }
    for part in path.split('.') {
        let name = part.trim_end_matches("[]");
        match name {
            "" if part.is_empty() => return Err("has an empty part between two dots"),
            "" => {}
            "*" => segments.push(Segment::One),
            "**" => segments.push(Segment::Any),
            name if name.contains('[') || name.contains(']') => {
                return Err("may have `[]` only, at the end of a part: a place in an array cannot be chosen");
            }
            name => segments.push(Segment::Name(name.as_bytes().into())),
        }
        let elements = (part.len() - name.len()) / 2;
        segments.extend(std::iter::repeat_n(Segment::Name(Paths::ELEMENT.into()), elements));
    }
    if matches!(segments.first(), Some(Segment::Name(name)) if name.starts_with(b"@") && !is_root(name)) {
        return Err("begins with `@`; there are `@key` and `@headers`");
    }
    Ok(segments)
}

fn is_root(name: &[u8]) -> bool {
    name == b"@key" || name == b"@headers"
}

fn matches(rule: &[Segment], path: &[&[u8]]) -> bool {
    match (rule, path) {
        ([], []) => true,
        ([Segment::Any, rest @ ..], _) => {
            matches(rest, path) || path.split_first().is_some_and(|(_, path)| matches(rule, path))
        }
        ([Segment::One, rest @ ..], [_, path @ ..]) => matches(rest, path),
        ([Segment::Name(name), rest @ ..], [first, path @ ..]) => **name == **first && matches(rest, path),
        _ => false,
    }
}

/// Rules with more names are more exact; of equals those without `**`.
fn exactness(rule: &[Segment]) -> (usize, bool) {
    let names = rule.iter().filter(|s| matches!(s, Segment::Name(_))).count();
    (names, !rule.contains(&Segment::Any))
}
