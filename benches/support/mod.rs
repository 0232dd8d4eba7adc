//! What the benches and the tests of allocations share: the corpus, generated texts, and a scrubber with a fixed key.
#![allow(dead_code, missing_docs, reason = "each bench is a crate of its own and uses a part")]

use std::sync::Arc;

use sluice::config::{Loaded, PROFILES, Secrets, from_str};
use sluice::detect::Catalog;
use sluice::pipeline::{Plan, Scrubber};
use sluice::pseudonymize::{KeyRing, SharedRing};

pub mod texts;

/// 2,000 login and transaction events; `corpus/README.md` tells what they are.
pub const CORPUS: &str = include_str!("../corpus/events.ndjson");
/// 2026-01-05, ms: any time will do, the key has no window.
pub const NOW_MS: i64 = 1_767_571_200_000;

/// The defaults, or the built-in profile of this name.
pub fn config(profile: Option<&str>) -> Loaded {
    let yaml =
        profile.map_or("{}", |name| PROFILES.into_iter().find(|(known, _)| *known == name).expect("a profile").1);
    from_str(yaml, "bench", Secrets::Skip).expect("a valid config")
}

/// What is looked for by what it looks like alone, wherever it stands: with these, and with what cannot be turned off, an event
/// takes what the core of detection takes.
pub const CORE: [&str; 5] = ["email", "ip", "phone", "payment_card", "iban"];

/// The defaults, with so many entities off: in the catalog's order, those that may be.
pub fn config_with_off(entities: usize) -> Loaded {
    let off: Vec<String> = may_be_off().take(entities).collect();
    assert_eq!(off.len(), entities, "the catalog has fewer entities that may be off");
    config_without(&off)
}

/// The defaults, with [`CORE`] and what cannot be turned off alone.
pub fn config_of_core() -> Loaded {
    config_without(&may_be_off().filter(|name| !CORE.contains(&name.as_str())).collect::<Vec<_>>())
}

fn may_be_off() -> impl Iterator<Item = String> {
    let catalog = Catalog::builtin();
    let names: Vec<String> =
        catalog.entities().iter().filter(|entity| !entity.never_passes).map(|entity| entity.name.clone()).collect();
    names.into_iter()
}

fn config_without(entities: &[String]) -> Loaded {
    let yaml = format!("patterns: {{disable: [{}]}}", entities.join(", "));
    from_str(&yaml, "bench", Secrets::Skip).expect("a valid config")
}

/// The same config with `redact` as the action of everything: no hash is computed.
pub fn redacting(mut config: Loaded) -> Loaded {
    let patterns = &mut config.spec.patterns;
    patterns.actions.extend(Catalog::builtin().names().map(|name| (name.to_owned(), "redact".to_owned())));
    for rule in &mut config.spec.fields {
        if rule.action.as_deref() == Some("token") {
            rule.action = Some("redact".to_owned());
        }
    }
    config
}

/// The plan of this config, with a fixed key.
pub fn plan(config: &Loaded) -> Plan {
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a valid key");
    Plan::compile(config, Arc::new(SharedRing::fixed(ring))).expect("the built-in catalog compiles")
}

/// A scrubber by this config.
pub fn scrubber(config: &Loaded) -> Scrubber {
    Scrubber::new(Arc::new(plan(config)))
}
