//! Words as names are made of them, and words that are none.

use std::sync::LazyLock;

use hashbrown::HashSet;

/// Words in lower case.
pub(in crate::detect) type Words = HashSet<&'static str, foldhash::fast::FixedState>;

/// Most words of a name.
const NAME_WORDS_MAX: usize = 6;

/// One word: letters of any script, with `'`, `’` and `-` inside.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Word {
    pub start: usize,
    pub end: usize,
}

impl Word {
    /// The word that begins at `at`.
    pub(in crate::detect) fn at(text: &str, at: usize) -> Option<Word> {
        let rest = text.get(at..)?;
        let mut end = 0;
        for (i, c) in rest.char_indices() {
            let joint = matches!(c, '\'' | '’' | '-') && i > 0 && i == end;
            if c.is_alphabetic() || is_mark(c) {
                end = i + c.len_utf8();
            } else if !joint {
                break;
            } else {
                // A joint counts when a letter follows it.
                let next = rest[i + c.len_utf8()..].chars().next();
                if !next.is_some_and(char::is_alphabetic) {
                    break;
                }
                end = i + c.len_utf8();
            }
        }
        (end > 0).then_some(Word { start: at, end: at + end })
    }

    pub(in crate::detect) fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }

    /// Whether it is written as a name: `Arcy`, `d'Arcy`.
    pub(in crate::detect) fn is_capital(&self, text: &str) -> bool {
        let word = self.text(text);
        let behind =
            word.split_once(['\'', '’']).map_or(word, |(article, rest)| if article.len() == 1 { rest } else { word });
        word.starts_with(char::is_uppercase) || behind.starts_with(char::is_uppercase)
    }

    pub(in crate::detect) fn letters(&self, text: &str) -> usize {
        self.text(text).chars().count()
    }

    /// Whether it is a common word: part of no name here.
    pub(in crate::detect) fn is_common(&self, text: &str) -> bool {
        let common = self.is_title(text) || is_in(&COMMON, self.text(text));
        common && !(self.is_capital(text) && is_in(&NAMES_TOO, self.text(text)))
    }

    /// Whether it is a word of a language as well as a name: `hope`.
    pub(in crate::detect) fn is_ambiguous(&self, text: &str) -> bool {
        is_in(&COMMON, self.text(text)) || is_in(&NAMES_TOO, self.text(text))
    }

    /// Whether it is a small word inside of names: `van`, `bin`.
    pub(in crate::detect) fn is_particle(&self, text: &str) -> bool {
        is_in(&PARTICLES, self.text(text))
    }

    /// Whether it is a form of address: `Pak`, `Hr`, `Mrs`.
    pub(super) fn is_title(&self, text: &str) -> bool {
        is_in(&TITLES, self.text(text))
    }

    /// Whether it has a capital far inside, as brands have: `ArenaPlay`, and not `McDonald`.
    fn is_brand(&self, text: &str) -> bool {
        let mut lower = false;
        self.text(text).char_indices().any(|(i, c)| {
            let inner = lower && c.is_uppercase() && i > 3;
            lower = c.is_lowercase();
            inner
        })
    }
}

/// Combining accents.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// How names are written where they are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum Case {
    /// Each word with a capital, particles aside.
    Capital,
    /// As people type in chats; the first word must be no common one.
    Any,
}

/// A name that begins at `at`: where it ends, and its number of words.
pub(in crate::detect) fn name_at(text: &str, at: usize, case: Case) -> Option<(usize, usize)> {
    let mut word = Word::at(text, at)?;
    let (mut end, mut count, mut initials) = (at, 0, 0);
    let capitals = word.is_capital(text);
    for _ in 0..NAME_WORDS_MAX + 2 {
        let particle = count > 0 && word.is_particle(text);
        let fits = match case {
            Case::Capital => word.is_capital(text),
            Case::Any => word.is_capital(text) || !capitals && count < 3,
        };
        let dotted = text[word.end..].starts_with('.') && word.letters(text) <= 3 && is_word_start(text, word.end + 1);
        let initial = word.letters(text) == 1;
        let other = word.is_common(text) && !(initial && dotted || is_balinese(text, word)) || word.is_brand(text);
        if !particle && (!fits || other || count >= NAME_WORDS_MAX) {
            break;
        }
        if !particle {
            // A single letter begins no name, but with its dot.
            if initial && !dotted && count == 0 && !is_balinese(text, word) {
                break;
            }
            initials += usize::from(initial);
            end = word.end + usize::from(text[word.end..].starts_with('.') && initial);
            count += 1;
        }
        let next = word.end + usize::from(dotted);
        let spaces = text[next..].bytes().take(3).take_while(|b| *b == b' ').count();
        let Some(following) = Word::at(text, next + spaces).filter(|_| (1..=2).contains(&spaces)) else { break };
        word = following;
    }
    (count > initials).then_some((end, count))
}

/// `I Made`, `I Wayan`: the first letter is the sex, and what follows the order of birth. `Anak Agung` is a title of birth.
fn is_balinese(text: &str, word: Word) -> bool {
    const ORDER: [&str; 9] = ["Made", "Wayan", "Nyoman", "Ketut", "Gede", "Putu", "Komang", "Gusti", "Kadek"];
    let next = || Word::at(text, word.end + 1).map_or("", |next| next.text(text));
    match word.text(text) {
        "I" => ORDER.contains(&next()),
        "Anak" => next() == "Agung",
        _ => false,
    }
}

/// Whether a space and a letter follow.
fn is_word_start(text: &str, at: usize) -> bool {
    let mut chars = text[at..].chars();
    chars.next() == Some(' ') && chars.next().is_some_and(char::is_uppercase)
}

/// Whether a text is a part of a sentence: all its words are common ones, or there are several and a common one among them is
/// written small.
pub fn is_prose(text: &str) -> bool {
    let (mut words, mut common, mut small) = (0, 0, 0);
    for word in words_of(text) {
        let is_common = word.is_common(text);
        words += 1;
        common += usize::from(is_common);
        small += usize::from(is_common && !word.is_capital(text));
    }
    words > 0 && words == common || words > 1 && small > 0
}

/// The words of a text, in order.
pub(in crate::detect) fn words_of(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].find(char::is_alphabetic)?;
        let word = Word::at(text, at)?;
        at = word.end;
        Some(word)
    })
}

/// Whether the line around `start..end` is written in capitals, so that these tell no name: `SITI MENANG BESAR HARI INI`.
pub(in crate::detect) fn is_shouted(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].rsplit('\n').next().unwrap_or("");
    let behind = text[end..].split('\n').next().unwrap_or("");
    let has = |is: fn(char) -> bool| before.contains(is) || behind.contains(is);
    !text[start..end].contains(char::is_lowercase) && has(char::is_uppercase) && !has(char::is_lowercase)
}

/// Whether a line ends at `at`, or what follows is no word: a comma, a dash, a bracket …
pub(super) fn ends_at(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches([' ', '\t', '.', '!', '*', '"', '\'', ')']);
    !rest.starts_with(|c: char| c.is_alphanumeric())
}

/// Whether a line says what somebody does, and not who it is: `Direktur Utama`, `Senior Manager`.
pub(in crate::detect) fn is_occupation(line: &str) -> bool {
    let mut words = words_of(line);
    let first = words.next().map_or("", |word| word.text(line));
    line.starts_with(char::is_uppercase)
        && (is_occupation_word(first)
            || is_in(&BEFORE_OCCUPATIONS, first) && words.any(|word| is_occupation_word(word.text(line))))
        && words_of(line).count() <= 5
}

/// Whether a word says what somebody does: `manager`, and in one word `Kundekonsulent`.
pub(in crate::detect) fn is_occupation_word(word: &str) -> bool {
    /// A word that ends with the shortest of them and begins otherwise.
    const COMPOUND_BYTES_MIN: usize = 10;
    let ends = |known: &str| {
        let from = word.len().checked_sub(known.len());
        from.is_some_and(|from| word.as_bytes()[from..].eq_ignore_ascii_case(known.as_bytes()))
    };
    let compound = || word.len() >= COMPOUND_BYTES_MIN && OCCUPATION_ENDINGS.split_ascii_whitespace().any(ends);
    is_in(&OCCUPATIONS, word) || compound()
}

/// Whether a word, written in any way, is in a list.
pub(in crate::detect) fn is_in(list: &Words, word: &str) -> bool {
    let mut lower = [0; 24];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).is_ok_and(|lower| list.contains(lower))
}

/// Whether the lower case of `word` is `lower`, in any alphabet.
pub(in crate::detect) fn lower_is(word: &str, lower: &str) -> bool {
    word.chars().flat_map(char::to_lowercase).eq(lower.chars())
}

/// Small words inside of names.
static PARTICLES: LazyLock<Words> = LazyLock::new(|| {
    "van von der den de la le du da di dos das do del della ter ten af av bin binti binte bint ibn al el zu zur y"
        .split(' ')
        .collect()
});

/// Forms of address before a name.
static TITLES: LazyLock<Words> = LazyLock::new(|| {
    "bapak ibu pak bu bpk kak kakak mas mbak bang abang sdr sdri saudara saudari tuan nyonya tn ny om tante hj \
     hr fru frk herr frau fräulein frøken madame monsieur señor señora mr mrs ms miss mx dr prof sir ir drs"
        .split_ascii_whitespace()
        .collect()
});

/// What people do, in English, Danish and Indonesian.
static OCCUPATIONS: LazyLock<Words> = LazyLock::new(|| {
    let short = "lead head ceo cto cfo coo chef leder staf staff kepala";
    OCCUPATION_ENDINGS.split_ascii_whitespace().chain(short.split(' ')).collect()
});

/// Those that other words end with, too: `Kundekonsulent`. Shorter ones end surnames (`Whitehead`).
const OCCUPATION_ENDINGS: &str = "
    manager director engineer analyst officer consultant supervisor specialist coordinator developer architect assistant
    associate partner founder accountant controller konsulent direktør medarbejder rådgiver koordinator teamleder
    driftsleder afdelingsleder projektleder udvikler bogholder butikschef salgschef kundechef manajer direktur penyelia akuntan
";

/// Words before them that are no given names.
static BEFORE_OCCUPATIONS: LazyLock<Words> = LazyLock::new(|| {
    "senior junior chief vice deputy wakil marketing product project technical regional general executive managing \
     adm administrerende teknisk"
        .split_ascii_whitespace()
        .collect()
});

/// Common words that are names, too, when they have a capital.
static NAMES_TOO: LazyLock<Words> = LazyLock::new(|| {
    "will may april tom tim august jan juli juni mark dan han per bo rose grace hope joy faith christian an april mas om adi nik gadis alter drop null join dob"
        .split_ascii_whitespace()
        .collect()
});

/// Words that stand where a name might: whom a form letter greets, who signs for a company, how a sentence goes on.
static COMMON: LazyLock<Words> =
    LazyLock::new(|| COMMON_WORDS.split_ascii_whitespace().chain(DEPARTMENTS.split_ascii_whitespace()).collect());

/// Parts of companies, which sign letters: `Release Management`, `Tim Infrastruktur`, `Økonomi`.
const DEPARTMENTS: &str = "
    compliance management release releases operations ops engineering infrastructure platform payments payment marketing
    logistics legal risk fraud procurement onboarding payroll treasury it-support it-drift
    økonomi Økonomi drift it-afdelingen indkøb jura udvikling levering lønkontoret regnskab kundecenter borgerservice
    dukungan layanan pelayanan infrastruktur keuangan operasional pemasaran teknologi hukum risiko kepatuhan pengaduan penagihan
    personalia verifikasi keamanan rilis";

/// Whether a word is a part of a company.
pub(super) fn is_department(word: &str) -> bool {
    DEPARTMENTS.split_ascii_whitespace().any(|known| lower_is(word, known))
}

const COMMON_WORDS: &str = "
    cpr dob nik ktp npwp tlf telf telp tempat tgl ssn iban cvr kontonr fødselsdato kandung gadis
    berlaku
    add drop alter column table index constraint select insert update delete where join values default null references
    all alle allesammen everyone everybody anybody there again igen team teams sir madam mam ma'am sirs gentlemen ladies
    customer customers client clients kunde kunden kunder medlem member members user users bruger brugere guest gæst
    world verden dunia
    player players friend friends folks guys guy buddy bro sis dude mate colleague colleagues kollega kolleger hr human
    resources support helpdesk help desk service services kundeservice kundesupport customer-service care agent admin
    administrator operator moderator mod min cs bot assistant department afdeling afdelingen manager office kontor
    sales salg billing finance accounting bank company firma group gruppen security sikkerhed system systems noreply
    herren und zusammen kundin kundinnen geehrte geehrter
    pelanggan nasabah tim kak kakak gan sis agan min mimin admin om tante bapak ibu pak bu bpk sdr sdri tuan nyonya
    mas mbak bang abang saudara saudari rekan teman semua semuanya sekalian anda kamu kalian pemain member pengguna
    hai halo hallo hello hi hey hej hejsa dear kære yth
    i i'm im we he she it they you your yours my mine our this that these those who what when where why how which
    a an the and or but not no yes ok okay so if as at by for from in of on to with without about is are was were be
    been am do does did done have has had can could will would shall should may might must please thanks thank just
    now then here today tomorrow yesterday morning afternoon evening night day good great best kind regards new old
    very also still only too more most some any each every out up down over back off into like want need know see
    got get try trying tried call called calling write writing wrong right correct incorrect misspelled spelled
    missing changed change account card payment order invoice ticket case password login email e-mail mail phone
    number name address date code subject re fw fwd sent send attached attachment regarding
    jeg du han hun vi de det den dette disse min mit mine din dit dine jer jeres os er var har havde kan kunne vil ville
    skal skulle må ikke nej ja og eller men som at på i til fra med uden om for af en et der her nu så også kun hvad
    hvem hvor hvornår hvordan hvorfor hvilken tak mange venlig venlige hilsen hilsner bedste kærlig dag godmorgen
    goddag godaften god fortsat mvh vh kh desuden stadig ønsker forkert stavet rigtigt kontoen konto ordre faktura
    saya aku kami kita dia mereka ini itu dan atau tetapi tapi yang di ke dari untuk dengan tanpa pada adalah ialah
    akan sudah belum tidak bukan jangan mau ingin mohon tolong bisa harus telah sedang masih juga hanya lagi salah
    benar terima kasih makasih selamat pagi siang sore malam salam hormat kenapa mengapa apa siapa kapan dimana mana
    bagaimana berapa akun saldo nomor kode kata sandi alamat tanggal dong ya nih sih kok deh lalu karena jika kalau
    tinggal lahir umur berumur bekerja kerja punya ada
    monday tuesday wednesday thursday friday saturday sunday mandag tirsdag onsdag torsdag fredag lørdag søndag senin
    selasa rabu kamis jumat sabtu minggu
    january february march april june july august september october november december januar februar marts juni juli
    oktober januari februari maret mei agustus desember jan feb mar apr jun jul aug sep sept oct nov dec okt des agu
    danish indonesian english american dansk engelsk indonesia inggris
    happy sorry afraid sure glad interested worried unable able waiting looking writing having getting going locked
    teamet bestyrelsen bogholderi bogholderiet redaktionen kassereren sekretariatet administrationen ledelsen noget nogen andet
    baik siap silakan silahkan ditunggu mohon sons co partnere sønner
    true false null none nil undefined unknown empty test error failed success info warning debug ukendt ingen tom
    not-set n/a todo tbd ltd inc llc aps gmbh pt cv tbk
    street road avenue lane drive page side chapter section
    http https www com version level game round match tournament promo bonus deposit withdraw withdrawal jackpot depo wd
    slot gacor legends bca bri bni bsi mandiri qris gopay ovo shopeepay linkaja paypal facebook mobilepay portal premium
    experience operations operation platform payable receivable airport values select insert update where contact
    password passwords kodeord adgangskode return-path reply-to delivered-to svar
    wr wb warahmatullahi wabarakatuh tanda tangan materai meterai nama lengkap navn berbeda beda sama sesuai
    perusahaan pribadi orang lain istri suami anak sendiri pemilik rekening penerima tersebut pemohon keluarga siapapun
";

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str, case: Case) -> Option<&str> {
        name_at(text, 0, case).map(|(end, _)| &text[..end])
    }

    #[test]
    fn a_name_ends_where_its_words_do() {
        for (text, wanted) in [
            ("Annette Døfler Botoft\nBirkegårdsvej 39", "Annette Døfler Botoft"),
            ("Siti Rahma, apa kabar", "Siti Rahma"),
            ("John A. Smith is here", "John A. Smith"),
            ("J. R. R. Tolkien", "J. R. R. Tolkien"),
            ("Ludwig van der Berg og", "Ludwig van der Berg"),
            ("Muh. Rizki", "Muh. Rizki"),
            ("Jean-Luc O'Brien!", "Jean-Luc O'Brien"),
            ("Åse", "Åse"),
            ("SITI RAHMA.", "SITI RAHMA"),
            ("Lars. Next sentence", "Lars"),
            ("Budi Customer Service", "Budi"),
        ] {
            assert_eq!(name(text, Case::Capital), Some(wanted), "{text}");
        }
        for text in ["siti", "Customer", "I am", "A", "", "Team Support", "5 Ann", "\u{301}", "Kunde", "-"] {
            assert_eq!(name(text, Case::Capital), None, "{text}");
        }
        assert_eq!(name("budi santoso mau tanya", Case::Any), Some("budi santoso"));
        assert_eq!(name("Lars hansen", Case::Any), Some("Lars"));
        assert_eq!(name("not important", Case::Any), None);
    }
}
