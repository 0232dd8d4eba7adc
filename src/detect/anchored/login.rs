//! Names that people log in with, in the lines of servers: `203.0.113.7 - siti [22/Nov/2026:…]`, `Accepted password for siti`.

use super::{Anchor, Anchored, PROSE, PROSE_AND_DIGITS, found};
use crate::detect::matchers::Match;
use crate::record::Class;

/// `Accepted password for siti from 203.0.113.7`.
pub(super) const NAME: Anchored = Anchored {
    name: "login_name",
    doc: "the word directly behind the anchor, unless it is an account of the system",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| {
        let rest = anchor.rest();
        let start = anchor.behind + usize::from(rest.starts_with(' '));
        out.extend(name_at(anchor.text, start).filter(|_| start > anchor.behind));
    },
};

/// `- siti [22/Nov/2026:10:15:32 +0700]`, where the anchor is the month.
pub(super) const LOGGED: Anchored = Anchored {
    name: "login_logged",
    doc: "in a line of an access log the user before the time; the anchor is its month",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: logged,
};

/// `openvpn[411]: siti.r/203.0.113.7:51820`.
pub(super) const SESSION: Anchored = Anchored {
    name: "login_session",
    doc: "in a line of a VPN server the name before `/` and the peer's address; the anchor is the server",
    needs: PROSE_AND_DIGITS,
    at_labels: false,
    find: |anchor, out| {
        let Some(colon) = anchor.rest().as_bytes().windows(2).take(12).position(|signs| signs == b": ") else { return };
        let start = anchor.behind + colon + 2;
        let rest = &anchor.text[start..];
        let Some(name) = rest.get(..rest.bytes().take_while(|&b| is_sign(b) || b == b'@').count()) else { return };
        let peer = matches!(rest.as_bytes()[name.len()..], [b'/', b'0'..=b'9' | b'[', ..]);
        out.extend((peer && is_person(name)).then(|| found(start, start + name.len())));
    },
};

/// `sip:siti.r@203.0.113.7`: who is called, at a host that is no domain.
pub(super) const CALLED: Anchored = Anchored {
    name: "login_called",
    doc: "the name between the anchor's `:` and the `@` of a SIP address",
    needs: &[Class::AT, Class::COLON],
    at_labels: false,
    find: |anchor, out| {
        let Some(rest) = anchor.rest().strip_prefix(':') else { return };
        let len = rest.bytes().take(NAME_BYTES_MAX).take_while(|&b| is_sign(b)).count();
        let Some(name) = rest.get(..len) else { return };
        if rest[name.len()..].starts_with('@') && is_person(name) {
            out.push(found(anchor.behind + 1, anchor.behind + 1 + name.len()));
        }
    },
};

/// Longest name.
const NAME_BYTES_MAX: usize = 64;

/// Who is nobody.
const SYSTEM: &[&str] = &[
    "root",
    "admin",
    "user",
    "nobody",
    "daemon",
    "anonymous",
    "guest",
    "system",
    "test",
    "www-data",
    "unknown",
    "invalid",
    "illegal",
    "from",
    "for",
    "the",
    "a",
    "by",
    "session",
    "account",
    "access",
    "postgres",
    "mysql",
    "nginx",
    "git",
    "ftp",
];

const fn is_sign(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'$' | b'\\') || b >= 0x80
}

fn name_at(text: &str, start: usize) -> Option<Match> {
    let rest = text.get(start..)?;
    let len = rest.bytes().take(NAME_BYTES_MAX).take_while(|&b| is_sign(b)).count();
    let len = (0..=len).rev().find(|&len| rest.is_char_boundary(len)).unwrap_or(0);
    let name = rest[..len].trim_end_matches(['.', '-', '\\']);
    // What goes on otherwise is an address, a path, a pair.
    let whole = !matches!(rest.as_bytes().get(len), Some(b'@' | b'/' | b'=' | b':'));
    is_person(name).then(|| found(start, start + name.len())).filter(|_| whole)
}

fn is_person(name: &str) -> bool {
    name.len() > 1 && name.contains(char::is_alphabetic) && !SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn logged(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let (text, bytes) = (anchor.text, anchor.text.as_bytes());
    let month = anchor.at.start as usize;
    let time = month >= 5 && matches!(bytes[month - 5..month], [b' ', b'[', b'0'..=b'3', b'0'..=b'9', b'/']);
    let year = matches!(
        bytes.get(anchor.behind..),
        Some([b'/', b'1' | b'2', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b':', ..])
    );
    if !time || !year {
        return;
    }
    let end = month - 5;
    let signs = bytes[..end].iter().rev().take(NAME_BYTES_MAX).take_while(|&&b| is_sign(b) || b == b'@').count();
    let start = (end - signs..=end).find(|&at| text.is_char_boundary(at)).unwrap_or(end);
    // An address is found as one, so that its token is that of others.
    let address = text[start..end].split_once('@').is_some_and(|(_, host)| host.contains('.'));
    // Before it stand the host, and who the host says that it is.
    if is_person(&text[start..end]) && text[..start].ends_with(' ') && !address {
        out.push(found(start, end));
    }
}
