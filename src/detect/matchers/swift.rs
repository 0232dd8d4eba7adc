//! Parties of payments in SWIFT MT messages: `:50K:/3001 4413920815`, and below it the name and the address (ISO 15022;
//! fields 50 and 59 of MT 103).

use memchr::memmem;

use super::{Match, Matcher};
use crate::record::{Class, Span};

/// Their accounts.
pub(super) const ACCOUNT: Matcher = Matcher {
    name: "swift_account",
    doc: "the account behind `:50K:/` or `:59:/` of a SWIFT message",
    wants,
    find: |input, out| {
        parties(input.text, |start, party| {
            let line = party.lines().next().unwrap_or("").trim_end_matches([' ', '-', '}']);
            let slashes = line.len() - line.trim_start_matches('/').len();
            if slashes > 0 && line.len() > slashes + 3 {
                out.push(place(start + slashes, &line[slashes..]));
            }
        });
    },
};

/// Their names, and what stands below.
pub(super) const NAME: Matcher = Matcher {
    name: "swift_party",
    doc: "the lines of name and address below `:50K:` or `:59:` of a SWIFT message",
    wants,
    find: |input, out| {
        parties(input.text, |mut start, party| {
            for line in party.split_inclusive('\n').take(LINES_MAX) {
                let text = line.trim_ascii();
                if !text.starts_with('/') && text.contains(char::is_alphabetic) {
                    out.push(place(start + line.len() - line.trim_ascii_start().len(), text));
                }
                start += line.len();
            }
        });
    },
};

/// Lines of a party: its account, its name, its address.
const LINES_MAX: usize = 5;

fn wants(class: Class, digits: u8) -> bool {
    digits >= 2 && class.has(Class::COLON) && class.has(Class::OTHER)
}

/// Calls `each` with what stands behind every tag of a party, up to the next tag or the end of the message, and where.
fn parties(text: &str, mut each: impl FnMut(usize, &str)) {
    let bytes = text.as_bytes();
    for tag in memmem::find_iter(bytes, b":5") {
        let Some(behind) = behind_tag(&bytes[tag..]) else { continue };
        let party = &text[tag + behind..];
        let end = [party.find("\n:"), party.find("-}")].into_iter().flatten().min();
        each(tag + behind, &party[..end.unwrap_or(party.len())]);
    }
}

/// Length of the tag `:50A:`, `:50F:`, `:50K:`, `:59:`, `:59A:`, `:59F:` that the bytes begin with.
fn behind_tag(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [_, b'5', b'0', b'A' | b'F' | b'K', b':', ..] | [_, b'5', b'9', b'A' | b'F', b':', ..] => Some(5),
        [_, b'5', b'9', b':', b'/' | b'\n' | b'A'..=b'Z', ..] => Some(4),
        _ => None,
    }
}

fn place(start: usize, part: &str) -> Match {
    let span = Span::new(start as u32, (start + part.len()) as u32);
    Match { span, value: span }
}

#[cfg(test)]
mod tests {
    use super::parties;

    #[test]
    fn a_party_ends_at_the_next_tag() {
        let mut found = Vec::new();
        let text = "{4:\n:20:X\n:50K:/123\nANN SKOV\n:59:/DK1\nBO\n-}{5:}";
        parties(text, |start, party| found.push((start, party.to_owned())));
        assert_eq!(found, [(15, "/123\nANN SKOV".to_owned()), (33, "/DK1\nBO\n".to_owned())]);
    }
}
