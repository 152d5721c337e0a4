//! The question before a corpus leaves this machine: how many texts, tokens and cents go where.

use ratatui::Frame;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::{Theme, help, number, why};
use crate::engine::Estimate;
use crate::state::{Action, Mode, Phase, State, keymap};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let panel = state.panel();
    let Phase::AwaitingConsent(estimate) = panel.phase else { return };
    let area = help::centered(frame.area(), 64, 9);
    super::clear(frame, area, theme);
    let inner = why::frame_with_title(frame, area, " send the corpus away? ", theme);
    let place = panel.card.as_ref().map_or_else(|| panel.label.clone(), |card| card.location.to_string());
    let key = |action| keymap::hint(Mode::Consent, &action);
    let lines = vec![
        Line::styled(text::visible(&state.corpus.name).into_owned(), theme.text),
        Line::styled(what_goes_where(&estimate, &text::visible(&place)), theme.text),
        Line::styled("Each query you type goes there too.", theme.dim),
        Line::default(),
        help::key_line(&key(Action::Confirm), "send it", 6, theme),
        help::key_line(&key(Action::Decline), "send nothing and go back", 6, theme),
    ];
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false }), inner);
}

fn what_goes_where(estimate: &Estimate, place: &str) -> String {
    let about = if estimate.estimated { "about " } else { "" };
    let price = estimate
        .usd
        .map_or_else(|| "at a price that is not known".into(), |usd| format!("for {}", number::dollars(usd)));
    format!(
        "{}, {about}{}, {price}, to {place}",
        number::counted(estimate.texts, "text"),
        number::counted(estimate.tokens, "token"),
    )
}
