//! The grammar of tokens: `<type>_1<kid>[d<unix day>]_<24 letters>`, as in `em_1k3_mbblbtgppqpsmclbppjmjtbl`.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// The letters that stand for the values of four bits. No vowel and no digit: a token spells no word and no number.
pub const ALPHABET: &[u8; 16] = b"bcdfghjklmnpqrst";
/// Number of letters at the end of a token: 96 bits.
pub const LETTERS: usize = 24;

/// What every token holds between its type and its key id: separator, version, and the `k` of the key id.
const MARK: &[u8] = b"_1k";
static MARK_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));

/// A token found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRef<'a> {
    /// Two to four lower-case letters: `em`.
    pub type_: &'a str,
    /// Id of its key: `k3`.
    pub kid: &'a str,
    /// Its day, counted from 1970, when it holds for one day only.
    pub day: Option<u32>,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
}

/// The token that begins at byte `start`.
pub fn parse_at(text: &str, start: usize) -> Option<TokenRef<'_>> {
    let rest = text.as_bytes().get(start..)?;
    let type_len = rest.iter().take(5).take_while(|b| b.is_ascii_lowercase()).count();
    if !(2..=4).contains(&type_len) || !rest[type_len..].starts_with(MARK) {
        return None;
    }
    let kid = type_len + MARK.len() - 1;
    let kid_end = kid + 1 + digits(&rest[kid + 1..], 4)?;
    let mut at = kid_end;
    let mut day = None;
    if rest.get(at) == Some(&b'd') {
        let day_end = at + 1 + digits(&rest[at + 1..], 9)?;
        day = Some(text[start + at + 1..start + day_end].parse().ok()?);
        at = day_end;
    }
    let letters = rest.get(at..at + 1 + LETTERS)?.strip_prefix(b"_")?;
    if !letters.iter().all(|b| ALPHABET.contains(b)) {
        return None;
    }
    Some(TokenRef {
        type_: &text[start..start + type_len],
        kid: &text[start + kid..start + kid_end],
        day,
        span: start..start + at + 1 + LETTERS,
    })
}

/// Every token in `text`, in order and disjoint. Letters that touch a token on its left count to its type, up to four of
/// them, but for those of another token.
pub fn find_all(text: &str) -> impl Iterator<Item = TokenRef<'_>> {
    let mut floor = 0;
    MARK_FINDER.find_iter(text.as_bytes()).filter_map(move |mark| {
        let before = text.as_bytes().get(floor..mark)?.iter().rev().take(4);
        let type_len = before.take_while(|b| b.is_ascii_lowercase()).count();
        let token = parse_at(text, mark - type_len)?;
        floor = token.span.end;
        Some(token)
    })
}

/// Number of digits that `text` begins with: 1 to `most`, and no further one.
fn digits(text: &[u8], most: usize) -> Option<usize> {
    let count = text.iter().take(most + 1).take_while(|b| b.is_ascii_digit()).count();
    (1..=most).contains(&count).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_found_wherever_it_stands() {
        let token = "em_1k3_mbblbtgppqpsmclbppjmjtbl";
        let daily = "ip_1k12d20514_nsgktntmtrphnscncfhmjnpc";
        for text in [format!("{token} {daily}"), format!("req_{token}_{daily}x"), format!("ø{token}\"{daily}.")] {
            let found: Vec<_> = find_all(&text).collect();
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!((found[0].type_, found[0].kid, found[0].day), ("em", "k3", None));
            assert_eq!((found[1].type_, found[1].kid, found[1].day), ("ip", "k12", Some(20514)));
            assert_eq!(&text[found[0].span.clone()], token);
            assert_eq!(&text[found[1].span.clone()], daily);
        }
    }

    #[test]
    fn tokens_that_touch_share_no_letter() {
        let (one, two) = ("em_1k3_mbblbtgppqpsmclbppjmjtbl", "ph_1k3_nsgktntmtrphnscncfhmjnpc");
        let text = format!("{one}{two}_1k3_mbblbtgppqpsmclbppjmjtbl{one}");
        let found: Vec<_> = find_all(&text).map(|token| &text[token.span]).collect();
        let last = format!("bl{one}");
        assert_eq!(found, [one, two, &last], "what has no type of its own is no token, and other letters count");
        for token in find_all(&text) {
            assert_eq!(parse_at(&text, token.span.start), Some(token.clone()));
        }
    }

    #[test]
    fn what_is_no_token_is_not_found() {
        for text in [
            "",
            "_1k",
            "em_1k3_",
            "em_1k_mbblbtgppqpsmclbppjmjtbl",
            "em_1k12345_mbblbtgppqpsmclbppjmjtbl",
            "e_1k3_mbblbtgppqpsmclbppjmjtbl",
            "EM_1k3_mbblbtgppqpsmclbppjmjtbl",
            "em_1k3_mbblbtgppqpsmclbppjmjtb",
            "em_1k3_abblbtgppqpsmclbppjmjtbl",
            "em_1k3d_mbblbtgppqpsmclbppjmjtbl",
            "em_2k3_mbblbtgppqpsmclbppjmjtbl",
            "ip_v1k3_c0ffee00c0ffee00c0ffee00",
        ] {
            assert_eq!(find_all(text).count(), 0, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,4}(e?m?_1k[0-9d]{0,6}_[bcdfø]{0,25}){0,3}", at in 0usize..40) {
            let _ = parse_at(&text, at);
            for token in find_all(&text) {
                prop_assert!(text.get(token.span).is_some());
            }
        }
    }
}
