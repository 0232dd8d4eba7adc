//! Whatever members are removed and scalars replaced, in tape order: JSON stays JSON, and what was replaced is gone.

use sluice::decode::{Limits, Scanner};
use sluice::record::{Kind, Paths, Span};
use sluice::rewrite::Edits;

pub fn run(data: &[u8]) {
    let (choices, raw) = super::split(data);
    let mut tape = Vec::new();
    let mut scanner = Scanner::new(Limits::default());
    let mut paths = Paths::new();
    if choices.is_empty() || scanner.scan(raw, &mut paths, &mut tape).is_err() {
        return;
    }
    let mut edits = Edits::new();
    for (scalar, choice) in tape.iter().zip(choices.iter().cycle()) {
        match (choice % 4, scalar.kind) {
            (0, Kind::Key | Kind::String) => edits.replace(scalar.span, b"X"),
            (0, _) => edits.replace(scalar.span, b"0"),
            (1, kind) if kind != Kind::Key => edits.remove_member(raw, scalar),
            // Two findings in one string.
            (2, Kind::String) => {
                edits.replace(Span::new(scalar.span.start, scalar.span.end), b"Y");
                edits.replace(Span::new(scalar.span.end, scalar.span.end), b"Z");
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    edits.splice(raw, &mut out);
    if edits.is_empty() {
        assert_eq!(out, raw);
    }
    scanner.scan(&out, &mut paths, &mut tape).expect("stays JSON");
}
