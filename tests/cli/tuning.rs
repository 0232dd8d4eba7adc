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
    let difference = &outcomes[1]["differences"][0];
    assert_eq!((&difference["of"], outcomes[0].get("differences")), (&"event".into(), None));
    let side = |name: &str| difference[name].as_str().unwrap().to_owned();
    assert!(side("expected").contains(r#""email": "${ip}""#) && side("actual").contains(r#""email": "em_1k1_"#));
    assert!(!json.stdout.contains("a@example.com"), "what is raw stays out: {}", json.stdout);
}

#[test]
fn cases_that_make_no_sense_are_a_bad_config_with_file_and_line() {
    for (yaml, what) in [
        ("cases: []\n", "holds none"),
        ("cases:\n- {name: a, event: {}}\n", "expects nothing"),
        ("cases:\n- {name: a, event: {}, expect: {}, rejected: empty}\n", "keep one"),
        ("cases:\n- name: a\n  event: {}\n  expcet: {}\n", "expcet"),
        ("cases:\n- {name: a, format: text, event: {}, expect: {}}\n", "quote the event"),
        ("cases:\n- {name: a, format: text, event: x, signals: []}\n", "gives no signals"),
        ("cases:\n- {name: a, event: {}, before: [{}], expect: {}}\n", "only signals remember"),
        ("cases:\n- {name: a, event: {}, expect_key: x}\n", "add the key"),
        ("cases:\n- {name: a, event: x, rejected: empty, expect_headers: {}}\n", "neither key nor headers"),
        (
            "cases:\n- {name: a, event: x, rejected: malfromed}\n",
            "case `a`: rejected: unknown reason `malfromed`; did you mean `malformed`?",
        ),
        (
            "cases:\n- {name: a, event: x, findings: [{entity: emial}]}\n",
            "findings.entity: unknown entity `emial`; did you mean `email`?",
        ),
    ] {
        let (_folder, cases) = file(yaml, "cases.yaml");
        let error = sluice(&["test", "-c", "profile:gaming", &cases]).failed(78);
        assert!(error.contains("cases.yaml") && error.contains(what), "{yaml}: {error}");
    }
    let (folder, config) = file("{}\n", "sluice.yaml");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let error = sluice(&["test", "-c", &config, empty.to_str().unwrap()]).failed(78);
    assert!(error.contains("holds no cases (*.yaml, *.yml)"), "{error}");
    assert!(sluice(&["test", "-c", &config]).failed(2).contains("no cases are named"));
}

#[test]
fn a_case_may_expect_what_becomes_of_key_and_headers() {
    let case = |expected: &str| {
        let record = "key: ann@example.com, headers: {x-real-ip: 203.0.113.7}, event: {a: 1}";
        let (folder, cases) = file(&format!("cases:\n- {{name: around, {record}, {expected}}}\n"), "cases.yaml");
        let run = sluice(&["test", "-c", "profile:gaming", &cases]);
        drop(folder);
        run
    };
    case("expect_key: '${em}', expect_headers: {x-real-ip: '${ip}'}").ok();
    let key = case("expect_key: ann@example.com");
    assert!(key.code == 1 && key.stdout.contains("the scrubbed key is another"), "{key:?}");
    let headers = case("expect_headers: {x-other: a}");
    for problem in ["the scrubbed header `x-other` is gone", "the header `x-real-ip` is not expected"] {
        assert!(headers.code == 1 && headers.stdout.contains(problem), "{problem}: {headers:?}");
    }
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
fn explain_takes_a_key_and_headers() {
    let (_folder, config) = file(
        "pseudonyms: {tenant: {header: x-tenant}}\nfields: [{path: '@headers.x-user', entity: username, action: redact}]\n",
        "sluice.yaml",
    );
    let explain = |more: &[&str]| {
        let args = [&["explain", "-c", &config][..], more].concat();
        sluice_with_input(&args, b"{\"n\":1}\n")
    };
    assert!(explain(&[]).ok().contains("rejected, no_scope"), "who it belongs to is said by a header");
    let whole = ["--header", "x-tenant=shop", "--header", "x-user=siti.r", "--key", PERSON];
    let output = explain(&whole).ok();
    for part in
        ["line 1: 2 found", "@key [0..24]  aaaa.aaaaa@aaaaaaa.aa.aa", "email -> token, by pattern", "email.yaml:"]
    {
        assert!(output.contains(part), "{part} in {output}");
    }
    let user = "@headers.x-user [0..6]  aaaa.a\n    username -> redact, by field\n      ";
    assert!(output.contains(&format!("{user}{config}:2: fields[0]")), "{output}");
    let json = explain(&[&whole[..], &["--output", "json"]].concat()).ok();
    let line: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&line["findings"][0]["path"], &line["findings"][1]["path"]),
        (&"@key".into(), &"@headers.x-user".into())
    );
    assert!(!json.contains("siti"), "{json}");
    let stderr = explain(&["--header", "hunter2"]).failed(2);
    assert!(stderr.contains("--header: write the name") && !stderr.contains("hunter2"), "{stderr}");
}

#[test]
fn explain_names_the_keyword_that_hit() {
    let input = br#"{"note":"rekening bca 8901234567, atas nama toko"}"#;
    let output = sluice_with_input(&["explain", "-c", "profile:gaming"], input).ok();
    assert!(output.contains("bank_account -> token, by keyword"), "{output}");
    assert!(output.contains("beside `rekening`") || output.contains("beside `rekening`, `"), "{output}");
    assert!(!output.contains("such as"), "{output}");
}

#[test]
fn every_finding_of_the_shipped_profiles_has_a_rule() {
    let input = concat!(
        "{\"email\":\"a@example.com\",\"x\":\"hp 0812-3456-7890, kartu 4111 1111 1111 1111, DK50 0040 0440 1162 43\",",
        "\"list\":[{\"ip\":\"203.0.113.7\"}],\"nick\":\"203.0.113.8\"}\n"
    );
    // Of what analytics drops as a whole nothing inside is looked at.
    for (profile, least) in [("analytics", 4), ("support", 6), ("gaming", 6)] {
        let args = ["explain", "-c", &format!("profile:{profile}"), "--output", "json"];
        let explained: Value = serde_json::from_str(&sluice_with_input(&args, input.as_bytes()).ok()).unwrap();
        let findings = explained["findings"].as_array().unwrap();
        assert!(findings.len() >= least, "{profile}: {explained:#}");
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

#[test]
fn diff_tells_of_tokens_that_hold_otherwise() {
    let input = b"{\"ip\":\"203.0.113.7\",\"shop\":\"a\"}\n{\"n\":1}\n";
    let diff = |old: &str, new: &str, more: &[&str]| {
        let ((_old, old), (_new, new)) = (file(old, "old.yaml"), file(new, "new.yaml"));
        let args = [&["diff", "-c", &old, "-c", &new][..], more, &["-"]].concat();
        sluice_with_input(&args, input).ok()
    };
    let daily = |more: &str| format!("pseudonyms: {{epoch: daily, salts: {{topic: s}}{more}}}\n");
    let (never, plain) = ("pseudonyms: {epoch: never}\n", daily(""));
    let coarser = daily(", linkable: {ip: network}");
    let redacted = "ip: ip -> token  =>  ip -> redact, for its day has no salt";
    for (old, new, more, told) in [
        (never, &plain, &[][..], "ip: ip -> token  =>  ip -> token of a day"),
        (never, &plain, &["--day", "2020-01-31"], redacted),
        (&plain, &coarser, &[], "ip -> token of a day  =>  ip -> token of a day beside that of its ip_network"),
        (&plain, &daily(", tenant: other"), &[], "(the record): the same findings  =>  other tokens"),
        (&plain, &daily(", scope: other"), &[], "(the record): the same findings  =>  other tokens"),
        (
            &plain,
            &daily(", scope: {field: shop, default: b}"),
            &[],
            "(the record): the same findings  =>  other tokens",
        ),
    ] {
        let output = diff(old, new, more);
        assert!(output.starts_with("1 of 2 lines differ") && output.contains(told), "{new}: {output}");
    }
    assert!(diff(&plain, &plain, &[]).starts_with("0 of 2 lines differ"), "both make a day's tokens with one salt");
}

#[test]
fn diff_does_not_take_what_is_sealed_twice_for_a_difference() {
    let config = "seal: {recipients: [age1avzccz9z72h6xxfsdcnrfqps3mslwzscugxzpy03xkfu6t48ue0qjtfkjl]}\n\
                  patterns: {actions: {email: seal}}\n";
    let (_file, config) = file(config, "c.yaml");
    let input = b"{\"email\":\"siti@example.id\",\"n\":1}\n";
    let output = sluice_with_input(&["diff", "-c", &config, "-c", &config, "-"], input).ok();
    assert!(output.starts_with("0 of 1 lines differ"), "{output}");
}

#[test]
fn diff_tells_of_a_record_that_only_one_config_drops() {
    let input = b"{\"email\":\"siti@example.id\"}\n{\"email\":\"ann@example.id\"}\n";
    let (_new, new) = file("{}\n", "new.yaml");
    let scrubbed = sluice_with_input(&["scrub", "-c", &new, "--seed-key", KEY], input).ok();
    let scrubbed: Value = serde_json::from_str(scrubbed.lines().next().unwrap()).unwrap();
    let (_list, list) = file(scrubbed["email"].as_str().unwrap(), "list");
    let (_old, old) = file(&format!("pseudonyms: {{suppress: {list:?}}}\n"), "old.yaml");
    let diff =
        |old: &str, new: &str| sluice_with_input(&["diff", "-c", old, "-c", new, "--seed-key", KEY, "-"], input).ok();
    let output = diff(&old, &new);
    assert!(output.contains("1 of 2 lines differ"), "{output}");
    assert!(output.contains("(the record): dropped for a listed pseudonym  =>  accepted"), "{output}");
    assert!(diff(&old, &old).contains("0 of 2 lines differ"));
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const STREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/profiles/gaming/in/events.ndjson");

#[test]
fn cases_expect_signals_and_late_events() {
    const HOME: &str = "device_id: d-1, asn: 7713, geo: {country: ID, lat: -7.25, lon: 112.75}";
    const AWAY: &str = "device_id: d-2, asn: 9009, geo: {country: RO, lat: 44.43, lon: 26.10}";
    let login = |day: &str, place: &str| format!("{{type: login, ts: '2026-11-{day}:00:00Z', user_id: u-1, {place}}}");
    let case = |signals: &str| {
        format!(
            "- name: '{signals}'\n  before:\n  - {}\n  - {}\n  event: {}\n  signals: {signals}\n",
            login("01T03", HOME),
            login("20T03", HOME),
            login("20T04", AWAY)
        )
    };
    let run = |cases: &str, config: &str| {
        let (_folder, path) = file(&format!("cases:\n{cases}"), "cases.yaml");
        sluice(&["test", "-c", config, &path])
    };
    let told = run(&case("[{rule: drain, severity: high}]"), "profile:gaming");
    assert_eq!(told.code, 1);
    for part in ["signals: drain, high is not told", "signals: not expected: impossible_travel, high, alert"] {
        assert!(told.stdout.contains(part), "{part}: {told:?}");
    }
    assert!(run(&case("[{rule: darin}]"), "profile:gaming").stdout.contains("there is no rule `darin`"));
    assert!(run(&case("[]"), "profile:support").stdout.contains("signals: the config has none"));
    let late = "- {name: a, salt: gone, event: {ip: 203.0.113.7}, expect: {ip: '[ip]'}}\n";
    assert!(run(late, "profile:analytics").ok().contains("1 of 1"));
    assert!(run(late, "profile:support").stdout.contains("no token of this config holds for a day"));
}

#[test]
fn a_case_says_whose_record_it_is() {
    let (_folder, config) = file("pseudonyms: {tenant: {header: x-tenant}, scope: {topic: true}}\n", "sluice.yaml");
    let event = "event: {ip: 203.0.113.7}, expect: {ip: '${ip}'}";
    let yaml = format!(
        "cases:\n- {{name: a, topic: logins, headers: {{x-tenant: a}}, {event}}}\n\
         - {{name: b, topic: logins, event: {{}}, rejected: no_scope}}\n"
    );
    let (_folder, cases) = file(&yaml, "cases.yaml");
    assert_eq!(sluice(&["test", "-c", &config, &cases]).ok(), "2 of 2 cases passed\n");
}

#[test]
fn explain_says_why_a_signal_fired() {
    let args = ["explain", "-c", "profile:gaming", "--seed-key", KEY];
    let text = sluice(&[&args[..], &["--signal", STREAM]].concat()).ok();
    for part in [
        "line 63: ato_drain, critical alert",
        "because: ratio 0.95",
        "the rule asks for: ratio_min 0.5 (by default)",
        "event: line 63, withdrawal",
        "before: line 62, change of payout",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = sluice(&[&args[..], &["--signal", "--output", "json", STREAM]].concat()).ok();
    let all: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let drain = all.iter().find(|told| told["signal"]["rule"] == "ato_drain").unwrap();
    assert_eq!(drain["parameters"]["ratio_min"], 0.5);
    assert_eq!((&drain["event"]["kind"], drain["before"].as_array().unwrap().len()), (&"withdrawal".into(), 5));
    let id = drain["signal"]["id"].as_str().unwrap();
    let one = sluice(&[&args[..], &[&format!("--signal={id}"), "--output", "json", STREAM]].concat()).ok();
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap(), *drain);
    let none = sluice(&[&args[..], &["--signal=sg_none", STREAM]].concat()).failed(1);
    assert!(none.contains("no line gives the signal sg_none"), "{none}");
    let lacking = sluice(&["explain", "-c", "profile:support", "--signal", STREAM]).failed(78);
    assert!(lacking.contains("has no `signals`"), "{lacking}");
    let stray = sluice_with_input(&[&args[..], &["--signal"]].concat(), b"{\"type\":\"login\"}\n{}\n{}\n");
    assert!(stray.stderr.contains("2 lines gave no event: shape; the first is line 2"), "{stray:?}");
    assert_eq!(stray.ok(), "no line gives a signal\n");
}

#[test]
fn diff_tells_the_signals_that_only_one_config_gives() {
    let yaml = include_str!("../../patterns/profiles/gaming.yaml").to_owned() + "  rules: {new_device: {mode: off}}\n";
    let (_folder, new) = file(&yaml, "new.yaml");
    let output = sluice(&["diff", "-c", "profile:gaming", "-c", &new, "--seed-key", KEY, STREAM]).ok();
    assert!(output.contains("(signal new_device): ") && output.contains("  =>  no signal"), "{output}");
    let same = sluice(&["diff", "-c", "profile:gaming", "-c", "profile:gaming", "--seed-key", KEY, STREAM]).ok();
    assert!(same.starts_with("0 of 64 lines differ"), "{same}");
}

#[test]
fn what_nobody_named_and_what_has_no_salt_is_explained() {
    let input = b"{\"internal\":1,\"ip\":\"203.0.113.7\"}\n";
    let args = ["explain", "-c", "profile:analytics"];
    let output = sluice_with_input(&args, input).ok();
    assert!(output.contains("no rule of `fields` names it") && output.contains("ip -> token, by field"), "{output}");
    let late = sluice_with_input(&[&args[..], &["--day", "2020-01-01"]].concat(), input).ok();
    assert!(late.contains("ip -> redact, for its day has no salt"), "{late}");
    let late = sluice_with_input(&[&args[..], &["--day", "2020-01-01", "--output", "json"]].concat(), input).ok();
    assert!(late.contains(r#""action":"token","saltless":true"#), "{late}");
}
