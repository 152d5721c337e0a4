//! From norms to the cosine, and its place among all.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use super::{Subject, angle};
use crate::engine::explanation::{Explanation, Gap};
use crate::math::distribution::Distribution;
use crate::math::space::Space;
use crate::phrase;
use crate::text;
use crate::view::{Theme, bar};

/// The most rows that a histogram takes up.
const TALLEST_HISTOGRAM: usize = 7;
/// From this width on, the angle is drawn beside the numbers, which take so much.
const BESIDE: u16 = 66;
const NUMBERS: u16 = 44;
/// The least height to draw the angle in, below the numbers.
const LEAST_ANGLE: u16 = 8;

/// Between two facts on one line.
const SEPARATOR: &str = " · ";

/// The sentence first where it is not drawn already.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, subject: &Subject<'_>, with_text: bool, theme: &Theme) {
    let beside = area.width >= BESIDE && area.height >= LEAST_ANGLE;
    let numbers = Rect { width: if beside { NUMBERS } else { area.width }, ..area };
    let (columns, height) = (usize::from(numbers.width), usize::from(numbers.height));
    let mut facts = facts(&subject.explanation, theme);
    facts.extend(subject.loose_tokens.iter().map(|tokens| vec![Span::styled(tokens.clone(), theme.dim)]));
    let mut facts = flow(facts, columns);
    facts.extend(said(subject, columns, height, theme));
    let wrapped = |lines: usize| {
        let text = text::beginning(&subject.about.text, columns * height);
        if with_text { text::wrap(&text, columns, lines) } else { Vec::new() }
    };
    let mut room = Room::share(height, wrapped(height).len(), facts.len());
    if !with_text {
        (room.sentence, room.gap) = (0, false);
    }
    // Wrapped again where there is not room for all of it, so that it says so.
    let mut lines: Vec<Line<'static>> =
        wrapped(room.sentence).into_iter().map(|line| Line::styled(line, theme.text)).collect();
    if room.gap {
        lines.push(Line::default());
    }
    lines.extend(facts);
    if let Some(rows) = room.histogram {
        lines.extend(distribution(&subject.explanation, (subject.spread, subject.is_sample), rows, theme));
    }
    let used = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(1);
    frame.render_widget(Text::from(lines), numbers);
    let rest = if beside {
        Rect { x: area.x + NUMBERS + 1, width: area.width - NUMBERS - 1, ..area }
    } else {
        Rect { y: area.y.saturating_add(used), height: area.height.saturating_sub(used), ..area }
    };
    if rest.height >= LEAST_ANGLE {
        angle::draw(frame, rest, &subject.explanation, theme);
    }
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

/// From norms and dot product to the cosine, its place among all, and the distance to both neighbours.
fn facts(explanation: &Explanation, theme: &Theme) -> Vec<Vec<Span<'static>>> {
    let Explanation { space, score, cosine, angle, query_norm, document_norm, raw_dot, .. } = *explanation;
    let (arithmetic, lengths) = match space {
        Space::Cosine => (
            format!(" = q·d, angle {angle:.1}°"),
            format!("|q| {query_norm:.2}→1  |d| {document_norm:.2}→1  raw q·d {raw_dot:.2}"),
        ),
        Space::InnerProduct => {
            (" = q·d".into(), format!("|q| {query_norm:.2}  |d| {document_norm:.2}  cos {cosine:.3}, {angle:.0}°"))
        }
        Space::Euclidean => (
            format!(" = 1 − {:.3}²/2", (2.0 * (1.0 - score)).max(0.0).sqrt()),
            format!("|q| {query_norm:.2}  |d| {document_norm:.2}  cos {cosine:.3}, {angle:.0}°"),
        ),
    };
    let mut facts = vec![
        vec![
            Span::styled(format!("{} ", space.name()), theme.dim),
            Span::styled(format!("{score:.3}"), theme.accent),
            Span::styled(arithmetic, theme.text),
        ],
        vec![Span::styled(lengths, theme.text)],
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

/// What the source says of the sentence, on as many lines as there is room for beside the numbers.
fn said(subject: &Subject<'_>, columns: usize, height: usize, theme: &Theme) -> Vec<Line<'static>> {
    /// Of so many lines, one is for this.
    const SHARE: usize = 5;
    let facts = subject.said.iter().map(|(name, value)| {
        let name = text::fit(name, columns.saturating_sub(2)).into_owned();
        let value = text::fit(value, columns.saturating_sub(text::width(&name) + 1)).into_owned();
        vec![Span::styled(format!("{name} "), theme.dim), Span::styled(value, theme.text)]
    });
    let mut lines = flow(facts.collect(), columns);
    lines.truncate((height / SHARE).max(1));
    lines
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
fn distribution(
    explanation: &Explanation,
    (spread, is_sample): (&Distribution, bool),
    height: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let width = spread.histogram.len();
    let marker = format!("{:>1$}", "↑", explanation.bin + 1);
    // Never rounded up: nothing is above itself.
    let share = (explanation.above_share * 100.0).floor();
    let of = if is_sample { "a sample of" } else { "all" };
    let mut rows = bar::histogram(&spread.histogram, height);
    let bottom = rows.pop().unwrap_or_default();
    let mut lines: Vec<Line<'static>> = rows.into_iter().map(|row| Line::styled(row, theme.bar)).collect();
    lines.push(Line::from(vec![
        Span::styled(bottom, theme.bar),
        Span::styled(format!("  {of} {}", phrase::thousands(spread.count as u64)), theme.dim),
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
