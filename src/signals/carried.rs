//! An event on its way through the internal topic of inputs that are not keyed by account: what was resolved of it, with
//! keyed fingerprints and published pseudonyms in place of identifiers. No raw field has a place here.

use serde::{Deserialize, Serialize};

use super::engine::Names;
use super::event::{AccountId, Change, Coordinates, Event, Kind, Place, Point, Print, Status};
use super::money::Money;
use super::signal::Who;

/// Version of the record's format.
const VERSION: u8 = 1;

/// The record's value, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    #[serde(rename = "v")]
    version: u8,
    kind: u8,
    time_ms: i64,
    account: [u64; 2],
    id: u32,
    /// Session, device, network, agent, wallet, payee.
    prints: [u32; 6],
    country: Option<[u8; 2]>,
    point: Option<[i16; 2]>,
    accuracy_km: Option<f32>,
    asn: u32,
    /// Success, trusted, anonymiser, carrier, exempt, travelling, bonus: a bit each.
    bits: u8,
    /// Amount, balance before and after, in millionths.
    money: [Option<i64>; 3],
    fee: i64,
    status: u8,
    skip: u64,
    topic: String,
    partition: i32,
    offset: i64,
    event_id: String,
    account_name: String,
    /// Pseudonyms of device, payee and address.
    names: [Option<String>; 3],
}

/// Kinds by their number in the record.
const KINDS: [Kind; 11] = [
    Kind::Login,
    Kind::Deposit,
    Kind::Withdrawal,
    Kind::Bet,
    Kind::Win,
    Kind::TransferIn,
    Kind::TransferOut,
    Kind::Change(Change::Password),
    Kind::Change(Change::Payout),
    Kind::Change(Change::Contact),
    Kind::Erase,
];
const STATUSES: [Status; 4] = [Status::Done, Status::Failed, Status::Reversed, Status::Pending];

impl Carried {
    /// What is carried of an event. `names`: pseudonyms of its account, then of device, payee and address.
    pub fn of(
        event: &Event,
        at: &Coordinates,
        event_id: &str,
        account_name: String,
        names: [Option<String>; 3],
    ) -> Carried {
        let half = |range: std::ops::Range<usize>| {
            u64::from_be_bytes(event.account.0[range].try_into().expect("invariant: half of sixteen bytes"))
        };
        let place = |number: Option<usize>| number.expect("invariant: every kind and status has a number") as u8;
        let bits = [
            event.success,
            event.trusted,
            event.anonymiser,
            event.carrier,
            event.exempt,
            event.travelling,
            event.bonus,
        ];
        Carried {
            version: VERSION,
            kind: place(KINDS.iter().position(|kind| *kind == event.kind)),
            time_ms: event.time_ms,
            account: [half(0..8), half(8..16)],
            id: event.id,
            prints: [event.session, event.device, event.network, event.agent, event.wallet, event.payee]
                .map(|print| print.0),
            country: event.place.country,
            point: event.place.point.map(|point| [point.lat, point.lon]),
            accuracy_km: event.place.accuracy_km,
            asn: event.place.asn,
            bits: bits.iter().enumerate().fold(0, |all, (at, &bit)| all | u8::from(bit) << at),
            money: [event.amount, event.before, event.after].map(|money| money.map(|money| money.0)),
            fee: event.fee.0,
            status: place(STATUSES.iter().position(|status| *status == event.status)),
            skip: event.skip,
            topic: at.topic.clone(),
            partition: at.partition,
            offset: at.offset,
            event_id: event_id.to_owned(),
            account_name,
            names,
        }
    }

    /// Appends the record's value.
    pub fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("invariant: numbers and texts can be written");
    }

    /// What was written. `None`: it is no record of ours, or of another version.
    pub fn read(bytes: &[u8]) -> Option<Carried> {
        serde_json::from_slice(bytes).ok().filter(|carried: &Carried| carried.version == VERSION)
    }

    /// The event. `None`: it has a kind or a status that this version does not know.
    pub fn event(&self) -> Option<Event> {
        let mut account = [0; 16];
        account[..8].copy_from_slice(&self.account[0].to_be_bytes());
        account[8..].copy_from_slice(&self.account[1].to_be_bytes());
        let kind = *KINDS.get(usize::from(self.kind))?;
        let mut event = Event::new(kind, AccountId(account), self.time_ms, self.id);
        [event.session, event.device, event.network, event.agent, event.wallet, event.payee] = self.prints.map(Print);
        let bit = |at: u8| self.bits & 1 << at != 0;
        (event.success, event.trusted, event.anonymiser, event.carrier) = (bit(0), bit(1), bit(2), bit(3));
        (event.exempt, event.travelling, event.bonus) = (bit(4), bit(5), bit(6));
        event.place = Place {
            country: self.country,
            point: self.point.map(|[lat, lon]| Point { lat, lon }),
            accuracy_km: self.accuracy_km,
            asn: self.asn,
        };
        [event.amount, event.before, event.after] = self.money.map(|money| money.map(Money));
        event.fee = Money(self.fee);
        event.status = *STATUSES.get(usize::from(self.status))?;
        event.skip = self.skip;
        Some(event)
    }

    /// Where the event stands.
    pub fn at(&self) -> Coordinates {
        Coordinates { topic: self.topic.clone(), partition: self.partition, offset: self.offset }
    }

    /// Id of the event, without what is personal in it.
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// Pseudonyms of device, payee and address.
    pub fn names(&self) -> &[Option<String>; 3] {
        &self.names
    }
}

/// The partition of an account: its state key is a keyed hash, so any part of it is as good as another.
pub fn partition(account: AccountId, partitions: i32) -> i32 {
    let [a, b, c, d, ..] = account.0;
    (u32::from_be_bytes([a, b, c, d]) % partitions.max(1).unsigned_abs()) as i32
}

impl Names for &Carried {
    fn account(&mut self) -> String {
        self.account_name.clone()
    }

    fn event_id(&mut self) -> String {
        self.event_id.clone()
    }

    fn payee(&mut self) -> String {
        self.names[Who::Payee as usize].clone().unwrap_or_default()
    }

    fn place(&self) -> (String, i32, i64) {
        (self.topic.clone(), self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(seed: u64) -> Event {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut account = [0; 16];
        rng.fill(&mut account);
        let kind = KINDS[rng.usize(..KINDS.len())];
        let mut event = Event::new(kind, AccountId(account), rng.i64(0..4_000_000_000_000), rng.u32(..));
        [event.session, event.device, event.network, event.agent, event.wallet, event.payee] =
            std::array::from_fn(|_| Print(rng.u32(..)));
        let mut money = || rng.bool().then(|| Money(rng.i64(..)));
        (event.amount, event.before, event.after) = (money(), money(), money());
        event.fee = Money(rng.i64(..));
        event.status = STATUSES[rng.usize(..STATUSES.len())];
        (event.success, event.trusted, event.anonymiser, event.carrier) =
            (rng.bool(), rng.bool(), rng.bool(), rng.bool());
        (event.exempt, event.travelling, event.bonus) = (rng.bool(), rng.bool(), rng.bool());
        event.skip = rng.u64(..);
        event.place = Place {
            country: rng.bool().then_some(*b"ID"),
            point: rng.bool().then(|| Point { lat: rng.i16(..), lon: rng.i16(..) }),
            accuracy_km: rng.bool().then(|| rng.f32() * 1000.0),
            asn: rng.u32(..),
        };
        event
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_carried_arrives(seed: u64) {
            let event = event(seed);
            let at = Coordinates { topic: "logins".to_owned(), partition: 3, offset: 1 << 40 };
            let names = [Some("dv_1k1_x".to_owned()), None, None];
            let carried = Carried::of(&event, &at, "e1", "ac_1k1_x".to_owned(), names);
            let mut bytes = Vec::new();
            carried.write(&mut bytes);
            let read = Carried::read(&bytes).expect("what was written");
            prop_assert_eq!(read.event(), Some(event));
            prop_assert_eq!(read.at(), at);
            prop_assert_eq!(read, carried);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(Carried::read(&bytes), None);
        }
    }
}
