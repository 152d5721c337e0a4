//! The Search screen for a room: five sentences with air, thick bars, and nothing before it is revealed.
//!
//! ```text
//! ╭──────────────────────────────────────────────────────────────╮
//! │  1   SQL is the language for putting questions to a          │
//! │      relational database.                                    │
//! │      ██████████████████████████▌                     0.650   │
//! │                                                              │
//! │  2   Open a shell, type psql, and talk to the database …     │
//! ╰──────────────────────────────────────────────────────────────╯
//!  PgDn reveals the scores
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, BorderType};

use super::layout::ROOM_ROWS;
use super::lesson::HELD;
use super::{Layout, Theme, bar};
use crate::corpus::DocumentIndex;
use crate::engine::Ranked;
use crate::math::distribution::Distribution;
use crate::state::learn::Presenting;
use crate::state::{BarScale, State};
use crate::text;

/// The columns of a rank, with air.
const RANK: u16 = 5;
/// The columns of a score, with air.
const SCORE: u16 = 9;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    if layout.framed {
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.border);
        frame.render_widget(block, layout.ranking);
    }
    let height = layout.row_height;
    let places = layout.rows.rows().step_by(usize::from(height)).map(|row| Rect { height, ..row });
    let places = places.map(|place| place.intersection(layout.rows)).take(ROOM_ROWS);
    match state.ranking() {
        Some(ranking) => {
            let Some(spread) = &ranking.spread else { return };
            let rows = ranking.ranked.iter().take(state.row_count()).enumerate().skip(state.list.first);
            for ((position, ranked), area) in rows.zip(places) {
                draw_row(frame, area, (position, *ranked), spread, state, theme);
            }
        }
        None if state.query.is_blank() => {
            let line = Line::styled("Type a query; the ranking is held back until you reveal it.", theme.text);
            frame.render_widget(line, layout.rows);
        }
        None => frame.render_widget(Line::styled("The ranking is on its way …", theme.dim), layout.rows),
    }
}

fn draw_row(
    frame: &mut Frame<'_>,
    area: Rect,
    (position, ranked): (usize, Ranked),
    spread: &Distribution,
    state: &State,
    theme: &Theme,
) {
    let selected = state.selected_document() == Some(ranked.document);
    let style = if state.is_current() { theme.text } else { theme.dim };
    let rank = format!("{}{:>2}", if selected { '›' } else { ' ' }, position + 1);
    frame.render_widget(Line::styled(rank, theme.accent), area);
    let rest = Rect { x: area.x + RANK, width: area.width.saturating_sub(RANK), ..area };
    // A line of air between rows, and one for the bar, where there is room for them.
    let bars = u16::from(area.height >= 2);
    let lines = area.height.saturating_sub(bars + u16::from(area.height >= 4)).max(1);
    draw_text(frame, Rect { height: lines, ..rest }, ranked.document, state, style);
    let revealed = state.learn.presenting == Presenting::Scores;
    let score = if revealed { format!("{:>7.3}", ranked.score) } else { format!("  {HELD}") };
    if bars == 0 {
        let place = Rect { x: rest.right().saturating_sub(SCORE), width: SCORE.min(rest.width), ..rest };
        frame.render_widget(Line::styled(score, theme.accent).right_aligned(), place);
        return;
    }
    let line = Rect { y: rest.y + lines, height: 1, ..rest };
    let width = line.width.saturating_sub(SCORE);
    if revealed {
        let above = bar::percentile(position, spread.count);
        let bar = bar::score(ranked.score, above, BarScale::Cosine, spread, usize::from(width));
        frame.render_widget(Line::styled(bar, theme.bar), Rect { width, ..line });
    }
    frame.render_widget(Line::styled(score, theme.accent).right_aligned(), line);
}

fn draw_text(frame: &mut Frame<'_>, area: Rect, document: DocumentIndex, state: &State, style: ratatui::style::Style) {
    // Beside a score that stands in the same line there is less room.
    let (columns, lines) = (usize::from(area.width), usize::from(area.height));
    let shown = text::beginning(&state.corpus[document].text, columns * lines);
    frame.render_widget(Text::from_iter(text::wrap(&shown, columns, lines)).style(style), area);
}
