//! Every call to Kafka fails once: the real loop and the real sinks over a small Kafka in memory, in which the Nth
//! call of a kind fails in one manner, for every kind, every N and every manner, and then once more on the way back.
//!
//! A run is a group's life: two partitions are assigned, one is revoked and comes back, both are lost and come back, the
//! process stops when it has read to the end, and another one goes on until all is committed. It is deterministic: a
//! unit is a fixed number of records, no step waits for a clock, and a failure names the run that shows it again.

mod world;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use world::{Call, Client, Fault, Manner, Member, RECORDS, Shared, World, Written, id_of, lock};

use super::*;
use crate::config::{Secrets, from_str};
use crate::pipeline::plan::Plan;
use crate::pseudonymize::{KeyRing, SharedRing};
use crate::sink::{CountedSink, TransactionalSink};

const YAML: &str = "
delivery: exactly_once
kafka: {brokers: ['localhost:1']}
input: {topics: [{name: events, format: json}]}
commit: {records: 5, interval: 29s}
drain_timeout: 30s
";

const MANNERS: [Manner; 8] = [
    Manner { kind: ErrorKind::Retriable, done: false },
    Manner { kind: ErrorKind::Retriable, done: true },
    Manner { kind: ErrorKind::Abortable, done: false },
    Manner { kind: ErrorKind::Abortable, done: true },
    Manner { kind: ErrorKind::Fenced, done: false },
    Manner { kind: ErrorKind::Fatal, done: false },
    Manner { kind: ErrorKind::Fatal, done: true },
    Manner { kind: ErrorKind::Authorization, done: false },
];

/// Ends a process that turns and gets nowhere.
struct Watchdog(Shared);

/// No run needs nearly as many.
const TURNS: usize = 50_000;

impl Health for Watchdog {
    fn turned(&self) {
        let mut world = lock(&self.0);
        world.turns += 1;
        if world.turns > TURNS {
            world.stop.store(true, Ordering::Relaxed);
        }
    }

    fn joined(&self, _joined: bool) {}
    fn pause(&self, _length: Duration) {}
}

fn plan() -> &'static (Arc<Settings>, Arc<Plan>) {
    static PLAN: OnceLock<(Arc<Settings>, Arc<Plan>)> = OnceLock::new();
    PLAN.get_or_init(|| {
        let loaded = from_str(YAML, "simulation.yaml", Secrets::Skip).expect("valid YAML");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, SharedRing::fixed(ring).into()).expect("compiles");
        (Arc::new(loaded.settings), Arc::new(plan))
    })
}

/// One process, from its start to its end.
fn process(world: &Shared, exactly_once: bool) -> Result<(), Error> {
    let stop = Arc::new(AtomicBool::new(false));
    {
        let mut world = lock(world);
        world.stop = Arc::clone(&stop);
        world.turns = 0;
        world.queued.clear();
        world.undelivered = None;
    }
    let remake = {
        let world = Arc::clone(world);
        move || Client::make(&world)
    };
    if exactly_once {
        let sink = TransactionalSink::new(remake, Duration::from_secs(1), "simulated", Box::new(|| ()))?;
        run(world, stop, sink)
    } else {
        run(world, stop, CountedSink::new(remake)?)
    }
}

fn run<K: Sink<u64>>(world: &Shared, stop: Arc<AtomicBool>, sink: K) -> Result<(), Error> {
    let (settings, plan) = plan();
    lock(world).join();
    let live = Arc::new(Live::new(plan));
    let stopped = Stopped::default();
    let member = Member(Arc::clone(world));
    Worker::new(
        0,
        Arc::clone(settings),
        live,
        member,
        sink,
        1 << 20,
        stop,
        stopped,
        Box::new(Watchdog(Arc::clone(world))),
        None,
    )
    .run()
}

/// Processes follow each other until all is committed. What was wrong, if anything.
fn live(fault: Option<Fault>, exactly_once: bool) -> (World, Vec<String>) {
    let world: Shared = Arc::new(Mutex::new(World { fault, ..World::default() }));
    let mut processes = 0;
    while !lock(&world).is_done() {
        processes += 1;
        if processes > 5 {
            lock(&world).wrong.push("five processes did not come to the end".to_owned());
            break;
        }
        let _ended = process(&world, exactly_once);
        let mut world = lock(&world);
        if world.turns > TURNS {
            let committed = format!("{:?}", world.committed);
            world.wrong.push(format!("process {processes} turned without end: {committed}"));
        }
    }
    let mut world = std::mem::take(&mut *lock(&world));
    for partition in 0..2 {
        for id in 0..RECORDS {
            let times = world.times(partition, id);
            if times == 0 || exactly_once && times > 1 {
                world.wrong.push(format!("record {id} of partition {partition} came out {times} times"));
            }
        }
        let of = |w: &&Written| w.partition == partition;
        let mut seen = BTreeSet::new();
        let first: Vec<i64> = world.written.iter().filter(of).filter_map(id_of).filter(|&id| seen.insert(id)).collect();
        if !first.is_sorted() {
            world.wrong.push(format!("partition {partition} came out of order: {first:?}"));
        }
    }
    let raw = |w: &Written| w.value.as_ref().is_some_and(|value| value.windows(12).any(|part| part == b"@example.com"));
    if world.written.iter().any(raw) {
        world.wrong.push("an address came out".to_owned());
    }
    let wrong = std::mem::take(&mut world.wrong);
    (world, wrong)
}

/// Every fault, alone and with a second one on the way back; how many struck.
fn sweep(exactly_once: bool) -> usize {
    let (calm, wrong) = live(None, exactly_once);
    assert!(wrong.is_empty(), "nothing failed, and yet: {wrong:?}");
    assert!(calm.befallen == 2, "the group's life is not whole: {} units", calm.units);
    let mut struck = 0;
    for call in Call::ALL {
        for manner in MANNERS {
            for nth in 0.. {
                let alone = Fault { call, nth, manner, second: None };
                let (world, wrong) = live(Some(alone), exactly_once);
                assert!(wrong.is_empty(), "{alone:?}: {wrong:?}");
                if world.struck == 0 {
                    break;
                }
                struck += 1;
                for second in Call::OF_RECOVERY {
                    let twice = Fault { second: Some((second, 0)), ..alone };
                    let (world, wrong) = live(Some(twice), exactly_once);
                    assert!(wrong.is_empty(), "{twice:?}: {wrong:?}");
                    struck += usize::from(world.struck == 2);
                }
            }
        }
    }
    struck
}

#[test]
fn whatever_call_fails_under_exactly_once_each_record_comes_out_once() {
    let struck = sweep(true);
    assert!(struck > 4_000, "only {struck} runs had a fault");
}

#[test]
fn whatever_call_fails_under_at_least_once_no_record_is_missing() {
    let struck = sweep(false);
    assert!(struck > 4_000, "only {struck} runs had a fault");
}
