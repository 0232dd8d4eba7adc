//! What holds for all commands: exit codes, help, colours, closed pipes, completions.

use std::process::Stdio;

use crate::support::command::{command, sluice};

/// Every command that can be called, with its subcommands.
const COMMANDS: [&[&str]; 15] = [
    &["run"],
    &["scrub"],
    &["demo"],
    &["top"],
    &["tap"],
    &["validate"],
    &["token"],
    &["keys"],
    &["keys", "new"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["quarantine", "list"],
    &["quarantine", "open"],
    &["schema"],
    &["completions"],
];

#[test]
fn every_command_explains_itself() {
    for path in COMMANDS {
        let mut args = path.to_vec();
        args.push("--help");
        let help = sluice(&args).ok();
        assert!(help.contains(&format!("Usage: sluice {}", path.join(" "))), "{help}");
    }
    let help = sluice(&["--help"]).ok();
    let listed = |name: &str| help.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
    assert!(COMMANDS.iter().all(|path| listed(path[0])), "{help}");
    assert!(sluice(&["--version"]).ok().starts_with("sluice "));
}

#[test]
fn calls_that_make_no_sense_exit_with_2() {
    for args in [
        &[][..],
        &["wash"],
        &["validate"],
        &["validate", "-c"],
        &["validate", "-c", "f", "--nope"],
        &["validate", "-c", "f", "--output", "xml"],
        &["keys"],
        &["keys", "list"],
        &["keys", "list", "--dir", "a", "--file", "b"],
        &["keys", "new", "--dir", "a", "--id", "x"],
        &["keys", "new", "--dir", "a", "--not-before", "tomorrow"],
        &["completions", "tcsh"],
    ] {
        let stderr = sluice(args).failed(2);
        assert!(stderr.contains("Usage: sluice") || stderr.contains("try '--help'"), "{args:?}: {stderr}");
    }
}

#[test]
fn errors_are_plain_lines_when_nobody_looks() {
    let stderr = sluice(&["validate", "-c", "/no/such/file"]).failed(78);
    assert_eq!(stderr, "error: /no/such/file: cannot read: No such file or directory (os error 2)\n");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    for args in [&["schema"][..], &["completions", "zsh"], &["validate", "-c", "profile:gaming"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(args).stdin(Stdio::null()).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&["schema"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: cannot write to standard output: "), "{stderr}");
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = sluice(&["completions", shell]).ok();
        for path in COMMANDS {
            assert!(script.contains(path[0]), "{shell}: {}", path[0]);
        }
    }
}

#[test]
fn the_bash_completion_is_a_bash_script() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), sluice(&["completions", "bash"]).ok()).unwrap();
    let checked = std::process::Command::new("bash").arg("-n").arg(file.path()).status();
    // Not every machine has a bash.
    assert!(checked.is_err() || checked.unwrap().success());
}
