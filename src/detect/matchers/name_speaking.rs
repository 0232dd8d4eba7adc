//! Names of who speaks in a transcript: `[12:30] Mette Jensen: hej`, and below it `[12:31] Support: hej`.

use super::{Input, Match, Matcher};
use crate::detect::anchored::words::{Case, name_at};
use crate::detect::beside::is_full_name;
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "name_speaking",
    doc: "full names before colons at the beginning of lines, when one speaks again or with the support",
    wants: |class, _| class.has(Class::LETTER) && class.has(Class::COLON) && class.has(Class::SPACE),
    find,
};

/// Longest time before a speaker, and longest speaker, in bytes.
const TIME_BYTES_MAX: usize = 32;
const SPEAKER_BYTES_MAX: usize = 64;
/// Most words of a speaker's name.
const WORDS_MAX: usize = 4;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let text = input.text;
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return;
    }
    let (from, mut crew, mut timed, mut start) = (out.len(), false, true, 0);
    for line in text.split('\n') {
        let time = time_before(line);
        let (at, rest) = (start + time, &line[time..]);
        start += line.len() + 1;
        let head = &rest.as_bytes()[..rest.len().min(SPEAKER_BYTES_MAX)];
        let sign = memchr::memchr2(b':', b'>', head).filter(|&sign| rest[sign + 1..].starts_with(' '));
        let Some(sign) = sign.filter(|&sign| head[sign] == b':' || time > 0) else { continue };
        // `09:31 Amal Yusuf > hey`
        let speaker = if head[sign] == b'>' { rest[..sign].trim_end() } else { &rest[..sign] };
        crew |= is_crew(speaker, time > 0);
        let end = at + speaker.len();
        let named = name_at(text, at, Case::Capital).filter(|&(to, words)| to == end && words <= WORDS_MAX);
        if named.is_some() && is_full_name(speaker) {
            let span = Span::new(at as u32, end as u32);
            out.push(Match { span, value: span });
            timed &= time > 0;
        }
    }
    let name = |found: &Match| &text[found.span.range()];
    let names = &out[from..];
    let again = || {
        let mut sorted: Vec<&str> = names.iter().map(name).collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| pair[0] == pair[1])
    };
    let others = || names.iter().any(|found| name(found) != name(&names[0]));
    if !(crew || again() && (timed || others())) {
        out.truncate(from);
    }
}

/// Bytes of the time before a speaker: `[12:30] `, `12/03/2024, 12:30 - `, `12.01.2025 11.04 - `.
fn time_before(line: &str) -> usize {
    let sign = |b: &u8| b.is_ascii_digit() || b"[]()/.,:- T".contains(b);
    let len = line.bytes().take(TIME_BYTES_MAX).take_while(sign).count();
    let time = &line[..len];
    let has_time = time.contains(':') || time.matches('.').count() >= 3;
    if has_time && time.ends_with(' ') { len } else { 0 }
}

/// Whether nobody in person speaks; behind a time it may be said in words that stand in forms, too.
fn is_crew(speaker: &str, timed: bool) -> bool {
    const CREWS: &[&str] =
        &["support", "kundeservice", "kundesupport", "customer service", "helpdesk", "cs", "bot", "chatbot"];
    const TIMED: &[&str] = &["agent", "admin", "system", "customer", "kunde", "user", "pelanggan", "nasabah"];
    let is = |list: &[&str]| list.iter().any(|crew| crew.eq_ignore_ascii_case(speaker));
    is(CREWS) || timed && is(TIMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        let (class, _) = Class::of_text(text.as_bytes());
        find(&Input { text, class, groups: &[], census: crate::detect::groups::Census::default() }, &mut out);
        out.iter().map(|found| &text[found.span.range()]).collect()
    }

    #[test]
    fn who_speaks_in_a_transcript_stands_before_a_colon() {
        for (text, wanted) in [
            (
                "[12:30] Mette Jensen: hej\n[12:31] Support: hej\n[12:32] Mette Jensen: min konto virker ikke",
                &["Mette Jensen", "Mette Jensen"][..],
            ),
            ("Mette Jensen: hej\r\nSupport: hej\r\n", &["Mette Jensen"]),
            ("12/03/2024, 12:30 - Siti Rahma: halo\n12/03/2024, 12:31 - Agent: halo", &["Siti Rahma"]),
            (
                "12.01.2025 11.04 - Ann Larsen: a\n12.01.2025 11.09 - Butik: b\n12.01.2025 11.11 - Ann Larsen: c",
                &["Ann Larsen", "Ann Larsen"],
            ),
            ("09:31 Amal H. Yusuf > hey\n09:31 Bot > hi", &["Amal H. Yusuf"]),
            ("Ann Larsen: a\nOle Holm: b\nAnn Larsen: c", &["Ann Larsen", "Ole Holm", "Ann Larsen"]),
        ] {
            assert_eq!(names(text), wanted, "{text}");
        }
        for text in [
            "Shipping Method: DHL\nTracking Page: x",
            "Agent: Lars\nRoot Cause: expired",
            "Root Cause: x\nRoot Cause: y",
            "Mette Jensen: hej",
            "Support: hej\nMette Jensen:hej",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
