//! Daily salts in a local file: for `scrub`, and for a service of one machine without a salts topic.
//!
//! One sealed record a line, as in the topic, and one line a day. Only the owner may read it. Writers take turns by a lock
//! on a file beside it, and replace the file as a whole. So what is not as it was written was damaged, and a new salt in
//! its place would give the day two: nothing is read from such a file, and nothing written to it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::audit::takes_files;
use super::keeper::SaltStore;
use crate::pseudonymize::{SaltRecord, is_dead_at};

/// The file of salts at a path.
pub struct SaltFile {
    path: PathBuf,
}

/// What helps where a file is damaged.
const FIX: &str = "bring a whole copy of it back; if no token of today was made with it, remove it";

impl SaltFile {
    /// The file at `path`; it is made with the first salt.
    pub fn new(path: &Path) -> SaltFile {
        SaltFile { path: path.to_owned() }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn failed(&self, what: &str, error: impl std::fmt::Display) -> String {
        format!("{}: {what}: {error}", self.place())
    }

    /// Whether salts can be written: each time a new file is made beside the old one. Makes none.
    pub fn check_folder(&self) -> Result<(), String> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        takes_files(folder).map_err(|error| {
            let what = format!("cannot be made in {}", folder.display());
            self.failed(&what, format_args!("{error}; make the folder, let us write there, or name another"))
        })
    }

    /// Nobody else writes until this is dropped.
    fn lock(&self) -> Result<File, String> {
        let lock = self.beside(".lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock);
        let lock = open.map_err(|error| self.failed("cannot be locked", error))?;
        lock.lock().map_err(|error| self.failed("cannot be locked", error))?;
        Ok(lock)
    }

    fn read_all(&self) -> Result<Vec<SaltRecord>, String> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("cannot be read", error)),
        };
        let mode = fs::metadata(&self.path).map_err(|error| self.failed("cannot be read", error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(self.failed("others may read it", "`chmod 600` it"));
        }
        let Some(whole) = bytes.strip_suffix(b"\n") else {
            let what = if bytes.is_empty() { "is empty" } else { "ends in the midst of a line" };
            return Err(self.failed(&format!("is damaged: it {what}"), FIX));
        };
        let lines = whole.split(|byte| *byte == b'\n').enumerate();
        lines
            .map(|(index, line)| {
                let damaged = || self.failed(&format!("line {}: is no sealed salt", index + 1), FIX);
                SaltRecord::parse(line).ok_or_else(damaged)
            })
            .collect()
    }

    /// Under the lock. What a crash has left unfinished is written over.
    fn write_all(&self, records: &[SaltRecord]) -> Result<(), String> {
        let unfinished = self.beside(".new");
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            for record in records {
                writeln!(file, "{}", record.to_text())?;
            }
            file.sync_all()?;
            fs::rename(&unfinished, &self.path)
        };
        write().map_err(|error| self.failed("cannot be written", error))
    }
}

impl SaltStore for SaltFile {
    fn place(&self) -> String {
        format!("salts file {}", self.path.display())
    }

    fn is_open_to_strangers(&self) -> bool {
        false
    }

    fn read(&mut self) -> Result<Vec<SaltRecord>, String> {
        self.read_all()
    }

    fn append(&mut self, record: &SaltRecord) -> Result<bool, String> {
        let _lock = self.lock()?;
        let mut records = self.read_all()?;
        if records.iter().any(|known| known.day() == record.day()) {
            return Ok(false);
        }
        records.push(record.clone());
        self.write_all(&records).map(|()| true)
    }

    fn drop_dead(&mut self, now_ms: i64) -> Result<(), String> {
        let is_dead = |record: &SaltRecord| is_dead_at(record.day(), now_ms);
        if !self.read_all()?.iter().any(is_dead) {
            return Ok(());
        }
        let _lock = self.lock()?;
        let mut records = self.read_all()?;
        records.retain(|record| !is_dead(record));
        if !records.is_empty() {
            return self.write_all(&records);
        }
        fs::remove_file(&self.path).map_err(|error| self.failed("dead salts cannot be deleted", error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::pipeline::keeper::Keeper;
    use crate::pseudonymize::{DAY_MS, KeyRing, SALT_LIFE_MS, SharedRing, SharedSalts};

    const DAY: i64 = 20_514;

    fn ring(seed: &str) -> KeyRing {
        KeyRing::from_seed("k1", &seed.repeat(32)).unwrap()
    }

    /// A process that works with the file, and its clock.
    fn process(path: &Path, seed: &str) -> (Keeper, Arc<SharedSalts>, Arc<AtomicI64>) {
        let (salts, now) = (Arc::new(SharedSalts::new()), Arc::new(AtomicI64::new(DAY * DAY_MS)));
        let clock = Arc::clone(&now);
        let clock = Box::new(move || clock.load(Ordering::SeqCst));
        let ring = Arc::new(SharedRing::fixed(ring(seed)));
        (Keeper::new(Box::new(SaltFile::new(path)), ring, Arc::clone(&salts), clock), salts, now)
    }

    #[test]
    fn records_are_kept_in_order_by_their_owner_alone_and_a_day_has_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let mut file = SaltFile::new(&path);
        assert!(file.read().unwrap().is_empty());
        let mint = |day| SaltRecord::mint(&ring("42"), day * DAY_MS).unwrap();
        let (one, second, two) = (mint(DAY), mint(DAY), mint(DAY + 1));
        assert_eq!([&one, &second, &two].map(|record| file.append(record).unwrap()), [true, false, true]);
        assert_eq!(file.read().unwrap(), [one, two]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(file.read().unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn a_damaged_file_is_told_of_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let (mut keeper, ..) = process(&path, "42");
        keeper.turn().unwrap();
        let whole = fs::read(&path).unwrap();
        let half = whole[..whole.len() / 2].to_vec();
        let strange = [&whole[..], b"{\"v\":2}\n"].concat();
        let mut flipped = whole.clone();
        // In the midst of the sealed bytes: still base64, and no longer genuine.
        let at = whole.len() - 40;
        flipped[at] = if whole[at] == b'A' { b'B' } else { b'A' };
        for (damaged, why) in [
            (Vec::new(), "is empty"),
            (half, "midst of a line"),
            (vec![0xff, b'\n'], "line 1: is no sealed salt"),
            (strange, "line 2: is no sealed salt"),
            (flipped, "does not open"),
        ] {
            fs::write(&path, &damaged).unwrap();
            let (mut keeper, salts, _) = process(&path, "42");
            for error in [keeper.turn().unwrap_err(), keeper.open().unwrap_err()] {
                let error = error.to_string();
                assert!(error.contains(why) && error.contains(path.to_str().unwrap()), "{error}");
                assert!(error.contains("back"), "it says what helps: {error}");
            }
            assert!(salts.current().is_empty());
            assert_eq!(fs::read(&path).unwrap(), damaged, "never written over: {why}");
        }
    }

    #[test]
    fn a_file_of_other_keys_is_told_of_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        process(&path, "42").0.turn().unwrap();
        let theirs = fs::read(&path).unwrap();
        let error = process(&path, "43").0.turn().unwrap_err().to_string();
        assert!(error.contains("another key of the same name") && error.contains(path.to_str().unwrap()), "{error}");
        assert_eq!(fs::read(&path).unwrap(), theirs);
    }

    #[test]
    fn what_is_damaged_while_a_process_runs_gives_the_next_day_no_salt() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let (mut keeper, salts, now) = process(&path, "42");
        keeper.turn().unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, "").unwrap();
        now.store((DAY + 1) * DAY_MS, Ordering::SeqCst);
        assert!(keeper.turn().unwrap_err().to_string().contains("is empty"));
        assert!(!salts.holds(DAY as u32 + 1) && fs::read(&path).unwrap().is_empty());
        fs::write(&path, whole).unwrap();
        keeper.turn().unwrap();
        assert!(salts.holds(DAY as u32 + 1), "once it is mended the stream goes on");
    }

    #[test]
    fn threads_that_race_for_a_day_write_one_salt_and_share_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let salts: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let race = || {
                let (mut keeper, salts, _) = process(&path, "42");
                keeper.turn().unwrap();
                salts.current()[0].salt.to_vec()
            };
            let handles: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        assert!(salts.iter().all(|salt| *salt == salts[0]));
        assert_eq!(SaltFile::new(&path).read().unwrap().len(), 1);
    }

    #[test]
    fn a_salt_is_gone_from_the_disk_an_hour_after_its_day_and_no_sooner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let everything = || {
            let files = fs::read_dir(dir.path()).unwrap();
            files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect::<String>()
        };
        let (mut keeper, salts, now) = process(&path, "42");
        keeper.turn().unwrap();
        let dead = SaltRecord::parse(fs::read(&path).unwrap().trim_ascii()).unwrap().to_text();
        now.store(DAY * DAY_MS + SALT_LIFE_MS - 1, Ordering::SeqCst);
        keeper.turn().unwrap();
        assert!(everything().contains(&dead) && salts.current().len() == 2);
        now.fetch_add(1, Ordering::SeqCst);
        keeper.turn().unwrap();
        assert!(!everything().contains(&dead), "in no file, the one that was written anew is none");
        assert!(salts.holds(DAY as u32 + 1) && salts.current().len() == 1);
        // Nobody was there for days: who comes next deletes what was left, although nothing is minted.
        let (mut late, _, now) = process(&path, "42");
        now.store((DAY + 3) * DAY_MS, Ordering::SeqCst);
        late.open().unwrap();
        assert!(everything().is_empty(), "{}", everything());
    }
}
