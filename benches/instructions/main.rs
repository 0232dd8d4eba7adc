//! Guard of the hot path: instructions per unit of work, counted by valgrind, against a checked-in baseline.
//!
//! `cargo bench --bench instructions` compares; `SLUICE_INSTRUCTIONS=record` writes the baseline anew. The check of a
//! commit compares what the tests are built with (`--profile dev`), which has a baseline of its own. Counts do not
//! depend on the load of the machine, so a few percent are a real change. No case hashes: valgrind hides the SHA
//! instructions of the processor, and the count of the portable code would say nothing.
#![allow(missing_docs, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/life.rs"]
mod life;

mod cases;

/// How much worse than its baseline a case may be. The check of a commit runs on whatever processor there is, for which
/// memchr and the C library choose other code.
const MARGIN: f64 = if cfg!(debug_assertions) { 0.10 } else { 0.03 };
/// The baseline of the profile that this is built with.
const BASELINE: &str = if cfg!(debug_assertions) { "baseline.dev.csv" } else { "baseline.csv" };
/// The name that valgrind is told to count: see [`cases::measured`].
const MEASURED: &str = "instructions::cases::measured";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--case") {
        let name = args.get(at + 1).expect("--case NAME");
        let case = cases::ALL.iter().find(|case| case.name == *name).expect("a known case");
        cases::run(case);
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions: skipped, valgrind is not installed (Debian: apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    let counts: Vec<(&str, f64)> = cases::ALL.iter().map(|case| (case.name, count(case))).collect();
    let baseline_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions").join(BASELINE);
    if std::env::var("SLUICE_INSTRUCTIONS").is_ok_and(|mode| mode == "record") {
        record(&baseline_file, &counts);
        return ExitCode::SUCCESS;
    }
    compare(&baseline_file, &counts)
}

/// Instructions of one unit of `case`.
fn count(case: &cases::Case) -> f64 {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind.{}", case.name));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--dump-instr=no"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("a running program has a path"))
        .args(["--case", case.name])
        .output()
        .expect("valgrind runs");
    assert!(status.status.success(), "valgrind failed:\n{}", String::from_utf8_lossy(&status.stderr));
    let text = std::fs::read_to_string(&out).expect("valgrind wrote its counts");
    let total = text.lines().find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
    let total: f64 = total.and_then(|total| total.trim().parse().ok()).expect("a total in valgrind's counts");
    assert!(total > 0.0, "valgrind counted nothing: is `{MEASURED}` still the name of the function?");
    total / cases::units(case) as f64
}

fn record(file: &Path, counts: &[(&str, f64)]) {
    let mut text = String::from("case,instructions\n");
    for (name, count) in counts {
        writeln!(text, "{name},{count:.1}").expect("a String grows");
        println!("{name:<16} {count:>10.1}  recorded");
    }
    std::fs::write(file, text).expect("the baseline can be written");
}

fn compare(file: &Path, counts: &[(&str, f64)]) -> ExitCode {
    let text = std::fs::read_to_string(file).expect("the baseline is checked in");
    let baseline = |name: &str| -> Option<f64> {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(',')?.parse().ok())
    };
    let mut worse = 0;
    for &(name, count) in counts {
        let Some(known) = baseline(name) else {
            println!("{name:<16} {count:>10.1}  has no baseline");
            worse += 1;
            continue;
        };
        let change = count / known - 1.0;
        let verdict = if change > MARGIN {
            worse += 1;
            "  WORSE"
        } else if change < -MARGIN {
            "  better: record it"
        } else {
            ""
        };
        println!("{name:<16} {count:>10.1}  {:+.1} %{verdict}", change * 100.0);
    }
    if worse == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{worse} worse than the baseline by more than {:.0} %.", MARGIN * 100.0);
    println!("Make it cheaper; or, if it is worth that, record it: SLUICE_INSTRUCTIONS=record and the same command");
    ExitCode::FAILURE
}
