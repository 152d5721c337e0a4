//! ```text
//! ╭ query ───────────────────────────────────────────────────────────────╮
//! │ how do I ask a database a question▏             8 words · 10 tokens  │
//! ╰───────────────────────── Tab ⇄  ● local MiniLM-L6-v2   ○ OpenAI ─────╯
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};
use unicode_segmentation::UnicodeSegmentation;

use super::frame::clear;
use super::{Layout, Theme, layout};
use crate::phrase;
use crate::state::{Action, Mode, Screen, State};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let mut room = layout.query_text;
    if layout.framed {
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.border)
            .title(Line::styled(" query ", theme.accent));
        frame.render_widget(block, layout.query);
        // A column of air on both sides.
        room = Rect { x: room.x + 1, width: room.width.saturating_sub(2), ..room };
        room.width -= draw_counts(frame, room, state, theme);
    } else {
        frame.render_widget(Line::styled("› ", theme.accent), layout.query);
    }
    let window = Window::around_cursor(state.query.text(), state.query.cursor(), usize::from(room.width));
    if state.query.text().is_empty() {
        let what = match state.screen {
            Screen::Learn => "a lesson brings its own queries",
            Screen::Search | Screen::Compare | Screen::Pipeline | Screen::Map | Screen::Lab => {
                "type a question, a phrase, a word …"
            }
        };
        frame.render_widget(Line::styled(what, theme.dim), room);
    } else {
        frame.render_widget(Line::styled(window.text, theme.text), room);
    }
    if state.mode == Mode::Typing && state.screen != Screen::Learn {
        let column = u16::try_from(window.cursor).unwrap_or(0).min(room.width.saturating_sub(1));
        frame.set_cursor_position(Position::new(room.x + column, room.y));
    }
    draw_backends(frame, layout, state, theme);
}

/// Words and tokens, at the right end; gives the columns that they take.
fn draw_counts(frame: &mut Frame<'_>, room: Rect, state: &State, theme: &Theme) -> u16 {
    let words = state.query_words();
    if words == 0 || room.width < 60 || state.is_for_a_room() {
        return 0;
    }
    let mut counts = phrase::counted(words, "word");
    // Another model counts otherwise: the tokens would tell which it is.
    if let Some(ranking) = state.ranking().filter(|_| state.is_current() && !state.compare.is_masked()) {
        counts = format!("{counts} · {}", phrase::tokens(ranking.query_info.tokens));
    }
    frame.render_widget(Line::from(Span::styled(counts.as_str(), theme.dim)).right_aligned(), room);
    u16::try_from(text::width(&counts) + 2).unwrap_or(0)
}

fn draw_backends(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let (Some((_, first)), Some((_, last))) = (layout.backends.first(), layout.backends.last()) else { return };
    // On these screens, Tab goes to the next column or experiment.
    let swap = if matches!(state.screen, Screen::Pipeline | Screen::Lab) {
        Action::ToggleChooser
    } else {
        Action::SwapBackend
    };
    // Where a lesson has the keys, none of them is Tab.
    let key = state.key(&swap).or_else(|| state.key(&Action::ToggleChooser));
    let hint = key.map_or_else(String::new, |key| format!(" {key} ⇄  "));
    let hint_width = u16::try_from(text::width(&hint)).unwrap_or(0);
    let start = first.x.saturating_sub(hint_width).max(layout.query.x + 1);
    // A frame's line would run into the names.
    clear(frame, Rect { x: start, width: last.right() + 1 - start, ..*first }, theme);
    if layout.backends.len() > 1 && start + hint_width == first.x {
        frame.render_widget(Line::styled(hint, theme.dim), Rect { x: start, width: hint_width, ..*first });
    }
    for &(backend, area) in &layout.backends {
        let style = if backend == state.active { theme.accent } else { theme.dim };
        let label = layout::backend_label(state, backend);
        frame.render_widget(Line::styled(text::fit(&label, usize::from(area.width)).into_owned(), style), area);
    }
}

/// The part of a text around its cursor that fits into a number of columns.
pub(super) struct Window {
    /// What is shown, with everything that could steer the terminal made visible.
    pub(super) text: String,
    /// The column of the cursor in it.
    pub(super) cursor: usize,
}

impl Window {
    pub(super) fn around_cursor(query: &str, cursor: usize, columns: usize) -> Self {
        let (before, after) = query.split_at(cursor);
        let mut shown: Vec<String> = Vec::new();
        let mut used = 0;
        for cluster in before.graphemes(true).rev() {
            let mark = text::visible(cluster).into_owned();
            let width = text::width(&mark);
            // The cursor takes a column behind what stands before it.
            if used + width + 1 > columns {
                // So does the sign that something is cut off.
                while used + 2 > columns
                    && let Some(last) = shown.pop()
                {
                    used -= text::width(&last);
                }
                shown.push("…".to_owned());
                break;
            }
            used += width;
            shown.push(mark);
        }
        let mut text: String = shown.into_iter().rev().collect();
        let cursor = text::width(&text);
        let room = columns.saturating_sub(cursor);
        // No more of a long text is looked at than can be shown: a cluster takes a column at least, most of the time.
        let ahead: String = after.graphemes(true).take(room + 1).map(text::visible).collect();
        text.push_str(&text::fit(&ahead, room));
        Self { text, cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(query: &str, cursor: usize, columns: usize) -> (String, usize) {
        let window = Window::around_cursor(query, cursor, columns);
        (window.text, window.cursor)
    }

    #[test]
    fn the_cursor_is_always_in_the_window() {
        assert_eq!(window("hello", 5, 10), ("hello".into(), 5));
        assert_eq!(window("hello", 5, 6), ("hello".into(), 5));
        assert_eq!(window("hello world", 11, 6), ("…orld".into(), 5));
        assert_eq!(window("hello world", 0, 6), ("hello…".into(), 0));
        assert_eq!(window("日本語", 9, 6), ("…本語".into(), 5));
    }

    #[test]
    fn what_could_steer_the_terminal_is_shown_as_a_mark() {
        assert_eq!(window("a\u{1b}[2Jb", 6, 20), ("a␛[2Jb".into(), 6));
    }
}
