//! What a config may not ask for: that forbidden data passes (PCI DSS 3.3 and 3.4), what makes no sense of a value, and
//! two things at once.

use std::collections::HashMap;

use crate::canonical::Form;
use crate::config::{Problem, spec};
use crate::detect::{Catalog, Entity, normalize};
use crate::pseudonymize::{Action, Generalize, Mask};
use crate::record::EntityId;

/// Adds a problem for everything in `patterns.actions` and `fields` that is refused. Unknown names are left to others.
pub(super) fn check(catalog: &Catalog, config: &spec::Spec, problems: &mut Vec<Problem>) {
    let mut cards = CardActions::default();
    for entity in catalog.entities() {
        match config.patterns.actions.get(&entity.name) {
            Some(action) => judge(entity, action, &format!("patterns.actions.{}", entity.name), &mut cards, problems),
            None => judge_default(entity, &mut cards, problems),
        }
        if entity.never_passes {
            stays_on(entity, &config.patterns, problems);
        }
    }
    for (index, rule) in config.fields.iter().enumerate() {
        misnamed(catalog, rule, index, problems);
        let place = format!("fields[{index}].action");
        let Some(action) = rule.action.as_ref().filter(|_| rule.state == spec::State::On) else { continue };
        for entity in entities_of(catalog, rule) {
            let entity = &catalog.entities()[usize::from(entity.0)];
            judge(entity, action, &place, &mut cards, problems);
        }
        // What is masked as only cards are is a card, whatever the field is called.
        if rule.entity.is_none() && matches!(Action::parse(action), Ok(Action::Mask(Mask::First6Last4))) {
            cards.add(action, &place);
        }
    }
    cards.judge(problems);
    contradictions(&config.fields, problems);
}

/// The action that the entity's own file gives it.
fn judge_default(entity: &Entity, cards: &mut CardActions, problems: &mut Vec<Problem>) {
    if entity.never_passes && !hides(&entity.action) {
        let message = format!(
            "{}: lets `{}` pass as `{}`: it may neither pass nor be linked; say `action: redact` there",
            entity.file(),
            entity.name,
            entity.action
        );
        problems.push(Problem::new("patterns.directories", message));
    }
    if entity.is_card() {
        cards.add(&entity.action, &format!("the default of `{}`", entity.name));
        if Action::parse(&entity.action).is_ok_and(|action| !makes_sense(action, entity)) {
            let message = format!("{}: `{}` makes no sense of card numbers", entity.file(), entity.action);
            problems.push(Problem::new("patterns.directories", message));
        }
    }
}

/// What may never pass is looked for whatever a config says.
fn stays_on(entity: &Entity, patterns: &spec::Patterns, problems: &mut Vec<Problem>) {
    let name = &entity.name;
    let mut refuse = |field: String| {
        let message =
            format!("`{name}` ({}) may never pass, so it is always looked for; remove it", entity.description);
        problems.push(Problem::new(field, message));
    };
    if let Some(at) = patterns.disable.iter().position(|disabled| disabled == name) {
        refuse(format!("patterns.disable[{at}]"));
    }
    if patterns.states.get(name).is_some_and(|state| *state != spec::State::On) {
        refuse(format!("patterns.states.{name}"));
    }
}

/// Whether nothing of a value is left. What is no action at all is told elsewhere.
pub(super) fn hides(action: &str) -> bool {
    Action::parse(action).map_or(true, |a| matches!(a, Action::Redact | Action::Drop | Action::Mask(Mask::All)))
}

/// The entities that a rule speaks of: the one it names, else those that claim the names of its fields.
fn entities_of(catalog: &Catalog, rule: &spec::FieldRule) -> Vec<EntityId> {
    match &rule.entity {
        Some(name) => catalog.find(name).into_iter().collect(),
        None => entities_of_names(catalog, rule, |_| true),
    }
}

/// Entities that claim the names of a rule's fields, of those that `counts` takes.
fn entities_of_names(catalog: &Catalog, rule: &spec::FieldRule, counts: fn(&str) -> bool) -> Vec<EntityId> {
    let names = rule.name.iter().flat_map(|list| &list.0).map(String::as_str);
    let paths = rule.path.iter().flat_map(|list| &list.0);
    let lasts = paths.map(|path| path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]"));
    let mut found: Vec<_> =
        catalog.entities_of_fields(names.chain(lasts).filter(|name| counts(name))).into_iter().flatten().collect();
    found.sort();
    found.dedup();
    found
}

/// A rule that calls the code or the track of a card something else, and so would let it pass or link it.
fn misnamed(catalog: &Catalog, rule: &spec::FieldRule, index: usize, problems: &mut Vec<Problem>) {
    const FORBIDDEN: [&str; 2] = ["card_verification", "card_track"];
    let Some(named) = rule.entity.as_ref().and_then(|name| catalog.find(name)) else { return };
    let named = &catalog.entities()[usize::from(named.0)];
    let action = rule.action.as_ref().unwrap_or(&named.action);
    // Of a name with a wildcard only what is nothing else is the rule's.
    let exact = entities_of_names(catalog, rule, |name| !name.contains('*'));
    let forbidden = exact.into_iter().map(|id| &catalog.entities()[usize::from(id.0)]);
    for entity in forbidden.filter(|entity| FORBIDDEN.contains(&&*entity.name) && entity.name != named.name) {
        if rule.state == spec::State::On && !hides(action) {
            let message = format!(
                "`{}` is refused for a field of this name: `{}` ({}) may neither pass nor be linked; remove the rule, or use `redact`",
                named.name, entity.name, entity.description
            );
            problems.push(Problem::new(format!("fields[{index}].entity"), message));
        }
    }
}

fn judge(entity: &Entity, action: &str, place: &str, cards: &mut CardActions, problems: &mut Vec<Problem>) {
    let Ok(action_) = Action::parse(action) else { return };
    if entity.is_card() {
        cards.add(action, place);
    }
    if entity.never_passes && !hides(action) {
        let message = format!(
            "`{action}` is refused for `{}` ({}): it may neither pass nor be linked; use `redact`, `drop` or `mask:all`",
            entity.name, entity.description
        );
        problems.push(Problem::new(place, message));
    } else if !makes_sense(action_, entity) {
        let message = format!("`{action}` makes no sense of `{}` ({})", entity.name, entity.description);
        problems.push(Problem::new(place, format!("{message}; use `token`, `redact`, `drop` or a mask that fits it")));
    }
}

/// Whether the action gives more than a placeholder for values of the entity.
fn makes_sense(action: Action, entity: &Entity) -> bool {
    let form = Form::parse(&entity.form);
    match action {
        Action::Mask(Mask::EmailDomain) => matches!(form, Some(Form::Email | Form::Mailbox)),
        Action::Mask(Mask::First6Last4) => matches!(form, Some(Form::Digits)),
        Action::Mask(Mask::First4 | Mask::Last4) => !matches!(form, Some(Form::Ip | Form::IpNetwork)),
        Action::Generalize(Generalize::IpNetwork) => matches!(form, Some(Form::Ip | Form::IpNetwork)),
        Action::Generalize(Generalize::Year | Generalize::Bucket(_)) => {
            let date = entity.name == "birth_date";
            let year = matches!(action, Action::Generalize(Generalize::Year));
            // Of an entity of one's own that is text nobody knows: it may be a date or an amount, but no card's number.
            form == Some(Form::Text) && (year && date || !entity.is_builtin()) && !entity.is_card()
        }
        _ => true,
    }
}

/// PCI DSS 3.5.1: a token and a truncation of one card number, side by side, can be joined to the number.
#[derive(Default)]
struct CardActions {
    token: Option<String>,
    truncated: Option<String>,
    kept: Option<String>,
}

impl CardActions {
    fn add(&mut self, action: &str, place: &str) {
        match Action::parse(action) {
            Ok(Action::Token) => self.token = Some(place.to_owned()),
            Ok(action) if action.truncates() => self.truncated = Some(place.to_owned()),
            Ok(Action::Keep) => self.kept = Some(place.to_owned()),
            _ => {}
        }
    }

    fn judge(&self, problems: &mut Vec<Problem>) {
        if let (Some(token), Some(truncated)) = (&self.token, &self.truncated) {
            let (place, other) = if token.starts_with("the default") { (truncated, token) } else { (token, truncated) };
            let message = format!(
                "card numbers become tokens in one place and are truncated in another ({other}): the two can be joined \
                 to the number; choose one, for instance with `patterns.actions.payment_card`"
            );
            // Two entity files at odds stand in no place of the config.
            let place = if place.starts_with("the default") { "patterns.directories" } else { place };
            problems.push(Problem::new(place, message));
        }
        if let Some(place) = &self.kept {
            let place = if place.starts_with("the default") { "patterns.directories" } else { place };
            let message = "`keep` is refused for card numbers; use `redact`, `drop`, `token` or `mask:first6_last4`";
            problems.push(Problem::new(place, message));
        }
    }
}

/// Two rules that select the very same and say different things: nobody can know which is meant.
fn contradictions(rules: &[spec::FieldRule], problems: &mut Vec<Problem>) {
    let mut said: HashMap<(bool, String), usize> = HashMap::new();
    // A rule in shadow is there to be compared with another one.
    for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.state == spec::State::On) {
        let paths = rule.path.iter().flat_map(|list| &list.0).map(|path| (true, path, path.clone()));
        let names = rule.name.iter().flat_map(|list| &list.0).map(|name| (false, name, spelling(name)));
        for (is_path, given, key) in paths.chain(names) {
            let first = *said.entry((is_path, key)).or_insert(index);
            let same = rules[first].entity == rule.entity && rules[first].action == rule.action;
            if !same {
                let field = format!("fields[{index}].{}", if is_path { "path" } else { "name" });
                let message = format!(
                    "`{given}` is said to be something else by fields[{first}]: one field, two rules; remove it from one"
                );
                problems.push(Problem::new(&field, message));
            }
        }
    }
}

/// `eMail`, `e_mail` and `E-Mail` are one name; its stars stay.
fn spelling(name: &str) -> String {
    let star = |is: bool| if is { "*" } else { "" };
    format!("{}{}{}", star(name.starts_with('*')), normalize(name.as_bytes()), star(name.ends_with('*')))
}

#[cfg(test)]
mod tests {
    use crate::config::{Secrets, from_str};
    use crate::pipeline::Plan;
    use crate::pseudonymize::{KeyRing, SharedRing};

    fn refused(yaml: &str) -> Option<String> {
        let loaded = from_str(yaml, "test.yaml", Secrets::Skip).expect("valid YAML");
        let ring = KeyRing::from_seed("k1", &"42".repeat(32)).expect("a key");
        Plan::compile(&loaded, SharedRing::fixed(ring).into()).err().map(|error| error.to_string())
    }

    #[test]
    fn what_may_never_pass_is_refused_by_entity_and_by_field_name() {
        for yaml in [
            "patterns: {actions: {one_time_code: token}}",
            "patterns: {actions: {card_verification: keep}}",
            "patterns: {actions: {card_track: 'mask:last4'}}",
            "fields: [{name: cvv, action: keep}]",
            "fields: [{name: cardCvv, action: token}]",
            "fields: [{path: payment.card.cvc, action: token}]",
            "fields: [{path: 'user.otp[]', action: keep}]",
            "fields: [{name: x, entity: password, action: token}]",
            "fields: [{name: cvv, entity: email}]",
            "fields: [{path: payment.card.cvc, entity: username, action: keep}]",
        ] {
            let error = refused(yaml).unwrap_or_else(|| panic!("passed: {yaml}"));
            assert!(error.contains("may neither pass nor be linked"), "{error}");
            assert!(error.contains("test.yaml:1"), "{error}");
        }
        for yaml in [
            "patterns: {actions: {one_time_code: drop}}",
            "fields: [{name: cvv, action: redact}]",
            "fields: [{name: [pin, otp], action: drop}]",
            "fields: [{name: token, action: keep}]",
            "fields: [{name: cvv_provided, action: keep}]",
            "fields: [{name: cvv, entity: password}]",
        ] {
            assert_eq!(refused(yaml), None, "{yaml}");
        }
    }

    #[test]
    fn card_numbers_become_tokens_or_are_truncated_and_never_both() {
        for yaml in [
            "fields: [{name: card, entity: payment_card, action: 'mask:first6_last4'}]",
            "fields: [{name: card_number, action: 'mask:last4'}]",
            "fields: [{name: my, action: 'mask:first6_last4'}]",
            "patterns: {actions: {payment_card: 'mask:first6_last4'}}\nfields: [{name: pan, action: token}]",
            "fields: [{name: pan, action: keep}]",
        ] {
            let error = refused(yaml).unwrap_or_else(|| panic!("passed: {yaml}"));
            assert!(error.contains("card numbers"), "{error}");
        }
        for yaml in [
            "patterns: {actions: {payment_card: 'mask:first6_last4'}}\nfields: [{name: pan, action: 'mask:last4'}]",
            "patterns: {actions: {payment_card: redact}}\nfields: [{name: pan, action: token}]",
            "fields: [{name: pan, action: drop}]",
        ] {
            assert_eq!(refused(yaml), None, "{yaml}");
        }
    }

    #[test]
    fn what_may_never_pass_is_always_looked_for() {
        for yaml in [
            "patterns: {disable: [card_verification]}",
            "patterns: {states: {card_track: off}}",
            "patterns: {states: {one_time_code: shadow}}",
        ] {
            let error = refused(yaml).unwrap_or_else(|| panic!("passed: {yaml}"));
            assert!(error.contains("test.yaml:1") && error.contains("always looked for"), "{error}");
        }
        assert_eq!(refused("patterns: {states: {card_track: on, phone: off}, disable: [email]}"), None);
    }

    #[test]
    fn an_entity_file_of_ones_own_is_held_to_the_same() {
        let of = |file: &str, config: &str| {
            let dir = tempfile::tempdir().expect("a directory");
            std::fs::write(dir.path().join("own.yaml"), file).expect("a file");
            refused(&format!("patterns: {{directories: [{:?}]{config}}}", dir.path().display().to_string()))
        };
        let card = "entity: my_card\ntoken: mc\nform: digits\npatterns: [{matcher: digits, validator: payment_card}]\n";
        // The built-in entity makes tokens.
        for (file, config, why) in [
            (format!("{card}action: 'mask:last4'\n"), "", "can be joined"),
            (card.to_owned(), ", actions: {my_card: 'mask:last4'}", "can be joined"),
            (card.to_owned(), ", actions: {payment_card: 'mask:last4'}", "can be joined"),
            (format!("{card}action: keep\n"), "", "`keep` is refused"),
            (format!("{}action: 'generalize:bucket:10'\n", card.replace("digits\n", "text\n")), "", "makes no sense"),
            (card.replace("digits\n", "text\n"), ", actions: {my_card: 'generalize:bucket:10'}", "makes no sense"),
            (
                "entity: my_code\ntoken: mc\nform: text\nfields: [x]\nnever_passes: true\n".to_owned(),
                "",
                "lets `my_code` pass",
            ),
        ] {
            let error = of(&file, config).unwrap_or_else(|| panic!("passed: {file} {config}"));
            assert!(error.contains(why) && error.contains("test.yaml:1"), "{error}");
        }
        assert_eq!(of(card, ""), None);
        let less = "entity: card_verification\ntoken: cv\nform: text\naction: redact\nfields: [x]\n";
        let error = of(less, "").expect("its place is not to be taken");
        assert!(error.contains("own.yaml:1: entity: `card_verification` is built in and may never pass"), "{error}");
        assert_eq!(of(&format!("{card}action: 'mask:last4'\n"), ", actions: {payment_card: redact}"), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for yaml in [
            "patterns: {actions: {payment_card: 'generalize:bucket:10'}}",
            "patterns: {actions: {email: 'generalize:year'}}",
            "patterns: {actions: {person_name: 'generalize:bucket:10'}}",
            "patterns: {actions: {phone: 'mask:email_domain'}}",
            "patterns: {actions: {email: 'mask:first6_last4'}}",
            "patterns: {actions: {ip: 'mask:last4'}}",
            "fields: [{name: x, entity: iban, action: 'generalize:ip_network'}]",
        ] {
            let error = refused(yaml).unwrap_or_else(|| panic!("passed: {yaml}"));
            assert!(error.contains("makes no sense"), "{error}");
        }
        for yaml in [
            "patterns: {actions: {birth_date: 'generalize:year', ip: 'generalize:ip_network', email: 'mask:email_domain'}}",
            "fields: [{name: amount, action: 'generalize:bucket:100'}]",
        ] {
            assert_eq!(refused(yaml), None, "{yaml}");
        }
    }

    #[test]
    fn two_rules_for_one_field_are_refused() {
        for yaml in [
            "fields: [{name: nick, action: redact}, {name: nick, action: drop}]",
            "fields: [{name: nickName, action: redact}, {name: nick_name, action: keep}]",
            "fields: [{path: a.b, action: redact}, {path: [c, a.b], entity: email}]",
            "fields: [{name: '*_x', action: redact}, {name: '*_x', action: drop}]",
        ] {
            let error = refused(yaml).unwrap_or_else(|| panic!("passed: {yaml}"));
            assert!(error.contains("one field, two rules") && error.contains("fields[0]"), "{error}");
        }
        for yaml in [
            "fields: [{name: nick, action: redact}, {name: nick, action: redact}]",
            "fields: [{name: nick, action: redact}, {name: '*_nick', action: keep}]",
            "fields: [{path: a.b, action: redact}, {path: 'a.*', action: keep}]",
        ] {
            assert_eq!(refused(yaml), None, "{yaml}");
        }
    }
}
