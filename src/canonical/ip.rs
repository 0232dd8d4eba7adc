//! IP addresses: every spelling of one address gives the same 16 bytes.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::text::with_ascii;

/// First 12 bytes of an IPv4-mapped address, `::ffff:0:0/96`: the form in which an IPv4 address is kept.
const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
/// First 12 bytes of an address translated by NAT64, `64:ff9b::/96` (RFC 6052).
const NAT64: [u8; 12] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// The address that `text` spells, an IPv4 address as `::ffff:a.b.c.d`.
///
/// Takes dotted IPv4 (leading zeros are decimal: people pad with them), the octal and hexadecimal parts of `inet_aton`
/// where a part cannot be decimal (`0313.0.0161.07`, `0xCB.0x00.0x71.0x07`: then all parts are read so), IPv6 in any case and compression, IPv4 inside IPv6
/// (mapped, `64:ff9b::/96`), brackets, a port, a zone (`%eth0`), a prefix length behind an address that is no network,
/// dashes for dots and colons (`203-0-113-7`, `2001-db8-85a3--7334`), names of the reverse tree (`7.113.0.203.in-addr.arpa`, `….ip6.arpa`) and numbers
/// (`3405803783`, `0xcb007107`, octal where decimal is too much, negative as Java writes them). The whole text must be the address: `10.4.2.1.781379` is
/// none. Does not allocate.
pub fn parse(text: &str) -> Option<[u8; 16]> {
    with_ascii(text, |text| parse_ascii(text.as_bytes()))
}

/// The network an address is generalised to, /24 for IPv4 and /48 for IPv6: its address (host bits zero) and the
/// length of its prefix.
pub fn network(address: [u8; 16]) -> ([u8; 16], u8) {
    let mut network = address;
    if is_v4(&address) {
        network[15] = 0;
        (network, 24)
    } else {
        network[6..].fill(0);
        (network, 48)
    }
}

/// The network that `text` spells as [`write_network`] does; `None` for any other prefix, or host bits that are set.
pub fn parse_network(text: &str) -> Option<([u8; 16], u8)> {
    let (address, prefix) = text.rsplit_once('/')?;
    let address = parse(address)?;
    let (network, bits) = network(address);
    let spelled = if bits == 24 { prefix == "24" } else { prefix == "48" };
    (spelled && network == address).then_some((network, bits))
}

/// Appends a network in the usual notation: `203.0.113.0/24`, `2001:db8:85a3::/48`.
pub fn write_network((address, bits): ([u8; 16], u8), out: &mut Vec<u8>) {
    let written = if is_v4(&address) {
        let v4 = Ipv4Addr::new(address[12], address[13], address[14], address[15]);
        write!(out, "{v4}/{bits}")
    } else {
        write!(out, "{}/{bits}", Ipv6Addr::from(address))
    };
    written.expect("writing to a Vec cannot fail");
}

/// Whether `text` is a mask of networks of eight bits or more, as `255.255.255.0`: no host has such an address.
pub fn is_mask(text: &str) -> bool {
    let is = |bits: u32| bits.leading_ones() + bits.trailing_zeros() == 32;
    text.starts_with("255.") && text.parse::<Ipv4Addr>().is_ok_and(|address| is(address.to_bits()))
}

/// Whether the 16 bytes stand for an IPv4 address.
pub fn is_v4(address: &[u8; 16]) -> bool {
    address.starts_with(&MAPPED)
}

fn parse_ascii(text: &[u8]) -> Option<[u8; 16]> {
    // Nearly all are written so.
    if let Some(v4) = parse_v4(text) {
        return Some(mapped(v4));
    }
    if text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'x' | b'X' | b'-')) {
        return dashed(text).map(mapped).or_else(|| dashed_v6(text)).or_else(|| number(text));
    }
    if text.len() > REVERSE_BYTES_MIN && text[text.len() - 5..].eq_ignore_ascii_case(b".arpa") {
        return reversed(text);
    }
    if let Some(slash) = memchr::memchr(b'/', text) {
        let (address, prefix) = (parse_ascii(&text[..slash])?, &text[slash + 1..]);
        let bits = (1..=3).contains(&prefix.len()) && prefix.iter().all(u8::is_ascii_digit);
        return (bits && network(address).0 != address).then_some(address);
    }
    if let Some(rest) = text.strip_prefix(b"[") {
        let close = memchr::memchr(b']', rest)?;
        let after = &rest[close + 1..];
        if !after.is_empty() && !is_port(after) {
            return None;
        }
        let inside = &rest[..close];
        return parse_v6(inside).or_else(|| parse_v4(inside).or_else(|| parse_aton(inside)).map(mapped));
    }
    // The first sign tells the two apart: a dot for IPv4, a colon for IPv6.
    match text.iter().find(|&&b| b == b'.' || b == b':')? {
        b'.' => {
            let colon = memchr::memchr(b':', text).unwrap_or(text.len());
            let (address, port) = text.split_at(colon);
            let parse = || parse_v4(address).or_else(|| parse_aton(address));
            (port.is_empty() || is_port(port)).then(parse)?.map(mapped)
        }
        _ => parse_v6(text).or_else(|| parse_v6_and_port(text)),
    }
}

/// Shortest name of the reverse tree that can hold an address: `1.1.1.1.in-addr.arpa` less one.
const REVERSE_BYTES_MIN: usize = 19;

/// `2001:db8::1:51234`: a port can only be told where the last group is none of an address.
fn parse_v6_and_port(text: &[u8]) -> Option<[u8; 16]> {
    let colon = memchr::memrchr(b':', text)?;
    let whole = memchr::memchr_iter(b':', &text[..colon]).count() == 7;
    (is_port(&text[colon..]) && (whole || text.len() - colon == 6)).then(|| parse_v6(&text[..colon]))?
}

/// `203-0-113-7`, as in names of hosts.
fn dashed(text: &[u8]) -> Option<[u8; 4]> {
    let mut dotted = [0u8; 15];
    let dotted = dotted.get_mut(..text.len())?;
    dotted.copy_from_slice(text);
    dotted.iter_mut().filter(|b| **b == b'-').for_each(|b| *b = b'.');
    parse_v4(dotted)
}

/// `2001-db8-85a3--8a2e-370-7334`, likewise: four groups or more, so that no range of numbers is taken for one.
fn dashed_v6(text: &[u8]) -> Option<[u8; 16]> {
    if text.split(|b| *b == b'-').filter(|group| !group.is_empty()).count() < 4 {
        return None;
    }
    let mut colons = [0u8; 39];
    let colons = colons.get_mut(..text.len())?;
    colons.copy_from_slice(text);
    colons.iter_mut().filter(|b| **b == b'-').for_each(|b| *b = b':');
    parse_v6(colons)
}

/// Longest 32 bits in octal, with the zero before them.
const OCTAL_BYTES_MAX: usize = 12;

/// The address of a number: 32 bits are IPv4, more are IPv6. In hexadecimal its length decides.
fn number(text: &[u8]) -> Option<[u8; 16]> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(hex) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        let value = u128::from_str_radix(hex, 16).ok()?;
        return match hex.len() {
            7 | 8 => Some(mapped((value as u32).to_be_bytes())),
            32 => Some(value.to_be_bytes()),
            _ => None,
        };
    }
    if let Some(negative) = text.strip_prefix('-') {
        let value = negative.parse::<i64>().ok().filter(|&value| value <= -i64::from(i32::MIN))?;
        return Some(mapped((-value as i32).to_be_bytes()));
    }
    let value = text.parse::<u128>().ok()?;
    // `031300070407`: no IPv6 address has so small a number.
    let octal = value > u128::from(u32::MAX) && text.len() <= OCTAL_BYTES_MAX && text.starts_with('0');
    if let Some(octal) = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten() {
        return Some(mapped(octal.to_be_bytes()));
    }
    Some(u32::try_from(value).map_or_else(|_| value.to_be_bytes(), |v4| mapped(v4.to_be_bytes())))
}

/// `7.113.0.203.in-addr.arpa`, and 32 nibbles before `ip6.arpa`.
fn reversed(text: &[u8]) -> Option<[u8; 16]> {
    let lower = |end: &[u8]| text.len() > end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end);
    if lower(b".in-addr.arpa") {
        let mut octets = parse_v4(&text[..text.len() - b".in-addr.arpa".len()])?;
        octets.reverse();
        return Some(mapped(octets));
    }
    let nibbles = &text[..text.len() - b".ip6.arpa".len()];
    if !lower(b".ip6.arpa") || nibbles.len() != 63 {
        return None;
    }
    let mut bytes = [0u8; 16];
    for (at, pair) in nibbles.chunks(4).enumerate() {
        let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
        if pair[1] != b'.' || pair.get(3).is_some_and(|&dot| dot != b'.') {
            return None;
        }
        bytes[15 - at] = digit(pair[2])? << 4 | digit(pair[0])?;
    }
    if bytes.starts_with(&NAT64) {
        bytes[..12].copy_from_slice(&MAPPED);
    }
    Some(bytes)
}

/// `:` and a port number.
fn is_port(text: &[u8]) -> bool {
    let Some(digits) = text.strip_prefix(b":") else {
        return false;
    };
    let mut port = 0u32;
    for &b in digits {
        if !b.is_ascii_digit() || digits.len() > 5 {
            return false;
        }
        port = port * 10 + u32::from(b - b'0');
    }
    !digits.is_empty() && port <= 0xffff
}

fn parse_v4(text: &[u8]) -> Option<[u8; 4]> {
    if !(7..=15).contains(&text.len()) {
        return None;
    }
    let mut address = [0u8; 4];
    let (mut octet, mut digits, mut value) = (0, 0, 0u32);
    for &b in text {
        if b == b'.' {
            if digits == 0 || octet == 3 {
                return None;
            }
            address[octet] = u8::try_from(value).ok()?;
            (octet, digits, value) = (octet + 1, 0, 0);
        } else {
            if !b.is_ascii_digit() || digits == 3 {
                return None;
            }
            value = value * 10 + u32::from(b - b'0');
            digits += 1;
        }
    }
    if octet != 3 || digits == 0 {
        return None;
    }
    address[3] = u8::try_from(value).ok()?;
    Some(address)
}

/// Four parts as `inet_aton` reads them: `0x` makes hexadecimal, a zero octal. Asked where they are not all decimal.
fn parse_aton(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0u8; 4];
    let mut parts = text.split(|&b| b == b'.');
    for octet in &mut address {
        let (digits, radix) = match parts.next()? {
            [b'0', b'x' | b'X', hex @ ..] => (hex, 16),
            [b'0', octal @ ..] if !octal.is_empty() => (octal, 8),
            decimal => (decimal, 10),
        };
        let mut value = (!digits.is_empty()).then_some(0u8)?;
        for &b in digits {
            value = value.checked_mul(radix)?.checked_add((b as char).to_digit(radix.into())? as u8)?;
        }
        *octet = value;
    }
    parts.next().is_none().then_some(address)
}

fn mapped(v4: [u8; 4]) -> [u8; 16] {
    let mut address = [0; 16];
    address[..12].copy_from_slice(&MAPPED);
    address[12..].copy_from_slice(&v4);
    address
}

fn parse_v6(text: &[u8]) -> Option<[u8; 16]> {
    let text = without_zone(text)?;
    let mut bytes = [0u8; 16];
    let mut at = 0; // Bytes written.
    let mut gap = None; // Where `::` stands.
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        gap = Some(0);
        rest = after;
    }
    while !rest.is_empty() {
        let (value, len) = hex_group(rest);
        if rest.get(len) == Some(&b'.') {
            // The last 32 bits may be dotted.
            bytes.get_mut(at..at + 4)?.copy_from_slice(&parse_v4(rest)?);
            at += 4;
            break;
        }
        if len == 0 {
            return None;
        }
        bytes.get_mut(at..at + 2)?.copy_from_slice(&value.to_be_bytes());
        at += 2;
        rest = &rest[len..];
        if let Some(after) = rest.strip_prefix(b"::") {
            if gap.replace(at).is_some() {
                return None;
            }
            rest = after;
        } else if !rest.is_empty() {
            rest = rest.strip_prefix(b":").filter(|after| !after.is_empty())?;
        }
    }
    match gap {
        None if at == 16 => {}
        Some(start) if at < 16 => {
            bytes.copy_within(start..at, 16 - (at - start));
            bytes[start..16 - (at - start)].fill(0);
        }
        _ => return None,
    }
    if bytes.starts_with(&NAT64) {
        bytes[..12].copy_from_slice(&MAPPED);
    }
    Some(bytes)
}

/// The address before a zone such as `%eth0`; `None` when the zone is empty or holds other than name characters.
fn without_zone(text: &[u8]) -> Option<&[u8]> {
    let Some(percent) = memchr::memchr(b'%', text) else {
        return Some(text);
    };
    let (address, zone) = (&text[..percent], &text[percent + 1..]);
    let named = zone.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~'));
    (!zone.is_empty() && named).then_some(address)
}

/// Value and length of the up to four hexadecimal digits that `text` begins with.
fn hex_group(text: &[u8]) -> (u16, usize) {
    let (mut value, mut len) = (0u16, 0);
    for &b in text.iter().take(4) {
        let Some(digit) = (b as char).to_digit(16) else { break };
        value = value << 4 | digit as u16;
        len += 1;
    }
    (value, len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mask_is_ones_and_then_zeroes() {
        for mask in ["255.0.0.0", "255.255.0.0", "255.255.240.0", "255.255.255.0", "255.255.255.252", "255.255.255.255"]
        {
            assert!(is_mask(mask), "{mask}");
        }
        for other in
            ["203.0.113.7", "254.0.0.0", "255.0.255.0", "255.255.255.1", "255.255.255.0:80", "255.255.255", "0.0.0.0"]
        {
            assert!(!is_mask(other), "{other}");
        }
    }

    const V4: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7];

    #[test]
    fn every_spelling_of_an_ipv4_address_is_one_address() {
        for text in [
            "203.0.113.7",
            "::ffff:203.0.113.7",
            "::FFFF:203.0.113.7",
            "::ffff:cb00:7107",
            "0:0:0:0:0:ffff:cb00:7107",
            "203.0.113.7:51234",
            "203.000.113.007",
            "64:ff9b::203.0.113.7",
            "64:ff9b::cb00:7107",
            "[203.0.113.7]",
            "[::ffff:203.0.113.7]:443",
            "[::ffff:203.0.113.7%eth0]:443",
            " 203.0.113.7 ",
            "２０３．０．１１３．７",
            "203.0.\u{200b}113.7",
            "٢٠٣.٠.١١٣.٧",
            "203.0.113.7/24",
            "203-0-113-7",
            "7.113.0.203.in-addr.arpa",
            "7.113.0.203.IN-ADDR.ARPA",
            "3405803783",
            "0xCB007107",
            "-889163513",
            "0313.0.0161.07",
            "0313.0000.0161.0007",
            "0xCB.0x00.0x71.0x07",
            "0xcb.0.0161.7",
            "203.0x0.113.7",
            "0313.0.113.7:8080",
            "[0xCB.0.0x71.7]",
            "0xCB.0x0.0x71.0x7/24",
            "031300070407",
        ] {
            assert_eq!(parse(text), Some(V4), "{text}");
        }
    }

    #[test]
    fn zeros_before_three_digits_are_decimal() {
        for (text, address) in [
            ("010.000.000.001", [10, 0, 0, 1]),
            ("013.07.1.2", [13, 7, 1, 2]),
            ("192.168.001.010", [192, 168, 1, 10]),
            ("0300.168.001.010", [192, 168, 1, 8]),
            ("03405803783", [203, 0, 113, 7]),
            ("0xA000001", [10, 0, 0, 1]),
        ] {
            assert_eq!(parse(text), Some(mapped(address)), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_an_ipv6_address_is_one_address() {
        let expected = Some("2001:db8:85a3::8a2e:370:7334".parse::<Ipv6Addr>().expect("an address").octets());
        for text in [
            "2001:db8:85a3::8a2e:370:7334",
            "2001:0DB8:85A3:0000:0000:8A2E:0370:7334",
            "2001:db8:85a3:0:0:8a2e:370:7334",
            "[2001:db8:85a3::8a2e:370:7334]:443",
            "[2001:db8:85a3::8a2e:370:7334]",
            "2001:db8:85a3::8a2e:370:7334%eth0",
            "2001:db8:85a3::8a2e:3.112.115.52",
            "2001:db8:85a3::8a2e:370:7334/64",
            "2001:db8:85a3::8a2e:370:7334:51234",
            "2001:0db8:85a3:0000:0000:8a2e:0370:7334:443",
            "4.3.3.7.0.7.3.0.e.2.a.8.0.0.0.0.0.0.0.0.3.a.5.8.8.b.d.0.1.0.0.2.ip6.arpa",
            "42540766452641154071740215577757643572",
            "0x20010db885a3000000008a2e03707334",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ".",
            ":",
            ":::",
            "-",
            "1-2-3",
            "0x",
            "0xcb0071",
            "-2147483649",
            "113.0.203.in-addr.arpa",
            "1.2.3.in-addr.arpa.example",
            "1.2.3",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "10.4.2.1.781379",
            "256.1.1.1",
            "126.0.6478.127",
            "1.2.3.4:",
            "1.2.3.4:65536",
            "1.2.3.4:123456",
            "1.2.3.4:x",
            "0081.2.3.4",
            "0400.1.1.1",
            "0x100.1.1.1",
            "0x.1.1.1",
            "0x1F4A.0x2",
            "0x1.0x2.0x3",
            "0x1.0x2.0x3.0x4.0x5",
            "0xg.1.1.1",
            "203.0.113.0/24",
            "203.0.113.7/",
            "203.0.113.7/x",
            "12:34:56",
            "::1:123456",
            "1::2::3",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "12345::",
            "::1%",
            "::1%a b",
            "[::1",
            "[::1]x",
            "[::1]:",
            "::1]",
            ":1::2",
            "1::2:",
            "::1.2.3",
            "g::1",
            "1.2.3.4%eth0",
            "[]",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_network_is_written_so_that_it_is_read_as_itself() {
        for (address, shown) in [("203.0.113.7", "203.0.113.0/24"), ("2001:db8:85a3:1::7", "2001:db8:85a3::/48")] {
            let mut out = Vec::new();
            let network = network(parse(address).expect("an address"));
            write_network(network, &mut out);
            assert_eq!(out, shown.as_bytes());
            assert_eq!(parse_network(shown), Some(network));
        }
        for text in
            ["203.0.113.7/24", "203.0.113.0/25", "203.0.113.0", "2001:db8::/32", "2001:db8::1/48", "/24", "x/24"]
        {
            assert_eq!(parse_network(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_standard_library_agrees_on_ipv6(bytes: [u8; 16], sparse: [bool; 8]) {
            let mut bytes = bytes;
            for (group, zero) in bytes.chunks_mut(2).zip(sparse) {
                if zero { group.fill(0); }
            }
            let text = Ipv6Addr::from(bytes).to_string();
            let expected = if bytes.starts_with(&NAT64) { mapped([bytes[12], bytes[13], bytes[14], bytes[15]]) } else { bytes };
            prop_assert_eq!(parse(&text), Some(expected));
            prop_assert_eq!(parse(&text.to_uppercase()), Some(expected));
        }

        #[test]
        fn what_the_standard_library_takes_is_taken(text in "[0-9a-f:.]{0,24}") {
            if let Ok(address) = text.parse::<Ipv6Addr>() {
                prop_assert!(parse(&text).is_some(), "{}", address);
            }
            if text.parse::<Ipv4Addr>().is_ok() {
                prop_assert!(parse(&text).is_some());
            }
            if text.contains(':') && !text.contains('.') {
                prop_assert_eq!(parse(&text).is_some(), text.parse::<Ipv6Addr>().is_ok());
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = parse(&text);
            let _ = parse_network(&text);
        }
    }
}
