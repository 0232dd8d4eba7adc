//! IP addresses: dotted IPv4, also octal and hexadecimal, numbers as hosts of URLs, and IPv6 in all its spellings, but not versions, times, ratios, MAC addresses or amounts.
//!
//! What is an address is decided by the parser of the canonical form; this file decides where one may begin and end.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Input, Match, Matcher, version};
use crate::canonical::ip;
use crate::detect::anchored::words::{Words, is_in};
use crate::detect::groups::{Gap, Group};
use crate::record::{Class, Marks, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "ip",
    doc: "IPv4 (in the spellings of inet_aton, too) and IPv6 addresses with or without port, brackets, zone and leading zeros",
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
    if input.class.has(Class::COLON) && may_hold_v6(input.marks) {
        v6(input.text, input.marks, &mut found);
    }
    hexadecimal(input.text, input.groups, &mut found);
    // Numbers as long as hosts are rare, and so is the walk.
    if input.census.longest as usize >= NUMBER_DIGITS_MIN {
        numbers_of_urls(input.text, input.groups, &mut found);
    }
    if input.class.has(Class::DOT) {
        if input.census.dots >= 3 {
            v4(input.text, input.groups, &mut found);
        }
        if input.census.dashes >= 3 {
            dashed(input.text, input.groups, &mut found);
        }
        if input.marks.count(|bits| bits.dashes) >= DASHES_MIN {
            v6_dashed(input.text, &mut found);
        }
        if input.marks.count(|bits| bits.dots) > NIBBLES {
            v6_reversed(input.text, &mut found);
        }
    }
}

/// `203.0.113.0/24`, `2001:db8:85a3::/48`: a network of hundreds, nobody's address, and what generalizing leaves.
fn is_network(text: &str, start: usize, end: usize) -> bool {
    let prefix = text.get(end..end + 3).is_some_and(|prefix| matches!(prefix, "/24" | "/48"));
    let ends = !text.as_bytes().get(end + 3).is_some_and(u8::is_ascii_alphanumeric);
    prefix && ends && ip::parse_network(&text[start..end + 3]).is_some()
}

/// Four groups joined by single dots, with neither digits nor a dotted number beside them; behind them the name of the
/// reverse tree may stand.
fn v4(text: &str, groups: &[Group], found: &mut impl FnMut(usize, usize)) {
    let mut first = 0;
    while first < groups.len() {
        let dotted = 1 + groups[first + 1..].iter().take_while(|g| g.gap == Gap::DOT).count();
        if let (4, Some(quad)) = (dotted, groups.get(first..first + 4)) {
            let (start, end) = (quad[0].start as usize, quad[3].end as usize);
            let reversed = starts_with(&text.as_bytes()[end..], b".in-addr.arpa");
            if reversed && ip::parse(&text[start..end]).is_some() {
                found(start, end + b".in-addr.arpa".len());
            } else if is_v4(text, quad) {
                found(start, end);
            }
        }
        first += dotted;
    }
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_v4(text: &str, quad: &[Group]) -> bool {
    let (start, end) = (quad[0].start as usize, quad[3].end as usize);
    let bytes = text.as_bytes();
    // Every address of a host, the host itself, all hosts, and masks: nobody's.
    if quad.iter().any(|g| g.len() > 3 && !is_octal(&bytes[g.start as usize..g.end as usize]))
        || matches!(&text[start..end], "0.0.0.0" | "127.0.0.1")
        || ip::is_mask(&text[start..end])
        || ip::parse(&text[start..end]).is_none()
    {
        return false;
    }
    !is_amount(bytes, quad, end)
        && !is_clock(bytes, quad)
        && !begins_npwp(bytes, quad)
        && !version::is_product(bytes, quad)
        && !version::is_release(bytes, quad)
}

/// `0313`: an octet in octal with its zero. (`0012` is padded, as builds are.)
fn is_octal(part: &[u8]) -> bool {
    matches!(part, [b'0', b'1'..=b'3', b'0'..=b'7', b'0'..=b'7'])
}

/// `0xCB.0x00.0x71.0x07`, `203.0x0.0161.7`, and in URLs `http://0xCB007107/`.
fn hexadecimal(text: &str, groups: &[Group], found: &mut impl FnMut(usize, usize)) {
    const REACH: usize = 64;
    let bytes = text.as_bytes();
    let mut floor = 0;
    // Over the groups: there are fewer than letters.
    for group in groups {
        let x = group.end as usize;
        if !matches!(bytes.get(x), Some(b'x' | b'X')) || group.len() != 1 || bytes[x - 1] != b'0' || x <= floor {
            continue;
        }
        let is_part = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'.';
        let start = x - bytes[floor..x].iter().rev().take(REACH).take_while(is_part).count();
        floor = x + bytes[x..].iter().take(REACH).take_while(is_part).count();
        let end = floor - bytes[start..floor].iter().rev().take_while(|b| **b == b'.').count();
        let dotted = bytes[start..end].contains(&b'.');
        if (dotted || is_host_of_url(bytes, start, end)) && ip::parse(&text[start..end]).is_some() {
            found(start, end);
        }
    }
}

/// Least digits of the number of an address in a URL.
const NUMBER_DIGITS_MIN: usize = 8;

/// `http://3405803783/`, `http://031300070407/`.
fn numbers_of_urls(text: &str, groups: &[Group], found: &mut impl FnMut(usize, usize)) {
    const DIGITS_MAX: usize = 12;
    for group in groups {
        let (start, end) = (group.start as usize, group.end as usize);
        let long = (NUMBER_DIGITS_MIN..=DIGITS_MAX).contains(&group.len());
        if long && is_host_of_url(text.as_bytes(), start, end) {
            // Below 1.0.0.0 there is nobody.
            if ip::parse(&text[start..end]).is_some_and(|address| ip::is_v4(&address) && address[12] > 0) {
                found(start, end);
            }
        }
    }
}

/// What the URLs begin with whose hosts may be addresses: `order://3405803783` is an order.
static SCHEMES: LazyLock<Words> =
    LazyLock::new(|| "http https ws wss ftp ftps sftp ssh tcp udp rtsp rtmp redis amqp mqtt".split(' ').collect());

/// Whether `bytes[start..end]` is all of the host of a URL.
fn is_host_of_url(bytes: &[u8], start: usize, end: usize) -> bool {
    const REACH: usize = 64;
    let head = &bytes[..start];
    if !head.ends_with(b"/") && !head.ends_with(b"@") {
        return false;
    }
    let head = &head[start.saturating_sub(REACH)..];
    let Some(colon) = memchr::memmem::rfind(head, b"://") else {
        return false;
    };
    let user = &head[colon + 3..];
    let scheme = colon - head[..colon].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    let scheme = std::str::from_utf8(&head[scheme..colon]).is_ok_and(|scheme| is_in(&SCHEMES, scheme));
    // What may stand in a host, or ends a user before one: `http://3405803783:x@host`.
    let authority = || bytes[end..].iter().take(REACH).take_while(|b| b.is_ascii_graphic() && !b"/?#".contains(b));
    let ends = !bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'%'));
    scheme && ends && !user.iter().any(|b| matches!(b, b'/' | b'?' | b' ')) && !authority().any(|b| *b == b'@')
}

/// `15.055.230.6-998.001`: an Indonesian tax number, whose first groups may be an address with zeros before its parts.
fn begins_npwp(bytes: &[u8], quad: &[Group]) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let office = |rest: &[u8]| match rest {
        [b'-', office @ ..] if office.len() >= 7 => {
            digits(&office[..3])
                && office[3] == b'.'
                && digits(&office[4..7])
                && !matches!(office[7..], [b'0'..=b'9', ..] | [b'.' | b'-', b'0'..=b'9', ..])
        }
        _ => false,
    };
    let begins = !bytes[..quad[0].start as usize].ends_with(b".");
    begins && quad.iter().map(|g| g.len()).eq([2, 3, 3, 1]) && office(&bytes[quad[3].end as usize..])
}

/// `203-0-113-7.static.example.net`, `ip-10-0-0-5`: an address in the name of its host.
fn dashed(text: &str, groups: &[Group], found: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut first = 0;
    while first < groups.len() {
        let joined = 1 + groups[first + 1..].iter().take_while(|g| g.gap == Gap::DASH).count();
        // `ec2-203-0-113-7`: a digit that ends a word is none of it.
        let word = usize::from(joined == 5 && text[..groups[first].start as usize].ends_with(glues));
        if let (4, Some(quad)) = (joined - word, groups.get(first + word..first + word + 4)) {
            let (start, end) = (quad[0].start as usize, quad[3].end as usize);
            // `page 1-2-3-4.html` is a page.
            let octets = quad.iter().all(|g| g.len() <= 3) && quad.iter().any(|g| g.len() > 1);
            let octets = octets && ip::parse(&text[start..end]).is_some();
            let named = starts_with(&bytes[start.saturating_sub(3)..], b"ip-");
            if octets && (named || is_host(&bytes[end..])) {
                found(start, end);
            }
        }
        first += joined;
    }
}

/// Whether a host's name goes on here: `.static.example.net`, `-dsl.example.net`.
fn is_host(rest: &[u8]) -> bool {
    let label = rest.iter().take(63).take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    let domain = matches!(&rest[label..], [b'.', first, second, ..] if first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric());
    let separated = rest.first().is_some_and(|b| matches!(b, b'.' | b'-'));
    separated && domain && rest[label + 1..].iter().take(253).take_while(|b| **b != b' ').any(u8::is_ascii_alphabetic)
}

/// Fewest dashes of an IPv6 address in the name of its host.
const DASHES_MIN: usize = 5;

/// `2001-db8-85a3--8a2e-370-7334.dyn.example.net`: an IPv6 address in the name of its host.
fn v6_dashed(text: &str, found: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    for dot in memchr::memchr_iter(b'.', bytes) {
        let run = bytes[..dot].iter().rev().take(40).take_while(|b| b.is_ascii_hexdigit() || **b == b'-').count();
        let (start, bounded) = (dot - run, run == dot || !bytes[dot - run - 1].is_ascii_alphanumeric());
        let digits = bytes[start..dot].iter().filter(|b| b.is_ascii_digit()).count();
        let dashes = memchr::memchr_iter(b'-', &bytes[start..dot]).count();
        // Addresses that the world reaches begin with four digits; names such as `a-b-c-d-e--f` do not.
        let bounded = bounded && bytes[start..dot].iter().take_while(|b| **b != b'-').count() == 4;
        // `2024-01-15--10-30-00.tar.gz`: of a time all groups but the first are pairs of digits.
        let mut groups = bytes[start..dot].split(|b| *b == b'-').skip(1);
        let time = groups.all(|group| group.len() < 3 && group.iter().all(u8::is_ascii_digit));
        let host = || ip::parse(&text[start..dot]).is_some() && is_host(&bytes[dot..]);
        if bounded && !time && digits >= 4 && dashes >= DASHES_MIN && host() {
            found(start, dot);
        }
    }
}

/// Nibbles of an IPv6 address.
const NIBBLES: usize = 32;

/// All nibbles in reverse before `ip6.arpa`.
fn v6_reversed(text: &str, found: &mut impl FnMut(usize, usize)) {
    // Made once: for a line of text it costs more than the search.
    static ARPA: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b".arpa"));
    let bytes = text.as_bytes();
    for arpa in ARPA.find_iter(bytes) {
        let Some(start) = arpa.checked_sub(2 * NIBBLES + 3) else { continue };
        let bounded = start == 0 || !(bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'.');
        let name = text.get(start..arpa + ".arpa".len());
        if bounded && name.is_some_and(|name| ip::parse(name).is_some()) {
            found(start, arpa + ".arpa".len());
        }
    }
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
    cents || round || (padded && quad[0].len() < 3) || is_rounded(bytes, quad, end) && is_staked(bytes, quad)
}

/// `12.250.100.200`: whole hundreds, as amounts in Rupiah are, and no port behind.
fn is_rounded(bytes: &[u8], quad: &[Group], end: usize) -> bool {
    bytes[..quad[3].end as usize].ends_with(b"00") && bytes.get(end) != Some(&b':')
}

/// `total bet 12.250.100.200`: a word of money before what could be either.
fn is_staked(bytes: &[u8], quad: &[Group]) -> bool {
    const WORDS: [&[u8]; 17] = [
        b"bet",
        b"bets",
        b"stake",
        b"wager",
        b"taruhan",
        b"taruhannya",
        b"prize",
        b"hadiah",
        b"jackpot",
        b"turnover",
        b"omzet",
        b"omset",
        b"balance",
        b"saldo",
        b"indsats",
        b"gevinst",
        b"amount",
    ];
    let head = &bytes[..quad[0].start as usize];
    let head = &head[..head.len() - head.iter().rev().take(3).take_while(|b| b" :=".contains(b)).count()];
    let word = &head[head.len() - head.iter().rev().take(12).take_while(|b| b.is_ascii_alphabetic()).count()..];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// `08.12.34.56`: hours, minutes, seconds and hundredths. No address pads to two digits.
fn is_clock(bytes: &[u8], quad: &[Group]) -> bool {
    quad.iter().all(|g| g.len() == 2) && quad.iter().any(|g| bytes[g.start as usize] == b'0')
}

/// Whether two colons stand side by side, or there are six: no address has less, and hardly a line as much.
fn may_hold_v6(marks: &Marks) -> bool {
    marks.any_spaced(1, 2, |bits| bits.colons) || marks.count(|bits| bits.colons) >= 6
}

fn v6(text: &str, marks: &Marks, found: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    for colon in marks.places(|bits| bits.colons) {
        if colon < floor {
            continue;
        }
        // Most colons stand alone, or before a word; an address has two within five bytes.
        let next = bytes[colon + 1..].iter().take(5).find(|b| !b.is_ascii_hexdigit());
        if next != Some(&b':') {
            floor = colon + 1;
            continue;
        }
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
        other => !other.is_some_and(glues),
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
    let glued = text[end..].chars().next().is_some_and(glues);
    if glued || !is_plausible(run, gap.is_some()) {
        return None;
    }
    ip::parse(&text[start..end])?;
    // A port, where it can be told from a group, is none of the address.
    let port = memchr::memrchr(b':', run).map(|colon| start + colon);
    let end = port.filter(|_| colons > 7 || end - start > 6).filter(|&port| is_port(run, end - port, colons));
    Some(zone_end(bytes, end.unwrap_or(start + run.len())))
}

/// Whether the last `len` bytes of a run are a port: five digits, or behind eight groups.
fn is_port(run: &[u8], len: usize, colons: usize) -> bool {
    let whole = memchr::memmem::find(run, b"::").is_none() && colons == 8;
    run[run.len() - len + 1..].iter().all(u8::is_ascii_digit) && (whole || len == 6)
}

/// Letters that glue what touches them; scripts that put no spaces between words do not.
fn glues(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2e80}'
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
