//! National numbers that are known by their groups: the social security number of the United States, MyKad of Malaysia.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::Basis;

/// Written as on the card.
pub(super) const US_SSN_DASHED: Validator = Validator {
    name: "us_ssn_dashed",
    doc: "a US social security number written 123-45-6789, of an area that was given out",
    digits: (9, 9),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let dashed = candidate.groups.iter().map(|g| g.len()).eq([3, 2, 4]) && candidate.gaps() == Gap::DASH;
        (dashed && !candidate.is_tied() && is_ssn(candidate.digits)).then_some(candidate.span)
    },
};

/// In any grouping.
pub(super) const US_SSN: Validator = Validator {
    name: "us_ssn",
    doc: "a US social security number in any grouping; needs a keyword",
    digits: (9, 9),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        (candidate.is_one_number() && !candidate.is_tied() && is_ssn(candidate.digits)).then_some(candidate.span)
    },
};

/// Written as on the card.
pub(super) const MY_NRIC_DASHED: Validator = Validator {
    name: "my_nric_dashed",
    doc: "a Malaysian identity card number written YYMMDD-PB-NNNN: a date, a place of birth, a serial number",
    digits: (12, 12),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let dashed = candidate.groups.iter().map(|g| g.len()).eq([6, 2, 4]) && candidate.gaps() == Gap::DASH;
        (dashed && !candidate.is_tied() && is_my_nric(candidate.digits)).then_some(candidate.span)
    },
};

/// In any grouping.
pub(super) const MY_NRIC: Validator = Validator {
    name: "my_nric",
    doc: "a Malaysian identity card number in any grouping; needs a keyword",
    digits: (12, 12),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        (candidate.is_one_number() && !candidate.is_tied() && is_my_nric(candidate.digits)).then_some(candidate.span)
    },
};

/// Areas, groups and serial numbers that are never given out: Social Security Administration, POMS RM 10201.
fn is_ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (&digits[..3], &digits[3..5], &digits[5..]);
    area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000"
}

/// Places of birth that no card has: Jabatan Pendaftaran Negara, "Kod Negeri dan Negara".
fn is_my_nric(digits: &[u8]) -> bool {
    let pair = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
    let (month, day, place) = (pair(2), pair(4), pair(6));
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let date = (1..=12).contains(&month) && (1..=days[usize::from(month) - 1]).contains(&day);
    date && !matches!(place, 0 | 17..=20 | 69..=70 | 73 | 80..=81 | 94..=97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_were_never_given_out_are_none() {
        assert!(is_ssn(b"078051120") && is_ssn(b"899019999"));
        for other in [b"000121234", b"666121234", b"912121234", b"123001234", b"123120000"] {
            assert!(!is_ssn(other));
        }
        assert!(is_my_nric(b"900101145678"));
        for other in [b"901301145678", b"900230145678", b"900101005678", b"900101175678"] {
            assert!(!is_my_nric(other));
        }
    }
}
