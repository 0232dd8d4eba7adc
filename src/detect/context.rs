//! Words around a candidate: keywords that speak for it, and words directly before that speak against it.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, Input, MatchKind};

use crate::record::Span;

/// All keywords of the catalog in one automaton. Asked only once a candidate exists, and only near it.
#[derive(Debug)]
pub(super) struct Keywords {
    automaton: AhoCorasick,
    /// For each word of the automaton, the sets it belongs to.
    sets_of: Vec<Vec<u16>>,
    distance_max: usize,
    after_max: usize,
}

/// What a pattern wants to know of its keywords.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeywordRule {
    /// The pattern's set of words.
    pub set: u16,
    /// Most bytes between a word and a candidate behind it.
    pub distance: u32,
    /// Most bytes between a candidate and a word behind it.
    pub after: u32,
    /// Whether the candidate is dropped without a word.
    pub required: bool,
}

/// Collects the sets of words before the automaton is built.
#[derive(Debug, Default)]
pub(super) struct KeywordsBuilder {
    words: Vec<String>,
    sets_of: Vec<Vec<u16>>,
    sets: u16,
    distance_max: usize,
    after_max: usize,
}

/// Keywords that stand near the place that was asked for last; kept between calls so that neighbours are free.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    covered: Option<Span>,
    hits: Vec<(Span, u32)>,
}

impl Nearby {
    /// Forgets the text before.
    pub(super) fn clear(&mut self) {
        self.covered = None;
    }
}

impl KeywordsBuilder {
    /// Adds a set of words, and names it.
    pub(super) fn add<'a>(&mut self, words: impl Iterator<Item = &'a str>, distance: u32, after: u32) -> u16 {
        let set = self.sets;
        self.sets += 1;
        self.distance_max = self.distance_max.max(distance as usize);
        self.after_max = self.after_max.max(after as usize);
        for word in words {
            let lower = word.trim().to_lowercase();
            // The automaton folds the case of ASCII letters only.
            let upper = lower.to_uppercase();
            self.add_word(&lower, set);
            if !lower.is_ascii() {
                self.add_word(&upper, set);
            }
        }
        set
    }

    fn add_word(&mut self, word: &str, set: u16) {
        let at = self.words.iter().position(|w| w == word).unwrap_or_else(|| {
            self.words.push(word.to_owned());
            self.sets_of.push(Vec::new());
            self.words.len() - 1
        });
        if !self.sets_of[at].contains(&set) {
            self.sets_of[at].push(set);
        }
    }

    /// The automaton. `Err` when the words do not fit into one.
    pub(super) fn build(self) -> Result<Keywords, aho_corasick::BuildError> {
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&self.words)?;
        let KeywordsBuilder { sets_of, distance_max, after_max, .. } = self;
        Ok(Keywords { automaton, sets_of, distance_max, after_max })
    }
}

impl Keywords {
    /// Whether a word of the rule's set stands near `span`.
    pub(super) fn near(&self, text: &str, span: Span, rule: KeywordRule, nearby: &mut Nearby) -> bool {
        let from = floor_boundary(text, (span.start as usize).saturating_sub(self.distance_max + WORD_BYTES_MAX));
        let to = floor_boundary(text, (span.end as usize + self.after_max + WORD_BYTES_MAX).min(text.len()));
        let wanted = Span::new(from as u32, to as u32);
        if !nearby.covered.is_some_and(|c| c.start <= wanted.start && wanted.end <= c.end) {
            self.look(text, wanted, nearby);
        }
        nearby.hits.iter().any(|&(hit, word)| {
            let before = hit.end <= span.start && span.start - hit.end <= rule.distance;
            let after = hit.start >= span.end && hit.start - span.end <= rule.after && rule.after > 0;
            (before || after) && self.sets_of[word as usize].contains(&rule.set)
        })
    }

    fn look(&self, text: &str, window: Span, nearby: &mut Nearby) {
        nearby.hits.clear();
        nearby.covered = Some(window);
        for hit in self.automaton.find_overlapping_iter(Input::new(text).span(window.range())) {
            let whole_word = !text[..hit.start()].chars().next_back().is_some_and(char::is_alphabetic)
                && !text[hit.end()..].chars().next().is_some_and(char::is_alphabetic);
            if whole_word {
                nearby.hits.push((Span::new(hit.start() as u32, hit.end() as u32), hit.pattern().as_u32()));
            }
        }
    }
}

/// Room for the word itself beyond the greatest distance; longer phrases are found as far as they fit.
const WORD_BYTES_MAX: usize = 32;

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Whether one of `words` (lower case) stands directly before byte `start`: `version 1.2`, `v1.2`, `Rp. 1.2`, `Rp=1.2`.
pub(super) fn is_after(text: &str, start: u32, words: &[Box<str>]) -> bool {
    let before = &text[..start as usize];
    let trimmed = before.trim_end_matches([' ', '\t', ':', '=', '.', '/', '#', '(', '"']);
    if before.len() - trimmed.len() > 3 {
        return false;
    }
    words.iter().any(|word| {
        let Some(at) = trimmed.len().checked_sub(word.len()) else { return false };
        trimmed.is_char_boundary(at)
            && trimmed[at..].eq_ignore_ascii_case(word)
            && !trimmed[..at].chars().next_back().is_some_and(char::is_alphanumeric)
    })
}
