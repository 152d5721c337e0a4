//! The line in which axes are written.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Text};

use super::super::Theme;
use super::super::frame::{centered, clear, titled};
use super::super::query::Window;
use crate::state::action::MapAction;
use crate::state::{Action, Mode, State, keymap};
use crate::text;

/// From this width on, the help is said in full.
const WIDE_ENOUGH: u16 = 64;

pub(in crate::view) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let area = centered(frame.area(), 72, 7);
    clear(frame, area, theme);
    let inner = titled(frame, area, " axes by meaning ", true, theme);
    let line = &state.map.axes;
    let window = Window::around_cursor(line.text(), line.cursor(), usize::from(inner.width));
    let column = u16::try_from(window.cursor).unwrap_or(0).min(inner.width.saturating_sub(1));
    let written = if line.text().is_empty() {
        Line::styled("cold -> hot, cheap -> expensive", theme.dim)
    } else {
        Line::styled(window.text, theme.text)
    };
    let key = |action| keymap::hint(Mode::Axes, &Action::Map(action));
    let said = match &state.map.axes_error {
        Some(message) => {
            let said = format!("✗ {}", text::visible(message));
            Line::styled(text::fit(&said, usize::from(inner.width)).into_owned(), theme.error)
        }
        None => Line::default(),
    };
    let help = if inner.width >= WIDE_ENOUGH {
        [
            "The axis across is the difference of two phrases; a second pair",
            "makes the one up. An empty line goes back to PCA.",
        ]
    } else {
        ["left -> right, bottom -> top", "An empty line goes back to PCA."]
    };
    let keys = format!("{} lays the map · {} leaves it", key(MapAction::SubmitAxes), key(MapAction::CloseAxes));
    let below = help.map(str::to_owned).into_iter().chain([keys]);
    let below = below.map(|help| Line::styled(text::fit(&help, usize::from(inner.width)).into_owned(), theme.dim));
    let lines: Vec<Line<'_>> = [written, said].into_iter().chain(below).collect();
    frame.render_widget(Text::from(lines), Rect { height: inner.height, ..inner });
    frame.set_cursor_position(Position::new(inner.x + column, inner.y));
}
