//! The search of one text: each matcher that its class allows, the judgement of each candidate, then overlaps.

use regex::Regex;

use super::Look;
use super::anchored::{Anchor, Anchored};
use super::anchors::Hit;
use super::context::{self, KeywordRule, Nearby};
use super::groups::{self, Gap, Group, Numbers};
use super::labels;
use super::matchers::{self, Input, Match};
use super::overlap::{self, Found};
use super::rules::{Nature, Pattern, Patterns, Rules};
use super::spec::Confidence;
use super::validators::{Candidate, Validator};
use crate::canonical;
use crate::record::{Basis, Class, Finding, Kind, Span, Word};

/// Fewest digits of an IPv4 address, the shortest thing that begins at a group of digits.
const DIGITS_MIN: u8 = 4;

/// Digits in a row without which no matcher finds anything in a short text without `.`, `:` and `@`.
const MATCHER_DIGITS: usize = 7;

/// Longest text that is taken for an id.
const ID_BYTES_MAX: usize = 128;

/// Buffers that keep their memory between texts. They hold parts of values, so there is no `Debug`.
#[derive(Default)]
pub(super) struct Scratch {
    groups: Vec<Group>,
    matches: Vec<Match>,
    found: Vec<Found>,
    nearby: Nearby,
    digits: Vec<u8>,
    /// The run of groups, or the match, that is judged: keywords are looked for around it.
    region: Span,
    /// For each digit pattern, the window of groups that its entity took last: windows of one entity do not overlap.
    taken: Vec<(usize, usize)>,
    /// Regular expressions whose literals occur.
    wanted: Vec<bool>,
    /// Anchors in the text.
    hits: Vec<Hit>,
    /// A label's name in snake case.
    name: String,
}

/// One search.
pub(super) struct Search<'a> {
    pub rules: &'a Rules,
    /// The worker's own clones: they share no cache with other workers.
    pub regexes: &'a [Regex],
    pub scratch: &'a mut Scratch,
    pub text: &'a str,
    pub kind: Kind,
    pub look: Look,
    /// What the field's name says of numbers in it.
    pub nature: Nature,
}

/// For strings of every class, the least number of digits with which one can hold anything: the cheap dismissal of
/// values, before they are decoded, is one look into this table.
#[derive(Debug)]
pub(super) struct Dismissal {
    least_digits: Box<[u16]>,
    /// For texts of every class, whether words or labels can call a pattern.
    anchored: Box<[bool]>,
    /// For texts of every class, the least number of digits with which a regular expression could match.
    regex_digits: Box<[u16]>,
    number_digits: usize,
}

impl Dismissal {
    /// Number of classes: all bits of [`Class`].
    const CLASSES: u16 = 1 << 13;
    /// More digits than are ever counted.
    const NEVER: u16 = 256;

    /// The table for these patterns.
    pub(super) fn new(patterns: &Patterns) -> Dismissal {
        Dismissal {
            least_digits: least_digits(|class, digits| string_may_hold(patterns, class, digits)),
            anchored: (0..Dismissal::CLASSES).map(|class| anchors_may_call(patterns, Class(class))).collect(),
            regex_digits: least_digits(|class, digits| regex_may_match(patterns, class, digits)),
            number_digits: patterns.number_digits_min,
        }
    }

    /// Whether words or labels of a text of this class can call a pattern.
    fn may_be_called(&self, class: Class) -> bool {
        self.anchored.get(class.0 as usize).is_none_or(|&may| may)
    }

    /// Whether a regular expression could match in a text of this class and number of digits.
    fn may_match_regex(&self, class: Class, digits: u8) -> bool {
        self.regex_digits.get(class.0 as usize).is_none_or(|&least| u16::from(digits) >= least)
    }

    /// Whether a value of this class and number of digits can hold anything.
    #[inline]
    pub(super) fn may_hold(&self, kind: Kind, class: Class, digits: u8) -> bool {
        match kind {
            Kind::String | Kind::Key => {
                self.least_digits.get(class.0 as usize).is_none_or(|&least| u16::from(digits) >= least)
            }
            // Behind an exponent there are digits that are not written.
            Kind::Number => digits as usize >= self.number_digits || class.has(Class::LETTER),
            Kind::Bool | Kind::Null | Kind::Object | Kind::Array => false,
        }
    }
}

/// Whether a text is a hash or an id, in which nothing is looked for: most of what its class lets through.
pub(super) fn is_nothing(rules: &Rules, text: &str, word: Option<Word>, class: Class, digits: u8) -> bool {
    !rules.dismissal.may_match_regex(class, digits)
        && (is_hash(text.as_bytes(), class) || is_plain_id(rules, text, word, class, digits))
}

/// A hash in hexadecimal, of 16 bytes or more: whatever its digits look like is chance. (The longest IBAN whose country
/// could be hexadecimal has 28 signs.)
fn is_hash(text: &[u8], class: Class) -> bool {
    const OTHERS: Class = Class(!(Class::LETTER.0 | Class::DIGIT.0));
    text.len() >= 32
        && class.has(Class::LETTER)
        && !class.has(OTHERS)
        && text.iter().fold(true, |all, b| all & b.is_ascii_hexdigit())
        // A stripe as a chip gives it begins with the card's number: `4111111111111111D2912…`.
        && text[..12].iter().any(|b| !b.is_ascii_digit())
}

/// Ids and names of things: short, without a sign that a matcher looks for, and without a number that is not a part of
/// an id.
fn is_plain_id(rules: &Rules, text: &str, word: Option<Word>, class: Class, digits: u8) -> bool {
    const SIGNS: Class = Class::AT.with(Class::DOT).with(Class::COLON).with(Class::EQUALS).with(Class::PERCENT);
    const OTHERS: Class = SIGNS.with(Class::ESCAPE).with(Class::NON_ASCII).with(Class::BRACE);
    let bytes = text.as_bytes();
    let may_be_id = bytes.len() <= ID_BYTES_MAX
        && !class.has(OTHERS)
        && rules.patterns.lists.is_empty()
        && !rules.dismissal.may_be_called(class);
    may_be_id
        && !(digits >= matchers::IBAN_DIGITS_MIN
            && word.is_none_or(Word::has_two_letters_two_digits)
            && groups::begins_iban(bytes))
        && match groups::numbers_in(bytes, word, rules.patterns.digits_range.0.min(MATCHER_DIGITS)) {
            Numbers::None => true,
            Numbers::Glued => !rules.keywords.any_in(text),
            Numbers::Free => false,
        }
        && !matchers::crypto::has_long_word(bytes, word)
        && !(class.has(Class::OTHER) && matchers::mac::may_hold_dashed(bytes))
}

/// By class, the least number of digits with which `may` is true.
fn least_digits(may: impl Fn(Class, u8) -> bool) -> Box<[u16]> {
    let least = |class| {
        // More digits never make a value more harmless, so the least number can be searched by halves.
        let (mut low, mut high) = (0, Dismissal::NEVER);
        while low < high {
            let middle = u16::midpoint(low, high);
            if may(Class(class), middle as u8) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    (0..Dismissal::CLASSES).map(least).collect()
}

fn string_may_hold(patterns: &Patterns, class: Class, digits: u8) -> bool {
    // Escapes and characters beyond ASCII may stand for any sign.
    class.has(Class::ESCAPE.with(Class::NON_ASCII))
        || digits as usize >= patterns.digits_range.0
        || patterns.matchers.iter().any(|(at, _)| (matchers::ALL[*at].wants)(class, digits))
        || regex_may_match(patterns, class, digits)
        || anchors_may_call(patterns, class)
        || !patterns.lists.is_empty() && class.has(Class::LETTER)
}

fn anchors_may_call(patterns: &Patterns, class: Class) -> bool {
    patterns.anchored.iter().any(|(anchored, _)| anchored.wants(class))
}

fn regex_may_match(patterns: &Patterns, class: Class, digits: u8) -> bool {
    patterns.regexes.iter().any(|r| r.needs.allow(class, digits))
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
        self.scratch.groups.clear();
        if self.look.digits >= DIGITS_MIN {
            groups::scan(self.text.as_bytes(), &mut self.scratch.groups);
        }
        self.matchers();
        let amount = self.nature.is_amount(self.text, self.look.digits);
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
        overlap::resolve(&mut self.scratch.found, out);
    }

    /// A JSON number, however it is spelled, is one group of digits without any context.
    fn number(&mut self) {
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

    /// Lets the matchers look that the class allows, and the one of secrets when a word begins as one.
    fn matchers(&mut self) {
        let rules = self.rules;
        for (at, patterns) in &rules.patterns.matchers {
            let matcher = &matchers::ALL[*at];
            let version = self.nature == Nature::Version && matcher.name == matchers::IP;
            let asked = self.look.secret && matcher.name == matchers::SECRET;
            if version || !asked && !(matcher.wants)(self.look.class, self.look.digits) {
                continue;
            }
            self.scratch.matches.clear();
            let input = Input { text: self.text, class: self.look.class, groups: &self.scratch.groups };
            (matcher.find)(&input, &mut self.scratch.matches);
            for i in 0..self.scratch.matches.len() {
                let found = self.scratch.matches[i];
                for pattern in patterns {
                    self.judge_text(pattern, found);
                }
            }
        }
    }

    /// Calls the patterns that have an anchor or a label in the text.
    fn anchored(&mut self) {
        let rules = self.rules;
        let Patterns { anchored, anchors, labels: names, .. } = &rules.patterns;
        let mut hits = std::mem::take(&mut self.scratch.hits);
        hits.clear();
        if self.look.class.has(Class::LETTER.with(Class::NON_ASCII)) {
            anchors.scan(self.text, &mut hits);
        }
        for hit in &hits {
            let at = Anchor { text: self.text, at: hit.span, behind: hit.span.end as usize };
            self.call(&anchored[usize::from(hit.owner)], &at);
        }
        if self.look.class.has(Class::EQUALS.with(Class::COLON).with(Class::SPACE)) && !names.is_empty() {
            let mut name = std::mem::take(&mut self.scratch.name);
            let text = self.text;
            labels::scan(text, names, |label| {
                let Some((owners, skip)) = names.find(&text[label.name.range()], &mut name) else { return };
                let known = Span::new(label.name.start + skip, label.name.end);
                for owner in owners {
                    let at = Anchor { text, at: known, behind: label.value as usize };
                    self.call(&anchored[usize::from(*owner)], &at);
                }
            });
            self.scratch.name = name;
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

    fn call(&mut self, (finder, pattern): &(&'static Anchored, Pattern), at: &Anchor<'_>) {
        if !finder.wants(self.look.class) {
            return;
        }
        self.scratch.matches.clear();
        (finder.find)(at, &mut self.scratch.matches);
        for i in 0..self.scratch.matches.len() {
            let found = self.scratch.matches[i];
            self.judge_text(pattern, found);
        }
    }

    /// Judges what a matcher or a regular expression found.
    fn judge_text(&mut self, pattern: &Pattern, found: Match) {
        self.scratch.region = found.span;
        let Some(validator) = pattern.validator else {
            self.accept(pattern, found.span, found.value);
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
        };
        let (least, most) = pattern.digits;
        let value = (least..=most)
            .contains(&digits.len())
            .then(|| (validator.check)(&candidate, &self.rules.settings))
            .flatten();
        self.scratch.digits = digits;
        if let Some(value) = value {
            self.accept(pattern, union(found.span, value), value);
        }
    }

    /// Offers every run of joined groups to the patterns that judge digits. What a matcher has found is left out: the
    /// octets of an address are no phone number, whatever word stands near.
    fn digits(&mut self) {
        let least = self.rules.patterns.digits_range.0;
        let scratch = &mut *self.scratch;
        scratch.taken.clear();
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
        self.scratch.taken.resize(self.rules.patterns.digits.len(), (0, 0));
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
        if keyed.is_empty() || !rules.keywords.any_near(self.text, self.scratch.region, &mut self.scratch.nearby) {
            return;
        }
        for &i in keyed {
            let rule = rules.patterns.digits[i].1.keywords;
            if rule.is_some_and(|rule| self.near(candidate.span, rule)) {
                self.judge_digits(i, &candidate, (start, last));
            }
        }
    }

    /// Lets the digit pattern `i` judge a candidate, the groups `start..=last`.
    fn judge_digits(&mut self, i: usize, candidate: &Candidate<'_>, (start, last): (usize, usize)) {
        let digits = &self.rules.patterns.digits;
        let (validator, pattern) = &digits[i];
        // The same window may be judged again: a keyword makes the finding surer.
        let window = (start, last + 1);
        if start < self.scratch.taken[i].1 && self.scratch.taken[i] != window {
            return;
        }
        let value = (validator.check)(candidate, &self.rules.settings);
        if value.is_some_and(|value| self.accept(pattern, value, value)) {
            for ((_, other), taken) in digits.iter().zip(&mut self.scratch.taken) {
                if other.entity == pattern.entity {
                    *taken = window;
                }
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

    fn near(&mut self, span: Span, rule: KeywordRule) -> bool {
        let scratch = &mut *self.scratch;
        self.rules.keywords.near(self.text, span, scratch.region, rule, &mut scratch.nearby)
    }

    /// The last word: what stands around. Keeps the finding, and says whether it did.
    fn accept(&mut self, pattern: &Pattern, span: Span, value: Span) -> bool {
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

/// Whether letters touch it: then it is a part of a word or an id, unless a keyword says otherwise. Scripts that put no
/// spaces between words (from U+2E80 on) glue nothing.
fn is_glued(text: &str, span: Span) -> bool {
    let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
    let glues = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    let extension = matches!(after.as_bytes(), [b'x', digit, ..] if digit.is_ascii_digit());
    let track = before.ends_with("%B");
    let left = !track && before.chars().next_back().is_some_and(glues);
    let right = !extension && after.chars().next().is_some_and(glues);
    left || right
}

/// `203.0.113.7`, and not `1.25.3.1` or `25.100.200.250`: versions hardly have a part of three digits, and amounts have
/// three digits in all parts but the first.
fn is_address_like(value: &str) -> bool {
    let mut lens = [0; 4];
    let mut parts = 0;
    for part in value.split('.') {
        if parts == lens.len() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        lens[parts] = part.len();
        parts += 1;
    }
    parts == lens.len() && lens.contains(&3) && lens[1..] != [3, 3, 3]
}

/// `2026-01-04T17:03:40.988Z`: by far the most frequent value with many digits that is nothing.
pub(super) fn is_time(bytes: &[u8]) -> bool {
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
        && bytes[19..].iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'+' | b'-' | b'Z'))
}

fn union(a: Span, b: Span) -> Span {
    Span::new(a.start.min(b.start), a.end.max(b.end))
}
