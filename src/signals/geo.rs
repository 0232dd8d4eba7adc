//! Places of addresses, from databases in MaxMind's format: nested (`country.iso_code`, `location.latitude`) or flat
//! (`country_code`, `latitude`). The producer's own estimate goes first.
//!
//! A large database is mapped. A mapped file that is written or cut in place ends the process (SIGBUS), so it must be
//! replaced by renaming another over it. Small ones, and those into which anybody may write, are read into memory instead.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hashbrown::HashMap;
use maxminddb::{Mmap, Reader};
use serde::Deserialize;

use super::event::{Place, Point};
use crate::place::looked_in;

/// Up to this size a database is read into memory.
const SMALL_BYTES: u64 = 16 << 20;

/// The databases; none is bundled.
#[derive(Default)]
pub struct Geo {
    city: Option<Database>,
    asn: Option<Database>,
}

/// One database.
enum Database {
    Mapped(Reader<Mmap>),
    Read(Reader<Vec<u8>>),
}

impl Database {
    fn open(path: &Path) -> Result<Database, String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = fs::metadata(path).map_err(|error| failed(&format!("{error}{}", looked_in(path, &error))))?;
        // What anybody may write into is not trusted to stay as it is.
        if file.len() <= SMALL_BYTES || file.mode() & 0o002 != 0 {
            let bytes = fs::read(path).map_err(|error| failed(&error))?;
            return Reader::from_source(bytes).map(Database::Read).map_err(|error| failed(&error));
        }
        // SAFETY: the bytes of a map must not change while it lives. A replaced file is another file, and ours is only
        // read; the operator is told (README, `signals.geo`) not to write into one that is in use.
        #[allow(unsafe_code)]
        let mapped = unsafe { Reader::open_mmap(path) };
        mapped.map(Database::Mapped).map_err(|error| failed(&error))
    }

    /// The row of an address. `None`: there is none, or it is not of this kind.
    fn row<'a, T: Deserialize<'a>>(&'a self, address: IpAddr) -> Option<T> {
        match self {
            Database::Mapped(reader) => reader.lookup(address).and_then(|found| found.decode()),
            Database::Read(reader) => reader.lookup(address).and_then(|found| found.decode()),
        }
        .ok()
        .flatten()
    }
}

impl std::fmt::Debug for Geo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Geo").field("city", &self.has_city()).field("asn", &self.has_asn()).finish()
    }
}

/// A row of a city database, in either schema. Unknown fields are skipped.
#[derive(Deserialize, Default)]
struct CityRow<'a> {
    #[serde(borrow)]
    country: Option<Country<'a>>,
    location: Option<Location>,
    country_code: Option<&'a str>,
    latitude: Option<Number>,
    longitude: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Country<'a> {
    Nested { iso_code: Option<&'a str> },
    Flat(&'a str),
}

#[derive(Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_radius: Option<u16>,
}

/// Flat databases write degrees as numbers or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Double(f64),
    Float(f32),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<f64> {
        match self {
            Number::Double(number) => Some(*number),
            Number::Float(number) => Some(f64::from(*number)),
            Number::Text(text) => text.parse().ok(),
        }
    }
}

#[derive(Deserialize)]
struct AsnRow {
    autonomous_system_number: Option<u32>,
    asn: Option<u32>,
}

impl Geo {
    /// No database.
    pub fn none() -> Geo {
        Geo::default()
    }

    /// Opens the databases at these paths, for all workers. Of those that are mapped, pages come from the file as they are
    /// asked for: replace such a file by renaming another over it. One that is written in place takes the process along.
    ///
    /// # Errors
    /// The name of the field, and why its file is no database.
    pub fn open(city: Option<&Path>, asn: Option<&Path>) -> Result<Geo, (&'static str, String)> {
        let open = |field, path: Option<&Path>| path.map(Database::open).transpose().map_err(|error| (field, error));
        Ok(Geo { city: open("city", city)?, asn: open("asn", asn)? })
    }

    /// Whether addresses have places.
    pub fn has_city(&self) -> bool {
        self.city.is_some()
    }

    /// Whether addresses have ASNs.
    pub fn has_asn(&self) -> bool {
        self.asn.is_some()
    }

    /// Where an address is; without an ASN. `None`: no database knows.
    fn city_of(&self, address: IpAddr) -> Option<Place> {
        Some(place_of(&self.city.as_ref()?.row(address)?))
    }

    /// Who an address belongs to; 0: no database knows.
    fn asn_of(&self, address: IpAddr) -> u32 {
        let row = self.asn.as_ref().and_then(|asn| asn.row::<AsnRow>(address));
        row.and_then(|row| row.autonomous_system_number.or(row.asn)).unwrap_or(0)
    }
}

/// What a worker has asked the databases since its last batch: an address comes with many events in a row, and a row of a
/// database is a walk through its tree.
#[derive(Default)]
pub struct Recent(HashMap<IpAddr, Known>);

/// What is known of an address, once it was asked for.
#[derive(Default)]
struct Known {
    city: Option<Option<Place>>,
    asn: Option<u32>,
}

impl Recent {
    /// Most addresses: who never ends a batch keeps no more.
    const MAX: usize = 4096;

    /// Forgets all, between two batches: addresses stay no longer than their records, and replaced databases are asked.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Fills in what the producer did not say. A producer's place is taken whole: its country and a database's point
    /// could be two places.
    pub fn complete(&mut self, geo: &Geo, address: Option<IpAddr>, place: &mut Place) {
        let Some(address) = address else { return };
        let wants_city = geo.has_city() && place.country.is_none() && place.point.is_none();
        let wants_asn = geo.has_asn() && place.asn == 0;
        if !wants_city && !wants_asn {
            return;
        }
        if self.0.len() >= Recent::MAX {
            self.clear();
        }
        let known = self.0.entry(address).or_default();
        if wants_city && let Some(city) = known.city.get_or_insert_with(|| geo.city_of(address)) {
            *place = Place { asn: place.asn, ..*city };
        }
        if wants_asn {
            place.asn = *known.asn.get_or_insert_with(|| geo.asn_of(address));
        }
    }
}

fn place_of(row: &CityRow<'_>) -> Place {
    let mut place = Place::default();
    let nested = match &row.country {
        Some(Country::Nested { iso_code }) => *iso_code,
        Some(Country::Flat(code)) => Some(*code),
        None => None,
    };
    place.country = nested.or(row.country_code).and_then(|code| code.as_bytes().try_into().ok());
    if let Some(location) = &row.location {
        place.point = location.latitude.zip(location.longitude).and_then(|(lat, lon)| Point::new(lat, lon));
        place.accuracy_km = location.accuracy_radius.map(f32::from);
    } else {
        let degrees = |number: &Option<Number>| number.as_ref().and_then(Number::value);
        let (lat, lon) = (degrees(&row.latitude), degrees(&row.longitude));
        place.point = lat.zip(lon).and_then(|(lat, lon)| Point::new(lat, lon));
    }
    place
}
