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
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, BorderType};

use super::layout::ROOM_ROWS;
use super::lesson::{HELD, waits_for};
use super::{Layout, Theme, bar};
use crate::corpus::DocumentIndex;
use crate::engine::Ranked;
use crate::math::distribution::Distribution;
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
    let places = places.take(ROOM_ROWS.min(usize::from(layout.rows.height / height)));
    // Rows that change places while the corpus is embedded would only puzzle a room.
    match state.ranking().filter(|_| state.has_whole_ranking()) {
        Some(ranking) => {
            let Some(spread) = &ranking.spread else { return };
            let rows = ranking.ranked.iter().take(state.row_count()).enumerate().skip(state.list.first);
            for ((position, ranked), area) in rows.zip(places) {
                draw_row(frame, area, (position, *ranked), (spread, ranking.among), state, theme);
            }
        }
        None if state.query.is_blank() && state.learn.open.is_some() => {}
        None if state.query.is_blank() => {
            let message = "Type a query; the ranking is held back until you reveal it.";
            let lines = text::wrap(message, usize::from(layout.rows.width), 3);
            frame.render_widget(Text::from_iter(lines).style(theme.text), layout.rows);
        }
        None => {
            let (columns, lines) = (usize::from(layout.rows.width), usize::from(layout.rows.height));
            let lines = text::wrap(&waits_for(state), columns, lines);
            frame.render_widget(Text::from_iter(lines).style(theme.dim), layout.rows);
        }
    }
}

fn draw_row(
    frame: &mut Frame<'_>,
    area: Rect,
    (position, ranked): (usize, Ranked),
    (spread, among): (&Distribution, usize),
    state: &State,
    theme: &Theme,
) {
    let selected = state.selected_document() == Some(ranked.document);
    let style = theme.text.add_modifier(Modifier::BOLD);
    let rank = format!("{}{:>2}", if selected { '›' } else { ' ' }, position + 1);
    frame.render_widget(Line::styled(rank, theme.accent), area);
    let rest = Rect { x: area.x + RANK, width: area.width.saturating_sub(RANK), ..area };
    let revealed = state.are_scores_revealed();
    let score = if revealed { format!("{:>7.3}", ranked.score) } else { format!("  {HELD}") };
    if area.height < 2 {
        let text = Rect { width: rest.width.saturating_sub(SCORE), ..rest };
        draw_text(frame, text, ranked.document, state, style);
        let place = Rect { x: text.right(), width: rest.width - text.width, ..rest };
        frame.render_widget(Line::styled(score, theme.accent).right_aligned(), place);
        return;
    }
    // The bar follows on the text, and has a second line where one is left beside one of air.
    let lines = draw_text(frame, Rect { height: area.height - 1, ..rest }, ranked.document, state, style);
    let thickness = if area.height >= lines + 3 { 2 } else { 1 };
    let line = Rect { y: rest.y + lines, height: thickness, ..rest };
    let width = line.width.saturating_sub(SCORE);
    if revealed {
        let above = bar::percentile(position, among);
        let bar = bar::score(ranked.score, above, BarScale::Cosine, spread, usize::from(width));
        let bars = std::iter::repeat_n(bar, usize::from(thickness));
        frame.render_widget(bars.collect::<Text>().style(theme.bar), Rect { width, ..line });
    }
    let place = Rect { x: line.x + width, width: line.width - width, height: 1, ..line };
    frame.render_widget(Line::styled(score, theme.accent).right_aligned(), place);
}

/// Gives the lines that the text takes.
fn draw_text(frame: &mut Frame<'_>, area: Rect, document: DocumentIndex, state: &State, style: Style) -> u16 {
    let (columns, lines) = (usize::from(area.width), usize::from(area.height));
    let shown = text::beginning(&state.corpus[document].text, columns * lines);
    let wrapped = text::wrap(&shown, columns, lines);
    let taken = u16::try_from(wrapped.len()).unwrap_or(area.height);
    frame.render_widget(Text::from_iter(wrapped).style(style), area);
    taken
}
