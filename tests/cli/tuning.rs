//! `sluice test`, `explain` and `diff`.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{sluice, sluice_with_input};

const PERSON: &str = "siti.rahma@example.co.id";

/// A folder with a file of this content; the file's path.
fn file(content: &str, name: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn the_cases_of_every_profile_pass() {
    for profile in ["analytics", "support", "gaming"] {
        let output = sluice(&["test", "-c", &format!("profile:{profile}")]).ok();
        assert!(output.ends_with("cases passed\n"), "{output}");
    }
}

#[test]
fn a_case_that_fails_shows_what_differs_and_ends_with_1() {
    let (_folder, cases) = file(
        "cases:\n- {name: good, event: {a: 1}, expect: {a: 1}}\n- name: bad\n  event: {email: a@example.com, n: 1}\n  \
         expect: {email: '${ip}', n: 1}\n  findings: [{entity: email}, {entity: phone, path: x}]\n",
        "cases.yaml",
    );
    let failed = sluice(&["test", "-c", "profile:gaming", &cases]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stderr.contains("error: 1 of 2 cases failed"), "{failed:?}");
    let expected =
        ["FAILED", ": bad\n", "-   \"email\": \"${ip}\"", "+   \"email\": \"em_1k1_", "phone, path x is not found"];
    for part in expected {
        assert!(failed.stdout.contains(part), "{part} in {}", failed.stdout);
    }
    assert!(!failed.stdout.contains('\u{1b}'), "no colours off a terminal");
    let json = sluice(&["test", "-c", "profile:gaming", "--output", "json", &cases]);
    let outcomes: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, outcomes.len(), &outcomes[0]["passed"]), (1, 2, &Value::Bool(true)));
    assert_eq!(outcomes[1]["problems"].as_array().map(Vec::len), Some(2), "{}", json.stdout);
}

#[test]
fn cases_that_make_no_sense_are_a_bad_config_with_file_and_line() {
    for (yaml, what) in [
        ("cases: []\n", "holds none"),
        ("cases:\n- {name: a, event: {}}\n", "expects nothing"),
        ("cases:\n- {name: a, event: {}, expect: {}, rejected: empty}\n", "keep one"),
        ("cases:\n- name: a\n  event: {}\n  expcet: {}\n", "expcet"),
        ("cases:\n- {name: a, format: text, event: {}, expect: {}}\n", "quote the event"),
    ] {
        let (_folder, cases) = file(yaml, "cases.yaml");
        let error = sluice(&["test", "-c", "profile:gaming", &cases]).failed(78);
        assert!(error.contains("cases.yaml") && error.contains(what), "{yaml}: {error}");
    }
    let (_folder, config) = file("{}\n", "sluice.yaml");
    assert!(sluice(&["test", "-c", &config]).failed(2).contains("no cases are named"));
}

#[test]
fn a_folder_of_cases_runs_every_file() {
    let (folder, _) = file("cases: [{name: a, event: {}, expect: {}}]\n", "a.yaml");
    fs::write(folder.path().join("b.yml"), "cases: [{name: b, event: {}, rejected: empty}]\n").unwrap();
    let failed = sluice(&["test", "-c", "profile:gaming", folder.path().to_str().unwrap()]);
    assert!(failed.code == 1 && failed.stdout.contains("1 of 2 cases passed"), "{failed:?}");
}

#[test]
fn explain_names_the_rule_with_its_line_and_never_the_value() {
    let (_folder, config) = file("fields:\n  - {name: contact, entity: email}\n", "sluice.yaml");
    let input = format!("{{\"contact\":\"{PERSON}\",\"note\":\"to {PERSON}\"}}\n{{\"a\":1}}\n{{broken {PERSON}\n");
    let output = sluice_with_input(&["explain", "-c", &config], input.as_bytes()).ok();
    assert!(output.contains(&format!("{config}:2: fields[0] (name: contact)")), "{output}");
    assert!(output.contains("email -> token, by pattern") && output.contains("common/email.yaml:"), "{output}");
    assert!(output.contains("line 2: nothing is found") && output.contains("line 3: rejected, malformed"), "{output}");
    assert!(!output.contains("siti") && output.contains("aaaa.aaaaa@aaaaaaa.aa.aa"), "{output}");
    let json = sluice_with_input(&["explain", "-c", &config, "--output", "json"], input.as_bytes()).ok();
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let finding = &lines[0]["findings"][0];
    let (start, end) = (finding["start"].as_u64().unwrap() as usize, finding["end"].as_u64().unwrap() as usize);
    assert_eq!(&input[start..end], PERSON);
    assert_eq!((&finding["entity"], &finding["rules"][0]["kind"]), (&"email".into(), &"field_rule".into()));
    assert_eq!(lines[2]["rejected"], "malformed");
    assert!(!json.contains("siti"), "{json}");
}

#[test]
fn every_finding_of_the_shipped_profiles_has_a_rule() {
    let input = concat!(
        "{\"email\":\"a@example.com\",\"x\":\"hp 0812-3456-7890, kartu 4111 1111 1111 1111, DK50 0040 0440 1162 43\",",
        "\"list\":[{\"ip\":\"203.0.113.7\"}],\"nick\":\"203.0.113.8\"}\n"
    );
    for profile in ["analytics", "support", "gaming"] {
        let args = ["explain", "-c", &format!("profile:{profile}"), "--output", "json"];
        let explained: Value = serde_json::from_str(&sluice_with_input(&args, input.as_bytes()).ok()).unwrap();
        let findings = explained["findings"].as_array().unwrap();
        assert!(findings.len() >= 6, "{profile}: {explained:#}");
        for finding in findings {
            assert!(!finding["rules"].as_array().unwrap().is_empty(), "{profile}: {finding:#}");
        }
    }
}

#[test]
fn diff_counts_what_a_changed_config_does_differently_and_masks_the_examples() {
    let (_old, old) = file("patterns: {actions: {phone: token}}\n", "old.yaml");
    let (_new, new) =
        file("patterns: {states: {phone: shadow}, actions: {email: redact}}\nlimits: {depth: 2}\n", "new.yaml");
    let input = format!(
        "{{\"a\":\"{PERSON}\",\"b\":1}}\n{{\"hp\":\"081234567890\"}}\n{{\"n\":1}}\n{{\"x\":{{\"y\":{{\"z\":1}}}}}}\n"
    );
    let args = ["diff", "-c", &old, "-c", &new, "-"];
    let output = sluice_with_input(&args, input.as_bytes()).ok();
    assert!(output.contains("3 of 4 lines differ"), "{output}");
    assert!(output.contains("a: email -> token  =>  email -> redact"), "{output}");
    assert!(output.contains("hp: phone -> token  =>  phone -> shadow"), "{output}");
    assert!(output.contains("(the record): accepted  =>  rejected, too_deep"), "{output}");
    assert!(!output.contains("siti") && output.contains("line 1: aaaa.aaaaa@"), "{output}");
    let same = sluice_with_input(&["diff", "-c", &old, "-c", &old, "--output", "json", "-"], input.as_bytes()).ok();
    let same: Value = serde_json::from_str(&same).unwrap();
    assert_eq!((&same["lines"], &same["lines_that_differ"]), (&4.into(), &0.into()));
    assert!(sluice(&["diff", "-c", &old, "-"]).failed(2).contains("two configs"));
}
