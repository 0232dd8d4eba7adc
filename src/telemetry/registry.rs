//! The store of all series and their Prometheus text (exposition format 0.0.4).
//!
//! Why not an existing recorder: a series must vanish the moment its partition is revoked (a stale lag is a false
//! alarm), and a latency histogram takes every record, so it must count in place and not keep samples until somebody
//! scrapes. Handles are cheap to use and clone; making one takes a lock, so they are made once and kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// A number that only grows.
#[derive(Clone, Debug)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// What was counted so far.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number of now.
#[derive(Clone, Debug)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// What was set last; 0 at first.
    pub fn value(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// Counts of values up to each bound, and their sum.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Buckets>);

#[derive(Debug)]
struct Buckets {
    bounds: &'static [f64],
    /// One more than bounds: the last is for what exceeds them all.
    counts: Box<[AtomicU64]>,
    /// Bits of an `f64`.
    sum: AtomicU64,
}

impl Histogram {
    /// Counts `value` once.
    pub fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    /// Counts `value` `times` times.
    pub fn record_many(&self, value: f64, times: u64) {
        let bucket = bucket_of(self.0.bounds, value);
        self.0.counts[bucket].fetch_add(times, Relaxed);
        self.add_sum(value * times as f64);
    }

    /// An empty tally of this histogram, for one thread to fill record by record.
    pub fn tally(&self) -> Tally {
        Tally { bounds: self.0.bounds, counts: vec![0; self.0.counts.len()].into(), sum: 0.0 }
    }

    /// Takes over what `tally` counted and empties it.
    pub fn absorb(&self, tally: &mut Tally) {
        debug_assert_eq!(tally.bounds, self.0.bounds, "a tally goes to the histogram that made it");
        for (to, from) in self.0.counts.iter().zip(&mut tally.counts) {
            if *from > 0 {
                to.fetch_add(std::mem::take(from), Relaxed);
            }
        }
        self.add_sum(std::mem::take(&mut tally.sum));
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.0.counts.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// Upper bound of the bucket that holds the quantile `q` (0 to 1): infinite past the last bound, `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let wanted = (q * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (i, count) in self.0.counts.iter().enumerate() {
            seen += count.load(Relaxed);
            if seen >= wanted {
                return Some(self.0.bounds.get(i).copied().unwrap_or(f64::INFINITY));
            }
        }
        None
    }

    fn add_sum(&self, amount: f64) {
        let add = |bits| Some((f64::from_bits(bits) + amount).to_bits());
        self.0.sum.fetch_update(Relaxed, Relaxed, add).expect("invariant: the closure never declines");
    }
}

/// Counts of one batch, without atomics: filled per record, handed over once by [`Histogram::absorb`].
#[derive(Debug)]
pub struct Tally {
    bounds: &'static [f64],
    counts: Box<[u64]>,
    sum: f64,
}

impl Tally {
    /// Counts `value` once.
    pub fn record(&mut self, value: f64) {
        self.counts[bucket_of(self.bounds, value)] += 1;
        self.sum += value;
    }
}

/// Bounds are inclusive upper ends, as Prometheus' `le`.
fn bucket_of(bounds: &[f64], value: f64) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

/// All series. Asking twice for the same name and labels gives handles of one series.
#[derive(Debug, Default)]
pub struct Registry {
    families: Mutex<BTreeMap<&'static str, Family>>,
}

#[derive(Debug)]
struct Family {
    metric: &'static Metric,
    /// By the values of the labels.
    series: BTreeMap<Vec<String>, Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Registry {
    /// An empty store.
    pub const fn new() -> Registry {
        Registry { families: Mutex::new(BTreeMap::new()) }
    }

    /// The counter `metric` with these label values.
    ///
    /// # Panics
    /// Like its siblings: when `metric` is of another kind or has another number of labels, which the table of
    /// metrics and its test decide, never the input.
    pub fn counter(&self, metric: &'static Metric, labels: &[&str]) -> Counter {
        match self.series(metric, labels) {
            Series::Counter(counter) => counter,
            _ => unreachable!("{} is no counter", metric.name),
        }
    }

    /// The gauge `metric` with these label values.
    pub fn gauge(&self, metric: &'static Metric, labels: &[&str]) -> Gauge {
        match self.series(metric, labels) {
            Series::Gauge(gauge) => gauge,
            _ => unreachable!("{} is no gauge", metric.name),
        }
    }

    /// The histogram `metric` with these label values.
    pub fn histogram(&self, metric: &'static Metric, labels: &[&str]) -> Histogram {
        match self.series(metric, labels) {
            Series::Histogram(histogram) => histogram,
            _ => unreachable!("{} is no histogram", metric.name),
        }
    }

    /// Everything as Prometheus text, in the order of names and label values.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 << 10);
        for family in self.lock().values_mut() {
            family.retract_dead();
            if !family.series.is_empty() {
                family.render(&mut out);
            }
        }
        out
    }

    /// Sums of a counter or gauge by the value of one of its labels.
    pub fn sum_by(&self, metric: &Metric, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        let Some(at) = metric.labels.iter().position(|name| *name == label) else { return sums };
        let mut families = self.lock();
        let Some(family) = families.get_mut(metric.name) else { return sums };
        family.retract_dead();
        for (labels, series) in &family.series {
            let value = match series {
                Series::Counter(counter) => counter.value() as f64,
                Series::Gauge(gauge) => gauge.value(),
                Series::Histogram(histogram) => histogram.count() as f64,
            };
            *sums.entry(labels[at].clone()).or_default() += value;
        }
        sums
    }

    fn series(&self, metric: &'static Metric, labels: &[&str]) -> Series {
        assert_eq!(metric.labels.len(), labels.len(), "labels of {}", metric.name);
        let mut families = self.lock();
        let family = families.entry(metric.name).or_insert_with(|| Family { metric, series: BTreeMap::new() });
        let key = labels.iter().map(|value| (*value).to_owned()).collect();
        family.series.entry(key).or_insert_with(|| Series::new(metric.kind)).clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Family>> {
        // A panic elsewhere leaves the map whole: every change of it is one insertion or removal.
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Family {
    /// Removes live gauges that nobody but this store holds any more.
    fn retract_dead(&mut self) {
        if self.metric.kind == Kind::LiveGauge {
            self.series.retain(|_, series| match series {
                Series::Gauge(gauge) => Arc::strong_count(&gauge.0) > 1,
                Series::Counter(_) | Series::Histogram(_) => true,
            });
        }
    }

    fn render(&self, out: &mut String) {
        let Metric { name, kind, labels, help } = self.metric;
        let type_name = match kind {
            Kind::Counter => "counter",
            Kind::Gauge | Kind::LiveGauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {type_name}");
        for (values, series) in &self.series {
            let labels = render_labels(labels, values);
            match series {
                Series::Counter(counter) => line(out, name, &labels, counter.value()),
                Series::Gauge(gauge) => line(out, name, &labels, gauge.value()),
                Series::Histogram(histogram) => histogram.0.render(out, name, &labels),
            }
        }
    }
}

impl Series {
    fn new(kind: Kind) -> Series {
        match kind {
            Kind::Counter => Series::Counter(Counter(Arc::default())),
            Kind::Gauge | Kind::LiveGauge => Series::Gauge(Gauge(Arc::default())),
            Kind::Histogram(bounds) => Series::Histogram(Histogram(Arc::new(Buckets {
                bounds,
                counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
                sum: AtomicU64::new(0),
            }))),
        }
    }
}

impl Buckets {
    fn render(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut total = 0;
        for (i, count) in self.counts.iter().enumerate() {
            total += count.load(Relaxed);
            let _ = match self.bounds.get(i) {
                Some(bound) => writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {total}"),
                None => writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}"),
            };
        }
        line(out, &format!("{name}_sum"), labels, f64::from_bits(self.sum.load(Relaxed)));
        // The count is the last bucket of this very reading, so that the two always agree.
        line(out, &format!("{name}_count"), labels, total);
    }
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = match labels {
        "" => writeln!(out, "{name} {value}"),
        labels => writeln!(out, "{name}{{{labels}}} {value}"),
    };
}

fn render_labels(names: &[&str], values: &[String]) -> String {
    let mut out = String::new();
    for (name, value) in names.iter().zip(values) {
        if !out.is_empty() {
            out.push(',');
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{name}=\"{value}\"");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    static EATEN: Metric = Metric {
        name: "sluice_eaten_apples_total",
        kind: Kind::Counter,
        labels: &["tree", "sort"],
        help: "Apples eaten.",
    };
    static LIVE: Metric =
        Metric { name: "sluice_live_apples", kind: Kind::LiveGauge, labels: &["tree"], help: "Apples on the tree." };
    static SIZE: Metric = Metric {
        name: "sluice_apple_bytes",
        kind: Kind::Histogram(&[1.0, 2.5, 10.0]),
        labels: &[],
        help: "Size of apples.",
    };

    #[test]
    fn one_name_and_labels_is_one_series_and_label_values_are_escaped() {
        let registry = Registry::new();
        registry.counter(&EATEN, &["a\"b\\c\nd", "red"]).add(2);
        registry.counter(&EATEN, &["a\"b\\c\nd", "red"]).add(3);
        let text = "# HELP sluice_eaten_apples_total Apples eaten.\n# TYPE sluice_eaten_apples_total counter\n\
                    sluice_eaten_apples_total{tree=\"a\\\"b\\\\c\\nd\",sort=\"red\"} 5\n";
        assert_eq!(registry.render(), text);
    }

    #[test]
    fn a_live_gauge_is_gone_with_its_last_handle() {
        let registry = Registry::new();
        let gone = registry.gauge(&LIVE, &["old"]);
        let kept = registry.gauge(&LIVE, &["new"]);
        let twin = registry.gauge(&LIVE, &["new"]);
        kept.set(7.5);
        assert!(registry.render().contains("sluice_live_apples{tree=\"old\"} 0\n"));
        drop((gone, twin));
        let text = registry.render();
        assert!(!text.contains("old") && text.contains("sluice_live_apples{tree=\"new\"} 7.5\n"), "{text}");
        drop(kept);
        assert_eq!(registry.render(), "", "a family without series is not announced");
    }

    #[test]
    fn histogram_buckets_are_cumulative_and_their_bounds_inclusive() {
        let registry = Registry::new();
        let histogram = registry.histogram(&SIZE, &[]);
        histogram.record(1.0);
        histogram.record_many(2.0, 3);
        histogram.record(11.0);
        let text = registry.render();
        for expected in [
            "sluice_apple_bytes_bucket{le=\"1\"} 1\n",
            "sluice_apple_bytes_bucket{le=\"2.5\"} 4\n",
            "sluice_apple_bytes_bucket{le=\"10\"} 4\n",
            "sluice_apple_bytes_bucket{le=\"+Inf\"} 5\n",
            "sluice_apple_bytes_sum 18\n",
            "sluice_apple_bytes_count 5\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn a_tally_gives_what_single_records_give_and_is_empty_after() {
        let (one, other) = (Registry::new(), Registry::new());
        let (single, batched) = (one.histogram(&SIZE, &[]), other.histogram(&SIZE, &[]));
        let mut tally = batched.tally();
        for value in [0.0, 1.0, 1.5, 2.5, 9.0, 10.5] {
            single.record(value);
            tally.record(value);
        }
        batched.absorb(&mut tally);
        batched.absorb(&mut tally);
        assert_eq!(one.render(), other.render());
    }

    #[test]
    fn quantiles_are_bounds_of_buckets() {
        let histogram = Registry::new().histogram(&SIZE, &[]);
        assert_eq!(histogram.quantile(0.5), None);
        histogram.record_many(0.5, 90);
        histogram.record_many(3.0, 9);
        histogram.record(99.0);
        assert_eq!(histogram.quantile(0.5), Some(1.0));
        assert_eq!(histogram.quantile(0.99), Some(10.0));
        assert_eq!(histogram.quantile(1.0), Some(f64::INFINITY));
    }

    #[test]
    fn sums_by_label_leave_the_other_labels_out() {
        let registry = Registry::new();
        registry.counter(&EATEN, &["north", "red"]).add(2);
        registry.counter(&EATEN, &["south", "red"]).add(3);
        registry.counter(&EATEN, &["south", "green"]).add(5);
        let sums = registry.sum_by(&EATEN, "sort");
        assert_eq!(sums, BTreeMap::from([("green".to_owned(), 5.0), ("red".to_owned(), 5.0)]));
    }
}
