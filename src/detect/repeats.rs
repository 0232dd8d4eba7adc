//! Names of a record that stand in it again, without a sign of a name: `{"name": "Ann Larsen", "note": "Ann called"}`.
//!
//! What was found once is looked for word by word. A word counts as a whole one, in any case when it is no common word, and
//! with the endings of a genitive.

use super::anchored::words::{Case, Word, is_shouted, lower_is, name_at, words_of};
use super::beside::is_nobody;
use crate::record::{Basis, EntityId, Finding, Span};

/// Longest value whose words are kept, in bytes, and its most words: more is a text.
const VALUE_BYTES_MAX: usize = 80;
const VALUE_WORDS_MAX: usize = 6;
/// Most words of a name that begins with a given name.
const WHOLE_WORDS_MAX: usize = 4;
/// Most words that are kept of a record.
const WORDS_MAX: usize = 48;
/// Fewest letters of a word; written small it must have one more.
const LETTERS_MIN: usize = 3;

/// Words of the values of one record. Holds parts of it, so there is no `Debug`.
pub struct Repeats {
    /// The words, in small letters, one behind another.
    text: String,
    words: Vec<Known>,
    /// First and second letters of the words: a bit for each of ASCII, one for all others.
    firsts: u32,
    seconds: u32,
}

/// One word, and where it stands in the text of all.
struct Known {
    span: Span,
    entity: EntityId,
    /// Whether it was all of its value: a given name, whose surname nobody said.
    alone: bool,
}

impl Default for Repeats {
    /// With room for as many words as are kept: nothing is allocated later.
    fn default() -> Repeats {
        Repeats {
            text: String::with_capacity(WORDS_MAX * 16),
            words: Vec::with_capacity(WORDS_MAX),
            firsts: 0,
            seconds: 0,
        }
    }
}

impl Repeats {
    /// Forgets all: another record.
    pub fn clear(&mut self) {
        self.text.clear();
        self.words.clear();
        (self.firsts, self.seconds) = (0, 0);
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Looks for the words of this value from now on, unless it is more than a name.
    pub fn add(&mut self, entity: EntityId, value: &str) {
        let is_name = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | ',' | '-' | '\'' | '’');
        let inner_dot = value.split('.').skip(1).any(|rest| rest.starts_with(char::is_alphabetic));
        if value.len() > VALUE_BYTES_MAX || inner_dot || !value.chars().all(is_name) {
            return;
        }
        let count = words_of(value).count();
        if count > VALUE_WORDS_MAX {
            return;
        }
        for word in words_of(value) {
            let tells = word.letters(value) >= LETTERS_MIN
                && !word.is_common(value)
                && !word.is_particle(value)
                && !is_nobody(word.text(value));
            if tells && self.words.len() < WORDS_MAX && self.find_word(word.text(value)).is_none() {
                let from = self.text.len() as u32;
                self.text.extend(word.text(value).chars().flat_map(char::to_lowercase));
                let span = Span::new(from, self.text.len() as u32);
                self.words.push(Known { span, entity, alone: count == 1 });
                let known = &self.text.as_bytes()[from as usize..];
                self.firsts |= LETTERS[usize::from(known[0])];
                // `O'Brien`
                self.seconds |= if known[1] == b'\'' { !0 } else { LETTERS[usize::from(known[1])] };
            }
        }
    }

    /// Appends where the words stand in `text`, those beside each other as one.
    pub fn find(&self, text: &str, out: &mut Vec<Finding>) {
        let from = out.len();
        let bytes = text.as_bytes();
        let mut end = 0;
        for (at, &b) in bytes.iter().enumerate() {
            // Nearly all of a text ends here: nothing known begins so.
            if self.firsts & LETTERS[usize::from(b)] == 0 {
                continue;
            }
            let of = |at: usize| bytes.get(at).map_or(0, |b| LETTERS[usize::from(*b)]);
            let apostrophe = bytes.get(at + 1) == Some(&b'\'');
            if at < end || self.seconds & of(at + 1) == 0 && !apostrophe || at > 0 && of(at - 1) & ASCII_LETTERS != 0 {
                continue;
            }
            let inside = |head: &str| head.chars().next_back().is_some_and(char::is_alphabetic);
            if text.get(..at).is_none_or(inside) {
                continue;
            }
            let Some(word) = Word::at(text, at) else { continue };
            end = word.end;
            let Some((mut span, known)) = self.known(text, word) else { continue };
            if known.alone {
                span.end = span.end.max(with_surname(text, span) as u32);
                end = end.max(span.end as usize);
            }
            let entity = known.entity;
            match out[from..].last_mut() {
                Some(last) if last.span.end + 1 == span.start && text.as_bytes()[last.span.end as usize] == b' ' => {
                    last.span.end = span.end;
                    last.value.end = span.end;
                }
                _ => {
                    let start = span.start - initial_before(&text[..span.start as usize]) as u32;
                    let span = Span::new(start, span.end);
                    out.push(Finding { span, value: span, entity, basis: Basis::Pattern });
                }
            }
        }
    }

    /// The part of a word that is looked for, if it stands there as a name does.
    fn known(&self, text: &str, word: Word) -> Option<(Span, &Known)> {
        let found = word.text(text);
        let stems = ["", "s", "'s", "’s"].iter().filter_map(|ending| found.strip_suffix(ending));
        let (stem, known) = stems.into_iter().find_map(|stem| Some((stem, self.find_word(stem)?)))?;
        if is_part_of_identifier(text, word) {
            return None;
        }
        let capital = word.is_capital(text);
        let is_name = capital || stem.chars().count() > LETTERS_MIN && !word.is_ambiguous(text);
        is_name.then(|| (Span::new(word.start as u32, (word.start + stem.len()) as u32), known))
    }

    fn find_word(&self, word: &str) -> Option<&Known> {
        let same = |known: &str| known.len() == word.len() && lower_is(word, known);
        self.words.iter().find(|known| same(&self.text[known.span.range()]))
    }
}

/// Where the name ends that begins with a given name alone: up to three capitalised words that follow belong to it, unless they
/// are common ones or those of a company.
fn with_surname(text: &str, given: Span) -> usize {
    let (start, end) = (given.start as usize, given.end as usize);
    let whole = name_at(text, start, Case::Capital).filter(|_| text[end..].starts_with(' '));
    let Some((whole, _)) = whole.filter(|&(whole, words)| words <= WHOLE_WORDS_MAX && !is_shouted(text, start, whole))
    else {
        return end;
    };
    let nobody = words_of(&text[end..whole]).any(|word| is_nobody(word.text(&text[end..whole])));
    let identifier = text[whole..].starts_with(['_', '=', '@', '/', '\\']);
    if nobody || identifier { end } else { whole }
}

/// Whether letters, digits or signs of an identifier touch the word: `siti_01`, `?user=siti`, `@siti`.
fn is_part_of_identifier(text: &str, word: Word) -> bool {
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '=' | '#'));
    touches(text[..word.start].chars().next_back()) || touches(text[word.end..].chars().next())
}

/// Bytes of the initial before a name: `O. Byrne`.
fn initial_before(head: &str) -> usize {
    let Some(rest) = head.strip_suffix(". ") else { return 0 };
    let Some(letter) = rest.chars().next_back().filter(|c| c.is_uppercase()) else { return 0 };
    let alone = !rest[..rest.len() - letter.len_utf8()].ends_with(char::is_alphanumeric);
    if alone { letter.len_utf8() + 2 } else { 0 }
}

/// Bits of all letters of ASCII.
const ASCII_LETTERS: u32 = !1;

/// The bit of a byte that may be a part of a word: one for each letter, one for all beyond ASCII, none for signs.
static LETTERS: [u32; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            letter @ (b'a'..=b'z' | b'A'..=b'Z') => 1 << (letter & 31),
            0x80.. => 1,
            _ => 0,
        };
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(values: &[&str], text: &'t str) -> Vec<&'t str> {
        let mut repeats = Repeats::default();
        values.iter().for_each(|value| repeats.add(EntityId(1), value));
        let mut out = Vec::new();
        repeats.find(text, &mut out);
        out.iter().map(|f| &text[f.span.range()]).collect()
    }

    #[test]
    fn a_name_is_found_again_by_its_words() {
        for (values, text, wanted) in [
            (&["Ann Larsen"][..], "Thanks, Ann! Ann Larsen will call", &["Ann", "Ann Larsen"][..]),
            (&["Ophelia Nightingale-Byrne"], "signed for by O. Nightingale-Byrne at 4", &["O. Nightingale-Byrne"]),
            (&["Jørn Uldbjerg"], "forkert. /Jørn", &["Jørn"]),
            (&["SITI RAHMA"], "siti bilang, Rahma's kontonya", &["siti", "Rahma"]),
            (&["Zuhal Karadeniz"], "hej det er zuhal her", &["zuhal"]),
            (&["Ragnhild Storgaard"], "Ragnhilds konto", &["Ragnhild"]),
            (&["Sean O'Brien"], "O'Brien said", &["O'Brien"]),
            (&["Åse Øst"], "ÅSE kom, øst kom ikke", &["ÅSE"]),
            (&["Ann Larsen"], "“Ann” –Larsen", &["Ann", "Larsen"]),
            (&["Mette"], "Mette Jensen har ringet, Mette", &["Mette Jensen", "Mette"]),
            (&["Siti"], "atas SITI RAHMAWATI sudah", &["SITI RAHMAWATI"]),
            (&["John"], "John A. Smith asked", &["John A. Smith"]),
            (
                &["Mette"],
                "Mette Har ringet, Mette Visa, Mettes Kort, Mette. Jensen",
                &["Mette", "Mette", "Mette", "Mette"],
            ),
            (&["Siti"], "SITI MENANG BESAR HARI INI", &["SITI"]),
            (&["Ann Larsen"], "Ann Skov", &["Ann"]),
        ] {
            assert_eq!(found(values, text), wanted, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for (values, text) in [
            (&["Ann Larsen"][..], "Annette ann_larsen @ann ann=1 a n"),
            (&["Will Hope"], "we will hope"),
            (&["Customer Service"], "the customer service"),
            (&["Ibu Siti"], "ibu kota"),
            (&["user.created"], "a user was created"),
            (&["nm_1k1_x"], "nm"),
            (&["a text of so many words that it is no name"], "text words name"),
        ] {
            assert_eq!(found(values, text), [""; 0], "{text}");
        }
    }
}
