//! ```text
//! ╭ why #1 · s001 · databases ───────────────╮
//! │ SQL is the language for putting …        │
//! │                                          │
//! │ cosine 0.612 = q·d, angle 52.3°          │
//! │ |q| 5.87→1  |d| 6.02→1  raw q·d 21.63    │
//! │ z +3.1 · ahead of #2 by 0.094 (3.1 σ)    │
//! │ 13 tokens, none cut                      │
//! │   ▂▆                                     │
//! │ ▁▄██▇▅▃▂▁▁    ▁        ▁  all 100        │
//! │                        ↑  above 99 %     │
//! │ -0.08 to 0.61, mean 0.07                 │
//! ╰──────────────────────────────────────────╯
//! ```
//!
//! Where there is less room, lines are joined and the histogram has one row.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::frame::titled;
use super::{Theme, bar, hints, number};
use crate::backend::TokenCount;
use crate::corpus::DocumentIndex;
use crate::engine::explanation::{Explanation, Gap};
use crate::math::distribution::Distribution;
use crate::state::State;
use crate::text;

/// A text longer than this is cut here: the panel could not show more of it.
const MAX_TEXT_BYTES: usize = 2_000;

/// From this width on, the arithmetic stands on one line.
const WIDE: u16 = 68;

/// The most rows that a histogram takes up.
const TALLEST_HISTOGRAM: usize = 7;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, theme: &Theme) {
    let explained = state
        .ranking()
        .and_then(|ranking| Some((Explanation::of(ranking, state.list.selected)?, ranking.spread.as_ref()?)));
    let (Some((explanation, spread)), Some(document)) = (explained, state.selected_document()) else {
        if state.query.is_blank() {
            hints::draw(frame, area, state, theme);
        } else {
            titled(frame, area, " why ", theme);
        }
        return;
    };
    let inner = titled(frame, area, &title(state, &explanation, document), theme);
    let knows_limit = state.panel().card.as_ref().is_some_and(|card| card.max_tokens.is_some());
    let tokens = tokens(explanation.tokens, knows_limit);
    let arithmetic = arithmetic(&explanation, tokens, inner.width >= WIDE, theme);
    let least_height = arithmetic.len() + distribution(&explanation, spread, 1, theme).len();
    // The text takes what it needs of what is left; after it comes a blank line, where there is room for one.
    let left = inner.height.saturating_sub(u16::try_from(least_height).unwrap_or(u16::MAX));
    let sentence = sentence(state, document, theme);
    let text_height = u16::try_from(sentence.line_count(inner.width)).unwrap_or(u16::MAX).min(left);
    frame.render_widget(sentence, Rect { height: text_height, ..inner });
    let gap = u16::from(text_height < left);
    let histogram_height = usize::from(left - text_height - gap).saturating_add(1).min(TALLEST_HISTOGRAM);
    let below = Rect { y: inner.y + text_height + gap, height: inner.height - text_height - gap, ..inner };
    let lines = [arithmetic, distribution(&explanation, spread, histogram_height, theme)].concat();
    frame.render_widget(Text::from(lines), below);
}

fn title(state: &State, explanation: &Explanation, document: DocumentIndex) -> String {
    let document = &state.corpus[document];
    let mut title = format!(" why #{} · {}", explanation.rank, text::visible(&document.id));
    if let Some(topic) = &document.topic {
        title.push_str(&format!(" · {}", text::visible(topic)));
    }
    title.push(' ');
    title
}

fn sentence(state: &State, document: DocumentIndex, theme: &Theme) -> Paragraph<'static> {
    let text = &state.corpus[document].text;
    let beginning = text::visible(&text[..text.floor_char_boundary(MAX_TEXT_BYTES)]).into_owned();
    Paragraph::new(Text::styled(beginning, theme.text)).wrap(Wrap { trim: true })
}

/// From norms and dot product to the cosine, and the distance to the neighbours.
fn arithmetic(explanation: &Explanation, tokens: String, wide: bool, theme: &Theme) -> Vec<Line<'static>> {
    let Explanation { cosine, angle, query_norm, document_norm, raw_dot, .. } = *explanation;
    let result = vec![
        Span::styled("cosine ", theme.dim),
        Span::styled(format!("{cosine:.3}"), theme.accent),
        Span::styled(format!(" = q·d, angle {angle:.1}°"), theme.text),
    ];
    let norms = format!("|q| {query_norm:.2}→1  |d| {document_norm:.2}→1  raw q·d {raw_dot:.2}");
    let neighbours = neighbours(explanation);
    if wide {
        let one_line = [result, vec![Span::styled(format!("   {norms}"), theme.text)]].concat();
        return vec![Line::from(one_line), Line::styled(format!("{neighbours} · {tokens}"), theme.text)];
    }
    vec![
        Line::from(result),
        Line::styled(norms, theme.text),
        Line::styled(neighbours, theme.text),
        Line::styled(tokens, theme.dim),
    ]
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
        Span::styled(format!("  all {}", number::thousands(spread.count as u64)), theme.dim),
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

/// The distance to the neighbour that says most: for the first, how far it is ahead; for others, how far behind.
fn neighbours(explanation: &Explanation) -> String {
    let gap = |word: &str, gap: Gap| {
        let deviations = gap.deviations.map(|deviations| format!(" ({deviations:.1} σ)")).unwrap_or_default();
        format!("{word} #{} by {:.3}{deviations}", gap.rank, gap.cosine)
    };
    let z = explanation.z.map(|z| format!("z {z:+.1}"));
    let neighbour = match (explanation.behind, explanation.ahead) {
        (Some(behind), _) => Some(gap("behind", behind)),
        (None, Some(ahead)) => Some(gap("ahead of", ahead)),
        (None, None) => None,
    };
    z.into_iter().chain(neighbour).collect::<Vec<_>>().join(" · ")
}

/// The length of the text, and whether its end was cut off where the model's limit is known.
fn tokens(tokens: TokenCount, knows_limit: bool) -> String {
    let about = if tokens.estimated { "about " } else { "" };
    let total = number::counted(tokens.total, "token");
    if tokens.truncated() {
        format!("{about}{total}, cut after {}", number::thousands(tokens.used as u64))
    } else if knows_limit {
        format!("{about}{total}, none cut")
    } else {
        format!("{about}{total}")
    }
}
