//! ```text
//! ╭ ● local MiniLM-L6-v2 · 384 d ───────╮           ╭ ○ OpenAI · 1536 d ──────────────────╮
//! │› 1       0.612  SQL is the language…│⠤⠤⠤⣀⣀⣀    │  1 ▲1    0.518  An index turns a fu…│
//! │  2       0.518  An index turns a fu…│⠒⠒⠒⠉⠉⠉    │› 2 ▼1    0.433  SQL is the language…│
//! │  3 →#14  0.433  A spreadsheet formu…│           │  3 ←#12  0.401  To look something u…│
//! ╰ RTen 0.27.0 · ≤256 tokens ──────────╯           ╰ api.openai.com · ≤8,192 tokens ─────╯
//! ╭ how far they agree ───────────────────────────────────────────────────────────────────╮
//! ```
//!
//! Each column has its own scores on their own scale. Only ranks go from one to the other.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType};

use super::columns::{self, Joint, Row};
use super::{Layout, Theme, bar};
use crate::engine::Ranking;
use crate::phrase;
use crate::state::{BackendId, Panel, Phase, Search, State};
use crate::text;

mod measures;

/// From this width on, a column has room for bars.
const BARS_FROM: u16 = 44;
const BAR: usize = 8;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    if layout.framed {
        for (side, area) in layout.columns.into_iter().enumerate().filter(|(_, area)| !area.is_empty()) {
            draw_column(frame, area, layout, state, side, theme);
        }
        if layout.columns.iter().all(|area| !area.is_empty()) {
            draw_strokes(frame, layout, state, theme);
        }
    } else if !layout.columns[0].is_empty() {
        let side = usize::from(state.compare.columns()[0] != state.active);
        draw_column(frame, layout.columns[0], layout, state, side, theme);
    }
    if let Some(area) = layout.measures {
        measures::draw(frame, area, layout, state, theme);
    }
}

/// What a column is called: its backend, or a letter while names are hidden.
fn name(state: &State, side: usize) -> String {
    let letters = ["A", "B"];
    if state.compare.is_masked() {
        return letters[side].to_owned();
    }
    text::visible(&state.panels[state.compare.columns()[side].0].label).into_owned()
}

fn draw_column(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, side: usize, theme: &Theme) {
    let backend = state.compare.columns()[side];
    let panel = &state.panels[backend.0];
    let focused = backend == state.active;
    let title = format!(" {} {} ", if focused { '●' } else { '○' }, title(state, side, panel));
    let room = usize::from(area.width.saturating_sub(4));
    let title = Line::styled(text::fit(&title, room).into_owned(), if focused { theme.accent } else { theme.text });
    let rows = if layout.framed {
        let about = format!(" {} ", about(state, panel));
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.border)
            .title(title)
            .title_bottom(Line::from(Span::styled(text::fit(&about, room).into_owned(), theme.dim)));
        let rows = block.inner(area);
        frame.render_widget(block, area);
        rows
    } else {
        frame.render_widget(title, area);
        layout.rows
    };
    let held_back = state.compare.is_held_back(state.query.text());
    if let Some(ranking) = panel.ranking.as_ref().filter(|_| !state.query.is_blank() && !held_back) {
        draw_rows(frame, rows, layout.framed, state, side, ranking, theme);
    } else {
        let message = match (held_back, &state.compare.now) {
            (true, None) => "both columns come together, for the next query".into(),
            (true, Some(_)) => "this query was seen with the names: type another one".into(),
            (false, _) => nothing_to_show(state, panel),
        };
        let lines = text::wrap(&message, usize::from(rows.width), usize::from(rows.height));
        frame.render_widget(Text::from_iter(lines).style(theme.dim), rows);
    }
}

/// The name, the length of vectors, and what the ranking is worth: whether it is that of the query, and whole.
fn title(state: &State, side: usize, panel: &Panel) -> String {
    let mut parts = vec![name(state, side)];
    if !state.compare.is_masked() {
        parts.extend(panel.card.as_ref().and_then(|card| card.dimensions).map(|dimensions| format!("{dimensions} d")));
    }
    match (&panel.phase, &panel.search) {
        _ if state.query.is_blank() || state.compare.is_masked() => {}
        (Phase::Embedding(progress), _) => parts.push(format!("{} of {} embedded", progress.done, progress.total)),
        (Phase::Stopped { progress, .. }, _) => {
            parts.push(format!("stopped: {} of {}", progress.done, progress.total));
        }
        (Phase::Failed(_) | Phase::NotConfigured(_), _) | (_, Search::Failed(_)) => parts.push("✗ failed".into()),
        (_, Search::Paused) => parts.push("stale: waits for a pause".into()),
        (_, Search::Running) => parts.push("stale: asking …".into()),
        (_, Search::Idle) => {}
    }
    parts.join(" · ")
}

/// What runs the model, how much of a text it sees, and what it is told besides.
fn about(state: &State, panel: &Panel) -> String {
    let Some(card) = panel.card.as_ref().filter(|_| !state.compare.is_masked()) else { return String::new() };
    let mut parts = vec![card.engine.clone()];
    parts.extend(card.max_tokens.map(|tokens| format!("≤{} tokens", phrase::thousands(tokens as u64))));
    parts.push(card.prompts.to_string());
    parts.push(card.model.clone());
    text::visible(&parts.join(" · ")).into_owned()
}

/// Why a backend's column has no rows.
pub(super) fn nothing_to_show(state: &State, panel: &Panel) -> String {
    match &panel.phase {
        Phase::NotConfigured(message) | Phase::Failed(message) => text::visible(message).into_owned(),
        Phase::Closed => "nothing was sent; Ctrl+R asks again".into(),
        Phase::Opening => "loading the model …".into(),
        Phase::Downloading(download) => format!("fetching {}", text::visible(&phrase::download(download))),
        Phase::AwaitingConsent(_) => "nothing was sent yet".into(),
        Phase::Embedding(progress) | Phase::Stopped { progress, .. } => {
            let (done, total) = (phrase::thousands(progress.done as u64), phrase::thousands(progress.total as u64));
            format!("{done} of {total} embedded")
        }
        Phase::Ready if state.query.is_blank() => "ready: type a query".into(),
        Phase::Ready => match &panel.search {
            Search::Failed(message) => text::visible(message).into_owned(),
            Search::Paused => "the query is sent when you pause".into(),
            Search::Idle | Search::Running => "the ranking is on its way".into(),
        },
    }
}

/// The ranking in the other column, where it is of the same query.
fn other<'a>(state: &'a State, side: usize, ranking: &Ranking) -> Option<&'a Ranking> {
    let other = state.panels[state.compare.columns()[1 - side].0].ranking.as_deref();
    other.filter(|other| other.query == ranking.query)
}

fn draw_rows(
    frame: &mut Frame<'_>,
    area: Rect,
    framed: bool,
    state: &State,
    side: usize,
    ranking: &Ranking,
    theme: &Theme,
) {
    let Some(spread) = &ranking.spread else { return };
    let is_current = ranking.query == state.query.text();
    let style = if is_current { theme.text } else { theme.dim };
    let other = other(state, side, ranking);
    let shown = state.list.top_k.min(ranking.ranked.len());
    let has_bars = area.width >= BARS_FROM;
    let masked = state.compare.is_masked();
    // Where lines show where a sentence went, words need not.
    let window = state.list.first..state.list.first + usize::from(area.height);
    let lined = |rank: usize| framed && window.contains(&(rank - 1));
    let places = (state.list.first..shown).zip(area.rows());
    for (position, area) in places {
        let ranked = ranking.ranked[position];
        let there = other.and_then(|other| other.rank_of(ranked.document));
        let movement = match (there, other.filter(|other| other.is_cut())) {
            (Some(there), _) => columns::movement(side, [position + 1, there], state.list.top_k, &lined, theme),
            (None, Some(other)) => {
                let (sign, style) = if side == 0 { ('→', theme.down) } else { ('←', theme.new) };
                (format!("{sign}>{}", other.ranked.len()), style)
            }
            (None, None) => (String::new(), theme.dim),
        };
        let mut row = Row {
            rank: position + 1,
            movement,
            score: String::new(),
            bar: String::new(),
            copies: state.corpus[ranked.document].copies(),
            text: &state.corpus[ranked.document].text,
            selected: state.selected_document() == Some(ranked.document),
        };
        // A scale would give the model away.
        if !masked {
            row.score = format!("{:>6.3} ", ranked.score);
        }
        if has_bars && !masked {
            let above = bar::percentile(position, ranking.among);
            let bar = bar::score(ranked.score, above, state.bar_scale, spread, BAR);
            row.bar = format!("{bar:<BAR$} ");
        }
        columns::draw_row(frame, area, row, style, theme);
    }
}

/// Lines from each row on the left to the row of the same document on the right.
fn draw_strokes(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let [left, right] = layout.columns;
    let gap = Rect { x: left.right(), y: layout.rows.y, width: right.x - left.right(), height: layout.rows.height };
    let [from, to] = state.compare.columns().map(|backend| state.panels[backend.0].ranking.as_deref());
    let (Some(from), Some(to)) = (from, to) else { return };
    if from.query != to.query || state.query.is_blank() || state.compare.is_held_back(state.query.text()) {
        return;
    }
    let first = state.list.first;
    let window = first..(first + usize::from(gap.height)).min(state.list.top_k);
    let rows = from.ranked.iter().enumerate().take(window.end).skip(window.start);
    let joints = rows.filter_map(|(position, ranked)| {
        let there = to.rank_of(ranked.document)? - 1;
        let selected = state.selected_document() == Some(ranked.document);
        window.contains(&there).then(|| Joint::new(position - first, there - first, selected, theme))
    });
    columns::draw_joints(frame, gap, joints.collect(), theme);
}

/// The backends of the columns, left and right.
fn sides(state: &State) -> [(BackendId, &Panel); 2] {
    state.compare.columns().map(|id| (id, &state.panels[id.0]))
}
