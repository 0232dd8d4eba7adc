//! Three brokers that hold everything three times, each behind a proxy. The service knows only the proxies; what feeds
//! and what checks goes straight to the brokers.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::proxy::Proxy;
use crate::support::kafka::{Broker, Node, Options, free_port, java, scratch_root};

/// Copies of everything, and brokers.
pub const COPIES: usize = 3;
/// Heap of a broker.
const HEAP_MB: u32 = 384;
/// Size of the disk that is filled, in GB: more than a run of minutes writes. Its ballast takes memory while it is full.
const SMALL_DISK_GB: u32 = 2;

/// The brokers and what stands before them.
pub struct Cluster {
    pub brokers: Vec<Broker>,
    pub proxies: Vec<Proxy>,
    /// Disk of the last broker, if it could be mounted.
    pub disk: Option<Disk>,
}

/// A file system in memory of a broker's own.
pub struct Disk {
    dir: TempDir,
}

impl Cluster {
    /// Starts it.
    pub fn start() -> Cluster {
        let ports: Vec<[u16; 4]> = (0..COPIES).map(|_| [(); 4].map(|()| free_port())).collect();
        let list = |of: &dyn Fn(usize, &[u16; 4]) -> String| -> String {
            ports.iter().enumerate().map(|(n, ports)| of(n, ports)).collect::<Vec<_>>().join(",")
        };
        let bootstrap = list(&|_, ports| format!("127.0.0.1:{}", ports[0]));
        let voters = list(&|n, ports| format!("{}@127.0.0.1:{}", n + 1, ports[1]));
        let disk = Disk::mount();
        let launch = |(n, &[plain, controller, behind, proxy]): (usize, &[u16; 4])| {
            let data = disk.as_ref().filter(|_| n + 1 == COPIES).map(|disk| disk.dir.path().join("data"));
            let bootstrap = bootstrap.clone();
            let node = Node { plain, controller, bootstrap, replication: COPIES as i32, data };
            let properties = properties(n, &ports[n], &voters);
            let broker =
                Broker::launch(Options { heap_mb: HEAP_MB, node: Some(node), properties, ..Options::default() });
            (broker, Proxy::start(proxy, behind))
        };
        let (brokers, proxies): (Vec<_>, Vec<_>) = ports.iter().enumerate().map(launch).unzip();
        brokers.iter().for_each(Broker::wait_until_it_answers);
        Cluster { brokers, proxies, disk }
    }

    /// A way to the cluster that nothing disturbs.
    pub fn direct(&self) -> &Broker {
        &self.brokers[0]
    }

    /// Bootstrap servers behind the proxies.
    pub fn proxied(&self) -> String {
        self.proxies.iter().map(Proxy::address).collect::<Vec<_>>().join(",")
    }

    /// Makes the first copy of every partition its leader again: Kafka's own tool asks for the elections.
    pub fn elect_preferred(&self) {
        let mut command = java();
        command.args(["org.apache.kafka.tools.LeaderElectionCommand", "--election-type", "preferred"]);
        command.args(["--all-topic-partitions", "--bootstrap-server", &self.direct().brokers()]);
        // Where the first copy leads already, the tool complains: that is no matter here.
        let _ = command.output().expect("run java");
    }
}

fn properties(n: usize, &[plain, controller, behind, proxy]: &[u16; 4], voters: &str) -> Vec<(&'static str, String)> {
    let own = format!("PLAINTEXT://127.0.0.1:{plain}");
    let copies = COPIES.to_string();
    vec![
        ("node.id", (n + 1).to_string()),
        ("controller.quorum.voters", voters.to_owned()),
        ("listeners", format!("{own},PROXIED://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}")),
        ("advertised.listeners", format!("{own},PROXIED://127.0.0.1:{proxy}")),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned()),
        ("default.replication.factor", copies.clone()),
        ("offsets.topic.replication.factor", copies.clone()),
        ("transaction.state.log.replication.factor", copies),
        ("transaction.state.log.min.isr", "2".to_owned()),
        ("min.insync.replicas", "2".to_owned()),
        // Leaders change when a fault asks for it.
        ("auto.leader.rebalance.enable", "false".to_owned()),
        ("replica.lag.time.max.ms", "5000".to_owned()),
    ]
}

impl Disk {
    fn mount() -> Option<Disk> {
        let dir = tempfile::Builder::new().prefix("sluice-disk-").tempdir_in(scratch_root()).expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={SMALL_DISK_GB}g"), "sluice-chaos"]).arg(dir.path());
        mount.output().is_ok_and(|out| out.status.success()).then_some(Disk { dir })
    }

    fn ballast(&self) -> PathBuf {
        self.dir.path().join("ballast")
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("a file on the small disk");
        let zeros = vec![0_u8; 1 << 20];
        while file.write_all(&zeros).is_ok() {}
    }

    /// Frees it.
    pub fn free(&self) {
        fs::remove_file(self.ballast()).expect("remove the ballast");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the broker on it may still be ending. The mount is in a namespace of this process anyway.
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).output();
    }
}
