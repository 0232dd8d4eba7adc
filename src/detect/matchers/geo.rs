//! Geographic coordinates in a text: numbers with three decimals or more, in pairs or behind the name of their axis.

use std::sync::LazyLock;

use super::{Input, Match, Matcher};
use crate::detect::anchored::words::{Words, is_in};
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
        for (first, second) in pairs(input, 5) {
            let between = input.text[first.end as usize..second.start as usize].trim();
            let (before, behind) = (&input.text[..first.start as usize], &input.text[second.end as usize..]);
            let alone = before.is_empty() && behind.is_empty();
            let bracketed = before.ends_with(['(', '[']) && behind.starts_with([')', ']']);
            let latitude = is_latitude(&input.text[first.range()]);
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

/// `at 55.676098,12.568337 now`: a pair in a sentence, without a word that says what it is.
pub(super) const BARE: Matcher = Matcher {
    name: "coordinates_bare",
    doc: "two decimal numbers of degrees with five decimals or more and a comma between, one of them of ten or more, behind a word for where; no list, prices or measures",
    wants: |class, digits| digits >= 13 && class.has(Class::DOT),
    find: |input, out| {
        if input.census.dots < 2 || input.census.longest < 5 {
            return;
        }
        for (first, second) in pairs(input, 5) {
            if is_position(input.text, first, second) {
                push(first, out);
                push(second, out);
            }
        }
    },
};

/// Each two decimal numbers of degrees beside each other that have so many decimals.
fn pairs<'a>(input: &'a Input<'_>, decimals: usize) -> impl Iterator<Item = (Span, Span)> + 'a {
    input.groups.windows(4).filter_map(move |quad| {
        let [a, b, c, d] = quad else { return None };
        if b.len() < decimals || d.len() < decimals {
            return None;
        }
        Some((degrees(input.text, &[*a, *b])?, degrees(input.text, &[*c, *d])?))
    })
}

fn is_latitude(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 90.0)
}

/// How far beside a pair is looked for what it is.
const BESIDE_BYTES: usize = 48;

/// What numbers in pairs are that are no places, by the words before them.
static OTHERS: LazyLock<Words> = LazyLock::new(|| {
    "odds price prices rate rates kurs kurser kursen harga pris priser cost costs score scores skor loss losses accuracy vector vec vektor \
     embedding embeddings weight weights range ranges interval ci mean means std var sum sums total totals amount amounts beløb jumlah \
     ratio ratios bbox size sizes usd eur gbp sgd myr dkk idr rp kr version versions values nilai værdier result results"
        .split_ascii_whitespace()
        .collect()
});

/// Words directly before a place.
static PLACES: LazyLock<Words> = LazyLock::new(|| {
    "at near around from to here is position pin map maps coords coord location ved omkring nær fra til her er sted placering di dekat      sekitar dari ke sini adalah posisi lokasi titik peta"
        .split_ascii_whitespace()
        .collect()
});

/// What is measured, by the words behind it.
static UNITS: LazyLock<Words> = LazyLock::new(|| {
    "ms us ns sec secs second seconds sekund sekunder detik min minutes kr kroner usd eur gbp sgd myr dkk idr rupiah kg km cm mm px \
     percent procent persen mb gb kb gib mib points point poin units x"
        .split_ascii_whitespace()
        .collect()
});

/// Whether a pair in prose is a place. Two of less than ten are odds, rates and scores; a place is finer than a hundredth of a
/// degree (`12.5000, 99.9900` are prices); and of a list of numbers no two are a place.
fn is_position(text: &str, first: Span, second: Span) -> bool {
    let (a, b) = (&text[first.range()], &text[second.range()]);
    let whole = |number: &str| number.trim_start_matches(['-', '+']).find('.').unwrap_or(0);
    let fine = |number: &str| number.split_once('.').is_some_and(|(_, decimals)| decimals[2..].contains(|c| c != '0'));
    let (start, end) = (first.start as usize, second.end as usize);
    let before = &text[text.floor_char_boundary(start.saturating_sub(BESIDE_BYTES))..start];
    let behind = &text[end..text.floor_char_boundary(end + BESIDE_BYTES)];
    let between = &text[first.end as usize..second.start as usize];
    let glued = behind.starts_with(|c: char| c.is_alphanumeric() || c == '%' || c == '_');
    // `translate(55.6760, 12.5683)`
    let called = before.strip_suffix('(').is_some_and(|name| name.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    let currency = before.trim_end_matches(' ').ends_with(['$', '€', '£', '¥']);
    let measured = || {
        let unit = behind.trim_start_matches(' ');
        let len = unit.bytes().take(12).take_while(u8::is_ascii_alphabetic).count();
        is_in(&UNITS, &unit[..len])
    };
    let other = || {
        before
            .rsplit(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(2)
            .any(|word| is_in(&OTHERS, word))
    };
    let where_at = before.trim_end_matches([' ', ':']).rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    matches!(between, "," | ", " | " , ")
        && is_in(&PLACES, where_at)
        && is_latitude(a)
        && b.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 180.0)
        && (whole(a) >= 2 || whole(b) >= 2)
        && fine(a)
        && fine(b)
        && !(glued || called || currency || is_listed(before, behind) || measured() || other())
}

/// Whether another decimal number, or the sign that more follow, stands before or behind a comma or a space beside a pair.
fn is_listed(before: &str, behind: &str) -> bool {
    const SIGNS: [char; 4] = [',', ';', ' ', '\t'];
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // `12:00:01.123` is a time.
    let decimal = |number: &str| {
        let parts = number.trim_start_matches(['-', '+']).split_once('.');
        parts.is_some_and(|(whole, decimals)| digits(whole) && digits(decimals.trim_end_matches('.')))
    };
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ':');
    let head = before.trim_end_matches(SIGNS);
    let last = &head[head.trim_end_matches(of_number).len()..];
    let tail = behind.trim_start_matches(SIGNS);
    let next = &tail[..tail.len() - tail.trim_start_matches(of_number).len()];
    let less = head.len() < before.len() && (head.ends_with('…') || last.ends_with("...") || decimal(last));
    less || tail.len() < behind.len() && (tail.starts_with('…') || next.starts_with("...") || decimal(next))
}

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
    let short = head.len() + 5 > start;
    // `latitude_deg=…`
    let head = ["_deg", "_degrees", "_degree"].iter().find_map(|unit| head.strip_suffix(unit)).unwrap_or(head);
    let word = head
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(head, |at| &head[at + head[at..].chars().next().map_or(1, char::len_utf8)..]);
    short && AXES.iter().any(|axis| word.eq_ignore_ascii_case(axis))
}
