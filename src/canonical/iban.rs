//! International bank account numbers (ISO 13616).

use super::text::with_ascii;

/// Lengths and the countries whose IBANs have them: SWIFT IBAN registry, compared with the copies in python-stdnum
/// (`iban.dat`) and php-iban (`registry.txt`, 2025-12); and countries outside of the registry whose banks print IBANs
/// (Algeria, Angola, Iran, Morocco, the CFA countries …), as php-iban and the ECBS's list of partial users have them.
const LENGTHS: &[(u8, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "AO CV GW LY MZ PT ST"),
    (26, "DZ IR IS TR"),
    (27, "BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD"),
    (28, "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

/// Length of the IBANs of a country, its code in any case; `None` for a country without IBANs.
pub fn length_of(country: [u8; 2]) -> Option<usize> {
    let [first, second] = country.map(|b| (b.to_ascii_uppercase().wrapping_sub(b'A')) as usize);
    let len = *BY_COUNTRY.get(first)?.get(second)?;
    (len > 0).then_some(usize::from(len))
}

/// [`LENGTHS`] by the letters of the country; 0: it has none.
static BY_COUNTRY: [[u8; 26]; 26] = {
    let mut table = [[0; 26]; 26];
    let mut row = 0;
    while row < LENGTHS.len() {
        let (len, countries) = (LENGTHS[row].0, LENGTHS[row].1.as_bytes());
        let mut at = 0;
        while at + 1 < countries.len() {
            table[(countries[at] - b'A') as usize][(countries[at + 1] - b'A') as usize] = len;
            at += "DK ".len();
        }
        row += 1;
    }
    table
};

/// An IBAN in capitals without white space. Holds an account number, so it has no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Iban {
    bytes: [u8; Iban::MAX_LEN],
    len: u8,
}

impl Iban {
    /// Longest IBAN of the standard.
    pub const MAX_LEN: usize = 34;

    /// The IBAN as text: `DK5000400440116243`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("ASCII letters and digits")
    }

    /// Whether its country has IBANs of its length and its check digits (modulo 97) are right.
    pub fn is_valid(&self) -> bool {
        let text = self.as_str().as_bytes();
        length_of([text[0], text[1]]) == Some(text.len()) && remainder_97(text) == 1
    }
}

/// The IBAN that `text` spells in any case, with spaces, dashes or dots. Only the shape is checked (country, two check
/// digits, 11 to 30 letters and digits), so that a field's mistyped account still joins; see [`Iban::is_valid`].
pub fn parse(text: &str) -> Option<Iban> {
    with_ascii(text, |text| {
        let mut iban = Iban { bytes: [0; Iban::MAX_LEN], len: 0 };
        for b in text.bytes() {
            match b {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    *iban.bytes.get_mut(usize::from(iban.len))? = b.to_ascii_uppercase();
                    iban.len += 1;
                }
                b' ' | b'-' | b'.' | b'\t' => {}
                _ => return None,
            }
        }
        let shape = iban.len >= 15
            && iban.bytes[..2].iter().all(u8::is_ascii_uppercase)
            && iban.bytes[2..4].iter().all(u8::is_ascii_digit);
        shape.then_some(iban)
    })
}

/// ISO 7064 MOD 97-10 over the IBAN with its first four characters moved to the end, letters as 10 to 35.
fn remainder_97(text: &[u8]) -> u32 {
    text[4..].iter().chain(&text[..4]).fold(0, |sum, &b| match b {
        b'0'..=b'9' => (sum * 10 + u32::from(b - b'0')) % 97,
        _ => (sum * 100 + u32::from(b - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_iban_is_one_iban() {
        for text in [
            "DK5000400440116243",
            "DK50 0040 0440 1162 43",
            "dk50 0040 0440 1162 43",
            "DK50-0040-0440-1162-43",
            "DK50.0040.0440.1162.43",
            "ＤＫ50\u{a0}0040\u{200b}0440 1162 43",
        ] {
            let iban = parse(text).expect(text);
            assert_eq!(iban.as_str(), "DK5000400440116243");
            assert!(iban.is_valid());
        }
    }

    #[test]
    fn check_digits_and_length_decide_what_is_valid() {
        for text in
            ["GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"]
        {
            assert!(parse(text).is_some_and(|iban| iban.is_valid()), "{text}");
        }
        for text in ["DK5100400440116243", "DK500040044011624", "XX5000400440116243", "DE89370400440532013001"] {
            assert!(parse(text).is_some_and(|iban| !iban.is_valid()), "{text}");
        }
    }

    #[test]
    fn a_country_without_ibans_has_no_valid_one() {
        let of = |country: &str, check: u8| parse(&format!("{country}{check:02}00400440116243")).expect("a shape");
        let valid = |country| (2..99).filter(|&check| of(country, check).is_valid()).count();
        assert_eq!((valid("DK"), valid("XX"), valid("GB")), (1, 0, 0));
    }

    #[test]
    fn what_has_no_shape_is_refused() {
        for text in
            ["", "DK50", "5000400440116243DK", "DKA000400440116243", "DK5000400440116243!", "DK50*0040044011624"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&"DK50".repeat(9)).is_none(), "36 characters");
    }
}
