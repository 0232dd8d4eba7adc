//! What `/metrics` says, read back: series with labels, sums, rates and quantiles between two looks.

use std::collections::BTreeMap;
use std::time::Duration;

/// All series of one look at `/metrics`.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Since the first look.
    pub at: Duration,
    series: BTreeMap<String, Vec<Series>>,
}

/// One series: its labels and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    labels: Vec<(String, String)>,
    /// The value.
    pub value: f64,
}

impl Series {
    /// The value of a label, empty when it has none of that name.
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

impl Reading {
    /// Reads Prometheus text. Lines that are none are left out: a newer process may say more than we know.
    pub fn parse(text: &str, at: Duration) -> Reading {
        let mut series: BTreeMap<String, Vec<Series>> = BTreeMap::new();
        for (name, one) in text.lines().filter_map(parse_line) {
            series.entry(name.to_owned()).or_default().push(one);
        }
        Reading { at, series }
    }

    /// Every series of a metric.
    pub fn all(&self, name: &str) -> &[Series] {
        self.series.get(name).map_or(&[], Vec::as_slice)
    }

    /// The sum of a metric's series; `None` when there is none.
    pub fn sum(&self, name: &str) -> Option<f64> {
        self.series.get(name).map(|all| all.iter().map(|s| s.value).sum())
    }

    /// Sums by the value of one label.
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for one in self.all(name) {
            *sums.entry(one.label(label).to_owned()).or_default() += one.value;
        }
        sums
    }

    /// Growth of a counter a second since `before`. A counter that fell has begun anew with its process.
    pub fn rate(&self, before: &Reading, name: &str) -> Option<f64> {
        let (now, past) = (self.sum(name)?, before.sum(name).unwrap_or(0.0));
        let seconds = self.at.saturating_sub(before.at).as_secs_f64();
        let grown = if now >= past { now - past } else { now };
        (seconds > 0.0).then(|| grown / seconds)
    }

    /// The quantile `q` of what a histogram took in since `before`, interpolated inside of its bucket as Prometheus'
    /// `histogram_quantile` does; `None` when it took in nothing.
    pub fn quantile(&self, before: &Reading, name: &str, q: f64) -> Option<f64> {
        let name = format!("{name}_bucket");
        let past = before.by(&name, "le");
        let grown = |(le, count): (String, f64)| {
            let bound = if le == "+Inf" { f64::INFINITY } else { le.parse().ok()? };
            Some((bound, (count - past.get(&le).copied().unwrap_or(0.0)).max(0.0)))
        };
        let mut buckets: Vec<(f64, f64)> = self.by(&name, "le").into_iter().filter_map(grown).collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted = q * buckets.last().map(|(_, total)| *total).filter(|total| *total > 0.0)?;
        let (mut low, mut below) = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= wanted {
                let inside = if count > below { (wanted - below) / (count - below) } else { 1.0 };
                return Some(if bound.is_finite() { low + (bound - low) * inside } else { low });
            }
            (low, below) = (bound, count);
        }
        None
    }
}

fn parse_line(line: &str) -> Option<(&str, Series)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with('#') {
        return None;
    }
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => parse_labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = match value.split_whitespace().next()? {
        "+Inf" => f64::INFINITY,
        number => number.parse().ok()?,
    };
    Some((name, Series { labels, value }))
}

/// Labels up to the closing brace, and what stands behind it.
fn parse_labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, value) = rest.split_once("=\"")?;
        let mut text = String::new();
        let mut chars = value.char_indices();
        rest = loop {
            match chars.next()? {
                (at, '"') => break &value[at + 1..],
                (_, '\\') => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    c => text.push(c),
                },
                (_, c) => text.push(c),
            }
        };
        labels.push((name.to_owned(), text));
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# HELP sluice_a_total A.\n# TYPE sluice_a_total counter\n\
        sluice_a_total{topic=\"t\\\"1\",reason=\"x\"} 4\nsluice_a_total{topic=\"t2\",reason=\"x\"} 6\nsluice_up 1\n\
        not a line\nsluice_broken{topic=\"\n";

    fn at(text: &str, seconds: u64) -> Reading {
        Reading::parse(text, Duration::from_secs(seconds))
    }

    #[test]
    fn series_are_read_with_their_labels_and_the_rest_is_left_out() {
        let reading = at(TEXT, 0);
        assert_eq!(reading.sum("sluice_a_total"), Some(10.0));
        assert_eq!(reading.by("sluice_a_total", "topic"), [("t\"1".to_owned(), 4.0), ("t2".to_owned(), 6.0)].into());
        assert_eq!((reading.sum("sluice_up"), reading.sum("sluice_broken")), (Some(1.0), None));
    }

    #[test]
    fn a_rate_counts_from_zero_when_the_process_began_anew() {
        let (a, b) = (at("n_total 100", 0), at("n_total 150", 10));
        assert_eq!(b.rate(&a, "n_total"), Some(5.0));
        assert_eq!(at("n_total 20", 10).rate(&a, "n_total"), Some(2.0));
        assert_eq!(a.rate(&a, "n_total"), None);
    }

    #[test]
    fn a_quantile_is_that_of_the_time_between() {
        let before = at("l_bucket{le=\"1\"} 100\nl_bucket{le=\"2\"} 100\nl_bucket{le=\"+Inf\"} 100", 0);
        let after = at("l_bucket{le=\"1\"} 100\nl_bucket{le=\"2\"} 110\nl_bucket{le=\"+Inf\"} 110", 1);
        assert_eq!(after.quantile(&before, "l", 0.5), Some(1.5));
        assert_eq!(before.quantile(&before, "l", 0.5), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-z_{}\",=\\\\ 0-9.\n+#]{0,80}") {
            let reading = at(&text, 1);
            let _ = reading.quantile(&at("", 0), "a", 0.5);
        }
    }
}
