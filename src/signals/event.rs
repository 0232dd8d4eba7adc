//! One event as the rules see it: numbers, times and keyed fingerprints. No raw identifier is in here, so that it may be
//! kept in state and sent through the internal topic of keyed input.

use std::hash::{Hash, Hasher};

use super::money::Money;

/// Keyed hash of an account's identifier under the state key: the key of its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(pub [u8; 16]);

/// It is a hash already, so a half of it spreads accounts as well as all of it.
impl Hash for AccountId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [half, _] = self.0.as_chunks().0 else { unreachable!("sixteen bytes are twice eight") };
        state.write_u64(u64::from_ne_bytes(*half));
    }
}

/// Keyed hash of an identifier (device, payee, session, network …) under the state key; 0: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Print(pub u32);

impl Print {
    /// No identifier.
    pub const NONE: Print = Print(0);

    /// Whether there is an identifier.
    pub fn is_some(self) -> bool {
        self != Print::NONE
    }
}

/// Where a record stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinates {
    /// Its topic, or file.
    pub topic: String,
    /// Its partition; 0 in files.
    pub partition: i32,
    /// Its offset, or line.
    pub offset: i64,
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody tried to log in.
    Login,
    /// Money came in from outside.
    Deposit,
    /// Money went out.
    Withdrawal,
    /// A stake of a game.
    Bet,
    /// A prize of a game.
    Win,
    /// Money came from another account.
    TransferIn,
    /// Money went to another account.
    TransferOut,
    /// Something that protects the account was changed.
    Change(Change),
    /// The subject asks to be forgotten: the account's state goes.
    Erase,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The password.
    Password,
    /// Where money is paid out to.
    Payout,
    /// E-mail address, phone number or another way to reach the holder.
    Contact,
}

impl Kind {
    /// Whether money moves.
    pub fn is_money(self) -> bool {
        !matches!(self, Kind::Login | Kind::Change(_) | Kind::Erase)
    }

    /// Whether money leaves the account, games aside.
    pub fn is_outflow(self) -> bool {
        matches!(self, Kind::Withdrawal | Kind::TransferOut)
    }

    /// Whether money comes into the account, games aside.
    pub fn is_inflow(self) -> bool {
        matches!(self, Kind::Deposit | Kind::TransferIn)
    }

    /// Whether it is a round of a game.
    pub fn is_game(self) -> bool {
        matches!(self, Kind::Bet | Kind::Win)
    }
}

/// What became of a movement of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// It happened.
    #[default]
    Done,
    /// It did not happen: the balance stays.
    Failed,
    /// An earlier movement is undone: the sign turns round.
    Reversed,
    /// Not yet decided: nothing can be said of the balance.
    Pending,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// ISO 3166 country, in capitals.
    pub country: Option<[u8; 2]>,
    /// Latitude and longitude in degrees.
    pub point: Option<Point>,
    /// Error radius in km, when the source tells.
    pub accuracy_km: Option<f32>,
    /// Autonomous system; 0: unknown.
    pub asn: u32,
}

/// A point on earth, in hundredths of a degree (1.1 km).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Latitude.
    pub lat: i16,
    /// Longitude.
    pub lon: i16,
}

impl Point {
    /// The point at these degrees. `None`: there is no such place, or it is the `0, 0` that stands for "unknown".
    pub fn new(lat: f64, lon: f64) -> Option<Point> {
        let valid = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) && (lat != 0.0 || lon != 0.0);
        valid.then(|| Point { lat: (lat * 100.0).round() as i16, lon: (lon * 100.0).round() as i16 })
    }

    /// Great-circle distance in km (haversine, earth's mean radius 6371 km).
    pub fn distance_km(self, other: Point) -> f64 {
        let radians = |hundredths: i16| (f64::from(hundredths) / 100.0).to_radians();
        let (lat_a, lat_b) = (radians(self.lat), radians(other.lat));
        let (dlat, dlon) = (lat_b - lat_a, radians(other.lon) - radians(self.lon));
        let h = (dlat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * 6371.0 * h.min(1.0).sqrt().asin()
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is.
    pub kind: Kind,
    /// When it happened, ms since 1970.
    pub time_ms: i64,
    /// Whose it is.
    pub account: AccountId,
    /// Keyed hash of the mapped id, or of the coordinates where there is none: redeliveries have the same.
    pub id: u32,
    /// Session.
    pub session: Print,
    /// Device.
    pub device: Print,
    /// Network of the address: /24 or /48.
    pub network: Print,
    /// User agent without its version numbers.
    pub agent: Print,
    /// Where it comes from.
    pub place: Place,
    /// Login: whether it succeeded.
    pub success: bool,
    /// The address or the network is on an allow-list.
    pub trusted: bool,
    /// The ASN is on a list of hosting, VPN and Tor networks.
    pub anonymiser: bool,
    /// The ASN is on the list of mobile carriers, whose places jump.
    pub carrier: bool,
    /// The account is on an allow-list: state is kept, and nothing is flagged.
    pub exempt: bool,
    /// The country is on the account's itinerary at this time.
    pub travelling: bool,
    /// Amount.
    pub amount: Option<Money>,
    /// Fee that goes with it.
    pub fee: Money,
    /// Balance before.
    pub before: Option<Money>,
    /// Balance after.
    pub after: Option<Money>,
    /// Wallet and currency that the balances are of.
    pub wallet: Print,
    /// Where money goes to or, for payouts, where it shall go to from now on.
    pub payee: Print,
    /// A bonus of the house rather than money of the player.
    pub bonus: bool,
    /// What became of it.
    pub status: Status,
    /// Rules (by their place in the table) whose condition does not hold for this event.
    pub skip: u64,
}

impl Event {
    /// An event of this kind with nothing known but account and time.
    pub fn new(kind: Kind, account: AccountId, time_ms: i64, id: u32) -> Event {
        Event {
            kind,
            time_ms,
            account,
            id,
            session: Print::NONE,
            device: Print::NONE,
            network: Print::NONE,
            agent: Print::NONE,
            place: Place::default(),
            success: true,
            trusted: false,
            anonymiser: false,
            carrier: false,
            exempt: false,
            travelling: false,
            amount: None,
            fee: Money(0),
            before: None,
            after: None,
            wallet: Print::NONE,
            payee: Print::NONE,
            bonus: false,
            status: Status::Done,
            skip: 0,
        }
    }

    /// What it adds to the balance by its own account, fee included. `None`: unknown, or more than a balance can be.
    pub fn effect(&self) -> Option<Money> {
        let amount = self.amount?;
        let inflow = matches!(self.kind, Kind::Deposit | Kind::Win | Kind::TransferIn);
        let done = if inflow { amount } else { Money(0).minus(amount)?.minus(self.fee)? };
        match self.status {
            Status::Done => Some(done),
            Status::Failed => Some(Money(0)),
            Status::Reversed => Money(0).minus(done),
            Status::Pending => None,
        }
    }

    /// Money that really left, games aside: an outflow that was done.
    pub fn outflow(&self) -> Option<f64> {
        (self.kind.is_outflow() && self.status == Status::Done).then(|| self.amount.map(Money::as_f64)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_on_earth_and_known() {
        assert!(Point::new(123.0, 0.0).is_none());
        assert!(Point::new(0.0, 181.0).is_none());
        assert!(Point::new(f64::NAN, 1.0).is_none());
        assert!(Point::new(0.0, 0.0).is_none());
        let (jakarta, london) = (Point::new(-6.2088, 106.8456), Point::new(51.5074, -0.1278));
        let km = jakarta.zip(london).map(|(a, b)| a.distance_km(b)).expect("both are on earth");
        assert!((11_700.0..11_730.0).contains(&km), "{km}");
    }

    #[test]
    fn the_effect_has_the_sign_of_what_happened() {
        let mut event = Event::new(Kind::Withdrawal, AccountId::default(), 0, 1);
        (event.amount, event.fee) = (Some(Money(100)), Money(5));
        assert_eq!(event.effect(), Some(Money(-105)));
        event.status = Status::Reversed;
        assert_eq!(event.effect(), Some(Money(105)), "the fee comes back");
        event.status = Status::Failed;
        assert_eq!(event.effect(), Some(Money(0)));
        (event.kind, event.status) = (Kind::Deposit, Status::Done);
        assert_eq!(event.effect(), Some(Money(100)), "a fee is only taken from what goes out");
        event.amount = Some(Money(i64::MAX));
        (event.kind, event.fee) = (Kind::Bet, Money(i64::MAX));
        assert_eq!(event.effect(), None, "an overflow is no effect");
    }
}
