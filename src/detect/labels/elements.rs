//! Labels of XML, HTML and forms: the name of an element, or what its attribute `name` says, and its text.

use crate::record::Span;

/// Longest tag that is read, in bytes.
const TAG_BYTES_MAX: usize = 256;
/// Attributes that name what an element holds.
const NAMING: [&[u8]; 4] = [b"name", b"key", b"id", b"property"];
/// Elements whose text names what the next one holds: `<key>password</key><string>…</string>`, `<td>Name:</td><td>…</td>`.
const NAMING_ELEMENTS: [&[u8]; 5] = [b"key", b"name", b"td", b"th", b"dt"];

/// Elements of HTML that hold nothing: what follows is not theirs.
const VOID: [&[u8]; 6] = [b"input", b"br", b"hr", b"img", b"meta", b"link"];

/// Calls `each` with every name that the tag which ends at `close` gives to a value, and where the value begins.
pub(super) fn labels(bytes: &[u8], close: usize, mut each: impl FnMut(Span, u32)) {
    let from = close.saturating_sub(TAG_BYTES_MAX);
    let Some(open) = memchr::memrchr(b'<', &bytes[from..close]).map(|at| from + at) else { return };
    let tag = &bytes[open + 1..close];
    let Some(name) = name_of(tag) else { return };
    let element = Span::new((open + 1 + name.start) as u32, (open + 1 + name.end) as u32);
    let text = text_at(bytes, close + 1);
    let attributes = open + 1 + name.end;
    let named = NAMING.iter().find_map(|name| attribute(bytes, attributes, close, name));
    if let Some(value) = named.and_then(|_| attribute(bytes, attributes, close, b"value")) {
        each(named.unwrap_or_default(), value.start);
    }
    let holds_none = VOID.iter().any(|void| bytes[element.range()].eq_ignore_ascii_case(void));
    let Some(text) = text.filter(|_| !holds_none) else { return };
    if element.len() > 1 {
        each(element, text as u32);
    }
    if let Some(named) = named {
        each(named, text as u32);
    }
    if NAMING_ELEMENTS.iter().any(|naming| bytes[element.range()].eq_ignore_ascii_case(naming))
        && let Some((name, value)) = next_element(bytes, text)
    {
        each(name, value);
    }
}

/// The name in a tag, without the prefix of its namespace. `None`: it ends an element, or is empty, or no tag.
fn name_of(tag: &[u8]) -> Option<std::ops::Range<usize>> {
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | 0x80..);
    let end = tag.iter().take_while(|b| sign(b)).count();
    let whole = tag.get(end).is_none_or(u8::is_ascii_whitespace) && !tag.ends_with(b"/");
    let start = tag[..end].iter().rposition(|&b| b == b':').map_or(0, |at| at + 1);
    (whole && end > start && tag[start].is_ascii_alphabetic()).then_some(start..end)
}

/// The quoted value of an attribute in `bytes[from..to]`.
fn attribute(bytes: &[u8], from: usize, to: usize, name: &[u8]) -> Option<Span> {
    let tag = &bytes[from..to];
    let is = |at: usize| {
        let begins = at > 0 && tag[at - 1].is_ascii_whitespace();
        begins && tag[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
    };
    let at = (0..tag.len()).find(|&at| is(at) && tag.get(at + name.len()) == Some(&b'='))? + name.len() + 1;
    // In JSON the quotes come with a backslash.
    let at = at + tag[at..].iter().take_while(|b| **b == b'\\').count();
    let quote = *tag.get(at).filter(|b| matches!(b, b'"' | b'\''))?;
    let len = tag[at + 1..].iter().position(|&b| b == quote || b == b'\\')?;
    (len > 1).then(|| Span::new((from + at + 1) as u32, (from + at + 1 + len) as u32))
}

/// Where the text of an element begins. `None`: it has none.
fn text_at(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let blanks = rest.iter().take(6).take_while(|b| b.is_ascii_whitespace()).count();
    let data = if rest[blanks..].starts_with(b"<![CDATA[") { b"<![CDATA[".len() } else { 0 };
    let start = at + blanks + data;
    bytes.get(start).is_some_and(|&b| b != b'<').then_some(start)
}

/// The text at `at`, which is a name, and the text of the element that follows.
fn next_element(bytes: &[u8], at: usize) -> Option<(Span, u32)> {
    let len = bytes[at..].iter().take(TAG_BYTES_MAX).position(|&b| b == b'<')?;
    let label = bytes[at..at + len].trim_ascii_end();
    let label = label.strip_suffix(b":").unwrap_or(label);
    let name = Span::new(at as u32, (at + label.len()) as u32);
    let end = at + len + bytes[at + len..].iter().take(TAG_BYTES_MAX).position(|&b| b == b'>')? + 1;
    let blanks = bytes[end..].iter().take(16).take_while(|b| b.is_ascii_whitespace()).count();
    let tag = bytes.get(end + blanks..)?.strip_prefix(b"<")?;
    let close = tag.iter().take(TAG_BYTES_MAX).position(|&b| b == b'>')?;
    name_of(&tag[..close])?;
    text_at(bytes, end + blanks + 1 + close + 1).map(|text| (name, text as u32))
}

/// Of `form-data; name="password"` the name, and where its value begins: behind an empty line.
pub(super) fn part_of_form(bytes: &[u8], label: Span, value: u32) -> Option<(Span, u32)> {
    let is_part = bytes[label.range()].ends_with(b"name") && bytes[..label.end as usize].ends_with(b"form-data; name");
    if !is_part {
        return None;
    }
    let rest = &bytes[value as usize..];
    let len = rest.iter().take(TAG_BYTES_MAX).position(|b| matches!(b, b'"' | b'\n'))?;
    let line = rest[len..].iter().take(TAG_BYTES_MAX).position(|&b| b == b'\n')?;
    let empty = [b"\n\r\n".as_slice(), b"\n\n"].into_iter().find(|end| rest[len + line..].starts_with(end))?;
    let text = value as usize + len + line + empty.len();
    (text < bytes.len()).then(|| (Span::new(value, value + len as u32), text as u32))
}
