//! Sluice washes an event stream: personal data becomes keyed pseudonyms before an event goes on, and accounts that
//! move as an honest one's do not are flagged.
//!
//! ```text
//!            ┌──────────────────────────── one worker ────────────────────────────┐
//!  source ─► │ decode ─► detect ─► pseudonymize ─► rewrite                         │ ─► sink
//!            │    └────────────────► signals (reads the same decoded fields)       │
//!            └─────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The stages from `decode` to `rewrite` are a pure, synchronous core: bytes and a time in, bytes out. They never
//! import each other; [`pipeline`] and [`cli`] wire them, and all share the words of [`record`]. Everything with an
//! effect lives in [`kafka`], [`source`], [`sink`], [`pipeline`] and [`admin`]. `ARCHITECTURE.md` tells the rest.

pub mod admin;
pub mod canonical;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
pub mod kafka;
pub mod pipeline;
pub mod place;
pub mod pseudonymize;
pub mod record;
pub mod rewrite;
pub mod signals;
pub mod sink;
pub mod source;
pub mod state;
pub mod telemetry;
