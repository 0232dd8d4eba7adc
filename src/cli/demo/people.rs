//! Invented people: names, addresses and numbers that have the right shape and belong to nobody.
//!
//! E-mail addresses live at the reserved example domains, cards and IBANs carry right check digits over random ones,
//! IP addresses lie in the public ranges of carriers.

use fastrand::Rng;

/// A city and where it is.
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// Homes of the Indonesian accounts.
pub(super) const CITIES: [City; 12] = [
    City { name: "Jakarta", lat: -6.2088, lon: 106.8456 },
    City { name: "Surabaya", lat: -7.2575, lon: 112.7521 },
    City { name: "Bandung", lat: -6.9175, lon: 107.6191 },
    City { name: "Medan", lat: 3.5952, lon: 98.6722 },
    City { name: "Semarang", lat: -6.9667, lon: 110.4167 },
    City { name: "Makassar", lat: -5.1477, lon: 119.4327 },
    City { name: "Palembang", lat: -2.9761, lon: 104.7754 },
    City { name: "Denpasar", lat: -8.6705, lon: 115.2126 },
    City { name: "Mataram", lat: -8.5833, lon: 116.1167 },
    City { name: "Manado", lat: 1.4748, lon: 124.8421 },
    City { name: "Padang", lat: -0.9471, lon: 100.4172 },
    City { name: "Pontianak", lat: -0.0263, lon: 109.3425 },
];

/// A carrier and the first two bytes of addresses it gives out.
pub(super) struct Carrier {
    pub(super) asn: u32,
    pub(super) prefix: [u8; 2],
}

/// Carriers of the Indonesian accounts.
pub(super) const CARRIERS: [Carrier; 6] = [
    Carrier { asn: 7713, prefix: [36, 72] },
    Carrier { asn: 7713, prefix: [125, 161] },
    Carrier { asn: 23693, prefix: [114, 120] },
    Carrier { asn: 24203, prefix: [112, 215] },
    Carrier { asn: 4761, prefix: [114, 5] },
    Carrier { asn: 45727, prefix: [180, 214] },
];

/// Where a person writes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    Indonesian,
    Danish,
    English,
}

impl Language {
    /// Language tag of the message.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Language::Indonesian => "id",
            Language::Danish => "da",
            Language::English => "en",
        }
    }
}

const FIRST: [&[&str]; 3] = [
    &["Siti", "Rani", "Budi", "Agus", "Dewi", "Putri", "Andi", "Joko", "Wati", "Rizki", "Fitri", "Hendra", "Indah"],
    &["Mette", "Jens", "Søren", "Anne", "Lars", "Kirsten", "Bjørn", "Line", "Mads", "Ida", "Åse", "Frederik"],
    &["Alice", "James", "Emma", "Oliver", "Grace", "Harry", "Lucy", "Thomas", "Ella", "George", "Ruby", "Jack"],
];

const LAST: [&[&str]; 3] = [
    &["Puspita", "Saputra", "Wijaya", "Santoso", "Lestari", "Hidayat", "Nugroho", "Siregar", "Halim", "Utami"],
    &["Holm", "Jensen", "Nørgaard", "Kjær", "Møller", "Lund", "Dahl", "Vestergaard", "Bruun", "Østergaard"],
    &["Walker", "Bennett", "Hughes", "Carter", "Foster", "Palmer", "Barnes", "Mills", "Grant", "Shaw"],
];

/// A first and a last name.
pub(super) fn name(rng: &mut Rng, language: Language) -> (&'static str, &'static str) {
    (pick(rng, FIRST[language as usize]), pick(rng, LAST[language as usize]))
}

/// An address at a domain that is reserved for examples (RFC 2606).
pub(super) fn email(rng: &mut Rng, (first, last): (&str, &str)) -> String {
    let joint = pick(rng, &["_", ".", ""]);
    let domain = pick(rng, &["example.com", "example.org", "example.net"]);
    format!("{}{joint}{}{}@{domain}", ascii(first), ascii(last), rng.u32(1..1000))
}

/// A public IPv4 address of this carrier.
pub(super) fn ip(rng: &mut Rng, carrier: &Carrier) -> String {
    let [a, b] = carrier.prefix;
    format!("{a}.{b}.{}.{}", rng.u8(1..255), rng.u8(1..255))
}

/// A mobile number as people of that country write it. The British ones are of the range that Ofcom keeps for fiction.
pub(super) fn phone(rng: &mut Rng, language: Language) -> String {
    match language {
        Language::Indonesian => {
            let (operator, rest) = (pick(rng, &["812", "813", "821", "852", "857", "878", "895"]), digits(rng, 8));
            let (middle, end) = rest.split_at(4);
            match rng.u8(0..3) {
                0 => format!("0{operator}{rest}"),
                1 => format!("0{operator}-{middle}-{end}"),
                _ => format!("+62 {operator}-{middle}-{end}"),
            }
        }
        Language::Danish => {
            let n = format!("{}{}", rng.u8(20..32), digits(rng, 6));
            format!("+45 {} {} {} {}", &n[..2], &n[2..4], &n[4..6], &n[6..])
        }
        Language::English => format!("+44 7700 900{}", digits(rng, 3)),
    }
}

/// A card number with a right check digit (Luhn), written in one of the usual ways.
pub(super) fn card(rng: &mut Rng) -> String {
    let mut number = pick(rng, &["411111", "424242", "555555", "510510", "222300"]).to_owned();
    number.push_str(&digits(rng, 9));
    number.push(luhn_check_digit(&number));
    match rng.u8(0..3) {
        0 => number,
        1 => grouped(&number, ' '),
        _ => grouped(&number, '-'),
    }
}

/// An IBAN with right check digits and the length of its country, compact or in groups of four.
pub(super) fn iban(rng: &mut Rng) -> String {
    let (country, account) = match rng.u8(0..3) {
        0 => ("DK", digits(rng, 14)),
        1 => ("DE", digits(rng, 18)),
        _ => ("GB", format!("NWBK{}", digits(rng, 14))),
    };
    let iban = format!("{country}{:02}{account}", 98 - mod_97(&format!("{account}{country}00")));
    if rng.bool() { iban } else { grouped(&iban, ' ') }
}

/// A Danish personal number: a date of birth and a serial.
pub(super) fn cpr(rng: &mut Rng) -> String {
    format!("{:02}{:02}{:02}-{:04}", rng.u8(1..29), rng.u8(1..13), rng.u8(50..100), rng.u16(0..4000))
}

/// `n` random digits, the first of which is not 0.
pub(super) fn digits(rng: &mut Rng, n: usize) -> String {
    (0..n).map(|i| char::from(b'0' + rng.u8(u8::from(i == 0)..10))).collect()
}

/// `n` random hex digits.
pub(super) fn hex(rng: &mut Rng, n: usize) -> String {
    (0..n).map(|_| char::from(b"0123456789abcdef"[rng.usize(0..16)])).collect()
}

/// One of `all`.
pub(super) fn any<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.usize(0..all.len())]
}

/// A copy of one of `all`.
pub(super) fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    *any(rng, all)
}

fn ascii(name: &str) -> String {
    name.to_lowercase().replace('ø', "oe").replace('æ', "ae").replace('å', "aa")
}

fn grouped(text: &str, separator: char) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

/// The digit that makes `number` pass the Luhn check (ISO/IEC 7812-1).
fn luhn_check_digit(number: &str) -> char {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| match (i % 2, u32::from(b - b'0')) {
            (0, digit) => digit * 2 / 10 + digit * 2 % 10,
            (_, digit) => digit,
        })
        .sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

/// The number modulo 97 with letters as 10 to 35 (ISO 13616).
fn mod_97(text: &str) -> u32 {
    text.chars().filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_pass_the_luhn_check_and_ibans_the_mod_97_check() {
        assert_eq!(luhn_check_digit("411111111111111"), '1');
        assert_eq!(luhn_check_digit("555555555555444"), '4');
        // The example of the standard: GB82 WEST 1234 5698 7654 32.
        assert_eq!(98 - mod_97("WEST12345698765432GB00"), 82);
        let mut rng = Rng::with_seed(1);
        for _ in 0..500 {
            let iban: String = iban(&mut rng).split(' ').collect();
            assert_eq!(mod_97(&format!("{}{}", &iban[4..], &iban[..4])), 1, "{iban}");
            assert_eq!(iban.len(), if iban.starts_with("DK") { 18 } else { 22 });
            let card: String = card(&mut rng).chars().filter(char::is_ascii_digit).collect();
            assert_eq!((card.len(), card.chars().last()), (16, Some(luhn_check_digit(&card[..15]))));
        }
    }

    #[test]
    fn mail_addresses_are_ascii_at_reserved_domains() {
        let mut rng = Rng::with_seed(2);
        for language in [Language::Indonesian, Language::Danish, Language::English].repeat(100) {
            let name = name(&mut rng, language);
            let email = email(&mut rng, name);
            let (local, domain) = email.split_once('@').unwrap();
            assert!(local.is_ascii() && ["example.com", "example.org", "example.net"].contains(&domain), "{email}");
        }
    }
}
