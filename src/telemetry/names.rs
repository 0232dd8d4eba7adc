//! Every metric by name: the one place that says what `/metrics` shows.
//!
//! A name is `sluice_<thing>_<unit>`, and `_total` when it counts; a test holds every name to it. `topic` is the input
//! topic, so that for each topic input = output + quarantined (+ what rules drop).

use metrics::{KeyName, Recorder, SharedString};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows; its name ends in `_total`.
    Counter,
    /// A value of now.
    Gauge,
    /// A value of now that belongs to something which can go: the series is gone when the last handle is.
    LiveGauge,
    /// Counts of values up to each bound.
    Histogram(&'static [f64]),
}

/// One metric: what `/metrics` says about it.
#[derive(Debug)]
pub struct Metric {
    /// `sluice_<thing>_<unit>[_total]`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Names of its labels. Their values are bounded and never come from a record.
    pub labels: &'static [&'static str],
    /// One sentence for people who read `/metrics`.
    pub help: &'static str,
}

/// Gives `recorder` the help text of every metric.
pub fn describe(recorder: &dyn Recorder) {
    for Metric { name, kind, help, .. } in ALL {
        let (name, help) = (KeyName::from_const_str(name), SharedString::const_str(help));
        match kind {
            Kind::Counter => recorder.describe_counter(name, None, help),
            Kind::Gauge | Kind::LiveGauge => recorder.describe_gauge(name, None, help),
            Kind::Histogram(_) => recorder.describe_histogram(name, None, help),
        }
    }
}

/// Bounds of stage and transaction times: 0.1 ms to 30 s.
const STAGE_SECONDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Bounds of the end-to-end latency: a catching-up consumer sees hours.
const LATENCY_SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0];

/// Bounds of records in a batch.
const BATCH_RECORDS: &[f64] =
    &[1.0, 10.0, 100.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0, 25_000.0, 50_000.0, 100_000.0];

macro_rules! metrics {
    ($($ident:ident $kind:expr, $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $ident: Metric = Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help };
        )*
        /// All of them.
        pub static ALL: &[&Metric] = &[$(&$ident),*];
    };
}

metrics! {
    INPUT_RECORDS Kind::Counter, "sluice_input_records_total" ["topic"] "Records read.";
    INPUT_BYTES Kind::Counter, "sluice_input_bytes_total" ["topic"] "Bytes of keys and values read.";
    OUTPUT_RECORDS Kind::Counter, "sluice_output_records_total" ["topic"]
        "Scrubbed records delivered, by their input topic.";
    OUTPUT_BYTES Kind::Counter, "sluice_output_bytes_total" ["topic"]
        "Bytes of keys and values delivered, by their input topic.";
    QUARANTINED_RECORDS Kind::Counter, "sluice_quarantined_records_total" ["topic", "reason"]
        "Records that could not be read safely, by input topic and reason.";
    BREAKER_TRIPS Kind::Counter, "sluice_breaker_trips_total" ["topic"]
        "Times a partition was stopped because too many of its records were quarantined.";
    SUPPRESSED_RECORDS Kind::Counter, "sluice_suppressed_records_total" ["topic"]
        "Records dropped because they carry a listed pseudonym, by input topic.";
    SALTLESS_RECORDS Kind::Counter, "sluice_saltless_records_total" ["topic"]
        "Records with values redacted because their day's salt is gone or their day is not yet, by input topic.";
    ERASURES Kind::Counter, "sluice_erasure_records_total" ["topic"]
        "Records that asked for their subject to be forgotten, by input topic.";
    FINDINGS Kind::Counter, "sluice_findings_total" ["entity", "action"]
        "Personal data found, by what it is and what was done with it.";
    UNEXPECTED_FINDINGS Kind::Counter, "sluice_unexpected_findings_total" ["entity"]
        "Fields that no rule names, in which an entity was found for the first time since the start.";

    STAGE_TIME Kind::Histogram(STAGE_SECONDS), "sluice_batch_stage_seconds" ["worker", "stage"]
        "Time a batch spent in a stage.";
    BATCH_SIZE Kind::Histogram(BATCH_RECORDS), "sluice_batch_records" ["worker"] "Records in a committed batch.";
    LATENCY Kind::Histogram(LATENCY_SECONDS), "sluice_end_to_end_latency_seconds" ["worker"]
        "Time from a record's Kafka timestamp to the commit of its scrubbed record.";
    TRANSACTIONS Kind::Counter, "sluice_transactions_total" ["worker", "outcome"]
        "Transactions (at_least_once: batches) that ended, by outcome.";
    TRANSACTION_TIME Kind::Histogram(STAGE_SECONDS), "sluice_transaction_seconds" ["worker"]
        "Time from the first record of a transaction (or batch) to its commit.";
    REBALANCES Kind::Counter, "sluice_rebalances_total" ["worker", "kind"] "Rebalance callbacks, by kind.";
    REBALANCE_TIME Kind::Histogram(STAGE_SECONDS), "sluice_rebalance_seconds" ["worker"]
        "Time to drain and hand over partitions that were revoked.";
    RECOVERIES Kind::Counter, "sluice_worker_recoveries_total" ["worker"]
        "Times a worker made new clients after a fault and went on from the committed offsets.";
    KAFKA_ERRORS Kind::Counter, "sluice_kafka_errors_total" ["worker"] "Errors that the Kafka clients reported.";
    OUTSTANDING Kind::Gauge, "sluice_outstanding_bytes" ["worker"] "Bytes read and not yet delivered.";
    ASSIGNED Kind::Gauge, "sluice_assigned_partitions" ["worker"] "Partitions the worker holds.";
    WORKER_STATE Kind::Gauge, "sluice_worker_state" ["worker", "state"] "1 when the worker is in this state, else 0.";

    LAG_RECORDS Kind::LiveGauge, "sluice_lag_records" ["topic", "partition"]
        "Records between the position and the end of the partition.";
    LAG_TIME Kind::LiveGauge, "sluice_lag_seconds" ["topic", "partition"]
        "Age of the record that was read last, 0 when the end was reached.";
    POSITION Kind::LiveGauge, "sluice_position_offset" ["topic", "partition"] "Offset of the next record to commit.";
    PAUSED Kind::LiveGauge, "sluice_paused_partitions" ["topic", "partition"]
        "1 when the breaker has stopped the partition, else 0.";

    SIGNALS Kind::Counter, "sluice_signals_total" ["rule", "severity"] "Signals delivered, by rule and severity.";
    SHADOWED Kind::Counter, "sluice_signals_shadowed_total" ["rule"] "Times a rule in shadow would have fired.";
    UNMAPPED Kind::Counter, "sluice_events_unmapped_total" ["reason"]
        "Records of signal inputs that touched no account, by why.";
    STATE_ACCOUNTS Kind::Gauge, "sluice_state_accounts" ["worker"] "Accounts whose state the worker keeps.";
    STATE_BYTES Kind::Gauge, "sluice_state_bytes" ["worker"] "Bytes that the state of its accounts takes.";
    STATE_EVICTIONS Kind::Counter, "sluice_state_evictions_total" ["worker", "cause"]
        "Accounts forgotten, because of their age or because there were too many.";
    STATE_MISPLACED Kind::Counter, "sluice_state_misplaced_accounts_total" ["worker"]
        "Accounts that came in one partition and are known in another that the worker holds: the input is not keyed by account.";
    STATE_CHANGELOG Kind::Counter, "sluice_state_changelog_bytes_total" ["worker"]
        "Bytes of keys and values written to the changelog.";
    STATE_RESTORE_TIME Kind::Histogram(STAGE_SECONDS), "sluice_state_restore_seconds" ["worker"]
        "Time to restore the state of one task.";
    STATE_RESTORING Kind::Gauge, "sluice_state_restoring_records" ["worker"]
        "Records of the changelog that are still to be read before the worker is ready.";

    ACTIVE_KEY Kind::LiveGauge, "sluice_active_key_info" ["kid"] "1 for the id of the key that makes new tokens.";
    KEY_CHANGE Kind::LiveGauge, "sluice_key_change_seconds" ["kid"]
        "Unix time at which this key will be the one that makes new tokens; no series when no change is planned.";
    KEY_END Kind::LiveGauge, "sluice_key_end_seconds" []
        "Unix time from which on no key makes tokens; no series when there is always one.";
    KEY_RELOADS Kind::Counter, "sluice_key_reloads_total" ["result"] "Changes of the key files that were seen.";
    CONFIG Kind::LiveGauge, "sluice_config_info" ["digest"] "1 for the config and patterns that run.";
    CONFIG_START Kind::Gauge, "sluice_config_start_seconds" []
        "Unix time at which the config and patterns that run were taken over.";
    CONFIG_RELOADS Kind::Counter, "sluice_config_reloads_total" ["result"]
        "Changes of the config or of pattern files that were seen.";
    SUPPRESSION_RELOADS Kind::Counter, "sluice_suppression_reloads_total" ["result"]
        "Changes of the suppression list that were seen.";
    SIGNAL_FILE_RELOADS Kind::Counter, "sluice_signal_file_reloads_total" ["result"]
        "Changes of the lists and databases of addresses of signals that were seen.";
    REFUSED_RELOADS Kind::Gauge, "sluice_refused_reloads" ["what"]
        "1 while these files hold a change that was refused, so that the old content stays.";
    SALT_WAIT Kind::Gauge, "sluice_salt_wait_seconds" []
        "Time that the stream has been waiting for today's salt, 0 when it is there.";
    SALTS_MINTED Kind::Counter, "sluice_minted_salts_total" [] "Salts that this process has minted.";
    SALT_ERRORS Kind::Counter, "sluice_salt_errors_total" [] "Failed tries to get at today's salt.";
    START_TIME Kind::Gauge, "sluice_process_start_seconds" [] "Unix time at which the process started.";
    BUILD Kind::Gauge, "sluice_build_info" ["version", "commit", "librdkafka"] "1, with what was built in its labels.";
}
