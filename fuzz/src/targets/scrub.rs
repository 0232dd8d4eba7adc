//! The whole engine: it never panics, what was planted never comes out, JSON stays JSON, and scrubbing twice is once.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use sluice::config::{Format, Secrets, load};
use sluice::pipeline::{Plan, Scrubber};
use sluice::pseudonymize::{KeyRing, SharedRing};

/// Values that must be found wherever a space or a bracket stands on either side.
const PLANTED: [(&str, &str); 4] = [
    ("canary.bird7@leak.example.com", "canary.bird7"),
    ("4111 1111 1111 1111", "1111 1111"),
    ("DK50 0040 0440 1162 43", "0440 1162"),
    ("+62 812-3456-7890", "3456-7890"),
];

thread_local! {
    static SCRUBBERS: RefCell<Vec<Scrubber>> =
        RefCell::new(["profile:gaming", "profile:support"].into_iter().map(scrubber).collect());
}

fn scrubber(profile: &str) -> Scrubber {
    let loaded = load(Path::new(profile), Secrets::Skip).expect("a profile");
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    Scrubber::new(Arc::new(Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))).expect("compiles")))
}

pub fn run(data: &[u8]) {
    let Some((&how, data)) = data.split_first() else { return };
    SCRUBBERS.with_borrow_mut(|scrubbers| {
        let scrubber = &mut scrubbers[usize::from(how) & 1];
        let (planted, hidden) = PLANTED[usize::from(how >> 1) & 3];
        match how >> 3 & 3 {
            0 => twice(scrubber, Format::Json, data),
            1 => twice(scrubber, Format::Text, data),
            2 => {
                let (before, after) = super::split(data);
                let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
                let text = format!("{before} {planted} {after}");
                gone(&twice(scrubber, Format::Text, text.as_bytes()).unwrap_or_default(), hidden);
            }
            _ => {
                let (name, around) = super::split(data);
                let (name, around) = (String::from_utf8_lossy(name), String::from_utf8_lossy(around));
                let record = serde_json::json!({ "n": 1.50, name: [format!("{around} {planted}"), {"x": planted}] });
                gone(&twice(scrubber, Format::Json, record.to_string().as_bytes()).unwrap_or_default(), hidden);
                return;
            }
        };
    });
}

fn gone(out: &str, hidden: &str) {
    assert!(!out.contains(hidden), "the planted value came out");
}

/// What becomes of a record; scrubbed again it must stay.
fn twice(scrubber: &mut Scrubber, format: Format, raw: &[u8]) -> Option<String> {
    let mut once = Vec::new();
    scrubber.begin(0).expect("the key has no window");
    scrubber.value(format, raw, &mut once).ok()?;
    let text = String::from_utf8(once).expect("UTF-8");
    if format == Format::Json {
        serde_json::from_str::<serde_json::Value>(&text).expect("stays JSON");
    }
    let mut again = Vec::new();
    scrubber.begin(0).expect("the key has no window");
    scrubber.value(format, text.as_bytes(), &mut again).expect("stays readable");
    assert_eq!(String::from_utf8_lossy(&again), text, "scrubbing twice changes something");
    Some(text)
}
