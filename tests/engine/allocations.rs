//! The hot path allocates nothing: once its buffers have met the input, a worker's engine takes no more memory, whatever
//! it finds. Counted by an allocator that counts, on this thread alone.

use std::sync::Arc;

use sluice::config::{Format, InputTopic, PROFILES};
use sluice::pipeline::{Engine, Place, Plan};
use sluice::record::Record;
use sluice::signals::{Engine as SignalEngine, Event, Limits, MemoryStore};
use sluice::sink::OutBatch;

use super::inputs::{CORPUS, NOW_MS, config, plan, texts};
use super::life;

/// Passes before the one that counts: buffers change places between levels of a record, and each must have met the
/// largest value.
const WARM_UP: usize = 6;

/// Allocations of a pass over `lines` once the buffers have met them.
fn steady_allocations(profile: Option<&str>, format: Format, lines: &[&[u8]]) -> u64 {
    steady_allocations_of(plan(&config(profile)), format, lines)
}

fn steady_allocations_of(plan: Plan, format: Format, lines: &[&[u8]]) -> u64 {
    let mut engine = Engine::new(&Arc::new(plan), 1 << 20);
    let input = InputTopic { name: "logins".to_owned(), format, internal: false };
    let mut out = OutBatch::new();
    let place = Place { topic: 0, partition: 0, offset: 0 };
    let mut pass = || {
        out.clear();
        for line in lines {
            let header: (&[u8], Option<&[u8]>) = (b"trace", Some(b"5df795a30be2a804"));
            let record =
                Record { key: Some(b"account-7"), value: Some(line), headers: &[header], timestamp_ms: NOW_MS };
            engine.process(&input, &record, place, None, &mut out).expect("the input is valid");
        }
    };
    (0..WARM_UP).for_each(|_| pass());
    allocation_counter::measure(pass).count_total
}

#[test]
fn events_are_scrubbed_without_an_allocation() {
    let lines: Vec<&[u8]> = CORPUS.lines().map(str::as_bytes).collect();
    let profiles = PROFILES.map(|(name, _)| Some(name));
    for profile in [None].into_iter().chain(profiles) {
        assert_eq!(steady_allocations(profile, Format::Json, &lines), 0, "{profile:?}");
    }
}

#[test]
fn log_lines_are_scrubbed_without_an_allocation() {
    assert_eq!(steady_allocations_of_texts(&texts::log_lines(500)), 0);
}

#[test]
fn mails_are_scrubbed_without_an_allocation() {
    assert_eq!(steady_allocations_of_texts(&texts::mails(100)), 0);
}

fn steady_allocations_of_texts(texts: &[String]) -> u64 {
    let lines: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    steady_allocations(None, Format::Text, &lines)
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocation_counter::measure(|| drop(vec![0u8; 10])).count_total, 1);
}

/// With signals it does: lists of an account that grow, the notes of a transaction, what a signal says. Less than once
/// an event, however many events a transaction has.
#[test]
fn signals_allocate_less_than_once_an_event() {
    const EVENTS: u32 = 4_000;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut store = MemoryStore::new(Limits { ttl_ms: 180 * 86_400_000, accounts: 1_000 });
    let (mut engine, mut out) = (SignalEngine::new(Arc::default()), Vec::new());
    let mut n = 0;
    for size in [EVENTS, EVENTS, EVENTS, 2 * EVENTS, 4 * EVENTS] {
        let made: Vec<Event> = (0..size)
            .map(|_| {
                n += 1;
                life::event(rng.u64(..200), NOW_MS + i64::from(n) * 200, n, &mut rng)
            })
            .collect();
        let counted = allocation_counter::measure(|| {
            for event in &made {
                out.clear();
                engine.on_event(event, &mut life::Somebody, &mut store, &mut out);
            }
            store.commit();
        });
        let count = counted.count_total;
        assert!(count < u64::from(size) * 3 / 4, "{count} allocations for {size} events");
    }
}
