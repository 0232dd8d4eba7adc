//! American addresses by the state and the ZIP code that end them: `1184 Sycamore Bend, Apt 6, Asheville, NC 28801` (USPS
//! Publication 28).

use super::{Input, Match, Matcher};
use crate::detect::groups::{Gap, Group};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "us_postcode",
    doc: "the number of a house, capitalised words of street and town, the code of a state in capitals and a ZIP code",
    wants: |class, digits| digits >= 6 && class.has(Class::LETTER) && class.has(Class::SPACE),
    find,
};

/// States, the capital and the islands (Publication 28, appendix B).
const STATES: &str =
    "ALAKAZARCACOCTDEDCFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOKORPARISCSDTNTXUTVTVAWAWVWIWYPRGUVI";

/// Words before the number of a flat.
const UNITS: [&str; 12] =
    ["apt", "apartment", "unit", "suite", "ste", "floor", "fl", "room", "rm", "bldg", "lot", "no"];

/// Longest address before its state, and its most words.
const ADDRESS_BYTES_MAX: usize = 120;
const WORDS_MAX: usize = 14;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    if input.census.longest < 5 {
        return;
    }
    for (at, group) in input.groups.iter().enumerate().filter(|(_, group)| group.len() == 5) {
        let Some(head) = input.text[..group.start as usize].strip_suffix(' ') else { continue };
        let Some(town) = before_state(head) else { continue };
        if let Some(start) = address_start(town) {
            let span = Span::new(start as u32, zip_end(input.text, &input.groups[at..]));
            out.push(Match { span, value: span });
        }
    }
}

/// What stands before the state that ends `head`.
fn before_state(head: &str) -> Option<&str> {
    let (town, state) = head.split_at_checked(head.len().checked_sub(2)?)?;
    let known = STATES.as_bytes().as_chunks::<2>().0.iter().any(|known| known == state.as_bytes());
    (known && town.ends_with([' ', '\n'])).then(|| town.trim_end_matches([' ', ',', '\n', '\r']))
}

/// One past a ZIP code, and past the four digits that may follow it.
fn zip_end(text: &str, groups: &[Group]) -> u32 {
    let more = groups.get(1).filter(|more| more.gap == Gap::DASH && more.len() == 4);
    let end = more.map_or(groups[0].end, |more| more.end);
    debug_assert!(end as usize <= text.len(), "a group of the text");
    end
}

/// Where the number of the house stands that begins the address that ends `head`.
fn address_start(head: &str) -> Option<usize> {
    let mut at = head.len();
    let mut capitals = 0;
    for _ in 0..WORDS_MAX {
        let rest = head[..at].trim_end_matches([' ', ',', '\n', '\r']);
        let start = rest.rfind([' ', ',', '\n', ':', '(', '"']).map_or(0, |sign| sign + 1);
        let word = &rest[start..];
        if word.is_empty() || head.len() - start > ADDRESS_BYTES_MAX || at < head.len() && at - rest.len() > 3 {
            return None;
        }
        at = start;
        if word.starts_with('#') {
            continue;
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let ordinal = ["st", "nd", "rd", "th"].iter().any(|end| word.ends_with(end));
            let before = rest[..start].trim_end_matches(' ').rsplit([' ', ',', '\n']).next().unwrap_or("");
            let unit = UNITS.iter().any(|unit| before.trim_end_matches('.').eq_ignore_ascii_case(unit));
            let number = word.len() <= 6 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
            if !ordinal && !unit {
                return (number && capitals > 1).then_some(start);
            }
            continue;
        }
        let small = matches!(word, "of" | "the" | "and" | "de" | "la" | "del");
        let capital =
            word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || "'’.-".contains(c));
        if !(capital || small || UNITS.contains(&word)) {
            return None;
        }
        capitals += usize::from(capital);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_at_its_house_and_not_at_its_flat() {
        for (head, address) in [
            ("ship it to 1184 Sycamore Bend, Apt 6, Asheville", "1184 Sycamore Bend, Apt 6, Asheville"),
            ("at 22 W. 42nd St #4B\nNew York", "22 W. 42nd St #4B\nNew York"),
            (
                "9B Martin Luther King Jr. Blvd, Suite 300, Salt Lake City",
                "9B Martin Luther King Jr. Blvd, Suite 300, Salt Lake City",
            ),
        ] {
            assert_eq!(address_start(head).map(|at| &head[at..]), Some(address), "{head}");
        }
        for head in ["Asheville", "in 2024 we moved to Asheville", "5 Asheville", "Apt 6, Asheville", ""] {
            assert_eq!(address_start(head), None, "{head}");
        }
        assert_eq!(before_state("Asheville, NC"), Some("Asheville"));
        assert!(
            before_state("Asheville, ZZ").is_none() && before_state("ABNC").is_none() && before_state("æ").is_none()
        );
    }
}
