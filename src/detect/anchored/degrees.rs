//! What stands behind a name and is no part of it, but says that somebody's name it is: `PhD`, `cand.merc.`, `S.Kom.`, `Jr.`

use std::sync::LazyLock;

use super::words::{Words, ends_at, is_in};

/// Degrees and suffixes, their letters alone.
static DEGREES: LazyLock<Words> = LazyLock::new(|| {
    "phd dphil edd md dds dvm do jd llb llm ma mba mfa mph mpa mpp msc msw meng mphil mres mchem ba bba bsc beng bfa bn \
     ms bs rn np pa pe cpa cfa cfp pmp acca aca ca cissp esq hons obe mbe cbe kbe mp qc kc frcs mrcp mbbs mbchb ret jr sr ii iii iv \
     st se sh si skom spd ssi ssos sked skm sag mt mm mh mkom mpd msi mkes amd spog spa spkg drg apt ak \
     cand mag stud dipl ing hd ha merc polit jur scient"
        .split_ascii_whitespace()
        .collect()
});

/// How a degree of several parts begins, when its first part is no single letter: `cand.merc.`, `Ph.D.`, `Sp.KG`.
static FIRST_PARTS: LazyLock<Words> = LazyLock::new(|| {
    "cand stud dipl mag lic exam dr ph sp ll ed th bc mr psy pharm med ing cert prof akad hd ha"
        .split_ascii_whitespace()
        .collect()
});

/// Degrees and forms of address that stand before a name, with a dot.
const BEFORE: [&str; 14] =
    ["drg", "dra", "drs", "ir", "prof", "dr", "apt", "ns", "hj", "rev", "ust", "ing", "dipl", "mag"];

/// Most degrees of one person, and most bytes of one.
const DEGREES_MAX: usize = 6;
const BYTES_MAX: usize = 24;

/// Where the degrees and suffixes end that follow a name of so many words, which ends at `at`: `at` itself if there are none.
/// Behind one word two letters are a state as well: `Boston, MA`.
pub(super) fn behind_degrees(text: &str, mut at: usize, words: usize) -> usize {
    let letters_min = if words > 1 { 2 } else { 3 };
    for _ in 0..DEGREES_MAX {
        let rest = &text[at..];
        let signs = rest.bytes().take(3).take_while(|b| b" ,(".contains(b)).count();
        let Some(len) = degree(&rest[signs..], letters_min).filter(|_| signs > 0) else { break };
        let closed = rest[..signs].contains('(') && rest[signs + len..].starts_with(')');
        at += signs + len + usize::from(closed);
    }
    at
}

/// The end of a name without the degree that dots make a part of its last word: `Ann Lee M.Sc.`, `Ann Lee Ph.D.`
pub(super) fn without_degree(text: &str, (start, end): (usize, usize), words: usize) -> (usize, usize) {
    let joined = text[end..].starts_with('.') || text[..end].ends_with('.');
    let Some(space) = text[start..end].rfind(' ').filter(|_| joined && words > 1).map(|at| start + at) else {
        return (end, words);
    };
    let token = token(&text[space + 1..]);
    let longer = space + 1 + token.trim_end_matches('.').len() > end;
    // `Ann M.D. Jensen` has two more names.
    let last = ends_at(text, space + 1 + token.len()) || text[space + 1 + token.len()..].starts_with(',');
    if longer && last && is_degree(token, 2) { (space, words - 1) } else { (end, words) }
}

/// Whether a word with its dot stands before names, as a degree does: `drg. Rina`.
pub(super) fn is_degree_before(word: &str, behind: &str) -> bool {
    behind.starts_with('.') && BEFORE.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Length of the degree that a text begins with.
fn degree(text: &str, letters_min: usize) -> Option<usize> {
    let token = token(text);
    let first = token.split('.').next().unwrap_or("");
    let begins = first.len() == 1 && first.starts_with(|c: char| c.is_ascii_uppercase()) || is_in(&FIRST_PARTS, first);
    let mut len = token.len();
    // `cand. merc.`, `M. Sc.`
    if begins && token.len() == first.len() + 1 && text[len..].starts_with(' ') {
        let second = self::token(&text[len + 1..]);
        len += if second.is_empty() { 0 } else { 1 + second.len() };
    }
    // Behind one word `D.C.` is a place.
    let letters = text[..len].bytes().filter(u8::is_ascii_alphabetic).count();
    let parted = begins && letters >= letters_min && text[..len].trim_end_matches('.').contains('.');
    let known = is_degree(token, letters_min);
    let ends = !text[len..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '@' | '_'));
    ((parted || known) && ends).then_some(len)
}

/// Whether a word, its dots aside, is a degree of so many letters. In small ones without dots it is a word as well: `ma`, `do`.
fn is_degree(token: &str, letters_min: usize) -> bool {
    let mut letters = [0; BYTES_MAX];
    let mut len = 0;
    for letter in token.bytes().filter(|b| *b != b'.') {
        letters[len] = letter;
        len += 1;
    }
    let written = token.contains('.') || token.starts_with(|c: char| c.is_ascii_uppercase()) || len > 2;
    // `Palo Alto, CA`
    let state = !token.contains('.') && ["CA", "MS", "PA", "MD", "MA", "MT"].contains(&token);
    let known = |letters: &[u8]| std::str::from_utf8(letters).is_ok_and(|letters| !state && is_in(&DEGREES, letters));
    len >= letters_min && written && known(&letters[..len])
}

/// The letters and dots that a text begins with.
fn token(text: &str) -> &str {
    let len = text.bytes().take(BYTES_MAX).take_while(|b| b.is_ascii_alphabetic() || *b == b'.').count();
    &text[..len]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_follow_a_name() {
        for behind in [
            ", PhD",
            " PhD",
            ", Ph.D.",
            " (PhD)",
            ", M.D.",
            " MSc, CPA",
            ", cand.merc.",
            ", cand. merc.aud.",
            ", S.Kom.",
            ", S.E., M.M.",
            ", M. Sc.",
            " Jr.",
            ", Esq.",
            " III",
            ", A.Md.Kep.",
            ", Sp.KG",
            ", B.Sc. (Hons)",
            ", phd",
        ] {
            let text = format!("Ann Lee{behind}");
            assert_eq!(behind_degrees(&text, 7, 2), text.len(), "{text}");
        }
        for (behind, words) in [
            ("", 2),
            (", please", 2),
            (", shop.dk", 2),
            (" from Acme", 2),
            (", MA", 1),
            (", MD", 2),
            (", D.C.", 1),
            (" is a do", 2),
            (", Masters", 2),
            ("PhD", 2),
            (", me", 2),
            (", PhD_2", 2),
        ] {
            let text = format!("Ann Lee{behind}");
            assert_eq!(behind_degrees(&text, 7, words), 7, "{text}");
        }
    }
}
