//! The rules by which a record is looked through for somebody who has objected.

use super::*;

/// Those rules, where those that scrub do not see all: nothing is dropped, kept or in shadow by them.
pub(super) fn rules(
    catalog: &Catalog,
    spec: &spec::Spec,
    fields: &[(State, FieldRule)],
    off: &Options,
) -> Result<Option<Arc<Rules>>, CatalogError> {
    let untyped = EntityId(catalog.entities().len() as u16);
    let drops = |rule: &spec::FieldRule| rule.action.as_deref() == Some("drop");
    let hides = fields.iter().any(|(_, rule)| rule.entity == Some(untyped) || rule.entity.is_none() && !rule.scan)
        || spec.fields.iter().any(|rule| drops(rule) || rule.state != State::On);
    let shows = spec.patterns.states.values().any(|state| *state == State::Shadow)
        || spec.patterns.actions.values().any(|action| action == "keep")
        || catalog.entities().iter().any(|entity| entity.action == "keep");
    if spec.pseudonyms.suppress.is_none() || !(hides || shows || spec.default_deny) {
        return Ok(None);
    }
    // What a rule says that a field holds is so; what it does with it is left out.
    let says = fields
        .iter()
        .filter(|(state, rule)| *state != State::Off && rule.entity.is_some_and(|entity| entity != untyped));
    let says: Vec<FieldRule> = says.map(|(_, rule)| FieldRule { action: None, hides: false, ..rule.clone() }).collect();
    Rules::compile(catalog, &says, off).map(|rules| Some(Arc::new(rules)))
}

impl Plan {
    /// The plan by which records are looked through once more for listed pseudonyms, where one is needed.
    pub(in crate::pipeline) fn for_objections(&self) -> Option<Plan> {
        let rules = Arc::clone(self.objections.as_ref()?);
        let redacted = |entity: &EntityPlan| EntityPlan { action: Action::Redact, ..entity.clone() };
        Some(Plan {
            rules,
            shadow: None,
            default_deny: false,
            truncated_cards: None,
            objections: None,
            entities: self.entities.iter().map(redacted).collect(),
            defaults: vec![self.redact_action(); self.defaults.len()],
            ..self.clone()
        })
    }
}
