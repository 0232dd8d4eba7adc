//! Brokers that crash, stop, hand over and run full.

use std::time::Duration;

use crate::cluster::COPIES;
use crate::field::Field;

/// Until a broker without a disk has noticed.
const NOTICES: Duration = Duration::from_secs(30);

pub fn kill(field: &mut Field) -> String {
    let broker = field.any_broker();
    field.cluster.brokers[broker].kill9();
    back(field, broker)
}

pub fn stop(field: &mut Field) -> String {
    let broker = field.any_broker();
    field.cluster.brokers[broker].stop();
    back(field, broker)
}

fn back(field: &mut Field, broker: usize) -> String {
    let away = field.between(500, 6_000);
    field.wait(away);
    field.cluster.brokers[broker].start_again();
    String::new()
}

pub fn elect(field: &mut Field) -> String {
    field.cluster.elect_preferred();
    String::new()
}

pub fn lacks_disk(field: &Field) -> Option<&'static str> {
    field.cluster.disk.is_none().then_some("no right to mount")
}

pub fn fill_disk(field: &mut Field) -> String {
    let disk = |field: &Field, act: fn(&crate::cluster::Disk)| act(field.cluster.disk.as_ref().expect("it is there"));
    disk(field, crate::cluster::Disk::fill);
    let ended = field.wait_until(NOTICES, |field| !field.cluster.brokers[COPIES - 1].is_running());
    disk(field, crate::cluster::Disk::free);
    let broker = &field.cluster.brokers[COPIES - 1];
    broker.kill9();
    broker.start_again();
    if ended { "the broker ended".to_owned() } else { "the broker stood it".to_owned() }
}
