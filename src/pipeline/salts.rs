//! The salts of a run: where they are, who keeps them, and who only reads.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use super::clock;
use super::keeper::{Clock, Keeper, KeeperError, SaltStore, Watch};
use super::plan::Plan;
use super::salt_file::SaltFile;
use super::salt_topic::SaltTopic;
use crate::admin::Health;
use crate::config::{SaltStore as Place, Settings};
use crate::pseudonymize::{SaltRecord, SharedRing, SharedSalts, is_dead_at};
use crate::telemetry::SaltMetrics;

/// The part that the probes name while today's salt is not there.
pub const PART: &str = "salt of today";

/// A keeper for `plan`'s salts at this place.
pub fn keeper(place: &Place, settings: &Arc<Settings>, plan: &Plan) -> Keeper {
    let store: Box<dyn SaltStore> = match place {
        Place::Topic(topic) => Box::new(SaltTopic::new(Arc::clone(settings), topic.clone())),
        Place::File(path) => Box::new(SaltFile::new(path)),
    };
    Keeper::new(store, Arc::clone(&plan.ring), Arc::clone(&plan.salts), Box::new(clock::now_ms))
}

/// Puts the living salts into `plan`, and mints none.
///
/// # Errors
/// They cannot be read.
pub fn load(place: &Place, settings: &Arc<Settings>, plan: &Plan) -> Result<(), KeeperError> {
    keeper(place, settings, plan).load(clock::now_ms()).map(|_| ())
}

/// Looks at salts in a local file as whoever uses them would: a damaged or foreign file is told before anything runs.
/// Without keys only whether it can be read. A topic is looked at with the other topics.
///
/// # Errors
/// What is wrong with the file, and the fix.
pub fn check(place: &Place, ring: Option<Arc<SharedRing>>) -> Result<(), KeeperError> {
    let Place::File(path) = place else { return Ok(()) };
    let mut store = SaltFile::new(path);
    store.check_folder().map_err(KeeperError::Store)?;
    match ring {
        None => store.read().map(|_| ()).map_err(KeeperError::Store),
        Some(ring) => {
            let salts = Arc::new(SharedSalts::new());
            Keeper::new(Box::new(store), ring, salts, Box::new(clock::now_ms)).load(clock::now_ms()).map(|_| ())
        }
    }
}

/// Starts a thread that keeps today's salt at hand until `stop`.
///
/// # Errors
/// The thread cannot be started.
pub fn spawn(keeper: Keeper, health: Arc<Health>, stop: Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
    let told = Told { health, metrics: SaltMetrics::new() };
    std::thread::Builder::new().name("salts".to_owned()).spawn(move || keeper.run(&stop, &told))
}

struct Told {
    health: Arc<Health>,
    metrics: SaltMetrics,
}

impl Watch for Told {
    fn ready(&self, ready: bool, waited: Duration) {
        self.health.set_ready(PART, ready);
        self.metrics.wait_seconds.set(waited.as_secs_f64());
    }

    fn minted(&self) {
        self.metrics.minted.increment(1);
    }

    fn failed(&self) {
        self.metrics.errors.increment(1);
    }
}

/// A keeper whose salts are gone with the process, for runs with a throw-away key and for trying things out; `clock` tells
/// what day it takes it to be.
pub fn throwaway(plan: &Plan, clock: Clock) -> Keeper {
    let store = Box::new(Memory::default());
    Keeper::new(store, Arc::clone(&plan.ring), Arc::clone(&plan.salts), clock)
}

#[derive(Default)]
struct Memory(Vec<SaltRecord>);

impl SaltStore for Memory {
    fn place(&self) -> String {
        "salts in memory".to_owned()
    }

    fn is_open_to_strangers(&self) -> bool {
        false
    }

    fn read(&mut self) -> Result<Vec<SaltRecord>, String> {
        Ok(self.0.clone())
    }

    fn append(&mut self, record: &SaltRecord) -> Result<bool, String> {
        self.0.push(record.clone());
        Ok(true)
    }

    fn drop_dead(&mut self, now_ms: i64) -> Result<(), String> {
        self.0.retain(|record| !is_dead_at(record.day(), now_ms));
        Ok(())
    }
}
