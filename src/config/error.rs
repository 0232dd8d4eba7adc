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
        problems.sort_by_key(|&(position, _)| position.map_or((1, None), |at| (0, Some(at))));
        ConfigError { origin: origin.to_owned(), problems }
    }

    /// What the YAML reader says.
    pub(super) fn from_yaml(origin: &str, yaml: &str, error: &YamlError) -> ConfigError {
        let error = error.without_snippet();
        let at = error.location().filter(|at| at.line() > 0).map(|at| Position { line: at.line(), column: at.column() });
        let outline = Outline::of(yaml);
        let mut path = at.map_or("", |at| outline.path_at(at)).to_owned();
        let syntax = matches!(error, YamlError::ExternalMessage { .. } | YamlError::Eof { .. });
        if syntax {
            // The outline ends at the fault: what stands before it is not to blame.
            path.clear();
        }
        let problem = Problem { path, message: yaml_message(error) };
        ConfigError { origin: origin.to_owned(), problems: vec![(at, problem)] }
    }

    /// The problems in the order of the file.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().map(|(_, problem)| problem)
    }
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

/// The reader's error in our words. Its own words would repeat scalars of the file, and one of them may be a secret in
/// the wrong place.
fn yaml_message(error: &YamlError) -> String {
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            format!("unknown field{}", suggestion(field, expected, "the fields here are"))
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown value{}", suggestion(variant, expected, "it is one of"))
        }
        YamlError::SerdeMissingField { field, .. } => format!("the field `{field}` is missing"),
        YamlError::SerdeInvalidType { expected, .. } | YamlError::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        YamlError::InvalidScalar { ty, .. } => format!("expected a value of type {ty}"),
        YamlError::NullIntoString { .. } => "has no value; to leave it at its default, remove the line".to_owned(),
        YamlError::DuplicateMappingKey { .. } => "is given twice; keep one".to_owned(),
        YamlError::QuotingRequired { .. } => "is ambiguous; put the value in quotes".to_owned(),
        YamlError::NonFiniteFloat { .. } => "is no finite number".to_owned(),
        YamlError::ExpectedMappingEndAfterEnumVariantValue { .. } => "takes one entry only; keep one".to_owned(),
        YamlError::AliasError { error, .. } => yaml_message(error),
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

/// `; did you mean …?` when a name is near, else the list of all.
fn suggestion(given: &str, expected: &[&str], all: &str) -> String {
    match nearest(given, expected.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if expected.is_empty() => String::new(),
        None => format!("; {all} `{}`", expected.join("`, `")),
    }
}

/// The name that `given` was most likely meant to be, if any is near.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.8;
    let given = given.to_ascii_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &name.to_ascii_lowercase()), name))
        .filter(|&(similarity, _)| similarity >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
