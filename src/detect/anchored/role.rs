//! Names by what their bearers are and where forms put them: `admin Charlotte Vinther`, `driver=Supriyadi`, the line below
//! `Your name` or `Ship to:`, `NIK 3515… for Rosdiana Tampubolon`. What stands there may be a thing as well, so it must
//! look like somebody.

use std::sync::LazyLock;

use super::name::{ends_line, is_identifier, name_behind};
use super::words::{Case, Word, Words, is_in, name_at, words_of};
use super::{Anchor, Anchored, LABELS, PROSE, PROSE_AND_DIGITS, found};
use crate::detect::beside::{is_somebody, is_thing};
use crate::detect::matchers::Match;

/// `admin Charlotte Vinther exported`, `Caller: Montgomery Fairbrother`.
pub(super) const OF: Anchored = Anchored {
    name: "name_of_role",
    doc: "a capitalised name of two words or more directly behind the anchor, in a sentence or behind a colon, with no word of a thing or a company in it",
    needs: PROSE,
    at_labels: false,
    find: of_role,
};

/// `Dit navn`, and `Bodil Engkjær` in the line below.
pub(super) const FORM: Anchored = Anchored {
    name: "name_below_label",
    doc: "a capitalised name that is all of the line below the anchor, which is all of its own",
    needs: PROSE,
    at_labels: false,
    find: below_label,
};

/// `SHIP TO:`, `Augustine Merriweather`, `5 Tannery Wharf`.
pub(super) const PARCEL: Anchored = Anchored {
    name: "name_above_address",
    doc: "a capitalised name of two words or more between the anchor's line and one with a number",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: above_address,
};

/// `NIK 3515087009960002 for Rosdiana Tampubolon`.
pub(super) const NUMBERED: Anchored = Anchored {
    name: "name_of_number",
    doc: "a capitalised name of two words or more directly behind the anchor, when the number of a person or an account stands before it",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: of_number,
};

/// `driver=Supriyadi`.
pub(super) const ALONE: Anchored = Anchored {
    name: "name_labelled_alone",
    doc: "one capitalised word or a full name behind a label, when it is no word of software or of a carrier",
    needs: LABELS,
    at_labels: true,
    find: alone,
};

/// Words between a role and who has it: `the name on the account is Lucinda Pargeter`.
const COPULAS: [&str; 6] = [" is", " was", " er", " var", " adalah", " yaitu"];

fn of_role(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let copula = COPULAS.iter().find(|copula| anchor.rest().starts_with(**copula)).map_or(0, |copula| copula.len());
    let behind = Anchor { behind: anchor.behind + copula.max(leaders(anchor.rest())), ..*anchor };
    let Some((start, end)) = name_behind(&behind, Case::Capital, 2) else { return };
    let name = &text[start..end];
    let role = &text[anchor.at.range()];
    let said = copula > 0 || text[anchor.behind..start].contains([':', '=']);
    // `Employee Benefits Day` is a title: where the role has a capital itself, the sentence must go on behind the name.
    let small = role.starts_with(char::is_lowercase) && name.contains(char::is_lowercase);
    let goes_on = || {
        let mut rest = text[end..].chars();
        rest.next() == Some(' ') && rest.next().is_some_and(|c| c == '(' || c.is_lowercase())
    };
    if is_somebody(name) && (said || small || role.contains(' ') || goes_on()) {
        out.push(found(start, end));
    }
}

/// Length of what leads the eye to the sign of a form: `Requester ........: Ann Skov`.
fn leaders(rest: &str) -> usize {
    let sign = rest.trim_start_matches(['.', '_', '-', ' ']);
    if sign.starts_with(':') { rest.len() - sign.len() } else { 0 }
}

/// Where the line below the anchor begins, when the anchor and signs are all of its line.
fn next_line(anchor: &Anchor<'_>) -> Option<usize> {
    let head = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', '>', '*', '#', '-', '\t']);
    let rest = anchor.rest().trim_start_matches([' ', ':', '*', '?', '\r', '\t']).strip_prefix('\n')?;
    let rest = rest.trim_start_matches([' ', '>', '*', '\t']);
    (head.is_empty() || head.ends_with('\n')).then_some(anchor.text.len() - rest.len())
}

fn below_label(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let Some(start) = next_line(anchor) else { return };
    let Some((end, words)) = name_at(text, start, Case::Capital).filter(|&(end, _)| ends_line(text, end)) else {
        return;
    };
    // `Name` may head a column of labels, or be that of a thing; a person's field ends with an empty line, and a way to
    // reach them follows.
    let behind = text[end..].trim_start_matches([' ', '\r', '*']).strip_prefix('\n').unwrap_or("");
    let closed = behind.trim_start_matches([' ', '\r', '>']).chars().next().is_none_or(|c| c == '\n');
    let bare = !text[anchor.at.range()].contains(' ');
    let whole =
        words > 1 && is_somebody(&text[start..end]) && (!bare || closed && is_person_field(behind.trim_start()));
    if whole || words == 1 && !bare && closed && is_given(&text[start..end]) {
        out.push(found(start, end));
    }
}

/// Whether a text is over, or begins with what a form asks of persons next.
fn is_person_field(text: &str) -> bool {
    const FIELDS: [&str; 18] = [
        "email",
        "e-mail",
        "mail",
        "phone",
        "telephone",
        "telefon",
        "tlf",
        "mobil",
        "mobile",
        "address",
        "adresse",
        "alamat",
        "telepon",
        "no hp",
        "date of birth",
        "fødselsdato",
        "tanggal lahir",
        "cpr",
    ];
    let line = text.lines().next().unwrap_or("").trim_start_matches(['*', '#', ' ']);
    let begins = |line: &str, word: &str| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let asked =
        ["din ", "dit ", "your "].iter().find(|word| begins(line, word)).map_or(line, |word| &line[word.len()..]);
    line.is_empty() || FIELDS.iter().any(|field| begins(asked, field))
}

fn above_address(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    const LINE_BYTES_MAX: usize = 80;
    let text = anchor.text;
    let Some(start) = next_line(anchor) else { return };
    let Some((end, _)) = name_at(text, start, Case::Capital).filter(|&(end, _)| ends_line(text, end)) else { return };
    let street = text[end..].split('\n').nth(1).unwrap_or("");
    let numbered = street.len() <= LINE_BYTES_MAX && street.bytes().any(|b| b.is_ascii_digit());
    if numbered && is_somebody(&text[start..end]) {
        out.push(found(start, end));
    }
}

fn of_number(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    /// Digits of the shortest such number, and of one that hardly is anything else.
    const DIGITS_MIN: usize = 8;
    const NIK_DIGITS: usize = 16;
    let before = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', ')', ',']);
    if !before.ends_with(|c: char| c.is_ascii_digit()) || before.len() == anchor.at.start as usize {
        return;
    }
    let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | ' ' | '/'));
    let digits = before[number.len()..].bytes().filter(u8::is_ascii_digit).count();
    let words = number.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| word.starts_with(char::is_alphabetic));
    let named = || words.take(3).any(|word| is_in(&NUMBERS, word));
    if !(digits == NIK_DIGITS || digits >= DIGITS_MIN && named()) {
        return;
    }
    let name = name_behind(anchor, Case::Capital, 2).filter(|&(start, end)| is_somebody(&anchor.text[start..end]));
    out.extend(name.map(|(start, end)| found(start, end)));
}

fn alone(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let (text, start) = (anchor.text, anchor.behind);
    let Some((end, words)) = name_at(text, start, Case::Capital) else { return };
    // `jdbc.driver=Oracle`, `gecko-driver: Firefox`
    let joined =
        text[..anchor.at.start as usize].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if joined || is_identifier(text, end) {
        return;
    }
    let rest = text[end..].trim_start_matches(' ');
    // `driver: Loaded from disk` tells what happened; the next pair or the end of the line does not go on.
    let word = Word::at(rest, 0).filter(|_| text[end..].starts_with(' '));
    let ends = word.is_none_or(|word| rest[word.end..].starts_with(['=', ':', '_']));
    let name = &text[start..end];
    let fits = if words == 1 { ends && is_given(name) } else { is_somebody(name) };
    if fits {
        out.push(found(start, end));
    }
}

/// Whether one word may be a given name: a capital and small letters, and no known thing.
fn is_given(word: &str) -> bool {
    let small = word.chars().skip(1).all(|c| c.is_lowercase() || matches!(c, '-' | '\''));
    let thing = || words_of(word).any(|part| is_thing(part.text(word)));
    word.chars().count() > 2 && small && !thing()
}

/// What numbers of persons and of accounts are called.
static NUMBERS: LazyLock<Words> = LazyLock::new(|| {
    "nik ktp npwp kk bpjs sim cpr ssn nric nino passport paspor pas rek rekening norek konto kontonr account acct iban va"
        .split(' ')
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Span;

    fn names(finder: &Anchored, anchor: &str, text: &str) -> Vec<String> {
        let at = text.find(anchor).expect("the anchor is there");
        let end = at + anchor.len();
        let behind = end
            + if finder.at_labels {
                text[end..].len() - text[end..].trim_start_matches([' ', ':', '=']).len()
            } else {
                0
            };
        let mut out = Vec::new();
        (finder.find)(&Anchor { text, at: Span::new(at as u32, end as u32), behind }, &mut out);
        out.iter().map(|found| text[found.span.range()].to_owned()).collect()
    }

    #[test]
    fn who_is_something_is_named_behind_it() {
        for (anchor, text, name) in [
            ("admin", "admin Charlotte Vinther exported", "Charlotte Vinther"),
            ("Admin", "Admin Charlotte Vinther exported", "Charlotte Vinther"),
            ("Caller", "Caller: Montgomery Fairbrother\n", "Montgomery Fairbrother"),
            ("Bruger", "Bruger: Ulrik Sehested. Kan ikke", "Ulrik Sehested"),
            ("name on account", "name on account Lucinda Pargeter", "Lucinda Pargeter"),
            ("Caller", "Caller is Lucinda Pargeter", "Lucinda Pargeter"),
            ("contractor", "contractor Oluwaseun Adeyemi (81.152.203.44)", "Oluwaseun Adeyemi"),
        ] {
            assert_eq!(names(&OF, anchor, text), [name], "{text}");
        }
        for (anchor, text) in [
            ("User", "User: not found"),
            ("Bruger", "Bruger: ukendt"),
            ("driver", "driver Realtek Audio failed"),
            ("Employee", "Employee Benefits Day"),
            ("Admin", "Admin Control Panel"),
            ("admin", "admin Ole called"),
        ] {
            assert_eq!(names(&OF, anchor, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_form_has_the_name_in_the_line_below() {
        for (finder, anchor, text, name) in [
            (&FORM, "Dit navn", "Dit navn\nBodil Engkjær\n\nDin e-mail", "Bodil Engkjær"),
            (&FORM, "Your name", "Hi\nYour name:\r\nBodil\r\n\r\nx", "Bodil"),
            (&FORM, "Name", "Name\nAnn Larsen", "Ann Larsen"),
            (&FORM, "Navn", "Navn\nAnn Larsen\n\nTelefon\n1", "Ann Larsen"),
            (&PARCEL, "SHIP TO", "SHIP TO:\nAugustine Merriweather\n5 Tannery Wharf", "Augustine Merriweather"),
        ] {
            assert_eq!(names(finder, anchor, text), [name], "{text}");
        }
        for (finder, anchor, text) in [
            (&FORM, "Name", "Name\nPayment Method\nTotal"),
            (&FORM, "Name", "Name\nWinter Dreams\n\nStatus\nOpen"),
            (&FORM, "name", "your name\nBodil"),
            (&FORM, "Dit navn", "Dit navn er\nBodil Engkjær"),
            (&PARCEL, "Ship to", "Ship to:\nCosta Rica\nno customs"),
        ] {
            assert_eq!(names(finder, anchor, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_number_belongs_to_somebody() {
        let found = names(&NUMBERED, "for", "NIK mismatch: 3515087009960002 for Rosdiana Tampubolon");
        assert_eq!(found, ["Rosdiana Tampubolon"]);
        assert_eq!(names(&NUMBERED, "untuk", "rek 1370014882 untuk Budi Santoso"), ["Budi Santoso"]);
        for text in ["order 1234567890 for Black Friday", "wait for Siti Rahma", "12 for Ann Larsen"] {
            assert_eq!(names(&NUMBERED, "for", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn one_word_behind_a_label_may_be_a_given_name() {
        for (anchor, text, name) in [
            ("driver", "ping driver=Supriyadi pos=-6.2", "Supriyadi"),
            ("kurir", "kurir: Agus, status: OK", "Agus"),
            ("pengemudi", "pengemudi: Joko Susilo tiba", "Joko Susilo"),
        ] {
            assert_eq!(names(&ALONE, anchor, text), [name], "{text}");
        }
        for (anchor, text) in [
            ("driver", "driver=postgresql"),
            ("driver", "driver=Chrome ok=1"),
            ("driver", "driver: Loaded from disk"),
            ("driver", "jdbc.driver=Ingres"),
            ("kurir", "kurir: JNE"),
            ("kurir", "kurir: Sicepat"),
            ("driver", "driver=Supriyadi_2"),
        ] {
            assert_eq!(names(&ALONE, anchor, text), [""; 0], "{text}");
        }
    }
}
