//! A panic prints where, never what.

use crate::support::command::rerun;

const CHILD: &str = "SLUICE_TEST_PANICS";

/// Run by the test below in a process of its own: the hook is one per process.
#[test]
fn child_that_panics_when_told() {
    if std::env::var_os(CHILD).is_some() {
        sluice::cli::panic::install_hook();
        panic!("a value: {}", std::hint::black_box("siti@example.com"));
    }
}

#[test]
fn a_panic_shows_its_place_and_not_its_message() {
    for backtrace in ["0", "1"] {
        let child = rerun("cli::panics::child_that_panics_when_told")
            .env(CHILD, "1")
            .env("RUST_BACKTRACE", backtrace)
            .output()
            .unwrap();
        assert!(!child.status.success());
        let text = String::from_utf8_lossy(&[child.stdout, child.stderr].concat()).into_owned();
        assert!(text.contains("error: internal fault at tests/cli/panics.rs:"), "{text}");
        assert!(!text.contains("siti@example.com"), "{text}");
        assert_eq!(text.contains("child_that_panics_when_told\n   "), backtrace == "1", "{text}");
    }
}
