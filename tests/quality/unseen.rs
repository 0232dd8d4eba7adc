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
