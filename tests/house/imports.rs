//! Who may import whom. The tables are the rules: a module that is not in them may not exist.

use super::source::{self, Source, Token};

/// Every module of the crate and the siblings that it may import. The stages (`decode`, `detect`, `pseudonymize`,
/// `rewrite`) share words and spellings, and never each other.
const MODULES: &[(&str, &[&str])] = &[
    // Leaves.
    ("record", &[]),
    ("canonical", &[]),
    ("telemetry", &[]),
    ("config", &[]),
    ("place", &[]),
    // The pure core.
    ("decode", &["canonical", "record"]),
    ("detect", &["canonical", "place", "record"]),
    ("pseudonymize", &["canonical", "place", "record"]),
    ("rewrite", &["record"]),
    ("signals", &["place", "record"]),
    // Effects.
    ("kafka", &["config", "record"]),
    ("source", &["kafka", "record"]),
    ("sink", &["kafka", "record"]),
    ("state", &["kafka", "signals"]),
    ("admin", &["telemetry"]),
    // Where it comes together.
    (
        "pipeline",
        &[
            "admin",
            "canonical",
            "config",
            "decode",
            "detect",
            "kafka",
            "place",
            "pseudonymize",
            "record",
            "rewrite",
            "signals",
            "sink",
            "source",
            "state",
            "telemetry",
        ],
    ),
    ("cli", &["config", "kafka", "pipeline", "pseudonymize", "record", "signals", "source", "telemetry"]),
    // The binary and the crate's root.
    ("main", &[]),
    ("lib", &[]),
];

/// Crates and the only places that may name them: a module, a folder or a file below `src`.
const CRATES: &[(&str, &[&str])] = &[
    ("rdkafka", &["kafka"]),
    ("rdkafka_sys", &["kafka"]),
    ("hmac", &["pseudonymize"]),
    ("hkdf", &["pseudonymize"]),
    ("sha2", &["detect/matchers/crypto.rs", "pseudonymize"]),
    ("getrandom", &["pseudonymize"]),
    ("arc_swap", &["pseudonymize", "pipeline/live", "pipeline/outside.rs"]),
    ("chacha20poly1305", &["pseudonymize"]),
    ("x25519_dalek", &["pseudonymize"]),
    ("siphasher", &["pseudonymize"]),
    ("maxminddb", &["signals/geo.rs"]),
    ("memmap2", &["signals/pages.rs"]),
    ("cel", &["signals/condition.rs"]),
    ("regex", &["detect"]),
    ("regex_syntax", &["detect"]),
    ("aho_corasick", &["detect"]),
    ("idna", &["canonical"]),
    ("tokio", &["admin", "pipeline", "main"]),
    ("axum", &["admin"]),
    ("metrics", &["telemetry"]),
    ("metrics_util", &["telemetry"]),
    ("metrics_exporter_prometheus", &["telemetry"]),
    ("tracing_subscriber", &["telemetry"]),
    ("clap", &["cli"]),
    ("ratatui", &["cli/demo", "cli/screen.rs", "cli/top"]),
    ("ureq", &["cli/port.rs"]),
    ("rustix", &["cli/core_dumps.rs", "pipeline/audit.rs"]),
];

/// Words and the only places that may use them.
const WORDS: &[(&str, &[&str])] = &[
    // One audited module, the C calls of librdkafka; and the map of a file that somebody else might change.
    ("unsafe", &["kafka/ffi.rs", "signals/geo.rs"]),
    // Key material. `cli::keys` asks a root key for its id and its window, which is all that its public face tells.
    ("RootKey", &["pseudonymize", "cli/keys.rs"]),
    ("TokenMac", &["pseudonymize"]),
    ("KeyRing", &["pseudonymize", "cli"]),
];

/// The core: bytes and a time in, bytes out.
const CORE: &[&str] = &["record", "canonical", "decode", "detect", "pseudonymize", "rewrite", "signals"];

/// What the core never does, whatever crate it would use: it reads no clock, starts nothing, logs nothing.
const NOT_IN_CORE: &[&str] =
    &["Instant", "SystemTime", "thread", "TcpStream", "UdpSocket", "async", "tracing", "println", "eprintln", "dbg"];

/// The files of the core that read files: what they read is there before the first record, or replaced whole.
const FILES_IN_CORE: &[&str] = &[
    "detect/catalog.rs",
    "detect/word_list.rs",
    "pseudonymize/key_file.rs",
    "pseudonymize/state_key.rs",
    "signals/geo.rs",
];

/// What breaks the rules in `files` (path from `src`, text), one line each.
fn violations(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<(&str, Source)> = files.iter().map(|&(path, text)| (path, source::read(text))).collect();
    let tests: Vec<String> = sources.iter().flat_map(|(path, source)| test_files(path, source)).collect();
    let mut found = Vec::new();
    for (path, source) in sources.iter().filter(|(path, _)| !tests.iter().any(|test| test == path)) {
        let module = path.split(['/', '.']).next().unwrap_or(path);
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == module) else {
            found.push(format!(
                "src/{path}: the module `{module}` has no import rule; write one in tests/house/imports.rs"
            ));
            continue;
        };
        let mut say = |token: &Token, what: String| found.push(format!("src/{path}:{}: {what}", token.line));
        for (token, sibling) in siblings(&source.tokens, path) {
            let known = MODULES.iter().any(|(name, _)| *name == sibling);
            if known && sibling != module && !allowed.contains(&sibling) {
                say(token, format!("`{module}` imports `{sibling}`"));
            }
        }
        for token in roots(&source.tokens) {
            if let Some(places) = restricted(CRATES, &token.text, path) {
                say(token, format!("the crate `{}` belongs to {}", token.text, places.join(", ")));
            }
        }
        for token in &source.tokens {
            if let Some(places) = restricted(WORDS, &token.text, path) {
                say(token, format!("`{}` belongs to {}", token.text, places.join(", ")));
            }
            let core = CORE.contains(&module);
            if core
                && (NOT_IN_CORE.contains(&token.text.as_str()) || token.text == "fs" && !FILES_IN_CORE.contains(path))
            {
                say(token, format!("`{}` has no place in the core", token.text));
            }
        }
    }
    found
}

/// The files of modules that are compiled for tests only.
fn test_files(path: &str, source: &Source) -> Vec<String> {
    let folder = match path.strip_suffix("mod.rs") {
        Some(folder) => folder.to_owned(),
        None => path.strip_suffix(".rs").map(|stem| format!("{stem}/")).unwrap_or_default(),
    };
    source.test_modules.iter().map(|module| format!("{folder}{module}.rs")).collect()
}

/// The places of a restricted name, if `path` is none of them.
fn restricted(table: &'static [(&str, &[&str])], name: &str, path: &str) -> Option<&'static [&'static str]> {
    let (_, places) = table.iter().find(|(restricted, _)| *restricted == name)?;
    let inside = |place: &&str| {
        path.strip_prefix(*place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
    };
    (!places.iter().any(inside)).then_some(places)
}

/// Every module at the crate's root that is named, by `crate::x`, `crate::{x, y::z}` or as many `super` as it takes.
fn siblings<'a>(tokens: &'a [Token], path: &str) -> Vec<(&'a Token, &'a str)> {
    let depth = path.trim_end_matches("/mod.rs").split('/').count();
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let root = match tokens[at].text.as_str() {
            "crate" => at,
            "super" if at < 2 || tokens[at - 2].text != "super" => {
                let last =
                    (at..tokens.len()).step_by(2).take_while(|&i| tokens[i].text == "super").last().unwrap_or(at);
                if (last - at) / 2 + 1 < depth {
                    continue;
                }
                last
            }
            _ => continue,
        };
        match tokens.get(root + 1..).unwrap_or_default() {
            [colons, open, group @ ..] if colons.text == "::" && open.text == "{" => {
                found.extend(heads(group).into_iter().map(|token| (token, token.text.as_str())));
            }
            [colons, name, ..] if colons.text == "::" => found.push((name, name.text.as_str())),
            _ => {}
        }
    }
    found
}

/// First words of the members of a group whose brace is open.
fn heads(group: &[Token]) -> Vec<&Token> {
    let (mut heads, mut depth, mut expected) = (Vec::new(), 1, true);
    for token in group {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => expected = true,
            _ if expected => {
                heads.push(token);
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// First words of paths, such as `regex` in `regex::Regex`, and of plain imports, such as `use regex;`.
fn roots(tokens: &[Token]) -> Vec<&Token> {
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.text.as_str());
    let is_word = |text: &str| text.starts_with(|c: char| c.is_alphanumeric() || c == '_') && text != "use";
    let is_root = |&at: &usize| {
        let (before, before_that) = (text(at.checked_sub(1)), text(at.checked_sub(2)));
        let inside = before == "::" && (is_word(before_that) || before_that == ">");
        !inside && (text(Some(at + 1)) == "::" || before == "use" || (before == "crate" && before_that == "extern"))
    };
    (0..tokens.len()).filter(is_root).map(|at| &tokens[at]).collect()
}

#[test]
fn every_source_keeps_the_import_rules() {
    let files = super::rust_files("src");
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.strip_prefix("src/").unwrap(), text.as_str())).collect();
    let found = violations(&files);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    // A table that names what is gone protects nothing.
    for (module, _) in MODULES {
        assert!(files.iter().any(|(path, _)| path.split(['/', '.']).next() == Some(module)), "no module `{module}`");
    }
    for place in CRATES.iter().chain(WORDS).flat_map(|(_, places)| *places).chain(FILES_IN_CORE) {
        assert!(files.iter().any(|(path, _)| path.starts_with(place)), "nothing at src/{place}");
    }
}

/// What the rules say of one made-up file.
fn of(path: &str, text: &str) -> Vec<String> {
    violations(&[(path, text)])
}

#[test]
fn a_stage_may_not_import_another_however_it_is_written() {
    for text in [
        "use crate::decode::Scanner;",
        "use crate::{record::Span, decode::{self, Limits}};",
        "use super::super::decode;",
        "fn f() { crate::decode::text(b\"\"); }",
        "pub use\n    crate::decode;",
    ] {
        let found = of("detect/search.rs", text);
        assert!(found.len() == 1 && found[0].ends_with("`detect` imports `decode`"), "{text}: {found:?}");
    }
    assert_eq!(of("rewrite.rs", "use super::decode::Scanner;").len(), 1);
    assert_eq!(of("detect/mod.rs", "use super::decode::Scanner;").len(), 1);
    assert_eq!(of("detect/validators/luhn.rs", "use super::super::super::{record::Span, decode};").len(), 1);
}

#[test]
fn what_is_allowed_passes() {
    for (path, text) in [
        ("detect/search.rs", "use crate::record::{Span, decode};\nuse super::decode;\nuse crate::detect::rules;"),
        ("detect/validators/luhn.rs", "use super::super::groups;"),
        ("detect/rules.rs", "use regex::Regex; use aho_corasick::AhoCorasick;"),
        ("pipeline/plan.rs", "use crate::{decode, detect, pseudonymize};"),
        ("pipeline/worker.rs", "fn f(&self) { self.metrics.tokio; /* rdkafka::x */ \"regex::Regex\"; }"),
        ("kafka/ffi.rs", "use rdkafka::bindings as rd; unsafe { f() }"),
        ("cli/keys.rs", "use crate::pseudonymize::RootKey;"),
        ("main.rs", "fn main() { sluice::cli::main() }"),
        ("rewrite.rs", "#[cfg(test)]\nmod tests { use crate::decode::Scanner; use regex::Regex; }"),
    ] {
        assert_eq!(of(path, text), [""; 0], "{path}: {text}");
    }
    let tests = ("decode/parity.rs", "use crate::detect::Rules;");
    assert_eq!(violations(&[("decode/mod.rs", "#[cfg(test)]\nmod parity;"), tests]), [""; 0]);
    assert_eq!(violations(&[("decode/mod.rs", "mod parity;"), tests]).len(), 1);
}

#[test]
fn crates_and_words_stay_where_they_belong() {
    for (path, text) in [
        ("sink/mod.rs", "use rdkafka::ClientConfig;"),
        ("sink/mod.rs", "use rdkafka;"),
        ("sink/mod.rs", "extern crate rdkafka as k;"),
        ("sink/mod.rs", "type C = ::rdkafka::ClientConfig;"),
        ("config/mod.rs", "fn f() { let r = regex::Regex::new(x); }"),
        ("kafka/consumer.rs", "unsafe { f() }"),
        ("kafka/ffi_more.rs", "unsafe { f() }"),
        ("cli/token.rs", "use crate::pseudonymize::RootKey;"),
        ("pipeline/plan.rs", "use crate::pseudonymize::KeyRing;"),
        ("detect/own.rs", "let now = std::time::SystemTime::now();"),
        ("rewrite.rs", "use std::fs;"),
        ("admin_port.rs", ""),
    ] {
        assert_eq!(of(path, text).len(), 1, "{path}: {text}: {:?}", of(path, text));
    }
}
