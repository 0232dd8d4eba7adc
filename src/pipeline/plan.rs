//! What all workers share: the rules of detection, what is done with what is found, and the keys.

use std::sync::Arc;

use super::policy;
use crate::canonical::Form;
use crate::canonical::phone::Region;
use crate::config::{BinaryKey, KeySource, Limits, Loaded, Problem, nearest, spec};
use crate::detect::{Catalog, CatalogError, FieldRule, Options, Rules, Select};
use crate::pseudonymize::{Action, Context, EntityPlan, KeyError, Pseudonymizer, SharedRing, TokenType};
use crate::record::{ActionId, EntityId};

/// The compiled plan. Immutable; workers hold it in an `Arc`.
pub struct Plan {
    /// Rules of detection.
    pub rules: Arc<Rules>,
    /// The key ring.
    pub ring: Arc<SharedRing>,
    /// Limits on one record.
    pub limits: Limits,
    /// Kafka keys that are not UTF-8.
    pub binary_key: BinaryKey,
    /// Whether fields that no rule names are dropped.
    pub default_deny: bool,
    context: Context,
    regions: Vec<Region>,
    entities: Vec<EntityPlan>,
    actions: Vec<Action>,
    action_names: Vec<String>,
    /// By entity: its action where no rule says otherwise.
    defaults: Vec<ActionId>,
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
    /// The keys are at fault.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// The name of what a field holds when a rule gives an action and no entity.
const FIELD: &str = "field";
/// The action of a rule that says no more than that a field is known.
const SCAN: &str = "scan";

impl Plan {
    /// Compiles a config with the keys of `ring`.
    ///
    /// # Errors
    /// The first pattern file that is at fault, or every field of the config that is.
    pub fn compile(loaded: &Loaded, ring: Arc<SharedRing>) -> Result<Plan, PlanError> {
        let Loaded { spec, settings, .. } = loaded;
        let mut catalog = Catalog::builtin();
        for directory in &spec.patterns.directories {
            catalog.load_dir(directory)?;
        }
        let mut problems = Vec::new();
        let mut table = Table::new(&catalog, &spec.patterns, &mut problems);
        let fields = table.field_rules(&catalog, &spec.fields, &mut problems);
        let region_codes = region_codes(&spec.patterns.regions);
        let regions = regions(&region_codes, &mut problems);
        for name in &spec.patterns.disable {
            if catalog.find(name).is_none() {
                problems.push(unknown_entity("patterns.disable", name, &catalog));
            }
        }
        policy::check(&catalog, spec, &mut problems);
        if !problems.is_empty() {
            return Err(loaded.error(problems).into());
        }
        let options = Options { disabled: spec.patterns.disable.clone(), regions: region_codes };
        let rules = Rules::compile(&catalog, &fields, &options)?;
        Ok(Plan {
            rules: Arc::new(rules),
            ring,
            limits: settings.limits,
            binary_key: settings.output.binary_key,
            default_deny: spec.default_deny,
            context: Context { tenant: settings.tenant.clone(), scope: settings.scope.clone() },
            regions,
            entities: table.entities,
            actions: table.actions,
            action_names: table.action_names,
            defaults: table.defaults,
        })
    }

    /// A pseudonymizer for one worker.
    pub fn pseudonymizer(&self) -> Pseudonymizer {
        Pseudonymizer::new(
            Arc::clone(&self.ring),
            self.context.clone(),
            self.entities.clone(),
            self.actions.clone(),
            self.regions.clone(),
        )
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

    /// What is done with an entity where no rule says otherwise.
    pub fn default_action(&self, entity: EntityId) -> ActionId {
        self.defaults[entity.0 as usize]
    }

    /// What a field that no rule names counts as, and what is done with it.
    pub fn denied(&self) -> (EntityId, ActionId) {
        let field = self.entities.iter().position(|e| e.name == FIELD).expect("every table has it");
        let drop = self.actions.iter().position(|a| *a == Action::Drop).expect("every table has it");
        (EntityId(field as u16), ActionId(drop as u16))
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
            let (action, field) = match patterns.actions.get(&entity.name) {
                Some(action) => (action.as_str(), format!("patterns.actions.{}", entity.name)),
                None => (entity.action.as_str(), String::new()),
            };
            let action = table.action(action, &field, problems);
            let plan = (TokenType::parse(&entity.token_type), Form::parse(&entity.form));
            // The catalog has checked both names when it was loaded.
            let (token_type, form) = (plan.0.expect("a checked token type"), plan.1.expect("a checked form"));
            table.push(&entity.name, token_type, form, action);
        }
        table.action("drop", "", problems);
        let redact = table.action("redact", "", problems);
        table.push(FIELD, TokenType::parse("fd").expect("two letters"), Form::Text, redact);
        table
    }

    fn push(&mut self, name: &str, token_type: TokenType, form: Form, action: ActionId) {
        let plan = EntityPlan { name: name.to_owned(), token_type, form, action: self.actions[action.0 as usize] };
        self.entities.push(plan);
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
        self.actions.push(action);
        self.action_names.push(name.to_owned());
        ActionId((self.actions.len() - 1) as u16)
    }

    fn field_rules(
        &mut self,
        catalog: &Catalog,
        rules: &[spec::FieldRule],
        problems: &mut Vec<Problem>,
    ) -> Vec<FieldRule> {
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
            let action = rule.action.as_deref().filter(|_| !lists).map(|name| self.action(name, &field, problems));
            let keep = action.is_some_and(|a| self.actions[a.0 as usize] == Action::Keep);
            let anything = EntityId(catalog.entities().len() as u16);
            let entity = if keep || lists { None } else { Some(entity.unwrap_or(anything)) };
            let paths = rule.path.iter().flat_map(|list| &list.0).cloned().map(Select::Path);
            let names = rule.name.iter().flat_map(|list| &list.0).cloned().map(Select::Name);
            out.extend(paths.chain(names).map(|select| FieldRule { select, entity, action, scan: !keep }));
        }
        out
    }
}

/// The regions that the config names; none: all of them.
fn region_codes(named: &[String]) -> Vec<String> {
    if named.is_empty() { Region::ALL.iter().map(|region| region.code().to_owned()).collect() } else { named.to_vec() }
}

fn regions(names: &[String], problems: &mut Vec<Problem>) -> Vec<Region> {
    names
        .iter()
        .filter_map(|name| {
            let region = Region::parse(name);
            if region.is_none() {
                problems.push(Problem::new("patterns.regions", format!("unknown region `{name}`")));
            }
            region
        })
        .collect()
}

fn unknown_entity(field: &str, name: &str, catalog: &Catalog) -> Problem {
    let hint = nearest(name, catalog.names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Problem::new(field, format!("unknown entity `{name}`{hint}"))
}
