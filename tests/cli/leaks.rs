//! Nothing raw leaves but by standard output of `quarantine open`: not by errors, notes, findings, signals, quarantine
//! files, explanations or comparisons. One person, planted in every place that a record has, is looked for in all of them.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::command::{Finished, sluice, sluice_with_input};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const MAIL: &str = "kanarie.fugl@example.dk";
const PHONE: &str = "0812-3999-7777";

/// What must be nowhere.
fn traces() -> Vec<String> {
    let encoded = STANDARD.encode(format!("to {MAIL} "));
    ["kanarie", "KANARIE", "Kanarie", "3999-7777", "39997777", "62812399", &encoded[..20]].map(str::to_owned).to_vec()
}

fn assert_clean(what: &str, text: &str) {
    for trace in traces() {
        assert!(!text.contains(&trace), "{what} shows {trace}: {text}");
    }
}

fn clean(what: &str, finished: &Finished) {
    assert_clean(what, &finished.stdout);
    assert_clean(what, &finished.stderr);
}

/// Records that hold the person everywhere, some of them broken.
fn records() -> String {
    let login = |at: &str, device: &str, lat: f64, lon: f64, asn: u32, country: &str| {
        format!(
            r#"{{"type":"login","ts":"{at}","event_id":"{MAIL}/{at}","user_id":"{MAIL}","device_id":"{PHONE}{device}","ip":"203.0.113.{asn}","asn":{asn},"geo":{{"country":"{country}","lat":{lat},"lon":{lon}}}}}"#
        )
    };
    let encoded = STANDARD.encode(format!("to {MAIL} "));
    [
        login("2026-11-01T03:00:00Z", "a", -7.25, 112.75, 77, "ID"),
        login("2026-11-20T03:00:00Z", "a", -7.25, 112.75, 77, "ID"),
        login("2026-11-20T04:00:00Z", "b", 44.43, 26.1, 90, "RO"),
        format!(r#"{{"email":"{MAIL}","{MAIL}":1,"hp":"{PHONE}","note":"KANARIE.FUGL@EXAMPLE.DK ring {PHONE}"}}"#),
        format!(r#"{{"raw":"{{\"mail\":\"{MAIL}\"}}","b64":"{encoded}","q":"/a?mail=kanarie.fugl%40example.dk","list":["{PHONE}"]}}"#),
        format!(r#"{{"email":"{MAIL}","#),
        format!("{MAIL} {PHONE}"),
        format!(r#"{{"{MAIL}": {PHONE}}}"#),
        format!(r#"{{"deep":{}"{MAIL}"{}}}"#, "[".repeat(80), "]".repeat(80)),
    ]
    .map(|line| line + "\n")
    .concat()
}

#[test]
fn no_command_shows_who_a_record_is_about() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let records = records();
    fs::write(path("in"), &records).unwrap();
    let input = path("in");
    let files = ["--findings", &path("findings"), "--quarantine", &path("rejected"), "--signals", &path("signals")];
    for (what, more) in
        [("scrub", &[][..]), ("scrub --time", &["--time", "ts"]), ("scrub --day", &["--day", "2026-11-20"])]
    {
        let args = [&["scrub", "--seed-key", KEY][..], &files, more, &[&input]].concat();
        let finished = sluice(&args);
        assert_eq!((finished.code, finished.stdout.lines().count()), (0, 5), "{finished:?}");
        clean(what, &finished);
        let [findings, rejected, signals] =
            ["findings", "rejected", "signals"].map(|name| fs::read_to_string(path(name)).unwrap());
        assert!(findings.lines().count() > 10 && rejected.lines().count() == 4, "{findings}{rejected}");
        assert!(signals.contains("impossible_travel"), "{signals}");
        for (name, text) in [("findings", findings), ("rejected", rejected), ("signals", signals)] {
            assert_clean(&format!("{what}: {name}"), &text);
        }
    }
    for more in [&[][..], &["--output", "json"]] {
        clean("explain", &sluice(&[&["explain", "--seed-key", KEY, &path("in")][..], more].concat()));
        let signal = sluice(&[&["explain", "--signal", "--seed-key", KEY, &path("in")][..], more].concat());
        assert!(signal.stdout.contains("impossible_travel"), "{signal:?}");
        clean("explain --signal", &signal);
        let diff = ["diff", "-c", "profile:gaming", "-c", "profile:support", "--seed-key", KEY, &path("in")];
        clean("diff", &sluice(&[&diff[..], more].concat()));
    }
    clean("quarantine list", &sluice(&["quarantine", "list", "--file", &path("rejected")]));
    let args = ["token", "-c", "profile:gaming", "--seed-key", KEY, "--type", "email"];
    clean("token", &sluice_with_input(&args, format!("{MAIL}\n").as_bytes()));
    let text = ["scrub", "-c", "profile:support", "--format", "text", "--seed-key", KEY];
    clean("scrub text", &sluice_with_input(&text, format!("ring {PHONE} eller {MAIL}\n").as_bytes()));
}

#[test]
fn of_a_password_neither_signs_nor_length_are_shown() {
    let dir = TempDir::new().unwrap();
    let input = dir.path().join("in");
    fs::write(&input, "{\"password\":\"#$%^&*!?-Geheim\",\"email\":\"ann@example.com\"}\n").unwrap();
    let path = |name: &str, yaml: &str| {
        let path = dir.path().join(name);
        fs::write(&path, yaml).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (input, plain) = (input.to_str().unwrap(), path("plain.yaml", "{}\n"));
    let new = path("new.yaml", "patterns: {actions: {password: drop}}\n");
    let rule = path("rule.yaml", "fields: [{name: password, action: redact}]\n");
    let explain = |config: &str| sluice(&["explain", "-c", config, "--seed-key", KEY, input]).ok();
    let diff = |old: &str, new: &str| sluice(&["diff", "-c", old, "-c", new, "--seed-key", KEY, input]).ok();
    for text in [explain(&plain), explain(&rule), diff(&plain, &new), diff(&rule, &plain)] {
        assert!(!text.contains("#$%") && text.contains(" ********\n"), "{text}");
    }
    assert!(explain(&plain).contains("aaa@aaaaaaa.aaa"), "the shape of others is shown");
}

#[test]
fn a_case_that_fails_shows_findings_masked() {
    let dir = TempDir::new().unwrap();
    let cases = dir.path().join("cases.yaml");
    fs::write(&cases, format!("cases: [{{name: a, event: {{x: 'to {MAIL}'}}, findings: [], expect: {{x: y}}}}]\n"))
        .unwrap();
    let finished = sluice(&["test", "-c", "profile:gaming", cases.to_str().unwrap()]);
    assert!(finished.code == 1 && finished.stdout.contains("aaaaaaa.aaaa@aaaaaaa.aa"), "{finished:?}");
    clean("test", &finished);
}

#[test]
fn an_error_in_a_file_of_people_does_not_repeat_them() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let cases = format!("cases: [{{name: a, event: {{x: \"{MAIL}\", }}, expect: [{PHONE}, }}]\n");
    fs::write(path("cases.yaml"), cases).unwrap();
    clean("cases.yaml", &sluice(&["test", "-c", "profile:gaming", &path("cases.yaml")]));
    fs::write(path("list"), format!("{MAIL}\n")).unwrap();
    fs::write(path("sluice.yaml"), format!("pseudonyms: {{suppress: {:?}}}\n", path("list"))).unwrap();
    let finished = sluice(&["validate", "-c", &path("sluice.yaml")]);
    assert!(finished.code == 78 && finished.stderr.contains("list:1: is no token"), "{finished:?}");
    clean("suppress", &finished);
}
