//! IP addresses: dotted IPv4 and IPv6 in all its spellings, but not versions, times, ratios, MAC addresses or amounts.
//!
//! What is an address is decided by the parser of the canonical form; this file decides where one may begin and end.

use super::{Input, Match, Matcher};
use crate::canonical::ip;
use crate::detect::groups::{Gap, Group};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "ip",
    doc: "IPv4 and IPv6 addresses with or without port, brackets, zone and leading zeros",
    wants: |class, digits| (class.has(Class::DOT) && digits >= 4) || class.has(Class::COLON),
    find,
};

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let mut found = |start: usize, end: usize| {
        let span = Span::new(start as u32, end as u32);
        if !is_network(input.text, start, end) {
            out.push(Match { span, value: span });
        }
    };
    if input.class.has(Class::COLON) {
        v6(input.text, &mut found);
    }
    if input.class.has(Class::DOT) {
        v4(input.text, input.groups, &mut found);
    }
}

/// `203.0.113.0/24`, `2001:db8:85a3::/48`: a network of hundreds, nobody's address, and what generalizing leaves.
fn is_network(text: &str, start: usize, end: usize) -> bool {
    let prefix = text.get(end..end + 3).is_some_and(|prefix| matches!(prefix, "/24" | "/48"));
    let ends = !text.as_bytes().get(end + 3).is_some_and(u8::is_ascii_alphanumeric);
    prefix && ends && ip::parse_network(&text[start..end + 3]).is_some()
}

/// Four groups joined by single dots, with neither digits nor a dotted number beside them.
fn v4(text: &str, groups: &[Group], found: &mut impl FnMut(usize, usize)) {
    let mut first = 0;
    while first < groups.len() {
        let dotted = 1 + groups[first + 1..].iter().take_while(|g| g.gap == Gap::DOT).count();
        if let (4, Some(quad)) = (dotted, groups.get(first..first + 4)) {
            let (start, end) = (quad[0].start as usize, quad[3].end as usize);
            if is_v4(text, quad, start, end) {
                found(start, end);
            }
        }
        first += dotted;
    }
}

fn is_v4(text: &str, quad: &[Group], start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    if quad.iter().any(|g| g.len() > 3) || ip::parse(&text[start..end]).is_none() {
        return false;
    }
    !is_amount(bytes, quad, end) && !is_product(bytes, start) && !is_release(bytes, end)
}

/// `1.250.000.000` and `25.000.000.000,00` are amounts; `203.000.113.007` is an address that pads each part.
fn is_amount(bytes: &[u8], quad: &[Group], end: usize) -> bool {
    let thousands = quad[1..].iter().all(|g| g.len() == 3);
    if !thousands {
        return false;
    }
    let text = |g: &Group| &bytes[g.start as usize..g.end as usize];
    let padded = quad.iter().any(|g| g.len() > 1 && text(g)[0] == b'0');
    let round = quad[2..].iter().all(|g| text(g) == b"000");
    let cents = matches!(&bytes[end..], [b',', a, b, rest @ ..]
        if a.is_ascii_digit() && b.is_ascii_digit() && !rest.first().is_some_and(u8::is_ascii_digit));
    cents || round || (padded && quad[0].len() < 3)
}

/// `Chrome/126.0.0.0`: a product and its version. A name that stands in a path, or speaks of addresses, is none.
fn is_product(bytes: &[u8], start: usize) -> bool {
    let Some(name_end) = start.checked_sub(1).filter(|&i| bytes[i] == b'/') else {
        return false;
    };
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+');
    let name_start = bytes[..name_end].iter().rposition(|b| !part(b)).map_or(0, |i| i + 1);
    let name = &bytes[name_start..name_end];
    let in_path = name_start > 0 && matches!(bytes[name_start - 1], b'/' | b':' | b'@' | b'%');
    let dotted_host = name.contains(&b'.');
    let of_address = [&b"ip"[..], b"ips", b"ipv4", b"host", b"hosts", b"addr", b"from", b"client", b"src", b"to"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word));
    name.iter().any(u8::is_ascii_alphabetic) && !in_path && !of_address && !dotted_host
}

/// `1.2.3.4rc1`, `1.2.3.4-beta`, `1.2.3.4-SNAPSHOT`: a version.
fn is_release(bytes: &[u8], end: usize) -> bool {
    const WORDS: [&[u8]; 12] =
        [b"a", b"alpha", b"b", b"beta", b"dev", b"final", b"ga", b"post", b"pre", b"rc", b"release", b"snapshot"];
    let rest = &bytes[end..];
    let rest = rest.strip_prefix(b"-").or(rest.strip_prefix(b"+")).unwrap_or(rest);
    let len = rest.iter().take(9).take_while(|b| b.is_ascii_alphabetic()).count();
    WORDS.iter().any(|word| rest[..len].eq_ignore_ascii_case(word))
}

fn v6(text: &str, found: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    while let Some(colon) = memchr::memchr(b':', &bytes[floor..]).map(|i| floor + i) {
        let hex_before = bytes[floor..colon].iter().rev().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
        let start = colon - hex_before;
        let len = bytes[colon..].iter().take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
        let end = colon + len;
        // Shorter than `::1`, or one lone colon, as in most texts.
        let bounded = is_bounded_left(text, start);
        let address = (end - start >= 3 && bounded).then(|| v6_end(text, start, end)).flatten();
        if let Some(end) = address {
            found(start, end);
        }
        // `ip:2001:db8::1`: behind a word and one colon an address may begin.
        let behind_word = !bounded && bytes.get(colon + 1) != Some(&b':');
        floor = if behind_word { colon + 1 } else { end };
    }
}

fn is_bounded_left(text: &str, start: usize) -> bool {
    let before = &text[..start];
    match before.chars().next_back() {
        Some(':') => ends_in_word(&before.as_bytes()[..start - 1]),
        other => !other.is_some_and(char::is_alphanumeric),
    }
}

/// Whether it ends in a word that is no hexadecimal number: `client`, `src`.
fn ends_in_word(bytes: &[u8]) -> bool {
    let word = bytes.iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
    word.fold(false, |any, b| any | !b.is_ascii_hexdigit())
}

/// One past the IPv6 address in `text[start..end]`, a run of hexadecimal digits, colons and dots.
fn v6_end(text: &str, start: usize, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    // The full stop, or the colon, of a sentence.
    let mut end = end;
    while end > start && (bytes[end - 1] == b'.' || (bytes[end - 1] == b':' && !bytes[..end - 1].ends_with(b":"))) {
        end -= 1;
    }
    let run = &bytes[start..end];
    let colons = memchr::memchr_iter(b':', run).count();
    let gap = memchr::memmem::find(run, b"::");
    if colons < 2 || (gap.is_none() && colons < 6) {
        return None;
    }
    let glued = text[end..].chars().next().is_some_and(char::is_alphanumeric);
    if glued || !is_plausible(run, gap.is_some()) {
        return None;
    }
    ip::parse(&text[start..end])?;
    Some(zone_end(bytes, end))
}

/// Whether a run that might parse as an address is meant as one: not `a::b`, `1::2`, `10::30`, or a hardware address.
fn is_plausible(run: &[u8], compressed: bool) -> bool {
    let groups = || run.split(|&b| b == b':').filter(|g| !g.is_empty());
    if !compressed {
        return !groups().all(|g| g.len() == 2);
    }
    let count = groups().count();
    let digit = run.iter().any(u8::is_ascii_digit);
    let first = groups().next().map_or(0, <[u8]>::len);
    let total: usize = groups().map(<[u8]>::len).sum();
    let loopback = run == b"::1";
    let nat64 = run.len() > 9 && run[..9].eq_ignore_ascii_case(b"64:ff9b::");
    loopback || nat64 || count >= 4 || (digit && total >= 3 && first >= 3)
}

/// One past a zone such as `%eth0`.
fn zone_end(bytes: &[u8], end: usize) -> usize {
    if bytes.get(end) != Some(&b'%') {
        return end;
    }
    let len = bytes[end + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    // `%3A` is an escape of a URL rather than a zone.
    let escape =
        len >= 2 && bytes[end + 1..end + 3].iter().all(u8::is_ascii_hexdigit) && bytes[end + 1].is_ascii_digit();
    if len == 0 || escape { end } else { end + 1 + len }
}
