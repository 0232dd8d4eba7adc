//! Short secrets made of digits: one-time codes, PINs, card verification codes. Nothing but the words around tells them
//! from other numbers.

use super::{Anchor, Anchored, LABELS_AND_DIGITS, PROSE_AND_DIGITS, found};
use crate::detect::matchers::Match;
use crate::record::{Class, Span};

/// `kode OTP Anda 123456`, `123456 is your code`.
pub(super) const NEAR: Anchored = Anchored {
    name: "code_near",
    doc: "the code of 4 to 8 digits, or digits and capitals, that stands nearest behind or before the anchor",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: near,
};

/// `Use 482913 to verify`.
pub(super) const BEFORE: Anchored = Anchored {
    name: "code_before",
    doc: "4 to 8 digits directly before the anchor",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: before,
};

/// `482913 is your Gojek code`.
pub(super) const TOLD: Anchored = Anchored {
    name: "code_told",
    doc: "4 to 8 digits directly before the anchor, when a word for a code is in it or follows within four words",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let next = anchor.rest().trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        if anchor.text[anchor.at.range()].ends_with("kode") && !is_open(next)
            || code_word(anchor.text, anchor.behind).is_some()
        {
            before(anchor, out);
        }
    },
};

/// `Your Gojek code: 482913`.
pub(super) const OF: Anchored = Anchored {
    name: "code_of",
    doc: "4 to 8 digits directly behind a word for a code, which follows the anchor within four words",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let Some(end) = code_word(anchor.text, anchor.behind) else { return };
        let rest = &anchor.text[end..];
        let signs = rest.bytes().take(4).take_while(|b| b" :=\"'*".contains(b)).count();
        let copula = ["is ", "er ", "adalah "].iter().find(|word| rest[signs..].starts_with(**word));
        let start = end + signs + copula.map_or(0, |word| word.len());
        out.extend(code_at(anchor.text, start).filter(|_| signs > 0));
    },
};

/// `3DS challenge sent to …, code 482913`.
pub(super) const SENT: Anchored = Anchored {
    name: "code_sent",
    doc: "4 to 8 digits directly behind the anchor, when the text before it speaks of a challenge that was sent",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        const KINDS: [&str; 7] = ["otp", "2fa", "mfa", "3ds", "challenge", "verif", "sms"];
        const SENT: [&str; 3] = ["sent", "sendt", "kirim"];
        const FAILED: [&str; 6] = ["fail", "not sent", "unsent", "gagal", "fejl", "ikke sendt"];
        let open = is_in_name(anchor) || OPEN_CODES.contains(&word_before(anchor.text, anchor.at.start as usize));
        if !open && is_behind(anchor, &KINDS) && is_behind(anchor, &SENT) && !is_behind(anchor, &FAILED) {
            direct(anchor, out);
        }
    },
};

/// Whether one of these stands in the text before the anchor, not far away.
fn is_behind(anchor: &Anchor<'_>, words: &[&str]) -> bool {
    let from = (anchor.at.start as usize).saturating_sub(96);
    let before = &anchor.text.as_bytes()[from..anchor.at.start as usize];
    let speaks = |word: &&str| before.windows(word.len()).any(|at| at.eq_ignore_ascii_case(word.as_bytes()));
    words.iter().any(speaks)
}

/// One past the word for a code of somebody's within four words behind `at`, on its line: `Gojek code`, `MitID-kode`.
fn code_word(text: &str, at: usize) -> Option<usize> {
    const CODES: [&str; 10] =
        ["code", "kode", "koden", "pin", "passcode", "password", "otp", "engangskode", "loginkode", "smskode"];
    const REACH: usize = 48;
    let line = text[at..].split('\n').next().unwrap_or("");
    let mut before = "";
    let mut end = at;
    for word in line.split([' ', '-']).take(5) {
        let start = end;
        end += word.len() + 1;
        let bare = word.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        if CODES.iter().any(|code| code.eq_ignore_ascii_case(bare)) {
            return (!is_open(before)).then_some(start + bare.len());
        }
        if end > at + REACH || bare.len() < word.len() || bare.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        before = bare;
    }
    None
}

/// `G-123456`.
pub(super) const GLUED: Anchored = Anchored {
    name: "code_glued",
    doc: "six digits directly behind the anchor, found with it",
    needs: &[Class::DIGIT, Class::LETTER, Class::SPACE],
    at_labels: false,
    find: glued,
};

/// `Indtast 558120`.
pub(super) const DIRECT: Anchored = Anchored {
    name: "code_direct",
    doc: "4 to 8 digits directly behind the anchor, and no year",
    needs: &[Class::DIGIT, Class::LETTER, Class::SPACE.with(Class::COLON)],
    at_labels: false,
    find: direct,
};

/// `cvv: 123`.
pub(super) const SHORT: Anchored = Anchored {
    name: "code_short",
    doc: "3 to 8 digits a few words behind the anchor",
    needs: &[Class::DIGIT, Class::LETTER, Class::SPACE.with(Class::COLON).with(Class::EQUALS)],
    at_labels: false,
    find: |anchor, out| {
        if !is_in_name(anchor) {
            out.extend(short(anchor.text, anchor.behind));
        }
    },
};

/// `otp=123456`, `pin: 1234`.
pub(super) const LABELLED: Anchored = Anchored {
    name: "code_labelled",
    doc: "3 to 10 digits, or digits and capitals, directly behind a label",
    needs: LABELS_AND_DIGITS,
    at_labels: true,
    find: labelled,
};

/// `InvalidOtpException: submitted=118437 expected=118473`.
pub(super) const COMPARED: Anchored = Anchored {
    name: "code_compared",
    doc: "4 to 8 digits directly behind a label, when the text before it speaks of an OTP, a PIN or a passcode",
    needs: LABELS_AND_DIGITS,
    at_labels: true,
    find: |anchor, out| {
        const WORDS: [&str; 4] = ["otp", "passcode", "2fa", "mfa"];
        if is_behind(anchor, &WORDS) {
            out.extend(code_at(anchor.text, anchor.behind));
        }
    },
};

/// `GET /verify?code=482913`.
pub(super) const QUERIED: Anchored = Anchored {
    name: "code_queried",
    doc: "4 to 8 digits directly behind a label in the query of a path that verifies, logs in or confirms",
    needs: LABELS_AND_DIGITS,
    at_labels: true,
    find: |anchor, out| {
        const PATHS: [&str; 8] = ["/verif", "/otp", "/login", "/signin", "/confirm", "/activat", "/2fa", "/mfa"];
        if anchor.is_in_query() && is_behind(anchor, &PATHS) {
            out.extend(code_at(anchor.text, anchor.behind));
        }
    },
};

/// Most bytes between an anchor and its code.
const BEHIND_BYTES_MAX: usize = 48;
const BEFORE_BYTES_MAX: usize = 28;

/// Words behind a number that count something: it is a duration, a size or a number of times.
const UNITS: &[&str] = &[
    "ms",
    "s",
    "sec",
    "secs",
    "second",
    "seconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "times",
    "attempts",
    "attempt",
    "tries",
    "digits",
    "digit",
    "characters",
    "chars",
    "bytes",
    "kb",
    "mb",
    "kr",
    "detik",
    "menit",
    "jam",
    "hari",
    "kali",
    "sekunder",
    "sekund",
    "minutter",
    "timer",
    "dage",
    "gange",
    "cifre",
    "cifret",
    "tegn",
];
/// Of these there are hundreds of thousands: behind six digits other units are no units (`482913 min ven`, `482913 s/d`).
const SMALL_UNITS: &[&str] = &["ms", "bytes", "kb", "mb", "kr"];
/// Words before a number that say what it is the number of.
const COUNTED: &[&str] = &[
    "order", "orders", "ordre", "ordrer", "ordrenr", "ticket", "tickets", "tiket", "sag", "case", "user", "users",
    "uid", "pid", "id", "line", "lines", "linje", "baris", "pr", "mr", "issue", "release", "build", "version", "port",
    "page", "side", "invoice", "faktura", "pesanan", "status", "took", "http", "row", "rows", "count", "attempt",
];
/// What kinds of codes are no secrets: `error code is 5003`.
const OPEN_CODES: &[&str] = &[
    "error", "fejl", "status", "exit", "return", "postal", "post", "zip", "area", "country", "promo", "discount",
    "response", "reason", "source", "voucher", "referral", "currency", "product", "color", "colour", "http", "dress",
    "sort", "swift", "bank", "branch", "rabat", "pos", "negara", "produk", "diskon", "promosi", "kupon", "unik",
    "booking", "tracking", "qr", "class", "member",
];

fn near(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    if is_in_name(anchor) || is_open_code(anchor) || is_replaced(anchor.rest()) {
        return;
    }
    // The code was there, and was replaced.
    let behind = &text.as_bytes()[anchor.behind.min(text.len())..];
    // It, and a token in place of what stands between, are longer than what they replace.
    let behind = &behind[..behind.len().min(2 * BEHIND_BYTES_MAX)];
    let placeholder = memchr::memmem::find(behind, b"[one_time_code]");
    let replaced = |code: &Match| placeholder.is_some_and(|at| anchor.behind + at < code.span.start as usize);
    let code = first_code(text, anchor.behind, anchor.behind + BEHIND_BYTES_MAX);
    if let Some(code) = code.filter(|code| !replaced(code)) {
        out.push(code);
        others(text, code.span, out);
        return;
    }
    if placeholder.is_some() || text[..anchor.behind].ends_with("[one_time_code") {
        return;
    }
    let from = (anchor.at.start as usize).saturating_sub(BEFORE_BYTES_MAX);
    let mut at = from;
    let mut last = None;
    while let Some(code) = first_code(text, at, anchor.at.start as usize) {
        at = code.span.end as usize;
        last = Some(code);
    }
    // Cut in the middle, a longer number would look like a code.
    let cut = |m: &Match| from > 0 && m.span.start as usize == from && text.as_bytes()[from - 1].is_ascii_digit();
    out.extend(last.filter(|m| !cut(m)));
}

/// Whether the placeholder of a rule stands where the code was: `otp=[field] HTTP/1.1" 200 512`.
fn is_replaced(rest: &str) -> bool {
    rest.trim_start_matches([' ', ':', '=', '"', '\'']).starts_with("[field]")
}

/// The codes of the list that `first` begins, of as many digits: `1234-5678 8765-4321`, `482913 og 118822`, one in each line.
fn others(text: &str, first: Span, out: &mut Vec<Match>) {
    const CODES_MAX: usize = 16;
    const DIGITS_MIN: usize = 6;
    const ANDS: [&str; 7] = ["and", "og", "dan", "or", "eller", "atau", "&"];
    let digits = |code: Span| count(&text.as_bytes()[code.range()]);
    if digits(first) < DIGITS_MIN {
        return;
    }
    let mut end = first.end as usize;
    for _ in 1..CODES_MAX {
        let mut at = end + text[end..].bytes().take(6).take_while(|b| b" ,;\r\n\t*|".contains(b)).count();
        let and = ANDS.iter().find(|word| text[at..].strip_prefix(**word).is_some_and(|rest| rest.starts_with(' ')));
        at += and.map_or(0, |word| word.len() + 1);
        let like = |code: &Match| at > end && code.span.len() == first.len() && digits(code.span) == digits(first);
        let Some(code) = code_at(text, at).filter(like) else { return };
        end = code.span.end as usize;
        out.push(code);
    }
}

/// Whether the anchor is a part of a path or of a name: `/verify-otp`, `otp_requests_total`.
fn is_in_name(anchor: &Anchor<'_>) -> bool {
    let bytes = anchor.text.as_bytes();
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let mut word = bytes[..anchor.at.start as usize].iter().rev().take(64).take_while(|b| part(b));
    let goes_on =
        matches!(bytes[anchor.behind.min(bytes.len())..], [b'_' | b'/', next, ..] if next.is_ascii_alphabetic());
    goes_on || word.any(|&b| b == b'/')
}

/// Whether the anchor speaks of a code that everybody may know.
fn is_open_code(anchor: &Anchor<'_>) -> bool {
    let word = anchor.text[anchor.at.range()].split([' ', '_', '-']).next().unwrap_or("");
    let plain = ["code", "kode", "koden"].iter().any(|code| word.eq_ignore_ascii_case(code));
    plain && is_open(word_before(anchor.text, anchor.at.start as usize))
}

/// Whether this word before or behind the one for a code says that it is no secret.
fn is_open(word: &str) -> bool {
    OPEN_CODES.iter().any(|open| open.eq_ignore_ascii_case(word))
}

/// The word before `at`, over one or two signs.
fn word_before(text: &str, at: usize) -> &str {
    let head = text[..at].trim_end_matches([' ', ':', '#', '=', '.', '"', '-']);
    let signs = at - head.len();
    let len = head.bytes().rev().take(16).take_while(u8::is_ascii_alphabetic).count();
    if signs <= 3 { &head[head.len() - len..] } else { "" }
}

/// Whether a number is one of something, or so many of something.
fn is_counted(text: &str, start: usize, end: usize) -> bool {
    let behind = text[end..].strip_prefix(' ').unwrap_or(&text[end..]);
    let unit = &behind[..behind.bytes().take(12).take_while(u8::is_ascii_alphabetic).count()];
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let units = if end - start < 6 { UNITS } else { SMALL_UNITS };
    is(units, unit) || is(COUNTED, word_before(text, start))
}

/// Length of the day, and of the time with it, that stands at `at`: `2026-02-03`, `2026-02-03T14:02:11Z`.
fn day_len(bytes: &[u8]) -> usize {
    let digits =
        |from: usize, len: usize| bytes.get(from..from + len).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let joined = matches!(bytes, [b'1' | b'2', _, _, _, b'-' | b'/', _, _, b'-' | b'/', ..]);
    if !joined || !digits(0, 4) || !digits(5, 2) || !digits(8, 2) || bytes.get(10).is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let time = bytes[10..].iter().take(24).take_while(|b| b.is_ascii_digit() || b"T:.Z+".contains(b)).count();
    10 + time
}

/// The code that begins at `at`.
fn code_at(text: &str, at: usize) -> Option<Match> {
    first_code(text, at, at + 1).filter(|code| code.span.start as usize == at)
}

/// The first code that begins in `from..to`.
fn first_code(text: &str, from: usize, to: usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to.min(bytes.len()) {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let day = day_len(&bytes[at..]);
        if day > 0 {
            at += day;
            continue;
        }
        let mut end = at + bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        // `123 456`, `123-456`, `1 2 3 4 5 6`
        while let [b' ' | b'-', next, ..] = bytes[end..] {
            let more = bytes[end + 1..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            let digits = bytes[at..end].iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
            let all = bytes[end + 1..end + 1 + more].iter().all(u8::is_ascii_digit);
            if !next.is_ascii_digit() || !digits || !all || more > 4 || count(&bytes[at..end]) + more > 8 {
                break;
            }
            end += 1 + more;
        }
        if let Some(end) = drawn_code(bytes, at, end) {
            return Some(found(at, end));
        }
        // `813-8821-0947`: more digits than a code has are a number of another kind.
        if matches!(bytes[end..], [b'-', next, ..] if next.is_ascii_digit()) && bytes[at].is_ascii_digit() {
            at = end + bytes[end..].iter().take_while(|b| b.is_ascii_digit() || **b == b'-').count();
            continue;
        }
        // `ABC-482`
        if let [b'-', next, ..] = bytes[end..]
            && next.is_ascii_digit()
            && bytes[at..end].iter().all(u8::is_ascii_uppercase)
        {
            end += 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        }
        if is_code(bytes, at, end) && !is_counted(text, at, end) {
            return Some(found(at, end));
        }
        at = end;
    }
    None
}

/// One past a code of two groups of capitals and digits, of which the first ends at `end`: `7QFX-92LM`.
fn drawn_code(bytes: &[u8], at: usize, end: usize) -> Option<usize> {
    if bytes.get(end) != Some(&b'-') {
        return None;
    }
    let last = end + 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let (first, second) = (&bytes[at..end], &bytes[end + 1..last]);
    let group = |part: &[u8]| (4..=5).contains(&part.len()) && !part.iter().any(u8::is_ascii_lowercase);
    let letters = first.iter().chain(second).any(u8::is_ascii_uppercase);
    (group(first) && group(second) && letters && count(first) > 0 && count(second) > 0).then_some(last)
}

fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| b.is_ascii_digit()).count()
}

fn is_code(bytes: &[u8], start: usize, end: usize) -> bool {
    let part = &bytes[start..end];
    let digits = count(part);
    let others = part.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let upper = part.iter().all(|b| !b.is_ascii_lowercase());
    let before = start.checked_sub(1).map(|at| bytes[at]);
    let amount = matches!(before, Some(b'.' | b',' | b'/' | b'+' | b'#'))
        && start.checked_sub(2).is_some_and(|at| bytes[at].is_ascii_digit());
    let goes_on = match bytes.get(end..) {
        Some([b'.' | b',' | b'/' | b':', next, ..]) => next.is_ascii_digit(),
        Some([b'%' | b'_' | b'@', ..]) => true,
        _ => false,
    };
    let money = start >= 3 && bytes[start - 3..start].eq_ignore_ascii_case(b"rp ");
    let shaped =
        if others == 0 { (4..=8).contains(&digits) } else { upper && digits > 1 && (5..=10).contains(&part.len()) };
    shaped && !amount && !goes_on && !money && !is_masked(bytes, start, end)
}

/// What a mask has left of a longer number: `411111******1111`. (`**123456**` is in bold.)
fn is_masked(bytes: &[u8], start: usize, end: usize) -> bool {
    bytes[..start].ends_with(b"***") || bytes[end..].starts_with(b"***")
}

fn before(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let head = anchor.text[..anchor.at.start as usize].trim_end_matches(' ');
    let part = |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'-');
    let len = head.bytes().rev().take(9).take_while(part).count();
    let start = head.len() - head[head.len() - len..].trim_start_matches([' ', '-']).len();
    let cut = head[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '/' | ':' | '#'));
    out.extend(code_at(head, start).filter(|code| code.span.end as usize == head.len() && !cut));
}

fn glued(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let bytes = anchor.rest().as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let alone = bytes.get(digits).is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_'));
    let before = anchor.text[..anchor.at.start as usize].chars().next_back();
    if digits == 6 && alone && before.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_') {
        out.push(found(anchor.at.start as usize, anchor.behind + digits));
    }
}

fn direct(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let signs = anchor.rest().bytes().take(4).take_while(|b| b" :=\"'*".contains(b)).count();
    let start = anchor.behind + signs;
    let year = |code: &Match| code.span.len() == 4 && anchor.text[code.span.range()].starts_with(['1', '2']);
    if signs > 0 {
        out.extend(code_at(anchor.text, start).filter(|code| !year(code)));
    }
}

/// Digits behind at most two small words: `cvv: 123`, `cvv2 nya adalah 123`.
fn short(text: &str, behind: usize) -> Option<Match> {
    let bytes = text.as_bytes();
    let mut at = behind;
    // `cvv2`
    at += usize::from(matches!(bytes[at..], [b'1' | b'2', next, ..] if !next.is_ascii_digit()));
    let limit = (at + 20).min(bytes.len());
    while at < limit && !bytes[at].is_ascii_digit() {
        // `pin=&amount=100000`: the next of a form is another value.
        let next_of_form = bytes[at] == b'&' && at > behind && bytes[at - 1] == b'=';
        // `pin [pin] 2026`: it was replaced.
        let replaced = matches!(bytes[at..], [b'[', next, ..] if next.is_ascii_lowercase());
        if matches!(bytes[at], b'\n' | 0) || next_of_form || replaced {
            return None;
        }
        at += 1;
    }
    let mut digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = at + digits;
    // `1 2 3`, as one dictates it
    let lone = |end: usize| {
        matches!(bytes[end..], [b' ', next, ..] if next.is_ascii_digit())
            && !bytes.get(end + 2).is_some_and(u8::is_ascii_digit)
    };
    while digits < 4 && end - at + 1 == 2 * digits && lone(end) {
        (digits, end) = (digits + 1, end + 2);
    }
    let goes_on = match bytes.get(end..) {
        Some([b'.' | b',' | b'/' | b':' | b'-', next, ..]) => next.is_ascii_digit(),
        Some([b'%', ..]) => true,
        Some([next, ..]) => next.is_ascii_alphabetic(),
        _ => false,
    };
    let shaped = (3..=8).contains(&digits) && at < limit && !goes_on && !is_masked(bytes, at, end);
    (shaped && !is_counted(text, at, end)).then(|| found(at, end))
}

fn labelled(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let bytes = anchor.text.as_bytes();
    let start = anchor.behind;
    let end = start + bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let part = &bytes[start..end];
    let digits = count(part);
    let plain = digits == part.len() && (3..=10).contains(&digits);
    let code = match plain || digits > 0 && is_code(bytes, start, end) {
        true => Some(found(start, end)),
        false => first_code(anchor.text, start, start + 1),
    };
    if let Some(code) = code {
        out.push(code);
        others(anchor.text, code.span, out);
    }
}
