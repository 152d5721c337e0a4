//! The ranking after each word: a row for each, and beside it the ranking after the chosen one.
//!
//! ```text
//! ╭ after each word ─────── overlap@10  τ-b ╮ ╭ the first 2 of 9 words ──────╮
//! │›  2 the bank        s021  0.30   0.41   │ │  1 ▲3    0.512 The bank …    │
//! ╰─────────────────────────────────────────╯ ╰──────────────────────────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::areas::LabAreas;
use super::{draw_rows, missing, styled, titled_rows};
use crate::engine::lab::Outcome;
use crate::engine::lab::short::{Settling, Step};
use crate::state::State;
use crate::text;
use crate::view::{Layout, Theme};

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, areas: &LabAreas, state: &State, theme: &Theme) {
    let [left, right] = areas.columns;
    if !left.is_empty() {
        let title = format!(" after each word: first, overlap@{}, τ-b ", state.list.top_k);
        let rows = titled_rows(frame, left, layout.framed, &title, true, theme);
        if let Some(Outcome::Settling(settling, _)) = state.lab.outcome() {
            draw_steps(frame, rows, state, settling, theme);
        } else {
            let lines = text::wrap(&missing(state), usize::from(rows.width), usize::from(rows.height));
            frame.render_widget(styled(lines, theme.dim), rows);
        }
    }
    if !right.is_empty() {
        let title = format!(" {} ", super::shown(state, crate::state::lab::Param::Words));
        let rows = titled_rows(frame, right, layout.framed, &title, false, theme);
        if let Some(trial) = state.lab.trial() {
            draw_rows(frame, rows, layout.framed, state, trial, 1, theme);
        }
    }
}

/// The step whose ranking is shown.
fn chosen(state: &State, settling: &Settling) -> usize {
    let words = state.lab.words;
    let steps = &settling.steps;
    steps.iter().position(|step| step.words >= words).unwrap_or(steps.len().saturating_sub(1))
}

/// The first step that there is room for, so that the chosen one is seen.
pub(in crate::view) fn first_step(state: &State, settling: &Settling, height: usize) -> usize {
    let last = settling.steps.len().saturating_sub(height);
    (chosen(state, settling) + 1).saturating_sub(height).min(last)
}

fn draw_steps(frame: &mut Frame<'_>, area: Rect, state: &State, settling: &Settling, theme: &Theme) {
    let chosen = chosen(state, settling);
    let first = first_step(state, settling, usize::from(area.height));
    for ((at, step), row) in settling.steps.iter().enumerate().skip(first).zip(area.rows()) {
        let is_chosen = at == chosen;
        frame.render_widget(step_line(state, settling, step, is_chosen, usize::from(row.width), theme), row);
        if is_chosen {
            frame.buffer_mut().set_style(row, theme.selected);
        }
    }
}

fn step_line(
    state: &State,
    settling: &Settling,
    step: &Step,
    is_chosen: bool,
    width: usize,
    theme: &Theme,
) -> Line<'static> {
    let id = step.first.map_or_else(|| "–".into(), |first| text::visible(&state.corpus[first].id).into_owned());
    let tau = step.damage.tau_b.map_or_else(|| "    –".into(), |tau| format!("{tau:>5.2}"));
    // The right one, and from where it stays.
    let mark = match (step.damage.same_first, step.words >= settling.first_settled) {
        (true, true) => "✓",
        (true, false) => "(✓)",
        (false, _) => "",
    };
    let figures = format!(" {:<6}{mark:<3} {:>4.2} {tau}", text::fit(&id, 6), step.damage.overlap);
    let room = width.saturating_sub(5 + text::width(&figures));
    // The newest words say more than the first.
    let shown = text::visible(&step.text).into_owned();
    let skipped = text::width(&shown).saturating_sub(room);
    let beginning = if skipped > 0 && room > 1 { tail(&shown, room) } else { shown };
    let padding = " ".repeat(room.saturating_sub(text::width(&beginning)));
    Line::from(vec![
        Span::styled(if is_chosen { "›" } else { " " }, theme.accent),
        Span::styled(format!("{:>2} ", step.words), theme.dim),
        Span::styled(format!("{beginning}{padding}"), theme.text),
        Span::styled(figures, if step.damage.same_first { theme.up } else { theme.dim }),
    ])
}

/// The end of a text, with an ellipsis before it.
fn tail(shown: &str, columns: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let (mut start, mut taken) = (shown.len(), 1);
    for (at, cluster) in shown.grapheme_indices(true).rev() {
        taken += text::width(cluster);
        if taken > columns {
            break;
        }
        start = at;
    }
    format!("…{}", &shown[start..])
}
