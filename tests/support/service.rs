//! `sluice run` as a child process: its config, its admin port, its log, its end.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;

use super::kafka::{Broker, free_port};
use super::oracle::assert_no_canary_in_text;
use super::process::{Leashed, tail};
use super::wait::wait_until;

/// Joining a group whose last member was killed may take a session timeout.
pub const READY_DEADLINE: Duration = Duration::from_secs(60);
/// Exit code of work that failed.
pub const EXIT_FAILED: i32 = 1;
/// Exit code of a config that cannot be run (EX_CONFIG).
pub const EXIT_CONFIG: i32 = 78;
/// More than the drain timeout of the config.
pub const STOP_DEADLINE: Duration = Duration::from_secs(30);
/// A root key that is no secret: 32 bytes in hex.
pub const TEST_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Names of metrics that tests look at (`src/telemetry/names.rs`).
pub mod metric {
    /// Records read.
    pub const INPUT_RECORDS: &str = "sluice_input_records_total";
    /// Records delivered.
    pub const OUTPUT_RECORDS: &str = "sluice_output_records_total";
    /// Records quarantined, by `reason`.
    pub const QUARANTINED_RECORDS: &str = "sluice_quarantined_records_total";
    /// Trips of the breaker.
    pub const BREAKER_TRIPS: &str = "sluice_breaker_trips_total";
    /// 1 for a partition that the breaker has stopped.
    pub const PAUSED_PARTITIONS: &str = "sluice_paused_partitions";
}

/// What a test says about a service; the rest is written for it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Bootstrap servers.
    pub brokers: String,
    /// Consumer group.
    pub group: String,
    /// Name of the process that outlives a restart.
    pub instance_id: String,
    /// `classic` or `consumer`.
    pub group_protocol: &'static str,
    /// Join as static members.
    pub static_membership: bool,
    /// librdkafka properties.
    pub properties: Vec<(&'static str, String)>,
    /// librdkafka properties by the name of an environment variable.
    pub secrets: Vec<(&'static str, &'static str)>,
    /// Environment of the process.
    pub environment: Vec<(&'static str, String)>,
    /// Input topics, of JSON.
    pub topics: Vec<String>,
    /// Template of the output topic.
    pub output_topic: String,
    /// Create missing output and quarantine topics.
    pub create: bool,
    /// Copies of those.
    pub replication: i32,
    /// `exactly_once` or `at_least_once`.
    pub delivery: &'static str,
    /// `commit.interval`.
    pub commit_interval: &'static str,
    /// `commit.records`, if it differs from the default.
    pub commit_records: Option<usize>,
    /// `commit.transaction_timeout`.
    pub transaction_timeout: &'static str,
    /// Number of workers.
    pub workers: usize,
    /// More lines at the top level of the config.
    pub more: String,
    /// Directory of keys; `None`: one of its own with the test's key.
    pub keys: Option<PathBuf>,
    /// Template of the quarantine topic.
    pub quarantine_topic: String,
    /// More lines in `quarantine`.
    pub quarantine_more: String,
}

impl Setup {
    /// A service that reads `topic` in a group of the same name, exactly once, and creates its topics.
    pub fn new(broker: &Broker, topic: &str) -> Setup {
        Setup {
            brokers: broker.brokers(),
            group: topic.to_owned(),
            instance_id: format!("{topic}-0"),
            group_protocol: "classic",
            static_membership: true,
            properties: Vec::new(),
            secrets: Vec::new(),
            environment: Vec::new(),
            topics: vec![topic.to_owned()],
            output_topic: "{topic}.scrubbed".to_owned(),
            create: true,
            replication: 1,
            delivery: "exactly_once",
            commit_interval: "100ms",
            commit_records: None,
            transaction_timeout: "30s",
            workers: 2,
            more: String::new(),
            keys: None,
            quarantine_topic: "{topic}.quarantine".to_owned(),
            quarantine_more: String::new(),
        }
    }

    /// The output topic of the first input topic.
    pub fn output(&self) -> String {
        self.output_topic.replace("{topic}", &self.topics[0])
    }

    /// The quarantine topic of the first input topic.
    pub fn quarantine(&self) -> String {
        self.quarantine_topic.replace("{topic}", &self.topics[0])
    }

    /// Dead members, and transactions that they left open, are given up by the broker within seconds; librdkafka's
    /// default is 45.
    #[must_use]
    pub fn quick_sessions(mut self) -> Setup {
        self.transaction_timeout = "4s";
        // With the newer protocol the broker decides (see scripts/kafka/server.properties).
        if self.group_protocol == "classic" {
            self.properties.push(("session.timeout.ms", "6000".to_owned()));
            self.properties.push(("heartbeat.interval.ms", "500".to_owned()));
        }
        self
    }

    /// Takes little at a time, and pauses in between: a stream in small batches lasts, however fast the machine is.
    #[must_use]
    pub fn at_leisure(mut self) -> Setup {
        let properties =
            [("fetch.message.max.bytes", "16384"), ("queued.min.messages", "1"), ("fetch.queue.backoff.ms", "250")];
        self.properties.extend(properties.map(|(name, value)| (name, value.to_owned())));
        self
    }

    fn yaml(&self, keys: &str, admin: SocketAddr) -> String {
        let map = |pairs: Vec<(&str, String)>| {
            let lines = pairs.iter().map(|(key, value)| format!("    {key}: {value}\n"));
            if pairs.is_empty() { " {}\n".to_owned() } else { format!("\n{}", lines.collect::<String>()) }
        };
        let quoted = |(name, value): &(&'static str, String)| (*name, format!("\"{value}\""));
        let properties = map(self.properties.iter().map(quoted).collect());
        let secrets = map(self.secrets.iter().map(|(name, var)| (*name, format!("{{env: {var}}}"))).collect());
        let topics: String = self.topics.iter().map(|t| format!("    - {{name: \"{t}\", format: json}}\n")).collect();
        let create =
            if self.create { format!("  create: {{replication: {}}}\n", self.replication) } else { String::new() };
        let brokers = self.brokers.replace(',', "\", \"");
        let Setup { group, instance_id, group_protocol, static_membership, .. } = self;
        let Setup {
            delivery,
            commit_interval,
            transaction_timeout,
            workers,
            output_topic,
            more,
            quarantine_topic,
            quarantine_more,
            ..
        } = self;
        let records = self.commit_records.map_or(String::new(), |n| format!("  records: {n}\n"));
        format!(
            "kafka:\n  brokers: [\"{brokers}\"]\n  group: \"{group}\"\n  instance_id: \"{instance_id}\"\n  \
             group_protocol: {group_protocol}\n  static_membership: {static_membership}\n  \
             properties:{properties}  secrets:{secrets}\
             input:\n  topics:\n{topics}\
             output:\n  topic: \"{output_topic}\"\n{create}\
             delivery: {delivery}\ncommit:\n  interval: {commit_interval}\n{records}  transaction_timeout: {transaction_timeout}\nworkers: {workers}\n\
             quarantine:\n  topic: \"{quarantine_topic}\"\n{quarantine_more}\
             keys:\n  directory: \"{keys}\"\nadmin:\n  listen: \"{admin}\"\nlog:\n  format: json\n  level: info\n{more}"
        )
    }

    /// Starts the process and waits until it is ready.
    pub fn start(&self) -> Sluice {
        let mut sluice = self.spawn();
        sluice.wait_until_ready();
        sluice
    }

    /// Starts the process.
    pub fn spawn(&self) -> Sluice {
        let dir = tempfile::Builder::new().prefix("sluice-run-").tempdir().expect("a directory for the process");
        let keys = self.keys.clone().unwrap_or_else(|| {
            let keys = dir.path().join("keys");
            write_key(&keys);
            keys
        });
        let admin = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = dir.path().join("sluice.yaml");
        fs::write(&config, self.yaml(&keys.display().to_string(), admin)).expect("write the config");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("run").arg("-c").arg(&config).envs(self.environment.iter().map(|(name, value)| (*name, value)));
        let log = File::create(dir.path().join("log")).expect("create the log");
        let process = Leashed::spawn(&command, log, Some(dir.path()));
        Sluice { process, admin, dir }
    }
}

/// Writes a key ring of one key, valid at any time, into a new directory. The same ring every time, so every process
/// of a test makes the same tokens.
pub fn write_key(directory: &std::path::Path) {
    fs::create_dir_all(directory).expect("a directory for keys");
    fs::write(directory.join("k1.yaml"), format!("id: k1\nkey: {TEST_KEY}\n")).expect("write a key");
}

/// A running service. Killed when dropped; then its log must hold no raw data.
pub struct Sluice {
    process: Leashed,
    admin: SocketAddr,
    dir: TempDir,
}

impl Sluice {
    /// Waits until `/readyz` says so.
    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        let log = self.log_file();
        wait_until(READY_DEADLINE, &format!("the service to be ready; its log is {}", log.display()), || {
            let status = self.process.status();
            assert!(status.is_none(), "the service ended while it started ({status:?}):\n{}", tail(&log, 30));
            self.get("/readyz").is_some_and(|(status, _)| status == 200)
        });
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.process.status().is_none()
    }

    /// Ends it as a crash does.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Asks for a graceful stop, and does not wait.
    pub fn sigterm(&self) {
        self.process.sigterm();
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let status = self.process.wait(deadline);
        status.unwrap_or_else(|| panic!("the service did not end in {deadline:?}:\n{}", tail(&self.log_file(), 30)))
    }

    /// A graceful stop, which must succeed.
    #[track_caller]
    pub fn stop(&mut self) {
        self.sigterm();
        let status = self.wait(STOP_DEADLINE);
        assert_eq!((status.code(), status.signal()), (Some(0), None), "graceful stop:\n{}", tail(&self.log_file(), 30));
    }

    /// It must end by itself with `code`, and say why in one line that holds all of `says`. Returns all it wrote.
    #[track_caller]
    pub fn fails(mut self, code: i32, deadline: Duration, says: &[&str]) -> String {
        let status = self.wait(deadline);
        let log = self.log();
        assert_eq!(status.code(), Some(code), "exit code; the log:\n{log}");
        // What the log says on the way there, and librdkafka in it, is another matter.
        let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "number of lines with an error; the log:\n{log}");
        for needle in says {
            assert!(errors[0].contains(needle), "the error does not say {needle}: {}", errors[0]);
        }
        log
    }

    /// Its config: what is written there is taken over while it runs, as far as it can be.
    pub fn config_file(&self) -> PathBuf {
        self.dir.path().join("sluice.yaml")
    }

    /// How it ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.process.status()
    }

    /// What it wrote to both outputs so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// Where it writes that.
    pub fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// The value of a metric: the sum of its series that carry all of `labels`; 0 if there is none.
    pub fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.get("/metrics").map_or(0.0, |(_, text)| sum_of(&text, name, labels))
    }

    /// Status and body of a page of the admin port; `None` if it does not answer.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.admin, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }
}

impl Drop for Sluice {
    fn drop(&mut self) {
        self.process.kill9();
        if std::thread::panicking() {
            eprintln!("--- the end of the log of process {}:\n{}", self.id(), tail(&self.log_file(), 20));
        } else {
            assert_no_canary_in_text("the service's log", self.log().as_bytes());
        }
    }
}

/// Sum of the series of a metric in Prometheus' text format that carry all of `labels`.
fn sum_of(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let series = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (of_series, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        let carries = |(key, value): &(&str, &str)| {
            let label = format!("{key}=\"{value}\"");
            of_series.starts_with(&label) || of_series.contains(&format!(",{label}"))
        };
        labels.iter().all(carries).then(|| value.split_whitespace().next()?.parse::<f64>().ok()).flatten()
    });
    series.sum()
}

#[test]
fn a_metric_is_the_sum_of_the_series_that_carry_the_labels() {
    let text =
        "# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 3\na_total{x=\"1\",y=\"3\"} 4\nb 5.5\na_total_more 9\n";
    assert_eq!(sum_of(text, "a_total", &[]), 7.0);
    assert_eq!(sum_of(text, "a_total", &[("y", "3")]), 4.0);
    assert_eq!(sum_of(text, "a_total", &[("x", "1"), ("y", "9")]), 0.0);
    assert_eq!(sum_of(text, "b", &[]), 5.5);
}
