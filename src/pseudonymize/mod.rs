//! What takes the place of a value: the token contract, the key ring, and the actions.
//!
//! A token is `<type>_1<kid>[d<day>]_<24 letters>`: a keyed pseudonym of the value's canonical form, one for every
//! spelling, another for every type, tenant, scope, key and day. Without the root key it can be neither reversed nor
//! guessed. Keys stay in here: no other module sees one.

mod action;
mod derive;
mod error;
mod key_file;
mod ring;
mod shared;
mod state_key;
mod token;

use std::sync::Arc;

use crate::canonical::Form;
use crate::canonical::phone::Region;
use crate::canonical::token::parse_at;
use crate::record::{ActionId, EntityId, Reject};

pub use action::{Action, ActionError, Generalize, Mask, write_placeholder};
pub use derive::{Epoch, TokenMac};
pub use error::KeyError;
pub use key_file::new_key_file;
pub use ring::{KeyId, KeyRing, MIN_KEY_BYTES, RootKey};
pub use shared::SharedRing;
pub use state_key::StateKey;
pub use token::{TokenType, write_token};

/// Fewest bytes of a token.
const MIN_TOKEN_BYTES: usize = "em_1k1_".len() + crate::canonical::token::LETTERS;

/// What tokens are bound to besides their key and type. Each name is shorter than 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Whose data it is.
    pub tenant: String,
    /// Within which values join.
    pub scope: String,
}

/// How values of one entity are pseudonymized.
#[derive(Clone, Debug)]
pub struct EntityPlan {
    /// Its name in the catalog, shown in placeholders: `email`.
    pub name: String,
    /// Type of its tokens: `em`.
    pub token_type: TokenType,
    /// Its canonical form.
    pub form: Form,
    /// What is done where no rule says otherwise.
    pub action: Action,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was written takes its place.
    Replaced,
    /// The member or element that holds it goes; nothing was written.
    Removed,
    /// It stays; nothing was written.
    Kept,
}

/// Pseudonymizes the values of one worker, with every key's state ready: a token costs two hash blocks, and nothing
/// is allocated.
pub struct Pseudonymizer {
    shared: Arc<SharedRing>,
    context: Context,
    entities: Vec<EntityPlan>,
    actions: Vec<Action>,
    regions: Vec<Region>,
    generation: u64,
    ring: Arc<KeyRing>,
    /// By key of the ring, then by entity.
    macs: Vec<TokenMac>,
    /// The key of the record at hand, by its place in the ring.
    active: Option<usize>,
    /// Canonical bytes of the value at hand.
    scratch: Vec<u8>,
}

impl Pseudonymizer {
    /// A pseudonymizer with the ring as it is now. `entities` and `actions` are indexed by [`EntityId`] and
    /// [`ActionId`]; `regions` are those whose local phone numbers are understood, the likeliest first.
    pub fn new(
        ring: Arc<SharedRing>,
        context: Context,
        entities: Vec<EntityPlan>,
        actions: Vec<Action>,
        regions: Vec<Region>,
    ) -> Self {
        let generation = ring.generation();
        let current = ring.current();
        let mut new = Pseudonymizer {
            shared: ring,
            context,
            entities,
            actions,
            regions,
            generation,
            ring: current,
            macs: Vec::new(),
            active: None,
            scratch: Vec::with_capacity(256),
        };
        new.derive_all();
        new
    }

    /// Chooses the key for a record by its Kafka timestamp (ms since 1970), so that every redelivery gets the same.
    ///
    /// # Errors
    /// [`Reject::NoKey`]: no key of the ring holds at this time.
    pub fn begin(&mut self, timestamp_ms: i64) -> Result<(), Reject> {
        self.active = self.ring.active_at(timestamp_ms);
        self.active.map(|_| ()).ok_or(Reject::NoKey)
    }

    /// Takes over a ring that was swapped in since the last call (then true). Called between batches, so no record
    /// mixes two rings.
    pub fn refresh(&mut self) -> bool {
        let generation = self.shared.generation();
        if generation == self.generation {
            return false;
        }
        self.generation = generation;
        self.ring = self.shared.current();
        self.active = None;
        self.derive_all();
        true
    }

    /// Ids of all keys whose tokens are ours.
    pub fn key_ids(&self) -> Vec<String> {
        self.ring.ids().map(|id| id.to_string()).collect()
    }

    /// Appends to `out` what replaces `text`, a value in plain (decoded) form: plain text too, not yet escaped for
    /// JSON. `action` is that of the rule that found it; `None`: the entity's own. Without a key for the record
    /// ([`Pseudonymizer::begin`]) tokens become placeholders.
    pub fn apply(&mut self, entity: EntityId, action: Option<ActionId>, text: &str, out: &mut Vec<u8>) -> Outcome {
        let plan = &self.entities[usize::from(entity.0)];
        let action = action.map_or(plan.action, |id| self.actions[usize::from(id.0)]);
        let value = action::Value { text, form: plan.form, regions: &self.regions, entity: &plan.name };
        match action {
            Action::Token => self.apply_token(entity, text, out),
            Action::Redact => write_placeholder(&plan.name, out),
            Action::Mask(mask) => value.write_masked(mask, &mut self.scratch, out),
            Action::Generalize(how) => value.write_generalized(how, out),
            Action::Drop => return Outcome::Removed,
            Action::Keep => return Outcome::Kept,
        }
        Outcome::Replaced
    }

    /// The tokens of a value under every key of the ring, by the number of the key's id.
    pub fn tokens_of(&mut self, entity: EntityId, text: &str) -> Vec<String> {
        (0..self.ring.keys().len())
            .map(|key| {
                let mut token = Vec::new();
                self.write_value_token(key, entity, text, &mut token);
                String::from_utf8(token).expect("tokens are ASCII")
            })
            .collect()
    }

    fn apply_token(&mut self, entity: EntityId, text: &str, out: &mut Vec<u8>) {
        if text.len() >= MIN_TOKEN_BYTES && self.is_own_token(text) {
            // Scrubbed before: a token of a token would join with nothing.
            out.extend_from_slice(text.as_bytes());
        } else if let Some(key) = self.active {
            self.write_value_token(key, entity, text, out);
        } else {
            write_placeholder(&self.entities[usize::from(entity.0)].name, out);
        }
    }

    fn is_own_token(&self, text: &str) -> bool {
        let token = parse_at(text, 0).filter(|token| token.span.end == text.len());
        token.is_some_and(|token| self.ring.ids().any(|id| id.as_str() == token.kid))
    }

    fn write_value_token(&mut self, key: usize, entity: EntityId, text: &str, out: &mut Vec<u8>) {
        let index = usize::from(entity.0);
        let plan = &self.entities[index];
        self.scratch.clear();
        if !plan.form.write(text, &self.regions, &mut self.scratch) {
            Form::Text.write(text, &self.regions, &mut self.scratch);
        }
        let code = self.macs[key * self.entities.len() + index].code(&self.scratch);
        write_token(out, plan.token_type, self.ring.keys()[key].id(), None, &code);
    }

    fn derive_all(&mut self) {
        let Context { tenant, scope } = &self.context;
        // Room for all at once: growing would leave copies of key states behind.
        let mut macs = Vec::with_capacity(self.ring.keys().len() * self.entities.len());
        for key in self.ring.keys() {
            macs.extend(self.entities.iter().map(|plan| TokenMac::derive(key, None, tenant, plan.token_type, scope)));
        }
        self.macs = macs;
    }
}

#[cfg(test)]
mod tests;
