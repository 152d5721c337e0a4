//! ` vecscope   Search                         100 sentences · 384 d · cosine`

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::{Layout, Theme};
use crate::phrase;
use crate::state::State;
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let Some(area) = layout.header else { return };
    let left = Line::from(vec![Span::styled(" vecscope", theme.accent), Span::styled("   Search", theme.text)]);
    let right = format!("{} ", what_is_ranked(state));
    let room = usize::from(area.width).saturating_sub(left.width() + 2);
    frame.render_widget(left, area);
    let right = Span::styled(text::fit(&right, room), theme.dim);
    frame.render_widget(Line::from(right).right_aligned(), area);
}

fn what_is_ranked(state: &State) -> String {
    let mut parts = Vec::new();
    if !state.corpus.bundled {
        parts.push(text::visible(&state.corpus.name).into_owned());
    }
    parts.push(phrase::counted(state.corpus.documents.len(), "sentence"));
    if let Some(dimensions) = state.panel().card.as_ref().and_then(|card| card.dimensions) {
        parts.push(format!("{dimensions} d"));
    }
    parts.push("cosine".into());
    parts.join(" · ")
}
