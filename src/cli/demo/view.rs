//! What the demo shows while it runs: a live picture on a terminal, a line a second elsewhere, a summary at the end.
//!
//! It knows nothing of Kafka or the pipeline: a closure gives a [`DemoSnapshot`] whenever it asks.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use crate::cli::screen::{Palette, RestoreOnDrop, descending, draw_bars, quit_pressed, thousands, total};

/// Redraw this often.
const FRAME: Duration = Duration::from_millis(200);

/// Rates are those of this long a past.
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// Sample events stay on the screen for as long as it takes to read one.
const SAMPLE_HOLD: Duration = Duration::from_secs(4);

/// Where the demo stands.
#[derive(Clone, Debug, Default)]
pub struct DemoSnapshot {
    /// Since the start.
    pub elapsed: Duration,
    /// Records read so far.
    pub records_in: u64,
    /// Bytes read so far.
    pub bytes_in: u64,
    /// Scrubbed records delivered so far.
    pub records_out: u64,
    /// Records produced and not yet read.
    pub lag_records: u64,
    /// Latency from production to delivery that 99 % of the records stay below.
    pub latency_p99: Option<Duration>,
    /// Id of the active key.
    pub key_id: String,
    /// Findings so far, by entity, in any order.
    pub findings: Vec<(String, u64)>,
    /// Quarantined records so far, by reason, in any order.
    pub quarantined: Vec<(String, u64)>,
    /// Sample events, newest first.
    pub samples: Vec<Sample>,
}

/// One event before and after. Raw values may be shown here and nowhere else: the generator made them up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Input topic.
    pub topic: String,
    /// As it came.
    pub before: String,
    /// As it went on.
    pub after: String,
}

/// Whether [`run_view`] takes over the terminal: then nothing else may write to it (log to a file, or not at all).
pub fn is_live() -> bool {
    io::stdout().is_terminal()
}

/// Shows what `next` gives until `until` has elapsed, `stop` is set or (on a terminal) q or Ctrl-C is pressed; then
/// prints a summary and returns the last snapshot. The terminal is restored also when something panics.
pub fn run_view(
    mut next: impl FnMut() -> DemoSnapshot,
    until: Option<Duration>,
    stop: &AtomicBool,
) -> io::Result<DemoSnapshot> {
    let last = if is_live() {
        run_live(&mut next, until, stop)?
    } else {
        run_lines(&mut next, until, stop, &mut io::stdout(), std::thread::sleep)?
    };
    write_summary(&last, &mut io::stdout())?;
    Ok(last)
}

fn run_live(
    next: &mut impl FnMut() -> DemoSnapshot,
    until: Option<Duration>,
    stop: &AtomicBool,
) -> io::Result<DemoSnapshot> {
    // Sets a panic hook that restores the terminal before the message is printed.
    let mut terminal = ratatui::try_init()?;
    let _restore = RestoreOnDrop;
    let palette = Palette::from_env();
    let mut picture = Picture::default();
    loop {
        picture.update(next());
        terminal.draw(|frame| draw(frame, &picture, palette))?;
        let ended = until.is_some_and(|until| picture.snapshot.elapsed >= until);
        if ended || stop.load(Relaxed) || quit_pressed(FRAME)? {
            return Ok(picture.snapshot);
        }
    }
}

fn run_lines(
    next: &mut impl FnMut() -> DemoSnapshot,
    until: Option<Duration>,
    stop: &AtomicBool,
    out: &mut impl Write,
    mut wait: impl FnMut(Duration),
) -> io::Result<DemoSnapshot> {
    let mut picture = Picture::default();
    let mut line_at = Duration::from_secs(1);
    loop {
        picture.update(next());
        let snapshot = &picture.snapshot;
        if snapshot.elapsed >= line_at {
            writeln!(out, "{}", plain_line(&picture))?;
            out.flush()?;
            line_at = snapshot.elapsed + Duration::from_secs(1);
        }
        if until.is_some_and(|until| snapshot.elapsed >= until) || stop.load(Relaxed) {
            return Ok(picture.snapshot);
        }
        wait(FRAME);
    }
}

fn plain_line(picture: &Picture) -> String {
    let (snapshot, rates) = (&picture.snapshot, picture.rates());
    format!(
        "{:>4} s  in {}/s  out {}/s  lag {}  findings {}  quarantined {}",
        snapshot.elapsed.as_secs(),
        thousands(rates.records_in),
        thousands(rates.records_out),
        thousands(snapshot.lag_records),
        thousands(total(&snapshot.findings)),
        thousands(total(&snapshot.quarantined)),
    )
}

fn write_summary(last: &DemoSnapshot, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{} s with key {}: {} events in, {} scrubbed, {} quarantined, {} not read yet",
        last.elapsed.as_secs(),
        last.key_id,
        thousands(last.records_in),
        thousands(last.records_out),
        thousands(total(&last.quarantined)),
        thousands(last.lag_records),
    )?;
    for (title, counts) in [("findings", &last.findings), ("quarantine", &last.quarantined)] {
        let counts: Vec<String> =
            descending(counts).iter().map(|(name, count)| format!("{name} {}", thousands(*count))).collect();
        if !counts.is_empty() {
            writeln!(out, "{title}: {}", counts.join(", "))?;
        }
    }
    if let Some(sample) = last.samples.first() {
        writeln!(out, "a sample (all people are invented):")?;
        writeln!(out, "  before {}\n  after  {}", sample.before, sample.after)?;
    }
    out.flush()
}

/// The last snapshot and what is derived from those before it.
#[derive(Default)]
struct Picture {
    snapshot: DemoSnapshot,
    /// Totals of the last [`RATE_WINDOW`], oldest first.
    past: VecDeque<Totals>,
    shown: Vec<Sample>,
    shown_since: Duration,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    elapsed: Duration,
    records_in: u64,
    bytes_in: u64,
    records_out: u64,
}

/// A second's worth of each.
struct Rates {
    records_in: u64,
    bytes_in: u64,
    records_out: u64,
}

impl Picture {
    fn update(&mut self, snapshot: DemoSnapshot) {
        let DemoSnapshot { elapsed, records_in, bytes_in, records_out, .. } = snapshot;
        self.past.push_back(Totals { elapsed, records_in, bytes_in, records_out });
        // One older than the window stays: it is where the window begins.
        while self.past.get(1).is_some_and(|second| elapsed.saturating_sub(second.elapsed) >= RATE_WINDOW) {
            self.past.pop_front();
        }
        if self.shown.is_empty() || elapsed >= self.shown_since + SAMPLE_HOLD {
            self.shown.clone_from(&snapshot.samples);
            self.shown_since = elapsed;
        }
        self.snapshot = snapshot;
    }

    fn rates(&self) -> Rates {
        let first = self.past.front().copied().unwrap_or_default();
        let last = self.past.back().copied().unwrap_or_default();
        let seconds = last.elapsed.saturating_sub(first.elapsed).as_secs_f64();
        let rate = |from: u64, to: u64| match seconds {
            0.0 => 0,
            seconds => (to.saturating_sub(from) as f64 / seconds).round() as u64,
        };
        Rates {
            records_in: rate(first.records_in, last.records_in),
            bytes_in: rate(first.bytes_in, last.bytes_in),
            records_out: rate(first.records_out, last.records_out),
        }
    }
}

fn draw(frame: &mut Frame<'_>, picture: &Picture, palette: Palette) {
    let [head, counts, samples] =
        Layout::vertical([Constraint::Length(5), Constraint::Length(9), Constraint::Min(0)]).areas(frame.area());
    let [findings, quarantine] =
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(counts);
    draw_head(frame, head, picture);
    draw_bars(frame, findings, "findings by entity", &picture.snapshot.findings, palette.bar);
    draw_bars(frame, quarantine, "quarantined by reason", &picture.snapshot.quarantined, palette.alarm);
    draw_samples(frame, samples, &picture.shown, palette);
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, picture: &Picture) {
    let (snapshot, rates) = (&picture.snapshot, picture.rates());
    let latency = match snapshot.latency_p99 {
        Some(latency) => format!("99 % within {} ms", thousands(latency.as_millis() as u64)),
        None => String::new(),
    };
    let megabytes = rates.bytes_in as f64 / 1e6;
    let lines = vec![
        Line::from(format!(
            "in  {:>9}/s  {megabytes:>6.1} MB/s  {:>13} in all   lag {}",
            thousands(rates.records_in),
            thousands(snapshot.records_in),
            thousands(snapshot.lag_records),
        )),
        Line::from(format!(
            "out {:>9}/s  {:>11}  {:>13} in all   {latency}",
            thousands(rates.records_out),
            "",
            thousands(snapshot.records_out),
        )),
        Line::from(format!("{} s, key {}", snapshot.elapsed.as_secs(), snapshot.key_id)),
    ];
    let block = Block::bordered().title(" sluice demo ".bold()).title_bottom(" q quits ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn draw_samples(frame: &mut Frame<'_>, area: Rect, samples: &[Sample], palette: Palette) {
    let block = Block::bordered().title(" before and after: all people are invented ");
    let mut lines = Vec::new();
    for sample in samples {
        let (before, after) = marked(sample, palette);
        lines.extend([Line::from(sample.topic.as_str().bold()), before, after, Line::default()]);
    }
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

/// Both sides with what differs marked. Sides are compared from quote to quote: a replacement holds none, so that
/// pieces stand opposite each other unless a whole member was dropped; then nothing is marked.
fn marked(sample: &Sample, palette: Palette) -> (Line<'_>, Line<'_>) {
    let (before, after): (Vec<_>, Vec<_>) =
        (sample.before.split_inclusive('"').collect(), sample.after.split_inclusive('"').collect());
    if before.len() != after.len() {
        return (Line::raw(&sample.before), Line::raw(&sample.after));
    }
    let (mut left, mut right) = (Line::default(), Line::default());
    for (old, new) in before.into_iter().zip(after) {
        let (prefix, suffix) = common_ends(old, new);
        push_marked(&mut left, old, prefix, suffix, palette.raw);
        push_marked(&mut right, new, prefix, suffix, palette.scrubbed);
    }
    (left, right)
}

fn push_marked<'a>(line: &mut Line<'a>, text: &'a str, prefix: usize, suffix: usize, style: Style) {
    let (head, rest) = text.split_at(prefix);
    let (middle, tail) = rest.split_at(rest.len() - suffix);
    for span in [Span::raw(head), Span::styled(middle, style), Span::raw(tail)] {
        if !span.content.is_empty() {
            line.push_span(span);
        }
    }
}

/// Bytes that both begin with and, of the rest, both end with; whole characters.
fn common_ends(a: &str, b: &str) -> (usize, usize) {
    let same = |(x, y): &(char, char)| x == y;
    let length = |pairs: &mut dyn Iterator<Item = (char, char)>| pairs.map(|(x, _)| x.len_utf8()).sum::<usize>();
    let prefix = length(&mut a.chars().zip(b.chars()).take_while(same));
    let (a, b) = (&a[prefix..], &b[prefix..]);
    (prefix, length(&mut a.chars().rev().zip(b.chars().rev()).take_while(same)))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::{Color, Modifier};

    use super::*;

    fn at(seconds: u64) -> DemoSnapshot {
        let counts =
            |all: &[(&str, u64)]| all.iter().map(|(name, count)| ((*name).to_owned(), count * seconds)).collect();
        DemoSnapshot {
            elapsed: Duration::from_secs(seconds),
            records_in: 45_000 * seconds,
            bytes_in: 16_200_000 * seconds,
            records_out: 44_900 * seconds,
            lag_records: 1_234,
            latency_p99: Some(Duration::from_millis(150)),
            key_id: "k1".to_owned(),
            findings: counts(&[("iban", 200), ("ip", 30_000), ("email", 12_000), ("card", 0), ("phone", 1)]),
            quarantined: counts(&[("truncated", 9), ("malformed", 20)]),
            samples: vec![Sample {
                topic: "logins".to_owned(),
                before: r#"{"email":"siti@example.com","ip":"36.72.17.183","note":"Ring +45 20 12 34 56 nu"}"#
                    .to_owned(),
                after: r#"{"email":"em_1k1_bcd@example.com","ip":"ip_1k1_fgh","note":"Ring ph_1k1_jkl nu"}"#.to_owned(),
            }],
        }
    }

    fn picture(seconds: u64) -> Picture {
        let mut picture = Picture::default();
        (0..=seconds).for_each(|second| picture.update(at(second)));
        picture
    }

    fn drawn(picture: &Picture, width: u16, height: u16, palette: Palette) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, picture, palette)).unwrap();
        terminal
    }

    #[test]
    fn the_picture_shows_rates_lag_findings_quarantine_and_samples() {
        insta::assert_snapshot!(drawn(&picture(12), 90, 22, Palette::COLOURS).backend());
    }

    #[test]
    fn any_size_of_the_terminal_can_be_drawn() {
        for (width, height) in [(1, 1), (5, 3), (20, 10), (400, 100)] {
            drawn(&picture(3), width, height, Palette::COLOURS);
        }
        drawn(&Picture::default(), 80, 24, Palette::COLOURS);
    }

    #[test]
    fn without_colours_what_changed_is_told_by_weight_and_underline() {
        let terminal = drawn(&picture(1), 100, 22, Palette::PLAIN);
        let cells = terminal.backend().buffer().content();
        assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
        let told = |modifier| {
            let marked = cells.iter().filter(|cell| cell.modifier.contains(modifier));
            marked.map(|cell| cell.symbol()).collect::<String>()
        };
        let raw = told(Modifier::UNDERLINED);
        assert!(raw.contains("36.72.17.183") && raw.contains("+45 20 12 34 56"), "{raw}");
        assert!(told(Modifier::BOLD).contains("ip_1k1_fgh"));
    }

    #[test]
    fn only_what_differs_is_marked_and_letters_are_never_cut() {
        let sample = Sample {
            topic: String::new(),
            before: r#"{"a":"på é1","b":2}"#.to_owned(),
            after: r#"{"a":"på è1","b":2}"#.to_owned(),
        };
        let (before, after) = marked(&sample, Palette::COLOURS);
        let red = before.iter().filter(|span| span.style == Palette::COLOURS.raw);
        assert_eq!(red.map(|span| span.content.as_ref()).collect::<Vec<_>>(), ["é"]);
        assert_eq!(after.iter().map(|span| span.content.as_ref()).collect::<String>(), sample.after);
        let dropped = Sample { after: r#"{"b":2}"#.to_owned(), ..sample };
        assert_eq!(marked(&dropped, Palette::COLOURS).1.spans.len(), 1);
    }

    #[test]
    fn rates_are_those_of_the_last_seconds() {
        let mut picture = picture(10);
        assert_eq!((picture.rates().records_in, picture.rates().records_out), (45_000, 44_900));
        let stalled = |seconds| DemoSnapshot { elapsed: Duration::from_secs(seconds), ..at(10) };
        (11..=12).for_each(|second| picture.update(stalled(second)));
        assert_eq!(picture.rates().records_in, 0);
        assert!(picture.past.len() <= 4);
    }

    #[test]
    fn samples_stay_long_enough_to_be_read() {
        let mut picture = Picture::default();
        let named = |seconds: u64| {
            let topic = format!("t{seconds}");
            DemoSnapshot { samples: vec![Sample { topic, ..Sample::default() }], ..at(seconds) }
        };
        let shown: Vec<String> = (1..=6)
            .map(|second| {
                picture.update(named(second));
                picture.shown[0].topic.clone()
            })
            .collect();
        assert_eq!(shown, ["t1", "t1", "t1", "t1", "t5", "t5"]);
    }

    #[test]
    fn off_a_terminal_there_is_a_line_a_second_and_a_summary() {
        let (mut out, mut second) = (Vec::new(), 0);
        let mut next = || {
            second += 1;
            at(second)
        };
        let until = Some(Duration::from_secs(3));
        let last = run_lines(&mut next, until, &AtomicBool::new(false), &mut out, |_| ()).unwrap();
        write_summary(&last, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_stop_ends_the_lines() {
        let (mut asked, stop, mut out) = (0, AtomicBool::new(false), Vec::new());
        let mut next = || {
            asked += 1;
            stop.store(asked == 3, Relaxed);
            at(0)
        };
        run_lines(&mut next, None, &stop, &mut out, |_| ()).unwrap();
        assert_eq!(asked, 3);
    }

    #[test]
    fn thousands_are_grouped() {
        let numbers = [0, 999, 1_000, 65_536, 1_234_567].map(thousands);
        assert_eq!(numbers, ["0", "999", "1,000", "65,536", "1,234,567"]);
    }
}
