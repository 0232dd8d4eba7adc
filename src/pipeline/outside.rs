//! What the operator keeps in files beside the config: lists that hold signals back, and databases of addresses. They are
//! looked at again and again; what changed is read whole, and taken over or refused.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::config::{Problem, signals as spec};
use crate::place::looked_in;
use crate::pseudonymize::StateKey;
use crate::signals::event::AccountId;
use crate::signals::geo::Geo;
use crate::signals::lists::{ListTexts, Lists};

/// The content of the files.
#[derive(Debug, Default)]
pub struct Content {
    /// The operator's lists.
    pub lists: Lists,
    /// Databases of addresses.
    pub geo: Geo,
}

/// Where the files are.
#[derive(Debug, Clone)]
struct Places {
    lists: [(&'static str, Option<PathBuf>); 5],
    geo: [Option<PathBuf>; 2],
}

/// The files of a config, with what they hold now. Shared by all workers.
pub struct Outside {
    places: Places,
    key: Arc<StateKey>,
    now: ArcSwap<Content>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("geo", &self.now.load().geo).finish_non_exhaustive()
    }
}

impl Outside {
    /// Reads the files that a config names.
    ///
    /// # Errors
    /// What is wrong with them, by field.
    pub fn open(lists: &spec::Lists, geo: &spec::Geo, key: Arc<StateKey>) -> Result<Outside, Vec<Problem>> {
        let lists = [
            ("trusted", lists.trusted.clone()),
            ("anonymisers", lists.anonymisers.clone()),
            ("carriers", lists.carriers.clone()),
            ("accounts", lists.accounts.clone()),
            ("itineraries", lists.itineraries.clone()),
        ];
        let places = Places { lists, geo: [geo.city.clone(), geo.asn.clone()] };
        let content = read(&places, &key)?;
        Ok(Outside { places, key, now: ArcSwap::from_pointee(content) })
    }

    /// What the files hold now.
    pub fn now(&self) -> Guard<Arc<Content>> {
        self.now.load()
    }

    /// Whether a list of networks that hide their users is named.
    pub fn has_anonymisers(&self) -> bool {
        self.places.lists[1].1.is_some()
    }

    /// A hash of the lists' content, and of what the file system says of the databases: they are large.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let unreadable = |error: io::Error, hasher: &mut DefaultHasher| {
            hasher.write(format!("unreadable: {:?}", error.kind()).as_bytes());
        };
        for path in self.places.lists.iter().filter_map(|(_, path)| path.as_ref()) {
            match fs::read(path) {
                Ok(bytes) => {
                    hasher.write_usize(bytes.len());
                    hasher.write(&bytes);
                }
                Err(error) => unreadable(error, &mut hasher),
            }
        }
        for path in self.places.geo.iter().flatten() {
            match fs::metadata(path) {
                Ok(file) => {
                    [file.dev(), file.ino(), file.len()].into_iter().for_each(|n| hasher.write_u64(n));
                    [file.mtime(), file.mtime_nsec()].into_iter().for_each(|n| hasher.write_i64(n));
                }
                Err(error) => unreadable(error, &mut hasher),
            }
        }
        hasher.finish()
    }
}

fn read(places: &Places, key: &StateKey) -> Result<Content, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut texts = ListTexts::default();
    let ListTexts { trusted, anonymisers, carriers, accounts, itineraries } = &mut texts;
    for ((name, path), text) in places.lists.iter().zip([trusted, anonymisers, carriers, accounts, itineraries]) {
        match path.as_deref().map(read_text).transpose() {
            Ok(read) => *text = read.unwrap_or_default(),
            Err(error) => problems.push(Problem::new(format!("signals.lists.{name}"), error)),
        }
    }
    let account = |account: &str| AccountId(key.account(account.as_bytes()));
    let lists = Lists::parse(&texts, account).unwrap_or_else(|(name, bad)| {
        let message = format!("line {} of the file is no entry; write {}", bad.line, bad.expected);
        problems.push(Problem::new(format!("signals.lists.{name}"), message));
        Lists::default()
    });
    let [city, asn] = &places.geo;
    let geo = Geo::open(city.as_deref(), asn.as_deref()).unwrap_or_else(|(field, error)| {
        problems.push(Problem::new(format!("signals.geo.{field}"), error));
        Geo::none()
    });
    if problems.is_empty() { Ok(Content { lists, geo }) } else { Err(problems) }
}

fn told(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot read: {error}{}", path.display(), looked_in(path, &error)))
}

/// Looks for changes of the files.
pub struct Changes {
    outside: Arc<Outside>,
    /// What was taken over or refused last.
    handled: u64,
    /// What was seen at the last look: a file may be half written, so it must be the same twice.
    candidate: Option<u64>,
}

impl Changes {
    /// Looks at the files of `outside`.
    pub fn new(outside: &Arc<Outside>) -> Changes {
        Changes { handled: outside.fingerprint(), outside: Arc::clone(outside), candidate: None }
    }

    /// Looks once. `None`: nothing to do; otherwise whether the change was taken over, or why it is refused: the old
    /// content stays then.
    pub fn poll(&mut self) -> Option<Result<(), String>> {
        let now = self.outside.fingerprint();
        if now == self.handled {
            self.candidate = None;
            return None;
        }
        if self.candidate != Some(now) {
            self.candidate = Some(now);
            return None;
        }
        self.candidate = None;
        let content = read(&self.outside.places, &self.outside.key);
        // Changed again while it was read: the next look decides.
        if self.outside.fingerprint() != now {
            return None;
        }
        self.handled = now;
        Some(match content {
            Ok(content) => {
                self.outside.now.store(Arc::new(content));
                Ok(())
            }
            Err(problems) => Err(told(&problems).join("; ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::geo::Recent;

    fn bed(text: &str) -> (tempfile::TempDir, Arc<Outside>, Changes) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trusted");
        fs::write(&path, text).expect("a file");
        let lists = spec::Lists { trusted: Some(path), ..spec::Lists::default() };
        let key = Arc::new(StateKey::new(&[7; 32]));
        let outside = Arc::new(Outside::open(&lists, &spec::Geo::default(), key).expect("readable"));
        let changes = Changes::new(&outside);
        (folder, outside, changes)
    }

    fn look(changes: &mut Changes) -> Option<Result<(), String>> {
        (0..3).find_map(|_| changes.poll())
    }

    #[test]
    fn a_changed_list_is_taken_over_and_a_bad_one_refused_once() {
        let (folder, outside, mut changes) = bed("AS64500\n");
        let trusted = || outside.now().lists.is_trusted(None, 64500);
        assert!(trusted() && look(&mut changes).is_none());
        fs::write(folder.path().join("trusted"), "AS64501\n").expect("a file");
        assert!(changes.poll().is_none(), "it may be half written");
        assert_eq!(changes.poll(), Some(Ok(())));
        assert!(!trusted() && outside.now().lists.is_trusted(None, 64501));
        fs::write(folder.path().join("trusted"), "AS64500\nnobody\n").expect("a file");
        let error = look(&mut changes).expect("a change").expect_err("refused");
        assert!(error.contains("signals.lists.trusted") && error.contains("line 2"), "{error}");
        assert!(!error.contains("nobody"), "lists name people: {error}");
        assert!(look(&mut changes).is_none(), "told once");
        assert!(!trusted(), "the old list stays");
        fs::remove_file(folder.path().join("trusted")).expect("gone");
        assert!(look(&mut changes).expect("a change").is_err());
    }

    /// A database of ASNs in which every IPv4 address has one (MaxMind DB 2.0: a tree of one node of 24 bits, the data, and
    /// the metadata).
    fn database(asn: u32) -> Vec<u8> {
        let text = |text: &str| [&[0x40 | text.len() as u8], text.as_bytes()].concat();
        let number = |number: u32| [&[0xc4][..], &number.to_be_bytes()].concat();
        // Both branches lead to the first data: number of nodes, and 16.
        let mut bytes = [0, 0, 17, 0, 0, 17].to_vec();
        bytes.extend([0; 16]);
        bytes.push(0xe1);
        bytes.extend([text("autonomous_system_number"), number(asn)].concat());
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        bytes.push(0xe9);
        let short = |number: u16| [&[0xa2][..], &number.to_be_bytes()].concat();
        for (name, value) in [
            ("node_count", number(1)),
            ("record_size", short(24)),
            ("ip_version", short(4)),
            ("binary_format_major_version", short(2)),
            ("binary_format_minor_version", short(0)),
            ("build_epoch", [&[8, 2][..], &1u64.to_be_bytes()].concat()),
            ("database_type", text("Test-ASN")),
            ("description", vec![0xe0]),
            ("languages", vec![0, 4]),
        ] {
            bytes.extend([text(name), value].concat());
        }
        bytes
    }

    #[test]
    fn a_database_that_is_replaced_is_taken_over_and_a_damaged_one_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("asn.mmdb");
        let replace = |bytes: &[u8]| {
            let new = folder.path().join("new");
            fs::write(&new, bytes).expect("a file");
            fs::rename(new, &path).expect("it takes the old one's place");
        };
        replace(&database(64500));
        let geo = spec::Geo { city: None, asn: Some(path.clone()) };
        let key = Arc::new(StateKey::new(&[7; 32]));
        let outside = Arc::new(Outside::open(&spec::Lists::default(), &geo, key).expect("readable"));
        let mut changes = Changes::new(&outside);
        let asn = || {
            let mut place = crate::signals::Place::default();
            Recent::default().complete(&outside.now().geo, Some([192, 0, 2, 1].into()), &mut place);
            place.asn
        };
        let mut recent = Recent::default();
        let recently = |recent: &mut Recent| {
            let mut place = crate::signals::Place::default();
            recent.complete(&outside.now().geo, Some([192, 0, 2, 1].into()), &mut place);
            place.asn
        };
        assert_eq!(recently(&mut recent), 64500);
        assert_eq!(asn(), 64500);
        replace(&database(64501));
        assert_eq!(look(&mut changes), Some(Ok(())));
        assert_eq!(asn(), 64501);
        assert_eq!(recently(&mut recent), 64500, "a batch asks once");
        recent.clear();
        assert_eq!(recently(&mut recent), 64501);
        replace(b"no database");
        let error = look(&mut changes).expect("a change").expect_err("refused");
        assert!(error.contains("signals.geo.asn"), "{error}");
        assert_eq!(asn(), 64501, "the old one stays");
        // A small one is read into memory: what is written into it does no harm.
        fs::write(&path, b"").expect("a file");
        assert_eq!(asn(), 64501);
    }

    #[test]
    fn what_cannot_be_read_at_the_start_is_told_by_field() {
        let geo = spec::Geo { city: Some("/nonexistent.mmdb".into()), asn: None };
        let lists = spec::Lists { carriers: Some("/nonexistent".into()), ..spec::Lists::default() };
        let problems = Outside::open(&lists, &geo, Arc::new(StateKey::new(&[7; 32]))).expect_err("nothing is there");
        let text = told(&problems);
        assert!(text[0].contains("signals.lists.carriers") && text[1].contains("signals.geo.city"), "{text:?}");
    }
}
