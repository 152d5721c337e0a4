//! ` vecscope  Search  Compare        100 sentences · 384 d · ≤256 tokens · cosine`

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::{Layout, Theme};
use crate::math::space::Space;
use crate::phrase;
use crate::state::{Screen, State};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let Some(area) = layout.header else { return };
    frame.render_widget(Span::styled(" vecscope", theme.accent), area);
    for &(screen, tab) in &layout.tabs {
        let style = if screen == state.screen { theme.accent } else { theme.dim };
        frame.render_widget(Span::styled(screen.name(), style), tab);
    }
    let right = format!("{} ", what_is_ranked(state));
    let tabs_end = layout.tabs.last().map_or(area.x, |(_, tab)| tab.right());
    let room = usize::from(area.right().saturating_sub(tabs_end + 2));
    let right = Span::styled(text::fit(&right, room), theme.dim);
    frame.render_widget(Line::from(right).right_aligned(), area);
}

fn what_is_ranked(state: &State) -> String {
    let mut parts = Vec::new();
    if !state.corpus.bundled {
        parts.push(text::visible(&state.corpus.name).into_owned());
    }
    let (texts, all) = (state.corpus.documents.len(), state.copies());
    let copies =
        if all > texts { format!(" ({} with duplicates)", phrase::thousands(all as u64)) } else { String::new() };
    parts.push(format!("{}{copies}", phrase::counted(texts, "sentence")));
    // On the Compare screen each column says its own.
    if let Some(card) = state.panel().card.as_ref().filter(|_| state.screen == Screen::Search) {
        parts.extend(card.dimensions.map(|dimensions| format!("{dimensions} d")));
        parts.extend(card.max_tokens.map(|tokens| format!("≤{} tokens", phrase::thousands(tokens as u64))));
        if card.prompts.any() {
            parts.push(text::visible(&card.prompts.to_string()).into_owned());
        }
    }
    parts.push(space(state).name().into());
    parts.join(" · ")
}

/// What is ranked by: the cosine, unless the vectors that came with the corpus are compared by something else.
fn space(state: &State) -> Space {
    let given = state.corpus.vectors.as_ref().map(|given| given.space);
    state.panel().ranking.as_ref().map(|ranking| ranking.space).or(given).unwrap_or_default()
}
