//! What screens with ranked columns side by side are made of: a row, how its sentence moved, and lines from one column to
//! the next.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Line as Stroke};

use super::Theme;
use crate::text;

/// A sentence in two columns.
pub(super) struct Joint {
    /// The row on the left, from the top of the window, from 0.
    pub(super) from: usize,
    /// The row on the right.
    pub(super) to: usize,
    /// The style of the line between them.
    pub(super) style: Style,
    /// Whether it is drawn over the others.
    pub(super) selected: bool,
}

impl Joint {
    /// The line of a sentence that stands at one place on the left and at another on the right.
    pub(super) fn new(from: usize, to: usize, selected: bool, theme: &Theme) -> Self {
        let style = match to.cmp(&from) {
            _ if selected => theme.accent,
            std::cmp::Ordering::Less => theme.up,
            std::cmp::Ordering::Greater => theme.down,
            std::cmp::Ordering::Equal => theme.dim,
        };
        Self { from, to, style, selected }
    }
}

/// Lines between the rows of two columns, in the gap between them.
pub(super) fn draw_joints(frame: &mut Frame<'_>, gap: Rect, mut joints: Vec<Joint>, theme: &Theme) {
    // The selected one last, over the others.
    joints.sort_by_key(|joint| joint.selected);
    let (width, height) = (f64::from(gap.width), f64::from(gap.height));
    // Rows go down, the canvas goes up.
    let middle = |row: usize| height - f64::from(u16::try_from(row).unwrap_or(u16::MAX)) - 0.5;
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, width])
        .y_bounds([0.0, height])
        .background_color(theme.text.bg.unwrap_or(Color::Reset))
        .paint(|context| {
            for joint in &joints {
                let color = joint.style.fg.unwrap_or(Color::Reset);
                context.draw(&Stroke { x1: 0.0, y1: middle(joint.from), x2: width, y2: middle(joint.to), color });
            }
        });
    frame.render_widget(canvas, gap);
}

/// Where a sentence of the left column went, and where one of the right column comes from. Ranks are from 1; `lined` says
/// whether a row of this rank has a line to the other column: where it has, the left says nothing.
pub(super) fn movement(
    side: usize,
    [here, there]: [usize; 2],
    top_k: usize,
    lined: &impl Fn(usize) -> bool,
    theme: &Theme,
) -> (String, Style) {
    match side {
        _ if there == here => ("=".into(), theme.dim),
        0 if there > top_k => (format!("→#{there}"), theme.down),
        // A line shows it.
        0 if lined(there) => (String::new(), theme.dim),
        0 if there < here => (format!("▲{}", here - there), theme.up),
        0 => (format!("▼{}", there - here), theme.down),
        _ if there > top_k => (format!("←#{there}"), theme.new),
        _ if there > here => (format!("▲{}", there - here), theme.up),
        _ => (format!("▼{}", here - there), theme.down),
    }
}

/// What stands before a text that stands for several documents: `×3 `; nothing before any other.
pub(super) fn copies(copies: usize) -> String {
    if copies > 1 { format!("×{copies} ") } else { String::new() }
}

/// A sentence in a column.
pub(super) struct Row<'a> {
    /// From 1.
    pub(super) rank: usize,
    /// How it moved.
    pub(super) movement: (String, Style),
    /// Its score, as it is shown, and a bar for it; empty where there is none to be shown.
    pub(super) score: String,
    pub(super) bar: String,
    /// How many documents it stands for.
    pub(super) copies: usize,
    /// The sentence.
    pub(super) text: &'a str,
    /// Whether it is selected.
    pub(super) selected: bool,
}

/// Draws a row: a mark, a rank, how it moved, its score and as much of it as there is room for.
pub(super) fn draw_row(frame: &mut Frame<'_>, area: Rect, row: Row<'_>, style: Style, theme: &Theme) {
    let (movement, movement_style) = row.movement;
    let mut spans = vec![
        Span::styled(if row.selected { "›" } else { " " }, theme.accent),
        Span::styled(format!("{:>2} ", row.rank), theme.dim),
        Span::styled(format!("{movement:<6}"), movement_style),
        Span::styled(row.score, style),
        Span::styled(row.bar, theme.bar),
        Span::styled(copies(row.copies), theme.dim),
    ];
    let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum());
    let beginning = text::beginning(row.text, room);
    spans.push(Span::styled(text::fit(&beginning, room).into_owned(), style));
    frame.render_widget(Line::from(spans), area);
    if row.selected {
        frame.buffer_mut().set_style(area, theme.selected);
    }
}
