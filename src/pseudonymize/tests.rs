//! Tests of a whole pseudonymizer.

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;

use super::derive::Epoch;
use super::*;
use crate::canonical::phone::Region;
use crate::canonical::sealed;
use crate::canonical::token::find_all;
use crate::record::{ActionId, EntityId, Reject};

const EMAIL: EntityId = EntityId(0);
const IP: EntityId = EntityId(1);
const PHONE: EntityId = EntityId(2);
const CARD: EntityId = EntityId(3);
const IBAN: EntityId = EntityId(4);
const NAME: EntityId = EntityId(5);
const SEED: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn plans(daily: bool) -> Vec<EntityPlan> {
    [
        ("email", "em", Form::Email),
        ("ip", "ip", Form::Ip),
        ("phone", "ph", Form::Phone),
        ("payment_card", "pan", Form::Digits),
        ("iban", "ib", Form::Iban),
        ("name", "nm", Form::Text),
    ]
    .map(|(name, type_, form)| EntityPlan {
        name: name.to_owned(),
        token_type: TokenType::parse(type_).expect("a type"),
        form,
        action: Action::Token,
        daily: name == "ip" && daily,
        coarser: None,
    })
    .into()
}

fn with_ring(ring: Arc<SharedRing>, tenant: &str, scope: &str) -> Pseudonymizer {
    let context = Context { tenant: tenant.to_owned(), scope: scope.to_owned() };
    let actions = vec![
        Action::Redact,
        Action::Drop,
        Action::Keep,
        Action::Mask(Mask::Last4),
        Action::Generalize(Generalize::Year),
    ];
    Pseudonymizer::new(Parts { context: Some(context), actions, ..parts(ring) })
}

fn parts(ring: Arc<SharedRing>) -> Parts {
    Parts {
        ring,
        salts: Arc::new(SharedSalts::new()),
        suppression: Arc::new(SharedSuppression::none()),
        context: Some(Context { tenant: "games".to_owned(), scope: "default".to_owned() }),
        entities: plans(false),
        actions: Vec::new(),
        regions: Region::ALL.to_vec(),
        sealer: None,
    }
}

fn pseudonymizer() -> Pseudonymizer {
    let ring = SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring"));
    let mut new = with_ring(Arc::new(ring), "games", "default");
    new.begin(0).expect("a key");
    new
}

fn token(pseudonymizer: &mut Pseudonymizer, entity: EntityId, text: &str) -> String {
    replaced(pseudonymizer, entity, text, Outcome::Coded)
}

/// What takes the place of a value, in the way that is expected.
fn replaced(pseudonymizer: &mut Pseudonymizer, entity: EntityId, text: &str, how: Outcome) -> String {
    let mut out = Vec::new();
    assert_eq!(pseudonymizer.apply(entity, None, text, &mut out), how);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_value_gets_the_token_of_the_contract() {
    let mut p = pseudonymizer();
    assert_eq!(token(&mut p, EMAIL, "John.Doe@EXAMPLE.com."), "em_1k3_mbblbtgppqpsmclbppjmjtbl");
    assert_eq!(token(&mut p, IP, "203.0.113.7:51234"), "ip_1k3_lkfnbhgfgllrcjhctlbhdmdh");
    assert_eq!(p.tokens_of(EMAIL, "john.doe@example.com"), ["em_1k3_mbblbtgppqpsmclbppjmjtbl"]);
    assert_eq!(p.key_ids(), ["k3"]);
}

#[test]
fn every_spelling_of_a_value_gives_one_token_and_other_values_another() {
    let mut p = pseudonymizer();
    let table: [(EntityId, &[&str], &[&str]); 6] = [
        (
            EMAIL,
            &["a.b@example.com", "A.B@Example.COM.", "a.b＠example.com", "a\u{ad}.b@example.com"],
            &["ab@example.com"],
        ),
        (IP, &["203.0.113.7", "::ffff:203.0.113.7", "64:ff9b::cb00:7107", "203.000.113.007"], &["203.0.113.8"]),
        (PHONE, &["+6281234567890", "0812-3456-7890", "62 812 3456 7890", "+٦٢٨١٢٣٤٥٦٧٨٩٠"], &["081234567891"]),
        (CARD, &["4111111111111111", "4111 1111 1111 1111", "4.111111111111111E+15"], &["4111111111111112"]),
        (IBAN, &["DK5000400440116243", "dk50 0040 0440 1162 43"], &["DK5000400440116244"]),
        (NAME, &["Siti Rahmawati", " siti  RAHMAWATI", "Siti\u{a0}Rahmawati"], &["Siti Rahmawat"]),
    ];
    for (entity, spellings, others) in table {
        let expected = token(&mut p, entity, spellings[0]);
        for text in spellings {
            assert_eq!(token(&mut p, entity, text), expected, "{text}");
        }
        for text in others {
            assert_ne!(token(&mut p, entity, text), expected, "{text}");
        }
    }
}

#[test]
fn a_value_that_is_not_of_its_form_still_joins_with_itself() {
    let mut p = pseudonymizer();
    let expected = token(&mut p, EMAIL, "not an address");
    assert_eq!(token(&mut p, EMAIL, " NOT an  address"), expected);
    assert_ne!(token(&mut p, EMAIL, "no address"), expected);
}

#[test]
fn types_tenants_and_scopes_give_unrelated_tokens() {
    let ring = Arc::new(SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring")));
    let mut seen = Vec::new();
    for (tenant, scope) in [("games", "default"), ("games", "site"), ("support", "default")] {
        let mut p = with_ring(Arc::clone(&ring), tenant, scope);
        p.begin(0).expect("a key");
        for entity in [EMAIL, NAME, CARD] {
            let letters = token(&mut p, entity, "4111111111111111").split_off(7);
            assert!(!seen.contains(&letters));
            seen.push(letters);
        }
    }
}

#[test]
fn every_action_does_what_it_says() {
    let mut p = pseudonymizer();
    let mut apply = |entity, action, text: &str| {
        let mut out = b"before ".to_vec();
        let outcome = p.apply(entity, Some(ActionId(action)), text, &mut out);
        (outcome, String::from_utf8(out).expect("UTF-8").split_off(7))
    };
    assert_eq!(apply(EMAIL, 0, "a@b.dk"), (Outcome::Coded, "[email]".to_owned()));
    assert_eq!(apply(EMAIL, 1, "a@b.dk"), (Outcome::Removed, String::new()));
    assert_eq!(apply(EMAIL, 2, "a@b.dk"), (Outcome::Kept, String::new()));
    assert_eq!(apply(CARD, 3, "4111 1111 1111 1111"), (Outcome::Replaced, "****1111".to_owned()));
    assert_eq!(apply(CARD, 3, "123"), (Outcome::Replaced, "[payment_card]".to_owned()));
    assert_eq!(apply(NAME, 4, "1995-01-29"), (Outcome::Replaced, "1995".to_owned()));
}

#[test]
fn our_tokens_stay_and_strangers_do_not() {
    let mut p = pseudonymizer();
    let own = token(&mut p, EMAIL, "a@b.dk");
    assert_eq!(token(&mut p, EMAIL, &own), own);
    for text in [own.replace("k3", "k4"), format!("{own}b"), format!("x {own}")] {
        assert!(!token(&mut p, EMAIL, &text).contains(&text), "{text}");
    }
}

#[test]
fn without_a_key_for_its_time_a_record_is_rejected_and_nothing_is_tokenised() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("k1"), format!("key: {SEED}\nnot_before: 2026-01-01T00:00:00Z\n")).expect("a file");
    let mut p = with_ring(Arc::new(SharedRing::from_dir(dir.path()).expect("a ring")), "games", "default");
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), "[email]", "before any record");
    assert_eq!(p.begin(1_767_225_600_000), Ok(()));
    assert!(token(&mut p, EMAIL, "a@b.dk").starts_with("em_1k1_"));
    assert_eq!(p.begin(1_767_225_599_999), Err(Reject::NoKey));
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), "[email]");
}

#[test]
fn a_new_ring_is_taken_over_between_batches_only() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("k1"), SEED).expect("a file");
    let shared = Arc::new(SharedRing::from_dir(dir.path()).expect("a ring"));
    let mut p = with_ring(Arc::clone(&shared), "games", "default");
    p.begin(0).expect("a key");
    let old = token(&mut p, EMAIL, "a@b.dk");

    fs::write(dir.path().join("k2"), SEED.replace("00", "aa")).expect("a file");
    assert!(shared.reload(0).expect("a ring"));
    p.begin(1).expect("a key");
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), old, "not before refresh");

    assert!(p.refresh());
    assert!(!p.refresh());
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), "[email]", "the record's key is chosen anew");
    p.begin(2).expect("a key");
    let new = token(&mut p, EMAIL, "a@b.dk");
    assert!(new.starts_with("em_1k2_") && new[7..] != old[7..]);
    assert_eq!(p.tokens_of(EMAIL, "A@b.dk"), [old.clone(), new], "both can be looked up");
    assert_eq!(token(&mut p, EMAIL, &old), old, "and the old key's tokens are still ours");
}

const DAY: u32 = 20_514;
const DAY_START_MS: i64 = DAY as i64 * DAY_MS;

fn salt(day: u32, byte: u8) -> Epoch {
    Epoch { salt: zeroize::Zeroizing::new(vec![byte; 32]), day }
}

/// A pseudonymizer whose IP tokens are daily.
fn daily(salts: &Arc<SharedSalts>) -> Pseudonymizer {
    let ring = Arc::new(SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring")));
    Pseudonymizer::new(Parts { entities: plans(true), salts: Arc::clone(salts), ..parts(ring) })
}

#[test]
fn a_daily_token_holds_for_its_day_and_cannot_be_linked_to_the_next() {
    let salts = Arc::new(SharedSalts::new());
    salts.insert(salt(DAY, 1));
    salts.insert(salt(DAY + 1, 2));
    let mut p = daily(&salts);
    let at = |p: &mut Pseudonymizer, ms: i64| {
        p.begin(DAY_START_MS + ms).expect("a key");
        (token(p, IP, "203.0.113.7"), token(p, EMAIL, "a@b.dk"))
    };
    let (first, email) = at(&mut p, 0);
    assert!(first.starts_with("ip_1k3d20514_"), "{first}");
    assert_eq!(at(&mut p, DAY_MS - 1), (first.clone(), email.clone()), "one day, one token");
    let (next, same) = at(&mut p, DAY_MS);
    assert!(next.starts_with("ip_1k3d20515_") && next[13..] != first[13..], "{next}");
    assert_eq!(same, email, "an entity without epoch has one token for ever");
    assert_eq!(p.tokens_of(IP, "203.0.113.7"), [first, next]);
    assert_eq!(p.tokens_of(EMAIL, "a@b.dk"), [email]);
}

#[test]
fn without_a_salt_for_its_day_a_value_is_redacted_and_never_gets_another_token() {
    let salts = Arc::new(SharedSalts::new());
    salts.insert(salt(DAY, 1));
    let mut p = daily(&salts);
    for (ms, redacted) in [(-1, true), (0, false), (DAY_MS, true)] {
        p.begin(DAY_START_MS + ms).expect("a key");
        assert_eq!(token(&mut p, IP, "203.0.113.7") == "[ip]", redacted, "{ms}");
        assert_eq!(p.notes().saltless, redacted, "{ms}");
        assert!(token(&mut p, EMAIL, "a@b.dk").starts_with("em_1k3_"));
    }
    p.begin(-5).expect("a key");
    assert_eq!(token(&mut p, IP, "203.0.113.7"), "[ip]", "before 1970");
    p.begin(DAY_START_MS).expect("a key");
    let held = Arc::downgrade(&salts.current()[0]);
    salts.drop_dead(DAY_START_MS + SALT_LIFE_MS);
    assert!(token(&mut p, IP, "203.0.113.7").starts_with("ip_1k3d"), "no record mixes two tables");
    assert!(held.upgrade().is_some(), "the worker still has it");
    assert!(!p.refresh(), "the keys are the same");
    assert!(held.upgrade().is_none(), "nobody has it any more: it is wiped");
    p.begin(DAY_START_MS).expect("a key");
    assert_eq!(token(&mut p, IP, "203.0.113.7"), "[ip]", "the salt is gone, and its states with it");
}

#[test]
fn tenants_and_scopes_have_unrelated_tokens() {
    let mut p = pseudonymizer();
    let mut seen = std::collections::HashSet::new();
    for (tenant, scope) in [("a", "b"), ("b", "a"), ("ab", ""), ("", "ab"), ("a", "c")] {
        p.bind(tenant, scope);
        let mine = token(&mut p, IP, "203.0.113.7");
        assert!(seen.insert(mine.clone()), "{tenant}/{scope}");
        p.begin(0).expect("a key");
        assert_eq!(token(&mut p, IP, "203.0.113.7"), mine);
    }
}

#[test]
fn a_record_that_must_say_whose_it_is_gets_no_token_before_it_has() {
    let ring = Arc::new(SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring")));
    let mut p = Pseudonymizer::new(Parts { context: None, ..parts(ring) });
    p.begin(0).expect("a key");
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), "[email]");
    p.bind("a", "b");
    assert!(token(&mut p, EMAIL, "a@b.dk").starts_with("em_1k3_"));
    p.begin(1).expect("a key");
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), "[email]", "never the words of the record before");
}

fn rotated() -> (tempfile::TempDir, Arc<SharedRing>) {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("k1"), SEED).expect("a file");
    let new = "not_before: 2026-01-10T00:00:00Z\ndual_until: 2026-01-12T00:00:00Z\n";
    fs::write(dir.path().join("k2"), format!("key: {}\n{new}", "ab".repeat(32))).expect("a file");
    let ring = Arc::new(SharedRing::from_dir(dir.path()).expect("a ring"));
    (dir, ring)
}

#[test]
fn in_a_time_of_two_keys_old_and_new_stand_together_and_a_kafka_key_keeps_the_old() {
    let (_dir, ring) = rotated();
    let mut p = Pseudonymizer::new(parts(ring));
    let begin = |p: &mut Pseudonymizer, day: i64| p.begin(1_767_225_600_000 + (day - 1) * DAY_MS).expect("a key");
    begin(&mut p, 9);
    let old = token(&mut p, EMAIL, "a@b.dk");
    begin(&mut p, 12);
    let new = token(&mut p, EMAIL, "a@b.dk");
    assert!(old.starts_with("em_1k1_") && new.starts_with("em_1k2_"));
    begin(&mut p, 11);
    let both = token(&mut p, EMAIL, "a@b.dk");
    assert_eq!(both, format!("{old}|{new}"));
    assert_eq!(token(&mut p, EMAIL, &both), both, "scrubbed twice it stays");
    p.single(true);
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), old);
    begin(&mut p, 11);
    assert_eq!(token(&mut p, EMAIL, "a@b.dk"), both, "the next record begins anew");
    let variants: Vec<_> = (0..p.variants())
        .map(|variant| {
            assert!(p.choose_variant(variant));
            token(&mut p, EMAIL, "a@b.dk")
        })
        .collect();
    assert_eq!(variants, [old, new]);
}

#[test]
fn a_listed_pseudonym_is_met_under_every_key_and_whatever_becomes_of_the_value() {
    let (dir, ring) = rotated();
    let mut plain = Pseudonymizer::new(parts(Arc::clone(&ring)));
    let listed = plain.tokens_of(EMAIL, "siti@example.id").swap_remove(0);
    assert!(listed.starts_with("em_1k1_"));
    let list = dir.path().join("suppressed");
    fs::write(&list, format!("{listed}\n")).expect("a file");
    let suppression = Arc::new(SharedSuppression::from_file(&list).expect("a list"));
    let actions = vec![Action::Redact, Action::Drop, Action::Keep];
    let mut p = Pseudonymizer::new(Parts { suppression, actions, ..parts(ring) });
    let mut met = |entity, action, text: &str| {
        p.begin(1_800_000_000_000).expect("a key");
        p.apply(entity, action, text, &mut Vec::new());
        p.notes().suppressed
    };
    assert!(met(EMAIL, None, "Siti@Example.ID"), "its token is made with k2, and still it is the listed one");
    assert!(met(EMAIL, Some(ActionId(0)), "siti@example.id") && met(EMAIL, Some(ActionId(1)), "siti@example.id"));
    assert!(!met(EMAIL, Some(ActionId(2)), "siti@example.id"), "what is kept is nobody's pseudonym");
    assert!(!met(EMAIL, None, "budi@example.id") && !met(NAME, None, "siti@example.id"));
    assert!(met(EMAIL, None, &listed), "a token that came in");
    assert!(p.carries_suppressed(format!("x {listed}").as_bytes()) && !p.carries_suppressed(b"x"));
    assert!(!p.notes().suppressed || p.begin(0).is_ok() && !p.notes().suppressed);
}

struct Mock;

impl Seal for Mock {
    fn seal(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut file = b"age-encryption.org/v1\n".to_vec();
        file.resize(200, plain.len() as u8);
        (!plain.is_empty()).then_some(file)
    }
}

#[test]
fn a_sealed_value_is_sealed_once_and_without_a_sealer_it_is_redacted() {
    let ring = || Arc::new(SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring")));
    let entities = || plans(false).into_iter().map(|plan| EntityPlan { action: Action::Seal, ..plan }).collect();
    let mut p = Pseudonymizer::new(Parts { sealer: Some(Arc::new(Mock)), entities: entities(), ..parts(ring()) });
    p.begin(0).expect("a key");
    let value = replaced(&mut p, EMAIL, "a@b.dk", Outcome::Replaced);
    assert!(sealed::is_all(&value), "{value}");
    assert_eq!(replaced(&mut p, EMAIL, &value, Outcome::Replaced), value);
    let mut p = Pseudonymizer::new(Parts { entities: entities(), ..parts(ring()) });
    assert_eq!(replaced(&mut p, EMAIL, "a@b.dk", Outcome::Replaced), "[email]");
}

/// A cosmetic change that must not change an address: case, a format character, full-width letters, a trailing dot.
fn disguised(address: &str, disguise: u8, at: usize) -> String {
    let at = at % address.len();
    match disguise % 5 {
        0 => address.to_uppercase(),
        1 => format!("{}\u{200b}{}", &address[..at], &address[at..]),
        2 => address.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect(),
        3 => format!("{address}."),
        _ => format!(" {address}\n"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_disguised_address_gets_the_same_token(
        address in "[a-z][a-z0-9._+-]{0,10}@[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){1,2}", disguise: u8, at in 0usize..40
    ) {
        let mut p = pseudonymizer();
        let expected = token(&mut p, EMAIL, &address);
        prop_assert_eq!(token(&mut p, EMAIL, &disguised(&address, disguise, at)), expected);
    }

    #[test]
    fn whatever_the_value_a_token_stands_in_its_place(text: String) {
        let mut p = pseudonymizer();
        for entity in [EMAIL, IP, PHONE, CARD, IBAN, NAME] {
            let token = token(&mut p, entity, &text);
            let found: Vec<_> = find_all(&token).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].span.clone(), 0..token.len());
        }
    }
}
