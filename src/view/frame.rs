//! What several regions are made of: frames with a title, windows over the rest, and lines of keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

use super::Theme;
use crate::text;

/// Draws a frame, or a line with the title where there is no room for one, and gives what is left inside, with a column
/// of air on both sides.
pub(super) fn titled(frame: &mut Frame<'_>, area: Rect, title: &str, framed: bool, theme: &Theme) -> Rect {
    let title = text::fit(title, usize::from(area.width.saturating_sub(4))).into_owned();
    if !framed {
        frame.render_widget(Line::styled(title, theme.accent), area);
        return Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(1),
        };
    }
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border)
        .title(Line::styled(title, theme.accent));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// Empties an area for something that covers what is below it.
pub(super) fn clear(frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.text);
}

/// A rectangle in the middle of an area, no larger than the area.
pub(super) fn centered(area: Rect, width: u16, height: u16) -> Rect {
    area.centered(Constraint::Length(width.min(area.width)), Constraint::Length(height.min(area.height)))
}

/// A line cut to so many columns, each part in its own style.
pub(super) fn fit_line(line: Line<'static>, columns: usize) -> Line<'static> {
    let mut left = columns;
    let mut fitted = Line::default();
    for span in line.spans {
        let content = text::fit(&span.content, left).into_owned();
        left -= text::width(&content).min(left);
        fitted.push_span(Span::styled(content, span.style));
    }
    fitted
}

/// Keys in a column of a given width, what they do beside it.
pub(super) fn key_line(keys: &str, help: &str, keys_width: usize, theme: &Theme) -> Line<'static> {
    let padding = " ".repeat(keys_width.saturating_sub(text::width(keys)).max(1));
    Line::from(vec![Span::styled(format!("{keys}{padding}"), theme.text), Span::styled(help.to_owned(), theme.dim)])
}
