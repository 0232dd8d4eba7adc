//! Card numbers whose groups of four are parted by what no card prints: `4111:1111:1111:1111`, `4111|1111|1111|1111`.

use super::{Match, Matcher};
use crate::detect::groups::Group;
use crate::record::Span;

/// The finder. Lists are written so, too: a keyword must speak of cards.
pub(super) const MATCHER: Matcher = Matcher {
    name: "card_signs",
    doc: "four groups of four digits with the same `:`, `|`, `,`, `;`, `*`, `~` or `, ` between each; needs a validator and a keyword",
    wants: |_, digits| digits >= 16,
    find: |input, out| {
        if input.census.fours < 4 {
            return;
        }
        let bytes = input.text.as_bytes();
        let numbers = input.groups.windows(4).filter_map(|groups| number(bytes, groups));
        out.extend(numbers.map(|span| Match { span, value: span }));
    },
};

/// `4111, 1111, 1111, 1111` and nothing else, as somebody reads a card out.
pub(super) const ALONE: Matcher = Matcher {
    name: "card_alone",
    doc: "all of a text, when it is four groups of four digits with the same sign between each; needs a validator",
    wants: |_, digits| digits == 16,
    find: |input, out| {
        let all = Span::new(0, input.text.trim_end_matches(['.', ' ']).len() as u32);
        if let [_, _, _, _] = input.groups
            && number(input.text.as_bytes(), input.groups) == Some(all)
        {
            out.push(Match { span: all, value: all });
        }
    },
};

/// All four groups, if they are a number for themselves: a list goes on.
fn number(bytes: &[u8], groups: &[Group]) -> Option<Span> {
    let (start, end) = (groups[0].start as usize, groups[3].end as usize);
    let sign = *bytes.get(groups[0].end as usize)?;
    let between = |pair: &[Group]| &bytes[pair[0].end as usize..pair[1].start as usize];
    let parted =
        groups.windows(2).all(|pair| between(pair) == [sign]) || groups.windows(2).all(|pair| between(pair) == b", ");
    let fours = groups.iter().all(|group| group.len() == 4);
    let goes_on = start >= 2 && bytes[start - 1] == sign && bytes[start - 2].is_ascii_digit()
        || bytes.get(end) == Some(&sign) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    (fours && parted && b":|,;*~".contains(&sign) && !goes_on).then(|| Span::new(groups[0].start, groups[3].end))
}
