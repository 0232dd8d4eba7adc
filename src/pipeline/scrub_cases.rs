//! Events of adversaries through the whole of scrubbing: fields in three languages, numbers in odd spellings, lists.

use std::sync::Arc;

use super::{Plan, Scrubber};
use crate::config::{Format, Secrets, from_str};
use crate::pseudonymize::{KeyRing, SharedRing};

fn scrubber() -> Scrubber {
    let loaded = from_str("{}", "test", Secrets::Skip).expect("valid");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles");
    let mut scrubber = Scrubber::new(Arc::new(plan));
    scrubber.begin(0).expect("the key has no window");
    scrubber
}

/// An event, and what must not be in it any more.
#[rustfmt::skip]
const HIDDEN: &[(&str, &str)] = &[
    (r#"{"client_ip_int":3405803783}"#, r#"3405803783"#),
    (r#"{"client_ip_int":"3405803783"}"#, r#"3405803783"#),
    (r#"{"ip_hex":"0xCB007107"}"#, r#"CB007107"#),
    (r#"{"x":4111111111111111.0}"#, r#"4111111111111111"#),
    (r#"{"x":4.111111111111111E+15}"#, r#"4.1111"#),
    (r#"{"card":4.1E+15}"#, r#"4.1E"#),
    (r#"{"hp":6281234567890}"#, r#"6281234567890"#),
    (r#"{"n":6281234567890}"#, r#"6281234567890"#),
    (r#"{"phones":"0812-3456-7890, 0813-9876-5432"}"#, r#"9876"#),
    (r#"{"phone":"0812-3456-7890, 0813-9876-5432"}"#, r#"9876"#),
    (r#"{"x_forwarded_for":"203.0.113.7, 10.0.0.1"}"#, r#"113.7"#),
    (r#"{"nik":3578012901950001}"#, r#"3578012901950001"#),
    (r#"{"customerNik":"3578 0129 0195 0001"}"#, r#"0195"#),
    (r#"{"no_rekening":"1234567890"}"#, r#"1234567890"#),
    (r#"{"kontonr":"9088756291","regnr":"9940"}"#, r#"9088756291"#),
    (r#"{"cpr":"0101901235"}"#, r#"0101901235"#),
    (r#"{"cprNummer":101901235}"#, r#"101901235"#),
    (r#"{"lat":-6.208763,"lon":106.845599}"#, r#"208763"#),
    (r#"{"geo":{"lat":-6.208763,"lng":106.845599}}"#, r#"845599"#),
    (r#"{"coords":"-6.208763,106.845599"}"#, r#"208763"#),
    (r#"{"idfa":"6D92078A-8246-4BA4-AE5B-76104861E7DC"}"#, r#"6D92078A"#),
    (r#"{"imei":"490154203237518"}"#, r#"490154"#),
    (r#"{"va_number":"8528081234567890"}"#, r#"081234567890"#),
    (r#"{"paspor":"C1234567"}"#, r#"C1234567"#),
    (r#"{"track2":"4111111111111111=29121010000000000000"}"#, r#"2912"#),
    (r#"{"pan":["4111","1111","1111","1111"]}"#, r#""4111""#),
    (r#"{"ssn":"078051120"}"#, r#"078051120"#),
    (r#"{"wallet_address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}"#, r#"TR7N"#),
    (r#"{"bpjs":"0001234567890"}"#, r#"0001234"#),
    (r#"{"mac":"001b.4411.3ab7"}"#, r#"4411"#),
    (r#"{"user":{"kontakt":{"tlf":"23 23 75 85"}}}"#, r#"23 75"#),
    (r#"{"telefonNummer":23237585}"#, r#"23237585"#),
    (r#"{"msg":"nik 3578012901950001"}"#, r#"3578012901950001"#),
    (r#"{"nomorKtp":"3578012901950001"}"#, r#"3578012901950001"#),
    (r#"{"npwp":"01.234.567.4-901.000"}"#, r#"234"#),
    (r#"{"accountNumber":"1234567890"}"#, r#"1234567890"#),
    (r#"{"rekening_tujuan":"1234567890"}"#, r#"1234567890"#),
    (r#"{"kontoNummer":"9088756291"}"#, r#"9088756291"#),
    (r#"{"remote_addr":"203.0.113.7"}"#, r#"203"#),
    (r#"{"src_ip_int":-889163513}"#, r#"889163513"#),
    (r#"{"ip":3405803783}"#, r#"3405803783"#),
    (r#"{"ip":"2001:db8::1:51234"}"#, r#"2001"#),
    (r#"{"pan":4111111111111111.0}"#, r#"4111111111111111"#),
    (r#"{"v":5.555555555554444e15}"#, r#"5.5555"#),
    (r#"{"v":"8528081234567890"}"#, r#"081234567890"#),
    (r#"{"v":8528081234567890}"#, r#"8528081234567890"#),
    (r#"{"v":3578012901950001}"#, r#"3578012901950001"#),
    (r#"{"081234567890":{"n":1}}"#, r#"081234567890"#),
    (r#"{"3578012901950001":1}"#, r#"3578012901950001"#),
    (r#"{"203.0.113.7":1}"#, r#"203.0.113.7"#),
    (r#"{"latitude":"-6.208763"}"#, r#"208763"#),
    (r#"{"location":{"lat":-6.208763,"lng":106.845599}}"#, r#"208763"#),
    (r#"{"gps":"55.676098,12.568337"}"#, r#"676098"#),
    (r#"{"passportNo":"123456789"}"#, r#"123456789"#),
    (r#"{"no_sim":"123456789012"}"#, r#"123456789012"#),
    (r#"{"kørekortNr":"12345678"}"#, r#"12345678"#),
    (r#"{"mac_address":"00-1B-44-11-3A-B7"}"#, r#"3A-B7"#),
    (r#"{"gaid":"38400000-8cf0-11bd-b23e-10b96e40000d"}"#, r#"38400000"#),
    (r#"{"track1":"%B4111111111111111^DOE/JOHN^2912101?"}"#, r#"DOE"#),
    (r#"{"phones":["0812-3456-7890","0813-9876-5432"]}"#, r#"9876"#),
    (r#"{"phone":["0812-3456-7890","0813-9876-5432"]}"#, r#"9876"#),
    (r#"{"hp":"0812-3456-7890 / 0813-9876-5432"}"#, r#"9876"#),
    (r#"{"hp":"+62 812 3456 7890 (rumah)"}"#, r#"3456"#),
    (r#"{"no_hp":8123456789}"#, r#"8123456789"#),
];

#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    r#"{"hp":1200,"mp":300}"#,
    r#"{"card":"visa"}"#,
    r#"{"phone":"none"}"#,
    r#"{"phone":"n/a"}"#,
    r#"{"ip":"unknown"}"#,
    r#"{"ts":1700000000123,"event":"bet"}"#,
    r#"{"ts":1701011234}"#,
    r#"{"ts_us":1700000000123456}"#,
    r#"{"odds":1.85,"stake":25000}"#,
    r#"{"amount":4111111111111111}"#,
    r#"{"balance":"4.111.111.111.111,00"}"#,
    r#"{"app_version":"10.0.0.1"}"#,
    r#"{"osVersion":"203.0.113.7"}"#,
    r#"{"id":"1234567890123456789"}"#,
    r#"{"order_id":"20260104000123"}"#,
    r#"{"trace":"550e8400-e29b-41d4-a716-446655440000"}"#,
    r#"{"id":1234567890123456789}"#,
    r#"{"latency":12.345,"lat_ms":5}"#,
    r#"{"cvr":"10150817"}"#,
    r#"{"lat":-6.2,"lon":106.8}"#,
    r#"{"device":"Galaxy A52","device_model":"SM-A525F"}"#,
    r#"{"device_id":"ios","selfie":"approved","id_photo":true}"#,
    r#"{"hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
    r#"{"price":34958.30,"qty":2}"#,
    r#"{"x":1.7e12}"#,
    r#"{"balance_before":1250000,"balance_after":2500000.50}"#,
    r#"{"total":"Rp 4.111.111.111.111,00"}"#,
    r#"{"jackpot":4539148803436467}"#,
    r#"{"agent_version":"192.168.1.1"}"#,
    r#"{"build":"10.2.3.4"}"#,
    r#"{"event_time":"2026-11-22T10:11:12.123Z","seq":123456789012}"#,
    r#"{"created_at":1763806272123,"updated_at":1763806272}"#,
    r#"{"user_id":"u7679469-7257","asn":45727}"#,
    r#"{"phone":null,"ip":"-","card":"mastercard","nik":""}"#,
    r#"{"phone":"tidak ada"}"#,
    r#"{"ip":"localhost"}"#,
    r#"{"mobile":true,"tel":"unknown"}"#,
    r#"{"card":"Visa"}"#,
    r#"{"card":{"brand":"visa","last4":"1111","exp":"12/29"}}"#,
    r#"{"konto":"ingen"}"#,
    r#"{"pas":true}"#,
    r#"{"va":"none"}"#,
    r#"{"rek":"-"}"#,
    r#"{"odds":[1.85,2.10,3.45]}"#,
    r#"{"match_id":1234567890123}"#,
    r#"{"latency_ms":123,"lat":0}"#,
    r#"{"snowflake":"1763806272123456789"}"#,
    r#"{"request_id":"01J9ZQ4T5E6R7T8Y9U0I1O2P3A"}"#,
    r#"{"sha1":"1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b"}"#,
    r#"{"user_agent":"ArenaPlay/5.10.3 (Android 14; V2249)"}"#,
    r#"{"geo":{"country":"ID","city":"Padang"}}"#,
    r#"{"hp":1200}"#,
    r#"{"wa":3}"#,
    r#"{"cell":"B12"}"#,
    r#"{"ring":"12345678"}"#,
    r#"{"score":"21-15, 14-21"}"#,
    r#"{"ean":"5790000000000"}"#,
    r#"{"cvr":12345678}"#,
];

#[test]
fn numbers_in_fields_of_three_languages_go_and_twice_changes_nothing() {
    let mut scrubber = scrubber();
    for (event, value) in HIDDEN {
        let mut once = Vec::new();
        scrubber.value(Format::Json, event.as_bytes(), &mut once).expect("readable");
        let text = String::from_utf8_lossy(&once);
        assert!(!text.contains(value), "{event}: {text}");
        let mut twice = Vec::new();
        scrubber.value(Format::Json, &once, &mut twice).expect("readable");
        assert_eq!(String::from_utf8_lossy(&twice), text, "{event}");
    }
}

#[test]
fn fields_that_hold_something_else_stay() {
    let mut scrubber = scrubber();
    for event in HARMLESS {
        let mut out = Vec::new();
        scrubber.value(Format::Json, event.as_bytes(), &mut out).expect("readable");
        assert_eq!(String::from_utf8_lossy(&out), *event);
    }
}
