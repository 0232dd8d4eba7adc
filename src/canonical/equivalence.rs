//! The published table of spellings that are one value, docs/EQUIVALENCE.md: written from this list and checked by it.

use std::fmt::Write as _;

use super::Form;
use super::phone::Region;

/// Form, what the value is, and its spellings.
const TABLE: &[(Form, &str, &[&str])] = &[
    (
        Form::Ip,
        "IPv4 address",
        &[
            "203.0.113.7",
            "203.0.113.7:51234",
            "203.000.113.007",
            "[203.0.113.7]",
            "203.0.113.7/24",
            "203-0-113-7",
            "7.113.0.203.in-addr.arpa",
            "::ffff:203.0.113.7",
            "::FFFF:CB00:7107",
            "[::ffff:203.0.113.7%eth0]:443",
            "64:ff9b::203.0.113.7",
            "64:ff9b::cb00:7107",
            "3405803783",
            "3405803783.0",
            "3.405803783E9",
            "0xCB007107",
            "-889163513",
            "0313.0.0161.07",
            "0xCB.0x00.0x71.0x07",
            "0xcb.0.0161.7",
            "031300070407",
            "２０３．０．１１３．７",
        ],
    ),
    (
        Form::Ip,
        "IPv6 address",
        &[
            "2001:db8:85a3::8a2e:370:7334",
            "2001:0DB8:85A3:0000:0000:8A2E:0370:7334",
            "[2001:db8:85a3::8a2e:370:7334]:443",
            "2001:db8:85a3::8a2e:370:7334%eth0",
            "2001:db8:85a3::8a2e:370:7334/64",
            "2001:db8:85a3::8a2e:370:7334:51234",
            "2001:db8:85a3::8a2e:3.112.115.52",
            "2001-db8-85a3--8a2e-370-7334",
            "4.3.3.7.0.7.3.0.e.2.a.8.0.0.0.0.0.0.0.0.3.a.5.8.8.b.d.0.1.0.0.2.ip6.arpa",
        ],
    ),
    (
        Form::Phone,
        "Phone, Indonesia",
        &[
            "+6281234567890",
            "+62 812-3456-7890",
            "+62 (0)812 3456 7890",
            "0062 812 3456 7890",
            "(0812) 3456-7890",
            "0812.3456.7890",
            "081234567890",
            "6281234567890",
            "6281234567890.0",
            "6.28123456789E+12",
            "tel:+6281234567890",
            "https://wa.me/6281234567890?text=hi",
            "+٦٢٨١٢٣٤٥٦٧٨٩٠",
            "81234567890",
        ],
    ),
    (Form::Phone, "Phone, Denmark", &["+4523237585", "+45 23 23 75 85", "0045 23237585", "23 23 75 85", "23237585"]),
    (
        Form::Phone,
        "Phone, United States",
        &[
            "+14155552671",
            "+1 (415) 555-2671",
            "(415)555-2671x123",
            "415.555.2671",
            "415-555-2671 ext. 818",
            "(415) 555-2671, lok. 12",
        ],
    ),
    (
        Form::Digits,
        "Payment card",
        &[
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111–1111–1111–1111",
            "4111.1111.1111.1111",
            "4111111111111111.0",
            "4.111111111111111E+15",
            "４１１１１１１１１１１１１１１１",
        ],
    ),
    (Form::Digits, "NIK", &["3578012901950001", "3578 0129 0195 0001", "357801.290195.0001", "3578-0129-0195-0001"]),
    (
        Form::Npwp,
        "NPWP",
        &["012345674901000", "01.234.567.4-901.000", "01 234 567 4 901 000", "0012345674901000", "12345674901000"],
    ),
    (Form::Cpr, "CPR", &["0101901235", "010190-1235", "010190 1235", "01.01.90-1235", "101901235"]),
    (Form::Digits, "Virtual account", &["8528081234567890", "8528 0812 3456 7890", "8528-0812-3456-7890"]),
    (
        Form::Account,
        "Bank account",
        &[
            "99409088756291",
            "9940 9088756291",
            "9940-9088756291",
            "9940 konto 9088756291",
            "9940 / kontonr. 9088756291",
        ],
    ),
    (
        Form::Iban,
        "IBAN",
        &[
            "DK5000400440116243",
            "DK50 0040 0440 1162 43",
            "dk50 0040 0440 1162 43",
            "DK50-0040-0440-1162-43",
            "DK50.0040.0440.1162.43",
        ],
    ),
    (Form::Alnum, "Hardware address", &["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7", "001B44113AB7"]),
    (Form::Alnum, "Passport", &["C1234567", "c1234567", "C 1234567"]),
    (
        Form::Email,
        "E-mail address",
        &[
            "john.doe@example.com",
            "John.Doe@Example.COM",
            "john.doe＠example.com",
            "john.doe@example.com.",
            "\"john.doe\"@example.com",
            "john.doe@example dot com",
            "john dot doe at example dot com",
            "jоhn.doe@example.com",
            "john.doe@exаmple.com",
        ],
    ),
    (
        Form::Text,
        "Name, address",
        &["Annette Døfler Botoft", " annette  DØFLER botoft", "Ａｎｎｅｔｔｅ Døfler Botoft"],
    ),
];

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/EQUIVALENCE.md");

fn canonical(form: Form, text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    form.write(text, &Region::ALL, &mut out).then_some(out)
}

fn document() -> String {
    let mut text = "# Spellings of one value\n\nWithin one tenant and scope, and under one key, all spellings in a row give one \
                    token. This page is written by\n`SLUICE_UPDATE_EQUIVALENCE=1 cargo test --lib equivalence`, which checks \
                    it as well. Disguises of Unicode (full-width and\nother digits, zero-width characters, odd dashes and \
                    spaces) are undone before.\n\nIn an IPv4 address zeros before a part pad it (`010.000.000.001` is `10.0.0.1`), unless another part can only be octal \
                    or\nhexadecimal: then they make it octal.\n\nIn an e-mail address a word that mixes Latin letters with Cyrillic or Greek ones \
                    that look like them is read as Latin: no\nregistry takes such a domain. A word all in another alphabet \
                    (`роса.com`), and a domain in the form of machines (`xn--…`),\nstay what they are: they may be \
                    somebody else's.\n\n| value | spellings |\n|---|---|\n"
        .to_owned();
    for (_, what, spellings) in TABLE {
        let spellings = spellings.iter().map(|s| format!("`{}`", s.trim())).collect::<Vec<_>>().join(" · ");
        writeln!(text, "| {what} | {spellings} |").expect("a String grows");
    }
    text
}

#[test]
fn every_spelling_of_the_published_table_is_one_value() {
    for (form, what, spellings) in TABLE {
        let first = canonical(*form, spellings[0]);
        assert!(first.is_some(), "{what}");
        for spelling in *spellings {
            assert_eq!(canonical(*form, spelling), first, "{what}: {spelling}");
        }
    }
}

#[test]
fn the_published_table_is_the_tested_one() {
    if std::env::var_os("SLUICE_UPDATE_EQUIVALENCE").is_some() {
        std::fs::write(PATH, document()).expect("the document can be written");
    }
    let published = std::fs::read_to_string(PATH).expect("docs/EQUIVALENCE.md");
    assert_eq!(published, document(), "run with SLUICE_UPDATE_EQUIVALENCE=1");
}
