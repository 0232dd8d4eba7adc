//! What honest people do with their accounts, and what of it looks like an attack.

use super::people::{CashOut, DAY_MS, Device, Payout, log_normal, round_to};
use super::places::{self, City, FIXED, HOSTING, RELAYS, Spot, pick_carrier, pick_city};
use super::world::{Ask, Step, What, World};

const MINUTE_MS: i64 = 60_000;

/// Plans all visits of all people between two times.
pub fn plan(world: &mut World, from_ms: i64) {
    for who in 0..world.people.len() {
        let (rate, hour, pause) = (world.people[who].rate, world.people[who].hour, world.people[who].pause);
        let mut day = from_ms / DAY_MS;
        while day * DAY_MS < world.end_ms {
            let mut left = log_normal(rate, 0.5, &mut world.rng);
            while left > 0.0 && world.rng.f64() < left {
                left -= 1.0;
                let at = (hour + log_normal(1.0, 0.9, &mut world.rng) - 1.5) * 3_600_000.0;
                let at = day * DAY_MS + at as i64 - 7 * 3_600_000;
                if at >= from_ms && pause.is_none_or(|(a, b)| !(a..b).contains(&at)) {
                    world.plan(at, Step { who, incident: None, tag: "", what: What::Visit });
                }
            }
            day += 1;
        }
    }
}

/// One visit: where, with what, and what for.
pub fn visit(world: &mut World, at_ms: i64, who: usize) {
    let away = world.people[who].trips.iter().find(|t| (t.0..t.1).contains(&at_ms)).map(|t| t.2);
    let (spot, mut tag) = spot(world, who, away, at_ms);
    let (device, changed) = device(world, who, at_ms);
    if !changed.is_empty() {
        tag = if tag == "trip_abroad" || tag == "trip_domestic" { "trip+new_phone" } else { changed };
    }
    let mut t = at_ms;
    if world.rng.f64() < 0.08 {
        for _ in 0..world.rng.usize(1..4) {
            let what = What::Login { spot: spot.clone(), device: device.clone(), ok: false, session: String::new() };
            world.plan(t, Step { who, incident: None, tag: "typo", what });
            t += world.rng.i64(5_000..40_000);
        }
    }
    let session = world.session_id();
    let dormant = world.people[who].last_login_ms > 0 && t - world.people[who].last_login_ms > 12 * DAY_MS;
    let tag = if dormant && tag.is_empty() { "dormant_return" } else { tag };
    world.plan(t, Step { who, incident: None, tag, what: What::Login { spot, device, ok: true, session } });
    t += world.rng.i64(8_000..180_000);
    errands(world, t, who, tag);
}

fn spot(world: &mut World, who: usize, away: Option<City>, at_ms: i64) -> (Spot, &'static str) {
    let person = world.people[who].clone();
    let rng = &mut world.rng;
    let hour = (at_ms / 3_600_000 + 7) % 24;
    if rng.f64() < person.vpn {
        let carrier = if rng.f64() < 0.7 { pick_carrier(&RELAYS, rng) } else { pick_carrier(&HOSTING, rng) };
        let exit = if rng.f64() < 0.5 { pick_city(&places::ABROAD, rng) } else { person.city };
        return (world.geo.spot(carrier, exit, 0, rng), "vpn");
    }
    if let Some(city) = away {
        let abroad = city.country != "ID";
        let carrier = if abroad { places::abroad(&city) } else { pick_carrier(&FIXED, rng) };
        // Abroad, roaming keeps the home carrier and its geo; at home in the country the phone does.
        let roams = rng.f64() < if abroad { 0.3 } else { 0.6 };
        let line = 1 + rng.u64(..500);
        let spot = match (roams, abroad) {
            (true, true) => world.geo.spot(person.mobile, person.city, 0, rng),
            (true, false) => world.geo.spot(person.mobile, city, 0, rng),
            _ => world.geo.spot(carrier, city, line, rng),
        };
        return (spot, if abroad { "trip_abroad" } else { "trip_domestic" });
    }
    if let Some((carrier, line)) = person.office.filter(|_| (9..17).contains(&hour)) {
        return (world.geo.spot(carrier, person.city, line, rng), "office");
    }
    if rng.f64() < 0.012 {
        // A cafe: everybody's network, the own phone.
        let (carrier, line) = (pick_carrier(&FIXED, rng), 1_000 + rng.u64(..60));
        return (world.geo.spot(carrier, person.city, line, rng), "cafe");
    }
    match person.fixed.filter(|_| rng.f64() < 0.6) {
        Some(carrier) => (world.geo.spot(carrier, person.city, person.line, rng), ""),
        None => (world.geo.spot(person.mobile, person.city, 0, rng), "mobile"),
    }
}

fn device(world: &mut World, who: usize, at_ms: i64) -> (Device, &'static str) {
    let rng = &mut world.rng;
    let person = &mut world.people[who];
    if person.new_phone.is_some_and(|at| at <= at_ms) {
        person.new_phone = None;
        person.devices[0] = Device::new(rng);
        return (person.devices[0].clone(), "new_phone");
    }
    let at = if rng.f64() < 0.75 { 0 } else { rng.usize(..person.devices.len()) };
    match rng.f64() {
        x if x < 0.0015 => {
            person.devices[at] = person.devices[at].reborn(rng);
            (person.devices[at].clone(), "reinstall")
        }
        x if x < 0.003 => (person.devices[at].reborn(rng), "incognito"),
        x if x < 0.0045 => (Device::new(rng), "warnet"),
        _ => (person.devices[at].clone(), ""),
    }
}

/// What is done in a visit after the login.
fn errands(world: &mut World, mut t: i64, who: usize, tag: &'static str) {
    let person = world.people[who].clone();
    let step = |tag, what| Step { who, incident: None, tag, what };
    let mut balance = person.balance;
    // A bonus has terms: it is played with before it is paid out. Some try all the same.
    let mut bound = false;
    if (balance as f64) < person.deposit * 0.3 && world.rng.f64() < 0.35 {
        let amount = round_to(log_normal(person.deposit, 0.5, &mut world.rng), 10_000).max(10_000);
        world.plan(t, step(tag, What::Deposit { amount, method: person.deposit_method }));
        balance += amount;
        t += world.rng.i64(12_000..60_000);
        if world.rng.f64() < person.bonus {
            let amount = (amount / 2).clamp(10_000, 500_000);
            world.plan(t, step("promo", What::Deposit { amount, method: "promo" }));
            bound = world.rng.f64() < 0.9;
            t += world.rng.i64(12_000..60_000);
        } else if world.rng.f64() < 0.01 {
            // Changed the mind: nearly all of it goes back.
            let to = payout(world, who);
            world.plan(t + 5 * MINUTE_MS, step("ben_passthru", What::Withdraw { ask: Ask::Share(0.95), to }));
            return;
        } else if world.rng.f64() < 0.008 {
            world.plan(t + MINUTE_MS, step("deposit_reversed", What::Undo));
        }
    }
    if bound || world.rng.f64() < person.plays {
        for _ in 0..1 + log_normal(6.0, 0.9, &mut world.rng) as usize % 40 {
            let stake = round_to(log_normal(person.stake, 0.5, &mut world.rng), 500).max(500);
            world.plan(t, step(tag, What::Round { stake, luck: 0.30 }));
            t += world.rng.i64(9_000..90_000);
        }
    }
    t += world.rng.i64(20_000..300_000);
    if !person.friends.is_empty() && world.rng.f64() < 0.12 {
        let (to, new) = if world.rng.f64() < 0.06 {
            (world.rng.usize(..world.people.len()), "new_payee")
        } else {
            (person.friends[world.rng.usize(..person.friends.len())], tag)
        };
        if to != who {
            let amount = round_to(log_normal(50_000.0, 0.8, &mut world.rng), 5_000).max(5_000);
            world.plan(t, step(new, What::Send { ask: Ask::Amount(amount), to }));
            t += world.rng.i64(20_000..300_000);
        }
    }
    t = changes(world, t, who);
    if !bound {
        cash_out(world, t, who, tag, balance);
    }
}

fn changes(world: &mut World, t: i64, who: usize) -> i64 {
    if world.rng.f64() >= 0.008 {
        return t;
    }
    let change = ["password", "password", "email", "phone", "payout_destination"][world.rng.usize(..5)];
    let to = (change == "payout_destination").then(|| Payout::new(&mut world.rng));
    if let Some(to) = &to {
        world.people[who].payouts.push(to.clone());
    }
    world.plan(t, Step { who, incident: None, tag: "benign_change", what: What::Change { change, to } });
    t + world.rng.i64(30_000..400_000)
}

fn cash_out(world: &mut World, t: i64, who: usize, tag: &'static str, balance: i64) {
    let person = world.people[who].clone();
    let worth = (person.deposit * 0.6) as i64;
    // Salaries come on the 25th, and leave.
    let day = world_day(t);
    let payday = (25..=28).contains(&day) && world.rng.f64() < 0.08;
    let hard = tag == "trip+new_phone" || tag == "dormant_return";
    let wants = match person.cash_out {
        _ if hard => 0.5,
        _ if payday => 1.0,
        CashOut::Sweep => 0.35,
        CashOut::Part | CashOut::Rounds(_) => 0.22,
        CashOut::Rare => 0.02,
    };
    if balance < worth.max(60_000) || world.rng.f64() >= wants {
        return;
    }
    let ask = match person.cash_out {
        CashOut::Sweep => Ask::Share(0.93 + 0.069 * world.rng.f64()),
        CashOut::Rounds(amount) if amount < balance => Ask::Amount(amount),
        CashOut::Rare if payday => Ask::Share(0.9),
        _ => Ask::Share(0.3 + 0.35 * world.rng.f64() + if hard { 0.3 } else { 0.0 }),
    };
    let tag = match (tag, person.cash_out) {
        (_, _) if payday => "payday",
        ("", CashOut::Sweep) => "sweep",
        (other, _) => other,
    };
    let to = payout(world, who);
    world.plan(t, Step { who, incident: None, tag, what: What::Withdraw { ask, to } });
}

/// Mostly the usual one; now and then a new one.
fn payout(world: &mut World, who: usize) -> Payout {
    if world.rng.f64() < 0.015 {
        let new = Payout::new(&mut world.rng);
        world.people[who].payouts.push(new);
    }
    let known = &world.people[who].payouts;
    let at = if world.rng.f64() < 0.8 { 0 } else { world.rng.usize(..known.len()) };
    known[at].clone()
}

/// Day of the month in Jakarta.
fn world_day(at_ms: i64) -> i8 {
    let local = jiff::Timestamp::from_millisecond(at_ms + 7 * 3_600_000).expect("a time of this century");
    local.to_zoned(jiff::tz::TimeZone::UTC).day()
}
