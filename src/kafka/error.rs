//! What can go wrong with Kafka, in the terms that decide what the caller does.

use std::fmt;

/// An error of a Kafka call: what was done, librdkafka's name of the error, and what it means for the caller.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    name: String,
    text: String,
}

/// What an error means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A client cannot be made of this configuration.
    Config,
    /// No broker answers.
    Unreachable,
    /// The broker does not accept who we are.
    Authentication,
    /// The broker does not allow it.
    Authorization,
    /// A topic or partition does not exist.
    UnknownTopic,
    /// A message is larger than the broker takes.
    TooLarge,
    /// The transaction must be aborted; then work goes on.
    Abortable,
    /// Another process took over: this one must not go on.
    Fenced,
    /// The client is unusable.
    Fatal,
    /// May go away: start over from the last commit.
    Retriable,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, name: &str, text: impl Into<String>) -> Error {
        Error { kind, name: name.to_owned(), text: text.into() }
    }

    /// A refused client configuration. Only the property's name is kept: its value may be a secret.
    pub(super) fn config(error: &rdkafka::error::KafkaError) -> Error {
        let text = match error {
            rdkafka::error::KafkaError::ClientConfig(_, reason, key, _) => {
                format!("librdkafka does not take the property `{key}` in kafka.properties: {reason}")
            }
            other => other.to_string(),
        };
        Error::new(ErrorKind::Config, "CONFIG", text)
    }

    /// A fault of our own.
    pub fn internal(text: &str) -> Error {
        Error::new(ErrorKind::Fatal, "INTERNAL", text)
    }

    /// Account state that cannot be taken over: no retry heals it.
    pub fn state(text: &str) -> Error {
        Error::new(ErrorKind::Config, "STATE", text)
    }

    /// The assignment is somebody else's: nothing of it may be committed.
    pub fn lost() -> Error {
        Error::new(ErrorKind::Retriable, "ASSIGNMENT_LOST", "the assignment was lost")
    }

    /// A record of today came before today's salt.
    pub fn early() -> Error {
        Error::new(ErrorKind::Retriable, "NO_SALT", "a record of today came before today's salt")
    }

    /// One that a simulation makes.
    #[cfg(test)]
    pub fn simulated(kind: ErrorKind, text: &str) -> Error {
        Error::new(kind, "SIMULATED", text)
    }

    /// What it means.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done: the text up to the first colon.
    pub fn place(&self) -> &str {
        self.text.split(": ").next().unwrap_or_default()
    }

    /// librdkafka's name, such as `_TRANSPORT`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same error with what was being done in front.
    #[must_use]
    pub fn during(mut self, what: &str) -> Error {
        self.text = format!("{what}: {}", self.text);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.name)
    }
}

impl std::error::Error for Error {}
