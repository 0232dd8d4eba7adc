//! `rba_score`: how unlike the holder a login is (Freeman et al. 2016, equation 7; see `facts::unlike`).

use super::{Case, Hit, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Who};

/// The logarithm of the score that only a small quantile of honest logins exceeds.
pub(super) const RULE: Rule = Rule {
    name: "rba_score",
    weight: 0.7,
    parameters: &[parameter("log_score_min", 5.0), parameter("logins_min", 5.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [least, logins_min] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success && !case.event.trusted;
    let enough = f64::from(case.account.logins) >= logins_min;
    let unlike = case.facts.login.unlike;
    (good && enough && unlike >= least)
        .then(|| Hit::new(Evidence::new().with("log_score", unlike).about(Who::Address).about(Who::Device)))
}
