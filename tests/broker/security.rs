//! SASL/PLAIN with a password from the environment; a wrong password and a missing right each end the process with one
//! clear error.

use std::time::Duration;

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::load;
use crate::support::oracle;
use crate::support::service::{EXIT_CONFIG, EXIT_FAILED, Setup};
use crate::support::wait::alone;

/// A failing start takes the connect timeout at most (10 s).
const END_DEADLINE: Duration = Duration::from_secs(30);
const USER: &str = "washer";
const PASSWORD: &str = "correct-horse-battery";
const WRONG: &str = "wrong-horse-battery";

/// A broker that asks for a password.
fn secured_broker() -> Broker {
    Broker::start(Options { sasl_plain: Some((USER, PASSWORD)), access_lists: true, ..Options::default() })
}

/// A service that has it.
fn secured(broker: &Broker, topic: &str) -> Setup {
    Setup {
        brokers: broker.sasl_brokers(),
        properties: vec![
            ("security.protocol", "SASL_PLAINTEXT".to_owned()),
            ("sasl.mechanisms", "PLAIN".to_owned()),
            ("sasl.username", USER.to_owned()),
        ],
        secrets: vec![("sasl.password", "SLUICE_TEST_PASSWORD")],
        environment: vec![("SLUICE_TEST_PASSWORD", PASSWORD.to_owned())],
        ..Setup::new(broker, topic)
    }
}

#[test]
fn the_right_password_lets_in_and_a_wrong_one_is_one_clear_error() {
    let _alone = alone();
    let broker = secured_broker();
    broker.create_topic("secured", PARTITIONS, &[]);
    load(&broker, "secured", (0..5_000).map(|id| oracle::event(id, PARTITIONS)));
    let setup = secured(&broker, "secured");
    let mut sluice = setup.start();
    assert_exactly_once(&broker, &setup, 5_000);
    sluice.stop();
    assert!(!sluice.log().contains(PASSWORD));

    let wrong = Setup { environment: vec![("SLUICE_TEST_PASSWORD", WRONG.to_owned())], ..setup };
    let log = wrong.spawn().fails(EXIT_CONFIG, END_DEADLINE, &[&broker.sasl_brokers(), "uthenticat"]);
    assert!(!log.contains(WRONG));
}

#[test]
fn a_missing_right_to_write_is_one_clear_error_that_names_the_topic() {
    let _alone = alone();
    let broker = secured_broker();
    broker.create_topic("no-right", PARTITIONS, &[]);
    let setup = secured(&broker, "no-right");
    broker.create_topic(&setup.output(), PARTITIONS, &[]);
    broker.deny_write(USER, &setup.output());
    load(&broker, "no-right", (0..1_000).map(|id| oracle::event(id, PARTITIONS)));
    setup.spawn().fails(EXIT_FAILED, END_DEADLINE, &[&setup.output(), "uthoriz"]);
}
