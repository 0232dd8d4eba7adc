//! Configuration in two steps: [`spec`] is what the YAML says, [`Settings`] is what the service runs. Never one type
//! for both: the first is kept stable and friendly for people, the second is checked and fast.

mod bindings;
mod compile;
mod compiled;
mod error;
mod outline;
mod properties;
pub mod schema;
pub mod signals;
pub mod spec;
mod spec_pseudonyms;
pub mod units;

use std::path::Path;

pub use bindings::WORD_BYTES_MAX;
pub use compile::{Listen, Secrets, check_service, client_name, compile};
pub use compiled::*;
pub use error::{ConfigError, Problem, nearest};
pub use outline::Position;
pub use spec::Spec;

/// The built-in configs that `-c profile:<name>` loads: name and YAML.
pub const PROFILES: [(&str, &str); 3] = [
    ("analytics", include_str!("../../patterns/profiles/analytics.yaml")),
    ("support", include_str!("../../patterns/profiles/support.yaml")),
    ("gaming", include_str!("../../patterns/profiles/gaming.yaml")),
];

/// Largest config that is read; a bigger one is not a config.
const MAX_BYTES: usize = 4 << 20;

/// A config as its YAML says it and as it runs, with the text it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the YAML says.
    pub spec: Spec,
    /// What runs.
    pub settings: Settings,
    origin: String,
    yaml: String,
}

impl Loaded {
    /// The error for problems that are found later, with the lines where their fields stand.
    pub fn error(&self, problems: Vec<Problem>) -> ConfigError {
        ConfigError::located(&self.origin, &self.yaml, problems)
    }

    /// Checks what `run` needs beyond a valid config: brokers, topics and keys.
    pub fn check_service(&self) -> Result<(), ConfigError> {
        check_service(&self.settings).map_err(|problems| self.error(problems))
    }

    /// The line where a field stands, or the nearest of its parents that is written down.
    pub fn line(&self, field: &str) -> Option<u64> {
        outline::Outline::of(&self.yaml).position(field).map(|at| at.line)
    }

    /// The text that it was read from.
    pub fn yaml(&self) -> &str {
        &self.yaml
    }

    /// The file or profile.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Loads the file at `path`, or the built-in `profile:<name>`.
pub fn load(path: &Path, secrets: Secrets) -> Result<Loaded, ConfigError> {
    let origin = path.display().to_string();
    if let Some(profile) = origin.strip_prefix("profile:") {
        return from_str(profile_yaml(profile, &origin)?, &origin, secrets);
    }
    let yaml = std::fs::read(path).map_err(|error| ConfigError::whole(&origin, format!("cannot read: {error}")))?;
    let yaml = String::from_utf8(yaml).map_err(|_| ConfigError::whole(&origin, "is not UTF-8"))?;
    if says_nothing(&yaml) {
        return Err(ConfigError::whole(
            &origin,
            "is empty: was it written, or mounted? The service needs `kafka`, `input` and `keys`; `{}` stands for a \
             config of defaults",
        ));
    }
    from_str(&yaml, &origin, secrets)
}

/// Reads and checks a config; `origin` names it in errors.
pub fn from_str(yaml: &str, origin: &str, secrets: Secrets) -> Result<Loaded, ConfigError> {
    let spec = parse(yaml, origin)?;
    let settings = compile(&spec, secrets).map_err(|problems| ConfigError::located(origin, yaml, problems))?;
    Ok(Loaded { spec, settings, origin: origin.to_owned(), yaml: yaml.to_owned() })
}

/// What the YAML says, unchecked across fields.
pub fn parse(yaml: &str, origin: &str) -> Result<Spec, ConfigError> {
    if yaml.len() > MAX_BYTES {
        return Err(ConfigError::whole(origin, "is larger than 4 MiB"));
    }
    // A snippet of the text in an error could show a secret.
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| ConfigError::from_yaml(origin, yaml, &error))
}

/// Whether a file holds no more than comments: somebody's accident, where `{}` is a decision.
fn says_nothing(yaml: &str) -> bool {
    let mut lines = yaml.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
    lines.all(|line| line.is_empty() || line.starts_with('#') || matches!(line, "---" | "..." | "null" | "~"))
}

fn profile_yaml(name: &str, origin: &str) -> Result<&'static str, ConfigError> {
    let names = PROFILES.map(|(name, _)| name);
    PROFILES.into_iter().find(|&(known, _)| known == name).map(|(_, yaml)| yaml).ok_or_else(|| {
        let fix = match nearest(name, names) {
            Some(near) => format!("did you mean `profile:{near}`?"),
            None => format!("the profiles are `{}`", names.join("`, `")),
        };
        ConfigError::whole(origin, format!("unknown profile; {fix}"))
    })
}

#[cfg(test)]
mod tests;
