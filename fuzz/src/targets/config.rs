//! Whatever a config or an entity file says, it is compiled or refused with its name: nothing panics, nothing half works.

use std::sync::Arc;

use sluice::config::{Loaded, Secrets, from_str};
use sluice::detect::{Catalog, Options, Rules};
use sluice::pipeline::{Plan, SignalPlan};
use sluice::pseudonymize::{KeyRing, SharedRing, StateKey};

pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(yaml) = std::str::from_utf8(rest) else { return };
    match kind % 2 {
        0 => config(yaml),
        _ => entity(yaml),
    }
}

fn config(yaml: &str) {
    let loaded = match from_str(yaml, "fuzz.yaml", Secrets::Skip) {
        Ok(loaded) => loaded,
        Err(error) => return assert!(error.to_string().starts_with("fuzz.yaml:"), "{error}"),
    };
    if names_files(&loaded) {
        return;
    }
    let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
    if let Err(error) = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring))) {
        assert!(error.to_string().starts_with("fuzz.yaml:"), "{error}");
    }
    let _ = SignalPlan::compile(&loaded, Arc::new(StateKey::new(&[7; 32])));
}

/// Files of the machine are not for a fuzzer.
fn names_files(loaded: &Loaded) -> bool {
    let spec = &loaded.spec;
    let signals = spec.signals.as_ref().is_some_and(|signals| {
        let lists = &signals.lists;
        let lists = [&lists.trusted, &lists.anonymisers, &lists.carriers, &lists.accounts, &lists.itineraries];
        lists.iter().any(|path| path.is_some()) || signals.geo.city.is_some() || signals.geo.asn.is_some()
    });
    signals || !spec.patterns.directories.is_empty() || spec.pseudonyms.suppress.is_some()
}

fn entity(yaml: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("fuzz.yaml"), yaml).expect("a file");
    let mut catalog = Catalog::default();
    let error = match catalog.load_dir(folder.path()) {
        Err(error) => error,
        Ok(()) => match Rules::compile(&catalog, &[], &Options::default()) {
            Err(error) => error,
            Ok(_) => return,
        },
    };
    assert!(error.to_string().contains("fuzz.yaml"), "{error}");
}
