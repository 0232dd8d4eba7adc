//! Danish bank accounts: a registration number of four digits and an account number of seven to ten.

use super::{Candidate, Validator};
use crate::detect::groups::Gap;
use crate::record::{Basis, Span};

/// The check.
pub(super) const VALIDATOR: Validator = Validator {
    name: "konto",
    doc: "a Danish bank account, with its registration number where that stands before it; needs a keyword",
    digits: (7, 14),
    numbers: false,
    basis: Basis::Pattern,
    check: |candidate: &Candidate<'_>, _| {
        let one = candidate.gaps().within(candidate.any_sign()) && !candidate.is_thousands() && !candidate.is_date();
        let shaped = match candidate.groups {
            [account] => (7..=10).contains(&account.len()),
            [bank, account @ ..] if bank.len() == 4 && candidate.digits.len() > 10 => {
                account.len() == 1 || account.iter().all(|g| g.len() <= 6)
            }
            groups => (7..=10).contains(&candidate.digits.len()) && groups.iter().all(|g| g.len() <= 6),
        };
        let decimal = candidate.before == Gap::DOT && candidate.gaps() == Gap::BREAK;
        (one && shaped && !decimal && !candidate.is_tied()).then(|| with_bank(candidate))
    },
};

/// The candidate with the registration number that stands before it: `reg. 9940 konto 9088756291`.
fn with_bank(candidate: &Candidate<'_>) -> Span {
    const WORDS: [&str; 6] = ["konto", "kontonr", "kontonummer", "konto-nr", "konto nr", "konto nummer"];
    let before = &candidate.text[..candidate.span.start as usize];
    let head = before.trim_end_matches([' ', '.', ':', ',', ';', '#', '-', '/']);
    let signs = |text: &'static str| move |head: &str| ends_with_word(head, text);
    let label = WORDS.iter().filter(|word| signs(word)(head)).map(|word| word.len()).max();
    let relabelled = label.is_some();
    let head = label.map_or(head, |len| head[..head.len() - len].trim_end_matches([' ', '.', ':', ',', ';', '-', '/']));
    let digits = head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let bank = head.len() - digits;
    let near = candidate.span.start as usize - head.len() <= 20;
    let label = &head[..bank];
    let label = label.trim_end_matches([' ', '.', ':', '#']);
    let named = ["reg", "regnr", "reg.nr", "reg nr", "reg-nr", "registreringsnummer"].iter();
    let named = named.clone().any(|word| ends_with_word(label, word));
    // `9940 / kontonr. 9088756291`
    let parted = head.len() < before.len() && before[head.len()..].contains('/');
    let bounded = !head[..bank].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '-'));
    let named = named || relabelled && parted && bounded;
    if digits == 4 && near && named && candidate.digits.len() <= 10 {
        return Span::new(bank as u32, candidate.span.end);
    }
    candidate.span
}

/// Whether `text` ends with `word` in any case, as a whole word.
fn ends_with_word(text: &str, word: &str) -> bool {
    let Some(at) = text.len().checked_sub(word.len()).filter(|&at| text.is_char_boundary(at)) else {
        return false;
    };
    text[at..].eq_ignore_ascii_case(word) && !text[..at].ends_with(char::is_alphanumeric)
}
