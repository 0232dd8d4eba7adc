//! The wall clock of the service: what day it is decides which salt may be minted.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)).saturating_add(offset_ms())
}

/// Tests of the binary put its clock shortly before a midnight. What is built for use does not look at the environment:
/// whoever could set this could have salts minted for any day.
#[cfg(debug_assertions)]
fn offset_ms() -> i64 {
    static OFFSET: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| {
        std::env::var("SLUICE_TEST_CLOCK_OFFSET_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    });
    *OFFSET
}

#[cfg(not(debug_assertions))]
fn offset_ms() -> i64 {
    0
}
