//! What came of it: the output of the disturbed instances against the input, and against that of one that nothing
//! disturbed; and every topic searched for personal data.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::canary;
use crate::findings::Findings;
use crate::load::{id_of, is_poison};
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Isolation, for_each};
use crate::{INPUT, Topics};

/// How many ids a message names.
const SHOWN: usize = 8;

/// What one run made of the input.
pub struct Outcome {
    /// Per partition: id and hash of each record, in order.
    records: BTreeMap<i32, Vec<(u64, u64)>>,
    /// Coordinates in the quarantine, and how often.
    quarantined: HashMap<(i32, i64), u32>,
    /// Signals, and how often.
    signals: BTreeMap<Vec<u8>, u32>,
}

/// The input, and where its poison stands.
pub struct Issued {
    pub ids: BTreeMap<i32, Vec<u64>>,
    pub poison: Vec<(i32, i64)>,
    pub count: u64,
}

impl Issued {
    pub fn read(broker: &Broker) -> Issued {
        let mut issued = Issued { ids: BTreeMap::new(), poison: Vec::new(), count: 0 };
        for_each(broker, INPUT, Isolation::Committed, |message| {
            let id = message.payload().and_then(id_of).expect("an id of the load's own");
            issued.count += 1;
            if is_poison(id) {
                issued.poison.push((message.partition(), message.offset()));
            } else {
                issued.ids.entry(message.partition()).or_default().push(id);
            }
        });
        issued
    }
}

impl Outcome {
    pub fn read(broker: &Broker, topics: &Topics, findings: &mut Findings) -> Outcome {
        let mut outcome = Outcome { records: BTreeMap::new(), quarantined: HashMap::new(), signals: BTreeMap::new() };
        for_each(broker, &topics.output, Isolation::Committed, |message| match message.payload().and_then(id_of) {
            Some(id) => outcome.records.entry(message.partition()).or_default().push((id, hash(message))),
            None => findings.add(format!("{}: a record that nobody sent", topics.output)),
        });
        for_each(broker, &topics.quarantine, Isolation::Committed, |message| {
            let number = |name| header(message, name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
            let at = (number("sluice.partition") as i32, number("sluice.offset"));
            *outcome.quarantined.entry(at).or_default() += 1;
        });
        for_each(broker, &topics.signals, Isolation::Committed, |message| {
            *outcome.signals.entry(message.payload().unwrap_or_default().to_vec()).or_default() += 1;
        });
        outcome
    }

    /// Holds it against the input. Returns delivered, quarantined, lost, twice.
    pub fn check(&self, issued: &Issued, who: &str, once: bool, findings: &mut Findings) -> [u64; 4] {
        let (mut lost, mut twice) = (Vec::new(), Vec::new());
        let mut delivered = 0;
        for (partition, ids) in &issued.ids {
            let records = self.records.get(partition).map(Vec::as_slice).unwrap_or_default();
            delivered += records.len() as u64;
            let mut counts: HashMap<u64, u32> = HashMap::new();
            records.iter().for_each(|(id, _)| *counts.entry(*id).or_default() += 1);
            lost.extend(ids.iter().copied().filter(|id| !counts.contains_key(id)));
            twice.extend(counts.iter().filter(|(_, count)| **count > 1).map(|(id, _)| *id));
            findings.expect(!once || records.windows(2).all(|pair| pair[0].0 < pair[1].0), || {
                format!("{who}: partition {partition} is out of order")
            });
        }
        let poison = issued.poison.iter().filter(|at| !self.quarantined.contains_key(at)).count();
        let again = self.quarantined.values().filter(|count| **count > 1).count();
        findings.expect(poison == 0, || format!("{who}: {poison} records are missing in the quarantine"));
        findings.expect(!once || again == 0, || format!("{who}: {again} records are in the quarantine twice"));
        let unknown = self.quarantined.len() - (issued.poison.len() - poison);
        findings.expect(unknown == 0, || format!("{who}: {unknown} good records were quarantined"));
        let all = issued.ids.values().map(Vec::len).sum::<usize>();
        findings
            .expect(lost.is_empty(), || format!("{who}: {} of {all} lost: {}", lost.len(), shown(&mut lost.clone())));
        findings.expect(!once || twice.is_empty(), || {
            format!("{who}: {} of {all} twice: {}", twice.len(), shown(&mut twice.clone()))
        });
        [delivered, self.quarantined.len() as u64, lost.len() as u64, twice.len() as u64]
    }

    /// Holds it against an undisturbed run. Returns how many records and signals differ.
    pub fn compare(&self, reference: &Outcome, once: bool, findings: &mut Findings) -> [u64; 2] {
        let mut differ = Vec::new();
        for (partition, records) in &reference.records {
            let expected: HashMap<u64, u64> = records.iter().copied().collect();
            let got = self.records.get(partition).map(Vec::as_slice).unwrap_or_default();
            let is_as_expected = |(id, hash): &&(u64, u64)| expected.get(id).is_none_or(|e| e == hash);
            // A repeat is scrubbed again and not judged again, so it has no flags: one of them must be as expected.
            let one_is: HashSet<u64> = got.iter().filter(|_| !once).filter(is_as_expected).map(|(id, _)| *id).collect();
            let others = got.iter().filter(|record| !is_as_expected(record) && !one_is.contains(&record.0));
            differ.extend(others.map(|(id, _)| *id));
        }
        findings.expect(differ.is_empty(), || {
            format!("{} records differ from the undisturbed ones: {}", differ.len(), shown(&mut differ.clone()))
        });
        let same = |mine: u32, theirs: u32| if once { mine == theirs } else { (mine > 0) == (theirs > 0) };
        let count = |outcome: &Outcome, signal: &[u8]| outcome.signals.get(signal).copied().unwrap_or(0);
        let all = self.signals.keys().chain(reference.signals.keys());
        let mut signals: Vec<&Vec<u8>> =
            all.filter(|signal| !same(count(self, signal), count(reference, signal))).collect();
        signals.sort();
        signals.dedup();
        findings.expect(signals.is_empty(), || {
            let first = String::from_utf8_lossy(signals[0]);
            let times = (count(self, signals[0]), count(reference, signals[0]));
            format!("{} signals differ; first ({} times, undisturbed {}): {first}", signals.len(), times.0, times.1)
        });
        [differ.len() as u64, signals.len() as u64]
    }

    /// Number of signals.
    pub fn signals(&self) -> u64 {
        self.signals.values().map(|count| u64::from(*count)).sum()
    }
}

fn shown(ids: &mut [u64]) -> String {
    ids.sort_unstable();
    format!("{:?}{}", &ids[..ids.len().min(SHOWN)], if ids.len() > SHOWN { " …" } else { "" })
}

fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let header = message.headers()?.iter().find(|header| header.key == name)?;
    std::str::from_utf8(header.value?).ok()
}

/// Of all that a record is.
fn hash(message: &BorrowedMessage<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (message.key(), message.payload(), message.timestamp().to_millis()).hash(&mut hasher);
    for header in message.headers().into_iter().flat_map(|headers| headers.iter()) {
        (header.key, header.value).hash(&mut hasher);
    }
    hasher.finish()
}

/// Searches every topic but the input, aborted records too. Returns topics and records.
pub fn search(broker: &Broker, findings: &mut Findings) -> (u64, u64) {
    let client: BaseConsumer = broker.client().create().expect("a client");
    let metadata = client.fetch_metadata(None, std::time::Duration::from_secs(10)).expect("the topics");
    let (mut topics, mut records) = (0, 0);
    for topic in metadata.topics().iter().map(|topic| topic.name()).filter(|topic| *topic != INPUT) {
        topics += 1;
        let mut found = 0_u64;
        let mut form = "";
        for_each(broker, topic, Isolation::Uncommitted, |message| {
            records += 1;
            let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            let headers = headers.flat_map(|header| [Some(header.key.as_bytes()), header.value]);
            let parts = [message.key(), message.payload()].into_iter().chain(headers).flatten();
            if let Some(spelling) = parts.into_iter().find_map(canary::find) {
                form = spelling;
                found += 1;
            }
        });
        findings.expect(found == 0, || format!("{topic}: {found} records with personal data ({form})"));
    }
    (topics, records)
}
