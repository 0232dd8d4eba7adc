//! What all workers share: the rules of detection, what is done with what is found, and the keys.

mod names;
mod objections;

use std::path::Path;
use std::sync::Arc;

use super::seal::Sealer;
use super::{deny, policy};
use crate::canonical::Form;
use crate::canonical::phone::Region;
use crate::config::spec::State;
use crate::config::{BinaryKey, Binding, Erase, KeySource, Limits, Loaded, Problem, PseudonymSettings, nearest, spec};
use crate::detect::{Catalog, CatalogError, Entity, FieldRule, Options, Rules, Select, WordList};
use crate::pseudonymize::age::Recipient;
use crate::pseudonymize::{
    Action, Context, EntityPlan, KeyError, Parts, Pseudonymizer, Seal, SharedRing, SharedSalts, SharedSuppression,
    TokenType,
};
use crate::record::{ActionId, EntityId};
use names::{disabled, region_codes, regions, suppression, unknown_entity, word_lists};

/// The compiled plan. Immutable; workers hold it in an `Arc`.
#[derive(Clone)]
pub struct Plan {
    /// Rules of detection.
    pub rules: Arc<Rules>,
    /// Rules whose findings are counted and stay, if there are any.
    pub shadow: Option<Arc<Rules>>,
    /// Rules of the second look for listed pseudonyms, where one is needed.
    objections: Option<Arc<Rules>>,
    /// The key ring.
    pub ring: Arc<SharedRing>,
    /// Limits on one record.
    pub limits: Limits,
    /// Kafka keys that are not UTF-8.
    pub binary_key: BinaryKey,
    /// The daily salts; whoever runs the plan puts them in.
    pub salts: Arc<SharedSalts>,
    /// Pseudonyms whose records are dropped.
    pub suppression: Arc<SharedSuppression>,
    /// What the tokens of a record are bound to, and which records ask for erasure.
    pub pseudonyms: PseudonymSettings,
    /// Which records ask for their subject to be forgotten.
    pub erase: Option<Erase>,
    /// Who seals the payload of what is quarantined, if anybody.
    pub quarantine_sealer: Option<Arc<dyn Seal>>,
    sealer: Option<Arc<dyn Seal>>,
    /// Whether fields that no rule names are dropped.
    pub default_deny: bool,
    regions: Vec<Region>,
    entities: Vec<EntityPlan>,
    actions: Vec<Action>,
    action_names: Vec<String>,
    /// By entity: its action where no rule says otherwise.
    defaults: Vec<ActionId>,
    /// What is done with what a shadow rule finds: nothing.
    shadow_action: ActionId,
    /// Entities whose fields may hold something else.
    yielding: Vec<EntityId>,
    /// Card numbers, when any may be truncated and none becomes a token.
    truncated_cards: Option<EntityId>,
    /// Entities whose values stand again in their record.
    repeating: Vec<EntityId>,
    /// Entities that may never pass.
    never: Vec<EntityId>,
    /// Entities of card numbers.
    cards: Vec<EntityId>,
    /// What the values of a field are when a rule gives an action and no entity.
    untyped: EntityId,
}

/// Why a plan cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A pattern file is at fault.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Fields of the config are at fault.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
}

/// The name of what a field holds when a rule gives an action and no entity.
const FIELD: &str = "field";
/// The action of a rule that says no more than that a field is known.
const SCAN: &str = "scan";

/// The name of what is encoded and cannot be looked into.
const ENCODED: &str = "encoded";

/// The name of what is done with what a shadow rule finds: nothing.
const SHADOW: &str = "shadow";

impl Plan {
    /// Compiles a config with the keys of `ring`.
    ///
    /// # Errors
    /// The first pattern file that is at fault, or every field of the config that is.
    pub fn compile(loaded: &Loaded, ring: Arc<SharedRing>) -> Result<Plan, PlanError> {
        let catalog = Plan::catalog(loaded)?;
        let mut problems = Vec::new();
        policy::check(&catalog, &loaded.spec, &mut problems);
        Plan::build(loaded, &catalog, ring, problems)
    }

    /// The plan of a changed config, with all that outlives a change: keys, salts, and the suppression list.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn renewed(&self, loaded: &Loaded) -> Result<Plan, PlanError> {
        let mut plan = Plan::compile(loaded, Arc::clone(&self.ring))?;
        plan.salts = Arc::clone(&self.salts);
        plan.suppression = Arc::clone(&self.suppression);
        Ok(plan)
    }

    /// The catalog of a config: the built-in entities and those of its directories.
    ///
    /// # Errors
    /// The first pattern file that is at fault.
    pub fn catalog(loaded: &Loaded) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::builtin();
        for directory in &loaded.spec.patterns.directories {
            catalog.load_dir(directory)?;
        }
        Ok(catalog)
    }

    /// Some rules alone, to learn which of them finds something: what a config may not ask for is not looked at, so
    /// nothing that such a plan makes may go anywhere.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub(super) fn trial(loaded: &Loaded, catalog: &Catalog, ring: Arc<SharedRing>) -> Result<Plan, PlanError> {
        Plan::build(loaded, catalog, ring, Vec::new())
    }

    fn build(
        loaded: &Loaded,
        catalog: &Catalog,
        ring: Arc<SharedRing>,
        mut problems: Vec<Problem>,
    ) -> Result<Plan, PlanError> {
        let Loaded { spec, settings, .. } = loaded;
        let mut table = Table::new(catalog, &spec.patterns, &mut problems);
        let fields = table.field_rules(catalog, &spec.fields, &mut problems);
        let region_codes = region_codes(&spec.patterns.regions);
        let regions = regions(&region_codes, &mut problems);
        let disabled = disabled(&spec.patterns, catalog, &mut problems);
        table.linkable(&spec.pseudonyms, catalog, &mut problems);
        table.epochs(&spec.pseudonyms, catalog, &mut problems);
        let value_sealer = table.sealer(&spec.seal, &mut problems);
        let quarantine_sealer = sealer("quarantine.recipients", &spec.quarantine.recipients, &mut problems);
        let suppression = suppression(spec.pseudonyms.suppress.as_deref(), &mut problems);
        let words = word_lists(&spec.patterns.lists, catalog, &mut problems)?;
        if !problems.is_empty() {
            return Err(loaded.error(problems).into());
        }
        let options = |disabled| Options { disabled, regions: region_codes.clone(), lists: words.clone() };
        let off = disabled.0.iter().filter(|name| disabled.1.contains(name)).cloned().collect();
        let objections = objections::rules(catalog, spec, &fields, &options(off))?;
        let with = |state, disabled| {
            let fields: Vec<FieldRule> =
                fields.iter().filter(|(s, _)| *s == state).map(|(_, rule)| rule.clone()).collect();
            let options = options(disabled);
            let any = state == State::On || !fields.is_empty() || options.disabled.len() < catalog.entities().len();
            any.then(|| Rules::compile(catalog, &fields, &options).map(Arc::new)).transpose()
        };
        let rules = with(State::On, disabled.0)?.expect("rules that are on are always compiled");
        let shadow = with(State::Shadow, disabled.1)?;
        deny::spares_erasures(loaded, &rules)?;
        let shadow_action = table.add_action(SHADOW, Action::Keep);
        let truncates = table.actions.iter().any(|action| action.truncates());
        let linked = |card: &EntityId| table.actions[table.defaults[card.0 as usize].0 as usize] == Action::Token;
        let truncated_cards = catalog.find("payment_card").filter(|card| truncates && !linked(card));
        let entities = |are: fn(&Entity) -> bool| -> Vec<EntityId> {
            (0u16..).zip(catalog.entities()).filter(|(_, entity)| are(entity)).map(|(at, _)| EntityId(at)).collect()
        };
        Ok(Plan {
            truncated_cards,
            rules,
            shadow,
            objections,
            shadow_action,
            ring,
            limits: settings.limits,
            binary_key: settings.output.binary_key,
            salts: Arc::new(SharedSalts::new()),
            suppression,
            pseudonyms: settings.pseudonyms.clone(),
            erase: settings.erase.clone(),
            quarantine_sealer,
            sealer: value_sealer,
            default_deny: spec.default_deny,
            regions,
            entities: table.entities,
            actions: table.actions,
            action_names: table.action_names,
            defaults: table.defaults,
            yielding: entities(|e| e.yields),
            repeating: entities(|e| e.repeats),
            never: entities(|e| e.never_passes),
            cards: entities(Entity::is_card),
            untyped: EntityId(catalog.entities().len() as u16),
        })
    }

    /// A pseudonymizer for one worker.
    pub fn pseudonymizer(&self) -> Pseudonymizer {
        let word = |binding: &Binding| match binding {
            Binding::Word(word) => Some(word.clone()),
            // The record says it: see `Binder`.
            Binding::From { .. } => None,
        };
        let words = word(&self.pseudonyms.tenant).zip(word(&self.pseudonyms.scope));
        Pseudonymizer::new(Parts {
            ring: Arc::clone(&self.ring),
            salts: Arc::clone(&self.salts),
            suppression: Arc::clone(&self.suppression),
            context: words.map(|(tenant, scope)| Context { tenant, scope }),
            entities: self.entities.clone(),
            actions: self.actions.clone(),
            regions: self.regions.clone(),
            sealer: self.sealer.clone(),
        })
    }

    /// Names of all entities, by [`EntityId`].
    pub fn entity_names(&self) -> Vec<&str> {
        self.entities.iter().map(|e| e.name.as_str()).collect()
    }

    /// Names of all actions, by [`ActionId`].
    pub fn action_names(&self) -> &[String] {
        &self.action_names
    }

    /// The entity of this name or token type (`email`, `em`).
    pub fn find_entity(&self, name: &str) -> Option<EntityId> {
        let at = self.entities.iter().position(|e| e.name == name || e.token_type.as_str() == name)?;
        Some(EntityId(at as u16))
    }

    /// Whether an entity has tokens of this type.
    pub fn has_token_type(&self, type_: &str) -> bool {
        self.entities.iter().any(|entity| entity.token_type.as_str() == type_)
    }

    /// What is done with an entity where no rule says otherwise.
    pub fn default_action(&self, entity: EntityId) -> ActionId {
        self.defaults[entity.0 as usize]
    }

    /// Whether the tokens of an entity hold for a day only.
    pub fn is_daily(&self, entity: EntityId) -> bool {
        self.entities[entity.0 as usize].daily
    }

    /// The name of the coarser thing whose token stands beside that of an entity.
    pub fn coarser(&self, entity: EntityId) -> Option<&str> {
        self.entities[entity.0 as usize].coarser.map(|coarser| self.entities[coarser.0 as usize].name.as_str())
    }

    /// What stands for a part that is encoded and cannot be looked into, and what is done with it.
    pub fn encoded(&self) -> (EntityId, ActionId) {
        let own = |entity: &EntityPlan| entity.name == ENCODED;
        let at = self.entities.iter().rposition(own).expect("invariant: every plan has it");
        (EntityId(at as u16), self.defaults[at])
    }

    /// Whether a value in a field of this entity is what all of it is found to be.
    #[inline]
    pub fn yields(&self, entity: EntityId) -> bool {
        self.yielding.contains(&entity)
    }

    /// Whether the words of a value of this entity are looked for in the rest of its record.
    #[inline]
    pub fn repeats(&self, entity: EntityId) -> bool {
        self.repeating.contains(&entity)
    }

    /// Whether values of the entity are words, so that neither digits nor signs tell one.
    pub fn is_of_words(&self, entity: EntityId) -> bool {
        self.entities[entity.0 as usize].form == Form::Text
    }

    /// Whether card numbers may be truncated, so that none may become a token.
    #[inline]
    pub fn truncates_cards(&self) -> bool {
        self.truncated_cards.is_some()
    }

    /// Whether it is the entity of card numbers, when none may become a token.
    pub fn is_card(&self, entity: EntityId) -> bool {
        self.truncated_cards == Some(entity)
    }

    /// Whether values of the entity are any numbers or texts: accounts, devices, fields without an entity.
    pub fn holds_any_number(&self, entity: EntityId, digits: u8) -> bool {
        match self.entities[entity.0 as usize].form {
            Form::Account | Form::Text | Form::Email => true,
            // No number of a telephone is that long (E.164).
            Form::Phone => digits > 15,
            _ => false,
        }
    }

    /// Whether the action makes the same of the same value.
    pub fn is_linked(&self, action: ActionId) -> bool {
        matches!(self.actions[action.0 as usize], Action::Token)
    }

    /// Whether values of the entity are addresses of mail.
    pub fn is_mailbox(&self, entity: EntityId) -> bool {
        self.entities[entity.0 as usize].form == Form::Email
    }

    /// The canonical form of the entity's values.
    pub fn form_of(&self, entity: EntityId) -> Form {
        self.entities[entity.0 as usize].form
    }

    /// Whether a value can be brought to the entity's canonical form: one that cannot has the token of its text as it stands.
    pub fn is_readable(&self, entity: EntityId, value: &str) -> bool {
        self.entities[entity.0 as usize].form.write(value, &self.regions, &mut Vec::new())
    }

    /// What a field that no rule names counts as, and what is done with it.
    pub fn denied(&self) -> (EntityId, ActionId) {
        (self.untyped, self.action(Action::Drop))
    }

    /// Whether values of the entity may neither pass nor become tokens.
    #[inline]
    pub fn never_passes(&self, entity: EntityId) -> bool {
        self.never.contains(&entity)
    }

    /// Whether values of the entity are numbers of cards.
    #[inline]
    pub fn is_card_number(&self, entity: EntityId) -> bool {
        self.cards.contains(&entity)
    }

    /// Whether it is what a rule speaks of that gives an action and no entity.
    #[inline]
    pub fn is_untyped(&self, entity: EntityId) -> bool {
        self.untyped == entity
    }

    /// What an action does.
    pub(super) fn action_of(&self, action: ActionId) -> Action {
        self.actions[usize::from(action.0)]
    }

    /// The action that leaves a placeholder.
    pub fn redact_action(&self) -> ActionId {
        self.action(Action::Redact)
    }

    fn action(&self, action: Action) -> ActionId {
        ActionId(self.actions.iter().position(|known| *known == action).expect("every table has it") as u16)
    }

    /// The action that makes a token of a value.
    pub fn token_action(&self) -> Option<ActionId> {
        self.actions.iter().position(|action| *action == Action::Token).map(|at| ActionId(at as u16))
    }

    /// What stands for the action where a shadow rule has found something: it stays.
    pub fn shadow_action(&self) -> ActionId {
        self.shadow_action
    }

    /// Whether the action removes the member.
    pub fn is_drop(&self, action: ActionId) -> bool {
        self.actions[action.0 as usize] == Action::Drop
    }

    /// Whether the action leaves nothing of a value, so that it can take a whole object or array.
    pub fn hides_all(&self, action: ActionId) -> bool {
        matches!(self.actions[action.0 as usize], Action::Redact)
    }
}

/// The key ring that a config names.
///
/// # Errors
/// Those of the ring: what is wrong with which key.
pub fn load_ring(source: &KeySource) -> Result<SharedRing, KeyError> {
    match source {
        KeySource::Directory(dir) => SharedRing::from_dir(dir),
        KeySource::File(file) => SharedRing::from_file(file),
    }
}

/// Entities and actions under construction.
struct Table {
    entities: Vec<EntityPlan>,
    actions: Vec<Action>,
    action_names: Vec<String>,
    defaults: Vec<ActionId>,
}

impl Table {
    fn new(catalog: &Catalog, patterns: &spec::Patterns, problems: &mut Vec<Problem>) -> Table {
        let mut table =
            Table { entities: Vec::new(), actions: Vec::new(), action_names: Vec::new(), defaults: Vec::new() };
        for name in patterns.actions.keys() {
            if catalog.find(name).is_none() {
                problems.push(unknown_entity(&format!("patterns.actions.{name}"), name, catalog));
            }
        }
        for entity in catalog.entities() {
            let mut faults = Vec::new();
            let action = match patterns.actions.get(&entity.name) {
                Some(action) => table.action(action, &format!("patterns.actions.{}", entity.name), &mut faults),
                None => {
                    let action = table.action(&entity.action, "patterns.directories", &mut faults);
                    faults.iter_mut().for_each(|f| f.message = format!("{}: {}", entity.place_of_action(), f.message));
                    action
                }
            };
            problems.append(&mut faults);
            let plan = (TokenType::parse(&entity.token_type), Form::parse(&entity.form));
            // The catalog has checked both names when it was loaded.
            let (token_type, form) = (plan.0.expect("a checked token type"), plan.1.expect("a checked form"));
            table.push(&entity.name, token_type, form, action);
        }
        table.action("drop", "", problems);
        let redact = table.action("redact", "", problems);
        table.push(FIELD, TokenType::parse("fd").expect("two letters"), Form::Text, redact);
        table.push(ENCODED, TokenType::parse("enc").expect("three letters"), Form::Text, redact);
        // Pseudonyms of signals, whatever the catalog looks for.
        let token = table.action("token", "", problems);
        for (name, letters) in [("account", "ac"), ("device", "dv"), ("payee", "py")] {
            if catalog.find(name).is_none() {
                table.push(name, TokenType::parse(letters).expect("two letters"), Form::Text, token);
            }
        }
        table
    }

    fn push(&mut self, name: &str, token_type: TokenType, form: Form, action: ActionId) {
        let action_of = self.actions[action.0 as usize];
        let name = name.to_owned();
        self.entities.push(EntityPlan { name, token_type, form, action: action_of, daily: false, coarser: None });
        self.defaults.push(action);
    }

    /// The place of an action in the table; an unknown one is a problem of `field`.
    fn action(&mut self, name: &str, field: &str, problems: &mut Vec<Problem>) -> ActionId {
        if let Some(at) = self.action_names.iter().position(|known| known == name) {
            return ActionId(at as u16);
        }
        let action = Action::parse(name).unwrap_or_else(|error| {
            problems.push(Problem::new(field, error.to_string()));
            Action::Redact
        });
        self.add_action(name, action)
    }

    fn add_action(&mut self, name: &str, action: Action) -> ActionId {
        self.actions.push(action);
        self.action_names.push(name.to_owned());
        ActionId((self.actions.len() - 1) as u16)
    }

    /// Marks the entities whose tokens hold for a day.
    fn epochs(&mut self, spec: &spec::Pseudonyms, catalog: &Catalog, problems: &mut Vec<Problem>) {
        // Accounts, devices and payees of signals are none of the catalog.
        let is_known = |name: &str| self.entities.iter().any(|entity| entity.name == name);
        for name in spec.epochs.keys().filter(|name| !is_known(name)) {
            problems.push(unknown_entity(&format!("pseudonyms.epochs.{name}"), name, catalog));
        }
        for entity in catalog.entities().iter().filter(|entity| entity.never_passes) {
            if spec.epochs.get(&entity.name) == Some(&spec::Epoch::Daily) {
                let fix = "is about tokens, and what may never pass never has one; remove it";
                problems.push(Problem::new(format!("pseudonyms.epochs.{}", entity.name), fix));
            }
        }
        for plan in &mut self.entities {
            plan.daily = *spec.epochs.get(&plan.name).unwrap_or(&spec.epoch) == spec::Epoch::Daily;
        }
        // What stands beside a token that dies with its day must die with it.
        for at in 0..self.entities.len() {
            if let Some(coarser) = self.entities[at].coarser {
                self.entities[usize::from(coarser.0)].daily |= self.entities[at].daily;
            }
        }
    }

    /// Puts coarser tokens beside those of the entities that the config names.
    fn linkable(&mut self, spec: &spec::Pseudonyms, catalog: &Catalog, problems: &mut Vec<Problem>) {
        for (name, coarser) in &spec.linkable {
            let field = format!("pseudonyms.linkable.{name}");
            let Some(entity) = catalog.find(name) else {
                problems.push(unknown_entity(&field, name, catalog));
                continue;
            };
            let (of, coarser, token_type, form) = match coarser {
                spec::Linkable::Mailbox => (Form::Email, "mailbox", "emx", Form::Mailbox),
                spec::Linkable::Network => (Form::Ip, "ip_network", "ipn", Form::IpNetwork),
            };
            if self.entities[usize::from(entity.0)].form != of {
                let fix = "`mailbox` is for e-mail addresses and `network` for IP addresses";
                problems.push(Problem::new(field, format!("is nothing that `{name}` has: {fix}")));
                continue;
            }
            let known = self.entities.iter().position(|plan| plan.name == coarser);
            let at = known.unwrap_or_else(|| {
                let token = self.action("token", "", problems);
                self.push(coarser, TokenType::parse(token_type).expect("three letters"), form, token);
                self.entities.len() - 1
            });
            self.entities[usize::from(entity.0)].coarser = Some(EntityId(at as u16));
        }
    }

    /// Who seals values.
    fn sealer(&self, spec: &spec::Sealing, problems: &mut Vec<Problem>) -> Option<Arc<dyn Seal>> {
        if spec.recipients.is_empty() && self.actions.contains(&Action::Seal) {
            let fix = "is empty, and an action is `seal`; add the public key (`age1…`) of who may open the values";
            problems.push(Problem::new("seal.recipients", fix));
        }
        sealer("seal.recipients", &spec.recipients, problems)
    }

    fn field_rules(
        &mut self,
        catalog: &Catalog,
        rules: &[spec::FieldRule],
        problems: &mut Vec<Problem>,
    ) -> Vec<(State, FieldRule)> {
        let mut out = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let entity = rule.entity.as_deref().map(|name| {
                catalog.find(name).unwrap_or_else(|| {
                    problems.push(unknown_entity(&format!("fields[{index}].entity"), name, catalog));
                    EntityId(0)
                })
            });
            let field = format!("fields[{index}].action");
            let lists = rule.action.as_deref() == Some(SCAN);
            if lists && entity.is_some() {
                problems
                    .push(Problem::new(&field, "`scan` asks what the field holds, and `entity` says it; remove one"));
            }
            let known = problems.len();
            let action = rule.action.as_deref().filter(|_| !lists).map(|name| self.action(name, &field, problems));
            // Only here there is one more.
            problems[known..].iter_mut().for_each(|problem| problem.message += ", scan");
            let keep = action.is_some_and(|a| self.actions[a.0 as usize] == Action::Keep);
            if keep && rule.state == State::Shadow {
                let fix = "has nothing to count when the field is kept; remove `state`, or the rule";
                problems.push(Problem::new(format!("fields[{index}].state"), fix));
            }
            let anything = EntityId(catalog.entities().len() as u16);
            let entity = if keep || lists { None } else { Some(entity.unwrap_or(anything)) };
            let paths = rule.path.iter().flat_map(|list| &list.0).cloned().map(Select::Path);
            let names = rule.name.iter().flat_map(|list| &list.0).cloned().map(Select::Name);
            let hides = rule.action.as_deref().is_some_and(policy::hides);
            let rules: Vec<FieldRule> =
                paths.chain(names).map(|select| FieldRule { select, entity, action, scan: !keep, hides }).collect();
            problems.extend(rules.iter().filter_map(|rule| select_problem(index, &rule.select)));
            out.extend(rules.into_iter().map(|field| (rule.state, field)));
        }
        out
    }
}

fn select_problem(index: usize, select: &Select) -> Option<Problem> {
    let (what, text) = match select {
        Select::Path(path) => ("path", path),
        Select::Name(name) => ("name", name),
    };
    let fix = "paths look like `user.contacts[].email`, `@key`, `@headers.x-user`, `**.email`; names like `e_mail`";
    let fault = select.fault()?;
    Some(Problem::new(format!("fields[{index}].{what}"), format!("`{text}` {fault}; {fix}")))
}

fn sealer(field: &str, recipients: &[String], problems: &mut Vec<Problem>) -> Option<Arc<dyn Seal>> {
    let mut keys = Vec::new();
    for (i, text) in recipients.iter().enumerate() {
        match Recipient::parse(text) {
            Some(key) => keys.push(key),
            None => {
                let fix = "is no age recipient; write a public key such as `age-keygen` prints: `age1` and 58 letters and digits";
                problems.push(Problem::new(format!("{field}[{i}]"), fix));
            }
        }
    }
    (!keys.is_empty()).then(|| Arc::new(Sealer::new(keys)) as Arc<dyn Seal>)
}
