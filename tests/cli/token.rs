//! `sluice token`.

use serde_json::Value;

use crate::support::command::{sluice, sluice_with_input};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fn the_tokens_are_those_that_scrub_makes_under_every_key() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    for (id, start) in [("k1", None), ("k2", Some("2099-01-01T00:00:00Z"))] {
        let mut args = vec!["keys", "new", "--dir", dir, "--id", id];
        args.extend(start.iter().flat_map(|start| ["--not-before", *start]));
        sluice(&args).ok();
    }
    let args = ["token", "-c", "profile:gaming", "--keys", dir, "--type", "email"];
    let tokens = sluice_with_input(&args, b"A.B@example.com\n").ok();
    let tokens: Vec<&str> = tokens.lines().collect();
    assert!(tokens.len() == 2 && tokens[0].starts_with("em_1k1_") && tokens[1].starts_with("em_1k2_"), "{tokens:?}");
    let scrubbed = sluice_with_input(&["scrub", "--keys", dir], b"\"a.b@example.com\"\n").ok();
    assert_eq!(scrubbed, format!("\"{}\"\n", tokens[0]));
}

#[test]
fn json_names_values_by_their_line_and_never_repeats_them() {
    let args = ["token", "-c", "profile:gaming", "--seed-key", KEY, "--type", "ip", "--output", "json"];
    let output = sluice_with_input(&args, b"203.0.113.7\n\n203.000.113.007\n").ok();
    let value: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((&value[0]["line"], &value[1]["line"]), (&1.into(), &3.into()));
    assert_eq!(value[0]["tokens"], value[1]["tokens"]);
    assert!(!output.contains("113"), "{output}");
}

#[test]
fn an_unknown_type_and_a_missing_key_are_told() {
    let args = ["token", "-c", "profile:gaming", "--seed-key", KEY, "--type", "emial"];
    assert!(sluice(&args).failed(2).contains("did you mean `email`?"));
    let stderr = sluice(&["token", "-c", "profile:gaming", "--type", "email"]).failed(78);
    assert!(stderr.contains("--keys"), "{stderr}");
}

#[test]
fn daily_tokens_whose_salts_nobody_can_reach_are_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("sluice.yaml");
    std::fs::write(&config, "pseudonyms: {epochs: {ip: daily}}\n").unwrap();
    let of = |type_| ["token", "-c", config.to_str().unwrap(), "--seed-key", KEY, "--type", type_];
    let error = sluice_with_input(&of("ip"), b"203.0.113.7\n").failed(78);
    assert!(error.contains("kafka.brokers") && error.contains("--salts"), "{error}");
    assert!(sluice_with_input(&of("email"), b"a@example.com\n").ok().starts_with("em_"), "no salt is asked for");
}

#[test]
fn what_never_has_a_token_has_none_here() {
    let token = |config: &str, entity: &str| {
        let args = ["token", "-c", config, "--seed-key", KEY, "--type", entity];
        sluice_with_input(&args, b"4539578763621486\n")
    };
    for entity in ["card_verification", "card_track", "pin", "one_time_code", "password", "secret"] {
        let stderr = token("profile:gaming", entity).failed(2);
        assert!(stderr.contains(&format!("`{entity}` is always redacted and never has a token")), "{stderr}");
    }
    let stderr = token("profile:gaming", "payment_card").failed(2);
    assert!(stderr.contains("truncates card numbers"), "{stderr}");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sluice.yaml");
    std::fs::write(&config, "{}\n").unwrap();
    assert!(token(config.to_str().unwrap(), "payment_card").ok().starts_with("pan_1k1_"));
}
