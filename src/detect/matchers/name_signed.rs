//! Names that sign a text: `/Lisbeth Drejer` as its last line, `- Sarah` as its last paragraph, the line below `-- ` (RFC 3676, 4.3), and a last paragraph
//! of a name and what its bearer does, or where to reach them.

use std::sync::LazyLock;

use memchr::memmem::FinderRev;

use super::{Input, Match, Matcher};
use crate::detect::anchored::words::{Case, is_occupation_word, name_at};
use crate::detect::beside::is_somebody;
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "name_signed",
    doc: "a name behind `/` on the last line or behind `-` in the last paragraph, below a line `-- `, or above what its bearer does or can be reached at at the end of a text",
    wants: |class, _| class.has(Class::LETTER) && class.has(Class::SPACE),
    find,
};

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let text = input.text.trim_end();
    if input.class.has(Class::BRACE) {
        out.extend(below_tags(text));
    }
    // Most texts of logs are one line.
    let Some(last) = memchr::memrchr(b'\n', text.as_bytes()) else { return };
    for below in ["\n-- \n", "\n--\n"] {
        let line = text.rfind(below).map(|at| at + below.len());
        // One word may be anything: what signs so signs in full.
        out.extend(line.and_then(|at| name_line(text, at)).filter(|&(_, words)| words > 1).map(|(found, _)| found));
    }
    out.extend(above_title(text));
    out.extend(above_contact(text));
    out.extend(behind_sign(text, last));
    out.extend(above_quote(text));
    out.sort_by_key(|found| found.span);
}

/// `/Lisbeth Drejer` on the last line, which begins at `last`, and below an empty one `// Mette Jensen` or `- Sarah`: where no
/// other line begins so, which would be a list, a path or a comment.
fn behind_sign(text: &str, last: usize) -> Option<Match> {
    let (above, line) = (text[..last].trim_end_matches('\r'), &text[last + 1..]);
    let name = line.trim_start_matches(['/', '-', '–', '—', '~', ' ']);
    let sign = &line[..line.len() - name.len()];
    let first = sign.chars().next().filter(|sign| *sign != ' ')?;
    let lone = sign == "/" || above.ends_with('\n') && matches!(sign.trim_end(), "//" | "-" | "–" | "—" | "~");
    let listed = above.lines().any(|line| line.starts_with(first));
    name_line(text, text.len() - name.len()).filter(|_| lone && !listed).map(|(found, _)| found)
}

/// `/Camilla`, a paragraph of its own above the letter that is answered: where no other line begins so.
fn above_quote(text: &str) -> Option<Match> {
    let at = memchr::memmem::find(text.as_bytes(), b"\n\n/")?;
    let (found, _) = name_line(text, at + 3)?;
    let below = &text[found.span.end as usize..];
    let ends =
        below.trim_start_matches([' ', '\r']).strip_prefix('\n').is_some_and(|rest| rest.starts_with(['\n', '\r']));
    let one = text.lines().filter(|line| line.starts_with('/')).count() == 1;
    (ends && one).then_some(found)
}

/// `Marie-Louise Qvortrup`, and `Settlement Manager` in the line below: the last paragraph.
fn above_title(text: &str) -> Option<Match> {
    const LINES_MAX: usize = 4;
    let last = memchr::memmem::rfind(text.as_bytes(), b"\n\n").map(|at| at + 2)?;
    let ends = text[last..].match_indices('\n').map(|(end, _)| last + end + 1).take(LINES_MAX);
    std::iter::once(last).chain(ends).find_map(|at| {
        let (found, words) = name_line(text, at)?;
        let title = text[found.span.end as usize..].trim_start().lines().next()?;
        let mut parts = title.split([' ', ',', '/', '-']).filter(|part| !part.is_empty());
        let titled = title.starts_with(char::is_uppercase) && parts.clone().count() <= 6;
        (words > 1 && titled && parts.any(is_occupation_word)).then_some(found)
    })
}

/// `Flemming Juhl`, and in one of the lines below his address or his number: one of the last paragraphs of a letter. A given
/// name alone counts when the address repeats it.
fn above_contact(text: &str) -> Option<Match> {
    const PARAGRAPHS: usize = 3;
    const LINES_MAX: usize = 4;
    let mut end = text.len();
    for _ in 0..PARAGRAPHS {
        let start = memchr::memmem::rfind(&text.as_bytes()[..end], b"\n\n")?;
        if let Some((found, words)) = name_line(text, start + 2).or_else(|| name_in_row(text, start + 2)) {
            let below = text[found.span.end as usize..end].lines().skip(1).take(LINES_MAX);
            let name = &text[found.span.range()];
            let repeats =
                |local: &[u8]| local.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()));
            if let Some(contact) = below.into_iter().find(|line| line.split(ROW_SIGNS).any(is_contact)) {
                let local = contact.split_once('@').map_or("", |(local, _)| local);
                let own = words == 1 && repeats(local.as_bytes());
                return (own || words > 1 && is_somebody(name)).then_some(found);
            }
        }
        end = start;
    }
    None
}

/// Whether a line is an e-mail address or a telephone number, a word for it before or not.
fn is_contact(line: &str) -> bool {
    const LABEL_BYTES_MAX: usize = 14;
    let line = line.trim();
    let value = match line.split_once([':', '.', ' ']) {
        Some((label, value))
            if label.len() <= LABEL_BYTES_MAX && label.chars().all(|c| c.is_alphabetic() || c == '-') =>
        {
            value.trim_start_matches([':', ' '])
        }
        _ => line,
    };
    let address =
        |word: &str| word.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let number = value.bytes().all(|b| b.is_ascii_digit() || b"+()-. /".contains(&b));
    number && (7..=15).contains(&digits)
        || !line.contains(' ') && address(line)
        || !value.contains(' ') && address(value)
}

/// `--<br><b>Ann Jensen</b>`: the same in HTML.
fn below_tags(text: &str) -> Option<Match> {
    // Made once: for a line of text it costs more than the search.
    static DASHES: LazyLock<FinderRev<'_>> = LazyLock::new(|| FinderRev::new(b"--<"));
    // Most brackets of logs are others.
    memchr::memchr(b'<', text.as_bytes())?;
    let mut at = DASHES.rfind(text.as_bytes())? + 2;
    while let Some(close) = text[at..].strip_prefix('<').and_then(|tag| tag.bytes().take(64).position(|b| b == b'>')) {
        at += close + 2;
        at += text[at..].len() - text[at..].trim_start().len();
    }
    let (end, words) = name_at(text, at, Case::Capital)?;
    let span = Span::new(at as u32, end as u32);
    (words > 1 && text[end..].trim_start().starts_with('<')).then_some(Match { span, value: span })
}

/// Signs between what stands in one line of a signature: `Theo Vandermeer | Procurement | Brass Monkey Ltd`.
const ROW_SIGNS: [char; 3] = ['|', '·', '•'];

/// The full name that begins such a line at `at`, and its number of words.
fn name_in_row(text: &str, at: usize) -> Option<(Match, usize)> {
    let (end, words) = name_at(text, at, Case::Capital)?;
    let parted = text[end..].trim_start_matches(' ').starts_with(ROW_SIGNS);
    let span = Span::new(at as u32, end as u32);
    (parted && words > 1).then_some((Match { span, value: span }, words))
}

/// The name that is all of the line at `at`, and its number of words.
fn name_line(text: &str, at: usize) -> Option<(Match, usize)> {
    let (end, words) = name_at(text, at, Case::Capital)?;
    let ends = text[end..].lines().next().is_none_or(|rest| rest.trim().is_empty());
    let span = Span::new(at as u32, end as u32);
    ends.then_some((Match { span, value: span }, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_signs_the_last_line_or_what_stands_below_two_dashes() {
        let names = |text: &str| {
            let mut out = Vec::new();
            let (class, _) = Class::of_text(text.as_bytes());
            let (marks, census) = (&crate::record::Marks::default(), crate::detect::groups::Census::default());
            find(&Input { text, class, marks, groups: &[], census }, &mut out);
            out.iter().map(|found| text[found.span.range()].to_owned()).collect::<Vec<_>>()
        };
        for (text, name) in [
            ("Koden virker ikke.\n/Lisbeth Drejer", "Lisbeth Drejer"),
            (
                "See quote.\n\nTheo Vandermeer | Procurement | Brass Ltd\nT 0161 496 0772 | M 07700 900 653",
                "Theo Vandermeer",
            ),
            ("Koden virker ikke.\n\n/Lisbeth\n", "Lisbeth"),
            ("Det er rettet.\n\n/Camilla\n\nDen 13. mar. skrev kunden:\n> Hej", "Camilla"),
            ("Ring mig.\n\nMarie-Louise Qvortrup\nSettlement Manager\n", "Marie-Louise Qvortrup"),
            ("Venlig hilsen\n\np.v.a.\nDorte Ebbesen\nDriftsleder", "Dorte Ebbesen"),
            ("Vi ses.\n\nPer Holm\nSenior Kundekonsulent, Betalix", "Per Holm"),
            ("It does not work\n-- \nAnn Jensen\nCopenhagen", "Ann Jensen"),
            ("Det virker ikke\n\n// Mette Jensen", "Mette Jensen"),
            ("It does not work\r\n\r\n- Sarah\r\n", "Sarah"),
            ("Hej.\n\nFlemming Juhl\nflemming.juhl@youmail.dk\nTlf. 86 12 45 09", "Flemming Juhl"),
            ("Hej.\n\nFlemming Juhl\nNordlys Keramik\n+45 86 12 45 09\n\nSendt fra min iPhone", "Flemming Juhl"),
            ("Hi.\n\nFlemming\nE-mail: flemming82@youmail.dk", "Flemming"),
        ] {
            assert_eq!(names(text), [name], "{text}");
        }
        for text in [
            "a\n\nTeam Lead\nManager",
            "a\n\nAnn Jensen\nThe team has lost it",
            "/Lisbeth",
            "see\n/Users/shared",
            "commands:\n/Help\n/Start",
            "commands:\n\n/Help\n\n/Start\n\nthat is all",
            "see\n\n/Users is the folder\n\nof all",
            "a\n--\nBest offers here",
            "we need\n- Sarah",
            "we need\n- Coffee\n\n- Sugar",
            "f();\n// Start Here\n\n// Stop Here",
            "a\n\n- Sarah is away",
            "a\n-- \nOffers",
            "a\n\nCustomer Service\nhelp@shop.dk",
            "a\n\nDigital Services\n+45 86 12 45 09",
            "a\n\nAarhus\ninfo@shop.dk",
            "a\n\nFlemming Juhl\nhas 3 of them",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
