//! From the tape of a record to what it says of an account: which shape it has, and where its fields stand.
//!
//! Works on what `decode` has read anyway. A path is looked up once per path, a record costs one pass over its tape.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::event::{Change, Kind, Place, Point, Status};
use super::money::Money;
use super::time;
use crate::record::{Class, Kind as Scalars, PathId, Paths, Scalar};

/// What a field of an event means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Id of the event.
    Id,
    /// When it happened.
    Time,
    /// Whose it is.
    Account,
    /// Session.
    Session,
    /// Address.
    Ip,
    /// Country of the producer's estimate.
    Country,
    /// Latitude.
    Lat,
    /// Longitude.
    Lon,
    /// Error radius in km.
    Accuracy,
    /// Autonomous system.
    Asn,
    /// Device.
    Device,
    /// User agent.
    UserAgent,
    /// Login: whether it succeeded.
    Outcome,
    /// Amount.
    Amount,
    /// Fee.
    Fee,
    /// Currency.
    Currency,
    /// Wallet.
    Wallet,
    /// Transfer: in or out.
    Direction,
    /// Balance before.
    BalanceBefore,
    /// Balance after.
    BalanceAfter,
    /// How money moves.
    Method,
    /// Where it goes to.
    Destination,
    /// Where it comes from.
    Source,
    /// What became of it.
    Status,
    /// What was changed.
    Change,
}

impl Field {
    /// All fields with their names in the config.
    pub const ALL: [(&'static str, Field); 25] = [
        ("id", Field::Id),
        ("time", Field::Time),
        ("account", Field::Account),
        ("session", Field::Session),
        ("ip", Field::Ip),
        ("country", Field::Country),
        ("lat", Field::Lat),
        ("lon", Field::Lon),
        ("accuracy", Field::Accuracy),
        ("asn", Field::Asn),
        ("device", Field::Device),
        ("user_agent", Field::UserAgent),
        ("outcome", Field::Outcome),
        ("amount", Field::Amount),
        ("fee", Field::Fee),
        ("currency", Field::Currency),
        ("wallet", Field::Wallet),
        ("direction", Field::Direction),
        ("balance_before", Field::BalanceBefore),
        ("balance_after", Field::BalanceAfter),
        ("method", Field::Method),
        ("destination", Field::Destination),
        ("source", Field::Source),
        ("status", Field::Status),
        ("change", Field::Change),
    ];

    /// The field of this name.
    pub fn parse(name: &str) -> Option<Field> {
        Field::ALL.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }
}

/// Why an event tells nothing: a label of `sluice_events_unmapped_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unmapped {
    /// No shape of the config fits.
    Shape,
    /// The account is missing.
    Account,
    /// The time is missing or none.
    Time,
    /// The time is further ahead of the record than allowed.
    Future,
    /// An amount or balance is none, or too large.
    Amount,
    /// The currency is none.
    Currency,
    /// A latitude, longitude or country is none.
    Geo,
    /// A word that decides (outcome, direction, what was changed) is not known.
    Word,
}

impl Unmapped {
    /// Labels by [`Unmapped::index`].
    pub const LABELS: [&'static str; 8] = ["shape", "account", "time", "future", "amount", "currency", "geo", "word"];

    /// The place in [`Unmapped::LABELS`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The label.
    pub const fn label(self) -> &'static str {
        Unmapped::LABELS[self as usize]
    }

    /// Why an erasure has taken nothing, for the audit.
    pub fn no_erasure(self) -> String {
        format!("the record gave no event: {}", self.label())
    }
}

/// What kind of event a shape is; transfers are told apart by their direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeKind {
    /// One kind.
    Is(Kind),
    /// A transfer.
    Transfer,
    /// A change, named by its field.
    Change,
}

impl ShapeKind {
    /// All kinds with their names in the config.
    pub const ALL: [(&'static str, ShapeKind); 7] = [
        ("login", ShapeKind::Is(Kind::Login)),
        ("deposit", ShapeKind::Is(Kind::Deposit)),
        ("withdrawal", ShapeKind::Is(Kind::Withdrawal)),
        ("bet", ShapeKind::Is(Kind::Bet)),
        ("win", ShapeKind::Is(Kind::Win)),
        ("transfer", ShapeKind::Transfer),
        ("account_change", ShapeKind::Change),
    ];

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<ShapeKind> {
        ShapeKind::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// What words of values mean, in lower case.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Outcome: success.
    pub success: Vec<String>,
    /// Outcome: failure.
    pub failure: Vec<String>,
    /// Status: it happened.
    pub done: Vec<String>,
    /// Status: it did not happen.
    pub failed: Vec<String>,
    /// Status: it was undone.
    pub reversed: Vec<String>,
    /// Direction: into the account.
    pub incoming: Vec<String>,
    /// Direction: out of the account.
    pub outgoing: Vec<String>,
    /// Method: a bonus of the house.
    pub bonus: Vec<String>,
    /// Change: the password.
    pub password: Vec<String>,
    /// Change: where money is paid out to.
    pub payout: Vec<String>,
    /// Change: how the holder is reached.
    pub contact: Vec<String>,
    /// Currencies that are known; those of ISO 4217 by default.
    pub currencies: Vec<String>,
}

/// ISO 4217 codes of currencies in use.
const CURRENCIES: &str = "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp \
    byn bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gnf gtq \
    gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw kwd kyd kzt lak lbp lkr lrd lsl lyd \
    mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar \
    ron rsd rub rwf sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah \
    ugx usd uyu uzs ves vnd vuv wst xaf xcd xof xpf yer zar zmw zwg";

impl Default for Words {
    fn default() -> Words {
        let list = |words: &str| words.split_whitespace().map(str::to_owned).collect();
        Words {
            success: list("true ok success successful succeeded passed granted 1"),
            failure: list("false fail failed failure denied rejected error 0"),
            done: list("approved done success successful succeeded completed complete settled paid ok posted accepted"),
            failed: list("failed declined rejected cancelled canceled denied error expired"),
            reversed: list("reversed reversal void voided refunded refund rollback rolled_back chargeback"),
            incoming: list("in incoming credit received"),
            outgoing: list("out outgoing debit sent"),
            bonus: list("promo promotion bonus freebet free_bet voucher cashback"),
            password: list("password passwd pin credential credentials kata_sandi"),
            payout: list(
                "payout payout_destination payout_account bank_account withdrawal_account destination rekening",
            ),
            contact: list("email e_mail phone phone_number msisdn address 2fa mfa otp contact nomor_hp"),
            currencies: list(CURRENCIES),
        }
    }
}

/// One shape of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it is.
    pub kind: ShapeKind,
    /// Paths and the values (in lower case) one of which each must have; an empty list: it must be there.
    pub when: Vec<(String, Vec<String>)>,
    /// Paths of its fields.
    pub fields: Vec<(Field, String)>,
}

/// No column.
const NONE: u8 = u8::MAX;

/// Compiled shapes. Paths are columns: a record's values are gathered once, whatever the number of shapes.
#[derive(Clone, Debug)]
pub struct Mapping {
    columns: Vec<String>,
    shapes: Vec<CompiledShape>,
    words: Words,
    currencies: Currencies,
    /// Column of the account in events that ask for it to be forgotten.
    subject: u8,
}

#[derive(Clone, Debug)]
struct CompiledShape {
    kind: ShapeKind,
    when: Vec<(u8, Vec<String>)>,
    fields: [u8; Field::ALL.len()],
}

impl Mapping {
    /// Most paths of all shapes together.
    pub const COLUMNS_MAX: usize = 128;

    /// Compiles shapes; `subject` is the path of the account in events that ask for it to be forgotten. `None`: they name
    /// more than [`Mapping::COLUMNS_MAX`] paths.
    pub fn new(shapes: &[Shape], subject: Option<&str>, words: Words) -> Option<Mapping> {
        let mut columns: Vec<String> = Vec::new();
        let mut column = |path: &str| -> u8 {
            let at = columns.iter().position(|known| known == path).unwrap_or_else(|| {
                columns.push(path.to_owned());
                columns.len() - 1
            });
            at.min(usize::from(NONE)) as u8
        };
        let shapes = shapes.iter().map(|shape| {
            let mut fields = [NONE; Field::ALL.len()];
            shape.fields.iter().for_each(|(field, path)| fields[*field as usize] = column(path));
            let when = shape.when.iter().map(|(path, values)| (column(path), values.clone())).collect();
            CompiledShape { kind: shape.kind, when, fields }
        });
        let shapes = shapes.collect();
        let subject = subject.map_or(NONE, &mut column);
        let currencies = Currencies::of(&words.currencies);
        (columns.len() <= Mapping::COLUMNS_MAX).then_some(Mapping { columns, shapes, words, currencies, subject })
    }

    /// No shape at all.
    pub fn empty() -> Mapping {
        let (words, currencies) = (Words::default(), Currencies::default());
        Mapping { columns: Vec::new(), shapes: Vec::new(), words, currencies, subject: NONE }
    }

    /// Whether any shape maps this field.
    pub fn has(&self, field: Field) -> bool {
        self.shapes.iter().any(|shape| shape.fields[field as usize] != NONE)
    }
}

/// What a record says, before identifiers become fingerprints. Borrowed from the record; never kept.
#[derive(Clone, Default)]
pub struct Sighting<'r> {
    /// Account.
    pub account: Cow<'r, str>,
    /// Id of the event.
    pub id: Option<Cow<'r, str>>,
    /// Where the id stands.
    pub id_path: PathId,
    /// Session.
    pub session: Option<Cow<'r, str>>,
    /// Device.
    pub device: Option<Cow<'r, str>>,
    /// User agent.
    pub user_agent: Option<Cow<'r, str>>,
    /// Address as it stands.
    pub ip: Option<Cow<'r, str>>,
    /// Where money goes to.
    pub destination: Option<Cow<'r, str>>,
    /// Where money comes from.
    pub source: Option<Cow<'r, str>>,
    /// Currency.
    pub currency: Option<Cow<'r, str>>,
    /// Wallet.
    pub wallet: Option<Cow<'r, str>>,
    /// How money moves.
    pub method: Option<Cow<'r, str>>,
    /// Producer's estimate.
    pub place: Place,
    /// Event time, ms since 1970.
    pub time_ms: i64,
    /// Whether the login succeeded.
    pub success: bool,
    /// Whether it is a bonus.
    pub bonus: bool,
    /// What became of it.
    pub status: Status,
    /// Amount.
    pub amount: Option<Money>,
    /// Fee.
    pub fee: Option<Money>,
    /// Balance before.
    pub before: Option<Money>,
    /// Balance after.
    pub after: Option<Money>,
}

impl std::fmt::Debug for Sighting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Raw values are personal data: only what says nothing about a person.
        f.debug_struct("Sighting").field("time_ms", &self.time_ms).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Sighting<'_> {
    /// The address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.ip.as_deref().and_then(|ip| ip.trim().parse().ok())
    }
}

/// Reads records; one per worker.
#[derive(Debug)]
pub struct Mapper {
    mapping: Arc<Mapping>,
    /// By path: its column, `NONE`: not wanted; grown as paths are met.
    by_path: Vec<u8>,
    /// By column: the entry of the tape that holds it.
    values: Vec<u32>,
}

/// No entry of the tape.
const ABSENT: u32 = u32::MAX;

impl Mapper {
    /// A mapper by `mapping`.
    pub fn new(mapping: Arc<Mapping>) -> Mapper {
        let values = vec![ABSENT; mapping.columns.len()];
        Mapper { mapping, by_path: Vec::new(), values }
    }

    /// Forgets what it knows of paths: the next record is read with other [`Paths`].
    pub fn forget_paths(&mut self) {
        self.by_path.clear();
    }

    /// What the record says.
    ///
    /// # Errors
    /// Why it tells nothing.
    pub fn read<'r>(&mut self, raw: &'r str, paths: &Paths, tape: &[Scalar]) -> Result<(Kind, Sighting<'r>), Unmapped> {
        self.gather(paths, tape);
        let mapping = Arc::clone(&self.mapping);
        let row = Row { raw, tape, values: &self.values };
        let shape = mapping.shapes.iter().find(|shape| shape.when.iter().all(|(column, any)| row.is(*column, any)));
        Reader { row, shape: shape.ok_or(Unmapped::Shape)?, mapping: &mapping }.read()
    }

    /// Whose account a record asks to forget. It needs no time, and whatever else it says does not matter.
    ///
    /// # Errors
    /// It names none.
    pub fn subject<'r>(&mut self, raw: &'r str, paths: &Paths, tape: &[Scalar]) -> Result<Sighting<'r>, Unmapped> {
        self.gather(paths, tape);
        let account = Row { raw, tape, values: &self.values }.text(self.mapping.subject);
        let account = account.filter(|account| !account.trim().is_empty()).ok_or(Unmapped::Account)?;
        Ok(Sighting { account, ..Sighting::default() })
    }

    fn gather(&mut self, paths: &Paths, tape: &[Scalar]) {
        self.values.fill(ABSENT);
        for (at, scalar) in tape.iter().enumerate() {
            if matches!(scalar.kind, Scalars::Key | Scalars::Object | Scalars::Array | Scalars::Null) {
                continue;
            }
            let column = self.column(paths, scalar.path);
            if column != NONE {
                // Of a name that stands twice the last one counts, as with most readers of JSON.
                self.values[usize::from(column)] = at as u32;
            }
        }
    }

    fn column(&mut self, paths: &Paths, path: PathId) -> u8 {
        let at = path.0 as usize;
        if let Some(&column) = self.by_path.get(at) {
            return column;
        }
        for id in self.by_path.len()..=at {
            let name = paths.display(PathId(id as u32));
            let column = self.mapping.columns.iter().position(|wanted| *wanted == name);
            self.by_path.push(column.map_or(NONE, |column| column as u8));
        }
        self.by_path[at]
    }
}

/// The values of one record by column.
#[derive(Clone, Copy)]
struct Row<'a, 'r> {
    raw: &'r str,
    tape: &'a [Scalar],
    values: &'a [u32],
}

impl<'r> Row<'_, 'r> {
    fn text(&self, column: u8) -> Option<Cow<'r, str>> {
        let at = *self.values.get(usize::from(column))?;
        let scalar = self.tape.get(at as usize)?;
        let text = &self.raw[scalar.span.range()];
        if !scalar.class.has(Class::ESCAPE) {
            return Some(Cow::Borrowed(text));
        }
        serde_json::from_str::<String>(&format!("\"{text}\"")).ok().map(Cow::Owned)
    }

    fn path(&self, column: u8) -> PathId {
        let at = self.values.get(usize::from(column)).and_then(|&at| self.tape.get(at as usize));
        at.map_or(PathId::ROOT, |scalar| scalar.path)
    }

    fn is(&self, column: u8, any: &[String]) -> bool {
        self.text(column).is_some_and(|text| any.is_empty() || any.iter().any(|word| text.eq_ignore_ascii_case(word)))
    }
}

struct Reader<'a, 'r> {
    row: Row<'a, 'r>,
    shape: &'a CompiledShape,
    mapping: &'a Mapping,
}

impl<'r> Reader<'_, 'r> {
    fn read(&self) -> Result<(Kind, Sighting<'r>), Unmapped> {
        let account = self.text(Field::Account).filter(|account| !account.trim().is_empty());
        let mut sighting = Sighting {
            account: account.ok_or(Unmapped::Account)?,
            id: self.text(Field::Id),
            id_path: self.row.path(self.shape.fields[Field::Id as usize]),
            time_ms: self.text(Field::Time).and_then(|text| time::parse(&text)).ok_or(Unmapped::Time)?,
            ..Sighting::default()
        };
        let kind = self.kind()?;
        match kind {
            Kind::Login => self.login(&mut sighting)?,
            Kind::Erase => {}
            Kind::Change(_) => self.whereabouts(&mut sighting)?,
            _ => self.money(&mut sighting)?,
        }
        Ok((kind, sighting))
    }

    fn kind(&self) -> Result<Kind, Unmapped> {
        match self.shape.kind {
            ShapeKind::Is(kind) => Ok(kind),
            ShapeKind::Transfer => match self.text(Field::Direction) {
                Some(word) if holds(&self.mapping.words.incoming, &word) => Ok(Kind::TransferIn),
                Some(word) if holds(&self.mapping.words.outgoing, &word) => Ok(Kind::TransferOut),
                _ => Err(Unmapped::Word),
            },
            ShapeKind::Change => match self.text(Field::Change) {
                Some(word) if holds(&self.mapping.words.payout, &word) => Ok(Kind::Change(Change::Payout)),
                Some(word) if holds(&self.mapping.words.password, &word) => Ok(Kind::Change(Change::Password)),
                Some(word) if holds(&self.mapping.words.contact, &word) => Ok(Kind::Change(Change::Contact)),
                _ => Err(Unmapped::Word),
            },
        }
    }

    fn login(&self, sighting: &mut Sighting<'r>) -> Result<(), Unmapped> {
        self.whereabouts(sighting)?;
        sighting.success = match self.text(Field::Outcome) {
            None => true,
            Some(word) if holds(&self.mapping.words.success, &word) => true,
            Some(word) if holds(&self.mapping.words.failure, &word) => false,
            Some(_) => return Err(Unmapped::Word),
        };
        Ok(())
    }

    /// Session, device, address and place; the destination is for changes of it.
    fn whereabouts(&self, sighting: &mut Sighting<'r>) -> Result<(), Unmapped> {
        sighting.session = self.text(Field::Session);
        sighting.device = self.text(Field::Device);
        sighting.user_agent = self.text(Field::UserAgent);
        sighting.ip = self.text(Field::Ip);
        sighting.destination = self.text(Field::Destination);
        let country = self.text(Field::Country).filter(|country| !country.is_empty());
        sighting.place.country = match country.as_deref().map(str::as_bytes) {
            Some([a, b]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some([a.to_ascii_uppercase(), b.to_ascii_uppercase()])
            }
            Some(_) => return Err(Unmapped::Geo),
            None => None,
        };
        sighting.place.point = match (self.number(Field::Lat)?, self.number(Field::Lon)?) {
            (Some(lat), Some(lon)) if lat == 0.0 && lon == 0.0 => None,
            (Some(lat), Some(lon)) => Some(Point::new(lat, lon).ok_or(Unmapped::Geo)?),
            _ => None,
        };
        let accuracy = self.number(Field::Accuracy)?;
        sighting.place.accuracy_km = accuracy.filter(|km| (0.0..=20_000.0).contains(km)).map(|km| km as f32);
        let asn = self.text(Field::Asn);
        sighting.place.asn = asn.and_then(|asn| asn.trim_start_matches(['A', 'S', 'a', 's']).parse().ok()).unwrap_or(0);
        Ok(())
    }

    fn money(&self, sighting: &mut Sighting<'r>) -> Result<(), Unmapped> {
        sighting.session = self.text(Field::Session);
        sighting.currency = self.text(Field::Currency);
        if let Some(currency) = &sighting.currency
            && !self.mapping.currencies.has(currency)
        {
            return Err(Unmapped::Currency);
        }
        sighting.wallet = self.text(Field::Wallet);
        sighting.method = self.text(Field::Method);
        sighting.destination = self.text(Field::Destination);
        sighting.source = self.text(Field::Source);
        sighting.bonus = sighting.method.as_deref().is_some_and(|method| holds(&self.mapping.words.bonus, method));
        sighting.amount = self.amount(Field::Amount)?;
        sighting.fee = self.amount(Field::Fee)?;
        sighting.before = self.amount(Field::BalanceBefore)?;
        sighting.after = self.amount(Field::BalanceAfter)?;
        if sighting.amount.is_none_or(|amount| amount < Money(0)) {
            return Err(Unmapped::Amount);
        }
        sighting.status = match self.text(Field::Status) {
            None => Status::Done,
            Some(word) if holds(&self.mapping.words.done, &word) => Status::Done,
            Some(word) if holds(&self.mapping.words.reversed, &word) => Status::Reversed,
            Some(word) if holds(&self.mapping.words.failed, &word) => Status::Failed,
            Some(_) => Status::Pending,
        };
        Ok(())
    }

    fn text(&self, field: Field) -> Option<Cow<'r, str>> {
        match self.shape.fields[field as usize] {
            NONE => None,
            column => self.row.text(column),
        }
    }

    fn amount(&self, field: Field) -> Result<Option<Money>, Unmapped> {
        self.text(field).map(|text| Money::parse(&text).ok_or(Unmapped::Amount)).transpose()
    }

    fn number(&self, field: Field) -> Result<Option<f64>, Unmapped> {
        let number = |text: Cow<'_, str>| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        self.text(field).map(|text| number(text).ok_or(Unmapped::Geo)).transpose()
    }
}

/// Currencies that are known, in lower case: there are many, and every movement of money names one.
#[derive(Clone, Debug, Default)]
struct Currencies(HashSet<Box<[u8]>, foldhash::fast::FixedState>);

impl Currencies {
    fn of(words: &[String]) -> Currencies {
        Currencies(words.iter().map(|word| word.to_ascii_lowercase().into_bytes().into()).collect())
    }

    fn has(&self, word: &str) -> bool {
        let mut lower = [0; 16];
        let Some(lower) = lower.get_mut(..word.len()) else {
            return self.0.contains(word.to_ascii_lowercase().as_bytes());
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        self.0.contains(&*lower)
    }
}

fn holds(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}
