//! ```text
//! ╭ s001 · databases ───────────────────────────────────────────────────────────────────────────╮
//! │ SQL is the language for putting questions …  │            database  question                 │
//! │                                              │ ask          ░         [▓]     question 0.61 │
//! │ dense #1 0.612 · BM25 #3 2.11 · hybrid #1 …  │ database    [█]         ░      database 0.83 │
//! │ BM25 2.11 = question 3.52×0.60 + …           │                                               │
//! │ RRF 1/(60+1) + 1/(60+3) = 0.0323             │                                               │
//! ╰─────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use super::heatmap;
use crate::corpus::DocumentIndex;
use crate::engine::Stage;
use crate::engine::pipeline::Provenance;
use crate::phrase::retrieval;
use crate::state::State;
use crate::text;
use crate::view::frame::titled;
use crate::view::{Layout, Theme, columns, hints};

/// From this width on, how words match stands beside the numbers.
const BESIDE: u16 = 96;
/// The most lines of a sum where there is little room.
const SHORT: usize = 3;
/// The least height that it takes below them.
const LEAST_HEATMAP: usize = 4;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let Some(document) = state.selected_document() else {
        if state.query.is_blank() {
            hints::draw(frame, area, layout, state, theme);
        } else {
            titled(frame, area, " no sentence ", layout.framed, theme);
        }
        return;
    };
    let about = &state.corpus[document];
    let mut title = format!(" {}", text::visible(&about.id));
    if let Some(topic) = &about.topic {
        title.push_str(&format!(" · {}", text::visible(topic)));
    }
    title.push(' ');
    let inner = titled(frame, area, &title, layout.framed, theme);
    // Alone, the words have the whole width.
    let beside = inner.width >= BESIDE && !state.explanation_alone;
    let [facts_area, beside_area] = if beside {
        let half = inner.width / 2;
        [Rect { width: half - 1, ..inner }, Rect { x: inner.x + half + 1, width: inner.width - half - 1, ..inner }]
    } else {
        [inner, Rect::ZERO]
    };
    let width = usize::from(facts_area.width);
    // A sum that is cut cannot be checked: only where there is no room is it cut, and the sentence keeps two lines.
    let whole = facts(state, document, width, usize::MAX, theme);
    let facts =
        if whole.len() + 2 <= usize::from(inner.height) { whole } else { facts(state, document, width, SHORT, theme) };
    let room = usize::from(inner.height).saturating_sub(facts.len()).max(1);
    let most = if beside { room } else { room.min(2) };
    let copies = columns::copies(about.copies());
    let sentence = format!("{copies}{}", text::beginning(&about.text, width * most));
    let sentence = text::wrap(&sentence, width, most);
    let mut lines: Vec<Line<'static>> = sentence.into_iter().map(|line| Line::styled(line, theme.text)).collect();
    if lines.len() < room && beside {
        lines.push(Line::default());
    }
    lines.extend(facts);
    let used = lines.len();
    frame.render_widget(Text::from(lines), facts_area);
    let heatmap_area = if beside {
        beside_area
    } else {
        let used = u16::try_from(used).unwrap_or(u16::MAX).saturating_add(1);
        Rect { y: inner.y.saturating_add(used), height: inner.height.saturating_sub(used), ..inner }
    };
    if usize::from(heatmap_area.height) >= LEAST_HEATMAP {
        heatmap::draw(frame, heatmap_area, state, document, theme);
    }
}

/// Where every stage puts the sentence, and of what its scores are made; on `most` lines each.
fn facts(state: &State, document: DocumentIndex, columns: usize, most: usize, theme: &Theme) -> Vec<Line<'static>> {
    let pipeline = &state.pipeline;
    let Some(run) = &pipeline.run else { return Vec::new() };
    let mut provenance = run.provenance(document);
    // The last stage may have answered only the run before.
    if let Some(reranked) = pipeline.reranked.as_ref().filter(|_| pipeline.rerank_is_current()) {
        let Provenance { rerank, rerank_score, .. } = reranked.provenance(document);
        (provenance.rerank, provenance.rerank_score) = (rerank, rerank_score);
    }
    let mut facts = vec![retrieval::places(run.settings, &provenance)];
    if run.stage(Stage::Bm25).is_some() {
        facts.push(retrieval::bm25(&provenance));
    }
    facts.extend(provenance.fusion.map(|terms| retrieval::fusion(&run.settings, terms, provenance.hybrid)));
    facts.extend(provenance.rerank_score.map(|score| retrieval::rerank(&run.settings, score)));
    let mut lines = Vec::new();
    for fact in facts {
        for (number, line) in text::wrap(&fact, columns, most).into_iter().enumerate() {
            lines.push(match line.split_once(' ') {
                Some((first, rest)) if number == 0 => Line::from(vec![
                    Span::styled(first.to_owned(), theme.accent),
                    Span::styled(format!(" {rest}"), theme.text),
                ]),
                _ => Line::styled(line, theme.text),
            });
        }
    }
    lines
}
