//! Rows of values whose names stand in a list beside them: `{"columns": ["id", "pin"], "rows": [[7, "4711"]]}`,
//! `{"args": ["4711"], "param_names": ["pin"]}`, `[["id", "pin"], [7, "4711"]]`,
//! `{"schema": {"fields": [{"name": "pin"}]}, "data": [["4711"]]}`.

use super::Core;
use crate::detect::{FieldPlan, Role};
use crate::record::{Kind, PathId, Paths, Scalar};

/// Most columns.
const COLUMNS_MAX: usize = 64;

/// Lists that hold one row themselves, where the names of a call stand beside them.
const ROWS: [&[u8]; 11] = [
    b"args",
    b"arguments",
    b"argumen",
    b"params",
    b"parameters",
    b"values",
    b"data",
    b"row",
    b"record",
    b"nilai",
    b"binds",
];

/// The columns of the document at hand, and where in a row it is.
#[derive(Default)]
pub(super) struct Columns {
    /// The object that holds names and rows. `None`: there are no names.
    object: Option<PathId>,
    /// The object around it, which may hold the rows: `{"schema": {"fields": […]}, "data": […]}`.
    around: Option<PathId>,
    /// What each name says of the values below it.
    plans: Vec<FieldPlan>,
    /// Where the names end: they are no row.
    names_end: u32,
    /// The list that is the row at hand, where it ends, and how many of its values were seen.
    row: Option<(PathId, u32, usize)>,
}

impl Columns {
    /// Whether no list names columns.
    pub(super) fn are_unnamed(&self) -> bool {
        self.object.is_none()
    }

    /// The plan of the scalar at `i`: its own, or that of its column.
    #[inline]
    pub(super) fn of(&mut self, paths: &Paths, tape: &[Scalar], i: usize, own: FieldPlan) -> FieldPlan {
        if self.object.is_none() || tape[i].kind == Kind::Key {
            return own;
        }
        self.look(paths, tape, i, own)
    }

    #[cold]
    fn look(&mut self, paths: &Paths, tape: &[Scalar], i: usize, own: FieldPlan) -> FieldPlan {
        let scalar = &tape[i];
        let around = paths.parent(scalar.path);
        let mut plan = own;
        if let Some((row, end, seen)) = &mut self.row
            && around == *row
            && scalar.span.start < *end
        {
            let column = self.plans.get(*seen).filter(|plan| plan.entity.is_some());
            let unknown = own.entity.is_none() && own.action.is_none() && own.scan;
            if let Some(column) = column.filter(|_| unknown && !matches!(scalar.kind, Kind::Array | Kind::Object)) {
                plan = FieldPlan { part: false, role: Role::None, ..*column };
            }
            *seen += 1;
        }
        if scalar.kind == Kind::Array {
            let name = paths.name(scalar.path);
            let holds = |object: PathId| [self.object, self.around].contains(&Some(object));
            let one = holds(around) && ROWS.iter().any(|row| row.eq_ignore_ascii_case(name));
            let of_many = name == Paths::ELEMENT && holds(paths.parent(around));
            let values = || {
                let inside = tape[i + 1..].iter().take_while(|s| s.span.start < scalar.span.end);
                inside.filter(|s| s.kind != Kind::Key && paths.parent(s.path) == scalar.path).count()
            };
            if (one || of_many) && scalar.span.end != self.names_end && values() == self.plans.len() {
                self.row = Some((scalar.path, scalar.span.end, 0));
            }
        }
        plan
    }
}

/// How columns are named, the surest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// By a list that is called so: `columns`.
    Named,
    /// By a list of objects that describe them.
    Described,
    /// By a list called `schema`.
    Schema,
    /// By the first row.
    FirstRow,
}

impl Core {
    /// Looks for a list of names in a document.
    pub(super) fn columns(&mut self, tape: &[Scalar], text: &str) -> Columns {
        let hows = [How::Named, How::Described, How::Schema, How::FirstRow];
        hows.into_iter().find_map(|how| self.columns_by(tape, text, how)).unwrap_or_default()
    }

    /// The first list that names columns in this way.
    fn columns_by(&mut self, tape: &[Scalar], text: &str, how: How) -> Option<Columns> {
        let (described, header) = (how == How::Described, how == How::FirstRow);
        for (i, list) in tape.iter().enumerate().filter(|(_, scalar)| scalar.kind == Kind::Array) {
            let named = self.detector.plan(&self.paths, list.path).role == Role::Names;
            let schema = self.paths.name(list.path) == b"schema";
            let objects = tape.get(i + 1).map(|first| first.kind) == Some(Kind::Object);
            let is = match how {
                How::Named => named && !schema && !objects,
                How::Schema => named && schema && !objects,
                How::Described => named && objects,
                How::FirstRow => self.is_header(tape, i, text),
            };
            if !is {
                continue;
            }
            let inside = tape[i + 1..].iter().take_while(|s| s.span.start < list.span.end);
            let names: Vec<&Scalar> = match described {
                true => inside.filter(|s| s.kind == Kind::String && self.is_name_in(s.path, list)).collect(),
                false => inside.take(COLUMNS_MAX + 1).collect(),
            };
            let plans: Option<Vec<FieldPlan>> = names.into_iter().map(|name| self.column(name, text)).collect();
            let Some(plans) = plans.filter(|plans| plans.iter().any(|plan| plan.entity.is_some())) else { continue };
            let object = self.paths.parent(list.path);
            return Some(Columns {
                object: Some(if header { self.paths.parent(object) } else { object }),
                around: described.then(|| self.paths.parent(object)),
                plans,
                names_end: list.span.end,
                row: None,
            });
        }
        None
    }

    /// What a name says of its column; nothing, when it can be none.
    fn column(&mut self, name: &Scalar, text: &str) -> Option<FieldPlan> {
        let text = &text[name.span.range()];
        (name.kind == Kind::String && text.len() <= 64).then(|| self.detector.plan_of_name(text.as_bytes()))
    }

    /// Whether a member of the objects in `list` is their name.
    fn is_name_in(&self, path: PathId, list: &Scalar) -> bool {
        let element = self.paths.parent(path);
        self.paths.name(path) == b"name" && self.paths.parent(element) == list.path
    }

    /// Whether the array at `i` is the first of several in an array and names fields: none of the others begins with the name of one,
    /// and with two columns both are known. Else all of them are pairs of a name and its value.
    pub(super) fn is_header(&mut self, tape: &[Scalar], i: usize, text: &str) -> bool {
        let list = &tape[i];
        let Some(outer) = i.checked_sub(1).map(|outer| &tape[outer]) else { return false };
        if outer.kind != Kind::Array || self.paths.name(list.path) != Paths::ELEMENT {
            return false;
        }
        let mut knows = |at: usize| {
            let name = tape.get(at).filter(|s| s.span.start < outer.span.end);
            name.and_then(|name| self.column(name, text)).is_some_and(|plan| plan.entity.is_some())
        };
        let two = tape.get(i + 3).is_none_or(|next| next.span.start >= list.span.end);
        if two && !(knows(i + 1) && knows(i + 2)) {
            return false;
        }
        let rest = tape[i..].iter().take_while(|s| s.span.start < outer.span.end).enumerate();
        let rows: Vec<usize> = rest
            .filter(|(_, s)| s.kind == Kind::Array && s.path == list.path)
            .map(|(at, _)| i + at + 1)
            .skip(1)
            .take(COLUMNS_MAX)
            .collect();
        !rows.is_empty() && !rows.into_iter().any(knows)
    }
}
