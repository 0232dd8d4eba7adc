//! Words and phrases of a text that say what stands beside them: `Mvh`, `my name is`, `kode OTP`, `Jl.`, `…vej 39`.
//!
//! All anchors of all entities are looked for in one walk over the words of a text. A word costs its letters and one
//! look into a bitmap; hardly one in fifty goes on to the table.

use hashbrown::HashMap;

use super::words::{self, Key, Sieve};
use crate::record::{Marks, Span};

/// All anchors of the catalog.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    phrases: Vec<Phrase>,
    /// The phrases that begin with a word, by the word's length and its first eight bytes in lower case.
    by_word: HashMap<Key, Vec<u16>>,
    /// Endings of words that stand before a number.
    endings: Vec<Ending>,
    /// Their last two bytes.
    ending_sieve: Sieve,
    /// The first words of all phrases.
    sieve: Sieve,
}

/// One phrase in lower case, with the patterns that it calls.
#[derive(Debug)]
struct Phrase {
    text: Box<[u8]>,
    first_word: usize,
    /// How many of its bytes the key of its first word says.
    keyed: usize,
    owners: Vec<u16>,
}

/// `*vej`: any word that ends so, before a space and a number.
#[derive(Debug)]
struct Ending {
    text: Box<[u8]>,
    owner: u16,
}

/// One anchor in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The phrase.
    pub span: Span,
    /// The pattern that it calls, by its place among the anchored ones.
    pub owner: u16,
}

impl Anchors {
    /// Adds a phrase that calls the pattern `owner`. In it a space stands for one or two signs between words, and `*`
    /// before a word makes it the ending of words that stand before a number.
    pub(super) fn add(&mut self, phrase: &str, owner: u16) {
        let lower = phrase.trim().to_lowercase();
        let mut spellings = vec![lower.clone(), lower.to_uppercase(), title(&lower)];
        if lower.is_ascii() {
            spellings.truncate(1);
        }
        spellings.dedup();
        for text in spellings {
            // Of ASCII letters the case does not count; others are compared as they are.
            let text: Box<[u8]> = text.bytes().map(|b| b.to_ascii_lowercase()).collect();
            match text.strip_prefix(b"*") {
                Some(ending) => {
                    self.ending_sieve.set(last_two(ending));
                    self.endings.push(Ending { text: ending.into(), owner });
                }
                None => self.add_phrase(text, owner),
            }
        }
    }

    fn add_phrase(&mut self, text: Box<[u8]>, owner: u16) {
        if let Some(known) = self.phrases.iter_mut().find(|p| p.text == text) {
            if !known.owners.contains(&owner) {
                known.owners.push(owner);
            }
            return;
        }
        let as_text = std::str::from_utf8(&text).expect("lower case of UTF-8 is UTF-8");
        let first_word = words::len_at(as_text, 0);
        let key = words::key(&text, 0..first_word);
        self.sieve.set(key);
        let at = u16::try_from(self.phrases.len()).expect("far fewer phrases");
        self.by_word.entry(key).or_default().push(at);
        // Beyond ASCII a key does not tell all bytes apart.
        let keyed = if text[..first_word].is_ascii() { first_word.min(words::KEY_BYTES) } else { 0 };
        self.phrases.push(Phrase { text, first_word, keyed, owners: vec![owner] });
    }

    /// Appends the anchors of `text`, which has these marks, in ascending order of where they begin.
    pub(super) fn scan(&self, text: &str, marks: &Marks, hits: &mut Vec<Hit>) {
        let bytes = text.as_bytes();
        words::each(text, marks, 0..bytes.len(), |word| {
            let key = words::key(bytes, word.clone());
            if self.sieve.has(key) {
                self.look_up(bytes, word.start, key, hits);
            }
            if is_numbered(&bytes[..word.end], &bytes[word.end..]) {
                self.look_at_ending(word.start, &bytes[word], hits);
            }
        });
    }

    fn look_up(&self, bytes: &[u8], start: usize, key: Key, hits: &mut Vec<Hit>) {
        let Some(phrases) = self.by_word.get(&key) else { return };
        for &phrase in phrases {
            let phrase = &self.phrases[usize::from(phrase)];
            if let Some(end) = phrase.end_in(bytes, start) {
                let span = Span::new(start as u32, end as u32);
                hits.extend(phrase.owners.iter().map(|&owner| Hit { span, owner }));
            }
        }
    }

    fn look_at_ending(&self, start: usize, word: &[u8], hits: &mut Vec<Hit>) {
        if !self.ending_sieve.has(last_two(word)) {
            return;
        }
        let mut last = None;
        let fits = |e: &&Ending| {
            let from = word.len().checked_sub(e.text.len());
            from.is_some_and(|from| word[from..].eq_ignore_ascii_case(&e.text))
        };
        let span = Span::new(start as u32, (start + word.len()) as u32);
        for ending in self.endings.iter().filter(fits).filter(|e| last.replace(e.owner) != Some(e.owner)) {
            hits.push(Hit { span, owner: ending.owner });
        }
    }
}

impl Phrase {
    /// Where it ends, if it begins at the word at `at`, whose key is that of its first word.
    fn end_in(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut end = at + self.keyed;
        for &p in &self.text[self.keyed..] {
            let b = *bytes.get(end)?;
            if p == b' ' {
                if !is_gap(b) {
                    return None;
                }
                let wide = bytes.get(end + 1).is_some_and(|&b| is_gap(b));
                end += 1 + usize::from(wide);
                continue;
            }
            if b.to_ascii_lowercase() != p {
                return None;
            }
            end += 1;
        }
        let cut = self.text.len() != self.first_word
            && self.text.last().is_some_and(|&b| words::is_letter(b))
            && bytes.get(end).is_some_and(u8::is_ascii_alphabetic);
        (!cut).then_some(end)
    }
}

/// Whether a number stands behind the word that ends `head`: `vej 3`, `vej nr. 3`, `vej nummer 3`, and `Hauptstr. 3`.
#[inline]
fn is_numbered(head: &[u8], behind: &[u8]) -> bool {
    match behind {
        [b' ', b'0'..=b'9', ..] => true,
        [b' ', b'n' | b'N', b'r' | b'u' | b'o', ..] => is_number_word(&behind[1..]),
        [b'.', b' ', b'0'..=b'9', ..] => head.len() > 3 && head[head.len() - 3..].eq_ignore_ascii_case(b"str"),
        _ => false,
    }
}

#[cold]
fn is_number_word(behind: &[u8]) -> bool {
    let words = [&b"nr. "[..], b"nr ", b"no. ", b"no ", b"nummer "];
    let number = |word: &&[u8]| behind.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word));
    let word = words.iter().find(|word| number(word));
    word.is_some_and(|word| behind.get(word.len()).is_some_and(u8::is_ascii_digit))
}

/// A word's end, by which most are told to be none of the endings.
fn last_two(word: &[u8]) -> Key {
    words::key(word, word.len().saturating_sub(2)..word.len())
}

const fn is_gap(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'_' | b'-' | b'.')
}

fn title(lower: &str) -> String {
    let mut chars = lower.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits<'a>(phrases: &[&str], text: &'a str) -> Vec<&'a str> {
        let mut anchors = Anchors::default();
        for phrase in phrases {
            anchors.add(phrase, 0);
        }
        let mut hits = Vec::new();
        let mut marks = Marks::default();
        marks.read(text.as_bytes());
        anchors.scan(text, &marks, &mut hits);
        hits.iter().map(|h| &text[h.span.range()]).collect()
    }

    #[test]
    fn phrases_are_found_as_whole_words_in_any_case() {
        let phrases = ["mvh", "med venlig hilsen", "kære", "a.n.", "født", "g-"];
        for (text, anchor) in [
            ("Mvh\nAnn", "Mvh"),
            ("x MED  VENLIG\nHILSEN y", "MED  VENLIG\nHILSEN"),
            ("KÆRE Ann", "KÆRE"),
            ("–Kære Ann", "Kære"),
            ("rek 1 a.n. Budi", "a.n."),
            ("FØDT 1", "FØDT"),
            ("G-123", "G-"),
            ("😀mvh😀", "mvh"),
        ] {
            assert_eq!(hits(&phrases, text), [anchor], "{text}");
        }
        for text in ["mvhx", "med venlig hilsener", "med hilsen", "kærester", "", "ø", "”", "a. n", "g 1"] {
            assert_eq!(hits(&phrases, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn endings_count_before_a_number() {
        assert_eq!(hits(&["*vej", "*allé"], "Bredevej 3, vejen 4, Lange Allé 5 vej x"), ["Bredevej", "Allé"]);
        let numbered = "Bredevej nr. 3, Bredevej nummer 27, Bredevej nu 3, Bredevej. 3, Hauptstr. 5";
        assert_eq!(hits(&["*vej", "*str"], numbered), ["Bredevej", "Bredevej", "Hauptstr"]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "(\\PC|mvh|a\\.n|ø| |\n|[0-9]){0,30}") {
            for hit in hits(&["mvh", "a.n.", "*ø", "ø vej"], &text) {
                proptest::prop_assert!(!hit.is_empty());
            }
        }
    }
}
