//! The search of one text: each matcher that its class allows, the judgement of each candidate, then overlaps.

use regex::Regex;

use super::Look;
use super::anchored::{Anchor, Anchored};
use super::anchors::Hit;
use super::beside::Beside;
use super::context::{self, KeywordRule, Nearby};
use super::groups::{self, Census, Gap, Group};
use super::labels;
use super::matchers::{self, Input, Match, Matcher};
use super::memo::Memo;
use super::overlap::{self, Found};
use super::rules::{Nature, Pattern, Patterns, Rules};
use super::spec::Confidence;
use super::validators::Candidate;
use super::wanted::Wanted;
use super::windows::Windows;
use crate::record::{Basis, Class, Finding, Kind, Marks, Span};

/// Fewest digits of an IPv4 address, the shortest thing that begins at a group of digits.
const DIGITS_MIN: u8 = 4;

/// How far behind its anchor a finder sees, in bytes: more than any line that people write. A few of them see all of a longer
/// text: so many times its length in all.
const SIGHT: usize = 4096;
const WHOLE_SIGHTS: usize = 4;

/// Buffers that keep their memory between texts. They hold parts of values, so there is no `Debug`.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) groups: Vec<Group>,
    census: Census,
    asked: Wanted,
    matches: Vec<Match>,
    pub(super) found: Vec<Found>,
    pub(super) nearby: Nearby,
    pub(super) digits: Vec<u8>,
    /// The run of groups, or the match, that is judged: keywords are looked for around it.
    pub(super) region: Span,
    /// Windows of groups.
    pub(super) windows: Windows,
    /// Regular expressions whose literals occur.
    wanted: Vec<bool>,
    /// Anchors in the text.
    hits: Vec<Hit>,
    /// By finder that is called at anchors, how far what it found reaches.
    reached: Vec<u32>,
    /// Bytes beyond [`SIGHT`] that finders may still see of the text.
    far_sight: usize,
    /// A word of a text in small letters.
    name: String,
    /// What labels call.
    labels: Memo<Option<labels::Found>>,
}

/// One search.
pub(super) struct Search<'a> {
    pub rules: &'a Rules,
    /// The worker's own clones: they share no cache with other workers.
    pub regexes: &'a [Regex],
    pub scratch: &'a mut Scratch,
    pub text: &'a str,
    /// What stands where in the text. A number has none.
    pub marks: &'a Marks,
    pub kind: Kind,
    pub look: Look,
    /// What the field's name says of numbers in it.
    pub nature: Nature,
}

impl Search<'_> {
    /// Appends what is found, disjoint and in ascending order.
    pub(super) fn run(mut self, out: &mut Vec<Finding>) {
        self.scratch.nearby.clear();
        self.scratch.found.clear();
        if self.kind == Kind::Number {
            if self.nature != Nature::Amount {
                self.number();
            }
            return overlap::resolve(&mut self.scratch.found, out);
        }
        let Scratch { groups, census, .. } = &mut *self.scratch;
        groups.clear();
        *census = Census::default();
        if self.look.digits >= DIGITS_MIN {
            *census = groups::scan(self.text.as_bytes(), self.marks, groups);
        }
        self.matchers();
        let Look { digits, .. } = self.look;
        let amount = self.nature.is_amount(self.text, digits) || self.nature.is_reference(self.text, digits);
        if self.look.digits as usize >= self.rules.patterns.digits_range.0 && !amount {
            self.digits();
        }
        if self.rules.dismissal.may_match_regex(self.look.class, self.look.digits) {
            self.regexes();
        }
        if self.kind != Kind::Number && self.rules.dismissal.may_be_called(self.look.class) {
            self.anchored();
        }
        if !self.rules.patterns.lists.is_empty() {
            self.listed();
        }
        if !self.rules.beside.is_empty() && self.look.class.has(Class::SPACE) {
            self.beside();
        }
        overlap::resolve(&mut self.scratch.found, out);
    }

    /// Lets the matchers look that the class allows, and the one of secrets when a word begins as one.
    fn matchers(&mut self) {
        let known = &self.rules.patterns.matchers;
        let Look { class, digits, secret, .. } = self.look;
        let wants = |matcher: &Matcher| (matcher.wants)(class, digits) || secret && matcher.name == matchers::SECRET;
        let ask = || {
            let wanted = |(i, (at, _)): (usize, &(usize, _))| u64::from(wants(&matchers::ALL[*at])) << i;
            known.iter().enumerate().fold(0, |bits, matcher| bits | wanted(matcher))
        };
        let mut wanted = self.scratch.asked.of(class, digits, secret, ask);
        while wanted != 0 {
            let (at, patterns) = &known[wanted.trailing_zeros() as usize];
            wanted &= wanted - 1;
            let matcher = &matchers::ALL[*at];
            if matcher.name == matchers::IP && self.is_dotted_number() {
                continue;
            }
            self.scratch.matches.clear();
            let input = Input {
                text: self.text,
                class: self.look.class,
                marks: self.marks,
                groups: &self.scratch.groups,
                census: self.scratch.census,
            };
            (matcher.find)(&input, &mut self.scratch.matches);
            for i in 0..self.scratch.matches.len() {
                let found = self.scratch.matches[i];
                for pattern in patterns {
                    self.judge_text(pattern, found);
                }
            }
        }
    }

    /// Whether the field's name says that four dotted numbers are no address: of versions always, of amounts when they
    /// are written in thousands and of whole hundreds (`12.250.100.200`).
    fn is_dotted_number(&self) -> bool {
        let thousands = || self.scratch.groups.iter().skip(1).all(|group| group.len() == 3);
        let colons = || self.look.class.has(Class::COLON) && is_address_like(self.text);
        self.nature == Nature::Version && !colons()
            || self.text.ends_with("00") && self.nature.is_amount(self.text, self.look.digits) && thousands()
    }

    /// Calls the patterns that have an anchor or a label in the text.
    fn anchored(&mut self) {
        let rules = self.rules;
        let Patterns { anchored, anchors, labels: names, .. } = &rules.patterns;
        let mut hits = std::mem::take(&mut self.scratch.hits);
        hits.clear();
        self.scratch.reached.clear();
        self.scratch.reached.resize(anchored.len(), 0);
        self.scratch.far_sight = WHOLE_SIGHTS * self.text.len();
        if self.look.class.has(Class::LETTER.with(Class::NON_ASCII)) {
            anchors.scan(self.text, self.marks, &mut hits);
        }
        for hit in &hits {
            let at = Anchor { text: self.text, at: hit.span, behind: hit.span.end as usize };
            self.call(hit.owner, &anchored[usize::from(hit.owner)], &at);
        }
        if self.look.class.has(Class::EQUALS.with(Class::COLON).with(Class::SPACE).with(Class::BRACE))
            && !names.is_empty()
        {
            let mut known = std::mem::take(&mut self.scratch.labels);
            let text = self.text;
            labels::scan(text, self.marks, names, |label| {
                let Some((owners, skip)) = names.find(&text[label.name.range()], &mut known) else { return };
                let known = Span::new(label.name.start + skip, label.name.end);
                for owner in owners {
                    let at = Anchor { text, at: known, behind: label.value as usize };
                    self.call(*owner, &anchored[usize::from(*owner)], &at);
                }
            });
            self.scratch.labels = known;
        }
        self.scratch.hits = hits;
    }

    /// Looks for the words of lists.
    fn listed(&mut self) {
        let Scratch { matches, found, name, .. } = &mut *self.scratch;
        for list in &self.rules.patterns.lists {
            matches.clear();
            list.find(self.text, name, matches);
            found.extend(matches.iter().map(|m| Found {
                span: m.span,
                value: m.value,
                entity: list.entity,
                basis: Basis::Pattern,
                confidence: Confidence::Medium,
            }));
        }
    }

    /// Looks for names beside what was found.
    fn beside(&mut self) {
        let Scratch { matches, found, .. } = &mut *self.scratch;
        for beside in &self.rules.beside {
            for i in 0..found.len() {
                if !beside.of.contains(&found[i].entity) {
                    continue;
                }
                matches.clear();
                Beside::find(self.text, found[i].span, matches);
                let (entity, basis) = (beside.entity, Basis::Pattern);
                let named =
                    |m: &Match| Found { span: m.span, value: m.value, entity, basis, confidence: Confidence::Low };
                found.extend(matches.iter().map(named));
            }
        }
    }

    /// Calls a finder, `owner` by its place, at an anchor. What it found reaches over the anchors inside of it, and not all of
    /// them see to the end: a text that is nothing but anchors takes as long as another of its size.
    fn call(&mut self, owner: u16, (finder, pattern): &(&'static Anchored, Pattern), at: &Anchor<'_>) {
        let owner = usize::from(owner);
        if !finder.wants(self.look.class) || at.behind < self.scratch.reached[owner] as usize {
            return;
        }
        let seen = self.seen_from(at.behind);
        self.scratch.matches.clear();
        (finder.find)(&Anchor { text: &self.text[..seen], ..*at }, &mut self.scratch.matches);
        for i in 0..self.scratch.matches.len() {
            let mut found = self.scratch.matches[i];
            // What goes on where nothing was seen any more, but for signs at its end, goes to the end of its line.
            let is_value = |c: char| c.is_alphanumeric() || c.is_whitespace();
            if seen < self.text.len() && !self.text[found.span.end as usize..seen].contains(is_value) {
                let rest = &self.text.as_bytes()[seen..];
                found.span.end += memchr::memchr(b'\n', rest).unwrap_or(rest.len()) as u32;
                found.value.end = found.span.end;
            }
            if self.judge_text(pattern, found) {
                let reached = &mut self.scratch.reached[owner];
                *reached = (*reached).max(found.span.end);
            }
        }
    }

    /// How far a finder sees that looks on from `behind`.
    fn seen_from(&mut self, behind: usize) -> usize {
        let near = self.text.floor_char_boundary(behind + SIGHT);
        match self.scratch.far_sight.checked_sub(self.text.len() - near) {
            Some(left) => {
                self.scratch.far_sight = left;
                self.text.len()
            }
            None => near,
        }
    }

    /// Judges what a matcher or a regular expression found, and says whether it is kept.
    fn judge_text(&mut self, pattern: &Pattern, found: Match) -> bool {
        self.scratch.region = found.span;
        let Some(validator) = pattern.validator else {
            return self.accept(pattern, found.span, found.value);
        };
        let mut digits = std::mem::take(&mut self.scratch.digits);
        digits.clear();
        digits.extend(self.text[found.value.range()].bytes().filter(u8::is_ascii_digit));
        let candidate = Candidate {
            text: self.text,
            span: found.value,
            digits: &digits,
            groups: &[],
            before: Gap::BREAK,
            after: Gap::BREAK,
        };
        let (least, most) = pattern.digits;
        let value = (least..=most)
            .contains(&digits.len())
            .then(|| (validator.check)(&candidate, &self.rules.settings))
            .flatten();
        self.scratch.digits = digits;
        value.is_some_and(|value| self.accept(pattern, union(found.span, value), value))
    }

    fn regexes(&mut self) {
        let rules = self.rules;
        let regexes = self.regexes;
        let mut wanted = std::mem::take(&mut self.scratch.wanted);
        wanted.clear();
        wanted.extend(rules.patterns.regexes.iter().map(|r| !r.prefiltered));
        if let Some(literals) = &rules.patterns.literals {
            for hit in literals.find_overlapping_iter(self.text) {
                wanted[rules.patterns.literal_owner[hit.pattern().as_usize()]] = true;
            }
        }
        for (i, rule) in rules.patterns.regexes.iter().enumerate() {
            if !wanted[i] {
                continue;
            }
            if rule.group == 0 {
                for hit in regexes[i].find_iter(self.text) {
                    self.judge_regex(&rule.pattern, hit.range(), hit.range());
                }
            } else {
                for hit in regexes[i].captures_iter(self.text) {
                    if let (Some(all), Some(value)) = (hit.get(0), hit.get(rule.group)) {
                        debug_assert!(all.start() <= value.start() && value.end() <= all.end(), "a group is inside");
                        self.judge_regex(&rule.pattern, value.range(), value.range());
                    }
                }
            }
        }
        self.scratch.wanted = wanted;
    }

    fn judge_regex(&mut self, pattern: &Pattern, span: std::ops::Range<usize>, value: std::ops::Range<usize>) {
        if value.is_empty() {
            return;
        }
        let span_of = |r: std::ops::Range<usize>| Span::new(r.start as u32, r.end as u32);
        self.judge_text(pattern, Match { span: span_of(span), value: span_of(value) });
    }

    pub(super) fn near(&mut self, span: Span, rule: KeywordRule) -> bool {
        let scratch = &mut *self.scratch;
        self.rules.keywords.near(self.text, self.marks, span, scratch.region, rule, &mut scratch.nearby)
    }

    /// Whether any keyword stands near what is judged.
    pub(super) fn any_near(&mut self) -> bool {
        let scratch = &mut *self.scratch;
        self.rules.keywords.any_near(self.text, self.marks, scratch.region, &mut scratch.nearby)
    }

    /// The last word: what stands around. Keeps the finding, and says whether it did.
    pub(super) fn accept(&mut self, pattern: &Pattern, span: Span, value: Span) -> bool {
        let vetoed = !pattern.not_after.is_empty()
            && context::is_after(self.text, span.start, &pattern.not_after)
            && !is_address_like(&self.text[value.range()]);
        let amount = !pattern.not_before.is_empty() && context::is_before(self.text, span.end, &pattern.not_before);
        if vetoed || amount {
            return false;
        }
        let near = pattern.keywords.is_some_and(|rule| self.near(span, rule));
        if !near && pattern.keywords.is_some_and(|rule| rule.required) {
            return false;
        }
        let basis = if near { pattern.basis.max(Basis::Keyword) } else { pattern.basis };
        let confidence: Confidence = pattern.confidence;
        self.scratch.found.push(Found { span, value, entity: pattern.entity, basis, confidence });
        true
    }
}

/// `203.0.113.7`, and not `1.25.3.1`, `5.14.0.221`, `21.120.33.1` or `25.100.200.250`: versions hardly have a part of three
/// digits, and if they do the first part is small; amounts have three digits in all parts but the first.
fn is_address_like(value: &str) -> bool {
    // No version has colons.
    if value.contains("::") || value.bytes().filter(|b| *b == b':').count() > 4 {
        return true;
    }
    let mut lens = [0; 4];
    let mut parts = 0;
    for part in value.split('.') {
        if parts == lens.len() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        lens[parts] = part.len();
        parts += 1;
    }
    let threes = lens.iter().filter(|len| **len == 3).count();
    let small = value.starts_with(['1', '2']) && lens[0] == 2 && !value.starts_with("10.") && threes == 1;
    parts == lens.len() && lens[0] > 1 && !small && lens.contains(&3) && lens[1..] != [3, 3, 3]
}

fn union(a: Span, b: Span) -> Span {
    Span::new(a.start.min(b.start), a.end.max(b.end))
}
