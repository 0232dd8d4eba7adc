//! A real Kafka broker: one KRaft node on 127.0.0.1, its data in memory where there is room.
//!
//! The jars are fetched once by `scripts/fetch-kafka.sh`. Every broker has its own directory and ports and is gone
//! when its owner is (see `process`). Tests that only need topics use [`Broker::shared`]; tests that stop a broker,
//! or need other settings, start their own.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tempfile::TempDir;

use super::certificates;
use super::process::{Leashed, tail};
use super::wait::wait_until;

/// Long enough for a JVM on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(90);
/// A clean stop takes two seconds.
const STOP_DEADLINE: Duration = Duration::from_secs(30);
/// 16 bytes in URL-safe base64: any will do for a node that meets no other.
const CLUSTER_ID: &str = "c2x1aWNlLXRlc3Qtbm9kZQ";
/// Room in /dev/shm below which the data goes to disk.
const SHM_FREE_MIN_KB: u64 = 4 << 20;

/// What differs from `scripts/kafka/server.properties`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Heap of the broker, in MB.
    pub heap_mb: u32,
    /// More listeners: SASL/PLAIN without TLS, for this user and password.
    pub sasl_plain: Option<(&'static str, &'static str)>,
    /// One more listener: TLS, with a certificate for `localhost` from an authority of its own ([`Broker::authority`]).
    pub tls: bool,
    /// Access lists: a topic that has an entry is open to whom it names, others to everyone.
    pub access_lists: bool,
    /// Its place in a cluster of several; `None`: it is one of its own.
    pub node: Option<Node>,
    /// More lines of server.properties; they win over earlier ones.
    pub properties: Vec<(&'static str, String)>,
}

/// Place of a broker in a cluster.
#[derive(Clone, Debug)]
pub struct Node {
    /// Port of its plain listener.
    pub plain: u16,
    /// Port of its controller.
    pub controller: u16,
    /// Bootstrap servers of the cluster.
    pub bootstrap: String,
    /// Copies of each partition of a new topic.
    pub replication: i32,
    /// Its data, where that is not in the broker's own directory.
    pub data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { heap_mb: 512, sasl_plain: None, tls: false, access_lists: false, node: None, properties: Vec::new() }
    }
}

/// A running broker; ends when dropped.
pub struct Broker {
    dir: TempDir,
    options: Options,
    ports: Ports,
    process: Mutex<Option<Leashed>>,
}

/// Ports of the listeners.
#[derive(Clone, Copy, Debug)]
struct Ports {
    plain: u16,
    controller: u16,
    sasl: u16,
    tls: u16,
}

impl Broker {
    /// The broker that the tests of this process share. It ends with the process. Topic names must be unique.
    pub fn shared() -> &'static Broker {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(|| Broker::start(Options::default()))
    }

    /// Formats a directory, starts a broker on it and waits until it answers.
    pub fn start(options: Options) -> Broker {
        let broker = Broker::launch(options);
        broker.wait_until_it_answers();
        broker
    }

    /// [`Broker::start`] without the wait: one of a cluster answers when most of the others are there.
    pub fn launch(options: Options) -> Broker {
        let dir =
            tempfile::Builder::new().prefix("sluice-kafka-").tempdir_in(scratch_root()).expect("a scratch directory");
        let own = |of: fn(&Node) -> u16| options.node.as_ref().map_or_else(free_port, of);
        let (plain, controller) = (own(|node| node.plain), own(|node| node.controller));
        let ports = Ports { plain, controller, sasl: free_port(), tls: free_port() };
        let broker = Broker { dir, options, ports, process: Mutex::new(None) };
        if broker.options.tls {
            certificates::make_broker(broker.dir.path());
        }
        fs::write(broker.properties_file(), broker.properties()).expect("write server.properties");
        broker.format();
        broker.launch_again();
        broker
    }

    /// Bootstrap servers without authentication: the whole cluster, where it is one of several.
    pub fn brokers(&self) -> String {
        self.options.node.as_ref().map_or_else(|| self.own_address(), |node| node.bootstrap.clone())
    }

    fn own_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.plain)
    }

    /// Bootstrap servers that ask for SASL/PLAIN; only with [`Options::sasl_plain`].
    pub fn sasl_brokers(&self) -> String {
        assert!(self.options.sasl_plain.is_some(), "this broker has no SASL listener");
        format!("127.0.0.1:{}", self.ports.sasl)
    }

    /// Bootstrap servers of the TLS listener, by the name that its certificate holds; only with [`Options::tls`].
    pub fn tls_brokers(&self) -> String {
        assert!(self.options.tls, "this broker has no TLS listener");
        format!("localhost:{}", self.ports.tls)
    }

    /// The certificate of the authority that the broker's own is from (PEM); only with [`Options::tls`].
    pub fn authority(&self) -> PathBuf {
        assert!(self.options.tls, "this broker has no TLS listener");
        certificates::authority(self.dir.path())
    }

    /// The broker's own output.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// The broker's process id while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process().as_ref().map(Leashed::id)
    }

    /// Stops it cleanly; data and ports stay.
    pub fn stop(&self) {
        let Some(mut process) = self.process().take() else {
            return;
        };
        process.sigterm();
        if process.wait(STOP_DEADLINE).is_none() {
            process.kill9();
        }
    }

    /// Ends it as a crash does; data and ports stay.
    pub fn kill9(&self) {
        if let Some(mut process) = self.process().take() {
            process.kill9();
        }
    }

    /// Stops it from doing anything, connections open: it answers nobody until [`Broker::thaw`].
    pub fn freeze(&self) {
        self.process().as_ref().expect("a running broker").signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process().as_ref().expect("a running broker").signal("CONT");
    }

    /// Starts it on the data and ports it had, and waits until it answers.
    pub fn start_again(&self) {
        self.launch_again();
        self.wait_until_it_answers();
    }

    fn launch_again(&self) {
        let mut command = java();
        command.arg(format!("-Xmx{}m", self.options.heap_mb)).arg("-XX:+UseSerialGC");
        command.arg("kafka.Kafka").arg(self.properties_file());
        let log = OpenOptions::new().create(true).append(true).open(self.log()).expect("open the broker's log");
        *self.process() = Some(Leashed::spawn(&command, log, Some(self.dir.path())));
    }

    /// Whether its process runs; one that ended by itself can be started again.
    pub fn is_running(&self) -> bool {
        self.process().as_mut().is_some_and(|process| process.status().is_none())
    }

    /// Stops it cleanly and starts it again.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// Creates a topic and waits until every partition has a leader.
    pub fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) {
        let copies = self.options.node.as_ref().map_or(1, |node| node.replication);
        self.create(NewTopic::new(name, partitions, TopicReplication::Fixed(copies)), config);
    }

    /// Creates a topic of one partition whose only copy is on the broker with this `node.id`.
    pub fn create_topic_on(&self, node: i32, name: &str, config: &[(&str, &str)]) {
        self.create(NewTopic::new(name, 1, TopicReplication::Variable(&[&[node]])), config);
    }

    fn create<'a>(&self, mut topic: NewTopic<'a>, config: &[(&'a str, &'a str)]) {
        let (name, partitions) = (topic.name, topic.num_partitions);
        for (key, value) in config {
            topic = topic.set(key, value);
        }
        let created = block_on(self.admin().create_topics([&topic], &AdminOptions::new()));
        for result in created.expect("ask for a topic") {
            result.unwrap_or_else(|(topic, code)| panic!("create topic {topic}: {code}"));
        }
        wait_until(START_DEADLINE, "a new topic to have its leaders", || self.partitions(name) == Some(partitions));
    }

    /// Deletes a topic and what it holds.
    pub fn delete_topic(&self, name: &str) {
        let deleted = block_on(self.admin().delete_topics(&[name], &AdminOptions::new()));
        for result in deleted.expect("ask to delete a topic") {
            result.unwrap_or_else(|(topic, code)| panic!("delete topic {topic}: {code}"));
        }
    }

    /// Leaves reading of a topic to everyone and takes writing from `user`; needs [`Options::access_lists`].
    pub fn deny_write(&self, user: &str, topic: &str) {
        assert!(self.options.access_lists, "this broker has no access lists");
        let mut command = java();
        command.args(["org.apache.kafka.tools.AclCommand", "--bootstrap-server", &self.brokers(), "--add"]);
        command.args([
            "--topic",
            topic,
            "--allow-principal",
            "User:*",
            "--operation",
            "Read",
            "--operation",
            "Describe",
        ]);
        let allowed = command.output().expect("run java");
        assert!(allowed.status.success(), "{}", String::from_utf8_lossy(&allowed.stderr));
        let mut command = java();
        command.args(["org.apache.kafka.tools.AclCommand", "--bootstrap-server", &self.brokers(), "--add"]);
        command.args(["--topic", topic, "--deny-principal", &format!("User:{user}"), "--operation", "Write"]);
        let denied = command.output().expect("run java");
        assert!(denied.status.success(), "{}", String::from_utf8_lossy(&denied.stderr));
    }

    /// Number of partitions, if the topic exists and each has a leader.
    pub fn partitions(&self, topic: &str) -> Option<i32> {
        let client: BaseConsumer = self.client().create().expect("a client");
        let metadata = client.fetch_metadata(Some(topic), Duration::from_secs(5)).ok()?;
        let topic = metadata.topics().first().filter(|t| t.error().is_none() && !t.partitions().is_empty())?;
        topic.partitions().iter().all(|p| p.leader() >= 0).then_some(topic.partitions().len() as i32)
    }

    /// Settings of a client of this broker.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.brokers()).set("enable.metrics.push", "false");
        // A broker that is down on purpose is no news.
        config.set("log_level", "2").set("reconnect.backoff.max.ms", "200");
        config
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("an admin client")
    }

    fn process(&self) -> MutexGuard<'_, Option<Leashed>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn properties_file(&self) -> PathBuf {
        self.dir.path().join("server.properties")
    }

    fn properties(&self) -> String {
        let Ports { plain, controller, sasl, tls } = self.ports;
        let mut listeners = format!("PLAINTEXT://127.0.0.1:{plain}");
        let mut text = include_str!("../../scripts/kafka/server.properties").to_owned();
        let mut line = |key: &str, value: &str| writeln!(text, "{key}={value}").expect("write to a string");
        if let Some((user, password)) = self.options.sasl_plain {
            write!(listeners, ",SASL://127.0.0.1:{sasl}").expect("write to a string");
            line("sasl.enabled.mechanisms", "PLAIN");
            let login = "org.apache.kafka.common.security.plain.PlainLoginModule";
            line("listener.name.sasl.plain.sasl.jaas.config", &format!("{login} required user_{user}=\"{password}\";"));
        }
        if self.options.tls {
            write!(listeners, ",TLS://localhost:{tls}").expect("write to a string");
            line("listener.name.tls.ssl.keystore.type", "PKCS12");
            line(
                "listener.name.tls.ssl.keystore.location",
                &certificates::keystore(self.dir.path()).display().to_string(),
            );
            line("listener.name.tls.ssl.keystore.password", certificates::PASSWORD);
        }
        if self.options.access_lists {
            line("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
            line("super.users", "User:ANONYMOUS");
            line("allow.everyone.if.no.acl.found", "true");
        }
        line("advertised.listeners", &listeners);
        line("listeners", &format!("{listeners},CONTROLLER://127.0.0.1:{controller}"));
        line("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL");
        line("controller.quorum.voters", &format!("1@127.0.0.1:{controller}"));
        let data = self.options.node.as_ref().and_then(|node| node.data.clone());
        line("log.dirs", &data.unwrap_or_else(|| self.dir.path().join("data")).display().to_string());
        for (key, value) in &self.options.properties {
            line(key, value);
        }
        text
    }

    fn format(&self) {
        let log = File::create(self.log()).expect("create the broker's log");
        let mut command = java();
        command.args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"]).arg(self.properties_file());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("clone the log's handle")).stderr(log);
        let status = command.status().expect("run java");
        assert!(status.success(), "Kafka did not format its directory ({status}):\n{}", tail(&self.log(), 20));
    }

    /// Waits until it answers.
    pub fn wait_until_it_answers(&self) {
        let mut config = self.client();
        let client: BaseConsumer = config.set("bootstrap.servers", self.own_address()).create().expect("a client");
        wait_until(START_DEADLINE, "Kafka to answer", || {
            let ended = self.process().as_mut().and_then(Leashed::status);
            assert!(ended.is_none(), "Kafka ended while it started ({ended:?}):\n{}", tail(&self.log(), 30));
            client.fetch_metadata(None, Duration::from_millis(500)).is_ok_and(|m| !m.brokers().is_empty())
        });
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Nobody needs the data: end it at once, before its directory goes.
        self.process().take();
    }
}

/// Runs a future of the admin client to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// A port that is free now, below the range that the system gives to outgoing connections: a broker that is stopped
/// for a while finds its port free again.
pub fn free_port() -> u16 {
    static NEXT: OnceLock<Mutex<u64>> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").subsec_nanos();
        Mutex::new(u64::from(std::process::id()) * 97 + u64::from(nanos / 1000))
    });
    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        *next += 1;
        let port = 10_000 + (*next % 20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Where scratch directories are made: in memory if there is room, else in the target directory.
pub fn scratch_root() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let df = Command::new("df").args(["-Pk"]).arg(shm).output();
    let free_kb = df.ok().and_then(|out| {
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    if free_kb >= Some(SHM_FREE_MIN_KB) { shm.to_owned() } else { PathBuf::from(env!("CARGO_TARGET_TMPDIR")) }
}

/// `java` with Kafka's jars and little logging.
pub fn java() -> Command {
    let mut command = Command::new("java");
    command.args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]).arg(jars().join("libs/*"));
    command
}

/// Directory of Kafka's jars, fetched if they are not there.
fn jars() -> &'static Path {
    static JARS: OnceLock<PathBuf> = OnceLock::new();
    JARS.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/fetch-kafka.sh");
        let out = Command::new(script).stdin(Stdio::null()).output().expect("run scripts/fetch-kafka.sh");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
    })
}
