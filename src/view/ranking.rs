//! ```text
//! ╭ top 10 of 100 ─────────────────────────────── bars: cosine 0–1 (F2) ─╮
//! │›  1 ▲2   0.612  ████████████████▋      SQL lets you ask a table a    │
//! │                                        question in plain words       │
//! │   2 ▼1   0.518  ██████████████         An index turns a full scan    │
//! │                                        into a short walk             │
//! ╰ since “a question” · gone: s076 #2→#14 ──────────────────────────────╯
//! ```

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType, Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::{Layout, Theme, bar, columns};
use crate::corpus::{DocumentIndex, Selection};
use crate::engine::{Ranked, Ranking};
use crate::math::distribution::Distribution;
use crate::math::space::Space;
use crate::phrase;
use crate::state::{Action, BarScale, Baseline, Mode, Movement, Phase, Search, State, keymap};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    if layout.framed {
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.border)
            .title(Line::styled(title(state, layout.ranking.width), theme.accent))
            .title_top(Line::styled(scale_title(state), theme.dim).right_aligned())
            .title_bottom(Line::styled(gone_title(state, layout.ranking.width), theme.dim));
        frame.render_widget(block, layout.ranking);
        draw_scrollbar(frame, layout, state, theme);
    }
    match state.ranking() {
        Some(ranking) if !ranking.ranked.is_empty() => draw_ranked(frame, layout, state, ranking, theme),
        None if state.query.is_blank() && state.listed() > 0 => {
            draw_corpus(frame, layout, state, theme);
        }
        Some(_) | None => {
            let line = Line::from(Span::styled(format!(" {}", nothing_to_show(state)), theme.dim));
            frame.render_widget(line, layout.rows);
        }
    }
}

/// On the right side of the frame, where there are more rows than can be seen.
fn draw_scrollbar(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let hidden = state.row_count().saturating_sub(state.list.height);
    if hidden == 0 {
        return;
    }
    let mut position =
        ScrollbarState::new(hidden + 1).position(state.list.first).viewport_content_length(state.list.height);
    let scrollbar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
        .begin_symbol(None)
        .end_symbol(None)
        .track_symbol(None)
        .thumb_symbol("┃")
        .thumb_style(theme.dim);
    let side = layout.ranking.inner(Margin::new(0, 1));
    frame.render_stateful_widget(scrollbar, side, &mut position);
}

fn title(state: &State, width: u16) -> String {
    let count = |number: usize| phrase::thousands(number as u64);
    let held = |selection: Option<&Arc<Selection>>| {
        selection.map_or_else(String::new, |selection| format!(" · {}", text::visible(&selection.filter)))
    };
    let room = usize::from(width).saturating_sub(4 + text::width(&scale_title(state)));
    let mut title = match state.ranking() {
        None if !state.query.is_blank() => " ranking".into(),
        None => match state.selection() {
            Some(selection) => {
                let (some, all) = (count(selection.documents.len()), count(state.corpus.documents.len()));
                format!(" {some} of {all}{}", held(Some(selection)))
            }
            None => " corpus".into(),
        },
        Some(ranking) => {
            // What is on the screen may answer an older query, and says so.
            let of_another = ranking.query != state.query.text();
            let whose = if of_another {
                format!(" for “{}”", text::fit(&text::visible(&ranking.query), 24))
            } else {
                String::new()
            };
            let selection = state.panel().ranked_with.selection.as_ref();
            let of = match selection {
                Some(_) => format!("{} of {}", count(ranking.among), count(ranking.documents)),
                None => count(ranking.among),
            };
            format!(" top {} of {of}{whose} · {}{}", count(state.row_count()), ranking.method, held(selection))
        }
    };
    title = text::fit(&title, room).into_owned();
    title.push(' ');
    title
}

fn scale_title(state: &State) -> String {
    let key = keymap::hint(Mode::Typing, &Action::SwapBarScale);
    match (state.bar_scale, state.ranking().and_then(|ranking| ranking.spread.as_ref())) {
        (_, None) => String::new(),
        (BarScale::Cosine, _) => {
            let space = state.ranking().map_or_else(Space::default, |ranking| ranking.space);
            format!(" bars: {} 0–1 ({key}) ", space.name())
        }
        (BarScale::Spread, Some(spread)) => {
            format!(" bars: this query's spread, {:.3} to {:.3} ({key}) ", spread.least, spread.greatest)
        }
        (BarScale::Percentile, _) => format!(" bars: percentile among all ({key}) "),
    }
}

/// What left the top k, as far as there is room, and what movements are counted from.
fn gone_title(state: &State, width: u16) -> String {
    let (Some(baseline), Some(ranking)) = (state.baseline(), state.ranking()) else { return String::new() };
    let since = match baseline {
        Baseline::Earlier(earlier) => format!("since “{}”", text::fit(&text::visible(&earlier.query), 24)),
        Baseline::Backend(label, _) => format!("against {}", text::visible(label)),
    };
    let gone: Vec<String> = baseline
        .gone(ranking, state.list.top_k)
        .take(usize::from(width) / 8)
        .map(|gone| {
            let id = text::visible(&state.corpus[gone.document].id);
            let to = gone.to.map_or_else(|| format!(">{}", ranking.ranked.len()), |to| format!("#{to}"));
            format!("{id} #{}→{to}", gone.from)
        })
        .collect();
    let gone = if gone.is_empty() { String::new() } else { format!(" · gone: {}", gone.join(", ")) };
    format!(" {} ", text::fit(&format!("{since}{gone}"), usize::from(width.saturating_sub(6))))
}

fn nothing_to_show(state: &State) -> &'static str {
    if state.corpus.documents.is_empty() {
        return "the corpus is empty: nothing to rank";
    }
    if state.listed() == 0 || state.ranking().is_some_and(|ranking| ranking.among == 0 && ranking.embedded > 0) {
        return "no sentence passes the filter";
    }
    match (&state.panel().phase, &state.panel().search) {
        (Phase::Opening, _) => "the ranking comes as soon as the model is loaded",
        (Phase::Downloading(_), _) => "the ranking comes as soon as the model is fetched",
        (Phase::Embedding(_), _) => "the ranking comes as soon as the first sentences are embedded",
        (Phase::AwaitingConsent(_), _) => "nothing was sent yet",
        (Phase::Stopped { progress, .. }, _) if progress.done == 0 => "nothing is embedded yet",
        (_, Search::Paused) => "the query is sent when you pause",
        (_, Search::Running) => "the ranking is on its way",
        (_, Search::Idle | Search::Failed(_)) => "no ranking",
    }
}

/// The widths of the columns for an area.
struct Columns {
    rank: usize,
    bar: usize,
}

impl Columns {
    fn of(area: Rect, rows: usize) -> Self {
        let width = usize::from(area.width);
        let rank = rows.to_string().len().max(2);
        let bar = match width {
            0..50 => 5,
            50..70 => 10,
            70..100 => 12,
            100.. => 20,
        };
        Self { rank, bar }
    }
}

fn draw_ranked(frame: &mut Frame<'_>, layout: &Layout, state: &State, ranking: &Ranking, theme: &Theme) {
    let Some(spread) = &ranking.spread else { return };
    let columns = Columns::of(layout.rows, state.list.top_k);
    // An answer to an older query stands back until its successor comes.
    let text_style = if state.is_current() { theme.text } else { theme.dim };
    for (position, row) in visible_rows(state, layout) {
        let ranked = ranking.ranked[position];
        let numbers = numbers(state, ranked, position, &columns, (spread, ranking.among), theme, text_style);
        draw_row(frame, row, numbers, ranked.document, text_style, state, theme);
    }
}

/// Everything of a row but its text.
fn numbers(
    state: &State,
    ranked: Ranked,
    position: usize,
    columns: &Columns,
    (spread, among): (&Distribution, usize),
    theme: &Theme,
    text_style: Style,
) -> Line<'static> {
    let (movement, movement_style) = movement(state, ranked.document, theme);
    let bar = bar::score(ranked.score, bar::percentile(position, among), state.bar_scale, spread, columns.bar);
    Line::from(vec![
        Span::styled(format!("{:>1$} ", position + 1, columns.rank), theme.dim),
        Span::styled(format!("{movement:<5}"), movement_style),
        Span::styled(format!("{:>6.3}  ", ranked.score), text_style),
        Span::styled(format!("{bar:<0$} ", columns.bar), theme.bar),
    ])
}

fn movement(state: &State, document: DocumentIndex, theme: &Theme) -> (String, Style) {
    match state.movement(document) {
        None => (String::new(), theme.dim),
        Some(Movement::Up(by)) => (format!("▲{by}"), theme.up),
        Some(Movement::Down(by)) => (format!("▼{by}"), theme.down),
        Some(Movement::Same) => ("=".into(), theme.dim),
        Some(Movement::New) => ("new".into(), theme.new),
    }
}

fn draw_corpus(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let number_width = state.listed().to_string().len().max(2);
    // Whether there are any was found out once: to look at every document for every frame would take too long.
    let topic_width = if state.map.topics.is_some() { 13 } else { 0 };
    for (position, row) in visible_rows(state, layout) {
        let Some(document) = state.listed_document(position) else { break };
        let topic = state.corpus[document].topic.as_deref().unwrap_or_default();
        let topic = if topic_width == 0 {
            String::new()
        } else {
            format!("{:<topic_width$}", text::fit(&text::visible(topic), topic_width - 1))
        };
        let line = Line::from(vec![
            Span::styled(format!("{:>number_width$} ", position + 1), theme.dim),
            Span::styled(topic, theme.dim),
        ]);
        draw_row(frame, row, line, document, theme.text, state, theme);
    }
}

/// The rows in the window, each with its place.
fn visible_rows(state: &State, layout: &Layout) -> impl Iterator<Item = (usize, Rect)> + use<> {
    let (area, height) = (layout.rows, layout.row_height);
    let places = (0..area.height / height).map(move |offset| Rect { y: area.y + offset * height, height, ..area });
    (state.list.first..state.row_count()).zip(places)
}

/// A row: what stands before the text, and the text in as many lines as there are.
fn draw_row(
    frame: &mut Frame<'_>,
    area: Rect,
    before: Line<'static>,
    document: DocumentIndex,
    text_style: Style,
    state: &State,
    theme: &Theme,
) {
    let selected = state.selected_document() == Some(document);
    frame.render_widget(Span::styled(if selected { "›" } else { " " }, theme.accent), area);
    let start = 1 + u16::try_from(before.width()).unwrap_or(u16::MAX);
    frame.render_widget(before, Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area });
    let room = Rect { x: area.x.saturating_add(start), width: area.width.saturating_sub(start), ..area };
    let (columns, lines) = (usize::from(room.width), usize::from(room.height));
    let about = &state.corpus[document];
    let copies = columns::copies(about.copies());
    let text = format!("{copies}{}", text::beginning(&about.text, columns * lines));
    frame.render_widget(Text::from_iter(text::wrap(&text, columns, lines)).style(text_style), room);
    frame.render_widget(Span::styled(copies, theme.dim), room);
    if selected {
        frame.buffer_mut().set_style(area, theme.selected);
    }
}
