//! Each profile on the stream of the user that it is made for: what goes must be gone, what is needed must stay, and every
//! byte between is as the golden output has it. Key, salt and clock are fixed.
//!
//! `SLUICE_UPDATE_GOLDEN=1 cargo test --test tests profiles::` writes the golden output anew; then read its diff.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::command::command;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Noon of 2026-11-22, of which the salt is.
const NOON_MS: i64 = 1_795_348_800_000;

fn folder(profile: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles").join(profile)
}

/// What a file of samples gave: the scrubbed lines, findings and signals.
struct Scrubbed {
    lines: String,
    findings: String,
    signals: String,
}

fn scrub(profile: &str, input: &Path) -> Scrubbed {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    // A checkout does not keep that only its owner reads it.
    fs::copy(folder("").join("salts"), path("salts")).unwrap();
    fs::set_permissions(path("salts"), fs::Permissions::from_mode(0o600)).unwrap();
    let (config, findings, signals) = (format!("profile:{profile}"), path("findings"), path("signals"));
    let mut args = vec!["scrub", "-c", &config, "--seed-key", KEY, "--findings", &findings];
    let salts = path("salts");
    args.extend(["--salts", &salts]);
    match input.extension().and_then(|e| e.to_str()) {
        Some("ndjson") if profile == "gaming" => args.extend(["--signals", &signals]),
        Some("ndjson") => {}
        _ => args.extend(["--format", "text"]),
    }
    let name = input.file_name().unwrap().to_str().unwrap();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let mut command = command(&args);
    command.arg(name).current_dir(input.parent().unwrap());
    let output = command.env("SLUICE_TEST_CLOCK_OFFSET_MS", (NOON_MS - now_ms).to_string()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(!stderr.contains("rejected"), "{stderr}");
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Scrubbed { lines: String::from_utf8(output.stdout).unwrap(), findings: read(&findings), signals: read(&signals) }
}

fn words(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn check(profile: &str) {
    let folder = folder(profile);
    let update = std::env::var_os("SLUICE_UPDATE_GOLDEN").is_some();
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(folder.join("in")).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    let (mut all, mut raw) = (String::new(), String::new());
    for input in &inputs {
        let name = input.file_name().unwrap().to_str().unwrap();
        let out = scrub(profile, input);
        assert_eq!(out.lines.lines().count(), fs::read_to_string(input).unwrap().lines().count(), "{name}");
        for (name, text) in [(name.to_owned(), &out.lines), (format!("{name}.signals"), &out.signals)] {
            let golden = folder.join("out").join(name);
            if text.is_empty() {
                assert!(!golden.exists(), "{} is not made any more", golden.display());
            } else if update {
                fs::create_dir_all(golden.parent().unwrap()).unwrap();
                fs::write(&golden, text).unwrap();
            } else {
                let expected = fs::read_to_string(&golden).unwrap();
                for (at, (expected, is)) in expected.lines().zip(text.lines()).enumerate() {
                    assert_eq!(is, expected, "{}:{}", golden.display(), at + 1);
                }
                assert_eq!(text.len(), expected.len(), "{}", golden.display());
            }
        }
        all += &[out.lines.as_str(), &out.findings, &out.signals].concat();
        raw += &fs::read_to_string(input).unwrap();
    }
    for gone in words(&folder.join("gone.txt")) {
        assert!(raw.contains(&gone), "gone.txt: `{gone}` is in no input");
        assert!(!all.contains(&gone), "`{gone}` came out");
    }
    for kept in words(&folder.join("kept.txt")) {
        assert!(raw.contains(&kept), "kept.txt: `{kept}` is in no input");
        assert!(all.contains(&kept), "`{kept}` is damaged");
    }
}

#[test]
fn analytics_keeps_what_it_lists_under_pseudonyms_of_one_day() {
    check("analytics");
    let read = |name: &str| fs::read_to_string(folder("analytics").join("out").join(name)).unwrap();
    let (log, payments) = (read("access.log"), read("payments.ndjson"));
    let day = NOON_MS / 86_400_000;
    let token = payments.split('"').find(|text| text.starts_with("em_")).expect("an address");
    assert!(token.starts_with(&format!("em_1k1d{day}_")), "a token of one day: {token}");
    assert_eq!(
        (payments.matches(token).count() > 2, log.matches(token).count()),
        (true, 1),
        "one address is one token"
    );
}

#[test]
fn support_keeps_the_words_and_loses_who_said_them() {
    check("support");
}

#[test]
fn gaming_flags_the_takeover_and_names_nobody() {
    check("gaming");
    let signals = fs::read_to_string(folder("gaming").join("out/events.ndjson.signals")).unwrap();
    let alerts = signals.lines().filter(|line| line.contains("\"high\"") || line.contains("\"critical\""));
    let accounts: Vec<&str> = alerts.map(|line| line.split("\"account\":\"").nth(1).unwrap()).collect();
    assert!(!accounts.is_empty() && accounts.iter().all(|account| account[..20] == accounts[0][..20]), "{signals}");
}
