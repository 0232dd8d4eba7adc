//! Danish addresses by their postcode: `Skovbrynet 27, 2. th, 8660 Skanderborg`. Most streets end in a word that tells
//! (`vej`, `gade`); those that do not are told by what follows; in an address of three lines by the name above, too.

use super::{Match, Matcher};
use crate::detect::anchored::words::{Case, Word, name_at};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "dk_postcode",
    doc: "a capitalised street with a number, before a comma, a Danish postcode and a town, or in the line above those and below a name",
    wants: |class, digits| digits >= 5 && class.has(Class::LETTER) && class.has(Class::SPACE),
    find: |input, out| {
        if input.census.fours == 0 {
            return;
        }
        for group in input.groups.iter().filter(|group| group.len() == 4) {
            // Most numbers of four digits are years, and stand behind no comma and begin no line.
            let head = &input.text.as_bytes()[..group.start as usize];
            let postcode = &input.text[group.start as usize..group.end as usize];
            if matches!(head, [.., b',', b' '] | [.., b'D', b'K', b'-'] | [.., b'\n'])
                && is_postcode(postcode)
                && let Some(end) = town_end(input.text, group.end as usize)
                && let Some(start) = street_start(&input.text[..group.start as usize])
                && (!head.ends_with(b"\n") || is_block(input.text, start, end))
            {
                let span = Span::new(start as u32, end as u32);
                out.push(Match { span, value: span });
            }
        }
    },
};

/// Words before a number that are no street.
const NO_STREETS: &[&str] = &[
    "Uge", "Week", "Side", "Page", "Version", "Kapitel", "Chapter", "Figur", "Figure", "Tabel", "Table", "Ordre",
    "Order", "Faktura", "Invoice", "Sag", "Case", "Punkt", "Artikel", "Article", "Nummer", "Number", "Trin", "Step",
    "Level", "Bord", "Plads", "Gate", "Room", "Lokale", "Model", "Type", "Serie", "Season", "Episode", "Runde",
    "Round", "Minggu", "Halaman",
];

/// One that exists (800 to 9990) and is no year of today.
fn is_postcode(digits: &str) -> bool {
    let number: u32 = digits.parse().unwrap_or(0);
    (800..=9990).contains(&number) && !(2001..=2049).contains(&number)
}

/// Where the town ends behind a postcode.
fn town_end(text: &str, postcode: usize) -> Option<usize> {
    let start = postcode + usize::from(text[postcode..].starts_with(' '));
    let (end, _) = name_at(text, start, Case::Capital).filter(|_| start > postcode)?;
    let town = Word::at(text, start)?;
    (town.letters(text) > 2).then_some(end)
}

/// Whether an address is of whole lines, below one that is a name of two words or more: `Birthe Klausager`,
/// `Skovbrynet 14, 2. tv`, `4700 Næstved`.
fn is_block(text: &str, start: usize, end: usize) -> bool {
    let Some(above) = text[..start].strip_suffix('\n') else { return false };
    let line = above.rfind('\n').map_or(0, |at| at + 1);
    let named = name_at(text, line, Case::Capital).is_some_and(|(name, words)| {
        words > 1 && text[name..above.len()].trim_matches(|c| matches!(c, ' ' | ',' | '\r')).is_empty()
    });
    named && text[end..].lines().next().is_none_or(|rest| rest.trim_end().is_empty())
}

/// Where the street begins whose number, and perhaps whose floor, ends `head` before a comma or its line.
fn street_start(head: &str) -> Option<usize> {
    let head = head.strip_suffix("DK-").unwrap_or(head);
    let line = || head.strip_suffix('\n').map(|head| head.trim_end_matches(['\r', ' ', ',']));
    let head = head.strip_suffix(", ").or_else(line)?;
    // `2. th`, `st. tv`
    let floor = head.rsplit_once(", ").filter(|(_, floor)| is_floor(floor));
    let head = floor.map_or(head, |(head, _)| head);
    let number = head.bytes().rev().take(6).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let (street, number) = head.split_at(head.len() - number);
    let numbered = number.starts_with(|c: char| c.is_ascii_digit());
    let street = street.strip_suffix(' ').filter(|_| numbered)?;
    let mut start = street.len();
    for _ in 0..3 {
        let rest = if start == street.len() { street } else { street[..start].strip_suffix(' ').unwrap_or("") };
        let from = rest.rfind([' ', '\n', ',', ':', '(']).map_or(0, |at| at + 1);
        let word = Word::at(rest, from).filter(|word| word.end == rest.len() && word.is_capital(rest));
        let Some(word) = word.filter(|word| !word.is_common(rest)) else { break };
        if start == street.len() && (word.letters(rest) < 4 || NO_STREETS.contains(&word.text(rest))) {
            return None;
        }
        start = from;
    }
    (start < street.len()).then_some(start)
}

fn is_floor(part: &str) -> bool {
    let digit = part.starts_with(|c: char| c.is_ascii_digit()) || part.starts_with("st") || part.starts_with("kl");
    digit && part.len() <= 8 && part.contains('.')
}
