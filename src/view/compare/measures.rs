//! ```text
//! ╭ how far they agree ──────────────────────────────────────────────────────────────────────────╮
//! │               now   mean of 12        │                    local MiniLM     OpenAI            │
//! │ overlap@10    0.70  0.64              │ dimensions         384              1,536             │
//! │ Kendall τ-b   0.52  0.60              │ corpus             241 ms           1,204 ms          │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use std::sync::Arc;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout as Split, Rect};
use ratatui::text::{Line, Span, Text};

use super::{name, sides};
use crate::engine::Ranking;
use crate::engine::comparison::PERSISTENCE;
use crate::phrase;
use crate::state::compare::Tally;
use crate::state::{Action, Mode, Panel, State, keymap};
use crate::text;
use crate::view::frame::{fit_line, titled};
use crate::view::{Layout, Theme};

/// Below this width the table stands below the measures and not beside them.
const BESIDE_FROM: u16 = 96;
const WIDTH: u16 = 46;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let inner = titled(frame, area, " how far they agree ", layout.framed, theme);
    let measures = measures(state, theme);
    if inner.width >= BESIDE_FROM {
        let [left, _, right] =
            Split::horizontal([Constraint::Length(WIDTH), Constraint::Length(2), Constraint::Fill(1)]).areas(inner);
        let measures = measures.into_iter().chain(reason(theme)).collect();
        frame.render_widget(Text::from(fit(measures, left)), left);
        frame.render_widget(Text::from(fit(table(state, right.width, theme), right)), right);
        return;
    }
    let mut lines = measures;
    lines.extend(table(state, inner.width, theme));
    lines.extend(reason(theme));
    frame.render_widget(Text::from(fit(lines, inner)), inner);
}

/// As many lines as there is room for, and none longer.
fn fit(lines: Vec<Line<'static>>, area: Rect) -> Vec<Line<'static>> {
    let (columns, rows) = (usize::from(area.width), usize::from(area.height));
    lines.into_iter().take(rows).map(|line| fit_line(line, columns)).collect()
}

fn measures(state: &State, theme: &Theme) -> Vec<Line<'static>> {
    let compare = &state.compare;
    let held_back = compare.is_held_back(state.query.text());
    let filter = state.selection().map(|selection| selection.filter.as_str());
    let (now, means) = (compare.now.as_ref().filter(|_| !held_back), compare.means(state.list.top_k, filter));
    let line = |name: String, now: String, mean: String| {
        Line::from(vec![
            Span::styled(format!("{name:<14}"), theme.dim),
            Span::styled(format!("{now:<7}"), theme.accent),
            Span::styled(mean, theme.text),
        ])
    };
    let number = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.2}"));
    let agreement = now.map(|now| now.agreement);
    let queries = means.map_or(0, |means| means.queries);
    // What waits for the person comes first.
    let mut lines = if compare.is_masked() { votes(state, theme) } else { Vec::new() };
    lines.extend([
        line(String::new(), "now".into(), format!("mean of {}", phrase::counted_as(queries, "query", "queries"))),
        line(
            format!("overlap@{}", state.list.top_k),
            number(agreement.map(|agreement| agreement.overlap)),
            number(means.map(|means| means.overlap)),
        ),
        line(
            "Kendall τ-b".into(),
            number(agreement.and_then(|agreement| agreement.tau_b)),
            number(means.and_then(|means| means.tau_b)),
        ),
        line(
            format!("RBO, p = {PERSISTENCE}"),
            number(agreement.map(|agreement| agreement.rbo)),
            number(means.map(|means| means.rbo)),
        ),
        line(
            "same first".into(),
            agreement.map_or("–", |agreement| if agreement.same_first { "yes" } else { "no" }).into(),
            means.map_or_else(String::new, |means| format!("{} of {queries}", means.same_first)),
        ),
    ]);
    if let Some(agreement) = agreement {
        let documents = state.listed();
        let (both, all) = (phrase::thousands(agreement.items as u64), phrase::thousands(documents as u64));
        if agreement.items < documents {
            lines.push(Line::styled(format!("of {both} of {all} sentences that both have"), theme.warning));
        } else if filter.is_some() {
            lines.push(Line::styled(format!("of the {all} sentences that pass the filter"), theme.dim));
        }
        lines.push(Line::styled(chance(state.list.top_k, agreement.items), theme.dim));
    }
    if let Some(now) = now.filter(|now| !now.farthest.is_empty()) {
        let swapped = compare.columns() != compare.pair;
        let moved: Vec<String> = now
            .farthest
            .iter()
            .map(|moved| {
                let (from, to) = if swapped { (moved.b, moved.a) } else { (moved.a, moved.b) };
                let id = &state.corpus.documents[moved.item].id;
                format!("{} #{from}→#{to}", text::visible(id))
            })
            .collect();
        lines.push(Line::from(vec![Span::styled("farthest: ", theme.dim), Span::styled(moved.join(", "), theme.text)]));
    }
    if !compare.is_masked() {
        lines.extend(votes(state, theme));
    }
    lines
}

/// Why scores of one model are never set against those of another.
fn reason(theme: &Theme) -> [Line<'static>; 2] {
    ["Scores have a scale of their own in each", "model: only ranks can be compared."]
        .map(|line| Line::styled(line, theme.dim))
}

/// What orders that have nothing to do with each other would agree by.
#[expect(clippy::cast_precision_loss, reason = "numbers of documents")]
fn chance(top_k: usize, items: usize) -> String {
    let items = items.max(1) as f64;
    let overlap = (top_k as f64 / items).min(1.0);
    let rbo = (1.0 - PERSISTENCE.powf(items)) / (items * (1.0 - PERSISTENCE));
    format!("by chance: {overlap:.2}, 0, {rbo:.2}")
}

fn votes(state: &State, theme: &Theme) -> Vec<Line<'static>> {
    let compare = &state.compare;
    let key = |action| keymap::hint(Mode::Typing, &action);
    let Tally { better, ties, both_bad } = compare.tally();
    let count = better[0] + better[1] + ties + both_bad;
    if compare.is_masked() {
        use crate::state::compare::Verdict::{BothBad, Left, Right, Tie};
        let keys = [(Left, "left"), (Right, "right"), (Tie, "tie"), (BothBad, "neither")]
            .map(|(verdict, word)| format!("{} {word}", key(Action::Vote(verdict))));
        return vec![
            Line::styled("which is better?", theme.warning),
            Line::styled(keys[..2].join("  "), theme.warning),
            Line::styled(keys[2..].join("  "), theme.warning),
        ];
    }
    if count == 0 {
        return Vec::new();
    }
    let [first, second] = compare.pair.map(|id| text::visible(&state.panels[id.0].label).into_owned());
    let votes =
        |label, votes: String| Line::from(vec![Span::styled(label, theme.dim), Span::styled(votes, theme.text)]);
    vec![
        votes("votes: ", format!("{} {first}", better[0])),
        votes("       ", format!("{} {second}", better[1])),
        votes("       ", format!("{ties} ties, {both_bad} neither")),
    ]
}

/// What was measured of both, side by side.
fn table(state: &State, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let names = [name(state, 0), name(state, 1)];
    let masked = state.compare.is_masked();
    let rest = usize::from(width).saturating_sub(13);
    let column = (rest / 2).max(8);
    let row = |name: &str, values: [String; 2], style| {
        let mut spans = vec![Span::styled(format!("{name:<13}"), theme.dim)];
        for value in values {
            let value = text::fit(&value, column.saturating_sub(1)).into_owned();
            let padding = " ".repeat(column.saturating_sub(text::width(&value)));
            spans.push(Span::styled(format!("{value}{padding}"), style));
        }
        Line::from(spans)
    };
    let mut lines = vec![row("", names, theme.accent)];
    if masked {
        lines.push(Line::styled("hidden until you have voted", theme.dim));
        return lines;
    }
    let panels = sides(state).map(|(_, panel)| panel);
    let each = |value: fn(&State, &Panel) -> String| panels.map(|panel| value(state, panel));
    lines.push(row("model", each(|_, panel| model(panel)), theme.text));
    lines.push(row("dimensions", each(|_, panel| dimensions(panel)), theme.text));
    lines.push(row("corpus", each(|_, panel| corpus_time(panel)), theme.text));
    lines.push(row("a query", each(|_, panel| query_times(panel)), theme.text));
    lines.push(row("corpus cost", each(|_, panel| corpus_cost(panel)), theme.text));
    lines.push(row("a query cost", each(query_cost), theme.text));
    lines.push(row("limit", each(|_, panel| limit(panel)), theme.text));
    lines.push(row("same again", each(|_, panel| repeated(panel)), theme.text));
    lines.push(row("prefix", each(|_, panel| prompts(panel)), theme.text));
    lines.push(row("runs", each(|_, panel| place(panel)), theme.text));
    lines
}

fn model(panel: &Panel) -> String {
    panel.card.as_ref().map_or_else(unknown, |card| text::visible(&card.model).into_owned())
}

fn dimensions(panel: &Panel) -> String {
    let dimensions = panel.card.as_ref().and_then(|card| card.dimensions);
    dimensions.map_or_else(unknown, |dimensions| phrase::thousands(dimensions as u64))
}

fn corpus_time(panel: &Panel) -> String {
    let time = panel.spent.corpus_time;
    if time.is_zero() { unknown() } else { format!("{} ms", phrase::milliseconds(time)) }
}

/// The median and the 95th percentile of the queries of this run.
fn query_times(panel: &Panel) -> String {
    let mut times = panel.query_times.clone();
    times.sort_unstable();
    let at =
        |percent: usize| -> Option<Duration> { times.get((times.len() * percent).div_ceil(100).max(1) - 1).copied() };
    match (at(50), at(95)) {
        (Some(median), Some(p95)) => {
            format!("{} ms, p95 {} of {}", phrase::milliseconds(median), phrase::milliseconds(p95), times.len())
        }
        _ => unknown(),
    }
}

fn corpus_cost(panel: &Panel) -> String {
    // What a server billed is certain.
    let billed = panel.spent.corpus;
    if billed.tokens > 0 {
        let tokens = phrase::counted(usize::try_from(billed.tokens).unwrap_or(usize::MAX), "token");
        return format!("{tokens}, {}", billed.usd.map_or_else(|| "price unknown".into(), phrase::dollars));
    }
    let whole = |ranking: &&Arc<Ranking>| ranking.is_complete() && ranking.ranked.len() == ranking.documents;
    let Some(ranking) = panel.ranking.as_ref().filter(whole) else { return unknown() };
    let tokens: usize = ranking.ranked.iter().map(|ranked| ranked.info.tokens.used).sum();
    cost(panel, tokens, ranking.ranked.iter().any(|ranked| ranked.info.tokens.estimated))
}

fn query_cost(state: &State, panel: &Panel) -> String {
    let ranking = panel.ranking.as_ref().filter(|ranking| ranking.query == state.query.text());
    ranking.map_or_else(unknown, |ranking| {
        let tokens = ranking.query_info.tokens;
        cost(panel, tokens.used, tokens.estimated)
    })
}

#[expect(clippy::cast_precision_loss, reason = "a price")]
fn cost(panel: &Panel, tokens: usize, estimated: bool) -> String {
    let about = if estimated { "about " } else { "" };
    let price = panel.card.as_ref().and_then(|card| card.usd_per_million_tokens);
    let price = price.map_or_else(|| "price unknown".into(), |price| phrase::dollars(price * tokens as f64 / 1e6));
    format!("{about}{}, {price}", phrase::counted(tokens, "token"))
}

/// How much of a text the model sees, and how many of the corpus are longer.
fn limit(panel: &Panel) -> String {
    let limit = panel.card.as_ref().and_then(|card| card.max_tokens);
    let limit = limit.map_or_else(|| "not known".into(), |limit| phrase::counted(limit, "token"));
    let Some(ranking) = panel.ranking.as_ref().filter(|ranking| !ranking.is_cut()) else { return limit };
    let cut = ranking.ranked.iter().filter(|ranked| ranked.info.tokens.truncated()).count();
    match cut {
        0 if ranking.ranked.iter().any(|ranked| ranked.info.tokens.estimated) => format!("{limit}, cuts not known"),
        0 => format!("{limit}, none cut"),
        cut => format!("{limit}, {} cut", phrase::counted(cut, "text")),
    }
}

fn repeated(panel: &Panel) -> String {
    match &panel.repeated {
        None => format!("{} tries", keymap::hint(Mode::Typing, &Action::Repeat)),
        Some(Ok(repeated)) if repeated.largest == 0.0 => format!("identical {} times", repeated.times),
        Some(Ok(repeated)) => format!("differs by {:.1e} in {} times", repeated.largest, repeated.times),
        Some(Err(message)) => text::visible(message).into_owned(),
    }
}

fn prompts(panel: &Panel) -> String {
    panel.card.as_ref().map_or_else(unknown, |card| text::visible(&card.prompts.to_string()).into_owned())
}

fn place(panel: &Panel) -> String {
    let card = panel.card.as_ref();
    card.map_or_else(unknown, |card| {
        let place = card.location.to_string();
        // A server's name stands for both.
        let place = if place == card.engine { place } else { format!("{}, {place}", card.engine) };
        text::visible(&place).into_owned()
    })
}

fn unknown() -> String {
    "–".into()
}
