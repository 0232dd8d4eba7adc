//! Made-up events of invented people: logins and money of an Indonesian game wallet, support messages in Indonesian,
//! Danish and English, and the access log of a payment page.
//!
//! One seed gives one stream, byte for byte. Accounts go on from event to event: balances add up, home, carrier and
//! device stay mostly the same, and few accounts make most of the traffic (Zipf).

use std::io::{self, Write};

use fastrand::Rng;
use jiff::Timestamp;

use super::people::{self, CARRIERS, CITIES, Carrier, City, Language, any, digits, hex, pick};

/// Topics of the events; all values are JSON.
pub const TOPICS: [&str; 4] = ["logins", "transactions", "support", "access"];

/// Share of records that cannot be read, unless told otherwise.
pub const POISON_SHARE: f64 = 0.001;

/// Start of the event times that no clock gives: 2026-01-05T00:00:00Z in milliseconds.
const START_MS: i64 = 1_767_571_200_000;

/// Shortest and longest value of the logins and transactions topics, in bytes.
pub const EVENT_BYTES: std::ops::RangeInclusive<usize> = 350..=380;

const ACCOUNTS: usize = 2_000;
/// Share of logins and transactions that carry a free text with personal data.
const NOTE_SHARE: f64 = 0.2;
/// Exponent of the Zipf distribution of accounts.
const ZIPF: f64 = 0.9;
const WIB_OFFSET_MS: i64 = 7 * 3600 * 1000;

/// One made-up record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// One of [`TOPICS`].
    pub topic: &'static str,
    /// Kafka key: the account, the ticket or (access log) the visitor's address.
    pub key: String,
    /// One JSON value; a poison record is broken JSON.
    pub value: String,
}

/// An endless stream of made-up events.
#[derive(Debug)]
pub struct Generator {
    rng: Rng,
    now_ms: i64,
    poison_share: f64,
    accounts: Vec<Account>,
    /// Sums of the accounts' weights, ascending.
    weights: Vec<f64>,
}

#[derive(Debug)]
struct Account {
    user_id: String,
    email: String,
    phone: String,
    city: usize,
    carrier: usize,
    ip: String,
    device_id: String,
    user_agent: String,
    /// Account at a bank or e-wallet that withdrawals go to.
    destination: (&'static str, String),
    balance: u64,
    /// Open session, if any.
    session: Option<String>,
    /// What a bet of the round before won.
    pending_win: Option<u64>,
}

impl Generator {
    /// The stream of this seed, with times from 2026-01-05T00:00:00Z and [`POISON_SHARE`] of poison.
    pub fn new(seed: u64) -> Generator {
        Generator::with_accounts(seed, ACCOUNTS)
    }

    /// The same with this many accounts.
    pub fn with_accounts(seed: u64, accounts: usize) -> Generator {
        let mut rng = Rng::with_seed(seed);
        let people = (0..accounts).map(|_| Account::new(&mut rng)).collect();
        let mut sum = 0.0;
        let weight = |rank: usize| {
            sum += ((rank + 1) as f64).powf(-ZIPF);
            sum
        };
        let weights = (0..accounts).map(weight).collect();
        Generator { rng, now_ms: START_MS, poison_share: POISON_SHARE, accounts: people, weights }
    }

    /// The same with this share (0 to 1) of records that cannot be read.
    #[must_use]
    pub fn with_poison(mut self, share: f64) -> Generator {
        self.poison_share = share;
        self
    }

    /// The next event, at most 20 ms of event time after the one before.
    pub fn next_event(&mut self) -> Event {
        let gap_ms = self.rng.i64(0..20);
        self.next_event_at(self.now_ms + gap_ms)
    }

    /// The next event, at this Unix time in milliseconds: for a stream that follows the wall clock.
    pub fn next_event_at(&mut self, now_ms: i64) -> Event {
        self.now_ms = now_ms;
        let mut event = match self.rng.u8(0..100) {
            0..84 => self.play(),
            84..92 => self.access(),
            _ => self.support(),
        };
        if self.poison_share > 0.0 && self.rng.f64() < self.poison_share {
            event.value = poison(&mut self.rng, &event.value);
        }
        event
    }

    /// The next login or movement of money at this time, and the number of its account. None is poison.
    pub fn next_play_at(&mut self, now_ms: i64) -> (usize, Event) {
        self.now_ms = now_ms;
        let at = self.any_account();
        (at, self.play_of(at))
    }

    fn play(&mut self) -> Event {
        let at = self.any_account();
        self.play_of(at)
    }

    /// A login, or what an account with a session does with its money.
    fn play_of(&mut self, at: usize) -> Event {
        let (rng, account) = (&mut self.rng, &mut self.accounts[at]);
        if rng.u8(0..5) == 0 {
            account.session = None;
        }
        let noted = rng.f64() < NOTE_SHARE;
        let (topic, draft) = match account.session.clone() {
            None => ("logins", account.login(rng, self.now_ms)),
            Some(session) => ("transactions", account.money(rng, self.now_ms, &session)),
        };
        Event { topic, key: account.user_id.clone(), value: draft.finish(rng, account, noted) }
    }

    /// A message to the support desk: prose with personal data in it.
    fn support(&mut self) -> Event {
        let rng = &mut self.rng;
        let language = pick(rng, &[Language::Indonesian, Language::Danish, Language::Danish, Language::English]);
        let name = people::name(rng, language);
        let email = people::email(rng, name);
        let template = pick(rng, MESSAGES[language as usize]);
        let text = fill(rng, template, language, &email);
        let ticket = format!("T-{}", digits(rng, 6));
        let value = format!(
            concat!(
                r#"{{"ticket":"{ticket}","type":"message","ts":"{}","lang":"{}","name":"{} {}","#,
                r#""from":"{email}","message":{}}}"#,
            ),
            utc(self.now_ms),
            language.tag(),
            name.0,
            name.1,
            serde_json::Value::from(text),
            ticket = ticket,
            email = email,
        );
        Event { topic: "support", key: ticket, value }
    }

    /// A line of the payment page's access log; some visitors left their address to get a receipt.
    fn access(&mut self) -> Event {
        let at = self.any_account();
        let (rng, account) = (&mut self.rng, &self.accounts[at]);
        let (method, path, status) = pick(
            rng,
            &[("GET", "/pay", 200), ("POST", "/pay/confirm", 201), ("GET", "/receipt", 200), ("GET", "/pay", 304)],
        );
        let query = match rng.u8(0..4) {
            0 => format!("?mail={}", account.email.replace('@', "%40")),
            _ => format!("?order={}", hex(rng, 10)),
        };
        let payer = if rng.bool() { format!(r#","payer_email":"{}""#, account.email) } else { String::new() };
        let value = format!(
            concat!(
                r#"{{"ts":"{}","type":"access","site":"pay.example.com","remote_addr":"{}","#,
                r#""request":"{method} {path}{query} HTTP/1.1","status":{status},"bytes":{},"#,
                r#""duration_ms":{},"user_agent":"{}"{payer}}}"#,
            ),
            utc(self.now_ms),
            account.ip,
            rng.u32(200..40_000),
            rng.u32(1..900),
            account.user_agent,
            method = method,
            path = path,
            query = query,
            status = status,
            payer = payer,
        );
        Event { topic: "access", key: account.ip.clone(), value }
    }

    fn any_account(&mut self) -> usize {
        let last = self.weights.len() - 1;
        let drawn = self.rng.f64() * self.weights[last];
        self.weights.partition_point(|sum| *sum <= drawn).min(last)
    }
}

/// Writes `count` readable values of the stream of `seed`, one a line.
pub fn emit(count: u64, seed: u64, out: &mut impl Write) -> io::Result<()> {
    let mut generator = Generator::new(seed).with_poison(0.0);
    for _ in 0..count {
        writeln!(out, "{}", generator.next_event().value)?;
    }
    out.flush()
}

impl Account {
    fn new(rng: &mut Rng) -> Account {
        let name = people::name(rng, Language::Indonesian);
        let carrier = rng.usize(0..CARRIERS.len());
        let bank = pick(rng, &["BCA", "BNI", "BRI", "MANDIRI", "JAGO"]);
        Account {
            user_id: format!("u{}-{:04}", digits(rng, 7), rng.u16(0..10_000)),
            email: people::email(rng, name),
            phone: people::phone(rng, Language::Indonesian),
            city: rng.usize(0..CITIES.len()),
            carrier,
            ip: people::ip(rng, &CARRIERS[carrier]),
            device_id: format!("d-{}", hex(rng, 10)),
            user_agent: user_agent(rng),
            destination: (bank, digits(rng, 12)),
            balance: rng.u64(20..800) * 1_000,
            session: None,
            pending_win: None,
        }
    }

    fn login(&mut self, rng: &mut Rng, now_ms: i64) -> Draft {
        self.drift(rng);
        let (away, failed) = (rng.u8(0..100) == 0, rng.u8(0..25) == 0);
        let (city, carrier): (&City, &Carrier) = match away {
            true => (any(rng, &CITIES), any(rng, &CARRIERS)),
            false => (&CITIES[self.city], &CARRIERS[self.carrier]),
        };
        let (ip, device) = match away {
            true => (people::ip(rng, carrier), format!("d-{}", hex(rng, 10))),
            false => (self.ip.clone(), self.device_id.clone()),
        };
        let outcome = if failed {
            r#""success":false,"reason":"bad_password""#.to_owned()
        } else {
            let session = format!("s{}", hex(rng, 9));
            let outcome = format!(r#""success":true,"session_id":"{session}""#);
            self.session = Some(session);
            outcome
        };
        let core = format!(
            concat!(
                r#"{{"event_id":"e{}","type":"login","ts":"{}","user_id":"{}","email":"{}","ip":"{ip}","#,
                r#""device_id":"{device}",{outcome}"#,
            ),
            hex(rng, 13),
            utc(now_ms),
            self.user_id,
            self.email,
            ip = ip,
            device = device,
            outcome = outcome,
        );
        let City { name, lat, lon } = city;
        Draft {
            core,
            extras: vec![
                format!(r#","geo":{{"country":"ID","city":"{name}","lat":{lat},"lon":{lon}}}"#),
                format!(r#","asn":{}"#, carrier.asn),
                format!(r#","user_agent":"{}""#, self.user_agent),
            ],
        }
    }

    /// A carrier gives a new address now and then, and people buy devices.
    fn drift(&mut self, rng: &mut Rng) {
        if rng.u8(0..10) == 0 {
            self.ip = people::ip(rng, &CARRIERS[self.carrier]);
        }
        if rng.u16(0..500) == 0 {
            self.device_id = format!("d-{}", hex(rng, 10));
            self.user_agent = user_agent(rng);
        }
    }

    fn money(&mut self, rng: &mut Rng, now_ms: i64, session: &str) -> Draft {
        let before = self.balance;
        let (kind, amount, adds, detail) = self.movement(rng);
        self.balance = if adds { before + amount } else { before - amount };
        let core = format!(
            concat!(
                r#"{{"event_id":"e{}","type":"{kind}","ts":"{}","user_id":"{}","session_id":"{session}","#,
                r#""amount":{amount},"currency":"IDR","balance_before":{before},"balance_after":{},"#,
                r#""status":"approved"{detail}"#,
            ),
            hex(rng, 13),
            wib(now_ms),
            self.user_id,
            self.balance,
            kind = kind,
            session = session,
            amount = amount,
            before = before,
            detail = detail,
        );
        let extras = vec![format!(r#","ip":"{}""#, self.ip), format!(r#","device_id":"{}""#, self.device_id)];
        Draft { core, extras }
    }

    /// What happens to the balance: kind, amount, whether it is added, and the fields that tell more.
    fn movement(&mut self, rng: &mut Rng) -> (&'static str, u64, bool, String) {
        let game = pick(rng, &["slot-garuda", "baccarat", "domino-qiu", "fishing", "roulette"]);
        if let Some(win) = self.pending_win.take() {
            return ("win", win, true, format!(r#","game":"{game}""#));
        }
        let drawn = rng.u8(0..100);
        if self.balance < 20_000 || drawn < 12 {
            let method = pick(rng, &["dana", "virtual_account", "bank"]);
            return ("deposit", rng.u64(2..80) * 10_000, true, format!(r#","method":"{method}""#));
        }
        if drawn < 20 {
            let (bank, number) = &self.destination;
            let detail = format!(r#","method":"bank","destination_bank":"{bank}","destination_account":"{number}""#);
            return ("withdrawal", rng.u64(10..=self.balance / 1_000) * 1_000, false, detail);
        }
        let amount = rng.u64(1..=(self.balance / 1_000).min(60)) * 500;
        self.pending_win = (rng.u8(0..100) < 42).then(|| amount * pick(rng, &[12, 15, 20, 28]) / 10);
        ("bet", amount, false, format!(r#","game":"{game}""#))
    }
}

/// An object without its end: what it must have, and what it has when there is room.
struct Draft {
    core: String,
    extras: Vec<String>,
}

impl Draft {
    /// The whole object, of a length within [`EVENT_BYTES`]; what is missing is filled by a trace id.
    fn finish(self, rng: &mut Rng, account: &Account, noted: bool) -> String {
        const END: usize = 1;
        let mut text = self.core;
        if noted {
            let room = EVENT_BYTES.end() - END - text.len();
            text.push_str(&note(rng, account, room));
        }
        for extra in self.extras {
            if text.len() + extra.len() + END <= *EVENT_BYTES.end() {
                text.push_str(&extra);
            }
        }
        let frame = r#","trace":"""#.len();
        let shortest = text.len() + END + frame + 8;
        if text.len() + END < *EVENT_BYTES.start() {
            let length = rng.usize(shortest.max(*EVENT_BYTES.start())..=*EVENT_BYTES.end());
            let trace = hex(rng, length - text.len() - END - frame);
            text.push_str(&format!(r#","trace":"{trace}""#));
        }
        text.push('}');
        text
    }
}

/// A `note` member of at most `room` bytes with personal data in it.
fn note(rng: &mut Rng, account: &Account, room: usize) -> String {
    loop {
        let language = pick(
            rng,
            &[Language::Indonesian, Language::Indonesian, Language::Indonesian, Language::English, Language::Danish],
        );
        let template = pick(rng, NOTES[language as usize]);
        let text = fill_for(rng, template, language, &account.email, &account.phone);
        let note = format!(r#","note":{}"#, serde_json::Value::from(text));
        if note.len() <= room {
            return note;
        }
    }
}

/// `{place}` stands for personal data. Every list has notes that are short enough for the longest event.
const NOTES: [&[&str]; 3] = [
    &[
        "Saldo belum masuk, konfirmasi ke {email} atau WA {phone}",
        "Kartu {card} ditolak, hubungi {phone}",
        "Login dari {ip} bukan saya, balas ke {email}",
        "Tolong telepon {phone}",
        "Bukti transfer sudah dikirim ke {email}",
        "Nomor HP baru {phone}, tolong diganti ya",
        "Tarik dana gagal, WA {phone}",
    ],
    &[
        "Ring til {phone} om udbetalingen",
        "Kortet {card} blev afvist, skriv til {email}",
        "Overfør til {iban}",
        "Var ikke mig på {ip}, ring {phone}",
        "Beløbet på konto {iban} mangler, kvittering til {email}",
    ],
    &[
        "Refund to IBAN {iban}",
        "Card {card} declined, call {phone}",
        "Not me: login from {ip}, mail {email}",
        "Please call {phone}",
        "Receipt to {email} please, paid with {card}",
    ],
];

const MESSAGES: [&[&str]; 3] = [
    &[
        "Selamat pagi,\nsaya tidak bisa masuk sejak kemarin. Terakhir login dari {ip}. Mohon balas ke {email} \
         atau WA {phone}. Terima kasih.",
        "Halo admin, deposit saya dengan kartu {card} belum masuk. Nomor saya {phone}, email {email}.",
        "Tolong ganti nomor HP saya menjadi {phone}. Kode sudah dikirim ke {email} tetapi tidak bisa dibuka.",
    ],
    &[
        "Hej,\njeg er blevet trukket to gange på kortet {card}. Pengene skal tilbage på {iban}. I kan få fat i \
         mig på {phone} eller {email}.\nPå forhånd tak",
        "Mit CPR-nummer er {cpr}, og jeg har fået ny telefon: {phone}. Kan I rette det på kontoen {email}?",
        "Der er logget ind fra {ip}, og det var ikke mig. Spær kontoen {email} og ring på {phone}. CPR {cpr}.",
        "Jeg mangler en kvittering for købet i går. Den skal sendes til {email}, ikke til den gamle adresse. \
         Tak for hjælpen!",
    ],
    &[
        "Hello,\nmy card {card} was charged twice. Please refund to {iban} and confirm to {email}, or call \
         {phone}.\nMany thanks",
        "I can not log in from {ip} any more. My address is {email}; the code never came to {phone}.",
        "Please move my payout to IBAN {iban}. The statement goes to {email}.",
    ],
];

fn fill(rng: &mut Rng, template: &str, language: Language, email: &str) -> String {
    let phone = people::phone(rng, language);
    fill_for(rng, template, language, email, &phone)
}

/// The template with personal data in its places.
fn fill_for(rng: &mut Rng, template: &str, language: Language, email: &str, own_phone: &str) -> String {
    let mut out = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('{') {
        let (place, tail) = tail.split_once('}').expect("invariant: every template closes its places");
        out.push_str(text);
        match place {
            "email" => out.push_str(email),
            "phone" if language == Language::Indonesian => out.push_str(own_phone),
            "phone" => out.push_str(&people::phone(rng, language)),
            "ip" => {
                let carrier = any(rng, &CARRIERS);
                out.push_str(&people::ip(rng, carrier));
            }
            "card" => out.push_str(&people::card(rng)),
            "iban" => out.push_str(&people::iban(rng)),
            "cpr" => out.push_str(&people::cpr(rng)),
            other => unreachable!("no place is named {other}"),
        }
        rest = tail;
    }
    out + rest
}

/// What a producer with a fault sends instead of `value`.
fn poison(rng: &mut Rng, value: &str) -> String {
    match rng.u8(0..5) {
        0 => {
            let cut = value.floor_char_boundary(value.len() / 2);
            value[..cut].to_owned()
        }
        1 => value.replacen("\":\"", "\"=\"", 1),
        2 => String::new(),
        3 => format!("{}{}", "[".repeat(200), "]".repeat(200)),
        _ => value.replacen("\":\"", "\":\"\\ud83d", 1),
    }
}

fn user_agent(rng: &mut Rng) -> String {
    let (minor, patch) = (rng.u8(4..12), rng.u8(0..5));
    let device = pick(rng, &["Android 14; V2249", "Android 13; SM-A145F", "Android 12; CPH2495", "iOS 17.2; iPhone14"]);
    format!("ArenaPlay/5.{minor}.{patch} ({device})")
}

/// RFC 3339 in UTC, with milliseconds.
fn utc(ms: i64) -> String {
    local(ms, "Z")
}

/// RFC 3339 in western Indonesian time, with milliseconds.
fn wib(ms: i64) -> String {
    local(ms + WIB_OFFSET_MS, "+07:00")
}

fn local(ms: i64, offset: &str) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    format!("{}{offset}", time.strftime("%Y-%m-%dT%H:%M:%S%.3f"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::PathBuf;

    use serde_json::Value;
    use sha2::{Digest, Sha256};

    use super::*;

    /// Seed and size of `benches/corpus/events.ndjson`; of this seed exactly a fifth of the events carry a note.
    const CORPUS_SEED: u64 = 390;
    const CORPUS_EVENTS: usize = 2_000;

    fn events(seed: u64, count: usize) -> Vec<Event> {
        let mut generator = Generator::new(seed).with_poison(0.0);
        (0..count).map(|_| generator.next_event()).collect()
    }

    #[test]
    fn one_seed_gives_one_stream() {
        assert_eq!(events(7, 500), events(7, 500));
        assert_ne!(events(7, 50), events(8, 50));
    }

    #[test]
    fn every_value_is_json_of_a_known_topic_and_money_has_its_size() {
        let mut topics: HashMap<&str, usize> = HashMap::new();
        for event in events(1, 50_000) {
            let value: Value = serde_json::from_str(&event.value).unwrap();
            assert!(value.is_object() && TOPICS.contains(&event.topic));
            *topics.entry(event.topic).or_default() += 1;
            if matches!(event.topic, "logins" | "transactions") {
                assert!(EVENT_BYTES.contains(&event.value.len()), "{}: {}", event.value.len(), event.value);
                assert_eq!(value["user_id"], *event.key);
            }
        }
        assert_eq!(topics.len(), TOPICS.len(), "{topics:?}");
        assert!(topics.values().all(|count| *count > 2_000), "{topics:?}");
    }

    #[test]
    fn balances_add_up_from_event_to_event() {
        let mut balances: HashMap<String, u64> = HashMap::new();
        for event in events(2, 30_000).iter().filter(|event| event.topic == "transactions") {
            let value: Value = serde_json::from_str(&event.value).unwrap();
            let number = |field: &str| value[field].as_u64().unwrap();
            let (before, after, amount) = (number("balance_before"), number("balance_after"), number("amount"));
            let adds = matches!(value["type"].as_str().unwrap(), "deposit" | "win");
            assert_eq!(after, if adds { before + amount } else { before - amount }, "{}", event.value);
            if let Some(known) = balances.insert(event.key.clone(), after) {
                assert_eq!(known, before, "{}", event.value);
            }
        }
        assert!(balances.len() > 500);
    }

    #[test]
    fn times_never_go_back_and_few_accounts_make_most_of_the_traffic() {
        let (mut last, mut by_account) = (Timestamp::MIN, HashMap::<String, usize>::new());
        let all = events(3, 20_000);
        for event in &all {
            let value: Value = serde_json::from_str(&event.value).unwrap();
            let time: Timestamp = value["ts"].as_str().unwrap().parse().unwrap();
            assert!(time >= last, "{}", event.value);
            last = time;
            *by_account.entry(event.key.clone()).or_default() += 1;
        }
        let mut counts: Vec<usize> = by_account.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        assert!(counts.iter().take(200).sum::<usize>() * 2 > all.len(), "200 of 2,000 accounts make half");
    }

    #[test]
    fn the_poison_share_is_kept_and_every_poison_is_refused_by_a_json_parser_or_too_deep() {
        let mut generator = Generator::new(4).with_poison(0.05);
        let poisoned = (0..20_000)
            .map(|_| generator.next_event().value)
            .filter(|value| serde_json::from_str::<Value>(value).is_err())
            .count();
        assert!((800..1_200).contains(&poisoned), "{poisoned}");
    }

    #[test]
    fn emit_writes_as_many_readable_lines_as_asked_for() {
        let mut out = Vec::new();
        emit(300, 5, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 300);
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    }

    fn corpus_folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/corpus")
    }

    fn generated_corpus() -> String {
        let mut generator = Generator::new(CORPUS_SEED).with_poison(0.0);
        let events = std::iter::repeat_with(move || generator.next_event());
        let money = events.filter(|event| matches!(event.topic, "logins" | "transactions"));
        money.take(CORPUS_EVENTS).map(|event| event.value + "\n").collect()
    }

    /// `SLUICE_WRITE_CORPUS=1` writes the corpus anew after a wanted change of the generator.
    #[test]
    fn the_corpus_is_what_the_generator_makes_and_its_hash_holds() {
        let (events, sums) = (corpus_folder().join("events.ndjson"), corpus_folder().join("SHA256SUMS"));
        let generated = generated_corpus();
        let sum = format!("{}  events.ndjson\n", hex::encode(Sha256::digest(generated.as_bytes())));
        if std::env::var_os("SLUICE_WRITE_CORPUS").is_some() {
            fs::write(&events, &generated).unwrap();
            fs::write(&sums, &sum).unwrap();
        }
        assert_eq!(fs::read_to_string(sums).unwrap(), sum);
        assert!(fs::read_to_string(events).unwrap() == generated, "the file is not what its hash says");
    }

    #[test]
    fn the_corpus_has_the_sizes_and_the_share_of_free_text_that_the_numbers_are_given_for() {
        let text = fs::read_to_string(corpus_folder().join("events.ndjson")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), CORPUS_EVENTS);
        assert!(lines.iter().all(|line| EVENT_BYTES.contains(&line.len())));
        let noted = lines.iter().filter(|line| line.contains(r#","note":""#)).count();
        assert_eq!(noted, CORPUS_EVENTS / 5, "a fifth carries free text");
        for kind in ["login", "bet", "win", "deposit", "withdrawal"] {
            assert!(lines.iter().any(|line| line.contains(&format!(r#""type":"{kind}""#))), "{kind}");
        }
    }
}
