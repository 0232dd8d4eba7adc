//! What stands in a field whose entity is known by its name: a value, several, or something else.

use std::sync::LazyLock;

use super::anchored::words::{Words, is_in};
use super::catalog::Catalog;
use super::field_shape::Shape as WordShape;
use super::rules::{Claim, FieldPlan, Role, Thing};
use crate::canonical::phone::Region;
use crate::canonical::{Form, ip};
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
    "email",
    "e",
    "mail",
    "nihil",
    "blank",
    "punya",
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
    // `{"from": "08:00"}`
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let time = text.split_once(':').is_some_and(|(hour, minute)| digits(hour) && digits(minute));
    text.len() <= 9
        && !text.contains('@')
        && (time
            || text.len() < 6 && text.contains('.') && text.parse::<f64>().is_ok()
            || KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(text)))
}

/// Words for what a ticket, an order or a case is. In three languages.
static STATES: LazyLock<Words> = LazyLock::new(|| {
    "open opened reopened new pending solved resolved unresolved closed hold in progress waiting awaiting active \
        inactive enabled disabled draft submitted approved rejected declined accepted cancelled canceled completed complete done \
        failed succeeded processing processed queued scheduled running stopped paused suspended blocked unblocked locked unlocked \
        verified unverified assigned unassigned escalated archived deleted created paid unpaid refunded shipped delivered returned \
        expired review under low normal medium high urgent critical tier level stage step baru terbuka dibuka proses diproses \
        menunggu tertunda selesai ditutup ditolak disetujui dibatalkan aktif nonaktif diblokir dikirim dibayar rendah sedang tinggi \
        mendesak åben åbnet genåbnet afventer afventende løst lukket igang i gang behandles godkendt afvist annulleret afsluttet \
        aktiv inaktiv spærret betalt sendt leveret mellem høj haster picking picked packing packed dispatched transit fulfilled \
        authorised authorized captured settled voided disputed initiated received ready plukkes plukket pakkes pakket afsendt \
        modtaget oprettet bestilt returneret refunderet dikemas diterima dikembalikan kedaluwarsa gagal sukses berhasil batal"
        .split_ascii_whitespace()
        .collect()
});

/// `{"from": "open", "to": "in_progress"}`: what a ticket, an order or a case is, was or becomes. No mailbox, and nobody's name.
fn is_state(text: &str) -> bool {
    // `on hold`, `waiting for customer`: alone these may be anybody.
    const BESIDE: [&str; 5] = ["on", "for", "customer", "kunde", "pelanggan"];
    let word = |word: &str| {
        is_in(&STATES, word) || word.len() < text.len() && BESIDE.iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    (1..=40).contains(&text.len())
        && !text.contains('@')
        && text.split(['_', '-', ' ']).filter(|part| !part.is_empty()).all(word)
}

/// `{"from": "2026-01-01"}`, `{"mail": 112}`: a day or a number of something.
fn is_day_or_count(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) || is_day(text)
}

/// `2026-01-01`, `2026-01-01T10:00:00Z`.
fn is_day(text: &str) -> bool {
    let day = |(at, b): (usize, u8)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(day) || super::is_time(text.as_bytes(), 14)
}

/// Whether all words of `text` say that there is no value, or what sort of card it is: `none`, `ikke oplyst`, `-`.
fn is_no_value(text: &str) -> bool {
    let is_word = |c: char| c.is_alphabetic();
    let mut words = text.split(|c: char| !is_word(c) && c != '/').filter(|word| word.contains(is_word));
    words.all(|word| NO_VALUES.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// `***`, `[REDACTED]`: somebody took the value away already.
fn is_masked(text: &str) -> bool {
    const WORDS: [&str; 8] =
        ["redacted", "filtered", "masked", "hidden", "removed", "deleted", "anonymized", "scrubbed"];
    let stars = text.len() > 2 && text.bytes().all(|b| b == b'*');
    let inner = text.strip_prefix(['[', '<', '(']).and_then(|text| text.strip_suffix([']', '>', ')']));
    // `{{ vault.db.password }}`
    let variable = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    const ROOTS: [&str; 8] = ["vault.", "secrets.", "secret.", "env.", "values.", "config.", "inputs.", "params."];
    let path = |name: &str| {
        let name = name.trim().trim_start_matches(['.', '$']);
        let root = ROOTS.iter().any(|root| name.get(..root.len()).is_some_and(|head| head.eq_ignore_ascii_case(root)));
        root && name.bytes().all(|b| b.is_ascii_alphabetic() || b"._".contains(&b))
    };
    stars
        || variable.is_some_and(path)
        || inner.is_some_and(|inner| WORDS.iter().any(|word| word.eq_ignore_ascii_case(inner)))
}

/// `POST /v1/refunds`, the name of a span.
fn is_route(text: &str) -> bool {
    const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    text.split_once(" /").is_some_and(|(method, path)| METHODS.contains(&method) && !path.contains(' '))
}

/// Whether `text` says what is wrong with a value, and nothing of it: all its words are those of such messages.
fn is_complaint(text: &str) -> bool {
    const WORDS: &str = "is are must has have be been can't cannot should not too short long minimum maximum at least most \
        characters digits letters a an the valid invalid required missing already taken in use empty blank \
        address number format start with end contain only may field this value of or and to for between than \
        more less harus tidak wajib minimal maksimal karakter angka sudah terdaftar digunakan kosong salah \
        diisi skal er må ikke være tegn cifre ugyldig påkrævet mangler udfyldt mindst højst gyldig";
    let mut words = text.split([' ', ',', '.', '(', ')', '!']).filter(|word| !word.is_empty());
    let small = |word: &str| word.len() <= 3 && word.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit());
    words.clone().count() >= 2 && words.all(|word| small(word) || WORDS.split(' ').any(|known| known == word))
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
        if plan.complaint && is_complaint(text) || plan.thing == Thing::Maybe && is_route(text) {
            return false;
        }
        let shape = plan.entity.and_then(|entity| self.entities.get(usize::from(entity.0)));
        let words = shape.filter(|_| plan.guess).and_then(|shape| match plan.claim {
            Claim::Sure => shape.words.map(|_| WordShape::Secret),
            Claim::Likely => shape.words,
            Claim::Maybe => shape.maybe,
        });
        // Nobody is called as what forms ask of a name is written, whatever a rule says.
        let words = words.or_else(|| shape.and_then(|shape| shape.words).filter(|words| *words == WordShape::Handle));
        if words.is_some_and(|words| !words.fits(text)) {
            return false;
        }
        // A rule that says what to do is obeyed.
        let mailbox = shape.is_some_and(|shape| shape.form == Form::Email);
        if mailbox
            && (is_no_mailbox(text)
                || plan.role == Role::Value && is_state(text)
                || plan.action.is_none() && is_day_or_count(text))
        {
            return false;
        }
        // `tom` is a name, too.
        let word = digits == 0 && !text.contains('@') && !text.eq_ignore_ascii_case("tom");
        if mailbox && word && is_no_value(text) {
            return false;
        }
        if shape.is_some_and(|shape| shape.form == Form::Ip) && ip::is_mask(text) {
            return false;
        }
        let account = shape.is_some_and(|shape| shape.form == Form::Account);
        if account && plan.action.is_none() && is_day(text) {
            return false;
        }
        if shape.is_none_or(|shape| digits >= shape.digits_min) || (plan.part && digits > 0) {
            return true;
        }
        // Zeros behind an exponent are digits, too: `8.1e10`.
        let short = !text.contains(['e', 'E']) || !text.bytes().any(|b| b.is_ascii_digit());
        let guessed = plan.action.is_none();
        !(short && (guessed || is_no_value(text)))
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
