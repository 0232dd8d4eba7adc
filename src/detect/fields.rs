//! What the config and the catalog say a field is, by its path or its name.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::record::{EntityId, PathId, Paths};

use super::catalog::Entity;
use super::field_words::{Reading, readings, with_acronyms};
use super::members::{self, Members};
use super::rules::{Claim, FieldPlan, FieldRule, Nature, Role, Select, Thing};

/// Field rules, ready to be asked: path rules, then names of the config, then names of the catalog.
#[derive(Debug, Default)]
pub(super) struct Fields {
    paths: Vec<PathRule>,
    config_names: Names,
    catalog_names: Names,
    /// Entities that may never pass.
    never: Vec<EntityId>,
    /// Entities of card numbers.
    cards: Vec<EntityId>,
    /// What members are by those around and beside them.
    pub(super) members: Members,
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
    /// `*_email`: without the star and its `_`.
    suffixes: HashMap<Box<str>, FieldPlan>,
    /// `*fornavn`: with any letters before.
    glued: Vec<(Box<str>, FieldPlan)>,
    /// `email_*`.
    prefixes: HashMap<Box<str>, FieldPlan>,
    /// `email*`: with any letters behind.
    begun: Vec<(Box<str>, FieldPlan)>,
}

impl Fields {
    /// Adds a rule of the config. `Err` says what is wrong with its path or name.
    pub(super) fn add_rule(&mut self, rule: &FieldRule) -> Result<(), &'static str> {
        let (entity, action, scan) = (rule.entity, rule.action, rule.scan);
        // Who names a field exactly says what it is: `{name: session_id, entity: account}`.
        let (Select::Path(wide) | Select::Name(wide)) = &rule.select;
        let absolute = rule.hides || !wide.contains('*');
        let guarded = !scan && !absolute;
        let plan = FieldPlan { entity, action, scan, absolute, guarded, guess: false, listed: true, ..FieldPlan::SCAN };
        match &rule.select {
            Select::Path(path) => {
                let segments = parse_path(path)?;
                self.paths.push(PathRule { segments, plan });
            }
            Select::Name(name) => {
                let words = normalize(name.as_bytes());
                name_fault(name).map_or(Ok(()), Err)?;
                // `*_note` asks for words before, `*note` also for letters, and for nothing.
                let inner = name.trim_matches('*');
                // (What keeps asks for words always: it is not to let more pass than it names.)
                let joint =
                    |sign: Option<char>| if rule.scan && sign.is_some_and(char::is_alphanumeric) { "" } else { "_" };
                match (name.starts_with('*'), name.ends_with('*')) {
                    (false, false) => self.config_names.add(&words, plan),
                    (true, false) => self.config_names.add(&format!("*{}{words}", joint(inner.chars().next())), plan),
                    (false, true) => self.config_names.add(&format!("{words}{}*", joint(inner.chars().last())), plan),
                    (true, true) => unreachable!("invariant: such a name was refused above"),
                }
            }
        }
        Ok(())
    }

    /// Adds a field name of a catalog entity. The first entity that claims a name keeps it, and what may never pass also
    /// keeps what its wildcards claim.
    pub(super) fn add_catalog_name(&mut self, name: &str, entity: EntityId, claim: Claim) {
        let claimed = self.catalog_names.find(&name.replace('*', "x")).and_then(|plan| plan.entity);
        if claimed.is_some_and(|first| self.never.contains(&first) && !self.never.contains(&entity)) {
            return;
        }
        self.catalog_names.add(name, FieldPlan { entity: Some(entity), claim, ..FieldPlan::SCAN });
    }

    /// What is called as the fields of a card or a secret are is it, whatever a rule about more says.
    pub(super) fn protect(&mut self, id: EntityId, entity: &Entity) {
        self.never.extend(entity.never_passes.then_some(id));
        self.cards.extend(entity.is_card().then_some(id));
    }

    /// A rule about `card_*` makes no verification code pass, or be linked, and no card's number pass. (What it does else with
    /// the field it does, unless a card is in it.)
    fn outranks(&self, known: FieldPlan, rule: FieldPlan) -> bool {
        let is = |plan: FieldPlan, of: &[EntityId]| plan.entity.is_some_and(|entity| of.contains(&entity));
        let never = is(known, &self.never) && !is(rule, &self.never);
        let kept_card = !rule.scan && is(known, &self.cards);
        !rule.absolute && (never || kept_card)
    }

    /// The entity of the catalog that claims a field of this name.
    pub(super) fn entity_of_name(&self, name: &str) -> Option<EntityId> {
        self.catalog_names.find(&normalize(name.as_bytes())).and_then(|plan| plan.entity)
    }

    /// What is to be done with the values at `path`.
    pub(super) fn plan(&self, paths: &Paths, path: PathId) -> FieldPlan {
        let mut segments = paths.segments(path);
        let raw = segments.iter().rev().find(|s| **s != Paths::ELEMENT).map_or(&b""[..], |s| s);
        let name = normalize(raw);
        let part = segments.last() == Some(&Paths::ELEMENT);
        // Elements inherit from their array: without a rule of its own, `a[]` is asked as `a`.
        let (rule, by_path) = loop {
            if let Some(plan) = self.by_path(&segments) {
                break (Some(plan), true);
            }
            if segments.last().is_none_or(|s| *s != Paths::ELEMENT) {
                break (self.config_names.find(&name), false);
            }
            segments.pop();
        };
        let plan = self.plan_at(rule, by_path, (&segments, part), raw);
        // What the name says together with that of its object, too, holds against a rule about more.
        match rule.filter(|rule| !rule.absolute).map(|rule| (rule, self.plan_at(None, false, (&segments, part), raw))) {
            Some((rule, known)) if self.outranks(known, rule) => known.in_place_of(rule),
            _ => plan,
        }
    }

    /// The plan of a field by the rule that the config has for it.
    fn plan_at(
        &self,
        rule: Option<FieldPlan>,
        by_path: bool,
        (segments, part): (&[&[u8]], bool),
        raw: &[u8],
    ) -> FieldPlan {
        let name = normalize(raw);
        let role = if part { Role::None } else { role(&name) };
        let mut plan = self.plan_of(rule, &name);
        let excepted = !by_path && plan.entity.is_some_and(|entity| self.members.is_exception(entity, segments, &name));
        if excepted {
            plan = FieldPlan { listed: plan.listed, nature: nature(&name), ..FieldPlan::SCAN };
        }
        // Nobody knows the name: in an array it may be a plural, and with that of the object around it a name.
        let unknown = plan.entity.is_none() || plan.guess && plan.claim == Claim::Maybe;
        if unknown && !excepted && plan.action.is_none() && plan.scan && is_askable(&name) {
            let plural = || singular(&name).filter(|_| part).and_then(|name| self.catalog_names.find(&name));
            let acronyms = || with_acronyms(raw).and_then(|name| self.known(&name));
            let joined = || {
                let around = members::object_around(segments)?;
                let one = |name: &str| name.strip_suffix('s').unwrap_or(name).to_owned();
                // `{"cards": [{"number": …}]}`, `{"owners": [{"names": ["Ann"]}]}`
                let known = self.known(&format!("{around}_{name}"));
                let known = known.or_else(|| self.known(&format!("{}_{name}", one(&around))));
                let known = known.or_else(|| self.known(&format!("{}_{}", one(&around), one(&name))).filter(|_| part));
                known.map(|plan| FieldPlan { joined: true, ..plan })
            };
            let known = plural().or_else(acronyms).or_else(joined);
            plan = known.map_or(plan, |known| FieldPlan { listed: plan.listed, ..known });
        }
        plan.joined |= self.ends_otherwise(plan, &name);
        let thing = if by_path {
            Thing::No
        } else {
            self.members.thing(plan, (segments, part), &name, |name| self.known(name))
        };
        // What a rule of the config says of a field is obeyed, whatever the value.
        let complaint = plan.action.is_none() && holds_complaints(segments);
        // `{"kernel_versions": {"visa": "2.10.3.1"}}`
        let around = || members::object_around(segments).is_some_and(|around| around.ends_with("versions"));
        let versions = plan.nature == Nature::Any && plan.entity.is_none() && around();
        let nature = if versions { Nature::Version } else { plan.nature };
        FieldPlan { part, role, stem: stem(&name), thing, complaint, nature, ..plan }
    }

    /// Whether the last word of a name of the catalog may be another entity: an `emergency_contact` is a number or somebody.
    fn ends_otherwise(&self, plan: FieldPlan, name: &str) -> bool {
        let last = name.rsplit_once('_').and_then(|(_, last)| self.catalog_names.whole.get(last));
        plan.guess
            && plan.claim == Claim::Likely
            && plan.entity.is_some()
            && last.is_some_and(|last| last.claim == Claim::Maybe && last.entity != plan.entity)
    }

    /// What the catalog says of a name: as it stands, or read otherwise.
    fn known(&self, name: &str) -> Option<FieldPlan> {
        let find = |reading: Reading| match reading.whole {
            true => self.catalog_names.whole.get(&*reading.name).copied(),
            false => self.catalog_names.find(&reading.name),
        };
        let otherwise = || readings(name).into_iter().find_map(find);
        self.catalog_names.find(name).or_else(|| is_askable(name).then(otherwise).flatten())
    }

    /// The plan of a field with this name and the rule that the config has for it.
    fn plan_of(&self, rule: Option<FieldPlan>, name: &str) -> FieldPlan {
        let by_catalog = || {
            let unknown = FieldPlan { nature: nature(name), ..FieldPlan::SCAN };
            self.known(name).unwrap_or(unknown)
        };
        match rule {
            // It only lists the field: what that is the catalog says.
            Some(FieldPlan { entity: None, action: None, scan: true, .. }) => {
                FieldPlan { listed: true, ..by_catalog() }
            }
            Some(plan) => match self.known(name) {
                Some(known) if self.outranks(known, plan) => known.in_place_of(plan),
                _ => plan,
            },
            None => by_catalog(),
        }
    }

    /// The plan of a name in a text, by the rules about names.
    pub(super) fn plan_of_name(&self, name: &[u8]) -> FieldPlan {
        let name = normalize(name);
        self.plan_of(self.config_names.find(&name), &name)
    }

    /// The plan of the most exact rule, the later one of equals.
    fn by_path(&self, segments: &[&[u8]]) -> Option<FieldPlan> {
        // Whose sender wrote a header's name in which case nobody knows.
        let lower = match segments {
            [root, name, ..] if *root == HEADERS && name.iter().any(u8::is_ascii_uppercase) => {
                name.to_ascii_lowercase()
            }
            _ => Vec::new(),
        };
        let mut lowered = Vec::new();
        if !lower.is_empty() {
            lowered.extend_from_slice(segments);
            lowered[1] = &lower;
        }
        let fits = |rule: &&PathRule| {
            matches(&rule.segments, segments) || !lowered.is_empty() && matches(&rule.segments, &lowered)
        };
        let fitting = self.paths.iter().filter(fits);
        fitting.max_by_key(|rule| exactness(&rule.segments)).map(|rule| rule.plan)
    }
}

impl Names {
    fn add(&mut self, name: &str, plan: FieldPlan) {
        match (name.strip_prefix("*_"), name.strip_suffix("_*")) {
            (Some(suffix), _) => {
                self.suffixes.insert(suffix.into(), plan);
            }
            (None, Some(prefix)) => {
                self.prefixes.insert(prefix.into(), plan);
            }
            (None, None) => match (name.strip_prefix('*'), name.strip_suffix('*')) {
                (Some(ending), _) => self.glued.push((ending.into(), plan)),
                (None, Some(beginning)) => self.begun.push((beginning.into(), plan)),
                (None, None) => {
                    self.whole.entry(name.into()).or_insert(plan);
                }
            },
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
        let joints = || name.match_indices('_').map(|(at, _)| at);
        let suffix = joints().find_map(|at| self.suffixes.get_key_value(&name[at + 1..]));
        let prefix = joints().rev().find_map(|at| self.prefixes.get_key_value(&name[..at]));
        let glued = self.glued.iter().filter(|(ending, _)| name.ends_with(&**ending));
        let begun = self.begun.iter().filter(|(beginning, _)| name.starts_with(&**beginning));
        let letters = glued.chain(begun).map(|(part, plan)| (part, plan));
        // The last of equals wins: `*_note` before `*note`.
        letters.chain(suffix).chain(prefix).max_by_key(|(part, _)| part.len()).map(|(_, plan)| *plan)
    }
}

/// Words of names whose fields hold versions, and amounts; in English, Indonesian and Danish.
const VERSIONS: &[&str] = &[
    "version", "versions", "versi", "ver", "build", "release", "firmware", "revision", "semver", "sdk", "kernel", "fw",
    "sw",
];
const AMOUNTS: &[&str] = &[
    "amount", "amt", "total", "subtotal", "balance", "saldo", "stake", "bet", "payout", "winnings", "price", "harga",
    "jumlah", "nominal", "beløb", "belob", "pris", "sum", "fee", "turnover", "revenue", "omset", "cost", "biaya",
    "jackpot", "bonus", "points", "poin", "coins", "chips", "omzet",
];
/// Names of fields that hold what a case, an order or a company is known by.
const REFERENCES: &str = "
    sagsnr sags_nr sagsnummer sagsid sags_id journalnr journalnummer case_no case_nr case_number case_id ticket_no ticket_number ticket_id
    order_no order_nr order_number order_id ordrenr ordre_nr ordrenummer invoice_no invoice_number faktura_nr fakturanr fakturanummer
    cvr cvr_nr cvrnr cvrnummer cvr_nummer pakkenr pakke_nr varenr vare_nr
";
/// Names beside a value that it is the value of, and names of such values: `{"key": "email", "value": …}`.
const NAMES: &[&str] = &[
    "name",
    "key",
    "field",
    "field_name",
    "fieldname",
    "label",
    "param",
    "parameter",
    "attribute",
    "attr",
    "property",
    "header",
    "variable",
    "var",
    "option",
    "setting",
    "type",
    "kind",
    "question",
    "q",
    "title",
    "pertanyaan",
    "spørgsmål",
    "id",
    "k",
    "path",
    "id_type",
    "document_type",
    "doc_type",
    "nama",
    "kolom",
    "jenis",
    "navn",
    "felt",
    "nøgle",
];
const VALUES: &[&str] = &[
    "value",
    "val",
    "values",
    "v",
    "content",
    "data",
    "answer",
    "a",
    "text",
    "string_value",
    "field_value",
    "new_value",
    "old_value",
    "new",
    "old",
    "from",
    "to",
    "before",
    "after",
    "previous",
    "current",
    "number",
    "no",
    "code",
    "nilai",
    "isi",
    "jawaban",
    "værdi",
    "vaerdi",
    "svar",
    "s",
    "query",
    "string",
    "nomor",
    "nomer",
    "nummer",
    "nr",
    "rejected_value",
    "invalid_value",
    "given_value",
];

/// Names of lists that name the values in the lists beside them.
const LISTS: &[&str] = &[
    "columns",
    "column_names",
    "cols",
    "fields",
    "field_names",
    "headers",
    "header_row",
    "schema",
    "hdr",
    "param_names",
    "parameter_names",
    "names",
    "keys",
    "kolom",
    "kolonner",
];

/// Whether the object around holds what is wrong with a form's values.
fn holds_complaints(segments: &[&[u8]]) -> bool {
    const NAMES: [&str; 6] =
        ["errors", "validation", "validations", "validation_errors", "field_errors", "error_messages"];
    members::object_around(segments).is_some_and(|around| NAMES.contains(&around.as_str()))
}

/// Of the name of a list that of one of its values: `beneficiary_names`, `ip_addresses`. A lone word is too little.
fn singular(name: &str) -> Option<String> {
    let one = name.strip_suffix("sses").map(|stem| format!("{stem}ss"));
    one.or_else(|| name.strip_suffix('s').map(str::to_owned)).filter(|one| one.contains('_'))
}

/// Last words of the members of a pair that another word makes one: `q1_label`, `q1_answer`.
const PAIRED_NAMES: [&str; 5] = ["label", "question", "key", "field", "name"];
const PAIRED_VALUES: [&str; 6] = ["answer", "value", "val", "response", "svar", "jawaban"];

/// What two members of a pair share, as a number: `q1` of `q1_label`, and nothing of `label`.
fn stem(name: &str) -> u16 {
    let paired = |last: &str| PAIRED_NAMES.contains(&last) || PAIRED_VALUES.contains(&last);
    match name.rsplit_once('_') {
        Some((stem, last)) if paired(last) && !NAMES.contains(&name) && !VALUES.contains(&name) => {
            stem.bytes().fold(1, |hash: u16, b| hash.wrapping_mul(31).wrapping_add(u16::from(b)))
        }
        _ => 0,
    }
}

/// What part the field has in a pair of two members: a name, and its value.
fn role(name: &str) -> Role {
    let last = name.rsplit_once('_').map_or("", |(_, last)| last);
    if VALUES.contains(&name) {
        Role::Value
    } else if NAMES.contains(&name) {
        Role::Name
    } else if LISTS.contains(&name) {
        Role::Names
    } else if PAIRED_VALUES.contains(&last) {
        Role::Value
    } else if PAIRED_NAMES.contains(&last) {
        Role::Name
    } else {
        Role::None
    }
}

/// What the words of a field's name say of numbers in it: `app_version`, `amount_idr`, `total_beløb`; but `account_total_no`
/// may be anything.
fn nature(name: &str) -> Nature {
    const IDENTIFIERS: [&str; 6] = ["account", "card", "id", "no", "number", "phone"];
    let holds = |list: &[&str]| name.split('_').any(|word| list.contains(&word));
    if name.split('_').next_back().is_some_and(|word| VERSIONS.contains(&word)) {
        return Nature::Version;
    }
    let reference = |name: &str| REFERENCES.split_ascii_whitespace().any(|known| known == name);
    if holds(AMOUNTS) && !holds(&IDENTIFIERS) {
        Nature::Amount
    } else if reference(name) {
        Nature::Reference
    } else {
        Nature::Any
    }
}

/// Whether more than the name alone may be asked about it.
fn is_askable(name: &str) -> bool {
    name.contains(char::is_alphabetic) && !is_question(name)
}

/// `is_mobile`, `has_email`, `label_password`: a yes or no about a value, or words of a page about it, rather than the value.
fn is_question(name: &str) -> bool {
    const HEADS: [&str; 20] = [
        "is_",
        "has_",
        "can_",
        "use_",
        "allow_",
        "enable_",
        "label_",
        "hint_",
        "placeholder_",
        "tooltip_",
        "lbl_",
        "help_",
        "btn_",
        // How a password is reset is none.
        "how_",
        "why_",
        "hvordan_",
        "hvorfor_",
        "bagaimana_",
        "mengapa_",
        "kenapa_",
    ];
    const PUBLIC: [&str; 3] = ["public_key", "public_key_id", "public_key_token"];
    PUBLIC.contains(&name) || HEADS.iter().any(|word| name.starts_with(word))
}

/// A field's name in snake case and lower case: `customerEmail`, `customer-email`, `CUSTOMER_EMAIL` and
/// `Customer.Email` are all `customer_email`; `userIPv4` is `user_ipv4`.
pub fn normalize(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let name = String::from_utf8_lossy(name);
    let name: Cow<'_, str> = if name.contains("IPv") { name.replace("IPv", "Ipv").into() } else { name };
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
    if path == "$" || path.starts_with("$.") || path.starts_with("$[") {
        return Err("begins with `$`; leave that out: `user.email`");
    }
    if path.starts_with('/') {
        return Err("begins with `/`; write the names with dots between: `user.email`");
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
    // Names of headers fit in any case.
    if let [Segment::Name(root), Segment::Name(name), ..] = &mut segments[..]
        && **root == *HEADERS
    {
        name.make_ascii_lowercase();
    }
    Ok(segments)
}

/// What is wrong with a name of the config.
fn name_fault(name: &str) -> Option<&'static str> {
    let inner = name.strip_prefix('*').unwrap_or(name);
    let inner = inner.strip_suffix('*').unwrap_or(inner);
    if normalize(name.as_bytes()).is_empty() {
        Some("holds no letter or digit")
    } else if name.starts_with('*') && name.ends_with('*') {
        Some("has `*` at both ends; write two rules")
    } else if inner.contains('*') {
        Some("has `*` in its middle; it may stand at one end only")
    } else if name.contains('?') {
        Some("has `?`, which stands for nothing; `*` at one end stands for any letters, and `*_` or `_*` for words")
    } else if name.contains(['.', '[', '@']) {
        Some("looks like a path; write `path` in place of `name`")
    } else {
        None
    }
}

impl Select {
    /// What is wrong with it, if it selects nothing sensible.
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Select::Path(path) => parse_path(path).err(),
            Select::Name(name) => name_fault(name),
        }
    }
}

const HEADERS: &[u8] = b"@headers";

pub(super) fn is_root(name: &[u8]) -> bool {
    name == b"@key" || name == HEADERS
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

#[cfg(test)]
mod tests {
    use super::super::{Catalog, Detector, Options, Rules};
    use super::*;

    #[test]
    fn names_are_brought_to_snake_case() {
        for (name, normal) in [
            ("customerEmail", "customer_email"),
            ("CustomerEmail", "customer_email"),
            ("customer-email", "customer_email"),
            ("CUSTOMER_EMAIL", "customer_email"),
            ("customer.email", "customer_email"),
            ("customer email", "customer_email"),
            ("__email__", "email"),
            ("userIP", "user_ip"),
            ("IPAddress", "ip_address"),
            ("clientIPv4", "client_ipv4"),
            ("ip4Address", "ip4_address"),
            ("no_hp", "no_hp"),
            ("TelefonNummer", "telefon_nummer"),
            ("Kørekort", "kørekort"),
            ("$", ""),
            ("", ""),
        ] {
            assert_eq!(normalize(name.as_bytes()), normal, "{name}");
            assert_eq!(normalize(normal.as_bytes()), normal, "normal names stay");
        }
    }

    /// The entity that the built-in catalog and `rules` give to a field.
    fn entity_of(rules: &[FieldRule], segments: &[&str]) -> Option<String> {
        let catalog = Catalog::builtin();
        let rules = Rules::compile(&catalog, rules, &Options::default()).expect("compiles");
        let mut detector = Detector::new(rules.into());
        let mut paths = Paths::new();
        let mut at = PathId::ROOT;
        for segment in segments {
            at = match *segment {
                "@headers" => PathId::HEADERS,
                "@key" => PathId::KEY,
                name => paths.child(at, at, name.as_bytes()),
            };
        }
        let plan = detector.plan(&paths, at);
        assert_eq!(plan, detector.plan(&paths, at), "the plan is remembered");
        plan.entity.map(|id| catalog.entities()[id.0 as usize].name.clone())
    }

    fn rule(select: Select, entity: &str) -> FieldRule {
        FieldRule { select, entity: Catalog::builtin().find(entity), action: None, scan: true, hides: false }
    }

    #[test]
    fn a_star_stands_for_letters_and_a_star_with_a_joint_for_words() {
        for (rule_name, name, fits) in [
            ("*note", "note", true),
            ("*note", "footnote", true),
            ("*note", "shopNote", true),
            ("*note", "note_x", false),
            ("*_note", "shop-note", true),
            ("*_note", "note", false),
            ("*_note", "footnote", false),
            ("memo*", "memos", true),
            ("memo*", "memo_text", true),
            ("memo_*", "memos", false),
            ("memo_*", "memoText", true),
        ] {
            let rules = [rule(Select::Name(rule_name.to_owned()), "cpr")];
            assert_eq!(entity_of(&rules, &[name]).as_deref() == Some("cpr"), fits, "{rule_name} {name}");
        }
    }

    #[test]
    fn the_catalog_knows_fields_in_three_languages_and_any_case() {
        for (name, entity) in [
            ("email", "email"),
            ("customerEmail", "email"),
            ("E-Mail", "email"),
            ("email2", "email"),
            ("email_2", "email"),
            ("alamat_email", "email"),
            ("client_ip", "ip"),
            ("clientIPv4", "ip"),
            ("X-Real-IP", "ip"),
            ("client_ip_int", "ip"),
            ("hp", "phone"),
            ("no_hp", "phone"),
            ("noHp", "phone"),
            ("nomorTelepon", "phone"),
            ("mobil", "phone"),
            ("tlf", "phone"),
            ("msisdn", "phone"),
            ("phoneNumber", "phone"),
            ("contactPhone", "phone"),
            ("pan", "payment_card"),
            ("cardNumber", "payment_card"),
            ("nomor_kartu", "payment_card"),
            ("kortnummer", "payment_card"),
            ("iban", "iban"),
            ("payeeIban", "iban"),
        ] {
            assert_eq!(entity_of(&[], &["user", name]).as_deref(), Some(entity), "{name}");
        }
        for name in [
            "email_verified",
            "emailCount",
            "is_mobile",
            "isMobile",
            "has_email",
            "vip",
            "zip",
            "tooltip",
            "description",
            "company",
            "ship",
            "japan",
            "card_type",
            "ip_version",
            "phone_model",
            "user_id",
            "hpx",
            "ibanez",
            "",
        ] {
            assert_eq!(entity_of(&[], &["user", name]), None, "{name}");
        }
    }

    #[test]
    fn the_role_of_a_person_with_a_word_for_name_is_a_name_and_that_of_a_thing_is_none() {
        for name in [
            "staff_name",
            "attendeeName",
            "inquiryName",
            "expectedName",
            "beneficiaryName",
            "lineManagerName",
            "sellerName",
            "namaAkun",
            "namaAgen",
            "nama_petugas",
            "penerimaNama",
            "driver_nama",
            "medlemsNavn",
            "kundensNavn",
            "medarbejderNavn",
            "sagsbehandlerens_navn",
            "gæstenavn",
            "mottakerNavn",
        ] {
            assert_eq!(entity_of(&[], &["event", name]).as_deref(), Some("person_name"), "{name}");
        }
        for name in [
            "product_name",
            "gameName",
            "bankName",
            "merchantName",
            "eventName",
            "file_name",
            "planName",
            "hostName",
            "user_name",
            "teamName",
            "serviceName",
            "companyName",
            "nama_produk",
            "nama_bank",
            "namaToko",
            "produktNavn",
            "butiksnavn",
            "brokerName",
        ] {
            assert_ne!(entity_of(&[], &["event", name]).as_deref(), Some("person_name"), "{name}");
        }
        for (name, entity) in [
            ("passwordTried", "password"),
            ("password_attempt", "password"),
            ("passwordUsed", "password"),
            ("triedPin", "pin"),
            ("pin_tried", "pin"),
            ("walletSeed", "secret"),
            ("seed_phrase", "secret"),
            ("frase_pemulihan", "secret"),
            ("plat_nomor", "vehicle_plate"),
            ("nummerplade", "vehicle_plate"),
            ("licensePlate", "vehicle_plate"),
            ("plateNumber", "vehicle_plate"),
            ("nopol", "vehicle_plate"),
            ("foto_ktp", "id_photo"),
            ("selfieUrl", "id_photo"),
            ("kørekort_forside", "id_photo"),
            ("bill_to", "address"),
            ("kirimKe", "address"),
        ] {
            assert_eq!(entity_of(&[], &["event", name]).as_deref(), Some(entity), "{name}");
        }
    }

    #[test]
    fn elements_inherit_from_their_array_and_members_do_not() {
        assert_eq!(entity_of(&[], &["emails", "[]"]), None, "the catalog has no such name");
        assert_eq!(entity_of(&[], &["email", "[]"]).as_deref(), Some("email"));
        assert_eq!(entity_of(&[], &["email", "[]", "[]"]).as_deref(), Some("email"));
        assert_eq!(entity_of(&[], &["email", "note"]), None);
        assert_eq!(entity_of(&[], &["email", "[]", "note"]), None);
        let path = |p: &str| rule(Select::Path(p.to_owned()), "phone");
        assert_eq!(entity_of(&[path("a.b")], &["a", "b", "[]"]).as_deref(), Some("phone"));
        assert_eq!(entity_of(&[path("a.b")], &["a", "b", "c"]), None);
        assert_eq!(entity_of(&[path("a.**")], &["a", "b", "c"]).as_deref(), Some("phone"));
    }

    #[test]
    fn paths_select_exactly_and_with_stars() {
        let fits = |path: &str, segments: &[&str]| {
            entity_of(&[rule(Select::Path(path.to_owned()), "phone")], segments).as_deref() == Some("phone")
        };
        assert!(fits("user.contacts[].x", &["user", "contacts", "[]", "x"]));
        assert!(!fits("user.contacts.x", &["user", "contacts", "[]", "x"]));
        assert!(fits("user.*.x", &["user", "contacts", "x"]));
        assert!(!fits("user.*.x", &["user", "contacts", "[]", "x"]));
        assert!(fits("user.**.x", &["user", "contacts", "[]", "x"]));
        assert!(fits("user.**.x", &["user", "x"]));
        assert!(fits("**.x", &["x"]));
        assert!(fits("@headers.x-user", &["@headers", "x-user"]));
        assert!(fits("@headers.x-ref", &["@headers", "X-REF"]), "names of headers fit in any case");
        assert!(fits("@headers.X-Ref.a", &["@headers", "x-REF", "a"]));
        assert!(fits("**.X-REF", &["@headers", "X-REF"]));
        assert!(!fits("@headers.x-ref.A", &["@headers", "x-ref", "a"]), "what is in them does not");
        assert!(fits("@key", &["@key"]));
        assert!(fits("a/b.$x", &["a/b", "$x"]), "keys of JSON may hold anything");
        assert!(!fits("X", &["x"]), "keys of JSON differ by case");
        assert!(fits("[].x", &["[]", "x"]));
    }

    #[test]
    fn a_path_beats_a_name_of_the_config_which_beats_the_catalog() {
        let path = rule(Select::Path("user.email".to_owned()), "phone");
        let name = rule(Select::Name("eMail".to_owned()), "ip");
        let any = rule(Select::Path("**".to_owned()), "iban");
        let email = &["user", "email"][..];
        assert_eq!(entity_of(&[name.clone(), path.clone(), any.clone()], email).as_deref(), Some("phone"));
        assert_eq!(entity_of(&[path.clone(), any.clone(), name.clone()], &["e_mail"]).as_deref(), Some("iban"));
        assert_eq!(entity_of(&[path, name.clone()], &["other", "e_mail"]).as_deref(), Some("ip"));
        let starred = rule(Select::Name("*_mail".to_owned()), "phone");
        assert_eq!(entity_of(&[starred, name], &["workMail"]).as_deref(), Some("phone"));
    }

    #[test]
    fn a_rule_may_leave_a_field_alone() {
        let catalog = Catalog::builtin();
        let keep = FieldRule {
            select: Select::Name("email".to_owned()),
            entity: None,
            action: None,
            scan: false,
            hides: false,
        };
        let rules = Rules::compile(&catalog, &[keep], &Options::default()).expect("compiles");
        let mut paths = Paths::new();
        let email = paths.child(PathId::ROOT, PathId::ROOT, b"email");
        let plan = Detector::new(rules.into()).plan(&paths, email);
        assert_eq!(plan, FieldPlan { scan: false, guess: false, listed: true, absolute: true, ..FieldPlan::SCAN });
    }

    #[test]
    fn a_rule_that_selects_nothing_sensible_is_an_error() {
        for (select, reason) in [
            (Select::Path(String::new()), "is empty"),
            (Select::Path("a..b".to_owned()), "empty part"),
            (Select::Path("a[0].b".to_owned()), "`[]` only"),
            (Select::Path("@haeders.x".to_owned()), "there are `@key` and `@headers`"),
            (Select::Path("$.user.email".to_owned()), "begins with `$`; leave that out"),
            (Select::Path("$".to_owned()), "begins with `$`"),
            (Select::Path("/user/email".to_owned()), "begins with `/`; write the names with dots between"),
            (Select::Name("?ick".to_owned()), "has `?`, which stands for nothing"),
            (Select::Name("--".to_owned()), "no letter or digit"),
            (Select::Name("*_a_*".to_owned()), "both ends"),
            (Select::Name("a*b".to_owned()), "one end only"),
            (Select::Name("user.email".to_owned()), "looks like a path"),
        ] {
            let error = Rules::compile(&Catalog::builtin(), &[rule(select, "ip")], &Options::default());
            let error = error.expect_err("an error").to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
