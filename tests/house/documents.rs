//! What the documents say is so: commands, options, metrics, reasons, examples and links exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sluice::config::{Secrets, from_str};
use sluice::record::Reject;
use sluice::telemetry::names;

use super::{root, rust_files, text_of};
use crate::support::command::{command, sluice, sluice_with_input};

const DOCUMENTS: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/COMPARISON.md",
    "docs/GUIDE.md",
    "docs/PERFORMANCE.md",
    "docs/QUALITY.md",
    "docs/RELIABILITY.md",
    "docs/RUNBOOK.md",
    "docs/SECURITY.md",
];

/// What stands in back quotes, and each line of the code blocks.
fn code(document: &str) -> Vec<String> {
    let mut code = Vec::new();
    for (i, part) in document.split("\n```").enumerate() {
        if i % 2 == 1 {
            // The first line is the rest of the fence: the name of the language.
            code.extend(part.lines().skip(1).map(str::to_owned));
        } else {
            code.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    code
}

/// The code block below the comment `<!-- name -->`.
fn block(document: &str, name: &str) -> String {
    let (_, rest) = document.split_once(&format!("<!-- {name} -->")).unwrap_or_else(|| panic!("no <!-- {name} -->"));
    let (_, rest) = rest.split_once("\n```").expect("a code block");
    let (body, _) = rest.split_once("\n```").expect("the block ends");
    body.split_once('\n').expect("the fence has a line").1.to_owned()
}

/// Whether `word` stands in `text` with nothing of a word beside it.
fn has_word(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

#[test]
fn make_targets_and_commands_of_the_documents_exist() {
    let makefile = text_of("Makefile");
    let (mut targets, mut commands) = (0, 0);
    for name in DOCUMENTS {
        for line in code(&text_of(name)) {
            let words: Vec<&str> = line.trim_start_matches("$ ").split_whitespace().collect();
            match words.as_slice() {
                ["make", target, ..] => {
                    assert!(makefile.contains(&format!("\n{target}:")), "{name}: `make {target}` does not exist");
                    targets += 1;
                }
                [program, command, options @ ..] if program.rsplit('/').next() == Some("sluice") => {
                    check_command(name, command, options);
                    commands += 1;
                }
                _ => {}
            }
        }
    }
    assert!(targets >= 5 && commands >= 8, "{targets} targets, {commands} commands: they are not found any more");
}

/// Checks that a command and its options are those of the binary.
fn check_command(document: &str, command: &str, options: &[&str]) {
    if command.starts_with('-') {
        return;
    }
    let command = command.trim_end_matches(|c: char| !c.is_ascii_lowercase());
    let subcommand = options
        .first()
        .filter(|_| ["keys", "quarantine"].contains(&command))
        .map(|word| word.split('|').next().unwrap_or(word));
    let mut line = vec![command];
    line.extend(subcommand);
    line.push("--help");
    let help = sluice(&line).ok();
    let end = options.iter().position(|word| ["|", ">", "<", "#"].contains(word)).unwrap_or(options.len());
    for option in options[..end].iter().filter(|word| word.starts_with('-') && word.len() > 1) {
        let option = option.trim_end_matches(|c: char| !c.is_ascii_lowercase());
        assert!(has_word(&help, option), "{document}: `sluice {command}` has no option `{option}`");
    }
}

#[test]
fn the_readme_lists_every_metric_and_no_other() {
    let readme = text_of("README.md");
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let named: BTreeSet<&str> = readme.split(|c| !is_name(c)).filter(|word| word.starts_with("sluice_")).collect();
    let known: BTreeSet<&str> = names::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(named, known);
}

#[test]
fn the_readme_tells_every_reason_of_the_quarantine_and_every_exit_code() {
    let code = code(&text_of("README.md"));
    for reason in Reject::LABELS {
        assert!(code.iter().any(|word| word == reason), "README.md does not tell the reason `{reason}`");
    }
    let readme = text_of("README.md");
    for exit_code in ["0", "1", "2", "78"] {
        assert!(readme.contains(&format!("\n| {exit_code} |")), "README.md does not tell exit code {exit_code}");
    }
}

#[test]
fn the_readme_shows_what_the_program_does() {
    let readme = text_of("README.md");
    let command = block(&readme, "scrub: command");
    let arguments: Vec<&str> = command.trim_start_matches("$ sluice ").split_whitespace().collect();
    let (arguments, file) = arguments.split_at(arguments.len() - 1);
    assert_eq!(file, ["event.json"]);
    let output = sluice_with_input(arguments, block(&readme, "scrub: before").as_bytes()).ok();
    assert_eq!(output.trim_end(), block(&readme, "scrub: after"));
}

#[test]
fn the_readme_explains_and_tries_cases_as_the_program_does() {
    let readme = text_of("README.md");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("my-patterns")).unwrap();
    write("my-patterns/customer_no.yaml", &block(&text_of("CONTRIBUTING.md"), "entity"));
    write("sluice.yaml", &block(&readme, "config: fields"));
    let daily = ("  scope: gaming\n", "  scope: gaming\n  epochs: {ip: daily}\n");
    write("daily.yaml", &text_of("patterns/profiles/gaming.yaml").replace(daily.0, daily.1));
    write("events.ndjson", r#"{"user":{"email":"siti@example.id"},"note":"bayar 4111 1111 1111 1111"}"#);
    write("cases.yaml", &block(&readme, "cases"));
    write("signals.yaml", &block(&readme, "cases: signals"));
    let said = |arguments: &[&str]| {
        let output = command(arguments).current_dir(folder.path()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    };
    let explained = block(&readme, "explain");
    let (_, explained) = explained.split_once('\n').expect("the command and what it says");
    assert_eq!(said(&["explain", "-c", "sluice.yaml", "events.ndjson"]), explained);
    for (config, cases) in [("sluice.yaml", "cases.yaml"), ("daily.yaml", "signals.yaml")] {
        assert_eq!(said(&["test", "-c", config, cases]), "2 of 2 cases passed", "{config}, {cases}");
    }
}

#[test]
fn the_first_config_of_the_readme_is_all_that_run_needs() {
    let yaml = block(&text_of("README.md"), "first config");
    let loaded = from_str(&yaml, "README.md", Secrets::Skip).unwrap();
    loaded.check_service().unwrap();
}

#[test]
fn configs_in_the_documents_are_valid() {
    let mut found = 0;
    for document in DOCUMENTS {
        let text = text_of(document);
        for part in text.split("<!-- config: ").skip(1) {
            let name = format!("config: {}", part.split(" -->").next().expect("split gives a part"));
            from_str(&block(&text, &name), &format!("{document}, {name}"), Secrets::Skip).unwrap();
            found += 1;
        }
    }
    assert!(found >= 5, "{found} configs: they are not found any more");
}

/// Blocks below `<!-- run: NAME -->`, those of one name put together: `(name, script)`.
fn scripts(document: &str) -> Vec<(String, String)> {
    let mut scripts: Vec<(String, String)> = Vec::new();
    for part in document.split("<!-- run: ").skip(1) {
        let (name, rest) = part.split_once(" -->").expect("the comment ends");
        let (_, body) = rest.split_once("```sh\n").expect("a block of shell");
        let (body, _) = body.split_once("\n```").expect("the block ends");
        // `! command`: it must fail. The shell alone would not mind if it did not.
        let lines = body.lines().map(|line| match line.strip_prefix("! ") {
            Some(command) => format!("if {command}; then echo 'does not fail: {command}'; exit 9; fi\n"),
            None => format!("{line}\n"),
        });
        let text: String = lines.collect();
        match scripts.iter_mut().find(|(known, _)| known == name) {
            Some((_, script)) => script.push_str(&text),
            None => scripts.push((name.to_owned(), text)),
        }
    }
    scripts
}

#[test]
fn the_commands_of_the_guide_work_as_they_stand() {
    let binary = Path::new(env!("CARGO_BIN_EXE_sluice"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let scripts = scripts(&text_of("docs/GUIDE.md"));
    assert!(scripts.len() >= 4, "{} scripts: they are not found any more", scripts.len());
    for (name, script) in scripts {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = std::process::Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &script]).current_dir(folder.path()).env("PATH", &path);
        let output = shell.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "docs/GUIDE.md, run: {name}: {}\n{said}", output.status);
    }
}

#[test]
fn the_entity_of_the_contributing_guide_works_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let patterns = folder.path().join("patterns");
    fs::create_dir(&patterns).unwrap();
    fs::write(patterns.join("customer_no.yaml"), block(&text_of("CONTRIBUTING.md"), "entity")).unwrap();
    let config = folder.path().join("sluice.yaml");
    fs::write(&config, format!("patterns: {{directories: [{:?}]}}\n", patterns.to_str().unwrap())).unwrap();
    let arguments = ["scrub", "-c", config.to_str().unwrap(), "--seed-key", &"42".repeat(32)];
    let output =
        sluice_with_input(&arguments, br#"{"a":"credit C-1234567 today","b":"C-12345","kundenummer":"x1"}"#).ok();
    let token = |from: &str| output.contains(&format!("{from}cus_1k1_"));
    assert!(token("credit ") && token(r#""kundenummer":""#) && output.contains(r#""b":"C-12345""#), "{output}");
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for name in DOCUMENTS {
        let text = text_of(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            // A link begins in the folder of its document.
            let path = Path::new(name).with_file_name(path);
            let path = if target.starts_with('#') { name } else { path.to_str().unwrap() };
            assert!(root().join(path).exists(), "{name}: the link to {path} leads nowhere");
            if !heading.is_empty() {
                let there = text_of(path);
                assert!(headings(&there).any(|known| known == heading), "{name}: {target} has no such heading");
            }
        }
    }
}

/// The names by which headings are linked.
fn headings(document: &str) -> impl Iterator<Item = String> {
    let headings =
        document.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches(['#', ' ']));
    headings.map(|heading| heading.to_lowercase().replace(' ', "-"))
}

#[test]
fn paths_in_the_documents_exist() {
    for name in DOCUMENTS {
        for word in code(&text_of(name)) {
            let is_path = ["src/", "tests/", "benches/", "patterns/", "scripts/", "examples/", "fuzz/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            if is_path && !word.contains([' ', '<', '*', '…', '{']) {
                assert!(root().join(&word).exists(), "{name}: `{word}` does not exist");
            }
        }
    }
}

#[test]
fn the_map_of_the_architecture_has_every_module() {
    let map = block(&text_of("ARCHITECTURE.md"), "modules");
    let modules: BTreeSet<String> = rust_files("src")
        .iter()
        .filter_map(|(path, _)| path.split('/').nth(1).map(str::to_owned))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    for module in modules {
        assert!(has_word(&map, &module), "the map in ARCHITECTURE.md has no `{module}`");
    }
}

#[test]
fn no_document_holds_the_marks_of_a_merge() {
    for name in DOCUMENTS {
        let marked =
            text_of(name).lines().any(|line| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)));
        assert!(!marked, "{name}: an unfinished merge");
    }
}
