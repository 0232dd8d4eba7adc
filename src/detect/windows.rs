//! The judgement of digits: every window of joined groups is offered to the patterns that may take so many.

use super::groups::{Gap, Group};
use super::overlap::Found;
use super::rules::Pattern;
use super::search::Search;
use super::validators::{Candidate, Validator};
use crate::canonical;
use crate::record::{Kind, Span};

/// What was taken of the groups of one text.
#[derive(Default)]
pub(super) struct Windows {
    /// For each digit pattern, the window of groups that its entity took last: windows of one entity do not overlap.
    taken: Vec<(usize, usize)>,
    /// For each group, whether it is in a window that was taken.
    covered: Vec<bool>,
    /// Numbers that begin inside of a taken window of their entity and end beyond it.
    beyond: Vec<Beyond>,
}

/// A number that overlaps the one before it.
#[derive(Clone, Copy)]
struct Beyond {
    /// Place in `Patterns::digits`.
    pattern: usize,
    /// Its groups behind the window that was taken.
    groups: (usize, usize),
    value: Span,
}

impl Windows {
    fn clear(&mut self, patterns: usize, groups: usize) {
        self.taken.clear();
        self.taken.resize(patterns, (0, 0));
        self.covered.clear();
        self.covered.resize(groups, false);
        self.beyond.clear();
    }
}

/// For every number of digits, the patterns that may take so many: a window is offered to no other.
#[derive(Debug, Default)]
pub(super) struct Judges {
    strings: Vec<JudgesOf>,
    numbers: Vec<JudgesOf>,
}

/// The patterns for one number of digits, by their places in `Patterns::digits`.
#[derive(Debug, Default)]
struct JudgesOf {
    /// Those that need no keyword.
    alone: Vec<usize>,
    /// Those that need one.
    keyed: Vec<usize>,
    /// Those that have keywords: beside a letter every pattern needs one.
    glued: Vec<usize>,
}

impl Judges {
    /// The table for these patterns.
    pub(super) fn new(digits: &[(&'static Validator, Pattern)]) -> Judges {
        let most = digits.iter().map(|(_, p)| p.digits.1).max().unwrap_or(0);
        let table = |kind: Kind| (0..=most).map(|len| JudgesOf::new(digits, kind, len)).collect();
        Judges { strings: table(Kind::String), numbers: table(Kind::Number) }
    }

    fn of(&self, kind: Kind, digits: usize) -> Option<&JudgesOf> {
        let table = if kind == Kind::Number { &self.numbers } else { &self.strings };
        table.get(digits).filter(|judges| !judges.alone.is_empty() || !judges.glued.is_empty())
    }
}

impl JudgesOf {
    fn new(digits: &[(&'static Validator, Pattern)], kind: Kind, len: usize) -> JudgesOf {
        let mut judges = JudgesOf::default();
        for (i, (validator, pattern)) in digits.iter().enumerate() {
            let (least, most) = pattern.digits;
            if !(least..=most).contains(&len) || (kind == Kind::Number && !validator.numbers) {
                continue;
            }
            let required = pattern.keywords.is_some_and(|rule| rule.required);
            if required {
                judges.keyed.push(i)
            } else {
                judges.alone.push(i)
            }
            if pattern.keywords.is_some() {
                judges.glued.push(i);
            }
        }
        judges
    }
}

impl Search<'_> {
    /// A JSON number, however it is spelled, is one group of digits without any context.
    pub(super) fn number(&mut self) {
        let mut digits = std::mem::take(&mut self.scratch.digits);
        digits.clear();
        let whole = canonical::digits::write_number(self.text, &mut digits);
        let judges = self.rules.patterns.judges.of(Kind::Number, digits.len());
        if let (true, Some(judges), Ok(text)) = (whole, judges, std::str::from_utf8(&digits)) {
            let span = Span::new(0, digits.len() as u32);
            let groups = [Group { start: span.start, end: span.end, gap: Gap::BREAK }];
            let (before, after) = (Gap::BREAK, Gap::BREAK);
            let candidate = Candidate { text, span, digits: &digits, groups: &groups, before, after };
            for (validator, pattern) in judges.alone.iter().map(|&i| &self.rules.patterns.digits[i]) {
                if (validator.check)(&candidate, &self.rules.settings).is_some() {
                    let all = Span::new(0, self.text.len() as u32);
                    let (entity, basis, confidence) = (pattern.entity, pattern.basis, pattern.confidence);
                    self.scratch.found.push(Found { span: all, value: all, entity, basis, confidence });
                }
            }
        }
        self.scratch.digits = digits;
    }

    /// Offers every run of joined groups to the patterns that judge digits. What a matcher has found is left out: the
    /// octets of an address are no phone number, whatever word stands near.
    pub(super) fn digits(&mut self) {
        let least = self.rules.patterns.digits_range.0;
        let scratch = &mut *self.scratch;
        scratch.windows.clear(self.rules.patterns.digits.len(), scratch.groups.len());
        if scratch.found.len() > 1 {
            scratch.found.sort_unstable_by_key(|f| f.span.start);
        }
        let taken = scratch.found.len();
        // The matchers' findings before the group at hand, and how far they reach.
        let (mut passed, mut reach) = (0, 0);
        let (mut first, mut total) = (0, 0);
        for at in 0..self.scratch.groups.len() {
            let group = self.scratch.groups[at];
            while passed < taken && self.scratch.found[passed].span.start < group.end {
                reach = reach.max(self.scratch.found[passed].span.end);
                passed += 1;
            }
            let is_taken = reach > group.start;
            if is_taken || group.gap == Gap::BREAK {
                if total >= least {
                    self.run_of_groups(first, at);
                }
                (first, total) = (at, 0);
            }
            if is_taken {
                first = at + 1;
            } else {
                total += group.len();
            }
        }
        if total >= least {
            self.run_of_groups(first, self.scratch.groups.len());
        }
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
        self.beyond();
        self.scratch.groups = groups;
        self.scratch.digits = digits;
    }

    /// Offers the groups `start..=last` to each pattern that judges digits.
    fn window(&mut self, groups: &[Group], start: usize, last: usize, digits: &[u8]) {
        let rules = self.rules;
        let Some(judges) = rules.patterns.judges.of(self.kind, digits.len()) else { return };
        let candidate = Candidate {
            text: self.text,
            span: Span::new(groups[start].start, groups[last].end),
            digits,
            groups: &groups[start..=last],
            before: groups[start].gap,
            after: groups.get(last + 1).map_or(Gap::BREAK, |g| g.gap),
        };
        let glued = is_glued(self.text, candidate.span);
        if !glued {
            for &i in &judges.alone {
                self.judge_digits(i, &candidate, (start, last));
            }
        }
        // In most texts no keyword stands near, so this is asked before any check.
        let keyed = if glued { &judges.glued } else { &judges.keyed };
        if keyed.is_empty() || !self.any_near() {
            return;
        }
        for &i in keyed {
            let rule = rules.patterns.digits[i].1.keywords;
            if rule.is_some_and(|rule| self.scratch.nearby.may_have(rule) && self.near(candidate.span, rule)) {
                self.judge_digits(i, &candidate, (start, last));
            }
        }
    }

    /// Lets the digit pattern `i` judge a candidate, the groups `start..=last`.
    fn judge_digits(&mut self, i: usize, candidate: &Candidate<'_>, (start, last): (usize, usize)) {
        let digits = &self.rules.patterns.digits;
        let (validator, pattern) = &digits[i];
        let window = (start, last + 1);
        let taken = self.scratch.windows.taken[i];
        // The same window may be judged again: a keyword makes the finding surer.
        let overlaps = start < taken.1 && taken != window;
        if overlaps && window.1 <= taken.1 {
            return;
        }
        let Some(value) = (validator.check)(candidate, &self.rules.settings) else { return };
        if overlaps {
            self.scratch.windows.beyond.push(Beyond { pattern: i, groups: (taken.1, window.1), value });
        } else if self.accept(pattern, value, value) {
            let Windows { taken, covered, .. } = &mut self.scratch.windows;
            covered[start..=last].fill(true);
            for ((_, other), taken) in digits.iter().zip(taken) {
                if other.entity == pattern.entity {
                    *taken = window;
                }
            }
        }
    }

    /// Of two numbers of one entity that overlap, the first may be one by chance (`482913 482913 4111` in
    /// `482913 482913 4111 1111 1111 1111`): what the second one has beyond it goes, too, unless another number took it.
    fn beyond(&mut self) {
        let rules = self.rules;
        for at in 0..self.scratch.windows.beyond.len() {
            let Beyond { pattern, groups, value } = self.scratch.windows.beyond[at];
            let is_covered = self.scratch.windows.covered[groups.0..groups.1].iter().all(|&covered| covered);
            if !is_covered && self.accept(&rules.patterns.digits[pattern].1, value, value) {
                self.scratch.windows.covered[groups.0..groups.1].fill(true);
            }
        }
        self.scratch.windows.beyond.clear();
    }
}

/// Whether a plus before a long number tells what it is, whatever letter is stuck to its end: `+6285299104873x`. In base64
/// a plus has a sign of it before it.
fn is_told(before: &str, len: usize) -> bool {
    const BYTES_MIN: usize = 10;
    let head = before.strip_suffix('+').filter(|_| len >= BYTES_MIN);
    head.is_some_and(|head| !head.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '+' | '=')))
}

/// Whether letters touch it: then it is a part of a word or an id, unless a keyword says otherwise. Scripts that put no
/// spaces between words (from U+2E80 on) glue nothing.
fn is_glued(text: &str, span: Span) -> bool {
    let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
    let glues = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    let extension = || {
        matches!(after.as_bytes(), [b'x', digit, ..] if digit.is_ascii_digit())
            || after.starts_with(['e', 'l', 'E', 'L']) && canonical::phone::extension(after).is_some()
    };
    let track = before.ends_with("%B");
    let left = !track && before.chars().next_back().is_some_and(glues);
    let right = after.chars().next().is_some_and(glues) && !extension() && !is_told(before, span.len());
    left || right
}
