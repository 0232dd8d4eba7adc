//! What a file, a function and a dependency look like.

use super::source::{self, Token};
use super::{rust_files, text_of};

/// Most lines of a file that ships, its tests not counted: past that it has more than one purpose.
const FILE_LINES_MAX: usize = 650;
/// The one file that may be longer: whoever audits `unsafe` reads all of it, so it is one file.
const LONG_FILE: (&str, usize) = ("src/kafka/ffi.rs", 900);
/// Most lines of a function: what fits on a screen.
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn a_file_begins_with_its_purpose() {
    for folder in ["src", "tests", "benches", "examples", "fuzz"] {
        for (path, text) in rust_files(folder) {
            assert!(text.starts_with("//! "), "{path} does not begin with `//! ` and a line that says what it is for");
        }
    }
}

#[test]
fn files_and_functions_stay_short() {
    let mut found = Vec::new();
    for (path, text) in rust_files("src") {
        let tests_only = path.ends_with("/tests.rs") || path.ends_with("/parity.rs");
        let tokens = source::read(&text).tokens;
        let lines = tokens.last().map_or(0, |token| token.line);
        let most = if path == LONG_FILE.0 { LONG_FILE.1 } else { FILE_LINES_MAX };
        if lines > most && !tests_only {
            found.push(format!("{path}: {lines} lines, at most {most}"));
        }
        for (name, line, lines) in functions(&tokens) {
            if lines > FUNCTION_LINES_MAX && !tests_only {
                found.push(format!("{path}:{line}: `{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}"));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Name, first line and number of lines of each function.
fn functions(tokens: &[Token]) -> Vec<(&str, usize, usize)> {
    let named = |at: &usize| tokens[*at].text == "fn" && tokens.get(at + 1).is_some_and(|name| name.text != "(");
    let functions = (0..tokens.len()).filter(named);
    functions
        .map(|at| {
            let last = &tokens[source::end_of_item(tokens, at) - 1];
            (tokens[at + 1].text.as_str(), tokens[at].line, last.line + 1 - tokens[at].line)
        })
        .collect()
}

#[test]
fn a_function_is_measured_from_its_name_to_its_last_brace() {
    let text = "const F: fn(u8) = f;\nfn f(x: [u8; 2])\n{\n    if x { y() }\n}\ntrait T {\n    fn g();\n}\n";
    assert_eq!(functions(&source::read(text).tokens), [("f", 2, 4), ("g", 7, 1)]);
}

/// Names of the dependencies in a table of Cargo.toml, and whether a comment stands above each: its own, or that of
/// the one or two lines above that it belongs to.
fn dependencies(manifest: &str, table: &str) -> Vec<(String, bool)> {
    let (_, rest) = manifest.split_once(&format!("\n[{table}]\n")).expect("the table is there");
    let mut found = Vec::new();
    let mut since_comment = usize::MAX;
    for line in rest.lines().take_while(|line| !line.starts_with('[')) {
        if line.starts_with('#') {
            since_comment = 0;
        } else if let Some((name, _)) = line.split_once(" = ") {
            found.push((name.to_owned(), since_comment < 3));
            since_comment = since_comment.saturating_add(1);
        } else {
            since_comment = usize::MAX;
        }
    }
    found
}

#[test]
fn a_dependency_says_why_it_is_there() {
    let silent: Vec<_> = dependencies(&text_of("Cargo.toml"), "dependencies")
        .into_iter()
        .filter_map(|(name, explained)| (!explained).then_some(name))
        .collect();
    assert!(silent.is_empty(), "no comment above {silent:?} in Cargo.toml");
    let made_up = "x\n[dependencies]\na = 1\n# Why.\nb = 1\nc = 1\n\nd = 1\n[other]\ne = 1\n";
    let explained: Vec<_> = dependencies(made_up, "dependencies").into_iter().map(|(_, explained)| explained).collect();
    assert_eq!(explained, [false, true, true, false]);
}

#[test]
fn a_dependency_is_used_by_what_ships() {
    let mut words = std::collections::BTreeSet::new();
    for (_, text) in rust_files("src") {
        words.extend(source::read(&text).tokens.into_iter().map(|token| token.text));
    }
    let unused: Vec<_> = dependencies(&text_of("Cargo.toml"), "dependencies")
        .into_iter()
        .filter(|(name, _)| !words.contains(&name.replace('-', "_")))
        .map(|(name, _)| name)
        .collect();
    assert!(unused.is_empty(), "{unused:?} of Cargo.toml are used by tests only, or by nothing");
}

#[test]
fn the_set_up_asks_for_the_rust_that_the_manifest_asks_for() {
    let manifest = text_of("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a rust-version");
    let setup = text_of("scripts/setup.sh");
    assert!(
        setup.contains(&format!("\nrust_min={}\n", version.trim_matches('"'))),
        "scripts/setup.sh asks for another"
    );
}
