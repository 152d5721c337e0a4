//! ```text
//!  ●1 normalisation  2 precision  3 dimensions  4 mixing  5 short  6 long  7 threshold  8 misleading
//!  ‹dot product›                                                  Alt+↑ ↓ change it · Tab next switch
//! ╭ correct: cosine ─────────────────────╮           ╭ dot product ─────────────────────────╮
//! │› 1        0.612 SQL is the language… │⠤⠤⠤⣀⣀⣀    │  1 ▲1    21.63 An index turns a ful… │
//! │  2        0.518 An index turns a fu… │⠒⠒⠒⠉⠉⠉    │› 2 ▼1    20.18 SQL is the language … │
//! ╰──────────────────────────────────────╯           ╰──────────────────────────────────────╯
//! ╭ what happened ──────────────────────────────────────────────────────────────────────────╮
//! │ 4 of 10 places changed · overlap@10 0.90 · Kendall τ-b 0.912 · no shift: …               │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────╯
//! ```
//!
//! Some experiments have a curve, or what each word does, in place of a column.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType};

use super::columns::{self, Joint, Row};
use super::compare::nothing_to_show;
use super::frame::fit_line;
use super::{Layout, Theme};
use crate::corpus::bundled;
use crate::engine::Ranking;
use crate::engine::lab::{Experiment, Outcome, Scale, Trial};
use crate::engine::pipeline::StageRanking;
use crate::phrase;
use crate::state::lab::{LabAction, Param, Waits};
use crate::state::{Action, BackendId, Mode, State, keymap};
use crate::text;

pub(in crate::view) mod areas;
mod below;
mod curves;
mod words;

use areas::{LabAreas, rows_of, switch_label};

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let Some(areas) = &layout.lab else { return };
    draw_switches(frame, areas, layout, state, theme);
    draw_setting(frame, areas.setting, state, theme);
    match state.lab.experiment {
        Experiment::Short => words::draw(frame, layout, areas, state, theme),
        Experiment::Long => curves::draw_sweep(frame, areas.columns[0], layout.framed, state, theme),
        Experiment::Threshold => curves::draw_cutoffs(frame, areas.columns, layout.framed, state, theme),
        Experiment::Normalisation
        | Experiment::Precision
        | Experiment::Dimensions
        | Experiment::Mixing
        | Experiment::Misleading => draw_columns(frame, areas, layout, state, theme),
    }
    if let Some(area) = areas.below {
        below::draw(frame, area, layout.framed, state, theme);
    }
}

fn draw_switches(frame: &mut Frame<'_>, areas: &LabAreas, layout: &Layout, state: &State, theme: &Theme) {
    for &(experiment, area) in &areas.switches {
        let chosen = experiment == state.lab.experiment;
        let label = switch_label(experiment, chosen, layout.room.width);
        let style = if chosen { theme.accent } else { theme.dim };
        frame.render_widget(Line::styled(text::fit(&label, usize::from(area.width)).into_owned(), style), area);
    }
}

/// The parameters, that which the keys change in ‹ ›, and how to change it.
fn draw_setting(frame: &mut Frame<'_>, area: Rect, state: &State, theme: &Theme) {
    let lab = &state.lab;
    let mut line = Line::from(Span::styled(" ", theme.dim));
    let room = usize::from(area.width).saturating_sub(3);
    for &param in lab.params() {
        let value = text::fit(&shown(state, param), room).into_owned();
        if param == lab.chosen() {
            line.push_span(Span::styled(format!("‹{value}› "), theme.accent));
        } else {
            line.push_span(Span::styled(format!(" {value}  "), theme.text));
        }
    }
    frame.render_widget(fit_line(line.clone(), usize::from(area.width)), area);
    // A lesson that has the keys does not give them to a switch.
    if state.resting_mode() == Mode::Lesson {
        return;
    }
    let key = |action| keymap::hint(Mode::Typing, &Action::Lab(action));
    let mut hints =
        format!("{} {} change it", key(LabAction::RaiseParam), key(LabAction::LowerParam).replace("Alt+", ""));
    if lab.params().len() > 1 {
        hints = format!("{} the other · {hints}", key(LabAction::NextParam));
    }
    let wanted = format!("{hints} · {} next switch ", key(LabAction::NextExperiment));
    let left = room.saturating_sub(line.width());
    let hints = [wanted, format!("{hints} ")].into_iter().find(|hints| text::width(hints) <= left).unwrap_or_default();
    frame.render_widget(Line::styled(hints, theme.dim).right_aligned(), area);
}

/// What a parameter is called and how it stands.
fn shown(state: &State, param: Param) -> String {
    let lab = &state.lab;
    let label = |backend: BackendId| text::visible(&state.panels[backend.0].label).into_owned();
    match param {
        Param::Metric => lab.metric.name().into(),
        Param::Precision => lab.setting().name(),
        Param::Kept => {
            let of = state.ranking().map(|ranking| ranking.vector.len()).filter(|&of| of > 0);
            let of = of.map_or_else(String::new, |of| format!(" of {of}"));
            format!("the first {}{of} dimensions", lab.cut.kept)
        }
        Param::Renormalised if lab.cut.renormalised => "renormalised".into(),
        Param::Renormalised => "not renormalised".into(),
        Param::Other => match lab.other.filter(|other| *other != state.active) {
            None => format!("query from {} rotated, corpus from it", label(state.active)),
            Some(other) => format!("query from {}, corpus from {}", label(state.active), label(other)),
        },
        Param::Words => {
            let all = state.query_words();
            format!("the first {} of {}", lab.words.min(all), phrase::counted(all, "word"))
        }
        Param::Place => format!("place {} of {}", lab.place + 1, crate::engine::lab::long::PLACES),
        Param::Cutoff => format!("cut-off {}", lab.setting().name()),
        Param::Beside => match lab.beside {
            None => "no model beside".into(),
            Some(beside) => format!("beside {}", label(beside)),
        },
        Param::Case => case(state),
    }
}

fn case(state: &State) -> String {
    let cases = if state.corpus.bundled { bundled::cases() } else { &[] };
    let at = cases.iter().position(|case| case.query == state.query.text());
    match at {
        Some(at) => format!("prepared pair {} of {}: {}", at + 1, cases.len(), cases[at].kind),
        None if cases.is_empty() => "what you type".into(),
        None => format!("what you type; {} prepared pairs", cases.len()),
    }
}

fn draw_columns(frame: &mut Frame<'_>, areas: &LabAreas, layout: &Layout, state: &State, theme: &Theme) {
    let [left, right] = areas.columns;
    for (side, area) in [left, right].into_iter().enumerate().filter(|(_, area)| !area.is_empty()) {
        draw_column(frame, area, layout.framed, state, side, theme);
    }
    if let Some(trial) = state.lab.trial()
        && !left.is_empty()
        && !right.is_empty()
    {
        let rows = rows_of(left, layout.framed);
        let gap = Rect { x: left.right(), y: rows.y, width: right.x.saturating_sub(left.right()), height: rows.height };
        draw_joints(frame, gap, state, trial, theme);
    }
}

fn draw_joints(frame: &mut Frame<'_>, gap: Rect, state: &State, trial: &Trial, theme: &Theme) {
    let first = state.list.first;
    let window = first..(first + usize::from(gap.height)).min(state.list.top_k);
    let rows = trial.correct.placed.iter().enumerate().take(window.end).skip(window.start);
    let joints = rows.filter_map(|(position, placed)| {
        let there = trial.switched.placement(placed.document)?.rank - 1;
        let selected = state.selected_document() == Some(placed.document);
        window.contains(&there).then(|| Joint::new(position - first, there - first, selected, theme))
    });
    columns::draw_joints(frame, gap, joints.collect(), theme);
}

/// One of the two rankings: that which is correct, or the switched one.
fn draw_column(frame: &mut Frame<'_>, area: Rect, framed: bool, state: &State, side: usize, theme: &Theme) {
    let trial = state.lab.trial();
    let title = match (side, state.lab.experiment) {
        (0, Experiment::Misleading) => " cosine ".to_owned(),
        (0, _) => " correct: cosine ".to_owned(),
        (_, experiment) => format!(" {} ", switched_title(state, experiment)),
    };
    let rows = titled_rows(frame, area, framed, &title, side == 1, theme);
    // What there is nothing to compare with can be seen all the same.
    let own = state.current_ranking(state.active).filter(|_| framed && side == 0);
    if let Some(trial) = trial {
        draw_rows(frame, rows, framed, state, trial, side, theme);
    } else if let Some(own) = own {
        draw_own(frame, rows, state, own, theme);
    } else {
        let message = missing(state);
        let lines = text::wrap(&message, usize::from(rows.width), usize::from(rows.height));
        frame.render_widget(Text::from_iter(lines).style(theme.dim), rows);
    }
}

fn switched_title(state: &State, experiment: Experiment) -> String {
    let scale = state.lab.trial().map(|trial| phrase::lab::scale(trial.scale));
    match (experiment, scale) {
        (Experiment::Misleading, _) => "BM25".into(),
        (Experiment::Normalisation, _) => state.lab.metric.name().into(),
        (Experiment::Mixing, _) => "mixed".into(),
        (Experiment::Dimensions, _) if state.lab.cut.renormalised => {
            format!("the first {}, renormalised: cosine", state.lab.cut.kept)
        }
        (Experiment::Dimensions, _) => format!("the first {}: dot product", state.lab.cut.kept),
        (_, Some(scale)) => format!("{}: {scale}", state.lab.setting().name()),
        (_, None) => state.lab.setting().name(),
    }
}

/// A frame with a title, or a line of it, and what is left for rows.
fn titled_rows(frame: &mut Frame<'_>, area: Rect, framed: bool, title: &str, accent: bool, theme: &Theme) -> Rect {
    let style = if accent { theme.accent } else { theme.text };
    let title = Line::styled(text::fit(title, usize::from(area.width.saturating_sub(2))).into_owned(), style);
    if framed {
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.border).title(title);
        frame.render_widget(block, area);
    } else {
        frame.render_widget(title, Rect { height: 1, ..area });
    }
    rows_of(area, framed)
}

/// Whether what is shown answers the query as it stands.
fn is_current(state: &State) -> bool {
    let of_query = state.lab.shown.as_ref().and_then(|shown| shown.query.as_deref());
    of_query.is_none_or(|query| query == state.query.text()) && !state.lab.is_working()
}

fn draw_rows(
    frame: &mut Frame<'_>,
    area: Rect,
    framed: bool,
    state: &State,
    trial: &Trial,
    side: usize,
    theme: &Theme,
) {
    let [here, other]: [&StageRanking; 2] =
        if side == 0 { [&trial.correct, &trial.switched] } else { [&trial.switched, &trial.correct] };
    let style = if is_current(state) { theme.text } else { theme.dim };
    let top_k = state.list.top_k;
    let window = state.list.first..state.list.first + usize::from(area.height);
    // Where lines show where a sentence went, words need not.
    let lined = |rank: usize| framed && state.lab.experiment != Experiment::Short && window.contains(&(rank - 1));
    let scale = if side == 0 { Scale::Cosine } else { trial.scale };
    let shown = here.placed.len().min(top_k);
    let case = judged_documents(state);
    for (position, row_area) in (state.list.first..shown).zip(area.rows()) {
        let placed = here.placed[position];
        let document = &state.corpus[placed.document];
        let there = other.placement(placed.document).map(|placement| placement.rank);
        let mut movement = match there {
            Some(there) => columns::movement(side, [position + 1, there], top_k, &lined, theme),
            None => ("not in".into(), theme.dim),
        };
        // Of a prepared pair, which is which says more.
        if let Some((right, wrong)) = case {
            if right == document.id {
                movement = ("right".into(), theme.up);
            } else if wrong == document.id {
                movement = ("wrong".into(), theme.down);
            }
        }
        let row = Row {
            rank: position + 1,
            movement,
            score: format!("{:>6} ", phrase::lab::score(placed.score, scale)),
            bar: String::new(),
            copies: document.copies(),
            text: &document.text,
            selected: state.selected_document() == Some(placed.document),
        };
        columns::draw_row(frame, row_area, row, style, theme);
    }
    if shown == 0 {
        let message = if side == 1 { "no sentence holds a word of the query" } else { "nothing is ranked" };
        frame.render_widget(Line::styled(message, theme.dim), area);
    }
}

/// The correct ranking alone.
fn draw_own(frame: &mut Frame<'_>, area: Rect, state: &State, ranking: &Ranking, theme: &Theme) {
    let first = state.list.first;
    let rows = ranking.ranked.iter().enumerate().take(state.list.top_k).skip(first);
    for ((position, ranked), row_area) in rows.zip(area.rows()) {
        let row = Row {
            rank: position + 1,
            movement: (String::new(), theme.dim),
            score: format!("{:>6} ", phrase::lab::score(ranked.score, Scale::Cosine)),
            bar: String::new(),
            copies: state.corpus[ranked.document].copies(),
            text: &state.corpus[ranked.document].text,
            selected: state.selected_document() == Some(ranked.document),
        };
        columns::draw_row(frame, row_area, row, theme.text, theme);
    }
}

/// The ids of a prepared pair, where one is on the screen.
fn judged_documents(state: &State) -> Option<(&'static str, &'static str)> {
    if state.lab.experiment != Experiment::Misleading || !state.corpus.bundled {
        return None;
    }
    let case = bundled::cases().iter().find(|case| case.query == state.query.text())?;
    Some((&case.right, &case.wrong))
}

/// Why there is no answer.
fn missing(state: &State) -> String {
    if let Some(Outcome::Refused(refusal)) = state.lab.outcome() {
        return refusal.to_string();
    }
    match &state.lab.waits {
        None => "…".into(),
        Some(Waits::Backend(backend)) => {
            let panel = &state.panels[backend.0];
            if *backend == state.active {
                nothing_to_show(state, panel)
            } else {
                format!("{}: {}", text::visible(&panel.label), nothing_to_show(state, panel))
            }
        }
        Some(waits) => below::waits(state, waits),
    }
}

/// Lines in a style.
fn styled(lines: Vec<String>, style: Style) -> Text<'static> {
    Text::from(lines.into_iter().map(|line| Line::styled(line, style)).collect::<Vec<_>>())
}
