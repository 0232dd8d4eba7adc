//! What can be watched: every metric by name, the handles that fill them, and their Prometheus text.
//!
//! A leaf: it imports no sibling. Handles are made at the start of what they measure and kept: making one takes a lock,
//! filling one is an atomic. A new group of metrics (signals, state) is lines in [`names`] and a struct in `handles`.

pub mod logging;
pub mod names;

mod handles;
mod histogram;
mod recorder;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Once};

pub use handles::{
    FindingMetrics, PartitionMetrics, ProcessMetrics, SaltMetrics, SignalMetrics, StateMetrics, TopicMetrics,
    WorkerMetrics,
};
pub use metrics::{Counter, Gauge, Histogram};
pub use names::{Kind, Metric};
use recorder::Recorder;

/// One a process: handles of all threads and the admin port meet here.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| Recorder::new(names::ALL));

/// Reads the process' metrics.
#[derive(Clone, Copy, Debug)]
pub struct Exporter(&'static Recorder);

/// The metrics of this process: makes ours the recorder of the `metrics` crate. Handles do so themselves, so those made
/// before and after show up alike. In a process with another recorder the series go there, and the exporter is empty.
pub fn install() -> Exporter {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        names::describe(&*RECORDER);
        if metrics::set_global_recorder(&*RECORDER).is_err() {
            tracing::warn!("another recorder has the metrics of this process: /metrics is empty");
        }
    });
    Exporter(&RECORDER)
}

impl Exporter {
    /// Everything as Prometheus text (`text/plain; version=0.0.4`).
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Sums of a counter or gauge (of a histogram: its counts) by the value of one of its labels.
    pub fn sum_by(&self, metric: &Metric, label: &str) -> BTreeMap<String, f64> {
        self.0.sum_by(metric, label)
    }

    /// Upper bound of the bucket that holds the quantile `q` (0 to 1) of a histogram, all its series together: infinite
    /// past the last bound, `None` when nothing was recorded.
    pub fn quantile(&self, metric: &Metric, q: f64) -> Option<f64> {
        self.0.quantile(metric, q)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::{Duration, SystemTime};

    use super::*;

    const UNITS: [&str; 22] = [
        "accounts",
        "evictions",
        "shadowed",
        "signals",
        "unmapped",
        "records",
        "bytes",
        "seconds",
        "findings",
        "transactions",
        "rebalances",
        "recoveries",
        "reloads",
        "trips",
        "errors",
        "partitions",
        "offset",
        "state",
        "info",
        "signals",
        "accounts",
        "salts",
    ];

    #[test]
    fn every_name_follows_the_naming_rule() {
        let mut seen = BTreeSet::new();
        for metric in names::ALL {
            let Metric { name, kind, help, labels } = metric;
            assert!(seen.insert(name), "{name} twice");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}: counters end in _total");
            let stem = name.trim_end_matches("_total");
            assert!(stem.starts_with("sluice_") && UNITS.iter().any(|unit| stem.ends_with(unit)), "{name}: unit");
            assert!(help.ends_with('.') && !help.contains('\n'), "{name}: help is one sentence");
            assert!(labels.iter().all(|label| *label != "le" && *label != "quantile"), "{name}");
            if let Kind::Histogram(bounds) = kind {
                assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{name}: bounds ascend");
            }
        }
    }

    /// The start time is one series for the whole test process, so all tests say the same.
    fn process() -> ProcessMetrics {
        let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500);
        ProcessMetrics::new(started, "0.1.0", "c0ffee", "2.12.1")
    }

    /// Fills every handle, under labels that no other test uses.
    fn fill_everything() -> (PartitionMetrics, ProcessMetrics) {
        let topic = TopicMetrics::new("t-all", &["malformed", "too_deep"]);
        for counter in [&topic.records_in, &topic.bytes_in, &topic.records_out, &topic.bytes_out, &topic.breaker_trips]
        {
            counter.increment(3);
        }
        topic.quarantined(1).increment(2);
        let worker = WorkerMetrics::new(901);
        worker.engine_seconds.record(0.003);
        worker.committed.increment(1);
        worker.set_joined(true);
        let partition = PartitionMetrics::new("t-all", 7);
        partition.lag_records.set(42.0);
        partition.set_paused(true);
        let findings = FindingMetrics::new(&["e-mail", "card"], &["token", "redact"]);
        findings.add(1, 0, 5);
        assert!(findings.add_unexpected(0, 7) && !findings.add_unexpected(0, 7));
        let salts = SaltMetrics::new();
        salts.minted.increment(1);
        salts.wait_seconds.set(0.0);
        StateMetrics::new(901).set(3, 900, 1, 0);
        SignalMetrics::new(&["drain"], &["low", "high"], &["time"]).add(0, 1);
        let process = process();
        process.set_active_key("k901");
        process.set_key_changes(Some(("k905", 1_700_000_000_000)), Some(1_800_000_000_500));
        process.set_config("d901", SystemTime::UNIX_EPOCH);
        (partition, process)
    }

    #[test]
    fn every_metric_of_the_table_is_rendered_with_help_and_type() {
        let _held = fill_everything();
        let text = install().render();
        for metric in names::ALL {
            assert!(text.contains(&format!("# HELP {} {}\n# TYPE {} ", metric.name, metric.help, metric.name)));
        }
        for expected in [
            "sluice_input_records_total{topic=\"t-all\"} 3\n",
            "sluice_quarantined_records_total{topic=\"t-all\",reason=\"malformed\"} 0\n",
            "sluice_quarantined_records_total{topic=\"t-all\",reason=\"too_deep\"} 2\n",
            "sluice_batch_stage_seconds_bucket{worker=\"901\",stage=\"engine\",le=\"0.0025\"} 0\n",
            "sluice_batch_stage_seconds_bucket{worker=\"901\",stage=\"engine\",le=\"0.005\"} 1\n",
            "sluice_transactions_total{worker=\"901\",outcome=\"aborted\"} 0\n",
            "sluice_worker_state{worker=\"901\",state=\"joined\"} 1\n",
            "sluice_lag_records{topic=\"t-all\",partition=\"7\"} 42\n",
            "sluice_paused_partitions{topic=\"t-all\",partition=\"7\"} 1\n",
            "sluice_findings_total{entity=\"card\",action=\"token\"} 5\n",
            "sluice_unexpected_findings_total{entity=\"e-mail\"} 1\n",
            "sluice_signals_total{rule=\"drain\",severity=\"high\"} 1\n",
            "sluice_state_evictions_total{worker=\"901\",cause=\"capacity\"} 1\n",
            "sluice_active_key_info{kid=\"k901\"} 1\n",
            "sluice_key_change_seconds{kid=\"k905\"} 1700000000\n",
            "sluice_key_end_seconds 1800000000.5\n",
            "sluice_config_info{digest=\"d901\"} 1\n",
            "sluice_process_start_seconds 1700000000.5\n",
            "sluice_build_info{version=\"0.1.0\",commit=\"c0ffee\",librdkafka=\"2.12.1\"} 1\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn a_revoked_partition_and_a_rotated_key_leave_no_series() {
        let partition = PartitionMetrics::new("t-revoked", 3);
        let process = process();
        process.set_active_key("k902");
        process.set_key_changes(Some(("k903", 1)), None);
        process.set_config("d902", SystemTime::UNIX_EPOCH);
        assert!(install().render().contains("t-revoked"));
        drop(partition);
        process.set_active_key("k903");
        process.set_key_changes(None, None);
        process.set_config("d903", SystemTime::UNIX_EPOCH);
        let text = install().render();
        assert!(!text.contains("t-revoked") && !text.contains("k902") && text.contains("k903"), "{text}");
        assert!(!text.contains("sluice_key_change_seconds{kid=\"k903\"}"), "{text}");
        assert!(!text.contains("d902") && text.contains("d903"), "{text}");
    }

    #[test]
    fn a_partition_that_comes_back_has_no_old_values() {
        let partition = PartitionMetrics::new("t-back", 3);
        partition.set_paused(true);
        drop(partition);
        let _back = PartitionMetrics::new("t-back", 3);
        let text = install().render();
        assert!(text.contains("sluice_paused_partitions{topic=\"t-back\",partition=\"3\"} 0\n"), "{text}");
    }

    #[test]
    fn sums_by_label_read_the_live_counters() {
        TopicMetrics::new("t-sums", &[]).records_in.increment(11);
        assert_eq!(install().sum_by(&names::INPUT_RECORDS, "topic")["t-sums"], 11.0);
    }
}
