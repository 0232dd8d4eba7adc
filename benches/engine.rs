//! Criterion benchmark of the engine (decode → detect → pseudonymize → rewrite) over the fixed corpus, one core.
//!
//! `cargo bench --bench engine`. Figures are per event of the corpus, so 1.0 µs means a million events a second.
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluice::config::{Format, Secrets, from_str};
use sluice::pipeline::{Plan, Scrubber};
use sluice::pseudonymize::{KeyRing, SharedRing};
use sluice::record::Class;

const CORPUS: &str = include_str!("corpus/events.ndjson");
/// 2026-01-05, ms: any time will do, the key has no window.
const NOW_MS: i64 = 1_767_571_200_000;

fn scrubber() -> Scrubber {
    let loaded = from_str("{}", "bench", Secrets::Skip).expect("the defaults are valid");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a valid key");
    let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("the built-in catalog compiles");
    Scrubber::new(Arc::new(plan))
}

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
        let mut scrubber = scrubber();
        group.bench_function(name, |b| b.iter_custom(|n| run(&mut scrubber, lines, Format::Json, n)));
    }
    group.finish();
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

fn text(c: &mut Criterion) {
    let plain = br#"2026-01-05T00:00:00.123Z INFO http request done method=GET route=/v1/games/list status=200 took=12ms bytes=5120 trace=5df795a30be2a804 worker=7"#;
    let prose =
        "Hej, jeg kan ikke logge ind. Min mail er anne.larsen@example.org og mit nummer er +45 23 23 75 85. Mvh Anne";
    let mut group = c.benchmark_group("text");
    for (name, line) in [("log_line_without_pii", &plain[..]), ("mail_sentence", prose.as_bytes())] {
        group.throughput(Throughput::Bytes(line.len() as u64));
        let mut scrubber = scrubber();
        group.bench_function(name, |b| b.iter_custom(|n| run(&mut scrubber, &[line], Format::Text, n)));
    }
    group.finish();
}

criterion_group!(benches, engine, floor, text);
criterion_main!(benches);
