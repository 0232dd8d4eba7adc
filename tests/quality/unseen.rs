//! Events, mails and log lines in Indonesian, Danish and English that were written in batches before the engine had
//! seen them, each with the profile that it is for. What they showed is mended by kind; what is still open stands in
//! docs/QUALITY.md.

use std::path::Path;

use super::case::Case;
use super::engine::Engine;
use super::formats;
use super::score::passes;

#[test]
fn nothing_of_the_unseen_batches_leaks_and_nothing_is_damaged() {
    for profile in ["gaming", "support"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/quality/unseen/{profile}.ndjson"));
        let (_, cases) = formats::read(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(cases.len() > 150, "{profile}: {}", cases.len());
        let mut engine = Engine::new(Path::new(&format!("profile:{profile}"))).unwrap();
        let failed = |case: &Case| {
            let seen = engine.scrub(case);
            (!passes(case, &seen)).then(|| format!("{}: {} became {:?}", case.id, case.input, seen.output))
        };
        let failed: Vec<String> = cases.iter().filter_map(failed).collect();
        assert!(failed.is_empty(), "{profile}:\n{}", failed.join("\n"));
    }
}

/// Tokens and placeholders of the first run are no findings of the second, nor keywords of what stands beside them.
#[test]
fn scrubbing_the_unseen_batches_twice_changes_nothing() {
    for profile in ["gaming", "support"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/quality/unseen/{profile}.ndjson"));
        let (_, cases) = formats::read(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut engine = Engine::new(Path::new(&format!("profile:{profile}"))).unwrap();
        for case in &cases {
            let Some(once) = engine.scrub(case).output else { continue };
            let again = Case { input: once.clone(), ..case.clone() };
            assert_eq!(engine.scrub(&again).output.as_deref(), Some(&*once), "{}", case.id);
        }
    }
}
