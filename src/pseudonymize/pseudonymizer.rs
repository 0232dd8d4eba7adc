//! Puts pseudonyms in the place of values: one per worker, with the states of its keys ready.

use std::sync::Arc;

use super::action::{Action, Value, write_placeholder};
use super::derive::Epoch;
use super::ring::{KeyPair, KeyRing};
use super::salts::{SharedSalts, day_of};
use super::shared::SharedRing;
use super::states::States;
use super::suppress::{Listed, SharedSuppression, Suppression};
use super::token::{TokenType, write_token};
use super::{Context, EntityPlan, MIN_TOKEN_BYTES, Outcome, Seal};
use crate::canonical::Form;
use crate::canonical::phone::Region;
use crate::canonical::{sealed, token::parse_at};
use crate::record::{ActionId, EntityId, Reject};

/// Between tokens of one value: the old key's and the new one's in a time of two keys, and that of the coarser thing.
pub const PAIR_SEPARATOR: u8 = b'|';

/// What a pseudonymizer works by. Indexed by [`EntityId`] and [`ActionId`].
pub struct Parts {
    /// The root keys.
    pub ring: Arc<SharedRing>,
    /// The daily salts.
    pub salts: Arc<SharedSalts>,
    /// Pseudonyms whose records are dropped.
    pub suppression: Arc<SharedSuppression>,
    /// Tenant and scope of all records; `None`: each record is bound to its own ([`Pseudonymizer::bind`]).
    pub context: Option<Context>,
    /// What is done with each entity.
    pub entities: Vec<EntityPlan>,
    /// The table of actions.
    pub actions: Vec<Action>,
    /// Those whose local phone numbers are understood, the likeliest first.
    pub regions: Vec<Region>,
    /// Who seals; without, [`Action::Seal`] leaves a placeholder.
    pub sealer: Option<Arc<dyn Seal>>,
}

/// Pseudonymizes the values of one worker: a token costs two hash blocks, daily or not, and nothing is allocated.
pub struct Pseudonymizer {
    parts: Parts,
    /// Whether any entity has daily tokens.
    any_daily: bool,
    generations: [u64; 3],
    ring: Arc<KeyRing>,
    salts: Arc<Vec<Arc<Epoch>>>,
    suppression: Arc<Suppression>,
    states: States,
    /// The key (in a time of two keys: both) of the record at hand.
    keys: Option<KeyPair>,
    /// The salt of its day, by its place in `salts`, if there is one.
    epoch: Option<usize>,
    /// Whether tenant and scope of the record at hand are known; before that no token is made.
    bound: bool,
    /// Its tenant and scope.
    context: Context,
    /// The sets of states of `keys`, once one was needed.
    sets: Option<(usize, Option<usize>)>,
    /// In a time of two keys, write the old token alone: a Kafka key must stay what it was.
    single: bool,
    notes: Notes,
    /// Canonical bytes of the value at hand.
    scratch: Vec<u8>,
}

/// What was met in a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// A listed pseudonym: the record must be dropped.
    pub suppressed: bool,
    /// A value was redacted because there is no salt for the record's day.
    pub saltless: bool,
}

impl Pseudonymizer {
    /// A pseudonymizer with keys and salts as they are now.
    pub fn new(parts: Parts) -> Self {
        let generations = [parts.ring.generation(), parts.salts.generation(), parts.suppression.generation()];
        Pseudonymizer {
            any_daily: parts.entities.iter().any(|plan| plan.daily),
            generations,
            ring: parts.ring.current(),
            salts: parts.salts.current(),
            suppression: parts.suppression.current(),
            states: States::new(parts.entities.len()),
            keys: None,
            epoch: None,
            bound: parts.context.is_some(),
            context: parts.context.clone().unwrap_or_default(),
            sets: None,
            single: false,
            notes: Notes::default(),
            scratch: Vec::with_capacity(256),
            parts,
        }
    }

    /// Begins a record: its Kafka timestamp (ms since 1970) chooses key and salt, so that every redelivery gets the same.
    ///
    /// # Errors
    /// [`Reject::NoKey`]: no key of the ring holds at this time.
    pub fn begin(&mut self, timestamp_ms: i64) -> Result<(), Reject> {
        self.notes = Notes::default();
        self.single = false;
        self.bound = self.parts.context.is_some();
        let keys = self.ring.pair_at(timestamp_ms);
        let day = if self.any_daily { day_of(timestamp_ms) } else { None };
        if keys != self.keys || day != self.day(self.epoch) {
            (self.keys, self.sets) = (keys, None);
            self.epoch = day.and_then(|day| self.salts.iter().position(|epoch| epoch.day == day));
        }
        self.keys.map(|_| ()).ok_or(Reject::NoKey)
    }

    /// Binds the tokens of the record at hand to a tenant and a scope.
    pub fn bind(&mut self, tenant: &str, scope: &str) {
        self.bound = true;
        if self.context.tenant != tenant || self.context.scope != scope {
            for (mine, new) in [(&mut self.context.tenant, tenant), (&mut self.context.scope, scope)] {
                mine.clear();
                mine.push_str(new);
            }
            self.sets = None;
        }
    }

    /// Whether from now on, in a time of two keys, the old token stands alone.
    pub fn single(&mut self, single: bool) {
        self.single = single;
    }

    /// Whether the salt of a time's day is there, or none is ever needed.
    pub fn has_salt_of(&self, timestamp_ms: i64) -> bool {
        !self.any_daily || day_of(timestamp_ms).is_some_and(|day| self.salts.iter().any(|epoch| epoch.day == day))
    }

    /// What was met since [`Pseudonymizer::begin`].
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// Number of pairs of a readable key and a living day: under each of them a value may have been given a token.
    pub fn variants(&self) -> usize {
        self.ring.keys().len() * self.days()
    }

    /// Goes on with the keys and the day of one of the variants, for the record at hand. False: its key cannot be read.
    pub fn choose_variant(&mut self, variant: usize) -> bool {
        let (key, day) = (variant / self.days(), variant % self.days());
        (self.keys, self.sets) = (Some(KeyPair { active: key, old: None }), None);
        self.epoch = Some(day).filter(|day| self.any_daily && *day < self.salts.len());
        self.ring.keys()[key].is_readable()
    }

    fn days(&self) -> usize {
        if self.any_daily { self.salts.len().max(1) } else { 1 }
    }

    /// Takes over keys, salts and suppressed pseudonyms that were swapped in since the last call; true: the keys were
    /// others. Called between batches, so no record mixes two rings.
    pub fn refresh(&mut self) -> bool {
        let Parts { ring, salts, suppression, .. } = &self.parts;
        let now = [ring.generation(), salts.generation(), suppression.generation()];
        if now == self.generations {
            return false;
        }
        let new_keys = now[0] != self.generations[0];
        if new_keys {
            self.ring = ring.current();
            self.states.clear();
        }
        if now[1] != self.generations[1] {
            self.salts = salts.current();
            let living = &self.salts;
            self.states.keep_days(|day| living.iter().any(|epoch| epoch.day == day));
        }
        self.suppression = suppression.current();
        (self.keys, self.epoch, self.sets) = (None, None, None);
        self.generations = now;
        new_keys
    }

    /// Ids of all keys whose tokens are ours.
    pub fn key_ids(&self) -> Vec<String> {
        self.ring.ids().map(|id| id.to_string()).collect()
    }

    /// Appends to `out` what replaces `text`, a value in plain (decoded) form: plain text too, not yet escaped for
    /// JSON. `action` is that of the rule that found it; `None`: the entity's own. Without a key for the record
    /// ([`Pseudonymizer::begin`]), or without a salt for its day, tokens become placeholders.
    pub fn apply(&mut self, entity: EntityId, action: Option<ActionId>, text: &str, out: &mut Vec<u8>) -> Outcome {
        let plan = &self.parts.entities[usize::from(entity.0)];
        let action = action.map_or(plan.action, |id| self.parts.actions[usize::from(id.0)]);
        let value = Value { text, form: plan.form, regions: &self.parts.regions, entity: &plan.name };
        match action {
            Action::Token => self.apply_token(entity, text, out),
            Action::Redact => write_placeholder(&plan.name, out),
            Action::Mask(mask) => value.write_masked(mask, &mut self.scratch, out),
            Action::Generalize(how) => value.write_generalized(how, out),
            Action::Seal => self.seal(entity, text, out),
            Action::Drop => {}
            Action::Keep => return Outcome::Kept,
        }
        if !self.suppression.is_empty() && !self.notes.suppressed {
            let coarser = self.parts.entities[usize::from(entity.0)].coarser;
            let listed = self.is_suppressed(entity, text) || coarser.is_some_and(|c| self.is_suppressed(c, text));
            self.notes.suppressed = listed;
        }
        match action {
            Action::Token | Action::Redact => Outcome::Coded,
            Action::Drop => Outcome::Removed,
            _ => Outcome::Replaced,
        }
    }

    /// The tokens of a value, under every readable key by its number, and for daily ones on every living day.
    pub fn tokens_of(&mut self, entity: EntityId, text: &str) -> Vec<String> {
        let daily = self.parts.entities[usize::from(entity.0)].daily;
        let days: Vec<_> = if daily { (0..self.salts.len()).map(Some).collect() } else { vec![None] };
        let readable: Vec<_> = (0..self.ring.keys().len()).filter(|&key| self.ring.keys()[key].is_readable()).collect();
        let mut tokens = Vec::new();
        for key in readable {
            for &epoch in &days {
                let set = self.states.set(key, self.day(epoch), &self.context, None);
                let mut token = Vec::new();
                self.canonical(entity, text);
                self.write_code(set, key, epoch, entity, &mut token);
                tokens.push(String::from_utf8(token).expect("tokens are ASCII"));
            }
        }
        self.sets = None;
        tokens
    }

    /// Whether any pseudonym is listed.
    #[inline]
    pub fn suppresses(&self) -> bool {
        !self.suppression.is_empty()
    }

    /// Whether `text` carries a token that is listed: one that was there before us.
    pub fn carries_suppressed(&self, text: &[u8]) -> bool {
        !self.suppression.is_empty() && self.suppression.is_in(text)
    }

    fn apply_token(&mut self, entity: EntityId, text: &str, out: &mut Vec<u8>) {
        let plan = &self.parts.entities[usize::from(entity.0)];
        if text.len() >= MIN_TOKEN_BYTES && (self.is_own(text) || sealed::is_all(text)) {
            // Scrubbed before: a token of a token would join with nothing.
            out.extend_from_slice(text.as_bytes());
            return;
        }
        let saltless = plan.daily && self.epoch.is_none();
        let Some(keys) = self.keys.filter(|_| !saltless && self.bound) else {
            self.notes.saltless |= saltless;
            return write_placeholder(&plan.name, out);
        };
        let (epoch, day) = (self.epoch, self.day(self.epoch));
        let (active, old) = *self.sets.get_or_insert_with(|| {
            let active = self.states.set(keys.active, day, &self.context, None);
            (active, keys.old.map(|old| self.states.set(old, day, &self.context, Some(active))))
        });
        let mut next = Some(entity);
        while let Some(entity) = next {
            self.canonical(entity, text);
            if let (Some(set), Some(key)) = (old, keys.old) {
                self.write_code(set, key, epoch, entity, out);
                if self.single {
                    return;
                }
                out.push(PAIR_SEPARATOR);
            }
            self.write_code(active, keys.active, epoch, entity, out);
            next = self.parts.entities[usize::from(entity.0)].coarser.filter(|_| !self.single);
            if next.is_some() {
                out.push(PAIR_SEPARATOR);
            }
        }
    }

    fn seal(&mut self, entity: EntityId, text: &str, out: &mut Vec<u8>) {
        if sealed::is_all(text) || text.len() >= MIN_TOKEN_BYTES && self.is_own(text) {
            return out.extend_from_slice(text.as_bytes());
        }
        let file = self.parts.sealer.as_ref().and_then(|sealer| sealer.seal(text.as_bytes()));
        match file {
            Some(file) => sealed::write(&file, out),
            None => write_placeholder(&self.parts.entities[usize::from(entity.0)].name, out),
        }
    }

    /// Whether `text` is a token of ours, or several of one value.
    fn is_own(&self, text: &str) -> bool {
        let ours = |text: &str| {
            let token = parse_at(text, 0).filter(|token| token.span.end == text.len());
            token.is_some_and(|token| self.ring.ids().any(|id| id.as_str() == token.kid))
        };
        text.split(char::from(PAIR_SEPARATOR)).all(ours)
    }

    /// Whether the value has a listed token under any of the keys that the list names, whatever became of the value.
    fn is_suppressed(&mut self, entity: EntityId, text: &str) -> bool {
        let plan = &self.parts.entities[usize::from(entity.0)];
        let (type_, daily) = (plan.token_type, plan.daily);
        if self.is_own(text) {
            return self.suppression.is_in(text.as_bytes());
        }
        if !self.suppression.has_type(type_) || daily && self.epoch.is_none() || !self.bound {
            return false;
        }
        let suppression = Arc::clone(&self.suppression);
        let set_day = self.day(self.epoch);
        self.canonical(entity, text);
        (0..self.ring.keys().len()).any(|key| {
            let root = &self.ring.keys()[key];
            if !root.is_readable() || !suppression.has_key(root.id()) {
                return false;
            }
            let set = self.states.set(key, set_day, &self.context, self.sets.map(|sets| sets.0));
            let plan = &self.parts.entities[usize::from(entity.0)];
            let epoch = self.epoch.filter(|_| daily).map(|at| &*self.salts[at]);
            let code = self.states.mac(set, usize::from(entity.0), plan, root, epoch).code(&self.scratch);
            self.sets = None;
            suppression.lists(&Listed { type_, kid: root.id(), day: epoch.map(|epoch| epoch.day), code })
        })
    }

    fn day(&self, epoch: Option<usize>) -> Option<u32> {
        epoch.map(|at| self.salts[at].day)
    }

    /// Brings a value to its canonical form, in `scratch`.
    fn canonical(&mut self, entity: EntityId, text: &str) {
        let plan = &self.parts.entities[usize::from(entity.0)];
        self.scratch.clear();
        if !plan.form.write(text, &self.parts.regions, &mut self.scratch) {
            Form::Text.write(text, &self.parts.regions, &mut self.scratch);
        }
    }

    /// Appends the token of what is in `scratch`.
    fn write_code(&mut self, set: usize, key: usize, epoch: Option<usize>, entity: EntityId, out: &mut Vec<u8>) {
        let plan = &self.parts.entities[usize::from(entity.0)];
        let epoch = epoch.filter(|_| plan.daily).map(|at| &*self.salts[at]);
        let root = &self.ring.keys()[key];
        let code = self.states.mac(set, usize::from(entity.0), plan, root, epoch).code(&self.scratch);
        let (type_, kid): (TokenType, _) = (plan.token_type, root.id());
        write_token(out, type_, kid, epoch.map(|epoch| epoch.day), &code);
    }
}
