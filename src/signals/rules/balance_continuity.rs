//! `balance_continuity`: a balance begins where the last one did not end.
//!
//! The engine holds a gap back until late events can have arrived (see `gaps`); this is its line in the table.

use super::{Case, Hit, On, Rule, WEAK, parameter};
use crate::signals::signal::Severity;

/// Parameters of the gaps. `confirm_hours`: how long a gap that nobody took money out of may still be explained.
pub(super) const RULE: Rule = Rule {
    name: "balance_continuity",
    severity: Severity::High,
    weight: 3.0,
    parameters: &[
        parameter("tolerance", 1.0),
        parameter("confirm_hours", 12.0),
        parameter("taken_min", 0.5),
        parameter("share_min", 0.2),
    ],
    on: On::Nothing,
    check,
    ..WEAK
};

fn check(_: &Case<'_>) -> Option<Hit> {
    None
}
