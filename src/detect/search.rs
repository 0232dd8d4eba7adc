//! The search of one text: each matcher that its class allows, the judgement of each candidate, then overlaps.

use regex::Regex;

use super::context::{self, KeywordRule, Nearby};
use super::groups::{self, Gap, Group};
use super::matchers::{self, Input, Match};
use super::overlap::{self, Found};
use super::rules::{Pattern, Rules};
use super::spec::Confidence;
use super::validators::Candidate;
use crate::record::{Basis, Class, Finding, Kind, Span};

/// Fewest digits of an IPv4 address, the shortest thing that begins at a group of digits.
const DIGITS_MIN: u8 = 4;

/// Buffers that keep their memory between texts.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    groups: Vec<Group>,
    matches: Vec<Match>,
    found: Vec<Found>,
    nearby: Nearby,
    digits: Vec<u8>,
    /// The run of groups, or the match, that is judged: keywords are looked for around it.
    region: Span,
    /// For each digit pattern, the first group that it may use: accepted windows of one pattern do not overlap.
    free_from: Vec<usize>,
    /// How many of `found` come from matchers.
    taken: usize,
    /// Regular expressions whose literals occur.
    wanted: Vec<bool>,
}

/// One search.
pub(super) struct Search<'a> {
    pub rules: &'a Rules,
    /// The worker's own clones: they share no cache with other workers.
    pub regexes: &'a [Regex],
    pub scratch: &'a mut Scratch,
    pub text: &'a str,
    pub kind: Kind,
    pub class: Class,
    pub digits: u8,
}

/// Whether a value of this class can hold anything: the cheap dismissal, before a value is decoded.
pub(super) fn may_hold(rules: &Rules, kind: Kind, class: Class, digits: u8) -> bool {
    let patterns = &rules.patterns;
    let enough_digits = digits as usize >= patterns.digits_range.0;
    match kind {
        Kind::String | Kind::Key => {
            // Escapes and characters beyond ASCII may stand for any sign.
            class.has(Class::ESCAPE.with(Class::NON_ASCII))
                || enough_digits
                || patterns
                    .matchers
                    .iter()
                    .any(|(at, _)| (matchers::ALL[*at].wants)(class, digits))
                || patterns.regexes.iter().any(|r| class.0 & r.needs.0 == r.needs.0)
        }
        Kind::Number => {
            enough_digits
                || patterns
                    .matchers
                    .iter()
                    .any(|(at, _)| matchers::ALL[*at].numbers && (matchers::ALL[*at].wants)(class, digits))
        }
        Kind::Bool | Kind::Null | Kind::Object | Kind::Array => false,
    }
}

impl Search<'_> {
    /// Appends what is found, disjoint and in ascending order.
    pub(super) fn run(mut self, out: &mut Vec<Finding>) {
        if is_time(self.text.as_bytes()) {
            return;
        }
        self.scratch.nearby.clear();
        self.scratch.found.clear();
        self.scratch.groups.clear();
        if self.digits >= DIGITS_MIN {
            groups::scan(self.text.as_bytes(), &mut self.scratch.groups);
        }
        self.matchers();
        self.scratch.taken = self.scratch.found.len();
        if self.digits as usize >= self.rules.patterns.digits_range.0 {
            self.digits();
        }
        if self.kind != Kind::Number && !self.regexes.is_empty() {
            self.regexes();
        }
        overlap::resolve(&mut self.scratch.found, out);
    }

    fn matchers(&mut self) {
        let rules = self.rules;
        for (at, patterns) in &rules.patterns.matchers {
            let matcher = &matchers::ALL[*at];
            if !(matcher.wants)(self.class, self.digits) || (self.kind == Kind::Number && !matcher.numbers) {
                continue;
            }
            self.scratch.matches.clear();
            let input = Input {
                text: self.text,
                class: self.class,
                groups: &self.scratch.groups,
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

    /// Judges what a matcher or a regular expression found.
    fn judge_text(&mut self, pattern: &Pattern, found: Match) {
        self.scratch.region = found.span;
        let Some(validator) = pattern.validator else {
            self.accept(pattern, found.span, found.value, false);
            return;
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
            number: self.kind == Kind::Number,
        };
        let (least, most) = validator.digits;
        let value = (least..=most)
            .contains(&digits.len())
            .then(|| (validator.check)(&candidate, &self.rules.settings))
            .flatten();
        self.scratch.digits = digits;
        if let Some(value) = value {
            self.accept(pattern, union(found.span, value), value, false);
        }
    }

    /// Offers every run of joined groups to the patterns that judge digits. What a matcher has found is left out: the
    /// octets of an address are no phone number, whatever word stands near.
    fn digits(&mut self) {
        let least = self.rules.patterns.digits_range.0;
        let scratch = &mut *self.scratch;
        scratch.free_from.clear();
        scratch.free_from.resize(self.rules.patterns.digits.len(), 0);
        let mut first = 0;
        while first < self.scratch.groups.len() {
            if self.is_taken(first) {
                first += 1;
                continue;
            }
            let mut end = first + 1;
            let mut total = self.scratch.groups[first].len();
            while end < self.scratch.groups.len() && self.scratch.groups[end].gap != Gap::BREAK && !self.is_taken(end) {
                total += self.scratch.groups[end].len();
                end += 1;
            }
            if total >= least {
                self.run_of_groups(first, end);
            }
            first = end;
        }
    }

    /// Whether a finding of a matcher holds this group. There are few of them: digits come right after the matchers.
    fn is_taken(&self, group: usize) -> bool {
        let group = self.scratch.groups[group];
        let taken = &self.scratch.found[..self.scratch.taken];
        taken
            .iter()
            .any(|f| f.span.start < group.end && group.start < f.span.end)
    }

    /// Offers each window of the groups `first..end`, the longest from each group first.
    fn run_of_groups(&mut self, first: usize, end: usize) {
        let groups = std::mem::take(&mut self.scratch.groups);
        let mut digits = std::mem::take(&mut self.scratch.digits);
        digits.clear();
        for group in &groups[first..end] {
            digits.extend_from_slice(&self.text.as_bytes()[group.start as usize..group.end as usize]);
        }
        let (least, most) = self.rules.patterns.digits_range;
        self.scratch.region = Span::new(groups[first].start, groups[end - 1].end);
        let mut from = 0;
        for start in first..end {
            let (mut last, mut len) = (start, groups[start].len());
            while last + 1 < end && len + groups[last + 1].len() <= most {
                last += 1;
                len += groups[last].len();
            }
            while len >= least {
                if len <= most {
                    self.window(&groups, start, last, &digits[from..from + len]);
                }
                if last == start {
                    break;
                }
                len -= groups[last].len();
                last -= 1;
            }
            from += groups[start].len();
        }
        self.scratch.groups = groups;
        self.scratch.digits = digits;
    }

    /// Offers the groups `start..=last` to each pattern that judges digits.
    fn window(&mut self, groups: &[Group], start: usize, last: usize, digits: &[u8]) {
        let rules = self.rules;
        let span = Span::new(groups[start].start, groups[last].end);
        let mut glued = None;
        for (i, (validator, pattern)) in rules.patterns.digits.iter().enumerate() {
            let (least, most) = validator.digits;
            if !(least..=most).contains(&digits.len()) || start < self.scratch.free_from[i] {
                continue;
            }
            // In most texts no keyword stands near, so this is asked before the check.
            if pattern
                .keywords
                .is_some_and(|rule| rule.required && !self.near(span, rule))
            {
                continue;
            }
            let candidate = Candidate {
                text: self.text,
                span,
                digits,
                groups: &groups[start..=last],
                before: groups[start].gap,
                after: groups.get(last + 1).map_or(Gap::BREAK, |g| g.gap),
                number: self.kind == Kind::Number,
            };
            let Some(value) = (validator.check)(&candidate, &rules.settings) else {
                continue;
            };
            let glued = *glued.get_or_insert_with(|| is_glued(self.text, span));
            if self.accept(pattern, value, value, glued) {
                self.scratch.free_from[i] = last + 1;
            }
        }
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
                        debug_assert!(
                            all.start() <= value.start() && value.end() <= all.end(),
                            "a group is inside"
                        );
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
        self.judge_text(
            pattern,
            Match {
                span: span_of(span),
                value: span_of(value),
            },
        );
    }

    fn near(&mut self, span: Span, rule: KeywordRule) -> bool {
        let scratch = &mut *self.scratch;
        self.rules
            .keywords
            .near(self.text, span, scratch.region, rule, &mut scratch.nearby)
    }

    /// The last word: what stands around. Keeps the finding, and says whether it did.
    fn accept(&mut self, pattern: &Pattern, span: Span, value: Span, needs_keyword: bool) -> bool {
        if !pattern.not_after.is_empty() && context::is_after(self.text, span.start, &pattern.not_after) {
            return false;
        }
        let near = pattern.keywords.is_some_and(|rule| self.near(span, rule));
        if !near && (needs_keyword || pattern.keywords.is_some_and(|rule| rule.required)) {
            return false;
        }
        let basis = if near {
            pattern.basis.max(Basis::Keyword)
        } else {
            pattern.basis
        };
        let confidence: Confidence = pattern.confidence;
        self.scratch.found.push(Found {
            span,
            value,
            entity: pattern.entity,
            basis,
            confidence,
        });
        true
    }
}

/// Whether letters touch it: then it is a part of a word or an id, unless a keyword says otherwise.
fn is_glued(text: &str, span: Span) -> bool {
    let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
    let extension = matches!(after.as_bytes(), [b'x', digit, ..] if digit.is_ascii_digit());
    let track = before.ends_with("%B");
    let left = !track && before.chars().next_back().is_some_and(char::is_alphanumeric);
    let right = !extension && after.chars().next().is_some_and(char::is_alphanumeric);
    left || right
}

/// `2026-01-04T17:03:40.988Z`: by far the most frequent value with many digits that is nothing.
fn is_time(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<19>() else {
        return false;
    };
    let signs =
        head[4] == b'-' && head[7] == b'-' && matches!(head[10], b'T' | b' ') && head[13] == b':' && head[16] == b':';
    let digit = |range: std::ops::Range<usize>| head[range].iter().all(u8::is_ascii_digit);
    signs
        && bytes.len() <= 35
        && digit(0..4)
        && digit(5..7)
        && digit(8..10)
        && digit(11..13)
        && digit(14..16)
        && digit(17..19)
        && bytes[19..]
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'+' | b'-' | b'Z'))
}

fn union(a: Span, b: Span) -> Span {
    Span::new(a.start.min(b.start), a.end.max(b.end))
}
