//! The records of the changelog. Keys: `a` and the account's 16 bytes; `t`: the task; `c`: the checkpoint. A value
//! begins with the version of its format; no value: the account was forgotten. Numbers are LEB128.

use crate::signals::{AccountId, CodecError, Population, Task};

/// Version of the records' format.
const VERSION: u8 = 1;

/// Why state cannot be taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A newer program wrote it.
    #[error("the changelog was written by a newer version ({0}) of this program: go on with that one")]
    Newer(u8),
    /// An older program wrote it, in another layout.
    #[error(
        "the changelog has accounts of an older version ({0}) of this program, which this one does not read: go on with that \
         one, or begin anew with another `signals.state.topic` and group"
    )]
    Older(u8),
    /// It is damaged.
    #[error(
        "a record of the changelog is damaged ({0}): restore the topic from a backup, or begin anew with another `signals.state.topic`"
    )]
    Damaged(&'static str),
    /// It belongs to another past.
    #[error("the state does not belong to the committed offsets: {0}")]
    OtherPast(String),
    /// Kafka failed.
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
}

impl From<CodecError> for StateError {
    fn from(error: CodecError) -> StateError {
        match error {
            CodecError::Version(version) => StateError::Newer(version),
            CodecError::Older(version) => StateError::Older(version),
            CodecError::Damaged => StateError::Damaged("an account"),
        }
    }
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// An account.
    Account(AccountId),
    /// What belongs to no account.
    Task,
    /// Where reading goes on.
    Checkpoint,
}

impl Key {
    /// Appends it as it is written.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Key::Account(id) => {
                out.push(b'a');
                out.extend_from_slice(&id.0);
            }
            Key::Task => out.push(b't'),
            Key::Checkpoint => out.push(b'c'),
        }
    }

    /// What was written.
    ///
    /// # Errors
    /// It is no key of ours.
    pub fn read(bytes: &[u8]) -> Result<Key, StateError> {
        match bytes {
            [b'a', id @ ..] => {
                id.try_into().map(|id| Key::Account(AccountId(id))).map_err(|_| StateError::Damaged("a key"))
            }
            [b't'] => Ok(Key::Task),
            [b'c'] => Ok(Key::Checkpoint),
            _ => Err(StateError::Damaged("a key")),
        }
    }
}

/// Last offsets that were applied to an account, by fingerprint of their topic.
pub type Applied = Vec<(u32, i64)>;

/// Where a task stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of partitions of the signal inputs: another number puts accounts elsewhere.
    pub partitions: i32,
    /// Fingerprint of the state key: under another key every account is another.
    pub key_print: u64,
    /// By signal input, sorted: the next offset to read.
    pub offsets: Vec<(String, i64)>,
}

impl Checkpoint {
    /// Appends it as it is written.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        number(u64::from(self.partitions.unsigned_abs()), out);
        out.extend_from_slice(&self.key_print.to_be_bytes());
        number(self.offsets.len() as u64, out);
        for (topic, offset) in &self.offsets {
            number(topic.len() as u64, out);
            out.extend_from_slice(topic.as_bytes());
            number(offset.unsigned_abs(), out);
        }
    }

    /// What was written.
    ///
    /// # Errors
    /// It is damaged or of a newer version.
    pub fn read(bytes: &[u8]) -> Result<Checkpoint, StateError> {
        let mut rest = version(bytes)?;
        let r = &mut rest;
        let read = |r: &mut &[u8]| {
            let partitions = i32::try_from(take_number(r)?).ok()?;
            let key_print = u64::from_be_bytes(take(r, 8)?.try_into().ok()?);
            let topics = usize::try_from(take_number(r)?).ok().filter(|&n| n <= r.len())?;
            let mut offsets = Vec::with_capacity(topics);
            for _ in 0..topics {
                let len = usize::try_from(take_number(r)?).ok()?;
                let topic = String::from_utf8(take(r, len)?.to_vec()).ok()?;
                offsets.push((topic, i64::try_from(take_number(r)?).ok()?));
            }
            r.is_empty().then_some(Checkpoint { partitions, key_print, offsets })
        };
        read(r).ok_or(StateError::Damaged("the checkpoint"))
    }
}

/// Appends the value of an account's record: the offsets of its last events (by fingerprint of their topic), then the
/// account as its codec writes it.
pub fn write_account(applied: &[(u32, i64)], account: &[u8], out: &mut Vec<u8>) {
    out.push(VERSION);
    number(applied.len() as u64, out);
    for (topic, offset) in applied {
        out.extend_from_slice(&topic.to_be_bytes());
        number(offset.unsigned_abs(), out);
    }
    out.extend_from_slice(account);
}

/// What [`write_account`] wrote.
///
/// # Errors
/// It is damaged or of a newer version.
pub fn read_account(bytes: &[u8]) -> Result<(Applied, &[u8]), StateError> {
    let mut rest = version(bytes)?;
    let read = |r: &mut &[u8]| {
        let count = usize::try_from(take_number(r)?).ok().filter(|&n| n <= r.len())?;
        let mut applied = Vec::with_capacity(count);
        for _ in 0..count {
            let topic = u32::from_be_bytes(take(r, 4)?.try_into().ok()?);
            applied.push((topic, i64::try_from(take_number(r)?).ok()?));
        }
        Some(applied)
    };
    let applied = read(&mut rest).ok_or(StateError::Damaged("an account"))?;
    Ok((applied, rest))
}

/// Appends the value of the task's record.
pub fn write_task(task: &Task, out: &mut Vec<u8>) {
    out.push(VERSION);
    number(task.newest_ms.unsigned_abs(), out);
    for word in task.population.to_words() {
        number(u64::from(word), out);
    }
}

/// What [`write_task`] wrote.
///
/// # Errors
/// It is damaged or of a newer version.
pub fn read_task(bytes: &[u8]) -> Result<Task, StateError> {
    let mut rest = version(bytes)?;
    let read = |r: &mut &[u8]| {
        let newest_ms = i64::try_from(take_number(r)?).ok()?;
        let mut words = Vec::new();
        while !r.is_empty() {
            words.push(u32::try_from(take_number(r)?).ok()?);
        }
        Some(Task::new(newest_ms, Population::from_words(&words)?))
    };
    read(&mut rest).ok_or(StateError::Damaged("the task"))
}

/// A fingerprint of a topic's name (FNV-1a): a changed list of inputs must not change whose offset it is.
pub fn topic_print(topic: &str) -> u32 {
    topic.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn version(bytes: &[u8]) -> Result<&[u8], StateError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((&newer, _)) if newer > VERSION => Err(StateError::Newer(newer)),
        _ => Err(StateError::Damaged("its version")),
    }
}

fn number(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn take_number(r: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = r.split_first()?;
        *r = rest;
        n |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

fn take<'a>(r: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = r.split_at_checked(len)?;
    *r = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        let offsets = vec![("logins".to_owned(), 7), ("money".to_owned(), i64::MAX)];
        Checkpoint { partitions: 12, key_print: u64::MAX - 3, offsets }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn what_is_written_is_read() {
        for key in [Key::Account(AccountId([7; 16])), Key::Task, Key::Checkpoint] {
            assert_eq!(Key::read(&written(|out| key.write(out))).unwrap(), key);
        }
        let bytes = written(|out| checkpoint().write(out));
        assert_eq!(Checkpoint::read(&bytes).unwrap(), checkpoint());
        let applied = [(topic_print("a"), 0), (topic_print("b"), 1 << 40)];
        let bytes = written(|out| write_account(&applied, b"account", out));
        assert_eq!(read_account(&bytes).unwrap(), (applied.to_vec(), b"account".as_slice()));
        let mut task = Task::new(1_800_000_000_123, Population::default());
        task.population.total = 9;
        assert_eq!(read_task(&written(|out| write_task(&task, out))).unwrap(), task);
    }

    #[test]
    fn what_is_cut_or_newer_is_told_apart() {
        let whole = written(|out| checkpoint().write(out));
        for cut in 0..whole.len() {
            assert!(matches!(Checkpoint::read(&whole[..cut]), Err(StateError::Damaged(_))), "{cut}");
        }
        let task = written(|out| write_task(&Task::default(), out));
        assert!(matches!(read_task(&task[..task.len() - 1]), Err(StateError::Damaged(_))));
        for bytes in [[VERSION + 1, 0], [255, 0]] {
            assert!(matches!(Checkpoint::read(&bytes), Err(StateError::Newer(_))));
            assert!(matches!(read_account(&bytes), Err(StateError::Newer(_))));
        }
        assert!(matches!(read_account(&[0]), Err(StateError::Damaged(_))));
        assert!(Key::read(b"a123").is_err() && Key::read(b"x").is_err() && Key::read(b"").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = (Checkpoint::read(&bytes).is_ok(), read_account(&bytes).is_ok(), read_task(&bytes).is_ok());
        }
    }
}
