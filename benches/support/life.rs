//! What accounts live through, as the rules see it.

use sluice::signals::event::Print;
use sluice::signals::{AccountId, Event, Kind, Money, Names, Point};

/// Whoever asks for names gets some of the usual length.
pub struct Somebody;

impl Names for Somebody {
    fn account(&mut self) -> String {
        "ac_1k1_bcdfghjklmnpqrstbcdfghjk".to_owned()
    }
    fn event_id(&mut self) -> String {
        "e792536ed343e7".to_owned()
    }
    fn payee(&mut self) -> String {
        "ba_1k1_bcdfghjklmnpqrstbcdfghjk".to_owned()
    }
    fn place(&self) -> (String, i32, i64) {
        ("transactions".to_owned(), 3, 1_234_567)
    }
}

/// The state key of an account.
pub fn id(account: u64) -> AccountId {
    // Spread like the keyed hashes that they stand for.
    let half = (account + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half.to_be_bytes());
    bytes[8..].copy_from_slice(&half.rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes());
    AccountId(bytes)
}

/// Bets and wins mostly, some logins, few movements of money: the mixture of a gaming platform.
pub fn event(account: u64, time_ms: i64, n: u32, rng: &mut fastrand::Rng) -> Event {
    let own = account as u32;
    let kind = match rng.u8(..100) {
        0..20 => Kind::Login,
        20..70 => Kind::Bet,
        70..88 => Kind::Win,
        88..92 => Kind::Deposit,
        92..96 => Kind::Withdrawal,
        96..98 => Kind::TransferOut,
        _ => Kind::TransferIn,
    };
    let mut event = Event::new(kind, id(account), time_ms, n.max(1));
    event.session = Print(n | 1);
    if kind == Kind::Login {
        (event.device, event.network, event.agent) = (Print(own ^ 0x55), Print(own ^ 0xaa), Print(own % 97 + 1));
        event.place.asn = 7713 + own % 5;
        event.place.country = Some(*b"ID");
        event.place.point = Point::new(-6.2 + f64::from(own % 40) / 10.0, 106.8);
    } else {
        let amount = Money(i64::from(rng.u32(1_000..500_000)) * 1_000_000);
        event.amount = Some(amount);
        event.payee = Print(own % 1009 + 1);
        event.wallet = Print(1);
    }
    event
}
