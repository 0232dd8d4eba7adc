//! The picture of `sluice top`: a live one on a terminal, text elsewhere.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Stylize;
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table};

use super::Look;
use super::reading::Reading;
use crate::cli::CliError;
use crate::cli::screen::{Palette, RestoreOnDrop, draw_bars, quit_pressed, thousands};

/// Keys are looked at this often.
const FRAME: Duration = Duration::from_millis(200);
/// Most partitions and workers that are shown.
const ROWS_MAX: usize = 40;

/// Everything that is shown, derived from two looks.
struct Picture {
    head: Vec<String>,
    findings: Vec<(String, u64)>,
    quarantined: Vec<(String, u64)>,
    signals: Vec<(String, u64)>,
    partitions: Vec<[String; 4]>,
    workers: Vec<[String; 5]>,
}

impl Picture {
    fn of(before: &Look, now: &Look) -> Picture {
        let counts = |metric, label| -> Vec<(String, u64)> {
            now.metrics
                .by(metric, label)
                .into_iter()
                .map(|(name, n)| (name, n as u64))
                .filter(|(_, n)| *n > 0)
                .collect()
        };
        Picture {
            head: head(before, now),
            findings: counts("sluice_findings_total", "entity"),
            quarantined: counts("sluice_quarantined_records_total", "reason"),
            signals: counts("sluice_signals_total", "rule"),
            partitions: partitions(&now.metrics),
            workers: workers(&now.metrics),
        }
    }
}

fn head(before: &Look, now: &Look) -> Vec<String> {
    let rate = |name| now.metrics.rate(&before.metrics, name).map_or("–".to_owned(), |r| thousands(r.round() as u64));
    let megabytes =
        |name| now.metrics.rate(&before.metrics, name).map_or("–".to_owned(), |r| format!("{:.1}", r / 1e6));
    let latency = |q| {
        let seconds = now.metrics.quantile(&before.metrics, "sluice_end_to_end_latency_seconds", q);
        seconds.map_or("–".to_owned(), |s| format!("{} ms", thousands((s * 1000.0).round() as u64)))
    };
    let keys = now.metrics.all("sluice_active_key_info").iter().filter(|s| s.value == 1.0);
    let keys: Vec<&str> = keys.map(|s| s.label("kid")).collect();
    let state =
        if now.missing.is_empty() { "ready".to_owned() } else { format!("not ready: {}", now.missing.join(", ")) };
    vec![
        format!(
            "in  {:>11}/s {:>8} MB/s   latency p50 {}, p99 {}",
            rate("sluice_input_records_total"),
            megabytes("sluice_input_bytes_total"),
            latency(0.5),
            latency(0.99)
        ),
        format!(
            "out {:>11}/s {:>8} MB/s   quarantined {}/s",
            rate("sluice_output_records_total"),
            megabytes("sluice_output_bytes_total"),
            rate("sluice_quarantined_records_total")
        ),
        format!(
            "{state}; key {}; lag {} records",
            if keys.is_empty() { "–".to_owned() } else { keys.join(", ") },
            now.metrics.sum("sluice_lag_records").map_or("–".to_owned(), |n| thousands(n as u64))
        ),
    ]
}

/// Topic and partition, lag in records, in seconds, state; the greatest lag first.
fn partitions(metrics: &Reading) -> Vec<[String; 4]> {
    let value = |name: &str, topic: &str, partition: &str| {
        let one = metrics.all(name).iter().find(|s| s.label("topic") == topic && s.label("partition") == partition);
        one.map(|s| s.value)
    };
    let mut rows: Vec<_> = metrics.all("sluice_lag_records").iter().collect();
    rows.sort_by(|a, b| b.value.total_cmp(&a.value));
    rows.iter()
        .take(ROWS_MAX)
        .map(|s| {
            let (topic, partition) = (s.label("topic"), s.label("partition"));
            let seconds = value("sluice_lag_seconds", topic, partition);
            let stopped = value("sluice_paused_partitions", topic, partition) == Some(1.0);
            [
                format!("{topic}/{partition}"),
                thousands(s.value as u64),
                seconds.map_or("–".to_owned(), |s| format!("{s:.0} s")),
                if stopped { "stopped" } else { "runs" }.to_owned(),
            ]
        })
        .collect()
}

/// Worker, states, partitions, commits, aborts.
fn workers(metrics: &Reading) -> Vec<[String; 5]> {
    let of = |name: &str, worker: &str, label: &str, value: &str| {
        let series = metrics.all(name).iter();
        series.filter(|s| s.label("worker") == worker && s.label(label) == value).map(|s| s.value).sum::<f64>()
    };
    metrics
        .by("sluice_assigned_partitions", "worker")
        .into_iter()
        .take(ROWS_MAX)
        .map(|(worker, held)| {
            let states =
                metrics.all("sluice_worker_state").iter().filter(|s| s.label("worker") == worker && s.value == 1.0);
            let states: Vec<&str> = states.map(|s| s.label("state")).collect();
            let outcome = |outcome| thousands(of("sluice_transactions_total", &worker, "outcome", outcome) as u64);
            // Who is ready has joined; who is neither starts, or has left.
            let state = states.iter().find(|state| **state == "ready").or(states.first()).copied().unwrap_or("–");
            [worker.clone(), state.to_owned(), thousands(held as u64), outcome("committed"), outcome("aborted")]
        })
        .collect()
}

/// The picture as text.
pub fn text(before: &Look, now: &Look, address: &str) -> String {
    let picture = Picture::of(before, now);
    let mut out = format!("{address}\n");
    for line in &picture.head {
        let _ = writeln!(out, "{line}");
    }
    for (title, counts) in
        [("findings", &picture.findings), ("signals", &picture.signals), ("quarantined", &picture.quarantined)]
    {
        let counts: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {}", thousands(*n))).collect();
        if !counts.is_empty() {
            let _ = writeln!(out, "{title}: {}", counts.join(", "));
        }
    }
    for [name, records, seconds, state] in &picture.partitions {
        let _ = writeln!(out, "{name}: lag {records} records, {seconds}, {state}");
    }
    for [worker, states, held, committed, aborted] in &picture.workers {
        let _ = writeln!(out, "worker {worker}: {states}, {held} partitions, {committed} commits, {aborted} aborts");
    }
    out
}

/// Draws a picture at every interval until `q` is pressed. An instance that does not answer is told in the picture.
pub fn live(
    first: Look,
    address: &str,
    interval: Duration,
    mut look: impl FnMut() -> Result<Look, CliError>,
) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::Failed(format!("the terminal: {error}"));
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let _restore = RestoreOnDrop;
    let palette = Palette::from_env();
    let (mut before, mut now, mut fault, mut looked) = (first.clone(), first, None, Instant::now());
    loop {
        if looked.elapsed() >= interval {
            match look() {
                Ok(next) => (before, now, fault) = (now, next, None),
                Err(error) => fault = Some(error.to_string()),
            }
            looked = Instant::now();
        }
        let picture = Picture::of(&before, &now);
        terminal.draw(|frame| draw(frame, &picture, address, fault.as_deref(), palette)).map_err(failed)?;
        if quit_pressed(FRAME).map_err(failed)? {
            return Ok(());
        }
    }
}

fn draw(frame: &mut Frame<'_>, picture: &Picture, address: &str, fault: Option<&str>, palette: Palette) {
    let [top, counts, bottom] =
        Layout::vertical([Constraint::Length(6), Constraint::Length(10), Constraint::Min(3)]).areas(frame.area());
    let mut lines: Vec<Line<'_>> = picture.head.iter().map(|line| Line::from(line.as_str())).collect();
    lines.extend(fault.map(|fault| Line::styled(fault, palette.alarm)));
    let block = Block::bordered().title(format!(" sluice at {address} ").bold()).title_bottom(" q quits ");
    frame.render_widget(Paragraph::new(lines).block(block), top);
    let [findings, signals, quarantine] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1), Constraint::Fill(1)]).areas(counts);
    draw_bars(frame, findings, "findings by entity", &picture.findings, palette.bar);
    draw_bars(frame, signals, "signals by rule", &picture.signals, palette.bar);
    draw_bars(frame, quarantine, "quarantined by reason", &picture.quarantined, palette.alarm);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(bottom);
    draw_table(frame, left, "partitions", ["partition", "lag", "time", "state"], &picture.partitions);
    draw_table(frame, right, "workers", ["worker", "state", "held", "commits", "aborts"], &picture.workers);
}

fn draw_table<const N: usize>(frame: &mut Frame<'_>, area: Rect, title: &str, heads: [&str; N], rows: &[[String; N]]) {
    let rows = rows.iter().map(|row| Row::new(row.iter().map(String::as_str)));
    let widths = [Constraint::Fill(1); N];
    let table = Table::new(rows, widths).header(Row::new(heads).bold());
    frame.render_widget(table.block(Block::bordered().title(format!(" {title} "))), area);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn look(seconds: u64, records: u64, missing: &[&str]) -> Look {
        let text = format!(
            "sluice_input_records_total{{topic=\"logins\"}} {records}\n\
             sluice_findings_total{{entity=\"email\",action=\"token\"}} {records}\n\
             sluice_lag_records{{topic=\"logins\",partition=\"3\"}} 1200\n\
             sluice_paused_partitions{{topic=\"logins\",partition=\"3\"}} 1\n\
             sluice_assigned_partitions{{worker=\"0\"}} 6\n\
             sluice_worker_state{{worker=\"0\",state=\"joined\"}} 1\n\
             sluice_transactions_total{{worker=\"0\",outcome=\"committed\"}} 17\n\
             sluice_active_key_info{{kid=\"k2\"}} 1\n"
        );
        let missing = missing.iter().map(|&m| m.to_owned()).collect();
        Look { metrics: Reading::parse(&text, Duration::from_secs(seconds)), missing }
    }

    #[test]
    fn text_tells_rates_lag_stopped_partitions_and_what_is_missing() {
        let text = text(&look(0, 1_000, &[]), &look(2, 5_000, &["keys"]), "host:9464");
        for part in [
            "in        2,000/s",
            "not ready: keys; key k2; lag 1,200 records",
            "findings: email 5,000",
            "logins/3: lag 1,200 records, –, stopped",
            "worker 0: joined, 6 partitions, 17 commits, 0 aborts",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_picture_is_drawn_also_when_nothing_is_known_and_the_port_is_gone() {
        let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
        let picture = Picture::of(&Look::default(), &Look::default());
        terminal.draw(|frame| draw(frame, &picture, "host:1", Some("does not answer"), Palette::PLAIN)).unwrap();
        let shown = terminal.backend().to_string();
        assert!(shown.contains("does not answer") && shown.contains("partitions"), "{shown}");
    }
}
