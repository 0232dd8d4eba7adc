//! Tests of a whole pseudonymizer.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::canonical::token::find_all;

const EMAIL: EntityId = EntityId(0);
const IP: EntityId = EntityId(1);
const PHONE: EntityId = EntityId(2);
const CARD: EntityId = EntityId(3);
const IBAN: EntityId = EntityId(4);
const NAME: EntityId = EntityId(5);
const SEED: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn plans() -> Vec<EntityPlan> {
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
    Pseudonymizer::new(ring, context, plans(), actions, Region::ALL.to_vec())
}

fn pseudonymizer() -> Pseudonymizer {
    let ring = SharedRing::fixed(KeyRing::from_seed("k3", SEED).expect("a ring"));
    let mut new = with_ring(Arc::new(ring), "games", "default");
    new.begin(0).expect("a key");
    new
}

fn token(pseudonymizer: &mut Pseudonymizer, entity: EntityId, text: &str) -> String {
    let mut out = Vec::new();
    assert_eq!(pseudonymizer.apply(entity, None, text, &mut out), Outcome::Replaced);
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
    assert_eq!(apply(EMAIL, 0, "a@b.dk"), (Outcome::Replaced, "[email]".to_owned()));
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
    assert!(shared.reload().expect("a ring"));
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
