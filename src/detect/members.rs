//! What a member of an object is by the objects around it and the members beside it: `name` of a product is nobody's, `nomor`
//! beside `bank` is an account's number.

use serde_saphyr::Spanned;

use crate::record::{EntityId, Paths};

use super::fields::{is_root, normalize};
use super::rules::{FieldPlan, Thing};
use super::spec::EntitySpec;

/// What the entity files say of it.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Members that are not what their names say in some objects.
    exceptions: Vec<Exception>,
    /// Members whose names say something beside others only.
    beside: Vec<Beside>,
    /// Names of lists that are an entity when two numbers are in them.
    pairs: Vec<(EntityId, Box<str>)>,
}

/// `{"product": {"name": …}}` names nobody.
#[derive(Debug)]
struct Exception {
    entity: EntityId,
    members: Vec<Box<str>>,
    objects: Vec<Box<str>>,
    maybe_objects: Vec<Box<str>>,
    lists: Vec<Box<str>>,
    siblings: Vec<Box<str>>,
    siblings_in_lists: Vec<Box<str>>,
}

/// Names of members that are an entity, and of those beside them that say so.
#[derive(Debug)]
struct Beside {
    entity: EntityId,
    members: Vec<Box<str>>,
    siblings: Vec<Box<str>>,
    said_in: Vec<Box<str>>,
    words: Vec<Box<str>>,
    unless: Vec<Box<str>>,
}

/// Longest text that may say what stands beside it, in bytes: the name of an event, and no message.
const TELLING_BYTES_MAX: usize = 64;

impl Members {
    /// Adds what one entity's file says.
    pub(super) fn add(&mut self, entity: EntityId, spec: &EntitySpec) {
        let names = |list: &[Spanned<String>]| list.iter().map(|name| name.value.as_str().into()).collect();
        self.exceptions.extend(spec.not_of.as_ref().map(|not_of| Exception {
            entity,
            members: names(&not_of.fields),
            objects: names(&not_of.objects),
            maybe_objects: names(&not_of.maybe_objects),
            lists: names(&not_of.lists),
            siblings: names(&not_of.siblings),
            siblings_in_lists: names(&not_of.siblings_in_lists),
        }));
        let beside = spec.fields_beside.as_ref();
        self.beside.extend(beside.map(|b| Beside {
            entity,
            members: names(&b.fields),
            siblings: names(&b.siblings),
            said_in: names(&b.said_in),
            words: names(&b.words),
            unless: names(&b.unless),
        }));
        self.pairs.extend(spec.fields_of_pairs.iter().map(|name| (entity, name.value.as_str().into())));
    }

    /// Whether a member called so may name a thing, or says something of its object; `part`: it is an element of a list of
    /// that name. `known` is the plan of a name.
    pub(super) fn thing(
        &self,
        plan: FieldPlan,
        (segments, part): (&[&[u8]], bool),
        name: &str,
        known: impl Fn(&str) -> Option<FieldPlan>,
    ) -> Thing {
        let is = |names: &[Box<str>]| names.iter().any(|known| **known == *name);
        let of = |e: &&Exception| plan.entity == Some(e.entity) && is(&e.members) && !name.contains('_');
        // `{"customer": {"sku": …, "name": …}}` is somebody.
        let person = || {
            let around = object_around(segments)?;
            let one = around.strip_suffix('s').unwrap_or(&around);
            known(&format!("{one}_name")).filter(|known| known.entity == plan.entity)
        };
        let unknown = plan.entity.is_none() && plan.scan;
        let likely = |e: &Exception| {
            let around = object_around(segments);
            around.is_some_and(|around| e.maybe_objects.iter().any(|object| is_called(&around, object)))
        };
        if self.exceptions.iter().any(|e| plan.entity == Some(e.entity) && is(&e.members) && likely(e)) {
            return Thing::Likely;
        }
        if self.exceptions.iter().any(|e| of(&e)) {
            return if person().is_some() { Thing::No } else { Thing::Maybe };
        }
        if self.exceptions.iter().any(|e| is(&e.siblings)) {
            return Thing::Sign;
        }
        if self.exceptions.iter().any(|e| is(&e.siblings_in_lists)) {
            return Thing::SignInList;
        }
        if part {
            let pair = self.pairs.iter().find(|(_, list)| unknown && **list == *name);
            return pair.map_or(Thing::No, |(entity, _)| Thing::InPair(*entity));
        }
        let asks = self.beside.iter().find(|beside| unknown && is(&beside.members));
        let says = || self.beside.iter().find(|beside| is(&beside.siblings)).map(|b| Thing::Says(b.entity));
        let denies = || self.beside.iter().find(|beside| is(&beside.unless)).map(|b| Thing::Denies(b.entity));
        let may_say = || self.beside.iter().find(|beside| is(&beside.said_in)).map(|b| Thing::MaySay(b.entity));
        let asks = asks.map(|beside| Thing::Beside(beside.entity));
        asks.or_else(says).or_else(denies).or_else(may_say).unwrap_or_default()
    }

    /// Whether the value of a member that may say what stands beside it says that this is `entity`.
    pub(super) fn says(&self, entity: EntityId, value: &str) -> bool {
        let beside = self.beside.iter().find(|beside| beside.entity == entity);
        let words = beside.filter(|_| value.len() <= TELLING_BYTES_MAX).map_or(&[][..], |beside| &beside.words);
        words.iter().any(|word| holds_words(value.as_bytes(), word.as_bytes()))
    }

    /// Whether a member called as `entity` is something else by the object that it stands in.
    pub(super) fn is_exception(&self, entity: EntityId, segments: &[&[u8]], name: &str) -> bool {
        let known = |e: &&Exception| e.entity == entity && e.members.iter().any(|member| **member == *name);
        let Some(exception) = self.exceptions.iter().find(known) else { return false };
        let Some(around) = object_around(segments) else { return false };
        let of = |names: &[Box<str>]| names.iter().any(|name| is_called(&around, name));
        let in_list = segments.iter().rev().nth(1) == Some(&Paths::ELEMENT);
        of(&exception.objects) || in_list && of(&exception.lists)
    }
}

/// Whether a name of an event, however it is written, holds these words in snake case: `otp` is in `otp.sent`, `SEND_OTP` and
/// `loginOtp`, and not in `hotpot`. Does not allocate.
fn holds_words(text: &[u8], words: &[u8]) -> bool {
    let at = |i: usize| text.get(i).copied().unwrap_or(b' ');
    let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let starts =
        |i: usize| i == 0 || !at(i - 1).is_ascii_alphanumeric() || at(i).is_ascii_uppercase() && small(at(i - 1));
    let ends = |i: usize| {
        let humps = at(i).is_ascii_uppercase() && (small(at(i - 1)) || small(at(i + 1)));
        !at(i).is_ascii_alphanumeric() || humps
    };
    let end = |start: usize| {
        words.iter().try_fold(start, |i, word| match word {
            b'_' => Some(i + usize::from(matches!(at(i), b'_' | b'-' | b'.' | b' ' | b':'))),
            word => (at(i).to_ascii_lowercase() == *word).then_some(i + 1),
        })
    };
    (0..text.len()).any(|start| starts(start) && end(start).is_some_and(ends))
}

/// The name of the object that the last member of a path stands in.
pub(super) fn object_around(segments: &[&[u8]]) -> Option<String> {
    let mut names = segments.iter().rev().filter(|s| **s != Paths::ELEMENT && !is_root(s));
    names.nth(1).map(|around| normalize(around))
}

/// Whether an object's name ends in this word, or in its plural: `main_product`, `products`, `currencies`, `boxes`.
fn is_called(object: &str, word: &str) -> bool {
    let last = |whole: &str| object.strip_suffix(whole).is_some_and(|head| head.is_empty() || head.ends_with('_'));
    last(word)
        || last(&format!("{word}s"))
        || last(&format!("{word}es"))
        || word.strip_suffix('y').is_some_and(|stem| last(&format!("{stem}ies")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_event_are_found_however_it_is_written() {
        for (text, words) in [
            ("otp.generated", "otp"),
            ("SEND_OTP", "otp"),
            ("loginOtp", "otp"),
            ("OTPSent", "otp"),
            ("login 2FA", "2fa"),
            ("oneTimeCode", "one_time_code"),
            ("ONE-TIME-CODE.sent", "one_time_code"),
        ] {
            assert!(holds_words(text.as_bytes(), words.as_bytes()), "{text}");
        }
        for (text, words) in [("hotpot", "otp"), ("otpx", "otp"), ("", "otp"), ("one_time", "one_time_code")] {
            assert!(!holds_words(text.as_bytes(), words.as_bytes()), "{text}");
        }
    }
}
