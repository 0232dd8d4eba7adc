//! Parties of payments in SWIFT MT messages: `:50K:/3001 4413920815`, and below it the name and the address (ISO 15022;
//! fields 50 and 59 of MT 103).

use super::{Anchor, Anchored, found};
use crate::record::Class;

/// Their accounts.
pub(super) const ACCOUNT: Anchored = Anchored {
    name: "swift_account",
    doc: "the account of a party of a SWIFT message; the anchor is the letter of a tag and its `:`",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| {
        let Some((start, party)) = party(anchor) else { return };
        let line = party.lines().next().unwrap_or("").trim_end_matches([' ', '-', '}']);
        let slashes = line.len() - line.trim_start_matches('/').len();
        if slashes > 0 && line.len() > slashes + 3 {
            out.push(found(start + slashes, start + line.len()));
        }
    },
};

/// Their names, and what stands below.
pub(super) const NAME: Anchored = Anchored {
    name: "swift_party",
    doc: "the lines of name and address of a party of a SWIFT message; the anchor is the letter of a tag and its `:`",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| {
        let Some((start, party)) = party(anchor) else { return };
        let mut at = start;
        for line in party.split_inclusive('\n').take(LINES_MAX) {
            let text = line.trim_ascii();
            if !text.starts_with('/') && text.contains(char::is_alphabetic) {
                let from = at + line.len() - line.trim_ascii_start().len();
                out.push(found(from, from + text.len()));
            }
            at += line.len();
        }
    },
};

const NEEDS: &[Class] = &[Class::LETTER, Class::DIGIT, Class::COLON];
/// Lines of a party: its account, its name, its address.
const LINES_MAX: usize = 5;
/// Most bytes of a party, five lines of 35 signs: also between the tag of the beneficiary, which may have no letter, and the
/// next one.
const PARTY_BYTES_MAX: usize = 600;

/// The party whose tag the anchor ends, `:50K:`, or that stands before it, `:59:… :71A:`; and where it begins.
fn party<'t>(anchor: &Anchor<'t>) -> Option<(usize, &'t str)> {
    let text = anchor.text;
    let tag = &text[..anchor.behind];
    let start = if [":50A:", ":50F:", ":50K:", ":59A:", ":59F:"].iter().any(|party| tag.ends_with(party)) {
        anchor.behind
    } else {
        let own = tag.strip_suffix(":71A:").or_else(|| tag.strip_suffix(":70A:"))?;
        let from = text.ceil_char_boundary(own.len().saturating_sub(PARTY_BYTES_MAX));
        from + own[from..].rfind(":59:")? + ":59:".len()
    };
    let party = &text[start..text.floor_char_boundary(start + PARTY_BYTES_MAX)];
    let end = [party.find("\n:"), party.find("-}")].into_iter().flatten().min();
    Some((start, &party[..end.unwrap_or(party.len())]))
}

#[cfg(test)]
mod tests {
    use super::{Anchor, party};
    use crate::record::Span;

    #[test]
    fn a_party_ends_at_the_next_tag() {
        let text = "{4:\n:50K:/123\nANN SKOV\n:59:/DK1\nBO\n:71A:SHA\n-}{5:}";
        let at = |tag: &str| {
            let behind = text.find(tag).expect("it is there") + tag.len();
            party(&Anchor { text, at: Span::new(behind as u32 - 2, behind as u32), behind })
        };
        assert_eq!(at(":50K:"), Some((9, "/123\nANN SKOV")));
        assert_eq!(at(":71A:"), Some((27, "/DK1\nBO")));
    }
}
