//! ```text
//! ╭ PCA ──────── variance kept 16 % · neighbours kept 34 % ╮╭ local MiniLM-L6-v2 ──────────────╮
//! │        ▲ ▲        databases          ■                 ││ two of 384 dimensions            │
//! │    ▲  ▲    ⡠⠔⠊ 1 s001 SQL is the…    ■ ■  cooking      ││ ● databases 10   ■ cooking 10    │
//! │        ◎⠔⠊  ●  ● 2 s014                ■               ││ s001 · databases                 │
//! │         query                    ◆ ◆                   ││ 1st by cosine, 4th on the map    │
//! ╰ lines: query → its top 10 ─────────────────────────────╯╰──────────────────────────────────╯
//! ```
//!
//! A flat picture lies: so what it keeps is always said, and true neighbours are joined by lines wherever they lie.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, BorderType};

use super::compare::nothing_to_show;
use super::{Layout, Theme};
use crate::corpus::Document;
use crate::engine::Chart;
use crate::engine::chart::Method;
use crate::math::tsne;
use crate::phrase;
use crate::state::map::{Lines, Sides};
use crate::state::{BackendId, Phase, State};
use crate::text;

pub(super) mod axes;
pub(super) mod facts;
mod labels;
mod plot;
mod signs;
pub(super) mod window;

pub(super) use plot::laid;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    for &(backend, area) in &layout.maps {
        draw_map(frame, area, layout, state, backend, theme);
    }
    if let Some(area) = layout.why {
        facts::draw(frame, area, layout, state, theme);
    }
}

fn draw_map(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, backend: BackendId, theme: &Theme) {
    let chart = state.map.chart(backend);
    let room = usize::from(area.width.saturating_sub(2));
    let title = title(state, backend, chart.map(AsRef::as_ref), room);
    let ways = chart.map_or_else(|| [const { String::new() }; 3], |chart| trust(state, chart));
    let beside = room.saturating_sub(text::width(&title) + 2);
    let above = ways.iter().find(|way| text::width(way) <= beside).cloned().unwrap_or_default();
    let trust = padded(&above);
    if layout.framed {
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(if backend == state.active { theme.border } else { theme.dim })
            .title(Line::styled(title, theme.accent))
            .title_top(Line::styled(trust.as_str(), theme.text).right_aligned())
            // What it keeps is always said, above or below.
            .title_bottom(if trust.is_empty() && !ways[2].is_empty() {
                Line::styled(below(state, backend, &ways, room), theme.text)
            } else {
                Line::styled(below(state, backend, &[], room), theme.dim)
            });
        frame.render_widget(block, area);
    } else {
        let line = Rect { height: 1, ..area };
        frame.render_widget(Line::styled(title, theme.accent), line);
        frame.render_widget(Line::styled(trust, theme.text).right_aligned(), line);
    }
    let inside = window::plot_area(area, layout.framed);
    if let (Some(chart), Some(window)) = (chart, layout.window_of(state, backend)) {
        plot::draw(frame, state, backend, chart, &window, theme);
    } else {
        // A column of air on both sides.
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let lines = text::wrap(&nothing_yet(state, backend), usize::from(inside.width), usize::from(inside.height));
        frame.render_widget(Text::from_iter(lines).style(theme.dim), inside);
    }
}

/// How the map is made; and by whom, where there are two or nothing else says so.
fn title(state: &State, backend: BackendId, chart: Option<&Chart>, room: usize) -> String {
    let method = chart.map_or(state.map.method, |chart| chart.method);
    let sheet = state.map.sheets.get(&backend);
    let epochs = sheet.and_then(|sheet| sheet.epochs);
    let epochs = epochs.map_or_else(String::new, |epochs| format!(" {epochs} of {}", tsne::EPOCHS));
    let who = text::visible(&state.panels[backend.0].label);
    let title = |how: &str| match state.map.sides {
        Sides::One => format!(" {how}{epochs} "),
        Sides::Two => format!(" {who} · {how}{epochs} "),
    };
    let long = title(method.name());
    let title = if text::width(&long) <= room { long } else { title(method.short_name()) };
    text::fit(&title, room).into_owned()
}

/// What the flat picture keeps, said at length, shorter, and as short as can be; and of what, where a filter shows less of it.
fn trust(state: &State, chart: &Chart) -> [String; 3] {
    let variance = chart.plane.as_ref().map(|plane| percent(plane.explained[0] + plane.explained[1]));
    let judged = chart.preserved.as_ref().filter(|_| chart.neighbourhoods.k > 0);
    let near = judged.map(|preserved| percent(preserved.mean));
    let of = of_what(state, chart).map(|what| format!("of {what}"));
    let of_all = of.as_ref().map(|_| "of all".to_owned());
    let said = |variance_kept: &str, near_kept: &str, of: &Option<String>| {
        let variance = variance.as_ref().map(|share| format!("{variance_kept} {share}"));
        let near = near.as_ref().map(|share| format!("{near_kept} {share}"));
        let parts: Vec<String> = variance.into_iter().chain(near).collect();
        let of = of.iter().filter(|_| !parts.is_empty()).cloned();
        parts.iter().cloned().chain(of).collect::<Vec<_>>().join(" · ")
    };
    [
        said("variance explained", "neighbours preserved", &of),
        said("variance", "neighbours", &of),
        said("var", "near", &of_all),
    ]
}

/// Of what it is said, where a filter lets less of it be seen: a layout of all keeps no more and no less where some of it are
/// hidden.
fn of_what(state: &State, chart: &Chart) -> Option<String> {
    state.selection()?;
    let mapped = chart.places.len();
    let which = if mapped < state.corpus.documents.len() { "the first" } else { "all" };
    Some(format!("{which} {}", phrase::thousands(mapped as u64)))
}

/// With air on both sides, where it says anything.
fn padded(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" {said} ") }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Which lines there are, and from how near one looks; before it one of some ways to say what the map keeps, if any. What
/// has no room is said shorter, or not at all.
fn below(state: &State, backend: BackendId, kept: &[String], room: usize) -> String {
    let ranked = state.current_ranking(backend).is_some();
    let (lines, lines_short) = match state.map.lines {
        Lines::Query if ranked => ("lines: the query to its true nearest", "lines: query"),
        Lines::Selected if is_unknown(state, backend) => {
            ("lines: this sentence is not one of the sample", "lines: not in the sample")
        }
        Lines::Selected => ("lines: the selected sentence to its true nearest", "lines: selected"),
        Lines::Everyone => ("lines: every sentence to its true nearest", "lines: all"),
        Lines::Query | Lines::Off => ("", ""),
    };
    let [moved, moved_less, moved_short] = if shows_moved(state, backend) {
        ["dotted: what moved most, from its place on the first map", "dotted: what moved most", "dotted: moved"]
    } else {
        [""; 3]
    };
    let zoom = state.map.viewport.zoom;
    let near = if zoom > 1.0 { format!("×{zoom:.1}") } else { String::new() };
    let placed = match state.map.chart(backend).map(|chart| chart.method) {
        Some(Method::TSne) if ranked => "query between its five nearest",
        _ => "",
    };
    let near = near.as_str();
    let ways = [
        [near, placed, lines, moved],
        [near, placed, lines, moved_less],
        [near, placed, lines_short, moved_less],
        [near, "", lines_short, moved_less],
        [near, "", lines_short, moved_short],
        ["", "", lines_short, moved_short],
        // The first map says the same of lines.
        ["", "", if moved.is_empty() { lines_short } else { "" }, moved_less],
        ["", "", if moved.is_empty() { lines_short } else { "" }, moved_short],
        [""; 4],
    ];
    let said = |way: &[&str; 4], kept: &str| {
        let parts: Vec<&str> =
            std::iter::once(kept).chain(way.iter().copied()).filter(|part| !part.is_empty()).collect();
        padded(&parts.join(" · "))
    };
    let kept: Vec<&str> = if kept.is_empty() { vec![""] } else { kept.iter().map(String::as_str).collect() };
    let mut all = ways.iter().flat_map(|way| kept.iter().map(|kept| said(way, kept)));
    all.find(|said| text::width(said) <= room).unwrap_or_default()
}

/// Whether lines join the places of what moved most, from the first map to the second.
fn shows_moved(state: &State, backend: BackendId) -> bool {
    let is_turned = state.map.overlay.as_ref().is_some_and(|overlay| overlay.alignment.is_some());
    is_turned && backend != state.active && state.map.lines != Lines::Off
}

/// What a sentence is called in a list or beside its point: its id and how it begins. An id that is only a number would be
/// read as a rank, and is left away.
fn name(about: &Document, most: usize) -> String {
    let id = if phrase::is_number(&about.id) { String::new() } else { format!("{} ", text::visible(&about.id)) };
    format!("{id}{}", text::beginning(&about.text, most))
}

/// Whether the true nearest of the selected sentence are not known: of a large corpus only a sample is asked for them.
fn is_unknown(state: &State, backend: BackendId) -> bool {
    let chart = state.map.chart(backend);
    chart.zip(state.selected_document()).is_some_and(|(chart, selected)| chart.nearest_of(selected).is_none())
}

/// Why there is no map.
fn nothing_yet(state: &State, backend: BackendId) -> String {
    let panel = &state.panels[backend.0];
    if let Some(message) = state.map.sheets.get(&backend).and_then(|sheet| sheet.failed.as_ref()) {
        return format!("no map: {}", text::visible(message));
    }
    match &panel.phase {
        Phase::Ready if state.corpus.documents.is_empty() => "there is nothing to map".into(),
        Phase::Ready => "laying it flat …".into(),
        Phase::Embedding(progress) => {
            let (done, total) = (phrase::thousands(progress.done as u64), phrase::thousands(progress.total as u64));
            format!("{done} of {total} embedded; the map comes when all are")
        }
        Phase::Stopped { progress, .. } if progress.done > 0 => "laying flat what is embedded …".into(),
        Phase::Closed
        | Phase::Opening
        | Phase::Downloading(_)
        | Phase::AwaitingConsent(_)
        | Phase::Stopped { .. }
        | Phase::NotConfigured(_)
        | Phase::Failed(_) => nothing_to_show(state, panel),
    }
}
