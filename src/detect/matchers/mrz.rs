//! Machine-readable zones of passports and identity cards (ICAO Doc 9303, parts 4 to 6): lines of 30, 36 or 44 capitals,
//! digits and `<`.

use super::{Match, Matcher};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "machine_readable_zone",
    doc: "a line of a machine-readable zone: the one that begins with the document's kind, the one with its dates, or the name",
    wants: |class, _| class.has(Class::BRACE) && class.has(Class::LETTER),
    find: |input, out| {
        let bytes = input.text.as_bytes();
        let mut floor = 0;
        for at in memchr::memchr_iter(b'<', bytes) {
            if at < floor {
                continue;
            }
            let start = at - bytes[floor..at].iter().rev().take_while(|b| is_sign(**b)).count();
            let end = at + bytes[at..].iter().take_while(|b| is_sign(**b)).count();
            floor = end;
            // The sign that opens the next tag is none of it.
            let end = end - usize::from(bytes.get(end) == Some(&b'/'));
            if is_line(&bytes[start..end]) {
                let span = Span::new(start as u32, end as u32);
                out.push(Match { span, value: span });
            }
        }
    },
};

/// Lengths of lines on cards (TD1), on older cards (TD2) and in passports (TD3); people who copy them lose fillers.
const LENGTHS: [std::ops::RangeInclusive<usize>; 3] = [28..=30, 34..=36, 42..=46];

const fn is_sign(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<'
}

fn is_line(line: &[u8]) -> bool {
    // In copies the fillers at the end are fewer still.
    let cut = line.len() >= 20 && line[0] == b'P' && line[1] == b'<' && line.ends_with(b"<<");
    let fits = cut || LENGTHS.iter().any(|lengths| lengths.contains(&line.len()));
    fits && (is_first(line) || is_dated(line, 13) || is_dated(line, 0) || is_name(line))
}

/// `P<IDN…`, `IDDNK…`, `I<UTO…`, `V<…`: the kind of the document, and the state that gave it.
fn is_first(line: &[u8]) -> bool {
    let state = line.get(2..5).is_some_and(|state| state.iter().all(|b| b.is_ascii_uppercase() || *b == b'<'));
    matches!(line[0], b'P' | b'I' | b'A' | b'C' | b'V') && state && line.windows(2).any(|pair| pair == b"<<")
}

/// The date of birth with its check digit, the sex, and the date of expiry with its own, from `at` on.
fn is_dated(line: &[u8], at: usize) -> bool {
    let Some(part) = line.get(at..at + 15) else { return false };
    let digits = |range: std::ops::Range<usize>| part[range].iter().all(u8::is_ascii_digit);
    digits(0..7) && matches!(part[7], b'M' | b'F' | b'X' | b'<') && digits(8..15)
}

/// The third line of a card: `RAHMAWATI<<SITI<<<<<<<<<<<<<<<`.
fn is_name(line: &[u8]) -> bool {
    let names = line.iter().position(|b| *b == b'<').is_some_and(|end| end > 1 && line[end..].starts_with(b"<<"));
    names && line.iter().all(|b| !b.is_ascii_digit()) && line.ends_with(b"<<")
}

#[cfg(test)]
mod tests {
    use super::is_line;

    #[test]
    fn lines_of_all_sizes_are_known() {
        for line in [
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
            "I<UTOD231458907<<<<<<<<<<<<<<<",
            "7408122F1204159UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
            "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
            "D231458907UTO7408122F1204159<<<<<<<6",
        ] {
            assert!(is_line(line.as_bytes()), "{line}");
        }
        for other in ["A<B", "SELECT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<1", "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"] {
            assert!(!is_line(other.as_bytes()), "{other}");
        }
    }
}
