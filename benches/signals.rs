//! What signals cost: time per event with a million accounts in state, bytes per account, and how fast state comes back
//! from its changelog. Prints tables of its own; `make bench-signals`, `make bench-restore`. `SLUICE_SIGNALS_ACCOUNTS`
//! names another number of accounts.

#![allow(clippy::print_stdout)] // the one purpose of this program

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use life::{Somebody, event, id};
use sluice::signals::{Engine, Event, Limits, MemoryStore, Parts, Settings, Store, Verdict, encode};
use sluice::state::changelog;
use sluice::state::tasks::{Restoring, Shape};

#[path = "support/life.rs"]
mod life;

static ACCOUNTS: LazyLock<u64> = LazyLock::new(|| {
    let text = std::env::var("SLUICE_SIGNALS_ACCOUNTS").unwrap_or_else(|_| "1000000".to_owned());
    text.parse().expect("SLUICE_SIGNALS_ACCOUNTS is a number of accounts")
});
const EVENTS: usize = 4_000_000;
const START_MS: i64 = 1_790_000_000_000;
const DAY_MS: i64 = 86_400_000;

fn main() {
    let what: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let wants = |name: &str| what.is_empty() || what.iter().any(|wanted| wanted == name);
    println!("accounts {}; see docs/PERFORMANCE.md for how to read it", *ACCOUNTS);
    if wants("events") {
        events("uniform", |rng| rng.u64(..*ACCOUNTS));
        events("zipf", zipf);
    }
    if wants("restore") {
        restore();
    }
}

/// An account with probability about 1 / rank.
fn zipf(rng: &mut fastrand::Rng) -> u64 {
    ((*ACCOUNTS as f64).powf(rng.f64()) as u64 - 1).min(*ACCOUNTS - 1)
}

/// The time of the engine itself: duplicates, facts, rules, memory. Reading the record's fields comes on top: see the
/// engine's benchmark with `--signals`.
fn events(name: &str, account: impl Fn(&mut fastrand::Rng) -> u64) {
    let mut rng = fastrand::Rng::with_seed(7);
    let limits = Limits { ttl_ms: 180 * DAY_MS, accounts: 2 * *ACCOUNTS as usize };
    let mut store = MemoryStore::new(limits);
    let mut engine = Engine::new(Arc::new(Settings::default()));
    let mut out: Vec<Verdict> = Vec::new();
    // Two events for everybody on the day before: a third of the accounts stay hot.
    let mut n = 0u32;
    let mut feed = |engine: &mut Engine, store: &mut MemoryStore, event: &Event, n: u32| {
        out.clear();
        engine.on_event(event, &mut Somebody, store, &mut out);
        if n.is_multiple_of(10_000) {
            store.commit();
        }
    };
    for round in 0..2 {
        for account in 0..*ACCOUNTS {
            n += 1;
            let event = event(account, START_MS + round * DAY_MS / 2 + account as i64 / 50, n, &mut rng);
            feed(&mut engine, &mut store, &event, n);
        }
    }
    let from_ms = START_MS + 2 * DAY_MS;
    let made: Vec<Event> =
        (0..EVENTS as u32).map(|i| event(account(&mut rng), from_ms + i64::from(i) * 20, n + i, &mut rng)).collect();
    let (before, since) = (cpu_seconds(), Instant::now());
    for (i, event) in made.iter().enumerate() {
        feed(&mut engine, &mut store, event, i as u32);
    }
    let (cpu, wall) = (cpu_seconds() - before, since.elapsed().as_secs_f64());
    store.commit();
    let stats = store.stats();
    let ns = |seconds: f64| seconds * 1e9 / EVENTS as f64;
    println!("{name:8} {:6.0} ns CPU an event ({:.0} ns wall), {} accounts", ns(cpu), ns(wall), stats.accounts);
    println!(
        "         {:.0} bytes an account without the table, {} MB resident",
        stats.bytes as f64 / stats.accounts as f64,
        resident_mb()
    );
}

/// Decoding of the changelog into a store: what a task does with each record that the broker gives it.
fn restore() {
    let mut rng = fastrand::Rng::with_seed(9);
    let limits = Limits { ttl_ms: 180 * DAY_MS, accounts: 2 * *ACCOUNTS as usize };
    let mut store = MemoryStore::new(limits);
    let mut engine = Engine::new(Arc::new(Settings::default()));
    let mut out = Vec::new();
    // A thousand different accounts with some history, under a million keys.
    let samples: Vec<Vec<u8>> = (0..1000)
        .map(|account| {
            for n in 0..30 {
                let event = event(account, START_MS + i64::from(n) * 3_600_000, account as u32 * 31 + n, &mut rng);
                engine.on_event(&event, &mut Somebody, &mut store, &mut out);
            }
            let mut bytes = Vec::new();
            encode(store.account(id(account), START_MS + 30 * 3_600_000, Parts::All), &mut bytes);
            bytes
        })
        .collect();
    let shape = Shape {
        topics: vec!["events".to_owned()],
        partitions: 1,
        key_print: 1,
        limits,
        repeats: false,
        start_empty: true,
    };
    // Compaction leaves garbage: a record in four is replaced by a later one.
    let mut records: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for n in 0..*ACCOUNTS + *ACCOUNTS / 3 {
        let (mut key, mut value) = (Vec::new(), Vec::new());
        changelog::Key::Account(id(n % *ACCOUNTS)).write(&mut key);
        changelog::write_account(&[], &samples[(n % 1000) as usize], &mut value);
        records.push((key, value));
    }
    let bytes: usize = records.iter().map(|(key, value)| key.len() + value.len()).sum();
    let (before, since) = (cpu_seconds(), Instant::now());
    let mut restoring = Restoring::new(&shape, 0);
    for (key, value) in &records {
        restoring.record(key, Some(value)).expect("our own records");
    }
    let accounts = restoring.accounts();
    let (cpu, wall) = (cpu_seconds() - before, since.elapsed().as_secs_f64());
    println!(
        "restore  {:.0} accounts a CPU second ({:.0} a second), {accounts} accounts of {} records, {} MB",
        accounts as f64 / cpu,
        accounts as f64 / wall,
        records.len(),
        bytes >> 20
    );
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_mb() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    (pages * 4096) >> 20
}
