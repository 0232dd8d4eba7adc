//! Sentences behind an address in prose: `Baker Street 12, London. Please refund the order`. Only what is plainly an ordinary
//! sentence, and holds nothing that an address may hold, is told from the address.

use std::sync::LazyLock;

use super::words::{Word, Words, is_in, words_of};

/// Words that tell a sentence: requests, pronouns and verbs, in English, Danish and Indonesian. Small ones that stand between
/// the words of any description (`the`, `og`, `di`) are none.
static TELLING: LazyLock<Words> = LazyLock::new(|| {
    "please kindly thanks i i'm i've i'd my me we our us you your he she they it its it's is isn't are aren't was wasn't were \
     has hasn't have haven't had not don't doesn't didn't can can't cannot could couldn't will won't would want need do does did when \
     why how what still never already yet refund refunded cancel call reply respond confirm update check help let let's \
     jeg mig min mit mine vi os vores du din dit jer jeres han hun den det de er var har havde bliver blev kan kunne vil ville \
     skal skulle ikke tak venligst hvornår hvorfor hvordan hvad endnu stadig aldrig \
     saya aku kami kita anda kamu nya tolong mohon harap silakan belum sudah tidak bukan bisa dapat kapan kenapa mengapa bagaimana \
     apakah terima makasih minta ingin mau akan sedang masih telah harus"
        .split_ascii_whitespace()
        .collect()
});

/// Words of addresses and of the way to them.
static OF_PLACES: LazyLock<Words> = LazyLock::new(|| {
    "street st road rd avenue ave lane ln drive court ct close crescent terrace boulevard square way highway row mews gardens \
     floor fl apt apartment flat suite unit room building block tower gate door house entrance corner box city town village \
     county state country district postcode zip postal near next opposite behind beside across above below left right front \
     address alamat adresse adressen addressed residence location \
     jl jln jalan gg gang rt rw blok kav kavling kel kelurahan kec kecamatan kab kabupaten kota desa dusun ds dsn prov provinsi \
     lt lantai komplek kompleks perum perumahan ruko gedung rumah kampung kp pos kodepos dekat sebelah samping belakang depan \
     seberang patokan pagar pintu masuk arah gapura masjid \
     vej vejen gade gaden allé plads etage sal dør døren opgang opgangen hus huset by byen ved siden bag overfor foran th tv mf"
        .split_ascii_whitespace()
        .collect()
});

/// Abbreviations that end no sentence: what they shorten stands before a name or a number.
static SHORT: LazyLock<Words> = LazyLock::new(|| {
    "jl jln gg kec kel kab kp ds dsn no nr rt rw blk blok kav prov komp perum lt ged apt bldg dr h hj ir prof jend let mr mrs ms sdr \
     c/o co att attn sct ste mt ft nr"
        .split_ascii_whitespace()
        .collect()
});

/// Where the sentences of `text` begin: behind a `.`, `!` or `?` and a space, and its beginning.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let behind = text.match_indices(['.', '!', '?']).filter_map(move |(at, sign)| {
        let spaces = text[at + 1..].bytes().take(4).take_while(|b| *b == b' ').count();
        let head = &text[..at];
        let word =
            &head[head.rfind(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '(')).map_or(0, |at| at + 1)..];
        (spaces > 0 && !(sign == "." && is_in(&SHORT, word))).then_some(at + 1 + spaces)
    });
    std::iter::once(0).chain(behind)
}

/// Calls `each` with the parts of a labelled address in prose that are no ordinary sentences, the address first.
pub(super) fn without_sentences(text: &str, mut each: impl FnMut(usize, usize)) {
    let mut from = 0;
    let mut ends = starts(text).skip(1).chain([text.len()]).peekable();
    let (mut start, mut open) = (0, true);
    while let Some(end) = ends.next() {
        let ordinary = start > 0 && is_ordinary(&text[start..end]);
        match (open, ordinary) {
            (true, true) => each(from, start),
            (false, false) => from = start,
            _ => {}
        }
        open = !ordinary;
        start = end;
    }
    if open {
        each(from, text.len());
    }
}

/// Whether a sentence is an ordinary one. Who writes it in small letters writes towns so, too.
fn is_ordinary(sentence: &str) -> bool {
    let Some(first) = Word::at(sentence, 0) else { return false };
    let shouted = !sentence.contains(char::is_lowercase);
    let mut telling = is_in(&TELLING, first.text(sentence));
    let (mut count, mut before) = (0, "");
    // `London, please ring` begins with a town, and `Bandung 40132` is one.
    let begins =
        telling || first.is_common(sentence) || sentence[first.end..].trim_start().starts_with(char::is_lowercase);
    for word in words_of(sentence) {
        let text = word.text(sentence);
        let common = word.is_common(sentence) || is_in(&TELLING, text);
        if is_in(&OF_PLACES, text) || count > 0 && word.is_capital(sentence) && !common {
            return false;
        }
        let small = !first.is_capital(sentence) && !common;
        if small && matches!(before, "ke" | "di" | "dari" | "to" | "in" | "at" | "from" | "i" | "til" | "fra" | "på") {
            return false;
        }
        telling |= is_in(&TELLING, text);
        (count, before) = (count + 1, text);
    }
    let led = first.is_capital(sentence) || is_in(&TELLING, first.text(sentence));
    begins && led && telling && count > 1 && !shouted && !is_numbered(sentence)
}

/// Whether a number stands where one of a house does, of a door or of a town: `nomor 5`, `2. tv`, `1165 k`, `nw1`.
fn is_numbered(sentence: &str) -> bool {
    let mut before = "";
    for part in sentence.split([' ', ',', ';']).filter(|part| !part.is_empty()) {
        let part = part.trim_end_matches(['.', '!', '?', ':']);
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let house = matches!(digits, 1..=5)
            && ["no", "nomor", "nomer", "nr", "nummer", "number", "kode"]
                .iter()
                .any(|word| before.eq_ignore_ascii_case(word));
        let code =
            digits > 0 && digits < part.len() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if house || code {
            return true;
        }
        before = part;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        without_sentences(text, |from, to| out.push(text[from..to].trim_end()));
        out
    }

    #[test]
    fn an_ordinary_sentence_behind_an_address_is_none_of_it() {
        for (address, behind) in [
            ("12 Baker Street, London NW1 6XE.", "Please refund the order"),
            ("Jl. Melati 5, Bandung.", "Nomor order 4412 belum tiba"),
            ("12 Baker St.", "I have not received anything yet."),
            ("Jl. Melati No. 5, Kec. Coblong.", "Tolong kirim ulang ya"),
            ("Nørregade 12, 2. tv., 1165 København K.", "Ordren er ikke kommet"),
            ("Apt. 4, 9 High Street.", "My order 4412 is late! Can you refund it?"),
            ("Jl. Melati 5.", "tolong refund pesanan saya"),
            ("Lindevej 3, 5000 Odense.", "Hvornår kommer pakken?"),
        ] {
            assert_eq!(parts(&format!("{address} {behind}")), [address], "{address} {behind}");
        }
        assert_eq!(
            parts("Elm Road 5, Leeds. Please refund it. Regards Ann Lee"),
            ["Elm Road 5, Leeds.", "Regards Ann Lee"]
        );
    }

    #[test]
    fn what_may_be_of_the_address_stays_in_it() {
        for text in [
            "Jl. Melati No. 5. Kec. Coblong. Kota Bandung. Indonesia",
            "Jl. Kita Bersama 5, Bandung",
            "12 Baker Street. London. NW1 6XE. United Kingdom",
            "Nørregade 12, 2. tv. 1165 København K. Danmark",
            "Nørregade 12. St. tv. København",
            "Jl. Melati 5. Nomor 7 belum ada pagar",
            "Jl. Melati 5. Rumah saya dekat masjid",
            "12 Baker St. Behind the old mill",
            "12 Baker St. The old mill",
            "12 Baker St. I live on the 2nd floor",
            "12 Baker St. Please deliver it to Camden",
            "jl melati 5. tolong kirim ke bandung",
            "jl melati 5. kec coblong. kota bandung",
            "Jl. Melati 5. Bandung 40132",
            "12 Baker St. London, please ring",
            "Gg. Mawar. RT. 03. RW. 07",
            "Sct. Knuds Vej 4. Odense",
        ] {
            assert_eq!(parts(text), [text], "{text}");
        }
    }
}
