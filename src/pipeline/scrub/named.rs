//! Values that are named by what stands beside them: `{"name": "email", "value": …}`, `["--password", "hunter2"]`,
//! `[["user", "siti"], ["pin", "4711"]]`.

use super::Core;
use crate::detect::{Claim, FieldPlan, Role, Thing, is_name, may_be_full_name, normalize};
use crate::record::{EntityId, Kind, PathId, Paths, Scalar};

/// How far away on the tape the name of a value is looked for.
const REACH: usize = 24;
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Objects that are things by one of their members.
#[derive(Default)]
pub(super) struct Signs {
    /// Paths below this one are known.
    looked: u32,
    /// Paths of the objects.
    parents: Vec<PathId>,
}

impl Core {
    /// The plan of the value at `i`: what is beside it may name it.
    #[inline]
    pub(super) fn plan_at(&mut self, tape: &[Scalar], i: usize, text: &str) -> FieldPlan {
        let plan = self.detector.plan(&self.paths, tape[i].path);
        let named = || may_be_full_name(&text[tape[i].span.range()]);
        let thing = match plan.thing {
            Thing::Maybe => self.is_of_thing(tape, i, text),
            Thing::Likely => tape[i].kind == Kind::String && (!named() || self.is_of_thing(tape, i, text)),
            _ => false,
        };
        if thing {
            return FieldPlan { entity: None, action: None, scan: true, ..plan };
        }
        let said = match plan.thing {
            Thing::Beside(entity) => self.is_said_of(tape, i, text, entity).then_some(entity),
            Thing::InPair(entity) => self.is_in_pair(tape, i, text).then_some(entity),
            _ => None,
        };
        if said.is_some() {
            // `{"name": "password", "code": "hunter2", "type": "verify"}`: a name beside it says more.
            let named = if plan.role == Role::None { plan } else { self.named(tape, i, text, plan) };
            return if named.entity.is_some() {
                named
            } else {
                FieldPlan { entity: said, claim: Claim::Maybe, ..plan }
            };
        }
        if plan.joined && plan.guess && plan.role == Role::None && tape[i].kind == Kind::String {
            return self.or_alone(tape, i, text, plan);
        }
        let behind = plan.part && i > 0 && tape[i - 1].kind == Kind::String && tape[i - 1].path == tape[i].path;
        if plan.role == Role::None && !behind || plan.action.is_some() || !plan.scan {
            return plan;
        }
        self.named(tape, i, text, plan)
    }

    /// As [`Core::plan_at`], where there may be a name.
    fn named(&mut self, tape: &[Scalar], i: usize, text: &str, own: FieldPlan) -> FieldPlan {
        let name = match own.role {
            Role::Value if own.entity.is_none() || own.joined => self.sibling(tape, i, own, Role::Name),
            // `{"name": "email", "value": …}`: the name is nobody's.
            Role::Name if self.names_a_field(&tape[i], text) && self.sibling(tape, i, own, Role::Value).is_some() => {
                return FieldPlan { entity: None, ..own };
            }
            Role::None if own.entity.is_none() => {
                option_before(tape, i, text).or_else(|| self.first_of_pair(tape, i, text))
            }
            _ => None,
        };
        let Some(name) = name.filter(|name| name.span.len() <= NAME_BYTES_MAX) else { return own };
        // What was scrubbed names nothing any more.
        if self.detector.is_own_token(&text[name.span.range()]) {
            return own;
        }
        // `/customer/full_name`: of a path the last step.
        let is_option = text[name.span.range()].starts_with("--");
        let name = text[name.span.range()].trim_start_matches('-').rsplit('/').next().unwrap_or_default();
        let plan = self.detector.plan_of_name(name.as_bytes());
        // What stands behind an option is its value, whatever it looks like.
        let claim = if is_option { Claim::Sure } else { plan.claim };
        let plan = FieldPlan { claim, ..plan };
        let value = &text[tape[i].span.range()];
        let complaint = self.paths.name(tape[i].path) == b"code" && is_fault(value, name);
        let container = matches!(tape[i].kind, Kind::Object | Kind::Array);
        match plan.entity {
            // All that is in it is named, too: `{"key": "password", "value": {"stringValue": …}}`.
            _ if complaint => own,
            Some(_) if container => FieldPlan { claim: Claim::Sure, part: own.part, ..plan },
            Some(entity) if self.is_meant(entity, plan, value) => FieldPlan { part: own.part, ..plan },
            _ => own,
        }
    }

    /// Whether the text at hand is the name of a field that the rules know.
    fn names_a_field(&mut self, scalar: &Scalar, text: &str) -> bool {
        let name = &text[scalar.span.range()];
        scalar.kind == Kind::String
            && name.len() <= NAME_BYTES_MAX
            && self.detector.plan_of_name(name.as_bytes()).entity.is_some()
    }

    /// Whether a member beside the one at hand says that their object is a thing: its name is nobody's.
    #[cold]
    fn is_of_thing(&mut self, tape: &[Scalar], i: usize, text: &str) -> bool {
        let parent = self.paths.parent(tape[i].path);
        if !self.has_sign(parent) {
            return false;
        }
        let in_list = self.paths.name(parent) == Paths::ELEMENT;
        let (mut signs, mut wares) = (0, 0);
        for beside in members_beside(tape, i) {
            if beside.kind == Kind::Key || self.paths.parent(beside.path) != parent {
                continue;
            }
            let plan = self.detector.plan(&self.paths, beside.path);
            // What has a telephone number, too, is somebody.
            if plan.entity.is_some() && beside.path != tape[i].path {
                return false;
            }
            signs += u32::from(plan.thing == Thing::Sign);
            wares += u32::from(plan.thing == Thing::SignInList);
        }
        // One of them alone may be anything: `{"namespace": "eu", "name": "Siti"}`.
        signs > 1 || in_list && wares > 0 || signs + wares > 0 && !is_name(&text[tape[i].span.range()])
    }

    /// The plan by the member's own name where its value is not what that and the object's name together say:
    /// `{"visit": {"contact": "Ann Larsen"}}` is no number, as `visit_contact` would be.
    #[cold]
    fn or_alone(&mut self, tape: &[Scalar], i: usize, text: &str, joined: FieldPlan) -> FieldPlan {
        let value = &text[tape[i].span.range()];
        if joined.entity.is_some_and(|entity| self.is_meant(entity, joined, value)) {
            return joined;
        }
        let own = normalize(self.paths.name(tape[i].path));
        let alone = self.detector.plan_of_name(own.as_bytes());
        // `{"emergency_contact": "Ann Larsen"}`: its last word alone says so.
        let alone = match own.rsplit_once('_') {
            Some((_, last)) if alone.entity == joined.entity => self.detector.plan_of_name(last.as_bytes()),
            _ => alone,
        };
        let fits =
            alone.claim == Claim::Maybe && alone.entity.is_some_and(|entity| self.is_meant(entity, alone, value));
        if fits { FieldPlan { part: joined.part, ..alone } } else { joined }
    }

    /// Whether a member beside the one at hand says that it is this entity.
    #[cold]
    fn is_said_of(&mut self, tape: &[Scalar], i: usize, text: &str, entity: EntityId) -> bool {
        let parent = self.paths.parent(tape[i].path);
        let mut said = false;
        for beside in members_beside(tape, i) {
            if beside.kind == Kind::Key || self.paths.parent(beside.path) != parent {
                continue;
            }
            match self.detector.plan(&self.paths, beside.path).thing {
                Thing::Denies(of) if of == entity && beside.kind != Kind::Null => return false,
                Thing::Says(of) => said |= of == entity,
                Thing::MaySay(of) if of == entity && beside.kind == Kind::String => {
                    said = said || self.detector.says(entity, &text[beside.span.range()]);
                }
                _ => {}
            }
        }
        said
    }

    /// Whether the element at hand is one of two, both of them degrees.
    #[cold]
    fn is_in_pair(&self, tape: &[Scalar], i: usize, text: &str) -> bool {
        let list = self.paths.parent(tape[i].path);
        let Some(open) = (i.saturating_sub(2)..i).rev().find(|&at| tape[at].path == list) else { return false };
        let inside = tape[open + 1..].iter().take(3).take_while(|s| s.span.start < tape[open].span.end);
        let degrees = |s: &Scalar| s.kind == Kind::Number && is_degrees(&text[s.span.range()]);
        inside.clone().count() == 2
            && inside.clone().all(degrees)
            && inside.into_iter().any(|s| is_whole(&text[s.span.range()]))
    }

    /// Whether an object at this path ever had a member that says it is a thing: most have none.
    fn has_sign(&mut self, parent: PathId) -> bool {
        let Signs { looked, parents } = &mut self.signs;
        for path in *looked..self.paths.len() as u32 {
            let thing = self.detector.plan(&self.paths, PathId(path)).thing;
            if matches!(thing, Thing::Sign | Thing::SignInList) {
                parents.push(self.paths.parent(PathId(path)));
            }
        }
        *looked = self.paths.len() as u32;
        parents.contains(&parent)
    }

    /// The member of the same object that has this role, and shares what their names share; a name must be a text.
    fn sibling<'t>(&mut self, tape: &'t [Scalar], i: usize, own: FieldPlan, role: Role) -> Option<&'t Scalar> {
        let at = &tape[i];
        let parent = self.paths.parent(at.path);
        let mut siblings = members_beside(tape, i);
        siblings.find(|s| {
            if s.kind == Kind::Key || self.paths.parent(s.path) != parent {
                return false;
            }
            let fits = role == Role::Value || s.kind == Kind::String;
            let plan = self.detector.plan(&self.paths, s.path);
            let names = match role {
                Role::Name => (self.paths.name(s.path), self.paths.name(at.path)),
                _ => (self.paths.name(at.path), self.paths.name(s.path)),
            };
            fits && s.path != at.path && plan.role == role && plan.stem == own.stem && may_pair(names)
        })
    }

    /// The first of the two elements of an array within an array: `[["user", "siti"], ["pin", "4711"]]`.
    fn first_of_pair<'t>(&mut self, tape: &'t [Scalar], i: usize, text: &str) -> Option<&'t Scalar> {
        let at = i.checked_sub(2)?;
        let pair = &tape[at];
        let inside = pair.kind == Kind::Array && self.paths.parent(tape[i].path) == pair.path;
        let last = tape.get(i + 1).is_none_or(|next| next.span.start >= pair.span.end);
        let is_pair = inside && last && self.paths.name(pair.path) == Paths::ELEMENT;
        // `[["email", "pin"], …]` names two columns.
        (is_pair && !self.is_header(tape, at, text)).then(|| &tape[i - 1])
    }
}

/// A decimal number of degrees with five decimals or more: a step of a metre.
fn is_degrees(text: &str) -> bool {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    (5..=17).contains(&decimals) && text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 180.0)
}

/// Whether a number is one or more: two parts of a picture's width are no place.
fn is_whole(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number.abs() >= 1.0)
}

/// `{"field": "email", "code": "required"}`: what is wrong with it, as libraries of validation call it.
fn is_fault(value: &str, name: &str) -> bool {
    const FAULTS: [&str; 24] = [
        "required",
        "invalid",
        "missing",
        "taken",
        "blank",
        "empty",
        "null",
        "not_null",
        "unique",
        "not_unique",
        "exists",
        "duplicate",
        "format",
        "pattern",
        "luhn",
        "min",
        "max",
        "min_length",
        "max_length",
        "too_short",
        "too_long",
        "type",
        "mismatch",
        "unknown",
    ];
    // `EMAIL_INVALID`, `email.too_short`: what is wrong, and with what.
    const BETWEEN: [&str; 8] = ["is", "not", "no", "too", "short", "long", "already", "error"];
    let any = |words: &[&str], part: &str| words.iter().any(|word| word.eq_ignore_ascii_case(part));
    let named = normalize(name.as_bytes());
    let of_name = |part: &str| named.split('_').any(|word| word.eq_ignore_ascii_case(part));
    let mut parts = value.split(['_', '.']);
    any(&FAULTS, value)
        || parts.clone().count() > 1
            && parts.clone().any(|part| any(&FAULTS, part))
            && parts.all(|part| any(&FAULTS, part) || any(&BETWEEN, part) || of_name(part))
}

/// Whether a name and a value of these names may be a pair: short and common ones pair with their own kind only.
fn may_pair((name, value): (&[u8], &[u8])) -> bool {
    let is = |word: &[u8], list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    match () {
        () if is(value, &["a"]) => is(name, &["q", "question"]),
        () if is(name, &["q"]) => is(value, &["a", "answer"]),
        () if is(name, &["title"]) => is(value, &["value", "answer"]),
        () => true,
    }
}

/// What stands near on the tape and in the same object, before and behind; what is deeper in it, too.
fn members_beside(tape: &[Scalar], i: usize) -> impl Iterator<Item = &Scalar> {
    let end = tape[i].span.end;
    let around = |s: &Scalar| matches!(s.kind, Kind::Object | Kind::Array) && s.span.end >= end;
    let first = tape[..i].iter().rev().take(REACH).position(around);
    let (before, until) = match first {
        Some(first) => (&tape[i - first..i], tape[i - 1 - first].span.end),
        None => (&tape[i..i], 0),
    };
    before.iter().chain(tape[i + 1..].iter().take(REACH).take_while(move |s| s.span.start < until))
}

/// The element before, when it is the name of an option and this one is none.
fn option_before<'t>(tape: &'t [Scalar], i: usize, text: &str) -> Option<&'t Scalar> {
    let (option, value) = (&tape[i - 1], &tape[i]);
    let is_option = |s: &Scalar| text[s.span.range()].starts_with("--") && !text[s.span.range()].contains(['=', ' ']);
    (option.path == value.path && is_option(option) && !is_option(value)).then_some(option)
}
