//! Events that must stay as they are: what looks like personal data and is none.

use fastrand::Rng;
use sluice::config::Format;

use super::Draft;
use super::checked::{digits, is_luhn};
use super::values::{hex, uuid};
use crate::quality::case::Case;

/// What it is, and the event.
type Keep = (&'static str, fn(&mut Rng) -> (Format, String));

const KEEPS: [Keep; 20] = [
    ("keep/version", version),
    ("keep/dotted-number", |r| text(format!("seq 10.{}.{}.1.{}", r.u8(..), r.u8(..), r.u32(100_000..999_999)))),
    ("keep/time", time),
    ("keep/amount-idr", amount_idr),
    ("keep/amount-eu", |r| {
        text(format!("beløb {}.{}.{},{} kr. er trukket", r.u32(1..99), three(r), three(r), digits(r, 2)))
    }),
    ("keep/odds", odds),
    ("keep/uuid", |r| text(format!("trace {} span {}", uuid(r), hex(r, 16)))),
    ("keep/hash", hash),
    ("keep/snowflake", snowflake),
    ("keep/epoch", |r| json(format!(r#"{{"ts":17{},"event":"bet","at":17{}}}"#, digits(r, 11), digits(r, 8)))),
    ("keep/order", order),
    ("keep/not-luhn", not_luhn),
    ("keep/mention", |r| text(format!("@bigplay{} promo #8888 ikut yuk @timmerah", r.u32(1..99)))),
    ("keep/own-token", own_token),
    ("keep/user-agent", user_agent),
    ("keep/prose", prose),
    ("keep/score", |r| {
        json(format!(
            r#"{{"match":"PSM-PSB {}-{}","minute":{},"home":{}}}"#,
            r.u8(..6),
            r.u8(..6),
            r.u8(1..90),
            r.bool()
        ))
    }),
    ("keep/metrics", metrics),
    ("keep/code", code),
    ("keep/date", |r| {
        text(format!(
            "levering {:02}.{:02}.2026, faktura forfalder 2026-12-{:02}",
            r.u8(1..29),
            r.u8(1..13),
            r.u8(1..29)
        ))
    }),
];

/// An event that must stay as it is.
pub fn event(random: &mut Rng) -> Case {
    let (name, make) = KEEPS[random.usize(..KEEPS.len())];
    let (format, input) = make(random);
    let mut draft = Draft::new(format);
    draft.text = input;
    draft.case(name, "-")
}

fn text(text: String) -> (Format, String) {
    (Format::Text, text)
}

fn json(text: String) -> (Format, String) {
    (Format::Json, text)
}

fn three(random: &mut Rng) -> String {
    digits(random, 3)
}

fn version(random: &mut Rng) -> (Format, String) {
    let (a, b, c, d) = (random.u8(1..30), random.u8(..30), random.u8(..30), random.u8(..30));
    match random.u8(..5) {
        0 => text(format!("nginx {a}.{b}.{c}.{d}")),
        1 => text(format!("app 10.0.{}.1 build", random.u32(19_000..26_000))),
        2 => json(format!(r#"{{"app_version":"{a}.{b}.{c}.{d}","platform":"android"}}"#)),
        3 => text(format!("upgraded to v{a}.{b}.{c}.{d} from {a}.{b}.{c}")),
        _ => text(format!("lodash@{a}.{b}.{c} resolved in 2.1s")),
    }
}

fn time(random: &mut Rng) -> (Format, String) {
    let (h, m, s) = (random.u8(..24), random.u8(..60), random.u8(..60));
    match random.u8(..3) {
        0 => text(format!("When: 2000-04-16 {h:02}:{m:02}:{s:02}")),
        1 => json(format!(r#"{{"at":"2026-11-22T{h:02}:{m:02}:{s:02}.{}Z","n":{s}}}"#, three(random))),
        _ => text(format!("[22/Nov/2026:{h:02}:{m:02}:{s:02} +0700] cache warm in {m}ms")),
    }
}

fn amount_idr(random: &mut Rng) -> (Format, String) {
    match random.u8(..4) {
        0 => text(format!("menang Rp {}.{}.{}.{},00", random.u32(1..9), three(random), three(random), three(random))),
        1 => text(format!("saldo Rp{}.{} sudah masuk", random.u32(10..999), three(random))),
        2 => json(format!(
            r#"{{"amount":{}.50,"balance_after":{}}}"#,
            random.u32(10_000..999_999),
            random.u64(1_000_000..99_999_999_999)
        )),
        _ => text(format!("IDR {} per hari", random.u64(1_000_000..9_999_999_999))),
    }
}

fn odds(random: &mut Rng) -> (Format, String) {
    let (a, b) = (random.u8(1..9), digits(random, 2));
    json(format!(r#"{{"odds":{a}.{b},"stake":{},"market":"1x2"}}"#, random.u32(1..99) * 1000))
}

fn hash(random: &mut Rng) -> (Format, String) {
    let n = random.choice([32, 40, 64]).unwrap();
    match random.bool() {
        true => text(format!("sha256 {}", hex(random, n))),
        false => json(format!(r#"{{"etag":"{}","size":{}}}"#, hex(random, n), random.u32(..))),
    }
}

fn snowflake(random: &mut Rng) -> (Format, String) {
    let mut id = format!("1{}", digits(random, 18));
    while is_luhn(&id) {
        id = format!("1{}", digits(random, 18));
    }
    json(format!(r#"{{"id":"{id}","type":"message"}}"#))
}

fn order(random: &mut Rng) -> (Format, String) {
    match random.u8(..4) {
        0 => text(format!("order {} shipped", digits(random, 8))),
        1 => text(format!("invoice INV-2026-{} paid", digits(random, 6))),
        2 => json(format!(r#"{{"order_id":"ORD{}","items":3}}"#, digits(random, 10))),
        _ => text(format!("ordre nr. {} er afsendt", digits(random, 8))),
    }
}

fn not_luhn(random: &mut Rng) -> (Format, String) {
    // Days 90 to 99: no date of birth, so no NIK either.
    let mut number = format!("41111198{}", digits(random, 8));
    while is_luhn(&number) {
        number = format!("41111198{}", digits(random, 8));
    }
    text(format!("tx {number} ok"))
}

fn own_token(random: &mut Rng) -> (Format, String) {
    let letters = |r: &mut Rng| (0..24).map(|_| char::from(b"bcdfghjklmnpqrst"[r.usize(..16)])).collect::<String>();
    let kind = random.choice(["em", "ip", "ph", "pan", "nik", "va", "ba"]).unwrap();
    match random.bool() {
        true => text(format!("already {kind}_1k1_{} seen", letters(random))),
        false => json(format!(r#"{{"email":"em_1k1_{}","n":1}}"#, letters(random))),
    }
}

fn user_agent(random: &mut Rng) -> (Format, String) {
    let v = random.u32(90..140);
    text(format!(
        "ua=\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36 Edg/{v}.0.2592.{}\"",
        random.u32(10..99)
    ))
}

fn prose(random: &mut Rng) -> (Format, String) {
    let sentences = [
        "Saldo saya belum masuk padahal sudah bayar dari kemarin, mohon bantuannya ya kak.",
        "Pertandingan dimulai jam 19.30, jangan lupa pasang sebelum kick-off.",
        "Jeg kan ikke logge ind, siden siger at der er sket en fejl. Kan I hjælpe?",
        "Pakken er leveret den 12. november, men der mangler to dele.",
        "The page shows error 502 since this morning, and the cart is empty after reload.",
        "We moved the meeting to 3 pm; room 204 on the second floor is free.",
        "Mvh er en forkortelse, og regards er en hilsen.",
        "Bonus 100% hingga Rp 500.000 untuk anggota baru, syarat dan ketentuan berlaku.",
        "Kontakt os i åbningstiden 9-16 på hverdage.",
        "Dear customer, your order is on its way.",
    ];
    let sentence = sentences[random.usize(..sentences.len())];
    match random.bool() {
        true => text(sentence.to_owned()),
        false => json(format!(r#"{{"message":"{sentence}","lang":"x"}}"#)),
    }
}

fn metrics(random: &mut Rng) -> (Format, String) {
    let n = |r: &mut Rng| r.u32(..);
    json(format!(
        r#"{{"cpu":{}.{},"mem_bytes":{},"p99_ms":{},"offset":{},"host":"web-{}"}}"#,
        random.u8(..99),
        digits(random, 4),
        random.u64(1_000_000_000..99_999_999_999),
        n(random) % 1000,
        n(random),
        random.u8(1..20)
    ))
}

fn code(random: &mut Rng) -> (Format, String) {
    let n = random.u32(1..999);
    match random.u8(..4) {
        0 => text(format!("std::vector<int>::at({n}) threw at src/main.rs:{n}:17")),
        1 => text(format!("resolution 1920x1080@60, bitrate {n}00 kbps")),
        2 => text(format!("OID 1.3.6.1.4.1.{n} walked")),
        _ => json(format!(r##"{{"color":"#ff{n:04x}","selector":"div > a:nth-child({n})","id":"btn_{n}"}}"##)),
    }
}
