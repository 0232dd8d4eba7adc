//! Tables in a text, which are consecutive lines of as many cells: CSV, Markdown, what a terminal prints, and what
//! `COPY players (full_name, pin) FROM stdin;` begins in a dump. What their cells are, only who knows names of fields can say.

use std::ops::Range;

/// Longest list of names that is read, in bytes.
pub(super) const LIST_BYTES_MAX: usize = 2048;
/// Most cells of a line.
const CELLS_MAX: usize = 64;
/// Longest name in bytes, and most spaces in one.
const NAME_BYTES_MAX: usize = 48;
const NAME_SPACES_MAX: usize = 3;
/// Signs that part the cells of a line; the first of them that stands in its first line parts those of a table.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Stands for two spaces or more, which part what a form calls a value from it: `Full name    Ann Skov`.
const GAP: u8 = b' ';

/// Shortest text that is worth a look: `id,pin\n1,4711`.
pub const BYTES_MIN: usize = 12;
/// Lines of a table among which that is looked for which names its columns.
pub const HEADS_MAX: usize = 3;

/// Lines of as many cells.
pub struct Table {
    delimiter: u8,
    width: usize,
    /// The names of its columns, when a statement above it says them.
    copied: Option<Row>,
    lines: Range<usize>,
}

/// The cells of a line, each by its range in the text, without blanks and quotes around it.
#[derive(Clone, Copy)]
pub struct Row {
    cells: [(u32, u32); CELLS_MAX],
    len: usize,
}

/// Whether a text holds a table.
pub fn are_in(text: &str) -> bool {
    let mut any = false;
    find(text, |_| any = true);
    any
}

/// Calls `each` for every table whose columns or rows may have names.
pub fn find(text: &str, mut each: impl FnMut(&Table)) {
    let bytes = text.as_bytes();
    if bytes.len() < BYTES_MIN || memchr::memchr(b'\n', bytes).is_none() {
        return;
    }
    let mut start = 0;
    while start < bytes.len() {
        let (line, next) = line_at(bytes, start);
        start = next;
        let Some(mut table) = Table::begins(bytes, line) else { continue };
        let mut lines = usize::from(table.copied.is_none());
        while start < bytes.len() {
            let (line, next) = line_at(bytes, start);
            let ruled = is_rule(&bytes[line.clone()]);
            if !ruled && Row::of(bytes, &line, table.delimiter).is_none_or(|row| row.len != table.width) {
                break;
            }
            lines += usize::from(!ruled);
            (table.lines.end, start) = (line.end, next);
        }
        if table.copied.is_some() || lines > 1 && table.may_be_named(text) {
            each(&table);
        }
    }
}

impl Table {
    /// The table that this line begins.
    fn begins(bytes: &[u8], line: Range<usize>) -> Option<Table> {
        if let Some(copied) = copied(bytes, &line) {
            let lines = line.end..line.end;
            return Some(Table { delimiter: b'\t', width: copied.len, copied: Some(copied), lines });
        }
        let text = &bytes[line.clone()];
        if let Some(row) = Row::of(bytes, &line, GAP) {
            return Some(Table { delimiter: GAP, width: row.len, copied: None, lines: line });
        }
        let delimiter = DELIMITERS.into_iter().find(|&sign| memchr::memchr(sign, text).is_some())?;
        let row = Row::of(bytes, &line, delimiter).filter(|row| row.len > 1 && !is_rule(text))?;
        Some(Table { delimiter, width: row.len, copied: None, lines: line })
    }

    /// Whether one of the first lines may name the columns, or the first cells of two lines what is beside them.
    fn may_be_named(&self, text: &str) -> bool {
        let label = |row: &Row| row.cells().next().is_some_and(|cell| plain_name(text.as_bytes(), cell).is_some());
        let head = |row: &Row| row.names(text).is_some();
        self.rows(text).take(HEADS_MAX).any(|row| head(&row))
            || self.width == 2 && self.rows(text).filter(label).nth(1).is_some()
    }

    /// Whether gaps part names from what they are of, line by line: in what programs print in columns, names of columns are
    /// those of things.
    pub fn is_form(&self) -> bool {
        self.delimiter == GAP
    }

    /// Number of cells of each line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The names of the columns, if a statement above says them.
    pub fn copied(&self) -> Option<&Row> {
        self.copied.as_ref()
    }

    /// The lines, without those that are lines only: `|---|---|`.
    pub fn rows<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Row> + 't {
        let bytes = text.as_bytes();
        let mut start = self.lines.start;
        std::iter::from_fn(move || {
            while start < self.lines.end {
                let (line, next) = line_at(bytes, start);
                start = next;
                if !is_rule(&bytes[line.clone()])
                    && let Some(row) = Row::of(bytes, &line, self.delimiter).filter(|row| row.len == self.width)
                {
                    return Some(row);
                }
            }
            None
        })
    }

    /// Whether its cells are parted as the parts of sentences are: `Phone, please`.
    pub fn reads_as_sentences(&self, text: &str) -> bool {
        let blank = |row: Row| row.cells().nth(1).is_some_and(|cell| text[..cell.start].ends_with(' '));
        matches!(self.delimiter, b',' | b';') && self.rows(text).next().is_some_and(blank)
    }
}

impl Row {
    const EMPTY: Row = Row { cells: [(0, 0); CELLS_MAX], len: 0 };

    /// The names of a list. `None`: it has one cell only, or one that is no plain name.
    pub(super) fn of_names(bytes: &[u8], list: Range<usize>, delimiter: u8) -> Option<Row> {
        let mut row = Row::EMPTY;
        let mut start = list.start;
        for cell in bytes[list].split(|&b| b == delimiter) {
            row.push(plain_name(bytes, start..start + cell.len())?)?;
            start += cell.len() + 1;
        }
        (row.len > 1).then_some(row)
    }

    /// The cells of a line of a table; of a form a name, and behind a gap what it is of. A sign there makes it a label.
    fn of(bytes: &[u8], line: &Range<usize>, delimiter: u8) -> Option<Row> {
        if delimiter != GAP {
            return Row::of_line(bytes, line, delimiter);
        }
        memchr::memmem::find(&bytes[line.clone()], b"  ")?;
        let row = Row::of_line(bytes, line, GAP).filter(|row| row.len == 2)?;
        let [name, value] = [0, 1].map(|i| row.cells[i].0 as usize..row.cells[i].1 as usize);
        let signed = matches!(bytes[value].first(), None | Some(b':' | b'='));
        plain_name(bytes, name).filter(|_| !signed).map(|_| row)
    }

    /// The cells of a line; a delimiter in quotes parts nothing.
    fn of_line(bytes: &[u8], line: &Range<usize>, delimiter: u8) -> Option<Row> {
        let line = framed(bytes, line.clone(), delimiter);
        let mut row = Row::EMPTY;
        let mut at = line.start;
        loop {
            let rest = &bytes[at..line.end];
            let closed = closing_quote(rest);
            let end = match delimiter {
                GAP => memchr::memmem::find(&rest[closed..], b"  "),
                sign => memchr::memchr(sign, &rest[closed..]),
            };
            let end = end.map(|end| at + closed + end);
            row.push(cell(bytes, at..end.unwrap_or(line.end)))?;
            match end {
                Some(end) if delimiter == GAP => at = end + blanks(&bytes[end..line.end]),
                Some(end) => at = end + 1,
                None => return Some(row),
            }
        }
    }

    fn push(&mut self, cell: Range<usize>) -> Option<()> {
        *self.cells.get_mut(self.len)? = (cell.start as u32, cell.end as u32);
        self.len += 1;
        Some(())
    }

    /// The cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.cells[..self.len].iter().map(|&(start, end)| start as usize..end as usize)
    }

    /// The cells as names of columns. `None`: one of them is no name, or all of them are too long.
    pub fn names(&self, text: &str) -> Option<Row> {
        let mut names = Row::EMPTY;
        for cell in self.cells() {
            names.push(plain_name(text.as_bytes(), cell)?)?;
        }
        let (first, last) = (names.cells[0].0, names.cells[names.len - 1].1);
        ((last - first) as usize <= LIST_BYTES_MAX).then_some(names)
    }
}

/// A cell without blanks and quotes around it.
fn cell(bytes: &[u8], cell: Range<usize>) -> Range<usize> {
    let text = &bytes[cell.clone()];
    let blanks = |b: &&u8| matches!(**b, b' ' | b'\t');
    let (from, to) = (text.iter().take_while(blanks).count(), text.iter().rev().take_while(blanks).count());
    let value = cell.start + from..(cell.end - to).max(cell.start + from);
    let quoted = value.len() > 1 && bytes[value.start] == b'"' && bytes[value.end - 1] == b'"';
    if quoted { value.start + 1..value.end - 1 } else { value }
}

/// The name in a cell without blanks and quotes around it: letters, digits, `_`, `-`, `.` and few spaces.
pub fn plain_name(bytes: &[u8], cell: Range<usize>) -> Option<Range<usize>> {
    let around = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'[' | b']' | b'\\' | b'*');
    let text = &bytes[cell.clone()];
    let start = cell.start + text.iter().take_while(|b| around(b)).count();
    let end = cell.end - text.iter().rev().take_while(|b| around(b)).count();
    let name = bytes.get(start..end).filter(|name| (1..=NAME_BYTES_MAX).contains(&name.len()))?;
    let sign = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' ' | 0x80..);
    let spaces = name.iter().filter(|b| **b == b' ').count();
    let plain = name.iter().all(sign) && name.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    (plain && spaces <= NAME_SPACES_MAX).then_some(start..end)
}

/// The line at `start` without the signs of its end, and where the next begins. A tab at its end parts an empty cell.
fn line_at(bytes: &[u8], start: usize) -> (Range<usize>, usize) {
    let len = memchr::memchr(b'\n', &bytes[start..]).unwrap_or(bytes.len() - start);
    let blanks = bytes[start..start + len].iter().rev().take_while(|b| matches!(b, b' ' | b'\r')).count();
    (start..start + len - blanks, start + len + 1)
}

/// `|---|:--:|`, `+----+----+`, `----+----`: a line that parts the head of a table from what is below.
fn is_rule(line: &[u8]) -> bool {
    line.len() > 2
        && line.iter().all(|b| matches!(b, b'-' | b'+' | b'|' | b':' | b'=' | b' '))
        && line.iter().any(|b| matches!(b, b'-' | b'='))
}

/// The columns of `COPY players (full_name, pin) FROM stdin;`.
fn copied(bytes: &[u8], line: &Range<usize>) -> Option<Row> {
    let text = &bytes[line.clone()];
    let begins = text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"copy "));
    let (open, close) = (memchr::memchr(b'(', text).filter(|_| begins)?, memchr::memchr(b')', text)?);
    let from = text[close..].get(1..12).is_some_and(|words| words.eq_ignore_ascii_case(b" from stdin"));
    Row::of_names(bytes, (from && open < close).then_some(line.start + open + 1..line.start + close)?, b',')
}

/// Spaces at the beginning.
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| **b == b' ').count()
}

/// A line without the `|` before its first cell and behind its last: `| name | pin |`; and one that gaps part, without the
/// spaces that it begins with.
fn framed(bytes: &[u8], line: Range<usize>, delimiter: u8) -> Range<usize> {
    let text = &bytes[line.clone()];
    if delimiter == GAP {
        return line.start + blanks(text)..line.end;
    }
    let frame = delimiter == b'|' && text.len() > 2 && text.starts_with(b"|") && text.ends_with(b"|");
    if frame { line.start + 1..line.end - 1 } else { line }
}

/// Of a cell that begins with a quote, the bytes up to the one that ends it; two of them are one that is meant.
fn closing_quote(cell: &[u8]) -> usize {
    let blanks = blanks(cell);
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

    /// The tables of a text: their rows, each as its cells with `;` between.
    fn found(text: &str) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        find(text, |table| {
            let names = table.copied().map(|row| written(text, row));
            out.push(names.into_iter().chain(table.rows(text).map(|row| written(text, &row))).collect());
        });
        out
    }

    fn written(text: &str, row: &Row) -> String {
        row.cells().map(|cell| &text[cell]).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn lines_of_as_many_cells_are_a_table() {
        for (text, rows) in [
            ("id;name;pin\n1;Ann;47\r\n2;;11\n", &["id;name;pin", "1;Ann;47", "2;;11"][..]),
            ("Here it is:\nid,full name\n1,\"Skov, \"\"Ann\"\"\"\n", &["id;full name", "1;Skov, \"\"Ann\"\""]),
            ("id\tname\n1\tAnn\n2\t", &["id;name", "1;Ann", "2;"]),
            ("name | pin\nAnn | 47", &["name;pin", "Ann;47"]),
            ("| name | pin |\n|---|---|\n| Ann | 47 |\n", &["name;pin", "Ann;47"]),
            ("+----+----+\n| name | pin |\n+----+----+\n| Ann | 47 |", &["name;pin", "Ann;47"]),
            (" name | pin\n------+-----\n Ann | 47\n(1 row)", &["name;pin", "Ann;47"]),
            ("COPY public.p (id, name) FROM stdin;\n7\tAnn\n\\.\n", &["id;name", "7;Ann"]),
            ("Email\tann@x.dk\nPin\t4711", &["Email;ann@x.dk", "Pin;4711"]),
            (
                "Form\n  NIK   : 3515\n  Full name   Ann Skov\n  Phone       28 34 56 71, at six\nThe  end is here",
                &["Full name;Ann Skov", "Phone;28 34 56 71, at six", "The;end is here"],
            ),
        ] {
            assert_eq!(found(text), [rows], "{text}");
        }
        for text in [
            "COPY p (id, name) TO stdout;\n7\tAnn",
            "name,pin\nAnn\n1,2\n",
            "name,pin",
            "name\nAnn long ago",
            "|---|---|\n|---|---|",
        ] {
            assert_eq!(found(text), [[""; 0]; 0], "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_walked(text in "((name|pin|COPY )|\\PC|[-|+,;\"\\\\ ()\t\n]){0,60}") {
            for table in found(&text) {
                proptest::prop_assert!(!table.is_empty());
            }
        }
    }
}
