//! Geographic coordinates in a text: numbers with three decimals or more, in pairs or behind the name of their axis.

use super::{Input, Match, Matcher};
use crate::detect::groups::{Gap, Group};
use crate::record::{Class, Span};

/// The finder. That a pair is a place must be said by a keyword.
pub(super) const MATCHER: Matcher = Matcher {
    name: "coordinates",
    doc: "decimal degrees with three decimals or more, in pairs or behind lat, lon, lng; needs a keyword",
    wants: |class, digits| digits >= 5 && class.has(Class::DOT),
    find,
};

/// `"-6.175392,106.827153"`, `(-6.175392, 106.827153)`: a pair that is all of a value or stands in brackets needs no word
/// beside it.
pub(super) const WHOLE: Matcher = Matcher {
    name: "coordinates_whole",
    doc: "two decimal numbers of degrees with five decimals or more: a comma between, in brackets or alone, or behind them N and E",
    wants: |class, digits| digits >= 10 && class.has(Class::DOT),
    find: |input, out| {
        if input.census.dots < 2 || input.census.longest < 5 {
            return;
        }
        for quad in input.groups.windows(4) {
            let [a, b, c, d] = quad else { continue };
            if b.len() < 5 || d.len() < 5 {
                continue;
            }
            let pair = (degrees(input.text, &[*a, *b]), degrees(input.text, &[*c, *d]));
            let (Some(first), Some(second)) = pair else { continue };
            let between = input.text[first.end as usize..second.start as usize].trim();
            let (before, behind) = (&input.text[..first.start as usize], &input.text[second.end as usize..]);
            let alone = before.is_empty() && behind.is_empty();
            let bracketed = before.ends_with(['(', '[']) && behind.starts_with([')', ']']);
            let latitude = input.text[first.range()].parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 90.0);
            let east = |text: &str| [" E", " W", "E", "W"].iter().any(|sign| text.starts_with(sign));
            // `55.67612 N, 12.56834 E`
            let lettered =
                between.strip_prefix(['N', 'S']).is_some_and(|rest| rest.trim_matches([',', ';', ' ']).is_empty());
            let signed = (alone || bracketed) && matches!(between, "," | ";") || lettered && east(behind);
            if signed && latitude {
                push(first, out);
                push(second, out);
            }
        }
    },
};

/// `55°40'34.2"N`: nothing else is written so.
pub(super) const SEXAGESIMAL: Matcher = Matcher {
    name: "coordinates_sexagesimal",
    doc: "degrees, minutes and perhaps seconds with the letter of a hemisphere: 55°40'34.2\"N",
    wants: |class, digits| digits >= 4 && class.has(Class::NON_ASCII.with(Class::ESCAPE)),
    find: |input, out| {
        // Both signs for degrees that people use begin with this byte, and few others do.
        for at in memchr::memchr_iter(0xc2, input.text.as_bytes()) {
            if input.text[at..].starts_with(['°', 'º']) {
                out.extend(sexagesimal(input.text, at, at + '°'.len_utf8()));
            }
        }
    },
};

/// North, south, east and west in English, Danish and Indonesian (`lintang selatan`, `bujur timur`).
const HEMISPHERES: [&str; 10] = ["N", "S", "E", "W", "Ø", "V", "LU", "LS", "BT", "BB"];

/// The coordinate whose sign of degrees is `at..behind`.
fn sexagesimal(text: &str, at: usize, behind: usize) -> Option<Match> {
    let start = at - text[..at].bytes().rev().take(3).take_while(u8::is_ascii_digit).count();
    let rest = text[behind..].trim_start_matches(' ');
    let number = |text: &str| text.bytes().take(9).take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let minutes = number(rest);
    let mut rest = rest[minutes..].trim_start_matches([' ', '\'', '′', '’', '\\']);
    rest = rest[number(rest)..].trim_start_matches([' ', '"', '″', '”', '\'', '\\']);
    let letters = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
    let end = text.len() - rest.len() + letters.len();
    let span = Span::new(start as u32, end as u32);
    (start < at && minutes > 0 && HEMISPHERES.contains(&letters)).then_some(Match { span, value: span })
}

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    if input.census.dots == 0 {
        return;
    }
    let mut previous: Option<Span> = None;
    for pair in input.groups.windows(2).filter(|pair| pair[1].gap == Gap::DOT) {
        let Some(number) = degrees(input.text, pair) else { continue };
        let axis = is_behind_axis(input.text, number.start as usize);
        match previous {
            Some(first) if is_between(&input.text[first.end as usize..number.start as usize]) => {
                push(first, out);
                push(number, out);
            }
            _ if axis => push(number, out),
            _ => {}
        }
        previous = Some(number);
    }
}

fn push(span: Span, out: &mut Vec<Match>) {
    if out.last().is_none_or(|last| last.value != span) {
        out.push(Match { span, value: span });
    }
}

/// The decimal number of two groups, with its sign: up to three digits, a dot, three decimals or more, at most 180.
#[inline(always)]
fn degrees(text: &str, pair: &[Group]) -> Option<Span> {
    let bytes = text.as_bytes();
    let (whole, decimals) = (&pair[0], &pair[1]);
    let joined = decimals.gap == Gap::DOT && whole.gap != Gap::DOT && whole.len() <= 3;
    if !joined
        || !(3..=17).contains(&decimals.len())
        || text[whole.start as usize..whole.end as usize].parse::<u16>().is_ok_and(|degrees| degrees > 180)
    {
        return None;
    }
    let next = (bytes.get(decimals.end as usize), bytes.get(decimals.end as usize + 1));
    if matches!(next, (Some(b'.'), Some(b'0'..=b'9'))) {
        return None;
    }
    let start = whole.start as usize;
    let sign = start > 0 && matches!(bytes[start - 1], b'-' | b'+');
    let start = start - usize::from(sign);
    let glued = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
    (!glued).then(|| Span::new(start as u32, decimals.end))
}

/// Whether what stands between two numbers makes a pair of them: a comma, a space, `lon=` and the like.
fn is_between(between: &str) -> bool {
    let between = between.trim();
    if between.len() > 16 {
        return false;
    }
    let word = between.trim_matches(|c: char| !c.is_alphabetic());
    let axis = ["lon", "lng", "long", "longitude", "bujur", "længde", "e", "n", "s", "w", "o", "ll"];
    let signs = between
        .chars()
        .all(|c| c.is_alphabetic() || matches!(c, ',' | ';' | ' ' | ':' | '=' | '"' | '/' | '°' | '&' | '(' | ')'));
    signs && (word.is_empty() || axis.iter().any(|known| word.eq_ignore_ascii_case(known)) || is_axis_pair(word))
}

/// `N, E`: the hemisphere of the first number and the second's.
fn is_axis_pair(word: &str) -> bool {
    word.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()).all(|part| {
        let axis = ["n", "s", "e", "w", "o", "ø", "v", "lon", "lng", "long", "longitude"];
        axis.iter().any(|known| part.eq_ignore_ascii_case(known))
    })
}

/// `lat -6.2088`, `latitude=…`, `"lng": …`.
fn is_behind_axis(text: &str, start: usize) -> bool {
    const AXES: [&str; 9] =
        ["lat", "latitude", "lintang", "breddegrad", "lon", "lng", "longitude", "bujur", "længdegrad"];
    let head = text[..start].trim_end_matches([' ', ':', '=', '"', '\'']);
    let word = head
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(head, |at| &head[at + head[at..].chars().next().map_or(1, char::len_utf8)..]);
    head.len() + 5 > start && AXES.iter().any(|axis| word.eq_ignore_ascii_case(axis))
}
