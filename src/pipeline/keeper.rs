//! Keeps today's salt at hand: reads it where all processes read, mints it if nobody has, drops it when its life is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::pseudonymize::{
    DAY_MS, SALT_LIFE_MS, SaltError, SaltRecord, SharedRing, SharedSalts, day_of, first_of_day, lives_at,
};

/// Where sealed salts are kept: one list for all processes, the order in it the same for all. A day's first is its salt.
pub trait SaltStore: Send {
    /// What it is called in errors: `salts file /var/lib/sluice/salts`.
    fn place(&self) -> String;

    /// Whether those may write to it who hold no key. What does not open is passed over then, by every process alike;
    /// elsewhere it is damage, and nothing takes its place.
    fn is_open_to_strangers(&self) -> bool;

    /// All records, oldest first.
    ///
    /// # Errors
    /// It cannot be read now, or is damaged. Nothing may be minted then.
    fn read(&mut self) -> Result<Vec<SaltRecord>, String>;

    /// Adds a record to the end. False: its day has one by now, and the store holds no second.
    ///
    /// # Errors
    /// Nobody knows whether it is there.
    fn append(&mut self, record: &SaltRecord) -> Result<bool, String>;

    /// Deletes what is dead, where nothing else does.
    ///
    /// # Errors
    /// Something dead may still be there.
    fn drop_dead(&mut self, now_ms: i64) -> Result<(), String>;
}

/// Why today's salt is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// The store does not answer.
    #[error("{0}")]
    Store(String),
    /// There are records, and none of them can be used.
    #[error("{place}: {error}")]
    Salt {
        /// What the store is called.
        place: String,
        /// What is wrong with them.
        error: SaltError,
    },
    /// No salt can be made.
    #[error(transparent)]
    Mint(#[from] SaltError),
    /// What was written is not what is read.
    #[error("{0}: today's salt was written and cannot be read back; is something else deleting it?")]
    Gone(String),
}

/// Tells the time, in ms since 1970.
pub type Clock = Box<dyn Fn() -> i64 + Send>;

/// What a keeper has to say.
pub trait Watch: Send {
    /// Whether today's salt is there, and if not, for how long it has not been.
    fn ready(&self, ready: bool, waited: Duration);
    /// A salt was minted by us.
    fn minted(&self);
    /// A try has failed.
    fn failed(&self);
}

/// A keeper of salts.
pub struct Keeper {
    store: Box<dyn SaltStore>,
    ring: Arc<SharedRing>,
    salts: Arc<SharedSalts>,
    clock: Clock,
    minted: u64,
    /// The last day whose salt is known to be gone from the store.
    swept: Option<i64>,
}

/// Longest pause between two looks at the clock.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Pause after a failure.
const PAUSE_FAILED: Duration = Duration::from_secs(1);
/// How often a failure that goes on is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

impl Keeper {
    /// A keeper that puts salts into `salts`.
    pub fn new(store: Box<dyn SaltStore>, ring: Arc<SharedRing>, salts: Arc<SharedSalts>, clock: Clock) -> Keeper {
        Keeper { store, ring, salts, clock, minted: 0, swept: None }
    }

    /// Takes over the salts that live, and deletes those that do not; mints none.
    ///
    /// # Errors
    /// The store does not answer, is damaged, or today's salt cannot be opened.
    pub fn open(&mut self) -> Result<(), KeeperError> {
        let now_ms = (self.clock)();
        self.sweep(now_ms)?;
        self.load(now_ms).map(|_| ())
    }

    /// Makes sure of today's salt, takes along what else lives, and drops what is dead. Returns how many salts it has
    /// minted so far.
    ///
    /// # Errors
    /// Today's salt is not there, and no other takes its place.
    pub fn turn(&mut self) -> Result<u64, KeeperError> {
        let now_ms = (self.clock)();
        self.sweep(now_ms)?;
        let today = day_of(now_ms).ok_or(SaltError::Clock)?;
        if self.salts.holds(today) {
            return Ok(self.minted);
        }
        if !self.load(now_ms)? {
            let record = SaltRecord::mint(&self.ring.current(), now_ms)?;
            self.minted += u64::from(self.store.append(&record).map_err(KeeperError::Store)?);
            // Another process may have been faster: what stands first is the salt, ours or not.
            if !self.load(now_ms)? {
                return Err(KeeperError::Gone(self.store.place()));
            }
        }
        Ok(self.minted)
    }

    /// What is dead goes: from memory at once, from the store before anything else is done with it.
    fn sweep(&mut self, now_ms: i64) -> Result<(), KeeperError> {
        self.salts.drop_dead(now_ms);
        let dead = Some((now_ms - SALT_LIFE_MS).div_euclid(DAY_MS));
        if self.swept != dead {
            self.store.drop_dead(now_ms).map_err(KeeperError::Store)?;
            self.swept = dead;
        }
        Ok(())
    }

    /// Takes over the salts that live, and mints none: for those who only want to read. True: today's is among them.
    ///
    /// # Errors
    /// The store does not answer, or today's salt cannot be opened.
    pub fn load(&mut self, now_ms: i64) -> Result<bool, KeeperError> {
        let records = self.store.read().map_err(KeeperError::Store)?;
        let ring = self.ring.current();
        let today = day_of(now_ms).ok_or(SaltError::Clock)?;
        let mut found = false;
        for day in [today, today.saturating_sub(1)].into_iter().filter(|&day| lives_at(day, now_ms)) {
            let first = match first_of_day(&records, day, &ring) {
                Ok(None) if !self.store.is_open_to_strangers() && records.iter().any(|record| record.day() == day) => {
                    Err(SaltError::Closed { day })
                }
                first => first,
            };
            match first {
                Ok(Some(epoch)) => {
                    found |= day == today;
                    self.salts.insert(epoch);
                }
                Ok(None) => {}
                Err(error) if day == today => return Err(KeeperError::Salt { place: self.store.place(), error }),
                // Yesterday's late events are redacted; today goes on.
                Err(error) => {
                    tracing::warn!(error = %error, place = self.store.place(), "yesterday's salt cannot be used")
                }
            }
        }
        Ok(found)
    }

    /// Goes on until `stop`, and tells `watch`.
    pub fn run(mut self, stop: &AtomicBool, watch: &dyn Watch) {
        let (mut waiting, mut logged) = (None::<Instant>, None::<Instant>);
        let mut minted = 0;
        while !stop.load(Ordering::Relaxed) {
            let pause = match self.turn() {
                Ok(total) => {
                    (minted < total).then(|| watch.minted());
                    minted = total;
                    if waiting.take().is_some() {
                        tracing::info!("today's salt is there");
                    }
                    logged = None;
                    watch.ready(true, Duration::ZERO);
                    self.pause()
                }
                Err(error) => {
                    let since = *waiting.get_or_insert_with(Instant::now);
                    watch.ready(false, since.elapsed());
                    watch.failed();
                    if logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
                        logged = Some(Instant::now());
                        tracing::error!(error = %error, "the daily salts are not in order: without today's the stream waits");
                    }
                    PAUSE_FAILED
                }
            };
            std::thread::sleep(pause);
        }
    }

    /// Until midnight, but never long: a stop must be seen, and clocks are set.
    fn pause(&self) -> Duration {
        let left_ms = DAY_MS - (self.clock)().rem_euclid(DAY_MS);
        Duration::from_millis(left_ms.unsigned_abs()).min(PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonymize::KeyRing;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicI64;

    const DAY: i64 = 20_514;

    /// A list that several keepers share, and that can be out of reach.
    #[derive(Clone, Default)]
    struct Shared {
        records: Arc<Mutex<Vec<SaltRecord>>>,
        down: Arc<AtomicBool>,
    }

    impl SaltStore for Shared {
        fn place(&self) -> String {
            "a list".to_owned()
        }

        fn is_open_to_strangers(&self) -> bool {
            true
        }

        fn read(&mut self) -> Result<Vec<SaltRecord>, String> {
            if self.down.load(Ordering::SeqCst) { Err("down".into()) } else { Ok(self.records.lock().unwrap().clone()) }
        }

        fn append(&mut self, record: &SaltRecord) -> Result<bool, String> {
            self.records.lock().unwrap().push(record.clone());
            Ok(true)
        }

        fn drop_dead(&mut self, _: i64) -> Result<(), String> {
            Ok(())
        }
    }

    struct Process {
        keeper: Keeper,
        salts: Arc<SharedSalts>,
        now: Arc<AtomicI64>,
    }

    fn process(store: &Shared, now_ms: i64) -> Process {
        let ring = Arc::new(SharedRing::fixed(KeyRing::from_seed("k1", &"42".repeat(32)).unwrap()));
        let (salts, now) = (Arc::new(SharedSalts::new()), Arc::new(AtomicI64::new(now_ms)));
        let clock = Arc::clone(&now);
        let clock = Box::new(move || clock.load(Ordering::SeqCst));
        let keeper = Keeper::new(Box::new(store.clone()), ring, Arc::clone(&salts), clock);
        Process { keeper, salts, now }
    }

    fn days(process: &Process) -> Vec<u32> {
        let mut days: Vec<u32> = process.salts.current().iter().map(|epoch| epoch.day).collect();
        days.sort_unstable();
        days
    }

    #[test]
    fn a_restart_mints_no_second_salt_and_the_next_day_brings_another() {
        let store = Shared::default();
        let mut first = process(&store, DAY * DAY_MS + 5);
        assert_eq!(first.keeper.turn().unwrap(), 1);
        assert_eq!(first.keeper.turn().unwrap(), 1);
        let mut again = process(&store, DAY * DAY_MS + 7);
        assert_eq!(again.keeper.turn().unwrap(), 0, "a restart finds what is there");
        assert_eq!(again.salts.current()[0].salt, first.salts.current()[0].salt);

        first.now.store((DAY + 1) * DAY_MS, Ordering::SeqCst);
        assert_eq!(first.keeper.turn().unwrap(), 2);
        assert_eq!(days(&first), [DAY as u32, DAY as u32 + 1], "yesterday's lives for an hour");
        let table = first.salts.current();
        assert_ne!(table[0].salt, table[1].salt);
        first.now.store((DAY + 1) * DAY_MS + 3_600_000, Ordering::SeqCst);
        first.keeper.turn().unwrap();
        assert_eq!(days(&first), [DAY as u32 + 1]);
        assert_eq!(store.records.lock().unwrap().len(), 2);
    }

    #[test]
    fn processes_that_race_agree_on_the_first() {
        for _ in 0..50 {
            let store = Shared::default();
            let all: Vec<_> = (0..4).map(|_| process(&store, DAY * DAY_MS)).collect();
            let salts: Vec<_> = std::thread::scope(|scope| {
                let spawn = |mut process: Process| {
                    scope.spawn(move || {
                        process.keeper.turn().unwrap();
                        process.salts.current()[0].salt.to_vec()
                    })
                };
                let handles: Vec<_> = all.into_iter().map(spawn).collect();
                handles.into_iter().map(|handle| handle.join().unwrap()).collect()
            });
            assert!(salts.iter().all(|salt| *salt == salts[0]));
        }
    }

    #[test]
    fn a_store_out_of_reach_mints_nothing() {
        let store = Shared::default();
        store.down.store(true, Ordering::SeqCst);
        let mut one = process(&store, DAY * DAY_MS);
        assert!(matches!(one.keeper.turn(), Err(KeeperError::Store(_))));
        assert!(store.records.lock().unwrap().is_empty() && days(&one).is_empty());
        store.down.store(false, Ordering::SeqCst);
        assert_eq!(one.keeper.turn().unwrap(), 1);
    }

    /// What a keeper told, in order; the store comes back after two failures, and the keeper stops when it is ready.
    struct Told {
        lines: Mutex<Vec<&'static str>>,
        down: Arc<AtomicBool>,
        stop: Arc<AtomicBool>,
    }

    impl Watch for Told {
        fn ready(&self, ready: bool, _: Duration) {
            self.lines.lock().unwrap().push(if ready { "ready" } else { "waits" });
            self.stop.store(ready, Ordering::SeqCst);
        }
        fn minted(&self) {
            self.lines.lock().unwrap().push("minted");
        }
        fn failed(&self) {
            let mut lines = self.lines.lock().unwrap();
            lines.push("failed");
            self.down.store(lines.len() < 4, Ordering::SeqCst);
        }
    }

    #[test]
    fn while_the_store_is_out_of_reach_it_is_not_ready_and_mints_nothing() {
        let store = Shared::default();
        store.down.store(true, Ordering::SeqCst);
        let one = process(&store, DAY * DAY_MS);
        let stop = Arc::new(AtomicBool::new(false));
        let told = Told { lines: Mutex::default(), down: Arc::clone(&store.down), stop: Arc::clone(&stop) };
        one.keeper.run(&stop, &told);
        assert_eq!(*told.lines.lock().unwrap(), ["waits", "failed", "waits", "failed", "minted", "ready"]);
        assert_eq!((store.records.lock().unwrap().len(), one.salts.holds(DAY as u32)), (1, true));
    }

    #[test]
    fn who_only_reads_mints_nothing() {
        let store = Shared::default();
        let mut reader = process(&store, DAY * DAY_MS);
        assert!(!reader.keeper.load(DAY * DAY_MS).unwrap());
        assert!(store.records.lock().unwrap().is_empty());
    }
}
