//! `country_flip`: two countries within minutes. VPNs and relays do that, too, so alone it is no alert.

use super::{Case, Hit, Needs, Rule, WEAK, parameter};
use crate::signals::event::Kind;
use crate::signals::signal::{Evidence, Severity};

/// Held back by trusted networks.
pub(super) const RULE: Rule = Rule {
    name: "country_flip",
    severity: Severity::Medium,
    weight: 1.0,
    needs: Needs::Country,
    parameters: &[parameter("minutes", 30.0)],
    check,
    ..WEAK
};

fn check(case: &Case<'_>) -> Option<Hit> {
    let [within] = case.parameters();
    let good = case.event.kind == Kind::Login && case.event.success && !case.event.trusted;
    let minutes = case.facts.login.flip_minutes.filter(|minutes| *minutes <= within)?;
    good.then(|| {
        // What the holder's own device does every week is a habit.
        let habit = f64::from(case.account.habits.flips);
        let hit = Hit::new(Evidence::new().with("minutes", minutes).with("earlier_flips", habit));
        if habit >= 2.0 || !case.facts.login.new_device { hit.severity(Severity::Low) } else { hit }
    })
}
