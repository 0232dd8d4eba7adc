//! Rows whose columns nobody names: `Failing row contains (8812, Ann Skov, 1971-10-05, null)`, as PostgreSQL tells of a
//! constraint. Only what a value looks like says what it is.

use super::words::{Case, name_at};
use super::{Anchor, Anchored, found};
use crate::record::Class;

/// Names in them.
pub(super) const NAME: Anchored = Anchored {
    name: "name_in_row",
    doc: "values of a row without columns that look like a person's full name",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| {
        let is_name =
            |text: &str| name_at(text, 0, Case::Capital).is_some_and(|(end, words)| end == text.len() && words > 1);
        each(anchor, |start, value| is_name(value).then(|| out.push(found(start, start + value.len()))));
    },
};

/// Dates in them that may be those of births.
pub(super) const DATE: Anchored = Anchored {
    name: "date_in_row",
    doc: "values of a row without columns that are a date of the years a living person may be born in",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| {
        each(anchor, |start, value| is_birth(value).then(|| out.push(found(start, start + value.len()))));
    },
};

const NEEDS: &[Class] = &[Class::LETTER, Class::SPACE];

/// Longest row that is read, and most values of one.
const ROW_BYTES_MAX: usize = 1024;
const VALUES_MAX: usize = 64;

/// Years that a date of birth has, and that of a record hardly.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2012;

/// Calls `each` with the values of the row behind the anchor and where they begin.
fn each(anchor: &Anchor<'_>, mut each: impl FnMut(usize, &str) -> Option<()>) {
    let Some(row) = anchor.rest().strip_prefix(" (") else { return };
    let mut at = anchor.behind + 2;
    let row = &row[..row.floor_char_boundary(ROW_BYTES_MAX)];
    let row = &row[..row.find(['\n', ')', '(']).unwrap_or(row.len())];
    for part in row.split(',').take(VALUES_MAX) {
        let value = part.trim();
        each(at + (part.len() - part.trim_start().len()), value);
        at += part.len() + 1;
    }
}

fn is_birth(value: &str) -> bool {
    let date: Result<jiff::civil::Date, _> = value.parse();
    value.len() == "1971-10-05".len() && date.is_ok_and(|date| YEARS.contains(&(date.year().unsigned_abs())))
}
