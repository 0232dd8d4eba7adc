//! Phone numbers: every spelling of one number gives its E.164 form.

use std::fmt;

use super::text::with_ascii;

/// A country whose local spellings are understood, by its ISO 3166 code in the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    /// Indonesia, +62.
    Id,
    /// Denmark, +45.
    Dk,
    /// Singapore, +65.
    Sg,
    /// Malaysia, +60.
    My,
    /// United States and the rest of the North American plan, +1.
    Us,
    /// United Kingdom, +44.
    Gb,
}

impl Region {
    /// All of them.
    pub const ALL: [Region; 6] = [Region::Id, Region::Dk, Region::Sg, Region::My, Region::Us, Region::Gb];

    /// The region of an ISO 3166 code in any case; `UK` stands for `GB`.
    pub fn parse(code: &str) -> Option<Region> {
        if code.eq_ignore_ascii_case("UK") {
            return Some(Region::Gb);
        }
        Region::ALL.into_iter().find(|region| region.code().eq_ignore_ascii_case(code))
    }

    /// The ISO 3166 code.
    pub const fn code(self) -> &'static str {
        match self {
            Region::Id => "ID",
            Region::Dk => "DK",
            Region::Sg => "SG",
            Region::My => "MY",
            Region::Us => "US",
            Region::Gb => "GB",
        }
    }

    const fn calling_code(self) -> u16 {
        match self {
            Region::Id => 62,
            Region::Dk => 45,
            Region::Sg => 65,
            Region::My => 60,
            Region::Us => 1,
            Region::Gb => 44,
        }
    }

    const fn has_trunk_zero(self) -> bool {
        matches!(self, Region::Id | Region::My | Region::Gb)
    }
}

/// A phone number in E.164: `+`, country calling code, national number. `Debug` prints its length only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct E164 {
    /// `+` and up to 15 digits, then zeros.
    bytes: [u8; 16],
    len: u8,
}

impl E164 {
    /// The number as text: `+6281234567890`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("a plus sign and ASCII digits")
    }

    fn new(calling_code: u16, national: &[u8]) -> Option<E164> {
        let mut number = E164 { bytes: [0; 16], len: 0 };
        number.push(b'+')?;
        for unit in [100, 10, 1] {
            if calling_code >= unit {
                number.push(b'0' + (calling_code / unit % 10) as u8)?;
            }
        }
        for &digit in national {
            number.push(digit)?;
        }
        Some(number)
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(usize::from(self.len))? = byte;
        self.len += 1;
        Some(())
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164({} digits)", self.len.saturating_sub(1))
    }
}

/// How a number was spelled: how sure it is that a bare run of digits is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// Local, of a land line: `0215551234`.
    LocalFixed,
    /// Local, of a mobile: `0812 3456 7890`; or with a calling code that lacks its `+`: `6281234567890`.
    LocalMobile,
    /// With `+` or `00`.
    International,
}

/// The number that `text` spells, in E.164.
///
/// Takes `+` or `00` with any country calling code of ITU-T E.164, and the local spellings of `regions`, the first
/// that fits (mobiles of any region before land lines). Signs between digits: space, `-`, `.`, `/`, `_`, `(`, `)`. An extension
/// (`x123`, `ext. 123`, `lok. 12`) may follow; E.164 has none, so it is left out: two extensions of a number are that number. The whole text must be the number. Does not
/// allocate.
pub fn parse(text: &str, regions: &[Region]) -> Option<E164> {
    parse_spelling(text, regions).map(|(number, _)| number)
}

/// Appends the number that `text` spells, in E.164; of a number of no known plan its digits. A link (`tel:`, `wa.me/`) is
/// read like the number in it. False, and nothing appended, when there are fewer than seven digits or other signs.
pub fn write(text: &str, regions: &[Region], out: &mut Vec<u8>) -> bool {
    let text = without_link(text);
    if let Some(number) = parse(text, regions) {
        out.extend_from_slice(number.as_str().as_bytes());
        return true;
    }
    let read = |text: &str| Digits::read(without_extension(text.as_bytes())).filter(|d| d.len >= 7 && !d.is_date());
    let plain = |digits: Digits| {
        // `+0812…` is the number without its `+`.
        let bare = std::str::from_utf8(digits.as_slice()).ok().and_then(|text| parse(text, regions));
        match bare.or_else(|| without_its_zero(digits.as_slice(), regions)) {
            Some(number) => out.extend_from_slice(number.as_str().as_bytes()),
            None => out.extend_from_slice(digits.as_slice()),
        }
    };
    with_ascii(text, |text| read(text).map(plain)).is_some()
}

/// A mobile number whose trunk `0` a JSON number has lost: `81234567890`.
fn without_its_zero(digits: &[u8], regions: &[Region]) -> Option<E164> {
    let mobile = |region: &Region| match in_plan(*region, digits) {
        Some((number, Line::Mobile)) if region.has_trunk_zero() => Some(number),
        _ => None,
    };
    regions.iter().find_map(mobile)
}

/// What stands behind `tel:`, `sms:`, `https://wa.me/` and the like, up to its parameters.
fn without_link(text: &str) -> &str {
    const LINKS: [&str; 6] = ["tel:", "sms:", "wa:", "wa.me/", "send?phone=", "callto:"];
    let text = text.trim();
    if !text.contains([':', '/', '=']) {
        return text;
    }
    let link = LINKS.iter().find_map(|link| text.find(link).map(|found| found + link.len()));
    link.map_or(text, |at| text[at..].split(['?', '&', ';', '#']).next().unwrap_or_default())
}

/// As [`parse`], and how the number was spelled.
pub fn parse_spelling(text: &str, regions: &[Region]) -> Option<(E164, Spelling)> {
    with_ascii(text, |text| {
        let digits = Digits::read(without_extension(text.as_bytes()))?;
        if digits.plus {
            return Some((international(digits.as_slice())?, Spelling::International));
        }
        if let Some(rest) = digits.as_slice().strip_prefix(b"00") {
            return Some((international(rest)?, Spelling::International));
        }
        if digits.is_date() {
            return None;
        }
        local(digits.as_slice(), regions)
    })
}

/// Lengths of national numbers (shortest, longest) and the country calling codes they hold for. Codes: ITU-T E.164
/// list of assigned codes; lengths: fixed, mobile, nomadic and personal numbers as in libphonenumber 9.0.43, cut to
/// the 15 digits of E.164. Countries of [`Region`] are not here: their number plans say more.
const LENGTHS: &[(u8, u8, &[u16])] = &[
    (4, 5, &[290]),
    (4, 7, &[683, 690]),
    (4, 11, &[352]),
    (4, 13, &[43]),
    (5, 5, &[247, 500, 682]),
    (5, 7, &[676, 677, 678, 688]),
    (5, 8, &[686]),
    (5, 9, &[27]),
    (5, 10, &[358, 685]),
    (5, 11, &[82]),
    (5, 13, &[49]),
    (6, 6, &[298, 299, 672, 681, 687]),
    (6, 7, &[597]),
    (6, 9, &[40, 252, 359, 376, 421, 508]),
    (6, 10, &[53, 63, 95, 98, 880]),
    (6, 12, &[39]),
    (7, 7, &[238, 239, 246, 248, 269, 291, 297, 501, 592, 673, 674, 679, 680, 691, 692, 960]),
    (7, 8, &[230, 241, 267, 372, 507, 599, 670, 675, 961, 975]),
    (7, 9, &[46, 48, 220, 231, 245, 254, 265, 354, 423, 595, 967]),
    (7, 10, &[243, 353]),
    (7, 11, &[86]),
    (7, 12, &[381, 882]),
    (
        8,
        8,
        &[
            47, 216, 222, 223, 226, 227, 228, 232, 235, 236, 253, 257, 266, 268, 350, 356, 357, 370, 371, 373, 374,
            382, 386, 389, 502, 503, 504, 505, 506, 509, 591, 598, 689, 852, 853, 965, 968, 973, 974, 993,
        ],
    ),
    (8, 9, &[32, 36, 51, 66, 213, 224, 250, 258, 264, 355, 377, 385, 387, 593, 855, 962, 963, 970, 971]),
    (8, 10, &[20, 57, 64, 378, 850, 856, 964, 976, 977]),
    (8, 11, &[886]),
    (8, 12, &[383, 883, 972]),
    (
        9,
        9,
        &[
            33, 34, 41, 56, 61, 93, 94, 211, 212, 218, 221, 233, 237, 240, 242, 244, 249, 251, 255, 256, 260, 261, 262,
            351, 375, 380, 420, 590, 594, 596, 966, 992, 994, 995, 996, 998,
        ],
    ),
    (9, 10, &[81, 84, 92, 263, 881]),
    (9, 11, &[31]),
    (9, 12, &[870]),
    (10, 10, &[7, 30, 52, 58, 90, 91, 225, 229, 234]),
    (10, 11, &[54, 55]),
    (12, 12, &[878]),
];

/// Countries whose national numbers may begin with 0: Italy, Côte d'Ivoire, Benin, Gabon, Congo, San Marino.
/// Everywhere else a 0 after the calling code is the trunk prefix, as in `+44 (0)20 …`, and goes.
const LEADING_ZERO: [u16; 6] = [39, 225, 229, 241, 242, 378];

/// (shortest, longest) by calling code; (0, 0) for codes that are not assigned. No code begins another.
static LENGTHS_OF: [(u8, u8); 1000] = {
    let mut table = [(0, 0); 1000];
    let mut row = 0;
    while row < LENGTHS.len() {
        let (min, max, codes) = LENGTHS[row];
        let mut i = 0;
        while i < codes.len() {
            table[codes[i] as usize] = (min, max);
            i += 1;
        }
        row += 1;
    }
    table
};

/// Words before an extension, in English, Danish and Indonesian.
const EXTENSIONS: [&str; 11] =
    ["x", "ext", "exts", "extn", "extension", "ekst", "lok", "lokal", "lokalnr", "lokalnummer", "loknr"];

/// Most digits of an extension.
const EXTENSION_DIGITS_MAX: usize = 6;

fn is_extension_word(word: &[u8]) -> bool {
    EXTENSIONS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Length of the extension that follows a number at the beginning of `text`: `x11144`, ` ext. 818`, `, lok. 12`, ` (ext 7)`.
pub fn extension(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let count = |from: usize, most: usize, is: fn(&u8) -> bool| {
        bytes.get(from..).unwrap_or_default().iter().take(most).take_while(|b| is(b)).count()
    };
    let word = count(0, 3, |b| b" ,;(-".contains(b));
    let signs = word + count(word, 12, u8::is_ascii_alphabetic);
    if !is_extension_word(&bytes[word..signs]) {
        return None;
    }
    let start = signs + count(signs, 3, |b| b" .:=".contains(b));
    let end = start + count(start, EXTENSION_DIGITS_MAX + 1, u8::is_ascii_digit);
    // `x 12` is how often, `ext4` a file system; and what goes on is another number: `ext 818-555-1234`, `x2.5`.
    let digits_min = if signs - word == 1 { 3 } else { 2 };
    let goes_on = match bytes.get(end..).unwrap_or_default() {
        [b'.' | b',' | b'-' | b'/' | b':', b'0'..=b'9', ..] => true,
        [b'_' | b'@' | 0x80.., ..] => true,
        [next, ..] => next.is_ascii_alphanumeric(),
        [] => false,
    };
    if !(digits_min..=EXTENSION_DIGITS_MAX).contains(&(end - start)) || goes_on {
        return None;
    }
    let closed = bytes[..word].contains(&b'(') && bytes.get(end) == Some(&b')');
    Some(end + usize::from(closed))
}

/// `text` without the extension at its end.
fn without_extension(text: &[u8]) -> &[u8] {
    let inner = text.strip_suffix(b")").unwrap_or(text);
    let digits = inner.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=EXTENSION_DIGITS_MAX).contains(&digits) {
        return text;
    }
    let signs = |text: &[u8], signs: &[u8]| text.iter().rev().take_while(|b| signs.contains(b)).count();
    let rest = &inner[..inner.len() - digits];
    let rest = &rest[..rest.len() - signs(rest, b" .:=\t")];
    let word = rest.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    let (number, word) = rest.split_at(rest.len() - word);
    if is_extension_word(word) { &number[..number.len() - signs(number, b" ,;(-\t")] } else { text }
}

/// The digits of a text that holds nothing but digits, the signs between them, and a leading `+`.
#[derive(Default)]
struct Digits {
    digits: [u8; 20],
    len: usize,
    plus: bool,
    /// Digits in each of the first four groups.
    groups: [u8; 4],
    group_count: usize,
    /// The first sign between digits, and whether another kind of sign follows.
    sign: Option<u8>,
    mixed: bool,
}

impl Digits {
    fn read(text: &[u8]) -> Option<Digits> {
        let (mut read, mut in_group) = (Digits::default(), false);
        for &b in text {
            match b {
                b'0'..=b'9' => {
                    *read.digits.get_mut(read.len)? = b;
                    read.len += 1;
                    read.group_count += usize::from(!in_group);
                    in_group = true;
                    if let Some(group) = read.groups.get_mut(read.group_count - 1) {
                        *group += 1;
                    }
                }
                b'+' if read.len == 0 && !read.plus => read.plus = true,
                b' ' | b'-' | b'.' | b'(' | b')' | b'_' | b'/' => {
                    read.mixed |= *read.sign.get_or_insert(b) != b;
                    in_group = false;
                }
                _ => return None,
            }
        }
        let first = *text.first()?;
        let framed = (first.is_ascii_digit() || matches!(first, b'+' | b'(')) && in_group;
        framed.then_some(read)
    }

    fn as_slice(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// Grouped as a date: `2000-04-16`, `16.04.2000`, `16/04/2000`.
    fn is_date(&self) -> bool {
        self.group_count == 3
            && !self.mixed
            && matches!(self.sign, Some(b'-' | b'.' | b'/'))
            && matches!(self.groups, [4, 2, 2, 0] | [2, 2, 4, 0])
    }
}

/// The number after `+` or `00`.
fn international(digits: &[u8]) -> Option<E164> {
    let mut code = 0u16;
    for (at, &digit) in digits.iter().enumerate().take(3) {
        code = code * 10 + u16::from(digit - b'0');
        if code == 0 {
            return None;
        }
        let rest = &digits[at + 1..];
        if let Some(region) = Region::ALL.into_iter().find(|region| region.calling_code() == code) {
            return in_plan(region, without_trunk_zero(code, rest)).map(|(number, _)| number);
        }
        let (min, max) = LENGTHS_OF[usize::from(code)];
        if max > 0 {
            let national = without_trunk_zero(code, rest);
            // The trunk prefix is one zero: with a second one it is no number.
            let begins = !national.starts_with(b"0") || LEADING_ZERO.contains(&code);
            let fits = (usize::from(min)..=usize::from(max)).contains(&national.len());
            return if begins && fits { E164::new(code, national) } else { None };
        }
    }
    None
}

fn without_trunk_zero(code: u16, national: &[u8]) -> &[u8] {
    if LEADING_ZERO.contains(&code) { national } else { national.strip_prefix(b"0").unwrap_or(national) }
}

/// A number without `+`: mobiles of any region first, so that a land line of one does not hide a mobile of the next.
fn local(digits: &[u8], regions: &[Region]) -> Option<(E164, Spelling)> {
    let mut fixed = None;
    for &region in regions {
        match in_plan_locally(region, digits) {
            Some((number, Line::Mobile)) => return Some((number, Spelling::LocalMobile)),
            Some((number, Line::Fixed)) => fixed = fixed.or(Some((number, Spelling::LocalFixed))),
            None => {}
        }
    }
    fixed
}

fn in_plan_locally(region: Region, digits: &[u8]) -> Option<(E164, Line)> {
    if region.has_trunk_zero() {
        if let Some(national) = digits.strip_prefix(b"0") {
            return in_plan(region, national);
        }
    } else if let Some(found) = in_plan(region, digits) {
        return Some(found);
    }
    // The calling code without its plus sign, as in links and number fields; land lines are not spelled so.
    let mut code = E164::new(region.calling_code(), b"")?;
    code.bytes.copy_within(1.., 0);
    let national = digits.strip_prefix(&code.bytes[..usize::from(code.len) - 1])?;
    in_plan(region, national).map(|(number, _)| (number, Line::Mobile))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Mobile,
    Fixed,
}

/// Checks a national number, without trunk prefix, against its region's plan.
fn in_plan(region: Region, national: &[u8]) -> Option<(E164, Line)> {
    let line = line(region, national)?;
    Some((E164::new(region.calling_code(), national)?, line))
}

/// What a national number reaches, by the number plan: Kominfo (ID), SDFI (DK), IMDA (SG), MCMC (MY), NANPA (US),
/// Ofcom (GB). Where a plan draws no line between mobile and fixed (DK, US), everything counts as mobile.
fn line(region: Region, national: &[u8]) -> Option<Line> {
    let (&first, len) = (national.first()?, national.len());
    let line = match region {
        Region::Id => match first {
            b'8' if (9..=12).contains(&len) && !matches!(national[1], b'0' | b'4') => Line::Mobile,
            b'2'..=b'7' | b'9' if (8..=11).contains(&len) => Line::Fixed,
            _ => return None,
        },
        Region::Dk => match first {
            b'2'..=b'9' if len == 8 => Line::Mobile,
            _ => return None,
        },
        Region::Sg => match first {
            b'8' | b'9' if len == 8 => Line::Mobile,
            b'3' | b'6' if len == 8 => Line::Fixed,
            _ => return None,
        },
        Region::My => match first {
            b'1' if (9..=10).contains(&len) => Line::Mobile,
            b'3' if len == 9 => Line::Fixed,
            b'4'..=b'9' if len == 8 => Line::Fixed,
            _ => return None,
        },
        // Area and exchange codes begin with 2–9; N11 are service codes and N9X is kept for expansion.
        Region::Us => {
            let area = len == 10 && first >= b'2' && national[1] != b'9' && national[1..3] != *b"11";
            (area && national[3] >= b'2' && national[4..6] != *b"11").then_some(Line::Mobile)?
        }
        Region::Gb => match first {
            b'7' if len == 10 && !matches!(national[1], b'0' | b'6') => Line::Mobile,
            b'1' if (9..=10).contains(&len) => Line::Fixed,
            b'2' | b'3' | b'5' | b'7'..=b'9' if len == 10 => Line::Fixed,
            _ => return None,
        },
    };
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str, regions: &[Region]) -> Option<String> {
        parse(text, regions).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn what_is_written_is_its_own_canonical_form() {
        for (text, wanted) in
            [("+081234567890", "+6281234567890"), ("1234567", "1234567"), ("+62 812-3456-7890", "+6281234567890")]
        {
            let (mut once, mut twice) = (Vec::new(), Vec::new());
            assert!(write(text, &Region::ALL, &mut once), "{text}");
            let once = String::from_utf8(once).expect("ASCII");
            assert!(write(&once, &Region::ALL, &mut twice) && once.as_bytes() == twice, "{text}: {once}");
            assert_eq!(once, wanted);
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_one_number() {
        use Region::*;
        let table: [(&str, &[Region], &[&str]); 7] = [
            (
                "+6281234567890",
                &[Id],
                &[
                    "+6281234567890",
                    "+62 812 3456 7890",
                    "+62 812-3456-7890",
                    "+62 (0)812 3456 7890",
                    "(+62) 812 3456 7890",
                    "0062 812 3456 7890",
                    "0812-3456-7890",
                    "0812 3456 7890",
                    "081234567890",
                    "6281234567890",
                    "62 812 3456 7890",
                    "+٦٢٨١٢٣٤٥٦٧٨٩٠",
                    "＋６２８１２３４５６７８９０",
                    "0812\u{2011}3456\u{2013}7890",
                    "0812\u{a0}3456\u{200b}7890",
                    " 0812.3456.7890 ",
                ],
            ),
            ("+4523237585", &[Dk], &["+45 23 23 75 85", "004523237585", "23 23 75 85", "23237585", "4523237585"]),
            ("+6591234567", &[Sg], &["+65 9123 4567", "9123 4567", "91234567", "6591234567"]),
            ("+60123456789", &[My], &["+60 12-345 6789", "012-345 6789", "60123456789"]),
            (
                "+14155552671",
                &[Us],
                &[
                    "+1 (415) 555-2671",
                    "(415) 555-2671",
                    "001-415-555-2671x12345",
                    "415.555.2671",
                    "1-415-555-2671",
                    "(415)555-2671x123",
                    "415 555 2671 ext. 17",
                    "415 555 2671 extension 17",
                    "(415) 555-2671, lok. 12",
                    "415-555-2671 (ext: 818)",
                ],
            ),
            ("+447911123456", &[Gb], &["+44 7911 123456", "07911 123456", "447911123456", "+44 (0)7911 123456"]),
            ("+390612345678", &[], &["+39 06 1234 5678", "00390612345678"]),
        ];
        for (expected, regions, spellings) in table {
            for text in spellings {
                assert_eq!(number(text, regions).as_deref(), Some(expected), "{text}");
            }
        }
    }

    #[test]
    fn an_extension_ends_with_its_digits() {
        for (text, len) in [
            ("x11144", 6),
            ("x11144 please", 6),
            (" ext 818", 8),
            (" ext. 818.", 9),
            ("ext818", 6),
            (" X818", 5),
            (" x 818", 6),
            (", ext: 818", 10),
            (";ext=818", 8),
            (" (ext. 818) now", 11),
            (" lok. 12", 8),
            (" lokal 12", 9),
            (", lokalnr. 12", 13),
        ] {
            assert_eq!(extension(text), Some(len), "{text}");
        }
        for text in [
            "",
            " x",
            " x 3",
            " x12 pcs",
            "ext4.jpg",
            " eks. 500",
            " ext",
            " ext 818-555-1234",
            " x2.5",
            " x2y",
            " next 818",
            " exact 12",
            " lokale 12",
            " ext 1234567",
            " 12",
        ] {
            assert_eq!(extension(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "00",
            "+0",
            "+999123456789",
            "+62",
            "+62812",
            "+628123456789012",
            "+4512345678",
            "+452323758",
            "+53 00 53053",
            "00530053053",
            "+1 115 555 2671",
            "+1 411 555 2671",
            "+1 415 155 2671",
            "2000-04-16",
            "16.04.2000",
            "0812 3456 789x",
            "+62 804 123 4567",
            "+62 801 123 4567",
            "x123",
            "081234567890x1234567",
            "081234567890y12",
            "+62++81234567890",
            "081234567890-",
            "-081234567890",
            "12345678",
            "08",
            "1700000000123",
            "25/12/2024",
        ] {
            assert_eq!(number(text, &Region::ALL), None, "{text}");
        }
        assert_eq!(number("081234567890", &[]), None, "a local spelling needs its region");
        assert_eq!(number("23237585", &[Region::Us]), None);
    }

    #[test]
    fn a_mobile_of_any_region_goes_before_a_land_line() {
        assert_eq!(number("07211 123456", &[Region::Id, Region::Gb]).as_deref(), Some("+447211123456"));
        assert_eq!(number("021 5551234", &[Region::Id, Region::Gb]).as_deref(), Some("+62215551234"));
        assert_eq!(number("91234567", &[Region::Dk, Region::Sg]).as_deref(), Some("+4591234567"), "the first region");
        assert_eq!(parse_spelling("021 5551234", &[Region::Id]).map(|found| found.1), Some(Spelling::LocalFixed));
        assert_eq!(parse_spelling("081234567890", &[Region::Id]).map(|found| found.1), Some(Spelling::LocalMobile));
        assert_eq!(parse_spelling("+6281234567890", &[]).map(|found| found.1), Some(Spelling::International));
    }

    #[test]
    fn no_calling_code_begins_another() {
        let mut codes: Vec<String> = LENGTHS.iter().flat_map(|(_, _, codes)| *codes).map(u16::to_string).collect();
        codes.extend(Region::ALL.map(|region| region.calling_code().to_string()));
        for a in &codes {
            let begun = codes.iter().filter(|b| b.starts_with(a.as_str())).count();
            assert_eq!(begun, 1, "{a}");
        }
    }

    #[test]
    fn a_region_has_two_letters() {
        assert_eq!(Region::parse("id"), Some(Region::Id));
        assert_eq!(Region::parse("UK"), Some(Region::Gb));
        assert_eq!(Region::parse("XX"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn signs_between_digits_change_nothing(
            digits in "8[1-35-9][0-9]{8,9}", signs in proptest::collection::vec("[ .()-]{0,2}", 13)
        ) {
            let mut text = String::from("+62");
            for (digit, sign) in digits.chars().zip(&signs) {
                text.push_str(sign);
                text.push(digit);
            }
            let plain = number(&format!("0{digits}"), &[Region::Id]);
            prop_assert!(plain.is_some());
            prop_assert_eq!(number(&text, &[Region::Id]), plain);
        }

        #[test]
        fn a_number_is_read_as_itself(text in "[+0-9 ().-]{0,22}") {
            if let Some(found) = parse(&text, &Region::ALL) {
                prop_assert_eq!(parse(found.as_str(), &[]), Some(found));
            }
        }

        #[test]
        fn an_extension_that_is_found_is_left_out(behind in "[ ,;(-]{0,3}(x|X|ext|Lok|lokal)[ .:=]{0,3}[0-9]{1,6}\\)?") {
            if let Some(len) = extension(&behind) {
                let text = format!("+14155552671{}", &behind[..len]);
                prop_assert_eq!(number(&text, &[]), Some("+14155552671".to_owned()));
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = (parse(&text, &Region::ALL), extension(&text));
        }
    }
}
