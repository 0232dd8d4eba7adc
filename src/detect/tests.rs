//! The whole of detection: the built-in entities on their examples, adversarial texts, and properties of every search.

use std::sync::Arc;

use proptest::prelude::*;

use super::examples::{find, unmark};
use super::*;
use crate::record::{EntityId, Span};

fn rules_for(regions: &[&str]) -> Arc<Rules> {
    let options = Options { disabled: vec![], regions: regions.iter().map(|r| (*r).to_owned()).collect() };
    Arc::new(Rules::compile(&Catalog::builtin(), &[], &options).expect("the built-in catalog compiles"))
}

fn detector() -> Detector {
    let mut detector = Detector::new(rules_for(&["ID", "DK", "SG", "MY", "US", "GB"]));
    detector.set_known_keys(&["k1".to_owned()]);
    detector
}

/// Entity and text of each finding.
fn found(text: &str) -> Vec<(String, String)> {
    let catalog = Catalog::builtin();
    let findings = find(&mut detector(), text);
    findings
        .iter()
        .map(|f| (catalog.entities()[f.entity.0 as usize].name.clone(), text[f.value.range()].to_owned()))
        .collect()
}

/// A text in every position in which a log, a mail or a URL may hold it.
fn positions(text: &str, span: Span) -> Vec<(String, Span)> {
    let frames = [
        ("", ""),
        ("see ", ""),
        ("", " and so on"),
        ("It is ", ", is it not"),
        ("(", ")"),
        ("[", "]"),
        ("\"", "\""),
        ("'", "'"),
        ("<", ">"),
        ("x=", ";y=2"),
        ("q: ", "\n"),
        ("\n", "\nnext line"),
        ("æøå ", " – æøå"),
        ("Well: ", "."),
        ("Well: ", "!"),
        ("a,", ",b"),
        ("|", "|"),
    ];
    frames
        .iter()
        .map(|(before, after)| {
            let shift = before.len() as u32;
            (format!("{before}{text}{after}"), Span::new(span.start + shift, span.end + shift))
        })
        .collect()
}

#[test]
fn every_example_is_found_in_every_position() {
    let catalog = Catalog::builtin();
    let mut missed = Vec::new();
    for (at, entity) in catalog.entities().iter().enumerate() {
        let mut alone = Detector::new(rules::alone(&catalog, EntityId(at as u16)).expect("compiles"));
        for example in &entity.spec.examples {
            let (text, span) = unmark(&example.value);
            for (text, span) in positions(&text, span) {
                if !find(&mut alone, &text).iter().any(|f| f.value == span) {
                    missed.push(format!("{}: {text:?}: {:?}", entity.name, find(&mut alone, &text)));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn no_counter_example_is_found_in_any_position() {
    let catalog = Catalog::builtin();
    let mut hit = Vec::new();
    for (at, entity) in catalog.entities().iter().enumerate() {
        let mut alone = Detector::new(rules::alone(&catalog, EntityId(at as u16)).expect("compiles"));
        for example in &entity.spec.counter_examples {
            for (text, _) in positions(&example.value, Span::default()) {
                let findings = find(&mut alone, &text);
                if !findings.is_empty() {
                    hit.push(format!("{}: {text:?}: {findings:?}", entity.name));
                }
            }
        }
    }
    assert!(hit.is_empty(), "{}", hit.join("\n"));
}
