//! ```text
//! ╭ ● dense ──── 2.6 ms ╮  ╭ ○ BM25 ─── 0.02 ms ╮  ╭ ○ hybrid ─ 0.01 ms ╮  ╭ ○ rerank ── 1.9 ms ╮
//! │  1 0.612 SQL is the…│  │  1 4.21 An index t…│  │  1 0.0325 SQL is …│⣀⣀│› 1 0.655 SQL is t…│
//! │  2 0.518 An index t…│⣀⣀│› 2 2.10 SQL is the…│⠒⠒│› 2 0.0323 An inde…│  │  2 0.541 An index…│
//! ╰ ‹local MiniLM› ─────╯  ╰ ‹k1 1.2› b 0.75 ───╯  ╰ ‹RRF› k 60 ───────╯  ╰ ‹late interaction›╯
//! ╭ s001 · databases ─────────────────────────────────────────────────────────────────────────╮
//! ```
//!
//! Each column has its own scores on their own scale. A line follows one sentence through all of them.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType};

use super::columns::{self, Joint};
use super::compare::nothing_to_show;
use super::{Layout, Theme};
use crate::backend::{RerankMethod, RerankScore};
use crate::engine::Stage;
use crate::engine::pipeline::{Fusion, Placed, StageRanking};
use crate::phrase;
use crate::state::pipeline::RerankerPhase;
use crate::state::{Action, Mode, State, keymap};
use crate::text;

pub(super) mod heatmap;
mod params;
mod sentence;

/// What stands before a text at the most: a mark, a rank and a score.
const NUMBERS: usize = 11;
/// With less room than this for a text, its id says more.
const LEAST_TEXT: usize = 9;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    for &(stage, area) in &layout.stages {
        draw_column(frame, area, layout, state, stage, theme);
    }
    for pair in layout.stages.windows(2) {
        draw_stroke(frame, layout, state, [pair[0], pair[1]], theme);
    }
    if let Some(area) = layout.why {
        sentence::draw(frame, area, layout, state, theme);
    }
}

fn draw_column(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, stage: Stage, theme: &Theme) {
    let pipeline = &state.pipeline;
    let focused = stage == pipeline.focus;
    let shown = pipeline.shown(stage).filter(|_| !state.query.is_blank());
    let style = if focused { theme.accent } else { theme.text };
    let mark = if focused { '●' } else { '○' };
    let room = usize::from(area.width.saturating_sub(4));
    let cost = cost(state, stage, shown.map(|(_, ranking)| ranking.time));
    let mut title = format!(" {mark} {} ", stage.name());
    if !pipeline.settings.runs(stage) {
        title = format!(" {mark} {} off ", stage.name());
    }
    let params = params::line(state, stage, if layout.framed { room } else { usize::from(area.width) / 2 }, theme);
    let rows = if layout.framed {
        let title_width = text::width(&title);
        let mut block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(if focused { theme.accent } else { theme.border })
            .title(Line::styled(title, style))
            .title_bottom(params);
        // Without air around it where there is no room for that.
        let cost =
            [cost.clone(), cost.replace(' ', "")].into_iter().find(|it| title_width + text::width(it) <= room + 2);
        if let Some(cost) = cost {
            block = block.title_top(Line::styled(cost, theme.dim).right_aligned());
        }
        let rows = block.inner(area);
        frame.render_widget(block, area);
        rows
    } else {
        frame.render_widget(Line::styled(title, style), Rect { height: 1, ..area });
        frame.render_widget(params.right_aligned(), Rect { height: 1, ..area });
        layout.rows
    };
    match shown {
        Some((run, ranking)) if !ranking.placed.is_empty() => {
            let is_answered =
                if stage == Stage::Rerank { pipeline.rerank_is_current() } else { pipeline.is_answered() };
            let is_current = run.query == state.query.text() && is_answered;
            draw_rows(frame, rows, state, stage, ranking, is_current, theme);
        }
        _ => {
            let message = empty(state, stage);
            let lines = text::wrap(&message, usize::from(rows.width), usize::from(rows.height));
            frame.render_widget(Text::from_iter(lines).style(theme.dim), rows);
        }
    }
}

/// What a stage took, and what it has cost where that is anything.
fn cost(state: &State, stage: Stage, time: Option<Duration>) -> String {
    let Some(time) = time else { return String::new() };
    let time = format!("{} ms", phrase::milliseconds(time));
    let spent = state.panel().spent.total();
    match (stage, spent.usd) {
        (Stage::Dense, Some(usd)) if spent.tokens > 0 => format!(" {time} {} ", phrase::dollars(usd)),
        _ => format!(" {time} "),
    }
}

fn draw_rows(
    frame: &mut Frame<'_>,
    area: Rect,
    state: &State,
    stage: Stage,
    ranking: &StageRanking,
    is_current: bool,
    theme: &Theme,
) {
    let followed = state.pipeline.document();
    let style = if is_current { theme.text } else { theme.dim };
    let is_logit = state.pipeline.method() == Some(RerankMethod::CrossEncoder);
    let mut before = None;
    for (row, area) in state.stage_window(stage, usize::from(area.height)).into_iter().zip(area.rows()) {
        let Placed { document, score } = ranking.placed[row];
        let is_followed = followed == Some(document);
        // A row that does not follow on the one above stands apart from it.
        let jumped = before.is_some_and(|before| before + 1 != row);
        before = Some(row);
        let mark = match (is_followed, jumped) {
            (true, false) => "›",
            (true, true) => "⋮",
            (false, _) => " ",
        };
        let mut spans = vec![
            Span::styled(mark, theme.accent),
            Span::styled(format!("{:>2} ", row + 1), theme.dim),
            Span::styled(format!("{} ", scored(state, stage, score)), style),
        ];
        let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum());
        let document = &state.corpus[document];
        if stage == Stage::Rerank
            && room >= 2 * LEAST_TEXT
            && let Some(probability) = RerankScore::Logit(score).probability().filter(|_| is_logit)
        {
            spans.push(Span::styled(format!("{:>3.0} % ", probability * 100.0), theme.dim));
        }
        let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum());
        let is_text = usize::from(area.width) >= NUMBERS + LEAST_TEXT;
        let what = if is_text { &document.text } else { &document.id };
        let copies = columns::copies(document.copies());
        // An id that is cut names nothing: then the sentence below alone says how often it stands there.
        let room = if is_text || text::width(&copies) + text::width(&text::visible(what)) <= room {
            spans.push(Span::styled(copies.clone(), theme.dim));
            room.saturating_sub(text::width(&copies))
        } else {
            room
        };
        spans.push(Span::styled(text::fit(&text::beginning(what, room), room).into_owned(), style));
        frame.render_widget(Line::from(spans), area);
        if is_followed {
            frame.buffer_mut().set_style(area, theme.selected);
        }
    }
}

/// A score on the scale of its stage.
fn scored(state: &State, stage: Stage, score: f32) -> String {
    match stage {
        Stage::Dense => format!("{score:>6.3}"),
        Stage::Bm25 => format!("{score:>5.2}"),
        Stage::Hybrid if state.pipeline.settings.fusion == Fusion::ReciprocalRank => format!("{score:.4}"),
        Stage::Hybrid => format!("{score:.3}"),
        Stage::Rerank => match state.pipeline.method() {
            Some(RerankMethod::CrossEncoder) => format!("{score:>6.2}"),
            _ => format!("{score:>6.3}"),
        },
    }
}

/// Why a column has no rows.
fn empty(state: &State, stage: Stage) -> String {
    let settings = &state.pipeline.settings;
    let key = |action| keymap::hint(Mode::Typing, &action);
    match stage {
        _ if !settings.is_on(stage) => format!("off; {} switches it on", key(Action::ToggleStage)),
        Stage::Dense if state.query.is_blank() => nothing_to_show(state, state.panel()),
        Stage::Bm25 if state.query.is_blank() => "by the words themselves, the rarer the better".into(),
        Stage::Hybrid if state.query.is_blank() => "both rankings made into one".into(),
        Stage::Rerank
            if state.query.is_blank() && !matches!(state.pipeline.phase(), Some(RerankerPhase::Absent(_))) =>
        {
            format!("the best {} read again, with the query beside them", settings.depth)
        }
        Stage::Dense => nothing_to_show(state, state.panel()),
        Stage::Bm25 if state.pipeline.run.is_some() => "no sentence holds a word of the query".into(),
        Stage::Bm25 => String::new(),
        Stage::Hybrid if !settings.runs(Stage::Hybrid) => "needs both dense and BM25".into(),
        Stage::Hybrid if state.panel().takes_queries() => "waits for dense".into(),
        Stage::Hybrid => "needs dense, which has no ranking".into(),
        Stage::Rerank => empty_rerank(state),
    }
}

fn empty_rerank(state: &State) -> String {
    let pipeline = &state.pipeline;
    if let Some(message) = &pipeline.rerank_failed {
        return text::visible(message).into_owned();
    }
    let key = |action| keymap::hint(Mode::Typing, &action);
    match pipeline.phase() {
        None => "there is no reranker".into(),
        Some(RerankerPhase::Absent(repository)) => format!(
            "not on this machine; {} fetches it: {} from the Hugging Face hub",
            key(Action::FetchReranker),
            text::visible(repository)
        ),
        Some(RerankerPhase::Opening) => "loading the model …".into(),
        Some(RerankerPhase::Downloading(download)) => {
            format!("fetching {}; {} stops", text::visible(&phrase::download(download)), key(Action::Stop))
        }
        Some(RerankerPhase::Failed(message)) => {
            format!("{} ({} tries again)", text::visible(message), key(Action::Retry))
        }
        Some(RerankerPhase::Closed | RerankerPhase::Ready(_)) => match &pipeline.run {
            Some(run) if !run.candidates().is_empty() => "reading …".into(),
            _ => "nothing to rerank yet".into(),
        },
    }
}

/// A line from the followed sentence in one column to the same sentence in the next.
fn draw_stroke(frame: &mut Frame<'_>, layout: &Layout, state: &State, pair: [(Stage, Rect); 2], theme: &Theme) {
    let Some(document) = state.pipeline.document().filter(|_| !state.query.is_blank()) else { return };
    let [(_, left), (_, right)] = pair;
    let rows = Rect { y: left.y + 1, height: left.height.saturating_sub(2), ..left };
    let place = |stage: Stage| {
        let row = state.pipeline.placement(stage, document)?.rank - 1;
        state.stage_window(stage, usize::from(rows.height)).into_iter().position(|shown| shown == row)
    };
    let (Some(from), Some(to)) = (place(pair[0].0), place(pair[1].0)) else { return };
    let gap = Rect { x: left.right(), y: rows.y, width: right.x.saturating_sub(left.right()), height: rows.height };
    if layout.framed {
        columns::draw_joints(frame, gap, vec![Joint::new(from, to, true, theme)], theme);
    }
}
