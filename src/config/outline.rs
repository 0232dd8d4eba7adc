//! Where each field of a YAML text stands: ties the paths of errors to lines and columns, both ways.

use std::borrow::Cow;

use serde_saphyr::granit_parser::{Event, Parser};

use super::error::parent;

/// A place in a text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

/// The fields of a YAML text in reading order.
#[derive(Debug, Default)]
pub struct Outline {
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    path: String,
    /// The key, or for elements of a list the element.
    start: Position,
    value: Position,
}

/// What the walk is inside of.
enum Frame {
    /// A mapping; `Some` between a key and its value.
    Map { path: String, key: Option<(String, Position)> },
    /// A sequence and the index of its next element.
    List { path: String, next: usize },
}

impl Outline {
    /// The outline of the first document of `yaml`; of broken YAML, the part before the fault.
    pub fn of(yaml: &str) -> Outline {
        let mut outline = Outline::default();
        let mut stack: Vec<Frame> = Vec::new();
        for event in Parser::new_from_str(yaml) {
            let Ok((event, span)) = event else { break };
            let at = Position { line: span.start.line() as u64, column: span.start.col() as u64 + 1 };
            match event {
                Event::MappingStart(..) => {
                    let path = outline.value(&mut stack, at);
                    stack.push(Frame::Map { path, key: None });
                }
                Event::SequenceStart(..) => {
                    let path = outline.value(&mut stack, at);
                    stack.push(Frame::List { path, next: 0 });
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    stack.pop();
                }
                Event::Scalar(text, ..) => outline.scalar(&mut stack, at, text),
                Event::Alias(..) => outline.scalar(&mut stack, at, Cow::Borrowed("*")),
                Event::DocumentEnd => break,
                _ => {}
            }
        }
        outline
    }

    /// Where `path` stands, or else the nearest of its parents that is written down.
    pub fn position(&self, path: &str) -> Option<Position> {
        let mut path = path;
        loop {
            if let Some(field) = self.fields.iter().find(|field| field.path == path) {
                return Some(field.start);
            }
            if path.is_empty() {
                return None;
            }
            path = parent(path);
        }
    }

    /// The path of the field whose key or value begins at `at`, or else of the last one that begins before it.
    pub fn path_at(&self, at: Position) -> &str {
        let exact = self.fields.iter().rfind(|field| field.start == at || field.value == at);
        let before = || self.fields.iter().rfind(|field| field.start <= at);
        exact.or_else(before).map_or("", |field| &field.path)
    }

    /// All paths in reading order.
    #[cfg(test)]
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.path.as_str())
    }

    /// Whether the key of an entry begins at `at`.
    pub fn is_key(&self, at: Position) -> bool {
        self.fields.iter().any(|field| field.start == at && field.value != at)
    }

    /// A scalar is a key where a mapping waits for one, and a value elsewhere.
    fn scalar(&mut self, stack: &mut [Frame], at: Position, text: Cow<'_, str>) {
        match stack.last_mut() {
            Some(Frame::Map { key: key @ None, .. }) => *key = Some((text.into_owned(), at)),
            _ => drop(self.value(stack, at)),
        }
    }

    /// Notes a value that begins at `at` and returns its path.
    fn value(&mut self, stack: &mut [Frame], at: Position) -> String {
        let (path, start) = match stack.last_mut() {
            None => return String::new(),
            // A mapping as key has no path of its own: serde refuses it.
            Some(Frame::Map { path, key }) => match key.take() {
                Some((key, start)) if path.is_empty() => (key, start),
                Some((key, start)) => (format!("{path}.{key}"), start),
                None => {
                    *key = Some((String::new(), at));
                    return path.clone();
                }
            },
            Some(Frame::List { path, next }) => {
                *next += 1;
                (format!("{path}[{}]", *next - 1), at)
            }
        };
        self.fields.push(Field { path: path.clone(), start, value: at });
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "kafka:\n  brokers: [a, b]\n  properties:\n    security.protocol: SSL\n\
                        fields:\n  - path: x\n    action: token\n";

    fn at(line: u64, column: u64) -> Position {
        Position { line, column }
    }

    #[test]
    fn a_path_is_found_where_its_key_stands() {
        let outline = Outline::of(YAML);
        assert_eq!(outline.position("kafka"), Some(at(1, 1)));
        assert_eq!(outline.position("kafka.brokers"), Some(at(2, 3)));
        assert_eq!(outline.position("kafka.brokers[1]"), Some(at(2, 16)));
        assert_eq!(outline.position("kafka.properties.security.protocol"), Some(at(4, 5)));
        assert_eq!(outline.position("fields[0].action"), Some(at(7, 5)));
    }

    #[test]
    fn a_path_that_is_not_written_stands_where_its_parent_does() {
        let outline = Outline::of(YAML);
        assert_eq!(outline.position("kafka.group"), Some(at(1, 1)));
        assert_eq!(outline.position("fields[0].name"), Some(at(6, 5)));
        assert_eq!(outline.position("commit.interval"), None);
    }

    #[test]
    fn a_position_leads_back_to_its_path() {
        let outline = Outline::of(YAML);
        assert_eq!(outline.path_at(at(2, 16)), "kafka.brokers[1]");
        assert_eq!(outline.path_at(at(4, 24)), "kafka.properties.security.protocol");
        assert_eq!(outline.path_at(at(7, 13)), "fields[0].action");
        assert_eq!(outline.path_at(at(2, 4)), "kafka.brokers");
    }

    #[test]
    fn broken_yaml_has_the_outline_of_what_stands_before_the_fault() {
        let outline = Outline::of("a: 1\nb: [1, }\n");
        assert_eq!(outline.position("a"), Some(at(1, 1)));
    }
}
