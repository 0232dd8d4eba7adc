//! Accounts and their habits.

use fastrand::Rng;

use super::places::{self, Carrier, City, FIXED, HOME, MOBILE, pick_carrier, pick_city};

const HOUR_MS: i64 = 3_600_000;
/// A day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A device with what its user agent says.
#[derive(Debug, Clone)]
pub struct Device {
    pub id: String,
    pub kind: &'static str,
    pub agent: String,
}

impl Device {
    /// A new one.
    pub fn new(rng: &mut Rng) -> Device {
        let kind =
            ["android-app", "android-app", "android-app", "android-web", "desktop-web", "ios-app"][rng.usize(..6)];
        Device { id: device_id(rng), kind, agent: agent(kind, rng) }
    }

    /// The same device after a reinstallation or in a private window: only its id is new.
    pub fn reborn(&self, rng: &mut Rng) -> Device {
        Device { id: device_id(rng), ..self.clone() }
    }
}

fn device_id(rng: &mut Rng) -> String {
    format!("d-{:010x}", rng.u64(..1 << 40))
}

fn agent(kind: &str, rng: &mut Rng) -> String {
    let model =
        ["Redmi Note 12", "SM-A145F", "V2249", "CPH2577", "Infinix X6528", "RMX3834", "SM-S918B"][rng.usize(..7)];
    let (android, chrome) = (rng.u8(11..=15), rng.u16(112..=131));
    match kind {
        "android-app" => format!("ArenaPlay/5.{}.{} (Android {android}; {model})", rng.u8(9..=13), rng.u8(..4)),
        "ios-app" => {
            format!("ArenaPlay/5.{}.{} (iOS {}.{})", rng.u8(9..=13), rng.u8(..4), rng.u8(15..=18), rng.u8(..6))
        }
        "android-web" => format!(
            "Mozilla/5.0 (Linux; Android {android}; {model}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 \
             Mobile Safari/537.36"
        ),
        _ => format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 \
             Safari/537.36"
        ),
    }
}

/// Where money is paid out to.
#[derive(Debug, Clone)]
pub struct Payout {
    /// `bank` or `dana`.
    pub method: &'static str,
    pub bank: Option<&'static str>,
    pub account: String,
}

impl Payout {
    /// A new one.
    pub fn new(rng: &mut Rng) -> Payout {
        if rng.f64() < 0.25 {
            return Payout {
                method: "dana",
                bank: None,
                account: format!("08{:010}", rng.u64(1_200_000_000..9_999_999_999)),
            };
        }
        let bank = ["BCA", "BNI", "BRI", "MANDIRI", "CIMB", "BSI", "JAGO"][rng.usize(..7)];
        let digits = if rng.bool() { 10 } else { 13 };
        let account = (0..digits).map(|_| char::from(b'0' + rng.u8(..10))).collect();
        Payout { method: "bank", bank: Some(bank), account }
    }
}

/// How somebody cashes out.
#[derive(Debug, Clone, Copy)]
pub enum CashOut {
    /// Nearly all there is, whenever it is worth it.
    Sweep,
    /// A share of it.
    Part,
    /// One of the same round amounts.
    Rounds(i64),
    /// Hardly ever.
    Rare,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub city: City,
    pub mobile: Carrier,
    pub fixed: Option<Carrier>,
    /// Number of the fixed line; families share it.
    pub line: u64,
    /// Office network and its line.
    pub office: Option<(Carrier, u64)>,
    pub devices: Vec<Device>,
    pub payouts: Vec<Payout>,
    pub friends: Vec<usize>,
    /// Sessions a day.
    pub rate: f64,
    /// Hour of the day (Jakarta) around which sessions lie.
    pub hour: f64,
    /// Typical stake, IDR.
    pub stake: f64,
    /// Typical deposit, IDR.
    pub deposit: f64,
    pub deposit_method: &'static str,
    pub cash_out: CashOut,
    /// Share of sessions with play.
    pub plays: f64,
    /// Share of deposits that take the bonus.
    pub bonus: f64,
    /// Share of sessions over a relay or VPN.
    pub vpn: f64,
    /// Away: from, to, where.
    pub trips: Vec<(i64, i64, City)>,
    /// When the phone is replaced.
    pub new_phone: Option<i64>,
    /// Not seen from, to.
    pub pause: Option<(i64, i64)>,
    // What happened so far.
    pub balance: i64,
    pub logins: u32,
    pub last_login_ms: i64,
    /// Under attack: its owner must not be chosen again.
    pub attacked: bool,
    /// Its last session, and the spot and device of it.
    pub session: Option<(String, places::Spot, Device)>,
}

/// Draws `n` accounts for a stream that starts at `start_ms` and lasts `days`.
pub fn draw(n: usize, start_ms: i64, days: u32, rng: &mut Rng) -> Vec<Person> {
    let mut people: Vec<Person> = (0..n).map(|i| person(i, n, start_ms, days, rng)).collect();
    for i in 1..n {
        // Families: one line, one more device.
        if rng.f64() < 0.06 {
            let (city, fixed, line) = (people[i - 1].city, people[i - 1].fixed, people[i - 1].line);
            let shared = people[i - 1].devices[0].clone();
            (people[i].city, people[i].fixed, people[i].line) = (city, fixed, line);
            people[i].devices.push(shared);
        }
    }
    people
}

const FIRST: [&str; 12] =
    ["siti", "bayu", "ratna", "agus", "dewi", "yoga", "putri", "rizky", "wulan", "hendra", "maya", "fajar"];
const LAST: [&str; 10] =
    ["puspita", "nasution", "pratama", "wibowo", "siregar", "lestari", "santoso", "hidayat", "simanjuntak", "utami"];

fn person(i: usize, n: usize, start_ms: i64, days: u32, rng: &mut Rng) -> Person {
    let mobile = pick_carrier(&MOBILE, rng);
    let city = pick_city(&HOME, rng);
    let friends = (0..rng.usize(..4)).map(|_| rng.usize(..n)).filter(|&f| f != i).collect();
    let deposit = log_normal(170_000.0, 1.1, rng).clamp(20_000.0, 8_000_000.0);
    let cash_out = match rng.f64() {
        x if x < 0.25 => CashOut::Sweep,
        x if x < 0.70 => CashOut::Part,
        x if x < 0.88 => CashOut::Rounds(round_to(deposit * 0.8, 50_000).max(50_000)),
        _ => CashOut::Rare,
    };
    Person {
        id: format!("u{:07}-{i:04}", rng.u32(..9_999_999)),
        email: format!(
            "{}.{}{}@example.{}",
            FIRST[rng.usize(..12)],
            LAST[rng.usize(..10)],
            rng.u16(1..999),
            ["com", "net", "org"][rng.usize(..3)]
        ),
        city,
        mobile,
        fixed: (rng.f64() < 0.55).then(|| pick_carrier(&FIXED, rng)),
        line: rng.u64(1..),
        office: (rng.f64() < 0.12).then(|| (pick_carrier(&FIXED, rng), 1 + rng.u64(..40))),
        devices: (0..1 + usize::from(rng.f64() < 0.35) + usize::from(rng.f64() < 0.1))
            .map(|_| Device::new(rng))
            .collect(),
        payouts: (0..1 + usize::from(rng.f64() < 0.4)).map(|_| Payout::new(rng)).collect(),
        friends,
        rate: log_normal(0.65, 0.7, rng).clamp(0.05, 4.0),
        hour: 8.0 + 14.0 * rng.f64(),
        stake: log_normal(2_500.0, 1.0, rng).clamp(500.0, 80_000.0),
        deposit,
        deposit_method: ["dana", "dana", "virtual_account", "virtual_account", "bank"][rng.usize(..5)],
        cash_out,
        plays: if rng.f64() < 0.08 { 0.05 } else { 0.35 + 0.45 * rng.f64() },
        bonus: if rng.f64() < 0.2 { 0.6 } else { 0.05 },
        vpn: if rng.f64() < 0.02 { 0.2 + 0.7 * rng.f64() } else { 0.002 },
        trips: trips(start_ms, days, rng),
        new_phone: (rng.f64() < 0.05 * f64::from(days) / 28.0).then(|| start_ms + rng.i64(0..i64::from(days)) * DAY_MS),
        pause: (rng.f64() < 0.04).then(|| {
            let from = start_ms + rng.i64(0..i64::from(days)) * DAY_MS / 3;
            (from, from + rng.i64(10..40) * DAY_MS)
        }),
        balance: round_to(log_normal(60_000.0, 1.4, rng).clamp(0.0, 6_000_000.0), 50),
        logins: 0,
        last_login_ms: 0,
        attacked: false,
        session: None,
    }
}

fn trips(start_ms: i64, days: u32, rng: &mut Rng) -> Vec<(i64, i64, City)> {
    let mut trips = Vec::new();
    if rng.f64() < 0.06 * f64::from(days) / 28.0 {
        let from = start_ms + (rng.f64() * f64::from(days) * DAY_MS as f64) as i64;
        let city = if rng.f64() < 0.2 { pick_city(&places::ABROAD, rng) } else { pick_city(&HOME, rng) };
        trips.push((from, from + (rng.f64() * 6.0 * DAY_MS as f64) as i64 + DAY_MS / 2, city));
    }
    trips
}

/// A log-normal draw with its median.
pub fn log_normal(median: f64, sigma: f64, rng: &mut Rng) -> f64 {
    // Box-Muller.
    let (u, v) = (1.0 - rng.f64(), rng.f64());
    median * (sigma * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()).exp()
}

/// The nearest multiple of `step`.
pub fn round_to(value: f64, step: i64) -> i64 {
    (value / step as f64).round() as i64 * step
}
