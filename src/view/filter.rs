//! The line in which a filter is written, below the rows that it lets through.
//!
//! ```text
//! ╭ filter · 312 of 1,400 ───────────────────────────────────────────────╮
//! │ year>=1990 -lang:en▏                                                  │
//! │ fields: id, topic, text, year, lang                                   │
//! │ word · field:value · field~part · field>=10 · -not · or · "a b"       │
//! ╰──────────────────────────────────────── Enter keeps it · Esc drops it ╯
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Text};

use super::frame::{clear, titled};
use super::query::Window;
use super::{Layout, Theme};
use crate::corpus::filter;
use crate::phrase;
use crate::state::action::FilterAction;
use crate::state::{Action, Mode, State, keymap};
use crate::text;

/// What a filter is made of, as far as there is room for it.
const HELP: &str = "word · field:value · field:be* · field~part · field>=10 · -not · or · \"a b\"";

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let bottom = layout.warning.unwrap_or(layout.status).y;
    let height = if layout.framed { 5 } else { 3 }.min(bottom);
    let area = Rect { y: bottom - height, height, ..frame.area() };
    clear(frame, area, theme);
    let inner = titled(frame, area, &title(state), layout.framed, theme);
    let columns = usize::from(inner.width);
    if layout.framed {
        let keys = Line::styled(text::fit(&format!(" {} ", keys()), columns).into_owned(), theme.accent);
        let below = Rect { x: inner.x, y: area.bottom() - 1, width: inner.width + 1, height: 1 };
        frame.render_widget(keys.right_aligned(), below);
    }
    let line = &state.filter.line;
    let window = Window::around_cursor(line.text(), line.cursor(), columns);
    let column = u16::try_from(window.cursor).unwrap_or(0).min(inner.width.saturating_sub(1));
    let fit = |said: &str| text::fit(said, columns).into_owned();
    let said = if let Some(message) = &state.filter.error {
        Line::styled(fit(&format!("✗ {}", text::visible(message))), theme.error)
    } else {
        let names = filter::names(&state.corpus.fields).collect::<Vec<_>>().join(", ");
        Line::styled(fit(&format!("fields: {}", text::visible(&names))), theme.dim)
    };
    let written = Line::styled(window.text, theme.text);
    frame.render_widget(Text::from_iter([written, said, Line::styled(fit(HELP), theme.dim)]), inner);
    frame.set_cursor_position(Position::new(inner.x + column, inner.y));
}

fn title(state: &State) -> String {
    let count = phrase::thousands(state.corpus.documents.len() as u64);
    match &state.search.selection {
        _ if state.filter.is_near() => " filter · … ".into(),
        Some(selection) => format!(" filter · {} of {count} ", phrase::thousands(selection.documents.len() as u64)),
        None => format!(" filter · all {count} "),
    }
}

fn keys() -> String {
    let key = |action| keymap::hint(Mode::Filter, &Action::Filter(action));
    format!("{} keeps it · {} drops it", key(FilterAction::Keep), key(FilterAction::Drop))
}

/// How many sentences the filter lets through, where one holds.
pub(super) fn counts(state: &State) -> Option<String> {
    let held = state.search.selection.as_ref()?;
    let all = phrase::thousands(state.corpus.documents.len() as u64);
    Some(match state.selection() {
        Some(_) => format!("{} of {all}", phrase::thousands(held.documents.len() as u64)),
        None => format!("all {all}"),
    })
}

/// The filter that holds and what it lets through, where one does.
pub(super) fn told(state: &State) -> Option<String> {
    let (counts, held) = (counts(state)?, state.search.selection.as_ref()?);
    let written = text::visible(&held.filter);
    if state.selection().is_none() {
        return Some(format!("{counts}, without the filter {written}"));
    }
    let key = state.key(&Action::Filter(FilterAction::Open));
    Some(match key {
        Some(key) => format!("{counts}: {written} ({key})"),
        None => format!("{counts}: {written}"),
    })
}
