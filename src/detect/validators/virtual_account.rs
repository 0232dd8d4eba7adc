//! Virtual accounts of Indonesian e-wallets: a biller's code, then the owner's mobile number.

use super::{Candidate, Validator};
use crate::canonical::phone;
use crate::record::Basis;

/// The check.
pub(super) const VALIDATOR: Validator = Validator {
    name: "virtual_account",
    doc: "the code of an e-wallet's biller and an Indonesian mobile number: 8528 0812 3456 7890",
    digits: (13, 20),
    numbers: true,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let one = candidate.gaps().within(candidate.any_sign()) && !candidate.is_thousands() && !candidate.is_decimal();
        (one && !candidate.is_tied() && embeds_phone(candidate.digits)).then_some(candidate.span)
    },
};

/// Behind the name of a wallet.
pub(super) const ANY: Validator = Validator {
    name: "virtual_account_any",
    doc: "a code of two to six digits and an Indonesian mobile number, whoever the biller is; needs a keyword",
    digits: (12, 19),
    numbers: false,
    basis: Basis::Checksum,
    check: |candidate: &Candidate<'_>, _| {
        let one = candidate.gaps().within(candidate.any_sign()) && !candidate.is_thousands() && !candidate.is_decimal();
        let digits = candidate.digits;
        let own_code = !digits.starts_with(b"08") && !digits.starts_with(b"628");
        let embeds = (2..=6).any(|code| is_mobile(&digits[code..]));
        (one && own_code && embeds && !candidate.is_tied()).then_some(candidate.span)
    },
};

/// Codes of DANA, OVO, GoPay, ShopeePay and LinkAja at BCA, BNI, BRI, CIMB Niaga, Mandiri and Permata, as the wallets'
/// top-up pages give them. DANA: klikinaja.com/kode-virtual-account-dana-dan-biaya-top-up; OVO at BNI, where the code is
/// longer the shorter the number is: money.kompas.com, 2022-02-27; the others are not confirmed by a second source.
#[rustfmt::skip]
const BILLERS: &[&str] = &[
    "3901", "8528", "88810", "8810", "89508", "8059",          // DANA
    "8100", "8000009",
    "39358", "60001", "88099", "8099",                         // OVO
    "874", "8740", "87400", "874000",
    "70001", "60737", "301341", "9003", "898", "2849",         // GoPay
    "122", "112", "893", "807", "8007", "122083",              // ShopeePay
    "09110", "091101", "911", "780", "8780",                   // LinkAja
];

/// Whether a biller's code is followed by a whole mobile number: `08`, and 10 to 13 digits.
fn embeds_phone(digits: &[u8]) -> bool {
    BILLERS.iter().any(|biller| {
        let phone = digits.strip_prefix(biller.as_bytes());
        phone.is_some_and(is_mobile)
    })
}

/// An Indonesian mobile number with its leading zero.
fn is_mobile(digits: &[u8]) -> bool {
    let shaped = digits.starts_with(b"08") && (10..=13).contains(&digits.len());
    let text = std::str::from_utf8(digits).ok().filter(|_| shaped);
    text.is_some_and(|text| phone::parse(text, &[phone::Region::Id]).is_some())
}

#[cfg(test)]
mod tests {
    use super::embeds_phone;

    #[test]
    fn a_biller_is_followed_by_a_mobile_number() {
        for va in ["8528081234567890", "3901081234567890", "88810081234567890", "3935808123456789"] {
            assert!(embeds_phone(va.as_bytes()), "{va}");
        }
        for other in ["8528011234567890", "8529081234567890", "852808123456", "8528081234567890123"] {
            assert!(!embeds_phone(other.as_bytes()), "{other}");
        }
    }
}
