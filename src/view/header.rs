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
    let tabs_end = layout.tabs.last().map_or(area.x, |(_, tab)| tab.right());
    let room = usize::from(area.right().saturating_sub(tabs_end + 2));
    let right = format!("{} ", what_is_ranked(state, room.saturating_sub(1)));
    let right = Span::styled(text::fit(&right, room), theme.dim);
    frame.render_widget(Line::from(right).right_aligned(), area);
}

/// What is ranked and by what, as far as there is room for it: by what comes first, and what is least important is given up
/// first.
fn what_is_ranked(state: &State, room: usize) -> String {
    const BETWEEN: &str = " · ";
    let space = space(state).name();
    let room = room.saturating_sub(text::width(space) + text::width(BETWEEN));
    let ways: Vec<String> = ways(state).into_iter().map(|parts| parts.join(BETWEEN)).collect();
    let Some(shortest) = ways.last().filter(|_| room > 1) else { return space.into() };
    let said = ways.iter().find(|way| text::width(way) <= room).unwrap_or(shortest);
    format!("{}{BETWEEN}{space}", text::fit(said, room))
}

/// The ways to say what is ranked, from the longest to the shortest, in parts.
fn ways(state: &State) -> Vec<Vec<String>> {
    let mark = if state.editor.is_unsaved() { "● " } else { "" };
    let name = (!state.corpus.bundled).then(|| format!("{mark}{}", text::visible(&state.corpus.name)));
    let (texts, all) = (state.corpus.documents.len(), state.copies());
    let count = phrase::counted(texts, "sentence");
    let mut parts: Vec<String> = name.iter().cloned().collect();
    let copies = (all > texts).then(|| format!("{count} ({} with duplicates)", phrase::thousands(all as u64)));
    parts.push(copies.unwrap_or_else(|| count.clone()));
    let least = parts.len();
    // On the Compare screen each column says its own.
    if let Some(card) = state.panel().card.as_ref().filter(|_| state.screen == Screen::Search) {
        parts.extend(card.dimensions.map(|dimensions| format!("{dimensions} d")));
        parts.extend(card.max_tokens.map(|tokens| format!("≤{} tokens", phrase::thousands(tokens as u64))));
        if card.prompts.any() {
            parts.push(text::visible(&card.prompts.to_string()).into_owned());
        }
    }
    let mut ways: Vec<Vec<String>> = (least..=parts.len()).rev().map(|kept| parts[..kept].to_vec()).collect();
    ways.push(name.iter().cloned().chain([count.clone()]).collect());
    ways.extend(name.iter().map(|name| vec![name.clone(), phrase::thousands(texts as u64)]));
    ways.push(vec![name.unwrap_or(count)]);
    ways
}

/// What is ranked by: the cosine, unless the vectors that came with the corpus are compared by something else.
fn space(state: &State) -> Space {
    let given = state.corpus.vectors.as_ref().map(|given| given.space);
    state.panel().ranking.as_ref().map(|ranking| ranking.space).or(given).unwrap_or_default()
}
