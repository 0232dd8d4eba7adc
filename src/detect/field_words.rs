//! Other readings of a field's name that nobody has listed: `cdtrNmTxt` is a creditor's name, `old_tlp_rmh` a telephone
//! number. Abbreviations are written out in the words of the catalog, words that say nothing of a value are left away,
//! and of several words the last ones may be enough.

use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};

use super::fields::normalize;

/// Most words of a name that is read, and most readings of one that are tried.
const WORDS_MAX: usize = 10;
const READINGS_MAX: usize = 36;

/// Abbreviations = what they may stand for, in the words of the catalog.
const SHORT_WORDS: &str = "
    usr = user
    cust cst cstmr = customer
    mbr mmbr = member
    bnf bene benef bnfcry bnfry = beneficiary
    rcpt recip rcv rcvr = recipient
    sndr = sender
    cdtr crdtr = creditor
    dbtr = debtor
    hldr hld = holder
    ownr = owner
    cllr = caller
    emp = employee
    aplcnt = applicant
    subj = subject
    emerg emrg = emergency
    ctc cntct = contact
    modt = modtager
    afs = afsender
    mhs = mahasiswa
    plg plgn = pelanggan
    pgrm = pengirim
    pnrm = penerima
    nsbh = nasabah
    nm = name nama navn
    nme nam = name
    frst fst = first
    lst = last
    ctpty cpty = counterparty
    lkp lgkp = lengkap
    dpn = depan
    blkg = belakang
    kdg = kandung
    tgl = tanggal tgl
    tmpt tpt = tempat
    lhr = lahir
    almt alm = alamat
    jln = jalan
    adr = address adresse
    addr addrs = address
    strt = street
    ln = line
    ln1 l1 = line_1
    ln2 l2 = line_2
    acct accnt = account
    acc = account access
    rek = rekening
    norek = no_rekening
    nbr num = number no
    nmr nomer = nomor
    no = number nomor no
    nr = number nr
    crd = card
    krt = kartu
    ph phn = phone
    mob mbl = mobile
    tlp tlpn telpn = telp
    eml = email
    psprt pspt pprt = passport
    tkn tok = token
    rfsh rfr refr = refresh
    sess sesn = session
    acs = access
    sctkey = secret_key
    scrt = secret
    sec = security
    pswd psw passwrd = password
    dvc dev devc = device
    andr = android
    bday = birthday
    fdato = fødselsdato
    kd = kode
    cd = code
    verif vrf = verification verifikasi
    ident = identity
    koord = koordinat
";

/// Words behind a name that say where a value comes from, how it is written or which of several it is.
const BEHIND_WORDS: &str = "
    line txt tx text str string raw val value fmt formatted clear cleartext plain plaintext klartekst full data
    input masuk entered given try tried attempt attempted typed submitted dicoba diketik indtastet prøvet old new lama baru gammel ny prev previous current curr cur orig original
    before after latin kana local a b c primary secondary alt main utama terakhir sms rmh rumah kantor ktr tujuan
    sesuai ktp ymd mdy md y dmy yyyymmdd iso e164 dk uk sg us here
";

/// Words before a name likewise; `field_name`, `form_name` and `local_name` are names of other things.
const BEFORE_WORDS: &str = "
    old new prev previous current curr cur raw isi ocr x ktp lama baru ny
";

/// Words that say what a value is, and stand before or behind whose it is.
const HEAD_WORDS: &str = "
    nama nm name navn no nomor nmr nr nbr num number nummer kode kd code alamat almt tgl tanggal
";

/// Words before a name that make a number of it: how many there are, how long they may be.
const COUNT_WORDS: &str = "
    count cnt num n total jumlah antal max min avg mean sum len length size has is no without tanpa
";

type Words = LazyLock<HashSet<&'static str>>;

static SHORT: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = SHORT_WORDS.lines().filter_map(|line| line.split_once('='));
    lines
        .flat_map(|(short, long)| {
            short.split_ascii_whitespace().map(|word| (word, long.split_ascii_whitespace().collect()))
        })
        .collect()
});
static BEHIND: Words = LazyLock::new(|| BEHIND_WORDS.split_ascii_whitespace().collect());
static BEFORE: Words = LazyLock::new(|| BEFORE_WORDS.split_ascii_whitespace().collect());
static HEADS: Words = LazyLock::new(|| HEAD_WORDS.split_ascii_whitespace().collect());
static COUNTS: Words = LazyLock::new(|| COUNT_WORDS.split_ascii_whitespace().collect());

/// Another reading of a name.
pub(super) struct Reading {
    /// In snake case.
    pub name: String,
    /// Whether all of it must be a known name: its end alone says nothing.
    pub whole: bool,
}

/// Other readings of the snake-case `name`, the most faithful first.
pub(super) fn readings(name: &str) -> Vec<Reading> {
    let words: Vec<&str> = name.split('_').collect();
    if words.len() > WORDS_MAX {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut add = |words: &[&str], whole| {
        if out.len() >= READINGS_MAX {
            return;
        }
        out.extend(expansions(words).into_iter().map(|name| Reading { name, whole }));
    };
    let trimmed = trim(&words);
    add(&words, false);
    if trimmed.len() < words.len() {
        add(&trimmed, false);
    }
    // `paspor_no` and `no_paspor`: of Indonesian names the head stands first, of English ones last.
    if let [first, middle @ .., last] = &trimmed[..] {
        if HEADS.contains(last) {
            add(&[&[*last, *first], middle].concat(), true);
        }
        if HEADS.contains(first) {
            add(&[middle, &[*last, *first]].concat(), true);
        }
    }
    // The last words alone, at least two: `deliv_recip_nm`.
    for from in 1..trimmed.len().saturating_sub(1) {
        if COUNTS.contains(&trimmed[from - 1]) {
            break;
        }
        add(&trimmed[from..], false);
    }
    out.retain(|reading| reading.name != name);
    out.truncate(READINGS_MAX);
    out
}

/// The words without numbers, and without those at either end that say nothing of a value.
fn trim<'n>(words: &[&'n str]) -> Vec<&'n str> {
    let mut words: Vec<&str> = words.iter().copied().filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).collect();
    let says_nothing = |word: &&str| BEHIND.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()));
    while words.last().is_some_and(says_nothing) {
        words.pop();
    }
    let before = words.iter().take_while(|word| BEFORE.contains(*word)).count();
    words.drain(..before);
    words
}

/// Each way to write out the abbreviations among `words`, those as they stand first.
fn expansions(words: &[&str]) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in words {
        let long = SHORT.get(word).map_or(&[][..], Vec::as_slice);
        let each = |head: &String| {
            let joint = if head.is_empty() { "" } else { "_" };
            let choices = std::iter::once(word).chain(long);
            choices.map(|choice| format!("{head}{joint}{choice}")).collect::<Vec<_>>()
        };
        if out.len() * (long.len() + 1) <= READINGS_MAX {
            out = out.iter().flat_map(each).collect();
        } else {
            out.iter_mut().for_each(|head| *head = format!("{head}_{word}"));
        }
    }
    out.retain(|name| !name.is_empty());
    out
}

/// The abbreviations of a word of the catalog.
pub(super) fn abbreviations(word: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    SHORT.iter().filter(move |(_, long)| long.contains(&word)).map(|(short, _)| *short)
}

/// A name in snake case that takes capitals before small letters for a word of their own: `kodeOTPmasuk` is
/// `kode_otp_masuk`, where [`normalize`] has `kode_ot_pmasuk`. `None`: they are the same.
pub(super) fn with_acronyms(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let mut parted = String::with_capacity(text.len() + 4);
    let mut capitals = 0;
    for c in text.chars() {
        if capitals > 1 && c.is_lowercase() {
            parted.push('_');
        }
        capitals = if c.is_uppercase() { capitals + 1 } else { 0 };
        parted.push(c);
    }
    (parted.len() > text.len()).then(|| normalize(parted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> Vec<String> {
        readings(name).into_iter().map(|reading| reading.name).collect()
    }

    #[test]
    fn abbreviations_are_written_out_and_words_left_away() {
        for (name, reading) in [
            ("cdtr_nm_txt", "creditor_name"),
            ("crd_hldr_nm", "card_holder_name"),
            ("nm_blkg", "nama_belakang"),
            ("old_tlp_rmh", "telp"),
            ("bnfcry_1_nm", "beneficiary_name"),
            ("deliv_recip_nm", "recipient_name"),
            ("penerima_no_rek", "penerima_no_rekening"),
            ("nama_lengkap_sesuai_ktp", "nama_lengkap"),
            ("user_profile_birth_day", "birth_day"),
            ("paspor_no", "no_paspor"),
            ("ahli_waris_nama", "nama_ahli_waris"),
            ("nr_kartu_kredit", "kartu_kredit_nr"),
        ] {
            assert!(names(name).contains(&reading.to_owned()), "{name}: {:?}", names(name));
        }
        for name in ["new_value", "raw", "", "email", "u_8812a", "card_count"] {
            assert!(names(name).is_empty(), "{name}: {:?}", names(name));
        }
        assert!(!names("max_card_number").contains(&"card_number".to_owned()));
        assert!(readings(&"nm_".repeat(10)).len() <= READINGS_MAX);
    }

    #[test]
    fn capitals_before_small_letters_may_be_a_word() {
        for (name, parted) in
            [("kodeOTPmasuk", "kode_otp_masuk"), ("usrDOByyyymmdd", "usr_dob_yyyymmdd"), ("noHPbaru", "no_hp_baru")]
        {
            assert_eq!(with_acronyms(name.as_bytes()).as_deref(), Some(parted));
        }
        for name in ["customerEmail", "user_id", "userIP", "Ørsted"] {
            assert_eq!(with_acronyms(name.as_bytes()), None, "{name}");
        }
    }
}
