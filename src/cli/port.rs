//! The admin port of a running instance, asked over HTTP.

use std::time::Duration;

use super::CliError;

/// A question is given up after this long: an admin port answers within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Largest answer that is read, in bytes. Labels and samples are bounded, so answers stay far below.
const ANSWER_MAX: u64 = 16 << 20;

/// The admin port of one instance.
pub struct Port {
    agent: ureq::Agent,
    base: String,
    command: &'static str,
}

impl Port {
    /// The port at `address`, `HOST:PORT` or a URL, for the errors of `command`.
    pub fn new(address: &str, command: &'static str) -> Port {
        let base = if address.contains("://") {
            address.trim_end_matches('/').to_owned()
        } else {
            format!("http://{address}")
        };
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
        Port { agent: config.into(), base, command }
    }

    /// The address, as a URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Status and text of the answer to `path`.
    pub fn get(&self, path: &str) -> Result<(u16, String), CliError> {
        let failed = |error: ureq::Error| {
            CliError::Failed(format!(
                "{}{path} does not answer: {error}; name the admin port, `sluice {} HOST:PORT`",
                self.base, self.command
            ))
        };
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().map_err(failed)?;
        let text = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string().map_err(failed)?;
        Ok((answer.status().as_u16(), text))
    }

    /// The text of the answer to `path`, which must be 200.
    pub fn get_ok(&self, path: &str) -> Result<String, CliError> {
        match self.get(path)? {
            (200, text) => Ok(text),
            (status, _) => {
                Err(CliError::Failed(format!("{}{path} answers {status}: is it the admin port of Sluice?", self.base)))
            }
        }
    }
}
