//! The scanner never panics, judges as `serde_json` does, and its tape lies in the record in document order.

use sluice::decode::{Limits, Scanner};
use sluice::record::{Class, Kind, Paths};

pub fn run(data: &[u8]) {
    let (earlier, raw) = super::split(data);
    // The private key by which serde_json passes numbers to itself, also when some of its letters are escaped.
    if raw.windows(8).any(|w| w == b"$serde_j") || raw.windows(5).any(|w| w == b"\\u002") {
        return;
    }
    // The oracle's own limit of nesting is 127.
    let mut scanner = Scanner::new(Limits { depth: 127, ..Limits::default() });
    let (mut paths, mut tape) = (Paths::new(), Vec::new());
    // Its keys are guessed from then on.
    let _ = scanner.scan(earlier, &mut paths, &mut tape);
    let ours = scanner.scan(raw, &mut paths, &mut tape);
    let oracle = serde_json::from_slice::<serde_json::Value>(raw);
    assert_eq!(ours.is_ok(), oracle.is_ok(), "{ours:?}, the oracle {oracle:?}");
    if ours.is_err() {
        return;
    }
    let first = tape.clone();
    let mut last = 0;
    for (i, scalar) in tape.iter().enumerate() {
        assert!(scalar.member_start >= last && scalar.span.start >= scalar.member_start, "document order");
        assert!(scalar.span.start <= scalar.span.end && scalar.outer_end() as usize <= raw.len());
        last = scalar.member_start;
        let text = std::str::from_utf8(&raw[scalar.span.range()]).expect("spans cut no character");
        match scalar.kind {
            Kind::Key => assert_eq!((tape[i + 1].path, tape[i + 1].member_start), (scalar.path, scalar.member_start)),
            Kind::String => assert_eq!(raw[scalar.span.end as usize], b'"'),
            Kind::Object | Kind::Array => assert!(scalar.class == Class::default()),
            Kind::Number | Kind::Bool | Kind::Null => {}
        }
        if matches!(scalar.kind, Kind::Key | Kind::String | Kind::Number) {
            assert_eq!(scalar.digits, Class::of_text(text.as_bytes()).1);
        }
    }
    // Now all its keys are guessed: nothing may change.
    scanner.scan(raw, &mut paths, &mut tape).expect("was accepted");
    assert_eq!(tape, first);
}
