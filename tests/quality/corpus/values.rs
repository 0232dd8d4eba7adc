//! Made-up values by kind, in the spellings that people and programs use.

use fastrand::Rng;

use super::checked::{base58check, bech32, digits, iban, luhn};

/// Given names and family names of three countries.
const NAMES: [(&str, &str); 18] = [
    ("Siti", "Rahmawati"),
    ("Budi", "Santoso"),
    ("Dewi", "Lestari"),
    ("Agus", "Wijaya"),
    ("Putri", "Maharani"),
    ("Eko", "Prasetyo"),
    ("Annette", "Døfler Botoft"),
    ("Bjørn", "Kjærgaard"),
    ("Søren", "Nørgaard"),
    ("Mette", "Frandsen"),
    ("Lærke", "Holm"),
    ("Jens", "Åkjær"),
    ("John", "Whitfield"),
    ("Mary", "O'Leary"),
    ("Priya", "Raman"),
    ("Tom", "Ashworth"),
    ("Grace", "Hollis"),
    ("Ewan", "MacLeod"),
];
const DOMAINS: [&str; 12] = [
    "example.com",
    "example.org",
    "mail.example.co.id",
    "example.id",
    "kunde.example.dk",
    "example.net",
    "contoh.co.id",
    "eksempel.dk",
    "surat.example.id",
    "post.example.dk",
    "corp.example.io",
    "example.ac.id",
];
/// Regency codes of NIKs (Kemendagri).
const REGENCIES: [&str; 10] = ["3171", "3578", "3273", "1271", "5171", "7371", "3374", "3471", "1671", "6471"];
/// Prefixes of e-wallet virtual accounts; the phone number follows.
const BILLERS: [&str; 5] = ["8528", "3901", "88810", "70001", "39358"];
const STREETS: [&str; 9] = [
    "Jl. Melati No. 5 RT 03/07",
    "Jalan Sudirman Kav. 21",
    "Jl. Kenanga Raya Blok C2 No. 14",
    "Birkegårdsvej 39, Bårup",
    "Nørrebrogade 114, 2. tv",
    "Skovvej 7",
    "221 Elm Street",
    "17 Orchard Road #04-12",
    "48 Willow Lane, Apt. 5",
];
const PLACES: [&str; 6] = [
    "40132 Bandung",
    "4370 St. Merløse",
    "2200 København N",
    "12190 Jakarta Selatan",
    "8000 Aarhus C",
    "Springfield, IL 62704",
];

/// The label of a slot: `phone:intl` holds a `phone`.
pub fn label_of(kind: &str) -> &str {
    kind.split(':').next().unwrap_or(kind)
}

/// A value for a slot.
pub fn of(kind: &str, random: &mut Rng) -> String {
    match kind {
        "email" => email(random),
        "email:words" => email_in_words(random),
        "ip" => ip(random),
        "ip:int" => random.u32(0x0b00_0000..0xdf00_0000).to_string(),
        "ip:host" => ip_in_host(random),
        "ip:v4" => v4(random).map(|octet| octet.to_string()).join("."),
        "phone" => phone_near_word(random),
        "phone:clear" => phone_clear(random),
        "phone:number" => format!("628{}{}", random.u32(11..=19), digits(random, 8)),
        "payment_card" => card(random),
        "payment_card:plain" => card_digits(random),
        "payment_card:maestro12" => luhn(&format!("6304{}", digits(random, 7))),
        "payment_card:track2" => format!("{}=2912101{}", luhn(&format!("4{}", digits(random, 14))), digits(random, 13)),
        "payment_card:track1" => {
            let (given, family) = ascii_name(random);
            format!("B{}^{family}/{given}^2912101", luhn(&format!("4{}", digits(random, 14)))).to_uppercase()
        }
        "iban" => spaced_iban(random),
        "nik" => nik(random),
        "npwp" => npwp(random),
        "virtual_account" => {
            format!("{}08{}{}", random.choice(BILLERS).unwrap(), random.u32(11..=19), digits(random, 8))
        }
        "cpr" => cpr(random),
        "cpr:bare" => cpr(random).replace(['-', ' '], ""),
        "bank_account:dk" => format!("{}{}", random.u32(1..=9), digits(random, 9)),
        "bank_account:id" => {
            let n = random.usize(9..=13);
            format!("{}{}", random.u32(1..=9), digits(random, n))
        }
        "us_ssn" => format!("{:03}-{:02}-{:04}", random.u32(1..=665), random.u32(1..=99), random.u32(1..=9999)),
        "passport" => format!("{}{}", random.uppercase(), digits(random, 7)),
        "id_photo" => format!("https://cdn.example.net/kyc/{}.jpg", hex(random, 24)),
        "otp" => digits(random, 6),
        "date_of_birth" => date(random, false),
        "date_of_birth:iso" => date(random, true),
        "person_name" | "person_name_in_prose" => name(random),
        "person_name:given" => random.choice(NAMES).unwrap().0.to_owned(),
        "address" => format!("{}, {}", random.choice(STREETS).unwrap(), random.choice(PLACES).unwrap()),
        "address:street" => (*random.choice(STREETS.iter()).unwrap()).to_owned(),
        "password" => format!(
            "{}{}!{}",
            random.choice(["hunter", "Rahasia", "Sommer", "kucing"]).unwrap(),
            random.u32(10..9999),
            random.lowercase()
        ),
        "password:url" => {
            format!("{}{}", random.choice(["hunter", "rahasia", "sommer"]).unwrap(), random.u32(10..9999))
        }
        "cvv" => digits(random, 3),
        "secret" => secret(random),
        "secret:jwt" => {
            let payload = format!(r#"{{"sub":"{}","iat":1700000000}}"#, random.u32(1..9999));
            jwt(random, &payload)
        }
        "device_id" => uuid(random),
        "imei" => luhn(&format!("35{}", digits(random, 12))),
        "mac" => mac(random),
        "geo:lat" => format!("{:.6}", -6.0 - random.f64()),
        "geo:lon" => format!("{:.6}", 106.0 + random.f64()),
        "geo" => format!("{:.6}, {:.6}", 55.0 + random.f64(), 12.0 + random.f64()),
        "crypto_address" => match random.u8(..3) {
            0 => base58check(random),
            1 => bech32(random),
            _ => format!("0x{}", hex(random, 40)),
        },
        other => panic!("no values for the slot {other}"),
    }
}

fn name(random: &mut Rng) -> String {
    // Any given name with any family name of its country.
    let at = random.usize(..NAMES.len());
    let other = at / 6 * 6 + random.usize(..6);
    format!("{} {}", NAMES[at].0, NAMES[other].1)
}

fn ascii_name(random: &mut Rng) -> (String, String) {
    let (given, family) = NAMES[random.choice([0, 1, 2, 3, 4, 5, 12, 14, 15, 16]).unwrap()];
    (given.to_owned(), family.replace(['\'', ' '], ""))
}

fn email(random: &mut Rng) -> String {
    let (given, family) = ascii_name(random);
    let domain = random.choice(DOMAINS).unwrap();
    let (given, family) = (given.to_lowercase(), family.to_lowercase());
    let number = random.u32(1..999);
    match random.u8(..9) {
        0 => format!("{given}.{family}@{domain}"),
        1 => format!("{given}{number}@{domain}"),
        2 => format!("{given}.{family}+promo{number}@{domain}"),
        3 => format!("{given}_{family}@{domain}").to_uppercase(),
        4 => format!("\"{given} {family}\"@{domain}"),
        5 => format!("{given}@rødgrød{number}.dk"),
        6 => format!("bjørn.{family}@{domain}"),
        7 => format!("{given}@xn--rdgrd-vuad.dk"),
        _ => format!("{}{family}-{number}@{domain}", &given[..1]),
    }
}

fn email_in_words(random: &mut Rng) -> String {
    let (given, family) = ascii_name(random);
    let (given, family) = (given.to_lowercase(), family.to_lowercase());
    let host = random.choice(["example", "contoh", "eksempel"]).unwrap();
    match random.u8(..4) {
        0 => format!("{given} dot {family} at {host} dot com"),
        1 => format!("{given}.{family} [at] {host} [dot] com"),
        2 => format!("{given}.{family}(at){host}.com"),
        _ => format!("{given} at {host} dot co dot id"),
    }
}

fn v4(random: &mut Rng) -> [u8; 4] {
    [random.choice([23, 36, 80, 103, 114, 180, 193, 203]).unwrap(), random.u8(1..), random.u8(1..), random.u8(1..255)]
}

fn ip(random: &mut Rng) -> String {
    let [a, b, c, d] = v4(random);
    let mut group = || format!("{:x}", random.u16(0x100..));
    let (e, f, g) = (group(), group(), group());
    match random.u8(..11) {
        0..=2 => format!("{a}.{b}.{c}.{d}"),
        3 => format!("{a}.{b}.{c}.{d}:{}", random.u16(1024..)),
        4 => format!("{a:03}.{b:03}.{c:03}.{d:03}"),
        5 => format!("::ffff:{a}.{b}.{c}.{d}"),
        6 => format!("::ffff:{:02x}{:02x}:{:02x}{:02x}", a, b, c, d),
        7 => format!("2001:db8:{e}::{f}:{g}"),
        8 => format!("2001:0DB8:{}:0000:0000:{:0>4}:{:0>4}:7334", e.to_uppercase(), f.to_uppercase(), g.to_uppercase()),
        9 => format!("[2a02:{e}:{f}::{g}]:443"),
        _ => format!("fe80::{e}:{f}%eth{}", random.u8(..4)),
    }
}

fn ip_in_host(random: &mut Rng) -> String {
    let [a, b, c, d] = v4(random);
    if random.bool() { format!("{a}-{b}-{c}-{d}") } else { format!("{d}.{c}.{b}.{a}.in-addr.arpa") }
}

/// Numbers that show by themselves that they are phone numbers.
fn phone_clear(random: &mut Rng) -> String {
    let n = |random: &mut Rng, count| digits(random, count);
    match random.u8(..13) {
        0 => format!("+62 8{} {} {}", random.u32(11..=19), n(random, 4), n(random, 4)),
        1 => format!("+628{}{}", random.u32(11..=19), n(random, 8)),
        2 => format!("08{}-{}-{}", random.u32(11..=19), n(random, 4), n(random, 4)),
        3 => format!("08{}{}", random.u32(11..=19), n(random, 8)),
        4 => format!("+45 {} {} {} {}", random.u32(20..=31), two(random), two(random), two(random)),
        5 => format!("+45{}{}", random.u32(20..=31), n(random, 6)),
        6 => format!("+65 {}{} {}", random.u32(8..=9), n(random, 3), n(random, 4)),
        7 => format!("+60 12-{} {}", random.u32(200..999), n(random, 4)),
        8 => format!("+1 ({}) 555-01{}", random.choice([202, 415, 312, 646]).unwrap(), two(random)),
        9 => format!("+44 7700 900{:03}", random.u32(..1000)),
        10 => format!("+49 151 {}", random.u32(10_000_000..99_999_999)),
        11 => format!("+33 6 {} {} {} {}", two(random), two(random), two(random), two(random)),
        _ => format!("+81 90-{}-{}", random.u32(1000..9999), n(random, 4)),
    }
}

/// Numbers that a word beside them makes phone numbers.
fn phone_near_word(random: &mut Rng) -> String {
    match random.u8(..6) {
        0 => format!("{} {} {} {}", random.u32(20..=31), two(random), two(random), two(random)),
        1 => format!("{}{}", random.u32(20..=31), digits(random, 6)),
        2 => format!("(021) {}-{}", random.u32(500..799), digits(random, 4)),
        _ => phone_clear(random),
    }
}

fn two(random: &mut Rng) -> String {
    digits(random, 2)
}

fn card_digits(random: &mut Rng) -> String {
    let (start, length) = random
        .choice([
            ("4", 16),
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("2623", 16),
            ("2720", 16),
            ("34", 15),
            ("37", 15),
            ("3528", 16),
            ("2131", 15),
            ("1800", 15),
            ("6011", 16),
            ("36", 14),
            ("4", 19),
            ("6759", 16),
            ("5020", 16),
            ("62", 16),
        ])
        .unwrap();
    luhn(&format!("{start}{}", digits(random, length - 1 - start.len())))
}

fn card(random: &mut Rng) -> String {
    let number = card_digits(random);
    let separator = random.choice(["", " ", "-", "."]).unwrap();
    let groups: &[usize] = match number.len() {
        14 => &[4, 6, 4],
        15 => &[4, 6, 5],
        16 => &[4, 4, 4, 4],
        _ => return number,
    };
    let mut rest = number.as_str();
    let parts: Vec<&str> = groups
        .iter()
        .map(|&n| {
            let (part, tail) = rest.split_at(n);
            rest = tail;
            part
        })
        .collect();
    parts.join(separator)
}

fn spaced_iban(random: &mut Rng) -> String {
    let plain = iban(random);
    let spaced = || plain.as_bytes().chunks(4).map(|c| std::str::from_utf8(c).unwrap()).collect::<Vec<_>>().join(" ");
    match random.u8(..4) {
        0 => plain,
        1 => plain.to_lowercase(),
        2 => spaced().to_lowercase(),
        _ => spaced(),
    }
}

fn day_month_year(random: &mut Rng) -> (u32, u32, u32) {
    (random.u32(1..=28), random.u32(1..=12), random.u32(1955..=2004))
}

fn nik(random: &mut Rng) -> String {
    let (day, month, year) = day_month_year(random);
    let day = if random.bool() { day + 40 } else { day };
    let number = format!(
        "{}{:02}{day:02}{month:02}{:02}{:04}",
        random.choice(REGENCIES).unwrap(),
        random.u32(1..=9),
        year % 100,
        random.u32(1..=20)
    );
    match random.u8(..3) {
        0 => number.as_bytes().chunks(4).map(|c| std::str::from_utf8(c).unwrap()).collect::<Vec<_>>().join(" "),
        _ => number,
    }
}

fn npwp(random: &mut Rng) -> String {
    let body = luhn(&format!("0{}", digits(random, 7)));
    let (office, branch) = (random.u32(1..=999), random.choice(["000", "000", "001"]).unwrap());
    match random.u8(..3) {
        0 => format!("{body}{office:03}{branch}"),
        1 => format!("0{body}{office:03}{branch}"),
        _ => format!("{}.{}.{}.{}-{office:03}.{branch}", &body[..2], &body[2..5], &body[5..8], &body[8..]),
    }
}

fn cpr(random: &mut Rng) -> String {
    let (day, month, year) = day_month_year(random);
    // The seventh digit tells the century: 0 to 3 is 1900 to 1999, 4 with 00 to 36 is the 2000s.
    let serial = if year < 2000 { random.u32(..4000) } else { random.u32(4000..5000) };
    let separator = random.choice(["-", "-", " ", ""]).unwrap();
    format!("{day:02}{month:02}{:02}{separator}{serial:04}", year % 100)
}

fn date(random: &mut Rng, iso: bool) -> String {
    let (day, month, year) = day_month_year(random);
    match random.u8(..4) {
        _ if iso => format!("{year}-{month:02}-{day:02}"),
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{day:02}.{month:02}.{year}"),
        2 => format!("{day:02}/{month:02}/{year}"),
        _ => format!("{day:02}-{month:02}-{year}"),
    }
}

/// `n` hexadecimal letters.
pub fn hex(random: &mut Rng, n: usize) -> String {
    (0..n).map(|_| random.digit(16)).collect()
}

/// A random UUID (version 4).
pub fn uuid(random: &mut Rng) -> String {
    let (a, b, c, d) = (hex(random, 8), hex(random, 4), hex(random, 3), hex(random, 3));
    format!("{a}-{b}-4{c}-a{d}-{}", hex(random, 12))
}

fn mac(random: &mut Rng) -> String {
    let bytes: Vec<String> = std::iter::once("00".to_owned()).chain((0..5).map(|_| hex(random, 2))).collect();
    match random.u8(..3) {
        0 => bytes.join(":"),
        1 => bytes.join("-").to_uppercase(),
        _ => format!("{}.{}.{}", bytes[..2].concat(), bytes[2..4].concat(), bytes[4..].concat()),
    }
}

fn secret(random: &mut Rng) -> String {
    let letters = |random: &mut Rng, n| (0..n).map(|_| random.alphanumeric()).collect::<String>();
    match random.u8(..4) {
        0 => format!("sk_live_{}", letters(random, 24)),
        1 => format!("ghp_{}", letters(random, 36)),
        2 => letters(random, 40),
        _ => hex(random, 32),
    }
}

/// A JWT with this payload.
pub fn jwt(random: &mut Rng, payload: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let signature: Vec<u8> = (0..32).map(|_| random.u8(..)).collect();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}.{}", part(br#"{"alg":"HS256","typ":"JWT"}"#), part(payload.as_bytes()), part(&signature))
}
