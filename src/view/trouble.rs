//! A backend that cannot be used says why in place of its ranking.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::{Layout, Theme, why};
use crate::state::{Action, Mode, State, keymap};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme, message: &str) {
    let area = layout.why.map_or(layout.ranking, |why| layout.ranking.union(why));
    let label = text::visible(&state.panel().label).into_owned();
    let inner = if layout.framed {
        why::frame_with_title(frame, area, &format!(" {label} "), theme)
    } else {
        Rect { x: area.x + 1, width: area.width - 1, ..area }
    };
    let key = |action| keymap::hint(Mode::Typing, &action);
    let mut lines = vec![
        Line::styled(format!("{label} cannot be used"), theme.error),
        Line::styled(text::visible(message).into_owned(), theme.text),
        Line::default(),
        Line::styled(format!("{} tries again", key(Action::Retry)), theme.dim),
    ];
    if state.panels.len() > 1 {
        lines.push(Line::styled(format!("{} goes to the other backend", key(Action::SwapBackend)), theme.dim));
    }
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: true }), inner);
}
