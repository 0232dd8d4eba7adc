//! Tables in a text. What a cell is its column's name says, or in a table of two columns the name beside it:
//! `Name | Ann Larsen`, and below it `Password | Xk29Qm4L`.

use std::ops::Range;

use super::reading::Reading;
use super::{At, Core, Frame};
use crate::decode::pairs::Pair;
use crate::decode::tables::{self, HEADS_MAX, Row, Table, plain_name};
use crate::detect::{Claim, FieldPlan, is_full_name, is_name, is_prose};

/// Most rows that are asked whether they begin with names.
const ROWS_MAX: usize = 64;

/// Names of columns that tell of fields, and not their values: `Field | Type`.
const DESCRIPTIONS: [&str; 13] = [
    "type",
    "data type",
    "datatype",
    "description",
    "required",
    "meaning",
    "format",
    "default",
    "beskrivelse",
    "påkrævet",
    "tipe",
    "keterangan",
    "wajib",
];

/// Words of forms that are labels and no names of people, whatever is beside them; common words are, too.
const LABELS: &str = "
    age city country state zip amount total product item quantity reference comment note message plan level balance currency
    gender title issue problem device browser website category priority platform region language model brand
    land alder by postnr postnummer status beløb vare antal sag sagsnr besked emne køn firma titel abonnement ordrenr kundenr
    bemærkning kommentar enhed beskrivelse produkt saldo valuta
    negara umur usia kota provinsi jumlah pesanan keluhan pesan jenis kelamin produk metode keterangan catatan pekerjaan
";

impl Core {
    /// Claims the cells of the tables in one reading of a value.
    pub(super) fn tables(&mut self, at: At<'_>, reading: Reading<'_>, frame: &mut Frame) {
        let text = reading.text;
        tables::find(text, |table| {
            if table.width() == 2 && table.copied().is_none() && self.begin_with_names(table, text) {
                let loose = table.reads_as_sentences(text);
                for row in table.rows(text) {
                    let Some((name, value)) = label(text, &row).zip(second(&row)) else { continue };
                    let cell = Pair { name, value };
                    // What programs print in columns are names of things.
                    let thing = table.is_form()
                        && is_bare_name(&text[cell.name.clone()])
                        && !is_name(&text[cell.value.clone()]);
                    if !thing && self.looks_meant(text, &cell) && !(loose && is_prose(&text[cell.value.clone()])) {
                        self.pair(at, reading, &cell, frame);
                    }
                }
                return;
            }
            let Some((head, rows)) = self.head(table, text).filter(|_| !table.is_form()) else { return };
            let below = || table.rows(text).skip(rows);
            let prose = |row: Row| row.cells().any(|cell| is_prose(&text[cell]));
            // Where sentences are parted as cells are, a cell must look like what its name says.
            let loose = table.reads_as_sentences(text) && below().any(prose);
            for row in below() {
                for (name, value) in head.cells().zip(row.cells()).filter(|(_, value)| !value.is_empty()) {
                    let cell = Pair { name, value };
                    let value = &text[cell.value.clone()];
                    if !loose
                        || self.looks_meant(text, &cell) && !is_prose(value)
                        || self.is_secret(&text[cell.name.clone()]) && value.bytes().any(|b| b.is_ascii_digit())
                    {
                        self.pair(at, reading, &cell, frame);
                    }
                }
            }
        });
    }

    /// Whether a cell looks like what its name says. What a rule of the config does with a field is not asked: its rule is about
    /// fields, and this may be none.
    fn looks_meant(&mut self, text: &str, cell: &Pair) -> bool {
        let plan = self.detector.plan_of_name(text[cell.name.clone()].as_bytes());
        let (guess, value) = (FieldPlan { action: None, guess: true, ..plan }, &text[cell.value.clone()]);
        !value.is_empty() && plan.entity.is_some_and(|entity| self.is_meant(entity, guess, value))
    }

    /// The names of a table's columns, at least one of them known, and how many of its rows they and those above are.
    fn head(&mut self, table: &Table, text: &str) -> Option<(Row, usize)> {
        if let Some(copied) = table.copied() {
            return Some((*copied, 0));
        }
        table.rows(text).take(HEADS_MAX).enumerate().find_map(|(i, row)| {
            let names = row.names(text)?;
            let known = names.cells().any(|name| self.detector.plan_of_name(text[name].as_bytes()).entity.is_some());
            known.then_some((names, i + 1))
        })
    }

    /// Whether the rows of a table of two columns begin with names of fields. Two names in its first row are those of its
    /// columns.
    fn begin_with_names(&mut self, table: &Table, text: &str) -> bool {
        let mut rows = table.rows(text).take(ROWS_MAX);
        let Some(first) = rows.next() else { return false };
        let begins = label(text, &first).is_some_and(|name| self.names_field(&text[name]));
        let beside = second(&first).map_or("", |cell| &text[cell]);
        let valued = self.detector.is_own_token(beside)
            || is_full_name(beside)
            || beside.contains(|c: char| c == '@' || c.is_ascii_digit());
        let describes = DESCRIPTIONS.iter().any(|word| word.eq_ignore_ascii_case(beside));
        // `Issue | Owner`: what is beside a name that says nothing is the name of a column, however little it says.
        let named =
            self.detector.plan_of_name(beside.as_bytes()).entity.is_some() && !self.detector.is_own_token(beside);
        if describes || named && (!begins || self.names_field(beside)) {
            return false;
        }
        let (mut below, mut names, mut words) = (0, 0, 0);
        // Names of columns stand in a first row, or side by side.
        let mut stands_alone = false;
        for row in rows {
            let name = label(text, &row).map_or("", |name| &text[name]);
            let known = self.names_field(name);
            if known && names == 0 && !begins {
                stands_alone = !self.names_field(second(&row).map_or("", |cell| &text[cell]));
            }
            below += 1;
            names += usize::from(known);
            words += usize::from(known || is_label(name));
        }
        // Of a first row alone, whose name may be a column's, all below must be words that are nobody's name; most of them, if a
        // value is beside it, and no other name.
        let most = names > 0 && 2 * words >= below;
        stands_alone || most || begins && below > 0 && (words == below || valued && 2 * words > below)
    }

    /// Whether what this names may never pass: a PIN with a word behind it is one, too.
    fn is_secret(&mut self, name: &str) -> bool {
        let plan = self.detector.plan_of_name(name.as_bytes());
        plan.entity.is_some_and(|entity| self.plan.never_passes(entity))
    }

    /// Whether this is the name of a field that says what it holds.
    fn names_field(&mut self, name: &str) -> bool {
        if self.detector.is_own_token(name) {
            return false;
        }
        let plan = self.detector.plan_of_name(name.as_bytes());
        plan.entity.is_some() && plan.claim != Claim::Maybe
    }
}

/// Whether a label is the word for a name alone.
fn is_bare_name(label: &str) -> bool {
    ["name", "nama", "navn"].iter().any(|word| word.eq_ignore_ascii_case(label))
}

/// The name in the first cell of a row; what was scrubbed is none.
fn label(text: &str, row: &Row) -> Option<Range<usize>> {
    let cell = row.cells().next().filter(|cell| !text[cell.clone()].starts_with('['))?;
    plain_name(text.as_bytes(), cell)
}

/// Whether all words are such as forms ask for.
fn is_label(name: &str) -> bool {
    let known =
        |word: &str| is_prose(word) || LABELS.split_ascii_whitespace().any(|known| word.eq_ignore_ascii_case(known));
    !name.is_empty() && name.split([' ', '-', '_', '.']).filter(|word| !word.is_empty()).all(known)
}

fn second(row: &Row) -> Option<Range<usize>> {
    row.cells().nth(1)
}
