//! What two models disagree about most: sentences by their nearest others, and the queries of this run.

use ratatui::Frame;
use ratatui::text::{Line, Span, Text};

use super::Theme;
use super::frame::{centered, clear, titled};
use crate::engine::index::MOST_NEIGHBOURS;
use crate::phrase;
use crate::state::State;
use crate::state::compare::Found;
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let area = centered(frame.area(), 110, frame.area().height.saturating_sub(4).max(8));
    clear(frame, area, theme);
    let inner = titled(frame, area, " where the two models disagree most (Enter takes it as the query) ", true, theme);
    let searching = state.compare.pair.iter().any(|id| state.panels[id.0].neighbours.is_none());
    let columns = usize::from(inner.width);
    let mut lines = vec![Line::styled(
        text::fit(
            "RBO  overlap: of the ten nearest sentences of each sentence, and of the top of queries so far",
            columns,
        )
        .into_owned(),
        theme.dim,
    )];
    if searching {
        lines.push(Line::styled("looking at every sentence with both models …", theme.warning));
    } else if state.corpus.documents.len() > MOST_NEIGHBOURS {
        let first = phrase::thousands(MOST_NEIGHBOURS as u64);
        lines.push(Line::styled(format!("of the first {first} sentences"), theme.dim));
    }
    if state.selection().is_some() {
        let all = phrase::thousands(state.corpus.documents.len() as u64);
        let said = format!("only what passes the filter is listed; its nearest are among all {all}");
        lines.push(Line::styled(text::fit(&said, columns).into_owned(), theme.dim));
    }
    let room = usize::from(inner.height).saturating_sub(lines.len()).max(1);
    let first = (state.compare.chosen + 1).saturating_sub(room);
    for (number, found) in state.compare.found.iter().enumerate().skip(first).take(room) {
        let (kind, what) = match found {
            Found::Sentence(disagreement) => {
                let document = &state.corpus[disagreement.document];
                (document.id.as_str(), document.text.as_str())
            }
            Found::Query(query, _) => ("query", query.as_str()),
        };
        let chosen = number == state.compare.chosen;
        let kind = text::visible(kind).into_owned();
        let left = columns.saturating_sub(24);
        let line = Line::from(vec![
            Span::styled(if chosen { "› " } else { "  " }, theme.accent),
            Span::styled(format!("{:.2}  {:.2}  ", found.rbo(), found.overlap()), theme.text),
            Span::styled(format!("{:<8} ", text::fit(&kind, 8)), theme.dim),
            Span::styled(text::fit(&text::beginning(what, left), left).into_owned(), theme.text),
        ]);
        lines.push(if chosen { line.style(theme.selected) } else { line });
    }
    frame.render_widget(Text::from(lines), inner);
}
