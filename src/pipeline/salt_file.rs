//! Daily salts in a local file: for `scrub`, and for a service of one machine without a salts topic.
//!
//! One sealed record a line, as in the topic. Only the owner may read it. Writers take turns by a lock on a file beside
//! it, and replace the file as a whole; dead days go with every write.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::clock;
use super::keeper::SaltStore;
use crate::pseudonymize::{SaltRecord, lives_at};

/// The file of salts at a path.
pub struct SaltFile {
    path: PathBuf,
}

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
        format!("salts file {}: {what}: {error}", self.path.display())
    }

    fn read_all(&self) -> Result<Vec<SaltRecord>, String> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("cannot be read", error)),
        };
        let mode = fs::metadata(&self.path).map_err(|error| self.failed("cannot be read", error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(self.failed("others may read it", "`chmod 600` it"));
        }
        Ok(text.lines().filter_map(|line| SaltRecord::parse(line.as_bytes())).collect())
    }

    fn write_all(&self, records: &[SaltRecord]) -> std::io::Result<()> {
        let unfinished = self.beside(&format!(".{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        for record in records {
            writeln!(file, "{}", record.to_text())?;
        }
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)
    }
}

impl SaltStore for SaltFile {
    fn read(&mut self) -> Result<Vec<SaltRecord>, String> {
        self.read_all()
    }

    fn append(&mut self, record: &SaltRecord) -> Result<(), String> {
        let lock = self.beside(".lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock);
        let lock: File = open.map_err(|error| self.failed("cannot be locked", error))?;
        lock.lock().map_err(|error| self.failed("cannot be locked", error))?;
        let mut records = self.read_all()?;
        let now_ms = clock::now_ms();
        // The day of `record` stays whatever the clock of this machine says: it is not ours to judge here.
        records.retain(|known| known.day() == record.day() || lives_at(known.day(), now_ms));
        records.push(record.clone());
        self.write_all(&records).map_err(|error| self.failed("cannot be written", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonymize::{DAY_MS, KeyRing};

    #[test]
    fn records_are_kept_in_order_by_their_owner_alone_and_dead_days_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).unwrap();
        let mut file = SaltFile::new(&path);
        assert!(file.read().unwrap().is_empty());
        let now = clock::now_ms();
        let mint = |at| SaltRecord::mint(&ring, at).unwrap();
        let (old, one, two) = (mint(now - 3 * DAY_MS), mint(now), mint(now));
        for record in [&old, &one, &two] {
            file.append(record).unwrap();
        }
        assert_eq!(file.read().unwrap(), [one, two]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(file.read().unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salts");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut file = SaltFile::new(&path);
                    for _ in 0..5 {
                        file.append(&SaltRecord::mint(&ring, clock::now_ms()).unwrap()).unwrap();
                    }
                });
            }
        });
        assert_eq!(SaltFile::new(&path).read().unwrap().len(), 20);
    }
}
