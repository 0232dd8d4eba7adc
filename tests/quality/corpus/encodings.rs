//! Values in other characters: escapes, encodings inside of encodings, digits of other scripts, invisible characters.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fastrand::Rng;
use sluice::config::Format;

use super::values::{self, jwt};
use super::{Draft, checked};
use crate::quality::case::Case;

/// An encoding, and the event that it makes.
type Encoding = (&'static str, fn(&mut Rng) -> Draft);

/// Every encoding that the corpus knows.
const ENCODINGS: [Encoding; 22] = [
    ("enc/json-escape", json_escape),
    ("enc/json-in-json", |random| nested(random, 1)),
    ("enc/json-in-json-in-json", |random| nested(random, 2)),
    ("enc/json-four-deep", |random| nested(random, 3)),
    ("enc/base64-of-json", base64_of_json),
    ("enc/base64-of-value", base64_of_value),
    ("enc/base64-url-in-json", base64_in_json),
    ("enc/jwt", jwt_payload),
    ("enc/percent", |random| percent(random, 1)),
    ("enc/percent-double", |random| percent(random, 2)),
    ("enc/quoted-printable", quoted_printable),
    ("enc/quoted-printable-soft-break", soft_break),
    ("enc/html-entity", html_entity),
    ("enc/full-width-digits", |random| other_digits(random, 0xff10)),
    ("enc/arabic-indic-digits", |random| other_digits(random, 0x0660)),
    ("enc/zero-width", zero_width),
    ("enc/soft-hyphen", soft_hyphen),
    ("enc/no-break-space", |random| separated(random, '\u{a0}')),
    ("enc/en-dash", |random| separated(random, '\u{2013}')),
    ("enc/homoglyph", homoglyph),
    ("enc/split-array", split_array),
    ("enc/number", number),
];

/// An event with a value in an encoding.
pub fn event(random: &mut Rng) -> Case {
    let (name, make) = ENCODINGS[random.usize(..ENCODINGS.len())];
    make(random).case(name, random.choice(["id", "da", "en"]).unwrap())
}

/// A field, the kind of its value, and the value: those that need no word beside them.
fn field(random: &mut Rng) -> (&'static str, &'static str, String) {
    let (name, kind) = random
        .choice([
            ("email", "email"),
            ("surel", "email"),
            ("contact", "email"),
            ("ip_address", "ip:v4"),
            ("origin", "ip:v4"),
            ("phone", "phone:clear"),
            ("no_hp", "phone:clear"),
            ("card_number", "payment_card"),
            ("kort", "payment_card"),
            ("iban", "iban"),
            ("ref", "iban"),
            ("nik", "nik"),
        ])
        .unwrap();
    let mut value = values::of(kind, random);
    if kind == "email" {
        // Plain letters: what the encoding does to others is not what is asked here.
        value = simple_email(random);
    }
    (name, values::label_of(kind), value)
}

fn simple_email(random: &mut Rng) -> String {
    let given = random.choice(["siti", "budi", "lars", "mette", "john", "grace"]).unwrap();
    let host = random.choice(["example.com", "example.co.id", "kunde.example.dk"]).unwrap();
    format!("{given}.{}@{host}", random.choice(["rahma", "holm", "hollis"]).unwrap())
}

fn json_escape(random: &mut Rng) -> Draft {
    let (name, label, value) = field(random);
    let escaped: String = value
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() && random.u8(..4) > 0 { c.to_string() } else { format!("\\u{:04x}", c as u32) }
        })
        .collect();
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str(&format!("{{\"{name}\":\""));
    draft.raw(label, &escaped, false);
    draft.text.push_str("\"}");
    draft
}

/// JSON inside of strings, `depth` levels.
fn nested(random: &mut Rng, depth: usize) -> Draft {
    let (name, label, value) = field(random);
    let mut before = format!("{{\"{name}\":\"");
    let mut after = "\"}".to_owned();
    let mut written = value;
    for _ in 0..depth {
        let quote = |text: &str| {
            let quoted = serde_json::to_string(text).unwrap();
            quoted[1..quoted.len() - 1].to_owned()
        };
        (before, after, written) = (quote(&before), quote(&after), quote(&written));
        before = format!("{{\"payload\":\"{before}");
        after = format!("{after}\",\"v\":1}}");
    }
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str(&before);
    draft.raw(label, &written, false);
    draft.text.push_str(&after);
    draft
}

fn base64_of_json(random: &mut Rng) -> Draft {
    let (name, label, value) = field(random);
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(random.choice(["payload=", "cookie: session=", "body "]).unwrap());
    draft.raw(label, &STANDARD.encode(serde_json::json!({"v": 1, name: value}).to_string()), true);
    draft
}

fn base64_of_value(random: &mut Rng) -> Draft {
    let (name, label, value) = field(random);
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(&format!("{name}="));
    draft.raw(label, &STANDARD.encode(value), true);
    draft
}

fn base64_in_json(random: &mut Rng) -> Draft {
    let (name, label, value) = field(random);
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str("{\"state\":\"");
    draft.raw(label, &URL_SAFE_NO_PAD.encode(serde_json::json!({name: value, "t": "login"}).to_string()), true);
    draft.text.push_str("\"}");
    draft
}

fn jwt_payload(random: &mut Rng) -> Draft {
    let (name, label, value) = field(random);
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str("sso ok token=");
    let token = jwt(random, &serde_json::json!({"sub": "42", name: value}).to_string());
    draft.raw(label, &token, true);
    draft.also("secret");
    draft
}

fn percent(random: &mut Rng, times: usize) -> Draft {
    let (name, label, mut value) = field(random);
    for _ in 0..times {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'~');
        let code = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
        value = value.bytes().map(code).collect();
    }
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(&format!("GET /r?{name}="));
    draft.raw(label, &value, false);
    draft.text.push_str("&x=1 HTTP/1.1");
    draft
}

fn quoted_printable(random: &mut Rng) -> Draft {
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str("Skriv til ");
    draft.raw("email", &simple_email(random).replace('@', "=40"), false);
    draft.text.push_str(" i dag");
    draft
}

fn soft_break(random: &mut Rng) -> Draft {
    let (label, word, value) = match random.u8(..3) {
        0 => ("email", "mail til ", simple_email(random)),
        1 => ("payment_card", "kort ", values::of("payment_card", random)),
        _ => ("iban", "konto ", values::of("iban", random)),
    };
    let at = random.usize(2..value.len() - 2);
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(word);
    draft.raw(label, &format!("{}=\r\n{}", &value[..at], &value[at..]), false);
    draft
}

fn html_entity(random: &mut Rng) -> Draft {
    let value = simple_email(random);
    let hex = random.bool();
    let code = |c: char| match c {
        '@' | '.' if hex => format!("&#x{:x};", c as u32),
        '@' => "&#64;".to_owned(),
        other => other.to_string(),
    };
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str("<p>mail ");
    draft.raw("email", &value.chars().map(code).collect::<String>(), false);
    draft.text.push_str("</p>");
    draft
}

/// Digits of another script; `zero` is its first.
fn other_digits(random: &mut Rng, zero: u32) -> Draft {
    let (word, label, value) = match random.u8(..3) {
        0 => ("card ", "payment_card", values::of("payment_card", random)),
        1 => ("phone ", "phone", values::of("phone:clear", random)),
        _ => ("NIK ", "nik", values::of("nik", random)),
    };
    let other = |c: char| c.to_digit(10).map_or(c, |digit| char::from_u32(zero + digit).unwrap());
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(word);
    draft.raw(label, &value.chars().map(other).collect::<String>(), false);
    draft
}

fn zero_width(random: &mut Rng) -> Draft {
    hidden(random, &['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'])
}

fn soft_hyphen(random: &mut Rng) -> Draft {
    hidden(random, &['\u{ad}'])
}

/// Characters that nobody sees, in the middle.
fn hidden(random: &mut Rng, invisible: &[char]) -> Draft {
    let (_, label, value) = field(random);
    let mark = invisible[random.usize(..invisible.len())];
    let at = random.usize(1..value.len() - 1);
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str(if label == "nik" { "{\"msg\":\"NIK " } else { "{\"msg\":\"data " });
    draft.raw(label, &format!("{}{mark}{}", &value[..at], &value[at..]), false);
    draft.text.push_str(" ok\"}");
    draft
}

/// Other signs between the groups of digits.
fn separated(random: &mut Rng, separator: char) -> Draft {
    let (word, label, digits, groups) = match random.u8(..3) {
        0 => ("card ", "payment_card", checked::luhn(&format!("4{}", checked::digits(random, 14))), 4),
        1 => ("hp ", "phone", format!("0812{}", checked::digits(random, 8)), 4),
        _ => ("NIK ", "nik", values::of("nik", random).replace(' ', ""), 4),
    };
    let parts: Vec<&str> = digits.as_bytes().chunks(groups).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str(word);
    draft.raw(label, &parts.join(&separator.to_string()), false);
    draft
}

/// A letter of an address from another script.
fn homoglyph(random: &mut Rng) -> Draft {
    let value = simple_email(random);
    let (latin, other) = random.choice([('a', 'а'), ('e', 'е'), ('o', 'о'), ('i', 'і')]).unwrap();
    let mut draft = Draft::new(Format::Text);
    draft.text.push_str("mail ");
    draft.raw("email", &value.replacen(latin, &other.to_string(), 1), false);
    draft.text.push_str(" now");
    draft
}

fn split_array(random: &mut Rng) -> Draft {
    let number = checked::luhn(&format!("5{}{}", random.u32(1..=5), checked::digits(random, 13)));
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str("{\"pan\":[");
    for at in 0..4 {
        draft.text.push_str(if at == 0 { "\"" } else { ",\"" });
        draft.raw("payment_card", &number[at * 4..at * 4 + 4], false);
        draft.text.push('"');
    }
    draft.text.push_str("]}");
    draft
}

/// Numbers of JSON, as they are and with an exponent.
fn number(random: &mut Rng) -> Draft {
    let number = checked::luhn(&format!("4{}", checked::digits(random, 14)));
    let mut draft = Draft::new(Format::Json);
    draft.text.push_str("{\"card\":");
    let written = match random.u8(..3) {
        0 => format!("{}.{}E+15", &number[..1], &number[1..]),
        1 => format!("{}.{}e15", &number[..1], &number[1..]),
        _ => number,
    };
    draft.raw("payment_card", &written, false);
    draft.text.push('}');
    draft
}
