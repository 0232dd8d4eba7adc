//! One run: starts a contestant, follows its output on the broker and its CPU time in `/proc`, checks what it wrote.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::contestant::{Contestant, Process};
use crate::events::Corpus;
use crate::support::kafka::Broker;
use crate::support::kafka_client::Ends;
use crate::support::wait::{wait_for, wait_until};
use crate::{INPUT, PARTITIONS, memory_mb};

/// Share of the output at which the steady part begins.
const STEADY_FROM: f64 = 0.2;
/// Share of the output at which it ends.
const STEADY_TO: f64 = 0.9;
/// A contestant that needs longer has stalled.
const DEADLINE: Duration = Duration::from_secs(600);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// CPU seconds (user and system) per million events of the steady part.
    pub steady_cpu_s: f64,
    /// The same from start to end.
    pub whole_cpu_s: f64,
    /// Events per second of the steady part.
    pub steady_rate: f64,
    /// Events per second from the first event in the output to the last.
    pub whole_rate: f64,
    /// Most memory resident (VmHWM), in MB.
    pub rss_mb: f64,
    /// Bytes written to the changelog per event.
    pub changelog_bytes: f64,
}

impl Run {
    /// One line.
    pub fn summary(&self) -> String {
        format!(
            "CPU-s per 1 M {:.2} steady, {:.2} whole; {:.0} k/s steady, {:.0} k/s whole; {:.0} MB",
            self.steady_cpu_s,
            self.whole_cpu_s,
            self.steady_rate / 1e3,
            self.whole_rate / 1e3,
            self.rss_mb
        )
    }
}

/// How far the output and the CPU time were at a moment.
#[derive(Clone, Copy)]
struct Sample {
    at: Instant,
    records: f64,
    cpu_s: f64,
}

/// Runs a contestant over the whole input, checks its output and deletes it.
pub fn run(broker: &Broker, contestant: Contestant, repeat: u64, corpus: &Corpus) -> Run {
    let events = corpus.len();
    let output = format!("e2e-{}-{repeat}", contestant.name.replace('_', "-"));
    broker.create_topic(&output, PARTITIONS, &[]);
    let ends = Ends::of(broker, &output);
    let mut process = contestant.start(broker, INPUT, &output, false);
    let samples = follow(&mut process, &ends, events);
    let rss_mb = memory_mb(process.id(), "VmHWM");
    // With transactions the end also counts markers: only when nothing is open it is all there.
    wait_until(DEADLINE, "the last transaction to end", || !ends.in_transaction());
    let changelog_bytes = process.changelog_bytes() / events as f64;
    process.end();
    corpus.check(broker, &output, contestant.scrubs);
    broker.delete_topic(&output);
    let reached =
        |share: f64| samples.iter().find(|s| s.records >= share * events as f64).expect("the end was reached");
    let (from, to, first, last) = (reached(STEADY_FROM), reached(STEADY_TO), samples[0], samples[samples.len() - 1]);
    let rate = |from: &Sample, to: &Sample| (to.records - from.records) / (to.at - from.at).as_secs_f64();
    Run {
        steady_cpu_s: (to.cpu_s - from.cpu_s) / (to.records - from.records) * 1e6,
        whole_cpu_s: last.cpu_s / events as f64 * 1e6,
        steady_rate: rate(from, to),
        whole_rate: rate(&first, &last),
        rss_mb,
        changelog_bytes,
    }
}

/// Samples from the first record in the output to the last.
fn follow(process: &mut Process, ends: &Ends, events: u64) -> Vec<Sample> {
    let (id, tick_s) = (process.id(), 1.0 / clock_ticks_per_s());
    let mut samples: Vec<Sample> = Vec::new();
    wait_for(DEADLINE, "the whole output", || {
        process.assert_running();
        // The CPU time first: work done while the broker is asked belongs to the next sample, as its records do.
        let (at, cpu_s) = (Instant::now(), cpu_ticks(id)? * tick_s);
        let records = ends.high()?.iter().sum::<i64>() as f64;
        if records > 0.0 {
            samples.push(Sample { at, records, cpu_s });
        }
        (records >= events as f64).then_some(())
    });
    samples
}

/// User and system time of all threads, in ticks: fields 14 and 15 of `/proc/PID/stat` (proc(5)).
pub fn cpu_ticks(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything: the fields are counted after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
}

pub fn clock_ticks_per_s() -> f64 {
    let answer = Command::new("getconf").arg("CLK_TCK").output().expect("run getconf");
    String::from_utf8_lossy(&answer.stdout).trim().parse().expect("a number of ticks")
}
