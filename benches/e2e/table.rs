//! The table: a row per contestant, each figure a median with its range, and the ratio to the bare pass-through.

use std::fmt::Write as _;

use crate::contestant::Contestant;
use crate::run::Run;

/// Median and range of a figure over the runs of a contestant.
#[derive(Clone, Copy)]
pub struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        let (low, high) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Spread { median: f64::midpoint(low, high), least: figures[0], most: figures[figures.len() - 1] }
    }

    /// Median (least–most).
    pub fn show(self, decimals: usize) -> String {
        format!("{:.decimals$} ({:.decimals$}–{:.decimals$})", self.median, self.least, self.most)
    }
}

/// The table as Markdown, so that it can go into the README as it is.
pub fn render(contestants: &[Contestant], runs: &[(Contestant, Run)]) -> String {
    let spread = |contestant: Contestant, figure: &dyn Fn(&Run) -> f64| {
        Spread::of(runs.iter().filter(|(c, _)| *c == contestant).map(|(_, run)| figure(run)).collect())
    };
    let bare = contestants.iter().find(|contestant| contestant.name == "bare");
    let bare = bare.map(|&bare| spread(bare, &|run| run.steady_cpu_s).median);
    let mut text = String::from(
        "| | CPU-s per 1 M, steady | × bare | CPU-s per 1 M, whole | k events/s, steady | k events/s, whole | RSS MB | changelog bytes an event |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for &contestant in contestants {
        let steady = spread(contestant, &|run| run.steady_cpu_s);
        let ratio = bare.map_or("–".to_owned(), |bare| format!("{:.2}", steady.median / bare));
        writeln!(
            text,
            "| `{}`: {} | {} | {ratio} | {} | {} | {} | {} | {:.0} |",
            contestant.name,
            contestant.what,
            steady.show(2),
            spread(contestant, &|run| run.whole_cpu_s).show(2),
            spread(contestant, &|run| run.steady_rate / 1e3).show(0),
            spread(contestant, &|run| run.whole_rate / 1e3).show(0),
            spread(contestant, &|run| run.rss_mb).show(0),
            spread(contestant, &|run| run.changelog_bytes).median,
        )
        .expect("write to a string");
    }
    text.push_str("median (least–most)");
    text
}
