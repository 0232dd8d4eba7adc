//! The project's own labelled corpus: made-up events over all kinds of personal data, encodings and languages, and
//! events that must stay as they are. Generated from a seed, with tables of its own: nothing here calls the detectors
//! or the canonical forms, or a fault of theirs would hide in its own mirror.
//!
//! To add a kind: its values in [`values`] (`of`), sentences and records with its slot in [`templates`], and a line in
//! [`super::case::means`] if the catalog calls it by another name.

/// Numbers with check sums.
mod checked;
/// Ways to write a value in other characters.
mod encodings;
/// Events that must stay as they are.
mod keep;
/// Sentences, log lines, mails and records with slots.
mod templates;
/// Made-up values by kind.
mod values;

use fastrand::Rng;
use sluice::config::Format;

use super::case::{Case, Gold};
use templates::{Part, Template};

/// The seed of the scores in `docs/QUALITY.md`.
pub const SEED: u64 = 20_261_122;
/// Events of the scores in `docs/QUALITY.md`.
pub const EVENTS: usize = 6_000;

/// `count` events from `seed`: of ten, six plain, two in another encoding, two that must stay.
pub fn generate(seed: u64, count: usize) -> Vec<Case> {
    let mut random = Rng::with_seed(seed);
    let templates = templates::all();
    let labels = labels(&templates);
    let mut cases = Vec::with_capacity(count);
    for at in 0..count {
        let mut case = match at % 10 {
            0..6 => plain(&templates, &labels[at % labels.len()], &mut random),
            6 | 7 => encodings::event(&mut random),
            _ => keep::event(&mut random),
        };
        case.id = format!("{seed}/{at}");
        cases.push(case);
    }
    cases
}

/// Kind and language of every template, each once: all come equally often, however many templates they have.
fn labels(templates: &[Template]) -> Vec<(&'static str, &'static str)> {
    let mut labels: Vec<_> = templates.iter().map(|template| (template.label, template.language)).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn plain(templates: &[Template], &(label, language): &(&str, &str), random: &mut Rng) -> Case {
    let fitting: Vec<_> = templates.iter().filter(|t| t.label == label && t.language == language).collect();
    let template = fitting[random.usize(..fitting.len())];
    let mut draft = Draft::new(template.format);
    for part in &template.parts {
        match part {
            Part::Text(text) => draft.text.push_str(text),
            Part::Slot(kind) => draft.value(values::label_of(kind), &values::of(kind, random)),
        }
    }
    draft.case(template.form, language)
}

/// An event under construction.
pub struct Draft {
    format: Format,
    /// The event so far.
    pub text: String,
    gold: Vec<Gold>,
}

impl Draft {
    /// An empty event.
    pub fn new(format: Format) -> Draft {
        Draft { format, text: String::new(), gold: Vec::new() }
    }

    /// Appends a piece of personal data, with JSON's escapes where the event is JSON.
    pub fn value(&mut self, label: &str, text: &str) {
        let escaped = match self.format {
            Format::Json => {
                let quoted = serde_json::to_string(text).unwrap();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Format::Text => text.to_owned(),
        };
        self.raw(label, &escaped, false);
    }

    /// Appends a piece of personal data as it stands. `blob`: it stands inside, in an encoding that cannot be cut.
    pub fn raw(&mut self, label: &str, text: &str, blob: bool) {
        let start = self.text.len();
        self.text.push_str(text);
        self.gold.push(Gold { span: start..self.text.len(), label: label.to_owned(), blob });
    }

    /// Says that the piece that was appended last is something else as well: a signed token is a secret itself.
    pub fn also(&mut self, label: &str) {
        let last = self.gold.last().expect("a piece was appended").clone();
        self.gold.push(Gold { label: label.to_owned(), ..last });
    }

    /// The finished event.
    pub fn case(self, category: &str, language: &str) -> Case {
        Case {
            id: String::new(),
            category: category.to_owned(),
            language: language.to_owned(),
            format: self.format,
            keep: self.gold.is_empty(),
            input: self.text,
            needles: Vec::new(),
            gold: self.gold,
            kind: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_one_corpus_and_another_seed_another() {
        let inputs = |seed| generate(seed, 500).into_iter().map(|case| case.input).collect::<Vec<_>>();
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
    }

    #[test]
    fn every_kind_comes_in_three_languages_and_every_json_event_is_json() {
        let cases = generate(SEED, EVENTS);
        let gold: BTreeSet<_> = cases.iter().flat_map(|case| &case.gold).map(|gold| gold.label.as_str()).collect();
        assert!(gold.len() >= 26, "{gold:?}");
        for case in &cases {
            assert!(
                case.format == Format::Text || serde_json::from_str::<serde_json::Value>(&case.input).is_ok(),
                "{case:?}"
            );
            assert!(case.gold.iter().all(|gold| !case.input[gold.span.clone()].is_empty()), "{case:?}");
        }
        for language in ["id", "da", "en"] {
            assert!(cases.iter().filter(|case| case.language == language).count() > EVENTS / 10, "{language}");
        }
    }
}
