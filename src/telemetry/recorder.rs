//! The recorder behind the `metrics` handles of this process: series live in a `metrics-util` registry, their text is
//! written with `metrics-exporter-prometheus` (exposition format 0.0.4).
//!
//! Why not that crate's own recorder: a series must be gone as soon as its partition is revoked (a stale lag is a false
//! alarm; there a series goes by a timeout at best), and a histogram must count in place (there each value is kept
//! until a scrape or an upkeep task drains it). Both are few lines here: [`Recorder::forget_gone`] and [`Buckets`].

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::atomics::AtomicU64;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use metrics_exporter_prometheus::LabelSet;
use metrics_exporter_prometheus::formatting::{write_help_line, write_metric_line, write_type_line};
use metrics_util::registry::{Registry, Storage};

use super::histogram::Buckets;
use super::names::{Kind, Metric};

/// All series, and what was said to describe them.
#[derive(Debug)]
pub(super) struct Recorder {
    registry: Registry<Key, Store>,
    help: Mutex<BTreeMap<KeyName, SharedString>>,
}

/// What the `metrics` crate has no words for, bounds of buckets and which gauges can go, is looked up here.
#[derive(Debug)]
struct Store {
    table: &'static [&'static Metric],
}

/// A series at the moment of reading.
enum Reading {
    Counter(u64),
    Gauge(f64),
    Histogram(Arc<Buckets>),
}

impl Recorder {
    /// An empty recorder. A metric that is not in `table` is kept too: its histogram has the infinite bucket only.
    pub(super) fn new(table: &'static [&'static Metric]) -> Recorder {
        Recorder { registry: Registry::new(Store { table }), help: Mutex::default() }
    }

    /// Everything as Prometheus text, family by family in the order of their names.
    pub(super) fn render(&self) -> String {
        let mut out = String::with_capacity(16 << 10);
        let help = self.help();
        let readings = self.read();
        let mut family = "";
        for (key, reading) in &readings {
            if family != key.name() {
                family = key.name();
                if let Some(text) = help.get(family) {
                    write_help_line(&mut out, family, None, None, text);
                }
                write_type_line(&mut out, family, None, None, reading.type_name());
            }
            reading.render(&mut out, key);
        }
        out
    }

    /// Sums of a counter or gauge (of a histogram: its counts) by the value of one of its labels.
    pub(super) fn sum_by(&self, metric: &Metric, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for (key, reading) in self.read().iter().filter(|(key, _)| key.name() == metric.name) {
            if let Some(label) = key.labels().find(|of_key| of_key.key() == label) {
                *sums.entry(label.value().to_owned()).or_default() += reading.amount();
            }
        }
        sums
    }

    /// Upper bound of the bucket that holds the quantile `q` (0 to 1) of all series of a histogram together.
    pub(super) fn quantile(&self, metric: &Metric, q: f64) -> Option<f64> {
        let mut sums: Vec<(f64, u64)> = Vec::new();
        self.registry.visit_histograms(|key, histogram| {
            if key.name() == metric.name {
                let counts = histogram.cumulative();
                sums.resize(counts.len(), (0.0, 0));
                sums.iter_mut().zip(counts).for_each(|(sum, (bound, count))| *sum = (bound, sum.1 + count));
            }
        });
        let total = sums.last()?.1;
        let wanted = (q * total as f64).ceil().max(1.0) as u64;
        sums.iter().find(|(_, count)| *count >= wanted).map(|(bound, _)| *bound)
    }

    fn read(&self) -> BTreeMap<Key, Reading> {
        self.forget_gone();
        let mut all = BTreeMap::new();
        self.registry.visit_counters(|key, counter| {
            all.insert(key.clone(), Reading::Counter(counter.load(Relaxed)));
        });
        self.registry.visit_gauges(|key, gauge| {
            all.insert(key.clone(), Reading::Gauge(f64::from_bits(gauge.load(Relaxed))));
        });
        self.registry.visit_histograms(|key, histogram| {
            all.insert(key.clone(), Reading::Histogram(Arc::clone(histogram)));
        });
        all
    }

    /// Removes live gauges whose handles are all dropped. Counting handles, rather than removing a series when one of
    /// them is dropped, is right also when a worker has lost a partition that another worker holds already.
    fn forget_gone(&self) {
        let store = self.registry.storage();
        self.registry.retain_gauges(|key, gauge| {
            Arc::strong_count(gauge) > 1 || store.kind(key.name()) != Some(Kind::LiveGauge)
        });
    }

    fn describe(&self, name: KeyName, help: SharedString) {
        self.help().entry(name).or_insert(help);
    }

    fn help(&self) -> MutexGuard<'_, BTreeMap<KeyName, SharedString>> {
        // A panic elsewhere leaves the map whole: every change of it is one insertion.
        self.help.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Units are part of the names here, so those of descriptions are not needed.
impl metrics::Recorder for Recorder {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name, help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name, help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.registry.get_or_create_counter(&key.to_retained(), |counter| Counter::from(Arc::clone(counter)))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.registry.get_or_create_gauge(&key.to_retained(), |gauge| Gauge::from(Arc::clone(gauge)))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.registry.get_or_create_histogram(&key.to_retained(), |histogram| Histogram::from(Arc::clone(histogram)))
    }
}

impl Store {
    fn kind(&self, name: &str) -> Option<Kind> {
        self.table.iter().find(|metric| metric.name == name).map(|metric| metric.kind)
    }
}

impl Storage<Key> for Store {
    type Counter = Arc<AtomicU64>;
    type Gauge = Arc<AtomicU64>;
    type Histogram = Arc<Buckets>;

    fn counter(&self, _: &Key) -> Arc<AtomicU64> {
        Arc::default()
    }

    fn gauge(&self, _: &Key) -> Arc<AtomicU64> {
        Arc::default()
    }

    fn histogram(&self, key: &Key) -> Arc<Buckets> {
        let bounds = match self.kind(key.name()) {
            Some(Kind::Histogram(bounds)) => bounds,
            _ => &[],
        };
        Arc::new(Buckets::new(bounds))
    }
}

impl Reading {
    fn type_name(&self) -> &'static str {
        match self {
            Reading::Counter(_) => "counter",
            Reading::Gauge(_) => "gauge",
            Reading::Histogram(_) => "histogram",
        }
    }

    fn amount(&self) -> f64 {
        match self {
            Reading::Counter(value) => *value as f64,
            Reading::Gauge(value) => *value,
            Reading::Histogram(buckets) => buckets.cumulative().last().map_or(0.0, |(_, count)| *count as f64),
        }
    }

    fn render(&self, out: &mut String, key: &Key) {
        let labels = LabelSet::from_key_and_global(key, &Default::default());
        let none = None::<(&str, &str)>;
        match self {
            Reading::Counter(value) => write_metric_line(out, key.name(), None, &labels, none, value, None),
            Reading::Gauge(value) => write_metric_line(out, key.name(), None, &labels, none, value, None),
            Reading::Histogram(buckets) => {
                // The count is the last bucket of this very reading, so that the two always agree.
                let mut total = 0;
                for (bound, count) in buckets.cumulative() {
                    let le = if bound.is_finite() { bound.to_string() } else { "+Inf".to_owned() };
                    write_metric_line(out, key.name(), Some("bucket"), &labels, Some(("le", le)), count, None);
                    total = count;
                }
                write_metric_line(out, key.name(), Some("sum"), &labels, none, buckets.sum(), None);
                write_metric_line(out, key.name(), Some("count"), &labels, none, total, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, describe_counter, gauge, histogram, with_local_recorder};

    use super::*;

    static LIVE: Metric =
        Metric { name: "live_apples", kind: Kind::LiveGauge, labels: &["tree"], help: "Apples on the tree." };
    static SIZE: Metric = Metric {
        name: "apple_bytes",
        kind: Kind::Histogram(&[1.0, 2.5, 10.0]),
        labels: &["tree"],
        help: "Size of apples.",
    };

    static TABLE: &[&Metric] = &[&LIVE, &SIZE];

    #[test]
    fn one_name_and_labels_is_one_series_and_label_values_are_escaped() {
        let recorder = Recorder::new(TABLE);
        with_local_recorder(&recorder, || {
            describe_counter!("eaten_apples_total", "Apples eaten.");
            counter!("eaten_apples_total", "tree" => "a\"b\\c\nd", "sort" => "red").increment(2);
            counter!("eaten_apples_total", "tree" => "a\"b\\c\nd", "sort" => "red").increment(3);
        });
        let text = "# HELP eaten_apples_total Apples eaten.\n# TYPE eaten_apples_total counter\n\
                    eaten_apples_total{tree=\"a\\\"b\\\\c\\nd\",sort=\"red\"} 5\n";
        assert_eq!(recorder.render(), text);
    }

    #[test]
    fn a_live_gauge_is_gone_with_its_last_handle() {
        let recorder = Recorder::new(TABLE);
        let live = |tree: &'static str| with_local_recorder(&recorder, || gauge!("live_apples", "tree" => tree));
        let (gone, kept, twin) = (live("old"), live("new"), live("new"));
        kept.set(7.5);
        assert!(recorder.render().contains("live_apples{tree=\"old\"} 0\n"));
        drop((gone, twin));
        assert_eq!(recorder.render(), "# TYPE live_apples gauge\nlive_apples{tree=\"new\"} 7.5\n");
        drop(kept);
        assert_eq!(recorder.render(), "", "a family without series is not announced");
    }

    #[test]
    fn other_gauges_stay_without_a_handle() {
        let recorder = Recorder::new(TABLE);
        with_local_recorder(&recorder, || gauge!("trees").set(3));
        assert_eq!(recorder.render(), "# TYPE trees gauge\ntrees 3\n");
    }

    #[test]
    fn a_histogram_has_the_buckets_of_the_table() {
        let recorder = Recorder::new(TABLE);
        with_local_recorder(&recorder, || {
            histogram!("apple_bytes", "tree" => "old").record_many(2.0, 3);
            histogram!("apple_bytes", "tree" => "old").record(11.0);
            histogram!("unknown_bytes").record(4.0);
        });
        let text = "# TYPE apple_bytes histogram\n\
                    apple_bytes_bucket{tree=\"old\",le=\"1\"} 0\n\
                    apple_bytes_bucket{tree=\"old\",le=\"2.5\"} 3\n\
                    apple_bytes_bucket{tree=\"old\",le=\"10\"} 3\n\
                    apple_bytes_bucket{tree=\"old\",le=\"+Inf\"} 4\n\
                    apple_bytes_sum{tree=\"old\"} 17\n\
                    apple_bytes_count{tree=\"old\"} 4\n\
                    # TYPE unknown_bytes histogram\n\
                    unknown_bytes_bucket{le=\"+Inf\"} 1\n\
                    unknown_bytes_sum 4\n\
                    unknown_bytes_count 1\n";
        assert_eq!(recorder.render(), text);
    }

    #[test]
    fn quantiles_are_bounds_of_the_buckets_of_all_series() {
        let recorder = Recorder::new(TABLE);
        let size = |tree: &'static str| with_local_recorder(&recorder, || histogram!("apple_bytes", "tree" => tree));
        let (old, new) = (size("old"), size("new"));
        assert_eq!(recorder.quantile(&SIZE, 0.5), None);
        old.record_many(0.5, 90);
        new.record_many(3.0, 9);
        new.record(99.0);
        assert_eq!(recorder.quantile(&SIZE, 0.5), Some(1.0));
        assert_eq!(recorder.quantile(&SIZE, 0.99), Some(10.0));
        assert_eq!(recorder.quantile(&SIZE, 1.0), Some(f64::INFINITY));
    }

    #[test]
    fn sums_by_label_leave_the_other_labels_out() {
        let recorder = Recorder::new(TABLE);
        with_local_recorder(&recorder, || {
            gauge!("live_apples", "tree" => "north", "sort" => "red").set(9);
            for (tree, sort, n) in [("north", "red", 2), ("south", "red", 3), ("south", "green", 5)] {
                histogram!("apple_bytes", "tree" => tree, "sort" => sort).record_many(1.0, n);
            }
        });
        let sums = recorder.sum_by(&SIZE, "sort");
        assert_eq!(sums, BTreeMap::from([("green".to_owned(), 5.0), ("red".to_owned(), 5.0)]));
    }
}
