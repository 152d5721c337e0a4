//! The question before a corpus leaves this machine: how many texts, tokens and cents go where.

use ratatui::Frame;
use ratatui::text::{Line, Text};

use super::Theme;
use super::frame::{centered, clear, key_line, titled};
use crate::phrase;
use crate::state::{Action, Mode, Phase, State, keymap};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let panel = state.panel();
    let Phase::AwaitingConsent(estimate) = panel.phase else { return };
    let area = centered(frame.area(), 64, 9);
    clear(frame, area, theme);
    let inner = titled(frame, area, " send the corpus away? ", true, theme);
    let places = panel.receivers();
    let place = if places.is_empty() { panel.label.clone() } else { phrase::places(&places) };
    let embeds = panel.card.as_ref().is_none_or(|card| card.location.leaves_machine());
    let (what, later) = if embeds {
        (phrase::estimate(&estimate), "What you type later goes there too.")
    } else {
        (phrase::kept_elsewhere(estimate.texts), "The vectors of what you type later go there too.")
    };
    let key = |action| keymap::hint(Mode::Consent, &action);
    // One line each, so that no long name pushes the question or its answers out of sight.
    let line = |text: &str, style| Line::styled(text::fit(text, usize::from(inner.width)).into_owned(), style);
    let lines = vec![
        line(&text::visible(&state.corpus.name), theme.text),
        line(&what, theme.text),
        line(&format!("to {}", text::visible(&place)), theme.accent),
        line(later, theme.dim),
        Line::default(),
        key_line(&key(Action::Confirm), "send it", 8, theme),
        key_line(&key(Action::Decline), "send nothing and go back", 8, theme),
    ];
    frame.render_widget(Text::from(lines), inner);
}
