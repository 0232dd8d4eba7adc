//! Names with values by position: `INSERT INTO players (full_name, pin) VALUES ('Siti', '4711')`.

use std::ops::Range;

use super::pairs::Pair;
use super::tables::{LIST_BYTES_MAX, Row};

/// Longest value of a statement, and how far behind a `$2` the server's log tells its value, in bytes.
const VALUE_BYTES_MAX: usize = 16 << 10;
const PARAMETERS_BYTES_MAX: usize = 4 << 10;
/// Longest expression without quotes: `coalesce(name, '')`.
const EXPRESSION_BYTES_MAX: usize = 1 << 10;
/// Most blanks that are passed.
const BLANKS_MAX: usize = 64;

/// Whether a text holds a statement.
pub fn are_in(text: &str) -> bool {
    let mut any = false;
    find(text, |_| any = true);
    any
}

/// Calls `each` for every value of a statement, with the name of its column.
pub fn find(text: &str, mut each: impl FnMut(&Pair)) {
    let bytes = text.as_bytes();
    // Where the rows of the statement before end: statements in their values are theirs.
    let mut floor = 0;
    for row in memchr::memchr_iter(b'(', bytes) {
        if let Some(at) = values_before(bytes, row)
            && at >= floor
            && let Some(columns) = columns_before(bytes, at)
        {
            floor = rows(bytes, row, &columns, &mut each);
        }
    }
}

/// The names in the brackets that end before `at`.
fn columns_before(bytes: &[u8], at: usize) -> Option<Row> {
    let from = at.saturating_sub(LIST_BYTES_MAX);
    let list = bytes[from..at].trim_ascii_end().strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', list)? + 1;
    Row::of_names(bytes, from + open..from + list.len(), b',')
}

/// Where the keyword `VALUES` begins, if it stands before the `(` at `open`.
fn values_before(bytes: &[u8], open: usize) -> Option<usize> {
    let blanks = bytes[..open].iter().rev().take(BLANKS_MAX).take_while(|b| b.is_ascii_whitespace()).count();
    let at = (open - blanks).checked_sub(b"values".len())?;
    bytes[at..open - blanks].eq_ignore_ascii_case(b"values").then_some(at)
}

fn pass_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take(BLANKS_MAX).take_while(|b| b.is_ascii_whitespace()).count()
}

/// The rows `(…), (…)` that begin at `at`; where the last value that could be read ends.
fn rows(bytes: &[u8], mut at: usize, columns: &Row, each: &mut impl FnMut(&Pair)) -> usize {
    while bytes.get(at) == Some(&b'(') {
        at += 1;
        for name in columns.cells() {
            let Some((value, end)) = sql_value(bytes, pass_blanks(bytes, at)) else { return at };
            if let Some(value) = meant(bytes, value, end) {
                each(&Pair { name, value });
            }
            at = pass_blanks(bytes, end);
            if bytes.get(at) != Some(&b',') {
                break;
            }
            at += 1;
        }
        let Some(comma) = bytes.get(at).filter(|b| **b == b')').map(|_| pass_blanks(bytes, at + 1)) else { return at };
        at = if bytes.get(comma) == Some(&b',') { pass_blanks(bytes, comma + 1) } else { return at };
    }
    at
}

/// The value that is meant: for `$2`, what a log of the server says that it is (`parameters: $1 = 'Ann', $2 = '47'`); for
/// other signs of a parameter nothing.
fn meant(bytes: &[u8], value: Range<usize>, from: usize) -> Option<Range<usize>> {
    let text = &bytes[value.clone()];
    match text {
        [] | [b'?' | b':' | b'@' | b'%', ..] => None,
        [b'$', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            let parameter = [text, b" = '"].concat();
            let near = &bytes[from..bytes.len().min(from + PARAMETERS_BYTES_MAX)];
            let at = from + memchr::memmem::find(near, &parameter)? + parameter.len() - 1;
            sql_value(bytes, at).map(|(value, _)| value).filter(|value| !value.is_empty())
        }
        _ => Some(value),
    }
}

/// The value at `at` without its quotes, and one past its end: `'O''Brien'`, `E'a\'b'`, `NULL`, `now()`.
fn sql_value(bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let prefix = usize::from(matches!(bytes.get(at..at + 2), Some([b'N' | b'E' | b'n' | b'e', b'\''])));
    // Of a statement that stands in a string, quotes may come with a backslash.
    let slash = usize::from(bytes.get(at + prefix) == Some(&b'\\'));
    let start = at + prefix + slash + 1;
    // A value that does not end is none, and is not looked for to the end of the text.
    let bytes = &bytes[..bytes.len().min(at + VALUE_BYTES_MAX)];
    if let Some(&quote) = bytes.get(start - 1).filter(|b| matches!(b, b'\'' | b'"')) {
        let mut end = start;
        loop {
            end += memchr::memchr(quote, bytes.get(end..)?)?;
            let slashed = end > start && bytes[end - 1] == b'\\';
            match bytes.get(end + 1) {
                // Two quotes are one that is meant; so is one behind a backslash.
                Some(next) if *next == quote => end += 2,
                _ if slashed && slash == 0 => end += 1,
                _ => return Some((start..end - usize::from(slashed), end + 1)),
            }
        }
    }
    let mut depth = 0;
    let len = bytes.get(at..)?.iter().take(EXPRESSION_BYTES_MAX).position(|b| {
        depth += i32::from(*b == b'(') - i32::from(*b == b')');
        depth < 0 || depth == 0 && *b == b','
    })?;
    Some((at..at + bytes[at..at + len].trim_ascii_end().len(), at + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        find(text, |pair| out.push((&text[pair.name.clone()], &text[pair.value.clone()])));
        out
    }

    #[test]
    fn the_columns_of_a_statement_name_its_values() {
        for (text, wanted) in [
            (
                "INSERT INTO p (id, name, pin) VALUES (7, 'Ann', '47')",
                &[("id", "7"), ("name", "Ann"), ("pin", "47")][..],
            ),
            (
                "insert into p(`name`,\"pin\") values ('Ann', '47') , ('Bo','11');",
                &[("name", "Ann"), ("pin", "47"), ("name", "Bo"), ("pin", "11")],
            ),
            ("(a, name) VALUES (now(), N'Ann')", &[("a", "now()"), ("name", "Ann")]),
            ("(a, pin) VALUES ('O''B, r', 12)", &[("a", "O''B, r"), ("pin", "12")]),
            ("(a, pin) VALUES (E'O\\'B', NULL )", &[("a", "O\\'B"), ("pin", "NULL")]),
            ("(a, pin) VALUES (coalesce(1, 2), '')", &[("a", "coalesce(1, 2)")]),
            ("(a,name) VALUES (1,\\\"Ann\\\")", &[("a", "1"), ("name", "Ann")]),
            ("(a,b) values (1,'(a,b) values (2,3)')", &[("a", "1"), ("b", "(a,b) values (2,3)")]),
            ("p(name) VALUES ('Ann')", &[]),
            ("values (1, 2)", &[]),
            ("(name, pin) VALUES (?, :pin)", &[]),
            ("(name, pin) VALUES ($1,$2) DETAIL: parameters: $1 = 'Ann', $2 = '47'", &[("name", "Ann"), ("pin", "47")]),
            ("the (old, new) values (and, so", &[("old", "and")]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "((name|pin|VALUES|\\()|\\PC|[,;|'\"\\\\ ()\t\n]){0,60}") {
            for (name, value) in found(&text) {
                proptest::prop_assert!(!name.is_empty() && !value.is_empty());
            }
        }
    }
}
