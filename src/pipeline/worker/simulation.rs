//! Every call to Kafka fails once: the real loop and the real sinks over a small Kafka in memory, in which the Nth
//! call of a kind fails in one manner, for every kind, every N and every manner, and then once more on the way back.
//!
//! A run is a group's life: two partitions are assigned, one is revoked and comes back, both are lost and come back, the
//! process stops when it has read to the end, and another one goes on until all is committed. It is deterministic: a
//! unit is a fixed number of records, no step waits for a clock, and a failure names the run that shows it again.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use world::{
    CHANGELOG, Call, Client, Fault, Log, Manner, Member, RECORDS, SIGNALS, Shared, World, Written, id_of, lock,
};

use super::*;
use crate::config::{Secrets, from_str};
use crate::pipeline::plan::Plan;
use crate::pipeline::service::signal_metrics;
use crate::pipeline::stateful::{self, OpenLog, StateLog};
use crate::pseudonymize::{KeyRing, SharedRing, StateKey};
use crate::sink::{CountedSink, TransactionalSink};
use crate::telemetry::StateMetrics;

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

/// The signals of the stateful life.
const SIGNALS_YAML: &str = "
signals:
  topic: signals
  fields: {id: id, time: ts, account: user_id, outcome: success, device: device, lat: lat, lon: lon}
  events: [{kind: login, when: {type: login}}]
";

/// What a life is lived by.
struct Rules {
    settings: Arc<Settings>,
    plan: Arc<Plan>,
    signals: Option<Arc<SignalPlan>>,
}

impl Rules {
    fn of(yaml: &str) -> Rules {
        let loaded = from_str(yaml, "simulation.yaml", Secrets::Skip).expect("valid YAML");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, SharedRing::fixed(ring).into()).expect("compiles");
        let signals = SignalPlan::compile(&loaded, Arc::new(StateKey::new(&[7; 32]))).expect("compiles");
        Rules { settings: Arc::new(loaded.settings), plan: Arc::new(plan), signals: signals.map(Arc::new) }
    }

    fn get(stateful: bool) -> &'static Rules {
        static PLAIN: LazyLock<Rules> = LazyLock::new(|| Rules::of(YAML));
        static STATEFUL: LazyLock<Rules> = LazyLock::new(|| Rules::of(&format!("{YAML}{SIGNALS_YAML}")));
        if stateful { &STATEFUL } else { &PLAIN }
    }

    /// The signals of a new worker.
    fn signals(&self, world: &Shared, exactly_once: bool) -> Option<Signals> {
        let (plan, topics) = (self.signals.as_ref()?, self.settings.signals.as_ref()?);
        let mut shape = stateful::shape(&self.settings, topics, 2, plan.state_key.fingerprint(), plan.limits);
        shape.repeats = !exactly_once;
        let world = Arc::clone(world);
        let open: OpenLog = Box::new(move |partition| Ok(Box::new(Log::open(&world, partition)?) as Box<dyn StateLog>));
        let changelog = (CHANGELOG as usize, open);
        Some(Signals {
            plan: Arc::clone(plan),
            state: Stateful::new(&self.settings, topics.clone(), shape, changelog, StateMetrics::new(0)),
            topic: SIGNALS as usize,
            rekey: None,
            metrics: Arc::new(signal_metrics()),
        })
    }
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
        run(world, stop, sink, exactly_once)
    } else {
        run(world, stop, CountedSink::new(remake)?, exactly_once)
    }
}

fn run<K: Sink<u64>>(world: &Shared, stop: Arc<AtomicBool>, sink: K, exactly_once: bool) -> Result<(), Error> {
    let rules = Rules::get(lock(world).stateful);
    lock(world).join();
    let live = Arc::new(Live::new(&rules.plan));
    let stopped = Stopped::default();
    let member = Member(Arc::clone(world));
    Worker::new(
        0,
        Arc::clone(&rules.settings),
        live,
        member,
        sink,
        1 << 20,
        stop,
        stopped,
        Box::new(Watchdog(Arc::clone(world))),
        rules.signals(world, exactly_once),
    )
    .run()
}

/// Processes follow each other until all is committed. What was wrong, if anything.
fn live(fault: Option<Fault>, exactly_once: bool, stateful: bool) -> (World, Vec<String>) {
    let world: Shared = Arc::new(Mutex::new(World { fault, stateful, ..World::default() }));
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

/// What a life left behind of accounts, as text: the signals of each partition, and the last state of each account.
#[derive(PartialEq, Eq)]
struct Legacy {
    signals: Vec<(i32, String)>,
    accounts: BTreeMap<(i32, String), String>,
}

impl Legacy {
    /// Under at_least_once signals may come again, and what is counted over all accounts counts an event twice: it is in the
    /// task's record, and its number in a signal.
    fn of(world: &World, exactly_once: bool) -> Legacy {
        let mut legacy = Legacy { signals: Vec::new(), accounts: BTreeMap::new() };
        for Written { topic, partition, key, value } in &world.written {
            let key = hex::encode(key.as_deref().unwrap_or_default());
            let value = value.as_deref().unwrap_or_default();
            match *topic {
                SIGNALS => {
                    let text = String::from_utf8_lossy(value).into_owned();
                    let id = text.split(',').next().unwrap_or_default().to_owned();
                    legacy.signals.push((*partition, if exactly_once { text } else { id }));
                }
                CHANGELOG if exactly_once || key.starts_with(&hex::encode("a")) => {
                    legacy.accounts.insert((*partition, key), hex::encode(value));
                }
                _ => {}
            }
        }
        legacy.signals.sort();
        if !exactly_once {
            legacy.signals.dedup();
        }
        legacy
    }

    /// What of it is not the same in another one.
    fn beside(&self, other: &Legacy) -> Vec<String> {
        let signals = self.signals.iter().filter(|signal| !other.signals.contains(signal));
        let accounts = self.accounts.iter().filter(|(key, value)| other.accounts.get(*key) != Some(*value));
        signals.map(|signal| format!("{signal:?}")).chain(accounts.map(|account| format!("{account:?}"))).collect()
    }
}

/// Every fault, alone and with a second one on the way back.
fn sweep(exactly_once: bool, stateful: bool) {
    let (calm, wrong) = live(None, exactly_once, stateful);
    assert!(wrong.is_empty(), "nothing failed, and yet: {wrong:?}");
    assert!(calm.befallen == 2, "the group's life is not whole: {} units", calm.units);
    let legacy = Legacy::of(&calm, exactly_once);
    let (signals, accounts) = (legacy.signals.len(), legacy.accounts.len());
    assert!(!stateful || signals >= 4 && accounts >= 4, "too little happens: {signals} signals, {accounts} states");
    let holds = |fault: Fault| {
        let (world, wrong) = live(Some(fault), exactly_once, stateful);
        assert!(wrong.is_empty(), "{fault:?}: {wrong:?}");
        let left = Legacy::of(&world, exactly_once);
        assert!(
            left == legacy,
            "{fault:?}: signals or state are others: {:?} and not {:?}",
            left.beside(&legacy),
            legacy.beside(&left)
        );
        world.struck
    };
    let mut struck = 0;
    for call in Call::ALL {
        for manner in MANNERS {
            for nth in 0.. {
                let alone = Fault { call, nth, manner, second: None };
                if holds(alone) == 0 {
                    break;
                }
                struck += 1;
                let more = if stateful { Call::OF_STATE } else { Call::OF_RECOVERY };
                for &second in more {
                    struck += usize::from(holds(Fault { second: Some((second, 0)), ..alone }) == 2);
                }
            }
        }
    }
    assert!(struck > 4_000, "only {struck} runs had a fault");
}

#[test]
fn whatever_call_fails_under_exactly_once_each_record_comes_out_once() {
    sweep(true, false);
}

#[test]
fn whatever_call_fails_under_at_least_once_no_record_is_missing() {
    sweep(false, false);
}

#[test]
fn whatever_call_fails_under_exactly_once_signals_and_state_are_those_of_a_calm_run() {
    sweep(true, true);
}

#[test]
fn whatever_call_fails_under_at_least_once_signals_and_state_are_those_of_a_calm_run() {
    sweep(false, true);
}
