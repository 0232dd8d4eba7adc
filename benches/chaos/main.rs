//! `make chaos SECONDS=180 SEED=7`: the service on three real brokers, and everything that goes wrong.
//!
//! Instances of the service read what a feeder sends and are disturbed by one fault after the other, in an order that
//! follows from the seed; after each, the stream must catch up. In the end every event must have come out once, exactly
//! as a run that nothing disturbed brings it out, with the same signals, and no topic, log or metric holds a byte of
//! personal data. Exits with 1 if something did not hold.
//!
//! - `SLUICE_CHAOS_SECONDS` (180), `SLUICE_CHAOS_SEED` (by the clock), `SLUICE_CHAOS_RATE` (1000 events a second),
//!   `SLUICE_CHAOS_ONLY` (such as `kill,lost-endtxn`), `SLUICE_CHAOS_DELIVERY` (`exactly_once`).
//! - Logs of all instances are kept in `target/chaos`.

#![allow(clippy::print_stdout)] // Its output is the result.
#![allow(clippy::unwrap_used)] // In what it shares with the tests.

/// The search for personal data.
mod canary;
/// Three brokers behind proxies.
mod cluster;
/// What goes wrong.
mod faults;
/// Where it goes wrong.
mod field;
/// What did not hold.
mod findings;
/// The instances of the service.
mod fleet;
/// The events.
mod load;
/// A proxy that breaks connections.
mod proxy;
#[allow(dead_code)]
#[path = "../../examples/evaluate_signals/stream/mod.rs"]
mod stream;
#[path = "../../tests/support/mod.rs"]
mod support;
/// What came of it.
mod verdict;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use cluster::{COPIES, Cluster};
use faults::Fault;
use field::Field;
use findings::Findings;
use fleet::{Fleet, may_dump_core};
use load::{Load, PARTITIONS};
use support::kafka_client::{Committed, Ends, Feeder, wait_until_done};
use support::service::{Setup, write_key};
use verdict::{Issued, Outcome};

/// The topic that is fed.
pub const INPUT: &str = "chaos";
/// How the rule begins that changes under load.
pub const RULE: &str = "{name: [chaos_";
/// Group of the instances that are disturbed.
const DISTURBED: &str = "disturbed";
/// Group of the one that is not.
const REFERENCE: &str = "undisturbed";
const INSTANCES: usize = 2;
/// From the start of a process to its readiness, with all state restored.
const READY_MAX: Duration = Duration::from_secs(10);
/// For what is behind when the last fault is over, and for the undisturbed run.
const DONE: Duration = Duration::from_secs(300);

/// A rule that no event meets: it can change without changing any output.
pub fn rule(generation: u64) -> String {
    format!("{RULE}{generation}], action: redact}}")
}

/// What a run writes to.
pub struct Topics {
    /// Scrubbed records.
    pub output: String,
    /// What could not be read.
    pub quarantine: String,
    /// Signals.
    pub signals: String,
}

fn main() -> ExitCode {
    if !has_own_mounts() {
        return in_own_mounts();
    }
    canary::check();
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (seconds, seed, rate) = (number("SECONDS", 180), number("SEED", clock), number("RATE", 1_000));
    let delivery = match text("DELIVERY").as_deref() {
        Some("at_least_once") => "at_least_once",
        Some("exactly_once") | None => "exactly_once",
        Some(other) => panic!("SLUICE_CHAOS_DELIVERY: no delivery is called {other}"),
    };
    println!("chaos: seed {seed}, {seconds} s, {rate} events a second, {delivery}; commit {}", commit());
    let mut field = set_up(seed, seconds, rate, delivery);
    let rounds = disturb(&mut field, Duration::from_secs(seconds));
    println!("\n{}", table(&rounds));
    let findings = conclude(field, delivery == "exactly_once");
    println!("seed {seed}: {} violations", findings.all().len());
    findings.all().iter().for_each(|what| println!("  - {what}"));
    if findings.all().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(name: &str) -> Option<String> {
    std::env::var(format!("SLUICE_CHAOS_{name}")).ok().filter(|text| !text.is_empty())
}

fn number(name: &str, default: u64) -> u64 {
    text(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("SLUICE_CHAOS_{name} must be a number")))
}

fn commit() -> String {
    let git = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    git.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Mounts of a disk that is to run full end with this process, however it ends.
const OWN_MOUNTS: &str = "SLUICE_CHAOS_OWN_MOUNTS";

fn has_own_mounts() -> bool {
    let can = || Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|out| out.status.success());
    std::env::var_os(OWN_MOUNTS).is_some() || !can()
}

fn in_own_mounts() -> ExitCode {
    let mut again = Command::new("unshare");
    again.arg("-m").arg(std::env::current_exe().expect("a program knows its file")).env(OWN_MOUNTS, "1");
    let status = again.status().expect("run unshare");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn set_up(seed: u64, seconds: u64, rate: u64, delivery: &'static str) -> Field {
    // Catching up, and the last fault, may take longer than the time of the run.
    let load = Arc::new(Load::new(seed, (seconds + 300) * rate));
    println!("{} events are made up; starting {COPIES} brokers", load.len());
    let cluster = Cluster::start();
    let broker = cluster.direct();
    broker.create_topic(INPUT, PARTITIONS, &[]);
    let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("chaos").join(seed.to_string());
    let _ = std::fs::remove_dir_all(&logs);
    let keys = logs.join("keys");
    write_key(&keys);
    std::fs::write(logs.join("state-key"), "5a".repeat(32)).expect("write the state key");
    let disturbed = |n| Setup { brokers: cluster.proxied(), delivery, ..setup(&cluster, DISTURBED, n, &logs) };
    let mut fleet = Fleet::start((0..INSTANCES).map(disturbed).collect(), &logs);
    fleet.wait_until_ready();
    let feeder = Feeder::start(broker, INPUT, rate, move |id| load.event(id));
    let (committed, ends) = (Committed::of(broker, DISTURBED, INPUT), Ends::of(broker, INPUT));
    let (findings, rng) = (Findings::default(), fastrand::Rng::with_seed(seed));
    Field { cluster, fleet, feeder: Some(feeder), findings, rng, keys, committed, ends, generation: 0 }
}

/// Instance `n` of a group with topics of its own, with all that the gaming profile turns on.
fn setup(cluster: &Cluster, group: &str, n: usize, dir: &Path) -> Setup {
    let profile = include_str!("../../patterns/profiles/gaming.yaml");
    let section = |name: &str| {
        let (_, rest) = profile.split_once(&format!("\n{name}:\n")).expect("the profile has it");
        rest.split("\n\n").next().expect("a section")
    };
    let key = dir.join("state-key");
    let more = format!(
        "pseudonyms: {{scope: gaming, epochs: {{ip: daily}}, salts: {{topic: {INPUT}.salts}}}}\n\
         fields:\n{}\n  - {}\nsignals:\n  topic: {group}.signals\n  state_key: {}\n{}\n",
        section("fields"),
        rule(0),
        key.display(),
        section("signals"),
    );
    let mut base = Setup::new(cluster.direct(), INPUT).quick_sessions();
    base.properties.push(("compression.type", "lz4".to_owned()));
    Setup {
        instance_id: format!("{group}-{n}"),
        group: group.to_owned(),
        output_topic: format!("{group}.{{topic}}"),
        quarantine_topic: format!("{group}.{{topic}}.quarantine"),
        replication: COPIES as i32,
        workers: 1,
        keys: Some(dir.join("keys")),
        more,
        ..base
    }
}

/// One fault and what came of it.
struct Round {
    fault: &'static Fault,
    told: String,
    /// Until everything that was sent by then had come out.
    caught_up: Option<Duration>,
}

/// One fault after the other, each once before one comes again.
fn disturb(field: &mut Field, time: Duration) -> Vec<Round> {
    let only = text("ONLY").unwrap_or_default();
    let chosen = |fault: &&Fault| only.is_empty() || only.split(',').any(|name| name == fault.name);
    let (mut deck, mut rounds) = (Vec::<&Fault>::new(), Vec::new());
    for fault in faults::ALL {
        if let Some(why) = (fault.lacks)(field) {
            println!("{}: left out, {why}", fault.name);
        }
    }
    field.catch_up();
    let start = Instant::now();
    while start.elapsed() < time && field.findings.all().is_empty() {
        if deck.is_empty() {
            deck = faults::ALL.iter().filter(chosen).filter(|fault| (fault.lacks)(field).is_none()).collect();
            assert!(!deck.is_empty(), "SLUICE_CHAOS_ONLY names no fault that can be done here");
            field.rng.shuffle(&mut deck);
        }
        let fault = deck.pop().expect("it was filled");
        eprintln!("{:>6.1} s {}: {}", start.elapsed().as_secs_f64(), fault.name, fault.what);
        let told = (fault.inflict)(field);
        // One time in four the next fault does not wait until this one is got over.
        let waits = field.rng.u32(..4) > 0;
        let caught_up = if waits { field.catch_up() } else { None };
        let after = caught_up.map_or("the next at once".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
        eprintln!("    {told}{}caught up: {after}", if told.is_empty() { "" } else { "; " });
        rounds.push(Round { fault, told, caught_up });
    }
    rounds
}

fn table(rounds: &[Round]) -> String {
    let mut text = "| fault | what | times | caught up after, s | outcome |\n|---|---|---|---|---|\n".to_owned();
    for fault in faults::ALL {
        let of: Vec<&Round> = rounds.iter().filter(|round| round.fault.name == fault.name).collect();
        let times = of.iter().filter_map(|round| round.caught_up).map(|time| time.as_secs_f64());
        let (least, most) = times.fold((f64::MAX, 0.0), |(least, most): (f64, f64), s| (least.min(s), most.max(s)));
        let took = if least > most { "–".to_owned() } else { format!("{least:.1}–{most:.1}") };
        let mut told: Vec<&str> = of.iter().map(|round| round.told.as_str()).filter(|told| !told.is_empty()).collect();
        told.sort_unstable();
        told.dedup();
        let line = [fault.name, fault.what, &of.len().to_string(), &took, &told.join("; ")].join(" | ");
        text = text + "| " + &line + " |\n";
    }
    text
}

/// Everything is over: what came of it?
fn conclude(mut field: Field, once: bool) -> Findings {
    let feeder = field.feeder.take().expect("it runs until here");
    let sent = feeder.finish();
    field.catch_up();
    let broker = field.cluster.direct();
    let logs = field.keys.parent().expect("a directory above").to_owned();
    let [disturbed, reference] = [DISTURBED, REFERENCE].map(|group| setup(&field.cluster, group, 0, &logs));
    let [of_disturbed, of_reference] = [&disturbed, &reference].map(|setup| Topics {
        output: setup.output(),
        quarantine: setup.quarantine(),
        signals: format!("{}.signals", setup.group),
    });
    for member in &field.fleet.members {
        let process = member.process.as_ref().map_or(0, support::service::Sluice::id);
        field.findings.expect(!may_dump_core(process), || format!("process {process} may leave a core dump"));
    }
    field.fleet.stop(&mut field.findings);
    let ready = restart(&mut field.fleet, &mut field.findings);
    println!("sent {sent}; the undisturbed run");
    let mut undisturbed = reference.start();
    let written = [of_reference.output.as_str(), of_reference.quarantine.as_str()];
    wait_until_done(broker, REFERENCE, INPUT, &written, DONE);
    undisturbed.stop();
    let findings = &mut field.findings;
    let issued = Issued::read(broker);
    findings.expect(issued.count == sent, || format!("the input holds {} of {sent} events", issued.count));
    let (got, expected) =
        (Outcome::read(broker, &of_disturbed, findings), Outcome::read(broker, &of_reference, findings));
    let [delivered, quarantined, lost, twice] = got.check(&issued, "disturbed", once, findings);
    expected.check(&issued, "undisturbed", true, findings);
    let [records, signals] = got.compare(&expected, once, findings);
    findings.expect(expected.signals() > 0, || "no signal at all: the comparison proves nothing".to_owned());
    let (topics, searched) = verdict::search(broker, findings);
    println!(
        "issued {}: delivered {delivered}, quarantined {quarantined}, lost {lost}, twice {twice}\n\
         against the undisturbed run: {records} records differ; {} signals, {signals} differ\n\
         personal data searched for in {searched} records of {topics} topics, in logs and metrics\n\
         ends by themselves: {}; most memory {} MB{}; restart to ready {:.1} s",
        issued.count,
        got.signals(),
        field.fleet.ends.len(),
        field.fleet.rss_mb,
        field
            .fleet
            .limit_mb()
            .map_or(", without a limit".to_owned(), |mb| format!(" of {mb} allowed by the control group")),
        ready.as_secs_f64(),
    );
    field.findings
}

/// Starts one instance that has to restore all state, and stops it. The time until it was ready.
fn restart(fleet: &mut Fleet, findings: &mut Findings) -> Duration {
    fleet.spawn(0);
    let mut process = fleet.members[0].process.take().expect("it was started");
    let since = Instant::now();
    process.wait_until_ready();
    let ready = since.elapsed();
    findings.expect(ready <= READY_MAX, || format!("restart to ready took {ready:?}"));
    process.stop();
    fleet.retire(process, findings);
    ready
}
