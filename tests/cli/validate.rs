//! `sluice validate`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{command, sluice};

/// A directory with `sluice.yaml`.
fn config(yaml: &str) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("sluice.yaml");
    fs::write(&path, yaml).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn profiles_are_valid_and_say_what_run_would_miss() {
    for profile in ["profile:analytics", "profile:support", "profile:gaming"] {
        let stdout = sluice(&["validate", "-c", profile]).ok();
        assert!(stdout.starts_with(&format!("{profile}: ok\n")), "{stdout}");
        assert!(stdout.contains("kafka.brokers: no broker is named"), "{stdout}");
    }
}

#[test]
fn a_whole_config_shows_its_topics_and_keys() {
    let dir = TempDir::new().unwrap();
    let keys = dir.path().join("keys");
    sluice(&["keys", "new", "--dir", keys.to_str().unwrap()]).ok();
    let yaml = format!(
        "kafka: {{brokers: [kafka:9092]}}\ninput: {{topics: [{{name: logins}}]}}\nkeys: {{directory: {}}}\n",
        keys.display()
    );
    let (_dir, path) = config(&yaml);
    let expected = format!(
        "{path}: ok\n  logins -> logins.scrubbed, rejected to logins.quarantine\n  delivery: exactly once\n  \
         keys: k1; active now: k1\n"
    );
    assert_eq!(sluice(&["validate", "-c", &path]).ok(), expected);
    let report: Value = serde_json::from_str(&sluice(&["validate", "-c", &path, "--output", "json"]).ok()).unwrap();
    assert_eq!(report, json!({"valid": true, "runnable": true, "problems": []}));
}

#[test]
fn each_problem_is_one_error_line_with_its_place() {
    let (_dir, path) = config("kafka:\n  properties: {group.id: x}\nworkers: 0\n");
    let stderr = sluice(&["validate", "-c", &path]).failed(78);
    let expected = format!(
        "error: {path}:2:16: kafka.properties.group.id: is set by Sluice: set kafka.group\n\
         error: {path}:3:1: workers: is 0, and must be between 1 and 1024\n"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn problems_are_data_with_output_json() {
    let (_dir, path) = config("kafka:\n  borkers: [a]\n");
    let finished = sluice(&["validate", "-c", &path, "--output", "json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (78, ""));
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let message = "unknown field; did you mean `brokers`?";
    let problem = json!({"line": 2, "column": 3, "field": "kafka.borkers", "message": message});
    assert_eq!(report, json!({"valid": false, "runnable": false, "problems": [problem]}));
}

#[test]
fn a_file_that_says_nothing_is_refused_and_one_that_says_so_is_not() {
    for yaml in ["", "\n", "# kafka: later\n", "---\n# later\n", "null\n"] {
        let (_dir, path) = config(yaml);
        for command in [&["validate", "-c"][..], &["scrub", "-c"]] {
            let stderr = sluice(&[command, &[&path]].concat()).failed(78);
            assert!(stderr.starts_with(&format!("error: {path}: is empty")) && stderr.contains("`kafka`"), "{stderr}");
        }
    }
    let (_dir, path) = config("{}\n");
    assert!(sluice(&["validate", "-c", &path]).ok().contains("not enough for `sluice run`"));
}

#[test]
fn patterns_without_an_example_are_told_of() {
    let (dir, path) = config("");
    fs::create_dir(dir.path().join("own")).unwrap();
    fs::write(&path, format!("patterns: {{directories: [{}]}}\n", dir.path().join("own").display())).unwrap();
    let own = "# of ours\nentity: my_no\ntoken: mno\nform: text\npatterns: [{regex: 'M-\\d{7}'}]\n";
    let file = dir.path().join("own/my_no.yaml");
    let stderr = |yaml: &str| {
        fs::write(&file, yaml).unwrap();
        let finished = sluice(&["validate", "-c", &path]);
        assert_eq!(finished.code, 0, "{finished:?}");
        finished.stderr
    };
    let told = stderr(own);
    assert!(told.contains(&format!("{}:2: `my_no` has patterns and no `examples`", file.display())), "{told}");
    assert_eq!(stderr(&format!("{own}examples: [M-1234567]\n")), "");
    assert_eq!(stderr("entity: my_no\ntoken: mno\nform: text\nfields: [my_no]\n"), "", "a name needs none");
}

#[test]
fn what_means_otherwise_than_it_says_is_warned_of_or_refused() {
    let (dir, path) = config("default_deny: true\n");
    let finished = sluice(&["validate", "-c", &path]);
    let told = format!("{path}:1: default_deny: drops every field of every event");
    assert!(finished.code == 0 && finished.stderr.contains(&told), "{finished:?}");
    let salts = dir.path().join("none/salts");
    for (yaml, why) in [
        (format!("pseudonyms: {{epoch: daily, salts: {{file: {salts:?}}}}}\n"), "cannot be made in"),
        ("pseudonyms: {epochs: {password: daily}}\n".to_owned(), "never has one; remove it"),
        ("patterns: {regions: [XX]}\n".to_owned(), "unknown region `XX`; there are `"),
        ("patterns: {disable: [foo]}\n".to_owned(), "unknown entity `foo`; there are `"),
        ("fields: [{path: $.email, entity: email}]\n".to_owned(), "begins with `$`; leave that out"),
    ] {
        fs::write(&path, &yaml).unwrap();
        let error = sluice(&["validate", "-c", &path]).failed(78);
        assert!(error.starts_with(&format!("error: {path}:1:")) && error.contains(why), "{yaml}: {error}");
    }
}

#[test]
fn keys_that_cannot_be_read_are_a_bad_config() {
    let (_dir, path) = config("workers: 1\nkeys: {directory: /no/such/keys}\n");
    let stderr = sluice(&["validate", "-c", &path]).failed(78);
    let reason = "/no/such/keys: cannot be read: No such file or directory (os error 2)";
    assert_eq!(stderr, format!("error: {path}:2:1: keys: {reason}\n"));
}

#[test]
fn keys_patterns_and_rules_that_are_wrong_are_told_together() {
    let yaml = "patterns: {disable: [foo]}\nkeys: {directory: /no/such/keys}\npseudonyms: {suppress: /no/such/list}\n";
    let (_dir, path) = config(yaml);
    let stderr = sluice(&["validate", "-c", &path]).failed(78);
    let begins = [":1:12: patterns.disable: ", ":2:1: keys: ", ":3:14: pseudonyms.suppress: "];
    let lines: Vec<&str> = stderr.lines().collect();
    let all = lines.len() == 3 && lines.iter().zip(begins).all(|(l, b)| l.starts_with(&format!("error: {path}{b}")));
    assert!(all, "{stderr}");
    fs::write(&path, "patterns: {directories: [/no/such/own]}\nkeys: {directory: /no/such/keys}\n").unwrap();
    let stderr = sluice(&["validate", "-c", &path]).failed(78);
    assert!(stderr.contains(":2:1: keys: /no/such/keys: ") && stderr.contains(" /no/such/own: "), "{stderr}");
}

#[test]
fn run_names_the_config_and_the_line_of_keys_that_cannot_be_read() {
    let (_dir, path) = config(
        "kafka: {brokers: [localhost:1]}\ninput: {topics: [{name: a}]}\n\
         signals: {state_key: no/state}\nkeys: {directory: /no/such/keys}\n",
    );
    let stderr = sluice(&["run", "-c", &path]).failed(78);
    assert!(stderr.contains(&format!("error: {path}:4:1: keys: /no/such/keys: cannot be read: ")), "{stderr}");
}

#[test]
fn a_relative_path_that_is_not_there_is_told_with_the_directory_it_was_looked_for_in() {
    let (dir, path) = config("");
    let here = dir.path().canonicalize().unwrap();
    for yaml in [
        "keys: {directory: keys}\n",
        "keys: {file: keys.yaml}\n",
        "patterns: {directories: [own]}\n",
        "patterns: {lists: [{entity: person_name, file: names.txt}]}\n",
        "pseudonyms: {suppress: suppressed}\n",
        "signals: {lists: {trusted: trusted.txt}}\n",
        "signals: {geo: {city: city.mmdb}}\n",
        "signals: {state_key: state}\n",
    ] {
        fs::write(&path, yaml).unwrap();
        let output = command(&["validate", "-c", &path]).current_dir(&here).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = format!("(looked for in the current directory, {}; ", here.display());
        assert!(output.status.code() == Some(78) && stderr.contains(&told), "{yaml}: {stderr}");
    }
}

#[test]
fn a_short_key_is_a_bad_config_and_is_not_shown() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("k1"), "c0ffee").unwrap();
    let (_dir, path) = config(&format!("keys: {{directory: {}}}\n", dir.path().display()));
    let stderr = sluice(&["validate", "-c", &path]).failed(78);
    assert!(stderr.contains("key of k1: has 3 bytes, fewer than 32"), "{stderr}");
    assert!(!stderr.contains("c0ffee"), "{stderr}");
}

#[test]
fn secrets_come_from_the_environment_and_are_never_shown() {
    let (_dir, path) = config("kafka: {secrets: {sasl.password: {env: SLUICE_TEST_PASSWORD}}}\n");
    let validate = ["validate", "-c", &path];
    let stderr = sluice(&validate).failed(78);
    assert!(stderr.contains("the environment variable SLUICE_TEST_PASSWORD is not set"), "{stderr}");
    let output = command(&validate).env("SLUICE_TEST_PASSWORD", "hunter2").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"));
}

#[test]
fn what_is_no_config_is_refused_without_repeating_it() {
    for bytes in [&b"hunter2"[..], b"\xff\xfehunter2", b"{hunter2", b"\0hunter2", b"a: !!binary hunter2"] {
        let dir = TempDir::new().unwrap();
        let path: PathBuf = dir.path().join("sluice.yaml");
        fs::write(&path, bytes).unwrap();
        let stderr = sluice(&["validate", "-c", path.to_str().unwrap()]).failed(78);
        assert!(stderr.starts_with("error: ") && !stderr.contains("hunter2"), "{stderr}");
    }
}
