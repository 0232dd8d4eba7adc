//! Words around a candidate: keywords that speak for it, and words directly before that speak against it.

use std::ops::Range;

use hashbrown::HashMap;

use super::words::{self, Key, Sieve};
use crate::record::{Blocks, Marks, Span};

/// All keywords of the catalog. Asked only once a candidate exists, and only near it: a walk over the words there, nearly
/// all of which cost their letters and one look into a bitmap, however many keywords there are.
#[derive(Debug)]
pub(super) struct Keywords {
    /// Those that begin with the same word stand together.
    phrases: Vec<Phrase>,
    /// The words that a phrase begins with.
    sieve: Sieve,
    /// By the word that they begin with: where its phrases are.
    by_word: HashMap<Key, Range<u16>, foldhash::fast::FixedState>,
    distance_max: usize,
    after_max: usize,
    bytes_max: usize,
}

/// One keyword: a word, or several.
#[derive(Debug)]
struct Phrase {
    /// In lower case (of letters beyond ASCII there is a second phrase in upper case).
    text: Box<[u8]>,
    /// Bytes of its first word.
    first_word: usize,
    /// The sets it belongs to.
    sets: Vec<u16>,
    /// The same as bits: see [`Nearby::sets`].
    set_bits: u64,
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

/// Collects the sets of words before they are sorted.
#[derive(Debug, Default)]
pub(super) struct KeywordsBuilder {
    phrases: Vec<Phrase>,
    sets: u16,
    distance_max: usize,
    after_max: usize,
}

/// Keywords that stand near the place that was asked for last; kept between calls so that neighbours are free.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    covered: Option<Span>,
    hits: Vec<(Span, u32)>,
    /// The sets that they belong to, as bits of the set's number modulo 64: most rules ask for none of them.
    sets: u64,
}

impl Nearby {
    /// Forgets the text before.
    pub(super) fn clear(&mut self) {
        self.covered = None;
    }

    /// Whether a keyword of the rule's set may stand there.
    #[inline]
    pub(super) fn may_have(&self, rule: KeywordRule) -> bool {
        self.sets & set_bit(rule.set) != 0
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
            self.add_phrase(&lower, set);
            if !lower.is_ascii() {
                self.add_phrase(&lower.to_uppercase(), set);
            }
        }
        set
    }

    fn add_phrase(&mut self, text: &str, set: u16) {
        match self.phrases.iter_mut().find(|p| *p.text == *text.as_bytes()) {
            Some(phrase) if phrase.sets.contains(&set) => {}
            Some(phrase) => {
                phrase.sets.push(set);
                phrase.set_bits |= set_bit(set);
            }
            None => self.phrases.push(Phrase {
                first_word: words::len_at(text, 0),
                text: text.as_bytes().into(),
                sets: vec![set],
                set_bits: set_bit(set),
            }),
        }
    }

    /// The keywords, ready to be asked.
    pub(super) fn build(self) -> Keywords {
        let KeywordsBuilder { mut phrases, distance_max, after_max, .. } = self;
        phrases.sort_by_cached_key(|p| (p.key(), p.text.clone()));
        let mut sieve = Sieve::default();
        let mut by_word: HashMap<Key, Range<u16>, _> = HashMap::default();
        for (at, phrase) in phrases.iter().enumerate() {
            let at = u16::try_from(at).expect("invariant: far fewer keywords");
            sieve.set(phrase.key());
            by_word.entry(phrase.key()).or_insert(at..at).end = at + 1;
        }
        let bytes_max = phrases.iter().map(|p| p.text.len()).max().unwrap_or(0);
        Keywords { phrases, sieve, by_word, distance_max, after_max, bytes_max }
    }
}

const fn set_bit(set: u16) -> u64 {
    1 << (set % 64)
}

impl Keywords {
    /// Whether any keyword at all stands in `text`.
    pub(super) fn any_in(&self, text: &str) -> bool {
        let mut nearby = Nearby::default();
        self.look(text, text.as_bytes(), 0..text.len(), &mut nearby);
        !nearby.hits.is_empty()
    }

    /// Whether any keyword at all stands near `region`. What stands there is looked for once, however many of its parts
    /// are asked about.
    pub(super) fn any_near(&self, text: &str, marks: &Marks, region: Span, nearby: &mut Nearby) -> bool {
        if !nearby.covered.is_some_and(|c| c.start <= region.start && region.end <= c.end) {
            nearby.sets = 0;
            nearby.hits.clear();
            nearby.covered = Some(region);
            let before = (region.start as usize).saturating_sub(self.distance_max + self.bytes_max);
            self.look(text, marks, before..region.start as usize, nearby);
            let after = (region.end as usize + self.after_max + 1).min(text.len());
            self.look(text, marks, region.end as usize..after, nearby);
        }
        !nearby.hits.is_empty()
    }

    /// Whether a word of the rule's set stands near `span`, a part of `region`.
    pub(super) fn near(
        &self,
        text: &str,
        marks: &Marks,
        span: Span,
        region: Span,
        rule: KeywordRule,
        nearby: &mut Nearby,
    ) -> bool {
        if !self.any_near(text, marks, region, nearby) || !nearby.may_have(rule) {
            return false;
        }
        nearby.hits.iter().any(|&(hit, phrase)| {
            let before = hit.end <= span.start && span.start - hit.end <= rule.distance;
            let after = hit.start >= span.end && hit.start - span.end <= rule.after && rule.after > 0;
            (before || after) && self.phrases[phrase as usize].sets.contains(&rule.set)
        })
    }

    /// Looks for keywords whose first word begins in `range`.
    fn look(&self, text: &str, blocks: &(impl Blocks + ?Sized), range: Range<usize>, nearby: &mut Nearby) {
        let bytes = text.as_bytes();
        let mut at = range.start;
        // The middle of a word is no beginning.
        let is_middle = at > 0 && (words::is_letter(bytes[at - 1]) || !text.is_char_boundary(at));
        at += if is_middle { words::len_at(text, at) } else { 0 };
        if at >= range.end {
            return;
        }
        // The last word may end behind the range.
        let more = bytes[range.end..].iter().take_while(|b| words::is_letter(**b)).count();
        words::each(text, blocks, at..range.end + more, |word| {
            // In ids and hashes any two or three letters stand between digits: `6cc61` says nothing of a card.
            let in_id = word.len() < 4 && word.start > 0 && bytes[word.start - 1].is_ascii_digit();
            if word.start < range.end && !in_id {
                self.look_up(bytes, word.start, word.len(), nearby);
            }
        });
    }

    /// Keeps the keywords that begin with the word of `len` bytes at `start`.
    fn look_up(&self, bytes: &[u8], start: usize, len: usize, nearby: &mut Nearby) {
        let key = words::key(bytes, start..start + len);
        if !self.sieve.has(key) {
            return;
        }
        let Some(phrases) = self.by_word.get(&key) else { return };
        for i in phrases.clone() {
            if let Some(end) = self.phrases[i as usize].end_in(bytes, start, len) {
                nearby.hits.push((Span::new(start as u32, end as u32), u32::from(i)));
                nearby.sets |= self.phrases[i as usize].set_bits;
            }
        }
    }
}

impl Phrase {
    fn key(&self) -> Key {
        words::key(&self.text, 0..self.first_word)
    }

    /// Where it ends, if it begins at `at` with a word of `len` bytes. Its spaces stand for any sign between words.
    fn end_in(&self, bytes: &[u8], at: usize, len: usize) -> Option<usize> {
        if len != self.first_word {
            return None;
        }
        let end = at + self.text.len();
        let place = bytes.get(at..end)?;
        let same = place.iter().zip(&*self.text).all(|(b, p)| match p {
            b' ' => matches!(b, b' ' | b'_' | b'-' | b'.'),
            p => b.to_ascii_lowercase() == *p || b == p,
        });
        let whole = self.text.len() == len || !bytes.get(end).is_some_and(|&b| words::is_letter(b));
        (same && whole).then_some(end)
    }
}

/// Whether one of `words` (lower case) stands directly before byte `start`: `version 1.2`, `v1.2`, `Rp. 1.2`, `Rp=1.2`.
pub(super) fn is_after(text: &str, start: u32, words: &[Box<str>]) -> bool {
    let before = &text.as_bytes()[..start as usize];
    let signs = before.iter().rev().take(4).take_while(|b| b" \t:=./#(\"".contains(b)).count();
    if signs > 3 || signs == before.len() {
        return false;
    }
    let before = &before[..before.len() - signs];
    let last = before[before.len() - 1].to_ascii_lowercase();
    // Hardly a word ends so.
    words.iter().filter(|word| word.as_bytes().last() == Some(&last)).any(|word| {
        let Some(at) = before.len().checked_sub(word.len()) else {
            return false;
        };
        is_phrase(&before[at..], word.as_bytes())
            && !text[..at].chars().next_back().is_some_and(|c| {
                // `appVersion`: the last word of a name, where it says what all of it is.
                let of_name = c.is_ascii_lowercase() && before[at].is_ascii_uppercase() && &**word == "version";
                c.is_alphanumeric() && !of_name
            })
    })
}

/// Whether `place` is this phrase, in any case; its spaces stand for any sign between words: `CVR-nr`.
fn is_phrase(place: &[u8], phrase: &[u8]) -> bool {
    place.iter().zip(phrase).all(|(b, p)| match p {
        b' ' => matches!(b, b' ' | b'-' | b'_' | b'.'),
        p => b.eq_ignore_ascii_case(p),
    })
}

/// Whether one of `words` (lower case) stands directly behind byte `end`, at most a space between: `1.250 IDR`.
pub(super) fn is_before(text: &str, end: u32, words: &[Box<str>]) -> bool {
    let behind = &text.as_bytes()[end as usize..];
    let behind = behind.strip_prefix(b" ").unwrap_or(behind);
    words.iter().any(|word| {
        behind.get(..word.len()).is_some_and(|place| place.eq_ignore_ascii_case(word.as_bytes()))
            && !behind.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(text: &str, value: &str) -> bool {
        let mut builder = KeywordsBuilder::default();
        let rule = KeywordRule {
            set: builder.add(["kort", "no hp", "kørekort", "a.n."].into_iter(), 20, 8),
            distance: 20,
            after: 8,
            required: true,
        };
        let start = text.find(value).expect("the value is there") as u32;
        let span = Span::new(start, start + value.len() as u32);
        let mut marks = Marks::default();
        marks.read(text.as_bytes());
        builder.build().near(text, &marks, span, span, rule, &mut Nearby::default())
    }

    #[test]
    fn keywords_count_as_whole_words_within_their_distance() {
        for text in [
            "kort 123",
            "KORT:123",
            "“Kort” 123",
            "kort123",
            "no hp 123",
            "No_HP=123",
            "123 (kort)",
            "KØREKORT 123",
            "kørekort er 123",
            "mit_kort_123",
            "a.n. 123",
            "ækort kort 123",
            "kort 9 123",
        ] {
            assert!(near(text, "123"), "{text}");
        }
        for text in [
            "kortet 123",
            "skort 123",
            "økort 123",
            "kortø 123",
            "no 123",
            "hp 123",
            "123 som er et kort",
            "123",
            "kort er længere end tyve bytes væk 123",
            "no hpx 123",
        ] {
            assert!(!near(text, "123"), "{text}");
        }
    }

    #[test]
    fn a_word_directly_behind_is_a_whole_word() {
        let words: [Box<str>; 2] = ["kr".into(), "€".into()];
        for text in ["1 kr", "1kr.", "1 KR", "1€", "1 €"] {
            assert!(is_before(text, 1, &words), "{text}");
        }
        for text in ["1", "1  kr", "1,kr", "1 kro", "1 k"] {
            assert!(!is_before(text, 1, &words), "{text}");
        }
    }

    #[test]
    fn a_word_directly_before_is_seen_through_a_few_signs() {
        let words: [Box<str>; 4] = ["v".into(), "rp".into(), "€".into(), "cvr nr".into()];
        for text in ["cvr nr 1", "CVR-nr.: 1", "v1", "V 1", "Rp. 1", "rp=1", "(rp 1", "€1", "a v1"] {
            assert!(is_after(text, text.len() as u32 - 1, &words), "{text}");
        }
        for text in ["1", "xv1", "v    1", "rp,1", "øv1", " 1", "v 2 1"] {
            assert!(!is_after(text, text.len() as u32 - 1, &words), "{text}");
        }
    }
}
