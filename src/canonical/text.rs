//! Folding of Unicode disguises: what a reader takes for one text becomes one text.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Longest number, address or account (separators included) that is folded to ASCII.
const MAX_ASCII_BYTES: usize = 64;

/// Code points of the digit zero in every decimal number system; the nine others follow each
/// (Unicode 16, general category Nd).
const ZEROS: [u32; 76] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0,
    0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// Appends the canonical form of free text (a name, an address, an account): NFKC without format characters, in lower
/// case, white space trimmed and every run of it one space. Case goes because people and systems write one name in
/// many cases, and a pseudonym that does not join is of less use than one that joins two spellings.
pub fn write(text: &str, out: &mut Vec<u8>) {
    if text.is_ascii() {
        return write_words(text, out);
    }
    // Names in Danish or French take no buffer of their own. (The lower case of `Σ` depends on what follows it.)
    if is_folded(text) && !text.contains('Σ') {
        let start = out.len();
        write_lower_words(text, out);
        if std::str::from_utf8(&out[start..]).is_ok_and(is_folded) {
            return;
        }
        out.truncate(start);
    }
    write_words(&lowered(text), out);
}

/// The value of a decimal digit of any script (general category Nd).
pub fn digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    if code < 0x80 {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let zero = ZEROS[ZEROS.partition_point(|&zero| zero <= code) - 1];
    (code - zero < 10).then_some((code - zero) as u8)
}

/// Characters that a reader does not see: format characters (general category Cf), variation selectors and fillers.
pub const fn is_format(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}'
        | '\u{8E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// The characters of `text` in NFKC without format characters.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    // Normalisation may bring format characters back (a filler decomposes to one), so they go before and after it.
    text.chars().filter(|&c| !is_format(c)).nfkc().filter(|&c| !is_format(c))
}

/// `text` folded and in lower case.
pub(super) fn lowered(text: &str) -> String {
    let lower = if is_folded(text) { text.to_lowercase() } else { folded(text).collect::<String>().to_lowercase() };
    // The lower case of a few letters is not in NFKC: a second pass makes the form final.
    if is_folded(&lower) { lower } else { folded(&lower).collect() }
}

/// Whether [`folded`] changes nothing, as for nearly all names; may say no where the answer takes long.
fn is_folded(text: &str) -> bool {
    is_nfkc_quick(text.chars()) == IsNormalized::Yes && !text.chars().any(is_format)
}

/// Appends the words of `text` in lower case, with one space between them.
fn write_lower_words(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    for word in text.split_whitespace() {
        if out.len() > start {
            out.push(b' ');
        }
        for c in word.chars().flat_map(char::to_lowercase) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Appends the words of `text` with one space between them, ASCII letters in lower case.
fn write_words(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    // One word, as most identifiers are: no byte of it can be white space, in whatever script.
    if text.bytes().fold(true, |one, b| one & (b > b' ') & (b < 0x80)) {
        out.extend_from_slice(text.as_bytes());
    } else {
        for word in text.split_whitespace() {
            if out.len() > start {
                out.push(b' ');
            }
            out.extend_from_slice(word.as_bytes());
        }
    }
    out[start..].make_ascii_lowercase();
}

/// The ASCII character that stands for `c` in numbers, addresses and accounts: digits of any script, any dash, any
/// white space; `None` when there is none.
const fn ascii_of_sign(c: char) -> Option<u8> {
    match c {
        '\0'..='\x7f' => Some(c as u8),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => Some(b'-'),
        _ => None,
    }
}

/// Calls `parse` with `text` trimmed and folded to ASCII, in a buffer on the stack; `None` when it has no ASCII form
/// or is longer than any number, address or account.
pub(super) fn with_ascii<R>(text: &str, parse: impl FnOnce(&str) -> Option<R>) -> Option<R> {
    if text.is_ascii() {
        return parse(text.trim_ascii());
    }
    let mut buffer = [0u8; MAX_ASCII_BYTES];
    let mut len = 0;
    for c in folded(text) {
        let byte = match digit(c) {
            Some(value) => b'0' + value,
            None if c.is_whitespace() => b' ',
            None => ascii_of_sign(c)?,
        };
        *buffer.get_mut(len)? = byte;
        len += 1;
    }
    parse(std::str::from_utf8(&buffer[..len]).ok()?.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(text: &str) -> String {
        let mut out = Vec::new();
        write(text, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_spelling_of_a_text_is_one_text() {
        for text in [
            "Annette Døfler Botoft",
            " annette  døfler\tbotoft\n",
            "ANNETTE DØFLER BOTOFT",
            "Annette\u{a0}Døfler\u{200b} Botoft",
            "Ａｎｎｅｔｔｅ Døfler Botoft",
        ] {
            assert_eq!(form(text), "annette døfler botoft", "{text}");
        }
        assert_eq!(form("Åse"), form("A\u{30a}se"), "composed and decomposed");
        assert_eq!(form("ΓΙΩΡΓΟΣ"), "γιωργος");
    }

    #[test]
    fn digits_of_every_script_are_digits() {
        for (i, zero) in ZEROS.iter().enumerate() {
            for value in 0..10u8 {
                let c = char::from_u32(zero + u32::from(value)).expect("a character");
                assert_eq!(digit(c), Some(value), "{c}");
            }
            assert!(i == 0 || ZEROS[i - 1] + 10 <= *zero, "sorted and apart");
        }
        for c in ['a', '/', ':', '²', '٪', '一'] {
            assert_eq!(digit(c), None, "{c}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_form_of_a_form_is_itself(text: String) {
            let once = form(&text);
            prop_assert_eq!(form(&once), once);
        }

        #[test]
        fn the_short_way_gives_what_the_long_way_gives(text: String) {
            let long = folded(&text).collect::<String>().to_lowercase();
            prop_assert_eq!(lowered(&text), folded(&long).collect::<String>());
        }

        #[test]
        fn ascii_takes_the_same_way_as_unicode(text in "[ -~\t]{0,40}") {
            prop_assert_eq!(form(&format!("{text}\u{ad}")), form(&text));
        }
    }
}
