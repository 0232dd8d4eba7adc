//! Criterion benchmark of the engine (decode → detect → pseudonymize → rewrite), one core.
//!
//! `cargo bench --bench engine`. `engine/event…` are times per event of the fixed corpus (1.0 µs: a million events a
//! second), with the defaults and with each profile; `logs` and `mail` are bytes per second of generated text.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluice::config::Format;
use sluice::pipeline::Scrubber;
use sluice::record::Class;

mod support;

use support::{CORPUS, NOW_MS, config, scrubber, texts};

const PROFILES: [&str; 3] = ["analytics", "support", "gaming"];

/// Runs `lines` round and round for `events` events and returns the time.
fn run(scrubber: &mut Scrubber, lines: &[&[u8]], format: Format, events: u64) -> Duration {
    let mut out = Vec::with_capacity(1 << 20);
    let start = Instant::now();
    for line in lines.iter().cycle().take(events as usize) {
        if out.len() > 900_000 {
            out.clear();
        }
        scrubber.begin(NOW_MS).expect("the key has no window");
        scrubber.value(format, black_box(line), &mut out).expect("the corpus is valid");
    }
    let took = start.elapsed();
    black_box(&out);
    took
}

fn engine(c: &mut Criterion) {
    let lines: Vec<&[u8]> = CORPUS.lines().map(str::as_bytes).collect();
    let (notes, plain): (Vec<&[u8]>, Vec<&[u8]>) =
        lines.iter().partition(|line| memchr::memmem::find(line, b"\"note\"").is_some());
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    for (name, lines) in [("event", &lines), ("event_with_note", &notes), ("event_without_note", &plain)] {
        let mut scrubber = scrubber(&config(None));
        group.bench_function(name, |b| b.iter_custom(|n| run(&mut scrubber, lines, Format::Json, n)));
    }
    for name in PROFILES {
        let mut scrubber = scrubber(&config(Some(name)));
        group.bench_function(format!("event_{name}"), |b| {
            b.iter_custom(|n| run(&mut scrubber, &lines, Format::Json, n))
        });
    }
    group.finish();
}

/// Text in bytes per second: all of `lines` once is one iteration.
fn text(c: &mut Criterion) {
    for (name, lines) in [("logs", texts::log_lines(1000)), ("mail", texts::mails(200))] {
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(lines.iter().map(|line| line.len() as u64).sum()));
        let all = lines.len() as u64;
        for profile in [None, Some("support")] {
            let mut scrubber = scrubber(&config(profile));
            let name = profile.unwrap_or("default");
            group.bench_function(name, |b| b.iter_custom(|n| run(&mut scrubber, &lines, Format::Text, n * all)));
        }
        group.finish();
    }
}

/// What the cheapest possible engine would do: copy the bytes, and look at each once.
fn floor(c: &mut Criterion) {
    let lines: Vec<&[u8]> = CORPUS.lines().map(str::as_bytes).collect();
    let mut group = c.benchmark_group("floor");
    group.throughput(Throughput::Elements(1));
    let mut out = Vec::with_capacity(1 << 20);
    let mut next = lines.iter().cycle();
    group.bench_function("copy", |b| {
        b.iter(|| {
            if out.len() > 900_000 {
                out.clear();
            }
            out.extend_from_slice(next.next().expect("a cycle does not end"));
        });
    });
    group.bench_function("classify", |b| b.iter(|| Class::of_text(next.next().expect("a cycle does not end"))));
    group.finish();
}

criterion_group!(benches, engine, text, floor);
criterion_main!(benches);
