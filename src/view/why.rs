//! ```text
//! ╭ why #2 · s001 · databases ───────────────╮
//! │ SQL is the language for putting …        │
//! │                                          │
//! │ cosine 0.612 = q·d, angle 52.3°          │
//! │ |q| 5.87→1  |d| 6.02→1  raw q·d 21.63    │
//! │ z +3.1 · 0.104 (1.0 σ) behind #1         │
//! │ 0.152 (1.5 σ) ahead of #3                │
//! │   ▂▆                                     │
//! │ ▁▄██▇▅▃▂▁▁    ▁        ▁  all 100        │
//! │                        ↑  above 98 %     │
//! │ -0.08 to 0.61, mean 0.07                 │
//! ╰───────────────────── 13 tokens, none cut ╯
//! ```
//!
//! Where there is less room, the histogram has one row, or gives its place to the sentence.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use super::frame::titled;
use super::{Layout, Theme, bar, hints};
use crate::backend::TokenCount;
use crate::corpus::Document;
use crate::engine::explanation::{Explanation, Gap};
use crate::math::distribution::Distribution;
use crate::phrase;
use crate::state::State;
use crate::text;

/// The most rows that a histogram takes up.
const TALLEST_HISTOGRAM: usize = 7;

/// Between two facts on one line.
const SEPARATOR: &str = " · ";

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let explained = state
        .ranking()
        .and_then(|ranking| Some((Explanation::of(ranking, state.list.selected)?, ranking.spread.as_ref()?)));
    let (Some((explanation, spread)), Some(document)) = (explained, state.selected_document()) else {
        if state.query.is_blank() {
            hints::draw(frame, area, layout, state, theme);
        } else {
            titled(frame, area, " why ", layout.framed, theme);
        }
        return;
    };
    let document: &Document = &state.corpus[document];
    let inner = titled(frame, area, &title(document, &explanation), layout.framed, theme);
    let knows_limit = state.panel().card.as_ref().is_some_and(|card| card.max_tokens.is_some());
    let tokens = tokens(explanation.tokens, knows_limit);
    let mut facts = facts(&explanation, theme);
    if layout.framed {
        let line = Line::from(Span::styled(format!(" {} ", text::fit(&tokens, usize::from(inner.width))), theme.dim));
        let bottom = Rect { x: inner.x, y: area.bottom() - 1, width: inner.width + 1, height: 1 };
        frame.render_widget(line.right_aligned(), bottom);
    } else {
        facts.push(vec![Span::styled(tokens, theme.dim)]);
    }
    let (columns, height) = (usize::from(inner.width), usize::from(inner.height));
    let facts = flow(facts, columns);
    let sentence = text::wrap(&text::beginning(&document.text, columns * height), columns, height);
    let room = Room::share(height, sentence.len(), facts.len());
    // Wrapped again where there is not room for all of it, so that it says so.
    let sentence = text::wrap(&text::beginning(&document.text, columns * height), columns, room.sentence);
    let mut lines: Vec<Line<'static>> = sentence.into_iter().map(|line| Line::styled(line, theme.text)).collect();
    if room.gap {
        lines.push(Line::default());
    }
    lines.extend(facts);
    if let Some(rows) = room.histogram {
        lines.extend(distribution(&explanation, spread, rows, theme));
    }
    frame.render_widget(Text::from(lines), inner);
}

/// How many lines each part gets.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    sentence: usize,
    gap: bool,
    /// The rows of its bars; a line below them has the mark, and from two rows on another one the ends of the scale.
    histogram: Option<usize>,
}

impl Room {
    /// A sentence without its numbers says more than numbers without their sentence, so it always gets a line; then
    /// come the numbers, then a histogram of one row, then the rest of the sentence, then a taller histogram.
    fn share(height: usize, sentence: usize, facts: usize) -> Self {
        const SMALLEST_HISTOGRAM: usize = 2;
        let left = height.saturating_sub(facts);
        let has_histogram = left > SMALLEST_HISTOGRAM;
        let left = left - if has_histogram { SMALLEST_HISTOGRAM } else { 0 };
        let sentence = sentence.min(left).max(1);
        let left = left.saturating_sub(sentence);
        let gap = left > 0;
        // Of what is left, the gap takes a line, and the ends of the scale take one before the bars grow.
        let taller = left.saturating_sub(2);
        Self { sentence, gap, histogram: has_histogram.then_some((1 + taller).min(TALLEST_HISTOGRAM)) }
    }
}

fn title(document: &Document, explanation: &Explanation) -> String {
    let mut title = format!(" why #{} · {}", explanation.rank, text::visible(&document.id));
    if let Some(topic) = &document.topic {
        title.push_str(&format!(" · {}", text::visible(topic)));
    }
    title.push(' ');
    title
}

/// From norms and dot product to the cosine, its place among all, and the distance to both neighbours.
fn facts(explanation: &Explanation, theme: &Theme) -> Vec<Vec<Span<'static>>> {
    let Explanation { cosine, angle, query_norm, document_norm, raw_dot, .. } = *explanation;
    let mut facts = vec![
        vec![
            Span::styled("cosine ", theme.dim),
            Span::styled(format!("{cosine:.3}"), theme.accent),
            Span::styled(format!(" = q·d, angle {angle:.1}°"), theme.text),
        ],
        vec![Span::styled(
            format!("|q| {query_norm:.2}→1  |d| {document_norm:.2}→1  raw q·d {raw_dot:.2}"),
            theme.text,
        )],
    ];
    let gap = |gap: Gap, word: &str| {
        let deviations = gap.deviations.map(|deviations| format!(" ({deviations:.1} σ)")).unwrap_or_default();
        format!("{:.3}{deviations} {word} #{}", gap.cosine, gap.rank)
    };
    let z = explanation.z.map(|z| format!("z {z:+.1}"));
    let behind = explanation.behind.map(|neighbour| gap(neighbour, "behind"));
    let ahead = explanation.ahead.map(|neighbour| gap(neighbour, "ahead of"));
    facts.extend([z, behind, ahead].into_iter().flatten().map(|fact| vec![Span::styled(fact, theme.text)]));
    facts
}

/// Facts on as few lines as they fit on, in their order.
fn flow(facts: Vec<Vec<Span<'static>>>, columns: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for fact in facts {
        let width: usize = fact.iter().map(Span::width).sum();
        match lines.last_mut() {
            Some(line) if line.width() + text::width(SEPARATOR) + width <= columns => {
                let style = fact.first().map(|span| span.style).unwrap_or_default();
                line.push_span(Span::styled(SEPARATOR, style));
                line.extend(fact);
            }
            _ => lines.push(Line::from(fact)),
        }
    }
    lines
}

/// The histogram of all scores with a mark where this one lies.
fn distribution(explanation: &Explanation, spread: &Distribution, height: usize, theme: &Theme) -> Vec<Line<'static>> {
    let width = spread.histogram.len();
    let marker = format!("{:>1$}", "↑", explanation.bin + 1);
    // Never rounded up: nothing is above itself.
    let share = (explanation.above_share * 100.0).floor();
    let mut rows = bar::histogram(&spread.histogram, height);
    let bottom = rows.pop().unwrap_or_default();
    let mut lines: Vec<Line<'static>> = rows.into_iter().map(|row| Line::styled(row, theme.bar)).collect();
    lines.push(Line::from(vec![
        Span::styled(bottom, theme.bar),
        Span::styled(format!("  all {}", phrase::thousands(spread.count as u64)), theme.dim),
    ]));
    lines.push(Line::from(vec![
        Span::styled(format!("{marker:<width$}"), theme.accent),
        Span::styled(format!("  above {share:.0} %"), theme.dim),
    ]));
    if height > 1 {
        let Distribution { least, greatest, mean, .. } = spread;
        lines.push(Line::styled(format!("{least:.2} to {greatest:.2}, mean {mean:.2}"), theme.dim));
    }
    lines
}

/// The length of the text, and whether its end was cut off where the model's limit is known.
fn tokens(tokens: TokenCount, knows_limit: bool) -> String {
    let total = phrase::tokens(tokens);
    if tokens.truncated() {
        format!("{total}, cut after {}", phrase::thousands(tokens.used as u64))
    } else if knows_limit {
        format!("{total}, none cut")
    } else {
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_share_a_line_where_they_fit() {
        let facts = ["one", "two", "three", "four"].map(|fact| vec![Span::raw(fact)]).to_vec();
        let lines: Vec<String> = flow(facts, 11).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["one · two", "three", "four"]);
    }

    #[test]
    fn the_sentence_is_never_without_a_line_and_the_histogram_takes_what_is_left() {
        let room = |sentence, gap, histogram| Room { sentence, gap, histogram };
        assert_eq!(Room::share(6, 4, 4), room(2, false, None));
        assert_eq!(Room::share(7, 4, 4), room(1, false, Some(1)));
        assert_eq!(Room::share(9, 2, 4), room(2, true, Some(1)));
        assert_eq!(Room::share(12, 2, 4), room(2, true, Some(3)));
        assert_eq!(Room::share(40, 2, 4), room(2, true, Some(TALLEST_HISTOGRAM)));
        assert_eq!(Room::share(2, 4, 4), room(1, false, None));
    }
}
