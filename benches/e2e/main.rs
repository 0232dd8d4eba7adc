//! CPU seconds per million events through a real Kafka, next to a bare pass-through (`make bench-e2e`) and to peers (`make
//! bench-peers`); latency at fixed rates; a soak (`make soak`); and restarts (`make bench-restart`).
//!
//! One broker and the contestants share this machine. Each contestant is a process of its own, started in turn on the
//! same topic, several times. Figures count only if the output is complete and, where it scrubs, scrubbed.
//!
//! - **steady**: between 20 % and 90 % of the events in the output; start, joining the group and the last flush are
//!   left out. **whole**: from the start of the process to the last event.
//! - `SLUICE_E2E_EVENTS` (2000000), `SLUICE_E2E_REPEATS` (3), `SLUICE_E2E_ONLY` (such as `bare,exactly_once`, or `all`).
//! - `SLUICE_E2E_RATES` (none; such as `50000,100000`): latency at these rates, `SLUICE_E2E_RATE_SECONDS` (20) each.
//! - `SLUICE_E2E_SOAK` (seconds): only the soak. `SLUICE_E2E_RESTART` (accounts): only the restarts.

#![allow(clippy::print_stdout)] // Its output is the result.

/// Pass-throughs that do nothing, or little: what librdkafka and Kafka cost by themselves.
mod bare;
/// Who is measured.
mod contestant;
/// What is loaded, and what must be true of an output.
mod events;
/// Time through the pipeline at a fixed rate.
mod latency;
/// Killed, and ready again.
mod restart;
/// One run of one contestant.
mod run;
/// Half an hour under load.
mod soak;
#[path = "../../tests/support/mod.rs"]
mod support;
/// Medians, ranges and ratios as a table.
mod table;

use std::process::{Command, ExitCode};
use std::time::Duration;

use contestant::Contestant;
use events::Corpus;
use run::Run;
use support::kafka::{Broker, Options};

/// Partitions of all topics.
const PARTITIONS: i32 = 6;
/// The topic that every contestant reads.
const INPUT: &str = "e2e";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(bare::ARGUMENT) {
        bare::pass_through(&arguments.collect::<Vec<_>>());
        return ExitCode::SUCCESS;
    }
    println!("{}", machine());
    let soak = number("SLUICE_E2E_SOAK", 0);
    let properties = if soak > 0 { soak::bounds() } else { Vec::new() };
    let broker = Broker::start(Options { heap_mb: 1024, properties, ..Options::default() });
    if soak > 0 {
        let held = soak::run(&broker, Duration::from_secs(soak));
        return if held { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let accounts = number("SLUICE_E2E_RESTART", 0);
    if accounts > 0 {
        let held = restart::run(&broker, accounts);
        return if held { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let contestants = chosen();
    let (events, repeats) = (number("SLUICE_E2E_EVENTS", 2_000_000), number("SLUICE_E2E_REPEATS", 3));
    broker.create_topic(INPUT, PARTITIONS, &[]);
    println!("loading {events} events into {PARTITIONS} partitions");
    let corpus = Corpus::new(events, PARTITIONS);
    support::kafka_client::load(&broker, INPUT, corpus.events());

    let mut runs: Vec<(Contestant, Run)> = Vec::new();
    interleaved(&contestants, repeats, |contestant, repeat| {
        let run = run::run(&broker, contestant, repeat, &corpus);
        println!("{:>24} {}: {}", contestant.name, repeat + 1, run.summary());
        runs.push((contestant, run));
    });
    println!("\n{}", table::render(&contestants, &runs));
    broker.delete_topic(INPUT);
    latencies(&broker, &contestants, repeats);
    println!("load average at the end: {}", load_average());
    ExitCode::SUCCESS
}

fn chosen() -> Vec<Contestant> {
    let only = std::env::var("SLUICE_E2E_ONLY").unwrap_or_default();
    let only = if only.is_empty() { contestant::DEFAULT.join(",") } else { only };
    let is_chosen = |c: &&Contestant| only == "all" || only.split(',').any(|name| name.trim() == c.name);
    let chosen: Vec<Contestant> = contestant::ALL.iter().filter(is_chosen).copied().collect();
    let names: Vec<&str> = contestant::ALL.iter().map(|c| c.name).collect();
    assert!(!chosen.is_empty(), "SLUICE_E2E_ONLY names none of {names:?}");
    chosen
}

/// Whoever comes first in one round comes last in another: heat and memory are shared fairly.
fn interleaved(contestants: &[Contestant], repeats: u64, mut each: impl FnMut(Contestant, u64)) {
    for repeat in 0..repeats {
        for place in 0..contestants.len() {
            each(contestants[(place + repeat as usize) % contestants.len()], repeat);
        }
    }
}

fn latencies(broker: &Broker, contestants: &[Contestant], repeats: u64) {
    let rates = std::env::var("SLUICE_E2E_RATES").unwrap_or_default();
    let time = Duration::from_secs(number("SLUICE_E2E_RATE_SECONDS", 20));
    let mut runs = Vec::new();
    for rate in rates.split(',').filter(|rate| !rate.is_empty()) {
        let rate: u64 = rate.trim().parse().expect("SLUICE_E2E_RATES: numbers of events a second");
        interleaved(contestants, repeats, |contestant, repeat| {
            let latency = latency::run(broker, contestant, rate, time, repeat);
            let ms = latency.quantiles_ms;
            println!(
                "{:>24} {}: at {rate}/s p50 {} p99 {} p99.9 {} ms",
                contestant.name,
                repeat + 1,
                ms[0],
                ms[1],
                ms[2]
            );
            runs.push((contestant, rate, latency));
        });
    }
    if !runs.is_empty() {
        println!("\n{}", latency::render(&runs));
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.replace('_', "").parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text}")),
        Err(_) => default,
    }
}

/// CPU, cores, load and commit: a figure without them says nothing.
fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let git = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = git.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let model = model.map_or("unknown CPU", |(_, model)| model);
    format!("{model}, {cores} cores shared with the broker; load average {}; commit {commit}", load_average())
}

/// A number of `/proc/PID/status` (proc(5)) that is in kB, in MB: `VmRSS`, the memory that is resident now, or `VmHWM`, the
/// most there was.
fn memory_mb(process: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
