//! What is held back until late events can have arrived: a gap in the balances, and outflows that are judged by what came
//! in and was staked before them.

use std::collections::VecDeque;

use super::event::{Kind, Print};
use super::money::Money;

/// All that an account holds back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// A gap in the balances.
    pub gap: Option<Gap>,
    /// Outflows, the oldest first.
    pub outflows: VecDeque<Outflow>,
}

impl Pending {
    /// Watermark from which on the first of it is decided, ms since 1970. `None`: there is nothing.
    pub fn due_ms(&self) -> Option<i64> {
        let gap = self.gap.as_ref().map(|gap| gap.due_ms);
        gap.into_iter().chain(self.outflows.iter().map(|outflow| outflow.due_ms)).min()
    }
}

/// The event that a verdict names when it comes later than the event. Its names are pseudonyms, as they are published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// Event time, ms since 1970.
    pub time_ms: i64,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// All names in one, and where each but the last ends: it is read and written with each touch of an account.
    names: Box<str>,
    ends: [u32; 3],
}

impl Origin {
    /// An event by its time, its partition and offset, and the names that [`Origin::names`] gives.
    pub fn new(time_ms: i64, (partition, offset): (i32, i64), names: [&str; 4]) -> Origin {
        let [account, event_id, payee, _] = names.map(|name| name.len() as u32);
        let ends = [account, account + event_id, account + event_id + payee];
        Origin { time_ms, partition, offset, names: names.concat().into(), ends }
    }

    /// The same, of all names in one and where each of them ends. `None`: they do not end there.
    pub fn read(
        time_ms: i64,
        (partition, offset): (i32, i64),
        names: &str,
        [a, b, c, end]: [u32; 4],
    ) -> Option<Origin> {
        let ends = [a, b, c];
        let within = ends.iter().all(|&end| names.is_char_boundary(end as usize)) && end as usize == names.len();
        within.then(|| Origin { time_ms, partition, offset, names: names.into(), ends })
    }

    /// All names in one.
    pub fn all_names(&self) -> &str {
        &self.names
    }

    /// Pseudonym of the account, id of the event (empty: it has none), pseudonym of where the money goes to (empty: not
    /// told), and topic.
    pub fn names(&self) -> [&str; 4] {
        let [a, b, c] = self.ends.map(|end| end as usize);
        [&self.names[..a], &self.names[a..b], &self.names[b..c], &self.names[c..]]
    }
}

/// A gap in an account's balance that waits for late events.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Watermark from which on it is decided, ms since 1970.
    pub due_ms: i64,
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
    /// The event that showed the gap.
    pub origin: Origin,
}

/// An outflow that waits to be judged, with what was known of its payee when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Outflow {
    /// Watermark from which on it is decided, ms since 1970.
    pub due_ms: i64,
    /// What kind of outflow it is.
    pub kind: Kind,
    /// How much left.
    pub amount: Money,
    /// Rules (by their place in the table) that are not asked.
    pub skip: u64,
    /// Balance before; 0: not given.
    pub balance: f32,
    /// Share of it that left, fee included.
    pub ratio: f32,
    /// Share of the account's outflows before that took nearly all of the balance.
    pub cash_out_habit: f32,
    /// Days since the payee was seen first.
    pub payee_days: u16,
    /// Days that the account had lived when it first paid this payee.
    pub payee_since_days: u16,
    /// How often the payee was paid before.
    pub payee_count: u8,
    /// Outflows to others before.
    pub others: u16,
    /// Outflows within hours to payees that were new within them, this one included.
    pub chunks: u8,
    /// The event.
    pub origin: Origin,
}
