//! One JSON escape: what the scanner checks and the views decode, so that both agree.

/// Why an escape is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadEscape {
    /// The input ends within it.
    Truncated,
    /// No such escape; the fault is that many bytes after the backslash.
    Malformed(usize),
    /// Half of a surrogate pair.
    LoneSurrogate,
}

/// Decodes the escape that `rest` begins with (`rest[0]` is the backslash): its character, and its length in bytes.
pub(super) fn decode_escape(rest: &[u8]) -> Result<(char, usize), BadEscape> {
    let simple = match *rest.get(1).ok_or(BadEscape::Truncated)? {
        b'u' => return decode_unicode(rest),
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return Err(BadEscape::Malformed(1)),
    };
    Ok((simple, 2))
}

/// `\uXXXX`, or two of them that are a surrogate pair.
fn decode_unicode(rest: &[u8]) -> Result<(char, usize), BadEscape> {
    let first = hex4(rest, 2)?;
    if !(0xd800..0xe000).contains(&first) {
        return Ok((char::from_u32(first).expect("invariant: no surrogate"), 6));
    }
    if first >= 0xdc00 {
        return Err(BadEscape::LoneSurrogate);
    }
    for (at, expected) in [(6, b'\\'), (7, b'u')] {
        match rest.get(at) {
            None => return Err(BadEscape::Truncated),
            Some(&b) if b == expected => {}
            Some(_) => return Err(BadEscape::LoneSurrogate),
        }
    }
    let second = hex4(rest, 8)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(BadEscape::LoneSurrogate);
    }
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    Ok((char::from_u32(code).expect("invariant: a pair makes a character"), 12))
}

/// Four hex digits at `at`.
fn hex4(rest: &[u8], at: usize) -> Result<u32, BadEscape> {
    let mut value = 0;
    for i in at..at + 4 {
        let b = *rest.get(i).ok_or(BadEscape::Truncated)?;
        value = value * 16 + char::from(b).to_digit(16).ok_or(BadEscape::Malformed(i))?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_decoded_with_its_length() {
        for (raw, expected) in [
            (r"\n..", ('\n', 2)),
            (r"\/", ('/', 2)),
            (r"\u0040x", ('@', 6)),
            (r"\u00E9", ('é', 6)),
            (r"\ud83d\uDE00", ('😀', 12)),
        ] {
            assert_eq!(decode_escape(raw.as_bytes()), Ok(expected), "{raw}");
        }
    }

    #[test]
    fn a_bad_escape_says_what_is_wrong() {
        for (raw, expected) in [
            (r"\", BadEscape::Truncated),
            (r"\u00", BadEscape::Truncated),
            (r"\x41", BadEscape::Malformed(1)),
            (r"\u00g0", BadEscape::Malformed(4)),
            (r"\udc00\ud800", BadEscape::LoneSurrogate),
            (r"\ud800 ", BadEscape::LoneSurrogate),
            (r"\ud800\n", BadEscape::LoneSurrogate),
            (r"\ud800\u0041", BadEscape::LoneSurrogate),
            (r"\ud800\", BadEscape::Truncated),
        ] {
            assert_eq!(decode_escape(raw.as_bytes()), Err(expected), "{raw}");
        }
    }
}
