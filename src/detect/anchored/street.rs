//! Addresses: a street with its number, and what follows it up to the town. Streets have no grammar that tells them
//! from other words, but they have heads (`Jl.`), tails (`Street`) and endings (`…vej`), and numbers beside them.

use super::words::{Word, lower_is};
use super::{Anchor, Anchored, LABELS, PROSE, PROSE_AND_DIGITS, found};
use crate::detect::matchers::Match;

/// `Jl. Melati No. 5 RT 03/07, Surabaya 60111`.
pub(super) const AFTER: Anchored = Anchored {
    name: "street_after",
    doc: "an address that begins with the anchor",
    needs: PROSE,
    at_labels: false,
    find: after,
};

/// `12 High Street, London`.
pub(super) const BEFORE: Anchored = Anchored {
    name: "street_before",
    doc: "a number and capitalised words before the anchor, and the town behind it",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: before,
};

/// `Birkegårdsvej 39, 4370 St. Merløse`.
pub(super) const NUMBERED: Anchored = Anchored {
    name: "street_numbered",
    doc: "a capitalised word with the anchor's ending, its number, and the town behind it",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: numbered,
};

/// `PO Box 1234, Springfield`.
pub(super) const BOX: Anchored = Anchored {
    name: "box_number",
    doc: "the anchor with the number behind it, and the town behind that",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let signs = anchor.rest().bytes().take(3).take_while(|b| b". :#".contains(b)).count();
        let start = anchor.behind + signs;
        let digits = anchor.text.as_bytes()[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        if signs > 0 && (1..=6).contains(&digits) {
            out.push(found(anchor.at.start as usize, tail(anchor.text, start + digits)));
        }
    },
};

/// `8 rue Mercière, 69002 Lyon`, `Calle Mayor 12, 28013 Madrid`.
pub(super) const ROMANCE: Anchored = Anchored {
    name: "street_romance",
    doc: "the anchor and a capitalised name, with a number before the anchor or one behind the name before a postcode of five digits and a town",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: romance,
};

/// `alamat: Jl. Melati No. 5`.
pub(super) const LABELLED: Anchored = Anchored {
    name: "address_labelled",
    doc: "the line or the quoted text behind a label",
    needs: LABELS,
    at_labels: true,
    find: labelled,
};

/// Most parts of an address.
const PARTS_MAX: usize = 20;

/// Small words inside of an address, in lower case, without their dot.
const PARTS: &[&str] = &[
    "no",
    "nomor",
    "nr",
    "nummer",
    "rt",
    "rw",
    "blok",
    "kav",
    "kavling",
    "kel",
    "kelurahan",
    "kec",
    "kecamatan",
    "kab",
    "kota",
    "desa",
    "dusun",
    "prov",
    "provinsi",
    "lt",
    "lantai",
    "gg",
    "gang",
    "komplek",
    "perum",
    "st",
    "th",
    "tv",
    "mf",
    "sal",
    "dør",
    "etage",
    "floor",
    "fl",
    "apt",
    "flat",
    "suite",
    "unit",
    "room",
    "kode",
    "pos",
    "dk",
];

fn after(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let signs = anchor.rest().bytes().take(3).take_while(|b| b". ".contains(b)).count();
    let from = anchor.behind + signs;
    if signs == 0 {
        return;
    }
    let Some(word) = Word::at(text, from) else { return };
    let short = anchor.at.len() <= 4;
    let named = word.is_capital(text) && !word.is_common(text);
    if !named && word.is_common(text) {
        return;
    }
    // In lower case: the words up to the number.
    let mut end = word.end;
    let mut parts = 1;
    while !named && parts < 5 && text[end..].starts_with(' ') {
        let Some(next) = Word::at(text, end + 1).filter(|w| !w.is_common(text) && !is_part(w.text(text))) else {
            break;
        };
        end = next.end;
        parts += 1;
    }
    let whole = tail(text, end);
    let has_number = text[end..whole].bytes().any(|b| b.is_ascii_digit());
    // `jalan kaki 5 menit` is a walk, `jalan merdeka no 5` an address.
    let numbered = has_number && is_number_word(&text[end..]);
    if !(named || short || numbered) {
        return;
    }
    // `hver gang får jeg et svar`: in Danish the word is that for a time, but not in `i Gang Kelinci`.
    let kind = &text[anchor.at.range()];
    let street = numbered || named && kind.starts_with('G');
    if kind.eq_ignore_ascii_case("gang") && !street && is_time(anchor, word.text(text), &text[end..whole]) {
        return;
    }
    if named || has_number {
        out.push(found(anchor.at.start as usize, whole));
    } else if parts == 1 {
        out.push(found(anchor.at.start as usize, word.end));
    }
}

/// Whether a `gang` is the Danish one, by the words beside it: `hver gang`, `for 3. gang`, `sætter gang i`. `rest` is
/// what belongs to the address behind the words.
fn is_time(gang: &Anchor<'_>, next: &str, rest: &str) -> bool {
    const BEFORE: &str = "the hver første anden tredje fjerde femte sjette tiende en én to tre fire sidste næste \
                          denne den nogen ingen samme ny hel lang god eneste enkelt mange flere forrige hvilken endnu \
                          i ad på fuld sin sætte sætter sæt satte få fået får";
    const BEHIND: &str = "i om til på er var har havde får fik kan skal vil at jeg du vi de det den der mere igen \
                          imellem mellem siden hvor efter før og med for bliver blev";
    let is = |words: &str, word: &str| !word.is_empty() && words.split(' ').any(|known| lower_is(word, known));
    let head = gang.text[..gang.at.start as usize].trim_end_matches(' ');
    let at = last_word(head);
    let before = &head[at..];
    // `i gang melati nr. 5`, where `hver gang ordre nr. 5` is no address.
    if lower_is(before, "i") && is_word(rest.trim_start_matches([' ', ',']), "nr") {
        return false;
    }
    let number = |digits: &str| matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    let house = || is_number_word(&head[last_word(head[..at].trim_end_matches(' '))..]);
    is(BEFORE, before) || is(BEHIND, next) || before.strip_suffix('.').is_some_and(number) && !house()
}

/// Whether a text begins with a word of letters in either case.
fn is_word(text: &str, word: &str) -> bool {
    let len = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    word.eq_ignore_ascii_case(&text[..len])
}

/// Whether a word for a number of a house comes next.
fn is_number_word(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', ',']);
    ["no", "nomor", "nomer", "blok", "kav", "rt", "km"].iter().any(|word| is_word(rest, word))
}

fn before(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let Some(start) = number_before(text, anchor.at.start as usize) else { return };
    let dot = usize::from(anchor.at.len() <= 4 && text[anchor.behind..].starts_with('.'));
    out.push(found(start, tail(text, anchor.behind + dot)));
}

fn romance(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    /// Small words between the kind of a street and its name, and most words of both.
    const PARTICLES: [&str; 12] = ["de", "des", "du", "la", "le", "les", "del", "della", "di", "da", "do", "los"];
    const WORDS_MAX: usize = 6;
    let text = anchor.text;
    let (mut end, mut capital) = (anchor.behind, false);
    for _ in 0..WORDS_MAX {
        let Some(word) = Word::at(text, end + 1).filter(|_| text[end..].starts_with(' ')) else { break };
        let named = word.is_capital(text) && !word.is_common(text);
        if !named && !PARTICLES.contains(&word.text(text)) {
            break;
        }
        (end, capital) = (word.end, named);
    }
    if !capital {
        return;
    }
    let head = text[..anchor.at.start as usize].trim_end_matches([' ', ',']);
    let head = head.strip_suffix(" bis").or_else(|| head.strip_suffix(" ter")).unwrap_or(head);
    let digits = head.bytes().rev().take(5).take_while(u8::is_ascii_digit).count();
    let number = head.len() - digits;
    let bounded = !head[..number].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | ','));
    let whole = tail(text, end);
    // Others are English words as well: a postcode tells what they are.
    let kind = &text[anchor.at.range()];
    let street = ["rue", "chemin", "impasse", "quai", "allée"].iter().any(|known| known.eq_ignore_ascii_case(kind));
    let coded =
        || text[end..whole].split([' ', ',']).any(|part| part.len() == 5 && part.bytes().all(|b| b.is_ascii_digit()));
    if (1..=4).contains(&digits) && bounded && head.len() < anchor.at.start as usize && (street || coded()) {
        out.push(found(number, whole));
    } else if let Some(town) = number_and_town(&text[end..]) {
        out.push(found(anchor.at.start as usize, end + town));
    }
}

/// How far a number, a postcode of five digits and a town reach at the beginning of a text: ` 12, 28013 Madrid`.
fn number_and_town(text: &str) -> Option<usize> {
    let number = text.trim_start_matches([' ', ',', 'n', 'º', '°', '.']);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let code = number[digits..].trim_start_matches([' ', ',', '\n']);
    let town = code.get(5..).filter(|_| code.as_bytes()[..5].iter().all(u8::is_ascii_digit))?.strip_prefix(' ')?;
    let town = Word::at(town, 0).filter(|word| word.is_capital(town)).map(|word| &town[word.end..])?;
    ((1..=4).contains(&digits) && code.len() < number.len() - digits).then_some(text.len() - town.len())
}

/// Where the last word of a text begins.
fn last_word(head: &str) -> usize {
    head.char_indices().rev().find(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the number begins that stands before one to four capitalised words that end at `end`.
fn number_before(text: &str, end: usize) -> Option<usize> {
    let mut at = end;
    for words in 0..5 {
        let head = text[..at].strip_suffix(' ')?;
        let start = last_word(head);
        let part = &head[start..];
        if words > 0 && part.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let letter = &part[digits..];
            let number = digits <= 5 && (letter.len() <= 1 || letter.starts_with(['-', '/']));
            return number.then_some(start);
        }
        Word::at(text, start).filter(|w| w.is_capital(text) && !w.text(text).is_empty())?;
        at = start;
    }
    None
}

fn numbered(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let mut start = anchor.at.start as usize;
    let Some(street) = Word::at(text, start) else { return };
    // Only some endings are streets without a capital, too; and some words with them are no streets at all.
    let name = street.text(text);
    let no_street = [
        "motorvej", "omvej", "udvej", "genvej", "vej", "alle", "plads", "parken", "haven", "gade", "weg", "platz",
        "gasse", "laan", "str",
    ];
    let lower = ["vej", "gade", "allé", "stræde"].iter().any(|ending| ends_with(name, ending) && name.len() > 7);
    let is_street = !no_street.iter().any(|word| word.len() == name.len() && ends_with(name, word));
    let compound = lower && is_street;
    // `Gammel Kongevej`, `H.C. Andersens Boulevard`
    let mut words = 0;
    while words < 4 && text[..start].ends_with(' ') {
        let head = &text[..start - 1];
        let from = last_word(head);
        let Some(word) = Word::at(text, from).filter(|w| w.is_capital(text) && !w.is_common(text)) else { break };
        if !(word.end == head.len() || head[word.end..].starts_with('.')) {
            break;
        }
        start = from;
        words += 1;
    }
    let named = street.is_capital(text) && (words > 0 || is_street);
    if named || compound || words > 0 && street.letters(text) > 2 {
        out.push(found(start, tail(text, street.end)));
    }
}

/// Whether the lower case of `word` ends with `ending`.
fn ends_with(word: &str, ending: &str) -> bool {
    let mut lower = word.chars().rev().flat_map(char::to_lowercase);
    ending.chars().rev().all(|c| lower.next() == Some(c))
}

/// How far an address reaches that has begun before `from`: numbers, small words and capitalised ones, parted by
/// spaces and commas, and a line that begins with a postcode.
fn tail(text: &str, from: usize) -> usize {
    let (mut end, mut at) = (from, from);
    let mut comma = false;
    for _ in 0..PARTS_MAX {
        let signs = text[at..].bytes().take(4).take_while(|b| b" ,.".contains(b)).count();
        comma |= text[at..at + signs].contains(',');
        let mut next = at + signs;
        if text[next..].starts_with(['\n', '\r']) || text[next..].starts_with("\\n") {
            let Some(line) = postal_line(text, next) else { break };
            next = line;
        } else if signs == 0 {
            break;
        }
        let part = next + text[next..].find(is_end_of_part).unwrap_or(text.len() - next);
        let word = text[next..part].trim_end_matches(['.', '!', '?']);
        if word.is_empty() {
            break;
        }
        // `17 Orchard Road #04-12`
        let digits = word.strip_prefix('#').unwrap_or(word);
        let number = digits.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 9 && !word.contains(':');
        // `114, 2. tv`: which door of the floor.
        let door = matches!(word, "th" | "tv" | "mf")
            && text[..at].trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
        let code =
            word.len() <= 8 && word.bytes().any(|b| b.is_ascii_digit()) && word.starts_with(|c: char| c.is_uppercase());
        let common = Word::at(text, next).is_some_and(|w| w.is_common(text));
        let capital = word.starts_with(|c: char| c.is_uppercase()) && !common;
        if !(number || code || capital || is_part(word)) {
            break;
        }
        // A sentence that begins behind the address is none of it.
        let short = text[..end].chars().rev().take(6).take_while(|c| c.is_alphabetic()).count() < 6;
        if !number && !comma && !short && !is_part(word) && text[end..next].starts_with(". ") {
            break;
        }
        at = part;
        if number || code || capital || door {
            end = next + word.len();
        }
    }
    end
}

/// What stands before a word.
fn is_break(c: char) -> bool {
    is_end_of_part(c) || c == ':'
}

fn is_end_of_part(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '"' | '<' | '>' | '(' | ')' | '|' | '\\' | '=' | '&' | '[' | ']' | '}' | '\'' | '\0')
}

/// Where the next line begins, when it begins with a postcode and a town: `4370 St. Merløse`, `DK-2100 København Ø`.
fn postal_line(text: &str, at: usize) -> Option<usize> {
    let rest =
        text[at..].trim_start_matches("\\r").trim_start_matches("\\n").trim_start_matches(['\r', '\n', ' ', '\t', '>']);
    let line = text.len() - rest.len();
    let code = rest.strip_prefix("DK-").unwrap_or(rest);
    let digits = code.bytes().take_while(u8::is_ascii_digit).count();
    let town = (4..=5).contains(&digits).then(|| &code[digits..])?.strip_prefix(' ')?;
    town.starts_with(char::is_uppercase).then_some(line)
}

fn is_part(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.len() <= 9 && PARTS.iter().any(|part| part.eq_ignore_ascii_case(word))
}

fn labelled(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let before = text.as_bytes()[anchor.behind - 1];
    let quoted = matches!(before, b'"' | b'\'');
    let pair = text[anchor.at.end as usize..anchor.behind].contains('=');
    let end = |c: char| match c {
        '\n' | '\r' | '\0' | '<' | '{' | '}' | '|' => true,
        '"' | '\'' => quoted && c == char::from(before),
        '&' | ';' => !quoted,
        _ => false,
    };
    let rest = anchor.rest();
    let mut len = rest.find(end).unwrap_or(rest.len());
    // `addr=Jl. Melati 5 city=Bandung`: the next pair is no part of it.
    if pair
        && !quoted
        && let Some(next) = rest[..len].find('=')
    {
        len = rest[..next].rfind(' ').unwrap_or(0);
    }
    len = len.min(floor(rest, 200));
    let value = rest[..opened(&rest[..len])].trim_end_matches([' ', '.', ',', '\\', ')']);
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let capital = value.chars().any(char::is_uppercase);
    let first = value.split([' ', ',']).next().unwrap_or("");
    let net = first.contains(['.', ':']) && first.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'));
    let signs = net || value.contains("://") || value.contains('@') || value.starts_with("0x") || value.contains("::");
    let number = value.bytes().any(|b| b.is_ascii_digit());
    if letters >= 3 && (capital || number) && value.contains([' ', '+', ',', '%']) && !signs {
        out.push(found(anchor.behind, anchor.behind + value.len()));
    }
}

/// How far `text` reaches before a parenthesis ends that began before it: `KycRequest(alamat=Jl. Godean No. 77) -> 200`.
fn opened(text: &str) -> usize {
    let mut depth = 0;
    let closes = |&(_, c): &(usize, char)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    };
    text.char_indices().find(closes).map_or(text.len(), |(at, _)| at)
}

/// The greatest character boundary of `text` that is not above `most`.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::detect::examples::find;
    use crate::detect::tests::detector;

    fn is_found(text: &str, value: &str) -> bool {
        let end = (text.find(value).expect("the value is in the text") + value.len()) as u32;
        let start = end - value.len() as u32;
        find(&mut detector(), text).iter().any(|f| f.span.start <= start && f.span.end >= end)
    }

    #[test]
    fn an_alley_is_a_street_and_what_happens_a_time_is_none() {
        for (text, value) in [
            ("rumah saya di gang melati", "gang melati"),
            ("alamat: gang mawar", "gang mawar"),
            ("kirim ke gang buntu", "gang buntu"),
            ("jl merdeka gang anggrek", "gang anggrek"),
            ("blok c gang anggrek", "gang anggrek"),
            ("rt 5. gang anggrek", "gang anggrek"),
            ("tinggal di samping gang masjid", "gang masjid"),
            ("jeg bor i Gang Kelinci No. 5, Bogor", "Gang Kelinci No. 5, Bogor"),
            ("i gang melati no 5", "gang melati no 5"),
            ("i gang melati nr 5", "gang melati nr 5"),
        ] {
            assert!(is_found(text, value), "{text}");
        }
        for text in [
            "3 uger på en reservedel til 89 kr., og hver gang får jeg et nyt svar",
            "det er første gang jeg",
            "første gang kunden ringer",
            "prøv en gang til",
            "det var sidste gang",
            "næste gang du",
            "for 3. gang skriver jeg",
            "hver gang ordre nr. 12345 vises",
            "sætter gang snarest",
            "the gang members",
        ] {
            assert_eq!(find(&mut detector(), text).len(), 0, "{text}");
        }
    }
}
