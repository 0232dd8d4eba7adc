//! What is held back: a verdict that late events can still take away.

use super::event::Print;
use super::money::Money;

/// A gap in an account's balance that waits for late events.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Watermark from which on it is decided, ms since 1970.
    pub due_ms: i64,
    /// Time of the event that showed the gap.
    pub time_ms: i64,
    /// Money that no movement explains.
    pub amount: Money,
    /// Wallet.
    pub wallet: Print,
    /// Balance on this side of the gap: after the last movement before it.
    pub left: Money,
    /// How much left the account since, up to now.
    pub taken: f32,
    /// Money went to a payee that was not known.
    pub new_payee: bool,
    /// The gap was told when lateness was over; now it is confirmed.
    pub told: bool,
    /// Pseudonym of the account, for the signal.
    pub account: String,
    /// Id of the event that the signal will name.
    pub event_id: String,
    /// Topic, partition and offset of it.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}
