//! A backend that cannot be used says why in place of its ranking.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::frame::titled;
use super::{Layout, Theme};
use crate::state::{Action, State};
use crate::text;

/// What is in the way of the backend on the screen.
pub(super) enum Trouble<'a> {
    /// A setting is missing.
    NotConfigured(&'a str),
    /// Something went wrong.
    Failed(&'a str),
}

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme, trouble: &Trouble<'_>) {
    let area = layout.why.map_or(layout.ranking, |why| layout.ranking.union(why));
    let label = text::visible(&state.panel().label).into_owned();
    // Without a frame the headline says the same.
    let inner = if layout.framed {
        titled(frame, area, &format!(" {label} "), true, theme)
    } else {
        Rect { x: area.x + 1, width: area.width - 1, ..area }
    };
    let (headline, message) = match trouble {
        Trouble::NotConfigured(message) => (format!("{label} is not set up"), message),
        Trouble::Failed(message) => (format!("{label} does not work"), message),
    };
    let mut lines = vec![
        Line::styled(headline, theme.error),
        Line::styled(text::visible(message).into_owned(), theme.text),
        Line::default(),
    ];
    lines.extend(what_to_do(state, theme, trouble));
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: true }), inner);
}

fn what_to_do(state: &State, theme: &Theme, trouble: &Trouble<'_>) -> Vec<Line<'static>> {
    let key = |action| state.key(&action).unwrap_or_default();
    let mut lines = vec![match trouble {
        // Variables are read at the start: trying again in the same process would change nothing.
        Trouble::NotConfigured(_) => Line::styled("Set it and start vecscope again.", theme.dim),
        Trouble::Failed(_) => Line::styled(format!("{} tries again.", key(Action::Retry)), theme.dim),
    }];
    let swap = state.key(&Action::SwapBackend);
    if let Some(swap) = swap.filter(|_| state.next_in_tab() != state.active) {
        let next = &state.panels[state.next_in_tab().0].label;
        let next = text::visible(next).into_owned();
        lines.push(Line::styled(format!("{swap} goes to {next}."), theme.dim));
    }
    lines
}
