//! The list of all backends, to choose one from.

use ratatui::Frame;
use ratatui::text::{Line, Span, Text};

use super::Theme;
use super::frame::{centered, clear, titled};
use crate::backend::spec::{Description, Readiness};
use crate::phrase;
use crate::state::{BackendId, Panel, Phase, State};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let count = u16::try_from(state.panels.len()).unwrap_or(u16::MAX);
    let area = centered(frame.area(), 96, count.saturating_add(4));
    clear(frame, area, theme);
    let inner = titled(frame, area, " choose a backend (Enter takes it, Esc leaves) ", true, theme);
    let height = usize::from(inner.height.saturating_sub(2)).max(1);
    let first = (state.chosen_backend.0 + 1).saturating_sub(height);
    let label_width = state.panels.iter().map(|panel| text::width(&panel.label)).max().unwrap_or(0).min(24);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (number, panel) in state.panels.iter().enumerate().skip(first).take(height) {
        let chosen = BackendId(number) == state.chosen_backend;
        let mark = if state.visible().contains(&BackendId(number)) { '●' } else { '○' };
        let label = text::visible(&panel.label).into_owned();
        let label = format!("{mark} {:<label_width$}  ", text::fit(&label, label_width));
        let facts = panel.description.as_ref().map(facts).unwrap_or_default();
        let room = usize::from(inner.width).saturating_sub(label_width + 6);
        let line = Line::from(vec![
            Span::styled(if chosen { "› " } else { "  " }, theme.accent),
            Span::styled(label, theme.text),
            Span::styled(text::fit(&text::visible(&facts), room).into_owned(), theme.dim),
        ]);
        lines.push(if chosen { line.style(theme.selected) } else { line });
    }
    lines.push(Line::default());
    let readiness = readiness(&state.panels[state.chosen_backend.0]);
    lines.push(Line::styled(text::fit(&readiness, usize::from(inner.width)).into_owned(), theme.accent));
    frame.render_widget(Text::from(lines), inner);
}

fn facts(description: &Description) -> String {
    let mut parts = vec![description.model.clone()];
    parts.extend(description.dimensions.map(|dimensions| format!("{dimensions} d")));
    parts.extend(description.max_tokens.map(|tokens| format!("≤{} tokens", phrase::thousands(tokens as u64))));
    parts.push(match (&description.location, description.usd_per_million_tokens) {
        (Some(location), _) if !location.leaves_machine() => location.to_string(),
        (_, Some(usd)) => format!("{} per million tokens", phrase::dollars(usd)),
        (_, None) => "price unknown".into(),
    });
    parts.join(" · ")
}

/// What choosing it would lead to.
fn readiness(panel: &Panel) -> String {
    match (&panel.phase, panel.description.as_ref().map(|description| &description.readiness)) {
        (Phase::Closed | Phase::Failed(_), Some(Readiness::Downloads(repository))) => {
            format!("Enter fetches it from the Hugging Face hub: {}", text::visible(repository))
        }
        (Phase::Closed, Some(Readiness::NotConfigured(message)))
        | (Phase::NotConfigured(message) | Phase::Failed(message), _) => text::visible(message).into_owned(),
        (Phase::Closed | Phase::Ready, _) => "ready".into(),
        (Phase::Opening, _) => "loading".into(),
        (Phase::Downloading(download), _) => format!("fetching {}", text::visible(&phrase::download(download))),
        (Phase::AwaitingConsent(_), _) => "asks before the corpus leaves this machine".into(),
        (Phase::Embedding(progress) | Phase::Stopped { progress, .. }, _) => {
            format!("{} of {} embedded", progress.done, progress.total)
        }
    }
}
