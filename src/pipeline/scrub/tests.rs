//! Values through the whole scrubber: every kind of value in every encoding, and what must stay as it is.

use super::*;
use crate::config::{Secrets, from_str};
use crate::pseudonymize::{KeyRing, SharedRing};

pub(super) fn scrubber(yaml: &str) -> Scrubber {
    let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles");
    let mut scrubber = Scrubber::new(Arc::new(plan));
    scrubber.begin(0).expect("the key has no window");
    scrubber
}

fn text(scrubber: &mut Scrubber, path: PathId, raw: &[u8]) -> String {
    let mut out = Vec::new();
    scrubber.text(path, raw, &mut out).expect("readable");
    String::from_utf8(out).expect("UTF-8")
}

/// What becomes of a value; scrubbed again it must stay.
fn scrubbed(scrubber: &mut Scrubber, format: Format, raw: &str) -> String {
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    scrubber.value(format, raw.as_bytes(), &mut once).expect("readable");
    scrubber.value(format, &once, &mut twice).expect("still readable");
    let once = String::from_utf8(once).expect("UTF-8");
    assert_eq!(String::from_utf8(twice).expect("UTF-8"), once, "scrubbing {raw} twice changes something");
    if format == Format::Json {
        serde_json::from_str::<serde_json::Value>(&once).unwrap_or_else(|e| panic!("{raw} became {once}: {e}"));
    }
    once
}

#[test]
fn a_field_of_some_document_holds_what_all_of_it_is_found_to_be() {
    let mut scrubber = scrubber("{}");
    let nik = scrubbed(&mut scrubber, Format::Json, "{\"nik\":\"3171234501900001\"}");
    let same = scrubbed(&mut scrubber, Format::Json, "{\"nomor_identitas\":\"3171234501900001\"}");
    assert_eq!(nik.replace("nik\"", "nomor_identitas\""), same, "their tokens join");
    assert!(scrubbed(&mut scrubber, Format::Json, "{\"document_no\":\"C7654321X\"}").contains("idn_"));
}

/// What a name of the catalog only guesses gives way to what the value looks like; what the config says does not.
#[test]
fn a_rule_of_the_config_is_obeyed_whatever_the_value_looks_like() {
    for (rule, raw) in [
        ("{path: errors.password, entity: password, action: redact}", r#"{"errors":{"password":"is too short"}}"#),
        ("{path: errors.password, entity: password, action: redact}", r#"{"errors":{"password":["is too short"]}}"#),
        ("{name: passphrase, action: drop}", r#"{"errors":{"passphrase":"is too short"}}"#),
        (
            "{path: name, entity: person_name, action: redact}",
            r#"{"api_version":"v2","kind":"Pod","name":"Siti Rahma"}"#,
        ),
        ("{path: to, entity: email, action: drop}", r#"{"to":"123456"}"#),
    ] {
        let mut scrubber = scrubber(&format!("fields: [{rule}]"));
        assert_ne!(scrubbed(&mut scrubber, Format::Json, raw), raw, "{rule}");
    }
}

/// A rule about an object or an array is one about all that is in it.
#[test]
fn what_the_config_does_with_an_object_it_does_with_all_of_it() {
    let mut whole = scrubber("fields: [{name: payer, action: token}]");
    let raw =
        r#"{"payer":{"id":"siti-77","user":"siti-77","geo":"siti-77","e":{"email":{"y":"siti-77"}},"email":"a@x.dk"}}"#;
    let out = scrubbed(&mut whole, Format::Json, raw);
    assert!(!out.contains("siti") && out.contains("em_1k1_"), "{out}");
    for (action, gone) in [("redact", r#"{"n":1,"mail":"[email]"}"#), ("drop", r#"{"n":1}"#)] {
        let mut parts = scrubber(&format!("fields: [{{name: mail, entity: email, action: {action}}}]"));
        assert_eq!(scrubbed(&mut parts, Format::Json, r#"{"n":1,"mail":["siti@","x.id"]}"#), gone);
    }
}

#[test]
fn an_address_has_one_token_whatever_stands_beside_it_in_its_field() {
    let mut scrubber = scrubber("fields: [{name: [from, to], entity: email}]");
    let token = |out: String| out[out.find("em_").expect("a token")..].trim_end_matches("\"}").to_owned();
    let alone = token(scrubbed(&mut scrubber, Format::Json, r#"{"from":"lars@firma.dk"}"#));
    for value in ["Lars Hansen <lars@firma.dk>", "<lars@firma.dk>", "mailto:lars@firma.dk", "lars@firma.dk (Lars)"] {
        let out = scrubbed(&mut scrubber, Format::Json, &format!("{{\"from\":\"{value}\"}}"));
        assert_eq!(out, format!("{{\"from\":\"{alone}\"}}"), "{value}");
    }
    let two = scrubbed(&mut scrubber, Format::Json, r#"{"to":"Bo <bo@firma.dk>, Lars <lars@firma.dk>"}"#);
    assert!(two.ends_with(&format!(", {alone}\"}}")) && !two.contains("Bo"), "{two}");
}

#[test]
fn a_truncated_card_ends_where_it_ends() {
    let mut scrubber = scrubber("patterns: {actions: {payment_card: 'mask:first6_last4'}}");
    for behind in [" 12/29", " 250 kr", " 3 attempts", "-1", ""] {
        let out = scrubbed(&mut scrubber, Format::Text, &format!("Kort 4111 1111 1111 1111{behind}"));
        assert!(out.starts_with("Kort 411111******1111") && out.ends_with(behind), "{out}");
    }
}

#[test]
fn a_name_of_a_record_is_found_again_in_it_and_in_no_other() {
    let mut scrubber = scrubber("{}");
    let raw = r#"{"note":"call Mette on Monday, or Skov's shop","customer_name":"Mette Skov","in":"{\"t\":\"for METTE now\"}"}"#;
    let out = scrubbed(&mut scrubber, Format::Json, raw);
    assert!(!out.contains("Mette") && !out.contains("METTE") && !out.contains("Skov"), "{out}");
    scrubber.begin(0).expect("the key has no window");
    let other = r#"{"note":"call Mette on Monday"}"#;
    assert_eq!(scrubbed(&mut scrubber, Format::Json, other), other, "another record");
}

#[test]
fn what_may_never_pass_does_not_whatever_a_rule_about_more_says() {
    let raw = "{\"card\":{\"cvv\":\"123\",\"pin\":\"4711\"},\"card_cvv\":\"456\",\"otp\":\"482913\",\"password\":\"hunter2x\"}";
    let gone = ["123", "4711", "456", "482913", "hunter2x", "fd_", "em_", "ph_"];
    for rule in [
        "{name: [\"card_*\", \"*_cvv\"], entity: payment_card}",
        "{path: \"card.*\", action: token}",
        "{path: \"card.*\", action: keep}",
        "{path: \"**\", action: keep}",
        "{path: \"**\", action: token}",
    ] {
        let mut scrubber = scrubber(&format!("fields: [{rule}]"));
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(gone.iter().all(|value| !out.contains(value)), "{rule}: {out}");
    }
    let mut dropping = scrubber("fields: [{path: \"card.*\", action: drop}]");
    assert!(scrubbed(&mut dropping, Format::Json, raw).contains("\"card\":{}"), "a rule that hides holds");
}

#[test]
fn a_rule_with_a_wildcard_keeps_neither_cards_nor_secrets_and_all_else() {
    let raw = r#"{"pay":{"n":"4539 5787 6362 1486","card":{"number":4539578763621486,"code":"739","parts":["4539","5787","6362","1486"]},
        "note":"kartu 4539578763621486, cvv: 739, siti@example.id","raw":"{\"x\":\"4539578763621486\",\"email\":\"siti@example.id\"}",
        "in":"Mjk5OiA0NTM5IDU3ODcgNjM2MiAxNDg2","ip":"203.0.113.7","email":"siti@example.id"}}"#;
    for rule in ["{path: \"pay.**\", action: keep}", "{path: \"**\", action: keep}"] {
        let mut scrubber = scrubber(&format!("fields: [{rule}]"));
        // Three times: what held nothing is remembered.
        for _ in 0..3 {
            let out = scrubbed(&mut scrubber, Format::Json, raw);
            let gone = ["4539", "5787", "1486", "739", "Mjk5OiA0NTM5"];
            assert!(gone.iter().all(|value| !out.contains(value)), "{rule}: {out}");
            assert_eq!(
                (out.matches("siti@example.id").count(), out.contains("203.0.113.7")),
                (3, true),
                "{rule}: {out}"
            );
        }
    }
    let exact = "fields: [{path: [pay.n, pay.note], action: keep}]";
    let out = scrubbed(&mut scrubber(exact), Format::Json, raw);
    assert!(
        out.contains("4539 5787 6362 1486") && out.contains("cvv: 739"),
        "who names the field answers for it: {out}"
    );
    let other = r#"{"pay":{"raw":{"email":"siti@example.id"}},"note":"siti@example.id"}"#;
    let mut wide = scrubber("fields: [{path: \"pay.*\", action: keep}]");
    scrubbed(&mut wide, Format::Json, raw);
    assert!(!scrubbed(&mut wide, Format::Json, other).contains("siti"), "the rule holds for its fields and no others");
}

#[test]
fn a_field_that_is_not_said_to_be_anything_gives_no_code_away_and_no_card() {
    let cases = [
        ("token", "cvv 123", "[field]"),
        ("token", "password: hunter2x", "[field]"),
        ("token", "{\\\"cvv\\\":\\\"123\\\"}", "[field]"),
        ("'mask:last4'", "kode cvv 123", "[field]"),
        ("seal", "cvv: 123", "[field]"),
        ("'mask:last4'", "kartu 4539578763621486", "[field]"),
        ("'generalize:bucket:10'", "1234.5", "1230"),
        ("'mask:last4'", "ORDER-99887", "****9887"),
        ("redact", "cvv 123", "[field]"),
    ];
    for (action, value, wanted) in cases {
        let seal = "seal: {recipients: [age1avzccz9z72h6xxfsdcnrfqps3mslwzscugxzpy03xkfu6t48ue0qjtfkjl]}";
        let mut scrubber = scrubber(&format!("fields: [{{name: ref, action: {action}}}]\n{seal}\n"));
        let out = scrubbed(&mut scrubber, Format::Json, &format!("{{\"ref\":\"{value}\"}}"));
        assert_eq!(out, format!("{{\"ref\":\"{wanted}\"}}"), "{action} of {value}");
    }
    for action in ["'mask:last4'", "'generalize:bucket:10'"] {
        let mut scrubber = scrubber(&format!("fields: [{{name: ref, action: {action}}}]"));
        for value in ["\"4539578763621486\"", "4539578763621486"] {
            let out = scrubbed(&mut scrubber, Format::Json, &format!("{{\"ref\":{value}}}"));
            assert!(out.starts_with("{\"ref\":\"pan_1k1_"), "a card alone is one: {out}");
        }
    }
    let mut scrubber = scrubber("fields: [{name: ref, action: token}]");
    for value in ["4539578763621486", "ORD-1", "siti@example.id"] {
        let out = scrubbed(&mut scrubber, Format::Json, &format!("{{\"ref\":\"{value}\"}}"));
        assert!(out.starts_with("{\"ref\":\"fd_1k1_"), "{out}");
    }
    let out = scrubbed(&mut scrubber, Format::Text, "ref=\"cvv 123\" ok");
    assert!(!out.contains("fd_") && !out.contains("123"), "{out}");
}

#[test]
fn a_rule_with_a_wildcard_does_to_all_what_it_says_and_to_codes_what_must_be() {
    let mut scrubber = scrubber("fields: [{path: \"card.*\", action: token}]");
    let raw = r#"{"card":{"number":"4539578763621486","code":"739","pin":"n/a yet","brand":"visa"}}"#;
    let out = scrubbed(&mut scrubber, Format::Json, raw);
    assert!(out.contains(r#""number":"fd_1k1_"#) && out.contains(r#""brand":"fd_1k1_"#), "{out}");
    assert!(out.contains(r#""code":"[card_verification]""#) && out.contains(r#""pin":"[pin]""#), "{out}");
    let out = scrubbed(&mut scrubber, Format::Json, r#"{"card":{"number":"Ann Larsen","no":"23237585"}}"#);
    assert!(!out.contains("Ann") && !out.contains("2323"), "what a card's field holds else: {out}");
}

#[test]
fn values_of_one_field_in_an_array_stay_apart_and_pieces_of_one_do_not() {
    let mut scrubber = scrubber("{}");
    let two = scrubbed(&mut scrubber, Format::Json, "{\"telefon\":[\"51234876\",\"86123344\"]}");
    assert_eq!(two.matches("\"ph_").count(), 2, "{two}");
    let one = scrubbed(&mut scrubber, Format::Json, "{\"telefon\":[\"0812\",\"3456\",\"7890\"]}");
    assert_eq!(one.matches("\"ph_").count(), 1, "{one}");
}

#[test]
fn what_a_change_names_is_a_field_of_that_name() {
    let mut scrubber = scrubber("{}");
    for (raw, gone) in [
        ("{\"field\":\"full_name\",\"from\":\"Siti Rahma\",\"to\":\"Siti Ayu\"}", ["Siti Rahma", "Siti Ayu"]),
        ("{\"attribute\":\"password\",\"before\":\"Kucing1\",\"after\":\"Kucing2\"}", ["Kucing1", "Kucing2"]),
        ("{\"op\":\"replace\",\"path\":\"/c/full_name\",\"value\":\"Budi Irawan\"}", ["Budi", "Irawan"]),
        ("{\"type\":\"passport\",\"number\":\"C7654321\"}", ["C7654321", "7654321"]),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(gone.iter().all(|value| !out.contains(value)), "{out}");
    }
    let kept = "{\"type\":\"transfer\",\"from\":\"main\",\"to\":\"bonus\",\"code\":\"A1\"}";
    assert_eq!(scrubbed(&mut scrubber, Format::Json, kept), kept);
}

#[test]
fn a_kafka_key_and_a_header_that_are_json_have_fields() {
    let mut scrubber = scrubber("fields: [{name: nickname, action: redact}, {path: \"@key.id\", action: redact}]");
    let key = text(&mut scrubber, PathId::KEY, b"{\"nickname\":\"Siti\",\"id\":7}");
    assert_eq!(key, "{\"nickname\":\"[field]\",\"id\":\"[field]\"}");
    let broken = text(&mut scrubber, PathId::KEY, b"{\"nickname\": a@example.com");
    assert!(!broken.contains("a@example"), "what only begins like JSON is read as text: {broken}");
    let mut header = Vec::new();
    scrubber.header("x-user", b"{\"nickname\":\"Siti\"}", &mut header).expect("it stays");
    assert_eq!(header, b"{\"nickname\":\"[field]\"}");
}

#[test]
fn json_in_strings_has_paths_rules_and_its_own_escapes_at_every_level() {
    let mut scrubber = scrubber(
        "fields: [{path: raw.raw.nickname, action: redact}, {path: raw.gone, action: drop}, {name: card_no, action: redact}]",
    );
    let inner = r#"{"nickname":"A \"B\"","pan":4111111111111111,"m":"caf\u00e9 a@example.com\n"}"#;
    let middle = serde_json::json!({"gone": "x", "raw": inner, "kept": "a\\b"}).to_string();
    let raw = format!(r#"{{"raw" : {}, "n":1.0}}"#, serde_json::json!(middle));
    let out = scrubbed(&mut scrubber, Format::Json, &raw);
    assert!(out.ends_with(", \"n\":1.0}"));
    let outer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let middle: serde_json::Value = serde_json::from_str(outer["raw"].as_str().expect("a string")).expect("JSON");
    assert_eq!(middle["kept"], "a\\b");
    assert!(middle.get("gone").is_none());
    let inner = middle["raw"].as_str().expect("a string");
    assert!(inner.contains(r"caf\u00e9 em_1k1_") && inner.contains(r#""pan":"pan_1k1_"#), "{inner}");
    assert!(inner.starts_with(r#"{"nickname":"[field]","#), "{inner}");
}

#[test]
fn one_value_has_one_token_in_every_encoding() {
    let mut scrubber = scrubber("");
    let plain = scrubbed(&mut scrubber, Format::Text, "john.doe@example.com");
    for raw in [
        "GET /r?u=john.doe%40example.com&x=1",
        "GET /r?u=john.doe%252540example.com",
        "john.doe&#64;example.com",
        "john.doe&#x40;example&period;com,",
        "john.doe&amp;#64;example.com",
        "john.doe=40example.com",
        "john.doe@exam=\r\nple.com",
        r"john.doe\u0040example.com",
        r"john.doe\x40example.com \n",
        "x=am9obi5kb2VAZXhhbXBsZS5jb20=",
        "x=am9obi5kb2VAZXhhbXBsZS5jb20",
        "6a6f686e2e646f65406578616d706c652e636f6d",
        "john\u{ad}.doe\u{ff20}example\u{3002}com",
        "jo\u{200b}hn.doe@exa\u{2060}mple.com",
        "%6A%6F%68%6E%2E%64%6F%65%40%65%78%61%6D%70%6C%65%2E%63%6F%6D",
        "{\"a\":\"john.doe@example.com\"} tail",
        "data=%7B%22a%22%3A%22john.doe%40example.com%22%7D",
    ] {
        let out = scrubbed(&mut scrubber, Format::Text, raw);
        assert!(out.contains(&plain), "{raw} became {out}");
        let json = serde_json::json!({ "m": raw, raw: 1, "l": [raw] }).to_string();
        let out = scrubbed(&mut scrubber, Format::Json, &json);
        assert_eq!(out.matches(&plain).count(), 3, "{json} became {out}");
    }
}

/// A way to write a value that hides it, and its name.
type Encoding = (&'static str, fn(&str) -> String);

fn encodings() -> Vec<Encoding> {
    fn bytes(text: &str, write: fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }
    fn base64(text: &str) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    }
    vec![
        ("plain", |t| t.to_owned()),
        ("percent", |t| bytes(t, |b| format!("%{b:02X}"))),
        ("percent twice", |t| bytes(t, |b| format!("%25{b:02x}"))),
        ("form", |t| format!("q={}", t.replace('+', "%2B").replace('@', "%40").replace(' ', "+"))),
        ("html decimal", |t| bytes(t, |b| format!("&#{b};"))),
        ("html hex", |t| bytes(t, |b| format!("&#x{b:x};"))),
        ("html in percent", |t| bytes(t, |b| format!("%26%23{b}%3B"))),
        ("quoted-printable", |t| bytes(t, |b| format!("={b:02X}"))),
        ("soft break", |t| format!("{}=\r\n{}", &t[..t.len() / 2], &t[t.len() / 2..])),
        ("backslash u", |t| bytes(t, |b| format!("\\u00{b:02x}"))),
        ("backslash x", |t| bytes(t, |b| format!("\\x{b:02X}"))),
        ("behind a break", |t| format!("line\\n{t}\\n")),
        ("base64", |t| base64(&format!("the customer wrote: {t}."))),
        ("base64 of JSON", |t| base64(&serde_json::json!({ "value is": t }).to_string())),
        ("base64 of percent", |t| base64(&format!("?q={}", t.replace('@', "%40").replace(' ', "%20")))),
        ("hexadecimal", |t| bytes(&format!("it is {t} "), |b| format!("{b:02x}"))),
        ("JSON", |t| serde_json::json!({ "m": t }).to_string()),
        ("JSON in JSON", |t| serde_json::json!({ "m": serde_json::json!([t]).to_string() }).to_string()),
        ("JSON in percent", |t| {
            serde_json::json!({ "m": t }).to_string().replace('"', "%22").replace('@', "%40").replace(' ', "%20")
        }),
        ("full-width", |t| {
            t.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c > ' ').unwrap_or(c)).collect()
        }),
        ("zero-width", |t| t.chars().flat_map(|c| [c, '\u{200b}']).collect()),
        ("soft hyphens", |t| t.chars().flat_map(|c| [c, '\u{ad}']).collect()),
        ("no-break spaces", |t| t.replace(' ', "\u{a0}").replace('-', "\u{2011}")),
        ("Arabic digits", |t| {
            t.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(0x660 + d)).unwrap_or(c)).collect()
        }),
        ("bold digits", |t| {
            t.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(0x1d7ce + d)).unwrap_or(c)).collect()
        }),
        ("struck", |t| t.chars().flat_map(|c| [c, '\u{336}']).collect()),
    ]
}

/// Values that are found without any word around them.
const VALUES: [&str; 7] = [
    "john.doe@example.com",
    "bo+news@sub.example.co.id",
    "203.0.113.77",
    "4111 1111 1111 1111",
    "4000056655665556",
    "DK5000400440116243",
    "+62 812-3456-7890",
];

#[test]
fn no_value_passes_in_any_encoding_and_place() {
    let mut scrubber = scrubber("");
    let mut failed = Vec::new();
    for (name, encode) in encodings() {
        for value in VALUES {
            let hidden = encode(value);
            let places = [
                (Format::Text, hidden.clone()),
                (Format::Text, format!("2026-01-02 INFO got {hidden} ok")),
                (Format::Text, format!("a=1 body=\"{hidden}\"")),
                (Format::Json, serde_json::json!({ "m": hidden }).to_string()),
                (Format::Json, serde_json::json!({ "l": [1, [hidden, "x"]] }).to_string()),
                (Format::Json, serde_json::json!({ "m": format!("see {hidden}\n!") }).to_string()),
                (Format::Json, serde_json::json!({ hidden.clone(): 1 }).to_string()),
                (Format::Json, serde_json::json!({ "r": serde_json::json!({ "m": hidden }).to_string() }).to_string()),
            ];
            for (format, raw) in places {
                let out = scrubbed(&mut scrubber, format, &raw);
                let written = match format {
                    Format::Json => serde_json::json!(hidden).to_string().trim_matches('"').to_owned(),
                    Format::Text => hidden.clone(),
                };
                if out.contains(&written) || out == raw {
                    failed.push(format!("{name}: {raw} became {out}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} pass:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn what_is_no_personal_data_stays_byte_for_byte() {
    let mut scrubber = scrubber("");
    for raw in [
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "trace 550e8400-e29b-41d4-a716-446655440000 span=00f067aa0ba902b7",
        "rid=3q2+7w3q2+7w3q2+7w== etag=W/\"5f3a-17c\" done",
        "GET /search?q=red+shoes&page=2&utm_source=mail&lang=da%2DDK HTTP/1.1 200",
        "progress 100% (5%25 left) rate=40ms a==b x=>y k=3d n=41 took=25ms status=404",
        "R&D &copy; 2026 <a href=\"https://example.com/?a=1&amp;b=2\">link</a> &lt;b&gt;",
        "C:\\new\\table\\users\\x20 \\d+ \\w",
        "phone=verified email=sent card=true ip=unknown mobile=1",
        "payload=eyJhbW91bnQiOjI1MDAwLCJjdXJyZW5jeSI6IklEUiJ9",
        "uid=dGhpcyBpcyBmaW5l tag=Uddannelsesinstitutionen",
        "[INFO] {\"amount\": 34958.30, \"odds\":[1.85,2.10]} {} []",
        "pixel data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
        "smörgås Ærø 東京 Жанна e\u{301} 😀 \u{200d}",
        "em_1k1_bcdfghjklmnpqrstbcdfghjk %20",
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Text, raw), raw);
        let json = serde_json::json!({ "m": raw, "r": serde_json::json!({ "m": raw }).to_string() }).to_string();
        assert_eq!(scrubbed(&mut scrubber, Format::Json, &json), json);
    }
    let raw = r#"{"l":[1,2,3],"y":[2019,2020,2021,2022],"t":["a","b"],"o":[1.5,2.25],"e":[],"n":1e3,"z":0.0}"#;
    assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
}

#[test]
fn values_split_over_an_array_are_one() {
    let mut scrubber = scrubber("");
    let card = scrubbed(&mut scrubber, Format::Json, r#"["4111111111111111"]"#);
    for raw in [
        r#"["4111","1111","1111","1111"]"#,
        r#"["4","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1"]"#,
        "[4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(out.starts_with(card.trim_end_matches(']')) && out.ends_with(",\"\"]"), "{out}");
    }
    let email = scrubbed(&mut scrubber, Format::Json, r#"["john.doe@example.com"]"#);
    for raw in [
        r#"["john.doe","@example.com"]"#,
        r#"["john.doe","@","example.com"]"#,
        r#"["john.doe@exam","ple.com"]"#,
        r#"["john.","doe@example.com"]"#,
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(out.starts_with(email.trim_end_matches(']')), "{out}");
    }
    let out = scrubbed(&mut scrubber, Format::Json, r#"{"tags":["vip","a@example.com"]}"#);
    assert!(out.starts_with(r#"{"tags":["vip","em_1k1_"#), "a neighbour is no part of it: {out}");
}

#[test]
fn a_value_that_is_cut_anywhere_joins_its_whole_spelling() {
    let mut scrubber = scrubber("");
    for (cuts, whole) in [
        (&["+62|81234567890", "+62|812|3456 7890"][..], "+6281234567890"),
        (&["4111 1111 1111|1111", "411111111111|1111", "visa|4111 1111|1111-1111"], "4111111111111111"),
        (&["DK50 0040|0440 1162 43", "DK|5000400440116243"], "DK50 0040 0440 1162 43"),
        (&["203.0.|113.7", "203.0|113.7", "203|.0.113.7"], "203.0.113.7"),
        (&["2001:db8:85a3|8a2e:370:7334:1:2", "2001:db8:85a3:|8a2e:370:7334:1:2"], "2001:db8:85a3:8a2e:370:7334:1:2"),
        (&["00:1A:2B|3C:4D:5E", "00:1A:|2B:3C:4D:5E"], "00:1A:2B:3C:4D:5E"),
        (&["john.doe@|example.com", "john.doe|@|example|.com"], "john.doe@example.com"),
    ] {
        let whole = scrubbed(&mut scrubber, Format::Json, &serde_json::json!({ "x": whole }).to_string());
        let token = whole.split('"').nth(3).expect("a token");
        for cut in cuts {
            let raw = serde_json::json!({ "x": cut.split('|').collect::<Vec<_>>() }).to_string();
            let out = scrubbed(&mut scrubber, Format::Json, &raw);
            assert!(out.contains(token), "{raw} became {out}, not {token}");
            let parts = cut.split('|').filter(|part| part.len() > 4);
            assert!(parts.into_iter().all(|part| !out.contains(part)), "{raw} became {out}");
        }
    }
    let mut token = |raw| scrubbed(&mut scrubber, Format::Json, raw).split('"').nth(3).map(str::to_owned);
    assert_eq!(token(r#"{"ip":[203,0,113,7]}"#), token(r#"{"ip":"203.0.113.7"}"#));
}

#[test]
fn an_element_is_what_the_one_before_it_says() {
    let mut scrubber = scrubber("");
    for (raw, gone) in [
        (r#"["Kode OTP anda","482913"]"#, "482913"),
        (r#"["CVV","123"]"#, "123"),
        (r#"["password","hunter2"]"#, "hunter2"),
        (r#"["user","ann","password","hunter2"]"#, "hunter2"),
        (r#"["CPR","120585-1238"]"#, "120585"),
        (r#"[["password","hunter2"],["email","a@b.dk"]]"#, "hunter2"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!out.contains(gone), "{raw} became {out}");
    }
}

#[test]
fn a_rule_for_a_column_counts_more_than_the_element_before() {
    let mut scrubber = scrubber("fields: [{name: no_rekening, action: redact}]");
    let raw = r#"{"rows":[["p-2","BCA","8420557719",5]],"cols":["pid","bank","no_rekening","jumlah"]}"#;
    assert!(scrubbed(&mut scrubber, Format::Json, raw).contains(r#""BCA","[field]",5"#));
}

#[test]
fn lists_of_numbers_ids_and_names_stay() {
    let mut scrubber = scrubber("");
    for raw in [
        "[2024,11,28]",
        "[1200,1300,1400,1500]",
        "[250000,100000,500000]",
        r#"["password","email"]"#,
        r#"["OTP","login"]"#,
        r#"["1.2.3","4.5.6"]"#,
        r#"["10.2.1","7.3"]"#,
        r#"["10.0","12.5","99.9"]"#,
        r#"["12345678","87654321"]"#,
        r#"["12:30:15","14:45:10"]"#,
        r#"["08:00","12:00","13:00","17:00"]"#,
        r#"["2024-01-02","2024-01-03"]"#,
        r#"["status","200","path","/x"]"#,
        r#"["max_tokens","4096"]"#,
        r#"["PIN","attempts","3"]"#,
        r#"["OTP sent",482913]"#,
        r#"["email","phone","otp6"]"#,
        r#"["kode pos","40115"]"#,
        r#"["Content-Length","3478"]"#,
        r#"["+1","+2","+44"]"#,
        r#"["ID20","1234","5678","90"]"#,
        r#"["npm","@types/node","20.1"]"#,
        r#"["@everyone","@here"]"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever an array holds, it is scrubbed to one that is scrubbed already.
    #[test]
    fn any_array_can_be_walked(parts in proptest::collection::vec(
        "(\\+62|4111|1111|DK50|0040|203\\.0|\\.113\\.7|:db8:|@|john|example|\\.com|CVV|otp|[0-9]{1,6}|\\PC{0,4}){0,2}", 0..6,
    )) {
        let mut scrubber = scrubber("");
        scrubbed(&mut scrubber, Format::Json, &serde_json::json!({ "x": parts }).to_string());
    }
}

#[test]
fn what_is_deeper_or_larger_than_the_limits_is_redacted_and_the_record_goes_on() {
    let mut scrubber = scrubber("limits: {encoded_depth: 2, encoded_bytes: 1KiB}");
    let mut value = serde_json::json!({ "email": "a@example.com" });
    for _ in 0..3 {
        value = serde_json::json!({ "r": value.to_string() });
    }
    let out = scrubbed(&mut scrubber, Format::Json, &value.to_string());
    assert!(out.contains("[encoded]") && !out.contains("example.com"), "{out}");
    let photo = "q7W+".repeat(300);
    let out = scrubbed(&mut scrubber, Format::Json, &serde_json::json!({ "photo": photo, "n": 1 }).to_string());
    assert_eq!(out, r#"{"n":1,"photo":"[encoded]"}"#);
    let photo = format!("data:image/jpeg;base64,/9j/{}", "A9z0".repeat(64));
    let out = scrubbed(&mut scrubber, Format::Text, &photo);
    assert_eq!(out, "data:image/jpeg;base64,[encoded]");
    let percent = format!("%{}40", "25".repeat(9));
    assert_eq!(scrubbed(&mut scrubber, Format::Text, &format!("a{percent}b.dk")), "[encoded]");
}

#[test]
fn a_value_that_reads_as_quoted_printable_with_its_sign_is_read_whole() {
    let mut scrubber = scrubber("");
    for text in ["name=ff=48", "usr_nm=c3=a9", "x=1&name=E5=9A=84&y=2", "crdHldrNm=\u{fb00}=ee"] {
        scrubbed(&mut scrubber, Format::Text, text);
    }
}

#[test]
fn an_escape_that_begins_a_value_joins_and_a_name_with_its_value_begins_none() {
    let mut scrubber = scrubber("fields: [{name: session, action: token, entity: username}]");
    let mut text = |text: &str| scrubbed(&mut scrubber, Format::Text, text);
    let (card, mail) = (text("4111 1111 1111 1111"), text("siti@example.com"));
    assert_eq!(text("=34111 1111 1111 1111"), card);
    assert_eq!(text("kort =34111 1111 =31111 1111 ok"), format!("kort {card} ok"));
    assert_eq!(text("=73iti=40example.com"), mail);
    assert_eq!(text("from <=73iti@ex=61mple.com>"), format!("from <{mail}>"));
    assert_eq!(text("email==73iti=40example.com"), format!("email={mail}"));
    for plain in ["a=12345", "key=ABCD", "at =34ms, x=41ab y =6Fbc"] {
        assert_eq!(text(plain), plain);
    }
    // Not the token of `Aabc==`.
    assert_ne!(text("session=41abcdefgh=="), text("session=Aabcdefgh=="));
}

#[test]
fn a_name_of_several_words_behind_a_label_has_its_own_token() {
    let mut scrubber = scrubber("");
    let field = scrubbed(&mut scrubber, Format::Json, r#"{"full_name":"Budi Santoso"}"#);
    let token = field.trim_start_matches(r#"{"full_name":""#).trim_end_matches("\"}");
    assert_eq!(scrubbed(&mut scrubber, Format::Text, "name=Budi Santoso, x=1"), format!("name={token}, x=1"));
    let other = scrubbed(&mut scrubber, Format::Text, "name=Budi Wijaya, x=1");
    assert!(other.starts_with("name=nm_1k1_") && !other.contains(token), "{other}");
}

#[test]
fn a_name_with_its_value_in_a_text_counts_as_a_field() {
    let mut scrubber = scrubber("fields: [{name: [nickname, account_ref], action: redact}]");
    for (raw, expected) in [
        ("nickname=Siti ok", "nickname=[field] ok"),
        ("/r?accountRef=A+1&x=2", "/r?accountRef=[field]&x=2"),
        ("msg=\"a\" nickname=\"Siti R\"", "msg=\"a\" nickname=\"[field]\""),
        ("{\"nickname\":\"Siti R\",\"n\":5", "{\"nickname\":\"[field]\",\"n\":5"),
        ("u {\\\"nickname\\\":\\\"Siti\\\"} x", "u {\\\"nickname\\\":\\\"[field]\\\"} x"),
        ("User { nickname: 'Siti' }", "User { nickname: '[field]' }"),
        ("url=\"https://x/?nickname=Siti&b=1\"", "url=\"https://x/?nickname=[field]&b=1\""),
        ("b=%7B%22nickname%22%3A%22Siti%22%7D", "b=%7B%22nickname%22%3A%22[field]%22%7D"),
        ("nickname=null nickname= x", "nickname=null nickname= x"),
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Text, raw), expected);
    }
}

#[test]
fn json_that_is_cut_off_or_holds_half_a_character_is_searched_as_text() {
    let mut scrubber = scrubber("");
    for raw in [
        r#"{"email":"john.doe@example.com","amt":5"#,
        r#"{"m":"\ud83d john.doe@example.com"}"#,
        r#"{"m":"\ud83djohn.doe@example.com"}"#,
        r#"{"ip":"203.0.113.7"#,
    ] {
        let out = scrubbed(&mut scrubber, Format::Text, raw);
        assert!(!out.contains("doe@") && !out.contains("203.0"), "{out}");
        let json = serde_json::json!({ "m": raw }).to_string();
        let out = scrubbed(&mut scrubber, Format::Json, &json);
        assert!(!out.contains("doe@") && !out.contains("203.0"), "{out}");
    }
}

#[test]
fn numbers_are_read_as_they_are_meant() {
    let mut buffer = String::new();
    for (raw, meant) in [
        ("4.111111111111111E+15", "4111111111111111"),
        ("41111111111111110e-1", "4111111111111111"),
        ("411111111111111100.0E-2", "4111111111111111"),
        ("41111111111111111e-1", "41111111111111111e-1"),
        ("0e-3", "0e-3"),
        ("4111111111111111.0", "4111111111111111"),
        ("-12.50e1", "-125"),
        ("34958.30", "34958.30"),
        ("1e400", "1e400"),
        ("5", "5"),
        ("1e-3", "1e-3"),
    ] {
        assert_eq!(Core::number_text(raw, &mut buffer), meant);
    }
}

#[test]
fn a_value_that_reads_as_base64_of_nothing_is_still_what_it_says() {
    let mut scrubber = scrubber("");
    // Their digits and letters are base64 of valid UTF-8.
    for (value, leaks) in [
        ("5555555555554444", "5555555555554444"),
        ("card 2623322164608847", "2623322164608847"),
        ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNz"),
    ] {
        let json = scrubbed(&mut scrubber, Format::Json, &format!("{{\"msg\":\"{value}\"}}"));
        let plain = scrubbed(&mut scrubber, Format::Text, value);
        assert!(!json.contains(leaks) && !plain.contains(leaks), "{json} {plain}");
    }
}

#[test]
fn names_of_a_list_are_found_in_prose_and_nothing_else_changes() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("names.txt");
    std::fs::write(&file, "# given names\nSiti\nBirthe\n").expect("a file");
    let mut without = scrubber("");
    let mut with = scrubber(&format!("patterns: {{lists: [{{entity: person_name, file: {file:?}}}]}}"));
    let raw = "Yesterday Siti Rahmawati and Birthe left; siti@example.com, Sitir, v1.2.3.4";
    let out = scrubbed(&mut with, Format::Text, raw);
    assert!(!out.contains("Siti ") && !out.contains("Rahmawati") && !out.contains("Birthe"), "{out}");
    assert!(out.starts_with("Yesterday nm_1k1_") && out.ends_with(", Sitir, v1.2.3.4"), "{out}");
    assert!(scrubbed(&mut without, Format::Text, raw).starts_with("Yesterday Siti Rahmawati and Birthe left; em_1k1_"));
    let json = scrubbed(&mut with, Format::Json, r#"{"note":"Birthe","Birthe":{"id":"Bir-1"}}"#);
    assert!(!json.contains("Birthe") && json.contains("Bir-1"), "{json}");
}

#[test]
fn a_list_that_cannot_be_used_stops_the_start_with_file_and_field() {
    let compile = |yaml: &str| {
        let loaded = from_str(yaml, "test", Secrets::Skip).expect("valid");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).err().expect("refused").to_string()
    };
    let missing = compile("patterns: {lists: [{entity: person_name, file: /no/such/names.txt}]}");
    assert!(missing.starts_with("/no/such/names.txt: patterns.lists[0].file: cannot be read"), "{missing}");
    let unknown = compile("patterns: {lists: [{entity: person_nme, file: /no/such/names.txt}]}");
    assert!(
        unknown.contains("patterns.lists[0].entity") && unknown.contains("did you mean `person_name`"),
        "{unknown}"
    );
}

#[test]
fn coarser_tokens_link_mailboxes_and_networks() {
    let mut scrubber = scrubber("pseudonyms: {linkable: {email: mailbox, ip: network}}");
    let plain = scrubbed(&mut scrubber, Format::Text, "johndoe@gmail.com");
    let tagged = scrubbed(&mut scrubber, Format::Text, "John.Doe+Promo@GMAIL.com");
    let ((own, mailbox), (other, same)) = (plain.split_once('|').expect("two"), tagged.split_once('|').expect("two"));
    assert!(own.starts_with("em_1k1_") && mailbox.starts_with("emx_1k1_"), "{plain}");
    assert!(own != other && mailbox == same, "{plain} {tagged}");
    let network = |scrubber: &mut Scrubber, ip: &str| {
        let out = scrubbed(scrubber, Format::Json, &format!(r#"{{"ip":"{ip}"}}"#));
        out.split_once('|').expect("two").1.to_owned()
    };
    let a = network(&mut scrubber, "203.0.113.7");
    assert!(a.starts_with("ipn_1k1_"), "{a}");
    assert_eq!(a, network(&mut scrubber, "::ffff:203.0.113.99"));
    assert_ne!(a, network(&mut scrubber, "203.0.114.7"));
    // A Kafka key decides the partition: it has the first token only.
    scrubber.pseudonymizer().single(true);
    assert!(!text(&mut scrubber, PathId::KEY, b"johndoe@gmail.com").contains('|'));
    let problem = from_str("pseudonyms: {linkable: {email: network}}", "test", Secrets::Skip).expect("valid");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    let error = Plan::compile(&problem, Arc::new(SharedRing::fixed(ring))).err().expect("refused").to_string();
    assert!(error.contains("pseudonyms.linkable.email"), "{error}");
}

#[test]
fn what_stands_beside_a_value_names_it() {
    let mut scrubber = scrubber("");
    for raw in [
        r#"{"key":"password","value":"hunter2"}"#,
        r#"{"value":"hunter2","meta":{"n":1},"name":"userPassword"}"#,
        r#"[{"name":"email","value":"n/a"},{"field":"userPassword","value":"hunter2"}]"#,
        r#"{"attributes":[{"key":"user.password","value":{"stringValue":"hunter2"}}]}"#,
        r#"{"args":["app","--password","hunter2","-v"]}"#,
        r#"{"params":[["page","2"],["password","hunter2"]]}"#,
        r#"{"form":{"q1_label":"Password","q1_answer":"hunter2","q2_label":"Colour","q2_answer":"red"}}"#,
        r#"{"cmd":["curl","--api-key","hunter2"],"argv":["--token","hunter2"]}"#,
        r#"{"client_secret":"hunter2"}"#,
        r#"{"apiKey":"hunter2","csrfToken":"hunter2","privateKey":"hunter2","session_id":"hunter2"}"#,
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!out.contains("hunter2"), "{raw} became {out}");
    }
    let named = scrubbed(&mut scrubber, Format::Json, r#"{"name":"fullName","value":"Siti Aminah"}"#);
    assert!(named.starts_with(r#"{"name":"fullName","value":"nm_1k1_"#), "the name is nobody's: {named}");
    for raw in [
        r#"{"name":"email","value":"verified"}"#,
        r#"{"key":"color","value":"hunter2"}"#,
        r#"[{"key":"password","type":"string"},{"value":"hunter2"}]"#,
        r#"["--verbose","hunter2"]"#,
        r#"["--password","--verbose"]"#,
        r#"["password","username"]"#,
        r#"{"q1_label":"Password","q2_answer":"hunter2"}"#,
        r#"{"token":"USDT","clientSecret":"required"}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

#[test]
fn what_a_field_may_be_its_value_tells() {
    let mut scrubber = scrubber("");
    for (raw, token) in [
        (r#"{"pan":"4111111111111111","security_number":"123"}"#, r#""security_number":"[card_verification]""#),
        (r#"{"card":{"no":"4111111111111111","checkDigits":123}}"#, r#""checkDigits":"[card_verification]""#),
        (r#"{"cvd":"123"}"#, r#""[card_verification]""#),
        (r#"{"csc_code":"123"}"#, r#""[card_verification]""#),
        (r#"{"ktpFront":"https://cdn.example.id/1.jpg"}"#, r#""[id_photo]""#),
        (r#"{"portrait":"https://cdn.example.id/1.jpg"}"#, r#""[id_photo]""#),
        (r#"{"driver":"Budi Santoso"}"#, r#""nm_1k1_"#),
        (r#"{"emergency_contact":"Budi Santoso"}"#, r#""nm_1k1_"#),
        (r#"{"emergency_contact":"23237585"}"#, r#""ph_1k1_"#),
        (r#"{"debtorAccount":"1234567890"}"#, r#""ba_1k1_"#),
        (r#"{"gopay":"81234567890"}"#, r#""ph_1k1_"#),
        (r#"{"no_ewallet":81234567890}"#, r#""ph_1k1_"#),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(out.contains(token), "{raw} became {out}");
    }
    for raw in [
        r#"{"cvd_enabled":true,"cvd":1,"ccv":"M","csc_code":"DK-1234"}"#,
        r#"{"security_number":"123","verification":"123"}"#,
        r#"{"pan":null,"portrait":"landscape","id_front":"approved"}"#,
        r#"{"client":"Chrome Mobile","driver":"postgres","manager":"Package Manager"}"#,
        r#"{"refund_account":"wallet","gopay":1250000,"linkaja":"150000000"}"#,
        r#"{"email":"none","cc_email":"-","to_mail":"ikke oplyst"}"#,
        r#"{"client":{"ver":"1.18.30.2","sagsnr":"23 23 75 85"}}"#,
        r#"{"settlement_account":{"balance":1250000,"opened":"2026-01-02","closed":"2026-01-02T10:00:00Z"}}"#,
        r#"{"lat":"12ms","sagsnr":"23 23 75 85","cvr":"28 45 12 90"}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

#[test]
fn who_logs_in_has_the_token_of_what_he_logs_in_with() {
    let mut scrubber = scrubber(
        "fields: [{name: [username, user_name, nickname, handle], entity: username}, {name: email, entity: email}]",
    );
    let mut value = |raw: &str| scrubbed(&mut scrubber, Format::Json, raw).split('"').nth(3).unwrap_or("").to_owned();
    assert_eq!(value(r#"{"userName":"siti@example.com"}"#), value(r#"{"email":"siti@example.com"}"#), "they join");
    assert_eq!(value(r#"{"nickname":"DikaSlayer_88"}"#), value(r#"{"username":"DikaSlayer_88"}"#), "so do names");
    assert!(value(r#"{"username":"+62 812 3456 7890"}"#).starts_with("ph_1k1_"));
    assert!(value(r#"{"username":"siti"}"#).starts_with("usr_1k1_"));
    for number in [r#"{"username":"40312345"}"#, r#"{"username":40312345}"#, r#"{"username":"0101901234"}"#] {
        let out = scrubbed(&mut scrubber, Format::Json, number);
        assert!(!out.contains("40312345") && !out.contains("0101901234"), "{out}");
    }
    for raw in [
        r#"{"regex":{"username":"^[a-z0-9_]{3,20}$"}}"#,
        r#"{"product":{"handle":"kopi-luwak"}}"#,
        r#"{"errors":{"username":["must be at least 3 characters"]}}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

#[test]
fn what_a_ticket_was_and_became_is_no_mailbox_and_who_wrote_is_one() {
    let mut scrubber = scrubber("fields: [{name: [from, to], entity: email, action: token}]");
    for raw in [
        r#"{"event":"ticket.status_changed","from":"open","to":"solved"}"#,
        r#"{"from":"In Progress","to":"ON_HOLD"}"#,
        r#"{"from":"åben","to":"afventer kunde","changed_at":"2025-02-11T16:20:00+01:00"}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
    for (raw, value) in [
        (r#"{"from":"siti","to":"budi","text":"hi"}"#, "siti"),
        (r#"{"from":"siti","to":"budi"}"#, "budi"),
        (r#"{"event":"ticket.reassigned","from":"siti","to":"budi","changed_at":"2025-02-11T16:20:00+01:00"}"#, "siti"),
        (r#"{"queue":{"from":"siti","to":"budi"}}"#, "siti"),
        (r#"{"from":"customer88213041"}"#, "88213041"),
        (r#"{"event":"message.status_changed","from":"siti","to":"budi","text":"hi"}"#, "siti"),
        (r#"{"changes":{"assignee":{"from":"siti","to":"budi"}}}"#, "siti"),
        (r#"{"event":"owner.changed","from":"siti","to":"budi"}"#, "siti"),
        (r#"{"event":"ticket.status_changed","from":"Siti","to":"open"}"#, "Siti"),
        (r#"{"event":"ticket.status_changed","from":"siti@example.com","to":"open"}"#, "siti@"),
        (r#"{"event":"ticket.status_changed","from":"0812-3456-7890","to":"open"}"#, "0812"),
        (r#"{"from":"open siti"}"#, "siti"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!out.contains(value), "{raw} became {out}");
    }
}

#[test]
fn what_stands_beside_a_code_says_whether_it_is_one_of_a_login() {
    let mut scrubber = scrubber("");
    for (raw, value) in [
        (r#"{"event":"otp.generated","to":"085655129037","code":"480216","purpose":"WITHDRAW"}"#, "480216"),
        (r#"{"template":"login-otp","kode":480216}"#, "480216"),
        (r#"{"code":"480-216","type":"SEND_VERIFICATION_SMS"}"#, "480-216"),
        (r#"{"purpose":"LOGIN_2FA","data":{"n":1},"code":"4802"}"#, "4802"),
        (r#"{"event":"otp.sent","code":"480216","error":null}"#, "480216"),
        (r#"{"field":"email","code":"siti@example.com"}"#, "siti"),
        (r#"{"field":"phone","code":"+6281234567890"}"#, "812345"),
        (r#"{"walletSeed":"orbit velvet canyon ladder","x":1}"#, "velvet"),
        (r#"{"seed":"orbit velvet canyon ladder mimic thrive puzzle hedgehog lamp stove ripple acid"}"#, "velvet"),
        (r#"{"mnemonic":["orbit","velvet","canyon"]}"#, "velvet"),
        (r#"{"billTo":"Herr Matthias Brandt, Lindenallee 12, 50968 Köln"}"#, "Köln"),
        (r#"{"ship_to":"Ann Larsen\nLindevej 12\n5000 Odense"}"#, "Odense"),
        (r#"{"deliverTo":"Budi Santoso"}"#, "Budi"),
        (r#"{"shipTo":{"name":"Budi Santoso","email":"budi@example.com"}}"#, "budi"),
        (r#"{"vehicle":"van","registreringsnummer":"CX 48 217"}"#, "48 217"),
        (r#"{"plat_nomor":"L 4471 QX"}"#, "4471"),
        (r#"{"type":"record","name":"Siti Rahma"}"#, "Siti"),
        (r#"{"type":"record","name":"Siti Rahma","fields":[],"phone":"+6281234567890"}"#, "Siti"),
        (r#"{"rule":"R-207","name":"Siti Rahma"}"#, "Siti"),
        (r#"{"condition":"stable","name":"siti rahma"}"#, "siti"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!out.contains(value), "{raw} became {out}");
    }
    for raw in [
        r#"{"code":"4012","error":"OTP invalid","event":"otp.failed"}"#,
        r#"{"event":"deposit","code":"480216"}"#,
        r#"{"event":"otp.failed","code":"RATE_LIMITED"}"#,
        r#"{"code":"EMAIL_INVALID","field":"email"}"#,
        r#"{"code":"email.too_short","field":"email"}"#,
        r#"{"rngSeed":"8812","seed":"a3f1","words":"hello there","sendTo":"queue-1","return_to":"https://example.com/a 1"}"#,
        r#"{"shipTo":{"warehouse":"north","tier":"gold"}}"#,
        r#"{"plate":"CX 48 217","licensePlate":"none","registreringsnummer":"DK-48217"}"#,
        r#"{"netmask":"255.255.255.0","server_ip":"255.255.0.0"}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

#[test]
fn what_is_around_a_member_names_it_with_its_own_name() {
    let mut scrubber = scrubber("");
    for (raw, value) in [
        (r#"{"name":{"first":"Siti","last":"Aminah"}}"#, "Siti"),
        (r#"{"account":{"number":"77123409"}}"#, "77123409"),
        (r#"{"otp":{"code":"4821"}}"#, "4821"),
        (r#"{"device":{"id":"d-7fa9c3"}}"#, "d-7fa9c3"),
        (r#"{"dob":{"year":1990,"month":11,"day":9}}"#, "11"),
        (r#"{"document":{"type":"paspor","nomor":"C7731048"}}"#, "C7731048"),
        (r#"{"policy":{"beneficiaryNames":["Siti Aminah","Bo"]}}"#, "Bo"),
        (r#"{"customer":"Siti Aminah"}"#, "Siti"),
        (r#"{"owners":[{"names":["Siti Aminah"]}]}"#, "Siti"),
        (r#"{"cards":[{"number":"77123409"}],"user":{"accts":[{"nbr":"77123409"}]}}"#, "accts\":[{\"nbr\":\"77123409"),
        (r#"{"crdHldrNm":"Siti Aminah"}"#, "Siti"),
        (r#"{"product":{"owner":{"name":"Siti"}}}"#, "Siti"),
        (r#"{"merchant":{"name":"Siti Aminah"}}"#, "Siti"),
        (r#"{"event":{"name":"Siti Aminah"}}"#, "Siti"),
        (r#"{"items":[{"name":"Siti Aminah"}]}"#, "Siti"),
        (r#"{"sender":{"name":"Siti"}}"#, "Siti"),
        (r#"{"msg":"customer=\"Siti Aminah\" ok"}"#, "Siti"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!out.contains(value), "{raw} became {out}");
    }
    for raw in [
        r#"{"name":{"first":true}}"#,
        r#"{"product":{"name":"Kopi Luwak"},"games":[{"name":"Golden Dragon","displayName":"Golden Dragon"}]}"#,
        r#"{"fields":[{"name":"amount","type":"long"}]}"#,
        r#"{"customer":"premium"}"#,
        r#"{"customer":"Premium Support Team"}"#,
        r#"{"first":"Siti"}"#,
        r#"{"order":{"number":"77123409"}}"#,
        r#"{"product":{"name":"Free Fire 720 Diamonds"}}"#,
        r#"{"event":{"name":"purchase"},"page":{"name":"Home"},"site":{"name":"Shop DK"},"status":{"name":"Paid"}}"#,
        r#"{"payment_method":{"name":"BCA VA"},"bank":{"name":"BCA"}}"#,
        r#"{"team":{"name":"FCK"},"items":[{"name":"Sword"}],"role":{"name":"admin"},"club":{"name":"FCM"}}"#,
        r#"{"account_names":3}"#,
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Json, raw), raw);
    }
}

#[test]
fn columns_name_the_values_below_them() {
    let mut scrubber = scrubber("");
    let statement =
        "INSERT INTO players (id, full_name, pin, no_rekening) VALUES (7, 'Siti Aminah', '662104', '77123409')";
    let table = "id;full_name;pin\n7;Siti Aminah;662104\n8;Bo;1212\nTotal: 2";
    for (text, kept) in [(statement, "VALUES (7, 'nm_"), (table, "\n8;nm_")] {
        for out in [
            scrubbed(&mut scrubber, Format::Text, text),
            scrubbed(&mut scrubber, Format::Json, &serde_json::json!({ "msg": text }).to_string()).replace("\\n", "\n"),
        ] {
            assert!(!["Siti", "662104", "77123409", "Bo"].iter().any(|value| out.contains(value)), "{out}");
            assert!(out.contains(kept), "{out}");
        }
    }
    for raw in [
        r#"{"columns":["id","full_name","pin"],"rows":[[7,"Siti Aminah","662104"],[8,"Bo","1212"]]}"#,
        r#"{"args":[7,"Siti Aminah","662104"],"param_names":["id","fullName","pin"]}"#,
        r#"{"xml":"<p:Person><p:PIN>662104</p:PIN><p:FullName>Siti</p:FullName></p:Person>"}"#,
        r#"{"fullName":{"S":"Siti"},"pin":{"value":"662104"}}"#,
        r#"{"rows":[["id","full_name","pin"],[7,"Siti Aminah","662104"],[8,"Bo","1212"]]}"#,
        r#"{"schema":{"fields":[{"name":"full_name"},{"name":"pin"}]},"data":[["Siti Aminah","662104"]]}"#,
        r#"[["full_name","Siti Aminah"],["pin","662104"]]"#,
        r#"{"sort":[["name","asc"],["price","desc"]],"columns":["id","pin"],"rows":[[7,"662104"]]}"#,
        r#"{"schema":["name","x"],"columns":["id","pin"],"rows":[[7,"662104"]]}"#,
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        assert!(!["Siti", "662104", "Bo"].iter().any(|value| out.contains(value)), "{raw} became {out}");
    }
    let kept = r#"{"params":[["theme","dark"],["page","2"]],"chart":[["Clicks","Views"],["Spring Sale",4]]}"#;
    assert_eq!(scrubbed(&mut scrubber, Format::Json, kept), kept);
    let kept = r#"{"fields":["full_name","email"],"sort":["asc","desc"],"columns":[]}"#;
    assert_eq!(scrubbed(&mut scrubber, Format::Json, kept), kept);
    let kept = "Dear all, the plan:\nfirst, we test; then, we ship";
    assert_eq!(scrubbed(&mut scrubber, Format::Text, kept), kept);
}

#[test]
fn names_in_the_first_cells_of_rows_name_the_second_ones() {
    let mut scrubber = scrubber("");
    for (text, labels) in [
        ("Navn\tSiti Aminah\nKodeord\tXk29Qm4L\nCVV\t123", "\nKodeord\t"),
        ("| Name | Siti Aminah |\n| CPR | 010190-1235 |\n| Password | Xk29Qm4L |", "|\n| Password | "),
        ("| Field | Value |\n|---|---|\n| Name | Siti Aminah |\n| Password | Xk29Qm4L |", "|\n|---|---|\n| Name |"),
        ("Email\tsiti@x.dk\nKodeord\tXk29Qm4L", "Email\t"),
        ("Navn;Siti Aminah\nOrdre;8812", "\nOrdre;8812"),
        ("Sagsnr.;4471-B\nNavn;Siti Aminah\nProdukt;WM8\nFejlkode;E18", "\nProdukt;WM8\nFejlkode;E18"),
        ("Name\tSiti Aminah\nCountry\tDenmark\nSeat\t44\nAge\t44", "\nCountry\tDenmark\nSeat\t"),
        ("Name,Siti Aminah\nPassword,Xk29Qm4L\nOrder,8812", "\nOrder,8812"),
        ("+----------+\n| Password | Xk29Qm4L |\n| PIN | 662104 |", "| PIN | "),
    ] {
        let out = scrubbed(&mut scrubber, Format::Text, text);
        assert!(!["Siti", "Xk29", "123", "662104"].iter().any(|value| out.contains(value)), "{out}");
        assert!(out.contains(labels), "{out}");
        assert_eq!(scrubbed(&mut scrubber, Format::Text, &out), out, "twice");
    }
    // Columns that are named, though a value is called as a field is.
    for text in [
        "Name,Email\nSiti Aminah,siti@x.dk",
        "name;password\nSiti;Xk29Qm4L\npassword;hunter2",
        " full_name | pin\n-----------+-----\n Siti | 662104\n(1 row)",
        "Liste, se her\nName, City\nSiti, Odense\nJohn, Virum",
        "name, password, note\nSiti, hunter2, i cannot log in",
        "Issue | Owner\nCard | Siti Aminah\nPayment | Siti Rahma",
    ] {
        let out = scrubbed(&mut scrubber, Format::Text, text);
        assert!(!["Siti", "Xk29", "hunter2", "662104"].iter().any(|value| out.contains(value)), "{out}");
        assert_eq!(scrubbed(&mut scrubber, Format::Text, &out), out, "twice");
    }
    for kept in [
        "Email, telefon\nJeg har skiftet telefon, så ring ikke til den gamle\nTak, for nu",
        "Phone, please\nCall me, it is urgent\nThanks, bye",
        "Dear Support, email\nI can not see it, sorry",
        "Password, login\nI cannot log in, please help me",
        "| Price | Count |\n|---|---|\n| 100 | 3 |",
        "Setting\tValue\nLanguage\tDanish\nPhone\tSamsung\nEmail notifications\tOn",
        "| Field | Type |\n|---|---|\n| name | varchar |\n| password | text |",
    ] {
        assert_eq!(scrubbed(&mut scrubber, Format::Text, kept), kept);
    }
    let out = scrubbed(&mut scrubber, Format::Text, "| Name | Price |\n|---|---|\n| Siti | 100 |");
    assert!(out.starts_with("| Name | Price |\n|---|---|\n| nm_") && out.ends_with(" | 100 |"), "{out}");
}

#[test]
fn a_given_name_that_was_found_takes_its_surname_with_it() {
    let mut scrubber = scrubber("");
    for (text, kept) in [
        ("Siti Aminah har ringet om sin konto.\n\nMvh Siti", " har ringet"),
        ("Hi Siti,\n\nyour colleague Siti Aminah asked us to call.", " asked us to call."),
        ("Halo Kak Siti, pesanan atas Siti Aminah sudah dikirim", " sudah dikirim"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Text, text);
        assert!(!out.contains("Siti") && !out.contains("Aminah") && out.contains(kept), "{out}");
    }
}

#[test]
fn a_field_of_amounts_hides_nothing_but_amounts() {
    let mut scrubber = scrubber("");
    for (name, value) in [
        ("odds", "4111 1111 1111 1111"),
        ("odds", "+62 812-3456-7890"),
        ("balance", "4111111111111111"),
        ("total_amount", "12.5 4111 1111 1111 1111"),
        ("limit", "081234567890"),
        ("saldo", "081234567890"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, &serde_json::json!({ name: value }).to_string());
        assert!(!out.contains(value), "{name}: {out}");
    }
    let kept =
        r#"{"odds":"1.85","balance":4111111111111111,"saldo":"1.250.000.000","amount":"81 234 567","limit":25000}"#;
    assert_eq!(scrubbed(&mut scrubber, Format::Json, kept), kept);
}

#[test]
fn addresses_that_nobody_shall_follow_are_read_as_they_are_meant() {
    let mut scrubber = scrubber("");
    let plain = scrubbed(&mut scrubber, Format::Text, "203.0.113.7 ann.bo@example.com");
    let defanged = scrubbed(&mut scrubber, Format::Text, "203.0.113[.]7 ann.bo[@]example[.]com");
    assert_eq!(defanged, plain);
    let link = scrubbed(&mut scrubber, Format::Text, "hxxps[:]//198.51.100[.]23/x?u=ann.bo@example[.]com");
    assert!(!link.contains("198.51") && !link.contains("ann.bo"), "{link}");
    let kept = "a[.]b, [.] and x[@]y";
    assert_eq!(scrubbed(&mut scrubber, Format::Text, kept), kept);
}

#[test]
fn a_process_in_a_text_is_no_person_whatever_the_config_says_of_names() {
    let mut scrubber = scrubber("fields: [{name: name, action: redact}]");
    assert_eq!(scrubbed(&mut scrubber, Format::Text, "started name=worker_1 ok"), "started name=worker_1 ok");
    assert!(!scrubbed(&mut scrubber, Format::Text, "started name=Siti ok").contains("Siti"));
}

/// What was added to keep references, things and amounts must keep nothing of a person.
#[test]
fn what_is_shaped_as_a_reference_a_thing_or_an_amount_and_is_a_persons_goes() {
    let (mut scrubber, mut left) = (scrubber(""), Vec::new());
    for (raw, needle) in [
        (r#"{"payment_method":{"type":"bank_transfer","name":"Budi Santoso","bank":"BCA"}}"#, "Budi"),
        (r#"{"merchant":{"name":"BUDI","phone":"081234567890"}}"#, "BUDI"),
        (r#"{"event":{"type":"signup","name":"ann larsen","user_id":5}}"#, "larsen"),
        (r#"{"bank":{"account":"1234567890","name":"siti rahma"}}"#, "siti"),
        (r#"{"child":"MIA-140216-1238"}"#, "140216"),
        (r#"{"m":"email sent: faktura-JENSEN-140216-1238.pdf"}"#, "140216"),
        (r#"{"m":"batch 010190-1235 of patients"}"#, "010190"),
        (r#"{"ticket_caller":"23 23 75 85"}"#, "23 75"),
        (r#"{"card":{"amount":4111111111111111}}"#, "41111"),
        (r#"{"ip":{"version":"203.0.113.7"}}"#, "203.0"),
        (r#"{"otp":{"version":"482913"}}"#, "482913"),
        (r#"{"m":"OTP [sms] 482913 sudah dikirim"}"#, "482913"),
        (r#"{"m":"DOB:[29-01-1995] and [dob] value=1995-01-29"}"#, "1995"),
        (r#"{"m":"Mobile 07911 123 - 456"}"#, "07911"),
        (r#"{"m":"lat: 6.2088 S, lon: 106.8456 E"}"#, "6.2088"),
        (r#"{"m":"no rek 1234567890.00"}"#, "1234567890"),
        (r#"{"m":"nama, pin\nSiti, 4711 tolong\nBudi, 1122"}"#, "4711"),
        (r#"{"m":"range 10.100.200.5-100.200.3"}"#, "10.100"),
        (r#"{"email":"4111111111111111"}"#, "41111"),
        (r#"{"mail":"tom"}"#, "tom"),
        (r#"{"owner":"Amal Media"}"#, "Amal"),
        (r#"{"alerts":[{"rule":"sanctions","threshold":0.85,"name":"Vladimir Petrov"}]}"#, "Petrov"),
        (r#"{"name":"siti rahma","condition":"diabetes","threshold":3}"#, "rahma"),
        (r#"{"name":"Siti Rahma","recurring":true,"unit_amount":9900}"#, "Rahma"),
        (r#"{"name":"Siti Rahma","sku":"A-1","ean":"4006381333931"}"#, "Rahma"),
        (r#"{"type":"fixed","condition":"new","name":"Siti Rahma","deposit":1000}"#, "Rahma"),
        (r#"{"name":"password","code":"hunter2","type":"verify"}"#, "hunter2"),
        (r#"{"field":"cpr","code":"0101901234","event":"verification.failed"}"#, "010190"),
        (r#"{"field":"phone","code":"812345678","event":"otp"}"#, "812345678"),
        (r#"{"type":"name","code":"Siti Rahma","purpose":"verification"}"#, "Rahma"),
        (r#"{"field":"password","code":"MY_SECRET"}"#, "SECRET"),
        (r#"{"m":"tf ke 1234567890 S Rahma"}"#, "1234567890"),
        (r#"{"m":"trf ke 1234567890 s/d besok"}"#, "1234567890"),
        (r#"{"m":"a/n Sie Giok Lan"}"#, "Giok"),
        (r#"{"m":"Med venlig hilsen\nBitte Holm"}"#, "Bitte"),
        (r#"{"m":"printer i lokale 10.14.22.31"}"#, "10.14"),
        (r#"{"ocr_name":"siti rahma"}"#, "rahma"),
        (r#"{"m":"cert_device_fingerprint=AA:1C:0F:33:9B:7E:D2:45:66:08:F1:BC:3D:5A:90:E7"}"#, "AA:1C"),
    ] {
        let out = scrubbed(&mut scrubber, Format::Json, raw);
        if out.contains(needle) {
            left.push(out);
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}
