//! `cargo bench --bench e2e`: CPU seconds per million events through a real Kafka, next to a bare pass-through.
//!
//! One broker and the contestants share this machine. Each contestant is a process of its own, started in turn on the
//! same topic, several times. Figures count only if the output is complete and, for Sluice, scrubbed.
//!
//! - **steady**: between 20 % and 90 % of the events in the output; start, joining the group and the last flush are
//!   left out. **whole**: from the start of the process to the last event.
//! - `SLUICE_E2E_EVENTS` (2000000), `SLUICE_E2E_REPEATS` (3), `SLUICE_E2E_ONLY` (such as `bare,exactly_once`).

#![allow(clippy::print_stdout)] // Its output is the result.

/// A pass-through that does nothing: what librdkafka and Kafka cost by themselves.
mod bare;
/// What is loaded, and what must be true of an output.
mod events;
/// One run of one contestant.
mod run;
#[path = "../../tests/support/mod.rs"]
mod support;
/// Medians, ranges and ratios as a table.
mod table;

use std::process::Command;

use events::Corpus;
use run::{Contestant, Run};
use support::kafka::{Broker, Options};

/// Partitions of all topics.
const PARTITIONS: i32 = 6;
/// The topic that every contestant reads.
const INPUT: &str = "e2e";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(bare::ARGUMENT) {
        return bare::pass_through(&arguments.collect::<Vec<_>>());
    }
    let events = number("SLUICE_E2E_EVENTS", 2_000_000);
    let repeats = number("SLUICE_E2E_REPEATS", 3);
    let only = std::env::var("SLUICE_E2E_ONLY").unwrap_or_default();
    let chosen = |c: &Contestant| only.is_empty() || only.split(',').any(|name| name.trim() == c.name());
    let contestants: Vec<Contestant> = Contestant::ALL.into_iter().filter(chosen).collect();
    assert!(!contestants.is_empty(), "SLUICE_E2E_ONLY names none of {:?}", Contestant::ALL.map(|c| c.name()));

    println!("{}", machine());
    let broker = Broker::start(Options { heap_mb: 1024, ..Options::default() });
    let corpus = Corpus::load();
    broker.create_topic(INPUT, PARTITIONS, &[]);
    println!("{}; loading {events} events into {PARTITIONS} partitions", corpus.description());
    support::kafka_client::load(&broker, INPUT, (0..events).map(|id| corpus.event(id, PARTITIONS)));

    let mut runs: Vec<(Contestant, Run)> = Vec::new();
    for repeat in 0..repeats {
        // Whoever comes first in one round comes last in another: heat and memory are shared fairly.
        for place in 0..contestants.len() {
            let contestant = contestants[(place + repeat as usize) % contestants.len()];
            let run = run::run(&broker, contestant, repeat, events, &corpus);
            println!("{:>14} {}: {}", contestant.name(), repeat + 1, run.summary());
            runs.push((contestant, run));
        }
    }
    println!("\n{}", table::render(&contestants, &runs));
    println!("load average at the end: {}", load_average());
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

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
