//! Where people and attackers are: cities, and networks with what geo databases make of them. The numbers of autonomous
//! systems are real, their address ranges are not; coordinates are those of the cities.

use fastrand::Rng;

/// A city.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct City {
    pub country: &'static str,
    pub name: &'static str,
    pub lat: f64,
    pub lon: f64,
    /// How many people live there, relatively.
    weight: f64,
}

const fn city(country: &'static str, name: &'static str, lat: f64, lon: f64, weight: f64) -> City {
    City { country, name, lat, lon, weight }
}

/// Cities of Indonesia.
pub const HOME: [City; 26] = [
    city("ID", "Jakarta", -6.2088, 106.8456, 9.0),
    city("ID", "Bekasi", -6.2383, 106.9756, 3.0),
    city("ID", "Depok", -6.4025, 106.7942, 2.0),
    city("ID", "Tangerang", -6.1783, 106.6319, 3.0),
    city("ID", "Bogor", -6.5971, 106.806, 1.5),
    city("ID", "Bandung", -6.9175, 107.6191, 4.0),
    city("ID", "Semarang", -6.9667, 110.4167, 2.5),
    city("ID", "Surakarta", -7.5755, 110.8243, 1.0),
    city("ID", "Yogyakarta", -7.7956, 110.3695, 2.0),
    city("ID", "Surabaya", -7.2575, 112.7521, 5.0),
    city("ID", "Malang", -7.9666, 112.6326, 1.5),
    city("ID", "Denpasar", -8.6705, 115.2126, 2.0),
    city("ID", "Mataram", -8.5833, 116.1167, 0.8),
    city("ID", "Kupang", -10.1772, 123.607, 0.5),
    city("ID", "Medan", 3.5952, 98.6722, 4.0),
    city("ID", "Banda Aceh", 5.5483, 95.3238, 0.5),
    city("ID", "Pekanbaru", 0.5071, 101.4478, 1.5),
    city("ID", "Padang", -0.9471, 100.4172, 1.0),
    city("ID", "Palembang", -2.9761, 104.7754, 1.8),
    city("ID", "Bandar Lampung", -5.3971, 105.2668, 1.2),
    city("ID", "Pontianak", -0.0263, 109.3425, 0.9),
    city("ID", "Banjarmasin", -3.3186, 114.5944, 0.9),
    city("ID", "Balikpapan", -1.2379, 116.8529, 1.0),
    city("ID", "Makassar", -5.1477, 119.4327, 2.0),
    city("ID", "Manado", 1.4748, 124.8421, 0.7),
    city("ID", "Jayapura", -2.5916, 140.669, 0.4),
];

/// Places abroad: where people travel to, work, or attack from.
pub const ABROAD: [City; 16] = [
    city("SG", "Singapore", 1.3521, 103.8198, 5.0),
    city("MY", "Kuala Lumpur", 3.139, 101.6869, 4.0),
    city("TH", "Bangkok", 13.7563, 100.5018, 3.0),
    city("SA", "Jeddah", 21.4858, 39.1925, 3.0),
    city("JP", "Tokyo", 35.6762, 139.6503, 1.5),
    city("HK", "Hong Kong", 22.3193, 114.1694, 1.5),
    city("AU", "Perth", -31.9523, 115.8613, 1.0),
    city("NL", "Amsterdam", 52.3676, 4.9041, 1.0),
    city("GB", "London", 51.5074, -0.1278, 1.0),
    city("DE", "Berlin", 52.52, 13.405, 1.0),
    city("IN", "Mumbai", 19.076, 72.8777, 1.5),
    city("VN", "Ho Chi Minh City", 10.8231, 106.6297, 1.5),
    city("PH", "Manila", 14.5995, 120.9842, 1.5),
    city("NG", "Lagos", 6.5244, 3.3792, 1.0),
    city("TR", "Istanbul", 41.0082, 28.9784, 1.0),
    city("US", "Ashburn", 39.0438, -77.4874, 1.0),
];

/// What kind of network it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Mobile,
    Fixed,
    Hosting,
}

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier {
    pub asn: u32,
    pub sort: Sort,
    /// First two bytes of its addresses.
    prefix: (u8, u8),
    /// Its geo is of the Indonesian kind that jumps between cities.
    pub jumps: bool,
    weight: u32,
}

const fn carrier(asn: u32, sort: Sort, prefix: (u8, u8), jumps: bool, weight: u32) -> Carrier {
    Carrier { asn, sort, prefix, jumps, weight }
}

/// Mobile carriers of Indonesia: Telkomsel, Indosat, XL, Tri, Smartfren.
pub const MOBILE: [Carrier; 5] = [
    carrier(23693, Sort::Mobile, (114, 120), true, 40),
    carrier(4761, Sort::Mobile, (114, 4), true, 22),
    carrier(24203, Sort::Mobile, (112, 215), true, 16),
    carrier(45727, Sort::Mobile, (116, 206), true, 8),
    carrier(18004, Sort::Mobile, (202, 67), true, 4),
];

/// Fixed lines of Indonesia: IndiHome, Biznet, First Media, MyRepublic, a small one.
pub const FIXED: [Carrier; 5] = [
    carrier(7713, Sort::Fixed, (36, 72), true, 40),
    carrier(17451, Sort::Fixed, (112, 78), true, 10),
    carrier(23700, Sort::Fixed, (139, 192), false, 12),
    carrier(63859, Sort::Fixed, (158, 140), false, 8),
    carrier(38511, Sort::Fixed, (103, 28), false, 5),
];

/// Relays and VPN exits that honest people use.
pub const RELAYS: [Carrier; 2] =
    [carrier(13335, Sort::Hosting, (104, 28), false, 3), carrier(36183, Sort::Hosting, (172, 225), false, 1)];

/// Hosting, from where attacks come, and some VPN users too.
pub const HOSTING: [Carrier; 4] = [
    carrier(14061, Sort::Hosting, (128, 199), false, 3),
    carrier(51167, Sort::Hosting, (161, 97), false, 2),
    carrier(16276, Sort::Hosting, (51, 89), false, 2),
    carrier(20473, Sort::Hosting, (45, 76), false, 2),
];

/// The access network of a city abroad: one per country.
pub fn abroad(city: &City) -> Carrier {
    let at = ABROAD.iter().position(|c| c.country == city.country).expect("a city of the table") as u32;
    let asn = [9506, 4788, 45629, 25019, 2516, 4760, 1221, 1136, 2856, 3320, 55836, 45899, 9299, 29465, 9121, 7922]
        [at as usize];
    carrier(asn, Sort::Fixed, (60 + at as u8, 100), false, 1)
}

/// Where a session comes from.
#[derive(Debug, Clone)]
pub struct Spot {
    pub carrier: Carrier,
    /// Where the geo database says it is.
    pub city: City,
    pub accuracy_km: u32,
    pub ip: String,
}

/// What geo databases do with carriers: varies by seed.
#[derive(Debug, Clone)]
pub struct Geo {
    /// By carrier that jumps: probability that a lookup names another city than the true one.
    wander: Vec<(u32, f64)>,
    /// Share of IPv6 on networks that have it.
    v6: f64,
}

impl Geo {
    /// Draws the world's habits. Of two lookups of one carrier, 30 to 45 % are to be far from each other.
    pub fn new(rng: &mut Rng) -> Geo {
        let draw = |c: &Carrier, rng: &mut Rng| {
            let pairs = 0.30 + 0.15 * rng.f64();
            // Two draws differ when either wandered; a wandering one lies over 500 km away in about 7 cases of 10.
            let wander: f64 = 1.0 - (1.0 - pairs / 0.7).sqrt();
            (c.asn, if c.jumps { wander } else { 0.01 })
        };
        let wander = MOBILE.iter().chain(&FIXED).map(|c| draw(c, rng)).collect();
        Geo { wander, v6: if rng.bool() { 0.0 } else { 0.1 * rng.f64() } }
    }

    /// A session on `carrier` of somebody who is in `city`. `line`: the number of the fixed line, which keeps its
    /// address and, mostly, its place; 0 for networks with changing addresses.
    pub fn spot(&self, carrier: Carrier, city: City, line: u64, rng: &mut Rng) -> Spot {
        let wander = self.wander.iter().find(|(asn, _)| *asn == carrier.asn).map_or(0.0, |w| w.1);
        // A fixed line that wanders does so by day: its address is leased.
        let wanders = rng.f64() < if carrier.sort == Sort::Fixed { wander * 0.5 } else { wander };
        let seen = if wanders && city.country == "ID" { pick_city(&HOME, rng) } else { city };
        let accuracy_km = match carrier.sort {
            Sort::Mobile => [100, 200, 200, 500][rng.usize(..4)],
            Sort::Fixed => [5, 10, 20, 50][rng.usize(..4)],
            Sort::Hosting => [20, 50, 100, 1000][rng.usize(..4)],
        };
        Spot { carrier, city: seen, accuracy_km, ip: self.address(&carrier, line, rng) }
    }

    fn address(&self, carrier: &Carrier, line: u64, rng: &mut Rng) -> String {
        let mut own = if line == 0 { Rng::with_seed(rng.u64(..)) } else { Rng::with_seed(line) };
        let (a, b) = carrier.prefix;
        if carrier.sort == Sort::Fixed && own.f64() < self.v6 {
            return format!("2001:db8:{:x}:{:x}::{:x}", carrier.asn & 0xffff, own.u16(..), own.u16(1..));
        }
        match carrier.sort {
            // Carrier NAT: few addresses for many.
            Sort::Mobile => format!("{a}.{}.{}.{}", u16::from(b) + own.u16(..3), own.u8(1..=60), own.u8(1..=250)),
            Sort::Hosting => format!("{a}.{b}.{}.{}", own.u8(60..=99), own.u8(1..=250)),
            Sort::Fixed => format!("{a}.{}.{}.{}", u16::from(b) + own.u16(..9), own.u8(..), own.u8(1..=250)),
        }
    }
}

/// A city by its weight.
pub fn pick_city(cities: &[City], rng: &mut Rng) -> City {
    let mut at = rng.f64() * cities.iter().map(|c| c.weight).sum::<f64>();
    for city in cities {
        at -= city.weight;
        if at <= 0.0 {
            return *city;
        }
    }
    cities[0]
}

/// A carrier by its weight.
pub fn pick_carrier(carriers: &[Carrier], rng: &mut Rng) -> Carrier {
    let mut at = rng.u32(..carriers.iter().map(|c| c.weight).sum::<u32>());
    for carrier in carriers {
        if at < carrier.weight {
            return *carrier;
        }
        at -= carrier.weight;
    }
    carriers[0]
}
