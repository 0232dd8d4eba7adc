//! Names by what they stand beside: two capitalised words or more right before a telephone number, an address, a date of
//! birth, or in brackets behind it, are somebody's name, whatever else the text is about.

use std::sync::LazyLock;

use super::anchored::name_ending;
use super::anchored::words::{Case, Word, Words, is_in, name_at};
use super::matchers::Match;
use crate::record::{EntityId, Span};

/// What an entity's values stand beside.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub entity: EntityId,
    /// Whose values they stand beside.
    pub of: Box<[EntityId]>,
}

/// How far before a finding a name is looked for, in bytes.
const REACH: usize = 160;
/// Most words and signs between the name and what it stands beside.
const BETWEEN_MAX: usize = 3;
/// Fewest letters of a name.
const LETTERS_MIN: usize = 6;

/// Words between a name and what it stands beside: `Ann Larsen, tlf. 22 33 44 55`, `Ann Larsen (født 11.05.1949)`.
static BETWEEN: LazyLock<Words> = LazyLock::new(|| {
    "tel tlf telf telp telepon telefon phone mobil mobile mob cell ph hp no nr nomor wa whatsapp født f dob born \
     lahir tgl tanggal fødselsdag fødselsdato cpr nik ktp npwp nric ssn email mail e-mail mailto bor boende på \
     of at alamat adresse address tinggal di iban konto kontonr rek rekening acct account via pas passport \
     paspor cpr-nr mobilnr tlf-nr lives med with dengan"
        .split_ascii_whitespace()
        .collect()
});

/// Words of what is no person: companies, places, products.
static NOBODY: LazyLock<Words> = LazyLock::new(|| {
    "hotel restaurant café cafe center centre mall plaza shop store butik klinik clinic hospital skole school \
     universitas university universitet bibliotek kirke church toko warung apotek kantor cabang gedung building \
     tower menara house apartment apartemen residence villa komplek perumahan kota kabupaten kecamatan provinsi \
     selatan utara barat timur pusat tengah north south east west central city town region kommune station \
     stadion airport road street jalan jl gang blok lantai floor suite unit line hotline kontakt headquarters \
     hovedkontor logistics express post delivery courier holding partners solutions software technologies media \
     energy insurance forsikring asuransi a/s aps corp corporation co sons brothers visa mastercard dankort \
     electron debit credit kredit virtual galaxy iphone samsung android chrome safari firefox windows opdateret \
     updated created oprettet total status amount beløb jumlah valuta currency"
        .split_ascii_whitespace()
        .collect()
});

impl Beside {
    /// Appends the names that stand beside a finding, before and behind it.
    pub(super) fn find(text: &str, of: Span, out: &mut Vec<Match>) {
        let from = text.ceil_char_boundary((of.start as usize).saturating_sub(REACH));
        let name = before(&text[from..of.start as usize]);
        out.extend(name.map(|m| shifted(m, from as u32)));
        out.extend(behind(&text[of.end as usize..]).map(|m| shifted(m, of.end)));
    }
}

fn shifted(found: Match, by: u32) -> Match {
    let shift = |span: Span| Span::new(span.start + by, span.end + by);
    Match { span: shift(found.span), value: shift(found.value) }
}

/// The name at the end of `head`, over signs and words such as `tlf.`
fn before(head: &str) -> Option<Match> {
    let letter = |b: &u8| b.is_ascii_alphabetic() || matches!(*b, b'-' | b'\'' | 0x80..);
    let mut rest = head;
    for _ in 0..BETWEEN_MAX {
        let sign = |c: char| {
            matches!(
                c,
                ' ' | '\t' | '\'' | ',' | ';' | ':' | '|' | '(' | '<' | '[' | '*' | '`' | '.' | '-' | '+' | '–' | '—'
            )
        };
        rest = rest.trim_end_matches(sign);
        let word = rest.bytes().rev().take_while(letter).count();
        let word = &rest[rest.len() - word..];
        if word.is_empty() || !is_in(&BETWEEN, word) {
            break;
        }
        rest = &rest[..rest.len() - word.len()];
    }
    // Most of what stands before is no name: its last word is written small.
    let last = rest.len() - rest.bytes().rev().take_while(letter).count();
    if !rest.ends_with('"') && !rest[last..].starts_with(|c: char| c.is_uppercase()) {
        return None;
    }
    let found = name_ending(rest, rest.len())?;
    is_person(&rest[found.value.range()]).then_some(found)
}

/// `08123456789 (SITI RAHMA)`, and the next cell of a row: `… ; Siti Rahma;`.
fn behind(tail: &str) -> Option<Match> {
    let open = tail.len() - tail.trim_start_matches([' ', '*', '_', '`', '"']).len();
    let sign = tail[open..].chars().next().filter(|c| matches!(c, '(' | ';' | '|' | '\t'))?;
    let start = open + 1 + (tail[open + 1..].len() - tail[open + 1..].trim_start_matches([' ', '"']).len());
    let (end, words) = name_at(tail, start, Case::Capital)?;
    let rest = tail[end..].trim_start_matches([' ', '"']);
    let closed = if sign == '(' { rest.starts_with(')') } else { rest.is_empty() || rest.starts_with(sign) };
    let span = Span::new(start as u32, end as u32);
    (closed && words > 1 && is_person(&tail[start..end])).then_some(Match { span, value: span })
}

/// Whether a word is of a company, a place or a product.
pub(super) fn is_nobody(word: &str) -> bool {
    is_in(&NOBODY, word)
}

/// Whether `text` is a person's name in full, and that of no company or place.
pub fn is_full_name(text: &str) -> bool {
    let text = text.trim();
    is_name_of_words(text, Case::Capital) && is_person(text)
}

/// The same, however it is written: `siti rahma`, `SITI R`.
pub fn may_be_full_name(text: &str) -> bool {
    let text = text.trim();
    is_name_of_words(text, Case::Any) && are_words_of_a_person(text)
}

/// Whether all of a text is a name of two words or more.
fn is_name_of_words(text: &str, case: Case) -> bool {
    name_at(text, 0, case).is_some_and(|(end, words)| end == text.len() && words > 1)
}

/// Two words or more with a capital, and none of them of a company or a place.
fn is_person(name: &str) -> bool {
    Word::at(name, 0).is_some_and(|word| word.is_capital(name)) && are_words_of_a_person(name)
}

fn are_words_of_a_person(name: &str) -> bool {
    let mut words = name.split([' ', ',']).filter(|word| !word.is_empty());
    let nobody = |word: &str| {
        let ends_with = |end: &str| {
            word.len() >= end.len() && word.as_bytes()[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
        };
        is_in(&NOBODY, word.trim_end_matches('.')) || ["bank", "kasse", "shop", "center"].into_iter().any(ends_with)
    };
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters >= LETTERS_MIN && name.contains(' ') && !words.any(nobody)
}
