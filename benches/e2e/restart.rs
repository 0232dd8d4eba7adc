//! `make bench-restart`: how long a process that was killed takes to be ready again, its state of so many accounts read
//! back from a changelog with the garbage of its way there.

use std::time::{Duration, Instant};

use crate::contestant::{ALL, Process};
use crate::events::login_of;
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Ends, load};
use crate::support::wait::wait_until;
use crate::{PARTITIONS, memory_mb};

const DEADLINE: Duration = Duration::from_secs(600);
/// Kills, one after the other.
const KILLS: usize = 3;
/// Longest time to be ready again.
const READY_MAX: Duration = Duration::from_secs(10);

/// Runs it; whether each restart was ready in time, with all accounts that there were.
pub fn run(broker: &Broker, accounts: u64) -> bool {
    let contestant = ALL.iter().find(|contestant| contestant.name == "exactly_once_everything").expect("one of all");
    broker.create_topic("restart", PARTITIONS, &[]);
    broker.create_topic("restart-out", PARTITIONS, &[]);
    let ends = Ends::of(broker, "restart-out");
    // Some come twice: what was written of them first is garbage.
    let events = accounts + accounts / 5;
    println!("loading {events} events of {accounts} accounts into {PARTITIONS} partitions");
    load(broker, "restart", (0..events).map(|id| login_of(id % accounts, id, PARTITIONS)));
    let mut process = contestant.start(broker, "restart", "restart-out", false);
    let written = || ends.high().map_or(0, |ends| ends.iter().sum::<i64>()) as u64;
    wait_until(DEADLINE, "all events in the output", || {
        process.assert_running();
        written() >= events && !ends.in_transaction()
    });
    let Process::Sluice(sluice) = &process else { unreachable!("it is one") };
    let had = sluice.metric("sluice_state_accounts", &[]);
    println!("{had:.0} accounts have state; the changelog took {:.0} MB", process.changelog_bytes() / 1e6);
    let mut held = had as u64 == accounts;
    for kill in 1..=KILLS {
        let Process::Sluice(sluice) = &mut process else { unreachable!("it is one") };
        sluice.kill9();
        let since = Instant::now();
        process = contestant.start(broker, "restart", "restart-out", false);
        let Process::Sluice(sluice) = &mut process else { unreachable!("it is one") };
        sluice.wait_until_ready();
        let took = since.elapsed();
        let (back, restores) = (sluice.metric("sluice_state_accounts", &[]), "sluice_state_restore_seconds_sum");
        println!(
            "kill {kill}: ready after {:.1} s, of which {:.1} s reading state; {back:.0} accounts, {:.0} MB resident",
            took.as_secs_f64(),
            sluice.metric(restores, &[]),
            memory_mb(sluice.id(), "VmRSS")
        );
        held &= took <= READY_MAX && (back - had).abs() < 0.5;
    }
    held
}
