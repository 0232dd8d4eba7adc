//! `sluice scrub`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::command::{sluice, sluice_with_input};

const KEY: &str = "4242424242424242424242424242424242424242424242424242424242424242";

fn scrub(args: &[&str], input: &str) -> String {
    let mut all = vec!["scrub", "--seed-key", KEY];
    all.extend(args);
    sluice_with_input(&all, input.as_bytes()).ok()
}

fn lines_of(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_line_comes_out_for_each_that_goes_in_and_only_personal_data_changes() {
    let input = "{\"id\": 1.50, \"email\":\"a.b@example.com\"}\r\n[1e5, \"203.0.113.7\"]\n\"no data\"";
    let output = scrub(&[], input);
    let lines: Vec<&str> = output.split('\n').collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("{\"id\": 1.50, \"email\":\"em_1k1_") && lines[0].ends_with("\"}\r"), "{output}");
    assert!(lines[1].starts_with("[1e5, \"ip_1k1_"), "{output}");
    assert_eq!(lines[2], "\"no data\"", "no line break is added");
}

#[test]
fn every_spelling_gives_one_token_and_scrubbing_twice_changes_nothing() {
    let spellings =
        "\"A.B@Example.COM\"\n\"a.b\\u0040example.com\"\n\"a.b＠example.com.\"\n{\"email\":\"a.b@example.com\"}\n";
    let once = scrub(&[], spellings);
    let tokens: Vec<&str> = once.lines().filter_map(|line| line.split("em_1k1_").nth(1)).map(|t| &t[..24]).collect();
    assert_eq!(tokens.len(), 4, "{once}");
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{once}");
    assert_eq!(scrub(&[], &once), once);
}

#[test]
fn what_masks_and_generalizes_leave_is_left_alone_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.yaml");
    let actions = "email: \"mask:email_domain\", ip: \"generalize:ip_network\", payment_card: \"mask:first6_last4\", \
                   phone: \"mask:last4\", iban: redact";
    fs::write(&config, format!("patterns: {{regions: [ID, DK], actions: {{{actions}}}}}\n")).unwrap();
    let config = ["-c", config.to_str().unwrap()];
    let input = concat!(
        "{\"email\":\"a.b@example.com\",\"ip\":\"203.0.113.7\",\"v6\":\"2001:db8::1\",\"hp\":\"081234567890\",",
        "\"pan\":4111111111111111,\"note\":\"kort 4111 1111 1111 1111, +4523237585, 198.51.100.9, x.y@example.dk, ",
        "DK50 0040 0440 1162 43\"}\n"
    );
    let once = scrub(&config, input);
    for raw in ["a.b@", "x.y@", "203.0.113.7", "db8::1", "08123456", "11111111", "23237585", "100.9", "0440"] {
        assert!(!once.contains(raw), "{raw} in {once}");
    }
    serde_json::from_str::<Value>(&once).unwrap();
    assert_eq!(scrub(&config, &once), once);
}

#[test]
fn a_key_that_holds_data_is_scrubbed_however_often_its_neighbours_were_clean() {
    let record = |key: &str| format!("{{\"sessions\":{{\"{key}\":{{\"n\":3}}}}}}\n");
    let keys = ["web", "web", "john.doe@example.com", "web", "4111111111111111", "web", "mobile", "a@example.dk"];
    let output = scrub(&[], &keys.map(record).concat());
    assert!(!output.contains("@example") && !output.contains("1111111111"), "{output}");
    assert_eq!(output.lines().filter(|line| line.contains("\"web\"")).count(), 4, "{output}");
}

#[test]
fn members_go_with_their_commas_and_whole_objects_by_their_field() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.yaml");
    let rules = "fields: [{name: [pin, user], action: drop}, {path: secret, action: redact}]\n";
    fs::write(&config, rules).unwrap();
    let config = ["-c", config.to_str().unwrap()];
    let cases = [
        ("{\"pin\":1,\"a\":2,\"user\":{\"email\":\"a@example.com\"}}", "{\"a\":2}"),
        ("{\"pin\":null}", "{}"),
        ("{\"a\":1 , \"pin\":[1,2]}", "{\"a\":1 }"),
        ("{\"secret\":{\"x\":[\"y\"]},\"z\":1}", "{\"secret\":\"[field]\",\"z\":1}"),
        ("{\"secret\":12345}", "{\"secret\":\"[field]\"}"),
    ];
    for (input, expected) in cases {
        assert_eq!(scrub(&config, input), expected, "{input}");
    }
}

#[test]
fn local_phone_numbers_are_found_without_any_config_and_join_with_their_international_form() {
    let output =
        scrub(&[], "\"hp 0812-3456-7890\"\n{\"phone\":\"+62 812 3456 7890\"}\n\"ring 23 23 75 85\"\n\"+4523237585\"\n");
    let tokens: Vec<&str> = output.lines().filter_map(|line| line.split("ph_1k1_").nth(1)).map(|t| &t[..24]).collect();
    assert_eq!((tokens.len(), tokens[0], tokens[2]), (4, tokens[1], tokens[3]), "{output}");
}

#[test]
fn a_rule_of_a_field_holds_for_the_values_inside_of_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.yaml");
    fs::write(&config, "fields: [{path: who, action: \"mask:all\"}]\n").unwrap();
    let config = ["-c", config.to_str().unwrap()];
    let output = scrub(&config, "{\"who\":[\"x\",{\"n\":\"Siti\",\"m\":[1]}],\"n\":\"kept\"}");
    assert_eq!(output, "{\"who\":[\"********\",{\"n\":\"********\",\"m\":[\"********\"]}],\"n\":\"kept\"}");
    // A field that is only known by its name says less of what stands inside.
    let config = folder.path().join("d.yaml");
    fs::write(&config, "{}\n").unwrap();
    let config = ["-c", config.to_str().unwrap()];
    let output = scrub(
        &config,
        "{\"phone\":{\"no\":\"81234567\",\"kind\":\"mobile\"},\"email\":{\"value\":\"siti@localhost\"}}",
    );
    assert!(
        !output.contains("81234567") && !output.contains("siti@") && output.contains("\"kind\":\"mobile\""),
        "{output}"
    );
}

#[test]
fn paths_of_findings_hold_no_key_that_is_data() {
    let folder = tempfile::tempdir().unwrap();
    let findings = folder.path().join("f.ndjson");
    let keys = ["10.0.0.1", "1.1.1.1", "fe80::1", "siti＠example.id", "０８１２３４５６７８９０"];
    let input: String = keys.map(|key| format!("{{\"{key}\":{{\"e\":\"a@example.id\"}}}}\n")).concat();
    scrub(&["--findings", findings.to_str().unwrap()], &input);
    let lines = lines_of(&findings);
    assert!(lines.len() >= 5 && lines.iter().all(|f| matches!(f["path"].as_str(), Some("*" | "*.e"))), "{lines:?}");
}

#[test]
fn what_cannot_be_read_safely_is_only_in_the_quarantine_and_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let quarantine = folder.path().join("q.ndjson");
    let mut input = b"{\"email\":\"secret@example.com\"\n{\"ok\":1}\n\n\"\\ud83d secret@example.com\"\n".to_vec();
    input.extend_from_slice(b"\"\xff secret@example.com\"\n");
    input.extend_from_slice(format!("{}1{}\n", "[".repeat(65), "]".repeat(65)).as_bytes());
    input.extend_from_slice(format!("\"{}\"\n", "x".repeat(1 << 20)).as_bytes());
    let args = ["scrub", "--seed-key", KEY, "--quarantine", quarantine.to_str().unwrap()];
    let finished = sluice_with_input(&args, &input);
    assert!(finished.stderr.contains("6 lines were rejected"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("secret@"), "{}", finished.stderr);
    assert_eq!(finished.ok(), "{\"ok\":1}\n");
    let rejected = lines_of(&quarantine);
    let seen: Vec<(u64, &str)> =
        rejected.iter().map(|r| (r["line"].as_u64().unwrap(), r["reason"].as_str().unwrap())).collect();
    let expected =
        [(1, "truncated"), (3, "empty"), (4, "lone_surrogate"), (5, "invalid_utf8"), (6, "too_deep"), (7, "too_large")];
    assert_eq!(seen, expected);
    assert!(!fs::read_to_string(&quarantine).unwrap().contains("secret"));
}

#[test]
fn findings_tell_where_and_why_without_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let findings = folder.path().join("f.ndjson");
    let input = "{\"user\":{\"email\":\"a@example.com\"},\"note\":\"fra 203.0.113.7\"}\n";
    scrub(&["--findings", findings.to_str().unwrap()], input);
    let lines = lines_of(&findings);
    let seen: Vec<(&str, &str, &str)> = lines
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["entity"].as_str().unwrap(), f["basis"].as_str().unwrap()))
        .collect();
    assert_eq!(seen[0], ("user.email", "email", "field"));
    assert_eq!((seen[1].0, seen[1].1), ("note", "ip"));
    let span = |f: &Value| input[f["start"].as_u64().unwrap() as usize..f["end"].as_u64().unwrap() as usize].to_owned();
    assert_eq!(lines.iter().map(span).collect::<Vec<_>>(), ["a@example.com", "203.0.113.7"]);
    let text = fs::read_to_string(&findings).unwrap();
    assert!(!text.contains("203.0.113.7") && !text.contains("a@example"), "{text}");
}

#[test]
fn text_lines_are_scrubbed_as_they_are() {
    let output = scrub(&["--format", "text"], "GET / from 203.0.113.7:443 {broken\n\nwrite to a@example.com.\n");
    assert!(
        output.starts_with("GET / from ip_1k1_") && output.contains(":443 {broken\n\nwrite to em_1k1_"),
        "{output}"
    );
    assert!(output.ends_with(".\n"), "{output}");
}

#[test]
fn a_file_that_is_missing_fails_and_files_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    fs::write(&a, "1\n").unwrap();
    fs::write(&b, "2\n").unwrap();
    let output = scrub(&[b.to_str().unwrap(), a.to_str().unwrap()], "");
    assert_eq!(output, "2\n1\n");
    let finished = sluice(&["scrub", "--seed-key", KEY, "/no/such/file"]);
    assert!(finished.stderr.contains("/no/such/file"), "{finished:?}");
    finished.failed(1);
}

#[test]
fn a_file_that_is_read_or_written_already_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("in"), "{}\n").unwrap();
    for (options, named) in [
        (["--findings", "in", "--quarantine", "b"], "--findings"),
        (["--findings", "a", "--signals", "a"], "--signals"),
        (["--signals", "a", "--quarantine", "./in"], "--quarantine"),
    ] {
        let options = options.map(|o| if o.starts_with("--") { o.to_owned() } else { path(o) });
        let args: Vec<&str> = ["scrub"].into_iter().chain(options.iter().map(String::as_str)).collect();
        let input = path("in");
        let stderr = sluice(&[&args[..], &[&input]].concat()).failed(2);
        assert!(stderr.contains(named) && stderr.contains("is read, or written by another option"), "{stderr}");
    }
    assert_eq!(fs::read_to_string(path("in")).unwrap(), "{}\n");
}

#[test]
fn lines_of_text_taken_for_json_and_lines_without_their_time_are_told() {
    let stderr = sluice_with_input(&["scrub"], b"a line of a log\n").stderr;
    assert!(stderr.contains("1 line was rejected") && stderr.contains("--format text"), "{stderr}");
    let stderr = sluice_with_input(&["scrub", "--time", "at"], b"{\"at\":1}\n{}\n{}\n").stderr;
    assert!(stderr.contains("2 lines were without a time in the field of --time"), "{stderr}");
}
