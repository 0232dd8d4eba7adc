//! Names of people by what stands around them: greetings, closings of letters, introductions, titles, quoting headers,
//! labels. A name in bare prose is not found; nothing about it says that it is one.

use super::degrees::{behind_degrees, is_degree_before, without_degree};
use super::names::{and_more, joined};
use super::words::{Case, Word, ends_at, is_department, is_occupation, name_at};
use super::{Anchor, Anchored, LABELS, PROSE, found};
use crate::detect::matchers::Match;
use crate::record::Class;

/// `Bapak Budi`, `a.n. Dewi`, `skrev Lars Hansen`.
pub(super) const AFTER: Anchored = Anchored {
    name: "name_after",
    doc: "a capitalised name directly behind the anchor",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| push(anchor, name_behind(anchor, Case::Capital, 1), out),
};

/// `my name is siti`.
pub(super) const AFTER_ANY_CASE: Anchored = Anchored {
    name: "name_after_any_case",
    doc: "a name directly behind the anchor, in capitals or not",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| push(anchor, name_behind(anchor, Case::Any, 1), out),
};

/// `bca 7712340098 an Dewi Lestari`.
pub(super) const HOLDER: Anchored = Anchored {
    name: "name_of_holder",
    doc: "the name directly behind the anchor, when a number stands before it",
    needs: &[PROSE[0], PROSE[1], Class::DIGIT],
    at_labels: false,
    find: |anchor, out| {
        let before = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', ',', '(', '-']);
        let (digits, all) = (before.bytes().rev().take(5).filter(u8::is_ascii_digit).count(), before.len());
        if digits == 5 && all < anchor.at.start as usize {
            let small = || name_behind(anchor, Case::Any, 2).filter(|_| names_bank(before));
            push(anchor, name_behind(anchor, Case::Capital, 1).or_else(small), out);
        }
    },
};

/// `cn=Mette Kragh,ou=people,dc=example`, `ATTENDEE;CN="Dewi Lestari"`.
pub(super) const ENTRY: Anchored = Anchored {
    name: "name_of_entry",
    doc: "the name of two words or more in the common name of a person in a directory or a calendar, not in a certificate",
    needs: &[PROSE[0], PROSE[1], Class::EQUALS],
    at_labels: false,
    find: |anchor, out| {
        let Some(rest) = anchor.rest().strip_prefix('=') else { return };
        let quoted = usize::from(rest.starts_with('"'));
        let start = anchor.behind + 1 + quoted;
        let Some((end, words)) = name_at(anchor.text, start, Case::Any) else { return };
        let behind = &anchor.text.as_bytes()[end..];
        let line = &behind[..behind.iter().take(256).take_while(|b| **b != b'\n').count()];
        let directory = || line.windows(4).any(|part| part.eq_ignore_ascii_case(b",dc="));
        let calendar = anchor.text[..anchor.at.start as usize].ends_with(';');
        if words > 1 && (calendar || directory()) {
            out.push(found(start, end));
        }
    },
};

/// `N:Kragh;Mette;;;` and `ADR;TYPE=HOME:;;Algade 7;Odense;;5000;` of a vCard (RFC 6350).
pub(super) const CARD: Anchored = Anchored {
    name: "parts_of_card",
    doc: "the parts of a name or an address behind the anchor and a `:` or `;`, at the beginning of a line of a vCard",
    needs: &[PROSE[0], Class::COLON],
    at_labels: false,
    find: |anchor, out| {
        let line = anchor.text[..anchor.at.start as usize].ends_with('\n');
        if !line || !anchor.rest().starts_with([':', ';']) {
            return;
        }
        let rest = anchor.rest().split(['\n', '\r']).next().unwrap_or("");
        let Some(colon) = rest.find(':') else { return };
        let value = &rest[colon + 1..];
        let parts = value.trim_matches(';');
        let start = anchor.behind + colon + 1 + (value.len() - value.trim_start_matches(';').len());
        let several = value.contains(';') && parts.contains(char::is_alphabetic);
        out.extend(several.then(|| found(start, start + parts.len())));
    },
};

/// `<Dbtr><Nm>Mette Kragh</Nm>`.
pub(super) const PARTY: Anchored = Anchored {
    name: "name_of_party",
    doc: "the text of an element, when the one around it is a party of a payment (ISO 20022)",
    needs: LABELS,
    at_labels: true,
    find: |anchor, out| {
        if is_party(&anchor.text[..anchor.at.start as usize]) {
            let name = anchor.rest().split('<').next().unwrap_or("").trim_end();
            out.extend((name.len() > 1).then(|| found(anchor.behind, anchor.behind + name.len())));
        }
    },
};

/// `customer John Smith`.
pub(super) const AFTER_WHOLE: Anchored = Anchored {
    name: "name_after_whole",
    doc: "a capitalised name of two words or more directly behind the anchor",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| push(anchor, name_behind(anchor, Case::Capital, 2), out),
};

/// `Hej Annette`, `halo budi,`.
pub(super) const GREETED: Anchored = Anchored {
    name: "name_greeted",
    doc: "a name behind a greeting; in lower case when the greeting ends with it",
    needs: PROSE,
    at_labels: false,
    find: greeted,
};

/// `Mvh` and the name on the next line.
pub(super) const BELOW: Anchored = Anchored {
    name: "name_below",
    doc: "the name that signs behind or below the anchor",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| below(anchor, false, out),
};

/// `Thanks` and, alone on the next line, a name.
pub(super) const BELOW_WHOLE: Anchored = Anchored {
    name: "name_below_whole",
    doc: "the capitalised name that signs behind or below the anchor, when nothing else is on its line",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| below(anchor, true, out),
};

/// `Tak, Ragnhild.`
pub(super) const ADDRESSED: Anchored = Anchored {
    name: "name_addressed",
    doc: "a capitalised name behind the anchor and a space or a comma, when the sentence ends with it",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| {
        let rest = anchor.rest();
        let Some(name) = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(' ')) else { return };
        let start = anchor.text.len() - name.len();
        let closed =
            |end: usize| matches!(anchor.text.as_bytes().get(end), None | Some(b'.' | b',' | b'!' | b'?' | b'\n'));
        let named = name_at(anchor.text, start, Case::Capital);
        let named = named.filter(|&(end, words)| words <= 3 && closed(end) && !is_identifier(anchor.text, end));
        out.extend(named.map(|(end, _)| found(start, end)));
    },
};

/// `From: Doe, John` without an address, `To: Ann Skov, Poul Vestergaard`.
pub(super) const HEADED: Anchored = Anchored {
    name: "name_of_header",
    doc: "a surname, a comma and given names, or several names, that are all of the line behind the anchor, which begins it, beside another header",
    needs: PROSE,
    at_labels: false,
    find: headed,
};

fn headed(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let line = text[..anchor.at.start as usize].trim_end_matches([' ', '>', '*']);
    if !line.is_empty() && !line.ends_with('\n') {
        return;
    }
    let start = anchor.behind + anchor.rest().bytes().take(4).take_while(|b| b" *".contains(b)).count();
    let Some((end, words)) = name_at(text, start, Case::Capital) else { return };
    let from = out.len();
    out.push(found(start, end));
    let last = and_more(text, end, &[", ", "; "], out);
    let count = out.len() - from;
    let full = out[from..].iter().all(|name| text[name.span.range()].contains(' '));
    // A comma stands before given names, too: all of two names in full are two persons.
    let inverted = count == 2 && !full && words <= 2 && text[end..].starts_with(", ");
    let among =
        is_header(&text[last..]) || !inverted && is_header_line(line.trim_end().rsplit('\n').next().unwrap_or(""));
    if count < 2 || !ends_line(text, last) || !among {
        out.truncate(from);
    } else if inverted {
        out.truncate(from);
        out.push(found(start, last));
    }
}

/// Whether the next line is another header of a mail.
fn is_header(behind: &str) -> bool {
    is_header_line(behind.trim_start_matches([' ', '*', '\r']).strip_prefix('\n').unwrap_or(""))
}

fn is_header_line(line: &str) -> bool {
    const NAMES: [&str; 14] = [
        "subject", "to", "cc", "bcc", "from", "date", "sent", "emne", "til", "dato", "sendt", "kepada", "perihal",
        "tanggal",
    ];
    let name = line.trim_start_matches([' ', '>', '*']).split([':', '\n']).next().unwrap_or("");
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name.trim_end_matches(['*', ' '])))
}

/// `| Navn | Siti Rahma |`.
pub(super) const ROWED: Anchored = Anchored {
    name: "name_in_cell",
    doc: "the name of two words or more in the second cell of a line of two cells, the first of which is the anchor",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| {
        let Some(rest) = anchor.rest().trim_start_matches([' ', '*']).strip_prefix('|') else { return };
        let line = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', '|', '*']);
        let first = line.is_empty() || line.ends_with('\n');
        let start = anchor.text.len() - rest.trim_start_matches([' ', '*']).len();
        let ends = |end: usize| {
            let rest = anchor.text[end..].trim_start_matches([' ', '|', '*', '\r']);
            // `| Name | Order Date |` over a line of dashes is a table's head.
            rest.is_empty()
                || rest.strip_prefix('\n').is_some_and(|next| {
                    !next.starts_with(['-', '+', ':', '|'])
                        || !next.starts_with("|-") && !next.starts_with("| -") && next.starts_with('|')
                })
        };
        let named = name_at(anchor.text, start, Case::Any).filter(|&(end, words)| first && words > 1 && ends(end));
        out.extend(named.map(|(end, _)| found(start, end)));
    },
};

/// `On Monday, Siti Rahma wrote:`.
pub(super) const BEFORE: Anchored = Anchored {
    name: "name_before",
    doc: "a capitalised name directly before the anchor",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| out.extend(name_ending(anchor.text, anchor.at.start as usize)),
};

/// `full_name: Siti Rahma`.
pub(super) const LABELLED: Anchored =
    Anchored { name: "name_labelled", doc: "the name behind a label", needs: LABELS, at_labels: true, find: labelled };

/// Whether a text that ends with `<Dbtr><` or `<ns:Dbtr>\n<ns:` is about to name a party.
fn is_party(head: &str) -> bool {
    const PARTIES: [&str; 5] = ["Dbtr", "Cdtr", "InitgPty", "Ownr", "Pty"];
    let word = |text: &str| text.len() - text.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let head = head.strip_suffix(':').map_or(head, |prefix| &prefix[..prefix.len() - word(prefix)]);
    let tag = head.strip_suffix('<').and_then(|head| head.trim_end().strip_suffix('>')).unwrap_or("");
    PARTIES.iter().any(|party| tag[tag.len() - word(tag)..].ends_with(party))
}

/// Whether the number that ends `text` is behind the name of an Indonesian bank or wallet, or the word for an account.
fn names_bank(text: &str) -> bool {
    const BANKS: [&str; 16] = [
        "bca", "bni", "bri", "mandiri", "bsi", "cimb", "permata", "danamon", "btn", "rek", "rekening", "norek", "va",
        "dana", "ovo", "gopay",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric()).rev().filter(|word| word.starts_with(char::is_alphabetic));
    words.take(2).any(|word| BANKS.iter().any(|bank| bank.eq_ignore_ascii_case(word)))
}

fn push(anchor: &Anchor<'_>, name: Option<(usize, usize)>, out: &mut Vec<Match>) {
    debug_assert!(name.is_none_or(|(start, _)| start >= anchor.behind), "a name behind an anchor");
    let Some((start, end)) = name else { return };
    out.push(found(start, end));
    and_more(anchor.text, end, &["; "], out);
}

/// Passes signs and titles behind the anchor, on its line; `None` when no word follows.
fn word_behind(anchor: &Anchor<'_>) -> Option<usize> {
    // `Full name - Ann`
    let rest = anchor.rest();
    let dash = rest.starts_with(" - ") || rest.starts_with(" – ");
    let mut at = anchor.behind + if dash { rest.len() - rest.trim_start_matches([' ', '-', '–']).len() } else { 0 };
    for _ in 0..4 {
        let signs = anchor.text.get(at..)?.bytes().take(4).take_while(|b| b" .:=\"'(/*<".contains(b)).count();
        at += signs;
        let word = Word::at(anchor.text, at)?;
        if !word.is_title(anchor.text) || (signs == 0 && at == anchor.behind) {
            return Some(at);
        }
        at = word.end;
    }
    Some(at)
}

pub(super) fn name_behind(anchor: &Anchor<'_>, case: Case, words_min: usize) -> Option<(usize, usize)> {
    let start = word_behind(anchor)?;
    // An anchor and a word without anything between them are one word.
    if start == anchor.behind && anchor.text[..start].ends_with(char::is_alphanumeric) {
        return None;
    }
    let (end, words) = name_at(anchor.text, start, case)?;
    (words >= words_min && !is_identifier(anchor.text, end)).then_some((start, end))
}

fn greeted(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    if let Some((start, end)) = name_behind(anchor, Case::Capital, 1) {
        if !is_crew(text, end) {
            out.push(found(start, end));
            joined(text, end, out);
        }
        return;
    }
    let Some((start, end)) = name_behind(anchor, Case::Any, 1) else { return };
    let words = text[start..end].split(' ').count();
    let closed = matches!(text.as_bytes().get(end), None | Some(b',' | b'!' | b'\n' | b'\r'));
    if words <= 2 && closed {
        out.push(found(start, end));
    }
}

/// Whether what ends at `end` is no name but whose team it is: `ArenaPlay support`, `Tim CS`, `Supportteamet`.
fn is_crew(text: &str, end: usize) -> bool {
    // `Driftsteamet`
    if ["teamet", "afdelingen", "holdet"].iter().any(|crew| text[..end].ends_with(crew)) {
        return true;
    }
    const CREWS: [&str; 8] = ["team", "support", "kundeservice", "kundesupport", "staff", "crew", "admin", "cs"];
    let next = Word::at(text, end + 1).filter(|_| text[end..].starts_with(' ')).map(|word| word.text(text));
    // `Tim Infrastruktur`: elsewhere Tim is somebody.
    let team = || ["Tim", "Team"].iter().any(|team| text[..end].ends_with(team));
    next.is_some_and(|word| CREWS.iter().any(|crew| crew.eq_ignore_ascii_case(word)) || team() && is_department(word))
}

/// Passes signs, tags, quote marks and up to three line breaks behind a closing.
fn signature(text: &str, from: usize) -> (usize, usize) {
    let (mut at, mut lines) = (from, 0);
    while at < text.len() && at - from < 48 {
        let rest = &text[at..];
        let skip = match rest.as_bytes()[0] {
            b'\n' if lines == 3 => break,
            b'\n' => {
                lines += 1;
                1
            }
            b'\\' if rest.starts_with("\\n") || rest.starts_with("\\r") => {
                lines += usize::from(rest.starts_with("\\n"));
                2
            }
            b' ' | b'\t' | b'\r' | b',' | b'.' | b'!' | b':' | b';' | b'-' | b'*' | b'>' | b'_' | b'"' | b'\''
            | b'/' => 1,
            // `Hormat kami,` and on a line below `(Budi Santoso)`.
            b'(' if lines > 0 => 1,
            b'<' => match rest.bytes().take(16).position(|b| b == b'>') {
                Some(close) => {
                    lines += 1;
                    close + 1
                }
                None => break,
            },
            0x80.. if rest.starts_with(['–', '—', '\u{a0}', '❤', '\u{fe0f}']) || is_picture(rest) => {
                rest.chars().next().map_or(1, char::len_utf8)
            }
            _ => break,
        };
        at += skip;
    }
    (at, lines)
}

/// Whether an emoji begins the text.
fn is_picture(text: &str) -> bool {
    text.chars().next().is_some_and(|c| matches!(u32::from(c), 0x2600..=0x27bf | 0x1f000..=0x1faff))
}

/// Whether the anchor is the short form of a closing that is more often something else: `<br>`, `pt_BR`, `Ship to: BR`. As a
/// closing it is all of its line.
fn is_country(anchor: &Anchor<'_>) -> bool {
    let line = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', '>']);
    let alone = (line.is_empty() || line.ends_with('\n'))
        && anchor.rest().trim_start_matches([' ', ',', '.']).starts_with('\n');
    anchor.at.len() == 2 && anchor.text[anchor.at.range()].eq_ignore_ascii_case("br") && !alone
}

fn below(anchor: &Anchor<'_>, whole: bool, out: &mut Vec<Match>) {
    let text = anchor.text;
    let (mut start, lines) = signature(text, anchor.behind);
    if start == anchor.behind || is_country(anchor) {
        return;
    }
    start = behind_titles(text, start);
    if let Some(line) = short_line(&text[start..]).filter(|line| lines > 0 && is_occupation(line)) {
        let next = signature(text, start + line.len()).0;
        let named = name_at(text, next, Case::Capital).filter(|&(end, words)| words > 1 && ends_line(text, end));
        out.extend(named.map(|(end, _)| found(next, end)));
        return;
    }
    if let Some((end, words)) = name_at(text, start, Case::Capital) {
        if is_crew(text, end) {
            return;
        }
        let (end, words) = without_degree(text, (start, end), words);
        let from = out.len();
        out.push(found(start, end));
        // `Mette og Lars`
        let last = joined(text, end, out);
        let degrees = behind_degrees(text, last, words);
        let alone = ends_line(text, last)
            || degrees > last && ends_at(text, degrees)
            || lines > 0 && is_of_department(&text[last..]);
        if !is_identifier(text, last) && (alone || !whole && (words > 1 || lines == 0 || ends_at(text, last))) {
            out.extend(signed_again(text, start, end));
        } else {
            out.truncate(from);
        }
        return;
    }
    let lower = name_at(text, start, Case::Any).filter(|_| !whole && !text[..start].ends_with('('));
    let ends = |end: usize, words: usize| ends_line(text, behind_degrees(text, end, words));
    if let Some((end, _)) = lower.filter(|&(end, words)| words <= 2 && ends(end, words)) {
        out.push(found(start, end));
    }
}

/// Passes the titles before a name: `Mvh Dr. Hansen`, `Prof. Dr. Ann Lee`, `drg. Rina`. Where no name follows, nothing.
fn behind_titles(text: &str, start: usize) -> usize {
    const TITLES_MAX: usize = 3;
    let (mut at, mut passed) = (start, start);
    for _ in 0..TITLES_MAX {
        let Some(word) = Word::at(text, at) else { break };
        let behind = &text[word.end..];
        let title = word.is_title(text) && behind.starts_with(['.', ' ']) || is_degree_before(word.text(text), behind);
        if !title {
            break;
        }
        at = word.end + behind.bytes().take(2).take_while(|b| b". ".contains(b)).count();
        passed = if name_at(text, at, Case::Capital).is_some() { at } else { passed };
    }
    passed
}

/// `Kasper fra Kundeservice`: behind the name of who signs only where it is from, which ends the line.
fn is_of_department(behind: &str) -> bool {
    const FROM: [&str; 10] =
        [" from the ", " dari tim ", " fra ", " from ", " dari ", " at ", " hos ", " i ", " in ", " @ "];
    const WORDS_MAX: usize = 4;
    let line = short_line(behind).unwrap_or("");
    let place = FROM.iter().find_map(|from| line.strip_prefix(from)).unwrap_or("");
    place.starts_with(char::is_uppercase) && place.split(' ').count() <= WORDS_MAX && !place.contains(['?', ':'])
}

/// The line that a text begins with, if it is short.
fn short_line(text: &str) -> Option<&str> {
    const BYTES_MAX: usize = 80;
    let head = &text.as_bytes()[..text.len().min(BYTES_MAX)];
    let end = memchr::memchr2(b'\n', b'\r', head).or((text.len() < BYTES_MAX).then_some(text.len()))?;
    Some(&text[..end])
}

/// `Steen`, and below it, alone on a line, `Steen Abildskov`.
fn signed_again(text: &str, start: usize, end: usize) -> Option<Match> {
    let (next, lines) = signature(text, end);
    let (name_end, words) = name_at(text, next, Case::Capital).filter(|_| lines > 0)?;
    let first = Word::at(text, start)?.text(text) == Word::at(text, next)?.text(text);
    (first && words > 1 && ends_line(text, name_end)).then(|| found(next, name_end))
}

/// Whether nothing but signs stands between `at` and the end of the line.
pub(super) fn ends_line(text: &str, at: usize) -> bool {
    let signs = [' ', '\t', '.', '!', ',', '*', '"', '\'', '}', ']', ')'];
    let mut rest = text[at..].trim_start_matches(signs);
    // `Mary xx`
    let kisses = rest.bytes().take(5).take_while(|b| b"xXoO".contains(b)).count();
    if kisses < 5 && text[at..].starts_with(' ') {
        let behind = rest[kisses..].trim_start_matches(signs);
        rest = if behind.starts_with(char::is_alphanumeric) { rest } else { behind };
    }
    rest.is_empty() || rest.starts_with(['\n', '\r', '<', '|']) || rest.starts_with("\\n") || is_picture(rest)
}

/// Whether the word goes on as names of things do: `Siti_2`, `worker.example`, `Foo::bar`, `x=`.
pub(super) fn is_identifier(text: &str, end: usize) -> bool {
    let mut rest = text[end..].chars();
    match rest.next() {
        Some('_' | '=' | '@' | '\\') => rest.next().is_some_and(|c| c != 'n' && c != 'r'),
        Some('.' | '/' | ':' | '-') => rest.next().is_some_and(|c| c.is_alphanumeric() || c == ':'),
        Some(c) => c.is_ascii_digit(),
        None => false,
    }
}

/// The name that ends at `end`, on its line; an address in `<…>` or `(…)` may stand between.
pub(in crate::detect) fn name_ending(text: &str, end: usize) -> Option<Match> {
    let line = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let mut before = text[line..end].trim_end_matches([' ', '\t', ',', ':', '(', '<', '[']);
    if before.ends_with('>') {
        before = before[..before.rfind('<')?].trim_end();
    }
    if let Some(inner) = before.strip_suffix('"') {
        let open = inner.rfind('"')?;
        let name = &inner[open + 1..];
        let letters = name.chars().all(|c| c.is_alphabetic() || " .,'’-".contains(c));
        let fits = letters && (1..=80).contains(&name.len()) && name.chars().any(char::is_alphabetic);
        return fits.then(|| found(line + open + 1, line + open + 1 + name.len()));
    }
    // Word by word to the left; a sign behind a word belongs to what stands before the name.
    let mut start = before.len();
    let mut words = 0;
    let mut capitals = true;
    while words < 5 {
        let (rest, word_end) = (&before[..start], before[..start].trim_end_matches(' ').len());
        let word_start = sign_before(&rest[..word_end]).map_or(0, |at| at + 1);
        let word = Word::at(before, word_start).filter(|w| w.end == word_end || is_initial(before, *w, word_end));
        let Some(word) = word.filter(|w| !w.is_common(before)) else { break };
        let capital = word.is_capital(before);
        if words > 0 && capital != capitals && !(capitals && word.is_particle(before)) {
            break;
        }
        capitals = if words == 0 { capital } else { capitals };
        start = word_start;
        words += 1;
        if !before[..start].ends_with(' ') {
            break;
        }
    }
    if words > 0 && capitals {
        start -= surname_before(&before[..start]);
    }
    // In lower case only when it is all there is: `siti rahma <…>`.
    let alone = before[..start].trim_end_matches([' ', '>', '-', '*']).is_empty()
        || before[..start].trim_end().ends_with([':', ',', ';', '>']);
    let name = &before[start..];
    let name_start = start + (name.len() - name.trim_start_matches(|c: char| !c.is_alphabetic()).len());
    let fits = words > 0 && (capitals || alone) && name_start < before.len();
    fits.then(|| found(line + name_start, line + before.len()))
}

/// `Cc: D'Souza, ` before a given name: bytes of the surname and its comma, which begin a list or follow another address.
fn surname_before(head: &str) -> usize {
    let Some(list) = head.strip_suffix(", ") else { return 0 };
    let surname = list[list.rfind([':', ';', '>', ',']).map_or(0, |at| at + 1)..].trim_start();
    let named = name_at(surname, 0, Case::Capital).is_some_and(|(end, words)| end == surname.len() && words < 3);
    if named { surname.len() + 2 } else { 0 }
}

/// The last sign of a text that ends a word; an apostrophe between letters is a part of it: `O'Brien`.
fn sign_before(text: &str) -> Option<usize> {
    let is_inner =
        |at: usize| text[..at].ends_with(char::is_alphabetic) && text[at + 1..].starts_with(char::is_alphabetic);
    let signs = text.rmatch_indices(|c: char| " \t\"'(:;,><[|=*\0".contains(c)).map(|(at, _)| at);
    signs.into_iter().find(|&at| text.as_bytes()[at] != b'\'' || !is_inner(at))
}

fn is_initial(text: &str, word: Word, end: usize) -> bool {
    word.letters(text) <= 3 && &text[word.end..end] == "."
}

fn labelled(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let mut start = anchor.behind;
    while let Some(word) = Word::at(text, start).filter(|w| w.is_title(text)) {
        let signs = text[word.end..].bytes().take(2).take_while(|b| b". /".contains(b)).count();
        if signs == 0 {
            break;
        }
        start = word.end + signs;
    }
    // `Miss T Okonjo`, `Holder: I. Larsen`: behind a title, or with a dot, a letter alone is an initial.
    let letter = text[start..].starts_with(|c: char| c.is_ascii_uppercase());
    let rest = if letter { &text[start + 1..] } else { "" };
    let (initial, dotted) = (start > anchor.behind && rest.starts_with(' '), rest.starts_with(". "));
    let named = match (initial, dotted) {
        (true, _) => name_at(text, start + 2, Case::Capital),
        (_, true) => name_at(text, start + 3, Case::Capital),
        _ => name_at(text, start, Case::Any),
    };
    let Some((mut end, mut words)) = named else { return };
    // `Siti+Rahma`, `Siti%20Rahma`
    while let Some(joint) = ["+", "%20", "%2B"].iter().find(|joint| text[end..].starts_with(**joint)) {
        let Some((next, more)) = name_at(text, end + joint.len(), Case::Any) else { break };
        (end, words) = (next, words + more);
    }
    // `Holder:Ann Larsen ExpM:2`: the last word names what comes next.
    let next_label = text[end..].starts_with([':', '=']) && is_identifier(text, end);
    if let Some(space) = text[start..end].rfind(' ').filter(|_| next_label) {
        (end, words) = (start + space, words - 1);
    }
    let bare =
        matches!(&text[anchor.at.range()].to_ascii_lowercase()[..], "name" | "nama" | "navn" | "user" | "contact");
    let capital = Word::at(text, start).is_some_and(|w| w.is_capital(text));
    let sure = !bare || capital || words > 1 && ends_line(text, end);
    if sure && !is_identifier(text, end) {
        out.push(found(start, end));
        and_more(text, end, &["; "], out);
    }
}
