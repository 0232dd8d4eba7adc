//! Danish civil registration numbers (CPR): `DDMMYY-NNNN`.
//!
//! The seventh digit and the year give the century (CPR-kontoret, "Personnummeret i CPR"). The check sum modulo 11 says
//! nothing: since 2007 numbers are given out that fail it.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::Basis;

/// For bare text.
pub(super) const DASHED: Validator = Validator {
    name: "cpr_dashed",
    doc: "a Danish civil registration number written DDMMYY-NNNN, with a date that exists",
    digits: (10, 10),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let dashed = matches!(candidate.groups, [date, serial] if date.len() == 6 && serial.gap == Gap::DASH);
        (dashed && !candidate.is_tied() && !is_coded(candidate) && is_cpr(candidate.digits, 0))
            .then_some(candidate.span)
    },
};

/// `RMA-310125-4417`, `TOPUP-250312-5519`: behind what such numbers begin with and a dash, with a day of the last years,
/// whichever way round.
fn is_coded(candidate: &Candidate<'_>) -> bool {
    const CODES: &str = "RMA INC REQ SR PO INV ORD ORDER TKT CASE TOPUP TRX TXN DEP WD BET REF JOB BF STL";
    let head = &candidate.text[..candidate.span.start as usize];
    let Some(head) = head.strip_suffix('-') else { return false };
    let pair = |at: usize| 10 * (candidate.digits[at] - b'0') + (candidate.digits[at + 1] - b'0');
    let (first, month, last) = (pair(0), pair(2), pair(4));
    let recent = |year: u8, day: u8| (15..=35).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let alone = |rest: &str| !rest.ends_with(|c: char| c.is_alphanumeric());
    (recent(last, first) || recent(first, last))
        && CODES.split(' ').any(|code| head.strip_suffix(code).is_some_and(alone))
}

/// For texts that speak of it.
pub(super) const ANY: Validator = Validator {
    name: "cpr",
    doc: "a Danish civil registration number in any grouping; needs a keyword",
    digits: (10, 10),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let lens = || candidate.groups.iter().map(|g| g.len());
        let grouped = lens().eq([10]) || lens().eq([6, 4]) || lens().eq([2, 2, 2, 4]);
        let grouped = grouped && candidate.gaps().within(candidate.any_sign());
        // Numbers for people without one (erstatningspersonnummer) have 60 added to the day.
        (grouped && (is_cpr(candidate.digits, 0) || is_cpr(candidate.digits, 60))).then_some(candidate.span)
    },
};

/// For texts that speak of it: `14031987-3214`.
pub(super) const LONG: Validator = Validator {
    name: "cpr_long",
    doc: "a Danish civil registration number with all four digits of the year; needs a keyword",
    digits: (12, 12),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let lens = || candidate.groups.iter().map(|g| g.len());
        let grouped = lens().eq([12]) || lens().eq([8, 4]) || lens().eq([2, 2, 4, 4]);
        let digits = candidate.digits;
        let century = matches!(&digits[4..6], b"18" | b"19" | b"20");
        let day = [&digits[..4], &digits[6..]].concat();
        let grouped = grouped && candidate.gaps().within(candidate.any_sign());
        (grouped && century && is_cpr(&day, 0)).then_some(candidate.span)
    },
};

/// Whether ten ASCII digits begin with a day that exists in their century, `day_offset` being added to the day.
fn is_cpr(digits: &[u8], day_offset: u32) -> bool {
    let pair = |at: usize| u32::from(digits[at] - b'0') * 10 + u32::from(digits[at + 1] - b'0');
    let (month, year) = (pair(2), pair(4));
    let Some(day) = pair(0).checked_sub(day_offset) else { return false };
    let century = match (digits[6], year) {
        (b'0'..=b'3', _) | (b'4' | b'9', 37..) => 1900,
        (b'4' | b'9', _) | (b'5'..=b'8', ..58) => 2000,
        _ => 1800,
    };
    let year = century + year;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_cpr;

    #[test]
    fn the_date_must_exist_in_its_century() {
        for cpr in ["0101901235", "0101651234", "2902004000", "3112991234", "2902965111"] {
            assert!(is_cpr(cpr.as_bytes(), 0), "{cpr}");
        }
        for other in ["3202901234", "0013901234", "2902010000", "2902000000", "3104901234", "6101901234"] {
            assert!(!is_cpr(other.as_bytes(), 0), "{other}");
        }
        assert!(is_cpr(b"6101901234", 60));
        assert!(!is_cpr(b"0101901234", 60));
    }
}
