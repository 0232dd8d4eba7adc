//! The fuzz targets without libFuzzer and without nightly: seeds that the project has anyway (samples of the profiles,
//! entity files, configs), mutated by a seeded generator. It sees no coverage, so it finds less than `make fuzz`; what it
//! tries is the same each time.
//!
//! `SLUICE_FUZZ_SECONDS=10 cargo test --test tests fuzz::` goes on for so long per target, `SLUICE_FUZZ_SEED=7` elsewhere.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

/// Inputs of a target where no time is given: enough to see that it works.
const INPUTS: u64 = 400;
/// Longest input, in bytes.
const BYTES_MAX: usize = 4096;

/// Pieces that mean something to some stage.
const PIECES: [&str; 40] = [
    "\"",
    "\\",
    "\\u0040",
    "\\ud83d",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "-0.0e1",
    "1E400",
    "%40",
    "%2540",
    "&#64;",
    "=40",
    "=\r\n",
    "@",
    " at ",
    "\u{200b}",
    "\u{00ad}",
    "\u{ff11}",
    "\u{0661}",
    "a@b.co",
    "203.0.113.7",
    "::ffff:1.2.3.4",
    "4111 1111 1111 1111",
    "DK5000400440116243",
    "+62 812-3456-7890",
    "010190-1235",
    "em_1k1_hgtmlgsqrmqsqdldgntlbkcl",
    "[email]",
    "[sealed:YWdlLWVuY3J5cHRpb24ub3JnL3YxC",
    "eyJhbGciOiJIUzI1NiJ9.",
    "YW5uQGV4YW1wbGUuY29t",
    "otp ",
    "cvv: ",
    "Mvh\n",
    "entity: x\ntoken: xx\nform: text\n",
];

/// Whole inputs to begin with.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for folder in ["tests/profiles", "patterns", "examples/config"] {
        collect(&root.join(folder), &mut seeds);
    }
    seeds
}

/// The lines of samples, and the whole of what is YAML: a config, and an entity.
fn collect(folder: &Path, seeds: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, seeds);
            continue;
        }
        let text = fs::read(&path).unwrap();
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml") => seeds.extend([b"\0", b"\x01"].map(|kind| [&kind[..], &text].concat())),
            _ => seeds.extend(text.split(|&b| b == b'\n').map(<[u8]>::to_vec)),
        }
    }
}

fn mutated(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut data = seeds[rng.usize(..seeds.len())].clone();
    for _ in 0..rng.usize(0..6) {
        let at = rng.usize(..=data.len());
        let end = (at + rng.usize(0..16)).min(data.len());
        match rng.u8(0..6) {
            0 => drop(data.drain(at..end)),
            1 => drop(data.splice(at..end, PIECES[rng.usize(..PIECES.len())].bytes())),
            2 => data.insert(at, rng.u8(..)),
            3 => drop(data.splice(at..at, data[at..end].to_vec())),
            4 => {
                let other = &seeds[rng.usize(..seeds.len())];
                let from = rng.usize(..=other.len());
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ if at < data.len() => data[at] ^= 1 << rng.u32(..8),
            _ => {}
        }
    }
    // What the targets take as choices.
    let choices: Vec<u8> = (0..rng.usize(0..4)).map(|_| rng.u8(..)).collect();
    data.splice(0..0, choices);
    data.truncate(BYTES_MAX);
    data
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn try_out(name: &str) {
    let (_, target) = targets::ALL.into_iter().find(|(known, _)| *known == name).expect("a target");
    let seed = number("SLUICE_FUZZ_SEED").unwrap_or(1);
    let until = number("SLUICE_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let most = number("SLUICE_FUZZ_INPUTS").unwrap_or(if until.is_some() { u64::MAX } else { INPUTS });
    let seeds = seeds();
    let mut rng = Rng::with_seed(seed);
    let mut tried = 0;
    while tried < most && until.is_none_or(|until| Instant::now() < until) {
        let data = mutated(&seeds, &mut rng);
        if catch_unwind(AssertUnwindSafe(|| target(&data))).is_err() {
            panic!("{name}: input {tried} of seed {seed} fails: {}", data.escape_ascii());
        }
        tried += 1;
    }
    eprintln!("{name}: {tried} inputs of seed {seed} hold");
}

#[test]
fn every_target_has_a_test_here_and_a_binary_for_libfuzzer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = fs::read_to_string(root.join("tests/fuzz/mod.rs")).unwrap();
    for (name, _) in targets::ALL {
        assert!(here.contains(&format!("try_out(\"{name}\")")), "{name}");
        assert!(root.join(format!("fuzz/fuzz_targets/{name}.rs")).exists(), "{name}");
    }
    assert_eq!(fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap().count(), targets::ALL.len());
}

#[test]
fn canonical_forms_hold() {
    try_out("canonical");
}

#[test]
fn configs_and_entities_hold() {
    try_out("config");
}

#[test]
fn decode_holds() {
    try_out("decode");
}

#[test]
fn detect_holds() {
    try_out("detect");
}

#[test]
fn rewrite_holds() {
    try_out("rewrite");
}

#[test]
fn scrub_holds() {
    try_out("scrub");
}

#[test]
fn view_holds() {
    try_out("view");
}
