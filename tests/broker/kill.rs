//! kill -9 under exactly_once while events flow: afterwards every event is there once.
//!
//! That a kill fell into an open transaction is not believed but proven, from the broker's side: after the kill the
//! output's stable end is behind its end, and the records between the two are never to be seen by a reader of
//! committed records.

use std::time::Duration;

use super::{Outcome, PARTITIONS, assert_exactly_once};
use crate::support::kafka::Broker;
use crate::support::kafka_client::{Ends, Feeder, Stored};
use crate::support::oracle;
use crate::support::service::{Setup, Sluice};
use crate::support::wait::{alone, wait_for, wait_until};

const KILLS: usize = 24;
const KILLS_IN_TRANSACTION_MIN: usize = 15;
const EVENTS_PER_SECOND: u64 = 3_000;
const DEADLINE: Duration = Duration::from_secs(60);

/// When the process is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// As soon as it has written to the output and not committed.
    FirstTransaction,
    /// The same, after it has committed something.
    LaterTransaction,
    /// As soon as it has committed something: markers may be on their way.
    Commit,
    /// As soon as the admin port answers: it joins the group, or aborts what its predecessor left.
    Start,
}

/// Most kills are aimed at open transactions.
const MOMENTS: [Moment; 8] = [
    Moment::FirstTransaction,
    Moment::LaterTransaction,
    Moment::Start,
    Moment::LaterTransaction,
    Moment::FirstTransaction,
    Moment::LaterTransaction,
    Moment::Commit,
    Moment::LaterTransaction,
];

/// Ends of the output around the life of a process, per partition.
struct Kill {
    /// End when it started: what is past it was written by this process and no other.
    start: Vec<i64>,
    /// Stable end right after the kill.
    stable: Vec<i64>,
    /// End right after the kill.
    high: Vec<i64>,
}

#[test]
fn every_event_comes_out_once_when_the_process_is_killed_again_and_again() {
    let _alone = alone();
    let broker = Broker::shared();
    broker.create_topic("kill", PARTITIONS, &[]);
    let setup = Setup { commit_interval: "400ms", ..Setup::new(broker, "kill").quick_sessions() };
    // Once, so that the output exists and its ends can be asked for.
    setup.start().stop();
    let ends = Ends::of(broker, &setup.output());
    let feeder = Feeder::start(broker, "kill", EVENTS_PER_SECOND, |id| oracle::event(id, PARTITIONS));
    let kills: Vec<Kill> = (0..KILLS).map(|n| kill_at(MOMENTS[n % MOMENTS.len()], &setup, &ends)).collect();
    let events = feeder.finish();

    let mut last = setup.start();
    let outcome = assert_exactly_once(broker, &setup, events);
    let in_transaction = kills.iter().filter(|kill| cut_a_transaction(kill, &outcome)).count();
    let aborted = outcome.written.len() - outcome.output.len();
    eprintln!("{KILLS} kills, {in_transaction} of them inside an open transaction; {events} events, {aborted} aborted");
    assert!(in_transaction >= KILLS_IN_TRANSACTION_MIN, "{in_transaction} kills inside an open transaction");
    last.stop();
}

fn kill_at(moment: Moment, setup: &Setup, ends: &Ends) -> Kill {
    let told = |ask: &dyn Fn() -> Option<Vec<i64>>| wait_for(DEADLINE, "the broker to tell the output's ends", ask);
    let (high, stable) = (|| told(&|| ends.high()), || told(&|| ends.stable()));
    let start = high();
    // The predecessor's transaction is ended by a marker in each partition; what goes beyond is new.
    let beyond_start = |now: Vec<i64>| now.iter().sum::<i64>() > start.iter().sum::<i64>() + 4 * i64::from(PARTITIONS);
    let mut sluice = setup.spawn();
    let mut until = |what: &str, condition: &dyn Fn(&Sluice) -> bool| {
        wait_until(DEADLINE, &format!("{what} ({moment:?})"), || {
            assert!(sluice.is_running(), "the service ended by itself:\n{}", sluice.log());
            condition(&sluice)
        });
    };
    if matches!(moment, Moment::Start) {
        until("the admin port", &|sluice| sluice.get("/livez").is_some());
    }
    if matches!(moment, Moment::Commit | Moment::LaterTransaction) {
        until("a commit", &|_| beyond_start(stable()));
    }
    if matches!(moment, Moment::FirstTransaction | Moment::LaterTransaction) {
        until("an open transaction", &|_| beyond_start(high()) && ends.in_transaction());
    }
    sluice.kill9();
    Kill { high: high(), stable: stable(), start }
}

/// Whether records that the process had written past the stable end were aborted.
fn cut_a_transaction(kill: &Kill, outcome: &Outcome) -> bool {
    let written = |records: &[Stored]| {
        let within = |record: &&Stored| {
            let partition = record.partition as usize;
            let open = kill.start[partition].max(kill.stable[partition])..kill.high[partition];
            open.contains(&record.offset)
        };
        records.iter().filter(within).count()
    };
    written(&outcome.written) > written(&outcome.output)
}
