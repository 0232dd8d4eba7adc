//! Daily salts in a file, sealing, suppression, the quarantine of files, tenants, audit: as a user of the commands sees them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{sluice, sluice_with_input};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A folder with `sluice.yaml`, in which `DIR` stands for the folder.
fn folder(yaml: &str) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("sluice.yaml");
    fs::write(&config, yaml.replace("DIR", dir.path().to_str().unwrap())).unwrap();
    let config = config.to_str().unwrap().to_owned();
    (dir, config)
}

fn age() -> Value {
    serde_json::from_str(include_str!("../vectors/age.json")).unwrap()
}

fn scrub(config: &str, more: &[&str], line: &str) -> String {
    let args = [&["scrub", "-c", config, "--seed-key", KEY][..], more].concat();
    sluice_with_input(&args, format!("{line}\n").as_bytes()).ok().trim_end().to_owned()
}

#[test]
fn daily_tokens_hold_over_runs_with_a_salt_file_and_days_without_salt_are_redacted() {
    let (dir, config) = folder("pseudonyms: {epochs: {ip: daily}, salts: {file: DIR/salts}}\n");
    let line = r#"{"at":"2020-01-31T00:00:00Z","ip":"203.0.113.7"}"#;
    let first = scrub(&config, &[], line);
    assert!(first.contains(r#""ip":"ip_1k1d"#), "{first}");
    assert_eq!(scrub(&config, &[], line), first, "another run finds the salt");
    assert_eq!(fs::metadata(dir.path().join("salts")).unwrap().permissions().mode() & 0o777, 0o600);
    for more in [&["--day", "2020-01-31"][..], &["--time", "at"], &["--time", "none"], &["--day", "2199-01-01"]] {
        assert!(scrub(&config, more, line).contains(r#""ip":"[ip]""#), "{more:?}");
    }
    let other = dir.path().join("other");
    let elsewhere = scrub(&config, &["--salts", other.to_str().unwrap()], line);
    assert!(elsewhere.contains(r#""ip":"ip_1k1d"#) && elsewhere != first);
    let tokens = sluice_with_input(&["token", "-c", &config, "--seed-key", KEY, "--type", "ip"], b"203.0.113.7\n").ok();
    assert!(first.contains(tokens.trim_end()), "{tokens}");

    fs::set_permissions(dir.path().join("salts"), fs::Permissions::from_mode(0o644)).unwrap();
    let args = ["scrub", "-c", &config, "--seed-key", KEY];
    let stderr = sluice_with_input(&args, line.as_bytes()).failed(1);
    assert!(stderr.contains("chmod 600"), "{stderr}");
}

#[test]
fn what_has_no_salt_is_told_as_redacted() {
    let (dir, config) = folder("pseudonyms: {epochs: {ip: daily}, salts: {file: DIR/salts}}\n");
    let findings = dir.path().join("findings");
    let args = ["scrub", "-c", &config, "--seed-key", KEY, "--findings", findings.to_str().unwrap()];
    let input = b"{\"ip\":\"203.0.113.7\",\"email\":\"siti@example.id\"}\n{\"n\":1}\n";
    let run = |more: &[&str]| {
        let run = sluice_with_input(&[&args[..], more].concat(), input);
        let lines = fs::read_to_string(&findings).unwrap();
        let actions: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (run.stderr, actions.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    let (stderr, actions) = run(&["--day", "2020-01-31"]);
    assert_eq!(actions, ["redact", "token"], "the mail's tokens are of no day");
    assert!(
        stderr.contains("note: 1 line was of a day without a salt: what should be a daily token is redacted"),
        "{stderr}"
    );
    let (stderr, actions) = run(&["--time", "at"]);
    assert!(actions == ["redact", "token"] && !stderr.contains("without a salt"), "one note for one reason: {stderr}");
    let (stderr, actions) = run(&[]);
    assert!(actions == ["token", "token"] && !stderr.contains("without a salt"), "{stderr}");
}

#[test]
fn an_erasure_whose_account_cannot_be_read_is_recorded_as_none() {
    let (dir, config) = folder(
        "audit: {file: DIR/audit}\nerase: {field: e, equals: erase}\n\
         signals: {fields: {time: t, account: a}, events: [{kind: login, when: {e: login}}]}\n",
    );
    let input = "{\"e\":\"erase\",\"a\":\"7\"}\n{\"e\":\"erase\"}\n";
    let args = ["scrub", "-c", &config, "--seed-key", KEY, "--signals", "/dev/null"];
    sluice_with_input(&args, input.as_bytes()).ok();
    let audit = fs::read_to_string(dir.path().join("audit")).unwrap();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (line["count"].as_u64(), line["of"]["failed"].as_str())).collect();
    assert_eq!(told, [(Some(1), None), (Some(0), Some("the record gave no event: account"))], "{audit}");
}

/// The lines of a file of salts; none: it is not there.
fn salts(dir: &TempDir) -> usize {
    fs::read_to_string(dir.path().join("salts")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_signal_that_may_name_a_daily_token_finds_its_salt_and_accounts_keep_their_tokens() {
    let signals = "signals: {fields: {time: t, account: a}, events: [{kind: login, when: {e: login}}]}\n";
    let (dir, config) =
        folder(&format!("pseudonyms: {{epochs: {{ip: daily}}, salts: {{file: DIR/salts}}}}\n{signals}"));
    let line = r#"{"t":"2026-01-31T00:00:00Z","a":"7","e":"login"}"#;
    assert_eq!((scrub(&config, &[], line).as_str(), salts(&dir)), (line, 0), "nothing asks for a token");
    scrub(&config, &["--day", "2020-01-31", "--signals", "/dev/null"], line);
    assert_eq!(salts(&dir), 0, "another day's is never made");
    scrub(&config, &["--signals", "/dev/null"], line);
    assert_eq!(salts(&dir), 1);
    let (_dir, config) = folder(&format!("pseudonyms: {{epoch: daily}}\n{signals}"));
    let stderr = sluice(&["validate", "-c", &config]).failed(78);
    assert!(stderr.contains("pseudonyms.epoch") && stderr.contains("`epochs: {account: never}`"), "{stderr}");
}

#[test]
fn a_salt_is_made_only_for_a_token_of_the_day() {
    let (dir, config) = folder(
        "pseudonyms: {epochs: {ip: daily}, salts: {file: DIR/salts}}\nfields: [{name: peer, entity: ip, action: redact}]\n",
    );
    let quarantine = dir.path().join("rejected");
    let rejected = ["--quarantine", quarantine.to_str().unwrap()];
    for (more, line) in [
        (&[][..], r#"{"n":1}"#),
        (&[], r#"{"email":"siti@example.id"}"#),
        (&[], r#"{"peer":"203.0.113.7"}"#),
        (&rejected, r#"{"ip":"203.0.113.7"#),
        (&["--day", "2020-01-31"], r#"{"ip":"203.0.113.7"}"#),
    ] {
        scrub(&config, more, line);
        assert_eq!(salts(&dir), 0, "{line}");
    }
    let findings = dir.path().join("findings");
    let more = ["--findings", findings.to_str().unwrap()];
    assert!(scrub(&config, &more, r#"{"ip":"203.0.113.7"}"#).contains("ip_1k1d"), "the first line has it already");
    assert_eq!((salts(&dir), fs::read_to_string(findings).unwrap().lines().count()), (1, 1), "one salt, one finding");
}

#[test]
fn processes_that_race_for_a_day_write_one_salt_and_make_one_token() {
    let (dir, config) = folder("pseudonyms: {epochs: {ip: daily}, salts: {file: DIR/salts}}\n");
    let outputs: Vec<String> = std::thread::scope(|scope| {
        let race = || scrub(&config, &[], r#"{"ip":"203.0.113.7"}"#);
        let handles: Vec<_> = (0..12).map(|_| scope.spawn(race)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(outputs[0].contains("ip_1k1d") && outputs.iter().all(|output| *output == outputs[0]), "{outputs:?}");
    assert_eq!(salts(&dir), 1);
}

#[test]
fn a_damaged_or_foreign_file_of_salts_is_refused_and_never_written_over() {
    let (dir, config) = folder(
        "pseudonyms: {epochs: {ip: daily}, salts: {file: DIR/salts}}\nkeys: {file: DIR/key}\n\
         kafka: {brokers: ['127.0.0.1:1']}\ninput: {topics: [{name: logins}]}\n",
    );
    let path = dir.path().join("salts");
    let key = |key: &str| fs::write(dir.path().join("key"), format!("keys: [{{id: k1, key: {key}}}]\n")).unwrap();
    key(KEY);
    let line = r#"{"ip":"203.0.113.7"}"#;
    let scrubbed = sluice_with_input(&["scrub", "-c", &config], line.as_bytes()).ok();
    sluice(&["validate", "-c", &config]).ok();
    let whole = fs::read(&path).unwrap();
    let refused = |why: &str| {
        let before = fs::read(&path).unwrap();
        for command in ["validate", "run"] {
            let stderr = sluice(&[command, "-c", &config]).failed(78);
            assert!(stderr.contains("sluice.yaml:1") && stderr.contains("pseudonyms.salts.file"), "{stderr}");
            assert!(stderr.contains(path.to_str().unwrap()) && stderr.contains(why), "{stderr}");
        }
        let stderr = sluice_with_input(&["scrub", "-c", &config], line.as_bytes()).failed(1);
        assert!(stderr.contains(path.to_str().unwrap()) && stderr.contains(why), "{stderr}");
        assert_eq!(fs::read(&path).unwrap(), before);
    };
    key(&KEY.replace("00", "ff"));
    refused("another key of the same name");
    key(KEY);
    fs::write(&path, &whole[..40]).unwrap();
    refused("midst of a line");
    fs::write(&path, "not a salt\n").unwrap();
    refused("line 1: is no sealed salt");
    fs::write(&path, &whole).unwrap();
    assert_eq!(sluice_with_input(&["scrub", "-c", &config], line.as_bytes()).ok(), scrubbed);
}

#[test]
fn an_audit_file_that_cannot_be_written_is_refused() {
    let (dir, config) = folder("audit: {file: DIR/none/audit}\nerase: {field: event, equals: erase}\n");
    let stderr = sluice(&["validate", "-c", &config]).failed(78);
    assert!(stderr.contains("sluice.yaml:1") && stderr.contains("audit.file: cannot be written"), "{stderr}");
    let args = ["scrub", "-c", &config, "--seed-key", KEY];
    let stderr = sluice_with_input(&args, b"{\"event\":\"erase\"}\n").failed(1);
    assert!(stderr.contains("line 1: no audit record, so no erasure"), "{stderr}");
    fs::create_dir(dir.path().join("none")).unwrap();
    sluice(&["validate", "-c", &config]).ok();
    assert!(!dir.path().join("none/audit").exists(), "a look makes nothing");
}

#[test]
fn a_sealed_value_is_opened_by_its_key_and_never_scrubbed_again() {
    use base64::Engine as _;
    let age = age();
    let recipient = age["recipient"].as_str().unwrap();
    let (_dir, config) =
        folder(&format!("seal: {{recipients: [{recipient}]}}\npatterns: {{actions: {{email: seal}}}}\n"));
    let once = scrub(&config, &[], r#"{"email":"Siti@Example.id","note":"write to siti@example.id, please"}"#);
    assert_eq!(once.matches("[sealed:YWdl").count(), 2, "{once}");
    assert!(!once.to_lowercase().contains("siti"));
    assert_eq!(scrub(&config, &[], &once), once, "scrubbed twice it is the same");
    assert_eq!(scrub("profile:support", &[], &once), once, "by another config too");
    let value: Value = serde_json::from_str(&once).unwrap();
    let text = value["email"].as_str().unwrap().strip_prefix("[sealed:").unwrap().strip_suffix(']').unwrap();
    let file = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let identity = sluice::pseudonymize::age::Identity::parse(age["identity"].as_str().unwrap()).unwrap();
    assert_eq!(identity.open(&file).unwrap()[..], b"Siti@Example.id"[..]);

    let (_dir, config) = folder("seal: {recipients: [age1xyz]}\npatterns: {actions: {email: seal}}\n");
    assert!(sluice(&["validate", "-c", &config]).failed(78).contains("seal.recipients[0]: is no age recipient"));
    let (_dir, config) = folder("patterns: {actions: {email: seal}}\n");
    assert!(sluice(&["validate", "-c", &config]).failed(78).contains("seal.recipients"));
}

#[test]
fn rejected_lines_are_sealed_and_opened_with_an_audit_record() {
    let age = age();
    let recipients = format!("recipients: [{}]", age["recipient"].as_str().unwrap());
    let (dir, config) = folder(&format!("quarantine: {{{recipients}}}\naudit: {{file: DIR/audit}}\n"));
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let rejected = path("rejected");
    fs::write(path("identity"), age["identity"].as_str().unwrap()).unwrap();
    fs::write(path("other"), age["other_identity"].as_str().unwrap()).unwrap();
    scrub(&config, &["--quarantine", &rejected], r#"{"email":"canary@example.com"#);
    assert!(!fs::read_to_string(&rejected).unwrap().contains("canary"));
    let listed = sluice(&["quarantine", "list", "--file", &rejected]).ok();
    assert!(listed.contains(r#""reason":"truncated","sealed":true"#), "{listed}");
    let open = |identity: &str| {
        sluice(&["quarantine", "open", "-c", &config, "--file", &rejected, "--identity", &path(identity)])
    };
    let opened: Value = serde_json::from_str(&open("identity").ok()).unwrap();
    assert_eq!((&opened["value"], &opened["offset"]), (&r#"{"email":"canary@example.com"#.into(), &1.into()));
    let stderr = open("other").failed(1);
    assert!(stderr.contains("is sealed to another recipient") && !stderr.contains("canary"), "{stderr}");
    fs::write(path("other"), "AGE-SECRET-KEY-1GEHEIM").unwrap();
    let stderr = open("other").failed(1);
    assert!(stderr.contains("line 1: is no identity") && !stderr.contains("GEHEIM"), "{stderr}");
    let audit = fs::read_to_string(path("audit")).unwrap();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["what"] == "quarantine_open"), "{audit}");
    let counts: Vec<_> = lines.iter().map(|line| (line["count"].as_u64(), line["of"]["failed"].as_str())).collect();
    let other = Some("the payload is sealed to another recipient");
    assert_eq!(counts, [(Some(1), None), (Some(0), other), (Some(0), Some("no identity"))], "who tries is recorded");
    assert_eq!((&lines[1]["of"]["offset"], audit.contains("canary")), (&"1".into(), false));
    let unknown = ["quarantine", "list", "--file", &path("rejected"), "--reason", "nosuch"];
    let error = sluice(&unknown).failed(2);
    assert!(error.contains("unknown reason `nosuch`; there are empty, malformed"), "{error}");
    // No record, no payload.
    fs::remove_file(path("audit")).unwrap();
    fs::create_dir(path("audit")).unwrap();
    assert!(open("identity").failed(1).contains("no audit record"));
}

#[test]
fn what_is_sealed_to_somebody_else_keeps_no_other_record_closed() {
    let age = age();
    let (dir, config) = folder("audit: {file: DIR/audit}\n");
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let identity = |name: &str| fs::write(path("identity"), age[name].as_str().unwrap()).unwrap();
    let recipient = |recipient: &str| {
        let (dir, config) = folder(&format!("quarantine: {{recipients: [{recipient}]}}\n"));
        let rejected = dir.path().join("rejected");
        scrub(&config, &["--quarantine", rejected.to_str().unwrap()], r#"{"a":"b"#);
        fs::read_to_string(rejected).unwrap()
    };
    let ours = recipient(age["recipient"].as_str().unwrap());
    let others = recipient("age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg");
    let damaged = ours.replace("\"sealed\":\"YWdl", "\"sealed\":\"YWdm");
    fs::write(path("rejected"), format!("{others}{ours}{damaged}{others}{ours}")).unwrap();
    let open =
        || sluice(&["quarantine", "open", "-c", &config, "--file", &path("rejected"), "--identity", &path("identity")]);
    identity("identity");
    let run = open();
    assert_eq!((run.code, run.stdout.lines().count()), (1, 2), "{run:?}");
    let told = "quarantined records: 1 of 5 is no age file of version 1: - 0 1; 2 of 5 are sealed to another recipient: the first is - 0 1";
    assert!(run.stderr.contains(told), "{run:?}");
    assert_eq!(fs::read_to_string(path("audit")).unwrap().lines().count(), 5, "each try is recorded");
    fs::write(path("rejected"), format!("{others}{ours}")).unwrap();
    assert!(open().stderr.contains("1 of 2 is sealed to another recipient: - 0 1"));
}

#[test]
fn a_quarantine_that_holds_nothing_of_a_topic_says_so() {
    let dir = TempDir::new().unwrap();
    let rejected = dir.path().join("rejected");
    let list = |more: &[&str]| {
        let run = sluice(&[&["quarantine", "list", "--file", rejected.to_str().unwrap()][..], more].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run
    };
    fs::write(&rejected, "").unwrap();
    assert!(list(&[]).stderr.contains("note: nothing is quarantined"));
    fs::write(&rejected, "{\"file\":\"logins\",\"line\":7,\"reason\":\"truncated\"}\n").unwrap();
    assert!(list(&["--topic", "logins"]).stderr.is_empty());
    let stderr = list(&["--topic", "nope"]).stderr;
    assert!(stderr.contains("note: nothing is quarantined of topic `nope`; there are records of `logins`"), "{stderr}");
    let stderr = list(&["--topic", "logins", "--offset", "8"]).stderr;
    assert!(stderr.contains("note: no quarantined record is such a one"), "{stderr}");
}

#[test]
fn who_is_listed_is_dropped_and_tenants_share_no_tokens() {
    let (dir, config) = folder(
        "pseudonyms: {scope: {field: site}, suppress: DIR/list}\naudit: {file: DIR/audit}\n\
         erase: {field: event, equals: erase}\n",
    );
    let list = dir.path().join("list");
    fs::write(&list, "").unwrap();
    let of = |scope: &str| {
        let args = ["token", "-c", &config, "--seed-key", KEY, "--type", "email", "--scope", scope];
        sluice_with_input(&args, b"siti@example.id\n").ok()
    };
    assert_ne!(of("a"), of("b"));
    let args = ["token", "-c", &config, "--seed-key", KEY, "--type", "email"];
    assert!(sluice_with_input(&args, b"x\n").failed(2).contains("--scope"), "nobody guesses a scope");
    let audit = fs::read_to_string(dir.path().join("audit")).unwrap();
    assert!(audit.lines().count() == 2 && audit.contains(r#""what":"token""#) && !audit.contains("siti"), "{audit}");
    fs::write(&list, of("a")).unwrap();
    let line = |site: &str| format!(r#"{{"site":"{site}","email":"Siti@Example.id"}}"#);
    assert_eq!(scrub(&config, &[], &line("a")), "");
    assert!(scrub(&config, &[], &line("b")).contains("em_1k1_"), "an objection at one site is one there");
    let erase = line("a").replace("{", r#"{"event":"erase","#);
    assert!(scrub(&config, &[], &erase).contains("em_1k1_"), "who has objected is forgotten all the same");
    let audit = fs::read_to_string(dir.path().join("audit")).unwrap();
    let last: Value = serde_json::from_str(audit.lines().last().unwrap()).unwrap();
    assert_eq!((&last["what"], &last["of"]["line"]), (&"erase".into(), &"1".into()), "{audit}");
    assert!(audit.lines().count() == 4 && !audit.to_lowercase().contains("siti"), "{audit}");
    assert_eq!(scrub(&config, &[], r#"{"email":"siti@example.id"}"#), "", "it does not say its scope");
    fs::write(&list, "siti@example.id\n").unwrap();
    let stderr = sluice(&["validate", "-c", &config]).failed(78);
    assert!(stderr.contains("list:1: is no token") && !stderr.contains("siti"), "{stderr}");
}

#[test]
fn a_rotation_is_recorded_and_its_window_is_written() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (keys, audit) = (path("keys"), path("audit"));
    sluice(&["keys", "new", "--dir", &keys]).ok();
    let rotate = ["keys", "rotate", "--dir", &keys, "--not-before", "2099-01-01T00:00:00Z", "--audit", &audit];
    let early = [&rotate[..], &["--dual-until", "2099-01-01T00:00:00Z"]].concat();
    assert!(sluice(&early).failed(2).contains("--dual-until"));
    sluice(&[&rotate[..], &["--dual-until", "2099-02-01T00:00:00Z"]].concat()).ok();
    let text = fs::read_to_string(format!("{keys}/k2.yaml")).unwrap();
    assert!(text.contains("dual_until: \"2099-02-01T00:00:00Z\""));
    let recorded = fs::read_to_string(&audit).unwrap();
    let secret = text.lines().find_map(|line| line.strip_prefix("key: ")).unwrap().trim_matches('"');
    assert!(recorded.contains(r#""what":"rotation""#) && recorded.contains("k2") && !recorded.contains(secret));
    let listed = sluice(&["keys", "list", "--dir", &keys]).ok();
    assert!(listed.contains("until 2099-02-01T00:00:00Z its tokens stand beside"), "{listed}");
    fs::write(format!("{keys}/k1.yaml"), format!("id: k1\nkey: {KEY}\ndestroy_after: 2020-01-01T00:00:00Z\n")).unwrap();
    let listed = sluice(&["keys", "list", "--dir", &keys]).ok();
    assert!(listed.contains("k1 makes no token any more: delete its file"), "{listed}");
}

#[test]
fn compacted_outputs_with_daily_keys_are_warned_of() {
    let (_dir, config) = folder("pseudonyms: {epoch: daily}\noutput: {create: {config: {cleanup.policy: compact}}}\n");
    let finished = sluice(&["validate", "-c", &config]);
    assert!(finished.code == 0 && finished.stderr.contains("daily tokens change every day"), "{finished:?}");
}
