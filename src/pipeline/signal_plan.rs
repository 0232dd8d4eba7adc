//! The signals part of the plan: from what the config says to what the watchers of all workers share.

use std::sync::Arc;

use super::outside::Outside;
use crate::config::spec::{Epoch, Pseudonyms};
use crate::config::{ConfigError, Erase, Loaded, Problem, nearest, signals as spec};
use crate::pseudonymize::StateKey;
use crate::signals::condition::Condition;
use crate::signals::facts::Gates;
use crate::signals::mapping::{Field, Mapping, Shape, ShapeKind, Words};
use crate::signals::rules::{self, Needs, Rule};
use crate::signals::{Limits, Mode, RuleSettings, Settings, Severity};

/// What all watchers share. Immutable.
#[derive(Debug)]
pub struct SignalPlan {
    /// Shapes of events.
    pub mapping: Arc<Mapping>,
    /// The engine's settings.
    pub settings: Arc<Settings>,
    /// Limits of a task's store.
    pub limits: Limits,
    /// Whether flags go on the event.
    pub flags: bool,
    /// The operator's lists and databases of addresses.
    pub outside: Arc<Outside>,
    /// Conditions, with the place of the rule that each holds back.
    pub conditions: Vec<(usize, Condition)>,
    /// The state key.
    pub state_key: Arc<StateKey>,
}

impl SignalPlan {
    /// Compiles the signals part of a config. `None`: it has none.
    ///
    /// # Errors
    /// All that is wrong with it, with lines.
    pub fn compile(loaded: &Loaded, state_key: Arc<StateKey>) -> Result<Option<SignalPlan>, ConfigError> {
        let Some(spec) = &loaded.spec.signals else { return Ok(None) };
        let mut problems = Vec::new();
        let p = &mut problems;
        p.extend(daily_accounts(&loaded.spec.pseudonyms));
        let shapes = shapes(spec, p);
        let subject = loaded.settings.erase.as_ref().and_then(|erase| subject(erase, spec, p));
        let mapping = Mapping::new(&shapes, subject, words(&spec.words, p)).unwrap_or_else(|| {
            p.push(Problem::new("signals.events", format!("name more than {} fields", Mapping::COLUMNS_MAX)));
            Mapping::empty()
        });
        let outside = match Outside::open(&spec.lists, &spec.geo, Arc::clone(&state_key)) {
            Ok(outside) => outside,
            Err(more) => {
                problems.extend(more);
                return Err(loaded.error(problems));
            }
        };
        let p = &mut problems;
        let mut settings = Settings {
            lateness_ms: ms(spec.lateness),
            future_ms: ms(spec.future),
            cooldown_s: (ms(spec.cooldown) / 1000) as u32,
            gates: Gates { learnt_days: f64::from(spec.learnt.days), learnt_logins: f64::from(spec.learnt.logins) },
            ..Settings::default()
        };
        let conditions = rules(&spec.rules, &mut settings.rules, p);
        for (rule, own) in rules::ALL.iter().zip(&mut settings.rules) {
            own.active = is_fed(rule.needs, &mapping, &outside);
        }
        if spec.accounts == 0 {
            p.push(Problem::new("signals.accounts", "must be at least 1"));
        }
        if !problems.is_empty() {
            return Err(loaded.error(problems));
        }
        Ok(Some(SignalPlan {
            mapping: Arc::new(mapping),
            settings: Arc::new(settings),
            limits: Limits { ttl_ms: ms(spec.ttl), accounts: spec.accounts },
            flags: spec.flags,
            outside: Arc::new(outside),
            conditions,
            state_key,
        }))
    }

    /// Rules that are on and cannot work, with what they lack.
    pub fn inactive_rules(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let off = rules::ALL.iter().zip(&self.settings.rules).filter(|(_, own)| own.mode != Mode::Off && !own.active);
        off.map(|(rule, _)| (rule.name, lack(rule.needs)))
    }
}

fn ms(duration: crate::config::units::HumanDuration) -> i64 {
    i64::try_from(duration.0.as_millis()).unwrap_or(i64::MAX)
}

/// What is known of an account outlives the day under its state key, and its signals name its token: with a token a day, both
/// together would link the days that the epoch is there to keep apart.
fn daily_accounts(spec: &Pseudonyms) -> Option<Problem> {
    const ACCOUNT: &str = "account";
    let field = match spec.epochs.get(ACCOUNT) {
        Some(Epoch::Daily) => "pseudonyms.epochs.account",
        None if spec.epoch == Epoch::Daily => "pseudonyms.epoch",
        _ => return None,
    };
    let why = "gives accounts a token a day, and `signals` remember an account for longer, so their state would link its days";
    Some(Problem::new(field, format!("{why}; say `epochs: {{account: never}}`, or remove `signals`")))
}

/// The path of the account in events that ask for it to be forgotten.
fn subject<'c>(erase: &'c Erase, spec: &'c spec::Signals, problems: &mut Vec<Problem>) -> Option<&'c str> {
    let path = erase.account.as_ref().or_else(|| spec.fields.get("account"));
    if path.is_none() {
        let fix = "says no account, and `signals.fields` neither; add `account: <path>`, or what is known of it stays";
        problems.push(Problem::new("erase", fix));
    }
    path.map(String::as_str)
}

fn shapes(spec: &spec::Signals, problems: &mut Vec<Problem>) -> Vec<Shape> {
    let common = fields("signals.fields", &spec.fields, problems);
    let mut shapes = Vec::new();
    for (i, shape) in spec.events.iter().enumerate() {
        let at = format!("signals.events[{i}]");
        let Some(kind) = ShapeKind::parse(&shape.kind) else {
            let known = ShapeKind::ALL.map(|(name, _)| name);
            if shape.kind == "erase" {
                let fix = "`erase` is no shape of its own; say `erase: {field: …, equals: …}` at the top of the config";
                problems.push(Problem::new(format!("{at}.kind"), fix));
                continue;
            }
            problems.push(Problem::new(format!("{at}.kind"), unknown("kind", &shape.kind, known)));
            continue;
        };
        let mut all = common.clone();
        all.extend(fields(&format!("{at}.fields"), &shape.fields, problems));
        for field in [Field::Time, Field::Account] {
            if !all.iter().any(|(known, _)| *known == field) {
                let name = if field == Field::Time { "time" } else { "account" };
                problems.push(Problem::new(&at, format!("has no `{name}`; name its path in `fields`")));
            }
        }
        let when = shape.when.iter().map(|(path, values)| {
            let values = if values.0.iter().any(|value| value == "*") { Vec::new() } else { values.0.clone() };
            (path.clone(), values.iter().map(|value| value.to_lowercase()).collect())
        });
        shapes.push(Shape { kind, when: when.collect(), fields: all });
    }
    if spec.events.is_empty() {
        problems.push(Problem::new("signals.events", "is empty; describe at least one shape of events"));
    }
    shapes
}

fn fields(
    at: &str,
    fields: &std::collections::BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Vec<(Field, String)> {
    let mut out = Vec::new();
    for (name, path) in fields {
        match Field::parse(name) {
            Some(field) => out.push((field, path.clone())),
            None => {
                let known = Field::ALL.map(|(name, _)| name);
                problems.push(Problem::new(format!("{at}.{name}"), unknown("field", name, known)));
            }
        }
    }
    out
}

fn words(more: &std::collections::BTreeMap<String, Vec<String>>, problems: &mut Vec<Problem>) -> Words {
    let mut words = Words::default();
    for (name, list) in more {
        let known = [
            ("success", &mut words.success),
            ("failure", &mut words.failure),
            ("done", &mut words.done),
            ("failed", &mut words.failed),
            ("reversed", &mut words.reversed),
            ("incoming", &mut words.incoming),
            ("outgoing", &mut words.outgoing),
            ("bonus", &mut words.bonus),
            ("password", &mut words.password),
            ("payout", &mut words.payout),
            ("contact", &mut words.contact),
            ("currencies", &mut words.currencies),
        ];
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        match known.into_iter().find(|(known, _)| known == name) {
            Some((_, words)) => words.extend(list.iter().map(|word| word.to_lowercase())),
            None => problems.push(Problem::new(format!("signals.words.{name}"), unknown("list", name, names))),
        }
    }
    words
}

fn rules(
    spec: &std::collections::BTreeMap<String, spec::Rule>,
    settings: &mut [RuleSettings],
    problems: &mut Vec<Problem>,
) -> Vec<(usize, Condition)> {
    let mut conditions = Vec::new();
    for (name, own) in spec {
        let Some(at) = rules::find(name) else {
            let known = rules::ALL.iter().map(|rule| rule.name);
            problems.push(Problem::new(format!("signals.rules.{name}"), unknown("rule", name, known)));
            continue;
        };
        rule(&rules::ALL[at], own, &mut settings[at], problems);
        match own.condition.as_deref().map(Condition::compile).transpose() {
            Ok(condition) => conditions.extend(condition.map(|condition| (at, condition))),
            Err(error) => problems.push(Problem::new(format!("signals.rules.{name}.condition"), error)),
        }
    }
    conditions
}

fn rule(rule: &Rule, own: &spec::Rule, settings: &mut RuleSettings, problems: &mut Vec<Problem>) {
    let at = format!("signals.rules.{}", rule.name);
    settings.mode = match own.mode {
        spec::RuleMode::Off => Mode::Off,
        spec::RuleMode::Shadow => Mode::Shadow,
        spec::RuleMode::On => Mode::On,
    };
    match own.severity {
        Some(spec::Severity::Low) => settings.severity = Severity::Low,
        Some(spec::Severity::Medium) => settings.severity = Severity::Medium,
        Some(spec::Severity::High) => settings.severity = Severity::High,
        Some(spec::Severity::Critical) => settings.severity = Severity::Critical,
        None => {}
    }
    settings.weight = own.weight.unwrap_or(settings.weight);
    if !(0.0..=20.0).contains(&settings.weight) {
        problems.push(Problem::new(format!("{at}.weight"), "must be between 0 and 20"));
    }
    for (name, value) in &own.parameters {
        let place = rule.parameters.iter().position(|parameter| parameter.name == name);
        match place {
            Some(place) if value.is_finite() && *value >= 0.0 => settings.parameters[place] = *value,
            Some(_) => problems.push(Problem::new(format!("{at}.parameters.{name}"), "must be 0 or more")),
            None => {
                let known = rule.parameters.iter().map(|parameter| parameter.name);
                problems.push(Problem::new(format!("{at}.parameters.{name}"), unknown("parameter", name, known)));
            }
        }
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{name}`; there are `{}`", known.join("`, `")),
    }
}

fn is_fed(needs: Needs, mapping: &Mapping, outside: &Outside) -> bool {
    let (address, now) = (mapping.has(Field::Ip), outside.now());
    match needs {
        Needs::Nothing => true,
        Needs::Point => mapping.has(Field::Lat) && mapping.has(Field::Lon) || address && now.geo.has_city(),
        Needs::Country => mapping.has(Field::Country) || address && now.geo.has_city(),
        Needs::Asn => mapping.has(Field::Asn) || address && now.geo.has_asn(),
        Needs::AnonymiserList => outside.has_anonymisers(),
    }
}

fn lack(needs: Needs) -> &'static str {
    match needs {
        Needs::Nothing => "nothing",
        Needs::Point => "latitude and longitude: map `lat` and `lon`, or `ip` and signals.geo.city",
        Needs::Country => "the country: map `country`, or `ip` and signals.geo.city",
        Needs::Asn => "the ASN: map `asn`, or `ip` and signals.geo.asn",
        Needs::AnonymiserList => "a list: signals.lists.anonymisers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secrets, from_str};

    #[test]
    fn tokens_of_accounts_that_die_with_their_day_and_a_state_that_does_not_are_refused() {
        let signals = "signals: {fields: {time: t, account: a}, events: [{kind: login, when: {e: login}}]}";
        let of = |yaml: &str| {
            let loaded = from_str(&format!("pseudonyms: {yaml}\n{signals}\n"), "test", Secrets::Skip).expect("valid");
            SignalPlan::compile(&loaded, Arc::new(StateKey::new(&[0; 32]))).map(|plan| plan.is_some())
        };
        for (yaml, field) in [
            ("{epoch: daily}", "test:1:14: pseudonyms.epoch: "),
            ("{epoch: daily, epochs: {ip: never}}", "test:1:14: pseudonyms.epoch: "),
            ("{epochs: {account: daily}}", "test:1:23: pseudonyms.epochs.account: "),
        ] {
            let error = of(yaml).expect_err(yaml).to_string();
            assert!(error.starts_with(field) && error.contains("say `epochs: {account: never}`"), "{error}");
        }
        for yaml in ["{}", "{epochs: {ip: daily}}", "{epoch: daily, epochs: {account: never}}"] {
            assert_eq!(of(yaml), Ok(true), "{yaml}");
        }
    }
}
