//! `new_device`: a device that the account never used. Weak: people buy phones, reinstall apps and go incognito.

use super::{Case, Hit, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Who};

/// Notice for the holder: "a new device has logged in".
pub(super) const RULE: Rule =
    Rule { name: "new_device", notice: true, weight: 1.0, parameters: &[parameter("logins_min", 5.0)], check, ..WEAK };

fn check(case: &Case<'_>) -> Option<Hit> {
    let [logins_min] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success;
    let enough = f64::from(case.account.logins) >= logins_min;
    (good && enough && case.facts.login.new_device).then(|| {
        let devices = case.account.lists().devices.as_slice().len() as f64;
        Hit::new(Evidence::new().with("known_devices", devices).about(Who::Device))
    })
}
