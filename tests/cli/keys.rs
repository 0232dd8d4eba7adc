//! `sluice keys`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::sluice;

/// A directory for keys that does not exist yet.
fn keys_dir() -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("keys").to_str().unwrap().to_owned();
    (dir, path)
}

fn list(dir: &str) -> Value {
    serde_json::from_str(&sluice(&["keys", "list", "--dir", dir, "--output", "json"]).ok()).unwrap()
}

#[test]
fn a_new_key_is_a_private_file_that_is_never_overwritten_or_shown() {
    let (_dir, dir) = keys_dir();
    let stdout = sluice(&["keys", "new", "--dir", &dir]).ok();
    let file = format!("{dir}/k1.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    let key = text.lines().find_map(|line| line.strip_prefix("key: ")).unwrap().trim_matches('"');
    assert!(key.len() >= 64 && !stdout.contains(key));
    let stderr = sluice(&["keys", "new", "--dir", &dir]).failed(2);
    assert!(stderr.contains("holds a key k1 already; give another --id"), "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let listed = sluice(&["keys", "list", "--dir", &dir]).ok();
    assert_eq!(listed, "ID    ACTIVE  FROM                      UNTIL\nk1    yes     ever                      ever\n");
    let files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["k1.yaml"]);
}

#[test]
fn a_second_key_that_would_be_active_at_once_is_refused() {
    let (_dir, dir) = keys_dir();
    sluice(&["keys", "new", "--dir", &dir]).ok();
    let stderr = sluice(&["keys", "new", "--dir", &dir, "--id", "k2"]).failed(2);
    assert!(stderr.contains("use `sluice keys rotate`"), "{stderr}");
    sluice(&["keys", "new", "--dir", &dir, "--id", "k2", "--not-before", "2999-01-01T00:00:00Z"]).ok();
    assert_eq!(list(&dir)[1]["not_before"], "2999-01-01T00:00:00Z");
}

#[test]
fn a_rotation_makes_the_next_key_active_later() {
    let (_dir, dir) = keys_dir();
    sluice(&["keys", "new", "--dir", &dir, "--id", "k7"]).ok();
    let stdout = sluice(&["keys", "rotate", "--dir", &dir]).ok();
    assert!(stdout.starts_with(&format!("made k8 in {dir}/k8.yaml, active from 2")), "{stdout}");
    let keys = list(&dir);
    assert_eq!((&keys[0]["id"], &keys[0]["active"]), (&"k7".into(), &true.into()));
    assert_eq!((&keys[1]["id"], &keys[1]["active"]), (&"k8".into(), &false.into()));
    let from = keys[1]["not_before"].as_str().unwrap();
    assert!(from.ends_with("T00:00:00Z"), "{from}");
    let stderr = sluice(&["keys", "rotate", "--dir", &dir]).failed(2);
    assert!(stderr.contains("k8 becomes active at") && stderr.contains("give a later --not-before"), "{stderr}");
    sluice(&["keys", "rotate", "--dir", &dir, "--not-before", "2999-01-01T00:00:00Z"]).ok();
    assert_eq!(list(&dir).as_array().unwrap().len(), 3);
}

#[test]
fn windows_that_leave_a_gap_or_begin_together_are_warned_of() {
    let (_dir, dir) = keys_dir();
    fs::create_dir(&dir).unwrap();
    let write = |name: &str, more: &str| {
        fs::write(format!("{dir}/{name}"), format!("key: {}\n{more}", name.replace('k', "a").repeat(32))).unwrap();
    };
    write("k1", "destroy_after: 2098-01-01T00:00:00Z\n");
    write("k2", "not_before: 2099-01-01T00:00:00Z\n");
    write("k3", "not_before: 2099-01-01T00:00:00Z\n");
    let config = format!("{dir}/../sluice.yaml");
    fs::write(&config, format!("keys: {{directory: {dir:?}}}\n")).unwrap();
    for args in [&["keys", "list", "--dir", &dir][..], &["validate", "-c", &config]] {
        let run = sluice(args);
        for told in
            ["note: keys: k2 and k3 are both active from 2099-01-01T00:00:00Z", "note: keys: no key is active between"]
        {
            assert!(run.code == 0 && run.stderr.contains(told), "{told}: {run:?}");
        }
    }
}

#[test]
fn a_rotation_into_the_past_is_refused() {
    let (_dir, dir) = keys_dir();
    sluice(&["keys", "new", "--dir", &dir]).ok();
    let stderr = sluice(&["keys", "rotate", "--dir", &dir, "--not-before", "2020-01-01T00:00:00Z"]).failed(2);
    assert!(stderr.contains("--not-before must be in the future"), "{stderr}");
    assert_eq!(list(&dir).as_array().unwrap().len(), 1);
}

#[test]
fn keys_that_cannot_be_read_exit_with_78() {
    let (_dir, dir) = keys_dir();
    for command in ["list", "rotate"] {
        let stderr = sluice(&["keys", command, "--dir", &dir]).failed(78);
        assert!(stderr.starts_with(&format!("error: {dir}: cannot be read")), "{stderr}");
    }
    fs::create_dir(&dir).unwrap();
    let stderr = sluice(&["keys", "list", "--dir", &dir]).failed(78);
    assert_eq!(stderr, format!("error: {dir}: holds no key; make one with `sluice keys new`\n"));
    fs::write(format!("{dir}/k1"), "geheim").unwrap();
    let stderr = sluice(&["keys", "list", "--dir", &dir]).failed(78);
    assert!(!stderr.contains("geheim"), "{stderr}");
}

#[test]
fn a_ring_in_one_file_is_listed_too() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("ring.yaml");
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    let text = format!(
        "keys:\n  - {{id: k1, key: '{one}'}}\n  - {{id: k2, key: '{two}', not_before: 2999-01-01T00:00:00Z}}\n"
    );
    fs::write(&file, text).unwrap();
    let stdout = sluice(&["keys", "list", "--file", file.to_str().unwrap()]).ok();
    assert!(stdout.contains("k2    no      2999-01-01T00:00:00Z"), "{stdout}");
    assert!(!stdout.contains(&one) && !stdout.contains(&two));
}
