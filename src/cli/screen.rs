//! What the commands with a live picture share: the terminal and its end, colours, bars and numbers.

use std::io;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

/// Gives the terminal back when it goes, also when something panics.
pub struct RestoreOnDrop;

impl Drop for RestoreOnDrop {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Waits up to `wait` for a key, and says whether it was one that ends the picture.
pub fn quit_pressed(wait: Duration) -> io::Result<bool> {
    if !event::poll(wait)? {
        return Ok(false);
    }
    let Event::Key(key) = event::read()? else { return Ok(false) };
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(key.kind == KeyEventKind::Press && (control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)))
}

/// Styles; without colours, what they would tell is told by weight and underline.
#[derive(Clone, Copy)]
pub struct Palette {
    /// What goes in.
    pub raw: Style,
    /// What comes out.
    pub scrubbed: Style,
    /// Bars of counts.
    pub bar: Style,
    /// What wants a look.
    pub alarm: Style,
}

impl Palette {
    /// <https://no-color.org>: any value but the empty one turns colours off.
    pub fn from_env() -> Palette {
        match std::env::var_os("NO_COLOR") {
            Some(value) if !value.is_empty() => Palette::PLAIN,
            _ => Palette::COLOURS,
        }
    }

    /// With colours.
    pub const COLOURS: Palette = Palette {
        raw: Style::new().fg(Color::Red),
        scrubbed: Style::new().fg(Color::Green),
        bar: Style::new().fg(Color::Cyan),
        alarm: Style::new().fg(Color::Yellow),
    };

    /// Without.
    pub const PLAIN: Palette = Palette {
        raw: Style::new().add_modifier(Modifier::UNDERLINED),
        scrubbed: Style::new().add_modifier(Modifier::BOLD),
        bar: Style::new(),
        alarm: Style::new(),
    };
}

/// Counts as horizontal bars, the longest first, as many as there is room for.
pub fn draw_bars(frame: &mut Frame<'_>, area: Rect, title: &str, counts: &[(String, u64)], style: Style) {
    let block = Block::bordered().title(format!(" {title} "));
    let inner = block.inner(area);
    let mut rows = descending(counts);
    rows.truncate(inner.height as usize);
    let label_width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let value_width = rows.iter().map(|(_, count)| thousands(*count).len()).max().unwrap_or(0);
    let room = (inner.width as usize).saturating_sub(label_width + value_width + 2);
    let most = rows.first().map_or(1, |(_, count)| (*count).max(1));
    let lines: Vec<Line<'_>> = rows
        .iter()
        .map(|(name, count)| {
            // Whatever occurred at all is seen.
            let length = (room as u128 * u128::from(*count) / u128::from(most)) as usize;
            let bar = "█".repeat(length.max(usize::from(*count > 0)).min(room));
            let label = format!("{name:<label_width$} {:>value_width$} ", thousands(*count));
            Line::from(vec![Span::raw(label), Span::styled(bar, style)])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// The sum of counts.
pub fn total(counts: &[(String, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// Counts that are not 0, the greatest first; equal ones by name, so that rows do not jump.
pub fn descending(counts: &[(String, u64)]) -> Vec<(&str, u64)> {
    let mut rows: Vec<(&str, u64)> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.as_str(), *count)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    rows
}

/// `1234567` as `1,234,567`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
