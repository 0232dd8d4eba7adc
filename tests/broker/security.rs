//! SASL/PLAIN with a password from the environment; a wrong password and a missing right each end the start with one
//! clear error. One broker, in one test: a JVM is dear.

use std::time::Duration;

use super::{PARTITIONS, assert_exactly_once};
use crate::support::kafka::{Broker, Options};
use crate::support::kafka_client::load;
use crate::support::oracle;
use crate::support::service::Setup;
use crate::support::wait::alone;

/// A failing start takes the connect timeout at most (10 s).
const END_DEADLINE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "correct-horse-battery";
const WRONG: &str = "wrong-horse-battery";

#[test]
fn a_password_lets_in_and_a_wrong_one_or_a_missing_right_is_one_clear_error() {
    let _alone = alone();
    let options = Options { sasl_plain: Some(("washer", PASSWORD)), access_lists: true, ..Options::default() };
    let broker = Broker::start(options);
    broker.create_topic("secured", PARTITIONS, &[]);
    load(&broker, "secured", (0..5_000).map(|id| oracle::event(id, PARTITIONS)));
    let setup = Setup {
        brokers: broker.sasl_brokers(),
        properties: vec![
            ("security.protocol", "SASL_PLAINTEXT".to_owned()),
            ("sasl.mechanisms", "PLAIN".to_owned()),
            ("sasl.username", "washer".to_owned()),
        ],
        secrets: vec![("sasl.password", "SLUICE_TEST_PASSWORD")],
        environment: vec![("SLUICE_TEST_PASSWORD", PASSWORD.to_owned())],
        ..Setup::new(&broker, "secured")
    };

    let mut sluice = setup.start();
    assert_exactly_once(&broker, &setup, 5_000);
    sluice.stop();
    assert!(!sluice.log().contains(PASSWORD));

    let wrong = Setup { environment: vec![("SLUICE_TEST_PASSWORD", WRONG.to_owned())], ..setup.clone() };
    let log = wrong.spawn().fails(END_DEADLINE, &[&broker.sasl_brokers(), "uthenticat"]);
    assert!(!log.contains(WRONG));

    broker.deny_write("washer", &setup.output());
    load(&broker, "secured", (5_000..6_000).map(|id| oracle::event(id, PARTITIONS)));
    setup.spawn().fails(END_DEADLINE, &[&setup.output(), "uthoriz"]);
}
