//! Bytes that are each written as an escape of fixed width: `%C3%B8`, `=C3=B8`, `\xc3\xb8`.

/// The character that begins with the escape at `at`, and how many escapes it takes: UTF-8 where they are that, else
/// the first byte as Latin-1. `byte_at` reads one escape of `width` bytes.
pub(super) fn character(at: usize, width: usize, byte_at: impl Fn(usize) -> Option<u8>) -> Option<(char, usize)> {
    let first = byte_at(at)?;
    let count = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((char::from(first), 1)),
    };
    let mut bytes = [first, 0, 0, 0];
    for (i, byte) in bytes[..count].iter_mut().enumerate().skip(1) {
        match byte_at(at + i * width) {
            Some(b) => *byte = b,
            None => return Some((char::from(first), 1)),
        }
    }
    let decoded = std::str::from_utf8(&bytes[..count]).ok().and_then(|text| text.chars().next());
    Some(decoded.map_or((char::from(first), 1), |c| (c, count)))
}

/// The byte of two hexadecimal digits at `at`.
pub(in crate::decode) fn hex_byte(text: &[u8], at: usize) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    match text.get(at..at + 2)? {
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    }
}
