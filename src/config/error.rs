//! What is wrong with a config: file, line, column, field and the fix. Values of the config are never repeated here,
//! except those that a person must see to mend them (units, names of fields, of topics, of properties).

use std::fmt;

use serde_saphyr::{Error as YamlError, MessageFormatter, UserMessageFormatter};

use super::outline::{Outline, Position};

/// Everything that is wrong with one config; shown as one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    origin: String,
    problems: Vec<(Option<Position>, Problem)>,
}

/// One thing that is wrong, before it is known where in the text the field stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `commit.interval` or `fields[2].path`; empty: the whole config.
    pub path: String,
    /// What is wrong and how to mend it, without a full stop.
    pub message: String,
}

impl Problem {
    /// A problem with the field at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { path: path.into(), message: message.into() }
    }
}

impl ConfigError {
    /// A problem with the config as a whole, such as a file that cannot be read.
    pub fn whole(origin: &str, message: impl Into<String>) -> ConfigError {
        ConfigError { origin: origin.to_owned(), problems: vec![(None, Problem::new("", message))] }
    }

    /// Problems found in checked fields; `yaml` tells where they stand.
    pub fn located(origin: &str, yaml: &str, problems: Vec<Problem>) -> ConfigError {
        let outline = Outline::of(yaml);
        let mut problems: Vec<_> = problems.into_iter().map(|p| (outline.position(&p.path), p)).collect();
        problems.sort_by_key(place);
        ConfigError { origin: origin.to_owned(), problems }
    }

    /// Several errors of one config as one, each problem once, in the order of the file; none where there are none.
    pub fn joined(errors: impl IntoIterator<Item = ConfigError>) -> Option<ConfigError> {
        let mut joined = errors.into_iter().reduce(|mut all, more| {
            all.problems.extend(more.problems);
            all
        })?;
        joined.problems.sort_by_key(place);
        joined.problems.dedup();
        Some(joined)
    }

    /// What the YAML reader says.
    pub(super) fn from_yaml(origin: &str, yaml: &str, error: &YamlError) -> ConfigError {
        let error = error.without_snippet();
        let at =
            error.location().filter(|at| at.line() > 0).map(|at| Position { line: at.line(), column: at.column() });
        let outline = Outline::of(yaml);
        let path = at.map_or("", |at| blamed_path(error, &outline, at));
        let on_key = at.is_some_and(|at| outline.is_key(at));
        let problem = Problem::new(path, yaml_message(error, path, on_key));
        ConfigError { origin: origin.to_owned(), problems: vec![(at, problem)] }
    }

    /// The problems in the order of the file.
    pub fn problems(&self) -> impl Iterator<Item = (Option<Position>, &Problem)> {
        self.problems.iter().map(|(position, problem)| (*position, problem))
    }
}

/// Order of problems: that of the file, and then those that stand in no line.
fn place((position, _): &(Option<Position>, Problem)) -> (bool, Option<Position>) {
    (position.is_none(), *position)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (position, problem)) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.origin)?;
            if let Some(Position { line, column }) = position {
                write!(f, ":{line}:{column}")?;
            }
            if !problem.path.is_empty() {
                write!(f, ": {}", problem.path)?;
            }
            write!(f, ": {}", problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The field that an error of the reader is about.
fn blamed_path<'a>(error: &YamlError, outline: &'a Outline, at: Position) -> &'a str {
    let path = outline.path_at(at);
    match error {
        // The text is no YAML from here on: what stands before is not to blame.
        YamlError::ExternalMessage { .. } | YamlError::Eof { .. } | YamlError::MultipleDocuments { .. } => "",
        // The reader points at the first entry of the mapping that lacks one.
        YamlError::SerdeMissingField { .. } if outline.is_key(at) => parent(path),
        _ => path,
    }
}

/// The reader's error in our words. Its own words would repeat scalars of the file, and one of them may be a secret in
/// the wrong place.
fn yaml_message(error: &YamlError, path: &str, on_key: bool) -> String {
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            format!("unknown field{}", suggestion(field, expected, "the fields here are"))
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } if on_key => {
            format!("unknown field{}", suggestion(variant, expected, "it is one of"))
        }
        YamlError::SerdeUnknownVariant { expected, .. } if takes_one_entry(path) => one_entry(expected),
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown value{}", suggestion(variant, expected, "it is one of"))
        }
        YamlError::SerdeMissingField { field, .. } => format!("the field `{field}` is missing"),
        YamlError::SerdeInvalidType { expected, .. } | YamlError::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        YamlError::Unexpected { expected, .. } => format!("expected {}", plain_words(expected)),
        YamlError::InvalidScalar { ty, .. } => format!("expected {}", plain_words(ty)),
        YamlError::NullIntoString { .. } => "has no value; to leave it at its default, remove the line".to_owned(),
        YamlError::DuplicateMappingKey { .. } => "is given twice; keep one".to_owned(),
        YamlError::QuotingRequired { .. } => "is ambiguous; put the value in quotes".to_owned(),
        YamlError::NonFiniteFloat { .. } => "is no finite number".to_owned(),
        YamlError::MultipleDocuments { .. } => "a second document begins here; a config is one document".to_owned(),
        YamlError::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            "only one entry may stand here; keep one".to_owned()
        }
        YamlError::ExpectedStringKeyForExternallyTaggedEnum { .. } if path == "keys" => {
            one_entry(&["directory", "file"])
        }
        YamlError::ExpectedStringKeyForExternallyTaggedEnum { .. } => "expected a single word, or one entry".to_owned(),
        YamlError::AliasError { error, .. } => yaml_message(error, path, on_key),
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

/// Fields whose value is one entry that names a kind of place: `{file: PATH}`.
fn takes_one_entry(path: &str) -> bool {
    path == "keys" || path.starts_with("kafka.secrets.")
}

fn one_entry(names: &[&str]) -> String {
    format!("expected one entry: `{{{}: …}}`", names.join(": …}` or `{"))
}

/// The reader's name of a type, as a person says it.
fn plain_words(expected: &str) -> &str {
    match expected {
        "mapping start" => "fields with values (`name: value`)",
        "sequence start" => "a list, such as `[a, b]`",
        "string scalar" => "a single value",
        "floating point" => "a number",
        "u64" | "usize" | "u32" | "u16" | "u8" => "a whole number that is not negative",
        "i64" | "i32" | "i16" | "i8" => "a whole number",
        other => other,
    }
}

/// The path without its last segment.
pub(super) fn parent(path: &str) -> &str {
    &path[..path.rfind(['.', '[']).unwrap_or(0)]
}

/// `; did you mean …?` when a name is near, else the list of all.
fn suggestion(given: &str, expected: &[&str], all: &str) -> String {
    match nearest(given, expected.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if expected.is_empty() => String::new(),
        None => format!("; {all} `{}`", expected.join("`, `")),
    }
}

/// The name that `given` was most likely meant to be, if any is near: one slip of the fingers, or much alike.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.8;
    let given = given.to_ascii_lowercase();
    let likeness = |name: &str| {
        let name = name.to_ascii_lowercase();
        let one_slip = given.len() > 2 && strsim::osa_distance(&given, &name) <= 1;
        strsim::jaro_winkler(&given, &name) + f64::from(u8::from(one_slip))
    };
    names
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
