//! What the engine runs with: checked numbers, no names of the config.

use super::facts::Gates;
use super::rules::{ALL, PARAMETERS_MAX};
use super::signal::Severity;
use super::time::MINUTE_MS;

/// Whether a rule works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is not asked.
    Off,
    /// It is asked and counted; it tells nothing and adds nothing.
    Shadow,
    /// It works.
    On,
}

/// How one rule works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleSettings {
    /// Whether it works.
    pub mode: Mode,
    /// Severity of its signals.
    pub severity: Severity,
    /// What it adds to the risk.
    pub weight: f64,
    /// Values of its parameters, in their order.
    pub parameters: [f64; PARAMETERS_MAX],
    /// What it needs is there.
    pub active: bool,
}

/// The settings of an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How late an event may come and still be sorted in.
    pub lateness_ms: i64,
    /// How far an event may be ahead of its record.
    pub future_ms: i64,
    /// An account that had an alert has no second one of the same severity for this long.
    pub cooldown_s: u32,
    /// When an account is learnt, and carriers.
    pub gates: Gates,
    /// By rule, in the order of the table.
    pub rules: Vec<RuleSettings>,
}

impl Default for Settings {
    fn default() -> Settings {
        let rules = ALL.iter().map(|rule| {
            let mut parameters = [0.0; PARAMETERS_MAX];
            parameters.iter_mut().zip(rule.parameters).for_each(|(value, parameter)| *value = parameter.default);
            RuleSettings { mode: Mode::On, severity: rule.severity, weight: rule.weight, parameters, active: true }
        });
        Settings {
            lateness_ms: 10 * MINUTE_MS,
            future_ms: 60 * MINUTE_MS,
            cooldown_s: 86_400,
            gates: Gates { learnt_days: 14.0, learnt_logins: 10.0 },
            rules: rules.collect(),
        }
    }
}
