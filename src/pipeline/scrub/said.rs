//! Elements of an array that the one before names in words: `["Kode OTP anda", "482913"]`, `["password", "hunter2"]`. Such
//! a value is what a text of both says that it is, unless the array may be a list of names or of ways to do something.

use super::Core;
use crate::detect::{Claim, FieldPlan};
use crate::record::{Class, EntityId, Finding, Kind, Scalar};

/// Longest words, and longest value, in bytes.
const BYTES_MAX: usize = 64;
/// Shortest value of letters and digits.
const MIXED_BYTES_MIN: usize = 5;
/// Most elements that are counted.
const ELEMENTS_MAX: usize = 40;

/// Names with a digit of ways to log in, to hide and to write something: `["password", "oauth2"]` says what may be used.
const METHODS: &str = "oauth1 oauth2 oauth2.0 saml2 saml2.0 fido2 mfa2 pkcs8 pkcs12 base32 base58 base64 sha256 sha-256 \
    sha512 sha-512 argon2 argon2i argon2id pbkdf2 hs256 rs256 es256 ed25519 aes128 aes256";

impl Core {
    /// The plan of the element at `i`, which a text stands before, when both together say what it is. In a field that a rule
    /// with a wildcard keeps, that is only what may never pass.
    pub(super) fn said_before(&mut self, tape: &[Scalar], i: usize, text: &str, own: FieldPlan) -> FieldPlan {
        let asked = own.guarded || own.action.is_none() && own.scan;
        if !asked || !may_say(&tape[i - 1], &tape[i]) || !is_in_place(tape, i) {
            return own;
        }
        let (words, value) = (&text[tape[i - 1].span.range()], &text[tape[i].span.range()]);
        let said = self.said(words, value, tape[i].kind == Kind::Number);
        match said.filter(|entity| !own.guarded || self.plan.never_passes(*entity)) {
            Some(entity) => FieldPlan { entity: Some(entity), action: None, claim: Claim::Sure, ..own },
            None => own,
        }
    }

    /// What `words` say that `value` is, and it does not say itself.
    #[cold]
    fn said(&mut self, words: &str, value: &str, number: bool) -> Option<EntityId> {
        let name = value.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_method = METHODS.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(value));
        // `["password", "password2"]` names two fields.
        if is_method || !name.is_empty() && self.detector.plan_of_name(name.as_bytes()).entity.is_some() {
            return None;
        }
        let words = words.trim_end_matches([':', '=', ' ']);
        // What was scrubbed says nothing any more.
        if words.rfind('[').is_some_and(|at| self.detector.is_own_token(&words[at..])) {
            return None;
        }
        let text = format!("{words}: {value}");
        let mut findings: Vec<Finding> = Vec::new();
        self.find_in(&text, &mut findings);
        let start = words.len() + ": ".len();
        let found = *findings.iter().find(|found| found.span.start as usize >= start)?;
        let never_passes = self.plan.never_passes(found.entity);
        // `["OTP sent", 482913]` counts them.
        let mut is_name = || !words.contains(' ') && self.detector.plan_of_name(words.as_bytes()).entity.is_some();
        if number && !(never_passes && is_name()) || never_passes && !is_code(&text[found.span.range()]) {
            return None;
        }
        self.find_in(value, &mut findings);
        findings.is_empty().then_some(found.entity)
    }
}

/// Whether a text may be a code or a password: no day, and no words with a number (`min 8`).
fn is_code(text: &str) -> bool {
    let is_day = |text: &[u8]| matches!(text, [b'1' | b'2', _, _, _, b'-' | b'/', _, _, b'-' | b'/', _, _, ..]);
    let has_digit = |word: &str| word.bytes().any(|b| b.is_ascii_digit());
    let word = |word: &str| word.len() >= 4 && has_digit(word);
    !is_day(text.as_bytes()) && (!text.contains(' ') || text.split(' ').any(word))
}

/// Whether one may be words that say what the other one is: letters without a digit before a short value with some.
fn may_say(words: &Scalar, value: &Scalar) -> bool {
    let short = |s: &Scalar| (2..=BYTES_MAX).contains(&s.span.len());
    let said = matches!(value.kind, Kind::String | Kind::Number) && value.class.has(Class::DIGIT) && short(value);
    said && short(words) && words.class.has(Class::LETTER) && !words.class.has(Class::DIGIT)
}

/// Whether a value stands where one with its name before it can: a number anywhere, but as a number of JSON in a pair, and
/// what has letters at every other place of a list of pairs.
fn is_in_place(tape: &[Scalar], i: usize) -> bool {
    let value = &tape[i];
    let beside = |s: &&Scalar| s.path == value.path;
    let before = tape[..i].iter().rev().take(ELEMENTS_MAX).take_while(beside).count();
    let count = before + tape[i..].iter().take(ELEMENTS_MAX).take_while(beside).count();
    match value.kind {
        Kind::Number => count == 2,
        _ if !value.class.has(Class::LETTER) => true,
        _ => before % 2 == 1 && count % 2 == 0 && value.span.len() >= MIXED_BYTES_MIN,
    }
}
