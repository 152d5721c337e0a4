//! ```text
//! ╭ 40 labelled queries (Enter takes one as the query) ───────────────────────────────────────╮
//! │ dense local MiniLM-L6-v2 · BM25 k1 1.2 b 0.75 · RRF k 60 · late interaction top 50         │
//! │          nDCG@10 [95 %]        MRR@10  recall@10   MAP    success@1                        │
//! │ dense    0.885 [0.832–0.930]   0.913   0.921       0.851  0.875                            │
//! │ BM25     0.511 [0.399–0.622]   …                                                           │
//! │ BM25 → hybrid +0.301 p 0.0001 · dense → hybrid −0.073 p 0.02 · hybrid → rerank +0.041 p 0.1│
//! │                                                                                            │
//! │ nDCG@10 by query: dense BM25 hybrid rerank                                                 │
//! │ › 0.63 1.00 1.00 1.00  INV-20481                                                           │
//! ╰────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::Frame;
use ratatui::text::{Line, Span, Text};

use super::frame::{centered, clear, titled};
use super::{Theme, bar};
use crate::engine::Stage;
use crate::engine::evaluation::Measure;
use crate::math::significance::Interval;
use crate::phrase::{self, retrieval};
use crate::state::State;
use crate::state::evaluation::{Difference, Evaluation, Outcome};
use crate::text;

/// The widest that the panel gets.
const WIDTH: u16 = 100;
/// Below this height there is no room for air.
const SMALL: usize = 12;
/// From this width on, every measure has a column.
const ALL_MEASURES: usize = 76;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let Some(evaluation) = &state.evaluation else { return };
    let area = centered(frame.area(), WIDTH, frame.area().height.saturating_sub(4).max(10));
    clear(frame, area, theme);
    let queries = phrase::counted_as(evaluation.judged.queries.len(), "labelled query", "labelled queries");
    // What was judged is the whole corpus.
    let unfiltered = if state.selection().is_some() { ", without the filter" } else { "" };
    let title = format!(" {queries}{unfiltered} (Enter takes one, Esc closes) ");
    let inner = titled(frame, area, &title, true, theme);
    let (columns, height) = (usize::from(inner.width), usize::from(inner.height));
    let mut lines: Vec<Line<'static>> =
        text::wrap(&setup(state, evaluation), columns, if height < SMALL { 1 } else { 2 })
            .into_iter()
            .map(|line| Line::styled(line, theme.dim))
            .collect();
    match (&evaluation.failed, &evaluation.outcome) {
        (Some(message), _) => {
            let message = format!("✗ {}", text::visible(message));
            lines.extend(text::wrap(&message, columns, 3).into_iter().map(|line| Line::styled(line, theme.error)));
        }
        (None, Some(outcome)) => lines.extend(outcome_lines(evaluation, outcome, columns, theme)),
        (None, None) => lines.push(progress(evaluation, theme)),
    }
    if height < SMALL {
        // Two lines are left for the queries.
        lines.truncate(height.saturating_sub(2));
    } else {
        lines.push(Line::default());
    }
    let names: Vec<&str> = evaluation.plan.stages().iter().map(|stage| stage.name()).collect();
    let heading = format!("nDCG@{} by query: {}", evaluation.plan.k(), names.join(", "));
    lines.push(Line::styled(text::fit(&heading, columns).into_owned(), theme.dim));
    let room = height.saturating_sub(lines.len()).max(1);
    lines.extend(queries_lines(evaluation, columns, room, theme));
    frame.render_widget(Text::from(lines), inner);
}

/// What is measured.
fn setup(state: &State, evaluation: &Evaluation) -> String {
    let mut parts = Vec::new();
    for &stage in evaluation.plan.stages() {
        let settings = &evaluation.setup.settings;
        parts.push(match stage {
            Stage::Dense => format!("dense {}", text::visible(&state.panels[evaluation.setup.backend.0].label)),
            Stage::Bm25 => format!("BM25 k1 {} b {}", settings.bm25.k1, settings.bm25.b),
            Stage::Hybrid => retrieval::fusion_name(settings),
            Stage::Rerank => {
                let reranker = evaluation.setup.reranker.and_then(|id| state.pipeline.rerankers.get(id.0));
                let label = reranker.map_or("", |panel| panel.label.as_str());
                format!("{} of the top {}", text::visible(label), settings.depth)
            }
        });
    }
    parts.join(" · ")
}

fn progress(evaluation: &Evaluation, theme: &Theme) -> Line<'static> {
    const WIDTH: usize = 30;
    let (done, total) = (evaluation.measured.len(), evaluation.judged.queries.len());
    #[expect(clippy::cast_precision_loss, reason = "a share of queries, drawn as a bar")]
    let share = done as f32 / total.max(1) as f32;
    Line::from(vec![
        Span::styled(format!("{done} of {total} "), theme.text),
        Span::styled(bar::solid(share, WIDTH), theme.bar),
    ])
}

fn outcome_lines(evaluation: &Evaluation, outcome: &Outcome, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let k = evaluation.plan.k();
    let measures: &[Measure] = if columns >= ALL_MEASURES { &Measure::ALL } else { &Measure::ALL[..1] };
    let mut heading = format!("{:<8}", "");
    for (at, measure) in measures.iter().enumerate() {
        let title = measure.title(k);
        heading.push_str(&if at == 0 { format!("{:<24}", title + "  95 %") } else { format!("{title:<11}") });
    }
    let mut lines = vec![Line::styled(heading, theme.dim)];
    for (stage, summary) in evaluation.plan.stages().iter().zip(&outcome.summaries) {
        let mut line = Line::from(Span::styled(format!("{:<8}", stage.name()), theme.text));
        for (at, Interval { mean, low, high }) in summary.means.iter().take(measures.len()).enumerate() {
            if at == 0 {
                line.push_span(Span::styled(format!("{mean:.3} "), theme.accent));
                line.push_span(Span::styled(format!("{:<18}", format!("[{low:.3}–{high:.3}]")), theme.dim));
            } else {
                line.push_span(Span::styled(format!("{mean:<11.3}"), theme.text));
            }
        }
        lines.push(line);
    }
    let differences: Vec<String> = outcome.differences.iter().map(difference).collect();
    let differences = text::wrap(&differences.join(" · "), columns, 3);
    lines.extend(differences.into_iter().map(|line| Line::styled(line, theme.text)));
    lines
}

/// `BM25 → hybrid +0.301 p 0.0001`
fn difference(difference: &Difference) -> String {
    let Difference { from, to, test } = difference;
    let p = if test.p < 0.001 { "p < 0.001".into() } else { format!("p {:.3}", test.p) };
    format!("{} → {} {:+.3} {p}", from.name(), to.name(), test.difference)
}

fn queries_lines(evaluation: &Evaluation, columns: usize, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let first = (evaluation.chosen + 1).saturating_sub(room);
    let listed = evaluation.listed().into_iter().enumerate().skip(first).take(room);
    let lines = listed.map(|(at, (number, values))| {
        let chosen = at == evaluation.chosen;
        let values: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
        let values = values.join(" ") + " ";
        let left = columns.saturating_sub(text::width(&values) + 3);
        let query = text::beginning(&evaluation.judged.queries[number].text, left).into_owned();
        let line = Line::from(vec![
            Span::styled(if chosen { "› " } else { "  " }, theme.accent),
            Span::styled(format!("{values} "), theme.dim),
            Span::styled(text::fit(&query, left).into_owned(), theme.text),
        ]);
        if chosen { line.style(theme.selected) } else { line }
    });
    lines.collect()
}
