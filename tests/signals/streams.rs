//! A made-up stream must be what it says: the same for a seed, books that add up except where the truth says otherwise,
//! carriers that jump as they do.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::stream::{Shape, Stream, make};

fn sample(seed: u64) -> Stream {
    eprintln!("seed {seed}");
    make(&Shape { seed, accounts: 300, days: 21, attacked: 0.15, unknown: true })
}

/// Each event once, in the order of its own time.
fn events(stream: &Stream) -> Vec<Value> {
    let mut seen = HashSet::new();
    let mut events: Vec<Value> = stream.events.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    events.retain(|e| seen.insert(e["event_id"].as_str().unwrap().to_owned()));
    events.sort_by_key(time_ms);
    events
}

fn time_ms(event: &Value) -> i64 {
    event["ts"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn a_stream_follows_from_its_seed() {
    let (a, b, other) = (sample(3), sample(3), sample(4));
    assert_eq!(a.events, b.events);
    assert_eq!(a.truth, b.truth);
    assert_ne!(a.events, other.events);
}

#[test]
fn balances_add_up_except_where_an_incident_says_otherwise() {
    let stream = sample(11);
    let mut attacked: HashMap<String, String> = HashMap::new();
    for line in &stream.truth {
        let truth: Value = serde_json::from_str(line).unwrap();
        for id in truth["event_ids"].as_array().unwrap() {
            attacked.insert(id.as_str().unwrap().to_owned(), truth["type"].as_str().unwrap().to_owned());
        }
    }
    let mut balances: HashMap<String, i64> = HashMap::new();
    let (mut gaps, mut tampered) = (0, 0);
    for event in events(&stream).iter().filter(|e| e["balance_after"].is_i64()) {
        let kind = attacked.get(event["event_id"].as_str().unwrap()).map_or("", String::as_str);
        let (before, after) = (event["balance_before"].as_i64().unwrap(), event["balance_after"].as_i64().unwrap());
        assert!(before >= 0 && after >= 0, "{event}");
        let last = balances.insert(event["user_id"].as_str().unwrap().to_owned(), after);
        if last.is_some_and(|last| last != before) {
            // What was put there out of nowhere may also be met first by the owner's own next event.
            gaps += 1;
        }
        if (expected_after(event) - after as f64).abs() > 1.0 {
            assert_eq!(kind, "balance_tamper", "{event}");
            tampered += 1;
        }
    }
    let of = |kind: &str| stream.truth.iter().filter(|t| t.contains(kind)).count();
    assert!(gaps <= of("balance_gap"), "{gaps} gaps");
    assert!(tampered > 0 && tampered <= of("balance_tamper"), "{tampered} events with a false balance");
}

fn expected_after(event: &Value) -> f64 {
    let (amount, fee) = (event["amount"].as_f64().unwrap(), event["fee"].as_f64().unwrap_or(0.0));
    let kind = event["type"].as_str().unwrap();
    let adds = matches!(kind, "deposit" | "win") || event["direction"] == "in";
    let change = match event["status"].as_str().unwrap() {
        "failed" => 0.0,
        "reversed" => {
            if adds {
                -amount
            } else {
                amount + fee
            }
        }
        _ => {
            if adds {
                amount
            } else {
                -amount - fee
            }
        }
    };
    event["balance_before"].as_f64().unwrap() + change
}

#[test]
fn an_account_on_a_jumping_carrier_is_far_from_itself_in_a_third_of_the_cases() {
    let stream = sample(5);
    let mut last: HashMap<(String, i64), (f64, f64)> = HashMap::new();
    let (mut pairs, mut far) = (0, 0);
    for event in events(&stream).iter().filter(|e| e["success"] == true && e["geo"]["lat"].is_f64()) {
        let asn = event["asn"].as_i64().unwrap();
        if ![23693, 4761, 24203, 45727, 18004].contains(&asn) {
            continue;
        }
        let here = (event["geo"]["lat"].as_f64().unwrap(), event["geo"]["lon"].as_f64().unwrap());
        let user = event["user_id"].as_str().unwrap().to_owned();
        if let Some(there) = last.insert((user, asn), here) {
            pairs += 1;
            far += u32::from(distance_km(here, there) > 500.0);
        }
    }
    let share = f64::from(far) / f64::from(pairs);
    assert!((0.25..=0.5).contains(&share), "{share} of {pairs} pairs");
}

fn distance_km((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let half = |a: f64| (a.to_radians() / 2.0).sin().powi(2);
    let h = half(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon2 - lon1);
    12_742.0 * h.sqrt().min(1.0).asin()
}

#[test]
fn delivery_is_as_untidy_as_it_is_said_to_be() {
    let stream = sample(6);
    let (mut newest, mut late, mut very_late) = (0, 0, 0);
    for line in &stream.events {
        let at = time_ms(&serde_json::from_str(line).unwrap());
        newest = newest.max(at);
        late += u32::from(newest - at > 1_000);
        very_late += u32::from(newest - at > 3_600_000);
    }
    let unique: HashSet<&String> = stream.events.iter().collect();
    let share = |n: u32| f64::from(n) / stream.events.len() as f64;
    assert!((0.02..=0.08).contains(&share(late)), "late: {late}");
    assert!((0.0003..=0.002).contains(&share(very_late)), "very late: {very_late}");
    let twice = (stream.events.len() - unique.len()) as u32;
    assert!((0.002..=0.007).contains(&share(twice)), "twice: {twice}");
}

#[test]
fn every_incident_has_events_of_its_account_within_its_time() {
    let stream = sample(8);
    let all: HashMap<String, Value> =
        events(&stream).into_iter().map(|e| (e["event_id"].as_str().unwrap().to_owned(), e)).collect();
    let mut kinds = HashSet::new();
    for line in &stream.truth {
        let truth: Value = serde_json::from_str(line).unwrap();
        let at = |name: &str| truth[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond();
        kinds.insert(truth["type"].as_str().unwrap().to_owned());
        for id in truth["event_ids"].as_array().unwrap() {
            let event = &all[id.as_str().unwrap()];
            assert_eq!(event["user_id"], truth["account"]);
            assert!((at("start")..=at("end")).contains(&time_ms(event)), "{truth}");
        }
    }
    assert!(kinds.len() >= 12, "{kinds:?}");
}
