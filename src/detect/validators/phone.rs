//! Phone numbers. What a number is, and to which country it belongs, is decided by the parser of the canonical form;
//! this file decides which spellings stand on their own and which need a word beside them.

use super::{Candidate, Settings, Validator};
use crate::canonical::phone;
use crate::detect::groups::{Gap, Group};
use crate::record::{Basis, Span};

/// Numbers with their country.
pub(super) const INTERNATIONAL: Validator = Validator {
    name: "phone_international",
    doc: "a phone number with `+` or, in groups, `00` before its country code",
    digits: (7, 17),
    numbers: false,
    basis: Basis::Pattern,
    check: international,
};

/// Numbers that are known by their shape.
pub(super) const NATIONAL: Validator = Validator {
    name: "phone_national",
    doc: "an Indonesian mobile number (08…, 62 8…), a Danish one in pairs (23 23 75 85), an American, British or Malaysian \
          one as they are printed ((202) 555-0143, 07700 900123, 012-345 6789)",
    digits: (8, 14),
    numbers: false,
    basis: Basis::Pattern,
    check: national,
};

/// Numbers that a word announces.
pub(super) const ANY: Validator = Validator {
    name: "phone_any",
    doc: "a phone number of one of the configured regions in any spelling; needs a keyword",
    digits: (7, 15),
    numbers: false,
    basis: Basis::Pattern,
    check: any,
};

/// JSON numbers in a field without a name that says so.
pub(super) const BARE: Validator = Validator {
    name: "phone_bare",
    doc: "an Indonesian mobile number with its calling code and without a sign: 6281234567890",
    digits: (11, 14),
    numbers: true,
    basis: Basis::Pattern,
    check: bare,
};

/// Numbers of other countries in local spelling.
pub(super) const FOREIGN: Validator = Validator {
    name: "phone_foreign",
    doc: "7 to 15 digits in groups as phone numbers are written; needs a keyword that says so",
    digits: (7, 15),
    numbers: false,
    basis: Basis::Pattern,
    check: foreign,
};

/// Separators within a phone number.
const SEPARATORS: Gap =
    Gap::SPACE.or(Gap::DASH).or(Gap::DOT).or(Gap::SLASH).or(Gap::PAREN).or(Gap::UNDERSCORE).or(Gap::WIDE);

fn international(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    let zeros = || {
        let led = candidate.groups.len() > 1 && candidate.groups[0].len() >= 2 && candidate.digits.starts_with(b"00");
        // `10:44:01.003 20418 20590`: a time and two numbers of processes.
        led && !is_bound(candidate)
    };
    if !(has_plus(candidate) || zeros()) || !candidate.gaps().within(SEPARATORS) || is_two_numbers(candidate) {
        return None;
    }
    let span = with_prefix(candidate);
    parses(candidate, span, settings).then(|| with_extension(candidate, span))
}

fn national(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    if has_plus(candidate) || candidate.is_thousands() || candidate.is_decimal() || is_two_numbers(candidate) {
        return None;
    }
    let shaped = (is_indonesian_mobile(candidate) && !is_bound(candidate))
        || ((is_danish_pairs(candidate) || is_printed(candidate)) && !is_tied(candidate));
    let span = with_prefix(candidate);
    (shaped && parses(candidate, span, settings)).then(|| with_extension(candidate, span))
}

fn any(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    if has_plus(candidate) || !candidate.gaps().within(SEPARATORS) || is_two_numbers(candidate) {
        return None;
    }
    let other = is_followed(candidate)
        || candidate.is_date()
        || candidate.is_decimal()
        || candidate.is_thousands()
        || is_version(candidate)
        || is_reference(candidate)
        || is_dated(candidate);
    if other || is_bound(candidate) {
        return None;
    }
    let span = with_prefix(candidate);
    parses(candidate, span, settings).then(|| with_extension(candidate, span))
}

/// Of no plan that we know; its groups must end where the run of digits ends, or another number would be cut.
fn foreign(candidate: &Candidate<'_>, _: &Settings) -> Option<Span> {
    let groups = candidate.groups;
    let long = groups.len() > 1 && groups[0].len() >= 5 && groups[1].gap.has(Gap::SPACE);
    let refused = is_followed(candidate)
        || candidate.is_date()
        || candidate.is_decimal()
        || (candidate.is_thousands() && candidate.gaps().has(Gap::DOT))
        || is_bound(candidate)
        || is_version(candidate)
        || is_reference(candidate)
        || is_two_numbers(candidate)
        || !candidate.gaps().within(SEPARATORS)
        || candidate.gaps().has(Gap::SLASH.or(Gap::UNDERSCORE))
        || candidate.after != Gap::BREAK
        || long;
    (!refused).then(|| with_extension(candidate, with_prefix(candidate)))
}

fn bare(candidate: &Candidate<'_>, settings: &Settings) -> Option<Span> {
    let shaped = candidate.groups.len() == 1 && candidate.digits.starts_with(b"628") && is_indonesian_mobile(candidate);
    let found = shaped && !is_bound(candidate) && parses(candidate, candidate.span, settings);
    found.then(|| with_extension(candidate, candidate.span))
}

/// The end of a UUID may look like one: `…-8c7d-081234567890`.
fn parses(candidate: &Candidate<'_>, span: Span, settings: &Settings) -> bool {
    phone::parse(&candidate.text[span.range()], &settings.regions).is_some() && !candidate.is_uuid_part()
}

/// `0812…` with 10 to 13 digits, or `62 812…`; the first group of digits holds the prefix.
fn is_indonesian_mobile(candidate: &Candidate<'_>) -> bool {
    let gaps = candidate.gaps();
    // `0812_1234567` is a date and a number as files are named.
    let file = gaps.has(Gap::UNDERSCORE) && candidate.groups.len() < 3;
    if file || !gaps.within(SEPARATORS) || gaps.has(Gap::SLASH) {
        return false;
    }
    // `0 8 1 2 3 …`: spelled digit by digit.
    let spelled = candidate.groups.len() == candidate.digits.len() && gaps == Gap::SPACE;
    let first = if spelled { 5 } else { candidate.groups.first().map_or(0, |g| g.len()) };
    match candidate.digits {
        [b'0', b'8', b'1'..=b'9', ..] => (10..=13).contains(&candidate.digits.len()) && first >= 3,
        [b'6', b'2', b'8', b'1'..=b'9', ..] => {
            (11..=14).contains(&candidate.digits.len()) && (first == 2 || first >= 5)
        }
        _ => false,
    }
}

/// `23 23 75 85`: four pairs; the first digit of a Danish number is 2 to 9. `40 41 42 43` and `28 30 32 34` are sizes.
fn is_danish_pairs(candidate: &Candidate<'_>) -> bool {
    let gaps = candidate.gaps();
    let pair = |i: usize| 10 * i32::from(candidate.digits[i] - b'0') + i32::from(candidate.digits[i + 1] - b'0');
    let are_steps = || {
        let step = pair(2) - pair(0);
        step > 0 && pair(4) - pair(2) == step && pair(6) - pair(4) == step
    };
    candidate.groups.len() == 4
        && candidate.groups.iter().all(|g| g.len() == 2)
        && (gaps == Gap::SPACE || gaps == Gap::DASH)
        && candidate.digits[0] >= b'2'
        && !are_steps()
}

/// `(415) 555-2671`, `1-415-555-2671`, `020 7946 0958`, `07700 900123`, `012-345 6789`: as numbers are printed in America,
/// Britain and Malaysia.
fn is_printed(candidate: &Candidate<'_>) -> bool {
    let [area, rest @ ..] = candidate.groups else { return false };
    let gaps = candidate.gaps();
    let lens = (area.len(), rest.first().map_or(0, |g| g.len()), rest.get(1).map_or(0, |g| g.len()));
    let digits = candidate.digits;
    match (lens, rest.len()) {
        // `012-345 6789`, `011-2345 6789`: a Malaysian mobile.
        ((3, 3 | 4, 4), 2) if digits.starts_with(b"01") => rest[0].gap == Gap::DASH && rest[1].gap == Gap::SPACE,
        // Neither the area nor the exchange begins with 0 or 1.
        ((3, 3, 4), 2) => {
            let plan = digits[0] >= b'2' && digits[3] >= b'2';
            let paren = rest[0].gap.within(Gap::PAREN.or(Gap::SPACE).or(Gap::WIDE)) && gaps.has(Gap::PAREN);
            plan && (gaps == Gap::DASH || gaps == Gap::DOT || paren && rest[1].gap == Gap::DASH)
        }
        ((3, 4, 4), 2) if digits.starts_with(b"02") => {
            rest[1].gap == Gap::SPACE && rest[0].gap.within(Gap::PAREN.or(Gap::SPACE).or(Gap::WIDE))
        }
        // `0161 496 0218`
        ((4, 3, 4), 2) => digits.starts_with(b"01") && gaps == Gap::SPACE,
        // `01326 550 918`, `07968 330 271`
        ((5, 3, 3), 2) => (digits.starts_with(b"01") || digits.starts_with(b"07")) && gaps == Gap::SPACE,
        // `1-415-555-2671`
        ((1, 3, 3), 3) => {
            let plan = digits[0] == b'1' && digits[1] >= b'2' && digits[4] >= b'2' && rest[2].len() == 4;
            plan && gaps == Gap::DASH
        }
        ((5, 6, 0), 1) => digits.starts_with(b"07") && gaps == Gap::SPACE,
        _ => false,
    }
}

/// `+45 23237585 8000 Aarhus`, `23 23 75 85 14 dage`: a Danish number, and another one behind it.
fn is_followed(candidate: &Candidate<'_>) -> bool {
    let groups = candidate.groups;
    let pairs = groups.len() > 4 && groups[..4].iter().all(|g| g.len() == 2) && candidate.digits[0] >= b'2';
    pairs || has_plus(candidate) && candidate.digits.starts_with(b"45") && candidate.digits.len() > 10
}

/// Whether a dash or a dot alone joins it to digits beside it.
fn is_bound(candidate: &Candidate<'_>) -> bool {
    let binds = |gap: Gap| gap == Gap::DASH || gap == Gap::DOT;
    let ends = candidate.is_counted() || candidate.groups.len() == 1 && candidate.is_whole();
    binds(candidate.before) || binds(candidate.after) && !ends
}

/// `Chrome/131.0.6778.81 Mobile Safari`: the version of a product.
fn is_version(candidate: &Candidate<'_>) -> bool {
    let product =
        matches!(&candidate.text.as_bytes()[..candidate.span.start as usize], [.., a, b'/'] if a.is_ascii_alphabetic());
    product && candidate.gaps().has(Gap::DOT)
}

/// `03 (13-05-2025 07`, `8812 - 40 77 26 15`: a date and more, or two numbers with a dash between them.
fn is_dated(candidate: &Candidate<'_>) -> bool {
    let groups = candidate.groups;
    let date = |g: &[Group]| g[0].len() <= 2 && g[1].len() == 2 && g[2].len() == 4 && g[1].gap == g[2].gap;
    let dashed = |g: &&Group| g.gap.has(Gap::DASH) && g.gap.has(Gap::WIDE);
    let inner = groups.get(1..).unwrap_or_default();
    let led = inner.first().is_some_and(|first| dashed(&first)) && !matches!(candidate.digits[0], b'0' | b'6');
    let parted = led && inner.iter().filter(dashed).count() == 1 && inner.len() > 1;
    groups.windows(3).any(|g| date(g) && g[1].gap == Gap::DASH) || parted
}

/// `DE-2026-330977`, `INC-2026-0219`, `QR8827710034`: capitals that are no word for a phone, and a number of what they name.
fn is_reference(candidate: &Candidate<'_>) -> bool {
    const PHONES: [&[u8]; 16] = [
        b"TLF", b"TEL", b"TELP", b"PH", b"PHONE", b"MOB", b"MOBIL", b"FAX", b"CELL", b"WA", b"HP", b"SMS", b"NO",
        b"NR", b"CALL", b"RING",
    ];
    let head = &candidate.text.as_bytes()[..candidate.span.start as usize];
    let head = head.strip_suffix(b"-").unwrap_or(head);
    let name = &head[head.len() - head.iter().rev().take(7).take_while(|b| b.is_ascii_alphanumeric()).count()..];
    (2..=6).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase) && !PHONES.contains(&name)
}

/// `0812-3456-789 12`, `0812 3456 7890 1`: an Indonesian number, and another behind it. After the first groups the sign
/// does not change, and no group is shorter than three digits unless all are pairs.
fn is_two_numbers(candidate: &Candidate<'_>) -> bool {
    let indonesian = candidate.digits.starts_with(b"08") || candidate.digits.starts_with(b"628");
    let [.., before_last, last] = candidate.groups else { return false };
    let skipped = if candidate.digits[0] == b'6' { 3 } else { 2 };
    let inner = candidate.groups.get(skipped..).unwrap_or_default();
    let mixed = inner.first().is_some_and(|first| inner.iter().any(|g| g.gap != first.gap));
    let closed = candidate.gaps().has(Gap::PAREN);
    let changed = !closed && last.gap != before_last.gap && before_last.gap != Gap::BREAK && candidate.groups.len() > 3;
    indonesian && (mixed || changed || (last.len() < 3 && before_last.len() > 2))
}

/// Whether it goes on beside itself with the separator it uses within: then it is a part of something else.
fn is_tied(candidate: &Candidate<'_>) -> bool {
    let inner = candidate.gaps().or(Gap::DASH).or(Gap::DOT);
    let ties = |gap: Gap| gap.has(inner) && !gap.has(Gap::LINE);
    ties(candidate.before) || ties(candidate.after)
}

/// Whether `+`, or `+(`, stands before it.
fn has_plus(candidate: &Candidate<'_>) -> bool {
    matches!(&candidate.text.as_bytes()[..candidate.span.start as usize], [.., b'+'] | [.., b'+', b'('])
}

/// The number with the extension behind it, which goes with it: `x11144`, ` ext. 818`. None is followed by what makes an
/// amount of digits: a pattern that asks what stands behind a number asks it of the number (`23237585, lok. 500 kr`).
fn with_extension(candidate: &Candidate<'_>, span: Span) -> Span {
    const UNITS: [&str; 21] = [
        "idr", "rupiah", "rp", "dkk", "kr", "kroner", "usd", "eur", "gbp", "sgd", "myr", "ns", "us", "ms", "s", "sec",
        "bytes", "requests", "km", "xp", "exp",
    ];
    let behind = &candidate.text[span.end as usize..];
    let counts = |len: &usize| {
        let rest = behind[*len..].trim_start_matches(|c: char| c.is_whitespace() || ".,)(".contains(c));
        let word = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        rest.starts_with(['€', '$', '£']) || UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(word))
    };
    let extension = phone::extension(behind).filter(|len| !counts(len));
    Span::new(span.start, span.end + extension.unwrap_or(0) as u32)
}

/// The candidate with the `+`, `(+` or `(` that stands before it.
fn with_prefix(candidate: &Candidate<'_>) -> Span {
    let before = &candidate.text.as_bytes()[..candidate.span.start as usize];
    if !matches!(before, [.., b'+' | b'(']) {
        return candidate.span;
    }
    let count = |sign: u8| memchr::memchr_iter(sign, candidate.as_str().as_bytes()).count();
    // Its own `(` stands before the digits; one that encloses the whole number is left alone.
    let closed = count(b')') > count(b'(');
    let len = match before {
        [.., b'(', b'+'] if closed => 2,
        [.., b'+', b'('] if closed => 2,
        [.., b'+'] => 1,
        [.., b'('] if closed => 1,
        _ => 0,
    };
    Span::new(candidate.span.start - len, candidate.span.end)
}
