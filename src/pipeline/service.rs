//! `sluice run`: checks everything first, then starts the workers, and stops in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::advice;
use super::audit::{Audit, What};
use super::clock;
use super::live::Live;
use super::outside::Changes;
use super::plan::{Plan, PlanError, load_ring};
use super::reload::Reload;
use super::salts;
use super::sampling::Sampling;
use super::signal_plan::SignalPlan;
use super::stateful::{self, Stateful, changelog_in_kafka};
use super::watch::Rekey;
use super::worker::{self, Worker};
use crate::admin::{self, AdminError, Health, Tap};
use crate::config::{ConfigError, Delivery, KeySource, Limits, Loaded, Problem, SaltStore, Settings};
use crate::kafka::{self, Consumer, ErrorKind, Producer, Topology};
use crate::pseudonymize::{KeyError, SharedRing, StateKey, readable_by_all};
use crate::signals::mapping::Unmapped;
use crate::signals::{Severity, rules};
use crate::sink::{CountedSink, OutBatch, Sink, TransactionalSink};
use crate::source::kafka::KafkaSource;
use crate::telemetry::{self, ProcessMetrics, SignalMetrics, StateMetrics};

/// How often key files, the config and pattern files are looked at.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long workers may take to leave the group once the time to drain is over.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often a stop looks whether they have.
const LEAVE_LOOK: Duration = Duration::from_millis(10);
/// Longest wait of one call for the broker: below the 30 s after which a loop counts as stuck.
const CALL_TIMEOUT_MAX: Duration = Duration::from_secs(20);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Rules, config or keys are bad.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Kafka is not as it must be: found before the first record was read.
    #[error(transparent)]
    Start(kafka::Error),
    /// A worker failed for good.
    #[error(transparent)]
    Worker(kafka::Error),
    /// The admin port cannot be served.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The operating system refused something.
    #[error("{0}")]
    System(String),
}

impl ServiceError {
    /// Whether only another config (or another set of topics and rights) can help; a retry cannot.
    pub fn is_config(&self) -> bool {
        match self {
            ServiceError::Plan(_) => true,
            ServiceError::Start(e) => matches!(
                e.kind(),
                ErrorKind::Config | ErrorKind::UnknownTopic | ErrorKind::Authorization | ErrorKind::Authentication
            ),
            ServiceError::Worker(_) | ServiceError::Admin(_) | ServiceError::System(_) => false,
        }
    }
}

/// Runs until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// What keeps it from starting, or what ended a worker.
pub fn run(loaded: &Loaded) -> Result<(), ServiceError> {
    loaded.check_service().map_err(PlanError::from)?;
    let missing = || PlanError::from(loaded.error(vec![Problem::new("keys", "no root key is configured")]));
    let source = loaded.settings.keys.as_ref().ok_or_else(missing)?;
    let at_keys = |error| key_error(loaded, "keys", &error);
    let ring = Arc::new(load_ring(source).map_err(at_keys)?);
    ring.reload(clock::now_ms()).map_err(at_keys)?;
    check_files(loaded, Some(&ring)).map_err(PlanError::from)?;
    key_warnings(loaded).iter().for_each(|text| tracing::warn!("{text}"));
    let mut reload = Reload::new(loaded);
    ring.current().warnings().iter().for_each(|text| tracing::warn!("{text}"));
    let ids: Vec<String> = ring.current().ids().map(|id| id.to_string()).collect();
    let plan = Arc::new(Plan::compile(loaded, ring)?);
    advice::warnings(loaded, &plan, Some(&ids)).iter().for_each(|text| tracing::warn!("{text}"));
    let runtime = runtime()?;
    // From here on who asks for an end gets a clean one, also while the brokers do not answer.
    let mut stop = runtime.block_on(async { StopSignals::listen() })?;
    let signals = signals(loaded)?;
    let prepared = prepare(loaded.settings.clone())?;
    let prepared = runtime.block_on(async {
        tokio::select! {
            prepared = prepared => prepared.map(Some),
            () = stop.next() => Ok(None),
        }
    });
    let lost = |_| ServiceError::System("the thread that looks at the topics ended without a word".to_owned());
    let Some(topology) = prepared.map_err(lost)?.transpose().map_err(ServiceError::Start)? else {
        tracing::info!("asked to stop before the start: there is nothing to drain");
        return Ok(());
    };
    let mut running = Running::start(loaded.settings.clone(), &plan, signals, &topology)?;
    running.process.set_config(&reload.digest(), SystemTime::now());
    if let Some(address) = running.admin_address() {
        tracing::info!(%address, "admin port is open");
    }
    runtime.block_on(running.supervise(&plan, &mut reload, &mut stop));
    running.stop()
}

/// Looks at the topics, and makes those that are missing and may be made: on a thread of its own, because librdkafka
/// waits for brokers without an await.
fn prepare(settings: Settings) -> Result<oneshot::Receiver<Result<Topology, kafka::Error>>, ServiceError> {
    let runtime = runtime()?;
    let (tell, told) = oneshot::channel();
    let work = async move {
        let topology = kafka::prepare(&settings, kafka::Missing::Create).await?;
        if let Some(SaltStore::Topic(topic)) = &settings.pseudonyms.salts {
            kafka::topic::prepare_salts(&settings, topic, kafka::Missing::Create).await?;
        }
        Ok(topology)
    };
    // Nobody is there any more to be told once a stop was asked for.
    let run = move || drop(tell.send(runtime.block_on(work)));
    std::thread::Builder::new().name("topics".to_owned()).spawn(run).map_err(no_thread)?;
    Ok(told)
}

/// Looks at the files that are written to while it runs, and writes nothing: those of the audit and of local salts.
///
/// # Errors
/// What is wrong with which, in the words of the config.
pub fn check_files(loaded: &Loaded, ring: Option<&Arc<SharedRing>>) -> Result<(), ConfigError> {
    let settings = &loaded.settings;
    let audit = Audit::new(settings.audit.clone()).check().err();
    let salts = settings.pseudonyms.salts.as_ref().and_then(|place| salts::check(place, ring.cloned()).err());
    let problems: Vec<Problem> = audit
        .map(|error| Problem::new("audit.file", format!("cannot be written: {error}; make it writable, or change it")))
        .into_iter()
        .chain(salts.map(|error| Problem::new("pseudonyms.salts.file", error.to_string())))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(loaded.error(problems)) }
}

/// Of key files that everybody may read, one sentence each.
pub fn key_warnings(loaded: &Loaded) -> Vec<String> {
    let keys = loaded.settings.keys.as_ref().map(|source| match source {
        KeySource::Directory(path) | KeySource::File(path) => path.as_path(),
    });
    let state = loaded.spec.signals.as_ref().and_then(|signals| signals.state_key.as_deref());
    let open = keys.into_iter().chain(state).flat_map(readable_by_all);
    let fix = "everybody may read it: `chmod 600` it; in Kubernetes mount the Secret with `defaultMode: 0440` and give the pod an `fsGroup`";
    open.map(|path| format!("{}: {fix}", path.display())).collect()
}

/// What is wrong with the keys that `field` names.
fn key_error(loaded: &Loaded, field: &str, error: &KeyError) -> PlanError {
    loaded.error(vec![Problem::new(field, error.to_string())]).into()
}

fn runtime() -> Result<tokio::runtime::Runtime, ServiceError> {
    let build = tokio::runtime::Builder::new_current_thread().enable_all().build();
    build.map_err(|e| ServiceError::System(format!("cannot start the runtime: {e}")))
}

/// Asks the brokers what [`run`] would ask before it starts, and changes nothing. Returns what it would not refuse, and
/// somebody should know.
///
/// # Errors
/// What would keep it from starting.
pub fn check_live(loaded: &Loaded) -> Result<Vec<String>, ServiceError> {
    loaded.check_service().map_err(PlanError::from)?;
    let runtime = runtime()?;
    runtime.block_on(kafka::prepare(&loaded.settings, kafka::Missing::Leave)).map_err(ServiceError::Start)?;
    let Some(place) = &loaded.settings.pseudonyms.salts else { return Ok(Vec::new()) };
    if let SaltStore::Topic(topic) = place {
        let salts = kafka::topic::prepare_salts(&loaded.settings, topic, kafka::Missing::Leave);
        runtime.block_on(salts).map_err(ServiceError::Start)?;
    }
    runtime.block_on(daily_warnings(&loaded.settings)).map_err(ServiceError::Start)
}

/// What daily tokens do not go well with: compacted outputs, and times that producers make up.
async fn daily_warnings(settings: &Settings) -> Result<Vec<String>, kafka::Error> {
    let inputs = || settings.inputs.iter().filter(|input| !input.internal);
    let outputs: Vec<String> = inputs().map(|input| settings.output.topic_for(&input.name)).collect();
    let names: Vec<&str> = inputs().map(|input| input.name.as_str()).collect();
    let topics: Vec<&str> = names.iter().copied().chain(outputs.iter().map(String::as_str)).collect();
    let found = kafka::topic::describe(settings, &topics).await?;
    let mut warnings = Vec::new();
    for (index, (topic, settings)) in topics.iter().zip(found).enumerate() {
        let value = |name: &str| settings.as_ref().and_then(|s| s.get(name)).map_or("", String::as_str).to_owned();
        if index >= names.len() && value("cleanup.policy").contains("compact") {
            warnings.push(format!(
                "topic `{topic}` is compacted, and keys with daily tokens change every day: nothing is ever compacted, \
                 and a tombstone reaches the living days only"
            ));
        }
        if index < names.len() && value("message.timestamp.type") != "LogAppendTime" {
            warnings.push(format!(
                "topic `{topic}` takes the producers' times: an event with a wrong clock gets another day's token, or none; \
                 set message.timestamp.type=LogAppendTime"
            ));
        }
    }
    Ok(warnings)
}

fn no_thread(error: std::io::Error) -> ServiceError {
    ServiceError::System(format!("cannot start a thread: {error}"))
}

/// Sets `stop` at SIGTERM or SIGINT, from a thread of its own.
///
/// # Errors
/// Signals cannot be listened for.
pub fn stop_on_signal(stop: &Arc<AtomicBool>) -> Result<(), ServiceError> {
    let runtime = runtime()?;
    let mut signals = runtime.block_on(async { StopSignals::listen() })?;
    let stop = Arc::clone(stop);
    let wait = move || {
        runtime.block_on(signals.next());
        stop.store(true, Ordering::SeqCst);
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(no_thread)?;
    Ok(())
}

/// SIGTERM and SIGINT. Once they are listened for they end nothing by themselves.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Within a runtime.
    fn listen() -> Result<StopSignals, ServiceError> {
        let system = |e: std::io::Error| ServiceError::System(format!("cannot listen for signals: {e}"));
        let listen = |kind| signal(kind).map_err(system);
        Ok(StopSignals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits for the next one. One that came before is not missed.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT: draining"),
        }
    }
}

/// The workers and the admin port.
pub struct Running {
    stop: Arc<AtomicBool>,
    drain_timeout: Duration,
    workers: Vec<JoinHandle<()>>,
    ended: UnboundedReceiver<Result<(), kafka::Error>>,
    admin: Option<admin::AdminHandle>,
    process: ProcessMetrics,
    live: Arc<Live>,
    failure: Option<kafka::Error>,
    audit: Audit,
    /// Id of the active key, as it was told last.
    active: Option<String>,
    /// Looks at lists and databases of signals.
    outside: Option<Changes>,
}

impl Running {
    /// Starts the workers and the admin port.
    ///
    /// # Errors
    /// The admin port cannot be bound.
    pub fn start(
        mut settings: Settings,
        plan: &Arc<Plan>,
        signals: Option<SignalPlan>,
        topology: &Topology,
    ) -> Result<Running, ServiceError> {
        let count = worker_count(&settings, topology);
        settings.workers = Some(count);
        let settings = Arc::new(settings);
        let salted = settings.pseudonyms.salts.as_ref().map(|_| salts::PART.to_owned());
        let parts = (0..count).map(joined_part).chain(["keys".to_owned()]).chain(salted);
        let health = Arc::new(Health::new(count, parts));
        health.set_ready("keys", true);
        let tap = Arc::new(Tap::new(settings.tap_per_second));
        let admin = match settings.admin {
            Some(listen) => Some(admin::serve(listen, Arc::clone(&health), Arc::clone(&tap), telemetry::install())?),
            None => None,
        };
        let process = ProcessMetrics::new(
            SystemTime::now(),
            env!("CARGO_PKG_VERSION"),
            // Given by those who build to deploy: were it always asked of git, every commit would build the library anew.
            option_env!("SLUICE_COMMIT").unwrap_or("unknown"),
            &kafka::librdkafka_version(),
        );
        let live = Arc::new(Live::new(plan));
        let outside = signals.as_ref().map(|signals| Changes::new(&signals.outside));
        let signals = signals.map(|signals| (Arc::new(signals), Arc::new(signal_metrics())));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = worker::Stopped::default();
        let (tell, ended) = unbounded_channel();
        let mut workers = Vec::new();
        for number in 0..count {
            let part = Part {
                number,
                count,
                settings: Arc::clone(&settings),
                live: Arc::clone(&live),
                topology: topology.clone(),
                signals: signals.clone(),
                stop: Arc::clone(&stop),
                stopped: Arc::clone(&stopped),
                health: Arc::clone(&health),
                tap: Arc::clone(&tap),
            };
            workers.push(part.spawn(tell.clone())?);
        }
        if let Some(place) = &settings.pseudonyms.salts {
            let keeper = salts::keeper(place, &settings, plan);
            // Nobody waits for its end: it holds nothing that is to be finished.
            salts::spawn(keeper, health, Arc::clone(&stop)).map_err(no_thread)?;
        }
        let audit = Audit::new(settings.audit.clone());
        let drain_timeout = settings.drain_timeout;
        let (failure, active) = (None, None);
        let mut running =
            Running { stop, drain_timeout, workers, ended, admin, process, live, failure, audit, active, outside };
        running.tell_active_key(plan);
        tracing::info!(workers = count, delivery = ?settings.delivery, "started");
        Ok(running)
    }

    /// The bound admin address.
    pub fn admin_address(&self) -> Option<std::net::SocketAddr> {
        self.admin.as_ref().map(admin::AdminHandle::address)
    }

    /// Waits for a signal or the end of a worker, and takes over changed keys meanwhile.
    async fn supervise(&mut self, plan: &Plan, reload: &mut Reload, stop: &mut StopSignals) {
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        loop {
            tokio::select! {
                () = stop.next() => {}
                ended = self.ended.recv() => {
                    if let Some(Err(e)) = ended {
                        tracing::error!(error = %e, "a worker ended: stopping the others");
                        self.failure = Some(e);
                    }
                }
                _ = poll.tick() => {
                    self.poll_keys(plan);
                    self.poll_rules(reload);
                    self.poll_outside();
                    continue;
                }
            }
            return;
        }
    }

    fn poll_keys(&mut self, plan: &Plan) {
        match plan.ring.reload(clock::now_ms()) {
            Ok(true) => {
                self.process.keys.done();
                let ids: Vec<String> = plan.ring.current().ids().map(|id| id.as_str().to_owned()).collect();
                tracing::info!(keys = ids.join(","), "took over changed keys");
                self.audit.write_or_log(What::Rotation, &[("keys", &ids.join(","))], None);
            }
            Ok(false) => self.process.keys.set_refused(plan.ring.is_refused()),
            Err(e) => {
                self.process.keys.failed();
                tracing::error!(error = %e, "the changed keys are refused: the old ones stay");
            }
        }
        match plan.suppression.reload() {
            Ok(true) => {
                self.process.suppression.done();
                let tokens = plan.suppression.current().len();
                tracing::info!(tokens, "took over a changed suppression list");
            }
            Ok(false) => {}
            Err(e) => {
                self.process.suppression.failed();
                tracing::error!(error = %e, "the changed suppression list is refused: the old one stays");
            }
        }
        self.tell_active_key(plan);
    }

    /// Takes over changed rules, or says why not.
    fn poll_rules(&self, reload: &mut Reload) {
        match reload.poll(&self.live.newest().plan) {
            None => {}
            Some(Ok(plan)) => {
                self.live.swap(plan);
                self.process.config.done();
                self.process.set_config(&reload.digest(), SystemTime::now());
                tracing::info!("took over changed rules: the next transactions are scrubbed by them");
            }
            Some(Err(error)) => {
                self.process.config.failed();
                tracing::error!(error, "the changed config is refused: the old one stays");
            }
        }
    }

    /// Takes over changed lists and databases of addresses, or says why not.
    fn poll_outside(&mut self) {
        match self.outside.as_mut().and_then(Changes::poll) {
            None => {}
            Some(Ok(())) => {
                self.process.signal_files.done();
                tracing::info!("took over changed lists or databases of signals");
            }
            Some(Err(error)) => {
                self.process.signal_files.failed();
                tracing::error!(error, "the changed lists or databases are refused: the old ones stay");
            }
        }
    }

    fn tell_active_key(&mut self, plan: &Plan) {
        let (ring, now_ms) = (plan.ring.current(), clock::now_ms());
        let changes = ring.changes_after(now_ms);
        let next = changes.iter().find_map(|&(at, id)| Some((id?, at)));
        let end = changes.iter().find(|(_, id)| id.is_none()).map(|&(at, _)| at);
        self.process.set_key_changes(next.as_ref().map(|(id, at)| (id.as_str(), *at)), end);
        let Some(active) = ring.active_at(now_ms) else { return };
        let id = ring.keys()[active].id().to_string();
        if self.active.as_ref() == Some(&id) {
            return;
        }
        self.process.set_active_key(&id);
        if let Some(before) = self.active.replace(id.clone()) {
            tracing::info!(before, now = id, "another key is active");
            self.audit.write_or_log(What::Rotation, &[("from", &before), ("to", &id)], None);
        }
    }

    /// Tells the workers to drain and waits for them.
    ///
    /// # Errors
    /// The first failure of a worker.
    pub fn stop(mut self) -> Result<(), ServiceError> {
        self.stop.store(true, Ordering::SeqCst);
        let deadline = Instant::now() + self.drain_timeout + LEAVE_TIMEOUT;
        while Instant::now() < deadline && !self.workers.iter().all(JoinHandle::is_finished) {
            std::thread::sleep(LEAVE_LOOK);
        }
        for worker in self.workers.drain(..) {
            if !worker.is_finished() {
                // Closing a client may wait for a coordinator that never answers. All that could be committed is.
                tracing::warn!("a worker did not leave the group in time: its partitions move when its session ends");
                continue;
            }
            if worker.join().is_err() {
                self.failure.get_or_insert_with(|| kafka::Error::internal("a worker panicked"));
            }
        }
        self.ended.close();
        while let Ok(result) = self.ended.try_recv() {
            if let Err(e) = result {
                self.failure.get_or_insert(e);
            }
        }
        match self.failure.take() {
            Some(e) => Err(ServiceError::Worker(e)),
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// Default: one per core that the memory suffices for, but never more than there are tasks (partition `i` of all inputs is one task).
fn worker_count(settings: &Settings, topology: &Topology) -> usize {
    let tasks = topology.partitions.iter().copied().max().unwrap_or(1).max(1) as usize;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let fit = (settings.limits.memory_bytes / Limits::WORKER_BYTES).max(1);
    settings.workers.unwrap_or(cores.min(fit)).clamp(1, tasks)
}

fn joined_part(worker: usize) -> String {
    format!("worker {worker} joined")
}

/// What one worker thread is made of.
struct Part {
    number: usize,
    count: usize,
    settings: Arc<Settings>,
    live: Arc<Live>,
    topology: Topology,
    signals: Option<(Arc<SignalPlan>, Arc<SignalMetrics>)>,
    stop: Arc<AtomicBool>,
    stopped: worker::Stopped,
    health: Arc<Health>,
    tap: Arc<Tap>,
}

impl Part {
    fn spawn(self, tell: UnboundedSender<Result<(), kafka::Error>>) -> Result<JoinHandle<()>, ServiceError> {
        let name = format!("worker-{}", self.number);
        std::thread::Builder::new()
            .name(name)
            .spawn(move || {
                let (number, health) = (self.number, Arc::clone(&self.health));
                let result = self.work();
                health.worker_done(number);
                health.set_ready(&joined_part(number), false);
                // Nobody listens any more when the service is already stopping.
                drop(tell.send(result));
            })
            .map_err(|e| ServiceError::System(format!("cannot start a worker thread: {e}")))
    }

    fn work(self) -> Result<(), kafka::Error> {
        let (settings, number, count) = (Arc::clone(&self.settings), self.number, self.count);
        let topology = self.topology.clone();
        let remake = {
            let settings = Arc::clone(&settings);
            move || Producer::new(&settings, number, count, topology.message_max_bytes, &topology.outputs)
        };
        match settings.delivery {
            Delivery::ExactlyOnce => {
                let timeout = settings.commit.transaction_timeout.min(CALL_TIMEOUT_MAX);
                let health = Arc::clone(&self.health);
                let alive = Box::new(move || health.worker_turned(number));
                let sink = TransactionalSink::new(remake, timeout, &format!("worker-{number}"), alive)?;
                self.run(sink)
            }
            Delivery::AtLeastOnce => self.run(CountedSink::new(remake)?),
        }
    }

    fn run<K: Sink<kafka::Group>>(self, sink: K) -> Result<(), kafka::Error> {
        // The group is joined last: a member that cannot write must hold no partition.
        let (settings, number, count) = (Arc::clone(&self.settings), self.number, self.count);
        let source = KafkaSource::new(move || Consumer::new(&settings, number, count))?;
        let signals = self.signals();
        let sampling = Sampling::new(self.tap, &self.settings, self.topology.signals());
        let health = Box::new(Told { health: self.health, number: self.number, sampling });
        Worker::new(
            self.number,
            self.settings,
            self.live,
            source,
            sink,
            self.topology.message_max_bytes,
            self.stop,
            self.stopped,
            health,
            signals,
        )
        .run()
    }
}

impl Part {
    fn signals(&self) -> Option<worker::Signals> {
        let ((plan, metrics), topics) = (self.signals.as_ref()?, self.settings.signals.as_ref()?);
        let tasks = topics.inputs.first().map_or(0, |&input| self.topology.partitions[input]);
        let shape = stateful::shape(&self.settings, topics, tasks, plan.state_key.fingerprint(), plan.limits);
        let state = StateMetrics::new(self.number);
        let changelog = (self.topology.changelog(), changelog_in_kafka(&self.settings, &topics.changelog));
        Some(worker::Signals {
            plan: Arc::clone(plan),
            state: Stateful::new(&self.settings, topics.clone(), shape, changelog, state),
            topic: self.topology.signals(),
            rekey: topics.inputs.first().filter(|_| !topics.rekeyed.is_empty()).map(|&internal| Rekey {
                inputs: topics.rekeyed.clone(),
                to: 2 * internal,
                partitions: self.topology.partitions[internal],
            }),
            metrics: Arc::clone(metrics),
        })
    }
}

/// Rules and state key of the signals, if the config has any.
fn signals(loaded: &Loaded) -> Result<Option<SignalPlan>, PlanError> {
    let Some(spec) = &loaded.spec.signals else { return Ok(None) };
    let Some(path) = &spec.state_key else {
        let fix = "is missing: state that survives needs a key that does; write 64 random hex digits to a file";
        return Err(loaded.error(vec![Problem::new("signals.state_key", fix)]).into());
    };
    let key = Arc::new(StateKey::from_file(path).map_err(|error| key_error(loaded, "signals.state_key", &error))?);
    Ok(SignalPlan::compile(loaded, key)?)
}

pub(super) fn signal_metrics() -> SignalMetrics {
    let rules: Vec<&'static str> = rules::ALL.iter().map(|rule| rule.name).collect();
    SignalMetrics::new(&rules, &Severity::ALL.map(Severity::as_str), &Unmapped::LABELS)
}

/// Tells the probes how a worker does, and shows samples of what it sends.
struct Told {
    health: Arc<Health>,
    number: usize,
    sampling: Sampling,
}

impl worker::Health for Told {
    fn turned(&self) {
        self.health.worker_turned(self.number);
    }

    fn joined(&self, joined: bool) {
        self.health.set_ready(&joined_part(self.number), joined);
    }

    fn sends(&self, batch: &OutBatch) {
        self.sampling.take(batch);
    }
}
