//! Unicode folding: what looks like an ASCII digit, letter or sign becomes it, what cannot be seen goes.
//!
//! - digits of every script (general category Nd), and all whose NFKC is ASCII (full-width, mathematical, raised…);
//! - spaces of every kind become a space, dashes `-`, the full stops that IDNA takes for a dot `.`;
//! - characters that are not shown (Cf, Default_Ignorable_Code_Point: soft hyphen, zero-width and bidi marks, variation
//!   selectors) are swallowed; so are marks that are put on signs and digits (`4̶`, `4⃣`). A mark on a letter makes the
//!   letter that both are (`é`);
//! - digits and letters in circles and squares become what is in them;
//! - four and more tag characters in a row, the invisible copy of ASCII, become that ASCII.
//!
//! Letters that only resemble ASCII (ø, Cyrillic а) stay: they are spelling, not hiding.

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

use crate::canonical::text::digit;
use crate::decode::Writer;

/// Writes `text` folded.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    if text.is_ascii() {
        return false;
    }
    let (mut kept, mut changed) = (0, false);
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
        let end = at + c.len_utf8();
        if ('\u{300}'..='\u{20ff}').contains(&c) && is_combining_mark(c) {
            if !put_mark(text, kept, at, c, writer) {
                continue;
            }
            (kept, changed) = (end, true);
            continue;
        }
        let folded = if is_tag(c) && in_tag_run(text, at) { tagged(c) } else { fold(c) };
        match folded {
            Folded::Same => continue,
            Folded::Gone => writer.keep(kept..at),
            Folded::Ascii(ascii) => {
                writer.keep(kept..at);
                writer.put(at..end, ascii.as_str());
            }
        }
        kept = end;
        changed = true;
    }
    writer.keep(kept..text.len());
    changed
}

/// Writes the text from `kept` on with the mark at `at` gone from a sign or digit, or as a part of the letter before.
/// False, and nothing written: the mark is a part of its script's spelling.
fn put_mark(text: &str, kept: usize, at: usize, mark: char, writer: &mut Writer<'_>) -> bool {
    let Some(base) = text[..at].chars().next_back() else {
        return false;
    };
    let start = at - base.len_utf8();
    match compose(base, mark) {
        Some(both) if start >= kept => {
            writer.keep(kept..start);
            writer.put(start..at + mark.len_utf8(), both.encode_utf8(&mut [0; 4]));
        }
        _ if base.is_alphabetic() && !base.is_ascii() && start >= kept => return false,
        _ => writer.keep(kept..at),
    }
    true
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007e}')
}

/// Whether the tag at `at` stands in a row of four or more. (Fewer disturb a value, they do not hold one.)
fn in_tag_run(text: &str, at: usize) -> bool {
    let after = text[at..].chars().take(4).take_while(|&c| is_tag(c)).count();
    let before = text[..at].chars().rev().take(3).take_while(|&c| is_tag(c)).count();
    before + after >= 4
}

fn tagged(c: char) -> Folded {
    Folded::Ascii(Ascii::one((u32::from(c) - 0xe0000) as u8))
}

/// What one character beyond ASCII becomes.
enum Folded {
    Same,
    Gone,
    Ascii(Ascii),
}

/// A few ASCII characters.
#[derive(Default)]
struct Ascii {
    bytes: [u8; Ascii::MAX],
    len: usize,
}

impl Ascii {
    /// Longest compatibility decomposition that is all ASCII: `⒇`, `㏂`.
    const MAX: usize = 4;

    fn one(byte: u8) -> Ascii {
        let mut ascii = Ascii::default();
        ascii.push(byte);
        ascii
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len += 1;
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("invariant: only ASCII is pushed")
    }
}

fn fold(c: char) -> Folded {
    match c {
        // The letters of Danish, German, French…: most of what is not ASCII here.
        'À'..='ÿ' => Folded::Same,
        '\u{2028}' | '\u{2029}' | '\u{85}' => Folded::Ascii(Ascii::one(b'\n')),
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{2043}'
        | '\u{58a}'
        | '\u{5be}'
        | '\u{1806}'
        | '\u{2796}'
        | '\u{2e3a}'
        | '\u{2e3b}'
        | '\u{2d7}'
        | '\u{301c}'
        | '\u{10ead}'
        | '\u{fe31}'
        | '\u{fe32}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => Folded::Ascii(Ascii::one(b'-')),
        // The full stops that IDNA takes for one, and dots in the middle of the line: `0812·3456·7890`.
        '\u{3002}' | '\u{ff61}' | '\u{b7}' | '\u{2219}' | '\u{22c5}' => Folded::Ascii(Ascii::one(b'.')),
        _ if c.is_whitespace() => Folded::Ascii(Ascii::one(b' ')),
        _ if is_invisible(c) => Folded::Gone,
        _ => {
            let digit = digit(c).map(|digit| b'0' + digit).or_else(|| enclosed(c));
            digit.map_or_else(|| fold_compatible(c), |ascii| Folded::Ascii(Ascii::one(ascii)))
        }
    }
}

/// NFKC, where it is ASCII. (Of what decomposes to ASCII alone nothing composes again, so NFKD is the same.)
fn fold_compatible(c: char) -> Folded {
    let (mut ascii, mut is_ascii) = (Ascii::default(), true);
    decompose_compatible(c, |part| match u8::try_from(part) {
        Ok(byte) if byte.is_ascii() => ascii.push(byte),
        _ => is_ascii = false,
    });
    if is_ascii && ascii.len <= Ascii::MAX { Folded::Ascii(ascii) } else { Folded::Same }
}

/// The digit or letter in a circle or square that has no compatibility decomposition.
fn enclosed(c: char) -> Option<u8> {
    let from = |first: char, ascii: u8| Some(ascii + (u32::from(c) - u32::from(first)) as u8);
    match c {
        '❶'..='❾' => from('❶', b'1'),
        '➀'..='➈' => from('➀', b'1'),
        '➊'..='➒' => from('➊', b'1'),
        '⓵'..='⓽' => from('⓵', b'1'),
        '⓿' | '\u{1f10b}' | '\u{1f10c}' => Some(b'0'),
        '\u{1f150}'..='\u{1f169}' => from('\u{1f150}', b'A'),
        '\u{1f170}'..='\u{1f189}' => from('\u{1f170}', b'A'),
        _ => None,
    }
}

fn is_invisible(c: char) -> bool {
    let code = u32::from(c);
    let i = INVISIBLE.partition_point(|&(_, last)| last < code);
    INVISIBLE.get(i).is_some_and(|&(first, _)| first <= code)
}

/// First and last of the ranges of Cf and Default_Ignorable_Code_Point. Source: Unicode 16.
static INVISIBLE: [(u32, u32); 25] = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
];

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;
    use crate::decode::View;

    fn folded(raw: &str) -> String {
        let mut view = View::new();
        view.load(raw, 0);
        view.fold_unicode();
        view.text().to_owned()
    }

    #[test]
    fn digits_of_any_script_are_ascii() {
        assert_eq!(folded("٠٩ ۰۹ ０９ 𝟎𝟗 𝟶𝟿 ०९ ᠐᠙ 𞥐𞥙 ⁰⁹ ①⑨"), "09 09 09 09 09 09 09 09 09 19");
    }

    #[test]
    fn signs_letters_spaces_and_dashes_that_look_like_ascii_are() {
        assert_eq!(folded("ａ＠ｂ．ｃ﹫ａ。ｂ｡ｃ"), "a@b.c@a.b.c");
        assert_eq!(folded("1\u{a0}2\u{202f}3\u{3000}4"), "1 2 3 4");
        assert_eq!(folded("1‐2‑3‒4–5—6―7−8﹣9－0"), "1-2-3-4-5-6-7-8-9-0");
        assert_eq!(folded("ﬁ ⒇ ㎏"), "fi (20) kg");
    }

    #[test]
    fn what_cannot_be_seen_is_swallowed() {
        assert_eq!(folded("\u{feff}4\u{ad}1\u{200b}1\u{200d}1\u{2060}1\u{202e}1\u{fe0f}"), "411111");
    }

    #[test]
    fn marks_go_from_digits_and_signs_and_join_letters() {
        assert_eq!(folded("4\u{336}1\u{336}1\u{fe0f}\u{20e3}1\u{332} @\u{332}"), "4111 @");
        assert_eq!(folded("jose\u{301} q\u{332}x a\u{30a}\u{332}"), "josé qx å");
    }

    #[test]
    fn circles_and_squares_show_what_is_in_them() {
        assert_eq!(folded("❶➁➌⓸⓿ 🅐🅱🄲"), "12340 ABC");
    }

    #[test]
    fn tags_in_a_row_are_read_and_single_ones_are_swallowed() {
        let tags =
            |text: &str| -> String { text.bytes().filter_map(|b| char::from_u32(0xe0000 + u32::from(b))).collect() };
        assert_eq!(folded(&format!("x {} y", tags("a@b.dk"))), "x a@b.dk y");
        assert_eq!(folded(&format!("41{}11", tags("9"))), "4111");
    }

    #[test]
    fn spelling_stays() {
        for text in ["Søren Ærø, Åse", "Жанна а@ь", "naïve ½ ×", "東京", "हिन्दी", "😀"] {
            assert_eq!(folded(text), text);
        }
    }

    #[test]
    fn every_character_folds_to_its_nfkc_where_that_is_ascii() {
        for c in ('\u{80}'..=char::MAX).filter(|&c| !is_invisible(c) && !c.is_whitespace()) {
            let expected: String = c.nfkc().collect();
            if expected.is_ascii() {
                assert_eq!(folded(&c.to_string()), expected, "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(INVISIBLE.is_sorted());
    }
}
