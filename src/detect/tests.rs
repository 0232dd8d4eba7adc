//! The whole of detection: the built-in entities on their examples, adversarial texts, and properties of every search.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::examples::{find, unmark};
use super::*;
use crate::record::{Basis, EntityId, Span, Word};

fn rules_for(regions: &[&str]) -> Arc<Rules> {
    let options =
        Options { disabled: vec![], regions: regions.iter().map(|r| (*r).to_owned()).collect(), lists: vec![] };
    Arc::new(Rules::compile(&Catalog::builtin(), &[], &options).expect("the built-in catalog compiles"))
}

/// Entity and text of each finding.
fn found(text: &str) -> Vec<(String, String)> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);
    let catalog = &*CATALOG;
    let findings = find(&mut detector(), text);
    findings
        .iter()
        .map(|f| (catalog.entities()[f.entity.0 as usize].name.clone(), text[f.value.range()].to_owned()))
        .collect()
}

/// A text in every position in which a log, a mail or a URL may hold it.
fn positions(text: &str, span: Span) -> Vec<(String, Span)> {
    let frames = [
        ("", ""),
        ("see ", ""),
        ("", " and so on"),
        ("It is ", ", is it not"),
        ("(", ")"),
        ("[", "]"),
        ("\"", "\""),
        ("'", "'"),
        ("<", ">"),
        ("x=", ";y=2"),
        ("q: ", "\n"),
        ("\n", "\nnext line"),
        ("æøå ", " – æøå"),
        ("Well: ", "."),
        ("Well: ", "!"),
        ("a,", ",b"),
        ("|", "|"),
    ];
    frames
        .iter()
        .map(|(before, after)| {
            let shift = before.len() as u32;
            (format!("{before}{text}{after}"), Span::new(span.start + shift, span.end + shift))
        })
        .collect()
}

#[test]
fn every_example_is_found_in_every_position() {
    let catalog = Catalog::builtin();
    let mut missed = Vec::new();
    for (at, entity) in catalog.entities().iter().enumerate() {
        let mut alone = Detector::new(rules::alone(&catalog, EntityId(at as u16)).expect("compiles"));
        for example in &entity.spec.examples {
            let (text, spans) = unmark(&example.value);
            for (text, span) in spans.iter().flat_map(|span| positions(&text, *span)) {
                // Where free text ends nobody knows: what surroundings tell may take a word too many, never one too few.
                let covers = |f: &Finding| f.span.start <= span.start && span.end <= f.span.end;
                let fits =
                    |f: &Finding| f.value == span || f.basis == Basis::Keyword && entity.form == "text" && covers(f);
                if !find(&mut alone, &text).iter().any(fits) {
                    missed.push(format!("{}: {text:?}: {:?}", entity.name, find(&mut alone, &text)));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn no_counter_example_is_found_in_any_position() {
    let catalog = Catalog::builtin();
    let mut hit = Vec::new();
    for (at, entity) in catalog.entities().iter().enumerate() {
        let mut alone = Detector::new(rules::alone(&catalog, EntityId(at as u16)).expect("compiles"));
        for example in &entity.spec.counter_examples {
            for (text, _) in positions(&example.value, Span::default()) {
                let findings = find(&mut alone, &text);
                if !findings.is_empty() {
                    hit.push(format!("{}: {text:?}: {findings:?}", entity.name));
                }
            }
        }
    }
    assert!(hit.is_empty(), "{}", hit.join("\n"));
}

/// Texts in which personal data hides, and what must be found.
#[test]
fn adversarial_texts_are_found() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("contact john.doe@example.com now", &[("email", "john.doe@example.com")]),
        ("from 203.0.113.7 login", &[("ip", "203.0.113.7")]),
        ("card 4111 1111 1111 1111 exp 12/29", &[("payment_card", "4111 1111 1111 1111")]),
        ("IBAN DK50 0040 0440 1162 43", &[("iban", "DK50 0040 0440 1162 43")]),
        ("<mailto:John.Doe@Example.COM?subject=hi>", &[("email", "John.Doe@Example.COM")]),
        ("skriv til bjørn@rødgrød.dk", &[("email", "bjørn@rødgrød.dk")]),
        ("skriv til bjørn@xn--rdgrd-vuad.dk", &[("email", "bjørn@xn--rdgrd-vuad.dk")]),
        ("jоhn.doe@example.com (cyrillic o)", &[("email", "jоhn.doe@example.com")]),
        ("\"john doe\"@example.com", &[("email", "\"john doe\"@example.com")]),
        ("John.Doe+Promo@GMAIL.com", &[("email", "John.Doe+Promo@GMAIL.com")]),
        ("mail me at john.doe@example.com.", &[("email", "john.doe@example.com")]),
        ("src=::ffff:203.0.113.7", &[("ip", "::ffff:203.0.113.7")]),
        ("src=::ffff:cb00:7107", &[("ip", "::ffff:cb00:7107")]),
        ("[2001:db8:85a3::8a2e:370:7334]:443", &[("ip", "2001:db8:85a3::8a2e:370:7334")]),
        ("fe80::1ff:fe23:4567:890a%eth2", &[("ip", "fe80::1ff:fe23:4567:890a%eth2")]),
        ("2001:0DB8:85A3:0000:0000:8A2E:0370:7334", &[("ip", "2001:0DB8:85A3:0000:0000:8A2E:0370:7334")]),
        ("203.0.113.7:51234", &[("ip", "203.0.113.7")]),
        ("203.000.113.007", &[("ip", "203.000.113.007")]),
        ("req_203.0.113.7_abc", &[("ip", "203.0.113.7")]),
        ("{\"email\":\"john.doe@example.com\",\"amt\":5", &[("email", "john.doe@example.com")]),
        ("PUT /v1/users/john.doe@example.com/limits 200", &[("email", "john.doe@example.com")]),
        ("hp 0812-3456-7890", &[("phone", "0812-3456-7890")]),
        ("WA +62 812 3456 7890", &[("phone", "+62 812 3456 7890")]),
        ("https://wa.me/6281234567890", &[("phone", "6281234567890")]),
        ("phone +6281234567890", &[("phone", "+6281234567890")]),
        ("ring 23 23 75 85", &[("phone", "23 23 75 85")]),
        ("dk50 0040 0440 1162 43", &[("iban", "dk50 0040 0440 1162 43")]),
        ("card 4131034282458809939", &[("payment_card", "4131034282458809939")]),
        ("card 630427373398", &[("payment_card", "630427373398")]),
        ("卡号4111111111111111有效", &[("payment_card", "4111111111111111")]),
        ("card 2623322164608847", &[("payment_card", "2623322164608847")]),
        (
            "%B4111111111111111^DOE/JOHN^2912101? ;4111111111111111=29121010000000000000?",
            &[
                ("card_track", "%B4111111111111111^DOE/JOHN^2912101?"),
                ("card_track", ";4111111111111111=29121010000000000000?"),
            ],
        ),
        (
            "login 203.0.113.7 ann@example.com, ring 23 23 75 85",
            &[("ip", "203.0.113.7"), ("email", "ann@example.com"), ("phone", "23 23 75 85")],
        ),
        ("git ssh://git@203.0.113.7:22/x", &[("ip", "203.0.113.7")]),
        ("a@b.co,c@d.co", &[("email", "a@b.co"), ("email", "c@d.co")]),
    ];
    for (text, wanted) in cases {
        let wanted: Vec<_> = wanted.iter().map(|(e, t)| ((*e).to_owned(), (*t).to_owned())).collect();
        assert_eq!(found(text), wanted, "{text}");
    }
}

/// Texts that look like personal data and are none.
#[test]
fn adversarial_texts_that_hold_nothing_stay() {
    for text in [
        // Two letters of a hash are no keyword.
        "317450f315a2dcf2fe75cb9c9800572cc6120565998283fc",
        "When: 2000-04-16 11:34:35",
        "2026-01-04T17:03:40.988Z",
        "2026-01-05T00:05:13.797+07:00",
        "app 10.0.19045.1 build",
        "User-Agent Chrome/126.0.6478.127",
        "Mozilla/5.0 (Linux; Android 14; V2249) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
        "ArenaPlay/5.10.1 (Android 14; V2249)",
        "nginx 1.25.3.1",
        "10.4.2.1.781379",
        "trace 550e8400-e29b-41d4-a716-446655440000",
        "card 12345678-1234-1234-1234-446655440000",
        "1700000000123",
        "1701011234",
        "menang Rp 4.111.111.111.111,00",
        "odds 1.85 stake 25000 match PSM-PSB 2-1",
        "tx 4111111111111112 ok",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "@bigplay promo #8888",
        "1234567890123456789",
        "u6760377-0283",
        "e792536ed343e7",
        "order 20260104-000123",
        "saldo 1.250.000 dari 3.400.000",
        "score 21:15 14:21 15:10",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn addresses_are_found_behind_words_that_speak_against_versions_and_behind_labels() {
    for (text, address) in [
        ("login from Windows 203.0.113.7", "203.0.113.7"),
        ("Safari: 198.51.100.23 ok", "198.51.100.23"),
        ("ip:2001:db8::1", "2001:db8::1"),
        ("client:2001:db8::1, next", "2001:db8::1"),
        ("src:fe80::1%eth0", "fe80::1%eth0"),
        ("from:2a03:2880:f12f:83:face:b00c:0:25de", "2a03:2880:f12f:83:face:b00c:0:25de"),
    ] {
        assert_eq!(found(text), [("ip".to_owned(), address.to_owned())], "{text}");
    }
    for text in ["nginx 1.25.3.1", "Rp 25.100.200.250", "std::vec::Vec", "at:10:30:00", "ratio a:1:2:3"] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn buffers_are_not_printed() {
    let mut detector = detector();
    find(&mut detector, "em_1k1_mbblbtgppqpsmclbppjmjtbl 4111111111111111");
    assert!(!format!("{detector:?}").contains("4111"));
}

#[test]
fn name_and_password_of_a_url_go_and_its_host_stays() {
    for (text, userinfo) in [
        ("https://ann:hunter2@api.example.net/x", "ann:hunter2"),
        ("see postgres://app:s3cr@t@db:5432/x.", "app:s3cr@t"),
        ("https://ann%40example.com:pw@host.example", "ann%40example.com:pw"),
    ] {
        assert_eq!(found(text), [("password".to_owned(), userinfo.to_owned())], "{text}");
    }
    assert_eq!(found("ssh://ann@example.com:22"), [("email".to_owned(), "ann@example.com".to_owned())]);
}

#[test]
fn own_tokens_are_hidden_and_foreign_ones_are_text() {
    let token = "em_1k1_mbblbtgppqpsmclbppjmjtbl";
    let daily = "ip_1k1d20514_nsgktntmtrphnscncfhmjnpc";
    for text in [
        token.to_owned(),
        format!("{token}@example.com"),
        format!("{token}:51234 {daily}"),
        format!("ring {daily} 12"),
        "ph_1k1_mbblbtgppqpsmclbppjmjtbl 23237585".to_owned(),
    ] {
        assert_eq!(found(&text), [], "{text}");
    }
    assert_eq!(found(&format!("ann@example.com {token}")), [("email".to_owned(), "ann@example.com".to_owned())]);
    let foreign = token.replace("k1", "k2");
    assert_eq!(found(&format!("{foreign}@example.com")).len(), 1);

    let detector = detector();
    assert!(detector.is_own_token(token));
    assert!(detector.is_own_token(&format!("{token} {daily}")));
    assert!(!detector.is_own_token(&format!("{token}{daily}")), "without a separator it is no pair");
    assert!(!detector.is_own_token(&format!("{token} x")));
    assert!(!detector.is_own_token(&foreign));
    assert!(!detector.is_own_token(""));
    assert!(!Detector::new(rules_for(&[])).is_own_token(token), "without keys there are no own tokens");
}

#[test]
fn a_json_number_is_a_card_in_any_spelling_and_a_phone_with_its_calling_code() {
    let mut detector = detector();
    let mut search = |text: &str| {
        let look = detector.look_at(text, Kind::Number);
        let mut out = Vec::new();
        if look.may_hold {
            detector.find(text, Kind::Number, look, &mut out);
        }
        out.len()
    };
    assert_eq!(search("4111111111111111"), 1);
    assert_eq!(search("6281234567890"), 1, "a phone with its calling code begins as no time does");
    assert_eq!(search("81234567890"), 0);
    assert_eq!(search("4111111111111111.0"), 1);
    assert_eq!(search("4.111111111111111E+15"), 1);
    assert_eq!(search("41111111111111110e-1"), 0);
    assert_eq!(search("4111111111111111.5"), 0);
    assert_eq!(search("1700000000123"), 0);
    assert_eq!(search("-6.2088123412341234"), 0);
}

#[test]
fn without_its_region_a_local_number_is_none() {
    let mut detector = Detector::new(rules_for(&["ID"]));
    assert_eq!(find(&mut detector, "fra 23 23 75 85").len(), 0);
    assert_eq!(find(&mut detector, "hp 0812-3456-7890").len(), 1);
    let unknown = Options { regions: vec!["XX".to_owned()], ..Options::default() };
    let error = Rules::compile(&Catalog::builtin(), &[], &unknown).expect_err("no such region");
    assert!(error.to_string().contains("unknown region `XX`"), "{error}");
}

#[test]
fn a_disabled_entity_is_not_looked_for_by_content_or_name() {
    let catalog = Catalog::builtin();
    let options = Options { disabled: vec!["email".to_owned()], ..Options::default() };
    let mut detector = Detector::new(Arc::new(Rules::compile(&catalog, &[], &options).expect("compiles")));
    assert!(find(&mut detector, "ann@example.com").is_empty());
    let mut paths = Paths::new();
    let path = paths.child(PathId::ROOT, PathId::ROOT, b"email");
    assert_eq!(detector.plan(&paths, path).entity, None);
    let options = Options { disabled: vec!["emial".to_owned()], ..Options::default() };
    let error = Rules::compile(&catalog, &[], &options).expect_err("no such entity");
    assert!(error.to_string().contains("did you mean `email`?"), "{error}");
}

#[test]
fn a_number_that_touches_an_own_token_is_found() {
    let mut detector = detector();
    detector.set_known_keys(&["k1".to_owned()]);
    let token = "em_1k1_mbblbtgppqpsmclbppjmjtbl";
    for text in [format!("{token}081234567890"), format!("{token}4111111111111111"), format!("4111111111111111{token}")]
    {
        let look = detector.look_at(&text, Kind::String);
        let mut out = Vec::new();
        detector.find(&text, Kind::String, look, &mut out);
        assert_eq!(out.len(), 1, "{text}");
    }
}

#[test]
fn what_is_dismissed_by_its_class_holds_nothing() {
    let mut detector = detector();
    for text in ["login", "true", "android-app", "d-33d", "ID", "slot-garuda", "IDR", "Mataram", "", "12345"] {
        let look = detector.look_at(text, Kind::String);
        assert!(!look.may_hold, "{text}");
        let mut out = Vec::new();
        detector.find(text, Kind::String, look, &mut out);
        assert!(out.is_empty());
    }
}

/// Pieces that make texts full of half-values.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("ann@example.com"),
        Just("@"),
        Just("."),
        Just(":"),
        Just("::"),
        Just("203.0.113.7"),
        Just("4111"),
        Just(" "),
        Just("-"),
        Just("1111"),
        Just("+62"),
        Just("812"),
        Just("DK50"),
        Just("0040 0440 1162 43"),
        Just("card"),
        Just("ring"),
        Just("ø"),
        Just("\u{1f600}"),
        Just("“"),
        Just("%eth0"),
        Just("["),
        Just("]"),
        Just("em_1k1_mbblbtgppqpsmclbppjmjtbl"),
        Just("2001:db8"),
        Just("("),
        Just(")"),
        Just("\n"),
        Just("ffff"),
        Just("\""),
        Just("23 23 75 85"),
        Just("4111111111111111"),
        Just("x"),
        Just("//"),
        Just("0"),
        Just("/"),
        Just("Mvh\n"),
        Just("Hej Ann"),
        Just("Siti Rahma "),
        Just(" wrote:"),
        Just("password"),
        Just("name="),
        Just(": "),
        Just(" at "),
        Just(" dot "),
        Just("Jl. Melati"),
        Just("Bredevej 3, "),
        Just("12 High Street"),
        Just("kode OTP "),
        Just("født "),
        Just("29. januar 1995"),
        Just("https://"),
        Just("Bearer "),
        Just("<"),
        Just(">"),
        Just("øøøøøøøøøøøøøøøøøøøøøøøøøøøøøøøøøøø"),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|p| p.concat())
}

#[test]
fn a_text_that_begins_with_a_colon_and_a_full_stop_holds_nothing() {
    for text in [":.", ":..ring", ":", ".:", "::."] {
        let mut out = Vec::new();
        let mut detector = detector();
        let look = detector.look_at(text, Kind::String);
        detector.find(text, Kind::String, look, &mut out);
        assert!(out.is_empty(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_disjoint_ascending_and_on_character_boundaries(text in prop_oneof![pieces(), any::<String>()]) {
        let mut detector = detector();
        let look = detector.look_at(&text, Kind::String);
        let mut out = Vec::new();
        detector.find(&text, Kind::String, look, &mut out);
        let mut end = 0;
        for finding in &out {
            prop_assert!(finding.span.start >= end && !finding.span.is_empty());
            prop_assert!(text.get(finding.span.range()).is_some(), "not on character boundaries");
            prop_assert!(text.get(finding.value.range()).is_some_and(|v| !v.is_empty()));
            prop_assert!(finding.span.start <= finding.value.start && finding.value.end <= finding.span.end);
            end = finding.span.end;
        }
        prop_assert!(out.is_empty() || detector.may_hold(Kind::String, look.class, look.digits), "dismissed too early");
        let mut again = Vec::new();
        // Another text is looked at in between.
        detector.look_at("from 203.0.113.7: ann@firma.dk", Kind::String);
        detector.find(&text, Kind::String, look, &mut again);
        prop_assert_eq!(out, again, "a search depends on the one before");
    }

    #[test]
    fn the_first_look_at_a_word_is_that_at_any_text(text in prop_oneof![
        "[a-zA-Z0-9+/_-]{1,64}",
        "[a-z]{0,3}[-_]?[0-9]{4,16}[-_/]?[a-zA-Z0-9]{0,8}",
        "(AKIA|ghp_|sk_live_|eyJ|iban|x)?[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}",
        "[0-9a-f]{30,40}",
    ]) {
        let mut detector = detector();
        let (class, digits) = Class::of_text(text.as_bytes());
        let word = Word::of(text.as_bytes(), class);
        let [of_word, of_text] = [word, None].map(|word| detector.look(&text, word, Kind::String, class, digits));
        let mut found = Vec::new();
        detector.find(&text, Kind::String, of_text, &mut found);
        prop_assert!(of_word.may_hold || found.is_empty(), "dismissed too early");
        prop_assert!(of_text.may_hold || !of_word.may_hold, "looked at for nothing");
    }

    #[test]
    fn an_ipv4_address_is_found_whatever_its_octets(octets: [u8; 4]) {
        let [a, b, c, d] = octets;
        let text = format!("from {a}.{b}.{c}.{d} port 22");
        // What looks like an amount in thousands is the one exception, and needs a group of three zeros.
        prop_assert_eq!(found(&text), [("ip".to_owned(), format!("{a}.{b}.{c}.{d}"))]);
    }

    #[test]
    fn an_ipv6_address_is_found_in_its_short_form(bytes: [u8; 16]) {
        let address = std::net::Ipv6Addr::from(bytes).to_string();
        prop_assert_eq!(found(&format!("from {address} port 22")), [("ip".to_owned(), address)]);
    }

    #[test]
    fn a_card_is_found_in_fours_and_compact(body in "4[0-9]{14}") {
        let check = (b'0'..=b'9').map(char::from).find(|c| luhn(&format!("{body}{c}"))).expect("one of ten fits");
        let card = format!("{body}{check}");
        let fours = format!("{} {} {} {}", &card[..4], &card[4..8], &card[8..12], &card[12..]);
        for card in [card, fours] {
            prop_assert_eq!(found(&format!("betalt med {card} i dag")), [("payment_card".to_owned(), card)]);
        }
    }

    #[test]
    fn nothing_is_left_of_a_card_among_other_numbers(
        before in "([0-9]{1,7} ){0,4}",
        body in "4[0-9]{14}",
        behind in "( [0-9]{1,7}){0,4}",
    ) {
        let check = (b'0'..=b'9').map(char::from).find(|c| luhn(&format!("{body}{c}"))).expect("one of ten fits");
        let card = format!("{} {} {} {}{check}", &body[..4], &body[4..8], &body[8..12], &body[12..]);
        let text = format!("{before}{card}{behind}");
        let hidden = find(&mut detector(), &text).into_iter().flat_map(|f| f.span.range()).collect::<BTreeSet<_>>();
        // Two findings may share the card between them (`6755 4507 8821 5672` and the phone `0857 00 00 00`):
        // the space where they meet says nothing.
        let digits = (before.len()..).zip(card.bytes()).filter(|(_, b)| b.is_ascii_digit());
        let left = digits.filter(|(at, _)| !hidden.contains(at)).count();
        prop_assert_eq!(left, 0, "{}", text);
    }
}

#[test]
fn numbers_that_overlap_are_one_and_numbers_in_a_row_stay_apart() {
    let overlapping = "482913 482913 4111 1111 1111 1111";
    assert_eq!(found(overlapping).len(), 1);
    let findings = find(&mut detector(), overlapping);
    assert_eq!(findings[0].span, Span::new(0, overlapping.len() as u32), "nothing of either is left");
    // `4444 4088 9957 9032` would be a card if the numbers beside it were none.
    for row in ["5555 5555 5555 4444 4111 1111 1111 1111", "5555 5555 5555 4444 4088 9957 9032 8924"] {
        let cards = [&row[..19], &row[20..]].map(|card| ("payment_card".to_owned(), card.to_owned()));
        assert_eq!(found(row), cards);
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0') * (1 + i as u32 % 2);
            d / 10 + d % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

pub(super) fn detector() -> Detector {
    thread_local! {
        static RULES: Arc<Rules> = rules_for(&["ID", "DK", "SG", "MY", "US", "GB"]);
    }
    let mut detector = Detector::new(RULES.with(Arc::clone));
    detector.set_known_keys(&["k1".to_owned()]);
    detector
}

/// A finder does not see to the end of a text that has many anchors: what it found there goes on, also behind a dot; and of a
/// long text with few anchors all is seen.
#[test]
fn a_long_secret_goes_to_its_end() {
    let tail = "tailTAIL9";
    for len in 4070..4110 {
        for before in ["", &"password: x7y8z9\n".repeat(400)] {
            let text = format!("{before}my kata sandi adalah {}.{tail} end", "aB3xQ9".repeat(900).split_at(len).0);
            let at = (text.len() - tail.len() - 4) as u32;
            let found = find(&mut detector(), &text);
            assert!(found.iter().any(|f| f.span.start < at && f.span.end >= at + tail.len() as u32), "{len}");
        }
    }
    let quoted = format!("my password is '{} {tail}' end", "correct horse ".repeat(350));
    assert!(find(&mut detector(), &quoted).iter().any(|f| f.span.end as usize == quoted.len() - "' end".len()));
}

/// Finders step over what stands beside an anchor: whatever it is, of whatever width, and also where the text ends.
#[test]
fn no_finder_steps_into_the_middle_of_a_character() {
    const SIGNS: [&str; 8] = ["", " ", ": ", "=", "=\"", "\n", " - ", ". "];
    const TAILS: [&str; 12] =
        ["", "Å", "Åse Ø", "Fru Åse", "Mr. É", "Å. Ø", "A. É", "1Å", "١٢٣٤", "é1234", "🙂 4", "12 34\u{a0}Å"];
    let mut detector = detector();
    let mut out = Vec::new();
    let catalog = Catalog::builtin();
    let fields = catalog.entities().iter().flat_map(|entity| &entity.fields);
    let patterns = catalog.entities().iter().flat_map(|entity| &entity.spec.patterns);
    let anchors =
        patterns.flat_map(|pattern| pattern.value.anchors.iter().chain(&pattern.value.labels)).map(|word| &word.value);
    let words: BTreeSet<&str> = fields.chain(anchors).map(|word| word.trim_matches(['*', '_'])).collect();
    assert!(words.len() > 1500, "{}", words.len());
    for (at, word) in words.iter().enumerate() {
        for (sign, tail) in SIGNS.iter().flat_map(|sign| TAILS.iter().map(move |tail| (sign, tail))) {
            // Every text behind some words, some texts behind every word: the whole would take a minute.
            if (at + sign.len() + tail.len()) % 7 != 0 {
                continue;
            }
            for text in [format!("{word}{sign}{tail}"), format!("Ø{tail}{sign}{word}{sign}{tail}")] {
                let look = detector.look_at(&text, Kind::String);
                out.clear();
                detector.find(&text, Kind::String, look, &mut out);
                assert!(out.iter().all(|found| text.get(found.span.range()).is_some()), "{text:?}");
            }
        }
    }
}
