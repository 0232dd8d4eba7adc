//! Signals: which accounts log in, or move money, as their holder does not.
//!
//! Pure and synchronous: an [`Event`] and the state of its account in, verdicts out. Weak evidence (a new device, a new
//! network, an unusual amount) only adds to a score; alerts come from conjunctions. See `rules` for what is looked for.

pub mod account;
pub mod carried;
pub mod codec;
pub mod condition;
pub mod engine;
pub mod event;
pub mod facts;
pub mod gaps;
pub mod geo;
pub mod ids;
pub mod images;
pub mod lists;
pub mod mapping;
pub mod models;
pub mod money;
pub mod outflows;
pub mod pages;
pub mod pending;
pub mod population;
pub mod recent;
pub mod rules;
pub mod settings;
pub mod signal;
pub mod store;
pub mod table;
pub mod task;
pub mod time;

pub use account::{Account, Parts};
pub use codec::{CodecError, VERSION, decode, encode};
pub use engine::{Engine, Names, Taken};
pub use event::{AccountId, Change, Coordinates, Event, Kind, Place, Point, Print, Status};
pub use money::Money;
pub use pending::{Gap, Origin, Outflow, Pending};
pub use population::Population;
pub use settings::{Mode, RuleSettings, Settings};
pub use signal::{Evidence, Held, Severity, Signal, Verdict, Who};
pub use store::{Limits, MemoryStore, Store, StoreStats};
pub use task::Task;
