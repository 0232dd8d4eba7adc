//! The instances of the service, as a Deployment keeps them: one that ends by itself is started again, and it is noted
//! how it ended. What they write is searched for personal data before it goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::canary;
use crate::findings::Findings;
use crate::support::service::{EXIT_FAILED, Setup, Sluice};

/// More than it needs, far less than what a leak would take.
const MEMORY_MAX_MB: u64 = 400;
/// How often the instances are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often metrics are searched.
const METRICS_EVERY: Duration = Duration::from_secs(5);
/// A loop that has not turned for 30 s says so; a machine under load may need a little to say it.
const LIVE_AGAIN: Duration = Duration::from_secs(10);

/// All instances.
pub struct Fleet {
    pub members: Vec<Member>,
    /// Ends that nobody asked for: instance, exit code, last error.
    pub ends: Vec<(String, Option<i32>, String)>,
    /// Most memory resident of any, in MB.
    pub rss_mb: u64,
    /// How the memory of each is limited, if it can be.
    groups: Option<Groups>,
    logs: PathBuf,
    kept: usize,
    looked: Instant,
    searched: Instant,
}

/// One instance.
pub struct Member {
    pub setup: Setup,
    pub process: Option<Sluice>,
    /// It is stopped by a signal: it cannot answer.
    pub frozen: bool,
    /// Since when it says that it does not live.
    dead_since: Option<Instant>,
}

impl Fleet {
    /// Starts an instance per setup.
    pub fn start(setups: Vec<Setup>, logs: &Path) -> Fleet {
        fs::create_dir_all(logs).expect("a directory for logs");
        let member = |setup| Member { setup, process: None, frozen: false, dead_since: None };
        let mut fleet = Fleet {
            members: setups.into_iter().map(member).collect(),
            ends: Vec::new(),
            rss_mb: 0,
            groups: Groups::here(),
            logs: logs.to_owned(),
            kept: 0,
            looked: Instant::now(),
            searched: Instant::now(),
        };
        for n in 0..fleet.members.len() {
            fleet.spawn(n);
        }
        fleet
    }

    /// Limit of the control group of each, if there is one.
    pub fn limit_mb(&self) -> Option<u64> {
        self.groups.map(|_| MEMORY_MAX_MB)
    }

    /// Waits until all that run are ready: a broker that is gone before they have made their topics would end them.
    pub fn wait_until_ready(&mut self) {
        self.members.iter_mut().filter_map(|member| member.process.as_mut()).for_each(Sluice::wait_until_ready);
    }

    /// Starts instance `n` in a control group of its own; what ran in its place is returned.
    pub fn spawn(&mut self, n: usize) -> Option<Sluice> {
        let member = &mut self.members[n];
        let process = member.setup.spawn();
        if let Some(groups) = self.groups
            && let Err(why) = groups.confine(process.id(), MEMORY_MAX_MB)
        {
            eprintln!("no memory limit: {why}");
            self.groups = None;
        }
        member.dead_since = None;
        member.process.replace(process)
    }

    /// Looks after the instances; call it in every wait.
    pub fn tend(&mut self, findings: &mut Findings) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        let search = self.searched.elapsed() > METRICS_EVERY;
        if search {
            self.searched = Instant::now();
        }
        for n in 0..self.members.len() {
            let member = &mut self.members[n];
            let Some(process) = &mut member.process else { continue };
            if let Some(status) = process.status() {
                let error = last_error(&process.log());
                let name = member.setup.instance_id.clone();
                eprintln!("    {name} ended by itself ({status}): {error}");
                if status.code() != Some(EXIT_FAILED) {
                    findings.add(format!("{name} ended with {status}: {error}"));
                }
                self.ends.push((name, status.code(), error));
                if let Some(gone) = self.spawn(n) {
                    self.retire(gone, findings);
                }
                continue;
            }
            self.rss_mb = self.rss_mb.max(resident_mb(process.id()));
            if self.members[n].frozen {
                continue;
            }
            self.look_at(n, search, findings);
        }
    }

    fn look_at(&mut self, n: usize, search: bool, findings: &mut Findings) {
        let member = &mut self.members[n];
        let Some(process) = &member.process else { return };
        match process.get("/livez") {
            Some((200, _)) | None => member.dead_since = None,
            Some((_, text)) => {
                if member.dead_since.get_or_insert_with(Instant::now).elapsed() > LIVE_AGAIN {
                    findings.add(format!("{} does not live: {}", member.setup.instance_id, text.trim()));
                    member.dead_since = None;
                }
            }
        }
        if search
            && let Some((_, text)) = process.get("/metrics")
            && let Some(form) = canary::find(text.as_bytes())
        {
            findings.add(format!("{}: personal data ({form}) in the metrics", member.setup.instance_id));
        }
    }

    /// Ends a process for good, keeps its log and searches it.
    pub fn retire(&mut self, mut process: Sluice, findings: &mut Findings) {
        process.kill9();
        let log = process.log();
        self.kept += 1;
        let path = self.logs.join(format!("{:03}.log", self.kept));
        fs::write(&path, &log).expect("keep a log");
        if let Some(form) = canary::find(log.as_bytes()) {
            findings.add(format!("personal data ({form}) in the log {}", path.display()));
        }
        if log.contains("internal fault") {
            findings.add(format!("a panic in the log {}", path.display()));
        }
    }

    /// Stops all gracefully.
    pub fn stop(&mut self, findings: &mut Findings) {
        for n in 0..self.members.len() {
            let Some(mut process) = self.members[n].process.take() else { continue };
            process.sigterm();
            let status = process.wait(Duration::from_secs(60));
            if !status.success() {
                findings
                    .add(format!("{} was asked to stop and ended with {status}", self.members[n].setup.instance_id));
            }
            self.retire(process, findings);
        }
    }
}

/// The last line that tells why a process ended.
pub fn last_error(log: &str) -> String {
    log.lines().rev().find(|line| line.starts_with("error: ")).unwrap_or("no error told").to_owned()
}

fn resident_mb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// How the system limits memory.
#[derive(Clone, Copy)]
enum Groups {
    /// Control groups of version 1: each resource has a tree of its own.
    First,
    /// Version 2: one tree, in which a group says what its children may be limited in.
    Second,
}

impl Groups {
    /// What this system has, if it may be used.
    fn here() -> Option<Groups> {
        if Path::new("/sys/fs/cgroup/memory").is_dir() {
            return Some(Groups::First);
        }
        let all = fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
        // In a group of its own a container may have no right to hand the limit on.
        let may_limit = || fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+memory").is_ok();
        (all.split_whitespace().any(|name| name == "memory") && may_limit()).then_some(Groups::Second)
    }

    /// The group of this run; its members have one each below it.
    fn of_run(self) -> PathBuf {
        let tree = match self {
            Groups::First => "/sys/fs/cgroup/memory",
            Groups::Second => "/sys/fs/cgroup",
        };
        Path::new(tree).join(format!("sluice-chaos-{}", std::process::id()))
    }

    fn confine(self, process: u32, mb: u64) -> Result<(), String> {
        let run = self.of_run();
        let group = run.join(process.to_string());
        let write = |group: &Path, name: &str, text: String| {
            fs::write(group.join(name), text).map_err(|e| format!("{}/{name}: {e}", group.display()))
        };
        fs::create_dir_all(&run).map_err(|e| format!("{}: {e}", run.display()))?;
        let limit = match self {
            Groups::First => "memory.limit_in_bytes",
            Groups::Second => {
                write(&run, "cgroup.subtree_control", "+memory".to_owned())?;
                "memory.max"
            }
        };
        fs::create_dir_all(&group).map_err(|e| format!("{}: {e}", group.display()))?;
        write(&group, limit, (mb << 20).to_string())?;
        write(&group, "cgroup.procs", process.to_string())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.members.clear();
        let Some(groups) = self.groups.map(Groups::of_run) else { return };
        for entry in fs::read_dir(&groups).into_iter().flatten().flatten() {
            let _ = fs::remove_dir(entry.path());
        }
        let _ = fs::remove_dir(groups);
    }
}

/// Whether a process may leave a core dump.
pub fn may_dump_core(process: u32) -> bool {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap_or_default();
    line.split_whitespace().next() != Some("0")
}

/// Whether a program is there.
pub fn is_there(program: &str) -> bool {
    Command::new(program).arg("-V").output().is_ok()
}
