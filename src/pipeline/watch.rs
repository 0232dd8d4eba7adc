//! Signals of one worker: from the tape of a record to the signals that it gives, and their flags on the event.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use super::binding::Purpose;
use super::engine::{Place, Seat};
use super::scrub::Scrubber;
use super::signal_plan::SignalPlan;
use crate::config::InputTopic;
use crate::pseudonymize::StateKey;
use crate::record::PathId;
use crate::signals::carried::{self, Carried};
use crate::signals::condition::View;
use crate::signals::event::{AccountId, Coordinates, Event, Print};
use crate::signals::geo::Recent;
use crate::signals::mapping::{Mapper, Sighting, Unmapped};
use crate::signals::{Engine, Held, Kind, MemoryStore, Names, Signal, Store, Taken, Verdict, Who, rules};
use crate::sink::OutBatch;

/// What a record gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was judged.
    Judged,
    /// It was seen before.
    Duplicate,
    /// It tells nothing, for this reason.
    Unmapped(Unmapped),
}

impl Seen {
    fn unmapped(self) -> Option<Unmapped> {
        match self {
            Seen::Unmapped(reason) => Some(reason),
            Seen::Judged | Seen::Duplicate => None,
        }
    }
}

/// Domains of fingerprints: one value in two of them has two.
mod domain {
    pub const EVENT: u8 = 1;
    pub const SESSION: u8 = 2;
    pub const DEVICE: u8 = 3;
    pub const NETWORK: u8 = 4;
    pub const AGENT: u8 = 5;
    pub const PAYEE: u8 = 6;
    pub const WALLET: u8 = 7;
}

/// The signals of one worker. State is not in here: it is in the [`Store`] of the record's task.
pub struct Watcher {
    plan: Arc<SignalPlan>,
    mapper: Mapper,
    engine: Engine,
    places: Recent,
    verdicts: Vec<Verdict>,
    /// How often records told nothing, by [`Unmapped::index`], since they were taken last.
    unmapped: [u64; Unmapped::LABELS.len()],
}

impl Watcher {
    /// A watcher by `plan`.
    pub fn new(plan: Arc<SignalPlan>) -> Watcher {
        Watcher {
            mapper: Mapper::new(Arc::clone(&plan.mapping)),
            engine: Engine::new(Arc::clone(&plan.settings)),
            plan,
            places: Recent::default(),
            verdicts: Vec::new(),
            unmapped: [0; Unmapped::LABELS.len()],
        }
    }

    /// Records come from another scrubber from now on: its paths have other numbers.
    pub fn renew(&mut self) {
        self.mapper.forget_paths();
    }

    /// Another batch begins.
    pub fn refresh(&mut self) {
        self.places.clear();
    }

    /// How often records told nothing since the last call, by [`Unmapped::index`].
    pub fn take_unmapped(&mut self) -> [u64; Unmapped::LABELS.len()] {
        std::mem::take(&mut self.unmapped)
    }

    /// How often each rule in shadow would have fired since the last call.
    pub fn take_shadowed(&mut self) -> [u64; rules::ALL.len()] {
        self.engine.take_shadowed()
    }

    /// Judges the JSON record that `scrubber` has just read from `raw`. `now_ms`: its Kafka timestamp.
    pub fn observe(
        &mut self,
        raw: &[u8],
        now_ms: i64,
        at: &Coordinates,
        scrubber: &mut Scrubber,
        store: &mut impl Store,
        out: &mut Vec<Signal>,
    ) -> Seen {
        let seen = self.look(raw, now_ms, at, scrubber, store, out);
        if let Seen::Unmapped(reason) = seen {
            self.unmapped[reason.index()] += 1;
        }
        seen
    }

    /// The event that the record which `scrubber` has just read is.
    fn read<'r>(
        &mut self,
        raw: &'r [u8],
        now_ms: i64,
        at: &Coordinates,
        scrubber: &mut Scrubber,
    ) -> Result<(Event, Sighting<'r>), Unmapped> {
        let text = simdutf8::basic::from_utf8(raw).map_err(|_| Unmapped::Shape)?;
        let purpose = scrubber.purpose();
        let (paths, tape) = scrubber.tape();
        let (kind, sighting) = match purpose {
            Purpose::Event => self.mapper.read(text, paths, tape)?,
            Purpose::Erase => (Kind::Erase, self.mapper.subject(text, paths, tape)?),
        };
        if sighting.time_ms > now_ms.saturating_add(self.plan.settings.future_ms) {
            return Err(Unmapped::Future);
        }
        Ok((self.plan.resolve(kind, &sighting, at, &mut self.places), sighting))
    }

    /// What the record that `scrubber` has just read has to say on its way to its account.
    fn carry(
        &mut self,
        raw: &[u8],
        now_ms: i64,
        at: &Coordinates,
        scrubber: &mut Scrubber,
    ) -> Result<(Event, Carried), Unmapped> {
        let (event, sighting) = self.read(raw, now_ms, at, scrubber).inspect_err(|reason| {
            self.unmapped[reason.index()] += 1;
        })?;
        let mut names = NamesOf { sighting: &sighting, at, scrubber };
        let account = names.account();
        let of = [Who::Device, Who::Payee, Who::Address].map(|who| names.pseudonym(who));
        let carried = Carried::of(&event, at, &names.event_id(), account, of);
        Ok((event, carried))
    }

    /// Judges an event that was carried to its account.
    fn receive(&mut self, value: &[u8], store: &mut impl Store, out: &mut Vec<Signal>) {
        let Some((carried, event)) = Carried::read(value).and_then(|carried| carried.event().map(|e| (carried, e)))
        else {
            self.unmapped[Unmapped::Shape.index()] += 1;
            return;
        };
        self.verdicts.clear();
        self.engine.on_event(&event, &mut &carried, store, &mut self.verdicts);
        let (key, at) = (&self.plan.state_key, carried.at());
        for verdict in &self.verdicts {
            out.push(match &verdict.held {
                Some(_) => self.plan.held_signal(verdict),
                None => signal(key, &event, verdict, (&at, carried.event_id()), &mut &carried, |who| {
                    carried.names()[who as usize].clone()
                }),
            });
        }
    }

    fn look(
        &mut self,
        raw: &[u8],
        now_ms: i64,
        at: &Coordinates,
        scrubber: &mut Scrubber,
        store: &mut impl Store,
        out: &mut Vec<Signal>,
    ) -> Seen {
        let (event, sighting) = match self.read(raw, now_ms, at, scrubber) {
            Ok(read) => read,
            Err(reason) => return Seen::Unmapped(reason),
        };
        let mut names = NamesOf { sighting: &sighting, at, scrubber };
        self.verdicts.clear();
        if self.engine.on_event(&event, &mut names, store, &mut self.verdicts) == Taken::Duplicate {
            return Seen::Duplicate;
        }
        for verdict in &self.verdicts {
            out.push(match &verdict.held {
                Some(_) => self.plan.held_signal(verdict),
                None => {
                    let mut of = [Who::Device, Who::Payee, Who::Address]
                        .map(|who| verdict.evidence.is_about(who).then(|| names.pseudonym(who)).flatten());
                    let own = (at, sighting.id.as_deref().unwrap_or_default());
                    signal(&self.plan.state_key, &event, verdict, own, &mut names, |who| of[who as usize].take())
                }
            });
        }
        Seen::Judged
    }

    /// Signals of all that is still held back, at the end of a finite input.
    pub fn finish(&mut self, store: &mut impl Store, out: &mut Vec<Signal>) {
        self.verdicts.clear();
        self.engine.finish(store, &mut self.verdicts);
        out.extend(self.verdicts.iter().map(|verdict| self.plan.held_signal(verdict)));
    }
}

/// Signals of a finite input, such as files: one task, whose state lives in memory and is gone with it.
pub struct LocalSignals {
    watcher: Watcher,
    store: MemoryStore,
    signals: Vec<Signal>,
    events: u64,
    flags: bool,
    /// Why the last line told nothing, if it did.
    unmapped: Option<Unmapped>,
}

/// Events between two sweeps of the store.
const SWEEP_EVENTS: u64 = 8192;

impl LocalSignals {
    /// Signals by `plan`; `scrubber` will drop flags that come with the input, if flags are put on events.
    pub fn new(plan: Arc<SignalPlan>, scrubber: &mut Scrubber) -> LocalSignals {
        if plan.flags {
            scrubber.replace_flags();
        }
        LocalSignals {
            store: MemoryStore::new(plan.limits),
            flags: plan.flags,
            watcher: Watcher::new(plan),
            signals: Vec::new(),
            events: 0,
            unmapped: None,
        }
    }

    /// Lines come from another scrubber from now on.
    pub fn renew(&mut self, scrubber: &mut Scrubber) {
        if self.flags {
            scrubber.replace_flags();
        }
        self.watcher.renew();
    }

    /// Judges the line that `scrubber` has just read from `raw`, and puts flags on its scrubbed form, which stands in `out`
    /// from `from` on. Returns the signals.
    pub fn line(
        &mut self,
        raw: &[u8],
        now_ms: i64,
        at: &Coordinates,
        scrubber: &mut Scrubber,
        (from, out): (usize, &mut Vec<u8>),
    ) -> &[Signal] {
        self.signals.clear();
        let seen = self.watcher.observe(raw, now_ms, at, scrubber, &mut self.store, &mut self.signals);
        self.unmapped = seen.unmapped();
        if self.flags {
            splice_flags(&self.signals, from, out);
        }
        self.events += 1;
        if self.events.is_multiple_of(SWEEP_EVENTS) {
            self.store.commit();
        }
        &self.signals
    }

    /// Why the last line told nothing, if it did.
    pub fn unmapped(&self) -> Option<Unmapped> {
        self.unmapped
    }

    /// Signals of what is still held back, when nothing more comes.
    pub fn finish(&mut self) -> &[Signal] {
        self.signals.clear();
        self.watcher.finish(&mut self.store, &mut self.signals);
        &self.signals
    }

    /// How many records told nothing, by reason, since the last call.
    pub fn take_unmapped(&mut self) -> [u64; Unmapped::LABELS.len()] {
        self.watcher.take_unmapped()
    }
}

/// Names of a record, made only when a signal needs them.
struct NamesOf<'a, 'r> {
    sighting: &'a Sighting<'r>,
    at: &'a Coordinates,
    scrubber: &'a mut Scrubber,
}

impl Names for NamesOf<'_, '_> {
    fn account(&mut self) -> String {
        self.scrubber.pseudonym("account", &self.sighting.account)
    }

    fn event_id(&mut self) -> String {
        // Nobody has promised that an id is none of a person.
        self.sighting.id.as_deref().map_or_else(String::new, |id| self.scrubber.clean(self.sighting.id_path, id))
    }

    fn payee(&mut self) -> String {
        self.pseudonym(Who::Payee).unwrap_or_default()
    }

    fn place(&self) -> (String, i32, i64) {
        (self.at.topic.clone(), self.at.partition, self.at.offset)
    }
}

impl NamesOf<'_, '_> {
    /// The pseudonym of a part of the record, if it has that part.
    fn pseudonym(&mut self, who: Who) -> Option<String> {
        let (entity, value) = match who {
            Who::Device => ("device", &self.sighting.device),
            Who::Payee => ("payee", &self.sighting.destination),
            Who::Address => ("ip", &self.sighting.ip),
        };
        value.as_deref().map(|value| self.scrubber.pseudonym(entity, value))
    }
}

/// The signal of a verdict on the event at hand, which stands at a place and has an id (empty: none); `name` gives pseudonyms that belong to its evidence.
fn signal(
    key: &StateKey,
    event: &Event,
    verdict: &Verdict,
    (at, event_id): (&Coordinates, &str),
    names: &mut impl Names,
    mut name: impl FnMut(Who) -> Option<String>,
) -> Signal {
    let parts = [(Who::Device, "device"), (Who::Payee, "payee"), (Who::Address, "ip")];
    let about = parts.into_iter().filter(|(who, _)| verdict.evidence.is_about(*who));
    let pseudonyms = about.filter_map(|(who, part)| Some((part, name(who)?))).collect();
    let rule = rules::ALL[verdict.rule].name;
    Signal {
        id: signal_id(key, rule, (event.account, ""), event_id, at),
        notice: verdict.notice,
        rule,
        severity: verdict.severity,
        score: verdict.score,
        account: names.account(),
        time_ms: event.time_ms,
        at: at.clone(),
        event_id: names.event_id(),
        evidence: verdict.evidence,
        pseudonyms,
    }
}

/// The deterministic id of a signal: by the event's id, or where it has none by its coordinates. `stage` tells several
/// signals of one rule on one event apart.
fn signal_id(
    key: &StateKey,
    rule: &str,
    (account, stage): (AccountId, &str),
    event_id: &str,
    at: &Coordinates,
) -> String {
    let place = format!("{}/{}/{}", at.topic, at.partition, at.offset);
    let event = if event_id.is_empty() { place.as_str() } else { event_id };
    let parts: [&[u8]; 4] = [rule.as_bytes(), &account.0, event.as_bytes(), stage.as_bytes()];
    key.signal_id(if stage.is_empty() { &parts[..3] } else { &parts })
}

impl SignalPlan {
    /// The event that a sighting is, with fingerprints in place of identifiers.
    fn resolve(&self, kind: Kind, sighting: &Sighting<'_>, at: &Coordinates, places: &mut Recent) -> Event {
        let key = &self.state_key;
        let print = |domain: u8, value: &Option<Cow<'_, str>>| {
            value.as_deref().filter(|v| !v.is_empty()).map_or(Print::NONE, |v| Print(key.print(domain, v.as_bytes())))
        };
        let account = AccountId(key.account(sighting.account.as_bytes()));
        let id = match sighting.id.as_deref() {
            Some(id) => key.print(domain::EVENT, id.as_bytes()),
            None => key.print(domain::EVENT, format!("{}/{}/{}", at.topic, at.partition, at.offset).as_bytes()),
        };
        let address = sighting.address();
        let mut place = sighting.place;
        let outside = self.outside.now();
        places.complete(&outside.geo, address, &mut place);
        let lists = &outside.lists;
        let mut event = Event::new(kind, account, sighting.time_ms, id);
        event.session = print(domain::SESSION, &sighting.session);
        event.device = print(domain::DEVICE, &sighting.device);
        event.network = address.map_or(Print::NONE, |address| Print(network_print(key, address)));
        event.agent = agent_print(key, sighting);
        event.trusted = lists.is_trusted(address, place.asn);
        event.anonymiser = lists.is_anonymiser(place.asn);
        event.carrier = lists.is_carrier(place.asn);
        event.exempt = lists.is_exempt(account);
        event.travelling = lists.is_travelling(account, place.country, sighting.time_ms);
        event.place = place;
        (event.success, event.status, event.bonus) = (sighting.success, sighting.status, sighting.bonus);
        (event.amount, event.fee) = (sighting.amount, sighting.fee.unwrap_or_default());
        (event.before, event.after) = (sighting.before, sighting.after);
        let wallet = [sighting.currency.as_deref(), Some("/"), sighting.wallet.as_deref()];
        let wallet = wallet.map(|part| part.unwrap_or_default().as_bytes());
        event.wallet = Print(key.print_of_parts(domain::WALLET, wallet));
        let payee = if kind.is_inflow() { &sighting.source } else { &sighting.destination };
        event.payee = print(domain::PAYEE, payee);
        event.skip = self.skipped(&event, sighting);
        event
    }

    /// Rules whose condition does not hold for an event.
    fn skipped(&self, event: &Event, sighting: &Sighting<'_>) -> u64 {
        let view = View { event, currency: sighting.currency.as_deref(), method: sighting.method.as_deref() };
        let failed = self.conditions.iter().filter(|(_, condition)| !condition.holds(&view));
        failed.fold(0, |skip, (rule, _)| skip | 1 << rule)
    }

    /// The signal of a verdict that was held back, with the names that were kept for it.
    pub fn held_signal(&self, verdict: &Verdict) -> Signal {
        let Held { account, origin, stage } =
            verdict.held.as_deref().expect("invariant: only for verdicts that were held back");
        let [account_name, event_id, payee, topic] = origin.names();
        let at = Coordinates { topic: topic.to_owned(), partition: origin.partition, offset: origin.offset };
        let rule = rules::ALL[verdict.rule].name;
        let told = verdict.evidence.is_about(Who::Payee) && !payee.is_empty();
        Signal {
            id: signal_id(&self.state_key, rule, (*account, stage), event_id, &at),
            notice: verdict.notice,
            rule,
            severity: verdict.severity,
            score: verdict.score,
            account: account_name.to_owned(),
            time_ms: origin.time_ms,
            at,
            event_id: event_id.to_owned(),
            evidence: verdict.evidence,
            pseudonyms: told.then(|| ("payee", payee.to_owned())).into_iter().collect(),
        }
    }
}

/// Of the /24 or /48 of an address.
fn network_print(key: &StateKey, address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => key.print(domain::NETWORK, &v4.octets()[..3]),
        IpAddr::V6(v6) => key.print(domain::NETWORK, &v6.octets()[..6]),
    }
}

/// User agents change their version numbers every few weeks: only the words count.
fn agent_print(key: &StateKey, sighting: &Sighting<'_>) -> Print {
    match sighting.user_agent.as_deref() {
        None | Some("") => Print::NONE,
        Some(agent) => {
            let words = agent.as_bytes().split(|b| b.is_ascii_digit() || *b == b'.');
            Print(key.print_of_parts(domain::AGENT, words))
        }
    }
}

/// Appends the flags of an event to its scrubbed form, which stands in `out` from `from` on: a last member `_sluice` of an
/// object. Anything else but an object stays as it is.
pub fn splice_flags(signals: &[Signal], from: usize, out: &mut Vec<u8>) {
    let end = from + out[from..].trim_ascii_end().len();
    if signals.is_empty()
        || end <= from + 1
        || out[end - 1] != b'}'
        || out[from..].trim_ascii_start().first() != Some(&b'{')
    {
        return;
    }
    let empty = out[from..end - 1].trim_ascii_end().last() == Some(&b'{') && out[from..end - 1].trim_ascii().len() == 1;
    let mut member = String::from(if empty { "\"_sluice\":{\"signals\":[" } else { ",\"_sluice\":{\"signals\":[" });
    for (i, signal) in signals.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let (id, rule, severity) = (&signal.id, signal.rule, signal.severity.as_str());
        member += &format!("{comma}{{\"id\":\"{id}\",\"rule\":\"{rule}\",\"severity\":\"{severity}\"}}");
    }
    member += "]}";
    let tail = out.split_off(end - 1);
    out.extend_from_slice(member.as_bytes());
    out.extend_from_slice(&tail);
}

/// The path of the flags.
pub fn flags_path(paths: &mut crate::record::Paths) -> PathId {
    paths.child(PathId::ROOT, PathId::ROOT, b"_sluice")
}

/// Where events of inputs that are not keyed by account go.
#[derive(Debug, Clone)]
pub struct Rekey {
    /// The inputs, by their places.
    pub inputs: Vec<usize>,
    /// Number of the internal topic among the outputs.
    pub to: usize,
    /// How many partitions it has.
    pub partitions: i32,
}

/// The signals of a worker's records, as the engine makes them.
pub struct Watch {
    rekey: Option<Rekey>,
    watcher: Watcher,
    flags: bool,
    at: Coordinates,
    signals: Vec<Signal>,
    text: String,
}

impl Watch {
    /// By `plan`; `scrubber` will drop flags that come with the input, if flags are put on events.
    pub fn new(plan: &Arc<SignalPlan>, scrubber: &mut Scrubber, rekey: Option<Rekey>) -> Watch {
        let mut watch = Watch {
            // The verdict on an event comes after it has gone, where it goes to its account first.
            flags: plan.flags && rekey.is_none(),
            rekey,
            watcher: Watcher::new(Arc::clone(plan)),
            at: Coordinates::default(),
            signals: Vec::new(),
            text: String::new(),
        };
        watch.renew(scrubber);
        watch
    }

    /// Another scrubber takes the place of the last one, which has failed or follows other rules.
    pub fn renew(&mut self, scrubber: &mut Scrubber) {
        self.signals.clear();
        self.watcher.renew();
        if self.flags {
            scrubber.replace_flags();
        }
    }

    /// Judges a value with its Kafka timestamp, which `scrubber` has just read, and puts flags on its scrubbed form: that
    /// stands in the arena from `from` on. Returns why it told nothing, if it did.
    pub fn observe(
        &mut self,
        (raw, timestamp_ms): (&[u8], i64),
        place: Place,
        mut seat: Seat<'_>,
        scrubber: &mut Scrubber,
        (from, out): (usize, &mut Vec<u8>),
    ) -> Option<Unmapped> {
        self.signals.clear();
        self.stand(seat.topic, place);
        let seen = self.watcher.observe(raw, timestamp_ms, &self.at, scrubber, &mut seat.store, &mut self.signals);
        if self.flags {
            splice_flags(&self.signals, from, out);
        }
        seen.unmapped()
    }

    fn stand(&mut self, topic: &str, place: Place) {
        if self.at.topic != topic {
            topic.clone_into(&mut self.at.topic);
        }
        (self.at.partition, self.at.offset) = (place.partition, place.offset);
    }

    /// Appends what a value has to say to its account to `out`, if its input is not keyed by account: a record of the
    /// internal topic, keyed by the state's own key of the account. `scrubber` has just read the value. Returns why it has
    /// nothing to say, if so.
    pub fn forward(
        &mut self,
        (raw, timestamp_ms): (&[u8], i64),
        input: &InputTopic,
        place: Place,
        scrubber: &mut Scrubber,
        out: &mut OutBatch,
    ) -> Option<Unmapped> {
        let rekey = self.rekey.as_ref()?;
        // Scrubbed records of input `i` go to output `2i`.
        if !rekey.inputs.contains(&(place.topic / 2)) {
            return None;
        }
        let (to, partitions) = (rekey.to, rekey.partitions);
        self.stand(&input.name, place);
        let (event, carried) = match self.watcher.carry(raw, timestamp_ms, &self.at, scrubber) {
            Ok(carried) => carried,
            Err(reason) => return Some(reason),
        };
        let mark = out.mark();
        let key = out.append(&event.account.0);
        let from = out.bytes();
        carried.write(out.arena());
        let value = out.span_from(from);
        out.push(mark, (to, carried::partition(event.account, partitions), timestamp_ms), Some(key), Some(value));
        None
    }

    /// Judges a record of the internal topic.
    pub fn receive(&mut self, value: &[u8], mut seat: Seat<'_>) {
        self.signals.clear();
        self.watcher.receive(value, &mut seat.store, &mut self.signals);
    }

    /// Appends the records of the last record's signals to `batch`: output topic, partition and Kafka timestamp are `to`,
    /// the key is the account's pseudonym. Tells each by the places of its rule and severity.
    pub fn send(&mut self, to: (usize, i32, i64), batch: &mut OutBatch, told: &mut Vec<(usize, usize)>) {
        for signal in self.signals.drain(..) {
            let mark = batch.mark();
            let key = batch.append(signal.account.as_bytes());
            self.text.clear();
            signal.write_json(&mut self.text);
            let value = batch.append(self.text.as_bytes());
            batch.push(mark, to, Some(key), Some(value));
            told.push((rules::find(signal.rule).expect("a signal is of a rule"), signal.severity as usize));
        }
    }

    /// What judges.
    pub fn watcher(&mut self) -> &mut Watcher {
        &mut self.watcher
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, Secrets, from_str};
    use crate::pipeline::Plan;
    use crate::pseudonymize::{KeyRing, SharedRing};
    use crate::signals::{Evidence, Severity};

    /// 2026-11-01T03:02:00Z.
    const NOW_MS: i64 = 1_793_502_120_000;

    #[test]
    fn events_are_understood_after_another_scrubber_took_over() {
        let profile = include_str!("../../patterns/profiles/gaming.yaml");
        let loaded = from_str(profile, "gaming.yaml", Secrets::Skip).expect("a valid profile");
        let signals = SignalPlan::compile(&loaded, Arc::new(StateKey::new(&[7; 32])));
        let signals = Arc::new(signals.expect("valid signals").expect("the profile has signals"));
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("the profile compiles");
        let plan = Arc::new(plan);
        let mut store = MemoryStore::new(signals.limits);
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        let mut watch = Watch::new(&signals, &mut scrubber, None);
        let mut look = |watch: &mut Watch, scrubber: &mut Scrubber, members: &str| {
            let text = format!(
                r#"{{{members}"type":"login","ts":"2026-11-01T03:01:00Z","user_id":"u-1","device_id":"d-1","success":true}}"#
            );
            scrubber.begin(NOW_MS).expect("the key has no window");
            scrubber.value(Format::Json, text.as_bytes(), &mut Vec::new()).expect("JSON");
            let at = Coordinates::default();
            watch.watcher.observe(text.as_bytes(), NOW_MS, &at, scrubber, &mut store, &mut Vec::new())
        };
        assert_eq!(look(&mut watch, &mut scrubber, r#""event_id":"e-1","#), Seen::Judged);
        // The same names have other numbers now.
        let mut other = Scrubber::new(plan);
        watch.renew(&mut other);
        assert_eq!(look(&mut watch, &mut other, r#""a":1,"b":2,"event_id":"e-2","#), Seen::Judged);
    }

    fn spliced(text: &str, n: usize) -> String {
        let signal = Signal {
            id: "sg_x".to_owned(),
            notice: false,
            rule: "drain",
            severity: Severity::Low,
            score: 0.5,
            account: String::new(),
            time_ms: 0,
            at: Coordinates::default(),
            event_id: String::new(),
            evidence: Evidence::new(),
            pseudonyms: Vec::new(),
        };
        let mut out = b"before".to_vec();
        out.extend_from_slice(text.as_bytes());
        splice_flags(&vec![signal; n], 6, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn flags_are_the_last_member_of_an_object_and_of_nothing_else() {
        let flag = r#"{"id":"sg_x","rule":"drain","severity":"low"}"#;
        assert_eq!(spliced("{\"a\":1}\n", 1), format!("before{{\"a\":1,\"_sluice\":{{\"signals\":[{flag}]}}}}\n"));
        assert_eq!(spliced(" { } ", 2), format!("before {{ \"_sluice\":{{\"signals\":[{flag},{flag}]}}}} "));
        for text in ["[1]", "{\"a\":1}x", "\"}\"", "}", ""] {
            assert_eq!(spliced(text, 1), format!("before{text}"));
        }
        assert_eq!(spliced("{\"a\":{}}", 0), "before{\"a\":{}}");
    }
}
