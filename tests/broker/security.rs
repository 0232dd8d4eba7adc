//! SASL/PLAIN with a password from the environment, and TLS with an authority of one's own; a wrong password, a missing
//! right and a wrong authority each end the process with one clear error.

use std::path::Path;
use std::time::Duration;

use super::{PARTITIONS, assert_exactly_once};
use crate::support::certificates;
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

/// A service that talks TLS and believes `authority`.
fn encrypted(broker: &Broker, topic: &str, authority: &Path) -> Setup {
    Setup {
        brokers: broker.tls_brokers(),
        properties: vec![("security.protocol", "SSL".to_owned()), ("ssl.ca.location", authority.display().to_string())],
        ..Setup::new(broker, topic)
    }
}

#[test]
fn a_broker_is_believed_by_its_authority_and_a_wrong_one_is_one_clear_error() {
    let _alone = alone();
    let broker = Broker::start(Options { tls: true, ..Options::default() });
    broker.create_topic("encrypted", PARTITIONS, &[]);
    load(&broker, "encrypted", (0..5_000).map(|id| oracle::event(id, PARTITIONS)));
    let setup = encrypted(&broker, "encrypted", &broker.authority());
    let mut sluice = setup.start();
    assert_exactly_once(&broker, &setup, 5_000);
    sluice.stop();

    let elsewhere = tempfile::tempdir().expect("a directory");
    certificates::make_authority(elsewhere.path());
    let wrong = encrypted(&broker, "encrypted", &certificates::authority(elsewhere.path()));
    wrong.spawn().fails(EXIT_CONFIG, END_DEADLINE, &[&broker.tls_brokers(), "certificate verify failed"]);

    let missing = encrypted(&broker, "encrypted", Path::new("/nowhere/authority.pem"));
    missing.spawn().fails(EXIT_CONFIG, END_DEADLINE, &["ssl.ca.location"]);
}
