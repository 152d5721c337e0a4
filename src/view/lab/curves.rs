//! Curves: the score of a long text as the needle moves through it, and precision and recall as the cut-off moves.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::{missing, styled, titled_rows};
use crate::engine::lab::Outcome;
use crate::engine::lab::long::Sweep;
use crate::engine::lab::threshold::{Cutoffs, RULE};
use crate::phrase;
use crate::state::{BackendId, State};
use crate::text;
use crate::view::Theme;

/// Below this height a curve says nothing, and its figures stand there instead.
const LEAST_HEIGHT: u16 = 5;

pub(super) fn draw_sweep(frame: &mut Frame<'_>, area: Rect, framed: bool, state: &State, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    let title = " cosine of the query and the whole text, by where the needle is ";
    let rows = titled_rows(frame, area, framed, title, true, theme);
    let Some(Outcome::Sweep(sweep)) = state.lab.outcome() else {
        let lines = text::wrap(&missing(state), usize::from(rows.width), usize::from(rows.height));
        frame.render_widget(styled(lines, theme.dim), rows);
        return;
    };
    let limit = state.lab.haystack.as_ref().map_or(0, |haystack| haystack.limit);
    let line = at_place(state, sweep, theme);
    frame.render_widget(line, Rect { height: 1, ..rows });
    let chart = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
    if chart.height >= LEAST_HEIGHT {
        draw_sweep_chart(frame, chart, state, sweep, limit, theme);
    } else {
        let points = sweep.points.iter().map(|point| format!("{}: {:.3}", point.tokens, point.score));
        let words = format!("token: score  {}", points.collect::<Vec<_>>().join(" · "));
        let lines = text::wrap(&words, usize::from(chart.width), usize::from(chart.height));
        frame.render_widget(styled(lines, theme.text), chart);
    }
}

/// The point of the chosen place in words.
fn at_place(state: &State, sweep: &Sweep, theme: &Theme) -> Line<'static> {
    let needle = state.lab.haystack.as_ref().map(|haystack| &state.corpus[haystack.needle].id);
    let Some(point) = sweep.points.get(state.lab.place).filter(|_| needle == Some(&sweep.id)) else {
        return Line::styled("the score at this place is on its way …", theme.dim);
    };
    Line::from(vec![
        Span::styled(
            format!("after {} tokens: {:.3}", phrase::thousands(point.tokens as u64), point.score),
            theme.accent,
        ),
        Span::styled(format!(", {} {}", phrase::document(&sweep.id), phrase::lab::seen(point.seen)), theme.text),
        Span::styled(format!(" · • without it {:.3}", sweep.without), theme.dim),
        Span::styled(" · ⢸ the limit", theme.warning),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "tokens on a chart")]
fn draw_sweep_chart(frame: &mut Frame<'_>, area: Rect, state: &State, sweep: &Sweep, limit: usize, theme: &Theme) {
    let points: Vec<(f64, f64)> =
        sweep.points.iter().map(|point| (point.tokens as f64, f64::from(point.score))).collect();
    let total = sweep.tokens[0].max(sweep.points.last().map_or(1, |point| point.tokens)) as f64;
    let scores = || points.iter().map(|(_, score)| *score).chain([f64::from(sweep.without)]);
    let (low, high) = (scores().fold(f64::MAX, f64::min), scores().fold(f64::MIN, f64::max));
    let margin = ((high - low) * 0.1).max(0.01);
    let bounds = [low - margin, high + margin];
    let without = [(0.0, f64::from(sweep.without)), (total, f64::from(sweep.without))];
    let mark = [(limit as f64, bounds[0]), (limit as f64, bounds[1])];
    let here: Vec<(f64, f64)> = points.get(state.lab.place).copied().into_iter().collect();
    let lines = [
        (&without[..], Marker::Dot, theme.dim, GraphType::Line),
        (&mark[..], Marker::Braille, theme.warning, GraphType::Line),
        (&points[..], Marker::Braille, theme.accent, GraphType::Line),
        (&here[..], Marker::Block, theme.accent, GraphType::Scatter),
    ];
    let datasets = lines.map(|(data, marker, style, graph)| {
        Dataset::default().marker(marker).graph_type(graph).style(style).data(data)
    });
    let x = Axis::default()
        .bounds([0.0, total])
        .labels([
            "0".to_owned(),
            if area.width >= 100 { format!("tokens before it; limit {limit}") } else { format!("limit {limit}") },
            format!("{total:.0}"),
        ])
        .style(theme.dim);
    let y = Axis::default()
        .bounds(bounds)
        .labels([format!("{:.2}", bounds[0]), format!("{:.2}", bounds[1])])
        .style(theme.dim);
    let chart = Chart::new(datasets.to_vec()).x_axis(x).y_axis(y).style(theme.text).legend_position(None);
    frame.render_widget(chart, area);
}

pub(super) fn draw_cutoffs(frame: &mut Frame<'_>, areas: [Rect; 2], framed: bool, state: &State, theme: &Theme) {
    let beside = state.lab.beside.filter(|beside| *beside != state.active);
    let ids: Vec<BackendId> = std::iter::once(state.active).chain(beside).collect();
    for ((number, id), area) in ids.into_iter().enumerate().zip(areas) {
        if area.is_empty() {
            continue;
        }
        let label = text::visible(&state.panels[id.0].label).into_owned();
        let title = format!(" {label}: precision and recall by cut-off ");
        let rows = titled_rows(frame, area, framed, &title, number == 0, theme);
        let cutoffs = match state.lab.outcome() {
            Some(Outcome::Cutoffs(models)) => models.get(number),
            _ => None,
        };
        match cutoffs {
            Some(cutoffs) if rows.height >= LEAST_HEIGHT => draw_cutoffs_chart(frame, rows, state, cutoffs, theme),
            Some(cutoffs) => {
                let lines = [f32::from(state.lab.cutoff) / 100.0, cutoffs.curve.best().cutoff, RULE];
                let lines = lines.map(|cutoff| phrase::lab::at(&cutoffs.curve.at(cutoff)));
                let lines = lines.iter().flat_map(|line| text::wrap(line, usize::from(rows.width), 2)).collect();
                frame.render_widget(styled(lines, theme.text), rows);
            }
            None => {
                let lines = text::wrap(&missing(state), usize::from(rows.width), usize::from(rows.height));
                frame.render_widget(styled(lines, theme.dim), rows);
            }
        }
    }
}

/// Two curves and the cut-off between them. Recall is a line, precision dots, so that they are told apart without colour.
fn draw_cutoffs_chart(frame: &mut Frame<'_>, area: Rect, state: &State, cutoffs: &Cutoffs, theme: &Theme) {
    let cutoff = f32::from(state.lab.cutoff) / 100.0;
    let [least, _] = cutoffs.range;
    let from = least.min(cutoff).min(0.0);
    let steps = (0..=200_u16).map(|step| from + (1.0 - from) * f32::from(step) / 200.0);
    let at: Vec<_> = steps.map(|cutoff| cutoffs.curve.at(cutoff)).collect();
    let recall: Vec<(f64, f64)> = at.iter().map(|at| (f64::from(at.cutoff), at.recall)).collect();
    let precision: Vec<(f64, f64)> = at.iter().filter_map(|at| Some((f64::from(at.cutoff), at.precision?))).collect();
    let slider = [(f64::from(cutoff), 0.0), (f64::from(cutoff), 1.0)];
    let best = cutoffs.curve.best();
    let best_line = [(f64::from(best.cutoff), best.f1)];
    let datasets = [
        (&recall[..], Marker::Braille, theme.accent, GraphType::Line),
        (&precision[..], Marker::Dot, theme.up, GraphType::Scatter),
        (&best_line[..], Marker::Block, theme.new, GraphType::Scatter),
        (&slider[..], Marker::Braille, theme.warning, GraphType::Line),
    ];
    let datasets = datasets.map(|(data, marker, style, graph)| {
        Dataset::default().marker(marker).graph_type(graph).style(style).data(data)
    });
    let middle = match area.width {
        70.. => format!("cut-off {cutoff:.2}, best {:.2}", best.cutoff),
        _ => format!("best {:.2}", best.cutoff),
    };
    let x = Axis::default()
        .bounds([f64::from(from), 1.0])
        .labels([format!("{from:.2}"), middle, "1".to_owned()])
        .style(theme.dim);
    let y = Axis::default().bounds([0.0, 1.0]).labels(["0", "1"]).style(theme.dim);
    let chart = Chart::new(datasets.to_vec()).x_axis(x).y_axis(y).style(theme.text).legend_position(None);
    frame.render_widget(chart, Rect { y: area.y + 1, height: area.height - 1, ..area });
    let legend = Line::from(vec![
        Span::styled("⠒ recall  ", theme.accent),
        Span::styled("• precision  ", theme.up),
        Span::styled("█ best F1  ", theme.new),
        Span::styled("⢸ the cut-off", theme.warning),
    ]);
    frame.render_widget(legend, Rect { height: 1, ..area });
}
