//! Names by what they stand beside: two capitalised words or more right before a telephone number, an address, a date of
//! birth, or in brackets behind it, are somebody's name, whatever else the text is about.

use std::sync::LazyLock;

use super::anchored::name_ending;
use super::anchored::words::{Case, Word, Words, is_in, is_occupation_word, name_at, words_of};
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

/// Words of what stands where somebody might: behind `admin`, `driver`, before a bracket with an address.
static THINGS: LazyLock<Words> = LazyLock::new(|| THING_WORDS.split_ascii_whitespace().collect());

const THING_WORDS: &str = "
    abonnement academy acceptance access account accounts adapter adobe agreement aktier alarm alert amd anteraja api
    app apple application archive area array artikel asset association audio audit avd backend backup balancer barcode
    bastion batch batik bea benefits beta block blog bluetooth board bredbånd bridge broker browser btrfs bucket
    buffer build bundle cache camera campaign canon cart casino cassandra catalog certificate channel chat chrome
    chromium class client cloud club cluster code college commons compact component computer config configuration
    console contract control controller cookie core council cukai cyber daemon dansk danske dashboard data database
    default definition deliveree demo desktop detail device devices dewan dhl dinas directory disk display docker
    document domain download driver drivers dual dummy edge edition email endpoint energi engine enterprise
    entertainment entity epson error ethernet event events exchange express extended external factory fakta fedex
    feedback file files film films filter firefox firewall firmware folder foodora forening form forum foundation
    framework friday frontend function gateway gecko geckodriver generic global gls gmbh gojek gosend grab grand
    graphics group groups guide handbook handler handling header headless health heap helper high history home host
    hosting http id image import index indosat information ingres input instance institute intel interface internal
    international internet invoice item items java jbod jne jnt job journey json kaffe kafka kementerian kernel keys
    kingdom label lalamove layer legacy lego level levering library license licensed limit line linux list listener
    live load loaded local location log logger login logitech logs loop loyalty machine mail main mainframe management
    manual master mastercard matrix media member memory menu message metric microsoft ministeriet ministry mobil
    mobile mode model module mongo monitor motors mount mysql name national nations negeri nemlig network ninja node
    nordisk normal note notice notification novo null number nvidia object odbc office offline online option oracle
    order ordre output overlay overlay2 owner package pages pajak panel papir parameter partner password paxel payload
    payment phone pin plan plans platform platinum playwright plugin plus point points policy polisi polri pool port
    portal pos posten postgres postgresql postnord premium press primary print printer private pro process processor
    prod product production produkt profile program project protocol proxy public puppeteer query question queue
    raspberry read ready realtek record records redis region regionen registration regular relationship relay release
    remote replica report reports republic republik request reset resource response restaurant result reward rewards
    role roles root router rule run runtime safari sale sales sample samsung sap satpol scan scanner schedule
    scheduler schema screen script search secondary secret section secure selenium sensor sequence server service
    services session settings setup shared shell shipment shop sicepat sipil site size society software source spark
    special sport sports sql sqlite staging standard standby start started state states statistics status step stopped
    storage store stories story stream strøm studio studios style styrelsen subscription success summary survey switch
    sybase sync system systems table tablet target task tasks tcp telkomsel template temporary term terminal terms
    tesla test tester testing thread ticket tier tiki time tnt token tool toolkit tools topic total tower trace
    tracking trade trading traffic training transaction transport trial type udp uninstall union unit united
    university unix unknown update upgrade upload ups url usage usb user username users usps utility value vare varer
    vendor version video view virtual visa visual vlan voucher vpn wahana wallet warehouse wars watch web webcam
    webdriver webhook website week widget widgets wifi window windows wireless wizard wms wolt word work worker
    workflow workspace xpress year zone zoom
";

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

/// Whether a word is of software, of machines or of business, and so of nobody behind a word such as `driver`.
pub(super) fn is_thing(word: &str) -> bool {
    is_in(&THINGS, word) || is_nobody(word)
}

/// Whether `text` is a person's name in full where a thing may stand as well, and what somebody does is no name either.
pub(super) fn is_somebody(text: &str) -> bool {
    const WORDS_MAX: usize = 5;
    let ends = |word: &str| {
        ["skole", "skolen", "forening", "klub", "klubben", "styrelse", "ware"].iter().any(|end| word.ends_with(end))
    };
    let thing = |word: &str| is_thing(word) || is_occupation_word(word) || ends(word);
    is_full_name(text)
        && words_of(text).count() <= WORDS_MAX
        && !text.split([' ', '-']).any(|word| thing(word.trim_end_matches('.')))
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
