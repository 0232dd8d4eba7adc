//! Findings are disjoint, in order, on character boundaries, around their values, and the same each time.

use std::cell::RefCell;
use std::sync::Arc;

use sluice::detect::{Catalog, Detector, Options, Rules};
use sluice::record::Kind;

thread_local! {
    static DETECTOR: RefCell<Detector> = RefCell::new(detector());
}

fn detector() -> Detector {
    let regions = ["ID", "DK", "SG", "MY", "US", "GB"].map(str::to_owned).to_vec();
    let options = Options { disabled: Vec::new(), regions, ..Options::default() };
    let mut detector = Detector::new(Arc::new(Rules::compile(&Catalog::builtin(), &[], &options).expect("built in")));
    detector.set_known_keys(&["k1".to_owned()]);
    detector
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    DETECTOR.with_borrow_mut(|detector| {
        let look = detector.look_at(text, Kind::String);
        let (mut found, mut again) = (Vec::new(), Vec::new());
        detector.find(text, Kind::String, look, &mut found);
        let mut last = 0;
        for finding in &found {
            let (span, value) = (finding.span, finding.value);
            assert!(span.start >= last && span.start < span.end, "{found:?}");
            assert!(span.start <= value.start && value.start < value.end && value.end <= span.end, "{found:?}");
            for at in [span.start, span.end, value.start, value.end] {
                assert!(text.is_char_boundary(at as usize), "{found:?}");
            }
            last = span.end;
        }
        detector.find(text, Kind::String, look, &mut again);
        assert_eq!(found, again);
    });
}
