//! PCI DSS 3.3 and 3.5 in the engine: whatever config is accepted, a card number comes out as a token or truncated and
//! never as both, and verification codes and tracks do not come out at all.

use std::sync::Arc;

use super::{Plan, Scrubber};
use crate::config::{Format, Secrets, from_str};
use crate::pseudonymize::{KeyRing, SharedRing};

const ACTIONS: [&str; 9] =
    ["token", "redact", "drop", "seal", "mask:first6_last4", "mask:first4", "mask:last4", "mask:all", "keep"];

/// Places where a rule can speak of a card; `ACTION` stands for what it says.
const RULES: [&str; 4] = [
    "{name: pan, action: 'ACTION'}",
    "{path: a.card, entity: payment_card, action: 'ACTION'}",
    "{name: anything, entity: payment_card, action: 'ACTION'}",
    "{path: 'list[]', entity: payment_card, action: 'ACTION'}",
];

const RECORD: &str = r#"{"pan":"4539578763621486","a":{"card":"4539 5787 6362 1486"},"anything":"4539-5787-6362-1486",
    "list":["4539578763621486"],"n":4539578763621486,"rekening_tujuan":"4539578763621486","source_account":4539578763621486,"note":"kartu 4539 5787 6362 1486, cvv: 739, thanks",
    "cvv":"739","security_code":739,"track2":";4539578763621486=29121010000000739?","4539578763621486":true,
    "raw":"{\"pan\":\"4539578763621486\",\"cvc\":\"739\"}","otp":"739"}"#;

fn scrub(yaml: &str) -> Option<String> {
    let loaded = from_str(yaml, "test.yaml", Secrets::Skip).expect("valid YAML");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).ok()?;
    let mut scrubber = Scrubber::new(Arc::new(plan));
    scrubber.begin(0).expect("the key has no window");
    let mut out = Vec::new();
    scrubber.value(Format::Json, RECORD.as_bytes(), &mut out).expect("JSON");
    let out = String::from_utf8(out).expect("UTF-8");
    // What is sealed is random, and may hold any digits.
    let mut plain = String::new();
    for (i, part) in out.split("[sealed:").enumerate() {
        plain += if i == 0 { part } else { part.split_once(']').map_or("", |(_, after)| after) };
    }
    Some(plain)
}

/// Whether a config with this action of cards and this rule is accepted; asserts that it gets neither these digits of a card
/// out, nor its token beside its truncation, nor a code.
fn is_safe(default: &str, rule: &str, digits: &str) -> bool {
    let yaml = format!(
        "patterns: {{actions: {{payment_card: '{default}'}}}}\nfields: [{rule}]\n\
         seal: {{recipients: [age1avzccz9z72h6xxfsdcnrfqps3mslwzscugxzpy03xkfu6t48ue0qjtfkjl]}}\n"
    );
    let Some(out) = scrub(&yaml) else { return false };
    let shown: String = out.chars().filter(char::is_ascii_digit).collect();
    assert!(!shown.contains(digits), "{yaml}{out}");
    let token = out.contains("pan_1k1_") || out.contains("ba_1k1_");
    let truncated = out.contains("453957*") || out.contains("4539*") || out.contains("*1486");
    assert!(!(token && truncated), "{yaml}{out}");
    assert!(!out.contains("739") && !out.contains("2912"), "{yaml}{out}");
    true
}

#[test]
fn no_config_gets_a_card_out_as_token_and_truncated_or_a_code_out_at_all() {
    let mut accepted = 0;
    for (i, default) in ACTIONS.into_iter().enumerate() {
        for (j, action) in ACTIONS.into_iter().enumerate() {
            let rule = RULES[(i + j) % RULES.len()].replace("ACTION", action);
            accepted += usize::from(is_safe(default, &rule, "4539578763621486"));
        }
    }
    // Of 81: none with `keep` (17), none with a token here and a mask there (3 masks, both ways).
    assert_eq!(accepted, 81 - 17 - 6);
}

/// Rules that do not say what their fields hold, or say it of more than one.
const WIDE: [&str; 4] = [
    "{path: '**', action: 'ACTION'}",
    "{path: 'a.*', action: 'ACTION'}",
    "{name: ['*_tujuan', 'source_*'], action: 'ACTION'}",
    "{name: [anything, note, raw], action: 'ACTION'}",
];

#[test]
fn no_rule_about_more_and_none_that_names_no_entity_gets_a_card_or_a_code_out() {
    let mut accepted = 0;
    for default in ["token", "redact", "mask:first6_last4", "mask:last4"] {
        for action in ACTIONS.into_iter().chain(["generalize:bucket:10", "mask:email_domain"]) {
            for rule in WIDE {
                // Who names a field that he keeps answers for it.
                if action == "keep" && !rule.contains('*') {
                    continue;
                }
                let rule = rule.replace("ACTION", action);
                accepted += usize::from(is_safe(default, &rule, "45395787636214"));
            }
        }
    }
    // All but those that truncate as only cards are, beside tokens.
    assert!(accepted > 150, "{accepted}");
}
