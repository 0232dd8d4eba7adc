//! E-mail addresses in words: `john dot doe at example dot com`, `ann (at) firma [punktum] dk`, `ann snabel-a firma.dk`.

use super::{Anchor, Anchored, PROSE, found};
use crate::canonical::email::{DOTS, unspell};
use crate::detect::matchers::{Match, TOPS};
use crate::record::Class;

/// `john dot doe at example dot com`.
pub(super) const SPELLED: Anchored = Anchored {
    name: "email_spelled",
    doc: "an address around a spelled `@`; without brackets, a spelled dot must be in it, too",
    needs: &[PROSE[0], Class::SPACE.with(Class::BRACE)],
    at_labels: false,
    find,
};

/// Words that stand before `at` in sentences, and are nobody's mailbox.
const NO_NAMES: &[&str] =
    &["the", "a", "an", "this", "that", "all", "one", "each", "any", "us", "me", "noon", "en", "et", "den"];

/// Words that stand before `at` likewise: `find us at example dot com` is about a page.
const NO_MAILBOXES: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "am",
    "me",
    "us",
    "you",
    "him",
    "her",
    "them",
    "it",
    "look",
    "looking",
    "meet",
    "met",
    "here",
    "there",
    "stay",
    "work",
    "working",
    "live",
    "visit",
    "find",
    "online",
    "sign",
    "up",
    "in",
    "back",
    "available",
    "account",
    "team",
    "people",
    "customers",
];

/// What files, pages and programs end in.
const NO_LAST_NAMES: &[&str] = &[
    "com", "net", "org", "dk", "id", "co", "io", "html", "htm", "php", "asp", "aspx", "js", "jsx", "ts", "tsx", "css",
    "json", "xml", "yaml", "yml", "toml", "txt", "pdf", "csv", "doc", "docx", "xls", "xlsx", "log", "java", "py", "rs",
    "go", "cs", "rb", "sh", "sql", "exe", "dll", "jar", "zip", "gz", "tar", "png", "jpg", "jpeg", "gif", "svg", "conf",
    "ini", "cfg", "md", "bat", "apk", "ipa", "run", "main", "call", "invoke", "get", "set", "handle", "exec",
    "execute", "process",
];

/// Who keeps most mailboxes: `ann at gmail.com`.
const PROVIDERS: &[&str] =
    &["gmail", "googlemail", "yahoo", "ymail", "hotmail", "outlook", "live", "icloud", "proton", "protonmail"];

/// Whether the text is nothing but the address, or a colon or a word for mail before it says what follows.
fn is_announced(text: &str, start: usize, end: usize) -> bool {
    const WORDS: [&str; 10] =
        ["email", "e-mail", "mail", "mailen", "emailnya", "surel", "is", "er", "adalah", "address"];
    let head = text[..start].trim_end();
    let word = head.rsplit([' ', '\n']).next().unwrap_or("").trim_end_matches(':');
    let local = text[start..end].split(' ').next().unwrap_or("");
    let letters = local.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = letters >= 3 && local.bytes().any(|b| b.is_ascii_digit());
    let whole = head.is_empty() && text[end..].trim_matches(['.', ' ', '\n']).is_empty();
    whole || digits || head.ends_with(':') || WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn find(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let (start, end) = (anchor.at.start as usize, anchor.behind);
    let open = text[..start].ends_with(['(', '[', '{', '<']) && text[end..].starts_with([')', ']', '}', '>']);
    // `a` alone is a word of many languages.
    if anchor.at.len() == 1 && !open {
        return;
    }
    let sure = open || anchor.at.len() > 2;
    let (local_end, domain_start) = (trim_back(text, start), trim(text, end));
    if local_end == start || domain_start == end {
        return;
    }
    let Some((local_start, dots)) = local(text, local_end) else { return };
    let Some((domain_end, spelled)) = domain(text, domain_start) else { return };
    let plain = &text[domain_start..domain_end];
    let sure = sure || is_mailbox(text, anchor, plain);
    let first = plain.split([' ', '.']).next().unwrap_or("");
    let announced = is_announced(text, local_start, domain_end);
    let named = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let provided = announced && PROVIDERS.contains(&first);
    let verb = !dots && !announced && named(NO_MAILBOXES, &text[local_start..local_end]);
    let prose = !sure && (NO_NAMES.contains(&first) || verb || !(spelled || dots || provided));
    if !prose && unspell(&text[local_start..domain_end]).is_some() {
        out.push(found(local_start, domain_end));
    }
}

/// Whether two names with a dot between them stand before `at`, or anything with such a sign before `AT`: `john.doe at
/// example.com`, and no file or page (`index.html at example.com`).
fn is_mailbox(text: &str, anchor: &Anchor<'_>, domain: &str) -> bool {
    let head = text[..anchor.at.start as usize].trim_end();
    let local = &head[atom_back(head, head.len())..];
    let named = |part: &str| part.len() > 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let last = local.rsplit('.').next().unwrap_or("");
    let names = local.contains('.') && local.split('.').all(named);
    let shouted = &text[anchor.at.range()] == "AT" && local.bytes().any(|b| b.is_ascii_lowercase());
    let signed = shouted && local.bytes().any(|b| matches!(b, b'.' | b'_' | b'+') || b.is_ascii_digit());
    // `java.lang.Exception at com.foo.Bar`
    let top = domain.rsplit('.').next().is_some_and(|top| TOPS.contains(&top));
    top && (names || signed) && !NO_LAST_NAMES.iter().any(|known| known.eq_ignore_ascii_case(last))
}

/// Passes the brackets and spaces behind `at`, or before it.
fn trim(text: &str, at: usize) -> usize {
    at + text[at..].bytes().take(3).take_while(|b| b" )]}>".contains(b)).count()
}

fn trim_back(text: &str, at: usize) -> usize {
    at - text[..at].bytes().rev().take(3).take_while(|b| b" ([{<)]}>".contains(b)).count()
}

const fn is_atom(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+') || b >= 0x80
}

fn atom_back(text: &str, end: usize) -> usize {
    char_start(text, end - text[..end].bytes().rev().take(64).take_while(|&b| is_atom(b)).count())
}

/// Where the local part that ends at `end` begins, and whether a dot of it is spelled.
fn local(text: &str, end: usize) -> Option<(usize, bool)> {
    let mut start = atom_back(text, end);
    if start == end {
        return None;
    }
    let mut dots = false;
    loop {
        let word_end = trim_back(text, start);
        let word_start = atom_back(text, word_end);
        let word = text.get(word_start..word_end).unwrap_or("");
        let before = trim_back(text, word_start);
        let atom = atom_back(text, before);
        if word_end == start
            || before == word_start
            || atom == before
            || !DOTS.iter().any(|d| d.eq_ignore_ascii_case(word))
        {
            return Some((start, dots));
        }
        (start, dots) = (atom, true);
    }
}

/// The next character boundary.
fn char_start(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// Where the domain that begins at `start` ends, and whether a dot of it is spelled.
fn domain(text: &str, start: usize) -> Option<(usize, bool)> {
    let atom = |at: usize| {
        let end = at + text.as_bytes()[at..].iter().take(64).take_while(|&&b| is_atom(b)).count();
        (at..=end).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(at)
    };
    let mut end = atom(start);
    let mut spelled = false;
    while end > start {
        let signs = text[end..].bytes().take(3).take_while(|b| b" ([{<".contains(b)).count();
        let word_end = atom(end + signs);
        let word = text.get(end + signs..word_end).unwrap_or("");
        let next = trim(text, word_end);
        let label = atom(next);
        if signs == 0 || next == word_end || label == next || !DOTS.iter().any(|d| d.eq_ignore_ascii_case(word)) {
            break;
        }
        (end, spelled) = (label, true);
    }
    let end = start + text.get(start..end)?.trim_end_matches(['.', '-', '_', '+']).len();
    (end > start).then_some((end, spelled))
}
