//! Criterion benchmark of the engine (decode → detect → pseudonymize → rewrite), one core.
//!
//! `cargo bench --bench engine`. `engine/event…` are times per event of the fixed corpus (1.0 µs: a million events a
//! second), with the defaults, with the core of detection and with each profile; `logs` and `mail` are bytes per second of generated text; `scale` is what
//! should stay as it is when records are longer, rules are off, or a second worker has a core of its own.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluice::config::Format;
use sluice::pipeline::Scrubber;
use sluice::record::Class;

mod support;

use support::{CORPUS, NOW_MS, config, config_of_core, config_with_off, scrubber, texts};

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
    let mut core = scrubber(&config_of_core());
    group.bench_function("event_core", |b| b.iter_custom(|n| run(&mut core, &lines, Format::Json, n)));
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

/// Bytes per second of longer records, time per event with entities off, events per second of one worker and of two.
fn scale(c: &mut Criterion) {
    let lines: Vec<&[u8]> = CORPUS.lines().map(str::as_bytes).collect();
    let mut group = c.benchmark_group("scale");
    for events in [1, 2, 4, 8] {
        let records: Vec<Vec<u8>> = lines.chunks(events).map(array).collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let bytes: usize = records.iter().map(|record| record.len()).sum();
        group.throughput(Throughput::Bytes(bytes as u64));
        let mut scrubber = scrubber(&config(None));
        let all = records.len() as u64;
        group.bench_function(format!("events_in_a_record_{events}"), |b| {
            b.iter_custom(|n| run(&mut scrubber, &records, Format::Json, n * all))
        });
    }
    for off in [0, 10, 20] {
        group.throughput(Throughput::Elements(1));
        let mut scrubber = scrubber(&config_with_off(off));
        group.bench_function(format!("entities_off_{off}"), |b| {
            b.iter_custom(|n| run(&mut scrubber, &lines, Format::Json, n))
        });
    }
    for workers in [1, 2] {
        group.throughput(Throughput::Elements(workers));
        let mut scrubbers: Vec<_> = (0..workers).map(|_| scrubber(&config(None))).collect();
        group.bench_function(format!("workers_{workers}"), |b| b.iter_custom(|n| at_once(&mut scrubbers, &lines, n)));
    }
    group.finish();
}

fn array(events: &[&[u8]]) -> Vec<u8> {
    [b"[".as_slice(), &events.join(b",".as_slice()), b"]"].concat()
}

/// Each scrubber on a thread of its own, all from the same moment: the time of the slowest.
fn at_once(scrubbers: &mut [Scrubber], lines: &[&[u8]], events: u64) -> Duration {
    let start = Barrier::new(scrubbers.len());
    std::thread::scope(|scope| {
        let work = |scrubber| {
            start.wait();
            run(scrubber, lines, Format::Json, events)
        };
        let threads: Vec<_> = scrubbers.iter_mut().map(|scrubber| scope.spawn(move || work(scrubber))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no event panics")).max().expect("one thread at least")
    })
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

criterion_group!(benches, engine, text, scale, floor);
criterion_main!(benches);
