//! Quoted-printable: `=40`, `=C3=B8`, and lines that go on behind a `=` at their end.
//!
//! Logs are full of `=` and digits (`status=404`), so a lone escape is believed only where it joins what else would be
//! two things: a soft line break, escapes in a row, `=3D`, or an `@`, dot, dash or space between parts of a value. One of
//! a letter or digit is believed where no name stands before its `=` (`=34111 1111 1111 1111`, `=73iti=40example.com`):
//! there it begins no value. The text as it stands is searched, too, so nothing is lost by a wrong guess.

use std::ops::Range;

use super::bytes::{character, hex_byte};
use crate::decode::Writer;
use crate::record::places_of;

/// Writes `text` with its escapes decoded and its soft line breaks swallowed.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let bytes = text.as_bytes();
    let (mut kept, mut changed) = (0, false);
    // Asked only where an escape is in doubt: most texts have none.
    let sure = std::cell::OnceCell::new();
    let sure = || *sure.get_or_init(|| is_quoted_printable(bytes));
    for at in places_of(bytes, [b'=']) {
        if at < kept {
            continue;
        }
        // In most texts a value begins here.
        let found = match bytes.get(at + 1) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => soft_break(bytes, at).map(|escape| (escape, None)),
            Some(next) if next.is_ascii_hexdigit() => escape_at(bytes, at, sure),
            _ => None,
        };
        let Some((escape, c)) = found else { continue };
        writer.keep(kept..escape.start);
        if let Some(c) = c {
            writer.put(escape.clone(), c.encode_utf8(&mut [0; 4]));
        }
        kept = escape.end;
        changed = true;
    }
    if changed {
        writer.keep(kept..text.len());
    }
    changed
}

/// `=` at the end of a line, white space behind it and the line break.
fn soft_break(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let blanks = bytes[at + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let end = at + 1 + blanks;
    match bytes.get(end..)? {
        [b'\r', b'\n', ..] => Some(at..end + 2),
        [b'\n', ..] => Some(at..end + 1),
        _ => None,
    }
}

/// Whether a text is surely written so, and each escape in capitals is one: a letter beyond ASCII in two escapes, or an
/// escaped line break.
fn is_quoted_printable(bytes: &[u8]) -> bool {
    let hex = |b: &u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    places_of(bytes, [b'=']).any(|at| match &bytes[at + 1..] {
        [b'C' | b'D', a, b'=', b'8' | b'9' | b'A' | b'B', b, ..] => hex(a) && hex(b),
        [b'0', b'D', b'=', b'0', b'A', ..] => true,
        [b'E', a, b'=', b'8' | b'9' | b'A' | b'B', b, b'=', ..] => hex(a) && hex(b),
        _ => false,
    })
}

fn escape_at(bytes: &[u8], at: usize, sure: impl Fn() -> bool) -> Option<(Range<usize>, Option<char>)> {
    let byte_at = |at: usize| (bytes.get(at) == Some(&b'=')).then(|| hex_byte(bytes, at + 1)).flatten();
    let byte = byte_at(at).filter(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r'))?;
    let (c, count) = character(at, 3, byte_at)?;
    let end = at + 3 * count;
    let in_row = count > 1 || byte_at(end).is_some() || at >= 3 && byte_at(at - 3).is_some();
    let before = at.checked_sub(1).map(|i| bytes[i]);
    let believed = in_row
        || bytes[at + 1..].starts_with(b"3D")
        || is_capital(bytes, at)
            && if byte.is_ascii_alphanumeric() {
                is_in_value(bytes, at)
            } else {
                joins(before, byte, &bytes[end..]) || ends_line(byte, &bytes[end..]) || sure()
            };
    believed.then_some((at..end, Some(c)))
}

/// Whether the escape at `at`, of a letter or digit, goes on in a word or number and no name stands before it:
/// `status=41` is no `A`.
fn is_in_value(bytes: &[u8], at: usize) -> bool {
    match at.checked_sub(1).map(|before| bytes[before]) {
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'+' | b'.' | 0x80..) => goes_on_value(bytes, at),
        // What closes belongs to a name (`x[0]=41ab`, `"id"=30`), and operators end in their `=` (`x!=41ab`).
        Some(before) if b"])}\"'`$!>*/%&|^~?\\#".contains(&before) => false,
        _ => match bytes[at + 3..] {
            [b' ' | b'-', next, ..] => bytes[at + 1] == b'3' && next.is_ascii_digit(),
            [next, ..] => next.is_ascii_alphanumeric(),
            [] => false,
        },
    }
}

/// Whether what stands before the escape at `at` is no name: it holds an `@` or an escape that joins, or it is a part
/// of a number. (Of `user=73iti=40example.com` the first `=` is that of a name, whatever the value is.)
fn goes_on_value(bytes: &[u8], at: usize) -> bool {
    const REACH: usize = 64;
    let joins_at = |equals: usize| {
        let sign = hex_byte(bytes, equals + 1).filter(|_| is_capital(bytes, equals));
        sign.is_some_and(|sign| joins(equals.checked_sub(1).map(|i| bytes[i]), sign, &bytes[equals + 3..]))
    };
    if bytes[at - 1].is_ascii_digit() && is_in_number(bytes, at) {
        return true;
    }
    for i in (at.saturating_sub(REACH)..at).rev() {
        match bytes[i] {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'+' | b'.' | 0x80.. => {}
            b'@' => return true,
            b'=' if joins_at(i) => return true,
            b'=' => {}
            _ => return false,
        }
    }
    false
}

/// Whether an escaped digit and those around it are a number of an account, a card or a phone: `4111=31111 1111 1111`.
/// (`35=38` of FIX has fewer.)
fn is_in_number(bytes: &[u8], at: usize) -> bool {
    const DIGITS_MIN: usize = 10;
    const REACH: usize = 24;
    if bytes[at + 1] != b'3' || !bytes[at + 2].is_ascii_digit() {
        return false;
    }
    let is_part = |b: &&u8| b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'.');
    let digits = |b: &&u8| b.is_ascii_digit();
    let run = bytes[..at].iter().rev().take(REACH).take_while(is_part).count();
    let first = at - run + bytes[at - run..at].iter().take_while(|b| !b.is_ascii_digit()).count();
    // `x-1=3145678901`, `shard2=31…`: the digits end a name.
    let named = first > 0 && matches!(bytes[first - 1], b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'.' | 0x80..);
    let before = bytes[first..at].iter().filter(digits).count();
    let after = bytes[at + 3..].iter().take(REACH).take_while(is_part).filter(digits).count();
    !named && before + after >= DIGITS_MIN
}

/// Whether the escape at `at` is in capitals: those who write it write them.
fn is_capital(bytes: &[u8], at: usize) -> bool {
    !bytes[at + 1..at + 3].iter().any(u8::is_ascii_lowercase)
}

/// `hilsen=20` at the end of a line: a blank there is always escaped.
fn ends_line(sign: u8, after: &[u8]) -> bool {
    sign == b' ' && matches!(after, [b'\n', ..] | [b'\r', b'\n', ..])
}

/// Whether an escaped sign stands between the parts of one value.
fn joins(before: Option<u8>, sign: u8, after: &[u8]) -> bool {
    // `tlf =2B4523237585`
    const DIGITS_MIN: usize = 8;
    let phone = after.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-')).take(14);
    if sign == b'+' && phone.filter(|b| b.is_ascii_digit()).count() >= DIGITS_MIN {
        return true;
    }
    let Some(before) = before.filter(u8::is_ascii_alphanumeric) else {
        return false;
    };
    let next_is_digit = after.first().is_some_and(u8::is_ascii_digit);
    match sign {
        b'@' => begins_domain(after),
        b'.' | b'-' | b'_' | b'+' => after.first().is_some_and(u8::is_ascii_alphanumeric),
        b' ' | b':' => before.is_ascii_digit() && next_is_digit,
        _ => false,
    }
}

/// `example.com`, `example=2Ecom`: labels, then a dot and letters.
fn begins_domain(after: &[u8]) -> bool {
    let label = after.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'=' | 0x80..));
    let run = &after[..label.count()];
    let dot = run.iter().rposition(|&b| b == b'.').map(|i| i + 1);
    let dot = dot.or_else(|| run.windows(3).rposition(|w| w.eq_ignore_ascii_case(b"=2E")).map(|i| i + 3));
    let first = run.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    first
        && dot.is_some_and(|dot| run[dot..].iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80).count() >= 2)
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, super::decode)
    }

    #[test]
    fn escapes_and_soft_breaks_are_undone() {
        assert_eq!(decoded("john.doe=40example.com"), "john.doe@example.com");
        assert_eq!(decoded("john=2Edoe=40example=2Ecom"), "john.doe@example.com");
        assert_eq!(decoded("4111 1111 11=\r\n11 1111"), "4111 1111 1111 1111");
        assert_eq!(decoded("a=  \nb"), "ab");
        assert_eq!(decoded("S=C3=B8ren <a href=3D\"x\">"), "Søren <a href=\"x\">");
        assert_eq!(decoded("23=2023=2075=2085"), "23 23 75 85");
        assert_eq!(decoded("=34=31=31=31"), "4111");
        assert_eq!(decoded("hilsen=20\nMette"), "hilsen \nMette");
        assert_eq!(decoded("p=C3=A5 password=3A=20x, a.n.=20Siti"), "på password: x, a.n. Siti");
        assert_eq!(decoded("tlf =2B4523237585"), "tlf +4523237585");
    }

    #[test]
    fn an_escape_before_letters_or_digits_is_read_where_no_name_stands_before_it() {
        for (raw, text) in [
            ("=34111 1111 1111 1111", "4111 1111 1111 1111"),
            ("=73iti=40example.com", "siti@example.com"),
            ("kort: =34111 1111 =31111 1111", "kort: 4111 1111 1111 1111"),
            ("4111=31111 1111 1111", "41111111 1111 1111"),
            ("411=31 1111 1111 1111", "4111 1111 1111 1111"),
            ("4111 1111 1111 111=31", "4111 1111 1111 1111"),
            ("=34 111 1111", "4 111 1111"),
            ("siti@example.co=6D", "siti@example.com"),
            ("=30812-3456-7890, =44K50 0040", "0812-3456-7890, DK50 0040"),
            ("email==73iti=40example.com", "email=siti@example.com"),
            ("<=73iti@=65xample.com>", "<siti@example.com>"),
            ("siti@ex=61mple.com", "siti@example.com"),
            ("siti=2Es=61ri=40ex=61mple.com", "siti.sari@example.com"),
            ("email=siti=40ex=61mple.com", "email=siti@example.com"),
            ("user=73iti=40example.com", "user=73iti@example.com"),
        ] {
            assert_eq!(decoded(raw), text);
        }
    }

    #[test]
    fn pairs_of_logs_stay() {
        for text in [
            "status=404 took=25ms id=41ab k=3d2",
            "n=20",
            "a=40",
            "timeout=40ms",
            "a==b",
            "x=\"y\"",
            "t=20 12",
            "=",
            "==",
            "page=2e10",
            "user=40",
            "=4",
            "count=7E a=0A",
            "a=12345 key=ABCD phone=4523237585 card=4111111111111111",
            "x[0]=41ab \"id\"=30ab f(x)=41ab x_=41ab k.v=41ab æ=41ab",
            "x!=41ab a>=41ab n+=30ms n-=30ms /?=41ab",
            "token=41abc== sig=6Fbc+/==",
            "8=FIX.4.4|35=41|49=5050",
            "{1=31111, 2=4523}",
            "x-1=3145678901 shard2=3145678901234 node.1=31456789012",
        ] {
            assert_eq!(decoded(text), text);
        }
    }
}
