//! Names with values by position: `INSERT INTO players (full_name, pin) VALUES ('Siti', '4711')`, and tables of text whose
//! first line names their columns: CSV, Markdown, and what `COPY players (full_name, pin) FROM stdin;` begins in a dump.

use std::ops::Range;

use super::pairs::Pair;

/// Longest list of names that is read, in bytes.
const LIST_BYTES_MAX: usize = 2048;
/// Longest value of a statement, and how far behind a `$2` the server's log tells its value, in bytes.
const VALUE_BYTES_MAX: usize = 16 << 10;
const PARAMETERS_BYTES_MAX: usize = 4 << 10;
/// Longest expression without quotes: `coalesce(name, '')`.
const EXPRESSION_BYTES_MAX: usize = 1 << 10;
/// Most blanks that are passed.
const BLANKS_MAX: usize = 64;
/// Most columns.
const COLUMNS_MAX: usize = 64;
/// Longest name in bytes, and most spaces in one.
const NAME_BYTES_MAX: usize = 48;
const NAME_SPACES_MAX: usize = 3;
/// Signs that part the cells of a line; the first of them that stands in its first line parts those of a table.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Shortest text that is worth a look: `id,pin\n1,4711`.
pub const BYTES_MIN: usize = 12;

/// Whether a text holds a statement or a table.
pub fn are_in(text: &str) -> bool {
    let mut any = false;
    if text.len() >= BYTES_MIN {
        find(text, |_| any = true);
    }
    any
}

/// Calls `each` for every value of a statement or a table, with the name of its column.
pub fn find(text: &str, mut each: impl FnMut(&Pair)) {
    let bytes = text.as_bytes();
    // Where the rows of the statement before end: statements in their values are theirs.
    let mut floor = 0;
    for row in memchr::memchr_iter(b'(', bytes) {
        if let Some(at) = values_before(bytes, row)
            && at >= floor
            && let Some(columns) = Columns::before(bytes, at)
        {
            floor = rows(bytes, row, &columns, &mut each);
        }
    }
    if memchr::memchr(b'\n', bytes).is_some() {
        tables(bytes, &mut each);
    }
}

/// The names of columns, each by its range in the text.
struct Columns {
    names: [(u32, u32); COLUMNS_MAX],
    len: usize,
}

impl Columns {
    /// The names in the brackets that end before `at`.
    fn before(bytes: &[u8], at: usize) -> Option<Columns> {
        let from = at.saturating_sub(LIST_BYTES_MAX);
        let list = bytes[from..at].trim_ascii_end().strip_suffix(b")")?;
        let open = memchr::memrchr(b'(', list)? + 1;
        Columns::parse(bytes, from + open..from + list.len(), b',')
    }

    /// The names of a list. `None`: it has one cell only, or one that is no plain name.
    fn parse(bytes: &[u8], list: Range<usize>, delimiter: u8) -> Option<Columns> {
        let mut columns = Columns { names: [(0, 0); COLUMNS_MAX], len: 0 };
        let mut start = list.start;
        for cell in bytes[list].split(|&b| b == delimiter) {
            let name = plain_name(bytes, start..start + cell.len())?;
            *columns.names.get_mut(columns.len)? = (name.start as u32, name.end as u32);
            columns.len += 1;
            start += cell.len() + 1;
        }
        (columns.len > 1).then_some(columns)
    }

    fn name(&self, at: usize) -> Range<usize> {
        let (start, end) = self.names[at];
        start as usize..end as usize
    }
}

/// The name in a cell without blanks and quotes around it: letters, digits, `_`, `-`, `.` and few spaces.
fn plain_name(bytes: &[u8], cell: Range<usize>) -> Option<Range<usize>> {
    let around = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'[' | b']' | b'\\');
    let text = &bytes[cell.clone()];
    let start = cell.start + text.iter().take_while(|b| around(b)).count();
    let end = cell.end - text.iter().rev().take_while(|b| around(b)).count();
    let name = bytes.get(start..end).filter(|name| (1..=NAME_BYTES_MAX).contains(&name.len()))?;
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | 0x80..);
    let spaces = name.iter().filter(|b| **b == b' ').count();
    let plain = name.iter().all(sign) && name.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    (plain && spaces <= NAME_SPACES_MAX).then_some(start..end)
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
fn rows(bytes: &[u8], mut at: usize, columns: &Columns, each: &mut impl FnMut(&Pair)) -> usize {
    while bytes.get(at) == Some(&b'(') {
        at += 1;
        for column in 0..columns.len {
            let Some((value, end)) = sql_value(bytes, pass_blanks(bytes, at)) else { return at };
            if let Some(value) = meant(bytes, value, end) {
                each(&Pair { name: columns.name(column), value });
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

/// Lines that name columns, and the lines below that have as many cells.
fn tables(bytes: &[u8], each: &mut impl FnMut(&Pair)) {
    let mut table: Option<(Columns, u8)> = None;
    let mut start = 0;
    while start < bytes.len() {
        let len = memchr::memchr(b'\n', &bytes[start..]).unwrap_or(bytes.len() - start);
        let line = start..start + bytes[start..start + len].trim_ascii_end().len();
        start += len + 1;
        if table.as_ref().is_some_and(|(columns, delimiter)| cells(bytes, &line, *delimiter, columns, each)) {
            continue;
        }
        table = if line.len() <= LIST_BYTES_MAX && start < bytes.len() { head(bytes, line) } else { None };
    }
}

/// The columns that a line names, and what parts the cells below it.
fn head(bytes: &[u8], line: Range<usize>) -> Option<(Columns, u8)> {
    if let Some(columns) = copied(bytes, &line) {
        return Some((columns, b'\t'));
    }
    let text = &bytes[line.clone()];
    let delimiter = DELIMITERS.into_iter().find(|&sign| memchr::memchr(sign, text).is_some())?;
    Some((Columns::parse(bytes, framed(bytes, line, delimiter), delimiter)?, delimiter))
}

/// The columns of `COPY players (full_name, pin) FROM stdin;`.
fn copied(bytes: &[u8], line: &Range<usize>) -> Option<Columns> {
    let text = &bytes[line.clone()];
    let begins = text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"copy "));
    let (open, close) = (memchr::memchr(b'(', text).filter(|_| begins)?, memchr::memchr(b')', text)?);
    let from = text[close..].get(1..12).is_some_and(|words| words.eq_ignore_ascii_case(b" from stdin"));
    Columns::parse(bytes, (from && open < close).then_some(line.start + open + 1..line.start + close)?, b',')
}

/// A line without the `|` before its first cell and behind its last: `| name | pin |`.
fn framed(bytes: &[u8], line: Range<usize>, delimiter: u8) -> Range<usize> {
    let text = &bytes[line.clone()];
    let frame = delimiter == b'|' && text.len() > 2 && text.starts_with(b"|") && text.ends_with(b"|");
    if frame { line.start + 1..line.end - 1 } else { line }
}

/// Calls `each` for the cells of a line below the names of columns. False: it has not as many cells.
fn cells(bytes: &[u8], line: &Range<usize>, delimiter: u8, columns: &Columns, each: &mut impl FnMut(&Pair)) -> bool {
    let line = framed(bytes, line.clone(), delimiter);
    let (mut ends, mut len) = ([0; COLUMNS_MAX], 0);
    let mut at = line.start;
    loop {
        let rest = &bytes[at..line.end];
        let closed = closing_quote(rest);
        let end = memchr::memchr(delimiter, &rest[closed..]).map(|end| at + closed + end);
        let Some(cell) = ends.get_mut(len) else { return false };
        *cell = end.unwrap_or(line.end);
        len += 1;
        let Some(end) = end else { break };
        at = end + 1;
    }
    let mut start = line.start;
    for (column, &end) in ends[..len].iter().enumerate().filter(|_| len == columns.len) {
        let cell = &bytes[start..end];
        let blanks = |b: &&u8| matches!(**b, b' ' | b'\t');
        let (from, to) = (cell.iter().take_while(blanks).count(), cell.iter().rev().take_while(blanks).count());
        let mut value = start + from..(end - to).max(start + from);
        if value.len() > 1 && bytes[value.start] == b'"' && bytes[value.end - 1] == b'"' {
            value = value.start + 1..value.end - 1;
        }
        if !value.is_empty() {
            each(&Pair { name: columns.name(column), value });
        }
        start = end + 1;
    }
    len == columns.len
}

/// Of a cell that begins with a quote, the bytes up to the one that ends it; two of them are one that is meant.
fn closing_quote(cell: &[u8]) -> usize {
    let blanks = cell.iter().take_while(|b| **b == b' ').count();
    if cell.get(blanks) != Some(&b'"') {
        return 0;
    }
    let mut at = blanks + 1;
    while let Some(quote) = cell.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        at += quote + 1;
        if cell.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    0
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

    #[test]
    fn the_first_line_of_a_table_names_what_is_below() {
        for (text, wanted) in [
            (
                "id;name;pin\n1;Ann;47\r\n2;;11\n",
                &[("id", "1"), ("name", "Ann"), ("pin", "47"), ("id", "2"), ("pin", "11")][..],
            ),
            (
                "Here it is:\nid,full name\n1,\"Skov, \"\"Ann\"\"\"\n",
                &[("id", "1"), ("full name", "Skov, \"\"Ann\"\"")],
            ),
            ("id\tname\n1\tAnn", &[("id", "1"), ("name", "Ann")]),
            ("name | pin\nAnn | 47", &[("name", "Ann"), ("pin", "47")]),
            (
                "| name | pin |\n|---|---|\n| Ann | 47 |\n",
                &[("name", "---"), ("pin", "---"), ("name", "Ann"), ("pin", "47")],
            ),
            ("COPY public.p (id, name) FROM stdin;\n7\tAnn\n\\.\n", &[("id", "7"), ("name", "Ann")]),
            ("COPY p (id, name) TO stdout;\n7\tAnn", &[]),
            ("name,pin\nAnn\n1,2\n", &[]),
            ("name,pin", &[]),
            ("name\nAnn", &[]),
            ("Hi Ann, how are you today my friend\nfine, thanks", &[]),
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
