//! Instances that die, stop, come twice or come and go.

use std::time::{Duration, Instant};

use crate::field::Field;
use crate::fleet::last_error;
use crate::support::service::Setup;

/// More than the session time-out of the instances (6 s) and the time-out of their transactions (4 s).
const FROZEN: Duration = Duration::from_secs(9);
/// Until a process is ready, on a machine with much to do.
const READY: Duration = Duration::from_secs(60);
/// Until one of two processes of one name has given way.
const GIVES_WAY: Duration = Duration::from_secs(90);

pub fn kill(field: &mut Field) -> String {
    let n = field.any_member();
    // At once, or as the replacement starts: by chance.
    for _ in 0..=field.rng.u32(..2) {
        if let Some(process) = field.fleet.members[n].process.take() {
            field.fleet.retire(process, &mut field.findings);
        }
        field.fleet.spawn(n);
        let pause = field.between(0, 2_500);
        field.wait(pause);
    }
    String::new()
}

pub fn freeze(field: &mut Field) -> String {
    let n = field.any_member();
    signal(field, n, "STOP");
    field.fleet.members[n].frozen = true;
    field.wait(FROZEN);
    signal(field, n, "CONT");
    let ends = field.fleet.ends.len();
    field.wait(Duration::from_secs(2));
    field.fleet.members[n].frozen = false;
    if field.fleet.ends.len() > ends { "it ended".to_owned() } else { "it lives on".to_owned() }
}

fn signal(field: &Field, n: usize, name: &str) {
    if let Some(process) = &field.fleet.members[n].process {
        process.signal(name);
    }
}

pub fn zombie(field: &mut Field) -> String {
    let n = field.any_member();
    signal(field, n, "STOP");
    field.wait(FROZEN);
    let Some(mut zombie) = field.fleet.spawn(n) else { return "there was none".to_owned() };
    field.wait_until(READY, |field| is_ready(field, n));
    zombie.signal("CONT");
    let (since, ends) = (Instant::now(), field.fleet.ends.len());
    let mut gone = false;
    field.wait_until(GIVES_WAY, |field| {
        gone = zombie.status().is_some();
        gone || field.fleet.ends.len() > ends
    });
    let told = if gone {
        let error = last_error(&zombie.log());
        field.findings.expect(zombie.status().is_some_and(|status| status.code() == Some(1)), || {
            format!("a zombie ended with {:?}", zombie.status())
        });
        eprintln!("    the zombie gave way after {:.1} s: {error}", since.elapsed().as_secs_f64());
        "the zombie gave way"
    } else if field.fleet.ends.len() > ends {
        "the newer gave way"
    } else {
        field.findings.add(format!("two processes of one name for {GIVES_WAY:?}, and none gave way"));
        "none gave way"
    };
    field.fleet.retire(zombie, &mut field.findings);
    told.to_owned()
}

fn is_ready(field: &Field, n: usize) -> bool {
    let process = field.fleet.members[n].process.as_ref();
    process.and_then(|process| process.get("/readyz")).is_some_and(|(status, _)| status == 200)
}

pub fn storm(field: &mut Field) -> String {
    let setup = &field.fleet.members[0].setup;
    let guest = Setup { instance_id: format!("{}-guest", setup.group), static_membership: false, ..setup.clone() };
    let rounds = field.rng.u32(2..=4);
    for _ in 0..rounds {
        let mut process = guest.spawn();
        let stay = field.between(500, 4_000);
        field.wait(stay);
        if field.rng.bool() {
            process.sigterm();
            field.wait_until(READY, |_| process.status().is_some());
            let status = process.status();
            field.findings.expect(status.is_some_and(|status| status.success()), || {
                format!("an instance that was asked to leave ended with {status:?}: {}", last_error(&process.log()))
            });
        }
        field.fleet.retire(process, &mut field.findings);
    }
    String::new()
}
