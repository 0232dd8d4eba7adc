//! E-mail addresses: what stands around each `@`.
//!
//! Takes dot-atoms (RFC 5321) with the signs that people use, quoted local parts, and letters of any script on both
//! sides (RFC 6531). `=`, `/`, `?`, `&`, `{`, `|` and the back quote are left out of local parts, though the RFC allows
//! them: in URLs and logs they stand before an address far more often than in one.

use super::userinfo::userinfo_at;
use super::{Input, Match, Matcher};
use crate::canonical::email::DOTS;
use crate::canonical::ip;
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "email",
    doc: "e-mail addresses with a top-level domain, plus tags, quoted or international local parts",
    wants: |class, _| class.has(Class::AT),
    find,
};

/// Longest local part that is looked for. RFC 5321 allows 64; what is longer is scrubbed rather than let through.
const LOCAL_BYTES_MAX: usize = 256;
/// Longest address of a host in brackets.
const LITERAL_BYTES_MAX: usize = 64;
/// Top-level domains that are believed where a dot is spelled or stands apart.
pub(in crate::detect) const TOPS: [&str; 14] =
    ["com", "net", "org", "co", "id", "dk", "io", "info", "uk", "de", "se", "eu", "sg", "my"];
/// Longest domain (RFC 1035).
const DOMAIN_BYTES_MAX: usize = 253;

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let text = input.text;
    let mut floor = 0;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        if at < floor {
            continue;
        }
        let found = match domain_end(text, at + 1)
            .or_else(|| spelled_end(text, at + 1))
            .or_else(|| slip_end(text, at + 1))
            .or_else(|| literal_end(text, at + 1))
        {
            Some(end) => local_start(text, floor, at).map(|start| (start, end)).or_else(|| spaced(text, floor, at)),
            None => spaced(text, floor, at),
        };
        let Some((start, end)) = found else { continue };
        floor = end;
        let unit = !text[start..at].contains('.') && is_unit(&text[at + 1..end]);
        if unit || is_repository(&text.as_bytes()[start..at], &text.as_bytes()[end..]) {
            continue;
        }
        // `https://name:word@host` is no address: see userinfo.rs.
        if !is_userinfo(text.as_bytes(), start, at) {
            let span = Span::new(start as u32, end as u32);
            out.push(Match { span, value: span });
        }
    }
}

/// Where the local part that ends at `at` begins.
fn local_start(text: &str, floor: usize, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if at > floor && bytes[at - 1] == b'"' {
        return quoted_start(bytes, floor, at);
    }
    let lowest = floor.max(at.saturating_sub(LOCAL_BYTES_MAX));
    let mut start = at;
    while start > lowest {
        let b = bytes[start - 1];
        if b >= 0x80 {
            let Some(c) = text[..start].chars().next_back() else {
                break;
            };
            if !is_word(c) || start - c.len_utf8() < lowest {
                break;
            }
            start -= c.len_utf8();
        } else if is_local(b) && !(b == b'.' && bytes.get(start) == Some(&b'.')) {
            start -= 1;
        } else {
            break;
        }
    }
    // Signs at the edge belong to the sentence: `'ann@example.com'`, `...ann@example.com`, `*ann@example.com*`.
    while start < at && matches!(bytes[start], b'.' | b'\'' | b'*' | b'#' | b'!' | b'~' | b'-' | b'%' | b'$' | b'^') {
        start += 1;
    }
    let named = bytes[start..at].iter().any(|&b| b.is_ascii_alphanumeric() || b >= 0x80);
    named.then(|| bounce_start(bytes, lowest, start).unwrap_or(start))
}

/// Where the address of a bounce begins, in which another one is written: `bounce+ann.bo=example.com@lists.example`,
/// `SRS0=x7=AB=example.com=ann.bo@…`. Elsewhere a name and its value stand beside a `=`.
fn bounce_start(bytes: &[u8], lowest: usize, start: usize) -> Option<usize> {
    const KINDS: [&[u8]; 7] = [b"bounce", b"return", b"prvs", b"msprvs", b"srs0", b"srs1", b"verp"];
    let head = bytes[lowest..start].strip_suffix(b"=")?;
    let first = start - 1 - head.iter().rev().take_while(|b| is_local(**b) || **b == b'=').count();
    // `to=bounce+…`: what stands before it is a name.
    let mut at = first;
    bytes[first..start - 1].split(|b| *b == b'=').find_map(|part| {
        let quotes = part.iter().take_while(|b| !b.is_ascii_alphanumeric()).count();
        let begin = at + quotes;
        at += part.len() + 1;
        let kind = |kind: &&[u8]| part[quotes..].get(..kind.len()).is_some_and(|word| word.eq_ignore_ascii_case(kind));
        (KINDS.iter().any(kind) || part.contains(&b'+')).then_some(begin)
    })
}

/// The opening quote of `"john doe"@`.
fn quoted_start(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let lowest = floor.max(at.saturating_sub(LOCAL_BYTES_MAX));
    let inside = &bytes[lowest..at - 1];
    let open = memchr::memrchr2(b'"', b'\n', inside)?;
    let closed = inside[open] == b'"' && open + 1 < inside.len();
    closed.then_some(lowest + open)
}

/// `ann@[203.0.113.7]`, `ann@[IPv6:2001:db8::1]`: behind the `@` stands the address of a host.
fn literal_end(text: &str, start: usize) -> Option<usize> {
    let inner = text.get(start..)?.strip_prefix('[')?;
    let len = inner.bytes().take(LITERAL_BYTES_MAX).position(|b| b == b']')?;
    let host = inner[..len].strip_prefix("IPv6:").unwrap_or(&inner[..len]);
    ip::parse(host).map(|_| start + len + 2)
}

/// `ann.bo @ example.com`, `ann@ example.com`: a space beside the `@`; `ann_bo92 @gmail.com`, `ann@gmail . com` and
/// `ann@gmail,com` at those who keep most mailboxes. Words that stand before it in prose are no mailbox.
fn spaced(text: &str, floor: usize, at: usize) -> Option<(usize, usize)> {
    const NO_NAMES: [&str; 24] = [
        "the", "us", "me", "you", "only", "now", "here", "live", "up", "out", "and", "or", "play", "meet", "visit",
        "follow", "join", "di", "ikuti", "kunjungi", "hos", "og", "via", "by",
    ];
    let behind = usize::from(text[at + 1..].starts_with(' '));
    let local_end = if text[..at].ends_with(' ') { at - 1 } else { at };
    if local_end < floor {
        return None;
    }
    let domain = at + 1 + behind;
    let kept = provider_end(text, domain);
    let end = kept.or_else(|| domain_end(text, domain).filter(|_| behind > 0));
    let end = end.or_else(|| loose_end(text, domain).filter(|_| behind > 0 && local_end < at))?;
    let start = local_start(text, floor, local_end)?;
    let local = &text[start..local_end];
    let name = local.len() > 1 && local.bytes().any(|b| b.is_ascii_alphabetic() || b >= 0x80);
    // `pakai akun @gmail.com` is about all of them.
    let mailbox = behind > 0 || local_end == at || local.bytes().any(|b| b.is_ascii_digit() || b"._+-".contains(&b));
    (name && mailbox && !NO_NAMES.iter().any(|word| word.eq_ignore_ascii_case(local))).then_some((start, end))
}

/// One past `example dot com` at `at`, its dot in words, before what is no word of a sentence.
fn spelled_end(text: &str, at: usize) -> Option<usize> {
    let label = text[at..].bytes().take(63).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let rest = text[at + label..].strip_prefix(' ').filter(|_| label > 1)?;
    let word = rest.split(' ').next().unwrap_or("");
    let repository = text[..at].ends_with("git@");
    let dot = !repository && DOTS.iter().any(|dot| dot.eq_ignore_ascii_case(word.trim_matches(['(', ')', '[', ']'])));
    let top_at = at + label + 1 + word.len() + 1;
    let top = top_level(text.get(top_at..)?).filter(|&top| dot && TOPS.contains(&&text[top_at..top_at + top]))?;
    Some(top_at + top)
}

/// One past `example,com` or `example .com` at `at`: a slip of the pen before a top-level domain that is no word of a list.
fn slip_end(text: &str, at: usize) -> Option<usize> {
    const BEHIND_COMMA: [&str; 6] = ["com", "net", "org", "dk", "co.id", "co.uk"];
    let label = text[at..].bytes().take(63).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let (slip, tops) = match text.as_bytes().get(at + label..)? {
        [b',', ..] => (1, &BEHIND_COMMA[..]),
        [b' ', b'.', ..] => (2, &TOPS[..]),
        _ => return None,
    };
    let rest = &text[at + label + slip..];
    let run = rest.bytes().take(63).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    let run = rest[..run].trim_end_matches('.');
    let known = tops.iter().any(|top| top.eq_ignore_ascii_case(run)) || slip == 2 && run.eq_ignore_ascii_case("co.id");
    (label > 1 && known && !rest[run.len()..].starts_with('@')).then_some(at + label + slip + run.len())
}

/// One past `example . com` at `at`: where the `@` has spaces on both sides the dot may have them, too, before what is no
/// word of a sentence.
fn loose_end(text: &str, at: usize) -> Option<usize> {
    let label = text[at..].bytes().take(63).take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let rest = text[at + label..].strip_prefix(" . ")?;
    let top = top_level(rest).filter(|&top| TOPS.contains(&&rest[..top]))?;
    (label > 1).then_some(at + label + " . ".len() + top)
}

/// One past the domain of a large provider that begins at `at`, however its dot is written: `gmail . com`, `yahoo,co.id`.
fn provider_end(text: &str, at: usize) -> Option<usize> {
    const PROVIDERS: [&str; 12] = [
        "gmail",
        "googlemail",
        "yahoo",
        "ymail",
        "rocketmail",
        "hotmail",
        "outlook",
        "live",
        "msn",
        "icloud",
        "protonmail",
        "proton",
    ];
    let rest = &text[at..];
    let named = |name: &&&str| rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    let name = PROVIDERS.iter().filter(named).map(|name| name.len()).max()?;
    let signs = rest[name..].bytes().take(4).take_while(|b| b" .,".contains(b)).count();
    let dots = rest[name..name + signs].bytes().filter(|b| *b != b' ').count();
    let top = top_level(&rest[name + signs..])?;
    let country = rest[name + signs + top..].starts_with(".id").then_some(".id".len());
    (dots == 1 && (2..=3).contains(&top)).then(|| at + name + signs + top + country.unwrap_or(0))
}

/// `git@github.com:example/repo.git`: everybody's user, and a path.
fn is_repository(local: &[u8], behind: &[u8]) -> bool {
    let path = matches!(behind, [b':', first, ..] if first.is_ascii_alphabetic() || matches!(first, b'~' | b'/'));
    path && [&b"git"[..], b"hg", b"svn"].contains(&local)
}

/// Whether the local part `start..at` is the end of a name and password in a URL.
fn is_userinfo(bytes: &[u8], start: usize, at: usize) -> bool {
    let lowest = start.saturating_sub(LOCAL_BYTES_MAX);
    let scheme = bytes[lowest..at].windows(3).rposition(|sign| sign == b"://").map(|i| lowest + i + 3);
    scheme.and_then(|authority| userinfo_at(bytes, authority)).is_some_and(|userinfo| userinfo.end as usize == at)
}

/// One past the domain that begins at `start`, if it is one: labels, the last of which is a plausible top-level domain.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let run = &text[start..domain_run_end(text, start)];
    // The end of the longest prefix that is a domain.
    let mut domain = None;
    let mut label = 0;
    loop {
        let dot = memchr::memchr(b'.', &run.as_bytes()[label..]).map_or(run.len(), |len| label + len);
        if dot == label || run.as_bytes()[label] == b'-' {
            break;
        }
        if label > 0 {
            domain = top_level(&run[label..dot]).map(|len| start + label + len).or(domain);
        }
        if dot == run.len() {
            break;
        }
        label = dot + 1;
    }
    // Names of pictures for dense screens: `logo@2x.png`.
    let dense = matches!(&bytes[start..], [b'1'..=b'4', b'x', b'.', ..]);
    domain.filter(|_| !dense)
}

/// `getty@tty1.service`: an instance of a unit of systemd.
fn is_unit(domain: &str) -> bool {
    const KINDS: [&str; 6] = ["service", "socket", "timer", "slice", "mount", "scope"];
    // A space or a bracket may stand behind the `@`.
    let domain = domain.trim_start();
    domain.split_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind))
}

/// One past the letters, digits, dashes and dots that begin at `start`.
fn domain_run_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = start;
    while end - start < DOMAIN_BYTES_MAX {
        match bytes.get(end) {
            Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.') => end += 1,
            Some(0x80..) => match text[end..].chars().next().filter(|&c| is_word(c)) {
                Some(letter) => end += letter.len_utf8(),
                None => break,
            },
            _ => break,
        }
    }
    end
}

/// Length of the top-level domain that `label` begins with: two or more letters, or `xn--…`.
fn top_level(label: &str) -> Option<usize> {
    if label.len() > 4 && label.as_bytes()[..4].eq_ignore_ascii_case(b"xn--") {
        return Some(label.len());
    }
    let ascii = label.bytes().take_while(u8::is_ascii_alphabetic).count();
    let len = match label.as_bytes().get(ascii) {
        Some(0x80..) => label.find(|c: char| !c.is_alphabetic()).unwrap_or(label.len()),
        _ => ascii,
    };
    label[..len].chars().nth(1).is_some().then_some(len)
}

fn is_local(b: u8) -> bool {
    LOCAL[b as usize]
}

static LOCAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128 {
        table[b] =
            (b as u8).is_ascii_alphanumeric() || matches!(b as u8, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'~');
        table[b] |= matches!(b as u8, b'!' | b'#' | b'$' | b'*' | b'^');
        b += 1;
    }
    table
};

/// Whether a character beyond ASCII can be part of a name: no space, no punctuation.
fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || !(c.is_ascii()
            || c.is_whitespace()
            || matches!(c, '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{303f}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}'))
}
