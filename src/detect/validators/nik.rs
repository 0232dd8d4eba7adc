//! Indonesian citizen numbers (NIK): region, birth date, serial number.
//!
//! `PPRRSS DDMMYY NNNN`: province, regency and district; the birth date, of women with 40 added to the day; a serial
//! number from 0001 on. There is no check digit. Of random 16-digit numbers 0.4 % have this form.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::Basis;

/// The check.
pub(super) const VALIDATOR: Validator = Validator {
    name: "nik",
    doc: "an Indonesian citizen number of 16 digits: a known regency, a date of birth, a serial number",
    digits: (16, 16),
    numbers: true,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        // `ktp/2025/5103052709990008_selfie.jpg`: a step of a path is no part of a longer number.
        let tied = |gap: Gap| gap == Gap::DASH || gap == Gap::DOT;
        let tied = tied(candidate.before) || tied(candidate.after) && !candidate.is_counted();
        let stands_alone = candidate.is_one_number() && !tied && !candidate.is_uuid_part();
        (stands_alone && is_nik(candidate.digits)).then_some(candidate.span)
    },
};

/// Provinces, their last regency (from 01) and their last city (from 71, 0 for none): Kepmendagri 100.1.1-6117 of 2022,
/// with the codes that were given up since, which people keep. All 514 codes of idn-area-data 3.1.2 (npm) are in it.
#[rustfmt::skip]
const REGENCIES: &[(u8, u8, u8)] = &[
    (11, 18, 75), (12, 25, 78), (13, 12, 77), (14, 10, 72), (15, 9, 72), (16, 13, 74), (17, 9, 71), (18, 13, 72),
    (19, 6, 71), (21, 5, 72), (31, 1, 75), (32, 18, 79), (33, 29, 76), (34, 4, 71), (35, 29, 79), (36, 4, 74),
    (51, 8, 71), (52, 8, 72), (53, 21, 71), (61, 12, 72), (62, 13, 71), (63, 11, 72), (64, 11, 74), (65, 4, 71),
    (71, 11, 74), (72, 12, 71), (73, 26, 73), (74, 15, 72), (75, 5, 71), (76, 6, 0), (81, 9, 72), (82, 8, 72),
    (91, 28, 71), (92, 12, 71), (93, 4, 0), (94, 8, 0), (95, 8, 0), (96, 5, 71),
];

/// Whether 16 ASCII digits have the form.
pub(super) fn is_nik(digits: &[u8]) -> bool {
    let pair = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
    let (province, regency, district) = (pair(0), pair(2), pair(4));
    let (day, month) = (pair(6), pair(8));
    let known = REGENCIES.iter().any(|&(code, last_regency, last_city)| {
        code == province && ((1..=last_regency).contains(&regency) || (71..=last_city).contains(&regency))
    });
    let day = if day > 40 { day - 40 } else { day };
    // The century is not written, so 29 February is always possible.
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let date = (1..=12).contains(&month) && (1..=days[usize::from(month) - 1]).contains(&day);
    known && district > 0 && date && digits[12..] != *b"0000"
}

#[cfg(test)]
mod tests {
    use super::is_nik;

    #[test]
    fn region_date_and_serial_number_decide() {
        for nik in ["3578012901950001", "3171014507900002", "1101017112991234", "3201012902000001"] {
            assert!(is_nik(nik.as_bytes()), "{nik}");
        }
        for other in [
            "2078012901950001",
            "3580012901950001",
            "3578002901950001",
            "3578013213950001",
            "3578017202950001",
            "3578013002950001",
            "3578012901950000",
            "4111111111111111",
        ] {
            assert!(!is_nik(other.as_bytes()), "{other}");
        }
    }
}
