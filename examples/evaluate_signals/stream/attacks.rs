//! What is done to accounts, or with them, that their platform would want to know. Kinds, places, sizes and paces vary.

use super::people::{DAY_MS, Device, Payout, round_to};
use super::places::{ABROAD, FIXED, HOME, HOSTING, MOBILE, Sort, Spot, abroad, pick_carrier, pick_city};
use super::world::{Ask, Incident, Step, What, World};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Kinds of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    StuffingAbroad,
    ImpossibleTravel,
    SameCountry,
    VeryTargeted,
    SlowDrain,
    Mule,
    Structuring,
    BonusAbuse,
    BalanceTamper,
    BalanceGap,
    ChangeThenWithdraw,
    /// A running session is taken over: there is no login at all.
    SessionHijack,
    /// The phone number moves to another device on the same carrier; passwords fall; the wallet is emptied.
    SimSwap,
    /// The balance goes to many other accounts in small transfers.
    FanOut,
    /// Money comes in and is paid out, then the deposit is taken back.
    DepositReversal,
    /// The destination is changed; days later the owner's own next deposit is taken.
    Sleeper,
    /// Passwords are guessed and nobody gets in.
    FailedStuffing,
}

impl Kind {
    /// Those that detectors are built for.
    pub const KNOWN: [Kind; 11] = [
        Kind::StuffingAbroad,
        Kind::ImpossibleTravel,
        Kind::SameCountry,
        Kind::VeryTargeted,
        Kind::SlowDrain,
        Kind::Mule,
        Kind::Structuring,
        Kind::BonusAbuse,
        Kind::BalanceTamper,
        Kind::BalanceGap,
        Kind::ChangeThenWithdraw,
    ];
    /// Those that stand for what nobody has thought of.
    pub const UNKNOWN: [Kind; 5] =
        [Kind::SessionHijack, Kind::SimSwap, Kind::FanOut, Kind::DepositReversal, Kind::Sleeper];

    /// Its label in the truth.
    pub fn label(self) -> &'static str {
        match self {
            Kind::StuffingAbroad => "ato_stuffing_abroad",
            Kind::ImpossibleTravel => "ato_impossible_travel",
            Kind::SameCountry => "ato_same_country",
            Kind::VeryTargeted => "ato_very_targeted",
            Kind::SlowDrain => "slow_drain",
            Kind::Mule => "mule_pass_through",
            Kind::Structuring => "structuring",
            Kind::BonusAbuse => "bonus_abuse",
            Kind::BalanceTamper => "balance_tamper",
            Kind::BalanceGap => "balance_gap",
            Kind::ChangeThenWithdraw => "change_then_withdraw",
            Kind::SessionHijack => "session_hijack",
            Kind::SimSwap => "sim_swap",
            Kind::FanOut => "wallet_fan_out",
            Kind::DepositReversal => "deposit_reversal",
            Kind::Sleeper => "sleeper_payout",
            Kind::FailedStuffing => "noise_failed_stuffing",
        }
    }

    /// Balance below which nobody bothers.
    fn worth(self) -> i64 {
        match self {
            Kind::Mule | Kind::Structuring | Kind::BonusAbuse | Kind::DepositReversal | Kind::FailedStuffing => 0,
            Kind::BalanceTamper | Kind::BalanceGap => 5_000,
            _ => 120_000,
        }
    }
}

/// The attack begins now, or is put off until the account is worth it.
pub fn begin(world: &mut World, at_ms: i64, who: usize, kind: Kind) {
    let person = &world.people[who];
    // Impossible is only what follows soon after the owner; a session can be taken over while it lives.
    let seen_ms_ago = at_ms - person.last_login_ms;
    let soon = match kind {
        Kind::ImpossibleTravel => (10 * MINUTE_MS..2 * HOUR_MS).contains(&seen_ms_ago),
        Kind::SessionHijack => seen_ms_ago < 8 * HOUR_MS,
        _ => true,
    };
    if person.balance < kind.worth() || person.logins < 4 || !soon {
        let later = at_ms + if soon { world.rng.i64(2 * HOUR_MS..10 * HOUR_MS) } else { 25 * MINUTE_MS };
        world.plan(later, Step { who, incident: None, tag: "", what: What::Attack(kind) });
        return;
    }
    let number = world.incidents.len();
    let incident = Incident { kind, who, start_ms: i64::MAX, end_ms: 0, loss: 0, events: Vec::new() };
    world.incidents.push(incident);
    Attack { world, who, number, t: at_ms, mule: None }.act(kind);
}

struct Attack<'a> {
    world: &'a mut World,
    who: usize,
    number: usize,
    t: i64,
    mule: Option<Payout>,
}

impl Attack<'_> {
    fn act(&mut self, kind: Kind) {
        match kind {
            Kind::StuffingAbroad => {
                let (spot, device) = (self.foreign(), self.stranger());
                self.guess(&spot, &device);
                self.login(spot, device);
                self.drain(1..4, 0.8);
            }
            Kind::ImpossibleTravel => {
                let (spot, device) = (self.foreign(), self.stranger());
                self.login(spot, device);
                self.drain(1..4, 0.75);
            }
            Kind::SameCountry => {
                let (spot, device) = (self.domestic(), self.stranger());
                self.login(spot, device);
                self.drain(1..4, 0.8);
            }
            Kind::VeryTargeted => {
                let (spot, device) = self.likeness();
                self.login(spot, device);
                self.drain(3..7, 0.75);
            }
            Kind::SlowDrain => self.slow_drain(),
            Kind::Mule => self.mule(),
            Kind::Structuring => self.structuring(),
            Kind::BonusAbuse => self.bonus_abuse(),
            Kind::BalanceTamper | Kind::BalanceGap => self.false_balance(kind),
            Kind::ChangeThenWithdraw => self.change_then_withdraw(),
            Kind::SessionHijack => self.drain(2..6, 0.8),
            Kind::SimSwap => self.sim_swap(),
            Kind::FanOut => self.fan_out(),
            Kind::DepositReversal => self.deposit_reversal(),
            Kind::Sleeper => self.sleeper(),
            Kind::FailedStuffing => {
                let (spot, device) = (self.foreign(), self.stranger());
                self.guess(&spot, &device);
            }
        }
    }

    fn step(&mut self, what: What) {
        let step = Step { who: self.who, incident: Some(self.number), tag: "", what };
        self.world.plan(self.t, step);
    }

    fn wait(&mut self, from: i64, to: i64) {
        self.t += self.world.rng.i64(from..to);
    }

    fn login(&mut self, spot: Spot, device: Device) {
        let session = self.world.session_id();
        self.step(What::Login { spot, device, ok: true, session });
        self.wait(MINUTE_MS, 40 * MINUTE_MS);
    }

    fn guess(&mut self, spot: &Spot, device: &Device) {
        for _ in 0..self.world.rng.usize(4..13) {
            self.step(What::Login { spot: spot.clone(), device: device.clone(), ok: false, session: String::new() });
            self.wait(3_000, 30_000);
        }
    }

    /// Takes about `share` of the balance or more, in so many pieces, to one destination.
    fn drain(&mut self, pieces: std::ops::Range<usize>, share: f64) {
        let pieces = self.world.rng.usize(pieces);
        let share = share + (0.99 - share) * self.world.rng.f64();
        let wallet = self.world.rng.f64() < 0.25;
        let to = self.payout();
        let receiver = self.other();
        for left in (1..=pieces).rev() {
            // Of what is left, so that after all pieces `share` is gone.
            let part = 1.0 - (1.0 - share).powf(1.0 / pieces as f64);
            let part = if left == 1 { part.max(0.5 * share) } else { part };
            let ask = Ask::Share(part);
            self.step(if wallet { What::Send { ask, to: receiver } } else { What::Withdraw { ask, to: to.clone() } });
            self.wait(4 * MINUTE_MS, 45 * MINUTE_MS);
        }
    }

    fn slow_drain(&mut self) {
        let likeness = self.world.rng.bool();
        let (spot, device) = if likeness { self.likeness() } else { (self.domestic(), self.stranger()) };
        let to = self.payout();
        for _ in 0..self.world.rng.usize(3..7) {
            self.login(spot.clone(), device.clone());
            let ask = Ask::Share(0.15 + 0.35 * self.world.rng.f64());
            self.step(What::Withdraw { ask, to: to.clone() });
            self.wait(14 * HOUR_MS, 34 * HOUR_MS);
        }
    }

    fn mule(&mut self) {
        let to = self.payout();
        for _ in 0..self.world.rng.usize(2..6) {
            let (spot, device) = self.own();
            self.login(spot, device);
            for _ in 0..self.world.rng.usize(1..4) {
                let amount = round_to(100_000.0 + 1_400_000.0 * self.world.rng.f64().powi(2), 1_000);
                if self.world.rng.bool() {
                    let from = self.other();
                    self.step(What::Receive { amount, from });
                } else {
                    self.step(What::Deposit { amount, method: "bank" });
                }
                self.wait(20_000, 10 * MINUTE_MS);
            }
            let ask = Ask::Share(0.94 + 0.055 * self.world.rng.f64());
            self.step(What::Withdraw { ask, to: to.clone() });
            self.wait(2 * HOUR_MS, 30 * HOUR_MS);
        }
    }

    /// Amounts below ten million, over which a withdrawal would be looked at.
    fn structuring(&mut self) {
        let (spot, device) = self.own();
        self.login(spot, device);
        let to = self.payout();
        for _ in 0..self.world.rng.usize(3..6) {
            let amount = round_to(9_000_000.0 + 1_100_000.0 * self.world.rng.f64(), 100_000);
            self.step(What::Deposit { amount, method: "bank" });
            self.wait(25 * MINUTE_MS, 4 * HOUR_MS);
            let out = amount - self.world.rng.i64(10_000..200_000) / 10_000 * 10_000;
            self.step(What::Withdraw { ask: Ask::Amount(out.min(9_950_000)), to: to.clone() });
            self.wait(30 * MINUTE_MS, 5 * HOUR_MS);
        }
    }

    fn bonus_abuse(&mut self) {
        let to = self.payout();
        for _ in 0..self.world.rng.usize(3..6) {
            let (spot, device) = self.own();
            self.login(spot, device);
            let amount = [100_000, 200_000, 500_000][self.world.rng.usize(..3)];
            self.step(What::Deposit { amount, method: "virtual_account" });
            self.wait(12_000, 30_000);
            let bonus = (amount / 2 + self.world.rng.i64(0..=amount / 2)) / 10_000 * 10_000;
            self.step(What::Deposit { amount: bonus, method: "promo" });
            for _ in 0..self.world.rng.usize(1..4) {
                self.wait(20_000, 90_000);
                self.step(What::Round { stake: amount / 12 / 500 * 500, luck: 0.45 });
            }
            self.wait(MINUTE_MS, 35 * MINUTE_MS);
            let out = (amount + bonus) * 9 / 10;
            self.step(What::Withdraw { ask: Ask::Amount(out), to: to.clone() });
            self.wait(6 * HOUR_MS, 24 * HOUR_MS);
        }
    }

    fn false_balance(&mut self, kind: Kind) {
        let (spot, device) = self.own();
        self.login(spot, device);
        let amount = round_to(200_000.0 * (1.0 + 20.0 * self.world.rng.f64().powi(3)), 1_000);
        self.step(if kind == Kind::BalanceTamper { What::Tamper { amount } } else { What::Move { amount } });
        self.wait(5 * MINUTE_MS, 40 * MINUTE_MS);
        let to = self.known_payout();
        self.step(What::Withdraw { ask: Ask::Amount(amount / 10_000 * 10_000), to });
    }

    fn change_then_withdraw(&mut self) {
        let own_device = self.world.rng.f64() < 0.4;
        let (spot, device) = (self.domestic(), if own_device { self.own().1 } else { self.stranger() });
        self.login(spot, device);
        for change in ["phone", "email", "password"] {
            if self.world.rng.bool() {
                self.step(What::Change { change, to: None });
                self.wait(20_000, 3 * MINUTE_MS);
            }
        }
        let to = self.payout();
        self.step(What::Change { change: "payout_destination", to: Some(to.clone()) });
        self.wait(5 * MINUTE_MS, 90 * MINUTE_MS);
        let ask = Ask::Share(0.7 + 0.28 * self.world.rng.f64());
        self.step(What::Withdraw { ask, to });
    }

    fn sim_swap(&mut self) {
        let person = self.world.people[self.who].clone();
        let spot = self.world.geo.spot(person.mobile, person.city, 0, &mut self.world.rng);
        let device = self.stranger();
        self.login(spot, device);
        self.step(What::Change { change: "password", to: None });
        self.wait(MINUTE_MS, 10 * MINUTE_MS);
        self.step(What::Change { change: "email", to: None });
        self.wait(MINUTE_MS, 20 * MINUTE_MS);
        self.drain(1..3, 0.85);
    }

    fn fan_out(&mut self) {
        let (spot, device) = (self.domestic(), self.stranger());
        self.login(spot, device);
        for _ in 0..self.world.rng.usize(6..15) {
            let to = self.other();
            let ask = Ask::Share(0.12 + 0.2 * self.world.rng.f64());
            self.step(What::Send { ask, to });
            self.wait(20_000, 4 * MINUTE_MS);
        }
    }

    fn deposit_reversal(&mut self) {
        let (spot, device) = self.own();
        self.login(spot, device);
        let amount = round_to(300_000.0 + 2_500_000.0 * self.world.rng.f64(), 50_000);
        // What was there stays as long as the deposit can be called back.
        for _ in 0..self.world.rng.usize(2..4) {
            self.step(What::Deposit { amount, method: "bank" });
            self.wait(2 * MINUTE_MS, 20 * MINUTE_MS);
            let to = self.other();
            self.step(What::Send { ask: Ask::Amount(amount / 2), to });
            self.wait(30 * MINUTE_MS, 3 * HOUR_MS);
            self.step(What::Undo);
            self.wait(HOUR_MS, 8 * HOUR_MS);
        }
    }

    fn sleeper(&mut self) {
        let (spot, device) = (self.domestic(), self.stranger());
        self.login(spot.clone(), device.clone());
        let to = self.payout();
        self.step(What::Change { change: "payout_destination", to: Some(to.clone()) });
        self.wait(DAY_MS, 3 * DAY_MS);
        self.login(spot, device);
        self.step(What::Withdraw { ask: Ask::Share(0.85), to });
    }

    fn stranger(&mut self) -> Device {
        Device::new(&mut self.world.rng)
    }

    fn foreign(&mut self) -> Spot {
        let rng = &mut self.world.rng;
        let city = pick_city(&ABROAD, rng);
        let carrier = if rng.f64() < 0.4 { pick_carrier(&HOSTING, rng) } else { abroad(&city) };
        let line = 10_000 + rng.u64(..3_000);
        self.world.geo.spot(carrier, city, line, rng)
    }

    /// Another place in the country, on another network.
    fn domestic(&mut self) -> Spot {
        let mine = (self.world.people[self.who].mobile, self.world.people[self.who].fixed);
        let rng = &mut self.world.rng;
        loop {
            let carrier = if rng.f64() < 0.5 { pick_carrier(&MOBILE, rng) } else { pick_carrier(&FIXED, rng) };
            if carrier != mine.0 && Some(carrier) != mine.1 {
                let line = if carrier.sort == Sort::Fixed { 20_000 + rng.u64(..9_000) } else { 0 };
                let city = pick_city(&HOME, rng);
                return self.world.geo.spot(carrier, city, line, rng);
            }
        }
    }

    /// The owner's device id and carrier.
    fn likeness(&mut self) -> (Spot, Device) {
        let person = &self.world.people[self.who];
        let (carrier, city, device) = (person.mobile, person.city, person.devices[0].clone());
        (self.world.geo.spot(carrier, city, 0, &mut self.world.rng), device)
    }

    /// The owner, who is the one to blame.
    fn own(&mut self) -> (Spot, Device) {
        let person = self.world.people[self.who].clone();
        let carrier = person.fixed.unwrap_or(person.mobile);
        let line = if carrier.sort == Sort::Fixed { person.line } else { 0 };
        (self.world.geo.spot(carrier, person.city, line, &mut self.world.rng), person.devices[0].clone())
    }

    fn payout(&mut self) -> Payout {
        let rng = &mut self.world.rng;
        self.mule.get_or_insert_with(|| Payout::new(rng)).clone()
    }

    fn known_payout(&mut self) -> Payout {
        if self.world.rng.bool() { self.world.people[self.who].payouts[0].clone() } else { self.payout() }
    }

    fn other(&mut self) -> usize {
        loop {
            let other = self.world.rng.usize(..self.world.people.len());
            if other != self.who {
                return other;
            }
        }
    }
}
