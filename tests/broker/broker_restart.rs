//! The broker goes away under load, cleanly and by a crash, and comes back: the process waits for it, nothing is lost,
//! and with transactions nothing comes twice.

use std::time::Duration;

use super::{PARTITIONS, assert_exactly_once, outcome};
use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::{Feeder, Isolation, read};
use crate::support::oracle::{self, Tally};
use crate::support::service::{Setup, Sluice, metric};
use crate::support::wait::{alone, wait_until};

#[test]
fn a_process_outlives_its_broker_and_goes_on_when_it_is_back() {
    let _alone = alone();
    let broker = Broker::start(Options::default());
    let setups = ["exactly_once", "at_least_once"].map(|delivery| {
        broker.create_topic(&delivery.replace('_', "-"), PARTITIONS, &[]);
        Setup { delivery, ..Setup::new(&broker, &delivery.replace('_', "-")) }.quick_sessions()
    });
    let feed = |setup: &Setup| Feeder::start(&broker, &setup.topics[0], 3_000, |id| oracle::event(id, PARTITIONS));
    let feeders = setups.each_ref().map(feed);
    let mut processes = setups.each_ref().map(Setup::start);
    processes.iter_mut().for_each(goes_on);
    broker.restart();
    processes.iter_mut().for_each(goes_on);
    broker.kill9();
    // Long enough for the clients to have noticed: they say so on the admin port's metrics or not at all, and must
    // be alive and live either way.
    for process in &mut processes {
        assert!(process.is_running());
        assert_eq!(process.get("/livez").map(|(status, _)| status), Some(200), "a broker outage is no failed liveness");
    }
    broker.start_again();
    processes.iter_mut().for_each(goes_on);

    let events = feeders.map(Feeder::finish);
    // First of all the feeder itself must not have repeated anything.
    Tally::of_raw(&read(&broker, &setups[0].topics[0], Isolation::Committed)).assert_exactly_once(events[0]);
    assert_exactly_once(&broker, &setups[0], events[0]);
    let repeated = outcome(&broker, &setups[1]);
    let tally = Tally::of_scrubbed(&repeated.output, PARTITIONS);
    tally.assert_at_least_once(events[1]);
    eprintln!("without transactions {} of {} events came again", tally.repeated(), events[1]);
    for mut process in processes {
        process.stop();
    }
}

/// Waits until a process has delivered more than it had.
fn goes_on(sluice: &mut Sluice) {
    let before = sluice.metric(metric::OUTPUT_RECORDS, &[]);
    wait_until(Duration::from_secs(90), "a process to deliver records", || {
        assert!(sluice.is_running(), "the service ended by itself:\n{}", sluice.log());
        sluice.metric(metric::OUTPUT_RECORDS, &[]) > before + 3_000.0
    });
}
