//! `sluice top` and `sluice tap`, on a demo that serves its admin port.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::command::{command, sluice};
use crate::support::kafka::free_port;
use crate::support::wait::wait_for;

/// Ends the process that a test started, also when the test fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_running_instance_is_shown_as_text_where_there_is_no_terminal() {
    let address = format!("127.0.0.1:{}", free_port());
    let mut demo = command(&["demo", "--rate", "500", "--seconds", "60", "--admin", &address]);
    let _demo = Ended(demo.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let shown = wait_for(Duration::from_secs(50), "the demo scrubs", || {
        let shown = sluice(&["top", &address]);
        (shown.code == 0 && shown.stdout.contains("findings: ")).then_some(shown.stdout)
    });
    let tapped = sluice(&["tap", &address, "--count", "8", "--output", "json"]).ok();
    let scrubbed = tapped.lines().filter(|line| line.contains("_1k1_") && line.contains(".scrubbed\"")).count();
    assert!(tapped.lines().count() == 8 && scrubbed >= 4, "{tapped}");
    let one = sluice(&["tap", &address, "--count", "1", "--topic", "logins.scrubbed"]).ok();
    assert!(one.starts_with("logins.scrubbed/") && one.lines().count() == 2, "{one}");
    for part in ["latency p50 ", "; key k1; lag ", "worker 0: ", "logins/0: lag "] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

#[test]
fn a_tap_of_nothing_says_what_is_wrong() {
    let address = format!("127.0.0.1:{}", free_port());
    let error = sluice(&["tap", &address]).failed(1);
    assert!(error.contains(&format!("http://{address}/tap?after=0 does not answer")), "{error}");
}

#[test]
fn an_address_without_an_instance_is_an_error_that_names_it() {
    let address = format!("127.0.0.1:{}", free_port());
    let error = sluice(&["top", &address]).failed(1);
    assert!(error.contains(&format!("http://{address}/metrics does not answer")), "{error}");
}
