//! Audit records: who used a key for something else than the stream, when, for what and how often. Never a value.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::Access;
use serde::Serialize;

use crate::config::Audit as Target;

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Tokens of values were computed.
    Token,
    /// A quarantined payload was opened.
    QuarantineOpen,
    /// A record asked for its subject to be forgotten.
    Erase,
    /// Keys were made, or taken over by a running process.
    Rotation,
}

/// Writes audit records. Each is one JSON object a line, written in one piece to the end of its target.
#[derive(Clone, Debug)]
pub struct Audit {
    target: Target,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    what: What,
    count: u64,
    who: Who,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    of: &'a serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Who {
    user: String,
    uid: u32,
    host: String,
    pid: u32,
}

impl Audit {
    /// Records to this target.
    pub fn new(target: Target) -> Audit {
        Audit { target }
    }

    /// Records `what` was done `count` times; `of` names keys, entities or coordinates.
    ///
    /// # Errors
    /// It could not be written: then it must not be done.
    pub fn write(&self, what: What, count: u64, of: &[(&str, &str)]) -> io::Result<()> {
        let line = line(what, count, of);
        match &self.target {
            Target::Log => io::stderr().lock().write_all(line.as_bytes()),
            Target::File(path) => {
                let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
                let open = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
                let mut file = open.map_err(named)?;
                file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).map_err(named)
            }
        }
    }

    /// Records that one thing was tried: it was done (1), or it was not (0), and why.
    ///
    /// # Errors
    /// As of [`Audit::write`].
    pub fn write_tried(&self, what: What, of: &[(&str, &str)], failed: Option<&str>) -> io::Result<()> {
        let (count, of) = tried(of, failed);
        self.write(what, count, &of)
    }

    /// Whether records can be written, before anything is done that needs one. Writes nothing, and makes no file.
    ///
    /// # Errors
    /// Why none can be.
    pub fn check(&self) -> io::Result<()> {
        let Target::File(path) = &self.target else { return Ok(()) };
        let named =
            |path: &Path, error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        match OpenOptions::new().append(true).open(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                takes_files(folder).map_err(|error| named(folder, error))
            }
            Err(error) => Err(named(path, error)),
        }
    }

    /// The same for what happens in the stream, which a full disk does not stop: then the log has it.
    pub fn write_or_log(&self, what: What, of: &[(&str, &str)], failed: Option<&str>) {
        let (count, of) = tried(of, failed);
        if let Err(error) = self.write(what, count, &of) {
            tracing::error!(error = %error, record = line(what, count, &of).trim_end(), "an audit record was not written");
        }
    }
}

/// How often it was done, and what is told of it.
fn tried<'a>(of: &[(&'a str, &'a str)], failed: Option<&'a str>) -> (u64, Vec<(&'a str, &'a str)>) {
    (u64::from(failed.is_none()), [of, failed.map(|why| ("failed", why)).as_slice()].concat())
}

/// Whether files can be made in a folder.
pub(super) fn takes_files(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

fn line(what: What, count: u64, of: &[(&str, &str)]) -> String {
    let of = of.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
    let line = Line { time: jiff::Timestamp::now().to_string(), what, count, who: who(), of: &of };
    serde_json::to_string(&line).expect("texts and numbers are JSON") + "\n"
}

/// The user by the kernel's account of this process: variables of the environment can be set to anything.
fn who() -> Who {
    let uid = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    Who { user: user.unwrap_or_else(|| uid.to_string()), uid, host, pid: std::process::id() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn records_are_added_to_the_end_of_a_file_that_only_its_owner_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit");
        let audit = Audit::new(Target::File(path.clone()));
        audit.write(What::Token, 3, &[("entity", "email")]).unwrap();
        audit.write(What::Erase, 1, &[]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["what"], &lines[0]["count"], &lines[0]["of"]["entity"]),
            (&"token".into(), &3.into(), &"email".into())
        );
        assert!(lines[1]["who"]["uid"].is_u64() && lines[1]["time"].is_string());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let nowhere = Audit::new(Target::File(dir.path().join("none/audit")));
        assert!(audit.check().is_ok() && nowhere.check().unwrap_err().to_string().contains("none"));
        let fresh = dir.path().join("fresh");
        assert!(Audit::new(Target::File(fresh.clone())).check().is_ok() && !fresh.exists(), "a look makes nothing");
        assert!(Audit::new(Target::File(dir.path().to_owned())).check().is_err(), "a folder is no file");
        assert!(nowhere.write(What::Token, 1, &[]).unwrap_err().to_string().contains("none/audit"));
    }
}
