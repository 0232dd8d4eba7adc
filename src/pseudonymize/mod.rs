//! What takes the place of a value: the token contract, the key ring, and the actions.
//!
//! A token is `<type>_1<kid>[d<day>]_<24 letters>`: a keyed pseudonym of the value's canonical form, one for every
//! spelling, another for every type, tenant, scope, key and day. Without the root key it can be neither reversed nor
//! guessed. Keys stay in here: no other module sees one.

mod action;
pub mod age;
mod derive;
mod error;
mod key_file;
mod pseudonymizer;
mod ring;
mod salts;
mod shared;
mod state_key;
mod states;
mod suppress;
mod token;

use crate::canonical::Form;
use crate::record::EntityId;

pub use action::{Action, ActionError, Generalize, Mask, write_placeholder};
pub use derive::{Epoch, TokenMac};
pub use error::KeyError;
pub use key_file::{fill_random, new_key_file, readable_by_all};
pub use pseudonymizer::{Notes, PAIR_SEPARATOR, Parts, Pseudonymizer};
pub use ring::{KeyId, KeyRing, MIN_KEY_BYTES, RootKey};
pub use salts::{DAY_MS, SALT_LIFE_MS, SaltError, SaltRecord, SharedSalts, day_of, first_of_day, is_dead_at, lives_at};
pub use shared::SharedRing;
pub use state_key::StateKey;
pub use suppress::{SharedSuppression, Suppression, SuppressionError, unheard_lines};
pub use token::{TokenType, write_token};

/// Fewest bytes of a token.
const MIN_TOKEN_BYTES: usize = "em_1k1_".len() + crate::canonical::token::LETTERS;

/// What tokens are bound to besides their key and type. Each name is shorter than 64 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Whether its tokens hold for one UTC day only.
    pub daily: bool,
    /// The coarser thing whose token stands beside its own: of an address its mailbox or network.
    pub coarser: Option<EntityId>,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was written takes its place.
    Replaced,
    /// A token or a placeholder was: ASCII, which needs no escapes anywhere.
    Coded,
    /// The member or element that holds it goes; nothing was written.
    Removed,
    /// It stays; nothing was written.
    Kept,
}

/// Seals values to the recipients of the config. Not ours to do: it takes random numbers, which the core has none of.
pub trait Seal: Send + Sync {
    /// The age file of `plain`; `None`: it could not be sealed.
    fn seal(&self, plain: &[u8]) -> Option<Vec<u8>>;
}

#[cfg(test)]
mod tests;
