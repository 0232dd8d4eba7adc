//! Who is measured, and how each is started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sluice::detect::Catalog;
use tempfile::TempDir;

use crate::bare::{self, Way};
use crate::support::kafka::Broker;
use crate::support::process::{Leashed, tail};
use crate::support::service::{Setup, Sluice};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// For `SLUICE_E2E_ONLY` and the table.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    kind: Kind,
    /// Whether it scrubs.
    pub scrubs: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bare(Way),
    Sluice { delivery: &'static str, rules: Rules },
    Streams,
    Connect,
    Vrl,
    Python,
}

/// What Sluice looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rules {
    /// The defaults: every entity, no signals.
    All,
    /// E-mail and IP alone, as the peers.
    MailAndIp,
    /// The gaming profile with its signals.
    Everything,
}

const EO: &str = "exactly_once";
const ALO: &str = "at_least_once";

const fn sluice(name: &'static str, what: &'static str, delivery: &'static str, rules: Rules) -> Contestant {
    Contestant { name, what, kind: Kind::Sluice { delivery, rules }, scrubs: true }
}

const fn peer(name: &'static str, what: &'static str, kind: Kind) -> Contestant {
    Contestant { name, what, kind, scrubs: true }
}

/// In the order of the table.
pub const ALL: &[Contestant] = &[
    Contestant { name: "bare", what: "rdkafka, nothing in between", kind: Kind::Bare(Way::Nothing), scrubs: false },
    Contestant {
        name: "bare_transactions",
        what: "the same in transactions of 100 ms",
        kind: Kind::Bare(Way::Transactions),
        scrubs: false,
    },
    sluice("exactly_once", "Sluice, all entities", EO, Rules::All),
    sluice("at_least_once", "Sluice, all entities", ALO, Rules::All),
    sluice("exactly_once_mail_ip", "Sluice, e-mail and IP", EO, Rules::MailAndIp),
    sluice("at_least_once_mail_ip", "Sluice, e-mail and IP", ALO, Rules::MailAndIp),
    sluice("exactly_once_everything", "Sluice, gaming profile with signals", EO, Rules::Everything),
    sluice("at_least_once_everything", "Sluice, gaming profile with signals", ALO, Rules::Everything),
    peer("plain_rust", "serde_json, two regular expressions, HMAC", Kind::Bare(Way::Plain)),
    peer("streams", "Kafka Streams 4.1, e-mail and IP", Kind::Streams),
    peer("connect", "Redpanda Connect's engine, e-mail and IP", Kind::Connect),
    peer("vrl", "Vector's language over rdkafka, e-mail and IP", Kind::Vrl),
    peer("python", "Confluent's client for Python and orjson, e-mail and IP", Kind::Python),
];

/// Those of `make bench-e2e`.
pub const DEFAULT: [&str; 3] = ["bare", EO, ALO];

impl Contestant {
    /// Starts it from `input` to `output`, with the group's name that of the output. `quick`: Sluice commits every 50 ms, and waits for
    /// fewer records to a batch.
    pub fn start(&self, broker: &Broker, input: &str, output: &str, quick: bool) -> Process {
        let brokers = broker.brokers();
        let mut command = match self.kind {
            Kind::Sluice { delivery, rules } => {
                return Process::Sluice(Box::new(setup(broker, input, output, delivery, rules, quick).spawn()));
            }
            Kind::Bare(way) => bare::command(way, &brokers, output, input, output),
            Kind::Streams => {
                let mut java = Command::new("java");
                let dir = peers().join("streams");
                // What FACTS and trials say serves it best on two cores: the parallel collector and a fixed heap.
                java.args([
                    "-Xms512m",
                    "-Xmx512m",
                    "-XX:+UseParallelGC",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                ]);
                java.arg("-cp").arg(format!("{}/libs/*:{}", dir.display(), dir.display()));
                java.args(["Scrub", &brokers, output, input, output, "2"]);
                java
            }
            Kind::Connect => {
                let mut connect = Command::new(peers().join("connect"));
                connect.args([&brokers, output, input, output]).env("GOGC", "400");
                connect
            }
            Kind::Vrl => {
                let mut vrl = Command::new(peers().join("vrl-peer"));
                vrl.args([&brokers, output, input, output]);
                vrl
            }
            Kind::Python => {
                let mut python = Command::new(peers().join("python/bin/python"));
                python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/python/scrub.py"));
                python.args([&brokers, output, input, output]);
                python
            }
        };
        let dir = tempfile::tempdir().expect("a directory for a log");
        command.env("TMPDIR", dir.path());
        let log = File::create(dir.path().join("log")).expect("a log");
        Process::Other(Leashed::spawn(&command, log, Some(dir.path())), dir)
    }
}

fn setup(broker: &Broker, input: &str, output: &str, delivery: &'static str, rules: Rules, quick: bool) -> Setup {
    let mut setup = Setup {
        group: output.to_owned(),
        instance_id: output.to_owned(),
        output_topic: output.to_owned(),
        quarantine_topic: format!("{output}.quarantine"),
        delivery,
        workers: 1,
        more: match rules {
            Rules::All => String::new(),
            Rules::MailAndIp => mail_and_ip(),
            Rules::Everything => everything(output),
        },
        ..Setup::new(broker, input)
    };
    if quick {
        setup.commit_interval = "50ms";
        // As the guide says for whoever counts milliseconds. (In a transaction a commit sends at once what waits.)
        setup.properties.push(("linger.ms", "1".to_owned()));
    }
    setup
}

/// Every entity but two is off, and those that no config can turn off.
fn mail_and_ip() -> String {
    let catalog = Catalog::builtin();
    let off =
        catalog.entities().iter().filter(|entity| !entity.never_passes && !["email", "ip"].contains(&&*entity.name));
    let off: Vec<&str> = off.map(|entity| &*entity.name).collect();
    format!("patterns: {{disable: [{}]}}\n", off.join(", "))
}

fn everything(output: &str) -> String {
    static KEY: OnceLock<TempDir> = OnceLock::new();
    let dir = KEY.get_or_init(|| tempfile::tempdir().expect("a directory for the state key"));
    let key = dir.path().join("state-key");
    std::fs::write(&key, "5a".repeat(32)).expect("write the state key");
    let profile = include_str!("../../patterns/profiles/gaming.yaml");
    let (_, sections) = profile.split_once("\n\n").expect("sections behind the inputs");
    let signals = format!("\nsignals:\n  topic: {output}.signals\n  state_key: {}\n", key.display());
    format!("{}\n", sections.replace("\nsignals:\n", &signals))
}

/// Where the peers are built.
fn peers() -> &'static Path {
    static PEERS: OnceLock<PathBuf> = OnceLock::new();
    PEERS.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/build-peers.sh");
        let out = Command::new(script).output().expect("run scripts/build-peers.sh");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
    })
}

/// A contestant's process.
pub enum Process {
    /// With the directory of its log.
    Other(Leashed, TempDir),
    Sluice(Box<Sluice>),
}

impl Process {
    /// The process id.
    pub fn id(&self) -> u32 {
        match self {
            Process::Other(process, _) => process.id(),
            Process::Sluice(process) => process.id(),
        }
    }

    /// Panics with its log if it has ended.
    pub fn assert_running(&mut self) {
        let (running, log) = match self {
            Process::Other(process, dir) => (process.status().is_none(), tail(&dir.path().join("log"), 20)),
            Process::Sluice(process) => (process.is_running(), tail(&process.log_file(), 20)),
        };
        assert!(running, "the contestant ended by itself\n{log}");
    }

    /// Bytes that Sluice wrote to its changelog.
    pub fn changelog_bytes(&self) -> f64 {
        match self {
            Process::Other(..) => 0.0,
            Process::Sluice(process) => process.metric("sluice_state_changelog_bytes_total", &[]),
        }
    }

    /// How old what Sluice has not read yet is, on average over the partitions.
    pub fn lag_seconds(&self) -> f64 {
        match self {
            Process::Other(..) => 0.0,
            Process::Sluice(process) => process.metric("sluice_lag_seconds", &[]) / f64::from(crate::PARTITIONS),
        }
    }

    /// Sluice ends gracefully; the others may not know how.
    pub fn end(self) {
        match self {
            Process::Other(mut process, _dir) => process.kill9(),
            Process::Sluice(mut process) => process.stop(),
        }
    }
}
