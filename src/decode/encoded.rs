//! Base64 and hexadecimal in a text: parts that hold text, parts that hold a file, parts that are too large to look at.
//!
//! Ids, hashes and cipher text are written in the same signs; what tells them apart is that they do not decode to text.

use std::ops::Range;

use crate::record::{Blocks, Class, Word, any_long_run};

/// Shortest part that is looked at, in signs: `MTAuMC4wLjE` is an IP address.
pub const SIGNS_MIN: usize = 10;
/// Shortest part in hexadecimal.
const HEX_MIN: usize = 16;
/// Signs that are decoded to see whether text begins.
const PEEK: usize = 12;
/// Shortest line of base64 that goes on in the next one (MIME has 76, PEM 64).
const LINE_MIN: usize = 40;
/// Shortest picture or document that is taken for one: tracking pixels are smaller.
const FILE_MIN: usize = 128;
/// Most parts of a token: five if it is encrypted (RFC 7516), three if it is signed.
const TOKEN_PARTS_MAX: usize = 5;
/// Shortest compressed content.
const COMPRESSED_MIN: usize = 28;

/// An encoded part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it stands.
    pub span: Range<usize>,
    /// What it is a part of: the whole of a signed token (JWT), else the same as `span`.
    pub whole: Range<usize>,
    /// How it is written.
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Base64 { url: bool, padded: bool, line: Option<Line> },
    Hex { upper: bool },
}

/// How wrapped base64 is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    signs: usize,
    crlf: bool,
}

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// This text.
    Text(&'a str),
    /// A picture, a document, compressed data: content that cannot be searched.
    File,
    /// More than the limit.
    TooLarge,
}

/// Offers `take` every part of `text` that holds text or a file, or is longer than `bytes_max`. `buffer` is scratch.
pub fn find(text: &str, bytes_max: usize, buffer: &mut String, mut take: impl FnMut(&Part, Content<'_>)) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    let mut at = SIGNS_MIN - 1;
    // A run of this many signs has one at every such step.
    while let Some(&b) = bytes.get(at) {
        if value_of(b).is_none() {
            at += SIGNS_MIN;
            continue;
        }
        let start = at - bytes[floor..at].iter().rev().take_while(|b| value_of(**b).is_some()).count();
        let run = Run::at(bytes, start, floor);
        if run.signs.len() >= SIGNS_MIN {
            run.offer(text, bytes_max, buffer, &mut take);
        }
        floor = run.span.end;
        at = floor + SIGNS_MIN - 1;
    }
}

/// Whether [`find`] may find anything in a text of these blocks: one look at the first signs of each run of them.
pub fn may_hold(text: &[u8], blocks: &(impl Blocks + ?Sized), bytes_max: usize) -> bool {
    any_long_run(blocks, SIGNS_MIN, |run| run.len() > bytes_max || run_may_hold(&text[run.clone()], &text[..run.start]))
}

/// [`may_hold`] of a word, which is one run of signs.
pub fn may_begin_in(text: &[u8], word: Word) -> bool {
    may_begin_at(text, word.starts())
}

/// Whether a run of signs is a file, goes on in the next line, or begins a text at its start or behind a sign that may be a separator.
fn run_may_hold(run: &[u8], before: &[u8]) -> bool {
    if before.ends_with(b"base64,") {
        return true;
    }
    if let Some(word) = Word::of(run, Class::default()) {
        return may_begin_in(run, word);
    }
    let separators = (1..run.len()).filter(|&at| matches!(run[at - 1], b'/' | b'-' | b'_' | b'+'));
    may_begin_at(run, std::iter::once(0).chain(separators))
}

/// Whether a text or a file begins at one of these places of a run of signs, or behind its `0x` or the `x` of `\x`.
fn may_begin_at(run: &[u8], mut places: impl Iterator<Item = usize>) -> bool {
    let may_begin = |at: usize| {
        let part = &run[at..];
        part.len() >= SIGNS_MIN && (begins_text(part, 0) || begins_hex_text(part) || is_file(part, 0))
    };
    places.any(may_begin) || run.starts_with(b"0x") && may_begin(2) || run.starts_with(b"x") && may_begin(1)
}

/// A run of signs, over several lines perhaps.
struct Run {
    /// All of it, padding and line breaks included.
    span: Range<usize>,
    /// Its first line without padding.
    signs: Range<usize>,
    line: Option<Line>,
    /// The token of parts between dots that it stands in.
    token: Option<Range<usize>>,
}

impl Run {
    fn at(bytes: &[u8], start: usize, floor: usize) -> Run {
        let mut end = signs_end(bytes, start);
        let signs = start..end;
        let first = end - start;
        let mut line = None;
        while first >= LINE_MIN && first.is_multiple_of(4) {
            let (next, crlf) = match &bytes[end..] {
                [b'\r', b'\n', b' ' | b'\t', ..] => (end + 3, true),
                [b'\r', b'\n', ..] => (end + 2, true),
                [b'\n', b' ' | b'\t', ..] => (end + 2, false),
                [b'\n', ..] => (end + 1, false),
                _ => break,
            };
            let more = signs_end(bytes, next) - next;
            if more == 0 || more > first {
                break;
            }
            line = Some(Line { signs: first, crlf });
            end = next + more;
            if more < first {
                break;
            }
        }
        end += bytes[end..].iter().take(2).take_while(|b| **b == b'=').count();
        Run { span: start..end, signs, line, token: token_around(bytes, start, floor) }
    }

    /// Offers the run, or else the parts between its signs that are separators elsewhere.
    fn offer(&self, text: &str, bytes_max: usize, buffer: &mut String, take: &mut impl FnMut(&Part, Content<'_>)) {
        let bytes = text.as_bytes();
        if self.span.len() > bytes_max {
            return take(&self.part(bytes, self.span.clone()), Content::TooLarge);
        }
        if self.try_part(text, self.span.clone(), buffer, take) || self.line.is_some() {
            return;
        }
        let signs = &bytes[self.signs.clone()];
        for separators in [&b"/"[..], b"/-_+"] {
            let mut start = self.signs.start;
            let mut any = false;
            for segment in signs.split(|b| separators.contains(b)) {
                let mut end = start + segment.len();
                let next = end + 1;
                if end == self.signs.end {
                    end = self.span.end;
                }
                if segment.len() >= SIGNS_MIN && segment.len() < signs.len() {
                    any |= self.try_part(text, start..end, buffer, take);
                }
                start = next;
            }
            if any {
                return;
            }
        }
    }

    fn try_part(
        &self,
        text: &str,
        span: Range<usize>,
        buffer: &mut String,
        take: &mut impl FnMut(&Part, Content<'_>),
    ) -> bool {
        let bytes = text.as_bytes();
        let mut span = span;
        if bytes[span.clone()].starts_with(b"0x") {
            span.start += 2;
        } else if bytes[..=span.start].ends_with(b"\\x") {
            // As PostgreSQL writes bytes.
            span.start += 1;
        }
        if is_hex_text(&bytes[span.clone()]) && decode_hex(&bytes[span.clone()], buffer) {
            let upper = bytes[span.clone()].iter().any(u8::is_ascii_uppercase);
            take(&Part { whole: span.clone(), span, encoding: Encoding::Hex { upper } }, Content::Text(buffer));
            return true;
        }
        if is_file(&bytes[span.clone()], declared(bytes, span.start)) {
            take(&self.part(bytes, span), Content::File);
            return true;
        }
        let is_text = begins_text(bytes, span.start) && decode_base64(&bytes[span.clone()], buffer);
        if is_text {
            take(&self.part(bytes, span), Content::Text(buffer));
        }
        is_text
    }

    fn part(&self, bytes: &[u8], span: Range<usize>) -> Part {
        let written = &bytes[span.clone()];
        let url = written.iter().any(|b| matches!(b, b'-' | b'_')) || self.token.is_some();
        let padded = written.last() == Some(&b'=');
        let whole = self.token.clone().unwrap_or_else(|| span.clone());
        Part { span, whole, encoding: Encoding::Base64 { url, padded, line: self.line } }
    }
}

impl Part {
    /// Appends `content`, written as the part is.
    pub fn encode(&self, content: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Hex { upper } => {
                let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
                out.extend(content.iter().flat_map(|b| [digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]));
            }
            Encoding::Base64 { url, padded, line } => encode_base64(content, url, padded, line, out),
        }
    }

    /// Whether it is worth nothing once it is changed: a part of a signed token, or the credentials of `Basic` (RFC 7617),
    /// of which all is secret. `text`: what it is a part of.
    pub fn is_whole_or_nothing(&self, text: &str) -> bool {
        const SCHEME: &[u8] = b"basic ";
        let before = text.as_bytes()[..self.span.start].last_chunk::<{ SCHEME.len() }>();
        self.whole != self.span || before.is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
    }
}

fn signs_end(bytes: &[u8], start: usize) -> usize {
    start + bytes[start..].iter().take_while(|b| value_of(**b).is_some()).count()
}

/// The JSON web token that the run at `start` is a part of: parts between dots, the first of which begins with `{"`.
fn token_around(bytes: &[u8], start: usize, floor: usize) -> Option<Range<usize>> {
    let mut first = start;
    // The parts before were runs of their own, so `floor` stands at the dot behind the last one.
    if start > 0 && bytes[start - 1] == b'.' && floor + 1 == start {
        let mut dots = 0;
        let is_part = |b: &&u8| {
            dots += usize::from(**b == b'.');
            (value_of(**b).is_some() || **b == b'.') && dots < TOKEN_PARTS_MAX
        };
        first -= bytes[..start].iter().rev().take_while(is_part).count();
    }
    if !bytes[first..].starts_with(b"eyJ") {
        return None;
    }
    let (mut end, mut parts) = (signs_end(bytes, first), 1);
    while bytes.get(end) == Some(&b'.') && parts < TOKEN_PARTS_MAX {
        let next = signs_end(bytes, end + 1);
        if next == end + 1 && parts == 1 {
            break;
        }
        (end, parts) = (next, parts + 1);
    }
    (parts >= 2).then_some(first..end)
}

/// The value of a sign of base64, of either alphabet.
fn value_of(b: u8) -> Option<u8> {
    let value = VALUES[usize::from(b)];
    (value < 64).then_some(value)
}

static VALUES: [u8; 256] = {
    let mut table = [255u8; 256];
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[signs[i] as usize] = i as u8;
        i += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Whether the first signs at `start` decode to the beginning of a text.
fn begins_text(bytes: &[u8], start: usize) -> bool {
    let end = bytes.len().min(start + PEEK);
    // The first byte of a text is nearly always ASCII: one look dismisses most ids.
    if bytes.get(start).and_then(|&b| value_of(b)).is_none_or(|v| v >= 50) {
        return false;
    }
    let mut peek = [0; PEEK];
    let mut len = 0;
    // Bytes beyond ASCII, and whether one of them cannot be UTF-8: it continues nothing.
    let (mut high, mut stray) = (0, false);
    for four in bytes[start..end].chunks(4) {
        let (bits, count) = bits_of(four);
        let [_, three @ ..] = (bits << (6 * (4 - count))).to_be_bytes();
        for &byte in &three[..count * 6 / 8] {
            stray |= matches!(byte, 0x80..0xc0) && (len == 0 || peek[len - 1] < 0x80);
            high += usize::from(byte >= 0x80);
            // Ids are random bits: few of them get past their first bytes.
            if is_control(byte) || stray && high > 1 {
                return false;
            }
            peek[len] = byte;
            len += 1;
        }
        if count < 4 {
            break;
        }
    }
    // One byte beyond ASCII may be Latin-1, and a character may be cut off at the end.
    high <= 1 || std::str::from_utf8(&peek[..len]).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The bits of up to four signs of base64, and how many signs there are before the first byte that is none.
fn bits_of(four: &[u8]) -> (u32, usize) {
    if let Ok(four) = <[u8; 4]>::try_from(four) {
        let [a, b, c, d] = four.map(|sign| u32::from(VALUES[usize::from(sign)]));
        if a | b | c | d < 64 {
            return (a << 18 | b << 12 | c << 6 | d, 4);
        }
    }
    let values = four.iter().map_while(|sign| value_of(*sign));
    values.fold((0, 0), |(bits, count), value| (bits << 6 | u32::from(value), count + 1))
}

fn is_control(b: u8) -> bool {
    b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r') || b == 0x7f
}

/// What a `data:` URI says before its base64 begins at `start`: the least number of signs of a file.
fn declared(bytes: &[u8], start: usize) -> usize {
    let before = &bytes[start.saturating_sub(96)..start];
    let binary = before.ends_with(b";base64,")
        && memchr::memmem::rfind(before, b"data:").is_some_and(|at| {
            let media = &before[at + 5..];
            [&b"image/"[..], b"video/", b"audio/", b"application/pdf", b"application/octet-stream"]
                .iter()
                .any(|kind| media.starts_with(kind) && !media.starts_with(b"image/svg"))
        });
    if binary { FILE_MIN } else { 0 }
}

/// Whether base64 is that of a picture, a document or compressed data. `declared`: how long it must be when something
/// before it says that it is a file; 0: nothing does.
fn is_file(signs: &[u8], declared: usize) -> bool {
    const FILES: [(&[u8], usize); 9] = [
        (b"/9j/", FILE_MIN),
        (b"_9j_", FILE_MIN),
        (b"iVBORw0KGgo", FILE_MIN),
        (b"R0lGODlh", FILE_MIN),
        (b"R0lGODdh", FILE_MIN),
        (b"UklGR", FILE_MIN),
        (b"JVBERi0", FILE_MIN),
        (b"H4sI", COMPRESSED_MIN),
        (b"UEsDB", COMPRESSED_MIN),
    ];
    // The shortest of them; most base64 is no file, and is asked at each of its ends.
    if signs.len() < COMPRESSED_MIN {
        return false;
    }
    // `ftyp` behind a length of 24 to 51 bytes (HEIC, AVIF, MP4), and a bitmap, whose second four bytes are zero.
    let boxed = signs.starts_with(b"AAAA") && signs.get(5..10) == Some(b"GZ0eX");
    let bitmap = signs.starts_with(b"Qk") && signs.get(8..13) == Some(b"AAAAA");
    (boxed || bitmap) && signs.len() >= FILE_MIN
        || declared > 0 && signs.len() >= declared
        || FILES.iter().any(|(magic, least)| signs.len() >= *least && signs.starts_with(magic))
}

/// Decodes base64 of text; false if it is not that. Line breaks are passed over.
fn decode_base64(signs: &[u8], out: &mut String) -> bool {
    let mut bytes = std::mem::take(out).into_bytes();
    bytes.clear();
    let (mut bits, mut count) = (0u32, 0);
    for value in signs.iter().filter_map(|b| value_of(*b)) {
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
            (bits, count) = (0, 0);
        }
    }
    match count {
        2 => bytes.push((bits >> 4) as u8),
        3 => bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    into_text(bytes, out)
}

/// Whether all are hexadecimal digits whose first bytes are text.
fn is_hex_text(signs: &[u8]) -> bool {
    signs.len().is_multiple_of(2) && begins_hex_text(signs) && signs.iter().all(u8::is_ascii_hexdigit)
}

/// Whether hexadecimal digits of text begin.
fn begins_hex_text(signs: &[u8]) -> bool {
    let byte = |pair: &[u8]| super::layers::hex_byte(pair, 0);
    signs.len() >= HEX_MIN
        && matches!(signs[0], b'2'..=b'7')
        && signs
            .as_chunks::<2>()
            .0
            .iter()
            .take(4)
            .all(|pair| byte(pair).is_some_and(|b| !is_control(b) && b.is_ascii()))
}

fn decode_hex(signs: &[u8], out: &mut String) -> bool {
    let mut bytes = std::mem::take(out).into_bytes();
    bytes.clear();
    bytes.extend(signs.as_chunks::<2>().0.iter().filter_map(|pair| super::layers::hex_byte(pair, 0)));
    into_text(bytes, out)
}

/// Makes `bytes` the text `out`: UTF-8, or Latin-1 of mostly ASCII. False: it is no text, and `out` is empty. The memory
/// stays with `out` either way.
fn into_text(mut bytes: Vec<u8>, out: &mut String) -> bool {
    let is_text = !bytes.iter().any(|b| is_control(*b))
        && (simdutf8::basic::from_utf8(&bytes).is_ok() || from_latin1(&mut bytes));
    if !is_text {
        bytes.clear();
    }
    *out = String::from_utf8(bytes).expect("invariant: just checked, just made, or empty");
    is_text && !out.is_empty()
}

/// Writes Latin-1 as UTF-8, in place; false if little of it is ASCII, which text in Latin-1 mostly is.
fn from_latin1(bytes: &mut Vec<u8>) -> bool {
    let len = bytes.len();
    let high = bytes.iter().filter(|b| !b.is_ascii()).count();
    if high * 6 > len {
        return false;
    }
    bytes.resize(len + high, 0);
    let mut to = bytes.len();
    for from in (0..len).rev() {
        let b = bytes[from];
        if b.is_ascii() {
            to -= 1;
            bytes[to] = b;
        } else {
            to -= 2;
            bytes[to] = 0xC0 | b >> 6;
            bytes[to + 1] = 0x80 | b & 0x3F;
        }
    }
    true
}

fn encode_base64(content: &[u8], url: bool, padded: bool, line: Option<Line>, out: &mut Vec<u8>) {
    let signs: &[u8; 64] = if url {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut written = 0;
    let mut push = |sign: u8, out: &mut Vec<u8>| {
        if let Some(line) = line.filter(|line| written > 0 && written % line.signs == 0) {
            out.extend_from_slice(if line.crlf { b"\r\n" } else { b"\n" });
        }
        out.push(sign);
        written += 1;
    };
    for chunk in content.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=chunk.len() {
            push(signs[(bits >> (18 - 6 * i) & 63) as usize], out);
        }
        for _ in chunk.len()..3 {
            if padded {
                push(b'=', out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base64(text: &str, url: bool, padded: bool) -> String {
        let mut out = Vec::new();
        encode_base64(text.as_bytes(), url, padded, None, &mut out);
        String::from_utf8(out).expect("is ASCII")
    }

    /// The texts of the parts, `FILE` and `LARGE`.
    fn found(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        find(text, 4096, &mut String::new(), |part, content| {
            assert!(part.whole.start <= part.span.start && part.span.end <= part.whole.end);
            out.push(match content {
                Content::Text(inner) => inner.to_owned(),
                Content::File => "FILE".to_owned(),
                Content::TooLarge => "LARGE".to_owned(),
            });
        });
        out
    }

    #[test]
    fn text_in_base64_is_found_wherever_it_stands() {
        let standard = base64("john.doe@example.com?~", false, true);
        let url = base64("john.doe@example.com?~", true, false);
        for text in [
            standard.clone(),
            url.clone(),
            format!("payload={standard} ok"),
            format!("/v1/users/{url}"),
            format!("\"{standard}\","),
            format!("x {}\r\ny", standard),
        ] {
            assert_eq!(found(&text), ["john.doe@example.com?~"], "{text}");
        }
        let plain = base64("john.doe@example.com", true, false);
        assert_eq!(found(&format!("/v1/users/{plain}/limits")), ["john.doe@example.com"]);
        assert_eq!(found(&format!("cb_{plain}-x")), ["john.doe@example.com"]);
        assert_eq!(found("MTAuMC4wLjE"), ["10.0.0.1"]);
        assert_eq!(found(&base64("søren", false, true)), Vec::<String>::new(), "too short");
        assert_eq!(found("am9obi5kb2VAc/hyZW4uZGs="), ["john.doe@søren.dk"], "Latin-1");
    }

    #[test]
    fn wrapped_base64_is_one_part_and_is_wrapped_again() {
        let long = "john.doe@example.com, ".repeat(20);
        for (crlf, line_break) in [(true, "\r\n"), (false, "\n")] {
            let mut wrapped = Vec::new();
            encode_base64(long.as_bytes(), false, true, Some(Line { signs: 76, crlf }), &mut wrapped);
            let wrapped = String::from_utf8(wrapped).expect("is ASCII");
            assert!(wrapped.lines().all(|line| line.len() <= 76) && wrapped.contains(line_break));
            let text = format!("Content:{line_break}{line_break}{wrapped}{line_break}--end");
            let mut again = Vec::new();
            find(&text, 4096, &mut String::new(), |part, content| {
                assert_eq!((content, &text[part.span.clone()]), (Content::Text(&long), &*wrapped));
                part.encode(long.as_bytes(), &mut again);
            });
            assert_eq!(again, wrapped.as_bytes());
        }
    }

    #[test]
    fn every_part_of_a_signed_token_knows_the_whole() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsImVtYWlsIjoiYUBiLmRrIn0.c2lnbmF0dXJlc2ln";
        let text = format!("Bearer {token}, x");
        let mut texts = Vec::new();
        find(&text, 4096, &mut String::new(), |part, content| {
            assert!(part.is_whole_or_nothing(&text) && text[part.whole.clone()] == *token);
            if let Content::Text(inner) = content {
                texts.push(inner.to_owned());
            }
        });
        assert_eq!(texts[..2], [r#"{"alg":"HS256"}"#, r#"{"sub":"42","email":"a@b.dk"}"#]);
    }

    #[test]
    fn hexadecimal_text_is_found() {
        assert_eq!(found("x=6a6f686e2e646f65406578616d706c652e636f6d"), ["john.doe@example.com"]);
        assert_eq!(found("0x6A6F686E2E646F65406578616D706C652E636F6D"), ["john.doe@example.com"]);
        assert_eq!(found(r"\x6a6f686e2e646f65406578616d706c652e636f6d"), ["john.doe@example.com"]);
    }

    #[test]
    fn what_is_dismissed_holds_nothing() {
        for text in
            ["", "short", "2026-01-04T17:03:40.988Z", "550e8400-e29b-41d4-a716-446655440000", "/api/v1/callback"]
        {
            assert!(!may_hold(text.as_bytes(), text.as_bytes(), 64), "{text}");
        }
        for text in ["x am9obi5kb2VAZXhhbXBsZS5jb20", "/u/am9obi5kb2VAZXhhbXBsZS5jb20", "0x6A6F686E2E646F65406578"] {
            assert!(may_hold(text.as_bytes(), text.as_bytes(), 64), "{text}");
        }
    }

    #[test]
    fn ids_hashes_and_words_are_no_text() {
        for text in [
            "550e8400-e29b-41d4-a716-446655440000",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "/api/v1/authentication/callback_handler",
            "dGhpcyBpc\u{e6}",
            "3q2+7w3q2+7w3q2+7w==",
            "4111111111111111",
            "Uddannelsesinstitutionen perpustakaannya internationalization",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn files_and_what_is_too_large_are_told_without_being_decoded() {
        let body = "A9z0".repeat(100);
        assert_eq!(found(&format!("/9j/{body}")), ["FILE"]);
        assert_eq!(found(&format!("data:image/heic;base64,{body}")), ["FILE"]);
        assert_eq!(found("H4sIAAAAAAAAA8tIzcnJVyjPL8pJAQCFEUoNCwAAAA"), ["FILE"]);
        assert_eq!(found(&"q7W+".repeat(2000)), ["LARGE"]);
        assert_eq!(found("data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), [""; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_word_is_judged_as_any_text(text in prop_oneof![
            "[a-zA-Z0-9+/_-]{1,64}",
            "([a-z]{2,9}[-_/])?[ -~]{8,30}".prop_map(|text| base64(&text, true, false)),
            "(0x|id-)?([2-7][0-9a-f]){6,12}",
            Just("H4sIAAAAAAAAA0vOLUgsSi3KTMsv0kvJTE4FAJd1eS0RAAAA".to_owned()),
        ]) {
            let class = Class::of_text(text.as_bytes()).0;
            if let Some(word) = Word::of(text.as_bytes(), class) {
                prop_assert_eq!(may_begin_in(text.as_bytes(), word), may_hold(text.as_bytes(), text.as_bytes(), 4096));
            }
        }

        #[test]
        fn what_is_encoded_is_found_and_encoded_again_the_same(
            inner in "[ -~]{8,60}", url in any::<bool>(), padded in any::<bool>(),
        ) {
            let written = base64(&inner, url, padded);
            let text = format!("k=\"{written}\" ");
            let mut again = Vec::new();
            find(&text, 4096, &mut String::new(), |part, content| {
                if content == Content::Text(&inner) {
                    part.encode(inner.as_bytes(), &mut again);
                }
            });
            let same = |b: &u8| match b { b'-' => b'+', b'_' => b'/', b => *b };
            prop_assert!(again.iter().map(same).eq(written.bytes().map(|b| same(&b))), "{written}");
        }

        #[test]
        fn any_text_is_taken(text in "[a-zA-Z0-9+/=_. -]{0,80}|\\PC{0,40}") {
            find(&text, 64, &mut String::new(), |part, _| {
                assert!(text.is_char_boundary(part.span.start) && text.is_char_boundary(part.span.end));
                assert!(part.span.len() > 64 || may_hold(text.as_bytes(), text.as_bytes(), 64));
            });
        }
    }

    #[test]
    fn latin_1_becomes_the_same_text() {
        for text in ["Kære Søren, det står i en mail fra i går", "ÿ and some ascii behind it", "plain"] {
            let mut bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
            assert!(from_latin1(&mut bytes), "{text}");
            assert_eq!(String::from_utf8(bytes).expect("UTF-8"), text);
        }
    }
}
