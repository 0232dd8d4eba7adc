//! What stands in a field whose entity is known by its name: a value, several, or something else.

use super::catalog::Catalog;
use super::field_shape::Shape as WordShape;
use super::rules::{Claim, FieldPlan, Wording};
use crate::canonical::Form;
use crate::canonical::phone::Region;
use crate::record::{Basis, EntityId, Finding, Span};

/// What values of each entity look like in a field of their own, by [`EntityId`].
#[derive(Debug, Default)]
pub(super) struct FieldValues {
    entities: Vec<Shape>,
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    form: Form,
    digits_min: u8,
    /// What values of words look like, where only the field's name speaks of them.
    words: Option<WordShape>,
    /// The same, where the field's name says little.
    maybe: Option<WordShape>,
}

/// Words that say there is no value, or what sort of card it is. In three languages.
const NO_VALUES: &[&str] = &[
    "none",
    "localhost",
    "null",
    "nil",
    "unknown",
    "n/a",
    "na",
    "no",
    "yes",
    "true",
    "false",
    "empty",
    "missing",
    "undefined",
    "hidden",
    "private",
    "anonymous",
    "not",
    "provided",
    "set",
    "available",
    "verified",
    "unverified",
    "pending",
    "tidak",
    "ada",
    "kosong",
    "belum",
    "diisi",
    "diketahui",
    "terverifikasi",
    "ingen",
    "ukendt",
    "mangler",
    "tom",
    "ikke",
    "oplyst",
    "visa",
    "mastercard",
    "maestro",
    "amex",
    "jcb",
    "unionpay",
    "gpn",
    "dankort",
    "diners",
    "discover",
    "credit",
    "debit",
    "kredit",
    "prepaid",
    "gold",
    "platinum",
    "classic",
    "card",
    "kort",
    "kartu",
    "physical",
    "virtual",
];

/// `{"by_channel": {"email": 4.2}}`, `{"from": "agent"}`: a fraction, or what kind of somebody it is, in a field of addresses.
fn is_no_mailbox(text: &str) -> bool {
    const KINDS: [&str; 16] = [
        "agent",
        "member",
        "user",
        "customer",
        "client",
        "bot",
        "system",
        "assistant",
        "admin",
        "staff",
        "operator",
        "visitor",
        "guest",
        "kunde",
        "pelanggan",
        "support",
    ];
    // `{"email": {"sent": 18220}}`, `{"from": "08:00"}`
    let count = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
    text.len() <= 9
        && !text.contains('@')
        && (count
            || text.len() < 6 && text.contains('.') && text.parse::<f64>().is_ok()
            || KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(text)))
}

/// `***`, `[REDACTED]`: somebody took the value away already.
fn is_masked(text: &str) -> bool {
    const WORDS: [&str; 8] =
        ["redacted", "filtered", "masked", "hidden", "removed", "deleted", "anonymized", "scrubbed"];
    let stars = text.len() > 2 && text.bytes().all(|b| b == b'*');
    let inner = text.strip_prefix(['[', '<', '(']).and_then(|text| text.strip_suffix([']', '>', ')']));
    // `{{ vault.db.password }}`
    let variable = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let path =
        |name: &str| name.contains('.') && name.trim().bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b));
    stars
        || variable.is_some_and(path)
        || inner.is_some_and(|inner| WORDS.iter().any(|word| word.eq_ignore_ascii_case(inner)))
}

/// Whether `text` is words about a value: on a page anything without digits or the signs of a value, in a complaint a sentence.
fn is_wording(wording: Wording, text: &str, digits: u8) -> bool {
    const MODALS: [&str; 16] = [
        "is", "are", "must", "has", "have", "can't", "cannot", "should", "required", "invalid", "harus", "tidak",
        "wajib", "skal", "er", "må",
    ];
    match wording {
        Wording::None => false,
        Wording::Page => {
            let sentence = digits <= 2 && text.split(' ').count() > 2;
            (digits == 0 || sentence) && !text.contains(['@', '_', '='])
        }
        Wording::Complaint => {
            let mut words = text.split(' ');
            words.clone().count() >= 2 && words.any(|word| MODALS.contains(&word))
        }
    }
}

/// Signs between the values of a list.
const LIST_SIGNS: [char; 4] = [',', ';', '|', '\n'];

impl FieldValues {
    /// The shapes of all entities.
    pub(super) fn new(catalog: &Catalog) -> FieldValues {
        let shape = |entity: &super::catalog::Entity| Shape {
            form: Form::parse(&entity.form).expect("the catalog has checked the form"),
            digits_min: entity.spec.field_digits,
            words: entity.spec.field_shape.as_ref().and_then(|name| WordShape::parse(&name.value)),
            maybe: entity.spec.maybe_shape.as_ref().and_then(|name| WordShape::parse(&name.value)),
        };
        FieldValues { entities: catalog.entities().iter().map(shape).collect() }
    }

    /// Whether `text`, with so many digits, can be what `plan` says. A name of the catalog is a guess, so too few digits
    /// are enough to say no; against a rule of the config only a number that is too short, or a word for nothing, is.
    pub(super) fn is_value(&self, plan: FieldPlan, text: &str, digits: u8) -> bool {
        if digits == 0 && is_masked(text) {
            return false;
        }
        if plan.wording != Wording::None && is_wording(plan.wording, text, digits) {
            return false;
        }
        let shape = plan.entity.and_then(|entity| self.entities.get(usize::from(entity.0)));
        let words = shape.filter(|_| plan.guess).and_then(|shape| match plan.claim {
            Claim::Sure => shape.words.map(|_| WordShape::Secret),
            Claim::Likely => shape.words,
            Claim::Maybe => shape.maybe,
        });
        if words.is_some_and(|words| !words.fits(text)) {
            return false;
        }
        if shape.is_some_and(|shape| shape.form == Form::Email) && is_no_mailbox(text) {
            return false;
        }
        if shape.is_none_or(|shape| digits >= shape.digits_min) || (plan.part && digits > 0) {
            return true;
        }
        let is_word = |c: char| c.is_alphabetic();
        let mut words = text.split(|c: char| !is_word(c) && c != '/').filter(|word| word.contains(is_word));
        let no_value = words.all(|word| NO_VALUES.iter().any(|known| word.eq_ignore_ascii_case(known)));
        // Zeros behind an exponent are digits, too: `8.1e10`.
        let short = !text.contains(['e', 'E']) || !text.bytes().any(|b| b.is_ascii_digit());
        let guessed = plan.action.is_none();
        !(short && (guessed || no_value))
    }

    /// Appends a finding for each value of a list (`canonical` is a buffer). Nothing, when `text` is one value, or not all parts are values.
    pub(super) fn split(
        &self,
        entity: EntityId,
        text: &str,
        regions: &[Region],
        canonical: &mut Vec<u8>,
        out: &mut Vec<Finding>,
    ) {
        let Some(shape) = self.entities.get(usize::from(entity.0)).filter(|shape| shape.form != Form::Text) else {
            return;
        };
        // Most values are no list: one pass without an early end tells.
        if !text.bytes().fold(false, |any, b| any | matches!(b, b',' | b';' | b'|' | b'\n' | b'/')) {
            return;
        }
        let from = out.len();
        canonical.clear();
        if shape.form.write(text, regions, canonical) && shape.form != Form::Account {
            return;
        }
        let mut at = 0;
        for part in text.split(LIST_SIGNS).flat_map(|part| part.split(" / ")) {
            let start = at + text[at..].find(part).expect("a part of the text");
            at = start + part.len();
            let value = part.trim();
            if value.is_empty() {
                continue;
            }
            if !shape.form.write(value, regions, canonical) {
                out.truncate(from);
                return;
            }
            let start = start + part.find(value).expect("a part of the part");
            let span = Span::new(start as u32, (start + value.len()) as u32);
            out.push(Finding { span, value: span, entity, basis: Basis::Field });
        }
        if out.len() < from + 2 {
            out.truncate(from);
        }
    }
}
