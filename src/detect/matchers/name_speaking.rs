//! Names of who speaks in a transcript: `[12:30] Mette Jensen: hej`, and below it `[12:31] Support: hej`.

use std::ops::Range;
use std::sync::LazyLock;

use super::{Input, Match, Matcher};
use crate::detect::anchored::words::{Case, Words, is_in, is_occupation_word, name_at};
use crate::detect::beside::{is_full_name, is_thing};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "name_speaking",
    doc: "full names before colons at the beginning of lines, when one speaks again or with the support, and given names where other lines tell that people talk",
    wants: |class, _| class.has(Class::LETTER) && class.has(Class::COLON) && class.has(Class::SPACE),
    find,
};

/// Longest time before a speaker, and longest speaker, in bytes.
const TIME_BYTES_MAX: usize = 32;
const SPEAKER_BYTES_MAX: usize = 64;
/// Fewest words that somebody says once, the sign before them among them: fewer may be a value.
const SAID_WORDS_MIN: usize = 3;
/// Most words of a speaker's name.
const WORDS_MAX: usize = 4;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let text = input.text;
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        return;
    }
    let (from, mut talk) = (out.len(), Talk::new(text));
    each_line(text, |line| {
        talk.lines += usize::from(line.text.len() > 1);
        if let Some(found) = talk.hear(&line) {
            talk.untimed |= !line.timed();
            out.push(found);
        }
    });
    let name = |found: &Match| &text[found.span.range()];
    let names = &out[from..];
    let twice = names.len() > 1 && is_any_twice(names.iter().map(name));
    let others = || names.iter().any(|found| name(found) != name(&names[0]));
    talk.judge(twice);
    let again = twice || talk.is_role_again();
    let short = talk.short().iter().any(|short| short.accepted);
    if !(talk.crew || again && (!talk.untimed || others() || short)) {
        out.truncate(from);
    }
    if short {
        each_line(text, |line| out.extend(talk.accepted(&line)));
        out[from..].sort_unstable_by_key(|found| found.span);
    }
}

/// One line, and who speaks in it.
struct Line<'a> {
    text: &'a str,
    start: usize,
    speaker: Option<Speaker>,
}

impl Line<'_> {
    fn timed(&self) -> bool {
        self.speaker.as_ref().is_some_and(|speaker| speaker.timed)
    }
}

fn each_line<'a>(text: &'a str, mut each: impl FnMut(Line<'a>)) {
    let mut start = 0;
    for line in text.split('\n') {
        each(Line { text: line, start, speaker: speaker_of(line) });
        start += line.len() + 1;
    }
}

/// Whether a name is among them a second time.
fn is_any_twice<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// Who speaks in a line, by its bytes, and whether a time stands beside it.
struct Speaker {
    span: Range<usize>,
    timed: bool,
    /// The time stands in brackets behind the name.
    behind: bool,
}

/// `[12:30] Mette Jensen: hej`, `09:31 Amal Yusuf > hey`, `mette.jensen [12:30]: hej`.
fn speaker_of(line: &str) -> Option<Speaker> {
    let time = time_before(line);
    let rest = &line[time..];
    let head = &rest.as_bytes()[..rest.len().min(SPEAKER_BYTES_MAX)];
    let sign = memchr::memchr2_iter(b':', b'>', head).find(|&sign| rest[sign + 1..].starts_with(' '))?;
    let mut name = rest[..sign].trim_end();
    if head[sign] == b'>' && time == 0 || head[sign] == b':' && name.len() < sign {
        return None;
    }
    let behind = bracketed_time(name);
    name = &name[..name.len() - behind];
    Some(Speaker { span: time..time + name.len(), timed: time + behind > 0, behind: behind > 0 })
}

/// Bytes of a time in brackets that ends the text, and of the blank before it: ` [10:44]`, ` (10.44 PM)`.
fn bracketed_time(text: &str) -> usize {
    let Some(open) = text.rfind(['[', '(']).filter(|_| text.ends_with([']', ')'])) else { return 0 };
    let time = &text.as_bytes()[open + 1..text.len() - 1];
    let sign = |b: &u8| b.is_ascii_digit() || b":.-/, TAPMapm".contains(b);
    let shaped =
        time.len() >= 4 && time[0].is_ascii_digit() && time.iter().all(sign) && time.iter().any(|b| b":.".contains(b));
    let name = text[..open].trim_end();
    if shaped && !name.is_empty() { text.len() - name.len() } else { 0 }
}

/// What was heard so far: who may be a person by a given name alone, and what says that people talk at all.
struct Talk<'a> {
    text: &'a str,
    /// Lines that hold something, and those in which somebody speaks.
    lines: usize,
    spoken: usize,
    /// Nobody in person speaks.
    crew: bool,
    /// Roles that speak.
    roles: usize,
    /// A full name without a time beside it.
    untimed: bool,
    /// Given names alone, those behind a role, and logins, each once; so many that nothing is allocated.
    short: [Short; SHORT_MAX],
    shorts: usize,
}

/// Most different ones that are known in one text.
const SHORT_MAX: usize = 12;

/// A name that is not full.
#[derive(Clone, Copy)]
struct Short {
    span: Span,
    kind: Kind,
    /// How often it speaks, always with a time beside it, and once more than a word or two, as values are.
    times: usize,
    timed: bool,
    says: bool,
    accepted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Given,
    OfRole,
    Login,
    /// Before a time in brackets.
    LoginTimed,
}

/// Who is said to speak.
enum Heard {
    Role,
    Full(Span),
    Short(Span, Kind),
}

impl<'a> Talk<'a> {
    fn new(text: &'a str) -> Talk<'a> {
        let none =
            Short { span: Span::new(0, 0), kind: Kind::Given, times: 0, timed: true, says: false, accepted: false };
        let (lines, spoken, roles, shorts) = (0, 0, 0, 0);
        Talk { text, lines, spoken, crew: false, roles, untimed: false, short: [none; SHORT_MAX], shorts }
    }

    fn short(&self) -> &[Short] {
        &self.short[..self.shorts]
    }

    /// Takes note of who speaks in a line; a full name is found.
    fn hear(&mut self, line: &Line<'_>) -> Option<Match> {
        let speaker = line.speaker.as_ref()?;
        let name = &line.text[speaker.span.clone()];
        self.spoken += 1;
        self.crew |= is_crew(name, speaker.timed);
        match heard(self.text, line.start, speaker)? {
            Heard::Role => {
                self.roles += 1;
                None
            }
            Heard::Full(span) => Some(Match { span, value: span }),
            Heard::Short(span, kind) => {
                let says = line.text[speaker.span.end..].split_whitespace().count() > SAID_WORDS_MIN;
                // Too many to know them all: who stands behind a role is found as a full name is.
                let known = self.add(span, kind, speaker.timed, says);
                (!known && kind == Kind::OfRole).then_some(Match { span, value: span })
            }
        }
    }

    fn place_of(&self, span: Span) -> Option<usize> {
        self.short().iter().position(|short| self.text[short.span.range()] == self.text[span.range()])
    }

    /// Whether there was room for it.
    fn add(&mut self, span: Span, kind: Kind, timed: bool, says: bool) -> bool {
        let at = self.place_of(span).unwrap_or(self.shorts);
        let Some(short) = self.short.get_mut(at) else { return false };
        if at == self.shorts {
            (short.span, short.kind) = (span, kind);
            self.shorts += 1;
        }
        short.times += 1;
        short.timed &= timed;
        short.says |= says;
        true
    }

    /// Whether somebody behind a role speaks a second time.
    fn is_role_again(&self) -> bool {
        self.short().iter().any(|short| short.kind == Kind::OfRole && short.times > 1)
    }

    /// Says which of the short names are people's; `known` when one with a full name speaks again.
    fn judge(&mut self, known: bool) {
        let people = self.roles > 0 || known;
        let again = self.short().iter().any(|short| short.times > 1);
        let (others, timed) = (self.shorts > 1, self.short().iter().all(|short| short.timed));
        // In forms, too, words stand before colons: there no word comes again, and other lines stand between.
        let talked = self.spoken > 2 && self.spoken * 5 >= self.lines * 4 && (again || self.roles > 1);
        let several = self.spoken > 1;
        for short in &mut self.short[..self.shorts] {
            short.accepted = several
                && match short.kind {
                    Kind::Given if !short.says => false,
                    Kind::Given if short.timed => people || timed && again && others && talked,
                    Kind::Given => people && talked,
                    Kind::OfRole => short.timed || short.times > 1 || people || self.crew,
                    Kind::Login => short.timed && people,
                    Kind::LoginTimed => people || others,
                };
        }
        // Where one speaks, all behind roles do.
        if self.short().iter().any(|short| short.accepted) {
            self.short[..self.shorts].iter_mut().for_each(|short| short.accepted |= short.kind == Kind::OfRole);
        }
    }

    /// The short name of a line that was accepted.
    fn accepted(&self, line: &Line<'_>) -> Option<Match> {
        let Some(Heard::Short(span, _)) = heard(self.text, line.start, line.speaker.as_ref()?) else { return None };
        self.place_of(span).filter(|&at| self.short[at].accepted).map(|_| Match { span, value: span })
    }
}

/// Who the speaker of the line at `start` is, if that may be somebody.
fn heard(text: &str, start: usize, speaker: &Speaker) -> Option<Heard> {
    let (at, end) = (start + speaker.span.start, start + speaker.span.end);
    let name = &text[at..end];
    if is_in(&ROLES, name) {
        return Some(Heard::Role);
    }
    let span = |from: usize, to: usize| Span::new(from as u32, to as u32);
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let kind = if speaker.behind { Kind::LoginTimed } else { Kind::Login };
        return is_login(name).then(|| Heard::Short(span(at, end), kind));
    }
    let whole = |from: usize, to: usize| {
        name_at(text, from, Case::Capital).filter(|&(end, words)| end == to && words <= WORDS_MAX)
    };
    if let Some(given) = beside_role(name) {
        let (from, to) = (at + given.start, at + given.end);
        let (own, words) = (&name[given], whole(from, to).map_or(0, |(_, words)| words));
        // `Doctor Siti binti Ahmad`, `Interviewer JP Holm`: several words are held to less.
        let several = || words > 1 && own.split(' ').any(is_given) && (is_full_name(own) || is_full_name(name));
        if words > 0 && own.split(' ').all(is_given) || several() {
            return Some(Heard::Short(span(from, to), Kind::OfRole));
        }
    }
    match whole(at, end)? {
        (_, 1) => is_given(name).then(|| Heard::Short(span(at, end), Kind::Given)),
        _ => is_full_name(name).then(|| Heard::Full(span(at, end))),
    }
}

/// The name in `Agent Louise`, `Agent - Louise`, `Louise (Support)` and `Support (Louise)`.
fn beside_role(speaker: &str) -> Option<Range<usize>> {
    if let Some(inner) = speaker.strip_suffix([')', ']']) {
        let open = inner.rfind(['(', '['])?;
        let (outer, inner) = (speaker[..open].trim_end(), &inner[open + 1..]);
        let range = if is_in(&ROLES, inner) { 0..outer.len() } else { open + 1..open + 1 + inner.len() };
        return (is_in(&ROLES, inner) || is_in(&ROLES, outer)).then_some(range);
    }
    let (role, given) = speaker.split_once(' ')?;
    let given = given.trim_start_matches(['-', '–', ' ']);
    is_in(&ROLES, role).then(|| speaker.len() - given.len()..speaker.len())
}

/// Whether one word may be a given name: a capital and small letters, and no word that stands before colons.
fn is_given(word: &str) -> bool {
    let mut chars = word.chars();
    let shaped = chars.next().is_some_and(char::is_uppercase)
        && chars.next().is_some_and(char::is_lowercase)
        && word.chars().all(|c| c.is_alphabetic() || c == '-');
    shaped && !is_in(&LABELS, word) && !is_thing(word) && !is_occupation_word(word)
}

/// `maria.jensen`, `ole_holm2`, and no name of a file or of a program.
fn is_login(name: &str) -> bool {
    let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let mut parts = name.split(['.', '_', '-']);
    let word = |part: &str| {
        let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() > 1 && part.bytes().all(|b| b.is_ascii_lowercase()) && !is_thing(part) && !is_in(&LABELS, part)
    };
    name.bytes().all(small) && name.contains(['.', '_']) && parts.clone().count() <= 3 && parts.all(word)
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

/// Who speaks in a transcript and is said by no name.
static ROLES: LazyLock<Words> = LazyLock::new(|| {
    "agent support supporter kunde kunden customer client klient visitor besøgende guest gæst tamu pengunjung user bruger \
     caller opkalder bot chatbot assistant operator rep representative advisor adviser rådgiver konsulent konsulenten \
     medarbejder medarbejderen sagsbehandler kundeservice kundesupport helpdesk admin moderator cs pelanggan nasabah petugas \
     pengguna staf staff seller sælger buyer køber penjual pembeli doctor nurse patient interviewer supervisor vejleder"
        .split_ascii_whitespace()
        .collect()
});

/// Words before colons in forms, minutes and logs that are no names.
static LABELS: LazyLock<Words> = LazyLock::new(|| {
    "result step question answer problem solution cause impact action summary priority topic outcome expected actual before \
     after request response reply hint tip warning caution example details resolution symptom effect decision agenda attendees \
     location venue where when who what why how background context goal scope risk owner deadline todo done next \
     orders order item items billing shipping delivery product price amount vare varer ordre ordrer levering betaling bestilling \
     spørgsmål svar løsning årsag konklusion beslutning formål deltagere sted tid pris antal beløb emne sag bemærk bemærkning \
     kommentar årsag handling resultat forventet faktisk trin referat opgave ansvarlig varighed pertanyaan jawaban masalah solusi \
     hasil catatan keterangan langkah kesimpulan tempat waktu acara jumlah harga status perihal main worker job app py js log conf \
     ini json yaml xml txt py sh bin exe dll com net org"
        .split_ascii_whitespace()
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        let (class, _) = Class::of_text(text.as_bytes());
        let (marks, census) = (&crate::record::Marks::default(), crate::detect::groups::Census::default());
        find(&Input { text, class, marks, groups: &[], census }, &mut out);
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
            ("[10:02] Agent Louise: hej\n[10:03] Kunde: mit nummer virker ikke", &["Louise"]),
            ("Louise (Support): hej\nSupport [Mikkel]: hej\nKunde: hej", &["Louise", "Mikkel"]),
            ("Agent Louise: hej\nCustomer: no\nAgent Louise: ok", &["Louise", "Louise"]),
            (
                "Ann Larsen: hi\nBethany: Hi there Ann\nAnn Larsen: ok\nBethany: Done!",
                &["Ann Larsen", "Bethany", "Ann Larsen", "Bethany"],
            ),
            ("Louise: hej\nKunde: hej\nLouise: hvad kan jeg gøre", &["Louise", "Louise"]),
            ("maria.jensen [10:44]: Hej\nsupport [10:45]: Koden", &["maria.jensen"]),
            ("Maria (10.44): Hej med dig\nKunde (10.45): Koden", &["Maria"]),
            (
                "12/03/2024, 12:30 - Siti: a\n12/03/2024, 12:31 - Agus: b c d\n12/03/2024, 12:32 - Siti: a b c",
                &["Siti", "Agus", "Siti"],
            ),
            ("Support: hej\nDoctor Siti binti Ahmad: hej", &["Siti binti Ahmad"]),
            ("Support: hej\nSupervisor Jan van der Berg: hej", &["Jan van der Berg"]),
            ("Support: hej\nDoctor Ann B. Larsen: hej", &["Ann B. Larsen"]),
            ("Support: hej\nDoctor D. Larsen: hej", &["D. Larsen"]),
            ("Support: hej\nPatient O'Brien: hej", &["Patient O'Brien"]),
            ("Support: hej\nInterviewer JP Holm: hej", &["JP Holm"]),
            ("Support: hej\nStaff Ann Grand: one", &["Ann Grand"]),
            ("CS: halo\nPenjual H. Budi Santoso: hej", &["H. Budi Santoso"]),
            ("Customer Service: hej\nDoctor Ann Larsen: hej", &["Ann Larsen"]),
            ("Doctor Ann Larsen: hej\nOle Holm: hej\nDoctor Ann Larsen: ok", &["Ann Larsen", "Ole Holm", "Ann Larsen"]),
            (
                "Seller Siti Rahma: hej\nBuyer Budi Santoso: hej\nSeller Siti Rahma: ok",
                &["Siti Rahma", "Budi Santoso", "Siti Rahma"],
            ),
            ("Seller Siti: hej\nBuyer Budi: hej\nSeller Siti: ok", &["Siti", "Budi", "Siti"]),
            (
                "Supervisor Lars: a\nMette Jensen: b\nSupervisor Lars: c\nMette Jensen: d",
                &["Lars", "Mette Jensen", "Lars", "Mette Jensen"],
            ),
            (
                "Patient Ann Larsen: a\nDoctor Ole Holm: b\nPatient Ann Larsen: c",
                &["Ann Larsen", "Ole Holm", "Ann Larsen"],
            ),
        ] {
            assert_eq!(names(text), wanted, "{text}");
        }
        for text in [
            "Shipping Method: DHL\nTracking Page: x",
            "Agent: Lars\nRoot Cause: expired",
            "Root Cause: x\nRoot Cause: y",
            "Mette Jensen: hej",
            "Support: hej\nMette Jensen:hej",
            "Agent: Lars\nKommentar: Kunden ringede\nStatus: open",
            "Agent Region: Europe\nLimit: 3",
            "[10:02] Worker: done\n[10:03] Scheduler: run\n[10:04] Worker: done",
            "Question: a\nAnswer: b\nQuestion: c",
            "Visitor: a\nNote: b\nSystem: c\nVisitor: d",
            "10:44:01 app.service: started\n10:44:02 db.service: started",
            "Bethany: hi",
            "[10:02] Bestilling: oprettet\n[10:03] Kunde: oprettet",
            "Kunde: 1234\nSkab: rødt\nKunde: 1235\nSkab: gult",
            "Colour: red\nHeight: 3\nWidth: 4",
            "Doctor Ann Larsen: hej\nOle Holm: hej",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn behind_roles_more_speak_than_are_known() {
        let line = |i: u8| format!("Patient Ann {}olm: hej\n", char::from(b'A' + i));
        let text: String = (0..SHORT_MAX as u8 + 2).map(line).collect();
        assert_eq!(names(&format!("Support: hej\n{text}")).len(), SHORT_MAX + 2);
    }
}
