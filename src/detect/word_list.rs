//! Lists of words from a file: names, say, that stand in bare prose, where nothing but the word itself tells what it is.
//!
//! A list has one entry a line. Each word of a text that could begin an entry costs one look into a hash table, so the
//! size of the list does not matter; without a list no text is walked.

use std::fs;
use std::path::Path;

use hashbrown::HashMap;

use super::anchored::words::{Case, Word, is_shouted, name_at};
use super::catalog::CatalogError;
use super::matchers::Match;
use crate::place::looked_in;
use crate::record::{EntityId, Span};

/// Largest file of a list, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Longest first word of an entry, in bytes: longer ones are in no list.
const WORD_BYTES_MAX: usize = 64;

/// One list: what its entries are, and how they are written.
#[derive(Clone, PartialEq, Eq)]
pub struct WordList {
    /// What an entry is.
    pub entity: EntityId,
    case: Case,
    /// The entries by their first word, in lower case: what follows the first word, with a space before each word.
    entries: HashMap<Box<str>, Vec<Box<str>>>,
}

impl std::fmt::Debug for WordList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The entries are people's names: they are never printed.
        f.debug_struct("WordList")
            .field("entity", &self.entity)
            .field("len", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl WordList {
    /// The list in `file`, UTF-8 with an entry a line; empty lines and those that begin with `#` are passed. With
    /// `any_case` entries count however they are written, otherwise only where their words begin with a capital.
    ///
    /// # Errors
    /// The file cannot be read, or holds a line that is no entry; `field` is what names the file in the config.
    pub fn read(file: &Path, field: &str, entity: EntityId, any_case: bool) -> Result<WordList, CatalogError> {
        let fault = |line: Option<usize>, reason: String, fix: &str| CatalogError {
            file: file.display().to_string(),
            line: line.map(|line| line as u64),
            field: field.to_owned(),
            reason,
            fix: fix.to_owned(),
        };
        let unreadable = |error: std::io::Error| {
            let reason = format!("cannot be read: {error}{}", looked_in(file, &error));
            fault(None, reason, "check the path and its permissions; it must be UTF-8")
        };
        if fs::metadata(file).map_err(unreadable)?.len() > FILE_BYTES_MAX {
            return Err(fault(None, "is larger than 64 MiB".to_owned(), "split it, or leave rare entries out"));
        }
        let text = fs::read_to_string(file).map_err(unreadable)?;
        // The line itself stands in no message: it may be a person's name.
        let reason = "is no entry: words of letters with spaces between, of two letters at least";
        let list = WordList::parse(&text, entity, any_case)
            .map_err(|line| fault(Some(line), reason.to_owned(), "correct or remove the line"))?;
        if list.entries.is_empty() {
            return Err(fault(None, "holds no entry".to_owned(), "write one a line, or remove the list"));
        }
        Ok(list)
    }

    /// The list that `text` writes, or the first line that is no entry.
    fn parse(text: &str, entity: EntityId, any_case: bool) -> Result<WordList, usize> {
        let case = if any_case { Case::Any } else { Case::Capital };
        let mut list = WordList { entity, case, entries: HashMap::new() };
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let entry = line.trim();
            if !entry.is_empty() && !entry.starts_with('#') && list.add(entry).is_none() {
                return Err(at + 1);
            }
        }
        Ok(list)
    }

    fn add(&mut self, entry: &str) -> Option<()> {
        let first = Word::at(entry, 0).filter(|word| word.end <= WORD_BYTES_MAX)?;
        let mut rest = String::new();
        let mut end = first.end;
        while end < entry.len() {
            let start = next_word(entry, end).filter(|&start| start > end)?;
            let word = Word::at(entry, start)?;
            rest.push(' ');
            rest.push_str(&word.text(entry).to_lowercase());
            end = word.end + usize::from(entry[word.end..].starts_with('.'));
        }
        if rest.is_empty() && first.letters(entry) < 2 {
            return None;
        }
        let ends = self.entries.entry(first.text(entry).to_lowercase().into()).or_default();
        if !ends.iter().any(|known| **known == *rest) {
            ends.push(rest.into());
            // The longest is tried first.
            ends.sort_by_key(|end| std::cmp::Reverse(end.len()));
        }
        Some(())
    }

    /// Appends the entries in `text`, in ascending order. Capitalised words that go on from an entry belong to it: of
    /// `Siti Rahmawati` the list need only hold `Siti`.
    pub(super) fn find(&self, text: &str, lower: &mut String, out: &mut Vec<Match>) {
        let mut at = 0;
        while let Some(start) = word_start(text, at) {
            let Some(word) = Word::at(text, start).map(|word| without_genitive(text, word)) else {
                at = start + text[start..].chars().next().map_or(1, char::len_utf8);
                continue;
            };
            at = word.end;
            if word.end - word.start > WORD_BYTES_MAX || !stands_alone(text, word) {
                continue;
            }
            if let Some(end) = self.entry_at(text, word, lower) {
                let end = self.follow(text, word, end, lower);
                let span = Span::new(start as u32, end as u32);
                out.push(Match { span, value: span });
                at = end;
            }
        }
    }

    /// Where the longest entry that begins with `word` ends.
    fn entry_at(&self, text: &str, word: Word, lower: &mut String) -> Option<usize> {
        let fits = |word: Word| self.case == Case::Any || word.is_capital(text) || word.is_particle(text);
        if !fits(word) {
            return None;
        }
        let word_text = lower_case(word.text(text), lower);
        let ends = written(word_text).find_map(|name| self.entries.get(name))?;
        ends.iter().find_map(|rest| {
            let mut end = word.end;
            for wanted in rest.split(' ').skip(1) {
                let next = Word::at(text, next_word(text, end)?).filter(|w| fits(*w))?;
                let next_text = lower_case(next.text(text), lower);
                if !written(next_text).any(|name| name == wanted) || !stands_alone(text, next) {
                    return None;
                }
                end = next.end;
            }
            Some(end)
        })
    }

    /// Where the name that begins with the entry `word..end` ends: with further entries, and with capitalised words.
    fn follow(&self, text: &str, word: Word, mut end: usize, lower: &mut String) -> usize {
        while let Some(next) = next_word(text, end).and_then(|at| Word::at(text, at)).filter(|w| stands_alone(text, *w))
        {
            let Some(more) = self.entry_at(text, next, lower) else { break };
            end = more;
        }
        let end = match name_at(text, word.start, Case::Capital) {
            Some((whole, _)) if !is_shouted(text, word.start, whole) && !is_genitive(text, end) => end.max(whole),
            _ => end,
        };
        let name = &text[..end];
        name.strip_suffix("'s").or_else(|| name.strip_suffix("’s")).map_or(end, str::len)
    }
}

/// What an entry may stand in a text as: itself, with the `s` of a genitive (`Annes`), with another name behind a dash
/// (`Anne-Mette`).
fn written(word: &str) -> impl Iterator<Item = &str> {
    let joined = word.split_once('-').map(|(first, _)| first);
    [Some(word), word.strip_suffix('s'), joined].into_iter().flatten()
}

/// The first byte at or behind `at` that may begin a word.
fn word_start(text: &str, at: usize) -> Option<usize> {
    let skip = text.as_bytes()[at..].iter().position(|b| b.is_ascii_alphabetic() || *b >= 0xc0)?;
    Some(at + skip)
}

/// `Siti` of `Siti's`.
fn without_genitive(text: &str, word: Word) -> Word {
    let name = word.text(text);
    let cut = name.strip_suffix("'s").or_else(|| name.strip_suffix("’s")).map_or(name.len(), str::len);
    Word { end: word.start + cut, ..word }
}

fn is_genitive(text: &str, end: usize) -> bool {
    text[end..].starts_with("'s") || text[end..].starts_with("’s")
}

/// Where the word behind one or two spaces begins.
fn next_word(text: &str, end: usize) -> Option<usize> {
    let spaces = text.as_bytes().get(end..)?.iter().take(3).take_while(|b| **b == b' ').count();
    (1..=2).contains(&spaces).then_some(end + spaces)
}

/// Whether the word is no part of an identifier, an address or a path: `siti_2`, `siti@example.com`, `/siti/`.
fn stands_alone(text: &str, word: Word) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '\\' | '#');
    let before = text[..word.start].chars().next_back();
    let mut after = text[word.end..].chars();
    let goes_on = match after.next() {
        Some('.' | ':' | '/') => after.next().is_some_and(char::is_alphanumeric),
        next => next.is_some_and(joins),
    };
    !goes_on && !before.is_some_and(|c| joins(c) || matches!(c, '/' | '.' | '-'))
}

fn lower_case<'b>(word: &str, lower: &'b mut String) -> &'b str {
    lower.clear();
    // `O’Brien`
    lower.extend(word.chars().map(|c| if c == '’' { '\'' } else { c }).flat_map(char::to_lowercase));
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(any_case: bool) -> WordList {
        WordList::parse(NAMES, EntityId(0), any_case).expect("a list")
    }

    fn found<'t>(list: &WordList, text: &'t str) -> Vec<&'t str> {
        let mut out = Vec::new();
        list.find(text, &mut String::new(), &mut out);
        out.iter().map(|m| &text[m.span.range()]).collect()
    }

    const NAMES: &str = "# given names\nSiti\nAnnette\nÅse\nMuhammad Rizki\nBo\nvan Dijk\nJean-Luc\n\n";

    #[test]
    fn names_of_the_list_are_found_in_prose_with_what_follows_them() {
        let list = list(false);
        for (text, names) in [
            ("I met Siti yesterday", &["Siti"][..]),
            ("Siti Rahmawati called", &["Siti Rahmawati"]),
            ("talk to Annette Døfler Botoft, please", &["Annette Døfler Botoft"]),
            ("ÅSE and åse and Åse", &["ÅSE", "Åse"]),
            ("SITI SUDAH DEPOSIT", &["SITI"]),
            ("SITI MENANG BESAR HARI INI", &["SITI"]),
            ("atas nama SITI RAHMAWATI", &["SITI RAHMAWATI"]),
            ("Kepada:\nSITI RAHMAWATI", &["SITI RAHMAWATI"]),
            ("Muhammad Rizki dan Muhammad lain", &["Muhammad Rizki"]),
            ("Siti's phone, (Bo), \"Bo\"; Bo.", &["Siti", "Bo", "Bo", "Bo"]),
            ("Jean-Luc Picard", &["Jean-Luc Picard"]),
            ("Sitis kort, Siti-Mette", &["Sitis", "Siti-Mette"]),
            ("Siti\nAnnette", &["Siti", "Annette"]),
            ("ask Bo Siti now", &["Bo Siti"]),
            ("Siti Rahma's card", &["Siti Rahma"]),
            ("met van Dijk", &["van Dijk"]),
        ] {
            assert_eq!(found(&list, text), names, "{text}");
        }
        for text in
            ["siti", "Bold", "siti@example.com", "Siti_2", "x.Siti", "Siti.example", "/Siti/", "@Siti", "Bo1", ""]
        {
            assert_eq!(found(&list, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_list_of_any_case_takes_what_is_written_in_chats() {
        let list = list(true);
        assert_eq!(found(&list, "saya siti, teman muhammad  rizki"), ["siti", "muhammad  rizki"]);
        assert_eq!(found(&list, "bo siti pergi"), ["bo siti"]);
    }

    #[test]
    fn a_faulty_list_is_named_with_file_line_and_field() {
        for (text, line, reason) in [
            ("Siti\n1234\n", Some(2), "is no entry"),
            ("B\n", Some(1), "is no entry"),
            ("Siti, Bo\n", Some(1), "is no entry"),
            ("# nothing\n", None, "holds no entry"),
        ] {
            let dir = tempfile::tempdir().expect("a directory");
            let file = dir.path().join("names.txt");
            fs::write(&file, text).expect("a file");
            let error = WordList::read(&file, "patterns.lists[0].file", EntityId(0), false).expect_err(text);
            assert_eq!(error.line, line, "{error}");
            let shown = error.to_string();
            assert!(shown.contains("names.txt") && shown.contains("patterns.lists[0].file"), "{shown}");
            assert!(shown.contains(reason) && !shown.contains("Siti"), "{shown}");
        }
        let missing = WordList::read(Path::new("/no/such/names.txt"), "patterns.lists[0].file", EntityId(0), false);
        let shown = missing.expect_err("no file").to_string();
        assert!(shown.starts_with("/no/such/names.txt: patterns.lists[0].file: cannot be read"), "{shown}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "(\\PC|Siti|Bo |van Dijk|Å|\u{301}| |\n|[0-9._@-]){0,30}") {
            found(&list(true), &text);
        }
    }
}
