//! The rules, one file each. To add one: a file with a `pub(super) const`, and its line in [`ALL`].
//!
//! A rule reads an event, the facts and the memory of the account, and says why it fires. Most are weak evidence: they add
//! their weight (natural logarithm of how much likelier the event is under attack) to the risk of the account and tell a
//! low or medium signal. The conjunctions, at the end of the table, alert.

mod amount_outlier;
mod anonymiser;
mod ato_change;
mod ato_drain;
mod atypical_travel;
mod balance_continuity;
mod balance_invariant;
mod country_flip;
mod cumulative_drain;
mod dormant_return;
mod drain;
mod impossible_travel;
mod login_fail_burst;
mod minimal_play;
mod new_asn;
mod new_country;
mod new_device;
mod new_device_asn;
mod new_device_country;
mod new_payee_large;
mod new_place;
mod pass_through;
mod rba_score;
mod structuring;
mod suspicious_outflow;
mod velocity;

pub use pass_through::points as pass_points;

use super::account::Account;
use super::engine::RISK_HALF_LIFE_S;
use super::event::{Event, Kind};
use super::facts::Facts;
use super::signal::{Evidence, Severity};

/// All rules. Conjunctions come after what they are made of.
pub static ALL: [Rule; 26] = [
    new_device::RULE,
    new_asn::RULE,
    new_country::RULE,
    new_place::RULE,
    anonymiser::RULE,
    rba_score::RULE,
    country_flip::RULE,
    login_fail_burst::RULE,
    impossible_travel::RULE,
    atypical_travel::RULE,
    new_device_country::RULE,
    new_device_asn::RULE,
    dormant_return::RULE,
    balance_invariant::RULE,
    balance_continuity::RULE,
    drain::RULE,
    cumulative_drain::RULE,
    amount_outlier::RULE,
    velocity::RULE,
    new_payee_large::RULE,
    structuring::RULE,
    pass_through::RULE,
    minimal_play::RULE,
    ato_change::RULE,
    ato_drain::RULE,
    suspicious_outflow::RULE,
];

/// A number that the config may change.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in the config, with its unit.
    pub name: &'static str,
    /// Its default.
    pub default: f64,
}

/// Shorthand for a parameter.
const fn parameter(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default }
}

/// What a rule cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Only the events themselves.
    Nothing,
    /// Latitude and longitude, from the events or a database.
    Point,
    /// The country.
    Country,
    /// The ASN.
    Asn,
    /// A list of networks that hide their users.
    AnonymiserList,
}

/// Which events a rule is asked about; of all others it has nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Attempts to log in.
    Logins,
    /// Money that leaves the account, games aside.
    Outflows,
    /// Money that comes or leaves, games aside.
    Flows,
    /// Every event.
    Anything,
    /// None: it speaks when the watermark has come.
    Nothing,
}

impl On {
    /// Whether events of this kind are among them.
    pub fn includes(self, kind: Kind) -> bool {
        match self {
            On::Logins => kind == Kind::Login,
            On::Outflows => kind.is_outflow(),
            On::Flows => kind.is_outflow() || kind.is_inflow(),
            On::Anything => true,
            On::Nothing => false,
        }
    }
}

/// Most parameters of a rule.
pub const PARAMETERS_MAX: usize = 12;

/// One rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name in config and signals.
    pub name: &'static str,
    /// Severity, where the rule does not say otherwise.
    pub severity: Severity,
    /// What it adds to the risk of the account.
    pub weight: f64,
    /// Whether its signals are the same when events come in another order within the lateness.
    pub order_free: bool,
    /// For the holder of the account rather than for an analyst.
    pub notice: bool,
    /// It is asked when the watermark has come: what is late would turn its verdict.
    pub waits: bool,
    /// Events that it is asked about.
    pub on: On,
    /// What it cannot do without.
    pub needs: Needs,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Whether it fires.
    pub check: fn(&Case<'_>) -> Option<Hit>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All that a rule may look at.
pub struct Case<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its account, before the event.
    pub account: &'a Account,
    /// What is true of the event.
    pub facts: &'a Facts,
    /// Values of the rule's parameters, in their order.
    pub parameters: &'a [f64; PARAMETERS_MAX],
}

impl Case<'_> {
    /// The first `N` parameters.
    fn parameters<const N: usize>(&self) -> [f64; N] {
        *self.parameters.first_chunk().expect("invariant: no rule has more than the most")
    }

    /// Risk of the account before the event.
    fn risk(&self) -> f64 {
        self.account.risk_at(self.facts.now_s, RISK_HALF_LIFE_S)
    }
}

/// A rule fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Why.
    pub evidence: Evidence,
    /// Another severity than the rule's.
    pub severity: Option<Severity>,
    /// Another weight than the rule's.
    pub weight: Option<f64>,
}

impl Hit {
    fn new(evidence: Evidence) -> Hit {
        Hit { evidence, severity: None, weight: None }
    }

    fn severity(self, severity: Severity) -> Hit {
        Hit { severity: Some(severity), ..self }
    }
}

/// The place of a rule in [`ALL`].
pub fn find(name: &str) -> Option<usize> {
    ALL.iter().position(|rule| rule.name == name)
}

/// The place of a rule that there is: looked up by the compiler, not for every event.
pub const fn place(name: &str) -> usize {
    let mut at = 0;
    while !is_same(ALL[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

/// Comparing texts is no constant function yet.
const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A weak rule about logins: nothing of these is worth more than a low signal.
const WEAK: Rule = Rule {
    name: "",
    severity: Severity::Low,
    weight: 0.5,
    order_free: false,
    notice: false,
    waits: false,
    on: On::Logins,
    needs: Needs::Nothing,
    parameters: &[],
    check: |_| None,
};

#[cfg(test)]
pub(super) mod tests;
