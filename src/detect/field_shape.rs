//! What a value of a field looks like whose name says what it is. A name is a guess: `address` may be of memory, `token`
//! a currency, `name` that of an event. What does not look like a value is searched as any text.

use std::sync::LazyLock;

use super::anchored::is_key_like;
use super::anchored::words::{Case, Words, is_in, name_at};
use super::dismissal::is_time;

/// The shapes by the names that entity files call them.
pub(super) const NAMES: &[(&str, Shape)] = &[
    ("name", Shape::Name),
    ("full_name", Shape::FullName),
    ("address", Shape::Address),
    ("code", Shape::Code),
    ("secret", Shape::Secret),
    ("key", Shape::Key),
    ("id", Shape::Id),
    ("picture", Shape::Picture),
    ("date", Shape::Date),
    ("card_code", Shape::CardCode),
    ("link", Shape::Link),
    ("mobile", Shape::Mobile),
    ("place", Shape::Place),
    ("seed_phrase", Shape::SeedPhrase),
    ("addressee", Shape::Addressee),
    ("plate", Shape::Plate),
    ("short_code", Shape::ShortCode),
    ("handle", Shape::Handle),
];

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A person's name: letters, and no sign of an identifier.
    Name,
    /// A person's name of two words or more, each with a capital, and none of them a common one.
    FullName,
    /// A place where mail arrives; no address of memory, of a network, of a page.
    Address,
    /// Has a digit.
    Code,
    /// Anything but words such as `required`.
    Secret,
    /// Long or random.
    Key,
    /// One word with a digit, or a long one: `d-7fa9c3`, and not `Samsung A52`.
    Id,
    /// Bytes in base64, a link or the name of a file; not `approved`.
    Picture,
    /// A day on which somebody may have been born, perhaps behind a place: `Semarang, 9 Desember 1985`.
    Date,
    /// Three or four digits and nothing else, as a card's verification code has.
    CardCode,
    /// Where something is kept, or its bytes: `https://…`, `s3://…`, `data:image/…`.
    Link,
    /// A mobile number of Indonesia, and no sum: `0812…`, `62812…`, `812…`.
    Mobile,
    /// Anything but how long something took: of a latency the name is `lat`, too.
    Place,
    /// Words that open a wallet: 12, 15, 18, 21 or 24 of three to eight small letters, as BIP 39 has them.
    SeedPhrase,
    /// Somebody's name in full, or several parts of an address, a number among them.
    Addressee,
    /// A vehicle's number plate: a digit, and few letters and digits beside.
    Plate,
    /// Four to eight digits and nothing else, but a sign in their middle.
    ShortCode,
    /// What somebody may be called in a system: anything but a regular expression of what that may be.
    Handle,
}

/// Words of companies and of software: who has such a name is nobody.
static NOBODY: LazyLock<Words> = LazyLock::new(|| {
    "corp corporation holding holdings technologies industries mobile desktop browser chrome chromium safari firefox edge webview \
    android iphone ipad ios windows linux macos driver server api sdk http https jdbc odbc postgresql postgres mysql mongodb redis \
    kafka nvidia realtek microsoft package task queue"
    .split_ascii_whitespace()
    .collect()
});

/// Words that say that there is no value, or that there is one.
const NO_VALUES: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "ok",
    "null",
    "none",
    "nil",
    "n/a",
    "na",
    "-",
    "unknown",
    "undefined",
    "empty",
    "missing",
    "required",
    "optional",
    "set",
    "unset",
    "not set",
    "hidden",
    "valid",
    "invalid",
    "enabled",
    "disabled",
    "ya",
    "tidak",
    "kosong",
    "tidak ada",
    "belum diisi",
    "ja",
    "nej",
    "ukendt",
    "ingen",
    "ikke oplyst",
    "expired",
    "changed",
    "verified",
    "unverified",
    "pending",
    "failed",
    "success",
    "active",
    "inactive",
];

/// Bytes of the longest of them.
const NO_VALUE_BYTES_MAX: usize = {
    let (mut most, mut i) = (0, 0);
    while i < NO_VALUES.len() {
        most = if NO_VALUES[i].len() > most { NO_VALUES[i].len() } else { most };
        i += 1;
    }
    most
};

impl Shape {
    /// The shape of this name.
    pub(super) fn parse(name: &str) -> Option<Shape> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }

    /// Whether `text` looks like a value.
    pub(super) fn fits(self, text: &str) -> bool {
        // Most places are numbers, and there are many.
        if self == Shape::Place && text.ends_with(|c: char| c.is_ascii_digit()) {
            return true;
        }
        let text = text.trim();
        if text.is_empty() || is_no_value(text) {
            return false;
        }
        match self {
            Shape::Name => is_name(text),
            Shape::FullName => is_full_name(text),
            Shape::Address => is_address(text),
            Shape::Code => text.chars().any(char::is_numeric),
            Shape::Secret => true,
            Shape::Id => {
                let long = text.len() >= 16 || text.len() >= 4 && text.bytes().any(|b| b.is_ascii_digit());
                long && !text.as_bytes().contains(&b' ')
            }
            Shape::Picture => text.len() >= 24 || text.contains(['/', '.']) && !text.contains(' '),
            Shape::Date => {
                const YEARS: std::ops::RangeInclusive<u16> = 1900..=2015;
                let numbers = || text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
                let year = |part: &str| part.len() == 4 && part.parse().is_ok_and(|year| YEARS.contains(&year));
                numbers().any(year) && numbers().count() > 1 && !text.contains(':')
            }
            Shape::CardCode => matches!(text.len(), 3 | 4) && text.bytes().all(|b| b.is_ascii_digit()),
            Shape::Link => text.contains("://") || text.starts_with("data:") || text.len() >= 64 && !text.contains(' '),
            Shape::Mobile => {
                let digits = || text.bytes().filter(u8::is_ascii_digit);
                let prefix = if digits().take(2).eq(*b"62") { 2 } else { usize::from(digits().next() == Some(b'0')) };
                let national = || digits().skip(prefix);
                let signs = text.bytes().all(|b| b.is_ascii_digit() || b"+- ".contains(&b));
                signs && national().next() == Some(b'8') && (9..=12).contains(&national().count())
            }
            Shape::Place => !is_duration(text),
            Shape::SeedPhrase => is_seed_phrase(text),
            Shape::Addressee => is_full_name(text) || is_label(text),
            Shape::Plate => is_plate(text),
            Shape::Handle => !(text.starts_with('^') && text.ends_with('$')),
            Shape::ShortCode => {
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                let (signs, ends) = (text.len() - digits, text.starts_with(['-', ' ']) || text.ends_with(['-', ' ']));
                (4..=8).contains(&digits) && !ends && (signs == 0 || signs == 1 && text.contains(['-', ' ']))
            }
            Shape::Key if is_time(text.as_bytes(), 14) => false,
            Shape::Key => {
                let word = text.bytes().all(|b| b.is_ascii_alphanumeric());
                is_key_like(text)
                    || text.len() >= if word { 16 } else { 20 }
                    || text.contains([' ', '=', ';', '.']) && text.len() >= 8
            }
        }
    }
}

/// Whether `text` is a person's name in full, and nothing behind it but what stands in brackets.
fn is_full_name(text: &str) -> bool {
    let ends = |end: usize| end == text.len() || text[end..].starts_with(" (") || text[end..].starts_with(" <");
    name_at(text, 0, Case::Capital).is_some_and(|(end, words)| words > 1 && ends(end)) && !is_nobody(text)
}

/// Whether `text` is what opens a wallet. Nothing else has so many words without a capital and a sign.
fn is_seed_phrase(text: &str) -> bool {
    let word = |word: &str| (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    let mut words = 0;
    let all = text.split([' ', ',', '\n']).filter(|part| !part.is_empty()).inspect(|_| words += 1).all(word);
    all && matches!(words, 12 | 15 | 18 | 21 | 24)
}

/// Whether `text` has the parts of a parcel's label: `Ann Larsen, Lindevej 12, 5000 Odense`. One of them has a word and a
/// number; `queue-1, queue-2` and `https://…` have none.
fn is_label(text: &str) -> bool {
    let parts = || text.split([',', ';', '\n', '|']).map(str::trim).filter(|part| !part.is_empty());
    let word = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() > 1;
    let number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    // `3 recipients` is how many: a number stands behind its street, or before its town.
    let numbered = |part: &str| {
        let behind = part.split(' ').skip_while(|part| !word(part)).any(number);
        behind || part.contains(char::is_uppercase) && part.split(' ').any(word) && part.split(' ').any(number)
    };
    !text.contains("://") && parts().any(numbered) && (parts().count() > 1 || text.split(' ').count() > 3)
}

/// Whether `text` may stand on a number plate: `B 1234 XYZ`, `CX 48 217`, `K-AB 123E`.
fn is_plate(text: &str) -> bool {
    let signs = text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '·'));
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    signs && (3..=10).contains(&letters) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether `text` says that there is no value. None that does has a digit, or many letters.
fn is_no_value(text: &str) -> bool {
    text.len() <= NO_VALUE_BYTES_MAX
        && !text.bytes().fold(false, |any, b| any | b.is_ascii_digit())
        && NO_VALUES.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a word of a company or of software is in `text`.
fn is_nobody(text: &str) -> bool {
    text.split([' ', ',', '.']).any(|word| is_in(&NOBODY, word))
}

/// `12ms`, `0.4 sec`. (`12.5 S` is a latitude.)
fn is_duration(text: &str) -> bool {
    if !text.ends_with(|c: char| c.is_ascii_lowercase()) {
        return false;
    }
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let units = ["ms", "us", "µs", "ns", "msec", "sec", "secs", "seconds", "min", "millis"];
    unit.len() < text.len() && units.contains(&unit.trim_start())
}

/// Whether `text` may be a person's name: letters are there, and neither a path, a call, nor `snake_case` or `kebab-case`
/// of small letters.
pub fn is_name(text: &str) -> bool {
    let letters = text.chars().any(char::is_alphabetic);
    let small = !text.chars().any(char::is_uppercase);
    let joint = text.contains(['_', '/', '\\', '{', '=', '<']) || text.contains("::");
    let kebab = small && !text.contains(' ') && text.contains(['-', '.', ':']);
    let version = small && !text.contains(' ') && text.bytes().any(|b| b.is_ascii_digit());
    letters && !joint && !kebab && !version && !is_product(text)
}

/// `iPhone 15 Pro`, `Free Fire 720 Diamonds`: a number, and a word behind it. `John 3rd of York` is a man, and what follows a
/// name may be a phone.
fn is_product(text: &str) -> bool {
    const ORDINALS: [&str; 4] = ["st", "nd", "rd", "th"];
    let numbered =
        |word: &str| word.bytes().any(|b| b.is_ascii_digit()) && !ORDINALS.iter().any(|end| word.ends_with(end));
    // Every word but the last one with a letter has a word behind it.
    let last = text.rfind(char::is_alphabetic).and_then(|letter| text[..letter].rfind(' ')).unwrap_or(0);
    text[..last].split(' ').any(numbered)
}

fn is_address(text: &str) -> bool {
    let memory = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X"));
    let net = text.contains("://") || text.contains('@') || text.contains("::") || is_network(text);
    !memory && !net && (text.chars().any(char::is_alphabetic) || text.len() <= 10 && text.chars().any(char::is_numeric))
}

/// `203.0.113.7`, `203.0.113.7:443`, `00:1b:44:11:3a:b7`, `db.internal:5432`, and crypto addresses: no spaces, and signs of
/// machines.
fn is_network(text: &str) -> bool {
    let word = !text.contains(' ');
    let dots = text.bytes().filter(|&b| b == b'.').count();
    let colons = text.bytes().filter(|&b| b == b':').count();
    let coin =
        text.len() >= 26 && text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.bytes().any(|b| b.is_ascii_digit());
    word && (dots >= 2 && text.is_ascii() || colons >= 1 || coin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_field_look_like_it() {
        for (shape, yes, no) in [
            (
                Shape::Name,
                &["Siti Rahmawati", "siti", "Åse", "O'Brien", "Jean-Luc", "李小龙", "John 3rd", "Siti 0812 3456 7890"]
                    [..],
                &[
                    "true",
                    "login_event",
                    "a/b",
                    "worker-1",
                    "v2",
                    "ThinkPad X1 Carbon",
                    "Free Fire 720 Diamonds",
                    "42",
                    "",
                    "n/a",
                    "std::vec",
                    "db.internal",
                ][..],
            ),
            (
                Shape::FullName,
                &["Siti Rahma", "Jean-Luc O'Brien", "J. R. Tolkien"][..],
                &[
                    "Siti",
                    "siti rahma",
                    "Platform Team",
                    "Gold Member",
                    "Free Fire 720",
                    "Ann Skov, CEO",
                    "Chrome Mobile",
                    "Acme Corporation",
                    "NVIDIA Graphics",
                ][..],
            ),
            (
                Shape::Address,
                &["Jl. Melati No. 5 RT 03/07", "Birkegårdsvej 39", "4370", "Bandung", "St. Merløse"][..],
                &[
                    "0x7ffe12",
                    "203.0.113.7",
                    "http://x",
                    "a@b.co",
                    "::1",
                    "00:1b:44:11:3a:b7",
                    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                ][..],
            ),
            (Shape::Code, &["123456", "A1", "1995-01-29", "१२३"][..], &["true", "sent", "expired"][..]),
            (Shape::Secret, &["hunter2", "x"][..], &["true", "required", ""][..]),
            (
                Shape::Key,
                &["9f86d081884c7d65", "correct horse battery staple", "a=b; c=d"][..],
                &["USDT", "17", "next", "true"][..],
            ),
            (Shape::Id, &["d-743e81fc5c", "C02XK1ZJJGH5", "abcdefghijklmnop"][..], &["ios", "Galaxy A52", "17"][..]),
            (
                Shape::Picture,
                &["https://cdn.example.id/ktp/1.jpg", "selfie_1.jpg", "/9j/4AAQSkZJRgABAQEASABIAAD"][..],
                &["approved", "true", "front", "3"][..],
            ),
            (
                Shape::Date,
                &["Semarang, 9 Desember 1985", "12-03-1990"][..],
                &["300", "2026-03-01", "1985", "3600 s"][..],
            ),
            (Shape::CardCode, &["123", "0481"][..], &["12", "12345", "M", "true", "1.25"][..]),
            (Shape::Link, &["https://cdn.example.id/1.jpg", "s3://kyc/1"][..], &["landscape", "true", "1080x1920"][..]),
            (
                Shape::Mobile,
                &["81234567890", "0812-3456-7890", "+62 812 3456 7890"][..],
                &["1250000", "8000000", "active", "150000000", "81234567890.50"][..],
            ),
            (
                Shape::SeedPhrase,
                &["orbit velvet canyon ladder mimic thrive puzzle hedgehog lamp stove ripple acid"][..],
                &[
                    "orbit velvet canyon ladder",
                    "7",
                    "Orbit velvet canyon ladder mimic thrive puzzle hedgehog lamp stove ripple acid",
                    "orbit velvet canyon ladder mimic thrive puzzle hedgehog lamp stove ripple acid.",
                ][..],
            ),
            (
                Shape::Addressee,
                &[
                    "Herr Matthias Brandt, Lindenallee 12, 50968 Köln",
                    "Ann Larsen\nLindevej 12\n5000 Odense",
                    "Siti Rahma",
                    "Bu Siti (0812) Jl. Melati 5 Bandung",
                ][..],
                &[
                    "queue-1, queue-2",
                    "3 recipients, 2 groups",
                    "warehouse",
                    "https://example.com/a, 1",
                    "ann@example.com",
                    "solved",
                    "12345",
                ][..],
            ),
            (
                Shape::Plate,
                &["L 4471 QX", "CX 48 217", "B1234XYZ", "K-AB 123E"][..],
                &["none", "steel", "a/b 1", "1"][..],
            ),
            (
                Shape::Handle,
                &["siti_88", "siti@example.id", "^^siti^^", "88213041"][..],
                &["^[a-z0-9_]{3,20}$", "required"][..],
            ),
            (Shape::ShortCode, &["4801", "480216", "480-216"][..], &["480", "E4012", "-4801", "480216937"][..]),
            (Shape::Place, &["55.6761", "12.5683 S", "6P58QV7F+XX"][..], &["12ms", "0.4 sec", "12 µs"][..]),
        ] {
            for text in yes {
                assert!(shape.fits(text), "{shape:?}: {text}");
            }
            for text in no {
                assert!(!shape.fits(text), "{shape:?}: {text}");
            }
        }
    }
}
